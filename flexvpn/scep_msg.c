/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of SCEP: see scep_msg.h. */
#include "flexvpn/scep_msg.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { SELF_DAYS = 7, RENEWAL_CERTS = 8 };

/* RFC 8894 §3.2.1: attributes of a message. */
#define ATTR(n)           "2.16.840.1.113733.1.9." #n
#define A_MESSAGE_TYPE    ATTR(2)
#define A_STATUS          ATTR(3)
#define A_FAIL_INFO       ATTR(4)
#define A_SENDER_NONCE    ATTR(5)
#define A_RECIPIENT_NONCE ATTR(6)
#define A_TRANSACTION     ATTR(7)

static bool no(char *why, size_t n, const char *text)
{
	ERR_clear_error();
	snprintf(why, n, "%s", text);
	return false;
}

/* ---- GetCACaps ------------------------------------------------------------------------------ */

static unsigned cap(const char *word, size_t n)
{
	static const struct {
		const char *word;
		unsigned caps;
	} known[] = {{"AES", SCEP_CAP_AES}, {"SHA-256", SCEP_CAP_SHA256},
	        {"SHA-512", SCEP_CAP_SHA512 | SCEP_CAP_SHA256}, {"POSTPKIOperation", SCEP_CAP_POST},
	        {"Renewal", SCEP_CAP_RENEWAL},
	        {"SCEPStandard",
	                SCEP_CAP_AES | SCEP_CAP_SHA256 | SCEP_CAP_POST | SCEP_CAP_RENEWAL}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strlen(known[i].word) == n && strncasecmp(known[i].word, word, n) == 0)
			return known[i].caps;
	return 0;
}

unsigned scep_caps(struct span text)
{
	const char *p = (const char *)text.p, *end = p + text.n;
	unsigned caps = 0;

	while (p < end) {
		size_t n = 0;

		while (p + n < end && p[n] > ' ')
			n++;
		caps |= cap(p, n);
		p += n + 1;
	}
	return caps;
}

/* ---- GetCACert ------------------------------------------------------------------------------ */

/* The certificates of a SignedData that signs nothing. */
static STACK_OF(X509) * degenerate(struct span der)
{
	const uint8_t *at = der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
	STACK_OF(X509) *certs = cms ? CMS_get1_certs(cms) : NULL;

	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return certs;
}

static STACK_OF(X509) * certificates(struct span body)
{
	const uint8_t *at = body.p;
	X509 *x = d2i_X509(NULL, &at, (long)body.n);
	STACK_OF(X509) * one;

	ERR_clear_error();
	if (!x)
		return degenerate(body);
	one = sk_X509_new_null();
	sk_X509_push(one, x);
	return one;
}

static bool signed_by(X509 *x, X509 *by)
{
	bool ok =
	        X509_check_issued(by, x) == X509_V_OK && X509_verify(x, X509_get0_pubkey(by)) == 1;

	ERR_clear_error();
	return ok;
}

/* The authority that has issued none of the other authorities here: the lowest. */
static X509 *lowest(STACK_OF(X509) * all)
{
	for (int i = 0; i < sk_X509_num(all); i++) {
		X509 *x = sk_X509_value(all, i);
		bool above = X509_check_ca(x) == 0;

		for (int k = 0; k < sk_X509_num(all) && !above; k++)
			above = k != i && X509_check_ca(sk_X509_value(all, k)) != 0 &&
			        signed_by(sk_X509_value(all, k), x);
		if (!above)
			return x;
	}
	return NULL;
}

static X509 *among(STACK_OF(X509) * all, const X509 *x)
{
	for (int i = 0; i < sk_X509_num(all); i++)
		if (X509_cmp(sk_X509_value(all, i), x) == 0)
			return sk_X509_value(all, i);
	return NULL;
}

static bool may(X509 *x, uint32_t use)
{
	return X509_get_key_usage(x) & use; /* all bits where it does not say */
}

/* Who speaks for the authority: end entities that it has issued (§2.1.2). */
static void appointed(STACK_OF(X509) * all, struct scep_ca *out)
{
	out->ra = sk_X509_new_null();
	for (int i = 0; i < sk_X509_num(all); i++) {
		X509 *x = sk_X509_value(all, i);

		if (x == out->ca || X509_check_ca(x) != 0 || !signed_by(x, out->ca) ||
		        X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
			continue;
		if (may(x, KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION) && X509_up_ref(x))
			sk_X509_push(out->ra, x);
		if (may(x, KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT) && !out->encrypt &&
		        X509_up_ref(x))
			out->encrypt = x;
	}
	if (!out->encrypt && X509_up_ref(out->ca))
		out->encrypt = out->ca;
}

bool scep_ca_read(struct span body, const X509 *ca, struct scep_ca *out, char *why, size_t n)
{
	STACK_OF(X509) *all = certificates(body);
	X509 *found = NULL;

	*out = (struct scep_ca){0};
	if (all)
		found = ca ? among(all, ca) : lowest(all);
	if (found && X509_up_ref(found)) {
		out->ca = found;
		appointed(all, out);
	}
	sk_X509_pop_free(all, X509_free);
	if (found)
		return true;
	return no(why, n,
	        !all ? "it is no certificate"
	        : ca ? "the authority of the trustpoint is not among them"
	             : "there is no authority among them");
}

void scep_ca_fini(struct scep_ca *c)
{
	X509_free(c->ca);
	X509_free(c->encrypt);
	sk_X509_pop_free(c->ra, X509_free);
	*c = (struct scep_ca){0};
}

/* ---- asking --------------------------------------------------------------------------------- */

bool scep_transaction(const EVP_PKEY *key, char out[SCEP_TRANSACTION + 1])
{
	uint8_t *der = NULL, md[EVP_MAX_MD_SIZE];
	int n = i2d_PUBKEY(key, &der);
	unsigned len = 0;
	bool ok = n > 0 && EVP_Digest(der, (size_t)n, md, &len, EVP_sha256(), NULL) == 1;

	if (ok)
		hex_fmt(out, md, SCEP_TRANSACTION / 2);
	OPENSSL_free(der);
	return ok;
}

X509 *scep_self(EVP_PKEY *key, const X509_NAME *subject)
{
	X509 *x = X509_new();
	bool ok = x && X509_set_version(x, X509_VERSION_3) == 1 &&
	          ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	          X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	          X509_time_adj_ex(X509_getm_notAfter(x), SELF_DAYS, 0, NULL) &&
	          X509_set_subject_name(x, subject) == 1 && X509_set_issuer_name(x, subject) == 1 &&
	          X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) > 0;

	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

/* §3.2: the inner message: a request, or for a poll the names of issuer and subject (§3.3.3). */
static int inner(const struct scep_ask *a, uint8_t **der)
{
	uint8_t *issuer = NULL, *subject = NULL, *at;
	int n_issuer, n_subject, body, n;

	if (a->type != SCEP_CERT_POLL)
		return i2d_X509_REQ(a->request, der);
	n_issuer = i2d_X509_NAME(X509_get_subject_name(a->to->ca), &issuer);
	n_subject = i2d_X509_NAME(a->subject, &subject);
	body = n_issuer > 0 && n_subject > 0 ? n_issuer + n_subject : 0;
	n = body ? ASN1_object_size(1, body, V_ASN1_SEQUENCE) : -1;
	if (n > 0 && (at = *der = OPENSSL_malloc((size_t)n))) {
		ASN1_put_object(&at, 1, body, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
		memcpy(at, issuer, (size_t)n_issuer);
		memcpy(at + n_issuer, subject, (size_t)n_subject);
	}
	OPENSSL_free(issuer);
	OPENSSL_free(subject);
	return n;
}

/* For the authority's eyes. */
static BIO *envelope(const struct scep_ask *a)
{
	const EVP_CIPHER *cipher = a->caps & SCEP_CAP_AES ? EVP_aes_128_cbc() : EVP_des_ede3_cbc();
	STACK_OF(X509) *to = sk_X509_new_null();
	uint8_t *der = NULL;
	int n = inner(a, &der);
	BIO *in = n > 0 ? BIO_new_mem_buf(der, n) : NULL, *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = NULL;

	if (in && sk_X509_push(to, a->to->encrypt) > 0)
		cms = CMS_encrypt(to, in, cipher, CMS_BINARY);
	if (!cms || i2d_CMS_bio(out, cms) != 1) {
		BIO_free(out);
		out = NULL;
	}
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	OPENSSL_free(der);
	sk_X509_free(to);
	return out;
}

static bool put(CMS_SignerInfo *si, const char *oid, int type, const void *p, size_t n)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	bool ok = o && CMS_signed_add1_attr_by_OBJ(si, o, type, p, (int)n) == 1;

	ASN1_OBJECT_free(o);
	return ok;
}

static const EVP_MD *digest_for(const struct scep_ask *a)
{
	const EVP_MD *want = EVP_get_digestbyname(a->digest);

	if (EVP_MD_get_size(want) > 32 && a->caps & SCEP_CAP_SHA512)
		return want;
	return a->caps & SCEP_CAP_SHA256 ? EVP_sha256() : EVP_sha1();
}

static bool attributes(CMS_SignerInfo *si, const struct scep_ask *a)
{
	char type[12];

	snprintf(type, sizeof(type), "%d", (int)a->type);
	return put(si, A_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, type, strlen(type)) &&
	       put(si, A_TRANSACTION, V_ASN1_PRINTABLESTRING, a->transaction,
	               strlen(a->transaction)) &&
	       put(si, A_SENDER_NONCE, V_ASN1_OCTET_STRING, a->nonce, sizeof(a->nonce));
}

uint8_t *scep_build(struct scep_ask *a, size_t *n)
{
	BIO *data = RAND_bytes(a->nonce, sizeof(a->nonce)) == 1 ? envelope(a) : NULL;
	CMS_ContentInfo *cms = NULL;
	CMS_SignerInfo *si = NULL;
	uint8_t *der = NULL;
	int len = -1;

	if (data)
		cms = CMS_sign(NULL, NULL, NULL, data, CMS_PARTIAL | CMS_BINARY);
	if (cms)
		si = CMS_add1_signer(
		        cms, a->cert, a->key, digest_for(a), CMS_NOSMIMECAP | CMS_BINARY);
	if (si && attributes(si, a) && CMS_final(cms, data, NULL, CMS_BINARY) == 1)
		len = i2d_CMS_ContentInfo(cms, &der);
	*n = len > 0 ? (size_t)len : 0;
	CMS_ContentInfo_free(cms);
	BIO_free(data);
	ERR_clear_error();
	return len > 0 ? der : NULL;
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* The only value of an attribute, of this type; NULL: it is not there so. */
static const ASN1_STRING *attribute(const CMS_SignerInfo *si, const char *oid, int type)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	int at = o ? CMS_signed_get_attr_by_OBJ(si, o, -1) : -1;
	X509_ATTRIBUTE *attr = at >= 0 ? CMS_signed_get_attr(si, at) : NULL;

	ASN1_OBJECT_free(o);
	return attr && X509_ATTRIBUTE_count(attr) == 1
	               ? X509_ATTRIBUTE_get0_data(attr, 0, type, NULL)
	               : NULL;
}

static bool is(const ASN1_STRING *s, const void *p, size_t n)
{
	return s && (size_t)ASN1_STRING_length(s) == n &&
	       memcmp(ASN1_STRING_get0_data(s), p, n) == 0;
}

/* A number of at most two digits; -1: it is none. */
static int number(const CMS_SignerInfo *si, const char *oid)
{
	const ASN1_STRING *s = attribute(si, oid, V_ASN1_PRINTABLESTRING);
	int n = s ? ASN1_STRING_length(s) : 0, v = 0;

	if (n < 1 || n > 2)
		return -1;
	for (int i = 0; i < n; i++) {
		uint8_t c = ASN1_STRING_get0_data(s)[i];

		if (c < '0' || c > '9')
			return -1;
		v = 10 * v + (c - '0');
	}
	return v;
}

/* Signed by the authority, or by whom it has appointed; then the signer. A refusal has no content
 * (§3.3.2). */
static CMS_SignerInfo *signer(CMS_ContentInfo *cms, const struct scep_ca *ca, BIO *out)
{
	STACK_OF(X509) *known = sk_X509_dup(ca->ra), *signers = NULL;
	STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
	BIO *nothing = CMS_is_detached(cms) == 1 ? BIO_new(BIO_s_mem()) : NULL;

	if (nothing)
		BIO_set_mem_eof_return(nothing, 0);
	bool ok = known && sk_X509_push(known, ca->ca) > 0 && sk_CMS_SignerInfo_num(all) == 1 &&
	          CMS_verify(cms, known, NULL, nothing, out,
	                  CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;

	if (ok)
		signers = CMS_get0_signers(cms);
	ok = ok && sk_X509_num(signers) == 1 && among(known, sk_X509_value(signers, 0));
	BIO_free(nothing);
	sk_X509_free(signers);
	sk_X509_free(known);
	return ok ? sk_CMS_SignerInfo_value(all, 0) : NULL;
}

static const char *fail_text(int info)
{
	static const char *const text[] = {"an unrecognized or unsupported algorithm",
	        "the integrity check failed", "the transaction is not permitted or supported",
	        "the time is too far from its own", "no certificate fits"};

	return info >= 0 && info < (int)ARRAY_LEN(text) ? text[info] : "no reason is given";
}

/* The certificate of our key among those that came. */
static X509 *ours(struct span body, const EVP_PKEY *key)
{
	STACK_OF(X509) *certs = degenerate(body);
	X509 *own = NULL;

	for (int i = 0; i < sk_X509_num(certs) && i < RENEWAL_CERTS && !own; i++) {
		X509 *x = sk_X509_value(certs, i);

		if (X509_get0_pubkey(x) && EVP_PKEY_eq(X509_get0_pubkey(x), key) == 1 &&
		        X509_up_ref(x))
			own = x;
	}
	sk_X509_pop_free(certs, X509_free);
	ERR_clear_error();
	return own;
}

/* To the key that signed the question. */
static X509 *opened(const struct scep_ask *a, BIO *sealed, const EVP_PKEY *key)
{
	CMS_ContentInfo *cms = d2i_CMS_bio(sealed, NULL);
	BIO *out = BIO_new(BIO_s_mem());
	char *data = NULL;
	X509 *own = NULL;

	if (cms && CMS_decrypt(cms, a->key, a->cert, NULL, out, CMS_BINARY) == 1) {
		long n = BIO_get_mem_data(out, &data);

		own = n > 0 ? ours(span_of(data, (size_t)n), key) : NULL;
	}
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	ERR_clear_error();
	return own;
}

/* What the signed attributes say about our question. */
static enum scep_status status_of(
        const struct scep_ask *a, const CMS_SignerInfo *si, char *why, size_t n)
{
	int status = number(si, A_STATUS);

	if (number(si, A_MESSAGE_TYPE) != SCEP_CERT_REP ||
	        !is(attribute(si, A_TRANSACTION, V_ASN1_PRINTABLESTRING), a->transaction,
	                strlen(a->transaction)) ||
	        !is(attribute(si, A_RECIPIENT_NONCE, V_ASN1_OCTET_STRING), a->nonce,
	                sizeof(a->nonce))) {
		snprintf(why, n, "the answer is to another question");
		return SCEP_BAD;
	}
	if (status == 0)
		return SCEP_GRANTED;
	if (status == 3)
		return SCEP_PENDING;
	snprintf(why, n, "%s",
	        status == 2 ? fail_text(number(si, A_FAIL_INFO)) : "no status is given");
	return status == 2 ? SCEP_REFUSED : SCEP_BAD;
}

enum scep_status scep_read(
        const struct scep_ask *a, struct span body, EVP_PKEY *key, X509 **own, char *why, size_t n)
{
	const uint8_t *at = body.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)body.n);
	BIO *sealed = BIO_new(BIO_s_mem());
	CMS_SignerInfo *si = NULL;
	enum scep_status s = SCEP_BAD;

	*own = NULL;
	if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		snprintf(why, n, "the answer cannot be read");
	else if (!(si = signer(cms, a->to, sealed)))
		snprintf(why, n, "the answer is not signed by the authority");
	else
		s = status_of(a, si, why, n);
	if (s == SCEP_GRANTED && !(*own = opened(a, sealed, key))) {
		snprintf(why, n, "there is no certificate for our key in the answer");
		s = SCEP_BAD;
	}
	BIO_free(sealed);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return s;
}
