/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk over the position graph: see match.h. */
#include "grammar/match.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void gr_split(struct gr_run *r, const char *text)
{
	size_t i = 0, n = 0;

	r->text = text;
	for (;;) {
		while (blank(text[i]))
			i++;
		if (!text[i])
			break;
		size_t start = i;

		while ((unsigned char)text[i] > ' ' || (text[i] && !blank(text[i])))
			i++;
		if (n == GR_MAX_TOKENS - 1) { /* one word of the rest, trailing blanks cut */
			i = strlen(text);
			while (blank(text[i - 1]))
				i--;
		}
		r->tok[n++] = (struct gr_tok){(uint32_t)start, (uint32_t)(i - start)};
		if (n == GR_MAX_TOKENS)
			break;
	}
	r->ntok = (uint8_t)n;
}

bool gr_word_is(const char *s, size_t n, const char *word)
{
	return ((*s ^ *word) & ~0x20) == 0 && strncasecmp(s, word, n) == 0 && !word[n];
}

/* ---- threads ------------------------------------------------------------------------------- */

void gr_thread_add(struct gr_run *r, size_t at, uint16_t pos, uint32_t mask, int parent, size_t tok)
{
	for (int t = r->head[at]; t >= 0; t = r->th[t].next)
		if (r->th[t].pos == pos && r->th[t].mask == mask)
			return;
	if (r->n_th == GR_MAX_THREADS)
		return;
	int16_t t = (int16_t)r->n_th++;

	r->th[t] = (struct gr_thread){.pos = pos,
	        .parent = (int16_t)parent,
	        .next = -1,
	        .tok = (uint8_t)tok,
	        .ntok = (uint8_t)(at - tok),
	        .mask = mask};
	if (r->head[at] < 0)
		r->head[at] = t;
	else
		r->th[r->tail[at]].next = t;
	r->tail[at] = t;
	if (at > r->reach)
		r->reach = (uint8_t)at;
}

void gr_begin(struct gr_run *r, int mode, uint8_t priv, size_t from)
{
	memset(r->head, 0xff, sizeof(r->head[0]) * (r->ntok + 1u));
	r->n_th = 0;
	r->reach = 0;
	r->priv = priv;
	r->partial = false;
	gr_thread_add(r, from, gr_tab.mode[mode].start, 0, -1, from);
}

/* ---- one word ------------------------------------------------------------------------------ */

enum { KW_HITS = 32 }; /* more threads than that never share a keyword */

/* What the keywords at one place make of a word: the edges that it takes. */
struct kw {
	char s[GR_KW_MAX + 1]; /* in small letters */
	size_t n;
	const char *word; /* the keyword it means */
	int rank; /* of the hits: second spellings abbreviated, keywords abbreviated, in full */
	bool several;
	size_t common; /* how much of it any keyword begins with */
	unsigned n_hit;
	struct {
		int th;
		unsigned edge;
	} hit[KW_HITS];
};

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Negative, 0, positive: the keyword stands before, begins with, stands behind the word. */
static int kw_compare(const char *w, const struct kw *k)
{
	for (size_t i = 0; i < k->n; i++) {
		char c = small(w[i]);

		if (c != k->s[i])
			return (unsigned char)c < (unsigned char)k->s[i] ? -1 : 1;
	}
	return 0;
}

/* First keyword not before the word; keywords are sorted, so that what a prefix may mean stands
 * together. */
static size_t kw_lower(const struct gr_edge *e, size_t n, const struct kw *k)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (kw_compare(gr_pos_at(e[mid].pos)->word, k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static void kw_hit(struct kw *k, int th, unsigned edge, const char *w, int rank)
{
	if (rank < k->rank)
		return;
	if (rank > k->rank)
		k->word = NULL, k->several = false, k->n_hit = 0;
	k->rank = rank;
	k->several |= k->word && strcasecmp(k->word, w) != 0;
	k->word = w;
	if (k->n_hit == KW_HITS)
		return;
	k->hit[k->n_hit].th = th;
	k->hit[k->n_hit++].edge = edge;
}

static void kw_look(const struct gr_run *r, int th, struct kw *k)
{
	const struct gr_thread *t = &r->th[th];
	const struct gr_pos *p = gr_pos_at(t->pos);
	const struct gr_edge *e = gr_tab.edge + p->edge;

	for (size_t i = kw_lower(e, p->n_kw, k); i < p->n_kw; i++) {
		const struct gr_pos *to = gr_pos_at(e[i].pos);
		const char *w = to->word;

		if (kw_compare(w, k) != 0)
			return;
		if (gr_edge_open(t->mask, r->priv, &e[i]) &&
		        (!w[k->n] || !(digit(*w) || to->flags & GR_P_WHOLE)))
			kw_hit(k, th, p->edge + (unsigned)i, w,
			        !w[k->n]                  ? 2
			        : to->flags & GR_P_HIDDEN ? 0
			                                  : 1);
	}
}

/* For the caret: the first letter that no keyword goes along with. */
static void kw_common(const struct gr_run *r, const struct gr_thread *t, struct kw *k)
{
	const struct gr_pos *p = gr_pos_at(t->pos);
	const struct gr_edge *e = gr_tab.edge + p->edge;

	for (size_t i = 0; i < p->n_kw; i++) {
		const char *w = gr_pos_at(e[i].pos)->word;
		size_t n = 0;

		if (!gr_edge_open(t->mask, r->priv, &e[i]))
			continue;
		while (n < k->n && w[n] && small(w[n]) == k->s[n])
			n++;
		if (n > k->common && n < k->n)
			k->common = n;
	}
}

static void take_arguments(struct gr_run *r, int t, size_t i)
{
	const struct gr_pos *p = gr_pos_at(r->th[t].pos);
	const struct gr_edge *e = gr_tab.edge + p->edge;

	for (size_t j = p->n_kw; j < p->n_edge; j++) {
		bool more = false;
		size_t n;

		if (!gr_edge_open(r->th[t].mask, r->priv, &e[j]))
			continue;
		n = gr_type_take(gr_pos_at(e[j].pos), r, i, &more);
		if (n)
			gr_thread_add(r, i + n, e[j].pos, gr_edge_mask(r->th[t].mask, &e[j]), t, i);
		r->partial |= more;
	}
}

static void kw_begin(struct kw *k, const char *s, size_t n)
{
	k->n = n < GR_KW_MAX ? n : GR_KW_MAX;
	k->word = NULL;
	k->rank = 0;
	k->several = false;
	k->common = 0;
	k->n_hit = 0;
	for (size_t i = 0; i < k->n; i++)
		k->s[i] = small(s[i]);
}

/* Which keyword the word is, if it is one. */
static bool take_keyword(struct gr_run *r, size_t i, struct kw *k)
{
	kw_begin(k, r->text + r->tok[i].off, r->tok[i].len);
	for (int t = r->head[i]; t >= 0; t = r->th[t].next)
		kw_look(r, t, k);
	if (!k->word || k->several)
		return false;
	for (unsigned h = 0; h < k->n_hit; h++) {
		const struct gr_edge *e = &gr_tab.edge[k->hit[h].edge];

		gr_thread_add(r, i + 1, e->pos, gr_edge_mask(r->th[k->hit[h].th].mask, e),
		        k->hit[h].th, i);
	}
	return true;
}

bool gr_take_keyword(struct gr_run *r, size_t i)
{
	struct kw k;

	return take_keyword(r, i, &k);
}

static enum gr_status step(struct gr_run *r, size_t i, size_t *caret)
{
	uint16_t before = r->n_th;
	struct kw k;

	if (take_keyword(r, i, &k))
		return GR_OK;
	for (int t = r->head[i]; t >= 0; t = r->th[t].next)
		take_arguments(r, t, i);
	if (r->n_th > before || r->partial)
		return GR_OK;
	if (k.several) {
		*caret = r->tok[i].off;
		return GR_AMBIGUOUS;
	}
	for (int t = r->head[i]; t >= 0; t = r->th[t].next)
		kw_common(r, &r->th[t], &k);
	*caret = r->tok[i].off + k.common;
	return GR_INVALID;
}

enum gr_status gr_walk(struct gr_run *r, size_t from, size_t end, size_t *fail, size_t *caret)
{
	for (size_t i = from; i < end; i++) {
		if (r->head[i] < 0)
			continue; /* inside a longer argument */
		enum gr_status s = step(r, i, caret);

		if (s == GR_OK || r->reach > i)
			continue;
		*fail = i;
		return s;
	}
	*fail = end;
	return GR_OK;
}

int gr_accepting(const struct gr_run *r, size_t i, int line)
{
	for (int t = r->head[i]; t >= 0; t = r->th[t].next) {
		int a = gr_pos_at(r->th[t].pos)->accept;

		if (a && (!line || a == line) && gr_line_level((unsigned)a) <= r->priv)
			return t;
	}
	return -1;
}

void gr_path_of(const struct gr_run *r, int th, struct gr_path *p)
{
	size_t n = 0;

	p->line = gr_pos_at(r->th[th].pos)->accept;
	p->text = r->text;
	p->tok = r->tok;
	for (int t = th; r->th[t].parent >= 0; t = r->th[t].parent)
		n++;
	p->n = n;
	for (int t = th; r->th[t].parent >= 0; t = r->th[t].parent)
		p->step[--n] = (struct gr_step){r->th[t].pos, r->th[t].tok, r->th[t].ntok};
}

enum gr_status gr_match_from(struct gr_run *r, int mode, uint8_t priv, size_t from, size_t *fail,
        size_t *caret, struct gr_path *p)
{
	gr_begin(r, mode, priv, from);
	enum gr_status s = gr_walk(r, from, r->ntok, fail, caret);

	if (s != GR_OK)
		return s;
	int t = gr_accepting(r, r->ntok, 0);

	if (t < 0)
		return GR_INCOMPLETE;
	gr_path_of(r, t, p);
	return GR_OK;
}
