/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VRFs as a machine, over the recording back end; and over the kernel: where it has VRF devices
 * (Debian's own kernel, in the virtual machine) with two customers who use the same addresses,
 * where it has none (a container's kernel) with what stands in.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib_netns.h"
#include "net/vrf.h"

struct world {
	struct vrf_fake *f;
	struct vrf *v;
};

static int begin(void **state, bool has_vrf)
{
	static struct world w;

	w.f = vrf_fake_new(has_vrf);
	w.v = vrf_new(&vrf_fake_ops, w.f);
	vrf_fake_link(w.f, "eth0", "", 0, 0);
	vrf_fake_link(w.f, "eth1", "", 0, 0);
	vrf_available(w.v, NULL);
	vrf_fake_forget(w.f);
	*state = &w;
	return 0;
}

static int setup(void **state)
{
	return begin(state, true);
}

static int setup_without(void **state)
{
	return begin(state, false);
}

static int teardown(void **state)
{
	struct world *w = *state;

	vrf_free(w->v);
	vrf_fake_free(w->f);
	return 0;
}

static void expect(
        struct world *w, const struct vrf_wanted *want, size_t n, int rc, const char *log)
{
	vrf_fake_forget(w->f);
	assert_int_equal(vrf_apply(w->v, want, n), rc);
	assert_string_equal(vrf_fake_log(w->f), log);
}

static const char *const eth0[] = {"eth0"}, *const eth1[] = {"eth1"},
                         *const both[] = {"eth0", "eth1"}, *const missing[] = {"eth9"};

static void a_vrf_is_a_device_with_its_interfaces(void **state)
{
	struct world *w = *state;
	struct vrf_wanted v[] = {{.name = "RED", .dev = eth0, .n_dev = 1},
	        {.name = "BLUE", .dev = missing, .n_dev = 1}};

	expect(w, v, 2, 0,
	        "create vrf-RED table 11700 alias spoke-vrf:RED\n"
	        "closed add table 11700\n"
	        "create vrf-BLUE table 11701 alias spoke-vrf:BLUE\n"
	        "closed add table 11701\n"
	        "enslave eth0 vrf-RED\n");
	assert_int_equal(vrf_table(w->v, "BLUE"), 11701);
	assert_true(vrf_ifindex(w->v, "BLUE") != 0);
	assert_int_equal(vrf_table(w->v, "GREEN"), 0);
	expect(w, v, 2, 0, ""); /* the same again is no call */
}

static void interfaces_move_and_devices_go(void **state)
{
	struct world *w = *state;
	struct vrf_wanted v[] = {{.name = "RED", .dev = both, .n_dev = 2}, {.name = "BLUE"}};

	assert_int_equal(vrf_apply(w->v, v, 2), 0);
	v[0].dev = eth0;
	v[0].n_dev = 1;
	v[1].dev = eth1;
	v[1].n_dev = 1;
	expect(w, v, 2, 0, "enslave eth1 vrf-BLUE\n");
	expect(w, &v[1], 1, 0, "enslave eth0 none\nclosed del table 11700\nremove vrf-RED\n");
	assert_int_equal(vrf_table(w->v, "BLUE"), 11701); /* it keeps its table */
	expect(w, NULL, 0, 0, "enslave eth1 none\nclosed del table 11701\nremove vrf-BLUE\n");
}

static void leftovers_are_adopted_or_removed_and_others_stay(void **state)
{
	struct world *w = *state;
	struct vrf_wanted v = {.name = "RED", .dev = both, .n_dev = 2};
	uint32_t theirs = vrf_fake_link(w->f, "vrf-THEIRS", "", 11700, 0);

	vrf_fake_link(w->f, "vrf-RED", "spoke-vrf:RED", 11705, 0);
	vrf_fake_link(w->f, "vrf-OLD", "spoke-vrf:OLD", 11706, 0);
	vrf_fake_link(w->f, "eth2", "", 0, theirs);
	expect(w, &v, 1, 0,
	        "enslave eth0 vrf-RED\n"
	        "enslave eth1 vrf-RED\n"
	        "closed del table 11706\n"
	        "remove vrf-OLD\n");
	assert_int_equal(vrf_table(w->v, "RED"), 11705);
}

static void what_somebody_else_enslaved_is_told(void **state)
{
	static const char *const dev[] = {"eth2"};
	struct world *w = *state;
	struct vrf_wanted v = {.name = "RED", .dev = dev, .n_dev = 1};
	uint32_t bridge = vrf_fake_link(w->f, "br0", "", 0, 0);

	vrf_fake_link(w->f, "eth2", "", 0, bridge);
	expect(w, &v, 1, -EBUSY,
	        "create vrf-RED table 11700 alias spoke-vrf:RED\nclosed add table 11700\n");
	assert_string_equal(vrf_why(w->v), "VRF RED: eth2: Device or resource busy");
}

static void a_failure_is_told_and_tried_again(void **state)
{
	struct world *w = *state;
	struct vrf_wanted v = {.name = "RED", .dev = eth0, .n_dev = 1};

	vrf_fake_fail_next(w->f, ENOBUFS);
	expect(w, &v, 1, -ENOBUFS, "create vrf-RED table 11700 alias spoke-vrf:RED\n");
	assert_int_equal(vrf_apply(w->v, &v, 1), 0);
	assert_string_equal(vrf_why(w->v), "");
	assert_true(vrf_ifindex(w->v, "RED") != 0);
}

static void without_the_device_rules_stand_in_for_a_front_door(void **state)
{
	struct world *w = *state;
	struct vrf_wanted v[] = {{.name = "WAN", .front_door = true, .dev = eth0, .n_dev = 1},
	        {.name = "RED", .dev = eth1, .n_dev = 1}};
	const char *why;

	assert_false(vrf_available(w->v, &why));
	assert_string_equal(why, "this kernel has no VRF devices (module vrf)");
	expect(w, v, 1, 0,
	        "closed add table 11700\n"
	        "rule add ipv4 iif eth0 table 11700\n"
	        "rule add ipv6 iif eth0 table 11700\n"
	        "rule add ipv4 oif eth0 table 11700\n"
	        "rule add ipv6 oif eth0 table 11700\n");
	expect(w, v, 1, 0, "");
	expect(w, v, 2, -EOPNOTSUPP, "");
	assert_non_null(strstr(vrf_why(w->v), "VRF RED: this kernel has no VRF devices"));
	assert_int_equal(vrf_table(w->v, "WAN"), 11700);
	assert_int_equal(vrf_ifindex(w->v, "WAN"), 0);
	v[0].dev = eth1;
	expect(w, v, 1, 0,
	        "rule del ipv4 iif eth0 table 11700\n"
	        "rule del ipv6 iif eth0 table 11700\n"
	        "rule del ipv4 oif eth0 table 11700\n"
	        "rule del ipv6 oif eth0 table 11700\n"
	        "rule add ipv4 iif eth1 table 11700\n"
	        "rule add ipv6 iif eth1 table 11700\n"
	        "rule add ipv4 oif eth1 table 11700\n"
	        "rule add ipv6 oif eth1 table 11700\n");
	assert_int_equal(vrf_apply(w->v, NULL, 0), 0);
	assert_non_null(strstr(vrf_fake_log(w->f), "closed del table 11700\n"));
}

static void names_become_devices(void **state)
{
	char dev[NET_IFNAMSIZ], other[NET_IFNAMSIZ];

	(void)state;
	vrf_device_name("RED", dev);
	assert_string_equal(dev, "vrf-RED");
	vrf_device_name("CUSTOMER-WITH-A-LONG-NAME-1", dev);
	vrf_device_name("CUSTOMER-WITH-A-LONG-NAME-2", other);
	assert_int_equal(strlen(dev), 12);
	assert_string_not_equal(dev, other);
	vrf_device_name("a/b", dev);
	assert_null(strchr(dev, '/'));
}

/* ---- the kernel ---------------------------------------------------------------------------------
 */

struct lab {
	int spoke, red, blue;
	struct net *net;
	struct vrf *v;
};

static int setup_lab(void **state)
{
	static struct lab l;
	char why[200];

	l.spoke = ns_new();
	l.red = ns_new();
	l.blue = ns_new();
	ns_wire(l.spoke, "eth0", "10.1.1.1/24", l.red, "eth0", "10.1.1.2/24");
	ns_wire(l.spoke, "eth1", NULL, l.blue, "eth0", "10.1.1.2/24");
	ns_enter(l.spoke);
	l.net = net_kernel_ops.open(why, sizeof(why));
	assert_non_null(l.net);
	l.v = vrf_new(&vrf_kernel_ops, l.net);
	*state = &l;
	return 0;
}

static int teardown_lab(void **state)
{
	struct lab *l = *state;

	vrf_free(l->v);
	net_kernel_ops.close(l->net);
	ns_close(l->spoke);
	ns_close(l->red);
	ns_close(l->blue);
	return 0;
}

/* A socket bound to a device sends to 10.1.1.2; who gets it? */
static void reaches(struct lab *l, const char *dev, const char *from, int far, const char *text)
{
	int server = ns_udp(far, "10.1.1.2", 7), s = ns_udp(l->spoke, "0.0.0.0", 0);

	assert_int_equal(
	        setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev)), 0);
	ns_send(s, "10.1.1.2", 7, text);
	ns_expect(server, text, from);
	close(server);
	close(s);
}

/* Two customers with the same addresses do not meet. */
static void devices(struct lab *l)
{
	struct vrf_wanted v[] = {{.name = "RED", .dev = eth0, .n_dev = 1},
	        {.name = "BLUE", .dev = eth1, .n_dev = 1}};

	ns_enter(l->spoke);
	if (vrf_apply(l->v, v, 2))
		fail_msg("%s", vrf_why(l->v));
	ns_sh(l->spoke, "ip addr add 10.1.1.1/24 dev eth1");
	reaches(l, "vrf-RED", "10.1.1.1", l->red, "to red");
	reaches(l, "vrf-BLUE", "10.1.1.1", l->blue, "to blue");
	assert_true(ns_prints(l->spoke, "ip route show table 11700", "unreachable default"));
	assert_true(ns_prints(l->spoke, "ip -6 route show table 11701", "unreachable default"));
	/* a process that comes after a killed one adopts what is there */
	uint32_t index = vrf_ifindex(l->v, "BLUE");

	vrf_free(l->v);
	ns_enter(l->spoke);
	l->v = vrf_new(&vrf_kernel_ops, l->net);
	assert_int_equal(vrf_apply(l->v, &v[1], 1), 0);
	assert_int_equal(vrf_ifindex(l->v, "BLUE"), index);
	assert_int_equal(vrf_table(l->v, "BLUE"), 11701);
	assert_false(ns_prints(l->spoke, "ip link", "vrf-RED"));
	assert_int_equal(vrf_apply(l->v, NULL, 0), 0);
	assert_false(ns_prints(l->spoke, "ip link", "vrf-"));
	assert_false(ns_prints(l->spoke, "ip route show table all", "1170"));
}

/* Outer packets of a tunnel find the front door's routes, though the global table leads elsewhere.
 */
static void stand_in(struct lab *l)
{
	struct vrf_wanted v[] = {{.name = "WAN", .front_door = true, .dev = eth1, .n_dev = 1},
	        {.name = "RED", .dev = eth0, .n_dev = 1}};
	struct net_route r = {.metric = 1};
	struct net_link link;

	ns_sh(l->spoke, "ip addr add 10.2.2.1/32 dev eth1");
	ns_sh(l->blue, "ip route add 10.2.2.1/32 dev eth0");
	ns_enter(l->spoke);
	assert_int_equal(vrf_apply(l->v, v, 2), -EOPNOTSUPP); /* RED cannot be; WAN is done */
	assert_string_equal(
	        vrf_why(l->v), "VRF RED: this kernel has no VRF devices: Operation not supported");
	assert_int_equal(vrf_apply(l->v, v, 1), 0);
	assert_true(net_kernel_ops.link_by_name(l->net, "eth1", &link));
	assert_true(prefix_parse("10.1.1.0/24", &r.dst));
	r.ifindex = link.index;
	r.table = vrf_table(l->v, "WAN");
	assert_int_equal(net_kernel_ops.route_add(l->net, &r), 0);
	reaches(l, "eth1", "10.2.2.1", l->blue, "by the front door");
	reaches(l, "eth0", "10.1.1.1", l->red, "globally");
	assert_true(ns_prints(l->spoke, "ip rule", "oif eth1 lookup 11700"));
	assert_int_equal(vrf_apply(l->v, NULL, 0), 0);
	assert_false(ns_prints(l->spoke, "ip rule", "11700"));
	assert_false(ns_prints(l->spoke, "ip -6 rule", "11700"));
}

static void the_kernel_has_vrfs_or_rules_stand_in(void **state)
{
	struct lab *l = *state;
	const char *why;

	ns_enter(l->spoke);
	if (vrf_available(l->v, &why)) {
		assert_string_equal(why, "");
		assert_false(ns_prints(l->spoke, "ip link", "vrf-"));
		devices(l);
	} else {
		assert_null(getenv("IN_VM")); /* Debian's kernel has them */
		assert_string_equal(why, "this kernel has no VRF devices (module vrf)");
		stand_in(l);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(a_vrf_is_a_device_with_its_interfaces),
	        T(interfaces_move_and_devices_go),
	        T(leftovers_are_adopted_or_removed_and_others_stay),
	        T(what_somebody_else_enslaved_is_told),
	        T(a_failure_is_told_and_tried_again),
	        cmocka_unit_test_setup_teardown(without_the_device_rules_stand_in_for_a_front_door,
	                setup_without, teardown),
	        cmocka_unit_test(names_become_devices),
	        cmocka_unit_test_setup_teardown(
	                the_kernel_has_vrfs_or_rules_stand_in, setup_lab, teardown_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
