/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the data plane must know of a packet inside a tunnel: is it whole, who sends it to whom,
 * which selector takes it, and what RFC 6040 does to its ECN bits. RFC 4301 §4.4.1.1 for the
 * selectors.
 */
#ifndef SPOKE_DATAPLANE_INNER_H
#define SPOKE_DATAPLANE_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/dp.h"
#include "dataplane/sum.h"

enum { ECN_MASK = 3, ECN_CE = 3 };

struct inner {
	uint8_t version, tos, proto; /* proto: the one above IPv6's extension headers */
	bool has_ports;              /* false: not of this protocol, or a later fragment */
	uint16_t src_port, dst_port; /* of ICMP: type and code, in both (RFC 4301) */
	uint32_t len;                /* of the whole packet, as its header says */
	uint32_t l4;                 /* where the header of `proto` starts */
	const uint8_t *src, *dst;
};

/* The addresses and the length; false: not an IP packet of at most n octets. */
bool inner_parse(const uint8_t *p, size_t n, struct inner *out);
/* Protocol and ports too: for selectors that look at them. */
void inner_parse_l4(const uint8_t *p, struct inner *i);

/* The selectors of one SA, in a form that costs little for "any to any". */
struct selectors {
	struct dp_ts local[DP_MAX_TS], remote[DP_MAX_TS];
	uint8_t n_local, n_remote;
	bool any4, any6, need_l4;
};

void selectors_init(struct selectors *s, const struct dp_sa *sa);
/* `inbound`: the source is the remote side. Fills in protocol and ports when a selector asks for
 * them. */
bool selectors_take(const struct selectors *s, const uint8_t *p, struct inner *i, bool inbound);

/* RFC 6040 §4.2 at the end of a tunnel; false: the packet must be dropped. */
bool inner_ecn_out_of_tunnel(uint8_t *p, const struct inner *i, uint8_t outer_tos);

#endif
