/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trustpoints as files, out of one router and into another: PKCS #12 and both forms of PEM, and
 * what must not leave or come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "flexvpn/enroll.h"
#include "tests/flexvpn/lib_place.h"

#define PASS "correct horse"

/* A router whose TP is enrolled, with a key that may leave or not. */
static void enrolled(struct place *p, bool exportable)
{
	struct strbuf lines = {0};
	char why[120], *text;
	X509 *x;

	place_open(p, NULL);
	assert_true(fx_keys_generate(
	        fx_pki_keys(p->pki), "TP", FX_KEY_RSA, 2048, exportable, why, sizeof(why)));
	text = fx_enroll_request(&p->cfg->trustpoints.v[0], fx_keys_find(fx_pki_keys(p->pki), "TP"),
	        &(struct fx_applicant){.host = "spoke"}, why, sizeof(why));
	assert_non_null(text);
	x = place_sign(p, text);
	fx_enroll_lines(p->cfg, "TP", FX_CERT_OWN, x, &lines);
	place_feed(p, sb_str(&lines));
	place_settle(p);
	sb_fini(&lines);
	X509_free(x);
	free(text);
}

static struct fx_import into(const struct place *p, const char *password)
{
	return (struct fx_import){.cfg = p->cfg, .trustpoint = "NEW", .password = password};
}

/* What was imported is there, with its key, and is the certificate of `from`. */
static void check_imported(struct place *to, const struct place *from, struct strbuf *lines)
{
	place_feed(to, sb_str(lines));
	place_settle(to);
	const struct fx_tp *t = fx_pki_tp(to->pki, "NEW"), *was = fx_pki_tp(from->pki, "TP");

	assert_non_null(t);
	assert_non_null(t->key);
	assert_false(t->key->exportable);
	assert_int_equal(X509_cmp(t->own, was->own), 0);
	assert_int_equal(X509_cmp(t->ca, was->ca), 0);
	sb_fini(lines);
}

static void pkcs12_goes_out_and_in(void **state)
{
	struct strbuf lines = {0};
	struct secret der = {0};
	struct place a, b;
	char why[120];

	(void)state;
	enrolled(&a, true);
	assert_true(fx_export_pkcs12(fx_pki_tp(a.pki, "TP"), PASS, &der, why, sizeof(why)));
	place_open(&b, NULL);
	struct fx_import wrong = into(&b, "wrong horse"), right = into(&b, PASS);

	assert_false(fx_enroll_pkcs12(b.pki, &wrong, secret_span(&der), &lines, why, sizeof(why)));
	assert_non_null(strstr(why, "password is wrong"));
	assert_null(fx_keys_find(fx_pki_keys(b.pki), "NEW"));
	assert_true(fx_enroll_pkcs12(b.pki, &right, secret_span(&der), &lines, why, sizeof(why)));
	check_imported(&b, &a, &lines);
	secret_wipe(&der);
	place_close(&a);
	place_close(&b);
}

static char *text_of(const struct secret *s)
{
	return xstrndup((const char *)s->p, s->n);
}

static void pem_goes_out_and_in(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		struct strbuf lines = {0};
		struct fx_export e = {0};
		struct place a, b;
		char why[120];

		enrolled(&a, true);
		assert_true(fx_export_pem(fx_pki_tp(a.pki, "TP"), PASS, old, &e, why, sizeof(why)));
		char *ca = text_of(&e.ca), *key = text_of(&e.key), *own = text_of(&e.own);

		assert_non_null(
		        strstr(key, old ? "BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED"
		                        : "BEGIN ENCRYPTED"));
		place_open(&b, NULL);
		struct fx_import i = into(&b, PASS), wrong = into(&b, "wrong horse");

		assert_false(fx_enroll_pem(b.pki, &wrong, ca, key, own, &lines, why, sizeof(why)));
		assert_false(fx_enroll_pem(b.pki, &i, own, key, own, &lines, why, sizeof(why)));
		assert_non_null(strstr(why, "not that of the certificate's authority"));
		assert_false(fx_enroll_pem(b.pki, &i, ca, key, ca, &lines, why, sizeof(why)));
		assert_non_null(strstr(why, "not that of the certificate"));
		assert_false(fx_enroll_pem(b.pki, &i, "", key, own, &lines, why, sizeof(why)));
		assert_true(fx_enroll_pem(b.pki, &i, ca, key, own, &lines, why, sizeof(why)));
		check_imported(&b, &a, &lines);
		free(ca);
		free(key);
		free(own);
		fx_export_wipe(&e);
		place_close(&a);
		place_close(&b);
	}
}

static void what_may_not_leave_stays(void **state)
{
	struct fx_export e = {0};
	struct secret der = {0};
	struct place p;
	char why[120];

	(void)state;
	enrolled(&p, false);
	const struct fx_tp *t = fx_pki_tp(p.pki, "TP");

	assert_false(fx_export_pkcs12(t, PASS, &der, why, sizeof(why)));
	assert_non_null(strstr(why, "not exportable"));
	assert_false(fx_export_pem(t, PASS, true, &e, why, sizeof(why)));
	assert_non_null(strstr(why, "not exportable"));
	assert_int_equal(der.n + e.key.n, 0);
	place_close(&p);
	enrolled(&p, true);
	assert_false(fx_export_pkcs12(fx_pki_tp(p.pki, "TP"), "short", &der, why, sizeof(why)));
	assert_non_null(strstr(why, "8 characters"));
	place_close(&p);
	place_open(&p, NULL);
	assert_false(fx_export_pkcs12(fx_pki_tp(p.pki, "TP"), PASS, &der, why, sizeof(why)));
	assert_non_null(strstr(why, "no certificate"));
	place_close(&p);
}

static void an_import_takes_the_place_of_what_was_there(void **state)
{
	struct strbuf lines = {0};
	struct secret der = {0};
	struct place p;
	char why[120];

	(void)state;
	enrolled(&p, true);
	assert_true(fx_export_pkcs12(fx_pki_tp(p.pki, "TP"), PASS, &der, why, sizeof(why)));
	struct fx_import i = into(&p, PASS);

	i.trustpoint = "TP";
	assert_true(fx_enroll_pkcs12(p.pki, &i, secret_span(&der), &lines, why, sizeof(why)));
	place_feed(&p, sb_str(&lines));
	place_settle(&p);
	assert_int_equal(p.cfg->certs.n, 2);
	sb_fini(&lines);
	secret_wipe(&der);
	place_close(&p);
}

/* An exportable key is one after a restart as well. */
static void exportable_outlives_the_process(void **state)
{
	char dir[] = "/tmp/spoke-keys-XXXXXX", why[120], path[200];
	struct fx_keys *k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	k = fx_keys_new(dir);
	assert_true(fx_keys_generate(k, "yes", FX_KEY_EC, 256, true, why, sizeof(why)));
	assert_true(fx_keys_generate(k, "no", FX_KEY_EC, 256, false, why, sizeof(why)));
	assert_true(fx_keys_generate(k, "new", FX_KEY_EC, 256, true, why, sizeof(why)));
	assert_true(fx_keys_rename(k, "new", "no2", why, sizeof(why)));
	assert_false(fx_keys_rename(k, "new", "no2", why, sizeof(why)));
	fx_keys_free(k);
	k = fx_keys_new(dir);
	assert_true(fx_keys_find(k, "yes")->exportable);
	assert_true(fx_keys_find(k, "no2")->exportable);
	assert_false(fx_keys_find(k, "no")->exportable);
	assert_null(fx_keys_find(k, "new"));
	assert_true(
	        fx_keys_remove(k, "yes") && fx_keys_remove(k, "no") && fx_keys_remove(k, "no2"));
	fx_keys_free(k);
	snprintf(path, sizeof(path), "%s/keys/seal", dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(pkcs12_goes_out_and_in),
	        cmocka_unit_test(pem_goes_out_and_in),
	        cmocka_unit_test(what_may_not_leave_stays),
	        cmocka_unit_test(an_import_takes_the_place_of_what_was_there),
	        cmocka_unit_test(exportable_outlives_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
