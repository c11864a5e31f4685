/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * docs/commands.md and docs/status.md are written by the grammar; this compares the committed
 * files. When they differ:
 *
 *   SPOKE_REGENERATE=1 tests/run unit        (or run this program so, from the top of the tree)
 *
 * writes them anew. docs/status.md comes from docs/reference.list: every command there is entered,
 * and what became of it decides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "grammar/gen/lines.h"
#include "grammar/grammar.h"

static char *slurp(const char *path)
{
	struct strbuf sb = {0};
	char buf[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f)
		return xstrdup("");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sb_add(&sb, buf, n);
	fclose(f);
	return sb.s ? sb_take(&sb) : xstrdup("");
}

/* True: regenerated. */
static bool regenerate(const char *path, const char *text)
{
	const char *wanted = getenv("SPOKE_REGENERATE");
	FILE *f;

	if (!wanted || strcmp(wanted, "1") != 0)
		return false;
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return true;
}

static void compare(const char *path, const char *text)
{
	char *committed = slurp(path);
	bool same = strcmp(committed, text) == 0;

	free(committed);
	if (!same && !regenerate(path, text))
		fail_msg("%s is not what the grammar says: write it with SPOKE_REGENERATE=1", path);
}

static void commands_are_documented(void **s)
{
	struct strbuf sb = {0};

	(void)s;
	gr_docs(&sb);
	assert_true(sb.len > 10000);
	compare("docs/commands.md", sb_str(&sb));
	sb_fini(&sb);
}

/* ---- status
 * ----------------------------------------------------------------------------------------------------------------------
 */

enum fate { ACTS, RECORDED, PENDING, ABSENT, N_FATES };
static const char *const fates[] = {"acts", "recorded", "pending", "not there"};

struct status {
	struct strbuf out;
	char sections[200]; /* "crypto ikev2 keyring K / peer P"; "" global */
	bool exec;
	unsigned count[N_FATES];
	const char *reason;
};

static const char *pending_in(const struct cfg_tree *t, int line)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		const char *why = cfg_node_line(n) == line ? cfg_node_pending(n)
		                                           : pending_in(cfg_children(n), line);

		if (why)
			return why;
	}
	return NULL;
}

static void open_section(struct cfg_editor *ed, const char *line)
{
	if (cfg_editor_line(ed, line, NULL).status != GR_OK)
		fail_msg("reference.list: section refused: %s", line);
}

static void open_sections(struct cfg_editor *ed, const char *sections)
{
	char copy[200];
	char *at = copy, *sep;

	snprintf(copy, sizeof(copy), "%s", sections);
	for (; (sep = strstr(at, " / ")); at = sep + 3) {
		*sep = '\0';
		open_section(ed, at);
	}
	if (*at)
		open_section(ed, at);
}

static enum fate config_fate(struct status *st, const char *line)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	enum fate fate = ABSENT;

	open_sections(ed, st->sections);
	if (cfg_editor_line(ed, line, NULL).status == GR_OK) {
		int id = cfg_editor_last_line(ed);
		const struct gr_line_info *info = gr_line_info(id);
		const char *why = info->pending
		                          ? info->pending
		                          : pending_in(cfg_root(cfg_editor_candidate(ed)), id);

		st->reason = why;
		fate = why ? PENDING : info->recorded ? RECORDED : ACTS;
	}
	cfg_editor_free(ed);
	cfg_unref(empty);
	return fate;
}

static enum fate exec_fate(const char *line)
{
	struct strbuf canon = {0};
	int id;
	struct gr_diag d = gr_match_exec(line, 15, &id, &canon);

	sb_fini(&canon);
	return d.status == GR_OK ? ACTS : ABSENT;
}

static void command(struct status *st, char *text)
{
	char *purpose = strstr(text, " | ");

	if (!purpose)
		fail_msg("reference.list: no purpose: %s", text);
	*purpose = '\0';
	st->reason = NULL;
	enum fate fate = st->exec ? exec_fate(text) : config_fate(st, text);

	st->count[fate]++;
	sb_printf(&st->out, "| `%s` | %s | %s%s%s |\n", text, purpose + 3, fates[fate],
	        st->reason ? ": " : "", st->reason ? st->reason : "");
}

static void chapter(struct status *st, const char *title)
{
	sb_printf(&st->out, "\n## %s\n\n| command | what for | state |\n|---|---|---|\n", title);
}

static void entry(struct status *st, char *line)
{
	if (!*line || *line == '#')
		return;
	if (*line == '@') {
		chapter(st, line + 2);
	} else if (*line == '=') {
		snprintf(st->sections, sizeof(st->sections), "%s",
		        strcmp(line + 2, "global") == 0 ? "" : line + 2);
		st->exec = false;
	} else if (*line == '>') {
		st->exec = true;
	} else {
		command(st, line);
	}
}

static void status_is_documented(void **s)
{
	static const char head[] = "# Which command does what\n\n"
	                           "Written by the grammar from docs/reference.list "
	                           "(tests/flexvpn/test_docs.c); do not edit.\n\n"
	                           "*acts*: it does what IOS does. *recorded*: it is kept and "
	                           "printed, and has no effect that a client would miss.\n"
	                           "*pending*: it is kept and printed, warns when it is entered "
	                           "and waits for the function named.\n"
	                           "*not there*: it is refused.\n";
	struct status st = {0};
	struct strbuf all = {0};
	char *list = slurp("docs/reference.list"), *save, *line;

	(void)s;
	for (line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		entry(&st, line);
	sb_printf(&all, "%s\n", head);
	for (int i = 0; i < N_FATES; i++)
		sb_printf(&all, "%s%s: %u", i ? ", " : "", fates[i], st.count[i]);
	sb_printf(&all, ".\n%s", sb_str(&st.out));
	assert_true(st.count[ACTS] > 100);
	compare("docs/status.md", sb_str(&all));
	sb_fini(&all);
	sb_fini(&st.out);
	free(list);
}

/* ---- modes do not take what is meant for others -----------------------------------------------
 */

enum { MAX_ROWS = 600 };
struct rows {
	const char *section[MAX_ROWS], *global[MAX_ROWS];
	size_t n_section, n_global;
};

static void sort_out(struct rows *r, char *line, bool *global)
{
	char *purpose = strstr(line, " | ");

	assert_true(r->n_section < MAX_ROWS && r->n_global < MAX_ROWS);
	if (*line == '=' || *line == '>') {
		*global = strcmp(line, "= global") == 0;
		if (*line == '=' && !*global)
			r->section[r->n_section++] = line + 2;
	} else if (*global && purpose) {
		*purpose = '\0';
		r->global[r->n_global++] = line;
	}
}

/* A pasted configuration leaves a mode by entering a global line. A line that a mode only keeps
 * must not swallow one that acts. */
static void no_mode_keeps_what_acts_outside_it(void **state)
{
	char *list = slurp("docs/reference.list"), *save, *line;
	struct rows r = {0};
	bool global = false;

	(void)state;
	for (line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		sort_out(&r, line, &global);
	assert_true(r.n_global > 50 && r.n_section > 20);
	for (size_t i = 0; i < r.n_global; i++) {
		struct status st = {0};

		if (config_fate(&st, r.global[i]) != ACTS)
			continue;
		for (size_t k = 0; k < r.n_section; k++) {
			snprintf(st.sections, sizeof(st.sections), "%s", r.section[k]);
			if (config_fate(&st, r.global[i]) != ACTS)
				fail_msg("after `%s`, `%s` is not the global command", r.section[k],
				        r.global[i]);
		}
	}
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(commands_are_documented),
	        cmocka_unit_test(status_is_documented),
	        cmocka_unit_test(no_mode_keeps_what_acts_outside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
