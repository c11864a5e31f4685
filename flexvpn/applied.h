/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What has been put into the back ends, interface by interface, for the files that reconcile:
 * reconcile.c applies the difference, refresh.c compares with what the kernel reports, purge.c
 * removes what a killed predecessor left.
 */
#ifndef SPOKE_FLEXVPN_APPLIED_H
#define SPOKE_FLEXVPN_APPLIED_H

#include <uthash.h>

#include "flexvpn/core.h"

enum { MAX_ADDRS = 20 };

struct applied_if {
	UT_hash_handle hh, hd, hx; /* by name; by device; by ifindex, while it has one */
	struct applied_if *next_touched;
	bool seen;          /* in the refreshing under way */
	bool touched, news; /* news: the kernel said something about it */
	char name[40], device[NET_IFNAMSIZ];
	bool is_tunnel, created;     /* we made the device */
	uint32_t tunnel_id, ifindex; /* ifindex 0: no such device now */
	enum dp_payload payload;
	uint32_t vrf;
	bool has_key;
	uint32_t key;
	uint16_t vlan;
	bool ra;                         /* hears router advertisements by our doing … */
	struct net_ra ra_set, ra_before; /* … thus, and as it did before */
	bool up;
	uint32_t mtu;
	bool known, was_up, mtu_ours; /* as we found a device that is not ours */
	uint32_t was_mtu;
	bool line; /* as last logged */
	struct prefix addr[MAX_ADDRS];
	uint8_t n_addr;
	struct prefix theirs[MAX_ADDRS]; /* addresses of the device that are not ours */
	uint8_t n_theirs;
	bool failed; /* the last attempt failed: not again before something changes */
};

/* A device of ours that is gone: the kernel is about to say so. */
struct gone {
	UT_hash_handle hh;
	uint32_t ifindex;
};

struct fx_applied {
	struct applied_if *ifs, *by_device, *by_index; /* tables */
	struct applied_if *touched;
	struct gone *gone;
};

struct applied_if *fx_applied_find(const struct fx *x, const char *name); /* NULL: none */
void fx_applied_index(struct fx *x, struct applied_if *a, uint32_t ifindex);
bool fx_has_prefix(const struct prefix *v, uint8_t n, const struct prefix *p);

/* ---- reconcile.c ---- */
void fx_touch(struct fx *x, struct applied_if *a);

/* ---- refresh.c ---- */
void fx_look_at(struct fx *x, struct applied_if *a);    /* its device */
void fx_refresh_if(struct fx *x, struct applied_if *a); /* the same with its addresses */
void fx_refresh_all(struct fx *x);
/* What the kernel says of that device from now on is the echo of our removing it. */
void fx_expect_gone(struct fx *x, uint32_t ifindex);
bool fx_our_alias(const struct net_link *l); /* did one of us make it? */

#endif
