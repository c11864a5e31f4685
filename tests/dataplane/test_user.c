/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user back end, twice, back to back: packets of the kernel's own sockets go through one TUN,
 * over the wire between two namespaces, and out of the other. Root is needed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

/* ---- bulk ------------------------------------------------------------------------------------ */

enum { BULK = 4 << 20 };

static uint8_t bulk_octet(size_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

static void *send_bulk(void *arg)
{
	int fd = *(int *)arg;
	uint8_t buf[16384];

	for (size_t at = 0; at < BULK; at += sizeof(buf)) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = bulk_octet(at + i);
		for (size_t done = 0; done < sizeof(buf);) {
			ssize_t n = send(fd, buf + done, sizeof(buf) - done, MSG_NOSIGNAL);

			if (n <= 0)
				return NULL;
			done += (size_t)n;
		}
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

static void connect_tcp(struct lab *l, const char *to, int *client, int *server)
{
	struct endpoint e = {.addr = ip(to), .port = 7001};
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&e, &ss);
	int listener;

	lab_enter(l, 1);
	listener = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&ss, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	lab_enter(l, 0);
	*client = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*client, (struct sockaddr *)&ss, n), 0);
	*server = accept(listener, NULL, NULL);
	assert_true(*server >= 0);
	close(listener);
}

static void bulk(struct lab *l, const char *to)
{
	static uint8_t buf[65536];
	struct timeval limit = {.tv_sec = LAB_WAIT_MS / 1000};
	int client, server;
	size_t at = 0;
	ssize_t n;
	pthread_t t;

	connect_tcp(l, to, &client, &server);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	assert_int_equal(pthread_create(&t, NULL, send_bulk, &client), 0);
	while ((n = recv(server, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != bulk_octet(at + (size_t)i))
				fail_msg("octet %zu is wrong", at + (size_t)i);
		at += (size_t)n;
	}
	pthread_join(t, NULL);
	assert_int_equal(at, BULK);
	close(client);
	close(server);
}

static void a_stream_arrives_whole_and_in_runs(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 0);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa_state s;
	struct dp_stats st;

	add_both(l, &v, 0x1000, true);
	bulk(l, "10.0.0.2");
	bulk(l, "fd00::2");
	assert_true(ops->sa_get(l->d[0], 0x1000, &s));
	ops->stats(l->d[0], &st);
	assert_true(s.c.pkts_out > 2 * BULK / 1500);
	assert_true(st.tun_reads < s.c.pkts_out / 2);  /* one read, many packets */
	assert_true(st.udp_writes < s.c.pkts_out / 2); /* many packets, one message */
	assert_int_equal(s.c.send_errors, 0);
	assert_true(ops->sa_get(l->d[1], 0x1001, &s));
	ops->stats(l->d[1], &st);
	assert_true(st.tun_writes < s.c.pkts_in / 2); /* and they reach the stack in runs */
}

/* ---- rekeying -------------------------------------------------------------------------------- */

static bool received(struct dp *d, uint64_t n)
{
	struct dp_sa_state s;
	uint64_t sum = 0;

	for (uint32_t spi = 0; ops->sa_next(d, spi, &s); spi = s.sa.spi_in)
		sum += s.c.pkts_in;
	return sum >= n;
}

/* CREATE_CHILD_SA as two routers do it: both receive on the new pair before one sends on it; the
 * old one goes last. */
static void rekeying_loses_nothing(void **state)
{
	enum { BEFORE = 100, MANY = 400 };
	struct lab *l = both(state, DP_PAYLOAD_IP, 0);
	struct variant v = {.suite = sa_suite("cbc256-sha256")};
	uint32_t n, got, old = 0x1000, new = 0x2000;
	struct dp_sa_state s;

	add_both(l, &v, old, true);
	lab_enter(l, 0);
	int a = lab_udp("10.0.0.1", 7000);

	lab_enter(l, 1);
	int b = lab_udp("10.0.0.2", 7000);

	for (n = 0; n < MANY; n++) {
		if (n == BEFORE)
			add_both(l, &v, new, false);
		if (n == 2 * BEFORE)
			assert_int_equal(ops->sa_send(l->d[0], new), 0);
		if (n == 3 * BEFORE) {
			assert_true(lab_until(
			        l->d[1], received, n)); /* what is under way still finds its SA */
			assert_int_equal(ops->sa_del(l->d[0], old), 0);
			assert_int_equal(ops->sa_del(l->d[1], old + 1), 0);
		}
		assert_true(lab_send(a, "10.0.0.2", 7000, &n, sizeof(n)));
	}
	for (uint32_t want = 0; want < MANY; want++) {
		assert_int_equal(lab_recv(b, &got, sizeof(got)), sizeof(got));
		assert_int_equal(got, want);
	}
	assert_true(ops->sa_get(l->d[1], new + 1, &s));
	/* what still waited in the device at the switch went with the new pair as well */
	assert_true(s.c.pkts_in >= MANY - 2 * BEFORE);
	close(a);
	close(b);
}

static void when_the_sending_pair_goes_the_one_before_it_sends(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 0);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa_state s;

	add_both(l, &v, 0x1000, true);
	add_both(l, &v, 0x2000, true);
	add_both(l, &v, 0x3000, false);
	assert_true(ops->sa_get(l->d[0], 0x2000, &s) && s.sending);
	assert_int_equal(ops->sa_del(l->d[0], 0x2000), 0);
	assert_true(ops->sa_get(l->d[0], 0x1000, &s) && s.sending);
	assert_int_equal(ops->sa_del(l->d[0], 0x1000), 0);
	assert_true(ops->sa_get(l->d[0], 0x3000, &s));
	assert_false(s.sending); /* nobody said that the peer has it */
}

/* ---- nothing in the clear -------------------------------------------------------------------- */

static bool dropped(struct dp *d, uint64_t n)
{
	struct dp_stats st;

	ops->stats(d, &st);
	return st.tun_no_sa >= n;
}

static void without_an_sa_nothing_leaves(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 0);
	struct dp_stats before, after;

	ops->stats(l->d[1], &before);
	lab_enter(l, 0);
	int a = lab_udp("10.0.0.1", 7000);

	for (int i = 0; i < 5; i++)
		assert_true(lab_send(a, "10.0.0.2", 7000, "secret", 6));
	assert_true(lab_until(l->d[0], dropped, 5));
	ops->stats(l->d[0], &after);
	assert_int_equal(after.udp_writes, 0);
	ops->stats(l->d[1], &after);
	assert_int_equal(after.udp_reads, before.udp_reads);
	assert_true(lab_has("cat /proc/net/dev | grep Tunnel1", "Tunnel1"));
	close(a);
}

/* ---- IKE ------------------------------------------------------------------------------------- */

static void ike_is_told_from_esp(void **state)
{
	static const char *const from[] = {"192.0.2.1", "2001:db8::1"}, *const to[] = {"192.0.2.2",
	                                                                        "2001:db8::2"};
	struct lab *l = *state;
	struct dp_event ev;
	struct dp_stats st;

	lab_open(l, 0);
	lab_open(l, 1);
	for (int k = 0; k < 4; k++) {
		bool natt = k & 1;
		uint16_t port = natt ? 4500 : 500;
		struct endpoint a = {ip(from[k / 2]), port}, b = {ip(to[k / 2]), port};

		assert_int_equal(ops->send_ike(l->d[0], &a, &b, 0, natt, false,
		                         (const uint8_t *)"ike message", 11),
		        0);
		if (natt) /* a keepalive is nobody's business */
			assert_int_equal(ops->send_ike(l->d[0], &a, &b, 0, true, true, NULL, 0), 0);
		assert_true(lab_event(l->d[1], DP_EV_IKE, &ev));
		assert_int_equal(ev.natt, natt);
		assert_int_equal(ev.len, 11);
		assert_memory_equal(ev.data, "ike message", 11);
		assert_true(endpoint_eq(&ev.local, &b));
		assert_true(endpoint_eq(&ev.remote, &a));
	}
	ops->stats(l->d[0], &st);
	assert_int_equal(st.ike_out, 6);
	assert_false(ops->poll(l->d[1], &ev));
}

/* The source is what the caller says, not what the route would choose. */
static void ike_leaves_from_the_address_asked_for(void **state)
{
	struct lab *l = *state;
	struct endpoint a = {ip("192.0.2.77"), 500}, b = {ip("192.0.2.2"), 500};
	struct dp_event ev;

	lab_open(l, 1);
	lab_open(l, 0);
	lab_sh("ip addr add 192.0.2.77/24 dev vA");
	assert_int_equal(
	        ops->send_ike(l->d[0], &a, &b, 0, false, false, (const uint8_t *)"hi", 2), 0);
	assert_true(lab_event(l->d[1], DP_EV_IKE, &ev));
	assert_true(endpoint_eq(&ev.remote, &a));
	a.addr = ip("192.0.2.78"); /* not ours */
	assert_true(ops->send_ike(l->d[0], &a, &b, 0, false, false, (const uint8_t *)"hi", 2) < 0);
}

static bool flooded(struct dp *d, uint64_t n)
{
	struct dp_stats st;

	ops->stats(d, &st);
	return st.ike_in + st.ike_queue_full >= n;
}

static void a_flood_of_ike_is_bounded(void **state)
{
	struct lab *l = *state;
	struct dp_event ev;
	struct dp_stats st;
	unsigned n = 0;

	lab_open(l, 1);
	lab_enter(l, 0);
	int fd = lab_udp("192.0.2.1", 9999);

	for (int i = 0; i < 1000; i++)
		assert_true(lab_send(fd, "192.0.2.2", 500, "flood", 5));
	assert_true(lab_until(l->d[1], flooded, 1000));
	ops->stats(l->d[1], &st);
	assert_true(st.ike_queue_full > 0);
	while (ops->poll(l->d[1], &ev))
		n++;
	assert_int_equal(n, st.ike_in);
	assert_true(lab_send(fd, "192.0.2.2", 500, "after", 5)); /* and it works again */
	assert_true(lab_event(l->d[1], DP_EV_IKE, &ev));
	assert_memory_equal(ev.data, "after", 5);
	close(fd);
}

/* ---- devices and ports ----------------------------------------------------------------------- */

static void closing_leaves_nothing_behind(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 0);
	struct dp_tunnel t = {.id = 2, .name = "Tunnel2"};
	struct variant v = {.suite = sa_suite("gcm128")};

	lab_enter(l, 0);
	assert_int_equal(ops->tunnel_add(l->d[0], &t), 0);
	assert_true(lab_has("ip link", "Tunnel1") && lab_has("ip link", "Tunnel2"));
	add_both(l, &v, 0x1000, true);
	lab_enter(l, 0);
	assert_int_equal(ops->tunnel_del(l->d[0], 2), 0);
	assert_false(lab_has("ip link", "Tunnel2"));
	assert_int_equal(ops->tunnel_del(l->d[0], 2), -ENODEV);
	ops->close(l->d[0]);
	l->d[0] = NULL;
	assert_false(lab_has("ip link", "Tunnel"));
	assert_false(lab_has("ss -lnu", ":4500"));
	lab_open(l, 0); /* the ports are free again */
}

static void a_taken_name_or_port_is_refused(void **state)
{
	struct lab *l = *state;
	struct dp_config cfg = {0};
	struct dp_tunnel t = {.id = 1, .name = "vA"};
	char why[200] = "";

	lab_open(l, 0);
	assert_int_equal(ops->tunnel_add(l->d[0], &t), -EEXIST);
	memcpy(t.name, "Tunnel1", 8);
	assert_int_equal(ops->tunnel_add(l->d[0], &t), 0);
	assert_int_equal(ops->tunnel_add(l->d[0], &t), -EEXIST);
	assert_null(ops->open(&cfg, why, sizeof(why)));
	assert_string_equal(why, "UDP port 500: Address already in use");
	cfg.port_ike = 1500;
	assert_null(ops->open(&cfg, why, sizeof(why)));
	assert_string_equal(why, "UDP port 4500: Address already in use");
	cfg.port_natt = 14500;
	struct dp *other = ops->open(&cfg, why, sizeof(why));

	assert_non_null(other);
	ops->close(other);
}

static void a_device_taken_away_is_reported(void **state)
{
	struct lab *l = *state;
	struct dp_event ev;
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa sa = describe(&v, 0, 0x1000);

	lab_open(l, 0);
	lab_tunnels(l, DP_PAYLOAD_IP, 1400);
	lab_enter(l, 0);
	lab_sh("ip link del Tunnel1");
	assert_true(lab_event(l->d[0], DP_EV_ERROR, &ev));
	assert_int_equal(ev.tunnel, 1);
	assert_true(ev.value != 0);
	assert_int_equal(ops->sa_add(l->d[0], &sa), 0); /* harmless */
	assert_int_equal(ops->tunnel_del(l->d[0], 1), 0);
}

static void the_probe_says_why(void **state)
{
	char why[200] = "";

	(void)state;
	assert_true(ops->probe(why, sizeof(why)));
	assert_string_equal(why, "ESP in user space over /dev/net/tun");
	assert_false(lab_has("ip link", "spoke"));
	pid_t pid = fork();

	if (pid == 0) /* nobody may make devices: EPERM or, by the file, EACCES */
		_exit(setuid(65534) == 0 && !ops->probe(why, sizeof(why)) &&
		                        strncmp(why, "/dev/net/tun: ", 14) == 0
		                ? 0
		                : 1);
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool mtu_is(unsigned mtu)
{
	char text[20];

	snprintf(text, sizeof(text), " mtu %u ", mtu);
	return lab_has("ip link show Tunnel1", text);
}

static void the_device_has_the_mtu_that_fits_the_path(void **state)
{
	struct lab *l = *state;
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa sa = describe(&v, 0, 0x1000);
	struct dp_tunnel t = {.id = 1, .name = "Tunnel1"};

	lab_open(l, 0);
	assert_int_equal(ops->tunnel_add(l->d[0], &t), 0);
	assert_true(mtu_is(1400));
	assert_int_equal(ops->sa_add(l->d[0], &sa), 0);
	assert_true(mtu_is(1438));
	t.mtu = 1300;
	assert_int_equal(ops->tunnel_set(l->d[0], &t), 0);
	assert_true(mtu_is(1300));
	t.mtu = 1500; /* more than the path takes */
	assert_int_equal(ops->tunnel_set(l->d[0], &t), 0);
	assert_true(mtu_is(1438));
	lab_sh("ip link set vA mtu 1400");
	assert_int_equal(ops->sa_send(l->d[0], 0x1000), 0);
	assert_true(mtu_is(1338));
}

static void the_kind_of_payload_can_change(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_GRE, 1350);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_tunnel t = {.id = 1, .name = "Tunnel1", .payload = DP_PAYLOAD_IP, .mtu = 1350};

	add_both(l, &v, 0x1000, true);
	round_trips(l, "10.0.0.1", "10.0.0.2");
	for (int i = 0; i < 2; i++)
		assert_int_equal(ops->tunnel_set(l->d[i], &t), 0);
	round_trips(l, "10.0.0.1", "10.0.0.2");
}

static void control_calls_get_their_turn_under_load(void **state)
{
	struct lab *l = both(state, DP_PAYLOAD_IP, 0);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa_state s;
	int client, server;
	pthread_t t;
	uint8_t buf[65536];

	add_both(l, &v, 0x1000, true);
	connect_tcp(l, "10.0.0.2", &client, &server);
	assert_int_equal(pthread_create(&t, NULL, send_bulk, &client), 0);
	while (recv(server, buf, sizeof(buf), 0) > 0)
		for (int i = 0; i < 2; i++) {
			struct dp_sa sa = describe(&v, i, 0x2000);

			sa.send_now = false;
			assert_int_equal(ops->sa_add(l->d[i], &sa), 0);
			assert_true(ops->sa_next(l->d[i], 0, &s));
			assert_int_equal(ops->sa_del(l->d[i], sa.spi_in), 0);
		}
	pthread_join(t, NULL);
	close(client);
	close(server);
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
	        cmocka_unit_test_setup_teardown(
	                a_stream_arrives_whole_and_in_runs, setup, teardown),
	        cmocka_unit_test_setup_teardown(rekeying_loses_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                when_the_sending_pair_goes_the_one_before_it_sends, setup, teardown),
	        cmocka_unit_test_setup_teardown(without_an_sa_nothing_leaves, setup, teardown),
	        cmocka_unit_test_setup_teardown(ike_is_told_from_esp, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                ike_leaves_from_the_address_asked_for, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_flood_of_ike_is_bounded, setup, teardown),
	        cmocka_unit_test_setup_teardown(closing_leaves_nothing_behind, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_taken_name_or_port_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_device_taken_away_is_reported, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                the_device_has_the_mtu_that_fits_the_path, setup, teardown),
	        cmocka_unit_test_setup_teardown(the_kind_of_payload_can_change, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                control_calls_get_their_turn_under_load, setup, teardown),
	        cmocka_unit_test_setup_teardown(the_probe_says_why, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
