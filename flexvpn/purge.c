/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After a crash: what a killed predecessor left and nobody wants goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/applied.h"
#include "flexvpn/guards.h"
#include "flexvpn/services.h"

struct leftovers {
	struct net_link link[64];
	size_t n_link;
	struct net_addr addr[256];
	size_t n_addr;
	struct net_route *route;
	size_t n_route;
};

static bool left_link(void *ctx, const struct net_link *l)
{
	struct leftovers *lo = ctx;

	if (fx_our_alias(l) && lo->n_link < ARRAY_LEN(lo->link))
		lo->link[lo->n_link++] = *l;
	return true;
}

static bool left_addr(void *ctx, const struct net_addr *a)
{
	struct leftovers *lo = ctx;

	if (a->ours && lo->n_addr < ARRAY_LEN(lo->addr))
		lo->addr[lo->n_addr++] = *a;
	return true;
}

static bool left_route(void *ctx, const struct net_route *r)
{
	struct leftovers *lo = ctx;

	if (r->proto != NET_ROUTE_PROTO)
		return true;
	if (lo->n_route % 64 == 0)
		lo->route = xrealloc(lo->route, (lo->n_route + 64) * sizeof(*lo->route));
	lo->route[lo->n_route++] = *r;
	return true;
}

static bool addr_is_applied(const struct fx *x, const struct net_addr *l)
{
	const struct applied_if *a, *next;

	HASH_ITER (hh, x->applied->ifs, a, next)
		if (a->ifindex == l->ifindex && fx_has_prefix(a->addr, a->n_addr, &l->addr))
			return true;
	return false;
}

static bool link_is_applied(const struct fx *x, const struct net_link *l)
{
	const struct applied_if *a, *next;

	HASH_ITER (hh, x->applied->ifs, a, next)
		if (a->created && strcmp(a->device, l->name) == 0)
			return true;
	return false;
}

void fx_purge(struct fx *x)
{
	struct leftovers *lo = xcalloc(1, sizeof(*lo));
	char text[PREFIX_STRLEN];
	uint32_t table;

	fx_services_purge(x);
	x->b.net_ops->routes(x->b.net, 0, left_route, lo);
	for (uint16_t vrf = 1; fx_vrf_name(x, vrf); vrf++)
		if (fx_vrf_table(x, vrf, &table))
			x->b.net_ops->routes(x->b.net, table, left_route, lo);
	x->b.net_ops->addrs(x->b.net, 0, left_addr, lo);
	x->b.net_ops->links(x->b.net, left_link, lo);
	for (size_t i = 0; i < lo->n_route; i++) {
		if (fx_route_of(x, &lo->route[i]) || fx_guards_adopt(x, &lo->route[i]))
			continue;
		log_msg(PLATFORM_LEFTOVER, prefix_fmt(&lo->route[i].dst, text));
		x->b.net_ops->route_del(x->b.net, &lo->route[i]);
	}
	for (size_t i = 0; i < lo->n_addr; i++) {
		if (addr_is_applied(x, &lo->addr[i]) ||
		        fx_nat_owns_address(x, lo->addr[i].ifindex, &lo->addr[i].addr))
			continue;
		log_msg(PLATFORM_LEFTOVER, prefix_fmt(&lo->addr[i].addr, text));
		x->b.net_ops->addr_del(x->b.net, lo->addr[i].ifindex, &lo->addr[i].addr);
	}
	for (size_t i = 0; i < lo->n_link; i++) {
		if (link_is_applied(x, &lo->link[i]))
			continue;
		log_msg(PLATFORM_LEFTOVER, lo->link[i].name);
		x->b.net_ops->link_del(x->b.net, lo->link[i].index);
	}
	fx_nat_purge(x);
	free(lo->route);
	free(lo);
}
