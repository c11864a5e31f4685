/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rekeying and deleting, in both roles, by time and by order, and both sides at once (RFC 7296
 * §2.8, §2.25). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

static uint32_t first_child(struct pair *p, int side)
{
	assert_true(p->s[side].n_child > 0);
	return p->s[side].child[0].spi_in;
}

static void rekey_child(struct pair *p, int side)
{
	ike_rekey_child(p->s[side].ike, first_child(p, side), p->now);
}

static void rekey_ike(struct pair *p, int side)
{
	ike_rekey_ike(p->s[side].ike, pair_handle(p, side), p->now);
}

/* One SA, one child, the same on both sides, each sends on it, and nothing under way. */
static void in_order(struct pair *p)
{
	pair_agree(p);
	for (int i = 0; i < 2; i++) {
		struct ike_sa *sa = pair_sa(p, i);

		assert_int_equal(p->s[i].n_child, 1);
		assert_true(p->s[i].child[0].out);
		assert_int_equal(p->s[i].count[IKE_EV_DOWN], 0);
		assert_non_null(sa);
		assert_null(sa->out);
		assert_null(sa->ses->tasks);
	}
}

/* ---- one side ------------------------------------------------------------------- */

static void a_child_is_rekeyed_make_before_break(void **s)
{
	pair_free(*s);
	for (int i = 0; i < 2; i++) {
		struct pair *p = *s = pair_new();
		uint32_t old;

		pair_up(p);
		old = first_child(p, i);
		rekey_child(p, i);
		pair_settle(p);
		assert_int_equal(p->s[i].last[IKE_EV_CHILD_UP].replaces, old);
		assert_int_equal(p->s[!i].count[IKE_EV_CHILD_OUT], 1);
		assert_int_equal(p->s[i].count[IKE_EV_CHILD_DOWN], 1);
		assert_int_equal(p->s[i].last[IKE_EV_CHILD_DOWN].reason, IKE_R_NONE);
		assert_int_not_equal(first_child(p, i), old);
		in_order(p);
		if (!i)
			pair_free(p);
	}
}

/* Whoever answered sends on the new child when it has seen ESP there, or when the old one is
 * deleted. */
static void the_responder_switches_when_traffic_comes(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	rekey_child(p, A);
	{ /* A's request, B's answer; A's Delete does not come through */
		struct dgram d, in;

		assert_true(ike_tx(p->s[A].ike, &d));
		in = d;
		in.local = d.remote;
		in.remote = d.local;
		ike_rx(p->s[B].ike, &in, p->now);
	}
	p->filter = pair_drop_requests_of_a;
	pair_settle(p);
	assert_int_equal(p->s[B].n_child, 2);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_OUT], 0);
	ike_child_heard(p->s[B].ike, p->s[B].last[IKE_EV_CHILD_UP].child.spi_in, p->now);
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_OUT], 1);
	p->filter = NULL;
	pair_run(p, MINUTE);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_OUT], 1);
	in_order(p);
}

static void the_ike_sa_is_rekeyed_in_place(void **s)
{
	pair_free(*s);
	for (int i = 0; i < 2; i++) {
		struct pair *p = *s = pair_new();
		struct ike_sa_info before, after;

		pair_up(p);
		assert_true(ike_sa_next(p->s[A].ike, 0, &before));
		rekey_ike(p, i);
		pair_settle(p);
		assert_true(ike_sa_next(p->s[A].ike, 0, &after));
		assert_int_equal(before.handle, after.handle);
		assert_true(before.spi_i != after.spi_i);
		assert_int_equal(
		        after.initiator, i == A); /* who rekeyed is its original initiator */
		in_order(p);
		rekey_child(p, !i); /* with the new SK_d */
		pair_settle(p);
		in_order(p);
		if (!i)
			pair_free(p);
	}
}

/* A day: the IKE SA once or twice, the children every hour, never a moment without. */
static void lifetimes_rekey_by_themselves(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	for (int h = 0; h < 50; h++) {
		pair_run(p, 30 * MINUTE);
		assert_true(p->s[A].n_child >= 1 && p->s[B].n_child >= 1);
	}
	assert_true(p->s[A].count[IKE_EV_CHILD_DOWN] >= 20);
	assert_true(p->s[A].count[IKE_EV_REKEYED] >= 1);
	in_order(p);
}

/* The PFS group of the rekeying is asked for by INVALID_KE_PAYLOAD, and remembered for this try. */
static void the_group_of_a_rekeying_is_corrected(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.esp[0].group[1] = KE_ECP_256;
	p->s[A].peering.esp[0].n_group = 2;
	p->s[B].peering.esp[0].group[0] = KE_ECP_256;
	pair_up(p);
	rekey_child(p, A);
	pair_settle(p);
	in_order(p);
	assert_int_equal(p->s[A].child[0].k.suite.group, KE_ECP_256);
}

/* A refused rekeying leaves the child until its time is over; then the caller may ask again. */
static void a_refused_rekeying_is_tried_again_until_the_end(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.esp[0].group[0] = KE_MODP_2048; /* shows in the first rekeying only */
	p->s[A].peering.child_lifetime_s = 600;
	p->s[B].peering.child_lifetime_s = 100000;
	pair_up(p);
	pair_run(p, 599 * SECOND);
	assert_int_equal(p->s[A].n_child, 1);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 1);
	assert_true(pair_sa(p, A)->tx_id > 3); /* more than one try */
	pair_run(p, 2 * SECOND);
	assert_int_equal(p->s[A].n_child, 0);
	assert_int_equal(p->s[A].last[IKE_EV_CHILD_DOWN].reason, IKE_R_LIFETIME);
	assert_true(p->s[A].last[IKE_EV_CHILD_DOWN].retry_later);
	pair_agree(p);
	assert_int_equal(p->s[B].n_child, 0);
}

/* ---- deleting ------------------------------------------------------------------- */

static void a_deleted_child_goes_on_both_sides(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	ike_delete_child(p->s[B].ike, first_child(p, B), p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].last[IKE_EV_CHILD_DOWN].reason, IKE_R_PEER_DELETE);
	assert_int_equal(p->s[B].last[IKE_EV_CHILD_DOWN].reason, IKE_R_LOCAL);
	assert_int_equal(p->s[A].n_child + p->s[B].n_child, 0);
	assert_int_equal(pair_sas(p, A), 1);
	pair_agree(p);
}

/* ---- both sides at once, whichever nonce is lower, whatever is lost ------------- */

static bool lose_some(struct pair *p, int from, struct dgram *d)
{
	uint32_t i = p->calls++;

	(void)from;
	(void)d;
	return !(p->n_saved &
	         1u << (i % 8)); /* n_saved: which of the first eight datagrams are lost */
}

static void both_rekey_the_child_at_once(void **s)
{
	unsigned won[2] = {0, 0};

	pair_free(*s);
	for (unsigned mask = 0; mask < 64; mask++) {
		struct pair *p = *s = pair_new();
		uint32_t by_a;

		p->s[A].seed = mask * 7919 + 1; /* another nonce each time */
		pair_up(p);
		rekey_child(p, A);
		rekey_child(p, B);
		by_a = (uint32_t)pair_sa(p, A)->out->cr->spi;
		p->n_saved = mask;
		p->filter = mask ? lose_some : NULL;
		pair_settle(p);
		p->filter = NULL;
		pair_run(p, 4 * MINUTE);
		in_order(p);
		won[first_child(p, A) == by_a ? A : B]++;
		if (mask < 63)
			pair_free(p);
	}
	assert_true(won[A] > 5 && won[B] > 5);
}

static void both_rekey_the_ike_sa_at_once(void **s)
{
	unsigned won[2] = {0, 0};

	pair_free(*s);
	for (unsigned mask = 0; mask < 64; mask++) {
		struct pair *p = *s = pair_new();

		p->s[A].seed = mask * 7919 + 1;
		pair_up(p);
		rekey_ike(p, A);
		rekey_ike(p, B);
		p->n_saved = mask;
		p->filter = mask ? lose_some : NULL;
		pair_settle(p);
		p->filter = NULL;
		pair_run(p, 10 * MINUTE);
		in_order(p);
		assert_null(pair_sa(p, A)->next);
		assert_ptr_equal(pair_sa(p, A)->ses->sas, pair_sa(p, A));
		assert_ptr_equal(pair_sa(p, B)->ses->sas, pair_sa(p, B));
		won[pair_sa(p, A)->initiator ? A : B]++;
		if (mask < 63)
			pair_free(p);
	}
	assert_true(won[A] > 5 && won[B] > 5);
}

/* One datagram from one side to the other, and no further. */
static void carry(struct pair *p, int from)
{
	struct dgram d, in;

	assert_true(ike_tx(p->s[from].ike, &d));
	in = d;
	in.local = d.remote;
	in.remote = d.local;
	ike_rx(p->s[!from].ike, &in, p->now);
}

/* RFC 7296 §2.8.1: of the four nonces the lowest marks what is closed, by whoever made it. Both
 * requests have arrived and neither answer: each side then knows the lower nonce of the other's
 * exchange. */
static void the_lowest_nonce_loses(void **s)
{
	unsigned lost[2] = {0, 0};

	pair_free(*s);
	for (uint32_t i = 0; i < 40; i++) {
		struct pair *p = *s = pair_new();
		struct create *cr[2];
		uint32_t made[2];
		bool ike = i & 1, a_is_lower;

		p->s[A].seed = i * 104729 + 5;
		pair_up(p);
		for (int k = 0; k < 2; k++) {
			if (ike)
				rekey_ike(p, k);
			else
				rekey_child(p, k);
			cr[k] = pair_sa(p, k)->out->cr;
			made[k] = (uint32_t)cr[k]->spi;
		}
		carry(p, A);
		carry(p, B);
		assert_true(cr[A]->collided && cr[B]->collided);
		a_is_lower = memcmp(cr[B]->low.b, cr[A]->low.b, IKE_NONCE_LEN) <
		             0; /* B keeps A's exchange's */
		assert_true(memcmp(cr[B]->low.b, cr[A]->ni.b, IKE_NONCE_LEN) <= 0);
		lost[a_is_lower ? A : B]++;
		pair_run(p, MINUTE);
		in_order(p);
		if (ike)
			assert_int_equal(pair_sa(p, A)->initiator, !a_is_lower);
		else
			assert_int_equal(first_child(p, A) == made[A], !a_is_lower);
		if (i < 39)
			pair_free(p);
	}
	assert_true(lost[A] > 5 && lost[B] > 5);
}

/* ---- the table of RFC 7296 §2.25, row by row ------------------------------------ */

enum order { NOTHING, DEL_CHILD, REKEY_CHILD, LOSE_CHILD, REKEY_IKE, DEL_IKE };

static void give(struct pair *p, int side, enum order o)
{
	struct ike *e = p->s[side].ike;

	switch (o) {
	case NOTHING:
		return;
	case DEL_CHILD:
		ike_delete_child(e, first_child(p, side), p->now);
		return;
	case REKEY_CHILD:
		rekey_child(p, side);
		return;
	case LOSE_CHILD: /* as if it had never been */
		child_gone(child_by_in(e, first_child(p, side)), IKE_R_NONE, false);
		return;
	case REKEY_IKE:
		rekey_ike(p, side);
		return;
	case DEL_IKE:
		ike_close(e, pair_handle(p, side), p->now);
		return;
	}
}

/* A is in the middle of something, and its request has not come through; B asks. */
static const struct row {
	enum order a, b;
	const char *answer; /* payloads of A's */
	bool alive;         /* the session goes on */
	size_t children;
} table[] = {
        {DEL_CHILD, REKEY_CHILD, " NOTIFY(TEMPORARY_FAILURE) ", true, 0},
        {REKEY_CHILD, REKEY_CHILD, " SA N KE TSi TSr ", true, 1},
        {REKEY_CHILD, DEL_CHILD, " DELETE ", true, 0},
        {DEL_CHILD, DEL_CHILD, "  ", true, 0},
        {LOSE_CHILD, REKEY_CHILD, " NOTIFY(CHILD_SA_NOT_FOUND) ", true, 1},
        {LOSE_CHILD, DEL_CHILD, "  ", true, 0},
        {REKEY_IKE, REKEY_CHILD, " NOTIFY(TEMPORARY_FAILURE) ", true, 1},
        {REKEY_CHILD, REKEY_IKE, " NOTIFY(TEMPORARY_FAILURE) ", true, 1},
        {DEL_CHILD, REKEY_IKE, " NOTIFY(TEMPORARY_FAILURE) ", true, 0},
        {REKEY_IKE, REKEY_IKE, " SA N KE ", true, 1},
        {REKEY_IKE, DEL_IKE, "  ", false, 0},
        {DEL_IKE, REKEY_IKE, " NOTIFY(TEMPORARY_FAILURE) ", false, 0},
        {DEL_IKE, REKEY_CHILD, " NOTIFY(TEMPORARY_FAILURE) ", false, 0},
        {DEL_IKE, DEL_IKE, "  ", false, 0},
};

/* The last thing that A built is its answer to the first of B's requests. */
static void check_answer(struct pair *p, const struct row *r)
{
	const char *said = sb_str(&p->s[A].built);
	char want[128];

	snprintf(want, sizeof(want), "contents: \n%s\n", r->answer[1] == ' ' ? " " : r->answer);
	if (!strstr(said, want))
		fail_msg("A does %d, B asks %d: A said%s", (int)r->a, (int)r->b, said);
}

static void what_is_answered_in_the_middle_of_something(void **s)
{
	pair_free(*s);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct row *r = &table[i];
		struct pair *p = *s = pair_new();

		pair_up(p);
		p->filter = pair_drop_requests_of_a;
		give(p, A, r->a);
		pair_settle(p);
		sb_clear(&p->s[A].built);
		give(p, B, r->b);
		pair_settle(p);
		check_answer(p, r);
		p->filter = NULL;
		pair_run(p, 10 * MINUTE);
		pair_agree(p);
		assert_int_equal(pair_sas(p, A), r->alive);
		assert_int_equal(p->s[A].n_child, r->children);
		if (i + 1 < ARRAY_LEN(table))
			pair_free(p);
	}
}

/* The last row: the IKE SA is rekeyed, the old one waits for its Delete; a child is asked for
 * there. */
static void the_old_ike_sa_takes_nothing_but_its_delete(void **s)
{
	struct pair *p = *s;
	struct ike_sa *old;
	struct request *r;

	pair_up(p);
	rekey_ike(p, B);
	p->filter = pair_drop_requests_of_a;
	old = pair_sa(p, B);
	{ /* B's request, A's answer, but not B's Delete */
		struct dgram d, in;

		assert_true(ike_tx(p->s[B].ike, &d));
		in = d;
		in.local = d.remote;
		in.remote = d.local;
		ike_rx(p->s[A].ike, &in, p->now);
	}
	sb_clear(&p->s[A].built);
	r = req_new(old, REQ_DPD, EXCH_CREATE_CHILD);
	ike_put_notify_esp(&r->b, N_REKEY_SA, first_child(p, B), (struct span){0});
	child_put_offer(old->ses, &r->b, 0x1234, NULL, IKE_KE_OPTIONAL, KE_NONE,
	        span_of("0123456789abcdef", 16), (struct span){0});
	req_send(old, r);
	pair_settle(p);
	assert_non_null(strstr(sb_str(&p->s[A].built), "NOTIFY(TEMPORARY_FAILURE)"));
	p->filter = NULL;
	pair_run(p, 5 * MINUTE);
	in_order(p);
}

/* ---- what gets lost around a rekeying ------------------------------------------- */

/* B has answered, A never hears it: A gives up, and B finds that out by asking. */
static void a_rekeying_that_never_ends_takes_the_session_down_on_both_sides(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.dpd = (struct ike_dpd){.interval_ms = 30000, .retry_ms = 3000};
	pair_up(p);
	rekey_ike(p, A);
	p->filter = NULL;
	{
		struct dgram d, in;

		assert_true(ike_tx(p->s[A].ike, &d));
		in = d;
		in.local = d.remote;
		in.remote = d.local;
		ike_rx(p->s[B].ike, &in, p->now);
	}
	p->filter = pair_drop_all;
	pair_run(p, 3 * MINUTE);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_TIMEOUT);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_DPD);
	assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
}

/* Closing while the IKE SA is being rekeyed: neither the old nor the new SA stays anywhere. */
static void closing_during_a_rekeying_leaves_nothing(void **s)
{
	pair_free(*s);
	for (unsigned mask = 0; mask < 32; mask++) {
		struct pair *p = *s = pair_new();

		pair_up(p);
		rekey_ike(p, mask & 1 ? A : B);
		p->n_saved = mask >> 1;
		p->filter = lose_some;
		{
			struct dgram d, in;
			int from = mask & 1 ? A : B;

			assert_true(ike_tx(p->s[from].ike, &d));
			in = d;
			in.local = d.remote;
			in.remote = d.local;
			ike_rx(p->s[!from].ike, &in, p->now);
		}
		ike_close(p->s[A].ike, p->handle, p->now);
		pair_settle(p);
		p->filter = NULL;
		pair_run(p, 10 * MINUTE);
		assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
		assert_int_equal(ike_deadline(p->s[B].ike), IKE_NEVER);
		if (mask < 31)
			pair_free(p);
	}
}

/* B makes a child on A's request and deletes it before A hears of it: A must not keep it. */
static void a_child_that_was_deleted_before_it_arrived(void **s)
{
	struct pair *p = *s;
	struct dgram d, in;
	uint32_t fresh;

	pair_up(p);
	rekey_child(p, A);
	assert_true(ike_tx(p->s[A].ike, &d));
	in = d;
	in.local = d.remote;
	in.remote = d.local;
	ike_rx(p->s[B].ike, &in, p->now);
	while (ike_tx(p->s[B].ike, &d))
		; /* the answer is lost */
	fresh = pair_sa(p, B)->ses->children->spi_in;
	ike_delete_child(p->s[B].ike, fresh, p->now);
	pair_run(p, 5 * MINUTE);
	pair_agree(p);
	assert_int_equal(p->s[A].n_child, 0);
}

/* ---- what the peer ought to have deleted and never does ------------------------- */

/* What a side is about to send is lost, and its open request forgotten. */
static void forget_request(struct pair *p, int side)
{
	struct ike_sa *sa = pair_sa(p, side);
	struct dgram d;

	while (ike_tx(p->s[side].ike, &d))
		;
	req_drop(sa, sa->out);
	sa->tx_id--;
}

static void a_redundant_child_does_not_stay_for_ever(void **s)
{
	unsigned seen = 0;

	pair_free(*s);
	for (uint32_t i = 0; i < 20; i++) {
		struct pair *p = *s = pair_new();
		struct request *r;
		uint32_t made;

		p->s[A].seed = i * 31337 + 3;
		pair_up(p);
		rekey_child(p, A);
		rekey_child(p, B);
		made = (uint32_t)pair_sa(p, B)->out->cr->spi;
		carry(p, A);
		carry(p, B);
		carry(p, A); /* A's answer: B decides */
		carry(p, B);
		r = pair_sa(p, B)->out;
		if (r && r->task && r->task->spi == made) { /* it has lost, and does not say so */
			seen++;
			forget_request(p, B);
		}
		pair_run(p, 10 * MINUTE);
		in_order(p);
		if (i < 19)
			pair_free(p);
	}
	assert_in_range(seen, 3, 17);
}

static void a_replaced_child_does_not_stay_for_ever(void **s)
{
	struct pair *p = *s;
	uint32_t old;

	pair_up(p);
	old = first_child(p, A);
	rekey_child(p, A);
	carry(p, A);
	carry(p, B);
	forget_request(p, A); /* the Delete */
	child_gone(child_by_in(p->s[A].ike, old), IKE_R_NONE, false);
	pair_run(p, 10 * MINUTE);
	in_order(p);
}

static void a_replaced_ike_sa_does_not_stay_for_ever(void **s)
{
	struct pair *p = *s;
	struct ike_sa *old;

	pair_up(p);
	old = pair_sa(p, A);
	rekey_ike(p, A);
	carry(p, A);
	carry(p, B);
	sa_unlink(old); /* without a word */
	p->filter = pair_drop_all;
	pair_settle(p);
	p->filter = NULL;
	pair_run(p, 10 * MINUTE);
	in_order(p);
	assert_ptr_equal(pair_sa(p, B)->ses->sas, pair_sa(p, B));
	assert_null(pair_sa(p, B)->next);
}

/* What was asked on the old IKE SA and not answered is asked again on the new one. */
static void a_set_survives_the_end_of_its_ike_sa(void **s)
{
	static const uint8_t net[8] = {10, 0, 0, 0, 255, 0, 0, 0};
	static const struct ike_attr v = {.type = CFG_IP4_SUBNET, .len = 8, .val = net};
	struct ike_attrs attrs = {.v = &v, .n = 1};
	struct pair *p = *s;

	pair_up(p);
	p->filter = pair_drop_requests_of_a;
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_settle(p);
	rekey_ike(p, B);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 1);
	p->filter = NULL;
	pair_run(p, MINUTE);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 1);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 1);
	in_order(p);
}

/* ---- when ----------------------------------------------------------------------- */

static void rekeying_times_are_spread(void **s)
{
	ike_time first = 0, low = IKE_NEVER, high = 0;

	pair_free(*s);
	for (uint32_t i = 0; i < 30; i++) {
		struct pair *p = *s = pair_new();

		p->s[A].seed = i * 65537 + 11;
		p->s[A].peering.child_lifetime_s = 1000;
		pair_up(p);
		first = pair_sa(p, A)->ses->children->rekey_at - p->now;
		low = first < low ? first : low;
		high = first > high ? first : high;
		if (i < 29)
			pair_free(p);
	}
	assert_in_range(low, 800 * SECOND, 850 * SECOND);
	assert_in_range(high, 850 * SECOND, 900 * SECOND);
}

/* A cannot use what B chose, keeps the old child and deletes the new one: B goes on with the old one
 * too, which can be rekeyed again and does not end as if it were replaced. */
static void a_new_child_that_is_taken_back_leaves_the_old_one(void **s)
{
	struct pair *p = *s;
	struct ike_encr was;

	pair_up(p);
	rekey_child(p, A);
	struct ike_encr *wanted = &pair_sa(p, A)->ses->p.esp[0].encr[0];

	was = *wanted;
	wanted->id = ENCR_NULL; /* the answer is not what A wants */
	pair_settle(p);
	*wanted = was;
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_UP], 2);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_DOWN], 1);
	in_order(p);
	pair_run(p, 4 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 2); /* the second attempt went well */
	in_order(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(a_child_is_rekeyed_make_before_break),
	        T(the_responder_switches_when_traffic_comes),
	        T(the_ike_sa_is_rekeyed_in_place),
	        T(lifetimes_rekey_by_themselves),
	        T(the_group_of_a_rekeying_is_corrected),
	        T(a_refused_rekeying_is_tried_again_until_the_end),
	        T(a_deleted_child_goes_on_both_sides),
	        T(both_rekey_the_child_at_once),
	        T(both_rekey_the_ike_sa_at_once),
	        T(the_lowest_nonce_loses),
	        T(what_is_answered_in_the_middle_of_something),
	        T(the_old_ike_sa_takes_nothing_but_its_delete),
	        T(a_rekeying_that_never_ends_takes_the_session_down_on_both_sides),
	        T(closing_during_a_rekeying_leaves_nothing),
	        T(a_redundant_child_does_not_stay_for_ever),
	        T(a_replaced_child_does_not_stay_for_ever),
	        T(a_replaced_ike_sa_does_not_stay_for_ever),
	        T(a_set_survives_the_end_of_its_ike_sa),
	        T(rekeying_times_are_spread),
	        T(a_new_child_that_is_taken_back_leaves_the_old_one),
	        T(a_child_that_was_deleted_before_it_arrived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
