/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many things that are each due at some time, and the question which is first: a heap of timers that live in what they wake. Setting,
 * dropping and taking the first cost the logarithm of their number; asking for the first costs nothing.
 *
 * A timer is zeroed at first, and must be dropped before its memory goes. No clock: times are the caller's, in whatever unit.
 */
#ifndef SPOKE_BASE_TIMERS_H
#define SPOKE_BASE_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER UINT64_MAX

struct timer {
	uint64_t at;
	size_t place; /* in the heap, from 1; 0: it is not armed */
};

struct timers { /* zeroed: none */
	struct timer **v;
	size_t n, cap;
};

void timers_set(struct timers *h, struct timer *t, uint64_t at); /* TIMER_NEVER: as timers_drop() */
void timers_drop(struct timers *h, struct timer *t); /* one that is not armed: no effect */
struct timer *timers_first(const struct timers *h);  /* NULL: none is armed */
uint64_t timers_due(const struct timers *h);         /* when the first one is due; TIMER_NEVER: none is armed */
void timers_fini(struct timers *h);                  /* the timers themselves stay as they are */

#endif
