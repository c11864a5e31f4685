/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Editing: one line at a time against a candidate snapshot.
 *
 * A line is tried in the section that is open, then in each one around it, outermost last. What the
 * words mean is settled by the matcher; here is decided what a line of its kind does to the tree:
 * replace, add, remove, or store its negation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "grammar/snapshot.h"

enum { MAX_REASONS = 64 };

/* One open section: its mode and the key of its enter line in the section around it. */
struct level {
	int mode;
	uint8_t *key;
	size_t len;
};

enum form { PLAIN, NO, DEFAULT };

struct cfg_editor {
	struct cfg *cand;
	struct level level[GR_MAX_DEPTH + 1];
	unsigned depth; /* level[depth] is open; level[0] is global */
	bool changed;
	int last;
	struct gr_run run;
	struct gr_path path;
	struct strbuf canon, key, rewritten;
	const char *warned[MAX_REASONS];
	size_t n_warned;
};

struct cfg_editor *cfg_editor_new(const struct cfg *base)
{
	struct cfg_editor *ed = xcalloc(1, sizeof(*ed));

	ed->cand = cfg_ref(base);
	ed->level[0].mode = gr_tab.global;
	return ed;
}

static void close_to(struct cfg_editor *ed, unsigned depth)
{
	for (; ed->depth > depth; ed->depth--) {
		free(ed->level[ed->depth].key);
		ed->level[ed->depth] = (struct level){0};
	}
}

void cfg_editor_free(struct cfg_editor *ed)
{
	if (!ed)
		return;
	close_to(ed, 0);
	cfg_unref(ed->cand);
	if (ed->canon.s)
		wipe(ed->canon.s, ed->canon.cap);
	sb_fini(&ed->canon);
	sb_fini(&ed->key);
	sb_fini(&ed->rewritten);
	free(ed);
}

int cfg_editor_mode(const struct cfg_editor *ed)
{
	return ed->level[ed->depth].mode;
}

void cfg_editor_to_global(struct cfg_editor *ed)
{
	close_to(ed, 0);
}

const struct cfg *cfg_editor_candidate(const struct cfg_editor *ed)
{
	return ed->cand;
}

bool cfg_editor_changed(const struct cfg_editor *ed)
{
	return ed->changed;
}

int cfg_editor_last_line(const struct cfg_editor *ed)
{
	return ed->last;
}

/* ---- the tree under an open section -------------------------------------------------------- */

static struct gr_probe probe_of(const struct level *l)
{
	return (struct gr_probe){l->key, l->len, NULL, 0};
}

static const struct cfg_tree *tree_at(const struct cfg_editor *ed, unsigned depth)
{
	const struct cfg_tree *t = ed->cand->tree;

	for (unsigned i = 1; t && i <= depth; i++) {
		struct gr_probe p = probe_of(&ed->level[i]);
		const struct cfg_node *n = gr_bt_find(t->root, &p);

		t = n ? n->kids : NULL;
	}
	return t;
}

/* The same tree, ours alone with everything above it; `chain` gets the trees from the root down. */
static struct cfg_tree *own_tree(struct cfg_editor *ed, unsigned depth, struct cfg_tree **chain)
{
	struct cfg_tree **at;

	gr_cfg_own(&ed->cand);
	at = &ed->cand->tree;
	chain[0] = *at;
	for (unsigned i = 1; i <= depth; i++) {
		struct gr_probe p = probe_of(&ed->level[i]);
		struct cfg_node *n = gr_bt_own(&(*at)->root, &p);

		at = &n->kids;
		gr_tree_own(at);
		chain[i] = *at;
	}
	return chain[depth];
}

static void count(struct cfg_editor *ed, struct cfg_tree **chain, unsigned depth, long delta)
{
	for (unsigned i = 0; i <= depth; i++)
		chain[i]->lines += (size_t)delta;
	ed->changed = true;
}

/* ---- what a line does ---------------------------------------------------------------------- */

static const struct cfg_node *find(const struct cfg_editor *ed, unsigned depth)
{
	const struct cfg_tree *t = tree_at(ed, depth);

	return t ? gr_bt_find(t->root, &(struct gr_probe){ed->key.s, ed->key.len, NULL, 0}) : NULL;
}

static void remove_node(struct cfg_editor *ed, unsigned depth, const struct cfg_node *n)
{
	struct cfg_tree *chain[GR_MAX_DEPTH + 1];
	struct cfg_node *held = gr_node_ref(n);
	struct cfg_tree *t = own_tree(ed, depth, chain);

	count(ed, chain, depth, gr_tree_remove(t, held));
	gr_node_unref(held);
}

/* Stores the line whose key and text are at hand, in place of what has that key. Sections keep what
 * stands in them. */
static void store(struct cfg_editor *ed, unsigned depth, int line, bool negated, const char *text)
{
	struct cfg_tree *chain[GR_MAX_DEPTH + 1], *t;
	const struct cfg_node *old = find(ed, depth);
	struct cfg_tree *kids = old && !negated && gr_tab.line[line].info.enters ? old->kids : NULL;

	if (old && old->negated == negated && strcmp(gr_node_text(old), text) == 0)
		return;
	if (kids)
		gr_tree_ref(kids);
	t = own_tree(ed, depth, chain);
	count(ed, chain, depth, gr_tree_put(t, ed->key.s, ed->key.len, line, negated, text, kids));
	gr_tree_unref(kids);
}

static void store_multi(struct cfg_editor *ed, unsigned depth, int line, const char *text)
{
	struct cfg_tree *chain[GR_MAX_DEPTH + 1], *t;

	bool is_long;

	if (gr_tree_multi(tree_at(ed, depth), ed->key.s, ed->key.len, text, &is_long))
		return;
	t = own_tree(ed, depth, chain);
	count(ed, chain, depth, gr_tree_add_multi(t, ed->key.s, ed->key.len, line, text, is_long));
}

static bool is_builtin(const struct gr_line *l, const struct gr_path *p)
{
	for (size_t i = 0; l->builtin && i < p->n; i++) {
		size_t n;
		const char *s = gr_step_text(p, i, &n);

		if (gr_pos_at(p->step[i].pos)->flags & GR_P_KEY)
			return strlen(l->builtin) == n && strncmp(s, l->builtin, n) == 0;
	}
	return false;
}

/* Key of the path, and canonical text in ed->canon; another spelling first becomes the line itself.
 */
static const struct gr_line *settle(struct cfg_editor *ed)
{
	struct gr_path *p = &ed->path;

	if (gr_rewrite(p, &ed->rewritten)) {
		size_t fail, caret;
		int mode = gr_tab.line[p->line].info.mode, line = gr_tab.line[p->line].primary;

		gr_split(&ed->run, sb_str(&ed->rewritten));
		gr_begin(&ed->run, mode, 15, 0);
		if (gr_walk(&ed->run, 0, ed->run.ntok, &fail, &caret) != GR_OK)
			return NULL;
		int t = gr_accepting(&ed->run, ed->run.ntok, line);

		if (t < 0)
			return NULL;
		gr_path_of(&ed->run, t, p);
	}
	gr_key(p, &ed->key);
	return &gr_tab.line[p->line];
}

static void open_section(struct cfg_editor *ed, int mode)
{
	ed->level[++ed->depth] = (struct level){mode, xmemdup(ed->key.s, ed->key.len), ed->key.len};
}

static void apply_plain(struct cfg_editor *ed, unsigned depth, const struct gr_line *l)
{
	int line = l->primary;

	gr_canon(&ed->path, &ed->canon);
	if ((l->flags & GR_L_ONOFF && !(l->flags & GR_L_KEEP)) ||
	        (l->default_text && strcmp(l->default_text, sb_str(&ed->canon)) == 0)) {
		const struct cfg_node *old = find(ed, depth);

		if (old)
			remove_node(ed, depth, old);
	} else if (l->flags & GR_L_MULTI) {
		store_multi(ed, depth, line, sb_str(&ed->canon));
	} else {
		store(ed, depth, line, false, sb_str(&ed->canon));
	}
	if (l->info.enters)
		open_section(ed, l->info.enters);
}

/* `default interface X` empties the interface; other objects go. */
static bool is_interface(const struct gr_line *l)
{
	for (unsigned i = 0; l->info.enters && i < gr_tab.n_pos; i++) {
		const struct gr_pos *p = gr_pos_at(i);

		if (p->line == l->primary && p->flags & GR_P_KEY)
			return p->type == GR_T_IFNAME;
	}
	return false;
}

/* All lines that begin with what was typed, among those that begin with this key. */
static void remove_list(
        struct cfg_editor *ed, unsigned depth, const void *key, size_t key_len, const char *head)
{
	const struct cfg_tree *t = tree_at(ed, depth);
	struct gr_probe from = {key, key_len, NULL, 0};
	struct cfg_node **gone = NULL;
	struct cfg_iter it;
	size_t n = 0, cap = 0, len = strlen(head);
	const struct cfg_node *x = t ? gr_bt_seek(t->root, &from, &it) : NULL;

	for (; x && x->key_len >= key_len && memcmp(x->data, key, key_len) == 0;
	        x = cfg_next(&it)) {
		const char *text = gr_node_text(x);

		if (strncmp(text, head, len) != 0 || (text[len] && text[len] != ' '))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 16;
			gone = xrealloc(gone, cap * sizeof(struct cfg_node *));
		}
		gone[n++] = gr_node_ref(x);
	}
	for (size_t i = 0; i < n; i++) {
		remove_node(ed, depth, gone[i]);
		gr_node_unref(gone[i]);
	}
	free(gone);
}

/* The same among all lines of this id: lists named by their head. */
static void remove_lines(struct cfg_editor *ed, unsigned depth, int line, const char *head)
{
	const uint8_t key[2] = {(uint8_t)(line >> 8), (uint8_t)line};

	remove_list(ed, depth, key, sizeof(key), head);
}

/* `no` and `default` of one line that the words identify. */
static void apply_removal(
        struct cfg_editor *ed, unsigned depth, const struct gr_line *l, enum form form)
{
	const struct cfg_node *old;
	bool is_long;

	if (form == NO && (l->flags & GR_L_ONOFF || is_builtin(l, &ed->path))) {
		struct strbuf text = {0};

		gr_canon_head(&ed->path, &ed->canon);
		sb_printf(
		        &text, "no %s", l->flags & GR_L_KEYED ? sb_str(&ed->canon) : l->lead_text);
		store(ed, depth, l->primary, true, sb_str(&text));
		sb_fini(&text);
		return;
	}
	if (l->flags & GR_L_MULTI) {
		gr_canon(&ed->path, &ed->canon);
		old = gr_tree_multi(
		        tree_at(ed, depth), ed->key.s, ed->key.len, sb_str(&ed->canon), &is_long);
		if (!old)
			remove_list(ed, depth, ed->key.s, ed->key.len, sb_str(&ed->canon));
	} else {
		old = find(ed, depth);
	}
	if (!old)
		return;
	if (form == DEFAULT && is_interface(l) && !old->negated) {
		char *text = xstrdup(gr_node_text(old));

		if (old->kids) {
			remove_node(ed, depth, old);
			store(ed, depth, l->primary, false, text);
		}
		free(text);
		return;
	}
	remove_node(ed, depth, old);
}

/* ---- what `no` may leave out --------------------------------------------------------------- */

static bool is_list(const struct gr_line *l)
{
	return l->flags & (GR_L_MULTI | GR_L_WIPE);
}

static bool in_mode(const struct gr_line *l, int mode)
{
	return l->info.mode == mode;
}

/* The lines whose leading keywords end at this shared position. `whole`: nothing follows, so lists
 * may be meant. */
static bool remove_at_lead(
        struct cfg_editor *ed, unsigned depth, unsigned pos, int th, bool whole, enum form form)
{
	bool any = false;

	for (int line = 1; line <= gr_tab.n_all; line++) {
		const struct gr_line *l = &gr_tab.line[line];
		bool keyed = gr_tab.line[l->primary].flags & GR_L_KEYED;

		if (l->lead != pos || !in_mode(l, ed->level[depth].mode) || !*l->lead_text)
			continue;
		if (whole && is_list(&gr_tab.line[l->primary])) {
			remove_lines(ed, depth, l->primary, gr_tab.line[l->primary].lead_text);
		} else if (!keyed && !is_list(&gr_tab.line[l->primary])) {
			gr_path_of(&ed->run, th, &ed->path);
			ed->path.line = line;
			sb_clear(&ed->key);
			sb_putc(&ed->key, (char)(l->primary >> 8));
			sb_putc(&ed->key, (char)l->primary);
			apply_removal(ed, depth, &gr_tab.line[l->primary], form);
		} else {
			continue;
		}
		any = true;
		ed->last = l->primary;
	}
	return any;
}

static bool remove_own(struct cfg_editor *ed, unsigned depth, int th, bool whole, enum form form)
{
	const struct gr_pos *pos = gr_pos_at(ed->run.th[th].pos);
	const struct gr_line *l = &gr_tab.line[gr_tab.line[pos->line].primary];

	gr_path_of(&ed->run, th, &ed->path);
	ed->path.line = pos->line;
	if (is_list(l) && whole && pos->line == l->primary) {
		gr_canon(&ed->path, &ed->canon);
		char *head = xstrdup(sb_str(&ed->canon));

		remove_lines(ed, depth, l->primary, head);
		free(head);
	} else if (l->flags & GR_L_MULTI || !(pos->flags & GR_P_HEADDONE)) {
		return false;
	} else {
		gr_key(&ed->path, &ed->key);
		apply_removal(ed, depth, l, form);
	}
	ed->last = l->primary;
	return true;
}

/* Removal by what identifies a line: the words up to `at`; with `whole`, there are no more. */
static bool remove_by_head(
        struct cfg_editor *ed, unsigned depth, size_t at, bool whole, enum form form)
{
	for (int t = ed->run.head[at]; t >= 0; t = ed->run.th[t].next) {
		unsigned pos = ed->run.th[t].pos;

		if (ed->run.th[t].parent < 0)
			continue;
		if (gr_pos_at(pos)->line ? remove_own(ed, depth, t, whole, form)
		                         : remove_at_lead(ed, depth, pos, t, whole, form))
			return true;
	}
	return false;
}

/* ---- one line in one section --------------------------------------------------------------- */

struct attempt {
	enum gr_status status;
	size_t fail, caret;
};

static void leave_to(struct cfg_editor *ed, unsigned depth, const struct gr_line *l)
{
	close_to(ed, depth);
	ed->last = l->primary;
}

static struct attempt try_plain(struct cfg_editor *ed, unsigned depth, size_t from)
{
	struct attempt a = {0};
	const struct gr_line *l;

	a.status = gr_match_from(
	        &ed->run, ed->level[depth].mode, 15, from, &a.fail, &a.caret, &ed->path);
	if (a.status != GR_OK)
		return a;
	l = settle(ed);
	if (!l) {
		a.status = GR_INCOMPLETE;
		return a;
	}
	leave_to(ed, depth, l);
	apply_plain(ed, depth, l);
	return a;
}

/* `no` and `default`, the words complete. */
static struct attempt try_removal(
        struct cfg_editor *ed, unsigned depth, size_t from, enum form form)
{
	struct attempt a = {0};
	const struct gr_line *l;

	a.status = gr_match_from(
	        &ed->run, ed->level[depth].mode, 15, from, &a.fail, &a.caret, &ed->path);
	if (a.status != GR_OK)
		return a;
	l = settle(ed);
	if (!l) {
		a.status = GR_INCOMPLETE;
		return a;
	}
	leave_to(ed, depth, l);
	apply_removal(ed, depth, l, form);
	return a;
}

/* The same with less: the head alone, or (`loose`) a head and words that do not matter. */
static bool try_head(struct cfg_editor *ed, unsigned depth, size_t from, enum form form, bool loose)
{
	size_t fail, caret, end = ed->run.ntok;
	enum gr_status s;

	gr_begin(&ed->run, ed->level[depth].mode, 15, from);
	s = gr_walk(&ed->run, from, end, &fail, &caret);
	if (!loose)
		return s == GR_OK && !ed->run.partial && remove_by_head(ed, depth, end, true, form);
	for (size_t at = s == GR_OK ? end - 1 : fail; at > from; at--)
		if (remove_by_head(ed, depth, at, false, form))
			return true;
	return false;
}

/* ---- levels -------------------------------------------------------------------------------- */

/* The attempt that got furthest is the one to report; of equals the innermost. */
static void note_failure(struct attempt *worst, const struct attempt *a)
{
	bool first = worst->status == GR_EMPTY;

	if (first || a->fail > worst->fail)
		*worst = *a;
}

static struct attempt plain_line(struct cfg_editor *ed)
{
	struct attempt worst = {.status = GR_EMPTY};

	for (unsigned d = ed->depth + 1; d-- > 0;) {
		struct attempt a = try_plain(ed, d, 0);

		if (a.status == GR_OK)
			return a;
		note_failure(&worst, &a);
	}
	return worst;
}

/* What each section takes whole goes before what any of them would take with words to spare. */
static struct attempt removal_line(struct cfg_editor *ed, enum form form)
{
	struct attempt worst = {.status = GR_EMPTY};

	for (unsigned d = ed->depth + 1; d-- > 0;) {
		struct attempt a = try_removal(ed, d, 1, form);

		if (a.status == GR_OK)
			return a;
		note_failure(&worst, &a);
		if (!try_head(ed, d, 1, form, false))
			continue;
		close_to(ed, d);
		return (struct attempt){.status = GR_OK};
	}
	for (unsigned d = ed->depth + 1; d-- > 0;)
		if (try_head(ed, d, 1, form, true)) {
			close_to(ed, d);
			return (struct attempt){.status = GR_OK};
		}
	return worst;
}

/* ---- the words that every section has ------------------------------------------------------ */

enum verb { V_NONE, V_NO, V_DEFAULT, V_EXIT, V_END, V_CLOSE, V_AMBIGUOUS };

static const struct {
	const char *word;
	enum verb verb;
} verbs[] = {{"no", V_NO}, {"default", V_DEFAULT}, {"exit", V_EXIT}, {"end", V_END}};

/* Does a keyword of the section begin with the word? */
static bool section_knows(int mode, const char *s, size_t n, bool *exact)
{
	const struct gr_pos *p = gr_pos_at(gr_tab.mode[mode].start);
	bool any = false;

	*exact = false;
	for (unsigned i = 0; i < p->n_kw; i++) {
		const char *w = gr_pos_at(gr_tab.edge[p->edge + i].pos)->word;

		if (strncasecmp(w, s, n) != 0)
			continue;
		any = true;
		*exact |= !w[n];
	}
	return any;
}

static bool begins_verb(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strncasecmp(verbs[i].word, s, n) == 0)
			return true;
	return false;
}

static enum verb verb_of(const struct cfg_editor *ed, const char *s, size_t n)
{
	int mode = cfg_editor_mode(ed);
	const char *close = gr_tab.mode[mode].close;
	enum verb v = V_NONE;
	bool exact, known;

	if (close && gr_word_is(s, n, close))
		return V_CLOSE;
	if (!begins_verb(s, n))
		return V_NONE;
	known = section_knows(mode, s, n, &exact);
	if (exact)
		return V_NONE;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strncasecmp(verbs[i].word, s, n) != 0)
			continue;
		if (!verbs[i].word[n])
			return verbs[i].verb;
		v = v == V_NONE && !known ? verbs[i].verb : V_AMBIGUOUS;
	}
	return v;
}

/* How far the word goes along with one of these words: the caret of `show` in configuration stands
 * at the `h`, not at the `s`. */
static size_t verbs_common(const char *s, size_t n)
{
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		size_t k = 0;

		while (k < n && verbs[i].word[k] && strncasecmp(verbs[i].word + k, s + k, 1) == 0)
			k++;
		if (k < n && k > best)
			best = k;
	}
	return best;
}

/* ---- notices ------------------------------------------------------------------------------- */

static bool warned_already(struct cfg_editor *ed, const char *reason)
{
	for (size_t i = 0; i < ed->n_warned; i++)
		if (strcmp(ed->warned[i], reason) == 0)
			return true;
	if (ed->n_warned < MAX_REASONS)
		ed->warned[ed->n_warned++] = reason;
	return false;
}

static void notice(struct cfg_editor *ed, struct gr_diag *d)
{
	const struct gr_line *l = &gr_tab.line[ed->last];
	const char *reason = gr_path_pending(&ed->path);

	if (!ed->changed)
		return;
	/* What is built in is complete from the start. */
	if (l->notice && !is_builtin(l, &ed->path))
		snprintf(d->text, sizeof(d->text), "%s", l->notice);
	else if (reason && !warned_already(ed, reason))
		snprintf(d->text, sizeof(d->text),
		        "Note: this line is kept but not acted on yet (%s)", reason);
}

/* ---- a line -------------------------------------------------------------------------------- */

static void init_diag(struct gr_diag *d, enum gr_status s)
{
	d->status = s;
	d->caret = 0;
	d->text[0] = '\0';
}

static void go_up(struct cfg_editor *ed, bool *left)
{
	if (ed->depth)
		close_to(ed, ed->depth - 1);
	else if (left)
		*left = true;
}

static void run_line(struct cfg_editor *ed, enum verb v, struct gr_diag *d)
{
	const struct gr_tok *first = &ed->run.tok[0];
	struct attempt a;

	if (v == V_NONE)
		a = plain_line(ed);
	else if (ed->run.ntok == 1)
		a = (struct attempt){.status = GR_INCOMPLETE};
	else
		a = removal_line(ed, v == V_NO ? NO : DEFAULT);
	d->status = a.status;
	d->caret = a.caret;
	if (a.status == GR_OK && v == V_NONE)
		notice(ed, d);
	if (a.status == GR_INVALID && a.fail == 0) {
		size_t common = first->off + verbs_common(ed->run.text + first->off, first->len);

		d->caret = common > d->caret ? common : d->caret;
	}
}

struct gr_diag cfg_editor_line(struct cfg_editor *ed, const char *text, bool *left)
{
	struct gr_diag d;
	enum verb v;

	init_diag(&d, GR_OK);
	ed->changed = false;
	if (left)
		*left = false;
	gr_split(&ed->run, text);
	if (!ed->run.ntok || text[ed->run.tok[0].off] == '!') {
		d.status = GR_EMPTY;
		return d;
	}
	if (ed->run.tok[ed->run.ntok - 1].off + ed->run.tok[ed->run.ntok - 1].len > GR_LINE_MAX) {
		d.status = GR_REFUSED;
		snprintf(d.text, sizeof(d.text),
		        "%% Invalid input: the line is longer than %d characters", GR_LINE_MAX);
		return d;
	}
	v = verb_of(ed, text + ed->run.tok[0].off, ed->run.tok[0].len);
	if (v == V_AMBIGUOUS) {
		d.status = GR_AMBIGUOUS;
		d.caret = ed->run.tok[0].off;
	} else if ((v == V_EXIT || v == V_END || v == V_CLOSE) && ed->run.ntok > 1) {
		d.status = GR_INVALID;
		d.caret = ed->run.tok[1].off;
	} else if (v == V_EXIT || v == V_CLOSE) {
		go_up(ed, left);
	} else if (v == V_END) {
		if (left)
			*left = true;
	} else {
		run_line(ed, v, &d);
	}
	return d;
}

/* ---- more than a line ---------------------------------------------------------------------- */

void cfg_editor_rebase(struct cfg_editor *ed, const struct cfg *base)
{
	struct cfg *old = ed->cand;

	ed->cand = cfg_ref(base);
	cfg_unref(old);
	for (unsigned d = 1; d <= ed->depth; d++) {
		const struct cfg_tree *t = tree_at(ed, d - 1);
		struct gr_probe p = probe_of(&ed->level[d]);
		const struct cfg_node *n = t ? gr_bt_find(t->root, &p) : NULL;

		if (!n || n->negated) {
			close_to(ed, d - 1);
			return;
		}
	}
}

unsigned cfg_load_text(struct cfg_editor *ed, const char *text,
        void (*bad)(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d),
        void *ctx)
{
	struct strbuf line = {0};
	unsigned n = 0, count_bad = 0;
	bool left = false;

	while (*text && !left) {
		size_t len = strcspn(text, "\n");

		n++;
		sb_clear(&line);
		sb_add(&line, text, len);
		text += len + (text[len] == '\n');
		struct gr_diag d = cfg_editor_line(ed, sb_str(&line), &left);

		/* `exit` at the outermost level is no end of a file. */
		if (left && strncmp(sb_str(&line) + strspn(sb_str(&line), " \t"), "en", 2) != 0)
			left = false;
		if (d.status == GR_OK || d.status == GR_EMPTY)
			continue;
		count_bad++;
		if (bad)
			bad(ctx, n, sb_str(&line), &d);
	}
	if (line.s)
		wipe(line.s, line.cap);
	sb_fini(&line);
	return count_bad;
}

bool gr_mode_takes(int mode, const char *command)
{
	struct cfg *c = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(c);
	struct gr_diag d;

	ed->level[0].mode = mode;
	d = cfg_editor_line(ed, command, NULL);
	cfg_editor_free(ed);
	cfg_unref(c);
	return d.status == GR_OK;
}
