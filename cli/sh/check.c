/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `spokesh --check FILE`: would a router accept this configuration? No router is needed to say so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sh/sh.h"
#include "grammar/grammar.h"

struct check {
	const char *file;
	unsigned bad;
	struct out *json; /* NULL: lines for people */
};

/* The column is the caret's; where there is none, that of the line's first character. */
static unsigned column(const struct gr_diag *d, const char *line)
{
	bool caret = d->status == GR_INVALID || d->status == GR_AMBIGUOUS;

	return (unsigned)(caret ? d->caret : strspn(line, " \t")) + 1;
}

static void finding(
        struct check *c, unsigned line_no, unsigned col, const char *severity, const char *text)
{
	out_obj(c->json, NULL);
	out_str(c->json, "file", c->file);
	if (line_no) {
		out_int(c->json, "line", line_no);
		out_int(c->json, "column", col);
	}
	out_str(c->json, "severity", severity);
	out_str(c->json, "message", text);
	out_obj_end(c->json);
}

static void report(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct check *c = ctx;
	struct strbuf text = {0};

	gr_diag_brief(d, line, &text);
	if (c->json)
		finding(c, line_no, column(d, line), "error", sb_str(&text));
	else
		printf("%s:%u:%u: %s\n", c->file, line_no, column(d, line), sb_str(&text));
	sb_fini(&text);
	c->bad++;
}

static void dangling(void *ctx, const struct cfg_node *n, const char *kind, const char *name)
{
	struct check *c = ctx;
	struct strbuf text = {0};

	(void)kind;
	sb_printf(&text, "\"%s\" refers to \"%s\", which is not there", cfg_node_text(n), name);
	if (c->json)
		finding(c, 0, 0, "warning", sb_str(&text));
	else
		fprintf(stderr, "%s: warning: %s\n", c->file, sb_str(&text));
	sb_fini(&text);
}

static char *slurp(FILE *f)
{
	struct strbuf text = {0};
	char chunk[16 * 1024];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		sb_add(&text, chunk, n);
	if (ferror(f)) {
		sb_fini(&text);
		return NULL;
	}
	return text.len ? sb_take(&text) : xstrdup("");
}

int sh_check(const char *file, struct out *json)
{
	bool in = strcmp(file, "-") == 0;
	struct check c = {.file = in ? "(standard input)" : file, .json = json};
	FILE *f = in ? stdin : fopen(file, "re");
	char *text = f ? slurp(f) : NULL;

	if (f && !in)
		fclose(f);
	if (!text) {
		fprintf(stderr, "spokesh: %s: %s\n", c.file, strerror(errno));
		return 2;
	}
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	cfg_load_text(ed, text, report, &c);
	cfg_dangling(cfg_editor_candidate(ed), dangling, &c);
	cfg_editor_free(ed);
	cfg_unref(empty);
	explicit_bzero(text, strlen(text));
	free(text);
	return c.bad ? 1 : 0;
}
