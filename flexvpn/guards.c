/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blackholes under pushed routes: see guards.h. */
#include "flexvpn/guards.h"

#include "flexvpn/services.h"

enum { GUARD_DISTANCE = 255 };
static const uint32_t guard_owner = 1u << 31; /* owners of routes are client numbers; this bit makes another one of each */

static void want(struct fx *x, uint32_t client, const struct prefix *dst, uint16_t vrf)
{
	struct fx_route_want w = {
		.dst = *dst, .distance = GUARD_DISTANCE, .owner = client | guard_owner, .null0 = true, .vrf = vrf};

	fx_route_want(x, &w);
}

void fx_guards_drop(struct fx *x, struct fx_client *c)
{
	if (c->guarded)
		fx_routes_unwant_owner(x, c->id | guard_owner);
	c->guarded = false;
}

void fx_guards_set(struct fx *x, struct fx_client *c)
{
	const struct fx_interface *t = fx_find_interface(x->cfg, c->sas.tunnel);

	fx_guards_drop(x, c);
	for (size_t i = 0; c->accept_routes && i < c->pushed.n_subnet; i++)
		if (c->pushed.subnet[i].len) {
			want(x, c->id, &c->pushed.subnet[i], fx_vrf_id(x, t ? t->vrf : NULL));
			c->guarded = true;
		}
}

bool fx_guards_adopt(struct fx *x, const struct net_route *left)
{
	if (!left->blackhole || left->metric != GUARD_DISTANCE)
		return false;
	for (struct fx_client *c = x->clients; c; c = c->next)
		if (c->state != FX_INIT && fx_client_wanted(x, c)) {
			want(x, c->id, &left->dst, fx_vrf_of_table(x, left->table));
			c->guarded = true;
			return true;
		}
	return false;
}
