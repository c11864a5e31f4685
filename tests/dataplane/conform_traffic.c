/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of conform.c: the cases that need traffic of their own. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/if_ether.h>

#include "base/log.h"
#include "base/mem.h"
#include "conform.h"

enum { PROOF = 9 }; /* the port of datagrams that prove the wire */

/* ---- the wire -------------------------------------------------------------------------------- */

int conform_clear_tap(const struct ends *e)
{
	enum { PROTO = ETH_HLEN + 9, DPORT = ETH_HLEN + 20 + 2, PASS = 0xffff };
	struct sock_filter f[] = {
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 6),
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTO),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ESP, 4, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 4),
	        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, DPORT),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4500, 1, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROOF, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, 0),
	        BPF_STMT(BPF_RET | BPF_K, PASS),
	};
	struct sock_fprog prog = {ARRAY_LEN(f), f};
	int tap = ends_tap(e);

	assert_int_equal(setsockopt(tap, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0);
	return tap;
}

int conform_whole(const char *from)
{
	int fd = lab_udp(from, 0), whole = IP_PMTUDISC_DO;

	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole)), 0);
	return fd;
}

void conform_wire_is_up(const struct ends *e)
{
	uint64_t limit = mono_ms() + LAB_WAIT_MS;
	struct pollfd p = {.events = POLLIN};
	int from;

	ends_enter(e, 1);
	p.fd = lab_udp("192.0.2.2", PROOF);
	ends_enter(e, 0);
	from = lab_udp("0.0.0.0", 0);
	do {
		if (mono_ms() > limit)
			fail_msg("the wire does not come up");
		lab_send(from, "192.0.2.2", PROOF, "x", 1);
	} while (poll(&p, 1, 10) != 1);
	close(from);
	close(p.fd);
}

/* ---- a TCP stream ---------------------------------------------------------------------------- */

/* Octets that say where they are, from end 0 to end 1 until it is told to stop. */
struct stream {
	int client, server;
	atomic_bool stop;
	size_t sent, got;
	bool wrong;
	pthread_t sender, receiver;
};

static uint8_t octet(size_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

static void *stream_send(void *arg)
{
	struct stream *s = arg;
	uint8_t buf[8192];

	while (!atomic_load(&s->stop)) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = octet(s->sent + i);
		for (size_t done = 0; done < sizeof(buf);) {
			ssize_t n = send(s->client, buf + done, sizeof(buf) - done, MSG_NOSIGNAL);

			if (n <= 0)
				return NULL;
			done += (size_t)n;
			s->sent += (size_t)n;
		}
	}
	shutdown(s->client, SHUT_WR);
	return NULL;
}

static void *stream_receive(void *arg)
{
	struct stream *s = arg;
	uint8_t buf[65536];
	ssize_t n;

	while ((n = recv(s->server, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			s->wrong |= buf[i] != octet(s->got + (size_t)i);
		s->got += (size_t)n;
	}
	return NULL;
}

static int tcp(const char *addr, uint16_t port, bool listening)
{
	struct endpoint e = {.addr = ip(addr), .port = port};
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&e, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = {.tv_sec = LAB_WAIT_MS / 1000};
	int few = 1 << 14; /* under way at a time: no queue of the kernel may overflow, for that
	                      would be a loss too */

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &few, sizeof(few));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof(few));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (listening)
		assert_true(bind(fd, (struct sockaddr *)&ss, n) == 0 && listen(fd, 1) == 0);
	else
		assert_int_equal(connect(fd, (struct sockaddr *)&ss, n), 0);
	return fd;
}

static void stream_start(struct stream *s, const struct ends *e)
{
	memset(s, 0, sizeof(*s));
	ends_enter(e, 1);
	int listener = tcp("10.0.0.2", 7001, true);

	ends_enter(e, 0);
	s->client = tcp("10.0.0.2", 7001, false);
	s->server = accept(listener, NULL, NULL);
	assert_true(s->server >= 0);
	close(listener);
	assert_int_equal(pthread_create(&s->sender, NULL, stream_send, s), 0);
	assert_int_equal(pthread_create(&s->receiver, NULL, stream_receive, s), 0);
}

static void stream_end(struct stream *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->sender, NULL);
	pthread_join(s->receiver, NULL);
	assert_true(s->got > 0 && s->got == s->sent && !s->wrong);
	close(s->client);
	close(s->server);
}

/* ---- rekeying -------------------------------------------------------------------------------- */

static void pings(const struct ends *e)
{
	for (size_t i = 0; conform_moves() && i < 5; i++)
		ends_round_trip(e, "10.0.0.1", "10.0.0.2", 100 + i);
}

static bool quiet(struct dp *d, uint64_t spi_and_count)
{
	struct dp_sa_state s;

	return d->ops->sa_get(d, (uint32_t)(spi_and_count >> 32), &s) &&
	       (uint32_t)s.c.pkts_in == (uint32_t)spi_and_count;
}

/* Every packet that one end sealed with a pair that no longer sends, the other has opened. */
static void nothing_was_lost(const struct ends *e, uint32_t spi)
{
	for (int end = 0; conform_moves() && end < 2; end++) {
		struct dp_sa_state out = ends_state(e, end, spi);
		struct dp *other = ends_dp(e, 1 - end);
		uint32_t in = spi + (uint32_t)(1 - end);

		assert_false(out.sending);
		if (!lab_until(other, quiet, (uint64_t)in << 32 | (uint32_t)out.c.pkts_out))
			fail_msg("of %u packets some are lost", (unsigned)out.c.pkts_out);
		struct dp_sa_state s = ends_state(e, 1 - end, spi);

		assert_int_equal(s.c.replay + s.c.bad_icv + s.c.malformed + s.c.bad_selector, 0);
		assert_int_equal(out.c.send_errors + out.c.no_buffer, 0);
	}
}

/* As IKE has it: both can receive on the new pair before either sends on it; the old one goes last.
 */
static void rekey(struct ends *e, const struct variant *v, int first)
{
	uint32_t old = e->spi;

	pings(e);
	ends_add(e, v, false);
	assert_false(ends_state(e, 0, e->spi).sending);
	pings(e);
	ends_send(e, first, e->spi);
	pings(e);
	assert_true(ends_state(e, first, e->spi).sending);
	assert_true(ends_state(e, 1 - first, old).sending);
	ends_send(e, 1 - first, e->spi);
	pings(e);
	nothing_was_lost(e, old);
	ends_del(e, old);
	pings(e);
}

static void rekey_form(void **state, const struct form *f, const char *suite)
{
	struct ends *e = conform_new(state, f->payload, 1320);
	struct variant v = {.suite = sa_suite(suite), .mode = f->mode, .esn = true};
	int tap = conform_clear_tap(e);
	static struct stream s; /* its threads outlive a failure */

	ends_add(e, &v, true);
	if (conform_moves())
		stream_start(&s, e);
	for (int i = 0; i < (conform_all() ? 20 : 4); i++)
		rekey(e, &v, i & 1);
	if (conform_moves()) {
		stream_end(&s);
		assert_false(ends_tap_saw(e, tap));
	}
	close(tap);
	ends_free(e);
	*state = NULL;
}

void rekeying_under_traffic(void **state)
{
	rekey_form(state, conform_form(0), "gcm128");
	rekey_form(state, conform_form(1), "cbc256-sha256");
}

/* ---- packets that are not what they should be ------------------------------------------------ */

enum { MANY = 80, FRAME = 400, OUTER = ETH_HLEN + 20 };

struct recorded {
	uint8_t frame[MANY][FRAME]; /* [n]: with sequence number n + 1, and n inside */
	size_t n[MANY];
};

/* Packets of end 0, recorded on their way to an end that does not know the SA yet: nothing of them
 * has been seen there. */
static void record(const struct ends *e, struct recorded *r)
{
	int tap = ends_tap(e);

	ends_enter(e, 0);
	int fd = lab_udp("10.0.0.1", 0);

	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(lab_send(fd, "10.0.0.2", 7000, &i, sizeof(i)));
		ssize_t n = ends_tap_esp(tap, r->frame[i], FRAME);

		assert_true(n > OUTER + 8);
		assert_int_equal(get_u32(r->frame[i] + OUTER + 4), i + 1);
		r->n[i] = (size_t)n;
	}
	close(fd);
	close(tap);
}

struct attack {
	const struct ends *e;
	const struct recorded *r;
	int wire, inside;
};

static void inject(const struct attack *a, const uint8_t *frame, size_t n)
{
	assert_int_equal(send(a->wire, frame, n, 0), n);
}

static void inject_good(const struct attack *a, uint32_t i)
{
	inject(a, a->r->frame[i], a->r->n[i]);
}

static void inject_flipped(const struct attack *a, uint32_t i, size_t at)
{
	uint8_t f[FRAME];

	memcpy(f, a->r->frame[i], a->r->n[i]);
	f[at] ^= 0x10;
	inject(a, f, a->r->n[i]);
}

/* Eight octets less, and an IP header that says so. */
static void inject_cut(const struct attack *a, uint32_t i)
{
	uint8_t f[FRAME], *h = f + ETH_HLEN;
	size_t n = a->r->n[i] - 8;
	uint32_t sum = 0;

	memcpy(f, a->r->frame[i], n);
	put_u16(h + 2, (uint16_t)(n - ETH_HLEN));
	put_u16(h + 10, 0);
	for (int k = 0; k < 20; k += 2)
		sum += get_u16(h + k);
	sum = (sum & 0xffff) + (sum >> 16);
	put_u16(h + 10, (uint16_t) ~(sum + (sum >> 16)));
	inject(a, f, n);
}

static void arrives(const struct attack *a, uint32_t i)
{
	uint32_t got;

	inject_good(a, i);
	assert_int_equal(lab_recv(a->inside, &got, sizeof(got)), sizeof(got));
	assert_int_equal(got, i);
}

static void attack(const struct attack *a)
{
	arrives(a, 70);
	inject_good(a, 70); /* a replay */
	arrives(a, 69);     /* late, and within the window */
	inject_good(a, 69); /* a replay again */
	arrives(a, 8);      /* the last that a window of 64 has room for: 71 - 9 < 64 */
	inject_good(a, 6);  /* behind it */
	inject_flipped(a, 71, a->r->n[71] - 1);   /* the ICV */
	inject_flipped(a, 71, OUTER + 8 + 8 + 2); /* what is encrypted */
	inject_flipped(a, 71, OUTER + 4 + 2);     /* the number */
	inject_cut(a, 71);
	inject_flipped(a, 71, OUTER + 1); /* the SPI */
	arrives(a, 71);
	arrives(a, 79);
	arrives(a, 72);
}

static bool unknown_counted(struct dp *d, uint64_t n)
{
	struct dp_stats s;

	d->ops->stats(d, &s);
	return s.esp_unknown_spi == n;
}

void bad_packets_are_counted_and_dropped(void **state)
{
	struct recorded *r = xcalloc(1, sizeof(*r));
	struct ends *e = conform_new(state, DP_PAYLOAD_IP, 1320);
	struct variant v = {.suite = sa_suite("gcm128"), .raw = true};
	struct dp_sa a = ends_describe(e, &v, 0), b = ends_describe(e, &v, 1);
	struct dp_sa_state s;
	struct dp_stats before;

	assert_int_equal(e->ops[0]->sa_add(ends_dp(e, 0), &a), 0);
	record(e, r);
	assert_int_equal(e->ops[1]->sa_add(ends_dp(e, 1), &b), 0);
	e->ops[1]->stats(ends_dp(e, 1), &before);
	struct attack t = {.e = e, .r = r, .inside = lab_udp("10.0.0.2", 7000)};

	ends_enter(e, 0);
	t.wire = ends_wire("vA");
	attack(&t);
	assert_true(e->ops[1]->sa_get(ends_dp(e, 1), b.spi_in, &s));
	assert_int_equal(s.c.pkts_in, 6);
	assert_int_equal(s.c.replay, 3);
	assert_int_equal(s.c.bad_icv + s.c.malformed, 4);
	assert_int_equal(s.seq_in, 80);
	assert_true(lab_until(ends_dp(e, 1), unknown_counted, before.esp_unknown_spi + 1));
	close(t.wire);
	close(t.inside);
	free(r);
}
