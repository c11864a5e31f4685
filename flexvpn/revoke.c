/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revocation: see revoke.h. Every list and every answer is judged by OpenSSL; here is who is asked,
 * and what is kept. */
#include "flexvpn/revoke.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/vrf.h"

enum {
	MAX_LIST = 4 << 20,       /* octets of a revocation list */
	MAX_OCSP = 64 << 10,      /* of an answer about one certificate */
	FETCH_S = 10,             /* for one of them */
	KEEP_MS = 60 * 60 * 1000, /* a list that does not say when the next one comes */
	KEEP_OCSP_MS = 60 * 1000, /* the same of an answer */
	FAILED_MS = 30 * 1000,    /* before what failed is asked for again */
	MAX_DOCS = 256,           /* kept at the same time; the oldest settled one goes */
	SKEW_S = 300              /* between the authority's clock and ours */
};

enum state { ASKED, HERE, FAILED };

/* A list, or an answer about one certificate. */
struct doc {
	UT_hash_handle hh;
	char *key; /* the URL, and for an answer the certificate's number */
	char *url;
	uint32_t id; /* of the fetch */
	enum state state;
	uint64_t until; /* HERE, FAILED: good for so long */
	char why[160];  /* FAILED */
	X509_CRL *crl;
	OCSP_REQUEST *request;
	OCSP_RESPONSE *response;
};

struct fx_revoke {
	struct fetch_io io;
	struct doc *docs;
	uint32_t last_id;
	struct fx_revoke_counters count;
};

struct fx_revoke *fx_revoke_new(const struct fetch_io *io)
{
	struct fx_revoke *r = xcalloc(1, sizeof(*r));

	r->io = *io;
	return r;
}

static void doc_free(struct fx_revoke *r, struct doc *d)
{
	HASH_DEL(r->docs, d);
	if (d->state == ASKED && r->io.cancel)
		r->io.cancel(r->io.ctx, d->id);
	X509_CRL_free(d->crl);
	OCSP_REQUEST_free(d->request);
	OCSP_RESPONSE_free(d->response);
	free(d->key);
	free(d->url);
	free(d);
}

void fx_revoke_free(struct fx_revoke *r)
{
	struct doc *d, *tmp;

	if (!r)
		return;
	HASH_ITER (hh, r->docs, d, tmp) {
		doc_free(r, d);
	}
	free(r);
}

struct fx_revoke_counters *fx_revoke_counters(struct fx_revoke *r)
{
	return &r->count;
}

void fx_revoke_forget(struct fx_revoke *r)
{
	struct doc *d, *tmp;

	HASH_ITER (hh, r->docs, d, tmp) {
		if (d->state != ASKED)
			doc_free(r, d);
	}
}

const X509_CRL *fx_revoke_crl(const struct fx_revoke *r, size_t i, const char **url)
{
	for (const struct doc *d = r->docs; d; d = d->hh.next) {
		if (!d->crl || i--)
			continue;
		*url = d->url;
		return d->crl;
	}
	return NULL;
}

/* ---- fetching
 * ------------------------------------------------------------------------------------------- */

static void fail(struct doc *d, uint64_t now, const char *why)
{
	d->state = FAILED;
	d->until = now + FAILED_MS;
	snprintf(d->why, sizeof(d->why), "%s: %s", d->url, why);
}

/* Room for one more: the oldest that nobody waits for goes. */
static bool make_room(struct fx_revoke *r)
{
	struct doc *d, *tmp;

	if (HASH_COUNT(r->docs) < MAX_DOCS)
		return true;
	HASH_ITER (hh, r->docs, d, tmp) {
		if (d->state == ASKED)
			continue;
		doc_free(r, d);
		return true;
	}
	return false;
}

static struct doc *doc_new(struct fx_revoke *r, const char *key, const char *url)
{
	struct doc *d;

	if (!make_room(r))
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->key = xstrdup(key);
	d->url = xstrdup(url);
	HASH_ADD_KEYPTR(hh, r->docs, d->key, strlen(d->key), d);
	return d;
}

/* The document with this key, if it is still good for something. */
static struct doc *doc_find(struct fx_revoke *r, const char *key, uint64_t now)
{
	struct doc *d;

	HASH_FIND_STR(r->docs, key, d);
	if (d && d->state != ASKED && now >= d->until) {
		doc_free(r, d);
		d = NULL;
	}
	return d;
}

/* The device that the authority is reached through; NULL: as routed. */
static const char *device_of(const struct fx_trustpoint *t, char dev[NET_IFNAMSIZ])
{
	if (!t->vrf)
		return NULL;
	vrf_device_name(t->vrf, dev);
	return dev;
}

static void fetch(struct fx_revoke *r, struct doc *d, const struct fetch_want *w, uint64_t now)
{
	if (!r->io.ask) {
		fail(d, now, "there is nobody to fetch it");
		return;
	}
	d->id = ++r->last_id;
	d->state = ASKED;
	++*(d->request ? &r->count.ocsp_asked : &r->count.crl_asked);
	r->io.ask(r->io.ctx, d->id, w);
}

/* How long from now until that time of day; `otherwise` where it is not said. */
static uint64_t ms_until(const ASN1_TIME *t, uint64_t otherwise)
{
	int days, seconds;

	if (!t || ASN1_TIME_diff(&days, &seconds, NULL, t) != 1)
		return otherwise;
	if (days < 0 || seconds < 0)
		return 0;
	return ((uint64_t)days * 86400 + (uint64_t)seconds) * 1000;
}

static void take_list(struct doc *d, const struct fetch_answer *a, uint64_t now)
{
	const uint8_t *at = a->body;
	uint64_t left;

	d->crl = d2i_X509_CRL(NULL, &at, (long)a->n);
	if (!d->crl || at != a->body + a->n) {
		X509_CRL_free(d->crl);
		d->crl = NULL;
		fail(d, now, "it is not a revocation list");
		return;
	}
	left = ms_until(X509_CRL_get0_nextUpdate(d->crl), KEEP_MS);
	d->state = HERE;
	d->until = now + (left ? left : FAILED_MS); /* one that is out of date will be judged so */
}

static void take_answer(struct doc *d, const struct fetch_answer *a, uint64_t now)
{
	const uint8_t *at = a->body;

	d->response = d2i_OCSP_RESPONSE(NULL, &at, (long)a->n);
	if (!d->response) {
		fail(d, now, "it is not an OCSP response");
		return;
	}
	d->state = HERE;
	d->until = now + KEEP_OCSP_MS;
}

bool fx_revoke_poll(struct fx_revoke *r, uint64_t now)
{
	struct fetch_answer a;
	bool any = false;

	while (r->io.poll && r->io.poll(r->io.ctx, &a)) {
		struct doc *d = r->docs;

		while (d && (d->state != ASKED || d->id != a.id))
			d = d->hh.next;
		if (d && !a.ok)
			fail(d, now, a.why);
		else if (d)
			(d->request ? take_answer : take_list)(d, &a, now);
		if (d && d->state == FAILED)
			++*(d->request ? &r->count.ocsp_failed : &r->count.crl_failed);
		if (d && d->state == FAILED)
			log_msg(PKI_FETCH_FAIL, d->request ? "OCSP response" : "CRL", d->why);
		any |= d != NULL;
		free(a.body);
	}
	return any;
}

/* ---- by list
 * -------------------------------------------------------------------------------------------- */

static bool is_http(const ASN1_IA5STRING *s, char *url, size_t n)
{
	const char *p = (const char *)ASN1_STRING_get0_data(s);
	size_t len = (size_t)ASN1_STRING_length(s);

	if (len >= n || memchr(p, 0, len) ||
	        (strncasecmp(p, "http://", 7) != 0 && strncasecmp(p, "https://", 8) != 0))
		return false;
	memcpy(url, p, len);
	url[len] = '\0';
	return true;
}

/* The first distribution point that can be read over HTTP. */
static bool list_url(X509 *x, char *url, size_t n)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

		if (!name || name->type != 0)
			continue;
		for (int k = 0; !found && k < sk_GENERAL_NAME_num(name->name.fullname); k++) {
			const GENERAL_NAME *g = sk_GENERAL_NAME_value(name->name.fullname, k);

			found = g->type == GEN_URI &&
			        is_http(g->d.uniformResourceIdentifier, url, n);
		}
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

/* The list is its issuer's, in force, of the right scope; then whether the certificate is on it. */
static enum fx_revoked judge_list(X509_CRL *crl, X509 *cert, X509 *issuer, char *why, size_t n)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
	enum fx_revoked v = FX_REVOKED_UNKNOWN;
	bool ok = store && ctx && lists && sk_X509_CRL_push(lists, crl) > 0 &&
	          X509_STORE_add_cert(store, issuer) == 1 &&
	          X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK) ==
	                  1 &&
	          X509_STORE_CTX_init(ctx, store, cert, NULL) == 1;

	if (ok) {
		X509_STORE_CTX_set0_crls(ctx, lists);
		int rc = X509_verify_cert(ctx), error = X509_STORE_CTX_get_error(ctx);

		v = rc == 1                            ? FX_REVOKED_NO
		    : error == X509_V_ERR_CERT_REVOKED ? FX_REVOKED_YES
		                                       : FX_REVOKED_UNKNOWN;
		if (rc != 1)
			snprintf(why, n, "%s", X509_verify_cert_error_string(error));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_CRL_free(lists);
	return v;
}

static enum fx_revoked by_list(struct fx_revoke *r, const struct fx_trustpoint *t, X509 *cert,
        X509 *issuer, uint64_t now, char *why, size_t n)
{
	char url[512], dev[NET_IFNAMSIZ];
	struct doc *d;

	if (!list_url(cert, url, sizeof(url))) {
		snprintf(why, n, "the certificate names no revocation list that can be fetched");
		return FX_REVOKED_UNKNOWN;
	}
	d = doc_find(r, url, now);
	if (!d && (d = doc_new(r, url, url)))
		fetch(r, d,
		        &(struct fetch_want){.url = url,
		                .dev = device_of(t, dev),
		                .max = MAX_LIST,
		                .timeout_s = FETCH_S},
		        now);
	if (!d || d->state == ASKED)
		return d ? FX_REVOKED_WAIT : FX_REVOKED_UNKNOWN;
	if (d->state == HERE)
		return judge_list(d->crl, cert, issuer, why, n);
	snprintf(why, n, "%s", d->why);
	return FX_REVOKED_UNKNOWN;
}

/* ---- by asking
 * ------------------------------------------------------------------------------------------ */

static bool responder_url(const struct fx_trustpoint *t, X509 *x, char *url, size_t n)
{
	AUTHORITY_INFO_ACCESS *info;
	bool found = false;

	if (t->ocsp_url) {
		snprintf(url, n, "%s", t->ocsp_url);
		return true;
	}
	info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	for (int i = 0; !found && i < sk_ACCESS_DESCRIPTION_num(info); i++) {
		const ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(info, i);

		found = OBJ_obj2nid(a->method) == NID_ad_OCSP && a->location->type == GEN_URI &&
		        is_http(a->location->d.uniformResourceIdentifier, url, n);
	}
	AUTHORITY_INFO_ACCESS_free(info);
	return found;
}

static void post(struct fx_revoke *r, struct doc *d, const struct fx_trustpoint *t, X509 *cert,
        X509 *issuer, uint64_t now)
{
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);
	char dev[NET_IFNAMSIZ];
	uint8_t *der = NULL;
	int n = -1;

	d->request = OCSP_REQUEST_new();
	if (id && d->request && OCSP_request_add0_id(d->request, id)) {
		if (!t->ocsp_no_nonce)
			OCSP_request_add1_nonce(d->request, NULL, -1);
		n = i2d_OCSP_REQUEST(d->request, &der);
	} else {
		OCSP_CERTID_free(id);
	}
	if (n > 0)
		fetch(r, d,
		        &(struct fetch_want){.url = d->url,
		                .type = "application/ocsp-request",
		                .post = span_of(der, (size_t)n),
		                .dev = device_of(t, dev),
		                .max = MAX_OCSP,
		                .timeout_s = FETCH_S},
		        now);
	else
		fail(d, now, "no question could be made");
	OPENSSL_free(der);
}

static enum fx_revoked status_of(OCSP_BASICRESP *b, OCSP_CERTID *id, char *why, size_t n)
{
	ASN1_GENERALIZEDTIME *revoked, *this, *next;
	int status, reason;

	if (OCSP_resp_find_status(b, id, &status, &reason, &revoked, &this, &next) != 1) {
		snprintf(why, n, "the OCSP response is about another certificate");
		return FX_REVOKED_UNKNOWN;
	}
	if (OCSP_check_validity(this, next, SKEW_S, -1) != 1) {
		snprintf(why, n, "the OCSP response is out of date");
		return FX_REVOKED_UNKNOWN;
	}
	snprintf(why, n, "the OCSP responder says %s", OCSP_cert_status_str(status));
	return status == V_OCSP_CERTSTATUS_GOOD      ? FX_REVOKED_NO
	       : status == V_OCSP_CERTSTATUS_REVOKED ? FX_REVOKED_YES
	                                             : FX_REVOKED_UNKNOWN;
}

/* Signed by the issuer, or by whom it has appointed (RFC 6960 §4.2.2.2), for our question. */
static bool answer_good(const struct doc *d, OCSP_BASICRESP *b, X509 *issuer, char *why, size_t n)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool ok = store && certs && sk_X509_push(certs, issuer) > 0 &&
	          X509_STORE_add_cert(store, issuer) == 1 &&
	          X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
	          OCSP_basic_verify(b, certs, store, 0) == 1;

	if (!ok)
		snprintf(why, n, "the OCSP response is not signed by the authority");
	else if (OCSP_check_nonce(d->request, b) == 0) {
		snprintf(why, n, "the OCSP response answers another question");
		ok = false;
	}
	X509_STORE_free(store);
	sk_X509_free(certs);
	return ok;
}

static enum fx_revoked judge_answer(
        const struct doc *d, X509 *cert, X509 *issuer, char *why, size_t n)
{
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);
	OCSP_BASICRESP *b = NULL;
	enum fx_revoked v = FX_REVOKED_UNKNOWN;
	int status = OCSP_response_status(d->response);

	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		snprintf(why, n, "the OCSP responder says %s", OCSP_response_status_str(status));
	else if (!id || !(b = OCSP_response_get1_basic(d->response)))
		snprintf(why, n, "the OCSP response cannot be read");
	else if (answer_good(d, b, issuer, why, n))
		v = status_of(b, id, why, n);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	return v;
}

static void answer_key(const char *url, X509 *cert, char *key, size_t n)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int at = snprintf(key, n, "%s ", url);

	X509_digest(cert, EVP_sha256(), md, &len);
	for (unsigned i = 0; i < len && at > 0 && (size_t)at + 2 < n; i++)
		at += snprintf(key + at, n - (size_t)at, "%02x", md[i]);
}

static enum fx_revoked by_asking(struct fx_revoke *r, const struct fx_trustpoint *t, X509 *cert,
        X509 *issuer, uint64_t now, char *why, size_t n)
{
	char url[512], key[sizeof(url) + 2 * EVP_MAX_MD_SIZE + 2];
	struct doc *d;

	if (!responder_url(t, cert, url, sizeof(url))) {
		snprintf(why, n, "the certificate names no OCSP responder");
		return FX_REVOKED_UNKNOWN;
	}
	answer_key(url, cert, key, sizeof(key));
	d = doc_find(r, key, now);
	if (!d && (d = doc_new(r, key, url)))
		post(r, d, t, cert, issuer, now);
	if (!d || d->state == ASKED)
		return d ? FX_REVOKED_WAIT : FX_REVOKED_UNKNOWN;
	if (d->state == HERE)
		return judge_answer(d, cert, issuer, why, n);
	snprintf(why, n, "%s", d->why);
	return FX_REVOKED_UNKNOWN;
}

/* ---- the methods of a trustpoint
 * ------------------------------------------------------------------------ */

enum fx_revoked fx_revoke_check(struct fx_revoke *r, const struct fx_trustpoint *t, X509 *cert,
        X509 *issuer, uint64_t now, char *why, size_t n)
{
	enum fx_revoked v = FX_REVOKED_UNKNOWN;

	snprintf(why, n, "the trustpoint names no method");
	for (uint8_t i = 0; v == FX_REVOKED_UNKNOWN && i < t->n_revocation; i++) {
		if (t->revocation[i] == FX_REVOKE_NONE) {
			r->count.bypassed++;
			return FX_REVOKED_NO;
		}
		v = (t->revocation[i] == FX_REVOKE_CRL ? by_list : by_asking)(
		        r, t, cert, issuer, now, why, n);
	}
	return v;
}
