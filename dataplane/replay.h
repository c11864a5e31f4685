/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The anti-replay window of one inbound SA: RFC 4303 §3.4.3 and appendix A2 (extended sequence
 * numbers), as a ring of 64-bit words with at least one word to spare, so that moving on clears
 * words and shifts nothing (RFC 6479).
 *
 * Two steps: replay_find() before the ICV is checked, replay_mark() after it was found good.
 */
#ifndef SPOKE_DATAPLANE_REPLAY_H
#define SPOKE_DATAPLANE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

enum { REPLAY_MAX = 1024, REPLAY_WORDS = 32 };

struct replay {
	uint64_t top;    /* highest number that was marked; 0: none yet */
	uint16_t window; /* 0: nothing is refused */
	bool esn;
	uint64_t bits[REPLAY_WORDS];
};

void replay_init(struct replay *r, uint16_t window, bool esn);
/* The whole number of a packet from the 32 bits it carries; false: a replay, or too old. */
bool replay_find(const struct replay *r, uint32_t low, uint64_t *seq);
/* Authentic: remember it. False: it was marked since. */
bool replay_mark(struct replay *r, uint64_t seq);

#endif
