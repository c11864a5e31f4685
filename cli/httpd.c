/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One page over HTTP: see httpd.h. */
#include "cli/httpd.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the address ----------------------------------------------------------------------------- */

static bool read_port(const char *s, uint16_t *out)
{
	unsigned long v = 0;

	if (!*s || strlen(s) > 5 || strspn(s, "0123456789") != strlen(s))
		return false;
	v = strtoul(s, NULL, 10);
	*out = (uint16_t)v;
	return v <= UINT16_MAX;
}

bool httpd_address(const char *s, struct endpoint *out)
{
	const char *colon = strrchr(s, ':');
	char host[IPADDR_STRLEN + 2];
	size_t n = colon ? (size_t)(colon - s) : 0;

	*out = (struct endpoint){.addr = ipaddr_v4(INADDR_LOOPBACK)};
	if (!read_port(colon ? colon + 1 : s, &out->port) || n >= sizeof(host))
		return false;
	if (!n)
		return true;
	memcpy(host, s, n);
	host[n] = '\0';
	if (host[0] != '[')
		return ipaddr_parse4(host, &out->addr);
	if (host[n - 1] != ']')
		return false;
	host[n - 1] = '\0';
	return ipaddr_parse6(host + 1, &out->addr);
}

/* ---- a request ------------------------------------------------------------------------------- */

static bool is_token(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && !strchr("!#$%&'*+-.^_`|~", p[i]))
			return false;
	return n > 0;
}

static bool is_visible(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] == 0x7f)
			return false;
	return n > 0;
}

static bool is(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(p, word, n) == 0;
}

struct request {
	const char *method, *target, *version; /* views */
	size_t n_method, n_target, n_version;
	unsigned hosts;
	bool body;
};

static bool read_request_line(const char *p, size_t n, struct request *r)
{
	const char *first = memchr(p, ' ', n);
	const char *second = first ? memchr(first + 1, ' ', (size_t)(p + n - first - 1)) : NULL;

	if (!second)
		return false;
	r->method = p;
	r->n_method = (size_t)(first - p);
	r->target = first + 1;
	r->n_target = (size_t)(second - first - 1);
	r->version = second + 1;
	r->n_version = (size_t)(p + n - second - 1);
	return is_token(r->method, r->n_method) && is_visible(r->target, r->n_target) &&
	       r->n_version == 8 && memcmp(r->version, "HTTP/", 5) == 0 &&
	       isdigit((unsigned char)r->version[5]) && r->version[6] == '.' &&
	       isdigit((unsigned char)r->version[7]);
}

static bool read_field(const char *p, size_t n, struct request *r)
{
	const char *colon = memchr(p, ':', n);
	size_t name = colon ? (size_t)(colon - p) : 0;

	if (!is_token(p, name))
		return false;
	for (size_t i = name + 1; i < n; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || (unsigned char)p[i] == 0x7f)
			return false;
	r->hosts += name == 4 && strncasecmp(p, "Host", 4) == 0;
	r->body |= name == 14 && strncasecmp(p, "Content-Length", 14) == 0;
	r->body |= name == 17 && strncasecmp(p, "Transfer-Encoding", 17) == 0;
	return true;
}

/* The line at `p`, which CR LF ends; false: it does not end yet, or (`bad`) ends otherwise. */
static bool next_line(const char *p, size_t n, size_t *len, bool *bad)
{
	const char *lf = memchr(p, '\n', n);

	*bad = lf && (lf == p || lf[-1] != '\r');
	if (!lf || *bad)
		return false;
	*len = (size_t)(lf - p) - 1;
	return true;
}

static unsigned status_of(const struct request *r)
{
	if (r->version[5] != '1')
		return 505;
	if (r->hosts > 1 || (r->hosts == 0 && r->version[7] != '0') || r->body)
		return 400;
	if (!is(r->target, r->n_target, "/metrics"))
		return 404;
	return is(r->method, r->n_method, "GET") || is(r->method, r->n_method, "HEAD") ? 200 : 405;
}

unsigned httpd_judge(const char *p, size_t n, bool *head)
{
	unsigned incomplete = n >= HTTPD_MAX_REQUEST ? 431 : 0;
	struct request r = {0};
	bool bad;

	*head = false;
	for (size_t len, at = 0;; at += len + 2) {
		if (!next_line(p + at, n - at, &len, &bad))
			return bad ? 400 : incomplete;
		if (at == 0 ? !read_request_line(p, len, &r) : len && !read_field(p + at, len, &r))
			return 400;
		if (!len)
			break;
	}
	*head = is(r.method, r.n_method, "HEAD");
	return status_of(&r);
}

/* ---- connections ----------------------------------------------------------------------------- */

struct httpd {
	struct httpd_opts o;
	uv_tcp_t listener;
	struct client *clients;
	unsigned n_clients, handles; /* not yet closed */
	uint16_t port;
};

struct client {
	struct client *next;
	struct httpd *h;
	uv_tcp_t tcp;
	uv_timer_t patience;
	uv_write_t writing;
	uv_shutdown_t ending;
	unsigned open; /* of the two handles */
	bool closing, answered;
	char in[HTTPD_MAX_REQUEST];
	size_t n_in;
	struct strbuf out;
};

static void client_gone(uv_handle_t *handle)
{
	struct client *c = handle->data, **at = &c->h->clients;

	c->h->handles--;
	if (--c->open)
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->h->n_clients--;
	sb_fini(&c->out);
	free(c);
}

static void client_close(struct client *c)
{
	if (c->closing)
		return;
	c->closing = true;
	uv_close((uv_handle_t *)&c->tcp, client_gone);
	uv_close((uv_handle_t *)&c->patience, client_gone);
}

static const struct status {
	unsigned code;
	const char *reason;
} statuses[] = {{200, "OK"}, {400, "Bad Request"}, {404, "Not Found"}, {405, "Method Not Allowed"},
        {408, "Request Timeout"}, {431, "Request Header Fields Too Large"},
        {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};

static const char *reason(unsigned code)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].code == code)
			return statuses[i].reason;
	return "Error";
}

static void write_answer(const struct httpd *h, unsigned code, bool head, struct strbuf *out)
{
	struct strbuf body = {0};

	if (code == 200)
		h->o.page(h->o.ctx, &body);
	else
		sb_printf(&body, "%u %s\n", code, reason(code));
	sb_printf(out,
	        "HTTP/1.1 %u %s\r\nContent-Type: text/plain; %scharset=utf-8\r\n"
	        "Content-Length: %zu\r\n%sCache-Control: no-store\r\nConnection: close\r\n\r\n",
	        code, reason(code), code == 200 ? "version=0.0.4; " : "", body.len,
	        code == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!head)
		sb_add(out, sb_str(&body), body.len);
	sb_fini(&body);
}

/* The peer reads to our end, and then closes its own; what it still says until then is not listened
 * to, but keeps the kernel from cutting the answer off. */
static void on_ended(uv_shutdown_t *req, int status)
{
	if (status < 0)
		client_close(req->data);
}

static void on_written(uv_write_t *req, int status)
{
	struct client *c = req->data;

	c->ending.data = c;
	if (status < 0 || uv_shutdown(&c->ending, (uv_stream_t *)&c->tcp, on_ended) < 0)
		client_close(c);
}

static void answer(struct client *c, unsigned code, bool head)
{
	uv_buf_t buf;

	c->answered = true;
	write_answer(c->h, code, head, &c->out);
	buf = uv_buf_init(c->out.s, (unsigned)c->out.len);
	c->writing.data = c;
	if (uv_write(&c->writing, (uv_stream_t *)&c->tcp, &buf, 1, on_written) < 0)
		client_close(c);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *c = handle->data;
	size_t at = c->answered ? 0 : c->n_in;

	(void)suggested;
	*buf = uv_buf_init(c->in + at, (unsigned)(sizeof(c->in) - at));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct client *c = s->data;
	unsigned code;
	bool head;

	(void)buf;
	if (n < 0) {
		client_close(c);
		return;
	}
	if (n == 0 || c->answered)
		return;
	c->n_in += (size_t)n;
	code = httpd_judge(c->in, c->n_in, &head);
	if (code)
		answer(c, code, head);
}

/* The first time it answers a request that does not come; the second, it leaves whoever does not
 * take the answer. */
static void on_patience(uv_timer_t *t)
{
	struct client *c = t->data;

	if (c->answered)
		client_close(c);
	else
		answer(c, 408, false);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct httpd *h = listener->data;
	struct client *c;

	if (status < 0)
		return;
	c = xcalloc(1, sizeof(*c));
	c->h = h;
	c->next = h->clients;
	h->clients = c;
	h->n_clients++;
	uv_tcp_init(h->o.loop, &c->tcp);
	uv_timer_init(h->o.loop, &c->patience);
	c->tcp.data = c->patience.data = c;
	c->open = 2;
	h->handles += 2;
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 ||
	        h->n_clients > HTTPD_MAX_CONNECTIONS) {
		client_close(c);
		return;
	}
	uv_timer_start(&c->patience, on_patience, h->o.patience_ms, h->o.patience_ms);
	uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void on_listener_closed(uv_handle_t *handle)
{
	struct httpd *h = handle->data;

	h->handles--;
}

static int listen_at(struct httpd *h, const struct endpoint *at)
{
	struct endpoint got;
	struct sockaddr_storage ss = {0};
	int len = sizeof(ss), rc;

	endpoint_to_sockaddr(at, &ss);
	rc = uv_tcp_bind(&h->listener, (const struct sockaddr *)&ss,
	        at->addr.family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&h->listener, HTTPD_MAX_CONNECTIONS, on_connection);
	if (rc == 0)
		rc = uv_tcp_getsockname(&h->listener, (struct sockaddr *)&ss, &len);
	if (rc == 0 && endpoint_from_sockaddr((struct sockaddr *)&ss, &got))
		h->port = got.port;
	return rc;
}

struct httpd *httpd_new(const struct httpd_opts *o, char *why, size_t n)
{
	struct httpd *h = xcalloc(1, sizeof(*h));
	char a[IPADDR_STRLEN];
	int rc;

	h->o = *o;
	if (!h->o.patience_ms)
		h->o.patience_ms = HTTPD_PATIENCE_MS;
	uv_tcp_init(o->loop, &h->listener);
	h->listener.data = h;
	h->handles = 1;
	rc = listen_at(h, &o->at);
	if (rc == 0)
		return h;
	snprintf(why, n, "metrics at %s port %u: %s", ipaddr_fmt(&o->at.addr, a), o->at.port,
	        uv_strerror(rc));
	httpd_free(h);
	return NULL;
}

uint16_t httpd_port(const struct httpd *h)
{
	return h->port;
}

unsigned httpd_connections(const struct httpd *h)
{
	return h->n_clients;
}

void httpd_free(struct httpd *h)
{
	if (!h)
		return;
	uv_close((uv_handle_t *)&h->listener, on_listener_closed);
	for (struct client *c = h->clients; c; c = c->next)
		client_close(c);
	while (h->handles)
		uv_run(h->o.loop, UV_RUN_NOWAIT);
	free(h);
}
