/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client whose gateway sends it to another one: when, how often, and what then counts as the peer. */
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
	world_enter(*s, "crypto ikev2 redirect client");
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

static struct ike_gateway gateway(int hub)
{
	return (struct ike_gateway){.type = IKE_GW_IP4, .addr = ipaddr_v4(0x0a000001u + (uint32_t)hub)};
}

static void send_on(struct world *w, int from, int to, enum ike_redirect_at at)
{
	w->hub[from].redirect_at = at;
	w->hub[from].redirect_to = gateway(to);
}

static void bring_up(struct world *w)
{
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
}

static void assert_on(struct world *w, int hub)
{
	const struct fx_client *c = world_client(w, "flex");

	assert_int_equal(c->state, FX_ACTIVE);
	assert_true(ipaddr_eq(&c->peer, &w->hub[hub].addr));
	assert_int_equal(c->at.seq, 1); /* it stands in for the peer that is configured */
}

static void in_the_first_exchange(void **s)
{
	struct world *w = *s;

	send_on(w, 0, 2, IKE_REDIRECT_INIT);
	bring_up(w);
	assert_on(w, 2);
	assert_true(world_logged(w, "%FLEXVPN-4-PEER_FAILED: FlexVPN(flex) peer 10.0.0.1: redirected to 10.0.0.3"));
}

static void in_the_authentication_exchange(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;

	send_on(w, 0, 2, IKE_REDIRECT_AUTH);
	bring_up(w);
	assert_on(w, 2);
	world_run(w, MINUTE);
	assert_false(ike_sa_next(w->hub[0].ike, 0, &info)); /* and the first one was let go */
}

static void later_on(void **s)
{
	struct world *w = *s;
	struct ike_gateway to = gateway(1);
	struct ike_sa_info info;

	bring_up(w);
	assert_on(w, 0);
	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	assert_true(ike_redirect(w->hub[0].ike, info.handle, &to, w->now));
	world_run(w, SECOND);
	assert_on(w, 1);
	world_run(w, MINUTE);
	assert_false(ike_sa_next(w->hub[0].ike, 0, &info));
}

static void to_a_name(void **s)
{
	struct world *w = *s;

	w->name[0] = (struct world_name){.name = "gw3.example.net", .addr = {w->hub[2].addr}, .n = 1};
	send_on(w, 0, 0, IKE_REDIRECT_INIT);
	w->hub[0].redirect_to = (struct ike_gateway){.type = IKE_GW_NAME, .name = "gw3.example.net"};
	bring_up(w);
	assert_on(w, 2);
	assert_string_equal(world_client(w, "flex")->peer_name, "gw3.example.net");
}

/* What cannot be connected is left for the next peer of the list. */
static void to_a_dead_gateway(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 client flexvpn flex\npeer 2 10.0.0.2");
	send_on(w, 0, 2, IKE_REDIRECT_INIT);
	w->hub[2].dead = true;
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, 5 * MINUTE));
	assert_true(ipaddr_eq(&world_client(w, "flex")->peer, &w->hub[1].addr));
	assert_int_equal(world_client(w, "flex")->at.seq, 2);
}

/* Two gateways that send it to and fro: the limit ends it, and the next peer is tried. */
static void a_circle_ends(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 redirect client max-redirects 3\ncrypto ikev2 client flexvpn flex\npeer 2 10.0.0.2");
	send_on(w, 0, 2, IKE_REDIRECT_INIT);
	send_on(w, 2, 0, IKE_REDIRECT_INIT);
	bring_up(w);
	assert_true(ipaddr_eq(&world_client(w, "flex")->peer, &w->hub[1].addr));
	assert_int_equal(world_client(w, "flex")->redirect.n, 4);
	assert_int_equal(w->hub[0].inits + w->hub[2].inits, 4);
	assert_true(world_logged(w, "redirected too often"));
}

/* Five minutes later the count begins anew. */
static void the_count_is_of_five_minutes(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 redirect client max-redirects 1");
	send_on(w, 0, 2, IKE_REDIRECT_INIT);
	for (int i = 0; i < 3; i++) {
		bring_up(w);
		assert_on(w, 2);
		fx_client_disconnect(w->x, world_client(w, "flex"));
		world_run(w, 6 * MINUTE);
	}
}

static void without_the_line_nobody_is_followed(void **s)
{
	struct world *w = *s;

	world_enter(w, "no crypto ikev2 redirect client");
	send_on(w, 0, 2, IKE_REDIRECT_INIT);
	bring_up(w);
	assert_on(w, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(in_the_first_exchange),
		T(in_the_authentication_exchange),
		T(later_on),
		T(to_a_name),
		T(to_a_dead_gateway),
		T(a_circle_ends),
		T(the_count_is_of_five_minutes),
		T(without_the_line_nobody_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
