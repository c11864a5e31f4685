/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lib_packet.h. The sums are made here octet by octet, so that they do not share a mistake with
 * the code under test. */
#include "lib_packet.h"

#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t packet_l4(struct packet_kind k)
{
	return k.v6 ? 40 : 20;
}

size_t packet_head(struct packet_kind k)
{
	return packet_l4(k) + (k.tcp ? 20u + k.options : 8u);
}

static bool is_v6(const uint8_t *p)
{
	return p[0] >> 4 == 6;
}

static uint16_t l4_sum(const uint8_t *p, size_t n)
{
	size_t l4 = is_v6(p) ? 40 : (p[0] & 15u) * 4;
	uint32_t sum = is_v6(p) ? p[6] : p[9];

	sum += (uint32_t)(n - l4);
	sum = is_v6(p) ? add(sum, p + 8, 32) : add(sum, p + 12, 8);
	return finish(add(sum, p + l4, n - l4));
}

void packet_checksums(uint8_t *p, size_t n)
{
	size_t l4 = is_v6(p) ? 40 : 20;
	uint8_t *field = p + l4 + ((is_v6(p) ? p[6] : p[9]) == IPPROTO_TCP ? 16 : 6);

	if (!is_v6(p)) {
		put_u16(p + 10, 0);
		put_u16(p + 10, finish(add(0, p, 20)));
	}
	put_u16(field, 0);
	uint16_t sum = l4_sum(p, n);

	put_u16(field, sum ? sum : 0xffff);
}

static void put_ip(uint8_t *p, struct packet_kind k, size_t n)
{
	uint8_t proto = k.tcp ? IPPROTO_TCP : IPPROTO_UDP;

	if (k.v6) {
		p[0] = 0x60;
		put_u16(p + 4, (uint16_t)(n - 40));
		p[6] = proto;
		p[7] = 64;
		p[8] = p[24] = 0xfd;
		p[23] = 1;
		p[39] = 2;
		return;
	}
	p[0] = 0x45;
	put_u16(p + 2, (uint16_t)n);
	put_u16(p + 4, 0x1234);
	p[6] = 0x40;
	p[8] = 64;
	p[9] = proto;
	p[12] = p[16] = 10;
	p[15] = 1;
	p[19] = 2;
}

size_t packet_make(uint8_t *p, struct packet_kind k, uint32_t seq, uint8_t flags, size_t payload,
        uint32_t from)
{
	size_t head = packet_head(k), n = head + payload;
	uint8_t *l4 = p + packet_l4(k);

	memset(p, 0, n);
	put_ip(p, k, n);
	put_u16(l4, 1000);
	put_u16(l4 + 2, 2000);
	if (k.tcp) {
		put_u32(l4 + 4, seq);
		put_u32(l4 + 8, 0x01020304);
		l4[12] = (uint8_t)((20 + k.options) / 4 << 4);
		l4[13] = flags;
		put_u16(l4 + 14, 512);
		memset(l4 + 20, 1, k.options);
	} else {
		put_u16(l4 + 4, (uint16_t)(8 + payload));
	}
	for (size_t i = 0; i < payload; i++)
		p[head + i] = (uint8_t)((from + i) * 31 >> 3);
	packet_checksums(p, n);
	return n;
}

bool packet_good(const uint8_t *p, size_t n)
{
	if (is_v6(p))
		return n == get_u16(p + 4) + 40u && l4_sum(p, n) == 0;
	return n == get_u16(p + 2) && finish(add(0, p, 20)) == 0 && l4_sum(p, n) == 0;
}

bool packet_counts(const uint8_t *payload, size_t n, uint32_t from)
{
	for (size_t i = 0; i < n; i++)
		if (payload[i] != (uint8_t)((from + i) * 31 >> 3))
			return false;
	return true;
}
