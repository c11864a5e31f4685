/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRE as a FlexVPN tunnel speaks it: RFC 2784, with RFC 2890's sequence number tolerated on
 * receipt. No key. */
#ifndef SPOKE_DATAPLANE_GRE_H
#define SPOKE_DATAPLANE_GRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRE_HEADER = 4 };

void gre_put(uint8_t *p, uint8_t ip_version);
/* The size of the header in front of an IP packet; 0: not one of ours. */
size_t gre_parse(const uint8_t *p, size_t n);

#endif
