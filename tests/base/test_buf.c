/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cursors: the sticky error, sub-cursors, patches; hex and constant-time compare. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

static void read_past_the_end_gives_zero_and_sticks(void **s)
{
	const uint8_t in[] = {1, 2, 3};
	struct rd r = rd_init(in, sizeof(in));

	(void)s;
	assert_int_equal(rd_u16(&r), 0x0102);
	assert_int_equal(rd_u32(&r), 0);
	assert_false(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 0); /* the octet that is left is not given out after an error */
	assert_false(rd_done(&r));
}

static void sub_cursor_is_bounded_and_consumes_its_part(void **s)
{
	const uint8_t in[] = {1, 2, 3, 4};
	struct rd r = rd_init(in, sizeof(in)), sub = rd_sub(&r, 3);

	(void)s;
	assert_int_equal(rd_u16(&sub), 0x0102);
	assert_int_equal(rd_u16(&sub), 0);
	assert_false(rd_ok(&sub));
	assert_true(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 4);
	assert_true(rd_done(&r));
	sub = rd_sub(&r, 1);
	assert_false(rd_ok(&sub));
	assert_false(rd_ok(&r));
}

static void span_past_the_end_is_empty(void **s)
{
	struct rd r = rd_init("abc", 3);
	struct span v = rd_span(&r, 4);

	(void)s;
	assert_null(v.p);
	assert_int_equal(v.n, 0);
	assert_false(rd_ok(&r));
}

static void write_past_the_end_writes_nothing(void **s)
{
	uint8_t out[4] = {0};
	struct wr w = wr_init(out, 3);

	(void)s;
	wr_u16(&w, 0xabcd);
	wr_u16(&w, 0x1234);
	assert_false(wr_ok(&w));
	assert_int_equal(w.len, 2);
	assert_int_equal(out[2], 0);
}

static void patch_outside_what_was_written_is_an_error(void **s)
{
	uint8_t out[8];
	struct wr w = wr_init(out, sizeof(out));

	(void)s;
	wr_u32(&w, 0);
	wr_patch_u16(&w, 2, 0xbeef);
	assert_true(wr_ok(&w));
	assert_int_equal(get_u32(out), 0xbeef);
	wr_patch_u16(&w, 3, 1);
	assert_false(wr_ok(&w));
}

static void hex_refuses_what_is_not_hex(void **s)
{
	uint8_t b[2];
	char text[5];

	(void)s;
	assert_true(hex_parse("C0fe", b, 2));
	hex_fmt(text, b, 2);
	assert_string_equal(text, "c0fe");
	assert_false(hex_parse("c0f", b, 2));
	assert_false(hex_parse("c0fg", b, 2));
	assert_false(hex_parse("c0feee", b, 2));
}

static void constant_time_compare_compares(void **s)
{
	(void)s;
	assert_true(ct_equal("abcd", "abcd", 4));
	assert_false(ct_equal("abcd", "abce", 4));
	assert_true(ct_equal("a", "b", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_past_the_end_gives_zero_and_sticks),
		cmocka_unit_test(sub_cursor_is_bounded_and_consumes_its_part),
		cmocka_unit_test(span_past_the_end_is_empty),
		cmocka_unit_test(write_past_the_end_writes_nothing),
		cmocka_unit_test(patch_outside_what_was_written_is_an_error),
		cmocka_unit_test(hex_refuses_what_is_not_hex),
		cmocka_unit_test(constant_time_compare_compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
