/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rtnetlink back end against a real kernel, in a network namespace of the test's own. Root is
 * needed.
 *
 * Devices are TUN interfaces that the test holds open. What "somebody else" configured is made with
 * ip(8), so that the marks are judged by an outsider.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/net.h"

static const struct net_ops *const ops = &net_kernel_ops;

struct world {
	struct net *n;
	int tun[2];
	uint32_t dev[2]; /* sp0, sp1: up, ours by alias only where a test says so */
};

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

static int sh(const char *cmd)
{
	return system(cmd);
}

static bool shell_says(const char *cmd, const char *want)
{
	char text[4096];
	FILE *p = popen(cmd, "r");
	size_t got;

	assert_non_null(p);
	got = fread(text, 1, sizeof(text) - 1, p);
	text[got] = '\0';
	pclose(p);
	return strstr(text, want) != NULL;
}

static int tun(const char *name)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0) {
		print_error("tun %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	char why[128] = "", name[] = "sp0";
	struct net_link l;

	if (unshare(CLONE_NEWNET) < 0) {
		print_error(
		        "a network namespace cannot be made (root needed): %s\n", strerror(errno));
		exit(1);
	}
	if (sh("ip link set lo up") != 0) {
		print_error("ip(8) is missing\n");
		exit(1);
	}
	w->n = ops->open(why, sizeof(why));
	if (!w->n) {
		print_error("%s\n", why);
		exit(1);
	}
	for (int i = 0; i < 2; i++) {
		name[2] = (char)('0' + i);
		w->tun[i] = tun(name);
		assert_true(ops->link_by_name(w->n, name, &l));
		w->dev[i] = l.index;
		assert_int_equal(ops->link_set(w->n, l.index, true, 1400), 0);
	}
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->tun[0]);
	close(w->tun[1]);
	ops->close(w->n);
	free(w);
	return 0;
}

struct seek {
	struct prefix want;
	int there;
	struct net_addr addr;
	struct net_route route;
};

static bool seek_addr(void *ctx, const struct net_addr *a)
{
	struct seek *s = ctx;

	if (prefix_cmp(&a->addr, &s->want) == 0) {
		s->there++;
		s->addr = *a;
	}
	return true;
}

static bool seek_route(void *ctx, const struct net_route *r)
{
	struct seek *s = ctx;

	if (prefix_cmp(&r->dst, &s->want) == 0) {
		s->there++;
		s->route = *r;
	}
	return true;
}

static struct seek addr_there(struct world *w, const char *text)
{
	struct seek s = {.want = px(text)};

	assert_int_equal(ops->addrs(w->n, 0, seek_addr, &s), 0);
	return s;
}

static struct seek route_there(struct world *w, uint32_t table, const char *text)
{
	struct seek s = {.want = px(text)};

	assert_int_equal(ops->routes(w->n, table, seek_route, &s), 0);
	return s;
}

/* ---- links
 * -------------------------------------------------------------------------------------------------------
 */

static bool count_link(void *ctx, const struct net_link *l)
{
	(void)l;
	++*(int *)ctx;
	return true;
}

static bool first_link(void *ctx, const struct net_link *l)
{
	(void)l;
	++*(int *)ctx;
	return false;
}

static void links_are_seen_with_their_state(void **state)
{
	struct world *w = *state;
	struct net_link l;
	int all = 0, one = 0;

	assert_true(ops->link_by_name(w->n, "lo", &l));
	assert_true(l.loopback && l.up);
	assert_true(ops->link_by_index(w->n, w->dev[1], &l));
	assert_string_equal(l.name, "sp1");
	assert_true(l.up && l.running);
	assert_int_equal(l.mtu, 1400);
	assert_string_equal(l.alias, "");
	assert_false(ops->link_by_name(w->n, "nosuch0", &l));
	assert_false(ops->link_by_name(w->n, "a-name-longer-than-the-kernel-takes", &l));
	assert_false(ops->link_by_name(w->n, "", &l));
	assert_false(ops->link_by_index(w->n, 0, &l));
	assert_int_equal(ops->links(w->n, count_link, &all), 0);
	assert_true(all >= 3);
	assert_int_equal(ops->links(w->n, first_link, &one), 0);
	assert_int_equal(one, 1);
}

static void links_are_set_and_set_again(void **state)
{
	struct world *w = *state;
	struct net_link l;

	for (int i = 0; i < 2; i++)
		assert_int_equal(ops->link_set(w->n, w->dev[0], false, 1300), 0);
	assert_true(ops->link_by_index(w->n, w->dev[0], &l));
	assert_false(l.up);
	assert_int_equal(l.mtu, 1300);
	assert_int_equal(ops->link_set(w->n, w->dev[0], true, 0), 0);
	assert_true(ops->link_by_index(w->n, w->dev[0], &l));
	assert_true(l.up);
	assert_int_equal(l.mtu, 1300);
	assert_int_equal(ops->link_set(w->n, 9999, true, 0), -ENODEV);
}

static void only_marked_links_are_deleted(void **state)
{
	struct world *w = *state;
	struct net_link l;

	assert_int_equal(ops->link_del(w->n, w->dev[0]), -EPERM);
	assert_true(ops->link_by_index(w->n, w->dev[0], &l));
	assert_int_equal(ops->link_alias(w->n, w->dev[0], NET_ALIAS_PREFIX "Tunnel0"), 0);
	assert_true(ops->link_by_index(w->n, w->dev[0], &l));
	assert_string_equal(l.alias, "spoke:Tunnel0");
	assert_int_equal(ops->link_del(w->n, w->dev[0]), 0);
	assert_false(ops->link_by_index(w->n, w->dev[0], &l));
	assert_int_equal(ops->link_del(w->n, w->dev[0]), 0);
}

static void a_dummy_is_made_once_or_refused_clearly(void **state)
{
	struct world *w = *state;
	struct net_link l;
	uint32_t a = 0, b = 0;
	int rc = ops->dummy_add(w->n, "Loopback0", &a);

	if (rc == -EOPNOTSUPP) { /* a kernel without it: outsiders fail too, nothing is left */
		assert_int_not_equal(sh("ip link add probe0 type dummy 2>/dev/null"), 0);
		assert_false(ops->link_by_name(w->n, "Loopback0", &l));
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(ops->dummy_add(w->n, "Loopback0", &b), 0);
	assert_int_equal(a, b);
	assert_true(ops->link_by_index(w->n, a, &l));
	assert_string_equal(l.alias, "spoke:Loopback0");
	assert_int_equal(ops->link_del(w->n, a), 0);
	assert_int_equal(ops->dummy_add(w->n, "sp1", &b), -EEXIST); /* somebody else's */
}

/* ---- addresses
 * ---------------------------------------------------------------------------------------------------
 */

static void addresses_come_and_go(void **state)
{
	static const char *const text[] = {"10.9.0.7/32", "172.16.0.1/12", "2001:db8:9::7/64"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct prefix a = px(text[i]);

		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(ops->addr_add(w->n, w->dev[0], &a), 0);
		struct seek s = addr_there(w, text[i]);

		assert_int_equal(s.there, 1);
		assert_true(s.addr.ours);
		assert_int_equal(s.addr.ifindex, w->dev[0]);
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(ops->addr_del(w->n, w->dev[0], &a), 0);
		assert_int_equal(addr_there(w, text[i]).there, 0);
	}
}

static void an_address_on_no_device_is_an_error(void **state)
{
	struct world *w = *state;
	struct prefix a = px("10.9.0.7/32");

	assert_int_equal(ops->addr_add(w->n, 9999, &a), -ENODEV);
	assert_int_equal(ops->addr_del(w->n, 9999, &a), 0);
}

static void addresses_of_others_are_left_alone(void **state)
{
	struct world *w = *state;
	struct prefix a = px("192.0.2.1/24");

	assert_int_equal(sh("ip addr add 192.0.2.1/24 dev sp0"), 0);
	assert_int_equal(ops->addr_add(w->n, w->dev[0], &a), 0);
	assert_false(addr_there(w, "192.0.2.1/24").addr.ours);
	assert_int_equal(ops->addr_del(w->n, w->dev[0], &a), -EPERM);
	assert_true(shell_says("ip addr show dev sp0", "192.0.2.1/24"));
}

static bool kernel_keeps_proto(void)
{
	return shell_says(
	        "uname -r | awk -F. '{print ($1*100+$2 >= 518) ? \"yes\" : \"no\"}'", "yes");
}

static void a_later_process_knows_our_addresses(void **state)
{
	struct world *w = *state;
	struct prefix a = px("10.9.0.7/32");
	char why[64];

	assert_int_equal(ops->addr_add(w->n, w->dev[0], &a), 0);
	ops->close(w->n);
	w->n = ops->open(why, sizeof(why));
	assert_non_null(w->n);
	assert_int_equal(addr_there(w, "10.9.0.7/32").addr.ours, kernel_keeps_proto());
}

/* ---- routes
 * ------------------------------------------------------------------------------------------------------
 */

static void routes_come_and_go(void **state)
{
	static const char *const dst[] = {
	        "10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "2001:db8:1::/48", "::/0"};
	static const uint32_t table[] = {0, 100, 70000};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(dst); i++) {
		for (size_t t = 0; t < ARRAY_LEN(table); t++) {
			struct net_route r = {.dst = px(dst[i]),
			        .ifindex = w->dev[0],
			        .metric = 3,
			        .table = table[t]};

			for (int twice = 0; twice < 2; twice++)
				assert_int_equal(ops->route_add(w->n, &r), 0);
			struct seek s = route_there(w, table[t], dst[i]);

			assert_int_equal(s.there, 1);
			assert_int_equal(s.route.proto, NET_ROUTE_PROTO);
			assert_int_equal(s.route.metric, 3);
			assert_int_equal(s.route.ifindex, w->dev[0]);
			assert_int_equal(s.route.table, table[t]);
			for (int twice = 0; twice < 2; twice++)
				assert_int_equal(ops->route_del(w->n, &r), 0);
			assert_int_equal(route_there(w, table[t], dst[i]).there, 0);
		}
	}
}

static void host_bits_of_a_destination_are_cleared(void **state)
{
	struct world *w = *state;
	struct net_route r = {.dst = px("10.20.20.20/24"), .ifindex = w->dev[0], .metric = 1};

	assert_int_equal(ops->route_add(w->n, &r), 0);
	assert_int_equal(route_there(w, 0, "10.20.20.0/24").there, 1);
	assert_int_equal(ops->route_del(w->n, &r), 0);
	assert_int_equal(route_there(w, 0, "10.20.20.0/24").there, 0);
}

static void a_route_of_ours_is_replaced(void **state)
{
	static const char *const dst[] = {"10.0.0.0/8", "2001:db8:1::/48"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(dst); i++) {
		struct net_route r = {.dst = px(dst[i]), .ifindex = w->dev[0], .metric = 1};

		assert_int_equal(ops->route_add(w->n, &r), 0);
		r.ifindex = w->dev[1];
		assert_int_equal(ops->route_add(w->n, &r), 0);
		struct seek s = route_there(w, 0, dst[i]);

		assert_int_equal(s.there, 1);
		assert_int_equal(s.route.ifindex, w->dev[1]);
		r.blackhole = true;
		r.ifindex = 0;
		assert_int_equal(ops->route_add(w->n, &r), 0);
		s = route_there(w, 0, dst[i]);
		assert_int_equal(s.there, 1);
		assert_true(s.route.blackhole);
		assert_int_equal(s.route.ifindex, 0);
	}
}

/* Two ways, then three, then one, then none, as one route of the kernel's. */
static void several_ways_are_one_route(void **state)
{
	static const struct {
		const char *dst, *gw[3], *net[2];
	} rows[] = {{"10.0.0.0/8", {"192.0.2.9", "198.51.100.9", "192.0.2.8"},
	                    {"192.0.2.1/24", "198.51.100.1/24"}},
	        {"2001:db8:77::/48", {"2001:db8:1::9", "2001:db8:2::9", "2001:db8:1::8"},
	                {"2001:db8:1::1/64", "2001:db8:2::1/64"}}};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct net_route r = {.dst = px(rows[i].dst),
		        .gateway = ip(rows[i].gw[0]),
		        .ifindex = w->dev[0],
		        .metric = 1};
		struct seek s;

		for (int k = 0; k < 2; k++) {
			struct prefix a = px(rows[i].net[k]);

			assert_int_equal(ops->addr_add(w->n, w->dev[k], &a), 0);
		}
		assert_int_equal(ops->route_add(w->n, &r), 0);
		for (uint8_t n = 1; n <= 2; n++) {
			r.more[n - 1] = (struct net_hop){ip(rows[i].gw[n]), w->dev[n & 1]};
			r.n_more = n;
			assert_int_equal(ops->route_replace(w->n, &r), 0);
			s = route_there(w, 0, rows[i].dst);
			assert_int_equal(s.there, 1);
			assert_true(net_route_same_ways(&r, &s.route));
		}
		assert_int_equal(ops->route_add(w->n, &r), 0); /* it is there */
		r.gateway = r.more[1].gateway;                 /* that of the same device */
		r.n_more = 1;
		assert_int_equal(ops->route_add(w->n, &r), 0); /* replaced */
		s = route_there(w, 0, rows[i].dst);
		assert_int_equal(s.there, 1);
		assert_true(net_route_same_ways(&r, &s.route));
		r.n_more = 0;
		assert_int_equal(ops->route_replace(w->n, &r), 0);
		assert_true(net_route_same_ways(
		        &r, &(struct net_route){.gateway = r.gateway, .ifindex = r.ifindex}));
		assert_int_equal(route_there(w, 0, rows[i].dst).route.n_more, 0);
		r.more[0] = (struct net_hop){ip(rows[i].gw[1]), w->dev[1]};
		r.n_more = 1;
		assert_int_equal(ops->route_replace(w->n, &r), 0);
		assert_int_equal(ops->route_del(w->n, &r), 0);
		assert_int_equal(route_there(w, 0, rows[i].dst).there, 0);
	}
}

/* FRR reads a distance from the top octet of a kernel route's priority, and installs at 20. */
static void a_floating_route_yields_to_what_frr_learned(void **state)
{
	static const struct {
		uint32_t distance;
		const char *priority;
	} rows[] = {{1, "metric 1 "}, {19, "metric 19 "}, {20, "metric 335544320 "},
	        {250, "metric 4194304000 "}, {255, "metric 4278190080 "}};
	struct world *w = *state;
	struct ipaddr dst = ip("10.0.0.1");
	struct net_route got;
	char cmd[160];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct net_route r = {
		        .dst = px("10.0.0.0/8"), .ifindex = w->dev[0], .metric = rows[i].distance};

		assert_int_equal(ops->route_add(w->n, &r), 0);
		snprintf(cmd, sizeof(cmd), "ip route show 10.0.0.0/8 | grep -q '%s'",
		        rows[i].priority);
		assert_int_equal(sh(cmd), 0);
		struct seek s = route_there(w, 0, "10.0.0.0/8");

		assert_int_equal(s.there, 1);
		assert_int_equal(s.route.metric, rows[i].distance);
		assert_int_equal(sh("ip route add 10.0.0.0/8 dev sp1 metric 20 proto bgp"), 0);
		assert_int_equal(ops->route_to(w->n, &dst, 0, &got), 0);
		assert_int_equal(got.ifindex, w->dev[rows[i].distance < 20 ? 0 : 1]);
		assert_int_equal(sh("ip route del 10.0.0.0/8 dev sp1 metric 20"), 0);
		assert_int_equal(ops->route_del(w->n, &r), 0);
		assert_int_equal(route_there(w, 0, "10.0.0.0/8").there, 0);
	}
}

static void routes_of_others_are_left_alone(void **state)
{
	static const char *const dst[] = {"10.0.0.0/8", "2001:db8:1::/48"};
	struct world *w = *state;

	assert_int_equal(sh("ip route add 10.0.0.0/8 dev sp1 metric 5 proto static"), 0);
	assert_int_equal(sh("ip -6 route add 2001:db8:1::/48 dev sp1 metric 5 proto static"), 0);
	for (size_t i = 0; i < ARRAY_LEN(dst); i++) {
		struct net_route r = {.dst = px(dst[i]), .ifindex = w->dev[0], .metric = 5};

		assert_int_equal(ops->route_add(w->n, &r), -EEXIST);
		assert_int_equal(ops->route_del(w->n, &r), 0);
		r.ifindex = w->dev[1];
		assert_int_equal(ops->route_add(w->n, &r), -EEXIST);
		assert_int_equal(ops->route_del(w->n, &r), 0);
		struct seek s = route_there(w, 0, dst[i]);

		assert_int_equal(s.there, 1);
		assert_int_equal(s.route.ifindex, w->dev[1]);
		assert_int_equal(s.route.proto, 4);
		r.metric = 6; /* beside it, at another distance */
		assert_int_equal(ops->route_add(w->n, &r), 0);
		assert_int_equal(route_there(w, 0, dst[i]).there, 2);
		assert_int_equal(ops->route_del(w->n, &r), 0);
		assert_int_equal(route_there(w, 0, dst[i]).there, 1);
	}
}

static void a_gateway_must_be_reachable(void **state)
{
	struct world *w = *state;
	struct prefix a = px("198.51.100.2/24");
	struct net_route r = {.dst = px("0.0.0.0/0"), .gateway = ip("198.51.100.1"), .metric = 1};

	assert_int_equal(ops->route_add(w->n, &r), -ENETUNREACH);
	assert_int_equal(ops->addr_add(w->n, w->dev[0], &a), 0);
	assert_int_equal(ops->route_add(w->n, &r), 0);
	assert_int_equal(ops->route_add(w->n, &r), 0);
	struct seek s = route_there(w, 0, "0.0.0.0/0");

	assert_int_equal(s.there, 1);
	assert_true(ipaddr_eq(&s.route.gateway, &r.gateway));
	assert_int_equal(s.route.ifindex, w->dev[0]);
}

static bool the_neighbour(void *ctx, const struct net_neighbour *b)
{
	struct net_neighbour *out = ctx;

	if (b->addr.family == AF_INET && ipaddr_u32(&b->addr) == 0xc6336402)
		*out = *b;
	return true;
}

static void neighbours_are_seen_with_their_addresses(void **state)
{
	struct world *w = *state;
	struct net_neighbour b = {0};
	struct net_link l;

	assert_int_equal(sh("ip link add sv0 address 02:00:00:00:00:01 type veth peer name sv1 && "
	                    "ip link set sv0 up && ip link set sv1 up && "
	                    "ip neigh replace 198.51.100.2 lladdr 02:00:00:00:00:07 dev sv0 nud "
	                    "reachable"),
	        0);
	assert_true(ops->link_by_name(w->n, "sv0", &l));
	assert_memory_equal(l.mac, "\2\0\0\0\0\1", 6);
	assert_int_equal(ops->neighbours(w->n, AF_INET, the_neighbour, &b), 0);
	assert_int_equal(b.ifindex, l.index);
	assert_memory_equal(b.mac, "\2\0\0\0\0\7", 6);
	assert_true(b.age_s < 60);
}

static void the_kernel_says_which_source_it_would_use(void **state)
{
	struct world *w = *state;
	struct prefix a = px("198.51.100.2/24");
	struct net_route def = {.dst = px("0.0.0.0/0"), .gateway = ip("198.51.100.1"), .metric = 1};
	struct net_route other = {.dst = px("203.0.113.0/24"), .ifindex = w->dev[1], .table = 100};
	struct net_route nul = {.dst = px("203.0.113.0/25"), .blackhole = true, .metric = 1}, got;
	struct ipaddr far = ip("203.0.113.9"), self = a.addr;

	assert_int_equal(ops->route_to(w->n, &far, 0, &got), -ENETUNREACH);
	assert_int_equal(ops->addr_add(w->n, w->dev[0], &a), 0);
	assert_int_equal(ops->route_add(w->n, &def), 0);
	assert_int_equal(ops->route_to(w->n, &far, 0, &got), 0);
	assert_true(ipaddr_eq(&got.prefsrc, &a.addr));
	assert_int_equal(got.ifindex, w->dev[0]);
	assert_int_equal(ops->route_to(w->n, &self, 0, &got), 0);
	assert_int_equal(ops->route_to(w->n, &far, 100, &got), -ENETUNREACH);
	assert_int_equal(ops->route_add(w->n, &other), 0);
	assert_int_equal(ops->route_to(w->n, &far, 100, &got), 0);
	assert_int_equal(got.ifindex, w->dev[1]);
	assert_int_equal(ops->route_add(w->n, &nul), 0);
	assert_true(ops->route_to(w->n, &far, 0, &got) < 0);
}

static void a_thousand_routes_are_read_back(void **state)
{
	enum { MANY = 1000 };
	struct world *w = *state;

	for (uint32_t i = 0; i < MANY; i++) {
		struct ipaddr net = ipaddr_v4(0x0a000000u + (i << 8));
		struct net_route r = {
		        .dst = prefix_of(&net, 24), .ifindex = w->dev[0], .metric = 1};

		assert_int_equal(ops->route_add(w->n, &r), 0);
	}
	assert_int_equal(route_there(w, 0, "10.0.0.0/24").there, 1);
	assert_int_equal(route_there(w, 0, "10.3.231.0/24").there, 1);
}

/* ---- events
 * ------------------------------------------------------------------------------------------------------
 */

static bool event_comes(struct world *w, enum net_event_type type, struct net_event *ev)
{
	enum { BOUND_MS = 5000 };
	struct pollfd p = {.fd = ops->fd(w->n), .events = POLLIN};

	do {
		while (ops->poll(w->n, ev))
			if (ev->type == type)
				return true;
	} while (poll(&p, 1, BOUND_MS) > 0);
	return false;
}

static void changes_are_announced(void **state)
{
	struct world *w = *state;
	struct prefix a = px("10.9.0.7/24");
	struct net_route r = {.dst = px("10.0.0.0/8"), .ifindex = w->dev[0], .metric = 7};
	struct net_event ev;

	while (ops->poll(w->n, &ev))
		;
	assert_int_equal(ops->addr_add(w->n, w->dev[0], &a), 0);
	assert_true(event_comes(w, NET_EV_ADDR, &ev));
	assert_int_equal(prefix_cmp(&ev.addr.addr, &a), 0);
	assert_true(ev.addr.ours);
	assert_int_equal(ops->route_add(w->n, &r), 0);
	do
		assert_true(event_comes(w, NET_EV_ROUTE, &ev));
	while (ev.route.metric != 7);
	assert_int_equal(ev.route.proto, NET_ROUTE_PROTO);
	assert_int_equal(ops->route_del(w->n, &r), 0);
	assert_true(event_comes(w, NET_EV_ROUTE_GONE, &ev));
	assert_int_equal(ops->addr_del(w->n, w->dev[0], &a), 0);
	assert_true(event_comes(w, NET_EV_ADDR_GONE, &ev));
}

static void a_device_that_dies_is_announced(void **state)
{
	struct world *w = *state;
	struct net_event ev;

	close(w->tun[0]);
	w->tun[0] = -1;
	do
		assert_true(event_comes(w, NET_EV_LINK_GONE, &ev));
	while (ev.link.index != w->dev[0]);
	assert_string_equal(ev.link.name, "sp0");
}

static void too_many_events_end_in_a_fresh_view(void **state)
{
	struct world *w = *state;
	struct net_event ev;
	bool seen = false;

	while (ops->poll(w->n, &ev))
		;
	assert_int_equal(sh("seq 1 40000 | awk '{ print \"route replace 10.\" int($1 / 250) \".\" "
	                    "$1 % 250 \".0/24 dev sp0\" }' | "
	                    "ip -batch - >/dev/null 2>&1"),
	        0);
	while (ops->poll(w->n, &ev))
		seen |= ev.type == NET_EV_MISSED;
	assert_true(seen);
}

static void forwarding_is_switched(void **state)
{
	struct world *w = *state;
	bool before;

	for (int on = 1; on >= 0; on--) {
		assert_int_equal(ops->forwarding(w->n, AF_INET, on, NULL), 0);
		assert_true(shell_says("cat /proc/sys/net/ipv4/ip_forward", on ? "1" : "0"));
		assert_int_equal(ops->forwarding(w->n, AF_INET6, on, &before), 0);
		assert_int_equal(before, !on);
		assert_true(
		        shell_says("cat /proc/sys/net/ipv6/conf/all/forwarding", on ? "1" : "0"));
	}
	assert_int_equal(ops->forwarding(w->n, AF_UNIX, true, NULL), -EAFNOSUPPORT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(links_are_seen_with_their_state),
	        T(links_are_set_and_set_again),
	        T(only_marked_links_are_deleted),
	        T(a_dummy_is_made_once_or_refused_clearly),
	        T(addresses_come_and_go),
	        T(an_address_on_no_device_is_an_error),
	        T(addresses_of_others_are_left_alone),
	        T(a_later_process_knows_our_addresses),
	        T(routes_come_and_go),
	        T(several_ways_are_one_route),
	        T(host_bits_of_a_destination_are_cleared),
	        T(a_route_of_ours_is_replaced),
	        T(routes_of_others_are_left_alone),
	        T(a_floating_route_yields_to_what_frr_learned),
	        T(a_gateway_must_be_reachable),
	        T(neighbours_are_seen_with_their_addresses),
	        T(the_kernel_says_which_source_it_would_use),
	        T(a_thousand_routes_are_read_back),
	        T(changes_are_announced),
	        T(a_device_that_dies_is_announced),
	        T(too_many_events_end_in_a_fresh_view),
	        T(forwarding_is_switched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
