/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration text, line by line, into an editor; help and completion of every line as well. What
 * was accepted must print, and what is printed must be accepted again and print the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct cfg *c)
{
	struct strbuf sb = {0};

	cfg_print(c, false, &sb);
	return sb.s ? sb_take(&sb) : xstrdup("");
}

static void each_line(struct cfg_editor *ed, char *text)
{
	struct strbuf sb = {0};
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int exec = GR_NONE;

		sb_clear(&sb);
		gr_help(cfg_editor_mode(ed), 15, cfg_editor_candidate(ed), line, 80, &sb);
		gr_complete(cfg_editor_mode(ed), 15, cfg_editor_candidate(ed), line, &sb);
		gr_match_exec(line, 1, &exec, &sb);

		struct gr_diag d = cfg_editor_line(ed, line, NULL);

		sb_clear(&sb);
		gr_diag_format(&d, line, 8, &sb);
		gr_diag_brief(&d, line, &sb);
	}
	sb_fini(&sb);
}

static void ignore(void *ctx, unsigned depth, const char *command)
{
	(void)ctx;
	(void)depth;
	(void)command;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty), *again = cfg_editor_new(empty);

	each_line(ed, text);
	char *once = print(cfg_editor_candidate(ed));

	if (cfg_load_text(again, once, NULL, NULL))
		abort();
	char *twice = print(cfg_editor_candidate(again));

	if (strcmp(once, twice) != 0)
		abort();
	cfg_diff(empty, cfg_editor_candidate(ed), ignore, NULL);
	cfg_diff(cfg_editor_candidate(ed), empty, ignore, NULL);
	cfg_editor_free(ed);
	cfg_editor_free(again);
	cfg_unref(empty);
	free(text);
	free(once);
	free(twice);
	return 0;
}
