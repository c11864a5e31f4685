/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which line of a file is it? The tree of a configuration does not say: the file is read a second
 * time, and what each of its lines changes is remembered with its number.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cli/sh/check.h"

/* A line with the sections it stands in, by their texts. */
struct said {
	uint64_t what;
	unsigned line_no;
	UT_hash_handle hh;
};

struct place {
	const struct cfg_node *node;
	unsigned line_no;
	UT_hash_handle hh;
};

struct check_source {
	struct said *said;
	struct place *places;
	const char **line; /* [0]: line 1 */
	size_t n_lines;
};

static uint64_t mix(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (h ^ '\n') * 1099511628211u;
}

/* ---- reading again ------------------------------------------------------------------------- */

struct reading {
	struct check_source *s;
	struct cfg_editor *ed;
	struct cfg *before;
	unsigned line_no;
};

static void remember(void *ctx, const struct cfg_change *ch)
{
	struct reading *r = ctx;
	uint64_t what = 14695981039346656037u;
	struct said *known;

	if (!ch->new)
		return;
	for (unsigned d = 0; d < ch->depth; d++)
		what = mix(what, cfg_node_text(ch->path[d]));
	what = mix(what, cfg_node_text(ch->new));
	HASH_FIND(hh, r->s->said, &what, sizeof(what), known);
	if (!known) {
		known = xcalloc(1, sizeof(*known));
		known->what = what;
		HASH_ADD(hh, r->s->said, what, sizeof(known->what), known);
	}
	known->line_no = r->line_no;
}

static void read_line(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct reading *r = ctx;
	struct cfg *old = r->before;

	(void)line;
	if (d->status != GR_OK || !cfg_editor_changed(r->ed))
		return;
	r->line_no = line_no;
	r->before = cfg_ref(cfg_editor_candidate(r->ed));
	cfg_changes(old, r->before, remember, r);
	cfg_unref(old);
}

static void locate(struct check_source *s, const struct cfg_tree *t, uint64_t section)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		uint64_t what = mix(section, cfg_node_text(n));
		struct place *p;
		struct said *known;

		HASH_FIND(hh, s->said, &what, sizeof(what), known);
		if (known) {
			p = xcalloc(1, sizeof(*p));
			p->node = n;
			p->line_no = known->line_no;
			HASH_ADD_PTR(s->places, node, p);
		}
		locate(s, cfg_children(n), what);
	}
}

static void cut_lines(struct check_source *s, const char *text)
{
	size_t n = 1;

	for (const char *t = text; *t; t++)
		n += *t == '\n';
	s->line = xcalloc(n, sizeof(*s->line));
	s->line[s->n_lines++] = text;
	for (const char *t = text; *t; t++)
		if (*t == '\n')
			s->line[s->n_lines++] = t + 1;
}

struct check_source *check_source_new(const char *text, const struct cfg *c, bool whole)
{
	struct check_source *s = xcalloc(1, sizeof(*s));
	struct reading r = {.s = s, .before = cfg_new()};

	cut_lines(s, text);
	r.ed = whole ? cfg_editor_new(r.before) : cfg_editor_new_check(r.before);
	cfg_load_each(r.ed, text, read_line, &r);
	locate(s, cfg_root(c), 14695981039346656037u);
	cfg_editor_free(r.ed);
	cfg_unref(r.before);
	return s;
}

void check_source_free(struct check_source *s)
{
	struct said *said, *next_said;
	struct place *place, *next_place;

	if (!s)
		return;
	HASH_ITER (hh, s->said, said, next_said) {
		HASH_DEL(s->said, said);
		free(said);
	}
	HASH_ITER (hh, s->places, place, next_place) {
		HASH_DEL(s->places, place);
		free(place);
	}
	free(s->line);
	free(s);
}

unsigned check_line(const struct check_source *s, const struct cfg_node *n, const char **raw)
{
	struct place *p;

	HASH_FIND_PTR(s->places, &n, p);
	*raw = p && p->line_no <= s->n_lines ? s->line[p->line_no - 1] : "";
	return p ? p->line_no : 0;
}
