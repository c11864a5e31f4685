/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Octets out of hex digits, for tests with vectors. */
#ifndef SPOKE_TESTS_IKEV2_LIB_HEX_H
#define SPOKE_TESTS_IKEV2_LIB_HEX_H

#include "base/buf.h"
#include "base/secret.h"

struct octets {
	size_t n;
	uint8_t p[2048];
};

struct octets hex(const char *digits); /* fails the test for what is not hex */
static inline struct span view(const struct octets *o)
{
	return span_of(o->p, o->n);
}
void assert_hex(struct span got, const char *digits);
void secret_hex(struct secret *s, const char *digits);
void counting(void *ctx, uint8_t *dst, size_t n); /* an ike_random_fn: 00 01 02 … */

#endif
