/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAT and access lists with real packets:
 *
 *   inside ── lan0 [spoke] wan0 ── isp        203.0.113.0/24
 *   10.20.20.20     [spoke] Tunnel0 ── hub    10.250.0.0/24, and 192.168.100.0/24 behind it
 *
 * Tunnel0 is a wire here: what matters is which address the far side sees. Both cases of the
 * guide's "NAT" are here: a network list from the server, and a default route from the server.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "lib_netns.h"
#include "net/nat.h"

struct lab {
	int inside, spoke, isp, hub;
	struct nat *nat;
	struct acl *acl;
	const struct acl *acls[4];
	struct nat_iface iface[3]; /* lan0, wan0, Tunnel0 */
	struct nat_map map[2];
	struct nat_map_entry entry[2];
	struct nat_dynamic dynamic[2];
	struct nat_wanted w;
};

static struct ipaddr ip(const char *s)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(s, &a));
	return a;
}

static struct prefix px(const char *s)
{
	struct prefix p = {0};

	assert_true(prefix_parse(s, &p));
	return p;
}

static void permit_net(struct acl *a, const char *net)
{
	struct acl_entry e = acl_rule(true);
	struct prefix p = px(net);

	e.src = acl_prefix(&p);
	acl_add(a, &e);
}

static void wires(struct lab *l)
{
	l->inside = ns_new();
	l->spoke = ns_new();
	l->isp = ns_new();
	l->hub = ns_new();
	ns_wire(l->spoke, "lan0", "10.20.20.1/24", l->inside, "eth0", "10.20.20.20/24");
	ns_wire(l->spoke, "wan0", "203.0.113.2/24", l->isp, "eth0", "203.0.113.1/24");
	ns_wire(l->spoke, "Tunnel0", "10.250.0.7/24", l->hub, "eth0", "10.250.0.1/24");
	ns_sh(l->inside,
	        "ip route add default via 10.20.20.1; ip addr add 10.20.20.21/24 dev eth0");
	ns_sh(l->spoke,
	        "sysctl -qw net.ipv4.ip_forward=1 && ip route add default via 203.0.113.1 && "
	        "ip route add 192.168.100.0/24 via 10.250.0.1");
	ns_sh(l->isp, "ip addr add 198.51.100.9/32 dev lo");
	ns_sh(l->hub, "ip addr add 192.168.100.10/24 dev lo");
}

/* The guide's configuration: one list, and a route map for each outgoing interface. */
static void guide(struct lab *l)
{
	static const char *const list[] = {"101"};
	static const char *const dev[] = {"Tunnel0", "wan0"};
	static const char *const name[] = {"ENTERPRISE", "INTERNET"};

	l->acl = acl_new("101", ACL_EXTENDED);
	permit_net(l->acl, "10.20.20.0/24");
	l->acls[0] = l->acl;
	l->iface[0] = (struct nat_iface){
	        .dev = "lan0", .inside = true, .n_addr = 1, .addr[0] = px("10.20.20.1/24")};
	l->iface[1] = (struct nat_iface){
	        .dev = "wan0", .outside = true, .n_addr = 1, .addr[0] = px("203.0.113.2/24")};
	l->iface[2] = (struct nat_iface){
	        .dev = "Tunnel0", .outside = true, .n_addr = 1, .addr[0] = px("10.250.0.7/24")};
	for (int i = 0; i < 2; i++) {
		l->entry[i] = (struct nat_map_entry){.seq = 10,
		        .permit = true,
		        .acl = list,
		        .n_acl = 1,
		        .dev = &dev[i],
		        .n_dev = 1,
		        .match_dev = true};
		l->map[i] = (struct nat_map){name[i], &l->entry[i], 1};
		l->dynamic[i] = (struct nat_dynamic){.map = name[i]};
	}
	l->dynamic[0].addr = ip("10.250.0.7");
	l->dynamic[1].addr = ip("203.0.113.2");
	l->w = (struct nat_wanted){.iface = l->iface,
	        .n_iface = 3,
	        .acl = l->acls,
	        .n_acl = 1,
	        .map = l->map,
	        .n_map = 2,
	        .dynamic = l->dynamic,
	        .n_dynamic = 2,
	        .timeouts = nat_timeouts_ios()};
}

static void apply(struct lab *l)
{
	if (nat_apply(l->nat, &l->w) != 0)
		fail_msg("%s", nat_why(l->nat));
}

static int setup(void **state)
{
	struct lab *l = xcalloc(1, sizeof(*l));
	char why[200] = "";

	wires(l);
	guide(l);
	ns_enter(l->spoke);
	l->nat = nat_new(&nft_kernel_ops, why, sizeof(why));
	if (!l->nat)
		fail_msg("%s", why);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;

	nat_free(l->nat);
	acl_free(l->acl);
	ns_close(l->inside);
	ns_close(l->spoke);
	ns_close(l->isp);
	ns_close(l->hub);
	free(l);
	return 0;
}

/* From a host of the inside to an address; the far side sees it coming from `seen`, and its answer
 * comes back. */
static void sees(struct lab *l, int far, const char *to, const char *seen)
{
	int server = ns_udp(far, to, 7), client = ns_udp(l->inside, "10.20.20.20", 0);
	char buf[64], who[IPADDR_STRLEN];
	struct endpoint from;

	ns_send(client, to, 7, "hello");
	assert_true(ns_recv(server, buf, sizeof(buf), &from));
	assert_string_equal(ipaddr_fmt(&from.addr, who), seen);
	ns_send(server, who, from.port, "answer");
	ns_expect(client, "answer", to);
	close(server);
	close(client);
}

static void network_list_from_the_server(void **state)
{
	struct lab *l = *state;

	apply(l);
	sees(l, l->hub, "192.168.100.10",
	        "10.250.0.7"); /* enterprise: the negotiated tunnel address */
	sees(l, l->isp, "198.51.100.9", "203.0.113.2"); /* Internet: the outside address */
}

static void default_route_from_the_server(void **state)
{
	struct lab *l = *state;

	ns_sh(l->spoke, "ip route replace default via 10.250.0.1");
	ns_sh(l->hub, "ip addr add 198.51.100.77/32 dev lo");
	apply(l);
	sees(l, l->hub, "198.51.100.77", "10.250.0.7");
	sees(l, l->hub, "192.168.100.10", "10.250.0.7");
}

static void no_rule_for_the_tunnel_no_translation(void **state)
{
	struct lab *l = *state;

	l->w.dynamic = &l->dynamic[1];
	l->w.n_dynamic = 1;
	ns_sh(l->hub, "ip route add 10.20.20.0/24 via 10.250.0.7");
	apply(l);
	sees(l, l->hub, "192.168.100.10", "10.20.20.20");
	sees(l, l->isp, "198.51.100.9", "203.0.113.2");
}

static void the_negotiated_address_is_followed(void **state)
{
	struct lab *l = *state;
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    client = ns_udp(l->inside, "10.20.20.20", 4000);

	apply(l);
	ns_send(client, "192.168.100.10", 7, "before");
	ns_expect(server, "before", "10.250.0.7");
	ns_sh(l->spoke,
	        "ip addr del 10.250.0.7/24 dev Tunnel0 && ip addr add 10.250.0.9/24 dev Tunnel0 && "
	        "ip route add 192.168.100.0/24 via 10.250.0.1");
	l->dynamic[0].addr = ip("10.250.0.9");
	l->iface[2].addr[0] = px("10.250.0.9/24");
	apply(l);
	ns_send(client, "192.168.100.10", 7, "after"); /* the same flow, not a new one */
	ns_expect(server, "after", "10.250.0.9");
	close(server);
	close(client);
}

static void a_flow_that_began_untranslated_is_translated_from_the_rule_on(void **state)
{
	struct lab *l = *state;
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    client = ns_udp(l->inside, "10.20.20.20", 4000);
	struct nat_wanted none = l->w;

	/* a table of ours, so that connections are tracked, but no rule */
	none.dynamic = &l->dynamic[1];
	none.n_dynamic = 1;
	assert_int_equal(nat_apply(l->nat, &none), 0);
	ns_send(client, "192.168.100.10", 7, "bare");
	ns_expect(server, "bare", "10.20.20.20");
	apply(l);
	ns_send(client, "192.168.100.10", 7, "covered");
	ns_expect(server, "covered", "10.250.0.7");
	close(server);
	close(client);
}

static void without_an_address_nothing_leaves(void **state)
{
	struct lab *l = *state;
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    client = ns_udp(l->inside, "10.20.20.20", 4000);

	l->dynamic[0].addr = (struct ipaddr){0};
	apply(l);
	ns_send(client, "192.168.100.10", 7, "must not arrive");
	l->dynamic[0].addr = ip("10.250.0.7");
	apply(l);
	ns_send(client, "192.168.100.10", 7, "arrives");
	ns_expect(server, "arrives", "10.250.0.7");
	close(server);
	close(client);
}

static void what_the_list_denies_is_not_translated(void **state)
{
	struct lab *l = *state;
	struct acl_entry e = acl_rule(false);
	struct ipaddr one = ip("10.20.20.20");

	e.src = acl_host(&one);
	e.seq = 5;
	acl_add(l->acl, &e);
	ns_sh(l->hub, "ip route add 10.20.20.0/24 via 10.250.0.7");
	apply(l);
	sees(l, l->hub, "192.168.100.10", "10.20.20.20");
}

/* The kernel does not allow more than 16 chains inside each other. */
static void a_route_map_may_be_long(void **state)
{
	enum { ENTRIES = 40 };
	static const char *const list[] = {"101"}, *const empty[] = {"102"};
	struct lab *l = *state;
	struct nat_map_entry e[ENTRIES];
	struct acl *none = acl_new("102", ACL_EXTENDED);

	permit_net(none, "10.99.0.0/16");
	l->acls[1] = none;
	l->w.n_acl = 2;
	for (uint32_t i = 0; i < ENTRIES; i++)
		e[i] = (struct nat_map_entry){.seq = i,
		        .permit = i % 3,
		        .acl = i == ENTRIES - 1 ? list : empty,
		        .n_acl = 1};
	e[ENTRIES - 1].permit = true;
	l->map[1] = (struct nat_map){"INTERNET", e, ENTRIES};
	apply(l);
	sees(l, l->isp, "198.51.100.9", "203.0.113.2");
	acl_free(none);
}

/* What a `deny` entry takes is none of this rule's business, but of the next one's. */
static void a_denied_packet_meets_the_next_rule(void **state)
{
	static const char *const list[] = {"101"};
	struct lab *l = *state;
	struct nat_map_entry deny = {.seq = 5, .acl = list, .n_acl = 1};
	struct nat_map_entry all = {.seq = 10, .permit = true};

	l->map[0] = (struct nat_map){"ENTERPRISE", (struct nat_map_entry[]){deny, all}, 2};
	l->map[1] = (struct nat_map){"INTERNET", &all, 1};
	l->dynamic[0].addr = ip("203.0.113.77");
	apply(l);
	sees(l, l->isp, "198.51.100.9", "203.0.113.2");
	l->w.n_dynamic = 1;
	ns_sh(l->isp, "ip route add 10.20.20.0/24 via 203.0.113.2");
	apply(l);
	sees(l, l->isp, "198.51.100.9", "10.20.20.20");
}

static void static_address_and_port_from_outside(void **state)
{
	struct lab *l = *state;
	struct nat_static fixed[] = {
	        {.kind = NAT_STATIC_ADDR, .local = ip("10.20.20.21"), .global = ip("203.0.113.50")},
	        {.kind = NAT_STATIC_TCP,
	                .local = ip("10.20.20.20"),
	                .local_port = 80,
	                .global = ip("203.0.113.2"),
	                .global_port = 8080},
	};
	int web = ns_listen(l->inside, "10.20.20.20", 80),
	    host = ns_udp(l->inside, "10.20.20.21", 9);
	int isp = ns_udp(l->isp, "203.0.113.1", 9), conn;

	l->w.fixed = fixed;
	l->w.n_fixed = 2;
	ns_sh(l->isp, "ip route add 203.0.113.50/32 via 203.0.113.2");
	apply(l);
	ns_send(isp, "203.0.113.50", 9, "in");
	ns_expect(host, "in", "203.0.113.1");
	ns_send(host, "203.0.113.1", 9, "out");
	ns_expect(isp, "out", "203.0.113.50");
	conn = ns_connect(l->isp, "203.0.113.2", 8080);
	assert_true(conn >= 0);
	close(conn);
	close(web);
	close(host);
	close(isp);
}

/* TCP connections to the address of the service go to its servers in turn. */
static void connections_are_spread_over_a_rotary_pool(void **state)
{
	struct lab *l = *state;
	struct acl *service = acl_new("7", ACL_STANDARD);
	const struct nat_pool pool = {.name = "SERVERS",
	        .first = ip("10.20.20.20"),
	        .last = ip("10.20.20.21"),
	        .len = 24,
	        .rotary = true};
	const struct nat_destination d = {"7", "SERVERS"};

	permit_net(service, "203.0.113.2/32");
	l->acls[1] = service;
	l->w.n_acl = 2;
	l->w.pool = &pool;
	l->w.n_pool = 1;
	l->w.destination = &d;
	l->w.n_destination = 1;
	apply(l);
	ns_sh(l->inside, "n=0; for a in 20 21; do python3 -c \"\n"
	                 "import socket\n"
	                 "s = socket.create_server(('10.20.20.$a', 80)); s.settimeout(20)\n"
	                 "for i in 1, 2: c = s.accept()[0]; c.send(b'$a'); c.close()\n"
	                 "\" > /dev/null & done\n"
	                 "while [ $(ss -Hltn 'sport = 80' | wc -l) -lt 2 ] && "
	                 "[ $((n += 1)) -lt 2000 ]; do :; done");
	ns_sh(l->isp, "python3 -c \"\n"
	              "import socket\n"
	              "said = [socket.create_connection(('203.0.113.2', 80), 5).recv(2) for i in "
	              "range(4)]\n"
	              "assert sorted(said) == [b'20', b'20', b'21', b'21'], said\n"
	              "\"");
	apply(l);
	acl_free(service);
}

static void static_network_both_ways(void **state)
{
	struct lab *l = *state;
	struct nat_static net = {.kind = NAT_STATIC_NET,
	        .local = ip("10.20.20.0"),
	        .global = ip("203.0.113.128"),
	        .len = 28};

	l->w.fixed = &net;
	l->w.n_fixed = 1;
	ns_sh(l->inside, "ip addr add 10.20.20.5/24 dev eth0");
	ns_sh(l->isp, "ip route add 203.0.113.128/28 via 203.0.113.2");
	apply(l);
	int host = ns_udp(l->inside, "10.20.20.5", 9), isp = ns_udp(l->isp, "203.0.113.1", 9);

	ns_send(isp, "203.0.113.133", 9, "in");
	ns_expect(host, "in", "203.0.113.1");
	ns_send(host, "203.0.113.1", 9, "out");
	ns_expect(isp, "out", "203.0.113.133");
	close(host);
	close(isp);
}

static void pool_addresses_are_used(void **state)
{
	struct lab *l = *state;
	struct nat_pool pool = {
	        .name = "P", .first = ip("203.0.113.60"), .last = ip("203.0.113.60"), .len = 24};

	l->w.pool = &pool;
	l->w.n_pool = 1;
	l->dynamic[1].pool = "P";
	ns_sh(l->isp, "ip route add 203.0.113.60/32 via 203.0.113.2");
	apply(l);
	sees(l, l->isp, "198.51.100.9", "203.0.113.60");
}

struct seen {
	size_t n;
	struct nat_translation t;
};

static void remember(void *ctx, const struct nat_translation *t)
{
	struct seen *s = ctx;

	s->n++;
	s->t = *t;
}

static void translations_are_shown_and_cleared(void **state)
{
	struct lab *l = *state;
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    client = ns_udp(l->inside, "10.20.20.20", 4000);
	char text[ENDPOINT_STRLEN];
	struct seen s = {0};
	struct nat_statistics st;
	struct nat_select all = {0};

	apply(l);
	ns_send(client, "192.168.100.10", 7, "one");
	ns_expect(server, "one", "10.250.0.7");
	assert_int_equal(nat_translations(l->nat, remember, &s), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.t.proto, IPPROTO_UDP);
	assert_false(s.t.from_outside);
	assert_string_equal(endpoint_fmt(&s.t.inside_local, text), "10.20.20.20/4000");
	assert_string_equal(endpoint_fmt(&s.t.inside_global, text), "10.250.0.7/4000");
	assert_string_equal(endpoint_fmt(&s.t.outside_local, text), "192.168.100.10/7");
	assert_string_equal(endpoint_fmt(&s.t.outside_global, text), "192.168.100.10/7");
	assert_in_range(s.t.left_s, 200, 300); /* IOS's 300 s, not the kernel's 30 */

	assert_int_equal(nat_statistics(l->nat, &st), 0);
	assert_int_equal(st.active, 1);
	assert_int_equal(st.misses, 1);
	assert_int_equal(st.hits, 1);
	assert_int_equal(nat_rule_made(l->nat, NULL, "ENTERPRISE"), 1);
	assert_int_equal(nat_rule_made(l->nat, NULL, "INTERNET"), 0);
	assert_int_equal(nat_acl_matches(l->nat, l->acl, 10), 1);

	struct nat_select other = {.inside_local = ip("10.20.20.99")};

	assert_int_equal(nat_clear(l->nat, &other), 0);
	assert_int_equal(nat_clear(l->nat, &all), 1);
	s.n = 0;
	assert_int_equal(nat_translations(l->nat, remember, &s), 0);
	assert_int_equal(s.n, 0);
	close(server);
	close(client);
}

static void counters_survive_a_change_and_clearing_zeroes_them(void **state)
{
	struct lab *l = *state;

	apply(l);
	sees(l, l->hub, "192.168.100.10", "10.250.0.7");
	permit_net(l->acl, "10.30.0.0/16");
	apply(l);
	assert_int_equal(nat_refresh_counters(l->nat), 0);
	assert_int_equal(nat_acl_matches(l->nat, l->acl, 10), 1);
	assert_int_equal(nat_acl_matches(l->nat, l->acl, 20), 0);
	assert_int_equal(nat_clear_counters(l->nat), 0);
	assert_int_equal(nat_refresh_counters(l->nat), 0);
	assert_int_equal(nat_acl_matches(l->nat, l->acl, 10), 0);
}

static void removing_leaves_no_table_and_no_translation(void **state)
{
	struct lab *l = *state;
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    client = ns_udp(l->inside, "10.20.20.20", 4000);
	struct seen s = {0};

	apply(l);
	ns_send(client, "192.168.100.10", 7, "one");
	ns_expect(server, "one", "10.250.0.7");
	assert_int_equal(nat_remove(l->nat), 0);
	assert_false(ns_prints(l->spoke, "nft list ruleset", "spoke"));
	assert_int_equal(nat_translations(l->nat, remember, &s), 0);
	assert_int_equal(s.n, 0);
	close(server);
	close(client);
}

static void leftovers_of_a_killed_process_are_replaced(void **state)
{
	struct lab *l = *state;
	char why[200];

	apply(l);
	ns_sh(l->spoke, "nft add table inet foreign");
	nat_free(l->nat); /* as if killed: the table stays */
	assert_true(ns_prints(l->spoke, "nft list ruleset", "table inet spoke"));
	l->nat = nat_new(&nft_kernel_ops, why, sizeof(why));
	assert_non_null(l->nat);
	assert_int_equal(nat_remove(l->nat), 0);
	assert_false(ns_prints(l->spoke, "nft list ruleset", "table inet spoke"));
	assert_true(ns_prints(l->spoke, "nft list ruleset", "table inet foreign"));
}

/* `ip access-group` in and out, IPv4: what is denied does not arrive, what follows does. */
static void access_groups_filter_and_count(void **state)
{
	struct lab *l = *state;
	struct acl *in = acl_new("IN", ACL_EXTENDED), *out = acl_new("OUT", ACL_EXTENDED);
	struct acl_entry udp = acl_rule(true), drop = acl_rule(false);
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    other = ns_udp(l->hub, "192.168.100.10", 9);
	int client = ns_udp(l->inside, "10.20.20.20", 4000);

	drop.proto = udp.proto = IPPROTO_UDP;
	drop.dport = (struct acl_ports){.op = ACL_PORT_EQ, .n = 1, .port[0] = 9};
	udp.dport = (struct acl_ports){.op = ACL_PORT_LT, .n = 1, .port[0] = 9};
	acl_add(in, &udp); /* 7 passes, the implicit deny takes 9 */
	acl_add(out, &drop);
	udp = acl_rule(true);
	acl_add(out, &udp);
	l->acls[1] = in;
	l->acls[2] = out;
	l->w.n_acl = 3;
	l->iface[0].in4 = "IN";
	apply(l);
	ns_send(client, "192.168.100.10", 9, "stopped coming in");
	ns_send(client, "192.168.100.10", 7, "passes");
	ns_expect(server, "passes", "10.250.0.7");
	l->iface[0].in4 = NULL;
	l->iface[2].out4 = "OUT";
	apply(l);
	ns_send(client, "192.168.100.10", 9, "stopped going out");
	ns_send(client, "192.168.100.10", 7, "passes again");
	ns_expect(server, "passes again", "10.250.0.7");
	assert_int_equal(nat_refresh_counters(l->nat), 0);
	assert_int_equal(nat_acl_matches(l->nat, out, 10), 1);
	assert_int_equal(nat_acl_matches(l->nat, out, 20), 1);
	/* the router's own packets are not filtered on the way out */
	int own = ns_udp(l->spoke, "10.250.0.7", 0);

	ns_send(own, "192.168.100.10", 9, "from the router");
	ns_expect(other, "from the router", "10.250.0.7");
	l->iface[2].out4 = NULL;
	apply(l);
	ns_send(client, "192.168.100.10", 9, "free");
	ns_expect(other, "free", "10.250.0.7");
	close(own);
	close(server);
	close(other);
	close(client);
	acl_free(in);
	acl_free(out);
}

/* IPv6: neighbour discovery passes before the implicit deny, nothing else does. */
static void ipv6_lists_let_neighbours_find_each_other(void **state)
{
	struct lab *l = *state;
	struct acl *in = acl_new("IN6", ACL_IPV6);
	struct acl_entry udp = acl_rule(true);

	ns_sh(l->spoke, "sysctl -qw net.ipv6.conf.all.forwarding=1 && ip addr add 2001:db8:1::1/64 "
	                "dev lan0 nodad && "
	                "ip addr add 2001:db8:2::1/64 dev wan0 nodad");
	ns_sh(l->inside, "ip addr add 2001:db8:1::2/64 dev eth0 nodad && ip route add default via "
	                 "2001:db8:1::1");
	ns_sh(l->isp, "ip addr add 2001:db8:2::2/64 dev eth0 nodad && ip route add default via "
	              "2001:db8:2::1");
	udp.proto = IPPROTO_UDP;
	udp.dport = (struct acl_ports){.op = ACL_PORT_EQ, .n = 1, .port[0] = 7};
	acl_add(in, &udp);
	l->acls[1] = in;
	l->w.n_acl = 2;
	l->iface[0].in6 = "IN6";
	apply(l);
	int open7 = ns_udp(l->isp, "2001:db8:2::2", 7), shut = ns_udp(l->isp, "2001:db8:2::2", 9);
	int client = ns_udp(l->inside, "2001:db8:1::2", 4000);

	ns_send(client, "2001:db8:2::2", 9, "stopped");
	ns_send(client, "2001:db8:2::2", 7, "passes");
	ns_expect(open7, "passes", "2001:DB8:1::2");
	l->iface[0].in6 = NULL;
	apply(l);
	ns_send(client, "2001:db8:2::2", 9, "free");
	ns_expect(shut, "free", "2001:DB8:1::2");
	close(open7);
	close(shut);
	close(client);
	acl_free(in);
}

static void entries_are_limited(void **state)
{
	struct lab *l = *state;
	int server = ns_udp(l->hub, "192.168.100.10", 7),
	    a = ns_udp(l->inside, "10.20.20.20", 4000), b = ns_udp(l->inside, "10.20.20.20", 4001);

	l->w.timeouts.max_entries = 1;
	apply(l);
	ns_send(a, "192.168.100.10", 7, "first");
	ns_expect(server, "first", "10.250.0.7");
	ns_send(server, "10.250.0.7", 4000, "answer"); /* the connection is no longer new */
	ns_expect(a, "answer", "192.168.100.10");
	ns_send(b, "192.168.100.10", 7, "one too many");
	ns_send(a, "192.168.100.10", 7, "first again");
	ns_expect(server, "first again", "10.250.0.7");
	close(server);
	close(a);
	close(b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(network_list_from_the_server),
	        T(default_route_from_the_server),
	        T(no_rule_for_the_tunnel_no_translation),
	        T(the_negotiated_address_is_followed),
	        T(a_flow_that_began_untranslated_is_translated_from_the_rule_on),
	        T(without_an_address_nothing_leaves),
	        T(what_the_list_denies_is_not_translated),
	        T(static_address_and_port_from_outside),
	        T(a_route_map_may_be_long),
	        T(a_denied_packet_meets_the_next_rule),
	        T(static_network_both_ways),
	        T(connections_are_spread_over_a_rotary_pool),
	        T(pool_addresses_are_used),
	        T(translations_are_shown_and_cleared),
	        T(counters_survive_a_change_and_clearing_zeroes_them),
	        T(removing_leaves_no_table_and_no_translation),
	        T(leftovers_of_a_killed_process_are_replaced),
	        T(access_groups_filter_and_count),
	        T(ipv6_lists_let_neighbours_find_each_other),
	        T(entries_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
