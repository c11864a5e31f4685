/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reverse of segment.h: packets of one TCP or UDP flow that arrived together go to the TUN
 * device as one, so that the receiving stack runs once for all of them. Packets stay where they are
 * until they are handed out; merge_flush() ends that. The order within a flow is kept. What is
 * merged had a right checksum, for the kernel makes a new one.
 */
#ifndef SPOKE_DATAPLANE_MERGE_H
#define SPOKE_DATAPLANE_MERGE_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { MERGE_FLOWS = 16, MERGE_PARTS = 64, MERGE_OCTETS = 65000, MERGE_HEAD = 40 + 60 };

/* Takes one packet, in pieces; `to` is what merge_add() was told. False: not in this form; it comes
 * again packet by packet. */
typedef bool merge_out(
        void *ctx, void *to, const struct virtio_net_hdr *h, const struct iovec *v, int n);

struct merge_flow {
	void *to;
	struct iovec part[MERGE_PARTS]; /* whole packets */
	unsigned n;
	size_t l4, head, step, octets; /* octets: of the merged packet */
	uint32_t next_seq;
	bool tcp, closed; /* closed: nothing follows its last part */
	uint8_t last_flags;
};

struct merger {
	merge_out *out;
	void *ctx;
	struct merge_flow flow[MERGE_FLOWS];
	unsigned n;
	bool no_udp; /* this kernel takes no merged UDP (before 6.2) */
};

void merge_add(struct merger *m, void *to, uint8_t *p, size_t n);
void merge_flush(struct merger *m);

#endif
