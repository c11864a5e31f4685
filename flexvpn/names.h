/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names that the router itself looks up: hubs, and targets of probes. As on IOS: `ip host`
 * first, then the servers of `ip name-server` (the box's own when there are none), unqualified
 * names completed by `ip domain name|list`; `no ip domain lookup` asks nobody. Never the views that
 * hubs push: those are for the hosts behind the router.
 */
#ifndef SPOKE_FLEXVPN_NAMES_H
#define SPOKE_FLEXVPN_NAMES_H

#include "flexvpn/core.h"

/* Where a question leaves from: the addresses of this interface (NULL: as routed), or this one. */
struct fx_name_from {
	const struct fx_interface *interface;
	struct ipaddr addr; /* wins; family 0: none */
	const char *vrf;    /* asked there, of its servers; NULL: the global table */
};

/* The number of the question. Its answer comes out of fx_names_poll(), in a later pump at the
 * earliest. */
uint32_t fx_name_ask(struct fx *x, const char *name, int family, const struct fx_name_from *from);
void fx_name_cancel(struct fx *x, uint32_t question); /* 0: nothing */
bool fx_names_poll(struct fx *x, struct resolver_answer *out);
bool fx_names_ready(const struct fx *x); /* an answer that needed nobody waits */
void fx_names_free(struct fx *x);

#endif
