/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording back end keeps the kernel's manners; tests of the layers above lean on them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/net.h"

static const struct net_ops *const ops = &net_fake_ops;

static struct prefix px(const char *s)
{
	struct prefix p = {0};

	assert_true(prefix_parse(s, &p));
	return p;
}

static struct ipaddr ip(const char *s)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(s, &a));
	return a;
}

static int setup(void **state)
{
	char why[64];

	*state = ops->open(why, sizeof(why));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	ops->close(*state);
	return 0;
}

static bool count_route(void *ctx, const struct net_route *r)
{
	(void)r;
	++*(int *)ctx;
	return true;
}

static bool count_addr(void *ctx, const struct net_addr *a)
{
	(void)a;
	++*(int *)ctx;
	return true;
}

static int n_routes(struct net *n)
{
	int c = 0;

	ops->routes(n, 0, count_route, &c);
	return c;
}

static int n_addrs(struct net *n)
{
	int c = 0;

	ops->addrs(n, 0, count_addr, &c);
	return c;
}

static void drain(struct net *n)
{
	struct net_event ev;

	while (ops->poll(n, &ev))
		;
}

static void calls_are_logged_one_line_each(void **state)
{
	struct net *n = *state;
	uint32_t t = net_fake_link(n, "Tunnel0", false, true);
	struct prefix a = px("10.9.0.7/32");
	struct net_route r = {.dst = px("10.0.0.0/8"), .ifindex = t, .metric = 2};
	struct net_route null0 = {.dst = px("192.0.2.0/24"), .blackhole = true, .metric = 1};

	assert_int_equal(ops->link_alias(n, t, "spoke:Tunnel0"), 0);
	assert_int_equal(ops->link_set(n, t, true, 1400), 0);
	assert_int_equal(ops->addr_add(n, t, &a), 0);
	assert_int_equal(ops->route_add(n, &r), 0);
	assert_int_equal(ops->route_add(n, &null0), 0);
	assert_int_equal(ops->forwarding(n, AF_INET, true, NULL), 0);
	assert_int_equal(ops->route_del(n, &r), 0);
	assert_int_equal(ops->addr_del(n, t, &a), 0);
	assert_string_equal(net_fake_log(n), "link_alias Tunnel0 spoke:Tunnel0\n"
	                                     "link_set Tunnel0 up mtu 1400\n"
	                                     "addr_add Tunnel0 10.9.0.7/32\n"
	                                     "route_add 10.0.0.0/8 dev Tunnel0 metric 2\n"
	                                     "route_add 192.0.2.0/24 blackhole metric 1\n"
	                                     "forwarding ipv4 on\n"
	                                     "route_del 10.0.0.0/8 dev Tunnel0 metric 2\n"
	                                     "addr_del Tunnel0 10.9.0.7/32\n");
	assert_int_equal(net_fake_calls(n), 8);
	net_fake_forget(n);
	assert_int_equal(net_fake_calls(n), 0);
	assert_string_equal(net_fake_log(n), "");
}

static void adding_twice_and_deleting_twice_are_no_errors(void **state)
{
	struct net *n = *state;
	uint32_t t = net_fake_link(n, "Tunnel0", true, true);
	struct prefix a = px("2001:db8::7/128");
	struct net_route r = {.dst = px("10.0.0.0/8"), .ifindex = t, .metric = 1};

	for (int i = 0; i < 2; i++) {
		assert_int_equal(ops->addr_add(n, t, &a), 0);
		assert_int_equal(ops->route_add(n, &r), 0);
	}
	assert_int_equal(n_addrs(n), 1);
	assert_int_equal(n_routes(n), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ops->addr_del(n, t, &a), 0);
		assert_int_equal(ops->route_del(n, &r), 0);
	}
	assert_int_equal(n_addrs(n), 0);
	assert_int_equal(n_routes(n), 0);
}

static void what_others_configured_stays(void **state)
{
	struct net *n = *state;
	uint32_t e = net_fake_link(n, "eth0", true, true);
	struct prefix a = px("172.16.0.1/12");
	struct net_route r = {.dst = px("0.0.0.0/0"), .ifindex = e, .metric = 1, .proto = 4};

	net_fake_foreign_addr(n, e, &a);
	net_fake_foreign_route(n, &r);
	assert_int_equal(ops->addr_add(n, e, &a), 0);
	assert_int_equal(ops->addr_del(n, e, &a), -EPERM);
	assert_int_equal(ops->route_add(n, &r), -EEXIST);
	assert_int_equal(ops->route_del(n, &r), 0);
	assert_int_equal(ops->link_del(n, e), -EPERM);
	assert_int_equal(n_addrs(n), 1);
	assert_int_equal(n_routes(n), 1);
}

static void a_link_that_goes_takes_its_routes_and_addresses(void **state)
{
	struct net *n = *state;
	uint32_t t = net_fake_link(n, "Tunnel0", true, true);
	struct prefix a = px("10.9.0.7/32");
	struct net_route r = {.dst = px("10.0.0.0/8"), .ifindex = t};

	ops->link_alias(n, t, "spoke:Tunnel0");
	ops->addr_add(n, t, &a);
	ops->route_add(n, &r);
	ops->link_set(n, t, false, 0);
	assert_int_equal(n_routes(n), 0);
	assert_int_equal(n_addrs(n), 1);
	assert_int_equal(ops->link_del(n, t), 0);
	assert_int_equal(ops->link_del(n, t), 0);
	assert_int_equal(n_addrs(n), 0);
}

static void lookup_takes_the_longest_prefix_and_its_source(void **state)
{
	struct net *n = *state;
	uint32_t e = net_fake_link(n, "eth0", true, true),
	         t = net_fake_link(n, "Tunnel0", true, true);
	struct prefix ae = px("198.51.100.2/24"), at = px("10.9.0.7/32");
	struct net_route def = {.dst = px("0.0.0.0/0"), .gateway = ip("198.51.100.1")};
	struct net_route in = {.dst = px("10.0.0.0/8"), .ifindex = t};
	struct net_route nul = {.dst = px("10.66.0.0/16"), .blackhole = true}, got;
	struct ipaddr far = ip("203.0.113.9"), inside = ip("10.1.1.1"), dead = ip("10.66.0.1");

	assert_int_equal(ops->route_to(n, &far, 0, &got), -ENETUNREACH);
	ops->addr_add(n, e, &ae);
	ops->addr_add(n, t, &at);
	assert_int_equal(ops->route_add(n, &def), 0);
	assert_int_equal(ops->route_add(n, &in), 0);
	assert_int_equal(ops->route_add(n, &nul), 0);
	assert_int_equal(ops->route_to(n, &far, 0, &got), 0);
	assert_int_equal(got.ifindex, e);
	assert_true(ipaddr_eq(&got.prefsrc, &ae.addr));
	assert_int_equal(ops->route_to(n, &inside, 0, &got), 0);
	assert_int_equal(got.ifindex, t);
	assert_true(ipaddr_eq(&got.prefsrc, &at.addr));
	assert_int_equal(ops->route_to(n, &dead, 0, &got), -ENETUNREACH);
}

static void changes_are_announced(void **state)
{
	struct net *n = *state;
	uint32_t t = net_fake_link(n, "Tunnel0", true, false);
	struct net_event ev;

	drain(n);
	net_fake_carrier(n, t, true);
	assert_true(ops->poll(n, &ev));
	assert_int_equal(ev.type, NET_EV_LINK);
	assert_true(ev.link.running);
	assert_false(ops->poll(n, &ev));
	ops->link_set(n, t, true, 0); /* no change, no news */
	assert_false(ops->poll(n, &ev));
}

static void a_requested_failure_comes_once_and_changes_nothing(void **state)
{
	struct net *n = *state;
	uint32_t t = net_fake_link(n, "Tunnel0", true, true);
	struct prefix a = px("10.9.0.7/32");

	net_fake_fail_next(n, ENOBUFS);
	assert_int_equal(ops->addr_add(n, t, &a), -ENOBUFS);
	assert_int_equal(n_addrs(n), 0);
	assert_int_equal(ops->addr_add(n, t, &a), 0);
	assert_int_equal(n_addrs(n), 1);
}

static void dummies_are_ours_and_found_again(void **state)
{
	struct net *n = *state;
	uint32_t a = 0, b = 0;

	assert_int_equal(ops->dummy_add(n, "Loopback0", &a), 0);
	assert_int_equal(ops->dummy_add(n, "Loopback0", &b), 0);
	assert_int_equal(a, b);
	net_fake_link(n, "Loopback1", true, true);
	assert_int_equal(ops->dummy_add(n, "Loopback1", &b), -EEXIST);
	assert_int_equal(ops->link_del(n, a), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(calls_are_logged_one_line_each),
	        T(adding_twice_and_deleting_twice_are_no_errors),
	        T(what_others_configured_stays),
	        T(a_link_that_goes_takes_its_routes_and_addresses),
	        T(lookup_takes_the_longest_prefix_and_its_source),
	        T(changes_are_announced),
	        T(a_requested_failure_comes_once_and_changes_nothing),
	        T(dummies_are_ours_and_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
