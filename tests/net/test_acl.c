/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access lists: order, normal form, evaluation, IOS's text, and the same condition in the language
 * of nftables. The last test lets the kernel judge: random lists and random packets, and both must
 * come to the same entry.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib_netns.h"
#include "net/acl.h"
#include "net/nft.h"

static struct ipaddr ip(const char *s)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(s, &a));
	return a;
}

static struct acl_addr wild(const char *addr, const char *bits)
{
	struct ipaddr a = ip(addr), w = ip(bits);

	return acl_net(&a, &w);
}

static struct acl_addr host(const char *addr)
{
	struct ipaddr a = ip(addr);

	return acl_host(&a);
}

static struct acl_addr net6(const char *prefix)
{
	struct prefix p;

	assert_true(prefix_parse(prefix, &p));
	return acl_prefix(&p);
}

static struct acl_packet packet(
        const char *src, const char *dst, uint8_t proto, uint16_t sport, uint16_t dport)
{
	return (struct acl_packet){
	        .src = ip(src), .dst = ip(dst), .proto = proto, .sport = sport, .dport = dport};
}

/* ---- order and normal form ----------------------------------------------------------------------
 */

static void entries_are_kept_by_number(void **state)
{
	struct acl *a = acl_new("A", ACL_STANDARD);
	struct acl_entry e = acl_rule(true);

	(void)state;
	assert_int_equal(acl_add(a, &e), 10);
	assert_int_equal(acl_add(a, &e), 20);
	e.seq = 15;
	e.permit = false;
	assert_int_equal(acl_add(a, &e), 15);
	e.seq = 20; /* replaces */
	acl_add(a, &e);
	e.seq = 0;
	assert_int_equal(acl_add(a, &e), 30);
	assert_int_equal(a->n, 4);
	assert_int_equal(a->e[1].seq, 15);
	assert_false(a->e[2].permit);
	assert_true(acl_remove(a, 15));
	assert_false(acl_remove(a, 15));
	acl_resequence(a, 100, 5);
	assert_int_equal(a->e[0].seq, 100);
	assert_int_equal(a->e[1].seq, 105);
	assert_int_equal(a->e[2].seq, 110);
	acl_free(a);
}

static void bits_under_the_wildcard_are_cleared(void **state)
{
	struct acl *a = acl_new("A", ACL_STANDARD);
	struct acl_entry e = acl_rule(true);
	char text[IPADDR_STRLEN];

	(void)state;
	e.src = wild("10.1.2.3", "0.0.255.255");
	acl_add(a, &e);
	assert_string_equal(ipaddr_fmt(&a->e[0].src.addr, text), "10.1.0.0");
	e.src = wild("10.1.2.3", "255.255.255.255");
	acl_add(a, &e);
	assert_false(ipaddr_is_set(&a->e[1].src.addr));
	e.src = wild("10.1.2.3", "0.0.0.0");
	acl_add(a, &e);
	assert_false(ipaddr_is_set(&a->e[2].src.wild));
	acl_free(a);
}

/* ---- evaluation ---------------------------------------------------------------------------------
 */

static void the_first_match_decides_and_the_rest_is_denied(void **state)
{
	struct acl *a = acl_new("A", ACL_EXTENDED);
	struct acl_entry e = acl_rule(false);
	struct acl_packet p = packet("10.1.1.1", "192.0.2.1", IPPROTO_TCP, 4000, 80);

	(void)state;
	e.text = "remarks decide nothing";
	acl_add(a, &e);
	e = acl_rule(false);
	e.src = host("10.1.1.1");
	e.proto = IPPROTO_TCP;
	e.dport = (struct acl_ports){.op = ACL_PORT_EQ, .n = 2, .port = {22, 80}};
	acl_add(a, &e);
	e = acl_rule(true);
	e.src = wild("10.0.0.0", "0.255.255.255");
	acl_add(a, &e);
	assert_int_equal(acl_eval(a, &p)->seq, 20);
	assert_false(acl_permits(a, &p));
	p.dport = 443;
	assert_true(acl_permits(a, &p));
	p.src = ip("11.0.0.1");
	assert_null(acl_eval(a, &p));
	assert_false(acl_permits(a, &p));
	p.src = ip("2001:db8::1");
	assert_null(acl_eval(a, &p));
	acl_free(a);
}

static void wildcards_may_have_holes(void **state)
{
	struct acl *a = acl_new("A", ACL_STANDARD);
	struct acl_entry e = acl_rule(true);
	struct ipaddr even = ip("10.0.6.9"), odd = ip("10.0.7.9"), far = ip("10.1.6.9");

	(void)state;
	e.src = wild("10.0.0.0", "0.0.254.255"); /* even third octets */
	acl_add(a, &e);
	assert_true(acl_permits_source(a, &even));
	assert_false(acl_permits_source(a, &odd));
	assert_false(acl_permits_source(a, &far));
	acl_free(a);
}

static void ports_have_operators(void **state)
{
	static const struct {
		enum acl_port_op op;
		uint16_t a, b, port;
		bool match;
	} cases[] = {
	        {ACL_PORT_EQ, 80, 0, 80, true},
	        {ACL_PORT_EQ, 80, 0, 81, false},
	        {ACL_PORT_NEQ, 80, 0, 81, true},
	        {ACL_PORT_NEQ, 80, 0, 80, false},
	        {ACL_PORT_LT, 80, 0, 79, true},
	        {ACL_PORT_LT, 80, 0, 80, false},
	        {ACL_PORT_GT, 80, 0, 81, true},
	        {ACL_PORT_GT, 80, 0, 80, false},
	        {ACL_PORT_RANGE, 80, 90, 80, true},
	        {ACL_PORT_RANGE, 80, 90, 90, true},
	        {ACL_PORT_RANGE, 80, 90, 91, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct acl *a = acl_new("A", ACL_EXTENDED);
		struct acl_entry e = acl_rule(true);
		struct acl_packet p = packet("10.0.0.1", "10.0.0.2", IPPROTO_UDP, 9, cases[i].port);

		e.proto = IPPROTO_UDP;
		e.dport = (struct acl_ports){.op = (uint8_t)cases[i].op,
		        .n = cases[i].op == ACL_PORT_RANGE ? 2 : 1,
		        .port = {cases[i].a, cases[i].b}};
		acl_add(a, &e);
		assert_int_equal(acl_permits(a, &p), cases[i].match);
		p.proto = IPPROTO_TCP;
		assert_false(acl_permits(a, &p));
		acl_free(a);
	}
}

static void transport_conditions_need_the_first_fragment(void **state)
{
	struct acl *a = acl_new("A", ACL_EXTENDED);
	struct acl_entry e = acl_rule(true);
	struct acl_packet p = packet("10.0.0.1", "10.0.0.2", IPPROTO_TCP, 80, 4000);

	(void)state;
	e.proto = IPPROTO_TCP;
	e.established = true;
	acl_add(a, &e);
	assert_false(acl_permits(a, &p));
	p.tcp_flags = ACL_TCP_ACK;
	assert_true(acl_permits(a, &p));
	p.fragment = true;
	assert_false(acl_permits(a, &p));
	e = acl_rule(true);
	e.fragments = true;
	acl_add(a, &e);
	assert_int_equal(acl_eval(a, &p)->seq, 20);
	p.fragment = false;
	p.tcp_flags = 0;
	assert_null(acl_eval(a, &p));
	acl_free(a);
}

/* ---- IOS's text, and nftables
 * -------------------------------------------------------------------- */

struct text_case {
	enum acl_kind kind;
	struct acl_entry e;
	const char *ios, *nft;
};

static void check_text(const struct text_case *c)
{
	struct acl *a = acl_new("A", c->kind);
	struct strbuf ios = {0}, nft = {0};

	acl_add(a, &c->e);
	acl_entry_text(a, &a->e[0], &ios);
	assert_string_equal(sb_str(&ios), c->ios);
	acl_nft_match(a, &a->e[0], &nft);
	assert_string_equal(sb_str(&nft), c->nft);
	sb_fini(&ios);
	sb_fini(&nft);
	acl_free(a);
}

static struct acl_entry with_ports(uint8_t op, uint16_t a, uint16_t b)
{
	struct acl_entry e = acl_rule(true);

	e.proto = IPPROTO_TCP;
	e.dport = (struct acl_ports){.op = op, .n = b ? 2 : 1, .port = {a, b}};
	return e;
}

static void entries_print_as_ios_does_and_mean_the_same_to_nftables(void **state)
{
	struct acl_entry any = acl_rule(true), h = any, n = any, hole = any, icmp = any, est = any,
	                 tos = any, six = any, gre = any, frag = any;

	(void)state;
	h.src = host("10.9.3.4");
	h.log = true;
	n.src = wild("10.0.0.0", "0.0.0.255");
	hole.dst = wild("10.0.0.0", "0.0.254.255");
	hole.permit = false;
	icmp.proto = IPPROTO_ICMP;
	icmp.icmp_type = 3;
	icmp.icmp_code = 4;
	est.proto = IPPROTO_TCP;
	est.established = true;
	tos.dscp = 46;
	six.src = net6("2001:db8::/32");
	six.dst = host("2001:db8::9");
	six.proto = IPPROTO_ICMPV6;
	six.icmp_type = 128;
	gre.proto = 47;
	frag.fragments = true;

	const struct text_case cases[] = {
	        {ACL_STANDARD, any, "permit any", "meta nfproto ipv4 "},
	        {ACL_STANDARD, h, "permit 10.9.3.4 log", "ip saddr 10.9.3.4 "},
	        {ACL_STANDARD, n, "permit 10.0.0.0, wildcard bits 0.0.0.255",
	                "ip saddr 10.0.0.0/24 "},
	        {ACL_EXTENDED, any, "permit ip any any", "meta nfproto ipv4 "},
	        {ACL_EXTENDED, h, "permit ip host 10.9.3.4 any log", "ip saddr 10.9.3.4 "},
	        {ACL_EXTENDED, hole, "deny ip any 10.0.0.0 0.0.254.255",
	                "ip daddr & 255.255.1.0 == 10.0.0.0 "},
	        {ACL_EXTENDED, with_ports(ACL_PORT_EQ, 80, 0), "permit tcp any any eq www",
	                "meta nfproto ipv4 meta l4proto 6 th dport 80 "},
	        {ACL_EXTENDED, with_ports(ACL_PORT_EQ, 80, 8080), "permit tcp any any eq www 8080",
	                "meta nfproto ipv4 meta l4proto 6 th dport { 80, 8080 } "},
	        {ACL_EXTENDED, with_ports(ACL_PORT_NEQ, 22, 0), "permit tcp any any neq 22",
	                "meta nfproto ipv4 meta l4proto 6 th dport != 22 "},
	        {ACL_EXTENDED, with_ports(ACL_PORT_GT, 1023, 0), "permit tcp any any gt 1023",
	                "meta nfproto ipv4 meta l4proto 6 th dport > 1023 "},
	        {ACL_EXTENDED, with_ports(ACL_PORT_RANGE, 20, 21),
	                "permit tcp any any range ftp-data ftp",
	                "meta nfproto ipv4 meta l4proto 6 th dport 20-21 "},
	        {ACL_EXTENDED, icmp, "permit icmp any any packet-too-big",
	                "meta nfproto ipv4 meta l4proto 1 icmp type 3 icmp code 4 "},
	        {ACL_EXTENDED, est, "permit tcp any any established",
	                "meta nfproto ipv4 meta l4proto 6 tcp flags & (ack | rst) != 0x0 "},
	        {ACL_EXTENDED, tos, "permit ip any any dscp ef", "meta nfproto ipv4 ip dscp 46 "},
	        {ACL_EXTENDED, gre, "permit gre any any", "meta nfproto ipv4 meta l4proto 47 "},
	        {ACL_EXTENDED, frag, "permit ip any any fragments",
	                "meta nfproto ipv4 ip frag-off & 0x1fff != 0 "},
	        {ACL_IPV6, any, "permit ipv6 any any", "meta nfproto ipv6 "},
	        {ACL_IPV6, six, "permit icmp 2001:DB8::/32 host 2001:DB8::9 echo-request",
	                "ip6 saddr 2001:DB8::/32 ip6 daddr 2001:DB8::9 meta l4proto 58 icmpv6 type "
	                "128 "},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_text(&cases[i]);
}

static void names_and_numbers_go_both_ways(void **state)
{
	int16_t proto, type, code;
	uint16_t port;
	int8_t dscp;

	(void)state;
	assert_true(acl_proto_number("gre", ACL_EXTENDED, &proto));
	assert_int_equal(proto, 47);
	assert_string_equal(acl_proto_name(58, ACL_IPV6), "icmp");
	assert_null(acl_proto_name(58, ACL_EXTENDED));
	assert_true(acl_proto_number("icmp", ACL_IPV6, &proto));
	assert_int_equal(proto, IPPROTO_ICMPV6);
	assert_true(acl_port_number("non500-isakmp", &port));
	assert_int_equal(port, 4500);
	assert_string_equal(acl_port_name(IPPROTO_UDP, 500), "isakmp");
	assert_null(acl_port_name(IPPROTO_TCP, 500));
	assert_false(acl_port_number("no-such", &port));
	assert_true(acl_icmp_number(false, "ttl-exceeded", &type, &code));
	assert_int_equal(type, 11);
	assert_int_equal(code, 0);
	assert_true(acl_dscp_number("af41", &dscp));
	assert_int_equal(dscp, 34);
}

static void counters_have_names_that_nftables_takes(void **state)
{
	struct acl *a = acl_new("My list_1.é", ACL_IPV6);
	struct strbuf name = {0};

	(void)state;
	acl_nft_counter(a, 10, &name);
	assert_string_equal(sb_str(&name), "c6-My_20list_5f1_2e_c3_a9.10");
	sb_fini(&name);
	acl_free(a);
}

/* ---- the kernel as judge ------------------------------------------------------------------------
 */

static uint32_t seed = 20240229;

static uint32_t draw(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Few values, so that conditions meet often. */
static struct ipaddr draw_addr(void)
{
	return ipaddr_v4(0x0a000000 | draw(2) << 16 | draw(4) << 8 | draw(4));
}

static struct acl_addr draw_side(void)
{
	static const uint32_t wilds[] = {0, 0xff, 0xffff, 0x0001ff00, 0x0000fe03, 0xffffffff};
	struct ipaddr a = draw_addr(), w = ipaddr_v4(wilds[draw(ARRAY_LEN(wilds))]);

	return draw(3) ? acl_net(&a, &w) : (struct acl_addr){0};
}

static struct acl_ports draw_ports(void)
{
	struct acl_ports p = {.op = (uint8_t)draw(6), .n = 1, .port = {(uint16_t)draw(8)}};

	if (p.op == ACL_PORT_RANGE || ((p.op == ACL_PORT_EQ || p.op == ACL_PORT_NEQ) && draw(2))) {
		p.n = 2;
		p.port[1] = (uint16_t)(p.port[0] + 1 + draw(4));
	}
	if (p.op == ACL_PORT_GT && !draw(4))
		p.port[0] = UINT16_MAX;
	if (p.op == ACL_PORT_RANGE && !draw(3))
		p.port[1] = draw(2) ? p.port[0] : 0;
	return p;
}

static struct acl_entry draw_entry(void)
{
	static const int16_t protos[] = {ACL_PROTO_ANY, IPPROTO_TCP, IPPROTO_UDP, 47};
	struct acl_entry e = acl_rule(draw(2));

	e.src = draw_side();
	e.dst = draw_side();
	e.proto = protos[draw(ARRAY_LEN(protos))];
	if (e.proto == IPPROTO_TCP || e.proto == IPPROTO_UDP) {
		e.sport = draw_ports();
		e.dport = draw_ports();
		e.established = e.proto == IPPROTO_TCP && !draw(4);
	}
	if (!draw(6))
		e.dscp = (int8_t)draw(4);
	if (!draw(6))
		e.tos = (int8_t)draw(16);
	return e;
}

static struct acl_packet draw_packet(void)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, 47};
	struct acl_packet p = {.src = draw_addr(),
	        .dst = draw_addr(),
	        .proto = protos[draw(ARRAY_LEN(protos))],
	        .tos = (uint8_t)(draw(64) << 2)};

	if (p.proto != 47) {
		p.sport = (uint16_t)draw(10);
		p.dport = (uint16_t)draw(10);
	}
	if (p.proto == IPPROTO_TCP)
		p.tcp_flags = draw(2) ? ACL_TCP_ACK : 0x02;
	return p;
}

static void put_packet(int raw, const struct acl_packet *p)
{
	struct {
		struct iphdr ip;
		union {
			struct tcphdr tcp;
			struct udphdr udp;
			uint8_t other[20];
		};
	} m = {0};
	struct sockaddr_in to = {.sin_family = AF_INET};

	m.ip = (struct iphdr){.version = 4,
	        .ihl = 5,
	        .ttl = 9,
	        .tos = p->tos,
	        .protocol = p->proto,
	        .tot_len = htons(sizeof(m)),
	        .saddr = htonl(ipaddr_u32(&p->src)),
	        .daddr = htonl(ipaddr_u32(&p->dst))};
	if (p->proto == IPPROTO_TCP) {
		m.tcp.th_sport = htons(p->sport);
		m.tcp.th_dport = htons(p->dport);
		m.tcp.th_off = 5;
		m.tcp.th_flags = p->tcp_flags;
	} else if (p->proto == IPPROTO_UDP) {
		m.udp.uh_sport = htons(p->sport);
		m.udp.uh_dport = htons(p->dport);
		m.udp.uh_ulen = htons(20);
	}
	to.sin_addr.s_addr = m.ip.daddr;
	/* the filter's verdict comes back at once */
	assert_int_equal(sendto(raw, &m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EPERM);
}

struct tally {
	const char *hit;
	char name[64];
	uint64_t packets;
};

static void find_hit(void *ctx, const struct nft_counter *c)
{
	struct tally *t = ctx;

	t->packets += c->packets;
	if (c->packets)
		snprintf(t->name, sizeof(t->name), "%s", c->name);
}

static void load(struct nft *nft, const struct acl *a)
{
	struct strbuf text = {0};
	char why[200] = "";

	sb_puts(&text, "table inet spoke\ndelete table inet spoke\ntable inet spoke {\n counter "
	               "none { }\n");
	for (size_t i = 0; i < a->n; i++) {
		sb_puts(&text, " counter ");
		acl_nft_counter(a, a->e[i].seq, &text);
		sb_puts(&text, " { }\n");
	}
	sb_puts(&text, " chain c {\n type filter hook output priority 0;\n");
	for (size_t i = 0; i < a->n; i++) {
		acl_nft_match(a, &a->e[i], &text);
		sb_puts(&text, "counter name \"");
		acl_nft_counter(a, a->e[i].seq, &text);
		sb_puts(&text, "\" drop\n");
	}
	sb_puts(&text, " counter name \"none\" drop\n }\n}\n");
	if (nft->ops->run(nft, sb_str(&text), why, sizeof(why)))
		fail_msg("%s\n%s", why, sb_str(&text));
	sb_fini(&text);
}

static void judge(struct nft *nft, int raw, const struct acl *a)
{
	struct acl_packet p = draw_packet();
	const struct acl_entry *e = acl_eval(a, &p);
	struct strbuf want = {0};
	struct tally t = {0};

	if (e)
		acl_nft_counter(a, e->seq, &want);
	else
		sb_puts(&want, "none");
	put_packet(raw, &p);
	assert_int_equal(nft->ops->counters(nft, true, find_hit, &t), 0);
	assert_int_equal(t.packets, 1);
	assert_string_equal(t.name, sb_str(&want));
	sb_fini(&want);
}

/* The packets are dropped on their way out of a namespace's loopback: no answers, no echoes. */
static void the_kernel_takes_the_same_entry(void **state)
{
	int ns = ns_new(), raw;
	char why[200] = "";
	struct nft *nft = nft_kernel_ops.open(why, sizeof(why));

	(void)state;
	assert_non_null(nft);
	ns_sh(ns, "ip route add local 10.0.0.0/8 dev lo");
	raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	assert_true(raw >= 0);
	for (int list = 0; list < 40; list++) {
		struct acl *a = acl_new("A", ACL_EXTENDED);

		for (uint32_t n = 1 + draw(8); n; n--) {
			struct acl_entry e = draw_entry();

			acl_add(a, &e);
		}
		load(nft, a);
		for (int i = 0; i < 25; i++)
			judge(nft, raw, a);
		acl_free(a);
	}
	close(raw);
	nft_kernel_ops.close(nft);
	ns_close(ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(entries_are_kept_by_number),
	        cmocka_unit_test(bits_under_the_wildcard_are_cleared),
	        cmocka_unit_test(the_first_match_decides_and_the_rest_is_denied),
	        cmocka_unit_test(wildcards_may_have_holes),
	        cmocka_unit_test(ports_have_operators),
	        cmocka_unit_test(transport_conditions_need_the_first_fragment),
	        cmocka_unit_test(entries_print_as_ios_does_and_mean_the_same_to_nftables),
	        cmocka_unit_test(names_and_numbers_go_both_ways),
	        cmocka_unit_test(counters_have_names_that_nftables_takes),
	        cmocka_unit_test(the_kernel_takes_the_same_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
