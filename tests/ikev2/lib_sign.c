/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates between two engines: see lib_sign.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ikev2/sig.h"
#include "lib_sign.h"

struct signer signers[2];
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

void pair_methods(struct pair *p, int side, enum ike_auth local, unsigned remote)
{
	struct ike_peering *g = &p->s[side].peering;

	g->local_auth = local;
	g->remote_auths = remote;
}

struct pair *pair_with_keys(const char *a, const char *b)
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

void pair_end(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		EVP_PKEY_free(signers[i].key);
	pair_free(p);
}

void pair_reported(struct pair *p, int side, enum ike_auth local, enum ike_auth remote)
{
	struct ike_sa_info info;

	assert_true(ike_sa_info(p->s[side].ike, pair_handle(p, side), &info));
	assert_int_equal(info.local_auth, local);
	assert_int_equal(info.remote_auth, remote);
}
