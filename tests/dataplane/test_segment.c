/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cutting what a TUN device hands over in one piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "dataplane/inner.h"
#include "dataplane/segment.h"
#include "lib_packet.h"

enum { ROOM = 65536 };

static const struct packet_kind kinds[] = {
        {false, true, 0}, {false, true, 12}, {true, true, 12}, {false, false, 0}, {true, false, 0}};

static struct virtio_net_hdr header(struct packet_kind k, uint16_t size)
{
	return (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	        .gso_type = !k.tcp ? VIRTIO_NET_HDR_GSO_UDP_L4
	                    : k.v6 ? VIRTIO_NET_HDR_GSO_TCPV6
	                           : VIRTIO_NET_HDR_GSO_TCPV4,
	        .gso_size = size,
	        .csum_start = (uint16_t)packet_l4(k),
	        .csum_offset = k.tcp ? 16 : 6};
}

static void check_part(const uint8_t *part, size_t len, struct packet_kind k, uint32_t at,
        uint16_t index, bool last)
{
	const uint8_t *l4 = part + packet_l4(k);
	size_t head = packet_head(k);

	assert_true(packet_good(part, len));
	assert_true(packet_counts(part + head, len - head, at));
	if (!k.v6)
		assert_int_equal(get_u16(part + 4), 0x1234 + index);
	if (!k.tcp)
		return;
	assert_int_equal(get_u32(l4 + 4), 0xfffff000u + at); /* wraps on the way */
	assert_int_equal(l4[13] & (TCP_FIN | TCP_PSH), last ? TCP_FIN | TCP_PSH : 0);
	assert_int_equal(l4[13] & TCP_CWR, index ? 0 : TCP_CWR);
}

static void cut(struct packet_kind k, size_t payload, uint16_t size)
{
	static uint8_t whole[ROOM], part[ROOM];
	struct virtio_net_hdr h = header(k, size);
	struct segmenter s;
	size_t n = packet_make(
	               whole, k, 0xfffff000u, TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR, payload, 0),
	       at = 0, len;
	uint16_t index = 0;

	assert_true(segment_begin(&s, &h, whole, n));
	while ((len = segment_next(&s, part, sizeof(part))) > 0) {
		size_t got = len - packet_head(k), left = payload - at;

		assert_int_equal(got, left < size ? left : size);
		check_part(part, len, k, (uint32_t)at, index++, got == left);
		at += got;
	}
	assert_int_equal(at, payload);
}

static void parts_are_whole_packets_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		cut(kinds[i], 60000, 1348);
		cut(kinds[i], 2696, 1348);
		cut(kinds[i], 2697, 1348);
		cut(kinds[i], 1, 1348);
		cut(kinds[i], 7, 1);
	}
}

static void an_open_checksum_is_finished(void **state)
{
	uint8_t p[2000], want[2000], out[2000];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct packet_kind k = kinds[i];
		struct virtio_net_hdr h = header(k, 0);
		size_t n = packet_make(p, k, 7, TCP_ACK, 777, 3), l4 = packet_l4(k);
		struct segmenter s;

		memcpy(want, p, n);
		h.gso_type = VIRTIO_NET_HDR_GSO_NONE;
		put_u16(p + l4 + h.csum_offset, pseudo_sum(p, k.tcp ? 6 : 17, n - l4));
		assert_true(segment_begin(&s, &h, p, n));
		assert_int_equal(segment_next(&s, out, sizeof(out)), n);
		assert_memory_equal(out, want, n);
		assert_int_equal(segment_next(&s, out, sizeof(out)), 0);
	}
}

static void a_whole_packet_passes_as_it_is(void **state)
{
	struct virtio_net_hdr h = {0};
	uint8_t p[200], out[200];
	struct segmenter s;
	size_t n = packet_make(p, kinds[0], 1, TCP_ACK, 50, 0);

	(void)state;
	assert_true(segment_begin(&s, &h, p, n));
	assert_int_equal(segment_next(&s, out, sizeof(out)), n);
	assert_memory_equal(out, p, n);
}

static void headers_that_contradict_the_packet_are_refused(void **state)
{
	uint8_t p[2000];
	size_t n = packet_make(p, kinds[0], 1, TCP_ACK, 1000, 0);
	struct segmenter s;

	(void)state;
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		struct virtio_net_hdr h = header(kinds[0], 500);                                   \
		size_t len = n;                                                                    \
		change;                                                                            \
		uint8_t *exact = xmemdup(p, len);                                                  \
		assert_false(segment_begin(&s, &h, exact, len));                                   \
		free(exact);                                                                       \
	} while (0)
	REFUSED(h.gso_size = 0);
	REFUSED(h.csum_start = 10);
	REFUSED(h.csum_start = 1030);
	REFUSED(h.csum_start = 65535);
	REFUSED(h.gso_type = 2);
	REFUSED(len = 40);
	REFUSED(len = 10);
	REFUSED((h.gso_type = VIRTIO_NET_HDR_GSO_NONE, h.csum_start = 1030));
	REFUSED((h.gso_type = VIRTIO_NET_HDR_GSO_NONE, h.csum_offset = 65535));
#undef REFUSED
	p[32] = 0x40; /* a TCP header of 16 octets */
	struct virtio_net_hdr h = header(kinds[0], 500);

	assert_false(segment_begin(&s, &h, p, n));
	p[32] = 0xf0;
	assert_false(segment_begin(&s, &h, p, 20 + 60)); /* nothing but header */
}

static void too_large_a_part_is_not_written(void **state)
{
	uint8_t p[2000], out[2000];
	struct virtio_net_hdr h = header(kinds[0], 900);
	struct segmenter s;
	size_t n = packet_make(p, kinds[0], 1, TCP_ACK, 1000, 0);

	(void)state;
	assert_true(segment_begin(&s, &h, p, n));
	assert_int_equal(segment_next(&s, out, 939), 0);
	assert_int_equal(segment_next(&s, out, 940), 940);
}

static void sums_are_rfc_1071s(void **state)
{
	static const uint8_t rfc[] = {
	        0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}; /* RFC 1071 §3 */
	static const uint8_t odd[] = {0xff, 0xff, 0x01};

	(void)state;
	assert_int_equal(inet_sum(rfc, sizeof(rfc)), 0xddf2);
	assert_int_equal(inet_sum(odd, 3), 0x100);
	assert_int_equal(inet_sum(odd, 0), 0);
	assert_int_equal(inet_sum(odd + 2, 1), 0x100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(parts_are_whole_packets_in_order),
	        cmocka_unit_test(an_open_checksum_is_finished),
	        cmocka_unit_test(a_whole_packet_passes_as_it_is),
	        cmocka_unit_test(headers_that_contradict_the_packet_are_refused),
	        cmocka_unit_test(too_large_a_part_is_not_written),
	        cmocka_unit_test(sums_are_rfc_1071s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
