/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links of the kernel: names, states and counters; our mark on a device is its alias.
 *
 * `link_del` asks the kernel for the alias first and refuses (-EPERM) what does not carry it.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <string.h>

#include "net/rtnl.h"

static void copy_text(char *dst, size_t n, const struct nlattr *a)
{
	if (!a)
		return;
	size_t len = strnlen(nla_data(a), (size_t)nla_len(a));

	if (len >= n)
		len = n - 1;
	memcpy(dst, nla_data(a), len);
	dst[len] = '\0';
}

static void take_stats(struct net_link *l, const struct nlattr *a)
{
	struct rtnl_link_stats64 s = {0};
	size_t have = a ? (size_t)nla_len(a) : 0;

	memcpy(&s, a ? nla_data(a) : &s, have < sizeof(s) ? have : sizeof(s));
	l->rx_packets = s.rx_packets;
	l->tx_packets = s.tx_packets;
	l->rx_bytes = s.rx_bytes;
	l->tx_bytes = s.tx_bytes;
	l->rx_errors = s.rx_errors;
	l->tx_errors = s.tx_errors;
	l->rx_dropped = s.rx_dropped;
	l->tx_dropped = s.tx_dropped;
}

bool rtnl_parse_link(struct nlmsghdr *h, struct net_link *out)
{
	const struct ifinfomsg *i = nlmsg_data(h);
	struct nlattr *tb[IFLA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return false;
	if (nlmsg_parse(h, sizeof(*i), tb, IFLA_MAX, NULL) < 0 || !tb[IFLA_IFNAME])
		return false;
	if (i->ifi_family != AF_UNSPEC) /* a bridge port's view of the device */
		return false;
	memset(out, 0, sizeof(*out));
	out->index = (uint32_t)i->ifi_index;
	out->up = i->ifi_flags & IFF_UP;
	out->running = i->ifi_flags & IFF_RUNNING;
	out->loopback = i->ifi_flags & IFF_LOOPBACK;
	out->mtu = rtnl_get_u32(tb[IFLA_MTU]);
	copy_text(out->name, sizeof(out->name), tb[IFLA_IFNAME]);
	copy_text(out->alias, sizeof(out->alias), tb[IFLA_IFALIAS]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == sizeof(out->mac))
		memcpy(out->mac, nla_data(tb[IFLA_ADDRESS]), sizeof(out->mac));
	take_stats(out, tb[IFLA_STATS64]);
	return true;
}

struct found_link {
	struct net_link *out;
	bool ok;
};

static void found(void *ctx, struct nlmsghdr *h)
{
	struct found_link *f = ctx;

	f->ok = rtnl_parse_link(h, f->out);
}

static int ask_link(struct net *n, uint32_t index, const char *name, struct net_link *out)
{
	struct ifinfomsg i = {.ifi_index = (int)index};
	struct nl_msg *m = rtnl_msg(RTM_GETLINK, 0, &i, sizeof(i));
	struct found_link f = {.out = out};
	int rc;

	if (name)
		nla_put_string(m, IFLA_IFNAME, name);
	rc = rtnl_ask(net_kernel(n), m, found, &f);
	return rc ? rc : f.ok ? 0 : -ENODEV;
}

bool kernel_link_by_name(struct net *n, const char *name, struct net_link *out)
{
	return *name && strlen(name) < NET_IFNAMSIZ && ask_link(n, 0, name, out) == 0;
}

bool kernel_link_by_index(struct net *n, uint32_t index, struct net_link *out)
{
	return index && ask_link(n, index, NULL, out) == 0;
}

struct link_walk {
	bool (*visit)(void *ctx, const struct net_link *l);
	void *ctx;
};

static bool walk_link(void *ctx, struct nlmsghdr *h)
{
	struct link_walk *w = ctx;
	struct net_link l;

	return !rtnl_parse_link(h, &l) || w->visit(w->ctx, &l);
}

int kernel_links(struct net *n, bool (*visit)(void *ctx, const struct net_link *l), void *ctx)
{
	struct ifinfomsg i = {0};
	struct link_walk w = {visit, ctx};

	return rtnl_dump(
	        net_kernel(n), rtnl_msg(RTM_GETLINK, NLM_F_DUMP, &i, sizeof(i)), walk_link, &w);
}

int kernel_link_set(struct net *n, uint32_t ifindex, bool up, uint32_t mtu)
{
	struct ifinfomsg i = {.ifi_index = (int)ifindex, .ifi_change = IFF_UP};
	struct nl_msg *m;

	i.ifi_flags = up ? IFF_UP : 0;
	m = rtnl_msg(RTM_NEWLINK, 0, &i, sizeof(i));
	if (mtu)
		nla_put_u32(m, IFLA_MTU, mtu);
	return rtnl_change(net_kernel(n), m);
}

int kernel_link_alias(struct net *n, uint32_t ifindex, const char *alias)
{
	struct ifinfomsg i = {.ifi_index = (int)ifindex};
	struct nl_msg *m = rtnl_msg(RTM_NEWLINK, 0, &i, sizeof(i));

	nla_put(m, IFLA_IFALIAS, (int)strlen(alias), alias);
	return rtnl_change(net_kernel(n), m);
}

static bool is_ours(const struct net_link *l)
{
	return strncmp(l->alias, NET_ALIAS_PREFIX, strlen(NET_ALIAS_PREFIX)) == 0;
}

int kernel_link_del(struct net *n, uint32_t ifindex)
{
	struct ifinfomsg i = {.ifi_index = (int)ifindex};
	struct net_link l;
	int rc = ask_link(n, ifindex, NULL, &l);

	if (!rc && !is_ours(&l))
		return -EPERM;
	if (!rc)
		rc = rtnl_change(net_kernel(n), rtnl_msg(RTM_DELLINK, 0, &i, sizeof(i)));
	return rc == -ENODEV ? 0 : rc;
}

/* With a parent a VLAN of it, else a dummy. */
static int make_link(struct net *n, const char *name, uint32_t parent, uint16_t vlan)
{
	struct ifinfomsg i = {0};
	struct nl_msg *m = rtnl_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	struct nlattr *info, *data;

	nla_put_string(m, IFLA_IFNAME, name);
	if (parent)
		nla_put_u32(m, IFLA_LINK, parent);
	info = nla_nest_start(m, IFLA_LINKINFO);
	nla_put_string(m, IFLA_INFO_KIND, parent ? "vlan" : "dummy");
	if (parent) {
		data = nla_nest_start(m, IFLA_INFO_DATA);
		nla_put_u16(m, IFLA_VLAN_ID, vlan);
		nla_nest_end(m, data);
	}
	nla_nest_end(m, info);
	return rtnl_change(net_kernel(n), m);
}

/* One of ours that is there already is taken over. */
static int own_link(
        struct net *n, const char *name, uint32_t parent, uint16_t vlan, uint32_t *ifindex)
{
	char alias[sizeof(NET_ALIAS_PREFIX) + NET_IFNAMSIZ] = NET_ALIAS_PREFIX;
	struct net_link l;
	int rc;

	if (!*name || strlen(name) >= NET_IFNAMSIZ)
		return -EINVAL;
	strcat(alias, name);
	if (!kernel_link_by_name(n, name, &l)) {
		rc = make_link(n, name, parent, vlan);
		if (rc)
			return rc;
		if (!kernel_link_by_name(n, name, &l))
			return -ENODEV;
		rc = kernel_link_alias(n, l.index, alias);
		if (rc)
			return rc;
	} else if (!is_ours(&l)) {
		return -EEXIST;
	}
	*ifindex = l.index;
	return 0;
}

int kernel_dummy_add(struct net *n, const char *name, uint32_t *ifindex)
{
	return own_link(n, name, 0, 0, ifindex);
}

int kernel_vlan_add(
        struct net *n, const char *name, uint32_t parent, uint16_t vlan, uint32_t *ifindex)
{
	return own_link(n, name, parent, vlan, ifindex);
}
