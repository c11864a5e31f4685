/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication by signatures between two engines: every kind of key, different methods each way,
 * and what each side does when the other one does not convince it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_sign.h"

static void refused(struct pair *p, enum ike_reason why)
{
	pair_connect(p);
	pair_run(p, 2 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, why);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 0);
	assert_int_equal(p->s[A].n_child, 0);
	assert_int_equal(p->s[B].n_child, 0);
}

/* ---- it works ---------------------------------------------------------------------------- */

static void every_kind_of_key_authenticates_both_ways(void **state)
{
	static const char *const kind[] = {"rsa", "P-256", "P-384", "P-521", "ED25519", "ED448"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kind); i++) {
		enum ike_auth a = i ? IKE_AUTH_ECDSA : IKE_AUTH_RSA;
		struct pair *p = pair_with_keys(kind[i], kind[i]);

		pair_methods(p, A, a, SIGNED);
		pair_methods(p, B, a, SIGNED);
		pair_up(p);
		pair_reported(p, A, a, a);
		pair_reported(p, B, a, a);
		pair_agree(p);
		assert_int_equal(signers[A].asked, 1);
		assert_int_equal(signers[B].asked, 1);
		assert_int_equal(
		        signers[A].wanted, 2 * IKE_KEY_ID_LEN); /* CERTREQ of IKE_SA_INIT */
		assert_int_equal(signers[B].wanted, 2 * IKE_KEY_ID_LEN); /* CERTREQ of IKE_AUTH */
		pair_end(p);
	}
}

static void methods_differ_each_way(void **state)
{
	struct pair *p = pair_with_keys("rsa", "P-384");

	(void)state;
	pair_methods(p, A, IKE_AUTH_RSA, 1u << IKE_AUTH_ECDSA);
	pair_methods(p, B, IKE_AUTH_ECDSA, 1u << IKE_AUTH_RSA | 1u << IKE_AUTH_PSK);
	pair_up(p);
	pair_reported(p, A, IKE_AUTH_RSA, IKE_AUTH_ECDSA);
	pair_end(p);
	p = pair_with_keys(NULL, "rsa");
	pair_methods(p, A, IKE_AUTH_PSK, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, 1u << IKE_AUTH_PSK);
	pair_up(p);
	pair_reported(p, A, IKE_AUTH_PSK, IKE_AUTH_RSA);
	pair_reported(p, B, IKE_AUTH_RSA, IKE_AUTH_PSK);
	pair_end(p);
}

static bool lose_a_sixth(struct pair *p, int from, struct dgram *d)
{
	(void)from;
	(void)d;
	p->calls = p->calls * 1103515245u + 12345u;
	return (p->calls >> 16) % 6 != 0;
}

static void long_chains_go_in_fragments_that_get_lost(void **state)
{
	struct pair *p = pair_with_keys("rsa", "rsa");

	(void)state;
	pair_methods(p, A, IKE_AUTH_RSA, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, SIGNED);
	signers[A].padding = signers[B].padding = 6000;
	p->filter = lose_a_sixth;
	pair_connect(p);
	pair_run(p, MINUTE);
	p->filter = NULL;
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
	assert_true(p->dropped > 0);
	assert_true(p->largest < 600);
	pair_agree(p);
	pair_end(p);
}

/* ---- it does not ---------------------------------------------------------------------------- */

static void a_certificate_that_is_not_trusted_ends_it(void **state)
{
	struct pair *p = pair_with_keys("rsa", "rsa");

	(void)state;
	pair_methods(p, A, IKE_AUTH_RSA, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, SIGNED);
	signers[A].distrust = true;
	refused(p, IKE_R_CERT);
	pair_end(p);
	p = pair_with_keys("rsa", "rsa");
	pair_methods(p, A, IKE_AUTH_RSA, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, SIGNED);
	signers[B].distrust = true;
	refused(p, IKE_R_AUTH_FAILED); /* the responder says no more than that */
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 0);
	pair_end(p);
}

static void a_signature_of_something_else_ends_it(void **state)
{
	(void)state;
	for (int liar = A; liar <= B; liar++) {
		struct pair *p = pair_with_keys("P-256", "P-256");

		pair_methods(p, A, IKE_AUTH_ECDSA, SIGNED);
		pair_methods(p, B, IKE_AUTH_ECDSA, SIGNED);
		signers[liar].lies = true;
		refused(p, liar == A ? IKE_R_AUTH_FAILED : IKE_R_PEER_AUTH_FAILED);
		pair_end(p);
	}
}

/* A good certificate of a kind that the profile does not name; a key where a certificate is wanted.
 */
static void only_the_methods_of_the_profile_count(void **state)
{
	struct pair *p = pair_with_keys("rsa", "P-256");

	(void)state;
	pair_methods(p, A, IKE_AUTH_RSA, 1u << IKE_AUTH_RSA);
	pair_methods(p, B, IKE_AUTH_ECDSA, SIGNED);
	refused(p, IKE_R_PEER_AUTH_FAILED);
	pair_end(p);
	p = pair_with_keys("rsa", NULL);
	pair_methods(p, A, IKE_AUTH_RSA, SIGNED);
	pair_methods(p, B, IKE_AUTH_PSK, SIGNED);
	refused(p, IKE_R_PEER_AUTH_FAILED);
	assert_int_equal(signers[A].asked, 0);
	pair_end(p);
	p = pair_with_keys("rsa", "rsa");
	pair_methods(p, A, IKE_AUTH_PSK, 1u << IKE_AUTH_PSK);
	pair_methods(p, B, IKE_AUTH_RSA, 1u << IKE_AUTH_PSK);
	refused(p, IKE_R_PEER_AUTH_FAILED);
	pair_end(p);
}

static void without_a_certificate_of_ours_nothing_is_claimed(void **state)
{
	struct pair *p = pair_with_keys(NULL, "rsa");

	(void)state;
	pair_methods(p, A, IKE_AUTH_RSA, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, SIGNED);
	refused(p, IKE_R_INTERNAL);
	assert_int_equal(signers[B].asked, 0);
	pair_end(p);
}

/* A request without AUTH asks for EAP; who does not serve it refuses, and has not been told a name.
 */
static void a_hub_without_eap_refuses_who_asks_for_it(void **state)
{
	struct pair *p = pair_with_keys(NULL, "rsa");

	(void)state;
	pair_methods(p, A, IKE_AUTH_EAP, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, SIGNED);
	refused(p, IKE_R_AUTH_FAILED);
	assert_int_equal(signers[A].asked, 0);
	pair_end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_key_authenticates_both_ways),
	        cmocka_unit_test(methods_differ_each_way),
	        cmocka_unit_test(long_chains_go_in_fragments_that_get_lost),
	        cmocka_unit_test(a_certificate_that_is_not_trusted_ends_it),
	        cmocka_unit_test(a_signature_of_something_else_ends_it),
	        cmocka_unit_test(only_the_methods_of_the_profile_count),
	        cmocka_unit_test(without_a_certificate_of_ours_nothing_is_claimed),
	        cmocka_unit_test(a_hub_without_eap_refuses_who_asks_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
