/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MOBIKE (RFC 4555): addresses that change, NATs that come, go and forget, and who may say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib_pair.h"

static int setup(void **s)
{
	struct pair *p = *s = pair_new();

	p->s[A].peering.mobike = p->s[B].peering.mobike = true;
	return 0;
}

static int teardown(void **s)
{
	pair_free(*s);
	return 0;
}

static struct ike_sa_info info_of(struct pair *p, int side)
{
	struct ike_sa_info info;

	assert_true(ike_sa_next(p->s[side].ike, 0, &info));
	return info;
}

/* A gets another address, and what is sent to the old one is lost. */
static bool only_to_where_a_is(struct pair *p, int from, struct dgram *d)
{
	return from == A || (ipaddr_eq(&d->local.addr, &p->s[A].at.addr) &&
	                            (d->local.port == 500 || d->local.port == 4500));
}

static bool move_a(struct pair *p, uint32_t addr)
{
	struct endpoint to = info_of(p, A).remote;

	p->s[A].at.addr = ipaddr_v4(addr);
	p->filter = only_to_where_a_is;
	bool ok = ike_update_address(p->s[A].ike, p->handle, &p->s[A].at, &to, p->now);

	pair_settle(p);
	return ok;
}

static bool b_sees_a(struct pair *p)
{
	struct ike_sa_info info = info_of(p, B);

	return ipaddr_eq(&info.remote.addr, &p->s[A].at.addr);
}

static void still_works(struct pair *p)
{
	unsigned n = p->s[A].count[IKE_EV_CHILD_UP], m = p->s[B].count[IKE_EV_REKEYED];

	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_settle(p);
	ike_rekey_ike(p->s[B].ike, pair_handle(p, B), p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], n + 1);
	assert_int_equal(p->s[B].count[IKE_EV_REKEYED], m + 1);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN] + p->s[B].count[IKE_EV_DOWN], 0);
	pair_run(p, MINUTE);
	pair_agree(p);
}

static void both_must_be_able(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	assert_true(info_of(p, A).mobike && info_of(p, B).mobike);
	for (int i = 0; i < 2; i++) {
		pair_free(p);
		p = *s = pair_new();
		p->s[i].peering.mobike = true;
		pair_up(p);
		assert_false(info_of(p, A).mobike || info_of(p, B).mobike);
		assert_false(move_a(p, 0x0a000009));
		assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], 0);
	}
}

static void an_address_changes(void **s)
{
	struct pair *p = *s;
	struct ipaddr now = ipaddr_v4(0x0a000009);

	p->s[A].peering.force_natt = true;
	pair_up(p);
	assert_true(move_a(p, 0x0a000009));
	for (int i = 0; i < 2; i++) {
		struct ike_sa_info info = info_of(p, i);
		struct ike_child_info child;

		assert_int_equal(p->s[i].count[IKE_EV_ENDPOINT], 1);
		assert_true(ipaddr_eq(i == A ? &info.local.addr : &info.remote.addr, &now));
		assert_true(ike_child_next(p->s[i].ike, info.handle, 0, &child));
		assert_true(ipaddr_eq(
		        i == A ? &child.child.local.addr : &child.child.remote.addr, &now));
		assert_int_equal(child.child.remote.port, 4500);
	}
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 1); /* nothing had to be made anew */
	still_works(p);
}

/* Only the original initiator moves. */
static void the_responder_does_not_move(void **s)
{
	struct pair *p = *s;
	struct endpoint to, from = {.addr = ipaddr_v4(0x0a000077), .port = 4500};

	pair_up(p);
	to = info_of(p, B).remote;
	assert_false(ike_update_address(p->s[B].ike, pair_handle(p, B), &from, &to, p->now));
	struct request *r = req_new(pair_sa(p, B), REQ_UPDATE, EXCH_INFORMATIONAL);

	ike_put_notify(&r->b, N_UPDATE_SA_ADDRESSES, (struct span){0});
	pair_sa(p, B)->ses->local = from;
	req_send(pair_sa(p, B), r);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_ENDPOINT], 0);
	assert_true(endpoint_eq(&pair_sa(p, A)->ses->remote, &p->s[B].at));
}

static void a_new_path_with_a_nat_on_it(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	assert_false(p->s[A].child[0].k.udp_encap);
	p->nat = true;
	assert_true(move_a(p, 0x0a000009));
	pair_run(p, SECOND);
	assert_true(info_of(p, A).nat_local && info_of(p, B).nat_remote);
	assert_int_equal(info_of(p, B).remote.port, 4500 + p->nat_shift);
	assert_int_equal(p->s[A].n_child, 1); /* made anew: ESP now goes in UDP */
	assert_true(p->s[A].child[0].k.udp_encap && p->s[B].child[0].k.udp_encap);
	still_works(p);
}

/* The request that was on its way when the address changed is answered to the new one. */
static void a_change_in_the_middle_of_an_exchange(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.force_natt = true;
	pair_up(p);
	p->filter = pair_drop_all;
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_settle(p);
	assert_true(move_a(p, 0x0a000009));
	pair_run(p, 10);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 2);
	assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], 1);
	still_works(p);
}

/* Copies that were lost on the old path do not count on the new one. */
static void a_change_when_the_old_path_was_given_up_almost(void **s)
{
	struct pair *p = *s;
	struct request *r;

	pair_up(p);
	p->filter = pair_drop_all;
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_settle(p);
	r = pair_sa(p, A)->out;
	while (r->tries < p->s[A].ike->cfg.retransmit_tries)
		pair_run(p, SECOND);
	assert_true(move_a(p, 0x0a000009));
	pair_run(p, 10);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 2);
	still_works(p);
}

static void two_changes_one_after_the_other(void **s)
{
	struct pair *p = *s;
	struct endpoint to;

	p->s[A].peering.force_natt = true;
	pair_up(p);
	to = info_of(p, A).remote;
	for (uint32_t i = 0; i < 2; i++) {
		p->s[A].at.addr = ipaddr_v4(0x0a000009 + i);
		assert_true(ike_update_address(p->s[A].ike, p->handle, &p->s[A].at, &to, p->now));
	}
	p->filter = only_to_where_a_is;
	pair_run(p, SECOND);
	assert_true(b_sees_a(p));
	assert_true(ipaddr_eq(&p->s[A].last[IKE_EV_ENDPOINT].local.addr, &p->s[A].at.addr));
	still_works(p);
}

static bool drop_informational_of_a(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	return from == B || d->data[18] != EXCH_INFORMATIONAL || (d->data[19] & IKE_F_RESPONSE);
}

/* The IKE SA on which it was said is replaced before it arrives: it is said again on the new one.
 */
static void a_change_while_the_peer_rekeys(void **s)
{
	struct pair *p = *s;
	struct endpoint to;

	p->s[A].peering.force_natt = true;
	pair_up(p);
	to = info_of(p, A).remote;
	p->filter = drop_informational_of_a;
	p->s[A].at.addr = ipaddr_v4(0x0a000009);
	assert_true(ike_update_address(p->s[A].ike, p->handle, &p->s[A].at, &to, p->now));
	pair_settle(p);
	ike_rekey_ike(p->s[B].ike, pair_handle(p, B), p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 1);
	assert_false(b_sees_a(p));
	p->filter = NULL;
	pair_run(p, MINUTE);
	assert_true(b_sees_a(p));
	still_works(p);
}

/* ---- NAT --------------------------------------------------------------------------- */

static void behind_nat(struct pair *p, uint32_t dpd)
{
	p->nat = true;
	p->s[A].peering.dpd.interval_ms = dpd * 1000;
	pair_up(p);
	assert_true(info_of(p, A).nat_local);
	pair_run(p, SECOND);
	p->filter = only_to_where_a_is;
}

static void a_nat_that_forgets_is_noticed_by_a_liveness_check(void **s)
{
	struct pair *p = *s;

	behind_nat(p, 10);
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_ENDPOINT], 0); /* nothing has changed so far */
	p->nat_shift = 30000;
	pair_run(p, 11 * SECOND);
	assert_int_equal(info_of(p, B).remote.port, 34500);
	assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], 1);
	assert_int_equal(p->s[B].last[IKE_EV_ENDPOINT].remote.port, 34500);
	still_works(p);
	pair_run(p, MINUTE);
	assert_int_equal(info_of(p, B).remote.port, 34500);
}

/* Right after the handshake, before any check was due. */
static void a_nat_that_forgets_at_once(void **s)
{
	struct pair *p = *s;

	behind_nat(p, 10);
	p->nat_shift = 30000;
	pair_run(p, 11 * SECOND);
	assert_int_equal(info_of(p, B).remote.port, 34500);
}

/* No dead peer detection is configured: what is sent and not answered leads to a check. */
static void a_nat_that_forgets_is_noticed_without_dpd(void **s)
{
	struct pair *p = *s;

	behind_nat(p, 0);
	uint64_t checks = ike_counters(p->s[A].ike)->dpd_sent;

	pair_run(p, 5 * MINUTE);
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, checks); /* nothing sent: no check */
	p->nat_shift = 30000;
	p->now += 100;
	ike_child_sent(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_run(p, 31 * SECOND);
	assert_int_equal(info_of(p, B).remote.port, 34500);
}

/* RFC 4555 §3.8: a request that does not say so moves nothing. */
static void other_requests_move_nothing(void **s)
{
	struct pair *p = *s;

	behind_nat(p, 0);
	p->nat_shift = 30000;
	struct request *r = req_new(pair_sa(p, A), REQ_CFG_SET, EXCH_INFORMATIONAL);

	req_send(pair_sa(p, A), r);
	pair_settle(p);
	assert_null(pair_sa(p, A)->out); /* answered, to where it came from */
	assert_int_equal(info_of(p, B).remote.port, 24500);
	assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], 0);
}

static void a_nat_that_appears(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.dpd.interval_ms = 10 * 1000;
	pair_up(p);
	p->nat = true;
	p->filter = only_to_where_a_is;
	pair_run(p, 15 * SECOND);
	assert_true(info_of(p, A).nat_local);
	assert_int_equal(info_of(p, B).remote.port, 24500);
	assert_true(p->s[A].child[0].k.udp_encap);
	still_works(p);
}

/* ---- not to be fooled ---------------------------------------------------------------- */

static void update(struct pair *p, uint32_t addr, uint32_t id)
{
	struct request *r = req_new(pair_sa(p, A), REQ_UPDATE, EXCH_INFORMATIONAL);

	req_free(r);
	pair_sa(p, A)->tx_id = id;
	r = req_new(pair_sa(p, A), REQ_UPDATE, EXCH_INFORMATIONAL);
	ike_put_notify(&r->b, N_UPDATE_SA_ADDRESSES, (struct span){0});
	p->s[A].at.addr = pair_sa(p, A)->ses->local.addr = ipaddr_v4(addr);
	req_send(pair_sa(p, A), r);
	pair_settle(p);
}

static void an_update_that_comes_late_is_not_followed(void **s)
{
	struct pair *p = *s;
	uint32_t id;

	pair_up(p);
	id = pair_sa(p, A)->tx_id;
	update(p, 0x0a000009, id + 1); /* the window lets it pass the other */
	assert_true(b_sees_a(p));
	update(p, 0x0a00000a, id);
	assert_false(b_sees_a(p));
}

static void a_peer_that_is_not_there_is_closed(void **s)
{
	struct pair *p = *s;
	struct request *r;

	pair_up(p);
	r = req_new(pair_sa(p, B), REQ_ROUTABILITY, EXCH_INFORMATIONAL);
	memset(r->cookie2, 7, sizeof(r->cookie2));
	ike_put_notify(&r->b, N_COOKIE2, span_of(r->cookie2, sizeof(r->cookie2)));
	memset(r->cookie2, 8, sizeof(r->cookie2)); /* the answer will be another one */
	req_send(pair_sa(p, B), r);
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_ADDRESS);
}

static void the_new_address_is_asked_for_a_cookie(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	sb_clear(&p->s[B].built);
	sb_clear(&p->s[A].built);
	assert_true(move_a(p, 0x0a000009));
	assert_non_null(strstr(sb_str(&p->s[B].built), "NOTIFY(COOKIE2)"));
	assert_non_null(strstr(sb_str(&p->s[A].built), "NOTIFY(COOKIE2)"));
	assert_null(pair_sa(p, B)->out);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 0);
}

static void no_nats_allowed(void **s)
{
	struct pair *p = *s;
	struct ike_sa *a;

	pair_up(p);
	for (int good = 0; good < 2; good++) {
		a = pair_sa(p, A);
		struct request *r = req_new(a, REQ_UPDATE, EXCH_INFORMATIONAL);
		uint8_t addr[12] = {10, 0, 0, 9, 10, 0, 0, 2, 1, 0xf4, 1, 0xf4};

		addr[3] = good ? 9 : 8;
		ike_put_notify(&r->b, N_UPDATE_SA_ADDRESSES, (struct span){0});
		ike_put_notify(&r->b, N_NO_NATS_ALLOWED, span_of(addr, 12));
		r->type = REQ_CFG_SET; /* A is not to mind the answer */
		a->ses->local.addr = p->s[A].at.addr = ipaddr_v4(0x0a000009);
		req_send(a, r);
		sb_clear(&p->s[B].built);
		pair_settle(p);
		assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], good);
		assert_int_equal(strstr(sb_str(&p->s[B].built), "UNEXPECTED_NAT") == NULL, good);
	}
}

/* Transport mode selects the addresses themselves: it cannot move. */
static void transport_mode_does_not_move(void **s)
{
	struct pair *p = *s;

	for (int i = 0; i < 2; i++)
		p->s[i].peering.mode = IKE_MODE_TRANSPORT;
	pair_up(p);
	assert_false(move_a(p, 0x0a000009));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(both_must_be_able),
	        T(an_address_changes),
	        T(the_responder_does_not_move),
	        T(a_new_path_with_a_nat_on_it),
	        T(a_change_in_the_middle_of_an_exchange),
	        T(a_change_when_the_old_path_was_given_up_almost),
	        T(two_changes_one_after_the_other),
	        T(a_change_while_the_peer_rekeys),
	        T(a_nat_that_forgets_is_noticed_by_a_liveness_check),
	        T(a_nat_that_forgets_at_once),
	        T(a_nat_that_forgets_is_noticed_without_dpd),
	        T(other_requests_move_nothing),
	        T(a_nat_that_appears),
	        T(an_update_that_comes_late_is_not_followed),
	        T(a_peer_that_is_not_there_is_closed),
	        T(the_new_address_is_asked_for_a_cookie),
	        T(no_nats_allowed),
	        T(transport_mode_does_not_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
