/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of NAT, route maps and the access groups of interfaces. */
#include <stdlib.h>
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

/* ---- on interfaces ------------------------------------------------------------------------------
 */

void use_if_ip_nat(struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_nat *l)
{
	(void)n;
	b->interface->nat_inside = l->kw_inside;
	b->interface->nat_outside = l->kw_outside;
}

void use_if_ip_access_group_in(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_access_group_in *l)
{
	(void)n;
	b->interface->acl_in = l->acl;
}

void use_if_ip_access_group_out(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_access_group_out *l)
{
	(void)n;
	b->interface->acl_out = l->acl;
}

void use_if_ipv6_traffic_filter_in(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ipv6_traffic_filter_in *l)
{
	(void)n;
	b->interface->acl6_in = l->acl;
}

void use_if_ipv6_traffic_filter_out(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_if_ipv6_traffic_filter_out *l)
{
	(void)n;
	b->interface->acl6_out = l->acl;
}

/* ---- translations -------------------------------------------------------------------------------
 */

void use_global_ip_nat_pool(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_nat_pool *l)
{
	struct nat_pool *p;
	int len = l->has_mask ? mask_to_len(ipaddr_u32(&l->mask)) : (int)l->length;

	(void)n;
	if (ipaddr_u32(&l->last) < ipaddr_u32(&l->first) || len < 0)
		return; /* no address is in it: rules that name it have no pool */
	p = FX_APPEND(b->c, b->c->nat_pools);
	p->name = l->pool;
	p->first = l->first;
	p->last = l->last;
	p->len = (uint8_t)len;
	p->match_host = l->kw_match_host;
	p->rotary = l->kw_rotary;
}

void use_global_ip_nat_inside_destination_list(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_nat_inside_destination_list *l)
{
	struct fx_nat_destination *d = FX_APPEND(b->c, b->c->nat_destinations);

	(void)n;
	d->acl = l->acl;
	d->pool = l->pool;
}

void use_global_ip_nat_inside_source_list(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_nat_inside_source_list *l)
{
	struct fx_nat_dynamic *d;

	if (cfg_node_pending(n)) /* `vrf`: it would translate what another VRF sends */
		return;
	d = FX_APPEND(b->c, b->c->nat_dynamic);
	d->acl = l->acl;
	d->pool = l->pool;
	d->ifname = l->ifname;
	d->overload = l->kw_overload;
}

void use_global_ip_nat_inside_source_route_map(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_nat_inside_source_route_map *l)
{
	struct fx_nat_dynamic *d = FX_APPEND(b->c, b->c->nat_dynamic);

	(void)n;
	d->map = l->map;
	d->pool = l->pool;
	d->ifname = l->ifname;
	d->overload = l->kw_overload;
}

static void static_ports(struct fx_nat_static *s, enum nat_static_kind kind,
        const struct ipaddr *local, uint32_t local_port, uint32_t global_port)
{
	s->s.kind = kind;
	s->s.local = *local;
	s->s.local_port = (uint16_t)local_port;
	s->s.global_port = (uint16_t)global_port;
}

void use_global_ip_nat_inside_source_static(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_nat_inside_source_static *l)
{
	struct fx_nat_static *s = FX_APPEND(b->c, b->c->nat_static);

	(void)n;
	s->s.map = l->map;
	s->s.no_alias = l->kw_no_alias;
	if (l->kw_tcp) {
		static_ports(
		        s, NAT_STATIC_TCP, &l->tcp_local, l->tcp_local_port, l->tcp_outer_port);
		s->s.global = l->tcp_outer;
		s->ifname = l->tcp_ifname;
	} else if (l->kw_udp) {
		static_ports(
		        s, NAT_STATIC_UDP, &l->udp_local, l->udp_local_port, l->udp_outer_port);
		s->s.global = l->udp_outer;
		s->ifname = l->udp_ifname;
	} else if (l->kw_network) {
		s->s.kind = NAT_STATIC_NET;
		s->s.local = l->net_local;
		s->s.global = l->net_outer;
		s->s.len = l->has_mask ? (uint8_t)mask_to_len(ipaddr_u32(&l->mask))
		                       : (uint8_t)strtoul(l->length + strlen("/"), NULL, 10);
	} else {
		s->s.local = l->local;
		s->s.global = l->outer;
	}
}

#define USE_TIMEOUT(line, field)                                                                   \
	void use_global_ip_nat_translation_##line(struct cfg_build *b, const struct cfg_node *n,   \
	        const struct gl_global_ip_nat_translation_##line *l)                               \
	{                                                                                          \
		(void)n;                                                                           \
		b->c->nat_timeouts.field = l->value;                                               \
	}
USE_TIMEOUT(udp_timeout, udp)
USE_TIMEOUT(dns_timeout, dns)
USE_TIMEOUT(tcp_timeout, tcp)
USE_TIMEOUT(finrst_timeout, finrst)
USE_TIMEOUT(max_entries, max_entries)

/* ---- route maps ---------------------------------------------------------------------------------
 */

void use_global_route_map(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_route_map *l)
{
	(void)n;
	b->map = FX_APPEND(b->c, b->c->maps);
	b->map->name = l->name;
	b->map->seq = l->seq;
	b->map->permit = l->kw_permit;
}

void use_route_map_description(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_route_map_description *l)
{
	(void)n;
	b->map->description = l->text;
}

void use_route_map_match_ip_address(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_route_map_match_ip_address *l)
{
	(void)n;
	for (size_t i = 0; i < l->n_acl; i++) {
		struct fx_name *name = FX_APPEND(b->c, b->map->acl);

		name->s = l->acl[i];
	}
}

void use_route_map_match_interface(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_route_map_match_interface *l)
{
	(void)n;
	b->map->match_if = true;
	for (size_t i = 0; i < l->n_ifname; i++) {
		struct fx_name *name = FX_APPEND(b->c, b->map->interface);

		name->s = l->ifname[i];
	}
}

void use_route_map_match_track(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_route_map_match_track *l)
{
	(void)n;
	b->map->track = l->track;
}
