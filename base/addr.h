/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses, prefixes and transport endpoints, IPv4 and IPv6 in one type.
 *
 * `family` is AF_INET, AF_INET6, or 0 for "none". Octets are in network order; an IPv4 address uses the first four.
 * Unused octets are zero, so that memcmp of two addresses of one family orders them numerically.
 */
#ifndef SPOKE_BASE_ADDR_H
#define SPOKE_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ipaddr {
	uint8_t family;
	uint8_t b[16];
};

struct prefix {
	struct ipaddr addr; /* host bits are kept as given; prefix_mask() clears them */
	uint8_t len;
};

struct endpoint {
	struct ipaddr addr;
	uint16_t port; /* host order */
};

enum { IPADDR_STRLEN = INET6_ADDRSTRLEN, PREFIX_STRLEN = INET6_ADDRSTRLEN + 4, ENDPOINT_STRLEN = INET6_ADDRSTRLEN + 8 };

static inline bool ipaddr_is_set(const struct ipaddr *a)
{
	return a->family != 0;
}

size_t ipaddr_octets(const struct ipaddr *a); /* 4, 16, or 0 */
uint8_t ipaddr_bits(const struct ipaddr *a);  /* 32, 128, or 0 */
struct ipaddr ipaddr_v4(uint32_t host_order);
uint32_t ipaddr_u32(const struct ipaddr *a); /* IPv4, host order */
struct ipaddr ipaddr_from(int family, const void *octets);
bool ipaddr_parse(const char *s, struct ipaddr *out); /* strict text forms, whole string */
bool ipaddr_parse4(const char *s, struct ipaddr *out);
bool ipaddr_parse6(const char *s, struct ipaddr *out);
int ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b);
static inline bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b)
{
	return ipaddr_cmp(a, b) == 0;
}
bool ipaddr_is_any(const struct ipaddr *a); /* 0.0.0.0, ::, or none */
bool ipaddr_is_multicast(const struct ipaddr *a);

/* Formatters return `buf`. IPv6 is upper case, as IOS prints it. None gives "". */
const char *ipaddr_fmt(const struct ipaddr *a, char buf[IPADDR_STRLEN]);
const char *prefix_fmt(const struct prefix *p, char buf[PREFIX_STRLEN]);         /* 10.0.0.0/8 */
const char *endpoint_fmt(const struct endpoint *e, char buf[ENDPOINT_STRLEN]);   /* 10.0.0.1/500, IOS's shape */

/* Masks are IPv4. mask_to_len gives -1 for a mask with holes. A wildcard is the complement of a mask. */
int mask_to_len(uint32_t mask);
uint32_t len_to_mask(uint8_t len);
bool prefix_parse(const char *s, struct prefix *out); /* "10.0.0.0/8", "2001:DB8::/32" */
struct prefix prefix_of(const struct ipaddr *a, uint8_t len);
struct prefix prefix_mask(const struct prefix *p); /* host bits cleared */
bool prefix_contains(const struct prefix *p, const struct ipaddr *a);
int prefix_cmp(const struct prefix *a, const struct prefix *b);
bool prefix_has_host_bits(const struct prefix *p);

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss);
bool endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *e);

#endif
