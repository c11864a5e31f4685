/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run time over a small grammar of its own (tests/grammar/small/), where every form of the
 * language occurs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lines.h"

struct box {
	struct cfg_editor *ed;
	struct strbuf text;
};

static int open_box(void **state)
{
	struct box *b = xcalloc(1, sizeof(*b));
	struct cfg *empty = cfg_new();

	b->ed = cfg_editor_new(empty);
	cfg_unref(empty);
	*state = b;
	return 0;
}

static int close_box(void **state)
{
	struct box *b = *state;

	cfg_editor_free(b->ed);
	sb_fini(&b->text);
	free(b);
	return 0;
}

/* Lines, one below the other, all to be taken. */
static void enter(struct box *b, const char *lines)
{
	unsigned n = cfg_load_text(b->ed, lines, NULL, NULL);

	assert_int_equal(n, 0);
}

static void prints(struct box *b, const char *want)
{
	sb_clear(&b->text);
	cfg_print(cfg_editor_candidate(b->ed), false, &b->text);
	assert_string_equal(sb_str(&b->text), want);
}

static struct gr_diag refused(struct box *b, const char *line, enum gr_status status)
{
	struct gr_diag d = cfg_editor_line(b->ed, line, NULL);

	assert_int_equal(d.status, status);
	return d;
}

static const struct cfg *cfg_of(struct box *b)
{
	return cfg_editor_candidate(b->ed);
}

/* ---- what lines do ------------------------------------------------------------------------- */

static void a_newer_line_replaces_an_older(void **state)
{
	enter(*state, "name a\nNAME b\n");
	prints(*state, "name b\n");
	assert_true(cfg_editor_changed(((struct box *)*state)->ed));
	enter(*state, "name b\n");
	assert_false(cfg_editor_changed(((struct box *)*state)->ed));
	enter(*state, "no name whatever follows\n");
	prints(*state, "");
}

static void a_default_is_not_stored(void **state)
{
	enter(*state, "scalar 11\n");
	prints(*state, "scalar 11\n");
	enter(*state, "scalar 010\n");
	prints(*state, "");
	enter(*state, "scalar 9\ndefault scalar\n");
	prints(*state, "");
}

static void what_is_on_prints_only_its_negation(void **state)
{
	enter(*state, "on by default\n");
	prints(*state, "");
	enter(*state, "no on by default\n");
	prints(*state, "no on by default\n");
	enter(*state, "on by default\n");
	prints(*state, "");
	enter(*state, "no on by default\ndefault on by default\n");
	prints(*state, "");
}

static void what_is_kept_prints_both_ways(void **state)
{
	enter(*state, "kept 3\n");
	prints(*state, "kept 3\n");
	enter(*state, "no kept\n");
	prints(*state, "no kept\n");
	enter(*state, "kept\n");
	prints(*state, "kept\n");
	enter(*state, "no kept 5\ndefault kept\n");
	prints(*state, "");
}

static void keyed_lines_sort_by_number(void **state)
{
	enter(*state, "list 20 10.0.0.2\nlist 3 2001:db8::1 down\nlist 100 10.0.0.1 up\nlist 20 "
	              "10.0.0.9\n");
	prints(*state, "list 3 2001:DB8::1 down\nlist 20 10.0.0.9\nlist 100 10.0.0.1\n");
	enter(*state, "no list 20 junk\n");
	prints(*state, "list 3 2001:DB8::1 down\nlist 100 10.0.0.1\n");
	enter(*state, "no list\n");
	prints(*state, "");
}

static void a_list_is_not_wiped_by_a_mistake(void **state)
{
	enter(*state, "list 1 10.0.0.1\n");
	refused(*state, "no list 999", GR_INVALID);
	refused(*state, "no list x", GR_INVALID);
	prints(*state, "list 1 10.0.0.1\n");
}

static void repeated_lines_keep_their_order(void **state)
{
	enter(*state, "many g z\nmany g a\nmany f m\nmany g z\n");
	prints(*state, "many f m\nmany g z\nmany g a\n");
	enter(*state, "no many g z\nmany g z\n");
	prints(*state, "many f m\nmany g a\nmany g z\n");
	enter(*state, "no many g\n");
	prints(*state, "many f m\n");
	enter(*state, "no many f absent\n");
	prints(*state, "many f m\n");
	enter(*state, "no many\n");
	prints(*state, "");
}

static void long_runs_of_repeated_lines_stay_free_of_duplicates(void **state)
{
	struct box *b = *state;
	char line[40];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 200; i++) {
			snprintf(line, sizeof(line), "many g %d", i * 7 % 200);
			assert_int_equal(cfg_editor_line(b->ed, line, NULL).status, GR_OK);
			assert_int_equal(cfg_editor_changed(b->ed), round == 0);
		}
	assert_int_equal(cfg_lines(cfg_of(b)), 200);
	for (int i = 0; i < 190; i++) {
		snprintf(line, sizeof(line), "no many g %d", i * 7 % 200);
		assert_int_equal(cfg_editor_line(b->ed, line, NULL).status, GR_OK);
		assert_true(cfg_editor_changed(b->ed));
	}
	assert_int_equal(cfg_lines(cfg_of(b)), 10);
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "many g %d", i * 7 % 200);
		assert_int_equal(cfg_editor_line(b->ed, line, NULL).status, GR_OK);
		assert_int_equal(cfg_editor_changed(b->ed), i < 190);
	}
	assert_int_equal(cfg_lines(cfg_of(b)), 200);
}

static void sets_print_in_the_order_of_the_declaration(void **state)
{
	enter(*state, "options gam be 2 al\n");
	prints(*state, "options alpha beta 2 gamma\n");
	refused(*state, "options", GR_INCOMPLETE);
	assert_int_equal(refused(*state, "options alpha alpha", GR_INVALID).caret, 14);
	enter(*state, "opt 1\nopt 2 two one\n");
	prints(*state, "options alpha beta 2 gamma\nopt 2 one two\n");
}

static void other_spellings_become_the_line(void **state)
{
	enter(*state, "ring K\n");
	prints(*state, "spelling local K\n");
	enter(*state, "far h.example quick\n");
	prints(*state, "spelling remote h.example quick\n");
	enter(*state, "no ring\n");
	prints(*state, "");
}

static void a_builtin_object_can_be_disabled_and_brought_back(void **state)
{
	struct box *b = *state;

	assert_true(cfg_defines(cfg_of(b), "object", "default"));
	enter(b, "no object default\n");
	prints(b, "no object default\n");
	assert_false(cfg_defines(cfg_of(b), "object", "default"));
	enter(b, "default object default\n");
	prints(b, "");
	enter(b, "object default\nvalue 1\nno object default\n");
	prints(b, "no object default\n");
	enter(b, "object default\n");
	prints(b, "object default\n!\n");
	enter(b, "no object other\n");
	assert_true(cfg_defines(cfg_of(b), "object", "default"));
}

static void notes_and_notices(void **state)
{
	struct box *b = *state;

	assert_string_equal(cfg_editor_line(b->ed, "later", NULL).text,
	        "Note: this line is kept but not acted on yet (later)");
	assert_string_equal(cfg_editor_line(b->ed, "later much", NULL).text, "");
	assert_string_equal(cfg_editor_line(b->ed, "algs aes", NULL).text, "");
	assert_string_equal(cfg_editor_line(b->ed, "algs des", NULL).text,
	        "Note: this line is kept but not acted on yet (weak ciphers)");
	assert_string_equal(cfg_editor_line(b->ed, "noted", NULL).text, "First line\n second line");
	assert_string_equal(cfg_editor_line(b->ed, "noted", NULL).text, "");
	assert_string_equal(cfg_node_pending(cfg_find(cfg_root(cfg_of(b)), GR_L_global_algs, NULL)),
	        "weak ciphers");
	assert_string_equal(
	        cfg_node_pending(cfg_find(cfg_root(cfg_of(b)), GR_L_global_later, NULL)), "later");
	assert_null(cfg_node_pending(cfg_find(cfg_root(cfg_of(b)), GR_L_global_noted, NULL)));
}

/* ---- sections ------------------------------------------------------------------------------ */

static void sections_print_in_order_with_their_indents(void **state)
{
	enter(*state, "tail x y\nnumber 7 plain\nswitch\nobject b\n value 2\n inner 5\n  value "
	              "3\nobject a\nvalue 1\nname n\n");
	prints(*state, "name n\n!\nobject a\n value 1\n!\nobject b\n value 2\n inner 5\n   value "
	               "3\n exit-inner\n!\n"
	               "number 7 plain\n switch\n!\ntail x y\n");
}

static void a_line_falls_back_level_by_level(void **state)
{
	struct box *b = *state;

	enter(b, "object a\ninner 1\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_inner);
	enter(b, "value 9\n"); /* known in both: the inner one takes it */
	enter(b, "pointer 3\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_object);
	enter(b, "inner 2\nname x\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_global);
	prints(b, "name x\n!\nobject a\n pointer 3\n inner 1\n   value 9\n exit-inner\n inner 2\n "
	          "exit-inner\n!\n");
}

static void a_mistake_does_not_leave_the_section(void **state)
{
	struct box *b = *state;

	enter(b, "object a\ninner 1\n");
	refused(b, "nonsense", GR_INVALID);
	refused(b, "tail", GR_INCOMPLETE);
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_inner);
}

static void the_attempt_that_got_furthest_is_reported(void **state)
{
	struct box *b = *state;

	enter(b, "object a\n");
	/* `value` of the section fails at its number, global knows no `value`. */
	assert_int_equal(refused(b, "value x", GR_INVALID).caret, 6);
	/* `scalar` is global's: its number is the mistake, not the word. */
	assert_int_equal(refused(b, "scalar 101", GR_INVALID).caret, 7);
}

static void exit_end_and_closing_words(void **state)
{
	struct box *b = *state;
	bool left;

	enter(b, "object a\ninner 1\nexit-inner\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_object);
	enter(b, "inner 1\nexit\nexi\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_global);
	cfg_editor_line(b->ed, "exit", &left);
	assert_true(left);
	enter(b, "object a\n");
	cfg_editor_line(b->ed, "end", &left);
	assert_true(left);
	assert_int_equal(refused(b, "exit now", GR_INVALID).caret, 5);
	assert_int_equal(refused(b, "e", GR_AMBIGUOUS).caret, 0);
	assert_int_equal(cfg_editor_line(b->ed, " ! exit", &left).status, GR_EMPTY);
	assert_false(left);
	assert_int_equal(cfg_editor_line(b->ed, " \t ", &left).status, GR_EMPTY);
}

static void a_file_ends_at_end(void **state)
{
	enter(*state, "name a\nexit\nexit\nname b\nend\nname c\n");
	prints(*state, "name b\n");
}

static void entering_a_section_again_keeps_what_stands_in_it(void **state)
{
	enter(*state, "number 1 plain\nswitch\nnumber 1 kind k\n");
	prints(*state, "number 1 kind k\n switch\n!\n");
	enter(*state, "no number 1\n");
	prints(*state, "");
}

static void default_empties_an_interface(void **state)
{
	enter(*state, "port Tunnel 1\nspeed 10\ndefault port tu1\n");
	prints(*state, "port Tunnel1\n!\n");
	enter(*state, "port lo0\nport gi0/0.5\nport gi0/1\nport GigabitEthernet 0/0\nport eth0\n");
	prints(*state, "port Loopback0\n!\nport Tunnel1\n!\nport GigabitEthernet0/0\n!\nport "
	               "GigabitEthernet0/0.5\n!\n"
	               "port GigabitEthernet0/1\n!\nport eth0\n!\n");
}

static void no_is_for_the_open_section_first(void **state)
{
	struct box *b = *state;

	enter(b, "object a\nvalue 5\ninner 3\nvalue 6\nno value\n");
	prints(b, "object a\n value 5\n inner 3\n exit-inner\n!\n");
	enter(b, "no pointer\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_object);
	enter(b, "no value\nno name\n");
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_global);
}

/* ---- snapshots ----------------------------------------------------------------------------- */

static void a_snapshot_does_not_change(void **state)
{
	struct box *b = *state;
	struct strbuf sb = {0};

	enter(b, "name a\nobject o\nvalue 1\n");
	struct cfg *kept = cfg_ref(cfg_of(b));
	uint64_t version = cfg_version(kept);

	enter(b, "value 2\nno name\nobject p\n");
	cfg_print(kept, false, &sb);
	assert_string_equal(sb_str(&sb), "name a\n!\nobject o\n value 1\n!\n");
	assert_int_equal(cfg_version(kept), version);
	assert_true(cfg_version(cfg_of(b)) != version);
	prints(b, "object o\n value 2\n!\nobject p\n!\n");
	sb_fini(&sb);
	cfg_unref(kept);
}

/* A snapshot holds exactly the numbers that the model says, in order. */
static void holds(const struct cfg *c, const bool *model, int n)
{
	const struct cfg_tree *t = cfg_root(c);
	struct cfg_iter it;
	const struct cfg_node *l = cfg_first(t, GR_L_global_number, &it);
	char key[12];

	for (int i = 1; i < n; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(cfg_find(t, GR_L_global_number, key) != NULL, model[i]);
		if (!model[i])
			continue;
		assert_non_null(l);
		assert_int_equal(atoi(cfg_node_text(l) + strlen("number ")), i);
		l = cfg_next(&it);
	}
	assert_null(l);
}

static void lines_come_and_go_while_snapshots_are_kept(void **state)
{
	enum { N = 1001, KEPT = 20, STEPS = 300 };
	struct box *b = *state;
	static bool model[KEPT + 1][N];
	struct cfg *kept[KEPT];
	uint32_t x = 1;
	char line[40];

	memset(model, 0, sizeof(model));
	for (int k = 0; k < KEPT; k++) {
		for (int i = 0; i < STEPS; i++) {
			x = x * 1664525u + 1013904223u;
			int n = 1 + (int)(x >> 8) % (N - 1);
			/* It grows, then shrinks. */
			bool add = (x >> 28) < (k < KEPT / 2 ? 12 : 4);

			snprintf(line, sizeof(line), "%snumber %d plain", add ? "" : "no ", n);
			enter(b, line);
			model[KEPT][n] = add;
		}
		memcpy(model[k], model[KEPT], sizeof(model[k]));
		kept[k] = cfg_ref(cfg_of(b));
	}
	for (int k = 0; k < KEPT; k++) {
		holds(kept[k], model[k], N);
		cfg_unref(kept[k]);
	}
	for (int n = 1; n < N; n++) {
		snprintf(line, sizeof(line), "no number %d", n);
		enter(b, line);
	}
	assert_int_equal(cfg_lines(cfg_of(b)), 0);
}

/* Editors go on from each other's snapshots, or from their own, and forget them, in any order. */
static void snapshots_branch_and_die_in_any_order(void **state)
{
	enum { N = 400, POOL = 7, STEPS = 3000 };
	static bool model[POOL][N];
	struct cfg_editor *pool[POOL];
	struct cfg *empty = cfg_new();
	uint32_t x = 7;
	char line[40];

	(void)state;
	memset(model, 0, sizeof(model));
	for (int k = 0; k < POOL; k++)
		pool[k] = cfg_editor_new(empty);
	for (int s = 0; s < STEPS; s++) {
		x = x * 1664525u + 1013904223u;
		int from = (int)(x >> 8) % POOL, to = (int)(x >> 16) % POOL;
		int edits = 1 + (int)(x >> 28);

		cfg_editor_rebase(pool[to], cfg_editor_candidate(pool[from]));
		memcpy(model[to], model[from], sizeof(model[to]));
		for (int i = 0; i < edits; i++) {
			x = x * 1664525u + 1013904223u;
			int n = 1 + (int)(x >> 8) % (N - 1), of = x >> 7 & 1 ? to : from;
			bool add = (x >> 28) < (s % 500 < 300 ? 12 : 3);

			snprintf(line, sizeof(line), "%snumber %d plain", add ? "" : "no ", n);
			assert_int_equal(cfg_editor_line(pool[of], line, NULL).status, GR_OK);
			model[of][n] = add;
		}
		holds(cfg_editor_candidate(pool[s % POOL]), model[s % POOL], N);
	}
	for (int k = 0; k < POOL; k++) {
		holds(cfg_editor_candidate(pool[k]), model[k], N);
		cfg_editor_free(pool[k]);
	}
	cfg_unref(empty);
}

static void a_line_that_changes_nothing_makes_no_snapshot(void **state)
{
	struct box *b = *state;

	enter(b, "name a\nmany g t\n");
	uint64_t version = cfg_version(cfg_of(b));

	enter(b, "name a\nmany g t\nno scalar\nno list 3\non by default\n! remark\n");
	assert_int_equal(cfg_version(cfg_of(b)), version);
}

static void rebase_keeps_the_sections_that_are_still_there(void **state)
{
	struct box *b = *state;
	struct cfg *with, *without;

	enter(b, "object a\n");
	without = cfg_ref(cfg_of(b));
	enter(b, "inner 1\n");
	with = cfg_ref(cfg_of(b));
	cfg_editor_rebase(b->ed, with);
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_inner);
	cfg_editor_rebase(b->ed, without);
	assert_int_equal(cfg_editor_mode(b->ed), GR_MODE_object);
	enter(b, "value 4\n");
	prints(b, "object a\n value 4\n!\n");
	cfg_unref(with);
	cfg_unref(without);
}

static void iterators_and_look_ups(void **state)
{
	struct box *b = *state;
	struct cfg_iter it;
	unsigned n = 0;

	enter(b, "name x\nlist 3 10.0.0.3\nlist 12 10.0.0.12\nport Tunnel2\nobject o\n");
	const struct cfg_tree *t = cfg_root(cfg_of(b));

	for (const struct cfg_node *l = cfg_first(t, GR_L_global_list, &it); l; l = cfg_next(&it))
		n++;
	assert_int_equal(n, 2);
	assert_string_equal(
	        cfg_node_text(cfg_find(t, GR_L_global_list, "12")), "list 12 10.0.0.12");
	assert_null(cfg_find(t, GR_L_global_list, "1"));
	assert_non_null(cfg_find(t, GR_L_global_port, "Tunnel2"));
	assert_null(cfg_find(t, GR_L_global_port, "Tunnel1"));
	assert_non_null(cfg_find(t, GR_L_global_object, "o"));
	assert_null(cfg_find(t, GR_L_global_object, "obj"));
	assert_null(cfg_first(t, GR_L_global_tail, &it));
	assert_null(cfg_first(NULL, GR_NONE, &it));
}

struct found {
	struct strbuf text;
};

static void on_dangling(void *ctx, const struct cfg_node *n, const char *kind, const char *name)
{
	sb_printf(ctx, "%s: %s %s\n", cfg_node_text(n), kind, name);
}

static void references_to_nothing_are_found(void **state)
{
	struct box *b = *state;
	struct strbuf sb = {0};

	enter(b, "spelling local K\nobject a\npointer 5\nobject c\npointer 6\nnumber 6 plain\n");
	cfg_dangling(cfg_of(b), on_dangling, &sb);
	assert_string_equal(sb_str(&sb), "spelling local K: object K\npointer 5: number 5\n");
	enter(b, "object K\nnumber 5 plain\n");
	sb_clear(&sb);
	cfg_dangling(cfg_of(b), on_dangling, &sb);
	assert_string_equal(sb_str(&sb), "");
	sb_fini(&sb);
}

/* ---- values -------------------------------------------------------------------------------- */

static void values_decode(void **state)
{
	struct box *b = *state;
	struct arena a;
	struct gl_global_list list;
	struct gl_global_algs algs;
	struct gl_global_addrs addrs;
	struct gl_global_set set;
	struct gl_object_pointer pointer;
	struct gl_global_secret secret;

	arena_init(&a);
	enter(b, "list 7 10.1.2.3 down\nalgs aes null aes\naddrs 1.1.1.1 2.2.2.2 3.3.3.3\noptions "
	         "beta 4\nsecret 0  a  b  \nobject o\npointer 9\n");
	const struct cfg_tree *t = cfg_root(cfg_of(b));

	assert_true(gl_global_list_get(cfg_find(t, GR_L_global_list, "7"), &a, &list));
	assert_true(list.has_seq && list.has_addr && list.kw_down && !list.kw_up);
	assert_int_equal(list.seq, 7);
	assert_int_equal(ipaddr_u32(&list.addr), 0x0a010203);
	assert_true(gl_global_algs_get(cfg_find(t, GR_L_global_algs, NULL), &a, &algs));
	assert_int_equal(algs.n_alg, 3);
	assert_string_equal(algs.alg[1], "null");
	assert_string_equal(algs.alg[2], "aes");
	assert_true(gl_global_addrs_get(cfg_find(t, GR_L_global_addrs, NULL), &a, &addrs));
	assert_int_equal(addrs.n_addr, 3);
	assert_int_equal(ipaddr_u32(&addrs.addr[2]), 0x03030303);
	assert_true(gl_global_set_get(cfg_find(t, GR_L_global_set, NULL), &a, &set));
	assert_true(set.kw_beta && !set.kw_alpha && set.has_b && set.b == 4);
	assert_true(gl_global_secret_get(cfg_find(t, GR_L_global_secret, NULL), &a, &secret));
	assert_true(secret.kw_0);
	assert_string_equal(secret.secret, "a  b");
	const struct cfg_node *o = cfg_find(t, GR_L_global_object, "o");

	assert_true(gl_object_pointer_get(
	        cfg_find(cfg_children(o), GR_L_object_pointer, NULL), &a, &pointer));
	assert_int_equal(pointer.to, 9);
	assert_false(gl_object_pointer_get(o, &a, &pointer));
	arena_fini(&a);
}

static void negated_lines_decode_their_keys(void **state)
{
	struct box *b = *state;
	struct gl_global_object object;
	struct gl_global_kept kept;
	struct arena a;

	arena_init(&a);
	enter(b, "no object default\nno kept 3\n");
	const struct cfg_node *n = cfg_find(cfg_root(cfg_of(b)), GR_L_global_object, "default");

	assert_true(cfg_node_negated(n));
	assert_true(gl_global_object_get(n, &a, &object));
	assert_string_equal(object.name, "default");
	n = cfg_find(cfg_root(cfg_of(b)), GR_L_global_kept, NULL);
	assert_true(cfg_node_negated(n));
	assert_true(gl_global_kept_get(n, &a, &kept));
	assert_false(kept.has_level);
	arena_fini(&a);
}

static void every_type_takes_its_own_and_no_other(void **state)
{
	static const struct {
		const char *good, *canon, *bad;
	} rows[] = {
	        {"ip4 10.0.0.255", NULL, "ip4 10.0.0.256"},
	        {"ip4 0.0.0.0", NULL, "ip4 10.0.0"},
	        {"ip4 1.2.3.4", NULL, "ip4 01.2.3.4"},
	        {"ip6 2001:db8::1", "ip6 2001:DB8::1", "ip6 10.0.0.1"},
	        {"ip6 ::", NULL, "ip6 2001:db8:::1"},
	        {"ip 10.0.0.1", NULL, "ip x"},
	        {"ip fe80::1", "ip FE80::1", "ip 1"},
	        {"mask 255.255.240.0", NULL, "mask 255.0.255.0"},
	        {"mask 0.0.0.0", NULL, "mask 1.1.1.1"},
	        {"wild 0.0.255.3", NULL, "wild 0.0.0.256"},
	        {"prefix4 10.1.0.0/16", NULL, "prefix4 10.1.0.0/33"},
	        {"prefix4 0.0.0.0/0", NULL, "prefix4 10.1.0.0"},
	        {"prefix6 2001:db8::/32", "prefix6 2001:DB8::/32", "prefix6 2001:db8::/129"},
	        {"ifname gi0/1", "ifname GigabitEthernet0/1", "ifname Foo1"},
	        {"ifname Tunnel 7", "ifname Tunnel7", "ifname Tunnel x"},
	        {"ifname eth0", NULL, "ifname Eth"},
	        {"ifname lo 0", "ifname Loopback0", "ifname Loopback2147483648"},
	        {"tunnel tu 3", "tunnel Tunnel3", "tunnel lo3"},
	        {"hex 00fFAb", NULL, "hex 0x12"},
	        {"time 23:59", NULL, "time 24:00"},
	        {"time 1:02:03", NULL, "time 1"},
	        {"big 8589934592", NULL, "big 8589934593"},
	        {"big 007", "big 7", "big -1"},
	        {"big 0", NULL, "big 99999999999999999999999"},
	        {"word a!b", NULL, "word"},
	        {"host a-b.example", NULL, "host a/b"},
	        {"line  a  b ", "line a  b", "line"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct box *b = *state;
		char line[100], want[100];

		snprintf(line, sizeof(line), "types %s", rows[i].good);
		snprintf(want, sizeof(want), "types %s\n",
		        rows[i].canon ? rows[i].canon : rows[i].good);
		enter(b, line);
		prints(b, want);
		snprintf(line, sizeof(line), "types %s", rows[i].bad);
		struct gr_diag d = cfg_editor_line(b->ed, line, NULL);

		if (strchr(rows[i].bad, ' ') && strcmp(rows[i].bad, "ifname Eth") != 0) {
			assert_int_equal(d.status, GR_INVALID);
			assert_int_equal(d.caret, 6 + strcspn(rows[i].bad, " ") + 1);
		} else {
			assert_int_equal(d.status, GR_INCOMPLETE);
		}
	}
}

/* ---- differences --------------------------------------------------------------------------- */

static void on_command(void *ctx, unsigned depth, const char *command)
{
	sb_printf(ctx, "%u %s\n", depth, command);
}

static void differs(const char *from, const char *to, const char *want)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *a = cfg_editor_new(empty), *b = cfg_editor_new(empty);
	struct strbuf sb = {0};

	assert_int_equal(cfg_load_text(a, from, NULL, NULL), 0);
	assert_int_equal(cfg_load_text(b, to, NULL, NULL), 0);
	cfg_diff(cfg_editor_candidate(a), cfg_editor_candidate(b), on_command, &sb);
	assert_string_equal(sb_str(&sb), want);
	sb_fini(&sb);
	cfg_editor_free(a);
	cfg_editor_free(b);
	cfg_unref(empty);
}

static void differences_are_the_shortest_commands(void **state)
{
	(void)state;
	differs("name a\n", "name a\n", "");
	differs("name a\n", "name b\n", "0 name b\n");
	differs("name a\nscalar 3\n", "name a\n", "0 no scalar 3\n");
	differs("no on by default\n", "", "0 default on by default\n");
	differs("kept 3\n", "no kept\n", "0 no kept\n");
	differs("kept 3\n", "", "0 default kept 3\n");
	differs("object default\nvalue 1\n", "", "0 default object default\n");
	differs("object x\nvalue 1\n", "no object default\n",
	        "0 no object x\n0 no object default\n");
	differs("object x\nvalue 1\n", "object x\nvalue 2\n", "0 object x\n1 value 2\n");
	differs("object x\nvalue 1\n", "object x\nvalue 1\ninner 3\n", "0 object x\n1 inner 3\n");
	differs("number 1 plain\nswitch\n", "number 1 kind k\nswitch\n", "0 number 1 kind k\n");
	/* `value` would be taken by the inner section. */
	differs("object x\ninner 1\nvalue 2\n",
	        "object x\nvalue 7\ninner 1\nvalue 3\nobject y\nvalue 1\n",
	        "0 object x\n1 value 7\n1 inner 1\n2 value 3\n0 object y\n1 value 1\n");
}

static void repeated_lines_are_moved_by_entering_them_again(void **state)
{
	(void)state;
	differs("many g a\nmany g b\nmany g c\n", "many g a\nmany g c\nmany g b\n",
	        "0 no many g b\n0 many g b\n");
	differs("many g a\nmany g b\n", "many g x\nmany g a\nmany g b\n",
	        "0 no many g b\n0 no many g a\n0 many g x\n0 many g a\n0 many g b\n");
	differs("many g a\n", "many g a\nmany h a\n", "0 many h a\n");
}

static void on_change(void *ctx, const struct cfg_change *ch)
{
	sb_printf(ctx, "%s%s-> %s", ch->depth ? cfg_node_text(ch->path[0]) : "",
	        ch->depth ? ": " : "", ch->new ? cfg_node_text(ch->new) : "none");
	sb_printf(ctx, " (was %s)\n", ch->old ? cfg_node_text(ch->old) : "none");
}

static void changes_come_with_their_path(void **state)
{
	struct box *b = *state;
	struct strbuf sb = {0};

	enter(b, "name a\nobject o\nvalue 1\n");
	struct cfg *before = cfg_ref(cfg_of(b));

	enter(b, "value 2\nobject p\nvalue 3\nno name\n");
	cfg_changes(before, cfg_of(b), on_change, &sb);
	assert_string_equal(sb_str(&sb),
	        "-> none (was name a)\nobject o: -> value 2 (was value 1)\n"
	        "-> object p (was none)\nobject p: -> value 3 (was none)\n");
	sb_fini(&sb);
	cfg_unref(before);
}

static void all_prints_what_is_in_force_without_a_line(void **state)
{
	struct box *b = *state;

	enter(b, "name a\nno kept\n");
	sb_clear(&b->text);
	cfg_print(cfg_of(b), true, &b->text);
	assert_string_equal(sb_str(&b->text), "name a\nscalar 10\non by default\nno kept\n");
}

/* ---- EXEC ---------------------------------------------------------------------------------- */

static void exec_lines_match_by_privilege(void **state)
{
	struct strbuf canon = {0};
	struct arena a;
	struct gl_exec_do_it it;
	int line;

	(void)state;
	assert_int_equal(gr_match_exec(" sh th det ", 1, &line, &canon).status, GR_OK);
	assert_int_equal(line, GR_L_exec_show_things);
	assert_string_equal(sb_str(&canon), "show things detail");
	assert_int_equal(gr_match_exec("show secrets", 15, &line, &canon).status, GR_OK);
	assert_int_equal(gr_match_exec("show secrets", 1, &line, &canon).status, GR_INVALID);
	assert_int_equal(gr_match_exec("perf 3", 1, &line, &canon).status, GR_OK);
	arena_init(&a);
	assert_true(gr_decode(line, sb_str(&canon), &a, &it, sizeof(it)));
	assert_true(it.kw_perform && !it.kw_do_it && it.n == 3);
	assert_false(gr_decode(line, "perform 10", &a, &it, sizeof(it)));
	arena_fini(&a);
	sb_fini(&canon);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_box, close_box)
	const struct CMUnitTest tests[] = {
	        T(a_newer_line_replaces_an_older),
	        T(a_default_is_not_stored),
	        T(what_is_on_prints_only_its_negation),
	        T(what_is_kept_prints_both_ways),
	        T(keyed_lines_sort_by_number),
	        T(a_list_is_not_wiped_by_a_mistake),
	        T(repeated_lines_keep_their_order),
	        T(long_runs_of_repeated_lines_stay_free_of_duplicates),
	        T(sets_print_in_the_order_of_the_declaration),
	        T(other_spellings_become_the_line),
	        T(a_builtin_object_can_be_disabled_and_brought_back),
	        T(notes_and_notices),
	        T(sections_print_in_order_with_their_indents),
	        T(a_line_falls_back_level_by_level),
	        T(a_mistake_does_not_leave_the_section),
	        T(the_attempt_that_got_furthest_is_reported),
	        T(exit_end_and_closing_words),
	        T(a_file_ends_at_end),
	        T(entering_a_section_again_keeps_what_stands_in_it),
	        T(default_empties_an_interface),
	        T(no_is_for_the_open_section_first),
	        T(a_snapshot_does_not_change),
	        T(lines_come_and_go_while_snapshots_are_kept),
	        T(snapshots_branch_and_die_in_any_order),
	        T(a_line_that_changes_nothing_makes_no_snapshot),
	        T(rebase_keeps_the_sections_that_are_still_there),
	        T(iterators_and_look_ups),
	        T(references_to_nothing_are_found),
	        T(values_decode),
	        T(negated_lines_decode_their_keys),
	        T(every_type_takes_its_own_and_no_other),
	        T(differences_are_the_shortest_commands),
	        T(repeated_lines_are_moved_by_entering_them_again),
	        T(changes_come_with_their_path),
	        T(all_prints_what_is_in_force_without_a_line),
	        T(exec_lines_match_by_privilege),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
