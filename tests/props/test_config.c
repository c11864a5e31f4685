/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Properties of the configuration database, over random lines of every section of the real grammar.
 * What a failing case was is printed with its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_gen.h"

/* A section of its own for one line, and the editor standing in it. */
struct spot {
	struct cfg *base;
	struct cfg_editor *ed;
	struct gen_sentence *s;
	struct strbuf text;
};

static void spot_open(struct spot *p, struct gen *g, int line)
{
	struct cfg *empty = cfg_new();

	*p = (struct spot){.ed = cfg_editor_new(empty), .s = xmalloc(sizeof(*p->s))};
	gen_enter(g, p->ed, gr_tab.line[line].info.mode);
	p->base = cfg_ref(cfg_editor_candidate(p->ed));
	gen_line(g, line, p->s);
	gen_text(p->s, &p->text);
	cfg_unref(empty);
}

static void spot_close(struct spot *p)
{
	cfg_editor_free(p->ed);
	cfg_unref(p->base);
	sb_fini(&p->text);
	free(p->s);
}

static bool is_config(int line)
{
	return gr_tab.line[line].info.mode != gr_tab.exec;
}

static void same_print(const struct cfg *a, const struct cfg *b, uint64_t seed)
{
	char *x = gen_print(a), *y = gen_print(b);

	if (strcmp(x, y) != 0)
		print_message(
		        "seed %llu\n---- one\n%s---- other\n%s", (unsigned long long)seed, x, y);
	assert_string_equal(x, y);
	free(x);
	free(y);
}

/* ---- the properties ------------------------------------------------------------------------ */

static void printed_text_reads_back_to_the_same_text(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct gen g = {seed, seed % 2};
		struct cfg *a = gen_config(&g, 1 + gen_below(&g, 60)), *b;
		char *text = gen_print(a);
		unsigned bad;

		b = gen_load(text, &bad);
		if (bad)
			print_message("seed %llu\n%s", (unsigned long long)seed, text);
		assert_int_equal(bad, 0);
		same_print(a, b, seed);
		assert_int_equal(cfg_lines(a), cfg_lines(b));
		cfg_unref(a);
		cfg_unref(b);
		free(text);
	}
}

static unsigned occurrences(const char *text, const char *line)
{
	size_t n = strlen(line);
	unsigned k = 0;

	for (const char *s = text; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		const char *t = s + strspn(s, " ");

		k += strncmp(t, line, n) == 0 && t[n] == '\n';
	}
	return k;
}

static const struct cfg_node *deepest(const struct cfg *c)
{
	const struct cfg_tree *t = cfg_root(c);
	const struct cfg_node *n = NULL;
	struct cfg_iter it;

	while (t && cfg_first(t, GR_NONE, &it)) {
		n = cfg_first(t, GR_NONE, &it);
		t = cfg_children(n);
	}
	return n;
}

static bool stores(int line, const char *text)
{
	const struct gr_line *l = &gr_tab.line[line];

	if (l->flags & GR_L_ONOFF && !(l->flags & GR_L_KEEP))
		return false;
	return !l->default_text || strcmp(l->default_text, text) != 0;
}

static void an_accepted_line_is_printed_once(void **state)
{
	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++)
		for (uint64_t k = 0; is_config(line) && k < 8; k++) {
			struct gen g = {(uint64_t)line * 100 + k, false};
			struct spot p;
			char *text;

			spot_open(&p, &g, line);
			gen_feed(p.ed, sb_str(&p.text));
			assert_int_equal(cfg_editor_last_line(p.ed), line);
			if (!(gr_tab.line[line].flags & GR_L_REPEATS)) {
				gen_feed(p.ed, sb_str(&p.text)); /* again: nothing new */
				assert_true(
				        !cfg_editor_changed(p.ed) || gr_tab.line[line].info.enters);
			}
			const struct cfg *c = cfg_editor_candidate(p.ed);

			if (cfg_lines(c) > cfg_lines(p.base)) {
				text = gen_print(c);
				if (cfg_lines(c) != cfg_lines(p.base) + 1)
					fail_msg("%s\nmakes more than a line of:\n%s",
					        sb_str(&p.text), text);
				assert_int_equal(occurrences(text, gr_node_text(deepest(c))), 1);
				free(text);
			} else {
				struct gr_run r;
				struct gr_path path;
				struct strbuf canon = {0};
				size_t fail, caret;

				gr_split(&r, sb_str(&p.text));
				assert_int_equal(gr_match_from(&r, gr_tab.line[line].info.mode, 15,
				                         0, &fail, &caret, &path),
				        GR_OK);
				gr_canon(&path, &canon);
				assert_false(stores(line, sb_str(&canon)));
				sb_fini(&canon);
			}
			spot_close(&p);
		}
}

static void repeated_lines_all_survive_in_order(void **state)
{
	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++) {
		if (!(gr_tab.line[line].flags & GR_L_MULTI))
			continue;
		struct gen g = {(uint64_t)line, false};
		struct spot p;
		size_t distinct = 0;

		spot_open(&p, &g, line);
		for (int i = 0; i < 60; i++) {
			gen_line(&g, line, p.s);
			gen_text(p.s, &p.text);
			gen_feed(p.ed, sb_str(&p.text));
			distinct += cfg_editor_changed(p.ed);
			assert_int_equal(cfg_lines(cfg_editor_candidate(p.ed)),
			        cfg_lines(p.base) + distinct);
			if (i % 3 == 0) { /* what is there already stays the only one, or not */
				gen_feed(p.ed, sb_str(&p.text));
				assert_int_equal(cfg_editor_changed(p.ed),
				        (gr_tab.line[line].flags & GR_L_REPEATS) != 0);
				distinct += cfg_editor_changed(p.ed);
			}
		}
		spot_close(&p);
	}
}

/* Where the head of one line is the whole of another, `no` means that other. */
static bool is_another_line(int line, const char *head)
{
	struct gr_run r;
	struct gr_path path;
	size_t fail, caret;

	gr_split(&r, head);
	return gr_match_from(&r, gr_tab.line[line].info.mode, 15, 0, &fail, &caret, &path) ==
	               GR_OK &&
	       path.line != line;
}

static void no_with_the_head_alone_leaves_nothing(void **state)
{
	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++)
		for (uint64_t k = 0; is_config(line) && k < 6; k++) {
			const struct gr_line *l = &gr_tab.line[line];
			struct gen g = {(uint64_t)line * 1000 + k, false};
			struct strbuf no = {0};
			struct spot p;
			size_t end = 0;

			if (l->flags & GR_L_ONOFF)
				continue;
			spot_open(&p, &g, line);
			gen_feed(p.ed, sb_str(&p.text));
			for (size_t i = 0; i < p.s->n; i++) {
				const struct gr_pos *pos = gr_pos_at(p.s->word[i].pos);

				if (!pos->line || pos->flags & GR_P_KEY ||
				        (!*l->lead_text && !(l->flags & GR_L_KEYED)))
					end = i + 1;
			}
			sb_puts(&no, "no");
			for (size_t i = 0; i < end; i++)
				sb_printf(&no, " %s", p.s->word[i].text);
			gen_feed(p.ed, sb_str(&no));
			size_t left = cfg_lines(cfg_editor_candidate(p.ed)) - cfg_lines(p.base);

			if (left && !is_another_line(line, sb_str(&no) + 3))
				fail_msg("%s\n%s\nleaves %zu", sb_str(&p.text), sb_str(&no), left);
			sb_fini(&no);
			spot_close(&p);
		}
}

/* The word that is the first key of the sentence, or NULL. */
static struct gen_word *first_key(struct gen_sentence *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (gr_pos_at(s->word[i].pos)->flags & GR_P_KEY)
			return &s->word[i];
	return NULL;
}

/* Enters a sentence of this line about that object; false: it cannot name it. */
static bool feed_about(
        struct gen *g, struct spot *p, int line, const struct gen_word *about, struct strbuf *head)
{
	const struct gr_pos *want = gr_pos_at(about->pos), *has;
	struct gen_word *key;

	gen_line(g, line, p->s);
	key = first_key(p->s);
	if (!key)
		return false;
	has = gr_pos_at(key->pos);
	if (has->type != want->type || has->lo != want->lo || has->hi != want->hi)
		return false;
	snprintf(key->text, sizeof(key->text), "%s", about->text);
	gen_text(p->s, &p->text);
	gen_feed(p->ed, sb_str(&p->text));
	sb_clear(head);
	for (const struct gen_word *w = p->s->word; w <= key; w++)
		sb_printf(head, " %s", w->text);
	return true;
}

/* `no neighbor X` takes all that was said about X, whatever lines said it, and nothing of Y. */
static void no_with_a_shared_head_takes_all_lines_of_that_object(void **state)
{
	unsigned pairs = 0;

	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++) {
		const struct gr_line *l = &gr_tab.line[line];

		for (int other = line + 1; is_config(line) && other <= gr_tab.n_line; other++) {
			const struct gr_line *o = &gr_tab.line[other];
			struct gen g = {(uint64_t)line * 1000 + (uint64_t)other, false};
			struct strbuf head = {0}, also = {0};
			struct gen_word x, y;
			struct spot p;

			if (l->lead != o->lead || !(l->flags & GR_L_KEYED) ||
			        !(o->flags & GR_L_KEYED) || (l->flags | o->flags) & GR_L_ONOFF)
				continue;
			spot_open(&p, &g, line);
			if (!first_key(p.s)) {
				spot_close(&p);
				continue;
			}
			x = y = *first_key(p.s);
			while (strcmp(x.text, y.text) == 0)
				gen_value(&g, gr_pos_at(y.pos), y.text);
			feed_about(&g, &p, line, &y, &also);
			size_t kept = cfg_lines(cfg_editor_candidate(p.ed));

			if (feed_about(&g, &p, line, &x, &head) &&
			        feed_about(&g, &p, other, &x, &also) &&
			        strcmp(sb_str(&head), sb_str(&also)) == 0 &&
			        !is_another_line(line, sb_str(&head) + 1)) {
				sb_clear(&also);
				sb_printf(&also, "no%s", sb_str(&head));
				gen_feed(p.ed, sb_str(&also));
				if (cfg_lines(cfg_editor_candidate(p.ed)) != kept)
					fail_msg("%s: %zu lines, not %zu", sb_str(&also),
					        cfg_lines(cfg_editor_candidate(p.ed)), kept);
				pairs++;
			}
			sb_fini(&head);
			sb_fini(&also);
			spot_close(&p);
		}
	}
	assert_true(pairs > 50);
}

static void no_of_each_line_in_reverse_empties(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct gen g = {seed, false};
		struct cfg *c = gen_config(&g, 40);
		struct cfg_editor *ed = cfg_editor_new(c);

		for (;;) {
			struct cfg_iter it;
			const struct cfg_node *last = NULL;
			struct strbuf no = {0};

			for (const struct cfg_node *n =
			                cfg_first(cfg_root(cfg_editor_candidate(ed)), GR_NONE, &it);
			        n; n = cfg_next(&it))
				last = n;
			if (!last)
				break;
			bool onoff = gr_tab.line[cfg_node_line(last)].flags & GR_L_ONOFF;

			sb_printf(&no, "%s %s", onoff ? "default" : "no",
			        cfg_node_text(last) + (cfg_node_negated(last) ? 3 : 0));
			size_t before = cfg_lines(cfg_editor_candidate(ed));

			gen_feed(ed, sb_str(&no));
			assert_true(cfg_lines(cfg_editor_candidate(ed)) < before);
			sb_fini(&no);
		}
		assert_int_equal(cfg_lines(cfg_editor_candidate(ed)), 0);
		cfg_editor_free(ed);
		cfg_unref(c);
	}
}

static void keyed_lines_print_the_same_in_any_order_of_entry(void **state)
{
	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++) {
		const struct gr_line *l = &gr_tab.line[line];

		if (!is_config(line) || !(l->flags & GR_L_KEYED) || l->flags & GR_L_MULTI)
			continue;
		struct gen g = {(uint64_t)line, false};
		struct spot p, q;
		char *line_text[12];

		spot_open(&p, &g, line);
		g.state = (uint64_t)line;
		spot_open(&q, &g, line);
		for (size_t i = 0; i < ARRAY_LEN(line_text); i++) {
			gen_line(&g, line, p.s);
			gen_text(p.s, &p.text);
			line_text[i] = xstrdup(sb_str(&p.text));
			gen_feed(p.ed, line_text[i]);
		}
		/* Of two with the same key the later counts: enter backwards, then forwards. */
		for (size_t i = ARRAY_LEN(line_text); i-- > 0;)
			gen_feed(q.ed, line_text[i]);
		for (size_t i = 0; i < ARRAY_LEN(line_text); i++) {
			gen_feed(q.ed, line_text[i]);
			free(line_text[i]);
		}
		same_print(cfg_editor_candidate(p.ed), cfg_editor_candidate(q.ed), (uint64_t)line);
		spot_close(&p);
		spot_close(&q);
	}
}

struct apply {
	struct cfg_editor *ed;
	struct strbuf log;
};

static void apply(void *ctx, unsigned depth, const char *command)
{
	struct apply *a = ctx;

	sb_printf(&a->log, "%*s%s\n", (int)depth, "", command);
	gen_feed(a->ed, command);
}

static void the_difference_applied_gives_the_other(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct gen g = {seed, seed % 2};
		struct cfg *a = gen_config(&g, 30), *b = gen_config(&g, 30);
		struct apply x = {.ed = cfg_editor_new(a)};

		/* Relatives, not strangers: b is a with lines of its own. */
		if (seed % 3) {
			char *text = gen_print(b);
			struct cfg_editor *ed = cfg_editor_new(a);

			cfg_load_text(ed, text, NULL, NULL);
			free(text);
			cfg_unref(b);
			b = cfg_ref(cfg_editor_candidate(ed));
			cfg_editor_free(ed);
		}
		cfg_diff(a, b, apply, &x);
		char *want = gen_print(b), *got = gen_print(cfg_editor_candidate(x.ed));

		if (strcmp(want, got) != 0)
			print_message("seed %llu\n%s", (unsigned long long)seed, sb_str(&x.log));
		assert_string_equal(want, got);
		free(want);
		free(got);
		sb_fini(&x.log);
		cfg_editor_free(x.ed);
		cfg_unref(a);
		cfg_unref(b);
	}
}

static void count_change(void *ctx, const struct cfg_change *ch)
{
	long *lines = ctx;

	assert_true(ch->old || ch->new);
	*lines += (ch->new != NULL) - (ch->old != NULL);
}

static void nothing(void *ctx, unsigned depth, const char *command)
{
	(void)ctx;
	(void)depth;
	fail_msg("no command expected: %s", command);
}

static void changes_account_for_every_line(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct gen g = {seed, seed % 2};
		struct cfg *a = gen_config(&g, 40), *b = gen_config(&g, 40);
		long lines = 0;

		cfg_changes(a, b, count_change, &lines);
		assert_int_equal((long)cfg_lines(b) - (long)cfg_lines(a), lines);
		cfg_diff(a, a, nothing, NULL);
		cfg_unref(a);
		cfg_unref(b);
	}
}

/* What is decoded from a stored line, put into a sentence again: here only that decoding succeeds
 * for all of them. */
static void every_stored_line_decodes(void **state)
{
	(void)state;
	for (int line = 1; line <= gr_tab.n_line; line++)
		for (uint64_t k = 0; is_config(line) && k < 4; k++) {
			struct gen g = {(uint64_t)line * 10 + k, false};
			struct spot p;
			struct arena a;

			spot_open(&p, &g, line);
			gen_feed(p.ed, sb_str(&p.text));
			const struct cfg_node *n = deepest(cfg_editor_candidate(p.ed));

			arena_init(&a);
			if (n && cfg_node_line(n) == line)
				assert_true(cfg_node_decode(n, &a,
				        arena_alloc(&a, gr_decode_size(line)),
				        gr_decode_size(line)));
			arena_fini(&a);
			spot_close(&p);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(printed_text_reads_back_to_the_same_text),
	        cmocka_unit_test(an_accepted_line_is_printed_once),
	        cmocka_unit_test(repeated_lines_all_survive_in_order),
	        cmocka_unit_test(no_with_the_head_alone_leaves_nothing),
	        cmocka_unit_test(no_with_a_shared_head_takes_all_lines_of_that_object),
	        cmocka_unit_test(no_of_each_line_in_reverse_empties),
	        cmocka_unit_test(keyed_lines_print_the_same_in_any_order_of_entry),
	        cmocka_unit_test(the_difference_applied_gives_the_other),
	        cmocka_unit_test(changes_account_for_every_line),
	        cmocka_unit_test(every_stored_line_decodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
