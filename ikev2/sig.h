/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures in AUTH payloads: methods 1 (RSA), 9 to 11 (ECDSA, RFC 4754) and 14 (RFC 7427: the
 * algorithm stands in front of the signature; RSA, RSASSA-PSS, ECDSA, and with RFC 8420 Ed25519
 * and Ed448). Everything by libcrypto; no state.
 */
#ifndef SPOKE_IKEV2_SIG_H
#define SPOKE_IKEV2_SIG_H

#include "base/secret.h"
#include "ikev2/ike.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/* Numbers of SIGNATURE_HASH_ALGORITHMS. */
enum ike_sig_hash {
	SIG_HASH_SHA1 = 1,
	SIG_HASH_SHA256 = 2,
	SIG_HASH_SHA384 = 3,
	SIG_HASH_SHA512 = 4,
	SIG_HASH_IDENTITY = 5
};

struct ike_sig_scheme {
	uint8_t method; /* of the AUTH payload */
	enum ike_key_type key;
	unsigned bits; /* method 9 to 11: of the curve; 0: any key of the type */
	uint8_t hash;  /* enum ike_sig_hash */
	const char *name;
	struct span alg; /* method 14: AlgorithmIdentifier, DER */
};

/* The set of hashes that a peer announced, as bits 1 << enum ike_sig_hash. */
unsigned ike_sig_hashes(struct span notify_data);
/* The data of our own announcement. */
enum { IKE_SIG_HASHES_LEN = 8 };
void ike_sig_announce(uint8_t out[IKE_SIG_HASHES_LEN]);

/* How a key of ours signs for a peer that announced these hashes (0: none, so that method 14 is out
 * of the question). NULL: it cannot. */
const struct ike_sig_scheme *ike_sig_choose(enum ike_key_type key, unsigned bits, unsigned hashes);

enum ike_key_type ike_sig_key_type(const struct evp_pkey_st *key, unsigned *bits);

/* The whole data of the AUTH payload. False: the key is not of the scheme, or libcrypto failed. */
bool ike_sig_sign(struct evp_pkey_st *key, const struct ike_sig_scheme *scheme, struct span octets,
        struct secret *out);

/* Is `data` a signature of these octets by this key, made in a way that the method allows? On
 * success *type says what key it was. */
bool ike_sig_verify(const struct ike_spki *key, uint8_t method, struct span data,
        struct span octets, enum ike_key_type *type);

#endif
