/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP clients of interfaces: see leases.h. */
#include "flexvpn/leases.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/build.h"
#include "flexvpn/exec.h"
#include "flexvpn/services.h"
#include "grammar/gen/exec.h"

/* Owners of routes are client numbers; this bit is none. */
static const uint32_t lease_owner = 1u << 29;

static bool wants_client(const struct fx *x, const struct fx_interface *i)
{
	struct net_link link;

	return i->dhcp && !i->shutdown && !i->is_tunnel && fx_link(x, i, &link);
}

const struct dhcpc_lease *fx_dhcp_lease(const struct fx *x, const struct fx_interface *i)
{
	return x->b.services && i->dhcp && i->device
	               ? x->b.services->ops->lease(x->b.services, i->device)
	               : NULL;
}

bool fx_lease_router(
        const struct fx *x, const char *ifname, const struct fx_interface **i, struct ipaddr *out)
{
	for (size_t n = 0; n < x->cfg->interfaces.n; n++) {
		const struct fx_interface *f = &x->cfg->interfaces.v[n];
		const struct dhcpc_lease *l = fx_dhcp_lease(x, f);

		if (!l || (*ifname && strcmp(ifname, f->name) != 0) || !ipaddr_is_set(&l->router))
			continue;
		*i = f;
		*out = l->router;
		return true;
	}
	return false;
}

static void want_route(struct fx *x, const struct fx_interface *i)
{
	struct fx_route_want w = {.dst = {.addr = ipaddr_v4(0)},
	        .distance = FX_DHCP_DISTANCE,
	        .owner = lease_owner,
	        .dhcp = true,
	        .vrf = fx_vrf_id(x, i->vrf)};

	snprintf(w.ifname, sizeof(w.ifname), "%s", i->name);
	fx_route_want(x, &w);
}

void fx_leases_apply(struct fx *x)
{
	const struct fx_config *c = x->cfg;
	struct arena a;
	struct dhcpc_wanted *v = NULL;
	size_t n = 0;
	struct strbuf text = {0};

	if (!x->b.services)
		return;
	arena_init(&a);
	for (size_t i = 0; i < c->interfaces.n; i++) {
		const struct fx_interface *f = &c->interfaces.v[i];

		if (!wants_client(x, f))
			continue;
		struct dhcpc_wanted *w = fx_append(&a, (void **)&v, &n, sizeof(*v));

		*w = (struct dhcpc_wanted){.dev = f->device,
		        .hostname = f->dhcp_hostname ? f->dhcp_hostname : c->g.hostname};
		sb_printf(&text, "%s %s %s %s\n", f->name, w->dev, w->hostname ? w->hostname : "",
		        f->vrf ? f->vrf : "");
	}
	if (fx_services_differ(x, FX_TOLD_DHCPC, &text)) {
		x->b.services->ops->dhcpc(x->b.services, v, n, x->now);
		fx_routes_unwant_owner(x, lease_owner);
		for (size_t i = 0; i < c->interfaces.n; i++)
			if (wants_client(x, &c->interfaces.v[i]))
				want_route(x, &c->interfaces.v[i]);
	}
	arena_fini(&a);
}

void fx_leases_remove(struct fx *x)
{
	struct strbuf none = {0};

	if (x->b.services && fx_services_differ(x, FX_TOLD_DHCPC, &none))
		x->b.services->ops->dhcpc(x->b.services, NULL, 0, x->now);
}

static void say(const struct fx *x, const struct fx_interface *i)
{
	const struct dhcpc_lease *l = fx_dhcp_lease(x, i);
	char a[IPADDR_STRLEN], m[IPADDR_STRLEN];
	struct ipaddr mask;

	if (!l)
		return;
	mask = ipaddr_v4(l->addr.len ? UINT32_MAX << (32 - l->addr.len) : 0);
	log_msg(DHCP_ADDRESS_ASSIGN, i->name, ipaddr_fmt(&l->addr.addr, a), ipaddr_fmt(&mask, m),
	        i->dhcp_hostname     ? i->dhcp_hostname
	        : x->cfg->g.hostname ? x->cfg->g.hostname
	                             : "Router");
}

void fx_leases_poll(struct fx *x)
{
	if (!x->b.services || !x->b.services->ops->lease_news(x->b.services))
		return;
	for (size_t i = 0; x->cfg && i < x->cfg->interfaces.n; i++)
		say(x, &x->cfg->interfaces.v[i]);
	fx_routes_redhcp(x);
	x->dirty = x->reconsider = true;
}

/* ---- renew dhcp, release dhcp ------------------------------------------------------------------
 */

static void ask_client(struct exec *e, const char *ifname, bool release)
{
	const struct fx_interface *i = fx_find_interface(e->fx->cfg, ifname);
	struct services *s = e->fx->b.services;

	if (!i || !i->dhcp)
		out_text(e->o, "%% %s is not configured for DHCP\n", ifname);
	else if (!s || !i->device || !s->ops->lease_renew(s, i->device, release))
		out_text(e->o, "%% The DHCP client of %s does not run\n", ifname);
}

void exec_renew_dhcp(struct exec *e, const struct gl_exec_renew_dhcp *a)
{
	ask_client(e, a->ifname, false);
}

void exec_release_dhcp(struct exec *e, const struct gl_exec_release_dhcp *a)
{
	ask_client(e, a->ifname, true);
}
