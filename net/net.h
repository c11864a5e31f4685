/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's links, addresses and routes, seen and changed over rtnetlink (libnl).
 *
 * `struct net_ops` has two back ends: net_kernel_ops, and net_fake_ops, which keeps everything in memory and records the calls.
 * All calls are synchronous and idempotent in effect: adding what is there or deleting what is gone is not an error. Errors are
 * 0 or -errno. What we add carries our mark, NET_ROUTE_PROTO on routes and the label below on addresses, so that a later process
 * finds what a killed one left; nothing without the mark is ever changed or removed.
 */
#ifndef SPOKE_NET_NET_H
#define SPOKE_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { NET_IFNAMSIZ = 16 };
/* rtm_protocol of our routes; 4 is RTPROT_STATIC, 186–192 are FRR's. */
enum { NET_ROUTE_PROTO = 117 };
/* IFA_PROTO (kernel 5.18+) of our addresses; where the kernel drops it, ownership is by device (tunnels are ours whole). */
enum { NET_ADDR_PROTO = 117 };
/* ifalias of the devices that we created: "spoke:Tunnel0". */
#define NET_ALIAS_PREFIX "spoke:"

struct net; /* an open back end */

struct net_link {
	uint32_t index;
	char name[NET_IFNAMSIZ];
	char alias[64];
	bool up;      /* IFF_UP: administratively */
	bool running; /* operational: carrier is there */
	bool loopback;
	uint32_t mtu;
	uint8_t mac[6]; /* zero: it has none of six octets */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped;
};

struct net_addr {
	uint32_t ifindex;
	struct prefix addr;
	bool ours;
};

struct net_neighbour { /* ARP, IPv6 neighbour discovery */
	uint32_t ifindex;
	struct ipaddr addr;
	uint8_t mac[6];
	uint32_t age_s; /* since it was last heard of */
};

/* One way of several to the same network (equal-cost multipath). */
struct net_hop {
	struct ipaddr gateway; /* as in net_route */
	uint32_t ifindex;
};
enum { NET_MAX_HOPS = 4 }; /* of a route, as IOS installs static ones; more that others installed are passed over */

struct net_route {
	struct prefix dst;
	struct ipaddr gateway; /* family 0: directly connected through ifindex */
	uint32_t ifindex;      /* 0: by gateway alone; blackhole: 0 */
	uint32_t table;        /* 0 = main */
	uint32_t metric;       /* ours: the administrative distance; of others: what the kernel has */
	uint8_t proto;         /* NET_ROUTE_PROTO: ours */
	uint8_t scope;
	bool blackhole;        /* `Null0` */
	struct ipaddr prefsrc;
	struct net_hop more[NET_MAX_HOPS - 1]; /* further ways; packets of one flow take one of them all */
	uint8_t n_more;
};

/*
 * What the kernel orders routes to one prefix by (RTA_PRIORITY, the least first). Of ours it is the administrative distance, so
 * that they go before the routes that the box got elsewhere; from FRR's least distance on it is the distance in the top octet,
 * where FRR reads it: a floating static route yields to what FRR learned (which FRR installs at priority 20), in FRR and in the kernel.
 */
enum { NET_FRR_DISTANCE = 20 };
uint32_t net_route_priority(const struct net_route *r);
/* Do two routes lead the same ways? The order does not count; ifindex 0 in `want`: whichever the kernel chose for the gateway. */
bool net_route_same_ways(const struct net_route *want, const struct net_route *have);

/* NET_EV_MISSED: the kernel had to drop announcements, and anything may be another than it was. */
enum net_event_type { NET_EV_LINK, NET_EV_LINK_GONE, NET_EV_ADDR, NET_EV_ADDR_GONE, NET_EV_ROUTE, NET_EV_ROUTE_GONE,
	NET_EV_MISSED };

struct net_event {
	enum net_event_type type;
	struct net_link link;
	struct net_addr addr;
	struct net_route route;
};

/* The kernel's accept_ra, autoconf, accept_ra_defrtr. */
struct net_ra {
	uint8_t accept, autoconf, defrtr;
};

struct net_ops {
	const char *name;
	struct net *(*open)(char *why, size_t n);
	void (*close)(struct net *n); /* leaves the kernel as it is */

	/* Reading: one kernel question each. Visitors return false to stop. */
	bool (*link_by_name)(struct net *n, const char *name, struct net_link *out);
	bool (*link_by_index)(struct net *n, uint32_t index, struct net_link *out);
	int (*links)(struct net *n, bool (*visit)(void *ctx, const struct net_link *l), void *ctx);
	int (*addrs)(struct net *n, uint32_t ifindex /* 0 = all */, bool (*visit)(void *ctx, const struct net_addr *a), void *ctx);
	int (*routes)(struct net *n, uint32_t table /* 0 = main */, bool (*visit)(void *ctx, const struct net_route *r), void *ctx);
	int (*neighbours)(struct net *n, int family, bool (*visit)(void *ctx, const struct net_neighbour *b), void *ctx);
	/* Which source address and device would the kernel use for this destination? */
	int (*route_to)(struct net *n, const struct ipaddr *dst, uint32_t table, struct net_route *out);

	/* Changing. */
	int (*link_set)(struct net *n, uint32_t ifindex, bool up, uint32_t mtu /* 0 = leave */);
	int (*link_alias)(struct net *n, uint32_t ifindex, const char *alias);
	int (*link_del)(struct net *n, uint32_t ifindex);
	int (*dummy_add)(struct net *n, const char *name, uint32_t *ifindex); /* LoopbackN; -EOPNOTSUPP where dummy is missing */
	/* A VLAN device on another one, down; -EEXIST: somebody else's has the name. */
	int (*vlan_add)(struct net *n, const char *name, uint32_t parent, uint16_t vlan, uint32_t *ifindex);
	/* What the device does with router advertisements (RFC 4862). `before` (may be NULL) is told what it did. */
	int (*ra_set)(struct net *n, const char *dev, const struct net_ra *ra, struct net_ra *before);
	int (*addr_add)(struct net *n, uint32_t ifindex, const struct prefix *a);
	int (*addr_del)(struct net *n, uint32_t ifindex, const struct prefix *a);
	int (*route_add)(struct net *n, const struct net_route *r); /* replaces one of ours with the same dst, table, metric */
	/* The same where the caller knows that ours stands there: nobody looks. */
	int (*route_replace)(struct net *n, const struct net_route *r);
	int (*route_del)(struct net *n, const struct net_route *r);
	/* net.ipv4.ip_forward, net.ipv6.conf.all.forwarding. `before` (may be NULL) is told what it was. What is so already is not
	 * written, so that it may stand in a file system that is read-only. */
	int (*forwarding)(struct net *n, int family, bool on, bool *before);

	/* Watching: netlink multicast, no polling. */
	int (*fd)(struct net *n);
	bool (*poll)(struct net *n, struct net_event *out);
};

extern const struct net_ops net_kernel_ops;
extern const struct net_ops net_fake_ops;

struct net {
	const struct net_ops *ops; /* first member of every back end's own structure */
};

/* ---- the recording back end --------------------------------------------------------------------------------------- */

uint32_t net_fake_link(struct net *n, const char *name, bool up, bool running); /* makes one; returns its index */
void net_fake_count(struct net *n, uint32_t ifindex, uint64_t packets); /* what it has counted, both ways */
void net_fake_carrier(struct net *n, uint32_t ifindex, bool running);           /* queues NET_EV_LINK */
/* What somebody else configured: kept as given, without our mark (proto of the route; false for the address). */
void net_fake_foreign_route(struct net *n, const struct net_route *r);
void net_fake_foreign_addr(struct net *n, uint32_t ifindex, const struct prefix *a);
const char *net_fake_log(const struct net *n);                                  /* changing calls, one line each */
size_t net_fake_calls(const struct net *n);
void net_fake_forget(struct net *n);
void net_fake_fail_next(struct net *n, int err);

#endif
