/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip dns view | view-list | name-list | statistics, show hosts: exec-and-cli reference B17.
 * Views and lists that exist for a client's session are marked (dynamic). */
#include <stdio.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/services.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

static bool selected(const char *wanted, const char *name)
{
	return !wanted || strcmp(wanted, name) == 0;
}

static void addresses(struct out *o, const char *key, const struct ipaddr *v, size_t n)
{
	char text[IPADDR_STRLEN];

	out_list(o, key);
	for (size_t i = 0; i < n; i++)
		out_field_str(o, NULL, "    %s\n", ipaddr_fmt(&v[i], text));
	out_list_end(o);
}

/* ---- views
 * -----------------------------------------------------------------------------------------------------------------
 */

static void resolver_settings(struct out *o, const struct fx_dns_view *v)
{
	out_text(o, "DNS Resolver settings:\n");
	out_field_str(
	        o, "lookup", "  Domain lookup is %s\n", v->no_lookup ? "disabled" : "enabled");
	out_field_str(o, "domain", "  Default domain name: %s\n", v->domain ? v->domain : "");
	out_text(o, "  Domain search list:%s", v->n_list ? "" : "\n");
	out_list(o, "search-list");
	for (uint8_t i = 0; i < v->n_list; i++)
		out_field_str(o, NULL, i + 1 == v->n_list ? " %s\n" : " %s", v->list[i]);
	out_list_end(o);
	out_text(o, "  Domain name-servers:\n");
	addresses(o, "name-servers", v->server, v->n_server);
}

static void configured_view(struct exec *e, const struct fx_dns_view *v)
{
	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "DNS View %s parameters:\n", v->name);
	out_bool(e->o, "dynamic", false);
	resolver_settings(e->o, v);
	out_text(e->o, "DNS Server settings:\n");
	out_field_str(e->o, "forwarding", "  Forwarding of queries is %s\n",
	        v->no_forwarding ? "disabled" : "enabled");
	out_text(e->o, "  Forwarder addresses:\n");
	addresses(e->o, "forwarders", v->forwarder, v->n_forwarder);
	out_text(e->o, "\n");
	out_obj_end(e->o);
}

static void dynamic_view(struct exec *e, const struct fx_client *c, const struct dns_view *v)
{
	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "DNS View %s (dynamic) parameters:\n", v->name);
	out_bool(e->o, "dynamic", true);
	out_text(e->o, "DNS Server settings:\n");
	out_field_str(e->o, "forwarding", "  Forwarding of queries is %s\n", "enabled");
	out_text(e->o, "  Names in and under:\n");
	out_list(e->o, "domains");
	for (size_t i = 0; i < v->n_domain; i++)
		out_field_str(e->o, NULL, "    %s\n", v->domain[i]);
	out_list_end(e->o);
	out_text(e->o, "  Forwarder addresses:\n");
	addresses(e->o, "forwarders", c->pushed.dns, c->pushed.n_dns);
	out_text(e->o, "\n");
	out_obj_end(e->o);
}

void exec_show_ip_dns_view(struct exec *e, const struct gl_exec_show_ip_dns_view *a)
{
	const char *name = a->has_name ? a->name : NULL;
	const struct fx_config *c = e->fx->cfg;
	struct dns_view v;
	struct arena arena;

	arena_init(&arena);
	out_list(e->o, NULL);
	if (selected(name, "default"))
		configured_view(e, fx_find_dns_view(c, "default"));
	for (size_t i = 0; i < c->dns_views.n; i++)
		if (strcmp(c->dns_views.v[i].name, "default") != 0 &&
		        selected(name, c->dns_views.v[i].name))
			configured_view(e, &c->dns_views.v[i]);
	for (const struct fx_client *cl = e->fx->clients; cl; cl = cl->next)
		if (selected(name, cl->name) && fx_dns_pushed_view(e->fx, cl, &arena, &v))
			dynamic_view(e, cl, &v);
	out_list_end(e->o);
	arena_fini(&arena);
}

/* ---- view lists
 * --------------------------------------------------------------------------------------------------------------
 */

static void member(struct out *o, const char *view, bool dynamic, uint32_t order, uint32_t group)
{
	out_obj(o, NULL);
	out_field_str(o, "view", dynamic ? "  View %s (dynamic):\n" : "  View %s:\n", view);
	out_bool(o, "dynamic", dynamic);
	out_field_int(o, "order", "    Evaluation order: %lld\n", order);
	if (group)
		out_field_int(o, "name-group", "    Restrict to ip dns name-list: %lld\n", group);
	out_obj_end(o);
}

static void configured_list(struct exec *e, const char *list)
{
	const struct fx_config *c = e->fx->cfg;

	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "View-list %s:\n", list);
	out_bool(e->o, "dynamic", false);
	out_list(e->o, "views");
	for (size_t i = 0; i < c->dns_members.n; i++)
		if (strcmp(c->dns_members.v[i].list, list) == 0)
			member(e->o, c->dns_members.v[i].view, false, c->dns_members.v[i].order,
			        c->dns_members.v[i].name_group);
	out_list_end(e->o);
	out_text(e->o, "\n");
	out_obj_end(e->o);
}

/* What the session of a client makes of the list of its inside interfaces. */
static void dynamic_list(struct exec *e, const struct fx_client *cl)
{
	const struct fx_config *c = e->fx->cfg;
	const struct fx_client_cfg *cfg = fx_find_client(c, cl->name);

	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "View-list %s (dynamic):\n", cl->name);
	out_bool(e->o, "dynamic", true);
	out_list(e->o, "views");
	member(e->o, cl->name, true, 10, 0);
	member(e->o, "default", false, 20, 0);
	out_list_end(e->o);
	out_list(e->o, "interfaces");
	out_text(e->o, "  Interfaces:");
	for (size_t i = 0; cfg && i < c->interfaces.n; i++)
		if (!c->interfaces.v[i].view_group && c->interfaces.v[i].device &&
		        !c->interfaces.v[i].shutdown &&
		        fx_dns_client_applies(e->fx, cfg, &c->interfaces.v[i]))
			out_field_str(e->o, NULL, " %s", c->interfaces.v[i].name);
	out_list_end(e->o);
	out_text(e->o, "\n\n");
	out_obj_end(e->o);
}

void exec_show_ip_dns_view_list(struct exec *e, const struct gl_exec_show_ip_dns_view_list *a)
{
	const char *name = a->has_name ? a->name : NULL, *last = NULL;
	const struct fx_config *c = e->fx->cfg;
	struct dns_view v;
	struct arena arena;

	arena_init(&arena);
	out_list(e->o, NULL);
	for (size_t i = 0; i < c->dns_members.n; i++) {
		const char *list = c->dns_members.v[i].list;

		if ((!last || strcmp(last, list) != 0) && selected(name, list))
			configured_list(e, list);
		last = list;
	}
	for (const struct fx_client *cl = e->fx->clients; cl; cl = cl->next)
		if (selected(name, cl->name) && fx_dns_pushed_view(e->fx, cl, &arena, &v))
			dynamic_list(e, cl);
	out_list_end(e->o);
	arena_fini(&arena);
}

void exec_show_ip_dns_name_list(struct exec *e, const struct gl_exec_show_ip_dns_name_list *a)
{
	const struct fx_config *c = e->fx->cfg;
	uint32_t last = 0;
	char domain[256];

	out_list(e->o, NULL);
	for (size_t i = 0; i < c->dns_names.n; i++) {
		const struct fx_dns_name *n = &c->dns_names.v[i];
		bool usable = strcmp(n->regex, ".*") == 0 ||
		              dns_domain_of_regex(n->regex, domain, sizeof(domain));

		if (a->has_number && a->number != n->number)
			continue;
		if (n->number != last)
			out_text(e->o, "ip dns name-list %u\n", n->number);
		last = n->number;
		out_obj(e->o, NULL);
		out_int(e->o, "number", n->number);
		out_field_str(e->o, "action", "    %s ", n->permit ? "permit" : "deny");
		out_field_str(e->o, "regex", "%s", n->regex);
		out_text(e->o, usable ? "\n" : " (no domain: without effect)\n");
		out_bool(e->o, "in-effect", usable);
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

/* ---- statistics
 * ---------------------------------------------------------------------------------------------------------------
 */

static void list_status(struct exec *e, struct services *s, const struct dns_list *l)
{
	struct dns_status st;

	if (!s->ops->dns_status(s, l->name, &st))
		return;
	out_obj(e->o, NULL);
	out_str(e->o, "list", l->name);
	out_list(e->o, "devices");
	out_text(e->o, "DNS server on");
	for (size_t i = 0; i < l->n_dev; i++)
		out_field_str(e->o, NULL, " %s", l->dev[i]);
	out_list_end(e->o);
	out_bool(e->o, "running", st.running);
	if (!st.running)
		out_field_str(
		        e->o, "reason", " does not run: %s", st.why[0] ? st.why : "being started");
	out_text(e->o, "\n");
	out_field_int(e->o, "forwarded", "  Queries forwarded = %lld\n", (int64_t)st.forwarded);
	out_field_int(e->o, "local", "  Queries answered locally = %lld\n", (int64_t)st.local);
	out_field_int(e->o, "starts", "  Process started %lld times\n", st.starts);
	out_obj_end(e->o);
}

/* The figures are those of the last time that somebody asked; the processes are asked for the next.
 */
void exec_show_ip_dns_statistics(struct exec *e, const struct gl_exec_show_ip_dns_statistics *a)
{
	struct services *s = e->fx->b.services;
	struct fx_dns_wanted w;
	struct arena arena;

	(void)a;
	arena_init(&arena);
	w = fx_dns_wanted(e->fx, &arena);
	out_list(e->o, NULL);
	for (size_t i = 0; s && i < w.n; i++)
		list_status(e, s, &w.v[i]);
	out_list_end(e->o);
	if (!w.n)
		out_text(e->o, "DNS server is not active\n");
	if (s)
		s->ops->dns_ask(s);
	arena_fini(&arena);
}

/* ---- hosts
 * ----------------------------------------------------------------------------------------------------------------------
 */

static void servers_line(struct out *o, const struct fx_dns_view *v)
{
	char text[IPADDR_STRLEN];

	out_text(o, "Name servers are");
	out_list(o, "name-servers");
	for (uint8_t i = 0; i < v->n_server; i++)
		out_field_str(o, NULL, i ? ", %s" : " %s", ipaddr_fmt(&v->server[i], text));
	out_list_end(o);
	out_text(o, v->n_server ? "\n" : " 255.255.255.255\n");
}

static void host_lines(struct exec *e)
{
	const struct fx_config *c = e->fx->cfg;
	const char *last = "";
	char text[IPADDR_STRLEN];

	out_text(e->o, "\nCodes: UN - unknown, EX - expired, OK - OK, ?? - revalidate\n"
	               "       temp - temporary, perm - permanent\n"
	               "       NA - Not Applicable None - Not defined\n\n"
	               "Host                      Port  Flags      Age Type   Address(es)\n");
	out_list(e->o, "hosts");
	for (size_t i = 0; i < c->dns_hosts.n; i++) {
		const struct fx_dns_host *h = &c->dns_hosts.v[i];
		bool more = strcmp(h->name, last) == 0;

		out_obj(e->o, NULL);
		out_str(e->o, "name", h->name);
		out_text(e->o, "%-26s%-6s%-12s%-4s", more ? "" : h->name, more ? "" : "None",
		        more ? "" : "(perm, OK)", more ? "" : "0");
		out_field_str(e->o, "type", "%-6s", h->addr.family == AF_INET6 ? "IPv6" : "IP");
		out_field_str(e->o, "address", "%s\n", ipaddr_fmt(&h->addr, text));
		out_obj_end(e->o);
		last = h->name;
	}
	out_list_end(e->o);
}

void exec_show_hosts(struct exec *e, const struct gl_exec_show_hosts *a)
{
	const struct fx_dns_view *v = fx_find_dns_view(e->fx->cfg, "default");

	out_obj(e->o, NULL);
	if (v->domain)
		out_field_str(e->o, "domain", "Default domain is %s\n", v->domain);
	else
		out_text(e->o, "Default domain is not set\n");
	out_bool(e->o, "lookup", !v->no_lookup);
	out_text(e->o, "Name/address lookup uses %s\n",
	        v->no_lookup ? "static mappings" : "domain service");
	servers_line(e->o, v);
	if (a->kw_summary)
		out_field_int(e->o, "static-entries", "Static entries: %lld\n",
		        (int64_t)e->fx->cfg->dns_hosts.n);
	else
		host_lines(e);
	out_obj_end(e->o);
}
