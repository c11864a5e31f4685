/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and passwords for EAP (`authentication local eap`): those of the profile's own line, or
 * those given by `crypto eap credentials`, which live in wiped memory until the server refuses
 * them.
 *
 * When the engine needs some and has none, the client is EAP_CREDENTIALS and the terminals are told
 * which command to enter. A hub waits some half a minute for us; who types longer than that gets a
 * fresh attempt.
 */
#ifndef SPOKE_FLEXVPN_CREDENTIALS_H
#define SPOKE_FLEXVPN_CREDENTIALS_H

#include "flexvpn/core.h"

enum ike_creds fx_creds_ask(struct fx *x, const struct fx_profile *p,
        const struct ike_creds_ask *ask, struct secret *name, struct secret *password);
/* `name` NULL: that of an earlier time, else our identity is the name. Clients that wait go on. */
void fx_creds_give(struct fx *x, const char *profile, const char *name, const char *password);
void fx_creds_forget(struct fx *x, const char *profile);
void fx_creds_configured(
        struct fx *x); /* those of profiles that are gone, or do without, are forgotten */
void fx_creds_free(struct fx *x);

/* What does a client of this profile wait for? `name`: the one that the server has heard already.
 */
enum fx_creds_wait { FX_CREDS_NOBODY, FX_CREDS_BOTH, FX_CREDS_PASSWORD };
enum fx_creds_wait fx_creds_waiting(const struct fx *x, const char *profile, char *name, size_t n);
void fx_creds_wanted(struct fx *x, struct fx_client *c,
        const struct ike_creds_ask *ask);                       /* IKE_EV_CREDENTIALS */
void fx_creds_refused(struct fx *x, const struct fx_client *c); /* IKE_R_EAP */

#endif
