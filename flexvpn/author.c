/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authorization: which policies hold for a peering, and the names that a name mangler makes of
 * identities.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/x509.h>

#include "flexvpn/config.h"

/* ---- method lists ------------------------------------------------------------------ */

static const struct fx_aaa_list *aaa_list(const struct fx_config *c, const char *name)
{
	for (size_t i = 0; i < c->aaa_lists.n; i++)
		if (strcmp(c->aaa_lists.v[i].name, name) == 0)
			return &c->aaa_lists.v[i];
	return NULL;
}

/* The guide's note: "When you enter a typo in authorization list under ikev2 profile, it
 * automatically goes back to the default list". A default list that is not configured either means
 * the local policies, so that the guide's own example, which has no AAA lines at all, gets its
 * policy. */
static bool authorized_locally(const struct fx_config *c, const char *list)
{
	const struct fx_aaa_list *l = aaa_list(c, list);

	if (!l)
		l = aaa_list(c, "default");
	return !l || l->local;
}

static const struct fx_author *policy(const struct fx_config *c, const char *list, const char *name)
{
	return list && name && authorized_locally(c, list) ? fx_find_author(c, name) : NULL;
}

static const struct fx_author *or_default(const struct fx_config *c, const struct fx_author *a)
{
	static const struct fx_author none = {.name = "(none)", .no_accept = true};

	if (!a)
		a = fx_find_author(c, "default");
	return a ? a : &none;
}

/* `aaa authorization group … list LIST NAME`: with the local policies NAME is one of them. Without
 * any, the policy `default`. */
const struct fx_author *fx_author_of(const struct fx_config *c, const struct fx_profile *p)
{
	return or_default(c, policy(c, p->author_list, p->author_policy));
}

/* ---- name manglers ------------------------------------------------------------------ */

static bool take(const char *s, size_t len, char *out, size_t n)
{
	if (!len || len >= n)
		return false;
	memcpy(out, s, len);
	out[len] = '\0';
	return true;
}

/* Around the first delimiter, as a host name stands in front of its domain. */
static bool mangle_text(
        const struct fx_mangle *m, char delimiter, const char *s, size_t len, char *out, size_t n)
{
	const char *at = memchr(s, delimiter, len);

	switch (m->part) {
	case FX_MANGLE_ALL:
		return take(s, len, out, n);
	case FX_MANGLE_HEAD:
		return take(s, at ? (size_t)(at - s) : len, out, n);
	case FX_MANGLE_TAIL:
		return at && take(at + 1, len - (size_t)(at + 1 - s), out, n);
	case FX_MANGLE_NONE:
	case FX_MANGLE_DN:
		return false;
	}
	return false;
}

static bool mangle_dn(const struct fx_mangle *m, const struct ike_id *id, char *out, size_t n)
{
	const uint8_t *der = id->data;
	X509_NAME *name = m->part == FX_MANGLE_DN ? d2i_X509_NAME(NULL, &der, id->len) : NULL;
	int len =
	        name ? X509_NAME_get_text_by_NID(name, OBJ_txt2nid(m->attribute), out, (int)n) : -1;

	X509_NAME_free(name);
	return len > 0 && (size_t)len + 1 < n;
}

bool fx_mangled(const struct fx_mangler *m, const struct ike_id *id, const char *eap_name,
        char *out, size_t n)
{
	const char *s = (const char *)id->data;

	if (eap_name && m->eap.part)
		return mangle_text(&m->eap, m->eap.delimiter, eap_name, strlen(eap_name), out, n);
	switch (id->type) {
	case ID_FQDN:
		return mangle_text(&m->fqdn, '.', s, id->len, out, n);
	case ID_RFC822_ADDR:
		return mangle_text(&m->email, '@', s, id->len, out, n);
	case ID_DER_ASN1_DN:
		return mangle_dn(&m->dn, id, out, n);
	default:
		return false;
	}
}

static const struct fx_mangler *mangler(const struct fx_config *c, const char *name)
{
	for (size_t i = 0; name && i < c->manglers.n; i++)
		if (strcmp(c->manglers.v[i].name, name) == 0)
			return &c->manglers.v[i];
	return NULL;
}

/* ---- the policies of one peer -------------------------------------------------------- */

/* The name in the line; made by the mangler; or, with neither, the peer's identity itself. */
static const struct fx_author *named(const struct fx_config *c, const char *list, const char *name,
        const char *mangle, const struct ike_id *peer, const char *eap_name)
{
	const struct fx_mangler *m = mangler(c, mangle);
	char text[320];

	if (!list)
		return NULL;
	if (name)
		return policy(c, list, name);
	if (mangle)
		return m && fx_mangled(m, peer, eap_name, text, sizeof(text))
		               ? policy(c, list, text)
		               : NULL;
	return policy(c, list, eap_name ? eap_name : ike_id_fmt(peer, text));
}

#define FILL(field)                                                                                \
	do {                                                                                       \
		if (!to->field)                                                                    \
			to->field = from->field;                                                   \
	} while (0)
#define FILL_LIST(list, count)                                                                     \
	do {                                                                                       \
		if (!to->count) {                                                                  \
			memcpy(to->list, from->list, sizeof(to->list));                            \
			to->count = from->count;                                                   \
		}                                                                                  \
	} while (0)

static void fill_grant(struct fx_grant *to, const struct fx_grant *from)
{
	FILL(pool);
	FILL(pool6);
	FILL(netmask);
	FILL(prefix6);
	FILL(def_domain);
	FILL(banner);
	FILL(local_lan);
	FILL(pfs);
	FILL_LIST(dns, n_dns);
	FILL_LIST(wins, n_wins);
	FILL_LIST(dns6, n_dns6);
	FILL_LIST(split_dns, n_split_dns);
	FILL_LIST(backup, n_backup);
}

/* What the first policy leaves open comes from the second. */
static void fill(struct fx_author *to, const struct fx_author *from)
{
	fill_grant(&to->grant, &from->grant);
	FILL(set_interface);
	FILL(set_acl);
	FILL(set_acl6);
	FILL(subnet_acl);
	FILL(subnet_acl6);
	FILL_LIST(set_if, n_set_if);
	FILL_LIST(set_remote, n_set_remote);
}

void fx_author_for(const struct fx_config *c, const struct fx_profile *p, const struct ike_id *peer,
        const char *eap_name, struct fx_author *out)
{
	const struct fx_author *group = or_default(
	        c, named(c, p->author_list, p->author_policy, p->author_mangler, peer, eap_name));
	const struct fx_author *user =
	        named(c, p->user_list, p->user_policy, p->user_mangler, peer, eap_name);

	*out = user && !p->author_override ? *user : *group;
	if (user)
		fill(out, p->author_override ? user : group);
}
