/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hub pushes later on, by CFG_SET, and what the configuration lets through. */
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

/* The hub tells of a network behind it. */
static void push(struct world *w)
{
	static const uint8_t net[8] = {192, 168, 77, 0, 255, 255, 255, 0};
	const struct ike_attr v = {CFG_IP4_SUBNET, 8, net};
	struct ike_attrs attrs = {.v = &v, .n = 1};
	struct ike_sa_info info;

	assert_true(ike_sa_next(w->hub[0].ike, 0, &info));
	net_fake_forget(w->b.net);
	ike_cfg_set(w->hub[0].ike, info.handle, &attrs, w->now);
	world_run(w, SECOND);
}

static void bring_up(struct world *w)
{
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_run(w, SECOND);
}

static bool installed(struct world *w)
{
	return strstr(net_fake_log(w->b.net), "192.168.77.0/24") != NULL;
}

static void a_pushed_network_is_routed(void **s)
{
	struct world *w = *s;

	bring_up(w);
	push(w);
	assert_true(installed(w));
}

static void no_config_exchange_set_accept_takes_nothing(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 profile prof\nno config-exchange set accept");
	bring_up(w);
	push(w);
	assert_false(installed(w));
	world_enter(w, "crypto ikev2 profile prof\nconfig-exchange set accept");
	world_run(w, SECOND);
	if (world_client(w, "flex")->state != FX_ACTIVE)
		bring_up(w);
	push(w);
	assert_true(installed(w));
}

static void no_route_accept_takes_no_network(void **s)
{
	struct world *w = *s;
	struct ike_sa_info info;

	world_enter(w, "crypto ikev2 authorization policy flex\nno route accept any");
	bring_up(w);
	push(w);
	assert_false(installed(w));
	assert_true(ike_sa_next(w->x->ike, 0, &info));
	for (size_t i = 0; i < info.attrs.n; i++)
		assert_false(info.attrs.v[i].type == CFG_IP4_SUBNET && info.attrs.v[i].len == 8 &&
			     info.attrs.v[i].val[2] == 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_pushed_network_is_routed),
		T(no_config_exchange_set_accept_takes_nothing),
		T(no_route_accept_takes_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
