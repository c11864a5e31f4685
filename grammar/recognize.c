/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States made of thread sets, as they are met: see recognize.h. */
#include "grammar/recognize.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_STATES = 8192,
	MAX_ARGS = 64,    /* of one state: a bit each */
	WAYS = 16,        /* out of one state that are remembered: four bits of their hash */
	WORD_OCTETS = 16, /* longer keywords are looked up anew each time */
	UNKNOWN = 0       /* the state that nothing is known of */
};

struct item {
	uint32_t mask;
	uint16_t pos;
	bool refers; /* a word on the way here is the name of something else */
};

struct arg {
	const struct gr_pos *pos;
	uint16_t to, item;
	uint32_t mask;
};

/* A way out of a state by a word (its octets and length), or by a set of arguments (length 0). */
struct way {
	uint64_t by[2];
	uint16_t to; /* UNKNOWN: none */
	uint8_t len;
};

struct state {
	struct item *item;
	struct arg *arg;
	uint16_t n_item, n_arg, line;
	uint8_t verdict;
	bool numbered; /* a keyword that may follow begins with a digit */
	struct way way[WAYS];
};

struct gr_recognizer {
	struct state state[MAX_STATES];
	uint32_t n_state;
	uint16_t *start;  /* by mode; UNKNOWN: not made yet */
	uint8_t *verdict; /* by line */
	struct gr_run scratch;
};

/* ---- lines --------------------------------------------------------------------------------- */

static bool referred_to(const struct gr_kind *k)
{
	for (unsigned i = 0; i < gr_tab.n_pos; i++)
		if (gr_pos_at(i)->type == GR_T_REF && strcmp(gr_pos_at(i)->extra, k->name) == 0)
			return true;
	return false;
}

static void judge_lines(struct gr_recognizer *z)
{
	for (unsigned i = 1; i <= gr_tab.n_all; i++) {
		const struct gr_line *l = &gr_tab.line[i];

		z->verdict[i] = l->primary != i  ? GR_V_OTHER
		                : l->info.enters ? GR_V_OPENS
		                                 : GR_V_PLAIN;
	}
	for (unsigned k = 0; k < gr_tab.n_kind; k++)
		for (const uint16_t *line = gr_tab.kind[k].line;
		        *line && referred_to(&gr_tab.kind[k]); line++)
			z->verdict[*line] =
			        z->verdict[*line] == GR_V_PLAIN ? GR_V_NAMES : GR_V_OTHER;
}

struct gr_recognizer *gr_recognizer_new(void)
{
	struct gr_recognizer *z = xcalloc(1, sizeof(*z));

	z->start = xcalloc(gr_tab.n_mode + 1u, sizeof(*z->start));
	z->verdict = xcalloc(gr_tab.n_all + 1u, 1);
	z->n_state = UNKNOWN + 1;
	judge_lines(z);
	return z;
}

void gr_recognizer_free(struct gr_recognizer *z)
{
	if (!z)
		return;
	for (uint32_t i = 0; i < z->n_state; i++) {
		free(z->state[i].item);
		free(z->state[i].arg);
	}
	free(z->start);
	free(z->verdict);
	free(z);
}

/* ---- states -------------------------------------------------------------------------------- */

/* What the thread is as an item behind those of `from`, whose numbers are those of its own threads.
 */
static struct item item_of(const struct state *from, const struct gr_thread *t)
{
	bool refers = gr_pos_at(t->pos)->type == GR_T_REF ||
	              (t->parent >= 0 && from->item[t->parent].refers);

	return (struct item){t->mask, t->pos, refers};
}

static bool same_items(
        const struct state *s, const struct state *from, const struct gr_run *r, size_t at)
{
	unsigned n = 0;

	for (int t = r->head[at]; t >= 0; t = r->th[t].next, n++) {
		struct item x = item_of(from, &r->th[t]);

		if (n == s->n_item || s->item[n].pos != x.pos || s->item[n].mask != x.mask ||
		        s->item[n].refers != x.refers)
			return false;
	}
	return n == s->n_item;
}

static void add_ways_out(struct state *s, unsigned item)
{
	const struct gr_pos *p = gr_pos_at(s->item[item].pos);
	const struct gr_edge *e = gr_tab.edge + p->edge;

	for (unsigned j = 0; j < p->n_edge; j++) {
		const struct gr_pos *to = gr_pos_at(e[j].pos);

		if (!gr_edge_open(s->item[item].mask, 15, &e[j]))
			continue;
		if (j < p->n_kw) {
			s->numbered |= *to->word >= '0' && *to->word <= '9';
			continue;
		}
		s->arg = xrealloc(s->arg, (s->n_arg + 1u) * sizeof(*s->arg));
		s->arg[s->n_arg++] = (struct arg){
		        to, e[j].pos, (uint16_t)item, gr_edge_mask(s->item[item].mask, &e[j])};
	}
}

static uint8_t verdict_of(const struct gr_recognizer *z, const struct gr_thread *t, bool refers)
{
	return refers ? GR_V_OTHER : z->verdict[gr_pos_at(t->pos)->accept];
}

/* The state of the threads that stand before word `at`, behind those of another. */
static uint16_t state_of(
        struct gr_recognizer *z, const struct state *from, const struct gr_run *r, size_t at)
{
	int t = gr_accepting(r, at, 0);

	for (uint32_t i = UNKNOWN + 1; i < z->n_state; i++)
		if (same_items(&z->state[i], from, r, at))
			return (uint16_t)i;
	if (z->n_state == MAX_STATES)
		return UNKNOWN;
	struct state *s = &z->state[z->n_state];

	for (int i = r->head[at]; i >= 0; i = r->th[i].next) {
		s->item = xrealloc(s->item, (s->n_item + 1u) * sizeof(*s->item));
		s->item[s->n_item++] = item_of(from, &r->th[i]);
	}
	for (unsigned i = 0; i < s->n_item; i++)
		add_ways_out(s, i);
	if (t >= 0) {
		s->line = gr_pos_at(r->th[t].pos)->accept;
		s->verdict = verdict_of(z, &r->th[t], item_of(from, &r->th[t]).refers);
	}
	return (uint16_t)z->n_state++;
}

static uint16_t start_of(struct gr_recognizer *z, int mode)
{
	if (z->start[mode] == UNKNOWN) {
		gr_split(&z->scratch, "");
		gr_begin(&z->scratch, mode, 15, 0);
		z->start[mode] = state_of(z, &z->state[UNKNOWN], &z->scratch, 0);
	}
	return z->start[mode];
}

/* The state's threads before the one word of the scratch run. */
static struct gr_run *resume(struct gr_recognizer *z, const struct state *s)
{
	struct gr_run *r = &z->scratch;

	gr_begin(r, gr_tab.global, 15, 0);
	r->n_th = 0;
	r->head[0] = -1;
	for (unsigned i = 0; i < s->n_item; i++)
		gr_thread_add(r, 0, s->item[i].pos, s->item[i].mask, -1, 0);
	return r;
}

/* ---- ways ---------------------------------------------------------------------------------- */

/* Where the way by this would stand; a new one takes the place of the old. */
static struct way *way_place(struct state *s, const struct way *want, bool *found)
{
	struct way *w =
	        &s->way[(want->by[0] ^ want->by[1] * 5 ^ want->by[0] >> 17) * 0x9e3779b97f4a7c15u >>
	                60];

	*found = w->to != UNKNOWN && w->by[0] == want->by[0] && w->by[1] == want->by[1] &&
	         w->len == want->len;
	return w;
}

/* The octets of a word of no more than 16, in two overlapping halves: with its length they say
 * which word it is. Nothing behind the word is read, which may be where the text ends. */
static void gather(const char *s, size_t n, uint64_t by[2])
{
	uint32_t half[2] = {0};

	if (n >= 8) {
		memcpy(&by[0], s, 8);
		memcpy(&by[1], s + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&half[0], s, 4);
		memcpy(&half[1], s + n - 4, 4);
		by[0] = half[0];
		by[1] = half[1];
	} else {
		by[0] = (uint64_t)(uint8_t)s[0] << 16 | (uint64_t)(uint8_t)s[n / 2] << 8 |
		        (uint8_t)s[n - 1];
		by[1] = 0;
	}
}

/* By keyword: false where keywords do not settle what the word means. */
static bool by_keyword(struct gr_recognizer *z, uint16_t *at, const char *word, size_t n)
{
	struct way want = {.len = (uint8_t)n}, *w = NULL;
	struct state *s = &z->state[*at];
	struct gr_run *r;
	bool found = false;

	if (*word >= '0' && *word <= '9' && !s->numbered)
		return false;
	if (n <= WORD_OCTETS) {
		gather(word, n, want.by);
		w = way_place(s, &want, &found);
		if (found) {
			*at = w->to;
			return true;
		}
	}
	z->scratch.text = word;
	z->scratch.tok[0] = (struct gr_tok){0, (uint32_t)n};
	z->scratch.ntok = 1;
	r = resume(z, s);
	if (!gr_take_keyword(r, 0))
		return false;
	*at = want.to = state_of(z, s, r, 1);
	if (w && *at != UNKNOWN)
		*w = want;
	return true;
}

/* Which arguments take the word, and how many words each. False: not the same number. */
static bool judge_args(
        const struct state *s, const struct gr_run *r, size_t i, uint64_t *set, size_t *n)
{
	bool more = false;

	*set = 0;
	*n = 0;
	for (unsigned j = 0; j < s->n_arg; j++) {
		size_t k = gr_type_take(s->arg[j].pos, r, i, &more);

		if (more || (k && *n && k != *n))
			return false;
		if (k) {
			*set |= 1ull << j;
			*n = k;
		}
	}
	return true;
}

static uint16_t by_args(struct gr_recognizer *z, uint16_t at, uint64_t set)
{
	struct state *s = &z->state[at];
	struct way want = {.by = {set}}, *w;
	struct gr_run *r;
	bool found;

	w = way_place(s, &want, &found);
	if (found)
		return w->to;
	gr_split(&z->scratch, "x");
	r = resume(z, s);
	for (unsigned j = 0; j < s->n_arg; j++)
		if (set & 1ull << j)
			gr_thread_add(r, 1, s->arg[j].to, s->arg[j].mask, s->arg[j].item, 0);
	want.to = state_of(z, s, r, 1);
	if (want.to != UNKNOWN)
		*w = want;
	return want.to;
}

enum gr_verdict gr_recognize(struct gr_recognizer *z, const struct gr_run *r, int mode, int *line)
{
	uint16_t at = start_of(z, mode);

	*line = 0;
	for (size_t i = 0, n; i < r->ntok && at != UNKNOWN; i += n) {
		uint64_t set;

		n = 1;
		if (by_keyword(z, &at, r->text + r->tok[i].off, r->tok[i].len))
			continue;
		if (z->state[at].n_arg > MAX_ARGS || !judge_args(&z->state[at], r, i, &set, &n))
			return GR_V_UNKNOWN;
		if (!set)
			return GR_V_NONE;
		at = by_args(z, at, set);
	}
	if (at == UNKNOWN)
		return GR_V_UNKNOWN;
	*line = z->state[at].line;
	return z->state[at].verdict;
}
