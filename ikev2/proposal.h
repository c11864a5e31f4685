/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SA payload (RFC 7296 §3.3): what we offer, what the responder chooses, what the initiator
 * then checks.
 *
 * A proposal of `struct ike_proposal` is written with one transform for each algorithm, in order.
 * Choosing goes by our own order of preference. Unknown transform types spoil a proposal, unknown
 * ids and attributes only their transform.
 */
#ifndef SPOKE_IKEV2_PROPOSAL_H
#define SPOKE_IKEV2_PROPOSAL_H

#include "ikev2/ike.h"
#include "ikev2/wire.h"

enum ike_transform_type {
	TR_ENCR = 1,
	TR_PRF = 2,
	TR_INTEG = 3,
	TR_KE = 4,
	TR_ESN = 5,
	TR_ADDKE1 = 6,
	TR_ADDKE7 = 12
};

/* What KE transforms mean in this place. */
enum ike_ke_use {
	IKE_KE_WITHOUT,  /* child SA of IKE_AUTH: not written, and ignored when read */
	IKE_KE_OPTIONAL, /* child SA in CREATE_CHILD_SA: PFS where we want it; where we do not, any
	                    group that we know is accepted from the peer, and none too */
	IKE_KE_NEEDED,   /* IKE SA, rekeyed: without additional key exchanges */
	IKE_KE_FIRST,    /* IKE SA, with those */
	IKE_KE_FIRST_ALONE, /* the peer does not know of them (RFC 9242): without, where our
	                       proposal may do without */
};

/* One proposal of an SA payload as it came. */
struct ike_wire_proposal {
	uint8_t num, proto;
	uint8_t n_transforms;
	struct span spi;
	struct span transforms;
};

struct ike_choice {
	uint8_t num; /* of the proposal, echoed in the answer */
	struct ike_suite suite;
	struct span spi; /* the peer's; view */
};
uint64_t ike_choice_spi(const struct ike_choice *c); /* 4 or 8 octets; 0 otherwise */

/* Is the payload well-formed: lengths nested right, numbers from 1 upwards, last/more octets,
 * attribute format. */
bool ike_sa_valid(const struct ike_pl *sa);

/* Walks the proposals: `at` starts zeroed; false at the end (or at the first malformed one). */
struct ike_sa_cursor {
	struct rd rest;
	bool started, last;
};
bool ike_sa_next_proposal(
        const struct ike_pl *sa, struct ike_sa_cursor *at, struct ike_wire_proposal *out);

/* Responder. `proto` is IKE_PROTO_IKE or _ESP; spi_size what the exchange demands (0, 8, 4).
 * `prefer_group`: the group of the peer's KE payload, taken when it is acceptable at all, else 0.
 * False: NO_PROPOSAL_CHOSEN. */
bool ike_sa_choose(const struct ike_pl *sa, uint8_t proto, uint8_t spi_size, enum ike_ke_use ke,
        const struct ike_proposal *ours, size_t n_ours, uint16_t prefer_group,
        struct ike_choice *out);

/* Initiator: the answer must be one proposal that is a choice out of the offered one of its number.
 */
bool ike_sa_verify(const struct ike_pl *sa, uint8_t proto, uint8_t spi_size, enum ike_ke_use ke,
        const struct ike_proposal *offered, size_t n_offered, struct ike_choice *out);

/* spi_size 0: no SPI; 4 or 8: `spi`, host order, in every proposal. */
void ike_put_sa(struct ike_build *b, uint8_t proto, uint64_t spi, uint8_t spi_size,
        enum ike_ke_use ke, const struct ike_proposal *offer, size_t n);
void ike_put_sa_choice(struct ike_build *b, uint8_t proto, uint64_t spi, uint8_t spi_size,
        const struct ike_choice *c);

bool ike_proposals_have_group(const struct ike_proposal *p, size_t n, uint16_t group);
uint16_t ike_proposals_first_group(
        const struct ike_proposal *p, size_t n); /* known here; KE_NONE if there is none */
bool ike_encr_is_aead(uint16_t encr_id);
bool ike_proposals_have_addke(const struct ike_proposal *p, size_t n);
/* Is each part of an IKE suite one of this proposal's? */
bool ike_proposal_has(const struct ike_proposal *p, const struct ike_suite *s);

/* The same algorithms again, for rekeying an IKE SA: those of `suite`, with its group first and
 * after it every other group of `p`. Peers disagree about the key schedule when the PRF changes in
 * a rekeying (RFC 7296 §2.18 wants the new one for SK_*; strongSwan goes on with the old one), so
 * it had better not change. */
struct ike_proposal ike_proposal_keep(
        const struct ike_suite *suite, const struct ike_proposal *p, size_t n);

#endif
