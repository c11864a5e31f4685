/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which peer, and from which source? One pure function of a client's configuration and a few facts.
 * Its record (every candidate, and the rule that excluded it) is what `show crypto ikev2 client
 * flexvpn NAME detail` prints: the router can always say why.
 *
 * The guide's backup gateway list is built here: the static peers by sequence number, and, behind
 * the peer that it came from, the list that was downloaded from it.
 */
#ifndef SPOKE_FLEXVPN_DECIDE_H
#define SPOKE_FLEXVPN_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "flexvpn/config.h"

enum { FX_MAX_DOWNLOADED = 64, FX_MAX_PEERS = 255 + FX_MAX_DOWNLOADED, FX_NAME_LEN = 64 };

/* Peers that failed in this pass over the gateway list: static ones by sequence number (1–255),
 * downloaded ones by position. */
struct fx_tried {
	uint32_t bit[8];
	uint64_t downloaded;
};

/* A place in the gateway list: static peer `seq`, or (`down` ≥ 1) the down-th gateway downloaded
 * from it. */
struct fx_place {
	uint32_t seq;
	uint8_t down;
};

static inline bool fx_tried_has(const struct fx_tried *t, struct fx_place at)
{
	if (at.down)
		return t->downloaded >> (at.down - 1) & 1;
	return t->bit[at.seq / 32 % 8] >> (at.seq % 32) & 1;
}

static inline void fx_tried_add(struct fx_tried *t, struct fx_place at)
{
	if (at.down)
		t->downloaded |= 1ull << (at.down - 1);
	else
		t->bit[at.seq / 32 % 8] |= 1u << (at.seq % 32);
}

/* The downloaded backup gateway list: addresses or names, in the hub's order. */
struct fx_downloaded {
	uint32_t from; /* sequence number of the static peer it came from */
	uint8_t n;
	char name[FX_MAX_DOWNLOADED][FX_NAME_LEN];
};

enum fx_excluded { /* why a candidate was passed over */
	FX_POSSIBLE,
	FX_X_FAILED, /* tried in this pass */
	FX_X_TRACK, /* its track object is not in the configured state: not a “possible peer” */
	FX_X_GROUP, /* another client of the backup group has a session with it */
};
const char *fx_excluded_text(enum fx_excluded x);

struct fx_candidate {
	struct fx_place at;
	const char *name; /* to be resolved; NULL: `addr` */
	bool v6;          /* resolve to an IPv6 address */
	struct ipaddr addr;
	uint32_t track;  /* 0: none */
	bool track_down; /* wanted state */
	bool track_is_up;
	enum fx_excluded excluded;
};

struct fx_decision {
	struct fx_candidate cand[FX_MAX_PEERS];
	size_t n;
	int chosen;         /* index, or -1: nobody is possible in this pass */
	const char *source; /* interface of `tunnel source dynamic`; NULL: no source is usable, or
	                       the source is fixed */
	uint32_t source_seq;
};

struct fx_facts {
	const struct fx_tried *tried;
	const struct fx_downloaded *downloaded; /* NULL: none */
	const struct track_set *tracks;
	/* Has another client of this one's backup group a session with that address? NULL: no
	 * group. */
	bool (*taken)(void *ctx, const struct ipaddr *peer);
	void *ctx;
};

/* The guide: "when a connection is established, the gateway list is looked up and the first
 * possible peer is selected"; "the lower the sequence number, the higher the preference"; "the
 * tunnel source address has the lowest sequence number for which the track object number is in UP
 * state". Names in `out` are borrowed from `c` and `f->downloaded`. */
void fx_decide(const struct fx_client_cfg *c, const struct fx_facts *f, struct fx_decision *out);

/* Is the state of the object the wanted one? Number 0: yes. */
bool fx_track_holds(const struct track_set *t, uint32_t number, bool down);

#endif
