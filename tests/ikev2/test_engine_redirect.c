/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Redirect (RFC 5685): a gateway sends its client elsewhere, at each of the three times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib_pair.h"

static const struct ike_gateway by_address = {.type = IKE_GW_IP4, .addr = {AF_INET, {10, 0, 0, 3}}};
static const struct ike_gateway by_name = {.type = IKE_GW_NAME, .name = "gw2.example"};

static int setup(void **s)
{
	struct pair *p = *s = pair_new();

	p->s[A].peering.redirect = true;
	return 0;
}

static int teardown(void **s)
{
	pair_free(*s);
	return 0;
}

static void assert_sent_to(struct pair *p, const struct ike_gateway *gw)
{
	const struct ike_gateway *got = &p->s[A].last[IKE_EV_REDIRECT].gateway;

	assert_int_equal(p->s[A].count[IKE_EV_REDIRECT], 1);
	assert_int_equal(got->type, gw->type);
	assert_string_equal(got->name, gw->name);
	assert_true(ipaddr_eq(&got->addr, &gw->addr));
}

static void assert_over(struct pair *p)
{
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_REDIRECT);
	pair_run(p, MINUTE);
	assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
	assert_int_equal(p->s[A].n_child + p->s[B].n_child, 0);
}

static void in_the_first_answer(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.redirect_at = IKE_REDIRECT_INIT;
	p->s[B].peering.redirect_to = by_name;
	pair_connect(p);
	assert_sent_to(p, &by_name);
	assert_over(p);
	assert_int_equal(ike_counters(p->s[B].ike)->sa_created, 0);
}

static void in_the_answer_to_auth(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.redirect_at = IKE_REDIRECT_AUTH;
	p->s[B].peering.redirect_to = by_address;
	pair_connect(p);
	assert_sent_to(p, &by_address);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP] + p->s[B].count[IKE_EV_CHILD_UP], 0);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_PEER_DELETE);
	assert_over(p);
}

/* The session stays until the client has something better. */
static void of_an_established_session(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	assert_true(ike_redirect(p->s[B].ike, pair_handle(p, B), &by_address, p->now));
	pair_settle(p);
	assert_sent_to(p, &by_address);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	assert_null(pair_sa(p, B)->out);
	pair_agree(p);
	assert_false(
	        ike_redirect(p->s[A].ike, p->handle, &by_address, p->now)); /* not the client */
}

static void who_did_not_say_so_is_not_redirected(void **s)
{
	struct pair *p = *s;

	for (enum ike_redirect_at at = IKE_REDIRECT_INIT; at <= IKE_REDIRECT_AUTH; at++) {
		pair_free(p);
		p = *s = pair_new();
		p->s[B].peering.redirect_at = at;
		p->s[B].peering.redirect_to = by_address;
		pair_up(p);
		assert_false(ike_redirect(p->s[B].ike, pair_handle(p, B), &by_address, p->now));
	}
}

/* Where a client was sent to knows it may be sent on. */
static void the_next_gateway_hears_where_it_comes_from(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.redirected_from = by_name;
	p->s[B].peering.redirect_at = IKE_REDIRECT_INIT;
	p->s[B].peering.redirect_to = by_address;
	pair_connect(p);
	assert_sent_to(p, &by_address);
	assert_over(p);
}

static bool seen_from(struct pair *p, int from, struct dgram *d)
{
	static const uint8_t want[] = {0x40, 0x18, 3, 11, 'g', 'w', '2', '.', 'e', 'x', 'a', 'm'};

	for (size_t i = 28; from == A && i + sizeof(want) <= d->len; i++)
		p->calls += memcmp(d->data + i, want, sizeof(want)) == 0;
	return true;
}

static void redirected_from_as_it_stands_on_the_wire(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.redirected_from = by_name;
	p->filter = seen_from;
	pair_up(p);
	assert_int_equal(p->calls, 1);
}

/* ---- not to be believed -------------------------------------------------------------- */

/* What an answer to IKE_SA_INIT says comes from the test. */
struct forgery {
	const char *what;
	uint8_t data[40];
	size_t n;
	bool nonce, good;
};

static const struct forgery forged[] = {
        {"good", {1, 4, 10, 0, 0, 3}, 6, true, true},
        {"without our nonce", {1, 4, 10, 0, 0, 3}, 6, false, false},
        {"another nonce", {1, 4, 10, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}, 22,
                false, false},
        {"a short address", {1, 3, 10, 0, 0}, 5, true, false},
        {"beyond the end", {1, 200, 10, 0, 0, 3}, 6, true, false},
        {"another type", {4, 4, 10, 0, 0, 3}, 6, true, false},
        {"no address", {1, 4, 0, 0, 0, 0}, 6, true, false},
        {"a group's address", {1, 4, 224, 0, 0, 3}, 6, true, false},
        {"an empty name", {3, 0}, 2, true, false},
        {"a name with a line in it", {3, 3, 'a', '\n', 'b'}, 5, true, false},
        {"a name with a zero in it", {3, 3, 'a', 0, 'b'}, 5, true, false},
        {"nothing", {0}, 0, false, false},
};

static void send_forged(struct pair *p, const struct forgery *f)
{
	struct ike_sa *a = pair_sa(p, A);
	struct ike_hdr h = {.spi_i = a->spi_i, .exchange = EXCH_SA_INIT, .flags = IKE_F_RESPONSE};
	struct ike_build b;
	struct span out;
	uint8_t data[128];
	size_t n = f->n;

	memcpy(data, f->data, n);
	if (f->nonce) {
		memcpy(data + n, a->hs->ni.b, a->hs->ni.n);
		n += a->hs->ni.n;
	}
	ike_build_init(&b, &h);
	ike_put_notify(&b, N_REDIRECT, span_of(data, n));
	assert_true(ike_build_clear(&b, &out));
	struct dgram d = {.local = p->s[A].at, .remote = p->s[B].at, .data = out.p, .len = out.n};

	ike_rx(p->s[A].ike, &d, p->now);
	ike_build_fini(&b);
	pair_settle(p);
}

static void only_our_nonce_is_believed(void **s)
{
	struct pair *p = *s;

	for (size_t i = 0; i < ARRAY_LEN(forged); i++) {
		pair_free(p);
		p = *s = pair_new();
		p->s[A].peering.redirect = true;
		p->filter = pair_drop_all;
		pair_connect(p);
		p->filter = NULL;
		send_forged(p, &forged[i]);
		if (p->s[A].count[IKE_EV_REDIRECT] != forged[i].good)
			fail_msg("%s", forged[i].what);
		pair_run(p, 3 * SECOND);
		assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], !forged[i].good);
	}
}

/* Nobody asked for it: the attempt goes on. */
static void without_support_nothing_happens(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.redirect = false;
	p->filter = pair_drop_all;
	pair_connect(p);
	p->filter = NULL;
	send_forged(p, &forged[0]);
	assert_int_equal(p->s[A].count[IKE_EV_REDIRECT], 0);
	pair_run(p, 3 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(in_the_first_answer),
	        T(in_the_answer_to_auth),
	        T(of_an_established_session),
	        T(who_did_not_say_so_is_not_redirected),
	        T(the_next_gateway_hears_where_it_comes_from),
	        T(redirected_from_as_it_stands_on_the_wire),
	        T(only_our_nonce_is_believed),
	        T(without_support_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
