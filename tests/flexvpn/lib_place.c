/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration with a trustpoint: see lib_place.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>

#include "tests/flexvpn/lib_place.h"

void place_feed(struct place *p, const char *text)
{
	assert_int_equal(cfg_load_text(p->ed, text, NULL, NULL), 0);
}

void place_settle(struct place *p)
{
	struct fx_config *old = p->cfg;

	p->cfg = fx_config_build(cfg_editor_candidate(p->ed));
	fx_pki_configure(p->pki, p->cfg);
	fx_config_free(old);
}

void place_open(struct place *p, const char *dir)
{
	struct cfg *empty = cfg_new();
	struct strbuf lines = {0};
	struct ca_spec root = {.cn = "Root", .ca = true, .usage = "critical,keyCertSign,cRLSign"};

	*p = (struct place){
	        .ed = cfg_editor_new(empty), .pki = fx_pki_new(dir, &(struct fetch_io){0})};
	cfg_unref(empty);
	p->root = ca_make(&root, NULL);
	place_feed(p, "crypto pki trustpoint TP\n enrollment terminal\n revocation-check none\n"
	              "crypto ikev2 profile P\n match identity remote any\n authentication local "
	              "rsa-sig\n"
	              " authentication remote ecdsa-sig\n pki trustpoint TP\n");
	fx_cert_lines("TP", "ca ", p->root.x, &lines);
	place_feed(p, sb_str(&lines));
	sb_fini(&lines);
	place_settle(p);
}

void place_close(struct place *p)
{
	fx_config_free(p->cfg);
	fx_pki_free(p->pki);
	cfg_editor_free(p->ed);
	ca_free(&p->root);
}

X509 *place_sign(const struct place *p, const char *text)
{
	BIO *mem = BIO_new_mem_buf(text, -1);
	X509_REQ *r = PEM_read_bio_X509_REQ(mem, NULL, NULL, NULL);
	EVP_PKEY *pub = r ? X509_REQ_get_pubkey(r) : NULL;
	struct ca_spec s = {.cn = "spoke"};
	X509 *x;

	assert_non_null(pub);
	assert_int_equal(X509_REQ_verify(r, pub), 1);
	x = ca_issue(pub, &s, &p->root, p->root.key);
	X509_set_subject_name(x, X509_REQ_get_subject_name(r));
	assert_true(X509_sign(x, p->root.key, EVP_sha256()) > 0);
	EVP_PKEY_free(pub);
	X509_REQ_free(r);
	BIO_free(mem);
	return x;
}
