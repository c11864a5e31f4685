/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates of the configuration at work: what of a peer's is believed, whose name it bears,
 * what is asked for and what comes back, and keys that outlive the process. The authorities are
 * made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "flexvpn/cert_map.h"
#include "base/log.h"
#include "flexvpn/enroll.h"
#include "flexvpn/expiry.h"
#include "tests/flexvpn/lib_place.h"

/* Is this chain believed to be `id`? */
static bool trusts(
        const struct place *p, const struct ike_id *id, X509 *const *chain, size_t n, char why[160])
{
	struct ike_certs c = {.n = n};
	uint8_t *der[4] = {0};
	struct ike_spki key = {.n = 0};

	for (size_t i = 0; i < n; i++)
		c.der[i].n = (size_t)i2d_X509(chain[i], &der[i]), c.der[i].p = der[i];
	why[0] = '\0';
	bool ok = fx_pki_trust(p->pki, &p->cfg->profiles.v[0], id, &c, 0, &key, why, 160);

	assert_int_equal(ok, key.n > 0);
	for (size_t i = 0; i < n; i++)
		OPENSSL_free(der[i]);
	return ok;
}

static bool trusts_one(
        const struct place *p, const struct ike_id *id, const struct ca_made *m, char why[160])
{
	return trusts(p, id, &m->x, 1, why);
}

/* ---- what is believed ------------------------------------------------------------------------ */

static struct ike_id subject_of(const X509 *x)
{
	struct ike_id id = {.type = ID_DER_ASN1_DN};
	uint8_t *at = id.data;

	id.len = (uint8_t)i2d_X509_NAME(X509_get_subject_name(x), &at);
	return id;
}

static void an_identity_must_stand_in_the_certificate(void **state)
{
	struct ca_spec s = {.cn = "hub",
	        .san = "DNS:hub.example,email:hub@example,IP:10.0.0.1,DNS:*.wild.example"};
	struct ca_made m;
	struct place p;
	char why[160];
	struct ipaddr right = ipaddr_v4(0x0a000001), wrong = ipaddr_v4(0x0a000002);

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&s, &p.root);
	struct ike_id good[] = {ike_id_text(ID_FQDN, "hub.example"),
	        ike_id_text(ID_FQDN, "HUB.example"), ike_id_text(ID_RFC822_ADDR, "hub@example"),
	        ike_id_addr(&right), subject_of(m.x)};
	struct ike_id bad[] = {ike_id_text(ID_FQDN, "example"), ike_id_text(ID_FQDN, ".example"),
	        ike_id_text(ID_FQDN, "a.wild.example"), ike_id_text(ID_FQDN, "hub"),
	        ike_id_text(ID_FQDN, ""), ike_id_text(ID_RFC822_ADDR, "other@example"),
	        ike_id_addr(&wrong), subject_of(p.root.x), ike_id_text(ID_KEY_ID, "hub.example"),
	        {.type = ID_FQDN, .len = 12, .data = "hub.example"}};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(trusts_one(&p, &good[i], &m, why));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(trusts_one(&p, &bad[i], &m, why));
		assert_non_null(strstr(why, "not that of"));
	}
	ca_free(&m);
	place_close(&p);
}

/* Without alternative names the common name counts. */
static void a_common_name_counts_when_there_is_no_other(void **state)
{
	struct ca_spec s = {.cn = "hub.example"},
	               with = {.cn = "hub.example", .san = "DNS:other.example"};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_made m;
	struct place p;
	char why[160];

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&s, &p.root);
	assert_true(trusts_one(&p, &id, &m, why));
	ca_free(&m);
	m = ca_make(&with, &p.root);
	assert_false(trusts_one(&p, &id, &m, why));
	ca_free(&m);
	place_close(&p);
}

static void time_authority_and_use_are_checked(void **state)
{
	static const struct {
		struct ca_spec s;
		const char *why; /* NULL: believed */
	} of[] = {{{.cn = "hub.example"}, NULL},
	        {{.cn = "hub.example", .from_days = -9, .to_days = -1}, "expired"},
	        {{.cn = "hub.example", .from_days = 1}, "not yet valid"},
	        {{.cn = "hub.example", .usage = "keyEncipherment"}, "not for signatures"},
	        {{.cn = "hub.example", .usage = "digitalSignature"}, NULL}};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_spec evil = {.cn = "Root", .ca = true};
	struct ca_made m, other;
	struct place p;
	char why[160];

	(void)state;
	place_open(&p, NULL);
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		m = ca_make(&of[i].s, &p.root);
		assert_int_equal(trusts_one(&p, &id, &m, why), !of[i].why);
		if (of[i].why)
			assert_non_null(strstr(why, of[i].why));
		ca_free(&m);
	}
	other = ca_make(&evil, NULL); /* the same name, another key */
	m = ca_make(&of[0].s, &other);
	assert_false(trusts_one(&p, &id, &m, why));
	assert_false(trusts(&p, &id, (X509 *[]){m.x, other.x}, 2, why));
	ca_free(&m);
	m = ca_make(&of[0].s, NULL); /* signed by itself */
	assert_false(trusts_one(&p, &id, &m, why));
	assert_false(trusts(&p, &id, NULL, 0, why));
	assert_non_null(strstr(why, "sent none"));
	ca_free(&m);
	ca_free(&other);
	place_close(&p);
}

/* An intermediate authority comes with the peer's certificate; a peer's certificate is no
 * authority. */
static void chains_are_built_from_what_the_peer_sends(void **state)
{
	struct ca_spec sub = {.cn = "Sub", .ca = true}, leaf = {.cn = "hub.example"},
	               below = {.cn = "hub.example"};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_made s, m, worm;
	struct place p;
	char why[160];

	(void)state;
	place_open(&p, NULL);
	s = ca_make(&sub, &p.root);
	m = ca_make(&leaf, &s);
	assert_false(trusts_one(&p, &id, &m, why));
	assert_true(trusts(&p, &id, (X509 *[]){m.x, s.x}, 2, why));
	worm = ca_make(&below, &m);
	assert_false(trusts(&p, &id, (X509 *[]){worm.x, m.x, s.x}, 3, why));
	ca_free(&worm);
	ca_free(&m);
	ca_free(&s);
	place_close(&p);
}

/* A trustpoint for an authority below TP's. */
static void add_sub(struct place *p, const struct ca_made *sub, const char *more)
{
	struct strbuf lines = {0};

	place_feed(p, "crypto pki trustpoint SUB\n enrollment terminal\n revocation-check none\n");
	place_feed(p, more);
	fx_cert_lines("SUB", "ca ", sub->x, &lines);
	place_feed(p, sb_str(&lines));
	place_settle(p);
	sb_fini(&lines);
}

/* What a peer leaves out may stand in another trustpoint, which need not be one of the profile. */
static void an_intermediate_authority_of_ours_completes_a_chain(void **state)
{
	struct ca_spec sub = {.cn = "Sub", .ca = true}, leaf = {.cn = "hub.example"};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_made s, m;
	struct place p;
	char why[160];

	(void)state;
	place_open(&p, NULL);
	s = ca_make(&sub, &p.root);
	m = ca_make(&leaf, &s);
	assert_false(trusts_one(&p, &id, &m, why));
	add_sub(&p, &s, "");
	assert_true(trusts_one(&p, &id, &m, why));
	ca_free(&m);
	ca_free(&s);
	place_close(&p);
}

/* `continue`: the intermediate authority must itself be good, in the eyes of the trustpoint above.
 */
static void a_chain_is_validated_as_far_as_the_trustpoint_says(void **state)
{
	struct ca_spec sub = {.cn = "Sub", .ca = true}, leaf = {.cn = "hub.example"};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_made s, m;
	struct place p;
	char why[160];

	(void)state;
	place_open(&p, NULL);
	s = ca_make(&sub, &p.root);
	m = ca_make(&leaf, &s);
	place_feed(&p, "crypto ikev2 profile P\n no pki trustpoint TP\n pki trustpoint SUB\n");
	add_sub(&p, &s, "");
	assert_true(trusts_one(&p, &id, &m, why));
	add_sub(&p, &s, "crypto pki trustpoint SUB\n chain-validation continue\n");
	assert_true(trusts_one(&p, &id, &m, why));
	place_feed(&p, "crypto pki trustpoint TP\n revocation-check crl\n");
	place_settle(&p);
	assert_false(trusts_one(&p, &id, &m, why));
	assert_non_null(strstr(why, "trustpoint TP"));
	place_feed(&p, "crypto pki trustpoint SUB\n chain-validation stop\n");
	place_settle(&p);
	assert_true(trusts_one(&p, &id, &m, why));
	place_feed(&p, "crypto pki trustpoint SUB\n chain-validation continue NONE\n");
	place_settle(&p);
	assert_false(trusts_one(&p, &id, &m, why));
	assert_non_null(strstr(why, "no trustpoint has the authority above"));
	place_feed(&p, "crypto pki trustpoint SUB\n chain-validation continue SUB\n");
	place_settle(&p);
	assert_false(trusts_one(&p, &id, &m, why));
	ca_free(&m);
	ca_free(&s);
	place_close(&p);
}

struct validated {
	unsigned n, told;
	char why[200];
};

static void on_validated(void *ctx, unsigned n_chain, const char *why)
{
	struct validated *v = ctx;

	v->told++;
	v->n = n_chain;
	snprintf(v->why, sizeof(v->why), "%s", why ? why : "");
}

static void our_own_certificate_is_judged_too(void **state)
{
	struct ca_spec sub = {.cn = "Sub", .ca = true}, spoke = {.cn = "spoke"};
	struct strbuf lines = {0};
	struct validated v = {0};
	struct ike_certs chain;
	struct ca_made s, m;
	struct place p;

	(void)state;
	place_open(&p, NULL);
	fx_pki_validate(p.pki, "TP", on_validated, &v, 0);
	assert_int_equal(v.told, 1);
	assert_non_null(strstr(v.why, "no certificate of ours"));
	s = ca_make(&sub, &p.root);
	m = ca_make(&spoke, &s);
	add_sub(&p, &s, "crypto pki trustpoint SUB\n chain-validation continue\n");
	fx_cert_lines("SUB", "", m.x, &lines);
	place_feed(&p, sb_str(&lines));
	place_settle(&p);
	fx_pki_validate(p.pki, "SUB", on_validated, &v, 0);
	assert_string_equal(v.why, "");
	assert_int_equal(v.n, 2);
	fx_pki_chain(p.pki, fx_pki_tp(p.pki, "SUB"), &chain);
	assert_int_equal(chain.n, 2); /* ours and Sub; the peer has its root */
	place_feed(&p, "crypto pki trustpoint SUB\n revocation-check crl\n");
	place_settle(&p);
	fx_pki_validate(p.pki, "SUB", on_validated, &v, 0);
	assert_non_null(strstr(v.why, "revocation status is unknown"));
	assert_int_equal(v.told, 3);
	sb_fini(&lines);
	ca_free(&m);
	ca_free(&s);
	place_close(&p);
}

/* IOS's default is `crl`; a list is not to be had, so only `none` lets a certificate pass. */
static void revocation_that_cannot_be_checked_is_not_passed_over(void **state)
{
	struct ca_spec s = {.cn = "hub.example"};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_made m;
	struct place p;
	char why[160];

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&s, &p.root);
	place_feed(&p, "crypto pki trustpoint TP\n no revocation-check\n");
	place_settle(&p);
	assert_false(trusts_one(&p, &id, &m, why));
	assert_non_null(strstr(why, "revocation"));
	place_feed(&p, "crypto pki trustpoint TP\n revocation-check crl none\n");
	place_settle(&p);
	assert_true(trusts_one(&p, &id, &m, why));
	ca_free(&m);
	place_close(&p);
}

/* ---- certificates that expire ------------------------------------------------------------ */

static void the_end_is_announced_weekly_then_daily(void **state)
{
	enum { DAY = 86400 };

	(void)state;
	assert_int_equal(fx_expiry_due(61 * DAY, true), FX_EXPIRY_FAR);
	assert_int_equal(fx_expiry_due(60 * DAY, false), FX_EXPIRY_WARNING);
	assert_int_equal(fx_expiry_due(59 * DAY, false), FX_EXPIRY_FAR);
	assert_int_equal(fx_expiry_due(59 * DAY, true), FX_EXPIRY_WARNING);
	assert_int_equal(fx_expiry_due(53 * DAY + 5, false), FX_EXPIRY_WARNING);
	assert_int_equal(fx_expiry_due(7 * DAY - 1, false), FX_EXPIRY_ALERT);
	assert_int_equal(fx_expiry_due(-5, false), FX_EXPIRY_ALERT);
}

static void count_line(void *ctx, enum log_sev sev, const char *line)
{
	(void)sev;
	*(int *)ctx +=
	        strstr(line, "ID Certificate belonging to trustpoint TP will expire in ") != NULL;
}

static void a_certificate_is_announced_once_until_the_next_day(void **state)
{
	struct ca_spec near = {.cn = "spoke", .to_days = 30};
	static int lines;
	struct log_sink *sink = log_sink_add(count_line, &lines, LOG_SEV_DEBUG);
	struct strbuf text = {0};
	struct ca_made m;
	struct place p;

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&near, &p.root);
	fx_cert_lines("TP", "", m.x, &text);
	place_feed(&p, sb_str(&text));
	place_settle(&p);
	assert_int_equal(lines, 1);
	place_settle(&p);
	assert_int_equal(lines, 1);
	assert_false(fx_pki_poll(p.pki, 1));
	assert_int_equal(fx_pki_deadline(p.pki), 86400001);
	place_settle(&p);
	assert_int_equal(lines, 1);
	sb_fini(&text);
	ca_free(&m);
	place_close(&p);
	log_sink_remove(sink);
}

/* ---- certificate maps ------------------------------------------------------------------- */

static bool fits(struct place *p, const struct ca_made *m, const char *lines)
{
	uint8_t *der = NULL;
	int n = i2d_X509(m->x, &der);

	place_feed(p,
	        "no crypto pki certificate map M 10\ncrypto ikev2 profile P\n match certificate "
	        "M\n");
	place_feed(p, "crypto pki certificate map M 10\n");
	place_feed(p, lines);
	place_settle(p);
	bool yes = fx_match_certificate(p->cfg, &p->cfg->profiles.v[0], span_of(der, (size_t)n));

	OPENSSL_free(der);
	return yes;
}

static void a_map_asks_for_all_of_its_lines(void **state)
{
	static const struct {
		const char *lines;
		bool fits;
	} cases[] = {
	        {"", true},
	        {" subject-name co cn=hub", true},
	        {" subject-name co O = TEST", true},
	        {" subject-name co o=other", false},
	        {" subject-name nc o=other", true},
	        {" subject-name eq cn=hub.example, o=test", true},
	        {" subject-name eq cn=hub.example", false},
	        {" subject-name ne cn=hub.example", true},
	        {" issuer-name co cn=root", true},
	        {" issuer-name co cn=hub", false},
	        {" alt-subject-name eq hub.example", true},
	        {" alt-subject-name co 10.0.0.1", true},
	        {" alt-subject-name nc 10.0.0.1", false},
	        {" alt-subject-name co elsewhere", false},
	        {" name co root", true},
	        {" unstructured-subject-name co hub", false},
	        {" serial-number ne 99", true},
	        {" serial-number co 10", true},
	        {" serial-number eq 99", false},
	        {" valid-start lt Jan 1 2200", true},
	        {" valid-start ge Jan 1 2200", false},
	        {" expires-on ge Jan 1 2020 12:00:00", true},
	        {" expires-on lt Jan 1 2020", false},
	        {" expires-on lt yesterday", false},
	        {" subject-name co cn=hub\n issuer-name co cn=root", true},
	        {" subject-name co cn=hub\n issuer-name co cn=nobody", false},
	};
	struct ca_spec s = {.cn = "hub.example", .san = "DNS:hub.example,IP:10.0.0.1"};
	struct ca_made m;
	struct place p;

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&s, &p.root);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (fits(&p, &m, cases[i].lines) != cases[i].fits)
			fail_msg(
			        "\"%s\" should%s fit", cases[i].lines, cases[i].fits ? "" : " not");
	ca_free(&m);
	place_close(&p);
}

static void a_profile_believes_its_own_trustpoints_only(void **state)
{
	struct ca_spec s = {.cn = "hub.example"};
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_made m;
	struct place p;
	uint8_t ids[3 * IKE_KEY_ID_LEN];
	char why[160];

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&s, &p.root);
	assert_int_equal(
	        fx_pki_authorities(p.pki, &p.cfg->profiles.v[0], ids, sizeof(ids)), IKE_KEY_ID_LEN);
	place_feed(&p,
	        "crypto pki trustpoint EMPTY\ncrypto ikev2 profile P\n no pki trustpoint TP\n pki "
	        "trustpoint EMPTY\n");
	place_settle(&p);
	assert_false(trusts_one(&p, &id, &m, why));
	assert_int_equal(fx_pki_authorities(p.pki, &p.cfg->profiles.v[0], ids, sizeof(ids)), 0);
	place_feed(&p, "crypto ikev2 profile P\n no pki trustpoint\n pki trustpoint TP verify\n");
	place_settle(&p);
	assert_true(trusts_one(&p, &id, &m, why));
	ca_free(&m);
	place_close(&p);
}

/* ---- ours -------------------------------------------------------------------------------------
 */

static void a_request_becomes_our_certificate(void **state)
{
	struct place p;
	char why[120], *text;
	struct strbuf lines = {0};
	struct ike_id id;
	struct ike_certs chain;

	(void)state;
	place_open(&p, NULL);
	place_feed(&p,
	        "crypto pki trustpoint TP\n subject-name cn=spoke, ou=\"East, West\", o=Test\n");
	place_settle(&p);
	const struct fx_trustpoint *t = fx_find_trustpoint(p.cfg, "TP");
	const struct fx_key_pair *k = fx_enroll_key(p.pki, t, why, sizeof(why));

	assert_non_null(k);
	assert_ptr_equal(fx_enroll_key(p.pki, t, why, sizeof(why)), k); /* the same one again */
	text = fx_enroll_request(t, k, &(struct fx_applicant){.host = "spoke1"}, why, sizeof(why));
	X509 *x = place_sign(&p, text);

	assert_true(fx_enroll_own_ok(p.pki, "TP", x, why, sizeof(why)));
	assert_false(fx_enroll_own_ok(p.pki, "TP", p.root.x, why, sizeof(why))); /* not our key */
	fx_enroll_lines(p.cfg, "TP", FX_CERT_OWN, x, &lines);
	place_feed(&p, sb_str(&lines));
	place_settle(&p);
	const struct fx_tp *tp = fx_pki_signer(p.pki, &p.cfg->profiles.v[0], (struct span){0});

	assert_non_null(tp);
	assert_int_equal(X509_cmp(tp->own, x), 0);
	assert_true(fx_pki_identity(tp, &id));
	assert_int_equal(id.type, ID_DER_ASN1_DN);
	assert_non_null(memmem(id.data, id.len, "East, West", 10));
	fx_pki_chain(p.pki, tp, &chain);
	assert_int_equal(chain.n, 1); /* the authority is a root: the peer has it */
	/* `authentication local ecdsa-sig` has no use for an RSA key */
	place_feed(&p, "crypto ikev2 profile P\n authentication local ecdsa-sig\n");
	place_settle(&p);
	assert_null(fx_pki_signer(p.pki, &p.cfg->profiles.v[0], (struct span){0}));
	free(text);
	X509_free(x);
	sb_fini(&lines);
	place_close(&p);
}

static void a_subject_that_makes_no_sense_is_refused(void **state)
{
	static const char *const bad[] = {"spoke", "=x", "cn=", "zz=1", "cn=a,", "cn=a,,o=b"};
	struct place p;
	char why[120];

	(void)state;
	place_open(&p, NULL);
	assert_true(
	        fx_keys_generate(fx_pki_keys(p.pki), "K", FX_KEY_EC, 256, false, why, sizeof(why)));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fx_trustpoint t = {.name = "T", .subject = bad[i], .digest = "SHA256"};

		assert_null(fx_enroll_request(&t, fx_keys_find(fx_pki_keys(p.pki), "K"),
		        &(struct fx_applicant){0}, why, sizeof(why)));
		assert_non_null(strstr(why, "subject"));
	}
	place_close(&p);
}

static void only_an_authority_with_the_right_fingerprint_is_taken(void **state)
{
	struct ca_spec leaf = {.cn = "leaf"};
	struct fx_trustpoint t = {.name = "TP"};
	struct strbuf sha1 = {0}, md5 = {0};
	struct place p;
	struct ca_made m;
	char why[120];

	(void)state;
	place_open(&p, NULL);
	m = ca_make(&leaf, &p.root);
	assert_true(fx_enroll_ca_ok(&t, p.root.x, why, sizeof(why)));
	assert_false(fx_enroll_ca_ok(&t, m.x, why, sizeof(why)));
	fx_cert_fingerprint(p.root.x, "SHA1", &sha1);
	fx_cert_fingerprint(p.root.x, "MD5", &md5);
	t.fingerprint = sb_str(&sha1);
	assert_true(fx_enroll_ca_ok(&t, p.root.x, why, sizeof(why)));
	t.fingerprint = sb_str(&md5);
	assert_true(fx_enroll_ca_ok(&t, p.root.x, why, sizeof(why)));
	sha1.s[3] = sha1.s[3] == '0' ? '1' : '0';
	t.fingerprint = sb_str(&sha1);
	assert_false(fx_enroll_ca_ok(&t, p.root.x, why, sizeof(why)));
	md5.s[md5.len - 1] = '\0';
	t.fingerprint = sb_str(&md5);
	assert_false(fx_enroll_ca_ok(&t, p.root.x, why, sizeof(why)));
	sb_fini(&sha1);
	sb_fini(&md5);
	ca_free(&m);
	place_close(&p);
}

static void pasted_text_is_read_in_every_form(void **state)
{
	static const char *const bad[] = {"", "\n", "no certificate", "-----BEGIN CERTIFICATE-----",
	        "AAAA\n", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"};
	struct ca_spec s = {.cn = "Root", .ca = true};
	struct ca_made m = ca_make(&s, NULL);
	BIO *mem = BIO_new(BIO_s_mem());
	char *pem = NULL;

	(void)state;
	PEM_write_bio_X509(mem, m.x);
	long n = BIO_get_mem_data(mem, &pem);
	char *text = xstrndup(pem, (size_t)n), *body = strchr(text, '\n') + 1;
	X509 *x = fx_cert_parse(text);

	assert_int_equal(X509_cmp(x, m.x), 0);
	X509_free(x);
	*strstr(body, "-----END") = '\0';
	x = fx_cert_parse(body);
	assert_int_equal(X509_cmp(x, m.x), 0);
	X509_free(x);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(fx_cert_parse(bad[i]));
	free(text);
	BIO_free(mem);
	ca_free(&m);
}

/* Blanks, tabs, carriage returns, groups of any length; and what is no certificate is none. */
static void the_lines_of_a_certificate_may_be_split_anyhow(void **state)
{
	struct place p;
	struct strbuf lines = {0}, loose = {0};

	(void)state;
	place_open(&p, NULL);
	fx_cert_lines("TP", "ca ", p.root.x, &lines);
	for (const char *c = sb_str(&lines); *c; c++)
		sb_puts(&loose, *c == '\n'                 ? "\r\n"
		                : strncmp(c, "  ", 2) == 0 ? "\t"
		                                           : (char[]){*c, '\0'});
	place_feed(&p, "no crypto pki certificate chain TP\n");
	place_settle(&p);
	assert_null(fx_pki_tp(p.pki, "TP")->ca);
	place_feed(&p, sb_str(&loose));
	place_settle(&p);
	assert_int_equal(X509_cmp(fx_pki_tp(p.pki, "TP")->ca, p.root.x), 0);
	place_feed(&p, "no crypto pki certificate chain TP\ncrypto pki certificate chain TP\n "
	               "certificate ca 01\n  3082 01\n  0 \n "
	               "quit\n");
	place_settle(&p);
	assert_null(fx_pki_tp(p.pki, "TP")->ca);
	sb_fini(&lines);
	sb_fini(&loose);
	place_close(&p);
}

/* ---- keys --------------------------------------------------------------------------------------
 */

static void say_diff(void *ctx, unsigned depth, const char *command)
{
	sb_printf(ctx, "%*s%s\n", (int)depth, "", command);
}

/* Issuer and subject of an authority often make two equal lines; and what is pasted again is the
 * same certificate, not a longer one. */
static void a_line_of_a_certificate_may_stand_twice(void **state)
{
	static const char block[] =
	        "crypto pki certificate chain TP\n certificate 0A\n"
	        "  01020304 05060708\n  01020304 05060708\n  01020304 05060708\n"
	        "  0A0B\n quit\n";
	struct strbuf diff = {0};
	struct place p;
	struct cfg *was;

	(void)state;
	place_open(&p, NULL);
	place_feed(&p, block);
	was = cfg_ref(cfg_editor_candidate(p.ed));
	place_feed(&p, block);
	place_settle(&p);
	assert_int_equal(p.cfg->certs.v[1].n, 26);
	cfg_diff(was, cfg_editor_candidate(p.ed), say_diff, &diff);
	assert_string_equal(sb_str(&diff), "");
	place_feed(&p, "crypto pki certificate chain TP\n certificate 0A\n  01020304\n  01020304\n "
	               "quit\n");
	cfg_diff(was, cfg_editor_candidate(p.ed), say_diff, &diff);
	assert_string_equal(sb_str(&diff), "crypto pki certificate chain TP\n no certificate 0A\n "
	                                   "certificate 0A\n  01020304\n  01020304\n");
	sb_fini(&diff);
	cfg_unref(was);
	place_close(&p);
}

static void keys_outlive_the_process_and_are_not_readable(void **state)
{
	char dir[] = "/tmp/spoke-keys-XXXXXX", path[200], why[120], head[60] = "";
	struct stat st;
	struct fx_keys *k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	k = fx_keys_new(dir);
	assert_true(fx_keys_generate(k, "a/../b c", FX_KEY_EC, 384, false, why, sizeof(why)));
	assert_false(fx_keys_generate(k, "", FX_KEY_EC, 256, false, why, sizeof(why)));
	EVP_PKEY *key = fx_keys_find(k, "a/../b c")->key;

	EVP_PKEY_up_ref(key);
	fx_keys_free(k);
	snprintf(path, sizeof(path), "%s/keys/612f2e2e2f622063.key", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(head, sizeof(head), f));
	fclose(f);
	assert_string_equal(head, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
	k = fx_keys_new(dir);
	assert_int_equal(EVP_PKEY_eq(fx_keys_find(k, "a/../b c")->key, key), 1);
	assert_true(fx_keys_remove(k, fx_keys_at(k, 0)->label));
	assert_false(fx_keys_remove(k, "a/../b c"));
	assert_int_equal(stat(path, &st), -1);
	fx_keys_free(k);
	EVP_PKEY_free(key);
	snprintf(path, sizeof(path), "%s/keys/seal", dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void the_secret_of_the_box_outlives_the_process(void **state)
{
	char dir[] = "/tmp/spoke-keys-XXXXXX", path[200];
	uint8_t first[32] = {0}, again[32] = {0}, other[32] = {0}, none[32] = {0};
	struct stat st;
	struct fx_keys *k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	k = fx_keys_new(dir);
	assert_true(fx_keys_secret(k, "qcd", first, sizeof(first)));
	fx_keys_free(k);
	k = fx_keys_new(dir);
	assert_true(fx_keys_secret(k, "qcd", again, sizeof(again)));
	assert_true(fx_keys_secret(k, "other", other, sizeof(other)));
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, other, sizeof(first));
	assert_memory_not_equal(first, none, sizeof(first));
	fx_keys_free(k);
	for (const char *const *name = (const char *const[]){"qcd", "other", "seal", NULL}; *name;
	        name++) {
		snprintf(path, sizeof(path), "%s/keys/%s", dir, *name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(unlink(path), 0);
	}
	k = fx_keys_new(NULL);
	assert_false(fx_keys_secret(k, "qcd", again, sizeof(again)));
	fx_keys_free(k);
	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_identity_must_stand_in_the_certificate),
	        cmocka_unit_test(a_common_name_counts_when_there_is_no_other),
	        cmocka_unit_test(time_authority_and_use_are_checked),
	        cmocka_unit_test(chains_are_built_from_what_the_peer_sends),
	        cmocka_unit_test(an_intermediate_authority_of_ours_completes_a_chain),
	        cmocka_unit_test(a_chain_is_validated_as_far_as_the_trustpoint_says),
	        cmocka_unit_test(our_own_certificate_is_judged_too),
	        cmocka_unit_test(revocation_that_cannot_be_checked_is_not_passed_over),
	        cmocka_unit_test(the_end_is_announced_weekly_then_daily),
	        cmocka_unit_test(a_certificate_is_announced_once_until_the_next_day),
	        cmocka_unit_test(a_map_asks_for_all_of_its_lines),
	        cmocka_unit_test(a_profile_believes_its_own_trustpoints_only),
	        cmocka_unit_test(a_request_becomes_our_certificate),
	        cmocka_unit_test(a_subject_that_makes_no_sense_is_refused),
	        cmocka_unit_test(only_an_authority_with_the_right_fingerprint_is_taken),
	        cmocka_unit_test(pasted_text_is_read_in_every_form),
	        cmocka_unit_test(the_lines_of_a_certificate_may_be_split_anyhow),
	        cmocka_unit_test(a_line_of_a_certificate_may_stand_twice),
	        cmocka_unit_test(keys_outlive_the_process_and_are_not_readable),
	        cmocka_unit_test(the_secret_of_the_box_outlives_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
