/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys with their certificates as files: PKCS #12 (RFC 7292) and PEM, in and out. A key leaves only
 * if it was made or imported as exportable, and then encrypted.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/enroll.h"

static bool no(char *why, size_t n, const char *text)
{
	ERR_clear_error();
	snprintf(why, n, "%s", text);
	return false;
}

/* ---- in ------------------------------------------------------------------------------------ */

static PKCS12 *read_pkcs12(struct span file)
{
	BIO *raw = BIO_new_mem_buf(file.p, (int)file.n), *b64 = BIO_new(BIO_f_base64());
	PKCS12 *p12 = d2i_PKCS12_bio(raw, NULL);

	BIO_free(raw);
	if (!p12) {
		raw = BIO_new_mem_buf(file.p, (int)file.n);
		p12 = d2i_PKCS12_bio(BIO_push(b64, raw), NULL);
		BIO_free(raw);
	}
	BIO_free(b64);
	return p12;
}

static X509 *issuer_in(STACK_OF(X509) * stack, X509 *x)
{
	for (int i = 0; i < sk_X509_num(stack); i++)
		if (X509_check_issued(sk_X509_value(stack, i), x) == X509_V_OK)
			return sk_X509_value(stack, i);
	return NULL;
}

/* The key into the store, the certificates into lines. */
static bool take(struct fx_pki *p, const struct fx_import *i, EVP_PKEY *key, X509 *ca, X509 *own,
        struct strbuf *lines, char *why, size_t n)
{
	if (!fx_keys_put(fx_pki_keys(p), i->trustpoint, key, i->exportable, why, n))
		return false;
	fx_pki_rekeyed(p);
	if (!fx_pki_tp(p, i->trustpoint))
		sb_printf(lines, "crypto pki trustpoint %s\n enrollment pkcs12\n", i->trustpoint);
	fx_enroll_lines(i->cfg, i->trustpoint, FX_CERT_CA, ca, lines);
	fx_enroll_lines(i->cfg, i->trustpoint, FX_CERT_OWN, own, lines);
	return true;
}

bool fx_enroll_pkcs12(struct fx_pki *p, const struct fx_import *i, struct span file,
        struct strbuf *lines, char *why, size_t n)
{
	PKCS12 *p12 = read_pkcs12(file);
	EVP_PKEY *key = NULL;
	X509 *own = NULL, *ca = NULL;
	STACK_OF(X509) *stack = NULL;
	bool ok = false;

	if (!p12)
		no(why, n, "it is no PKCS #12 file");
	else if (PKCS12_parse(p12, i->password, &key, &own, &stack) != 1 || !key || !own)
		no(why, n, "the password is wrong, or key and certificate are not in it");
	else if (!(ca = issuer_in(stack, own)))
		no(why, n, "the certificate of its authority is not in it");
	else
		ok = take(p, i, key, ca, own, lines, why, n);
	ERR_clear_error();
	sk_X509_pop_free(stack, X509_free);
	X509_free(own);
	EVP_PKEY_free(key);
	PKCS12_free(p12);
	return ok;
}

static int passphrase(char *buf, int size, int writing, void *ctx)
{
	const char *text = ctx;
	int n = (int)strlen(text);

	(void)writing;
	if (n > size)
		return -1;
	memcpy(buf, text, (size_t)n);
	return n;
}

bool fx_enroll_pem(struct fx_pki *p, const struct fx_import *i, const char *ca, const char *key,
        const char *own, struct strbuf *lines, char *why, size_t n)
{
	X509 *authority = fx_cert_parse(ca), *mine = fx_cert_parse(own);
	BIO *mem = BIO_new_mem_buf(key, -1);
	EVP_PKEY *pair = PEM_read_bio_PrivateKey(mem, NULL, passphrase, (void *)i->password);
	bool ok = false;

	if (!authority || !mine)
		no(why, n,
		        authority ? "the certificate cannot be read"
		                  : "the CA certificate cannot be read");
	else if (!pair)
		no(why, n, "the private key cannot be read with this passphrase");
	else if (X509_check_private_key(mine, pair) != 1)
		no(why, n, "the private key is not that of the certificate");
	else if (X509_check_issued(authority, mine) != X509_V_OK)
		no(why, n, "the CA certificate is not that of the certificate's authority");
	else
		ok = take(p, i, pair, authority, mine, lines, why, n);
	ERR_clear_error();
	EVP_PKEY_free(pair);
	BIO_free(mem);
	X509_free(authority);
	X509_free(mine);
	return ok;
}

/* ---- out ----------------------------------------------------------------------------------- */

static bool may_leave(const struct fx_tp *t, const char *pass, char *why, size_t n)
{
	if (!t->ca || !t->own || !t->key)
		return no(why, n, "the trustpoint has no certificate with its key");
	if (!t->key->exportable)
		return no(why, n, "the private key is not exportable");
	if (strlen(pass) < FX_PASSPHRASE_MIN)
		return no(why, n, "the passphrase has less than 8 characters");
	return true;
}

static void keep(BIO *mem, struct secret *out)
{
	char *data = NULL;
	long n = BIO_get_mem_data(mem, &data);

	secret_set(out, data, n > 0 ? (size_t)n : 0);
	BIO_free(mem);
}

static bool certificate(const X509 *x, struct secret *out)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	bool ok = PEM_write_bio_X509(mem, x) == 1;

	keep(mem, out);
	return ok;
}

static bool private_key(EVP_PKEY *key, const char *pass, bool old_form, struct secret *out)
{
	const uint8_t *p = (const uint8_t *)pass;
	BIO *mem = BIO_new(BIO_s_secmem());
	int n = (int)strlen(pass);
	bool ok = old_form ? PEM_write_bio_PrivateKey_traditional(
	                             mem, key, EVP_des_ede3_cbc(), p, n, NULL, NULL) == 1
	                   : PEM_write_bio_PKCS8PrivateKey(
	                             mem, key, EVP_aes_256_cbc(), pass, n, NULL, NULL) == 1;

	keep(mem, out);
	return ok;
}

bool fx_export_pem(const struct fx_tp *t, const char *pass, bool old_form, struct fx_export *out,
        char *why, size_t n)
{
	if (!may_leave(t, pass, why, n))
		return false;
	return (certificate(t->ca, &out->ca) && certificate(t->own, &out->own) &&
	               private_key(t->key->key, pass, old_form, &out->key)) ||
	       no(why, n, "OpenSSL could not write it");
}

void fx_export_wipe(struct fx_export *e)
{
	secret_wipe(&e->ca);
	secret_wipe(&e->key);
	secret_wipe(&e->own);
}

bool fx_export_pkcs12(
        const struct fx_tp *t, const char *pass, struct secret *out, char *why, size_t n)
{
	STACK_OF(X509) *more = NULL;
	PKCS12 *p12 = NULL;
	uint8_t *der = NULL;
	int len = -1;

	if (!may_leave(t, pass, why, n))
		return false;
	more = sk_X509_new_null();
	if (more && sk_X509_push(more, t->ca) > 0)
		p12 = PKCS12_create(pass, t->name, t->key->key, t->own, more, 0, 0, 0, 0, 0);
	if (p12)
		len = i2d_PKCS12(p12, &der);
	if (len > 0)
		secret_set(out, der, (size_t)len);
	else
		no(why, n, "OpenSSL could not write it");
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
	PKCS12_free(p12);
	sk_X509_free(more);
	return len > 0;
}
