/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines that nobody types: standard input that is no terminal, and `-c`. They are sent without
 * waiting for the answers; every line but the last of what is at hand says that more follows, so
 * the router acts once on a whole configuration.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/sh/sh.h"

enum { QUEUE_MAX = 256 * 1024 };

struct script {
	struct link *l;
	struct strbuf text; /* read and not yet sent */
	size_t at;
	bool eof;
	unsigned long sent, prompts; /* lines sent; prompts received: one before the first line, one
	                                behind each */
	bool refused, closed;
	bool echo;              /* show prompt and line, as a terminal would */
	bool asked, hidden;     /* echo: a prompt waits for its line; it asks for a secret */
	struct strbuf prompt;   /* the last one */
	struct strbuf unshown;  /* echo: lines sent and not shown yet */
	unsigned long too_long; /* its number; 0: none */
	struct strbuf *capture; /* output goes there; NULL: it is printed */
};

/* ---- what the router says
 * --------------------------------------------------------------------------------------------- */

static void print(struct rd *body, const char *end)
{
	struct span s = rd_rest(body);

	fwrite(s.p, 1, s.n, stdout);
	fputs(end, stdout);
}

/* Behind the prompt that waits for it goes the next line that was sent: both come in order, but
 * either may be there first. An answer to a question that hides what is typed stays hidden. */
static void show_line(struct script *sc)
{
	const char *line = sb_str(&sc->unshown), *end = strchr(line, '\n');

	if (!sc->asked || !end)
		return;
	size_t n = (size_t)(end - line) + 1;

	fputs(sb_str(&sc->prompt), stdout);
	if (!sc->hidden)
		fwrite(line, 1, n - 1, stdout);
	putchar('\n');
	memmove(sc->unshown.s, sc->unshown.s + n, sc->unshown.len - n + 1);
	sc->unshown.len -= n;
	sc->asked = false;
}

static void on_prompt(struct script *sc, struct rd *body)
{
	sc->prompts++;
	sc->hidden = rd_u8(body) & PROTO_PROMPT_NOECHO;
	sc->asked = sc->echo;
	struct span text = rd_rest(body);

	sb_clear(&sc->prompt);
	sb_add(&sc->prompt, text.p, text.n);
	show_line(sc);
}

static void on_frame(struct script *sc, struct proto_frame *f)
{
	switch (f->type) {
	case PROTO_OUTPUT:
		if (sc->capture)
			sb_add(sc->capture, f->body.p, f->body.n);
		else
			print(&f->body, "");
		break;
	case PROTO_LOG:
		print(&f->body, "\n");
		break;
	case PROTO_PROMPT:
		on_prompt(sc, &f->body);
		break;
	case PROTO_DONE:
		sc->refused |= rd_u8(&f->body) != 0;
		break;
	case PROTO_CLOSE:
		sc->closed = true;
		if (f->body.n)
			print(&f->body, "\n");
		break;
	default:
		break;
	}
}

/* ---- what is sent
 * -------------------------------------------------------------------------------------------------------
 */

/* LF, CR LF or CR alone; a CR with nothing behind it yet may still be either. */
static const char *line_end(const char *p, size_t n, bool eof)
{
	const char *nl = memchr(p, '\n', n), *cr = memchr(p, '\r', nl ? (size_t)(nl - p) : n);

	return !cr || (cr + 1 == p + n && !eof) ? nl : cr;
}

/* The next line that is whole; at the end of the input also one without its newline. */
static bool next_line(struct script *sc, struct span *line)
{
	const char *p = sb_str(&sc->text) + sc->at;
	size_t left = sc->text.len - sc->at;
	const char *end = line_end(p, left, sc->eof);
	size_t n = end ? (size_t)(end - p) : left;

	if (!end && !sc->eof && left <= PROTO_LINE_MAX)
		return false; /* (what is longer already need not end) */
	if (!left)
		return false;
	sc->at += n;
	if (end)
		sc->at += (*end == '\r' && n + 1 < left && end[1] == '\n') ? 2 : 1;
	*line = span_of(p, n);
	return true;
}

static bool another_line(const struct script *sc)
{
	const char *p = sb_str(&sc->text) + sc->at;
	size_t left = sc->text.len - sc->at;

	return left && (sc->eof || left > PROTO_LINE_MAX || line_end(p, left, false));
}

static bool readable_now(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static bool send_line(struct script *sc, struct span line, bool more)
{
	uint8_t frame[1 + PROTO_LINE_MAX];
	size_t n = 0;

	frame[n++] = more ? PROTO_LINE_MORE : 0;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '\0')
			continue;
		if (n == sizeof(frame)) {
			sc->too_long = sc->sent + 1;
			return false;
		}
		frame[n++] = line.p[i];
	}
	proto_put(&sc->l->out, PROTO_LINE, frame, n);
	if (sc->echo) {
		sb_add(&sc->unshown, frame + 1, n - 1);
		sb_putc(&sc->unshown, '\n');
		show_line(sc);
	}
	explicit_bzero(frame, sizeof(frame));
	sc->sent++;
	return true;
}

/* What was sent does not stay in memory. */
static void drop_sent(struct script *sc)
{
	size_t left = sc->text.len - sc->at;

	if (!sc->at || left > sc->at)
		return;
	memmove(sc->text.s, sc->text.s + sc->at, left);
	explicit_bzero(sc->text.s + left, sc->at);
	sc->text.len = left;
	sc->at = 0;
}

/* Sends what is at hand. The last line waits while it is not yet clear whether another follows. */
static void send_lines(struct script *sc)
{
	struct span line;

	while (!sc->too_long && link_queued(sc->l) < QUEUE_MAX) {
		size_t start = sc->at;

		if (!next_line(sc, &line))
			break;
		bool more = another_line(sc);

		if (!more && !sc->eof && line.n <= PROTO_LINE_MAX && readable_now(STDIN_FILENO)) {
			sc->at = start;
			return;
		}
		send_line(sc, line, more);
	}
	drop_sent(sc);
}

static void read_stdin(struct script *sc)
{
	char chunk[16 * 1024];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n > 0)
		sb_add(&sc->text, chunk, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		sc->eof = true;
	explicit_bzero(chunk, sizeof(chunk));
	/* A byte order mark is no part of the first line. */
	if (!sc->sent && !sc->at && strncmp(sb_str(&sc->text), "\xef\xbb\xbf", 3) == 0)
		sc->at = 3;
}

/* ---- running
 * ---------------------------------------------------------------------------------------------------------------
 */

static bool finished(const struct script *sc)
{
	bool all_sent = (sc->eof && sc->at == sc->text.len) || sc->too_long;

	return sc->closed || sc->l->lost ||
	       (all_sent && !link_queued(sc->l) && sc->prompts == sc->sent + 1);
}

static void wait_and_work(struct script *sc)
{
	bool want_input =
	        !sc->eof && link_queued(sc->l) < QUEUE_MAX && sc->text.len - sc->at < QUEUE_MAX;
	struct pollfd p[2] = {
	        {.fd = sc->l->fd,
	                .events = (short)(POLLIN | (link_wants_write(sc->l) ? POLLOUT : 0))},
	        {.fd = want_input ? STDIN_FILENO : -1, .events = POLLIN},
	};
	struct proto_frame f;

	if (poll(p, 2, -1) < 0)
		return;
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
		link_read(sc->l);
	while (!sc->closed && link_next(sc->l, &f))
		on_frame(sc, &f);
	if (p[1].revents)
		read_stdin(sc);
}

static int run(struct script *sc, enum proto_kind kind)
{
	proto_put_hello(&sc->l->out, kind, 0, 0);
	for (;;) {
		send_lines(sc);
		link_write(sc->l);
		if (finished(sc))
			break;
		wait_and_work(sc);
	}
	fflush(stdout);
	if (sc->text.s)
		explicit_bzero(sc->text.s, sc->text.cap);
	sb_fini(&sc->text);
	if (sc->unshown.s)
		explicit_bzero(sc->unshown.s, sc->unshown.cap);
	sb_fini(&sc->unshown);
	sb_fini(&sc->prompt);
	if (sc->too_long)
		fprintf(stderr,
		        "spokesh: line %lu is longer than %d characters; nothing after it was "
		        "sent\n",
		        sc->too_long, PROTO_LINE_MAX);
	if (sc->l->lost && !sc->closed) {
		fputs("spokesh: the connection to the router was lost\n", stderr);
		return 2;
	}
	return sc->refused || sc->too_long;
}

int sh_script(struct link *l, bool echo)
{
	struct script sc = {.l = l, .echo = echo};

	return run(&sc, PROTO_SCRIPT);
}

int sh_commands(struct link *l, char *const *commands, size_t n)
{
	struct script sc = {.l = l, .eof = true};

	for (size_t i = 0; i < n; i++)
		sb_printf(&sc.text, "%s\n", commands[i]);
	return run(&sc, PROTO_COMMAND);
}

int sh_capture(struct link *l, const char *command, struct strbuf *out)
{
	struct script sc = {.l = l, .eof = true, .capture = out};

	sb_printf(&sc.text, "%s\n", command);
	return run(&sc, PROTO_COMMAND);
}
