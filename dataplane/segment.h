/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device with offloads hands over up to 64 KiB of one flow at once, with a virtio header that
 * says where to cut. ESP carries single packets: this cuts, and finishes the checksums that the
 * kernel left open. Virtio 1.2 §5.1.6.2, RFC 9293 for the flags.
 */
#ifndef SPOKE_DATAPLANE_SEGMENT_H
#define SPOKE_DATAPLANE_SEGMENT_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

struct segmenter {
	const uint8_t *p;
	size_t n, l4, head, step, off; /* head: octets in front of the payload; off: payload done;
	                                  step: of each part */
	bool tcp, whole;               /* whole: nothing to cut */
	uint16_t count;
};

/* False: the header contradicts the packet. */
bool segment_begin(struct segmenter *s, const struct virtio_net_hdr *h, uint8_t *p, size_t n);
/* The next packet; 0: no more, or it is larger than cap. */
size_t segment_next(struct segmenter *s, uint8_t *dst, size_t cap);

/* Sum over the pseudo header of RFC 9293 §3.1 and RFC 8200 §8.1; not inverted. */
uint16_t pseudo_sum(const uint8_t *ip, uint8_t proto, size_t l4_len);

#endif
