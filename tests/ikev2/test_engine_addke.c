/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_INTERMEDIATE with additional key exchanges (RFC 9242, RFC 9370) between two engines. The
 * exchanges are classical ones here, so that every libcrypto can do them; where it has ML-KEM, that
 * too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_sign.h"

static void want(struct pair *p, int side, unsigned k, uint16_t id)
{
	struct ike_proposal *o = &p->s[side].peering.ike[0];

	o->addke[k][o->n_addke[k]++] = id;
}

static void chosen(struct pair *p, uint16_t first, uint16_t second)
{
	for (int i = 0; i < 2; i++) {
		struct ike_sa_info info;

		assert_true(ike_sa_info(p->s[i].ike, pair_handle(p, i), &info));
		assert_int_equal(info.suite.addke[0], first);
		assert_int_equal(info.suite.addke[1], second);
	}
	assert_true(secret_eq(&pair_sa(p, A)->keys.d, &pair_sa(p, B)->keys.d));
	pair_agree(p);
}

static struct pair *with(uint16_t first, uint16_t second)
{
	struct pair *p = pair_new();

	for (int i = 0; i < 2; i++) {
		if (first)
			want(p, i, 0, first);
		if (second)
			want(p, i, 1, second);
	}
	return p;
}

static void each_additional_exchange_takes_a_round(void **state)
{
	static const uint16_t ke[][2] = {{KE_ECP_384, 0}, {KE_ECP_256, KE_X25519},
	        {KE_MODP_3072, KE_ECP_521}, {0, KE_ECP_384}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ke); i++) {
		struct pair *p = with(ke[i][0], ke[i][1]);

		pair_up(p);
		chosen(p, ke[i][0], ke[i][1]);
		assert_int_equal(p->crossed, 4 + 2 * (ke[i][0] != 0) + 2 * (ke[i][1] != 0));
		ike_rekey_ike(p->s[i & 1].ike, pair_handle(p, i & 1), p->now);
		ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
		pair_run(p, MINUTE);
		pair_agree(p);
		pair_free(p);
	}
}

static void certificates_sign_the_intermediate_messages_too(void **state)
{
	struct pair *p = pair_with_keys("P-256", "rsa");

	(void)state;
	for (int i = 0; i < 2; i++)
		want(p, i, 0, KE_ECP_521);
	pair_methods(p, A, IKE_AUTH_ECDSA, SIGNED);
	pair_methods(p, B, IKE_AUTH_RSA, SIGNED);
	pair_up(p);
	chosen(p, KE_ECP_521, 0);
	pair_end(p);
}

static void what_is_optional_is_left_out_where_the_peer_has_none(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	want(p, A, 0, KE_ECP_384);
	want(p, A, 0, KE_NONE);
	pair_up(p);
	chosen(p, 0, 0);
	pair_free(p);
	p = pair_new();
	want(p, B, 0, KE_ECP_384);
	want(p, B, 0, KE_NONE);
	pair_up(p);
	chosen(p, 0, 0);
	pair_free(p);
}

static void what_is_required_is_not_done_without(void **state)
{
	(void)state;
	for (int side = A; side <= B; side++) {
		struct pair *p = pair_new();

		want(p, side, 0, KE_ECP_384);
		pair_connect(p);
		pair_run(p, 2 * MINUTE);
		assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_NO_PROPOSAL);
		assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
		pair_free(p);
	}
}

static void the_first_that_both_have_is_taken(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	want(p, A, 0, KE_ECP_521);
	want(p, A, 0, KE_ECP_384);
	want(p, B, 0, 1234); /* nobody knows that */
	want(p, B, 0, KE_ECP_384);
	want(p, B, 0, KE_ECP_521);
	pair_up(p);
	chosen(p, KE_ECP_384, 0);
	pair_free(p);
}

static bool lose_a_fifth(struct pair *p, int from, struct dgram *d)
{
	(void)from;
	(void)d;
	p->calls = p->calls * 1103515245u + 12345u;
	return (p->calls >> 16) % 5 != 0;
}

/* A responder forgets who is silent for half a minute, so a very unlucky one has to begin again. */
static void loss_delays_it_only(void **state)
{
	unsigned up = 0;

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		struct pair *p = with(KE_ECP_384, KE_X25519);

		p->calls = seed;
		p->filter = lose_a_fifth;
		pair_connect(p);
		pair_run(p, 2 * MINUTE);
		p->filter = NULL;
		pair_run(p, 5 * MINUTE);
		if (p->s[A].count[IKE_EV_ESTABLISHED])
			chosen(p, KE_ECP_384, KE_X25519);
		else
			assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_TIMEOUT);
		up += p->s[A].count[IKE_EV_ESTABLISHED];
		pair_free(p);
	}
	assert_true(up > 15);
}

static bool lose_first_intermediate_answer(struct pair *p, int from, struct dgram *d)
{
	return from == A || d->data[18] != EXCH_INTERMEDIATE || p->calls++ > 0;
}

/* The request comes again under the keys before, when the responder has new ones. */
static void a_repeated_request_is_answered_again(void **state)
{
	struct pair *p = with(KE_ECP_384, 0);

	(void)state;
	p->filter = lose_first_intermediate_answer;
	pair_connect(p);
	pair_run(p, MINUTE);
	chosen(p, KE_ECP_384, 0);
	assert_int_equal(p->s[B].ike->n.rx_duplicate, 1);
	pair_free(p);
}

/* Who talks to a responder that waits for IKE_INTERMEDIATE is not let past it: IKE_AUTH at once is
 * dropped. */
static bool skip_to_auth(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	if (from == A && d->data[18] == EXCH_INTERMEDIATE)
		((uint8_t *)d->data)[18] = EXCH_AUTH;
	return true;
}

static void it_cannot_be_skipped(void **state)
{
	struct pair *p = with(KE_ECP_384, 0);

	(void)state;
	p->filter = skip_to_auth;
	pair_connect(p);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
	assert_true(p->s[B].ike->n.rx_exchange > 0);
	pair_free(p);
}

/* An honest chain of prf values differs when one message does: then AUTH does not hold. */
static void auth_fails_when_the_chains_differ(void **state)
{
	struct pair *p = with(KE_ECP_384, 0);

	(void)state;
	p->filter = pair_drop_requests_of_a;
	pair_connect(p);
	p->filter = NULL;
	pair_sa(p, A)->hs->intauth[1].n =
	        0; /* as if the responder's message had not been counted … */
	pair_sa(p, A)->hs->intauth[1].b[0] = 1;
	pair_sa(p, A)->hs->intauth[1].n = 1; /* … or another one had */
	pair_run(p, 2 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_AUTH_FAILED);
	pair_free(p);
}

static void ml_kem_goes_where_libcrypto_has_it(void **state)
{
	static const uint16_t kem[] = {KE_ML_KEM_512, KE_ML_KEM_768, KE_ML_KEM_1024};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kem); i++) {
		struct pair *p = with(kem[i], 0);

		pair_connect(p);
		pair_run(p, 2 * MINUTE);
		if (ike_group_known(kem[i]) || getenv("SPOKE_WANT_ML_KEM"))
			chosen(p, kem[i], 0);
		else /* nothing that is not there is offered, and required is required */
			assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_NO_PROPOSAL);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_additional_exchange_takes_a_round),
	        cmocka_unit_test(certificates_sign_the_intermediate_messages_too),
	        cmocka_unit_test(what_is_optional_is_left_out_where_the_peer_has_none),
	        cmocka_unit_test(what_is_required_is_not_done_without),
	        cmocka_unit_test(the_first_that_both_have_is_taken),
	        cmocka_unit_test(loss_delays_it_only),
	        cmocka_unit_test(a_repeated_request_is_answered_again),
	        cmocka_unit_test(it_cannot_be_skipped),
	        cmocka_unit_test(auth_fails_when_the_chains_differ),
	        cmocka_unit_test(ml_kem_goes_where_libcrypto_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
