/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_fake_ops: links, addresses and routes in memory, and a log of the changing calls.
 *
 * It keeps the kernel's manners where callers depend on them: what was there already is no error,
 * routes go when their device goes down or away, the mark decides what may be removed, and each
 * effect is announced through poll(). A call is logged when it is made, whether or not it changes
 * or fails.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/keyed.h"
#include "base/record.h"
#include "net/rtnl.h"

struct fake_link {
	struct net_link l;
	struct net_ra ra; /* at first: 1, 1, 1 */
	bool carrier;
};

struct fake {
	struct net net;
	struct fake_link *link;
	struct net_addr *addr;
	struct net_route *route;
	size_t n_link, n_addr, n_route;
	bool forwards, forwards6;
	uint32_t next_index;
	struct keyed names; /* numbers of links by name, of those that are gone too */
	struct net_evq q;
	struct record record;
};

static struct fake *fake(struct net *n)
{
	return (struct fake *)n;
}

static struct net *fake_open(char *why, size_t n)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	if (n)
		*why = '\0';
	f->net.ops = &net_fake_ops;
	f->next_index = 1;
	return &f->net;
}

static void fake_close(struct net *n)
{
	struct fake *f = fake(n);

	if (!f)
		return;
	free(f->link);
	free(f->addr);
	free(f->route);
	keyed_fini(&f->names);
	net_evq_fini(&f->q);
	record_fini(&f->record);
	free(f);
}

/* ---- finding ----------------------------------------------------------------------------------
 */

static struct fake_link *by_index(struct fake *f, uint32_t index)
{
	size_t low = 0, high = f->n_link; /* they stand in the order of their numbers */

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (f->link[middle].l.index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->n_link && f->link[low].l.index == index ? &f->link[low] : NULL;
}

static struct fake_link *by_name(struct fake *f, const char *name)
{
	const struct keyed *k = &f->names;

	for (uint32_t at = keyed_first(k, keyed_hash(name)); at != KEYED_END;
	        at = keyed_next(k, at)) {
		struct fake_link *l = by_index(f, keyed_value(k, at));

		if (l && strcmp(l->l.name, name) == 0)
			return l;
	}
	return NULL;
}

static const char *dev_name(struct fake *f, uint32_t index, char buf[NET_IFNAMSIZ])
{
	const struct fake_link *l = by_index(f, index);

	if (l)
		return l->l.name;
	snprintf(buf, NET_IFNAMSIZ, "if%u", index);
	return buf;
}

static bool fake_link_by_name(struct net *n, const char *name, struct net_link *out)
{
	const struct fake_link *l = by_name(fake(n), name);

	if (l)
		*out = l->l;
	return l;
}

static bool fake_link_by_index(struct net *n, uint32_t index, struct net_link *out)
{
	const struct fake_link *l = by_index(fake(n), index);

	if (l)
		*out = l->l;
	return l;
}

/* Visitors may change things: the walk goes by position and copies. */
static int fake_links(struct net *n, bool (*visit)(void *ctx, const struct net_link *l), void *ctx)
{
	struct fake *f = fake(n);

	for (size_t i = 0; i < f->n_link; i++) {
		struct net_link l = f->link[i].l;

		if (!visit(ctx, &l))
			break;
	}
	return 0;
}

/* Nobody answers on links of memory. */
static int fake_neighbours(struct net *n, int family,
        bool (*visit)(void *ctx, const struct net_neighbour *b), void *ctx)
{
	(void)n;
	(void)family;
	(void)visit;
	(void)ctx;
	return 0;
}

static int fake_addrs(struct net *n, uint32_t ifindex,
        bool (*visit)(void *ctx, const struct net_addr *a), void *ctx)
{
	struct fake *f = fake(n);

	for (size_t i = 0; i < f->n_addr; i++) {
		struct net_addr a = f->addr[i];

		if ((!ifindex || a.ifindex == ifindex) && !visit(ctx, &a))
			break;
	}
	return 0;
}

static uint32_t table_of(uint32_t table)
{
	return table == RT_TABLE_MAIN ? 0 : table;
}

static int fake_routes(struct net *n, uint32_t table,
        bool (*visit)(void *ctx, const struct net_route *r), void *ctx)
{
	struct fake *f = fake(n);

	for (size_t i = 0; i < f->n_route; i++) {
		struct net_route r = f->route[i];

		if (r.table == table_of(table) && !visit(ctx, &r))
			break;
	}
	return 0;
}

/* ---- looking up a destination
 * ------------------------------------------------------------------------------------ */

static bool usable(struct fake *f, uint32_t ifindex)
{
	const struct fake_link *l = by_index(f, ifindex);

	return l && l->l.up;
}

static bool better(const struct net_route *have, uint8_t len, uint32_t priority)
{
	return !have->dst.addr.family || len > have->dst.len ||
	       (len == have->dst.len && priority < net_route_priority(have));
}

static void try_connected(struct fake *f, const struct ipaddr *dst, struct net_route *best)
{
	for (size_t i = 0; i < f->n_addr; i++) {
		const struct net_addr *a = &f->addr[i];

		if (!usable(f, a->ifindex) || !prefix_contains(&a->addr, dst) ||
		        !better(best, a->addr.len, 0))
			continue;
		*best = (struct net_route){.dst = prefix_mask(&a->addr),
		        .ifindex = a->ifindex,
		        .prefsrc = a->addr.addr};
	}
}

/* A route by gateway alone leaves through the device on whose network the gateway is. */
static bool resolve(struct fake *f, struct net_route *r)
{
	struct net_route on = {0};

	if (r->blackhole || (r->ifindex && usable(f, r->ifindex)))
		return true;
	if (r->ifindex || !ipaddr_is_set(&r->gateway))
		return false;
	try_connected(f, &r->gateway, &on);
	r->ifindex = on.ifindex;
	return on.ifindex != 0;
}

static void try_routes(
        struct fake *f, const struct ipaddr *dst, uint32_t table, struct net_route *best)
{
	for (size_t i = 0; i < f->n_route; i++) {
		struct net_route r = f->route[i];

		if (r.table == table && prefix_contains(&r.dst, dst) &&
		        better(best, r.dst.len, net_route_priority(&r)) && resolve(f, &r))
			*best = r;
	}
}

static void choose_source(struct fake *f, const struct ipaddr *dst, struct net_route *r)
{
	const struct ipaddr *near = ipaddr_is_set(&r->gateway) ? &r->gateway : dst;

	for (size_t i = 0; i < f->n_addr && !ipaddr_is_set(&r->prefsrc); i++)
		if (f->addr[i].ifindex == r->ifindex && prefix_contains(&f->addr[i].addr, near))
			r->prefsrc = f->addr[i].addr.addr;
	for (size_t i = 0; i < f->n_addr && !ipaddr_is_set(&r->prefsrc); i++)
		if (f->addr[i].ifindex == r->ifindex && f->addr[i].addr.addr.family == dst->family)
			r->prefsrc = f->addr[i].addr.addr;
}

static int fake_route_to(
        struct net *n, const struct ipaddr *dst, uint32_t table, struct net_route *out)
{
	struct fake *f = fake(n);
	struct net_route best = {0};

	if (!table_of(table))
		try_connected(f, dst, &best);
	try_routes(f, dst, table_of(table), &best);
	if (!best.dst.addr.family || best.blackhole)
		return -ENETUNREACH;
	choose_source(f, dst, &best);
	*out = best;
	return 0;
}

/* ---- announcing
 * --------------------------------------------------------------------------------------------------
 */

static void tell_link(struct fake *f, enum net_event_type type, const struct net_link *l)
{
	struct net_event ev = {.type = type, .link = *l};

	net_evq_put(&f->q, &ev);
}

static void tell_addr(struct fake *f, enum net_event_type type, const struct net_addr *a)
{
	struct net_event ev = {.type = type, .addr = *a};

	net_evq_put(&f->q, &ev);
}

static void tell_route(struct fake *f, enum net_event_type type, const struct net_route *r)
{
	struct net_event ev = {.type = type, .route = *r};

	net_evq_put(&f->q, &ev);
}

/* ---- changing
 * ----------------------------------------------------------------------------------------------------
 */

static void drop_route(struct fake *f, size_t at)
{
	tell_route(f, NET_EV_ROUTE_GONE, &f->route[at]);
	memmove(&f->route[at], &f->route[at + 1], (f->n_route - at - 1) * sizeof(*f->route));
	f->n_route--;
}

static void drop_addr(struct fake *f, size_t at)
{
	tell_addr(f, NET_EV_ADDR_GONE, &f->addr[at]);
	memmove(&f->addr[at], &f->addr[at + 1], (f->n_addr - at - 1) * sizeof(*f->addr));
	f->n_addr--;
}

static void drop_routes_of(struct fake *f, uint32_t ifindex)
{
	for (size_t i = f->n_route; i-- > 0;)
		if (f->route[i].ifindex == ifindex && !f->route[i].n_more)
			drop_route(f, i);
}

static void drop_addrs_of(struct fake *f, uint32_t ifindex)
{
	for (size_t i = f->n_addr; i-- > 0;)
		if (f->addr[i].ifindex == ifindex)
			drop_addr(f, i);
}

static int fake_link_set(struct net *n, uint32_t ifindex, bool up, uint32_t mtu)
{
	struct fake *f = fake(n);
	struct fake_link *l = by_index(f, ifindex);
	char b[NET_IFNAMSIZ];
	int rc = record_call(&f->record, "link_set %s %s mtu %u", dev_name(f, ifindex, b),
	        up ? "up" : "down", mtu);

	if (rc || !l)
		return rc ? rc : -ENODEV;
	if (l->l.up && !up)
		drop_routes_of(f, ifindex);
	if (l->l.up == up && (!mtu || mtu == l->l.mtu))
		return 0;
	l->l.up = up;
	l->l.running = up && l->carrier;
	if (mtu)
		l->l.mtu = mtu;
	tell_link(f, NET_EV_LINK, &l->l);
	return 0;
}

static int fake_link_alias(struct net *n, uint32_t ifindex, const char *alias)
{
	struct fake *f = fake(n);
	struct fake_link *l = by_index(f, ifindex);
	char b[NET_IFNAMSIZ];
	int rc = record_call(&f->record, "link_alias %s %s", dev_name(f, ifindex, b), alias);

	if (rc || !l)
		return rc ? rc : -ENODEV;
	snprintf(l->l.alias, sizeof(l->l.alias), "%s", alias);
	return 0;
}

static bool is_ours(const struct net_link *l)
{
	return strncmp(l->alias, NET_ALIAS_PREFIX, strlen(NET_ALIAS_PREFIX)) == 0;
}

static int fake_link_del(struct net *n, uint32_t ifindex)
{
	struct fake *f = fake(n);
	struct fake_link *l = by_index(f, ifindex);
	char b[NET_IFNAMSIZ];
	int rc = record_call(&f->record, "link_del %s", dev_name(f, ifindex, b));

	if (rc || !l)
		return rc;
	if (!is_ours(&l->l))
		return -EPERM;
	drop_routes_of(f, ifindex);
	drop_addrs_of(f, ifindex);
	tell_link(f, NET_EV_LINK_GONE, &l->l);
	f->n_link--;
	memmove(l, l + 1, (size_t)(f->link + f->n_link - l) * sizeof(*l));
	return 0;
}

static int fake_dummy_add(struct net *n, const char *name, uint32_t *ifindex)
{
	struct fake *f = fake(n);
	struct fake_link *l;
	int rc = record_call(&f->record, "dummy_add %s", name);

	if (rc)
		return rc;
	if (!*name || strlen(name) >= NET_IFNAMSIZ)
		return -EINVAL;
	l = by_name(f, name);
	if (l && !is_ours(&l->l))
		return -EEXIST;
	if (!l) {
		net_fake_link(n, name, false, true);
		l = by_name(f, name);
		snprintf(l->l.alias, sizeof(l->l.alias), NET_ALIAS_PREFIX "%s", name);
	}
	*ifindex = l->l.index;
	return 0;
}

static int fake_vlan_add(
        struct net *n, const char *name, uint32_t parent, uint16_t vlan, uint32_t *ifindex)
{
	struct fake *f = fake(n);
	struct fake_link *l = by_name(f, name);
	char b[NET_IFNAMSIZ];
	int rc = record_call(&f->record, "vlan_add %s %s %u", name, dev_name(f, parent, b), vlan);

	if (rc || !by_index(f, parent))
		return rc ? rc : -ENODEV;
	if (l && !is_ours(&l->l))
		return -EEXIST;
	if (!l) {
		net_fake_link(n, name, false, true);
		l = by_name(f, name);
		snprintf(l->l.alias, sizeof(l->l.alias), NET_ALIAS_PREFIX "%s", name);
	}
	*ifindex = l->l.index;
	return 0;
}

static int fake_ra_set(
        struct net *n, const char *dev, const struct net_ra *ra, struct net_ra *before)
{
	struct fake *f = fake(n);
	struct fake_link *l = by_name(f, dev);
	int rc = record_call(&f->record, "ra_set %s accept=%u autoconf=%u defrtr=%u", dev,
	        ra->accept, ra->autoconf, ra->defrtr);

	if (rc || !l)
		return rc ? rc : -ENODEV;
	if (before)
		*before = l->ra;
	l->ra = *ra;
	return 0;
}

static size_t find_addr(const struct fake *f, uint32_t ifindex, const struct prefix *a)
{
	size_t i = 0;

	while (i < f->n_addr && (f->addr[i].ifindex != ifindex || prefix_cmp(&f->addr[i].addr, a)))
		i++;
	return i;
}

static int fake_addr_add(struct net *n, uint32_t ifindex, const struct prefix *a)
{
	struct fake *f = fake(n);
	char b[NET_IFNAMSIZ], t[PREFIX_STRLEN];
	int rc = record_call(
	        &f->record, "addr_add %s %s", dev_name(f, ifindex, b), prefix_fmt(a, t));

	if (rc || !by_index(f, ifindex))
		return rc ? rc : -ENODEV;
	if (find_addr(f, ifindex, a) < f->n_addr)
		return 0;
	f->addr = xrealloc(f->addr, (f->n_addr + 1) * sizeof(*f->addr));
	f->addr[f->n_addr] = (struct net_addr){ifindex, *a, true};
	tell_addr(f, NET_EV_ADDR, &f->addr[f->n_addr++]);
	return 0;
}

static int fake_addr_del(struct net *n, uint32_t ifindex, const struct prefix *a)
{
	struct fake *f = fake(n);
	char b[NET_IFNAMSIZ], t[PREFIX_STRLEN];
	int rc = record_call(
	        &f->record, "addr_del %s %s", dev_name(f, ifindex, b), prefix_fmt(a, t));
	size_t at = find_addr(f, ifindex, a);

	if (rc || at == f->n_addr)
		return rc;
	if (!f->addr[at].ours)
		return -EPERM;
	drop_addr(f, at);
	return 0;
}

static int log_route(struct fake *f, const char *what, const struct net_route *r)
{
	char dst[PREFIX_STRLEN], gw[IPADDR_STRLEN], b[NET_IFNAMSIZ], table[24] = "", via[64] = "",
	                                                             more[200] = "";

	if (table_of(r->table))
		snprintf(table, sizeof(table), " table %u", r->table);
	if (ipaddr_is_set(&r->gateway))
		snprintf(via, sizeof(via), " via %s", ipaddr_fmt(&r->gateway, gw));
	for (uint8_t i = 0; i < r->n_more; i++) {
		const struct net_hop *h = &r->more[i];
		size_t at = strlen(more);

		snprintf(more + at, sizeof(more) - at, " and%s%s%s%s",
		        ipaddr_is_set(&h->gateway) ? " via " : "", ipaddr_fmt(&h->gateway, gw),
		        h->ifindex ? " dev " : "", h->ifindex ? dev_name(f, h->ifindex, b) : "");
	}
	return record_call(&f->record, "%s %s%s%s%s%s%s metric %u%s", what,
	        prefix_fmt(&r->dst, dst), via, r->blackhole ? " blackhole" : "",
	        r->ifindex ? " dev " : "", r->ifindex ? dev_name(f, r->ifindex, b) : "", more,
	        r->metric, table);
}

/* The first route with this key; at n_route: none. */
static size_t find_route(const struct fake *f, const struct net_route *r, bool any_metric)
{
	struct prefix dst = prefix_mask(&r->dst);
	size_t i = 0;

	for (; i < f->n_route; i++)
		if (!prefix_cmp(&f->route[i].dst, &dst) &&
		        f->route[i].table == table_of(r->table) &&
		        (any_metric || f->route[i].metric == r->metric))
			break;
	return i;
}

/* Each further way must lead somewhere as well. */
static bool resolve_more(struct fake *f, struct net_route *r)
{
	bool ok = true;

	for (uint8_t i = 0; i < r->n_more; i++) {
		struct net_route one = {
		        .gateway = r->more[i].gateway, .ifindex = r->more[i].ifindex};

		ok = resolve(f, &one) && ok;
		r->more[i].ifindex = one.ifindex;
	}
	return ok;
}

static int put_route(struct fake *f, const char *what, const struct net_route *r)
{
	struct net_route new = *r;
	int rc = log_route(f, what, r);
	size_t at = find_route(f, r, false);

	if (rc)
		return rc;
	if (r->ifindex && !by_index(f, r->ifindex))
		return -ENODEV;
	if (at < f->n_route && f->route[at].proto != NET_ROUTE_PROTO)
		return -EEXIST;
	new.dst = prefix_mask(&r->dst);
	new.table = table_of(r->table);
	new.proto = NET_ROUTE_PROTO;
	if (!resolve(f, &new) || !resolve_more(f, &new))
		return -ENETUNREACH;
	if (at == f->n_route)
		f->route = xrealloc(f->route, ++f->n_route * sizeof(*f->route));
	f->route[at] = new;
	tell_route(f, NET_EV_ROUTE, &new);
	return 0;
}

static int fake_route_add(struct net *n, const struct net_route *r)
{
	return put_route(fake(n), "route_add", r);
}

static int fake_route_replace(struct net *n, const struct net_route *r)
{
	return put_route(fake(n), "route_replace", r);
}

static int fake_route_del(struct net *n, const struct net_route *r)
{
	struct fake *f = fake(n);
	int rc = log_route(f, "route_del", r);
	size_t at = find_route(f, r, r->metric == 0);

	if (!rc && at < f->n_route && f->route[at].proto == NET_ROUTE_PROTO)
		drop_route(f, at);
	return rc;
}

static int fake_forwarding(struct net *n, int family, bool on, bool *before)
{
	struct fake *f = fake(n);

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	bool *now = family == AF_INET ? &f->forwards : &f->forwards6;

	if (before)
		*before = *now;
	if (*now == on)
		return 0;
	*now = on;
	return record_call(&f->record, "forwarding %s %s", family == AF_INET ? "ipv4" : "ipv6",
	        on ? "on" : "off");
}

static int fake_fd(struct net *n)
{
	(void)n;
	return -1;
}

static bool fake_poll(struct net *n, struct net_event *out)
{
	return net_evq_get(&fake(n)->q, out);
}

const struct net_ops net_fake_ops = {
        .name = "fake",
        .open = fake_open,
        .close = fake_close,
        .link_by_name = fake_link_by_name,
        .link_by_index = fake_link_by_index,
        .links = fake_links,
        .addrs = fake_addrs,
        .neighbours = fake_neighbours,
        .routes = fake_routes,
        .route_to = fake_route_to,
        .link_set = fake_link_set,
        .link_alias = fake_link_alias,
        .link_del = fake_link_del,
        .dummy_add = fake_dummy_add,
        .vlan_add = fake_vlan_add,
        .ra_set = fake_ra_set,
        .addr_add = fake_addr_add,
        .addr_del = fake_addr_del,
        .route_add = fake_route_add,
        .route_replace = fake_route_replace,
        .route_del = fake_route_del,
        .forwarding = fake_forwarding,
        .fd = fake_fd,
        .poll = fake_poll,
};

/* ---- for tests
 * ---------------------------------------------------------------------------------------------------
 */

uint32_t net_fake_link(struct net *n, const char *name, bool up, bool running)
{
	struct fake *f = fake(n);
	struct fake_link *l;

	f->link = xrealloc(f->link, (f->n_link + 1) * sizeof(*f->link));
	l = &f->link[f->n_link++];
	memset(l, 0, sizeof(*l));
	l->ra = (struct net_ra){1, 1, 1};
	l->carrier = running;
	l->l.index = f->next_index++;
	l->l.up = up;
	l->l.running = up && running;
	l->l.loopback = strcmp(name, "lo") == 0;
	l->l.mtu = 1500;
	snprintf(l->l.name, sizeof(l->l.name), "%s", name);
	keyed_put(&f->names, keyed_hash(l->l.name), l->l.index);
	tell_link(f, NET_EV_LINK, &l->l);
	return l->l.index;
}

void net_fake_carrier(struct net *n, uint32_t ifindex, bool running)
{
	struct fake *f = fake(n);
	struct fake_link *l = by_index(f, ifindex);

	if (!l)
		return;
	l->ra = (struct net_ra){1, 1, 1};
	l->carrier = running;
	l->l.running = l->l.up && running;
	tell_link(f, NET_EV_LINK, &l->l);
}

void net_fake_count(struct net *n, uint32_t ifindex, uint64_t packets)
{
	struct fake_link *l = by_index(fake(n), ifindex);

	if (!l)
		return;
	l->l.rx_packets = l->l.tx_packets = packets;
	l->l.rx_bytes = l->l.tx_bytes = packets * 100;
}

void net_fake_foreign_route(struct net *n, const struct net_route *r)
{
	struct fake *f = fake(n);

	f->route = xrealloc(f->route, (f->n_route + 1) * sizeof(*f->route));
	f->route[f->n_route] = *r;
	f->route[f->n_route].dst = prefix_mask(&r->dst);
	f->route[f->n_route].table = table_of(r->table);
	tell_route(f, NET_EV_ROUTE, &f->route[f->n_route++]);
}

void net_fake_foreign_addr(struct net *n, uint32_t ifindex, const struct prefix *a)
{
	struct fake *f = fake(n);

	f->addr = xrealloc(f->addr, (f->n_addr + 1) * sizeof(*f->addr));
	f->addr[f->n_addr] = (struct net_addr){ifindex, *a, false};
	tell_addr(f, NET_EV_ADDR, &f->addr[f->n_addr++]);
}

const char *net_fake_log(const struct net *n)
{
	return sb_str(&((const struct fake *)n)->record.log);
}

size_t net_fake_calls(const struct net *n)
{
	return ((const struct fake *)n)->record.calls;
}

void net_fake_forget(struct net *n)
{
	record_forget(&fake(n)->record);
}

void net_fake_fail_next(struct net *n, int err)
{
	fake(n)->record.fail = -err;
}
