/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The algorithms that both the IKE SA and ESP use, by their IANA "Transform ID": one table each for ENCR (type 1) and
 * INTEG (type 3), and the cipher that seals and opens with them. RFC 7296 §3.3.2, RFC 5282, RFC 4106, RFC 3602,
 * RFC 4868, RFC 2404.
 */
#ifndef SPOKE_BASE_ALG_H
#define SPOKE_BASE_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum alg_encr_id {
	ENCR_3DES = 3,
	ENCR_NULL = 11,
	ENCR_AES_CBC = 12,
	ENCR_AES_GCM_16 = 20,
	ENCR_CHACHA20_POLY1305 = 28,
};

enum alg_integ_id {
	AUTH_NONE = 0,
	AUTH_HMAC_SHA1_96 = 2,
	AUTH_HMAC_SHA2_256_128 = 12,
	AUTH_HMAC_SHA2_384_192 = 13,
	AUTH_HMAC_SHA2_512_256 = 14,
};

struct alg_encr {
	uint16_t id;
	const char *name;     /* "AES-CBC": the word IOS shows */
	bool aead;            /* carries its own ICV; no INTEG transform goes with it */
	bool takes_keylen;    /* the Key Length attribute is required */
	uint8_t salt, iv, icv; /* octets; salt is the tail of the key material */
	uint8_t block;        /* pad to a multiple of this */
};

struct alg_integ {
	uint16_t id;
	const char *name; /* "SHA256"; IOS shows SHA96 for HMAC-SHA1-96 */
	const char *digest;
	uint8_t key, icv; /* octets */
};

const struct alg_encr *alg_encr(uint16_t id);   /* NULL: not ours */
const struct alg_integ *alg_integ(uint16_t id); /* NULL: not ours; AUTH_NONE is found */
size_t alg_encr_keymat(const struct alg_encr *a, uint16_t key_bits); /* octets of KEYMAT, salt included; 0: illegal size */

/*
 * A cipher: one direction, one key, contexts made once. Not for two threads at a time.
 *
 * seal: `text` (n octets, already padded) is encrypted in place; the ICV (cipher_icv_len() octets) is written to `icv`.
 * open: the reverse; false when the ICV does not match, and then the text must not be used.
 * `aad` is what is authenticated in front of the IV: for CBC+HMAC the MAC runs over aad, iv, ciphertext, then `tail`
 * (RFC 4303's high sequence bits; AEAD callers put them into aad and leave tail empty).
 */
struct cipher;

/*
 * Who does AES-GCM and ChaCha20-Poly1305: "OpenSSL 3.0.19", or "Intel IPsec-MB 1.3.0 (AVX512)" where the build has that library and the
 * processor is one that it is written for. All else is OpenSSL's.
 */
const char *cipher_library(void);
/* For tests and measurements: ciphers made from now on are OpenSSL's alone, or not. */
void cipher_openssl_only(bool only);

struct cipher *cipher_new(const struct alg_encr *encr, const struct alg_integ *integ, struct span key_material,
	struct span integ_key, bool sealing);
void cipher_free(struct cipher *c); /* wipes; accepts NULL */
bool cipher_seal(struct cipher *c, struct span aad, const uint8_t *iv, uint8_t *text, size_t n, struct span tail,
	uint8_t *icv);
bool cipher_open(struct cipher *c, struct span aad, const uint8_t *iv, uint8_t *text, size_t n, struct span tail,
	const uint8_t *icv);
size_t cipher_icv_len(const struct cipher *c);
size_t cipher_iv_len(const struct cipher *c);
size_t cipher_block(const struct cipher *c); /* 1 for AEAD */

#endif
