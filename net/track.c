/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Track objects as a machine: see track.h. */
#include "net/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyed.h"
#include "base/mem.h"
#include "base/timers.h"

struct object {
	struct timer timer; /* a delayed change happens then; first, so that it leads here */
	struct track_cfg cfg;
	bool up, known; /* known: evaluated at least once */
	bool touched;   /* in track_set.touched */
	bool due;       /* its delay is over */
	bool visiting;  /* a list that contains itself is down */
	bool raw;
	uint32_t round; /* of which `raw` is the answer */
	uint32_t changes;
	uint64_t since;
	const char *why;
	struct track_route_fact route;
	enum track_sla_result sla;
};

/* Whom a fact concerns. */
enum concern { C_NUMBER, C_ROUTES, C_SLA, C_MEMBER };

struct track_set {
	struct object *v; /* by number */
	size_t n;
	struct keyed by_number, by_interface;
	struct timers timers;
	uint32_t *touched; /* to be evaluated, as places in v */
	size_t n_touched;
	uint32_t round;
};

struct track_set *track_new(void)
{
	return xcalloc(1, sizeof(struct track_set));
}

void track_free(struct track_set *s)
{
	if (!s)
		return;
	keyed_fini(&s->by_number);
	keyed_fini(&s->by_interface);
	timers_fini(&s->timers);
	free(s->touched);
	free(s->v);
	free(s);
}

static struct object *find(const struct track_set *s, uint32_t number)
{
	uint32_t at = keyed_first(&s->by_number, keyed_of(C_NUMBER, number));

	return at == KEYED_END ? NULL : &s->v[keyed_value(&s->by_number, at)];
}

static bool is_list(const struct object *o)
{
	return o->cfg.type >= TRACK_LIST_AND && o->cfg.type <= TRACK_LIST_WEIGHT;
}

/* ---- whom a fact concerns
 * ----------------------------------------------------------------------------------------
 */

static void touch(struct track_set *s, uint32_t place)
{
	if (s->v[place].touched)
		return;
	s->v[place].touched = true;
	s->touched[s->n_touched++] = place;
}

static void touch_under(struct track_set *s, const struct keyed *k, uint64_t key)
{
	for (uint32_t at = keyed_first(k, key); at != KEYED_END; at = keyed_next(k, at))
		touch(s, keyed_value(k, at));
}

void track_touch_all(struct track_set *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		touch(s, i);
}

void track_touch_interface(struct track_set *s, const char *ifname)
{
	touch_under(s, &s->by_interface, keyed_hash(ifname));
}

void track_touch_routes(struct track_set *s)
{
	touch_under(s, &s->by_number, keyed_of(C_ROUTES, 0));
}

void track_touch_sla(struct track_set *s, uint32_t number)
{
	touch_under(s, &s->by_number, keyed_of(C_SLA, number));
}

bool track_touched(const struct track_set *s)
{
	return s->n_touched;
}

static void concerned(struct track_set *s, uint32_t place)
{
	const struct track_cfg *c = &s->v[place].cfg;
	struct keyed *k = &s->by_number;

	keyed_put(k, keyed_of(C_NUMBER, c->number), place);
	if (c->type == TRACK_ROUTE_REACH || c->type == TRACK_ROUTE_METRIC)
		keyed_put(k, keyed_of(C_ROUTES, 0), place);
	if (c->type == TRACK_SLA_STATE || c->type == TRACK_SLA_REACH)
		keyed_put(k, keyed_of(C_SLA, c->sla), place);
	if (c->ifname[0])
		keyed_put(&s->by_interface, keyed_hash(c->ifname), place);
	for (uint8_t i = 0; i < c->n_member; i++)
		keyed_put(k, keyed_of(C_MEMBER, c->member[i].number), place);
}

/* The objects stand elsewhere now. */
static void arrange(struct track_set *s)
{
	keyed_clear(&s->by_number);
	keyed_clear(&s->by_interface);
	timers_fini(&s->timers);
	for (uint32_t i = 0; i < s->n; i++) {
		struct timer t = s->v[i].timer;

		concerned(s, i);
		s->v[i].timer = (struct timer){0};
		if (t.place)
			timers_set(&s->timers, &s->v[i].timer, t.at);
		s->v[i].touched = false;
	}
	s->touched = xrealloc(s->touched, (s->n + 1) * sizeof(*s->touched));
	s->n_touched = 0;
	track_touch_all(s);
}

/* ---- configuration
 * -----------------------------------------------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
	const struct object *x = a, *y = b;

	return x->cfg.number < y->cfg.number ? -1 : x->cfg.number > y->cfg.number;
}

static bool same_members(const struct track_cfg *a, const struct track_cfg *b)
{
	if (a->n_member != b->n_member)
		return false;
	for (uint8_t i = 0; i < a->n_member; i++)
		if (a->member[i].number != b->member[i].number ||
		        a->member[i].negate != b->member[i].negate ||
		        a->member[i].weight != b->member[i].weight)
			return false;
	return true;
}

/* The same question; delays and the like may differ and count from the next change on. */
static bool same_question(const struct track_cfg *a, const struct track_cfg *b)
{
	return a->type == b->type && strcmp(a->ifname, b->ifname) == 0 &&
	       prefix_cmp(&a->route, &b->route) == 0 && strcmp(a->vrf, b->vrf) == 0 &&
	       a->sla == b->sla && (a->type != TRACK_STUB || a->default_up == b->default_up) &&
	       same_members(a, b);
}

void track_configure(struct track_set *s, const struct track_cfg *v, size_t n, uint64_t now_ms)
{
	struct object *fresh = xcalloc(n ? n : 1, sizeof(*fresh));

	for (size_t i = 0; i < n; i++) {
		const struct object *old = find(s, v[i].number);

		if (old && same_question(&old->cfg, &v[i]))
			fresh[i] = *old;
		else
			fresh[i] = (struct object){.since = now_ms, .up = old && old->up};
		fresh[i].cfg = v[i];
	}
	qsort(fresh, n, sizeof(*fresh), by_number);
	free(s->v);
	s->v = fresh;
	s->n = n;
	arrange(s);
}

/* ---- the raw answers
 * -----------------------------------------------------------------------------------------------
 */

static bool evaluate(struct track_set *s, struct object *o, const struct track_facts *f);

static bool member_up(
        struct track_set *s, const struct track_member *m, const struct track_facts *f)
{
	struct object *o = find(s, m->number);

	if (!o)
		return false; /* undefined counts as down, negated or not */
	/* A list follows what its members are said to be, delays included, not the raw facts
	 * beneath them. */
	bool up = o->known ? o->up : evaluate(s, o, f);

	return up != m->negate;
}

static bool between(const struct object *o, uint64_t value, uint64_t up, uint64_t down)
{
	if (value >= up)
		return true;
	return value > down && o->up; /* hysteresis: between the two nothing changes */
}

static bool list(struct track_set *s, struct object *o, const struct track_facts *f)
{
	const struct track_cfg *c = &o->cfg;
	uint64_t total = 0, sum = 0, n_up = 0;

	for (uint8_t i = 0; i < c->n_member; i++) {
		uint32_t weight = c->member[i].weight ? c->member[i].weight : 1;
		bool up = member_up(s, &c->member[i], f);

		total += weight;
		sum += up ? weight : 0;
		n_up += up;
	}
	if (!c->n_member)
		return false;
	switch (c->type) {
	case TRACK_LIST_AND:
		return n_up == c->n_member;
	case TRACK_LIST_OR:
		return n_up > 0;
	case TRACK_LIST_PERCENT:
		return between(o, n_up * 100 / c->n_member, c->has_up ? c->up : 1,
		        c->has_down ? c->down : 0);
	default:
		return between(o, sum, c->has_up ? c->up : total, c->has_down ? c->down : 0);
	}
}

static bool route(struct object *o, const struct track_facts *f)
{
	const struct track_cfg *c = &o->cfg;

	o->route = (struct track_route_fact){0};
	f->route(f->ctx, &c->route, c->vrf, &o->route);
	if (!o->route.found) {
		o->why = c->type == TRACK_ROUTE_REACH ? "no ip route" : "no route";
		return false;
	}
	if (c->type == TRACK_ROUTE_REACH)
		return true;
	uint32_t up = c->has_up ? c->up : 254, down = c->has_down ? c->down : 255;

	/* Small is good: up at or below `up`, down at or above `down`, unchanged between. */
	if (o->route.metric <= up)
		return true;
	return o->route.metric < down && o->up;
}

static bool sla(struct object *o, const struct track_facts *f)
{
	o->sla = f->sla(f->ctx, o->cfg.sla);
	if (o->sla == TRACK_SLA_NONE)
		return o->cfg.default_up;
	return o->sla == TRACK_SLA_OK ||
	       (o->sla == TRACK_SLA_OVER && o->cfg.type == TRACK_SLA_REACH);
}

static bool ask(struct track_set *s, struct object *o, const struct track_facts *f)
{
	const struct track_cfg *c = &o->cfg;

	o->why = "";
	switch (c->type) {
	case TRACK_LINE_PROTOCOL:
		return f->line(f->ctx, c->ifname, &o->why);
	case TRACK_IP_ROUTING:
		return f->routing(f->ctx, c->ifname, AF_INET, &o->why);
	case TRACK_IPV6_ROUTING:
		return f->routing(f->ctx, c->ifname, AF_INET6, &o->why);
	case TRACK_ROUTE_REACH:
	case TRACK_ROUTE_METRIC:
		return route(o, f);
	case TRACK_SLA_STATE:
	case TRACK_SLA_REACH:
		return sla(o, f);
	case TRACK_LIST_AND:
	case TRACK_LIST_OR:
	case TRACK_LIST_PERCENT:
	case TRACK_LIST_WEIGHT:
		return list(s, o, f);
	case TRACK_STUB:
		return c->default_up;
	}
	return false;
}

static bool evaluate(struct track_set *s, struct object *o, const struct track_facts *f)
{
	if (o->round == s->round)
		return o->raw;
	if (o->visiting)
		return false;
	o->visiting = true;
	o->raw = ask(s, o, f);
	o->visiting = false;
	o->round = s->round;
	return o->raw;
}

/* ---- changes
 * --------------------------------------------------------------------------------------------------------
 */

/* True when the object's state changes now. */
static bool settle(struct track_set *s, struct object *o, uint64_t now_ms)
{
	uint64_t delay = 1000u * (uint64_t)(o->raw ? o->cfg.delay_up_s : o->cfg.delay_down_s);
	bool changed = o->raw != o->up;

	if (o->known && changed && delay && !o->due) {
		if (!o->timer.place)
			timers_set(&s->timers, &o->timer, now_ms + delay);
		return false;
	}
	timers_drop(&s->timers, &o->timer);
	o->due = false;
	o->known = true;
	if (!changed)
		return false;
	o->up = o->raw;
	o->changes++;
	o->since = now_ms;
	return true;
}

/* Of the touched ones those that are lists, or those that are not; what follows a change is touched
 * for the next round. */
static bool round_of(struct track_set *s, bool lists, const struct track_facts *f, uint64_t now_ms,
        track_changed_fn changed, void *ctx)
{
	size_t n = s->n_touched, kept = 0;
	uint32_t *now = xmemdup(s->touched, n * sizeof(*now));
	bool any = false;

	s->n_touched = 0;
	for (size_t i = 0; i < n; i++) {
		s->v[now[i]].touched = false;
		if (is_list(&s->v[now[i]]) != lists)
			touch(s, now[i]);
		else
			now[kept++] = now[i];
	}
	s->round++;
	for (size_t i = 0; i < kept; i++) {
		struct object *o = &s->v[now[i]];

		evaluate(s, o, f);
		if (!settle(s, o, now_ms))
			continue;
		any = true;
		touch_under(s, &s->by_number, keyed_of(C_MEMBER, o->cfg.number));
		if (changed)
			changed(ctx, &o->cfg, o->up);
	}
	free(now);
	return any;
}

/* Plain objects first, then lists until they are quiet: a list of lists takes one round a level.
 * Lists that contradict each other would never be quiet, so the rounds are bounded by their number.
 */
bool track_evaluate(struct track_set *s, const struct track_facts *f, uint64_t now_ms,
        track_changed_fn changed, void *ctx)
{
	while (track_deadline(s) <= now_ms) {
		struct object *o = (struct object *)timers_first(&s->timers);

		timers_drop(&s->timers, &o->timer);
		o->due = true;
		touch(s, (uint32_t)(o - s->v));
	}
	bool any = round_of(s, false, f, now_ms, changed, ctx);

	for (size_t i = 0; i <= s->n && s->n_touched; i++)
		any |= round_of(s, true, f, now_ms, changed, ctx);
	for (size_t i = 0; i < s->n_touched; i++)
		s->v[s->touched[i]].touched = false;
	s->n_touched = 0;
	return any;
}

uint64_t track_deadline(const struct track_set *s)
{
	return timers_due(&s->timers);
}

/* ---- reading
 * -----------------------------------------------------------------------------------------------------------
 */

bool track_defined(const struct track_set *s, uint32_t number)
{
	return find(s, number) != NULL;
}

bool track_up(const struct track_set *s, uint32_t number)
{
	const struct object *o = find(s, number);

	return o && o->up;
}

static void tell(const struct object *o, struct track_info *out)
{
	*out = (struct track_info){.cfg = &o->cfg,
	        .up = o->up,
	        .changes = o->changes,
	        .since_ms = o->since,
	        .delayed_to = o->timer.place ? o->timer.at : 0,
	        .why = o->why ? o->why : "",
	        .route = o->route,
	        .sla = o->sla};
}

bool track_next(const struct track_set *s, uint32_t prev, struct track_info *out)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->v[middle].cfg.number > prev)
			high = middle;
		else
			low = middle + 1;
	}
	if (low < s->n)
		tell(&s->v[low], out);
	return low < s->n;
}

bool track_get(const struct track_set *s, uint32_t number, struct track_info *out)
{
	const struct object *o = find(s, number);

	if (o)
		tell(o, out);
	return o != NULL;
}

const char *track_describe(const struct track_cfg *c, const char *ifname, char *buf, size_t n)
{
	static const char *const plain[] = {
	        [TRACK_LIST_AND] = "list boolean and",
	        [TRACK_LIST_OR] = "list boolean or",
	        [TRACK_LIST_PERCENT] = "list threshold percentage",
	        [TRACK_LIST_WEIGHT] = "list threshold weight",
	        [TRACK_STUB] = "stub-object",
	};
	char p[PREFIX_STRLEN];

	switch (c->type) {
	case TRACK_LINE_PROTOCOL:
		snprintf(buf, n, "interface %s line-protocol", ifname);
		break;
	case TRACK_IP_ROUTING:
		snprintf(buf, n, "interface %s ip routing", ifname);
		break;
	case TRACK_IPV6_ROUTING:
		snprintf(buf, n, "interface %s ipv6 routing", ifname);
		break;
	case TRACK_ROUTE_REACH:
	case TRACK_ROUTE_METRIC:
		snprintf(buf, n, "%s route %s %s", c->route.addr.family == AF_INET6 ? "ipv6" : "ip",
		        prefix_fmt(&c->route, p),
		        c->type == TRACK_ROUTE_REACH ? "reachability" : "metric threshold");
		break;
	case TRACK_SLA_STATE:
	case TRACK_SLA_REACH:
		snprintf(buf, n, "ip sla %u %s", c->sla,
		        c->type == TRACK_SLA_STATE ? "state" : "reachability");
		break;
	default:
		snprintf(buf, n, "%s", plain[c->type]);
	}
	return buf;
}
