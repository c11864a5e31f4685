/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which peer? One pure function of a client's configuration and a few facts. Its record (every candidate, and the rule that
 * excluded it) is what `show crypto ikev2 client flexvpn NAME detail` prints: the router can always say why.
 */
#ifndef SPOKE_FLEXVPN_DECIDE_H
#define SPOKE_FLEXVPN_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "flexvpn/config.h"

enum { FX_MAX_PEERS = 64 };

/* Peers that failed in this pass over the gateway list, by sequence number (1–255). */
struct fx_tried {
	uint32_t bit[8];
};

static inline bool fx_tried_has(const struct fx_tried *t, uint32_t seq)
{
	return t->bit[seq / 32 % 8] >> (seq % 32) & 1;
}

static inline void fx_tried_add(struct fx_tried *t, uint32_t seq)
{
	t->bit[seq / 32 % 8] |= 1u << (seq % 32);
}

enum fx_excluded { /* why a candidate was passed over */
	FX_POSSIBLE,
	FX_X_FAILED,     /* tried in this pass */
	FX_X_UNRESOLVED, /* a name without an address */
};
const char *fx_excluded_text(enum fx_excluded x);

struct fx_candidate {
	uint32_t seq;
	struct ipaddr addr;
	enum fx_excluded excluded;
};

struct fx_decision {
	struct fx_candidate cand[FX_MAX_PEERS];
	size_t n;
	int chosen; /* index, or -1: nobody is possible in this pass */
};

/* The guide: "when a connection is established, the gateway list is looked up and the first possible peer is selected"; "the
 * lower the sequence number, the higher the preference". */
void fx_decide(const struct fx_client_cfg *c, const struct fx_tried *tried, struct fx_decision *out);

#endif
