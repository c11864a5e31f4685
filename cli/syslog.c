/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages to other hosts: see syslog.h. */
#include "cli/syslog.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/session_int.h"
#include "flexvpn/lookup.h"
#include "flexvpn/ping.h"

enum { WAITING_MAX = 64, AGAIN_MS = 5000 };

/* One host. It is looked up (addr), then has a socket (fd), over TCP a connected one (ready). */
struct host {
	struct syslog *y;
	struct syslog_target target;
	struct ipaddr addr; /* family 0: not known */
	struct fx_lookup *lookup;
	int fd;
	bool ready;
	uv_poll_t *poll;            /* TCP */
	char *waiting[WAITING_MAX]; /* oldest first */
	size_t n_waiting, part;     /* TCP: octets of the oldest that are gone already */
	uint64_t sent, dropped;
	char why[120];
};

struct syslog {
	struct shell *sh;
	struct log_sink *sink;
	struct host *host[SYSLOG_MAX];
	size_t n;
	uint64_t number;
	uv_timer_t *timer; /* NULL: no loop */
};

/* ---- sockets -------------------------------------------------------------------------------- */

union address {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t socket_address(const struct ipaddr *a, unsigned port, union address *out)
{
	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		memcpy(&out->v4.sin_addr, a->b, 4);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons((uint16_t)port);
	memcpy(&out->v6.sin6_addr, a->b, 16);
	return sizeof(out->v6);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void disconnect(struct host *h)
{
	if (h->poll) {
		uv_poll_stop(h->poll);
		uv_close((uv_handle_t *)h->poll, free_handle);
		h->poll = NULL;
	}
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	h->ready = false;
	h->part = 0;
}

static bool failed(struct host *h, const char *what)
{
	snprintf(h->why, sizeof(h->why), "%s: %s", what, strerror(errno));
	disconnect(h);
	return false;
}

/* The VRF's device, and the address of the source interface. */
static bool bind_it(struct host *h)
{
	struct fx_ping_opts o = {.target = h->addr};
	struct router *r = h->y->sh->router;
	union address from;
	socklen_t n;

	if (h->target.vrf[0]) {
		if (!fx_ping_vrf(
		            r, h->target.vrf, h->target.source, o.device, h->why, sizeof(h->why)))
			return false;
		if (setsockopt(h->fd, SOL_SOCKET, SO_BINDTODEVICE, o.device,
		            (socklen_t)strlen(o.device)) < 0)
			return failed(h, h->target.vrf);
	}
	if (!h->target.source[0])
		return true;
	if (!fx_ping_source(r, h->target.source, &o, h->why, sizeof(h->why)))
		return false;
	n = socket_address(&o.source, 0, &from);
	return bind(h->fd, &from.sa, n) == 0 || failed(h, h->target.source);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void drop_oldest(struct host *h)
{
	free(h->waiting[0]);
	memmove(h->waiting, h->waiting + 1, (h->n_waiting - 1) * sizeof(*h->waiting));
	h->n_waiting--;
	h->part = 0;
}

/* An answer to an earlier datagram is no reason to lose this one. */
static ssize_t send_text(const struct host *h, const char *text, size_t n)
{
	ssize_t gone = send(h->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (gone < 0 && errno == ECONNREFUSED && !h->target.tcp)
		gone = send(h->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return gone;
}

static bool send_oldest(struct host *h)
{
	const char *text = h->waiting[0] + h->part;
	size_t n = strlen(text);
	ssize_t gone = send_text(h, text, n);

	if (gone < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (gone < 0)
		return failed(h, h->target.tcp ? "the connection was lost" : "cannot be reached");
	if ((size_t)gone < n && h->target.tcp) {
		h->part += (size_t)gone;
		return false;
	}
	h->sent++;
	drop_oldest(h);
	return true;
}

static void want(struct host *h);

static void flush(struct host *h)
{
	while (h->ready && h->n_waiting && send_oldest(h))
		;
	if (h->poll)
		want(h);
}

static void on_socket(uv_poll_t *p, int status, int events)
{
	struct host *h = p->data;
	char nothing[256];
	int error = 0;
	socklen_t n = sizeof(error);

	if (!h->ready) {
		getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &n);
		errno = status < 0 ? -status : error;
		if (errno) {
			failed(h, "cannot be reached");
			return;
		}
		h->ready = true;
		h->why[0] = '\0';
	}
	/* Nobody answers to a log: what can be read is the end. */
	if (events & UV_READABLE && recv(h->fd, nothing, sizeof(nothing), MSG_DONTWAIT) == 0) {
		errno = ECONNRESET;
		failed(h, "the connection was lost");
		return;
	}
	flush(h);
}

static void want(struct host *h)
{
	int events = UV_READABLE | (!h->ready || h->n_waiting ? UV_WRITABLE : 0);

	uv_poll_start(h->poll, events, on_socket);
}

static bool connect_it(struct host *h)
{
	union address to;
	socklen_t n = socket_address(&h->addr, h->target.port, &to);

	if (connect(h->fd, &to.sa, n) < 0 && errno != EINPROGRESS)
		return failed(h, "cannot be reached");
	if (!h->target.tcp) {
		h->ready = true;
		h->why[0] = '\0';
		return true;
	}
	snprintf(h->why, sizeof(h->why), "connecting");
	h->poll = xcalloc(1, sizeof(*h->poll));
	if (uv_poll_init(h->y->sh->loop, h->poll, h->fd) < 0) {
		free(h->poll);
		h->poll = NULL;
		return failed(h, "no more descriptors");
	}
	h->poll->data = h;
	want(h);
	return true;
}

static void open_host(struct host *h)
{
	int type = (h->target.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;

	if (h->fd >= 0 || !h->addr.family)
		return;
	if (h->target.tcp && !h->y->timer)
		return;
	h->fd = socket(h->addr.family, type, 0);
	if (h->fd < 0)
		failed(h, "no socket");
	else if (!bind_it(h) || !connect_it(h))
		disconnect(h);
	flush(h);
}

/* ---- names ---------------------------------------------------------------------------------- */

static void on_answer(void *ctx, const struct resolver_answer *a)
{
	struct host *h = ctx;

	h->lookup = NULL;
	for (uint8_t i = 0; i < a->n && h->addr.family != AF_INET; i++)
		h->addr = a->addr[i]; /* IPv4 first */
	if (!a->n)
		snprintf(h->why, sizeof(h->why), "its name is not known");
	open_host(h);
}

static void look_up(struct host *h)
{
	struct router *r = h->y->sh->router;

	if (h->addr.family || h->lookup || ipaddr_parse(h->target.name, &h->addr) ||
	        fx_lookup_table(r, h->target.name, 0, &h->addr))
		return;
	h->addr = (struct ipaddr){0};
	snprintf(h->why, sizeof(h->why), "its name is not known");
	if (!h->y->timer || !fx_lookup_enabled(r))
		return;
	snprintf(h->why, sizeof(h->why), "its name is looked up");
	h->lookup = fx_lookup_addr(r, h->y->sh->loop, h->target.name, 0, on_answer, h);
}

static void try(struct host *h)
{
	look_up(h);
	open_host(h);
}

static void on_timer(uv_timer_t *t)
{
	struct syslog *y = t->data;

	for (size_t i = 0; i < y->n; i++)
		if (y->host[i]->fd < 0) {
			struct ipaddr none = {0};

			/* A name may have another address by now. */
			if (!y->host[i]->lookup)
				y->host[i]->addr = none;
			try(y->host[i]);
		}
}

/* ---- messages ------------------------------------------------------------------------------- */

static void take_message(struct host *h, const char *text)
{
	struct strbuf line = {0};

	if (h->n_waiting == WAITING_MAX) {
		drop_oldest(h);
		h->dropped++;
	}
	sb_puts(&line, text);
	if (h->target.tcp)
		sb_putc(&line, '\n');
	h->waiting[h->n_waiting++] = sb_take(&line);
	flush(h);
}

static void on_log(void *ctx, enum log_sev sev, const char *line)
{
	struct syslog *y = ctx;
	struct strbuf sb = {0};

	sb_printf(&sb, "<%u>%llu: %s", y->sh->log.facility * 8 + (unsigned)sev,
	        (unsigned long long)++y->number, line);
	for (size_t i = 0; i < y->n; i++)
		take_message(y->host[i], sb_str(&sb));
	sb_fini(&sb);
}

/* ---- hosts come and go ---------------------------------------------------------------------- */

static struct host *host_new(struct syslog *y, const struct syslog_target *t)
{
	struct host *h = xcalloc(1, sizeof(*h));

	*h = (struct host){.y = y, .target = *t, .fd = -1};
	return h;
}

static void host_free(struct host *h)
{
	disconnect(h);
	fx_lookup_stop(h->lookup);
	while (h->n_waiting)
		drop_oldest(h);
	free(h);
}

static struct syslog *syslog_new(struct shell *sh)
{
	struct syslog *y = xcalloc(1, sizeof(*y));

	y->sh = sh;
	y->sink = log_sink_add(on_log, y, LOG_SEV_INFO);
	if (!sh->loop)
		return y;
	y->timer = xcalloc(1, sizeof(*y->timer));
	uv_timer_init(sh->loop, y->timer);
	y->timer->data = y;
	uv_timer_start(y->timer, on_timer, AGAIN_MS, AGAIN_MS);
	return y;
}

void syslog_free(struct syslog *y)
{
	if (!y)
		return;
	log_sink_remove(y->sink);
	for (size_t i = 0; i < y->n; i++)
		host_free(y->host[i]);
	if (y->timer) {
		uv_timer_stop(y->timer);
		uv_close((uv_handle_t *)y->timer, free_handle);
	}
	free(y);
}

static bool same_target(const struct syslog_target *a, const struct syslog_target *b)
{
	return a->port == b->port && a->tcp == b->tcp && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->vrf, b->vrf) == 0 && strcmp(a->source, b->source) == 0;
}

static void tell(const struct syslog_target *t, const char *what)
{
	log_msg(SYS_LOGGINGHOST_STARTSTOP, t->name, t->port, what);
}

/* Those that are no longer wanted. They get the message that says so. */
static void remove_others(struct syslog *y, const struct syslog_target *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < y->n; i++) {
		size_t k = 0;

		while (k < n && !same_target(&y->host[i]->target, &v[k]))
			k++;
		if (k == n)
			tell(&y->host[i]->target, "stopped");
	}
	for (size_t i = 0; i < y->n; i++) {
		size_t k = 0;

		while (k < n && !same_target(&y->host[i]->target, &v[k]))
			k++;
		if (k == n)
			host_free(y->host[i]);
		else
			y->host[kept++] = y->host[i];
	}
	y->n = kept;
}

static bool has(const struct syslog *y, const struct syslog_target *t)
{
	for (size_t i = 0; i < y->n; i++)
		if (same_target(&y->host[i]->target, t))
			return true;
	return false;
}

void syslog_set(struct shell *sh, const struct syslog_target *v, size_t n)
{
	struct syslog *y;
	size_t before;

	if (!n && !sh->syslog)
		return;
	if (!sh->syslog)
		sh->syslog = syslog_new(sh);
	y = sh->syslog;
	remove_others(y, v, n);
	before = y->n;
	for (size_t i = 0; i < n; i++)
		if (!has(y, &v[i]))
			y->host[y->n++] = host_new(y, &v[i]);
	for (size_t i = 0; i < y->n; i++)
		try(y->host[i]);
	log_sink_level(y->sink, sh->log.trap);
	for (size_t i = before; i < y->n; i++)
		tell(&y->host[i]->target, "started");
	if (n)
		return;
	syslog_free(y);
	sh->syslog = NULL;
}

void syslog_each(
        const struct shell *sh, void (*fn)(void *ctx, const struct syslog_state *st), void *ctx)
{
	const struct syslog *y = sh->syslog;

	for (size_t i = 0; y && i < y->n; i++) {
		const struct host *h = y->host[i];

		fn(ctx, &(struct syslog_state){.target = &h->target,
		                .sent = h->sent,
		                .dropped = h->dropped,
		                .why = h->ready ? NULL : h->why});
	}
}
