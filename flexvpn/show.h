/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several show and clear commands share. */
#ifndef SPOKE_FLEXVPN_SHOW_H
#define SPOKE_FLEXVPN_SHOW_H

#include "flexvpn/core.h"
#include "flexvpn/exec.h"

enum { FX_VRFS_LEN = 160 };

/* Seconds since a time of the machine's clock; 0 for "never". A machine without its router stands still between pumps. */
uint64_t fx_show_age(const struct exec *e, uint64_t since);

/* The VRF inside a tunnel, and the one of its outer packets; `none` where there is none. */
const char *fx_ivrf(const struct fx *x, const char *tunnel, const char *none);
const char *fx_fvrf(const struct fx *x, const char *tunnel, const char *none);
/* "fvrf/red" of an IKE SA. */
const char *fx_vrfs_fmt(const struct fx *x, uint32_t handle, char buf[FX_VRFS_LEN]);

bool fx_sa_selected(const struct ike_sa_info *s, const struct ipaddr *local, const struct ipaddr *remote);

/* "esp-256-aes esp-sha256-hmac ", as `show crypto ipsec sa` names a suite. */
const char *fx_transform_text(struct ike_encr encr, uint16_t integ, char buf[64]);
/* "00:10:40", "1d02h", "3w4d". */
const char *fx_age_fmt(uint64_t seconds, char buf[16]);

#endif
