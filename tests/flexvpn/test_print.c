/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/configs/lines.list: every configuration command of the router's groups in its forms. What
 * is accepted is printed as the list says, reads back to the same configuration, and is taken back
 * by `no`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "grammar/grammar.h"

#define LIST "tests/configs/lines.list"

struct walk {
	char sections[200]; /* "crypto ikev2 keyring K / peer P"; "" global */
	unsigned line, tried, wrong;
};

static void complain(struct walk *w, const char *text, const char *what, const char *more)
{
	w->wrong++;
	print_error("%s:%u: %s: %s%s%s\n", LIST, w->line, text, what, more ? ": " : "",
	        more ? more : "");
}

static bool enter(struct cfg_editor *ed, const char *line)
{
	return cfg_editor_line(ed, line, NULL).status == GR_OK;
}

static bool open_sections(struct cfg_editor *ed, const char *sections)
{
	char copy[200], *at = copy, *sep;

	snprintf(copy, sizeof(copy), "%s", sections);
	for (; (sep = strstr(at, " / ")); at = sep + 3) {
		*sep = '\0';
		if (!enter(ed, at))
			return false;
	}
	return !*at || enter(ed, at);
}

static char *printed(const struct cfg_editor *ed)
{
	struct strbuf sb = {0};

	cfg_print(cfg_editor_candidate(ed), false, &sb);
	return sb.s ? sb_take(&sb) : xstrdup("");
}

/* Stands as a line of its own, however far indented? */
static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++) {
		const char *from = at;

		while (from > text && from[-1] == ' ')
			from--;
		if ((from == text || from[-1] == '\n') &&
		        strspn(at + n, " ") == strcspn(at + n, "\n"))
			return true;
	}
	return false;
}

/* The printed text is a configuration that prints the same. */
static bool reads_back(const char *text)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	unsigned refused = cfg_load_text(ed, text, NULL, NULL);
	char *again = printed(ed);
	bool same = !refused && strcmp(text, again) == 0;

	free(again);
	cfg_editor_free(ed);
	cfg_unref(empty);
	return same;
}

/* `default` in front of what is printed forgets it; so does `no`, but for what is on without a
 * line. */
static void take_back(struct walk *w, struct cfg_editor *ed, const char *text, const char *before)
{
	struct strbuf forget = {0};
	char *after;

	/* (`default interface` empties one.) */
	sb_printf(&forget, "%s %s", strncmp(text, "interface ", 10) == 0 ? "no" : "default",
	        strncmp(text, "no ", 3) == 0 ? text + 3 : text);
	if (!enter(ed, sb_str(&forget)))
		complain(w, sb_str(&forget), "refused", NULL);
	after = printed(ed);
	if (strcmp(after, before) != 0)
		complain(w, sb_str(&forget), "leaves", after);
	free(after);
	sb_fini(&forget);
}

static void accepted(struct walk *w, struct cfg_editor *ed, const char *line, const char *wanted)
{
	char *before = printed(ed), *after;
	struct gr_diag d = cfg_editor_line(ed, line, NULL);

	if (d.status != GR_OK) {
		complain(w, line, "refused", NULL);
		free(before);
		return;
	}
	after = printed(ed);
	if (!wanted && strcmp(before, after) != 0)
		complain(w, line, "is printed", after);
	else if (wanted && !has_line(after, wanted))
		complain(w, line, "is not printed so", after);
	else if (!reads_back(after))
		complain(w, line, "does not read back", after);
	else if (wanted && strncmp(before, after, strlen(before)) != 0 && has_line(before, wanted))
		complain(w, line, "was there before", before);
	else if (wanted && cfg_editor_candidate(ed) && strcmp(before, after) != 0) {
		/* From where the line was typed: it may have opened a section. */
		struct cfg_editor *again = cfg_editor_new(cfg_editor_candidate(ed));

		if (open_sections(again, w->sections))
			take_back(w, again, wanted, before);
		cfg_editor_free(again);
	}
	free(before);
	free(after);
}

static void one(struct walk *w, char *line)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	char *arrow = strstr(line, " => ");

	w->tried++;
	if (!open_sections(ed, w->sections)) {
		complain(w, w->sections, "a section is refused", NULL);
	} else if (strncmp(line, "! ", 2) == 0) {
		if (enter(ed, line + 2))
			complain(w, line, "is accepted", NULL);
	} else if (arrow) {
		*arrow = '\0';
		accepted(w, ed, line, strcmp(arrow + 4, "-") == 0 ? NULL : arrow + 4);
	} else {
		accepted(w, ed, line, line);
	}
	cfg_editor_free(ed);
	cfg_unref(empty);
}

static void every_line_is_printed_as_listed(void **s)
{
	struct walk w = {0};
	char text[512];
	FILE *f = fopen(LIST, "r");

	(void)s;
	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		w.line++;
		text[strcspn(text, "\n")] = '\0';
		if (!*text || *text == '#' || *text == '@')
			continue;
		if (strncmp(text, "= ", 2) == 0)
			snprintf(w.sections, sizeof(w.sections), "%s",
			        strcmp(text + 2, "global") == 0 ? "" : text + 2);
		else
			one(&w, text);
	}
	fclose(f);
	assert_true(w.tried > 900);
	assert_int_equal(w.wrong, 0);
}

/* What a list of lines, cut at line ends, leaves of an empty configuration. */
static void assert_leaves(const char *lines, const char *wanted)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	char *got;

	assert_int_equal(cfg_load_text(ed, lines, NULL, NULL), 0);
	got = printed(ed);
	assert_string_equal(got, wanted);
	free(got);
	cfg_editor_free(ed);
	cfg_unref(empty);
}

static void entries_that_come_without_a_number_get_one(void **s)
{
	(void)s;
	assert_leaves("ip prefix-list P permit 10.0.0.0/8\n"
	              "ip prefix-list P seq 12 permit 10.1.0.0/16\n"
	              "ip prefix-list Q deny 10.3.0.0/16\n"
	              "ip prefix-list P description text\n"
	              "ip prefix-list P permit 10.2.0.0/16 le 24\n"
	              "ip prefix-list P permit 10.0.0.0/8\n"
	              "no ip prefix-list P permit 10.1.0.0/16\n"
	              "no ip prefix-list P permit 10.9.0.0/16\n",
	        "ip prefix-list P seq 5 permit 10.0.0.0/8\n"
	        "ip prefix-list P seq 15 permit 10.2.0.0/16 le 24\n"
	        "ip prefix-list Q seq 5 deny 10.3.0.0/16\n"
	        "ip prefix-list P description text\n");
	assert_leaves("ip prefix-list P permit 10.0.0.0/8\nno ip prefix-list P\n", "");
}

static void a_bare_route_map_is_its_entry_10_but_no_takes_them_all(void **s)
{
	(void)s;
	assert_leaves("route-map RM\n description one\nroute-map RM permit 20\n",
	        "route-map RM permit 10\n description one\n!\nroute-map RM permit 20\n!\n");
	assert_leaves("route-map RM permit 10\nroute-map RM permit 20\nno route-map RM\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_line_is_printed_as_listed),
	        cmocka_unit_test(entries_that_come_without_a_number_get_one),
	        cmocka_unit_test(a_bare_route_map_is_its_entry_10_but_no_takes_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
