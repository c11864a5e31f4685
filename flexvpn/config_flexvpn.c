/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of the FlexVPN client profile. */
#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_flexvpn(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_flexvpn *l)
{
	(void)n;
	b->client = FX_APPEND(b->c, b->c->clients);
	b->client->name = l->name;
	b->client->backup_group = -1;
}

void use_flexvpn_peer(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_peer *l)
{
	struct fx_peer *p = FX_APPEND(b->c, b->client->peers);

	(void)n;
	p->seq = l->seq;
	if (l->has_addr)
		p->addr = l->addr;
	if (l->has_fqdn)
		p->fqdn = l->fqdn;
	p->fqdn_dynamic = l->kw_dynamic;
	p->fqdn_ipv6 = l->kw_ipv6;
	p->track = l->has_track ? l->track : 0;
	p->track_down = l->kw_down;
}

void use_flexvpn_connect(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_connect *l)
{
	struct fx_client_cfg *c = b->client;

	(void)n;
	c->connect = l->kw_manual  ? FX_CONNECT_MANUAL
	             : l->kw_track ? FX_CONNECT_TRACK
	                           : FX_CONNECT_AUTO;
	c->connect_track = l->has_track ? l->track : 0;
	c->connect_track_down = l->kw_down;
}

void use_flexvpn_inside(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_inside *l)
{
	struct fx_client_cfg *c = b->client;

	(void)n;
	if (c->n_inside < ARRAY_LEN(c->inside))
		c->inside[c->n_inside++] = l->ifname;
}

void use_flexvpn_connect_tunnel(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_connect_tunnel *l)
{
	(void)n;
	b->client->tunnel = l->ifname;
}

void use_flexvpn_reactivate(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_reactivate *l)
{
	(void)n;
	(void)l;
	b->client->reactivate = true;
}

void use_flexvpn_standby(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_standby *l)
{
	(void)n;
	(void)l;
	b->client->standby = true;
}

void use_flexvpn_source(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_source *l)
{
	struct fx_source *s = FX_APPEND(b->c, b->client->sources);

	(void)n;
	s->seq = l->seq;
	s->ifname = l->ifname;
	s->track = l->has_track ? l->track : 0;
}

void use_flexvpn_backup_group(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_flexvpn_backup_group *l)
{
	(void)n;
	b->client->backup_group = l->has_group ? (int)l->group : 0;
}
