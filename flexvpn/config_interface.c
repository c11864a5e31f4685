/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of interfaces and tunnels. */
#include <stdlib.h>
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_if(struct cfg_build *b, const struct cfg_node *n, const struct gl_global_if *l)
{
	struct fx_interface *i = FX_APPEND(b->c, b->c->interfaces);

	(void)n;
	b->interface = i;
	i->name = l->name;
	i->is_tunnel = gr_ifname_is(l->name, "Tunnel");
	i->is_loopback = gr_ifname_is(l->name, "Loopback");
	i->is_template = gr_ifname_is(l->name, "Virtual-Template");
	if (i->is_tunnel)
		i->number = (uint32_t)strtoul(l->name + strlen("Tunnel"), NULL, 10);
	if (i->is_template)
		i->number = (uint32_t)strtoul(l->name + strlen("Virtual-Template"), NULL, 10);
}

void use_if_description(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_description *l)
{
	(void)n;
	b->interface->description = l->text;
}

void use_if_shutdown(struct cfg_build *b, const struct cfg_node *n, const struct gl_if_shutdown *l)
{
	(void)n;
	(void)l;
	b->interface->shutdown = true;
}

/* ---- addresses
 * ----------------------------------------------------------------------------------------------------------
 */

static void address(struct fx_interface *i, const struct ipaddr *addr, const struct ipaddr *mask)
{
	if (i->n_addr < ARRAY_LEN(i->addr))
		i->addr[i->n_addr++] = fx_prefix(addr, mask);
}

/* The guide writes `ip address A` for a tunnel: without a mask it is a host's. */
void use_if_ip_address(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_address *l)
{
	(void)n;
	b->interface->negotiated = l->kw_negotiated;
	b->interface->dhcp = l->kw_dhcp;
	if (l->has_hostname)
		b->interface->dhcp_hostname = l->hostname;
	if (l->has_addr)
		address(b->interface, &l->addr, l->has_mask ? &l->mask : NULL);
}

void use_if_ip_address_secondary(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_address_secondary *l)
{
	(void)n;
	address(b->interface, &l->addr, &l->mask);
}

void use_if_ip_unnumbered(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_unnumbered *l)
{
	(void)n;
	b->interface->unnumbered = l->ifname;
}

void use_if_ipv6_address(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ipv6_address *l)
{
	struct fx_interface *i = b->interface;

	(void)n;
	i->ip6_enable = true;
	i->autoconf |= l->kw_autoconfig;
	i->autoconf_default |= l->kw_default;
	if (l->kw_eui_64 || l->kw_anycast || i->n_addr6 == ARRAY_LEN(i->addr6))
		return;
	if (l->has_prefix)
		i->addr6[i->n_addr6++] = l->prefix;
	else if (l->has_addr)
		i->addr6[i->n_addr6++] = prefix_of(&l->addr, 64);
}

void use_if_ipv6_enable(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ipv6_enable *l)
{
	(void)n;
	(void)l;
	b->interface->ip6_enable = true;
}

void use_if_mtu(struct cfg_build *b, const struct cfg_node *n, const struct gl_if_mtu *l)
{
	(void)n;
	b->interface->mtu = l->bytes;
}

void use_if_ip_mtu(struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_mtu *l)
{
	(void)n;
	b->interface->ip_mtu = l->bytes;
}

void use_if_encapsulation(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_encapsulation *l)
{
	(void)n;
	b->interface->vlan = l->kw_native ? 0 : (uint16_t)l->vlan;
}

void use_if_ip_tcp_adjust_mss(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_tcp_adjust_mss *l)
{
	(void)n;
	b->interface->mss4 = (uint16_t)l->bytes;
}

void use_if_ipv6_tcp_adjust_mss(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ipv6_tcp_adjust_mss *l)
{
	(void)n;
	b->interface->mss6 = (uint16_t)l->bytes;
}

/* ---- tunnels
 * --------------------------------------------------------------------------------------------------------------
 */

void use_if_tunnel_source(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_tunnel_source *l)
{
	(void)n;
	b->interface->source_dynamic = l->kw_dynamic;
	if (l->has_addr)
		b->interface->source_addr = l->addr;
	if (l->has_ifname)
		b->interface->source_if = l->ifname;
}

void use_if_tunnel_mode(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_tunnel_mode *l)
{
	struct fx_interface *i = b->interface;

	(void)n;
	if (l->kw_dual_overlay)
		i->mode = FX_TUN_DUAL;
	else if (l->kw_ipsec)
		i->mode = l->kw_ipv4 ? FX_TUN_IPSEC4 : FX_TUN_IPSEC6;
	else
		i->mode = l->kw_ipv6 ? FX_TUN_GRE6 : FX_TUN_GRE4;
}

void use_if_tunnel_destination(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_tunnel_destination *l)
{
	(void)n;
	b->interface->dest_dynamic = l->kw_dynamic;
	if (l->has_addr)
		b->interface->dest_addr = l->addr;
}

void use_if_tunnel_key(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_tunnel_key *l)
{
	(void)n;
	b->interface->has_key = true;
	b->interface->key = (uint32_t)l->key;
}

void use_if_tunnel_protection(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_tunnel_protection *l)
{
	(void)n;
	b->interface->protection = l->profile;
}

/* ---- devices
 * ----------------------------------------------------------------------------------------------------------------
 */

void use_global_platform_interface(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_platform_interface *l)
{
	struct fx_binding *bind = FX_APPEND(b->c, b->c->bindings);

	(void)n;
	bind->name = l->ifname;
	bind->device = l->device;
}
