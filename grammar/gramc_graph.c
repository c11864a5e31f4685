/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From expression trees to the position graph (Glushkov's construction: no empty transitions), and
 * the checks that make a mistake in a .gram file a build error: names, help texts, references,
 * sets, fields, ambiguous lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/gramc.h"

/* ---- modes, primaries, ids ----------------------------------------------------------------- */

static void link_modes(struct gram *g)
{
	for (struct mode *m = g->modes; m; m = m->next) {
		m->id = ++g->n_mode;
		if (!m->parent_name)
			continue;
		m->parent = gram_mode(g, m->parent_name);
		if (!m->parent || m->parent == g->exec)
			complain(g, m->at, "no section \"%s\"", m->parent_name);
	}
	for (struct mode *m = g->modes; m; m = m->next) {
		int depth = 1;

		for (struct mode *p = m->parent; p && depth <= GR_MAX_DEPTH; p = p->parent)
			depth++;
		if (depth > GR_MAX_DEPTH)
			complain(g, m->at, "section \"%s\" stands too deep", m->name);
	}
}

static struct line *find_line(struct gram *g, const struct mode *mode, const char *name)
{
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind != L_ALSO && l->mode == mode && strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

static struct line *primary_of(struct gram *g, struct line *l)
{
	struct line *p = find_line(g, l->mode, l->name);

	if (p)
		return p;
	for (p = g->lines; p; p = p->next)
		if (p->kind == L_ENTER && p->enters == l->mode && strcmp(p->name, l->name) == 0)
			return p;
	return NULL;
}

static void check_enter(struct gram *g, struct line *l)
{
	if (!l->enters)
		complain(g, l->at, "enter \"%s\": no such section", l->name);
	else if (l->enters->enter)
		complain(g, l->at, "section \"%s\" is entered by %s:%d already", l->name,
		        l->enters->enter->at.file, l->enters->enter->at.line);
	else if (l->enters->parent != l->mode)
		complain(g, l->at, "section \"%s\" stands in \"%s\", not in \"%s\"", l->name,
		        l->enters->parent ? l->enters->parent->name : "nothing", l->mode->name);
	else
		l->enters->enter = l;
}

static void number_lines(struct gram *g)
{
	for (struct line *l = g->lines; l; l = l->next) {
		if (l->kind == L_ALSO)
			continue;
		struct line *other = find_line(g, l->mode, l->name);

		if (other != l)
			complain(g, l->at, "\"%s\" is declared at %s:%d already", l->name,
			        other->at.file, other->at.line);
		l->id = ++g->n_line;
		l->primary = l;
		if (l->kind == L_ENTER)
			check_enter(g, l);
		if (l->repeats && !l->multi)
			complain(g, l->at, "repeats goes with multi");
		if (l->fresh && l->kind != L_ENTER)
			complain(g, l->at, "only what enters a section is fresh");
		if (l->onoff && (l->multi || l->deflt))
			complain(g, l->at, "onoff goes with neither multi nor default");
		if (l->keep && !l->onoff)
			complain(g, l->at, "keep is for onoff lines");
	}
	g->n_all = g->n_line;
	for (struct line *l = g->lines; l; l = l->next) {
		if (l->kind != L_ALSO)
			continue;
		l->id = ++g->n_all;
		l->primary = primary_of(g, l);
		if (!l->primary) {
			complain(g, l->at, "also \"%s\": no such line in this section", l->name);
			l->primary = l;
		}
		l->mode = l->primary->mode;
	}
	for (struct mode *m = g->modes; m; m = m->next)
		if (m->parent && !m->enter)
			complain(g, m->at, "section \"%s\" has no enter line", m->name);
}

/* ---- fields -------------------------------------------------------------------------------- */

struct line *gram_definer(struct gram *g, const char *kind)
{
	for (struct line *l = g->lines; l; l = l->next)
		if (l->defines && strcmp(l->defines, kind) == 0)
			return l;
	return NULL;
}

static struct node *find_key(struct node *n)
{
	if (n->kind == N_ARG && n->key)
		return n;
	for (size_t i = 0; i < n->n; i++) {
		struct node *k = find_key(n->kid[i]);

		if (k)
			return k;
	}
	return NULL;
}

struct node *line_key(struct line *l)
{
	return find_key(l->expr);
}

static const struct node *ref_target(struct gram *g, const struct node *n)
{
	struct line *d = gram_definer(g, n->extra);

	return d ? line_key(d) : NULL;
}

enum gr_ctype node_ctype(struct gram *g, const struct node *n)
{
	const struct node *t;

	switch (n->type) {
	case GR_T_INT:
		return n->hi > UINT32_MAX ? GR_C_U64 : GR_C_U32;
	case GR_T_MASK:
	case GR_T_WILD:
	case GR_T_IP4:
	case GR_T_IP6:
	case GR_T_IP:
		return GR_C_IP;
	case GR_T_PREFIX4:
	case GR_T_PREFIX6:
		return GR_C_PREFIX;
	case GR_T_REF:
		t = ref_target(g, n);
		return t && t->type != GR_T_REF ? node_ctype(g, t) : GR_C_STR;
	default:
		return GR_C_STR;
	}
}

static struct field *find_field(struct line *l, const char *name, bool kw)
{
	for (size_t i = 0; i < l->n_field; i++)
		if ((l->field[i].ctype == GR_C_KW) == kw && strcmp(l->field[i].name, name) == 0)
			return &l->field[i];
	return NULL;
}

static void add_field(
        struct gram *g, struct line *l, const char *name, enum gr_ctype ctype, struct node *n)
{
	struct field *f = find_field(l, name, ctype == GR_C_KW);

	if (!f) {
		if (l->n_field >= GR_NOFIELD) {
			complain(g, l->at, "too many keywords and arguments");
			return;
		}
		l->field = grow(g, l->field, l->n_field, sizeof(*l->field));
		f = &l->field[l->n_field++];
		*f = (struct field){.name = name, .ctype = ctype, .at = n->at};
	}
	if (f->ctype != ctype)
		complain(g, n->at, "argument \"%s\" has another type at line %d", name, f->at.line);
	f->list |= ctype != GR_C_KW && n->in_loop;
	f->key |= n->key;
	if (f->key && n->in_loop)
		complain(g, n->at, "a key cannot repeat");
}

static const char *c_name(struct gram *g, const char *word)
{
	char *s = arena_strdup(&g->a, word);

	for (char *p = s; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *p))
			*p = '_';
	return s;
}

static void fields(struct gram *g, struct line *l, struct node *n)
{
	if (n->kind == N_ARG && n->type == GR_T_REF && !gram_definer(g, n->extra))
		complain(g, n->at, "nothing defines \"%s\"", n->extra);
	if (n->kind == N_ARG)
		add_field(g, l, n->name, node_ctype(g, n), n);
	else if (n->kind == N_WORD && n->name)
		add_field(g, l, n->name, GR_C_STR, n);
	else if (n->kind == N_WORD)
		add_field(g, l, c_name(g, n->word), GR_C_KW, n);
	for (size_t i = 0; i < n->n; i++)
		fields(g, l, n->kid[i]);
}

static void line_fields(struct gram *g, struct line *l)
{
	while (l->lead < l->expr->n && l->expr->kid[l->lead]->kind == N_WORD &&
	        !l->expr->kid[l->lead]->dflt)
		l->lead++;
	for (size_t i = l->lead; i < l->expr->n; i++)
		fields(g, l, l->expr->kid[i]);
	if (l->defines && !line_key(l))
		complain(
		        g, l->at, "\"%s\" defines %s but has no key argument", l->name, l->defines);
	if (l->builtin && !line_key(l))
		complain(g, l->at, "\"%s\" has a builtin object but no key argument", l->name);
	if ((l->adds || l->numbered) && l->kind != L_ALSO)
		complain(g, l->at, "\"%s\": only another spelling leaves something out", l->name);
	if (l->wipe && !line_key(l))
		complain(g, l->at, "\"%s\": wipe is for lines with keys", l->name);
}

/* Another spelling has the arguments of its line and takes over which of them are keys. */
static void alias_keys(struct gram *g, struct line *l, struct node *n)
{
	if (n->kind == N_ARG) {
		struct field *f = find_field(l->primary, n->name, false);

		if (!f || f->ctype != node_ctype(g, n))
			complain(g, n->at, "\"%s\" has no such argument \"%s\"", l->primary->name,
			        n->name);
		else
			n->key = f->key;
	}
	for (size_t i = 0; i < n->n; i++)
		alias_keys(g, l, n->kid[i]);
}

/* ---- Glushkov ------------------------------------------------------------------------------ */

struct edges {
	struct edge *v;
	size_t n;
};

struct frag {
	bool nullable;
	struct edges first;
	struct pos **last;
	size_t n_last;
};

static void add_edge(struct gram *g, struct edges *e, struct edge x)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].to == x.to && e->v[i].bit == x.bit)
			return;
	e->v = grow(g, e->v, e->n, sizeof(*e->v));
	e->v[e->n++] = x;
}

static void link_edges(struct gram *g, struct pos *from, const struct edges *to)
{
	struct edges e = {from->edge, from->n_edge};

	for (size_t i = 0; i < to->n; i++)
		add_edge(g, &e, to->v[i]);
	from->edge = e.v;
	from->n_edge = e.n;
}

static void add_last(struct gram *g, struct frag *f, struct pos *p)
{
	f->last = grow(g, f->last, f->n_last, sizeof(*f->last));
	f->last[f->n_last++] = p;
}

static struct pos *pos_new(struct gram *g, const struct mode *m, struct node *n, struct line *l)
{
	struct pos *p = arena_alloc(&g->a, sizeof(*p));

	if (g->n_pos >= UINT16_MAX)
		complain(g, n ? n->at : (struct place){"", 0}, "too many positions");
	p->node = n;
	p->line = l;
	p->mode = m;
	p->help = n ? n->help : NULL;
	p->id = (uint16_t)g->n_pos;
	p->priv = 15;
	g->pos = grow(g, g->pos, g->n_pos, sizeof(*g->pos));
	g->pos[g->n_pos++] = p;
	return p;
}

static struct frag frag_of(
        struct gram *g, struct line *l, struct node *n, uint8_t set, uint8_t member);

static struct frag frag_leaf(
        struct gram *g, struct line *l, struct node *n, uint8_t set, uint8_t member)
{
	struct frag f = {.nullable = n->kind == N_WORD && n->dflt};
	struct pos *p = pos_new(g, l->mode, n, l);

	p->set = set;
	p->member = member;
	l->own = grow(g, l->own, l->n_own, sizeof(*l->own));
	l->own[l->n_own++] = p;
	add_edge(g, &f.first, (struct edge){p, GR_NOBIT});
	add_last(g, &f, p);
	return f;
}

static struct frag frag_seq(
        struct gram *g, struct line *l, struct node *n, size_t from, uint8_t set, uint8_t member)
{
	struct frag f = {.nullable = true};

	for (size_t i = from; i < n->n; i++) {
		struct frag k = frag_of(g, l, n->kid[i], set, member);

		for (size_t j = 0; j < f.n_last; j++)
			link_edges(g, f.last[j], &k.first);
		if (f.nullable)
			for (size_t j = 0; j < k.first.n; j++)
				add_edge(g, &f.first, k.first.v[j]);
		if (!k.nullable)
			f.n_last = 0, f.last = NULL;
		for (size_t j = 0; j < k.n_last; j++)
			add_last(g, &f, k.last[j]);
		f.nullable &= k.nullable;
	}
	return f;
}

static struct frag frag_alt(
        struct gram *g, struct line *l, struct node *n, uint8_t set, uint8_t member)
{
	struct frag f = {0};

	for (size_t i = 0; i < n->n; i++) {
		struct frag k = frag_of(g, l, n->kid[i], set, member);

		for (size_t j = 0; j < k.first.n; j++)
			add_edge(g, &f.first, k.first.v[j]);
		for (size_t j = 0; j < k.n_last; j++)
			add_last(g, &f, k.last[j]);
		f.nullable |= k.nullable;
	}
	return f;
}

static struct frag frag_set(struct gram *g, struct line *l, struct node *n, uint8_t set)
{
	struct frag f = {.nullable = !n->at_least_one}, *k = arena_alloc(&g->a, n->n * sizeof(*k));

	if (set || n->in_loop)
		complain(g, n->at, "a set can stand neither in a set nor in a repetition");
	set = (uint8_t)++l->sets;
	for (size_t i = 0; i < n->n; i++) {
		k[i] = frag_of(g, l, n->kid[i], set, (uint8_t)i);
		if (k[i].nullable)
			complain(g, n->kid[i]->at, "a member of a set cannot be empty");
		for (size_t j = 0; j < k[i].first.n; j++)
			k[i].first.v[j].bit = (uint8_t)l->bits;
		l->bits++;
	}
	if (l->bits > 32)
		complain(g, n->at, "more than 32 set members in a line");
	for (size_t i = 0; i < n->n; i++) {
		for (size_t j = 0; j < k[i].n_last; j++) {
			for (size_t m = 0; m < n->n; m++)
				if (m != i)
					link_edges(g, k[i].last[j], &k[m].first);
			add_last(g, &f, k[i].last[j]);
		}
		for (size_t j = 0; j < k[i].first.n; j++)
			add_edge(g, &f.first, k[i].first.v[j]);
	}
	return f;
}

static struct frag frag_of(
        struct gram *g, struct line *l, struct node *n, uint8_t set, uint8_t member)
{
	struct frag f;

	switch (n->kind) {
	case N_WORD:
	case N_ARG:
		return frag_leaf(g, l, n, set, member);
	case N_SEQ:
		return frag_seq(g, l, n, 0, set, member);
	case N_ALT:
		return frag_alt(g, l, n, set, member);
	case N_SET:
		return frag_set(g, l, n, set);
	case N_OPT:
	case N_PLUS:
		f = frag_of(g, l, n->kid[0], set, member);
		if (n->kind == N_OPT) {
			f.nullable = true;
			return f;
		}
		if (set)
			complain(g, n->at, "a repetition cannot stand in a set");
		if (f.nullable)
			complain(g, n->at, "what repeats cannot be empty");
		for (size_t i = 0; i < f.n_last; i++)
			link_edges(g, f.last[i], &f.first);
		return f;
	}
	abort();
}

/* ---- the trie of leading keywords, then the line's own graph ------------------------------- */

static void merge_help(struct gram *g, struct pos *p, struct node *n)
{
	if (!p->help) {
		p->help = n->help;
		p->node = n->help ? n : p->node;
	} else if (n->help && strcmp(p->help, n->help) != 0) {
		complain(g, n->at, "\"%s\" has another help text at %s:%d", n->word,
		        p->node->at.file, p->node->at.line);
	}
	if (n->reason)
		complain(g, n->at, "a leading keyword cannot be pending: use the flag");
}

static struct pos *trie_step(struct gram *g, struct pos *from, struct node *n)
{
	for (size_t i = 0; i < from->n_edge; i++) {
		struct pos *p = from->edge[i].to;

		if (!p->line && p->node->kind == N_WORD &&
		        strcasecmp(p->node->word, n->word) == 0) {
			merge_help(g, p, n);
			return p;
		}
	}
	struct pos *p = pos_new(g, from->mode, n, NULL);
	struct edges e = {0};

	merge_help(g, p, n);
	add_edge(g, &e, (struct edge){p, GR_NOBIT});
	link_edges(g, from, &e);
	return p;
}

static void complete_at(struct gram *g, struct pos *p, struct line *l)
{
	if (p->accept)
		complain(g, l->at, "same line as %s:%d", p->accept->at.file, p->accept->at.line);
	p->accept = l;
}

static void see(struct pos *p, const struct line *l)
{
	p->visible |= !l->hidden && l->kind != L_ALSO;
	if (l->priv < p->priv)
		p->priv = (uint8_t)l->priv;
}

static void place_line(struct gram *g, struct line *l)
{
	struct pos *p = l->mode->start;

	for (size_t i = 0; i < l->lead; i++) {
		p = trie_step(g, p, l->expr->kid[i]);
		see(p, l);
	}
	l->lead_pos = p;
	struct frag f = frag_seq(g, l, l->expr, l->lead, 0, 0);

	link_edges(g, p, &f.first);
	if (f.nullable && !l->lead)
		complain(g, l->at, "the line can be empty");
	else if (f.nullable)
		complete_at(g, p, l);
	for (size_t i = 0; i < f.n_last; i++)
		complete_at(g, f.last[i], l);
	for (size_t i = 0; i < l->n_own; i++)
		see(l->own[i], l);
}

/* ---- checks on the graph ------------------------------------------------------------------- */

static bool key_ahead(struct pos *p)
{
	for (size_t i = 0; i < p->n_edge; i++) {
		struct pos *q = p->edge[i].to;

		if (q->mark)
			continue;
		q->mark = 1;
		if ((q->node->kind == N_ARG && q->node->key) || key_ahead(q))
			return true;
	}
	return false;
}

static void mark_heads(struct line *l)
{
	for (size_t i = 0; i < l->n_own; i++) {
		for (size_t j = 0; j < l->n_own; j++)
			l->own[j]->mark = 0;
		l->own[i]->head_done = !key_ahead(l->own[i]);
	}
}

/* Help given as '..' is that of the same word at the same place, else elsewhere in the mode. */
static const char *borrow_help(struct gram *g, const struct pos *p)
{
	for (size_t i = 0; i < g->n_pos; i++) {
		const struct pos *q = g->pos[i];

		if (q->help && q->mode == p->mode && q->node->kind == p->node->kind &&
		        q->node->word && p->node->word && strcmp(q->node->word, p->node->word) == 0)
			return q->help;
	}
	return NULL;
}

static void check_help(struct gram *g)
{
	for (size_t i = 0; i < g->n_pos; i++) {
		struct pos *p = g->pos[i];

		if (!p->node || p->help)
			continue;
		p->help = borrow_help(g, p);
		if (!p->help)
			complain(g, p->node->at, "help of \"%s\" is '..' but given nowhere",
			        p->node->word ? p->node->word : p->node->name);
	}
}

/* May one word be meant by both positions? Two arguments of unlike types are told apart by the
 * words themselves. */
static bool same_token(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == N_WORD)
		return strcasecmp(a->word, b->word) == 0;
	return a->type == b->type && (a->type != GR_T_INT || (a->lo <= b->hi && b->lo <= a->hi));
}

struct pairs {
	uint8_t *seen;
	const struct line *a, *b;
	bool found;
};

static void walk_pairs(struct pairs *w, const struct pos *p, const struct pos *q)
{
	for (size_t i = 0; i < p->n_edge && !w->found; i++)
		for (size_t j = 0; j < q->n_edge && !w->found; j++) {
			const struct pos *x = p->edge[i].to, *y = q->edge[j].to;

			if (x->line != w->a || y->line != w->b || !same_token(x->node, y->node))
				continue;
			size_t at = (size_t)(x->id - w->a->own[0]->id) * w->b->n_own +
			            (size_t)(y->id - w->b->own[0]->id);

			if (w->seen[at])
				continue;
			w->seen[at] = 1;
			w->found = x->accept && y->accept;
			if (!w->found)
				walk_pairs(w, x, y);
		}
}

/* The leading words of `a` beyond those of `b`, through the graph of `b`; from there on side by
 * side. */
static void walk_lead(struct pairs *w, const struct pos *q, size_t word)
{
	if (word == w->a->lead) {
		w->found |= w->a->lead_pos->accept == w->a && q->accept == w->b;
		if (w->a->n_own && w->b->n_own)
			walk_pairs(w, w->a->lead_pos, q);
		return;
	}
	for (size_t i = 0; i < q->n_edge; i++) {
		const struct pos *x = q->edge[i].to;

		if (x->line == w->b && same_token(x->node, w->a->expr->kid[word]))
			walk_lead(w, x, word + 1);
	}
}

static bool leads_agree(const struct line *a, const struct line *b)
{
	for (size_t i = 0; i < b->lead; i++)
		if (strcasecmp(a->expr->kid[i]->word, b->expr->kid[i]->word) != 0)
			return false;
	return true;
}

static void check_ambiguous(struct gram *g, struct line *first, struct line *second)
{
	struct line *a = first->lead >= second->lead ? first : second,
	            *b = a == first ? second : first;
	struct pairs w = {.a = a, .b = b};

	if (!b->n_own || !leads_agree(a, b))
		return;
	w.seen = calloc(a->n_own + 1, b->n_own);
	walk_lead(&w, b->lead_pos, b->lead);
	free(w.seen);
	if (w.found)
		complain(g, second->at, "a command of \"%s\" may also be read as \"%s\" of %s:%d",
		        second->name, first->name, first->at.file, first->at.line);
}

void gram_graph(struct gram *g)
{
	link_modes(g);
	number_lines(g);
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind != L_ALSO)
			line_fields(g, l);
	for (struct line *l = g->lines; l; l = l->next)
		if (l->kind == L_ALSO && l->primary != l) {
			line_fields(g, l);
			alias_keys(g, l, l->expr);
		}
	for (struct mode *m = g->modes; m; m = m->next)
		m->start = pos_new(g, m, NULL, NULL);
	for (struct line *l = g->lines; l; l = l->next)
		place_line(g, l);
	check_help(g);
	for (struct line *l = g->lines; l; l = l->next) {
		mark_heads(l);
		for (struct line *k = l->next; k; k = k->next)
			if (k->mode == l->mode)
				check_ambiguous(g, l, k);
	}
}
