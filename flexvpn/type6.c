/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Type 6 keys: see type6.h. */
#include "flexvpn/type6.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

enum { SALT = 8, MAC = 4, BLOCK = 16, RAW_MAX = SALT + TYPE6_CLEAR_MAX + MAC };

/* ---- base 41 -------------------------------------------------------------------------------- */

static char *put_pair(char *at, unsigned a, unsigned b)
{
	unsigned v = a << 8 | b;

	*at++ = (char)('A' + v / (41 * 41));
	*at++ = (char)('A' + v / 41 % 41);
	*at++ = (char)('A' + v % 41);
	return at;
}

static void encode(const uint8_t *p, size_t n, char *out)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		out = put_pair(out, p[i], p[i + 1]);
	*(n % 2 ? put_pair(out, p[n - 1], 0) : put_pair(out, 0, 1)) = '\0';
}

/* 0: it is not what encode() writes. */
static size_t decode(const char *text, uint8_t out[RAW_MAX + 2])
{
	size_t len = strlen(text), n = 0;

	if (!len || len % 3 || len / 3 * 2 > RAW_MAX + 2)
		return 0;
	for (size_t i = 0; i < len; i += 3) {
		unsigned v = 0;

		for (size_t k = 0; k < 3; k++) {
			if (text[i + k] < 'A' || text[i + k] > 'i')
				return 0;
			v = 41 * v + (unsigned)(text[i + k] - 'A');
		}
		if (v > 0xffff)
			return 0;
		out[n++] = (uint8_t)(v >> 8);
		out[n++] = (uint8_t)v;
	}
	return out[n - 1] ? n - 2 : n - 1;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool aes(const uint8_t key[BLOCK], const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
	          EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	          EVP_EncryptUpdate(c, out, &n, in, BLOCK) == 1 && n == BLOCK;

	EVP_CIPHER_CTX_free(c);
	return ok;
}

/* Number 0 authenticates, number 1 encrypts. */
static bool derive(
        const struct secret *master, const uint8_t salt[SALT], uint8_t number, uint8_t out[BLOCK])
{
	uint8_t key[BLOCK], in[BLOCK] = {0};
	unsigned n = 0;
	bool ok;

	memcpy(in, salt, SALT);
	in[BLOCK - 1] = number;
	ok = EVP_Digest(master->p, master->n, key, &n, EVP_md5(), NULL) == 1 && aes(key, in, out);
	wipe(key, sizeof(key));
	return ok;
}

/* In place, both ways. */
static bool mask(const struct secret *master, const uint8_t *salt, uint8_t *p, size_t n)
{
	uint8_t key[BLOCK], stream[BLOCK];
	bool ok = derive(master, salt, 1, key);

	for (size_t i = 0; ok && i < n; i++) {
		uint8_t counter[BLOCK] = {[3] = (uint8_t)(i / BLOCK)};

		if (i % BLOCK == 0)
			ok = aes(key, counter, stream);
		p[i] ^= stream[i % BLOCK];
	}
	wipe(key, sizeof(key));
	wipe(stream, sizeof(stream));
	return ok;
}

static bool mac(const struct secret *master, const uint8_t *salt, const uint8_t *p, size_t n,
        uint8_t out[MAC])
{
	uint8_t key[BLOCK], md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool ok = derive(master, salt, 0, key) && HMAC(EVP_sha1(), key, BLOCK, p, n, md, &len);

	memcpy(out, md, MAC);
	wipe(key, sizeof(key));
	return ok;
}

/* ---- the text -------------------------------------------------------------------------------- */

bool type6_encrypt(const struct secret *master, const char *clear, char out[TYPE6_MAX])
{
	size_t n = strlen(clear);
	uint8_t raw[RAW_MAX];
	bool ok = master->n && n && n <= TYPE6_CLEAR_MAX && RAND_bytes(raw, SALT) == 1;

	if (ok)
		memcpy(raw + SALT, clear, n);
	ok = ok && mask(master, raw, raw + SALT, n) &&
	     mac(master, raw, raw + SALT, n, raw + SALT + n);
	if (ok)
		encode(raw, SALT + n + MAC, out);
	wipe(raw, sizeof(raw));
	return ok;
}

bool type6_decrypt(const struct secret *master, const char *text, char out[TYPE6_CLEAR_MAX + 1])
{
	uint8_t raw[RAW_MAX + 2], want[MAC];
	size_t n = master->n ? decode(text, raw) : 0, len = n > SALT + MAC ? n - SALT - MAC : 0;
	bool ok = len && len <= TYPE6_CLEAR_MAX && mac(master, raw, raw + SALT, len, want) &&
	          CRYPTO_memcmp(want, raw + SALT + len, MAC) == 0 &&
	          mask(master, raw, raw + SALT, len);

	if (ok) {
		memcpy(out, raw + SALT, len);
		out[len] = '\0';
		ok = strlen(out) > 0;
	}
	wipe(raw, sizeof(raw));
	return ok;
}
