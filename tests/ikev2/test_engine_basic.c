/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines: coming up and being refused; suites, modes, configuration, going down. */
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

/* The attempt has failed on both sides, and A knows why. */
static void refused(struct pair *p, enum ike_reason why, uint16_t notify)
{
	pair_connect(p);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, why);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].notify, notify);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
	assert_int_equal(pair_sas(p, A), 0);
	assert_int_equal(pair_sas(p, B), 0);
	assert_int_equal(ike_deadline(p->s[A].ike), IKE_NEVER);
	assert_int_equal(ike_deadline(p->s[B].ike), IKE_NEVER);
}

/* ---- coming up ------------------------------------------------------------------ */

static void two_engines_establish_with_equal_keys(void **s)
{
	struct pair *p = *s;
	struct ike_sa_info info;

	pair_up(p);
	assert_true(ike_sa_info(p->s[A].ike, p->handle, &info));
	assert_true(info.initiator && info.peer_is_ios && info.dynamic_route && info.fragmentation);
	assert_int_equal(info.suite.group, KE_X25519);
	assert_int_equal(info.window_peer, 5);
	assert_int_equal(info.req_next, 2);
	assert_false(info.nat_local || info.nat_remote);
	assert_true(p->s[A].debug_lines > 10);
	pair_run(p, 10 * MINUTE);
	pair_agree(p);
}

static void suite_of(
        struct pair *p, struct ike_encr encr, uint16_t integ, uint16_t prf, uint16_t group)
{
	bool aead = ike_encr_is_aead(encr.id);

	for (int i = 0; i < 2; i++) {
		p->s[i].peering.ike[0] = (struct ike_proposal){.encr = {encr},
		        .n_encr = 1,
		        .integ = {integ},
		        .n_integ = !aead,
		        .prf = {prf},
		        .n_prf = 1,
		        .group = {group},
		        .n_group = 1};
		p->s[i].peering.esp[0] = (struct ike_proposal){.encr = {encr},
		        .n_encr = 1,
		        .integ = {integ},
		        .n_integ = !aead,
		        .group = {group},
		        .n_group = 1,
		        .esn_no = true,
		        .esn_yes = true};
	}
}

/* Each cipher, hash and group once, with a rekeying of both kinds that uses them again. */
static void every_suite_comes_up_and_is_rekeyed(void **s)
{
	static const struct {
		struct ike_encr encr;
		uint16_t integ, prf, group;
		size_t n_encr, n_integ;
	} row[] = {
	        {{ENCR_3DES, 0}, AUTH_HMAC_SHA1_96, PRF_HMAC_SHA1, KE_MODP_1024, 24, 20},
	        {{ENCR_AES_CBC, 128}, AUTH_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256, KE_MODP_1536, 16,
	                32},
	        {{ENCR_AES_CBC, 192}, AUTH_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384, KE_ECP_384, 24,
	                48},
	        {{ENCR_AES_CBC, 256}, AUTH_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512, KE_ECP_521, 32,
	                64},
	        {{ENCR_AES_GCM_16, 128}, AUTH_NONE, PRF_HMAC_SHA2_256, KE_ECP_256, 20, 0},
	        {{ENCR_AES_GCM_16, 256}, AUTH_NONE, PRF_HMAC_SHA2_512, KE_MODP_2048, 36, 0},
	        {{ENCR_CHACHA20_POLY1305, 0}, AUTH_NONE, PRF_HMAC_SHA2_256, KE_X25519, 36, 0},
	};

	pair_free(*s);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct pair *p = *s = pair_new();

		suite_of(p, row[i].encr, row[i].integ, row[i].prf, row[i].group);
		pair_up(p);
		assert_int_equal(p->s[A].child[0].n_encr, row[i].n_encr); /* with the salt */
		assert_int_equal(p->s[A].child[0].n_integ, row[i].n_integ);
		ike_rekey_child(p->s[A].ike, p->s[A].child[0].spi_in, p->now);
		pair_settle(p);
		ike_rekey_ike(p->s[B].ike, pair_handle(p, B), p->now);
		pair_settle(p);
		ike_rekey_child(p->s[B].ike, p->s[B].child[0].spi_in, p->now);
		pair_settle(p);
		pair_agree(p);
		assert_int_equal(p->s[A].n_child, 1);
		assert_int_equal(p->s[A].child[0].k.suite.group, row[i].group);
		assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 3);
		assert_int_equal(p->s[A].count[IKE_EV_REKEYED], 1);
		assert_int_equal(p->s[B].count[IKE_EV_REKEYED], 1);
		if (i + 1 < ARRAY_LEN(row))
			pair_free(p);
	}
}

static void esn_is_used_where_both_can(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.esp[0].esn_yes = p->s[B].peering.esp[0].esn_yes = true;
	p->s[B].peering.esp[0].esn_no = false;
	pair_up(p);
	assert_true(p->s[A].child[0].k.suite.esn);
	assert_true(p->s[B].child[0].k.suite.esn);
}

/* Responder without the transform, as an old peer: its proposals are searched in order. */
static void the_second_proposal_is_found(void **s)
{
	struct pair *p = *s;
	struct ike_peering *a = &p->s[A].peering;

	a->ike[1] = a->ike[0];
	a->ike[0].encr[0] = (struct ike_encr){ENCR_3DES, 0};
	a->n_ike = 2;
	a->esp[1] = a->esp[0];
	a->esp[0].encr[0] = (struct ike_encr){ENCR_CHACHA20_POLY1305, 0};
	a->n_esp = 2;
	pair_up(p);
	assert_int_equal(p->s[A].child[0].k.suite.encr.id, ENCR_AES_GCM_16);
}

static void gre_hosts(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		struct ike_peering *q = &p->s[i].peering;

		q->ts_local[0] = (struct ike_ts){.proto = 47,
		        .port_hi = 65535,
		        .lo = p->s[i].at.addr,
		        .hi = p->s[i].at.addr};
		q->ts_remote[0] = (struct ike_ts){.proto = 47,
		        .port_hi = 65535,
		        .lo = p->s[!i].at.addr,
		        .hi = p->s[!i].at.addr};
		q->mode = IKE_MODE_TRANSPORT;
	}
}

static void transport_mode_is_agreed(void **s)
{
	struct pair *p = *s;

	gre_hosts(p);
	pair_up(p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(p->s[i].child[0].k.mode, IKE_MODE_TRANSPORT);
		assert_int_equal(p->s[i].child[0].k.ts_remote[0].proto, 47);
		assert_true(ipaddr_eq(&p->s[i].child[0].k.ts_remote[0].lo, &p->s[!i].at.addr));
	}
}

static void transport_falls_back_to_tunnel_unless_required(void **s)
{
	struct pair *p = *s;

	gre_hosts(p);
	p->s[B].peering.mode = IKE_MODE_TUNNEL;
	pair_up(p);
	assert_int_equal(p->s[A].child[0].k.mode, IKE_MODE_TUNNEL);
	pair_free(p);

	p = *s = pair_new();
	gre_hosts(p);
	p->s[B].peering.mode = IKE_MODE_TUNNEL;
	p->s[A].peering.transport_required = true;
	refused(p, IKE_R_CHILD_REFUSED, 0);
}

/* The address that A gives itself is not the one that B sees: RFC 7296 §2.23.1. */
static void transport_mode_behind_a_nat(void **s)
{
	struct pair *p = *s;
	struct ipaddr outside = ipaddr_v4(0xc0000201);

	gre_hosts(p);
	p->nat = true;
	p->s[B].peering.ts_remote[0].lo = p->s[B].peering.ts_remote[0].hi = outside;
	pair_up(p);
	assert_int_equal(p->s[A].child[0].k.mode, IKE_MODE_TRANSPORT);
	assert_true(p->s[A].child[0].k.udp_encap && p->s[B].child[0].k.udp_encap);
	assert_true(ipaddr_eq(&p->s[A].child[0].k.ts_local[0].lo, &p->s[A].at.addr));
	assert_true(ipaddr_eq(&p->s[B].child[0].k.ts_remote[0].lo, &outside));
}

static void selectors_are_narrowed(void **s)
{
	struct pair *p = *s;
	struct ike_ts *net = &p->s[B].peering.ts_local[0];

	assert_true(ipaddr_parse("10.9.0.0", &net->lo) && ipaddr_parse("10.9.255.255", &net->hi));
	pair_up(p);
	assert_true(ipaddr_eq(&p->s[A].child[0].k.ts_remote[0].lo, &net->lo));
	assert_true(ipaddr_eq(&p->s[A].child[0].k.ts_remote[0].hi, &net->hi));
}

/* ---- being refused -------------------------------------------------------------- */

static void wrong_key_is_refused_by_the_responder(void **s)
{
	struct pair *p = *s;

	pair_key(p, A, "another");
	refused(p, IKE_R_AUTH_FAILED, N_AUTHENTICATION_FAILED);
	assert_int_equal(ike_counters(p->s[B].ike)->auth_failed, 1);
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 0);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 0);
}

/* B signs with one key and verifies with another: A finds out, and B must not keep the SA. */
static void a_responder_with_the_wrong_key_is_refused(void **s)
{
	struct pair *p = *s;

	secret_set(&p->s[B].peering.local_psk, "another", 7);
	refused(p, IKE_R_PEER_AUTH_FAILED, N_AUTHENTICATION_FAILED);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_AUTH_FAILED);
	assert_int_equal(p->s[B].n_child, 0);
}

static void unwanted_identities_are_refused(void **s)
{
	struct pair *p = *s;

	p->s[B].want_peer = "spoke.example";
	refused(p, IKE_R_AUTH_FAILED, N_AUTHENTICATION_FAILED);
	pair_free(p);

	p = *s = pair_new();
	p->s[A].want_peer = "hub.example";
	refused(p, IKE_R_PEER_ID, N_AUTHENTICATION_FAILED);
	pair_free(p);

	p = *s = pair_new();
	p->s[A].want_peer = p->s[B].want_peer = "hub.example";
	p->s[A].peering.local_id = p->s[B].peering.local_id = ike_id_text(ID_FQDN, "hub.example");
	pair_up(p);
}

static void no_ike_proposal_chosen(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.ike[0].encr[0] = (struct ike_encr){ENCR_AES_CBC, 128};
	refused(p, IKE_R_NO_PROPOSAL, N_NO_PROPOSAL_CHOSEN);
	/* it came unprotected, so it was asked twice */
	assert_int_equal(p->s[A].ike->n.retransmits, 1);
	assert_int_equal(ike_counters(p->s[A].ike)->init_error_ignored, 2);
}

static void a_forged_refusal_does_not_end_the_attempt(void **s)
{
	struct pair *p = *s;

	p->s[B].refuse = true;
	pair_connect(p); /* the refusal comes */
	p->s[B].refuse = false;
	pair_run(p, 3 * SECOND); /* a better answer to the retransmission */
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
	pair_agree(p);
}

static bool twice(struct pair *p, int from, struct dgram *d)
{
	if (from == B)
		ike_rx(p->s[A].ike, d, p->now);
	return true;
}

/* However often it is repeated: what counts is that it comes again after we have asked again. */
static void a_burst_of_forged_refusals_does_not_either(void **s)
{
	struct pair *p = *s;

	p->s[B].refuse = true;
	p->filter = twice;
	pair_connect(p);
	p->s[B].refuse = false;
	p->filter = NULL;
	pair_run(p, 3 * SECOND);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
	pair_agree(p);
}

/* The same SPI, another message: the initiator has started over, or somebody meddles. There is one
 * half-open SA. */
static void another_init_under_the_same_spi_takes_the_place_of_the_first(void **s)
{
	struct pair *p = *s;
	uint8_t copy[2048];
	struct dgram d, in;

	ike_connect(p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
	assert_true(ike_tx(p->s[A].ike, &d) && d.len < sizeof(copy));
	memcpy(copy, d.data, d.len);
	in = d;
	in.local = d.remote;
	in.remote = d.local;
	in.data = copy;
	copy[d.len - 9] ^= 1; /* in a NAT detection hash */
	ike_rx(p->s[B].ike, &in, p->now);
	assert_int_equal(pair_sas(p, B), 1);
	copy[d.len - 9] ^= 1;
	ike_rx(p->s[B].ike, &in, p->now);
	assert_int_equal(pair_sas(p, B), 1);
	assert_int_equal(p->s[B].ike->half_open, 1);
	ike_rx(p->s[B].ike, &in, p->now);
	assert_int_equal(ike_counters(p->s[B].ike)->rx_duplicate, 1);
}

static void no_policy_at_all(void **s)
{
	struct pair *p = *s;

	p->s[B].refuse = true;
	refused(p, IKE_R_NO_PROPOSAL, N_NO_PROPOSAL_CHOSEN);
}

/* FlexVPN takes a session without its child for failed, and tells the peer. */
static void a_refused_child_ends_the_session(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.esp[0].encr[0] = (struct ike_encr){ENCR_AES_GCM_16, 256};
	refused(p, IKE_R_NO_PROPOSAL, N_NO_PROPOSAL_CHOSEN);
	pair_free(p);

	p = *s = pair_new();
	p->s[B].peering.ts_remote[0] = ike_ts_any6();
	refused(p, IKE_R_TS, N_TS_UNACCEPTABLE);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_PEER_DELETE);
}

static void silence_ends_in_a_timeout(void **s)
{
	struct pair *p = *s;

	p->filter = pair_drop_all;
	refused(p, IKE_R_TIMEOUT, 0);
	assert_int_equal(ike_counters(p->s[A].ike)->retransmits, 5);
	assert_int_equal(p->dropped, 6);
}

static void the_limit_of_sas_holds(void **s)
{
	struct ike_config cfg = {.max_sas = 1}, none = {0};
	struct pair *p;

	pair_free(*s);
	p = *s = pair_new_config(&cfg, &none);
	pair_up(p);
	assert_int_equal(
	        ike_connect(p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now), 0);
}

/* ---- groups and cookies --------------------------------------------------------- */

static void another_group_is_asked_for_and_used(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.ike[0].group[0] = KE_ECP_256; /* A sends X25519 first */
	p->s[B].peering.ike[0].n_group = 1;
	pair_up(p);
	assert_int_equal(pair_sa(p, A)->suite.group, KE_ECP_256);
	assert_int_equal(ike_counters(p->s[A].ike)->init_error_ignored, 0);
}

static void no_common_group(void **s)
{
	struct pair *p = *s;

	p->s[B].peering.ike[0].group[0] = KE_MODP_2048;
	p->s[B].peering.ike[0].n_group = 1;
	refused(p, IKE_R_NO_PROPOSAL, N_NO_PROPOSAL_CHOSEN);
}

static void cookies_are_demanded_and_returned(void **s)
{
	struct ike_config none = {0}, cfg = {.cookie_always = true};
	struct pair *p;

	pair_free(*s);
	p = *s = pair_new_config(&none, &cfg);
	p->s[B].peering.ike[0].group[0] = KE_ECP_256; /* together with another group */
	p->s[B].peering.ike[0].n_group = 1;
	pair_up(p);
	assert_int_equal(ike_counters(p->s[B].ike)->cookies_sent, 1);
	assert_int_equal(ike_counters(p->s[B].ike)->cookies_bad, 0);
}

/* Endless half-open SAs from one address: five, then it is asked for cookies, which nobody answers.
 * They go after 30 seconds. */
static void half_open_sas_are_limited_and_go(void **s)
{
	struct pair *p = *s;

	for (int i = 0; i < 8; i++) {
		uint32_t h = ike_connect(
		        p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
		struct dgram d, in;

		assert_true(ike_tx(p->s[A].ike, &d));
		in = d;
		in.local = d.remote;
		in.remote = d.local;
		ike_rx(p->s[B].ike, &in, p->now);
		ike_abandon(p->s[A].ike, h, p->now);
	}
	assert_int_equal(pair_sas(p, B), 5);
	assert_int_equal(ike_counters(p->s[B].ike)->cookies_sent, 3);
	assert_int_equal(ike_counters(p->s[B].ike)->half_open_dropped, 0);
	pair_run(p, 31 * SECOND);
	assert_int_equal(pair_sas(p, B), 0);
	pair_up(p);
}

static bool no_auth_request(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	return from == B || d->data[18] != EXCH_AUTH;
}

/* One that answers them may have more, as a site behind one address has, and not endlessly many. */
static void who_answers_cookies_may_have_more(void **s)
{
	struct pair *p = *s;

	p->filter = no_auth_request;
	for (int i = 0; i < 100; i++) {
		uint32_t h = ike_connect(
		        p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);

		pair_run(p, 10);
		ike_abandon(p->s[A].ike, h, p->now);
	}
	assert_int_equal(pair_sas(p, B), 80);
	assert_int_equal(ike_counters(p->s[B].ike)->half_open_dropped, 20);
	assert_int_equal(ike_counters(p->s[B].ike)->cookies_bad, 0);
	pair_run(p, 31 * SECOND);
	assert_int_equal(pair_sas(p, B), 0);
}

static unsigned first_messages;

static bool count_first(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	first_messages += from == A && d->data[18] == EXCH_SA_INIT;
	return false;
}

/* A peer is asked for four sessions at a time; for twice as many whenever it does not answer. One
 * that is given up meanwhile leaves its place. */
static void few_sessions_are_asked_for_at_a_time(void **s)
{
	struct pair *p = *s;
	uint32_t h[20];

	p->filter = count_first;
	first_messages = 0;
	for (int i = 0; i < 20; i++)
		h[i] = ike_connect(
		        p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
	pair_run(p, SECOND);
	assert_int_equal(first_messages, 4);
	ike_close(p->s[A].ike, h[19], p->now); /* it waits */
	ike_close(p->s[A].ike, h[0], p->now);  /* the fifth takes its place */
	pair_run(p, 100);
	assert_int_equal(first_messages, 5);
	p->filter = NULL;
	pair_run(p, 10 * SECOND);
	assert_int_equal(pair_sas(p, A), 18);
	assert_int_equal(pair_sas(p, B), 18);
}

static void above_the_threshold_cookies_start(void **s)
{
	struct ike_config none = {0}, cfg = {.cookie_threshold = 2, .max_half_open_per_ip = 100};
	struct pair *p;

	pair_free(*s);
	p = *s = pair_new_config(&none, &cfg);
	for (int i = 0; i < 5; i++) {
		uint32_t h = ike_connect(
		        p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
		struct dgram d, in;

		assert_true(ike_tx(p->s[A].ike, &d));
		in = d;
		in.local = d.remote;
		in.remote = d.local;
		ike_rx(p->s[B].ike, &in, p->now);
		ike_abandon(p->s[A].ike, h, p->now);
	}
	assert_int_equal(pair_sas(p, B), 2);
	assert_int_equal(ike_counters(p->s[B].ike)->cookies_sent, 3);
	pair_connect(p);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
	assert_int_equal(ike_counters(p->s[B].ike)->cookies_sent, 4);
}

static bool flip_cookie(struct pair *p, int from, struct dgram *d)
{
	if (from == A && d->len > 60 && d->data[16] == 41) /* first payload: Notify */
		((uint8_t *)(uintptr_t)d->data)[50] ^= 1;
	(void)p;
	return true;
}

static void a_wrong_cookie_gets_a_new_one_not_an_sa(void **s)
{
	struct ike_config none = {0}, cfg = {.cookie_always = true};
	struct pair *p;

	pair_free(*s);
	p = *s = pair_new_config(&none, &cfg);
	p->filter = flip_cookie;
	pair_connect(p);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
	assert_true(ike_counters(p->s[B].ike)->cookies_bad >= 1);
	assert_int_equal(pair_sas(p, B), 0);
}

/* ---- configuration -------------------------------------------------------------- */

static const struct ike_attr asked[] = {{.type = CFG_IP4_ADDRESS}, {.type = CFG_IP4_NETMASK},
        {.type = CFG_IP4_DNS}, {.type = CFG_IP4_SUBNET}};
static const uint8_t net1[8] = {192, 168, 50, 0, 255, 255, 255, 0}, dns1[4] = {10, 0, 0, 53};
static const struct ike_attr given[] = {{.type = CFG_IP4_DNS, .len = 4, .val = dns1},
        {.type = CFG_IP4_SUBNET, .len = 8, .val = net1}};

static void configuration_is_requested_and_given(void **s)
{
	struct pair *p = *s;
	struct ike_sa_info info;
	char text[PREFIX_STRLEN];

	p->s[A].peering.cfg_request = (struct ike_attrs){.v = asked, .n = ARRAY_LEN(asked)};
	p->s[B].peering.cfg_reply = (struct ike_attrs){.v = given, .n = ARRAY_LEN(given)};
	pair_up(p);
	assert_int_equal(p->s[A].n_attr, 4);
	assert_int_equal(p->s[A].attr[0].type, CFG_IP4_ADDRESS);
	assert_int_equal(get_u32(p->s[A].attr[0].val), 0xac100004);
	assert_int_equal(p->s[A].attr[1].type, CFG_IP4_NETMASK);
	assert_int_equal(get_u32(p->s[A].attr[1].val), 0xffffffff);
	assert_int_equal(p->s[A].attr[3].type, CFG_IP4_SUBNET);
	assert_memory_equal(p->s[A].attr[3].val, net1, 8);
	for (int i = 0; i < 2; i++) {
		assert_true(ike_sa_next(p->s[i].ike, 0, &info));
		assert_string_equal(prefix_fmt(&info.assigned4, text), "172.16.0.4/32");
	}
	assert_true(ike_sa_next(p->s[A].ike, 0, &info));
	assert_int_equal(info.attrs.n, 4);
}

static void an_empty_pool_is_an_address_failure(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.cfg_request = (struct ike_attrs){.v = asked, .n = 1};
	p->s[B].lease_none = true;
	refused(p, IKE_R_ADDRESS, N_INTERNAL_ADDRESS_FAILURE);
}

/* CFG_SET in INFORMATIONAL, either way, acknowledged by type; a later SET is the whole new list. */
static void networks_are_set_and_acknowledged_both_ways(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = given, .n = 2}, less = {.v = given, .n = 1};
	struct ike_sa_info info;

	pair_up(p);
	for (int i = 0; i < 2; i++) {
		ike_cfg_set(p->s[i].ike, pair_handle(p, i), &attrs, p->now);
		pair_settle(p);
		assert_int_equal(p->s[!i].count[IKE_EV_CFG_SET], 1);
		assert_int_equal(p->s[!i].n_attr, 2);
		assert_memory_equal(p->s[!i].attr[1].val, net1, 8);
		assert_int_equal(p->s[i].count[IKE_EV_CFG_ACK], 1);
		assert_int_equal(p->s[i].n_attr, 2);
		assert_int_equal(p->s[i].attr[1].type, CFG_IP4_SUBNET);
		assert_int_equal(p->s[i].attr[1].len, 0);
		ike_cfg_set(p->s[i].ike, pair_handle(p, i), &less, p->now);
		pair_settle(p);
		assert_true(ike_sa_next(p->s[!i].ike, 0, &info));
		assert_int_equal(info.attrs.n, 1);
	}
}

/* Set twice before the first is answered: the last one counts, in order. */
static void the_last_set_wins(void **s)
{
	struct pair *p = *s;
	struct ike_attrs attrs = {.v = given, .n = 2}, less = {.v = given, .n = 1};

	pair_up(p);
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	ike_cfg_set(p->s[A].ike, p->handle, &less, p->now);
	ike_cfg_set(p->s[A].ike, p->handle, &attrs, p->now);
	pair_settle(p);
	assert_int_equal(p->s[B].count[IKE_EV_CFG_SET], 2);
	assert_int_equal(p->s[B].n_attr, 2);
}

/* ---- going down ----------------------------------------------------------------- */

static void closing_either_side_ends_both(void **s)
{
	pair_free(*s);
	for (int i = 0; i < 2; i++) {
		struct pair *p = *s = pair_new();
		uint32_t h;

		pair_up(p);
		h = pair_handle(p, i);
		ike_close(p->s[i].ike, h, p->now);
		pair_settle(p);
		assert_int_equal(p->s[i].last[IKE_EV_DOWN].reason, IKE_R_LOCAL);
		assert_int_equal(p->s[!i].last[IKE_EV_DOWN].reason, IKE_R_PEER_DELETE);
		assert_int_equal(p->s[!i].count[IKE_EV_CHILD_DOWN], 0);
		assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
		assert_int_equal(p->s[A].n_child + p->s[B].n_child, 0);
		pair_run(p, 2 * MINUTE);
		assert_int_equal(ike_deadline(p->s[A].ike), IKE_NEVER);
		assert_int_equal(ike_deadline(p->s[B].ike), IKE_NEVER);
		if (!i)
			pair_free(p);
	}
}

static void both_close_at_once(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	ike_close(p->s[A].ike, pair_handle(p, A), p->now);
	ike_close(p->s[B].ike, pair_handle(p, B), p->now);
	pair_run(p, 3 * MINUTE);
	assert_int_equal(ike_deadline(p->s[A].ike), IKE_NEVER);
	assert_int_equal(ike_deadline(p->s[B].ike), IKE_NEVER);
}

/* DOWN comes at once, the Delete goes on by itself, and gives up in the end. */
static void closing_towards_a_dead_peer_ends(void **s)
{
	struct pair *p = *s;

	pair_up(p);
	p->filter = pair_drop_all;
	ike_close(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(pair_sas(p, A), 1);
	pair_run(p, 5 * MINUTE);
	assert_int_equal(pair_sas(p, A), 0);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
}

static bool drop_auth_answer(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	return !(from == B && d->data[18] == EXCH_AUTH);
}

/* A gives up while IKE_AUTH is under way: B may be up already, and must be told. */
static void closing_during_auth_leaves_no_half_dead_peer(void **s)
{
	struct pair *p = *s;

	p->filter = drop_auth_answer;
	pair_connect(p);
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 1);
	ike_close(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	p->filter = NULL;
	pair_run(p, 2 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 0);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
	assert_int_equal(pair_sas(p, A) + pair_sas(p, B), 0);
}

static void initial_contact_replaces_the_old_session(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.initial_contact = true;
	pair_up(p);
	ike_abandon(p->s[A].ike, p->handle, p->now); /* A restarts */
	pair_settle(p);
	assert_int_equal(p->s[A].n_child, 0);
	pair_connect(p);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[B].last[IKE_EV_DOWN].reason, IKE_R_REPLACED);
	pair_agree(p);
	assert_int_equal(pair_sas(p, B), 1);
}

static void a_second_session_of_the_same_pair_does_not_say_initial_contact(void **s)
{
	struct pair *p = *s;

	p->s[A].peering.initial_contact = true;
	pair_up(p);
	pair_connect(p);
	assert_int_equal(p->s[B].count[IKE_EV_DOWN], 0);
	assert_int_equal(pair_sas(p, B), 2);
	assert_int_equal(p->handle, 2); /* the lowest free number */
}

/* A number is given again only when its DOWN has been fetched. */
static void handles_are_not_reused_under_the_callers_feet(void **s)
{
	struct pair *p = *s;
	struct ike_event ev;
	uint32_t h;

	pair_up(p);
	ike_abandon(p->s[A].ike, p->handle, p->now);
	h = ike_connect(p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
	assert_int_equal(h, 2);
	while (ike_poll(p->s[A].ike, &ev))
		assert_int_equal(ev.handle, 1);
	h = ike_connect(p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
	assert_int_equal(h, 1);
	p->s[A].n_child = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(two_engines_establish_with_equal_keys),
	        T(every_suite_comes_up_and_is_rekeyed),
	        T(esn_is_used_where_both_can),
	        T(the_second_proposal_is_found),
	        T(transport_mode_is_agreed),
	        T(transport_falls_back_to_tunnel_unless_required),
	        T(transport_mode_behind_a_nat),
	        T(selectors_are_narrowed),
	        T(wrong_key_is_refused_by_the_responder),
	        T(a_responder_with_the_wrong_key_is_refused),
	        T(unwanted_identities_are_refused),
	        T(no_ike_proposal_chosen),
	        T(a_forged_refusal_does_not_end_the_attempt),
	        T(a_burst_of_forged_refusals_does_not_either),
	        T(another_init_under_the_same_spi_takes_the_place_of_the_first),
	        T(no_policy_at_all),
	        T(a_refused_child_ends_the_session),
	        T(silence_ends_in_a_timeout),
	        T(the_limit_of_sas_holds),
	        T(another_group_is_asked_for_and_used),
	        T(no_common_group),
	        T(cookies_are_demanded_and_returned),
	        T(half_open_sas_are_limited_and_go),
	        T(who_answers_cookies_may_have_more),
	        T(few_sessions_are_asked_for_at_a_time),
	        T(above_the_threshold_cookies_start),
	        T(a_wrong_cookie_gets_a_new_one_not_an_sa),
	        T(configuration_is_requested_and_given),
	        T(an_empty_pool_is_an_address_failure),
	        T(networks_are_set_and_acknowledged_both_ways),
	        T(the_last_set_wins),
	        T(closing_either_side_ends_both),
	        T(both_close_at_once),
	        T(closing_towards_a_dead_peer_ends),
	        T(closing_during_auth_leaves_no_half_dead_peer),
	        T(initial_contact_replaces_the_old_session),
	        T(a_second_session_of_the_same_pair_does_not_say_initial_contact),
	        T(handles_are_not_reused_under_the_callers_feet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
