/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output filters: see filter.h. */
#include "cli/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/regex.h"

enum filter_kind {
	F_APPEND,
	F_BEGIN,
	F_COUNT,
	F_EXCLUDE,
	F_INCLUDE,
	F_JSON,
	F_REDIRECT,
	F_SECTION,
	F_TEE,
	F_NKIND
};

static const struct {
	const char *word, *help;
} names[F_NKIND] = {
        [F_APPEND] = {"append",
                "Append redirected output to URL (URLs supporting append operation only)"},
        [F_BEGIN] = {"begin", "Begin with the line that matches"},
        [F_COUNT] = {"count", "Count number of lines which match regexp"},
        [F_EXCLUDE] = {"exclude", "Exclude lines that match"},
        [F_INCLUDE] = {"include", "Include lines that match"},
        [F_JSON] = {"json", "Print as JSON"},
        [F_REDIRECT] = {"redirect", "Redirect output to URL"},
        [F_SECTION] = {"section", "Filter a section of output"},
        [F_TEE] = {"tee", "Copy output to URL"},
};

struct filter {
	enum filter_kind kind;
	bool invert;   /* section exclude */
	bool append;   /* tee /append, append */
	char url[160]; /* redirect, append, tee */
	regex_t re;
	bool compiled;
};

static bool compile(struct filter *f, const char *expr)
{
	f->compiled = ios_regex(&f->re, expr);
	return f->compiled;
}

/* ---- reading
 * ---------------------------------------------------------------------------------------------------------
 */

static size_t blanks(const char *s)
{
	return strspn(s, " \t");
}

/* How many filters the word abbreviates; the first of them in `kind`. */
static unsigned lookup(const char *word, size_t n, enum filter_kind *kind)
{
	unsigned found = 0;

	for (unsigned i = 0; i < F_NKIND; i++)
		if (strncasecmp(names[i].word, word, n) == 0 && !found++)
			*kind = i;
	return found;
}

/* The first character that no filter's name goes on with. */
static size_t wrong_at(const char *word, size_t n)
{
	enum filter_kind kind;

	for (size_t i = 1; i <= n; i++)
		if (!lookup(word, i, &kind))
			return i - 1;
	return 0;
}

static struct gr_diag diag(enum gr_status status, size_t caret, const char *text)
{
	struct gr_diag d = {.status = status, .caret = caret};

	snprintf(d.text, sizeof(d.text), "%s", text);
	return d;
}

static size_t word_len(const char *s)
{
	return strcspn(s, " \t");
}

/* `section include RE`, `section exclude RE`, `section RE`. */
static void read_section(struct filter *f, const char **expr)
{
	static const char *const words[] = {"include", "exclude"};
	size_t n = word_len(*expr);

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (n >= 3 && (*expr)[n] && strncasecmp(words[i], *expr, n) == 0) {
			f->invert = i == 1;
			*expr += n + 1;
			return;
		}
}

static bool to_file(enum filter_kind k)
{
	return k == F_APPEND || k == F_REDIRECT || k == F_TEE;
}

/* `redirect URL`, `append URL`, `tee [/append] URL`: one word, as it stands. */
static bool read_url(struct filter *f, const char *line, size_t at, struct gr_diag *d)
{
	at += blanks(line + at);
	size_t n = word_len(line + at);

	f->append = f->kind == F_APPEND;
	if (f->kind == F_TEE && n > 1 && strncasecmp(line + at, "/append", n) == 0) {
		f->append = true;
		at += n;
		at += blanks(line + at);
		n = word_len(line + at);
	}
	size_t extra = at + n + blanks(line + at + n);

	*d = diag(!n                    ? GR_INCOMPLETE
	          : n >= sizeof(f->url) ? GR_INVALID
	          : line[extra]         ? GR_INVALID
	                                : GR_OK,
	        line[extra] ? extra : at, "");
	if (d->status == GR_OK)
		snprintf(f->url, sizeof(f->url), "%.*s", (int)n, line + at);
	return d->status == GR_OK;
}

static bool read_filter(struct filter *f, const char *line, size_t at, struct gr_diag *d)
{
	at += blanks(line + at);
	const char *word = line + at;
	size_t n = word_len(word);

	if (!n) {
		*d = diag(GR_INCOMPLETE, at, "");
		return false;
	}
	if (!lookup(word, n, &f->kind)) {
		*d = diag(GR_INVALID, at + wrong_at(word, n), "");
		return false;
	}
	const char *expr = word + n + (word[n] != '\0');

	if (to_file(f->kind))
		return read_url(f, line, at + n, d);

	if (f->kind == F_JSON) {
		size_t extra = blanks(word + n);

		*d = diag(word[n + extra] ? GR_INVALID : GR_OK, at + n + extra, "");
		return d->status == GR_OK;
	}
	if (f->kind == F_SECTION)
		read_section(f, &expr);
	if (!*expr) {
		*d = diag(GR_INCOMPLETE, at, "");
		return false;
	}
	if (!compile(f, expr)) {
		*d = diag(GR_REFUSED, at, "% Invalid regular expression");
		return false;
	}
	*d = diag(GR_OK, 0, "");
	return true;
}

struct filter *filter_new(const char *line, size_t at, struct gr_diag *d)
{
	struct filter *f = xcalloc(1, sizeof(*f));

	if (read_filter(f, line, at, d))
		return f;
	filter_free(f);
	return NULL;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	if (f->compiled)
		regfree(&f->re);
	free(f);
}

bool filter_json(const struct filter *f)
{
	return f->kind == F_JSON;
}

const char *filter_file(const struct filter *f, bool *append, bool *tee)
{
	*append = f->append;
	*tee = f->kind == F_TEE;
	return to_file(f->kind) ? f->url : NULL;
}

/* ---- running
 * -----------------------------------------------------------------------------------------------------------
 */

struct run {
	const struct filter *f;
	struct strbuf *out;
	bool begun;
	size_t count;
	bool inside; /* a section that matched */
	size_t depth;
};

static bool keep_section(struct run *r, const char *line, bool match)
{
	size_t depth = blanks(line);

	if (r->inside && depth > r->depth)
		return true;
	r->inside = match;
	r->depth = depth;
	return match;
}

static bool keep(struct run *r, const char *line)
{
	bool match = regexec(&r->f->re, line, 0, NULL, 0) == 0;

	switch (r->f->kind) {
	case F_BEGIN:
		r->begun |= match;
		return r->begun;
	case F_COUNT:
		r->count += match;
		return false;
	case F_EXCLUDE:
		return !match;
	case F_SECTION:
		return keep_section(r, line, match) != r->f->invert;
	default:
		return match;
	}
}

void filter_run(const struct filter *f, const char *text, struct strbuf *out)
{
	struct run r = {.f = f, .out = out};
	struct strbuf line = {0};

	if (f->kind == F_JSON || to_file(f->kind)) {
		sb_puts(out, text);
		return;
	}
	while (*text) {
		size_t n = strcspn(text, "\n");

		sb_clear(&line);
		sb_add(&line, text, n);
		if (keep(&r, sb_str(&line)))
			sb_printf(out, "%s\n", sb_str(&line));
		text += n + (text[n] == '\n');
	}
	if (f->kind == F_COUNT)
		sb_printf(out, "Number of lines which match regexp = %zu\n", r.count);
	sb_fini(&line);
}

/* ---- help
 * ----------------------------------------------------------------------------------------------------------------
 */

void filter_help(const char *text, struct strbuf *out)
{
	text += blanks(text);
	enum filter_kind kind = F_INCLUDE;
	size_t n = word_len(text);

	if (text[n]) {
		sb_puts(out, lookup(text, n, &kind) && to_file(kind)
		                     ? "  WORD  Destination, as flash:NAME\n"
		                     : "  LINE  Regular Expression\n");
		return;
	}
	size_t before = out->len;

	for (unsigned i = 0; i < F_NKIND; i++) {
		if (strncasecmp(names[i].word, text, n) != 0)
			continue;
		if (n)
			sb_printf(out, "%s  ", names[i].word);
		else
			sb_printf(out, "  %-8s  %s\n", names[i].word, names[i].help);
	}
	if (out->len == before)
		sb_puts(out, "% Unrecognized command\n");
	else if (n)
		sb_puts(out, "\n\n");
}

bool filter_complete(const char *text, struct strbuf *out)
{
	enum filter_kind kind = F_NKIND;
	size_t skip = blanks(text), n = word_len(text + skip);

	if (!n || text[skip + n] || lookup(text + skip, n, &kind) != 1)
		return false;
	sb_add(out, text, skip);
	sb_printf(out, "%s ", names[kind].word);
	return true;
}
