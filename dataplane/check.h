/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every back end refuses alike: descriptions that make no tunnel and no SA. 0 or -errno. */
#ifndef SPOKE_DATAPLANE_CHECK_H
#define SPOKE_DATAPLANE_CHECK_H

#include "dataplane/dp.h"

int dp_check_tunnel(const struct dp_tunnel *t);
int dp_check_sa(const struct dp_sa *sa);

#endif
