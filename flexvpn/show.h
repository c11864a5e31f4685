/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several show and clear commands share. */
#ifndef SPOKE_FLEXVPN_SHOW_H
#define SPOKE_FLEXVPN_SHOW_H

#include "flexvpn/core.h"
#include "flexvpn/exec.h"

/* Seconds since a time of the machine's clock; 0 for "never". A machine without its router stands still between pumps. */
uint64_t fx_show_age(const struct exec *e, uint64_t since);

bool fx_sa_selected(const struct ike_sa_info *s, const struct ipaddr *local, const struct ipaddr *remote);

/* "esp-256-aes esp-sha256-hmac ", as `show crypto ipsec sa` names a suite. */
const char *fx_transform_text(struct ike_encr encr, uint16_t integ, char buf[64]);
/* "00:10:40", "1d02h", "3w4d". */
const char *fx_age_fmt(uint64_t seconds, char buf[16]);

#endif
