/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `?` and Tab. Both ask the same question: which words may stand here? The answer is the edges of
 * the threads that the words in front of the cursor leave alive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "grammar/ifname.h"
#include "grammar/snapshot.h"

struct item {
	const char *word, *help;
	bool literal; /* a word to type, not a placeholder */
};

struct asking {
	int mode;
	uint8_t priv;
	const struct cfg *cfg;
	struct gr_run run;
	bool negated, on_word; /* `no …`; the cursor touches a word */
	size_t from, end;
	const char *text, *word; /* what is asked about; the partial word */
	struct arena a;
	struct item *v;
	size_t n, cap;
	bool cr, pipe, title;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- what is asked ------------------------------------------------------------------------- */

static bool skip_word(const char **s, const char *word)
{
	const char *p = *s + strspn(*s, " \t");
	size_t n = strcspn(p, " \t");

	if (!gr_word_is(p, n, word) || !blank(p[n]))
		return false;
	*s = p + n;
	return true;
}

static void ask(struct asking *q, int mode, uint8_t priv, const struct cfg *cfg, const char *text)
{
	size_t len;

	memset(q, 0, offsetof(struct asking, run));
	q->negated = q->on_word = q->cr = q->pipe = q->title = false;
	q->v = NULL;
	q->n = q->cap = 0;
	arena_init(&q->a);
	q->mode = mode;
	q->priv = priv;
	q->cfg = cfg;
	if (mode != gr_tab.exec && skip_word(&text, "do"))
		q->mode = gr_tab.exec;
	else if (mode != gr_tab.exec)
		q->negated = skip_word(&text, "no") || skip_word(&text, "default");
	q->text = text;
	gr_split(&q->run, text);
	len = strlen(text);
	q->on_word = len && !blank(text[len - 1]) && q->run.ntok;
	q->end = q->run.ntok - (q->on_word ? 1u : 0u);
	q->word = q->on_word ? text + q->run.tok[q->end].off : "";
	q->title = !q->end && !q->negated;
}

/* ---- the answers --------------------------------------------------------------------------- */

static void add(struct asking *q, const char *word, const char *help, bool literal)
{
	if (q->on_word && literal && strncasecmp(word, q->word, strlen(q->word)) != 0)
		return;
	for (size_t i = 0; i < q->n; i++)
		if (strcmp(q->v[i].word, word) == 0)
			return;
	if (q->n == q->cap) {
		struct item *old = q->v;

		q->cap = q->cap ? 2 * q->cap : 32;
		q->v = arena_alloc(&q->a, q->cap * sizeof(*q->v));
		if (q->n)
			memcpy(q->v, old, q->n * sizeof(*q->v));
	}
	q->v[q->n++] = (struct item){word, help, literal};
}

static void add_iftypes(struct asking *q, const char *only)
{
	const struct gr_iftype *t;

	for (size_t i = 0; (t = gr_iftype_at(i)); i++)
		if (!only || strcmp(only, t->name) == 0)
			add(q, t->name, t->help, true);
}

static void add_names_in(struct asking *q, const struct cfg_tree *t, int line)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, line, &it); n; n = cfg_next(&it)) {
		struct gr_run r;
		struct gr_path p;

		if (!gr_node_path(n, &r, &p))
			continue;
		for (size_t i = 0; i < p.n; i++) {
			size_t len;
			const char *s = gr_step_text(&p, i, &len);

			if (!(gr_pos_at(p.step[i].pos)->flags & GR_P_KEY))
				continue;
			add(q, arena_strndup(&q->a, s, len), "", true);
			break;
		}
	}
}

/* Names of objects that a reference may mean: for a word that is being typed. */
static void add_names(struct asking *q, const char *kind)
{
	const struct gr_kind *k = gr_kind_of(kind);

	for (const uint16_t *line = k ? k->line : NULL; line && *line; line++) {
		const struct gr_line *l = &gr_tab.line[*line];

		if (l->info.mode != gr_tab.global)
			continue;
		if (l->builtin)
			add(q, l->builtin, "", true);
		if (q->cfg)
			add_names_in(q, cfg_root(q->cfg), *line);
	}
}

static void add_edge(struct asking *q, const struct gr_thread *t, const struct gr_edge *e)
{
	const struct gr_pos *p = gr_pos_at(e->pos);

	if (p->flags & GR_P_HIDDEN || gr_pos_level(e->pos) > q->run.priv ||
	        (e->bit != GR_NOBIT && t->mask & 1u << e->bit))
		return;
	if (p->type == GR_T_KW) {
		add(q, p->word, p->help, true);
		return;
	}
	if (p->type == GR_T_IFNAME) {
		add_iftypes(q, p->extra);
		return;
	}
	if (p->type == GR_T_REF && q->on_word)
		add_names(q, p->extra);
	add(q, p->word, p->help, false);
	if (p->type == GR_T_IP)
		add(q, "X:X:X:X::X", p->help, false);
}

static bool is_show(const struct gr_run *r, int t)
{
	static const char *const words[] = {"show", "more", "dir"};

	while (r->th[t].parent > 0)
		t = r->th[t].parent;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(gr_pos_at(r->th[t].pos)->word, words[i]) == 0)
			return true;
	return false;
}

/* Is what stands there enough for `no`? */
static bool head_said(const struct gr_run *r, int t)
{
	const struct gr_pos *p = gr_pos_at(r->th[t].pos);

	if (r->th[t].parent < 0)
		return false;
	if (p->line)
		return p->flags & GR_P_HEADDONE ||
		       gr_tab.line[p->line].flags & (GR_L_MULTI | GR_L_WIPE);
	for (int i = 1; i <= gr_tab.n_line; i++) {
		const struct gr_line *l = &gr_tab.line[i];

		if (l->lead == r->th[t].pos &&
		        (!(l->flags & GR_L_KEYED) || l->flags & (GR_L_MULTI | GR_L_WIPE)))
			return true;
	}
	return false;
}

static void add_thread(struct asking *q, int t)
{
	const struct gr_pos *p = gr_pos_at(q->run.th[t].pos);

	for (unsigned i = 0; i < p->n_edge; i++)
		add_edge(q, &q->run.th[t], &gr_tab.edge[p->edge + i]);
	q->cr |= p->accept && gr_line_level(p->accept) <= q->run.priv;
	q->cr |= q->negated && head_said(&q->run, t);
	if (p->accept && q->mode == gr_tab.exec)
		q->pipe |= is_show(&q->run, t);
}

/* An interface type stands before the cursor: its number is wanted. */
static void add_number(struct asking *q)
{
	const struct gr_tok *tok = &q->run.tok[q->end - 1];
	const char *w = arena_strndup(&q->a, q->run.text + tok->off, tok->len);
	const struct gr_iftype *t = gr_iftype_word(w, NULL);

	if (t)
		add(q, arena_strndup(&q->a, t->number, strcspn(t->number, "/")),
		        arena_printf(&q->a, "%s interface number", t->name), false);
}

static void add_verbs(struct asking *q)
{
	bool global = q->mode == gr_tab.global;
	const char *close = gr_tab.mode[q->mode].close;

	if (q->mode == gr_tab.exec || q->negated || q->end)
		return;
	add(q, "default", "Set a command to its defaults", true);
	add(q, "exit", global ? "Exit from configure mode" : "Exit from this mode", true);
	add(q, "no", "Negate a command or set its defaults", true);
	if (close && *close != '!')
		add(q, close, "Exit from this mode", true);
	if (global || q->on_word) {
		add(q, "do", "To run exec commands in config mode", true);
		add(q, "end", "Exit from configure mode", true);
		add(q, "help", "Description of the interactive help system", true);
	}
}

static int by_word(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->word, y->word);
}

/* What one section has to say. */
static enum gr_status answer_of(struct asking *q, int mode)
{
	size_t fail, caret;
	uint8_t ntok = q->run.ntok;
	enum gr_status s;

	q->run.ntok = (uint8_t)q->end; /* the word at the cursor must not be looked at */
	gr_begin(&q->run, mode, q->mode == gr_tab.exec ? q->priv : 15, 0);
	s = gr_walk(&q->run, 0, q->end, &fail, &caret);
	q->run.ntok = ntok;
	if (s != GR_OK)
		return s;
	for (int t = q->run.head[q->end]; t >= 0; t = q->run.th[t].next)
		add_thread(q, t);
	if (q->run.partial && q->end)
		add_number(q);
	return GR_OK;
}

/* The section that is open; those around it where it knows no answer. */
static enum gr_status answer(struct asking *q)
{
	enum gr_status first = GR_OK;

	for (int m = q->mode; m; m = gr_tab.mode[m].info.parent) {
		enum gr_status s = answer_of(q, m);

		if (m == q->mode) {
			add_verbs(q);
			first = s;
		}
		if (q->n || q->cr) {
			first = GR_OK;
			break;
		}
	}
	if (q->n)
		qsort(q->v, q->n, sizeof(*q->v), by_word);
	return first;
}

/* ---- help ---------------------------------------------------------------------------------- */

static void put_list(const struct asking *q, bool literal_too, struct strbuf *out)
{
	size_t w = q->cr && !q->on_word ? strlen("<cr>") : 0;

	for (size_t i = 0; i < q->n; i++)
		if ((literal_too || !q->v[i].literal) && strlen(q->v[i].word) > w)
			w = strlen(q->v[i].word);
	for (size_t i = 0; i < q->n; i++)
		if (literal_too || !q->v[i].literal)
			sb_printf(out, "  %-*s  %s\n", (int)w, q->v[i].word, q->v[i].help);
	if (q->on_word)
		return;
	if (q->cr && q->pipe)
		sb_printf(out, "  %-*s  %s\n", (int)w, "|", "Output modifiers");
	if (q->cr)
		sb_puts(out, "  <cr>\n");
}

static void put_words(const struct asking *q, size_t width, struct strbuf *out)
{
	size_t w = 0, column = 0;

	for (size_t i = 0; i < q->n; i++)
		if (q->v[i].literal && strlen(q->v[i].word) + 2 > w)
			w = strlen(q->v[i].word) + 2;
	for (size_t i = 0; i < q->n; i++) {
		if (!q->v[i].literal)
			continue;
		if (column && column + w > width) {
			sb_putc(out, '\n');
			column = 0;
		}
		sb_printf(out, "%-*s", (int)w, q->v[i].word);
		column += w;
	}
	sb_puts(out, "\n\n");
}

static bool any_literal(const struct asking *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->v[i].literal)
			return true;
	return false;
}

void gr_help(int mode, uint8_t priv, const struct cfg *cfg, const char *text, size_t width,
        struct strbuf *out)
{
	struct asking *q = xmalloc(sizeof(*q));
	enum gr_status s;

	ask(q, mode, priv, cfg, text);
	s = answer(q);
	if (s == GR_AMBIGUOUS)
		sb_printf(out, "%% Ambiguous command:  \"%s\"\n", text);
	else if (s != GR_OK || (!q->n && (!q->cr || q->on_word)))
		sb_puts(out, "% Unrecognized command\n");
	else if (q->on_word && any_literal(q))
		put_words(q, width ? width : 80, out);
	else {
		if (q->title && !q->on_word)
			sb_printf(out, "%s\n", gr_tab.mode[q->mode].info.title);
		put_list(q, !q->on_word, out);
	}
	arena_fini(&q->a);
	free(q);
}

/* ---- Tab ----------------------------------------------------------------------------------- */

bool gr_complete(
        int mode, uint8_t priv, const struct cfg *cfg, const char *text, struct strbuf *out)
{
	struct asking *q = xmalloc(sizeof(*q));
	const struct item *one = NULL;
	size_t literals = 0;

	ask(q, mode, priv, cfg, text);
	if (q->on_word && answer(q) == GR_OK)
		for (size_t i = 0; i < q->n; i++) {
			if (!q->v[i].literal)
				continue;
			if (strcasecmp(q->v[i].word, q->word) == 0) {
				one = &q->v[i];
				literals = 1;
				break;
			}
			one = &q->v[i];
			literals++;
		}
	if (literals == 1) {
		sb_add(out, text, strlen(text) - strlen(q->word));
		sb_printf(out, "%s ", one->word);
	}
	arena_fini(&q->a);
	free(q);
	return literals == 1;
}
