/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Encrypted payload SK (RFC 7296 §3.14, RFC 5282) and its fragments SKF (RFC 7383 §2.5):
 * sealing what an `ike_build` holds into one or several datagrams, opening what the peer sent.
 */
#ifndef SPOKE_IKEV2_SK_H
#define SPOKE_IKEV2_SK_H

#include "ikev2/crypt.h"
#include "ikev2/wire.h"

/* The two ciphers of an IKE SA, as one of its sides has them. */
struct ike_sk;

/* `initiator`: are we the original initiator, who seals with SK_ei and SK_ai. NULL: the suite is
 * not ours. */
struct ike_sk *ike_sk_new(
        const struct ike_suite *suite, const struct ike_keys *keys, bool initiator);
void ike_sk_free(struct ike_sk *sk); /* wipes; accepts NULL */

/* Datagrams, owned: what retransmission and the response cache keep. */
struct ike_packets {
	struct ike_packet {
		uint8_t *p;
		size_t n;
	} * v;
	size_t n;
};
void ike_packets_fini(struct ike_packets *p);
void ike_packets_set_one(
        struct ike_packets *p, struct span dgram); /* one unprotected message; copies */

typedef void (*ike_random_fn)(void *ctx, uint8_t *dst, size_t n);

/* Seals. `max_len` is the largest IKE message (without UDP and IP headers, without non-ESP marker)
 * to make; a longer one becomes SKF fragments. 0: never fragments. CBC's IV is taken from `random`,
 * AEAD's is a counter. False: something in `b` did not fit, or more than IKE_FRAG_MAX fragments;
 * `out` is then empty. */
bool ike_sk_seal(struct ike_sk *sk, const struct ike_build *b, size_t max_len, ike_random_fn random,
        void *ctx, struct ike_packets *out);

/* Room for IKE in an IP datagram of `ip_mtu` octets: without IP and UDP header, and the marker when
 * `natt`. */
size_t ike_max_len(size_t ip_mtu, int family, bool natt);

/* A decrypted payload chain, owned. */
struct ike_plain {
	uint8_t *p;
	size_t n;
	uint8_t first;          /* type of the first payload; 0 in fragments after the first */
	uint16_t number, total; /* of a fragment; 0, 0 for SK */
};
void ike_plain_fini(struct ike_plain *p); /* wipes */

/* Opens the SK or SKF of a parsed message. False: too short, wrong ICV, or padding longer than the
 * text; `out` is empty. Nothing about the message is true before this said so. */
bool ike_sk_open(struct ike_sk *sk, const struct ike_msg *m, struct ike_plain *out);

/* Fragment number and total of a message with SKF, before it is opened. False: SK, or numbers that
 * cannot be. */
bool ike_skf_numbers(const struct ike_msg *m, uint16_t *number, uint16_t *total);

#endif
