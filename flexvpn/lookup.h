/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that are typed at a terminal: the table of `ip host`, then the servers of `ip name-server`
 * with the domains of `ip domain`; a router without name servers asks those of its box.
 */
#ifndef SPOKE_FLEXVPN_LOOKUP_H
#define SPOKE_FLEXVPN_LOOKUP_H

#include <stdbool.h>
#include <uv.h>

#include "base/addr.h"
#include "flexvpn/router.h"
#include "net/resolver.h"

/* `no ip domain lookup` turns questions off; the table holds all the same. */
bool fx_lookup_enabled(struct router *r);
/* The table. Family 0: any, IPv4 first. */
bool fx_lookup_table(struct router *r, const char *name, int family, struct ipaddr *out);
/* Its name for an address; NULL: none. Borrowed until the next commit. */
const char *fx_lookup_table_name(struct router *r, const struct ipaddr *addr);

struct fx_lookup;

/* The answer; the lookup is no more. */
typedef void (*fx_lookup_fn)(void *ctx, const struct resolver_answer *a);

/* One question. Family 0: any. */
struct fx_lookup *fx_lookup_addr(struct router *r, uv_loop_t *loop, const char *name, int family,
        fx_lookup_fn fn, void *ctx);
struct fx_lookup *fx_lookup_name(
        struct router *r, uv_loop_t *loop, const struct ipaddr *addr, fx_lookup_fn fn, void *ctx);
/* Who is asked. */
size_t fx_lookup_servers(struct fx_lookup *l, struct ipaddr *v, size_t max);
void fx_lookup_stop(struct fx_lookup *l); /* accepts NULL; no call of fn from now on */

#endif
