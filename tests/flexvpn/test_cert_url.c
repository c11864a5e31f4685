/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates by hash and URL: fetched once, believed only with the right hash, given up when they
 * are too many or the URL is none to follow. A fake fetcher brings what the test gives it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/sha.h>

#include "base/mem.h"
#include "flexvpn/cert_url.h"
#include "tests/flexvpn/lib_place.h"

struct world {
	struct fetch_io io;
	unsigned asked, cancelled;
	uint32_t id;
	size_t max;
	char url[300], dev[40];
	struct fetch_answer answer;
	bool arrived;
};

static void io_ask(void *ctx, uint32_t id, const struct fetch_want *f)
{
	struct world *w = ctx;

	w->asked++;
	w->id = id;
	w->max = f->max;
	snprintf(w->url, sizeof(w->url), "%s", f->url);
	snprintf(w->dev, sizeof(w->dev), "%s", f->dev ? f->dev : "");
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

static struct fetch_io fetcher(struct world *w)
{
	return (struct fetch_io){w, io_ask, io_cancel, io_poll};
}

static void bring(struct world *w, const void *p, size_t n)
{
	w->answer = (struct fetch_answer){.id = w->id, .ok = true, .body = xmemdup(p, n), .n = n};
	w->arrived = true;
}

static struct ike_certs named(const uint8_t *hash, const char *url)
{
	return (struct ike_certs){
	        .n = 1, .hash = {hash}, .url = {span_of((const uint8_t *)url, strlen(url))}};
}

static void what_has_the_hash_is_taken_once(void **state)
{
	static const char cert[] = "a certificate";
	uint8_t hash[SHA_DIGEST_LENGTH];
	struct world w = {0};
	struct fetch_io io = fetcher(&w);
	struct fx_cert_urls *u = fx_cert_urls_new(&io);
	struct ike_certs c;

	(void)state;
	SHA1((const uint8_t *)cert, sizeof(cert), hash);
	c = named(hash, "http://h/c.der");
	assert_false(fx_cert_urls_get(u, &c, "vrf7", 0));
	assert_false(fx_cert_urls_get(u, &c, "vrf7", 0));
	assert_int_equal(w.asked, 1);
	assert_string_equal(w.url, "http://h/c.der");
	assert_string_equal(w.dev, "vrf7");
	assert_true(w.max <= 16384);
	bring(&w, cert, sizeof(cert));
	assert_true(fx_cert_urls_poll(u, 0));
	assert_true(fx_cert_urls_get(u, &c, NULL, 0));
	assert_int_equal(c.der[0].n, sizeof(cert));
	assert_memory_equal(c.der[0].p, cert, sizeof(cert));
	c = named(hash, "http://elsewhere/c.der"); /* the same octets, wherever they lie */
	assert_true(fx_cert_urls_get(u, &c, NULL, 1000));
	assert_int_equal(w.asked, 1);
	c = named(hash, "http://h/c.der");
	assert_false(fx_cert_urls_get(u, &c, NULL, 2 * 3600 * 1000));
	assert_int_equal(w.asked, 2);
	fx_cert_urls_free(u);
	assert_int_equal(w.cancelled, 1);
}

static void another_hash_is_no_certificate(void **state)
{
	uint8_t hash[SHA_DIGEST_LENGTH] = {1};
	struct world w = {0};
	struct fetch_io io = fetcher(&w);
	struct fx_cert_urls *u = fx_cert_urls_new(&io);
	struct ike_certs c = named(hash, "http://h/c.der");

	(void)state;
	assert_false(fx_cert_urls_get(u, &c, NULL, 0));
	bring(&w, "something else", 14);
	assert_true(fx_cert_urls_poll(u, 0));
	assert_true(fx_cert_urls_get(u, &c, NULL, 0));
	assert_int_equal(c.der[0].n, 0);
	assert_non_null(strstr(fx_cert_urls_why(u, hash), "another hash"));
	assert_true(fx_cert_urls_get(u, &c, NULL, 59000)); /* not asked again for a while */
	assert_int_equal(w.asked, 1);
	assert_false(fx_cert_urls_get(u, &c, NULL, 61000));
	w.answer = (struct fetch_answer){.id = w.id, .why = "no route to host"};
	w.arrived = true;
	assert_true(fx_cert_urls_poll(u, 61000));
	assert_string_equal(fx_cert_urls_why(u, hash), "no route to host");
	fx_cert_urls_free(u);
}

static void not_every_url_is_followed(void **state)
{
	static const char *const bad[] = {"https://h/c", "file:///etc/passwd", "ftp://h/c",
	        "http:/", "http://h/\r\nHost: x", "http://h/ c", "gopher://h", ""};
	struct world w = {0};
	struct fetch_io io = fetcher(&w);
	struct fx_cert_urls *u = fx_cert_urls_new(&io);
	char longer[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t hash[SHA_DIGEST_LENGTH] = {(uint8_t)i};
		struct ike_certs c = named(hash, bad[i]);

		assert_true(fx_cert_urls_get(u, &c, NULL, 0));
		assert_non_null(strstr(fx_cert_urls_why(u, hash), "not one that is followed"));
	}
	uint8_t hash[SHA_DIGEST_LENGTH] = {0xff};

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(longer, "http://h/", 9);
	struct ike_certs c = named(hash, longer);

	assert_true(fx_cert_urls_get(u, &c, NULL, 0));
	assert_int_equal(w.asked, 0);
	fx_cert_urls_free(u);
}

/* However many hashes peers think of: few fetches are under way, and few answers are kept. */
static void many_hashes_do_not_make_many_fetches(void **state)
{
	struct world w = {0};
	struct fetch_io io = fetcher(&w);
	struct fx_cert_urls *u = fx_cert_urls_new(&io);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t hash[SHA_DIGEST_LENGTH] = {(uint8_t)i, (uint8_t)(i >> 8)};
		struct ike_certs c = named(hash, "http://h/c.der");

		fx_cert_urls_get(u, &c, NULL, i);
	}
	assert_in_range(w.asked, 1, 8);
	fx_cert_urls_free(u);
	assert_int_equal(w.cancelled, w.asked);
}

/* ---- and as a peer's certificate ------------------------------------------------------------- */

static void a_named_certificate_is_believed_like_any_other(void **state)
{
	struct ike_id id = ike_id_text(ID_FQDN, "hub.example");
	struct ca_spec s = {.cn = "hub.example"};
	uint8_t *der = NULL, hash[SHA_DIGEST_LENGTH];
	struct ike_spki key = {.n = 0};
	struct world w = {0};
	struct fetch_io io = fetcher(&w);
	struct ca_made m;
	struct place p;
	char why[200];

	(void)state;
	place_open(&p, NULL);
	fx_pki_free(p.pki);
	p.pki = fx_pki_new(NULL, &io);
	fx_pki_configure(p.pki, p.cfg);
	m = ca_make(&s, &p.root);
	size_t n = (size_t)i2d_X509(m.x, &der);

	SHA1(der, n, hash);
	struct ike_certs c = named(hash, "http://h/hub.der");
	const struct fx_profile *pr = &p.cfg->profiles.v[0];

	assert_false(fx_pki_ready(p.pki, pr, &c, 0));
	bring(&w, der, n);
	assert_true(fx_pki_poll(p.pki, 0));
	assert_true(fx_pki_ready(p.pki, pr, &c, 0));
	assert_true(fx_pki_trust(p.pki, pr, &id, &c, 0, &key, why, sizeof(why)));
	hash[0] ^= 1;
	assert_false(fx_pki_ready(p.pki, pr, &c, 0));
	bring(&w, der, n);
	assert_true(fx_pki_poll(p.pki, 0));
	assert_true(fx_pki_ready(p.pki, pr, &c, 0));
	assert_false(fx_pki_trust(p.pki, pr, &id, &c, 0, &key, why, sizeof(why)));
	assert_non_null(strstr(why, "another hash"));
	OPENSSL_free(der);
	ca_free(&m);
	place_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_has_the_hash_is_taken_once),
	        cmocka_unit_test(another_hash_is_no_certificate),
	        cmocka_unit_test(not_every_url_is_followed),
	        cmocka_unit_test(many_hashes_do_not_make_many_fetches),
	        cmocka_unit_test(a_named_certificate_is_believed_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
