/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access list entries with `log`: what the kernel says about a packet, and IOS's words for it. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib_netns.h"
#include "net/nat.h"
#include "net/nft_log.h"

static void prefixes_name_the_entry(void **state)
{
	struct nft_logged e = {0};

	(void)state;
	assert_true(nft_log_parse_prefix("c-My_20list.20 denied", &e));
	assert_string_equal(e.list, "My list");
	assert_int_equal(e.seq, 20);
	assert_false(e.permitted);
	assert_false(e.v6);
	assert_true(nft_log_parse_prefix("c6-A.1 permitted", &e));
	assert_true(e.v6 && e.permitted);
	assert_false(nft_log_parse_prefix("somebody else's", &e));
	assert_false(nft_log_parse_prefix("c-A_2.1 denied", &e));
	assert_false(nft_log_parse_prefix("c-A.x denied", &e));
	assert_false(nft_log_parse_prefix("", &e));
}

/* The length of every cut is tried: no octet beyond the end is read. */
static void short_packets_are_refused(void **state)
{
	static const uint8_t udp[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10,
	        0, 0, 2, 0x0f, 0xa0, 0, 53};
	struct acl_packet p;

	(void)state;
	assert_true(nft_log_parse_packet(udp, sizeof(udp), &p));
	assert_int_equal(p.sport, 4000);
	assert_int_equal(p.dport, 53);
	for (size_t n = 0; n < 24; n++) {
		uint8_t *cut = xmemdup(udp, n);

		assert_false(nft_log_parse_packet(cut, n, &p));
		free(cut);
	}
}

static void words_are_those_of_ios(void **state)
{
	struct nft_logged e = {
	        .list = "101", .packet.proto = 6, .packet.sport = 4000, .packet.dport = 80};
	struct strbuf out = {0};

	(void)state;
	e.packet.src = ipaddr_v4(0x0a010101);
	e.packet.dst = ipaddr_v4(0x0a020202);
	nft_logged_text(&e, &out);
	assert_string_equal(
	        sb_str(&out), "list 101 denied tcp 10.1.1.1(4000) -> 10.2.2.2(80), 1 packet");
	assert_string_equal(nft_logged_mnemonic(&e), "IPACCESSLOGP");
	e.packet.proto = 1;
	e.packet.icmp_type = 8;
	e.permitted = true;
	sb_clear(&out);
	nft_logged_text(&e, &out);
	assert_string_equal(
	        sb_str(&out), "list 101 permitted icmp 10.1.1.1 -> 10.2.2.2 (8/0), 1 packet");
	assert_string_equal(nft_logged_mnemonic(&e), "IPACCESSLOGDP");
	e.packet.proto = 47;
	sb_clear(&out);
	nft_logged_text(&e, &out);
	assert_string_equal(sb_str(&out), "list 101 permitted 47 10.1.1.1 -> 10.2.2.2, 1 packet");
	assert_string_equal(nft_logged_mnemonic(&e), "IPACCESSLOGNP");
	sb_fini(&out);
}

static void a_denied_packet_is_told(void **state)
{
	int router = ns_new(), host = ns_new();
	struct acl *a = acl_new("GUARD", ACL_EXTENDED);
	const struct acl *acls[] = {a};
	struct nat_iface lan = {.dev = "lan0", .in4 = "GUARD"};
	struct nat_wanted w = {.iface = &lan, .n_iface = 1, .acl = acls, .n_acl = 1};
	struct acl_entry deny = acl_rule(false), permit = acl_rule(true);
	struct nft_logged e;
	struct strbuf text = {0};
	char why[200] = "";

	(void)state;
	ns_wire(router, "lan0", "10.1.1.1/24", host, "eth0", "10.1.1.2/24");
	deny.proto = IPPROTO_UDP;
	deny.log = true;
	acl_add(a, &deny);
	acl_add(a, &permit);
	ns_enter(router);
	struct nft_log *l = nft_log_open(why, sizeof(why));

	if (!l)
		fail_msg("%s", why);
	struct nat *n = nat_new(&nft_kernel_ops, why, sizeof(why));

	assert_non_null(n);
	assert_int_equal(nat_apply(n, &w), 0);
	assert_false(nft_log_poll(l, &e));
	int s = ns_udp(host, "10.1.1.2", 4000);

	ns_send(s, "10.1.1.1", 9, "knock");
	struct pollfd p = {.fd = nft_log_fd(l), .events = POLLIN};

	assert_int_equal(poll(&p, 1, NS_WAIT_MS), 1);
	assert_true(nft_log_poll(l, &e));
	nft_logged_text(&e, &text);
	assert_string_equal(
	        sb_str(&text), "list GUARD denied udp 10.1.1.2(4000) -> 10.1.1.1(9), 1 packet");
	assert_int_equal(e.seq, 10);
	assert_true(e.in_ifindex != 0);
	assert_false(nft_log_poll(l, &e));
	sb_fini(&text);
	nft_log_close(l);
	nat_free(n);
	acl_free(a);
	close(s);
	ns_close(router);
	ns_close(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(prefixes_name_the_entry),
	        cmocka_unit_test(short_packets_are_refused),
	        cmocka_unit_test(words_are_those_of_ios),
	        cmocka_unit_test(a_denied_packet_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
