/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, blocks of the B-tree, sections: see tree.h. */
#include "grammar/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#ifdef __SANITIZE_ADDRESS__
enum { BT_SPARE = 0 }; /* what is dead shall be seen to be */
#else
enum { BT_SPARE = 16 };
#endif

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

static size_t bt_size(unsigned height)
{
	return sizeof(struct gr_bt) + (height ? GR_BT_MAX * sizeof(struct cfg_node *) : 0);
}

/*
 * An edit copies a block of each height and, as a rule, the snapshot before it soon gives up as
 * many: those are kept at hand. `peer` links them.
 */
static struct bt_spare {
	struct gr_bt *first;
	unsigned n;
} spare[2]; /* of leaves, of inner blocks */

static struct gr_bt *bt_alloc(unsigned height)
{
	struct bt_spare *s = &spare[height > 0];
	struct gr_bt *b = s->first;

	if (!b)
		return xmalloc(bt_size(height));
	s->first = b->peer;
	s->n--;
	return b;
}

static void bt_free(struct gr_bt *b)
{
	struct bt_spare *s = &spare[b->height > 0];

	if (s->n == BT_SPARE) {
		free(b);
		return;
	}
	b->peer = s->first;
	s->first = b;
	s->n++;
}

static struct gr_bt *bt_new(unsigned height)
{
	struct gr_bt *b = bt_alloc(height);

	b->ref = 1;
	b->n = 0;
	b->height = (uint8_t)height;
	b->joint = 0;
	b->peer = NULL;
	memset(b->head, 0xff, sizeof(b->head));
	return b;
}

static bool bt_joint(const struct gr_bt *b, unsigned i)
{
	return b->joint >> i & 1;
}

static bool bt_lends(const struct gr_bt *b)
{
	return b->peer && !b->joint;
}

/* The joint slots of a borrower, from now on; without any it is none. */
static void bt_set_joint(struct gr_bt *b, unsigned joint)
{
	b->joint = (uint16_t)joint;
	if (joint || !b->peer)
		return;
	b->peer->peer = NULL;
	b->peer = NULL;
}

/* Lender or borrower: each of the two counts for itself. */
static void bt_settle(struct gr_bt *b)
{
	struct gr_bt *c = bt_lends(b) ? b->peer : b;

	for (unsigned m = c->joint; m; m &= m - 1) /* both kinds of part begin with their count */
		++*(uint32_t *)c->slot[__builtin_ctz(m)];
	bt_set_joint(c, 0);
}

static void part_unref(const struct gr_bt *b, unsigned i)
{
	if (*(uint32_t *)b->slot[i] > 1)
		--*(uint32_t *)b->slot[i]; /* the usual case, without a call */
	else if (b->height)
		gr_bt_unref(b->slot[i]);
	else
		gr_node_unref(b->slot[i]);
}

/* Gives up what stands in the slot, which is filled anew or goes. */
static void bt_drop(struct gr_bt *b, unsigned i)
{
	if (bt_joint(b, i))
		bt_set_joint(b, b->joint & ~(1u << i));
	else
		part_unref(b, i);
}

/*
 * Where stands the one part that the heir has no more? It took another in its place or none; what
 * is before it stands at the same places. GR_BT_MAX: not so simple.
 */
static unsigned only_loss(const struct gr_bt *b, const struct gr_bt *heir)
{
	unsigned own = ~heir->joint & ((1u << heir->n) - 1u), i = 0;

	if (heir->n == b->n && own && !(own & (own - 1))) {
		i = (unsigned)__builtin_ctz(own);
		if ((i && b->slot[i - 1] != heir->slot[i - 1]) ||
		        (i + 1 < b->n && b->slot[i + 1] != heir->slot[i + 1]))
			return GR_BT_MAX;
		return i;
	}
	if (heir->n + 1u != b->n || own)
		return GR_BT_MAX;
	for (unsigned k = 0; k < heir->n; k++)
		i += b->slot[k] == heir->slot[k];
	return i;
}

/* What the borrower still has is its own now. Both have it in the same order. */
static void bt_bequeath(struct gr_bt *b)
{
	struct gr_bt *heir = b->peer;
	unsigned m = heir->joint, lost = b->n - (unsigned)__builtin_popcount(m), i = GR_BT_MAX;

	if (lost == 1)
		i = only_loss(b, heir);
	bt_set_joint(heir, 0);
	if (!lost)
		return;
	if (i < GR_BT_MAX) {
		part_unref(b, i);
		return;
	}
	for (i = 0; i < b->n; i++) {
		if (m && b->slot[i] == heir->slot[__builtin_ctz(m)])
			m &= m - 1;
		else
			part_unref(b, i);
	}
}

void gr_bt_unref(struct gr_bt *b)
{
	if (!b || --b->ref)
		return;
	if (bt_lends(b)) {
		bt_bequeath(b);
	} else {
		for (unsigned i = 0; i < b->n; i++)
			if (!bt_joint(b, i))
				part_unref(b, i);
		bt_set_joint(b, 0);
	}
	bt_free(b);
}

/* The first octets (no entry number) as a number: two that differ are in the order of the keys;
 * equal ones say nothing. */
static uint64_t head_of(const void *key, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, key, len < sizeof(v) ? len : sizeof(v));
	return __builtin_bswap64(v);
}

static uint64_t probe_head(const struct gr_probe *p)
{
	return head_of(p->key, p->len - p->seq);
}

static const struct cfg_node *bt_min(const struct gr_bt *b)
{
	return b->height ? b->min[0] : b->slot[0];
}

/* A copy, of which the parts are borrowed, or where that is impossible counted once more. */
static struct gr_bt *bt_copy(struct gr_bt *b)
{
	struct gr_bt *c = bt_alloc(b->height);

	/* memmove(): what the compiler puts in place of memcpy() starts slowly. */
	memmove(c, b, bt_size(b->height));
	c->ref = 1;
	c->joint = 0;
	c->peer = NULL;
	if (!b->peer) {
		c->peer = b;
		b->peer = c;
		c->joint = (uint16_t)((1u << b->n) - 1);
		return c;
	}
	for (unsigned i = 0; i < b->n; i++)
		++*(uint32_t *)c->slot[i];
	return c;
}

/* Ours alone, to be changed, in place of `b`. `joint`: we have it on the count of somebody else. */
static struct gr_bt *bt_own(struct gr_bt *b, bool joint)
{
	struct gr_bt *c;

	if (b->ref == 1 && !joint) {
		if (bt_lends(b))
			bt_settle(b);
		return b;
	}
	c = bt_copy(b);
	if (!joint)
		b->ref--;
	return c;
}

/* The same for the block in a slot of one that is ours. */
static struct gr_bt *bt_own_child(struct gr_bt *b, unsigned i, struct gr_bt *child)
{
	bool joint = bt_joint(b, i);

	b->slot[i] = child = bt_own(child, joint);
	if (joint)
		bt_set_joint(b, b->joint & ~(1u << i));
	return child;
}

/* How many of eight stand before; two sums, so that neither waits long. */
static inline unsigned before8(const uint64_t *v, uint64_t head)
{
	unsigned even = v[0] < head, odd = v[1] < head;

	even += v[2] < head, odd += v[3] < head;
	even += v[4] < head, odd += v[5] < head;
	even += v[6] < head, odd += v[7] < head;
	return even + odd;
}

/* Among the slots lo … hi-1, whose heads say nothing. */
static unsigned slot_among(
        const struct gr_bt *b, const struct gr_probe *p, unsigned lo, unsigned hi, bool *exact)
{
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

/* The last slot that does not begin behind the probe, or 0. *exact: a line is met. */
static inline unsigned bt_slot(
        const struct gr_bt *b, const struct gr_probe *p, uint64_t head, bool *exact)
{
	unsigned lo = 0, hi;

	if (p->way) {
		*exact = p->way->exact;
		return p->way->at[b->height];
	}
	*exact = false;
	/* Over all of them, used or not: no branch to be guessed wrong, nothing to wait for. */
	for (unsigned i = 0; i < GR_BT_MAX; i += 8)
		lo += before8(&b->head[i], head);
	if (lo == b->n || b->head[lo] != head)
		return lo ? lo - 1 : 0;
	for (hi = lo + 1; hi < b->n && b->head[hi] == head; hi++)
		;
	return slot_among(b, p, lo, hi, exact);
}

const struct cfg_node *gr_bt_find(const struct gr_bt *b, const struct gr_probe *p)
{
	uint64_t head = probe_head(p);
	bool exact;

	if (!b)
		return NULL;
	for (;;) {
		unsigned i = bt_slot(b, p, head, &exact);

		if (!b->height)
			return exact ? b->slot[i] : NULL;
		b = b->slot[i];
	}
}

/* Down to the slot before which, on which or behind which the probe stands. */
static bool bt_descend(const struct gr_bt *b, const struct gr_probe *p, struct cfg_iter *it)
{
	uint64_t head = probe_head(p);
	bool exact;
	unsigned i;

	it->depth = 0;
	it->line = GR_NONE;
	for (;; b = b->slot[i]) {
		i = bt_slot(b, p, head, &exact);
		it->priv[it->depth] = b;
		it->pos[it->depth++] = i;
		if (!b->height)
			return exact;
	}
}

static const struct cfg_node *bt_from(const struct gr_probe *p, bool exact, struct cfg_iter *it)
{
	const struct gr_bt *leaf = it->priv[it->depth - 1];
	const struct cfg_node *n = leaf->slot[it->pos[it->depth - 1]];

	return exact || gr_probe_compare(p, n) < 0 ? n : cfg_next(it);
}

const struct cfg_node *gr_bt_seek(
        const struct gr_bt *b, const struct gr_probe *p, struct cfg_iter *it)
{
	it->depth = 0;
	return b ? bt_from(p, bt_descend(b, p, it), it) : NULL;
}

/* The way that the walk has taken; `exact`: it leads to a line. */
static void bt_way(const struct cfg_iter *it, bool exact, struct gr_way *way)
{
	for (int d = 0; d < it->depth; d++)
		way->at[it->depth - 1 - d] = (uint8_t)it->pos[d];
	way->exact = exact;
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
	b->joint =
	        (uint16_t)((b->joint & ((1u << i) - 1u)) | ((unsigned)b->joint >> i << (i + 1u)));
	bt_mark(b, i);
	b->n++;
}

/* What stood there is given up already. */
static void bt_remove_at(struct gr_bt *b, unsigned i)
{
	unsigned behind = b->n - i - 1u;

	memmove(&b->head[i], &b->head[i + 1], behind * sizeof(b->head[0]));
	memmove(&b->slot[i], &b->slot[i + 1], behind * sizeof(b->slot[0]));
	if (b->height)
		memmove(&b->min[i], &b->min[i + 1], behind * sizeof(b->min[0]));
	b->joint =
	        (uint16_t)((b->joint & ((1u << i) - 1u)) | ((unsigned)b->joint >> (i + 1u) << i));
	b->head[--b->n] = UINT64_MAX;
}

/* A full block gives away its upper half; or, where lines arrive in order, nothing but room for the
 * next. */
static struct gr_bt *bt_split(struct gr_bt *b, unsigned at)
{
	struct gr_bt *right = bt_new(b->height);
	unsigned keep = at == b->n ? b->n : b->n / 2u;

	bt_settle(b);
	right->n = (uint8_t)(b->n - keep);
	memcpy(right->head, &b->head[keep], right->n * sizeof(b->head[0]));
	memset(&b->head[keep], 0xff, right->n * sizeof(b->head[0]));
	memcpy(right->slot, &b->slot[keep], right->n * sizeof(b->slot[0]));
	if (b->height)
		memcpy(right->min, &b->min[keep], right->n * sizeof(b->min[0]));
	b->n = (uint8_t)keep;
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

/*
 * Puts the line below a block that is ours; one that had to be split leaves its right part in
 * *right. `was` is what it was copied from, or the block itself: reading there need not wait for
 * the copy.
 */
static bool bt_put(struct gr_bt *b, const struct gr_bt *was, const struct gr_probe *p,
        uint64_t head, struct cfg_node *n, struct gr_bt **right)
{
	struct gr_bt *child_right = NULL, *child;
	bool exact, fresh;
	unsigned i = bt_slot(was, p, head, &exact);

	*right = NULL;
	if (!b->height) {
		if (exact) {
			bt_drop(b, i);
			b->slot[i] = n;
			return false;
		}
		*right = bt_add(b, b->n && gr_probe_compare(p, b->slot[i]) > 0 ? i + 1 : i, n);
		return true;
	}
	child = was->slot[i];
	fresh = bt_put(bt_own_child(b, i, child), child, p, head, n, &child_right);
	bt_mark_child(b, i);
	if (child_right)
		*right = bt_add(b, i + 1, child_right);
	return fresh;
}

bool gr_bt_put(struct gr_bt **root, const struct gr_probe *p, struct cfg_node *n)
{
	struct gr_bt *right, *was;
	bool fresh;

	if (!*root)
		*root = bt_new(0);
	was = *root;
	*root = bt_own(was, false);
	fresh = bt_put(*root, was, p, probe_head(p), n, &right);
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
static void bt_remove(
        struct gr_bt *b, const struct gr_bt *was, const struct gr_probe *p, uint64_t head)
{
	bool exact;
	unsigned i = bt_slot(was, p, head, &exact);

	if (b->height) {
		struct gr_bt *old = was->slot[i], *child = bt_own_child(b, i, old);

		bt_remove(child, old, p, head);
		if (child->n) {
			bt_mark_child(b, i);
			return;
		}
	}
	bt_drop(b, i);
	bt_remove_at(b, i);
}

void gr_bt_remove(struct gr_bt **root, const struct gr_probe *p)
{
	struct gr_bt *was = *root;

	*root = bt_own(was, false);
	bt_remove(*root, was, p, probe_head(p));
	while (*root && (*root)->height && (*root)->n == 1) {
		struct gr_bt *top = *root;

		*root = top->slot[0];
		++(*root)->ref;
		gr_bt_unref(top);
	}
	if (!(*root)->n) {
		gr_bt_unref(*root);
		*root = NULL;
	}
}

/* The line in a slot of a block that is ours, made ours too. */
static struct cfg_node *own_line(struct gr_bt *b, unsigned i)
{
	struct cfg_node *n = b->slot[i], *c;

	if (n->ref == 1 && !bt_joint(b, i))
		return n;
	c = gr_node_new(n->line, n->negated, n->data, n->key_len, gr_node_text(n), n->text_len);
	c->kids = n->kids ? gr_tree_ref(n->kids) : NULL;
	bt_drop(b, i);
	b->slot[i] = c;
	return c;
}

static struct cfg_node *bt_own_line(struct gr_bt *b, const struct gr_probe *p, uint64_t head)
{
	bool exact;
	unsigned i = bt_slot(b, p, head, &exact);
	struct cfg_node *n;

	if (!b->height) {
		assert(exact);
		return own_line(b, i);
	}
	n = bt_own_line(bt_own_child(b, i, b->slot[i]), p, head);
	bt_mark_child(b, i);
	return n;
}

struct cfg_node *gr_bt_own(struct gr_bt **root, const struct gr_probe *p)
{
	*root = bt_own(*root, false);
	return bt_own_line(*root, p, probe_head(p));
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
	const struct cfg_node *old =
	        gr_bt_find(t->root, &(struct gr_probe){key, len, NULL, 0, NULL});
	long gone = old ? 1 + (long)(old->kids ? old->kids->lines : 0) : 0,
	     come = 1 + (long)(kids ? kids->lines : 0);

	n->kids = kids ? gr_tree_ref(kids) : NULL;
	gr_bt_put(&t->root, &(struct gr_probe){key, len, NULL, 0, NULL}, n);
	return come - gone;
}

/* ---- repeated lines ------------------------------------------------------------------------ */

static bool in_run(const struct cfg_node *n, const void *key, size_t len)
{
	return n && gr_node_base(n) == len && memcmp(n->data, key, len) == 0;
}

const struct cfg_node *gr_tree_multi(const struct cfg_tree *t, const void *key, size_t len,
        const char *text, struct gr_run_place *place)
{
	struct gr_probe from = {.key = key, .len = len};
	struct cfg_iter it;
	const struct cfg_node *n;
	bool exact;
	int seen = 0;

	place->full = place->known = false;
	if (!t || !t->root)
		return NULL;
	exact = bt_descend(t->root, &from, &it);
	bt_way(&it, exact, &place->way);
	n = bt_from(&from, exact, &it);
	place->known = !in_run(n, key, len);
	for (; in_run(n, key, len); n = cfg_next(&it)) {
		if (strcmp(gr_node_text(n), text) == 0) {
			bt_way(&it, true, &place->way);
			place->known = true;
			return n;
		}
		if (++seen < GR_RUN_SCAN)
			continue;
		place->full = true;
		/* A run of exactly this length stands in no second tree yet. */
		if (in_run(cfg_next(&it), key, len))
			return gr_bt_find(t->by_text, &(struct gr_probe){key, len, text, 0, NULL});
		return NULL;
	}
	return NULL;
}

static void put_by_text(struct cfg_tree *t, const struct cfg_node *n)
{
	gr_bt_put(&t->by_text,
	        &(struct gr_probe){n->data, gr_node_base(n), gr_node_text(n), 0, NULL},
	        gr_node_ref(n));
}

static void index_run(struct cfg_tree *t, const void *key, size_t len)
{
	struct cfg_iter it;
	const struct cfg_node *n =
	        gr_bt_seek(t->root, &(struct gr_probe){key, len, NULL, 0, NULL}, &it);

	for (; in_run(n, key, len); n = cfg_next(&it))
		put_by_text(t, n);
}

/* Longer than what is looked through one by one: such a run stands in the second tree. */
static bool indexed(const struct cfg_tree *t, const void *key, size_t len)
{
	struct cfg_iter it;
	const struct cfg_node *n =
	        gr_bt_seek(t->root, &(struct gr_probe){key, len, NULL, 0, NULL}, &it);

	for (int i = 0; i < GR_RUN_SCAN; i++)
		n = cfg_next(&it);
	return in_run(n, key, len);
}

long gr_tree_add_multi(struct cfg_tree *t, const void *key, size_t len, int line, const char *text,
        const struct gr_run_place *place)
{
	uint8_t with_seq[GR_KEY_MAX + GR_SEQ];
	bool was_indexed = place->full && indexed(t, key, len);
	struct gr_probe p = {
	        with_seq, len + GR_SEQ, NULL, GR_SEQ, place->known ? &place->way : NULL};
	struct cfg_node *n;

	assert(len <= GR_KEY_MAX);
	memcpy(with_seq, key, len);
	t->seq++;
	for (size_t i = 0; i < GR_SEQ; i++)
		with_seq[len + i] = (uint8_t)(t->seq >> (24 - 8 * i));
	n = gr_node_new(line, false, with_seq, len + GR_SEQ, text, strlen(text));
	gr_bt_put(&t->root, &p, n);
	if (was_indexed)
		put_by_text(t, n);
	else if (place->full)
		index_run(t, key, len);
	return 1;
}

long gr_tree_remove(struct cfg_tree *t, const struct cfg_node *n, const struct gr_run_place *place)
{
	long gone = 1 + (long)(n->kids ? n->kids->lines : 0);
	struct cfg_node *held = gr_node_ref(n);
	size_t base = gr_node_base(held);
	struct gr_probe by_text = {held->data, base, gr_node_text(held), 0, NULL},
	                p = {held->data, held->key_len, NULL, held->key_len - base,
	                        place && place->known ? &place->way : NULL};

	if (t->by_text && held->key_len > base && gr_bt_find(t->by_text, &by_text))
		gr_bt_remove(&t->by_text, &by_text);
	gr_bt_remove(&t->root, &p);
	gr_node_unref(held);
	return -gone;
}
