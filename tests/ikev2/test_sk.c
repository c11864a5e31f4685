/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing and opening SK and SKF: vectors, every suite, and everything that must not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ikev2/frag.h"
#include "ikev2/payload.h"
#include "ikev2/sk.h"
#include "lib_hex.h"

/* The synthetic SA of test_crypt.c: its SKEYSEED cut for two suites. Both messages were confirmed
 * with an independent dissector. */
static const struct ike_suite gcm = {
        .encr = {ENCR_AES_GCM_16, 256}, .prf = PRF_HMAC_SHA2_256, .group = KE_X25519};
static const struct ike_suite cbc = {.encr = {ENCR_AES_CBC, 128},
        .integ = AUTH_HMAC_SHA2_256_128,
        .prf = PRF_HMAC_SHA2_256,
        .group = KE_X25519};

static const char gcm_informational[] = "010203040506070811121314151617182e202508000000020000003900"
                                        "00001d00000000000000012eddf0fb4c411a0f"
                                        "670ee2844dcf834333";
static const char cbc_informational[] =
        "010203040506070811121314151617182e202508000000020000005000000034000102030405060708090a0b0c"
        "0d0e0f"
        "3bc896a63fe393b183d2be316fa99533eaa086197bd39f29d6248e1e69d33569";

static void keys_of_the_vectors(struct ike_keys *k, const struct ike_suite *s)
{
	if (s == &gcm) {
		secret_hex(&k->ei,
		        "9302c66b947c55e0cf4e394c8fb0604c85818e0af336ec66259c2c3ead11d042b0b6adb1");
		secret_hex(&k->er,
		        "cde3859f71fd5713b11c80630bc6653e6849aac8e0ce3a609f017841a7f0d605c02db96f");
		return;
	}
	secret_hex(&k->ai, "9302c66b947c55e0cf4e394c8fb0604c85818e0af336ec66259c2c3ead11d042");
	secret_hex(&k->ar, "b0b6adb1cde3859f71fd5713b11c80630bc6653e6849aac8e0ce3a609f017841");
	secret_hex(&k->ei, "a7f0d605c02db96f721d76bb7099af83");
	secret_hex(&k->er, "8ea90083fb88845179dfff839f5de7a7");
}

struct pair {
	struct ike_sk *i, *r;
};

static void pair_of_vectors(struct pair *p, const struct ike_suite *s)
{
	struct ike_keys k = {0};

	keys_of_the_vectors(&k, s);
	p->i = ike_sk_new(s, &k, true);
	p->r = ike_sk_new(s, &k, false);
	assert_non_null(p->i);
	assert_non_null(p->r);
	ike_keys_wipe(&k);
}

/* Two ends of an SA with keys derived from next to nothing. */
static void pair_of(struct pair *p, const struct ike_suite *s)
{
	struct ike_keys k = {0};
	struct secret shared = {0};
	const struct span n = span_of("0123456789abcdef", 16);

	secret_set(&shared, "shared", 6);
	assert_true(ike_keys_derive(s, n, n, 1, 2, &shared, &k));
	p->i = ike_sk_new(s, &k, true);
	p->r = ike_sk_new(s, &k, false);
	assert_non_null(p->i);
	assert_non_null(p->r);
	ike_keys_wipe(&k);
	secret_wipe(&shared);
}

static void pair_free(struct pair *p)
{
	ike_sk_free(p->i);
	ike_sk_free(p->r);
}

static void informational(struct ike_build *b, uint32_t id)
{
	struct ike_hdr h = {.spi_i = 0x0102030405060708,
	        .spi_r = 0x1112131415161718,
	        .exchange = EXCH_INFORMATIONAL,
	        .flags = IKE_F_INITIATOR,
	        .id = id};

	ike_build_init(b, &h);
}

static bool open_dgram(struct ike_sk *sk, const uint8_t *p, size_t n, struct ike_plain *out)
{
	struct ike_msg m;

	*out = (struct ike_plain){0};
	return ike_msg_parse(span_of(p, n), &m) == IKE_PARSE_OK && ike_sk_open(sk, &m, out);
}

static void seal_whole(struct ike_sk *sk, const struct ike_build *b, struct ike_packets *out)
{
	assert_true(ike_sk_seal(sk, b, 0, counting, NULL, out));
	assert_int_equal(out->n, 1);
}

static void empty_informational_of(const struct ike_suite *s, const char *want)
{
	struct ike_packets out = {0};
	struct ike_plain plain;
	struct ike_build b;
	struct octets o = hex(want);
	struct pair p;

	pair_of_vectors(&p, s);
	informational(&b, 2);
	seal_whole(p.i, &b, &out);
	assert_int_equal(out.v[0].n, o.n);
	assert_memory_equal(out.v[0].p, o.p, o.n);
	assert_true(open_dgram(p.r, o.p, o.n, &plain));
	assert_int_equal(plain.n, 0);
	assert_int_equal(plain.first, PL_NONE);
	ike_plain_fini(&plain);
	assert_false(open_dgram(p.i, o.p, o.n, &plain)); /* sent back: the other direction's keys */
	ike_packets_fini(&out);
	ike_build_fini(&b);
	pair_free(&p);
}

static void gcm_vector(void **state)
{
	(void)state;
	empty_informational_of(&gcm, gcm_informational);
}

static void cbc_vector(void **state)
{
	(void)state;
	empty_informational_of(&cbc, cbc_informational);
}

static const struct ike_suite suites[] = {
        {.encr = {ENCR_AES_GCM_16, 128}, .prf = PRF_HMAC_SHA2_256},
        {.encr = {ENCR_AES_GCM_16, 192}, .prf = PRF_HMAC_SHA2_384},
        {.encr = {ENCR_AES_GCM_16, 256}, .prf = PRF_HMAC_SHA2_512},
        {.encr = {ENCR_CHACHA20_POLY1305, 0}, .prf = PRF_HMAC_SHA2_256},
        {.encr = {ENCR_AES_CBC, 128}, .integ = AUTH_HMAC_SHA1_96, .prf = PRF_HMAC_SHA1},
        {.encr = {ENCR_AES_CBC, 192}, .integ = AUTH_HMAC_SHA2_256_128, .prf = PRF_HMAC_SHA2_256},
        {.encr = {ENCR_AES_CBC, 256}, .integ = AUTH_HMAC_SHA2_384_192, .prf = PRF_HMAC_SHA2_384},
        {.encr = {ENCR_AES_CBC, 256}, .integ = AUTH_HMAC_SHA2_512_256, .prf = PRF_HMAC_SHA2_512},
        {.encr = {ENCR_3DES, 0}, .integ = AUTH_HMAC_SHA1_96, .prf = PRF_HMAC_SHA1},
};

static void text_of(struct ike_build *b, size_t n)
{
	informational(b, 7);
	if (n < IKE_PL_HDR_LEN)
		return;
	ike_put_begin(b, PL_VENDOR);
	for (size_t i = IKE_PL_HDR_LEN; i < n; i++)
		ike_put_u8(b, (uint8_t)i);
	ike_put_end(b);
}

/* Every length around a few blocks, every octet of the message touched once: opened is only what
 * was sealed. */
static void every_suite_opens_what_it_sealed_and_nothing_else(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct pair p;

		pair_of(&p, &suites[s]);
		for (size_t n = IKE_PL_HDR_LEN; n < 40; n++) {
			struct ike_packets out = {0};
			struct ike_plain plain;
			struct ike_build b;
			uint8_t first;

			text_of(&b, n);
			struct span text = ike_build_inner(&b, &first);

			seal_whole(p.i, &b, &out);
			assert_true(open_dgram(p.r, out.v[0].p, out.v[0].n, &plain));
			assert_int_equal(plain.first, PL_VENDOR);
			assert_true(span_eq(span_of(plain.p, plain.n), text));
			assert_int_equal(plain.total, 0);
			ike_plain_fini(&plain);
			for (size_t at = 0; n == 20 && at < out.v[0].n; at++) {
				out.v[0].p[at] ^= 4;
				assert_false(open_dgram(p.r, out.v[0].p, out.v[0].n, &plain));
				assert_null(plain.p);
				out.v[0].p[at] ^= 4;
			}
			ike_packets_fini(&out);
			ike_build_fini(&b);
		}
		pair_free(&p);
	}
}

/* A body of any length below what there must be, and above by less than a block. */
static void bodies_of_wrong_length_do_not_open(void **state)
{
	uint8_t dgram[256];

	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++)
		for (size_t n = 0; n < 100; n++) {
			struct ike_plain plain;
			struct pair p;
			struct wr w = wr_init(dgram, sizeof(dgram));

			pair_of(&p, &suites[s]);
			wr_u64(&w, 1);
			wr_u64(&w, 2);
			wr_u32(&w, (uint32_t)PL_SK << 24 | IKE_VERSION << 16 | EXCH_AUTH << 8 |
			                   IKE_F_INITIATOR);
			wr_u32(&w, 1);
			wr_u32(&w, (uint32_t)(IKE_HDR_LEN + IKE_PL_HDR_LEN + n));
			wr_u16(&w, 0);
			wr_u16(&w, (uint16_t)(IKE_PL_HDR_LEN + n));
			wr_zero(&w, n);
			uint8_t *exact = xmemdup(dgram, w.len);

			assert_false(open_dgram(p.r, exact, w.len, &plain));
			free(exact);
			pair_free(&p);
		}
}

/* Authentic, but the padding length points in front of the text. */
static void padding_longer_than_the_text_does_not_open(void **state)
{
	struct cipher *c;
	struct ike_keys k = {0};
	struct ike_plain plain;
	struct pair p;
	uint8_t m[IKE_HDR_LEN + 4 + 8 + 4 + 16] = {0};
	struct octets head =
	        hex("010203040506070811121314151617182e202508000000020000003c00000020");

	(void)state;
	for (unsigned pad = 0; pad < 256; pad += 51) {
		pair_of_vectors(&p, &gcm);
		keys_of_the_vectors(&k, &gcm);
		c = cipher_new(alg_encr(ENCR_AES_GCM_16), NULL, secret_span(&k.ei),
		        (struct span){0}, true);
		assert_non_null(c);
		memset(m, 0, sizeof(m));
		memcpy(m, head.p, head.n);
		m[43] = (uint8_t)pad;
		assert_true(cipher_seal(
		        c, span_of(m, 32), m + 32, m + 40, 4, (struct span){0}, m + 44));
		assert_int_equal(open_dgram(p.r, m, sizeof(m), &plain), pad == 0);
		if (!pad)
			assert_int_equal(plain.n, 3);
		ike_plain_fini(&plain);
		cipher_free(c);
		ike_keys_wipe(&k);
		pair_free(&p);
	}
}

static void the_iv_of_an_aead_never_repeats(void **state)
{
	struct ike_packets a = {0}, b2 = {0};
	struct ike_build b;
	struct pair p;

	(void)state;
	pair_of_vectors(&p, &gcm);
	informational(&b, 2);
	seal_whole(p.i, &b, &a);
	seal_whole(p.i, &b, &b2);
	assert_memory_not_equal(a.v[0].p + 32, b2.v[0].p + 32, 8);
	ike_packets_fini(&a);
	ike_packets_fini(&b2);
	ike_build_fini(&b);
	pair_free(&p);
}

/* RFC 7296 §3.3.2: an IKE SA encrypts and authenticates. */
static void suites_without_both_make_no_sa(void **state)
{
	static const struct ike_suite bad[] = {
	        {.encr = {ENCR_AES_CBC, 128}, .integ = AUTH_NONE, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_NULL, 0}, .integ = AUTH_HMAC_SHA2_256_128, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_GCM_16, 128},
	                .integ = AUTH_HMAC_SHA2_256_128,
	                .prf = PRF_HMAC_SHA2_256},
	        {.encr = {99, 0}, .integ = AUTH_HMAC_SHA2_256_128, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_CBC, 128}, .integ = 99, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_CBC, 128},
	                .integ = AUTH_HMAC_SHA1_96,
	                .prf = PRF_HMAC_SHA2_256}, /* wrong key length */
	};
	struct ike_keys k = {0};

	(void)state;
	keys_of_the_vectors(&k, &cbc);
	assert_null(ike_sk_new(&gcm, &(struct ike_keys){0}, true));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(ike_sk_new(&bad[i], &k, true));
	ike_keys_wipe(&k);
}

/* ---- fragments ------------------------------------------------------------------------------- */

/* Every fragment fits, all but the last are full, and the texts together are the whole. */
static void fragments_fit_and_add_up(void **state)
{
	static const size_t limits[] = {120, 548, 1252};

	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++)
		for (size_t l = 0; l < ARRAY_LEN(limits); l++)
			for (size_t n = 1200; n < 1300; n += 7) {
				struct ike_packets out = {0};
				struct ike_build b;
				struct pair p;
				uint8_t first;
				size_t at = 0;

				pair_of(&p, &suites[s]);
				text_of(&b, n);
				struct span text = ike_build_inner(&b, &first);

				assert_true(ike_sk_seal(p.i, &b, limits[l], counting, NULL, &out));
				for (size_t i = 0; i < out.n; i++) {
					struct ike_plain plain;

					assert_true(out.v[i].n <= limits[l]);
					assert_true(
					        open_dgram(p.r, out.v[i].p, out.v[i].n, &plain));
					assert_int_equal(plain.number, out.n > 1 ? i + 1 : 0);
					assert_int_equal(plain.total, out.n > 1 ? out.n : 0);
					assert_int_equal(plain.first, i ? PL_NONE : PL_VENDOR);
					assert_true(at + plain.n <= text.n);
					assert_memory_equal(plain.p, text.p + at, plain.n);
					if (i + 1 < out.n) /* full: one block more would not fit */
						assert_true(out.v[i].n + 16 > limits[l]);
					at += plain.n;
					ike_plain_fini(&plain);
				}
				assert_int_equal(at, text.n);
				ike_packets_fini(&out);
				ike_build_fini(&b);
				pair_free(&p);
			}
}

static void fragments_are_authentic_too(void **state)
{
	struct ike_packets out = {0};
	struct ike_plain plain;
	struct ike_build b;
	struct pair p;

	(void)state;
	pair_of(&p, &suites[0]);
	text_of(&b, 300);
	assert_true(ike_sk_seal(p.i, &b, 200, counting, NULL, &out));
	assert_true(out.n > 1);
	for (size_t at = 0; at < out.v[1].n; at++) { /* numbers and header are covered */
		out.v[1].p[at] ^= 1;
		assert_false(open_dgram(p.r, out.v[1].p, out.v[1].n, &plain));
		out.v[1].p[at] ^= 1;
	}
	ike_packets_fini(&out);
	ike_build_fini(&b);
	pair_free(&p);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct ike_packets out = {0};
	struct ike_build b;
	struct pair p;

	(void)state;
	pair_of(&p, &suites[0]);
	text_of(&b, 5000);
	assert_false(ike_sk_seal(p.i, &b, 60, counting, NULL, &out)); /* no room for any text */
	assert_int_equal(out.n, 0);
	assert_false(ike_sk_seal(p.i, &b, 130, counting, NULL, &out)); /* more than 64 fragments */
	assert_int_equal(out.n, 0);
	assert_true(ike_sk_seal(p.i, &b, 160, counting, NULL, &out));
	assert_true(out.n <= IKE_FRAG_MAX);
	ike_put_vendor(&b, "x");
	b.bad = true;
	assert_false(ike_sk_seal(p.i, &b, 0, counting, NULL, &out));
	assert_int_equal(out.n, 0);
	ike_build_fini(&b);
	pair_free(&p);
}

static void a_message_that_fits_is_not_cut(void **state)
{
	struct ike_packets out = {0};
	struct ike_build b;
	struct pair p;

	(void)state;
	pair_of(&p, &suites[5]);
	text_of(&b, 400);
	seal_whole(p.i, &b, &out);
	size_t whole = out.v[0].n;

	assert_true(ike_sk_seal(p.i, &b, whole, counting, NULL, &out));
	assert_int_equal(out.n, 1);
	assert_int_equal(out.v[0].p[16], PL_SK);
	assert_true(ike_sk_seal(p.i, &b, whole - 1, counting, NULL, &out));
	assert_int_equal(out.n, 2);
	assert_int_equal(out.v[0].p[16], PL_SKF);
	ike_packets_fini(&out);
	ike_build_fini(&b);
	pair_free(&p);
}

static void room_in_an_ip_datagram(void **state)
{
	(void)state;
	assert_int_equal(ike_max_len(576, AF_INET, false), 548);
	assert_int_equal(ike_max_len(576, AF_INET, true), 544);
	assert_int_equal(ike_max_len(1280, AF_INET6, false), 1232);
	assert_int_equal(ike_max_len(20, AF_INET, false), 0);
}

static void fragment_numbers_before_opening(void **state)
{
	static const struct {
		uint16_t number, total;
		bool ok;
	} rows[] = {{1, 1, true}, {2, 5, true}, {0, 5, false}, {6, 5, false}, {0, 0, false},
	        {1, 0, false}, {65535, 65535, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_build b;
		struct ike_msg m;
		struct span s;
		uint16_t number, total;

		informational(&b, 1);
		ike_put_begin(&b, PL_SKF);
		ike_put_u16(&b, rows[i].number);
		ike_put_u16(&b, rows[i].total);
		ike_put_end(&b);
		assert_true(ike_build_clear(&b, &s));
		assert_int_equal(ike_msg_parse(s, &m), IKE_PARSE_OK);
		assert_int_equal(ike_skf_numbers(&m, &number, &total), rows[i].ok);
		ike_build_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(gcm_vector),
	        cmocka_unit_test(cbc_vector),
	        cmocka_unit_test(every_suite_opens_what_it_sealed_and_nothing_else),
	        cmocka_unit_test(bodies_of_wrong_length_do_not_open),
	        cmocka_unit_test(padding_longer_than_the_text_does_not_open),
	        cmocka_unit_test(the_iv_of_an_aead_never_repeats),
	        cmocka_unit_test(suites_without_both_make_no_sa),
	        cmocka_unit_test(fragments_fit_and_add_up),
	        cmocka_unit_test(fragments_are_authentic_too),
	        cmocka_unit_test(what_does_not_fit_is_refused),
	        cmocka_unit_test(a_message_that_fits_is_not_cut),
	        cmocka_unit_test(room_in_an_ip_datagram),
	        cmocka_unit_test(fragment_numbers_before_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
