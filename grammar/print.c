/* SPDX-License-Identifier: GPL-3.0-or-later */
/* running-config text: the tree as it stands, defaults added on demand, sections framed by `!`. */
#include <string.h>

#include "base/secret.h"
#include "grammar/snapshot.h"

static void put_line(struct strbuf *out, unsigned indent, const char *text)
{
	while (indent--)
		sb_putc(out, ' ');
	sb_puts(out, text);
	sb_putc(out, '\n');
}

static void print_tree(
        const struct cfg_tree *t, int mode, bool all, unsigned indent, struct strbuf *out);

void cfg_print_node(const struct cfg_node *n, bool all, unsigned indent, struct strbuf *out)
{
	int mode = gr_tab.line[n->line].info.enters;

	put_line(out, indent, gr_node_text(n));
	if (!mode || n->negated)
		return;
	const struct gr_section *s = &gr_tab.mode[mode];

	print_tree(n->kids, mode, all, indent + s->info.indent, out);
	if (s->close)
		put_line(out, indent, s->close);
}

/* What is in force without a line of this id, as a line; NULL for most. */
static const char *default_line(int line)
{
	const struct gr_line *l = &gr_tab.line[line];

	if (l->flags & GR_L_KEYED || l->info.enters)
		return NULL;
	if (l->default_text)
		return l->default_text;
	return l->flags & GR_L_ONOFF && gr_pos_at(l->lead)->accept == line ? l->lead_text : NULL;
}

static bool is_block(const struct cfg_node *n)
{
	return n && gr_tab.line[n->line].info.enters && !n->negated;
}

/* Defaults of the ids from *next up to, not including, `line`. */
static void print_defaults(int *next, int line, int mode, unsigned indent, struct strbuf *out)
{
	for (; *next < line; ++*next)
		if (gr_tab.line[*next].info.mode == mode && default_line(*next))
			put_line(out, indent, default_line(*next));
}

static void print_tree(
        const struct cfg_tree *t, int mode, bool all, unsigned indent, struct strbuf *out)
{
	struct cfg_iter it;
	const struct cfg_node *last = NULL;
	int next = 1;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		if (all) {
			print_defaults(&next, n->line, mode, indent, out);
			next = n->line + 1;
		}
		if (mode == gr_tab.global && last && (is_block(last) || is_block(n)))
			put_line(out, 0, "!");
		cfg_print_node(n, all, indent, out);
		last = n;
	}
	if (all)
		print_defaults(&next, gr_tab.n_line + 1, mode, indent, out);
	if (mode == gr_tab.global && is_block(last))
		put_line(out, 0, "!");
}

void cfg_print(const struct cfg *c, bool all, struct strbuf *out)
{
	print_tree(c->tree, gr_tab.global, all, 0, out);
}

/* ---- is it the same? ----------------------------------------------------------------------- */

static bool says_nothing(const char *line, size_t n)
{
	return !n || *line == '!' || (n == 1 && *line == '\r');
}

/* The next line that says something; NULL: there is none. */
static const char *next_saying(const char **at, size_t *n)
{
	while (**at) {
		const char *line = *at;

		*n = (size_t)(strchrnul(line, '\n') - line);
		*at += *n + (line[*n] == '\n');
		if (!says_nothing(line, *n))
			return line;
	}
	return NULL;
}

static bool is_end(const char *line, size_t n)
{
	return n == strlen("end") && memcmp(line, "end", n) == 0;
}

static bool same_lines(const char *ours, const char *text)
{
	size_t n = 0, m = 0;
	const char *a, *b;

	for (;;) {
		a = next_saying(&ours, &n);
		b = next_saying(&text, &m);
		if (!a || !b || n != m || memcmp(a, b, n) != 0)
			break;
	}
	return !a && (!b || is_end(b, m));
}

bool cfg_text_is(const struct cfg *c, const char *text)
{
	struct strbuf ours = {0};

	cfg_print(c, false, &ours);
	/* Lines of a banner may look like comments. */
	bool same = !strstr(sb_str(&ours), "\nbanner ") &&
	            strncmp(sb_str(&ours), "banner ", 7) != 0 && same_lines(sb_str(&ours), text);

	if (ours.s)
		wipe(ours.s, ours.cap);
	sb_fini(&ours);
	return same;
}
