/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAT and access groups from configuration lines to the text that the packet filter is given, in
 * the virtual world: both cases of the guide, the negotiated address as it comes, changes and goes,
 * and that nothing is said twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"
#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* The guide's client, with an inside, translated on both ways out by route maps. */
static const char nat_lines[] = "platform interface Ethernet0/1 device eth1\n"
                                "interface Ethernet0/1\n ip address 10.20.20.1 255.255.255.0\n"
                                " ip nat inside\n"
                                "interface Ethernet0/0\n ip nat outside\n"
                                "interface Tunnel0\n ip nat outside\n"
                                "access-list 101 permit ip 10.20.20.0 0.0.0.255 any\n"
                                "route-map TUN permit 10\n match ip address 101\n"
                                " match interface Tunnel0\n"
                                "route-map NET permit 10\n match ip address 101\n"
                                " match interface Ethernet0/0\n"
                                "ip nat inside source route-map TUN interface Tunnel0 overload\n"
                                "ip nat inside source route-map NET interface Ethernet0/0 overload";

static struct out shown;

#define SHOW(w, how, fn, ...)                                                                      \
	do {                                                                                       \
		struct gl_exec_##fn args_ = {__VA_ARGS__};                                         \
		struct exec e_ = {.fx = (w)->x, .o = &shown};                                      \
                                                                                                   \
		out_fini(&shown);                                                                  \
		out_init(&shown, how);                                                             \
		exec_##fn(&e_, &args_);                                                            \
		failed = e_.failed;                                                                \
	} while (0)
static bool failed;

static int setup(void **s)
{
	struct world *w = world_new();

	world_enter(w, world_guide_example);
	out_init(&shown, OUT_TEXT);
	*s = w;
	return 0;
}

static int teardown(void **s)
{
	out_fini(&shown);
	world_free(*s);
	return 0;
}

static const char *text(const struct world *w)
{
	return nat_applied(w->b.nat);
}

static size_t runs(const struct world *w)
{
	return nft_fake_runs(nat_nft(w->b.nat));
}

#define assert_has(w, part)                                                                        \
	do {                                                                                       \
		if (!strstr(text(w), part))                                                        \
			assert_string_equal(text(w), part);                                        \
	} while (0)
#define assert_lacks(w, part)                                                                      \
	do {                                                                                       \
		if (strstr(text(w), part))                                                         \
			fail_msg("\"%s\" is in %s", part, text(w));                                \
	} while (0)
#define assert_in(part)                                                                            \
	do {                                                                                       \
		if (!strstr(out_str_so_far(&shown), part))                                         \
			assert_string_equal(out_str_so_far(&shown), part);                         \
	} while (0)

static void up(struct world *w)
{
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_run(w, SECOND);
}

/* ---- translation
 * --------------------------------------------------------------------------------- */

static void without_lines_the_filter_is_left_alone(void **s)
{
	struct world *w = *s;

	up(w);
	assert_int_equal(runs(w), 0);
	fx_purge(w->x); /* a predecessor's table goes, once */
	assert_int_equal(runs(w), 1);
	assert_string_equal(
	        nft_fake_text(nat_nft(w->b.nat)), "table inet spoke\ndelete table inet spoke\n");
	fx_purge(w->x);
	assert_int_equal(runs(w), 1);
}

static void the_way_out_decides(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	up(w);
	assert_has(w, "iifname != { \"eth1\" } accept");
	assert_has(w, "oifname { \"Tunnel0\" } jump n-m-TUN.0");
	assert_has(w, "snat ip to 172.31.0.2\n"); /* the negotiated address */
	assert_has(w, "oifname { \"eth0\" } jump n-m-NET.0");
	assert_has(w, "snat ip to 172.16.0.1\n");
	assert_has(w, "ip saddr 10.20.20.0/24");
}

static void the_negotiated_address_is_followed(void **s)
{
	struct world *w = *s;

	w->hub[0].lease_each = true;
	world_enter(w, nat_lines);
	assert_has(w, "counter name \"n-m-TUN\" drop\n"); /* no address: not with the inside one */
	up(w);
	assert_has(w, "snat ip to 172.31.0.2\n");
	assert_lacks(w, "drop\n");
	fx_client_disconnect(w->x, world_client(w, "flex"));
	world_run(w, SECOND);
	assert_has(w, "counter name \"n-m-TUN\" drop\n");
	up(w);
	assert_has(w, "snat ip to 172.31.0.3\n");
	assert_lacks(w, "172.31.0.2");
}

/* The guide: "If NAT is not required, NAT rules associated with the tunnel interface must not be
 * configured." */
static void no_rules_for_the_tunnel_no_translation(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "no ip nat inside source route-map TUN interface Tunnel0 overload");
	up(w);
	assert_has(w, "snat ip to 172.16.0.1\n");
	assert_lacks(w, "n-m-TUN");
	assert_lacks(w, "172.31.0.2");
	world_enter(w, "interface Ethernet0/1\n no ip nat inside");
	assert_string_equal(
	        nft_fake_text(nat_nft(w->b.nat)), "table inet spoke\ndelete table inet spoke\n");
}

static void nothing_is_said_twice(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	up(w);
	size_t before = runs(w);

	net_fake_forget(w->b.net);
	fx_commit(w->x, cfg_editor_candidate(w->ed), w->now);
	w->x->dirty = true;
	fx_pump(w->x, w->now);
	world_run(w, 10 * SECOND);
	assert_int_equal(runs(w), before);
	assert_string_equal(net_fake_log(w->b.net), "");
	world_enter(w, "ip route 192.0.2.0 255.255.255.0 2.2.2.2\naccess-list 7 permit any");
	assert_int_equal(runs(w), before); /* a list that nobody uses */
	world_enter(w, "access-list 101 permit ip host 10.9.9.9 any");
	assert_int_equal(runs(w), before + 1);
	assert_has(w, "ip saddr 10.9.9.9");
}

static void all_goes_at_the_end(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "ip nat inside source static 10.20.20.20 172.16.0.9");
	assert_non_null(strstr(net_fake_log(w->b.net), "addr_add eth0 172.16.0.9/32\n"));
	fx_free(w->x);
	w->x = fx_new(&w->b, w->now);
	assert_string_equal(
	        nft_fake_text(nat_nft(w->b.nat)), "table inet spoke\ndelete table inet spoke\n");
	assert_non_null(strstr(net_fake_log(w->b.net), "addr_del eth0 172.16.0.9/32\n"));
}

static void pools_and_static_translations_answer_for_their_addresses(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "ip nat pool P 172.16.0.20 172.16.0.22 netmask 255.255.255.0\n"
	               "access-list 5 permit host 10.20.20.77\n"
	               "ip nat inside source list 5 pool P overload\n"
	               "ip nat inside source static tcp 10.20.20.20 80 interface Ethernet0/0 8080\n"
	               "ip nat inside source static udp 10.20.20.20 53 172.16.0.30 5353\n"
	               "ip nat inside source static network 10.20.21.0 198.51.100.0 255.255.255.0\n"
	               "ip nat inside source static network 10.20.32.0 203.0.113.0 /25\n"
	               "ip nat inside source static 10.20.20.9 172.16.0.31 no-alias");
	assert_has(w, "snat ip to 172.16.0.20-172.16.0.22 persistent");
	assert_has(w, "ip daddr 172.16.0.1 tcp dport 8080 ct label set 117 dnat ip to "
	              "10.20.20.20:80");
	assert_has(w, "ip daddr 172.16.0.30 udp dport 5353");
	assert_has(w, "dnat ip prefix to 10.20.21.0/24");
	assert_has(w, "dnat ip prefix to 10.20.32.0/25");
	assert_non_null(strstr(net_fake_log(w->b.net), "172.16.0.20/32"));
	assert_non_null(strstr(net_fake_log(w->b.net), "172.16.0.22/32"));
	assert_non_null(strstr(net_fake_log(w->b.net), "172.16.0.30/32"));
	assert_null(strstr(net_fake_log(w->b.net), "172.16.0.31/32"));
	net_fake_forget(w->b.net);
	world_enter(w, "no ip nat inside source list 5");
	assert_non_null(strstr(net_fake_log(w->b.net), "172.16.0.21/32"));
	assert_lacks(w, "172.16.0.20");
}

static void an_alias_that_was_taken_away_comes_back(void **s)
{
	struct world *w = *s;
	struct ipaddr a;
	struct prefix p;

	assert_true(ipaddr_parse4("172.16.0.9", &a));
	p = prefix_of(&a, 32);
	world_enter(w, nat_lines);
	world_enter(w, "ip nat inside source static 10.20.20.20 172.16.0.9");
	w->b.net_ops->addr_del(w->b.net, w->link[0], &p);
	net_fake_forget(w->b.net);
	w->x->refresh = true;
	fx_pump(w->x, w->now);
	assert_non_null(strstr(net_fake_log(w->b.net), "addr_add eth0 172.16.0.9/32\n"));
	fx_purge(w->x); /* and is no leftover */
	assert_null(strstr(net_fake_log(w->b.net), "addr_del"));
}

static void a_service_of_several_servers(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "access-list 7 permit host 172.16.0.1\n"
	               "ip nat inside destination list 7 pool SERVERS");
	assert_lacks(w, "d-l-7"); /* which are not there yet */
	world_enter(w, "ip nat pool SERVERS 10.20.20.5 10.20.20.6 prefix-length 24 type rotary");
	assert_has(w, "meta l4proto 6 jump d-l-7.0\n");
	assert_has(w,
	        "ip daddr 172.16.0.1 counter name \"c-7.10\" ct label set 117 dnat ip to numgen "
	        "inc mod 2 map { 0 : 10.20.20.5, 1 : 10.20.20.6 }\n");
	SHOW(w, OUT_TEXT, show_ip_nat_statistics, 0);
	assert_in("-- Inside Destination\naccess-list 7 pool SERVERS\n pool SERVERS: netmask "
	          "255.255.255.0\n\tstart 10.20.20.5 end 10.20.20.6\n\ttype rotary, total "
	          "addresses 2\n");
	world_enter(w, "no ip nat inside destination list 7");
	assert_lacks(w, "d-l-7");
}

static void timeouts_and_limits(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	assert_has(w, "established : 86400");
	assert_lacks(w, "ct count");
	world_enter(w, "ip nat translation tcp-timeout 1234\nip nat translation udp-timeout 77\n"
	               "ip nat translation max-entries 500");
	assert_has(w, "established : 1234");
	assert_has(w, "unreplied : 77");
	assert_has(w, "ct count over 500");
	world_enter(w, "ip nat translation tcp-timeout 99\nno ip nat translation max-entries");
	assert_has(w, "established : 99");
	assert_lacks(w, "ct count");
}

static void a_track_switches_an_entry(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "track 3 interface Ethernet0/1 line-protocol\n"
	               "route-map NET permit 10\n match track 3\n");
	world_run(w, SECOND);
	assert_has(w, "snat ip to 172.16.0.1\n");
	world_carrier(w, 1, false);
	world_run(w, SECOND);
	assert_lacks(w, "snat ip to 172.16.0.1\n");
	world_carrier(w, 1, true);
	world_run(w, SECOND);
	assert_has(w, "snat ip to 172.16.0.1\n");
}

static void a_deny_entry_leaves_untranslated(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "access-list 102 permit ip any 192.0.2.0 0.0.0.255\n"
	               "route-map NET deny 5\n match ip address 102\n");
	assert_has(w, "ip daddr 192.0.2.0/24 counter name \"c-102.10\" goto n-m-NET.after\n");
}

static void a_filter_that_refuses_is_named_once(void **s)
{
	struct world *w = *s;

	nft_fake_fail_next(nat_nft(w->b.nat), EPERM);
	world_enter(w, nat_lines);
	assert_true(world_logged(w, "%PLATFORM-3-OPERATION_FAILED: packet filter: "));
	w->x->dirty = true;
	fx_pump(w->x, w->now);
	assert_has(w, "snat ip to 172.16.0.1\n");
}

static void a_machine_without_a_filter_says_so(void **s)
{
	struct world *w = *s;
	struct nat *nat = w->b.nat;

	w->x->b.nat = NULL;
	world_enter(w, nat_lines);
	assert_true(world_logged(w, "packet filter: not available"));
	SHOW(w, OUT_TEXT, show_ip_nat_statistics, 0);
	SHOW(w, OUT_TEXT, show_ip_nat_translations, 0);
	SHOW(w, OUT_TEXT, show_access_lists, 0);
	SHOW(w, OUT_TEXT, clear_ip_nat_translation, .has_which = true, .which = "*");
	assert_int_equal(nft_fake_runs(nat_nft(nat)), 0);
}

/* Kept, not acted on: without the VRF it would translate others' packets. */
static void a_rule_of_a_vrf_waits(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "vrf definition red\naccess-list 5 permit any\n"
	               "ip nat inside source list 5 interface Ethernet0/0 vrf red overload");
	assert_lacks(w, "n-l-5");
	assert_has(w, "n-m-NET");
}

/* ---- access groups
 * ------------------------------------------------------------------------------- */

static void access_groups_of_both_families(void **s)
{
	struct world *w = *s;

	world_enter(w, "ip access-list extended IN\n permit tcp any host 172.16.0.1 eq 22 log\n"
	               " permit udp any range 1000 2000 any neq domain\n deny ip any any\n"
	               "ipv6 access-list SIX\n permit tcp 2001:DB8::/32 any gt 1023 established\n"
	               "access-list 9 deny 10.20.20.66\naccess-list 9 permit any\n"
	               "interface Ethernet0/0\n ip access-group IN in\n ip access-group 9 out\n"
	               " ipv6 traffic-filter SIX in\n");
	assert_has(w, "iifname \"eth0\" meta nfproto ipv4 jump acl-IN\n");
	assert_has(w, "oifname \"eth0\" meta nfproto ipv4 jump acl-9\n");
	assert_has(w, "iifname \"eth0\" meta nfproto ipv6 jump acl6-SIX\n");
	assert_has(w, "meta l4proto 6 th dport 22 counter name \"c-IN.10\" accept");
	assert_has(w, "meta l4proto 17 th sport 1000-2000 th dport != 53 counter name \"c-IN.20\" "
	              "accept");
	assert_has(w, "ip saddr 10.20.20.66 counter name \"c-9.10\" drop");
	assert_has(w, "th dport > 1023");
	world_enter(w, "interface Ethernet0/0\n no ip access-group IN in");
	assert_lacks(w, "acl-IN");
	assert_has(w, "acl-9");
	world_enter(w, "no access-list 9"); /* a list that is not there permits everything */
	assert_lacks(w, "acl-9");
}

/* The text of the list's entries, in the order of their numbers. */
static void list_is(const char *lines, const char *name, bool v6, const char *want)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	struct strbuf got = {0};
	struct acl *a;

	assert_int_equal(cfg_load_text(ed, lines, NULL, NULL), 0);
	a = fx_acl_build(cfg_editor_candidate(ed), name, v6);
	for (size_t i = 0; a && i < a->n; i++) {
		sb_printf(&got, "%u ", a->e[i].seq);
		acl_entry_text(a, &a->e[i], &got);
		sb_putc(&got, '\n');
	}
	assert_string_equal(sb_str(&got), want);
	sb_fini(&got);
	acl_free(a);
	cfg_editor_free(ed);
	cfg_unref(empty);
}

static void lists_are_read_as_written(void **s)
{
	(void)s;
	list_is("access-list 10 remark of the lab\naccess-list 10 permit host 10.1.1.1 log\n"
	        "access-list 10 deny 10.2.0.0 0.0.255.255\naccess-list 10 permit 10.3.3.3\n"
	        "access-list 10 permit any\n",
	        "10", false,
	        "10 permit 10.1.1.1 log\n20 deny 10.2.0.0, wildcard bits 0.0.255.255\n"
	        "30 permit 10.3.3.3\n40 permit any\n");
	list_is("access-list 2001 permit tcp 10.0.0.0 0.0.0.255 eq telnet host 10.9.9.9 range 5 9 "
	        "established\naccess-list 2001 deny 47 any any\n"
	        "access-list 2001 permit udp any lt 1024 any gt 1024 log-input\n"
	        "access-list 2001 permit ip any any dscp ef\naccess-list 2001 permit ip any any "
	        "tos 4\n"
	        "access-list 2001 permit icmp any any fragments\n",
	        "2001", false,
	        "10 permit tcp 10.0.0.0 0.0.0.255 eq telnet host 10.9.9.9 range 5 discard "
	        "established\n"
	        "20 deny gre any any\n30 permit udp any lt 1024 any gt 1024 log-input\n"
	        "40 permit ip any any dscp ef\n50 permit ip any any tos 4\n"
	        "60 permit icmp any any fragments\n");
	list_is("access-list 150 permit icmp any any echo\naccess-list 150 permit icmp any any "
	        "unreachable log\naccess-list 150 permit icmp any any 3 4\n"
	        "access-list 150 deny icmp any any 42\n",
	        "150", false,
	        "10 permit icmp any any echo\n20 permit icmp any any unreachable log\n"
	        "30 permit icmp any any packet-too-big\n40 deny icmp any any 42\n");
	list_is("ipv6 access-list S\n permit icmp any any echo-request\n deny icmp any any 1 4\n",
	        "S", true,
	        "10 permit icmp any any echo-request\n20 deny icmp any any port-unreachable\n");
	list_is("ipv6 access-list S\n permit tcp host 2001:db8::1 2001:db8:1::/48 eq www\n"
	        " sequence 5 deny esp any any\n",
	        "S", true,
	        "5 deny esp any any\n10 permit tcp host 2001:DB8::1 2001:DB8:1::/48 eq www\n");
	list_is("ip access-list standard X\n permit any\n", "X", true, "");
	list_is("ip access-list standard X\n permit any\n", "Y", false, "");
}

static void numbers_put_entries_in_their_place(void **s)
{
	(void)s;
	list_is("ip access-list standard N\n permit 10.0.0.1\n permit 10.0.0.2\n 15 deny "
	        "10.0.0.3\n",
	        "N", false, "10 permit 10.0.0.1\n15 deny 10.0.0.3\n20 permit 10.0.0.2\n");
	list_is("ip access-list standard N\n 10 permit 10.0.0.1\n 20 deny 10.0.0.3\n permit any\n",
	        "N", false, "10 permit 10.0.0.1\n20 deny 10.0.0.3\n30 permit any\n");
}

/* ---- show and clear
 * ------------------------------------------------------------------------------ */

static struct endpoint at(const char *a, uint16_t port)
{
	struct endpoint e = {.port = port};

	assert_true(ipaddr_parse4(a, &e.addr));
	return e;
}

static void two_flows(struct world *w)
{
	struct nft *n = nat_nft(w->b.nat);

	nft_fake_flow(n, &(struct nft_flow){.family = AF_INET,
	                         .proto = IPPROTO_TCP,
	                         .src = at("10.20.20.20", 4000),
	                         .dst = at("192.168.50.9", 443),
	                         .reply_src = at("192.168.50.9", 443),
	                         .reply_dst = at("172.31.0.2", 1025),
	                         .snat = true,
	                         .ours = true,
	                         .left_s = 90});
	nft_fake_flow(n, &(struct nft_flow){.family = AF_INET,
	                         .proto = IPPROTO_ICMP,
	                         .src = at("10.20.20.20", 7),
	                         .dst = at("198.51.100.1", 7),
	                         .reply_src = at("198.51.100.1", 7),
	                         .reply_dst = at("172.16.0.1", 7),
	                         .snat = true,
	                         .ours = true});
}

static void translations_show_as_on_ios(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "ip nat inside source static 10.20.20.9 172.16.0.31\n"
	               "ip nat inside source static tcp 10.20.20.20 80 interface Tunnel0 8080");
	up(w);
	two_flows(w);
	SHOW(w, OUT_TEXT, show_ip_nat_translations, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "Pro  Inside global         Inside local          Outside local         Outside "
	        "global\n"
	        "---  172.16.0.31           10.20.20.9            ---                   ---\n"
	        "tcp  172.31.0.2:8080       10.20.20.20:80        ---                   ---\n"
	        "tcp  172.31.0.2:1025       10.20.20.20:4000      192.168.50.9:443      "
	        "192.168.50.9:443\n"
	        "icmp 172.16.0.1:7          10.20.20.20:7         198.51.100.1:7        "
	        "198.51.100.1:7\n"
	        "Total number of translations: 4\n\n");
	SHOW(w, OUT_JSON, show_ip_nat_translations, 0);
	assert_in("\"inside-global\": \"172.31.0.2:1025\"");
	SHOW(w, OUT_TEXT, show_ip_nat_translations, .kw_verbose = true);
	assert_in("left 00:01:30\n");
	fx_client_disconnect(w->x, world_client(w, "flex"));
	world_run(w, SECOND);
	SHOW(w, OUT_TEXT, show_ip_nat_translations, 0);
	assert_null(strstr(out_str_so_far(&shown), "172.31.0.2")); /* ended with the address */
	assert_in("172.16.0.1:7");
}

static void statistics_show_as_on_ios(void **s)
{
	struct world *w = *s;
	struct nft *n = nat_nft(w->b.nat);

	world_enter(w, nat_lines);
	world_enter(w, "ip nat pool P 172.16.0.20 172.16.0.22 prefix-length 24\n"
	               "access-list 5 permit host 10.20.20.77\n"
	               "ip nat inside source list 5 pool P overload\n"
	               "ip nat inside source static 10.20.20.9 172.16.0.31");
	up(w);
	two_flows(w);
	nft_fake_counter(n, "nat-hits", 120, 9000);
	nft_fake_counter(n, "n-m-TUN", 3, 300);
	nft_fake_counter(n, "n-m-NET", 1, 300);
	SHOW(w, OUT_TEXT, show_ip_nat_statistics, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "Total active translations: 3 (1 static, 2 dynamic; 2 extended)\n"
	        "Outside interfaces:\n  Tunnel0, Ethernet0/0\n"
	        "Inside interfaces: \n  Ethernet0/1\n"
	        "Hits: 120  Misses: 4\n"
	        "CEF Translated packets: 0, CEF Punted packets: 0\n"
	        "Expired translations: 2\n"
	        "Dynamic mappings:\n-- Inside Source\n"
	        "[Id: 1] access-list 5 pool P refcount 0\n"
	        " pool P: netmask 255.255.255.0\n\tstart 172.16.0.20 end 172.16.0.22\n"
	        "\ttype generic, total addresses 3\n"
	        "[Id: 2] route-map NET interface Ethernet0/0 refcount 1\n"
	        "[Id: 3] route-map TUN interface Tunnel0 refcount 1\n"
	        "nat-limit statistics:\n max entry: max allowed 0, used 0, missed 0\n");
	SHOW(w, OUT_JSON, show_ip_nat_statistics, 0);
	assert_in("\"hits\": 120");
	assert_in("\"route-map\": \"TUN\"");
}

static void translations_are_cleared(void **s)
{
	struct world *w = *s;
	struct nft *n = nat_nft(w->b.nat);

	world_enter(w, nat_lines);
	up(w);
	two_flows(w);
	struct endpoint g = at("172.31.0.2", 1025), l = at("10.20.20.20", 4000);

	SHOW(w, OUT_TEXT, clear_ip_nat_translation, .has_which = true, .which = "x");
	assert_true(failed);
	SHOW(w, OUT_TEXT, clear_ip_nat_translation, .kw_udp = true, .global = g.addr,
	        .local = l.addr, .global_port = 1025, .local_port = 4000);
	assert_true(failed);
	assert_int_equal(nft_fake_flows(n), 2);
	SHOW(w, OUT_TEXT, clear_ip_nat_translation, .kw_tcp = true, .global = g.addr,
	        .local = l.addr, .global_port = 1025, .local_port = 4000);
	assert_false(failed);
	assert_int_equal(nft_fake_flows(n), 1);
	SHOW(w, OUT_TEXT, clear_ip_nat_translation, .has_which = true, .which = "*");
	assert_false(failed);
	assert_string_equal(out_str_so_far(&shown), "");
	assert_int_equal(nft_fake_flows(n), 0);
}

static void matches_are_shown_and_cleared(void **s)
{
	struct world *w = *s;
	struct nft *n = nat_nft(w->b.nat);

	world_enter(w, nat_lines);
	world_enter(w, "ipv6 access-list SIX\n permit ipv6 any any\n"
	               "interface Ethernet0/0\n ipv6 traffic-filter SIX in\n"
	               "access-list 101 deny ip any any\naccess-list 77 permit any");
	nft_fake_counter(n, "c-101.10", 18, 1);
	nft_fake_counter(n, "c-101.20", 1, 1);
	nft_fake_counter(n, "c-77.10", 5, 1); /* not in use: whose counter it is nobody knows */
	SHOW(w, OUT_TEXT, show_access_lists, .has_name = true, .name = "101");
	assert_string_equal(out_str_so_far(&shown),
	        "Extended IP access list 101\n"
	        "    10 permit ip 10.20.20.0 0.0.0.255 any (18 matches)\n"
	        "    20 deny   ip any any (1 match)\n");
	SHOW(w, OUT_TEXT, show_access_lists, .has_name = true, .name = "77");
	assert_string_equal(
	        out_str_so_far(&shown), "Standard IP access list 77\n    10 permit any\n");
	SHOW(w, OUT_JSON, show_access_lists, 0);
	assert_in("\"matches\": 18");
	SHOW(w, OUT_TEXT, clear_access_list_counters, 0);
	SHOW(w, OUT_TEXT, show_access_lists, .has_name = true, .name = "101");
	assert_null(strstr(out_str_so_far(&shown), "match"));
}

static void entries_are_numbered_anew(void **s)
{
	struct world *w = *s;
	struct strbuf lines = {0};

	world_enter(w, "ip access-list extended L\n permit tcp any any eq 80\n 15 deny ip any any\n"
	               " remark between\n permit udp any any");
	assert_true(fx_acl_resequence(w->x->cfg->cfg, "L", 100, 5, &lines));
	world_enter(w, sb_str(&lines));
	SHOW(w, OUT_TEXT, show_access_lists, .has_name = true, .name = "L");
	assert_string_equal(out_str_so_far(&shown),
	        "Extended IP access list L\n    100 permit tcp any any eq 80\n"
	        "    105 deny   ip any any\n    110 permit udp any any\n");
	assert_false(fx_acl_resequence(w->x->cfg->cfg, "101", 10, 10, &lines));
	sb_fini(&lines);
}

static void route_maps_are_shown(void **s)
{
	struct world *w = *s;

	world_enter(w, nat_lines);
	world_enter(w, "route-map TUN deny 20\n description not these\n match ip address 5 X\n"
	               " match ip address 6\n match track 4\n");
	SHOW(w, OUT_TEXT, show_route_map, .has_name = true, .name = "TUN");
	assert_string_equal(out_str_so_far(&shown),
	        "route-map TUN, permit, sequence 10\n  Match clauses:\n"
	        "    ip address (access-lists): 101 \n    interface Tunnel0 \n"
	        "  Set clauses:\n  Policy routing matches: 0 packets, 0 bytes\n"
	        "route-map TUN, deny, sequence 20\n  Description:\n    not these\n"
	        "  Match clauses:\n    ip address (access-lists): 5 X 6 \n    track-object 4\n"
	        "  Set clauses:\n  Policy routing matches: 0 packets, 0 bytes\n");
	SHOW(w, OUT_JSON, show_route_map, 0);
	assert_in("\"access-lists\": [");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(without_lines_the_filter_is_left_alone),
	        TEST(the_way_out_decides),
	        TEST(the_negotiated_address_is_followed),
	        TEST(no_rules_for_the_tunnel_no_translation),
	        TEST(nothing_is_said_twice),
	        TEST(all_goes_at_the_end),
	        TEST(pools_and_static_translations_answer_for_their_addresses),
	        TEST(an_alias_that_was_taken_away_comes_back),
	        TEST(timeouts_and_limits),
	        TEST(a_service_of_several_servers),
	        TEST(a_track_switches_an_entry),
	        TEST(a_deny_entry_leaves_untranslated),
	        TEST(a_filter_that_refuses_is_named_once),
	        TEST(a_machine_without_a_filter_says_so),
	        TEST(a_rule_of_a_vrf_waits),
	        TEST(access_groups_of_both_families),
	        cmocka_unit_test(lists_are_read_as_written),
	        cmocka_unit_test(numbers_put_entries_in_their_place),
	        TEST(translations_show_as_on_ios),
	        TEST(statistics_show_as_on_ios),
	        TEST(translations_are_cleared),
	        TEST(matches_are_shown_and_cleared),
	        TEST(route_maps_are_shown),
	        TEST(entries_are_numbered_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
