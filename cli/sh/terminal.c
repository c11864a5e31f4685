/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal a person sits at, or a program that plays one. readline edits the line; this file
 * keeps the terminal raw for the whole session, reads the keys itself into a queue and feeds
 * readline from it only while a line is being edited. So type-ahead and pasted scripts are never
 * echoed twice or lost, whatever the router is doing, and it is known whether more input is
 * pending.
 *
 * Nothing but plain characters, backspaces and newlines is sent for input that is typed in order:
 * no bracketed-paste switch, no colours, no escape sequences in front of a prompt. Programs that
 * drive the terminal depend on it.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "cli/sh/pager.h"
#include "cli/sh/sh.h"

enum { KEYS_MAX = 64 * 1024, HISTORY_LINES = 256, SECRET_MAX = 256, WIDE = 32000 };

enum {
	CTRL_C = 3,
	CTRL_D = 4,
	CTRL_H = 8,
	CTRL_L = 12,
	CTRL_R = 18,
	CTRL_U = 21,
	CTRL_X = 24,
	CTRL_Z = 26,
	CTRL_SHIFT_6 = 30,
	DEL = 127
};

enum state {
	T_WAIT,     /* the router works */
	T_EDIT,     /* readline edits */
	T_SECRET,   /* a line without echo */
	T_KEY,      /* one key answers */
	T_ASKED,    /* `?` or Tab was sent, the line being edited stands by */
	T_ANSWERED, /* its answer is being printed */
	T_END,
};

/* readline calls back without a context, so there is one terminal a process. */
static struct {
	struct link *l;
	struct pager pager;
	enum state state;
	char prompt[512];
	unsigned prompt_flags;
	char keys[KEYS_MAX]; /* read and not yet used */
	size_t keys_at, keys_n;
	bool after_cr, hung_up;
	bool busy;             /* a command goes on: Ctrl-C and Ctrl-Shift-6 stop it */
	bool leave, interrupt; /* how the line ended: Ctrl-Z, Ctrl-C */
	bool log_open;         /* log lines stand below the line being edited */
	char secret[SECRET_MAX];
	size_t secret_n;
	HISTORY_STATE *history[2]; /* EXEC, configuration */
	unsigned history_now;
	struct termios before;
	int status;
} T;

static volatile sig_atomic_t resized, ended;

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

/* ---- the tty
 * ------------------------------------------------------------------------------------------------------------
 */

static void tty_raw(void)
{
	struct termios t;

	tcgetattr(STDIN_FILENO, &T.before);
	t = T.before;
	t.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG | IEXTEN);
	t.c_iflag &= (tcflag_t) ~(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
	t.c_oflag |= OPOST | ONLCR;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static void tty_restore(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &T.before);
}

static void window_size(uint16_t *columns, uint16_t *rows)
{
	struct winsize w = {0};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	*columns = w.ws_col;
	*rows = w.ws_row;
}

/* ---- keys
 * -----------------------------------------------------------------------------------------------------------------
 */

static void read_keys(void)
{
	ssize_t n;

	if (T.keys_at) {
		memmove(T.keys, T.keys + T.keys_at, T.keys_n - T.keys_at);
		T.keys_n -= T.keys_at;
		T.keys_at = 0;
	}
	n = read(STDIN_FILENO, T.keys + T.keys_n, KEYS_MAX - T.keys_n);
	if (n > 0)
		T.keys_n += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		T.hung_up = true;
}

static bool keys_waiting(void)
{
	return T.keys_at < T.keys_n;
}

static int take_key(void)
{
	return (unsigned char)T.keys[T.keys_at++];
}

/* NUL is nothing; CR LF is one end of a line. */
static void skip_noise(void)
{
	while (keys_waiting()) {
		char c = T.keys[T.keys_at];

		if (c != '\0' && c != 0x1e && !(c == '\n' && T.after_cr))
			return;
		T.after_cr = false;
		T.keys_at++;
	}
}

/* Does a whole line wait behind the one that just ended? */
static bool line_waits(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	if (T.keys_n - T.keys_at < KEYS_MAX / 2 && poll(&p, 1, 0) > 0 && p.revents & POLLIN)
		read_keys();
	skip_noise();
	return memchr(T.keys + T.keys_at, '\r', T.keys_n - T.keys_at) ||
	       memchr(T.keys + T.keys_at, '\n', T.keys_n - T.keys_at);
}

/* ---- sending
 * ----------------------------------------------------------------------------------------------------------------
 */

static void send_line(const char *line, unsigned flags)
{
	if (line_waits())
		flags |= PROTO_LINE_MORE;
	proto_put_flagged(&T.l->out, PROTO_LINE, (uint8_t)flags, line);
	pager_begin(&T.pager);
	T.state = T_WAIT;
}

static void send_interrupt(void)
{
	proto_put(&T.l->out, PROTO_INTERRUPT, NULL, 0);
	pager_begin(&T.pager);
	T.state = T_WAIT;
}

/* ---- history
 * ------------------------------------------------------------------------------------------------------------------
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
		stifle_history(HISTORY_LINES);
	}
	T.history_now = which;
}

static void remember(const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (line[strspn(line, " \t")] && (!last || strcmp(last->line, line) != 0))
		add_history(line);
}

static void forget_all(void)
{
	for (unsigned i = 0; i < 2; i++) {
		use_history(i);
		clear_history();
		free(history_list());
		free(T.history[i]);
		T.history[i] = NULL;
	}
}

/* ---- editing
 * --------------------------------------------------------------------------------------------------------------------
 */

static void redisplay(void)
{
	if (T.state == T_EDIT)
		rl_redisplay();
}

/* The cursor behind the line, and `mark` there; readline's idea of the screen is void until
 * draw_again(). */
static void leave_line(const char *mark)
{
	int point = rl_point;

	rl_point = rl_end;
	rl_redisplay();
	rl_point = point;
	fputs(mark, stdout);
}

static void draw_again(void)
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
	leave_line(mark);
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
	leave_line("\n");
	rl_on_new_line();
	return 0;
}

static int key_nothing(int count, int key)
{
	(void)count;
	(void)key;
	return 0;
}

static int ask(uint8_t type, const char *mark)
{
	leave_line(mark);
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

static const struct {
	int key;
	rl_command_func_t *fn;
} bindings[] = {
        {'?', key_help},
        {'\t', key_tab},
        {CTRL_C, key_ctrl_c},
        {CTRL_L, key_redraw},
        {CTRL_R, key_redraw},
        {CTRL_U, rl_unix_line_discard},
        {CTRL_X, rl_unix_line_discard},
        {CTRL_Z, key_ctrl_z},
        {'S' & 0x1f, key_nothing},
        {'Q' & 0x1f, key_nothing},
        {'O' & 0x1f, key_nothing},
};

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

static void setup_readline(void)
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
	for (size_t i = 0; i < ARRAY_LEN(bindings); i++)
		rl_bind_key(bindings[i].key, bindings[i].fn);
	using_history();
	stifle_history(HISTORY_LINES);
}

/* A terminal that cannot move up would make readline scroll sideways: it gets lines that never end,
 * and folds them itself. */
static void set_screen(void)
{
	bool folds = rl_get_termcap("up") != NULL;

	rl_set_screen_size(T.pager.rows ? (int)T.pager.rows : 24,
	        folds && T.pager.columns ? (int)T.pager.columns : WIDE);
}

static void begin_edit(void)
{
	use_history(T.prompt_flags & PROTO_PROMPT_CONFIG ? 1 : 0);
	T.state = T_EDIT;
	set_screen();
	rl_callback_handler_install(T.prompt, on_line);
}

/* ---- frames
 * ------------------------------------------------------------------------------------------------------------------------
 */

static void on_prompt(struct rd *body)
{
	T.busy = false;
	T.prompt_flags = rd_u8(body);
	if (!proto_text(body, T.prompt, sizeof(T.prompt)))
		T.prompt[0] = '\0';
	if (T.pager.column)
		putchar('\n');
	T.pager.column = 0;
	pager_begin(&T.pager);
	if (T.prompt_flags & (PROTO_PROMPT_NOECHO | PROTO_PROMPT_KEY)) {
		fputs(T.prompt, stdout);
		fflush(stdout);
		T.state = T.prompt_flags & PROTO_PROMPT_KEY ? T_KEY : T_SECRET;
	} else {
		begin_edit();
	}
}

static void on_help(struct rd *body)
{
	struct span s = rd_rest(body);

	pager_add(&T.pager, s.p, s.n);
	T.state = T_ANSWERED;
}

/* The part up to the cursor is replaced; what stands behind the cursor stays. */
static void on_completion(struct rd *body)
{
	char text[PROTO_LINE_MAX + 1];
	bool found = rd_u8(body);
	char *tail;

	if (found && proto_text(body, text, sizeof(text))) {
		tail = xstrdup(rl_line_buffer + rl_point);
		rl_replace_line(text, 0);
		rl_point = rl_end;
		rl_insert_text(tail);
		rl_point = (int)strlen(text);
		free(tail);
	}
	draw_again();
}

static void on_log(struct rd *body)
{
	struct span s = rd_rest(body);

	if (T.state == T_EDIT && !T.log_open) {
		leave_line("\n");
		T.log_open = true;
	} else if (T.state != T_EDIT &&
	           (T.pager.column || T.state == T_SECRET || T.state == T_KEY)) {
		putchar('\n');
		T.pager.column = 0;
	}
	fwrite(s.p, 1, s.n, stdout);
	putchar('\n');
	if (T.state == T_SECRET || T.state == T_KEY)
		fputs(T.prompt, stdout);
}

static void on_close(struct rd *body)
{
	struct span s = rd_rest(body);

	fwrite(s.p, 1, s.n, stdout);
	if (s.n)
		putchar('\n');
	T.state = T_END;
}

static void on_terminal(struct rd *body)
{
	uint16_t columns = rd_u16(body), rows = rd_u16(body);

	pager_size(&T.pager, columns, rows);
	if (T.state == T_EDIT)
		set_screen();
}

static void on_output(struct rd *body)
{
	struct span s = rd_rest(body);

	pager_add(&T.pager, s.p, s.n);
}

static void on_busy(struct rd *body)
{
	(void)body;
	T.busy = true;
}

static void on_done(struct rd *body)
{
	T.status = rd_u8(body);
}

static void (*const handlers[])(struct rd *) = {
        [PROTO_OUTPUT] = on_output,
        [PROTO_PROMPT] = on_prompt,
        [PROTO_HELP_TEXT] = on_help,
        [PROTO_COMPLETION] = on_completion,
        [PROTO_LOG] = on_log,
        [PROTO_DONE] = on_done,
        [PROTO_TERMINAL] = on_terminal,
        [PROTO_CLOSE] = on_close,
        [PROTO_BUSY] = on_busy,
};

/* Frames are taken while their text can be printed: at --More-- they wait. */
static void take_frames(void)
{
	struct proto_frame f;

	for (;;) {
		pager_print(&T.pager);
		if (T.pager.waiting || T.state == T_END)
			break;
		if (T.state == T_ANSWERED)
			draw_again();
		if (!link_next(T.l, &f))
			break;
		if (f.type < ARRAY_LEN(handlers) && handlers[f.type])
			handlers[f.type](&f.body);
	}
	if (T.log_open) {
		T.log_open = false;
		draw_again();
	}
	fflush(stdout);
}

/* ---- keys at work
 * --------------------------------------------------------------------------------------------------------------------
 */

static void secret_key(int key)
{
	if (key == CTRL_C) {
		putchar('\n');
		send_interrupt();
	} else if (key == '\r' || key == '\n') {
		putchar('\n');
		T.secret[T.secret_n] = '\0';
		T.after_cr = key == '\r';
		send_line(T.secret, 0);
	} else if (key == DEL || key == CTRL_H) {
		T.secret_n -= T.secret_n > 0;
		return;
	} else if (key == CTRL_U) {
		T.secret_n = 0;
		return;
	} else {
		if (T.secret_n < SECRET_MAX - 1)
			T.secret[T.secret_n++] = (char)key;
		return;
	}
	explicit_bzero(T.secret, sizeof(T.secret));
	T.secret_n = 0;
}

static void confirm_key(int key)
{
	char text[2] = {key == '\r' || key == '\n' ? '\0' : (char)key, '\0'};

	T.after_cr = key == '\r';
	if (key >= ' ' && key < DEL)
		putchar(key);
	putchar('\n');
	if (key == CTRL_C)
		send_interrupt();
	else
		send_line(text, 0);
}

static void edit_key(void)
{
	bool pushed_back = RL_ISSTATE(RL_STATE_INPUTPENDING);

	if (!pushed_back) {
		char c = T.keys[T.keys_at];

		if (c == CTRL_D && !rl_end) { /* never the end of the session */
			T.keys_at++;
			return;
		}
	}
	rl_callback_read_char();
}

/* While a command goes on: what was typed up to the key that stops it is dropped with it. */
static bool stop_key(void)
{
	for (size_t i = T.keys_at; i < T.keys_n; i++)
		if (T.keys[i] == CTRL_C || T.keys[i] == CTRL_SHIFT_6) {
			T.keys_at = i + 1;
			T.busy = false;
			proto_put(&T.l->out, PROTO_INTERRUPT, NULL, 0);
			return true;
		}
	return false;
}

/* One step; false: nothing to do with keys now. */
static bool use_key(void)
{
	if (T.busy && T.state == T_WAIT && !T.pager.waiting)
		return stop_key();
	if (T.state == T_EDIT && RL_ISSTATE(RL_STATE_INPUTPENDING)) {
		edit_key();
		return true;
	}
	skip_noise();
	if (!keys_waiting())
		return false;
	if (T.pager.waiting) {
		int key = take_key();

		T.after_cr = key == '\r';
		pager_key(&T.pager, key);
		return true;
	}
	switch (T.state) {
	case T_EDIT:
		edit_key();
		return true;
	case T_SECRET:
		secret_key(take_key());
		return true;
	case T_KEY:
		confirm_key(take_key());
		return true;
	default:
		return false;
	}
}

/* ---- the loop
 * ----------------------------------------------------------------------------------------------------------------------------
 */

static void tell_size(void)
{
	uint16_t columns, rows;

	resized = 0;
	window_size(&columns, &rows);
	proto_put_size(&T.l->out, PROTO_WINSIZE, columns, rows);
}

static void wait_for_more(const sigset_t *mask)
{
	bool room = T.keys_n - T.keys_at < KEYS_MAX;
	struct pollfd p[2] = {
	        {.fd = T.pager.waiting ? -1 : T.l->fd,
	                .events = (short)(POLLIN | (link_wants_write(T.l) ? POLLOUT : 0))},
	        {.fd = room && !T.hung_up ? STDIN_FILENO : -1, .events = POLLIN},
	};

	if (ppoll(p, 2, NULL, mask) < 0)
		return;
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
		link_read(T.l);
	if (p[1].revents)
		read_keys();
}

/* Without a terminal what was typed is still done, but nobody presses a key at --More-- or stops a
 * command that goes on. */
static bool over(void)
{
	bool nothing_more = T.hung_up && !keys_waiting();

	return T.state == T_END || ended ||
	       (nothing_more && (T.state != T_WAIT || T.pager.waiting || T.busy));
}

static void loop(const sigset_t *mask)
{
	while (!over()) {
		do
			take_frames();
		while (T.state != T_END && use_key());
		if (resized)
			tell_size();
		link_write(T.l);
		if (T.l->lost && T.state != T_END) {
			fputs("\nspokesh: the connection to the router was lost\n", stdout);
			T.status = 2;
			return;
		}
		if (!over())
			wait_for_more(mask);
	}
	T.status = 0;
}

static void catch_signals(sigset_t *open)
{
	static const int signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT};
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		sigaddset(&block, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &block, open);
}

int sh_terminal(struct link *l)
{
	uint16_t columns, rows;
	sigset_t open;

	T.l = l;
	catch_signals(&open);
	window_size(&columns, &rows);
	proto_put_hello(&l->out, PROTO_INTERACTIVE, columns, rows);
	tty_raw();
	setup_readline();
	loop(&open);
	if (T.state == T_EDIT)
		rl_callback_handler_remove();
	fflush(stdout);
	tty_restore();
	forget_all();
	pager_fini(&T.pager);
	explicit_bzero(T.keys, sizeof(T.keys));
	return T.status;
}
