/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures of AUTH payloads: each scheme signs and verifies, nothing else is taken for it; CERT
 * and CERTREQ payloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "ikev2/cert.h"
#include "ikev2/sig.h"
#include "lib_hex.h"

enum {
	ALL = 1u << SIG_HASH_SHA256 | 1u << SIG_HASH_SHA384 | 1u << SIG_HASH_SHA512 |
	      1u << SIG_HASH_IDENTITY
};

static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	assert_true(c && EVP_PKEY_keygen_init(c) == 1 &&
	            EVP_PKEY_CTX_set_rsa_keygen_bits(c, 2048) == 1);
	assert_int_equal(EVP_PKEY_keygen(c, &key), 1);
	EVP_PKEY_CTX_free(c);
	return key;
}

static EVP_PKEY *new_key(const char *kind)
{
	if (strcmp(kind, "rsa") == 0)
		return EVP_RSA_gen(2048);
	if (strcmp(kind, "pss") == 0)
		return pss_key();
	if (kind[0] == 'P')
		return EVP_EC_gen(kind);
	return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}

/* How this key signs for a peer that announced these hashes. */
static const struct ike_sig_scheme *choose(const EVP_PKEY *key, unsigned hashes)
{
	unsigned bits;
	enum ike_key_type type = ike_sig_key_type(key, &bits);

	return ike_sig_choose(type, bits, hashes);
}

static void spki(const EVP_PKEY *key, struct ike_spki *out)
{
	uint8_t *at = out->der;
	int n = i2d_PUBKEY(key, NULL);

	assert_true(n > 0 && (size_t)n <= sizeof(out->der));
	i2d_PUBKEY(key, &at);
	out->n = (size_t)n;
}

static const struct {
	const char *kind;
	unsigned hashes; /* that the peer announced */
	uint8_t method;  /* that is chosen */
} cases[] = {
        {"rsa", ALL, 14},
        {"rsa", 1u << SIG_HASH_SHA384, 14},
        {"rsa", 0, 1},
        {"rsa", 1u << SIG_HASH_SHA1, 1},
        {"pss", ALL, 14},
        {"P-256", ALL, 14},
        {"P-384", ALL, 14},
        {"P-521", ALL, 14},
        {"P-384", 1u << SIG_HASH_SHA256, 14},
        {"P-256", 0, 9},
        {"P-384", 0, 10},
        {"P-521", 0, 11},
        {"ED25519", ALL, 14},
        {"ED448", ALL, 14},
};

static void every_scheme_signs_and_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		EVP_PKEY *key = new_key(cases[i].kind);
		struct span text = span_of("signed octets", 13),
		            other = span_of("signed octetz", 13);
		struct secret sig = {0};
		struct ike_spki pub;
		enum ike_key_type type;
		const struct ike_sig_scheme *s = choose(key, cases[i].hashes);

		assert_non_null(s);
		assert_int_equal(s->method, cases[i].method);
		assert_true(ike_sig_sign(key, s, text, &sig));
		spki(key, &pub);
		assert_true(ike_sig_verify(&pub, s->method, secret_span(&sig), text, &type));
		assert_int_equal(type, s->key);
		assert_false(ike_sig_verify(&pub, s->method, secret_span(&sig), other, &type));
		/* one octet off anywhere near the ends, or missing */
		sig.p[0] ^= 1;
		assert_false(ike_sig_verify(&pub, s->method, secret_span(&sig), text, &type));
		sig.p[0] ^= 1;
		sig.p[sig.n - 1] ^= 1;
		assert_false(ike_sig_verify(&pub, s->method, secret_span(&sig), text, &type));
		sig.p[sig.n - 1] ^= 1;
		for (size_t n = 0; n < sig.n; n += 7)
			assert_false(
			        ike_sig_verify(&pub, s->method, span_of(sig.p, n), text, &type));
		/* nor under another method */
		for (uint8_t m = 0; m < 20; m++)
			if (m != s->method)
				assert_false(
				        ike_sig_verify(&pub, m, secret_span(&sig), text, &type));
		secret_wipe(&sig);
		EVP_PKEY_free(key);
	}
}

/* ECDSA of methods 9 to 11 is r ‖ s of fixed length (RFC 4754 §7), that of method 14 is DER. */
static void ecdsa_has_fixed_length_without_method_14(void **state)
{
	static const struct {
		const char *kind;
		size_t n;
	} of[] = {{"P-256", 64}, {"P-384", 96}, {"P-521", 132}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		EVP_PKEY *key = new_key(of[i].kind);
		struct secret sig = {0};
		const struct ike_sig_scheme *s = choose(key, 0);

		assert_true(ike_sig_sign(key, s, span_of("x", 1), &sig));
		assert_int_equal(sig.n, of[i].n);
		secret_wipe(&sig);
		EVP_PKEY_free(key);
	}
}

static void eddsa_needs_a_peer_that_announced_it(void **state)
{
	(void)state;
	assert_null(ike_sig_choose(IKE_KEY_ED25519, 256, 0));
	assert_null(ike_sig_choose(IKE_KEY_ED448, 456, ALL & ~(1u << SIG_HASH_IDENTITY)));
	assert_null(ike_sig_choose(IKE_KEY_NONE, 0, ALL));
}

/* The identifiers of RFC 7427 appendix A. */
static void algorithm_identifiers_are_those_of_the_rfc(void **state)
{
	static const struct {
		enum ike_key_type key;
		unsigned bits, hash;
		const char *der;
	} of[] = {{IKE_KEY_RSA, 2048, SIG_HASH_SHA256, "300d06092a864886f70d01010b0500"},
	        {IKE_KEY_RSA, 2048, SIG_HASH_SHA384, "300d06092a864886f70d01010c0500"},
	        {IKE_KEY_RSA, 2048, SIG_HASH_SHA512, "300d06092a864886f70d01010d0500"},
	        {IKE_KEY_RSA_PSS, 2048, SIG_HASH_SHA256,
	                "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06"
	                "092a864886f70d01"
	                "0108300d06096086480165030402010500a203020120"},
	        {IKE_KEY_EC, 256, SIG_HASH_SHA256, "300a06082a8648ce3d040302"},
	        {IKE_KEY_EC, 384, SIG_HASH_SHA384, "300a06082a8648ce3d040303"},
	        {IKE_KEY_EC, 521, SIG_HASH_SHA512, "300a06082a8648ce3d040304"},
	        {IKE_KEY_ED25519, 256, SIG_HASH_IDENTITY, "300506032b6570"},
	        {IKE_KEY_ED448, 456, SIG_HASH_IDENTITY, "300506032b6571"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		const struct ike_sig_scheme *s =
		        ike_sig_choose(of[i].key, of[i].bits, 1u << of[i].hash);
		uint8_t want[80];
		size_t n = strlen(of[i].der) / 2;

		assert_true(hex_parse(of[i].der, want, n));
		assert_int_equal(s->alg.n, n);
		assert_memory_equal(s->alg.p, want, n);
	}
}

/* SHA-1 under method 14 (RFC 8247 §3.2), and an algorithm that is not the key's. */
static void weak_and_foreign_algorithms_are_refused(void **state)
{
	static const uint8_t sha1_rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	        0x0d, 0x01, 0x01, 0x05, 0x05, 0x00};
	EVP_PKEY *rsa = new_key("rsa"), *ec = new_key("P-256");
	struct ike_sig_scheme weak = {.method = 14,
	        .key = IKE_KEY_RSA,
	        .hash = SIG_HASH_SHA1,
	        .alg = {sha1_rsa, sizeof(sha1_rsa)}};
	struct secret sig = {0};
	struct ike_spki pub;
	enum ike_key_type type;

	(void)state;
	assert_true(ike_sig_sign(rsa, &weak, span_of("x", 1), &sig));
	spki(rsa, &pub);
	assert_false(ike_sig_verify(&pub, 14, secret_span(&sig), span_of("x", 1), &type));
	assert_false(
	        ike_sig_sign(ec, ike_sig_choose(IKE_KEY_RSA, 2048, ALL), span_of("x", 1), &sig));
	assert_true(ike_sig_sign(ec, choose(ec, ALL), span_of("x", 1), &sig));
	assert_false(ike_sig_verify(&pub, 14, secret_span(&sig), span_of("x", 1), &type));
	pub.n = 3;
	assert_false(ike_sig_verify(&pub, 14, secret_span(&sig), span_of("x", 1), &type));
	assert_int_equal(type, IKE_KEY_NONE);
	secret_wipe(&sig);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
}

static void hashes_are_read_and_announced(void **state)
{
	static const uint8_t peer[] = {
	        0, 1, 0, 2, 0, 5, 1, 2, 0, 9, 0}; /* strangers, and half a number */
	uint8_t ours[IKE_SIG_HASHES_LEN];

	(void)state;
	assert_int_equal(ike_sig_hashes(span_of(peer, sizeof(peer))),
	        1u << SIG_HASH_SHA1 | 1u << SIG_HASH_SHA256 | 1u << SIG_HASH_IDENTITY);
	assert_int_equal(ike_sig_hashes((struct span){0}), 0);
	ike_sig_announce(ours);
	assert_int_equal(ike_sig_hashes(span_of(ours, sizeof(ours))), ALL);
}

/* ---- payloads --------------------------------------------------------------------------- */

static struct ike_pl payload(uint8_t type, struct span body)
{
	return (struct ike_pl){.type = type, .body = body};
}

static void certificates_are_read_in_their_order(void **state)
{
	static const uint8_t one[] = {4, 0x30, 1}, url[] = {12, 0x68}, two[] = {4, 0x30, 2},
	                     empty[] = {4};
	struct ike_msg m = {.n = 4};
	struct ike_certs c;

	(void)state;
	m.pl[0] = payload(PL_CERT, span_of(one, 3));
	m.pl[1] = payload(PL_CERT, span_of(url, 2));
	m.pl[2] = payload(PL_CERT, span_of(empty, 1));
	m.pl[3] = payload(PL_CERT, span_of(two, 3));
	assert_true(ike_msg_certs(&m, false, &c));
	assert_int_equal(c.n, 2);
	assert_ptr_equal(c.der[0].p, one + 1);
	assert_ptr_equal(c.der[1].p, two + 1);
	for (m.n = 0; m.n <= IKE_MAX_CERTS; m.n++)
		m.pl[m.n] = payload(PL_CERT, span_of(one, 3));
	assert_false(ike_msg_certs(&m, false, &c));
}

static void a_certificate_may_be_a_hash_and_a_url(void **state)
{
	static const uint8_t whole[] = {4, 0x30, 1},
	                     url[] = "\x0c"
	                             "01234567890123456789"
	                             "http://h/c",
	                     none[] = "\x0c"
	                              "01234567890123456789",
	                     bundle[] = "\x0d"
	                                "0123456789012345678901";
	struct ike_msg m = {.n = 4};
	struct ike_certs c;

	(void)state;
	m.pl[0] = payload(PL_CERT, span_of(none, sizeof(none) - 1));
	m.pl[1] = payload(PL_CERT, span_of(url, sizeof(url) - 1));
	m.pl[2] = payload(PL_CERT, span_of(bundle, sizeof(bundle) - 1));
	m.pl[3] = payload(PL_CERT, span_of(whole, sizeof(whole)));
	assert_true(ike_msg_certs(&m, true, &c));
	assert_int_equal(c.n, 2);
	assert_int_equal(c.der[0].n, 0);
	assert_ptr_equal(c.hash[0], url + 1);
	assert_int_equal(c.url[0].n, 10);
	assert_memory_equal(c.url[0].p, "http://h/c", 10);
	assert_null(c.hash[1]);
	assert_int_equal(c.der[1].n, 2);
	assert_true(ike_msg_certs(&m, false, &c));
	assert_int_equal(c.n, 1);
}

static void authorities_are_put_together(void **state)
{
	uint8_t body[1 + 2 * IKE_KEY_ID_LEN + 3] = {4}, other[1 + IKE_KEY_ID_LEN] = {12},
	                                      ids[3 * IKE_KEY_ID_LEN];
	struct ike_msg m = {.n = 3};

	(void)state;
	memset(body + 1, 7, sizeof(body) - 1);
	m.pl[0] = payload(PL_CERTREQ, span_of(body, sizeof(body))); /* two, and a rest */
	m.pl[1] = payload(PL_CERTREQ, span_of(other, sizeof(other)));
	m.pl[2] = payload(PL_CERTREQ, span_of(body, sizeof(body)));
	assert_int_equal(ike_msg_certreq(&m, ids, sizeof(ids)), 3 * IKE_KEY_ID_LEN);
	assert_int_equal(ids[3 * IKE_KEY_ID_LEN - 1], 7);
	assert_int_equal(ike_msg_certreq(&m, ids, IKE_KEY_ID_LEN - 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_scheme_signs_and_verifies),
	        cmocka_unit_test(ecdsa_has_fixed_length_without_method_14),
	        cmocka_unit_test(eddsa_needs_a_peer_that_announced_it),
	        cmocka_unit_test(algorithm_identifiers_are_those_of_the_rfc),
	        cmocka_unit_test(weak_and_foreign_algorithms_are_refused),
	        cmocka_unit_test(hashes_are_read_and_announced),
	        cmocka_unit_test(certificates_are_read_in_their_order),
	        cmocka_unit_test(a_certificate_may_be_a_hash_and_a_url),
	        cmocka_unit_test(authorities_are_put_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
