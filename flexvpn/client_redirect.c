/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gateway that sends the client to another one (`crypto ikev2 redirect client`; RFC 5685).
 *
 * The other gateway stands in for the peer that named it: it has its place in the list, and when it
 * cannot be connected the next peer's turn comes as if that peer had failed. Redirections are
 * counted; more than the limit within five minutes, and the peer has failed too.
 */
#include "flexvpn/client.h"

#include <stdio.h>

#include "base/log.h"

enum { LOOP_MS = 300000, MAX_REDIRECTS = 5 };

void fx_redirect_peering(const struct fx *x, struct fx_client *c, struct ike_peering *p)
{
	p->redirect = x->cfg->g.redirect_client;
	if (c->redirect.to.type)
		p->redirected_from = c->redirect.from;
}

void fx_redirect_forget(struct fx_client *c)
{
	c->redirect.to.type = IKE_GW_NONE;
}

static bool too_often(struct fx *x, struct fx_redirect *r)
{
	uint32_t limit = x->cfg->g.max_redirects ? x->cfg->g.max_redirects : MAX_REDIRECTS;

	if (!r->n || x->now - r->since > LOOP_MS) {
		r->n = 0;
		r->since = x->now;
	}
	return ++r->n > limit;
}

static const char *gateway_text(const struct ike_gateway *gw, char buf[IPADDR_STRLEN])
{
	return gw->type == IKE_GW_NAME ? gw->name : ipaddr_fmt(&gw->addr, buf);
}

void fx_redirect_note(struct fx *x, struct fx_client *c, const struct ike_gateway *to)
{
	struct fx_redirect *r = &c->redirect;
	char peer[IPADDR_STRLEN], gw[IPADDR_STRLEN], why[IKE_GATEWAY_NAME + 40];

	if (too_often(x, r)) {
		fx_redirect_forget(c);
		log_msg(FLEXVPN_PEER_FAILED, c->name, ipaddr_fmt(&c->peer, peer),
		        "redirected too often");
		return;
	}
	r->to = *to;
	r->from = (struct ike_gateway){
	        .type = c->peer.family == AF_INET6 ? IKE_GW_IP6 : IKE_GW_IP4, .addr = c->peer};
	snprintf(why, sizeof(why), "redirected to %s", gateway_text(to, gw));
	log_msg(FLEXVPN_PEER_FAILED, c->name, ipaddr_fmt(&c->peer, peer), why);
}

bool fx_redirect_follow(struct fx *x, struct fx_client *c)
{
	const struct ike_gateway *to = &c->redirect.to;

	if (!to->type)
		return false;
	c->used_resolved = c->n_resolved = 0;
	snprintf(c->peer_name, sizeof(c->peer_name), "%s", to->type == IKE_GW_NAME ? to->name : "");
	if (to->type == IKE_GW_NAME) {
		fx_client_ask(x, c, to->name, c->redirect.from.type == IKE_GW_IP6);
		return true;
	}
	c->resolved[0] = to->addr; /* like the one address of a name */
	c->n_resolved = 1;
	fx_client_attempt_failed(x, c);
	return true;
}

/* An established session: it ends, and the other gateway is next. */
void fx_redirect_session(struct fx *x, struct fx_client *c)
{
	struct fx_place at = c->at;

	if (!c->redirect.to.type)
		return;
	fx_client_close(x, c);
	c->at = at;
	fx_redirect_follow(x, c);
}
