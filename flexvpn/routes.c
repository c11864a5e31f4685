/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The routes that we want, and which of them the kernel has.
 *
 * Wanted routes come from two sides: `ip route` lines, added and removed by the difference of two
 * snapshots (so that one line among a hundred thousand costs one line), and the networks that hubs
 * push. Several owners may want the same route; it stays until the last one lets go. Only routes in
 * the queue are worked on; a kernel report queues what it contradicts.
 *
 * The kernel's priority follows the administrative distance (net.h), so the kernel chooses between
 * equal prefixes as IOS does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
/* Short chains: each step along one is a cache miss when there are a hundred thousand routes. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 6U

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/leases.h"
#include "flexvpn/services.h"
#include "grammar/gen/lines.h"

/* Where a route stands in the kernel's tables: one of ours per table, destination and metric.
 * Zero-padded. */
struct route_slot {
	struct prefix dst;
	uint32_t distance;
	uint32_t vrf;
};

/* Routes that one fact concerns: those of an owner, those behind an object, those through an
 * interface. */
enum concern { OF_OWNER, BEHIND_TRACK, THROUGH_INTERFACE, N_CONCERN };

struct bundle_key { /* zero-padded */
	enum concern of;
	uint32_t number;
	char ifname[40]; /* "": by a gateway alone */
};

struct bundle {
	UT_hash_handle hh;
	struct bundle_key key;
	struct route *first;
};

struct membership {
	struct bundle *in; /* NULL: in none of that kind */
	struct route *prev, *next;
};

struct route {
	UT_hash_handle hh, hs; /* in fx_routes.table; while installed, in fx_routes.kernel */
	struct membership in[N_CONCERN];
	struct route_slot slot;
	struct fx_route_want want;
	struct route *next_queued;
	uint32_t refs;
	uint32_t ifindex;      /* it was installed with; 0: by gateway alone */
	uint32_t in_table;     /* it was installed in; 0: the main one */
	struct ipaddr gateway; /* it was installed with */
	bool installed, queued, logged;
	bool shadowed; /* another one stands in its slot */
};

/* Does the way to this gateway lead through a device that carries packets? */
struct gateway_fact {
	struct ipaddr addr;
	uint32_t table;
	bool usable;
};

/* The identity of a wanted route: everything in fx_route_want, zero-padded. */
struct fx_routes {
	struct route *table;
	struct route *kernel; /* the installed ones, by slot */
	struct route *queue;  /* those to be worked on, latest first */
	struct bundle *bundles;
	size_t n, n_shadowed;
	uint64_t generation;             /* another one whenever a route is wanted or no longer */
	struct gateway_fact gateway[32]; /* asked in this round */
	size_t n_gateway;
};

/* ---- bundles
 * ----------------------------------------------------------------------------------------------------
 */

static struct bundle_key bundle_key(enum concern of, uint32_t number, const char *ifname)
{
	struct bundle_key k;

	memset(&k, 0, sizeof(k));
	k.of = of;
	k.number = number;
	snprintf(k.ifname, sizeof(k.ifname), "%s", ifname);
	return k;
}

static struct bundle *bundle_find(const struct fx_routes *r, const struct bundle_key *k)
{
	struct bundle *b;

	HASH_FIND(hh, r->bundles, k, sizeof(*k), b);
	return b;
}

static void join(
        struct fx_routes *r, struct route *e, enum concern of, uint32_t number, const char *ifname)
{
	struct bundle_key k = bundle_key(of, number, ifname);
	struct bundle *b = bundle_find(r, &k);

	if (!b) {
		b = xcalloc(1, sizeof(*b));
		memcpy(&b->key, &k, sizeof(k));
		HASH_ADD(hh, r->bundles, key, sizeof(b->key), b);
	}
	e->in[of] = (struct membership){.in = b, .next = b->first};
	if (b->first)
		b->first->in[of].prev = e;
	b->first = e;
}

static void join_bundles(struct fx_routes *r, struct route *e)
{
	if (e->want.owner)
		join(r, e, OF_OWNER, e->want.owner, "");
	if (e->want.track)
		join(r, e, BEHIND_TRACK, e->want.track, "");
	if (!e->want.null0)
		join(r, e, THROUGH_INTERFACE, 0, e->want.ifname);
}

static void leave_bundles(struct fx_routes *r, struct route *e)
{
	for (size_t of = 0; of < N_CONCERN; of++) {
		struct membership *m = &e->in[of];

		if (!m->in)
			continue;
		if (m->next)
			m->next->in[of].prev = m->prev;
		if (m->prev)
			m->prev->in[of].next = m->next;
		else
			m->in->first = m->next;
		if (m->in->first)
			continue;
		HASH_DEL(r->bundles, m->in);
		free(m->in);
	}
}

static struct route *bundle_first(
        const struct fx *x, enum concern of, uint32_t number, const char *ifname)
{
	struct bundle_key k = bundle_key(of, number, ifname);
	const struct bundle *b = bundle_find(x->routes, &k);

	return b ? b->first : NULL;
}

struct fx_routes *fx_routes_new(void)
{
	return xcalloc(1, sizeof(struct fx_routes));
}

void fx_routes_free(struct fx_routes *r)
{
	struct route *e, *next;

	HASH_CLEAR(hs, r->kernel);
	HASH_ITER (hh, r->table, e, next) {
		leave_bundles(r, e);
		HASH_DEL(r->table, e);
		free(e);
	}
	free(r);
}

size_t fx_routes_count(const struct fx *x)
{
	return x->routes->n;
}

uint64_t fx_routes_generation(const struct fx *x)
{
	return x->routes->generation;
}

void fx_routes_each(
        const struct fx *x, void (*visit)(void *ctx, const struct fx_route_want *w), void *ctx)
{
	const struct route *e, *next;

	HASH_ITER (hh, x->routes->table, e, next)
		if (e->refs)
			visit(ctx, &e->want);
}

/* The same route with its padding zeroed, for hashing. */
static struct fx_route_want key_of(const struct fx_route_want *w)
{
	struct fx_route_want k;

	memset(&k, 0, sizeof(k));
	struct prefix dst = prefix_mask(&w->dst);

	k.dst.addr = dst.addr;
	k.dst.len = dst.len;
	k.gateway = w->gateway;
	snprintf(k.ifname, sizeof(k.ifname), "%s", w->ifname);
	k.distance = w->distance;
	k.tag = w->tag;
	k.owner = w->owner;
	k.null0 = w->null0;
	k.dhcp = w->dhcp;
	k.track = w->track;
	k.vrf = w->vrf;
	return k;
}

static struct route *find(const struct fx *x, const struct fx_route_want *k)
{
	struct route *e;

	HASH_FIND(hh, x->routes->table, k, sizeof(*k), e);
	return e;
}

static struct route_slot slot_of(const struct prefix *dst, uint32_t distance, uint16_t vrf)
{
	struct prefix masked = prefix_mask(dst);
	struct route_slot s;

	memset(&s, 0, sizeof(s));
	s.dst.addr = masked.addr;
	s.dst.len = masked.len;
	s.distance = distance;
	s.vrf = vrf;
	return s;
}

static struct route *in_slot(const struct fx *x, const struct route_slot *s)
{
	struct route *e;

	HASH_FIND(hs, x->routes->kernel, s, sizeof(*s), e);
	return e;
}

static void enqueue(struct fx *x, struct route *e)
{
	if (e->queued)
		return;
	e->queued = true;
	e->next_queued = x->routes->queue;
	x->routes->queue = e;
}

void fx_route_want(struct fx *x, const struct fx_route_want *w)
{
	struct fx_route_want k = key_of(w);
	struct route *e = find(x, &k);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		memcpy(&e->want, &k, sizeof(k));
		e->slot = slot_of(&k.dst, k.distance, k.vrf);
		HASH_ADD(hh, x->routes->table, want, sizeof(e->want), e);
		join_bundles(x->routes, e);
		x->routes->n++;
		x->routes->generation++;
	}
	e->refs++;
	enqueue(x, e);
}

static void unwant(struct fx *x, struct route *e)
{
	if (e->refs && --e->refs == 0)
		enqueue(x, e);
}

void fx_route_unwant(struct fx *x, const struct fx_route_want *w)
{
	struct fx_route_want k = key_of(w);
	struct route *e = find(x, &k);

	if (e)
		unwant(x, e);
}

void fx_routes_unwant_owner(struct fx *x, uint32_t owner)
{
	for (struct route *e = bundle_first(x, OF_OWNER, owner, ""); e; e = e->in[OF_OWNER].next)
		while (e->refs)
			unwant(x, e);
}

/* ---- static routes of the configuration
 * ------------------------------------------------------------------------------ */

/* What `ip route` and `ipv6 route` say after the network. */
#define READ_WAY(x, w, l)                                                                          \
	do {                                                                                       \
		(w)->distance = (l)->has_distance ? (l)->distance : 1;                             \
		if ((l)->has_gateway)                                                              \
			(w)->gateway = (l)->gateway;                                               \
		if ((l)->has_ifname)                                                               \
			snprintf((w)->ifname, sizeof((w)->ifname), "%s", (l)->ifname);             \
		(w)->null0 = strcmp((w)->ifname, "Null0") == 0;                                    \
		(w)->tag = (l)->has_tag ? (l)->tag : 0;                                            \
		(w)->track = (l)->has_track ? (l)->track : 0;                                      \
		(w)->vrf = (l)->has_vrf ? fx_vrf_id(x, (l)->vrf) : 0;                              \
	} while (0)

static bool read_ip_route(struct fx *x, const struct cfg_node *n, struct fx_route_want *w)
{
	struct gl_global_ip_route l;
	struct arena a;

	arena_init(&a);
	bool ok = gl_global_ip_route_get(n, &a, &l);
	int len = ok ? mask_to_len(ipaddr_u32(&l.mask)) : -1;

	*w = (struct fx_route_want){.dst = {.addr = l.prefix, .len = (uint8_t)len}};
	if (ok)
		READ_WAY(x, w, &l);
	arena_fini(&a);
	w->dhcp = l.kw_dhcp;
	return ok && len >= 0 && (l.has_gateway || l.has_ifname || l.kw_dhcp);
}

static bool read_ipv6_route(struct fx *x, const struct cfg_node *n, struct fx_route_want *w)
{
	struct gl_global_ipv6_route l;
	struct arena a;

	arena_init(&a);
	bool ok = gl_global_ipv6_route_get(n, &a, &l);

	*w = (struct fx_route_want){.dst = l.prefix};
	if (ok)
		READ_WAY(x, w, &l);
	arena_fini(&a);
	return ok && (l.has_gateway || l.has_ifname);
}

static bool read_route(struct fx *x, const struct cfg_node *n, struct fx_route_want *w)
{
	if (!n)
		return false;
	if (cfg_node_line(n) == GR_L_global_ip_route)
		return read_ip_route(x, n, w);
	if (cfg_node_line(n) == GR_L_global_ipv6_route)
		return read_ipv6_route(x, n, w);
	return false;
}

void fx_routes_change(struct fx *x, const struct cfg_change *ch)
{
	struct fx_route_want w;

	if (ch->depth)
		return;
	if (read_route(x, ch->old, &w))
		fx_route_unwant(x, &w);
	if (read_route(x, ch->new, &w))
		fx_route_want(x, &w);
}

static void on_change(void *ctx, const struct cfg_change *ch)
{
	fx_routes_change(ctx, ch);
}

void fx_routes_configure(struct fx *x, const struct cfg *old, const struct cfg *new)
{
	cfg_changes(old, new, on_change, x);
}

void fx_routes_redhcp(struct fx *x)
{
	struct route *e, *next;

	HASH_ITER (hh, x->routes->table, e, next)
		if (e->want.dhcp)
			enqueue(x, e);
}

void fx_routes_revrf(struct fx *x)
{
	struct route *e, *next;

	HASH_ITER (hh, x->routes->table, e, next)
		if (e->want.vrf)
			enqueue(x, e);
}

void fx_routes_retrack(struct fx *x, uint32_t track)
{
	struct bundle *b, *next;

	for (struct route *e = bundle_first(x, BEHIND_TRACK, track, ""); e;
	        e = e->in[BEHIND_TRACK].next)
		enqueue(x, e);
	if (track)
		return;
	HASH_ITER (hh, x->routes->bundles, b, next)
		for (struct route *e = b->key.of == BEHIND_TRACK ? b->first : NULL; e;
		        e = e->in[BEHIND_TRACK].next)
			enqueue(x, e);
}

void fx_routes_relink(struct fx *x, const char *ifname)
{
	const char *const through[] = {ifname, ""};

	for (size_t i = 0; i < ARRAY_LEN(through); i++)
		for (struct route *e = bundle_first(x, THROUGH_INTERFACE, 0, through[i]); e;
		        e = e->in[THROUGH_INTERFACE].next)
			enqueue(x, e);
}

bool fx_routes_tracked(const struct fx *x, uint32_t track)
{
	return bundle_first(x, BEHIND_TRACK, track, "");
}

/* ---- into the kernel
 * -------------------------------------------------------------------------------------------------
 */

/* The kernel keeps routes through a device without carrier; IOS does not. A gateway that no route
 * leads to is the kernel's to refuse. */
static bool ask_gateway(const struct fx *x, const struct ipaddr *gw, uint32_t table)
{
	struct net_route r;
	struct net_link link;

	if (x->b.net_ops->route_to(x->b.net, gw, table, &r) < 0 ||
	        !x->b.net_ops->link_by_index(x->b.net, r.ifindex, &link))
		return true;
	return link.running || link.loopback;
}

static bool gateway_usable(const struct fx *x, const struct ipaddr *gw, uint32_t table)
{
	struct fx_routes *r = x->routes;

	for (size_t i = 0; i < r->n_gateway; i++)
		if (r->gateway[i].table == table && ipaddr_eq(&r->gateway[i].addr, gw))
			return r->gateway[i].usable;
	bool usable = ask_gateway(x, gw, table);

	if (r->n_gateway < ARRAY_LEN(r->gateway))
		r->gateway[r->n_gateway++] =
		        (struct gateway_fact){.addr = *gw, .table = table, .usable = usable};
	return usable;
}

static bool to_kernel(const struct fx *x, const struct route *e, struct net_route *out)
{
	const struct fx_route_want *w = &e->want;

	*out = (struct net_route){.dst = w->dst,
	        .gateway = w->gateway,
	        .metric = w->distance,
	        .proto = NET_ROUTE_PROTO,
	        .blackhole = w->null0};
	if (!fx_track_holds(x->tracks, w->track, false) || !fx_vrf_table(x, w->vrf, &out->table))
		return false;
	if (w->null0)
		out->gateway = (struct ipaddr){0};
	if (w->null0)
		return true;
	if (!w->ifname[0] && !w->dhcp)
		return gateway_usable(x, &w->gateway, out->table);
	const struct fx_interface *i = fx_find_interface(x->cfg, w->ifname);
	struct net_link link;

	if (w->dhcp && !fx_lease_router(x, w->ifname, &i, &out->gateway))
		return false;
	if (!i || !fx_link(x, i, &link) || !fx_line_up(x, i, NULL))
		return false;
	out->ifindex = link.index;
	return true;
}

static void now_installed(struct fx *x, struct route *e, const struct net_route *k)
{
	e->ifindex = k->ifindex;
	e->in_table = k->table;
	e->gateway = k->gateway;
	if (!e->installed)
		HASH_ADD(hs, x->routes->kernel, slot, sizeof(e->slot), e);
	e->installed = true;
	track_touch_routes(x->tracks);
}

/* Those that waited for a slot look again. */
static void now_gone(struct fx *x, struct route *e)
{
	struct route *w, *next;

	if (!e->installed)
		return;
	e->installed = false;
	track_touch_routes(x->tracks);
	HASH_DELETE(hs, x->routes->kernel, e);
	if (!x->routes->n_shadowed)
		return;
	HASH_ITER (hh, x->routes->table, w, next)
		if (w->shadowed && w->slot.distance == e->slot.distance &&
		        w->slot.vrf == e->slot.vrf && prefix_cmp(&w->slot.dst, &e->slot.dst) == 0)
			enqueue(x, w);
}

static void set_shadowed(struct fx *x, struct route *e, bool shadowed)
{
	x->routes->n_shadowed += (size_t)shadowed - (size_t)e->shadowed;
	e->shadowed = shadowed;
}

static void install(struct fx *x, struct route *e)
{
	struct net_route k;
	char dst[PREFIX_STRLEN];

	if (!to_kernel(x, e, &k))
		return;
	set_shadowed(x, e, in_slot(x, &e->slot) != NULL);
	if (e->shadowed)
		return;
	int rc = x->b.net_ops->route_add(x->b.net, &k);

	if (rc == 0)
		now_installed(x, e, &k);
	/* An unreachable gateway is a fact of life, not an error: the next kernel report tries
	 * again. */
	if (rc == 0 || rc == -ENETUNREACH || rc == -EHOSTUNREACH || rc == -ENETDOWN || e->logged)
		return;
	e->logged = true;
	log_msg(PLATFORM_OPERATION_FAILED, prefix_fmt(&e->want.dst, dst), strerror(-rc));
}

static void uninstall(struct fx *x, struct route *e)
{
	struct net_route k = {.dst = e->want.dst,
	        .gateway = e->gateway,
	        .ifindex = e->ifindex,
	        .table = e->in_table,
	        .metric = e->want.distance,
	        .proto = NET_ROUTE_PROTO,
	        .blackhole = e->want.null0};

	x->b.net_ops->route_del(x->b.net, &k);
	now_gone(x, e);
}

static void drop(struct fx *x, struct route *e)
{
	set_shadowed(x, e, false);
	leave_bundles(x->routes, e);
	HASH_DEL(x->routes->table, e);
	x->routes->n--;
	x->routes->generation++;
	free(e);
}

static void apply_one(struct fx *x, struct route *e)
{
	struct net_route k;
	bool can = e->refs && to_kernel(x, e, &k);

	if (e->installed && (!can || k.ifindex != e->ifindex || k.table != e->in_table ||
	                            !ipaddr_eq(&k.gateway, &e->gateway)))
		uninstall(x, e);
	if (!e->refs)
		drop(x, e);
	else if (can && !e->installed)
		install(x, e);
}

/* Work on one route may give another its place, so the list is read until it is empty. */
void fx_routes_apply(struct fx *x)
{
	struct fx_routes *r = x->routes;

	r->n_gateway = 0;
	while (r->queue) {
		struct route *e = r->queue;

		r->queue = e->next_queued;
		e->queued = false;
		apply_one(x, e);
	}
}

/* ---- what the kernel says
 * -----------------------------------------------------------------------------------------------
 */

static bool same(const struct route *e, const struct net_route *k)
{
	return prefix_cmp(&e->want.dst, &k->dst) == 0 && e->want.distance == k->metric &&
	       e->in_table == k->table && e->want.null0 == k->blackhole &&
	       (!ipaddr_is_set(&e->gateway) || ipaddr_eq(&e->gateway, &k->gateway)) &&
	       (!e->ifindex || e->ifindex == k->ifindex);
}

struct seen {
	struct net_route *v;
	size_t n, cap;
};

static bool collect(void *ctx, const struct net_route *r)
{
	struct seen *s = ctx;

	if (r->proto != NET_ROUTE_PROTO)
		return true;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = *r;
	return true;
}

static int by_dst(const void *a, const void *b)
{
	const struct net_route *x = a, *y = b;
	int c = prefix_cmp(&x->dst, &y->dst);

	if (c || x->metric != y->metric)
		return c ? c : x->metric < y->metric ? -1 : 1;
	return x->table < y->table ? -1 : x->table > y->table;
}

static bool in_kernel(const struct seen *s, const struct route *e)
{
	struct net_route probe = {
	        .dst = e->want.dst, .metric = e->want.distance, .table = e->in_table};
	const struct net_route *hit =
	        s->n ? bsearch(&probe, s->v, s->n, sizeof(*s->v), by_dst) : NULL;

	return hit && same(e, hit);
}

void fx_routes_refresh(struct fx *x)
{
	struct seen s = {0};
	struct route *e, *next;
	uint32_t table;

	if (!x->routes->n)
		return;
	x->b.net_ops->routes(x->b.net, 0, collect, &s);
	for (uint16_t vrf = 1; fx_vrf_name(x, vrf); vrf++)
		if (fx_vrf_table(x, vrf, &table))
			x->b.net_ops->routes(x->b.net, table, collect, &s);
	if (s.n)
		qsort(s.v, s.n, sizeof(*s.v), by_dst);
	HASH_ITER (hh, x->routes->table, e, next) {
		if (e->installed && !in_kernel(&s, e))
			now_gone(x, e);
		if (!e->want.null0 || !e->installed)
			enqueue(x, e);
	}
	free(s.v);
}

void fx_routes_remove_all(struct fx *x)
{
	struct route *e, *next;

	HASH_ITER (hh, x->routes->table, e, next)
		if (e->installed)
			uninstall(x, e);
}

const struct fx_route_want *fx_route_of(const struct fx *x, const struct net_route *r)
{
	struct route_slot s = slot_of(&r->dst, r->metric, fx_vrf_of_table(x, r->table));
	const struct route *e = in_slot(x, &s);

	return e && same(e, r) ? &e->want : NULL;
}

bool fx_route_echo(const struct fx *x, const struct net_event *ev)
{
	if (ev->route.proto != NET_ROUTE_PROTO)
		return false;
	if (ev->type == NET_EV_ROUTE)
		return fx_route_of(x, &ev->route) != NULL;
	return ev->type == NET_EV_ROUTE_GONE && !fx_route_of(x, &ev->route);
}
