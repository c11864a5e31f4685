/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents over HTTP from a server that behaves, and from some that do not. The servers are
 * threads on loopback. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/fetch.h"

enum { WAIT_MS = 20000 };

/* A server for one connection: it reads a request until the empty line and what was posted, then
 * says `reply`. */
struct server {
	int fd;
	uint16_t port;
	const char *reply;
	size_t n_reply;
	bool silent; /* takes the connection and says nothing until it is closed */
	char request[4096];
	pthread_t thread;
};

static bool whole(const char *r, size_t n)
{
	const char *end = strstr(r, "\r\n\r\n"), *len = strcasestr(r, "Content-Length: ");

	return end && n - (size_t)(end + 4 - r) >= (len ? strtoul(len + 16, NULL, 10) : 0);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int c = accept(s->fd, NULL, NULL);
	size_t n = 0;
	ssize_t got;

	while (c >= 0 && !whole(s->request, n) && n + 1 < sizeof(s->request) &&
	        (got = read(c, s->request + n, sizeof(s->request) - 1 - n)) > 0)
		n += (size_t)got;
	if (s->silent)
		while (read(c, s->request, 1) > 0)
			;
	for (size_t at = 0; !s->silent && at < s->n_reply; at += (size_t)got)
		if ((got = send(c, s->reply + at, s->n_reply - at, MSG_NOSIGNAL)) <= 0)
			break;
	close(c);
	return NULL;
}

static void server_start(struct server *s, const char *reply)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	memset(s, 0, sizeof(*s));
	s->reply = reply;
	s->n_reply = reply ? strlen(reply) : 0;
	s->silent = !reply;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->fd, 4), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static int setup(void **state)
{
	*state = fetcher_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	fetcher_free(*state);
	return 0;
}

static struct fetch_answer await(struct fetcher *f)
{
	struct fetch_io io = fetcher_io(f);
	struct fetch_answer a;

	while (!io.poll(io.ctx, &a)) {
		struct pollfd p = {.fd = fetcher_fd(f), .events = POLLIN};

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	}
	return a;
}

static void ask(struct fetcher *f, uint32_t id, const char *url, struct fetch_want w)
{
	struct fetch_io io = fetcher_io(f);

	w.url = url;
	w.max = w.max ? w.max : 1000;
	w.timeout_s = w.timeout_s ? w.timeout_s : 10;
	io.ask(io.ctx, id, &w);
}

static const char *url_of(const struct server *s)
{
	static char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/a.crl", s->port);
	return url;
}

static void a_document_comes(void **state)
{
	struct server s;

	server_start(&s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	ask(*state, 7, url_of(&s), (struct fetch_want){0});
	struct fetch_answer a = await(*state);

	assert_true(a.ok);
	assert_int_equal(a.id, 7);
	assert_int_equal(a.n, 5);
	assert_memory_equal(a.body, "hello", 5);
	free(a.body);
	server_stop(&s);
	assert_non_null(strstr(s.request, "GET /a.crl HTTP/1.1"));
}

static void a_request_is_posted(void **state)
{
	struct server s;

	server_start(&s, "HTTP/1.0 200 OK\r\n\r\nok");
	ask(*state, 1, url_of(&s),
	        (struct fetch_want){
	                .type = "application/ocsp-request", .post = span_of("\0\1\2", 3)});
	struct fetch_answer a = await(*state);

	assert_true(a.ok);
	free(a.body);
	server_stop(&s);
	assert_non_null(strstr(s.request, "POST /a.crl"));
	assert_non_null(strstr(s.request, "Content-Type: application/ocsp-request\r\n"));
	assert_non_null(strstr(s.request, "Content-Length: 3\r\n"));
}

static void refused(void **state, const char *reply, const char *why)
{
	struct server s;

	server_start(&s, reply);
	ask(*state, 1, url_of(&s), (struct fetch_want){.timeout_s = reply ? 10 : 1});
	struct fetch_answer a = await(*state);

	server_stop(&s);
	assert_false(a.ok);
	assert_null(a.body);
	if (!strstr(a.why, why))
		fail_msg("\"%s\" does not say \"%s\"", a.why, why);
}

static void what_is_not_200_is_not_taken(void **state)
{
	refused(state, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "404");
}

static void a_redirection_is_not_followed(void **state)
{
	refused(state,
	        "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
	        "302");
}

static void a_short_body_is_not_taken(void **state)
{
	refused(state, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "ransfer");
}

static void what_is_no_http_is_not_taken(void **state)
{
	refused(state, "\x16\x03\x01 what\r\n", "");
}

static void a_silent_server_is_given_up(void **state)
{
	refused(state, NULL, "imeout");
}

static void a_large_body_is_given_up(void **state)
{
	static char reply[4000];
	struct server s;

	snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\n\r\n%03500d", 1);
	server_start(&s, reply);
	ask(*state, 1, url_of(&s), (struct fetch_want){0});
	struct fetch_answer a = await(*state);

	server_stop(&s);
	assert_false(a.ok);
	assert_string_equal(a.why, "more than 1000 octets");
}

static void other_schemes_are_not_spoken(void **state)
{
	static const char *const url[] = {
	        "file:///etc/hostname", "ftp://127.0.0.1/x", "ldap://127.0.0.1/x", "", "::"};

	for (uint32_t i = 0; i < ARRAY_LEN(url); i++) {
		ask(*state, i, url[i], (struct fetch_want){0});
		struct fetch_answer a = await(*state);

		assert_int_equal(a.id, i);
		assert_false(a.ok);
		assert_true(a.why[0]);
	}
}

static void nobody_waits_for_a_silent_server(void **state)
{
	struct fetch_io io = fetcher_io(*state);
	struct server s, t;

	server_start(&s, NULL);
	server_start(&t, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
	ask(*state, 1, url_of(&s), (struct fetch_want){.timeout_s = 600});
	ask(*state, 2, url_of(&t), (struct fetch_want){0});
	struct fetch_answer a = await(*state);

	assert_int_equal(a.id, 2);
	free(a.body);
	io.cancel(io.ctx, 1);
	io.cancel(io.ctx, 99);
	server_stop(&s); /* its thread ends because the connection was closed */
	server_stop(&t);
	assert_false(io.poll(io.ctx, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_document_comes),
	        cmocka_unit_test(a_request_is_posted),
	        cmocka_unit_test(what_is_not_200_is_not_taken),
	        cmocka_unit_test(a_redirection_is_not_followed),
	        cmocka_unit_test(a_short_body_is_not_taken),
	        cmocka_unit_test(what_is_no_http_is_not_taken),
	        cmocka_unit_test(a_silent_server_is_given_up),
	        cmocka_unit_test(a_large_body_is_given_up),
	        cmocka_unit_test(other_schemes_are_not_spoken),
	        cmocka_unit_test(nobody_waits_for_a_silent_server),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
