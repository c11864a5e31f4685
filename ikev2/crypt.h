/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key schedule (RFC 7296 §2.13 to §2.18), shared-key authentication (§2.15), Diffie-Hellman
 * (RFC 2409, 3526, 5903, 8031), NAT detection hashes (§2.23) and cookies (§2.6). Everything by
 * libcrypto's EVP; no state besides what is passed.
 */
#ifndef SPOKE_IKEV2_CRYPT_H
#define SPOKE_IKEV2_CRYPT_H

#include "ikev2/ike.h"

enum { IKE_PRF_MAX = 64, IKE_NATD_LEN = 20, IKE_COOKIE_SECRET_LEN = 32, IKE_COOKIE_LEN = 33 };

/* ---- PRF ------------------------------------------------------------------------------------- */

size_t ike_prf_len(uint16_t prf); /* octets of output and of preferred key; 0: not ours */

/* prf(key, part0 ‖ part1 ‖ …). False: unknown PRF. */
bool ike_prf(uint16_t prf, struct span key, const struct span *part, size_t n_parts,
        uint8_t out[IKE_PRF_MAX]);

/* prf+(key, seed), seed in parts. At most 255 blocks. */
bool ike_prf_plus(uint16_t prf, struct span key, const struct span *seed, size_t n_parts,
        uint8_t *out, size_t n);

/* ---- keys ------------------------------------------------------------------------------------ */

struct ike_keys {
	struct secret d, ai, ar, ei, er, pi,
	        pr; /* ai, ar empty with AEAD; ei, er end with the salt */
};
void ike_keys_wipe(struct ike_keys *k);

/* SKEYSEED = prf(Ni ‖ Nr, g^ir), then SK_*. Nonces of initiator and responder, SPIs in host order.
 */
bool ike_keys_derive(const struct ike_suite *suite, struct span ni, struct span nr, uint64_t spi_i,
        uint64_t spi_r, const struct secret *shared, struct ike_keys *out);

/* Rekeying: SKEYSEED = prf(SK_d (old), g^ir (new) ‖ Ni ‖ Nr) with the old SA's PRF, then SK_* with
 * the new suite. */
bool ike_keys_rekey(uint16_t old_prf, const struct secret *old_d, const struct ike_suite *suite,
        struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r, const struct secret *shared,
        struct ike_keys *out);

/* `i` protects what the initiator of the exchange sends, `r` the other direction. */
struct ike_child_keys {
	struct secret encr_i, integ_i, encr_r, integ_r;
};
void ike_child_keys_wipe(struct ike_child_keys *k);

/* KEYMAT = prf+(SK_d, [g^ir ‖] Ni ‖ Nr); `shared` NULL: no PFS. prf is that of the IKE SA. */
bool ike_child_keys_derive(uint16_t prf, const struct secret *sk_d, const struct ike_suite *child,
        const struct secret *shared, struct span ni, struct span nr, struct ike_child_keys *out);

/* ---- authentication -------------------------------------------------------------------------- */

/* AUTH = prf(prf(PSK, "Key Pad for IKEv2"), message ‖ nonce ‖ prf(SK_p, ID')). `message` is the
 * first message of the side that signs, octet for octet; `nonce` the other side's; SK_pi and IDi'
 * for the initiator, SK_pr and IDr' for the responder. `tail` stands behind all: RFC 9242's
 * IntAuth, or nothing. Writes ike_prf_len(prf) octets and returns how many; 0: failed (also for an
 * empty key). */
size_t ike_auth_psk(uint16_t prf, const struct secret *psk, struct span message, struct span nonce,
        const struct secret *sk_p, struct span id_body, struct span tail, uint8_t out[IKE_PRF_MAX]);
/* The peer's AUTH data against what it ought to be, in constant time. */
bool ike_auth_psk_check(uint16_t prf, const struct secret *psk, struct span message,
        struct span nonce, const struct secret *sk_p, struct span id_body, struct span tail,
        struct span auth_data);

/* ---- Diffie-Hellman -------------------------------------------------------------------------- */

struct ike_dh;

size_t ike_dh_public_len(uint16_t group); /* 0: not ours */
struct ike_dh *ike_dh_new(
        uint16_t group); /* a fresh key pair, random from libcrypto; NULL: unknown group */
struct ike_dh *ike_dh_from_private(
        uint16_t group, struct span private_key); /* a given key: for tests with vectors */
void ike_dh_free(struct ike_dh *d);               /* accepts NULL */
uint16_t ike_dh_group(const struct ike_dh *d);
struct span ike_dh_public(const struct ike_dh *d); /* as the KE payload carries it */

/* The responder's side of an exchange in which the peer's value comes first: a key pair and the
 * shared secret, or, of a KEM, its ciphertext as the public value. NULL: as for ike_dh_shared(). */
struct ike_dh *ike_dh_answer(uint16_t group, struct span peer_public, struct secret *shared);

/* The shared secret. False when the peer's value has the wrong length, is out of range or not on
 * the curve, or gives a degenerate result. */
bool ike_dh_shared(const struct ike_dh *d, struct span peer_public, struct secret *out);

/* ---- NAT detection, cookies ------------------------------------------------------------------ */

/* SHA-1(SPIi ‖ SPIr ‖ address ‖ port). */
bool ike_natd_hash(
        uint64_t spi_i, uint64_t spi_r, const struct endpoint *e, uint8_t out[IKE_NATD_LEN]);

/* version ‖ HMAC-SHA-256(secret, Ni ‖ address ‖ port ‖ SPIi): nothing is kept. The owner of the
 * keys changes `version` and secret from time to time and accepts the one before. */
struct ike_cookie_key {
	uint8_t version;
	uint8_t secret[IKE_COOKIE_SECRET_LEN];
};
bool ike_cookie_make(const struct ike_cookie_key *k, struct span ni, const struct endpoint *peer,
        uint64_t spi_i, uint8_t out[IKE_COOKIE_LEN]);
bool ike_cookie_check(const struct ike_cookie_key *k, struct span ni, const struct endpoint *peer,
        uint64_t spi_i, struct span cookie);

#endif
