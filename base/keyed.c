/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chained hashing over two arrays: see keyed.h. */
#include "base/keyed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FEW = 16 };

uint64_t keyed_hash(const char *name)
{
	uint64_t h = 14695981039346656037u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 1099511628211u;
	return h;
}

uint64_t keyed_of(uint32_t kind, uint32_t number)
{
	return (uint64_t)kind << 32 | number;
}

static uint32_t bucket_of(const struct keyed *k, uint64_t key)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (k->n_bucket - 1);
}

/* At the end of its chain. */
static void chain(struct keyed *k, uint32_t at)
{
	uint32_t *last = &k->bucket[bucket_of(k, k->item[at].key)];

	if (*last == KEYED_END) {
		k->item[at].next = at;
	} else {
		k->item[at].next = k->item[*last].next;
		k->item[*last].next = at;
	}
	*last = at;
}

static void grow(struct keyed *k)
{
	k->n_bucket = k->n_bucket ? 2 * k->n_bucket : FEW;
	k->item = xrealloc(k->item, k->n_bucket * sizeof(*k->item));
	k->bucket = xrealloc(k->bucket, k->n_bucket * sizeof(*k->bucket));
	memset(k->bucket, 0xff, k->n_bucket * sizeof(*k->bucket));
	for (uint32_t i = 0; i < k->n; i++)
		chain(k, i);
}

void keyed_put(struct keyed *k, uint64_t key, uint32_t value)
{
	if (k->n == k->n_bucket)
		grow(k);
	k->item[k->n] = (struct keyed_item){.key = key, .value = value};
	chain(k, k->n++);
}

/* From `at` on, the first of that key before the chain begins again. */
static uint32_t seek(const struct keyed *k, uint64_t key, uint32_t at, uint32_t last)
{
	while (k->item[at].key != key) {
		if (at == last)
			return KEYED_END;
		at = k->item[at].next;
	}
	return at;
}

uint32_t keyed_first(const struct keyed *k, uint64_t key)
{
	uint32_t last = k->n ? k->bucket[bucket_of(k, key)] : KEYED_END;

	return last == KEYED_END ? KEYED_END : seek(k, key, k->item[last].next, last);
}

uint32_t keyed_next(const struct keyed *k, uint32_t at)
{
	uint64_t key = k->item[at].key;
	uint32_t last = k->bucket[bucket_of(k, key)];

	return at == last ? KEYED_END : seek(k, key, k->item[at].next, last);
}

uint32_t keyed_value(const struct keyed *k, uint32_t at)
{
	return k->item[at].value;
}

void keyed_clear(struct keyed *k)
{
	k->n = 0;
	if (k->n_bucket)
		memset(k->bucket, 0xff, k->n_bucket * sizeof(*k->bucket));
}

void keyed_fini(struct keyed *k)
{
	free(k->item);
	free(k->bucket);
	*k = (struct keyed){0};
}
