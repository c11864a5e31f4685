/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: what the parser accepts, what it refuses and how it says so, and what the builder
 * writes. */
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

/* An IKE_SA_INIT request: AES-GCM-16-256, PRF SHA2-256, X25519 with the public value of RFC 7748
 * §6.1. */
static const char init_req[] = "0102030405060708000000000000000021202208000000000000009022000028000"
                               "00024010100030300000c01000014"
                               "800e01000300000802000005000000080400001f28000028001f00008520f009893"
                               "0a754748b7ddcb43ef75a0dbf3a0d"
                               "26381af4eba4a98eaa9b4e6a00000024000102030405060708090a0b0c0d0e0f101"
                               "112131415161718191a1b1c1d1e1f";

static const struct ike_proposal gcm_x25519 = {.encr = {{ENCR_AES_GCM_16, 256}},
        .n_encr = 1,
        .prf = {PRF_HMAC_SHA2_256},
        .n_prf = 1,
        .group = {KE_X25519},
        .n_group = 1};

static void counting_nonce(uint8_t n[32])
{
	counting(NULL, n, 32);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void init_request_becomes_views(void **state)
{
	struct octets o = hex(init_req);
	struct ike_msg m;
	struct ike_pl_ke ke;
	struct span nonce;

	(void)state;
	assert_int_equal(ike_msg_parse(view(&o), &m), IKE_PARSE_OK);
	assert_true(m.h.spi_i == 0x0102030405060708 && m.h.spi_r == 0);
	assert_int_equal(m.h.exchange, EXCH_SA_INIT);
	assert_true(ike_hdr_from_initiator(&m.h));
	assert_false(ike_hdr_is_response(&m.h));
	assert_int_equal(m.n, 3);
	assert_false(m.sealed);
	assert_true(ike_get_ke(ike_msg_find(&m, PL_KE), &ke));
	assert_int_equal(ke.group, KE_X25519);
	assert_hex(ke.data, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
	assert_true(ike_get_nonce(ike_msg_find(&m, PL_NONCE), &nonce));
	assert_int_equal(nonce.n, 32);
	assert_null(ike_msg_find(&m, PL_NOTIFY));
}

/* No prefix of a message is a message, whether its length field is the old or the new one. */
static void every_cut_is_refused(void **state)
{
	struct octets o = hex(init_req);
	struct ike_msg m;

	(void)state;
	for (size_t n = 0; n < o.n; n++) {
		struct octets cut = o;

		assert_int_equal(ike_msg_parse(span_of(o.p, n), &m), IKE_PARSE_SHORT);
		if (n < IKE_HDR_LEN)
			continue;
		put_u32(cut.p + 24, (uint32_t)n);
		assert_int_not_equal(ike_msg_parse(span_of(cut.p, n), &m), IKE_PARSE_OK);
	}
	o.n++; /* an octet behind the end */
	assert_int_equal(ike_msg_parse(view(&o), &m), IKE_PARSE_SHORT);
}

static void patches_of_one_octet(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		enum ike_parse want;
	} rows[] = {
	        {"major version 3", 17, 0x30, IKE_PARSE_VERSION},
	        {"minor version 1", 17, 0x21, IKE_PARSE_OK},
	        {"IKEv1", 17, 0x10, IKE_PARSE_EXCHANGE},
	        {"flags that mean nothing", 19, 0xcf, IKE_PARSE_OK},
	        {"a G-IKEv2 exchange", 18, 39, IKE_PARSE_EXCHANGE},
	        {"another SPI of the initiator", 7, 0, IKE_PARSE_OK},
	        {"first payload is not there", 16, 0, IKE_PARSE_MALFORMED},
	        {"first payload of unknown type: SA is missing", 16, 99, IKE_PARSE_RULES},
	        {"SA payload of three octets", 31, 3, IKE_PARSE_MALFORMED},
	        {"SA payload of no octets", 31, 0, IKE_PARSE_MALFORMED},
	        {"SA payload longer than the message", 30, 1, IKE_PARSE_MALFORMED},
	        {"critical bit on a type that we know", 29, 0x80, IKE_PARSE_OK},
	        {"reserved bits", 29, 0x7f, IKE_PARSE_OK},
	        {"two SA payloads", 28, 33, IKE_PARSE_MALFORMED},
	        {"chain ends with octets left", 28, 0, IKE_PARSE_MALFORMED},
	        {"proposal number 0", 36, 0, IKE_PARSE_MALFORMED},
	        {"more proposals said, none there", 32, 2, IKE_PARSE_MALFORMED},
	        {"last octet of proposal is neither 0 nor 2", 32, 1, IKE_PARSE_MALFORMED},
	        {"proposal shorter than its transforms", 35, 0x23, IKE_PARSE_MALFORMED},
	        {"proposal longer than the payload", 35, 0x25, IKE_PARSE_MALFORMED},
	        {"proposal of four octets", 35, 4, IKE_PARSE_MALFORMED},
	        {"SPI longer than the proposal", 38, 0xff, IKE_PARSE_MALFORMED},
	        {"two transforms counted, three there", 39, 2, IKE_PARSE_MALFORMED},
	        {"four transforms counted, three there", 39, 4, IKE_PARSE_MALFORMED},
	        {"no transforms counted", 39, 0, IKE_PARSE_MALFORMED},
	        {"transform chain says last too early", 40, 0, IKE_PARSE_MALFORMED},
	        {"transform of seven octets", 43, 7, IKE_PARSE_MALFORMED},
	        {"transform of no octets", 43, 0, IKE_PARSE_MALFORMED},
	        {"transform longer than the proposal", 43, 0xff, IKE_PARSE_MALFORMED},
	        {"attribute cut in half", 43, 10, IKE_PARSE_MALFORMED},
	        {"attribute in the long form, value past the end", 48, 0, IKE_PARSE_MALFORMED},
	        {"KE payload without data", 71, 8, IKE_PARSE_MALFORMED},
	};
	struct ike_msg m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets o = hex(init_req);

		o.p[rows[i].at] = rows[i].value;
		if (ike_msg_parse(view(&o), &m) != rows[i].want)
			fail_msg("%s: %s", rows[i].what,
			        ike_parse_text(ike_msg_parse(view(&o), &m)));
	}
}

static void spi_of_zero_is_malformed(void **state)
{
	struct octets o = hex(init_req);
	struct ike_msg m;

	(void)state;
	memset(o.p, 0, 8);
	assert_int_equal(ike_msg_parse(view(&o), &m), IKE_PARSE_MALFORMED);
}

/* ---- building messages to read --------------------------------------------------------------- */

static void start(struct ike_build *b, uint8_t exchange, uint8_t flags)
{
	struct ike_hdr h = {.spi_i = 1, .spi_r = 2, .exchange = exchange, .flags = flags, .id = 1};

	ike_build_init(b, &h);
}

static enum ike_parse finish(struct ike_build *b, struct ike_msg *m)
{
	struct span s;

	assert_true(ike_build_clear(b, &s));
	return ike_msg_parse(s, m);
}

/* The chain of `b` as if it had been decrypted. */
static enum ike_parse finish_inner(struct ike_build *b, struct ike_msg *m)
{
	struct ike_hdr h;
	uint8_t first;
	struct span inner = ike_build_inner(b, &first);

	assert_false(b->bad);
	assert_true(ike_hdr_parse(span_of(b->p, b->len), &h));
	return ike_inner_parse(&h, first, inner, m);
}

static void put_init(struct ike_build *b)
{
	uint8_t nonce[32], pub[32] = {9};

	counting_nonce(nonce);
	ike_put_sa(b, IKE_PROTO_IKE, 0, 0, IKE_KE_NEEDED, &gcm_x25519, 1);
	ike_put_ke(b, KE_X25519, span_of(pub, sizeof(pub)));
	ike_put_nonce(b, span_of(nonce, sizeof(nonce)));
}

static void the_builder_writes_the_same_octets(void **state)
{
	struct octets want = hex(init_req);
	struct ike_hdr h = {
	        .spi_i = 0x0102030405060708, .exchange = EXCH_SA_INIT, .flags = IKE_F_INITIATOR};
	struct ike_build b;
	struct span got;
	uint8_t nonce[32];

	(void)state;
	counting_nonce(nonce);
	ike_build_init(&b, &h);
	ike_put_sa(&b, IKE_PROTO_IKE, 0, 0, IKE_KE_NEEDED, &gcm_x25519, 1);
	ike_put_ke(&b, KE_X25519, span_of(want.p + 76, 32));
	ike_put_nonce(&b, span_of(nonce, sizeof(nonce)));
	assert_true(ike_build_clear(&b, &got));
	assert_true(span_eq(got, view(&want)));
	ike_build_fini(&b);
}

static void unknown_payloads_are_skipped_unless_critical(void **state)
{
	struct ike_build b;
	struct ike_msg m;

	(void)state;
	start(&b, EXCH_SA_INIT, IKE_F_INITIATOR);
	ike_put_payload(&b, 200, span_of("what", 4));
	put_init(&b);
	assert_int_equal(finish(&b, &m), IKE_PARSE_OK);
	assert_int_equal(m.n, 3);
	b.p[IKE_HDR_LEN + 1] = 0x80;
	assert_int_equal(finish(&b, &m), IKE_PARSE_CRITICAL);
	assert_int_equal(m.critical_type, 200);
	ike_build_fini(&b);
}

/* A payload that is ours but means nothing there can be acted upon by nobody. */
static void payloads_of_other_exchanges_are_left_out(void **state)
{
	struct ike_build b;
	struct ike_msg m;

	(void)state;
	start(&b, EXCH_SA_INIT, IKE_F_INITIATOR);
	put_init(&b);
	ike_put_delete_ike(&b);
	assert_int_equal(finish(&b, &m), IKE_PARSE_OK);
	assert_null(ike_msg_find(&m, PL_DELETE));
	assert_int_equal(m.n, 3);
	ike_build_fini(&b);
}

static void too_many_payloads_are_malformed(void **state)
{
	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		struct ike_build b;
		struct ike_msg m;

		start(&b, EXCH_SA_INIT, IKE_F_INITIATOR);
		put_init(&b);
		for (int i = 3; i < IKE_MAX_PAYLOADS + extra; i++)
			ike_put_vendor(&b, "");
		assert_int_equal(finish(&b, &m), extra ? IKE_PARSE_MALFORMED : IKE_PARSE_OK);
		ike_build_fini(&b);
	}
}

/* ---- rules of the exchanges ------------------------------------------------------------------ */

static void init_needs_sa_ke_and_nonce_once(void **state)
{
	static const uint8_t types[] = {PL_SA, PL_KE, PL_NONCE};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct octets o = hex(init_req);
		struct ike_msg whole, m;
		struct ike_build b;

		assert_int_equal(ike_msg_parse(view(&o), &whole), IKE_PARSE_OK);
		start(&b, EXCH_SA_INIT, IKE_F_INITIATOR);
		for (size_t j = 0; j < whole.n; j++)
			if (whole.pl[j].type != types[i])
				ike_put_payload(&b, whole.pl[j].type, whole.pl[j].body);
		assert_int_equal(finish(&b, &m), IKE_PARSE_RULES);
		assert_int_equal(m.offender, types[i]);
		for (int twice = 0; twice < 2; twice++)
			ike_put_payload(&b, types[i], whole.pl[i].body);
		assert_int_equal(finish(&b, &m), IKE_PARSE_RULES);
		assert_int_equal(m.offender, types[i]);
		ike_build_fini(&b);
	}
}

static void a_refusal_needs_only_its_notify(void **state)
{
	static const struct {
		uint16_t type;
		const char *data;
		uint8_t flags;
		enum ike_parse want;
	} rows[] = {
	        {N_NO_PROPOSAL_CHOSEN, "", IKE_F_RESPONSE, IKE_PARSE_OK},
	        {N_INVALID_KE_PAYLOAD, "0013", IKE_F_RESPONSE, IKE_PARSE_OK},
	        {N_INVALID_KE_PAYLOAD, "001300", IKE_F_RESPONSE, IKE_PARSE_MALFORMED},
	        {N_COOKIE, "01", IKE_F_RESPONSE, IKE_PARSE_OK},
	        {N_COOKIE, "", IKE_F_RESPONSE, IKE_PARSE_MALFORMED},
	        {N_COOKIE, "01", IKE_F_INITIATOR, IKE_PARSE_RULES},
	        {N_NO_PROPOSAL_CHOSEN, "", IKE_F_INITIATOR, IKE_PARSE_RULES},
	        {N_FRAGMENTATION_SUPPORTED, "", IKE_F_RESPONSE, IKE_PARSE_RULES},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets data = hex(rows[i].data);
		struct ike_build b;
		struct ike_msg m;

		start(&b, EXCH_SA_INIT, rows[i].flags);
		ike_put_notify(&b, rows[i].type, view(&data));
		assert_int_equal(finish(&b, &m), rows[i].want);
		ike_build_fini(&b);
	}
}

/* Later exchanges are SK, or a bare notify; whatever stands in front of SK is not looked at. */
static void later_exchanges_are_sealed(void **state)
{
	struct ike_build b;
	struct ike_msg m;

	(void)state;
	start(&b, EXCH_AUTH, IKE_F_INITIATOR);
	assert_int_equal(finish(&b, &m), IKE_PARSE_RULES);
	ike_put_delete_ike(&b);
	assert_int_equal(finish(&b, &m), IKE_PARSE_RULES);
	ike_put_notify(&b, N_INVALID_IKE_SPI, (struct span){0});
	assert_int_equal(finish(&b, &m), IKE_PARSE_OK);
	assert_false(m.sealed);
	assert_int_equal(m.n, 1);
	assert_true(ike_msg_has_notify(&m, N_INVALID_IKE_SPI));
	ike_put_payload(&b, PL_SK, span_of("0123456789abcdef", 16));
	assert_int_equal(finish(&b, &m), IKE_PARSE_OK);
	assert_true(m.sealed);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.pl[0].type, PL_SK);
	ike_put_notify(&b, N_INVALID_IKE_SPI, (struct span){0});
	assert_int_equal(finish(&b, &m), IKE_PARSE_MALFORMED); /* SK is last */
	ike_build_fini(&b);
}

static void init_is_never_sealed(void **state)
{
	struct ike_build b;
	struct ike_msg m;

	(void)state;
	start(&b, EXCH_SA_INIT, IKE_F_INITIATOR);
	put_init(&b);
	ike_put_payload(&b, PL_SK, span_of("0123456789abcdef", 16));
	assert_int_equal(finish(&b, &m), IKE_PARSE_RULES);
	ike_build_fini(&b);
}

static void sk_inside_of_sk_is_malformed(void **state)
{
	static const uint8_t types[] = {PL_SK, PL_SKF};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct ike_build b;
		struct ike_msg m;

		start(&b, EXCH_INFORMATIONAL, 0);
		ike_put_payload(&b, types[i], span_of("0123456789abcdef", 16));
		assert_int_equal(finish_inner(&b, &m), IKE_PARSE_MALFORMED);
		assert_int_equal(m.offender, types[i]);
		ike_build_fini(&b);
	}
}

static void put_parts(struct ike_build *b, const char *parts)
{
	struct ike_id id = ike_id_text(ID_FQDN, "a");
	struct ike_ts ts = ike_ts_any4();
	uint8_t nonce[32];

	counting_nonce(nonce);
	for (; *parts; parts++) {
		switch (*parts) {
		case 'I':
			ike_put_id(b, PL_IDi, &id);
			break;
		case 'R':
			ike_put_id(b, PL_IDr, &id);
			break;
		case 'A':
			ike_put_auth(b, IKE_METHOD_PSK, span_of(nonce, 32));
			break;
		case 'S':
			ike_put_sa(b, IKE_PROTO_ESP, 77, 4, IKE_KE_WITHOUT, &gcm_x25519, 1);
			break;
		case 'i':
			ike_put_ts(b, PL_TSi, &ts, 1);
			break;
		case 'r':
			ike_put_ts(b, PL_TSr, &ts, 1);
			break;
		case 'N':
			ike_put_nonce(b, span_of(nonce, 32));
			break;
		case 'K':
			ike_put_ke(b, KE_X25519, span_of(nonce, 32));
			break;
		case 'E':
			ike_put_notify(b, N_NO_PROPOSAL_CHOSEN, (struct span){0});
			break;
		case 'D':
			ike_put_delete_ike(b);
			break;
		default:
			fail_msg("no part %c", *parts);
		}
	}
}

static void which_payloads_make_an_exchange(void **state)
{
	static const struct {
		uint8_t exchange, flags;
		const char *parts;
		enum ike_parse want;
	} rows[] = {
	        {EXCH_AUTH, 0, "IASir", IKE_PARSE_OK},
	        {EXCH_AUTH, 0, "riSARI", IKE_PARSE_OK}, /* any order */
	        {EXCH_AUTH, 0, "ISir", IKE_PARSE_OK},   /* asks for EAP */
	        {EXCH_AUTH, 0, "IA", IKE_PARSE_OK},     /* childless: RFC 6023 */
	        {EXCH_AUTH, 0, "ASir", IKE_PARSE_RULES},
	        {EXCH_AUTH, 0, "IIASir", IKE_PARSE_RULES},
	        {EXCH_AUTH, 0, "IASi", IKE_PARSE_RULES},
	        {EXCH_AUTH, 0, "IASr", IKE_PARSE_RULES},
	        {EXCH_AUTH, 0, "IAir", IKE_PARSE_RULES},
	        {EXCH_AUTH, 0, "IAS", IKE_PARSE_RULES},
	        {EXCH_AUTH, IKE_F_RESPONSE, "RASir", IKE_PARSE_OK},
	        {EXCH_AUTH, IKE_F_RESPONSE, "RAE", IKE_PARSE_OK}, /* only the child failed */
	        {EXCH_AUTH, IKE_F_RESPONSE, "E", IKE_PARSE_OK},
	        {EXCH_AUTH, IKE_F_RESPONSE, "RSir", IKE_PARSE_RULES},
	        {EXCH_AUTH, IKE_F_RESPONSE, "ASir", IKE_PARSE_OK}, /* the last one of EAP */
	        {EXCH_AUTH, IKE_F_RESPONSE, "IRASir", IKE_PARSE_RULES},
	        {EXCH_CREATE_CHILD, 0, "SNir", IKE_PARSE_OK},
	        {EXCH_CREATE_CHILD, 0, "SNKir", IKE_PARSE_OK},
	        {EXCH_CREATE_CHILD, 0, "SNK", IKE_PARSE_OK}, /* rekeys the IKE SA */
	        {EXCH_CREATE_CHILD, 0, "SN", IKE_PARSE_RULES},
	        {EXCH_CREATE_CHILD, 0, "SKir", IKE_PARSE_RULES},
	        {EXCH_CREATE_CHILD, 0, "NKir", IKE_PARSE_RULES},
	        {EXCH_CREATE_CHILD, 0, "SNi", IKE_PARSE_RULES},
	        {EXCH_CREATE_CHILD, IKE_F_RESPONSE, "E", IKE_PARSE_OK},
	        {EXCH_CREATE_CHILD, IKE_F_RESPONSE, "SN", IKE_PARSE_RULES},
	        {EXCH_INFORMATIONAL, 0, "", IKE_PARSE_OK},
	        {EXCH_INFORMATIONAL, 0, "DDE", IKE_PARSE_OK},
	        {EXCH_INFORMATIONAL, IKE_F_RESPONSE, "", IKE_PARSE_OK},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_build b;
		struct ike_msg m;

		start(&b, rows[i].exchange, rows[i].flags);
		put_parts(&b, rows[i].parts);
		enum ike_parse got = finish_inner(&b, &m);

		if (got != rows[i].want)
			fail_msg("%s %s: %s", ike_exchange_name(rows[i].exchange), rows[i].parts,
			        ike_parse_text(got));
		ike_build_fini(&b);
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static void a_payload_over_64k_spoils_the_build(void **state)
{
	uint8_t *big = xcalloc(1, IKE_MAX_MSG);
	struct ike_build b;
	struct span out;

	(void)state;
	start(&b, EXCH_SA_INIT, 0);
	ike_put_payload(&b, PL_VENDOR, span_of(big, IKE_MAX_MSG));
	ike_put_vendor(&b, "after");
	assert_false(ike_build_clear(&b, &out));
	ike_build_fini(&b);
	free(big);
}

static void names_and_strangers(void **state)
{
	(void)state;
	assert_string_equal(ike_payload_name(PL_IDi), "IDi");
	assert_string_equal(ike_payload_name(99), "payload 99");
	assert_string_equal(ike_exchange_name(EXCH_SA_INIT), "IKE_SA_INIT");
	assert_string_equal(ike_exchange_name(240), "exchange 240");
	assert_string_equal(ike_notify_name(14), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(ike_notify_name(16407), "REDIRECT");
	assert_string_equal(ike_notify_name(40999), "notify 40999");
	assert_string_equal(ike_prf_name(PRF_HMAC_SHA2_512), "SHA512");
	assert_string_equal(ike_group_name(KE_ECP_256), "DH_GROUP_256_ECP/Group 19");
	/* two at a time */
	const char *a = ike_group_name(1000), *c = ike_prf_name(99);

	assert_string_equal(a, "group 1000");
	assert_string_equal(c, "prf 99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(init_request_becomes_views),
	        cmocka_unit_test(every_cut_is_refused),
	        cmocka_unit_test(patches_of_one_octet),
	        cmocka_unit_test(spi_of_zero_is_malformed),
	        cmocka_unit_test(the_builder_writes_the_same_octets),
	        cmocka_unit_test(unknown_payloads_are_skipped_unless_critical),
	        cmocka_unit_test(payloads_of_other_exchanges_are_left_out),
	        cmocka_unit_test(too_many_payloads_are_malformed),
	        cmocka_unit_test(init_needs_sa_ke_and_nonce_once),
	        cmocka_unit_test(a_refusal_needs_only_its_notify),
	        cmocka_unit_test(later_exchanges_are_sealed),
	        cmocka_unit_test(init_is_never_sealed),
	        cmocka_unit_test(sk_inside_of_sk_is_malformed),
	        cmocka_unit_test(which_payloads_make_an_exchange),
	        cmocka_unit_test(a_payload_over_64k_spoils_the_build),
	        cmocka_unit_test(names_and_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
