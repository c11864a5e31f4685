/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `logging …`: what goes to a host, to a terminal and into the buffer. */
#include "lib_term.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

static struct box B;
static struct term T;
static int host;
static unsigned port;

/* A log server on loopback. */
static int up(void **state)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(sa);

	(void)state;
	box_init(&B);
	term_open(&T, &B, PROTO_INTERACTIVE);
	host = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(host, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(host, (struct sockaddr *)&sa, &n), 0);
	port = ntohs(sa.sin_port);
	return 0;
}

static int down(void **state)
{
	(void)state;
	close(host);
	term_close(&T);
	box_fini(&B);
	log_buffer_set(LOG_SEV_DEBUG, LOG_BUFFER_BYTES);
	log_stamp_parts(0, 0, false);
	return 0;
}

static void configure(const char *fmt, unsigned v)
{
	char line[100];

	snprintf(line, sizeof(line), fmt, v);
	say(&T, "configure terminal");
	say(&T, line);
	assert_int_equal(T.status, 0);
	say(&T, "end");
}

/* The next datagram, which has been sent already; "" if there is none. */
static const char *datagram(void)
{
	static char text[2048];
	ssize_t n = recv(host, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void a_host_gets_what_the_trap_lets_through(void **state)
{
	const char *got;

	(void)state;
	configure("logging host 127.0.0.1 transport udp port %u", port);
	got = datagram(); /* local7.informational */
	assert_memory_equal(got, "<190>1: *", strlen("<190>1: *"));
	assert_non_null(
	        strstr(got, ": %SYS-6-LOGGINGHOST_STARTSTOP: Logging to host 127.0.0.1 port "));
	got = datagram(); /* local7.notice */
	assert_memory_equal(got, "<189>2: *", strlen("<189>2: *"));
	assert_non_null(strstr(got, ": %SYS-5-CONFIG_I: Configured from console by admin on vty0"));
	configure("logging facility local0", 0);
	got = datagram();
	assert_memory_equal(got, "<133>3: *", strlen("<133>3: *"));
	configure("logging trap errors", 0);
	assert_string_equal(datagram(), "");
	log_msg(SYS_CONFIG_READ, "test");
	got = datagram();
	assert_memory_equal(got, "<131>4: *", strlen("<131>4: *"));
	configure("no logging trap", 0);
	log_msg(SYS_CONFIG_READ, "test");
	assert_string_equal(datagram(), "");
}

static void a_removed_host_gets_nothing(void **state)
{
	(void)state;
	configure("logging host 127.0.0.1 transport udp port %u", port);
	while (*datagram())
		;
	configure("no logging host 127.0.0.1", 0);
	assert_non_null(
	        strstr(datagram(), "LOGGINGHOST_STARTSTOP: Logging to host 127.0.0.1 port "));
	log_msg(SYS_CONFIG_READ, "test");
	assert_string_equal(datagram(), "");
}

static void lines(const char *const *v)
{
	say(&T, "configure terminal");
	for (; *v; v++) {
		say(&T, *v);
		assert_int_equal(T.status, 0);
	}
	say(&T, "end");
}

/* What comes while its name is not known waits for it. */
static void a_host_has_a_name(void **state)
{
	(void)state;
	configure("no ip domain lookup", 0);
	configure("logging host logs.example.com transport udp port %u", port);
	assert_non_null(strstr(say(&T, "show logging | include link"), "link down: its name"));
	log_msg(SYS_CONFIG_READ, "meanwhile");
	assert_string_equal(datagram(), "");
	configure("ip host logs.example.com 127.0.0.1", 0);
	assert_non_null(strstr(datagram(), "Logging to host logs.example.com port "));
	assert_non_null(strstr(datagram(), "CONFIG_I"));
	assert_non_null(strstr(datagram(), "meanwhile"));
	assert_non_null(strstr(say(&T, "show logging | include link"), "link up"));
	configure("no logging host logs.example.com", 0);
}

/* A host that is never there keeps the newest, and counts what it lost. */
static void what_waits_is_bounded(void **state)
{
	char text[40];

	(void)state;
	configure("no ip domain lookup", 0);
	configure("logging host logs.example.com transport udp port %u", port);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "number %u.", i);
		log_msg(SYS_CONFIG_READ, text);
	}
	configure("ip host logs.example.com 127.0.0.1", 0);
	for (unsigned i = 1000 - 64; i < 1000; i++) {
		snprintf(text, sizeof(text), "number %u.", i);
		const char *got = datagram();

		assert_non_null(strstr(got, text));
	}
	assert_non_null(strstr(say(&T, "show logging | json"), "\"dropped\": 938"));
}

static void a_host_sees_the_source_interface(void **state)
{
	static const char *const v[] = {"interface Loopback9",
	        "ip address 127.9.9.9 255.255.255.255", "logging source-interface Loopback9", NULL};
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	char text[2000], addr[INET_ADDRSTRLEN];

	(void)state;
	lines(v);
	configure("logging host 127.0.0.1 transport udp port %u", port);
	assert_true(
	        recvfrom(host, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&from, &n) > 0);
	inet_ntop(AF_INET, &from.sin_addr, addr, sizeof(addr));
	assert_string_equal(addr, "127.9.9.9");
	assert_non_null(strstr(say(&T, "show logging"),
	        "        Logging Source-Interface:       VRF Name:\n        Loopback9 "));
	configure("no logging source-interface Loopback9", 0);
	while (recvfrom(host, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&from, &n) > 0)
		;
	log_msg(SYS_CONFIG_READ, "test");
	assert_true(
	        recvfrom(host, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&from, &n) > 0);
	inet_ntop(AF_INET, &from.sin_addr, addr, sizeof(addr));
	assert_string_equal(addr, "127.0.0.1");
}

static void a_vrf_without_a_device_reaches_nobody(void **state)
{
	static const char *const v[] = {
	        "vrf definition red", "address-family ipv4", "exit-address-family", NULL};

	(void)state;
	lines(v);
	configure("logging source-interface Loopback0 vrf red", 0);
	configure("logging host 127.0.0.1 vrf blue transport udp port %u", port);
	assert_string_equal(datagram(), "");
	assert_non_null(strstr(
	        say(&T, "show logging | section Trap"), "link down: % VRF blue does not exist"));
	assert_non_null(strstr(say(&T, "show logging"), "Logging to 127.0.0.1(blue)  (udp port "));
	assert_non_null(strstr(say(&T, "show logging"), "Loopback0                       red\n"));
}

/* ---- TCP ------------------------------------------------------------------------------------ */

static int listener(unsigned *at)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*at = ntohs(sa.sin_port);
	return fd;
}

static int accepted(int fd)
{
	for (unsigned i = 0; i < 1000; i++) {
		int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (c >= 0)
			return c;
		uv_run(&B.loop, UV_RUN_NOWAIT);
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10);
	}
	fail_msg("nobody connected");
	return -1;
}

/* Reads until the text has come. */
static void comes(int fd, const char *text)
{
	static char got[64 * 1024];
	size_t n = 0;

	for (unsigned i = 0; i < 1000; i++) {
		ssize_t r = recv(fd, got + n, sizeof(got) - 1 - n, 0);

		n += r > 0 ? (size_t)r : 0;
		got[n] = '\0';
		if (strstr(got, text))
			return;
		uv_run(&B.loop, UV_RUN_NOWAIT);
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10);
	}
	fail_msg("no %s in %s", text, got);
}

static void a_host_over_tcp(void **state)
{
	unsigned at;
	int fd = listener(&at), c;

	(void)state;
	configure("logging host 127.0.0.1 transport tcp port %u", at);
	log_msg(SYS_CONFIG_READ, "one");
	log_msg(SYS_CONFIG_READ, "two");
	c = accepted(fd);
	comes(c, "two\n");
	assert_non_null(strstr(say(&T, "show logging"), "  (tcp port "));
	close(c);
	for (unsigned i = 0; i < 1000; i++) { /* the end of the connection is noticed */
		uv_run(&B.loop, UV_RUN_NOWAIT);
		if (strstr(say(&T, "show logging"), "link down: the connection was lost"))
			break;
		poll(NULL, 0, 10);
	}
	log_msg(SYS_CONFIG_READ, "meanwhile");
	configure("hostname Again", 0); /* which tries again at once */
	c = accepted(fd);
	comes(c, "meanwhile\n");
	close(c);
	close(fd);
}

static void a_terminal_sees_its_level(void **state)
{
	(void)state;
	say(&T, "terminal monitor");
	configure("logging monitor errors", 0);
	assert_string_equal(sb_str(&T.log), "");
	configure("no logging monitor", 0);
	log_msg(SYS_CONFIG_READ, "unseen");
	assert_null(strstr(sb_str(&T.log), "unseen"));
	configure("default logging monitor", 0);
	assert_non_null(strstr(sb_str(&T.log), "SYS-5-CONFIG_I"));
}

static void the_buffer_keeps_the_newest(void **state)
{
	char name[80];
	const char *out;

	(void)state;
	configure("logging buffered 4096 errors", 0);
	say(&T, "clear logging");
	say(&T, "y");
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "reason number %u.", i);
		log_msg(SYS_CONFIG_READ, name);
	}
	out = say(&T, "show logging | include SYS-");
	assert_null(strstr(out, "CONFIG_I"));
	assert_null(strstr(out, "number 0."));
	assert_non_null(strstr(out, "number 199."));
	assert_in_range(strlen(out), 3000, 4096);
	configure("no logging buffered", 0);
	log_msg(SYS_CONFIG_READ, "not kept");
	assert_null(strstr(say(&T, "show logging"), "not kept"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_host_gets_what_the_trap_lets_through, up, down),
	        cmocka_unit_test_setup_teardown(a_removed_host_gets_nothing, up, down),
	        cmocka_unit_test_setup_teardown(a_host_has_a_name, up, down),
	        cmocka_unit_test_setup_teardown(what_waits_is_bounded, up, down),
	        cmocka_unit_test_setup_teardown(a_host_sees_the_source_interface, up, down),
	        cmocka_unit_test_setup_teardown(a_vrf_without_a_device_reaches_nobody, up, down),
	        cmocka_unit_test_setup_teardown(a_host_over_tcp, up, down),
	        cmocka_unit_test_setup_teardown(a_terminal_sees_its_level, up, down),
	        cmocka_unit_test_setup_teardown(the_buffer_keeps_the_newest, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
