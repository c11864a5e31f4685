/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was applied, and what the kernel says of it: all of it with two questions, one interface
 * alone, or not at all where a report is only the echo of what we did. See applied.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/applied.h"

static void forget_gone(struct fx_applied *all);

struct fx_applied *fx_applied_new(void)
{
	return xcalloc(1, sizeof(struct fx_applied));
}

void fx_applied_free(struct fx_applied *all)
{
	forget_gone(all);
	free(all);
}

uint32_t fx_ifindex(const struct fx *x, const struct fx_interface *i)
{
	const struct applied_if *a = fx_applied_find(x, i->name);
	struct net_link link;

	if (a && a->ifindex && a->created && a->is_tunnel)
		return a->ifindex;
	return fx_link(x, i, &link) ? link.index : 0;
}

struct applied_if *fx_applied_find(const struct fx *x, const char *name)
{
	struct applied_if *a = NULL;

	if (x->applied)
		HASH_FIND_STR(x->applied->ifs, name, a);
	return a;
}

void fx_applied_index(struct fx *x, struct applied_if *a, uint32_t ifindex)
{
	if (a->ifindex == ifindex)
		return;
	if (a->ifindex)
		HASH_DELETE(hx, x->applied->by_index, a);
	a->ifindex = ifindex;
	if (ifindex)
		HASH_ADD(hx, x->applied->by_index, ifindex, sizeof(a->ifindex), a);
}

bool fx_has_prefix(const struct prefix *v, uint8_t n, const struct prefix *p)
{
	for (uint8_t i = 0; i < n; i++)
		if (prefix_cmp(&v[i], p) == 0)
			return true;
	return false;
}

void fx_expect_gone(struct fx *x, uint32_t ifindex)
{
	struct gone *g = NULL;

	HASH_FIND(hh, x->applied->gone, &ifindex, sizeof(ifindex), g);
	if (g || !ifindex)
		return;
	g = xcalloc(1, sizeof(*g));
	g->ifindex = ifindex;
	HASH_ADD(hh, x->applied->gone, ifindex, sizeof(g->ifindex), g);
}

static void forget_gone(struct fx_applied *all)
{
	struct gone *g, *next;

	HASH_ITER (hh, all->gone, g, next) {
		HASH_DEL(all->gone, g);
		free(g);
	}
}

/* A loopback that a killed predecessor made is ours. */
bool fx_our_alias(const struct net_link *l)
{
	return strncmp(l->alias, NET_ALIAS_PREFIX, strlen(NET_ALIAS_PREFIX)) == 0;
}

static void not_there(struct fx *x, struct applied_if *a)
{
	fx_applied_index(x, a, 0);
	a->known = false;
	a->n_addr = a->n_theirs = 0;
}

static void is_there_as(struct fx *x, struct applied_if *a, const struct net_link *link)
{
	fx_applied_index(x, a, link->index);
	a->up = link->up;
	if (!a->is_tunnel)
		a->mtu = link->mtu;
	if (!a->known) {
		a->known = true;
		a->was_up = link->up;
		a->was_mtu = link->mtu;
	}
}

void fx_look_at(struct fx *x, struct applied_if *a)
{
	struct net_link link;

	if (x->b.net_ops->link_by_name(x->b.net, a->device, &link))
		is_there_as(x, a, &link);
	else
		not_there(x, a);
}

/* ---- what the kernel reports
 * -----------------------------------------------------------------------------------------------
 */

/* Addresses of the kernel, in order of their devices. */
struct addr_scan {
	struct net_addr *v;
	size_t n, cap;
};

static bool scan(void *ctx, const struct net_addr *a)
{
	struct addr_scan *s = ctx;

	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = *a;
	return true;
}

static int by_ifindex(const void *a, const void *b)
{
	const struct net_addr *x = a, *y = b;

	return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

/* Those of one device. */
static struct addr_scan on_device(const struct addr_scan *s, uint32_t ifindex)
{
	size_t lo = 0, hi = s->n;
	struct addr_scan out = {0};

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].ifindex < ifindex)
			lo = mid + 1;
		else
			hi = mid;
	}
	out.v = s->n ? &s->v[lo] : NULL;
	while (lo + out.n < s->n && s->v[lo + out.n].ifindex == ifindex)
		out.n++;
	return out;
}

static bool scanned(const struct addr_scan *s, const struct prefix *p)
{
	for (size_t i = 0; i < s->n; i++)
		if (prefix_cmp(&s->v[i].addr, p) == 0)
			return true;
	return false;
}

static void compare_if(struct applied_if *a, const struct addr_scan *all)
{
	a->failed = a->news = false;
	if (!a->ifindex) {
		a->created &= a->is_tunnel; /* made again when it can be */
		a->ra = false;
		return;
	}
	struct addr_scan s = on_device(all, a->ifindex);

	for (uint8_t i = a->n_addr; i > 0; i--)
		if (!scanned(&s, &a->addr[i - 1]))
			a->addr[i - 1] = a->addr[--a->n_addr];
	a->n_theirs = 0;
	for (size_t i = 0; i < s.n && a->n_theirs < MAX_ADDRS; i++)
		if (!fx_has_prefix(a->addr, a->n_addr, &s.v[i].addr))
			a->theirs[a->n_theirs++] = s.v[i].addr;
}

void fx_refresh_if(struct fx *x, struct applied_if *a)
{
	struct addr_scan s = {0};

	fx_look_at(x, a);
	if (a->ifindex)
		x->b.net_ops->addrs(x->b.net, a->ifindex, scan, &s);
	compare_if(a, &s);
	free(s.v);
}

static bool see_link(void *ctx, const struct net_link *l)
{
	struct fx *x = ctx;
	struct applied_if *a;

	HASH_FIND(hd, x->applied->by_device, l->name, strlen(l->name), a);
	if (a) {
		is_there_as(x, a, l);
		a->seen = true;
	}
	return true;
}

/* Two questions, however many interfaces there are. */
void fx_refresh_all(struct fx *x)
{
	struct addr_scan s = {0};
	struct applied_if *a, *next;

	forget_gone(x->applied);
	HASH_ITER (hh, x->applied->ifs, a, next)
		a->seen = false;
	x->b.net_ops->links(x->b.net, see_link, x);
	x->b.net_ops->addrs(x->b.net, 0, scan, &s);
	if (s.n)
		qsort(s.v, s.n, sizeof(*s.v), by_ifindex);
	HASH_ITER (hh, x->applied->ifs, a, next) {
		if (!a->seen) /* gone, or another interface has the same device */
			fx_look_at(x, a);
		compare_if(a, &s);
	}
	free(s.v);
}

/* ---- news and echoes ------------------------------------------------------------------------- */

static struct applied_if *of_index(const struct fx *x, uint32_t ifindex)
{
	struct applied_if *a;

	HASH_FIND(hx, x->applied->by_index, &ifindex, sizeof(ifindex), a);
	return a;
}

static struct gone *gone_of(const struct fx *x, uint32_t ifindex)
{
	struct gone *g;

	HASH_FIND(hh, x->applied->gone, &ifindex, sizeof(ifindex), g);
	return g;
}

static bool ours_whole(const struct applied_if *a)
{
	return a && a->created && a->is_tunnel;
}

/* What is said of a tunnel may be older than what we did to it since: the kernel knows. */
static bool outdated(const struct fx *x, const struct applied_if *a)
{
	struct net_link now;

	return ours_whole(a) && x->b.net_ops->link_by_index(x->b.net, a->ifindex, &now) &&
	       now.up == a->up;
}

/* A link that is or is not up any more may have lost addresses and routes; without carrier it has
 * lost neither. Of a tunnel's carrier nothing depends. */
static bool link_news(struct fx *x, const struct net_link *l)
{
	struct applied_if *a = of_index(x, l->index);

	if (!a)
		return gone_of(x, l->index) != NULL;
	if (a->failed || (!a->is_tunnel && a->mtu != l->mtu))
		return false;
	if (a->up != l->up)
		return outdated(x, a);
	if (ours_whole(a))
		return true;
	a->news = true;
	fx_touch(x, a);
	fx_routes_relink(x, a->name);
	return true;
}

static bool link_gone(struct fx *x, uint32_t ifindex)
{
	struct gone *g = gone_of(x, ifindex);

	if (!g)
		return false;
	HASH_DEL(x->applied->gone, g);
	free(g);
	return true;
}

/* What we gave a tunnel or took from it. */
static bool addr_echo(struct fx *x, const struct net_event *ev)
{
	const struct applied_if *a = of_index(x, ev->addr.ifindex);

	if (!ours_whole(a))
		return gone_of(x, ev->addr.ifindex) != NULL;
	return fx_has_prefix(a->addr, a->n_addr, &ev->addr.addr) == (ev->type == NET_EV_ADDR);
}

/* The kernel's own route to such an address. */
static bool route_echo(struct fx *x, const struct net_route *r)
{
	enum { BY_THE_KERNEL = 2 /* RTPROT_KERNEL */ };

	return r->proto == BY_THE_KERNEL &&
	       (ours_whole(of_index(x, r->ifindex)) || gone_of(x, r->ifindex));
}

bool fx_link_news(struct fx *x, const struct net_event *ev)
{
	switch (ev->type) {
	case NET_EV_LINK:
		return x->cfg && link_news(x, &ev->link);
	case NET_EV_LINK_GONE:
		return link_gone(x, ev->link.index);
	case NET_EV_ADDR:
	case NET_EV_ADDR_GONE:
		return addr_echo(x, ev);
	case NET_EV_ROUTE:
	case NET_EV_ROUTE_GONE:
		return route_echo(x, &ev->route);
	case NET_EV_MISSED:
		return false;
	}
	return false;
}
