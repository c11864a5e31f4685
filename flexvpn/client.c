/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The FlexVPN client: from "this profile is configured" to "this tunnel is up", and back.
 *
 *            complete            (auto, or the command)        child up
 *   INIT ───────────► CONNECT_REQUIRED ─────► NEGOTIATING ───────────────► ACTIVE
 *    ▲                       ▲  ▲                │ ▲  failed: next peer       │ lost: next peer
 *    │ incomplete            │  └── manual ──────┤ └──────────────────────────┘
 *    └── (any state)         │    pass failed    ▼
 *                            └───────────── RETRY_WAIT (auto: a new pass when the timer ends)
 *
 * Which peer comes next is fx_decide()'s; this file only walks there. Session keys go straight to the data plane, everything else
 * that a session brings (address, routes, line protocol) is wanted state for reconcile.c and routes.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/session.h"
#include "grammar/gen/lines.h"

/* After every peer of the list has failed: how long until the next pass. */
enum { RETRY_MS = 5000 };

const char *fx_state_name(enum fx_state s)
{
	static const char *const names[] = {
#define X(s) #s,
		FX_STATE_LIST(X)
#undef X
	};

	return names[s];
}

static void set_state(struct fx *x, struct fx_client *c, enum fx_state s)
{
	if (c->state == s)
		return;
	dbg(DBG_FLEXVPN, "FlexVPN(%s): Current State: %s", c->name, fx_state_name(c->state));
	dbg(DBG_FLEXVPN, "FlexVPN(%s): New State: %s", c->name, fx_state_name(s));
	fx_trace(x, c, FX_T_STATE, c->state, s);
	c->state = s;
	c->since = x->now;
}

static const struct fx_client_cfg *config_of(const struct fx *x, const struct fx_client *c)
{
	return x->cfg ? fx_find_client(x->cfg, c->name) : NULL;
}

/* ---- up and down ---------------------------------------------------------------------------------------------- */

static void log_connection(const struct fx_client *c, bool up)
{
	char me[IPADDR_STRLEN], peer[IPADDR_STRLEN], a[IPADDR_STRLEN], tail[160] = "";

	if (c->pushed.addr4.addr.family)
		snprintf(tail, sizeof(tail), " Assigned_Tunnel_v4_addr = %s", ipaddr_fmt(&c->pushed.addr4.addr, a));
	if (c->pushed.addr6.addr.family)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " Assigned_Tunnel_v6_addr = %s",
			ipaddr_fmt(&c->pushed.addr6.addr, a));
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
	log_msg(CRYPTO_IKEV2_SESSION_STATUS, up ? "UP" : "DOWN", ipaddr_fmt(&c->peer, peer), port, id);
}

/* The session is over for us, whoever ended it. Nothing is sent: see close_session(). */
static void tear_down(struct fx *x, struct fx_client *c)
{
	bool was_up = c->child_up;

	fx_session_drop_children(x, c);
	fx_routes_unwant_owner(x, c->id);
	c->child_up = false;
	x->dirty = true;
	if (was_up) {
		log_session(x, c, false);
		fx_reconcile(x);
		log_connection(c, false);
	}
	c->handle = 0;
	c->peer_seq = 0;
	c->pushed = (struct fx_pushed){0};
	free(c->offered);
	c->offered = NULL;
}

static void close_session(struct fx *x, struct fx_client *c)
{
	uint32_t handle = c->handle;

	tear_down(x, c);
	if (handle)
		ike_close(x->ike, handle, x->now);
}

/* The guide's routes: what the hub pushed, through the tunnel, as `route accept any` of the policy says. */
static void want_routes(struct fx *x, struct fx_client *c)
{
	fx_routes_unwant_owner(x, c->id);
	x->dirty = true;
	if (!c->accept_routes)
		return;
	for (size_t i = 0; i < c->pushed.n_subnet; i++) {
		struct fx_route_want w = {.dst = c->pushed.subnet[i],
			.distance = c->route_distance,
			.tag = c->route_tag,
			.owner = c->id};
		char text[PREFIX_STRLEN];

		if (prefix_contains(&w.dst, &c->peer) && w.dst.len > 0) {
			log_msg(FLEXVPN_ROUTE_REFUSED, c->name, prefix_fmt(&w.dst, text),
				"it would carry the tunnel's own packets into the tunnel");
			continue;
		}
		snprintf(w.ifname, sizeof(w.ifname), "%s", c->tunnel);
		fx_route_want(x, &w);
	}
}

static void become_active(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(x, c);
	struct fx_resolved r;

	c->child_up = true;
	c->connects++;
	c->tried = (struct fx_tried){0};
	c->why[0] = '\0';
	set_state(x, c, FX_ACTIVE);
	want_routes(x, c);
	log_session(x, c, true);
	fx_reconcile(x);
	log_connection(c, true);
	if (cfg && fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why)))
		fx_session_offer(x, c, &r);
}

/* ---- choosing and trying peers --------------------------------------------------------------------------------- */

static bool source_address(struct fx *x, const struct fx_resolved *r, int family, struct fx_client *c)
{
	const struct fx_interface *t = r->tunnel, *src;

	snprintf(c->source, sizeof(c->source), "%s", t->source_if ? t->source_if : "");
	if (ipaddr_is_set(&t->source_addr)) {
		c->local = t->source_addr;
		ipaddr_fmt(&c->local, c->source);
		return c->local.family == family;
	}
	src = t->source_if ? fx_find_interface(x->cfg, t->source_if) : NULL;
	return src && fx_interface_address(x, src, family, &c->local);
}

static void start(struct fx *x, struct fx_client *c);

static void end_of_pass(struct fx *x, struct fx_client *c, const struct fx_client_cfg *cfg)
{
	c->tried = (struct fx_tried){0};
	if (cfg->connect == FX_CONNECT_MANUAL) {
		c->user_wants = false; /* the guide: subsequent connections require user intervention */
		set_state(x, c, FX_CONNECT_REQUIRED);
		return;
	}
	c->retry_at = x->now + RETRY_MS;
	set_state(x, c, FX_RETRY_WAIT);
}

static void peer_failed(struct fx *x, struct fx_client *c, const char *why)
{
	char peer[IPADDR_STRLEN];

	snprintf(c->why, sizeof(c->why), "%s", why);
	log_msg(FLEXVPN_PEER_FAILED, c->name, ipaddr_fmt(&c->peer, peer), why);
	fx_trace(x, c, FX_T_PEER_FAILED, c->peer_seq, 0);
	fx_tried_add(&c->tried, c->peer_seq);
}

static bool connect_peer(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct ike_peering p = {0};
	struct arena a;

	if (!source_address(x, r, c->peer.family, c)) {
		snprintf(c->why, sizeof(c->why), "tunnel source %s has no address", c->source[0] ? c->source : "interface");
		return false;
	}
	if (!fx_peering_build(x->cfg, r, &c->local, &c->peer, &p, c->why, sizeof(c->why)))
		return false;
	arena_init(&a);
	p.owner = c->id;
	p.cfg_request = fx_cfg_request(&a, r);
	struct endpoint local = {.addr = c->local, .port = 500}, remote = {.addr = c->peer, .port = 500};

	c->handle = ike_connect(x->ike, &p, &local, &remote, 0, x->now);
	fx_peering_fini(&p);
	arena_fini(&a);
	if (!c->handle)
		snprintf(c->why, sizeof(c->why), "the limit of IKE SAs is reached");
	return c->handle != 0;
}

static void try_peer(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	const struct fx_candidate *cand = &c->decision.cand[c->decision.chosen];

	c->peer_seq = cand->seq;
	c->peer = cand->addr;
	c->attempts++;
	c->route_distance = r->author->accept_distance;
	c->route_tag = r->author->accept_tag;
	c->accept_routes = !r->author->no_accept;
	snprintf(c->tunnel, sizeof(c->tunnel), "%s", r->tunnel->name);
	c->tunnel_id = fx_tunnel_id(r->tunnel);
	fx_session_fingerprint(x->cfg, r, c->fingerprint, sizeof(c->fingerprint));
	fx_trace(x, c, FX_T_PEER, c->peer_seq, 0);
	if (connect_peer(x, c, r)) {
		set_state(x, c, FX_NEGOTIATING);
		return;
	}
	peer_failed(x, c, c->why);
	c->peer_seq = 0;
	start(x, c);
}

static void start(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(x, c);
	struct fx_resolved r;

	if (!cfg || !fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		set_state(x, c, FX_INIT);
		return;
	}
	fx_decide(cfg, &c->tried, &c->decision);
	if (c->decision.chosen < 0)
		end_of_pass(x, c, cfg);
	else
		try_peer(x, c, &r);
}

/* An established session was lost: the next peer of the list, and only if there is none the same one again. */
static void reselect_after_loss(struct fx *x, struct fx_client *c, uint32_t lost_seq)
{
	const struct fx_client_cfg *cfg = config_of(x, c);

	c->tried = (struct fx_tried){0};
	fx_tried_add(&c->tried, lost_seq);
	if (cfg && cfg->connect == FX_CONNECT_MANUAL) {
		end_of_pass(x, c, cfg);
		return;
	}
	if (cfg) {
		fx_decide(cfg, &c->tried, &c->decision);
		if (c->decision.chosen < 0)
			c->tried = (struct fx_tried){0};
	}
	start(x, c);
}

/* ---- orders ------------------------------------------------------------------------------------------------------- */

void fx_client_connect(struct fx *x, struct fx_client *c)
{
	fx_trace(x, c, FX_T_CONNECT, 0, 0);
	c->user_wants = true;
	if (c->state == FX_RETRY_WAIT)
		c->retry_at = x->now;
	fx_clients_run(x);
}

void fx_client_disconnect(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(x, c);

	fx_trace(x, c, FX_T_DISCONNECT, 0, 0);
	c->user_wants = false;
	c->tried = (struct fx_tried){0};
	close_session(x, c);
	set_state(x, c, cfg && cfg->connect == FX_CONNECT_MANUAL ? FX_CONNECT_REQUIRED : FX_INIT);
	fx_clients_run(x);
}

void fx_client_restart(struct fx *x, struct fx_client *c, const char *why)
{
	dbg(DBG_FLEXVPN, "FlexVPN(%s): Event: %s", c->name, why);
	c->tried = (struct fx_tried){0};
	close_session(x, c);
	set_state(x, c, FX_INIT);
}

/* ---- events of the engine -------------------------------------------------------------------------------------------- */

static void on_child_down(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	fx_trace(x, c, FX_T_CHILD_DOWN, ev->child.spi_in, 0);
	fx_session_child_del(x, c, ev->child.spi_in);
	if (c->n_spi || !c->child_up)
		return;
	uint32_t seq = c->peer_seq;

	snprintf(c->why, sizeof(c->why), "the peer deleted the IPsec SA");
	close_session(x, c);
	reselect_after_loss(x, c, seq);
}

static void on_child_up(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	fx_trace(x, c, FX_T_CHILD_UP, ev->child.spi_in, 0);
	if (!fx_session_child_add(x, c, ev)) {
		uint32_t seq = c->peer_seq;

		peer_failed(x, c, "the data plane refused the IPsec SA");
		close_session(x, c);
		fx_tried_add(&c->tried, seq);
		start(x, c);
		return;
	}
	if (!c->child_up)
		become_active(x, c);
}

static void on_down(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	bool was_up = c->child_up;
	uint32_t seq = c->peer_seq;
	char why[160];

	snprintf(why, sizeof(why), "%s", ike_reason_text(ev->reason));
	if (ev->notify)
		snprintf(why + strlen(why), sizeof(why) - strlen(why), " (%s)", ike_notify_name(ev->notify));
	fx_trace(x, c, FX_T_IKE_DOWN, ev->handle, ev->reason);
	if (!was_up) {
		log_msg(IKEV2_NEG_ABORT, why);
		peer_failed(x, c, why);
	}
	snprintf(c->why, sizeof(c->why), "%s", why);
	tear_down(x, c);
	if (was_up)
		reselect_after_loss(x, c, seq);
	else
		start(x, c);
}

void fx_client_on_event(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
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
		want_routes(x, c);
		return;
	case IKE_EV_ENDPOINT:
		fx_session_moved(x, c, ev);
		return;
	case IKE_EV_DOWN:
		on_down(x, c, ev);
		return;
	case IKE_EV_CFG_ACK:
	case IKE_EV_REKEYED:
		return;
	}
}

/* ---- configuration and timers ------------------------------------------------------------------------------------------ */

static void client_free(struct fx *x, struct fx_client **at)
{
	struct fx_client *c = *at;

	close_session(x, c);
	*at = c->next;
	free(c->name);
	free(c);
}

void fx_clients_free(struct fx *x)
{
	while (x->clients)
		client_free(x, &x->clients);
}

static void client_new(struct fx *x, const char *name)
{
	struct fx_client **at = &x->clients, *c = xcalloc(1, sizeof(*c));

	while (*at)
		at = &(*at)->next;
	c->id = ++x->next_client_id;
	c->name = xstrdup(name);
	c->since = x->now;
	*at = c;
}

/* The name at the end of "crypto ikev2 client flexvpn NAME". */
static const char *client_name(const struct cfg_node *n)
{
	return strrchr(cfg_node_text(n), ' ') + 1;
}

/* The guide: "Any change to this command terminates the active session", of connect, source, client … and backup group. */
static void on_change(void *ctx, const struct cfg_change *ch)
{
	struct fx *x = ctx;
	const struct cfg_node *n = ch->new ? ch->new : ch->old;

	if (!ch->depth || cfg_node_line(ch->path[0]) != GR_L_global_flexvpn || !gr_line_info(cfg_node_line(n))->resets_session)
		return;
	struct fx_client *c = fx_client_by_name(x, client_name(ch->path[0]));

	if (c && c->state != FX_INIT) {
		fx_trace(x, c, FX_T_CONFIG, (uintptr_t)cfg_node_line(n), 0);
		c->user_wants = false;
		fx_client_restart(x, c, "configuration changed");
	}
}

static bool peer_still_listed(const struct fx_client_cfg *cfg, const struct fx_client *c)
{
	for (size_t i = 0; i < cfg->peers.n; i++)
		if (cfg->peers.v[i].seq == c->peer_seq && ipaddr_eq(&cfg->peers.v[i].addr, &c->peer))
			return true;
	return false;
}

/* What a session stands on may have moved under it. */
static void recheck(struct fx *x, struct fx_client *c, const struct fx_client_cfg *cfg)
{
	char print[sizeof(c->fingerprint)];
	struct fx_resolved r;

	if (c->state == FX_INIT)
		return;
	if (!fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		log_msg(FLEXVPN_INCOMPLETE, c->name, c->why);
		fx_client_restart(x, c, "the profile is no longer complete");
		return;
	}
	if (c->state != FX_NEGOTIATING && c->state != FX_ACTIVE)
		return;
	fx_session_fingerprint(x->cfg, &r, print, sizeof(print));
	if (strcmp(print, c->fingerprint) != 0)
		fx_client_restart(x, c, "what the session is built on changed");
	else if (!peer_still_listed(cfg, c))
		fx_client_restart(x, c, "the peer was removed");
	else if (c->state == FX_ACTIVE)
		fx_session_offer(x, c, &r);
}

void fx_clients_configure(struct fx *x, const struct cfg *old, const struct cfg *new)
{
	for (struct fx_client **at = &x->clients; *at;) {
		if (config_of(x, *at))
			at = &(*at)->next;
		else
			client_free(x, at);
	}
	for (size_t i = 0; i < x->cfg->clients.n; i++)
		if (!fx_client_by_name(x, x->cfg->clients.v[i].name))
			client_new(x, x->cfg->clients.v[i].name);
	cfg_changes(old, new, on_change, x);
	for (struct fx_client *c = x->clients; c; c = c->next)
		recheck(x, c, config_of(x, c));
}

static void run_one(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(x, c);
	struct fx_resolved r;

	switch (c->state) {
	case FX_INIT:
		if (!fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why)))
			return;
		c->why[0] = '\0';
		set_state(x, c, FX_CONNECT_REQUIRED);
		run_one(x, c);
		return;
	case FX_CONNECT_REQUIRED:
		if (cfg->connect == FX_CONNECT_AUTO || c->user_wants)
			start(x, c);
		return;
	case FX_RETRY_WAIT:
		if (x->now >= c->retry_at)
			start(x, c);
		return;
	default:
		return;
	}
}

void fx_clients_run(struct fx *x)
{
	for (struct fx_client *c = x->clients; c; c = c->next)
		run_one(x, c);
}

uint64_t fx_clients_deadline(const struct fx *x)
{
	uint64_t at = IKE_NEVER;

	for (const struct fx_client *c = x->clients; c; c = c->next)
		if (c->state == FX_RETRY_WAIT && c->retry_at < at)
			at = c->retry_at;
	return at;
}
