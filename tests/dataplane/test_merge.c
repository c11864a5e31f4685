/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merging what arrived together: what comes out, cut again, is what went in; and what must not be
 * merged is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "dataplane/merge.h"
#include "dataplane/segment.h"
#include "lib_packet.h"

enum { ROOM = 2048, PACKETS = 200 };

static const struct packet_kind tcp4 = {false, true, 12}, tcp6 = {true, true, 12},
                                udp4 = {false, false, 0}, udp6 = {true, false, 0};

/* What came out: the packets, cut again, one after the other. */
struct sink {
	struct merger m;
	uint8_t in[PACKETS][ROOM], out[PACKETS][ROOM];
	size_t in_len[PACKETS], out_len[PACKETS];
	void *out_to[PACKETS];
	unsigned n_in, n_out, writes;
	bool refuse; /* as a kernel that takes no merged UDP */
};

static bool take(void *ctx, void *to, const struct virtio_net_hdr *h, const struct iovec *v, int n)
{
	static uint8_t whole[70000];
	struct sink *s = ctx;
	struct segmenter cut;
	size_t len = 0, part;

	if (s->refuse && h->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4)
		return false;
	s->writes++;
	for (int i = 0; i < n; i++) {
		memcpy(whole + len, v[i].iov_base, v[i].iov_len);
		len += v[i].iov_len;
	}
	assert_true(len <= 65535);
	assert_true(segment_begin(&cut, h, whole, len));
	while ((part = segment_next(&cut, s->out[s->n_out], ROOM)) > 0) {
		s->out_to[s->n_out] = to;
		s->out_len[s->n_out++] = part;
	}
	return true;
}

static struct sink *sink_new(void)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->m.out = take;
	s->m.ctx = s;
	return s;
}

static uint8_t *next(struct sink *s, size_t n)
{
	s->in_len[s->n_in] = n;
	return s->in[s->n_in++];
}

/* The IP identification is the one thing that cutting makes anew: the test numbers packets as
 * cutting does. */
static uint8_t *put(struct sink *s, struct packet_kind k, uint32_t seq, uint8_t flags, size_t n)
{
	uint8_t *p = s->in[s->n_in];

	next(s, packet_make(p, k, seq, flags, n, seq));
	if (!k.v6) {
		put_u16(p + 4, (uint16_t)(0x1234 + s->n_in - 1));
		packet_checksums(p, s->in_len[s->n_in - 1]);
	}
	return p;
}

static void add(struct sink *s, void *to, unsigned i)
{
	static uint8_t copy[PACKETS]
	                   [ROOM]; /* merging works in place; what went in is kept to compare */

	memcpy(copy[i], s->in[i], s->in_len[i]);
	merge_add(&s->m, to, copy[i], s->in_len[i]);
}

static void add_all(struct sink *s)
{
	for (unsigned i = 0; i < s->n_in; i++)
		add(s, s, i);
	merge_flush(&s->m);
}

/* All that went in came out, in order, octet by octet. */
static void same(const struct sink *s)
{
	assert_int_equal(s->n_out, s->n_in);
	for (unsigned i = 0; i < s->n_in; i++) {
		assert_int_equal(s->out_len[i], s->in_len[i]);
		assert_memory_equal(s->out[i], s->in[i], s->in_len[i]);
	}
}

static void a_run_of_one_flow_is_one_write(void **state)
{
	const struct packet_kind kinds[] = {tcp4, tcp6, udp4, udp6};

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct sink *s = sink_new();

		for (uint32_t i = 0; i < 40; i++)
			put(s, kinds[k], 0xfffff800u + i * 1300, TCP_ACK, 1300);
		put(s, kinds[k], 0xfffff800u + 40 * 1300, TCP_ACK | TCP_PSH, 700);
		add_all(s);
		same(s);
		assert_int_equal(s->writes, 1);
		free(s);
	}
}

static void a_run_ends_at_its_limits(void **state)
{
	struct sink *s = sink_new();

	(void)state;
	for (uint32_t i = 0; i < 150; i++)
		put(s, tcp4, i * 10, TCP_ACK, 10);
	for (unsigned i = 0; i < 150; i++) /* cutting numbers each run anew */
		put_u16(s->in[i] + 4, (uint16_t)(0x1234 + i));
	add_all(s);
	same(s);
	assert_int_equal(s->writes, 3); /* 64, 64, 22 */
	free(s);
	s = sink_new();
	for (uint32_t i = 0; i < 60; i++)
		put(s, udp4, i, 0, 1400);
	add_all(s);
	same(s);
	assert_int_equal(s->writes, 2); /* 65,000 octets */
	free(s);
}

/* Each row: a second packet that does not continue the first. */
static void what_differs_is_not_merged(void **state)
{
	static const struct {
		uint32_t seq;
		uint8_t flags;
		size_t n;
		size_t at; /* octet to change, 0: none */
		uint8_t flip;
	} rows[] = {
	        {1100, TCP_ACK, 101, 0, 0},           /* larger than the first */
	        {1101, TCP_ACK, 100, 0, 0},           /* a hole */
	        {1000, TCP_ACK, 100, 0, 0},           /* a repetition */
	        {1100, TCP_ACK | TCP_FIN, 100, 0, 0}, /* says more than ACK */
	        {1100, TCP_ACK | 0x40, 100, 0, 0},    /* ECE */
	        {1100, TCP_ACK, 0, 0, 0},             /* nothing but an ACK */
	        {1100, TCP_ACK, 100, 1, 0x10},        /* traffic class */
	        {1100, TCP_ACK, 100, 1, 0x01},        /* ECN */
	        {1100, TCP_ACK, 100, 6, 0x40},        /* DF */
	        {1100, TCP_ACK, 100, 8, 0x01},        /* TTL */
	        {1100, TCP_ACK, 100, 15, 0x04},       /* source address */
	        {1100, TCP_ACK, 100, 19, 0x04},       /* destination */
	        {1100, TCP_ACK, 100, 21, 0x01},       /* source port */
	        {1100, TCP_ACK, 100, 23, 0x01},       /* destination port */
	        {1100, TCP_ACK, 100, 31, 0x01},       /* acknowledgement */
	        {1100, TCP_ACK, 100, 35, 0x01},       /* window */
	        {1100, TCP_ACK, 100, 45, 0x01},       /* an option */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sink *s = sink_new();

		put(s, tcp4, 1000, TCP_ACK, 100);
		uint8_t *p = put(s, tcp4, rows[i].seq, rows[i].flags, rows[i].n);

		if (rows[i].at)
			p[rows[i].at] ^= rows[i].flip;
		packet_checksums(p, s->in_len[1]);
		add_all(s);
		same(s);
		assert_int_equal(s->writes, 2);
		free(s);
	}
}

/* The kernel makes a new checksum for what is merged: damage must not get a blessing. */
static void a_wrong_checksum_stays_wrong(void **state)
{
	const struct packet_kind kinds[] = {tcp4, tcp6, udp4, udp6};

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct sink *s = sink_new();

		for (uint32_t i = 0; i < 3; i++)
			put(s, kinds[k], i * 100, TCP_ACK, 100);
		s->in[1][packet_head(kinds[k]) + 50] ^= 1;
		add_all(s);
		same(s);
		assert_int_equal(s->writes, 3);
		free(s);
	}
}

static void fragments_options_and_other_protocols_pass_alone(void **state)
{
	struct sink *s = sink_new();

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *p = put(s, udp4, 0, 0, 100);

		p[6] = 0x20; /* more fragments */
		packet_checksums(p, s->in_len[s->n_in - 1]);
	}
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *p = put(s, udp4, 0, 0, 100);

		put_u16(p + 26, 0); /* UDP without a checksum */
	}
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *p = put(s, udp6, 0, 0, 100);

		p[6] = 59;
	}
	add_all(s);
	same(s);
	assert_int_equal(s->writes, 9);
	free(s);
}

static void order_is_kept_within_a_flow(void **state)
{
	struct sink *s = sink_new();
	static int one, two;
	unsigned seen = 0;

	(void)state;
	/* Two devices, the same flow in each; in the first a FIN interrupts. */
	for (uint32_t i = 0; i < 10; i++)
		put(s, tcp4, i * 100, i == 5 ? TCP_ACK | TCP_FIN : TCP_ACK, 100);
	for (unsigned i = 0; i < 10; i++) {
		add(s, &one, i);
		add(s, &two, i);
	}
	merge_flush(&s->m);
	assert_int_equal(s->n_out, 20);
	for (unsigned i = 0; i < 20; i++)
		if (s->out_to[i] == &one)
			assert_int_equal(get_u32(s->out[i] + 24), 100 * seen++);
	assert_int_equal(seen, 10);
	assert_int_equal(s->writes, 6);
	free(s);
}

static void more_flows_than_there_is_room_for_lose_nothing(void **state)
{
	struct sink *s = sink_new();
	unsigned count[40] = {0};

	(void)state;
	for (uint32_t i = 0; i < 160; i++) {
		uint8_t *p = put(s, udp4, i, 0, 200);

		p[23] = (uint8_t)(i % 40);
		packet_checksums(p, s->in_len[i]);
	}
	add_all(s);
	assert_int_equal(s->n_out, 160);
	for (unsigned i = 0; i < 160; i++) {
		assert_true(packet_good(s->out[i], s->out_len[i]));
		count[s->out[i][23]]++;
	}
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(count[i], 4);
	free(s);
}

static void a_kernel_without_merged_udp_gets_it_singly(void **state)
{
	struct sink *s = sink_new();

	(void)state;
	s->refuse = true;
	for (uint32_t i = 0; i < 10; i++)
		put(s, udp4, i, 0, 300);
	add_all(s);
	same(s);
	assert_int_equal(s->writes, 10);
	assert_true(s->m.no_udp);
	s->n_in = s->n_out = s->writes = 0;
	for (uint32_t i = 0; i < 10; i++)
		put(s, tcp4, i * 300, TCP_ACK, 300);
	add_all(s);
	same(s);
	assert_int_equal(s->writes, 1); /* TCP is another matter */
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_run_of_one_flow_is_one_write),
	        cmocka_unit_test(a_run_ends_at_its_limits),
	        cmocka_unit_test(what_differs_is_not_merged),
	        cmocka_unit_test(a_wrong_checksum_stays_wrong),
	        cmocka_unit_test(fragments_options_and_other_protocols_pass_alone),
	        cmocka_unit_test(order_is_kept_within_a_flow),
	        cmocka_unit_test(more_flows_than_there_is_room_for_lose_nothing),
	        cmocka_unit_test(a_kernel_without_merged_udp_gets_it_singly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
