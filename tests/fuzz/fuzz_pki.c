/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What strangers can hand to the judgement of certificates; the first octet says what it is.
 *
 *   C  certificates of a peer, each behind two octets of length
 *   L  a revocation list, as it comes over HTTP
 *   O  an OCSP response
 *   T  a certificate as text, as it is pasted
 *
 * A certificate is believed only for a name that it has, and only if the authority of pki_fixture.h
 * stands above it; whatever comes for a list or a response, the question is settled by it.
 */
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "flexvpn/cert_map.h"
#include "flexvpn/enroll.h"
#include "flexvpn/expiry.h"
#include "ike_walk.h"
#include "pki_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a configuration with the authority ------------------------------------------------------ */

static struct fx_config *config;
static struct fx_pki *pki;

static X509 *fixture(const uint8_t *der, size_t n)
{
	X509 *x = d2i_X509(NULL, &der, (long)n);

	INSIST(x);
	return x;
}

static void configure(void)
{
	static const char head[] =
	        "crypto pki trustpoint TP\n enrollment terminal\n revocation-check none\n"
	        "crypto pki certificate map M 10\n subject-name co hub\n alt-subject-name co hub\n"
	        " serial-number ne 00\n valid-start lt Jan 1 2040\n"
	        "crypto ikev2 profile P\n match certificate M\n match identity remote any\n"
	        " authentication local ecdsa-sig\n authentication remote ecdsa-sig\n pki "
	        "trustpoint TP\n";
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	X509 *root = fixture(fixture_root, sizeof(fixture_root));
	struct strbuf lines = {0};

	sb_puts(&lines, head);
	fx_cert_lines("TP", "ca ", root, &lines);
	INSIST(cfg_load_text(ed, sb_str(&lines), NULL, NULL) == 0);
	config = fx_config_build(cfg_editor_candidate(ed));
	pki = fx_pki_new(NULL, &(struct fetch_io){0});
	fx_pki_configure(pki, config);
	INSIST(fx_pki_tp(pki, "TP")->ca);
	sb_fini(&lines);
	X509_free(root);
	cfg_editor_free(ed);
	cfg_unref(empty);
}

/* ---- certificates -----------------------------------------------------------------------------
 */

static void look_at(struct span der)
{
	const uint8_t *at = der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	struct strbuf text = {0};
	char why[200];

	if (!x)
		return;
	free(fx_cert_serial(x));
	fx_cert_fingerprint(x, "SHA256", &text);
	fx_cert_lines("TP", "", x, &text);
	fx_enroll_ca_ok(&config->trustpoints.v[0], x, why, sizeof(why));
	fx_enroll_own_ok(pki, "TP", x, why, sizeof(why));
	sb_fini(&text);
	X509_free(x);
}

static void certificates(struct rd r)
{
	const struct fx_profile *p = &config->profiles.v[0];
	struct ike_id ids[] = {ike_id_text(ID_FQDN, "hub.example"),
	        ike_id_text(ID_RFC822_ADDR, "hub@example"),
	        {.type = ID_KEY_ID, .len = 4, .data = "abcd"},
	        ike_id_text(ID_FQDN, "nobody.example")};
	struct ike_certs c = {.n = 0};
	struct ike_spki key;
	char why[200];

	while (r.n && c.n < IKE_MAX_CERTS) {
		struct span der = rd_span(&r, rd_u16(&r));

		if (!rd_ok(&r) || !der.n)
			break;
		c.der[c.n++] = der;
		look_at(der);
	}
	if (c.n)
		fx_match_certificate(config, p, c.der[0]);
	INSIST(fx_pki_ready(pki, p, &c, 0));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		key.n = 0;
		if (fx_pki_trust(pki, p, &ids[i], &c, 0, &key, why, sizeof(why)))
			INSIST(key.n && c.n);
		else
			INSIST(why[0]);
	}
}

/* ---- revocation -------------------------------------------------------------------------------
 */

struct wire {
	uint32_t id;
	const uint8_t *p;
	size_t n;
	bool ready;
};

static void io_ask(void *ctx, uint32_t id, const struct fetch_want *w)
{
	struct wire *wire = ctx;

	INSIST(w->max && w->timeout_s);
	wire->id = id;
	wire->ready = wire->n <= w->max;
}

static bool io_poll(void *ctx, struct fetch_answer *out)
{
	struct wire *wire = ctx;

	if (!wire->ready)
		return false;
	wire->ready = false;
	*out = (struct fetch_answer){
	        .id = wire->id, .ok = true, .body = xmalloc(wire->n + 1), .n = wire->n};
	memcpy(out->body, wire->p, wire->n);
	return true;
}

static void revocation(enum fx_revocation method, const uint8_t *p, size_t n)
{
	struct wire wire = {.p = p, .n = n};
	struct fx_trustpoint t = {
	        .name = "TP", .revocation = {method}, .n_revocation = 1, .ocsp_no_nonce = true};
	X509 *root = fixture(fixture_root, sizeof(fixture_root)),
	     *hub = fixture(fixture_hub, sizeof(fixture_hub));
	struct fx_revoke *r = fx_revoke_new(&(struct fetch_io){&wire, io_ask, NULL, io_poll});
	char why[200];

	INSIST(fx_revoke_check(r, &t, hub, root, 0, why, sizeof(why)) == FX_REVOKED_WAIT);
	if (wire.ready) {
		INSIST(fx_revoke_poll(r, 0));
		INSIST(fx_revoke_check(r, &t, hub, root, 0, why, sizeof(why)) != FX_REVOKED_WAIT);
	}
	fx_revoke_free(r);
	X509_free(root);
	X509_free(hub);
}

static void text(const uint8_t *p, size_t n)
{
	char *s = xstrndup((const char *)p, n);
	X509 *x = fx_cert_parse(s);

	X509_free(x);
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!pki)
		configure();
	if (!size)
		return 0;
	switch (*data) {
	case 'C':
		certificates(rd_init(data + 1, size - 1));
		break;
	case 'L':
		revocation(FX_REVOKE_CRL, data + 1, size - 1);
		break;
	case 'O':
		revocation(FX_REVOKE_OCSP, data + 1, size - 1);
		break;
	case 'T':
		text(data + 1, size - 1);
		break;
	default:
		break;
	}
	return 0;
}
