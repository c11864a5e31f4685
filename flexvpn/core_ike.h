/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's questions, answered from the configuration. */
#ifndef SPOKE_FLEXVPN_CORE_IKE_H
#define SPOKE_FLEXVPN_CORE_IKE_H

#include "flexvpn/core.h"

struct ike *fx_ike_new(struct fx *x);

#endif
