/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The netfilter log group of our access lists, over nfnetlink. A message carries the prefix that
 * nat_text.c gave it (the entry's counter and the verdict) and the first octets of the packet.
 */
#include "net/nft_log.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/nft_kernel.h"

enum { COPY = 128, BUF = 16384 };

struct nft_log {
	struct mnl_socket *sock;
	struct nft_logged *queue;
	size_t head, n, cap;
};

/* ---- what the kernel says -----------------------------------------------------------------------
 */

static bool decode_name(const char *p, size_t n, char *out, size_t max)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t octet = (uint8_t)p[i];
		char hex[3] = "";

		if (p[i] == '_') {
			if (i + 2 >= n)
				return false;
			memcpy(hex, p + i + 1, 2);
			if (!hex_parse(hex, &octet, 1))
				return false;
			i += 2;
		}
		if (len + 1 >= max)
			return false;
		out[len++] = (char)octet;
	}
	out[len] = '\0';
	return true;
}

/* "c-101.10 denied" */
bool nft_log_parse_prefix(const char *prefix, struct nft_logged *out)
{
	const char *dash = strchr(prefix, '-'), *dot = dash ? strchr(dash, '.') : NULL;
	char verdict[16];

	if (!dot || (strncmp(prefix, "c-", 2) != 0 && strncmp(prefix, "c6-", 3) != 0))
		return false;
	out->v6 = prefix[1] == '6';
	if (sscanf(dot + 1, "%u %15s", &out->seq, verdict) != 2)
		return false;
	out->permitted = strcmp(verdict, "permitted") == 0;
	return decode_name(dash + 1, (size_t)(dot - dash - 1), out->list, sizeof(out->list));
}

static void parse_transport(struct rd *r, struct acl_packet *out)
{
	if (out->fragment)
		return;
	if (out->proto == IPPROTO_TCP || out->proto == IPPROTO_UDP || out->proto == IPPROTO_SCTP) {
		out->sport = rd_u16(r);
		out->dport = rd_u16(r);
	} else if (out->proto == IPPROTO_ICMP || out->proto == IPPROTO_ICMPV6) {
		out->icmp_type = rd_u8(r);
		out->icmp_code = rd_u8(r);
	}
}

static bool parse_ip4(struct rd r, struct acl_packet *out)
{
	size_t header = (size_t)(rd_u8(&r) & 15) * 4;

	out->tos = rd_u8(&r);
	rd_skip(&r, 4);
	out->fragment = rd_u16(&r) & 0x1fff;
	rd_skip(&r, 1);
	out->proto = rd_u8(&r);
	rd_skip(&r, 2);
	out->src.family = out->dst.family = AF_INET;
	rd_bytes(&r, out->src.b, 4);
	rd_bytes(&r, out->dst.b, 4);
	if (header < 20)
		return false;
	rd_skip(&r, header - 20);
	parse_transport(&r, out);
	return rd_ok(&r);
}

static bool parse_ip6(struct rd r, struct acl_packet *out)
{
	out->tos = (uint8_t)(rd_u16(&r) >> 4);
	rd_skip(&r, 4);
	out->proto = rd_u8(&r);
	rd_skip(&r, 1);
	out->src.family = out->dst.family = AF_INET6;
	rd_bytes(&r, out->src.b, 16);
	rd_bytes(&r, out->dst.b, 16);
	parse_transport(&r, out);
	return rd_ok(&r);
}

bool nft_log_parse_packet(const uint8_t *p, size_t n, struct acl_packet *out)
{
	memset(out, 0, sizeof(*out));
	if (!n)
		return false;
	if (p[0] >> 4 == 4)
		return parse_ip4(rd_init(p, n), out);
	return p[0] >> 4 == 6 && parse_ip6(rd_init(p, n), out);
}

static void put(struct nft_log *l, const struct nft_logged *e)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->queue = xrealloc(l->queue, l->cap * sizeof(*l->queue));
	}
	l->queue[l->n++] = *e;
}

static int take(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *tb[NFULA_MAX + 1] = {NULL};
	struct nft_picked p = {tb, NFULA_MAX};
	struct nft_logged e = {.seq = 0};

	if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	mnl_attr_parse(h, sizeof(struct nfgenmsg), nft_pick, &p);
	if (!tb[NFULA_PREFIX] || !tb[NFULA_PAYLOAD] ||
	        !nft_log_parse_prefix(mnl_attr_get_str(tb[NFULA_PREFIX]), &e) ||
	        !nft_log_parse_packet(mnl_attr_get_payload(tb[NFULA_PAYLOAD]),
	                mnl_attr_get_payload_len(tb[NFULA_PAYLOAD]), &e.packet))
		return MNL_CB_OK;
	if (tb[NFULA_IFINDEX_INDEV])
		e.in_ifindex = ntohl(mnl_attr_get_u32(tb[NFULA_IFINDEX_INDEV]));
	put(ctx, &e);
	return MNL_CB_OK;
}

static void read_more(struct nft_log *l)
{
	char *buf = xmalloc(BUF);
	ssize_t n;

	while ((n = recv(mnl_socket_get_fd(l->sock), buf, BUF, MSG_DONTWAIT)) > 0)
		mnl_cb_run(buf, (size_t)n, 0, 0, take, l);
	free(buf);
}

bool nft_log_poll(struct nft_log *l, struct nft_logged *out)
{
	if (l->head == l->n) {
		l->head = l->n = 0;
		read_more(l);
	}
	if (l->head == l->n)
		return false;
	*out = l->queue[l->head++];
	return true;
}

/* ---- the socket ---------------------------------------------------------------------------------
 */

static int bind_group(struct nft_log *l)
{
	char buf[256];
	struct nlmsghdr *h =
	        nft_msg(buf, NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG, NLM_F_ACK, AF_UNSPEC);
	struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	struct nfulnl_msg_config_cmd cmd = {.command = NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {
	        .copy_mode = NFULNL_COPY_PACKET, .copy_range = htonl(COPY)};
	ssize_t n;

	g->res_id = htons(NFT_LOG_GROUP);
	mnl_attr_put(h, NFULA_CFG_CMD, sizeof(cmd), &cmd);
	mnl_attr_put(h, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(1)); /* each at once */
	if (mnl_socket_sendto(l->sock, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(l->sock, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(l->sock), NULL, NULL) < 0)
		return -errno;
	return 0;
}

struct nft_log *nft_log_open(char *why, size_t n)
{
	struct nft_log *l = xcalloc(1, sizeof(*l));
	int rc;

	l->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	rc = l->sock && mnl_socket_bind(l->sock, 0, MNL_SOCKET_AUTOPID) == 0 ? bind_group(l)
	                                                                     : -errno;
	if (!rc)
		return l;
	snprintf(why, n, "netfilter log group %d: %s", NFT_LOG_GROUP, strerror(-rc));
	nft_log_close(l);
	return NULL;
}

void nft_log_close(struct nft_log *l)
{
	if (!l)
		return;
	if (l->sock)
		mnl_socket_close(l->sock);
	free(l->queue);
	free(l);
}

int nft_log_fd(const struct nft_log *l)
{
	return mnl_socket_get_fd(l->sock);
}

/* ---- words --------------------------------------------------------------------------------------
 */

static bool has_ports(const struct nft_logged *e)
{
	return e->packet.proto == IPPROTO_TCP || e->packet.proto == IPPROTO_UDP ||
	       e->packet.proto == IPPROTO_SCTP;
}

static bool is_icmp(const struct nft_logged *e)
{
	return e->packet.proto == IPPROTO_ICMP || e->packet.proto == IPPROTO_ICMPV6;
}

const char *nft_logged_mnemonic(const struct nft_logged *e)
{
	if (has_ports(e))
		return e->v6 ? "ACCESSLOGP" : "IPACCESSLOGP";
	if (is_icmp(e))
		return e->v6 ? "ACCESSLOGDP" : "IPACCESSLOGDP";
	return e->v6 ? "ACCESSLOGNP" : "IPACCESSLOGNP";
}

void nft_logged_text(const struct nft_logged *e, struct strbuf *out)
{
	char src[IPADDR_STRLEN], dst[IPADDR_STRLEN];
	const struct acl_packet *p = &e->packet;
	const char *proto = acl_proto_name(p->proto, e->v6 ? ACL_IPV6 : ACL_EXTENDED);

	sb_printf(out, "list %s %s ", e->list, e->permitted ? "permitted" : "denied");
	if (proto && (has_ports(e) || is_icmp(e)))
		sb_puts(out, proto);
	else
		sb_printf(out, "%u", p->proto);
	ipaddr_fmt(&p->src, src);
	ipaddr_fmt(&p->dst, dst);
	if (has_ports(e))
		sb_printf(out, " %s(%u) -> %s(%u)", src, p->sport, dst, p->dport);
	else if (is_icmp(e))
		sb_printf(out, " %s -> %s (%u/%u)", src, dst, p->icmp_type, p->icmp_code);
	else
		sb_printf(out, " %s -> %s", src, dst);
	sb_puts(out, ", 1 packet");
}
