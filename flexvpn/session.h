/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between a client and what carries its packets: child SAs into the data plane, and the question whether a session still stands
 * on the configuration that it was built from.
 */
#ifndef SPOKE_FLEXVPN_SESSION_H
#define SPOKE_FLEXVPN_SESSION_H

#include "flexvpn/core.h"

uint32_t fx_tunnel_id(const struct fx_interface *t); /* the data plane's key of TunnelN */

bool fx_session_child_add(struct fx *x, struct fx_sas *s, const struct ike_event *ev);
void fx_session_child_send(struct fx *x, uint32_t spi_in);
void fx_session_child_del(struct fx *x, struct fx_sas *s, uint32_t spi_in);
struct fx_traffic fx_session_carried(const struct fx *x, const struct fx_sas *s); /* by all that there were */
void fx_session_drop_children(struct fx *x, struct fx_sas *s);
void fx_session_moved(struct fx *x, const struct fx_sas *s, const struct ike_event *ev); /* the peer's address changed */

/* With a certificate we are its subject, unless `identity local` says otherwise. False: there is no usable certificate. */
bool fx_session_identity(const struct fx *x, const struct fx_profile *pr, struct ike_peering *p, char *why, size_t n);

/* Would this route take the tunnel's own packets, to `peer`, into the tunnel? */
bool fx_session_recursive(struct fx *x, const struct ipaddr *peer, const char *tunnel, const struct prefix *dst,
	uint32_t distance);

/* Tunnel, source, mode, IPsec profile, transforms, IKEv2 profile and identity, as one text: another text means another session. Keys,
 * policies and lifetimes are not in it: they count from the next negotiation on. */
void fx_session_fingerprint(const struct fx_config *c, const struct fx_resolved *r, char *out, size_t n);

/* Tell the hub our networks (CFG_SET) if they are not what it was last told: after the session came up, and when an ACL or the
 * authorization policy changed under it. */
void fx_session_offer(struct fx *x, struct fx_client *c, const struct fx_resolved *r);

#endif
