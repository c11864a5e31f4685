/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates and lists made with OpenSSL: see lib_ca.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "tests/flexvpn/lib_ca.h"

static void extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

	if (!value)
		return;
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void extend_url(X509 *x, int nid, const char *head, const char *url)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%s", head, url ? url : "");
	extend(x, nid, url ? text : NULL);
}

X509 *ca_issue(EVP_PKEY *pub, const struct ca_spec *s, const struct ca_made *by, EVP_PKEY *by_key)
{
	static long serial = 0x1000;
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_time_adj_ex(X509_getm_notBefore(x), s->from_days, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(x), s->to_days ? s->to_days : 30, 0, NULL);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Test", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)s->cn, -1, -1, 0);
	X509_set_issuer_name(x, by ? X509_get_subject_name(by->x) : name);
	X509_set_pubkey(x, pub);
	extend(x, NID_basic_constraints, s->ca ? "critical,CA:TRUE" : NULL);
	extend(x, NID_key_usage, s->usage);
	extend(x, NID_subject_alt_name, s->san);
	extend(x, NID_ext_key_usage, s->extended);
	extend_url(x, NID_crl_distribution_points, "URI:", s->crl);
	extend_url(x, NID_info_access, "OCSP;URI:", s->ocsp);
	assert_true(X509_sign(x, by_key, EVP_sha256()) > 0);
	return x;
}

struct ca_made ca_make(const struct ca_spec *s, const struct ca_made *by)
{
	struct ca_made m = {.key = s->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")};

	m.x = ca_issue(m.key, s, by, by ? by->key : m.key);
	return m;
}

void ca_free(struct ca_made *m)
{
	X509_free(m->x);
	EVP_PKEY_free(m->key);
}

uint8_t *ca_crl(const struct ca_made *by, X509 *const *revoked, size_t n, int from_days,
        int to_days, size_t *len)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = X509_time_adj_ex(NULL, from_days, 0, NULL);
	uint8_t *der = NULL;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->x));
	X509_CRL_set1_lastUpdate(crl, t);
	X509_time_adj_ex(t, to_days, 0, NULL);
	X509_CRL_set1_nextUpdate(crl, t);
	for (size_t i = 0; i < n; i++) {
		X509_REVOKED *r = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked[i]));
		X509_REVOKED_set_revocationDate(r, t);
		assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
	}
	ASN1_TIME_free(t);
	X509_CRL_sort(crl);
	assert_true(X509_CRL_sign(crl, by->key, EVP_sha256()) > 0);
	*len = (size_t)i2d_X509_CRL(crl, &der);
	X509_CRL_free(crl);
	return der;
}
