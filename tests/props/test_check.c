/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The editor for checking against the one that keeps everything: over texts in part true, in part
 * spoiled, both say the same of every line, and find the same references to nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_gen.h"

static void said(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	(void)line;
	sb_printf(ctx, "%u: %d at %zu %s\n", line_no, (int)d->status, d->caret,
	        d->status == GR_OK ? "" : d->text);
}

static void missing(void *ctx, const struct cfg_node *n, const char *kind, const char *name)
{
	sb_printf(ctx, "%s: %s %s\n", cfg_node_text(n), kind, name);
}

static char *judgement(struct cfg_editor *ed, const char *text)
{
	struct strbuf out = {0};

	cfg_load_each(ed, text, said, &out);
	cfg_dangling(cfg_editor_candidate(ed), missing, &out);
	cfg_editor_free(ed);
	return sb_take(&out);
}

static void same_judgement(const char *text, uint64_t seed)
{
	struct cfg *empty = cfg_new();
	char *whole = judgement(cfg_editor_new(empty), text);
	char *sparing = judgement(cfg_editor_new_check(empty), text);

	if (strcmp(whole, sparing) != 0)
		print_message("seed %llu\n%s---- whole\n%s---- sparing\n%s",
		        (unsigned long long)seed, text, whole, sparing);
	assert_string_equal(whole, sparing);
	free(whole);
	free(sparing);
	cfg_unref(empty);
}

/* A line as somebody might have spoiled it: a word lost, cut short or not meant, `no` before it,
 * twice. */
static void spoil(struct gen *g, const char *line, size_t n, struct strbuf *out)
{
	size_t at = n ? gen_below(g, (uint32_t)n) : 0;

	switch (gen_below(g, 12)) {
	case 0:
		sb_add(out, line, at);
		break;
	case 1:
		sb_add(out, line, at);
		sb_puts(out, " x");
		sb_add(out, line + at, n - at);
		break;
	case 2:
		sb_puts(out, "no ");
		sb_add(out, line, n);
		break;
	case 3:
		sb_puts(out, "default ");
		sb_add(out, line, at);
		break;
	case 4:
		sb_add(out, line, n);
		sb_puts(out, "\n");
		sb_add(out, line, n);
		break;
	case 5:
		sb_puts(out, "exit");
		break;
	default:
		sb_add(out, line, n);
	}
	sb_puts(out, "\n");
}

static void both_editors_judge_alike(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct gen g = {seed, seed % 2};
		struct cfg *c = gen_config(&g, 1 + gen_below(&g, 80));
		char *text = gen_print(c);
		struct strbuf spoiled = {0};

		same_judgement(text, seed);
		for (const char *s = text; *s; s += strcspn(s, "\n") + 1)
			spoil(&g, s, strcspn(s, "\n"), &spoiled);
		same_judgement(sb_str(&spoiled), seed);
		sb_fini(&spoiled);
		free(text);
		cfg_unref(c);
	}
}

/* A name is there, goes, and comes again: what is remembered of it must go with it. */
static void a_name_that_was_removed_is_missing(void **state)
{
	static const char *const then[] = {
	        "",
	        "no ip prefix-list P\n",
	        "no ip prefix-list P\nip prefix-list P seq 5 permit 10.0.0.0/8\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(then); i++) {
		struct strbuf text = {0};

		sb_printf(&text,
		        "ip prefix-list P seq 5 permit 10.0.0.0/8\nip prefix-list P seq 10 permit "
		        "11.0.0.0/8\n%s"
		        "route-map M permit 10\n match ip address prefix-list P\n",
		        then[i]);
		same_judgement(sb_str(&text), i);
		sb_fini(&text);
	}
}

static void a_line_without_a_name_takes_the_place_of_one_with(void **state)
{
	(void)state;
	same_judgement("router ospf 1\n default-information originate route-map NONE\n"
	               " default-information originate\n",
	        0);
	same_judgement("ip route 10.0.0.0 255.0.0.0 192.0.2.1 track 5\n"
	               "ip route 10.0.0.0 255.0.0.0 192.0.2.1\n",
	        1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_without_a_name_takes_the_place_of_one_with),
	        cmocka_unit_test(both_editors_judge_alike),
	        cmocka_unit_test(a_name_that_was_removed_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
