/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See gre.h. */
#include "dataplane/gre.h"

#include "base/buf.h"
#include "dataplane/inner.h"

enum { GRE_IPV4 = 0x0800, GRE_IPV6 = 0x86dd };

/* RFC 2784 §2.3: of the bits up to 12, the checksum's may be set; RFC 2890 §2: the sequence
 * number's. The version is 0. */
enum { FLAG_CHECKSUM = 0x8000, FLAG_KEY = 0x2000, FLAG_SEQUENCE = 0x1000 };

void gre_put(uint8_t *p, uint8_t ip_version, const struct gre_key *k)
{
	put_u16(p, k->on ? FLAG_KEY : 0);
	if (k->on)
		put_u32(p + GRE_HEADER, k->value);
	put_u16(p + 2, ip_version == 6 ? GRE_IPV6 : GRE_IPV4);
}

size_t gre_parse(const uint8_t *p, size_t n, const struct gre_key *k)
{
	size_t head = GRE_HEADER;

	if (n < head)
		return 0;
	uint16_t flags = get_u16(p), proto = get_u16(p + 2);

	if (flags & ~(FLAG_CHECKSUM | FLAG_KEY | FLAG_SEQUENCE) || !(flags & FLAG_KEY) == k->on ||
	        (proto != GRE_IPV4 && proto != GRE_IPV6))
		return 0;
	head += flags & FLAG_CHECKSUM ? 4 : 0;
	if (k->on && (n < head + GRE_KEY_SIZE || get_u32(p + head) != k->value))
		return 0;
	head += k->on ? GRE_KEY_SIZE : 0;
	head += flags & FLAG_SEQUENCE ? 4 : 0;
	if (n <= head || p[head] >> 4 != (proto == GRE_IPV6 ? 6 : 4))
		return 0;
	if (flags & FLAG_CHECKSUM && inet_sum(p, n) != 0xffff)
		return 0;
	return head;
}
