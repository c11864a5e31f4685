/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers found by keys; timers in a heap. Both are compared with what a plain array would say. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/keyed.h"
#include "base/timers.h"

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void several_under_one_key_come_in_their_order(void **state)
{
	struct keyed k = {0};
	uint32_t at;

	(void)state;
	assert_int_equal(keyed_first(&k, 7), KEYED_END);
	for (uint32_t i = 0; i < 1000; i++)
		keyed_put(&k, i % 10, i);
	for (uint32_t key = 0; key < 10; key++) {
		uint32_t want = key;

		for (at = keyed_first(&k, key); at != KEYED_END; at = keyed_next(&k, at)) {
			assert_int_equal(keyed_value(&k, at), want);
			want += 10;
		}
		assert_int_equal(want, 1000 + key);
	}
	assert_int_equal(keyed_first(&k, 10), KEYED_END);
	keyed_clear(&k);
	assert_int_equal(keyed_first(&k, 3), KEYED_END);
	keyed_put(&k, 3, 5);
	at = keyed_first(&k, 3);
	assert_int_equal(keyed_value(&k, at), 5);
	assert_int_equal(keyed_next(&k, at), KEYED_END);
	keyed_fini(&k);
}

static void names_and_kinds_of_numbers_are_different_keys(void **state)
{
	(void)state;
	assert_true(keyed_hash("Tunnel1") != keyed_hash("Tunnel2"));
	assert_true(keyed_hash("") != keyed_hash("a"));
	assert_true(keyed_of(1, 5) != keyed_of(2, 5));
	assert_true(keyed_of(1, 5) != keyed_of(1, 6));
}

static uint64_t least(const struct timer *t, size_t n)
{
	uint64_t at = TIMER_NEVER;

	for (size_t i = 0; i < n; i++)
		if (t[i].place && t[i].at < at)
			at = t[i].at;
	return at;
}

static void the_first_timer_is_the_earliest(void **state)
{
	enum { TIMERS = 60, STEPS = 20000 };
	struct timer t[TIMERS] = {0};
	struct timers h = {0};
	uint32_t seed = 1;

	(void)state;
	assert_null(timers_first(&h));
	for (int i = 0; i < STEPS; i++) {
		struct timer *one = &t[next_random(&seed) % TIMERS];

		if (next_random(&seed) % 3 == 0)
			timers_drop(&h, one);
		else
			timers_set(&h, one, next_random(&seed) % 500);
		assert_true(timers_due(&h) == least(t, TIMERS));
		assert_true(!timers_first(&h) || timers_first(&h)->at == timers_due(&h));
	}
	timers_set(&h, &t[0], TIMER_NEVER);
	assert_int_equal(t[0].place, 0);
	while (timers_first(&h))
		timers_drop(&h, timers_first(&h));
	assert_true(least(t, TIMERS) == TIMER_NEVER);
	timers_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(several_under_one_key_come_in_their_order),
	        cmocka_unit_test(names_and_kinds_of_numbers_are_different_keys),
	        cmocka_unit_test(the_first_timer_is_the_earliest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
