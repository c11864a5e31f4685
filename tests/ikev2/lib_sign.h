/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates between two engines. A certificate is here whatever the two sides agree to take for
 * one: its octets are the public key, and `trust` says whether they like it.
 */
#ifndef SPOKE_TESTS_SIGN_H
#define SPOKE_TESTS_SIGN_H

#include <openssl/evp.h>

#include "lib_pair.h"

enum { SIGNED = 1u << IKE_AUTH_RSA | 1u << IKE_AUTH_ECDSA };

/* One side's key, and how it behaves. */
struct signer {
	EVP_PKEY *key;
	uint8_t der[IKE_SPKI_MAX];
	size_t n;
	size_t padding; /* octets of another certificate, to make the message long */
	bool distrust;  /* takes no certificate */
	bool lies;      /* signs other octets */
	unsigned asked; /* how often `trust` was called */
	size_t wanted;  /* octets of authorities that the peer named */
};

extern struct signer signers[2];

struct pair *pair_with_keys(
        const char *a, const char *b); /* kinds: "rsa", "P-256", "ED25519"; NULL: none */
void pair_methods(struct pair *p, int side, enum ike_auth local, unsigned remote);
void pair_reported(struct pair *p, int side, enum ike_auth local, enum ike_auth remote);
void pair_end(struct pair *p); /* frees the keys too */

#endif
