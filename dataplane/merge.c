/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See merge.h. */
#include "dataplane/merge.h"

#include <netinet/in.h>
#include <string.h>

#include "dataplane/inner.h"
#include "dataplane/segment.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8 };
enum { TCP_PSH = 8, TCP_ACK = 0x10 };

/* ---- handing out ----------------------------------------------------------------------------- */

static void out_singly(struct merger *m, void *to, const struct iovec *v)
{
	static const struct virtio_net_hdr plain;

	m->out(m->ctx, to, &plain, v, 1);
}

static struct virtio_net_hdr describe(const struct merge_flow *f, const uint8_t *p)
{
	struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	        .gso_type = VIRTIO_NET_HDR_GSO_UDP_L4,
	        .gso_size = (uint16_t)f->step,
	        .hdr_len = (uint16_t)f->head,
	        .csum_start = (uint16_t)f->l4,
	        .csum_offset = f->tcp ? 16 : 6};

	if (f->tcp)
		h.gso_type = p[0] >> 4 == 6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	return h;
}

/* The first packet's header comes to speak for all; the kernel finishes the checksum. */
static void widen(const struct merge_flow *f, uint8_t *p)
{
	uint8_t *l4 = p + f->l4;
	size_t n = f->octets - f->l4;

	if (p[0] >> 4 == 6) {
		put_u16(p + 4, (uint16_t)(f->octets - IPV6_HEADER));
	} else {
		put_u16(p + 2, (uint16_t)f->octets);
		put_u16(p + 10, 0);
		put_u16(p + 10, (uint16_t)~inet_sum(p, IPV4_HEADER));
	}
	if (f->tcp) {
		l4[13] = f->last_flags;
		put_u16(l4 + 16, pseudo_sum(p, IPPROTO_TCP, n));
	} else {
		put_u16(l4 + 4, (uint16_t)n);
		put_u16(l4 + 6, pseudo_sum(p, IPPROTO_UDP, n));
	}
}

static bool out_merged(struct merger *m, struct merge_flow *f)
{
	struct iovec v[MERGE_PARTS];
	uint8_t *p = f->part[0].iov_base, keep[MERGE_HEAD];
	struct virtio_net_hdr h = describe(f, p);

	memcpy(keep, p, f->head);
	widen(f, p);
	v[0] = f->part[0];
	for (unsigned i = 1; i < f->n; i++)
		v[i] = (struct iovec){
		        (uint8_t *)f->part[i].iov_base + f->head, f->part[i].iov_len - f->head};
	bool ok = m->out(m->ctx, f->to, &h, v, (int)f->n);

	memcpy(p, keep, f->head);
	return ok;
}

static void out_flow(struct merger *m, struct merge_flow *f)
{
	if (f->n > 1 && out_merged(m, f)) {
		f->n = 0;
		return;
	}
	m->no_udp |= f->n > 1 && !f->tcp;
	for (unsigned i = 0; i < f->n; i++)
		out_singly(m, f->to, &f->part[i]);
	f->n = 0;
}

void merge_flush(struct merger *m)
{
	for (unsigned i = 0; i < m->n; i++)
		out_flow(m, &m->flow[i]);
	m->n = 0;
}

/* ---- which packets can be merged ------------------------------------------------------------- */

/* Where TCP or UDP starts; 0: options, extension headers, a fragment, or another protocol. */
static size_t find_l4(const uint8_t *p, size_t n, bool *tcp)
{
	bool v6 = p[0] >> 4 == 6;
	size_t l4 = v6 ? IPV6_HEADER : IPV4_HEADER;
	uint8_t proto = v6 ? p[6] : p[9];

	*tcp = proto == IPPROTO_TCP;
	if (n < l4 + (*tcp ? TCP_HEADER : UDP_HEADER) || (!*tcp && proto != IPPROTO_UDP))
		return 0;
	if (!v6 && (p[0] != 0x45 || get_u16(p + 6) & 0x3fff))
		return 0;
	return l4;
}

static bool checksum_good(const uint8_t *p, size_t n, size_t l4, bool tcp)
{
	uint32_t sum = (uint32_t)pseudo_sum(p, tcp ? IPPROTO_TCP : IPPROTO_UDP, n - l4) +
	               inet_sum(p + l4, n - l4);

	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/* A flow of one packet, which others may join; false: it goes alone. */
static bool start(struct merge_flow *f, void *to, uint8_t *p, size_t n)
{
	bool tcp;
	size_t l4 = find_l4(p, n, &tcp);

	if (!l4)
		return false;
	*f = (struct merge_flow){
	        .to = to, .part = {{p, n}}, .n = 1, .l4 = l4, .tcp = tcp, .octets = n};
	if (tcp) {
		f->head = l4 + (p[l4 + 12] >> 4) * 4u;
		f->last_flags = p[l4 + 13];
		f->closed = f->last_flags & TCP_PSH;
		if (f->head < l4 + TCP_HEADER || (f->last_flags & ~TCP_PSH) != TCP_ACK)
			return false;
	} else {
		f->head = l4 + UDP_HEADER;
		if (get_u16(p + l4 + 4) != n - l4 || get_u16(p + l4 + 6) == 0)
			return false;
	}
	if (f->head >= n || !checksum_good(p, n, l4, tcp))
		return false;
	f->step = n - f->head;
	f->next_seq = get_u32(p + l4 + 4) + (uint32_t)f->step;
	return true;
}

/* ---- joining --------------------------------------------------------------------------------- */

static bool same_flow(
        const struct merge_flow *f, const void *to, const uint8_t *p, size_t l4, bool tcp)
{
	const uint8_t *q = f->part[0].iov_base;
	bool v6 = p[0] >> 4 == 6;

	return f->to == to && f->tcp == tcp && f->l4 == l4 && p[0] == q[0] &&
	       (v6 ? memcmp(p + 8, q + 8, 32) : memcmp(p + 12, q + 12, 8)) == 0 &&
	       memcmp(p + l4, q + l4, 4) == 0;
}

/* The rest of the IP header, but for what each packet has of its own: class, DF, hop limit, flow
 * label. */
static bool same_ip(const uint8_t *p, const uint8_t *q)
{
	if (p[0] >> 4 == 6)
		return memcmp(p, q, 4) == 0 && p[7] == q[7];
	return p[1] == q[1] && p[6] == q[6] && p[8] == q[8];
}

/* ACK number, window and options, the same; the number the next one. */
static bool next_in_tcp(const struct merge_flow *f, const struct merge_flow *one)
{
	const uint8_t *p = (uint8_t *)one->part[0].iov_base + one->l4,
	              *q = (uint8_t *)f->part[0].iov_base + f->l4;

	return get_u32(p + 4) == f->next_seq && memcmp(p + 8, q + 8, 4) == 0 && p[12] == q[12] &&
	       memcmp(p + 14, q + 14, 2) == 0 &&
	       memcmp(p + TCP_HEADER, q + TCP_HEADER, f->head - f->l4 - TCP_HEADER) == 0;
}

static bool joins(const struct merger *m, const struct merge_flow *f, const struct merge_flow *one)
{
	if (f->closed || f->n == MERGE_PARTS || one->head != f->head || one->step > f->step ||
	        f->octets + one->step > MERGE_OCTETS)
		return false;
	if (!same_ip(one->part[0].iov_base, f->part[0].iov_base))
		return false;
	return f->tcp ? next_in_tcp(f, one) : !m->no_udp;
}

static void join(struct merge_flow *f, const struct merge_flow *one)
{
	f->part[f->n++] = one->part[0];
	f->octets += one->step;
	f->next_seq += (uint32_t)one->step;
	f->last_flags = one->last_flags;
	f->closed = one->closed || one->step < f->step;
}

static struct merge_flow *find(struct merger *m, const void *to, const uint8_t *p, size_t n)
{
	bool tcp;
	size_t l4 = find_l4(p, n, &tcp);

	for (unsigned i = 0; l4 && i < m->n; i++)
		if (m->flow[i].n && same_flow(&m->flow[i], to, p, l4, tcp))
			return &m->flow[i];
	return NULL;
}

/* A place for a new flow; what is there goes first. */
static struct merge_flow *room(struct merger *m)
{
	if (m->n == MERGE_FLOWS)
		merge_flush(m);
	return &m->flow[m->n++];
}

void merge_add(struct merger *m, void *to, uint8_t *p, size_t n)
{
	struct merge_flow *f = find(m, to, p, n), one;

	if (!start(&one, to, p, n)) {
		if (f)
			out_flow(m, f);
		out_singly(m, to, &(struct iovec){p, n});
		return;
	}
	if (f && joins(m, f, &one)) {
		join(f, &one);
		return;
	}
	if (f)
		out_flow(m, f); /* its place is for what follows */
	else
		f = room(m);
	*f = one;
}
