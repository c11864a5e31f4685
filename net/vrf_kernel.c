/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vrf_kernel_ops: VRF devices, masters and rules over rtnetlink; `k` is an open struct net of
 * net_kernel_ops. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <string.h>

#include "net/rtnl.h"
#include "net/vrf.h"

/* Behind every other route. */
#define CLOSED_METRIC 4278198272U

/* ---- links --------------------------------------------------------------------------------------
 */

static void copy_text(char *dst, size_t n, const struct nlattr *a)
{
	size_t len = a ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;

	if (len >= n)
		len = n - 1;
	if (len)
		memcpy(dst, nla_data(a), len);
	dst[len] = '\0';
}

static uint32_t vrf_table_of(struct nlattr *info)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1], *in[IFLA_VRF_MAX + 1];

	if (!info || nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) < 0 || !tb[IFLA_INFO_KIND] ||
	        strcmp(nla_get_string(tb[IFLA_INFO_KIND]), "vrf") != 0 || !tb[IFLA_INFO_DATA])
		return 0;
	if (nla_parse_nested(in, IFLA_VRF_MAX, tb[IFLA_INFO_DATA], NULL) < 0)
		return 0;
	return rtnl_get_u32(in[IFLA_VRF_TABLE]);
}

struct link_walk {
	bool (*visit)(void *ctx, const struct vrf_link *l);
	void *ctx;
};

static bool walk_link(void *ctx, struct nlmsghdr *h)
{
	const struct ifinfomsg *i = nlmsg_data(h);
	struct link_walk *w = ctx;
	struct nlattr *tb[IFLA_MAX + 1];
	struct vrf_link l = {0};

	if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof(*i), tb, IFLA_MAX, NULL) < 0 ||
	        !tb[IFLA_IFNAME])
		return true;
	l.index = (uint32_t)i->ifi_index;
	l.up = i->ifi_flags & IFF_UP;
	l.master = rtnl_get_u32(tb[IFLA_MASTER]);
	l.table = vrf_table_of(tb[IFLA_LINKINFO]);
	copy_text(l.name, sizeof(l.name), tb[IFLA_IFNAME]);
	copy_text(l.alias, sizeof(l.alias), tb[IFLA_IFALIAS]);
	return w->visit(w->ctx, &l);
}

static int links(void *k, bool (*visit)(void *ctx, const struct vrf_link *l), void *ctx)
{
	struct ifinfomsg i = {0};
	struct link_walk w = {visit, ctx};

	return rtnl_dump(
	        net_kernel(k), rtnl_msg(RTM_GETLINK, NLM_F_DUMP, &i, sizeof(i)), walk_link, &w);
}

static int create(void *k, const char *dev, uint32_t table, const char *alias)
{
	struct ifinfomsg i = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nl_msg *m = rtnl_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	struct nlattr *info, *data;
	struct net_link l;
	int rc;

	nla_put_string(m, IFLA_IFNAME, dev);
	info = nla_nest_start(m, IFLA_LINKINFO);
	nla_put_string(m, IFLA_INFO_KIND, "vrf");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	nla_put_u32(m, IFLA_VRF_TABLE, table);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	rc = rtnl_change(net_kernel(k), m);
	if (rc)
		return rc;
	return kernel_link_by_name(k, dev, &l) ? kernel_link_alias(k, l.index, alias) : -ENODEV;
}

static int remove_link(void *k, uint32_t index)
{
	struct ifinfomsg i = {.ifi_index = (int)index};
	int rc = rtnl_change(net_kernel(k), rtnl_msg(RTM_DELLINK, 0, &i, sizeof(i)));

	return rc == -ENODEV ? 0 : rc;
}

static int enslave(void *k, uint32_t index, uint32_t master)
{
	struct ifinfomsg i = {.ifi_index = (int)index};
	struct nl_msg *m = rtnl_msg(RTM_NEWLINK, 0, &i, sizeof(i));

	nla_put_u32(m, IFLA_MASTER, master);
	return rtnl_change(net_kernel(k), m);
}

/* ---- rules --------------------------------------------------------------------------------------
 */

struct rule_walk {
	bool (*visit)(void *ctx, const struct vrf_rule *r);
	void *ctx;
};

static bool walk_rule(void *ctx, struct nlmsghdr *h)
{
	const struct fib_rule_hdr *f = nlmsg_data(h);
	struct rule_walk *w = ctx;
	struct nlattr *tb[FRA_MAX + 1];
	struct vrf_rule r = {0};

	if (h->nlmsg_type != RTM_NEWRULE || nlmsg_parse(h, sizeof(*f), tb, FRA_MAX, NULL) < 0)
		return true;
	if (!tb[FRA_PROTOCOL] || nla_get_u8(tb[FRA_PROTOCOL]) != VRF_RULE_PROTO)
		return true;
	r.family = f->family;
	r.out = tb[FRA_OIFNAME];
	r.table = tb[FRA_TABLE] ? rtnl_get_u32(tb[FRA_TABLE]) : f->table;
	copy_text(r.dev, sizeof(r.dev), r.out ? tb[FRA_OIFNAME] : tb[FRA_IIFNAME]);
	return w->visit(w->ctx, &r);
}

static int rules(void *k, bool (*visit)(void *ctx, const struct vrf_rule *r), void *ctx)
{
	struct rule_walk w = {visit, ctx};
	static const unsigned char families[] = {AF_INET, AF_INET6};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(families) && !rc; i++) {
		struct fib_rule_hdr f = {.family = families[i]};

		rc = rtnl_dump(net_kernel(k), rtnl_msg(RTM_GETRULE, NLM_F_DUMP, &f, sizeof(f)),
		        walk_rule, &w);
	}
	return rc;
}

static int rule(void *k, const struct vrf_rule *r, bool add)
{
	struct fib_rule_hdr f = {.family = (unsigned char)r->family, .action = FR_ACT_TO_TBL};
	struct nl_msg *m = rtnl_msg(add ? RTM_NEWRULE : RTM_DELRULE,
	        add ? NLM_F_CREATE | NLM_F_EXCL : 0, &f, sizeof(f));
	int rc;

	nla_put_u32(m, FRA_PRIORITY, VRF_RULE_PREF);
	nla_put_u32(m, FRA_TABLE, r->table);
	nla_put_u8(m, FRA_PROTOCOL, VRF_RULE_PROTO);
	nla_put_string(m, r->out ? FRA_OIFNAME : FRA_IIFNAME, r->dev);
	rc = rtnl_change(net_kernel(k), m);
	if (add)
		return rc == -EEXIST ? 0 : rc;
	return rc == -ENOENT ? 0 : rc;
}

/* ---- the end of a table -------------------------------------------------------------------------
 */

static int closed_family(struct net *n, unsigned char family, uint32_t table, bool add)
{
	struct rtmsg r = {.rtm_family = family,
	        .rtm_table = RT_TABLE_UNSPEC,
	        .rtm_protocol = NET_ROUTE_PROTO,
	        .rtm_type = RTN_UNREACHABLE};
	struct nl_msg *m = rtnl_msg(add ? RTM_NEWROUTE : RTM_DELROUTE,
	        add ? NLM_F_CREATE | NLM_F_EXCL : 0, &r, sizeof(r));
	int rc;

	nla_put_u32(m, RTA_TABLE, table);
	nla_put_u32(m, RTA_PRIORITY, CLOSED_METRIC);
	rc = rtnl_change(net_kernel(n), m);
	if (add)
		return rc == -EEXIST ? 0 : rc;
	return rc == -ESRCH ? 0 : rc;
}

static int closed(void *k, uint32_t table, bool add)
{
	int rc = closed_family(k, AF_INET, table, add),
	    rc6 = closed_family(k, AF_INET6, table, add);

	if (rc6 == -EAFNOSUPPORT || rc6 == -EOPNOTSUPP) /* a kernel without IPv6 */
		rc6 = 0;
	return rc ? rc : rc6;
}

const struct vrf_ops vrf_kernel_ops = {
        .links = links,
        .rules = rules,
        .create = create,
        .remove = remove_link,
        .enslave = enslave,
        .rule = rule,
        .closed = closed,
};
