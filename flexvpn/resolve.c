/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lookups in a built configuration, IOS's default objects, and the question whether a client has
 * everything it needs (config-grammar reference §1.2, §2.8).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flexvpn/config.h"
#include "flexvpn/doors.h"
#include "flexvpn/services.h"

/* ---- by name
 * ----------------------------------------------------------------------------------------------------------
 */

enum name_kind {
	N_PROPOSAL,
	N_KEYRING,
	N_PROFILE,
	N_AUTHOR,
	N_TRANSFORM,
	N_IPSEC,
	N_INTERFACE,
	N_DEVICE,
	N_CLIENT,
	N_CLIENT_TUNNEL,
	N_TRUSTPOINT
};

static uint64_t name_key(enum name_kind kind, const char *name)
{
	return keyed_hash(name) + (uint64_t)kind;
}

#define INDEX(list, kind, field)                                                                   \
	do {                                                                                       \
		for (uint32_t i_ = 0; i_ < (list).n; i_++)                                         \
			if ((list).v[i_].field)                                                    \
				keyed_put(&c->names, name_key(kind, (list).v[i_].field), i_);      \
	} while (0)

#define FIND_BY(list, kind, field, key)                                                            \
	do {                                                                                       \
		const struct keyed *k_ = &c->names;                                                \
		uint32_t at_ = keyed_first(k_, name_key(kind, key));                               \
                                                                                                   \
		for (; at_ != KEYED_END; at_ = keyed_next(k_, at_)) {                              \
			uint32_t i_ = keyed_value(k_, at_);                                        \
                                                                                                   \
			if (i_ < (list).n && (list).v[i_].field &&                                 \
			        strcmp((list).v[i_].field, key) == 0)                              \
				return &(list).v[i_];                                              \
		}                                                                                  \
	} while (0)
#define FIND(list, kind, key) FIND_BY(list, kind, name, key)

void fx_config_index(struct fx_config *c)
{
	keyed_clear(&c->names);
	INDEX(c->proposals, N_PROPOSAL, name);
	INDEX(c->keyrings, N_KEYRING, name);
	INDEX(c->profiles, N_PROFILE, name);
	INDEX(c->authors, N_AUTHOR, name);
	INDEX(c->transforms, N_TRANSFORM, name);
	INDEX(c->ipsec, N_IPSEC, name);
	INDEX(c->interfaces, N_INTERFACE, name);
	INDEX(c->interfaces, N_DEVICE, device);
	INDEX(c->clients, N_CLIENT, name);
	INDEX(c->clients, N_CLIENT_TUNNEL, tunnel);
	INDEX(c->trustpoints, N_TRUSTPOINT, name);
}

/* ---- the smart defaults
 * -----------------------------------------------------------------------------------------------
 */

const struct fx_ike_proposal fx_default_proposal = {
        .name = "default",
        .complete = true,
        .p = {.encr = {{ENCR_AES_CBC, 256}},
                .n_encr = 1,
                .integ = {AUTH_HMAC_SHA2_512_256, AUTH_HMAC_SHA2_384_192},
                .n_integ = 2,
                .prf = {PRF_HMAC_SHA2_512, PRF_HMAC_SHA2_384},
                .n_prf = 2,
                .group = {KE_ECP_256, KE_MODP_2048, KE_ECP_521},
                .n_group = 3},
};

const struct fx_author fx_default_author = {
        .name = "default", .set_interface = true, .accept_tag = 1, .accept_distance = 2};

const struct fx_transform fx_default_transform = {.name = "default",
        .encr = {ENCR_AES_CBC, 128},
        .integ = AUTH_HMAC_SHA1_96,
        .mode = IKE_MODE_TRANSPORT};

const struct fx_ipsec_profile fx_default_ipsec = {
        .name = "default", .transform = {"default"}, .n_transform = 1};

const struct fx_ike_proposal *fx_find_proposal(const struct fx_config *c, const char *name)
{
	FIND(c->proposals, N_PROPOSAL, name);
	return strcmp(name, "default") == 0 && !c->g.no_default_proposal ? &fx_default_proposal
	                                                                 : NULL;
}

const struct fx_keyring *fx_find_keyring(const struct fx_config *c, const char *name)
{
	FIND(c->keyrings, N_KEYRING, name);
	return NULL;
}

const struct fx_profile *fx_find_profile(const struct fx_config *c, const char *name)
{
	FIND(c->profiles, N_PROFILE, name);
	return NULL;
}

const struct fx_author *fx_find_author(const struct fx_config *c, const char *name)
{
	FIND(c->authors, N_AUTHOR, name);
	return strcmp(name, "default") == 0 && !c->g.no_default_author ? &fx_default_author : NULL;
}

const struct fx_transform *fx_find_transform(const struct fx_config *c, const char *name)
{
	FIND(c->transforms, N_TRANSFORM, name);
	return strcmp(name, "default") == 0 && !c->g.no_default_transform ? &fx_default_transform
	                                                                  : NULL;
}

const struct fx_ipsec_profile *fx_find_ipsec(const struct fx_config *c, const char *name)
{
	FIND(c->ipsec, N_IPSEC, name);
	return strcmp(name, "default") == 0 && !c->g.no_default_ipsec ? &fx_default_ipsec : NULL;
}

/* Those of sessions come and go, and have numbers for names. */
static const struct fx_interface *access_of(
        const struct fx_config *c, const char *name, const char *stem)
{
	size_t n = strlen(stem);
	unsigned long number = strncmp(name, stem, n) == 0 ? strtoul(name + n, NULL, 10) : 0;

	return number < c->n_access && c->access[number] ? &c->interfaces.v[c->access[number]]
	                                                 : NULL;
}

void fx_config_access(struct fx_config *c, uint32_t number, size_t place)
{
	size_t n = c->n_access ? c->n_access : 16;

	while (n <= number)
		n *= 2;
	if (n != c->n_access) {
		c->access = xrealloc(c->access, n * sizeof(*c->access));
		memset(c->access + c->n_access, 0, (n - c->n_access) * sizeof(*c->access));
		c->n_access = n;
	}
	c->access[number] = (uint32_t)place;
}

const struct fx_interface *fx_find_interface(const struct fx_config *c, const char *name)
{
	FIND(c->interfaces, N_INTERFACE, name);
	return access_of(c, name, "Virtual-Access");
}

bool fx_interface_own(const struct fx_config *c, const struct fx_interface *i, struct ipaddr *out)
{
	const struct fx_interface *lender = i->unnumbered ? fx_find_interface(c, i->unnumbered) : i;

	if (!lender || !lender->n_addr)
		return false;
	*out = lender->addr[0].addr;
	return true;
}

const struct fx_interface *fx_find_device(const struct fx_config *c, const char *device)
{
	FIND_BY(c->interfaces, N_DEVICE, device, device);
	return access_of(c, device, "Vi");
}

const struct fx_client_cfg *fx_find_client_of(const struct fx_config *c, const char *tunnel)
{
	FIND_BY(c->clients, N_CLIENT_TUNNEL, tunnel, tunnel);
	return NULL;
}

const struct fx_client_cfg *fx_find_client(const struct fx_config *c, const char *name)
{
	FIND(c->clients, N_CLIENT, name);
	return NULL;
}

const struct fx_trustpoint *fx_find_trustpoint(const struct fx_config *c, const char *name)
{
	FIND(c->trustpoints, N_TRUSTPOINT, name);
	return NULL;
}

/* ---- completeness
 * ------------------------------------------------------------------------------------------------------
 */

static bool missing(char *why, size_t n, const char *fmt, const char *a, const char *b)
        __attribute__((format(printf, 3, 0)));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static bool missing(char *why, size_t n, const char *fmt, const char *a, const char *b)
{
	snprintf(why, n, fmt, a, b);
	return false;
}

/* The guide: a dual-stack tunnel's VRF is defined with both address families, not by `ip vrf`. */
static bool vrf_ok(const struct fx_config *c, const struct fx_interface *t, char *why, size_t n)
{
	const struct fx_vrf *v = t->vrf ? fx_find_vrf(c, t->vrf) : NULL;
	const char *outer = t->tunnel_vrf;
	bool dual = t->mode == FX_TUN_DUAL;

	if (t->vrf && !v)
		return missing(why, n, "interface %s: VRF %s is not configured", t->name, t->vrf);
	if (outer && !fx_find_vrf(c, outer))
		return missing(why, n, "interface %s: VRF %s is not configured", t->name, outer);
	if (v && dual && v->old_form)
		return missing(why, n,
		        "interface %s: a dual-stack tunnel needs a `vrf definition`, VRF %s is of "
		        "the "
		        "old form",
		        t->name, t->vrf);
	if (v && dual && !(v->ipv4 && v->ipv6))
		return missing(why, n,
		        "interface %s: VRF %s lacks one of the address families ipv4, ipv6",
		        t->name, t->vrf);
	return true;
}
/* The outer packets leave by the table of the tunnel's VRF: its source stands there. */
static bool source_vrf_ok(const struct fx_config *c, const struct fx_interface *t,
        const struct fx_client_cfg *cl, char *why, size_t n)
{
	const char *where =
	        t->tunnel_vrf ? "not in the tunnel VRF" : "in a VRF, without `tunnel vrf`";

	for (size_t i = 0; i <= cl->sources.n; i++) {
		const char *name = i < cl->sources.n ? cl->sources.v[i].ifname : t->source_if;
		const struct fx_interface *s = name ? fx_find_interface(c, name) : NULL;

		if ((i < cl->sources.n) != t->source_dynamic)
			continue;
		if (s && !fx_in_vrf(s, t->tunnel_vrf))
			return missing(why, n, "tunnel source %s is %s", name, where);
	}
	return true;
}
#pragma GCC diagnostic pop

static bool tunnel_ok(
        const struct fx_interface *t, const struct fx_client_cfg *cl, char *why, size_t n)
{
	if (t->shutdown)
		return missing(why, n, "interface %s is shut down%s", t->name, "");
	if (!t->dest_dynamic)
		return missing(
		        why, n, "interface %s needs `tunnel destination dynamic`%s", t->name, "");
	if (t->source_dynamic && !cl->sources.n)
		return missing(why, n,
		        "interface %s: `tunnel source dynamic` needs a `source` line in the "
		        "client%s",
		        t->name, "");
	if (!t->source_dynamic && !t->source_if && !ipaddr_is_set(&t->source_addr))
		return missing(why, n, "interface %s has no tunnel source%s", t->name, "");
	if (!t->protection)
		return missing(why, n, "interface %s has no tunnel protection%s", t->name, "");
	return true;
}

static bool certificate_auth(enum fx_auth a)
{
	return a == FX_AUTH_RSA || a == FX_AUTH_ECDSA;
}

static bool takes_eap(const struct fx_profile *p)
{
	for (uint8_t i = 0; i < p->n_auth_remote; i++)
		if (p->auth_remote[i] == FX_AUTH_EAP)
			return true;
	return p->remote_eap_too;
}

static bool remote_eap(const struct fx_profile *p, char *why, size_t n)
{
	if (takes_eap(p))
		return !missing(why, n,
		        "IKEv2 profile %s: `authentication remote eap` is for responders%s",
		        p->name, "");
	return false;
}

/* The guide: "EAP as the local authentication method, is supported only on the IKEv2 initiator, and
 * as the remote authentication, is supported only on the IKEv2 responder", and whoever asks by EAP
 * has a certificate. */
static bool responder_eap_ok(const struct fx_profile *p, char *why, size_t n)
{
	if (p->auth_local == FX_AUTH_EAP || p->local_eap_too)
		return missing(why, n,
		        "IKEv2 profile %s: `authentication local eap` is for initiators%s", p->name,
		        "");
	if (takes_eap(p) && !certificate_auth(p->auth_local))
		return missing(why, n,
		        "IKEv2 profile %s: with `authentication remote eap` the local method must "
		        "be "
		        "rsa-sig or ecdsa-sig%s",
		        p->name, "");
	return true;
}

/* The guide: "If EAP is specified as the local authentication method, the remote authentication
 * method must be certificate based". */
static bool eap_ok(const struct fx_profile *p, char *why, size_t n)
{
	for (uint8_t i = 0; i < p->n_auth_remote; i++) {
		if ((p->auth_local == FX_AUTH_EAP || p->local_eap_too) &&
		        !certificate_auth(p->auth_remote[i]))
			return missing(why, n,
			        "IKEv2 profile %s: with `authentication local eap` the remote "
			        "method must be rsa-sig or ecdsa-sig%s",
			        p->name, "");
	}
	return true;
}

static bool trustpoints_ok(
        const struct fx_config *c, const struct fx_profile *p, char *why, size_t n)
{
	bool wanted = certificate_auth(p->auth_local);

	for (uint8_t i = 0; i < p->n_auth_remote; i++)
		wanted |= certificate_auth(p->auth_remote[i]);
	if (!wanted)
		return true;
	if (!c->trustpoints.n)
		return missing(
		        why, n, "IKEv2 profile %s: no trustpoint is configured%s", p->name, "");
	for (uint8_t i = 0; i < p->n_trustpoint; i++)
		if (!fx_find_trustpoint(c, p->trustpoint[i].name))
			return missing(why, n, "IKEv2 profile %s: trustpoint %s is not configured",
			        p->name, p->trustpoint[i].name);
	return true;
}

static bool profile_ok(const struct fx_config *c, const struct fx_profile *p, char *why, size_t n)
{
	if (p->shutdown)
		return missing(why, n, "IKEv2 profile %s is shut down%s", p->name, "");
	if (p->auth_local == FX_AUTH_NONE || !p->n_auth_remote)
		return missing(why, n,
		        "IKEv2 profile %s needs a local and a remote authentication method%s",
		        p->name, "");
	if (!p->match.n && !p->cert_map.n)
		return missing(why, n, "IKEv2 profile %s has no match statement%s", p->name, "");
	if (!eap_ok(p, why, n) || !trustpoints_ok(c, p, why, n))
		return false;
	if (p->keyring && !fx_find_keyring(c, p->keyring))
		return missing(why, n, "IKEv2 profile %s: keyring %s is not configured", p->name,
		        p->keyring);
	if (p->auth_local == FX_AUTH_PSK && !p->keyring && !p->key_local.n)
		return missing(why, n, "IKEv2 profile %s has no keyring%s", p->name, "");
	return true;
}

static bool ipsec_ok(
        const struct fx_config *c, const struct fx_ipsec_profile *p, char *why, size_t n)
{
	for (uint8_t i = 0; i < p->n_transform; i++) {
		const struct fx_transform *t = fx_find_transform(c, p->transform[i]);

		if (!t)
			return missing(why, n,
			        "IPsec profile %s: transform set %s is not configured", p->name,
			        p->transform[i]);
		if (t->unusable || !t->encr.id)
			return missing(why, n,
			        "transform set %s: %s is not available in this release", t->name,
			        t->unusable ? t->unusable : "a set without ESP encryption");
	}
	if (p->pfs_unusable)
		return missing(why, n, "IPsec profile %s: PFS %s is not available in this release",
		        p->name, p->pfs_unusable);
	return true;
}

bool fx_client_resolve(const struct fx_config *c, const struct fx_client_cfg *cl,
        struct fx_resolved *out, char *why, size_t n)
{
	*out = (struct fx_resolved){.client = cl};
	if (!cl->peers.n)
		return missing(why, n, "no peer%s%s", "", "");
	if (!cl->tunnel)
		return missing(why, n, "no `client connect` tunnel%s%s", "", "");
	out->tunnel = fx_find_interface(c, cl->tunnel);
	if (!out->tunnel)
		return missing(why, n, "interface %s is not configured%s", cl->tunnel, "");
	if (!tunnel_ok(out->tunnel, cl, why, n) || !vrf_ok(c, out->tunnel, why, n) ||
	        !source_vrf_ok(c, out->tunnel, cl, why, n))
		return false;
	out->ipsec = fx_find_ipsec(c, out->tunnel->protection);
	if (!out->ipsec)
		return missing(why, n, "IPsec profile %s is not configured%s",
		        out->tunnel->protection, "");
	if (!ipsec_ok(c, out->ipsec, why, n))
		return false;
	if (out->ipsec->responder_only)
		return missing(
		        why, n, "IPsec profile %s is for responders only%s", out->ipsec->name, "");
	if (!out->ipsec->ikev2_profile)
		return missing(
		        why, n, "IPsec profile %s has no IKEv2 profile%s", out->ipsec->name, "");
	out->profile = fx_find_profile(c, out->ipsec->ikev2_profile);
	if (!out->profile)
		return missing(why, n, "IKEv2 profile %s is not configured%s",
		        out->ipsec->ikev2_profile, "");
	if (!fx_match_fvrf(out->profile->any_fvrf, out->profile->fvrf, out->tunnel->tunnel_vrf))
		return missing(why, n, "IKEv2 profile %s: no `match fvrf` for %s",
		        out->profile->name,
		        out->tunnel->tunnel_vrf ? out->tunnel->tunnel_vrf : "the global table");
	out->author = fx_author_of(c, out->profile);
	return profile_ok(c, out->profile, why, n) && !remote_eap(out->profile, why, n);
}

bool fx_responder_resolve(const struct fx_config *c, const struct fx_profile *p,
        struct fx_resolved *out, char *why, size_t n)
{
	char name[40];

	*out = (struct fx_resolved){.profile = p, .author = fx_author_of(c, p)};
	snprintf(name, sizeof(name), "Virtual-Template%u", p->virtual_template);
	out->tunnel = p->virtual_template ? fx_find_interface(c, name) : NULL;
	if (!out->tunnel)
		return missing(
		        why, n, "IKEv2 profile %s: interface %s is not configured", p->name, name);
	if (!out->tunnel->protection)
		return missing(why, n, "interface %s has no tunnel protection%s", name, "");
	if (!vrf_ok(c, out->tunnel, why, n))
		return false;
	out->ipsec = fx_find_ipsec(c, out->tunnel->protection);
	if (!out->ipsec)
		return missing(why, n, "IPsec profile %s is not configured%s",
		        out->tunnel->protection, "");
	if (out->ipsec->ikev2_profile && strcmp(out->ipsec->ikev2_profile, p->name) != 0)
		return missing(why, n, "IPsec profile %s belongs to IKEv2 profile %s",
		        out->ipsec->name, out->ipsec->ikev2_profile);
	return ipsec_ok(c, out->ipsec, why, n) && profile_ok(c, p, why, n) &&
	       responder_eap_ok(p, why, n);
}

/* ---- keys and identities
 * -------------------------------------------------------------------------------------------------
 */

static bool match_domain(const struct ike_id *domain, const struct ike_id *id)
{
	size_t d = domain->len;

	if (id->type != domain->type || id->len < d)
		return false;
	const char *tail = (const char *)id->data + id->len - d;
	char before = id->len > d ? tail[-1] : '.';

	return strncasecmp(tail, (const char *)domain->data, d) == 0 &&
	       (before == '.' || before == '@');
}

static bool key_names(const struct fx_key *k, const struct ike_id *id)
{
	return k->identity.type &&
	       (k->identity_domain ? match_domain(&k->identity, id) : ike_id_eq(&k->identity, id));
}

const struct fx_key *fx_key_for(
        const struct fx_keyring *k, const struct ipaddr *addr, const struct ike_id *id)
{
	const struct fx_key *best = NULL;

	for (size_t i = 0; i < k->keys.n; i++) {
		const struct fx_key *e = &k->keys.v[i];

		if (e->has_prefix && prefix_contains(&e->prefix, addr) &&
		        (!best || e->prefix.len > best->prefix.len))
			best = e;
	}
	for (size_t i = 0; !best && id && i < k->keys.n; i++)
		if (key_names(&k->keys.v[i], id))
			best = &k->keys.v[i];
	return best;
}

static bool match_one(const struct fx_match *m, const struct ike_id *id)
{
	struct ipaddr a;

	switch (m->kind) {
	case FX_MATCH_ANY:
		return true;
	case FX_MATCH_ADDRESS:
		if (id->type == ID_IPV4_ADDR && id->len == 4)
			a = ipaddr_from(AF_INET, id->data);
		else if (id->type == ID_IPV6_ADDR && id->len == 16)
			a = ipaddr_from(AF_INET6, id->data);
		else
			return false;
		return prefix_contains(&m->prefix, &a);
	case FX_MATCH_ID:
		return ike_id_eq(&m->id, id);
	case FX_MATCH_DOMAIN:
		return match_domain(&m->id, id);
	}
	return false;
}

bool fx_match_identity(const struct fx_profile *p, const struct ike_id *id)
{
	return fx_match_weight(p, id) > 0;
}

unsigned fx_match_weight(const struct fx_profile *p, const struct ike_id *id)
{
	unsigned best = 0;

	for (size_t i = 0; i < p->match.n; i++) {
		const struct fx_match *m = &p->match.v[i];
		unsigned weight = m->kind == FX_MATCH_ID        ? 1024
		                  : m->kind == FX_MATCH_ADDRESS ? 2u + m->prefix.len
		                  : m->kind == FX_MATCH_DOMAIN  ? 2u + m->id.len
		                                                : 1;

		if (weight > best && match_one(m, id))
			best = weight;
	}
	return best;
}
