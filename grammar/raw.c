/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Banners: see raw.h. */
#include "grammar/raw.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "grammar/grammar.h"

enum { CTRL_C = 3 };

static const char *const kinds[] = {"exec", "incoming", "login", "motd", "prompt-timeout"};

static size_t blanks(const char *s)
{
	return strspn(s, " \t");
}

static bool abbreviates(const char *s, size_t n, const char *word, size_t least)
{
	return n >= least && n <= strlen(word) && strncasecmp(s, word, n) == 0;
}

/* The one kind that the word abbreviates; `whole`: that it is. */
static const char *kind_of(const char *s, size_t n, bool whole)
{
	for (size_t i = 0; n && i < ARRAY_LEN(kinds); i++)
		if (abbreviates(s, n, kinds[i], whole ? strlen(kinds[i]) : 1))
			return kinds[i];
	return NULL;
}

/* Where the delimiter stands next in `s`, and how long it is there; NULL: not in this line. */
static const char *find(const struct gr_raw *r, const char *s, size_t *len)
{
	if (r->delimiter != CTRL_C) {
		*len = 1;
		return strchr(s, r->delimiter);
	}
	for (; *s; s++) {
		*len = *s == CTRL_C ? 1 : 2;
		if (*s == CTRL_C || strncmp(s, "^C", 2) == 0)
			return s;
	}
	return NULL;
}

/* ^C is what the text is written with: it cannot stand in it. */
static void add(struct gr_raw *r, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool mark = s[i] == CTRL_C || (s[i] == '^' && i + 1 < n && s[i + 1] == 'C');

		if (r->text.len >= GR_RAW_MAX)
			r->too_long = true;
		else if (!mark && s[i] != '\r')
			sb_putc(&r->text, s[i]);
	}
}

static enum gr_raw_state rest(struct gr_raw *r, const char *s)
{
	size_t len;
	const char *end = find(r, s, &len);

	if (!end) {
		add(r, s, strlen(s));
		add(r, "\n", 1);
		return GR_RAW_OPEN;
	}
	add(r, s, (size_t)(end - s));
	r->open = false;
	sb_puts(&r->text, "^C");
	return r->too_long ? GR_RAW_LONG : GR_RAW_DONE;
}

/* The kind of a banner line, in full where the section has a `banner` of its own (or `ed` is NULL);
 * `s` is what stands behind it. */
static const char *banner_line(const char *line, const struct cfg_editor *ed, const char **s)
{
	const char *word = line;

	while (*word == ' ' || *word == '\t')
		word++;
	if (*word != 'b' && *word != 'B') /* most lines: nothing more to ask */
		return NULL;
	size_t n = strcspn(word, " \t");
	const char *what = word + n + blanks(word + n);
	size_t what_len = strcspn(what, " \t");

	*s = what + what_len + blanks(what + what_len);
	if (!abbreviates(word, n, "banner", 3))
		return NULL;
	return kind_of(what, what_len, !ed || cfg_editor_has_banner(ed));
}

bool gr_raw_kind(const char *line)
{
	const char *s;

	return banner_line(line, NULL, &s) != NULL;
}

enum gr_raw_state gr_raw_take(struct gr_raw *r, const char *line, const struct cfg_editor *ed)
{
	if (r->open)
		return rest(r, line);
	const char *s, *kind = banner_line(line, ed, &s);

	if (!kind || !*s)
		return GR_RAW_NONE;
	bool caret = strncmp(s, "^C", 2) == 0;

	r->open = true;
	r->too_long = false;
	r->delimiter = caret ? CTRL_C : *s;
	sb_clear(&r->text);
	sb_printf(&r->text, "banner %s ^C", kind);
	return rest(r, s + (caret ? 2 : 1));
}

const char *gr_raw_command(const struct gr_raw *r)
{
	return sb_str(&r->text);
}

void gr_raw_fini(struct gr_raw *r)
{
	sb_fini(&r->text);
	*r = (struct gr_raw){0};
}

const char *gr_raw_text(const char *command, size_t *n)
{
	const char *start = strstr(command, "^C");
	const char *end = start ? strstr(start + 2, "^C") : NULL;

	*n = end ? (size_t)(end - start) - 2 : 0;
	return start ? start + 2 : "";
}
