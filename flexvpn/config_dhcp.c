/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of DHCP pools. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_ip_dhcp_excluded_address(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_dhcp_excluded_address *l)
{
	(void)n;
	if (l->has_vrf)
		return;
	struct dhcp_range *r = FX_APPEND(b->c, b->c->dhcp_excluded);

	r->first = l->first;
	r->last = l->has_last ? l->last : l->first;
}

void use_global_ip_dhcp_ping_packets(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ip_dhcp_ping_packets *l)
{
	(void)n;
	b->c->dns.no_ping = l->count == 0;
}

void use_global_dhcp_pool(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_dhcp_pool *l)
{
	(void)n;
	b->dhcp_pool = FX_APPEND(b->c, b->c->dhcp_pools);
	b->dhcp_pool->p.name = l->name;
}

void use_dhcp_pool_import_all(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_import_all *l)
{
	(void)n;
	(void)l;
	b->dhcp_pool->p.import_all = true;
}

/* ---- whom it serves
 * -------------------------------------------------------------------------------------------------
 */

/* The mask of an address's class, where none was given. */
static int class_len(const struct ipaddr *a)
{
	return a->b[0] < 128 ? 8 : a->b[0] < 192 ? 16 : 24;
}

/* "/24" */
static int slash_len(const char *s)
{
	char *end;
	long v = s[0] == '/' && isdigit((unsigned char)s[1]) ? strtol(s + 1, &end, 10) : -1;

	return v >= 0 && v <= 32 && !*end ? (int)v : -1;
}

void use_dhcp_pool_network(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_network *l)
{
	int len = l->has_mask     ? mask_to_len(ipaddr_u32(&l->mask))
	          : l->has_length ? slash_len(l->length)
	                          : class_len(&l->addr);

	(void)n;
	if (len < 0)
		return; /* the pool stays without a network */
	struct prefix p = prefix_of(&l->addr, (uint8_t)len);

	b->dhcp_pool->p.network = prefix_mask(&p);
}

void use_dhcp_pool_host(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_host *l)
{
	int len = l->has_mask ? mask_to_len(ipaddr_u32(&l->mask)) : class_len(&l->addr);

	(void)n;
	b->dhcp_pool->p.host = prefix_of(&l->addr, (uint8_t)(len < 0 ? 32 : len));
}

/* "0152.5400.aabb.01", "52:54:00:aa:bb:01": the octets, or 0. */
static size_t octets(const char *s, uint8_t *out, size_t max)
{
	char digit[2 * DHCP_ID_LEN + 1];
	size_t n = 0;

	for (; *s; s++) {
		if (strchr(".:-", *s))
			continue;
		if (!isxdigit((unsigned char)*s) || n + 1 >= sizeof(digit))
			return 0;
		digit[n++] = *s;
	}
	digit[n] = '\0';
	return n && n % 2 == 0 && n / 2 <= max && hex_parse(digit, out, n / 2) ? n / 2 : 0;
}

void use_dhcp_pool_hardware_address(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dhcp_pool_hardware_address *l)
{
	struct dhcp_pool *p = &b->dhcp_pool->p;

	(void)n;
	p->has_hwaddr = octets(l->mac, p->hwaddr, sizeof(p->hwaddr)) == sizeof(p->hwaddr);
}

void use_dhcp_pool_client_identifier(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dhcp_pool_client_identifier *l)
{
	struct dhcp_pool *p = &b->dhcp_pool->p;

	(void)n;
	p->client_id_len = (uint8_t)octets(l->id, p->client_id, sizeof(p->client_id));
}

void use_dhcp_pool_client_name(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_client_name *l)
{
	(void)n;
	b->dhcp_pool->p.client_name = l->name;
}

/* ---- what it says
 * ---------------------------------------------------------------------------------------------------
 */

static void put_addrs(struct dhcp_addrs *out, const struct ipaddr *v, size_t n)
{
	out->n = 0;
	for (size_t i = 0; i < n && out->n < DHCP_MAX_ADDRS; i++)
		out->v[out->n++] = v[i];
}

void use_dhcp_pool_default_router(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_default_router *l)
{
	(void)n;
	put_addrs(&b->dhcp_pool->p.router, l->addr, l->n_addr);
}

void use_dhcp_pool_dns_server(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_dns_server *l)
{
	(void)n;
	put_addrs(&b->dhcp_pool->p.dns, l->addr, l->n_addr);
}

void use_dhcp_pool_domain_name(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_domain_name *l)
{
	(void)n;
	b->dhcp_pool->p.domain = l->name;
}

void use_dhcp_pool_netbios_name_server(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dhcp_pool_netbios_name_server *l)
{
	(void)n;
	put_addrs(&b->dhcp_pool->p.netbios, l->addr, l->n_addr);
}

void use_dhcp_pool_netbios_node_type(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_dhcp_pool_netbios_node_type *l)
{
	(void)n;
	b->dhcp_pool->p.netbios_type = l->kw_b_node ? 1 : l->kw_p_node ? 2 : l->kw_m_node ? 4 : 8;
}

void use_dhcp_pool_option(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_option *l)
{
	struct fx_dhcp_pool *p = b->dhcp_pool;

	(void)n;
	if (p->n_option == FX_DHCP_OPTIONS)
		return;
	struct dhcp_option *o = &p->option[p->n_option++];

	o->code = (uint8_t)l->code;
	o->kind = l->kw_ascii ? DHCP_OPTION_ASCII : l->kw_hex ? DHCP_OPTION_HEX : DHCP_OPTION_IP;
	o->text = l->kw_ascii ? l->ascii : l->kw_hex ? l->hex : NULL;
	if (o->kind == DHCP_OPTION_IP)
		put_addrs(&o->addrs, l->addr, l->n_addr);
}

void use_dhcp_pool_bootfile(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_bootfile *l)
{
	(void)n;
	b->dhcp_pool->p.bootfile = l->file;
}

void use_dhcp_pool_next_server(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_next_server *l)
{
	(void)n;
	b->dhcp_pool->p.next_server = l->addr;
}

void use_dhcp_pool_lease(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_dhcp_pool_lease *l)
{
	uint32_t minutes = (l->days * 24 + (l->has_hours ? l->hours : 0)) * 60 +
	                   (l->has_minutes ? l->minutes : 0);

	(void)n;
	b->dhcp_pool->p.lease_s = l->kw_infinite ? DHCP_LEASE_INFINITE : minutes * 60;
}
