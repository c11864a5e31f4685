/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAT and the access lists of interfaces, as one nftables table of ours.
 *
 * The caller describes what is wanted, whole, in struct nat_wanted: interfaces by device name,
 * access lists, route maps, translations with the addresses as they are now. nat_apply() turns that
 * into text and, when it differs from what is applied, makes one transaction of it: chains that
 * differ are filled anew, and where that is not enough the table is replaced. Counters of entries
 * that stay are kept. The first call of a process replaces or removes
 * what an earlier one left. Nothing outside our table is touched, except tracked connections: those
 * that we translated to an address that is no longer ours end, and untranslated ones that a rule
 * now covers are forgotten, so that their next packet is translated.
 *
 * Meaning, as on IOS: a packet that comes in on an inside interface and leaves on an outside one is
 * translated by the first rule that matches; the route map's `match interface` is the outgoing
 * interface, so routing selects the rule. A rule whose interface has no address translates nothing
 * and drops, for the packet must not leave with its inside address. No rule for an interface: no
 * translation.
 */
#ifndef SPOKE_NET_NAT_H
#define SPOKE_NET_NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/acl.h"
#include "net/nft.h"

struct nat_iface {
	const char *dev;
	bool inside, outside;
	struct prefix addr[8]; /* IPv4 addresses, the primary one first */
	uint8_t n_addr;
	const char *in4, *out4, *in6, *out6; /* access lists on the interface; NULL: none */
	uint16_t mss4, mss6; /* connections through it are told this at most; 0: as they come */
};

/* One entry of a route map. Every kind of match that is present must hold; values of one kind are
 * alternatives. */
struct nat_map_entry {
	uint32_t seq;
	bool permit;
	const char *const *acl;
	size_t n_acl;
	const char *const *dev; /* outgoing devices */
	size_t n_dev;
	bool match_dev; /* there is a `match interface`; with no device present it matches nothing
	                 */
	bool off;       /* another condition (a track object) does not hold */
};

struct nat_map {
	const char *name;
	const struct nat_map_entry *entry;
	size_t n;
};

struct nat_pool {
	const char *name;
	struct ipaddr first, last;
	uint8_t len;     /* of its network */
	bool match_host; /* the host part of the address stays */
	bool rotary;     /* addresses of servers, in turn, for struct nat_destination */
};

/* ip nat inside source {list|route-map} … {interface|pool} … */
struct nat_dynamic {
	const char *acl, *map;     /* one of them */
	const char *pool;          /* NULL: an interface's address */
	struct ipaddr addr;        /* of that interface; family 0: it has none now */
	const char *const *in_dev; /* only packets from these devices (`vrf`); none: from any inside
	                              interface */
	size_t n_in_dev;
};

/* ip nat inside destination list … pool …: TCP connections from outside whose destination the list
 * permits (a standard list: its addresses) go to the servers of a rotary pool, in turn. */
struct nat_destination {
	const char *acl, *pool;
};

enum nat_static_kind { NAT_STATIC_ADDR, NAT_STATIC_TCP, NAT_STATIC_UDP, NAT_STATIC_NET };

/* ip nat inside source static … */
struct nat_static {
	enum nat_static_kind kind;
	struct ipaddr local, global; /* global of family 0: its interface has no address now */
	uint16_t local_port, global_port;
	uint8_t len;     /* NET */
	const char *map; /* restricts the direction outwards */
	bool no_alias;
};

/* Seconds; 0: the kernel's own. */
struct nat_timeouts {
	uint32_t udp, dns, tcp, finrst;
	uint32_t max_entries; /* 0: no limit */
};
struct nat_timeouts nat_timeouts_ios(void); /* IOS's defaults */

struct nat_wanted {
	const struct nat_iface *iface;
	size_t n_iface;
	const struct acl *const *acl;
	size_t n_acl;
	const struct nat_map *map;
	size_t n_map;
	const struct nat_pool *pool;
	size_t n_pool;
	const struct nat_dynamic *dynamic;
	size_t n_dynamic;
	const struct nat_destination *destination;
	size_t n_destination;
	const struct nat_static *fixed;
	size_t n_fixed;
	struct nat_timeouts timeouts;
};

struct nat;

/* NULL: the back end could not be opened. */
struct nat *nat_new(const struct nft_ops *ops, char *why, size_t n);
void nat_free(struct nat *n); /* leaves the kernel as it is; accepts NULL */

/* 0, or -errno with the reason in nat_why(): what was applied before stays. */
int nat_apply(struct nat *n, const struct nat_wanted *w);
int nat_remove(struct nat *n);            /* our table and our translations go */
const char *nat_why(const struct nat *n); /* of the last failure; "" when the last call succeeded */
struct nft *nat_nft(struct nat *n);
/* What the table consists of, besides its counters, since the last success. */
const char *nat_applied(const struct nat *n);

/* Global addresses for which an outside interface must answer although they are not its own: they
 * lie in one of its networks. The caller adds them to the device as /32. */
void nat_aliases(const struct nat_wanted *w,
        void (*visit)(void *ctx, const char *dev, const struct ipaddr *a), void *ctx);

/* ---- reading
 * ------------------------------------------------------------------------------------------------------
 */

struct nat_translation {
	uint8_t proto;
	struct endpoint inside_global, inside_local, outside_local, outside_global;
	uint32_t left_s;
	bool from_outside; /* the first packet came from outside */
};
int nat_translations(
        struct nat *n, void (*visit)(void *ctx, const struct nat_translation *t), void *ctx);

/* `clear ip nat translation`: all; those of an inside local or global address; of one protocol and
 * port. */
struct nat_select {
	struct ipaddr inside_local, inside_global; /* family 0: any */
	uint8_t proto;                             /* 0: any */
	uint16_t local_port, global_port;          /* 0: any */
};
int nat_clear(struct nat *n, const struct nat_select *s); /* how many, or -errno */

struct nat_statistics {
	uint64_t hits;   /* packets that were translated */
	uint64_t misses; /* translations that were made */
	uint64_t active;
};
int nat_statistics(struct nat *n, struct nat_statistics *out);
/* Translations that a dynamic rule has made: list and map as in struct nat_dynamic. */
uint64_t nat_rule_made(struct nat *n, const char *acl, const char *map);

/* Matches of an access list's entry since it was applied or cleared. */
uint64_t nat_acl_matches(struct nat *n, const struct acl *a, uint32_t seq);
int nat_refresh_counters(
        struct nat *n); /* reads them for the functions above; once per show command */
int nat_clear_counters(struct nat *n);

#endif
