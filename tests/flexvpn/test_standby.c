/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `standby`: an IKE SA with the gateway that comes next, which a lost session goes on with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static void client_lines(struct world *w, const char *lines)
{
	char text[400];

	snprintf(text, sizeof(text), "crypto ikev2 client flexvpn flex\n%s", lines);
	world_enter(w, text);
}

static int setup(void **s)
{
	struct world *w = *s = world_new();

	world_enter(w, world_guide_example);
	client_lines(w, "connect auto\npeer 2 10.0.0.2\npeer 3 10.0.0.3\nstandby\n"
	                "crypto ikev2 profile prof\ndpd 10 2 periodic");
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

static struct fx_client *flex(struct world *w)
{
	return world_client(w, "flex");
}

static void turn(struct world *w, unsigned track, bool up)
{
	char text[100];

	snprintf(text, sizeof(text), "track %u stub-object\ndefault-state %s", track,
	        up ? "up" : "down");
	world_enter(w, text);
}

static bool stands_by(struct world *w, uint32_t seq)
{
	const struct fx_standby *s = &flex(w)->standby;

	return s->handle && s->ready && s->at.seq == seq;
}

static void the_next_peer_stands_by_without_a_child(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;

	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_run(w, SECOND);
	assert_true(stands_by(w, 2));
	assert_true(ike_sa_info(w->x->ike, flex(w)->standby.handle, &info));
	assert_int_equal(info.state, IKE_S_ESTABLISHED);
	assert_int_equal(info.n_children, 0);
	assert_int_equal(w->hub[2].inits, 0);
}

/* A name is looked up for the standby; an address that is in use already is passed over. */
static void a_peer_by_name_stands_by(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){
	        .name = "gw.example.net", .addr = {w->hub[0].addr, w->hub[3].addr}, .n = 2};
	client_lines(w, "peer 2 fqdn gw.example.net dynamic");
	world_run(w, 2 * SECOND);
	assert_true(stands_by(w, 2));
	assert_true(ipaddr_eq(&flex(w)->standby.peer, &w->hub[3].addr));
	assert_int_equal(w->hub[0].inits, 1);
	w->hub[0].dead = true;
	world_run(w, MINUTE);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_string_equal(flex(w)->peer_name, "gw.example.net");
	assert_true(ipaddr_eq(&flex(w)->peer, &w->hub[3].addr));
	assert_int_equal(w->hub[3].inits, 1);
	assert_true(stands_by(w, 3));
}

static void a_name_without_an_address_is_asked_again_later(void **s)
{
	struct world *w = *s;

	client_lines(w, "peer 2 fqdn gw.example.net dynamic");
	world_run(w, 2 * SECOND);
	assert_int_equal(flex(w)->standby.at.seq, 2);
	assert_false(flex(w)->standby.handle || flex(w)->standby.asking);
	assert_non_null(strstr(flex(w)->standby.why, "name resolution"));
	assert_string_equal(flex(w)->why, "");
	w->name[0] =
	        (struct world_name){.name = "gw.example.net", .addr = {w->hub[3].addr}, .n = 1};
	world_run(w, MINUTE);
	assert_true(stands_by(w, 2));
}

/* Nothing but CREATE_CHILD_SA goes to the second hub. */
static void it_takes_over_without_another_handshake(void **s)
{
	struct world *w = *s;

	world_run(w, SECOND);
	assert_int_equal(w->hub[1].inits, 1);
	w->hub[0].dead = true;
	world_run(w, MINUTE);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_int_equal(flex(w)->at.seq, 2);
	assert_int_equal(w->hub[1].inits, 1);
	assert_true(prefix_cmp(&flex(w)->pushed.addr4, &w->hub[1].lease) == 0);
	assert_true(stands_by(w, 3)); /* and the next one follows */
}

static void a_track_that_goes_down_moves_within_one_round_trip(void **s)
{
	struct world *w = *s;

	world_enter(w, "track 5 stub-object\ndefault-state up");
	client_lines(w, "peer 1 10.0.0.1 track 5");
	w->latency = 50;
	world_run(w, 5 * SECOND); /* no liveness check is under way */
	assert_int_equal(flex(w)->at.seq, 1);
	turn(w, 5, false);
	world_run(w, 101);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_int_equal(flex(w)->at.seq, 2);
}

static void a_peer_that_is_not_possible_any_more_does_not_stand_by(void **s)
{
	struct world *w = *s;

	world_enter(w, "track 5 stub-object\ndefault-state up");
	client_lines(w, "peer 2 10.0.0.2 track 5");
	world_run(w, SECOND);
	assert_true(stands_by(w, 2));
	turn(w, 5, false);
	world_run(w, SECOND);
	assert_true(stands_by(w, 3));
	turn(w, 5, true);
	world_run(w, SECOND);
	assert_true(stands_by(w, 2));
}

static void a_dead_standby_is_noticed_and_tried_again(void **s)
{
	struct world *w = *s;

	world_run(w, SECOND);
	w->hub[1].dead = true;
	world_run(w, MINUTE);
	assert_false(stands_by(w, 2));
	assert_true(flex(w)->standby.why[0]);
	assert_int_equal(flex(w)->at.seq, 1); /* the session does not care */
	w->hub[1].dead = false;
	world_run(w, 20 * MINUTE);
	assert_true(stands_by(w, 2));
}

/* Both are gone: the next peer follows as without a standby. */
static void a_standby_that_fails_at_take_over_is_a_failed_peer(void **s)
{
	struct world *w = *s;

	world_run(w, SECOND);
	assert_true(stands_by(w, 2));
	world_hub_restart(&w->hub[1]);
	w->hub[1].refuse = true;
	w->hub[0].dead = true;
	world_run(w, 2 * MINUTE);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_int_equal(flex(w)->at.seq, 3);
}

static void a_hub_that_needs_a_child_is_not_stood_by(void **s)
{
	struct world *w = *s;

	w->hub[1].needs_child = true;
	client_lines(w, "no standby");
	client_lines(w, "standby");
	world_run(w, SECOND);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_false(flex(w)->standby.handle);
	assert_string_equal(flex(w)->standby.why, ike_reason_text(IKE_R_CHILDLESS));
	w->hub[0].dead = true; /* and is the next peer all the same */
	world_run(w, MINUTE);
	assert_int_equal(flex(w)->at.seq, 2);
}

/* The first session was brief; that keeps its gateway from being chosen at once, not from standing
 * by. */
static void the_lost_peer_stands_by_when_it_is_back(void **s)
{
	struct world *w = *s;

	client_lines(w, "no peer 3");
	world_run(w, SECOND);
	fx_client_reselect(w->x, flex(w));
	world_run(w, SECOND);
	assert_int_equal(flex(w)->at.seq, 2);
	ike_close(w->hub[1].ike, 1, w->now);
	ike_close(w->hub[1].ike, 2, w->now);
	world_run(w, SECOND);
	assert_int_equal(flex(w)->at.seq, 1);
	assert_true(stands_by(w, 2));
}

static void without_the_line_there_is_none(void **s)
{
	struct world *w = *s;

	world_run(w, SECOND);
	client_lines(w, "no standby");
	world_run(w, SECOND);
	assert_false(flex(w)->standby.handle);
	assert_int_equal(flex(w)->connects, 1); /* the edit did not end the session */
	assert_false(ike_sa_next(w->hub[1].ike, 0, &(struct ike_sa_info){0}));
}

/* A mate of the backup group takes the peer: it is not ours to wait for any more. */
static void a_mate_goes_before_a_standby(void **s)
{
	struct world *w = *s;

	client_lines(w, "backup group 1");
	world_run(w, SECOND);
	assert_true(stands_by(w, 2));
	world_enter(w, "interface Tunnel1\nip address negotiated\ntunnel source Ethernet0/0\n"
	               "tunnel destination dynamic\ntunnel mode ipsec ipv4\n"
	               "tunnel protection ipsec profile ipsecprof\n"
	               "crypto ikev2 client flexvpn mate\npeer 1 10.0.0.2\nconnect auto\n"
	               "client connect Tunnel1\nbackup group 1");
	world_run(w, SECOND);
	assert_int_equal(world_client(w, "mate")->state, FX_ACTIVE);
	assert_true(stands_by(w, 3));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(the_next_peer_stands_by_without_a_child),
	        T(a_peer_by_name_stands_by),
	        T(a_name_without_an_address_is_asked_again_later),
	        T(it_takes_over_without_another_handshake),
	        T(a_track_that_goes_down_moves_within_one_round_trip),
	        T(a_peer_that_is_not_possible_any_more_does_not_stand_by),
	        T(a_dead_standby_is_noticed_and_tried_again),
	        T(a_standby_that_fails_at_take_over_is_a_failed_peer),
	        T(a_hub_that_needs_a_child_is_not_stood_by),
	        T(the_lost_peer_stands_by_when_it_is_back),
	        T(without_the_line_there_is_none),
	        T(a_mate_goes_before_a_standby),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
