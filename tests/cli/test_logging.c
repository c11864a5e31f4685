/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `logging …`: what goes to a host, to a terminal and into the buffer. */
#include "lib_term.h"

#include <arpa/inet.h>
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
	assert_non_null(strstr(datagram(), "LOGGINGHOST_STARTSTOP: Logging to host 127.0.0.1 port "));
	log_msg(SYS_CONFIG_READ, "test");
	assert_string_equal(datagram(), "");
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
	        cmocka_unit_test_setup_teardown(a_terminal_sees_its_level, up, down),
	        cmocka_unit_test_setup_teardown(the_buffer_keeps_the_newest, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
