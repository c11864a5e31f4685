/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Putting fragments together (RFC 7383 §2.6). Bounded: at most IKE_FRAG_MAX fragments a message,
 * IKE_FRAG_SLOTS messages at a time, IKE_MAX_MSG octets for all; where it is full, the oldest
 * message is given up. One reassembler belongs to one IKE SA.
 */
#ifndef SPOKE_IKEV2_FRAG_H
#define SPOKE_IKEV2_FRAG_H

#include "ikev2/sk.h"

enum { IKE_FRAG_MAX = 64, IKE_FRAG_SLOTS = 8 };

struct ike_frag_slot {
	bool used, response;
	uint32_t id;
	uint16_t total, have;
	uint8_t first;
	uint64_t age;
	size_t octets;
	struct ike_plain part[IKE_FRAG_MAX];
};

struct ike_reasm {
	struct ike_frag_slot *slot[IKE_FRAG_SLOTS]; /* allocated when first needed */
	uint64_t clock;
	size_t octets;
};

enum ike_frag_result {
	IKE_FRAG_DONE, /* `out` is the whole plaintext */
	IKE_FRAG_MORE, /* kept, others are missing */
	IKE_FRAG_DROP, /* duplicate, impossible numbers, or too much */
};

void ike_reasm_init(struct ike_reasm *r);
void ike_reasm_fini(struct ike_reasm *r);

/* Before the work of decrypting: would this fragment be kept? */
bool ike_reasm_wants(
        const struct ike_reasm *r, const struct ike_hdr *h, uint16_t number, uint16_t total);

/* A fragment that ike_sk_open() opened. Takes the octets out of `part` (which is empty afterwards).
 */
enum ike_frag_result ike_reasm_add(struct ike_reasm *r, const struct ike_hdr *h,
        struct ike_plain *part, struct ike_plain *out);

/* Forgets an unfinished message: its exchange is over. */
void ike_reasm_forget(struct ike_reasm *r, bool response, uint32_t id);

#endif
