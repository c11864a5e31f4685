/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Properties of single words, over every position of the real grammar: abbreviations, ranges,
 * carets, and that `?` offers exactly what is taken.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "lib_gen.h"

/* One sentence, and the words that stand at each place of it according to the tables. */
struct place {
	struct gr_run run;
	struct gen_sentence *s;
	struct strbuf text;
	size_t off[GR_MAX_TOKENS]; /* of each word */
};

static void place_text(struct place *p)
{
	sb_clear(&p->text);
	for (size_t i = 0; i < p->s->n; i++) {
		if (i)
			sb_putc(&p->text, ' ');
		p->off[i] = p->text.len;
		sb_puts(&p->text, p->s->word[i].text);
	}
}

static enum gr_status match(struct place *p, const char *text, size_t *caret)
{
	struct gr_path path;
	size_t fail = 0;

	gr_split(&p->run, text);
	return gr_match_from(
	        &p->run, gr_tab.line[p->s->line].info.mode, 15, 0, &fail, caret, &path);
}

/* Words in front of word i, with a blank behind them. */
static void text_before(const struct place *p, size_t i, struct strbuf *out)
{
	sb_clear(out);
	sb_add(out, sb_str(&p->text), i < p->s->n ? p->off[i] : p->text.len);
}

/* Threads before word i. */
static void walk_to(struct place *p, size_t i)
{
	struct strbuf before = {0};
	size_t fail, caret;

	text_before(p, i, &before);
	gr_split(&p->run, sb_str(&before));
	gr_begin(&p->run, gr_tab.line[p->s->line].info.mode, 15, 0);
	assert_int_equal(gr_walk(&p->run, 0, p->run.ntok, &fail, &caret), GR_OK);
	p->run.text = "";
	sb_fini(&before);
}

static bool is_hidden(const struct place *p, const char *word)
{
	bool all = true;

	for (int t = p->run.head[p->run.ntok]; t >= 0; t = p->run.th[t].next) {
		const struct gr_pos *at = gr_pos_at(p->run.th[t].pos);

		for (unsigned i = 0; i < at->n_kw; i++) {
			const struct gr_pos *q = gr_pos_at(gr_tab.edge[at->edge + i].pos);

			if (strcasecmp(q->word, word) == 0)
				all &= (q->flags & GR_P_HIDDEN) != 0;
		}
	}
	return all;
}

/* Does a keyword that may stand here (other than `but`) begin with these letters? Does an argument
 * take them? */
static bool others_begin(const struct place *p, const char *but, const char *s, size_t n)
{
	/* Words that are not offered do not stand in the way of those that are. */
	bool hidden = is_hidden(p, but);

	for (int t = p->run.head[p->run.ntok]; t >= 0; t = p->run.th[t].next) {
		const struct gr_pos *at = gr_pos_at(p->run.th[t].pos);

		for (unsigned i = 0; i < at->n_kw; i++) {
			const struct gr_edge *e = &gr_tab.edge[at->edge + i];
			const char *w = gr_pos_at(e->pos)->word;

			if (e->bit != GR_NOBIT && p->run.th[t].mask & 1u << e->bit)
				continue;
			if (!hidden && gr_pos_at(e->pos)->flags & GR_P_HIDDEN)
				continue;
			if (strcasecmp(w, but) != 0 && strncasecmp(w, s, n) == 0 &&
			        !isdigit((unsigned char)*w) &&
			        !(gr_pos_at(e->pos)->flags & GR_P_WHOLE))
				return true;
		}
	}
	return false;
}

static bool has_arguments(const struct place *p)
{
	for (int t = p->run.head[p->run.ntok]; t >= 0; t = p->run.th[t].next) {
		const struct gr_pos *at = gr_pos_at(p->run.th[t].pos);

		if (at->n_edge > at->n_kw)
			return true;
	}
	return false;
}

static void with_word(const struct place *p, size_t i, const char *word, struct strbuf *out)
{
	sb_clear(out);
	for (size_t k = 0; k < p->s->n; k++)
		sb_printf(out, "%s%s", k ? " " : "", k == i ? word : p->s->word[k].text);
}

static void abbreviate(struct place *p, size_t i)
{
	const char *w = p->s->word[i].text;
	size_t n = strlen(w), least = n, caret = 0;
	struct strbuf text = {0};
	char part[96];

	walk_to(p, i);
	while (least > 1 && !others_begin(p, w, w, least - 1))
		least--;
	snprintf(part, sizeof(part), "%.*s", (int)least, w);
	if (isdigit((unsigned char)*w) || gr_pos_at(p->s->word[i].pos)->flags & GR_P_WHOLE)
		return;
	bool several = least > 1 && others_begin(p, w, w, least - 1), arguments = has_arguments(p);
	/* A word may be equal to another keyword: `ip` is no abbreviation of `ipv6`. */
	bool whole = false;

	for (int t = p->run.head[p->run.ntok]; t >= 0 && least > 1; t = p->run.th[t].next) {
		const struct gr_pos *at = gr_pos_at(p->run.th[t].pos);

		for (unsigned k = 0; k < at->n_kw; k++)
			whole |= gr_word_is(
			        w, least - 1, gr_pos_at(gr_tab.edge[at->edge + k].pos)->word);
	}
	with_word(p, i, part, &text);
	if (match(p, sb_str(&text), &caret) != GR_OK)
		print_message("refused: %s\n", sb_str(&text));
	assert_int_equal(match(p, sb_str(&text), &caret), GR_OK);
	if (several && !whole && !arguments) {
		part[least - 1] = '\0';
		with_word(p, i, part, &text);
		if (match(p, sb_str(&text), &caret) != GR_AMBIGUOUS)
			print_message("not ambiguous: %s\n", sb_str(&text));
		assert_int_equal(match(p, sb_str(&text), &caret), GR_AMBIGUOUS);
		assert_int_equal(caret, p->off[i]);
	}
	sb_fini(&text);
}

static void each_sentence(unsigned rounds, void (*fn)(struct place *p, size_t word))
{
	for (int line = 1; line <= gr_tab.n_line; line++)
		for (unsigned k = 0; k < rounds; k++) {
			struct gen g = {(uint64_t)line * 7919 + k, false};
			struct place *p = xcalloc(1, sizeof(*p));

			p->s = xmalloc(sizeof(*p->s));
			gen_line(&g, line, p->s);
			place_text(p);
			for (size_t i = 0; i < p->s->n; i++)
				fn(p, i);
			sb_fini(&p->text);
			free(p->s);
			free(p);
		}
}

static void abbreviate_keyword(struct place *p, size_t i)
{
	if (gr_pos_at(p->s->word[i].pos)->type == GR_T_KW)
		abbreviate(p, i);
}

static void the_shortest_unique_abbreviation_is_taken_and_one_letter_less_is_ambiguous(void **state)
{
	(void)state;
	each_sentence(3, abbreviate_keyword);
}

/* ---- ranges -------------------------------------------------------------------------------- */

/* Another argument, or a keyword of digits, may take the number at this place. */
static bool taken_otherwise(const struct place *p, const char *number)
{
	for (int t = p->run.head[p->run.ntok]; t >= 0; t = p->run.th[t].next) {
		const struct gr_pos *at = gr_pos_at(p->run.th[t].pos);

		for (unsigned i = 0; i < at->n_edge; i++) {
			const struct gr_pos *q = gr_pos_at(gr_tab.edge[at->edge + i].pos);

			if (q->type == GR_T_KW
			                ? strcmp(q->word, number) == 0
			                : q->type > GR_T_IFNAME ||
			                          (q->type == GR_T_INT &&
			                                  strtoull(number, NULL, 10) >= q->lo &&
			                                  strtoull(number, NULL, 10) <= q->hi))
				return true;
		}
	}
	return false;
}

static void refuse_number(struct place *p, size_t i, uint64_t v)
{
	struct strbuf text = {0};
	size_t caret = 0;
	char number[32];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)v);
	walk_to(p, i);
	if (!taken_otherwise(p, number)) {
		with_word(p, i, number, &text);
		if (match(p, sb_str(&text), &caret) != GR_INVALID || caret != p->off[i])
			print_message("taken, or caret %zu: %s\n", caret, sb_str(&text));
		assert_int_equal(match(p, sb_str(&text), &caret), GR_INVALID);
		assert_int_equal(caret, p->off[i]);
	}
	sb_fini(&text);
}

static void leave_range(struct place *p, size_t i)
{
	const struct gr_pos *pos = gr_pos_at(p->s->word[i].pos);

	if (pos->type != GR_T_INT)
		return;
	if (pos->lo)
		refuse_number(p, i, pos->lo - 1);
	if (pos->hi < UINT64_MAX)
		refuse_number(p, i, pos->hi + 1);
}

static void a_number_just_outside_its_range_is_refused_with_the_caret_under_it(void **state)
{
	(void)state;
	each_sentence(4, leave_range);
}

/* ---- what may follow ----------------------------------------------------------------------- */

static bool listed(const char *help, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = help; *s; s += strcspn(s, "\n"), s += *s == '\n')
		if (strncmp(s, "  ", 2) == 0 && strncmp(s + 2, word, n) == 0 &&
		        (s[2 + n] == ' ' || s[2 + n] == '\n'))
			return true;
	return false;
}

/* Every line of help except `<cr>` and `|` is a keyword that is taken, or a placeholder. */
static void check_offers(struct place *p, const char *before, const char *help)
{
	for (const char *s = help; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		struct strbuf text = {0};
		size_t n = strcspn(s + 2, " \n"), caret;

		if (strncmp(s, "  ", 2) != 0 || strchr("<|", s[2]) ||
		        (isupper((unsigned char)s[2]) && isupper((unsigned char)s[3])) ||
		        memchr(s + 2, '.', n) || memchr(s + 2, ':', n) ||
		        strncmp(s + 2, "Hex-data", n) == 0)
			continue;
		sb_printf(&text, "%s%.*s", before, (int)n, s + 2);
		enum gr_status st = match(p, sb_str(&text), &caret);

		if (st == GR_INVALID || st == GR_AMBIGUOUS)
			print_message("offered but not taken: %s\n", sb_str(&text));
		assert_true(st == GR_OK || st == GR_INCOMPLETE);
		sb_fini(&text);
	}
}

static void ask_before(struct place *p, size_t i)
{
	const struct gr_pos *pos = gr_pos_at(p->s->word[i].pos);
	int mode = gr_tab.line[p->s->line].info.mode;
	struct strbuf before = {0}, help = {0};

	text_before(p, i, &before);
	gr_help(mode, 15, NULL, sb_str(&before), 80, &help);
	if (!(pos->flags & GR_P_HIDDEN) && pos->type != GR_T_IFNAME) {
		if (!listed(sb_str(&help), pos->word))
			print_message("\"%s?\" does not offer %s\n%s", sb_str(&before), pos->word,
			        sb_str(&help));
		assert_true(listed(sb_str(&help), pos->word));
	}
	if (i) /* on an empty line `no`, `exit` and the like are offered as well */
		check_offers(p, sb_str(&before), sb_str(&help));
	sb_fini(&before);
	sb_fini(&help);
}

static void help_offers_exactly_what_is_taken(void **state)
{
	(void)state;
	each_sentence(2, ask_before);
}

static void ask_behind(struct place *p, size_t i)
{
	struct strbuf help = {0}, text = {0};
	size_t caret;

	if (i + 1 < p->s->n)
		return;
	sb_printf(&text, "%s ", sb_str(&p->text));
	gr_help(gr_tab.line[p->s->line].info.mode, 15, NULL, sb_str(&text), 80, &help);
	assert_int_equal(match(p, sb_str(&text), &caret), GR_OK);
	assert_true(listed(sb_str(&help), "<cr>"));
	sb_fini(&help);
	sb_fini(&text);
}

static void help_ends_a_complete_line_with_cr(void **state)
{
	(void)state;
	each_sentence(2, ask_behind);
}

static void complete_word(struct place *p, size_t i)
{
	const struct gr_pos *pos = gr_pos_at(p->s->word[i].pos);
	int mode = gr_tab.line[p->s->line].info.mode;
	struct strbuf text = {0}, done = {0};

	if (pos->type != GR_T_KW || pos->flags & GR_P_HIDDEN)
		return;
	text_before(p, i, &text);
	sb_puts(&text, pos->word);
	assert_true(gr_complete(mode, 15, NULL, sb_str(&text), &done));
	sb_putc(&text, ' ');
	assert_string_equal(sb_str(&done), sb_str(&text));
	sb_fini(&text);
	sb_fini(&done);
}

static void tab_ends_a_whole_keyword_with_a_blank(void **state)
{
	(void)state;
	each_sentence(1, complete_word);
}

/* ---- sentences ----------------------------------------------------------------------------- */

static void whole_line(struct place *p, size_t i)
{
	struct gr_path path;
	size_t fail, caret;

	if (i)
		return;
	gr_split(&p->run, sb_str(&p->text));
	if (gr_match_from(&p->run, gr_tab.line[p->s->line].info.mode, 15, 0, &fail, &caret,
	            &path) != GR_OK)
		print_message("refused: %s\n", sb_str(&p->text));
	assert_int_equal(gr_match_from(&p->run, gr_tab.line[p->s->line].info.mode, 15, 0, &fail,
	                         &caret, &path),
	        GR_OK);
	if (path.line != p->s->line)
		print_message("%s: meant %s, read %s\n", sb_str(&p->text),
		        gr_tab.line[p->s->line].info.name, gr_tab.line[path.line].info.name);
	assert_int_equal(path.line, p->s->line);
}

static void a_sentence_of_a_line_is_read_as_that_line(void **state)
{
	(void)state;
	each_sentence(20, whole_line);
}

/* A spelling without an entry number gets one where it is entered, which the words alone do not
 * tell. */
static void numbered_when_entered(struct gen *g, const char *text, int line)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	gen_enter(g, ed, gr_tab.line[line].info.mode);
	gen_feed(ed, text);
	assert_int_equal(cfg_editor_last_line(ed), gr_tab.line[line].primary);
	cfg_editor_free(ed);
	cfg_unref(empty);
}

/* Another spelling is stored as the line itself, with every argument. */
static void other_spellings_are_rewritten(void **state)
{
	(void)state;
	for (int line = gr_tab.n_line + 1; line <= gr_tab.n_all; line++)
		for (uint64_t k = 0; k < 20; k++) {
			struct gen g = {(uint64_t)line * 31 + k, false};
			struct gen_sentence *s = xmalloc(sizeof(*s));
			struct strbuf text = {0}, canon = {0};
			struct gr_run r, r2;
			struct gr_path path, again;
			size_t fail, caret;

			gen_line(&g, line, s);
			gen_text(s, &text);
			gr_split(&r, sb_str(&text));
			assert_int_equal(gr_match_from(&r, gr_tab.line[line].info.mode, 15, 0,
			                         &fail, &caret, &path),
			        GR_OK);
			assert_int_equal(path.line, line);
			if (gr_tab.line[line].numbered) {
				numbered_when_entered(&g, sb_str(&text), line);
				sb_fini(&text);
				free(s);
				continue;
			}
			assert_true(gr_rewrite(&path, &canon));
			gr_split(&r2, sb_str(&canon));
			assert_int_equal(gr_match_from(&r2, gr_tab.line[line].info.mode, 15, 0,
			                         &fail, &caret, &again),
			        GR_OK);
			assert_int_equal(again.line, gr_tab.line[line].primary);
			for (size_t i = 0; i < s->n; i++)
				if (gr_pos_at(s->word[i].pos)->type != GR_T_KW)
					assert_non_null(strstr(sb_str(&canon), s->word[i].text));
			sb_fini(&text);
			sb_fini(&canon);
			free(s);
		}
}

/* What a line's declaration calls its default is a sentence of that line in canonical form. */
static void defaults_are_canonical_sentences(void **state)
{
	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++) {
		const char *text = gr_tab.line[line].default_text;
		struct strbuf canon = {0};
		struct gr_run r;
		struct gr_path path;
		size_t fail, caret;

		if (!text)
			continue;
		gr_split(&r, text);
		if (gr_match_from(&r, gr_tab.line[line].info.mode, 15, 0, &fail, &caret, &path) !=
		        GR_OK)
			fail_msg("default of %s: %s", gr_tab.line[line].info.name, text);
		gr_canon(&path, &canon);
		assert_int_equal(path.line, line);
		assert_string_equal(sb_str(&canon), text);
		sb_fini(&canon);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(
	                the_shortest_unique_abbreviation_is_taken_and_one_letter_less_is_ambiguous),
	        cmocka_unit_test(
	                a_number_just_outside_its_range_is_refused_with_the_caret_under_it),
	        cmocka_unit_test(help_offers_exactly_what_is_taken),
	        cmocka_unit_test(help_ends_a_complete_line_with_cr),
	        cmocka_unit_test(tab_ends_a_whole_keyword_with_a_blank),
	        cmocka_unit_test(a_sentence_of_a_line_is_read_as_that_line),
	        cmocka_unit_test(other_spellings_are_rewritten),
	        cmocka_unit_test(defaults_are_canonical_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
