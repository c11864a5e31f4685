/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold whenever the world has come to rest, and after it has healed: see flexvpn.h. */
#include "flexvpn.h"
#include "flexvpn/client.h"

#include <stdio.h>
#include <string.h>

enum {
	/* A pass over the whole list every five seconds, all of it refused at once. */
	MAX_ATTEMPTS_AN_HOUR = 9000,
	MAX_STEPS_AN_HOUR = 200000,
};

static const struct fx_client_cfg *config_of(const struct sim *s, const struct fx_client *c)
{
	return fx_find_client(s->w->x->cfg, c->name);
}

static struct sim_client *memory_of(struct sim *s, const struct fx_client *c)
{
	struct sim_client *m = &s->c[c->name[1] - '0'];

	if (m->id != c->id) { /* configured anew */
		bool wanted = m->wanted;

		*m = (struct sim_client){.wanted = wanted, .id = c->id};
	}
	return m;
}

#define must(cond, c, what)                                                                        \
	do {                                                                                       \
		if (!(cond))                                                                       \
			sim_die(s, "%s (%s, \"%s\"): %s", (c)->name, fx_state_name((c)->state),    \
			        (c)->why, what);                                                   \
	} while (0)

/* ---- the state and what it stands on -------------------------------------------------------- */

static void check_init(struct sim *s, const struct fx_client *c)
{
	struct fx_resolved r;
	char why[160];

	must(!fx_client_resolve(s->w->x->cfg, config_of(s, c), &r, why, sizeof(why)), c,
	        "complete, but not begun");
	must(c->why[0], c, "incomplete without saying what is missing");
}

static bool question_pending(const struct sim *s, uint32_t id)
{
	for (size_t i = 0; i < s->w->n_answer; i++)
		if (s->w->answer[i].id == id)
			return true;
	return false;
}

static void check_negotiating(struct sim *s, const struct fx_client *c)
{
	struct ike_sa_info info;

	must(!c->handle != !c->asking, c, "not exactly one of negotiation and question");
	must(!c->child_up && !c->sas.n_spi, c, "children before the session stands");
	if (c->handle)
		must(ike_sa_info(s->w->x->ike, c->handle, &info), c, "the engine knows no such SA");
	else
		must(question_pending(s, c->asking), c, "nobody is going to answer");
	must(c->at.seq, c, "negotiating with nobody of the list");
}

static void check_active(struct sim *s, const struct fx_client *c)
{
	struct ike_sa_info info;

	must(c->child_up && c->sas.n_spi && !c->asking && c->at.seq, c, "active without a session");
	must(ike_sa_info(s->w->x->ike, c->handle, &info) && info.owner == c->id &&
	                (info.state == IKE_S_ESTABLISHED || info.state == IKE_S_REKEYING),
	        c, "the IKE SA is not established");
}

static void check_waits(struct sim *s, const struct fx_client *c, const struct fx_client_cfg *cfg)
{
	uint64_t now = s->w->now;

	if (c->state == FX_WAIT_TRACK)
		must(cfg->connect == FX_CONNECT_TRACK && !fx_client_wanted(s->w->x, c), c,
		        "the object is in the wanted state");
	else if (c->state == FX_CONNECT_REQUIRED)
		must(cfg->connect == FX_CONNECT_MANUAL && !c->user_wants, c, "nothing to wait for");
	else
		must(c->retry_at > now && c->retry_at <= now + 5 * SEC, c, "no timer is armed");
}

static void check_state(struct sim *s, const struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(s, c);

	must(cfg, c, "a client without configuration");
	switch (c->state) {
	case FX_INIT:
		check_init(s, c);
		break;
	case FX_NEGOTIATING:
		check_negotiating(s, c);
		break;
	case FX_ACTIVE:
		check_active(s, c);
		break;
	default:
		check_waits(s, c, cfg);
	}
	if (c->state == FX_NEGOTIATING || c->state == FX_ACTIVE) {
		must(fx_client_wanted(s->w->x, c), c, "nobody wants this session");
		return;
	}
	must(!c->handle && !c->asking && !c->child_up && !c->sas.n_spi, c,
	        "a session behind a wait");
}

static void check_trial(struct sim *s, const struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(s, c);
	const struct fx_decision *d;

	if (!c->trial.handle)
		return;
	must(c->state == FX_ACTIVE && cfg->reactivate, c, "a trial that nobody asked for");
	must(c->trial.at.seq <= c->at.seq && !c->trial.at.down, c, "a trial of a lesser peer");
	d = fx_client_choices(s->w->x, c);
	for (size_t i = 0; i < d->n; i++)
		if (d->cand[i].at.seq == c->trial.at.seq && !d->cand[i].at.down)
			must(d->cand[i].track && fx_track_holds(s->w->x->tracks, d->cand[i].track,
			                                 d->cand[i].track_down),
			        c, "a trial of a peer that is not possible");
}

static bool uses(const struct fx_client *c, const struct ipaddr *peer)
{
	return (c->handle && ipaddr_eq(&c->peer, peer)) ||
	       (c->trial.handle && ipaddr_eq(&c->trial.peer, peer));
}

static bool taken_by_mate(const struct sim *s, const struct fx_client *c, const struct ipaddr *a)
{
	int group = config_of(s, c)->backup_group;

	for (const struct fx_client *o = s->w->x->clients; o && group >= 0; o = o->next)
		if (o != c && config_of(s, o)->backup_group == group && uses(o, a))
			return true;
	return false;
}

/* It stands by beside a session, with a possible peer that no session of the client or a mate is
 * with. */
static void check_standby(struct sim *s, const struct fx_client *c)
{
	const struct fx_standby *b = &c->standby;
	struct ike_sa_info info;

	must(!b->at.seq || (c->state == FX_ACTIVE && config_of(s, c)->standby), c,
	        "a standby that nobody asked for");
	must(!b->at.seq || (b->handle != 0) + (b->asking != 0) + (b->not_before > s->w->now) == 1,
	        c, "not exactly one of standby, question and timer");
	if (b->asking)
		must(question_pending(s, b->asking), c, "nobody is going to answer the standby");
	if (!b->handle)
		return;
	must(ike_sa_info(s->w->x->ike, b->handle, &info) && info.owner == c->id && !info.n_children,
	        c, "the engine knows no such standby");
	must(b->handle != c->handle && !ipaddr_eq(&b->peer, &c->peer), c,
	        "stands by the peer in use");
	must(!taken_by_mate(s, c, &b->peer), c, "stands by the peer of a mate");
	const struct fx_decision *d = fx_client_choices(s->w->x, c);

	for (size_t i = 0; i < d->n; i++)
		if (d->cand[i].at.seq == b->at.seq && d->cand[i].at.down == b->at.down) {
			must(d->cand[i].excluded != FX_X_TRACK, c, "stands by an impossible peer");
			return;
		}
	must(false, c, "stands by a peer that is not in the list");
}

/* An active peer is a possible one, whatever happened since it was chosen. */
static void check_possible(struct sim *s, const struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(s, c);

	if (!c->at.seq || c->at.down)
		return;
	for (size_t i = 0; i < cfg->peers.n; i++) {
		const struct fx_peer *p = &cfg->peers.v[i];

		if (p->seq == c->at.seq) {
			must(fx_track_holds(s->w->x->tracks, p->track, p->track_down), c,
			        "in use, but not a possible peer");
			return;
		}
	}
	must(false, c, "the peer is not in the list");
}

/* ---- the choice --------------------------------------------------------------------------------
 */

static uint64_t track_changes(const struct sim *s)
{
	struct track_info t;
	uint64_t n = 0;

	for (uint32_t at = 0; track_next(s->w->x->tracks, at, &t); at = t.cfg->number)
		n += t.changes + (t.up ? 1000000u : 0u);
	return n;
}

static bool mates_moved(struct sim *s, const struct fx_client *me)
{
	for (const struct fx_client *c = s->w->x->clients; c; c = c->next) {
		const struct sim_client *m = memory_of(s, c);

		if (c != me && (m->attempts != c->attempts || m->handle != c->handle ||
		                       m->trial != c->trial.handle))
			return true;
	}
	return false;
}

/* One choice was made since the last rest, and nothing it depends on has moved meanwhile. */
static void check_choice(struct sim *s, const struct fx_client *c, bool tracks_moved)
{
	const struct sim_client *m = memory_of(s, c);
	const struct fx_decision *d;

	if (c->state != FX_NEGOTIATING || c->attempts != m->attempts + 1 || tracks_moved ||
	        mates_moved(s, c))
		return;
	d = fx_client_choices(s->w->x, c);
	must(d->chosen >= 0, c, "chose a peer although none is possible");
	must(d->cand[d->chosen].at.seq == c->at.seq && d->cand[d->chosen].at.down == c->at.down, c,
	        "did not choose the first possible peer");
	for (int i = 0; i < d->chosen; i++)
		must(d->cand[i].excluded != FX_POSSIBLE && d->cand[i].at.seq <= c->at.seq, c,
		        "an earlier peer of the list was possible");
	s->total.choices++;
}

static void remember(struct sim *s)
{
	for (const struct fx_client *c = s->w->x->clients; c; c = c->next) {
		struct sim_client *m = memory_of(s, c);

		s->total.trials += c->trial.handle && !m->trial;
		s->total.standbys += c->standby.handle && c->standby.handle != m->standby;
		s->total.takeovers += m->standby && c->handle == m->standby;
		m->standby = c->standby.handle;
		s->total.attempts += c->attempts - m->attempts;
		m->attempts = c->attempts;
		m->handle = c->handle;
		m->trial = c->trial.handle;
	}
}

/* ---- mates -------------------------------------------------------------------------------------
 */

static void check_mates(struct sim *s)
{
	for (const struct fx_client *a = s->w->x->clients; a; a = a->next)
		for (const struct fx_client *b = a->next; b; b = b->next) {
			int group = config_of(s, a)->backup_group;

			if (group < 0 || group != config_of(s, b)->backup_group)
				continue;
			must(!a->handle || !uses(b, &a->peer), a, "shares its peer with a mate");
			must(!a->trial.handle || !uses(b, &a->trial.peer), a,
			        "its trial shares a peer with a mate");
		}
}

/* ---- nothing without an owner
 * -------------------------------------------------------------------- */

static void check_ike_sas(struct sim *s)
{
	struct ike_sa_info info;

	for (uint32_t at = 0; ike_sa_next(s->w->x->ike, at, &info); at = info.handle) {
		const struct fx_client *c = fx_client_by_owner(s->w->x, info.owner);

		if (info.state == IKE_S_DELETING)
			continue;
		if (!c || (c->handle != info.handle && c->trial.handle != info.handle &&
		                  c->standby.handle != info.handle))
			sim_die(s, "IKE SA %u (%s) has no owner", info.handle,
			        c ? c->name : "nobody");
	}
}

static bool has_spi(const struct fx_client *c, uint32_t spi)
{
	for (uint8_t i = 0; i < c->sas.n_spi; i++)
		if (c->sas.spi[i] == spi)
			return true;
	return false;
}

static void check_dp_sas(struct sim *s)
{
	struct dp_sa_state sa;
	size_t owned = 0, there = 0;

	for (uint32_t at = 0; s->w->b.dp_ops->sa_next(s->w->b.dp, at, &sa); at = sa.sa.spi_in) {
		const struct fx_client *c = s->w->x->clients;

		while (c && !has_spi(c, sa.sa.spi_in))
			c = c->next;
		if (!c || c->sas.tunnel_id != sa.sa.tunnel)
			sim_die(s, "IPsec SA %08X has no owner", sa.sa.spi_in);
		there++;
	}
	for (const struct fx_client *c = s->w->x->clients; c; c = c->next)
		owned += c->sas.n_spi;
	if (owned != there)
		sim_die(s, "%zu IPsec SAs are believed in, %zu are there", owned, there);
}

/* The client whose tunnel this device is; NULL: the device is no tunnel, or nobody's. */
static const struct fx_client *client_on(struct sim *s, uint32_t ifindex, bool *tunnel)
{
	struct net_link link;

	*tunnel = s->w->b.net_ops->link_by_index(s->w->b.net, ifindex, &link) &&
	          strncmp(link.name, "Tunnel", 6) == 0;
	return *tunnel ? fx_client_by_tunnel(s->w->x, link.name) : NULL;
}

static bool check_address(void *ctx, const struct net_addr *a)
{
	struct sim *s = ctx;
	bool tunnel;
	const struct fx_client *c = client_on(s, a->ifindex, &tunnel);
	char text[PREFIX_STRLEN];

	if (tunnel && (!c || !c->child_up || prefix_cmp(&c->pushed.addr4, &a->addr) != 0))
		sim_die(s, "address %s of %s has no owner", prefix_fmt(&a->addr, text),
		        c ? c->name : "a tunnel without client");
	return true;
}

static bool pushed(const struct fx_client *c, const struct prefix *p)
{
	for (size_t i = 0; i < c->pushed.n_subnet; i++)
		if (prefix_cmp(&c->pushed.subnet[i], p) == 0)
			return true;
	return false;
}

static bool check_route(void *ctx, const struct net_route *r)
{
	struct sim *s = ctx;
	bool tunnel;
	const struct fx_client *c = client_on(s, r->ifindex, &tunnel);
	char text[PREFIX_STRLEN];

	if (tunnel && (!c || !c->child_up || !c->accept_routes || !pushed(c, &r->dst)))
		sim_die(s, "route %s through the tunnel of %s has no owner",
		        prefix_fmt(&r->dst, text), c ? c->name : "nobody");
	return true;
}

struct wanted_route {
	struct sim *s;
	const struct prefix *p;
	bool found;
};

static bool is_wanted(void *ctx, const struct net_route *r)
{
	struct wanted_route *w = ctx;
	bool tunnel;

	if (prefix_cmp(&r->dst, w->p) == 0 && client_on(w->s, r->ifindex, &tunnel))
		w->found = true;
	return !w->found;
}

/* What a hub pushed is in the table, through this tunnel or another that has the same network. */
static void check_pushed(struct sim *s, const struct fx_client *c)
{
	char text[PREFIX_STRLEN];

	for (size_t i = 0; c->child_up && c->accept_routes && i < c->pushed.n_subnet; i++) {
		struct wanted_route w = {.s = s, .p = &c->pushed.subnet[i]};

		if (prefix_contains(w.p, &c->peer))
			continue; /* may be refused */
		s->w->b.net_ops->routes(s->w->b.net, 0, is_wanted, &w);
		if (!w.found)
			sim_die(s, "%s: no route to %s, which its hub pushed", c->name,
			        prefix_fmt(w.p, text));
	}
}

/* ---- storms
 * -------------------------------------------------------------------------------------- */

static void check_rate(struct sim *s)
{
	if (s->w->now < s->hour_ends)
		return;
	for (const struct fx_client *c = s->w->x->clients; c; c = c->next) {
		struct sim_client *m = memory_of(s, c);
		unsigned long n = c->attempts - m->attempts_then;

		must(n <= MAX_ATTEMPTS_AN_HOUR, c, "a storm of attempts");
		s->total.peak_hour = n > s->total.peak_hour ? n : s->total.peak_hour;
		m->attempts_then = c->attempts;
	}
	if (s->w->steps - s->steps_then > MAX_STEPS_AN_HOUR)
		sim_die(s, "a storm of %lu steps in an hour", s->w->steps - s->steps_then);
	s->steps_then = s->w->steps;
	s->hour_ends += HOUR;
}

static void check_rest(const struct sim *s)
{
	struct fx *x = s->w->x;

	net_fake_forget(s->w->b.net);
	dp_fake_forget(s->w->b.dp);
	fx_pump(x, s->w->now);
	if (fx_reconcile_pending(x) || fx_clients_looking(x) || net_fake_calls(s->w->b.net) ||
	        dp_fake_calls(s->w->b.dp))
		sim_die(s, "never comes to rest: %s%s", net_fake_log(s->w->b.net),
		        dp_fake_log(s->w->b.dp));
	if (fx_deadline(x) <= s->w->now)
		sim_die(s, "a timer that has ended is still armed");
}

void sim_check(struct world *w, void *ctx)
{
	struct sim *s = ctx;
	uint64_t changes = track_changes(s);
	bool tracks_moved = changes != s->track_changes;

	s->total.rests++;
	for (struct fx_client *c = w->x->clients; c; c = c->next) {
		check_state(s, c);
		check_possible(s, c);
		check_choice(s, c, tracks_moved);
		check_trial(s, c);
		check_standby(s, c);
		check_pushed(s, c);
	}
	remember(s);
	s->track_changes = changes;
	check_mates(s);
	check_ike_sas(s);
	check_dp_sas(s);
	w->b.net_ops->addrs(w->b.net, 0, check_address, s);
	w->b.net_ops->routes(w->b.net, 0, check_route, s);
	check_rest(s);
	check_rate(s);
}

/* ---- long after all trouble has ended -----------------------------------------------------------
 */

static bool is_hub(const struct sim *s, const struct fx_client *c, const struct ipaddr *a)
{
	for (int i = 0; i < WORLD_HUBS; i++)
		if (ipaddr_eq(&s->w->hub[i].addr, a) || ipaddr_eq(&s->w->hub[i].addr6, a))
			return !taken_by_mate(s, c, a);
	return false;
}

static bool leads_to_a_hub(const struct sim *s, const struct fx_client *c, const struct fx_peer *p)
{
	if (!fx_track_holds(s->w->x->tracks, p->track, p->track_down))
		return false;
	if (!p->fqdn)
		return is_hub(s, c, &p->addr);
	for (int i = 0; i < WORLD_NAMES; i++)
		for (uint8_t k = 0; strcmp(s->w->name[i].name, p->fqdn) == 0 && k < s->w->name[i].n;
		        k++)
			if (is_hub(s, c, &s->w->name[i].addr[k]))
				return true;
	return false;
}

static bool has_source(const struct sim *s, const struct fx_client_cfg *cfg)
{
	const struct fx_interface *t = fx_find_interface(s->w->x->cfg, cfg->tunnel);

	if (!t->source_dynamic)
		return true;
	for (size_t i = 0; i < cfg->sources.n; i++)
		if (fx_track_holds(s->w->x->tracks, cfg->sources.v[i].track, false))
			return true;
	return false;
}

static bool has_better(
        const struct sim *s, const struct fx_client *c, const struct fx_client_cfg *cfg)
{
	for (size_t i = 0; i < cfg->peers.n && cfg->peers.v[i].seq < c->at.seq; i++) {
		const struct fx_peer *p = &cfg->peers.v[i];

		if (p->track && !p->fqdn && leads_to_a_hub(s, c, p) && !c->trial.handle)
			return true;
	}
	return false;
}

/* What is not as it should be; NULL: all is. */
static const char *complaint(const struct sim *s, const struct fx_client *c)
{
	const struct fx_client_cfg *cfg = config_of(s, c);
	struct fx_resolved r;
	char why[160];

	if (!fx_client_resolve(s->w->x->cfg, cfg, &r, why, sizeof(why)) ||
	        !fx_client_wanted(s->w->x, c) || !has_source(s, cfg))
		return NULL;
	if (c->state == FX_ACTIVE)
		return cfg->reactivate && has_better(s, c, cfg)
		               ? "a better peer stands ready, and `peer reactivate` is configured"
		               : NULL;
	for (size_t i = 0; i < cfg->peers.n; i++)
		if (leads_to_a_hub(s, c, &cfg->peers.v[i]))
			return "not active although a hub of its list would have it";
	return NULL;
}

bool sim_is_healed(const struct sim *s)
{
	for (const struct fx_client *c = s->w->x->clients; c; c = c->next)
		if (complaint(s, c))
			return false;
	return true;
}

void sim_check_healed(struct sim *s)
{
	for (const struct fx_client *c = s->w->x->clients; c; c = c->next) {
		const char *what = complaint(s, c);

		must(!what, c, what);
		s->total.connects += c->connects;
	}
}

/* ---- after the router has gone
 * -------------------------------------------------------------------- */

static bool no_route_of_ours(void *ctx, const struct net_route *r)
{
	char text[PREFIX_STRLEN];

	if (r->proto == NET_ROUTE_PROTO)
		sim_die(ctx, "route %s is left behind", prefix_fmt(&r->dst, text));
	return true;
}

static bool no_address_of_ours(void *ctx, const struct net_addr *a)
{
	char text[PREFIX_STRLEN];

	if (a->ours)
		sim_die(ctx, "address %s is left behind", prefix_fmt(&a->addr, text));
	return true;
}

void sim_check_nothing_left(struct sim *s)
{
	struct world *w = s->w;
	struct dp_sa_state sa;

	w->b.net_ops->routes(w->b.net, 0, no_route_of_ours, s);
	w->b.net_ops->addrs(w->b.net, 0, no_address_of_ours, s);
	if (w->b.dp_ops->sa_next(w->b.dp, 0, &sa))
		sim_die(s, "an IPsec SA is left behind");
}
