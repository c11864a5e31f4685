/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ciphers against published vectors, and what they must refuse. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/alg.h"

static void from_hex(const char *hex, uint8_t *out)
{
	assert_true(hex_parse(hex, out, strlen(hex) / 2));
}

/* RFC 3602 §4, case 1 */
static void aes_cbc_vector(void **s)
{
	uint8_t key[16], iv[16], text[16], want[16], icv[32];

	(void)s;
	from_hex("06a9214036b8a15b512e03d534120006", key);
	from_hex("3dafba429d9eb430b422da802c9fac41", iv);
	from_hex("e353779c1079aeb82708942dbe77181a", want);
	memcpy(text, "Single block msg", 16);
	struct cipher *c = cipher_new(alg_encr(ENCR_AES_CBC), NULL, span_of(key, 16), (struct span){0}, true);

	assert_non_null(c);
	assert_true(cipher_seal(c, (struct span){0}, iv, text, 16, (struct span){0}, icv));
	assert_memory_equal(text, want, 16);
	cipher_free(c);
}

/* The gcm-spec's test case 4, whose 12-octet IV is split into salt and IV as RFC 4106 does. */
static void aes_gcm_vector(void **s)
{
	uint8_t km[20], iv[8], aad[20], text[60], tag[16], want_tag[16], want[60];

	(void)s;
	from_hex("feffe9928665731c6d6a8f9467308308cafebabe", km);
	from_hex("facedbaddecaf888", iv);
	from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", aad);
	from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
		 "b16aedf5aa0de657ba637b39",
		text);
	from_hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
		 "1ba30b396a0aac973d58e091",
		want);
	from_hex("5bc94fbc3221a5db94fae95ae7121a47", want_tag);
	struct cipher *c = cipher_new(alg_encr(ENCR_AES_GCM_16), NULL, span_of(km, 20), (struct span){0}, true);

	assert_non_null(c);
	assert_true(cipher_seal(c, span_of(aad, 20), iv, text, 60, (struct span){0}, tag));
	assert_memory_equal(text, want, 60);
	assert_memory_equal(tag, want_tag, 16);
	cipher_free(c);
}

static void each_suite_opens_what_it_sealed_and_nothing_else(void **s)
{
	static const struct {
		uint16_t encr, bits, integ;
	} suites[] = {{ENCR_AES_CBC, 128, AUTH_HMAC_SHA1_96}, {ENCR_AES_CBC, 192, AUTH_HMAC_SHA2_256_128},
		{ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_384_192}, {ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256},
		{ENCR_3DES, 0, AUTH_HMAC_SHA1_96}, {ENCR_NULL, 0, AUTH_HMAC_SHA2_256_128}, {ENCR_AES_GCM_16, 128, 0},
		{ENCR_AES_GCM_16, 192, 0}, {ENCR_AES_GCM_16, 256, 0}, {ENCR_CHACHA20_POLY1305, 0, 0}};
	uint8_t km[64], ik[64], iv[16], text[48], icv[64];

	(void)s;
	memset(km, 7, sizeof(km));
	memset(ik, 9, sizeof(ik));
	memset(iv, 3, sizeof(iv));
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct alg_encr *e = alg_encr(suites[i].encr);
		const struct alg_integ *a = alg_integ(suites[i].integ);
		struct span k = span_of(km, alg_encr_keymat(e, suites[i].bits)), n = span_of(ik, a->key);
		struct cipher *seal = cipher_new(e, a, k, n, true), *open = cipher_new(e, a, k, n, false);

		assert_non_null(seal);
		assert_non_null(open);
		for (int round = 0; round < 2; round++) { /* contexts are used again */
			memset(text, 'x', sizeof(text));
			assert_true(cipher_seal(seal, span_of("head", 4), iv, text, 48, (struct span){0}, icv));
			assert_true(cipher_open(open, span_of("head", 4), iv, text, 48, (struct span){0}, icv));
			assert_int_equal(text[47], 'x');
			assert_true(cipher_seal(seal, span_of("head", 4), iv, text, 48, (struct span){0}, icv));
			icv[0] ^= 1;
			assert_false(cipher_open(open, span_of("head", 4), iv, text, 48, (struct span){0}, icv));
			icv[0] ^= 1;
			assert_false(cipher_open(open, span_of("Head", 4), iv, text, 48, (struct span){0}, icv));
		}
		cipher_free(seal);
		cipher_free(open);
	}
}

static void illegal_keys_are_refused(void **s)
{
	uint8_t k[64] = {0};

	(void)s;
	assert_int_equal(alg_encr_keymat(alg_encr(ENCR_AES_CBC), 0), 0);
	assert_int_equal(alg_encr_keymat(alg_encr(ENCR_AES_GCM_16), 100), 0);
	assert_int_equal(alg_encr_keymat(alg_encr(ENCR_3DES), 128), 0);
	assert_null(alg_encr(99));
	assert_null(alg_integ(99));
	/* AEAD with an integrity algorithm, and a MAC key of the wrong length */
	assert_null(cipher_new(alg_encr(ENCR_AES_GCM_16), alg_integ(AUTH_HMAC_SHA1_96), span_of(k, 20), span_of(k, 20), true));
	assert_null(cipher_new(alg_encr(ENCR_AES_CBC), alg_integ(AUTH_HMAC_SHA1_96), span_of(k, 16), span_of(k, 19), true));
}

/* One packet after another through one cipher, as ESP does; what is sealed by one library opens in the other. */
static void agree(uint16_t id, uint16_t bits)
{
	static uint8_t a[1500], b[1500];
	uint8_t km[36], iv[8] = {0}, tag_a[16], tag_b[16];
	const struct alg_encr *e = alg_encr(id);
	struct span k = span_of(km, alg_encr_keymat(e, bits)), none = {0};

	memset(km, bits % 251 + 3, sizeof(km));
	struct cipher *mine = cipher_new(e, NULL, k, none, true), *back = cipher_new(e, NULL, k, none, false);

	cipher_openssl_only(true);
	struct cipher *theirs = cipher_new(e, NULL, k, none, true);

	assert_non_null(mine);
	assert_non_null(theirs);
	for (size_t n = 0; n < sizeof(a); n += n < 130 ? 1 : 37) {
		iv[7] = (uint8_t)n;
		iv[6] = (uint8_t)(n >> 8);
		memset(a, (int)n, sizeof(a));
		memset(b, (int)n, sizeof(b));
		assert_true(cipher_seal(mine, span_of("twelve-bytes", n % 2 ? 8 : 12), iv, a, n, none, tag_a));
		assert_true(cipher_seal(theirs, span_of("twelve-bytes", n % 2 ? 8 : 12), iv, b, n, none, tag_b));
		assert_memory_equal(a, b, sizeof(a));
		assert_memory_equal(tag_a, tag_b, 16);
		assert_true(cipher_open(back, span_of("twelve-bytes", n % 2 ? 8 : 12), iv, b, n, none, tag_b));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(b[i], (uint8_t)n);
		tag_a[15] ^= 0x80;
		assert_false(cipher_open(back, span_of("twelve-bytes", n % 2 ? 8 : 12), iv, a, n, none, tag_a));
	}
	cipher_free(mine);
	cipher_free(back);
	cipher_free(theirs);
	cipher_openssl_only(false);
}

static void the_libraries_agree(void **s)
{
	(void)s;
	agree(ENCR_AES_GCM_16, 128);
	agree(ENCR_AES_GCM_16, 192);
	agree(ENCR_AES_GCM_16, 256);
	agree(ENCR_CHACHA20_POLY1305, 0);
}

/* RFC 8439 §2.8.2 */
static void chacha20_poly1305_vector(void **s)
{
	static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
				   "sunscreen would be it.";
	uint8_t km[36], iv[8], aad[12], want[16], tag[16], p[sizeof(text) - 1];

	(void)s;
	for (uint8_t i = 0; i < 32; i++)
		km[i] = (uint8_t)(0x80 + i);
	from_hex("07000000", km + 32);
	from_hex("4041424344454647", iv);
	from_hex("50515253c0c1c2c3c4c5c6c7", aad);
	from_hex("1ae10b594f09e26a7e902ecbd0600691", want);
	memcpy(p, text, sizeof(p));
	struct cipher *c = cipher_new(alg_encr(ENCR_CHACHA20_POLY1305), NULL, span_of(km, 36), (struct span){0}, true);

	assert_non_null(c);
	assert_true(cipher_seal(c, span_of(aad, 12), iv, p, sizeof(p), (struct span){0}, tag));
	assert_memory_equal(tag, want, 16);
	cipher_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aes_cbc_vector),
		cmocka_unit_test(aes_gcm_vector),
		cmocka_unit_test(each_suite_opens_what_it_sealed_and_nothing_else),
		cmocka_unit_test(chacha20_poly1305_vector),
		cmocka_unit_test(the_libraries_agree),
		cmocka_unit_test(illegal_keys_are_refused),
	};
	int failed = cmocka_run_group_tests_name("by the library at hand", tests, NULL, NULL);

	cipher_openssl_only(true);
	return failed + cmocka_run_group_tests_name("by OpenSSL", tests, NULL, NULL);
}
