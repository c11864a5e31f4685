/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's session: what the engine reports about it, and what comes up and goes down with it.
 * See client.h. */
#include "flexvpn/client.h"
#include "flexvpn/guards.h"
#include "flexvpn/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/credentials.h"
#include "flexvpn/doors.h"
#include "flexvpn/failures.h"
#include "flexvpn/services.h"
#include "flexvpn/session.h"

/* ---- messages
 * -------------------------------------------------------------------------------------------------------
 */

static void log_connection(const struct fx_client *c, bool up)
{
	char me[IPADDR_STRLEN], peer[IPADDR_STRLEN], a[IPADDR_STRLEN], tail[160] = "";

	if (c->pushed.addr4.addr.family)
		snprintf(tail, sizeof(tail), " Assigned_Tunnel_v4_addr = %s",
		        ipaddr_fmt(&c->pushed.addr4.addr, a));
	if (c->pushed.addr6.addr.family)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail),
		        " Assigned_Tunnel_v6_addr = %s", ipaddr_fmt(&c->pushed.addr6.addr, a));
	ipaddr_fmt(&c->local, me);
	ipaddr_fmt(&c->peer, peer);
	if (up)
		log_msg(FLEXVPN_FLEXVPN_CONNECTION_UP, c->name, me, peer, tail);
	else
		log_msg(FLEXVPN_FLEXVPN_CONNECTION_DOWN, c->name, me, peer, tail);
}

static void log_session(const struct fx *x, const struct fx_client *c, bool up)
{
	char peer[IPADDR_STRLEN], id[320] = "";
	struct ike_sa_info info;
	uint16_t port = 500;

	if (!x->cfg->g.logging_ikev2)
		return;
	if (ike_sa_info(x->ike, c->handle, &info)) {
		ike_id_fmt(&info.remote_id, id);
		port = info.remote.port;
	}
	log_msg(CRYPTO_IKEV2_SESSION_STATUS, up ? "UP" : "DOWN", ipaddr_fmt(&c->peer, peer), port,
	        id);
}

/* ---- down
 * --------------------------------------------------------------------------------------------------------------
 */

/* Names and servers that it was told of are the business of all. */
static void touch(struct fx *x, const struct fx_client *c)
{
	const struct fx_pushed *p = &c->pushed;

	fx_session_touch(x, c->sas.tunnel);
	x->sessions_changed |= p->n_dns || p->n_nbns || p->n_split_dns || p->def_domain[0];
}

void fx_client_tear_down(struct fx *x, struct fx_client *c)
{
	bool was_up = c->child_up;

	fx_session_drop_children(x, &c->sas);
	fx_routes_unwant_owner(x, c->id);
	c->child_up = false;
	touch(x, c);
	fx_client_mates_look(x, c);
	if (was_up) {
		log_session(x, c, false);
		fx_reconcile(x);
		log_connection(c, false);
	}
	x->default_free |= c->defaults != 0;
	c->defaults = 0;
	c->handle = 0;
	c->at = (struct fx_place){0};
	c->pushed = (struct fx_pushed){0};
	free(c->offered);
	c->offered = NULL;
}

void fx_client_close(struct fx *x, struct fx_client *c)
{
	uint32_t handle = c->handle;

	fx_name_cancel(x, c->asking);
	c->asking = 0;
	fx_trial_drop(x, c);
	fx_client_tear_down(x, c);
	if (handle)
		ike_close(x->ike, handle, x->now);
}

/* ---- routes
 * -------------------------------------------------------------------------------------------------------------
 */

static uint8_t default_bit(const struct prefix *dst)
{
	return dst->len ? 0 : dst->addr.family == AF_INET6 ? 2 : 1;
}

/* The guide: "only one FlexVPN connection can be established with a default route through the
 * tunnel interface". */
static bool default_is_taken(const struct fx *x, const struct fx_client *c, uint8_t bit)
{
	for (const struct fx_client *o = x->clients; o; o = o->next)
		if (o != c && o->defaults & bit)
			return true;
	return false;
}

static const char *refusal(struct fx *x, const struct fx_client *c, const struct prefix *dst)
{
	if (default_bit(dst) && default_is_taken(x, c, default_bit(dst)))
		return "another FlexVPN connection has the default route";
	if (fx_session_recursive(x, &c->peer, c->sas.tunnel, dst, c->route_distance))
		return "it would carry the tunnel's own packets into the tunnel";
	return NULL;
}

/* The guide's routes: what the hub pushed, through the tunnel, as `route accept any` of the policy
 * says. */
void fx_client_want_routes(struct fx *x, struct fx_client *c)
{
	const struct fx_interface *t = fx_find_interface(x->cfg, c->sas.tunnel);

	fx_routes_unwant_owner(x, c->id);
	x->default_free |= c->defaults != 0;
	c->defaults = 0;
	fx_guards_set(x, c);
	touch(x, c);
	if (!c->accept_routes)
		return;
	for (size_t i = 0; i < c->pushed.n_subnet; i++) {
		struct fx_route_want w = {.dst = c->pushed.subnet[i],
		        .distance = c->route_distance,
		        .tag = c->route_tag,
		        .owner = c->id};
		const char *why = refusal(x, c, &w.dst);
		char text[PREFIX_STRLEN];

		if (why) {
			log_msg(FLEXVPN_ROUTE_REFUSED, c->name, prefix_fmt(&w.dst, text), why);
			continue;
		}
		snprintf(w.ifname, sizeof(w.ifname), "%s", c->sas.tunnel);
		w.vrf = fx_vrf_id(x, t ? t->vrf : NULL);
		c->defaults |= default_bit(&w.dst);
		fx_route_want(x, &w);
	}
}

static bool may_have_default(struct fx *x, const struct fx_client *c)
{
	for (size_t i = 0; c->child_up && c->accept_routes && i < c->pushed.n_subnet; i++)
		if (default_bit(&c->pushed.subnet[i]) & ~c->defaults &&
		        !refusal(x, c, &c->pushed.subnet[i]))
			return true;
	return false;
}

void fx_clients_default(struct fx *x)
{
	if (!x->default_free)
		return;
	for (struct fx_client *c = x->clients; c; c = c->next)
		if (may_have_default(x, c))
			fx_client_want_routes(x, c);
	x->default_free = false;
}

/* ---- up
 * ------------------------------------------------------------------------------------------------------------------
 */

/* The guide: connected with a peer that is not of the downloaded list, that peer's list takes the
 * place of the one before. */
static void take_backup_list(struct fx_client *c)
{
	struct fx_downloaded *d = &c->downloaded;

	if (c->at.down)
		return;
	d->from = c->at.seq;
	d->n = 0;
	for (uint8_t i = 0; i < c->pushed.n_backup && d->n < FX_MAX_DOWNLOADED; i++)
		snprintf(d->name[d->n++], FX_NAME_LEN, "%s", c->pushed.backup[i]);
}

static void become_active(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_resolved r;

	c->child_up = true;
	c->connects++;
	c->tally.failovers += ipaddr_is_set(&c->tally.last) && !ipaddr_eq(&c->tally.last, &c->peer);
	c->tally.last = c->peer;
	c->tried = c->brief;
	c->why[0] = '\0';
	take_backup_list(c);
	if (c->state == FX_ACTIVE)
		fx_client_note(c, FX_ACTIVE, FX_ACTIVE);
	fx_client_set_state(x, c, FX_ACTIVE);
	c->since = x->now;
	fx_client_want_routes(x, c);
	log_session(x, c, true);
	fx_reconcile(x);
	log_connection(c, true);
	if (cfg && fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why)))
		fx_session_offer(x, c, &r);
}

/* The better gateway stands: the session in use is let go and the new one takes its place. */
static void promote_trial(struct fx *x, struct fx_client *c)
{
	struct fx_trial t = c->trial;
	uint32_t handle = c->handle;

	c->trial = (struct fx_trial){0};
	fx_client_tear_down(x, c);
	if (handle)
		ike_close(x->ike, handle, x->now);
	c->handle = t.handle;
	c->at = t.at;
	c->peer = t.peer;
	c->local = t.local;
	snprintf(c->peer_name, sizeof(c->peer_name), "%s", t.peer_name);
	if (t.pushed)
		c->pushed = *t.pushed;
	fx_pushed_drop(&t.pushed);
	fx_client_because(
	        c, t.reauth ? "authentication was repeated" : "a more preferred peer is connected");
}

static void on_child_down(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	fx_trace(x, c, FX_T_CHILD_DOWN, ev->child.spi_in, 0);
	fx_session_child_del(x, &c->sas, ev->child.spi_in);
	if (c->sas.n_spi || !c->child_up)
		return;
	struct fx_place lost = c->at;

	snprintf(c->why, sizeof(c->why), "the peer deleted the IPsec SA");
	fx_client_close(x, c);
	fx_client_lost(x, c, lost);
}

static void on_child_up(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	fx_trace(x, c, FX_T_CHILD_UP, ev->child.spi_in, 0);
	c->tally.child_rekeys += ev->replaces != 0;
	if (!fx_session_child_add(x, &c->sas, ev)) {
		fx_client_failed(x, c, "the data plane refused the IPsec SA");
		fx_client_close(x, c);
		fx_client_start(x, c);
		return;
	}
	if (!c->child_up)
		become_active(x, c);
}

/* "Authentication failed (AUTHENTICATION_FAILED)". */
static void reason_of(const struct ike_event *ev, char *why, size_t n)
{
	snprintf(why, n, "%s", ike_reason_text(ev->reason));
	if (ev->notify)
		snprintf(why + strlen(why), n - strlen(why), " (%s)", ike_notify_name(ev->notify));
}

static void on_down(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	bool was_up = c->child_up;
	struct fx_place at = c->at;
	char why[sizeof(c->why)];

	reason_of(ev, why, sizeof(why));
	c->tally.silent += was_up && (ev->reason == IKE_R_DPD || ev->reason == IKE_R_TIMEOUT);
	if (ev->reason == IKE_R_EAP)
		fx_creds_refused(x, c);
	fx_trace(x, c, FX_T_IKE_DOWN, ev->handle, ev->reason);
	snprintf(c->why, sizeof(c->why), "%s", why);
	fx_client_tear_down(x, c);
	if (was_up) {
		fx_trial_drop(x, c);
		fx_client_lost(x, c, at);
		return;
	}
	c->at = at;
	if (ev->reason == IKE_R_REDIRECT && fx_redirect_follow(x, c))
		return;
	log_msg(IKEV2_NEG_ABORT, why);
	fx_failure(x, c, (unsigned)ev->reason, why);
	fx_client_attempt_failed(x, c);
}

static void on_trial_event(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	char why[sizeof(c->why)];

	switch (ev->type) {
	case IKE_EV_ESTABLISHED:
		fx_pushed_read(&ev->attrs, fx_pushed_held(&c->trial.pushed));
		return;
	case IKE_EV_CHILD_UP:
		promote_trial(x, c);
		on_child_up(x, c, ev);
		return;
	case IKE_EV_DOWN:
		reason_of(ev, why, sizeof(why));
		fx_trial_address_failed(x, c, why);
		return;
	default:
		return;
	}
}

static void on_event(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	if (c->trial.handle && ev->handle == c->trial.handle) {
		on_trial_event(x, c, ev);
		return;
	}
	if (c->standby.handle && ev->handle == c->standby.handle) {
		fx_standby_on_event(x, c, ev);
		return;
	}
	if (ev->handle != c->handle)
		return; /* of a session that we have already left */
	switch (ev->type) {
	case IKE_EV_ESTABLISHED:
		fx_trace(x, c, FX_T_IKE_UP, ev->handle, 0);
		fx_pushed_read(&ev->attrs, &c->pushed);
		return;
	case IKE_EV_CHILD_UP:
		on_child_up(x, c, ev);
		return;
	case IKE_EV_CHILD_OUT:
		fx_session_child_send(x, ev->child.spi_in);
		return;
	case IKE_EV_CHILD_DOWN:
		on_child_down(x, c, ev);
		return;
	case IKE_EV_CFG_SET:
		fx_pushed_set(&ev->attrs, &c->pushed);
		fx_client_want_routes(x, c);
		return;
	case IKE_EV_REKEYED:
		c->tally.ike_rekeys++;
		return;
	case IKE_EV_CREDENTIALS:
		fx_creds_wanted(x, c, &ev->ask);
		return;
	case IKE_EV_ENDPOINT:
		fx_session_moved(x, &c->sas, ev);
		return;
	case IKE_EV_REAUTH:
		fx_client_reauthenticate(x, c);
		return;
	case IKE_EV_REDIRECT:
		fx_redirect_note(x, c, &ev->gateway);
		if (c->child_up)
			fx_redirect_session(x, c);
		return;
	case IKE_EV_DOWN:
		on_down(x, c, ev);
		return;
	default:
		return;
	}
}

void fx_client_on_event(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	on_event(x, c, ev);
	fx_client_arm(x, c);
}
