/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fail closed: under every route that a hub pushed lies a blackhole of the worst distance. While the tunnel is up it is never used; when the tunnel
 * is lost and the client is about to connect again, or when the process is killed, what belongs into the tunnel goes nowhere instead of out of the
 * uplink in the clear. Any other route to the same networks (another client's, a routing protocol's, the administrator's) is better and wins.
 *
 * They stand as long as a session is wanted: `clear … connect` of a manual client, a track object that asks for no session, and the removal of
 * the client take them away. A pushed default route has none: the box's own default route is better anyhow.
 */
#ifndef SPOKE_FLEXVPN_GUARDS_H
#define SPOKE_FLEXVPN_GUARDS_H

#include "flexvpn/core.h"

void fx_guards_set(struct fx *x, struct fx_client *c);  /* for what is pushed now, in place of those before */
void fx_guards_drop(struct fx *x, struct fx_client *c);
/* At start: a killed predecessor's guards become those of the first client that is about to connect; false: there is none. */
bool fx_guards_adopt(struct fx *x, const struct net_route *left);

#endif
