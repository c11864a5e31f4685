/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tracked connections over ctnetlink: a dump becomes one nft_flow each, and a flow can be deleted
 * again, by the tuple as the kernel wrote it.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "net/nft_kernel.h"

static uint16_t port_of(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) == 2 ? ntohs(mnl_attr_get_u16(a)) : 0;
}

static struct ipaddr addr_of(const struct nlattr *v4, const struct nlattr *v6)
{
	if (v4 && mnl_attr_get_payload_len(v4) == 4)
		return ipaddr_from(AF_INET, mnl_attr_get_payload(v4));
	if (v6 && mnl_attr_get_payload_len(v6) == 16)
		return ipaddr_from(AF_INET6, mnl_attr_get_payload(v6));
	return (struct ipaddr){0};
}

static void parse_proto(
        const struct nlattr *nest, struct nft_flow *f, struct endpoint *src, struct endpoint *dst)
{
	const struct nlattr *tb[CTA_PROTO_MAX + 1] = {NULL};
	struct nft_picked p = {tb, CTA_PROTO_MAX};
	const struct nlattr *id;

	mnl_attr_parse_nested(nest, nft_pick, &p);
	if (tb[CTA_PROTO_NUM])
		f->proto = mnl_attr_get_u8(tb[CTA_PROTO_NUM]);
	id = tb[CTA_PROTO_ICMP_ID] ? tb[CTA_PROTO_ICMP_ID] : tb[CTA_PROTO_ICMPV6_ID];
	src->port = port_of(id ? id : tb[CTA_PROTO_SRC_PORT]);
	dst->port = port_of(id ? id : tb[CTA_PROTO_DST_PORT]);
}

static void parse_tuple(
        const struct nlattr *nest, struct nft_flow *f, struct endpoint *src, struct endpoint *dst)
{
	const struct nlattr *tb[CTA_TUPLE_MAX + 1] = {NULL}, *ip[CTA_IP_MAX + 1] = {NULL};
	struct nft_picked p = {tb, CTA_TUPLE_MAX}, q = {ip, CTA_IP_MAX};

	mnl_attr_parse_nested(nest, nft_pick, &p);
	if (tb[CTA_TUPLE_IP])
		mnl_attr_parse_nested(tb[CTA_TUPLE_IP], nft_pick, &q);
	src->addr = addr_of(ip[CTA_IP_V4_SRC], ip[CTA_IP_V6_SRC]);
	dst->addr = addr_of(ip[CTA_IP_V4_DST], ip[CTA_IP_V6_DST]);
	if (tb[CTA_TUPLE_PROTO])
		parse_proto(tb[CTA_TUPLE_PROTO], f, src, dst);
}

static uint32_t get_be32(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) == 4 ? ntohl(mnl_attr_get_u32(a)) : 0;
}

/* Labels are an array of the machine's words; nft writes the bit by the same rule. */
static bool has_label(const struct nlattr *a)
{
	uint32_t word;
	size_t at = NFT_LABEL / 32 * sizeof(word);

	if (!a || mnl_attr_get_payload_len(a) < at + sizeof(word))
		return false;
	memcpy(&word, (const char *)mnl_attr_get_payload(a) + at, sizeof(word));
	return word >> NFT_LABEL % 32 & 1;
}

static uint64_t packets_of(const struct nlattr *nest)
{
	const struct nlattr *tb[CTA_COUNTERS_MAX + 1] = {NULL};
	struct nft_picked p = {tb, CTA_COUNTERS_MAX};

	if (!nest)
		return 0;
	mnl_attr_parse_nested(nest, nft_pick, &p);
	return tb[CTA_COUNTERS_PACKETS] ? be64toh(mnl_attr_get_u64(tb[CTA_COUNTERS_PACKETS])) : 0;
}

static bool parse_flow(const struct nlmsghdr *h, struct nft_flow *f)
{
	const struct nlattr *tb[CTA_MAX + 1] = {NULL};
	struct nft_picked p = {tb, CTA_MAX};
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	uint32_t status;

	mnl_attr_parse(h, sizeof(*g), nft_pick, &p);
	if (!tb[CTA_TUPLE_ORIG] || !tb[CTA_TUPLE_REPLY])
		return false;
	if (mnl_attr_get_payload_len(tb[CTA_TUPLE_ORIG]) > sizeof(f->tuple))
		return false;
	memset(f, 0, sizeof(*f));
	f->family = g->nfgen_family;
	parse_tuple(tb[CTA_TUPLE_ORIG], f, &f->src, &f->dst);
	parse_tuple(tb[CTA_TUPLE_REPLY], f, &f->reply_src, &f->reply_dst);
	f->tuple_len = mnl_attr_get_payload_len(tb[CTA_TUPLE_ORIG]);
	memcpy(f->tuple, mnl_attr_get_payload(tb[CTA_TUPLE_ORIG]), f->tuple_len);
	status = get_be32(tb[CTA_STATUS]);
	f->snat = status & IPS_SRC_NAT;
	f->dnat = status & IPS_DST_NAT;
	f->ours = has_label(tb[CTA_LABELS]);
	f->left_s = get_be32(tb[CTA_TIMEOUT]);
	f->id = tb[CTA_ID] ? mnl_attr_get_u32(tb[CTA_ID]) : 0;
	f->packets = packets_of(tb[CTA_COUNTERS_ORIG]) + packets_of(tb[CTA_COUNTERS_REPLY]);
	return true;
}

struct flow_walk {
	void (*visit)(void *ctx, const struct nft_flow *f);
	void *ctx;
};

static int take_flow(const struct nlmsghdr *h, void *ctx)
{
	const struct flow_walk *w = ctx;
	struct nft_flow f;

	if (parse_flow(h, &f))
		w->visit(w->ctx, &f);
	return MNL_CB_OK;
}

int nft_kernel_flows(struct nft *n, void (*visit)(void *ctx, const struct nft_flow *f), void *ctx)
{
	char buf[256];
	struct flow_walk w = {visit, ctx};

	return nft_talk(nft_kernel(n),
	        nft_msg(buf, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC),
	        take_flow, &w);
}

int nft_kernel_flow_del(struct nft *n, const struct nft_flow *f)
{
	char buf[512];
	struct nlmsghdr *h =
	        nft_msg(buf, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, f->family);

	mnl_attr_put(h, CTA_TUPLE_ORIG | NLA_F_NESTED, f->tuple_len, f->tuple);
	mnl_attr_put_u32(h, CTA_ID, f->id);
	int rc = nft_talk(nft_kernel(n), h, NULL, NULL);

	return rc == -ENOENT ? 0 : rc;
}
