/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An authority that speaks SCEP: see lib_scep.h. It is written from the RFC and shares no code with
 * the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "tests/flexvpn/lib_scep.h"

#define OID(n) "2.16.840.1.113733.1.9." #n

void scep_server_init(struct scep_server *s, bool rsa, bool with_ra)
{
	struct ca_spec root = {.cn = "Root",
	        .ca = true,
	        .rsa = rsa,
	        .usage = "critical,digitalSignature,keyEncipherment,keyAgreement,keyCertSign,"
	                 "cRLSign"};
	struct ca_spec ra = {
	        .cn = "RA", .rsa = rsa, .usage = "digitalSignature,keyEncipherment,keyAgreement"};

	*s = (struct scep_server){
	        .caps = "AES\nPOSTPKIOperation\nRenewal\nSHA-256\nSCEPStandard\n", .refuse = -1};
	s->root = ca_make(&root, NULL);
	if (with_ra)
		s->ra = ca_make(&ra, &s->root);
}

void scep_server_fini(struct scep_server *s)
{
	ca_free(&s->root);
	ca_free(&s->ra);
	EVP_PKEY_free(s->asked);
	X509_NAME_free(s->asker);
}

static const struct ca_made *speaker(const struct scep_server *s)
{
	return s->ra.x ? &s->ra : &s->root;
}

static uint8_t *take(BIO *mem, size_t *n)
{
	char *data;
	long len = BIO_get_mem_data(mem, &data);
	uint8_t *out = OPENSSL_memdup(data, (size_t)len);

	*n = (size_t)len;
	BIO_free(mem);
	return out;
}

/* Certificates in a SignedData that signs nothing. */
static uint8_t *bundle(X509 *const *x, size_t count, size_t *n)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *mem = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;

	for (size_t i = 0; i < count; i++)
		sk_X509_push(all, x[i]);
	cms = CMS_sign(NULL, NULL, all, NULL, CMS_PARTIAL | CMS_DETACHED);
	assert_non_null(cms);
	assert_int_equal(i2d_CMS_bio(mem, cms), 1);
	CMS_ContentInfo_free(cms);
	sk_X509_free(all);
	return take(mem, n);
}

static uint8_t *ca_cert(const struct scep_server *s, size_t *n)
{
	uint8_t *der = NULL;

	if (s->ra.x)
		return bundle((X509 *[]){s->ra.x, s->root.x}, 2, n);
	*n = (size_t)i2d_X509(s->root.x, &der);
	return der;
}

/* ---- a question ------------------------------------------------------------------------------ */

struct question {
	CMS_ContentInfo *cms;
	X509 *signer; /* borrowed */
	uint8_t nonce[16];
	X509_REQ *request;
};

static const ASN1_STRING *attribute(const CMS_SignerInfo *si, const char *oid, int type)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	int at = CMS_signed_get_attr_by_OBJ(si, o, -1);

	ASN1_OBJECT_free(o);
	assert_true(at >= 0);
	return X509_ATTRIBUTE_get0_data(CMS_signed_get_attr(si, at), 0, type, NULL);
}

static void text_of(char *dst, size_t n, const ASN1_STRING *s)
{
	assert_non_null(s);
	snprintf(dst, n, "%.*s", ASN1_STRING_length(s), (const char *)ASN1_STRING_get0_data(s));
}

static void read_attributes(struct scep_server *s, struct question *q)
{
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(q->cms), 0);
	const ASN1_STRING *nonce = attribute(si, OID(5), V_ASN1_OCTET_STRING);
	char type[8];

	assert_int_equal(ASN1_STRING_length(nonce), sizeof(q->nonce));
	memcpy(q->nonce, ASN1_STRING_get0_data(nonce), sizeof(q->nonce));
	text_of(s->transaction, sizeof(s->transaction),
	        attribute(si, OID(7), V_ASN1_PRINTABLESTRING));
	text_of(type, sizeof(type), attribute(si, OID(2), V_ASN1_PRINTABLESTRING));
	s->type = atoi(type);
}

static void read_request(struct scep_server *s, struct question *q, BIO *clear)
{
	int at;

	q->request = d2i_X509_REQ_bio(clear, NULL);
	assert_non_null(q->request);
	assert_int_equal(X509_REQ_verify(q->request, X509_REQ_get0_pubkey(q->request)), 1);
	at = X509_REQ_get_attr_by_NID(q->request, NID_pkcs9_challengePassword, -1);
	s->challenged[0] = '\0';
	if (at >= 0) {
		X509_ATTRIBUTE *a = X509_REQ_get_attr(q->request, at);

		text_of(s->challenged, sizeof(s->challenged),
		        X509_ATTRIBUTE_get0_type(a, 0)->value.asn1_string);
	}
	X509_NAME_oneline(X509_REQ_get_subject_name(q->request), s->subject, sizeof(s->subject));
}

/* The message is in every way what the RFC asks for, or the test fails. */
static void read_question(struct scep_server *s, struct span message, struct question *q)
{
	const struct ca_made *me = speaker(s);
	BIO *sealed = BIO_new(BIO_s_mem()), *clear = BIO_new(BIO_s_mem());
	const uint8_t *at = message.p;
	STACK_OF(X509) * signers;
	CMS_ContentInfo *inner;

	q->cms = d2i_CMS_ContentInfo(NULL, &at, (long)message.n);
	assert_non_null(q->cms);
	assert_int_equal(CMS_verify(q->cms, NULL, NULL, NULL, sealed,
	                         CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY),
	        1);
	signers = CMS_get0_signers(q->cms);
	assert_int_equal(sk_X509_num(signers), 1);
	q->signer = sk_X509_value(signers, 0);
	sk_X509_free(signers);
	s->renewal = X509_self_signed(q->signer, 0) != 1;
	read_attributes(s, q);
	inner = d2i_CMS_bio(sealed, NULL);
	assert_non_null(inner);
	assert_int_equal(CMS_decrypt(inner, me->key, me->x, NULL, clear, CMS_BINARY), 1);
	q->request = NULL;
	if (s->type != 20)
		read_request(s, q, clear);
	CMS_ContentInfo_free(inner);
	BIO_free(sealed);
	BIO_free(clear);
}

/* ---- the answer -------------------------------------------------------------------------------
 */

static X509 *issue(const struct scep_server *s, const struct question *q)
{
	struct ca_spec spec = {.cn = "-", .to_days = s->days ? s->days : 30};
	struct ca_spec other = {.cn = "Root", .ca = true};
	struct ca_made made = {0}, stranger = {0};
	STACK_OF(X509_EXTENSION) * exts;
	X509 *x;

	if (s->flaw == SCEP_FLAW_KEY)
		made = ca_make(&other, NULL);
	if (s->flaw == SCEP_FLAW_ISSUER)
		stranger = ca_make(&other, NULL);
	const struct ca_made *by = stranger.x ? &stranger : &s->root;

	x = ca_issue(made.key ? made.key : s->asked, &spec, by, by->key);
	X509_set_subject_name(x, s->asker);
	if (s->seconds)
		X509_gmtime_adj(X509_getm_notAfter(x), s->seconds);
	exts = q->request ? X509_REQ_get_extensions(q->request) : NULL;
	for (int i = 0; i < sk_X509_EXTENSION_num(exts); i++)
		X509_add_ext(x, sk_X509_EXTENSION_value(exts, i), -1);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	assert_true(X509_sign(x, by->key, EVP_sha256()) > 0);
	ca_free(&made);
	ca_free(&stranger);
	return x;
}

static BIO *seal(const struct scep_server *s, const struct question *q)
{
	X509 *x = issue(s, q);
	size_t n;
	uint8_t *certs = bundle((X509 *[]){x}, 1, &n);
	BIO *in = BIO_new_mem_buf(certs, (int)n), *out = BIO_new(BIO_s_mem());
	STACK_OF(X509) *to = sk_X509_new_null();

	if (s->flaw == SCEP_FLAW_CLEAR) {
		BIO_write(out, certs, (int)n);
	} else {
		sk_X509_push(to, q->signer);
		CMS_ContentInfo *cms = CMS_encrypt(to, in, EVP_aes_128_cbc(), CMS_BINARY);

		assert_non_null(cms);
		assert_int_equal(i2d_CMS_bio(out, cms), 1);
		CMS_ContentInfo_free(cms);
	}
	sk_X509_free(to);
	BIO_free(in);
	OPENSSL_free(certs);
	X509_free(x);
	return out;
}

static void put(CMS_SignerInfo *si, const char *oid, int type, const void *p, size_t n)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

	assert_int_equal(CMS_signed_add1_attr_by_OBJ(si, o, type, p, (int)n), 1);
	ASN1_OBJECT_free(o);
}

static void put_text(CMS_SignerInfo *si, const char *oid, const char *text)
{
	put(si, oid, V_ASN1_PRINTABLESTRING, text, strlen(text));
}

static void put_attributes(
        const struct scep_server *s, const struct question *q, CMS_SignerInfo *si, int status)
{
	uint8_t nonce[16];
	char text[12];

	memcpy(nonce, q->nonce, sizeof(nonce));
	if (s->zero_nonce)
		memset(nonce, 0, sizeof(nonce));
	nonce[3] ^= s->flaw == SCEP_FLAW_NONCE;
	put_text(si, OID(2), s->flaw == SCEP_FLAW_TYPE ? "19" : "3");
	put_text(si, OID(7), s->flaw == SCEP_FLAW_TRANSACTION ? "00" : s->transaction);
	put(si, OID(6), V_ASN1_OCTET_STRING, nonce, sizeof(nonce));
	snprintf(text, sizeof(text), "%d", status);
	if (s->flaw != SCEP_FLAW_STATUS)
		put_text(si, OID(3), text);
	snprintf(text, sizeof(text), "%d", s->refuse);
	if (status == 2)
		put_text(si, OID(4), text);
}

static uint8_t *reply(struct scep_server *s, const struct question *q, size_t *n)
{
	int status = s->refuse >= 0 ? 2 : s->pending ? 3 : 0;
	struct ca_spec nobody = {.cn = "Root", .ca = true};
	struct ca_made stranger = {0};
	const struct ca_made *by = speaker(s);
	BIO *content = status ? NULL : seal(s, q), *out = BIO_new(BIO_s_mem()),
	    *nothing = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_sign(
	        NULL, NULL, NULL, content, CMS_PARTIAL | CMS_BINARY | (content ? 0 : CMS_DETACHED));

	if (s->flaw == SCEP_FLAW_SIGNER)
		stranger = ca_make(&nobody, NULL), by = &stranger;
	CMS_SignerInfo *si = CMS_add1_signer(cms, by->x, by->key, EVP_sha256(), CMS_BINARY);

	assert_non_null(si);
	put_attributes(s, q, si, status);
	assert_int_equal(CMS_final(cms, content ? content : nothing, NULL, CMS_BINARY), 1);
	assert_int_equal(i2d_CMS_bio(out, cms), 1);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(nothing);
	ca_free(&stranger);
	if (status == 3)
		s->pending--;
	return take(out, n);
}

static uint8_t *operation(struct scep_server *s, struct span message, size_t *n)
{
	struct question q;
	uint8_t *out;

	read_question(s, message, &q);
	if (s->challenge && q.request && !s->renewal && strcmp(s->challenge, s->challenged) != 0)
		s->refuse = 2;
	if (q.request) {
		EVP_PKEY_free(s->asked);
		X509_NAME_free(s->asker);
		s->asked = X509_REQ_get_pubkey(q.request);
		s->asker = X509_NAME_dup(X509_REQ_get_subject_name(q.request));
	}
	out = reply(s, &q, n);
	X509_REQ_free(q.request);
	CMS_ContentInfo_free(q.cms);
	if (s->flaw == SCEP_FLAW_CUT)
		*n /= 2;
	return out;
}

uint8_t *scep_server_answer(struct scep_server *s, const char *op, struct span message, size_t *n)
{
	if (strcmp(op, "GetCACaps") == 0 && s->caps) {
		*n = strlen(s->caps);
		return OPENSSL_memdup(s->caps, *n);
	}
	if (strcmp(op, "GetCACert") == 0)
		return ca_cert(s, n);
	if (strcmp(op, "PKIOperation") != 0)
		return NULL;
	if (s->flaw == SCEP_FLAW_GARBAGE || s->flaw == SCEP_FLAW_EMPTY) {
		*n = s->flaw == SCEP_FLAW_EMPTY ? 0 : 40;
		return OPENSSL_memdup("<html><body>Service unavailable</body></html>", 46);
	}
	return operation(s, message, n);
}
