/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of IKEv2 profiles. */
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_ikev2_profile(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_profile *l)
{
	(void)n;
	b->profile = FX_APPEND(b->c, b->c->profiles);
	b->profile->name = l->name;
}

void use_ikev2_profile_description(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_description *l)
{
	(void)n;
	b->profile->description = l->text;
}

void use_ikev2_profile_match_fvrf_any(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_match_fvrf_any *l)
{
	(void)n;
	(void)l;
	b->profile->any_fvrf = true;
}

void use_ikev2_profile_match_fvrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_match_fvrf *l)
{
	(void)n;
	b->profile->fvrf = l->vrf;
}

/* It is the tunnel's own `vrf forwarding` that decides; this one is for crypto maps. It is shown.
 */
void use_ikev2_profile_ivrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_ivrf *l)
{
	(void)n;
	b->profile->ivrf = l->vrf;
}

void use_ikev2_profile_match_address_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_match_address_local *l)
{
	struct fx_profile *p = b->profile;

	(void)n;
	if (l->has_ifname && p->n_match_local_if < ARRAY_LEN(p->match_local_if))
		p->match_local_if[p->n_match_local_if++] = l->ifname;
	if (l->has_addr && p->n_match_local < ARRAY_LEN(p->match_local))
		p->match_local[p->n_match_local++] = l->addr;
}

/* ---- who the peer may be
 * ----------------------------------------------------------------------------------------------------
 */

/* Without a mask one address, except 0.0.0.0: any. */
void use_ikev2_profile_match_identity_remote_address(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_match_identity_remote_address *l)
{
	struct fx_match *m = FX_APPEND(b->c, b->profile->match);

	(void)n;
	m->kind = FX_MATCH_ADDRESS;
	if (l->has_prefix6)
		m->prefix = l->prefix6;
	else
		m->prefix = fx_prefix(
		        l->has_addr ? &l->addr : &l->addr6, l->has_mask ? &l->mask : NULL);
	if (!l->has_mask && !l->has_prefix6 && ipaddr_is_any(&m->prefix.addr))
		m->prefix.len = 0;
}

void use_ikev2_profile_match_identity_remote_name(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_match_identity_remote_name *l)
{
	struct fx_match *m = FX_APPEND(b->c, b->profile->match);

	(void)n;
	m->kind = l->kw_domain ? FX_MATCH_DOMAIN : FX_MATCH_ID;
	if (l->kw_fqdn)
		m->id = ike_id_text(ID_FQDN, l->kw_domain ? l->fqdn_domain : l->fqdn);
	else if (l->kw_email)
		m->id = ike_id_text(ID_RFC822_ADDR, l->kw_domain ? l->email_domain : l->email);
	else
		m->id = ike_id_text(ID_KEY_ID, l->key_id);
}

void use_ikev2_profile_match_certificate(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_match_certificate *l)
{
	(void)n;
	((struct fx_name *)FX_APPEND(b->c, b->profile->cert_map))->s = l->map;
}

void use_ikev2_profile_match_identity_remote_any(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_match_identity_remote_any *l)
{
	struct fx_match *m = FX_APPEND(b->c, b->profile->match);

	(void)n;
	(void)l;
	m->kind = FX_MATCH_ANY;
}

void use_ikev2_profile_identity_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_identity_local *l)
{
	struct ike_id *id = &b->profile->identity_local;

	(void)n;
	if (l->has_addr)
		*id = ike_id_addr(&l->addr);
	else if (l->has_email)
		*id = ike_id_text(ID_RFC822_ADDR, l->email);
	else if (l->has_fqdn)
		*id = ike_id_text(ID_FQDN, l->fqdn);
	else if (l->has_key_id)
		*id = ike_id_text(ID_KEY_ID, l->key_id);
	b->profile->identity_dn = l->kw_dn;
}

/* ---- authentication
 * ------------------------------------------------------------------------------------------------------------
 */

static enum fx_auth method(bool psk, bool rsa, bool ecdsa)
{
	return psk ? FX_AUTH_PSK : rsa ? FX_AUTH_RSA : ecdsa ? FX_AUTH_ECDSA : FX_AUTH_EAP;
}

void use_ikev2_profile_authentication_remote(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_authentication_remote *l)
{
	struct fx_profile *p = b->profile;

	(void)n;
	if (p->n_auth_remote < ARRAY_LEN(p->auth_remote))
		p->auth_remote[p->n_auth_remote++] =
		        method(l->kw_pre_share, l->kw_rsa_sig, l->kw_ecdsa_sig);
	if (l->has_key)
		p->key_remote = fx_key_typed(b, l->kw_6, l->key);
	p->eap_query |= l->kw_query_identity;
	if (l->has_timeout)
		p->eap_timeout_s = l->timeout;
}

static uint8_t eap_method(bool gtc, bool md5, bool mschapv2)
{
	return gtc ? IKE_EAP_GTC : md5 ? IKE_EAP_MD5 : mschapv2 ? IKE_EAP_MSCHAPV2 : IKE_EAP_ANY;
}

void use_ikev2_profile_authentication_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_authentication_local *l)
{
	struct fx_profile *p = b->profile;

	(void)n;
	p->auth_local = method(l->kw_pre_share, l->kw_rsa_sig, l->kw_ecdsa_sig);
	p->eap_method = eap_method(l->kw_gtc, l->kw_md5, l->kw_ms_chapv2 || l->kw_mschapv2);
	p->eap_user = l->has_username ? l->username : NULL;
	if (l->has_password)
		p->eap_password = fx_key_typed(b, l->kw_6, l->password);
	if (l->has_key)
		p->key_local = fx_key_typed(b, l->kw_6, l->key);
}

void use_ikev2_profile_authentication_second_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_authentication_second_local *l)
{
	struct fx_profile *p = b->profile;

	(void)n;
	p->local_eap_too = true;
	p->eap_method = eap_method(l->kw_gtc, l->kw_md5, l->kw_ms_chapv2 || l->kw_mschapv2);
	p->eap_user = l->has_username ? l->username : NULL;
	if (l->has_password)
		p->eap_password = fx_key_typed(b, l->kw_6, l->password);
}

void use_ikev2_profile_authentication_second_remote(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_authentication_second_remote *l)
{
	(void)n;
	b->profile->remote_eap_too = true;
	b->profile->eap_query |= l->kw_query_identity;
}

void use_ikev2_profile_aaa_authentication(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_aaa_authentication *l)
{
	(void)n;
	if (l->kw_eap)
		b->profile->eap_list = l->list;
}

void use_ikev2_profile_reconnect(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_reconnect *l)
{
	(void)n;
	b->profile->resume = true;
	if (l->has_seconds)
		b->profile->resume_s = l->seconds;
}

void use_ikev2_profile_keyring_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_keyring_local *l)
{
	(void)n;
	b->profile->keyring = l->keyring;
}

void use_ikev2_profile_keyring_ppk(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_keyring_ppk *l)
{
	(void)n;
	b->profile->keyring_ppk = l->keyring;
}

void use_ikev2_profile_pki_trustpoint(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_pki_trustpoint *l)
{
	struct fx_profile *p = b->profile;

	(void)n;
	if (p->n_trustpoint < ARRAY_LEN(p->trustpoint))
		p->trustpoint[p->n_trustpoint++] = (struct fx_tp_ref){
		        .name = l->trustpoint, .sign = !l->kw_verify, .verify = !l->kw_sign};
}

void use_ikev2_profile_aaa_authorization_group(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_aaa_authorization_group *l)
{
	(void)n;
	b->profile->author_list = l->list;
	b->profile->author_override = l->kw_override;
	if (l->has_policy)
		b->profile->author_policy = l->policy;
	if (l->has_mangler)
		b->profile->author_mangler = l->mangler;
}

/* ---- manners
 * --------------------------------------------------------------------------------------------------------------------
 */

void use_ikev2_profile_lifetime(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_lifetime *l)
{
	(void)n;
	if (l->has_seconds)
		b->profile->lifetime_s = l->seconds;
}

void use_ikev2_profile_dpd(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_dpd *l)
{
	(void)n;
	b->profile->has_dpd = true;
	b->profile->dpd = FX_DPD(l);
}

void use_ikev2_profile_nat_keepalive(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_nat_keepalive *l)
{
	(void)n;
	b->profile->has_nat_keepalive = true;
	b->profile->nat_keepalive_s = l->seconds;
}

void use_ikev2_profile_nat_force_encap(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_nat_force_encap *l)
{
	(void)n;
	(void)l;
	b->profile->force_natt = true;
}

void use_ikev2_profile_config_exchange_request(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_config_exchange_request *l)
{
	(void)l;
	b->profile->no_config_request = cfg_node_negated(n);
}

void use_ikev2_profile_config_exchange_set_accept(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_config_exchange_set_accept *l)
{
	(void)l;
	b->profile->no_set_accept = cfg_node_negated(n);
}

void use_ikev2_profile_config_exchange_set_send(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_profile_config_exchange_set_send *l)
{
	(void)l;
	b->profile->no_set_send = cfg_node_negated(n);
}

void use_ikev2_profile_shutdown(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_profile_shutdown *l)
{
	(void)n;
	(void)l;
	b->profile->shutdown = true;
}
