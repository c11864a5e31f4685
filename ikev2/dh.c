/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Diffie-Hellman by libcrypto, for the KE payload (declared in crypt.h). Three families behind one
 * table:
 *
 *   MODP    RFC 2409, RFC 3526. Values are as long as the prime, with leading zeros. A peer's value
 * must be in 2 … p-2. ECP     RFC 5903. Public value x ‖ y without the 04 of the uncompressed form;
 * the secret is x. Points are checked to be on the curve. X25519  RFC 8031. A result of zeros (a
 * point of small order) is refused.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ikev2/crypt.h"

enum family { MODP, ECP, X25519, KEM };
enum { PUBLIC_MAX = 1568 };

typedef BIGNUM *(*prime_fn)(BIGNUM *);

/* clang-format off */
static const struct group {
	uint16_t id;
	enum family family;
	const char *name; /* the curve's, for libcrypto */
	prime_fn prime;
	size_t public, shared;
} table[] = {
	{ KE_MODP_1024, MODP,   NULL,      BN_get_rfc2409_prime_1024, 128, 128 },
	{ KE_MODP_1536, MODP,   NULL,      BN_get_rfc3526_prime_1536, 192, 192 },
	{ KE_MODP_2048, MODP,   NULL,      BN_get_rfc3526_prime_2048, 256, 256 },
	{ KE_MODP_3072, MODP,   NULL,      BN_get_rfc3526_prime_3072, 384, 384 },
	{ KE_MODP_4096, MODP,   NULL,      BN_get_rfc3526_prime_4096, 512, 512 },
	{ KE_ECP_256,   ECP,    "P-256",   NULL,                       64,  32 },
	{ KE_ECP_384,   ECP,    "P-384",   NULL,                       96,  48 },
	{ KE_ECP_521,   ECP,    "P-521",   NULL,                      132,  66 },
	{ KE_X25519,    X25519, "X25519",  NULL,                       32,  32 },
	{ KE_ML_KEM_512,  KEM,  "ML-KEM-512",  NULL,                  800,  32 },
	{ KE_ML_KEM_768,  KEM,  "ML-KEM-768",  NULL,                 1184,  32 },
	{ KE_ML_KEM_1024, KEM,  "ML-KEM-1024", NULL,                 1568,  32 },
};
static const char *const key_types[] = { [MODP] = "DH", [ECP] = "EC", [X25519] = "X25519" };

/* clang-format on */

struct ike_dh {
	const struct group *g;
	EVP_PKEY *key; /* NULL: a KEM's answer */
	uint8_t public[PUBLIC_MAX];
	size_t n_public;
};

static const char *key_type(const struct group *g)
{
	return g->family == KEM ? g->name : key_types[g->family];
}

static const struct group *group_of(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

/* A libcrypto may be built without a family: FIPS providers have no X25519. */
bool ike_group_known(uint16_t id)
{
	const struct group *g = group_of(id);
	EVP_KEYMGMT *m = g ? EVP_KEYMGMT_fetch(NULL, key_type(g), NULL) : NULL;

	if (!m)
		ERR_clear_error();
	EVP_KEYMGMT_free(m);
	return m;
}

bool ike_group_is_kem(uint16_t id)
{
	const struct group *g = group_of(id);

	return g && g->family == KEM;
}

size_t ike_dh_public_len(uint16_t id)
{
	const struct group *g = group_of(id);

	return g ? g->public : 0;
}

/* ---- keys out of parameters ------------------------------------------------------------------ */

static EVP_PKEY *from_params(const struct group *g, int selection, OSSL_PARAM *params)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, key_type(g), NULL);

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	        EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A MODP key: domain parameters alone, with a public value, or with both values. Generator 2 in all
 * groups. */
static EVP_PKEY *modp_key(const struct group *g, const BIGNUM *pub, const BIGNUM *priv)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = NULL;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *p = g->prime(NULL), *two = BN_new();

	if (bld && p && two && BN_set_word(two, 2) &&
	        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p) &&
	        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, two) &&
	        (!pub || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, pub)) &&
	        (!priv || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, priv)))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params)
		key = from_params(g,
		        priv  ? EVP_PKEY_KEYPAIR
		        : pub ? EVP_PKEY_PUBLIC_KEY
		              : EVP_PKEY_KEY_PARAMETERS,
		        params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(p);
	BN_free(two);
	return key;
}

/* An ECP key from the uncompressed point, with or without the private value. */
static EVP_PKEY *ecp_key(const struct group *g, struct span point, const BIGNUM *priv)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = NULL;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();

	if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, g->name, 0) &&
	        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n) &&
	        (!priv || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, priv)))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params)
		key = from_params(g, priv ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

/* ---- our own key ----------------------------------------------------------------------------- */

static EVP_PKEY *generate(EVP_PKEY_CTX *ctx)
{
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_keygen(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *new_modp(const struct group *g)
{
	EVP_PKEY *domain = modp_key(g, NULL, NULL);
	EVP_PKEY_CTX *ctx = domain ? EVP_PKEY_CTX_new_from_pkey(NULL, domain, NULL) : NULL;

	EVP_PKEY_free(domain);
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
		return generate(ctx);
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static EVP_PKEY *new_curve(const struct group *g)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, key_type(g), NULL);

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
	        (g->family != ECP || EVP_PKEY_CTX_set_group_name(ctx, g->name) == 1))
		return generate(ctx);
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static bool read_public_modp(struct ike_dh *d)
{
	BIGNUM *y = NULL;
	bool ok = EVP_PKEY_get_bn_param(d->key, OSSL_PKEY_PARAM_PUB_KEY, &y) == 1 &&
	          BN_bn2binpad(y, d->public, (int)d->g->public) == (int)d->g->public;

	BN_free(y);
	return ok;
}

static bool read_public_ecp(struct ike_dh *d)
{
	uint8_t point[1 + PUBLIC_MAX];
	size_t n = 0;

	if (EVP_PKEY_get_octet_string_param(
	            d->key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &n) != 1 ||
	        n != 1 + d->g->public || point[0] != 4)
		return false;
	memcpy(d->public, point + 1, d->g->public);
	return true;
}

static bool read_public(struct ike_dh *d)
{
	size_t n = sizeof(d->public);

	switch (d->g->family) {
	case MODP:
		return read_public_modp(d);
	case ECP:
		return read_public_ecp(d);
	default:
		return EVP_PKEY_get_raw_public_key(d->key, d->public, &n) == 1 && n == d->g->public;
	}
}

/* Takes `key`. */
static struct ike_dh *dh_of(const struct group *g, EVP_PKEY *key)
{
	struct ike_dh *d = xcalloc(1, sizeof(*d));

	d->g = g;
	d->key = key;
	d->n_public = g->public;
	if (key && read_public(d))
		return d;
	ike_dh_free(d);
	ERR_clear_error();
	return NULL;
}

struct ike_dh *ike_dh_new(uint16_t id)
{
	const struct group *g = group_of(id);

	if (!g)
		return NULL;
	return dh_of(g, g->family == MODP ? new_modp(g) : new_curve(g));
}

static EVP_PKEY *modp_from_private(const struct group *g, const BIGNUM *x)
{
	EVP_PKEY *key = NULL;
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *p = g->prime(NULL), *two = BN_new(), *y = BN_new();

	if (ctx && p && two && y && BN_set_word(two, 2) && BN_mod_exp(y, two, x, p, ctx))
		key = modp_key(g, y, x);
	BN_free(y);
	BN_free(two);
	BN_free(p);
	BN_CTX_free(ctx);
	return key;
}

static EVP_PKEY *ecp_from_private(const struct group *g, const BIGNUM *x)
{
	uint8_t point[1 + PUBLIC_MAX];
	EVP_PKEY *key = NULL;
	EC_GROUP *curve = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(g->name));
	EC_POINT *y = curve ? EC_POINT_new(curve) : NULL;

	if (y && EC_POINT_mul(curve, y, x, NULL, NULL, NULL) == 1) {
		size_t n = EC_POINT_point2oct(
		        curve, y, POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL);

		if (n)
			key = ecp_key(g, span_of(point, n), x);
	}
	EC_POINT_free(y);
	EC_GROUP_free(curve);
	return key;
}

struct ike_dh *ike_dh_from_private(uint16_t id, struct span priv)
{
	const struct group *g = group_of(id);
	EVP_PKEY *key;

	if (!g || g->family == KEM)
		return NULL;
	if (g->family == X25519)
		return dh_of(
		        g, EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, priv.p, priv.n));
	BIGNUM *x = BN_bin2bn(priv.p, (int)priv.n, NULL);

	key = !x ? NULL : g->family == MODP ? modp_from_private(g, x) : ecp_from_private(g, x);
	BN_clear_free(x);
	return dh_of(g, key);
}

void ike_dh_free(struct ike_dh *d)
{
	if (!d)
		return;
	EVP_PKEY_free(d->key);
	free(d);
}

uint16_t ike_dh_group(const struct ike_dh *d)
{
	return d->g->id;
}

struct span ike_dh_public(const struct ike_dh *d)
{
	return span_of(d->public, d->n_public);
}

/* ---- the peer's value ------------------------------------------------------------------------ */

/* 1 < y < p-1: RFC 6989 §2.1. All our primes are safe ones. */
static bool in_range(const struct group *g, const BIGNUM *y)
{
	BIGNUM *top = g->prime(NULL);
	bool ok = top && BN_sub_word(top, 1) && BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, top) < 0;

	BN_free(top);
	return ok;
}

static EVP_PKEY *peer_modp(const struct group *g, struct span pub)
{
	BIGNUM *y = BN_bin2bn(pub.p, (int)pub.n, NULL);
	EVP_PKEY *key = y && in_range(g, y) ? modp_key(g, y, NULL) : NULL;

	BN_free(y);
	return key;
}

static EVP_PKEY *peer_ecp(const struct group *g, struct span pub)
{
	uint8_t point[1 + PUBLIC_MAX] = {4};

	memcpy(point + 1, pub.p, pub.n);
	return ecp_key(g, span_of(point, pub.n + 1), NULL);
}

static EVP_PKEY *peer_key(const struct group *g, struct span pub)
{
	if (pub.n != g->public)
		return NULL;
	switch (g->family) {
	case MODP:
		return peer_modp(g, pub);
	case ECP:
		return peer_ecp(g, pub);
	default:
		return EVP_PKEY_new_raw_public_key_ex(NULL, key_type(g), NULL, pub.p, pub.n);
	}
}

static bool derive(const struct ike_dh *d, EVP_PKEY *peer, struct secret *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, d->key, NULL);
	size_t n = d->g->shared;
	bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	          (d->g->family != MODP || EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1) &&
	          EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	          EVP_PKEY_derive(ctx, secret_reserve(out, n), &n) == 1 && n == d->g->shared;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool all_zero(const struct secret *s)
{
	uint8_t any = 0;

	for (size_t i = 0; i < s->n; i++)
		any |= s->p[i];
	return !any;
}

/* FIPS 203 §7.3: what does not fit the key gives a secret all the same, and AUTH will not. */
static bool decapsulate(const struct ike_dh *d, struct span ciphertext, struct secret *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, d->key, NULL);
	size_t n = d->g->shared;
	bool ok = ctx && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
	          EVP_PKEY_decapsulate(
	                  ctx, secret_reserve(out, n), &n, ciphertext.p, ciphertext.n) == 1 &&
	          n == d->g->shared;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static struct ike_dh *encapsulate(const struct group *g, struct span pub, struct secret *out)
{
	EVP_PKEY *peer = peer_key(g, pub);
	EVP_PKEY_CTX *ctx = peer ? EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL) : NULL;
	struct ike_dh *d = xcalloc(1, sizeof(*d));
	size_t n = g->shared;

	d->g = g;
	d->n_public = sizeof(d->public);
	bool ok = ctx && EVP_PKEY_encapsulate_init(ctx, NULL) == 1 &&
	          EVP_PKEY_encapsulate(ctx, d->public, &d->n_public, secret_reserve(out, n), &n) ==
	                  1 &&
	          n == g->shared;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	if (ok)
		return d;
	ERR_clear_error();
	secret_wipe(out);
	ike_dh_free(d);
	return NULL;
}

struct ike_dh *ike_dh_answer(uint16_t id, struct span pub, struct secret *shared)
{
	const struct group *g = group_of(id);
	struct ike_dh *d;

	if (g && g->family == KEM)
		return encapsulate(g, pub, shared);
	d = ike_dh_new(id);
	if (d && ike_dh_shared(d, pub, shared))
		return d;
	ike_dh_free(d);
	return NULL;
}

bool ike_dh_shared(const struct ike_dh *d, struct span pub, struct secret *out)
{
	EVP_PKEY *peer = d->g->family == KEM ? NULL : peer_key(d->g, pub);
	bool ok = d->g->family == KEM ? decapsulate(d, pub, out)
	                              : peer && derive(d, peer, out) && !all_zero(out);

	EVP_PKEY_free(peer);
	if (ok)
		return true;
	ERR_clear_error();
	secret_wipe(out);
	return false;
}
