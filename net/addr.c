/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of the kernel's links.
 *
 * Ours carry IFA_PROTO 117. Kernels before 5.18 drop that attribute; there, the list of what this
 * process added stands in, and a later process finds the addresses by their device, since tunnels
 * and loopbacks are ours whole. An address that somebody else configured is left alone: adding it
 * again is no error and does not make it ours, deleting it is refused (-EPERM).
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>

#include "net/rtnl.h"

bool rtnl_parse_addr(struct nlmsghdr *h, struct net_addr *out, bool *has_proto)
{
	const struct ifaddrmsg *i = nlmsg_data(h);
	struct nlattr *tb[IFA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWADDR && h->nlmsg_type != RTM_DELADDR)
		return false;
	if (nlmsg_parse(h, sizeof(*i), tb, IFA_MAX, NULL) < 0)
		return false;
	if (i->ifa_family != AF_INET && i->ifa_family != AF_INET6)
		return false;
	memset(out, 0, sizeof(*out));
	out->ifindex = i->ifa_index;
	out->addr.len = i->ifa_prefixlen;
	out->addr.addr =
	        rtnl_get_ip(i->ifa_family, tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	*has_proto = tb[IFA_PROTO] && nla_len(tb[IFA_PROTO]) == 1;
	out->ours = *has_proto && nla_get_u8(tb[IFA_PROTO]) == NET_ADDR_PROTO;
	return ipaddr_is_set(&out->addr.addr);
}

bool kernel_own_addr(const struct net_kernel *k, uint32_t ifindex, const struct prefix *a)
{
	for (size_t i = 0; i < k->n_own; i++)
		if (k->own[i].ifindex == ifindex && !prefix_cmp(&k->own[i].addr, a))
			return true;
	return false;
}

static void own_add(struct net_kernel *k, uint32_t ifindex, const struct prefix *a)
{
	k->own = xrealloc(k->own, (k->n_own + 1) * sizeof(*k->own));
	k->own[k->n_own++] = (struct net_own_addr){ifindex, *a};
}

static void own_del(struct net_kernel *k, uint32_t ifindex, const struct prefix *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->n_own; i++)
		if (k->own[i].ifindex != ifindex || prefix_cmp(&k->own[i].addr, a))
			k->own[kept++] = k->own[i];
	k->n_own = kept;
}

struct addr_walk {
	struct net_kernel *k;
	uint32_t ifindex;
	bool (*visit)(void *ctx, const struct net_addr *a);
	void *ctx;
};

static bool walk_addr(void *ctx, struct nlmsghdr *h)
{
	struct addr_walk *w = ctx;
	struct net_addr a;
	bool has_proto;

	if (!rtnl_parse_addr(h, &a, &has_proto) || (w->ifindex && a.ifindex != w->ifindex))
		return true;
	if (a.ours)
		w->k->keeps_proto = true;
	else if (!has_proto && !w->k->keeps_proto)
		a.ours = kernel_own_addr(w->k, a.ifindex, &a.addr);
	return w->visit(w->ctx, &a);
}

int kernel_addrs(struct net *n, uint32_t ifindex,
        bool (*visit)(void *ctx, const struct net_addr *a), void *ctx)
{
	struct ifaddrmsg i = {.ifa_index = ifindex};
	struct addr_walk w = {net_kernel(n), ifindex, visit, ctx};
	int rc = rtnl_dump(
	        net_kernel(n), rtnl_msg(RTM_GETADDR, NLM_F_DUMP, &i, sizeof(i)), walk_addr, &w);

	return rc == -ENODEV ? 0 : rc; /* no device, no addresses */
}

static struct nl_msg *addr_msg(int type, int flags, uint32_t ifindex, const struct prefix *a)
{
	struct ifaddrmsg i = {
	        .ifa_family = a->addr.family,
	        .ifa_prefixlen = a->len,
	        .ifa_index = ifindex,
	};
	struct nl_msg *m = rtnl_msg(type, flags, &i, sizeof(i));

	rtnl_put_ip(m, IFA_LOCAL, &a->addr);
	rtnl_put_ip(m, IFA_ADDRESS, &a->addr);
	return m;
}

int kernel_addr_add(struct net *n, uint32_t ifindex, const struct prefix *a)
{
	struct nl_msg *m = addr_msg(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, a);
	int rc;

	nla_put_u8(m, IFA_PROTO, NET_ADDR_PROTO);
	rc = rtnl_change(net_kernel(n), m);
	if (rc == -EEXIST)
		return 0;
	if (!rc)
		own_add(net_kernel(n), ifindex, a);
	return rc;
}

struct addr_find {
	const struct prefix *want;
	bool there, ours;
};

static bool find_addr(void *ctx, const struct net_addr *a)
{
	struct addr_find *f = ctx;

	if (prefix_cmp(&a->addr, f->want))
		return true;
	f->there = true;
	f->ours = a->ours;
	return false;
}

int kernel_addr_del(struct net *n, uint32_t ifindex, const struct prefix *a)
{
	struct addr_find f = {.want = a};
	int rc = kernel_addrs(n, ifindex, find_addr, &f);

	if (rc)
		return rc;
	if (f.there && !f.ours)
		return -EPERM;
	own_del(net_kernel(n), ifindex, a);
	if (!f.there)
		return 0;
	rc = rtnl_change(net_kernel(n), addr_msg(RTM_DELADDR, 0, ifindex, a));
	return rc == -EADDRNOTAVAIL || rc == -ENODEV ? 0 : rc;
}
