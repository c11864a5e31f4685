/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots: life, walks, look-ups, what a name may refer to. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/match.h"
#include "grammar/snapshot.h"

static uint64_t next_version(void)
{
	static atomic_uint_fast64_t last;

	return atomic_fetch_add(&last, 1) + 1;
}

struct cfg *cfg_new(void)
{
	struct cfg *c = xcalloc(1, sizeof(*c));

	c->ref = 1;
	c->version = next_version();
	gr_tree_own(&c->tree);
	return c;
}

struct cfg *cfg_ref(const struct cfg *c)
{
	struct cfg *w = (struct cfg *)(uintptr_t)c;

	w->ref++;
	return w;
}

void cfg_unref(struct cfg *c)
{
	if (!c || --c->ref)
		return;
	gr_tree_unref(c->tree);
	free(c);
}

void gr_cfg_own(struct cfg **at)
{
	struct cfg *c = *at, *copy;

	if (c->ref > 1) {
		copy = xcalloc(1, sizeof(*copy));
		copy->ref = 1;
		copy->tree = gr_tree_ref(c->tree);
		c->ref--;
		*at = c = copy;
	}
	c->version = next_version();
	gr_tree_own(&c->tree);
}

uint64_t cfg_version(const struct cfg *c)
{
	return c->version;
}

size_t cfg_lines(const struct cfg *c)
{
	return c->tree->lines;
}

const struct cfg_tree *cfg_root(const struct cfg *c)
{
	return c->tree;
}

int cfg_node_line(const struct cfg_node *n)
{
	return n->line;
}

const char *cfg_node_text(const struct cfg_node *n)
{
	return gr_node_text(n);
}

bool cfg_node_negated(const struct cfg_node *n)
{
	return n->negated;
}

const struct cfg_tree *cfg_children(const struct cfg_node *n)
{
	return n->kids;
}

bool cfg_node_decode(const struct cfg_node *n, struct arena *a, void *out, size_t size)
{
	return gr_decode(n->line, gr_node_text(n), a, out, size);
}

bool gr_node_path(const struct cfg_node *n, struct gr_run *r, struct gr_path *p)
{
	const struct gr_line *l = &gr_tab.line[n->line];
	size_t fail, caret;

	if (n->negated)
		return false;
	gr_split(r, gr_node_text(n));
	gr_begin(r, l->info.mode, 15, 0);
	if (gr_walk(r, 0, r->ntok, &fail, &caret) != GR_OK)
		return false;
	int t = gr_accepting(r, r->ntok, n->line);

	if (t >= 0)
		gr_path_of(r, t, p);
	return t >= 0;
}

const char *cfg_node_pending(const struct cfg_node *n)
{
	const struct gr_line *l = &gr_tab.line[n->line];
	struct gr_run r;
	struct gr_path p;

	if (l->info.pending || !(l->flags & GR_L_HASPENDING))
		return l->info.pending;
	return gr_node_path(n, &r, &p) ? gr_path_pending(&p) : NULL;
}

/* ---- walks --------------------------------------------------------------------------------- */

static const struct cfg_node *here(const struct cfg_iter *it)
{
	const struct gr_bt *leaf = it->priv[it->depth - 1];
	const struct cfg_node *n = leaf->slot[it->pos[it->depth - 1]];

	return it->line == GR_NONE || n->line == it->line ? n : NULL;
}

/* Down to the leaf along the first slots. */
static void descend(struct cfg_iter *it, const struct gr_bt *b)
{
	for (;; b = b->slot[0]) {
		it->priv[it->depth] = b;
		it->pos[it->depth++] = 0;
		if (!b->height)
			return;
	}
}

const struct cfg_node *cfg_next(struct cfg_iter *it)
{
	while (it->depth > 0) {
		const struct gr_bt *b = it->priv[it->depth - 1];
		uint32_t i = ++it->pos[it->depth - 1];

		if (i < b->n) {
			if (b->height)
				descend(it, b->slot[i]);
			return here(it);
		}
		it->depth--;
	}
	return NULL;
}

const struct cfg_node *cfg_first(const struct cfg_tree *t, int line, struct cfg_iter *it)
{
	uint8_t key[2] = {(uint8_t)(line >> 8), (uint8_t)line};
	const struct cfg_node *n;

	*it = (struct cfg_iter){.line = line};
	if (!t || !t->root)
		return NULL;
	if (line == GR_NONE) {
		descend(it, t->root);
		return here(it);
	}
	n = gr_bt_seek(t->root, &(struct gr_probe){key, 2, NULL, 0, NULL}, it);
	it->line = line;
	return n && n->line == line ? n : NULL;
}

/* ---- look-ups ------------------------------------------------------------------------------ */

static const struct gr_pos *first_key(const struct gr_line *l, unsigned *field)
{
	for (unsigned f = 0; f < l->n_field; f++) {
		if (!l->field[f].key)
			continue;
		*field = f;
		for (unsigned i = 0; i < gr_tab.n_pos; i++) {
			const struct gr_pos *p = gr_pos_at(i);

			if (p->line && gr_tab.line[p->line].primary == l->primary &&
			        p->field == f && p->flags & GR_P_KEY)
				return p;
		}
	}
	return NULL;
}

static const struct cfg_node *find_scan(const struct cfg_tree *t, int line, const char *key)
{
	struct cfg_iter it;
	size_t n = strlen(key);

	for (const struct cfg_node *x = cfg_first(t, line, &it); x; x = cfg_next(&it)) {
		const char *s = gr_node_text(x) + strlen(gr_tab.line[line].lead_text);

		if (*s == ' ' && strncmp(s + 1, key, n) == 0 && (!s[n + 1] || s[n + 1] == ' '))
			return x;
	}
	return NULL;
}

const struct cfg_node *cfg_find(const struct cfg_tree *t, int line, const char *key)
{
	const struct gr_line *l = &gr_tab.line[line];
	struct cfg_iter it;
	unsigned field = 0;

	if (!t || !key)
		return cfg_first(t, line, &it);
	const struct gr_pos *p = first_key(l, &field);

	if (!p)
		return find_scan(t, line, key);
	struct strbuf sb = {0};

	sb_putc(&sb, (char)(line >> 8));
	sb_putc(&sb, (char)line);
	sb_putc(&sb, (char)(field + 1));
	gr_key_value(p, key, strlen(key), &sb);
	const struct cfg_node *n =
	        gr_bt_seek(t->root, &(struct gr_probe){sb.s, sb.len, NULL, 0, NULL}, &it);

	if (n && (n->key_len < sb.len || memcmp(n->data, sb.s, sb.len) != 0))
		n = NULL;
	sb_fini(&sb);
	return n;
}

/* ---- references ---------------------------------------------------------------------------- */

const struct gr_kind *gr_kind_of(const char *name)
{
	for (unsigned i = 0; i < gr_tab.n_kind; i++)
		if (strcmp(gr_tab.kind[i].name, name) == 0)
			return &gr_tab.kind[i];
	return NULL;
}

/* Definitions stand in the section of their line, wherever sections of that mode are. */
static bool defined_in(const struct cfg_tree *t, int mode, int line, const char *name)
{
	struct cfg_iter it;
	int to = gr_tab.line[line].info.mode;

	if (mode == to) {
		const struct cfg_node *n = cfg_find(t, line, name);

		return n && !n->negated;
	}
	/* The section on the way from here to there. */
	while (gr_tab.mode[to].info.parent != mode) {
		to = gr_tab.mode[to].info.parent;
		if (!to)
			return false;
	}
	for (const struct cfg_node *n = cfg_first(t, gr_tab.mode[to].enter, &it); n;
	        n = cfg_next(&it))
		if (defined_in(n->kids, to, line, name))
			return true;
	return false;
}

bool cfg_defines(const struct cfg *c, const char *kind, const char *name)
{
	const struct gr_kind *k = gr_kind_of(kind);

	for (const uint16_t *line = k ? k->line : NULL; line && *line; line++) {
		const struct gr_line *l = &gr_tab.line[*line];

		if (defined_in(c->tree, gr_tab.global, *line, name))
			return true;
		if (l->builtin && strcmp(l->builtin, name) == 0 && l->info.mode == gr_tab.global &&
		        !cfg_find(c->tree, *line, name))
			return true;
	}
	return false;
}

struct dangling {
	const struct cfg *c;
	void (*fn)(void *ctx, const struct cfg_node *n, const char *kind, const char *name);
	void *ctx;
	struct gr_run run;
	struct gr_path path;
	struct strbuf name;
};

static void dangling_node(struct dangling *d, const struct cfg_node *n)
{
	if (!(gr_tab.line[n->line].flags & GR_L_HASREF) || !gr_node_path(n, &d->run, &d->path))
		return;
	for (size_t i = 0; i < d->path.n; i++) {
		const struct gr_pos *p = gr_pos_at(d->path.step[i].pos);
		const char *s;
		size_t len;

		if (p->type != GR_T_REF)
			continue;
		s = gr_step_text(&d->path, i, &len);
		sb_clear(&d->name);
		sb_add(&d->name, s, len);
		if (!cfg_defines(d->c, p->extra, sb_str(&d->name)))
			d->fn(d->ctx, n, p->extra, sb_str(&d->name));
	}
}

static void dangling_tree(struct dangling *d, const struct cfg_tree *t)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		dangling_node(d, n);
		if (n->kids)
			dangling_tree(d, n->kids);
	}
}

void cfg_dangling(const struct cfg *c,
        void (*fn)(void *ctx, const struct cfg_node *n, const char *kind, const char *name),
        void *ctx)
{
	struct dangling d = {.c = c, .fn = fn, .ctx = ctx};

	dangling_tree(&d, c->tree);
	sb_fini(&d.name);
}
