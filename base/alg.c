/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ENCR and INTEG tables and the EVP cipher behind them: see alg.h. */
#include "base/alg.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alg_mb.h"
#include "base/mem.h"
#include "base/secret.h"

enum { AEAD_NONCE = 12, AEAD_TAG = 16 };

/*         id                      name                 aead   keylen salt iv icv block */
static const struct alg_encr encrs[] = {
	{ENCR_NULL,              "NULL",              false, false, 0,  0,  0,  1},
	{ENCR_3DES,              "3DES",              false, false, 0,  8,  0,  8},
	{ENCR_AES_CBC,           "AES-CBC",           false, true,  0, 16,  0, 16},
	{ENCR_AES_GCM_16,        "AES-GCM",           true,  true,  4,  8, 16,  1},
	{ENCR_CHACHA20_POLY1305, "CHACHA20-POLY1305", true,  false, 4,  8, 16,  1},
};

/*          id                      name      digest    key icv */
static const struct alg_integ integs[] = {
	{AUTH_NONE,              "None",   NULL,      0,  0},
	{AUTH_HMAC_SHA1_96,      "SHA96",  "SHA1",   20, 12},
	{AUTH_HMAC_SHA2_256_128, "SHA256", "SHA256", 32, 16},
	{AUTH_HMAC_SHA2_384_192, "SHA384", "SHA384", 48, 24},
	{AUTH_HMAC_SHA2_512_256, "SHA512", "SHA512", 64, 32},
};

const struct alg_encr *alg_encr(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(encrs); i++)
		if (encrs[i].id == id)
			return &encrs[i];
	return NULL;
}

const struct alg_integ *alg_integ(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(integs); i++)
		if (integs[i].id == id)
			return &integs[i];
	return NULL;
}

size_t alg_encr_keymat(const struct alg_encr *a, uint16_t key_bits)
{
	switch (a->id) {
	case ENCR_NULL:
		return 0;
	case ENCR_3DES:
		return key_bits ? 0 : 24;
	case ENCR_CHACHA20_POLY1305:
		return key_bits ? 0 : 32u + a->salt;
	default:
		if (key_bits != 128 && key_bits != 192 && key_bits != 256)
			return 0;
		return key_bits / 8u + a->salt;
	}
}

struct cipher {
	const struct alg_encr *encr;
	const struct alg_integ *integ;
	bool sealing;
	EVP_CIPHER_CTX *evp;
	EVP_MAC_CTX *mac; /* keyed; duplicated state is re-initialised per message */
	struct mb *mb;    /* not NULL: it does all of it, and there is no evp */
	uint8_t nonce[AEAD_NONCE]; /* salt, then each packet's IV */
	uint8_t tag[AEAD_TAG];
	bool by_params; /* GCM: nonce and tag go by the parameters below, which point at the two above */
	OSSL_PARAM set_nonce[2], the_tag[2];
};

static bool openssl_only;

void cipher_openssl_only(bool only)
{
	openssl_only = only;
}

const char *cipher_library(void)
{
	static char name[40];
	const char *mb = openssl_only ? NULL : mb_name();

	if (mb)
		return mb;
	snprintf(name, sizeof(name), "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
	return name;
}

static const char *evp_name(const struct alg_encr *a, size_t key)
{
	if (a->id == ENCR_3DES)
		return "DES-EDE3-CBC";
	if (a->id == ENCR_CHACHA20_POLY1305)
		return "ChaCha20-Poly1305";
	bool gcm = a->id == ENCR_AES_GCM_16;

	switch (key) {
	case 16:
		return gcm ? "AES-128-GCM" : "AES-128-CBC";
	case 24:
		return gcm ? "AES-192-GCM" : "AES-192-CBC";
	default:
		return gcm ? "AES-256-GCM" : "AES-256-CBC";
	}
}

/*
 * EVP_CipherInit_ex() for each packet asks the provider for lengths that do not change: of a packet of 1400 octets a sixth of the time.
 * Handing the whole nonce over as the "fixed" part, all of it (length -1: EVP_EncryptInit(3), EVP_CTRL_GCM_SET_IV_FIXED), restarts the
 * cipher as well, in both directions.
 */
static void gcm_setup(struct cipher *c)
{
	c->set_nonce[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, c->nonce, (size_t)-1);
	c->the_tag[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, c->tag, c->encr->icv);
	c->by_params = true;
	c->set_nonce[1] = c->the_tag[1] = OSSL_PARAM_construct_end();
}

static bool evp_setup(struct cipher *c, struct span km)
{
	size_t key = km.n - c->encr->salt;
	EVP_CIPHER *evp = EVP_CIPHER_fetch(NULL, evp_name(c->encr, key), NULL);

	if (!evp)
		return false;
	c->evp = EVP_CIPHER_CTX_new();
	bool ok = c->evp && EVP_CipherInit_ex(c->evp, evp, NULL, km.p, NULL, c->sealing) == 1 &&
		(c->encr->aead || EVP_CIPHER_CTX_set_padding(c->evp, 0) == 1);

	EVP_CIPHER_free(evp);
	if (c->encr->id == ENCR_AES_GCM_16)
		gcm_setup(c);
	return ok;
}

static bool encr_setup(struct cipher *c, struct span km)
{
	size_t key = km.n - c->encr->salt;

	memcpy(c->nonce, km.p + key, c->encr->salt);
	if (c->encr->aead && !openssl_only)
		c->mb = mb_new(c->encr, span_of(km.p, key));
	return c->mb || evp_setup(c, km);
}

static bool mac_setup(struct cipher *c, struct span key)
{
	char digest[16];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (!mac)
		return false;
	strncpy(digest, c->integ->digest, sizeof(digest) - 1);
	digest[sizeof(digest) - 1] = '\0';
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()};

	c->mac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	return c->mac && EVP_MAC_init(c->mac, key.p, key.n, params) == 1;
}

struct cipher *cipher_new(const struct alg_encr *encr, const struct alg_integ *integ, struct span km, struct span ikey,
	bool sealing)
{
	struct cipher *c = xcalloc(1, sizeof(*c));

	c->encr = encr;
	c->integ = integ && integ->id != AUTH_NONE ? integ : NULL;
	c->sealing = sealing;
	bool ok = km.n >= encr->salt && !(encr->aead && c->integ);

	if (ok && encr->id != ENCR_NULL)
		ok = encr_setup(c, km);
	if (ok && c->integ)
		ok = ikey.n == c->integ->key && mac_setup(c, ikey);
	if (ok)
		return c;
	cipher_free(c);
	return NULL;
}

void cipher_free(struct cipher *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->evp);
	EVP_MAC_CTX_free(c->mac);
	mb_free(c->mb);
	wipe(c, sizeof(*c));
	free(c);
}

size_t cipher_icv_len(const struct cipher *c)
{
	return c->encr->aead ? c->encr->icv : c->integ ? c->integ->icv : 0;
}

size_t cipher_iv_len(const struct cipher *c)
{
	return c->encr->iv;
}

size_t cipher_block(const struct cipher *c)
{
	return c->encr->block;
}

/* RFC 4106 §4, RFC 7634 §2: nonce = salt ‖ IV. */
static void take_iv(struct cipher *c, const uint8_t *iv)
{
	memcpy(c->nonce + c->encr->salt, iv, c->encr->iv);
}

static bool aead_start(struct cipher *c, struct span aad)
{
	int n;

	if (!(c->by_params ? EVP_CIPHER_CTX_set_params(c->evp, c->set_nonce) :
				    EVP_CipherInit_ex(c->evp, NULL, NULL, NULL, c->nonce, c->sealing)))
		return false;
	return EVP_CipherUpdate(c->evp, NULL, &n, aad.p, (int)aad.n) == 1;
}

static bool get_tag(struct cipher *c)
{
	if (c->by_params)
		return EVP_CIPHER_CTX_get_params(c->evp, c->the_tag) == 1;
	return EVP_CIPHER_CTX_ctrl(c->evp, EVP_CTRL_AEAD_GET_TAG, c->encr->icv, c->tag) == 1;
}

static bool set_tag(struct cipher *c)
{
	if (c->by_params)
		return EVP_CIPHER_CTX_set_params(c->evp, c->the_tag) == 1;
	return EVP_CIPHER_CTX_ctrl(c->evp, EVP_CTRL_AEAD_SET_TAG, c->encr->icv, c->tag) == 1;
}

static bool aead_seal(struct cipher *c, struct span aad, const uint8_t *iv, uint8_t *text, size_t n, uint8_t *icv)
{
	int len;

	take_iv(c, iv);
	if (c->mb)
		mb_seal(c->mb, c->nonce, aad, text, n, c->tag);
	else if (!aead_start(c, aad) || EVP_CipherUpdate(c->evp, text, &len, text, (int)n) != 1 ||
		EVP_CipherFinal_ex(c->evp, text + len, &len) != 1 || !get_tag(c))
		return false;
	memcpy(icv, c->tag, c->encr->icv);
	return true;
}

static bool aead_open(struct cipher *c, struct span aad, const uint8_t *iv, uint8_t *text, size_t n, const uint8_t *icv)
{
	int len;

	take_iv(c, iv);
	if (c->mb) {
		mb_open(c->mb, c->nonce, aad, text, n, c->tag);
		return ct_equal(c->tag, icv, c->encr->icv);
	}
	memcpy(c->tag, icv, c->encr->icv);
	return aead_start(c, aad) && EVP_CipherUpdate(c->evp, text, &len, text, (int)n) == 1 && set_tag(c) &&
		EVP_CipherFinal_ex(c->evp, text + len, &len) == 1;
}

static bool cbc(struct cipher *c, const uint8_t *iv, uint8_t *text, size_t n)
{
	int len;

	if (!c->evp)
		return true;
	return n % c->encr->block == 0 && EVP_CipherInit_ex(c->evp, NULL, NULL, NULL, iv, c->sealing) == 1 &&
		EVP_CipherUpdate(c->evp, text, &len, text, (int)n) == 1;
}

static bool mac(struct cipher *c, struct span aad, const uint8_t *iv, const uint8_t *text, size_t n, struct span tail,
	uint8_t out[EVP_MAX_MD_SIZE])
{
	size_t len;

	return EVP_MAC_init(c->mac, NULL, 0, NULL) == 1 && EVP_MAC_update(c->mac, aad.p, aad.n) == 1 &&
		EVP_MAC_update(c->mac, iv, c->encr->iv) == 1 && EVP_MAC_update(c->mac, text, n) == 1 &&
		(!tail.n || EVP_MAC_update(c->mac, tail.p, tail.n) == 1) &&
		EVP_MAC_final(c->mac, out, &len, EVP_MAX_MD_SIZE) == 1;
}

bool cipher_seal(struct cipher *c, struct span aad, const uint8_t *iv, uint8_t *text, size_t n, struct span tail,
	uint8_t *icv)
{
	uint8_t full[EVP_MAX_MD_SIZE];

	if (c->encr->aead)
		return aead_seal(c, aad, iv, text, n, icv);
	if (!cbc(c, iv, text, n))
		return false;
	if (!c->integ)
		return true;
	if (!mac(c, aad, iv, text, n, tail, full))
		return false;
	memcpy(icv, full, c->integ->icv);
	return true;
}

bool cipher_open(struct cipher *c, struct span aad, const uint8_t *iv, uint8_t *text, size_t n, struct span tail,
	const uint8_t *icv)
{
	uint8_t full[EVP_MAX_MD_SIZE];

	if (c->encr->aead)
		return aead_open(c, aad, iv, text, n, icv);
	if (c->integ && (!mac(c, aad, iv, text, n, tail, full) || !ct_equal(full, icv, c->integ->icv)))
		return false;
	return cbc(c, iv, text, n);
}
