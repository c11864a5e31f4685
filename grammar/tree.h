/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration from the inside: lines in a persistent B-tree for each section.
 *
 * Every block and every line is reference counted. What has one owner is changed in place; what is
 * shared is copied on the way down, so an edit costs one path and snapshots share the rest.
 * A copy does not count its parts again: it borrows them from the block it was copied from, and
 * the two hold them on one count (`joint`). Usually one of them dies before anything else happens,
 * and the parts, which nobody had to look at, are the other's.
 * Repeated lines (`multi`) are ordered by entry within their keys; a run of more than GR_RUN_SCAN
 * of them also stands in a second tree, ordered by text, where duplicates are looked up.
 */
#ifndef SPOKE_GRAMMAR_TREE_H
#define SPOKE_GRAMMAR_TREE_H

#include "grammar/tables.h"

enum {
	GR_BT_MAX = 16,
	GR_BT_DEPTH = 8,
	GR_RUN_SCAN = 16,
	GR_SEQ = 4,
	GR_LINE_MAX = 8000,
	GR_KEY_MAX = 32000
};

struct cfg_node {
	uint32_t ref;
	uint16_t line;
	uint16_t key_len; /* repeated lines: with the entry number behind the keys */
	uint32_t text_len;
	bool negated;
	struct cfg_tree *kids;
	char data[]; /* key, text, NUL */
};

struct gr_bt {
	uint32_t ref;
	uint8_t n;
	uint8_t height;     /* 0: slots are lines */
	uint16_t joint;     /* borrower: slots whose parts are on the lender's count, a bit each */
	struct gr_bt *peer; /* lender and borrower, of each other */
	uint64_t head[GR_BT_MAX]; /* first octets of the key (of the first line) under each slot;
	                             unused: all ones */
	void *slot[GR_BT_MAX];
	const struct cfg_node *min[]; /* inner blocks only: first line under each slot */
};

struct cfg_tree {
	uint32_t ref;
	uint32_t seq; /* last entry number given out */
	size_t lines; /* here and below */
	struct gr_bt *root, *by_text;
};

struct cfg {
	uint32_t ref;
	uint64_t version;
	struct cfg_tree *tree;
};

/* A way down, as it was found: the slot taken at each height. Good until the tree changes. */
struct gr_way {
	uint8_t at[GR_BT_DEPTH];
	bool exact;
};

/* What a line is compared with: a key, or with `text` the key without entry number and the text. */
struct gr_probe {
	const void *key;
	size_t len;
	const char *text;
	size_t seq;               /* octets of `len` that are an entry number */
	const struct gr_way *way; /* where it leads, if that is known already */
};

/* What gr_tree_multi() learns on its way: for the edit that follows. */
struct gr_run_place {
	bool full;  /* with one more, or already, the run is long */
	bool known; /* `way` leads to the line that was found or to the place of the first */
	struct gr_way way;
};

static inline const char *gr_node_text(const struct cfg_node *n)
{
	return n->data + n->key_len;
}

struct cfg_node *gr_node_new(
        int line, bool negated, const void *key, size_t key_len, const char *text, size_t text_len);
struct cfg_node *gr_node_ref(const struct cfg_node *n);
void gr_node_unref(struct cfg_node *n);
/* Keys without the entry number. */
size_t gr_node_base(const struct cfg_node *n);

void gr_bt_unref(struct gr_bt *b);
const struct cfg_node *gr_bt_find(const struct gr_bt *b, const struct gr_probe *p);
/* Takes over the reference. True: it is new; false: it replaced one. */
bool gr_bt_put(struct gr_bt **root, const struct gr_probe *p, struct cfg_node *n);
void gr_bt_remove(struct gr_bt **root, const struct gr_probe *p); /* it must be there */
/* The line with this key, made ours alone together with the way to it. */
struct cfg_node *gr_bt_own(struct gr_bt **root, const struct gr_probe *p);
/* Negative: the probe stands before the line. */
int gr_probe_compare(const struct gr_probe *p, const struct cfg_node *n);
/* First line not before the probe; iterate with cfg_next(). */
const struct cfg_node *gr_bt_seek(
        const struct gr_bt *b, const struct gr_probe *p, struct cfg_iter *it);

struct cfg_tree *gr_tree_ref(struct cfg_tree *t);
void gr_tree_unref(struct cfg_tree *t);
void gr_tree_own(struct cfg_tree **t); /* NULL becomes an empty tree */
/* The repeated line with these keys (no entry number) and this text. */
const struct cfg_node *gr_tree_multi(const struct cfg_tree *t, const void *key, size_t len,
        const char *text, struct gr_run_place *place);
/* Edits of an owned tree; the change of its number of lines. */
long gr_tree_put(struct cfg_tree *t, const void *key, size_t len, int line, bool negated,
        const char *text, struct cfg_tree *kids);
long gr_tree_add_multi(struct cfg_tree *t, const void *key, size_t len, int line, const char *text,
        const struct gr_run_place *place);
/* `place`: where gr_tree_multi() found it, or NULL. */
long gr_tree_remove(struct cfg_tree *t, const struct cfg_node *n, const struct gr_run_place *place);

#endif
