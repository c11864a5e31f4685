/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel back end at both ends, in a machine whose kernel has ESP: see lib_ends.h for the set-up. Root is needed. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "lib_ends.h"

static const struct dp_ops *const ops = &dp_kernel_ops;

static int teardown(void **state)
{
	if (*state)
		ends_free(*state);
	return 0;
}

static struct ends *both(void **state, enum dp_payload payload, uint16_t mtu)
{
	struct ends *e = ends_new(ops, ops, payload, mtu);

	*state = e;
	return e;
}

/* ---- the probe ------------------------------------------------------------------------------- */

static void the_probe_says_yes_and_why(void **state)
{
	char why[200] = "";

	(void)state;
	if (!ops->probe(why, sizeof(why)))
		fail_msg("probe: %s", why);
	assert_non_null(strstr(why, "kernel"));
}

/* ---- every way to carry a packet ------------------------------------------------------------- */

static void try_variant(struct ends *e, const struct variant *v)
{
	ends_add(e, v, true);
	ends_both_families(e);
	for (int end = 0; end < 2; end++) {
		struct dp_sa_state s = ends_state(e, end, e->spi);

		assert_true(s.c.pkts_in >= 6 && s.c.pkts_out >= 6 && s.c.bytes_in >= 3000);
		assert_int_equal(s.c.bad_icv + s.c.replay, 0);
		assert_true(s.sending && s.last_out_ms && s.last_in_ms);
	}
	ends_del(e, e->spi);
}

static void every_suite_carries_packets_both_ways(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);

	for (size_t i = 0; i < sa_n_suites; i++)
		for (int k = 0; k < 4; k++) {
			struct variant v = {.suite = &sa_suites[i], .raw = k & 1, .v6 = k & 2, .esn = k == 1 || k == 2};

			try_variant(e, &v);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_probe_says_yes_and_why),
	        cmocka_unit_test_teardown(every_suite_carries_packets_both_ways, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
