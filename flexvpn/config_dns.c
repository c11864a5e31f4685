/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of names: ip domain, ip host, ip name-server, and the DNS server with its views. */
#include <stdlib.h>
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

/* The view `default` is there without a line; the global lines are its settings. */
static struct fx_dns_view *view_named(struct cfg_build *b, const char *name)
{
	for (size_t i = 0; i < b->c->dns_views.n; i++)
		if (strcmp(b->c->dns_views.v[i].name, name) == 0)
			return &b->c->dns_views.v[i];
	struct fx_dns_view *v = FX_APPEND(b->c, b->c->dns_views);

	v->name = name;
	return v;
}

static void add_addr(struct ipaddr *v, uint8_t *n, const struct ipaddr *a)
{
	if (*n < DNS_MAX_SERVERS)
		v[(*n)++] = *a;
}

static void add_domain(struct fx_dns_view *v, const char *name)
{
	if (v->n_list < FX_DNS_NAMES)
		v->list[v->n_list++] = name;
}

/* ---- the router's own
 * -----------------------------------------------------------------------------------------------
 */

void use_global_ip_domain_lookup(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_domain_lookup *l)
{
	(void)l;
	view_named(b, "default")->no_lookup = cfg_node_negated(n);
}

void use_global_ip_domain_name(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_domain_name *l)
{
	(void)n;
	view_named(b, "default")->domain = l->name;
}

void use_global_ip_domain_list(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_domain_list *l)
{
	(void)n;
	add_domain(view_named(b, "default"), l->name);
}

void use_global_ip_host(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_host *l)
{
	(void)n;
	for (size_t i = 0; i < l->n_addr; i++) {
		struct fx_dns_host *h = FX_APPEND(b->c, b->c->dns_hosts);

		h->name = l->name;
		h->addr = l->addr[i];
	}
}

void use_global_ip_name_server(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_name_server *l)
{
	struct fx_dns_view *v = view_named(b, "default");

	(void)n;
	for (size_t i = 0; !l->has_vrf && i < l->n_addr; i++)
		add_addr(v->server, &v->n_server, &l->addr[i]);
	for (size_t i = 0; l->has_vrf && i < l->n_addr; i++) {
		struct fx_vrf_server *s = FX_APPEND(b->c, b->c->vrf_servers);

		*s = (struct fx_vrf_server){.vrf = l->vrf, .addr = l->addr[i]};
	}
}

/* ---- views
 * ----------------------------------------------------------------------------------------------------------
 */

void use_global_dns_view(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_dns_view *l)
{
	(void)n;
	b->dns_view = view_named(b, l->name);
}

void use_dns_view_dns_forwarder(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dns_view_dns_forwarder *l)
{
	(void)n;
	add_addr(b->dns_view->forwarder, &b->dns_view->n_forwarder, &l->addr);
}

void use_dns_view_dns_forwarding(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dns_view_dns_forwarding *l)
{
	(void)l;
	b->dns_view->no_forwarding = cfg_node_negated(n);
}

void use_dns_view_domain_lookup(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dns_view_domain_lookup *l)
{
	(void)l;
	b->dns_view->no_lookup = cfg_node_negated(n);
}

void use_dns_view_domain_name(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dns_view_domain_name *l)
{
	(void)n;
	b->dns_view->domain = l->name;
}

void use_dns_view_domain_list(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dns_view_domain_list *l)
{
	(void)n;
	add_domain(b->dns_view, l->name);
}

void use_dns_view_domain_name_server(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dns_view_domain_name_server *l)
{
	(void)n;
	if (!l->has_ifname)
		add_addr(b->dns_view->server, &b->dns_view->n_server, &l->addr);
}

/* ---- view lists and name lists
 * -------------------------------------------------------------------------------------- */

void use_global_dns_view_list(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_dns_view_list *l)
{
	(void)n;
	b->dns_list = l->name;
}

void use_dns_view_list_dns_view_list_member(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dns_view_list_dns_view_list_member *l)
{
	(void)n;
	b->dns_member = FX_APPEND(b->c, b->c->dns_members);
	b->dns_member->list = b->dns_list;
	b->dns_member->view = l->view;
	b->dns_member->order = l->order;
}

void use_dns_view_list_member_restrict_name_group(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dns_view_list_member_restrict_name_group *l)
{
	(void)n;
	b->dns_member->name_group = l->group;
}

void use_global_ip_dns_name_list(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_dns_name_list *l)
{
	struct fx_dns_name *e = FX_APPEND(b->c, b->c->dns_names);

	(void)n;
	e->number = l->number;
	e->permit = l->kw_permit;
	e->regex = l->regex;
}

/* ---- the server
 * -----------------------------------------------------------------------------------------------------
 */

void use_global_ip_dns_server(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_dns_server *l)
{
	(void)n;
	(void)l;
	b->c->dns.server = true;
}

void use_global_ip_dns_server_view_group(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_dns_server_view_group *l)
{
	(void)n;
	b->c->dns.view_group = l->list;
}

void use_if_ip_dns_view_group(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_if_ip_dns_view_group *l)
{
	(void)n;
	b->interface->view_group = l->list;
}
