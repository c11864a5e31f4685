/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One fetcher for several users, each of which numbers its fetches for itself and gets its own
 * answers only.
 */
#ifndef SPOKE_NET_FETCH_SHARE_H
#define SPOKE_NET_FETCH_SHARE_H

#include "net/fetch.h"

enum { FETCH_USERS = 4 };

struct fetch_share;

struct fetch_share *fetch_share_new(const struct fetch_io *base);
void fetch_share_free(struct fetch_share *s); /* accepts NULL; answers that wait are dropped */
/* What user number `i` (below FETCH_USERS) sees. Its numbers stay below 2^28. Without a fetcher its
 * `ask` is NULL. */
struct fetch_io fetch_share_io(struct fetch_share *s, unsigned i);

#endif
