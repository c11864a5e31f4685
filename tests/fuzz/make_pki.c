/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes pki_fixture.h and the seeds of corpus/pki and corpus/scep; run by hand, from tests/fuzz:
 *
 *   BUILD/tests/make_pki
 *
 * The authority's key is the number 1 and the router's the number 2 of P-256, so that the targets
 * know them without a file; what is issued here is good for fifty years, lists for twenty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ocsp.h>

#include "flexvpn/scep_msg.h"
#include "pki_keys.h"
#include "tests/flexvpn/lib_scep.h"

enum { LONG = 18000, LIST = 8000 /* UTCTime ends in 2049 */ };

static void seed(const char *name, char kind, const void *p, size_t n)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "corpus/%s", name);
	f = fopen(path, "wb");
	if (!f || fputc(kind, f) == EOF || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void fixture(FILE *f, const char *name, X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);

	fprintf(f, "static const uint8_t %s[] = {", name);
	for (int i = 0; i < n; i++)
		fprintf(f, "%s0x%02x,", i % 16 ? " " : "\n\t", der[i]);
	fprintf(f, "\n};\n");
	OPENSSL_free(der);
}

static void seed_cert(const char *name, X509 *const *x, size_t count)
{
	uint8_t buf[8192];
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t *der = buf + at + 2;
		int n = i2d_X509(x[i], &der);

		buf[at] = (uint8_t)(n >> 8);
		buf[at + 1] = (uint8_t)n;
		at += 2 + (size_t)n;
	}
	seed(name, 'C', buf, at);
}

static void seed_ocsp(const char *name, const struct ca_made *root, X509 *cert, int status)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, root->x);
	ASN1_TIME *from = X509_gmtime_adj(NULL, -60), *to = X509_time_adj_ex(NULL, LONG, 0, NULL);
	uint8_t *der = NULL;

	OCSP_basic_add1_status(b, id, status, 0, from, from, to);
	OCSP_basic_sign(b, root->x, root->key, EVP_sha256(), NULL, 0);
	OCSP_RESPONSE *r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	int n = i2d_OCSP_RESPONSE(r, &der);

	seed(name, 'O', der, (size_t)n);
	OPENSSL_free(der);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
}

static void seed_list(const char *name, const struct ca_made *root, X509 *revoked)
{
	size_t n;
	uint8_t *der = ca_crl(root, &revoked, revoked ? 1 : 0, -1, LIST, &n);

	seed(name, 'L', der, n);
	OPENSSL_free(der);
}

/* What the authority says to the question that fuzz_scep asks: its nonce is zero. */
static void seed_answer(const char *name, struct scep_server *s, struct scep_ask *a)
{
	uint8_t *der, *out;
	size_t n, len;

	der = scep_build(a, &n);
	s->zero_nonce = true;
	out = scep_server_answer(s, "PKIOperation", span_of(der, n), &len);
	seed(name, 'R', out, len);
	OPENSSL_free(der);
	OPENSSL_free(out);
}

static void scep_seeds(struct scep_server *s, EVP_PKEY *own)
{
	struct scep_ca ca = {.ca = s->root.x, .encrypt = s->root.x};
	X509_REQ *req = X509_REQ_new();
	struct scep_ask a = {.type = SCEP_PKCS_REQ,
	        .to = &ca,
	        .caps = ~0u,
	        .key = own,
	        .digest = "SHA256",
	        .request = req};
	struct ca_spec ra = {.cn = "RA", .usage = "digitalSignature,keyAgreement", .to_days = LONG};
	size_t n;
	uint8_t *out;

	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC,
	        (const uint8_t *)"spoke", -1, -1, 0);
	X509_REQ_set_pubkey(req, own);
	X509_REQ_sign(req, own, EVP_sha256());
	a.cert = scep_self(own, X509_REQ_get_subject_name(req));
	scep_transaction(own, a.transaction);
	seed_answer("scep/granted", s, &a);
	s->pending = 1;
	seed_answer("scep/pending", s, &a);
	s->refuse = 2;
	seed_answer("scep/refused", s, &a);
	out = scep_server_answer(s, "GetCACert", span_of(NULL, 0), &n);
	seed("scep/ca", 'A', out, n);
	OPENSSL_free(out);
	s->ra = ca_make(&ra, &s->root);
	out = scep_server_answer(s, "GetCACert", span_of(NULL, 0), &n);
	seed("scep/ca_and_ra", 'A', out, n);
	OPENSSL_free(out);
	seed("scep/caps", 'K', s->caps, strlen(s->caps));
	X509_free(a.cert);
	X509_REQ_free(req);
}

int main(void)
{
	struct ca_spec root = {.cn = "Root", .ca = true, .to_days = LONG},
	               sub = {.cn = "Sub", .ca = true, .to_days = LONG};
	struct ca_spec hub = {.cn = "hub.example",
	        .san = "DNS:hub.example,email:hub@example,IP:10.0.0.1",
	        .usage = "digitalSignature",
	        .crl = "http://ca.example/a.crl",
	        .ocsp = "http://ca.example/ocsp",
	        .to_days = LONG};
	struct scep_server s = {
	        .caps = "AES\nPOSTPKIOperation\nSHA-256\nSHA-512\nRenewal\nSCEPStandard\n",
	        .refuse = -1,
	        .days = LONG};
	EVP_PKEY *one = pki_key(1), *two = pki_key(2);
	FILE *f = fopen("pki_fixture.h", "w");
	struct ca_made below;

	s.root = (struct ca_made){.key = one, .x = ca_issue(one, &root, NULL, one)};
	X509 *x = ca_issue(two, &hub, &s.root, one), *deep;

	below = ca_make(&sub, &s.root);
	deep = ca_issue(two, &hub, &below, below.key);
	if (!f)
		return 1;
	fprintf(f, "/* SPDX-License-Identifier: GPL-3.0-or-later */\n/* Made by make_pki.c: an "
	           "authority and a certificate of its. */\n");
	fixture(f, "fixture_root", s.root.x);
	fixture(f, "fixture_hub", x);
	fclose(f);
	seed_cert("pki/hub", (X509 *[]){x}, 1);
	seed_cert("pki/root", (X509 *[]){s.root.x}, 1);
	seed_cert("pki/chain", (X509 *[]){deep, below.x}, 2);
	seed_list("pki/list_empty", &s.root, NULL);
	seed_list("pki/list_with_it", &s.root, x);
	seed_ocsp("pki/ocsp_good", &s.root, x, V_OCSP_CERTSTATUS_GOOD);
	seed_ocsp("pki/ocsp_unknown", &s.root, x, V_OCSP_CERTSTATUS_UNKNOWN);
	seed("pki/text", 'T', "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 59);
	scep_seeds(&s, two);
	X509_free(x);
	X509_free(deep);
	ca_free(&below);
	EVP_PKEY_free(two);
	scep_server_fini(&s);
	return 0;
}
