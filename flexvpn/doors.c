/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Front doors, opened and closed as configuration and VRFs ask: see doors.h. */
#include "flexvpn/doors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/services.h"

enum { STAND_IN_SHIFT = 16, STAND_IN_ADDRS = 8 };
/* Owners of routes are client numbers; this bit is none. */
static const uint32_t connected_owner = 1u << 28;

struct door { /* as the data plane was told */
	struct fx_door d;
	char device[NET_IFNAMSIZ];
	bool wanted;
};

struct fx_doors {
	struct door *v;
	size_t n;
	bool connected; /* stand-ins have routes */
};

struct fx_doors *fx_doors_new(void)
{
	return xcalloc(1, sizeof(struct fx_doors));
}

void fx_doors_free(struct fx_doors *d)
{
	free(d->v);
	free(d);
}

bool fx_in_vrf(const struct fx_interface *i, const char *vrf)
{
	return i->vrf && vrf ? strcmp(i->vrf, vrf) == 0 : i->vrf == vrf;
}

static uint32_t device_index(const struct fx *x, const char *vrf)
{
	const struct services *s = x->b.services;

	return s && fx_find_vrf(x->cfg, vrf) ? s->ops->vrf_ifindex(x->b.services, vrf) : 0;
}

/* The interface whose rules stand in for the VRF: this one, or the first. */
static const struct fx_interface *stand_in(
        const struct fx *x, const char *vrf, const char *ifname, struct net_link *link)
{
	for (size_t n = 0; x->b.services && n < x->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &x->cfg->interfaces.v[n];

		if (!i->is_tunnel && fx_in_vrf(i, vrf) &&
		        (!ifname || strcmp(ifname, i->name) == 0) && fx_link(x, i, link))
			return i;
	}
	return NULL;
}

static struct fx_door stand_in_door(
        const struct fx *x, const char *vrf, const struct net_link *link)
{
	return (struct fx_door){.number = link->index << STAND_IN_SHIFT | fx_vrf_known(x, vrf),
	        .ifindex = link->index};
}

bool fx_door_of(const struct fx *x, const struct fx_interface *tunnel, const char *ifname,
        struct fx_door *out)
{
	const char *vrf = tunnel->tunnel_vrf;
	struct net_link link;

	*out = (struct fx_door){0};
	if (!vrf)
		return true;
	if (!fx_find_vrf(x->cfg, vrf))
		return false;
	out->ifindex = device_index(x, vrf);
	out->number = fx_vrf_known(x, vrf);
	if (out->ifindex)
		return true;
	if (!stand_in(x, vrf, ifname, &link))
		return false;
	*out = stand_in_door(x, vrf, &link);
	return true;
}

bool fx_vrf_device(const struct fx *x, const char *vrf, const char *ifname, char dev[NET_IFNAMSIZ])
{
	struct net_link link;

	dev[0] = '\0';
	if (!vrf)
		return true;
	if (!fx_find_vrf(x->cfg, vrf))
		return false;
	if (device_index(x, vrf))
		vrf_device_name(vrf, dev);
	else if (stand_in(x, vrf, ifname, &link))
		snprintf(dev, NET_IFNAMSIZ, "%s", link.name);
	return dev[0] != '\0';
}

size_t fx_vrf_servers(const struct fx_config *c, const char *vrf, struct ipaddr *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < c->vrf_servers.n; i++)
		if (strcmp(c->vrf_servers.v[i].vrf, vrf) == 0 && n < max)
			out[n++] = c->vrf_servers.v[i].addr;
	return n;
}

/* ---- the difference -------------------------------------------------------------------------- */

static bool is_outer(const struct fx_config *c, const char *vrf)
{
	for (size_t i = 0; i < c->interfaces.n; i++)
		if (c->interfaces.v[i].is_tunnel && c->interfaces.v[i].tunnel_vrf &&
		        strcmp(c->interfaces.v[i].tunnel_vrf, vrf) == 0)
			return true;
	return false;
}

static struct door *find(struct fx_doors *d, uint32_t number)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].d.number == number)
			return &d->v[i];
	return NULL;
}

static void tell(struct fx *x, uint32_t number, const char *device)
{
	int rc = x->b.dp_ops->door(x->b.dp, number, device);

	if (rc < 0)
		log_msg(PLATFORM_OPERATION_FAILED, "front door", strerror(-rc));
	x->reconsider = true;
}

static void want(struct fx *x, struct fx_door d, const char *device)
{
	struct fx_doors *all = x->doors;
	struct door *have = find(all, d.number);

	if (!have) {
		all->v = xrealloc(all->v, (all->n + 1) * sizeof(*all->v));
		have = &all->v[all->n++];
		*have = (struct door){.d.number = d.number};
	}
	have->wanted = true;
	if (have->d.ifindex == d.ifindex)
		return;
	have->d = d;
	snprintf(have->device, sizeof(have->device), "%s", device);
	tell(x, d.number, device);
}

static void want_vrf(struct fx *x, const char *vrf)
{
	uint32_t ifindex = device_index(x, vrf);
	char device[NET_IFNAMSIZ];
	struct net_link link;

	if (ifindex) {
		vrf_device_name(vrf, device);
		want(x, (struct fx_door){.number = fx_vrf_id(x, vrf), .ifindex = ifindex}, device);
		return;
	}
	for (size_t n = 0; n < x->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &x->cfg->interfaces.v[n];

		if (stand_in(x, vrf, i->name, &link))
			want(x, stand_in_door(x, vrf, &link), link.name);
	}
}

/* The kernel keeps connected routes in the global table: a stand-in's table is given its own. */
static void want_connected(struct fx *x, const char *vrf, const struct fx_interface *i)
{
	static const int family[] = {AF_INET, AF_INET6};
	struct prefix addr[STAND_IN_ADDRS];

	for (size_t f = 0; f < ARRAY_LEN(family); f++) {
		size_t n = fx_interface_addresses(x, i, family[f], addr, ARRAY_LEN(addr));

		for (size_t k = 0; k < n; k++) {
			struct fx_route_want w = {.dst = prefix_mask(&addr[k]),
			        .distance = 1,
			        .owner = connected_owner,
			        .vrf = fx_vrf_id(x, vrf)};

			snprintf(w.ifname, sizeof(w.ifname), "%s", i->name);
			fx_route_want(x, &w);
		}
	}
	x->doors->connected = true;
}

static void connected(struct fx *x)
{
	struct net_link link;

	if (x->doors->connected)
		fx_routes_unwant_owner(x, connected_owner);
	x->doors->connected = false;
	for (size_t v = 0; v < x->cfg->vrfs.n; v++) {
		const char *vrf = x->cfg->vrfs.v[v].name;

		if (!is_outer(x->cfg, vrf) || device_index(x, vrf))
			continue;
		for (size_t n = 0; n < x->cfg->interfaces.n; n++)
			if (stand_in(x, vrf, x->cfg->interfaces.v[n].name, &link))
				want_connected(x, vrf, &x->cfg->interfaces.v[n]);
	}
}

void fx_doors_apply(struct fx *x)
{
	struct fx_doors *d = x->doors;

	for (size_t i = 0; i < d->n; i++)
		d->v[i].wanted = false;
	for (size_t i = 0; i < x->cfg->vrfs.n; i++)
		if (is_outer(x->cfg, x->cfg->vrfs.v[i].name))
			want_vrf(x, x->cfg->vrfs.v[i].name);
	for (size_t i = d->n; i-- > 0;) {
		uint32_t number = d->v[i].d.number;

		if (d->v[i].wanted)
			continue;
		d->v[i] = d->v[--d->n];
		tell(x, number, NULL);
	}
	connected(x);
}

void fx_doors_close(struct fx *x)
{
	while (x->doors->n)
		tell(x, x->doors->v[--x->doors->n].d.number, NULL);
}
