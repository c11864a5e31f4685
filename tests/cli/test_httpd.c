/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of numbers over HTTP: what is asked rightly, wrongly, slowly, and by too many. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "cli/httpd.h"

#define END "\r\nHost: r1\r\n\r\n"

/* ---- addresses ------------------------------------------------------------------------------- */

static void the_loopback_is_meant_unless_an_address_is_given(void **state)
{
	static const struct {
		const char *text, *is;
	} rows[] = {{"9101", "127.0.0.1/9101"}, {":9101", "127.0.0.1/9101"},
	        {"10.1.2.3:80", "10.1.2.3/80"}, {"0.0.0.0:1", "0.0.0.0/1"},
	        {"[::1]:9101", "::1/9101"}, {"", NULL}, {":", NULL}, {"65536", NULL},
	        {"10.0.0.1", NULL}, {"10.0.0.1:", NULL}, {"::1:80", NULL}, {"[::1:80", NULL},
	        {"[::1]80", NULL}, {"host:80", NULL}, {"10.0.0.1:-1", NULL},
	        {"10.0.0.1: 80", NULL}};
	char text[ENDPOINT_STRLEN];
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(httpd_address(rows[i].text, &e), rows[i].is != NULL);
		if (rows[i].is)
			assert_string_equal(endpoint_fmt(&e, text), rows[i].is);
	}
}

/* ---- requests -------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	unsigned status;
} requests[] = {
        {"GET /metrics HTTP/1.1" END, 200},
        {"HEAD /metrics HTTP/1.1" END, 200},
        {"GET /metrics HTTP/1.0\r\n\r\n", 200},
        {"GET /metrics HTTP/1.1\r\nhOST: r1\r\nAccept: text/plain;q=0.5\r\nX-Empty:\r\n\r\n", 200},
        {"GET /metrics HTTP/1.1" END "GET /metrics HTTP/1.1" END, 200},
        {"POST /metrics HTTP/1.1" END, 405},
        {"BREW /metrics HTTP/1.1" END, 405},
        {"get /metrics HTTP/1.1" END, 405},
        {"GET / HTTP/1.1" END, 404},
        {"GET /metrics/ HTTP/1.1" END, 404},
        {"GET /metrics?x HTTP/1.1" END, 404},
        {"GET http://r1/metrics HTTP/1.1" END, 404},
        {"GET /../../etc/passwd HTTP/1.1" END, 404},
        {"GET /metrics HTTP/2.0" END, 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"GET /metrics HTTP/1.1\r\n\r\n", 400},                       /* no Host */
        {"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400}, /* two */
        {"GET /metrics HTTP/1.1\r\nHost : a\r\n\r\n", 400},           /* space before the colon */
        {"GET /metrics HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400}, /* obsolete folding */
        {"GET /metrics HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
        {"GET /metrics HTTP/1.1\r\nHost: a\x01\r\n\r\n", 400},
        {"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET /metrics HTTP/1.1\nHost: a\n\n", 400}, /* LF alone */
        {"GET  /metrics HTTP/1.1" END, 400},
        {"GET /metrics HTTP/1.1 " END, 400},
        {" GET /metrics HTTP/1.1" END, 400},
        {"GET /metrics" END, 400}, /* HTTP/0.9 */
        {"GET /metrics HTTP/1.1\r", 0},
        {"GET /metrics HTTP/1.1\r\nHost: a\r\n", 0},
        {"\r\n\r\n", 400},
        {"\x16\x03\x01\x02\r\n\r\n", 400}, /* TLS */
        {"", 0},
};

static void each_request_gets_the_status_that_it_deserves(void **state)
{
	bool head;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		const char *t = requests[i].text;
		unsigned is = httpd_judge(t, strlen(t), &head);

		if (is != requests[i].status)
			fail_msg("%u instead of %u: %s", is, requests[i].status, t);
		if (is == 200)
			assert_int_equal(head, t[0] == 'H');
	}
}

/* Octet by octet nothing changes: a beginning waits, or is refused once the mistake is there. */
static void a_beginning_never_is_a_good_request(void **state)
{
	bool head;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		const char *t = requests[i].text;
		size_t n = strlen(t), whole = n;
		char *end = strstr(t, "\r\n\r\n");

		if (end)
			whole = (size_t)(end - t) + 4;
		for (size_t k = 0; k < whole && k < n; k++) {
			char *copy = xmemdup(t, k ? k : 1); /* so that a read past it is seen */
			unsigned is = httpd_judge(copy, k, &head);

			free(copy);
			assert_true(is == 0 || is == 400);
		}
	}
}

static void a_request_longer_than_allowed_is_refused(void **state)
{
	static char p[HTTPD_MAX_REQUEST];
	bool head;

	(void)state;
	memset(p, 'a', sizeof(p));
	assert_int_equal(httpd_judge(p, sizeof(p) - 1, &head), 0);
	assert_int_equal(httpd_judge(p, sizeof(p), &head), 431);
	memcpy(p, "GET /metrics HTTP/1.1\r\nHost: ", 29);
	assert_int_equal(httpd_judge(p, sizeof(p), &head), 431);
}

/* ---- connections ----------------------------------------------------------------------------- */

struct place {
	uv_loop_t loop;
	struct httpd *h;
	unsigned pages;
	size_t page_size;
};

static void page(void *ctx, struct strbuf *out)
{
	struct place *p = ctx;

	p->pages++;
	sb_puts(out, "spoke_test 1\n");
	while (out->len < p->page_size)
		sb_puts(out, "# more of it, which fills the buffers of both ends\n");
}

static void open_place(struct place *p, unsigned patience_ms)
{
	struct httpd_opts o = {
	        .loop = &p->loop, .page = page, .ctx = p, .patience_ms = patience_ms};
	char why[200];

	*p = (struct place){0};
	uv_loop_init(&p->loop);
	assert_true(httpd_address("0", &o.at));
	p->h = httpd_new(&o, why, sizeof(why));
	if (!p->h)
		fail_msg("%s", why);
}

static void close_place(struct place *p)
{
	httpd_free(p->h);
	assert_int_equal(uv_loop_close(&p->loop), 0);
}

struct caller {
	int fd;
	char got[8192];
	size_t n;
	bool ended;
};

static void call(struct place *p, struct caller *c, const char *text)
{
	struct endpoint e = {.addr = ipaddr_v4(INADDR_LOOPBACK), .port = httpd_port(p->h)};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&e, &ss);

	*c = (struct caller){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_int_equal(connect(c->fd, (struct sockaddr *)&ss, len), 0);
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static bool ended(struct caller *c)
{
	size_t room = sizeof(c->got) - 1 - c->n;
	char more[4096];
	ssize_t n = recv(c->fd, more, sizeof(more), MSG_DONTWAIT);

	if (n > 0) {
		size_t keep = (size_t)n < room ? (size_t)n : room;

		memcpy(c->got + c->n, more, keep);
		c->n += keep;
		c->got[c->n] = '\0';
	}
	c->ended |= n == 0 || (n < 0 && errno == ECONNRESET);
	return c->ended;
}

/* A bound, not a duration. */
#define until(p, cond)                                                                             \
	do {                                                                                       \
		uint64_t end_ = mono_ms() + 20000;                                                 \
		while (!(cond)) {                                                                  \
			uv_run(&(p)->loop, UV_RUN_NOWAIT);                                         \
			if (mono_ms() > end_)                                                      \
				fail_msg("never: %s", #cond);                                      \
		}                                                                                  \
	} while (0)

static void the_page_is_served_and_the_connection_ends(void **state)
{
	struct place p;
	struct caller c;

	(void)state;
	open_place(&p, 0);
	call(&p, &c, "GET /metrics HTTP/1.1" END);
	until(&p, ended(&c));
	assert_memory_equal(c.got, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(
	        strstr(c.got, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(c.got, "Content-Length: 13\r\n"));
	assert_non_null(strstr(c.got, "\r\n\r\nspoke_test 1\n"));
	close(c.fd);
	close_place(&p);
}

static void head_has_the_length_and_no_body(void **state)
{
	struct place p;
	struct caller c;

	(void)state;
	open_place(&p, 0);
	call(&p, &c, "HEAD /metrics HTTP/1.1" END);
	until(&p, ended(&c));
	assert_non_null(strstr(c.got, "Content-Length: 13\r\n"));
	assert_null(strstr(c.got, "spoke_test"));
	close(c.fd);
	close_place(&p);
}

static void a_bad_request_is_told_so_and_costs_no_page(void **state)
{
	struct place p;
	struct caller c;

	(void)state;
	open_place(&p, 0);
	call(&p, &c, "DELETE /metrics HTTP/1.1" END);
	until(&p, ended(&c));
	assert_memory_equal(c.got, "HTTP/1.1 405 ", 13);
	assert_non_null(strstr(c.got, "Allow: GET, HEAD\r\n"));
	close(c.fd);
	call(&p, &c, "nonsense\r\n");
	until(&p, ended(&c));
	assert_memory_equal(c.got, "HTTP/1.1 400 ", 13);
	assert_int_equal(p.pages, 0);
	close(c.fd);
	close_place(&p);
}

static void a_request_that_does_not_come_is_not_waited_for(void **state)
{
	struct place p;
	struct caller c;

	(void)state;
	open_place(&p, 30);
	call(&p, &c, "GET /metrics HTTP/1.1\r\nHost:");
	until(&p, ended(&c));
	assert_memory_equal(c.got, "HTTP/1.1 408 ", 13);
	assert_int_equal(p.pages, 0);
	close(c.fd);
	close_place(&p);
}

static void who_does_not_read_keeps_nobody_waiting(void **state)
{
	struct place p;
	struct caller c, other;

	(void)state;
	open_place(&p, 0);
	p.page_size = 32 * 1024 * 1024; /* more than the buffers of a socket hold */
	call(&p, &c, "GET /metrics HTTP/1.1" END);
	until(&p, p.pages == 1);
	p.page_size = 0;
	call(&p, &other, "GET /metrics HTTP/1.1" END);
	until(&p, ended(&other));
	assert_memory_equal(other.got, "HTTP/1.1 200 ", 13);
	close(c.fd);
	close(other.fd);
	close_place(&p);
}

/* The patience is long enough for the request to be read before it ends. */
static void an_answer_that_is_not_taken_is_dropped(void **state)
{
	struct place p;
	struct caller c;

	(void)state;
	open_place(&p, 2000); /* enough for the request to be read on a busy machine */
	p.page_size = 32 * 1024 * 1024;
	call(&p, &c, "GET /metrics HTTP/1.1" END);
	until(&p, p.pages == 1);
	until(&p, httpd_connections(p.h) == 0);
	close(c.fd);
	close_place(&p);
}

static void too_many_are_turned_away_and_the_next_is_served(void **state)
{
	static struct caller many[HTTPD_MAX_CONNECTIONS];
	struct place p;
	struct caller extra;

	(void)state;
	open_place(&p, 0);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		call(&p, &many[i], "GET /met");
	until(&p, httpd_connections(p.h) == HTTPD_MAX_CONNECTIONS);
	call(&p, &extra, "GET /metrics HTTP/1.1" END);
	until(&p, ended(&extra));
	assert_int_equal(extra.n, 0);
	close(extra.fd);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		close(many[i].fd);
	until(&p, httpd_connections(p.h) == 0);
	call(&p, &extra, "GET /metrics HTTP/1.1" END);
	until(&p, ended(&extra));
	assert_memory_equal(extra.got, "HTTP/1.1 200 ", 13);
	close(extra.fd);
	close_place(&p);
}

static void an_address_in_use_is_said(void **state)
{
	struct place p;
	struct httpd_opts o = {.page = page};
	char why[200] = "", at[32];

	(void)state;
	open_place(&p, 0);
	o.loop = &p.loop;
	snprintf(at, sizeof(at), "%u", httpd_port(p.h));
	assert_true(httpd_address(at, &o.at));
	assert_null(httpd_new(&o, why, sizeof(why)));
	assert_non_null(strstr(why, "metrics at 127.0.0.1 port"));
	close_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_loopback_is_meant_unless_an_address_is_given),
	        cmocka_unit_test(each_request_gets_the_status_that_it_deserves),
	        cmocka_unit_test(a_beginning_never_is_a_good_request),
	        cmocka_unit_test(a_request_longer_than_allowed_is_refused),
	        cmocka_unit_test(the_page_is_served_and_the_connection_ends),
	        cmocka_unit_test(head_has_the_length_and_no_body),
	        cmocka_unit_test(a_bad_request_is_told_so_and_costs_no_page),
	        cmocka_unit_test(a_request_that_does_not_come_is_not_waited_for),
	        cmocka_unit_test(who_does_not_read_keeps_nobody_waiting),
	        cmocka_unit_test(an_answer_that_is_not_taken_is_dropped),
	        cmocka_unit_test(too_many_are_turned_away_and_the_next_is_served),
	        cmocka_unit_test(an_address_in_use_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
