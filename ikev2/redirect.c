/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Redirect (RFC 5685): a gateway sends its client to another one, in answer to IKE_SA_INIT, in
 * answer to IKE_AUTH, or later. The engine says where to and ends what had begun; whether to
 * follow, and how often, is for the caller to decide.
 *
 * In IKE_SA_INIT nothing protects the answer but our nonce in it: it is believed of whoever sees
 * what we send, as the RFC has it, and only when we said that we can be redirected.
 */
#include <string.h>

#include "ikev2/sa.h"

/* ---- gateways on the wire -------------------------------------------------------- */

static size_t gw_write(const struct ike_gateway *gw, uint8_t out[2 + IKE_GATEWAY_NAME])
{
	size_t n = gw->type == IKE_GW_NAME ? strlen(gw->name) : gw->type == IKE_GW_IP6 ? 16 : 4;

	out[0] = (uint8_t)gw->type;
	out[1] = (uint8_t)n;
	memcpy(out + 2, gw->type == IKE_GW_NAME ? (const void *)gw->name : gw->addr.b, n);
	return 2 + n;
}

static bool name_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	return s.n > 0 && s.n < IKE_GATEWAY_NAME;
}

/* One host's: neither nobody's nor a group's. */
static bool unicast(const struct ipaddr *a)
{
	static const uint8_t nobody[16];
	size_t n = a->family == AF_INET6 ? 16 : 4;

	return memcmp(a->b, nobody, n) != 0 &&
	       (a->family == AF_INET6 ? a->b[0] != 0xff : a->b[0] < 224);
}

static bool gw_take(uint8_t type, struct span id, struct ike_gateway *gw)
{
	*gw = (struct ike_gateway){.type = (enum ike_gateway_type)type};
	if (type == IKE_GW_IP4 && id.n == 4)
		gw->addr = ipaddr_from(AF_INET, id.p);
	else if (type == IKE_GW_IP6 && id.n == 16)
		gw->addr = ipaddr_from(AF_INET6, id.p);
	else if (type == IKE_GW_NAME && name_ok(id))
		memcpy(gw->name, id.p, id.n);
	else
		return false;
	return type == IKE_GW_NAME || unicast(&gw->addr);
}

/* `nonce`: what must follow the gateway; empty after IKE_SA_INIT, when nothing does. */
static bool gw_read(const struct ike_msg *m, struct span nonce, struct ike_gateway *gw)
{
	struct ike_pl_notify n;
	struct rd r;

	if (!ike_msg_notify(m, N_REDIRECT, &n))
		return false;
	r = rd_init(n.data.p, n.data.n);
	uint8_t type = rd_u8(&r), len = rd_u8(&r);
	struct span id = rd_span(&r, len), rest = rd_span(&r, r.n);

	return rd_ok(&r) && span_eq(rest, nonce) && gw_take(type, id, gw);
}

/* ---- client ------------------------------------------------------------------------ */

static void put_gateway(
        struct ike_build *b, uint16_t type, const struct ike_gateway *gw, struct span nonce)
{
	uint8_t data[2 + IKE_GATEWAY_NAME + IKE_NONCE_MAX];
	size_t n = gw_write(gw, data);

	if (nonce.n)
		memcpy(data + n, nonce.p, nonce.n);
	ike_put_notify(b, type, span_of(data, n + nonce.n));
}

void redirect_put_supported(struct session *s, struct ike_build *b)
{
	if (!s->initiator || !s->p.redirect)
		return;
	if (s->p.redirected_from.type)
		put_gateway(b, N_REDIRECTED_FROM, &s->p.redirected_from, (struct span){0});
	else
		ike_put_notify(b, N_REDIRECT_SUPPORTED, (struct span){0});
}

static bool told(struct session *s, const struct ike_msg *m, struct span nonce)
{
	struct ike_gateway gw;
	char a[IPADDR_STRLEN];

	if (!s->initiator || !s->p.redirect || !gw_read(m, nonce, &gw))
		return false;
	ike_dbg(s->e, s, 0, "Redirected to %s",
	        gw.type == IKE_GW_NAME ? gw.name : ipaddr_fmt(&gw.addr, a));
	e_event(s, IKE_EV_REDIRECT)->ev.gateway = gw;
	return true;
}

bool redirect_in_init(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;

	if (!told(s, m, nonce_span(&sa->hs->ni)))
		return false;
	session_down(s, IKE_R_REDIRECT, N_REDIRECT);
	session_destroy(s);
	return true;
}

bool redirect_in_auth(struct ike_sa *sa, const struct ike_msg *m)
{
	if (!told(sa->ses, m, (struct span){0}))
		return false;
	auth_give_up(sa, IKE_R_REDIRECT, N_REDIRECT);
	return true;
}

void redirect_in_info(struct session *s, const struct ike_msg *m)
{
	if (s->established)
		told(s, m, (struct span){0});
}

/* ---- gateway ------------------------------------------------------------------------- */

static bool client_can(const struct ike_msg *m)
{
	return ike_msg_has_notify(m, N_REDIRECT_SUPPORTED) ||
	       ike_msg_has_notify(m, N_REDIRECTED_FROM);
}

void redirect_read_supported(struct session *s, const struct ike_msg *m)
{
	s->peer_redirect = client_can(m);
}

bool redirect_init_wanted(const struct ike_peering *p, const struct ike_msg *m)
{
	return p->redirect_at == IKE_REDIRECT_INIT && p->redirect_to.type && client_can(m);
}

size_t redirect_init_data(const struct ike_peering *p, struct span ni, uint8_t out[REDIRECT_MAX])
{
	size_t n = gw_write(&p->redirect_to, out);

	memcpy(out + n, ni.p, ni.n);
	return n + ni.n;
}

bool redirect_put_auth(struct session *s, struct ike_build *b)
{
	if (s->p.redirect_at != IKE_REDIRECT_AUTH || !s->p.redirect_to.type || !s->peer_redirect)
		return false;
	put_gateway(b, N_REDIRECT, &s->p.redirect_to, (struct span){0});
	return true;
}

bool redirect_ask(struct session *s, const struct ike_gateway *gw)
{
	if (s->initiator || !s->peer_redirect || !s->established)
		return false;
	s->p.redirect_to = *gw;
	return task_add(s, TASK_REDIRECT, 0) != NULL;
}

void redirect_send(struct ike_sa *sa, struct task *t)
{
	struct request *r = req_new(sa, REQ_REDIRECT, EXCH_INFORMATIONAL);

	r->task = t;
	put_gateway(&r->b, N_REDIRECT, &sa->ses->p.redirect_to, (struct span){0});
	req_send(sa, r);
}
