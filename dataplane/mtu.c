/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ESP and GRE add to a packet, and what fits into a path: RFC 4303 §2, RFC 3948 §2.1, RFC 2784
 * §2. */
#include "dataplane/dp.h"

enum { ESP_HEADER = 8, ESP_TRAILER = 2, UDP_HEADER = 8, GRE_HEADER = 4 };

static unsigned ip_header(int family)
{
	return family == AF_INET6 ? 40 : 20;
}

uint16_t dp_inner_mtu(uint16_t outer_mtu, int outer_family, bool udp_encap, enum dp_mode mode,
        enum dp_payload payload, const struct alg_encr *encr, const struct alg_integ *integ)
{
	unsigned ip = ip_header(outer_family), fixed = ip + ESP_HEADER + encr->iv,
	         inside = ESP_TRAILER;
	unsigned align = encr->block > 4 ? encr->block : 4;

	fixed += encr->aead ? encr->icv : integ ? integ->icv : 0u;
	if (udp_encap)
		fixed += UDP_HEADER;
	if (payload == DP_PAYLOAD_GRE)
		inside += GRE_HEADER + (mode == DP_TUNNEL ? ip : 0);
	if (outer_mtu < fixed + align)
		return 0;
	unsigned room = (outer_mtu - fixed) / align * align;

	return (uint16_t)(room > inside ? room - inside : 0);
}
