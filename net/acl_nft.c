/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An entry of an access list in the language of nftables: conditions of one rule in a table of
 * family inet, with numbers throughout, so that neither name tables of the box nor its locale
 * matter.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

#include "net/acl.h"

/* Length of the leading run of zeros in a wildcard, when only ones follow; -1: it has holes. */
static int prefix_len(const struct ipaddr *wild)
{
	int len = 0, bits = ipaddr_bits(wild);

	while (len < bits && !(wild->b[len / 8] & 0x80 >> len % 8))
		len++;
	for (int i = len; i < bits; i++)
		if (!(wild->b[i / 8] & 0x80 >> i % 8))
			return -1;
	return len;
}

static void put_addr(struct strbuf *out, const char *field, const struct acl_addr *a)
{
	char addr[IPADDR_STRLEN], text[IPADDR_STRLEN];
	const char *ip = a->addr.family == AF_INET6 ? "ip6" : "ip";
	struct ipaddr mask = a->wild;
	int len;

	if (!ipaddr_is_set(&a->addr))
		return;
	ipaddr_fmt(&a->addr, addr);
	if (!ipaddr_is_set(&a->wild)) {
		sb_printf(out, "%s %s %s ", ip, field, addr);
		return;
	}
	len = prefix_len(&a->wild);
	if (len >= 0) {
		sb_printf(out, "%s %s %s/%d ", ip, field, addr, len);
		return;
	}
	for (size_t i = 0; i < ipaddr_octets(&mask); i++)
		mask.b[i] = (uint8_t)~mask.b[i];
	sb_printf(out, "%s %s & %s == %s ", ip, field, ipaddr_fmt(&mask, text), addr);
}

static void put_ports(struct strbuf *out, const char *field, const struct acl_ports *p)
{
	if (p->op == ACL_PORT_ANY)
		return;
	sb_printf(out, "th %s ", field);
	if (p->op == ACL_PORT_RANGE && p->port[0] != p->port[1]) {
		sb_printf(out, "%u-%u ", p->port[0], p->port[1]);
		return;
	}
	if ((p->op == ACL_PORT_LT && !p->port[0]) ||
	        (p->op == ACL_PORT_GT && p->port[0] == UINT16_MAX)) {
		sb_printf(out, "0 th %s != 0 ",
		        field); /* no port; nftables refuses to say it directly */
		return;
	}
	if (p->op == ACL_PORT_LT || p->op == ACL_PORT_GT) {
		sb_printf(out, "%s %u ", p->op == ACL_PORT_LT ? "<" : ">", p->port[0]);
		return;
	}
	uint8_t n = p->op == ACL_PORT_RANGE ? 1 : p->n;

	if (p->op == ACL_PORT_NEQ)
		sb_puts(out, "!= ");
	if (n == 1) {
		sb_printf(out, "%u ", p->port[0]);
		return;
	}
	for (uint8_t i = 0; i < n; i++)
		sb_printf(out, "%s%u", i ? ", " : "{ ", p->port[i]);
	sb_puts(out, " } ");
}

static void put_proto(struct strbuf *out, const struct acl_entry *e)
{
	if (e->proto != ACL_PROTO_ANY)
		sb_printf(out, "meta l4proto %d ", e->proto);
	else if (e->established)
		sb_printf(out, "meta l4proto %d ", IPPROTO_TCP);
	else if (e->sport.op || e->dport.op)
		sb_printf(out, "meta l4proto { %d, %d, %d } ", IPPROTO_TCP, IPPROTO_UDP,
		        IPPROTO_SCTP);
}

static void put_icmp(struct strbuf *out, bool v6, const struct acl_entry *e)
{
	const char *name = v6 ? "icmpv6" : "icmp";

	if (e->icmp_type >= 0)
		sb_printf(out, "%s type %d ", name, e->icmp_type);
	if (e->icmp_type >= 0 && e->icmp_code >= 0)
		sb_printf(out, "%s code %d ", name, e->icmp_code);
}

static void put_header_bits(struct strbuf *out, bool v6, const struct acl_entry *e)
{
	if (e->fragments)
		sb_puts(out, v6 ? "frag frag-off != 0 " : "ip frag-off & 0x1fff != 0 ");
	if (e->dscp >= 0)
		sb_printf(out, "%s dscp %d ", v6 ? "ip6" : "ip", e->dscp);
	if (e->tos >= 0) /* RFC 1349: bits 3 to 6 of the octet */
		sb_printf(out, "@nh,%d,4 %d ", v6 ? 7 : 11, e->tos);
}

void acl_nft_match(const struct acl *a, const struct acl_entry *e, struct strbuf *out)
{
	bool v6 = a->kind == ACL_IPV6;

	if (!ipaddr_is_set(&e->src.addr) && !ipaddr_is_set(&e->dst.addr))
		sb_puts(out, v6 ? "meta nfproto ipv6 " : "meta nfproto ipv4 ");
	put_addr(out, "saddr", &e->src);
	put_addr(out, "daddr", &e->dst);
	put_header_bits(out, v6, e);
	put_proto(out, e);
	put_ports(out, "sport", &e->sport);
	put_ports(out, "dport", &e->dport);
	if (e->established)
		sb_puts(out, "tcp flags & (ack | rst) != 0x0 ");
	put_icmp(out, v6, e);
}

/* Names in nftables are letters, digits and a few signs; everything else is written as its octet.
 */
void acl_nft_name(const char *name, struct strbuf *out)
{
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (isascii(*p) && (isalnum(*p) || *p == '-'))
			sb_putc(out, (char)*p);
		else
			sb_printf(out, "_%02x", *p);
}

void acl_nft_counter(const struct acl *a, uint32_t seq, struct strbuf *out)
{
	sb_puts(out, a->kind == ACL_IPV6 ? "c6-" : "c-");
	acl_nft_name(a->name, out);
	sb_printf(out, ".%u", seq);
}
