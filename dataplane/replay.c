/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See replay.h. */
#include "dataplane/replay.h"

#include <string.h>

enum { WORD_BITS = 64 };

void replay_init(struct replay *r, uint16_t window, bool esn)
{
	memset(r, 0, sizeof(*r));
	r->window = window < REPLAY_MAX ? window : REPLAY_MAX;
	r->esn = esn;
}

/*
 * RFC 4303 appendix A2.2: the high half is the one that puts the number nearest above the lower
 * edge of the window. With the check off the widest window serves as the yardstick. Before the
 * first wrap there is no half below zero: false.
 */
static bool infer(const struct replay *r, uint32_t low, uint64_t *seq)
{
	uint32_t tl = (uint32_t)r->top, th = (uint32_t)(r->top >> 32);
	uint32_t w = r->window ? r->window : REPLAY_MAX, edge = tl - w + 1;

	if (tl >= w - 1)
		th += low < edge;
	else if (low >= edge && th-- == 0)
		return false;
	*seq = (uint64_t)th << 32 | low;
	return true;
}

static uint64_t *word(struct replay *r, uint64_t seq)
{
	return &r->bits[seq / WORD_BITS % REPLAY_WORDS];
}

static bool seen(const struct replay *r, uint64_t seq)
{
	if (seq > r->top)
		return false;
	if (r->top - seq >= r->window)
		return true;
	return r->bits[seq / WORD_BITS % REPLAY_WORDS] >> seq % WORD_BITS & 1;
}

bool replay_find(const struct replay *r, uint32_t low, uint64_t *seq)
{
	*seq = low;
	if (r->esn && !infer(r, low, seq))
		return false;
	if (!r->window)
		return true;
	return *seq != 0 && !seen(r, *seq);
}

static void advance(struct replay *r, uint64_t seq)
{
	uint64_t words = seq / WORD_BITS - r->top / WORD_BITS;

	if (words > REPLAY_WORDS)
		words = REPLAY_WORDS;
	for (uint64_t i = 0; i < words; i++)
		*word(r, seq - i * WORD_BITS) = 0;
	r->top = seq;
}

bool replay_mark(struct replay *r, uint64_t seq)
{
	if (r->window && seen(r, seq))
		return false;
	if (seq > r->top)
		advance(r, seq);
	*word(r, seq) |= 1ULL << seq % WORD_BITS;
	return true;
}
