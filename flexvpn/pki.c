/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trustpoints at work: see pki.h. */
#include "flexvpn/pki.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "flexvpn/cert_url.h"
#include "flexvpn/expiry.h"
#include "flexvpn/scep.h"
#include "ikev2/sig.h"
#include "net/fetch_share.h"
#include "net/vrf.h"

enum { FOR_REVOKE, FOR_SCEP, FOR_URLS, CHAIN_MAX = 8 };

/* Somebody waits for the judgement of our own certificate. */
struct validation {
	struct validation *next;
	char *trustpoint;
	fx_pki_validated_fn fn;
	void *ctx;
};

struct fx_pki {
	struct fx_keys *keys;
	struct fetch_share *share;
	struct fx_revoke *revoke;
	struct fx_scep *scep;
	struct fx_cert_urls *urls;
	struct fx_expiry_watch expiry;
	const struct fx_config *cfg;
	struct fx_pki_counters *count; /* of judgements, which change nothing else */
	struct validation *validations;
	fx_pki_address_fn address;
	void *address_ctx;
	struct fx_tp *tp;
	size_t n;
};

/* ---- what the configuration says ------------------------------------------------------ */

struct fx_pki *fx_pki_new(const char *state_dir, const struct fetch_io *fetch)
{
	struct fx_pki *p = xcalloc(1, sizeof(*p));

	p->keys = fx_keys_new(state_dir);
	p->count = xcalloc(1, sizeof(*p->count));
	p->share = fetch_share_new(fetch);
	struct fetch_io revoke = fetch_share_io(p->share, FOR_REVOKE),
	                scep = fetch_share_io(p->share, FOR_SCEP),
	                urls = fetch_share_io(p->share, FOR_URLS);

	p->urls = fx_cert_urls_new(&urls);

	p->revoke = fx_revoke_new(&revoke);
	p->scep = fx_scep_new(&scep, p);
	return p;
}

static void forget(struct fx_pki *p)
{
	for (size_t i = 0; i < p->n; i++) {
		X509_free(p->tp[i].ca);
		X509_free(p->tp[i].own);
		OPENSSL_free(p->tp[i].ca_der);
		OPENSSL_free(p->tp[i].own_der);
	}
	free(p->tp);
	p->tp = NULL;
	p->n = 0;
}

void fx_pki_free(struct fx_pki *p)
{
	if (!p)
		return;
	forget(p);
	while (p->validations)
		fx_pki_validate_stop(p, p->validations->ctx);
	free(p->count);
	fx_scep_free(p->scep);
	fx_revoke_free(p->revoke);
	fx_cert_urls_free(p->urls);
	fx_keys_free(p->keys);
	fetch_share_free(p->share);
	fx_expiry_fini(&p->expiry);
	free(p);
}

struct fx_keys *fx_pki_keys(const struct fx_pki *p)
{
	return p->keys;
}

struct fx_revoke *fx_pki_revoke(const struct fx_pki *p)
{
	return p->revoke;
}

struct fx_scep *fx_pki_scep(const struct fx_pki *p)
{
	return p->scep;
}

const struct fx_config *fx_pki_config(const struct fx_pki *p)
{
	return p->cfg;
}

const char *fx_pki_host(const struct fx_pki *p)
{
	return p->cfg && p->cfg->g.hostname ? p->cfg->g.hostname : "Router";
}

void fx_pki_set_address(struct fx_pki *p, fx_pki_address_fn fn, void *ctx)
{
	p->address = fn;
	p->address_ctx = ctx;
}

bool fx_pki_address(const struct fx_pki *p, const char *ifname, struct ipaddr *out)
{
	return p->address && p->address(p->address_ctx, ifname, out);
}

static void watch_expiry(struct fx_pki *p, bool daily)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct fx_tp *t = &p->tp[i];

		if (t->own)
			fx_expiry_look(&p->expiry, t->name, "ID", t->own, daily);
		if (t->ca)
			fx_expiry_look(&p->expiry, t->name, "CA", t->ca, daily);
	}
}

uint64_t fx_pki_daily(const struct fx_pki *p)
{
	return p->expiry.daily_at;
}

uint64_t fx_pki_deadline(const struct fx_pki *p)
{
	uint64_t at = p->expiry.daily_at ? p->expiry.daily_at : UINT64_MAX,
	         scep = fx_scep_deadline(p->scep);

	return scep < at ? scep : at;
}

bool fx_pki_poll(struct fx_pki *p, uint64_t now)
{
	if (fx_expiry_daily(&p->expiry, now))
		watch_expiry(p, true);
	fx_scep_poll(p->scep, now);
	bool lists = fx_revoke_poll(p->revoke, now), certs = fx_cert_urls_poll(p->urls, now);

	return lists || certs;
}

struct fx_pki_counters fx_pki_counters(const struct fx_pki *p)
{
	const struct fx_revoke_counters *r = fx_revoke_counters(p->revoke);
	struct fx_pki_counters c = *p->count;

	c.bypassed = r->bypassed;
	c.crl_asked = r->crl_asked;
	c.crl_failed = r->crl_failed;
	c.ocsp_asked = r->ocsp_asked;
	c.ocsp_failed = r->ocsp_failed;
	return c;
}

void fx_pki_clear_counters(struct fx_pki *p)
{
	*p->count = (struct fx_pki_counters){0};
	*fx_revoke_counters(p->revoke) = (struct fx_revoke_counters){0};
}

const struct fx_tp *fx_pki_at(const struct fx_pki *p, size_t i)
{
	return i < p->n ? &p->tp[i] : NULL;
}

const struct fx_tp *fx_pki_tp(const struct fx_pki *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->tp[i].name, name) == 0)
			return &p->tp[i];
	return NULL;
}

static X509 *cert_of(const struct fx_cert *c)
{
	const uint8_t *at = c->der;
	X509 *x = c->n && !c->odd ? d2i_X509(NULL, &at, (long)c->n) : NULL;

	if (x && at == c->der + c->n)
		return x;
	X509_free(x);
	return NULL;
}

static void take_cert(struct fx_pki *p, const struct fx_cert *c)
{
	struct fx_tp *t = (struct fx_tp *)fx_pki_tp(p, c->trustpoint);
	X509 *x = t ? cert_of(c) : NULL;
	X509 **at = t ? c->kind == FX_CERT_CA ? &t->ca : &t->own : NULL;

	if (!x)
		return;
	X509_free(*at);
	*at = x;
	if (c->kind == FX_CERT_SELF)
		t->self_signed = true;
}

static void encode(const X509 *x, uint8_t **der, size_t *n)
{
	int len = x ? i2d_X509(x, der) : 0;

	*n = len > 0 ? (size_t)len : 0;
}

void fx_pki_rekeyed(struct fx_pki *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->tp[i].key = p->tp[i].own ? fx_keys_of(p->keys, p->tp[i].own) : NULL;
}

void fx_pki_configure(struct fx_pki *p, const struct fx_config *c)
{
	forget(p);
	p->cfg = c;
	p->n = c->trustpoints.n;
	p->tp = p->n ? xcalloc(p->n, sizeof(*p->tp)) : NULL;
	for (size_t i = 0; i < p->n; i++)
		p->tp[i] = (struct fx_tp){
		        .name = c->trustpoints.v[i].name, .cfg = &c->trustpoints.v[i]};
	for (size_t i = 0; i < c->certs.n; i++)
		take_cert(p, &c->certs.v[i]);
	for (size_t i = 0; i < p->n; i++) {
		encode(p->tp[i].ca, &p->tp[i].ca_der, &p->tp[i].n_ca);
		encode(p->tp[i].own, &p->tp[i].own_der, &p->tp[i].n_own);
	}
	fx_pki_rekeyed(p);
	watch_expiry(p, false);
	fx_scep_configured(p->scep);
}

/* ---- the trustpoints of a profile -------------------------------------------------------- */

enum use { TO_SIGN, TO_VERIFY };

/* None named: all of them (config-grammar reference §2.4). */
static bool used(const struct fx_profile *pr, const struct fx_tp *t, enum use use)
{
	bool named = false;

	for (uint8_t i = 0; i < pr->n_trustpoint; i++) {
		const struct fx_tp_ref *r = &pr->trustpoint[i];
		bool fits = use == TO_SIGN ? r->sign : r->verify;

		named |= fits;
		if (fits && strcmp(r->name, t->name) == 0)
			return true;
	}
	return !named;
}

/* RFC 7296 §3.7: SHA-1 of SubjectPublicKeyInfo. */
static bool key_hash(const X509 *x, uint8_t out[IKE_KEY_ID_LEN])
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (n > 0)
		SHA1(der, (size_t)n, out);
	OPENSSL_free(der);
	return n > 0;
}

size_t fx_pki_authorities(
        const struct fx_pki *p, const struct fx_profile *pr, uint8_t *dst, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->tp[i].ca && used(pr, &p->tp[i], TO_VERIFY) && n + IKE_KEY_ID_LEN <= max &&
		        key_hash(p->tp[i].ca, dst + n))
			n += IKE_KEY_ID_LEN;
	return n;
}

/* ---- ours ------------------------------------------------------------------------------ */

static bool kind_fits(const struct fx_tp *t, enum fx_auth a)
{
	unsigned bits;
	enum ike_key_type k = ike_sig_key_type(t->key->key, &bits);
	bool rsa = k == IKE_KEY_RSA || k == IKE_KEY_RSA_PSS;

	return a == FX_AUTH_RSA ? rsa : !rsa && k != IKE_KEY_NONE;
}

static bool asked_for(const struct fx_tp *t, struct span wanted)
{
	uint8_t id[IKE_KEY_ID_LEN];

	if (!t->ca || !key_hash(t->ca, id))
		return false;
	for (size_t i = 0; i + IKE_KEY_ID_LEN <= wanted.n; i += IKE_KEY_ID_LEN)
		if (memcmp(wanted.p + i, id, IKE_KEY_ID_LEN) == 0)
			return true;
	return false;
}

const struct fx_tp *fx_pki_signer(
        const struct fx_pki *p, const struct fx_profile *pr, struct span wanted)
{
	const struct fx_tp *first = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const struct fx_tp *t = &p->tp[i];

		if (!t->own || !t->key || !used(pr, t, TO_SIGN) || !kind_fits(t, pr->auth_local))
			continue;
		if (asked_for(t, wanted))
			return t;
		if (!first)
			first = t;
	}
	return first;
}

/* The trustpoint whose authority has issued this one's; NULL: none has, or it is a root. */
static const struct fx_tp *parent_of(const struct fx_pki *p, const struct fx_tp *t)
{
	if (!t->ca || X509_self_signed(t->ca, 0) == 1)
		return NULL;
	for (size_t i = 0; i < p->n; i++)
		if (p->tp[i].ca && &p->tp[i] != t &&
		        X509_check_issued(p->tp[i].ca, t->ca) == X509_V_OK)
			return &p->tp[i];
	return NULL;
}

/* The peer has its roots; what stands between goes along. */
void fx_pki_chain(const struct fx_pki *p, const struct fx_tp *t, struct ike_certs *out)
{
	*out = (struct ike_certs){0};
	if (t->cfg->own_url)
		out->url[0] = span_of(t->cfg->own_url, strlen(t->cfg->own_url));
	out->der[out->n++] = span_of(t->own_der, t->n_own);
	for (; t && t->ca && X509_self_signed(t->ca, 0) != 1 && out->n < IKE_MAX_CERTS;
	        t = parent_of(p, t))
		out->der[out->n++] = span_of(t->ca_der, t->n_ca);
}

bool fx_pki_identity(const struct fx_tp *t, struct ike_id *out)
{
	uint8_t *der = NULL;
	int n = i2d_X509_NAME(X509_get_subject_name(t->own), &der);
	bool ok = n > 0 && (size_t)n <= sizeof(out->data);

	if (ok) {
		*out = (struct ike_id){.type = ID_DER_ASN1_DN, .len = (uint8_t)n};
		memcpy(out->data, der, (size_t)n);
	}
	OPENSSL_free(der);
	return ok;
}

/* ---- the peer's: is it the one it says it is? ------------------------------------------------ */

static bool subject_is(const X509 *x, const struct ike_id *id)
{
	const uint8_t *at = id->data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, id->len);
	bool ok = name && at == id->data + id->len &&
	          X509_NAME_cmp(name, X509_get_subject_name(x)) == 0;

	X509_NAME_free(name);
	return ok;
}

static bool has_dns_name(const X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool any = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		any |= sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
	GENERAL_NAMES_free(names);
	return any;
}

static bool attribute_is(const X509 *x, int nid, const struct ike_id *id)
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0) {
		const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

		if (ASN1_STRING_length(s) == id->len &&
		        strncasecmp((const char *)ASN1_STRING_get0_data(s), (const char *)id->data,
		                id->len) == 0)
			return true;
	}
	return false;
}

/* In the alternative names; IOS writes its name as unstructuredName into the subject, others as
 * common name, and those count when there are no alternative ones. */
static bool host_is(X509 *x, const struct ike_id *id)
{
	if (!id->len || id->data[0] == '.' || memchr(id->data, 0, id->len))
		return false;
	if (X509_check_host(x, (const char *)id->data, id->len,
	            X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1)
		return true;
	return !has_dns_name(x) && (attribute_is(x, NID_pkcs9_unstructuredName, id) ||
	                                   attribute_is(x, NID_commonName, id));
}

static bool key_id_is(X509 *x, const struct ike_id *id)
{
	const ASN1_OCTET_STRING *s = X509_get0_subject_key_id(x);

	return s && ASN1_STRING_length(s) == id->len &&
	       memcmp(ASN1_STRING_get0_data(s), id->data, id->len) == 0;
}

static bool names(X509 *x, const struct ike_id *id)
{
	switch (id->type) {
	case ID_DER_ASN1_DN:
		return subject_is(x, id);
	case ID_FQDN:
		return host_is(x, id);
	case ID_RFC822_ADDR:
		return id->len && !memchr(id->data, 0, id->len) &&
		       X509_check_email(x, (const char *)id->data, id->len, 0) == 1;
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		return X509_check_ip(x, id->data, id->len, 0) == 1;
	case ID_KEY_ID:
		return key_id_is(x, id);
	default:
		return false;
	}
}

/* ---- does it lead to an authority of ours? --------------------------------------------------- */

struct peer {
	X509 *leaf;
	STACK_OF(X509) * rest;
};

/* Authorities of ours that the peer takes for known help to build its chain. */
static STACK_OF(X509) * known(const struct fx_pki *p)
{
	STACK_OF(X509) *all = sk_X509_new_null();

	for (size_t i = 0; i < p->n; i++)
		if (p->tp[i].ca && X509_up_ref(p->tp[i].ca))
			sk_X509_push(all, p->tp[i].ca);
	return all;
}

static bool peer_read(const struct fx_pki *pki, const struct ike_certs *c, struct peer *p)
{
	p->leaf = NULL;
	p->rest = known(pki);
	for (size_t i = 0; i < c->n; i++) {
		const uint8_t *at = c->der[i].p;
		X509 *x = c->der[i].n ? d2i_X509(NULL, &at, (long)c->der[i].n) : NULL;

		if (i == 0)
			p->leaf = x;
		else if (x)
			sk_X509_push(p->rest, x);
	}
	return p->leaf != NULL;
}

static void peer_fini(struct peer *p)
{
	X509_free(p->leaf);
	sk_X509_pop_free(p->rest, X509_free);
}

enum verdict { TRUSTED, REFUSED, WAIT };

/* Every certificate below the authority, the peer's own last: the first that is not good decides.
 */
static enum verdict unrevoked(const struct fx_pki *p, const struct fx_tp *t, STACK_OF(X509) * chain,
        uint64_t now, char *why, size_t n)
{
	for (int i = sk_X509_num(chain) - 2; i >= 0; i--) {
		char text[200] = "";
		enum fx_revoked v = fx_revoke_check(p->revoke, t->cfg, sk_X509_value(chain, i),
		        sk_X509_value(chain, i + 1), now, text, sizeof(text));

		if (v == FX_REVOKED_NO)
			continue;
		snprintf(why, n, "trustpoint %s: %s: %s", t->name,
		        v == FX_REVOKED_YES ? "the certificate is revoked"
		                            : "its revocation status is unknown",
		        text);
		return v == FX_REVOKED_WAIT ? WAIT : REFUSED;
	}
	return TRUSTED;
}

static enum verdict leads_to(const struct fx_pki *p, const struct fx_tp *t, const struct peer *peer,
        unsigned depth, uint64_t now, unsigned *len, char *why, size_t n);

/* `chain-validation continue`: the authority is judged as its certificates are. */
static enum verdict beyond(const struct fx_pki *p, const struct fx_tp *t, const struct peer *peer,
        unsigned depth, uint64_t now, unsigned *len, char *why, size_t n)
{
	const struct fx_tp *up =
	        t->cfg->chain_parent ? fx_pki_tp(p, t->cfg->chain_parent) : parent_of(p, t);
	struct peer above = {.leaf = t->ca, .rest = peer->rest};

	if (!t->cfg->chain_continue || X509_self_signed(t->ca, 0) == 1)
		return TRUSTED;
	if (up && up->ca && up != t && depth < CHAIN_MAX)
		return leads_to(p, up, &above, depth + 1, now, len, why, n);
	snprintf(why, n, "trustpoint %s: no trustpoint has the authority above it", t->name);
	return REFUSED;
}

/* `why` is written when it does not; `len` counts the certificates below the last authority. */
static enum verdict leads_to(const struct fx_pki *p, const struct fx_tp *t, const struct peer *peer,
        unsigned depth, uint64_t now, unsigned *len, char *why, size_t n)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum verdict v = REFUSED;
	bool ok = store && ctx && X509_STORE_add_cert(store, t->ca) == 1 &&
	          X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
	          X509_STORE_CTX_init(ctx, store, peer->leaf, peer->rest) == 1;

	if (ok)
		X509_STORE_CTX_set_depth(ctx, CHAIN_MAX);
	if (ok && X509_verify_cert(ctx) == 1) {
		*len += (unsigned)sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;
		v = unrevoked(p, t, X509_STORE_CTX_get0_chain(ctx), now, why, n);
	} else if (ok) {
		snprintf(why, n, "trustpoint %s: %s", t->name,
		        X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return v == TRUSTED ? beyond(p, t, peer, depth, now, len, why, n) : v;
}

/* By one of the profile's trustpoints; refused by all only when none waits. */
static enum verdict judge(const struct fx_pki *p, const struct fx_profile *pr,
        const struct peer *peer, uint64_t now, char *why, size_t n)
{
	enum verdict all = REFUSED;
	unsigned len = 0;

	snprintf(why, n, "no trustpoint of the profile is authenticated");
	for (size_t i = 0; i < p->n; i++) {
		enum verdict v = REFUSED;

		if (p->tp[i].ca && used(pr, &p->tp[i], TO_VERIFY))
			v = leads_to(p, &p->tp[i], peer, 0, now, &len, why, n);
		if (v == TRUSTED)
			return v;
		if (v == WAIT)
			all = WAIT;
	}
	return all;
}

/* What the peer only named; false: it is being fetched. */
static bool by_url(
        const struct fx_pki *p, const struct fx_profile *pr, struct ike_certs *c, uint64_t now)
{
	char dev[NET_IFNAMSIZ];

	if (pr->fvrf)
		vrf_device_name(pr->fvrf, dev);
	return fx_cert_urls_get(p->urls, c, pr->fvrf ? dev : NULL, now);
}

void fx_pki_fetched(
        const struct fx_pki *p, const struct fx_profile *pr, struct ike_certs *c, uint64_t now)
{
	by_url(p, pr, c, now);
}

bool fx_pki_ready(const struct fx_pki *p, const struct fx_profile *pr,
        const struct ike_certs *certs, uint64_t now)
{
	struct peer peer;
	char why[320];
	struct ike_certs all = *certs;

	if (!by_url(p, pr, &all, now))
		return false;
	bool ready =
	        !peer_read(p, &all, &peer) || judge(p, pr, &peer, now, why, sizeof(why)) != WAIT;

	peer_fini(&peer);
	return ready;
}

/* ---- our own, when somebody asks ----------------------------------------------------------- */

static enum verdict judge_own(const struct fx_pki *p, const struct fx_tp *t, uint64_t now,
        unsigned *len, char *why, size_t n)
{
	struct peer own = {.leaf = t->own, .rest = known(p)};
	enum verdict v = leads_to(p, t, &own, 0, now, len, why, n);

	sk_X509_pop_free(own.rest, X509_free);
	return v;
}

/* False: it cannot be told yet. */
static bool told(const struct fx_pki *p, const char *trustpoint, fx_pki_validated_fn fn, void *ctx,
        uint64_t now)
{
	const struct fx_tp *t = fx_pki_tp(p, trustpoint);
	unsigned len = 0;
	char why[320];
	enum verdict v;

	if (!t || !t->ca || !t->own) {
		fn(ctx, 0, "the trustpoint has no certificate of ours");
		return true;
	}
	v = judge_own(p, t, now, &len, why, sizeof(why));
	if (v != WAIT)
		fn(ctx, len, v == TRUSTED ? NULL : why);
	return v != WAIT;
}

void fx_pki_validate(
        struct fx_pki *p, const char *trustpoint, fx_pki_validated_fn fn, void *ctx, uint64_t now)
{
	struct validation *v;

	if (told(p, trustpoint, fn, ctx, now))
		return;
	v = xcalloc(1, sizeof(*v));
	*v = (struct validation){
	        .next = p->validations, .trustpoint = xstrdup(trustpoint), .fn = fn, .ctx = ctx};
	p->validations = v;
}

static void validation_free(struct validation *v)
{
	free(v->trustpoint);
	free(v);
}

void fx_pki_validate_stop(struct fx_pki *p, const void *ctx)
{
	for (struct validation **at = &p->validations, *v; (v = *at);) {
		if (v->ctx != ctx) {
			at = &v->next;
			continue;
		}
		*at = v->next;
		validation_free(v);
	}
}

/* One that can be told now. */
static bool tell_validated(struct fx_pki *p, uint64_t now)
{
	for (struct validation **at = &p->validations, *v; (v = *at); at = &v->next) {
		if (!told(p, v->trustpoint, v->fn, v->ctx, now))
			continue;
		for (at = &p->validations; *at && *at != v;) /* the list may have changed */
			at = &(*at)->next;
		if (*at) {
			*at = v->next;
			validation_free(v);
		}
		return true;
	}
	return false;
}

bool fx_pki_take(struct fx_pki *p, struct strbuf *lines, uint64_t now)
{
	return fx_scep_take(p->scep, lines) || tell_validated(p, now);
}

static bool may_sign(X509 *x)
{
	uint32_t usage = X509_get_key_usage(x); /* all bits where it does not say */

	return usage & (X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION);
}

static bool spki_of(const X509 *x, struct ike_spki *out)
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool ok = n > 0 && (size_t)n <= sizeof(out->der);

	if (ok)
		memcpy(out->der, der, out->n = (size_t)n);
	OPENSSL_free(der);
	return ok;
}

static void unreadable(const struct fx_pki *p, const struct ike_certs *c, char *why, size_t n)
{
	if (c->n && !c->der[0].n && c->hash[0])
		snprintf(why, n, "it cannot be fetched: %s", fx_cert_urls_why(p->urls, c->hash[0]));
	else
		snprintf(why, n, c->n ? "it cannot be read" : "the peer sent none");
}

bool fx_pki_trust(const struct fx_pki *p, const struct fx_profile *pr, const struct ike_id *id,
        const struct ike_certs *certs, uint64_t now, struct ike_spki *key, char *why, size_t n)
{
	struct peer peer;
	char text[320];
	struct ike_certs all = *certs;
	bool ok = false;

	by_url(p, pr, &all, now);
	p->count->started++;
	if (!peer_read(p, &all, &peer)) {
		unreadable(p, &all, why, n);
	} else if (judge(p, pr, &peer, now, why, n) == TRUSTED) {
		ok = names(peer.leaf, id);
		if (!ok)
			snprintf(why, n, "it is not that of %s", ike_id_fmt(id, text));
		else if (!may_sign(peer.leaf) || !spki_of(peer.leaf, key)) {
			snprintf(why, n, "its key is not for signatures");
			ok = false;
		}
	}
	peer_fini(&peer);
	p->count->ended++;
	++*(ok ? &p->count->passed : &p->count->failed);
	return ok;
}
