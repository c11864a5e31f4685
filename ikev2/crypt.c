/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PRF, key schedule, shared-key authentication, NAT detection hashes, cookies: see crypt.h. */
#include "ikev2/crypt.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "base/mem.h"

/* ---- PRF ------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct prf {
	uint16_t id;
	const char *digest;
	size_t len;
} prfs[] = {
	{ PRF_HMAC_SHA1,     "SHA1",   20 },
	{ PRF_HMAC_SHA2_256, "SHA256", 32 },
	{ PRF_HMAC_SHA2_384, "SHA384", 48 },
	{ PRF_HMAC_SHA2_512, "SHA512", 64 },
};
/* clang-format on */

static const struct prf *prf_of(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(prfs); i++)
		if (prfs[i].id == id)
			return &prfs[i];
	return NULL;
}

bool ike_prf_known(uint16_t id)
{
	return prf_of(id);
}

size_t ike_prf_len(uint16_t id)
{
	const struct prf *p = prf_of(id);

	return p ? p->len : 0;
}

/* A keyed HMAC context: initialised once, restarted for every block. */
static EVP_MAC_CTX *hmac_new(const char *digest, struct span key)
{
	char name[8];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	strncpy(name, digest, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
	        OSSL_PARAM_construct_end()};
	/* NULL would mean "the key of before" */
	const uint8_t *k = key.n ? key.p : (const uint8_t *)"";

	if (ctx && EVP_MAC_init(ctx, k, key.n, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

static bool hmac_parts(EVP_MAC_CTX *ctx, const struct span *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (part[i].n && EVP_MAC_update(ctx, part[i].p, part[i].n) != 1)
			return false;
	return true;
}

static bool hmac_final(EVP_MAC_CTX *ctx, uint8_t out[IKE_PRF_MAX])
{
	size_t n;

	return EVP_MAC_final(ctx, out, &n, IKE_PRF_MAX) == 1;
}

bool ike_prf(
        uint16_t id, struct span key, const struct span *part, size_t n, uint8_t out[IKE_PRF_MAX])
{
	const struct prf *p = prf_of(id);
	EVP_MAC_CTX *ctx = p ? hmac_new(p->digest, key) : NULL;
	bool ok = ctx && hmac_parts(ctx, part, n) && hmac_final(ctx, out);

	EVP_MAC_CTX_free(ctx);
	return ok;
}

/* T1 = prf(K, S ‖ 01), Tn = prf(K, Tn-1 ‖ S ‖ n): RFC 7296 §2.13. */
bool ike_prf_plus(uint16_t id, struct span key, const struct span *seed, size_t n_parts,
        uint8_t *out, size_t n)
{
	const struct prf *p = prf_of(id);
	EVP_MAC_CTX *ctx = p && n <= 255 * p->len ? hmac_new(p->digest, key) : NULL;
	uint8_t t[IKE_PRF_MAX];
	bool ok = ctx;

	for (size_t done = 0, round = 1; ok && done < n; round++) {
		uint8_t number = (uint8_t)round;
		size_t take = n - done < p->len ? n - done : p->len;

		ok = EVP_MAC_init(ctx, NULL, 0, NULL) == 1 &&
		     (round == 1 || EVP_MAC_update(ctx, t, p->len) == 1) &&
		     hmac_parts(ctx, seed, n_parts) && EVP_MAC_update(ctx, &number, 1) == 1 &&
		     hmac_final(ctx, t);
		if (ok)
			memcpy(out + done, t, take);
		done += take;
	}
	wipe(t, sizeof(t));
	EVP_MAC_CTX_free(ctx);
	return ok;
}

/* ---- keys ------------------------------------------------------------------------------------ */

void ike_keys_wipe(struct ike_keys *k)
{
	struct secret *all[] = {&k->d, &k->ai, &k->ar, &k->ei, &k->er, &k->pi, &k->pr};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		secret_wipe(all[i]);
}

void ike_child_keys_wipe(struct ike_child_keys *k)
{
	secret_wipe(&k->encr_i);
	secret_wipe(&k->integ_i);
	secret_wipe(&k->encr_r);
	secret_wipe(&k->integ_r);
}

/* Octets that the suite's ciphers take. False: not ours. */
static bool suite_sizes(const struct ike_suite *s, size_t *encr, size_t *integ)
{
	const struct alg_encr *e = alg_encr(s->encr.id);
	const struct alg_integ *a = alg_integ(s->integ);

	if (!e || !a || (e->aead && a->key))
		return false;
	*encr = alg_encr_keymat(e, s->encr.bits);
	*integ = a->key;
	return *encr || e->id == ENCR_NULL;
}

struct share {
	struct secret *key;
	size_t n;
};

static size_t shares_total(const struct share *v, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += v[i].n;
	return total;
}

/* prf+ cut into keys, in order. */
static bool expand(uint16_t prf, struct span key, const struct span *seed, size_t n_seed,
        const struct share *v, size_t n)
{
	struct secret stream = {0};
	size_t total = shares_total(v, n), at = 0;
	bool ok = ike_prf_plus(prf, key, seed, n_seed, secret_reserve(&stream, total), total);

	for (size_t i = 0; i < n; i++) {
		if (ok && v[i].n)
			secret_set(v[i].key, stream.p + at, v[i].n);
		else
			secret_wipe(v[i].key);
		at += v[i].n;
	}
	secret_wipe(&stream);
	return ok;
}

/* SKEYSEED is as long as the output of the PRF that made it: in a rekey, the old SA's. */
static bool keys_from_seed(struct span skeyseed, const struct ike_suite *s, struct span ni,
        struct span nr, uint64_t spi_i, uint64_t spi_r, struct ike_keys *out)
{
	uint8_t spis[16];
	struct wr w = wr_init(spis, sizeof(spis));
	size_t d = ike_prf_len(s->prf), e, a;

	if (!d || !suite_sizes(s, &e, &a))
		return false;
	wr_u64(&w, spi_i);
	wr_u64(&w, spi_r);
	const struct span seed[] = {ni, nr, span_of(spis, sizeof(spis))};
	const struct share v[] = {{&out->d, d}, {&out->ai, a}, {&out->ar, a}, {&out->ei, e},
	        {&out->er, e}, {&out->pi, d}, {&out->pr, d}};

	return expand(s->prf, skeyseed, seed, ARRAY_LEN(seed), v, ARRAY_LEN(v));
}

bool ike_keys_derive(const struct ike_suite *s, struct span ni, struct span nr, uint64_t spi_i,
        uint64_t spi_r, const struct secret *shared, struct ike_keys *out)
{
	uint8_t key[2 * 256], seed[IKE_PRF_MAX];
	struct wr w = wr_init(key, sizeof(key));
	const struct span g = secret_span(shared);

	wr_bytes(&w, ni.p, ni.n);
	wr_bytes(&w, nr.p, nr.n);
	bool ok = wr_ok(&w) && ike_prf(s->prf, span_of(key, w.len), &g, 1, seed) &&
	          keys_from_seed(span_of(seed, ike_prf_len(s->prf)), s, ni, nr, spi_i, spi_r, out);

	wipe(seed, sizeof(seed));
	return ok;
}

bool ike_keys_rekey(uint16_t old_prf, const struct secret *old_d, const struct ike_suite *s,
        struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r, const struct secret *shared,
        struct ike_keys *out)
{
	uint8_t seed[IKE_PRF_MAX];
	const struct span part[] = {secret_span(shared), ni, nr};
	bool ok = ike_prf(old_prf, secret_span(old_d), part, ARRAY_LEN(part), seed) &&
	          keys_from_seed(span_of(seed, ike_prf_len(old_prf)), s, ni, nr, spi_i, spi_r, out);

	wipe(seed, sizeof(seed));
	return ok;
}

bool ike_child_keys_derive(uint16_t prf, const struct secret *sk_d, const struct ike_suite *child,
        const struct secret *shared, struct span ni, struct span nr, struct ike_child_keys *out)
{
	size_t e, a;
	const struct span seed[] = {shared ? secret_span(shared) : (struct span){0}, ni, nr};

	if (!suite_sizes(child, &e, &a))
		return false;
	const struct share v[] = {
	        {&out->encr_i, e}, {&out->integ_i, a}, {&out->encr_r, e}, {&out->integ_r, a}};

	return expand(prf, secret_span(sk_d), seed, ARRAY_LEN(seed), v, ARRAY_LEN(v));
}

/* ---- authentication -------------------------------------------------------------------------- */

size_t ike_auth_psk(uint16_t prf, const struct secret *psk, struct span message, struct span nonce,
        const struct secret *sk_p, struct span id_body, struct span tail, uint8_t out[IKE_PRF_MAX])
{
	static const char pad[] = "Key Pad for IKEv2";
	const struct span pad_part = span_of(pad, sizeof(pad) - 1);
	uint8_t key[IKE_PRF_MAX], id_mac[IKE_PRF_MAX];
	size_t n = ike_prf_len(prf);
	bool ok = n && psk->n && sk_p->n && ike_prf(prf, secret_span(sk_p), &id_body, 1, id_mac) &&
	          ike_prf(prf, secret_span(psk), &pad_part, 1, key);
	const struct span part[] = {message, nonce, span_of(id_mac, n), tail};

	ok = ok && ike_prf(prf, span_of(key, n), part, ARRAY_LEN(part), out);
	wipe(key, sizeof(key));
	wipe(id_mac, sizeof(id_mac));
	return ok ? n : 0;
}

bool ike_auth_psk_check(uint16_t prf, const struct secret *psk, struct span message,
        struct span nonce, const struct secret *sk_p, struct span id_body, struct span tail,
        struct span auth_data)
{
	uint8_t want[IKE_PRF_MAX];
	size_t n = ike_auth_psk(prf, psk, message, nonce, sk_p, id_body, tail, want);
	bool ok = n && auth_data.n == n && ct_equal(want, auth_data.p, n);

	wipe(want, sizeof(want));
	return ok;
}

/* ---- NAT detection, cookies ------------------------------------------------------------------ */

bool ike_natd_hash(
        uint64_t spi_i, uint64_t spi_r, const struct endpoint *e, uint8_t out[IKE_NATD_LEN])
{
	uint8_t text[8 + 8 + 16 + 2];
	struct wr w = wr_init(text, sizeof(text));

	wr_u64(&w, spi_i);
	wr_u64(&w, spi_r);
	wr_bytes(&w, e->addr.b, ipaddr_octets(&e->addr));
	wr_u16(&w, e->port);
	return EVP_Q_digest(NULL, "SHA1", NULL, text, w.len, out, NULL) == 1;
}

bool ike_cookie_make(const struct ike_cookie_key *k, struct span ni, const struct endpoint *peer,
        uint64_t spi_i, uint8_t out[IKE_COOKIE_LEN])
{
	uint8_t who[16 + 2 + 8], mac[IKE_PRF_MAX];
	struct wr w = wr_init(who, sizeof(who));

	wr_bytes(&w, peer->addr.b, ipaddr_octets(&peer->addr));
	wr_u16(&w, peer->port);
	wr_u64(&w, spi_i);
	const struct span part[] = {ni, span_of(who, w.len)};

	if (!ike_prf(PRF_HMAC_SHA2_256, span_of(k->secret, sizeof(k->secret)), part,
	            ARRAY_LEN(part), mac))
		return false;
	out[0] = k->version;
	memcpy(out + 1, mac, IKE_COOKIE_LEN - 1);
	return true;
}

bool ike_cookie_check(const struct ike_cookie_key *k, struct span ni, const struct endpoint *peer,
        uint64_t spi_i, struct span cookie)
{
	uint8_t want[IKE_COOKIE_LEN];

	return cookie.n == IKE_COOKIE_LEN && cookie.p[0] == k->version &&
	       ike_cookie_make(k, ni, peer, spi_i, want) &&
	       ct_equal(want, cookie.p, IKE_COOKIE_LEN);
}
