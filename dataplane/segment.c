/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See segment.h. */
#include "dataplane/segment.h"

#include <netinet/in.h>
#include <string.h>

#include "dataplane/inner.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8 };
enum { TCP_FIN = 1, TCP_PSH = 8, TCP_CWR = 0x80 };

uint16_t pseudo_sum(const uint8_t *ip, uint8_t proto, size_t l4_len)
{
	bool v6 = ip[0] >> 4 == 6;
	uint32_t sum = proto + (uint32_t)l4_len;

	return inet_fold(
	        inet_fold(sum) + (uint32_t)(v6 ? inet_sum(ip + 8, 32) : inet_sum(ip + 12, 8)));
}

/* ---- what to cut ----------------------------------------------------------------------------- */

/* The field holds the pseudo header's sum already: the sum over all of it is what belongs there. */
static bool finish_checksum(const struct virtio_net_hdr *h, uint8_t *p, size_t n)
{
	size_t at = (size_t)h->csum_start + h->csum_offset;
	uint16_t sum;

	if (at + 2 > n)
		return false;
	sum = (uint16_t)~inet_sum(p + h->csum_start, n - h->csum_start);
	put_u16(p + at, sum ? sum : 0xffff);
	return true;
}

static bool take_headers(struct segmenter *s, const struct virtio_net_hdr *h)
{
	size_t min = s->p[0] >> 4 == 6 ? IPV6_HEADER : IPV4_HEADER;

	s->l4 = h->csum_start;
	s->step = h->gso_size;
	if (!s->step || s->l4 < min || s->l4 + (s->tcp ? TCP_HEADER : UDP_HEADER) > s->n)
		return false;
	s->head = s->l4 + (s->tcp ? (s->p[s->l4 + 12] >> 4) * 4u : (size_t)UDP_HEADER);
	return s->head >= s->l4 + (s->tcp ? TCP_HEADER : UDP_HEADER) && s->head < s->n;
}

bool segment_begin(struct segmenter *s, const struct virtio_net_hdr *h, uint8_t *p, size_t n)
{
	uint8_t type = h->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	*s = (struct segmenter){.p = p, .n = n};
	if (n < IPV4_HEADER || (p[0] >> 4 == 6 && n < IPV6_HEADER))
		return false;
	if (type == VIRTIO_NET_HDR_GSO_NONE) {
		s->whole = true;
		return !(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || finish_checksum(h, p, n);
	}
	s->tcp = type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6;
	return (s->tcp || type == VIRTIO_NET_HDR_GSO_UDP_L4) && take_headers(s, h);
}

/* ---- cutting --------------------------------------------------------------------------------- */

static void fix_ip(const struct segmenter *s, uint8_t *dst, size_t len)
{
	if (dst[0] >> 4 == 6) {
		put_u16(dst + 4, (uint16_t)(len - IPV6_HEADER));
		return;
	}
	put_u16(dst + 2, (uint16_t)len);
	put_u16(dst + 4, (uint16_t)(get_u16(dst + 4) + s->count));
	put_u16(dst + 10, 0);
	put_u16(dst + 10, (uint16_t)~inet_sum(dst, (dst[0] & 15u) * 4));
}

static void fix_tcp(const struct segmenter *s, uint8_t *tcp, bool last)
{
	put_u32(tcp + 4, get_u32(tcp + 4) + (uint32_t)s->off);
	if (!last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (s->count)
		tcp[13] &= (uint8_t)~TCP_CWR;
}

/* `payload`: the sum of what follows the header. */
static void fix_l4(const struct segmenter *s, uint8_t *dst, size_t len, bool last, uint16_t payload)
{
	uint8_t *l4 = dst + s->l4, *field = l4 + (s->tcp ? 16 : 6);
	size_t n = len - s->l4;

	if (s->tcp)
		fix_tcp(s, l4, last);
	else
		put_u16(l4 + 4, (uint16_t)n);
	put_u16(field, 0);
	uint16_t sum = (uint16_t)~inet_fold(
	        (uint32_t)pseudo_sum(dst, s->tcp ? IPPROTO_TCP : IPPROTO_UDP, n) +
	        inet_sum(l4, s->head - s->l4) + payload);

	put_u16(field, sum || s->tcp ? sum : 0xffff);
}

static size_t next_whole(struct segmenter *s, uint8_t *dst, size_t cap)
{
	if (s->off || s->n > cap)
		return 0;
	memcpy(dst, s->p, s->n);
	s->off = s->n;
	return s->n;
}

size_t segment_next(struct segmenter *s, uint8_t *dst, size_t cap)
{
	if (s->whole)
		return next_whole(s, dst, cap);
	size_t left = s->n - s->head - s->off, part = left < s->step ? left : s->step,
	       len = s->head + part;

	if (!part || len > cap)
		return 0;
	memcpy(dst, s->p, s->head);
	uint16_t sum = inet_copy_sum(dst + s->head, s->p + s->head + s->off, part);

	fix_ip(s, dst, len);
	fix_l4(s, dst, len, part == left, sum);
	s->off += part;
	s->count++;
	return len;
}
