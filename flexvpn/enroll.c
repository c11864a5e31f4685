/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Getting certificates: see enroll.h. */
#include "flexvpn/enroll.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RSA_BITS = 2048, SELF_DAYS = 3650, SERIAL_LEN = 8 };

static bool no(char *why, size_t n, const char *text)
{
	ERR_clear_error();
	snprintf(why, n, "%s", text);
	return false;
}

/* ---- keys --------------------------------------------------------------------------- */

const struct fx_key_pair *fx_enroll_key(
        struct fx_pki *p, const struct fx_trustpoint *t, char *why, size_t n)
{
	const char *label = t->ec_label ? t->ec_label : t->rsa_label ? t->rsa_label : t->name;
	const struct fx_key_pair *k = fx_keys_find(fx_pki_keys(p), label);
	char own[128];

	if (k)
		return k;
	snprintf(own, sizeof(own), "%s", label);
	if (!fx_keys_generate(fx_pki_keys(p), own, t->ec_label ? FX_KEY_EC : FX_KEY_RSA,
	            t->ec_label   ? 256
	            : t->rsa_bits ? t->rsa_bits
	                          : RSA_BITS,
	            false, why, n))
		return NULL;
	fx_pki_rekeyed(p);
	return fx_keys_find(fx_pki_keys(p), own);
}

const struct fx_key_pair *fx_enroll_key_like(
        struct fx_pki *p, const struct fx_key_pair *k, const char *label, char *why, size_t n)
{
	bool rsa = fx_key_is_rsa(k);

	if (!fx_keys_generate(fx_pki_keys(p), label, rsa ? FX_KEY_RSA : FX_KEY_EC,
	            (unsigned)EVP_PKEY_get_bits(k->key), k->exportable, why, n))
		return NULL;
	fx_pki_rekeyed(p);
	return fx_keys_find(fx_pki_keys(p), label);
}

/* ---- names -------------------------------------------------------------------------- */

static int nid_of(const char *key)
{
	static const struct {
		const char *key;
		int nid;
	} map[] = {{"cn", NID_commonName}, {"o", NID_organizationName},
	        {"ou", NID_organizationalUnitName}, {"c", NID_countryName},
	        {"st", NID_stateOrProvinceName}, {"s", NID_stateOrProvinceName},
	        {"l", NID_localityName}, {"e", NID_pkcs9_emailAddress},
	        {"ea", NID_pkcs9_emailAddress}, {"email", NID_pkcs9_emailAddress},
	        {"dc", NID_domainComponent}, {"sn", NID_surname},
	        {"serialnumber", NID_serialNumber}, {"t", NID_title}, {"title", NID_title}};

	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (strcasecmp(map[i].key, key) == 0)
			return map[i].nid;
	return NID_undef;
}

/* One `key=value` of a name; the text is taken apart in place. */
static bool add_part(X509_NAME *name, char *part)
{
	char *value = strchr(part, '=');
	size_t n;

	if (!value)
		return false;
	*value++ = '\0';
	part += strspn(part, " ");
	part[strcspn(part, " ")] = '\0';
	value += strspn(value, " \"");
	n = strlen(value);
	while (n && strchr(" \"", value[n - 1]))
		value[--n] = '\0';
	return n && X509_NAME_add_entry_by_NID(name, nid_of(part), MBSTRING_UTF8,
	                    (const uint8_t *)value, (int)n, -1, 0) == 1;
}

/* "cn=spoke1, ou=\"A, B\"": commas inside quotes are part of a value. */
static bool add_parts(X509_NAME *name, const char *text)
{
	char *copy = xstrdup(text), *part = copy;
	bool ok = true, quoted = false;

	for (char *p = copy; ok && *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p != ',' || quoted)
			continue;
		*p = '\0';
		ok = add_part(name, part);
		part = p + 1;
	}
	ok = ok && add_part(name, part);
	free(copy);
	return ok;
}

/* That of the chassis, or what else is this box's own. */
static const char *board_serial(char *buf, size_t n)
{
	static const char *const from[] = {"/sys/class/dmi/id/product_serial",
	        "/sys/class/dmi/id/board_serial", "/etc/machine-id"};

	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		FILE *f = fopen(from[i], "re");
		bool ok = f && fgets(buf, (int)n, f);

		if (f)
			fclose(f);
		buf[ok ? strcspn(buf, "\n") : 0] = '\0';
		if (*buf)
			return buf;
	}
	snprintf(buf, n, "0");
	return buf;
}

static const char *fqdn_of(const struct fx_trustpoint *t, const char *host)
{
	return t->no_fqdn ? NULL : t->fqdn ? t->fqdn : host;
}

struct fx_applicant fx_enroll_who(const struct fx_pki *p, const struct fx_trustpoint *t)
{
	struct fx_applicant who = {.host = fx_pki_host(p)};

	if (t->ip_if && !t->no_ip)
		fx_pki_address(p, t->ip_if, &who.ip);
	else if (!t->no_ip)
		who.ip = t->ip;
	return who;
}

/* As IOS does, our name is in the subject too. */
static bool subject(X509_NAME *name, const struct fx_trustpoint *t, const struct fx_applicant *who)
{
	const char *fqdn = fqdn_of(t, who->host);
	char serial[64];

	if (t->with_serial &&
	        X509_NAME_add_entry_by_NID(name, NID_serialNumber, MBSTRING_UTF8,
	                (const uint8_t *)board_serial(serial, sizeof(serial)), -1, -1, 0) != 1)
		return false;
	if (fqdn && X509_NAME_add_entry_by_NID(name, NID_pkcs9_unstructuredName, MBSTRING_UTF8,
	                    (const uint8_t *)fqdn, -1, -1, 0) != 1)
		return false;
	return !t->subject || add_parts(name, t->subject);
}

static bool push(STACK_OF(X509_EXTENSION) * exts, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!e)
		return false;
	sk_X509_EXTENSION_push(exts, e);
	return true;
}

static bool add_general(GENERAL_NAMES *names, int type, const void *data, size_t n)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s = type == GEN_DNS ? (ASN1_STRING *)ASN1_IA5STRING_new()
	                                 : (ASN1_STRING *)ASN1_OCTET_STRING_new();

	ASN1_STRING_set(s, data, (int)n);
	GENERAL_NAME_set0_value(g, type, s);
	return sk_GENERAL_NAME_push(names, g) > 0;
}

/* What the key is for, and our name and address; nothing a name contains is ever parsed. */
static STACK_OF(X509_EXTENSION) *
        extensions(const struct fx_trustpoint *t, const struct fx_applicant *who)
{
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	const char *fqdn = fqdn_of(t, who->host);

	if (fqdn)
		add_general(names, GEN_DNS, fqdn, strlen(fqdn));
	if (ipaddr_is_set(&who->ip))
		add_general(names, GEN_IPADD, who->ip.b, ipaddr_octets(&who->ip));
	push(exts, NID_key_usage, "critical,digitalSignature");
	if (sk_GENERAL_NAME_num(names))
		X509V3_add1_i2d(&exts, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND);
	GENERAL_NAMES_free(names);
	return exts;
}

/* Ed25519 and Ed448 have their own hash. */
static const EVP_MD *digest_for(const struct fx_trustpoint *t, const struct fx_key_pair *k)
{
	int id = EVP_PKEY_get_base_id(k->key);

	return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? NULL
	                                                      : EVP_get_digestbyname(t->digest);
}

/* ---- requests, self-signed certificates ----------------------------------------------- */

static char *base64(BIO *mem)
{
	char *data = NULL;
	long n = BIO_get_mem_data(mem, &data);

	return xstrndup(data, (size_t)n);
}

struct X509_req_st *fx_enroll_req(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who, char *why, size_t n)
{
	X509_REQ *r = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *exts = extensions(t, who);
	const uint8_t *challenge = (const uint8_t *)who->password;
	bool ok = subject(X509_REQ_get_subject_name(r), t, who);

	if (!ok)
		no(why, n, "the subject name is not understood");
	else if (X509_REQ_set_pubkey(r, k->key) != 1 || X509_REQ_add_extensions(r, exts) != 1 ||
	         (challenge && X509_REQ_add1_attr_by_NID(r, NID_pkcs9_challengePassword,
	                               MBSTRING_UTF8, challenge, -1) != 1) ||
	         X509_REQ_sign(r, k->key, digest_for(t, k)) <= 0)
		ok = no(why, n, "OpenSSL could not make the request");
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	if (ok)
		return r;
	X509_REQ_free(r);
	return NULL;
}

char *fx_enroll_request(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who, char *why, size_t n)
{
	X509_REQ *r = fx_enroll_req(t, k, who, why, n);
	BIO *mem = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (r && PEM_write_bio_X509_REQ(mem, r) == 1)
		text = base64(mem);
	X509_REQ_free(r);
	BIO_free(mem);
	return text;
}

static bool fill_self(X509 *x, const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who)
{
	STACK_OF(X509_EXTENSION) *exts = extensions(t, who);
	uint8_t serial[SERIAL_LEN];
	BIGNUM *b = NULL;
	bool ok = RAND_bytes(serial, sizeof(serial)) == 1;

	serial[0] = (uint8_t)((serial[0] & 0x7f) | 1);
	b = ok ? BN_bin2bn(serial, sizeof(serial), NULL) : NULL;
	ok = b && BN_to_ASN1_INTEGER(b, X509_get_serialNumber(x)) &&
	     X509_set_version(x, X509_VERSION_3) == 1 &&
	     X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	     X509_time_adj_ex(X509_getm_notAfter(x), SELF_DAYS, 0, NULL) &&
	     X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
	     X509_set_pubkey(x, k->key) == 1;
	for (int i = 0; ok && i < sk_X509_EXTENSION_num(exts); i++)
		ok = X509_add_ext(x, sk_X509_EXTENSION_value(exts, i), -1) == 1;
	ok = ok && X509_sign(x, k->key, digest_for(t, k)) > 0;
	BN_free(b);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return ok;
}

struct x509_st *fx_enroll_self(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who, char *why, size_t n)
{
	X509 *x = X509_new();

	if (!subject(X509_get_subject_name(x), t, who))
		no(why, n, "the subject name is not understood");
	else if (!fill_self(x, t, k, who))
		no(why, n, "OpenSSL could not make the certificate");
	else
		return x;
	X509_free(x);
	return NULL;
}

/* ---- what comes back -------------------------------------------------------------------- */

/* `fingerprint` in the trustpoint: MD5 or SHA-1 by its length; blanks and case mean nothing. */
static bool fingerprint_ok(const char *want, const struct x509_st *x)
{
	struct strbuf have = {0};
	const char *a = want, *b;
	size_t digits = 0;

	for (const char *p = want; *p; p++)
		digits += *p != ' ';
	fx_cert_fingerprint(x, digits > 40 ? "SHA256" : digits > 32 ? "SHA1" : "MD5", &have);
	for (b = sb_str(&have); *a || *b; a++, b++) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (!*a || strncasecmp(a, b, 1) != 0)
			break;
	}
	bool ok = !*a && !*b;

	sb_fini(&have);
	return ok;
}

bool fx_enroll_ca_ok(const struct fx_trustpoint *t, const struct x509_st *ca, char *why, size_t n)
{
	if (X509_check_ca((X509 *)ca) == 0)
		return no(why, n, "it is not the certificate of an authority");
	if (t->fingerprint && !fingerprint_ok(t->fingerprint, ca))
		return no(why, n, "its fingerprint is not the one of the trustpoint");
	return true;
}

bool fx_enroll_issued(const struct fx_tp *t, const struct x509_st *x, char *why, size_t n)
{
	if (t && t->ca && X509_check_issued(t->ca, (X509 *)x) == X509_V_OK &&
	        X509_verify((X509 *)x, X509_get0_pubkey(t->ca)) == 1)
		return true;
	return no(why, n, "the authority of the trustpoint has not issued it");
}

bool fx_enroll_own_ok(const struct fx_pki *p, const char *trustpoint, const struct x509_st *x,
        char *why, size_t n)
{
	const struct fx_tp *t = fx_pki_tp(p, trustpoint);

	if (!t || !t->ca)
		return no(why, n, "the trustpoint is not authenticated yet");
	if (!fx_keys_of(fx_pki_keys(p), x))
		return no(why, n, "it belongs to no key pair of this router");
	return fx_enroll_issued(t, x, why, n);
}

const char *fx_cert_kind_word(enum fx_cert_kind kind)
{
	return kind == FX_CERT_CA ? "ca " : kind == FX_CERT_SELF ? "self-signed " : "";
}

void fx_enroll_drop(const struct fx_config *c, const char *trustpoint, enum fx_cert_kind kind,
        struct strbuf *out)
{
	for (size_t i = 0; i < c->certs.n; i++) {
		const struct fx_cert *old = &c->certs.v[i];

		if (strcmp(old->trustpoint, trustpoint) == 0 &&
		        (old->kind == FX_CERT_CA) == (kind == FX_CERT_CA))
			sb_printf(out, "crypto pki certificate chain %s\n no certificate %s%s\n",
			        trustpoint, fx_cert_kind_word(old->kind), old->serial);
	}
}

void fx_enroll_lines(const struct fx_config *c, const char *trustpoint, enum fx_cert_kind kind,
        const struct x509_st *x, struct strbuf *out)
{
	fx_enroll_drop(c, trustpoint, kind, out);
	fx_cert_lines(trustpoint, fx_cert_kind_word(kind), x, out);
}
