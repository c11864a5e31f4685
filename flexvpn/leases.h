/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `ip address dhcp`: the DHCP clients that the configuration asks for, and what they brought. The address is set like a configured one
 * (reconcile.c); the router of the lease is a default route of distance 254, as IOS has it, and the gateway of `ip route … dhcp`.
 */
#ifndef SPOKE_FLEXVPN_LEASES_H
#define SPOKE_FLEXVPN_LEASES_H

#include "flexvpn/core.h"

enum { FX_DHCP_DISTANCE = 254 };

const struct dhcpc_lease *fx_dhcp_lease(const struct fx *x, const struct fx_interface *i); /* NULL: none */
/* The router of the lease on `ifname`, or ("") of the first that has one; false: there is none. */
bool fx_lease_router(const struct fx *x, const char *ifname, const struct fx_interface **i, struct ipaddr *out);

void fx_leases_apply(struct fx *x);
void fx_leases_remove(struct fx *x);
void fx_leases_poll(struct fx *x); /* has a client something to say? */

#endif
