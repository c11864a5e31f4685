/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The arithmetic of MS-CHAPv2 (RFC 2759 §8) and of the key that comes out of it (RFC 3079 §3). MD4
 * and single DES are taken from OpenSSL's legacy provider, in a library context of their own, so
 * that nothing else in the process gets to use them.
 */
#ifndef SPOKE_IKEV2_MSCHAPV2_H
#define SPOKE_IKEV2_MSCHAPV2_H

#include "base/secret.h"

enum {
	MSCHAP_CHALLENGE = 16,
	MSCHAP_NT_RESPONSE = 24,
	MSCHAP_PROOF = 42, /* "S=" and 40 hexadecimal digits */
	MSCHAP_MSK = 64
};

struct mschap_in {
	struct span name, password;                     /* password: UTF-8 */
	const uint8_t *auth_challenge, *peer_challenge; /* of the server, of the peer */
};

struct mschap_out {
	uint8_t nt_response[MSCHAP_NT_RESPONSE];
	char proof[MSCHAP_PROOF + 1]; /* what the server must say: "S=407A…" */
	uint8_t msk[MSCHAP_MSK];
};

/* False: the legacy provider of OpenSSL is not installed. `out` is to be wiped. */
bool mschap_compute(const struct mschap_in *in, struct mschap_out *out);

#endif
