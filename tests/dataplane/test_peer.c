/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user back end against a peer made by hand: what a well-behaved one would not send, and what
 * leaves towards it. Root is needed.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/pair.h"
#include "dataplane/user.h"
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

/* ---- a peer made by hand --------------------------------------------------------------------- */

/* End 0 is this test with a socket and a pair; end 1 is the back end. */
struct hand {
	struct lab *l;
	struct pair *p;
	int fd;
	uint8_t buf[4096];
	struct span wire;
};

static void hand_open(
        struct hand *h, void **state, const char *suite, void (*change)(struct dp_sa *sa))
{
	struct dp_sa a = sa_end(sa_suite(suite), "192.0.2.1", "192.0.2.2", 0x1000, 0x1001);
	struct dp_sa b = sa_end(sa_suite(suite), "192.0.2.2", "192.0.2.1", 0x1001, 0x1000);

	h->l = *state;
	lab_open(h->l, 1);
	lab_tunnels(h->l, DP_PAYLOAD_IP, 1400);
	if (change)
		change(&b);
	assert_int_equal(ops->sa_add(h->l->d[1], &b), 0);
	lab_enter(h->l, 0);
	h->fd = lab_udp("192.0.2.1", 4500);
	h->p = pair_new(&a, DP_PAYLOAD_IP);
	assert_non_null(h->p);
}

static void hand_close(struct hand *h)
{
	pair_free(h->p);
	close(h->fd);
}

static void hand_seal(struct hand *h, uint8_t inner_tos, const char *src, const char *dst,
        const void *data, size_t n)
{
	static const uint8_t iv[16] = {3};
	uint8_t *p = h->buf + PAIR_HEADROOM, tos;
	struct ipaddr s = ip(src), d = ip(dst);

	memset(p, 0, 28);
	p[0] = 0x45;
	p[1] = inner_tos;
	put_u16(p + 2, (uint16_t)(28 + n));
	p[8] = 64;
	p[9] = IPPROTO_UDP;
	memcpy(p + 12, s.b, 4);
	memcpy(p + 16, d.b, 4);
	put_u16(p + 10, (uint16_t)~inet_sum(p, 20));
	put_u16(p + 20, 7000);
	put_u16(p + 22, 7000);
	put_u16(p + 24, (uint16_t)(8 + n));
	memcpy(p + 28, data, n);
	assert_true(pair_encap(h->p, p, 28 + n, iv, &h->wire, &tos));
}

static void hand_send(struct hand *h)
{
	assert_true(lab_send(h->fd, "192.0.2.2", 4500, h->wire.p, h->wire.n));
}

static void hand_say(struct hand *h, const char *text)
{
	hand_seal(h, 0, "10.0.0.1", "10.0.0.2", text, strlen(text));
	hand_send(h);
}

static void hears(int fd, const char *text)
{
	char in[100] = "";

	assert_int_equal(lab_recv(fd, in, sizeof(in)), strlen(text));
	assert_memory_equal(in, text, strlen(text));
}

static int listen_inside(struct hand *h)
{
	lab_enter(h->l, 1);
	int fd = lab_udp("10.0.0.2", 7000);

	lab_enter(h->l, 0);
	return fd;
}

/* A good packet after the bad ones: when it is there, the bad ones have been looked at. */
static void bad_packets_are_counted_and_go_nowhere(void **state)
{
	struct hand h;
	struct dp_sa_state s;
	struct dp_stats st;
	uint8_t copy[4096];

	hand_open(&h, state, "gcm128", NULL);
	int in = listen_inside(&h);

	hand_say(&h, "first");
	hand_send(&h); /* again: a replay */
	hand_seal(&h, 0, "10.0.0.1", "10.0.0.2", "forged", 6);
	memcpy(copy, h.wire.p, h.wire.n);
	copy[h.wire.n - 1] ^= 1;
	assert_true(lab_send(h.fd, "192.0.2.2", 4500, copy, h.wire.n));
	assert_true(lab_send(h.fd, "192.0.2.2", 4500, h.wire.p, 20));
	assert_true(lab_send(h.fd, "192.0.2.2", 4500, h.wire.p, 7));
	assert_true(lab_send(h.fd, "192.0.2.2", 4500, "\xff", 1)); /* a keepalive is nothing */
	hand_say(&h, "last");
	hears(in, "first");
	hears(in, "last");
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.c.pkts_in, 2);
	assert_int_equal(s.c.replay, 1);
	assert_int_equal(s.c.bad_icv, 1);
	assert_int_equal(s.c.malformed, 1);
	assert_true(s.last_in_ms > 0 && s.seq_in == 3);
	ops->stats(h.l->d[1], &st);
	assert_int_equal(st.esp_short, 1);
	assert_int_equal(st.esp_unknown_spi, 0);
	ops->sa_clear_counters(h.l->d[1]);
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.c.pkts_in + s.c.replay, 0);
	close(in);
	hand_close(&h);
}

static bool unknown_seen(struct dp *d, uint64_t n)
{
	struct dp_stats st;

	ops->stats(d, &st);
	return st.esp_unknown_spi >= n;
}

static void an_unknown_spi_is_told_once_a_second(void **state)
{
	struct hand h;
	struct dp_event ev;
	uint8_t junk[100] = {0, 0, 0x99, 0x99, 0, 0, 0, 1};
	unsigned told = 0;

	hand_open(&h, state, "gcm128", NULL);
	for (int i = 0; i < 20; i++)
		assert_true(lab_send(h.fd, "192.0.2.2", 4500, junk, sizeof(junk)));
	assert_true(lab_until(h.l->d[1], unknown_seen, 20));
	while (ops->poll(h.l->d[1], &ev)) {
		assert_int_equal(ev.type, DP_EV_UNKNOWN_SPI);
		assert_int_equal(ev.spi, 0x9999);
		assert_true(ipaddr_eq(&ev.remote.addr, &(struct ipaddr){AF_INET, {192, 0, 2, 1}}));
		assert_true(ipaddr_eq(&ev.local.addr, &(struct ipaddr){AF_INET, {192, 0, 2, 2}}));
		told++;
	}
	assert_true(told >= 1 && told < 5);
	hand_close(&h);
}

static void only_the_remote_side_may_send_from_its_selectors(struct dp_sa *sa)
{
	sa->n_ts_remote = sa->n_ts_local = 1;
	sa->ts_remote[0] = ts_range("10.0.0.1", "10.0.0.1");
	sa->ts_local[0] = ts_range("10.0.0.2", "10.0.0.2");
}

static void selectors_are_kept_both_ways(void **state)
{
	struct hand h;
	struct dp_sa_state s;

	hand_open(&h, state, "gcm128", only_the_remote_side_may_send_from_its_selectors);
	int in = listen_inside(&h);

	hand_seal(&h, 0, "10.0.0.9", "10.0.0.2", "stranger", 8);
	hand_send(&h);
	hand_say(&h, "friend");
	hears(in, "friend");
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.c.bad_selector, 1);
	lab_enter(h.l, 1);
	lab_sh("ip route add 10.0.0.9/32 dev Tunnel1");
	assert_true(lab_send(in, "10.0.0.9", 7000, "out", 3));
	assert_true(lab_send(in, "10.0.0.1", 7000, "out", 3));
	uint8_t esp[200];

	assert_true(lab_recv(h.fd, esp, sizeof(esp)) > 0);
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.c.send_errors, 1);
	assert_int_equal(s.c.pkts_out, 1);
	close(in);
	hand_close(&h);
}

/* RFC 7296 §2.23: the NAT in between gave the peer another port. A copy of an old packet from
 * elsewhere moves nothing. */
static void a_peer_that_moved_is_followed(void **state)
{
	struct hand h;
	struct dp_event ev;
	struct dp_sa_state s;
	uint8_t esp[200];

	hand_open(&h, state, "gcm128", NULL);
	int in = listen_inside(&h);

	hand_say(&h, "here");
	hears(in, "here");
	int other = lab_udp("192.0.2.1", 4999);

	assert_true(lab_send(other, "192.0.2.2", 4500, h.wire.p, h.wire.n));
	hand_say(&h, "still here");
	hears(in, "still here");
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.sa.remote.port, 4500);
	assert_int_equal(s.c.replay, 1);
	hand_seal(&h, 0, "10.0.0.1", "10.0.0.2", "there", 5);
	assert_true(lab_send(other, "192.0.2.2", 4500, h.wire.p, h.wire.n));
	hears(in, "there");
	assert_true(lab_event(h.l->d[1], DP_EV_REMOTE_MOVED, &ev));
	assert_true(ev.spi == 0x1001 && ev.remote.port == 4999 && ev.tunnel == 1);
	lab_enter(h.l, 1);
	assert_true(lab_send(in, "10.0.0.1", 7000, "answer", 6));
	assert_true(lab_recv(other, esp, sizeof(esp)) > 6);
	struct endpoint local = {ip("192.0.2.2"), 4500}, back = {ip("192.0.2.1"), 4500};

	assert_int_equal(ops->sa_move(h.l->d[1], 0x1001, &local, &back), 0);
	assert_true(lab_send(in, "10.0.0.1", 7000, "answer", 6));
	assert_true(lab_recv(h.fd, esp, sizeof(esp)) > 6);
	close(other);
	close(in);
	hand_close(&h);
}

/* Without an ICV anybody could say it: the peer stays where IKE put it, and is not proven alive. */
static void unauthenticated_esp_moves_nobody(void **state)
{
	struct hand h;
	struct dp_sa_state s;

	hand_open(&h, state, "cbc128", NULL);
	int in = listen_inside(&h), other = lab_udp("192.0.2.1", 4999);

	hand_seal(&h, 0, "10.0.0.1", "10.0.0.2", "there", 5);
	assert_true(lab_send(other, "192.0.2.2", 4500, h.wire.p, h.wire.n));
	hears(in, "there");
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.sa.remote.port, 4500);
	assert_int_equal(s.c.pkts_in, 1);
	assert_int_equal(s.last_in_ms, 0);
	close(other);
	close(in);
	hand_close(&h);
}

static void small_limits(struct dp_sa *sa)
{
	sa->soft_bytes = 300;
	sa->hard_bytes = 600;
}

static void limits_are_told_and_kept(void **state)
{
	struct hand h;
	struct dp_event ev;
	struct dp_sa_state s;
	uint8_t esp[400], text[172] = {0};

	hand_open(&h, state, "gcm128", small_limits);
	int in = listen_inside(&h);

	lab_enter(h.l, 1);
	for (int i = 0; i < 3; i++) { /* 200 octets each, with their headers */
		assert_true(lab_send(in, "10.0.0.1", 7000, text, sizeof(text)));
		assert_true(lab_recv(h.fd, esp, sizeof(esp)) > 0);
	}
	assert_true(lab_event(h.l->d[1], DP_EV_SOFT_EXPIRE, &ev));
	assert_int_equal(ev.spi, 0x1001);
	assert_true(lab_event(h.l->d[1], DP_EV_HARD_EXPIRE, &ev));
	assert_int_equal(ev.spi, 0x1001);
	assert_true(lab_send(in, "10.0.0.1", 7000, text, sizeof(text)));
	hand_say(&h, "it still hears");
	hears(in, "it still hears");
	do
		assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	while (!s.c.seq_exhausted);
	assert_int_equal(s.c.pkts_out, 3);
	assert_int_equal(recv(h.fd, esp, sizeof(esp), MSG_DONTWAIT), -1);
	assert_false(ops->poll(h.l->d[1], &ev)); /* each was told once */
	close(in);
	hand_close(&h);
}

static void traffic_class_and_congestion_cross_the_tunnel(void **state)
{
	struct hand h;
	int on = 1, tos = 0xba; /* EF, ECT(0) */
	uint8_t data[200];
	union control_buf control;
	struct iovec v = {data, sizeof(data)};
	struct msghdr m = {.msg_iov = &v,
	        .msg_iovlen = 1,
	        .msg_control = &control,
	        .msg_controllen = sizeof(control)};

	hand_open(&h, state, "gcm128", NULL);
	int in = listen_inside(&h);

	setsockopt(h.fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	setsockopt(in, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	lab_enter(h.l, 1);
	assert_int_equal(setsockopt(in, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)), 0);
	assert_true(lab_send(in, "10.0.0.1", 7000, "x", 1));
	assert_true(recvmsg(h.fd, &m, 0) > 0);
	assert_int_equal(*CMSG_DATA(CMSG_FIRSTHDR(&m)), 0xba);
	tos = 3; /* a router outside saw congestion */
	assert_int_equal(setsockopt(h.fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)), 0);
	hand_seal(&h, 0xba, "10.0.0.1", "10.0.0.2", "y", 1);
	hand_send(&h);
	m.msg_controllen = sizeof(control);
	assert_int_equal(recvmsg(in, &m, 0), 1);
	assert_int_equal(*CMSG_DATA(CMSG_FIRSTHDR(&m)), 0xbb);
	close(in);
	hand_close(&h);
}

/* ---- the path -------------------------------------------------------------------------------- */

/* RFC 792, RFC 1191 §4: "fragmentation needed", with the head of the packet that was too big. */
static void say_too_big(uint16_t mtu)
{
	uint8_t m[8 + 28] = {3, 4}, *q = m + 8;
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct ipaddr them = ip("192.0.2.2"), us = ip("192.0.2.1");
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	put_u16(m + 6, mtu);
	q[0] = 0x45;
	put_u16(q + 2, 1466);
	q[6] = 0x40;
	q[8] = 64;
	q[9] = IPPROTO_UDP;
	memcpy(q + 12, them.b, 4);
	memcpy(q + 16, us.b, 4);
	put_u16(q + 10, (uint16_t)~inet_sum(q, 20));
	put_u16(q + 20, 4500);
	put_u16(q + 22, 4500);
	put_u16(q + 24, 1446);
	put_u16(m + 2, (uint16_t)~inet_sum(m, sizeof(m)));
	memcpy(&to.sin_addr, them.b, 4);
	assert_int_equal(
	        sendto(fd, m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(m));
	close(fd);
}

static void a_narrower_path_narrows_the_tunnel(void **state)
{
	struct hand h;
	struct dp_event ev;

	hand_open(&h, state, "gcm128", NULL);
	lab_enter(h.l, 1);
	assert_true(lab_has("ip link show Tunnel1", " mtu 1400 "));
	lab_enter(h.l, 0);
	say_too_big(1300);
	assert_true(lab_event(h.l->d[1], DP_EV_MTU, &ev));
	assert_int_equal(ev.tunnel, 1);
	assert_int_equal(ev.value, 1280); /* 1238 would fit, but the tunnel carries IPv6 too */
	lab_enter(h.l, 1);
	assert_true(lab_has("ip link show Tunnel1", " mtu 1280 "));
	lab_enter(h.l, 0);
	hand_close(&h);
}

static void only_ipv4(struct dp_sa *sa)
{
	sa->n_ts_local = sa->n_ts_remote = 1;
}

static void a_tunnel_for_ipv4_goes_below_1280(void **state)
{
	struct hand h;
	struct dp_event ev;

	hand_open(&h, state, "gcm128", only_ipv4);
	say_too_big(1300);
	assert_true(lab_event(h.l->d[1], DP_EV_MTU, &ev));
	assert_int_equal(ev.value, 1238);
	hand_close(&h);
}

static bool refused(struct dp *d, uint64_t n)
{
	struct dp_sa_state s;

	return ops->sa_get(d, 0x1001, &s) && s.c.send_errors >= n;
}

static void an_address_that_goes_may_come_back(void **state)
{
	struct hand h;
	struct dp_sa_state s;
	uint8_t esp[200];

	hand_open(&h, state, "gcm128", NULL);
	int in = listen_inside(&h);

	lab_enter(h.l, 1);
	lab_sh("ip addr del 192.0.2.2/24 dev vB && ip addr add 192.0.2.3/24 dev vB");
	for (int i = 0; i < 10; i++)
		assert_true(lab_send(in, "10.0.0.1", 7000, "lost", 4));
	assert_true(lab_until(h.l->d[1], refused, 10));
	assert_int_equal(
	        recv(h.fd, esp, sizeof(esp), MSG_DONTWAIT), -1); /* nor from another address */
	assert_true(lab_has("ip link show Tunnel1", " mtu 1400 "));
	lab_sh("ip addr add 192.0.2.2/24 dev vB");
	assert_true(lab_send(in, "10.0.0.1", 7000, "back", 4));
	assert_true(lab_recv(h.fd, esp, sizeof(esp)) > 0);
	assert_true(ops->sa_get(h.l->d[1], 0x1001, &s));
	assert_int_equal(s.c.send_errors, 10);
	close(in);
	lab_enter(h.l, 0);
	hand_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                bad_packets_are_counted_and_go_nowhere, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                an_unknown_spi_is_told_once_a_second, setup, teardown),
	        cmocka_unit_test_setup_teardown(selectors_are_kept_both_ways, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_peer_that_moved_is_followed, setup, teardown),
	        cmocka_unit_test_setup_teardown(unauthenticated_esp_moves_nobody, setup, teardown),
	        cmocka_unit_test_setup_teardown(limits_are_told_and_kept, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                traffic_class_and_congestion_cross_the_tunnel, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_narrower_path_narrows_the_tunnel, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_tunnel_for_ipv4_goes_below_1280, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                an_address_that_goes_may_come_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
