/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several static routes to one network: equal ways share it, `permanent` keeps it, track objects
 * take ways out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"
#include "lib_world.h"

enum { SECOND = 1000 };

static struct out shown;

static int setup(void **s)
{
	struct world *w = *s = world_new();

	out_init(&shown, OUT_TEXT);
	world_enter(w, "platform interface Ethernet0/0 device eth0\ninterface Ethernet0/0\n"
	               "ip address 172.16.0.1 255.255.0.0\n"
	               "platform interface Ethernet0/1 device eth1\ninterface Ethernet0/1\n"
	               "ip address 172.20.0.1 255.255.0.0");
	world_run(w, SECOND);
	return 0;
}

static int teardown(void **s)
{
	out_fini(&shown);
	world_free(*s);
	return 0;
}

struct found {
	struct prefix dst;
	struct net_route route;
	unsigned n;
};

static bool look(void *ctx, const struct net_route *r)
{
	struct found *f = ctx;

	if (prefix_cmp(&r->dst, &f->dst) != 0 || r->proto != NET_ROUTE_PROTO)
		return true;
	f->route = *r;
	f->n++;
	return true;
}

/* The kernel's route to 10.9.0.0/16, of which there is one; with no way: there is none. */
static struct net_route kernel_route(struct world *w, const char *dst)
{
	struct found f = {0};

	assert_true(prefix_parse(dst, &f.dst));
	w->b.net_ops->routes(w->b.net, 0, look, &f);
	assert_in_range(f.n, 0, 1);
	return f.route;
}

/* "172.16.0.9 172.20.0.9" in the order of addresses, "blackhole", or "". */
static const char *ways(struct world *w)
{
	static char text[200];
	struct net_route r = kernel_route(w, "10.9.0.0/16");
	struct ipaddr a[NET_MAX_HOPS] = {r.gateway};
	char buf[IPADDR_STRLEN];

	text[0] = '\0';
	if (r.blackhole || !r.proto)
		return r.blackhole ? "blackhole" : "";
	for (uint8_t i = 0; i < r.n_more; i++)
		a[i + 1] = r.more[i].gateway;
	for (uint8_t i = 0; i <= r.n_more; i++)
		for (uint8_t k = 0; k < i; k++)
			if (ipaddr_cmp(&a[k], &a[i]) > 0) {
				struct ipaddr t = a[k];

				a[k] = a[i];
				a[i] = t;
			}
	for (uint8_t i = 0; i <= r.n_more; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
		        ipaddr_fmt(&a[i], buf));
	return text;
}

static void enter(struct world *w, const char *lines)
{
	world_enter(w, lines);
	world_run(w, SECOND);
}

#define NET "ip route 10.9.0.0 255.255.0.0 "

static void equal_routes_share_the_network(void **s)
{
	struct world *w = *s;

	enter(w, NET "172.16.0.9");
	assert_string_equal(ways(w), "172.16.0.9");
	enter(w, NET "172.20.0.9");
	assert_string_equal(ways(w), "172.16.0.9 172.20.0.9");
	enter(w, NET "172.16.0.7\n" NET "Ethernet0/1 172.20.0.7");
	assert_string_equal(ways(w), "172.16.0.7 172.16.0.9 172.20.0.7 172.20.0.9");
	/* a fifth waits for a place */
	enter(w, NET "172.16.0.5");
	assert_string_equal(ways(w), "172.16.0.7 172.16.0.9 172.20.0.7 172.20.0.9");
	enter(w, "no " NET "172.20.0.9");
	assert_string_equal(ways(w), "172.16.0.5 172.16.0.7 172.16.0.9 172.20.0.7");
	/* another distance is another route */
	enter(w, NET "172.16.0.3 50\nno " NET "172.16.0.5\nno " NET "172.16.0.7\nno " NET
	             "172.16.0.9\nno " NET "Ethernet0/1 172.20.0.7");
	assert_string_equal(ways(w), "172.16.0.3");
	enter(w, "no " NET "172.16.0.3 50");
	assert_string_equal(ways(w), "");
}

/* Whichever of them goes: at no time is there no route. */
static void the_others_go_on_without_a_gap(void **s)
{
	struct world *w = *s;

	enter(w, NET "172.16.0.9\n" NET "172.20.0.9\n" NET "172.20.0.7");
	net_fake_forget(w->b.net);
	enter(w, "no " NET "172.16.0.9");
	assert_string_equal(ways(w), "172.20.0.7 172.20.0.9");
	enter(w, "no " NET "172.20.0.7");
	assert_string_equal(ways(w), "172.20.0.9");
	assert_null(strstr(net_fake_log(w->b.net), "route_del"));
}

static void a_link_without_carrier_takes_its_way_out(void **s)
{
	struct world *w = *s;

	enter(w, NET "172.16.0.9\n" NET "172.20.0.9");
	world_carrier(w, 0, false);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "172.20.0.9");
	world_carrier(w, 0, true);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "172.16.0.9 172.20.0.9");
	world_carrier(w, 1, false);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "172.16.0.9");
}

static void a_track_object_takes_its_way_out(void **s)
{
	struct world *w = *s;

	enter(w, "track 1 stub-object\ndefault-state up\n" NET "172.16.0.9 track 1\n" NET
	         "172.20.0.9");
	assert_string_equal(ways(w), "172.16.0.9 172.20.0.9");
	enter(w, "track 1 stub-object\ndefault-state down");
	assert_string_equal(ways(w), "172.20.0.9");
	enter(w, "track 1 stub-object\ndefault-state up");
	assert_string_equal(ways(w), "172.16.0.9 172.20.0.9");
}

/* What somebody took away is put back, all of it. */
static void a_lost_route_comes_back_with_all_its_ways(void **s)
{
	struct world *w = *s;
	struct net_route r;

	enter(w, NET "172.16.0.9\n" NET "172.20.0.9");
	r = kernel_route(w, "10.9.0.0/16");
	w->b.net_ops->route_del(w->b.net, &r);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "172.16.0.9 172.20.0.9");
}

static void equal_means_no_call(void **s)
{
	struct world *w = *s;

	enter(w, NET "172.16.0.9\n" NET "172.20.0.9\n" NET "172.16.0.5 permanent");
	net_fake_forget(w->b.net);
	w->x->dirty = w->x->refresh = true;
	world_run(w, SECOND);
	assert_int_equal(net_fake_calls(w->b.net), 0);
}

static void ipv6_shares_between_gateways_only(void **s)
{
	struct world *w = *s;
	struct net_route r;

	enter(w, "ipv6 route 2001:db8:9::/48 Ethernet0/0 fe80::1\n"
	         "ipv6 route 2001:db8:9::/48 Ethernet0/1 fe80::2");
	r = kernel_route(w, "2001:db8:9::/48");
	assert_int_equal(r.n_more, 1);
	enter(w, "no ipv6 route 2001:db8:9::/48 Ethernet0/0 fe80::1\n"
	         "no ipv6 route 2001:db8:9::/48 Ethernet0/1 fe80::2\n"
	         "ipv6 route 2001:db8:9::/48 Ethernet0/0\nipv6 route 2001:db8:9::/48 Ethernet0/1");
	r = kernel_route(w, "2001:db8:9::/48");
	assert_int_equal(r.n_more, 0);
	enter(w, "no ipv6 route 2001:db8:9::/48 Ethernet0/0");
	assert_int_equal(kernel_route(w, "2001:db8:9::/48").ifindex, w->link[1]);
}

static void permanent_stays_and_yields_to_an_open_way(void **s)
{
	struct world *w = *s;

	enter(w, NET "172.16.0.9 permanent");
	assert_string_equal(ways(w), "172.16.0.9");
	world_carrier(w, 0, false);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "blackhole");
	enter(w, NET "172.20.0.9");
	assert_string_equal(ways(w), "172.20.0.9");
	world_carrier(w, 1, false);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "blackhole");
	world_carrier(w, 1, true);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "172.20.0.9");
	world_carrier(w, 0, true);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "172.16.0.9 172.20.0.9");
	/* without the word a closed way is no route */
	enter(w, "no " NET "172.16.0.9 permanent\nno " NET "172.20.0.9\n" NET "172.16.0.9");
	world_carrier(w, 0, false);
	world_run(w, SECOND);
	assert_string_equal(ways(w), "");
}

static const char *show(struct world *w, enum out_mode mode, struct gl_exec_show_ip_route a)
{
	struct exec e = {.fx = w->x, .o = &shown};

	out_fini(&shown);
	out_init(&shown, mode);
	exec_show_ip_route(&e, &a);
	return out_str_so_far(&shown);
}

static void both_ways_are_shown(void **s)
{
	struct world *w = *s;
	const char *text;

	enter(w, NET "172.16.0.9\n" NET "172.20.0.9\nip route 0.0.0.0 0.0.0.0 Ethernet0/0\n"
	             "ip route 0.0.0.0 0.0.0.0 Ethernet0/1");
	text = show(w, OUT_TEXT, (struct gl_exec_show_ip_route){0});
	assert_non_null(strstr(text, "S        10.9.0.0/16 [1/0] via 172.16.0.9\n"
	                             "                     [1/0] via 172.20.0.9\n"));
	assert_non_null(strstr(text, "S*    0.0.0.0/0 is directly connected, Ethernet0/0\n"
	                             "                is directly connected, Ethernet0/1\n"));
	assert_non_null(strstr(text, "10.0.0.0/16 is subnetted, 1 subnets\n"));
	text = show(w, OUT_TEXT,
	        (struct gl_exec_show_ip_route){.has_addr = true, .addr = ipaddr_v4(0x0a090101)});
	assert_non_null(strstr(text, "  * 172.16.0.9\n"));
	assert_non_null(strstr(text, "    172.20.0.9\n"));
	text = show(w, OUT_JSON, (struct gl_exec_show_ip_route){0});
	assert_non_null(strstr(text, "\"172.16.0.9\""));
	assert_non_null(strstr(text, "\"172.20.0.9\""));
}

static void a_permanent_route_is_shown_as_configured(void **s)
{
	struct world *w = *s;

	enter(w, NET "172.16.0.9 permanent");
	world_carrier(w, 0, false);
	world_run(w, SECOND);
	assert_non_null(strstr(show(w, OUT_TEXT, (struct gl_exec_show_ip_route){0}),
	        "10.9.0.0/16 [1/0] via 172.16.0.9\n"));
}

/* Ways that come and go in any order leave what a fresh router would have. */
static void any_order_ends_the_same(void **s)
{
	struct world *w = *s;
	static const char *const line[] = {NET "172.16.0.9", NET "172.20.0.9", NET "172.16.0.7",
	        NET "172.20.0.7 permanent", NET "172.16.0.5", NET "Null0"};
	bool in[ARRAY_LEN(line)] = {false}, up[2] = {true, true};

	srand(7);
	for (unsigned step = 0; step < 300; step++) {
		size_t i = (size_t)rand() % (ARRAY_LEN(line) + 2);
		char text[80];

		if (i >= ARRAY_LEN(line)) {
			int l = (int)(i - ARRAY_LEN(line));

			up[l] = !up[l];
			world_carrier(w, l, up[l]);
		} else {
			in[i] = !in[i];
			snprintf(text, sizeof(text), "%s%s", in[i] ? "" : "no ", line[i]);
			world_enter(w, text);
		}
		world_run(w, SECOND);
		int open = (in[0] && up[0]) + (in[1] && up[1]) + (in[2] && up[0]) +
		           (in[3] && up[1]) + (in[4] && up[0]);
		struct net_route r = kernel_route(w, "10.9.0.0/16");

		if (r.proto && !r.blackhole)
			assert_int_equal(r.n_more + 1, open < NET_MAX_HOPS ? open : NET_MAX_HOPS);
		else if (r.blackhole)
			assert_true(in[5] || (in[3] && !up[1] && !open));
		else
			assert_true(!open && !in[5] && !in[3]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(equal_routes_share_the_network),
	        T(the_others_go_on_without_a_gap),
	        T(a_link_without_carrier_takes_its_way_out),
	        T(a_track_object_takes_its_way_out),
	        T(a_lost_route_comes_back_with_all_its_ways),
	        T(equal_means_no_call),
	        T(ipv6_shares_between_gateways_only),
	        T(permanent_stays_and_yields_to_an_open_way),
	        T(both_ways_are_shown),
	        T(a_permanent_route_is_shown_as_configured),
	        T(any_order_ends_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
