/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of trustpoints and certificate chains (config-grammar reference §3.6). What the octets of
 * a certificate mean is for pki.c to find out. */
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_trustpoint(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_trustpoint *l)
{
	(void)n;
	b->trustpoint = FX_APPEND(b->c, b->c->trustpoints);
	b->trustpoint->name = l->name;
	b->trustpoint->digest = "SHA256";
	b->trustpoint->n_revocation = 1; /* FX_REVOKE_CRL */
}

void use_trustpoint_enrollment(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_enrollment *l)
{
	(void)n;
	b->trustpoint->enrollment = l->kw_terminal     ? FX_ENROLL_TERMINAL
	                            : l->kw_selfsigned ? FX_ENROLL_SELF
	                            : l->kw_pkcs12     ? FX_ENROLL_PKCS12
	                                               : FX_ENROLL_URL;
	b->trustpoint->pem = l->kw_pem;
	b->trustpoint->url = l->has_url ? l->url : NULL;
}

/* Whether an authority speaks through others shows in what it sends; the line is for the reader. */
void use_trustpoint_enrollment_mode(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_trustpoint_enrollment_mode *l)
{
	(void)b;
	(void)n;
	(void)l;
}

void use_trustpoint_retry_count(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_retry_count *l)
{
	(void)n;
	b->trustpoint->retry_count = l->count;
}

void use_trustpoint_retry_period(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_retry_period *l)
{
	(void)n;
	b->trustpoint->retry_period = l->minutes;
}

void use_trustpoint_password(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_password *l)
{
	(void)n;
	b->trustpoint->password = fx_key_text(b->c, l->password);
}

void use_trustpoint_source(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_source *l)
{
	(void)n;
	b->trustpoint->source_if = l->ifname;
}

void use_trustpoint_auto_enroll(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_auto_enroll *l)
{
	(void)n;
	b->trustpoint->auto_enroll = true;
	b->trustpoint->auto_percent = l->has_percent ? l->percent : 0;
	b->trustpoint->regenerate |= l->kw_regenerate;
}

void use_trustpoint_certificate_url(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_trustpoint_certificate_url *l)
{
	(void)n;
	b->trustpoint->own_url = l->url;
}

void use_global_ikev2_http_url(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_http_url *l)
{
	(void)l;
	b->c->g.no_http_url = cfg_node_negated(n);
}

void use_trustpoint_chain_validation(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_trustpoint_chain_validation *l)
{
	(void)n;
	b->trustpoint->chain_continue = l->kw_continue;
	b->trustpoint->chain_parent = l->has_parent ? l->parent : NULL;
}

void use_trustpoint_regenerate(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_regenerate *l)
{
	(void)n;
	(void)l;
	b->trustpoint->regenerate = true;
}

void use_trustpoint_serial_number(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_serial_number *l)
{
	(void)n;
	b->trustpoint->with_serial = !l->kw_none;
}

void use_trustpoint_fqdn(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_fqdn *l)
{
	(void)n;
	b->trustpoint->no_fqdn = l->kw_none;
	b->trustpoint->fqdn = l->has_fqdn ? l->fqdn : NULL;
}

void use_trustpoint_ip_address(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_ip_address *l)
{
	(void)n;
	b->trustpoint->no_ip = l->kw_none;
	if (l->has_addr)
		b->trustpoint->ip = l->addr;
	b->trustpoint->ip_if = l->has_ifname ? l->ifname : NULL;
}

void use_trustpoint_subject_name(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_subject_name *l)
{
	(void)n;
	b->trustpoint->subject = l->name;
}

void use_trustpoint_fingerprint(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_fingerprint *l)
{
	(void)n;
	b->trustpoint->fingerprint = l->digest;
}

/* MD5 and SHA-1 are kept as typed; requests are signed with SHA-256 then. */
void use_trustpoint_hash(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_hash *l)
{
	(void)n;
	b->trustpoint->digest = l->kw_sha384 ? "SHA384" : l->kw_sha512 ? "SHA512" : "SHA256";
}

void use_trustpoint_revocation_check(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_trustpoint_revocation_check *l)
{
	struct fx_trustpoint *t = b->trustpoint;

	(void)n;
	t->n_revocation = 0;
	for (size_t i = 0; i < l->n_method && t->n_revocation < ARRAY_LEN(t->revocation); i++)
		t->revocation[t->n_revocation++] = strcmp(l->method[i], "crl") == 0 ? FX_REVOKE_CRL
		                                   : strcmp(l->method[i], "ocsp") == 0
		                                           ? FX_REVOKE_OCSP
		                                           : FX_REVOKE_NONE;
}

void use_trustpoint_ocsp_url(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_ocsp_url *l)
{
	(void)n;
	b->trustpoint->ocsp_url = l->url;
}

void use_trustpoint_ocsp_nonce(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_ocsp_nonce *l)
{
	(void)n;
	(void)l;
	b->trustpoint->ocsp_no_nonce = true;
}

void use_trustpoint_vrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_vrf *l)
{
	(void)n;
	b->trustpoint->vrf = l->vrf;
}

void use_trustpoint_rsakeypair(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_rsakeypair *l)
{
	(void)n;
	b->trustpoint->rsa_label = l->label;
	b->trustpoint->rsa_bits = l->has_bits ? l->bits : 0;
}

void use_trustpoint_eckeypair(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_trustpoint_eckeypair *l)
{
	(void)n;
	b->trustpoint->ec_label = l->label;
}

/* ---- certificate maps ----------------------------------------------------------------- */

void use_global_cert_map(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_cert_map *l)
{
	(void)n;
	b->cert_map = FX_APPEND(b->c, b->c->cert_maps);
	b->cert_map->name = l->name;
	b->cert_map->seq = l->seq;
}

static void rule(struct cfg_build *b, enum fx_cert_field f, enum fx_cert_op op, const char *value)
{
	struct fx_cert_rule *r = FX_APPEND(b->c, b->cert_map->rules);

	*r = (struct fx_cert_rule){f, op, value};
}

/* The comparisons by words, and those by time. */
#define WORD_OP(l)                                                                                 \
	((l)->kw_co ? FX_CERT_CO : (l)->kw_nc ? FX_CERT_NC : (l)->kw_eq ? FX_CERT_EQ : FX_CERT_NE)
#define TIME_OP(l)                                                                                 \
	((l)->kw_lt ? FX_CERT_LT : (l)->kw_ge ? FX_CERT_GE : (l)->kw_eq ? FX_CERT_EQ : FX_CERT_NE)

void use_cert_map_name(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_map_name *l)
{
	enum fx_cert_field f = l->kw_subject_name                ? FX_CERT_SUBJECT
	                       : l->kw_issuer_name               ? FX_CERT_ISSUER
	                       : l->kw_alt_subject_name          ? FX_CERT_ALT
	                       : l->kw_unstructured_subject_name ? FX_CERT_UNSTRUCTURED
	                                                         : FX_CERT_ANY_NAME;

	(void)n;
	rule(b, f, WORD_OP(l), l->value);
}

void use_cert_map_serial_number(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_map_serial_number *l)
{
	(void)n;
	rule(b, FX_CERT_NUMBER, WORD_OP(l), l->value);
}

void use_cert_map_valid_start(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_map_valid_start *l)
{
	(void)n;
	rule(b, FX_CERT_START, TIME_OP(l), l->when);
}

void use_cert_map_expires_on(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_map_expires_on *l)
{
	(void)n;
	rule(b, FX_CERT_END, TIME_OP(l), l->when);
}

/* ---- certificates ------------------------------------------------------------------- */

void use_global_cert_chain(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_cert_chain *l)
{
	(void)n;
	b->chain = l->trustpoint;
}

static void begin(struct cfg_build *b, enum fx_cert_kind kind, const char *serial)
{
	b->cert = FX_APPEND(b->c, b->c->certs);
	*b->cert = (struct fx_cert){.trustpoint = b->chain, .serial = serial, .kind = kind};
}

static void put(struct cfg_build *b, uint8_t half)
{
	struct fx_cert *c = b->cert;

	if (c->odd) {
		c->der[c->n - 1] = (uint8_t)(c->der[c->n - 1] << 4 | half);
		c->odd = false;
		return;
	}
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 1024;
		uint8_t *der = arena_alloc(&b->c->arena, cap);

		if (c->n)
			memcpy(der, c->der, c->n);
		c->der = der;
		c->cap = cap;
	}
	c->der[c->n++] = half;
	c->odd = true;
}

/* Digits in groups of any length. */
static void add(struct cfg_build *b, const char *const *group, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++)
		for (const char *p = group[i]; *p; p++) {
			const char *d = strchr(digits, *p | 0x20);

			if (d)
				put(b, (uint8_t)(d - digits));
		}
}

void use_cert_chain_cert_ca(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_chain_cert_ca *l)
{
	(void)n;
	begin(b, FX_CERT_CA, l->serial);
}

void use_cert_chain_cert_self(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_chain_cert_self *l)
{
	(void)n;
	begin(b, FX_CERT_SELF, l->serial);
}

void use_cert_chain_cert_own(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_chain_cert_own *l)
{
	(void)n;
	begin(b, FX_CERT_OWN, l->serial);
}

void use_cert_ca_data(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_ca_data *l)
{
	(void)n;
	add(b, l->data, l->n_data);
}

void use_cert_self_data(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_self_data *l)
{
	(void)n;
	add(b, l->data, l->n_data);
}

void use_cert_own_data(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_cert_own_data *l)
{
	(void)n;
	add(b, l->data, l->n_data);
}
