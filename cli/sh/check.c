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
};

/* The column is the caret's; where there is none, that of the line's first character. */
static unsigned column(const struct gr_diag *d, const char *line)
{
	bool caret = d->status == GR_INVALID || d->status == GR_AMBIGUOUS;

	return (unsigned)(caret ? d->caret : strspn(line, " \t")) + 1;
}

static void report(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct check *c = ctx;
	struct strbuf text = {0};

	gr_diag_brief(d, line, &text);
	printf("%s:%u:%u: %s\n", c->file, line_no, column(d, line), sb_str(&text));
	sb_fini(&text);
	c->bad++;
}

static void dangling(void *ctx, const struct cfg_node *n, const char *kind, const char *name)
{
	const struct check *c = ctx;

	(void)kind;
	fprintf(stderr, "%s: warning: \"%s\" refers to \"%s\", which is not there\n", c->file,
	        cfg_node_text(n), name);
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

int sh_check(const char *file)
{
	bool in = strcmp(file, "-") == 0;
	struct check c = {.file = in ? "(standard input)" : file};
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
