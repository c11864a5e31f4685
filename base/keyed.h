/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers found by a key: "which elements of that array concern this?". Several may stand under one key; they come in the order in
 * which they were put in. Built once and read often: nothing is taken out but by keyed_clear().
 *
 * A key is 64 bits, a number or the hash of a name; who puts names in compares them when it gets a number, or does not mind a stranger.
 *
 *   for (uint32_t at = keyed_first(&k, key); at != KEYED_END; at = keyed_next(&k, at))
 *           use(array[keyed_value(&k, at)]);
 */
#ifndef SPOKE_BASE_KEYED_H
#define SPOKE_BASE_KEYED_H

#include <stdint.h>

enum { KEYED_END = UINT32_MAX };

struct keyed_item {
	uint64_t key;
	uint32_t value, next;
};

struct keyed { /* zeroed: empty */
	struct keyed_item *item;
	uint32_t *bucket; /* the last item of each chain, whose next is the first */
	uint32_t n, n_bucket;
};

uint64_t keyed_hash(const char *name); /* FNV-1a */
/* A number of one of several kinds. */
uint64_t keyed_of(uint32_t kind, uint32_t number);

void keyed_put(struct keyed *k, uint64_t key, uint32_t value);
uint32_t keyed_first(const struct keyed *k, uint64_t key);
uint32_t keyed_next(const struct keyed *k, uint32_t at);
uint32_t keyed_value(const struct keyed *k, uint32_t at);
void keyed_clear(struct keyed *k); /* empty, for the next building */
void keyed_fini(struct keyed *k);

#endif
