/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificate maps: see cert_map.h. A map without rules in an entry fits every certificate, as IOS
 * has it. */
#include "flexvpn/cert_map.h"

#include <arpa/inet.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "flexvpn/pki.h"

/* ---- texts
 * ------------------------------------------------------------------------------------------ */

/* Lower case; no space after a comma or around an equals sign. */
static void normalize(char *s)
{
	char *to = s, before = ',';

	for (; *s; s++) {
		if (*s == ' ' && (strchr(",= ", before) || strchr(",= ", s[1])))
			continue; /* strchr() finds the end of the string too: trailing ones go */
		before = *s;
		*to++ = (char)tolower((unsigned char)*s);
	}
	*to = '\0';
}

/* "cn=hub,o=Lab": the most specific part first, as IOS prints it. */
static void name_text(const X509_NAME *name, struct strbuf *out)
{
	for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		const ASN1_STRING *v = X509_NAME_ENTRY_get_data(e);

		sb_printf(out, "%s%s=", out->len ? "," : "",
		        OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(e))));
		sb_add(out, ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v));
	}
}

static void unstructured_text(const X509 *x, struct strbuf *out)
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(name, NID_pkcs9_unstructuredName, -1);
	const ASN1_STRING *v =
	        at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

	if (v)
		sb_add(out, ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v));
}

/* One alternative name; empty when it is of a kind without text. */
static void alternative_text(const GENERAL_NAME *g, struct strbuf *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (g->type == GEN_DNS || g->type == GEN_EMAIL || g->type == GEN_URI)
		sb_add(out, ASN1_STRING_get0_data(g->d.ia5), (size_t)ASN1_STRING_length(g->d.ia5));
	else if (g->type == GEN_DIRNAME)
		name_text(g->d.directoryName, out);
	else if (g->type == GEN_IPADD && ASN1_STRING_length(g->d.ip) == 4)
		sb_puts(out,
		        inet_ntop(AF_INET, ASN1_STRING_get0_data(g->d.ip), text, sizeof(text)));
	else if (g->type == GEN_IPADD && ASN1_STRING_length(g->d.ip) == 16)
		sb_puts(out,
		        inet_ntop(AF_INET6, ASN1_STRING_get0_data(g->d.ip), text, sizeof(text)));
}

/* ---- comparisons
 * ------------------------------------------------------------------------------------- */

static bool found(enum fx_cert_op op, const char *text, const char *value)
{
	bool whole = op == FX_CERT_EQ || op == FX_CERT_NE;

	return whole ? strcmp(text, value) == 0 : strstr(text, value) != NULL;
}

/* Does this text, which it consumes, contain or equal the value? */
static bool says(const struct fx_cert_rule *r, struct strbuf *text)
{
	char *value = xstrdup(r->value), *own = xstrdup(sb_str(text));
	bool yes;

	normalize(value);
	normalize(own);
	yes = found(r->op, own, value);
	free(value);
	free(own);
	sb_clear(text);
	return yes;
}

static bool in_alternatives(const struct fx_cert_rule *r, const X509 *x, struct strbuf *text)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool yes = false;

	for (int i = 0; !yes && i < sk_GENERAL_NAME_num(names); i++) {
		alternative_text(sk_GENERAL_NAME_value(names, i), text);
		yes = says(r, text);
	}
	GENERAL_NAMES_free(names);
	return yes;
}

static bool in_name(const struct fx_cert_rule *r, const X509 *x, enum fx_cert_field f)
{
	struct strbuf text = {0};
	bool yes;

	if (f == FX_CERT_NUMBER) {
		char *serial = fx_cert_serial(x);

		sb_puts(&text, serial);
		free(serial);
	} else if (f == FX_CERT_UNSTRUCTURED) {
		unstructured_text(x, &text);
	} else if (f != FX_CERT_ALT) {
		name_text(f == FX_CERT_SUBJECT ? X509_get_subject_name(x) : X509_get_issuer_name(x),
		        &text);
	}
	yes = f == FX_CERT_ALT ? in_alternatives(r, x, &text) : says(r, &text);
	sb_fini(&text);
	return yes;
}

static bool in_any_name(const struct fx_cert_rule *r, const X509 *x)
{
	for (enum fx_cert_field f = FX_CERT_SUBJECT; f < FX_CERT_ANY_NAME; f++)
		if (in_name(r, x, f))
			return true;
	return false;
}

static bool read_time(const char *text, struct tm *tm)
{
	static const char *const form[] = {
	        "%b %d %Y %H:%M:%S", "%b %d %Y", "%m %d %Y %H:%M:%S", "%m %d %Y"};

	for (size_t i = 0; i < ARRAY_LEN(form); i++) {
		*tm = (struct tm){0};
		const char *end = strptime(text, form[i], tm);

		if (end && !*end)
			return true;
	}
	return false;
}

static bool time_holds(const struct fx_cert_rule *r, const ASN1_TIME *at)
{
	struct tm tm, cert;

	if (!read_time(r->value, &tm) || ASN1_TIME_to_tm(at, &cert) != 1)
		return false;
	time_t then = timegm(&tm), is = timegm(&cert);

	switch (r->op) {
	case FX_CERT_LT:
		return is < then;
	case FX_CERT_GE:
		return is >= then;
	case FX_CERT_EQ:
		return is == then;
	default:
		return is != then;
	}
}

bool fx_cert_rule_holds(const struct fx_cert_rule *r, const X509 *x)
{
	bool wanted = r->op == FX_CERT_CO || r->op == FX_CERT_EQ;

	if (r->field == FX_CERT_START)
		return time_holds(r, X509_get0_notBefore(x));
	if (r->field == FX_CERT_END)
		return time_holds(r, X509_get0_notAfter(x));
	return (r->field == FX_CERT_ANY_NAME ? in_any_name(r, x) : in_name(r, x, r->field)) ==
	       wanted;
}

static bool entry_fits(const struct fx_cert_map *m, const X509 *x)
{
	for (size_t i = 0; i < m->rules.n; i++)
		if (!fx_cert_rule_holds(&m->rules.v[i], x))
			return false;
	return true;
}

static bool map_fits(const struct fx_config *c, const char *name, const X509 *x)
{
	for (size_t i = 0; i < c->cert_maps.n; i++)
		if (strcmp(c->cert_maps.v[i].name, name) == 0 && entry_fits(&c->cert_maps.v[i], x))
			return true;
	return false;
}

bool fx_match_certificate(const struct fx_config *c, const struct fx_profile *p, struct span der)
{
	const uint8_t *at = der.p;
	X509 *x = p->cert_map.n ? d2i_X509(NULL, &at, (long)der.n) : NULL;
	bool fits = false;

	for (size_t i = 0; x && !fits && i < p->cert_map.n; i++)
		fits = map_fits(c, p->cert_map.v[i].s, x);
	X509_free(x);
	return fits;
}
