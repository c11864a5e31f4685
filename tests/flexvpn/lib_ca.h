/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An authority for tests: certificates with P-256 keys, and lists of revoked ones. */
#ifndef SPOKE_TESTS_FLEXVPN_LIB_CA_H
#define SPOKE_TESTS_FLEXVPN_LIB_CA_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

struct ca_made {
	EVP_PKEY *key;
	X509 *x;
};

struct ca_spec {
	const char *cn, *san, *usage; /* NULL: no such extension */
	bool ca, rsa; /* rsa: its key is RSA-2048, else P-256 */
	int from_days, to_days;
	const char *crl, *ocsp; /* URLs; NULL: none */
	const char *extended;   /* extended key usage */
};

X509 *ca_issue(EVP_PKEY *pub, const struct ca_spec *s, const struct ca_made *by, EVP_PKEY *by_key);
struct ca_made ca_make(
        const struct ca_spec *s, const struct ca_made *by); /* by NULL: self-signed */
void ca_free(struct ca_made *m);

/* A list with these certificates on it, from and until so many days from now. DER; the caller
 * frees. */
uint8_t *ca_crl(const struct ca_made *by, X509 *const *revoked, size_t n, int from_days,
        int to_days, size_t *len);

#endif
