/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See alg_mb.h. */
#include "base/alg_mb.h"

#ifndef SPOKE_IPSEC_MB

const char *mb_name(void)
{
	return NULL;
}

struct mb *mb_new(const struct alg_encr *encr, struct span key)
{
	(void)encr;
	(void)key;
	return NULL;
}

void mb_free(struct mb *m)
{
	(void)m;
}

void mb_seal(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])
{
	(void)m, (void)nonce, (void)aad, (void)text, (void)n, (void)icv;
}

void mb_open(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])
{
	(void)m, (void)nonce, (void)aad, (void)text, (void)n, (void)icv;
}

#else

#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"

enum { TAG = 16, KEY_CHACHA = 32, ALIGNMENT = 64 };

/* ---- the library ------------------------------------------------------------------------------------------------- */

static IMB_MGR *mgr; /* its functions; nothing in it changes once it is set up */
static char name[60];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What is older than AVX2 gains nothing over OpenSSL. */
static void set_up(void)
{
	static const char *const archs[IMB_ARCH_NUM] = {[IMB_ARCH_AVX2] = "AVX2", [IMB_ARCH_AVX512] = "AVX512"};
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *m = alloc_mb_mgr(0);

	if (!m)
		return;
	init_mb_mgr_auto(m, &arch);
	if (imb_get_errno(m) != 0 || arch >= IMB_ARCH_NUM || !archs[arch]) {
		free_mb_mgr(m);
		return;
	}
	mgr = m;
	snprintf(name, sizeof(name), "Intel IPsec-MB %s (%s)", imb_get_version_str() + (*imb_get_version_str() == 'v'), archs[arch]);
}

static bool have(void)
{
	pthread_once(&once, set_up);
	return mgr;
}

const char *mb_name(void)
{
	return have() ? name : NULL;
}

/* ---- the ciphers ------------------------------------------------------------------------------------------------- */

typedef void crypt_fn(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16]);

struct suite {
	uint16_t encr;
	size_t key;
	void (*expand)(struct mb *m, const uint8_t *key);
	crypt_fn *seal, *open;
};

struct mb {
	struct gcm_key_data gcm; /* aligned by its type */
	uint8_t chacha[KEY_CHACHA];
	const struct suite *suite;
};

#define SUITE_GCM(bits)                                                                                                              \
	static void gcm##bits##_expand(struct mb *m, const uint8_t *key)                                                       \
	{                                                                                                                      \
		IMB_AES##bits##_GCM_PRE(mgr, key, &m->gcm);                                                                    \
	}                                                                                                                      \
	static void gcm##bits##_seal(                                                                                          \
		struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])                 \
	{                                                                                                                      \
		struct gcm_context_data c;                                                                                     \
                                                                                                                               \
		IMB_AES##bits##_GCM_ENC(mgr, &m->gcm, &c, text, text, n, nonce, aad.p, aad.n, icv, TAG);                       \
	}                                                                                                                      \
	static void gcm##bits##_open(                                                                                          \
		struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])                 \
	{                                                                                                                      \
		struct gcm_context_data c;                                                                                     \
                                                                                                                               \
		IMB_AES##bits##_GCM_DEC(mgr, &m->gcm, &c, text, text, n, nonce, aad.p, aad.n, icv, TAG);                       \
	}
SUITE_GCM(128)
SUITE_GCM(192)
SUITE_GCM(256)

static void chacha_expand(struct mb *m, const uint8_t *key)
{
	memcpy(m->chacha, key, sizeof(m->chacha));
}

static void chacha_seal(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])
{
	struct chacha20_poly1305_context_data c;

	IMB_CHACHA20_POLY1305_INIT(mgr, m->chacha, &c, nonce, aad.p, aad.n);
	IMB_CHACHA20_POLY1305_ENC_UPDATE(mgr, m->chacha, &c, text, text, n);
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(mgr, &c, icv, TAG);
}

static void chacha_open(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])
{
	struct chacha20_poly1305_context_data c;

	IMB_CHACHA20_POLY1305_INIT(mgr, m->chacha, &c, nonce, aad.p, aad.n);
	IMB_CHACHA20_POLY1305_DEC_UPDATE(mgr, m->chacha, &c, text, text, n);
	IMB_CHACHA20_POLY1305_DEC_FINALIZE(mgr, &c, icv, TAG);
}

static const struct suite suites[] = {
	{ENCR_AES_GCM_16, 16, gcm128_expand, gcm128_seal, gcm128_open},
	{ENCR_AES_GCM_16, 24, gcm192_expand, gcm192_seal, gcm192_open},
	{ENCR_AES_GCM_16, 32, gcm256_expand, gcm256_seal, gcm256_open},
	{ENCR_CHACHA20_POLY1305, KEY_CHACHA, chacha_expand, chacha_seal, chacha_open},
};

struct mb *mb_new(const struct alg_encr *encr, struct span key)
{
	const struct suite *s = NULL;
	struct mb *m;

	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (suites[i].encr == encr->id && suites[i].key == key.n)
			s = &suites[i];
	if (!s || !have())
		return NULL;
	m = aligned_alloc(ALIGNMENT, (sizeof(*m) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
	if (!m)
		return NULL;
	memset(m, 0, sizeof(*m));
	m->suite = s;
	s->expand(m, key.p);
	return m;
}

void mb_free(struct mb *m)
{
	if (!m)
		return;
	wipe(m, sizeof(*m));
	free(m);
}

void mb_seal(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])
{
	m->suite->seal(m, nonce, aad, text, n, icv);
}

void mb_open(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16])
{
	m->suite->open(m, nonce, aad, text, n, icv);
}

#endif
