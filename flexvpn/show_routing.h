/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What FRR knows of the routes that it put into the kernel's table, for `show ip route`. */
#ifndef SPOKE_FLEXVPN_SHOW_ROUTING_H
#define SPOKE_FLEXVPN_SHOW_ROUTING_H

#include "flexvpn/core.h"

enum {
	PROTO_BGP = 186,
	PROTO_OSPF = 188,
	PROTO_RIP = 189,
	PROTO_EIGRP = 192
}; /* FRR's numbers as rtm_protocol */

struct frr_learned {
	uint32_t distance, metric;
	char kind[3]; /* of OSPF: "IA", "E1", "E2", "N1", "N2", or "" */
	char age[16]; /* "00:01:17"; "" unknown */
};

struct frr_rib; /* FRR's answers; NULL: there are none */
struct frr_rib *frr_rib_read(const struct fx *x, int family);
void frr_rib_free(struct frr_rib *r);
/* Without FRR's word: the protocol's own distance. */
void frr_rib_find(
        const struct frr_rib *r, const struct prefix *dst, uint8_t proto, struct frr_learned *out);

char frr_code(uint8_t proto);        /* 'B'; '\0': not FRR's */
const char *frr_name(uint8_t proto); /* "bgp" */

#endif
