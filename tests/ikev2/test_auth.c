/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication by signatures between two engines: every kind of key, different methods each way,
 * and what each side does when the other one does not convince it. A certificate is here whatever
 * the two sides agree to take for one: its octets are the public key, and `trust` says whether they
 * like it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ikev2/sig.h"
#include "lib_pair.h"

/* One side's key, and how it behaves. */
struct signer {
	EVP_PKEY *key;
	uint8_t der[IKE_SPKI_MAX];
	size_t n;
	size_t padding; /* octets of another certificate, to make the message long */
	bool distrust;  /* takes no certificate */
	bool lies;      /* signs other octets */
	unsigned asked; /* how often `trust` was called */
	size_t wanted;  /* octets of authorities that the peer named */
};

static struct signer signers[2];
static const uint8_t filler[6000] = {0x30};

static struct signer *of(void *ctx)
{
	return &signers[((struct pair_side *)ctx)->n];
}

static bool own_certs(void *ctx, uint64_t owner, struct span wanted, struct ike_certs *out,
        enum ike_key_type *key, unsigned *bits)
{
	struct signer *s = of(ctx);

	(void)owner;
	s->wanted = wanted.n;
	if (!s->key)
		return false;
	out->n = 1;
	out->der[0] = span_of(s->der, s->n);
	if (s->padding)
		out->der[out->n++] = span_of(filler, s->padding);
	*key = ike_sig_key_type(s->key, bits);
	return true;
}

static bool sign(void *ctx, uint64_t owner, const struct ike_sig_scheme *scheme, struct span octets,
        struct secret *out)
{
	struct signer *s = of(ctx);

	(void)owner;
	if (s->lies)
		octets.n--;
	return ike_sig_sign(s->key, scheme, octets, out);
}

static size_t authorities(void *ctx, uint64_t owner, uint8_t *dst, size_t max)
{
	(void)ctx;
	(void)owner;
	assert_true(max >= 2 * IKE_KEY_ID_LEN);
	memset(dst, 0xca, 2 * IKE_KEY_ID_LEN);
	return 2 * IKE_KEY_ID_LEN;
}

static bool trust(void *ctx, uint64_t owner, const struct ike_id *id, const struct ike_certs *certs,
        struct ike_spki *key, char *why, size_t n)
{
	struct signer *s = of(ctx);

	(void)owner;
	assert_int_not_equal(id->type, ID_NONE);
	s->asked++;
	snprintf(why, n, "%s", certs->n ? "it is not liked" : "the peer sent none");
	if (s->distrust || !certs->n)
		return false;
	assert_true(certs->der[0].n <= sizeof(key->der));
	memcpy(key->der, certs->der[0].p, certs->der[0].n);
	key->n = certs->der[0].n;
	return true;
}

/* ---- pairs ---------------------------------------------------------------------------- */

static void give_key(int side, const char *kind)
{
	struct signer *s = &signers[side];
	uint8_t *at = s->der;

	s->key = strcmp(kind, "rsa") == 0 ? EVP_RSA_gen(2048)
	         : kind[0] == 'P'         ? EVP_EC_gen(kind)
	                                  : EVP_PKEY_Q_keygen(NULL, NULL, kind);
	assert_non_null(s->key);
	s->n = (size_t)i2d_PUBKEY(s->key, &at);
}

static void method(struct pair *p, int side, enum ike_auth local, unsigned remote)
{
	struct ike_peering *g = &p->s[side].peering;

	g->local_auth = local;
	g->remote_auths = remote;
}

static struct pair *pair_with_keys(const char *a, const char *b)
{
	struct pair *p = pair_new();

	memset(signers, 0, sizeof(signers));
	if (a)
		give_key(A, a);
	if (b)
		give_key(B, b);
	for (int i = 0; i < 2; i++) {
		struct ike_ops *o = &p->s[i].ike->ops;

		o->own_certs = own_certs;
		o->sign = sign;
		o->authorities = authorities;
		o->trust = trust;
	}
	return p;
}

static void end(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		EVP_PKEY_free(signers[i].key);
	pair_free(p);
}

enum { SIGNED = 1u << IKE_AUTH_RSA | 1u << IKE_AUTH_ECDSA };

static void reported(struct pair *p, int side, enum ike_auth local, enum ike_auth remote)
{
	struct ike_sa_info info;

	assert_true(ike_sa_info(p->s[side].ike, pair_handle(p, side), &info));
	assert_int_equal(info.local_auth, local);
	assert_int_equal(info.remote_auth, remote);
}

static void refused(struct pair *p, enum ike_reason why)
{
	pair_connect(p);
	pair_run(p, 2 * MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_DOWN], 1);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, why);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 0);
	assert_int_equal(p->s[A].n_child, 0);
	assert_int_equal(p->s[B].n_child, 0);
}

/* ---- it works ---------------------------------------------------------------------------- */

static void every_kind_of_key_authenticates_both_ways(void **state)
{
	static const char *const kind[] = {"rsa", "P-256", "P-384", "P-521", "ED25519", "ED448"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kind); i++) {
		enum ike_auth a = i ? IKE_AUTH_ECDSA : IKE_AUTH_RSA;
		struct pair *p = pair_with_keys(kind[i], kind[i]);

		method(p, A, a, SIGNED);
		method(p, B, a, SIGNED);
		pair_up(p);
		reported(p, A, a, a);
		reported(p, B, a, a);
		pair_agree(p);
		assert_int_equal(signers[A].asked, 1);
		assert_int_equal(signers[B].asked, 1);
		assert_int_equal(
		        signers[A].wanted, 2 * IKE_KEY_ID_LEN); /* CERTREQ of IKE_SA_INIT */
		assert_int_equal(signers[B].wanted, 2 * IKE_KEY_ID_LEN); /* CERTREQ of IKE_AUTH */
		end(p);
	}
}

static void methods_differ_each_way(void **state)
{
	struct pair *p = pair_with_keys("rsa", "P-384");

	(void)state;
	method(p, A, IKE_AUTH_RSA, 1u << IKE_AUTH_ECDSA);
	method(p, B, IKE_AUTH_ECDSA, 1u << IKE_AUTH_RSA | 1u << IKE_AUTH_PSK);
	pair_up(p);
	reported(p, A, IKE_AUTH_RSA, IKE_AUTH_ECDSA);
	end(p);
	p = pair_with_keys(NULL, "rsa");
	method(p, A, IKE_AUTH_PSK, SIGNED);
	method(p, B, IKE_AUTH_RSA, 1u << IKE_AUTH_PSK);
	pair_up(p);
	reported(p, A, IKE_AUTH_PSK, IKE_AUTH_RSA);
	reported(p, B, IKE_AUTH_RSA, IKE_AUTH_PSK);
	end(p);
}

static bool lose_a_sixth(struct pair *p, int from, struct dgram *d)
{
	(void)from;
	(void)d;
	p->calls = p->calls * 1103515245u + 12345u;
	return (p->calls >> 16) % 6 != 0;
}

static void long_chains_go_in_fragments_that_get_lost(void **state)
{
	struct pair *p = pair_with_keys("rsa", "rsa");

	(void)state;
	method(p, A, IKE_AUTH_RSA, SIGNED);
	method(p, B, IKE_AUTH_RSA, SIGNED);
	signers[A].padding = signers[B].padding = sizeof(filler);
	p->filter = lose_a_sixth;
	pair_connect(p);
	pair_run(p, MINUTE);
	p->filter = NULL;
	pair_run(p, MINUTE);
	assert_int_equal(p->s[A].count[IKE_EV_ESTABLISHED], 1);
	assert_true(p->dropped > 0);
	assert_true(p->largest < 600);
	pair_agree(p);
	end(p);
}

/* ---- it does not ---------------------------------------------------------------------------- */

static void a_certificate_that_is_not_trusted_ends_it(void **state)
{
	struct pair *p = pair_with_keys("rsa", "rsa");

	(void)state;
	method(p, A, IKE_AUTH_RSA, SIGNED);
	method(p, B, IKE_AUTH_RSA, SIGNED);
	signers[A].distrust = true;
	refused(p, IKE_R_CERT);
	end(p);
	p = pair_with_keys("rsa", "rsa");
	method(p, A, IKE_AUTH_RSA, SIGNED);
	method(p, B, IKE_AUTH_RSA, SIGNED);
	signers[B].distrust = true;
	refused(p, IKE_R_AUTH_FAILED); /* the responder says no more than that */
	assert_int_equal(p->s[B].count[IKE_EV_ESTABLISHED], 0);
	end(p);
}

static void a_signature_of_something_else_ends_it(void **state)
{
	(void)state;
	for (int liar = A; liar <= B; liar++) {
		struct pair *p = pair_with_keys("P-256", "P-256");

		method(p, A, IKE_AUTH_ECDSA, SIGNED);
		method(p, B, IKE_AUTH_ECDSA, SIGNED);
		signers[liar].lies = true;
		refused(p, liar == A ? IKE_R_AUTH_FAILED : IKE_R_PEER_AUTH_FAILED);
		end(p);
	}
}

/* A good certificate of a kind that the profile does not name; a key where a certificate is wanted.
 */
static void only_the_methods_of_the_profile_count(void **state)
{
	struct pair *p = pair_with_keys("rsa", "P-256");

	(void)state;
	method(p, A, IKE_AUTH_RSA, 1u << IKE_AUTH_RSA);
	method(p, B, IKE_AUTH_ECDSA, SIGNED);
	refused(p, IKE_R_PEER_AUTH_FAILED);
	end(p);
	p = pair_with_keys("rsa", NULL);
	method(p, A, IKE_AUTH_RSA, SIGNED);
	method(p, B, IKE_AUTH_PSK, SIGNED);
	refused(p, IKE_R_PEER_AUTH_FAILED);
	assert_int_equal(signers[A].asked, 0);
	end(p);
	p = pair_with_keys("rsa", "rsa");
	method(p, A, IKE_AUTH_PSK, 1u << IKE_AUTH_PSK);
	method(p, B, IKE_AUTH_RSA, 1u << IKE_AUTH_PSK);
	refused(p, IKE_R_PEER_AUTH_FAILED);
	end(p);
}

static void without_a_certificate_of_ours_nothing_is_claimed(void **state)
{
	struct pair *p = pair_with_keys(NULL, "rsa");

	(void)state;
	method(p, A, IKE_AUTH_RSA, SIGNED);
	method(p, B, IKE_AUTH_RSA, SIGNED);
	refused(p, IKE_R_INTERNAL);
	assert_int_equal(signers[B].asked, 0);
	end(p);
}

/* A request without AUTH asks for EAP; who does not serve it refuses, and has not been told a name.
 */
static void a_hub_without_eap_refuses_who_asks_for_it(void **state)
{
	struct pair *p = pair_with_keys(NULL, "rsa");

	(void)state;
	method(p, A, IKE_AUTH_EAP, SIGNED);
	method(p, B, IKE_AUTH_RSA, SIGNED);
	refused(p, IKE_R_AUTH_FAILED);
	assert_int_equal(signers[A].asked, 0);
	end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_key_authenticates_both_ways),
	        cmocka_unit_test(methods_differ_each_way),
	        cmocka_unit_test(long_chains_go_in_fragments_that_get_lost),
	        cmocka_unit_test(a_certificate_that_is_not_trusted_ends_it),
	        cmocka_unit_test(a_signature_of_something_else_ends_it),
	        cmocka_unit_test(only_the_methods_of_the_profile_count),
	        cmocka_unit_test(without_a_certificate_of_ours_nothing_is_claimed),
	        cmocka_unit_test(a_hub_without_eap_refuses_who_asks_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
