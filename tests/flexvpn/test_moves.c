/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session that goes on elsewhere or anew without having been down: another source, and authentication that is repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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

static struct fx_client *flex(struct world *w)
{
	return world_client(w, "flex");
}

static void bring_up(struct world *w)
{
	fx_client_connect(w->x, flex(w));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE)); /* a minute passes */
	world_run(w, SECOND);
}

/* ---- another source ------------------------------------------------------------------------------------------------ */

static void two_sources(struct world *w)
{
	world_enter(w, "platform interface Ethernet0/1 device eth1\ninterface Ethernet0/1\nip address 172.20.0.1 255.255.0.0\n"
		       "interface Tunnel0\ntunnel source dynamic\n"
		       "track 11 interface Ethernet0/0 line-protocol\ntrack 12 interface Ethernet0/1 line-protocol\n"
		       "crypto ikev2 client flexvpn flex\nsource 1 Ethernet0/0 track 11\nsource 2 Ethernet0/1 track 12");
	bring_up(w);
	assert_string_equal(flex(w)->source, "Ethernet0/0");
}

static void lose_the_first_link(struct world *w)
{
	net_fake_carrier(w->b.net, w->link[0], false);
	world_run(w, 30 * SECOND);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_string_equal(flex(w)->source, "Ethernet0/1");
	assert_true(ipaddr_eq(&flex(w)->local, &(struct ipaddr){AF_INET, {172, 20, 0, 1}}));
}

static void the_source_moves_and_the_session_stays(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;
	uint32_t handle;

	w->hub[0].mobike = true;
	two_sources(w);
	handle = flex(w)->handle;
	dp_fake_forget(w->b.dp);
	lose_the_first_link(w);
	assert_int_equal(flex(w)->connects, 1);
	assert_int_equal(flex(w)->handle, handle);
	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	assert_true(ipaddr_eq(&info.remote.addr, &flex(w)->local));
	assert_non_null(strstr(dp_fake_log(w->b.dp), "sa_move"));
	assert_null(strstr(dp_fake_log(w->b.dp), "sa_del"));
}

static void without_mobike_the_session_is_made_anew(void **s)
{
	struct world *w = *s;

	two_sources(w);
	lose_the_first_link(w);
	assert_int_equal(flex(w)->connects, 2);
}

/* One event moves the source and makes the peer impossible: both count. */
static void a_moved_source_does_not_keep_an_impossible_peer(void **s)
{
	struct world *w = *s;

	w->hub[0].mobike = true;
	two_sources(w);
	world_enter(w, "crypto ikev2 client flexvpn flex\npeer 1 10.0.0.1 track 11\npeer 2 10.0.0.2");
	lose_the_first_link(w);
	assert_int_equal(flex(w)->at.seq, 2);
}

/* ---- authentication that is repeated --------------------------------------------------------------------------------- */

static void authentication_is_repeated_in_time(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;

	w->hub[0].auth_lifetime_s = 600;
	bring_up(w);
	for (unsigned i = 2; i < 6; i++) {
		world_run(w, 9 * MINUTE + 5 * SECOND);
		assert_int_equal(flex(w)->state, FX_ACTIVE);
		assert_int_equal(flex(w)->connects, i);
		assert_int_equal(flex(w)->sas.n_spi, 1);
		assert_int_equal(flex(w)->trial.handle, 0);
	}
	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	assert_false(ike_sa_next(w->hub[0].ike, info.handle, &info)); /* the old ones were let go */
	assert_false(world_logged(w, "PEER_FAILED"));
}

/* The key was changed meanwhile: the old session lasts until the hub ends it. */
static void authentication_that_fails_the_second_time(void **s)
{
	struct world *w = *s;

	w->hub[0].auth_lifetime_s = 600;
	bring_up(w);
	w->hub[0].psk = "other";
	world_run(w, 8 * MINUTE);
	assert_int_equal(flex(w)->state, FX_ACTIVE);
	assert_int_equal(flex(w)->connects, 1);
	assert_true(world_logged(w, "PEER_FAILED"));
	world_run(w, 2 * MINUTE);
	assert_int_not_equal(flex(w)->state, FX_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(the_source_moves_and_the_session_stays),
		T(a_moved_source_does_not_keep_an_impossible_peer),
		T(without_mobike_the_session_is_made_anew),
		T(authentication_is_repeated_in_time),
		T(authentication_that_fails_the_second_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
