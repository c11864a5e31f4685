/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the path to a peer takes, as far as the kernel knows (RFC 1191, 8201): the outer MTU; 0: no
 * route. `device`: that of the front door; "": the global one. */
#ifndef SPOKE_DATAPLANE_PATH_H
#define SPOKE_DATAPLANE_PATH_H

#include "base/addr.h"

uint16_t dp_path_mtu(const struct ipaddr *local, const struct ipaddr *remote, const char *device);

#endif
