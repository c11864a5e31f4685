/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's callbacks: randomness, who may the peer be, which key is theirs, where debug lines go. */
#include "flexvpn/core_ike.h"

#include <stdio.h>

#include "base/log.h"
#include "flexvpn/capture.h"
#include "flexvpn/cert_map.h"
#include "flexvpn/credentials.h"
#include "flexvpn/eap_users.h"
#include "flexvpn/hub.h"
#include "flexvpn/nearest.h"
#include "flexvpn/pki.h"
#include "ikev2/sig.h"

static void ask_random(void *ctx, uint8_t *dst, size_t n)
{
	struct fx *x = ctx;

	x->b.random(x->b.random_ctx, dst, n);
}

static bool resolve_owner(struct fx *x, uint64_t owner, struct fx_resolved *r)
{
	if (fx_hub_owns(owner))
		return fx_hub_resolve(x, owner, r);
	const struct fx_client *c = fx_client_by_owner(x, owner);
	const struct fx_client_cfg *cfg = c ? fx_find_client(x->cfg, c->name) : NULL;
	char why[8];

	return cfg && fx_client_resolve(x->cfg, cfg, r, why, sizeof(why));
}

static bool ask_peer_ok(void *ctx, uint64_t owner, const struct endpoint *remote, const struct ike_id *id)
{
	const struct fx *x = ctx;
	struct fx_resolved r;

	if (!resolve_owner(ctx, owner, &r))
		return false;
	/* Where a map may match, the certificate decides, and the identity without one does not: see ask_trust, ask_psk. */
	if (r.profile->cert_map.n || fx_match_identity(r.profile, id))
		return true;
	fx_no_profile(x->cfg, r.profile, &remote->addr, id, NULL);
	return false;
}

/* ---- peers that connect to us ----------------------------------------------------------------------------------------- */

static bool ask_accept(void *ctx, const struct endpoint *local, const struct endpoint *remote, struct ike_peering *out)
{
	return fx_hub_accept(ctx, local, remote, out);
}

static bool ask_identify(void *ctx, uint32_t handle, const struct endpoint *local, const struct endpoint *remote,
	const struct ike_id *id, const struct ike_id *expected, struct ike_peering *out)
{
	(void)handle;
	(void)expected;
	return fx_hub_identify(ctx, local, remote, id, out);
}

static bool ask_lease(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id, int family, struct prefix *out)
{
	return fx_hub_lease(ctx, handle, owner, id, family, out);
}

static void on_unlease(void *ctx, uint32_t handle)
{
	fx_hub_unlease(ctx, handle);
}

/* ---- keys -------------------------------------------------------------------------------------------------------------- */

/* The key that verifies the peer: inline in the profile, else from the keyring by address, else by identity. */
static bool ask_psk(void *ctx, uint64_t owner, const struct endpoint *remote, const struct ike_id *id,
	struct secret *remote_psk, struct secret *local_psk)
{
	struct fx *x = ctx;
	struct fx_resolved r;

	(void)local_psk; /* an initiator signs with the key it chose before it knew who answers */
	if (!resolve_owner(x, owner, &r) || !fx_match_identity(r.profile, id))
		return false;
	if (r.profile->key_remote.n) {
		secret_set(remote_psk, r.profile->key_remote.p, r.profile->key_remote.n);
		return true;
	}
	const struct fx_keyring *kr = r.profile->keyring ? fx_find_keyring(x->cfg, r.profile->keyring) : NULL;
	const struct fx_key *k = kr ? fx_key_for(kr, &remote->addr, id) : NULL;

	if (!k || !k->remote.n)
		return false;
	secret_set(remote_psk, k->remote.p, k->remote.n);
	return true;
}

/* What `no config-exchange set accept` and `no route accept` leave to be taken of a peer's CFG_SET. */
static bool ask_cfg_wanted(void *ctx, uint64_t owner, const struct ike_attr *attr)
{
	bool subnet = attr->type == CFG_IP4_SUBNET || attr->type == CFG_IP6_SUBNET;
	struct fx_resolved r;

	if (!resolve_owner(ctx, owner, &r) || r.profile->no_set_accept)
		return false;
	return !subnet || !r.author || !r.author->no_accept;
}

/* Of a peer that has not said who it is: no trustpoint is named, so all of them count. */
static const struct fx_profile any_profile;

/* ---- certificates, EAP ------------------------------------------------------------------------------------------------- */

static bool ask_own_certs(void *ctx, uint64_t owner, struct span wanted, struct ike_certs *out, enum ike_key_type *key,
	unsigned *bits)
{
	struct fx *x = ctx;
	struct fx_resolved r;
	const struct fx_tp *t = resolve_owner(x, owner, &r) ? fx_pki_signer(x->pki, r.profile, wanted) : NULL;

	x->signer = t ? t->key : NULL;
	if (!t)
		return false;
	fx_pki_chain(x->pki, t, out);
	*key = ike_sig_key_type(t->key->key, bits);
	return true;
}

/* Asked right after ask_own_certs(), with the key that it chose. */
static bool ask_sign(void *ctx, uint64_t owner, const struct ike_sig_scheme *scheme, struct span octets,
	struct secret *out)
{
	const struct fx *x = ctx;

	(void)owner;
	return x->signer && ike_sig_sign(x->signer->key, scheme, octets, out);
}

static size_t ask_authorities(void *ctx, uint64_t owner, uint8_t *dst, size_t max)
{
	struct fx *x = ctx;
	struct fx_resolved r;

	if (!owner) /* a peer that has not said who it is: every authority of ours */
		return fx_pki_authorities(x->pki, &any_profile, dst, max);
	return resolve_owner(x, owner, &r) ? fx_pki_authorities(x->pki, r.profile, dst, max) : 0;
}

static bool ask_by_url(void *ctx)
{
	const struct fx *x = ctx;

	return !x->cfg->g.no_http_url && x->b.fetch.ask;
}

static bool ask_certs_ready(void *ctx, uint64_t owner, const struct ike_certs *certs)
{
	struct fx *x = ctx;
	struct fx_resolved r;

	if (!owner)
		return fx_pki_ready(x->pki, &any_profile, certs, x->now);
	return !resolve_owner(x, owner, &r) || fx_pki_ready(x->pki, r.profile, certs, x->now);
}

static bool ask_trust(void *ctx, uint64_t owner, const struct ike_id *id, const struct ike_certs *certs,
	struct ike_spki *key, char *why, size_t n)
{
	struct fx *x = ctx;
	struct fx_resolved r;

	if (!resolve_owner(x, owner, &r))
		return false;
	if (fx_pki_trust(x->pki, r.profile, id, certs, x->now, key, why, n)) {
		struct ike_certs all = *certs;

		fx_pki_fetched(x->pki, r.profile, &all, x->now);
		if (fx_match_identity(r.profile, id) || fx_match_certificate(x->cfg, r.profile, all.der[0]))
			return true;
		snprintf(why, n, "it fits neither an identity nor a certificate map of profile %s", r.profile->name);
	}
	log_msg(PKI_CERTIFICATE_INVALID, why);
	return false;
}

static enum ike_creds ask_credentials(void *ctx, uint64_t owner, const struct ike_creds_ask *ask, struct secret *name,
	struct secret *password)
{
	struct fx *x = ctx;
	struct fx_resolved r;

	return resolve_owner(x, owner, &r) ? fx_creds_ask(x, r.profile, ask, name, password) : IKE_CREDS_NONE;
}

static const enum dbg_cat debug_cat[] = {DBG_IKEV2, DBG_IKEV2_ERROR, DBG_IKEV2_INTERNAL, DBG_IKEV2_PACKET};

static bool debugs(void *ctx, int level)
{
	(void)ctx;
	return level >= 0 && level < (int)ARRAY_LEN(debug_cat) && dbg_on(debug_cat[level]);
}

static void on_debug(void *ctx, int level, uint32_t session, uint32_t sa, const char *text)
{
	static const char *const head[] = {"IKEv2", "IKEv2-ERROR", "IKEv2-INTERNAL", "IKEv2-PAK"};

	if (!debugs(ctx, level))
		return;
	if (sa)
		dbg(debug_cat[level], "%s:(SESSION ID = %u,SA ID = %u):%s", head[level], session, sa, text);
	else
		dbg(debug_cat[level], "%s:%s", head[level], text);
}

/* ---- users of EAP ---------------------------------------------------------------------------------------------------------- */

static enum ike_eap_user ask_eap_password(void *ctx, uint64_t owner, struct span name, struct secret *out)
{
	const struct fx *x = ctx;

	(void)owner;
	return fx_eap_password(x->cfg, name, out);
}

static bool ask_eap_check(void *ctx, uint64_t owner, struct span name, struct span password)
{
	const struct fx *x = ctx;

	(void)owner;
	return fx_eap_check(x->cfg, name, password);
}

static void ask_eap_user(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id, struct span name,
	struct ike_attrs *reply)
{
	fx_hub_user(ctx, handle, owner, id, name, reply);
}

static void on_keys(void *ctx, const struct ike_sa_keys *k)
{
	fx_capture_keys(ctx, k);
}

struct ike *fx_ike_new(struct fx *x)
{
	struct ike_ops ops = {.ctx = x,
		.random = ask_random,
		.accept = ask_accept,
		.identify = ask_identify,
		.lease = ask_lease,
		.unlease = on_unlease,
		.peer_ok = ask_peer_ok,
		.psk = ask_psk,
		.own_certs = ask_own_certs,
		.sign = ask_sign,
		.authorities = ask_authorities,
		.by_url = ask_by_url,
		.certs_ready = ask_certs_ready,
		.trust = ask_trust,
		.credentials = ask_credentials,
		.eap_password = ask_eap_password,
		.eap_check = ask_eap_check,
		.eap_user = ask_eap_user,
		.keys = on_keys,
		.debug = on_debug,
		.debugs = debugs,
		.cfg_wanted = ask_cfg_wanted};
	struct ike_config cfg = {0};
	struct ike *e;

	if (!fx_keys_secret(fx_pki_keys(x->pki), "qcd", cfg.qcd_secret, sizeof(cfg.qcd_secret)))
		ask_random(x, cfg.qcd_secret, sizeof(cfg.qcd_secret)); /* good until we end */
	e = ike_new(&ops, &cfg, x->now);
	ike_listen(e, false); /* until a profile says that peers may come: hub.h */
	wipe(&cfg, sizeof(cfg));
	return e;
}
