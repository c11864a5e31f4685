/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which gateway, from which source, and when: track objects, sources, downloaded lists, names,
 * backup groups, reactivation, two tunnels. The router against three hubs in virtual time. A stub
 * object is the switch that a test throws.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flexvpn/trace_text.h"
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

static void client_lines(struct world *w, const char *lines)
{
	char text[400];

	snprintf(text, sizeof(text), "crypto ikev2 client flexvpn flex\n%s", lines);
	world_enter(w, text);
}

static void turn(struct world *w, unsigned track, bool up)
{
	char text[100];

	snprintf(text, sizeof(text), "track %u stub-object\ndefault-state %s", track,
	        up ? "up" : "down");
	world_enter(w, text);
}

static struct fx_client *flex(struct world *w)
{
	return world_client(w, "flex");
}

static bool active_on(struct world *w, uint32_t seq)
{
	return flex(w)->state == FX_ACTIVE && flex(w)->at.seq == seq && !flex(w)->at.down;
}

/* ---- connect track
 * ---------------------------------------------------------------------------------------------- */

static void connect_track_up_follows_the_object(void **s)
{
	struct world *w = *s;

	turn(w, 10, false);
	client_lines(w, "connect track 10 up");
	world_run(w, MINUTE);
	assert_int_equal(flex(w)->state, FX_WAIT_TRACK);
	assert_int_equal(w->hub[0].inits, 0);
	turn(w, 10, true);
	assert_true(world_until(w, "flex", FX_ACTIVE, SECOND));
	assert_true(world_logged(w, "%TRACK-6-STATE: 10 stub-object Down -> Up"));
	turn(w, 10, false);
	assert_true(world_until(w, "flex", FX_WAIT_TRACK, SECOND));
	struct ike_sa_info info;

	world_run(w, SECOND);
	assert_false(ike_sa_next(w->hub[0].ike, 0, &info)); /* the hub was told */
}

static void connect_track_down_is_the_backup_of_the_same_object(void **s)
{
	struct world *w = *s;

	turn(w, 10, true);
	client_lines(w, "connect track 10 down");
	world_run(w, MINUTE);
	assert_int_equal(flex(w)->state, FX_WAIT_TRACK);
	turn(w, 10, false);
	assert_true(world_until(w, "flex", FX_ACTIVE, SECOND));
}

static void an_undefined_object_is_down(void **s)
{
	struct world *w = *s;

	client_lines(w, "connect track 77 up");
	world_run(w, MINUTE);
	assert_int_equal(flex(w)->state, FX_WAIT_TRACK);
	client_lines(w, "connect track 77 down");
	assert_true(world_until(w, "flex", FX_ACTIVE, SECOND));
}

/* ---- possible peers
 * -------------------------------------------------------------------------------------------------
 */

static void a_peer_whose_object_is_in_the_other_state_is_skipped(void **s)
{
	struct world *w = *s;

	turn(w, 1, false);
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1 up\npeer 2 10.0.0.2 "
	                "track 1 down\npeer 3 10.0.0.3");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(flex(w)->at.seq, 2);
	assert_int_equal(w->hub[0].inits, 0);
}

static void a_peer_that_is_no_longer_possible_is_left_at_once(void **s)
{
	struct world *w = *s;

	turn(w, 1, true);
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 1));
	turn(w, 1, false);
	world_run(w, SECOND);
	assert_true(active_on(w, 2));
	/* without `peer reactivate` the better one coming back changes nothing */
	turn(w, 1, true);
	world_run(w, 10 * MINUTE);
	assert_true(active_on(w, 2));
	assert_int_equal(flex(w)->connects, 2);
}

static void nobody_possible_waits_and_starts_when_one_becomes_so(void **s)
{
	struct world *w = *s;
	const struct fx_decision *d;

	turn(w, 1, false);
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1");
	world_run(w, SECOND);
	assert_int_equal(flex(w)->state, FX_RETRY_WAIT);
	d = fx_client_choices(w->x, flex(w));
	assert_int_equal(d->n, 1);
	assert_int_equal(d->cand[0].excluded, FX_X_TRACK); /* and it can say why */
	assert_int_equal(d->chosen, -1);
	turn(w, 1, true);
	assert_true(world_until(w, "flex", FX_ACTIVE, 100)); /* not when the retry timer ends */
}

static void interface_and_probe_objects_move_the_client(void **s)
{
	struct world *w = *s;

	world_enter(w,
	        "ip sla 5\nicmp-echo 10.0.0.1\nfrequency 5\ntimeout 1000\nthreshold "
	        "1000\nexit\nexit\n"
	        "ip sla schedule 5 life forever start-time now\ntrack 5 ip sla 5 reachability");
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 5\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 1));
	w->hub[0].dead = true;
	world_run(w, 7 * SECOND); /* a period and a time-out: long before liveness would notice */
	assert_true(active_on(w, 2));
	assert_true(world_logged(w, "%TRACK-6-STATE: 5 ip sla 5 reachability Up -> Down"));
}

/* ---- the order of the list
 * ------------------------------------------------------------------------------------------ */

static void after_a_loss_the_next_in_the_list_is_tried(void **s)
{
	struct world *w = *s;

	w->hub[0].psk = "other";
	client_lines(w, "connect auto\npeer 2 10.0.0.2\npeer 3 10.0.0.3");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 2));
	w->hub[0].psk = "cisco";
	struct ike_sa_info info;

	assert_true(ike_sa_next(w->hub[1].ike, 0, &info));
	ike_close(w->hub[1].ike, info.handle, w->now);
	world_run(w, SECOND);
	assert_true(active_on(w, 3));
	assert_true(ike_sa_next(w->hub[2].ike, 0, &info));
	ike_close(w->hub[2].ike, info.handle, w->now);
	world_run(w, SECOND);
	assert_true(active_on(w, 1)); /* behind the last comes the first */
}

static void clearing_the_sa_selects_a_new_peer(void **s)
{
	struct world *w = *s;

	client_lines(w, "connect auto\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	fx_client_reselect(w->x, flex(w));
	world_run(w, SECOND);
	assert_true(active_on(w, 2));
}

/* ---- the downloaded list
 * ---------------------------------------------------------------------------------------------- */

static void give_backup(struct world_hub *h, const char *name)
{
	h->reply[h->n_reply++] = (struct ike_attr){.type = CFG_UNITY_BACKUP,
	        .len = (uint16_t)strlen(name),
	        .val = (const uint8_t *)name};
}

static void a_downloaded_gateway_comes_behind_its_peer(void **s)
{
	struct world *w = *s;
	const struct fx_decision *d;

	give_backup(&w->hub[0], "10.0.0.3");
	client_lines(
	        w, "connect auto\npeer 2 10.0.0.2\ncrypto ikev2 profile prof\ndpd 10 2 periodic");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	d = fx_client_choices(w->x, flex(w));
	assert_int_equal(d->n, 3);
	assert_int_equal(d->cand[1].at.seq, 1);
	assert_int_equal(d->cand[1].at.down, 1);
	assert_int_equal(d->cand[2].at.seq, 2);
	w->hub[0].dead = true;
	world_run(w, 3 * MINUTE);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_int_equal(flex(w)->at.down, 1);
	assert_int_equal(ipaddr_u32(&flex(w)->peer), 0x0a000003);
}

static void when_all_of_the_downloaded_list_failed_it_is_deleted(void **s)
{
	struct world *w = *s;

	give_backup(&w->hub[0], "10.0.0.3");
	client_lines(
	        w, "connect auto\npeer 2 10.0.0.2\ncrypto ikev2 profile prof\ndpd 10 2 periodic");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	w->hub[0].dead = true;
	w->hub[2].psk = "other";
	world_run(w, 3 * MINUTE);
	assert_true(active_on(w, 2));
	assert_int_equal(flex(w)->downloaded.n, 0);
}

static void a_new_peers_list_replaces_the_old_one(void **s)
{
	struct world *w = *s;

	give_backup(&w->hub[0], "10.0.0.9");
	give_backup(&w->hub[1], "10.0.0.8");
	client_lines(w, "connect auto\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_string_equal(flex(w)->downloaded.name[0], "10.0.0.9");
	client_lines(w, "no peer 1");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(flex(w)->downloaded.from, 2);
	assert_int_equal(flex(w)->downloaded.n, 1);
	assert_string_equal(flex(w)->downloaded.name[0], "10.0.0.8");
}

/* ---- names
 * ----------------------------------------------------------------------------------------------------------------
 */

static void a_name_is_resolved_at_every_attempt_and_its_addresses_tried_in_order(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){.name = "hub.example.net",
	        .addr = {ipaddr_v4(0x0a000001), ipaddr_v4(0x0a000002)},
	        .n = 2};
	w->hub[0].psk = "other";
	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn hub.example.net dynamic");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(w->asked, 1);
	assert_int_equal(w->hub[0].inits, 1);
	assert_int_equal(ipaddr_u32(&flex(w)->peer), 0x0a000002);
	w->name[0].addr[0] = ipaddr_v4(0x0a000003);
	w->name[0].n = 1;
	fx_client_reselect(w->x, flex(w));
	world_run(w, SECOND);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_int_equal(w->asked, 2);
	assert_int_equal(ipaddr_u32(&flex(w)->peer), 0x0a000003);
}

static void a_name_without_an_address_is_a_reason_to_move_on(void **s)
{
	struct world *w = *s;

	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn nosuch.example.net\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 2));
	assert_true(
	        world_logged(w, "peer nosuch.example.net: name resolution: Domain name not found"));
}

static void a_name_is_asked_from_the_source_of_the_tunnel_and_of_the_configured_servers(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){
	        .name = "hub.example.net", .addr = {ipaddr_v4(0x0a000001)}, .n = 1};
	world_enter(w, "ip name-server 9.9.9.9 9.9.9.10");
	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn hub.example.net");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(
	        ipaddr_u32(&w->question.from4), 0xac100001); /* 172.16.0.1 of Ethernet0/0 */
	assert_int_equal(w->question.from6.family, 0);
	assert_int_equal(w->question.n_server, 2);
	assert_int_equal(ipaddr_u32(&w->question.server[1]), 0x0909090a);
	/* `source` of the client, with a tunnel that has none of its own */
	world_enter(w,
	        "platform interface Ethernet0/1 device eth1\ninterface Ethernet0/1\n"
	        "ip address 172.20.0.1 255.255.0.0\ninterface Tunnel0\ntunnel source dynamic");
	client_lines(w, "source 1 Ethernet0/1");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(ipaddr_u32(&w->question.from4), 0xac140001);
}

static void a_name_of_the_configuration_asks_nobody(void **s)
{
	struct world *w = *s;

	world_enter(w, "ip host hub.example.net 10.0.0.4 10.0.0.2");
	w->hub[3].dead = true;
	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn hub.example.net");
	assert_true(world_until(w, "flex", FX_ACTIVE, 10 * MINUTE));
	assert_int_equal(ipaddr_u32(&flex(w)->peer), 0x0a000002);
	assert_int_equal(w->asked, 0);
	world_enter(w, "no ip domain lookup");
	client_lines(w, "no peer 1\npeer 1 fqdn other.example.net");
	assert_true(world_until(w, "flex", FX_RETRY_WAIT, MINUTE));
	assert_int_equal(w->asked, 0);
	assert_true(world_logged(w, "name resolution: domain lookup is disabled"));
}

static void a_probe_to_a_name_leaves_through_the_interface_it_names(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){
	        .name = "probe.example.net", .addr = {ipaddr_v4(0x0a000001)}, .n = 1};
	world_enter(w,
	        "platform interface Ethernet0/1 device eth1\ninterface Ethernet0/1\n"
	        "ip address 172.20.0.1 255.255.0.0\n"
	        "ip sla 7\nicmp-echo probe.example.net source-interface Ethernet0/1\n"
	        "frequency 5\ntimeout 1000\nthreshold 1000\nexit\nexit\n"
	        "ip sla schedule 7 life forever start-time now\ntrack 7 ip sla 7 reachability");
	world_run(w, SECOND);
	assert_true(track_up(w->x->tracks, 7));
	assert_int_equal(ipaddr_u32(&w->probe.source), 0xac140001);
	assert_string_equal(w->probe.device, "eth1");
	assert_int_equal(ipaddr_u32(&w->probe.target), 0x0a000001);
	/* another address: the next probe has it, without an edit of the operation */
	world_enter(w, "interface Ethernet0/1\nip address 172.20.0.9 255.255.0.0");
	world_run(w, 6 * SECOND);
	assert_int_equal(ipaddr_u32(&w->probe.source), 0xac140009);
	/* an interface that is down sends nothing, whatever other ways there are */
	world_carrier(w, 1, false);
	world_run(w, 6 * SECOND);
	assert_false(track_up(w->x->tracks, 7));
}

/* ---- backup groups
 * ----------------------------------------------------------------------------------------------------------
 */

/* A second client on Tunnel1. */
static void second_client(struct world *w, const char *lines)
{
	char text[500];

	snprintf(text, sizeof(text),
	        "interface Tunnel1\nip address negotiated\ntunnel source Ethernet0/0\ntunnel "
	        "destination dynamic\ntunnel mode ipsec ipv4\n"
	        "tunnel protection ipsec profile ipsecprof\ncrypto ikev2 client flexvpn "
	        "two\nclient connect Tunnel1\n%s",
	        lines);
	world_enter(w, text);
}

static void mates_of_a_group_never_share_a_peer(void **s)
{
	struct world *w = *s;

	client_lines(w, "backup group 3\npeer 2 10.0.0.2\nconnect auto");
	second_client(w, "peer 1 10.0.0.1\npeer 2 10.0.0.2\nbackup group 3");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(world_until(w, "two", FX_ACTIVE, MINUTE));
	assert_false(ipaddr_eq(&flex(w)->peer, &world_client(w, "two")->peer));
	assert_int_equal(
	        fx_client_choices(w->x, world_client(w, "two"))->cand[0].excluded, FX_X_GROUP);
}

static void clients_without_a_group_may_share_a_peer(void **s)
{
	struct world *w = *s;

	client_lines(w, "connect auto");
	second_client(w, "peer 1 10.0.0.1");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(world_until(w, "two", FX_ACTIVE, MINUTE));
	assert_true(ipaddr_eq(&flex(w)->peer, &world_client(w, "two")->peer));
}

static void a_mate_takes_the_peer_that_is_let_go(void **s)
{
	struct world *w = *s;

	client_lines(w, "backup group default\nconnect auto");
	second_client(w, "peer 1 10.0.0.1\nbackup group default");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_run(w, MINUTE);
	assert_int_equal(world_client(w, "two")->state, FX_RETRY_WAIT);
	client_lines(w, "connect manual");
	assert_true(world_until(w, "two", FX_ACTIVE, 100));
}

/* ---- reactivation
 * -------------------------------------------------------------------------------------------------------------
 */

static void the_better_peer_is_connected_before_the_lesser_is_let_go(void **s)
{
	struct world *w = *s;
	unsigned downs = 0;

	turn(w, 1, false);
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1\npeer 2 10.0.0.2\npeer "
	                "reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 2));
	turn(w, 1, true);
	world_run(w, SECOND);
	assert_true(active_on(w, 1));
	assert_int_equal(flex(w)->connects, 2);
	for (size_t i = 0; i < ARRAY_LEN(w->log); i++)
		downs += strstr(w->log[i], "FLEXVPN_CONNECTION_DOWN") != NULL;
	assert_int_equal(downs, 1);
	struct ike_sa_info info;

	assert_false(ike_sa_next(w->hub[1].ike, 0, &info)); /* the lesser hub was told */
	assert_int_equal(flex(w)->sas.n_spi, 1);
}

static void a_better_peer_that_fails_leaves_the_lesser_in_use_and_is_tried_again_later(void **s)
{
	struct world *w = *s;

	turn(w, 1, false);
	w->hub[0].psk = "other";
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1\npeer 2 10.0.0.2\npeer "
	                "reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	turn(w, 1, true);
	world_run(w, 20 * SECOND);
	assert_true(active_on(w, 2));
	assert_int_equal(flex(w)->connects, 1);
	assert_int_equal(w->hub[0].inits, 1);
	world_run(w, 20 * SECOND);
	assert_int_equal(w->hub[0].inits, 2);
	w->hub[0].psk = "cisco";
	world_run(w, 2 * MINUTE);
	assert_true(active_on(w, 1));
}

static void a_trial_ends_when_the_line_of_its_peer_is_edited(void **s)
{
	struct world *w = *s;

	turn(w, 1, false);
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1\npeer 2 10.0.0.2\npeer "
	                "reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	w->hub[0].dead = true; /* the trial goes on for a while */
	turn(w, 1, true);
	assert_true(flex(w)->trial.handle);
	client_lines(w, "peer 1 10.0.0.3");
	assert_false(flex(w)->trial.handle);
	assert_true(active_on(w, 2));
}

static void a_better_peer_by_name_is_connected_before_the_lesser_is_let_go(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){.name = "best.example.net",
	        .addr = {ipaddr_v4(0x0a000003), ipaddr_v4(0x0a000001)},
	        .n = 2};
	turn(w, 1, false);
	w->hub[2].refuse = true; /* its first address is of no use */
	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn best.example.net track 1\npeer 2 "
	                "10.0.0.2\npeer reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 2));
	assert_int_equal(w->asked, 0);
	w->latency = 100;
	turn(w, 1, true);
	while (w->hub[0].inits == 0 && w->now < 20 * MINUTE) {
		assert_true(active_on(w, 2)); /* the lesser one carries traffic meanwhile */
		world_run(w, 20);
	}
	world_run(w, 2 * SECOND);
	assert_true(active_on(w, 1));
	assert_true(w->hub[2].inits > 0);
	assert_int_equal(ipaddr_u32(&flex(w)->peer), 0x0a000001);
	assert_string_equal(flex(w)->peer_name, "best.example.net");
	assert_int_equal(flex(w)->connects, 2);
	/* an edit elsewhere does not end it: its name is still configured */
	client_lines(w, "peer 9 10.0.0.5");
	assert_true(active_on(w, 1));
}

/* The best one cannot be had, the next best can: it is not hidden by the other's failures. */
static void a_better_peer_that_fails_does_not_hide_another(void **s)
{
	struct world *w = *s;

	turn(w, 1, false);
	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn nowhere.example.net track 1\n"
	                "peer 2 10.0.0.2 track 1\npeer 3 10.0.0.3\npeer reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 3));
	turn(w, 1, true);
	world_run(w, 5 * SECOND);
	assert_true(active_on(w, 2));
	assert_int_equal(w->asked, 2); /* and once more, from the better peer it has now */
	world_run(w, 20 * SECOND);
	assert_int_equal(w->asked, 2);
}

static void a_better_peer_by_name_that_fails_leaves_the_lesser_in_use(void **s)
{
	struct world *w = *s;

	turn(w, 1, false);
	client_lines(w, "connect auto\nno peer 1\npeer 1 fqdn best.example.net track 1\npeer 2 "
	                "10.0.0.2\npeer reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	turn(w, 1, true);
	world_run(w, 20 * SECOND);
	assert_true(active_on(w, 2));
	assert_int_equal(w->asked, 1);
	assert_true(world_logged(w, "peer best.example.net: name resolution"));
	w->name[0] = (struct world_name){
	        .name = "best.example.net", .addr = {ipaddr_v4(0x0a000001)}, .n = 1};
	world_run(w, 2 * MINUTE);
	assert_true(active_on(w, 1));
	/* while the question is open, an object that goes down withdraws it */
	w->latency = 5 * SECOND;
	turn(w, 1, false);
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(active_on(w, 2));
	turn(w, 1, true);
	world_run(w, SECOND);
	assert_true(flex(w)->trial.asking != 0);
	turn(w, 1, false);
	assert_int_equal(flex(w)->trial.asking, 0);
	assert_int_equal(w->n_answer, 0);
}

static void without_reactivation_no_timer_of_it_stays_armed(void **s)
{
	struct world *w = *s;

	turn(w, 1, false);
	w->hub[0].psk = "other";
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1\npeer 2 10.0.0.2\npeer "
	                "reactivate");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	turn(w, 1, true);
	world_run(
	        w, SECOND); /* the attempt at the better one fails; the next is half a minute off */
	assert_true(flex(w)->trial.not_before > w->now);
	client_lines(w, "no peer reactivate");
	world_run(w, 2 * MINUTE);
	assert_true(active_on(w, 2));
	assert_int_equal(w->hub[0].inits, 1);
	assert_true(fx_deadline(w->x) > w->now);
}

/* ---- hubs that change their mind
 * ------------------------------------------------------------------------------------------------
 */

static void a_hub_that_deletes_what_it_sets_up_is_not_asked_at_the_speed_of_the_network(void **s)
{
	struct world *w = *s;

	w->hub[0].fickle = w->hub[1].fickle = true;
	w->latency = 10;
	client_lines(w, "connect auto\npeer 2 10.0.0.2");
	world_run(w, MINUTE);
	assert_in_range(w->hub[0].inits + w->hub[1].inits, 10, 26); /* a pass every five seconds */
	w->hub[1].fickle = false;
	assert_true(world_until(w, "flex", FX_ACTIVE, 10 * SECOND));
	world_run(w, MINUTE);
	assert_true(active_on(w, 2));
}

/* ---- it can say why
 * ------------------------------------------------------------------------------------------------
 */

static void transitions_are_kept_with_their_causes(void **s)
{
	struct world *w = *s;
	const struct fx_transition *t;

	turn(w, 1, true);
	client_lines(w, "connect auto\nno peer 1\npeer 1 10.0.0.1 track 1\npeer 2 10.0.0.2");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	turn(w, 1, false);
	world_run(w, SECOND);
	assert_true(active_on(w, 2));
	t = fx_client_transition(flex(w), 0);
	assert_int_equal(t->to, FX_ACTIVE);
	assert_string_equal(t->peer, "10.0.0.2");
	assert_string_equal(t->cause, "the session is established");
	t = fx_client_transition(flex(w), 1);
	assert_int_equal(t->from, FX_ACTIVE);
	assert_int_equal(t->to, FX_NEGOTIATING);
	assert_string_equal(t->cause, "track object not in the configured state");
	for (int i = 0; i < 20; i++)
		fx_client_disconnect(w->x, flex(w));
	assert_non_null(fx_client_transition(flex(w), 9));
	assert_null(fx_client_transition(flex(w), 10));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* A process that ends in whatever way leaves its records to the next one. */
static void the_trace_of_the_process_before_is_shown(void **s)
{
	struct world *w = *s;
	struct fx_backends b = w->b;
	char dir[] = "/tmp/spoke-state-XXXXXX", file[64];
	struct strbuf text = {0};
	struct fx *x;

	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/event-trace", dir);
	b.state_dir = dir;
	x = fx_new(&b, w->now);
	fx_trace(x, flex(w), FX_T_STATE, FX_NEGOTIATING, FX_ACTIVE);
	fx_trace_line(x, flex(w), "connect");
	fx_free(x);
	x = fx_new(&b, w->now);
	assert_int_equal(trace_at(&x->trace, 0)->id, FX_T_START);
	assert_string_equal(trace_at(&x->trace, 1)->subject, "flex");
	fx_trace_fmt(trace_at(&x->trace, 1), &text);
	assert_string_equal(sb_str(&text), "state NEGOTIATING -> ACTIVE");
	sb_clear(&text);
	fx_trace_fmt(trace_at(&x->trace, 2), &text);
	assert_string_equal(sb_str(&text), "configuration changed: connect");
	assert_int_equal(trace_at(&x->trace, 3)->id, FX_T_START);
	assert_null(trace_at(&x->trace, 4));
	fx_free(x);
	sb_fini(&text);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Quick crash detection (RFC 6290): killed and started again, the router proves to a gateway that
 * asks for a session of before that it is lost, and the gateway does not wait for its
 * retransmissions to end. */
static void who_starts_again_proves_that_a_session_is_lost(void **s)
{
	struct world *w = *s;
	char dir[] = "/tmp/spoke-state-XXXXXX";
	struct ike_sa_info info;
	struct fx *before;

	assert_non_null(mkdtemp(dir));
	fx_free(w->x);
	w->b.state_dir = dir;
	w->x = fx_new(&w->b, w->now);
	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect manual");
	fx_client_connect(w->x, flex(w));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	before = w->x;
	w->x = fx_new(&w->b, w->now);
	world_enter(w, "! nothing is changed");
	assert_int_equal(flex(w)->state, FX_CONNECT_REQUIRED);
	ike_dpd_now(w->hub[0].ike, info.handle, w->now);
	world_run(w, 100);
	assert_false(ike_sa_next(w->hub[0].ike, 0, &info));
	fx_free(before);
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- sources
 * ----------------------------------------------------------------------------------------------------------------------
 */

static const char two_isps[] = "platform interface Ethernet0/1 device eth1\ninterface "
                               "Ethernet0/1\nip address 172.20.0.1 255.255.0.0\n"
                               "interface Tunnel0\ntunnel source dynamic\n"
                               "track 21 interface Ethernet0/0 line-protocol\ntrack 22 interface "
                               "Ethernet0/1 line-protocol\n"
                               "crypto ikev2 client flexvpn flex\nconnect auto\nsource 1 "
                               "Ethernet0/0 track 21\nsource 2 Ethernet0/1 track 22";

static void the_lowest_usable_source_is_used_and_chosen_anew_on_change(void **s)
{
	struct world *w = *s;

	world_enter(w, two_isps);
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_string_equal(flex(w)->source, "Ethernet0/0");
	assert_int_equal(ipaddr_u32(&flex(w)->local), 0xac100001);
	net_fake_carrier(w->b.net, w->link[0], false);
	world_run(w, SECOND);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_string_equal(flex(w)->source, "Ethernet0/1");
	assert_int_equal(ipaddr_u32(&flex(w)->local), 0xac140001);
	net_fake_carrier(w->b.net, w->link[0], true);
	world_run(w, SECOND);
	assert_string_equal(flex(w)->source, "Ethernet0/0");
	assert_true(world_logged(w, "%TRACK-6-STATE: 21 interface Et0/0 line-protocol Up -> Down"));
}

static void without_a_usable_source_the_client_waits_and_says_so(void **s)
{
	struct world *w = *s;

	world_enter(w, two_isps);
	net_fake_carrier(w->b.net, w->link[0], false);
	net_fake_carrier(w->b.net, w->link[1], false);
	world_run(w, SECOND);
	assert_int_equal(flex(w)->state, FX_RETRY_WAIT);
	assert_string_equal(flex(w)->why, "no tunnel source is usable");
	net_fake_carrier(w->b.net, w->link[1], true);
	assert_true(world_until(w, "flex", FX_ACTIVE, 100));
	assert_string_equal(flex(w)->source, "Ethernet0/1");
}

/* ---- routes
 * -------------------------------------------------------------------------------------------------------------------------
 */

static void a_tracked_route_is_there_only_while_its_object_is_up(void **s)
{
	struct world *w = *s;

	turn(w, 4, false);
	net_fake_forget(w->b.net);
	world_enter(w, "ip route 10.77.0.0 255.255.0.0 172.16.0.2 track 4");
	assert_null(strstr(net_fake_log(w->b.net), "10.77.0.0/16"));
	turn(w, 4, true);
	world_run(w, SECOND);
	assert_non_null(strstr(net_fake_log(w->b.net), "route_add 10.77.0.0/16"));
	turn(w, 4, false);
	world_run(w, SECOND);
	assert_non_null(strstr(net_fake_log(w->b.net), "route_del 10.77.0.0/16"));
}

static void push_default(struct world_hub *h)
{
	static const uint8_t all[8];

	h->reply[h->n_reply++] = (struct ike_attr){.type = CFG_IP4_SUBNET, .len = 8, .val = all};
}

static void only_one_client_gets_the_default_route(void **s)
{
	struct world *w = *s;

	world_enter(w, "ip route 0.0.0.0 0.0.0.0 172.16.0.254");
	push_default(&w->hub[0]);
	push_default(&w->hub[1]);
	client_lines(w, "connect auto");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_false(world_logged(w, "ROUTE_REFUSED"));
	second_client(w, "peer 1 10.0.0.2");
	assert_true(world_until(w, "two", FX_ACTIVE, MINUTE));
	assert_true(world_logged(w, "%FLEXVPN-4-ROUTE_REFUSED: FlexVPN(two) route 0.0.0.0/0 "
	                            "refused: another FlexVPN connection has the default route"));
	assert_true(flex(w)->defaults == 1 && world_client(w, "two")->defaults == 0);
	client_lines(w, "no peer 1"); /* it lets go of it, and the other one may have it */
	world_run(w, SECOND);
	assert_true(flex(w)->defaults == 0 && world_client(w, "two")->defaults == 1);
}

/* What the first one was refused itself is not kept from the second. */
static void a_default_route_that_was_refused_is_not_taken(void **s)
{
	struct world *w = *s;

	push_default(&w->hub[0]);
	push_default(&w->hub[1]);
	client_lines(w, "connect auto");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(world_logged(w, "route 0.0.0.0/0 refused: it would carry"));
	world_enter(w, "ip route 10.0.0.2 255.255.255.255 172.16.0.254");
	second_client(w, "peer 1 10.0.0.2");
	assert_true(world_until(w, "two", FX_ACTIVE, MINUTE));
	assert_int_equal(world_client(w, "two")->defaults, 1);
}

static void a_route_that_would_swallow_the_tunnel_is_refused(void **s)
{
	static const uint8_t ten[8] = {10, 0, 0, 0, 255, 0, 0, 0};
	struct world *w = *s;
	struct world_hub *h = &w->hub[0];

	h->reply[h->n_reply++] = (struct ike_attr){.type = CFG_IP4_SUBNET, .len = 8, .val = ten};
	client_lines(w, "connect auto");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(world_logged(w, "route 10.0.0.0/8 refused: it would carry the tunnel's own "
	                            "packets into the tunnel"));
	/* with a longer way of its own to the hub it is fine */
	memset(w->log, 0, sizeof(w->log));
	world_enter(w, "ip route 10.0.0.1 255.255.255.255 172.16.0.254");
	fx_client_restart(w->x, flex(w), "test");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_false(world_logged(w, "ROUTE_REFUSED"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(connect_track_up_follows_the_object),
	        T(connect_track_down_is_the_backup_of_the_same_object),
	        T(an_undefined_object_is_down),
	        T(a_peer_whose_object_is_in_the_other_state_is_skipped),
	        T(a_peer_that_is_no_longer_possible_is_left_at_once),
	        T(nobody_possible_waits_and_starts_when_one_becomes_so),
	        T(interface_and_probe_objects_move_the_client),
	        T(after_a_loss_the_next_in_the_list_is_tried),
	        T(clearing_the_sa_selects_a_new_peer),
	        T(a_downloaded_gateway_comes_behind_its_peer),
	        T(when_all_of_the_downloaded_list_failed_it_is_deleted),
	        T(a_new_peers_list_replaces_the_old_one),
	        T(a_name_is_resolved_at_every_attempt_and_its_addresses_tried_in_order),
	        T(a_name_without_an_address_is_a_reason_to_move_on),
	        T(a_name_is_asked_from_the_source_of_the_tunnel_and_of_the_configured_servers),
	        T(a_name_of_the_configuration_asks_nobody),
	        T(a_probe_to_a_name_leaves_through_the_interface_it_names),
	        T(a_better_peer_by_name_is_connected_before_the_lesser_is_let_go),
	        T(a_better_peer_that_fails_does_not_hide_another),
	        T(a_better_peer_by_name_that_fails_leaves_the_lesser_in_use),
	        T(mates_of_a_group_never_share_a_peer),
	        T(clients_without_a_group_may_share_a_peer),
	        T(a_mate_takes_the_peer_that_is_let_go),
	        T(the_better_peer_is_connected_before_the_lesser_is_let_go),
	        T(a_better_peer_that_fails_leaves_the_lesser_in_use_and_is_tried_again_later),
	        T(a_trial_ends_when_the_line_of_its_peer_is_edited),
	        T(without_reactivation_no_timer_of_it_stays_armed),
	        T(a_hub_that_deletes_what_it_sets_up_is_not_asked_at_the_speed_of_the_network),
	        T(transitions_are_kept_with_their_causes),
	        T(the_trace_of_the_process_before_is_shown),
	        T(who_starts_again_proves_that_a_session_is_lost),
	        T(the_lowest_usable_source_is_used_and_chosen_anew_on_change),
	        T(without_a_usable_source_the_client_waits_and_says_so),
	        T(a_tracked_route_is_there_only_while_its_object_is_up),
	        T(only_one_client_gets_the_default_route),
	        T(a_default_route_that_was_refused_is_not_taken),
	        T(a_route_that_would_swallow_the_tunnel_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
