/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key schedule, authentication and Diffie-Hellman against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ikev2/crypt.h"
#include "ikev2/payload.h"
#include "lib_hex.h"

/* ---- PRF ------------------------------------------------------------------------------------- */

/* RFC 4231 §4.2 (test case 1) and RFC 2202 §3 (test case 1). */
static void prf_is_hmac(void **state)
{
	static const struct {
		uint16_t prf;
		const char *mac;
	} rows[] = {
	        {PRF_HMAC_SHA1, "b617318655057264e28bc0b6fb378c8ef146be00"},
	        {PRF_HMAC_SHA2_256,
	                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	        {PRF_HMAC_SHA2_384,
	                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	                "faea9ea9076ede7f4af152e8b2fa9cb6"},
	        {PRF_HMAC_SHA2_512,
	                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	                "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
	};
	struct octets key = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	const struct span parts[] = {span_of("Hi ", 3), span_of("", 0), span_of("There", 5)};
	uint8_t out[IKE_PRF_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(ike_prf(rows[i].prf, view(&key), parts, ARRAY_LEN(parts), out));
		assert_hex(span_of(out, ike_prf_len(rows[i].prf)), rows[i].mac);
	}
}

static void unknown_prf_is_refused(void **state)
{
	const struct span part = span_of("x", 1);
	uint8_t out[IKE_PRF_MAX];

	(void)state;
	assert_int_equal(ike_prf_len(1), 0);
	assert_false(ike_prf(1, part, &part, 1, out));
	assert_false(ike_prf_plus(1, part, &part, 1, out, 8));
}

/* The counter of prf+ is one octet: RFC 7296 §2.13. */
static void prf_plus_ends_at_255_blocks(void **state)
{
	const struct span part = span_of("seed", 4);
	uint8_t *out = xmalloc(256 * 32);

	(void)state;
	assert_true(ike_prf_plus(PRF_HMAC_SHA2_256, part, &part, 1, out, 255 * 32));
	assert_false(ike_prf_plus(PRF_HMAC_SHA2_256, part, &part, 1, out, 255 * 32 + 1));
	free(out);
}

/* NIST CAVP, IKEv2 KDF (SP 800-135), SHA-256, nonces of 8 octets: SKEYSEED and DKM. */
static void cavp_ikev2(void **state)
{
	struct octets nonces = hex("ed80dc79912c32a935fb6d1a3feac078");
	struct octets shared =
	        hex("42968e5d0ccc3cfc5a3e4bc1bba370cea1fae0d54c49ccba34b2bee804beeb2e"
	            "9e8c57a4e01bd45102cf2433aacc6cfec06792f363e5170e6aa6650274e90664"
	            "8e449d27a8f00b5b44261982c9835c748a751ec5138eaacc5e025661339538a6"
	            "1bf418e454699e19c32db8d9ce5dd86b220f1e89afc5872e68be36cb1a0c8866");
	struct octets spis = hex("47c1858efc932ea4606fd05609624002");
	const struct span g = view(&shared), seed[] = {view(&nonces), view(&spis)};
	uint8_t skeyseed[IKE_PRF_MAX], dkm[132];

	(void)state;
	assert_true(ike_prf(PRF_HMAC_SHA2_256, view(&nonces), &g, 1, skeyseed));
	assert_hex(span_of(skeyseed, 32),
	        "37fde90b81d63692620f67367b62092e3efdc6a03509137d731004767ff35010");
	assert_true(
	        ike_prf_plus(PRF_HMAC_SHA2_256, span_of(skeyseed, 32), seed, 2, dkm, sizeof(dkm)));
	assert_hex(span_of(dkm, sizeof(dkm)),
	        "63d018a08f7a29daa7d1f92cb63f45fa39bbaf5e5f1a78139613bb891e3e6bf9d0448f7c74e05b4c1a"
	        "25c0b61e62c875"
	        "e852f287e192d4ae536112db5197216400bd5e123470efc15f53161865fe8b19a1416518a157d651ec"
	        "d2caddab6a9eae"
	        "6a27a55af088218d5156edaa9789f934d9836ed43edffda553822202ff9f7d4860ca72e0");
}

/* ---- keys: a synthetic IKE SA whose values were confirmed with an independent dissector ------ */

#define SPI_I 0x0102030405060708u
#define SPI_R 0x1112131415161718u
static const char ni_hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char nr_hex[] = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
static const char shared_hex[] = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
static const char init_req[] = "0102030405060708000000000000000021202208000000000000009022000028000"
                               "00024010100030300000c01000014"
                               "800e01000300000802000005000000080400001f28000028001f00008520f009893"
                               "0a754748b7ddcb43ef75a0dbf3a0d"
                               "26381af4eba4a98eaa9b4e6a00000024000102030405060708090a0b0c0d0e0f101"
                               "112131415161718191a1b1c1d1e1f";
static const char init_rsp[] = "0102030405060708111213141516171821202220000000000000009022000028000"
                               "00024010100030300000c01000014"
                               "800e01000300000802000005000000080400001f28000028001f0000de9edb7d7b7"
                               "dc1b4d35b61c2ece435373f8343c8"
                               "5b78674dadfc7e146f882b4f00000024202122232425262728292a2b2c2d2e2f303"
                               "132333435363738393a3b3c3d3e3f";
static const struct ike_suite gcm = {.encr = {ENCR_AES_GCM_16, 256},
        .integ = AUTH_NONE,
        .prf = PRF_HMAC_SHA2_256,
        .group = KE_X25519};
static const struct ike_suite cbc = {.encr = {ENCR_AES_CBC, 128},
        .integ = AUTH_HMAC_SHA2_256_128,
        .prf = PRF_HMAC_SHA2_256,
        .group = KE_X25519};

static void derive(const struct ike_suite *suite, struct ike_keys *k)
{
	struct octets ni = hex(ni_hex), nr = hex(nr_hex);
	struct secret shared = {0};

	secret_hex(&shared, shared_hex);
	assert_true(ike_keys_derive(suite, view(&ni), view(&nr), SPI_I, SPI_R, &shared, k));
	secret_wipe(&shared);
}

static void keys_of_an_aead_suite(void **state)
{
	struct ike_keys k = {0};

	(void)state;
	derive(&gcm, &k);
	assert_hex(secret_span(&k.d),
	        "873cd5bd21d5d40481daa8b14d9ba50ba66f0fe9604764695d3714d94667b926");
	assert_hex(secret_span(&k.ei),
	        "9302c66b947c55e0cf4e394c8fb0604c85818e0af336ec66259c2c3ead11d042b0b6adb1");
	assert_hex(secret_span(&k.er),
	        "cde3859f71fd5713b11c80630bc6653e6849aac8e0ce3a609f017841a7f0d605c02db96f");
	assert_hex(secret_span(&k.pi),
	        "721d76bb7099af838ea90083fb88845179dfff839f5de7a793fca39600e596e0");
	assert_hex(secret_span(&k.pr),
	        "e6cfe467ae5711adb853b46d93717b9a66e4cae8f4c28cb062dc95becee57c5e");
	assert_int_equal(k.ai.n + k.ar.n, 0);
	ike_keys_wipe(&k);
}

static void keys_of_a_suite_with_integrity(void **state)
{
	struct ike_keys k = {0};

	(void)state;
	derive(&cbc, &k);
	assert_hex(secret_span(&k.ai),
	        "9302c66b947c55e0cf4e394c8fb0604c85818e0af336ec66259c2c3ead11d042");
	assert_hex(secret_span(&k.ar),
	        "b0b6adb1cde3859f71fd5713b11c80630bc6653e6849aac8e0ce3a609f017841");
	assert_hex(secret_span(&k.ei), "a7f0d605c02db96f721d76bb7099af83");
	assert_hex(secret_span(&k.er), "8ea90083fb88845179dfff839f5de7a7");
	ike_keys_wipe(&k);
}

static void suites_that_are_not_ours_give_no_keys(void **state)
{
	static const struct ike_suite bad[] = {
	        {.encr = {99, 128}, .integ = AUTH_HMAC_SHA2_256_128, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_CBC, 100},
	                .integ = AUTH_HMAC_SHA2_256_128,
	                .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_CBC, 128}, .integ = 99, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_CBC, 128}, .integ = AUTH_HMAC_SHA2_256_128, .prf = 99},
	        {.encr = {ENCR_AES_GCM_16, 128},
	                .integ = AUTH_HMAC_SHA2_256_128,
	                .prf = PRF_HMAC_SHA2_256},
	};
	const struct span nonce = span_of("0123456789abcdef", 16);
	struct secret shared = {0};
	struct ike_keys k = {0};

	(void)state;
	secret_hex(&shared, shared_hex);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(ike_keys_derive(&bad[i], nonce, nonce, 1, 2, &shared, &k));
	secret_wipe(&shared);
	ike_keys_wipe(&k);
}

/* RFC 7296 §2.18: the seed by the old SA's PRF and SK_d, the keys by the new one's. */
static void rekey_uses_the_old_prf_for_the_seed(void **state)
{
	struct octets ni = hex(nr_hex), nr = hex(ni_hex), g = hex(shared_hex);
	struct secret old_d = {0}, shared = {0};
	const struct ike_suite fresh = {.encr = {ENCR_AES_CBC, 256},
	        .integ = AUTH_HMAC_SHA2_512_256,
	        .prf = PRF_HMAC_SHA2_512,
	        .group = KE_X25519};
	uint8_t skeyseed[IKE_PRF_MAX], spis[16] = {0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 8},
	                               want[64];
	struct ike_keys k = {0};

	(void)state;
	secret_hex(&shared, shared_hex);
	secret_hex(&old_d, "873cd5bd21d5d40481daa8b14d9ba50ba66f0fe9604764695d3714d94667b926");
	assert_true(ike_keys_rekey(
	        PRF_HMAC_SHA2_256, &old_d, &fresh, view(&ni), view(&nr), 7, 8, &shared, &k));

	const struct span first[] = {view(&g), view(&ni), view(&nr)};
	const struct span then[] = {view(&ni), view(&nr), span_of(spis, 16)};

	assert_true(ike_prf(PRF_HMAC_SHA2_256, secret_span(&old_d), first, 3, skeyseed));
	assert_true(ike_prf_plus(
	        PRF_HMAC_SHA2_512, span_of(skeyseed, 32), then, 3, want, sizeof(want)));
	assert_int_equal(k.d.n, sizeof(want));
	assert_memory_equal(k.d.p, want, sizeof(want));
	assert_int_equal(k.ai.n, 64);
	assert_int_equal(k.er.n, 32);
	ike_keys_wipe(&k);
	secret_wipe(&old_d);
	secret_wipe(&shared);
}

static void child_keys_of_both_directions(void **state)
{
	struct octets ni = hex(ni_hex), nr = hex(nr_hex);
	const struct ike_suite esp = {.encr = {ENCR_AES_GCM_16, 256}};
	struct ike_child_keys c = {0};
	struct ike_keys k = {0};

	(void)state;
	derive(&gcm, &k);
	assert_true(ike_child_keys_derive(
	        PRF_HMAC_SHA2_256, &k.d, &esp, NULL, view(&ni), view(&nr), &c));
	assert_hex(secret_span(&c.encr_i),
	        "809cd037f5cd591ba412eddf8c9c0138079ebee6bd157dc4f4d7775119a0b493a9cbc919");
	assert_hex(secret_span(&c.encr_r),
	        "29d5b87ac70bb38f513ba4d2294f001411a254796ed750e33d166de2a574bbbb6a8530d8");
	assert_int_equal(c.integ_i.n + c.integ_r.n, 0);
	ike_child_keys_wipe(&c);
	ike_keys_wipe(&k);
}

/* KEYMAT = prf+(SK_d, g^ir ‖ Ni ‖ Nr); encryption before integrity, initiator before responder (RFC
 * 7296 §2.17). */
static void pfs_puts_the_new_secret_in_front(void **state)
{
	struct octets ni = hex(ni_hex), nr = hex(nr_hex), g = hex(shared_hex);
	const struct ike_suite esp = {.encr = {ENCR_AES_CBC, 128}, .integ = AUTH_HMAC_SHA1_96};
	struct secret shared = {0};
	struct ike_child_keys c = {0};
	struct ike_keys k = {0};
	uint8_t want[2 * (16 + 20)];

	(void)state;
	derive(&gcm, &k);
	secret_hex(&shared, shared_hex);
	assert_true(ike_child_keys_derive(
	        PRF_HMAC_SHA2_256, &k.d, &esp, &shared, view(&ni), view(&nr), &c));

	const struct span seed[] = {view(&g), view(&ni), view(&nr)};

	assert_true(
	        ike_prf_plus(PRF_HMAC_SHA2_256, secret_span(&k.d), seed, 3, want, sizeof(want)));
	assert_true(span_eq(secret_span(&c.encr_i), span_of(want, 16)));
	assert_true(span_eq(secret_span(&c.integ_i), span_of(want + 16, 20)));
	assert_true(span_eq(secret_span(&c.encr_r), span_of(want + 36, 16)));
	assert_true(span_eq(secret_span(&c.integ_r), span_of(want + 52, 20)));
	ike_child_keys_wipe(&c);
	ike_keys_wipe(&k);
	secret_wipe(&shared);
}

/* ---- AUTH ------------------------------------------------------------------------------------ */

static void auth_of_both_sides_with_a_shared_key(void **state)
{
	struct octets req = hex(init_req), rsp = hex(init_rsp), ni = hex(ni_hex), nr = hex(nr_hex);
	struct ike_id idi = ike_id_text(ID_FQDN, "spoke1.example"),
	              idr = ike_id_text(ID_IPV4_ADDR, "192.0.2.1");
	uint8_t body_i[IKE_ID_BODY_MAX], body_r[IKE_ID_BODY_MAX], out[IKE_PRF_MAX];
	struct span bi = span_of(body_i, ike_id_body(&idi, body_i)),
	            br = span_of(body_r, ike_id_body(&idr, body_r));
	struct ike_keys k = {0};
	struct secret psk = {0}, none = {0};

	(void)state;
	derive(&gcm, &k);
	secret_set(&psk, "cisco", 5);
	assert_int_equal(ike_auth_psk(PRF_HMAC_SHA2_256, &psk, view(&req), view(&nr), &k.pi, bi,
	                         (struct span){0}, out),
	        32);
	assert_hex(span_of(out, 32),
	        "03d2254a34ec685d555ffd86b01b30ef35e29e2a2e45a735f9ffa7de85e735d2");
	assert_true(ike_auth_psk_check(PRF_HMAC_SHA2_256, &psk, view(&req), view(&nr), &k.pi, bi,
	        (struct span){0}, span_of(out, 32)));
	assert_false(ike_auth_psk_check(PRF_HMAC_SHA2_256, &psk, view(&req), view(&nr), &k.pi, bi,
	        (struct span){0}, span_of(out, 31)));
	assert_false(ike_auth_psk_check(PRF_HMAC_SHA2_256, &psk, view(&req), view(&nr), &k.pi, br,
	        (struct span){0}, span_of(out, 32)));
	out[31] ^= 1;
	assert_false(ike_auth_psk_check(PRF_HMAC_SHA2_256, &psk, view(&req), view(&nr), &k.pi, bi,
	        (struct span){0}, span_of(out, 32)));

	assert_int_equal(ike_auth_psk(PRF_HMAC_SHA2_256, &psk, view(&rsp), view(&ni), &k.pr, br,
	                         (struct span){0}, out),
	        32);
	assert_hex(span_of(out, 32),
	        "c767631904f0b6eb7749063949b5d0d1c23345fdbfbdbae9a685e04c742422bd");
	assert_int_equal(ike_auth_psk(PRF_HMAC_SHA2_256, &none, view(&rsp), view(&ni), &k.pr, br,
	                         (struct span){0}, out),
	        0);
	secret_wipe(&psk);
	ike_keys_wipe(&k);
}

/* ---- Diffie-Hellman -------------------------------------------------------------------------- */

static const uint16_t groups[] = {KE_MODP_1024, KE_MODP_1536, KE_MODP_2048, KE_MODP_3072,
        KE_MODP_4096, KE_ECP_256, KE_ECP_384, KE_ECP_521, KE_X25519};

static void each_group_agrees_on_one_secret(void **state)
{
	static const size_t shared_len[] = {128, 192, 256, 384, 512, 32, 48, 66, 32};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		struct ike_dh *a = ike_dh_new(groups[i]), *b = ike_dh_new(groups[i]);
		struct secret x = {0}, y = {0};

		assert_true(ike_group_known(groups[i]));
		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal(ike_dh_group(a), groups[i]);
		assert_int_equal(ike_dh_public(a).n, ike_dh_public_len(groups[i]));
		assert_true(ike_dh_shared(a, ike_dh_public(b), &x));
		assert_true(ike_dh_shared(b, ike_dh_public(a), &y));
		assert_int_equal(x.n, shared_len[i]);
		assert_true(secret_eq(&x, &y));
		secret_wipe(&x);
		secret_wipe(&y);
		ike_dh_free(a);
		ike_dh_free(b);
	}
}

static void unknown_groups_are_refused(void **state)
{
	static const uint16_t strangers[] = {0, 1, 22, 24, 25, 32, 38};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		assert_false(ike_group_known(strangers[i]));
		assert_null(ike_dh_new(strangers[i]));
		assert_null(ike_dh_from_private(strangers[i], span_of("12345678", 8)));
		assert_int_equal(ike_dh_public_len(strangers[i]), 0);
	}
}

struct dh_vector {
	uint16_t group;
	const char *i, *r, *gi, *gr, *shared;
};

static const struct dh_vector vectors[] = {
        /* RFC 5903 §8.1 */
        {KE_ECP_256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
                "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
                "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
                "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
                "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
                "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
        /* RFC 7748 §6.1 */
        {KE_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
                "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
                "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
                "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
                "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
};

static void published_key_pairs(void **state)
{
	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(vectors); n++) {
		const struct dh_vector *v = &vectors[n];
		struct octets xi = hex(v->i), xr = hex(v->r);
		struct ike_dh *i = ike_dh_from_private(v->group, view(&xi));
		struct ike_dh *r = ike_dh_from_private(v->group, view(&xr));
		struct secret s = {0};

		assert_non_null(i);
		assert_non_null(r);
		assert_hex(ike_dh_public(i), v->gi);
		assert_hex(ike_dh_public(r), v->gr);
		assert_true(ike_dh_shared(i, ike_dh_public(r), &s));
		assert_hex(secret_span(&s), v->shared);
		assert_true(ike_dh_shared(r, ike_dh_public(i), &s));
		assert_hex(secret_span(&s), v->shared);
		secret_wipe(&s);
		ike_dh_free(i);
		ike_dh_free(r);
	}
}

/* RFC 7748 §5.2: a u-coordinate that is nobody's public key. */
static void x25519_of_any_u(void **state)
{
	struct octets k = hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
	struct octets u = hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
	struct ike_dh *d = ike_dh_from_private(KE_X25519, view(&k));
	struct secret s = {0};

	(void)state;
	assert_non_null(d);
	assert_true(ike_dh_shared(d, view(&u), &s));
	assert_hex(secret_span(&s),
	        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	secret_wipe(&s);
	ike_dh_free(d);
}

/* 2^2 and 2^3 are short numbers: public value and secret keep the prime's length with zeros in
 * front. */
static void modp_values_are_padded(void **state)
{
	static const uint8_t two = 2, three = 3;
	struct ike_dh *a = ike_dh_from_private(KE_MODP_2048, span_of(&two, 1));
	struct ike_dh *b = ike_dh_from_private(KE_MODP_2048, span_of(&three, 1));
	struct secret s = {0};
	uint8_t want[256] = {0};

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	want[255] = 4;
	assert_true(span_eq(ike_dh_public(a), span_of(want, sizeof(want))));
	assert_true(ike_dh_shared(a, ike_dh_public(b), &s));
	want[255] = 64;
	assert_true(span_eq(secret_span(&s), span_of(want, sizeof(want))));
	secret_wipe(&s);
	ike_dh_free(a);
	ike_dh_free(b);
}

static void refuse(struct ike_dh *d, const uint8_t *p, size_t n)
{
	struct secret s = {0};

	assert_false(ike_dh_shared(d, span_of(p, n), &s));
	assert_null(s.p);
}

/* RFC 6989 §2.1: 0, 1, p-1, p and what is above them. */
static void modp_values_out_of_range_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; groups[i] != KE_ECP_256; i++) {
		struct ike_dh *d = ike_dh_new(groups[i]);
		size_t n = ike_dh_public_len(groups[i]);
		uint8_t y[512] = {0};

		assert_non_null(d);
		refuse(d, y, n);
		y[n - 1] = 1;
		refuse(d, y, n);
		memset(y, 0xff, n); /* all primes begin with 64 one bits and end with them: this is
		                       above p */
		refuse(d, y, n);
		memcpy(y, ike_dh_public(d).p, n);
		refuse(d, y, n - 1);
		refuse(d, y, 0);
		ike_dh_free(d);
	}
}

/* p-1 has order two: the prime of RFC 2409 §6.2 in full. */
static void modp_minus_one_is_refused(void **state)
{
	struct octets p = hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
	                      "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
	                      "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
	                      "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff");
	struct ike_dh *d = ike_dh_new(KE_MODP_1024);
	struct secret s = {0};

	(void)state;
	assert_non_null(d);
	refuse(d, p.p, p.n);
	p.p[127]--;
	refuse(d, p.p, p.n);
	p.p[127]--;
	assert_true(ike_dh_shared(d, view(&p), &s));
	secret_wipe(&s);
	ike_dh_free(d);
}

static void points_off_the_curve_are_refused(void **state)
{
	static const uint16_t curves[] = {KE_ECP_256, KE_ECP_384, KE_ECP_521};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
		struct ike_dh *d = ike_dh_new(curves[i]), *e = ike_dh_new(curves[i]);
		size_t n = ike_dh_public_len(curves[i]);
		uint8_t q[132] = {0};

		assert_non_null(d);
		assert_non_null(e);
		refuse(d, q, n);
		memcpy(q, ike_dh_public(e).p, n);
		q[n - 1] ^= 1;
		refuse(d, q, n);
		q[n - 1] ^= 1;
		refuse(d, q, n - 1);
		ike_dh_free(d);
		ike_dh_free(e);
	}
}

/* Points of small order, RFC 7748 §6.1 and RFC 8031 §3.2: 0, 1, and one of order eight. */
static void x25519_points_of_small_order_are_refused(void **state)
{
	static const char *const low[] = {
	        "0000000000000000000000000000000000000000000000000000000000000000",
	        "0100000000000000000000000000000000000000000000000000000000000000",
	        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"};
	struct ike_dh *d = ike_dh_new(KE_X25519);

	(void)state;
	assert_non_null(d);
	for (size_t i = 0; i < ARRAY_LEN(low); i++) {
		struct octets u = hex(low[i]);

		refuse(d, u.p, u.n);
		refuse(d, u.p, u.n - 1);
	}
	ike_dh_free(d);
}

/* ---- NAT detection, cookies ------------------------------------------------------------------ */

/* As the first request has them: the responder has no SPI yet. */
static void natd_hashes(void **state)
{
	struct endpoint src = {.port = 500}, dst = {.port = 500};
	uint8_t out[IKE_NATD_LEN];

	(void)state;
	assert_true(ipaddr_parse("192.0.2.10", &src.addr) && ipaddr_parse("192.0.2.1", &dst.addr));
	assert_true(ike_natd_hash(SPI_I, 0, &src, out));
	assert_hex(span_of(out, sizeof(out)), "9cdaf8713cea81e287d3c0bacb7db468691dfe58");
	assert_true(ike_natd_hash(SPI_I, 0, &dst, out));
	assert_hex(span_of(out, sizeof(out)), "644b4575455bd6fcc1efe2be8162a9218e448e5f");
}

static void a_cookie_is_good_for_one_peer_and_one_attempt(void **state)
{
	struct ike_cookie_key k = {.version = 3, .secret = {1, 2, 3}},
	                      next = {.version = 4, .secret = {9}};
	struct endpoint peer = {.port = 500}, other = {.port = 500}, nat = {.port = 1024};
	const struct span ni = span_of("0123456789abcdef", 16),
	                  ni2 = span_of("0123456789abcdeg", 16);
	uint8_t c[IKE_COOKIE_LEN];

	(void)state;
	assert_true(
	        ipaddr_parse("192.0.2.10", &peer.addr) && ipaddr_parse("192.0.2.11", &other.addr));
	nat.addr = peer.addr;
	assert_true(ike_cookie_make(&k, ni, &peer, SPI_I, c));
	assert_true(ike_cookie_check(&k, ni, &peer, SPI_I, span_of(c, sizeof(c))));
	assert_false(ike_cookie_check(&k, ni2, &peer, SPI_I, span_of(c, sizeof(c))));
	assert_false(ike_cookie_check(&k, ni, &other, SPI_I, span_of(c, sizeof(c))));
	assert_false(ike_cookie_check(&k, ni, &nat, SPI_I, span_of(c, sizeof(c))));
	assert_false(ike_cookie_check(&k, ni, &peer, SPI_R, span_of(c, sizeof(c))));
	assert_false(ike_cookie_check(&k, ni, &peer, SPI_I, span_of(c, sizeof(c) - 1)));
	assert_false(ike_cookie_check(&k, ni, &peer, SPI_I, span_of(c, 0)));
	assert_false(ike_cookie_check(&next, ni, &peer, SPI_I, span_of(c, sizeof(c))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(prf_is_hmac),
	        cmocka_unit_test(unknown_prf_is_refused),
	        cmocka_unit_test(prf_plus_ends_at_255_blocks),
	        cmocka_unit_test(cavp_ikev2),
	        cmocka_unit_test(keys_of_an_aead_suite),
	        cmocka_unit_test(keys_of_a_suite_with_integrity),
	        cmocka_unit_test(suites_that_are_not_ours_give_no_keys),
	        cmocka_unit_test(rekey_uses_the_old_prf_for_the_seed),
	        cmocka_unit_test(child_keys_of_both_directions),
	        cmocka_unit_test(pfs_puts_the_new_secret_in_front),
	        cmocka_unit_test(auth_of_both_sides_with_a_shared_key),
	        cmocka_unit_test(each_group_agrees_on_one_secret),
	        cmocka_unit_test(unknown_groups_are_refused),
	        cmocka_unit_test(published_key_pairs),
	        cmocka_unit_test(x25519_of_any_u),
	        cmocka_unit_test(modp_values_are_padded),
	        cmocka_unit_test(modp_values_out_of_range_are_refused),
	        cmocka_unit_test(modp_minus_one_is_refused),
	        cmocka_unit_test(points_off_the_curve_are_refused),
	        cmocka_unit_test(x25519_points_of_small_order_are_refused),
	        cmocka_unit_test(natd_hashes),
	        cmocka_unit_test(a_cookie_is_good_for_one_peer_and_one_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
