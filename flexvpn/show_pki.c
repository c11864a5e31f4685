/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto pki certificates | trustpoints, show crypto key mypubkey: exec-and-cli reference B10.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "flexvpn/exec.h"
#include "flexvpn/pki.h"
#include "flexvpn/core.h"
#include "grammar/gen/exec.h"

/* ---- parts of a certificate ------------------------------------------------------------ */

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s | 0x20);
}

/* The most specific part first, as IOS has it; nothing that could move a cursor. */
static void name_parts(struct out *o, const char *key, const X509_NAME *name)
{
	out_list(o, key);
	for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		struct strbuf part = {0};
		char word[40];

		snprintf(word, sizeof(word), "%s",
		        OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(e))));
		lower(word);
		const ASN1_STRING *v = X509_NAME_ENTRY_get_data(e);

		sb_printf(&part, "%s=", word);
		for (int k = 0; k < ASN1_STRING_length(v); k++) {
			uint8_t c = ASN1_STRING_get0_data(v)[k];

			sb_putc(&part, c >= 0x20 && c != 0x7f ? (char)c : '.');
		}
		out_field_str(o, NULL, "    %s\n", sb_str(&part));
		sb_fini(&part);
	}
	out_list_end(o);
}

static void date(struct out *o, const char *key, const char *fmt, const ASN1_TIME *t)
{
	struct tm tm;
	char text[64] = "unknown";

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		strftime(text, sizeof(text), "%H:%M:%S UTC %b %e %Y", &tm);
	for (char *p = text; (p = strstr(p, "  "));)
		memmove(p, p + 1, strlen(p));
	out_field_str(o, key, fmt, text);
}

static const char *validity(const X509 *x)
{
	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		return "Not yet valid";
	return X509_cmp_current_time(X509_get0_notAfter(x)) < 0 ? "Expired" : "Available";
}

static const char *usage(const X509 *x)
{
	uint32_t u = X509_get_key_usage((X509 *)x);

	if (u == UINT32_MAX)
		return "General Purpose";
	return u & X509v3_KU_KEY_ENCIPHERMENT ? "General Purpose" : "Signature";
}

static void verbose_part(struct out *o, const X509 *x)
{
	static const char *const digest[] = {"MD5", "SHA1", "SHA256"};
	unsigned bits = (unsigned)EVP_PKEY_get_bits(X509_get0_pubkey(x));

	out_text(o, "  Subject Key Info:\n    Public Key Algorithm: %s\n",
	        OBJ_nid2ln(EVP_PKEY_get_base_id(X509_get0_pubkey(x))));
	out_field_int(o, "key-bits", "    Public Key: (%lld bit)\n", bits);
	out_field_str(o, "signature-algorithm", "  Signature Algorithm: %s\n",
	        OBJ_nid2ln(X509_get_signature_nid(x)));
	for (size_t i = 0; i < ARRAY_LEN(digest); i++) {
		struct strbuf hash = {0};

		fx_cert_fingerprint(x, digest[i], &hash);
		out_text(o, "  Fingerprint %s: %s \n", digest[i], sb_str(&hash));
		out_str(o, digest[i], sb_str(&hash));
		sb_fini(&hash);
	}
}

static void certificate(
        struct out *o, const char *title, const struct fx_tp *t, const X509 *x, bool verbose)
{
	char *serial = fx_cert_serial(x);

	out_obj(o, NULL);
	out_field_str(o, "kind", "%s\n", title);
	out_field_str(o, "status", "  Status: %s\n", validity(x));
	out_field_str(o, "serial", "  Certificate Serial Number (hex): %s\n", serial);
	out_field_str(o, "usage", "  Certificate Usage: %s\n", usage(x));
	out_text(o, "  Issuer: \n");
	name_parts(o, "issuer", X509_get_issuer_name(x));
	out_text(o, "  Subject:\n");
	name_parts(o, "subject", X509_get_subject_name(x));
	out_text(o, "  Validity Date: \n");
	date(o, "start", "    start date: %s\n", X509_get0_notBefore(x));
	date(o, "end", "    end   date: %s\n", X509_get0_notAfter(x));
	if (verbose)
		verbose_part(o, x);
	out_field_str(o, "trustpoint", "  Associated Trustpoints: %s \n", t->name);
	out_text(o, "\n");
	out_obj_end(o);
	free(serial);
}

void exec_show_crypto_pki_certificates(
        struct exec *e, const struct gl_exec_show_crypto_pki_certificates *a)
{
	const struct fx_tp *t;

	out_list(e->o, NULL);
	for (size_t i = 0; (t = fx_pki_at(e->fx->pki, i)); i++) {
		if (a->has_trustpoint && strcmp(a->trustpoint, t->name) != 0)
			continue;
		if (t->own)
			certificate(e->o,
			        t->self_signed ? "Router Self-Signed Certificate" : "Certificate",
			        t, t->own, a->kw_verbose);
		if (t->ca)
			certificate(e->o, "CA Certificate", t, t->ca, a->kw_verbose);
	}
	out_list_end(e->o);
}

/* ---- revocation lists ---------------------------------------------------------------------- */

void exec_show_crypto_pki_crls(struct exec *e, const struct gl_exec_show_crypto_pki_crls *a)
{
	const X509_CRL *crl;
	const char *url;

	(void)a;
	out_list(e->o, NULL);
	for (size_t i = 0; (crl = fx_revoke_crl(fx_pki_revoke(e->fx->pki), i, &url)); i++) {
		out_obj(e->o, NULL);
		out_text(e->o, "CRL Issuer Name: \n");
		name_parts(e->o, "issuer", X509_CRL_get_issuer(crl));
		date(e->o, "last-update", "    LastUpdate: %s\n", X509_CRL_get0_lastUpdate(crl));
		date(e->o, "next-update", "    NextUpdate: %s\n", X509_CRL_get0_nextUpdate(crl));
		out_text(e->o, "    CRL downloaded from:\n");
		out_field_str(e->o, "url", "      %s\n\n", url);
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

void exec_crypto_pki_crl_request(struct exec *e, const struct gl_exec_crypto_pki_crl_request *a)
{
	const struct fx_tp *t = fx_pki_tp(e->fx->pki, a->trustpoint);
	struct fx_revoke *r = fx_pki_revoke(e->fx->pki);
	char why[200];

	fx_revoke_forget(r);
	if (t && t->own && t->ca) /* ours names the list that the peers' stand on */
		fx_revoke_check(r, t->cfg, t->own, t->ca, e->fx->now, why, sizeof(why));
}

/* ---- trustpoints ------------------------------------------------------------------------- */

static void status(struct out *o, const struct fx_tp *t)
{
	struct strbuf md5 = {0}, sha1 = {0};

	if (t->ca) {
		fx_cert_fingerprint(t->ca, "MD5", &md5);
		fx_cert_fingerprint(t->ca, "SHA1", &sha1);
		out_text(o, "  Issuing CA certificate configured:\n    Subject Name:\n");
		name_parts(o, "ca-subject", X509_get_subject_name(t->ca));
		out_field_str(o, "fingerprint-md5", "    Fingerprint MD5: %s \n", sb_str(&md5));
		out_field_str(o, "fingerprint-sha1", "    Fingerprint SHA1: %s \n", sb_str(&sha1));
	}
	out_text(o, "  State:\n");
	out_field_str(o, "keys", "    Keys generated ............. %s\n",
	        !t->key                ? "No"
	        : t->key->exportable ? "Yes (General Purpose, exportable)"
	                               : "Yes (General Purpose, non-exportable)");
	out_field_str(o, "authenticated", "    Issuing CA authenticated ....... %s\n",
	        t->ca ? "Yes" : "No");
	out_field_str(
	        o, "enrolled", "    Certificate request(s) ..... %s\n", t->own ? "Yes" : "None");
	sb_fini(&md5);
	sb_fini(&sha1);
}

static void summary(struct out *o, const struct fx_tp *t)
{
	char *serial;

	if (!t->ca) {
		out_text(o, "    Trustpoint not authenticated\n");
		return;
	}
	serial = fx_cert_serial(t->ca);
	out_text(o, "    Subject Name:\n");
	name_parts(o, "subject", X509_get_subject_name(t->ca));
	out_field_str(o, "serial", "          Serial Number (hex): %s\n", serial);
	out_text(o, "    Certificate configured.\n");
	free(serial);
}

void exec_show_crypto_pki_trustpoints(
        struct exec *e, const struct gl_exec_show_crypto_pki_trustpoints *a)
{
	const struct fx_tp *t;

	out_list(e->o, NULL);
	for (size_t i = 0; (t = fx_pki_at(e->fx->pki, i)); i++) {
		if (a->has_trustpoint && strcmp(a->trustpoint, t->name) != 0)
			continue;
		out_obj(e->o, NULL);
		out_field_str(e->o, "name", "Trustpoint %s:\n", t->name);
		if (a->kw_status)
			status(e->o, t);
		else
			summary(e->o, t);
		out_text(e->o, "\n\n");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

/* ---- keys --------------------------------------------------------------------------------- */

static void public_key(struct out *o, const struct fx_key_pair *k)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(k->key, &der);
	struct strbuf hex = {0};

	for (int i = 0; i < n; i++)
		sb_printf(&hex, "%s%02X", i % 32 == 0 ? "\n  " : i % 4 == 0 ? " " : "", der[i]);
	out_text(o, "%s\n", sb_str(&hex));
	sb_fini(&hex);
	OPENSSL_free(der);
}

void exec_show_crypto_key_mypubkey(struct exec *e, const struct gl_exec_show_crypto_key_mypubkey *a)
{
	const struct fx_key_pair *k;
	char when[40];

	out_list(e->o, NULL);
	for (size_t i = 0; (k = fx_keys_at(fx_pki_keys(e->fx->pki), i)); i++) {
		bool rsa = fx_key_is_rsa(k);

		if (!a->kw_all && a->kw_rsa != rsa)
			continue;
		out_obj(e->o, NULL);
		out_text(e->o, "%% Key pair was generated at: %s\n",
		        log_time_fmt(k->made, false, when));
		out_field_str(e->o, "label", "Key name: %s\n", k->label);
		out_field_str(e->o, "type", "Key type: %s KEYS\n", rsa ? "RSA" : "EC");
		out_field_int(e->o, "bits", " Key size: %lld\n", EVP_PKEY_get_bits(k->key));
		out_text(e->o, " Storage Device: private-config\n Usage: General Purpose Key\n");
		out_bool(e->o, "exportable", k->exportable);
		out_text(e->o, " Key is %sexportable.\n Key Data:", k->exportable ? "" : "not ");
		public_key(e->o, k);
		out_text(e->o, "\n");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}
