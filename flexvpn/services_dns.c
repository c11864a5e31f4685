/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DNS lists that are wanted. An interface uses, in this order: the view list of its `ip dns
 * view-group`; the views that hubs pushed to the clients whose inside it is, and what is below; the
 * view list of the server; the default view.
 */
#include <stdlib.h>
#include <string.h>

#include "flexvpn/build.h"
#include "flexvpn/services.h"

const struct fx_dns_view *fx_find_dns_view(const struct fx_config *c, const char *name)
{
	static const struct fx_dns_view none = {.name = "default"};

	for (size_t i = 0; i < c->dns_views.n; i++)
		if (strcmp(c->dns_views.v[i].name, name) == 0)
			return &c->dns_views.v[i];
	return strcmp(name, "default") == 0 ? &none : NULL;
}

struct views {
	struct arena *a;
	struct dns_view *v;
	size_t n;
};

static struct dns_view *add_view(struct views *w)
{
	return fx_append(w->a, (void **)&w->v, &w->n, sizeof(*w->v));
}

static void set_servers(struct dns_view *out, const struct ipaddr *v, uint8_t n, const char *dev)
{
	for (uint8_t i = 0; i < n && out->n_server < DNS_MAX_SERVERS; i++)
		out->server[out->n_server++] = (struct dns_server){.addr = v[i], .dev = dev};
}

static struct dns_view configured(const struct fx_dns_view *v)
{
	struct dns_view out = {.name = v->name};

	if (v->no_forwarding)
		return out;
	if (v->n_forwarder)
		set_servers(&out, v->forwarder, v->n_forwarder, NULL);
	else
		set_servers(&out, v->server, v->n_server, NULL);
	return out;
}

/* ---- what a hub pushed
 * -------------------------------------------------------------------------------------------------
 */

bool fx_dns_pushed_view(
        const struct fx *x, const struct fx_client *c, struct arena *a, struct dns_view *out)
{
	const struct fx_interface *t = fx_find_interface(x->cfg, c->sas.tunnel);
	const char **domain;

	*out = (struct dns_view){.name = c->name};
	if (!c->child_up || !c->pushed.n_split_dns || !c->pushed.n_dns)
		return false;
	domain = arena_alloc(a, c->pushed.n_split_dns * sizeof(*domain));
	for (uint8_t i = 0; i < c->pushed.n_split_dns; i++)
		domain[i] = arena_strdup(
		        a, c->pushed.split_dns[i] + (c->pushed.split_dns[i][0] == '.'));
	out->domain = domain;
	out->n_domain = c->pushed.n_split_dns;
	/* Bound to the tunnel: a corporate name is never asked in the clear, whatever the routes
	 * are. */
	set_servers(out, c->pushed.dns, c->pushed.n_dns, t ? t->device : NULL);
	return true;
}

static bool named(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool has_address(const struct fx_interface *i, const struct ipaddr *a)
{
	for (uint8_t n = 0; n < i->n_addr; n++)
		if (ipaddr_eq(&i->addr[n].addr, a))
			return true;
	for (uint8_t n = 0; n < i->n_addr6; n++)
		if (ipaddr_eq(&i->addr6[n].addr, a))
			return true;
	return false;
}

/* A tunnel source of some client profile. */
static bool is_source(const struct fx_config *c, const struct fx_interface *i)
{
	for (size_t n = 0; n < c->clients.n; n++) {
		const struct fx_client_cfg *cl = &c->clients.v[n];
		const struct fx_interface *t = cl->tunnel ? fx_find_interface(c, cl->tunnel) : NULL;

		for (size_t k = 0; k < cl->sources.n; k++)
			if (named(cl->sources.v[k].ifname, i->name))
				return true;
		if (t && (named(t->source_if, i->name) ||
		                 (t->source_addr.family && has_address(i, &t->source_addr))))
			return true;
	}
	return false;
}

/* `outside`: the interface is a tunnel, or the source of one. */
static bool applies(const struct fx_client_cfg *cl, const struct fx_interface *i, bool outside)
{
	for (uint8_t n = 0; n < cl->n_inside; n++)
		if (named(cl->inside[n], i->name))
			return true;
	return !cl->n_inside && !outside;
}

static bool is_outside(const struct fx *x, const struct fx_interface *i)
{
	return i->is_tunnel || is_source(x->cfg, i);
}

bool fx_dns_client_applies(
        const struct fx *x, const struct fx_client_cfg *cl, const struct fx_interface *i)
{
	return applies(cl, i, is_outside(x, i));
}

static void add_pushed(const struct fx *x, const struct fx_interface *i, struct views *w)
{
	bool outside = is_outside(x, i);

	for (size_t n = 0; n < x->cfg->clients.n; n++) {
		const struct fx_client_cfg *cl = &x->cfg->clients.v[n];
		const struct fx_client *c = fx_client_by_name(x, cl->name);
		struct dns_view v;

		if (c && applies(cl, i, outside) && fx_dns_pushed_view(x, c, w->a, &v))
			*add_view(w) = v;
	}
}

/* ---- view lists
 * -----------------------------------------------------------------------------------------------------------
 */

/* The view that takes what this member leaves: the next one without a restriction. */
static const struct fx_dns_view *after(const struct fx_config *c, const struct fx_dns_member *m)
{
	for (size_t i = 0; i < c->dns_members.n; i++) {
		const struct fx_dns_member *o = &c->dns_members.v[i];

		if (strcmp(o->list, m->list) == 0 && o->order > m->order && !o->name_group)
			return fx_find_dns_view(c, o->view);
	}
	return NULL;
}

struct names {
	const char **v;
	size_t n;
};

/* The domains that a name list permits, or denies; true: everything. */
static bool name_group(
        const struct fx_config *c, uint32_t group, bool permit, struct arena *a, struct names *out)
{
	char domain[256];
	bool all = false;

	for (size_t i = 0; i < c->dns_names.n; i++) {
		const struct fx_dns_name *e = &c->dns_names.v[i];

		if (e->number != group || e->permit != permit)
			continue;
		if (strcmp(e->regex, ".*") == 0)
			all = true;
		else if (dns_domain_of_regex(e->regex, domain, sizeof(domain)))
			*(const char **)fx_append(a, (void **)&out->v, &out->n, sizeof(*out->v)) =
			        arena_strdup(a, domain);
	}
	return all;
}

static void add_domains(
        struct views *w, const struct fx_dns_view *v, const struct names *n, const char *name)
{
	struct dns_view out = v ? configured(v) : (struct dns_view){0};

	if (!n->n)
		return;
	out.name = name;
	out.domain = n->v;
	out.n_domain = n->n;
	*add_view(w) = out;
}

static void add_member(const struct fx_config *c, const struct fx_dns_member *m, struct views *w)
{
	const struct fx_dns_view *v = fx_find_dns_view(c, m->view);
	struct names permitted = {0}, denied = {0};

	if (!v)
		return; /* it dangles */
	bool all = !m->name_group || name_group(c, m->name_group, true, w->a, &permitted);

	if (m->name_group)
		name_group(c, m->name_group, false, w->a, &denied);
	add_domains(w, after(c, m), &denied, m->view);
	add_domains(w, v, &permitted, m->view);
	if (all)
		*add_view(w) = configured(v);
}

static void add_list(const struct fx_config *c, const char *list, struct views *w)
{
	for (size_t i = 0; i < c->dns_members.n; i++)
		if (strcmp(c->dns_members.v[i].list, list) == 0)
			add_member(c, &c->dns_members.v[i], w);
}

/* ---- groups of interfaces
 * -------------------------------------------------------------------------------------------------
 */

/* What decides on an interface's views, as a name: interfaces of one name share a list. NULL: none
 * of our business. */
static const char *group_of(const struct fx *x, const struct fx_interface *i, struct arena *a)
{
	struct strbuf clients = {0};
	const char *name = NULL;
	bool outside;

	if (!i->device || i->shutdown)
		return NULL;
	if (i->view_group)
		return x->cfg->dns.server ? arena_printf(a, "list %s", i->view_group) : NULL;
	outside = is_outside(x, i);
	for (size_t n = 0; n < x->cfg->clients.n; n++)
		if (applies(&x->cfg->clients.v[n], i, outside))
			sb_printf(&clients, " %s", x->cfg->clients.v[n].name);
	if (clients.len)
		name = arena_printf(a, "flexvpn%s", sb_str(&clients));
	sb_fini(&clients);
	return name ? name : x->cfg->dns.server ? "default" : NULL;
}

/* Has any interface a view? Most routers with many clients have none, and need not be walked. */
static bool any_view(const struct fx *x)
{
	bool any = x->cfg->dns.server;

	for (size_t n = 0; n < x->cfg->clients.n && !any; n++) {
		const struct fx_client *c = fx_client_by_name(x, x->cfg->clients.v[n].name);

		any = c && c->child_up && c->pushed.n_split_dns && c->pushed.n_dns;
	}
	return any;
}

static struct views views_of(const struct fx *x, const struct fx_interface *i, struct arena *a)
{
	const struct fx_config *c = x->cfg;
	struct views w = {.a = a};

	if (i->view_group) {
		add_list(c, i->view_group, &w);
		return w;
	}
	add_pushed(x, i, &w);
	if (!w.n && !c->dns.server)
		return w;
	if (c->dns.server && c->dns.view_group)
		add_list(c, c->dns.view_group, &w);
	else
		*add_view(&w) = configured(fx_find_dns_view(c, "default"));
	return w;
}

static struct dns_list *list_named(const struct fx_dns_wanted *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->v[i].name, name) == 0)
			return &w->v[i];
	return NULL;
}

static void set_hosts(const struct fx_config *c, struct arena *a, struct fx_dns_wanted *w)
{
	struct dns_host *h = arena_alloc(a, (c->dns_hosts.n + 1) * sizeof(*h));

	for (size_t i = 0; i < c->dns_hosts.n; i++)
		h[i] = (struct dns_host){
		        .name = c->dns_hosts.v[i].name, .addr = c->dns_hosts.v[i].addr};
	for (size_t i = 0; i < w->n; i++) {
		w->v[i].host = h;
		w->v[i].n_host = c->dns_hosts.n;
	}
}

struct fx_dns_wanted fx_dns_wanted(const struct fx *x, struct arena *a)
{
	const struct fx_config *c = x->cfg;
	struct fx_dns_wanted w = {0};

	if (!any_view(x))
		return w;
	for (size_t n = 0; n < c->interfaces.n; n++) {
		const struct fx_interface *i = &c->interfaces.v[n];
		const char *group = group_of(x, i, a);
		struct dns_list *l = group ? list_named(&w, group) : NULL;

		if (!group)
			continue;
		if (!l) {
			struct views v = views_of(x, i, a);

			if (!v.n)
				continue;
			l = fx_append(a, (void **)&w.v, &w.n, sizeof(*w.v));
			*l = (struct dns_list){.name = group, .view = v.v, .n_view = v.n};
			l->dev = arena_alloc(a, c->interfaces.n * sizeof(*l->dev));
		}
		((const char **)(uintptr_t)l->dev)[l->n_dev++] = i->device;
	}
	set_hosts(c, a, &w);
	return w;
}
