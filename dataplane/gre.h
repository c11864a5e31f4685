/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRE as a FlexVPN tunnel speaks it: RFC 2784, with RFC 2890's key where one is configured, and its
 * sequence number tolerated on receipt. */
#ifndef SPOKE_DATAPLANE_GRE_H
#define SPOKE_DATAPLANE_GRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRE_HEADER = 4, GRE_KEY_SIZE = 4 };

struct gre_key {
	bool on;
	uint32_t value;
};

static inline size_t gre_size(const struct gre_key *k)
{
	return k->on ? GRE_HEADER + GRE_KEY_SIZE : GRE_HEADER;
}

void gre_put(uint8_t *p, uint8_t ip_version, const struct gre_key *k); /* gre_size() octets */
/* The size of the header in front of an IP packet; 0: not one of ours, another key among them. */
size_t gre_parse(const uint8_t *p, size_t n, const struct gre_key *k);

#endif
