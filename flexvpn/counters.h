/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interface counters since `clear counters`: what the kernel counted until then is remembered and
 * subtracted, since the kernel's own cannot be reset. */
#ifndef SPOKE_FLEXVPN_COUNTERS_H
#define SPOKE_FLEXVPN_COUNTERS_H

#include "dataplane/dp.h"
#include "flexvpn/core.h"

/* `ifname` NULL: all interfaces. False: there is none of that name. */
bool fx_counters_clear(struct fx *x, const char *ifname);
/* Subtracts. Returns when they were cleared (mono_ms()); 0: never. */
uint64_t fx_counters_since(const struct fx *x, const char *ifname, struct net_link *l);
/* The data plane's since all interfaces were cleared. */
void fx_counters_dataplane(const struct fx *x, struct dp_stats *out);
void fx_counters_free(struct fx_counted *c); /* accepts NULL */

#endif
