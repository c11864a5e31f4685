/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a resolved client to what the IKE engine is told: proposals, selectors, identity, key, manners. */
#include <stdio.h>
#include <string.h>

#include "flexvpn/config.h"
#include "flexvpn/eap_users.h"

bool fx_match_fvrf(bool any, const char *named, const char *vrf)
{
	if (any)
		return true;
	return named && vrf ? strcmp(named, vrf) == 0 : named == vrf;
}

static bool covers(const struct fx_ike_policy *p, const struct ipaddr *local, const char *vrf)
{
	if (!fx_match_fvrf(p->any_fvrf || strcmp(p->name, "default") == 0, p->fvrf, vrf))
		return false;
	for (uint8_t i = 0; i < p->n_match_local; i++)
		if (ipaddr_eq(&p->match_local[i], local))
			return true;
	return p->n_match_local == 0;
}

/* The policy that fits best: one that names the local address before one that takes any, in order of configuration. */
static const struct fx_ike_policy *policy_for(const struct fx_config *c, const struct ipaddr *local, const char *vrf)
{
	const struct fx_ike_policy *best = NULL;

	for (size_t i = 0; i < c->policies.n; i++) {
		const struct fx_ike_policy *p = &c->policies.v[i];

		if (covers(p, local, vrf) && (!best || (p->n_match_local && !best->n_match_local)))
			best = p;
	}
	return best;
}

static bool ike_proposals(const struct fx_config *c, const struct ipaddr *local, const char *vrf, struct ike_peering *out)
{
	const struct fx_ike_policy *pol = policy_for(c, local, vrf);

	if (!pol) {
		const struct fx_ike_proposal *p = c->g.no_default_policy ? NULL : fx_find_proposal(c, "default");

		if (p && p->complete)
			out->ike[out->n_ike++] = p->p;
		return out->n_ike > 0;
	}
	for (uint8_t i = 0; i < pol->n_proposal; i++) {
		const struct fx_ike_proposal *p = fx_find_proposal(c, pol->proposal[i]);

		if (p && p->complete)
			out->ike[out->n_ike++] = p->p;
	}
	return out->n_ike > 0;
}

/* A set that encrypts without authenticating (`esp-aes` alone, as in the guide's example) is offered twice: with integrity, which
 * nearly every peer but IOS insists on, and then as it is configured. The peer chooses; what it chose stands in
 * `show crypto ipsec sa`. */
static void esp_hardened(const struct ike_proposal *as_configured, struct ike_peering *out)
{
	struct ike_proposal p = *as_configured;

	p.integ[0] = AUTH_HMAC_SHA2_256_128;
	p.integ[1] = AUTH_HMAC_SHA1_96;
	p.n_integ = 2;
	out->esp[out->n_esp++] = p;
}

static void esp_proposals(const struct fx_config *c, const struct fx_ipsec_profile *ip, struct ike_peering *out)
{
	for (uint8_t i = 0; i < ip->n_transform && out->n_esp < IKE_MAX_PROPOSALS; i++) {
		const struct fx_transform *t = fx_find_transform(c, ip->transform[i]);
		bool aead = alg_encr(t->encr.id)->aead;
		struct ike_proposal p = {.encr = {t->encr}, .n_encr = 1, .esn_no = !t->esn, .esn_yes = t->esn};

		if (ip->pfs) {
			p.group[0] = ip->pfs;
			p.n_group = 1;
		}
		if (!aead) {
			p.integ[0] = t->integ;
			p.n_integ = 1;
			if (t->integ == AUTH_NONE && out->n_esp + 1 < IKE_MAX_PROPOSALS)
				esp_hardened(&p, out);
		}
		out->esp[out->n_esp++] = p;
	}
}

static struct ike_ts one_host(const struct ipaddr *a, uint8_t proto)
{
	return (struct ike_ts){.proto = proto, .port_hi = 65535, .lo = *a, .hi = *a};
}

/* Wire reference §12: SVTI selects any to any, GRE the two endpoints and protocol 47. */
static void selectors(const struct fx_interface *t, const struct ipaddr *local, const struct ipaddr *peer,
	struct ike_peering *out)
{
	bool gre = t->mode == FX_TUN_GRE4 || t->mode == FX_TUN_GRE6;

	if (gre) {
		out->ts_local[out->n_ts_local++] = one_host(local, 47);
		out->ts_remote[out->n_ts_remote++] = one_host(peer, 47);
		return;
	}
	if (t->mode != FX_TUN_IPSEC6) {
		out->ts_local[out->n_ts_local++] = ike_ts_any4();
		out->ts_remote[out->n_ts_remote++] = ike_ts_any4();
	}
	if (t->mode != FX_TUN_IPSEC4) {
		out->ts_local[out->n_ts_local++] = ike_ts_any6();
		out->ts_remote[out->n_ts_remote++] = ike_ts_any6();
	}
}

static bool key(const struct fx_config *c, const struct fx_profile *p, const struct ipaddr *peer, const struct ike_id *id,
	struct ike_peering *out, char *why, size_t n)
{
	const struct fx_keyring *kr = p->keyring ? fx_find_keyring(c, p->keyring) : NULL;
	const struct fx_key *k = kr ? fx_key_for(kr, peer, id) : NULL;
	struct span mine = p->key_local.n ? p->key_local : k ? k->local : (struct span){0};
	char a[IPADDR_STRLEN];

	if (!mine.n) {
		snprintf(why, n, "no pre-shared key for %s in keyring %s", ipaddr_fmt(peer, a),
			p->keyring ? p->keyring : "(none)");
		return false;
	}
	secret_set(&out->local_psk, mine.p, mine.n);
	return true;
}

/* `keyring ppk`, else the keyring of the other keys. A key without octets is one that cannot be read: nothing goes out in its name. EAP
 * proves itself once only, so it cannot be done both ways (RFC 8784 §3). */
static void post_quantum(const struct fx_config *c, const struct fx_profile *p, const struct ipaddr *peer,
	const struct ike_id *id, struct ike_peering *out)
{
	const char *name = p->keyring_ppk ? p->keyring_ppk : p->keyring;
	const struct fx_keyring *kr = name ? fx_find_keyring(c, name) : NULL;
	const struct fx_key *k = kr ? fx_key_for(kr, peer, id) : NULL;

	if (!k || !k->ppk_id || p->auth_local == FX_AUTH_EAP || strlen(k->ppk_id) >= sizeof(out->ppk_id))
		return;
	out->use_ppk = true;
	out->ppk_required = k->ppk_required;
	snprintf(out->ppk_id, sizeof(out->ppk_id), "%s", k->ppk_id);
	if (k->ppk.n)
		secret_set(&out->ppk, k->ppk.p, k->ppk.n);
}

static bool any_ppk(const struct fx_config *c)
{
	for (size_t i = 0; i < c->keyrings.n; i++)
		for (size_t k = 0; k < c->keyrings.v[i].keys.n; k++)
			if (c->keyrings.v[i].keys.v[k].ppk_id)
				return true;
	return false;
}

static void global_manners(const struct fx_globals *g, struct ike_peering *out)
{
	out->dpd = g->dpd;
	out->nat_keepalive_s = g->nat_keepalive_s;
	out->fragmentation = g->fragmentation;
	out->frag_mtu = g->frag_mtu;
	out->window = g->window;
	out->initial_contact = true;
	out->mobike = true;
	out->cisco_vendor_ids = true;
	out->force_natt = true; /* the user data plane carries ESP in UDP; a back end that does not need it says so */
}

static void manners(const struct fx_config *c, const struct fx_resolved *r, struct ike_peering *out)
{
	const struct fx_globals *g = &c->g;
	const struct fx_profile *p = r->profile;
	const struct fx_ipsec_profile *ip = r->ipsec;

	global_manners(g, out);
	if (p->has_dpd)
		out->dpd = p->dpd;
	if (p->has_nat_keepalive)
		out->nat_keepalive_s = p->nat_keepalive_s;
	out->unique = p->unique;
	out->ike_lifetime_s = p->lifetime_s;
	out->child_lifetime_s = ip->lifetime_s ? ip->lifetime_s : g->ipsec_lifetime_s;
	out->child_lifetime_kb = ip->lifetime_kb ? ip->lifetime_kb : g->ipsec_lifetime_kb;
	if (ip->no_lifetime_kb || (!ip->lifetime_kb && g->ipsec_no_kb))
		out->child_lifetime_kb = 0;
}

static void methods(const struct fx_profile *p, struct ike_peering *out)
{
	static const enum ike_auth auth[] = {[FX_AUTH_NONE] = IKE_AUTH_NONE, [FX_AUTH_PSK] = IKE_AUTH_PSK,
		[FX_AUTH_RSA] = IKE_AUTH_RSA, [FX_AUTH_ECDSA] = IKE_AUTH_ECDSA, [FX_AUTH_EAP] = IKE_AUTH_EAP};

	out->local_auth = auth[p->auth_local];
	out->remote_auth = auth[p->auth_remote[0]];
	for (uint8_t i = 0; i < p->n_auth_remote; i++)
		out->remote_auths |= 1u << auth[p->auth_remote[i]];
	out->eap_method = p->eap_method;
	out->local_eap_too = p->local_eap_too;
	out->remote_eap_too = p->remote_eap_too;
	out->eap_query_identity = p->eap_query;
	out->eap_timeout_s = p->eap_timeout_s;
	out->resume = p->resume;
	out->ticket_lifetime_s = p->resume_s;
}

static bool transport_asked(const struct fx_config *c, const struct fx_ipsec_profile *ip, bool *required)
{
	const struct fx_transform *t = fx_find_transform(c, ip->transform[0]);

	*required = t->require;
	return t->mode == IKE_MODE_TRANSPORT;
}

/* RFC 7296 §3.15 leaves it open; a hub tells certificates and hashes apart only when it knows the profile, so all methods of all
 * profiles that are for peers count. */
bool fx_peering_unknown(const struct fx_config *c, const struct ipaddr *local, struct ike_peering *out)
{
	if (!ike_proposals(c, local, NULL, out))
		return false;
	global_manners(&c->g, out);
	out->childless = true;
	out->use_ppk = any_ppk(c);
	out->local_id = ike_id_addr(local);
	for (size_t i = 0; i < c->profiles.n; i++) {
		const struct fx_profile *p = &c->profiles.v[i];
		struct ike_peering one = {0};

		if (!p->virtual_template)
			continue;
		methods(p, &one);
		out->remote_auths |= one.remote_auths;
		out->remote_eap_too |= one.remote_eap_too;
		if (one.local_auth == IKE_AUTH_RSA || one.local_auth == IKE_AUTH_ECDSA || !out->local_auth)
			out->local_auth = one.local_auth;
	}
	return true;
}

bool fx_peering_build(const struct fx_config *c, const struct fx_resolved *r, const struct ipaddr *local,
	const struct ipaddr *peer, const struct ike_id *id, struct ike_peering *out, char *why, size_t n)
{
	const struct fx_interface *t = r->tunnel;
	bool gre = t->mode == FX_TUN_GRE4 || t->mode == FX_TUN_GRE6;

	*out = (struct ike_peering){.local_auth = IKE_AUTH_PSK, .remote_auth = IKE_AUTH_PSK};
	if (!ike_proposals(c, local, t->tunnel_vrf, out)) {
		snprintf(why, n, "no IKEv2 policy with a complete proposal");
		return false;
	}
	esp_proposals(c, r->ipsec, out);
	selectors(t, local, peer, out);
	/* Transport mode is honoured only when the selectors equal the endpoints. */
	if (gre && transport_asked(c, r->ipsec, &out->transport_required))
		out->mode = IKE_MODE_TRANSPORT;
	out->local_id = r->profile->identity_local.type ? r->profile->identity_local : ike_id_addr(local);
	manners(c, r, out);
	methods(r->profile, out);
	out->eap_elsewhere = fx_eap_by(c, r->profile) == FX_EAP_RADIUS;
	post_quantum(c, r->profile, peer, id, out);
	if (r->profile->auth_local != FX_AUTH_PSK || key(c, r->profile, peer, id, out, why, n))
		return true;
	fx_peering_fini(out);
	return false;
}

void fx_peering_fini(struct ike_peering *p)
{
	secret_wipe(&p->local_psk);
	secret_wipe(&p->remote_psk);
	secret_wipe(&p->ppk);
}
