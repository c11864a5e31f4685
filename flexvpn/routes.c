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
#include "flexvpn/routes_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/services.h"
#include "grammar/gen/lines.h"

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
	k.permanent = w->permanent;
	return k;
}

static struct route *find(const struct fx *x, const struct fx_route_want *k)
{
	struct route *e;

	HASH_FIND(hh, x->routes->table, k, sizeof(*k), e);
	return e;
}

struct route_slot route_slot(const struct prefix *dst, uint32_t distance, uint16_t vrf)
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

void route_enqueue(struct fx *x, struct route *e)
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
		e->slot = route_slot(&k.dst, k.distance, k.vrf);
		HASH_ADD(hh, x->routes->table, want, sizeof(e->want), e);
		join_bundles(x->routes, e);
		x->routes->n++;
		x->routes->generation++;
	}
	e->refs++;
	route_enqueue(x, e);
}

static void unwant(struct fx *x, struct route *e)
{
	if (e->refs && --e->refs == 0)
		route_enqueue(x, e);
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

/* What `ip route` and `ipv6 route` say after the network; 0 and NULL: they do not. */
struct way {
	const struct ipaddr *gateway;
	const char *ifname, *vrf;
	uint32_t distance, tag, track;
};

#define WAY(l)                                                                                     \
	{                                                                                          \
		.gateway = (l)->has_gateway ? &(l)->gateway : NULL,                                \
		.ifname = (l)->has_ifname ? (l)->ifname : "",                                      \
		.vrf = (l)->has_vrf ? (l)->vrf : NULL,                                             \
		.distance = (l)->has_distance ? (uint32_t)(l)->distance : 1,                       \
		.tag = (l)->has_tag ? (uint32_t)(l)->tag : 0,                                      \
		.track = (l)->has_track ? (uint32_t)(l)->track : 0                                 \
	}

static void read_way(struct fx *x, const struct way *way, struct fx_route_want *w)
{
	if (way->gateway)
		w->gateway = *way->gateway;
	snprintf(w->ifname, sizeof(w->ifname), "%s", way->ifname);
	w->null0 = strcmp(w->ifname, "Null0") == 0;
	w->distance = way->distance;
	w->tag = way->tag;
	w->track = way->track;
	w->vrf = fx_vrf_id(x, way->vrf);
}

static bool read_ip_route(struct fx *x, const struct cfg_node *n, struct fx_route_want *w)
{
	struct gl_global_ip_route l;
	struct arena a;

	arena_init(&a);
	bool ok = gl_global_ip_route_get(n, &a, &l);
	int len = ok ? mask_to_len(ipaddr_u32(&l.mask)) : -1;

	*w = (struct fx_route_want){.dst = {.addr = l.prefix, .len = (uint8_t)len}};
	if (ok)
		read_way(x, &(struct way)WAY(&l), w);
	arena_fini(&a);
	w->dhcp = l.kw_dhcp;
	w->permanent = l.kw_permanent;
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
		read_way(x, &(struct way)WAY(&l), w);
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
			route_enqueue(x, e);
}

void fx_routes_revrf(struct fx *x)
{
	struct route *e, *next;

	HASH_ITER (hh, x->routes->table, e, next)
		if (e->want.vrf)
			route_enqueue(x, e);
}

void fx_routes_retrack(struct fx *x, uint32_t track)
{
	struct bundle *b, *next;

	for (struct route *e = bundle_first(x, BEHIND_TRACK, track, ""); e;
	        e = e->in[BEHIND_TRACK].next)
		route_enqueue(x, e);
	if (track)
		return;
	HASH_ITER (hh, x->routes->bundles, b, next)
		for (struct route *e = b->key.of == BEHIND_TRACK ? b->first : NULL; e;
		        e = e->in[BEHIND_TRACK].next)
			route_enqueue(x, e);
}

void fx_routes_relink(struct fx *x, const char *ifname)
{
	const char *const through[] = {ifname, ""};

	for (size_t i = 0; i < ARRAY_LEN(through); i++)
		for (struct route *e = bundle_first(x, THROUGH_INTERFACE, 0, through[i]); e;
		        e = e->in[THROUGH_INTERFACE].next)
			route_enqueue(x, e);
}

bool fx_routes_tracked(const struct fx *x, uint32_t track)
{
	return bundle_first(x, BEHIND_TRACK, track, "");
}

void route_forget(struct fx *x, struct route *e)
{
	leave_bundles(x->routes, e);
	HASH_DEL(x->routes->table, e);
	x->routes->n--;
	x->routes->generation++;
	free(e);
}
