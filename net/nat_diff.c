/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From one text of our table to another without loading it whole: chains that are the same stay,
 * with their counters; one that is another is emptied and filled again, in the same transaction.
 *
 * The body of a text is blocks, each from "\tchain NAME {" (or "\tct timeout NAME {") to "\t}".
 * What is no chain, and a chain's place in the kernel, cannot be changed in place: then the answer
 * is no, and the caller replaces the table.
 */
#include <stdlib.h>
#include <string.h>

#include "net/nat_text.h"

struct block {
	const char *head; /* "chain acl-101" */
	size_t n_head;
	const char *text; /* from the tab before the head to the end of its last line */
	size_t n;
};

struct blocks {
	struct block *v;
	size_t n, cap;
};

static void take(struct blocks *b, const char *from, const char *end)
{
	const char *head = from + 1;

	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 64;
		b->v = xrealloc(b->v, b->cap * sizeof(*b->v));
	}
	b->v[b->n++] = (struct block){.head = head,
	        .n_head = (size_t)(strchr(head, '{') - 1 - head),
	        .text = from,
	        .n = (size_t)(end - from)};
}

static int by_head(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	size_t n = x->n_head < y->n_head ? x->n_head : y->n_head;
	int c = memcmp(x->head, y->head, n);

	return c ? c : x->n_head < y->n_head ? -1 : x->n_head > y->n_head;
}

static void split(const char *body, struct blocks *out)
{
	const char *end;

	*out = (struct blocks){0};
	for (const char *p = body; (end = strstr(p, "\n\t}\n")); p = end + 4)
		take(out, p, end + 4);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_head);
}

static bool same(const struct block *a, const struct block *b)
{
	return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

static bool is_chain(const struct block *b)
{
	return strncmp(b->head, "chain ", 6) == 0;
}

/* The line that makes a chain a base chain; of length 0: it is none. */
static size_t hook(const struct block *b, const char **line)
{
	*line = memchr(b->text, '\n', b->n);
	*line = *line ? *line + 1 : b->text;
	return strncmp(*line, "\t\ttype ", 7) == 0 ? strcspn(*line, "\n") : 0;
}

static bool same_hook(const struct block *a, const struct block *b)
{
	const char *x, *y;
	size_t n = hook(a, &x), m = hook(b, &y);

	return n == m && memcmp(x, y, n) == 0;
}

static bool is_regular(const struct block *b)
{
	const char *line;

	return is_chain(b) && hook(b, &line) == 0;
}

struct change {
	struct strbuf flush, add, drop;
};

static void command(struct strbuf *out, const char *what, const struct block *b)
{
	sb_printf(
	        out, "%s chain inet " NFT_TABLE " %.*s\n", what, (int)(b->n_head - 6), b->head + 6);
}

static bool gone(struct change *c, const struct block *b)
{
	command(&c->flush, "flush", b);
	command(&c->drop, "delete", b);
	return is_regular(b);
}

static bool come(struct change *c, const struct block *b)
{
	sb_add(&c->add, b->text, b->n);
	return is_regular(b);
}

static bool changed(struct change *c, const struct block *from, const struct block *to)
{
	if (same(from, to))
		return true;
	if (!is_chain(to) || !same_hook(from, to))
		return false;
	command(&c->flush, "flush", from);
	sb_add(&c->add, to->text, to->n);
	return true;
}

/* Both in order of their heads. */
static bool chains(struct change *c, const struct blocks *a, const struct blocks *b)
{
	size_t i = 0, k = 0;
	bool ok = true;

	while (ok && (i < a->n || k < b->n)) {
		int order = i == a->n ? 1 : k == b->n ? -1 : by_head(&a->v[i], &b->v[k]);

		if (order < 0)
			ok = gone(c, &a->v[i++]);
		else if (order > 0)
			ok = come(c, &b->v[k++]);
		else
			ok = changed(c, &a->v[i++], &b->v[k++]);
	}
	return ok;
}

/* Counters, which are in order too, around the chains. */
static void counters(
        struct change *c, const struct nat_text *a, const struct nat_text *b, struct strbuf *fresh)
{
	size_t i = 0, k = 0;

	while (i < a->n_counter || k < b->n_counter) {
		int order = i == a->n_counter   ? 1
		            : k == b->n_counter ? -1
		                                : strcmp(a->counter[i], b->counter[k]);

		if (order < 0)
			sb_printf(
			        &c->drop, "delete counter inet " NFT_TABLE " %s\n", a->counter[i]);
		else if (order > 0)
			sb_printf(fresh, "\tcounter %s { packets 0 bytes 0 }\n", b->counter[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

bool nat_text_change(const struct nat_text *from, const struct nat_text *to, struct strbuf *out)
{
	struct change c = {0};
	struct strbuf fresh = {0};
	struct blocks a, b;
	bool ok;

	split(sb_str(&from->body), &a);
	split(sb_str(&to->body), &b);
	ok = a.n && b.n && chains(&c, &a, &b);
	if (ok) {
		counters(&c, from, to, &fresh);
		sb_puts(out, sb_str(&c.flush));
		if (fresh.len || c.add.len)
			sb_printf(out, "table inet " NFT_TABLE " {\n%s%s}\n", sb_str(&fresh),
			        sb_str(&c.add));
		sb_puts(out, sb_str(&c.drop));
	}
	free(a.v);
	free(b.v);
	sb_fini(&fresh);
	sb_fini(&c.flush);
	sb_fini(&c.add);
	sb_fini(&c.drop);
	return ok;
}
