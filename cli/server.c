/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals over a Unix socket, on libuv: see server.h. */
#include "cli/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum {
	BACKLOG = 16,
	QUEUE_LOG = 256 * 1024,   /* more than this unsent: log lines are dropped */
	QUEUE_STOP = 1024 * 1024, /* more than this unsent: no more is read */
	READ_CHUNK = 64 * 1024,
	PAUSE_MS = 200, /* a paste has paused when nothing came for this long */
};

struct server {
	uv_loop_t *loop;
	struct shell *sh;
	uv_pipe_t listener;
	uv_timer_t pause;
	struct conn *conns;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int lock_fd;
	bool bound;
	unsigned handles; /* not yet closed */
	uint64_t bad_frames;
	char chunk[READ_CHUNK];
};

struct conn {
	struct conn *next;
	struct server *sv;
	uv_pipe_t pipe;
	uv_shutdown_t shutdown;
	struct proto_in in;
	struct session *session; /* NULL until HELLO */
	bool stopped, finishing, closing;
	unsigned dropped; /* log lines since the queue was last empty */
};

/* ---- sending
 * -----------------------------------------------------------------------------------------------------------
 */

struct sending {
	uv_write_t req;
	struct conn *c;
	char *p;
};

static void conn_close(struct conn *c);
static void conn_go_on(struct conn *c);
static void conn_send(struct conn *c, const void *p, size_t n);

static size_t queue_len(struct conn *c)
{
	return uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);
}

static void send_log(struct conn *c, const char *line)
{
	struct strbuf frame = {0};

	proto_put(&frame, PROTO_LOG, line, strlen(line));
	conn_send(c, frame.s, frame.len);
	sb_fini(&frame);
}

static void tell_dropped(struct conn *c)
{
	char text[64];

	snprintf(text, sizeof(text), "(%u log lines were dropped)", c->dropped);
	c->dropped = 0;
	send_log(c, text);
}

static void on_sent(uv_write_t *req, int status)
{
	struct sending *w = (struct sending *)req;
	struct conn *c = w->c;

	free(w->p);
	free(w);
	if (status < 0)
		conn_close(c);
	if (c->closing)
		return;
	if (c->dropped && !queue_len(c))
		tell_dropped(c);
	if (c->stopped && !c->finishing && queue_len(c) < QUEUE_LOG)
		conn_go_on(c);
}

static void conn_send(struct conn *c, const void *p, size_t n)
{
	struct sending *w;
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);
	int now = c->closing ? UV_EPIPE : uv_try_write((uv_stream_t *)&c->pipe, &buf, 1);

	if (now == (int)n || (now < 0 && now != UV_EAGAIN))
		return; /* a lost peer is noticed by the reader */
	if (now < 0)
		now = 0;
	w = xcalloc(1, sizeof(*w));
	w->c = c;
	w->p = xmemdup((const char *)p + now, n - (size_t)now);
	buf = uv_buf_init(w->p, (unsigned)(n - (size_t)now));
	uv_write(&w->req, (uv_stream_t *)&c->pipe, &buf, 1, on_sent);
}

static void io_send(void *ctx, const void *frames, size_t n)
{
	conn_send(ctx, frames, n);
}

static void io_log(void *ctx, const char *line)
{
	struct conn *c = ctx;

	if (queue_len(c) > QUEUE_LOG)
		c->dropped++;
	else
		send_log(c, line);
}

static const struct session_io io = {.send = io_send, .log = io_log};

/* ---- frames
 * -------------------------------------------------------------------------------------------------------------
 */

/* Who is at the other end; true: this process's own user, or root. */
static bool user_of(struct conn *c, char *user, size_t n)
{
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof(cred);
	const struct passwd *pw;
	int fd;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) == 0)
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	pw = getpwuid(cred.uid);
	if (pw)
		snprintf(user, n, "%s", pw->pw_name);
	else
		snprintf(user, n, "uid %u", (unsigned)cred.uid);
	return cred.uid == 0 || cred.uid == geteuid();
}

static bool on_hello(struct conn *c, struct rd *body)
{
	uint8_t version = rd_u8(body), kind = rd_u8(body);
	uint16_t columns = rd_u16(body), rows = rd_u16(body);
	static const char full[] =
	        "% Connections to this router are not available: too many terminals";
	char user[33];

	if (!rd_done(body) || c->session || version != PROTO_VERSION || kind > PROTO_COMMAND)
		return false;
	bool trusted = user_of(c, user, sizeof(user));

	c->session = session_new(c->sv->sh, &io, c, kind, user, trusted);
	if (c->session) {
		session_winsize(c->session, columns, rows);
		return true;
	}
	struct strbuf frame = {0};

	proto_put(&frame, PROTO_CLOSE, full, strlen(full));
	conn_send(c, frame.s, frame.len);
	sb_fini(&frame);
	return true;
}

static void on_pause(uv_timer_t *t)
{
	struct server *sv = t->data;

	router_settle(shell_router(sv->sh));
}

static bool on_line(struct conn *c, struct rd *body)
{
	static char text[PROTO_LINE_MAX + 1];
	uint8_t flags = rd_u8(body);
	bool ok = rd_ok(body) && proto_text(body, text, sizeof(text));

	if (ok) {
		session_line(c->session, text, flags);
		if (flags & PROTO_LINE_MORE)
			uv_timer_start(&c->sv->pause, on_pause, PAUSE_MS, 0);
	}
	explicit_bzero(text, sizeof(text));
	return ok;
}

static bool on_cursor_text(
        struct conn *c, struct rd *body, void (*fn)(struct session *, const char *))
{
	char text[PROTO_LINE_MAX + 1];

	if (!proto_text(body, text, sizeof(text)))
		return false;
	fn(c->session, text);
	return true;
}

static bool on_help(struct conn *c, struct rd *body)
{
	return on_cursor_text(c, body, session_help);
}

static bool on_complete(struct conn *c, struct rd *body)
{
	return on_cursor_text(c, body, session_complete);
}

static bool on_interrupt(struct conn *c, struct rd *body)
{
	session_interrupt(c->session);
	return rd_done(body);
}

static bool on_winsize(struct conn *c, struct rd *body)
{
	uint16_t columns = rd_u16(body), rows = rd_u16(body);

	if (!rd_done(body))
		return false;
	session_winsize(c->session, columns, rows);
	return true;
}

static bool (*const handlers[])(struct conn *, struct rd *) = {
        [PROTO_HELLO] = on_hello,
        [PROTO_LINE] = on_line,
        [PROTO_HELP] = on_help,
        [PROTO_COMPLETE] = on_complete,
        [PROTO_INTERRUPT] = on_interrupt,
        [PROTO_WINSIZE] = on_winsize,
};

static bool dispatch(struct conn *c, struct proto_frame *f)
{
	if (f->type >= ARRAY_LEN(handlers) || !handlers[f->type])
		return false;
	if (!c->session && f->type != PROTO_HELLO)
		return false;
	return handlers[f->type](c, &f->body);
}

/* ---- a connection
 * ----------------------------------------------------------------------------------------------------------
 */

static void on_handle_closed(uv_handle_t *h)
{
	struct server *sv = h->data;

	sv->handles--;
}

static void on_conn_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	c->sv->handles--;
	proto_in_fini(&c->in);
	free(c);
}

static void conn_close(struct conn *c)
{
	if (c->closing)
		return;
	c->closing = true;
	for (struct conn **p = &c->sv->conns; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	session_free(c->session);
	c->session = NULL;
	router_settle(shell_router(c->sv->sh));
	uv_close((uv_handle_t *)&c->pipe, on_conn_closed);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
	(void)status;
	conn_close(req->data);
}

/* The session said goodbye: what is queued is still sent. */
static void conn_finish(struct conn *c)
{
	c->finishing = true;
	uv_read_stop((uv_stream_t *)&c->pipe);
	c->shutdown.data = c;
	if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->pipe, on_shutdown) < 0)
		conn_close(c);
}

static void conn_process(struct conn *c)
{
	struct proto_frame f;

	while (!c->closing && queue_len(c) <= QUEUE_STOP && proto_in_next(&c->in, &f)) {
		if (!dispatch(c, &f)) {
			c->in.bad = true;
			break;
		}
		if (!c->session || session_closing(c->session)) {
			conn_finish(c); /* it said goodbye, or no terminal was free */
			return;
		}
	}
	if (c->in.bad) {
		c->sv->bad_frames++;
		log_msg(SYS_TERMINAL_PROTOCOL, (unsigned long long)c->sv->bad_frames);
		conn_close(c);
	}
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
	struct conn *c = h->data;

	(void)hint;
	*buf = uv_buf_init(c->sv->chunk, sizeof(c->sv->chunk));
}

static void on_read(uv_stream_t *st, ssize_t n, const uv_buf_t *buf)
{
	struct conn *c = st->data;

	if (n < 0) {
		conn_close(c);
		return;
	}
	proto_in_add(&c->in, buf->base, (size_t)n);
	explicit_bzero(buf->base, (size_t)n);
	conn_process(c);
	if (!c->closing && !c->finishing && queue_len(c) > QUEUE_STOP) {
		c->stopped = true;
		uv_read_stop(st);
	}
}

static void conn_go_on(struct conn *c)
{
	conn_process(c);
	if (c->closing || c->finishing || queue_len(c) > QUEUE_STOP)
		return;
	c->stopped = false;
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *sv = listener->data;
	struct conn *c;

	if (status < 0)
		return;
	c = xcalloc(1, sizeof(*c));
	c->sv = sv;
	c->next = sv->conns;
	sv->conns = c;
	uv_pipe_init(sv->loop, &c->pipe, 0);
	c->pipe.data = c;
	sv->handles++;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 ||
	        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0)
		conn_close(c);
}

/* ---- the socket
 * --------------------------------------------------------------------------------------------------------------
 */

static void make_directories(const char *path)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(dir, 0755); /* what matters is whether bind() works */
		*p = '/';
	}
}

static bool take_lock(struct server *sv, char *why, size_t n)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s.lock", sv->path);
	sv->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (sv->lock_fd < 0) {
		snprintf(why, n, "%s: %s", path, strerror(errno));
		return false;
	}
	if (flock(sv->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	snprintf(why, n, "another spoked serves %s", sv->path);
	return false;
}

/* We hold the lock: a socket of this name is nobody's. */
static bool clear_path(struct server *sv, char *why, size_t n)
{
	struct stat st;

	if (lstat(sv->path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, n, "%s: exists and is no socket", sv->path);
		return false;
	}
	return unlink(sv->path) == 0;
}

static bool bind_path(struct server *sv, char *why, size_t n)
{
	mode_t old = umask(0117);
	int rc = uv_pipe_bind(&sv->listener, sv->path);

	umask(old);
	sv->bound = rc == 0;
	if (rc < 0)
		snprintf(why, n, "%s: %s", sv->path, uv_strerror(rc));
	return sv->bound;
}

struct server *server_new(uv_loop_t *loop, const char *path, char *why, size_t n)
{
	struct server *sv;

	if (strlen(path) >= sizeof(sv->path)) {
		snprintf(why, n, "a name too long for a socket: %s", path);
		return NULL;
	}
	sv = xcalloc(1, sizeof(*sv));
	sv->loop = loop;
	sv->lock_fd = -1;
	snprintf(sv->path, sizeof(sv->path), "%s", path);
	uv_pipe_init(loop, &sv->listener, 0);
	uv_timer_init(loop, &sv->pause);
	sv->listener.data = sv->pause.data = sv;
	sv->handles = 2;
	make_directories(path);
	if (take_lock(sv, why, n) && clear_path(sv, why, n) && bind_path(sv, why, n))
		return sv;
	server_free(sv);
	return NULL;
}

bool server_serve(struct server *sv, struct shell *sh, char *why, size_t n)
{
	int rc;

	sv->sh = sh;
	rc = uv_listen((uv_stream_t *)&sv->listener, BACKLOG, on_connection);
	if (rc < 0)
		snprintf(why, n, "%s: %s", sv->path, uv_strerror(rc));
	return rc == 0;
}

void server_free(struct server *sv)
{
	if (!sv)
		return;
	while (sv->conns)
		conn_close(sv->conns);
	uv_close((uv_handle_t *)&sv->listener, on_handle_closed);
	uv_close((uv_handle_t *)&sv->pause, on_handle_closed);
	while (sv->handles)
		uv_run(sv->loop, UV_RUN_NOWAIT);
	if (sv->bound)
		unlink(sv->path);
	if (sv->lock_fd >= 0)
		close(sv->lock_fd);
	free(sv);
}
