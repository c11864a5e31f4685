/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS proxy, DHCP server and VRFs: wanted = f(configuration, sessions), handed to the back end of net/services.h when it differs
 * from what it was handed before. Without a back end nothing of it is done.
 *
 * Interfaces that use the same views share one DNS list, and which interfaces these are is a matter of the configuration alone:
 * a session that comes or goes changes servers, which reach the proxy without a restart.
 */
#ifndef SPOKE_FLEXVPN_SERVICES_H
#define SPOKE_FLEXVPN_SERVICES_H

#include "flexvpn/core.h"
#include "net/services.h"

struct fx_services *fx_services_new(void);
void fx_services_free(struct fx_services *s);

/* Is this something else than what a part of the back end was told last? Then it is kept. Consumes the text. */
enum fx_told { FX_TOLD_DNS, FX_TOLD_DHCP, FX_TOLD_VRF, FX_TOLD_DHCPC, FX_TOLD_N };
bool fx_services_differ(struct fx *x, enum fx_told part, struct strbuf *text);

void fx_vrfs_apply(struct fx *x);
void fx_services_apply(struct fx *x);
bool fx_services_in_use(const struct fx *x); /* does a DNS proxy or DHCP server run for us? */
void fx_services_remove(struct fx *x);
void fx_services_purge(struct fx *x); /* VRFs that a killed predecessor left and nothing wants */
void fx_services_poll(struct fx *x);
uint64_t fx_services_deadline(const struct fx *x);

/* What is wanted now; everything lives in the arena, names are the configuration's. */
struct fx_dns_wanted {
	struct dns_list *v;
	size_t n;
};
struct fx_dns_wanted fx_dns_wanted(const struct fx *x, struct arena *a);
struct dhcp_wanted fx_dhcp_wanted(const struct fx *x, struct arena *a);
struct fx_vrf_wanted {
	struct vrf_wanted *v;
	size_t n;
};
struct fx_vrf_wanted fx_vrf_wanted(const struct fx *x, struct arena *a);

/* The view that a hub pushed: its split-DNS domains and its servers. False: none. */
bool fx_dns_pushed_view(const struct fx *x, const struct fx_client *c, struct arena *a, struct dns_view *out);
/* Does a client's view count on this interface? */
bool fx_dns_client_applies(const struct fx *x, const struct fx_client_cfg *cl, const struct fx_interface *i);
/* NULL: not configured; `default` is always there. */
const struct fx_dns_view *fx_find_dns_view(const struct fx_config *c, const char *name);
const struct fx_vrf *fx_find_vrf(const struct fx_config *c, const char *name);

/* VRFs that routes name, as small numbers that last as long as the machine; 0: the global table. */
uint16_t fx_vrf_id(struct fx *x, const char *name /* NULL: global */);
uint16_t fx_vrf_known(const struct fx *x, const char *name); /* the same, but 0 for a name that was never given a number */
const char *fx_vrf_name(const struct fx *x, uint16_t id);
uint16_t fx_vrf_of_table(const struct fx *x, uint32_t table); /* 0: none of ours */
/* The kernel's table of a VRF: false while there is none. 0 is the global one. */
bool fx_vrf_table(const struct fx *x, uint16_t id, uint32_t *table);

#endif
