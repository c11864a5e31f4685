/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checking a file asks two things of each line: is it one, and may what it refers to be there? A
 * line that refers to nothing and that nothing refers to is done with when it is recognized. Of
 * those that something may refer to by their name, as the entries of an access list, the first of
 * each name is enough. A section that nothing refers to is made when the first line in it has to be
 * kept. A line that refers to nothing may take the place of one that does: where one is kept, all
 * lines of its kind are.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/edit.h"
#include "grammar/recognize.h"

enum { NAMES = 4096, NO_NAME = 255 };

struct gr_sparing {
	struct gr_recognizer *recognizer;
	uint8_t *name_at; /* by line: the word that is its name; 0: not seen yet, NO_NAME: not
	                     always the same one */
	bool *kept;       /* by line: one is kept, and another may take its place */
	struct strbuf
	        opened;    /* level 1 was opened by this line and has no key: it is not made yet */
	char *name[NAMES]; /* heads of lines kept, from the first word to the name, each at the
	                      place of its hash */
};

struct gr_sparing *gr_sparing_new(void)
{
	struct gr_sparing *s = xcalloc(1, sizeof(*s));

	s->recognizer = gr_recognizer_new();
	s->name_at = xcalloc(gr_tab.n_all + 1u, 1);
	s->kept = xcalloc(gr_tab.n_all + 1u, sizeof(*s->kept));
	return s;
}

static void forget(struct gr_sparing *s)
{
	for (size_t i = 0; i < NAMES; i++) {
		free(s->name[i]);
		s->name[i] = NULL;
	}
}

void gr_sparing_free(struct gr_sparing *s)
{
	if (!s)
		return;
	forget(s);
	sb_fini(&s->opened);
	gr_recognizer_free(s->recognizer);
	free(s->name_at);
	free(s->kept);
	free(s);
}

/* The line's words up to the one that names it; where they would be remembered. */
static char **place_of(
        struct gr_sparing *s, const struct gr_run *r, unsigned at, const char **head, size_t *n)
{
	uint32_t h = 2166136261u;

	*head = r->text + r->tok[0].off;
	*n = r->tok[at].off + r->tok[at].len - r->tok[0].off;
	for (size_t i = 0; i < *n; i++)
		h = (h ^ (uint8_t)(*head)[i]) * 16777619u;
	return &s->name[(h ^ h >> 15) % NAMES];
}

static bool named_already(struct gr_sparing *s, const struct gr_run *r, int line)
{
	unsigned at = s->name_at[line];
	const char *head;
	size_t n;

	if (!at || at == NO_NAME || at >= r->ntok)
		return false;
	const char *known = *place_of(s, r, at, &head, &n);

	return known && strncmp(known, head, n) == 0 && !known[n];
}

static bool need_not_be_kept(
        struct gr_sparing *s, const struct gr_run *r, enum gr_verdict v, unsigned depth, int line)
{
	return (v == GR_V_PLAIN && !s->kept[line]) ||
	       (v == GR_V_NAMES && !depth && named_already(s, r, line)) ||
	       (v == GR_V_OPENS && !depth);
}

bool gr_spare(struct cfg_editor *ed)
{
	struct gr_sparing *s = ed->sparing;
	enum gr_verdict v = GR_V_NONE;
	unsigned d = ed->depth + 1;
	int line = 0;

	while (d-- > 0 && v == GR_V_NONE)
		v = gr_recognize(s->recognizer, &ed->run, ed->level[d].mode, &line);
	d++;
	if (!need_not_be_kept(s, &ed->run, v, d, line))
		return false;
	gr_edit_close(ed, d);
	ed->last = line;
	if (v == GR_V_OPENS) {
		sb_clear(&s->opened);
		sb_puts(&s->opened, ed->run.text);
		ed->level[++ed->depth] = (struct gr_level){.mode = gr_tab.line[line].info.enters};
	}
	return true;
}

void gr_spare_catch_up(struct cfg_editor *ed)
{
	const char *text = ed->run.text;
	unsigned depth = ed->depth;

	if (!depth || ed->level[1].key)
		return;
	assert(depth == 1);
	ed->depth = 0;
	gr_split(&ed->run, sb_str(&ed->sparing->opened));
	gr_edit_plain(ed, 0, 0);
	gr_split(&ed->run, text);
}

/* The first word of the path that is part of a key. */
static unsigned name_word(const struct gr_path *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (gr_pos_at(p->step[i].pos)->flags & GR_P_KEY)
			return p->step[i].ntok == 1 ? p->step[i].tok : NO_NAME;
	return NO_NAME;
}

void gr_spare_kept(struct cfg_editor *ed)
{
	struct gr_sparing *s = ed->sparing;
	unsigned at = name_word(&ed->path);
	uint8_t *known = &s->name_at[ed->path.line];
	const char *head;
	size_t n;

	if (!(gr_tab.line[ed->path.line].flags & GR_L_MULTI))
		s->kept[ed->path.line] = true;
	if (!*known)
		*known = (uint8_t)at;
	else if (*known != at)
		*known = NO_NAME;
	if (ed->depth || *known == NO_NAME || !at)
		return;
	char **place = place_of(s, &ed->run, at, &head, &n);

	free(*place);
	*place = xstrndup(head, n);
}

void gr_spare_removed(struct cfg_editor *ed)
{
	forget(ed->sparing);
}
