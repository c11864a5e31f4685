/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Routes of the kernel; ours carry protocol NET_ROUTE_PROTO.
 *
 * NLM_F_REPLACE alone would overwrite whatever has the same destination, table and metric, somebody
 * else's as well. A route is therefore added exclusively, and only when that fails is the table
 * read: the same route of ours is done, a different one of ours is replaced, a stranger stays and
 * the answer is -EEXIST. A deletion names our protocol, which the kernel compares.
 */
#include <errno.h>
#include <linux/if.h>
#include <string.h>

#include "net/rtnl.h"

enum { METRIC6_DEFAULT = 1024 }; /* what the kernel makes of an IPv6 metric of 0 */

uint32_t net_route_priority(const struct net_route *r)
{
	if (r->proto == NET_ROUTE_PROTO && r->metric >= NET_FRR_DISTANCE)
		return r->metric << 24;
	return !r->metric && r->dst.addr.family == AF_INET6 ? METRIC6_DEFAULT : r->metric;
}

/* The distance that a route of ours was given its priority by. */
static uint32_t distance_of(uint32_t priority)
{
	return priority >> 24 ? priority >> 24 : priority;
}

static bool is_shown(const struct rtmsg *r)
{
	if (r->rtm_family != AF_INET && r->rtm_family != AF_INET6)
		return false;
	if (r->rtm_flags & RTM_F_CLONED)
		return false;
	return r->rtm_type == RTN_UNICAST || r->rtm_type == RTN_BLACKHOLE;
}

/* RTA_VIA: a gateway of the other family (RFC 5549). */
static struct ipaddr via(const struct nlattr *a)
{
	const struct rtvia *v = nla_data(a);
	size_t n = (size_t)nla_len(a);
	struct ipaddr none = {0};

	if (n == sizeof(*v) + 4 && v->rtvia_family == AF_INET)
		return ipaddr_from(AF_INET, v->rtvia_addr);
	if (n == sizeof(*v) + 16 && v->rtvia_family == AF_INET6)
		return ipaddr_from(AF_INET6, v->rtvia_addr);
	return none;
}

static void take_nexthop(struct net_route *out, int family, struct nlattr **tb)
{
	if (tb[RTA_GATEWAY])
		out->gateway = rtnl_get_ip(family, tb[RTA_GATEWAY]);
	else if (tb[RTA_VIA])
		out->gateway = via(tb[RTA_VIA]);
}

/* Of several next hops the first one stands in the route itself. */
static void take_multipath(struct net_route *out, int family, struct nlattr *a)
{
	struct rtnexthop *nh = nla_data(a);
	int left = nla_len(a);

	for (unsigned n = 0; n < NET_MAX_HOPS && left >= (int)sizeof(*nh) &&
	                     nh->rtnh_len >= sizeof(*nh) && nh->rtnh_len <= left;
	        n++) {
		struct nlattr *tb[RTA_MAX + 1] = {0};
		struct net_route one = {.ifindex = (uint32_t)nh->rtnh_ifindex};

		if (nla_parse(tb, RTA_MAX, (struct nlattr *)(void *)(nh + 1),
		            nh->rtnh_len - (int)sizeof(*nh), NULL) == 0)
			take_nexthop(&one, family, tb);
		if (n) {
			out->more[out->n_more++] = (struct net_hop){one.gateway, one.ifindex};
		} else {
			out->ifindex = one.ifindex;
			out->gateway = one.gateway;
		}
		left -= (int)RTNH_ALIGN(nh->rtnh_len);
		nh = RTNH_NEXT(nh);
	}
}

bool rtnl_parse_route(struct nlmsghdr *h, struct net_route *out)
{
	const struct rtmsg *r = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWROUTE && h->nlmsg_type != RTM_DELROUTE)
		return false;
	if (nlmsg_parse(h, sizeof(*r), tb, RTA_MAX, NULL) < 0 || !is_shown(r))
		return false;
	memset(out, 0, sizeof(*out));
	out->dst.len = r->rtm_dst_len;
	out->dst.addr = tb[RTA_DST] ? rtnl_get_ip(r->rtm_family, tb[RTA_DST])
	                            : ipaddr_from(r->rtm_family, (uint8_t[16]){0});
	out->table = tb[RTA_TABLE] ? rtnl_get_u32(tb[RTA_TABLE]) : r->rtm_table;
	if (out->table == RT_TABLE_MAIN)
		out->table = 0;
	out->metric = rtnl_get_u32(tb[RTA_PRIORITY]);
	out->proto = r->rtm_protocol;
	if (out->proto == NET_ROUTE_PROTO)
		out->metric = distance_of(out->metric);
	out->scope = r->rtm_scope;
	out->blackhole = r->rtm_type == RTN_BLACKHOLE;
	if (!out->blackhole)
		out->ifindex = rtnl_get_u32(tb[RTA_OIF]);
	take_nexthop(out, r->rtm_family, tb);
	if (tb[RTA_MULTIPATH])
		take_multipath(out, r->rtm_family, tb[RTA_MULTIPATH]);
	out->prefsrc = rtnl_get_ip(r->rtm_family, tb[RTA_PREFSRC]);
	return ipaddr_is_set(&out->dst.addr);
}

struct route_walk {
	int family;
	uint32_t table;
	bool stopped;
	bool (*visit)(void *ctx, const struct net_route *r);
	void *ctx;
};

static bool walk_route(void *ctx, struct nlmsghdr *h)
{
	struct route_walk *w = ctx;
	struct net_route r;

	if (!rtnl_parse_route(h, &r) || r.dst.addr.family != w->family || r.table != w->table)
		return true;
	w->stopped = !w->visit(w->ctx, &r);
	return !w->stopped;
}

static uint32_t table_of(uint32_t table)
{
	return table ? table : RT_TABLE_MAIN;
}

/* With strict checking on, the kernel filters by table; without, walk_route() does. */
static int dump_family(struct net *n, struct route_walk *w)
{
	struct rtmsg r = {.rtm_family = (uint8_t)w->family};
	struct nl_msg *m = rtnl_msg(RTM_GETROUTE, NLM_F_DUMP, &r, sizeof(r));
	int rc;

	nla_put_u32(m, RTA_TABLE, table_of(w->table));
	rc = rtnl_dump(net_kernel(n), m, walk_route, w);
	return rc == -ENOENT || rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT
	               ? 0
	               : rc; /* no such table yet */
}

int kernel_routes(struct net *n, uint32_t table,
        bool (*visit)(void *ctx, const struct net_route *r), void *ctx)
{
	static const int family[] = {AF_INET, AF_INET6};
	struct route_walk w = {.visit = visit, .ctx = ctx};

	w.table = table == RT_TABLE_MAIN ? 0 : table;
	for (size_t i = 0; i < ARRAY_LEN(family) && !w.stopped; i++) {
		w.family = family[i];
		int rc = dump_family(n, &w);

		if (rc)
			return rc;
	}
	return 0;
}

struct lookup {
	struct net_route *out;
	const struct ipaddr *dst;
	bool ok;
};

static bool longest(void *ctx, const struct net_route *r)
{
	struct lookup *l = ctx;
	bool better = !l->ok || r->dst.len > l->out->dst.len ||
	              (r->dst.len == l->out->dst.len &&
	                      net_route_priority(r) < net_route_priority(l->out));

	if (prefix_contains(&r->dst, l->dst) && better) {
		*l->out = *r;
		l->ok = true;
	}
	return true;
}

static void answered(void *ctx, struct nlmsghdr *h)
{
	struct lookup *l = ctx;
	struct rtmsg *r = nlmsg_data(h);

	if (r->rtm_type == RTN_LOCAL) /* one of our own addresses: reached through loopback */
		r->rtm_type = RTN_UNICAST;
	r->rtm_flags &= ~(unsigned int)RTM_F_CLONED;
	l->ok = rtnl_parse_route(h, l->out);
}

int kernel_route_to(struct net *n, const struct ipaddr *dst, uint32_t table, struct net_route *out)
{
	struct lookup l = {.out = out, .dst = dst};
	struct rtmsg r = {.rtm_family = dst->family, .rtm_dst_len = ipaddr_bits(dst)};
	int rc;

	if (table && table != RT_TABLE_MAIN) {
		rc = kernel_routes(n, table, longest, &l);
	} else {
		struct nl_msg *m = rtnl_msg(RTM_GETROUTE, 0, &r, sizeof(r));

		rtnl_put_ip(m, RTA_DST, dst);
		rc = rtnl_ask(net_kernel(n), m, answered, &l);
	}
	return rc ? rc : l.ok && !out->blackhole ? 0 : -ENETUNREACH;
}

/* Of a route that is to be ours, whatever it says. */
static uint32_t priority_of(const struct net_route *r)
{
	struct net_route ours = *r;

	ours.proto = NET_ROUTE_PROTO;
	return net_route_priority(&ours);
}

static void put_hop(struct nl_msg *m, const struct ipaddr *gateway, uint32_t ifindex)
{
	struct rtnexthop *nh = nlmsg_reserve(m, sizeof(*nh), 0);
	char *at = (char *)nh;

	memset(nh, 0, sizeof(*nh));
	nh->rtnh_ifindex = (int)ifindex;
	if (ipaddr_is_set(gateway))
		rtnl_put_ip(m, RTA_GATEWAY, gateway);
	nh->rtnh_len = (unsigned short)((char *)nlmsg_tail(nlmsg_hdr(m)) - at);
}

static void put_ways(struct nl_msg *m, const struct net_route *w)
{
	struct nlattr *all;

	if (!w->n_more) {
		if (w->ifindex)
			nla_put_u32(m, RTA_OIF, w->ifindex);
		if (ipaddr_is_set(&w->gateway))
			rtnl_put_ip(m, RTA_GATEWAY, &w->gateway);
		return;
	}
	all = nla_nest_start(m, RTA_MULTIPATH);
	put_hop(m, &w->gateway, w->ifindex);
	for (uint8_t i = 0; i < w->n_more; i++)
		put_hop(m, &w->more[i].gateway, w->more[i].ifindex);
	nla_nest_end(m, all);
}

/* Through a device, with nobody in between? */
static bool direct(const struct net_route *w)
{
	bool is = !ipaddr_is_set(&w->gateway);

	for (uint8_t i = 0; i < w->n_more; i++)
		is = is && !ipaddr_is_set(&w->more[i].gateway);
	return is && !w->blackhole;
}

/* A deletion names the one way; of several, none: they go together. */
static struct nl_msg *route_msg(int type, int flags, const struct net_route *w)
{
	struct prefix dst = prefix_mask(&w->dst);
	uint32_t table = table_of(w->table);
	struct rtmsg r = {
	        .rtm_family = dst.addr.family,
	        .rtm_dst_len = dst.len,
	        .rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
	        .rtm_protocol = NET_ROUTE_PROTO,
	        .rtm_type = w->blackhole ? RTN_BLACKHOLE : RTN_UNICAST,
	};
	struct nl_msg *m;

	if (type == RTM_DELROUTE)
		r.rtm_scope = RT_SCOPE_NOWHERE;
	else if (dst.addr.family == AF_INET && direct(w))
		r.rtm_scope = RT_SCOPE_LINK;
	m = rtnl_msg(type, flags, &r, sizeof(r));
	nla_put_u32(m, RTA_TABLE, table);
	rtnl_put_ip(m, RTA_DST, &dst.addr);
	if (w->metric)
		nla_put_u32(m, RTA_PRIORITY, priority_of(w));
	if (!w->blackhole && (type != RTM_DELROUTE || !w->n_more))
		put_ways(m, w);
	if (ipaddr_is_set(&w->prefsrc))
		rtnl_put_ip(m, RTA_PREFSRC, &w->prefsrc);
	return m;
}

struct rivals {
	const struct net_route *want;
	bool same, ours, strange;
};

static bool has_way(const struct net_route *r, const struct net_hop *h)
{
	struct net_hop first = {r->gateway, r->ifindex};

	for (uint8_t i = 0; i <= r->n_more; i++) {
		const struct net_hop *have = i ? &r->more[i - 1] : &first;

		if (ipaddr_eq(&h->gateway, &have->gateway) &&
		        (!h->ifindex || h->ifindex == have->ifindex))
			return true;
	}
	return false;
}

bool net_route_same_ways(const struct net_route *want, const struct net_route *have)
{
	struct net_hop first = {want->gateway, want->ifindex};
	bool same = want->n_more == have->n_more;

	if (want->blackhole || have->blackhole)
		return want->blackhole == have->blackhole;
	for (uint8_t i = 0; same && i <= want->n_more; i++)
		same = has_way(have, i ? &want->more[i - 1] : &first);
	return same;
}

static bool same_path(const struct net_route *want, const struct net_route *have)
{
	return net_route_same_ways(want, have) &&
	       (!ipaddr_is_set(&want->prefsrc) || ipaddr_eq(&want->prefsrc, &have->prefsrc));
}

static bool compare(void *ctx, const struct net_route *r)
{
	struct rivals *v = ctx;
	struct prefix dst = prefix_mask(&v->want->dst);

	if (prefix_cmp(&r->dst, &dst) || net_route_priority(r) != priority_of(v->want))
		return true;
	if (r->proto != NET_ROUTE_PROTO)
		v->strange = true;
	else if (same_path(v->want, r))
		v->same = true;
	else
		v->ours = true;
	return true;
}

int kernel_route_add(struct net *n, const struct net_route *r)
{
	struct rivals v = {.want = r};
	int rc = rtnl_change(net_kernel(n), route_msg(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r));

	if (rc != -EEXIST)
		return rc;
	rc = kernel_routes(n, r->table, compare, &v);
	if (rc || v.same)
		return rc;
	if (v.strange || !v.ours)
		return -EEXIST;
	return kernel_route_replace(n, r);
}

int kernel_route_replace(struct net *n, const struct net_route *r)
{
	return rtnl_change(net_kernel(n), route_msg(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r));
}

int kernel_route_del(struct net *n, const struct net_route *r)
{
	int rc = rtnl_change(net_kernel(n), route_msg(RTM_DELROUTE, 0, r));

	return rc == -ESRCH || rc == -ENODEV || rc == -ENOENT ? 0 : rc;
}
