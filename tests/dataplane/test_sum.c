/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Internet checksum against the definition, word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "dataplane/sum.h"

enum { ROOM = 1 << 12, LARGE = 3 << 20 };

/* RFC 1071 §1, to the letter. */
static uint16_t defined(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint64_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Of the two zeros of ones' complement either will do. */
static void assert_same_sum(uint16_t a, uint16_t b)
{
	assert_int_equal(a % 0xffff, b % 0xffff);
}

static void every_length(void **state)
{
	static uint8_t from[ROOM], to[ROOM];

	(void)state;
	for (size_t i = 0; i < ROOM; i++)
		from[i] = (uint8_t)(i * 7919 >> 3);
	for (size_t n = 0; n < 300; n++)
		for (size_t at = 0; at < 5; at++) {
			memset(to, 0, sizeof(to));
			assert_same_sum(inet_sum(from + at, n), defined(from + at, n));
			assert_same_sum(
			        inet_copy_sum(to + at, from + at, n), defined(from + at, n));
			assert_memory_equal(to + at, from + at, n);
			assert_int_equal(to[at + n], 0);
		}
}

/* More carries than a lane has room for, were they not gathered in between. */
static void all_ones(void **state)
{
	uint8_t *p = xmalloc(LARGE);

	(void)state;
	memset(p, 0xff, LARGE);
	assert_int_equal(inet_sum(p, LARGE), 0xffff);
	p[LARGE - 1] = 0xfe;
	assert_int_equal(inet_sum(p, LARGE), 0xfffe);
	free(p);
}

static void rfc1071_example(void **state)
{
	static const uint8_t p[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}; /* §3 */

	(void)state;
	assert_int_equal(inet_sum(p, sizeof(p)), 0xddf2);
	assert_int_equal(inet_fold(0x2ddf0), 0xddf2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_length),
	        cmocka_unit_test(all_ones),
	        cmocka_unit_test(rfc1071_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
