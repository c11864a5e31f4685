/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine does with messages that are wrong: silence and a counter, or the RFC's answer; and
 * it goes on. */
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

static void send_to(struct pair *p, int to, const void *data, size_t n)
{
	struct dgram d = {.local = p->s[to].at, .remote = p->s[!to].at, .data = data, .len = n};

	ike_rx(p->s[to].ike, &d, p->now);
}

/* A's SA asks B for something that A would never ask. */
static struct request *crafted(struct pair *p, uint8_t exchange)
{
	return req_new(pair_sa(p, A), REQ_DPD, exchange);
}

static void go(struct pair *p, struct request *r)
{
	sb_clear(&p->s[B].built);
	req_send(pair_sa(p, A), r);
	pair_settle(p);
}

/* ---- authentic and malformed ---------------------------------------------------- */

static void malformed_requests_end_the_session_with_invalid_syntax(void **s)
{
	static const struct {
		uint8_t exchange, type;
		uint8_t body[12];
		size_t n;
	} row[] = {
	        {EXCH_INFORMATIONAL, PL_NOTIFY, {0}, 2},               /* shorter than its head */
	        {EXCH_INFORMATIONAL, PL_NOTIFY, {3, 200, 0x40, 1}, 4}, /* SPI size beyond the end */
	        {EXCH_INFORMATIONAL, PL_DELETE, {3, 4, 0, 9, 1, 2, 3, 4},
	                8}, /* nine SPIs, one there */
	        {EXCH_INFORMATIONAL, PL_CP, {1, 0, 0, 0, 0, 1, 0, 9, 1},
	                9}, /* attribute beyond the end */
	        {EXCH_CREATE_CHILD, PL_SA, {0, 0, 0, 99, 1, 3, 4, 1},
	                8},                                   /* proposal beyond the end */
	        {EXCH_CREATE_CHILD, PL_NONCE, {1, 2, 3}, 3},  /* no SA, short nonce */
	        {EXCH_CREATE_CHILD, PL_TSi, {9, 0, 0, 0}, 4}, /* nine selectors, none there */
	};

	pair_free(*s);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct pair *p = *s = pair_new();
		struct request *r;

		pair_up(p);
		r = crafted(p, row[i].exchange);
		ike_put_payload(&r->b, row[i].type, span_of(row[i].body, row[i].n));
		go(p, r);
		assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY(INVALID_SYNTAX)"));
		assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_SYNTAX);
		assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_SYNTAX);
		assert_int_equal(ike_counters(p->s[B].ike)->rx_malformed, 1);
		pair_run(p, 5 * MINUTE);
		assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
		if (i + 1 < ARRAY_LEN(row))
			pair_free(p);
	}
}

static void a_bad_public_value_is_invalid_syntax(void **s)
{
	static const uint8_t zero[32];
	struct pair *p = *s;
	struct request *r;

	pair_up(p);
	r = crafted(p, EXCH_CREATE_CHILD);
	ike_put_notify_esp(&r->b, N_REKEY_SA, p->s[A].child[0].spi_in, (struct span){0});
	child_put_offer(pair_sa(p, A)->ses, &r->b, 0x1234, NULL, IKE_KE_OPTIONAL, KE_X25519,
	        span_of("0123456789abcdef", 16), span_of(zero, 32));
	go(p, r);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_SYNTAX);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
}

static void unknown_payloads_are_skipped_and_critical_ones_refused(void **s)
{
	struct pair *p = *s;
	struct request *r;

	pair_up(p);
	r = crafted(p, EXCH_INFORMATIONAL);
	ike_put_payload(&r->b, 200, span_of("abcd", 4));
	go(p, r);
	assert_non_null(strstr(sb_str(&p->s[B].built), "contents: \n \n"));
	r = crafted(p, EXCH_INFORMATIONAL);
	ike_put_payload(&r->b, 200, span_of("abcd", 4));
	r->b.p[IKE_HDR_LEN + 1] |= 0x80; /* critical */
	go(p, r);
	assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY(UNSUPPORTED_CRITICAL_PAYLOAD)"));
	assert_int_equal(ike_counters(p->s[B].ike)->rx_critical, 1);
	pair_agree(p);
}

static void a_malformed_answer_ends_the_session_and_tells_the_peer(void **s)
{
	struct pair *p = *s;
	struct ike_sa *b;
	struct request *r;

	pair_up(p);
	b = pair_sa(p, B);
	p->filter = pair_drop_all;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	p->filter = NULL;
	r = crafted(p, EXCH_INFORMATIONAL); /* B's answer to A's open request, out of B's keys */
	req_free(r);
	pair_sa(p, A)->tx_id--;
	struct ike_build ans;
	struct ike_packets pk = {0};

	msg_begin(b, &ans, EXCH_INFORMATIONAL, pair_sa(p, A)->out->id, true);
	ike_put_payload(&ans, PL_NOTIFY, span_of("x", 1));
	assert_true(
	        ike_sk_seal(b->sk, &ans, 0, p->s[B].ike->ops.random, p->s[B].ike->ops.ctx, &pk));
	send_to(p, A, pk.v[0].p, pk.v[0].n);
	ike_build_fini(&ans);
	ike_packets_fini(&pk);
	pair_settle(p);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_SYNTAX);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_PEER_DELETE);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
}

static bool drop_auth(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	return !(from == A && d->data[18] == EXCH_AUTH);
}

static void a_malformed_auth_request_leaves_nothing(void **s)
{
	struct pair *p = *s;
	struct request *r;

	p->filter = drop_auth;
	pair_connect(p);
	p->filter = NULL;
	r = crafted(p, EXCH_AUTH);
	ike_put_payload(&r->b, PL_IDi, span_of("x", 1));
	go(p, r);
	assert_int_equal(pair_sas(p, B), 0);
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 0);
	ike_abandon(p->s[A].ike, p->handle, p->now);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(ike_deadline(p->s[B].ike), IKE_NEVER);
}

/* ---- authentic, well-formed and unwanted ---------------------------------------- */

static void a_refused_new_child_leaves_the_session(void **s)
{
	struct pair *p = *s;
	struct request *r;
	struct ike_proposal other = {.encr = {{ENCR_3DES, 0}},
	        .n_encr = 1,
	        .integ = {AUTH_HMAC_SHA1_96},
	        .n_integ = 1,
	        .esn_no = true};
	struct ike_ts ts4 = ike_ts_any4(), ts6 = ike_ts_any6();

	pair_up(p);
	r = crafted(p, EXCH_CREATE_CHILD);
	ike_put_sa(&r->b, IKE_PROTO_ESP, 0x1234, 4, IKE_KE_OPTIONAL, &other, 1);
	ike_put_nonce(&r->b, span_of("0123456789abcdef", 16));
	ike_put_ts(&r->b, PL_TSi, &ts4, 1);
	ike_put_ts(&r->b, PL_TSr, &ts4, 1);
	go(p, r);
	assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY(NO_PROPOSAL_CHOSEN)"));
	r = crafted(p, EXCH_CREATE_CHILD);
	ike_put_sa(&r->b, IKE_PROTO_ESP, 0x1234, 4, IKE_KE_WITHOUT, p->s[A].peering.esp, 1);
	ike_put_nonce(&r->b, span_of("0123456789abcdef", 16));
	ike_put_ts(&r->b, PL_TSi, &ts6, 1);
	ike_put_ts(&r->b, PL_TSr, &ts6, 1);
	go(p, r);
	assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY("));
	assert_int_equal(p->s[B].n_child, 1);
	pair_agree(p);
}

static void new_child(struct pair *p, uint32_t spi)
{
	struct request *r = crafted(p, EXCH_CREATE_CHILD);
	struct ike_dh *dh = ike_dh_new(KE_X25519);

	child_put_offer(pair_sa(p, A)->ses, &r->b, spi, NULL, IKE_KE_OPTIONAL, KE_X25519,
	        span_of("0123456789abcdef", 16), ike_dh_public(dh));
	ike_dh_free(dh);
	go(p, r);
}

static void more_children_are_made_up_to_a_limit(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	new_child(p, 0x1000);
	assert_int_equal(p->s[B].n_child, 2);
	assert_int_equal(p->s[B].last[IKE_EV_CHILD_UP].replaces, 0);
	new_child(p, 0x1000); /* an SPI that is in use */
	assert_int_equal(p->s[B].n_child, 2);
	for (uint32_t i = 1; i < 80; i++)
		new_child(p, 0x1000 + i);
	assert_int_equal(p->s[B].n_child, MAX_CHILDREN);
	assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY(NO_ADDITIONAL_SAS)"));
}

static void a_handshake_message_in_an_established_sa_is_dropped(void **s)
{
	struct pair *p = *s;
	struct request *r;

	pair_up(p);
	r = crafted(p, EXCH_AUTH);
	ike_put_payload(&r->b, PL_VENDOR, span_of("abcd", 4));
	go(p, r);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_exchange, 1);
	assert_string_equal(sb_str(&p->s[B].built), "");
}

/* ---- not authentic -------------------------------------------------------------- */

static bool keep(struct pair *p, int from, struct dgram *d)
{
	if (from == A && d->len <= sizeof(p->saved)) {
		memcpy(p->saved, d->data, d->len);
		p->n_saved = d->len;
	}
	return true;
}

static void forged_messages_change_nothing(void **s)
{
	struct pair *p = *s;
	const struct ike_counters *c = ike_counters(p->s[B].ike);

	pair_up(p);
	p->filter = keep;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	p->filter = NULL;
	p->saved[23]++; /* the next message id, with the ICV of the last */
	for (size_t i = 0; i < 3; i++)
		send_to(p, B, p->saved, p->n_saved);
	assert_int_equal(c->rx_bad_icv, 3);
	p->saved[19] ^= IKE_F_INITIATOR; /* from B to B */
	send_to(p, B, p->saved, p->n_saved);
	p->saved[19] ^= IKE_F_INITIATOR;
	p->saved[8] ^= 1; /* no such SPI */
	send_to(p, B, p->saved, p->n_saved);
	assert_int_equal(c->rx_unknown_spi, 2);
	pair_settle(p);
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_null(pair_sa(p, A)->out);
	pair_agree(p);
}

static void short_messages_and_other_versions(void **s)
{
	struct pair *p = *s;
	const struct ike_counters *c = ike_counters(p->s[B].ike);
	uint8_t msg[28] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 34, 8, 0, 0, 0,
	        0, 0, 0, 0, 28};
	struct dgram d;

	send_to(p, B, msg, 27);
	msg[27] = 29;
	send_to(p, B, msg, 28);
	assert_int_equal(c->rx_short, 2);
	msg[27] = 28;
	send_to(p, B, msg, 28);
	assert_int_equal(c->rx_version, 1);
	assert_true(ike_tx(p->s[B].ike, &d)); /* INVALID_MAJOR_VERSION, in our version */
	assert_int_equal(d.data[17], 0x20);
	assert_int_equal(d.data[19] & IKE_F_RESPONSE, IKE_F_RESPONSE);
	assert_int_equal(get_u16(d.data + 34), N_INVALID_MAJOR_VERSION);
	msg[19] |= IKE_F_RESPONSE;
	send_to(p, B, msg, 28);
	assert_false(ike_tx(p->s[B].ike, &d)); /* never to a response */
	msg[17] = 0x20;
	msg[18] = 40;
	send_to(p, B, msg, 28);
	assert_int_equal(c->rx_exchange, 1);
	assert_false(ike_tx(p->s[B].ike, &d));
}

static void hints_about_unknown_spis_are_seldom(void **s)
{
	struct pair *p = *s;
	/* INFORMATIONAL request with an SK payload of 40 octets */
	uint8_t msg[72] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, PL_SK, 0x20, 37, 8, 0, 0,
	        0, 0, 0, 0, 0, 72, 0, 0, 0, 44};
	struct dgram d;
	unsigned n = 0;

	for (int i = 0; i < 100; i++)
		send_to(p, B, msg, sizeof(msg));
	while (ike_tx(p->s[B].ike, &d))
		n++;
	assert_int_equal(n, 1);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_unknown_spi, 100);
}

/* Every message of a handshake and of an SA's life, damaged in many ways, before the good one. */
static bool damage(struct pair *p, int from, struct dgram *d)
{
	static uint8_t copy[65536];

	for (int i = 0; i < 40; i++) {
		size_t n = d->len;
		bool init =
		        d->data[18] == EXCH_SA_INIT; /* nothing protects these: cut short only */

		if (init && i % 3)
			continue;

		memcpy(copy, d->data, d->len);
		p->calls = p->calls * 1664525u + 1013904223u;
		copy[(p->calls >> 8) % d->len] ^= (uint8_t)(1u << (p->calls >> 4) % 8);
		if (i % 3 == 0)
			n = (p->calls >> 8) % d->len;
		if (i % 3 == 1 && n >= 28)
			put_u32(copy + 24, (uint32_t)n);
		struct dgram bad = *d;

		bad.data = copy;
		bad.len = n;
		ike_rx(p->s[!from].ike, &bad, p->now);
	}
	return true;
}

static void damaged_copies_of_everything_do_not_disturb(void **s)
{
	struct pair *p = *s;

	p->filter = damage;
	p->s[A].peering.initial_contact = true;
	pair_connect(p);
	pair_run(p, 10 * SECOND);
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_run(p, 10 * SECOND);
	ike_rekey_ike(p->s[B].ike, p->s[B].child[0].handle, p->now);
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 1);
	assert_int_equal(p->s[A].n_child, 1);
	pair_agree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(malformed_requests_end_the_session_with_invalid_syntax),
	        T(a_bad_public_value_is_invalid_syntax),
	        T(unknown_payloads_are_skipped_and_critical_ones_refused),
	        T(a_malformed_answer_ends_the_session_and_tells_the_peer),
	        T(a_malformed_auth_request_leaves_nothing),
	        T(a_refused_new_child_leaves_the_session),
	        T(more_children_are_made_up_to_a_limit),
	        T(a_handshake_message_in_an_established_sa_is_dropped),
	        T(forged_messages_change_nothing),
	        T(short_messages_and_other_versions),
	        T(hints_about_unknown_spis_are_seldom),
	        T(damaged_copies_of_everything_do_not_disturb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
