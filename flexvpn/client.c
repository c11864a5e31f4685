/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The FlexVPN client: from "this profile is configured" to "this tunnel is up", and back.
 *
 *            complete             wanted                       child up
 *   INIT ───────────► CONNECT_REQUIRED ─────► NEGOTIATING ───────────────► ACTIVE
 *    ▲                 (WAIT_TRACK)             │ ▲  failed: next gateway     │ lost: next gateway
 *    │ incomplete            ▲  ▲               │ └───────────────────────────┘
 *    └── (any state)         │  └── manual ─────┤
 *                            │    pass failed   ▼
 *                            └──────────── RETRY_WAIT (a new pass when the timer ends)
 *
 * "Wanted" is what `connect auto|manual|track` says now. Which gateway comes next is fx_decide()'s;
 * the files of the client only walk there. Session keys go straight to the data plane; everything
 * else that a session brings (address, routes, line protocol) is wanted state for reconcile.c and
 * routes.c.
 */
#include "flexvpn/client.h"
#include "flexvpn/guards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/session.h"
#include "grammar/gen/lines.h"

/* ---- what happened lately
 * --------------------------------------------------------------------------------------------
 */

void fx_client_because(struct fx_client *c, const char *why)
{
	if (!c->cause[0])
		snprintf(c->cause, sizeof(c->cause), "%s", why);
}

static const char *usual_cause(const struct fx_client *c, enum fx_state from, enum fx_state to)
{
	switch (to) {
	case FX_INIT:
		return c->why[0] ? c->why : "not complete";
	case FX_WAIT_TRACK:
		return "the track object is not in the configured state";
	case FX_CONNECT_REQUIRED:
		return from == FX_INIT ? "the profile is complete" : c->why;
	case FX_NEGOTIATING:
		return from == FX_RETRY_WAIT ? "the next pass begins" : "a session is wanted";
	case FX_ACTIVE:
		return "the session is established";
	default:
		return c->why[0] ? c->why : "no peer is possible";
	}
}

void fx_client_note(struct fx_client *c, enum fx_state from, enum fx_state to)
{
	struct fx_transition *t = &c->past[c->n_past++ % FX_TRANSITIONS];

	*t = (struct fx_transition){.when = wall_ms(), .from = from, .to = to};
	if (c->at.seq && c->peer_name[0])
		snprintf(t->peer, sizeof(t->peer), "%s", c->peer_name);
	else if (c->at.seq && ipaddr_is_set(&c->peer))
		ipaddr_fmt(&c->peer, t->peer);
	snprintf(t->cause, sizeof(t->cause), "%s",
	        c->cause[0] ? c->cause : usual_cause(c, from, to));
	c->cause[0] = '\0';
}

const struct fx_transition *fx_client_transition(const struct fx_client *c, uint32_t i)
{
	return i < c->n_past && i < FX_TRANSITIONS ? &c->past[(c->n_past - 1 - i) % FX_TRANSITIONS]
	                                           : NULL;
}

void fx_client_set_state(struct fx *x, struct fx_client *c, enum fx_state s)
{
	if (c->state == s)
		return;
	fx_client_note(c, c->state, s);
	dbg(DBG_FLEXVPN, "FlexVPN(%s): Current State: %s", c->name, fx_state_name(c->state));
	dbg(DBG_FLEXVPN, "FlexVPN(%s): New State: %s", c->name, fx_state_name(s));
	fx_trace(x, c, FX_T_STATE, c->state, s);
	if (s != FX_ACTIVE && s != FX_NEGOTIATING)
		fx_standby_drop(x, c);
	c->state = s;
	c->since = x->now;
	fx_client_mates_look(x, c);
}

const struct fx_client_cfg *fx_client_config(const struct fx *x, const struct fx_client *c)
{
	return x->cfg ? fx_find_client(x->cfg, c->name) : NULL;
}

bool fx_client_wanted(const struct fx *x, const struct fx_client *c)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);

	if (!cfg)
		return false;
	switch (cfg->connect) {
	case FX_CONNECT_AUTO:
		return true;
	case FX_CONNECT_MANUAL:
		return c->user_wants;
	case FX_CONNECT_TRACK:
		return fx_track_holds(x->tracks, cfg->connect_track, cfg->connect_track_down);
	}
	return false;
}

/* ---- orders
 * -------------------------------------------------------------------------------------------------------
 */

void fx_client_connect(struct fx *x, struct fx_client *c)
{
	fx_trace(x, c, FX_T_CONNECT, 0, 0);
	if (c->state == FX_CONNECT_REQUIRED || c->state == FX_RETRY_WAIT)
		fx_client_because(c, "connect command");
	c->user_wants = true;
	if (c->state == FX_RETRY_WAIT)
		c->retry_at = x->now;
	fx_client_look(x, c);
	fx_clients_run(x);
}

void fx_client_disconnect(struct fx *x, struct fx_client *c)
{
	fx_trace(x, c, FX_T_DISCONNECT, 0, 0);
	fx_client_because(c, "clear command");
	c->user_wants = false;
	c->tried = c->brief = (struct fx_tried){0};
	fx_client_close(x, c);
	fx_client_set_state(x, c, FX_INIT);
	fx_client_look(x, c);
	fx_clients_run(x);
}

void fx_client_restart(struct fx *x, struct fx_client *c, const char *why)
{
	dbg(DBG_FLEXVPN, "FlexVPN(%s): Event: %s", c->name, why);
	fx_client_because(c, why);
	c->tried = c->brief = (struct fx_tried){0};
	fx_client_close(x, c);
	fx_client_set_state(x, c, FX_INIT);
}

/* The guide: clearing the IKEv2 SA "will trigger a new peer selection on the client". */
void fx_client_reselect(struct fx *x, struct fx_client *c)
{
	struct fx_place lost = c->at;

	dbg(DBG_FLEXVPN, "FlexVPN(%s): Event: SA cleared", c->name);
	fx_client_because(c, "the SA was cleared");
	c->brief = (struct fx_tried){0};
	fx_client_close(x, c);
	fx_client_next_after_loss(x, c, lost);
}

/* ---- configuration
 * -------------------------------------------------------------------------------------------------
 */

static void client_free(struct fx *x, struct fx_client **at)
{
	struct fx_client *c = *at;

	fx_client_close(x, c);
	fx_standby_drop(x, c);
	fx_guards_drop(x, c);
	fx_agenda_forget(x, c);
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

/* The guide: "Any change to this command terminates the active session", of connect, source, client
 * … and backup group. */
static void on_change(void *ctx, const struct cfg_change *ch)
{
	struct fx *x = ctx;
	const struct cfg_node *n = ch->new ? ch->new : ch->old;

	if (!ch->depth || cfg_node_line(ch->path[0]) != GR_L_global_flexvpn ||
	        !gr_line_info(cfg_node_line(n))->resets_session)
		return;
	struct fx_client *c = fx_client_by_name(x, client_name(ch->path[0]));

	if (c && c->state != FX_INIT) {
		fx_trace_line(x, c, gr_line_info(cfg_node_line(n))->name);
		c->user_wants = false;
		fx_client_restart(x, c, "configuration changed");
	}
}

static bool has_peer(const struct fx_client_cfg *cfg, uint32_t seq)
{
	for (size_t i = 0; i < cfg->peers.n; i++)
		if (cfg->peers.v[i].seq == seq)
			return true;
	return false;
}

/* A gateway of the downloaded list stands as long as the peer that it came from. */
bool fx_client_peer_listed(const struct fx_client_cfg *cfg, const struct fx_client *c)
{
	if (c->at.down)
		return has_peer(cfg, c->at.seq);
	for (size_t i = 0; i < cfg->peers.n; i++) {
		const struct fx_peer *p = &cfg->peers.v[i];

		if (p->seq != c->at.seq)
			continue;
		return p->fqdn ? strcmp(p->fqdn, c->peer_name) == 0 : ipaddr_eq(&p->addr, &c->peer);
	}
	return false;
}

/* What a session stands on may have moved under it. */
static void recheck(struct fx *x, struct fx_client *c, const struct fx_client_cfg *cfg)
{
	char print[sizeof(c->fingerprint)];
	struct fx_resolved r;

	if (!has_peer(cfg, c->downloaded.from))
		c->downloaded.n = 0;
	if (c->state == FX_INIT)
		return;
	if (!fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		log_msg(FLEXVPN_INCOMPLETE, c->name, c->why);
		fx_client_restart(x, c, "the profile is no longer complete");
		return;
	}
	if (c->state != FX_NEGOTIATING && c->state != FX_EAP_CREDENTIALS && c->state != FX_ACTIVE)
		return;
	fx_session_fingerprint(x->cfg, &r, print, sizeof(print));
	if (strcmp(print, c->fingerprint) != 0)
		fx_client_restart(x, c, "what the session is built on changed");
	else if (!fx_client_peer_listed(cfg, c))
		fx_client_restart(x, c, "the peer was removed");
	else if (c->state == FX_ACTIVE)
		fx_session_offer(x, c, &r);
}

void fx_clients_configure(struct fx *x, const struct cfg *old, const struct cfg *new)
{
	for (struct fx_client **at = &x->clients; *at;) {
		if (fx_client_config(x, *at))
			at = &(*at)->next;
		else
			client_free(x, at);
	}
	for (size_t i = 0; i < x->cfg->clients.n; i++)
		if (!fx_client_by_name(x, x->cfg->clients.v[i].name))
			client_new(x, x->cfg->clients.v[i].name);
	fx_agenda_arrange(x);
	cfg_changes(old, new, on_change, x);
	for (struct fx_client *c = x->clients; c; c = c->next)
		recheck(x, c, fx_client_config(x, c));
	x->reconsider = true;
}

/* ---- walking
 * -----------------------------------------------------------------------------------------------------------
 */

static enum fx_state waiting_state(const struct fx_client_cfg *cfg)
{
	return cfg->connect == FX_CONNECT_TRACK ? FX_WAIT_TRACK : FX_CONNECT_REQUIRED;
}

static void leave_init(struct fx *x, struct fx_client *c, const struct fx_client_cfg *cfg)
{
	struct fx_resolved r;

	if (!fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why)))
		return;
	c->why[0] = '\0';
	fx_client_set_state(x, c, waiting_state(cfg));
}

static void run_one(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	bool wanted = fx_client_wanted(x, c);

	if (c->state == FX_INIT)
		leave_init(x, c, cfg);
	switch (c->state) {
	case FX_INIT:
		return;
	case FX_WAIT_TRACK:
	case FX_CONNECT_REQUIRED:
		if (wanted)
			fx_client_start(x, c);
		return;
	case FX_RETRY_WAIT:
	case FX_NEGOTIATING:
	case FX_EAP_CREDENTIALS:
	case FX_ACTIVE:
		if (!wanted) {
			fx_client_restart(x, c, "no longer wanted");
			fx_client_set_state(x, c, waiting_state(cfg));
		} else if (c->state == FX_RETRY_WAIT && x->now >= c->retry_at) {
			fx_client_start(x, c);
		} else {
			fx_client_reconsider(x, c, cfg);
		}
		return;
	case FX_NSTATE:
		return;
	}
}

static bool at_rest(const struct fx_client *c)
{
	return c->state == FX_INIT || c->state == FX_WAIT_TRACK || c->state == FX_CONNECT_REQUIRED;
}

void fx_clients_run(struct fx *x)
{
	struct fx_client *c;

	fx_client_answers(x);
	fx_agenda_begin(x);
	while ((c = fx_agenda_take(x))) {
		run_one(x, c);
		fx_client_arm(x, c);
		if (c->guarded && at_rest(c))
			fx_guards_drop(x, c);
	}
	fx_clients_default(x);
}
