/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashed passwords of a configuration: see password.h. */
#include "base/password.h"

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"

enum { HASH = 32, HASH_TEXT = 43, PBKDF2_ROUNDS = 20000, SCRYPT_N = 16384 };

static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void base64(const uint8_t *p, size_t n, char *dst)
{
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 6; have -= 6)
			*dst++ = alphabet[bits >> (have - 6) & 63];
	}
	if (have)
		*dst++ = alphabet[bits << (6 - have) & 63];
	*dst = '\0';
}

/* ---- the types
 * ---------------------------------------------------------------------------------------------------------
 */

static bool sha256(const char *pw, const char *salt, size_t salt_len, uint8_t out[HASH])
{
	(void)salt;
	(void)salt_len;
	return EVP_Digest(pw, strlen(pw), out, NULL, EVP_sha256(), NULL) == 1;
}

static bool pbkdf2(const char *pw, const char *salt, size_t salt_len, uint8_t out[HASH])
{
	return PKCS5_PBKDF2_HMAC(pw, (int)strlen(pw), (const uint8_t *)salt, (int)salt_len,
	               PBKDF2_ROUNDS, EVP_sha256(), HASH, out) == 1;
}

static bool scrypt(const char *pw, const char *salt, size_t salt_len, uint8_t out[HASH])
{
	return EVP_PBE_scrypt(pw, strlen(pw), (const uint8_t *)salt, salt_len, SCRYPT_N, 1, 1,
	               32 << 20, out, HASH) == 1;
}

static const struct {
	int type;
	const char *prefix;
	bool (*derive)(const char *pw, const char *salt, size_t salt_len, uint8_t out[HASH]);
} kinds[] = {
        {4, "", sha256},
        {8, "$8$", pbkdf2},
        {9, "$9$", scrypt},
};

/* "$9$SALT$" + base 64, or only that for a type without salt. */
static bool derive(size_t kind, const char *salt, size_t salt_len, const char *typed,
        char out[PASSWORD_HASH_LEN])
{
	const char *prefix = kinds[kind].prefix;
	uint8_t raw[HASH];
	int n = *prefix ? snprintf(out, PASSWORD_HASH_LEN, "%s%.*s$", prefix, (int)salt_len, salt)
	                : 0;
	bool ok =
	        n + HASH_TEXT < PASSWORD_HASH_LEN && kinds[kind].derive(typed, salt, salt_len, raw);

	if (ok)
		base64(raw, sizeof(raw), out + n);
	wipe(raw, sizeof(raw));
	return ok;
}

static bool equal(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && ct_equal(a, b, n);
}

static bool check_derived(size_t kind, const char *stored, const char *typed)
{
	size_t prefix = strlen(kinds[kind].prefix);
	const char *salt = stored + prefix;
	char want[PASSWORD_HASH_LEN];

	if (strncmp(stored, kinds[kind].prefix, prefix) != 0)
		return false;
	size_t salt_len = prefix ? strcspn(salt, "$") : 0;

	if (prefix && (salt_len != PASSWORD_SALT || salt[salt_len] != '$'))
		return false;
	return derive(kind, salt, salt_len, typed, want) && equal(want, stored);
}

static bool check_crypt(const char *stored, const char *typed)
{
	struct crypt_data *d;
	const char *got;
	bool ok;

	if (strncmp(stored, "$1$", 3) != 0)
		return false;
	d = xcalloc(1, sizeof(*d));
	got = crypt_r(typed, stored, d);
	ok = got && equal(got, stored);
	wipe(d, sizeof(*d));
	free(d);
	return ok;
}

/* ---- type 7 --------------------------------------------------------------------------------- */

/* The key that every such router has. */
static const char key7[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";

static int hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF",
	           *at = c ? strchr(digits, c & ~(c >= 'a' ? 0x20 : 0)) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool password_decode7(const char *stored, char out[PASSWORD_CLEAR_MAX])
{
	size_t n = strlen(stored);

	if (n < 2 || n % 2 || n / 2 > PASSWORD_CLEAR_MAX || strspn(stored, "0123456789") < 2)
		return false;
	size_t at = (size_t)((stored[0] - '0') * 10 + stored[1] - '0'), len = 0;

	for (size_t i = 2; i < n; i += 2) {
		int hi = hex_digit(stored[i]), lo = hex_digit(stored[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[len] = (char)((hi << 4 | lo) ^ key7[(at + len) % (sizeof(key7) - 1)]);
		len++;
	}
	out[len] = '\0';
	return true;
}

void password_encode7(const char *typed, char out[2 * PASSWORD_CLEAR_MAX + 4])
{
	uint8_t random = 0;
	size_t n = strnlen(typed, PASSWORD_CLEAR_MAX - 1);

	RAND_bytes(&random, 1);
	size_t at = random % 16;
	int len = sprintf(out, "%02zu", at);

	for (size_t i = 0; i < n; i++)
		len += sprintf(out + len, "%02X",
		        (unsigned)(uint8_t)(typed[i] ^ key7[(at + i) % (sizeof(key7) - 1)]));
}

static bool check7(const char *stored, const char *typed)
{
	char clear[PASSWORD_CLEAR_MAX];
	bool ok = password_decode7(stored, clear) && equal(clear, typed);

	wipe(clear, sizeof(clear));
	return ok;
}

bool password_check(int type, const char *stored, const char *typed)
{
	if (type <= 0)
		return equal(stored, typed);
	if (type == 5)
		return check_crypt(stored, typed);
	if (type == 7)
		return check7(stored, typed);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return check_derived(i, stored, typed);
	return false;
}

bool password_hash(const char *typed, char out[PASSWORD_HASH_LEN])
{
	uint8_t random[PASSWORD_SALT];
	char salt[PASSWORD_SALT + 1] = "";

	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
	for (size_t i = 0; i < PASSWORD_SALT; i++)
		salt[i] = alphabet[random[i] & 63];
	return derive(ARRAY_LEN(kinds) - 1, salt, PASSWORD_SALT, typed, out);
}
