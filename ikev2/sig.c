/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures: see sig.h. SHA-1 is used for method 1 with a peer that announces nothing, because
 * RFC 7296 §2.15 leaves no other way, and never for method 14 (RFC 8247 §3.2).
 */
#include "ikev2/sig.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/mem.h"
#include "ikev2/payload.h"

enum { COORD_MAX = 66, ALG_MAX = 255 };

/* ---- the table -------------------------------------------------------------------- */

#define OID_RSA    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01
#define RSA_ALG(n) (const uint8_t[]){0x30, 0x0d, 0x06, 0x09, OID_RSA, n, 0x05, 0x00}, 15
#define ECDSA_ALG(n)                                                                               \
	(const uint8_t[]){0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, n}, 12
#define ED_ALG(n) (const uint8_t[]){0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, n}, 7
/* RFC 4055: hash, MGF1 with the same hash, salt as long as the hash. */
#define PSS_ALG(h, salt)                                                                           \
	(const uint8_t[]){0x30, 0x41, 0x06, 0x09, OID_RSA, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30,     \
	        0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, h, 0x05, 0x00,   \
	        0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, OID_RSA, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60,   \
	        0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, h, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01,   \
	        salt},                                                                             \
	        67

/* Best first: the first row that key and peer allow is taken. */
static const struct ike_sig_scheme schemes[] = {
        /* clang-format off */
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_RSA,     0,   SIG_HASH_SHA256,   "RSA with SHA-256",        { RSA_ALG(0x0b) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_RSA,     0,   SIG_HASH_SHA384,   "RSA with SHA-384",        { RSA_ALG(0x0c) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_RSA,     0,   SIG_HASH_SHA512,   "RSA with SHA-512",        { RSA_ALG(0x0d) } },
	{ IKE_METHOD_RSA,       IKE_KEY_RSA,     0,   SIG_HASH_SHA1,     "RSA with SHA-1",          { NULL, 0 } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_RSA_PSS, 0,   SIG_HASH_SHA256,   "RSASSA-PSS with SHA-256", { PSS_ALG(1, 0x20) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_RSA_PSS, 0,   SIG_HASH_SHA384,   "RSASSA-PSS with SHA-384", { PSS_ALG(2, 0x30) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_RSA_PSS, 0,   SIG_HASH_SHA512,   "RSASSA-PSS with SHA-512", { PSS_ALG(3, 0x40) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_EC,      256, SIG_HASH_SHA256,   "ECDSA with SHA-256",      { ECDSA_ALG(2) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_EC,      384, SIG_HASH_SHA384,   "ECDSA with SHA-384",      { ECDSA_ALG(3) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_EC,      521, SIG_HASH_SHA512,   "ECDSA with SHA-512",      { ECDSA_ALG(4) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_EC,      0,   SIG_HASH_SHA256,   "ECDSA with SHA-256",      { ECDSA_ALG(2) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_EC,      0,   SIG_HASH_SHA384,   "ECDSA with SHA-384",      { ECDSA_ALG(3) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_EC,      0,   SIG_HASH_SHA512,   "ECDSA with SHA-512",      { ECDSA_ALG(4) } },
	{ IKE_METHOD_ECDSA_256, IKE_KEY_EC,      256, SIG_HASH_SHA256,   "ECDSA-256",               { NULL, 0 } },
	{ IKE_METHOD_ECDSA_384, IKE_KEY_EC,      384, SIG_HASH_SHA384,   "ECDSA-384",               { NULL, 0 } },
	{ IKE_METHOD_ECDSA_521, IKE_KEY_EC,      521, SIG_HASH_SHA512,   "ECDSA-521",               { NULL, 0 } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_ED25519, 0,   SIG_HASH_IDENTITY, "Ed25519",                 { ED_ALG(0x70) } },
	{ IKE_METHOD_SIGNATURE,   IKE_KEY_ED448,   0,   SIG_HASH_IDENTITY, "Ed448",                   { ED_ALG(0x71) } },
        /* clang-format on */
};

static const char *hash_name(uint8_t hash)
{
	static const char *const name[] = {[SIG_HASH_SHA1] = "SHA1",
	        [SIG_HASH_SHA256] = "SHA256",
	        [SIG_HASH_SHA384] = "SHA384",
	        [SIG_HASH_SHA512] = "SHA512"};

	return hash < ARRAY_LEN(name) ? name[hash]
	                              : NULL; /* EdDSA: none, and NULL is what EVP wants */
}

unsigned ike_sig_hashes(struct span data)
{
	struct rd r = rd_init(data.p, data.n);
	unsigned set = 0;

	while (r.n >= 2) {
		uint16_t h = rd_u16(&r);

		if (h >= SIG_HASH_SHA1 && h <= SIG_HASH_IDENTITY)
			set |= 1u << h;
	}
	return set;
}

void ike_sig_announce(uint8_t out[IKE_SIG_HASHES_LEN])
{
	static const uint16_t ours[] = {
	        SIG_HASH_SHA256, SIG_HASH_SHA384, SIG_HASH_SHA512, SIG_HASH_IDENTITY};

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		put_u16(out + 2 * i, ours[i]);
}

const struct ike_sig_scheme *ike_sig_choose(enum ike_key_type key, unsigned bits, unsigned hashes)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const struct ike_sig_scheme *s = &schemes[i];

		if (s->key == key && (!s->bits || s->bits == bits) &&
		        (s->method != IKE_METHOD_SIGNATURE || hashes & 1u << s->hash))
			return s;
	}
	return NULL;
}

enum ike_key_type ike_sig_key_type(const struct evp_pkey_st *key, unsigned *bits)
{
	static const struct {
		int id;
		enum ike_key_type type;
	} map[] = {{EVP_PKEY_RSA, IKE_KEY_RSA}, {EVP_PKEY_RSA_PSS, IKE_KEY_RSA_PSS},
	        {EVP_PKEY_EC, IKE_KEY_EC}, {EVP_PKEY_ED25519, IKE_KEY_ED25519},
	        {EVP_PKEY_ED448, IKE_KEY_ED448}};

	*bits = (unsigned)EVP_PKEY_get_bits(key);
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (EVP_PKEY_get_base_id(key) == map[i].id)
			return map[i].type;
	return IKE_KEY_NONE;
}

/* ---- r ‖ s and DER (RFC 4754 §3, §7) ---------------------------------------------------- */

static size_t coord(unsigned bits)
{
	return (bits + 7) / 8;
}

static bool der_to_pair(struct span der, size_t n, struct secret *out)
{
	const uint8_t *p = der.p;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	uint8_t *to = secret_reserve(out, 2 * n);
	bool ok = s && BN_bn2binpad(ECDSA_SIG_get0_r(s), to, (int)n) == (int)n &&
	          BN_bn2binpad(ECDSA_SIG_get0_s(s), to + n, (int)n) == (int)n;

	ECDSA_SIG_free(s);
	return ok;
}

static bool pair_to_der(struct span pair, size_t n, struct secret *out)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(pair.p, (int)n, NULL), *v = BN_bin2bn(pair.p + n, (int)n, NULL);
	uint8_t *der = NULL;
	int len = -1;

	if (s && r && v && ECDSA_SIG_set0(s, r, v) == 1) {
		r = v = NULL;
		len = i2d_ECDSA_SIG(s, &der);
	}
	if (len > 0)
		secret_set(out, der, (size_t)len);
	OPENSSL_free(der);
	BN_free(r);
	BN_free(v);
	ECDSA_SIG_free(s);
	return len > 0;
}

/* ---- signing ---------------------------------------------------------------------------- */

static bool set_pss(EVP_PKEY_CTX *pc, int salt, const EVP_MD *mgf)
{
	return EVP_PKEY_CTX_set_rsa_padding(pc, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(pc, salt) == 1 &&
	       (!mgf || EVP_PKEY_CTX_set_rsa_mgf1_md(pc, mgf) == 1);
}

static bool evp_sign(
        EVP_PKEY *key, const struct ike_sig_scheme *s, struct span octets, struct secret *out)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pc = NULL;
	size_t n = 0;
	bool ok =
	        c && EVP_DigestSignInit_ex(c, &pc, hash_name(s->hash), NULL, NULL, key, NULL) == 1;

	if (ok && s->key == IKE_KEY_RSA_PSS)
		ok = set_pss(pc, RSA_PSS_SALTLEN_DIGEST, NULL);
	ok = ok && EVP_DigestSign(c, NULL, &n, octets.p, octets.n) == 1;
	if (ok) {
		secret_reserve(out, n);
		ok = EVP_DigestSign(c, out->p, &n, octets.p, octets.n) == 1;
		out->n = ok ? n : out->n;
	}
	EVP_MD_CTX_free(c);
	return ok;
}

/* RFC 7427 §3: length and AlgorithmIdentifier in front. */
static void put_alg(struct span alg, struct secret *sig)
{
	struct secret whole = {0};

	secret_reserve(&whole, 1 + alg.n + sig->n);
	whole.p[0] = (uint8_t)alg.n;
	memcpy(whole.p + 1, alg.p, alg.n);
	memcpy(whole.p + 1 + alg.n, sig->p, sig->n);
	secret_wipe(sig);
	*sig = whole;
}

bool ike_sig_sign(struct evp_pkey_st *key, const struct ike_sig_scheme *s, struct span octets,
        struct secret *out)
{
	struct secret sig = {0};
	unsigned bits;
	bool ok = ike_sig_key_type(key, &bits) == s->key && (!s->bits || s->bits == bits) &&
	          evp_sign(key, s, octets, &sig);

	if (ok && s->alg.n) {
		put_alg(s->alg, &sig);
		secret_copy(out, &sig);
	} else if (ok && s->key == IKE_KEY_EC) {
		ok = der_to_pair(secret_span(&sig), coord(bits), out);
	} else if (ok) {
		secret_copy(out, &sig);
	}
	secret_wipe(&sig);
	return ok;
}

/* ---- verifying -------------------------------------------------------------------------- */

/* What the signature claims to be. */
struct claim {
	uint8_t hash;
	bool pss;
	int salt;
	enum ike_key_type key;
};

static bool evp_verify(EVP_PKEY *key, const struct claim *cl, struct span sig, struct span octets)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pc = NULL;
	bool ok = c &&
	          EVP_DigestVerifyInit_ex(c, &pc, hash_name(cl->hash), NULL, NULL, key, NULL) == 1;

	if (ok && cl->pss)
		ok = set_pss(pc, cl->salt, NULL);
	ok = ok && EVP_DigestVerify(c, sig.p, sig.n, octets.p, octets.n) == 1;
	EVP_MD_CTX_free(c);
	return ok;
}

/* Method 1: the hash stands inside the signature, so each is tried, the customary one first. */
static bool verify_rsa(EVP_PKEY *key, struct span data, struct span octets)
{
	static const uint8_t order[] = {
	        SIG_HASH_SHA1, SIG_HASH_SHA256, SIG_HASH_SHA384, SIG_HASH_SHA512};

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct claim cl = {.hash = order[i], .key = IKE_KEY_RSA};

		if (evp_verify(key, &cl, data, octets))
			return true;
	}
	return false;
}

static bool verify_ecdsa(
        EVP_PKEY *key, unsigned bits, uint8_t method, struct span data, struct span octets)
{
	static const struct {
		unsigned bits;
		uint8_t hash;
	} of[] = {{256, SIG_HASH_SHA256}, {384, SIG_HASH_SHA384}, {521, SIG_HASH_SHA512}};
	unsigned i = (unsigned)(method - IKE_METHOD_ECDSA_256);
	struct secret der = {0};
	struct claim cl = {.hash = of[i].hash, .key = IKE_KEY_EC};
	bool ok = bits == of[i].bits && data.n == 2 * coord(bits) &&
	          pair_to_der(data, coord(bits), &der) &&
	          evp_verify(key, &cl, secret_span(&der), octets);

	secret_wipe(&der);
	return ok;
}

static uint8_t hash_of_nid(int nid)
{
	switch (nid) {
	case NID_sha256:
		return SIG_HASH_SHA256;
	case NID_sha384:
		return SIG_HASH_SHA384;
	case NID_sha512:
		return SIG_HASH_SHA512;
	default:
		return 0;
	}
}

static uint8_t hash_of_alg(const X509_ALGOR *a)
{
	const ASN1_OBJECT *o = NULL;

	if (a)
		X509_ALGOR_get0(&o, NULL, NULL, a);
	return o ? hash_of_nid(OBJ_obj2nid(o)) : 0;
}

/* The parameters of RSASSA-PSS: what is left out means SHA-1, and that is refused. */
static bool claim_pss(const X509_ALGOR *alg, struct claim *cl)
{
	RSA_PSS_PARAMS *p = NULL;
	X509_ALGOR *mgf_hash = NULL;
	int type = V_ASN1_UNDEF;
	const void *par = NULL;

	X509_ALGOR_get0(NULL, &type, &par, alg);
	if (type == V_ASN1_SEQUENCE)
		p = ASN1_item_unpack(par, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (p && p->maskGenAlgorithm && OBJ_obj2nid(p->maskGenAlgorithm->algorithm) == NID_mgf1 &&
	        p->maskGenAlgorithm->parameter &&
	        p->maskGenAlgorithm->parameter->type == V_ASN1_SEQUENCE)
		mgf_hash = ASN1_item_unpack(
		        p->maskGenAlgorithm->parameter->value.sequence, ASN1_ITEM_rptr(X509_ALGOR));
	cl->pss = true;
	cl->hash = p ? hash_of_alg(p->hashAlgorithm) : 0;
	cl->salt = p && p->saltLength ? (int)ASN1_INTEGER_get(p->saltLength) : 20;
	cl->key = IKE_KEY_RSA;
	bool ok = cl->hash && hash_of_alg(mgf_hash) == cl->hash && cl->salt >= 0 &&
	          cl->salt <= 64 && (!p->trailerField || ASN1_INTEGER_get(p->trailerField) == 1);

	X509_ALGOR_free(mgf_hash);
	RSA_PSS_PARAMS_free(p);
	return ok;
}

static bool claim_plain(int nid, struct claim *cl)
{
	static const struct {
		int nid;
		uint8_t hash;
		enum ike_key_type key;
	} map[] = {{NID_sha256WithRSAEncryption, SIG_HASH_SHA256, IKE_KEY_RSA},
	        {NID_sha384WithRSAEncryption, SIG_HASH_SHA384, IKE_KEY_RSA},
	        {NID_sha512WithRSAEncryption, SIG_HASH_SHA512, IKE_KEY_RSA},
	        {NID_ecdsa_with_SHA256, SIG_HASH_SHA256, IKE_KEY_EC},
	        {NID_ecdsa_with_SHA384, SIG_HASH_SHA384, IKE_KEY_EC},
	        {NID_ecdsa_with_SHA512, SIG_HASH_SHA512, IKE_KEY_EC},
	        {NID_ED25519, SIG_HASH_IDENTITY, IKE_KEY_ED25519},
	        {NID_ED448, SIG_HASH_IDENTITY, IKE_KEY_ED448}};

	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (map[i].nid == nid) {
			cl->hash = map[i].hash;
			cl->key = map[i].key;
			return true;
		}
	return false;
}

static bool claim_read(struct span der, struct claim *cl)
{
	const uint8_t *p = der.p;
	X509_ALGOR *a = d2i_X509_ALGOR(NULL, &p, (long)der.n);
	const ASN1_OBJECT *o = NULL;
	bool ok = false;

	*cl = (struct claim){0};
	if (a && p == der.p + der.n) {
		X509_ALGOR_get0(&o, NULL, NULL, a);
		ok = OBJ_obj2nid(o) == NID_rsassaPss ? claim_pss(a, cl)
		                                     : claim_plain(OBJ_obj2nid(o), cl);
	}
	X509_ALGOR_free(a);
	return ok;
}

static bool key_fits(const struct claim *cl, enum ike_key_type type)
{
	return cl->key == type || (cl->pss && type == IKE_KEY_RSA_PSS);
}

static bool verify_digital(
        EVP_PKEY *key, enum ike_key_type type, struct span data, struct span octets)
{
	struct rd r = rd_init(data.p, data.n);
	struct span alg = rd_span(&r, rd_u8(&r)), sig = rd_rest(&r);
	struct claim cl;

	return rd_ok(&r) && sig.n && claim_read(alg, &cl) && key_fits(&cl, type) &&
	       evp_verify(key, &cl, sig, octets);
}

bool ike_sig_verify(const struct ike_spki *spki, uint8_t method, struct span data,
        struct span octets, enum ike_key_type *type)
{
	const uint8_t *p = spki->der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki->n);
	unsigned bits = 0;
	bool ok = false;

	*type = key ? ike_sig_key_type(key, &bits) : IKE_KEY_NONE;
	if (method == IKE_METHOD_SIGNATURE)
		ok = key && verify_digital(key, *type, data, octets);
	else if (method == IKE_METHOD_RSA)
		ok = *type == IKE_KEY_RSA && verify_rsa(key, data, octets);
	else if (method >= IKE_METHOD_ECDSA_256 && method <= IKE_METHOD_ECDSA_521)
		ok = *type == IKE_KEY_EC && verify_ecdsa(key, bits, method, data, octets);
	EVP_PKEY_free(key);
	return ok;
}
