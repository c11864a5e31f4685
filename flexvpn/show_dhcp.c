/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip dhcp binding | pool | import | server statistics, clear ip dhcp …: exec-and-cli reference
 * B18. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "flexvpn/exec.h"
#include "flexvpn/services.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

/* ---- bindings
 * ----------------------------------------------------------------------------------------------------------------
 */

struct walk {
	struct exec *e;
	const struct ipaddr *only; /* NULL: every one */
	const struct prefix *within;
	uint32_t n;
};

/* "0152.5400.aabb.01": the client's identifier, or its hardware address. */
static void client_text(const struct dhcp_binding *b, char *buf, size_t cap)
{
	const uint8_t *v = b->client_id_len ? b->client_id : b->hwaddr;
	size_t n = b->client_id_len ? b->client_id_len : sizeof(b->hwaddr), at = 0;

	for (size_t i = 0; i < n && at + 4 < cap; i++)
		at += (size_t)snprintf(
		        buf + at, cap - at, i && i % 2 == 0 ? ".%02x" : "%02x", v[i]);
}

static const char *expiry_text(const struct dhcp_binding *b, char buf[40])
{
	time_t t = (time_t)b->expires;
	struct tm tm;

	if (!b->expires)
		return "Infinite";
	localtime_r(&t, &tm);
	strftime(buf, 40, "%b %d %Y %I:%M %p", &tm);
	return buf;
}

static void binding(void *ctx, const struct dhcp_binding *b)
{
	char addr[IPADDR_STRLEN], client[3 * DHCP_ID_LEN + 2] = "", when[40];
	struct walk *w = ctx;

	if (w->only && !ipaddr_eq(w->only, &b->addr))
		return;
	w->n++;
	out_obj(w->e->o, NULL);
	client_text(b, client, sizeof(client));
	out_field_str(w->e->o, "address", "%-20s", ipaddr_fmt(&b->addr, addr));
	out_field_str(w->e->o, "client", "%-24s", client);
	out_field_str(w->e->o, "expires", "%-24s", expiry_text(b, when));
	out_field_str(w->e->o, "type", "%s\n", b->manual ? "Manual" : "Automatic");
	if (b->name[0])
		out_field_str(w->e->o, "host", "                    %s\n", b->name);
	out_obj_end(w->e->o);
}

void exec_show_ip_dhcp_binding(struct exec *e, const struct gl_exec_show_ip_dhcp_binding *a)
{
	struct services *s = e->fx->b.services;
	struct walk w = {.e = e, .only = a->has_addr ? &a->addr : NULL};

	out_text(e->o, "Bindings from all pools not associated with VRF:\n"
	               "IP address          Client-ID/              Lease expiration        Type\n"
	               "                    Hardware address/\n"
	               "                    User name\n");
	out_list(e->o, NULL);
	if (s)
		s->ops->bindings(s, binding, &w);
	out_list_end(e->o);
}

static bool holds(const struct walk *w, const struct dhcp_binding *b)
{
	return !w->within || prefix_contains(w->within, &b->addr);
}

static void count(void *ctx, const struct dhcp_binding *b)
{
	struct walk *w = ctx;

	if (holds(w, b) && (!w->only || ipaddr_eq(w->only, &b->addr)))
		w->n++;
}

void exec_clear_ip_dhcp_binding(struct exec *e, const struct gl_exec_clear_ip_dhcp_binding *a)
{
	struct services *s = e->fx->b.services;
	bool all = strcmp(a->addr, "*") == 0;
	struct ipaddr addr = {0};
	struct walk w = {.e = e, .only = &addr};

	if (!all && !ipaddr_parse4(a->addr, &addr)) {
		out_text(e->o, "%% Invalid IP address\n");
		e->failed = true;
		return;
	}
	if (!all && s)
		s->ops->bindings(s, count, &w);
	if (!all && !w.n) {
		out_text(e->o, "%% No such binding\n");
		e->failed = true;
		return;
	}
	if (s)
		s->ops->clear_binding(s, all ? NULL : &addr, e->fx->now);
	if (e->r)
		router_pump(e->r);
}

/* ---- pools
 * --------------------------------------------------------------------------------------------------------------------
 */

static void range_text(const struct dhcp_pool *p, char buf[48])
{
	uint32_t mask = len_to_mask(p->network.len), net = ipaddr_u32(&p->network.addr) & mask;
	bool narrow = p->network.len > 30;
	struct ipaddr first = ipaddr_v4(narrow ? net : net + 1),
	              last = ipaddr_v4(narrow ? net | ~mask : (net | ~mask) - 1);
	char a[IPADDR_STRLEN], b[IPADDR_STRLEN];

	if (!p->network.addr.family)
		first = last = p->host.addr;
	snprintf(buf, 48, "%-16s - %-16s", ipaddr_fmt(&first, a), ipaddr_fmt(&last, b));
}

static void pool(struct exec *e, const struct dhcp_wanted *want, const struct dhcp_pool *p)
{
	struct dhcp_size size = dhcp_pool_size(want, p);
	struct prefix host = {.addr = p->host.addr, .len = 32};
	struct walk w = {.e = e, .within = p->network.addr.family ? &p->network : &host};
	struct services *s = e->fx->b.services;
	bool any = p->network.addr.family || p->host.addr.family;
	char range[48] = "";

	if (s && any)
		s->ops->bindings(s, count, &w);
	if (any)
		range_text(p, range);
	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "\nPool %s :\n", p->name);
	out_text(e->o, " Utilization mark (high/low)    : 100 / 0\n Subnet size (first/next)       "
	               ": 0 / 0 \n");
	out_field_int(e->o, "total", " Total addresses                : %lld\n", size.total);
	out_field_int(e->o, "leased", " Leased addresses               : %lld\n", w.n);
	out_field_int(e->o, "excluded", " Excluded addresses             : %lld\n", size.excluded);
	out_text(e->o, " Pending event                  : none\n");
	out_text(e->o, " %d subnet%s currently in the pool :\n", any, any ? " is" : "s are");
	if (any) {
		out_text(e->o, " Current index        IP address range                    "
		               "Leased/Excluded/Total\n");
		out_text(e->o, " %-21s%s %u / %u / %u\n", p->network.addr.family ? "1" : "-", range,
		        w.n, size.excluded, size.total);
		out_str(e->o, "range", range);
	}
	out_obj_end(e->o);
}

void exec_show_ip_dhcp_pool(struct exec *e, const struct gl_exec_show_ip_dhcp_pool *a)
{
	struct dhcp_wanted w;
	struct arena arena;

	arena_init(&arena);
	w = fx_dhcp_wanted(e->fx, &arena);
	out_list(e->o, NULL);
	for (size_t i = 0; i < w.n_pool; i++)
		if (!a->has_name || strcmp(a->name, w.pool[i].name) == 0)
			pool(e, &w, &w.pool[i]);
	out_list_end(e->o);
	arena_fini(&arena);
}

/* ---- what the hub pushed
 * ---------------------------------------------------------------------------------------------------------
 */

static void servers(struct out *o, const char *key, const char *title, const struct dhcp_addrs *v)
{
	char text[IPADDR_STRLEN];

	if (!v->n)
		return;
	out_text(o, "%s:", title);
	out_list(o, key);
	for (uint8_t i = 0; i < v->n; i++)
		out_field_str(o, NULL, " %s", ipaddr_fmt(&v->v[i], text));
	out_list_end(o);
	out_text(o, "\n");
}

/* A value that the pool has of its own was not imported. */
void exec_show_ip_dhcp_import(struct exec *e, const struct gl_exec_show_ip_dhcp_import *a)
{
	struct dhcp_wanted w;
	struct arena arena;

	(void)a;
	arena_init(&arena);
	w = fx_dhcp_wanted(e->fx, &arena);
	out_list(e->o, NULL);
	for (size_t i = 0; i < w.n_pool; i++) {
		const struct dhcp_pool *p = &w.pool[i];

		if (!p->import_all)
			continue;
		out_obj(e->o, NULL);
		out_field_str(e->o, "pool", "Address Pool Name: %s\n", p->name);
		if (!p->dns.n)
			servers(e->o, "dns", "Domain Name Server(s)", &w.imported.dns);
		if (!p->netbios.n)
			servers(e->o, "netbios", "NetBIOS Name Server(s)", &w.imported.netbios);
		if (!p->domain && w.imported.domain)
			out_field_str(e->o, "domain", "Domain Name : %s\n", w.imported.domain);
		out_obj_end(e->o);
	}
	out_list_end(e->o);
	arena_fini(&arena);
}

/* ---- statistics
 * -------------------------------------------------------------------------------------------------------------------
 */

static void counters(struct out *o, const char *key, const char *title, const uint64_t *v,
        const enum dhcp_message *which, size_t n)
{
	static const char *const names[DHCP_MESSAGE_MAX] = {"DHCPDISCOVER", "DHCPOFFER",
	        "DHCPREQUEST", "DHCPDECLINE", "DHCPACK", "DHCPNAK", "DHCPRELEASE", "DHCPINFORM"};

	out_text(o, "\nMessage              %s\n", title);
	out_obj(o, key);
	for (size_t i = 0; i < n; i++) {
		out_text(o, "%-21s%llu\n", names[which[i]], (unsigned long long)v[which[i]]);
		out_int(o, names[which[i]], (int64_t)v[which[i]]);
	}
	out_obj_end(o);
}

void exec_show_ip_dhcp_server_statistics(
        struct exec *e, const struct gl_exec_show_ip_dhcp_server_statistics *a)
{
	static const enum dhcp_message in[] = {DHCP_DISCOVER, DHCP_REQUEST, DHCP_DECLINE,
	        DHCP_RELEASE, DHCP_INFORM},
	                               sent[] = {DHCP_OFFER, DHCP_ACK, DHCP_NAK};
	static const uint64_t none[DHCP_MESSAGE_MAX];
	struct services *s = e->fx->b.services;
	const uint64_t *v = s ? s->ops->dhcp_counters(s) : none;
	struct walk w = {.e = e};
	struct child_info i;

	(void)a;
	if (s)
		s->ops->bindings(s, count, &w);
	out_obj(e->o, NULL);
	out_field_int(
	        e->o, "pools", "Address pools        %lld\n", (int64_t)e->fx->cfg->dhcp_pools.n);
	out_field_int(e->o, "bindings", "Bindings             %lld\n", w.n);
	if (s && s->ops->dhcp_info(s, &i) && i.state == CHILD_WAITING)
		out_field_str(e->o, "reason", "The server does not run: %s\n", i.why);
	counters(e->o, "received", "Received", v, in, ARRAY_LEN(in));
	counters(e->o, "sent", "Sent", v, sent, ARRAY_LEN(sent));
	out_obj_end(e->o);
}

void exec_clear_ip_dhcp_server_statistics(
        struct exec *e, const struct gl_exec_clear_ip_dhcp_server_statistics *a)
{
	(void)a;
	if (e->fx->b.services)
		e->fx->b.services->ops->clear_dhcp_counters(e->fx->b.services);
}
