/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCP pools as dnsmasq reads them. A pool is a tag: "p0", "p1" … by its place, since names may be
 * anything. Its ranges are what remains of the network when excluded and own addresses are taken
 * out.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/dhcpd.h"
#include "net/dnsmasq.h"

/* Option numbers, RFC 2132. */
enum { OPT_ROUTER = 3, OPT_DNS = 6, OPT_DOMAIN = 15, OPT_NETBIOS = 44, OPT_NETBIOS_TYPE = 46 };

/* ---- values in effect ---------------------------------------------------------------------------
 */

const struct dhcp_addrs *dhcp_dns(const struct dhcp_wanted *w, const struct dhcp_pool *p)
{
	return p->dns.n || !p->import_all ? &p->dns : &w->imported.dns;
}

const struct dhcp_addrs *dhcp_netbios(const struct dhcp_wanted *w, const struct dhcp_pool *p)
{
	return p->netbios.n || !p->import_all ? &p->netbios : &w->imported.netbios;
}

const char *dhcp_domain(const struct dhcp_wanted *w, const struct dhcp_pool *p)
{
	return p->domain || !p->import_all ? p->domain : w->imported.domain;
}

/* ---- ranges -------------------------------------------------------------------------------------
 */

struct hole {
	uint32_t first, last;
};

static int by_first(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* What is never leased, in order: exclusions, and the router's own addresses. */
static struct hole *holes(const struct dhcp_wanted *w, size_t *n)
{
	struct hole *v = xcalloc(w->n_excluded + w->n_iface + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < w->n_excluded; i++) {
		const struct dhcp_range *r = &w->excluded[i];
		uint32_t first = ipaddr_u32(&r->first);

		v[(*n)++] = (struct hole){
		        first, ipaddr_is_set(&r->last) ? ipaddr_u32(&r->last) : first};
	}
	for (size_t i = 0; i < w->n_iface; i++) {
		uint32_t own = ipaddr_u32(&w->iface[i].addr.addr);

		v[(*n)++] = (struct hole){own, own};
	}
	qsort(v, *n, sizeof(*v), by_first);
	return v;
}

/* The hosts of a network: all but its first and last address, where it has more than two. */
static struct hole hosts_of(const struct prefix *net)
{
	uint32_t mask = len_to_mask(net->len), a = ipaddr_u32(&net->addr) & mask;
	struct hole h = {a, a | ~mask};

	if (net->len < 31) {
		h.first++;
		h.last--;
	}
	return h;
}

static void each_range(const struct dhcp_wanted *w, const struct prefix *net,
        void (*visit)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	struct hole all = hosts_of(net);
	uint64_t at = all.first; /* wide: one past 255.255.255.255 */
	size_t n;
	struct hole *v = holes(w, &n);

	for (size_t i = 0; i < n && at <= all.last; i++) {
		if (v[i].last < at || v[i].first > all.last)
			continue;
		if (v[i].first > at)
			visit(ctx, (uint32_t)at, v[i].first - 1);
		at = (uint64_t)v[i].last + 1;
	}
	if (at <= all.last)
		visit(ctx, (uint32_t)at, all.last);
	free(v);
}

static void add_up(void *ctx, uint32_t first, uint32_t last)
{
	*(uint32_t *)ctx += last - first + 1;
}

struct dhcp_size dhcp_pool_size(const struct dhcp_wanted *w, const struct dhcp_pool *p)
{
	struct hole all;
	uint32_t free_ones = 0;

	if (!ipaddr_is_set(&p->network.addr))
		return (struct dhcp_size){.total = ipaddr_is_set(&p->host.addr)};
	all = hosts_of(&p->network);
	each_range(w, &p->network, add_up, &free_ones);
	return (struct dhcp_size){.total = all.last - all.first + 1,
	        .excluded = all.last - all.first + 1 - free_ones};
}

/* ---- configuration ------------------------------------------------------------------------------
 */

static void put_lease(struct strbuf *out, const struct dhcp_pool *p)
{
	if (p->lease_s == DHCP_LEASE_INFINITE)
		sb_puts(out, ",infinite\n");
	else
		sb_printf(out, ",%u\n", p->lease_s ? p->lease_s : DHCP_LEASE_DEFAULT);
}

struct range_out {
	struct strbuf *out;
	const struct dhcp_pool *p;
	size_t tag;
};

static void put_range(void *ctx, uint32_t first, uint32_t last)
{
	const struct range_out *r = ctx;
	struct ipaddr a = ipaddr_v4(first), b = ipaddr_v4(last),
	              m = ipaddr_v4(len_to_mask(r->p->network.len));
	char ta[IPADDR_STRLEN], tb[IPADDR_STRLEN], tm[IPADDR_STRLEN];

	sb_printf(r->out, "dhcp-range=set:p%zu,%s,%s,%s", r->tag, ipaddr_fmt(&a, ta),
	        ipaddr_fmt(&b, tb), ipaddr_fmt(&m, tm));
	put_lease(r->out, r->p);
}

/* Is this pool's network that of an interface? */
static bool served(const struct dhcp_wanted *w, const struct prefix *net)
{
	for (size_t i = 0; ipaddr_is_set(&net->addr) && i < w->n_iface; i++)
		if (prefix_contains(net, &w->iface[i].addr.addr))
			return true;
	return false;
}

/* A network in which only reserved addresses are given out needs a range of its own. */
static bool another_covers(const struct dhcp_wanted *w, const struct prefix *host)
{
	for (size_t i = 0; i < w->n_pool; i++)
		if (ipaddr_is_set(&w->pool[i].network.addr) &&
		        prefix_contains(&w->pool[i].network, &host->addr))
			return true;
	return false;
}

static void put_client(struct strbuf *out, const struct dhcp_pool *p)
{
	if (p->has_hwaddr)
		sb_printf(out, ",%02x:%02x:%02x:%02x:%02x:%02x", p->hwaddr[0], p->hwaddr[1],
		        p->hwaddr[2], p->hwaddr[3], p->hwaddr[4], p->hwaddr[5]);
	for (uint8_t i = 0; i < p->client_id_len; i++)
		sb_printf(out, i ? ":%02x" : ",id:%02x", p->client_id[i]);
}

static void put_host(
        struct strbuf *out, const struct dhcp_wanted *w, const struct dhcp_pool *p, size_t tag)
{
	char a[IPADDR_STRLEN], m[IPADDR_STRLEN];
	struct prefix net = prefix_mask(&p->host);
	struct ipaddr mask = ipaddr_v4(len_to_mask(net.len));

	if (!p->has_hwaddr && !p->client_id_len)
		return; /* incomplete */
	if (!another_covers(w, &p->host))
		sb_printf(out, "dhcp-range=%s,static,%s\n", ipaddr_fmt(&net.addr, a),
		        ipaddr_fmt(&mask, m));
	sb_puts(out, "dhcp-host=");
	sb_printf(out, "set:p%zu", tag);
	put_client(out, p);
	sb_printf(out, ",%s", ipaddr_fmt(&p->host.addr, a));
	if (p->client_name &&
	        p->client_name[strspn(p->client_name,
	                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0')
		sb_printf(out, ",%s", p->client_name);
	put_lease(out, p);
}

static bool put_interfaces(struct strbuf *out, const struct dhcp_wanted *w)
{
	bool any = false;

	for (size_t i = 0; i < w->n_iface; i++) {
		bool used = false;

		for (size_t k = 0; k < w->n_pool && !used; k++) {
			const struct dhcp_pool *p = &w->pool[k];
			const struct prefix *net =
			        ipaddr_is_set(&p->network.addr) ? &p->network : &p->host;
			struct prefix masked = prefix_mask(net);

			used = ipaddr_is_set(&net->addr) &&
			       prefix_contains(&masked, &w->iface[i].addr.addr);
		}
		if (used)
			sb_printf(out, "interface=%s\n", w->iface[i].dev);
		any = any || used;
	}
	return any;
}

/* Texts come from peers, too: nothing in one ends the quotes, or the line. */
static void put_quotable(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		if (*text != '"' && *text != '\\' && (unsigned char)*text >= ' ')
			sb_putc(out, *text);
}

static void put_boot(struct strbuf *out, const struct dhcp_pool *p, size_t tag)
{
	char a[IPADDR_STRLEN];

	if (!p->bootfile && !ipaddr_is_set(&p->next_server))
		return;
	sb_printf(out, "dhcp-boot=tag:p%zu,\"", tag);
	put_quotable(out, p->bootfile ? p->bootfile : "");
	sb_printf(out, "\",,%s\n", ipaddr_fmt(&p->next_server, a));
}

bool dhcpd_conf_text(
        const struct dhcp_wanted *w, const char *dir, const char *lease_dir, struct strbuf *out)
{
	dnsmasq_conf_head(out, "DHCP pools");
	sb_printf(out,
	        "port=0\ndhcp-authoritative\nlog-dhcp\ndhcp-leasefile=%s/"
	        "dhcp.leases\ndhcp-optsfile=%s/dhcp.options\n",
	        lease_dir, dir);
	if (w->no_ping)
		sb_puts(out, "no-ping\n");
	if (!put_interfaces(out, w))
		return false;
	for (size_t i = 0; i < w->n_pool; i++) {
		const struct dhcp_pool *p = &w->pool[i];

		if (served(w, &p->network))
			each_range(w, &p->network, put_range, &(struct range_out){out, p, i});
		else if (ipaddr_is_set(&p->host.addr))
			put_host(out, w, p, i);
		put_boot(out, p, i);
	}
	return true;
}

/* ---- options ------------------------------------------------------------------------------------
 */

/* Without addresses the option is not sent at all: dnsmasq would put in its own address. */
static void put_addrs(struct strbuf *out, size_t tag, int code, const struct dhcp_addrs *v)
{
	char a[IPADDR_STRLEN];

	sb_printf(out, "tag:p%zu,%d", tag, code);
	for (uint8_t i = 0; i < v->n; i++)
		sb_printf(out, ",%s", ipaddr_fmt(&v->v[i], a));
	sb_putc(out, '\n');
}

static void put_text(struct strbuf *out, size_t tag, int code, const char *text)
{
	sb_printf(out, "tag:p%zu,%d,\"", tag, code);
	put_quotable(out, text);
	sb_puts(out, "\"\n");
}

/* Octets between colons; a lone one as a number of one octet. */
static void put_hex(struct strbuf *out, size_t tag, int code, const char *text)
{
	char digit[512];
	size_t n = 0;

	for (; *text && n + 1 < sizeof(digit); text++)
		if (isxdigit((unsigned char)*text))
			digit[n++] = *text;
	digit[n] = '\0';
	sb_printf(out, "tag:p%zu,%d,", tag, code);
	if (n <= 2)
		sb_printf(out, "%lub", strtoul(digit, NULL, 16));
	for (size_t i = 0; n > 2 && i < n; i++)
		sb_printf(out, "%s%c", i && i % 2 == 0 ? ":" : "", digit[i]);
	sb_putc(out, '\n');
}

static void put_option(struct strbuf *out, size_t tag, const struct dhcp_option *o)
{
	if (o->kind == DHCP_OPTION_IP)
		put_addrs(out, tag, o->code, &o->addrs);
	else if (o->kind == DHCP_OPTION_HEX)
		put_hex(out, tag, o->code, o->text);
	else
		put_text(out, tag, o->code, o->text);
}

void dhcpd_options_text(const struct dhcp_wanted *w, struct strbuf *out)
{
	for (size_t i = 0; i < w->n_pool; i++) {
		const struct dhcp_pool *p = &w->pool[i];
		const struct dhcp_addrs *netbios = dhcp_netbios(w, p);
		const char *domain = dhcp_domain(w, p);

		put_addrs(out, i, OPT_ROUTER, &p->router);
		put_addrs(out, i, OPT_DNS, dhcp_dns(w, p));
		if (domain)
			put_text(out, i, OPT_DOMAIN, domain);
		if (netbios->n)
			put_addrs(out, i, OPT_NETBIOS, netbios);
		if (p->netbios_type)
			sb_printf(out, "tag:p%zu,%d,%u\n", i, OPT_NETBIOS_TYPE, p->netbios_type);
		for (size_t k = 0; k < p->n_option; k++)
			put_option(out, i, &p->option[k]);
	}
}
