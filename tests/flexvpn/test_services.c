/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS views, DHCP pools and VRFs: what configuration and sessions make of them, as the recording
 * back end was told it, and what the show commands say. No process is started.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/services.h"
#include "grammar/gen/exec.h"
#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static struct out shown;

#define SHOW(w, fn, ...)                                                                           \
	do {                                                                                       \
		struct gl_exec_##fn args_ = {__VA_ARGS__};                                         \
		struct exec e_ = {.fx = (w)->x, .o = &shown};                                      \
                                                                                                   \
		out_fini(&shown);                                                                  \
		out_init(&shown, OUT_TEXT);                                                        \
		exec_##fn(&e_, &args_);                                                            \
	} while (0)

static void push(struct world_hub *h, uint16_t type, const void *v, size_t n)
{
	h->reply[h->n_reply++] = (struct ike_attr){.type = type, .len = (uint16_t)n, .val = v};
}

/* Two hubs that push names, servers and split domains; the second says otherwise than the first. */
static int setup(void **s)
{
	static const uint8_t dns[4] = {192, 168, 50, 53}, dns2[4] = {192, 168, 50, 54},
	                     wins[4] = {192, 168, 50, 99};
	struct world *w = world_new();

	push(&w->hub[0], CFG_IP4_DNS, dns, 4);
	push(&w->hub[0], CFG_IP4_NBNS, wins, 4);
	push(&w->hub[0], CFG_UNITY_SPLIT_DNS, "corp.example,wh.local", 21);
	push(&w->hub[0], CFG_UNITY_DEF_DOMAIN, "corp.example", 12);
	push(&w->hub[1], CFG_IP4_DNS, dns2, 4);
	push(&w->hub[1], CFG_UNITY_SPLIT_DNS, "other.example", 13);
	net_fake_link(w->b.net, "lan0", true, true);
	net_fake_link(w->b.net, "lan1", true, true);
	world_enter(w, world_guide_example);
	world_enter(w, "interface lan0\n ip address 10.20.20.1 255.255.255.0\n"
	               "interface lan1\n ip address 10.30.30.1 255.255.255.0\n"
	               "ip name-server 198.51.100.53\nip host printer 10.20.20.9\n");
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

static void bring_up(struct world *w)
{
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_run(w, 2 * SECOND);
}

static void take_down(struct world *w)
{
	fx_client_disconnect(w->x, world_client(w, "flex"));
	world_run(w, 2 * SECOND);
	assert_int_equal(world_client(w, "flex")->state, FX_CONNECT_REQUIRED);
}

/* What the back end was told since the last time. */
static void assert_told(struct world *w, const char *want)
{
	assert_string_equal(services_fake_log(w->b.services), want);
	services_fake_forget(w->b.services);
}

/* ---- split DNS
 * ---------------------------------------------------------------------------------------------------------------
 */

static void a_session_makes_a_view_where_no_inside_is_named(void **s)
{
	struct world *w = *s;

	assert_told(w, "");
	bring_up(w);
	/* Ethernet0/0 is the tunnel's source. */
	assert_told(w, "dns 1\nlist flexvpn flex on lan0 lan1\n"
	               "server=/corp.example/192.168.50.53@Tunnel0\nserver=/wh.local/"
	               "192.168.50.53@Tunnel0\n"
	               "server=198.51.100.53\n10.20.20.9 printer\n");
	take_down(w);
	assert_told(w, "dns 0\n");
}

static void inside_interfaces_get_the_view_alone(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 client flexvpn flex\n client inside lan1\n");
	bring_up(w);
	assert_told(w, "dns 1\nlist flexvpn flex on lan1\n"
	               "server=/corp.example/192.168.50.53@Tunnel0\nserver=/wh.local/"
	               "192.168.50.53@Tunnel0\n"
	               "server=198.51.100.53\n10.20.20.9 printer\n");
}

/* With the DNS server on, the processes stay as they are: a session changes servers only. */
static void lists_stay_when_sessions_come_and_go(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 client flexvpn flex\n client inside lan1\nip dns server\n");
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "list flexvpn flex on lan1\nserver=198.51.100.53\n"));
	services_fake_forget(w->b.services);
	bring_up(w);
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "list flexvpn flex on lan1\nserver=/corp.example/192.168.50.53@Tunnel0\n"));
	services_fake_forget(w->b.services);
	take_down(w);
	assert_int_equal(services_fake_calls(w->b.services), 1);
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "list flexvpn flex on lan1\nserver=198.51.100.53\n"));
	services_fake_forget(w->b.services);
	world_enter(w, "no ip dns server");
	assert_told(w, "dns 0\n");
}

static void failover_brings_the_other_hubs_view(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 client flexvpn flex\n peer 2 10.0.0.2\n client inside "
	               "lan0\nip dns server\n"
	               "crypto ikev2 profile prof\n dpd 10 2 periodic\n");
	bring_up(w);
	services_fake_forget(w->b.services);
	w->hub[0].dead = true;
	for (int i = 0; i < 300 && !strstr(services_fake_log(w->b.services), "other.example"); i++)
		world_run(w, SECOND);
	assert_non_null(strstr(
	        services_fake_log(w->b.services), "server=/other.example/192.168.50.54@Tunnel0\n"));
	services_fake_forget(w->b.services);
	world_run(w, MINUTE);
	assert_told(w, "");
}

/* ---- views of the configuration
 * --------------------------------------------------------------------------------------------- */

static const char views[] =
        "ip dns view WH\n dns forwarder 10.9.9.9\n domain name wh.example\n"
        "ip dns view OFF\n no dns forwarding\n dns forwarder 10.9.9.8\n"
        "ip dns view-list L\n view default 20\n view WH 10\n  restrict name-group 7\n"
        "ip dns name-list 7 deny .*\\.PUBLIC\\.WH\\.LOCAL\n"
        "ip dns name-list 7 permit .*WH\\.LOCAL\n"
        "ip dns name-list 7 permit www[0-9]\\.example\n";

static void a_view_group_takes_precedence(void **s)
{
	struct world *w = *s;

	world_enter(w, views);
	world_enter(w, "interface lan0\n ip dns view-group L\ninterface lan1\n shutdown\n");
	assert_told(w, ""); /* no DNS server */
	world_enter(w, "ip dns server\ninterface eth0\n shutdown\n");
	bring_up(w);
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "list list L on "
	        "lan0\nserver=/public.wh.local/198.51.100.53\nserver=/wh.local/10.9.9.9\n"
	        "server=198.51.100.53\n10.20.20.9 printer\n"));
	assert_null(strstr(services_fake_log(w->b.services), "list flexvpn"));
}

static void the_servers_own_view_group_is_the_rest(void **s)
{
	struct world *w = *s;

	world_enter(w, views);
	world_enter(w,
	        "ip dns view-list ALL\n view OFF 1\nip dns server view-group ALL\nip dns server\n");
	bring_up(w);
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "list flexvpn flex on lan0 lan1\nserver=/corp.example/192.168.50.53@Tunnel0\n"
	        "server=/wh.local/192.168.50.53@Tunnel0\n10.20.20.9 printer\n"));
}

static void equal_is_no_call(void **s)
{
	struct world *w = *s;

	world_enter(w, views);
	world_enter(w, "ip dns server\nip dhcp pool P\n network 10.20.20.0 255.255.255.0\n"
	               "vrf definition red\n address-family ipv4\n");
	bring_up(w);
	services_fake_forget(w->b.services);
	w->x->dirty = w->x->refresh = true;
	fx_pump(w->x, w->now);
	world_enter(w, "ip route 10.77.0.0 255.255.0.0 2.2.2.2\nhostname other\n");
	world_run(w, 10 * MINUTE);
	assert_int_equal(services_fake_calls(w->b.services), 0);
}

static void a_failure_is_said_once_and_the_rest_goes_on(void **s)
{
	struct world *w = *s;

	services_fake_fail_next(w->b.services, -ENOSPC);
	world_enter(w, "ip dns server");
	assert_true(world_logged(w, "DNS proxy: No space left on device"));
	bring_up(w);
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
}

/* ---- DHCP
 * ---------------------------------------------------------------------------------------------------------------------
 */

static const char pool[] =
        "ip dhcp excluded-address 10.20.20.1 10.20.20.99\n"
        "ip dhcp pool LAN\n import all\n network 10.20.20.0 /24\n default-router 10.20.20.1\n"
        "  lease 0 2 30\n option 150 ip 10.20.20.2\n"
        "ip dhcp pool PRINTER\n host 10.20.20.9 255.255.255.0\n hardware-address 5254.00aa.bb01\n"
        "  client-name printer\n";

static void pools_follow_what_the_hub_pushes(void **s)
{
	struct world *w = *s;

	world_enter(w, pool);
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "interface=lan0\ndhcp-range=set:p0,10.20.20.100,"
	        "10.20.20.254,255.255.255.0,9000\n"));
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "dhcp-host=set:p1,52:54:00:aa:bb:01,10.20.20.9,printer"));
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "tag:p0,3,10.20.20.1\ntag:p0,6\ntag:p0,150,10.20.20.2\n"));
	services_fake_forget(w->b.services);
	bring_up(w);
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "tag:p0,6,192.168.50.53\ntag:p0,15,\"corp.example\"\ntag:p0,44,192.168.50.99\n"));
	services_fake_forget(w->b.services);
	SHOW(w, show_ip_dhcp_import, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "Address Pool Name: LAN\nDomain Name Server(s): 192.168.50.53\n"
	        "NetBIOS Name Server(s): 192.168.50.99\nDomain Name : corp.example\n");
	/* What was typed wins. */
	world_enter(w, "ip dhcp pool LAN\n dns-server 10.20.20.1\n domain-name lan.example\n");
	assert_non_null(strstr(services_fake_log(w->b.services),
	        "tag:p0,6,10.20.20.1\ntag:p0,15,\"lan.example\"\ntag:p0,44,192.168.50.99\n"));
	services_fake_forget(w->b.services);
	take_down(w);
	assert_null(strstr(services_fake_log(w->b.services), "tag:p0,44"));
	services_fake_forget(w->b.services);
	world_enter(w, "no ip dhcp pool LAN\nno ip dhcp pool PRINTER\n");
	assert_told(w, "dhcp\n");
}

static void bindings_are_shown_and_cleared(void **s)
{
	struct dhcp_binding b = {.addr = ipaddr_v4(0x0a141464),
	        .hwaddr = {0x52, 0x54, 0, 0xaa, 0xbb, 2},
	        .name = "pc"};
	struct world *w = *s;

	world_enter(w, pool);
	services_fake_binding(w->b.services, &b);
	SHOW(w, show_ip_dhcp_binding, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "Bindings from all pools not associated with VRF:\n"
	        "IP address          Client-ID/              Lease expiration        Type\n"
	        "                    Hardware address/\n"
	        "                    User name\n"
	        "10.20.20.100        5254.00aa.bb02          Infinite                Automatic\n"
	        "                    pc\n");
	SHOW(w, show_ip_dhcp_pool, .has_name = true, .name = "LAN");
	assert_non_null(strstr(out_str_so_far(&shown), " Total addresses                : 254\n"));
	assert_non_null(strstr(out_str_so_far(&shown), " Leased addresses               : 1\n"));
	assert_non_null(strstr(out_str_so_far(&shown), " Excluded addresses             : 99\n"));
	SHOW(w, show_ip_dhcp_server_statistics, 0);
	assert_non_null(
	        strstr(out_str_so_far(&shown), "Address pools        2\nBindings             1\n"));
	SHOW(w, clear_ip_dhcp_binding, .addr = "10.20.20.101");
	assert_string_equal(out_str_so_far(&shown), "% No such binding\n");
	SHOW(w, clear_ip_dhcp_binding, .addr = "10.20.20.100");
	assert_string_equal(out_str_so_far(&shown), "");
	SHOW(w, show_ip_dhcp_server_statistics, 0);
	assert_non_null(strstr(out_str_so_far(&shown), "Bindings             0\n"));
}

/* ---- VRFs
 * ----------------------------------------------------------------------------------------------------------------------
 */

static void interfaces_stand_in_their_vrfs(void **s)
{
	struct world *w = *s;

	world_enter(w, "vrf definition red\n rd 1:1\n address-family ipv4\n exit-address-family\n "
	               "address-family ipv6\n"
	               "ip vrf blue\n rd 2:2\ninterface lan0\n vrf forwarding red\ninterface "
	               "lan1\n ip vrf forwarding blue\n");
	assert_told(w, "vrf 2\nred: lan0\nblue: lan1\n");
	SHOW(w, show_vrf, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "  Name                             Default RD            Protocols   Interfaces\n"
	        "  red                              1:1                   ipv4,ipv6   lan0\n"
	        "  blue                             2:2                   ipv4        lan1\n");
	world_enter(w, "interface lan0\n no vrf forwarding\n");
	assert_told(w, "vrf 2\nred:\nblue: lan1\n");
	world_enter(
	        w, "interface lan1\n no vrf forwarding\nno vrf definition red\nno ip vrf blue\n");
	assert_told(w, "vrf 0\n");
}

/* Routes of a VRF stand in its table, those that a hub pushes in that of the tunnel. */
static void routes_stand_in_the_table_of_their_vrf(void **s)
{
	struct world *w = *s;
	const char *pushed;

	world_enter(w, "ip route vrf red 10.66.0.0 255.255.0.0 Null0\n");
	assert_null(strstr(net_fake_log(w->b.net), "10.66.0.0/16"));
	world_enter(w, "vrf definition red\n address-family ipv4\n address-family ipv6\n"
	               "interface Tunnel0\n vrf forwarding red\n");
	assert_non_null(strstr(net_fake_log(w->b.net), "route_add 10.66.0.0/16"));
	assert_non_null(strstr(net_fake_log(w->b.net), " table 11700\n"));
	net_fake_forget(w->b.net);
	bring_up(w);
	pushed = strstr(net_fake_log(w->b.net), "route_add 192.168.50.0/24");
	assert_non_null(pushed);
	pushed = strchr(pushed, '\n') - strlen(" table 11700");
	assert_memory_equal(pushed, " table 11700", strlen(" table 11700"));
	net_fake_forget(w->b.net);
	w->x->refresh = true; /* what the kernel has is what is wanted */
	fx_pump(w->x, w->now);
	assert_null(strstr(net_fake_log(w->b.net), " table "));
	assert_null(strstr(net_fake_log(w->b.net), "route_del"));
	SHOW(w, show_ip_route, .has_vrf = true, .vrf = "red");
	assert_non_null(strstr(out_str_so_far(&shown), "Routing Table: red\n"));
	assert_non_null(
	        strstr(out_str_so_far(&shown), "192.168.50.0/24 is directly connected, Tunnel0\n"));
	SHOW(w, show_ip_route, 0);
	assert_null(strstr(out_str_so_far(&shown), "192.168.50.0"));
	SHOW(w, show_ip_route, .has_vrf = true, .vrf = "green");
	assert_string_equal(
	        out_str_so_far(&shown), "% IP routing table vrf green does not exist\n");
	world_enter(w, "no ip route vrf red 10.66.0.0 255.255.0.0 Null0\n");
	assert_non_null(strstr(net_fake_log(w->b.net), "route_del 10.66.0.0/16"));
	/* The tunnel leaves the VRF: its session starts anew, its routes are global. */
	world_enter(w, "interface Tunnel0\n no vrf forwarding\nno vrf definition red\n");
	world_run(w, MINUTE);
	assert_true(world_client(w, "flex")->state == FX_ACTIVE);
	SHOW(w, show_ip_route, 0);
	assert_non_null(strstr(out_str_so_far(&shown), "192.168.50.0/24 is directly connected"));
}

/* The guide's restriction. */
static void a_dual_stack_tunnel_needs_both_families(void **s)
{
	struct world *w = *s;

	world_enter(w, "interface Tunnel0\n vrf forwarding red\n tunnel mode ipsec dual-overlay\n");
	assert_string_equal(
	        world_client(w, "flex")->why, "interface Tunnel0: VRF red is not configured");
	world_enter(w, "ip vrf red\n");
	assert_string_equal(
	        world_client(w, "flex")->why, "interface Tunnel0: a dual-stack tunnel needs a `vrf "
	                                      "definition`, VRF red is of the old form");
	world_enter(w, "no ip vrf red\nvrf definition red\n address-family ipv4\n");
	assert_string_equal(world_client(w, "flex")->why,
	        "interface Tunnel0: VRF red lacks one of the address families ipv4, ipv6");
	world_enter(w, "vrf definition red\n address-family ipv6\n");
	assert_int_equal(world_client(w, "flex")->state, FX_CONNECT_REQUIRED);
}

/* ---- show
 * -----------------------------------------------------------------------------------------------------------------------
 */

static void names_are_shown(void **s)
{
	struct world *w = *s;

	world_enter(w, "ip domain name example.com\n");
	SHOW(w, show_hosts, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "Default domain is example.com\nName/address lookup uses domain service\nName "
	        "servers are 198.51.100.53\n\n"
	        "Codes: UN - unknown, EX - expired, OK - OK, ?? - revalidate\n"
	        "       temp - temporary, perm - permanent\n"
	        "       NA - Not Applicable None - Not defined\n\n"
	        "Host                      Port  Flags      Age Type   Address(es)\n"
	        "printer                   None  (perm, OK)  0   IP    10.20.20.9\n");
	bring_up(w);
	SHOW(w, show_ip_dns_view, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "DNS View default parameters:\nDNS Resolver settings:\n  Domain lookup is enabled\n"
	        "  Default domain name: example.com\n  Domain search list:\n  Domain "
	        "name-servers:\n    198.51.100.53\n"
	        "DNS Server settings:\n  Forwarding of queries is enabled\n  Forwarder "
	        "addresses:\n\n"
	        "DNS View flex (dynamic) parameters:\nDNS Server settings:\n  Forwarding of "
	        "queries is enabled\n"
	        "  Names in and under:\n    corp.example\n    wh.local\n  Forwarder addresses:\n   "
	        " 192.168.50.53\n\n");
	SHOW(w, show_ip_dns_view_list, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "View-list flex (dynamic):\n  View flex (dynamic):\n    Evaluation order: 10\n  "
	        "View default:\n"
	        "    Evaluation order: 20\n  Interfaces: lan0 lan1\n\n");
	take_down(w);
	SHOW(w, show_ip_dns_view_list, 0);
	assert_string_equal(out_str_so_far(&shown), "");
}

static void lists_are_shown(void **s)
{
	struct world *w = *s;

	world_enter(w, views);
	SHOW(w, show_ip_dns_view_list, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "View-list L:\n  View WH:\n    Evaluation order: 10\n    Restrict to ip dns "
	        "name-list: 7\n  View default:\n"
	        "    Evaluation order: 20\n\n");
	SHOW(w, show_ip_dns_name_list, 0);
	assert_string_equal(out_str_so_far(&shown),
	        "ip dns name-list 7\n    deny .*\\.PUBLIC\\.WH\\.LOCAL\n    permit .*WH\\.LOCAL\n"
	        "    permit www[0-9]\\.example (no domain: without effect)\n");
	SHOW(w, show_ip_dns_statistics, 0);
	assert_string_equal(out_str_so_far(&shown), "DNS server is not active\n");
	world_enter(w, "ip dns server\ninterface eth0\n shutdown\n");
	SHOW(w, show_ip_dns_statistics, 0);
	assert_non_null(strstr(out_str_so_far(&shown), "  Queries forwarded = 0\n"));
}

/* What the machine made is gone with it. */
static void nothing_stays_behind(void **s)
{
	struct world *w = *s;

	world_enter(w, pool);
	world_enter(w, "ip dns server\nvrf definition red\n");
	bring_up(w);
	services_fake_forget(w->b.services);
	fx_unreconcile(w->x);
	assert_told(w, "dns 0\ndhcp\nvrf 0\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_session_makes_a_view_where_no_inside_is_named),
	        TEST(inside_interfaces_get_the_view_alone),
	        TEST(lists_stay_when_sessions_come_and_go),
	        TEST(failover_brings_the_other_hubs_view),
	        TEST(a_view_group_takes_precedence),
	        TEST(the_servers_own_view_group_is_the_rest),
	        TEST(equal_is_no_call),
	        TEST(a_failure_is_said_once_and_the_rest_goes_on),
	        TEST(pools_follow_what_the_hub_pushes),
	        TEST(bindings_are_shown_and_cleared),
	        TEST(interfaces_stand_in_their_vrfs),
	        TEST(routes_stand_in_the_table_of_their_vrf),
	        TEST(a_dual_stack_tunnel_needs_both_families),
	        TEST(names_are_shown),
	        TEST(lists_are_shown),
	        TEST(nothing_stays_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
