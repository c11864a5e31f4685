/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session resumption (RFC 5723) between two engines: what comes back without certificates and
 * passwords, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib_sign.h"

static struct pair *resumable(const struct ike_config *hub)
{
	struct ike_config cfg = {0};
	struct pair *p = pair_new_config(&cfg, hub ? hub : &cfg);

	p->s[A].peering.resume = p->s[B].peering.resume = true;
	p->s[A].peering.initial_contact = true;
	return p;
}

/* The path is cut until both have given up. */
static void cut(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		ike_dpd_now(p->s[i].ike, pair_handle(p, i), p->now);
	p->filter = pair_drop_all;
	pair_run(p, 5 * MINUTE);
	p->filter = NULL;
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(pair_sas(p, A), 0);
}

static void back(struct pair *p, bool resumed)
{
	struct ike_sa_info a, b;

	pair_connect(p);
	pair_run(p, SECOND);
	assert_true(ike_sa_info(p->s[A].ike, pair_handle(p, A), &a));
	assert_true(ike_sa_info(p->s[B].ike, pair_handle(p, B), &b));
	assert_int_equal(a.resumed, resumed);
	assert_int_equal(b.resumed, resumed);
	pair_agree(p);
}

static void a_session_goes_on_where_it_was(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	pair_up(p);
	cut(p);
	uint64_t before = p->crossed;

	back(p, true);
	assert_int_equal(p->crossed - before, 4); /* two exchanges, as ever */
	ike_rekey_ike(p->s[B].ike, pair_handle(p, B), p->now);
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_run(p, MINUTE);
	pair_agree(p);
	p->s[A].count[IKE_EV_DOWN] = 0;
	cut(p); /* the resumed session gave a ticket too */
	back(p, true);
	pair_free(p);
}

static void neither_key_nor_certificate_is_asked_for(void **state)
{
	struct pair *p = pair_with_keys("P-256", "P-256");

	(void)state;
	p->s[A].peering.resume = p->s[B].peering.resume = true;
	for (int i = 0; i < 2; i++)
		pair_methods(p, i, IKE_AUTH_ECDSA, SIGNED);
	pair_up(p);
	cut(p);
	signers[A].distrust = signers[B].distrust = true;
	back(p, true);
	assert_int_equal(signers[A].asked, 1);
	assert_int_equal(signers[B].asked, 1);
	pair_reported(p, A, IKE_AUTH_ECDSA, IKE_AUTH_ECDSA);
	pair_end(p);
}

static bool only_the_first_of_b(struct pair *p, int from, struct dgram *d)
{
	(void)d;
	return from == A ? true : p->calls++ == 0;
}

static void a_ticket_that_was_answered_is_spent(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	pair_up(p);
	cut(p);
	p->s[A].count[IKE_EV_DOWN] = 0;
	p->filter = only_the_first_of_b;
	pair_connect(p);
	pair_run(p, 5 * MINUTE);
	p->filter = NULL;
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].ike->n_tickets, 0);
	back(p, false);
	pair_free(p);
}

static void a_ticket_that_nobody_answered_is_kept(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	pair_up(p);
	cut(p);
	p->s[A].count[IKE_EV_DOWN] = 0;
	p->filter = pair_drop_all;
	pair_connect(p);
	pair_run(p, 5 * MINUTE);
	p->filter = NULL;
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].ike->n_tickets, 1);
	back(p, true);
	pair_free(p);
}

static void who_ends_a_session_on_purpose_ends_its_ticket(void **state)
{
	(void)state;
	for (int side = A; side <= B; side++) {
		struct pair *p = resumable(NULL);

		pair_up(p);
		assert_int_equal(p->s[A].ike->n_tickets, 1);
		ike_close(p->s[side].ike, pair_handle(p, side), p->now);
		pair_run(p, MINUTE);
		assert_int_equal(p->s[A].ike->n_tickets, 0);
		back(p, false);
		pair_free(p);
	}
}

static void a_hub_that_was_born_again_starts_afresh(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	pair_up(p);
	cut(p);
	memset(p->s[B].ike->ticket_key, 0, sizeof(p->s[B].ike->ticket_key));
	back(p, false);
	pair_free(p);
}

static void tickets_die_with_their_time_and_keys_change(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	p->s[B].peering.ticket_lifetime_s = 600;
	pair_up(p);
	cut(p);
	pair_run(p, 20 * MINUTE);
	back(p, false); /* the initiator knows how long */
	assert_int_equal(p->s[B].ike->ticket_key[0].number, 2);
	p->s[A].count[IKE_EV_DOWN] = 0;
	cut(p);
	assert_non_null(p->s[A].ike->tickets);
	back(p, true);
	pair_free(p);
}

static void what_the_hub_no_longer_allows_is_not_resumed(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	pair_up(p);
	cut(p);
	p->s[B].peering.ike[0].prf[0] = p->s[A].peering.ike[0].prf[1] = PRF_HMAC_SHA2_384;
	p->s[A].peering.ike[0].n_prf = 2;
	back(p, false);
	pair_free(p);
}

static bool spoil_ticket(struct pair *p, int from, struct dgram *d)
{
	if (from == A && d->data[18] == EXCH_SESSION_RESUME && p->calls < d->len) {
		uint8_t *at = (uint8_t *)d->data + p->calls;

		*at ^= 0x10;
	}
	return true;
}

/* Every octet of the first message changed in turn: no session out of it but by a fresh start or a
 * repetition. */
static void a_message_that_was_changed_resumes_nothing(void **state)
{
	(void)state;
	for (unsigned at = 28; at < 300; at += 7) {
		struct pair *p = resumable(NULL);
		struct ike_sa_info b;

		pair_up(p);
		cut(p);
		p->calls = at;
		p->filter = spoil_ticket;
		pair_connect(p);
		pair_run(p, SECOND);
		if (ike_sa_info(p->s[B].ike, pair_handle(p, B), &b))
			assert_false(b.resumed && p->s[B].count[IKE_EV_CHILD_UP] > 1);
		pair_free(p);
	}
}

static bool lose_a_fifth(struct pair *p, int from, struct dgram *d)
{
	(void)from;
	(void)d;
	p->calls = p->calls * 1103515245u + 12345u;
	return (p->calls >> 16) % 5 != 0;
}

static void loss_and_cookies_delay_it_only(void **state)
{
	struct ike_config hub = {.cookie_threshold = 1, .cookie_always = true};

	(void)state;
	for (unsigned seed = 0; seed < 10; seed++) {
		struct pair *p = resumable(&hub);

		pair_up(p);
		cut(p);
		p->calls = seed;
		p->filter = lose_a_fifth;
		pair_connect(p);
		pair_run(p, 2 * MINUTE);
		p->filter = NULL;
		pair_run(p, MINUTE);
		assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 2);
		pair_agree(p);
		pair_free(p);
	}
}

static void a_hub_that_gives_none_is_asked_in_vain(void **state)
{
	struct pair *p = resumable(NULL);

	(void)state;
	p->s[B].peering.resume = false;
	pair_up(p);
	assert_int_equal(p->s[A].ike->n_tickets, 0);
	cut(p);
	back(p, false);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_session_goes_on_where_it_was),
	        cmocka_unit_test(neither_key_nor_certificate_is_asked_for),
	        cmocka_unit_test(a_ticket_that_was_answered_is_spent),
	        cmocka_unit_test(a_ticket_that_nobody_answered_is_kept),
	        cmocka_unit_test(who_ends_a_session_on_purpose_ends_its_ticket),
	        cmocka_unit_test(a_hub_that_was_born_again_starts_afresh),
	        cmocka_unit_test(tickets_die_with_their_time_and_keys_change),
	        cmocka_unit_test(what_the_hub_no_longer_allows_is_not_resumed),
	        cmocka_unit_test(a_message_that_was_changed_resumes_nothing),
	        cmocka_unit_test(loss_and_cookies_delay_it_only),
	        cmocka_unit_test(a_hub_that_gives_none_is_asked_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
