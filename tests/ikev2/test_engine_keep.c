/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rekeying keeps the algorithms. Two ends that like different ones agree once, in IKE_SA_INIT; who
 * rekeys afterwards must not turn the PRF over, because peers disagree about the key schedule when
 * it changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib_pair.h"

static struct ike_proposal likes(
        uint16_t prf, uint16_t other_prf, uint16_t integ, uint16_t other_integ)
{
	return (struct ike_proposal){.encr = {{ENCR_AES_CBC, 256}},
	        .n_encr = 1,
	        .prf = {prf, other_prf},
	        .n_prf = 2,
	        .integ = {integ, other_integ},
	        .n_integ = 2,
	        .group = {KE_X25519, KE_ECP_256},
	        .n_group = 2};
}

static struct pair *two_tastes(void)
{
	struct pair *p = pair_new();

	p->s[A].peering.ike[0] = likes(PRF_HMAC_SHA2_512, PRF_HMAC_SHA2_256, AUTH_HMAC_SHA2_512_256,
	        AUTH_HMAC_SHA2_256_128);
	p->s[B].peering.ike[0] = likes(PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_512, AUTH_HMAC_SHA2_256_128,
	        AUTH_HMAC_SHA2_512_256);
	p->s[A].peering.n_ike = p->s[B].peering.n_ike = 1;
	pair_up(p);
	return p;
}

static void whoever_rekeys_the_suite_stays(void **state)
{
	struct pair *p = two_tastes();
	struct ike_suite first = pair_sa(p, A)->suite;

	(void)state;
	assert_int_equal(first.prf, PRF_HMAC_SHA2_256); /* the responder's taste */
	for (int turn = 0; turn < 4; turn++) {
		int side = turn & 1 ? A : B;
		unsigned before = p->s[A].count[IKE_EV_REKEYED];

		ike_rekey_ike(p->s[side].ike, pair_handle(p, side), p->now);
		pair_settle(p);
		assert_int_equal(p->s[A].count[IKE_EV_REKEYED], before + 1);
		assert_int_equal(pair_sa(p, A)->suite.encr.id, first.encr.id);
		assert_int_equal(pair_sa(p, A)->suite.encr.bits, first.encr.bits);
		assert_int_equal(pair_sa(p, A)->suite.integ, first.integ);
		assert_int_equal(pair_sa(p, A)->suite.prf, first.prf);
		assert_int_equal(pair_sa(p, A)->suite.group, first.group);
		pair_agree(p);
	}
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whoever_rekeys_the_suite_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
