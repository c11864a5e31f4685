/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, blocks of the B-tree, sections: see tree.h. */
#include "grammar/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* ---- lines --------------------------------------------------------------------------------- */

struct cfg_node *gr_node_new(
        int line, bool negated, const void *key, size_t key_len, const char *text, size_t text_len)
{
	struct cfg_node *n = xmalloc(sizeof(*n) + key_len + text_len + 1);

	assert(key_len <= UINT16_MAX);
	*n = (struct cfg_node){.ref = 1,
	        .line = (uint16_t)line,
	        .negated = negated,
	        .key_len = (uint16_t)key_len,
	        .text_len = (uint32_t)text_len};
	memcpy(n->data, key, key_len);
	memcpy(n->data + key_len, text, text_len);
	n->data[key_len + text_len] = '\0';
	return n;
}

struct cfg_node *gr_node_ref(const struct cfg_node *n)
{
	struct cfg_node *w = (struct cfg_node *)(uintptr_t)n;

	w->ref++;
	return w;
}

void gr_node_unref(struct cfg_node *n)
{
	if (--n->ref)
		return;
	gr_tree_unref(n->kids);
	if (gr_tab.line[n->line].flags & GR_L_SECRET)
		wipe(n->data, (size_t)n->key_len + n->text_len);
	free(n);
}

size_t gr_node_base(const struct cfg_node *n)
{
	return n->key_len - (gr_tab.line[n->line].flags & GR_L_MULTI ? (size_t)GR_SEQ : 0u);
}

static int compare_octets(const void *a, size_t n, const void *b, size_t m)
{
	int r = memcmp(a, b, n < m ? n : m);

	return r ? r : (n > m) - (n < m);
}

/* Negative: the probe stands before the line. */
int gr_probe_compare(const struct gr_probe *p, const struct cfg_node *n)
{
	int r;

	if (!p->text)
		return compare_octets(p->key, p->len, n->data, n->key_len);
	r = compare_octets(p->key, p->len, n->data, gr_node_base(n));
	return r ? r : strcmp(p->text, gr_node_text(n));
}

/* ---- blocks -------------------------------------------------------------------------------- */

static struct gr_bt *bt_new(unsigned height)
{
	struct gr_bt *b = xmalloc(sizeof(*b) + (height ? GR_BT_MAX * sizeof(b->min[0]) : 0));

	b->ref = 1;
	b->n = 0;
	b->height = (uint16_t)height;
	return b;
}

void gr_bt_unref(struct gr_bt *b)
{
	if (!b || --b->ref)
		return;
	for (unsigned i = 0; i < b->n; i++) {
		if (*(uint32_t *)b->slot[i] > 1)
			--*(uint32_t *)b->slot[i]; /* the usual case, without a call */
		else if (b->height)
			gr_bt_unref(b->slot[i]);
		else
			gr_node_unref(b->slot[i]);
	}
	free(b);
}

/* The first octets (no entry number) as a number: two that differ are in the order of the keys;
 * equal ones say nothing. */
static uint64_t head_of(const void *key, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, key, len < sizeof(v) ? len : sizeof(v));
	return __builtin_bswap64(v);
}

static const struct cfg_node *bt_min(const struct gr_bt *b)
{
	return b->height ? b->min[0] : b->slot[0];
}

/* Ours alone: a shared block is copied, its parts then have one owner more. */
static struct gr_bt *bt_own(struct gr_bt **at)
{
	struct gr_bt *b = *at, *c;

	if (b->ref == 1)
		return b;
	c = bt_new(b->height);
	if (b->height) /* whole, of a known size: cheaper than what is used of it */
		memcpy(c, b, sizeof(*b) + GR_BT_MAX * sizeof(b->min[0]));
	else
		memcpy(c, b, sizeof(*b));
	c->ref = 1;
	for (unsigned i = 0; i < b->n; i++)
		++*(uint32_t *)c->slot[i]; /* both kinds of part begin with their count */
	b->ref--;
	return *at = c;
}

unsigned gr_bt_slot(const struct gr_bt *b, const struct gr_probe *p, bool *exact)
{
	uint64_t head = head_of(p->key, p->len - p->seq);
	unsigned lo = 0, hi;

	*exact = false;
	for (unsigned n = b->n, half; n; n -= half) { /* no branch to be guessed wrong */
		half = (n + 1) / 2;
		lo += b->head[lo + half - 1] < head ? half : 0;
	}
	for (hi = lo; hi < b->n && b->head[hi] == head; hi++)
		;
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int r = gr_probe_compare(p, b->height ? b->min[mid] : b->slot[mid]);

		if (r == 0) {
			*exact = true;
			return mid;
		}
		if (r < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo ? lo - 1 : 0;
}

const struct cfg_node *gr_bt_find(const struct gr_bt *b, const struct gr_probe *p)
{
	bool exact;

	if (!b)
		return NULL;
	for (;;) {
		unsigned i = gr_bt_slot(b, p, &exact);

		if (!b->height)
			return exact ? b->slot[i] : NULL;
		b = b->slot[i];
	}
}

/* The part in slot i is new or begins anew. */
static void bt_mark(struct gr_bt *b, unsigned i)
{
	const struct cfg_node *n = b->height ? bt_min(b->slot[i]) : b->slot[i];

	b->head[i] = head_of(n->data, gr_node_base(n));
	if (b->height)
		b->min[i] = n;
}

/* The same where the part only may have changed. */
static void bt_mark_child(struct gr_bt *b, unsigned i)
{
	if (b->min[i] != bt_min(b->slot[i]))
		bt_mark(b, i);
}

static void bt_insert_at(struct gr_bt *b, unsigned i, void *part)
{
	memmove(&b->head[i + 1], &b->head[i], (b->n - i) * sizeof(b->head[0]));
	memmove(&b->slot[i + 1], &b->slot[i], (b->n - i) * sizeof(b->slot[0]));
	b->slot[i] = part;
	if (b->height)
		memmove(&b->min[i + 1], &b->min[i], (b->n - i) * sizeof(b->min[0]));
	bt_mark(b, i);
	b->n++;
}

/* A full block gives away its upper half; or, where lines arrive in order, nothing but room for the
 * next. */
static struct gr_bt *bt_split(struct gr_bt *b, unsigned at)
{
	struct gr_bt *right = bt_new(b->height);
	unsigned keep = at == b->n ? b->n : b->n / 2u;

	right->n = (uint16_t)(b->n - keep);
	memcpy(right->head, &b->head[keep], right->n * sizeof(b->head[0]));
	memcpy(right->slot, &b->slot[keep], right->n * sizeof(b->slot[0]));
	if (b->height)
		memcpy(right->min, &b->min[keep], right->n * sizeof(b->min[0]));
	b->n = (uint16_t)keep;
	return right;
}

static struct gr_bt *bt_add(struct gr_bt *b, unsigned i, void *part)
{
	struct gr_bt *right = NULL;

	if (b->n == GR_BT_MAX) {
		right = bt_split(b, i);
		if (i >= b->n) {
			bt_insert_at(right, i - b->n, part);
			return right;
		}
	}
	bt_insert_at(b, i, part);
	return right;
}

/* Puts the line below *at; a block that had to be split leaves its right part in *right. */
static bool bt_put(
        struct gr_bt **at, const struct gr_probe *p, struct cfg_node *n, struct gr_bt **right)
{
	struct gr_bt *b = bt_own(at), *child_right = NULL;
	bool exact, fresh;
	unsigned i = gr_bt_slot(b, p, &exact);

	*right = NULL;
	if (!b->height) {
		if (exact) {
			gr_node_unref(b->slot[i]);
			b->slot[i] = n;
			return false;
		}
		*right = bt_add(b, b->n && gr_probe_compare(p, b->slot[i]) > 0 ? i + 1 : i, n);
		return true;
	}
	fresh = bt_put((struct gr_bt **)&b->slot[i], p, n, &child_right);
	bt_mark_child(b, i);
	if (child_right)
		*right = bt_add(b, i + 1, child_right);
	return fresh;
}

bool gr_bt_put(struct gr_bt **root, const struct gr_probe *p, struct cfg_node *n)
{
	struct gr_bt *right;
	bool fresh;

	if (!*root)
		*root = bt_new(0);
	fresh = bt_put(root, p, n, &right);
	if (right) {
		struct gr_bt *top = bt_new((*root)->height + 1u);

		assert(top->height < GR_BT_DEPTH);
		bt_insert_at(top, 0, *root);
		bt_insert_at(top, 1, right);
		*root = top;
	}
	return fresh;
}

/* Blocks shrink without being joined: an emptied one goes, and its parent notices. */
static void bt_remove(struct gr_bt **at, const struct gr_probe *p)
{
	struct gr_bt *b = bt_own(at);
	bool exact;
	unsigned i = gr_bt_slot(b, p, &exact);

	if (b->height) {
		bt_remove((struct gr_bt **)&b->slot[i], p);
		struct gr_bt *child = b->slot[i];

		if (child->n) {
			bt_mark_child(b, i);
			return;
		}
		gr_bt_unref(child);
		memmove(&b->min[i], &b->min[i + 1], (b->n - i - 1u) * sizeof(b->min[0]));
	} else {
		gr_node_unref(b->slot[i]);
	}
	memmove(&b->head[i], &b->head[i + 1], (b->n - i - 1u) * sizeof(b->head[0]));
	memmove(&b->slot[i], &b->slot[i + 1], (b->n - i - 1u) * sizeof(b->slot[0]));
	b->n--;
}

void gr_bt_remove(struct gr_bt **root, const struct gr_probe *p)
{
	bt_remove(root, p);
	while (*root && (*root)->height && (*root)->n == 1) {
		struct gr_bt *top = *root;

		*root = top->slot[0];
		free(top);
	}
	if (!(*root)->n) {
		gr_bt_unref(*root);
		*root = NULL;
	}
}

struct cfg_node *gr_bt_own(struct gr_bt **at, const struct gr_probe *p)
{
	struct gr_bt *b = bt_own(at);
	bool exact;
	unsigned i = gr_bt_slot(b, p, &exact);

	if (b->height) {
		struct cfg_node *n = gr_bt_own((struct gr_bt **)&b->slot[i], p);

		bt_mark_child(b, i);
		return n;
	}
	struct cfg_node *n = b->slot[i];

	assert(exact);
	if (n->ref > 1) {
		struct cfg_node *c = gr_node_new(
		        n->line, n->negated, n->data, n->key_len, gr_node_text(n), n->text_len);

		c->kids = n->kids ? gr_tree_ref(n->kids) : NULL;
		gr_node_unref(n);
		b->slot[i] = n = c;
	}
	return n;
}

/* ---- sections ------------------------------------------------------------------------------ */

struct cfg_tree *gr_tree_ref(struct cfg_tree *t)
{
	t->ref++;
	return t;
}

void gr_tree_unref(struct cfg_tree *t)
{
	if (!t || --t->ref)
		return;
	gr_bt_unref(t->root);
	gr_bt_unref(t->by_text);
	free(t);
}

void gr_tree_own(struct cfg_tree **at)
{
	struct cfg_tree *t = *at, *c;

	if (t && t->ref == 1)
		return;
	c = xcalloc(1, sizeof(*c));
	if (t) {
		*c = *t;
		if (c->root)
			c->root->ref++;
		if (c->by_text)
			c->by_text->ref++;
		t->ref--;
	}
	c->ref = 1;
	*at = c;
}

long gr_tree_put(struct cfg_tree *t, const void *key, size_t len, int line, bool negated,
        const char *text, struct cfg_tree *kids)
{
	struct cfg_node *n = gr_node_new(line, negated, key, len, text, strlen(text));
	const struct cfg_node *old = gr_bt_find(t->root, &(struct gr_probe){key, len, NULL, 0});
	long gone = old ? 1 + (long)(old->kids ? old->kids->lines : 0) : 0,
	     come = 1 + (long)(kids ? kids->lines : 0);

	n->kids = kids ? gr_tree_ref(kids) : NULL;
	gr_bt_put(&t->root, &(struct gr_probe){key, len, NULL, 0}, n);
	return come - gone;
}

/* ---- repeated lines ------------------------------------------------------------------------ */

static bool in_run(const struct cfg_node *n, const void *key, size_t len)
{
	return n && gr_node_base(n) == len && memcmp(n->data, key, len) == 0;
}

const struct cfg_node *gr_tree_multi(
        const struct cfg_tree *t, const void *key, size_t len, const char *text, bool *full)
{
	struct cfg_iter it;
	const struct cfg_node *n;
	int seen = 0;

	*full = false;
	if (!t)
		return NULL;
	n = gr_bt_seek(t->root, &(struct gr_probe){key, len, NULL, 0}, &it);
	for (; in_run(n, key, len); n = cfg_next(&it)) {
		if (strcmp(gr_node_text(n), text) == 0)
			return n;
		if (++seen < GR_RUN_SCAN)
			continue;
		*full = true;
		/* A run of exactly this length stands in no second tree yet. */
		if (in_run(cfg_next(&it), key, len))
			return gr_bt_find(t->by_text, &(struct gr_probe){key, len, text, 0});
		return NULL;
	}
	return NULL;
}

static void put_by_text(struct cfg_tree *t, const struct cfg_node *n)
{
	gr_bt_put(&t->by_text, &(struct gr_probe){n->data, gr_node_base(n), gr_node_text(n), 0},
	        gr_node_ref(n));
}

static void index_run(struct cfg_tree *t, const void *key, size_t len)
{
	struct cfg_iter it;
	const struct cfg_node *n = gr_bt_seek(t->root, &(struct gr_probe){key, len, NULL, 0}, &it);

	for (; in_run(n, key, len); n = cfg_next(&it))
		put_by_text(t, n);
}

/* Longer than what is looked through one by one: such a run stands in the second tree. */
static bool indexed(const struct cfg_tree *t, const void *key, size_t len)
{
	struct cfg_iter it;
	const struct cfg_node *n = gr_bt_seek(t->root, &(struct gr_probe){key, len, NULL, 0}, &it);

	for (int i = 0; i < GR_RUN_SCAN; i++)
		n = cfg_next(&it);
	return in_run(n, key, len);
}

long gr_tree_add_multi(
        struct cfg_tree *t, const void *key, size_t len, int line, const char *text, bool full)
{
	uint8_t with_seq[GR_KEY_MAX + GR_SEQ];
	bool was_indexed = full && indexed(t, key, len);
	struct cfg_node *n;

	assert(len <= GR_KEY_MAX);
	memcpy(with_seq, key, len);
	t->seq++;
	for (size_t i = 0; i < GR_SEQ; i++)
		with_seq[len + i] = (uint8_t)(t->seq >> (24 - 8 * i));
	n = gr_node_new(line, false, with_seq, len + GR_SEQ, text, strlen(text));
	gr_bt_put(&t->root, &(struct gr_probe){with_seq, len + GR_SEQ, NULL, GR_SEQ}, n);
	if (was_indexed)
		put_by_text(t, n);
	else if (full)
		index_run(t, key, len);
	return 1;
}

long gr_tree_remove(struct cfg_tree *t, const struct cfg_node *n)
{
	long gone = 1 + (long)(n->kids ? n->kids->lines : 0);
	struct cfg_node *held = gr_node_ref(n);
	size_t base = gr_node_base(held);
	struct gr_probe by_text = {held->data, base, gr_node_text(held), 0};

	if (t->by_text && held->key_len > base && gr_bt_find(t->by_text, &by_text))
		gr_bt_remove(&t->by_text, &by_text);
	gr_bt_remove(&t->root,
	        &(struct gr_probe){held->data, held->key_len, NULL, held->key_len - base});
	gr_node_unref(held);
	return -gone;
}
