/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lib_ends.h. */
#include "lib_ends.h"

#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "base/mem.h"

/* ---- ends ------------------------------------------------------------------------------------ */

static void open_end(struct ends *e, int end)
{
	struct dp_config cfg = {0};
	char why[200] = "";

	lab_enter(e->lab, end);
	e->lab->d[end] = e->ops[end]->open(&cfg, why, sizeof(why));
	if (!e->lab->d[end])
		fail_msg("open: %s", why);
}

static void add_tunnel(struct ends *e, int end, uint16_t mtu)
{
	struct dp_tunnel t = {.id = 1, .name = "Tunnel1", .payload = e->payload, .mtu = mtu};
	char cmd[240];

	lab_enter(e->lab, end);
	assert_int_equal(e->ops[end]->tunnel_add(e->lab->d[end], &t), 0);
	if (e->ops[end] == &dp_fake_ops)
		return;
	snprintf(cmd, sizeof(cmd),
	        "ip link set Tunnel1 up && ip addr add 10.0.0.%d peer 10.0.0.%d dev Tunnel1 && "
	        "ip addr add fd00::%d peer fd00::%d dev Tunnel1 nodad",
	        end + 1, 2 - end, end + 1, 2 - end);
	lab_sh(cmd);
	lab_prove_own(end ? "fd00::2" : "fd00::1");
}

struct ends *ends_new(
        const struct dp_ops *a, const struct dp_ops *b, enum dp_payload payload, uint16_t mtu)
{
	struct ends *e = xcalloc(1, sizeof(*e));

	e->lab = lab_new();
	e->ops[0] = a;
	e->ops[1] = b;
	e->payload = payload;
	e->spi = 0x1000;
	for (int end = 0; end < 2; end++) {
		if (!e->ops[end])
			continue;
		open_end(e, end);
		add_tunnel(e, end, mtu);
	}
	return e;
}

void ends_close(struct ends *e, int end)
{
	if (!e->lab->d[end])
		return;
	lab_enter(e->lab, end);
	e->ops[end]->close(e->lab->d[end]);
	e->lab->d[end] = NULL;
}

void ends_free(struct ends *e)
{
	for (int end = 0; end < 2; end++)
		ends_close(e, end);
	lab_free(e->lab);
	free(e);
}

void ends_enter(const struct ends *e, int end)
{
	lab_enter(e->lab, end);
}

struct dp *ends_dp(const struct ends *e, int end)
{
	lab_enter(e->lab, end);
	return e->lab->d[end];
}

/* ---- SAs ------------------------------------------------------------------------------------- */

struct dp_sa ends_describe(const struct ends *e, const struct variant *v, int end)
{
	static const char *const addr[2][2] = {
	        {"192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::2"}};
	uint32_t spi = e->spi + 2;
	struct dp_sa sa = sa_end(v->suite, addr[v->v6][end], addr[v->v6][1 - end],
	        spi + (uint32_t)end, spi + 1 - (uint32_t)end);

	sa.mode = v->mode;
	sa.udp_encap = !v->raw;
	sa.esn = v->esn;
	return sa;
}

void ends_add(struct ends *e, const struct variant *v, bool send)
{
	for (int end = 0; end < 2; end++) {
		struct dp_sa sa = ends_describe(e, v, end);

		sa.send_now = send;
		int rc = e->ops[end]->sa_add(ends_dp(e, end), &sa);

		if (rc)
			fail_msg("%s: sa_add: %s", v->suite->name, strerror(-rc));
	}
	e->spi += 2;
}

void ends_send(struct ends *e, int end, uint32_t spi)
{
	assert_int_equal(e->ops[end]->sa_send(ends_dp(e, end), spi + (uint32_t)end), 0);
}

void ends_del(struct ends *e, uint32_t spi)
{
	for (int end = 0; end < 2; end++)
		assert_int_equal(e->ops[end]->sa_del(ends_dp(e, end), spi + (uint32_t)end), 0);
}

struct dp_sa_state ends_state(const struct ends *e, int end, uint32_t spi)
{
	struct dp_sa_state s;

	assert_true(e->ops[end]->sa_get(ends_dp(e, end), spi + (uint32_t)end, &s));
	return s;
}

/* ---- datagrams inside ------------------------------------------------------------------------ */

static void there_and_back(int a, int b, const char *addr_a, const char *addr_b, size_t n)
{
	uint8_t out[2000], in[2000];

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i * 7 + n);
	assert_true(lab_send(a, addr_b, 7000, out, n));
	assert_int_equal(lab_recv(b, in, sizeof(in)), n);
	assert_memory_equal(in, out, n);
	out[0] ^= 0xff;
	assert_true(lab_send(b, addr_a, 7000, out, n));
	assert_int_equal(lab_recv(a, in, sizeof(in)), n);
	assert_memory_equal(in, out, n);
}

static void inner_sockets(const struct ends *e, const char *a, const char *b, int fd[2])
{
	ends_enter(e, 0);
	fd[0] = lab_udp(a, 7000);
	ends_enter(e, 1);
	fd[1] = lab_udp(b, 7000);
}

void ends_round_trip(const struct ends *e, const char *a, const char *b, size_t n)
{
	int fd[2];

	inner_sockets(e, a, b, fd);
	there_and_back(fd[0], fd[1], a, b, n);
	close(fd[0]);
	close(fd[1]);
}

static void sizes(const struct ends *e, const char *a, const char *b)
{
	static const size_t n[] = {1, 333, 1200};
	int fd[2];

	inner_sockets(e, a, b, fd);
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		there_and_back(fd[0], fd[1], a, b, n[i]);
	close(fd[0]);
	close(fd[1]);
}

void ends_both_families(const struct ends *e)
{
	sizes(e, "10.0.0.1", "10.0.0.2");
	sizes(e, "fd00::1", "fd00::2");
}

/* ---- the wire -------------------------------------------------------------------------------- */

int ends_wire(const char *dev)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	assert_true(fd >= 0);
	ll.sll_ifindex = (int)if_nametoindex(dev);
	assert_int_equal(bind(fd, (struct sockaddr *)&ll, sizeof(ll)), 0);
	return fd;
}

int ends_tap(const struct ends *e)
{
	ends_enter(e, 1);
	return ends_wire("vB");
}

/* The next frame that came in. */
static ssize_t next_frame(int tap, uint8_t *p, size_t cap)
{
	struct pollfd pfd = {.fd = tap, .events = POLLIN};

	while (poll(&pfd, 1, LAB_WAIT_MS) == 1) {
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(tap, p, cap, 0, (struct sockaddr *)&from, &len);

		if (n > ETH_HLEN && from.sll_pkttype != PACKET_OUTGOING)
			return n;
	}
	return -1;
}

/* The transport protocol of a frame and where its header is; 0: not IP. */
static uint8_t protocol(const uint8_t *p, size_t n, size_t *at)
{
	uint16_t type = get_u16(p + 12);

	*at = ETH_HLEN + (type == ETH_P_IPV6 ? 40 : 20);
	if (n < *at + 8)
		return 0;
	return type == ETH_P_IP ? p[ETH_HLEN + 9] : type == ETH_P_IPV6 ? p[ETH_HLEN + 6] : 0;
}

ssize_t ends_tap_esp(int tap, uint8_t *p, size_t cap)
{
	size_t at;
	ssize_t n;

	while ((n = next_frame(tap, p, cap)) > 0) {
		uint8_t proto = protocol(p, (size_t)n, &at);

		if (proto == IPPROTO_ESP || (proto == IPPROTO_UDP && get_u16(p + at + 2) == 4500))
			return n;
	}
	return -1;
}

bool ends_tap_saw(const struct ends *e, int tap)
{
	enum { MARKER = 9999 };
	uint8_t p[2000];
	bool saw = false;
	size_t at;
	ssize_t n;

	ends_enter(e, 0);
	int fd = lab_udp("192.0.2.1", MARKER);

	assert_true(lab_send(fd, "192.0.2.2", MARKER, "m", 1));
	close(fd);
	while ((n = next_frame(tap, p, sizeof(p))) > 0) {
		uint8_t proto = protocol(p, (size_t)n, &at);

		if (proto == IPPROTO_UDP && get_u16(p + at + 2) == MARKER)
			return saw;
		saw = saw || (proto && proto != IPPROTO_ICMPV6);
	}
	fail_msg("the marker did not come");
	return true;
}
