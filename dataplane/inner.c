/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See inner.h. */
#include "dataplane/inner.h"

#include <netinet/in.h>
#include <string.h>

enum { IPV4_MIN = 20, IPV6_HEADER = 40, EXTENSIONS_MAX = 8 };

/* ---- parsing --------------------------------------------------------------------------------- */

static bool parse4(const uint8_t *p, size_t n, struct inner *i)
{
	uint32_t ihl = (p[0] & 15u) * 4;

	i->len = get_u16(p + 2);
	i->tos = p[1];
	i->proto = p[9];
	i->src = p + 12;
	i->dst = p + 16;
	i->l4 = ihl;
	return ihl >= IPV4_MIN && ihl <= i->len && i->len <= n;
}

static bool parse6(const uint8_t *p, size_t n, struct inner *i)
{
	if (n < IPV6_HEADER)
		return false;
	i->len = get_u16(p + 4) + (uint32_t)IPV6_HEADER;
	i->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
	i->proto = p[6];
	i->src = p + 8;
	i->dst = p + 24;
	i->l4 = IPV6_HEADER;
	return i->len <= n;
}

bool inner_parse(const uint8_t *p, size_t n, struct inner *out)
{
	if (n < IPV4_MIN)
		return false;
	*out = (struct inner){.version = p[0] >> 4};
	if (out->version == 4)
		return parse4(p, n, out);
	return out->version == 6 && parse6(p, n, out);
}

/* Walks IPv6's extension headers; false: a later fragment, or a chain that makes no sense. */
static bool skip_extensions(const uint8_t *p, struct inner *i)
{
	for (int k = 0; k < EXTENSIONS_MAX; k++) {
		const uint8_t *h = p + i->l4;

		if (i->proto != IPPROTO_HOPOPTS && i->proto != IPPROTO_ROUTING &&
		        i->proto != IPPROTO_FRAGMENT && i->proto != IPPROTO_DSTOPTS)
			return true;
		if (i->l4 + 8 > i->len)
			return false;
		bool fragment = i->proto == IPPROTO_FRAGMENT;

		i->proto = h[0];
		i->l4 += fragment ? 8 : (h[1] + 1u) * 8;
		if (fragment && get_u16(h + 2) >> 3)
			return false;
	}
	return false;
}

static bool l4_is_here(const uint8_t *p, struct inner *i)
{
	if (i->version == 6)
		return skip_extensions(p, i);
	return (get_u16(p + 6) & 0x1fff) == 0;
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static bool with_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP;
}

void inner_parse_l4(const uint8_t *p, struct inner *i)
{
	if (!l4_is_here(p, i) || i->l4 + 4 > i->len ||
	        (!is_icmp(i->proto) && !with_ports(i->proto)))
		return;
	i->has_ports = true;
	i->src_port = i->dst_port = get_u16(p + i->l4);
	if (!is_icmp(i->proto))
		i->dst_port = get_u16(p + i->l4 + 2);
}

/* ---- selectors ------------------------------------------------------------------------------- */

static bool any_port(const struct dp_ts *t)
{
	return t->port_lo == 0 && t->port_hi == UINT16_MAX;
}

static bool any_addr(const struct dp_ts *t, uint8_t family)
{
	static const uint8_t ones[16] = {
	        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	size_t n = family == AF_INET ? 4 : 16;

	return t->lo.family == family && ipaddr_is_any(&t->lo) && memcmp(t->hi.b, ones, n) == 0;
}

static bool any_of(const struct dp_ts *t, uint8_t n, uint8_t family)
{
	for (uint8_t i = 0; i < n; i++)
		if (t[i].proto == 0 && any_port(&t[i]) && any_addr(&t[i], family))
			return true;
	return false;
}

static bool looks_inside(const struct dp_ts *t, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		if (t[i].proto || !any_port(&t[i]))
			return true;
	return false;
}

void selectors_init(struct selectors *s, const struct dp_sa *sa)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->local, sa->ts_local, sizeof(s->local));
	memcpy(s->remote, sa->ts_remote, sizeof(s->remote));
	s->n_local = sa->n_ts_local;
	s->n_remote = sa->n_ts_remote;
	s->any4 = any_of(s->local, s->n_local, AF_INET) && any_of(s->remote, s->n_remote, AF_INET);
	s->any6 =
	        any_of(s->local, s->n_local, AF_INET6) && any_of(s->remote, s->n_remote, AF_INET6);
	s->need_l4 = looks_inside(s->local, s->n_local) || looks_inside(s->remote, s->n_remote);
}

static bool one_takes(
        const struct dp_ts *t, const struct inner *i, const uint8_t *addr, uint16_t port)
{
	size_t n = i->version == 4 ? 4 : 16;

	if (t->lo.family != (i->version == 4 ? AF_INET : AF_INET6) ||
	        (t->proto && t->proto != i->proto))
		return false;
	if (!any_port(t) && (!i->has_ports || port < t->port_lo || port > t->port_hi))
		return false;
	return memcmp(addr, t->lo.b, n) >= 0 && memcmp(addr, t->hi.b, n) <= 0;
}

static bool side_takes(
        const struct dp_ts *t, uint8_t n, const struct inner *i, const uint8_t *addr, uint16_t port)
{
	for (uint8_t k = 0; k < n; k++)
		if (one_takes(&t[k], i, addr, port))
			return true;
	return false;
}

bool selectors_take(const struct selectors *s, const uint8_t *p, struct inner *i, bool inbound)
{
	if (i->version == 4 ? s->any4 : s->any6)
		return true;
	if (s->need_l4)
		inner_parse_l4(p, i);
	if (inbound)
		return side_takes(s->remote, s->n_remote, i, i->src, i->src_port) &&
		       side_takes(s->local, s->n_local, i, i->dst, i->dst_port);
	return side_takes(s->local, s->n_local, i, i->src, i->src_port) &&
	       side_takes(s->remote, s->n_remote, i, i->dst, i->dst_port);
}

/* ---- ECN ------------------------------------------------------------------------------------- */

static void set_ce(uint8_t *p, const struct inner *i)
{
	if (i->version == 6) {
		p[1] |= ECN_CE << 4;
		return;
	}
	p[1] |= ECN_CE;
	put_u16(p + 10, 0);
	put_u16(p + 10, (uint16_t)~inet_sum(p, (p[0] & 15u) * 4));
}

bool inner_ecn_out_of_tunnel(uint8_t *p, const struct inner *i, uint8_t outer_tos)
{
	if ((outer_tos & ECN_MASK) != ECN_CE || (i->tos & ECN_MASK) == ECN_CE)
		return true;
	if ((i->tos & ECN_MASK) == 0)
		return false;
	set_ce(p, i);
	return true;
}
