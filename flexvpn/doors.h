/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Front doors: the VRFs by which tunnels' outer packets come and go (`tunnel vrf`), and everything
 * else of the router's own that speaks in a VRF: probes, pings, questions about names.
 *
 * The data plane knows a door by a number. A VRF with a device is one door. Where the kernel has no
 * VRF devices (net/vrf.h), rules by interface stand in, and each interface of the VRF is a door of
 * its own.
 */
#ifndef SPOKE_FLEXVPN_DOORS_H
#define SPOKE_FLEXVPN_DOORS_H

#include "flexvpn/core.h"

struct fx_door {
	uint32_t number;  /* of the data plane; 0: the global one */
	uint32_t ifindex; /* of the device; another one is another door, even under the same number
	                   */
};

/* Opens and closes what configuration and VRFs ask for; a client whose door is not what it was
 * looks again. */
void fx_doors_apply(struct fx *x);
void fx_doors_close(struct fx *x);

/* The door of a tunnel whose source is the interface `ifname` (NULL: unknown, or an address).
 * False: it is closed. */
bool fx_door_of(const struct fx *x, const struct fx_interface *tunnel, const char *ifname,
        struct fx_door *out);

/* The device to which a socket of the VRF (NULL: global) is bound, "" for none; `ifname` (may be
 * NULL) is where its packets leave. False: there is no such VRF, or no device that would do. */
bool fx_vrf_device(const struct fx *x, const char *vrf, const char *ifname, char dev[NET_IFNAMSIZ]);

/* Is the interface in that VRF (NULL: in none)? */
bool fx_in_vrf(const struct fx_interface *i, const char *vrf);

/* Name servers of a VRF: `ip name-server vrf NAME …`. At most `max`; how many there are. */
size_t fx_vrf_servers(const struct fx_config *c, const char *vrf, struct ipaddr *out, size_t max);

#endif
