/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer whose identity fits no profile, in the words of the configuration: which identity it gave,
 * and which `match` line comes nearest to it.
 */
#ifndef SPOKE_FLEXVPN_NEAREST_H
#define SPOKE_FLEXVPN_NEAREST_H

#include "flexvpn/config.h"

enum { FX_MATCH_TEXT = 400 };

/* What stands in front of ike_id_fmt(), which names key ids itself: "fqdn ", "email ", "address ".
 */
const char *fx_id_word(const struct ike_id *id);
/* A `match identity remote` line from its fourth word on: "address 10.0.0.0 255.0.0.0", "fqdn
 * domain lab.example", "any". */
const char *fx_match_text(const struct fx_match *m, char buf[FX_MATCH_TEXT]);

/* Says so in the log. `only`: the one profile that counts; NULL: all those with a virtual template.
 * `why`: a profile does fit, and this is what it lacks; NULL: none fits. */
void fx_no_profile(const struct fx_config *c, const struct fx_profile *only,
        const struct ipaddr *peer, const struct ike_id *id, const char *why);

#endif
