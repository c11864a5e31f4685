/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The anti-replay window at its edges, against a model that remembers everything; RFC 4303 §3.4.3
 * and appendix A2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "dataplane/replay.h"

static bool take(struct replay *r, uint64_t seq)
{
	uint64_t whole;

	return replay_find(r, (uint32_t)seq, &whole) && whole == seq && replay_mark(r, whole);
}

static void every_number_is_taken_once(void **state)
{
	struct replay r;

	(void)state;
	replay_init(&r, 64, false);
	for (uint64_t s = 1; s < 5000; s++) {
		assert_true(take(&r, s));
		assert_false(take(&r, s));
	}
}

static void zero_is_no_number(void **state)
{
	struct replay r;

	(void)state;
	replay_init(&r, 64, false);
	assert_false(take(&r, 0));
	assert_true(take(&r, 1));
	assert_false(take(&r, 0));
}

static void the_window_ends_where_it_should(void **state)
{
	static const uint16_t windows[] = {1, 32, 64, 128, 256, 512, 1000, 1024};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		struct replay r;
		uint64_t top = 100000 + i, w = windows[i];

		replay_init(&r, windows[i], false);
		assert_true(take(&r, top));
		if (w > 1)
			assert_true(take(&r, top - w + 1)); /* the last one inside */
		assert_false(take(&r, top - w));
		assert_false(take(&r, top - w + 1));
		assert_int_equal(r.top, top);
	}
}

static void what_was_looked_at_but_not_marked_may_come_again(void **state)
{
	struct replay r;
	uint64_t seq;

	(void)state;
	replay_init(&r, 64, false);
	for (int i = 0; i < 3; i++)
		assert_true(replay_find(&r, 0x7fffffff, &seq)); /* a forgery moves nothing */
	assert_int_equal(r.top, 0);
	assert_true(take(&r, 1));
}

static void switched_off_it_takes_everything(void **state)
{
	struct replay r;

	(void)state;
	replay_init(&r, 0, false);
	for (int i = 0; i < 3; i++)
		assert_true(take(&r, 7));
	assert_true(take(&r, 100000));
	assert_true(take(&r, 1));
	assert_int_equal(r.top, 100000);
}

/* The model: a flag for every number there ever was. */
static void agree_with_model(uint16_t window, bool esn, uint64_t from, unsigned seed)
{
	enum { SPAN = 20000 };
	static bool seen[SPAN];
	struct replay r;
	uint64_t top = from;

	memset(seen, 0, sizeof(seen));
	replay_init(&r, window, esn);
	r.top = from; /* as if all before had been lost on the way */
	srand(seed);
	for (int i = 0; i < 40000; i++) {
		int64_t jump =
		        rand() % 100 < 90 ? rand() % (3 * window) - 2 * window : rand() % 400 - 100;
		int64_t at = (int64_t)(top - from) + jump;

		if (at < 1 || at >= SPAN)
			continue;
		uint64_t seq = from + (uint64_t)at;
		bool good = !seen[at] && (seq > top || top - seq < window);

		assert_int_equal(take(&r, seq), good);
		seen[at] |= good;
		if (good && seq > top)
			top = seq;
		assert_int_equal(r.top, top);
	}
	assert_true(top - from > SPAN / 2); /* it went somewhere */
}

static void any_order_agrees_with_a_model_that_forgets_nothing(void **state)
{
	static const uint16_t windows[] = {32, 64, 65, 128, 1000, 1024};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		agree_with_model(windows[i], false, 0, 1);
		agree_with_model(windows[i], true, 0, 2);
		agree_with_model(windows[i], true, 0xffffffffULL - 9000,
		        3); /* through the wrap of the low half */
		agree_with_model(windows[i], true, 0x5ffffffffULL - 5000, 4); /* and a later one */
	}
}

/*             top          low of the packet, window → whole number; 0: refused. RFC 4303 A2.2,
 * cases A and B. */
static const struct {
	uint64_t top;
	uint32_t low;
	uint16_t window;
	uint64_t whole;
} inferred[] = {
        {0x1000, 0x1001, 64, 0x1001},                 /* A: ahead */
        {0x1000, 0x0fc1, 64, 0x0fc1},                 /* A: the lower edge */
        {0x1000, 0x0fc0, 64, 0x100000fc0},            /* A: below it, so after the next wrap */
        {0xffffffff, 0x00000000, 64, 0x100000000},    /* A: the wrap itself */
        {0xffffffff, 0xfffffff0, 64, 0xfffffff0},     /* A: before it */
        {0x100000005, 0xfffffff0, 64, 0xfffffff0},    /* B: the window spans the wrap; a late one */
        {0x100000005, 0x00000006, 64, 0x100000006},   /* B: ahead */
        {0x100000005, 0x7fffffff, 64, 0x17fffffff},   /* B: far ahead */
        {0x00000005, 0xfffffff0, 64, 0},              /* B: before the beginning */
        {0x200000005, 0xffffffff, 1024, 0x1ffffffff}, /* B: a wide window */
        {0xffffffff00000010, 0x11, 64, 0xffffffff00000011ULL}, /* the last half */
};

static void the_high_half_is_inferred(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inferred); i++) {
		struct replay r;
		uint64_t seq = 0;

		replay_init(&r, inferred[i].window, true);
		r.top = inferred[i].top;
		assert_int_equal(replay_find(&r, inferred[i].low, &seq), inferred[i].whole != 0);
		if (inferred[i].whole)
			assert_int_equal(seq, inferred[i].whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_number_is_taken_once),
	        cmocka_unit_test(zero_is_no_number),
	        cmocka_unit_test(the_window_ends_where_it_should),
	        cmocka_unit_test(what_was_looked_at_but_not_marked_may_come_again),
	        cmocka_unit_test(switched_off_it_takes_everything),
	        cmocka_unit_test(any_order_agrees_with_a_model_that_forgets_nothing),
	        cmocka_unit_test(the_high_half_is_inferred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
