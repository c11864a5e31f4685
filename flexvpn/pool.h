/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address pools (`ip local pool`, `ipv6 local pool`): which addresses are in use, by which session
 * and by whom they were used last. A peer that comes back gets the address that it had, as long as
 * nobody else was given it: an address of another's is given away only when no fresh one is left.
 */
#ifndef SPOKE_FLEXVPN_POOL_H
#define SPOKE_FLEXVPN_POOL_H

#include "flexvpn/config.h"

struct fx_leases;

struct fx_leases *fx_leases_new(void);
void fx_leases_free(struct fx_leases *l); /* accepts NULL */

/* An address out of the ranges of that name and family for a session, `wish` if it is free (family
 * AF_UNSPEC: none). False: there is no such pool, or all of it is in use. */
bool fx_lease(struct fx_leases *l, const struct fx_config *c, const char *pool, int family,
        uint32_t session, const struct ike_id *id, const struct ipaddr *wish, struct ipaddr *out);
void fx_unlease(struct fx_leases *l, uint32_t session); /* all that it has */

struct fx_pool_use {
	uint64_t size; /* UINT64_MAX: more than can be said */
	uint64_t in_use;
};
void fx_pool_use(const struct fx_leases *l, const struct fx_pool *p, struct fx_pool_use *out);

#endif
