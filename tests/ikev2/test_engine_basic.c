/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines: coming up, being refused, cookies, groups, NAT, fragments, configuration, going
 * down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib_pair.h"

static int setup(void **s)
{
	*s = pair_new();
	return 0;
}

static int teardown(void **s)
{
	pair_free(*s);
	return 0;
}

static void two_engines_establish_with_equal_keys(void **s)
{
	struct pair *p = *s;
	struct ike_sa_info info;

	pair_up(p);
	assert_true(ike_sa_info(p->s[A].ike, p->handle, &info));
	assert_true(info.initiator && info.peer_is_ios && info.dynamic_route && info.fragmentation);
	assert_int_equal(info.suite.group, KE_X25519);
	assert_int_equal(info.window_peer, 5);
	assert_int_equal(info.req_next, 2);
	assert_false(info.nat_local || info.nat_remote);
	assert_true(p->s[A].debug_lines > 10);
	pair_run(p, 10 * MINUTE);
	pair_agree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(two_engines_establish_with_equal_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
