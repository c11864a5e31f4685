/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of VRFs. */
#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

static void add(struct cfg_build *b, const char *name, bool old_form)
{
	b->vrf = FX_APPEND(b->c, b->c->vrfs);
	b->vrf->name = name;
	b->vrf->old_form = b->vrf->ipv4 = old_form;
}

void use_global_vrf(struct cfg_build *b, const struct cfg_node *n, const struct gl_global_vrf *l)
{
	(void)n;
	add(b, l->name, false);
}

void use_vrf_description(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_vrf_description *l)
{
	(void)n;
	b->vrf->description = l->text;
}

void use_vrf_rd(struct cfg_build *b, const struct cfg_node *n, const struct gl_vrf_rd *l)
{
	(void)n;
	b->vrf->rd = l->rd;
}

void use_vrf_vrf_ipv4(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_vrf_vrf_ipv4 *l)
{
	(void)n;
	(void)l;
	b->vrf->ipv4 = true;
}

void use_vrf_vrf_ipv6(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_vrf_vrf_ipv6 *l)
{
	(void)n;
	(void)l;
	b->vrf->ipv6 = true;
}

void use_global_ip_vrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_vrf *l)
{
	(void)n;
	add(b, l->name, true);
}

void use_ip_vrf_description(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ip_vrf_description *l)
{
	(void)n;
	b->vrf->description = l->text;
}

void use_ip_vrf_rd(struct cfg_build *b, const struct cfg_node *n, const struct gl_ip_vrf_rd *l)
{
	(void)n;
	b->vrf->rd = l->rd;
}

void use_if_tunnel_vrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_tunnel_vrf *l)
{
	(void)n;
	b->interface->tunnel_vrf = l->vrf;
}

void use_if_vrf_forwarding(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_vrf_forwarding *l)
{
	(void)n;
	b->interface->vrf = l->vrf;
}
