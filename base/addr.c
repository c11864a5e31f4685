/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses, prefixes, endpoints: see addr.h. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

size_t ipaddr_octets(const struct ipaddr *a)
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}

uint8_t ipaddr_bits(const struct ipaddr *a)
{
	return (uint8_t)(ipaddr_octets(a) * 8);
}

struct ipaddr ipaddr_v4(uint32_t host_order)
{
	struct ipaddr a = {.family = AF_INET};

	put_u32(a.b, host_order);
	return a;
}

uint32_t ipaddr_u32(const struct ipaddr *a)
{
	return get_u32(a->b);
}

struct ipaddr ipaddr_from(int family, const void *octets)
{
	struct ipaddr a = {.family = (uint8_t)family};

	memcpy(a.b, octets, ipaddr_octets(&a));
	return a;
}

bool ipaddr_parse4(const char *s, struct ipaddr *out)
{
	uint8_t b[4];

	if (inet_pton(AF_INET, s, b) != 1)
		return false;
	*out = ipaddr_from(AF_INET, b);
	return true;
}

bool ipaddr_parse6(const char *s, struct ipaddr *out)
{
	uint8_t b[16];

	if (inet_pton(AF_INET6, s, b) != 1)
		return false;
	*out = ipaddr_from(AF_INET6, b);
	return true;
}

bool ipaddr_parse(const char *s, struct ipaddr *out)
{
	return ipaddr_parse4(s, out) || ipaddr_parse6(s, out);
}

int ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, ipaddr_octets(a));
}

bool ipaddr_is_any(const struct ipaddr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, ipaddr_octets(a)) == 0;
}

bool ipaddr_is_multicast(const struct ipaddr *a)
{
	if (a->family == AF_INET)
		return (a->b[0] & 0xf0) == 0xe0;
	return a->family == AF_INET6 && a->b[0] == 0xff;
}

const char *ipaddr_fmt(const struct ipaddr *a, char buf[IPADDR_STRLEN])
{
	buf[0] = '\0';
	if (!a->family || !inet_ntop(a->family, a->b, buf, IPADDR_STRLEN))
		return buf;
	for (char *c = buf; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return buf;
}

const char *prefix_fmt(const struct prefix *p, char buf[PREFIX_STRLEN])
{
	char a[IPADDR_STRLEN];

	snprintf(buf, PREFIX_STRLEN, "%s/%u", ipaddr_fmt(&p->addr, a), p->len);
	return buf;
}

const char *endpoint_fmt(const struct endpoint *e, char buf[ENDPOINT_STRLEN])
{
	char a[IPADDR_STRLEN];

	snprintf(buf, ENDPOINT_STRLEN, "%s/%u", ipaddr_fmt(&e->addr, a), e->port);
	return buf;
}

int mask_to_len(uint32_t mask)
{
	int len = __builtin_popcount(mask);

	return mask == len_to_mask((uint8_t)len) ? len : -1;
}

uint32_t len_to_mask(uint8_t len)
{
	return len == 0 ? 0 : len >= 32 ? UINT32_MAX : UINT32_MAX << (32 - len);
}

bool prefix_parse(const char *s, struct prefix *out)
{
	char host[IPADDR_STRLEN];
	const char *slash = strchr(s, '/');

	if (!slash || (size_t)(slash - s) >= sizeof(host) || !isdigit((unsigned char)slash[1]))
		return false;
	memcpy(host, s, (size_t)(slash - s));
	host[slash - s] = '\0';

	char *end;
	unsigned long len = strtoul(slash + 1, &end, 10);

	if (*end || !ipaddr_parse(host, &out->addr) || len > ipaddr_bits(&out->addr))
		return false;
	out->len = (uint8_t)len;
	return true;
}

struct prefix prefix_of(const struct ipaddr *a, uint8_t len)
{
	return (struct prefix){.addr = *a, .len = len};
}

struct prefix prefix_mask(const struct prefix *p)
{
	struct prefix m = *p;
	size_t n = ipaddr_octets(&p->addr);

	for (size_t i = 0; i < n; i++) {
		int keep = (int)p->len - (int)(8 * i);

		if (keep <= 0)
			m.addr.b[i] = 0;
		else if (keep < 8)
			m.addr.b[i] &= (uint8_t)(0xff << (8 - keep));
	}
	return m;
}

bool prefix_contains(const struct prefix *p, const struct ipaddr *a)
{
	if (p->addr.family != a->family)
		return false;
	struct prefix x = prefix_of(a, p->len);
	struct prefix mx = prefix_mask(&x), mp = prefix_mask(p);

	return ipaddr_eq(&mx.addr, &mp.addr);
}

int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c = ipaddr_cmp(&a->addr, &b->addr);

	return c ? c : (int)a->len - (int)b->len;
}

bool prefix_has_host_bits(const struct prefix *p)
{
	struct prefix m = prefix_mask(p);

	return !ipaddr_eq(&m.addr, &p->addr);
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ipaddr_eq(&a->addr, &b->addr);
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (e->addr.family == AF_INET6) {
		struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;

		s6->sin6_family = AF_INET6;
		s6->sin6_port = htons(e->port);
		memcpy(&s6->sin6_addr, e->addr.b, 16);
		return sizeof(*s6);
	}
	struct sockaddr_in *s4 = (struct sockaddr_in *)ss;

	s4->sin_family = AF_INET;
	s4->sin_port = htons(e->port);
	memcpy(&s4->sin_addr, e->addr.b, 4);
	return sizeof(*s4);
}

bool endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *e)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *s4 = (const struct sockaddr_in *)sa;

		e->addr = ipaddr_from(AF_INET, &s4->sin_addr);
		e->port = ntohs(s4->sin_port);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)sa;

		e->addr = ipaddr_from(AF_INET6, &s6->sin6_addr);
		e->port = ntohs(s6->sin6_port);
		return true;
	}
	return false;
}
