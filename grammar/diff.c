/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comparing snapshots. Two walks go side by side in running-config order; where both stand at the
 * beginning of the same shared block, both step over it. Repeated lines are compared run by run, by
 * text, because their order is that of entry.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar/snapshot.h"

/* ---- the walk ------------------------------------------------------------------------------ */

struct side {
	struct cfg_iter it;
	const struct cfg_node *n; /* NULL at the end */
};

static void start(struct side *s, const struct cfg_tree *t)
{
	s->n = cfg_first(t, GR_NONE, &s->it);
}

static void advance(struct side *s)
{
	s->n = cfg_next(&s->it);
}

/* Levels from `d` downward all at their first slot: the side stands at the beginning of the block
 * at level d. */
static int shallowest_begun(const struct cfg_iter *it)
{
	int d = it->depth;

	while (d > 0 && it->pos[d - 1] == 0)
		d--;
	return d;
}

static void step_over(struct side *s, int level)
{
	s->it.depth = level;
	s->n = s->it.depth ? cfg_next(&s->it) : NULL;
}

/* The largest block that begins here on both sides and is the same. */
static bool skip_shared(struct side *a, struct side *b)
{
	int da = shallowest_begun(&a->it), db = shallowest_begun(&b->it);

	for (int i = da; i < a->it.depth; i++)
		for (int j = db; j < b->it.depth; j++)
			if (a->it.priv[i] == b->it.priv[j]) {
				step_over(a, i);
				step_over(b, j);
				return true;
			}
	return false;
}

static int order(const struct cfg_node *a, const struct cfg_node *b)
{
	size_t n = gr_node_base(a), m = gr_node_base(b);
	int r = memcmp(a->data, b->data, n < m ? n : m);

	return r ? r : (n > m) - (n < m);
}

typedef void (*pair_fn)(void *ctx, const struct cfg_node *old, const struct cfg_node *new);

static bool is_multi(const struct cfg_node *n)
{
	return gr_tab.line[n->line].flags & GR_L_MULTI;
}

struct run {
	const struct cfg_node **v;
	size_t n, cap;
};

static void run_read(struct run *r, struct side *s, const struct cfg_node *like)
{
	r->n = 0;
	for (; s->n && order(s->n, like) == 0; advance(s)) {
		if (r->n == r->cap) {
			r->cap = r->cap ? 2 * r->cap : 16;
			r->v = xrealloc(r->v, r->cap * sizeof(struct cfg_node *));
		}
		r->v[r->n++] = s->n;
	}
}

/*
 * What stays is the longest beginning of the new run that is left when lines are taken out of the
 * old one: new lines can only be added at its end.
 */
static void compare_runs(const struct run *a, const struct run *b, pair_fn fn, void *ctx)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (j < b->n && strcmp(gr_node_text(a->v[i]), gr_node_text(b->v[j])) == 0)
			fn(ctx, a->v[i], b->v[j++]);
		else
			fn(ctx, a->v[i], NULL);
	}
	for (; j < b->n; j++)
		fn(ctx, NULL, b->v[j]);
}

static void compare_lists(
        struct side *a, struct side *b, const struct cfg_node *like, pair_fn fn, void *ctx)
{
	struct run x = {0}, y = {0};

	run_read(&x, a, like);
	run_read(&y, b, like);
	compare_runs(&x, &y, fn, ctx);
	free(x.v);
	free(y.v);
}

/* Every line that is not shared, in order, as a pair. Equal pairs are reported too where their
 * blocks differ. */
static void walk_pairs(
        const struct cfg_tree *from, const struct cfg_tree *to, pair_fn fn, void *ctx)
{
	struct side a, b;

	if (from == to)
		return;
	start(&a, from);
	start(&b, to);
	while (a.n || b.n) {
		if (a.n && b.n && skip_shared(&a, &b))
			continue;
		int r = !a.n ? 1 : !b.n ? -1 : order(a.n, b.n);

		if (is_multi(r > 0 ? b.n : a.n)) {
			compare_lists(&a, &b, r > 0 ? b.n : a.n, fn, ctx);
			continue;
		}
		if (a.n != b.n)
			fn(ctx, r > 0 ? NULL : a.n, r < 0 ? NULL : b.n);
		const struct cfg_node *same = a.n == b.n ? a.n : NULL;

		if (r <= 0 || same)
			advance(&a);
		if (r >= 0 || same)
			advance(&b);
	}
}

static bool same_line(const struct cfg_node *a, const struct cfg_node *b)
{
	return a && b && strcmp(gr_node_text(a), gr_node_text(b)) == 0;
}

/* ---- changes ------------------------------------------------------------------------------- */

struct changes {
	void (*fn)(void *ctx, const struct cfg_change *ch);
	void *ctx;
	struct cfg_change at;
};

static void changes_tree(struct changes *c, const struct cfg_tree *from, const struct cfg_tree *to);

static void change(void *ctx, const struct cfg_node *old, const struct cfg_node *new)
{
	struct changes *c = ctx;
	const struct cfg_tree *from = old ? old->kids : NULL, *to = new ? new->kids : NULL;

	if (!same_line(old, new)) {
		c->at.old = old;
		c->at.new = new;
		c->fn(c->ctx, &c->at);
	}
	if (from == to || c->at.depth == GR_MAX_DEPTH)
		return;
	c->at.path[c->at.depth++] = new ? new : old;
	changes_tree(c, from, to);
	c->at.depth--;
	c->at.path[c->at.depth] = NULL;
}

static void changes_tree(struct changes *c, const struct cfg_tree *from, const struct cfg_tree *to)
{
	walk_pairs(from, to, change, c);
}

void cfg_changes(const struct cfg *from, const struct cfg *to,
        void (*fn)(void *ctx, const struct cfg_change *ch), void *ctx)
{
	struct changes c = {.fn = fn, .ctx = ctx};

	if (from != to)
		changes_tree(&c, from->tree, to->tree);
}

/* ---- commands ------------------------------------------------------------------------------ */

/*
 * Within a section first what goes, last line first, then what comes. `path` are enter lines not
 * printed yet; `inner` is the mode that the last command left open, to be closed where the next
 * command could be misread in it.
 */
struct commands {
	void (*fn)(void *ctx, unsigned depth, const char *command);
	void *ctx;
	const struct cfg_node *path[GR_MAX_DEPTH];
	unsigned depth, printed; /* enter lines pending / printed */
	int mode[GR_MAX_DEPTH + 1];
	unsigned open; /* sections the reader of the commands has open */
};

static void say(struct commands *c, unsigned depth, const char *command)
{
	while (c->open > depth && gr_mode_takes(c->mode[c->open], command)) {
		const char *close = gr_tab.mode[c->mode[c->open]].close;

		c->fn(c->ctx, c->open, close && *close != '!' ? close : "exit");
		c->open--;
	}
	c->open = depth;
	c->fn(c->ctx, depth, command);
}

static void enter(struct commands *c, const struct cfg_node *n, unsigned depth)
{
	say(c, depth, gr_node_text(n));
	c->open = depth + 1;
	c->mode[c->open] = gr_tab.line[n->line].info.enters;
}

static void command(struct commands *c, const char *text)
{
	for (; c->printed < c->depth; c->printed++)
		enter(c, c->path[c->printed], c->printed);
	say(c, c->depth, text);
}

/* What names the line: of a section its head, of others all of it. */
static void name_of(const struct cfg_node *n, struct strbuf *out)
{
	struct gr_run r;
	struct gr_path p;

	if (gr_tab.line[n->line].info.enters && !n->negated && gr_node_path(n, &r, &p))
		gr_canon_head(&p, out);
	else
		sb_puts(out, gr_node_text(n) + (n->negated ? 3 : 0));
}

/* Where `no` would store something, `default` is what takes the line away. */
static void command_remove(struct commands *c, const struct cfg_node *n)
{
	const struct gr_line *l = &gr_tab.line[n->line];
	struct strbuf name = {0}, text = {0};
	const char *last;
	bool on = n->negated || l->flags & GR_L_ONOFF;

	name_of(n, &name);
	last = strrchr(sb_str(&name), ' ');
	on |= l->builtin && last && strcmp(last + 1, l->builtin) == 0;
	sb_printf(&text, "%s %s", on ? "default" : "no", sb_str(&name));
	command(c, sb_str(&text));
	sb_fini(&name);
	sb_fini(&text);
}

static void commands_tree(
        struct commands *c, const struct cfg_tree *from, const struct cfg_tree *to);

static void command_come(struct commands *c, const struct cfg_node *old, const struct cfg_node *new)
{
	const struct cfg_tree *from = old ? old->kids : NULL;
	bool block = gr_tab.line[new->line].info.enters && !new->negated;

	if (!block) {
		if (!same_line(old, new))
			command(c, gr_node_text(new));
		return;
	}
	if (c->depth == GR_MAX_DEPTH)
		return;
	/* A block whose own line did not change is entered only for what differs in it. */
	c->path[c->depth] = new;
	if (!same_line(old, new)) {
		for (; c->printed < c->depth; c->printed++)
			enter(c, c->path[c->printed], c->printed);
		enter(c, new, c->depth);
		c->printed = c->depth + 1;
	}
	c->depth++;
	if (from != new->kids)
		commands_tree(c, from, new->kids);
	c->depth--;
	if (c->printed > c->depth)
		c->printed = c->depth;
}

struct pair {
	const struct cfg_node *old, *new;
};

struct pairs {
	struct pair *v;
	size_t n, cap;
};

static void note_difference(void *ctx, const struct cfg_node *old, const struct cfg_node *new)
{
	*(bool *)ctx |= !same_line(old, new);
}

/* A block that begins anew whenever it is entered is the same, or another one. */
static bool begins_anew(const struct cfg_node *old, const struct cfg_node *new)
{
	return old && new && !old->negated &&
	       !new->negated &&gr_tab.line[new->line].flags &GR_L_FRESH;
}

static void pair_push(struct pairs *p, const struct cfg_node *old, const struct cfg_node *new)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 16;
		p->v = xrealloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n++] = (struct pair){old, new};
}

static void pair_keep(void *ctx, const struct cfg_node *old, const struct cfg_node *new)
{
	struct pairs *p = ctx;

	if (same_line(old, new) && old->kids == new->kids)
		return;
	if (begins_anew(old, new)) {
		bool differs = !same_line(old, new);

		walk_pairs(old->kids, new->kids, note_difference, &differs);
		if (!differs)
			return;
		pair_push(p, old, NULL);
		old = NULL;
	}
	pair_push(p, old, new);
}

static void commands_tree(
        struct commands *c, const struct cfg_tree *from, const struct cfg_tree *to)
{
	struct pairs p = {0};

	walk_pairs(from, to, pair_keep, &p);
	for (size_t i = p.n; i-- > 0;)
		if (!p.v[i].new)
			command_remove(c, p.v[i].old);
	for (size_t i = 0; i < p.n; i++)
		if (p.v[i].new)
			command_come(c, p.v[i].old, p.v[i].new);
	free(p.v);
}

void cfg_diff(const struct cfg *from, const struct cfg *to,
        void (*fn)(void *ctx, unsigned depth, const char *command), void *ctx)
{
	struct commands c = {.fn = fn, .ctx = ctx};

	c.mode[0] = gr_tab.global;
	if (from != to)
		commands_tree(&c, from->tree, to->tree);
}
