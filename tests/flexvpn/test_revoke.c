/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Revocation lists and answers about one certificate: what is fetched, for how long it is believed,
 * and what is made of those that are forged, old, foreign or not there. The authorities are made
 * here; a fake fetcher brings what the test gives it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ocsp.h>

#include "base/mem.h"
#include "flexvpn/revoke.h"
#include "tests/flexvpn/lib_ca.h"

#define CRL_URL  "http://ca.example/a.crl"
#define OCSP_URL "http://ca.example/ocsp"

struct world {
	struct fetch_io io;
	struct fx_revoke *r;
	struct fx_trustpoint t;
	struct ca_made root, hub;
	/* the fetcher: what was asked last, and what it brings */
	uint32_t id, asked, cancelled;
	char url[200], type[60], dev[40];
	uint8_t post[512];
	size_t n_post;
	struct fetch_answer answer;
	bool arrived;
	char why[200];
};

static void io_ask(void *ctx, uint32_t id, const struct fetch_want *f)
{
	struct world *w = ctx;

	w->asked++;
	w->id = id;
	snprintf(w->url, sizeof(w->url), "%s", f->url);
	snprintf(w->type, sizeof(w->type), "%s", f->type ? f->type : "");
	snprintf(w->dev, sizeof(w->dev), "%s", f->dev ? f->dev : "");
	assert_true(f->post.n <= sizeof(w->post));
	memcpy(w->post, f->post.n ? f->post.p : (const uint8_t *)"", w->n_post = f->post.n);
}

static void io_cancel(void *ctx, uint32_t id)
{
	(void)id;
	((struct world *)ctx)->cancelled++;
}

static bool io_poll(void *ctx, struct fetch_answer *out)
{
	struct world *w = ctx;
	bool any = w->arrived;

	*out = w->answer;
	w->arrived = false;
	return any;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct ca_spec root = {.cn = "Root", .ca = true, .usage = "critical,keyCertSign,cRLSign"};
	struct ca_spec hub = {.cn = "hub", .crl = CRL_URL, .ocsp = OCSP_URL};

	w->io = (struct fetch_io){w, io_ask, io_cancel, io_poll};
	w->r = fx_revoke_new(&w->io);
	w->t = (struct fx_trustpoint){.name = "TP", .n_revocation = 1};
	w->root = ca_make(&root, NULL);
	w->hub = ca_make(&hub, &w->root);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fx_revoke_free(w->r);
	ca_free(&w->hub);
	ca_free(&w->root);
	free(w);
	return 0;
}

static void methods(struct world *w, enum fx_revocation a, enum fx_revocation b)
{
	w->t.revocation[0] = a;
	w->t.revocation[1] = b;
	w->t.n_revocation = 2;
}

static enum fx_revoked check(struct world *w, uint64_t now)
{
	return fx_revoke_check(w->r, &w->t, w->hub.x, w->root.x, now, w->why, sizeof(w->why));
}

static void bring(struct world *w, const void *p, size_t n, uint64_t now)
{
	w->answer = (struct fetch_answer){.id = w->id, .ok = true, .body = xmemdup(p, n), .n = n};
	w->arrived = true;
	assert_true(fx_revoke_poll(w->r, now));
}

static void bring_list(
        struct world *w, const struct ca_made *by, X509 *revoked, int from, int to, uint64_t now)
{
	size_t n;
	uint8_t *der = ca_crl(by, &revoked, revoked ? 1 : 0, from, to, &n);

	bring(w, der, n, now);
	OPENSSL_free(der);
}

static void no_answer(struct world *w, uint64_t now)
{
	w->answer = (struct fetch_answer){.id = w->id, .why = "no route to host"};
	w->arrived = true;
	assert_true(fx_revoke_poll(w->r, now));
}

/* ---- lists
 * ---------------------------------------------------------------------------------------------- */

static void a_list_is_fetched_once_and_says_no(void **state)
{
	struct world *w = *state;
	const char *url;

	assert_int_equal(check(w, 0), FX_REVOKED_WAIT);
	assert_int_equal(check(w, 0), FX_REVOKED_WAIT);
	assert_int_equal(w->asked, 1);
	assert_string_equal(w->url, CRL_URL);
	assert_string_equal(w->type, "");
	bring_list(w, &w->root, NULL, -1, 7, 0);
	assert_int_equal(check(w, 10), FX_REVOKED_NO);
	assert_int_equal(check(w, 86400000), FX_REVOKED_NO);
	assert_int_equal(w->asked, 1);
	assert_non_null(fx_revoke_crl(w->r, 0, &url));
	assert_string_equal(url, CRL_URL);
	assert_null(fx_revoke_crl(w->r, 1, &url));
}

static void who_is_on_the_list_is_revoked(void **state)
{
	struct world *w = *state;

	methods(w, FX_REVOKE_CRL, FX_REVOKE_NONE); /* what is known is not passed over */
	check(w, 0);
	bring_list(w, &w->root, w->hub.x, -1, 7, 0);
	assert_int_equal(check(w, 0), FX_REVOKED_YES);
}

static void a_list_is_fetched_anew_when_its_time_is_over(void **state)
{
	struct world *w = *state;

	check(w, 0);
	bring_list(w, &w->root, NULL, -1, 7, 0);
	assert_int_equal(check(w, 6 * 86400000ull), FX_REVOKED_NO);
	assert_int_equal(check(w, 8 * 86400000ull), FX_REVOKED_WAIT);
	assert_int_equal(w->asked, 2);
}

static void a_list_that_is_no_good_tells_nothing(void **state)
{
	struct ca_spec other = {.cn = "Root", .ca = true, .usage = "critical,keyCertSign,cRLSign"};
	struct world *w = *state;
	struct ca_made forger = ca_make(&other, NULL);

	check(w, 0);
	bring_list(w, &forger, NULL, -1, 7, 0);
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
	fx_revoke_forget(w->r);
	assert_int_equal(check(w, 0), FX_REVOKED_WAIT);
	bring_list(w, &w->root, NULL, -9, -1, 0);
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
	assert_non_null(strstr(w->why, "expired"));
	fx_revoke_forget(w->r);
	check(w, 0);
	bring(w, "<html>not found</html>", 22, 0);
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
	assert_non_null(strstr(w->why, "not a revocation list"));
	ca_free(&forger);
}

static void the_next_method_is_used_when_one_cannot_tell(void **state)
{
	struct world *w = *state;

	assert_int_equal(check(w, 0), FX_REVOKED_WAIT);
	no_answer(w, 0);
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
	assert_non_null(strstr(w->why, "no route to host"));
	methods(w, FX_REVOKE_CRL, FX_REVOKE_NONE);
	assert_int_equal(check(w, 0), FX_REVOKED_NO);
	methods(w, FX_REVOKE_CRL, FX_REVOKE_OCSP);
	assert_int_equal(check(w, 0), FX_REVOKED_WAIT);
	assert_string_equal(w->url, OCSP_URL);
	assert_int_equal(w->asked, 2);
}

static void what_failed_is_asked_for_again_after_a_while(void **state)
{
	struct world *w = *state;

	check(w, 0);
	no_answer(w, 0);
	assert_int_equal(check(w, 29999), FX_REVOKED_UNKNOWN);
	assert_int_equal(check(w, 30000), FX_REVOKED_WAIT);
	assert_int_equal(w->asked, 2);
}

static void a_certificate_without_a_list_cannot_be_judged(void **state)
{
	static const char *const url[] = {NULL, "ldap://ca.example/cn=crl", "file:///etc/passwd"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(url); i++) {
		struct ca_spec s = {.cn = "x", .crl = url[i]};
		struct ca_made m = ca_make(&s, &w->root);

		assert_int_equal(
		        fx_revoke_check(w->r, &w->t, m.x, w->root.x, 0, w->why, sizeof(w->why)),
		        FX_REVOKED_UNKNOWN);
		ca_free(&m);
	}
	assert_int_equal(w->asked, 0);
}

static void an_authority_in_a_vrf_is_asked_through_its_device(void **state)
{
	struct world *w = *state;

	check(w, 0);
	assert_string_equal(w->dev, "");
	no_answer(w, 0);
	fx_revoke_forget(w->r);
	w->t.vrf = "red";
	check(w, 0);
	assert_string_equal(w->dev, "vrf-red");
	no_answer(w, 0);
	methods(w, FX_REVOKE_OCSP, FX_REVOKE_CRL);
	check(w, 0);
	assert_string_equal(w->dev, "vrf-red");
}

static void nothing_is_left_waiting(void **state)
{
	struct world *w = *state;

	check(w, 0);
	fx_revoke_free(w->r);
	assert_int_equal(w->cancelled, 1);
	w->r = fx_revoke_new(&(struct fetch_io){0});
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
}

/* ---- answers
 * -------------------------------------------------------------------------------------------- */

struct reply {
	int status; /* V_OCSP_CERTSTATUS_… */
	int from_s, to_s;
	const struct ca_made *signer, *about; /* NULL: the authority, the hub */
	bool nonce_of_another;
	X509 *with; /* the signer's certificate goes along */
};

static void bring_reply(struct world *w, const struct reply *a, uint64_t now)
{
	const struct ca_made *signer = a->signer ? a->signer : &w->root,
	                     *about = a->about ? a->about : &w->hub;
	const uint8_t *at = w->post;
	OCSP_REQUEST *req = d2i_OCSP_REQUEST(NULL, &at, (long)w->n_post);
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), about->x, w->root.x);
	ASN1_TIME *from = X509_gmtime_adj(NULL, a->from_s), *to = X509_gmtime_adj(NULL, a->to_s),
	          *then = NULL;
	STACK_OF(X509) *with = sk_X509_new_null();
	uint8_t *der = NULL;

	assert_non_null(req);
	if (a->status == V_OCSP_CERTSTATUS_REVOKED)
		then = X509_gmtime_adj(NULL, -1000);
	assert_non_null(OCSP_basic_add1_status(
	        b, id, a->status, OCSP_REVOKED_STATUS_NOSTATUS, then, from, to));
	if (a->nonce_of_another)
		OCSP_basic_add1_nonce(b, NULL, -1);
	else
		OCSP_copy_nonce(b, req);
	if (a->with)
		sk_X509_push(with, a->with);
	assert_int_equal(OCSP_basic_sign(b, signer->x, signer->key, EVP_sha256(), with,
	                         a->with ? 0 : OCSP_NOCERTS),
	        1);
	OCSP_RESPONSE *r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	int n = i2d_OCSP_RESPONSE(r, &der);

	bring(w, der, (size_t)n, now);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_REQUEST_free(req);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(then);
	sk_X509_free(with);
}

static enum fx_revoked reply(struct world *w, struct reply a)
{
	fx_revoke_forget(w->r);
	w->t.revocation[0] = FX_REVOKE_OCSP;
	assert_int_equal(check(w, 0), FX_REVOKED_WAIT);
	if (!a.to_s)
		a.from_s = -10, a.to_s = 3600;
	bring_reply(w, &a, 0);
	return check(w, 0);
}

static void the_responder_is_asked(void **state)
{
	struct world *w = *state;

	assert_int_equal(reply(w, (struct reply){.status = V_OCSP_CERTSTATUS_GOOD}), FX_REVOKED_NO);
	assert_string_equal(w->url, OCSP_URL);
	assert_string_equal(w->type, "application/ocsp-request");
	assert_int_equal(
	        reply(w, (struct reply){.status = V_OCSP_CERTSTATUS_REVOKED}), FX_REVOKED_YES);
	assert_int_equal(
	        reply(w, (struct reply){.status = V_OCSP_CERTSTATUS_UNKNOWN}), FX_REVOKED_UNKNOWN);
	w->t.ocsp_url = "http://other.example/";
	assert_int_equal(reply(w, (struct reply){.status = V_OCSP_CERTSTATUS_GOOD}), FX_REVOKED_NO);
	assert_string_equal(w->url, "http://other.example/");
}

static void an_answer_that_is_no_good_tells_nothing(void **state)
{
	struct world *w = *state;
	struct ca_spec spec = {.cn = "Root", .ca = true};
	struct ca_made forger = ca_make(&spec, NULL), other = ca_make(&spec, &w->root);
	struct reply good = {.status = V_OCSP_CERTSTATUS_GOOD};

	struct reply a = good;
	a.signer = &forger;
	assert_int_equal(reply(w, a), FX_REVOKED_UNKNOWN);
	a = good;
	a.signer = &forger;
	a.with = forger.x;
	assert_int_equal(reply(w, a), FX_REVOKED_UNKNOWN);
	a = good;
	a.about = &other;
	assert_int_equal(reply(w, a), FX_REVOKED_UNKNOWN);
	a = good;
	a.nonce_of_another = true;
	assert_int_equal(reply(w, a), FX_REVOKED_UNKNOWN);
	assert_non_null(strstr(w->why, "another question"));
	a = good;
	a.from_s = -7200;
	a.to_s = -3600;
	assert_int_equal(reply(w, a), FX_REVOKED_UNKNOWN);
	assert_non_null(strstr(w->why, "out of date"));
	ca_free(&forger);
	ca_free(&other);
}

static void the_authority_may_appoint_a_responder(void **state)
{
	struct world *w = *state;
	struct ca_spec may = {.cn = "OCSP", .extended = "OCSPSigning"}, not = {.cn = "OCSP"};
	struct ca_made yes = ca_make(&may, &w->root), no = ca_make(&not, &w->root);

	assert_int_equal(reply(w, (struct reply){.status = V_OCSP_CERTSTATUS_GOOD,
	                                  .signer = &yes,
	                                  .with = yes.x}),
	        FX_REVOKED_NO);
	assert_int_equal(reply(w, (struct reply){.status = V_OCSP_CERTSTATUS_GOOD,
	                                  .signer = &no,
	                                  .with = no.x}),
	        FX_REVOKED_UNKNOWN);
	ca_free(&yes);
	ca_free(&no);
}

static void what_is_no_answer_tells_nothing(void **state)
{
	struct world *w = *state;
	static const uint8_t try_later[] = {
	        0x30, 0x03, 0x0a, 0x01, 0x03}; /* RFC 6960 §4.2.1: tryLater */

	w->t.revocation[0] = FX_REVOKE_OCSP;
	check(w, 0);
	bring(w, "what?", 5, 0);
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
	fx_revoke_forget(w->r);
	check(w, 0);
	bring(w, try_later, sizeof(try_later), 0);
	assert_int_equal(check(w, 0), FX_REVOKED_UNKNOWN);
	assert_non_null(strstr(w->why, "trylater"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(a_list_is_fetched_once_and_says_no),
	        T(who_is_on_the_list_is_revoked),
	        T(a_list_is_fetched_anew_when_its_time_is_over),
	        T(a_list_that_is_no_good_tells_nothing),
	        T(the_next_method_is_used_when_one_cannot_tell),
	        T(what_failed_is_asked_for_again_after_a_while),
	        T(a_certificate_without_a_list_cannot_be_judged),
	        T(an_authority_in_a_vrf_is_asked_through_its_device),
	        T(nothing_is_left_waiting),
	        T(the_responder_is_asked),
	        T(an_answer_that_is_no_good_tells_nothing),
	        T(the_authority_may_appoint_a_responder),
	        T(what_is_no_answer_tells_nothing),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
