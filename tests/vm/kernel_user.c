/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel back end at one end, the user back end at the other: one wire format. See lib_ends.h
 * for the set-up. Root is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "lib_ends.h"

static int teardown(void **state)
{
	if (*state)
		ends_free(*state);
	return 0;
}

static struct ends *both(void **state, enum dp_payload payload, uint16_t mtu)
{
	struct ends *e = ends_new(&dp_kernel_ops, &dp_user_ops, payload, mtu);

	*state = e;
	return e;
}

static void try_variant(struct ends *e, const struct variant *v)
{
	ends_add(e, v, true);
	ends_both_families(e);
	for (int end = 0; end < 2; end++) {
		struct dp_sa_state s = ends_state(e, end, e->spi);

		assert_true(s.c.pkts_in >= 6 && s.c.pkts_out >= 6);
		assert_int_equal(s.c.bad_icv + s.c.malformed + s.c.replay + s.c.bad_selector, 0);
	}
	/* Both count inner packets. */
	struct dp_sa_state a = ends_state(e, 0, e->spi), b = ends_state(e, 1, e->spi);

	if (e->payload == DP_PAYLOAD_IP)
		assert_int_equal(a.c.bytes_out, b.c.bytes_in);
	ends_del(e, e->spi);
}

static void every_suite_is_understood_by_the_other(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);

	for (size_t i = 0; i < sa_n_suites; i++) {
		struct variant v = {
		        .suite = &sa_suites[i], .raw = i & 1, .v6 = i & 2, .esn = i & 4};

		try_variant(e, &v);
	}
}

static void gre_is_understood_by_the_other(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_GRE, 1320);

	for (int k = 0; k < 4; k++) {
		struct variant v = {.suite = sa_suite("gcm128"),
		        .mode = k & 1 ? DP_TUNNEL : DP_TRANSPORT,
		        .v6 = k & 2};

		try_variant(e, &v);
	}
}

static void both_choose_the_same_mtu(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 0);

	for (int k = 0; k < 4; k++) {
		struct variant v = {
		        .suite = sa_suite(k & 1 ? "cbc256-sha512" : "gcm128"), .v6 = k & 2};
		uint16_t fit = dp_inner_mtu(1500, v.v6 ? AF_INET6 : AF_INET, true, DP_TUNNEL,
		        DP_PAYLOAD_IP, alg_encr(v.suite->encr), alg_integ(v.suite->integ));
		char text[20];

		snprintf(text, sizeof(text), "mtu %u ", fit);
		ends_add(e, &v, true);
		for (int end = 0; end < 2; end++) {
			ends_enter(e, end);
			assert_true(lab_has("ip link show Tunnel1", text));
		}
		ends_del(e, e->spi);
	}
}

static void rekeying_between_them_loses_nothing(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm256"), .esn = true};

	ends_add(e, &v, true);
	for (int i = 0; i < 4; i++) {
		uint32_t old = e->spi;

		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
		ends_add(e, &v, false);
		ends_send(e, i & 1, e->spi);
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
		ends_send(e, !(i & 1), e->spi);
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
		ends_del(e, old);
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	}
}

#define LIVE(f) cmocka_unit_test_teardown(f, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        LIVE(every_suite_is_understood_by_the_other),
	        LIVE(gre_is_understood_by_the_other),
	        LIVE(both_choose_the_same_mtu),
	        LIVE(rekeying_between_them_loses_nothing),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
