/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Octets out of hex digits: see lib_hex.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib_hex.h"

struct octets hex(const char *digits)
{
	struct octets o = {.n = strlen(digits) / 2};

	assert_true(o.n <= sizeof(o.p) && hex_parse(digits, o.p, o.n));
	return o;
}

void assert_hex(struct span got, const char *digits)
{
	struct octets want = hex(digits);

	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
}

void secret_hex(struct secret *s, const char *digits)
{
	struct octets o = hex(digits);

	secret_set(s, o.p, o.n);
}

void counting(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)i;
}
