/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wanted routes in the kernel's tables. One of ours may stand in a table for each destination and
 * distance; routes that are equal so far share it, as ways of one multipath route that the first of
 * them leads. A way that closes leaves the route, and the route goes with the last.
 */
#include "flexvpn/routes_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/leases.h"
#include "flexvpn/services.h"

static struct route *in_slot(const struct fx *x, const struct route_slot *s)
{
	struct route *e;

	HASH_FIND(hs, x->routes->kernel, s, sizeof(*s), e);
	return e;
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

/* The way as it is now; false: it is closed. */
static bool find_way(const struct fx *x, const struct fx_route_want *w, struct net_route *out)
{
	const struct fx_interface *i = fx_find_interface(x->cfg, w->ifname);

	if (!w->ifname[0] && !w->dhcp)
		return gateway_usable(x, &w->gateway, out->table);
	if (w->dhcp && !fx_lease_router(x, w->ifname, &i, &out->gateway))
		return false;
	if (!i || !fx_line_up(x, i, NULL))
		return false;
	out->ifindex = fx_ifindex(x, i);
	return out->ifindex != 0;
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
	if (!w->null0 && find_way(x, w, out))
		return true;
	out->blackhole = w->null0 || w->permanent;
	out->gateway = (struct ipaddr){0};
	return out->blackhole;
}

/* The kernel's route of one that leads, with the ways of those that joined it. */
static struct net_route installed_as(const struct route *e)
{
	struct net_route k = {.dst = e->want.dst,
	        .gateway = e->gateway,
	        .ifindex = e->ifindex,
	        .table = e->in_table,
	        .metric = e->want.distance,
	        .proto = NET_ROUTE_PROTO,
	        .blackhole = e->blackhole,
	        .n_more = e->n_join};

	for (uint8_t i = 0; i < e->n_join; i++)
		k.more[i] = (struct net_hop){e->join[i]->gateway, e->join[i]->ifindex};
	return k;
}

static void note_way(struct route *e, const struct net_route *k)
{
	e->ifindex = k->ifindex;
	e->in_table = k->table;
	e->gateway = k->gateway;
	e->blackhole = k->blackhole;
}

static void now_installed(struct fx *x, struct route *e)
{
	if (!e->installed)
		HASH_ADD(hs, x->routes->kernel, slot, sizeof(e->slot), e);
	e->installed = true;
	track_touch_routes(x->tracks);
}

/* Those that waited for a slot, or a place in it, look again. */
static void wake_shadowed(struct fx *x, const struct route_slot *s)
{
	struct route *w, *next;

	if (!x->routes->n_shadowed)
		return;
	HASH_ITER (hh, x->routes->table, w, next)
		if (w->shadowed && w->slot.distance == s->distance && w->slot.vrf == s->vrf &&
		        prefix_cmp(&w->slot.dst, &s->dst) == 0)
			route_enqueue(x, w);
}

/* With its kernel route the ways of those that joined are gone. */
static void now_gone(struct fx *x, struct route *e)
{
	if (!e->installed)
		return;
	e->installed = false;
	track_touch_routes(x->tracks);
	HASH_DELETE(hs, x->routes->kernel, e);
	while (e->n_join) {
		struct route *j = e->join[--e->n_join];

		j->lead = NULL;
		route_enqueue(x, j);
	}
	wake_shadowed(x, &e->slot);
}

static void set_shadowed(struct fx *x, struct route *e, bool shadowed)
{
	x->routes->n_shadowed += (size_t)shadowed - (size_t)e->shadowed;
	e->shadowed = shadowed;
}

static int push(struct fx *x, const struct route *lead)
{
	struct net_route k = installed_as(lead);

	return x->b.net_ops->route_replace(x->b.net, &k);
}

/* IPv6 of the kernel's shares flows between gateways only. */
static bool can_share(const struct route *a, const struct route *b)
{
	bool direct = !ipaddr_is_set(&a->gateway) || !ipaddr_is_set(&b->gateway);
	bool same = ipaddr_eq(&a->gateway, &b->gateway) && a->ifindex == b->ifindex;

	return !a->blackhole && !b->blackhole && !same &&
	       !(direct && a->want.dst.addr.family == AF_INET6);
}

static bool join(struct fx *x, struct route *lead, struct route *e, const struct net_route *k)
{
	bool can = lead->n_join < ARRAY_LEN(lead->join);

	note_way(e, k);
	can = can && can_share(lead, e);
	for (uint8_t i = 0; can && i < lead->n_join; i++)
		can = can_share(lead->join[i], e);
	if (!can)
		return false;
	lead->join[lead->n_join++] = e;
	if (push(x, lead) < 0) {
		lead->n_join--;
		return false;
	}
	e->lead = lead;
	return true;
}

static void forget_join(struct route *lead, const struct route *e)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < lead->n_join; i++)
		if (lead->join[i] != e)
			lead->join[n++] = lead->join[i];
	lead->n_join = n;
}

static void leave(struct fx *x, struct route *e)
{
	struct route *lead = e->lead;

	forget_join(lead, e);
	e->lead = NULL;
	if (push(x, lead) < 0) { /* the kernel has lost it meanwhile */
		now_gone(x, lead);
		route_enqueue(x, lead);
	}
	wake_shadowed(x, &lead->slot);
}

static void uninstall(struct fx *x, struct route *e)
{
	struct net_route k = installed_as(e);

	x->b.net_ops->route_del(x->b.net, &k);
	now_gone(x, e);
}

static void install(struct fx *x, struct route *e, const struct net_route *k)
{
	struct route *stands = in_slot(x, &e->slot);
	char dst[PREFIX_STRLEN];

	if (stands && stands->blackhole && !stands->want.null0 && !k->blackhole) {
		uninstall(x, stands); /* permanent, and its way is closed: this one is open */
		set_shadowed(x, stands, true);
		stands = NULL;
	}
	set_shadowed(x, e, stands && !join(x, stands, e, k));
	if (stands)
		return;
	int rc = x->b.net_ops->route_add(x->b.net, k);

	if (rc == 0) {
		note_way(e, k);
		now_installed(x, e);
	}
	/* An unreachable gateway is a fact of life, not an error: the next kernel report tries
	 * again. */
	if (rc == 0 || rc == -ENETUNREACH || rc == -EHOSTUNREACH || rc == -ENETDOWN || e->logged)
		return;
	e->logged = true;
	log_msg(PLATFORM_OPERATION_FAILED, prefix_fmt(&e->want.dst, dst), strerror(-rc));
}

/* The first of those that joined stands in its place: at no time is there no way. */
static bool hand_over(struct fx *x, struct route *e)
{
	struct route *heir = e->n_join ? e->join[0] : NULL;

	if (!heir)
		return false;
	heir->lead = NULL;
	heir->n_join = 0;
	for (uint8_t i = 1; i < e->n_join; i++) {
		heir->join[heir->n_join++] = e->join[i];
		e->join[i]->lead = heir;
	}
	e->n_join = 0;
	e->installed = false;
	HASH_DELETE(hs, x->routes->kernel, e);
	now_installed(x, heir);
	if (push(x, heir) < 0) {
		now_gone(x, heir);
		route_enqueue(x, heir);
	}
	wake_shadowed(x, &e->slot);
	return true;
}

static bool way_differs(const struct route *e, const struct net_route *k)
{
	return k->ifindex != e->ifindex || k->table != e->in_table ||
	       k->blackhole != e->blackhole || !ipaddr_eq(&k->gateway, &e->gateway);
}

static void apply_one(struct fx *x, struct route *e)
{
	struct net_route k;
	bool can = e->refs && to_kernel(x, e, &k), other = !can || way_differs(e, &k);

	if (e->lead && other)
		leave(x, e);
	if (e->installed && other && !hand_over(x, e))
		uninstall(x, e);
	if (!can)
		set_shadowed(x, e, false);
	if (!e->refs)
		route_forget(x, e);
	else if (can && !e->installed && !e->lead)
		install(x, e, &k);
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
	struct net_route mine = installed_as(e);

	return prefix_cmp(&mine.dst, &k->dst) == 0 && mine.metric == k->metric &&
	       mine.table == k->table && net_route_same_ways(&mine, k);
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
			route_enqueue(x, e);
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
	struct route_slot s = route_slot(&r->dst, r->metric, fx_vrf_of_table(x, r->table));
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
