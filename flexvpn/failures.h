/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Negotiations that failed, kept while `crypto ikev2 diagnose error` asks for it: the exit path
 * table of `show crypto ikev2 diagnose error`. */
#ifndef SPOKE_FLEXVPN_FAILURES_H
#define SPOKE_FLEXVPN_FAILURES_H

#include "flexvpn/core.h"

struct fx_failures *fx_failures_new(void);
void fx_failures_free(struct fx_failures *f); /* accepts NULL */
/* `code`: enum ike_reason. */
void fx_failure(struct fx *x, const struct fx_client *c, unsigned code, const char *why);
void fx_failures_configure(struct fx *x); /* another number of entries, or none */

#endif
