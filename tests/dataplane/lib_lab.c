/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lib_lab.h. */
#include "lib_lab.h"

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
#include "base/mem.h"
#include "lib_sa.h"

/* ---- namespaces ------------------------------------------------------------------------------ */

static int new_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		print_error(
		        "a network namespace cannot be made (root needed): %s\n", strerror(errno));
		exit(1);
	}
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	lab_sh("ip link set lo up");
	return fd;
}

void lab_enter(struct lab *l, int end)
{
	assert_int_equal(setns(l->ns[end], CLONE_NEWNET), 0);
}

void lab_sh(const char *cmd)
{
	if (system(cmd) != 0)
		fail_msg("failed: %s", cmd);
}

bool lab_has(const char *cmd, const char *text)
{
	char out[8192];
	FILE *p = popen(cmd, "r");

	assert_non_null(p);
	size_t n = fread(out, 1, sizeof(out) - 1, p);

	out[n] = '\0';
	pclose(p);
	return strstr(out, text) != NULL;
}

static void addresses(const char *dev, int host)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd),
	        "ip addr add 192.0.2.%d/24 dev %s && ip addr add 2001:db8::%d/64 dev %s nodad && "
	        "ip link set %s up",
	        host, dev, host, dev, dev);
	lab_sh(cmd);
}

/* A device that was just brought up drops packets for a while: the wire is there when something has
 * gone over it. */
static void prove_one_way(int from, int to, const char *addr)
{
	uint64_t end = mono_ms() + LAB_WAIT_MS;
	struct pollfd p = {.fd = to, .events = POLLIN};
	char c;

	do {
		if (mono_ms() > end)
			fail_msg("no way to %s", addr);
		lab_send(from, addr, 9, "x", 1); /* without a route yet, perhaps */
	} while (poll(&p, 1, 10) != 1);
	assert_int_equal(recv(to, &c, 1, 0), 1);
}

static void prove(struct lab *l, const char *addr_a, const char *addr_b)
{
	lab_enter(l, 0);
	int a = lab_udp(addr_a, 9);

	lab_enter(l, 1);
	int b = lab_udp(addr_b, 9);

	prove_one_way(a, b, addr_b);
	prove_one_way(b, a, addr_a);
	close(a);
	close(b);
}

struct lab *lab_new(void)
{
	struct lab *l = xcalloc(1, sizeof(*l));
	char cmd[120];

	l->ns[0] = new_namespace();
	l->ns[1] = new_namespace();
	lab_enter(l, 0);
	lab_sh("ip link add vA type veth peer name vB");
	snprintf(cmd, sizeof(cmd), "ip link set vB netns /proc/%d/fd/%d", getpid(), l->ns[1]);
	lab_sh(cmd);
	addresses("vA", 1);
	lab_enter(l, 1);
	addresses("vB", 2);
	prove(l, "192.0.2.1", "192.0.2.2");
	prove(l, "2001:db8::1", "2001:db8::2");
	return l;
}

void lab_free(struct lab *l)
{
	for (int i = 0; i < 2; i++) {
		if (l->d[i])
			dp_user_ops.close(l->d[i]);
		close(l->ns[i]);
	}
	free(l);
}

/* ---- back ends ------------------------------------------------------------------------------- */

struct dp *lab_open(struct lab *l, int end)
{
	struct dp_config cfg = {0};
	char why[200] = "";

	lab_enter(l, end);
	l->d[end] = dp_user_ops.open(&cfg, why, sizeof(why));
	if (!l->d[end])
		fail_msg("open: %s", why);
	return l->d[end];
}

/* The kernel takes up an IPv6 address some time after it was told to: it has when the address hears
 * itself. */
void lab_prove_own(const char *addr)
{
	int fd = lab_udp(addr, 9);

	prove_one_way(fd, fd, addr);
	close(fd);
}

void lab_tunnels(struct lab *l, enum dp_payload payload, uint16_t mtu)
{
	struct dp_tunnel t = {.id = 1, .name = "Tunnel1", .payload = payload, .mtu = mtu};
	char cmd[200];

	for (int i = 0; i < 2; i++) {
		if (!l->d[i])
			continue;
		lab_enter(l, i);
		assert_int_equal(dp_user_ops.tunnel_add(l->d[i], &t), 0);
		snprintf(cmd, sizeof(cmd),
		        "ip addr add 10.0.0.%d peer 10.0.0.%d dev Tunnel1 && "
		        "ip addr add fd00::%d/64 dev Tunnel1 nodad && ip link set Tunnel1 up",
		        i + 1, 2 - i, i + 1);
		lab_sh(cmd);
		lab_prove_own(i ? "fd00::2" : "fd00::1");
	}
}

bool lab_event(struct dp *d, enum dp_event_type type, struct dp_event *out)
{
	uint64_t end = mono_ms() + LAB_WAIT_MS;

	while (mono_ms() < end) {
		struct pollfd p = {.fd = d->ops->fd(d), .events = POLLIN};

		while (d->ops->poll(d, out))
			if (out->type == type)
				return true;
		poll(&p, 1, 100);
	}
	return false;
}

bool lab_until(struct dp *d, bool (*holds)(struct dp *d, uint64_t arg), uint64_t arg)
{
	uint64_t end = mono_ms() + LAB_WAIT_MS;

	while (!holds(d, arg)) {
		if (mono_ms() > end)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

int lab_udp(const char *from, uint16_t port)
{
	struct endpoint e = {.addr = ip(from), .port = port};
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&e, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, n), 0);
	return fd;
}

bool lab_send(int fd, const char *to, uint16_t port, const void *p, size_t n)
{
	struct endpoint e = {.addr = ip(to), .port = port};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&e, &ss);

	return sendto(fd, p, n, 0, (struct sockaddr *)&ss, len) == (ssize_t)n;
}

ssize_t lab_recv(int fd, void *p, size_t cap)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	if (poll(&pfd, 1, LAB_WAIT_MS) != 1)
		return -1;
	return recv(fd, p, cap, 0);
}
