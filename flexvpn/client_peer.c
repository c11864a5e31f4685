/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Going through the gateway list: take what fx_decide() chose, resolve its name if it has one, try
 * its addresses one after the other, move on when all failed; go back to a better gateway when
 * `peer reactivate` asks for it.
 *
 * Guide: "Backup Gateways" and "Reactivate Primary Peer".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/client.h"
#include "flexvpn/doors.h"
#include "flexvpn/names.h"
#include "flexvpn/session.h"

/* After every gateway of the list has failed: how long until the next pass. After a failed return
 * to a better gateway: how long until the next attempt, doubled each time. */
enum { RETRY_MS = 5000, TRIAL_FIRST_MS = 30000, TRIAL_MAX_MS = 600000 };

/* ---- the list as it stands
 * ----------------------------------------------------------------------------------------- */

struct mate {
	const struct fx *x;
	const struct fx_client *c;
	int group;
};

/* The guide: "if a connection exists, the FlexVPN client omits this peer". An attempt counts too:
 * otherwise two mates that start together would share a peer. */
static bool taken(void *ctx, const struct ipaddr *peer)
{
	const struct mate *m = ctx;

	const struct fx_client *o;
	uint32_t at = KEYED_END;

	while ((o = fx_client_mate(m->x, (uint32_t)m->group, &at)))
		if (o != m->c && ((o->handle && ipaddr_eq(&o->peer, peer)) ||
		                         (o->trial.handle && ipaddr_eq(&o->trial.peer, peer))))
			return true;
	return false;
}

bool fx_client_taken(const struct fx *x, const struct fx_client *c, const struct ipaddr *peer)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct mate m = {.x = x, .c = c, .group = cfg ? cfg->backup_group : -1};

	return m.group >= 0 && taken(&m, peer);
}

/* Only members that were put into a group by configuration avoid each other; see
 * docs/guide-coverage.md. */
static void decide(struct fx *x, const struct fx_client *c, const struct fx_tried *tried)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct mate m = {.x = x, .c = c, .group = cfg->backup_group};
	struct fx_facts f = {.tried = tried,
	        .downloaded = &c->downloaded,
	        .tracks = x->tracks,
	        .taken = cfg->backup_group >= 0 ? taken : NULL,
	        .ctx = &m};

	fx_decide(cfg, &f, &x->choice);
}

const struct fx_decision *fx_client_choices(struct fx *x, const struct fx_client *c)
{
	if (fx_client_config(x, c))
		decide(x, c, &c->tried);
	else
		x->choice.n = 0;
	return &x->choice;
}

int fx_place_cmp(struct fx_place a, struct fx_place b)
{
	if (a.seq != b.seq)
		return a.seq < b.seq ? -1 : 1;
	return a.down < b.down ? -1 : a.down > b.down;
}

/* ---- trying one gateway
 * --------------------------------------------------------------------------------------------- */

static bool source_address(struct fx *x, const struct fx_resolved *r, int family,
        struct ipaddr *local, char *name, size_t n)
{
	const struct fx_interface *t = r->tunnel, *src;
	const char *ifname = t->source_dynamic ? x->choice.source : t->source_if;

	snprintf(name, n, "%s", ifname ? ifname : "");
	if (ipaddr_is_set(&t->source_addr)) {
		*local = t->source_addr;
		snprintf(name, n, "%s", ipaddr_fmt(local, (char[IPADDR_STRLEN]){0}));
		return local->family == family;
	}
	src = ifname ? fx_find_interface(x->cfg, ifname) : NULL;
	return src && fx_interface_address(x, src, family, local);
}

/* The tunnel's device follows to the door. */
static bool take_door(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct fx_door d;

	if (!fx_door_of(
	            x, r->tunnel, fx_find_interface(x->cfg, c->source) ? c->source : NULL, &d)) {
		snprintf(c->why, sizeof(c->why), "tunnel VRF %s is not there",
		        r->tunnel->tunnel_vrf);
		return false;
	}
	if (d.number != c->door)
		fx_interface_touch(x, r->tunnel->name);
	c->door = d.number;
	c->door_ifindex = d.ifindex;
	return true;
}

bool fx_client_is_source(struct fx *x, const struct fx_resolved *r, const struct ipaddr *local)
{
	struct ipaddr now = {0};
	char name[sizeof(((struct fx_client *)0)->source)];

	return source_address(x, r, local->family, &now, name, sizeof(name)) &&
	       ipaddr_eq(&now, local);
}

uint32_t fx_client_open_sa(struct fx *x, struct fx_client *c, const struct fx_resolved *r,
        const struct ipaddr *peer, struct ipaddr *local, bool childless)
{
	struct ike_peering p = {0};
	struct arena a;

	if (!source_address(x, r, peer->family, local, c->source, sizeof(c->source))) {
		snprintf(c->why, sizeof(c->why), "tunnel source %s has no address",
		        c->source[0] ? c->source : "interface");
		return 0;
	}
	if (!take_door(x, c, r) ||
	        !fx_peering_build(x->cfg, r, local, peer, NULL, &p, c->why, sizeof(c->why)))
		return 0;
	if (!fx_session_identity(x, r->profile, &p, c->why, sizeof(c->why))) {
		fx_peering_fini(&p);
		return 0;
	}
	if (x->b.dp_ops->plain_esp)
		p.force_natt = r->profile->force_natt;
	arena_init(&a);
	p.owner = c->id;
	p.childless = childless;
	p.cfg_request = fx_cfg_request(&a, r);
	fx_redirect_peering(x, c, &p);
	struct endpoint from = {.addr = *local, .port = 500}, to = {.addr = *peer, .port = 500};
	uint32_t handle = ike_connect(x->ike, &p, &from, &to, c->door, x->now);

	fx_peering_fini(&p);
	arena_fini(&a);
	if (!handle)
		snprintf(c->why, sizeof(c->why), "the limit of IKE SAs is reached");
	if (!childless)
		fx_client_mates_look(x, c); /* one may be standing by with this peer */
	return handle;
}

void fx_client_failed(struct fx *x, struct fx_client *c, const char *why)
{
	char peer[IPADDR_STRLEN];

	if (why != c->why)
		snprintf(c->why, sizeof(c->why), "%s", why);
	log_msg(FLEXVPN_PEER_FAILED, c->name,
	        c->peer_name[0] ? c->peer_name : ipaddr_fmt(&c->peer, peer), c->why);
	fx_trace(x, c, FX_T_PEER_FAILED, c->at.seq, c->at.down);
	fx_tried_add(&c->tried, c->at);
	/* The guide: when all peers of the downloaded list failed, the next static peer is tried
	 * and the list is deleted. */
	if (c->at.down && c->at.down == c->downloaded.n)
		c->downloaded.n = 0;
}

static bool try_address(
        struct fx *x, struct fx_client *c, const struct fx_resolved *r, const struct ipaddr *peer)
{
	c->peer = *peer;
	c->handle = fx_client_open_sa(x, c, r, peer, &c->local, false);
	if (!c->handle)
		return false;
	fx_client_set_state(x, c, FX_NEGOTIATING);
	return true;
}

/* The next address that the name has; a mate of the backup group may be using one. */
static bool try_resolved(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	while (c->used_resolved < c->n_resolved) {
		const struct ipaddr *a = &c->resolved[c->used_resolved++];

		if (fx_client_taken(x, c, a)) {
			snprintf(c->why, sizeof(c->why), "%s", fx_excluded_text(FX_X_GROUP));
			continue;
		}
		if (try_address(x, c, r, a))
			return true;
	}
	return false;
}

/* The guide's names are "resolved dynamically": from the source that the tunnel will have. */
uint32_t fx_client_question(struct fx *x, const struct fx_resolved *r, const char *name, bool v6)
{
	const struct fx_interface *t = r->tunnel;
	const char *ifname = t->source_dynamic ? x->choice.source : t->source_if;
	struct fx_name_from from = {.interface = ifname ? fx_find_interface(x->cfg, ifname) : NULL,
	        .addr = t->source_addr,
	        .vrf = t->tunnel_vrf};

	return fx_name_ask(x, name, v6 ? AF_INET6 : AF_INET, &from);
}

static void ask(
        struct fx *x, struct fx_client *c, const struct fx_resolved *r, const char *name, bool v6)
{
	c->asking = fx_client_question(x, r, name, v6);
	c->peer = (struct ipaddr){0};
	fx_client_set_state(x, c, FX_NEGOTIATING);
}

void fx_client_ask(struct fx *x, struct fx_client *c, const char *name, bool v6)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_resolved r;

	if (!cfg || !fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		fx_client_set_state(x, c, FX_INIT);
		return;
	}
	decide(x, c, &c->tried);
	ask(x, c, &r, name, v6);
}

static void try_gateway(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	const struct fx_candidate *k = &x->choice.cand[x->choice.chosen];
	struct ipaddr addr = k->addr;

	c->at = k->at;
	fx_redirect_forget(c);
	snprintf(c->peer_name, sizeof(c->peer_name), "%s", k->name ? k->name : "");
	c->n_resolved = c->used_resolved = 0;
	c->attempts++;
	c->route_distance = r->author->accept_distance;
	c->route_tag = r->author->accept_tag;
	c->accept_routes = !r->author->no_accept;
	snprintf(c->sas.tunnel, sizeof(c->sas.tunnel), "%s", r->tunnel->name);
	c->sas.tunnel_id = fx_tunnel_id(r->tunnel);
	fx_session_fingerprint(x->cfg, r, c->fingerprint, sizeof(c->fingerprint));
	fx_trace(x, c, FX_T_PEER, c->at.seq, c->at.down);
	if (fx_standby_take(x, c, k))
		return;
	if (k->name) {
		ask(x, c, r, k->name, k->v6);
		return;
	}
	if (try_address(x, c, r, &addr))
		return;
	fx_client_failed(x, c, c->why);
	c->at = (struct fx_place){0};
	fx_client_start(x, c);
}

/* How many gateways could be tried if none had failed; none without a source. */
static unsigned possible_now(struct fx *x, const struct fx_client *c)
{
	static const struct fx_tried nobody;
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	const struct fx_interface *t = cfg->tunnel ? fx_find_interface(x->cfg, cfg->tunnel) : NULL;
	unsigned n = 0;

	decide(x, c, &nobody);
	if (t && t->source_dynamic && !x->choice.source)
		return 0;
	for (size_t i = 0; i < x->choice.n; i++)
		n += x->choice.cand[i].excluded == FX_POSSIBLE;
	return n;
}

static void end_of_pass(struct fx *x, struct fx_client *c, const struct fx_client_cfg *cfg)
{
	c->tried = c->brief = (struct fx_tried){0};
	c->possible_then = possible_now(x, c);
	if (cfg->connect == FX_CONNECT_MANUAL) {
		c->user_wants =
		        false; /* the guide: subsequent connections require user intervention */
		fx_client_set_state(x, c, FX_CONNECT_REQUIRED);
		return;
	}
	c->retry_at = x->now + RETRY_MS;
	fx_client_set_state(x, c, FX_RETRY_WAIT);
}

void fx_client_start(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_resolved r;

	if (!cfg || !fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		fx_client_set_state(x, c, FX_INIT);
		return;
	}
	decide(x, c, &c->tried);
	if (r.tunnel->source_dynamic && !x->choice.source) {
		snprintf(c->why, sizeof(c->why), "no tunnel source is usable");
		end_of_pass(x, c, cfg);
	} else if (x->choice.chosen < 0) {
		end_of_pass(x, c, cfg);
	} else {
		try_gateway(x, c, &r);
	}
}

/* An attempt at one address failed: the name's next address, else the next gateway. */
static void attempt_failed(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	if (try_resolved(x, c, r))
		return;
	fx_client_failed(x, c, c->why);
	c->at = (struct fx_place){0};
	fx_client_start(x, c);
}

/* A hub that deletes what it has just set up would otherwise be asked again at the speed of the
 * network: a session that ends sooner than a pass could begin anew counts as a failed attempt. */
static void note_if_brief(struct fx *x, struct fx_client *c, struct fx_place lost)
{
	if (c->state != FX_ACTIVE || x->now - c->since >= RETRY_MS) {
		c->brief = (struct fx_tried){0};
		return;
	}
	fx_tried_add(&c->brief, lost);
	fx_tried_add(&c->trial.tried, lost);
	c->trial.not_before = x->now + TRIAL_FIRST_MS;
}

/* The guide: "if an existing connection with a peer from the gateway list goes down, the client
 * tries to establish a connection with the next peer in the gateway list": those after the lost one
 * first, then from the top, and the lost one itself when there is no other. What counts as tried
 * then. */
static struct fx_tried tried_after(
        struct fx *x, const struct fx_client *c, struct fx_place lost, const struct fx_tried *brief)
{
	struct fx_tried tried = *brief;

	decide(x, c, &tried);
	for (size_t i = 0; i < x->choice.n; i++)
		if (fx_place_cmp(x->choice.cand[i].at, lost) <= 0)
			fx_tried_add(&tried, x->choice.cand[i].at);
	decide(x, c, &tried);
	if (x->choice.chosen < 0) {
		tried = *brief;
		fx_tried_add(&tried, lost);
		decide(x, c, &tried);
	}
	return x->choice.chosen < 0 ? *brief : tried;
}

const struct fx_candidate *fx_client_upcoming(
        struct fx *x, const struct fx_client *c, struct fx_place lost)
{
	static const struct fx_tried nobody;
	struct fx_tried tried = tried_after(x, c, lost, &nobody);

	decide(x, c, &tried);
	return x->choice.chosen < 0 ? NULL : &x->choice.cand[x->choice.chosen];
}

void fx_client_next_after_loss(struct fx *x, struct fx_client *c, struct fx_place lost)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);

	if (!cfg) {
		fx_client_set_state(x, c, FX_INIT);
		return;
	}
	fx_client_because(c, c->why);
	if (cfg->connect == FX_CONNECT_MANUAL && !c->user_wants) {
		end_of_pass(x, c, cfg);
		return;
	}
	c->tried = tried_after(x, c, lost, &c->brief);
	fx_client_start(x, c);
}

void fx_client_lost(struct fx *x, struct fx_client *c, struct fx_place lost)
{
	note_if_brief(x, c, lost);
	fx_client_next_after_loss(x, c, lost);
}

/* ---- names
 * -------------------------------------------------------------------------------------------------------------
 */

static void on_answer(struct fx *x, struct fx_client *c, const struct resolver_answer *a)
{
	struct fx_resolved r;
	const struct fx_client_cfg *cfg = fx_client_config(x, c);

	c->asking = 0;
	c->n_resolved = a->n < FX_MAX_RESOLVED ? a->n : FX_MAX_RESOLVED;
	memcpy(c->resolved, a->addr, c->n_resolved * sizeof(a->addr[0]));
	c->used_resolved = 0;
	if (!cfg || !fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		fx_client_set_state(x, c, FX_INIT);
		return;
	}
	if (!c->n_resolved)
		snprintf(c->why, sizeof(c->why), "name resolution: %s", a->why);
	decide(x, c, &c->tried);  /* the source may have changed while we waited */
	attempt_failed(x, c, &r); /* none was tried yet: the first address is the next one */
}

/* The engine gave up on the address in trial (client_session.c). */
void fx_client_attempt_failed(struct fx *x, struct fx_client *c)
{
	struct fx_resolved r;
	const struct fx_client_cfg *cfg = fx_client_config(x, c);

	if (!cfg || !fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		fx_client_set_state(x, c, FX_INIT);
		return;
	}
	decide(x, c, &c->tried);
	attempt_failed(x, c, &r);
}

/* ---- back to a better gateway
 * --------------------------------------------------------------------------------------------- */

void fx_trial_drop(struct fx *x, struct fx_client *c)
{
	uint32_t handle = c->trial.handle;

	fx_name_cancel(x, c->trial.asking);
	fx_pushed_drop(&c->trial.pushed);
	c->trial.handle = c->trial.asking = 0;
	c->trial.reauth = false;
	if (handle)
		ike_close(x->ike, handle, x->now);
}

bool fx_trial_on(const struct fx_client *c)
{
	return c->trial.handle || c->trial.asking;
}

static void trial_failed(struct fx *x, struct fx_client *c, const char *why)
{
	struct fx_trial *t = &c->trial;
	char peer[IPADDR_STRLEN];

	log_msg(FLEXVPN_PEER_FAILED, c->name,
	        t->peer_name[0] ? t->peer_name : ipaddr_fmt(&t->peer, peer), why);
	fx_pushed_drop(&t->pushed);
	if (!t->reauth)
		fx_tried_add(&t->tried, t->at);
	t->handle = 0;
	t->reauth = false;
	fx_client_look(x, c); /* there may be another one */
	if (x->now < t->not_before)
		return;
	t->backoff_ms = t->backoff_ms ? 2 * t->backoff_ms : TRIAL_FIRST_MS;
	if (t->backoff_ms > TRIAL_MAX_MS)
		t->backoff_ms = TRIAL_MAX_MS;
	t->not_before = x->now + t->backoff_ms;
}

/* The guide: "if the track object of the highest-priority peer matches the object status" the
 * better peer is connected; "a track object must be associated with statically configured peers".
 */
static const struct fx_candidate *better(struct fx *x, const struct fx_client *c)
{
	decide(x, c, &c->trial.tried);
	for (size_t i = 0; i < x->choice.n; i++) {
		const struct fx_candidate *k = &x->choice.cand[i];

		if (fx_place_cmp(k->at, c->at) >= 0)
			return NULL;
		if (k->excluded == FX_POSSIBLE && k->track && !k->at.down)
			return k;
	}
	return NULL;
}

static bool trial_open(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct fx_trial *t = &c->trial;

	t->handle = fx_client_open_sa(x, c, r, &t->peer, &t->local, false);
	return t->handle != 0;
}

/* The next address that the name of the better gateway has. */
static bool trial_next(
        struct fx *x, struct fx_client *c, const struct fx_resolved *r, char *why, size_t n)
{
	struct fx_trial *t = &c->trial;

	while (t->used_resolved < t->n_resolved) {
		t->peer = t->resolved[t->used_resolved++];
		if (fx_client_taken(x, c, &t->peer))
			snprintf(why, n, "%s", fx_excluded_text(FX_X_GROUP));
		else if (trial_open(x, c, r))
			return true;
		else
			snprintf(why, n, "%s", c->why);
	}
	return false;
}

void fx_trial_address_failed(struct fx *x, struct fx_client *c, const char *why)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	char last[sizeof(c->why)];
	struct fx_resolved r;

	snprintf(last, sizeof(last), "%s", why);
	c->trial.handle = 0;
	if (cfg && !c->trial.reauth && fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why))) {
		decide(x, c, &c->tried);
		if (trial_next(x, c, &r, last, sizeof(last)))
			return;
	}
	trial_failed(x, c, last);
}

static void on_trial_answer(struct fx *x, struct fx_client *c, const struct resolver_answer *a)
{
	struct fx_trial *t = &c->trial;
	char why[sizeof(c->why)] = "";

	t->asking = 0;
	t->n_resolved = a->n < FX_MAX_RESOLVED ? a->n : FX_MAX_RESOLVED;
	memcpy(t->resolved, a->addr, t->n_resolved * sizeof(a->addr[0]));
	if (!a->n)
		snprintf(why, sizeof(why), "name resolution: %s", a->why);
	fx_trial_address_failed(x, c, why);
}

/* A peer that failed is waited with, unless its object went down since: then it may be well again.
 */
static void forget_failures(struct fx *x, struct fx_client *c)
{
	static const struct fx_tried nobody;
	struct fx_trial *t = &c->trial;
	struct fx_tried kept = {0};
	bool any = false;

	decide(x, c, &nobody);
	for (size_t i = 0; i < x->choice.n; i++) {
		const struct fx_candidate *k = &x->choice.cand[i];

		if (k->excluded == FX_X_TRACK || !fx_tried_has(&t->tried, k->at))
			continue;
		fx_tried_add(&kept, k->at);
		any = true;
	}
	if (!any)
		t->not_before = t->backoff_ms = 0;
	if (x->now >= t->not_before) {
		t->not_before = 0;
		kept = nobody;
	}
	t->tried = kept;
}

static void try_better(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct fx_trial *t = &c->trial;

	forget_failures(x, c);

	const struct fx_candidate *k = better(x, c);

	if (!k)
		return;
	t->at = k->at;
	t->peer = k->addr;
	t->n_resolved = t->used_resolved = 0;
	snprintf(t->peer_name, sizeof(t->peer_name), "%s", k->name ? k->name : "");
	fx_trace(x, c, FX_T_PEER, t->at.seq, 0);
	if (k->name)
		t->asking = fx_client_question(x, r, k->name, k->v6);
	else if (!trial_open(x, c, r))
		trial_failed(x, c, c->why);
}

/* RFC 4478: the gateway lets our authentication count for a little longer only. */
void fx_client_reauthenticate(struct fx *x, struct fx_client *c)
{
	static const struct fx_tried nobody;
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_trial *t = &c->trial;
	struct fx_resolved r;

	if (!cfg || !c->child_up || fx_trial_on(c) ||
	        !fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why)))
		return;
	decide(x, c, &nobody);
	t->at = c->at;
	t->peer = c->peer;
	snprintf(t->peer_name, sizeof(t->peer_name), "%s", c->peer_name);
	t->n_resolved = t->used_resolved = 0;
	t->reauth = trial_open(x, c, &r);
	if (!t->reauth)
		trial_failed(x, c, c->why);
}

static bool same_door(
        struct fx *x, const struct fx_client *c, const struct fx_resolved *r, const char *source)
{
	struct fx_door d;

	return fx_door_of(x, r->tunnel, fx_find_interface(x->cfg, source) ? source : NULL, &d) &&
	       d.number == c->door && d.ifindex == c->door_ifindex;
}

/* The session goes on from the source that is right now, when the gateway can be told (MOBIKE). */
static bool move_source(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct ipaddr local = {0};
	char name[sizeof(c->source)];

	if (!c->child_up || !source_address(x, r, c->peer.family, &local, name, sizeof(name)))
		return false;
	struct endpoint from = {.addr = local, .port = 500}, to = {.addr = c->peer, .port = 500};

	if (!same_door(x, c, r, name) || ipaddr_eq(&local, &c->local) ||
	        !ike_update_address(x->ike, c->handle, &from, &to, x->now))
		return false;
	c->local = local;
	snprintf(c->source, sizeof(c->source), "%s", name);
	return true;
}

void fx_client_answers(struct fx *x)
{
	struct resolver_answer a;

	while (fx_names_poll(x, &a)) {
		fx_slas_resolved(x, &a);
		for (struct fx_client *c = x->clients; c; c = c->next) {
			if (c->asking == a.id)
				on_answer(x, c, &a);
			else if (c->trial.asking == a.id)
				on_trial_answer(x, c, &a);
			else if (c->standby.asking == a.id)
				fx_standby_on_answer(x, c, &a);
			else
				continue;
			fx_client_arm(x, c);
		}
	}
}

/* ---- is the choice still right?
 * --------------------------------------------------------------------------------------------- */

static const struct fx_candidate *candidate_at(const struct fx_decision *d, struct fx_place at)
{
	for (size_t i = 0; i < d->n; i++)
		if (fx_place_cmp(d->cand[i].at, at) == 0)
			return &d->cand[i];
	return NULL;
}

/* Its line may have been edited since. */
static bool trial_is_right(const struct fx *x, const struct fx_client *c)
{
	const struct fx_candidate *k = candidate_at(&x->choice, c->trial.at);

	if (!k || !k->track || k->excluded == FX_X_TRACK)
		return false;
	return k->name ? strcmp(k->name, c->trial.peer_name) == 0
	               : ipaddr_eq(&k->addr, &c->trial.peer);
}

void fx_client_reconsider(struct fx *x, struct fx_client *c, const struct fx_client_cfg *cfg)
{
	static const struct fx_tried nobody;
	const struct fx_candidate *k;
	struct fx_resolved r;

	if (!fx_client_resolve(x->cfg, cfg, &r, c->why, sizeof(c->why)))
		return;
	decide(x, c, &nobody);
	if (c->state == FX_RETRY_WAIT) {
		if (possible_now(x, c) > c->possible_then) /* what excluded a gateway is over: no
		                                              need to wait for the timer */
			fx_client_start(x, c);
		return;
	}
	if (r.tunnel->source_dynamic &&
	        strcmp(x->choice.source ? x->choice.source : "", c->source) != 0 && !c->asking) {
		if (!move_source(x, c, &r)) {
			fx_client_restart(x, c, "another tunnel source");
			fx_client_look(x, c);
			return;
		}
	}
	if (c->handle && !same_door(x, c, &r, c->source)) {
		fx_client_restart(x, c, "the tunnel's VRF is another one now");
		fx_client_look(x, c);
		return;
	}
	move_source(x, c, &r);
	k = candidate_at(&x->choice, c->at);
	if (k && k->excluded == FX_X_TRACK) {
		snprintf(c->why, sizeof(c->why), "%s", fx_excluded_text(FX_X_TRACK));
		fx_client_because(c, c->why);
		fx_client_failed(x, c, c->why);
		fx_client_close(x, c);
		c->tried = (struct fx_tried){0};
		fx_client_start(x, c);
		return;
	}
	if (!cfg->reactivate)
		c->trial.not_before = c->trial.backoff_ms = 0;
	if (!cfg->reactivate)
		c->trial.tried = nobody;
	if (fx_trial_on(c)) {
		if (!c->trial.reauth && (!cfg->reactivate || !trial_is_right(x, c)))
			fx_trial_drop(x, c);
	} else if (c->state == FX_ACTIVE && cfg->reactivate) {
		try_better(x, c, &r);
	}
	fx_standby_look(x, c, &r);
}
