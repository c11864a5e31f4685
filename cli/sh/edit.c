/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line being typed: readline with the keys of IOS and no others, and what was typed before, by
 * kind of mode.
 *
 * Nothing but plain characters, backspaces and newlines is sent for input that is typed in order:
 * no bracketed-paste switch, no colours, no escape sequences in front of a prompt. Programs that
 * drive the terminal depend on it.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/sh/terminal_int.h"

enum { WIDE = 32000 }; /* columns of a terminal that readline need not fold lines for */

/* ---- history -----------------------------------------------------------------------------------
 */

static void use_history(unsigned which)
{
	if (T.history_now == which)
		return;
	free(T.history[T.history_now]);
	T.history[T.history_now] = history_get_history_state();
	if (T.history[which]) {
		history_set_history_state(T.history[which]);
	} else {
		HISTORY_STATE none = {0};

		history_set_history_state(&none);
	}
	stifle_history((int)T.history_size);
	T.history_now = which;
}

static void remember(const char *line)
{
	if (!T.history_size)
		return;
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (line[strspn(line, " \t")] && (!last || strcmp(last->line, line) != 0))
		add_history(line);
}

void edit_forget(void)
{
	for (unsigned i = 0; i < 2; i++) {
		use_history(i);
		clear_history();
		free(history_list());
		free(T.history[i]);
		T.history[i] = NULL;
	}
}

/* ---- editing -----------------------------------------------------------------------------------
 */

static void redisplay(void)
{
	if (T.state == T_EDIT)
		rl_redisplay();
}

/* The cursor behind the line, and `mark` there; readline's idea of the screen is void until
 * edit_draw_again(). */
void edit_leave_line(const char *mark)
{
	int point = rl_point;

	rl_point = rl_end;
	rl_redisplay();
	rl_point = point;
	fputs(mark, stdout);
}

void edit_draw_again(void)
{
	T.state = T_EDIT;
	rl_on_new_line();
	rl_redisplay();
}

static void on_line(char *line)
{
	rl_callback_handler_remove();
	if (!line) {
		T.state = T_END;
		return;
	}
	if (T.interrupt) {
		send_interrupt();
	} else {
		if (!(T.prompt_flags & PROTO_PROMPT_ASK))
			remember(line);
		send_line(line, T.leave ? PROTO_LINE_CTRL_Z : 0);
	}
	T.leave = T.interrupt = false;
	explicit_bzero(line, strlen(line));
	free(line);
}

static int end_line(const char *mark)
{
	edit_leave_line(mark);
	return rl_newline(1, '\n');
}

static int key_ctrl_z(int count, int key)
{
	(void)count;
	(void)key;
	if (!(T.prompt_flags & PROTO_PROMPT_CONFIG))
		return 0;
	T.leave = true;
	return end_line("^Z");
}

/* In the text of a banner it is the delimiter that running-config prints. */
static int key_ctrl_c(int count, int key)
{
	(void)count;
	(void)key;
	if (T.prompt_flags & PROTO_PROMPT_TEXT)
		return rl_insert_text("^C") < 0;
	T.interrupt = true;
	return end_line("^C");
}

static int key_redraw(int count, int key)
{
	(void)count;
	(void)key;
	edit_leave_line("\n");
	rl_on_new_line();
	return 0;
}

static int ask(uint8_t type, const char *mark)
{
	edit_leave_line(mark);
	proto_put(&T.l->out, type, rl_line_buffer, (size_t)rl_point);
	pager_begin(&T.pager);
	T.state = T_ASKED;
	return 0;
}

static int key_help(int count, int key)
{
	if (T.prompt_flags & PROTO_PROMPT_ASK)
		return rl_insert(count, key);
	return ask(PROTO_HELP, "?\n");
}

static int key_tab(int count, int key)
{
	if (T.prompt_flags & PROTO_PROMPT_TEXT)
		return rl_insert(count, key);
	return T.prompt_flags & PROTO_PROMPT_ASK ? 0 : ask(PROTO_COMPLETE, "\n");
}

/* The keys of IOS. `plain`: without `terminal editing` too. */
static const struct {
	const char *keys;
	rl_command_func_t *fn;
	bool plain;
} bindings[] = {
        {"\r", rl_newline, true},
        {"\n", rl_newline, true},
        {"?", key_help, true},
        {"\t", key_tab, true},
        {"\x7f", rl_rubout, true},
        {"\b", rl_rubout, true},
        {"\3", key_ctrl_c, true},
        {"\14", key_redraw, true},
        {"\22", key_redraw, true},
        {"\25", rl_unix_line_discard, true},
        {"\32", key_ctrl_z, true},
        {"\1", rl_beg_of_line, false},
        {"\2", rl_backward_char, false},
        {"\4", rl_delete, false},
        {"\5", rl_end_of_line, false},
        {"\6", rl_forward_char, false},
        {"\13", rl_kill_line, false},
        {"\16", rl_get_next_history, false},
        {"\20", rl_get_previous_history, false},
        {"\24", rl_transpose_chars, false},
        {"\26", rl_quoted_insert, false},
        {"\27", rl_unix_word_rubout, false},
        {"\30", rl_unix_line_discard, false},
        {"\31", rl_yank, false},
        {"\eb", rl_backward_word, false},
        {"\ec", rl_capitalize_word, false},
        {"\ed", rl_kill_word, false},
        {"\ef", rl_forward_word, false},
        {"\el", rl_downcase_word, false},
        {"\eq", rl_quoted_insert, false},
        {"\eu", rl_upcase_word, false},
        {"\ey", rl_yank_pop, false},
        {"\eB", rl_backward_word, false},
        {"\eC", rl_capitalize_word, false},
        {"\eD", rl_kill_word, false},
        {"\eF", rl_forward_word, false},
        {"\eL", rl_downcase_word, false},
        {"\eQ", rl_quoted_insert, false},
        {"\eU", rl_upcase_word, false},
        {"\eY", rl_yank_pop, false},
        {"\e<", rl_beginning_of_history, false},
        {"\e>", rl_end_of_history, false},
        {"\e\x7f", rl_backward_kill_word, false},
        {"\e[A", rl_get_previous_history, false},
        {"\e[B", rl_get_next_history, false},
        {"\e[C", rl_forward_char, false},
        {"\e[D", rl_backward_char, false},
        {"\e[H", rl_beg_of_line, false},
        {"\e[F", rl_end_of_line, false},
        {"\e[3~", rl_delete, false},
        {"\eOA", rl_get_previous_history, false},
        {"\eOB", rl_get_next_history, false},
        {"\eOC", rl_forward_char, false},
        {"\eOD", rl_backward_char, false},
        {"\eOH", rl_beg_of_line, false},
        {"\eOF", rl_end_of_line, false},
};

static Keymap keymap(bool editing)
{
	Keymap map = rl_make_bare_keymap();
	char octal[8];

	for (int c = ' '; c < 256; c++)
		rl_bind_key_in_map(c, rl_insert, map);
	for (size_t i = 0; i < ARRAY_LEN(bindings); i++) {
		const char *k = bindings[i].keys;

		if (!editing && !bindings[i].plain)
			continue;
		if (!k[1]) {
			rl_bind_key_in_map((unsigned char)*k, bindings[i].fn, map);
			continue;
		}
		snprintf(octal, sizeof(octal), "\\e%s", k + 1);
		rl_bind_keyseq_in_map(octal, bindings[i].fn, map);
	}
	return map;
}

static void use_keys(bool editing)
{
	static Keymap maps[2];

	if (!maps[editing])
		maps[editing] = keymap(editing);
	rl_set_keymap(maps[editing]);
}

static int next_key(FILE *in)
{
	char c;

	(void)in;
	if (keys_waiting()) {
		int key = take_key();

		T.after_cr = key == '\r';
		return key;
	}
	return read(STDIN_FILENO, &c, 1) == 1 ? (unsigned char)c
	                                      : EOF; /* within a sequence of keys */
}

static void no_prep(int meta)
{
	(void)meta;
	rl_tty_set_echoing(1);
}

static void no_deprep(void)
{
}

static int input_available(void)
{
	return keys_waiting();
}

/* Programs that drive a terminal call themselves vt100: they get backspaces and blanks only, even
 * when a line is corrected. */
static bool plain_terminal(const char *term)
{
	return !term || !*term || strcmp(term, "dumb") == 0 || strcmp(term, "vt100") == 0;
}

void edit_setup(void)
{
	static const char *const variables[][2] = {
	        {"enable-bracketed-paste", "off"},
	        {"enable-active-region", "off"},
	        {"horizontal-scroll-mode", "off"},
	        {"bell-style", "none"},
	        {"enable-meta-key", "off"},
	        {"enable-keypad", "off"},
	        {"input-meta", "on"},
	        {"output-meta", "on"},
	        {"convert-meta", "off"},
	        {"keyseq-timeout", "0"},
	        {"editing-mode", "emacs"},
	        {"mark-modified-lines", "off"},
	        {"show-mode-in-prompt", "off"},
	        {"revert-all-at-newline", "on"},
	        {"blink-matching-paren", "off"},
	};
	const char *term = getenv("TERM");

	setenv("INPUTRC", "/dev/null", 1);
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	rl_readline_name = "spokesh";
	rl_terminal_name = plain_terminal(term) ? "dumb" : term;
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_getc_function = next_key;
	rl_input_available_hook = input_available;
	rl_prep_term_function = no_prep;
	rl_deprep_term_function = no_deprep;
	rl_initialize();
	rl_redisplay_function = redisplay; /* earlier, readline would not look at the terminal */
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		rl_variable_bind(variables[i][0], variables[i][1]);
	using_history();
	stifle_history((int)T.history_size);
}

/* A terminal that cannot move up would make readline scroll sideways: it gets lines that never end,
 * and folds them itself. */
static void set_screen(void)
{
	bool folds = rl_get_termcap("up") != NULL;

	rl_set_screen_size(T.pager.rows ? (int)T.pager.rows : 24,
	        folds && T.pager.columns ? (int)T.pager.columns : WIDE);
}

void edit_begin(void)
{
	use_history(T.prompt_flags & PROTO_PROMPT_CONFIG ? 1 : 0);
	T.state = T_EDIT;
	set_screen();
	use_keys(T.editing);
	rl_callback_handler_install(T.prompt, on_line);
}

void edit_terminal(unsigned history, bool editing)
{
	T.editing = editing;
	T.history_size = history;
	stifle_history((int)history);
	if (T.state == T_EDIT)
		set_screen();
}
