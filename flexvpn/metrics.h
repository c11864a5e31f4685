/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router in numbers, in the text format 0.0.4 of Prometheus: docs/metrics.md has the list, and
 * tests/flexvpn/test_metrics.c holds the two together.
 *
 * Counters begin when the client (or the router) does, and never fall but by `clear …`, which
 * Prometheus takes for a new beginning. No value is secret: names, addresses, states, sums.
 */
#ifndef SPOKE_FLEXVPN_METRICS_H
#define SPOKE_FLEXVPN_METRICS_H

#include "base/mem.h"

struct fx;

void fx_metrics(
        const struct fx *x, uint64_t now, struct strbuf *out); /* appends; `now` as in core.h */

#endif
