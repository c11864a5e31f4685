/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FlexVPN client against hubs, in virtual time: activation, failover, edits, teardown. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static int setup(void **s)
{
	*s = world_new();
	world_enter(*s, world_guide_example);
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

static void bring_up(struct world *w)
{
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
}

static void manual_waits_for_the_command(void **s)
{
	struct world *w = *s;

	world_run(w, 10 * MINUTE);
	assert_int_equal(world_client(w, "flex")->state, FX_CONNECT_REQUIRED);
	assert_int_equal(w->hub[0].inits, 0);
	bring_up(w);
}

static void session_brings_address_routes_and_messages(void **s)
{
	struct world *w = *s;
	const char *net;

	bring_up(w);
	net = net_fake_log(w->b.net);
	assert_non_null(strstr(net, "172.31.0.2"));
	assert_non_null(strstr(net, "192.168.50.0/24"));
	assert_non_null(strstr(net, "192.168.60.0/24"));
	assert_non_null(strstr(dp_fake_log(w->b.dp), "sa_add"));
	assert_true(world_logged(w, "%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel0, changed state to up"));
	assert_true(world_logged(w, "%FLEXVPN-6-FLEXVPN_CONNECTION_UP: FlexVPN(flex) Client_public_addr = 172.16.0.1 "
				    "Server_public_addr = 10.0.0.1 Assigned_Tunnel_v4_addr = 172.31.0.2"));
	assert_false(world_logged(w, "cisco")); /* the key */
}

/* CFG_SET: `route set interface` gives the tunnel's address, subnet-acl 199 the two networks. */
static void own_networks_are_offered(void **s)
{
	static const uint8_t want[3][8] = {{172, 31, 0, 2, 255, 255, 255, 255}, {10, 20, 20, 0, 255, 255, 255, 0},
		{10, 30, 30, 0, 255, 255, 255, 0}};
	struct world *w = *s;

	bring_up(w);
	world_run(w, SECOND);
	assert_int_equal(w->hub[0].sets, 1);
	assert_int_equal(w->hub[0].n_set, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(w->hub[0].set[i].type, CFG_IP4_SUBNET);
		assert_memory_equal(w->hub[0].set_data[i], want[i], 8);
	}
	/* an edit of the list is told without a reconnect */
	world_enter(w, "access-list 199 permit ip 10.40.40.0 0.0.0.255 any");
	world_run(w, SECOND);
	assert_int_equal(w->hub[0].sets, 2);
	assert_int_equal(w->hub[0].n_set, 4);
	assert_int_equal(world_client(w, "flex")->connects, 1);
}

static void teardown_removes_everything(void **s)
{
	struct world *w = *s;

	bring_up(w);
	net_fake_forget(w->b.net);
	fx_client_disconnect(w->x, world_client(w, "flex"));
	world_run(w, SECOND);
	assert_int_equal(world_client(w, "flex")->state, FX_CONNECT_REQUIRED);
	assert_non_null(strstr(net_fake_log(w->b.net), "172.31.0.2"));
	assert_non_null(strstr(net_fake_log(w->b.net), "192.168.50.0/24"));
	struct dp_sa_state sa;

	assert_false(w->b.dp_ops->sa_next(w->b.dp, 0, &sa));
	assert_true(world_logged(w, "%FLEXVPN-6-FLEXVPN_CONNECTION_DOWN"));
	struct ike_sa_info info;

	assert_false(ike_sa_next(w->x->ike, 0, &info) && info.state == IKE_S_ESTABLISHED);
	assert_false(ike_sa_next(w->hub[0].ike, 0, &info)); /* Delete reached the hub */
}

static void committing_the_same_configuration_makes_no_call(void **s)
{
	struct world *w = *s;

	bring_up(w);
	world_run(w, SECOND);
	dp_fake_forget(w->b.dp);
	net_fake_forget(w->b.net);
	fx_commit(w->x, cfg_editor_candidate(w->ed), w->now);
	fx_pump(w->x, w->now);
	assert_int_equal(dp_fake_calls(w->b.dp), 0);
	assert_int_equal(net_fake_calls(w->b.net), 0);
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
}

static void wrong_key_says_so_and_manual_stops_after_the_list(void **s)
{
	struct world *w = *s;

	w->hub[0].psk = "other";
	fx_client_connect(w->x, world_client(w, "flex"));
	world_run(w, MINUTE);
	assert_int_equal(world_client(w, "flex")->state, FX_CONNECT_REQUIRED);
	assert_true(world_logged(w, "%IKEV2-3-NEG_ABORT: Negotiation aborted due to ERROR: "));
	assert_int_equal(w->hub[0].inits, 1);
}

static void auto_retries_for_ever_and_connects_when_the_key_is_right(void **s)
{
	struct world *w = *s;

	w->hub[0].psk = "other";
	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto");
	world_run(w, 10 * MINUTE);
	assert_true(w->hub[0].inits > 10);
	w->hub[0].psk = "cisco";
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
}

static void dead_peer_leads_to_the_next_in_sequence(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto\npeer 5 10.0.0.2\npeer 3 10.0.0.3");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(world_client(w, "flex")->at.seq, 1);
	world_enter(w, "crypto ikev2 profile prof\ndpd 10 2 periodic");
	fx_client_restart(w->x, world_client(w, "flex"), "test");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	w->hub[0].dead = true;
	world_run(w, 3 * MINUTE);
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
	assert_int_equal(world_client(w, "flex")->at.seq, 3); /* 3 before 5, whatever the order of entry */
	assert_int_equal(ipaddr_u32(&world_client(w, "flex")->peer), 0x0a000003);
}

static void hub_restart_brings_the_tunnel_back(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;

	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	ike_close(w->hub[0].ike, info.handle, w->now); /* the hub says goodbye */
	world_run(w, MINUTE);
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
	assert_int_equal(world_client(w, "flex")->connects, 2);
}

/* The guide: "Any change to this command terminates the active session." */
static void edits_that_reset_the_session(void **s)
{
	static const char *const edits[] = {"client inside eth0", "no client inside eth0", "connect auto"};
	struct world *w = *s;

	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		char line[120];

		bring_up(w);
		snprintf(line, sizeof(line), "crypto ikev2 client flexvpn flex\n%s", edits[i]);
		uint32_t before = world_client(w, "flex")->connects, handle = world_client(w, "flex")->handle;

		world_enter(w, line);
		assert_true(world_client(w, "flex")->state != FX_ACTIVE || world_client(w, "flex")->connects > before);
		(void)handle;
	}
}

static void a_peer_edit_keeps_the_session(void **s)
{
	struct world *w = *s;

	bring_up(w);
	world_enter(w, "crypto ikev2 client flexvpn flex\npeer 2 10.0.0.2\nno peer 2");
	world_run(w, SECOND);
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
	assert_int_equal(world_client(w, "flex")->connects, 1);
}

static void removing_the_peer_in_use_selects_anew(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_enter(w, "crypto ikev2 client flexvpn flex\nno peer 1");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(world_client(w, "flex")->at.seq, 2);
}

static void incomplete_profile_says_what_is_missing(void **s)
{
	struct world *w = *s;

	bring_up(w);
	world_enter(w, "no crypto ikev2 keyring key");
	world_run(w, SECOND);
	assert_int_equal(world_client(w, "flex")->state, FX_INIT);
	assert_non_null(strstr(world_client(w, "flex")->why, "keyring key"));
	world_enter(w, "crypto ikev2 keyring key\npeer dvti\naddress 0.0.0.0 0.0.0.0\npre-shared-key cisco");
	world_run(w, SECOND);
	bring_up(w);
}

static void no_tunnel_interface_removes_the_device(void **s)
{
	struct world *w = *s;

	bring_up(w);
	dp_fake_forget(w->b.dp);
	world_enter(w, "no interface Tunnel0");
	world_run(w, SECOND);
	assert_non_null(strstr(dp_fake_log(w->b.dp), "tunnel_del"));
	assert_int_equal(world_client(w, "flex")->state, FX_INIT);
}

static void an_unreachable_hub_never_wedges_the_client(void **s)
{
	struct world *w = *s;

	w->hub[0].dead = true;
	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto");
	world_run(w, 30 * MINUTE);
	w->hub[0].dead = false;
	assert_true(world_until(w, "flex", FX_ACTIVE, 5 * MINUTE));
}

static void rekeys_keep_the_session(void **s)
{
	struct world *w = *s;

	bring_up(w);
	world_run(w, 26 * 60 * MINUTE); /* a day and more: child SAs every hour, the IKE SA once */
	assert_int_equal(world_client(w, "flex")->state, FX_ACTIVE);
	assert_int_equal(world_client(w, "flex")->connects, 1);
	assert_true(ike_counters(w->x->ike)->child_rekeyed + ike_counters(w->hub[0].ike)->child_rekeyed >= 20);
	assert_int_equal(world_client(w, "flex")->sas.n_spi, 1);
}

/* While a lost session is being replaced, nothing may take another way; once nobody wants it any more, nothing is in the way. */
static void what_belongs_into_the_tunnel_goes_nowhere_while_it_is_lost(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;

	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_non_null(strstr(net_fake_log(w->b.net), "blackhole"));
	w->hub[0].psk = "other";
	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	net_fake_forget(w->b.net);
	ike_close(w->hub[0].ike, info.handle, w->now);
	world_run(w, MINUTE);
	assert_int_equal(world_client(w, "flex")->connects, 1);
	assert_null(strstr(net_fake_log(w->b.net), "blackhole")); /* they stand as they stood */
	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect manual");
	world_run(w, SECOND);
	assert_non_null(strstr(net_fake_log(w->b.net), "route_del 192.168.50.0/24"));
}

/* The hub asks for PFS when it rekeys, we do not; our own rekeying then goes on as the child was made,
 * encryption alone as in the guide's `esp-aes`. */
static void pfs_of_the_hub_is_kept_when_we_rekey(void **s)
{
	struct world *w = *s;
	struct fx_client *c;
	struct dp_sa_state sa;
	uint32_t first, second;

	world_enter(w, "crypto ipsec profile ipsecprof\nno set pfs");
	bring_up(w);
	c = world_client(w, "flex");
	first = c->sas.spi[0];
	assert_true(w->b.dp_ops->sa_get(w->b.dp, first, &sa));
	ike_rekey_child(w->hub[0].ike, sa.sa.spi_out, w->now);
	world_run(w, 5 * SECOND);
	assert_int_equal(c->sas.n_spi, 1);
	second = c->sas.spi[0];
	assert_int_not_equal(second, first);
	ike_rekey_child(w->x->ike, second, w->now);
	world_run(w, 5 * SECOND);
	assert_int_equal(c->sas.n_spi, 1);
	assert_int_not_equal(c->sas.spi[0], second);
	assert_int_equal(c->connects, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(manual_waits_for_the_command),
		T(session_brings_address_routes_and_messages),
		T(own_networks_are_offered),
		T(teardown_removes_everything),
		T(committing_the_same_configuration_makes_no_call),
		T(wrong_key_says_so_and_manual_stops_after_the_list),
		T(auto_retries_for_ever_and_connects_when_the_key_is_right),
		T(dead_peer_leads_to_the_next_in_sequence),
		T(hub_restart_brings_the_tunnel_back),
		T(edits_that_reset_the_session),
		T(a_peer_edit_keeps_the_session),
		T(removing_the_peer_in_use_selects_anew),
		T(incomplete_profile_says_what_is_missing),
		T(no_tunnel_interface_removes_the_device),
		T(an_unreachable_hub_never_wedges_the_client),
		T(what_belongs_into_the_tunnel_goes_nowhere_while_it_is_lost),
		T(rekeys_keep_the_session),
		T(pfs_of_the_hub_is_kept_when_we_rekey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
