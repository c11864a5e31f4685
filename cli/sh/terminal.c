/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal a person sits at, or a program that plays one. readline edits the line; this file
 * keeps the terminal raw for the whole session, reads the keys itself into a queue and feeds
 * readline from it only while a line is being edited. So type-ahead and pasted scripts are never
 * echoed twice or lost, whatever the router is doing, and it is known whether more input is
 * pending.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/sh/terminal_int.h"

struct terminal T = {.history_size = 20, .editing = true};

static volatile sig_atomic_t resized, ended;

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

/* ---- the tty -----------------------------------------------------------------------------------
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

/* ---- keys --------------------------------------------------------------------------------------
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

bool keys_waiting(void)
{
	return T.keys_at < T.keys_n;
}

int take_key(void)
{
	return (unsigned char)T.keys[T.keys_at++];
}

/* NUL is nothing; CR LF is one end of a line. */
static void skip_noise(void)
{
	while (keys_waiting()) {
		char c = T.keys[T.keys_at];

		if (c != '\0' && (c != CTRL_SHIFT_6 || T.pager.waiting) &&
		        !(c == '\n' && T.after_cr))
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

/* ---- sending -----------------------------------------------------------------------------------
 */

void send_line(const char *line, unsigned flags)
{
	if (line_waits())
		flags |= PROTO_LINE_MORE;
	proto_put_flagged(&T.l->out, PROTO_LINE, (uint8_t)flags, line);
	pager_begin(&T.pager);
	T.state = T_WAIT;
}

void send_interrupt(void)
{
	proto_put(&T.l->out, PROTO_INTERRUPT, NULL, 0);
	pager_begin(&T.pager);
	T.state = T_WAIT;
}

/* ---- frames ------------------------------------------------------------------------------------
 */

static void on_prompt(struct rd *body)
{
	T.busy = false;
	pager_finish(&T.pager);
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
		edit_begin();
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
	edit_draw_again();
}

static void on_log(struct rd *body)
{
	struct span s = rd_rest(body);

	if (T.state == T_EDIT && !T.log_open) {
		edit_leave_line("\n");
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
	uint16_t columns = rd_u16(body), rows = rd_u16(body), history = rd_u16(body);

	pager_size(&T.pager, columns, rows);
	edit_terminal(history, rd_u8(body) & PROTO_TERMINAL_EDITING);
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
			edit_draw_again();
		if (!link_next(T.l, &f))
			break;
		if (f.type < ARRAY_LEN(handlers) && handlers[f.type])
			handlers[f.type](&f.body);
	}
	if (T.log_open) {
		T.log_open = false;
		edit_draw_again();
	}
	fflush(stdout);
}

/* ---- keys at work ------------------------------------------------------------------------------
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

/* ---- the loop ----------------------------------------------------------------------------------
 */

static void tell_size(void)
{
	uint16_t columns, rows;

	resized = 0;
	window_size(&columns, &rows);
	proto_put_winsize(&T.l->out, columns, rows);
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
	edit_setup();
	loop(&open);
	if (T.state == T_EDIT)
		rl_callback_handler_remove();
	fflush(stdout);
	tty_restore();
	edit_forget();
	pager_fini(&T.pager);
	explicit_bzero(T.keys, sizeof(T.keys));
	return T.status;
}
