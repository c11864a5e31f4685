/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The resolver against a DNS server of the test's own, in a network namespace. Root is needed. What
 * counts: who is asked, from which address, and what becomes of the answer.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "lib_netns.h"
#include "net/resolver.h"

static int ns, server;
static char asked_from[IPADDR_STRLEN];
static char asked_name[256];
static bool no_such_name;

/* An A record for each of these, in this order. */
static const uint8_t answers[3][4] = {{10, 9, 9, 3}, {10, 9, 9, 1}, {10, 9, 9, 2}};

/* The question's name, with dots; the octets that it takes. */
static size_t read_name(const uint8_t *p, size_t n, char *out)
{
	size_t at = 0;

	out[0] = '\0';
	while (at < n && p[at]) {
		snprintf(out + strlen(out), 256 - strlen(out), "%s%.*s", out[0] ? "." : "",
		        (int)p[at], (const char *)p + at + 1);
		at += 1u + p[at];
	}
	return at + 1;
}

static void serve(void)
{
	uint8_t m[1024];
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct endpoint from;
	ssize_t n = recvfrom(server, m, sizeof(m), 0, (struct sockaddr *)&ss, &len);

	assert_true(n > 12 && endpoint_from_sockaddr((struct sockaddr *)&ss, &from));
	ipaddr_fmt(&from.addr, asked_from);
	size_t at = 12 + read_name(m + 12, (size_t)n - 12, asked_name) + 4;

	m[2] = 0x81;
	m[3] = no_such_name ? 0x83 : 0x80;
	put_u16(m + 6, no_such_name ? 0 : 3);
	put_u16(m + 8, 0);
	put_u16(m + 10, 0);
	for (int i = 0; !no_such_name && i < 3; i++, at += 16) {
		static const uint8_t head[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};

		memcpy(m + at, head, 12);
		memcpy(m + at + 12, answers[i], 4);
	}
	assert_int_equal(sendto(server, m, at, 0, (struct sockaddr *)&ss, len), (ssize_t)at);
}

static struct resolver_answer ask(const struct resolver_question *q)
{
	struct resolver *r = resolver_new();
	struct resolver_io io = resolver_io(r);
	struct resolver_answer a = {0};
	bool done = false;

	asked_from[0] = asked_name[0] = '\0';
	io.ask(io.ctx, 7, q);
	while (!done) {
		struct pollfd p[2] = {
		        {.fd = server, .events = POLLIN}, {.fd = resolver_fd(r), .events = POLLIN}};

		assert_true(poll(p, 2, NS_WAIT_MS) > 0);
		if (p[0].revents)
			serve();
		done = io.poll(io.ctx, &a);
	}
	resolver_free(r);
	assert_int_equal(a.id, 7);
	return a;
}

static struct resolver_question question(const char *name)
{
	return (struct resolver_question){.name = name,
	        .family = AF_INET,
	        .server = {ipaddr_v4(0x0a090035)}, /* 10.9.0.53 */
	        .n_server = 1};
}

static int setup(void **s)
{
	(void)s;
	ns = ns_new();
	ns_enter(ns);
	ns_sh(ns, "ip addr add 10.9.0.53/32 dev lo; ip addr add 10.9.0.1/32 dev lo; ip addr add "
	          "10.9.0.2/32 dev lo");
	server = ns_udp(ns, "10.9.0.53", 53);
	no_such_name = false;
	return 0;
}

static int teardown(void **s)
{
	(void)s;
	close(server);
	ns_close(ns);
	return 0;
}

static void the_server_named_is_asked_from_the_source_named(void **s)
{
	struct resolver_question q = question("hub.example.net");

	(void)s;
	q.from4 = ipaddr_v4(0x0a090002);
	struct resolver_answer a = ask(&q);

	assert_string_equal(asked_name, "hub.example.net");
	assert_string_equal(asked_from, "10.9.0.2");
	assert_int_equal(a.n, 3);
	for (int i = 0; i < 3; i++) /* in the order of the answer, whatever the box would prefer */
		assert_memory_equal(a.addr[i].b, answers[i], 4);
}

static void an_unqualified_name_is_completed(void **s)
{
	struct resolver_question q = question("hub");

	(void)s;
	q.domain[0] = "corp.example.net";
	q.n_domain = 1;
	ask(&q);
	assert_string_equal(asked_name, "hub.corp.example.net");
}

static void a_name_that_is_not_there_says_so(void **s)
{
	struct resolver_question q = question("nosuch.example.net");

	(void)s;
	no_such_name = true;
	struct resolver_answer a = ask(&q);

	assert_int_equal(a.n, 0);
	assert_string_equal(a.why, "Domain name not found");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(the_server_named_is_asked_from_the_source_named),
	        T(an_unqualified_name_is_completed),
	        T(a_name_that_is_not_there_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
