/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines and what networks do to them: NAT, narrow paths, loss, repetition, silence. */
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

/* ---- NAT ------------------------------------------------------------------------ */

static void without_a_nat_everything_stays_on_port_500(void **s)
{
	struct pair *p = *s;
	struct ike_sa_info info;

	pair_up(p);
	assert_true(ike_sa_next(p->s[B].ike, 0, &info));
	assert_int_equal(info.remote.port, 500);
	assert_false(p->s[A].child[0].k.udp_encap);
	assert_int_equal(ike_counters(p->s[A].ike)->natd_float, 0);
}

static void behind_a_nat_the_initiator_moves_to_4500(void **s)
{
	struct pair *p = *s;
	struct ike_sa_info a, b;

	p->nat = true;
	p->s[A].peering.nat_keepalive_s = 20;
	p->s[B].peering.nat_keepalive_s = 20;
	pair_up(p);
	assert_true(ike_sa_next(p->s[A].ike, 0, &a) && ike_sa_next(p->s[B].ike, 0, &b));
	assert_true(a.nat_local && !a.nat_remote && b.nat_remote && !b.nat_local);
	assert_int_equal(a.local.port, 4500);
	assert_int_equal(a.remote.port, 4500);
	assert_int_equal(b.remote.port, 4500 + p->nat_shift);
	assert_int_equal(b.local.port, 4500);
	assert_true(p->s[A].child[0].k.udp_encap && p->s[B].child[0].k.udp_encap);
	assert_int_equal(ike_counters(p->s[A].ike)->natd_float, 1);
	assert_int_equal(ike_counters(p->s[B].ike)->natd_float, 1);
	/* keepalives: who is behind it, and only while nothing else is sent */
	pair_run(p, 60 * SECOND);
	assert_int_equal(ike_counters(p->s[A].ike)->keepalives, 3);
	assert_int_equal(ike_counters(p->s[B].ike)->keepalives, 0);
}

static void a_keepalive_is_empty_and_on_4500(void **s)
{
	struct pair *p = *s;
	struct dgram d;

	p->nat = true;
	p->s[A].peering.nat_keepalive_s = 20;
	pair_up(p);
	p->now += 20 * SECOND;
	assert_true(ike_deadline(p->s[A].ike) <= p->now);
	ike_tick(p->s[A].ike, p->now);
	assert_true(ike_tx(p->s[A].ike, &d));
	assert_true(d.keepalive && d.natt && d.len == 0);
	assert_int_equal(d.remote.port, 4500);
}

static void force_natt_floats_without_a_nat(void **s)
{
	pair_free(*s);
	for (int i = 0; i < 2; i++) { /* whoever of the two wants it */
		struct pair *p = *s = pair_new();

		p->s[i].peering.force_natt = true;
		pair_up(p);
		assert_true(p->s[A].child[0].k.udp_encap && p->s[B].child[0].k.udp_encap);
		assert_int_equal(p->s[A].child[0].k.remote.port, 4500);
		assert_int_equal(p->s[B].child[0].k.remote.port, 4500);
		if (!i)
			pair_free(p);
	}
}

static void a_new_mapping_of_the_peer_is_followed(void **s)
{
	struct pair *p = *s;
	struct ike_attrs none = {0};

	p->nat = true;
	pair_up(p);
	p->nat_shift = 30000;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], 1);
	assert_int_equal(p->s[B].last[IKE_EV_ENDPOINT].remote.port, 34500);
	ike_cfg_set(
	        p->s[B].ike, pair_handle(p, B), &none, p->now); /* and B's own requests go there */
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_ACK], 1);
	assert_int_equal(p->s[A].count[IKE_EV_ENDPOINT], 0);
}

static bool from_elsewhere(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	if (from == A)
		d->remote.port = 7777;
	return true;
}

/* Without a NAT nobody moves: the answer goes to where the question came from, the session stays.
 */
static void a_peer_without_nat_does_not_move(void **s)
{
	struct pair *p = *s;
	struct ike_sa_info info;

	pair_up(p);
	p->filter = from_elsewhere;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_true(ike_sa_next(p->s[B].ike, 0, &info));
	assert_int_equal(info.remote.port, 500);
	assert_int_equal(p->s[B].count[IKE_EV_ENDPOINT], 0);
	assert_int_equal(ike_counters(p->s[A].ike)->retransmits, 0);
}

static bool other_port_of_b(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	if (from == B)
		d->remote.port = 7777;
	return true;
}

/* Who is behind a NAT itself does not follow: the answer may only have taken another way in. */
static void behind_a_nat_nobody_is_followed(void **s)
{
	struct pair *p = *s;

	p->nat = true;
	p->s[B].peering.force_natt = true; /* B seems to be behind one as well */
	pair_up(p);
	p->filter = other_port_of_b;
	ike_dpd_now(p->s[B].ike, pair_handle(p, B), p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_ENDPOINT], 0);
	assert_int_equal(ike_counters(p->s[B].ike)->retransmits, 0);
}

/* ---- fragments ------------------------------------------------------------------ */

static const uint8_t blob[4000];
static const struct ike_attr large[] = {
        {.type = CFG_UNITY_BANNER, .len = sizeof(blob), .val = blob}};

static void large_messages_are_fragmented_both_ways(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = large, .n = 1};

	for (int i = 0; i < 2; i++)
		p->s[i].peering.frag_mtu = 500;
	pair_up(p);
	p->largest = 0;
	for (int i = 0; i < 2; i++) {
		ike_cfg_set(p->s[i].ike, pair_handle(p, i), &attrs, p->now);
		pair_settle(p);
		assert_int_equal(p->s[!i].count[IKE_EV_CFG_SET], 1);
		assert_int_equal(p->s[!i].attr[0].len, sizeof(blob));
	}
	assert_true(p->largest <= 500 - 28);
}

static void without_agreement_nothing_is_fragmented(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = large, .n = 1};
	struct ike_sa_info info;

	p->s[A].peering.frag_mtu = 500;
	p->s[B].peering.fragmentation = false;
	pair_up(p);
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 1);
	assert_true(p->largest > sizeof(blob));
	assert_true(ike_sa_next(p->s[A].ike, 0, &info));
	assert_false(info.fragmentation);
}

static bool narrow(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	(void)from;
	return d->len + 28 <= 700;
}

/* The path is narrower than we thought: after two copies the request is cut smaller. */
static void a_narrow_path_is_found(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = large, .n = 1};

	p->s[A].peering.frag_mtu = p->s[B].peering.frag_mtu = 1400;
	pair_up(p);
	p->filter = narrow;
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_run(p, MINUTE);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 1);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 1);
	assert_int_equal(ike_counters(p->s[A].ike)->retransmits, 3);
}

static bool lose_every_third(struct pair *p, int from, struct dgram *d)
{
	(void)from;
	(void)d;
	return ++p->calls % 3 != 0;
}

static void lost_fragments_come_again(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = large, .n = 1};

	p->s[A].peering.frag_mtu = 500;
	pair_up(p);
	p->filter = lose_every_third;
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_run(p, MINUTE);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 1);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 1);
}

/* ---- repetition and loss -------------------------------------------------------- */

static bool drop_first_answer(struct pair *p, int from, struct dgram *d)
{
	(void)d;
	return from != B || ++p->calls > 1;
}

/* Lost responses are repeated, and a repeated request is not carried out twice. */
static void a_lost_answer_is_repeated_not_redone(void **s)
{
	struct pair *p = *s;

	p->filter = drop_first_answer;
	pair_connect(p);
	pair_run(p, 3 * SECOND);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_duplicate, 1);
	p->calls = 0;
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_run(p, 3 * SECOND);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_duplicate, 2);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_UP], 2);
	pair_agree(p);
	assert_int_equal(p->s[A].n_child, 1);
}

static void a_fragmented_request_is_answered_again_once(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = large, .n = 1};

	p->s[A].peering.frag_mtu = 500;
	pair_up(p);
	p->filter = drop_first_answer;
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_run(p, 3 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 1);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_duplicate, 1);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 1);
}

static bool keep_request(struct pair *p, int from, struct dgram *d)
{
	if (from == A && d->len < sizeof(p->saved)) {
		memcpy(p->saved, d->data, d->len);
		p->n_saved = d->len;
	}
	return true;
}

static void replay(struct pair *p, int to)
{
	struct dgram d = {
	        .local = p->s[to].at, .remote = p->s[!to].at, .data = p->saved, .len = p->n_saved};

	ike_rx(p->s[to].ike, &d, p->now);
	pair_settle(p);
}

static void replayed_requests_do_nothing(void **s)
{
	struct pair *p = *s;
	const struct ike_counters *c = ike_counters(p->s[B].ike);
	uint64_t before;

	pair_up(p);
	p->filter = keep_request;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	p->filter = NULL;
	before = c->tx;
	replay(p, B); /* recent: answered again */
	assert_int_equal(c->rx_duplicate, 1);
	assert_int_equal(c->tx, before + 1);
	for (int i = 0; i < 8; i++) {
		ike_dpd_now(p->s[A].ike, p->handle, p->now);
		pair_settle(p);
	}
	before = c->tx;
	replay(p, B); /* long ago: silence */
	assert_int_equal(c->tx, before);
	assert_true(c->rx_window >= 1);
	p->saved[p->n_saved - 1] ^= 1; /* and a forged one gets no answer at all */
	replay(p, B);
	assert_int_equal(c->tx, before);
}

static void a_repeated_answer_is_dropped(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	p->filter = keep_request;
	ike_dpd_now(p->s[B].ike, pair_handle(p, B), p->now); /* A's answer is kept */
	pair_settle(p);
	p->filter = NULL;
	replay(p, B);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_window, 1);
	pair_agree(p);
}

static void a_repeated_init_after_the_handshake_makes_no_second_sa(void **s)
{
	struct pair *p = *s;

	p->filter = keep_request;
	p->handle = ike_connect(p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
	/* only the first datagram is kept */
	{
		struct dgram d, in;

		assert_true(ike_tx(p->s[A].ike, &d));
		in = d;
		in.local = d.remote;
		in.remote = d.local;
		assert_true(keep_request(p, A, &in));
		ike_rx(p->s[B].ike, &in, p->now);
	}
	p->filter = NULL;
	pair_settle(p);
	replay(p, B);
	assert_int_equal(pair_sas(p, B), 1);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_duplicate, 1);
	pair_agree(p);
}

/* Requests of the peer may overtake each other within the window that we announced. */
static void requests_out_of_order_are_taken(void **s)
{
	struct pair *p = *s;
	struct ike_sa *sa;
	struct ike_sa_info info;

	pair_up(p);
	sa = pair_sa(p, A);
	sa->tx_id += 2; /* as if two more had been sent before */
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_null(sa->out); /* answered ahead */
	assert_true(ike_sa_next(p->s[B].ike, 0, &info));
	assert_int_equal(info.resp_next, 2);
	sa->tx_id -= 3;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_true(ike_sa_next(p->s[B].ike, 0, &info));
	assert_int_equal(info.resp_next, 5);
	sa->tx_id += 1 + 5; /* one beyond the window */
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_non_null(sa->out);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_window, 1);
}

/* ---- liveness ------------------------------------------------------------------- */

static void dpd(struct pair *p, uint32_t interval, uint32_t retry, bool on_demand)
{
	p->s[A].peering.dpd = (struct ike_dpd){
	        .interval_ms = interval * 1000, .retry_ms = retry * 1000, .on_demand = on_demand};
}

static void periodic_dpd_asks_only_when_it_is_quiet(void **s)
{
	struct pair *p = *s;

	dpd(p, 10, 2, false);
	pair_up(p);
	pair_run(p, 35 * SECOND);
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, 3);
	for (int i = 0; i < 10; i++) { /* ESP is proof of life */
		ike_child_heard(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
		pair_run(p, 5 * SECOND);
	}
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, 3);
}

static void requests_of_the_peer_are_proof_of_life(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.dpd = (struct ike_dpd){.interval_ms = 10000, .retry_ms = 2000};
	pair_up(p);
	for (int i = 0; i < 10; i++) {
		pair_run(p, 5 * SECOND);
		ike_dpd_now(p->s[A].ike, p->handle, p->now);
	}
	assert_int_equal(ike_counters(p->s[B].ike)->dpd_sent, 0);
}

static void on_demand_dpd_asks_only_after_sending(void **s)
{
	struct pair *p = *s;

	dpd(p, 10, 2, true);
	pair_up(p);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, 0);
	ike_child_sent(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_run(p, 11 * SECOND);
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, 1);
}

static void a_dead_peer_is_noticed_at_the_retry_interval(void **s)
{
	struct pair *p = *s;

	dpd(p, 10, 2, false);
	pair_up(p);
	p->filter = pair_drop_all;
	pair_run(p, 21 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_run(p, 2 * SECOND); /* 10 + 6 × 2 */
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_DPD);
	assert_int_equal(ike_counters(p->s[A].ike)->retransmits, 5);
	assert_int_equal(pair_sas(p, A), 0);
}

static void fast(struct pair *p, uint32_t interval_ms, uint32_t retry_ms)
{
	p->s[A].peering.dpd =
	        (struct ike_dpd){.interval_ms = interval_ms, .retry_ms = retry_ms, .fast = true};
}

static void fast_dpd_asks_an_idle_peer_at_the_interval(void **s)
{
	struct pair *p = *s;

	fast(p, 1000, 1000);
	pair_up(p);
	pair_run(p, 10 * SECOND + 500);
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, 10);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
}

/* 250 ms until it is asked, because ESP went out, then six copies at 50 ms each. */
static void fast_dpd_notices_a_dead_peer_below_a_second_while_esp_is_sent(void **s)
{
	struct pair *p = *s;

	fast(p, 1000, 1000);
	pair_up(p);
	p->filter = pair_drop_all;
	ike_child_sent(p->s[A].ike, p->s[A].child[0].spi_in, p->now + 1);
	pair_run(p, 540);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_run(p, 20);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_DPD);
	assert_int_equal(ike_counters(p->s[A].ike)->retransmits, 5);
}

static void fast_dpd_takes_esp_for_an_answer(void **s)
{
	struct pair *p = *s;

	fast(p, 100, 50);
	pair_up(p);
	p->filter = pair_drop_all; /* IKE only */
	for (int i = 0; i < 20; i++) {
		pair_run(p, 110); /* longer than the interval: it has asked */
		ike_child_heard(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	}
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	for (int i = 0; i < 400 && !p->s[A].count[IKE_EV_DOWN]; i++) {
		pair_run(p, 110);
		ike_child_heard(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	}
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1); /* not for ever: IKE itself is dead */
}

/* The peer answers only after 300 ms: no check is repeated before, and none fails. */
static bool late(struct pair *p, int from, struct dgram *d)
{
	(void)d;
	if (from == B)
		p->now += 300;
	return true;
}

static void fast_dpd_waits_for_two_round_trips_of_a_long_path(void **s)
{
	struct pair *p = *s;

	fast(p, 100, 50);
	p->filter = late;
	pair_up(p);
	pair_run(p, 5 * SECOND);
	assert_true(ike_counters(p->s[A].ike)->dpd_sent > 5);
	p->filter = pair_drop_all;
	uint64_t then = p->now;

	while (!p->s[A].count[IKE_EV_DOWN] && p->now < then + MINUTE)
		pair_run(p, 10);
	assert_in_range(p->now - then, 6 * 600, 6 * 600 + 800);
}

/* B has restarted and knows nothing: its hint makes A ask, not believe; only silence ends it. */
static void an_unknown_spi_is_a_hint(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	ike_abandon(p->s[B].ike, pair_handle(p, B), p->now);
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_unknown_spi, 1);
	assert_int_equal(ike_counters(p->s[B].ike)->tx, 3);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_run(p, 3 * MINUTE);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_DPD);
}

static void a_forged_hint_costs_one_question(void **s)
{
	struct pair *p = *s;
	struct ike_build b;
	struct span out;
	struct ike_sa *sa;

	pair_up(p);
	sa = pair_sa(p, A);
	struct ike_hdr h = {.spi_i = sa->spi_i,
	        .spi_r = sa->spi_r,
	        .exchange = EXCH_INFORMATIONAL,
	        .flags = IKE_F_RESPONSE,
	        .id = 5};

	ike_build_init(&b, &h);
	ike_put_notify(&b, N_INVALID_IKE_SPI, (struct span){0});
	assert_true(ike_build_clear(&b, &out));
	memcpy(p->saved, out.p, out.n);
	p->n_saved = out.n;
	ike_build_fini(&b);
	replay(p, A);
	assert_int_equal(ike_counters(p->s[A].ike)->dpd_sent, 1);
	pair_agree(p);
}

/* ---- IPv6 ----------------------------------------------------------------------- */

static void ipv6_is_no_different(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = large, .n = 1};

	assert_true(ipaddr_parse("2001:db8::1", &p->s[A].at.addr));
	assert_true(ipaddr_parse("2001:db8::2", &p->s[B].at.addr));
	for (int i = 0; i < 2; i++) {
		p->s[i].peering.local_id = ike_id_addr(&p->s[i].at.addr);
		p->s[i].peering.ts_local[0] = p->s[i].peering.ts_remote[0] = ike_ts_any6();
	}
	p->s[A].peering.force_natt = true;
	pair_up(p);
	assert_int_equal(p->s[B].child[0].k.remote.port, 4500);
	assert_int_equal(p->s[B].child[0].k.ts_remote[0].hi.family, AF_INET6);
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	ike_rekey_ike(p->s[B].ike, pair_handle(p, B), p->now);
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 1);
	assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 1);
	assert_true(p->largest <= 1280 - 48); /* the least MTU of IPv6 */
	pair_agree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(without_a_nat_everything_stays_on_port_500),
	        T(behind_a_nat_the_initiator_moves_to_4500),
	        T(a_keepalive_is_empty_and_on_4500),
	        T(force_natt_floats_without_a_nat),
	        T(a_new_mapping_of_the_peer_is_followed),
	        T(a_peer_without_nat_does_not_move),
	        T(behind_a_nat_nobody_is_followed),
	        T(large_messages_are_fragmented_both_ways),
	        T(without_agreement_nothing_is_fragmented),
	        T(a_narrow_path_is_found),
	        T(lost_fragments_come_again),
	        T(a_lost_answer_is_repeated_not_redone),
	        T(a_fragmented_request_is_answered_again_once),
	        T(replayed_requests_do_nothing),
	        T(a_repeated_answer_is_dropped),
	        T(a_repeated_init_after_the_handshake_makes_no_second_sa),
	        T(requests_out_of_order_are_taken),
	        T(periodic_dpd_asks_only_when_it_is_quiet),
	        T(requests_of_the_peer_are_proof_of_life),
	        T(on_demand_dpd_asks_only_after_sending),
	        T(a_dead_peer_is_noticed_at_the_retry_interval),
	        T(fast_dpd_asks_an_idle_peer_at_the_interval),
	        T(fast_dpd_notices_a_dead_peer_below_a_second_while_esp_is_sent),
	        T(fast_dpd_takes_esp_for_an_answer),
	        T(fast_dpd_waits_for_two_round_trips_of_a_long_path),
	        T(an_unknown_spi_is_a_hint),
	        T(ipv6_is_no_different),
	        T(a_forged_hint_costs_one_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
