/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interfaces in the reconciler: leases, VLANs, advertisements, and devices that are given back as
 * they were found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "flexvpn/leases.h"
#include "lib_world.h"

static int setup(void **s)
{
	struct world *w = world_new();

	world_enter(w, "platform interface GigabitEthernet0/0 device eth0\n"
	               "platform interface GigabitEthernet0/1 device eth1\n"
	               "interface GigabitEthernet0/0\n no shutdown\ninterface GigabitEthernet0/1\n "
	               "no shutdown\n");
	net_fake_forget(w->b.net);
	services_fake_forget(w->b.services);
	*s = w;
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

static bool did(const struct world *w, const char *call)
{
	return strstr(net_fake_log(w->b.net), call) != NULL;
}

static struct ipaddr ip(const char *text)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static void lease(struct world *w, const char *addr, const char *router)
{
	struct ipaddr a = ip(addr);
	struct dhcpc_lease l = {.bound = true, .addr = prefix_of(&a, 24), .router = ip(router)};

	services_fake_lease(w->b.services, "eth0", &l);
	world_run(w, 10);
}

static void a_lease_is_an_address_and_a_way_out(void **s)
{
	struct world *w = *s;
	static const struct dhcpc_lease none;

	world_enter(w, "hostname R7\ninterface GigabitEthernet0/0\n ip address dhcp\n"
	               "ip route 10.0.0.0 255.0.0.0 dhcp 9\n");
	assert_non_null(
	        strstr(services_fake_log(w->b.services), "dhcp clients 1\nclient eth0 R7\n"));
	assert_false(did(w, "route_add"));
	lease(w, "198.51.100.7", "198.51.100.1");
	assert_true(did(w, "addr_add eth0 198.51.100.7/24"));
	assert_true(did(w, "route_add 0.0.0.0/0 via 198.51.100.1 dev eth0"));
	assert_true(did(w, "route_add 10.0.0.0/8 via 198.51.100.1 dev eth0"));
	assert_true(world_logged(w,
	        "%DHCP-6-ADDRESS_ASSIGN: Interface GigabitEthernet0/0 assigned DHCP "
	        "address 198.51.100.7, mask 255.255.255.0, hostname R7"));

	net_fake_forget(w->b.net);
	lease(w, "198.51.100.8", "198.51.100.2");
	assert_true(did(w, "addr_del eth0 198.51.100.7/24"));
	assert_true(did(w, "route_add 0.0.0.0/0 via 198.51.100.2 dev eth0"));
	net_fake_forget(w->b.net);
	world_run(w, 1000);
	assert_int_equal(net_fake_calls(w->b.net), 0);

	services_fake_lease(w->b.services, "eth0", &none);
	world_run(w, 10);
	assert_true(did(w, "addr_del eth0 198.51.100.8/24"));
	assert_true(did(w, "route_del 10.0.0.0/8"));
	world_enter(w, "interface GigabitEthernet0/0\n no ip address\n");
	assert_non_null(strstr(services_fake_log(w->b.services), "dhcp clients 0\n"));
}

static void another_vlan_is_another_device(void **s)
{
	struct world *w = *s;

	world_enter(w, "interface GigabitEthernet0/1.10\n encapsulation dot1Q 10\n ip address "
	               "10.1.1.1 255.255.255.0\n");
	assert_true(did(w, "vlan_add eth1.10 eth1 10"));
	assert_true(did(w, "addr_add eth1.10 10.1.1.1/24"));
	net_fake_forget(w->b.net);
	world_enter(w, "interface GigabitEthernet0/1.10\n encapsulation dot1Q 20\n");
	assert_true(did(w, "link_del eth1.10"));
	assert_true(did(w, "vlan_add eth1.10 eth1 20"));
	net_fake_forget(w->b.net);
	world_enter(w, "no interface GigabitEthernet0/1.10\n");
	assert_true(did(w, "link_del eth1.10"));
}

/* A sub-interface whose interface has no device stays down, and one that appears gets it. */
static void a_vlan_waits_for_its_interface(void **s)
{
	struct world *w = *s;

	world_enter(w, "interface GigabitEthernet0/2.5\n encapsulation dot1Q 5\n");
	world_enter(w, "platform interface GigabitEthernet0/2 device eth2\ninterface "
	               "GigabitEthernet0/2\n no shutdown\n");
	assert_false(did(w, "vlan_add"));
	net_fake_link(w->b.net, "eth2", true, true);
	world_run(w, 10);
	assert_true(did(w, "vlan_add eth2.5 eth2 5"));
}

static void a_device_is_given_back_as_it_was_found(void **s)
{
	struct world *w = *s;

	world_enter(w,
	        "interface GigabitEthernet0/1\n mtu 1400\n ipv6 address autoconfig\n shutdown\n");
	assert_true(did(w, "link_set eth1 down"));
	assert_true(did(w, "ra_set eth1 accept=2 autoconf=1 defrtr=0"));
	net_fake_forget(w->b.net);
	world_enter(w, "interface GigabitEthernet0/1\n no mtu\n");
	assert_true(did(w, "link_set eth1 down mtu 1500"));
	net_fake_forget(w->b.net);
	world_enter(w, "no interface GigabitEthernet0/1\nno platform interface GigabitEthernet0/1 "
	               "device eth1\n");
	assert_true(did(w, "ra_set eth1 accept=1 autoconf=1 defrtr=1"));
	assert_true(did(w, "link_set eth1 up"));
}

/* `no ipv6 unicast-routing` puts back what was found. */
static void ipv6_is_forwarded_where_asked_for(void **s)
{
	struct world *w = *s;

	net_fake_forget(w->b.net);
	world_enter(w, "ipv6 unicast-routing");
	assert_string_equal(net_fake_log(w->b.net), "forwarding ipv6 on\n");
	world_enter(w, "no ipv6 unicast-routing");
	assert_string_equal(net_fake_log(w->b.net), "forwarding ipv6 on\nforwarding ipv6 off\n");
	w->b.net_ops->forwarding(w->b.net, AF_INET6, true, NULL);
	net_fake_forget(w->b.net);
	world_enter(w, "ipv6 unicast-routing");
	world_enter(w, "no ipv6 unicast-routing");
	assert_string_equal(net_fake_log(w->b.net), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                a_lease_is_an_address_and_a_way_out, setup, teardown),
	        cmocka_unit_test_setup_teardown(another_vlan_is_another_device, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_vlan_waits_for_its_interface, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_device_is_given_back_as_it_was_found, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                ipv6_is_forwarded_where_asked_for, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
