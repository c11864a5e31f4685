/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the engine's rules have edges: what was not negotiated, numbers that cannot be, timers that
 * are due twice, and what is taken of a peer's offer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

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

/* ---- critical payloads in front of an SA ---------------------------------------- */

static bool add_critical(struct pair *p, int from, struct dgram *d)
{
	if (from == B || d->data[18] != EXCH_SA_INIT)
		return true;
	assert_true(d->len + 4 <= sizeof(p->saved));
	memcpy(p->saved, d->data, IKE_HDR_LEN);
	memcpy(p->saved + IKE_HDR_LEN + 4, d->data + IKE_HDR_LEN, d->len - IKE_HDR_LEN);
	memcpy(p->saved + IKE_HDR_LEN, (uint8_t[]){d->data[16], 0x80, 0, 4}, 4);
	p->saved[16] = 201;
	d->data = p->saved;
	d->len += 4;
	put_u32(p->saved + 24, (uint32_t)d->len);
	return true;
}

static void an_unknown_critical_payload_in_the_first_message_is_named(void **s)
{
	struct pair *p = *s;

	p->filter = add_critical;
	pair_connect(p);
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_SYNTAX);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].notify, N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(pair_sas(p, B), 0);
}

/* The answer itself: to a request only, with the type that is not known. */
static void the_refusal_of_a_critical_payload_carries_its_type(void **s)
{
	uint8_t msg[32] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 201, 0x20, EXCH_SA_INIT,
	        IKE_F_INITIATOR, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0x80, 0, 4};
	struct pair *p = *s;
	struct dgram in = {.local = p->s[B].at, .remote = p->s[A].at, .data = msg, .len = 32}, out;

	ike_rx(p->s[B].ike, &in, p->now);
	assert_true(ike_tx(p->s[B].ike, &out));
	assert_int_equal(out.len, 28 + 9);
	assert_memory_equal(out.data, msg, 8);
	assert_int_equal(out.data[19], IKE_F_RESPONSE);
	assert_int_equal(get_u16(out.data + 34), N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(out.data[36], 201);
	msg[19] = IKE_F_RESPONSE;
	ike_rx(p->s[B].ike, &in, p->now);
	assert_false(ike_tx(p->s[B].ike, &out));
	assert_int_equal(ike_counters(p->s[B].ike)->rx_critical, 2);
}

/* ---- fragments that nobody agreed to --------------------------------------------- */

static void fragments_need_to_be_negotiated(void **s)
{
	struct pair *p = *s;
	struct session *a;

	p->s[B].peering.fragmentation = false;
	pair_up(p);
	a = pair_sa(p, A)->ses;
	assert_false(a->frag);
	a->frag = true; /* A breaks the rule */
	struct request *r = req_new(pair_sa(p, A), REQ_DPD, EXCH_INFORMATIONAL);

	ike_put_payload(&r->b, PL_VENDOR, span_of(p->saved, 1000));
	req_send(pair_sa(p, A), r);
	pair_settle(p);
	assert_true(pair_sa(p, A)->out == r);
	assert_true(r->pk.n > 1);
	assert_int_equal(ike_counters(p->s[B].ike)->frag_bad, r->pk.n);
	a->frag = false;
	ike_packets_fini(&r->pk); /* in one piece it is good */
	assert_true(ike_sk_seal(pair_sa(p, A)->sk, &r->b, 0, p->s[A].ike->ops.random,
	        p->s[A].ike->ops.ctx, &r->pk));
	session_resched(a);
	pair_run(p, 3 * SECOND);
	assert_null(pair_sa(p, A)->out);
}

/* ---- SPIs ------------------------------------------------------------------------- */

/* B answers A's rekeying by hand, with an SPI of the test's choice. */
static void answer_with_spi(struct pair *p, uint32_t spi)
{
	struct ike_sa *b = pair_sa(p, B);
	struct ike_dh *dh = ike_dh_new(KE_X25519);
	struct ike_build ans;
	struct ike_packets pk = {0};
	struct ike_choice choice = {
	        .num = 1, .suite = {.encr = {ENCR_AES_GCM_16, 128}, .group = KE_X25519}};
	struct child_make mk = {.spi_in = spi,
	        .wire_local = {ike_ts_any4()},
	        .wire_remote = {ike_ts_any4()},
	        .n_local = 1,
	        .n_remote = 1};

	msg_begin(b, &ans, EXCH_CREATE_CHILD, pair_sa(p, A)->out->id, true);
	child_put_answer(
	        b->ses, &ans, &choice, &mk, span_of("0123456789abcdef", 16), ike_dh_public(dh));
	assert_true(
	        ike_sk_seal(b->sk, &ans, 0, p->s[B].ike->ops.random, p->s[B].ike->ops.ctx, &pk));
	struct dgram d = {
	        .local = p->s[A].at, .remote = p->s[B].at, .data = pk.v[0].p, .len = pk.v[0].n};

	b->rx_id++; /* as if it had come */
	ike_rx(p->s[A].ike, &d, p->now);
	ike_build_fini(&ans);
	ike_packets_fini(&pk);
	ike_dh_free(dh);
}

static void rekey_answered_with(struct pair *p, uint32_t spi)
{
	p->filter = pair_drop_all;
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_settle(p);
	p->filter = NULL;
	assert_non_null(pair_sa(p, A)->out);
	answer_with_spi(p, spi);
	pair_settle(p);
}

static void the_peers_spi_is_a_new_one_and_not_zero(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	rekey_answered_with(p, 0);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 1);
	pair_run(p, SECOND);
	rekey_answered_with(p, p->s[A].child[0].spi_out);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 1);
	assert_int_equal(p->s[A].n_child, 1);
	rekey_answered_with(p, 0x77777777);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 2);
	assert_int_equal(p->s[A].last[IKE_EV_CHILD_UP].child.spi_out, 0x77777777);
}

/* ---- who cannot authenticate itself ----------------------------------------------- */

static void failed_attempts_of_one_source_are_bounded(void **s)
{
	struct ike_config none = {0}, hub = {.max_half_open_per_ip = 3};
	struct pair *p;

	pair_free(*s);
	p = *s = pair_new_config(&none, &hub);
	pair_key(p, A, "wrong");
	for (unsigned i = 0; i < 6; i++)
		pair_connect(p);
	assert_int_equal(ike_counters(p->s[B].ike)->auth_failed, 3);
	assert_int_equal(p->s[B].ike->half_open, 3);
	assert_int_equal(p->s[B].ike->n_failed, 3);
	assert_true(ike_counters(p->s[B].ike)->half_open_dropped >= 3);
	pair_run(p, 5 * MINUTE); /* and it is over: the right key gets in */
	assert_int_equal(p->s[B].ike->half_open, 0);
	assert_int_equal(p->s[B].ike->n_failed, 0);
	assert_int_equal(ike_deadline(p->s[B].ike), IKE_NEVER);
	memset(p->s[A].count, 0, sizeof(p->s[A].count));
	pair_key(p, A, pair_psk);
	pair_up(p);
}

static void failed_attempts_of_all_sources_are_bounded(void **s)
{
	struct ike_config none = {0}, hub = {.cookie_threshold = UINT32_MAX};
	struct pair *p;

	pair_free(*s);
	p = *s = pair_new_config(&none, &hub);
	pair_key(p, A, "wrong");
	for (unsigned i = 0; i < MAX_FAILED + 20; i++) {
		p->s[A].at.addr = ipaddr_v4(0x0a010000 + i);
		pair_connect(p);
	}
	assert_int_equal(ike_counters(p->s[B].ike)->auth_failed, MAX_FAILED + 20);
	ike_tick(p->s[B].ike, p->now);
	assert_int_equal(p->s[B].ike->n_failed, MAX_FAILED);
	assert_int_equal(p->s[B].ike->half_open, MAX_FAILED);
}

/* The refusal got lost: it is repeated. */
static bool drop_one_refusal(struct pair *p, int from, struct dgram *d)
{
	return from == A || d->data[18] != EXCH_AUTH || p->dropped > 0;
}

static void a_lost_refusal_is_repeated(void **s)
{
	struct pair *p = *s;

	p->filter = drop_one_refusal;
	pair_key(p, A, "wrong");
	pair_connect(p);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_run(p, 3 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_AUTH_FAILED);
}

/* ---- timers ------------------------------------------------------------------------ */

/* A hang is a failure. */
static void a_child_that_is_closing_is_not_due_for_ever(void **s)
{
	struct pair *p = *s;
	struct child_sa *c;

	alarm(20);
	pair_up(p);
	c = pair_sa(p, A)->ses->children;
	p->filter = pair_drop_all;
	ike_delete_child(p->s[A].ike, c->spi_in, p->now);
	pair_settle(p);
	assert_int_equal(c->state, CHILD_DELETING);
	c->expire_at = p->now; /* as the verdict about a collision does */
	session_resched(c->ses);
	ike_tick(p->s[A].ike, p->now);
	assert_true(ike_deadline(p->s[A].ike) > p->now);
	assert_int_equal(p->s[A].n_child, 1);
	p->filter = NULL;
	pair_run(p, 10 * SECOND);
	assert_int_equal(p->s[A].n_child, 0);
	alarm(0);
}

static void a_full_queue_delays_the_end_of_a_child(void **s)
{
	struct pair *p = *s;
	struct session *a;

	pair_up(p);
	a = pair_sa(p, A)->ses;
	p->filter = pair_drop_all;
	ike_dpd_now(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	for (uint32_t i = 1; i <= MAX_TASKS; i++)
		assert_non_null(task_add(a, TASK_DELETE_CHILD, i));
	ike_delete_child(p->s[A].ike, a->children->spi_in, p->now);
	p->filter = NULL;
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].n_child, 0);
	assert_int_equal(p->s[B].n_child, 0);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
}

/* ---- PFS that only the peer wants --------------------------------------------------- */

static void only_b_wants_pfs(struct pair *p)
{
	p->s[A].peering.esp[0].n_group = 0;
	p->s[B].peering.esp[0].group[0] = KE_ECP_256;
	pair_up(p);
	ike_rekey_child(p->s[B].ike, p->s[B].child[0].spi_in, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 2);
	assert_int_equal(p->s[A].child[0].k.suite.group, KE_ECP_256);
}

static void pfs_that_the_peer_brought_stays(void **s)
{
	struct pair *p = *s;

	only_b_wants_pfs(p);
	for (int i = 0; i < 2; i++) {
		ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
		pair_settle(p);
		assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 3 + i);
		assert_int_equal(p->s[A].child[0].k.suite.group, KE_ECP_256);
		pair_agree(p);
	}
}

/* And without it when the peer has given it up meanwhile. */
static void pfs_that_the_peer_gave_up_goes(void **s)
{
	struct pair *p = *s;

	only_b_wants_pfs(p);
	pair_sa(p, B)->ses->p.esp[0].n_group = 0;
	ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 3);
	pair_agree(p);
}

/* ---- what is taken of a CFG_SET ------------------------------------------------------ */

static bool no_subnets(void *ctx, uint64_t owner, const struct ike_attr *a)
{
	struct pair_side *s = ctx;

	assert_int_equal(owner, s->peering.owner);
	return a->type != CFG_IP4_SUBNET;
}

static bool nothing(void *ctx, uint64_t owner, const struct ike_attr *a)
{
	(void)ctx;
	(void)owner;
	(void)a;
	return false;
}

static void what_is_not_wanted_is_not_acknowledged(void **s)
{
	static const uint8_t net[8] = {10, 20, 20, 0, 255, 255, 255, 0}, dns[4] = {10, 0, 0, 53};
	const struct ike_attr v[] = {
	        {CFG_IP4_SUBNET, 8, net}, {CFG_IP4_DNS, 4, dns}, {CFG_IP4_SUBNET, 8, net}};
	struct ike_attrs attrs = {.v = v, .n = 3};
	struct pair *p = *s;

	pair_up(p);
	p->s[B].ike->ops.cfg_wanted = no_subnets;
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 1);
	assert_int_equal(p->s[B].n_attr, 1);
	assert_int_equal(p->s[B].attr[0].type, CFG_IP4_DNS);
	assert_memory_equal(p->s[B].attr[0].val, dns, 4);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 1);
	assert_int_equal(p->s[A].n_attr, 1);
	assert_int_equal(p->s[A].attr[0].type, CFG_IP4_DNS);
	assert_int_equal(p->s[A].attr[0].len, 0);
	p->s[B].ike->ops.cfg_wanted = nothing;
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_CFG_ACK], 2);
	assert_int_equal(p->s[A].n_attr, 0);
	struct ike_sa_info info;

	assert_true(ike_sa_info(p->s[B].ike, pair_handle(p, B), &info));
	assert_int_equal(info.attrs.n, 0);
}

/* ---- giving up ----------------------------------------------------------------------- */

static void a_refusal_that_is_repeated_ends_the_attempt_soon(void **s)
{
	struct pair *p = *s;

	p->s[B].refuse = true;
	pair_connect(p);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 0);
	pair_run(p, SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, IKE_R_NO_PROPOSAL);
	assert_int_equal(ike_counters(p->s[A].ike)->retransmits, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(an_unknown_critical_payload_in_the_first_message_is_named),
	        T(the_refusal_of_a_critical_payload_carries_its_type),
	        T(fragments_need_to_be_negotiated),
	        T(the_peers_spi_is_a_new_one_and_not_zero),
	        T(failed_attempts_of_one_source_are_bounded),
	        T(failed_attempts_of_all_sources_are_bounded),
	        T(a_lost_refusal_is_repeated),
	        T(a_child_that_is_closing_is_not_due_for_ever),
	        T(a_full_queue_delays_the_end_of_a_child),
	        T(pfs_that_the_peer_brought_stays),
	        T(pfs_that_the_peer_gave_up_goes),
	        T(what_is_not_wanted_is_not_acknowledged),
	        T(a_refusal_that_is_repeated_ends_the_attempt_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
