/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MS-CHAPv2: see mschapv2.h. The names of the steps are those of RFC 2759 §8 and RFC 3079 §3. */
#include "ikev2/mschapv2.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>

#include "base/mem.h"

enum { HASH = 16, SHA = 20 };

static const char magic1[] = "Magic server to client signing constant";
static const char magic2[] = "Pad to make it do more than one iteration";
static const char magic_key[] = "This is the MPPE Master Key";
static const char magic_send[] =
        "On the client side, this is the send key; on the server side, it is the "
        "receive key.";
static const char magic_receive[] =
        "On the client side, this is the receive key; on the server side, it is "
        "the send key.";

/* ---- the legacy provider -------------------------------------------------------- */

struct legacy {
	OSSL_LIB_CTX *ctx;
	OSSL_PROVIDER *legacy, *dflt;
};

static void legacy_close(struct legacy *l)
{
	OSSL_PROVIDER_unload(l->legacy);
	OSSL_PROVIDER_unload(l->dflt);
	OSSL_LIB_CTX_free(l->ctx);
}

static bool legacy_open(struct legacy *l)
{
	*l = (struct legacy){.ctx = OSSL_LIB_CTX_new()};
	if (!l->ctx)
		return false;
	l->legacy = OSSL_PROVIDER_load(l->ctx, "legacy");
	l->dflt = OSSL_PROVIDER_load(l->ctx, "default");
	if (l->legacy && l->dflt)
		return true;
	if (l->legacy)
		OSSL_PROVIDER_unload(l->legacy);
	if (l->dflt)
		OSSL_PROVIDER_unload(l->dflt);
	OSSL_LIB_CTX_free(l->ctx);
	return false;
}

static bool digest(
        const struct legacy *l, const char *name, const struct span *part, size_t n, uint8_t *out)
{
	EVP_MD *md = EVP_MD_fetch(l->ctx, name, NULL);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = md && c && EVP_DigestInit_ex2(c, md, NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(c, part[i].p, part[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(c, out, NULL) == 1;
	EVP_MD_CTX_free(c);
	EVP_MD_free(md);
	return ok;
}

/* Seven octets of key, spread over eight; the parity bits mean nothing. */
static bool des(const struct legacy *l, const uint8_t key7[7], const uint8_t in[8], uint8_t out[8])
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(l->ctx, "DES-ECB", NULL);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint64_t bits = 0;
	uint8_t key[8];
	int n = 0;

	for (int i = 0; i < 7; i++)
		bits = bits << 8 | key7[i];
	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)(bits >> (49 - 7 * i) << 1);
	bool ok = cipher && c && EVP_EncryptInit_ex2(c, cipher, key, NULL, NULL) == 1 &&
	          EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	          EVP_EncryptUpdate(c, out, &n, in, 8) == 1 && n == 8;

	wipe(key, sizeof(key));
	wipe(&bits, sizeof(bits));
	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(cipher);
	return ok;
}

/* ---- the password --------------------------------------------------------------- */

/* One character of UTF-8; what is none is taken octet by octet. */
static uint32_t utf8_next(struct span *s)
{
	uint8_t c = s->p[0];
	size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
	uint32_t v = n == 1 ? c : c & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if (i >= s->n || (s->p[i] & 0xc0) != 0x80) {
			n = 1;
			v = c;
			break;
		}
		v = v << 6 | (s->p[i] & 0x3f);
	}
	s->p += n;
	s->n -= n;
	return v;
}

static void put_unit(struct secret *out, size_t *at, uint32_t u)
{
	out->p[(*at)++] = (uint8_t)u;
	out->p[(*at)++] = (uint8_t)(u >> 8);
}

static void utf16(struct span s, struct secret *out)
{
	size_t at = 0;

	secret_reserve(out, 2 * s.n + 2);
	while (s.n) {
		uint32_t v = utf8_next(&s);

		if (v >= 0x10000) {
			put_unit(out, &at, 0xd800 + ((v - 0x10000) >> 10));
			put_unit(out, &at, 0xdc00 + ((v - 0x10000) & 0x3ff));
		} else {
			put_unit(out, &at, v);
		}
	}
	out->n = at;
}

static bool nt_password_hash(const struct legacy *l, struct span password, uint8_t out[HASH])
{
	struct secret text = {0};

	utf16(password, &text);
	struct span part = secret_span(&text);
	bool ok = digest(l, "MD4", &part, 1, out);

	secret_wipe(&text);
	return ok;
}

/* ---- the steps ------------------------------------------------------------------ */

/* The name without its domain: what stands behind a backslash. */
static struct span bare(struct span name)
{
	const uint8_t *slash = name.n ? memrchr(name.p, '\\', name.n) : NULL;

	return slash ? span_of(slash + 1, (size_t)(name.p + name.n - slash - 1)) : name;
}

static bool challenge_hash(const struct legacy *l, const struct mschap_in *in, uint8_t out[8])
{
	struct span part[] = {span_of(in->peer_challenge, MSCHAP_CHALLENGE),
	        span_of(in->auth_challenge, MSCHAP_CHALLENGE), bare(in->name)};
	uint8_t sha[SHA];
	bool ok = digest(l, "SHA1", part, ARRAY_LEN(part), sha);

	memcpy(out, sha, 8);
	return ok;
}

static bool challenge_response(const struct legacy *l, const uint8_t hash[HASH],
        const uint8_t challenge[8], uint8_t out[MSCHAP_NT_RESPONSE])
{
	uint8_t key[21] = {0};

	memcpy(key, hash, HASH);
	bool ok = des(l, key, challenge, out) && des(l, key + 7, challenge, out + 8) &&
	          des(l, key + 14, challenge, out + 16);

	wipe(key, sizeof(key));
	return ok;
}

static bool server_proof(const struct legacy *l, const uint8_t hash_hash[HASH],
        const uint8_t challenge[8], struct mschap_out *out)
{
	uint8_t sha[SHA];
	struct span first[] = {span_of(hash_hash, HASH),
	        span_of(out->nt_response, sizeof(out->nt_response)),
	        span_of(magic1, strlen(magic1))};
	struct span second[] = {
	        span_of(sha, sizeof(sha)), span_of(challenge, 8), span_of(magic2, strlen(magic2))};

	if (!digest(l, "SHA1", first, ARRAY_LEN(first), sha) ||
	        !digest(l, "SHA1", second, ARRAY_LEN(second), sha))
		return false;
	memcpy(out->proof, "S=", 2);
	hex_fmt(out->proof + 2, sha, sizeof(sha));
	for (char *p = out->proof + 2; *p; p++)
		*p = *p >= 'a' ? (char)(*p - 'a' + 'A') : *p;
	return true;
}

static bool session_key(
        const struct legacy *l, const uint8_t master[HASH], const char *magic, uint8_t out[HASH])
{
	static const uint8_t pad1[40];
	uint8_t pad2[40], sha[SHA];
	struct span part[] = {span_of(master, HASH), span_of(pad1, sizeof(pad1)),
	        span_of(magic, strlen(magic)), span_of(pad2, sizeof(pad2))};

	memset(pad2, 0xf2, sizeof(pad2));
	bool ok = digest(l, "SHA1", part, ARRAY_LEN(part), sha);

	memcpy(out, sha, HASH);
	wipe(sha, sizeof(sha));
	return ok;
}

static bool make_msk(const struct legacy *l, const uint8_t hash_hash[HASH], struct mschap_out *out)
{
	uint8_t sha[SHA];
	struct span part[] = {span_of(hash_hash, HASH),
	        span_of(out->nt_response, sizeof(out->nt_response)),
	        span_of(magic_key, strlen(magic_key))};
	bool ok = digest(l, "SHA1", part, ARRAY_LEN(part), sha) &&
	          session_key(l, sha, magic_send, out->msk) &&
	          session_key(l, sha, magic_receive, out->msk + HASH);

	wipe(sha, sizeof(sha));
	return ok;
}

bool mschap_compute(const struct mschap_in *in, struct mschap_out *out)
{
	uint8_t hash[HASH] = {0}, hash_hash[HASH] = {0}, challenge[8];
	struct span one = span_of(hash, sizeof(hash));
	struct legacy l;

	*out = (struct mschap_out){0};
	if (!legacy_open(&l))
		return false;
	bool ok = nt_password_hash(&l, in->password, hash) &&
	          digest(&l, "MD4", &one, 1, hash_hash) && challenge_hash(&l, in, challenge) &&
	          challenge_response(&l, hash, challenge, out->nt_response) &&
	          server_proof(&l, hash_hash, challenge, out) && make_msk(&l, hash_hash, out);

	wipe(hash, sizeof(hash));
	wipe(hash_hash, sizeof(hash_hash));
	legacy_close(&l);
	return ok;
}
