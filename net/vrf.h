/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VRFs: a device of kind `vrf` with its own routing table for each, and the interfaces in it.
 *
 * The caller says what is wanted, whole; vrf_apply() compares with what the kernel has and makes
 * the difference. Our devices carry the alias "spoke-vrf:NAME", rules and routes our protocol
 * number; what lacks the mark is never touched, an interface that somebody else enslaved stays
 * where it is. At the end of every table of ours stands an unreachable default route, so that
 * nothing falls through to the global table.
 *
 * Where the kernel has no VRF devices, vrf_available() says so, and only a front-door VRF is
 * possible: rules that send what comes in on, or is bound to, one of its interfaces to its table.
 * Inner VRFs then are errors. (A
 * stand-in's table has no connected routes of itself: the caller adds them, as it adds the static
 * ones.)
 */
#ifndef SPOKE_NET_VRF_H
#define SPOKE_NET_VRF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

#define VRF_ALIAS_PREFIX "spoke-vrf:"
enum {
	VRF_FIRST_TABLE = 11700,
	VRF_RULE_PROTO = NET_ROUTE_PROTO,
	VRF_RULE_PREF = 11700,
	VRF_NAME_MAX = 64
};

struct vrf_wanted {
	const char *name; /* as configured, up to VRF_NAME_MAX */
	bool front_door;  /* only sends and receives tunnels' outer packets: rules may stand in for
	                     the device */
	const char *const *dev; /* Linux devices in it; those that do not exist are passed over */
	size_t n_dev;
};

/* What the kernel has. */
struct vrf_link {
	uint32_t index, master; /* master: 0 none */
	uint32_t table;         /* of a VRF device; 0: it is none */
	bool up;
	char name[NET_IFNAMSIZ], alias[VRF_NAME_MAX + sizeof(VRF_ALIAS_PREFIX)];
};

struct vrf_rule {
	int family;
	char dev[NET_IFNAMSIZ];
	bool out; /* matches packets bound to the device; else those that come in on it */
	uint32_t table;
};

struct vrf_ops {
	int (*links)(void *k, bool (*visit)(void *ctx, const struct vrf_link *l), void *ctx);
	int (*rules)(
	        void *k, bool (*visit)(void *ctx, const struct vrf_rule *r), void *ctx); /* ours */
	int (*create)(void *k, const char *dev, uint32_t table,
	        const char *alias); /* up; -EOPNOTSUPP: no such kind of device */
	int (*remove)(void *k, uint32_t index);
	int (*enslave)(void *k, uint32_t index, uint32_t master /* 0: none */);
	int (*rule)(void *k, const struct vrf_rule *r, bool add);
	int (*closed)(void *k, uint32_t table, bool add); /* the unreachable default routes */
};
extern const struct vrf_ops vrf_kernel_ops; /* k: a struct net of net_kernel_ops */

struct vrf;

struct vrf *vrf_new(const struct vrf_ops *ops, void *k);
void vrf_free(struct vrf *v); /* leaves the kernel as it is; accepts NULL */

/* Has the kernel VRF devices? Asked once. `why` (may be NULL) is a clause for a message. */
bool vrf_available(struct vrf *v, const char **why);

/* Everything that can be done is done; 0, or -errno of the first failure with vrf_why(). */
int vrf_apply(struct vrf *v, const struct vrf_wanted *w, size_t n);
const char *vrf_why(const struct vrf *v);

/* Of a VRF that was applied; 0 unknown. A stand-in has a table and no device. */
uint32_t vrf_table(const struct vrf *v, const char *name);
uint32_t vrf_ifindex(const struct vrf *v, const char *name);
/* The device's name: "vrf-NAME", shortened with a hash where that is too long. */
void vrf_device_name(const char *name, char dev[NET_IFNAMSIZ]);

/* ---- the recording back end
 * --------------------------------------------------------------------------------------- */

struct vrf_fake;
extern const struct vrf_ops vrf_fake_ops; /* k: a struct vrf_fake */
struct vrf_fake *vrf_fake_new(bool has_vrf);
void vrf_fake_free(struct vrf_fake *f);
uint32_t vrf_fake_link(
        struct vrf_fake *f, const char *name, const char *alias, uint32_t table, uint32_t master);
const char *vrf_fake_log(const struct vrf_fake *f);
void vrf_fake_forget(struct vrf_fake *f);
void vrf_fake_fail_next(struct vrf_fake *f, int err);

#endif
