/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The devices: an xfrm interface, or GRE over IPv4 or IPv6, made over rtnetlink under the tunnel's
 * name and marked with our alias.
 *
 * A GRE device must have two ends from the start. Until an SA tells them it gets an end of 127/8
 * that is nobody's: what is routed into it dies on the loopback, and no two such devices are alike.
 * GRE over IPv4 and over IPv6 are devices of different kinds; changing from one to the other
 * replaces the device and puts back what hung on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "dataplane/kernel.h"

#define ALIAS_PREFIX "spoke:"

enum {
	OUTER_TTL = 255,
	TOS_INHERIT = 1,
	NOWHERE = 0x7f530000,
	NOWHERE_MASK = (int)0xffff0000,
	MSG = 4096
};

/* ---- making ---------------------------------------------------------------------------------- */

static struct nlmsghdr *link_msg(void *buf, uint16_t type, uint16_t flags, uint32_t ifindex)
{
	struct nlmsghdr *h = xf_begin(buf, type, flags, sizeof(struct ifinfomsg));
	struct ifinfomsg *i = mnl_nlmsg_get_payload(h);

	i->ifi_index = (int)ifindex;
	return h;
}

static const char *kind_of(const struct dp_tunnel *t, const struct kdp_ends *ends)
{
	if (t->payload != DP_PAYLOAD_GRE)
		return "xfrm";
	return ends->remote.family == AF_INET6 ? "ip6gre" : "gre";
}

static void put_gre_ends(struct nlmsghdr *h, const struct dp_tunnel *t, const struct kdp_ends *ends)
{
	uint16_t flags = t->has_key ? GRE_KEY : 0;
	struct ipaddr local = ends->local, remote = ends->remote;

	if (!ipaddr_is_set(&remote)) {
		local = ipaddr_v4(0);
		remote = ipaddr_v4((uint32_t)NOWHERE | (t->id & 0xffff));
	}
	mnl_attr_put(h, IFLA_GRE_LOCAL, ipaddr_octets(&local), local.b);
	mnl_attr_put(h, IFLA_GRE_REMOTE, ipaddr_octets(&remote), remote.b);
	mnl_attr_put_u16(h, IFLA_GRE_IFLAGS, flags);
	mnl_attr_put_u16(h, IFLA_GRE_OFLAGS, flags);
	mnl_attr_put_u32(h, IFLA_GRE_IKEY, htonl(t->has_key ? t->key : 0));
	mnl_attr_put_u32(h, IFLA_GRE_OKEY, htonl(t->has_key ? t->key : 0));
	mnl_attr_put_u8(h, IFLA_GRE_TTL, OUTER_TTL);
	if (remote.family == AF_INET6) {
		mnl_attr_put_u32(
		        h, IFLA_GRE_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT | IP6_TNL_F_USE_ORIG_TCLASS);
	} else {
		mnl_attr_put_u8(h, IFLA_GRE_TOS, TOS_INHERIT);
		mnl_attr_put_u8(h, IFLA_GRE_PMTUDISC, 1);
	}
}

static void put_info(struct nlmsghdr *h, const struct dp_tunnel *t, const struct kdp_ends *ends)
{
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO), *data;
	bool gre = t->payload == DP_PAYLOAD_GRE;

	mnl_attr_put_strz(h, IFLA_INFO_KIND, kind_of(t, ends));
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	if (gre)
		put_gre_ends(h, t, ends);
	else
		mnl_attr_put_u32(h, IFLA_XFRM_IF_ID, xf_mark(t->id));
	if (ends->link || gre)
		mnl_attr_put_u32(
		        h, gre ? (uint16_t)IFLA_GRE_LINK : (uint16_t)IFLA_XFRM_LINK, ends->link);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
}

/* The kernel would give the device a link-local address of its own, and speak IPv6 where only IPv4
 * was agreed on. */
static void no_link_local(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t rc = write(fd, "1", 1);

	(void)rc; /* without IPv6 there is nothing to keep off */
	close(fd);
}

static int set_alias(struct mnl_socket *s, const char *name)
{
	_Alignas(8) uint8_t buf[MSG];
	char alias[sizeof(ALIAS_PREFIX) + DP_IFNAMSIZ];
	struct nlmsghdr *h = link_msg(buf, RTM_SETLINK, 0, 0);

	snprintf(alias, sizeof(alias), ALIAS_PREFIX "%.*s", DP_IFNAMSIZ, name);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_strz(h, IFLA_IFALIAS, alias);
	return kdp_talk(s, h, NULL, NULL);
}

static int read_index(const struct nlmsghdr *h, void *ctx)
{
	*(uint32_t *)ctx =
	        (uint32_t)((const struct ifinfomsg *)mnl_nlmsg_get_payload(h))->ifi_index;
	return MNL_CB_STOP;
}

static int find_index(struct mnl_socket *s, const char *name, uint32_t *ifindex)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_GETLINK, 0, 0);

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return kdp_talk(s, h, read_index, ifindex);
}

static void del_by_name(struct mnl_socket *s, const char *name)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_DELLINK, 0, 0);

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	kdp_talk(s, h, NULL, NULL);
}

int kdp_link_add(struct mnl_socket *s, const struct dp_tunnel *t, const struct kdp_ends *ends,
        uint32_t *ifindex)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, *ifindex);
	int rc;

	mnl_attr_put_strz(h, IFLA_IFNAME, t->name);
	put_info(h, t, ends);
	rc = kdp_talk(s, h, NULL, NULL);
	if (rc < 0)
		return rc;
	rc = set_alias(s, t->name);
	if (rc == 0)
		rc = find_index(s, t->name, ifindex);
	if (rc < 0)
		del_by_name(s, t->name);
	else
		no_link_local(t->name);
	return rc;
}

int kdp_link_del(struct mnl_socket *s, uint32_t ifindex)
{
	_Alignas(8) uint8_t buf[MSG];
	int rc = kdp_talk(s, link_msg(buf, RTM_DELLINK, 0, ifindex), NULL, NULL);

	return rc == -ENODEV ? 0 : rc;
}

int kdp_link_ends(struct mnl_socket *s, uint32_t ifindex, const struct dp_tunnel *t,
        const struct kdp_ends *ends)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_NEWLINK, 0, ifindex);

	put_info(h, t, ends);
	return kdp_talk(s, h, NULL, NULL);
}

int kdp_link_mtu(struct mnl_socket *s, uint32_t ifindex, uint16_t mtu)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_SETLINK, 0, ifindex);

	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return kdp_talk(s, h, NULL, NULL);
}

/* ---- looking --------------------------------------------------------------------------------- */

struct seen_link {
	uint32_t ifindex, flags, if_id, gre_remote, master;
	char kind[16], alias[64];
	struct rtnl_link_stats64 st;
	bool has_stats;
};

static void see_data(struct seen_link *l, const struct nlattr *data)
{
	const struct nlattr *a;

	XF_EACH_NESTED(a, data)
	{
		uint16_t type = mnl_attr_get_type(a);

		if (mnl_attr_get_payload_len(a) != 4)
			continue;
		if (strcmp(l->kind, "xfrm") == 0 && type == IFLA_XFRM_IF_ID)
			l->if_id = mnl_attr_get_u32(a);
		else if (strcmp(l->kind, "gre") == 0 && type == IFLA_GRE_REMOTE)
			l->gre_remote = ntohl(mnl_attr_get_u32(a));
	}
}

static void see_info(struct seen_link *l, const struct nlattr *info)
{
	const struct nlattr *a, *data = NULL;

	XF_EACH_NESTED(a, info)
	{
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			snprintf(l->kind, sizeof(l->kind), "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == IFLA_INFO_DATA)
			data = a;
	}
	if (data)
		see_data(l, data);
}

static void see_link(const struct nlmsghdr *h, struct seen_link *l)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	*l = (struct seen_link){.ifindex = (uint32_t)i->ifi_index, .flags = i->ifi_flags};
	XF_EACH_ATTR(a, h, sizeof(*i))
	{
		uint16_t type = mnl_attr_get_type(a);

		if (type == IFLA_LINKINFO)
			see_info(l, a);
		else if (type == IFLA_IFALIAS)
			snprintf(l->alias, sizeof(l->alias), "%s", mnl_attr_get_str(a));
		else if (type == IFLA_MASTER)
			l->master = mnl_attr_get_u32(a);
		else if (type == IFLA_STATS64 && mnl_attr_get_payload_len(a) >= 64) {
			size_t n = mnl_attr_get_payload_len(a);

			memcpy(&l->st, mnl_attr_get_payload(a),
			        n < sizeof(l->st) ? n : sizeof(l->st));
			l->has_stats = true;
		}
	}
}

static int take_link(const struct nlmsghdr *h, void *ctx)
{
	see_link(h, ctx);
	return MNL_CB_STOP;
}

bool kdp_link_stats(struct mnl_socket *s, uint32_t ifindex, struct kdp_link_stats *out)
{
	_Alignas(8) uint8_t buf[MSG];
	struct seen_link l = {0};

	if (kdp_talk(s, link_msg(buf, RTM_GETLINK, 0, ifindex), take_link, &l) < 0 || !l.has_stats)
		return false;
	*out = (struct kdp_link_stats){.rx_packets = l.st.rx_packets,
	        .tx_packets = l.st.tx_packets,
	        .tx_drops = l.st.tx_errors + l.st.tx_dropped + l.st.tx_carrier_errors};
	return true;
}

bool kdp_link_is_vrf(struct mnl_socket *s, uint32_t ifindex)
{
	_Alignas(8) uint8_t buf[MSG];
	struct seen_link l = {0};

	return kdp_talk(s, link_msg(buf, RTM_GETLINK, 0, ifindex), take_link, &l) == 0 &&
	       strcmp(l.kind, "vrf") == 0;
}

/* ---- what a killed predecessor left ---------------------------------------------------------- */

struct found_links {
	uint32_t *ifindex;
	size_t n;
};

static bool is_ours(const struct seen_link *l)
{
	bool kind = strcmp(l->kind, "xfrm") == 0 || strcmp(l->kind, "gre") == 0 ||
	            strcmp(l->kind, "ip6gre") == 0;

	return kind && (strncmp(l->alias, ALIAS_PREFIX, sizeof(ALIAS_PREFIX) - 1) == 0 ||
	                       xf_is_ours(l->if_id) ||
	                       (l->gre_remote & (uint32_t)NOWHERE_MASK) == (uint32_t)NOWHERE);
}

static int collect_ours(const struct nlmsghdr *h, void *ctx)
{
	struct found_links *f = ctx;
	struct seen_link l;

	see_link(h, &l);
	if (is_ours(&l)) {
		f->ifindex = xrealloc(f->ifindex, (f->n + 1) * sizeof(*f->ifindex));
		f->ifindex[f->n++] = l.ifindex;
	}
	return MNL_CB_OK;
}

int kdp_link_purge(struct mnl_socket *s)
{
	_Alignas(8) uint8_t buf[MSG];
	struct found_links f = {0};
	int rc = kdp_dump(s, link_msg(buf, RTM_GETLINK, 0, 0), collect_ours, &f);

	for (size_t i = 0; rc == 0 && i < f.n; i++)
		rc = kdp_link_del(s, f.ifindex[i]);
	free(f.ifindex);
	return rc;
}

/* ---- another kind of device in the same place ------------------------------------------------ */

struct kept { /* messages as the kernel told them, to be told back */
	uint8_t *p;
	size_t n;
	uint32_t ifindex;
};

static size_t aligned(size_t n)
{
	return (n + MNL_ALIGNTO - 1) / MNL_ALIGNTO * MNL_ALIGNTO;
}

static void keep(struct kept *k, const struct nlmsghdr *h)
{
	size_t n = aligned(h->nlmsg_len);

	k->p = xrealloc(k->p, k->n + n);
	memcpy(k->p + k->n, h, h->nlmsg_len);
	k->n += n;
}

static int keep_address(const struct nlmsghdr *h, void *ctx)
{
	struct kept *k = ctx;

	if (((const struct ifaddrmsg *)mnl_nlmsg_get_payload(h))->ifa_index == k->ifindex)
		keep(k, h);
	return MNL_CB_OK;
}

/* What the kernel made by itself comes by itself. */
static int keep_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	struct kept *k = ctx;
	const struct nlattr *a;

	if (r->rtm_protocol == RTPROT_KERNEL || r->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	XF_EACH_ATTR(a, h, sizeof(*r))
	if (mnl_attr_get_type(a) == RTA_OIF && mnl_attr_get_u32(a) == k->ifindex)
		keep(k, h);
	return MNL_CB_OK;
}

static void put_back(struct mnl_socket *s, struct kept *k, uint16_t type)
{
	for (size_t at = 0; at < k->n;) {
		_Alignas(8) uint8_t buf[MSG];
		struct nlmsghdr *h = (void *)buf;
		uint32_t len = ((const struct nlmsghdr *)(k->p + at))->nlmsg_len;

		at += aligned(len);
		if (len > sizeof(buf))
			continue;
		memcpy(buf, k->p + at - aligned(len), len);
		h->nlmsg_type = type;
		h->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
		kdp_talk(s, h, NULL, NULL);
	}
	free(k->p);
}

static struct nlmsghdr *dump_msg(void *buf, uint16_t type, size_t body)
{
	return xf_begin(buf, type, 0, body);
}

/* A VRF keeps its own. */
static int set_master(struct mnl_socket *s, uint32_t ifindex, uint32_t master)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_SETLINK, 0, ifindex);

	mnl_attr_put_u32(h, IFLA_MASTER, master);
	return kdp_talk(s, h, NULL, NULL);
}

static int set_up(struct mnl_socket *s, uint32_t ifindex)
{
	_Alignas(8) uint8_t buf[MSG];
	struct nlmsghdr *h = link_msg(buf, RTM_SETLINK, 0, ifindex);
	struct ifinfomsg *i = mnl_nlmsg_get_payload(h);

	i->ifi_flags = i->ifi_change = IFF_UP;
	return kdp_talk(s, h, NULL, NULL);
}

int kdp_link_replace(struct mnl_socket *s, const struct dp_tunnel *t, const struct kdp_ends *ends,
        uint32_t ifindex)
{
	_Alignas(8) uint8_t buf[MSG];
	struct kept addrs = {.ifindex = ifindex}, routes = {.ifindex = ifindex};
	struct seen_link l = {0};
	int rc = kdp_talk(s, link_msg(buf, RTM_GETLINK, 0, ifindex), take_link, &l);

	if (rc < 0)
		return rc;
	kdp_dump(s, dump_msg(buf, RTM_GETADDR, sizeof(struct ifaddrmsg)), keep_address, &addrs);
	kdp_dump(s, dump_msg(buf, RTM_GETROUTE, sizeof(struct rtmsg)), keep_route, &routes);
	rc = kdp_link_del(s, ifindex);
	if (rc == 0)
		rc = kdp_link_add(s, t, ends, &ifindex);
	if (rc == 0 && l.master)
		rc = set_master(s, ifindex, l.master);
	if (rc == 0 && l.flags & IFF_UP)
		rc = set_up(s, ifindex);
	put_back(s, &addrs, RTM_NEWADDR);
	put_back(s, &routes, RTM_NEWROUTE);
	return rc;
}
