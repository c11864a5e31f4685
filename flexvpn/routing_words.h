/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside config_routing.c: one line of the configuration in FRR's words. */
#ifndef SPOKE_FLEXVPN_ROUTING_WORDS_H
#define SPOKE_FLEXVPN_ROUTING_WORDS_H

#include "flexvpn/frr.h"

enum { FRR_WORD_LEN = 160 };

/* Adds the line under `ctx`. What cannot be said to FRR is kept as refused. */
void frr_say(
        const struct fx_config *c, struct frr_conf *out, const char *ctx, const struct cfg_node *n);

#endif
