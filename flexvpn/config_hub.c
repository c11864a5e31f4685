/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Readers of the lines for peers that connect to us: address pools, what an authorization policy
 * grants, name manglers, and the hub's lines of a profile.
 */
#include <ctype.h>
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

/* ---- pools ------------------------------------------------------------------------ */

void use_global_ip_local_pool(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_local_pool *l)
{
	struct fx_pool *p = FX_APPEND(b->c, b->c->pools);

	(void)n;
	*p = (struct fx_pool){.name = l->pool, .first = l->first, .last = l->first, .len = 32};
	if (l->has_last)
		p->last = l->last;
}

/* The last prefix of the assigned length that the pool's prefix holds. */
void use_global_ipv6_local_pool(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ipv6_local_pool *l)
{
	struct fx_pool *p = FX_APPEND(b->c, b->c->pools);
	struct prefix whole = prefix_mask(&l->prefix);
	uint8_t len = (uint8_t)(l->length < whole.len ? whole.len : l->length);

	(void)n;
	*p = (struct fx_pool){.name = l->pool, .first = whole.addr, .last = whole.addr, .len = len};
	for (unsigned bit = whole.len; bit < len; bit++)
		p->last.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

/* ---- what a policy grants --------------------------------------------------------- */

static uint8_t servers(struct ipaddr *out, const struct ipaddr *v, size_t n)
{
	uint8_t k = 0;

	while (k < n && k < FX_AUTHOR_SERVERS) {
		out[k] = v[k];
		k++;
	}
	return k;
}

static void name_add(const char **v, uint8_t *n, const char *name)
{
	if (*n < FX_AUTHOR_NAMES)
		v[(*n)++] = name;
}

void use_ikev2_author_pool(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_pool *l)
{
	(void)n;
	b->author->grant.pool = l->pool;
}

void use_ikev2_author_ipv6_pool(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_ipv6_pool *l)
{
	(void)n;
	b->author->grant.pool6 = l->pool;
}

void use_ikev2_author_ipv6_prefix(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_ipv6_prefix *l)
{
	(void)n;
	b->author->grant.prefix6 = (uint8_t)l->length;
}

void use_ikev2_author_dns(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_dns *l)
{
	(void)n;
	b->author->grant.n_dns = servers(b->author->grant.dns, l->server, l->n_server);
}

void use_ikev2_author_wins(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_wins *l)
{
	(void)n;
	b->author->grant.n_wins = servers(b->author->grant.wins, l->server, l->n_server);
}

void use_ikev2_author_ipv6_dns(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_ipv6_dns *l)
{
	(void)n;
	b->author->grant.n_dns6 = servers(b->author->grant.dns6, l->server, l->n_server);
}

void use_ikev2_author_netmask(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_netmask *l)
{
	int len = mask_to_len(ipaddr_u32(&l->mask));

	(void)n;
	b->author->grant.netmask = (uint8_t)(len > 0 ? len : 0);
}

void use_ikev2_author_def_domain(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_def_domain *l)
{
	(void)n;
	b->author->grant.def_domain = l->domain;
}

void use_ikev2_author_split_dns(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_split_dns *l)
{
	(void)n;
	name_add(b->author->grant.split_dns, &b->author->grant.n_split_dns, l->domain);
}

void use_ikev2_author_backup_gateway(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_backup_gateway *l)
{
	(void)n;
	name_add(b->author->grant.backup, &b->author->grant.n_backup, l->gateway);
}

/* Between two of the delimiting characters; a text without them is taken whole. */
void use_ikev2_author_banner(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_banner *l)
{
	const char *text = l->text;
	size_t len = strlen(text);
	bool delimited = len > 1 && text[0] == text[len - 1] && !isalnum((unsigned char)text[0]);
	char *copy = arena_strdup(&b->c->arena, delimited ? text + 1 : text);

	(void)n;
	if (delimited)
		copy[len - 2] = '\0';
	b->author->grant.banner = copy;
}

void use_ikev2_author_include_local_lan(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_include_local_lan *l)
{
	(void)n;
	(void)l;
	b->author->grant.local_lan = true;
}

void use_ikev2_author_pfs(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_pfs *l)
{
	(void)n;
	(void)l;
	b->author->grant.pfs = true;
}

/* ---- name manglers ---------------------------------------------------------------- */

void use_global_ikev2_name_mangler(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_name_mangler *l)
{
	(void)n;
	b->mangler = FX_APPEND(b->c, b->c->manglers);
	b->mangler->name = l->name;
}

static struct fx_mangle part(bool all, bool head)
{
	return (struct fx_mangle){.part = all    ? FX_MANGLE_ALL
	                                  : head ? FX_MANGLE_HEAD
	                                         : FX_MANGLE_TAIL};
}

void use_ikev2_name_mangler_fqdn(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_name_mangler_fqdn *l)
{
	(void)n;
	b->mangler->fqdn = part(l->kw_all, l->kw_hostname);
}

void use_ikev2_name_mangler_email(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_name_mangler_email *l)
{
	(void)n;
	b->mangler->email = part(l->kw_all, l->kw_username);
}

static struct fx_mangle of_dn(bool c, bool dc, bool l, bool o, bool ou, bool st)
{
	const char *name = c ? "C" : dc ? "DC" : l ? "L" : o ? "O" : ou ? "OU" : st ? "ST" : "CN";

	return (struct fx_mangle){.part = FX_MANGLE_DN, .attribute = name};
}

void use_ikev2_name_mangler_dn(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_name_mangler_dn *l)
{
	(void)n;
	b->mangler->dn = of_dn(l->kw_country, l->kw_domain, l->kw_locality, l->kw_organization,
	        l->kw_organization_unit, l->kw_state);
}

void use_ikev2_name_mangler_eap(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_name_mangler_eap *l)
{
	(void)n;
	if (l->kw_dn) {
		b->mangler->eap = of_dn(l->kw_country, l->kw_domain, l->kw_locality,
		        l->kw_organization, l->kw_organization_unit, l->kw_state);
		return;
	}
	b->mangler->eap = part(l->kw_all, l->kw_prefix);
	if (!l->kw_all)
		b->mangler->eap.delimiter =
		        l->kw_prefix ? l->prefix_delimiter[0] : l->suffix_delimiter[0];
}

/* ---- limits ----------------------------------------------------------------------- */

void use_global_ikev2_cookie_challenge(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ikev2_cookie_challenge *l)
{
	(void)n;
	b->c->g.limits.cookie_threshold = l->sas;
}

void use_global_ikev2_limit_negotiation(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ikev2_limit_negotiation *l)
{
	(void)n;
	if (!l->kw_outgoing)
		b->c->g.limits.max_in = l->sas;
	if (!l->kw_incoming)
		b->c->g.limits.max_out = l->sas;
}

void use_global_ikev2_limit_max_sa(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_limit_max_sa *l)
{
	(void)n;
	b->c->g.limits.max_sas = l->sas;
}

/* ---- profiles --------------------------------------------------------------------- */

void use_ikev2_profile_virtual_template(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_virtual_template *l)
{
	(void)n;
	b->profile->virtual_template = l->number;
}

void use_ikev2_profile_aaa_authorization_user(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_aaa_authorization_user *l)
{
	struct fx_profile *p = b->profile;

	(void)n;
	p->user_list = l->has_list ? l->list : NULL;
	p->user_policy = l->has_user ? l->user : NULL;
	p->user_mangler = l->has_mangler ? l->mangler : NULL;
}

void use_ikev2_profile_initial_contact(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_initial_contact *l)
{
	(void)n;
	(void)l;
	b->profile->unique = true;
}
