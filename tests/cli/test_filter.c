/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind the `|`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/filter.h"

static const char text[] = "interface Tunnel0\n ip address negotiated\n tunnel source Ethernet0/0\n"
                           "interface Ethernet0/0\n ip address 10.0.0.2 255.0.0.0\n!\nend\n";

static const struct {
	const char *spec, *want;
} rows[] = {
        {"include ^interface", "interface Tunnel0\ninterface Ethernet0/0\n"},
        {"i Tunnel0|end", "interface Tunnel0\nend\n"},
        {"  INC  ip address",
                " ip address negotiated\n ip address 10.0.0.2 255.0.0.0\n"}, /* one blank is the
                                                                                expression's */
        {"exclude a", " tunnel source Ethernet0/0\n!\nend\n"},
        {"begin ^!", "!\nend\n"},
        {"b nothing like it", ""},
        {"count address", "Number of lines which match regexp = 2\n"},
        {"section Tunnel0",
                "interface Tunnel0\n ip address negotiated\n tunnel source Ethernet0/0\n"},
        {"section include Ethernet0/0$", " tunnel source Ethernet0/0\ninterface Ethernet0/0\n ip "
                                         "address 10.0.0.2 255.0.0.0\n"},
        {"section exclude interface", "!\nend\n"},
        {"include _10.0.0.2_", " ip address 10.0.0.2 255.0.0.0\n"},
        {"include _0.0.2_", ""},
        {"include _end_", "end\n"},
        {"include (Tunnel|Ethernet)0$", "interface Tunnel0\n"},
        {"include o{2}", ""}, /* braces are plain */
        {"include [{]", ""},
};

static void each_filter_keeps_its_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf out = {0};
		struct gr_diag d;
		struct filter *f = filter_new(rows[i].spec, 0, &d);

		if (!f)
			fail_msg("refused: %s", rows[i].spec);
		filter_run(f, text, &out);
		assert_string_equal(sb_str(&out), rows[i].want);
		filter_free(f);
		sb_fini(&out);
	}
}

static const struct {
	const char *line;
	size_t at; /* behind the bar */
	enum gr_status status;
	size_t caret;
} wrong[] = {
        {"show x | ", 8, GR_INCOMPLETE, 0},
        {"show x | include", 8, GR_INCOMPLETE, 0},
        {"show x | include ", 8, GR_INCOMPLETE, 0},
        {"show x | foo", 8, GR_INVALID, 9},
        {"show x | incx y", 8, GR_INVALID, 12},
        {"show x | json y", 8, GR_INVALID, 14},
        {"show x | include (", 8, GR_REFUSED, 0},
};

static void mistakes_are_told_with_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct gr_diag d;

		assert_null(filter_new(wrong[i].line, wrong[i].at, &d));
		assert_int_equal(d.status, wrong[i].status);
		if (d.status == GR_INVALID)
			assert_int_equal(d.caret, wrong[i].caret);
	}
}

static void help_lists_and_completion_finishes(void **state)
{
	struct strbuf out = {0};

	(void)state;
	filter_help(" ", &out);
	assert_string_equal(sb_str(&out), "  append    Append redirected output to URL (URLs "
	                                  "supporting append operation only)\n"
	                                  "  begin     Begin with the line that matches\n"
	                                  "  count     Count number of lines which match regexp\n"
	                                  "  exclude   Exclude lines that match\n"
	                                  "  include   Include lines that match\n"
	                                  "  json      Print as JSON\n"
	                                  "  redirect  Redirect output to URL\n"
	                                  "  section   Filter a section of output\n"
	                                  "  tee       Copy output to URL\n");
	sb_clear(&out);
	filter_help(" i", &out);
	assert_string_equal(sb_str(&out), "include  \n\n");
	sb_clear(&out);
	filter_help(" include ", &out);
	assert_string_equal(sb_str(&out), "  LINE  Regular Expression\n");
	sb_clear(&out);
	filter_help(" zz", &out);
	assert_string_equal(sb_str(&out), "% Unrecognized command\n");
	sb_clear(&out);
	assert_true(filter_complete(" sec", &out));
	assert_string_equal(sb_str(&out), " section ");
	assert_false(filter_complete(" x", &out));
	sb_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_filter_keeps_its_lines),
	        cmocka_unit_test(mistakes_are_told_with_their_place),
	        cmocka_unit_test(help_lists_and_completion_finishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
