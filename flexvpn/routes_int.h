/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the two files of the routes: routes.c keeps what is wanted, by whom and why;
 * routes_kernel.c puts it into the kernel's tables and compares. The outside calls only what core.h
 * declares.
 */
#ifndef SPOKE_FLEXVPN_ROUTES_INT_H
#define SPOKE_FLEXVPN_ROUTES_INT_H

#include <uthash.h>
/* Short chains: each step along one is a cache miss when there are a hundred thousand routes. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 6U

#include "flexvpn/core.h"

/* Where a route stands in the kernel's tables: one of ours per table, destination and metric.
 * Zero-padded. */
struct route_slot {
	struct prefix dst;
	uint32_t distance;
	uint32_t vrf;
};

/* Routes that one fact concerns: those of an owner, those behind an object, those through an
 * interface. */
enum concern { OF_OWNER, BEHIND_TRACK, THROUGH_INTERFACE, N_CONCERN };

struct bundle_key { /* zero-padded */
	enum concern of;
	uint32_t number;
	char ifname[40]; /* "": by a gateway alone */
};

struct bundle {
	UT_hash_handle hh;
	struct bundle_key key;
	struct route *first;
};

struct membership {
	struct bundle *in; /* NULL: in none of that kind */
	struct route *prev, *next;
};

struct route {
	UT_hash_handle hh, hs; /* in fx_routes.table; while installed, in fx_routes.kernel */
	struct membership in[N_CONCERN];
	struct route_slot slot;
	struct fx_route_want want;
	struct route *next_queued;
	uint32_t refs;
	uint32_t ifindex;      /* it was installed with; 0: by gateway alone */
	uint32_t in_table;     /* it was installed in; 0: the main one */
	struct ipaddr gateway; /* it was installed with */
	bool blackhole;        /* it was installed as one */
	bool installed, queued, logged;
	bool shadowed; /* another one stands in its slot, and has no place for this one */
	/* Several ways to one network are one route of the kernel's: that of the first. */
	struct route *lead; /* whose route has this one's way; NULL: none */
	struct route *join[NET_MAX_HOPS - 1];
	uint8_t n_join;
};

/* Does the way to this gateway lead through a device that carries packets? */
struct gateway_fact {
	struct ipaddr addr;
	uint32_t table;
	bool usable;
};

/* The identity of a wanted route: everything in fx_route_want, zero-padded. */
struct fx_routes {
	struct route *table;
	struct route *kernel; /* the installed ones, by slot */
	struct route *queue;  /* those to be worked on, latest first */
	struct bundle *bundles;
	size_t n, n_shadowed;
	uint64_t generation;             /* another one whenever a route is wanted or no longer */
	struct gateway_fact gateway[32]; /* asked in this round */
	size_t n_gateway;
};

/* ---- routes.c ---- */
struct route_slot route_slot(const struct prefix *dst, uint32_t distance, uint16_t vrf);
void route_enqueue(struct fx *x, struct route *e); /* it is to be worked on */
void route_forget(struct fx *x, struct route *e);  /* nobody wants it, and the kernel has it not */

#endif
