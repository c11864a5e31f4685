/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and passwords. A secret owns its octets and wipes them when freed or replaced. There is no way to print one:
 * secret_mask() is what a show command may use.
 */
#ifndef SPOKE_BASE_SECRET_H
#define SPOKE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct secret {
	uint8_t *p;
	size_t n;
};

void secret_set(struct secret *s, const void *p, size_t n); /* copies; wipes what was there */
uint8_t *secret_reserve(struct secret *s, size_t n);        /* n zeroed octets for the caller to fill */
void secret_copy(struct secret *dst, const struct secret *src);
void secret_wipe(struct secret *s); /* accepts an empty secret */
bool secret_eq(const struct secret *a, const struct secret *b); /* constant time for equal lengths */
static inline struct span secret_span(const struct secret *s)
{
	return span_of(s->p, s->n);
}
static inline const char *secret_mask(const struct secret *s)
{
	return s->n ? "<hidden>" : "<none>";
}
void wipe(void *p, size_t n); /* a memset that the compiler keeps */

#endif
