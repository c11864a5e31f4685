/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Smaller RFCs: repeated authentication (4478), childless SAs (6023), quick crash detection (6290).
 */
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

/* ---- RFC 4478 -------------------------------------------------------------------------- */

static void an_authentication_that_does_not_last(void **s)
{
	struct pair *p = *s;
	uint32_t old;

	p->s[B].peering.auth_lifetime_s = 600;
	pair_up(p);
	old = p->handle;
	pair_run(p, 8 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_REAUTH], 0);
	pair_run(p, MINUTE + SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_REAUTH], 1);
	assert_int_equal(p->s[A].last[IKE_EV_REAUTH].handle, old);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_connect(p); /* what the caller does then */
	assert_int_equal(p->s[A].n_child, 2);
	ike_close(p->s[A].ike, old, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].n_child, 1);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
	pair_agree(p);
}

static void an_authentication_that_is_not_renewed_ends(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.auth_lifetime_s = 600;
	pair_up(p);
	pair_run(p, 10 * MINUTE);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_LIFETIME);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_PEER_DELETE);
	assert_int_equal(p->s[A].n_child + p->s[B].n_child, 0);
}

/* Rekeying is not authentication. */
static void rekeying_does_not_renew_it(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.auth_lifetime_s = 600;
	pair_up(p);
	pair_run(p, 5 * MINUTE);
	ike_rekey_ike(p->s[A].ike, p->handle, p->now);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_REAUTH], 1);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
}

/* The responder may say so later, and again. */
static void a_lifetime_that_is_told_later(void **s)
{
	static const uint8_t minute[4] = {0, 0, 0, 60};
	struct pair *p = *s;
	struct request *r;

	pair_up(p);
	r = req_new(pair_sa(p, B), REQ_CFG_SET, EXCH_INFORMATIONAL);
	ike_put_notify(&r->b, N_AUTH_LIFETIME, span_of(minute, 4));
	req_send(pair_sa(p, B), r);
	pair_run(p, 45 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_REAUTH], 0);
	pair_run(p, 10 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_REAUTH], 1);
}

/* ---- RFC 6023 -------------------------------------------------------------------------- */

/* An initiator that asks for no child: what A sends is made by hand. */
static void childless(struct pair *p)
{
	struct ike_sa *a;
	struct request *r;

	pair_connect(p);
	a = pair_sa(p, A);
	assert_non_null(req_find(a, REQ_AUTH));
	req_drop(a, req_find(a, REQ_AUTH));
	a->tx_id = 1;
	p->filter = NULL;
	sb_clear(&p->s[B].built);
	r = req_new(a, REQ_AUTH, EXCH_AUTH);
	ike_put_id(&r->b, PL_IDi, &a->ses->p.local_id);
	assert_true(auth_put(a, &r->b));
	req_send(a, r);
	pair_settle(p);
}

static bool drop_auth(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	return !(from == A && d->data[18] == EXCH_AUTH);
}

static void an_sa_without_a_child(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.childless = true;
	p->filter = drop_auth;
	childless(p);
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 1);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_UP], 0);
	assert_null(strstr(sb_str(&p->s[B].built), "NOTIFY(NO_PROPOSAL_CHOSEN)"));
	assert_null(strstr(sb_str(&p->s[B].built), " SA "));
}

static void only_where_it_is_offered(void **s)
{
	struct pair *p = *s;

	p->filter = drop_auth;
	childless(p);
	assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY(NO_PROPOSAL_CHOSEN)"));
}

/* An initiator that keeps an SA without a child, and asks for one when it needs it. */
static void without_child(struct pair *p)
{
	p->s[A].peering.childless = p->s[B].peering.childless = true;
	pair_connect(p);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP] + p->s[B].count[IKE_EV_CHILD_UP], 0);
}

static void a_child_is_asked_for_later(void **s)
{
	struct pair *p = *s;

	without_child(p);
	ike_child_new(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 1);
	pair_agree(p);
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_run(p, SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 2);
	pair_agree(p);
}

static void it_may_have_a_group_of_its_own(void **s)
{
	struct pair *p = *s;

	for (int side = A; side <= B; side++) {
		p->s[side].peering.esp[0].group[0] = KE_ECP_384;
		p->s[side].peering.esp[0].n_group = 1;
	}
	without_child(p);
	ike_child_new(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].last[IKE_EV_CHILD_UP].child.suite.group, KE_ECP_384);
	pair_agree(p);
}

static void a_peer_that_cannot_is_left(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.childless = true;
	pair_connect(p);
	pair_settle(p);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_CHILDLESS);
	assert_int_equal(pair_sas(p, A), 0);
}

static void a_refused_child_ends_the_sa(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.ts_local[0] = ike_ts_any6(); /* no selector in common */
	p->s[B].peering.n_ts_local = 1;
	without_child(p);
	ike_child_new(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_TS);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
}

/* On demand is about ESP that gets no answer: where there is no ESP, the interval counts. */
static void an_sa_without_a_child_is_asked_whether_it_lives(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.dpd =
	        (struct ike_dpd){.interval_ms = 10000, .retry_ms = 2000, .on_demand = true};
	without_child(p);
	p->filter = pair_drop_all;
	pair_run(p, 30 * SECOND);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_DPD);
}

/* The IKE SA is rekeyed while the request for a child is out: the child comes all the same. */
static void the_request_outlives_a_rekeyed_sa(void **s)
{
	struct pair *p = *s;

	without_child(p);
	ike_rekey_ike(p->s[B].ike, pair_handle(p, B), p->now);
	ike_child_new(p->s[A].ike, p->handle, p->now);
	pair_run(p, 10 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 1);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 1);
	pair_agree(p);
}

/* ---- RFC 6290 -------------------------------------------------------------------------- */

static struct pair *with_tokens(void)
{
	struct ike_config a = {.qcd_secret = {1, 2, 3}}, b = {.qcd_secret = {4, 5, 6}};
	struct pair *p = pair_new_config(&a, &b);

	pair_up(p);
	return p;
}

/* B starts again and knows nothing; its secret is the same, or another one. */
static void b_crashes(struct pair *p, bool secret)
{
	struct ike_config cfg = {.qcd_secret = {4, 5, secret ? 6 : 7}};
	struct ike_ops ops = p->s[B].ike->ops;

	ike_free(p->s[B].ike);
	p->s[B].ike = ike_new(&ops, &cfg, p->now);
	p->s[B].n_child = 0;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
}

static void a_peer_that_lost_the_sa_proves_it(void **s)
{
	struct pair *p;

	pair_free(*s);
	p = *s = with_tokens();
	b_crashes(p, true);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_LOST);
	assert_int_equal(p->s[A].n_child, 0);
}

static void also_after_the_sa_was_rekeyed(void **s)
{
	struct pair *p;

	pair_free(*s);
	p = *s = with_tokens();
	for (int i = 0; i < 2; i++) {
		ike_rekey_ike(p->s[i].ike, pair_handle(p, i), p->now);
		pair_run(p, SECOND);
	}
	assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 2);
	pair_agree(p);
	b_crashes(p, true);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_LOST);
}

static void another_token_proves_nothing(void **s)
{
	struct pair *p;

	pair_free(*s);
	p = *s = with_tokens();
	b_crashes(p, false);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_run(p, 5 * MINUTE); /* but there is no answer, as ever */
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_DPD);
}

static bool no_token_of(const struct ike_sa *a, const struct dgram *d)
{
	assert_int_equal(a->n_qcd, QCD_TOKEN);
	return d->len < QCD_TOKEN || memcmp(d->data + d->len - QCD_TOKEN, a->qcd, QCD_TOKEN) != 0;
}

/* A stranger asks with the SPIs of an SA that lives, in every disguise: no token comes out. */
static void no_token_about_an_sa_that_lives(void **s)
{
	/* INFORMATIONAL with an SK payload of 40 octets */
	uint8_t msg[72] = {[16] = PL_SK, [17] = 0x20, [18] = 37, [27] = 72, [31] = 44};
	struct pair *p;
	struct dgram d, out;

	pair_free(*s);
	p = *s = with_tokens();
	d = (struct dgram){.local = p->s[B].at, .remote = p->s[A].at, .data = msg, .len = 72};
	for (unsigned i = 0; i < 16; i++) {
		uint64_t one = pair_sa(p, A)->spi_i, two = pair_sa(p, A)->spi_r;

		for (unsigned k = 0; k < 8; k++) {
			msg[k] = (uint8_t)((i & 1 ? two : one) >> (56 - 8 * k));
			msg[8 + k] = (uint8_t)((i & 1 ? one : two) >> (56 - 8 * k));
		}
		msg[8] ^= i & 8 ? 0x55 : 0; /* only one of them is right */
		msg[19] = (uint8_t)((i & 2 ? IKE_F_INITIATOR : 0) | (i & 4 ? IKE_F_RESPONSE : 0));
		p->now += 2 * SECOND;
		ike_rx(p->s[B].ike, &d, p->now);
		while (ike_tx(p->s[B].ike, &out))
			assert_true(no_token_of(pair_sa(p, A), &out));
	}
	pair_agree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(an_authentication_that_does_not_last),
	        T(an_authentication_that_is_not_renewed_ends),
	        T(rekeying_does_not_renew_it),
	        T(a_lifetime_that_is_told_later),
	        T(an_sa_without_a_child),
	        T(only_where_it_is_offered),
	        T(a_child_is_asked_for_later),
	        T(it_may_have_a_group_of_its_own),
	        T(a_peer_that_cannot_is_left),
	        T(a_refused_child_ends_the_sa),
	        T(an_sa_without_a_child_is_asked_whether_it_lives),
	        T(the_request_outlives_a_rekeyed_sa),
	        T(a_peer_that_lost_the_sa_proves_it),
	        T(also_after_the_sa_was_rekeyed),
	        T(another_token_proves_nothing),
	        T(no_token_about_an_sa_that_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
