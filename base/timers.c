/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A binary heap of timers: see timers.h. */
#include "base/timers.h"

#include <stdlib.h>

#include "base/mem.h"

static void put(struct timers *h, size_t place, struct timer *t)
{
	h->v[place - 1] = t;
	t->place = place;
}

static void rise(struct timers *h, struct timer *t)
{
	size_t at = t->place;

	for (; at > 1 && h->v[at / 2 - 1]->at > t->at; at /= 2)
		put(h, at, h->v[at / 2 - 1]);
	put(h, at, t);
}

static void sink(struct timers *h, struct timer *t)
{
	size_t at = t->place;

	for (size_t child; (child = 2 * at) <= h->n; at = child) {
		if (child < h->n && h->v[child]->at < h->v[child - 1]->at)
			child++;
		if (h->v[child - 1]->at >= t->at)
			break;
		put(h, at, h->v[child - 1]);
	}
	put(h, at, t);
}

void timers_set(struct timers *h, struct timer *t, uint64_t at)
{
	if (at == TIMER_NEVER) {
		timers_drop(h, t);
		return;
	}
	if (t->place && t->at == at)
		return;
	t->at = at;
	if (!t->place) {
		if (h->n == h->cap) {
			h->cap = h->cap ? 2 * h->cap : 16;
			h->v = xrealloc(h->v, h->cap * sizeof(struct timer *));
		}
		put(h, ++h->n, t);
	}
	rise(h, t);
	sink(h, t);
}

void timers_drop(struct timers *h, struct timer *t)
{
	struct timer *last;

	if (!t->place)
		return;
	last = h->v[--h->n];
	if (last != t) {
		put(h, t->place, last);
		rise(h, last);
		sink(h, last);
	}
	t->place = 0;
}

struct timer *timers_first(const struct timers *h)
{
	return h->n ? h->v[0] : NULL;
}

uint64_t timers_due(const struct timers *h)
{
	return h->n ? h->v[0]->at : TIMER_NEVER;
}

void timers_fini(struct timers *h)
{
	free(h->v);
	*h = (struct timers){0};
}
