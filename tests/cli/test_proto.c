/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames: whatever the pieces they arrive in, and whatever is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/proto.h"

static void frames_survive_any_cut(void **state)
{
	struct strbuf out = {0};
	char text[64];

	(void)state;
	proto_put_hello(&out, PROTO_SCRIPT, 80, 24);
	proto_put_flagged(&out, PROTO_LINE, PROTO_LINE_MORE, "hostname R1");
	proto_put(&out, PROTO_INTERRUPT, NULL, 0);
	for (size_t step = 1; step <= out.len; step++) {
		struct proto_in in = {0};
		struct proto_frame f;
		unsigned seen = 0;

		for (size_t at = 0; at < out.len; at += step) {
			proto_in_add(&in, out.s + at, out.len - at < step ? out.len - at : step);
			while (proto_in_next(&in, &f)) {
				if (f.type == PROTO_LINE) {
					assert_int_equal(rd_u8(&f.body), PROTO_LINE_MORE);
					assert_true(proto_text(&f.body, text, sizeof(text)));
					assert_string_equal(text, "hostname R1");
				}
				assert_int_equal(f.type, ((const uint8_t[]){PROTO_HELLO, PROTO_LINE,
				                                 PROTO_INTERRUPT})[seen]);
				seen++;
			}
		}
		assert_int_equal(seen, 3);
		assert_false(in.bad);
		proto_in_fini(&in);
	}
	sb_fini(&out);
}

static void a_frame_too_long_is_the_end(void **state)
{
	static const uint8_t too_long[] = {0, 1, 0, 1, PROTO_LINE},
	                     empty[] = {0, 0, 0, 0, PROTO_LINE};
	const uint8_t *bad[] = {too_long, empty};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct strbuf good = {0};
		struct proto_in in = {0};
		struct proto_frame f;

		proto_put_u8(&good, PROTO_DONE, 0);
		proto_in_add(&in, bad[i], sizeof(too_long));
		assert_false(proto_in_next(&in, &f));
		assert_true(in.bad);
		proto_in_add(&in, good.s, good.len);
		assert_false(proto_in_next(&in, &f));
		proto_in_fini(&in);
		sb_fini(&good);
	}
}

static void a_long_text_is_several_outputs(void **state)
{
	enum { LEN = 3 * PROTO_MAX };
	char *text = xmalloc(LEN);
	struct strbuf out = {0}, back = {0};
	struct proto_in in = {0};
	struct proto_frame f;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		text[i] = (char)('a' + i % 26);
	proto_put_output(&out, text, LEN);
	proto_in_add(&in, out.s, out.len);
	while (proto_in_next(&in, &f)) {
		struct span s = rd_rest(&f.body);

		assert_int_equal(f.type, PROTO_OUTPUT);
		sb_add(&back, s.p, s.n);
	}
	assert_false(in.bad);
	assert_int_equal(back.len, LEN);
	assert_memory_equal(back.s, text, LEN);
	proto_in_fini(&in);
	sb_fini(&out);
	sb_fini(&back);
	free(text);
}

static void a_text_with_nul_or_too_long_is_refused(void **state)
{
	char dst[8];
	struct rd nul = rd_init("a\0b", 3), fits = rd_init("1234567", 7),
	          longer = rd_init("12345678", 8);

	(void)state;
	assert_false(proto_text(&nul, dst, sizeof(dst)));
	assert_true(proto_text(&fits, dst, sizeof(dst)));
	assert_string_equal(dst, "1234567");
	assert_false(proto_text(&longer, dst, sizeof(dst)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(frames_survive_any_cut),
	        cmocka_unit_test(a_frame_too_long_is_the_end),
	        cmocka_unit_test(a_long_text_is_several_outputs),
	        cmocka_unit_test(a_text_with_nul_or_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
