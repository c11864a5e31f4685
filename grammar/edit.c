/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a line does. What the words mean is settled by the matcher; here is decided what a line of
 * its kind does to the tree of its section: replace, add, remove, or store its negation.
 */
#include "grammar/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the tree under an open section -------------------------------------------------------- */

struct gr_probe gr_edit_probe(const struct gr_level *l)
{
	return (struct gr_probe){l->key, l->len, NULL, 0, NULL};
}

const struct cfg_tree *gr_edit_tree(const struct cfg_editor *ed, unsigned depth)
{
	const struct cfg_tree *t = ed->cand->tree;

	for (unsigned i = 1; t && i <= depth; i++) {
		struct gr_probe p = gr_edit_probe(&ed->level[i]);
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
		struct gr_probe p = gr_edit_probe(&ed->level[i]);
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
	const struct cfg_tree *t = gr_edit_tree(ed, depth);

	return t ? gr_bt_find(t->root, &(struct gr_probe){ed->key.s, ed->key.len, NULL, 0, NULL})
	         : NULL;
}

static void remove_at(struct cfg_editor *ed, unsigned depth, const struct cfg_node *n,
        const struct gr_run_place *place)
{
	struct cfg_tree *chain[GR_MAX_DEPTH + 1];
	struct cfg_node *held = gr_node_ref(n);
	struct cfg_tree *t = own_tree(ed, depth, chain);

	count(ed, chain, depth, gr_tree_remove(t, held, place));
	gr_node_unref(held);
}

static void remove_node(struct cfg_editor *ed, unsigned depth, const struct cfg_node *n)
{
	remove_at(ed, depth, n, NULL);
}

/* Stores the line whose key and text are at hand, in place of what has that key. Sections keep what
 * stands in them, unless they begin anew each time. */
static void store(struct cfg_editor *ed, unsigned depth, int line, bool negated, const char *text)
{
	struct cfg_tree *chain[GR_MAX_DEPTH + 1], *t;
	const struct cfg_node *old = find(ed, depth);
	bool fresh = gr_tab.line[line].flags & GR_L_FRESH;
	struct cfg_tree *kids =
	        old && !negated && !fresh && gr_tab.line[line].info.enters ? old->kids : NULL;

	if (old && old->negated == negated && !(fresh && old->kids) &&
	        strcmp(gr_node_text(old), text) == 0)
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
	struct gr_run_place place = {0};

	if (!(gr_tab.line[line].flags & GR_L_REPEATS) &&
	        gr_tree_multi(gr_edit_tree(ed, depth), ed->key.s, ed->key.len, text, &place))
		return;
	t = own_tree(ed, depth, chain);
	count(ed, chain, depth, gr_tree_add_multi(t, ed->key.s, ed->key.len, line, text, &place));
}

bool gr_edit_builtin(const struct gr_line *l, const struct gr_path *p)
{
	for (size_t i = 0; l->builtin && i < p->n; i++) {
		size_t n;
		const char *s = gr_step_text(p, i, &n);

		if (gr_pos_at(p->step[i].pos)->flags & GR_P_KEY)
			return strlen(l->builtin) == n && strncmp(s, l->builtin, n) == 0;
	}
	return false;
}

/* Does the line, or what it negates, begin with these words? */
static bool begins_with(const struct cfg_node *n, const char *head, size_t len)
{
	const char *text = gr_node_text(n) + (n->negated ? strlen("no ") : 0);

	return strncmp(text, head, len) == 0 && (!text[len] || text[len] == ' ');
}

enum { NUMBER_STEP = 5 };

/* The number for an entry that came without one: that of the entry there that says the same, else
 * the next in fives behind the last. `ed->key` is what all entries of the list share. */
static uint64_t entry_number(
        const struct cfg_editor *ed, unsigned depth, const char *head, const char *rest)
{
	const struct cfg_tree *t = gr_edit_tree(ed, depth);
	struct gr_probe from = {ed->key.s, ed->key.len, NULL, 0, NULL};
	struct cfg_iter it;
	uint64_t last = 0;
	const struct cfg_node *x = t ? gr_bt_seek(t->root, &from, &it) : NULL;

	for (; x && x->key_len >= ed->key.len && memcmp(x->data, ed->key.s, ed->key.len) == 0;
	        x = cfg_next(&it)) {
		char *end;
		uint64_t n;

		if (!begins_with(x, head, strlen(head)))
			continue;
		n = strtoul(gr_node_text(x) + strlen(head), &end, 10);
		if (strcmp(end, rest) == 0)
			return n;
		last = n > last ? n : last;
	}
	return (last / NUMBER_STEP + 1) * NUMBER_STEP;
}

/* `ip prefix-list P permit …` with the `seq N` that it leaves out, into ed->rewritten. */
static void number_entry(struct cfg_editor *ed, unsigned depth, const char *word)
{
	struct strbuf head = {0};
	size_t named;

	gr_canon_head(&ed->path, &head);
	named = head.len;
	sb_printf(&head, " %s", word);
	gr_canon(&ed->path, &ed->canon);
	gr_key(&ed->path, &ed->key);

	const char *rest = sb_str(&ed->canon) + named;
	uint64_t n = entry_number(ed, depth, sb_str(&head), rest);

	sb_clear(&ed->rewritten);
	sb_printf(&ed->rewritten, "%s %llu%s", sb_str(&head), (unsigned long long)n, rest);
	sb_fini(&head);
}

/* The line that another spelling means, into ed->rewritten; false: it is no other spelling. */
static bool respelled(struct cfg_editor *ed, unsigned depth)
{
	const char *numbered = gr_tab.line[ed->path.line].numbered;

	if (!numbered)
		return gr_rewrite(&ed->path, &ed->rewritten);
	number_entry(ed, depth, numbered);
	return true;
}

/* Key of the path, and canonical text in ed->canon; another spelling first becomes the line itself.
 */
static const struct gr_line *settle(struct cfg_editor *ed, unsigned depth)
{
	struct gr_path *p = &ed->path;

	if (respelled(ed, depth)) {
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
	ed->level[++ed->depth] =
	        (struct gr_level){mode, xmemdup(ed->key.s, ed->key.len), ed->key.len};
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
	const struct cfg_tree *t = gr_edit_tree(ed, depth);
	struct gr_probe from = {key, key_len, NULL, 0, NULL};
	struct cfg_node **gone = NULL;
	struct cfg_iter it;
	size_t n = 0, cap = 0, len = strlen(head);
	const struct cfg_node *x = t ? gr_bt_seek(t->root, &from, &it) : NULL;

	for (; x && x->key_len >= key_len && memcmp(x->data, key, key_len) == 0;
	        x = cfg_next(&it)) {
		if (!begins_with(x, head, len))
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
        struct cfg_editor *ed, unsigned depth, const struct gr_line *l, enum gr_form form)
{
	const struct cfg_node *old;
	struct gr_run_place place = {0};

	if (form == GR_NO && (l->flags & GR_L_ONOFF || gr_edit_builtin(l, &ed->path))) {
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
		old = gr_tree_multi(gr_edit_tree(ed, depth), ed->key.s, ed->key.len,
		        sb_str(&ed->canon), &place);
		if (!old)
			remove_list(ed, depth, ed->key.s, ed->key.len, sb_str(&ed->canon));
	} else {
		old = find(ed, depth);
	}
	if (!old)
		return;
	if (form == GR_DEFAULT && is_interface(l) && !old->negated) {
		char *text = xstrdup(gr_node_text(old));

		if (old->kids) {
			remove_node(ed, depth, old);
			store(ed, depth, l->primary, false, text);
		}
		free(text);
		return;
	}
	remove_at(ed, depth, old, &place);
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
        struct cfg_editor *ed, unsigned depth, unsigned pos, int th, bool whole, enum gr_form form)
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

static bool remove_own(struct cfg_editor *ed, unsigned depth, int th, bool whole, enum gr_form form)
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

/* Do the words before `at` lead into several lines (`neighbor X`), behind what all of them share?
 */
static bool several_lines(const struct gr_run *r, size_t at)
{
	int first = 0;

	for (int t = r->head[at]; t >= 0; t = r->th[t].next) {
		int line = gr_tab.line[gr_pos_at(r->th[t].pos)->line].primary;

		if (line && first && line != first)
			return true;
		first = line ? line : first;
	}
	return false;
}

static bool has_key(const struct gr_path *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (gr_pos_at(p->step[i].pos)->flags & GR_P_KEY)
			return true;
	return false;
}

/* What stands there of all these lines, with the words that were typed. */
static bool remove_all(struct cfg_editor *ed, unsigned depth, size_t at)
{
	bool any = false;

	for (int t = ed->run.head[at]; t >= 0; t = ed->run.th[t].next) {
		int line = gr_pos_at(ed->run.th[t].pos)->line;

		if (!line)
			continue;
		gr_path_of(&ed->run, t, &ed->path);
		ed->path.line = line;
		line = gr_tab.line[line].primary;
		if (gr_tab.line[line].flags & GR_L_KEYED && !has_key(&ed->path))
			continue;
		any = true;
		ed->last = line;
		gr_key(&ed->path, &ed->key);
		gr_canon(&ed->path, &ed->canon);
		remove_list(ed, depth, ed->key.s, ed->key.len, sb_str(&ed->canon));
	}
	return any;
}

/* Removal by what identifies a line: the words up to `at`; with `whole`, there are no more. */
static bool remove_by_head(
        struct cfg_editor *ed, unsigned depth, size_t at, bool whole, enum gr_form form)
{
	if (several_lines(&ed->run, at))
		return whole && remove_all(ed, depth, at);
	for (int t = ed->run.head[at]; t >= 0; t = ed->run.th[t].next) {
		unsigned pos = ed->run.th[t].pos;

		if (ed->run.th[t].parent < 0 || gr_tab.line[gr_pos_at(pos)->line].adds)
			continue;
		if (gr_pos_at(pos)->line ? remove_own(ed, depth, t, whole, form)
		                         : remove_at_lead(ed, depth, pos, t, whole, form))
			return true;
	}
	return false;
}

/* ---- one line in one section --------------------------------------------------------------- */

static void leave_to(struct cfg_editor *ed, unsigned depth, const struct gr_line *l)
{
	gr_edit_close(ed, depth);
	ed->last = l->primary;
}

struct gr_attempt gr_edit_plain(struct cfg_editor *ed, unsigned depth, size_t from)
{
	struct gr_attempt a = {0};
	const struct gr_line *l;

	a.status = gr_match_from(
	        &ed->run, ed->level[depth].mode, 15, from, &a.fail, &a.caret, &ed->path);
	if (a.status != GR_OK)
		return a;
	l = settle(ed, depth);
	if (!l) {
		a.status = GR_INCOMPLETE;
		return a;
	}
	leave_to(ed, depth, l);
	apply_plain(ed, depth, l);
	return a;
}

/* `no` and `default`, the words complete. */
struct gr_attempt gr_edit_removal(
        struct cfg_editor *ed, unsigned depth, size_t from, enum gr_form form)
{
	struct gr_attempt a = {0};
	const struct gr_line *l;

	a.status = gr_match_from(
	        &ed->run, ed->level[depth].mode, 15, from, &a.fail, &a.caret, &ed->path);
	/* What a spelling leaves out it does not name either: `no route-map RM` is of all of them.
	 */
	if (a.status == GR_OK && gr_tab.line[ed->path.line].adds)
		a.status = GR_INCOMPLETE;
	if (a.status != GR_OK)
		return a;
	l = settle(ed, depth);
	if (!l) {
		a.status = GR_INCOMPLETE;
		return a;
	}
	leave_to(ed, depth, l);
	apply_removal(ed, depth, l, form);
	return a;
}

/* The same with less: the head alone, or (`loose`) a head and words that do not matter. */
bool gr_edit_head(struct cfg_editor *ed, unsigned depth, size_t from, enum gr_form form, bool loose)
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
