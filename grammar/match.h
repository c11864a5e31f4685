/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Matching, from the inside: a run walks the position graph word by word with a set of *threads*
 * (position, used set members, where it came from). Nothing is decided early: what a keyword prefix
 * means is settled by the alternatives at that place alone, what an argument means by the words
 * that follow it.
 */
#ifndef SPOKE_GRAMMAR_MATCH_H
#define SPOKE_GRAMMAR_MATCH_H

#include "grammar/tables.h"

enum { GR_MAX_THREADS = 512 };

struct gr_tok {
	uint32_t off, len;
};

struct gr_thread {
	uint16_t pos;
	int16_t parent, next;
	uint8_t tok, ntok; /* the words it stands for */
	uint32_t mask;
};

struct gr_run {
	const char *text;
	uint8_t priv, ntok;
	bool partial;  /* an interface type at the end waits for its number */
	uint8_t reach; /* furthest place that a thread stands at */
	uint16_t n_th;
	struct gr_tok tok[GR_MAX_TOKENS + 1];
	int16_t head[GR_MAX_TOKENS + 1], tail[GR_MAX_TOKENS + 1]; /* threads before word i */
	struct gr_thread th[GR_MAX_THREADS];
};

/* One way through the graph, outermost word first. */
struct gr_step {
	uint16_t pos;
	uint8_t tok, ntok;
};

struct gr_path {
	int line; /* as matched: may be another spelling */
	const char *text;
	const struct gr_tok *tok;
	size_t n;
	struct gr_step step[GR_MAX_TOKENS + 1];
};

void gr_split(struct gr_run *r, const char *text); /* words; the last takes what is left over */
void gr_begin(struct gr_run *r, int mode, uint8_t priv, size_t from);
/* Walk words from … end-1. INVALID and AMBIGUOUS stop at the word `fail`, with the caret. OK:
 * threads stand before word `end`. */
enum gr_status gr_walk(struct gr_run *r, size_t from, size_t end, size_t *fail, size_t *caret);
/* The best thread that is complete before word i, or -1. `line` restricts to one line (0: any). */
int gr_accepting(const struct gr_run *r, size_t i, int line);
void gr_path_of(const struct gr_run *r, int th, struct gr_path *p);

/* Whole text from word `from`: OK, INCOMPLETE, INVALID or AMBIGUOUS; the path on OK. */
enum gr_status gr_match_from(struct gr_run *r, int mode, uint8_t priv, size_t from, size_t *fail,
        size_t *caret, struct gr_path *p);

/* The parts of a walk, for recognize.c. A thread before word `at`, unless one like it stands there;
 * the keyword that word i is, if it is one: then the threads behind it stand before the next word.
 */
void gr_thread_add(
        struct gr_run *r, size_t at, uint16_t pos, uint32_t mask, int parent, size_t tok);
bool gr_take_keyword(struct gr_run *r, size_t i);

/* types.c: how many words from i on the argument takes; 0: none. *more: it would take another word.
 */
size_t gr_type_take(const struct gr_pos *p, const struct gr_run *r, size_t i, bool *more);
/* Appends the canonical text of the words. */
void gr_type_canon(const struct gr_pos *p, const char *s, size_t n, struct strbuf *out);

static inline const struct gr_pos *gr_pos_at(unsigned i)
{
	return &gr_tab.pos[i];
}

/* levels.c: the level that a position and a line need. */
extern const uint8_t *gr_moved_pos, *gr_moved_line; /* NULL: as declared */
static inline uint8_t gr_pos_level(unsigned i)
{
	return gr_moved_pos ? gr_moved_pos[i] : gr_tab.pos[i].priv;
}
static inline uint8_t gr_line_level(unsigned i)
{
	return gr_moved_line ? gr_moved_line[gr_tab.line[i].primary] : gr_tab.line[i].info.priv;
}

/* May a thread with these set members used go along the edge, and which has it used then? */
static inline bool gr_edge_open(uint32_t mask, uint8_t priv, const struct gr_edge *e)
{
	if (e->bit != GR_NOBIT && mask & 1u << e->bit)
		return false;
	return gr_pos_level(e->pos) <= priv;
}
static inline uint32_t gr_edge_mask(uint32_t mask, const struct gr_edge *e)
{
	return e->bit == GR_NOBIT ? mask : mask | 1u << e->bit;
}

static inline const char *gr_step_text(const struct gr_path *p, size_t i, size_t *n)
{
	const struct gr_step *s = &p->step[i];
	const struct gr_tok *first = &p->tok[s->tok], *last = &p->tok[s->tok + s->ntok - 1];

	*n = last->off + last->len - first->off;
	return p->text + first->off;
}

/* canon.c */
void gr_canon(const struct gr_path *p, struct strbuf *out); /* replaces what was there */
/* The canonical text up to the last key (or leading keyword). */
void gr_canon_head(const struct gr_path *p, struct strbuf *out);
/* Order and identity: line, keys by value. Not the entry number of repeated lines. */
void gr_key(const struct gr_path *p, struct strbuf *out);
void gr_key_value(const struct gr_pos *p, const char *s, size_t n, struct strbuf *out);
/* Another spelling becomes the line itself: the text to match instead. False: it was that already.
 */
bool gr_rewrite(const struct gr_path *p, struct strbuf *out);
/* Reason of a pending line or of a keyword in it. */
const char *gr_path_pending(const struct gr_path *p);
bool gr_word_is(const char *s, size_t n, const char *word); /* case does not matter */

#endif
