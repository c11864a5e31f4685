/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Editing: one line at a time against a candidate snapshot. A line is tried in the section that is
 * open, then in each one around it, outermost last.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "grammar/edit.h"
#include "grammar/raw.h"

struct cfg_editor *cfg_editor_new(const struct cfg *base)
{
	struct cfg_editor *ed = xcalloc(1, sizeof(*ed));

	ed->cand = cfg_ref(base);
	ed->level[0].mode = gr_tab.global;
	return ed;
}

struct cfg_editor *cfg_editor_new_check(const struct cfg *base)
{
	struct cfg_editor *ed = cfg_editor_new(base);

	ed->sparing = gr_sparing_new();
	return ed;
}

void gr_edit_close(struct cfg_editor *ed, unsigned depth)
{
	for (; ed->depth > depth; ed->depth--) {
		free(ed->level[ed->depth].key);
		ed->level[ed->depth] = (struct gr_level){0};
	}
}

void cfg_editor_free(struct cfg_editor *ed)
{
	if (!ed)
		return;
	gr_edit_close(ed, 0);
	cfg_unref(ed->cand);
	gr_sparing_free(ed->sparing);
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
	gr_edit_close(ed, 0);
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

/* ---- levels -------------------------------------------------------------------------------- */

/* The attempt that got furthest is the one to report; of equals the innermost. */
static void note_failure(struct gr_attempt *worst, const struct gr_attempt *a)
{
	bool first = worst->status == GR_EMPTY;

	if (first || a->fail > worst->fail)
		*worst = *a;
}

/* How many of the open sections a line may be of, from the outermost. */
static unsigned levels(const struct cfg_editor *ed, unsigned first)
{
	return gr_raw_kind(ed->run.text + ed->run.tok[first].off) ? 1 : ed->depth + 1;
}

static struct gr_attempt plain_line(struct cfg_editor *ed)
{
	struct gr_attempt worst = {.status = GR_EMPTY};

	for (unsigned d = levels(ed, 0); d-- > 0;) {
		struct gr_attempt a = gr_edit_plain(ed, d, 0);

		if (a.status == GR_OK)
			return a;
		note_failure(&worst, &a);
	}
	return worst;
}

/* What each section takes whole goes before what any of them would take with words to spare. */
static struct gr_attempt removal_line(struct cfg_editor *ed, enum gr_form form)
{
	struct gr_attempt worst = {.status = GR_EMPTY};

	for (unsigned d = levels(ed, 1); d-- > 0;) {
		struct gr_attempt a = gr_edit_removal(ed, d, 1, form);

		if (a.status == GR_OK)
			return a;
		note_failure(&worst, &a);
		if (!gr_edit_head(ed, d, 1, form, false))
			continue;
		gr_edit_close(ed, d);
		return (struct gr_attempt){.status = GR_OK};
	}
	for (unsigned d = levels(ed, 1); d-- > 0;)
		if (gr_edit_head(ed, d, 1, form, true)) {
			gr_edit_close(ed, d);
			return (struct gr_attempt){.status = GR_OK};
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
	if (!strchr("nNdDeE", *s))
		return false;
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

bool cfg_editor_has_banner(const struct cfg_editor *ed)
{
	bool exact;

	return ed->depth && section_knows(cfg_editor_mode(ed), "banner", strlen("banner"), &exact);
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
	if (ed->n_warned < GR_MAX_REASONS)
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
	if (l->notice && !gr_edit_builtin(l, &ed->path))
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
		gr_edit_close(ed, ed->depth - 1);
	else if (left)
		*left = true;
}

static void run_line(struct cfg_editor *ed, enum verb v, struct gr_diag *d)
{
	const struct gr_tok *first = &ed->run.tok[0];
	struct gr_attempt a;

	if (v == V_NONE && ed->sparing && gr_spare(ed))
		return;
	if (ed->sparing)
		gr_spare_catch_up(ed);
	if (v == V_NONE)
		a = plain_line(ed);
	else if (ed->run.ntok == 1)
		a = (struct gr_attempt){.status = GR_INCOMPLETE};
	else
		a = removal_line(ed, v == V_NO ? GR_NO : GR_DEFAULT);
	d->status = a.status;
	d->caret = a.caret;
	if (a.status == GR_OK && ed->sparing)
		(v == V_NONE ? gr_spare_kept : gr_spare_removed)(ed);
	if (a.status == GR_OK && v == V_NONE)
		notice(ed, d);
	if (a.status == GR_INVALID && a.fail == 0) {
		size_t common = first->off + verbs_common(ed->run.text + first->off, first->len);

		d->caret = common > d->caret ? common : d->caret;
	}
}

/* Into *d, which is large: a file has many lines. */
static void enter_line(struct cfg_editor *ed, const char *text, bool *left, struct gr_diag *d)
{
	enum verb v;

	init_diag(d, GR_OK);
	ed->changed = false;
	if (left)
		*left = false;
	gr_split(&ed->run, text);
	if (!ed->run.ntok || text[ed->run.tok[0].off] == '!') {
		d->status = GR_EMPTY;
		return;
	}
	if (ed->run.tok[ed->run.ntok - 1].off + ed->run.tok[ed->run.ntok - 1].len > GR_LINE_MAX) {
		d->status = GR_REFUSED;
		snprintf(d->text, sizeof(d->text),
		        "%% Invalid input: the line is longer than %d characters", GR_LINE_MAX);
		return;
	}
	v = verb_of(ed, text + ed->run.tok[0].off, ed->run.tok[0].len);
	if (v == V_AMBIGUOUS) {
		d->status = GR_AMBIGUOUS;
		d->caret = ed->run.tok[0].off;
	} else if ((v == V_EXIT || v == V_END || v == V_CLOSE) && ed->run.ntok > 1) {
		d->status = GR_INVALID;
		d->caret = ed->run.tok[1].off;
	} else if (v == V_EXIT || v == V_CLOSE) {
		go_up(ed, left);
	} else if (v == V_END) {
		if (left)
			*left = true;
	} else {
		run_line(ed, v, d);
	}
}

struct gr_diag cfg_editor_line(struct cfg_editor *ed, const char *text, bool *left)
{
	struct gr_diag d;

	enter_line(ed, text, left, &d);
	return d;
}

/* ---- more than a line ---------------------------------------------------------------------- */

void cfg_editor_rebase(struct cfg_editor *ed, const struct cfg *base)
{
	struct cfg *old = ed->cand;

	ed->cand = cfg_ref(base);
	cfg_unref(old);
	for (unsigned d = 1; d <= ed->depth; d++) {
		const struct cfg_tree *t = gr_edit_tree(ed, d - 1);
		struct gr_probe p = gr_edit_probe(&ed->level[d]);
		const struct cfg_node *n = t ? gr_bt_find(t->root, &p) : NULL;

		if (!n || n->negated) {
			gr_edit_close(ed, d - 1);
			return;
		}
	}
}

/* A banner without its end, or without one in reach. */
static void endless(enum gr_raw_state taken, struct gr_diag *d)
{
	init_diag(d, GR_REFUSED);
	snprintf(d->text, sizeof(d->text), "%% Invalid input: the text %s",
	        taken == GR_RAW_OPEN ? "has no end" : "is too long");
}

struct cfg_loading {
	struct cfg_editor *ed;
	const char *text; /* what is left of it */
	cfg_load_fn *each;
	void *ctx;
	struct strbuf line;
	struct gr_raw raw;
	unsigned n;
	bool left;
};

struct cfg_loading *cfg_loading_new(
        struct cfg_editor *ed, const char *text, cfg_load_fn *each, void *ctx)
{
	static const char mark[] =
	        "\xef\xbb\xbf"; /* of the byte order: no part of the first line */
	struct cfg_loading *l = xcalloc(1, sizeof(*l));

	if (strncmp(text, mark, sizeof(mark) - 1) == 0)
		text += sizeof(mark) - 1;
	*l = (struct cfg_loading){.ed = ed, .text = text, .each = each, .ctx = ctx};
	return l;
}

void cfg_loading_free(struct cfg_loading *l)
{
	if (!l)
		return;
	if (l->line.s)
		wipe(l->line.s, l->line.cap);
	sb_fini(&l->line);
	gr_raw_fini(&l->raw);
	free(l);
}

/* A line of a file ends with LF, CR LF or CR alone. `next`: to the line behind it. */
static size_t line_length(const char *text, size_t *next)
{
	size_t n = (size_t)(strchrnul(text, '\n') - text);
	const char *cr = memchr(text, '\r', n);

	if (cr)
		n = (size_t)(cr - text);
	*next = n + (text[n] == '\r') + (text[n] != '\0' && text[n + (text[n] == '\r')] == '\n');
	return n;
}

/* The next line of the text into l->line; false: none is left. */
static bool cut_line(struct cfg_loading *l)
{
	if (!*l->text || l->left)
		return false;
	size_t next, len = line_length(l->text, &next);

	l->n++;
	sb_clear(&l->line);
	sb_add(&l->line, l->text, len);
	l->text += next;
	return true;
}

bool cfg_loading_go(struct cfg_loading *l, unsigned lines)
{
	struct gr_diag d;

	while (lines-- && cut_line(l)) {
		enum gr_raw_state taken = gr_raw_take(&l->raw, sb_str(&l->line), l->ed);

		if (taken == GR_RAW_OPEN && *l->text)
			continue;
		if (taken == GR_RAW_OPEN || taken == GR_RAW_LONG)
			endless(taken, &d);
		else
			enter_line(l->ed,
			        taken == GR_RAW_DONE ? gr_raw_command(&l->raw) : sb_str(&l->line),
			        &l->left, &d);

		/* `exit` at the outermost level is no end of a file. */
		if (l->left &&
		        strncmp(sb_str(&l->line) + strspn(sb_str(&l->line), " \t"), "en", 2) != 0)
			l->left = false;
		l->each(l->ctx, l->n, sb_str(&l->line), &d);
	}
	return *l->text && !l->left;
}

void cfg_load_each(struct cfg_editor *ed, const char *text, cfg_load_fn *each, void *ctx)
{
	struct cfg_loading *l = cfg_loading_new(ed, text, each, ctx);

	cfg_loading_go(l, UINT_MAX);
	cfg_loading_free(l);
}

struct loading {
	void (*bad)(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d);
	void *ctx;
	unsigned n_bad;
};

static void loaded(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct loading *l = ctx;

	if (d->status == GR_OK || d->status == GR_EMPTY)
		return;
	l->n_bad++;
	if (l->bad)
		l->bad(l->ctx, line_no, line, d);
}

unsigned cfg_load_text(struct cfg_editor *ed, const char *text,
        void (*bad)(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d),
        void *ctx)
{
	struct loading l = {bad, ctx, 0};

	cfg_load_each(ed, text, loaded, &l);
	return l.n_bad;
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
