/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration attributes, both ways: what a hub pushes (CFG_REPLY, CFG_SET) into struct
 * fx_pushed, and what a spoke asks for and offers (CFG_REQUEST, CFG_SET). RFC 7296 §3.15.1 and the
 * Unity numbers that FlexVPN hubs use.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/core.h"
#include "flexvpn/hub.h"

/* Text from a peer, made safe to show: control characters become blanks, an ending NUL goes. */
static void text_in(const struct ike_attr *a, char *dst, size_t cap)
{
	size_t n = a->len < cap - 1 ? a->len : cap - 1;

	for (size_t i = 0; i < n; i++)
		dst[i] = isprint(a->val[i]) ? (char)a->val[i] : ' ';
	while (n && dst[n - 1] == ' ')
		n--;
	dst[n] = '\0';
}

static bool subnet_add(struct fx_pushed *p, const struct prefix *s)
{
	struct prefix m = prefix_mask(s);

	for (size_t i = 0; i < p->n_subnet; i++)
		if (prefix_cmp(&p->subnet[i], &m) == 0)
			return true;
	if (p->n_subnet == FX_MAX_SUBNETS)
		return false;
	p->subnet[p->n_subnet++] = m;
	return true;
}

/* Address and mask, four octets each: INTERNAL_IP4_SUBNET, and the head of a Unity split-include
 * element. */
static bool subnet4(struct fx_pushed *p, const uint8_t *v)
{
	int len = mask_to_len(get_u32(v + 4));
	struct prefix s = {.addr = ipaddr_from(AF_INET, v), .len = (uint8_t)len};

	return len >= 0 && subnet_add(p, &s);
}

static bool subnet6(struct fx_pushed *p, const uint8_t *v)
{
	struct prefix s = {.addr = ipaddr_from(AF_INET6, v), .len = v[16]};

	return s.len <= 128 && subnet_add(p, &s);
}

/* strongSwan sends plain pairs of address and mask, Cisco 14-octet elements (protocol and ports
 * follow). */
static bool split_include(struct fx_pushed *p, const struct ike_attr *a)
{
	size_t step = a->len % 14 == 0 ? 14 : 8;
	bool ok = a->len % step == 0;

	for (size_t at = 0; ok && at + step <= a->len; at += step)
		ok = subnet4(p, a->val + at);
	return ok;
}

static bool server_add(struct ipaddr *v, uint8_t *n, int family, const struct ike_attr *a)
{
	if (a->len != (family == AF_INET ? 4 : 16))
		return false;
	if (*n < FX_MAX_SERVERS)
		v[(*n)++] = ipaddr_from(family, a->val);
	return true;
}

/* A list of names: repeated attributes, or one with separators. Lower case, no doubles, order kept.
 */
static void names_add(char *list, size_t width, uint8_t *n, const struct ike_attr *a)
{
	static const char sep[] = ", ;\t\r\n";
	char text[512], *save, *w;

	text_in(a, text, sizeof(text));
	for (w = strtok_r(text, sep, &save); w; w = strtok_r(NULL, sep, &save)) {
		bool known = false;

		for (char *c = w; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		for (uint8_t i = 0; i < *n; i++)
			known |= strcmp(list + i * width, w) == 0;
		if (!known && *n < FX_MAX_NAMES && strlen(w) < width)
			strcpy(list + (*n)++ * width, w);
	}
}

/* A backup gateway is text, or, from strongSwan, the bare octets of an address. */
static void backup_add(struct fx_pushed *p, const struct ike_attr *a)
{
	bool printable = true;

	for (uint16_t i = 0; i < a->len; i++)
		printable &= isprint(a->val[i]) != 0;
	if ((a->len != 4 && a->len != 16) || printable) {
		names_add(p->backup[0], sizeof(p->backup[0]), &p->n_backup, a);
		return;
	}
	struct ipaddr addr = ipaddr_from(a->len == 4 ? AF_INET : AF_INET6, a->val);

	if (p->n_backup < FX_MAX_NAMES)
		ipaddr_fmt(&addr, p->backup[p->n_backup++]);
}

static bool read_one(const struct ike_attr *a, struct fx_pushed *p)
{
	switch (a->type) {
	case CFG_IP4_ADDRESS:
		if (a->len != 4)
			return false;
		if (!p->addr4.addr.family)
			p->addr4 = (struct prefix){.addr = ipaddr_from(AF_INET, a->val), .len = 32};
		return true;
	case CFG_IP6_ADDRESS:
		if (a->len != 17 || a->val[16] > 128)
			return false;
		if (!p->addr6.addr.family)
			p->addr6 =
			        (struct prefix){.addr = ipaddr_from(AF_INET6, a->val), .len = 128};
		return true;
	case CFG_IP4_SUBNET:
		return a->len == 8 && subnet4(p, a->val);
	case CFG_IP6_SUBNET:
		return a->len == 17 && subnet6(p, a->val);
	case CFG_UNITY_SPLIT_INCLUDE:
		return split_include(p, a);
	case CFG_IP4_DNS:
		return server_add(p->dns, &p->n_dns, AF_INET, a);
	case CFG_IP6_DNS:
		return server_add(p->dns, &p->n_dns, AF_INET6, a);
	case CFG_IP4_NBNS:
		return server_add(p->nbns, &p->n_nbns, AF_INET, a);
	case CFG_UNITY_DEF_DOMAIN:
		text_in(a, p->def_domain, sizeof(p->def_domain));
		return true;
	case CFG_UNITY_BANNER:
		text_in(a, p->banner, sizeof(p->banner));
		return true;
	case CFG_UNITY_SAVE_PASSWD:
		p->save_password = a->val[a->len - 1] != 0;
		return true;
	case CFG_APP_VERSION:
		text_in(a, p->app_version, sizeof(p->app_version));
		return true;
	case CFG_UNITY_SPLIT_DNS:
	case CFG_DNS_DOMAIN:
		names_add(p->split_dns[0], sizeof(p->split_dns[0]), &p->n_split_dns, a);
		return true;
	case CFG_UNITY_BACKUP:
		backup_add(p, a);
		return true;
	default:
		return true; /* unknown, or of no use to a client */
	}
}

struct fx_pushed *fx_pushed_held(struct fx_pushed **held)
{
	if (!*held)
		*held = xcalloc(1, sizeof(**held));
	return *held;
}

void fx_pushed_drop(struct fx_pushed **held)
{
	free(*held);
	*held = NULL;
}

unsigned fx_pushed_read(const struct ike_attrs *a, struct fx_pushed *out)
{
	unsigned bad = 0;

	*out = (struct fx_pushed){0};
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].len && !read_one(&a->v[i], out))
			bad++;
	return bad;
}

unsigned fx_pushed_set(const struct ike_attrs *a, struct fx_pushed *p)
{
	struct fx_pushed fresh;
	unsigned bad = fx_pushed_read(a, &fresh);

	memcpy(p->subnet, fresh.subnet, sizeof(p->subnet));
	p->n_subnet = fresh.n_subnet;
	return bad;
}

/* ---- what we send
 * -------------------------------------------------------------------------------------------- */

struct attr_list {
	struct arena *a;
	struct ike_attr v[64];
	size_t n;
};

static void put(struct attr_list *l, uint16_t type, const void *val, uint16_t len)
{
	if (l->n == ARRAY_LEN(l->v))
		return;
	uint8_t *p = len ? arena_alloc(l->a, len) : NULL;

	if (len)
		memcpy(p, val, len);
	l->v[l->n++] = (struct ike_attr){.type = type, .len = len, .val = p};
}

static struct ike_attrs finish(struct attr_list *l)
{
	struct ike_attr *v = arena_alloc(l->a, sizeof(*v) * (l->n ? l->n : 1));

	memcpy(v, l->v, sizeof(*v) * l->n);
	return (struct ike_attrs){.v = v, .n = l->n};
}

/* The zero-length questions of an IOS spoke, in its order (wire reference §14.2). */
static const uint16_t asked[] = {
        CFG_IP4_DNS, CFG_IP4_DNS, CFG_IP4_NBNS, CFG_IP4_NBNS, CFG_IP4_SUBNET};
static const uint16_t asked_private[] = {CFG_UNITY_SPLIT_DNS, CFG_UNITY_BANNER, CFG_FLEX_CONFIG_URL,
        CFG_UNITY_BACKUP, CFG_UNITY_DEF_DOMAIN};

struct ike_attrs fx_cfg_request(struct arena *a, const struct fx_resolved *r)
{
	static const char version[] = "spoke " SPOKE_VERSION;
	struct attr_list l = {.a = a};
	bool v6 = r->tunnel->ip6_enable;

	if (r->profile->no_config_request)
		return (struct ike_attrs){0};
	if (r->tunnel->negotiated) {
		put(&l, CFG_IP4_ADDRESS, NULL, 0);
		put(&l, CFG_IP4_NETMASK, NULL, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		put(&l, asked[i], NULL, 0);
	if (v6) {
		put(&l, CFG_IP6_ADDRESS, NULL, 0);
		put(&l, CFG_IP6_DNS, NULL, 0);
		put(&l, CFG_IP6_SUBNET, NULL, 0);
	}
	put(&l, CFG_APP_VERSION, version, sizeof(version) - 1);
	for (size_t i = 0; i < ARRAY_LEN(asked_private); i++)
		put(&l, asked_private[i], NULL, 0);
	return finish(&l);
}

static void put_subnet(struct attr_list *l, const struct prefix *p)
{
	uint8_t v[17];

	if (p->addr.family == AF_INET) {
		memcpy(v, p->addr.b, 4);
		put_u32(v + 4, len_to_mask(p->len));
		put(l, CFG_IP4_SUBNET, v, 8);
	} else if (p->addr.family == AF_INET6) {
		memcpy(v, p->addr.b, 16);
		v[16] = p->len;
		put(l, CFG_IP6_SUBNET, v, 17);
	}
}

static void put_acl(struct attr_list *l, const struct fx_config *c, const char *acl)
{
	struct prefix p[64];
	size_t n = acl ? fx_acl_subnets(c, acl, p, ARRAY_LEN(p)) : 0;

	for (size_t i = 0; i < n && i < ARRAY_LEN(p); i++)
		put_subnet(l, &p[i]);
}

static void put_host(struct attr_list *l, const struct prefix *addr)
{
	struct prefix host = *addr;

	host.len = ipaddr_bits(&host.addr);
	put_subnet(l, &host);
}

/* `route set interface IF`: the addresses of another interface. */
static void put_interfaces(
        struct attr_list *l, const struct fx_config *c, const struct fx_author *author)
{
	for (uint8_t n = 0; n < author->n_set_if; n++) {
		const struct fx_interface *i = fx_find_interface(c, author->set_if[n]);

		if (i && i->n_addr)
			put_host(l, &i->addr[0]);
		if (i && i->n_addr6)
			put_host(l, &i->addr6[0]);
	}
}

static void put_networks(struct attr_list *l, const struct fx_config *c,
        const struct fx_author *author, const struct prefix *tunnel_addr,
        const struct prefix *tunnel_addr6)
{
	if (author->set_interface) {
		put_host(l, tunnel_addr);
		put_host(l, tunnel_addr6);
	}
	put_interfaces(l, c, author);
	put_acl(l, c, author->subnet_acl);
	put_acl(l, c, author->set_acl);
	put_acl(l, c, author->subnet_acl6);
	put_acl(l, c, author->set_acl6);
	for (uint8_t i = 0; i < author->n_set_remote; i++)
		put_subnet(l, &author->set_remote[i]);
}

struct ike_attrs fx_cfg_set(struct arena *a, const struct fx_config *c, const struct fx_resolved *r,
        const struct prefix *tunnel_addr, const struct prefix *tunnel_addr6)
{
	struct attr_list l = {.a = a};

	if (r->profile->no_set_send)
		return (struct ike_attrs){0};
	put_networks(&l, c, r->author, tunnel_addr, tunnel_addr6);
	return finish(&l);
}

static void put_text(struct attr_list *l, uint16_t type, const char *text)
{
	if (text && *text)
		put(l, type, text, (uint16_t)strlen(text));
}

static void put_servers(struct attr_list *l, uint16_t type, const struct ipaddr *v, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		put(l, type, v[i].b, (uint16_t)ipaddr_octets(&v[i]));
}

struct ike_attrs fx_cfg_grant(struct arena *a, const struct fx_config *c,
        const struct fx_resolved *r, const struct fx_author *author)
{
	static const uint8_t on[] = {0, 1};
	const struct fx_grant *g = &author->grant;
	struct attr_list l = {.a = a};
	struct prefix own = {.len = 32}, own6 = {0};

	fx_interface_own(c, r->tunnel, &own.addr);
	if (r->tunnel->n_addr6)
		own6 = r->tunnel->addr6[0];
	put_servers(&l, CFG_IP4_DNS, g->dns, g->n_dns);
	put_servers(&l, CFG_IP4_NBNS, g->wins, g->n_wins);
	put_servers(&l, CFG_IP6_DNS, g->dns6, g->n_dns6);
	put_networks(&l, c, author, &own, &own6);
	put_text(&l, CFG_UNITY_DEF_DOMAIN, g->def_domain);
	put_text(&l, CFG_UNITY_BANNER, g->banner);
	for (uint8_t i = 0; i < g->n_split_dns; i++)
		put_text(&l, CFG_UNITY_SPLIT_DNS, g->split_dns[i]);
	for (uint8_t i = 0; i < g->n_backup; i++)
		put_text(&l, CFG_UNITY_BACKUP, g->backup[i]);
	if (g->local_lan)
		put(&l, CFG_UNITY_LOCAL_LAN, on, sizeof(on));
	if (g->pfs)
		put(&l, CFG_UNITY_PFS, on, sizeof(on));
	return finish(&l);
}
