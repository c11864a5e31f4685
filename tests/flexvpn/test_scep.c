/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enrollment by SCEP against an authority that speaks it (lib_scep.h): accepted, granted, put off,
 * refused, renewed; and answers that nobody should believe. A fake fetcher stands for the network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "flexvpn/enroll.h"
#include "flexvpn/scep.h"
#include "flexvpn/scep_msg.h"
#include "tests/flexvpn/lib_scep.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

struct world {
	struct scep_server server;
	struct cfg_editor *ed;
	struct fx_config *cfg;
	struct fx_pki *pki;
	uint64_t now;
	/* the fetcher */
	bool down; /* nothing can be reached */
	char op[40], url[200], dev[40];
	bool posted;
	unsigned asked, cancelled;
	struct fetch_answer answer[4];
	size_t n_answer;
	/* the operator */
	X509 *ca;
	char why[160];
	unsigned told;
};

/* ---- the network ----------------------------------------------------------------------------- */

static struct span decoded(const char *text, uint8_t *buf, size_t max)
{
	size_t n = 0;
	char plain[8192];

	for (; *text && n + 1 < sizeof(plain); text++) {
		unsigned c;

		if (*text == '%' && sscanf(text + 1, "%2x", &c) == 1) {
			plain[n++] = (char)c;
			text += 2;
		} else {
			plain[n++] = *text;
		}
	}
	assert_true(n / 4 * 3 <= max);
	int len = EVP_DecodeBlock(buf, (uint8_t *)plain, (int)n);

	while (n && plain[n - 1] == '=')
		n--, len--;
	return span_of(buf, (size_t)len);
}

static void io_ask(void *ctx, uint32_t id, const struct fetch_want *f)
{
	struct world *w = ctx;
	const char *op = strstr(f->url, "operation="), *message = strstr(f->url, "&message=");
	struct fetch_answer *a = &w->answer[w->n_answer++];
	uint8_t buf[8192], *body;

	assert_non_null(op);
	snprintf(w->op, sizeof(w->op), "%.*s", (int)strcspn(op + 10, "&"), op + 10);
	snprintf(w->url, sizeof(w->url), "%s", f->url);
	snprintf(w->dev, sizeof(w->dev), "%s", f->dev ? f->dev : "");
	w->asked++;
	w->posted = f->post.n > 0;
	*a = (struct fetch_answer){.id = id, .why = "no route to host"};
	if (w->down)
		return;
	body = scep_server_answer(&w->server, w->op,
	        f->post.n                            ? f->post
	        : strcmp(w->op, "PKIOperation") == 0 ? decoded(message + 9, buf, sizeof(buf))
	                                             : span_of(NULL, 0),
	        &a->n);
	a->ok = body != NULL;
	a->body = body ? xmemdup(body, a->n)
	               : NULL; /* to the octet, so that a read past it is seen */
	OPENSSL_free(body);
}

static void io_cancel(void *ctx, uint32_t id)
{
	(void)id;
	((struct world *)ctx)->cancelled++;
}

static bool io_poll(void *ctx, struct fetch_answer *out)
{
	struct world *w = ctx;

	if (!w->n_answer)
		return false;
	*out = w->answer[0];
	memmove(w->answer, w->answer + 1, --w->n_answer * sizeof(w->answer[0]));
	return true;
}

/* ---- the router ------------------------------------------------------------------------------ */

static void feed(struct world *w, const char *text)
{
	struct fx_config *old = w->cfg;

	assert_int_equal(cfg_load_text(w->ed, text, NULL, NULL), 0);
	w->cfg = fx_config_build(cfg_editor_candidate(w->ed));
	fx_pki_configure(w->pki, w->cfg);
	fx_config_free(old);
}

/* Until nothing more happens at this time. */
static void run(struct world *w)
{
	struct strbuf lines = {0};
	unsigned before;

	do {
		before = w->asked;
		fx_pki_poll(w->pki, w->now);
		while (fx_pki_take(w->pki, &lines, w->now))
			if (lines.len) {
				feed(w, sb_str(&lines));
				lines.len = 0;
			}
	} while (w->asked != before || w->n_answer);
	sb_fini(&lines);
}

static void pass(struct world *w, uint64_t ms)
{
	w->now += ms;
	run(w);
}

static void open_world(struct world *w, bool rsa, bool ra, const char *more)
{
	struct cfg *empty = cfg_new();

	*w = (struct world){.now = 1000};
	scep_server_init(&w->server, rsa, ra);
	w->ed = cfg_editor_new(empty);
	cfg_unref(empty);
	w->pki = fx_pki_new(NULL, &(struct fetch_io){w, io_ask, io_cancel, io_poll});
	feed(w, "hostname spoke1.example\ncrypto pki trustpoint TP\n enrollment url "
	        "http://ca.example\n"
	        " revocation-check none\n subject-name cn=spoke1,o=Test\n");
	feed(w, more);
}

static void close_world(struct world *w)
{
	fx_pki_free(w->pki);
	fx_config_free(w->cfg);
	cfg_editor_free(w->ed);
	X509_free(w->ca);
	for (size_t i = 0; i < w->n_answer; i++)
		free(w->answer[i].body);
	scep_server_fini(&w->server);
}

static void on_ca(void *ctx, const struct x509_st *ca, const char *why)
{
	struct world *w = ctx;

	w->told++;
	X509_free(w->ca);
	w->ca = ca ? X509_dup((X509 *)ca) : NULL;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static bool authenticate(struct world *w)
{
	assert_true(fx_scep_authenticate(
	        fx_pki_scep(w->pki), "TP", on_ca, w, w->now, w->why, sizeof(w->why)));
	run(w);
	return w->ca != NULL;
}

static void accept_ca(struct world *w)
{
	struct strbuf lines = {0};

	assert_true(authenticate(w));
	fx_enroll_lines(w->cfg, "TP", FX_CERT_CA, w->ca, &lines);
	feed(w, sb_str(&lines));
	sb_fini(&lines);
}

static bool enroll(struct world *w, const char *password)
{
	bool ok =
	        fx_scep_enroll(fx_pki_scep(w->pki), "TP", password, w->now, w->why, sizeof(w->why));

	run(w);
	return ok;
}

static const struct fx_tp *tp(const struct world *w)
{
	return fx_pki_tp(w->pki, "TP");
}

static struct fx_scep_state state_of(const struct world *w)
{
	return fx_scep_state(fx_pki_scep(w->pki), "TP");
}

/* ---- as it should be ------------------------------------------------------------------------- */

static void check_enrolled(struct world *w)
{
	assert_non_null(tp(w)->own);
	assert_non_null(tp(w)->key);
	assert_int_equal(X509_verify(tp(w)->own, w->server.root.key), 1);
	assert_string_equal(w->server.subject, "/unstructuredName=spoke1.example/CN=spoke1/O=Test");
	assert_int_equal(state_of(w).wait, FX_SCEP_IDLE);
	assert_string_equal(state_of(w).last, "");
}

static void a_certificate_is_asked_for_and_granted(void **state)
{
	static const struct {
		bool rsa_ca, ra, ec_key;
		const char *caps;
		bool post;
	} of[] = {{true, false, false, "AES\nSHA-256\nPOSTPKIOperation\n", true},
	        {true, true, false, "SCEPStandard", true}, {true, true, true, "SCEPStandard", true},
	        {false, false, true, "SCEPStandard\nSHA-512", true},
	        {false, true, false, "AES\nSHA-256", false}, {true, false, false, NULL, false},
	        {true, false, false, "DES3\nSHA-1", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		struct world w;

		open_world(&w, of[i].rsa_ca, of[i].ra,
		        of[i].ec_key ? "crypto pki trustpoint TP\n eckeypair K\n"
		                     : "crypto pki trustpoint TP\n rsakeypair K 1024\n");
		w.server.caps = of[i].caps;
		accept_ca(&w);
		assert_int_equal(X509_cmp(w.ca, w.server.root.x), 0);
		if (!enroll(&w, NULL))
			fail_msg("case %zu: %s", i, w.why);
		assert_int_equal(w.posted, of[i].post);
		assert_int_equal(w.server.type, 19);
		check_enrolled(&w);
		close_world(&w);
	}
}

static void the_url_is_as_ios_makes_it(void **state)
{
	static const struct {
		const char *line, *url;
	} of[] = {{"http://ca.example",
	                  "http://ca.example/cgi-bin/pkiclient.exe?operation=GetCACert&message=TP"},
	        {"http://ca.example:8080/", "http://ca.example:8080/cgi-bin/"
	                                    "pkiclient.exe?operation=GetCACert&message=TP"},
	        {"http://ca.example/scep", "http://ca.example/scep?operation=GetCACert&message=TP"},
	        {"http://ca.example/scep?x=1",
	                "http://ca.example/scep?x=1&operation=GetCACert&message=TP"}};
	struct world w;
	char text[200];

	(void)state;
	open_world(&w, false, false, "crypto pki trustpoint TP\n vrf red\n");
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		snprintf(text, sizeof(text), "crypto pki trustpoint TP\n enrollment url %s\n",
		        of[i].line);
		feed(&w, text);
		authenticate(&w);
		assert_string_equal(w.url, of[i].url);
		assert_string_not_equal(w.dev, "");
	}
	close_world(&w);
}

static void the_challenge_goes_along(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, false,
	        "crypto pki trustpoint TP\n password open sesame\n eckeypair K\n");
	w.server.challenge = "open sesame";
	accept_ca(&w);
	assert_true(enroll(&w, "wrong"));
	assert_string_equal(w.server.challenged, "wrong");
	assert_null(tp(&w)->own);
	assert_string_equal(state_of(&w).last, "the transaction is not permitted or supported");
	w.server.refuse = -1;
	assert_true(enroll(&w, NULL));
	check_enrolled(&w);
	close_world(&w);
}

static void what_is_put_off_is_asked_for_again(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, true,
	        "crypto pki trustpoint TP\n enrollment retry period 5\n eckeypair K\n");
	accept_ca(&w);
	w.server.pending = 2;
	assert_true(enroll(&w, NULL));
	assert_null(tp(&w)->own);
	assert_int_equal(state_of(&w).wait, FX_SCEP_PENDING);
	assert_int_equal(fx_scep_deadline(fx_pki_scep(w.pki)), w.now + 5 * MINUTE);
	char first[80];

	snprintf(first, sizeof(first), "%s", w.server.transaction);
	pass(&w, 5 * MINUTE - 1);
	assert_int_equal(w.server.type, 19);
	pass(&w, 1);
	assert_int_equal(w.server.type, 20);
	assert_string_equal(w.server.transaction, first);
	assert_null(tp(&w)->own);
	pass(&w, 5 * MINUTE);
	check_enrolled(&w);
	close_world(&w);
}

static void it_is_given_up_after_the_last_retry(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, false,
	        "crypto pki trustpoint TP\n enrollment retry count 3\n eckeypair K\n");
	accept_ca(&w);
	w.down = true;
	assert_true(enroll(&w, NULL));
	assert_int_equal(state_of(&w).wait, FX_SCEP_RETRY);
	assert_int_equal(state_of(&w).tries, 1);
	pass(&w, MINUTE);
	assert_int_equal(state_of(&w).wait, FX_SCEP_RETRY);
	pass(&w, MINUTE);
	assert_int_equal(state_of(&w).wait, FX_SCEP_IDLE);
	assert_string_equal(state_of(&w).last, "no route to host");
	unsigned asked = w.asked;

	pass(&w, 10 * HOUR);
	assert_int_equal(w.asked, asked);
	w.down = false;
	assert_true(enroll(&w, NULL));
	check_enrolled(&w);
	close_world(&w);
}

/* ---- by itself --------------------------------------------------------------------------------
 */

static void auto_enroll_begins_when_the_authority_is_accepted(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, false, "crypto pki trustpoint TP\n auto-enroll 80\n eckeypair K\n");
	run(&w);
	assert_int_equal(w.asked, 0);
	w.server.days = 100;
	accept_ca(&w);
	run(&w);
	assert_non_null(tp(&w)->own);
	assert_int_equal(state_of(&w).wait, FX_SCEP_RENEW);
	assert_true(state_of(&w).at > w.now + 23 * HOUR); /* looked at daily: clocks may be set */
	unsigned asked = w.asked;

	pass(&w, 24 * HOUR + 1000);
	assert_int_equal(w.asked, asked);
	close_world(&w);
}

/* The certificate in force signs the request for the next one. */
static void renewal(struct world *w, const char *more)
{
	struct strbuf lines = {0};
	struct ca_spec old = {.cn = "spoke1", .from_days = -81, .to_days = 19};
	X509 *x;

	open_world(w, false, false, "crypto pki trustpoint TP\n eckeypair K\n");
	accept_ca(w);
	assert_true(fx_keys_generate(
	        fx_pki_keys(w->pki), "K", FX_KEY_EC, 384, true, w->why, sizeof(w->why)));
	x = ca_issue(fx_keys_find(fx_pki_keys(w->pki), "K")->key, &old, &w->server.root,
	        w->server.root.key);
	fx_enroll_lines(w->cfg, "TP", FX_CERT_OWN, x, &lines);
	feed(w, sb_str(&lines));
	assert_non_null(tp(w)->key);
	sb_fini(&lines);
	feed(w, more);
	run(w);
	assert_true(X509_cmp(tp(w)->own, x) != 0);
	assert_non_null(tp(w)->key);
	assert_int_equal(w->server.type, 17);
	assert_true(w->server.renewal);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(tp(w)->own), X509_get0_pubkey(x)) == 1,
	        !tp(w)->cfg->regenerate);
	X509_free(x);
}

static void a_certificate_is_renewed_in_time(void **state)
{
	struct world w;

	(void)state;
	renewal(&w, "crypto pki trustpoint TP\n auto-enroll 80\n");
	assert_int_equal(w.cfg->certs.n, 2);
	close_world(&w);
}

static void with_a_new_key_if_it_is_to_be(void **state)
{
	struct world w;

	(void)state;
	renewal(&w, "crypto pki trustpoint TP\n auto-enroll 80 regenerate\n");
	assert_string_equal(tp(&w)->key->label, "K");
	assert_int_equal(EVP_PKEY_get_bits(tp(&w)->key->key), 384);
	assert_true(tp(&w)->key->exportable);
	assert_null(fx_keys_at(fx_pki_keys(w.pki), 1));
	close_world(&w);
}

/* The new key goes when nothing comes of it, and the old certificate stays in force. */
static void a_renewal_that_fails_changes_nothing(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, false, "crypto pki trustpoint TP\n eckeypair K\n");
	accept_ca(&w);
	assert_true(enroll(&w, NULL));
	check_enrolled(&w);
	feed(&w, "crypto pki trustpoint TP\n regenerate\n");
	w.server.refuse = 2;
	char *was = fx_cert_serial(tp(&w)->own);

	assert_true(enroll(&w, NULL));
	char *is = fx_cert_serial(tp(&w)->own);

	assert_string_equal(is, was);
	assert_non_null(tp(&w)->key);
	assert_null(fx_keys_at(fx_pki_keys(w.pki), 1));
	free(was);
	free(is);
	close_world(&w);
}

/* ---- what nobody should believe -------------------------------------------------------------- */

static void a_flawed_answer_brings_no_certificate(void **state)
{
	static const char *const why[SCEP_FLAWS] = {
	        [SCEP_FLAW_SIGNER] = "not signed by the authority",
	        [SCEP_FLAW_TRANSACTION] = "another question",
	        [SCEP_FLAW_NONCE] = "another question",
	        [SCEP_FLAW_KEY] = "no certificate for our key",
	        [SCEP_FLAW_ISSUER] = "has not issued it",
	        [SCEP_FLAW_TYPE] = "another question",
	        [SCEP_FLAW_STATUS] = "no status",
	        [SCEP_FLAW_CLEAR] = "no certificate for our key",
	        [SCEP_FLAW_CUT] = "cannot be read",
	        [SCEP_FLAW_GARBAGE] = "cannot be read",
	        [SCEP_FLAW_EMPTY] = "cannot be read"};
	struct world w;

	(void)state;
	open_world(&w, false, true, "crypto pki trustpoint TP\n eckeypair K\n");
	accept_ca(&w);
	for (int f = SCEP_FLAW_NONE + 1; f < SCEP_FLAWS; f++) {
		w.server.flaw = (enum scep_flaw)f;
		assert_true(enroll(&w, NULL));
		assert_null(tp(&w)->own);
		assert_non_null(strstr(state_of(&w).last, why[f]));
	}
	w.server.flaw = SCEP_FLAW_NONE;
	assert_true(enroll(&w, NULL));
	check_enrolled(&w);
	close_world(&w);
}

/* A man in the middle puts his own authority in place of the accepted one. */
static void another_authority_is_not_asked(void **state)
{
	struct ca_spec spec = {.cn = "Root", .ca = true};
	struct ca_made evil = ca_make(&spec, NULL), good;
	struct world w;

	(void)state;
	open_world(&w, false, false, "crypto pki trustpoint TP\n eckeypair K\n");
	accept_ca(&w);
	good = w.server.root;
	w.server.root = evil;
	assert_true(enroll(&w, NULL));
	assert_null(tp(&w)->own);
	assert_int_equal(w.server.type, 0); /* nothing was sent to it */
	assert_non_null(strstr(state_of(&w).last, "not among them"));
	w.server.root = good;
	ca_free(&evil);
	close_world(&w);
}

static void what_cannot_be_had_is_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, false, "crypto pki trustpoint TP\n eckeypair K\n");
	w.down = true;
	assert_false(authenticate(&w));
	assert_int_equal(w.told, 1);
	assert_string_equal(w.why, "no route to host");
	assert_false(enroll(&w, NULL));
	assert_non_null(strstr(w.why, "not authenticated"));
	w.down = false;
	assert_true(authenticate(&w));
	assert_int_equal(w.told, 2);
	close_world(&w);
}

/* Who asked has hung up, or the trustpoint has gone: nobody is called, nothing is left. */
static void an_exchange_may_be_forgotten(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false, false, "crypto pki trustpoint TP\n eckeypair K\n");
	assert_true(fx_scep_authenticate(
	        fx_pki_scep(w.pki), "TP", on_ca, &w, w.now, w.why, sizeof(w.why)));
	assert_false(fx_scep_authenticate(
	        fx_pki_scep(w.pki), "TP", on_ca, &w, w.now, w.why, sizeof(w.why)));
	fx_scep_forget(fx_pki_scep(w.pki), &w);
	assert_int_equal(w.cancelled, 1);
	run(&w);
	assert_int_equal(w.told, 0);
	assert_true(fx_scep_authenticate(
	        fx_pki_scep(w.pki), "TP", on_ca, &w, w.now, w.why, sizeof(w.why)));
	feed(&w, "no crypto pki trustpoint TP\n");
	run(&w);
	assert_int_equal(w.told, 1);
	assert_non_null(strstr(w.why, "gone"));
	close_world(&w);
}

static void capabilities_are_read_from_any_text(void **state)
{
	(void)state;
	assert_int_equal(
	        scep_caps(span_of("AES\r\nfoo\r\nsha-256", 17)), SCEP_CAP_AES | SCEP_CAP_SHA256);
	assert_int_equal(scep_caps(span_of("AESX\nXAES POST", 14)), 0);
	assert_int_equal(scep_caps(span_of("\0\xff\n\n\nRenewal\n", 13)), SCEP_CAP_RENEWAL);
	assert_int_equal(scep_caps(span_of("", 0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_certificate_is_asked_for_and_granted),
	        cmocka_unit_test(the_url_is_as_ios_makes_it),
	        cmocka_unit_test(the_challenge_goes_along),
	        cmocka_unit_test(what_is_put_off_is_asked_for_again),
	        cmocka_unit_test(it_is_given_up_after_the_last_retry),
	        cmocka_unit_test(auto_enroll_begins_when_the_authority_is_accepted),
	        cmocka_unit_test(a_certificate_is_renewed_in_time),
	        cmocka_unit_test(with_a_new_key_if_it_is_to_be),
	        cmocka_unit_test(a_renewal_that_fails_changes_nothing),
	        cmocka_unit_test(a_flawed_answer_brings_no_certificate),
	        cmocka_unit_test(another_authority_is_not_asked),
	        cmocka_unit_test(what_cannot_be_had_is_told),
	        cmocka_unit_test(an_exchange_may_be_forgotten),
	        cmocka_unit_test(capabilities_are_read_from_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
