/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of FRR's configuration, how it prints them, and the commands between two sets of them. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "flexvpn/frr.h"

/* ---- a set of lines -----------------------------------------------------------------------------
 */

static uint32_t hash_of(const char *ctx, const char *text)
{
	uint32_t h = 2166136261u;

	for (; *ctx; ctx++)
		h = (h ^ (uint8_t)*ctx) * 16777619u;
	h = (h ^ 0xff) * 16777619u;
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

static bool is_line(const struct frr_line *l, uint32_t hash, const char *ctx, const char *text)
{
	return l->hash == hash && strcmp(l->text, text) == 0 && strcmp(l->ctx, ctx) == 0;
}

static void index_put(struct frr_conf *c, size_t line)
{
	size_t at = c->v[line].hash & (c->n_index - 1);

	while (c->index[at])
		at = (at + 1) & (c->n_index - 1);
	c->index[at] = (uint32_t)line + 1;
	c->indexed = line + 1;
}

/* Room for one more line. */
static void index_ready(struct frr_conf *c)
{
	if (c->indexed == c->n && 2 * (c->n + 1) <= c->n_index)
		return;
	while (c->n_index < 4 * (c->n + 1))
		c->n_index = c->n_index ? 2 * c->n_index : 64;
	free(c->index);
	c->index = xcalloc(c->n_index, sizeof(*c->index));
	for (size_t i = 0; i < c->n; i++)
		index_put(c, i);
}

struct frr_line *frr_conf_find(const struct frr_conf *c, const char *ctx, const char *text)
{
	uint32_t h = hash_of(ctx, text);

	if (c->indexed != c->n) {
		for (size_t i = 0; i < c->n; i++)
			if (is_line(&c->v[i], h, ctx, text))
				return &c->v[i];
		return NULL;
	}
	for (size_t at = h; c->n; at++) {
		uint32_t line = c->index[at & (c->n_index - 1)];

		if (!line || is_line(&c->v[line - 1], h, ctx, text))
			return line ? &c->v[line - 1] : NULL;
	}
	return NULL;
}

bool frr_conf_has_block(const struct frr_conf *c, const char *ctx)
{
	return frr_conf_find(c, ctx, "") != NULL;
}

bool frr_conf_add(struct frr_conf *c, const char *ctx, const char *text, size_t key, bool secret)
{
	index_ready(c);
	if (frr_conf_find(c, ctx, text))
		return false;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 32;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n++] = (struct frr_line){.ctx = xstrdup(ctx),
	        .text = xstrdup(text),
	        .hash = hash_of(ctx, text),
	        .key = (uint16_t)key,
	        .secret = secret};
	index_put(c, c->n - 1);
	return true;
}

void frr_conf_fini(struct frr_conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		wipe(c->v[i].text, strlen(c->v[i].text));
		free(c->v[i].text);
		free(c->v[i].ctx);
	}
	free(c->v);
	free(c->index);
	*c = (struct frr_conf){0};
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static size_t depth_of(const char *line)
{
	return strspn(line, " ");
}

/* The block of an address family stands in that of its router. */
static void read_line(
        struct frr_conf *out, struct strbuf *top, struct strbuf *sub, const char *line)
{
	size_t depth = depth_of(line);
	const char *text = line + depth;

	if (*text == '!' || !*text || strcmp(text, "end") == 0 || strcmp(text, "exit") == 0)
		return;
	if (strncmp(text, "exit-", 5) == 0) {
		sb_clear(sub);
		return;
	}
	if (depth == 0) {
		sb_clear(sub);
		sb_clear(top);
		sb_puts(top, text);
		frr_conf_add(out, "", text, 0, false);
		frr_conf_add(out, text, "", 0, false);
	} else if (depth == 1 && strncmp(text, "address-family ", 15) == 0) {
		sb_clear(sub);
		sb_printf(sub, "%s\n%s", sb_str(top), text);
		frr_conf_add(out, sb_str(sub), "", 0, false);
	} else {
		frr_conf_add(
		        out, depth > 1 && sub->len ? sb_str(sub) : sb_str(top), text, 0, false);
	}
}

void frr_conf_read(const char *text, struct frr_conf *out)
{
	struct strbuf top = {0}, sub = {0}, line = {0};

	while (*text) {
		size_t n = strcspn(text, "\n"), len = n;

		while (len && (text[len - 1] == ' ' || text[len - 1] == '\r'))
			len--;
		sb_clear(&line);
		sb_add(&line, text, len);
		read_line(out, &top, &sub, sb_str(&line));
		text += n + (text[n] == '\n');
	}
	if (line.s)
		wipe(line.s, line.cap);
	sb_fini(&top);
	sb_fini(&sub);
	sb_fini(&line);
}

/* ---- the difference -----------------------------------------------------------------------------
 */

/* One line of commands, and the wanted one behind it. */
static void command(struct frr_change *c, struct frr_line *from, const char *indent, const char *no,
        const char *text)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		c->from = xrealloc(c->from, c->cap * sizeof(struct frr_line *));
	}
	c->from[c->n++] = from;
	sb_printf(&c->text, "%s%s%s\n", indent, no, text);
}

struct block { /* the one that is open */
	struct frr_change *out;
	const char *ctx;
};

static void leave(struct block *b)
{
	if (b->ctx && *b->ctx) {
		if (strchr(b->ctx, '\n'))
			command(b->out, NULL, " ", "", "exit-address-family");
		command(b->out, NULL, "", "", "exit");
	}
	b->ctx = NULL;
}

static void enter(struct block *b, const struct frr_line *l, struct frr_line *from)
{
	char *top, *nl;

	if (b->ctx && strcmp(b->ctx, l->ctx) == 0)
		return;
	leave(b);
	b->ctx = l->ctx;
	if (!*l->ctx)
		return;
	top = xstrdup(l->ctx);
	nl = strchr(top, '\n');
	if (nl)
		*nl = '\0';
	command(b->out, from, "", "", top);
	if (nl)
		command(b->out, from, " ", "", nl + 1);
	free(top);
}

static const char *indent_of(const char *ctx)
{
	return !*ctx ? "" : strchr(ctx, '\n') ? "  " : " ";
}

static bool same_block(const char *ctx, const char *top, size_t n)
{
	return strncmp(ctx, top, n) == 0 && (ctx[n] == '\0' || ctx[n] == '\n');
}

static bool has_top(const struct frr_conf *c, const char *ctx)
{
	size_t n = strcspn(ctx, "\n");

	for (size_t i = 0; i < c->n; i++)
		if (same_block(c->v[i].ctx, ctx, n))
			return true;
	return false;
}

/* A newer line of the same key takes its place. */
static bool replaced(const struct frr_line *l, const struct frr_conf *wanted)
{
	for (size_t i = 0; l->key && i < wanted->n; i++) {
		const struct frr_line *w = &wanted->v[i];

		if (w->key == l->key && !w->refused && strcmp(w->ctx, l->ctx) == 0 &&
		        strncmp(w->text, l->text, l->key) == 0)
			return true;
	}
	return false;
}

static void take_back(struct block *b, const struct frr_line *l)
{
	enter(b, l, NULL);
	if (strncmp(l->text, "no ", 3) == 0)
		command(b->out, NULL, indent_of(l->ctx), "", l->text + 3);
	else
		command(b->out, NULL, indent_of(l->ctx), "no ", l->text);
}

/* Is it worth taking back? What FRR prints in other words is tried as well. */
static bool stands(const struct frr_line *l, const struct frr_conf *have)
{
	return !l->refused && *l->text && (!l->seen || frr_conf_find(have, l->ctx, l->text));
}

static void remove_blocks(struct block *b, const struct frr_conf *applied,
        const struct frr_conf *wanted, const struct frr_conf *have)
{
	for (size_t i = applied->n; i-- > 0;) {
		const struct frr_line *l = &applied->v[i];

		if (*l->text || !*l->ctx || strchr(l->ctx, '\n') || has_top(wanted, l->ctx) ||
		        !frr_conf_has_block(have, l->ctx))
			continue;
		leave(b);
		command(b->out, NULL, "", "no ", l->ctx);
	}
}

static void remove_lines(struct block *b, const struct frr_conf *applied,
        const struct frr_conf *wanted, const struct frr_conf *have)
{
	for (size_t i = applied->n; i-- > 0;) {
		const struct frr_line *l = &applied->v[i];
		bool whole = strncmp(l->ctx, "interface ", 10) != 0 && *l->ctx &&
		             !has_top(wanted, l->ctx);

		if (whole || frr_conf_find(wanted, l->ctx, l->text) || replaced(l, wanted) ||
		        !stands(l, have) || (*l->ctx && !has_top(have, l->ctx)))
			continue;
		take_back(b, l);
	}
	leave(b);
}

static bool is_router(const struct frr_line *l)
{
	return !*l->text && strncmp(l->ctx, "router ", 7) == 0;
}

/* A daemon that starts anew has lost the lists and route maps as well, though others of FRR, and so
 * its configuration, still have them. */
static bool daemon_lost(
        const struct frr_conf *wanted, const struct frr_conf *applied, const struct frr_conf *have)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (is_router(&wanted->v[i]) && !wanted->v[i].refused &&
		        frr_conf_find(applied, wanted->v[i].ctx, "") &&
		        !frr_conf_has_block(have, wanted->v[i].ctx))
			return true;
	return false;
}

static bool is_filter(const struct frr_line *l)
{
	return !*l->ctx || strncmp(l->ctx, "route-map ", 10) == 0;
}

/* Lines that were never told, and told ones that FRR has lost. */
static bool missing(
        const struct frr_line *w, const struct frr_conf *applied, const struct frr_conf *have)
{
	const struct frr_line *a = frr_conf_find(applied, w->ctx, w->text);

	if (w->refused)
		return false;
	if (!a)
		return true;
	if (!*w->text)
		return !frr_conf_has_block(have, w->ctx);
	if (*w->ctx && !has_top(have, w->ctx))
		return true;
	return (a->seen || !a->sent) && !frr_conf_find(have, w->ctx, w->text);
}

void frr_diff(const struct frr_conf *applied, struct frr_conf *wanted, const struct frr_conf *have,
        struct frr_change *out)
{
	struct block b = {.out = out};

	bool lost = daemon_lost(wanted, applied, have);

	remove_lines(&b, applied, wanted, have);
	remove_blocks(&b, applied, wanted, have);
	for (size_t i = 0; i < wanted->n; i++) {
		struct frr_line *w = &wanted->v[i];

		if (!missing(w, applied, have) && !(lost && is_filter(w) && !w->refused))
			continue;
		enter(&b, w, w);
		if (*w->text)
			command(out, w, indent_of(w->ctx), "", w->text);
	}
	leave(&b);
}

void frr_change_fini(struct frr_change *c)
{
	if (c->text.s)
		wipe(c->text.s, c->text.len);
	sb_fini(&c->text);
	free(c->from);
	*c = (struct frr_change){0};
}
