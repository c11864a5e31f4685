/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP that a RADIUS server speaks with a peer of ours (RFC 3579): what the engine hands over goes
 * out as a question, what comes back goes to the engine. Between two questions of a conversation
 * the server's State is kept.
 */
#ifndef SPOKE_FLEXVPN_EAP_RELAY_H
#define SPOKE_FLEXVPN_EAP_RELAY_H

#include "flexvpn/core.h"

struct fx_eap_relay *fx_eap_relay_new(void);
void fx_eap_relay_free(struct fx_eap_relay *r);
void fx_eap_relay(struct fx *x, const struct ike_event *ev); /* IKE_EV_EAP */
void fx_eap_relay_poll(struct fx *x);                        /* answers that have come */

#endif
