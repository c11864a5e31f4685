/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user back end, twice, back to back: packets of the kernel's own sockets go through one TUN,
 * over the wire between two namespaces, and out of the other. Root is needed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib_lab.h"
#include "lib_sa.h"

static const struct dp_ops *const ops = &dp_user_ops;

static int setup(void **state)
{
	*state = lab_new();
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static struct lab *both(void **state, enum dp_payload payload, uint16_t mtu)
{
	struct lab *l = *state;

	lab_open(l, 0);
	lab_open(l, 1);
	lab_tunnels(l, payload, mtu);
	return l;
}

/* The pair of both ends: SPI `spi` towards end 0, `spi` + 1 towards end 1. */
struct variant {
	const struct sa_suite *suite;
	enum dp_mode mode;
	bool raw, v6, esn;
};

static struct dp_sa describe(const struct variant *v, int end, uint32_t spi)
{
	const char *a[2][2] = {{"192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::2"}};
	struct dp_sa sa = sa_end(v->suite, a[v->v6][end], a[v->v6][1 - end], spi + (uint32_t)end,
	        spi + 1 - (uint32_t)end);

	sa.mode = v->mode;
	sa.udp_encap = !v->raw;
	sa.esn = v->esn;
	return sa;
}

static void add_both(struct lab *l, const struct variant *v, uint32_t spi, bool send)
{
	for (int end = 0; end < 2; end++) {
		struct dp_sa sa = describe(v, end, spi);

		sa.send_now = send;
		lab_enter(l, end);
		assert_int_equal(ops->sa_add(l->d[end], &sa), 0);
	}
}

/* One datagram there and one back, checked octet by octet. */
static void round_trip(int a, int b, const char *addr_a, const char *addr_b, size_t n)
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

static void round_trips(struct lab *l, const char *addr_a, const char *addr_b)
{
	lab_enter(l, 0);
	int a = lab_udp(addr_a, 7000);

	lab_enter(l, 1);
	int b = lab_udp(addr_b, 7000);

	round_trip(a, b, addr_a, addr_b, 1);
	round_trip(a, b, addr_a, addr_b, 333);
	round_trip(a, b, addr_a, addr_b, 1300);
	close(a);
	close(b);
}

/* ---- every way to carry a packet ------------------------------------------------------------- */

static void try_variant(struct lab *l, const struct variant *v)
{
	struct dp_sa_state s;

	add_both(l, v, 0x1000, true);
	round_trips(l, "10.0.0.1", "10.0.0.2");
	round_trips(l, "fd00::1", "fd00::2");
	for (int end = 0; end < 2; end++) {
		assert_true(ops->sa_get(l->d[end], 0x1000 + (uint32_t)end, &s));
		assert_true(s.c.pkts_in >= 6 && s.c.pkts_out >= 6 && s.c.bytes_in >= 3268);
		assert_int_equal(s.c.bad_icv + s.c.malformed + s.c.replay + s.c.bad_selector, 0);
		assert_int_equal(s.c.send_errors + s.c.no_buffer, 0);
		assert_true(s.sending && s.last_out_ms);
		assert_int_equal(ops->sa_del(l->d[end], s.sa.spi_in), 0);
	}
}

static void every_suite_carries_packets_both_ways(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 1400);

	for (size_t i = 0; i < sa_n_suites; i++) {
		struct variant v = {.suite = &sa_suites[i]};

		try_variant(l, &v);
		v.esn = true;
		try_variant(l, &v);
	}
}

static void so_do_protocol_50_and_ipv6_outside(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 1400);

	for (int k = 1; k < 4; k++) {
		struct variant v = {.suite = sa_suite("gcm256"), .raw = k & 1, .v6 = k & 2};

		try_variant(l, &v);
	}
}

static void gre_travels_in_transport_and_in_tunnel_mode(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_GRE, 1350);

	for (int k = 0; k < 4; k++) {
		struct variant v = {.suite = sa_suite("cbc256-sha256"),
		        .mode = k & 1 ? DP_TUNNEL : DP_TRANSPORT,
		        .v6 = k & 2};

		try_variant(l, &v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                every_suite_carries_packets_both_ways, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                so_do_protocol_50_and_ipv6_outside, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                gre_travels_in_transport_and_in_tunnel_mode, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
