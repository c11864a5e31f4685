/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `spokesh --check FILE`: would a router accept this configuration? No router is needed to say so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sh/check.h"
#include "cli/sh/sh.h"
#include "grammar/grammar.h"

struct check {
	const char *file;
	bool strict;
	unsigned bad;
	struct out *json; /* NULL: lines for people */
	struct check_source *source;
};

/* The column is the caret's; where there is none, that of the line's first character. */
static unsigned column(const struct gr_diag *d, const char *line)
{
	bool caret = d->status == GR_INVALID || d->status == GR_AMBIGUOUS;

	return (unsigned)(caret ? d->caret : strspn(line, " \t")) + 1;
}

struct finding {
	unsigned line_no, column; /* 0: nowhere in the file */
	const char *severity, *rule, *text;
};

static void as_json(const struct check *c, const struct finding *f)
{
	out_obj(c->json, NULL);
	out_str(c->json, "file", c->file);
	if (f->line_no) {
		out_int(c->json, "line", f->line_no);
		out_int(c->json, "column", f->column);
	}
	out_str(c->json, "severity", f->severity);
	out_str(c->json, "rule", f->rule);
	out_str(c->json, "message", f->text);
	out_obj_end(c->json);
}

static void as_text(const struct check *c, const struct finding *f)
{
	/* Without --strict what is only strange does not mix with what is wrong. */
	FILE *to = c->strict || strcmp(f->severity, "error") == 0 ? stdout : stderr;

	fprintf(to, "%s:", c->file);
	if (f->line_no)
		fprintf(to, "%u:%u:", f->line_no, f->column);
	if (strcmp(f->rule, "syntax") == 0)
		fprintf(to, " %s\n", f->text);
	else if (c->strict)
		fprintf(to, " %s: %s [%s]\n", f->severity, f->text, f->rule);
	else
		fprintf(to, " %s: %s\n", f->severity, f->text);
}

static void finding(struct check *c, const struct finding *f)
{
	if (c->json)
		as_json(c, f);
	else
		as_text(c, f);
	c->bad += c->strict || strcmp(f->severity, "error") == 0;
}

static void report(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct check *c = ctx;
	struct strbuf text = {0};

	gr_diag_brief(d, line, &text);
	finding(c, &(struct finding){line_no, column(d, line), "error", "syntax", sb_str(&text)});
	sb_fini(&text);
}

static void about(void *ctx, const struct cfg_node *n, const char *severity, const char *rule,
        const char *why)
{
	struct check *c = ctx;
	const char *raw;
	unsigned line_no = check_line(c->source, n, &raw);

	finding(c,
	        &(struct finding){line_no, (unsigned)strspn(raw, " \t") + 1, severity, rule, why});
}

static void dangling(void *ctx, const struct cfg_node *n, const char *kind, const char *name)
{
	struct strbuf text = {0};

	(void)kind;
	sb_printf(&text, "\"%s\" refers to \"%s\", which is not there", cfg_node_text(n), name);
	about(ctx, n, "warning", "dangling-reference", sb_str(&text));
	sb_fini(&text);
}

static void count_dangling(void *ctx, const struct cfg_node *n, const char *kind, const char *name)
{
	(void)n;
	(void)kind;
	(void)name;
	++*(unsigned *)ctx;
}

/* What the grammar accepts and is strange nevertheless. The file is read again only for that. */
static void beyond_grammar(struct check *c, const char *text, const struct cfg *cfg)
{
	unsigned n = 0;

	cfg_dangling(cfg, count_dangling, &n);
	if (!n && !c->strict)
		return;
	c->source = check_source_new(text, cfg, c->strict);
	cfg_dangling(cfg, dangling, c);
	if (c->strict)
		check_rules(cfg, c->source, about, c);
	check_source_free(c->source);
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
	if (text.len)
		text.len = drop_nul(text.s, text.len);
	return text.len ? sb_take(&text) : xstrdup("");
}

int sh_check(const char *file, bool strict, struct out *json)
{
	bool in = strcmp(file, "-") == 0;
	struct check c = {.file = in ? "(standard input)" : file, .strict = strict, .json = json};
	FILE *f = in ? stdin : fopen(file, "re");
	char *text = f ? slurp(f) : NULL;

	if (f && !in)
		fclose(f);
	if (!text) {
		fprintf(stderr, "spokesh: %s: %s\n", c.file, strerror(errno));
		return 2;
	}
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = strict ? cfg_editor_new(empty) : cfg_editor_new_check(empty);

	cfg_load_text(ed, text, report, &c);
	beyond_grammar(&c, text, cfg_editor_candidate(ed));
	cfg_editor_free(ed);
	cfg_unref(empty);
	explicit_bzero(text, strlen(text));
	free(text);
	return c.bad ? 1 : 0;
}
