/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a configuration would do to the sessions that stand, before it is committed. */
#ifndef SPOKE_FLEXVPN_IMPACT_H
#define SPOKE_FLEXVPN_IMPACT_H

#include "flexvpn/core.h"

/* Calls fn for each FlexVPN client whose session `to` would end, with the reason. Changes nothing.
 */
void fx_impact(struct fx *x, const struct cfg *to,
        void (*fn)(void *ctx, const char *client, const char *why), void *ctx);

#endif
