/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lib_netns.h. */
#include "lib_netns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

int ns_new(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		print_error(
		        "a network namespace cannot be made (root needed): %s\n", strerror(errno));
		exit(1);
	}
	int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(ns >= 0);
	ns_sh(ns, "ip link set lo up");
	return ns;
}

void ns_close(int ns)
{
	close(ns);
}

void ns_enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

void ns_sh(int ns, const char *fmt, ...)
{
	char cmd[2048];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(cmd));
	ns_enter(ns);
	if (system(cmd) != 0)
		fail_msg("failed: %s", cmd);
}

bool ns_prints(int ns, const char *cmd, const char *text)
{
	char out[65536];
	FILE *p;

	ns_enter(ns);
	p = popen(cmd, "r");
	assert_non_null(p);
	size_t n = fread(out, 1, sizeof(out) - 1, p);

	out[n] = '\0';
	pclose(p);
	return strstr(out, text) != NULL;
}

static void end_of_wire(int ns, const char *dev, const char *addr)
{
	ns_sh(ns, "ip link set %s up", dev);
	if (addr)
		ns_sh(ns, "ip addr add %s dev %s%s", addr, dev, strchr(addr, ':') ? " nodad" : "");
}

void ns_wire(
        int a, const char *dev_a, const char *addr_a, int b, const char *dev_b, const char *addr_b)
{
	ns_sh(a, "ip link add dev %s type veth peer name %s netns /proc/%d/fd/%d", dev_a, dev_b,
	        getpid(), b);
	end_of_wire(a, dev_a, addr_a);
	end_of_wire(b, dev_b, addr_b);
}

static socklen_t address(const char *addr, uint16_t port, struct sockaddr_storage *ss)
{
	struct endpoint e = {.port = port};

	assert_true(ipaddr_parse(addr, &e.addr));
	return endpoint_to_sockaddr(&e, ss);
}

static int make_socket(int ns, int type, const char *addr, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = address(addr, port, &ss);
	int on = 1, fd;

	ns_enter(ns);
	fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, len) < 0)
		fail_msg("bind %s: %s", addr, strerror(errno));
	return fd;
}

int ns_udp(int ns, const char *addr, uint16_t port)
{
	return make_socket(ns, SOCK_DGRAM, addr, port);
}

int ns_listen(int ns, const char *addr, uint16_t port)
{
	int fd = make_socket(ns, SOCK_STREAM, addr, port);

	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

int ns_connect(int ns, const char *addr, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = address(addr, port, &ss);
	int fd, err = 0;
	socklen_t n = sizeof(err);

	ns_enter(ns);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&ss, len) < 0 && errno == EINPROGRESS) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};

		if (poll(&p, 1, NS_WAIT_MS) == 1 &&
		        getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0 && !err)
			return fd;
	}
	close(fd);
	return -1;
}

void ns_send(int fd, const char *addr, uint16_t port, const char *text)
{
	struct sockaddr_storage ss;
	socklen_t len = address(addr, port, &ss);

	assert_int_equal(
	        sendto(fd, text, strlen(text), 0, (struct sockaddr *)&ss, len), strlen(text));
}

bool ns_recv(int fd, char *buf, size_t n, struct endpoint *from)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	ssize_t got;

	if (poll(&p, 1, NS_WAIT_MS) != 1)
		return false;
	got = recvfrom(fd, buf, n - 1, 0, (struct sockaddr *)&ss, &len);
	if (got < 0)
		return false;
	buf[got] = '\0';
	return !from || endpoint_from_sockaddr((struct sockaddr *)&ss, from);
}

void ns_expect(int fd, const char *text, const char *from)
{
	char buf[2048], who[IPADDR_STRLEN];
	struct endpoint e;

	if (!ns_recv(fd, buf, sizeof(buf), &e))
		fail_msg("nothing came, expected \"%s\" from %s", text, from);
	assert_string_equal(buf, text);
	assert_string_equal(ipaddr_fmt(&e.addr, who), from);
}

bool ns_until(bool (*ok)(void *ctx), void *ctx)
{
	uint64_t end = mono_ms() + NS_WAIT_MS;

	while (!ok(ctx)) {
		if (mono_ms() >= end)
			return false;
		poll(NULL, 0, 20);
	}
	return true;
}
