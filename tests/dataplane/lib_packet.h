/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP and UDP packets for tests, whole and with right checksums. */
#ifndef SPOKE_TESTS_DATAPLANE_LIB_PACKET_H
#define SPOKE_TESTS_DATAPLANE_LIB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_kind {
	bool v6, tcp;
	uint8_t options; /* octets of TCP options */
};

enum { TCP_FIN = 1, TCP_PSH = 8, TCP_ACK = 0x10, TCP_CWR = 0x80 };

/* 10.0.0.1:1000 → 10.0.0.2:2000 (fd00::1 → fd00::2); the payload counts up from `from`. The size of
 * the whole. */
size_t packet_make(uint8_t *p, struct packet_kind k, uint32_t seq, uint8_t flags, size_t payload,
        uint32_t from);
size_t packet_l4(struct packet_kind k);   /* where TCP or UDP starts */
size_t packet_head(struct packet_kind k); /* where the payload starts */
void packet_checksums(uint8_t *p, size_t n);
bool packet_good(const uint8_t *p, size_t n); /* lengths and both checksums */
bool packet_counts(const uint8_t *payload, size_t n, uint32_t from);

#endif
