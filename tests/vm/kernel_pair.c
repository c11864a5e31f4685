/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel back end at both ends, in a machine whose kernel has ESP: see lib_ends.h for the
 * set-up. Root is needed. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "lib_ends.h"

static const struct dp_ops *const ops = &dp_kernel_ops;

static int teardown(void **state)
{
	if (*state)
		ends_free(*state);
	return 0;
}

static struct ends *both(void **state, enum dp_payload payload, uint16_t mtu)
{
	struct ends *e = ends_new(ops, ops, payload, mtu);

	*state = e;
	return e;
}

/* ---- the probe ------------------------------------------------------------------------------- */

static void the_probe_says_yes_and_why(void **state)
{
	char why[200] = "";

	(void)state;
	if (!ops->probe(why, sizeof(why)))
		fail_msg("probe: %s", why);
	assert_non_null(strstr(why, "kernel"));
}

/* ---- every way to carry a packet ------------------------------------------------------------- */

static void try_variant(struct ends *e, const struct variant *v)
{
	bool authentic = alg_encr(v->suite->encr)->aead || v->suite->integ;

	ends_add(e, v, true);
	ends_both_families(e);
	for (int end = 0; end < 2; end++) {
		struct dp_sa_state s = ends_state(e, end, e->spi);

		assert_true(s.c.pkts_in >= 6 && s.c.pkts_out >= 6 && s.c.bytes_in >= 3000);
		assert_int_equal(s.c.bad_icv + s.c.replay, 0);
		assert_true(s.sending && s.last_out_ms);
		assert_int_equal(s.last_in_ms != 0, authentic); /* what an ICV vouched for */
	}
	ends_del(e, e->spi);
}

static void every_suite_carries_packets_both_ways(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);

	/* IPv4 and IPv6 outside, protocol 50 and UDP: all four over two suites. */
	for (size_t i = 0; i < sa_n_suites; i++)
		for (int k = 0; k < 2; k++) {
			struct variant v = {.suite = &sa_suites[i],
			        .raw = (i + (size_t)k) % 2 == 0,
			        .v6 = k,
			        .esn = i / 2 % 2 == (size_t)k};

			try_variant(e, &v);
		}
}

static void gre_travels_in_transport_and_in_tunnel_mode(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_GRE, 1320);

	/* IPv6 outside from the third on: the device becomes another kind, and back at the end. */
	for (int k = 0; k < 9; k++) {
		struct variant v = {.suite = sa_suite(k & 1 ? "cbc256-sha256" : "gcm128"),
		        .mode = k & 1 ? DP_TUNNEL : DP_TRANSPORT,
		        .v6 = k & 2,
		        .raw = k & 4};

		try_variant(e, &v);
	}
}

static void encryption_without_integrity_is_just_that(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 0);
	struct variant v = {.suite = sa_suite("cbc128")};

	ends_add(e, &v, true);
	assert_true(lab_has("ip xfrm state", "cbc(aes)"));
	assert_false(lab_has("ip xfrm state", "auth"));
}

/* ---- the device's MTU ------------------------------------------------------------------------ */

static void the_mtu_is_what_esp_leaves_of_the_path(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 0);

	for (int k = 0; k < 8; k++) {
		struct variant v = {.suite = sa_suite(k & 1 ? "cbc256-sha256" : "gcm128"),
		        .raw = k & 2,
		        .v6 = k & 4};
		uint16_t fit = dp_inner_mtu(1500, v.v6 ? AF_INET6 : AF_INET, !v.raw, DP_TUNNEL,
		        DP_PAYLOAD_IP, alg_encr(v.suite->encr), alg_integ(v.suite->integ));
		uint8_t frame[2000];

		ends_add(e, &v, true);
		for (int end = 0; end < 2; end++) {
			ends_enter(e, end);
			char text[20];

			snprintf(text, sizeof(text), "mtu %u ", fit);
			assert_true(lab_has("ip link show Tunnel1", text));
		}
		/* The largest packet is one packet outside. */
		int tap = ends_tap(e);

		ends_round_trip(e, "10.0.0.1", "10.0.0.2", fit - 28u);
		ssize_t n = ends_tap_esp(tap, frame, sizeof(frame));

		assert_true(n > 1514 - 16 && n <= 1514);
		close(tap);
		ends_del(e, e->spi);
	}
}

/* ---- rekeying -------------------------------------------------------------------------------- */

static void some_packets(const struct ends *e)
{
	for (size_t i = 0; i < 5; i++)
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100 + i);
}

/* The order of IKE: both can receive on the new pair before either sends on it; the old one goes
 * last. */
static void rekey(struct ends *e, const struct variant *v)
{
	uint32_t old = e->spi;

	some_packets(e);
	ends_add(e, v, false);
	some_packets(e);
	assert_false(ends_state(e, 0, e->spi).sending);
	ends_send(e, 0, e->spi);
	some_packets(e);
	assert_true(ends_state(e, 0, e->spi).c.pkts_out >= 5);
	assert_int_equal(ends_state(e, 1, e->spi).c.pkts_out, 0);
	ends_send(e, 1, e->spi);
	some_packets(e);
	ends_del(e, old);
	some_packets(e);
}

static void rekeying_loses_nothing(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm256"), .esn = true};

	ends_add(e, &v, true);
	for (int i = 0; i < 3; i++)
		rekey(e, &v);
}

static void rekeying_gre_loses_nothing(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_GRE, 1360);
	struct variant v = {.suite = sa_suite("cbc128-sha1"), .mode = DP_TRANSPORT};

	ends_add(e, &v, true);
	rekey(e, &v);
	v.mode = DP_TUNNEL; /* what the peer offers may change */
	ends_add(e, &v, true);
	some_packets(e);
}

/* ---- nothing in the clear -------------------------------------------------------------------- */

static void send_inside(const struct ends *e)
{
	ends_enter(e, 0);
	int fd = lab_udp("10.0.0.1", 7000);

	for (int i = 0; i < 5; i++)
		lab_send(fd, "10.0.0.2", 7000, "secret", 6);
	close(fd);
}

static void nothing_without_an_sa(void **state, enum dp_payload payload, enum dp_mode mode)
{
	struct ends *e = both(state, payload, 1320);
	struct variant v = {.suite = sa_suite("gcm128"), .mode = mode};
	int tap = ends_tap(e);
	struct dp_stats st;

	send_inside(e);
	assert_false(ends_tap_saw(e, tap));
	ends_add(e, &v, true);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	assert_true(ends_tap_saw(e, tap)); /* the tap can see it */
	assert_int_equal(ops->sa_del(ends_dp(e, 0), e->spi), 0);
	send_inside(e);
	assert_false(ends_tap_saw(e, tap));
	ops->stats(ends_dp(e, 0), &st);
	assert_true(payload == DP_PAYLOAD_GRE || st.tun_no_sa >= 10);
	close(tap);
}

static void nothing_leaves_an_xfrm_interface_without_an_sa(void **state)
{
	nothing_without_an_sa(state, DP_PAYLOAD_IP, DP_TUNNEL);
}

static void nothing_leaves_gre_without_an_sa(void **state)
{
	nothing_without_an_sa(state, DP_PAYLOAD_GRE, DP_TRANSPORT);
}

/* Two GRE devices between the same ends could not be told apart, nor could their policies. */
static void gre_between_the_same_ends_is_one_tunnels(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_GRE, 1320);
	struct variant v = {.suite = sa_suite("gcm128"), .mode = DP_TRANSPORT};
	struct dp_tunnel t = {.id = 2, .name = "Tunnel2", .payload = DP_PAYLOAD_GRE, .mtu = 1320};
	struct endpoint local = {ip("192.0.2.1"), 4500}, remote = {ip("192.0.2.2"), 4500};

	ends_add(e, &v, true);
	assert_int_equal(ops->tunnel_add(ends_dp(e, 0), &t), 0);
	struct dp_sa second = ends_describe(e, &v, 0);

	second.tunnel = 2;
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &second), -EEXIST);
	second.remote.addr = ip("192.0.2.77");
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &second), 0);
	assert_int_equal(ops->sa_move(ends_dp(e, 0), second.spi_in, &local, &remote), -EEXIST);
	assert_int_equal(ops->sa_del(ends_dp(e, 0), second.spi_in), 0);
	some_packets(e);
	/* Once nobody sends between them, they are free. */
	assert_int_equal(ops->sa_del(ends_dp(e, 0), e->spi), 0);
	second.remote = remote;
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &second), 0);
	assert_true(lab_has("ip -d link show Tunnel2", "gre remote 192.0.2.2"));
	assert_false(lab_has("ip -d link show Tunnel1", "gre remote 192.0.2.2"));
	int tap = ends_tap(e);

	send_inside(e);
	assert_false(ends_tap_saw(e, tap));
	close(tap);
}

/* ---- selectors ------------------------------------------------------------------------------- */

static bool arrives(const struct ends *e, const char *from, const char *to)
{
	uint8_t in[10];

	ends_enter(e, 1);
	int b = lab_udp("0.0.0.0", 7000);

	ends_enter(e, 0);
	int a = lab_udp(from, 0), mark = lab_udp("10.0.0.1", 0);

	lab_send(a, to, 7000, "x", 1);
	assert_true(lab_send(mark, "10.0.0.2", 7000, "m", 1)); /* what may pass comes behind it */
	assert_int_equal(lab_recv(b, in, sizeof(in)), 1);
	bool came = in[0] == 'x';

	if (came)
		assert_int_equal(lab_recv(b, in, sizeof(in)), 1);
	close(a);
	close(b);
	close(mark);
	return came;
}

static void selectors_are_enforced_both_ways(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa a = ends_describe(e, &v, 0), b = ends_describe(e, &v, 1);

	for (int end = 0; end < 2; end++) {
		ends_enter(e, end);
		lab_sh(end ? "ip addr add 10.0.1.2/32 dev Tunnel1; ip addr add 10.0.2.2/32 dev "
		             "Tunnel1; ip route add 10.0.1.0/24 dev Tunnel1"
		           : "for i in 1 3 7 9; do ip addr add 10.0.1.$i/32 dev Tunnel1; done; ip "
		             "route add 10.0.2.2 dev Tunnel1; ip route add 10.0.1.2 dev Tunnel1");
	}
	/* End 0 may send to 10.0.0.0–10.0.1.255, which is no prefix's; end 1 takes 10.0.0.1
	 * and 10.0.1.3–10.0.1.8. */
	a.n_ts_remote = 1;
	a.ts_remote[0] = ts_range("10.0.0.0", "10.0.1.255");
	b.n_ts_remote = 2;
	b.ts_remote[0] = ts_range("10.0.0.1", "10.0.0.1");
	b.ts_remote[1] = ts_range("10.0.1.3", "10.0.1.8");
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &a), 0);
	assert_int_equal(ops->sa_add(ends_dp(e, 1), &b), 0);
	assert_false(arrives(e, "10.0.0.1", "10.0.2.2"));
	assert_true(arrives(e, "10.0.0.1", "10.0.1.2"));
	assert_false(arrives(e, "10.0.1.1", "10.0.1.2"));
	assert_true(arrives(e, "10.0.1.3", "10.0.1.2"));
	assert_true(arrives(e, "10.0.1.7", "10.0.1.2"));
	assert_false(arrives(e, "10.0.1.9", "10.0.1.2"));
}

/* ---- attacks --------------------------------------------------------------------------------- */

static void inject(const struct ends *e, const uint8_t *frame, size_t n)
{
	ends_enter(e, 0);
	int fd = ends_wire("vA");

	assert_int_equal(send(fd, frame, n, 0), n);
	close(fd);
}

static bool replayed(struct dp *d, uint64_t spi)
{
	struct dp_sa_state s;

	return d->ops->sa_get(d, (uint32_t)spi, &s) && s.c.replay == 1;
}

static bool damaged(struct dp *d, uint64_t spi)
{
	struct dp_sa_state s;

	return d->ops->sa_get(d, (uint32_t)spi, &s) && s.c.bad_icv == 1;
}

static bool unknown(struct dp *d, uint64_t n)
{
	struct dp_stats s;

	d->ops->stats(d, &s);
	return s.esp_unknown_spi == n;
}

static void replayed_damaged_and_foreign_packets_are_counted_and_dropped(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128"), .raw = true};
	int tap = ends_tap(e);
	uint8_t frame[2000];

	ends_add(e, &v, true);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	ssize_t n = ends_tap_esp(tap, frame, sizeof(frame));

	assert_true(n > 60);
	inject(e, frame, (size_t)n);
	assert_true(lab_until(ends_dp(e, 1), replayed, e->spi + 1));
	/* a number that has not been seen, so that the ICV is what fails */
	frame[14 + 20 + 7] ^= 0x10;
	inject(e, frame, (size_t)n);
	assert_true(lab_until(ends_dp(e, 1), damaged, e->spi + 1));
	frame[14 + 20 + 2] ^= 0x40;
	inject(e, frame, (size_t)n);
	assert_true(lab_until(ends_dp(e, 1), unknown, 1));
	assert_int_equal(ends_state(e, 1, e->spi).c.pkts_in, 1);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	close(tap);
}

/* ---- counting and limits --------------------------------------------------------------------- */

static void counters_are_of_inner_octets_and_can_be_cleared(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128")};

	ends_add(e, &v, true);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	struct dp_sa_state s = ends_state(e, 0, e->spi);

	assert_int_equal(s.c.bytes_out, 128);
	assert_int_equal(s.c.bytes_in, 128);
	assert_int_equal(s.seq_out, 1);
	assert_int_equal(s.seq_in, 1);
	assert_int_equal(s.sa.encr_in.n + s.sa.encr_out.n, 0);
	ops->sa_clear_counters(ends_dp(e, 0));
	s = ends_state(e, 0, e->spi);
	assert_int_equal(s.c.pkts_out + s.c.pkts_in + s.c.bytes_out + s.c.bytes_in, 0);
	assert_int_equal(s.seq_out, 1);
	assert_false(ops->sa_next(ends_dp(e, 0), e->spi, &s));
	assert_true(ops->sa_next(ends_dp(e, 0), 0, &s));
	assert_int_equal(s.sa.spi_in, e->spi);
}

static void byte_limits_tell_and_then_stop(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_sa a = ends_describe(e, &v, 0), b = ends_describe(e, &v, 1);
	struct dp_event ev;

	a.soft_bytes = 300;
	a.hard_bytes = 600;
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &a), 0);
	assert_int_equal(ops->sa_add(ends_dp(e, 1), &b), 0);
	/* The kernel looks before it sends: the fourth finds 384 octets sent. */
	for (int i = 0; i < 4; i++)
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	assert_true(lab_event(ends_dp(e, 0), DP_EV_SOFT_EXPIRE, &ev));
	assert_int_equal(ev.spi, a.spi_in);
	assert_int_equal(ev.tunnel, 1);
	for (int i = 0; i < 4; i++)
		send_inside(e);
	assert_true(lab_event(ends_dp(e, 0), DP_EV_HARD_EXPIRE, &ev));
	assert_int_equal(ev.spi, a.spi_in);
	int tap = ends_tap(e);

	send_inside(e);
	assert_false(ends_tap_saw(e, tap));
	close(tap);
	struct dp_sa_state s;

	assert_true(ops->sa_get(ends_dp(e, 0), a.spi_in, &s));
	assert_true(s.c.bytes_out >= 300);
	assert_int_equal(ops->sa_del(ends_dp(e, 0), a.spi_in), 0);
}

/* ---- moving ---------------------------------------------------------------------------------- */

static void move(const struct ends *e, int end, const char *local, uint16_t lport,
        const char *remote, uint16_t rport)
{
	struct endpoint l = {ip(local), lport}, r = {ip(remote), rport};

	assert_int_equal(ops->sa_move(ends_dp(e, end), e->spi + (uint32_t)end, &l, &r), 0);
}

static void a_peer_behind_a_new_nat_mapping_is_followed(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128"), .esn = true};
	struct dp_event ev;

	ends_add(e, &v, true);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
	move(e, 0, "192.0.2.1", 4501, "192.0.2.2", 4500);
	send_inside(e);
	assert_true(lab_event(ends_dp(e, 1), DP_EV_REMOTE_MOVED, &ev));
	assert_int_equal(ev.spi, e->spi + 1);
	assert_int_equal(ev.remote.port, 4501);
	assert_int_equal(ends_state(e, 1, e->spi).sa.remote.port, 4501);
	move(e, 0, "192.0.2.1", 4500, "192.0.2.2", 4500);
	send_inside(e);
	assert_true(lab_event(ends_dp(e, 1), DP_EV_REMOTE_MOVED, &ev));
	assert_int_equal(ev.remote.port, 4500);
	ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100);
}

static void moved_sas_go_on_counting(void **state, enum dp_payload payload, enum dp_mode mode)
{
	struct ends *e = both(state, payload, 1320);
	struct variant v = {.suite = sa_suite("gcm128"), .mode = mode, .raw = true};

	ends_add(e, &v, true);
	some_packets(e);
	ends_enter(e, 0);
	lab_sh("ip addr add 192.0.2.11/24 dev vA");
	move(e, 0, "192.0.2.11", 0, "192.0.2.2", 0);
	move(e, 1, "192.0.2.2", 0, "192.0.2.11", 0);
	some_packets(e);
	for (int end = 0; end < 2; end++) {
		struct dp_sa_state s = ends_state(e, end, e->spi);

		assert_int_equal(s.c.pkts_out, 10);
		assert_int_equal(s.c.pkts_in, 10);
		assert_int_equal(s.seq_out, 10);
		assert_true(s.sending);
	}
}

static void an_sa_with_new_addresses_goes_on_counting(void **state)
{
	moved_sas_go_on_counting(state, DP_PAYLOAD_IP, DP_TUNNEL);
}

static void so_does_gre(void **state)
{
	moved_sas_go_on_counting(state, DP_PAYLOAD_GRE, DP_TRANSPORT);
}

/* ---- IKE ------------------------------------------------------------------------------------- */

static void ike_goes(const struct ends *e, const char *from, const char *to, bool natt)
{
	struct endpoint l = {ip(from), natt ? 4500 : 500}, r = {ip(to), natt ? 4500 : 500};
	struct dp_event ev;

	if (natt) /* a keepalive is nobody's message */
		assert_int_equal(ops->send_ike(ends_dp(e, 0), &l, &r, 0, true, true, NULL, 0), 0);
	assert_int_equal(ops->send_ike(ends_dp(e, 0), &l, &r, 0, natt, false,
	                         (const uint8_t *)"an IKE message", 14),
	        0);
	assert_true(lab_event(ends_dp(e, 1), DP_EV_IKE, &ev));
	assert_int_equal(ev.natt, natt);
	assert_int_equal(ev.len, 14);
	assert_memory_equal(ev.data, "an IKE message", 14);
	assert_true(endpoint_eq(&ev.remote, &l) && endpoint_eq(&ev.local, &r));
}

static void ike_passes_on_both_ports_beside_esp(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128")};

	ends_add(e, &v, true);
	for (int natt = 0; natt < 2; natt++) {
		ike_goes(e, "192.0.2.1", "192.0.2.2", natt);
		ike_goes(e, "2001:db8::1", "2001:db8::2", natt);
		some_packets(e);
	}
}

/* ---- what is left ---------------------------------------------------------------------------- */

static bool is_clean(void)
{
	return lab_has("ip xfrm state; ip xfrm policy | grep -c reqid", "0\n") &&
	       !lab_has("ip xfrm state", "src") && !lab_has("ip link", "Tunnel");
}

static void closing_leaves_nothing(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_GRE, 1320);
	struct variant v = {.suite = sa_suite("gcm128"), .mode = DP_TRANSPORT};

	ends_add(e, &v, true);
	ends_enter(e, 0);
	assert_false(is_clean());
	ends_close(e, 0);
	assert_true(is_clean());
}

static void another_payload_is_another_device_in_the_same_place(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1320);
	struct dp_tunnel t = {.id = 1, .name = "Tunnel1", .payload = DP_PAYLOAD_GRE, .mtu = 1320};
	struct variant v = {.suite = sa_suite("gcm128"), .mode = DP_TRANSPORT};

	for (int end = 0; end < 2; end++) {
		ends_enter(e, end);
		lab_sh("ip route add 10.9.0.0/16 dev Tunnel1 metric 7");
		assert_int_equal(ops->tunnel_set(ends_dp(e, end), &t), 0);
		assert_true(lab_has("ip route", "10.9.0.0/16 dev Tunnel1"));
		assert_true(lab_has("ip -d link show Tunnel1", "gre"));
	}
	ends_add(e, &v, true);
	ends_both_families(e);
}

/* A process that ends without a word, somewhere in the middle. */
static void killed_after(const struct ends *e, int steps)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct dp_config cfg = {0};
		char why[200] = "";
		struct dp *d = ops->open(&cfg, why, sizeof(why));

		for (uint32_t i = 1; d && i <= 8 && steps > 0; i++) {
			struct dp_tunnel t = {
			        .id = i, .payload = i & 1 ? DP_PAYLOAD_IP : DP_PAYLOAD_GRE};
			struct variant v = {.suite = sa_suite("gcm128"), .v6 = i & 2, .raw = true};
			struct dp_sa sa = ends_describe(e, &v, 0);

			snprintf(t.name, sizeof(t.name), "Tunnel%u", i);
			sa.tunnel = i;
			sa.spi_in += 0x100 * i;
			sa.spi_out += 0x100 * i;
			sa.remote.addr.b[3] = (uint8_t)(sa.remote.addr.b[3] + i);
			if (steps-- > 0 && ops->tunnel_add(d, &t))
				_exit(1);
			if (steps-- > 0 && ops->sa_add(d, &sa))
				_exit(2);
		}
		if (!d)
			_exit(3);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void what_a_killed_process_left_is_removed(void **state)
{
	struct ends *e = ends_new(NULL, NULL, DP_PAYLOAD_IP, 0);
	struct dp_config cfg = {0};
	char why[200];

	*state = e;
	ends_enter(e, 0);
	lab_sh("ip link add foreign type xfrm if_id 7 && ip link set foreign alias mine");
	lab_sh("ip xfrm state add src 192.0.2.1 dst 192.0.2.9 proto esp spi 9 mode tunnel reqid 9 "
	       "aead 'rfc4106(gcm(aes))' 0x0102030405060708090a0b0c0d0e0f1011121314 128");
	for (int steps = 0; steps <= 16; steps += 4) {
		killed_after(e, steps);
		assert_true(steps == 0 || lab_has("ip link", "Tunnel"));
		struct dp *d = ops->open(&cfg, why, sizeof(why));

		assert_non_null(d);
		assert_false(lab_has("ip link", "Tunnel"));
		assert_false(lab_has("ip xfrm policy", "tmpl"));
		assert_false(lab_has("ip xfrm state", "if_id") ||
		             lab_has("ip xfrm state", "dst 192.0.2.2"));
		assert_true(lab_has("ip xfrm state", "reqid 9") && lab_has("ip link", "foreign"));
		ops->close(d);
	}
}

static void many_tunnels_come_and_go(void **state)
{
	enum { MANY = 100 };
	struct ends *e = ends_new(NULL, NULL, DP_PAYLOAD_IP, 0);
	struct variant v = {.suite = sa_suite("gcm128")};
	struct dp_config cfg = {0};
	char why[200];

	*state = e;
	ends_enter(e, 0);
	struct dp *d = ops->open(&cfg, why, sizeof(why));

	assert_non_null(d);
	for (uint32_t i = 1; i <= MANY; i++) {
		struct dp_tunnel t = {.id = i, .payload = DP_PAYLOAD_IP};
		struct dp_sa sa = ends_describe(e, &v, 0);

		snprintf(t.name, sizeof(t.name), "Tunnel%u", i);
		sa.tunnel = i;
		sa.spi_in += 2 * i;
		sa.spi_out += 2 * i;
		assert_int_equal(ops->tunnel_add(d, &t), 0);
		assert_int_equal(ops->sa_add(d, &sa), 0);
		assert_int_equal(ops->tunnel_add(d, &t), -EEXIST);
		assert_int_equal(ops->sa_add(d, &sa), -EEXIST);
	}
	assert_int_equal(ops->tunnel_del(d, 7), 0);
	assert_int_equal(ops->tunnel_del(d, 7), -ENODEV);
	ops->close(d);
	assert_true(is_clean());
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void what_cannot_be_is_refused_and_leaves_nothing(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct variant v = {.suite = sa_suite("gcm128"), .mode = DP_TRANSPORT};
	struct dp_sa sa = ends_describe(e, &v, 0);
	struct endpoint l = {ip("192.0.2.1"), 0}, r6 = {ip("2001:db8::2"), 0};

	assert_int_equal(ops->sa_add(ends_dp(e, 0), &sa), -EOPNOTSUPP);
	sa.mode = DP_TUNNEL;
	sa.tunnel = 2;
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &sa), -ENODEV);
	sa.tunnel = 1;
	sa.ts_local[0] = ts_range("0.0.0.1", "255.255.255.254");
	sa.ts_remote[0] = ts_range("0.0.0.1", "255.255.255.254");
	assert_int_equal(ops->sa_add(ends_dp(e, 0), &sa), -EOPNOTSUPP);
	assert_int_equal(ops->sa_send(ends_dp(e, 0), 0x7777), -ENOENT);
	assert_int_equal(ops->sa_del(ends_dp(e, 0), 0x7777), -ENOENT);
	assert_int_equal(ops->sa_move(ends_dp(e, 0), 0x7777, &l, &l), -ENOENT);
	assert_false(lab_has("ip xfrm state", "src"));
	v.mode = DP_TUNNEL;
	ends_add(e, &v, true);
	assert_int_equal(ops->sa_move(ends_dp(e, 0), e->spi, &l, &r6), -EINVAL);
	some_packets(e);
}

static void taken_ports_are_named(void **state)
{
	struct ends *e = both(state, DP_PAYLOAD_IP, 1360);
	struct dp_config cfg = {0};
	char why[200] = "";

	ends_enter(e, 0);
	assert_null(ops->open(&cfg, why, sizeof(why)));
	assert_non_null(strstr(why, "port 500"));
	assert_true(lab_has("ip link", "Tunnel1"));
}

#define LIVE(f) cmocka_unit_test_teardown(f, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_probe_says_yes_and_why),
	        LIVE(every_suite_carries_packets_both_ways),
	        LIVE(gre_travels_in_transport_and_in_tunnel_mode),
	        LIVE(encryption_without_integrity_is_just_that),
	        LIVE(the_mtu_is_what_esp_leaves_of_the_path),
	        LIVE(rekeying_loses_nothing),
	        LIVE(rekeying_gre_loses_nothing),
	        LIVE(nothing_leaves_an_xfrm_interface_without_an_sa),
	        LIVE(nothing_leaves_gre_without_an_sa),
	        LIVE(gre_between_the_same_ends_is_one_tunnels),
	        LIVE(selectors_are_enforced_both_ways),
	        LIVE(replayed_damaged_and_foreign_packets_are_counted_and_dropped),
	        LIVE(counters_are_of_inner_octets_and_can_be_cleared),
	        LIVE(byte_limits_tell_and_then_stop),
	        LIVE(a_peer_behind_a_new_nat_mapping_is_followed),
	        LIVE(an_sa_with_new_addresses_goes_on_counting),
	        LIVE(so_does_gre),
	        LIVE(ike_passes_on_both_ports_beside_esp),
	        LIVE(closing_leaves_nothing),
	        LIVE(another_payload_is_another_device_in_the_same_place),
	        LIVE(what_a_killed_process_left_is_removed),
	        LIVE(many_tunnels_come_and_go),
	        LIVE(what_cannot_be_is_refused_and_leaves_nothing),
	        LIVE(taken_ports_are_named),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
