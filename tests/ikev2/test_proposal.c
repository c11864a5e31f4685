/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proposals: what is written, what a responder chooses, what an initiator lets pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ikev2/payload.h"
#include "ikev2/proposal.h"
#include "lib_hex.h"

/* clang-format off */
static const struct ike_proposal cbc = {
	.encr = {{ENCR_AES_CBC, 256}, {ENCR_AES_CBC, 128}}, .n_encr = 2,
	.integ = {AUTH_HMAC_SHA2_512_256, AUTH_HMAC_SHA2_256_128}, .n_integ = 2,
	.prf = {PRF_HMAC_SHA2_512, PRF_HMAC_SHA2_256}, .n_prf = 2,
	.group = {KE_ECP_256, KE_MODP_2048}, .n_group = 2,
};
static const struct ike_proposal gcm = {
	.encr = {{ENCR_AES_GCM_16, 256}}, .n_encr = 1,
	.prf = {PRF_HMAC_SHA2_256}, .n_prf = 1,
	.group = {KE_ECP_384, KE_ECP_256}, .n_group = 2,
};
static const struct ike_proposal esp_cbc = {
	.encr = {{ENCR_AES_CBC, 256}}, .n_encr = 1, .integ = {AUTH_HMAC_SHA2_256_128}, .n_integ = 1, .esn_no = true,
};
static const struct ike_proposal esp_gcm = {.encr = {{ENCR_AES_GCM_16, 256}}, .n_encr = 1, .esn_no = true};
static const struct ike_proposal esp_gcm_pfs = {
	.encr = {{ENCR_AES_GCM_16, 256}}, .n_encr = 1, .esn_no = true, .esn_yes = true,
	.group = {KE_ECP_384, KE_MODP_2048}, .n_group = 2,
};
/* clang-format on */

/* An SA payload, held together with the octets that it views. */
struct sa {
	struct ike_build b;
	struct ike_pl pl;
};

static void sa_begin(struct sa *s)
{
	struct ike_hdr h = {.spi_i = 1};

	ike_build_init(&s->b, &h);
}

static void sa_end(struct sa *s)
{
	size_t head = IKE_HDR_LEN + IKE_PL_HDR_LEN;

	assert_false(s->b.bad);
	s->pl = (struct ike_pl){.type = PL_SA, .body = span_of(s->b.p + head, s->b.len - head)};
	assert_true(ike_sa_valid(&s->pl));
}

static void offer(struct sa *s, uint8_t proto, uint8_t spi_size, enum ike_ke_use ke,
        const struct ike_proposal *p, size_t n)
{
	sa_begin(s);
	ike_put_sa(&s->b, proto, 0x1122334455667788, spi_size, ke, p, n);
	sa_end(s);
}

static void answer(struct sa *s, uint8_t proto, uint8_t spi_size, const struct ike_choice *c)
{
	sa_begin(s);
	ike_put_sa_choice(&s->b, proto, 0xc0ffee01, spi_size, c);
	sa_end(s);
}

static void raw(struct sa *s, const char *digits)
{
	struct octets o = hex(digits);

	sa_begin(s);
	ike_put_payload(&s->b, PL_SA, view(&o));
	sa_end(s);
}

static void drop(struct sa *s)
{
	ike_build_fini(&s->b);
}

static void the_offer_in_octets(void **state)
{
	const struct ike_proposal two[] = {gcm, cbc};
	struct sa s;

	(void)state;
	offer(&s, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, two, 2);
	assert_hex(s.pl.body, "0200002c01010004"         /* proposal 1, more follow */
	                      "0300000c01000014800e0100" /* AES-GCM-16, 256 bits */
	                      "0300000802000005"         /* PRF_HMAC_SHA2_256 */
	                      "0300000804000014"         /* 384-bit ECP */
	                      "0000000804000013"         /* 256-bit ECP, last */
	                      "0000005002010008"         /* proposal 2, the last */
	                      "0300000c0100000c800e0100" /* AES-CBC, 256 */
	                      "0300000c0100000c800e0080" /* AES-CBC, 128 */
	                      "0300000802000007"
	                      "0300000802000005"
	                      "030000080300000e"
	                      "030000080300000c"
	                      "0300000804000013"
	                      "000000080400000e");
	drop(&s);
	offer(&s, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_cbc, 1);
	assert_hex(s.pl.body, "00000028010304035566778803" /* SPI */
	                      "00000c0100000c800e0100"
	                      "030000080300000c"
	                      "0000000805000000");
	drop(&s);
}

static void our_own_order_decides(void **state)
{
	const struct ike_proposal theirs[] = {gcm, cbc}, ours[] = {cbc, gcm};
	struct ike_choice c;
	struct sa s;

	(void)state;
	offer(&s, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, theirs, 2);
	assert_true(ike_sa_choose(&s.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, ours, 2, KE_NONE, &c));
	assert_int_equal(c.num, 2); /* the peer's number, echoed */
	assert_int_equal(c.suite.encr.id, ENCR_AES_CBC);
	assert_int_equal(c.suite.encr.bits, 256);
	assert_int_equal(c.suite.integ, AUTH_HMAC_SHA2_512_256);
	assert_int_equal(c.suite.prf, PRF_HMAC_SHA2_512);
	assert_int_equal(c.suite.group, KE_ECP_256);
	assert_true(
	        ike_sa_choose(&s.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, ours + 1, 1, KE_NONE, &c));
	assert_int_equal(c.num, 1);
	assert_int_equal(c.suite.integ, AUTH_NONE);
	drop(&s);
}

/* A KE payload of an acceptable group saves the round trip of INVALID_KE_PAYLOAD. */
static void the_group_of_the_ke_payload_is_taken_when_acceptable(void **state)
{
	struct ike_choice c;
	struct sa s;

	(void)state;
	offer(&s, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1);
	assert_true(
	        ike_sa_choose(&s.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1, KE_MODP_2048, &c));
	assert_int_equal(c.suite.group, KE_MODP_2048);
	assert_true(ike_sa_choose(&s.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1, KE_X25519, &c));
	assert_int_equal(c.suite.group, KE_ECP_256);
	drop(&s);
}

static void each_type_must_have_something_in_common(void **state)
{
	struct ike_choice c;
	struct sa s;

	(void)state;
	offer(&s, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1);
	for (int type = 0; type < 4; type++) {
		struct ike_proposal ours = cbc;

		if (type == 0)
			ours.encr[0].bits = ours.encr[1].bits = 192;
		else if (type == 1)
			ours.n_integ = 1, ours.integ[0] = AUTH_HMAC_SHA1_96;
		else if (type == 2)
			ours.n_prf = 1, ours.prf[0] = PRF_HMAC_SHA1;
		else
			ours.n_group = 1, ours.group[0] = KE_MODP_4096;
		assert_false(ike_sa_choose(
		        &s.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &ours, 1, KE_NONE, &c));
	}
	assert_false(ike_sa_choose(&s.pl, IKE_PROTO_ESP, 0, IKE_KE_NEEDED, &cbc, 1, KE_NONE, &c));
	assert_false(ike_sa_choose(&s.pl, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, &cbc, 1, KE_NONE, &c));
	assert_false(ike_sa_choose(&s.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 0, KE_NONE, &c));
	drop(&s);
}

static void spis_of_four_and_eight_octets(void **state)
{
	struct ike_choice c;
	struct sa s;

	(void)state;
	offer(&s, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, &gcm, 1);
	assert_true(ike_sa_choose(&s.pl, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, &gcm, 1, KE_NONE, &c));
	assert_true(ike_choice_spi(&c) == 0x1122334455667788);
	drop(&s);
	offer(&s, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm, 1);
	assert_true(
	        ike_sa_choose(&s.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm, 1, KE_NONE, &c));
	assert_true(ike_choice_spi(&c) == 0x55667788);
	drop(&s);
}

static void pfs_where_it_is_wanted(void **state)
{
	struct ike_choice c;
	struct sa with, without;

	(void)state;
	offer(&with, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm_pfs, 1);
	offer(&without, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm, 1);
	/* we want it: the peer must offer one of ours */
	assert_true(ike_sa_choose(
	        &with.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm_pfs, 1, KE_MODP_2048, &c));
	assert_int_equal(c.suite.group, KE_MODP_2048);
	assert_false(ike_sa_choose(
	        &without.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm_pfs, 1, KE_NONE, &c));
	/* we do not care: whatever the peer wants */
	assert_true(ike_sa_choose(
	        &without.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm, 1, KE_NONE, &c));
	assert_int_equal(c.suite.group, KE_NONE);
	assert_true(ike_sa_choose(
	        &with.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm, 1, KE_MODP_2048, &c));
	assert_int_equal(c.suite.group, KE_MODP_2048);
	assert_true(ike_sa_choose(
	        &with.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm, 1, KE_NONE, &c));
	assert_int_equal(c.suite.group, KE_ECP_384);
	/* in IKE_AUTH it means nothing */
	assert_true(ike_sa_choose(
	        &with.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm_pfs, 1, KE_NONE, &c));
	assert_int_equal(c.suite.group, KE_NONE);
	assert_true(ike_sa_choose(
	        &without.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm_pfs, 1, KE_NONE, &c));
	drop(&with);
	drop(&without);
}

static void esn_as_both_allow(void **state)
{
	static const struct {
		bool their_no, their_yes, our_no, our_yes, ok, esn;
	} rows[] = {
	        {true, false, true, false, true, false},
	        {true, true, true, false, true, false},
	        {true, true, true, true, true, true},
	        {true, true, false, true, true, true},
	        {false, true, true, true, true, true},
	        {true, false, false, true, false, false},
	        {false, true, true, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_proposal theirs = esp_gcm, ours = esp_gcm;
		struct ike_choice c;
		struct sa s;

		theirs.esn_no = rows[i].their_no;
		theirs.esn_yes = rows[i].their_yes;
		ours.esn_no = rows[i].our_no;
		ours.esn_yes = rows[i].our_yes;
		offer(&s, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &theirs, 1);
		assert_int_equal(ike_sa_choose(&s.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &ours, 1,
		                         KE_NONE, &c),
		        rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(c.suite.esn, rows[i].esn);
		drop(&s);
	}
}

static void encryption_alone_only_where_it_is_configured(void **state)
{
	struct ike_proposal bare = esp_cbc;
	struct ike_choice c;
	struct sa s;

	(void)state;
	bare.integ[0] = AUTH_NONE;
	offer(&s, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &bare, 1);
	assert_true(ike_sa_choose(&s.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &bare, 1, KE_NONE, &c));
	assert_int_equal(c.suite.integ, AUTH_NONE);
	assert_false(
	        ike_sa_choose(&s.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_cbc, 1, KE_NONE, &c));
	drop(&s);
	offer(&s, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_cbc, 1);
	assert_false(ike_sa_choose(&s.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &bare, 1, KE_NONE, &c));
	drop(&s);
}

/* Proposals as others write them, in octets. */
static void what_peers_may_write(void **state)
{
	static const struct {
		const char *what;
		bool ok;
		const char *body;
	} rows[] = {
	        {"no ESN transform: old peers", true,
	                "0000001801030401c0ffee010000000c01000014800e0100"},
	        {"INTEG NONE with AEAD", true,
	                "0000002001030402c0ffee010300000c01000014800e01000000000803000000"},
	        {"INTEG with AEAD", false,
	                "0000002001030402c0ffee010300000c01000014800e0100000000080300000c"},
	        {"unknown transform id beside a good one", true,
	                "0000002001030402c0ffee0103000008010003e80000000c01000014800e0100"},
	        {"unknown attribute on the only cipher", false,
	                "0000001c01030401c0ffee010000001001000014800e0100800f0001"},
	        {"unknown attribute in the long form", false,
	                "0000002001030401c0ffee010000001401000014800e010000110004aabbccdd"},
	        {"Key Length in the long form", false,
	                "0000001a01030401c0ffee010000000e01000014000e00020100"},
	        {"Key Length twice", false,
	                "0000001c01030401c0ffee010000001001000014800e0100800e0100"},
	        {"no Key Length where it is required", false,
	                "0000001401030401c0ffee010000000801000014"},
	        {"Key Length of 0", false, "0000001801030401c0ffee010000000c01000014800e0000"},
	        {"unknown transform type", false,
	                "0000002001030402c0ffee010300000c01000014800e0100000000080d000001"},
	        {"additional key exchange", false,
	                "0000002001030402c0ffee010300000c01000014800e01000000000806000024"},
	        {"PRF in ESP", false,
	                "0000002001030402c0ffee010300000c01000014800e01000000000802000005"},
	        {"bad proposal, then a good one", true,
	                "0200001401030401c0ffee0100000008010000140000001802030401c0ffee02"
	                "0000000c01000014800e0100"},
	        {"AH and ESP under one number", true,
	                "0200001401020401c0ffee01000000080300000c0000001801030401c0ffee02"
	                "0000000c01000014800e0100"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_choice c;
		struct sa s;

		raw(&s, rows[i].body);
		if (ike_sa_choose(&s.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm, 1, KE_NONE,
		            &c) != rows[i].ok)
			fail_msg("%s", rows[i].what);
		drop(&s);
	}
}

static void numbers_of_proposals_rise_by_one(void **state)
{
	static const struct {
		bool ok;
		const char *body;
	} rows[] = {
	        {true, "02000010010300010000000801000003"
	               "00000010020300010000000801000003"},
	        {false, "02000010010300010000000801000003"
	                "00000010030300010000000801000003"},
	        {false, "02000010020300010000000801000003"
	                "00000010010300010000000801000003"},
	        {true, "00000010050300010000000801000003"}, /* an answer echoes any number */
	        {false, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets o = hex(rows[i].body);
		struct ike_pl p = {.type = PL_SA, .body = view(&o)};

		assert_int_equal(ike_sa_valid(&p), rows[i].ok);
	}
}

/* ---- the initiator's check ------------------------------------------------------------------- */

static void a_choice_passes_and_comes_back_the_same(void **state)
{
	const struct ike_proposal offered[] = {gcm, cbc};
	struct ike_choice c, got;
	struct sa o, a;

	(void)state;
	offer(&o, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, offered, 2);
	assert_true(
	        ike_sa_choose(&o.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1, KE_MODP_2048, &c));
	answer(&a, IKE_PROTO_IKE, 0, &c);
	assert_true(ike_sa_verify(&a.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, offered, 2, &got));
	assert_int_equal(got.num, 2);
	assert_memory_equal(&got.suite, &c.suite, sizeof(c.suite));
	drop(&o);
	drop(&a);
}

static void answers_that_are_no_choice_are_refused(void **state)
{
	static const struct {
		const char *what;
		struct ike_choice c;
	} rows[] = {
#define SUITE(e, b, i, p, g) {.encr = {e, b}, .integ = i, .prf = p, .group = g}
	        {"number that was not offered", {.num = 3,
	                                                .suite = SUITE(ENCR_AES_GCM_16, 256, 0,
	                                                        PRF_HMAC_SHA2_256, KE_ECP_384)}},
	        {"number 2's suite under number 1",
	                {.num = 1,
	                        .suite = SUITE(ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_128,
	                                PRF_HMAC_SHA2_256, KE_ECP_256)}},
	        {"key length not offered", {.num = 1,
	                                           .suite = SUITE(ENCR_AES_GCM_16, 128, 0,
	                                                   PRF_HMAC_SHA2_256, KE_ECP_384)}},
	        {"group not offered", {.num = 1,
	                                      .suite = SUITE(ENCR_AES_GCM_16, 256, 0,
	                                              PRF_HMAC_SHA2_256, KE_MODP_1024)}},
	        {"no group", {.num = 1,
	                             .suite = SUITE(
	                                     ENCR_AES_GCM_16, 256, 0, PRF_HMAC_SHA2_256, KE_NONE)}},
	        {"PRF not offered", {.num = 1,
	                                    .suite = SUITE(ENCR_AES_GCM_16, 256, 0, PRF_HMAC_SHA1,
	                                            KE_ECP_384)}},
	        {"integrity missing", {.num = 2,
	                                      .suite = SUITE(ENCR_AES_CBC, 256, 0,
	                                              PRF_HMAC_SHA2_256, KE_ECP_256)}},
	        {"integrity with AEAD",
	                {.num = 1,
	                        .suite = SUITE(ENCR_AES_GCM_16, 256, AUTH_HMAC_SHA2_256_128,
	                                PRF_HMAC_SHA2_256, KE_ECP_384)}},
	};
	const struct ike_proposal offered[] = {gcm, cbc};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_choice got;
		struct sa a;

		answer(&a, IKE_PROTO_IKE, 0, &rows[i].c);
		if (ike_sa_verify(&a.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, offered, 2, &got))
			fail_msg("%s", rows[i].what);
		drop(&a);
	}
}

static void an_answer_has_one_proposal_and_one_of_each(void **state)
{
	const struct ike_proposal two[] = {esp_gcm, esp_gcm};
	struct ike_choice got;
	struct sa a;

	(void)state;
	offer(&a, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, two, 2);
	assert_false(ike_sa_verify(&a.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, two, 2, &got));
	drop(&a);
	offer(&a, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1); /* two ciphers, two PRFs … */
	assert_false(ike_sa_verify(&a.pl, IKE_PROTO_IKE, 0, IKE_KE_NEEDED, &cbc, 1, &got));
	drop(&a);
	offer(&a, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm, 1);
	assert_true(ike_sa_verify(&a.pl, IKE_PROTO_ESP, 4, IKE_KE_WITHOUT, &esp_gcm, 1, &got));
	assert_false(ike_sa_verify(&a.pl, IKE_PROTO_ESP, 0, IKE_KE_WITHOUT, &esp_gcm, 1, &got));
	assert_false(ike_sa_verify(&a.pl, IKE_PROTO_IKE, 4, IKE_KE_WITHOUT, &esp_gcm, 1, &got));
	/* a group that we did not offer */
	drop(&a);
	struct ike_choice c = {
	        .num = 1, .suite = {.encr = {ENCR_AES_GCM_16, 256}, .group = KE_ECP_384}};

	answer(&a, IKE_PROTO_ESP, 4, &c);
	assert_false(ike_sa_verify(&a.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm, 1, &got));
	assert_true(ike_sa_verify(&a.pl, IKE_PROTO_ESP, 4, IKE_KE_OPTIONAL, &esp_gcm_pfs, 1, &got));
	assert_int_equal(got.suite.group, KE_ECP_384);
	drop(&a);
}

static void groups_of_an_offer(void **state)
{
	const struct ike_proposal v[] = {esp_gcm, {.group = {24, KE_ECP_384}, .n_group = 2}};

	(void)state;
	assert_int_equal(ike_proposals_first_group(v, 2), KE_ECP_384); /* 24 is not ours */
	assert_int_equal(ike_proposals_first_group(v, 1), KE_NONE);
	assert_true(ike_proposals_have_group(v, 2, 24));
	assert_false(ike_proposals_have_group(v, 2, KE_ECP_256));
	assert_true(ike_encr_is_aead(ENCR_CHACHA20_POLY1305));
	assert_false(ike_encr_is_aead(ENCR_AES_CBC));
	assert_false(ike_encr_is_aead(999));
}

static void the_same_algorithms_again(void **state)
{
	const struct ike_proposal offered[] = {gcm, cbc};
	const struct ike_suite suite = {.encr = {ENCR_AES_CBC, 128},
	        .integ = AUTH_HMAC_SHA2_256_128,
	        .prf = PRF_HMAC_SHA2_256,
	        .group = KE_MODP_2048};
	struct ike_proposal keep = ike_proposal_keep(&suite, offered, 2);
	struct ike_choice c;
	struct sa s;

	(void)state;
	assert_int_equal(keep.n_encr + keep.n_integ + keep.n_prf, 3);
	assert_int_equal(keep.n_group, 3);
	assert_int_equal(keep.group[0], KE_MODP_2048);
	offer(&s, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, &keep, 1);
	assert_true(ike_sa_choose(
	        &s.pl, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, offered, 2, KE_MODP_2048, &c));
	assert_memory_equal(&c.suite, &suite, sizeof(suite));
	drop(&s);
	struct ike_suite aead = {
	        .encr = {ENCR_AES_GCM_16, 256}, .prf = PRF_HMAC_SHA2_256, .group = KE_ECP_256};

	keep = ike_proposal_keep(&aead, offered, 2);
	assert_int_equal(keep.n_integ, 0);
	assert_int_equal(keep.group[0], KE_ECP_256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_offer_in_octets),
	        cmocka_unit_test(our_own_order_decides),
	        cmocka_unit_test(the_group_of_the_ke_payload_is_taken_when_acceptable),
	        cmocka_unit_test(each_type_must_have_something_in_common),
	        cmocka_unit_test(spis_of_four_and_eight_octets),
	        cmocka_unit_test(pfs_where_it_is_wanted),
	        cmocka_unit_test(esn_as_both_allow),
	        cmocka_unit_test(encryption_alone_only_where_it_is_configured),
	        cmocka_unit_test(what_peers_may_write),
	        cmocka_unit_test(numbers_of_proposals_rise_by_one),
	        cmocka_unit_test(a_choice_passes_and_comes_back_the_same),
	        cmocka_unit_test(answers_that_are_no_choice_are_refused),
	        cmocka_unit_test(an_answer_has_one_proposal_and_one_of_each),
	        cmocka_unit_test(groups_of_an_offer),
	        cmocka_unit_test(the_same_algorithms_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
