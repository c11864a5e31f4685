/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Front-door VRFs: the data plane's doors, who matches them, and what else speaks in a VRF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "flexvpn/doors.h"
#include "flexvpn/services.h"
#include "lib_world.h"

enum { SECOND = 1000 };

static const char front_door[] = "vrf definition fvrf\n address-family ipv4\n"
                                 "interface Ethernet0/0\n vrf forwarding fvrf\n"
                                 "interface Tunnel0\n tunnel vrf fvrf\n"
                                 "crypto ikev2 profile prof\n match fvrf fvrf\n";

static int setup(void **s)
{
	struct world *w = world_new();

	world_enter(w, world_guide_example);
	*s = w;
	return 0;
}

static int setup_plain(void **s)
{
	struct world *w = world_without_vrfs();

	world_enter(w, world_guide_example);
	*s = w;
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

static bool told(const struct world *w, const char *line)
{
	return strstr(dp_fake_log(w->b.dp), line) != NULL;
}

static void connect_client(struct world *w)
{
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, 10 * SECOND));
}

static void a_session_goes_by_the_door_of_its_vrf(void **s)
{
	struct world *w = *s;

	world_enter(w, front_door);
	assert_true(told(w, "door vrf=1 device=vrf-fvrf\n"));
	assert_true(told(w, "tunnel_set id=1 name=Tunnel0 payload=ip mtu=0 vrf=1\n"));
	connect_client(w);
	assert_int_equal(w->sent_vrf, 1);
	dp_fake_forget(w->b.dp);
	world_enter(w, "interface Tunnel0\n no tunnel vrf\n");
	assert_true(told(w, "door vrf=1 device=-\n"));
	assert_string_equal(world_client(w, "flex")->why,
	        "tunnel source Ethernet0/0 is in a VRF, without `tunnel vrf`");
	assert_int_equal(world_client(w, "flex")->state, FX_INIT);
}

/* In the same reconciliation nothing is told twice. */
static void doors_are_told_once(void **s)
{
	struct world *w = *s;

	world_enter(w, front_door);
	dp_fake_forget(w->b.dp);
	world_enter(w, "hostname R7\ninterface Ethernet0/0\n description uplink\n");
	world_run(w, SECOND);
	assert_int_equal(dp_fake_calls(w->b.dp), 0);
}

static void a_client_says_what_its_front_door_lacks(void **s)
{
	struct world *w = *s;
	static const struct {
		const char *lines, *why;
	} steps[] = {
	        {"interface Tunnel0\n tunnel vrf fvrf\n",
	                "interface Tunnel0: VRF fvrf is not configured"},
	        {"vrf definition fvrf\n address-family ipv4\n",
	                "tunnel source Ethernet0/0 is not in the tunnel VRF"},
	        {"interface Ethernet0/0\n vrf forwarding fvrf\n",
	                "IKEv2 profile prof: no `match fvrf` for fvrf"},
	        {"crypto ikev2 profile prof\n match fvrf fvrf\n", ""},
	        {"crypto ikev2 profile prof\n no match fvrf fvrf\n match fvrf any\n", ""},
	        {"crypto ikev2 profile prof\n no match fvrf any\n match fvrf fvrf\n"
	         "interface Tunnel0\n no tunnel vrf\ninterface Ethernet0/0\n no vrf forwarding\n",
	                "IKEv2 profile prof: no `match fvrf` for the global table"},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		world_enter(w, steps[i].lines);
		assert_string_equal(world_client(w, "flex")->why, steps[i].why);
	}
}

/* A policy takes its own front door, or any; without a line the global table. */
static void policies_are_chosen_by_front_door(void **s)
{
	struct world *w = *s;

	world_enter(w, front_door);
	world_enter(w,
	        "crypto ikev2 proposal P\n encryption aes-cbc-256\n integrity sha512\n group 19\n"
	        "no crypto ikev2 policy default\ncrypto ikev2 policy A\n proposal P\n");
	fx_client_connect(w->x, world_client(w, "flex"));
	world_run(w, SECOND);
	assert_true(world_logged(w, "no IKEv2 policy with a complete proposal"));
	world_enter(w, "crypto ikev2 policy A\n match fvrf fvrf\n");
	connect_client(w);
}

/* The VRF inside and the one outside are two tables: what is pushed cannot meet the outer packets.
 */
static void a_pushed_default_route_recurs_in_one_table_only(void **s)
{
	struct world *w = *s;

	world_enter(w, front_door);
	world_enter(w, "vrf definition red\n address-family ipv4\ninterface Tunnel0\n vrf "
	               "forwarding red\n");
	static const uint8_t hubs[8] = {10, 0, 0, 0, 255, 0, 0, 0};
	struct world_hub *h = &w->hub[0];

	h->reply[h->n_reply++] = (struct ike_attr){.type = CFG_IP4_SUBNET, .len = 8, .val = hubs};
	connect_client(w);
	assert_false(world_logged(w, "it would carry the tunnel's own packets into the tunnel"));
	world_enter(w, "interface Tunnel0\n vrf forwarding fvrf\n");
	connect_client(w);
	assert_true(world_logged(w, "it would carry the tunnel's own packets into the tunnel"));
}

static void probes_and_questions_are_bound_to_the_vrf(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){.name = "hub.example", .addr = {w->hub[0].addr}, .n = 1};
	world_enter(w, front_door);
	world_enter(w, "ip sla 1\n icmp-echo 10.0.0.1\n  vrf fvrf\n  frequency 1\n"
	               "ip sla schedule 1 life forever start-time now\n"
	               "ip name-server 9.9.9.9\nip name-server vrf fvrf 172.16.0.53 172.16.0.54\n"
	               "crypto ikev2 client flexvpn flex\n no peer 1\n peer 1 fqdn hub.example\n");
	world_run(w, 2 * SECOND);
	assert_string_equal(w->probe.device, "vrf-fvrf");
	connect_client(w);
	assert_string_equal(w->question.device, "vrf-fvrf");
	assert_int_equal(w->question.n_server, 2);
	assert_int_equal(ipaddr_u32(&w->question.server[1]), 0xac100036);
}

/* ---- a kernel without VRF devices ---------------------------------------------------------------
 */

/* The interface itself is the door, and its connected network stands in the VRF's table. */
static void an_interface_stands_in(void **s)
{
	struct world *w = *s;
	char line[80];

	world_enter(w, front_door);
	snprintf(line, sizeof(line), "door vrf=%u device=eth0\n", w->link[0] << 16 | 1);
	assert_true(told(w, line));
	connect_client(w);
	assert_int_equal(w->sent_vrf, w->link[0] << 16 | 1);
	assert_non_null(strstr(net_fake_log(w->b.net), "route_add 172.16.0.0/12 dev"));
}

/* Another source is another door: the session starts again there. */
static void another_uplink_is_another_door(void **s)
{
	struct world *w = *s;

	world_enter(w, front_door);
	world_enter(w,
	        "platform interface Ethernet0/1 device eth1\n"
	        "interface Ethernet0/1\n vrf forwarding fvrf\n ip address 172.20.0.1 255.255.0.0\n"
	        "track 1 interface Ethernet0/0 line-protocol\n"
	        "interface Tunnel0\n tunnel source dynamic\n"
	        "crypto ikev2 client flexvpn flex\n source 1 Ethernet0/0 track 1\n source 2 "
	        "Ethernet0/1\n");
	connect_client(w);
	assert_int_equal(w->sent_vrf, w->link[0] << 16 | 1);
	world_carrier(w, 0, false);
	assert_true(world_until(w, "flex", FX_ACTIVE, 30 * SECOND));
	world_run(w, 10 * SECOND);
	assert_int_equal(world_client(w, "flex")->door, w->link[1] << 16 | 1);
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                a_session_goes_by_the_door_of_its_vrf, setup, teardown),
	        cmocka_unit_test_setup_teardown(doors_are_told_once, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_client_says_what_its_front_door_lacks, setup, teardown),
	        cmocka_unit_test_setup_teardown(policies_are_chosen_by_front_door, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_pushed_default_route_recurs_in_one_table_only, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                probes_and_questions_are_bound_to_the_vrf, setup, teardown),
	        cmocka_unit_test_setup_teardown(an_interface_stands_in, setup_plain, teardown),
	        cmocka_unit_test_setup_teardown(
	                another_uplink_is_another_door, setup_plain, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
