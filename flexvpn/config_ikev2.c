/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of IKEv2 proposals, policies, keyrings and authorization policies. */
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

/* ---- proposals
 * ------------------------------------------------------------------------------------------------------------
 */

struct word_id {
	const char *word;
	uint16_t id, bits;
};

static const struct word_id encryptions[] = {{"3des", ENCR_3DES, 0},
        {"aes-cbc-128", ENCR_AES_CBC, 128}, {"aes-cbc-192", ENCR_AES_CBC, 192},
        {"aes-cbc-256", ENCR_AES_CBC, 256}, {"aes-gcm-128", ENCR_AES_GCM_16, 128},
        {"aes-gcm-256", ENCR_AES_GCM_16, 256}};

static const struct word_id integrities[] = {{"sha1", AUTH_HMAC_SHA1_96, 0},
        {"sha256", AUTH_HMAC_SHA2_256_128, 0}, {"sha384", AUTH_HMAC_SHA2_384_192, 0},
        {"sha512", AUTH_HMAC_SHA2_512_256, 0}};

static const struct word_id prfs[] = {{"sha1", PRF_HMAC_SHA1, 0}, {"sha256", PRF_HMAC_SHA2_256, 0},
        {"sha384", PRF_HMAC_SHA2_384, 0}, {"sha512", PRF_HMAC_SHA2_512, 0}};

static const struct word_id groups[] = {{"2", KE_MODP_1024, 0}, {"5", KE_MODP_1536, 0},
        {"14", KE_MODP_2048, 0}, {"15", KE_MODP_3072, 0}, {"16", KE_MODP_4096, 0},
        {"19", KE_ECP_256, 0}, {"20", KE_ECP_384, 0}, {"21", KE_ECP_521, 0}, {"31", KE_X25519, 0}};

/* NULL: an algorithm that this release does not have; the line says so when it is entered. */
static const struct word_id *by_word(const struct word_id *t, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].word, word) == 0)
			return &t[i];
	return NULL;
}

/* The ids of a line's words, in their order, doubles left out. */
static uint8_t ids(
        const struct word_id *t, size_t nt, const char *const *word, size_t n, uint16_t *out)
{
	uint8_t k = 0;

	for (size_t i = 0; i < n && k < IKE_MAX_ALGS; i++) {
		const struct word_id *w = by_word(t, nt, word[i]);
		bool known = w == NULL;

		for (uint8_t j = 0; !known && j < k; j++)
			known = out[j] == w->id;
		if (!known)
			out[k++] = w->id;
	}
	return k;
}

static bool is_among(const char *want, const char *const *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word[i], want) == 0)
			return true;
	return false;
}

static bool has_encr(const struct ike_proposal *p, const struct word_id *w)
{
	for (uint8_t i = 0; i < p->n_encr; i++)
		if (p->encr[i].id == w->id && p->encr[i].bits == w->bits)
			return true;
	return false;
}

void use_global_ikev2_proposal(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_proposal *l)
{
	bool builtin = strcmp(l->name, "default") == 0;

	if (cfg_node_negated(n)) {
		b->c->g.no_default_proposal = true;
		return;
	}
	b->proposal = FX_APPEND(b->c, b->c->proposals);
	if (builtin)
		*b->proposal = fx_default_proposal;
	b->proposal->name = l->name;
}

void use_ikev2_proposal_encryption(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_proposal_encryption *l)
{
	struct ike_proposal *p = &b->proposal->p;

	(void)n;
	b->proposal->des |= is_among("des", l->alg, l->n_alg);
	p->n_encr = 0;
	for (size_t i = 0; i < l->n_alg && p->n_encr < IKE_MAX_ALGS; i++) {
		const struct word_id *w = by_word(encryptions, ARRAY_LEN(encryptions), l->alg[i]);

		if (w && !has_encr(p, w))
			p->encr[p->n_encr++] = (struct ike_encr){.id = w->id, .bits = w->bits};
	}
}

void use_ikev2_proposal_integrity(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_proposal_integrity *l)
{
	struct ike_proposal *p = &b->proposal->p;

	(void)n;
	b->proposal->md5 |= is_among("md5", l->alg, l->n_alg);
	p->n_integ = ids(integrities, ARRAY_LEN(integrities), l->alg, l->n_alg, p->integ);
}

void use_ikev2_proposal_prf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_proposal_prf *l)
{
	struct ike_proposal *p = &b->proposal->p;

	(void)n;
	b->proposal->md5 |= is_among("md5", l->alg, l->n_alg);
	p->n_prf = ids(prfs, ARRAY_LEN(prfs), l->alg, l->n_alg, p->prf);
	b->proposal->prf_given = true;
}

void use_ikev2_proposal_group(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_proposal_group *l)
{
	struct ike_proposal *p = &b->proposal->p;

	(void)n;
	b->proposal->group1 |= is_among("1", l->group, l->n_group);
	p->n_group = ids(groups, ARRAY_LEN(groups), l->group, l->n_group, p->group);
}

static void add_ke(
        struct ike_proposal *p, size_t k, const char *const *name, size_t n, bool optional)
{
	static const struct {
		const char *name;
		uint16_t id;
	} map[] = {{"14", KE_MODP_2048}, {"15", KE_MODP_3072}, {"16", KE_MODP_4096},
	        {"19", KE_ECP_256}, {"20", KE_ECP_384}, {"21", KE_ECP_521}, {"31", KE_X25519},
	        {"mlkem512", KE_ML_KEM_512}, {"mlkem768", KE_ML_KEM_768},
	        {"mlkem1024", KE_ML_KEM_1024}};
	enum { ROOM = ARRAY_LEN(p->addke[0]) - 1 };

	p->n_addke[k] = 0;
	for (size_t i = 0; i < n && p->n_addke[k] < ROOM; i++)
		for (size_t j = 0; j < ARRAY_LEN(map); j++)
			if (strcmp(name[i], map[j].name) == 0)
				p->addke[k][p->n_addke[k]++] = map[j].id;
	if (optional && p->n_addke[k])
		p->addke[k][p->n_addke[k]++] = KE_NONE;
}

void use_ikev2_proposal_pqc(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_proposal_pqc *l)
{
	(void)n;
	add_ke(&b->proposal->p, 0, l->kem, l->n_kem, l->kw_optional);
}

void use_ikev2_proposal_additional_key_exchange(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_proposal_additional_key_exchange *l)
{
	(void)n;
	add_ke(&b->proposal->p, l->number - 1, l->ke, l->n_ke, l->kw_optional);
}

/* ---- policies
 * ---------------------------------------------------------------------------------------------------------------
 */

void use_global_ikev2_policy(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_policy *l)
{
	if (cfg_node_negated(n)) {
		b->c->g.no_default_policy = true;
		return;
	}
	b->policy = FX_APPEND(b->c, b->c->policies);
	b->policy->name = l->name;
}

void use_ikev2_policy_match_fvrf_any(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_policy_match_fvrf_any *l)
{
	(void)n;
	(void)l;
	b->policy->any_fvrf = true;
}

void use_ikev2_policy_match_fvrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_policy_match_fvrf *l)
{
	(void)n;
	b->policy->fvrf = l->vrf;
}

void use_ikev2_policy_match_address_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_policy_match_address_local *l)
{
	struct fx_ike_policy *p = b->policy;

	(void)n;
	if (p->n_match_local < ARRAY_LEN(p->match_local))
		p->match_local[p->n_match_local++] = l->addr;
}

void use_ikev2_policy_proposal(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_policy_proposal *l)
{
	struct fx_ike_policy *p = b->policy;

	(void)n;
	if (p->n_proposal < ARRAY_LEN(p->proposal))
		p->proposal[p->n_proposal++] = l->proposal;
}

/* ---- keyrings
 * ----------------------------------------------------------------------------------------------------------------
 */

void use_global_ikev2_keyring(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_keyring *l)
{
	(void)n;
	b->keyring = FX_APPEND(b->c, b->c->keyrings);
	b->keyring->name = l->name;
}

void use_ikev2_keyring_ikev2_keyring_peer(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_ikev2_keyring_peer *l)
{
	(void)n;
	b->key = FX_APPEND(b->c, b->keyring->keys);
	b->key->name = l->name;
}

void use_ikev2_keyring_peer_description(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_description *l)
{
	(void)n;
	b->key->description = l->text;
}

void use_ikev2_keyring_peer_hostname(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_hostname *l)
{
	(void)n;
	b->key->hostname = l->host;
}

void use_ikev2_keyring_peer_address(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_address *l)
{
	(void)n;
	b->key->has_prefix = true;
	if (l->has_prefix6)
		b->key->prefix = l->prefix6;
	else
		b->key->prefix = fx_prefix(
		        l->has_addr ? &l->addr : &l->addr6, l->has_mask ? &l->mask : NULL);
}

void use_ikev2_keyring_peer_identity(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_identity *l)
{
	struct fx_key *k = b->key;

	(void)n;
	if (l->has_addr)
		k->identity = ike_id_addr(&l->addr);
	else if (l->kw_email)
		k->identity =
		        ike_id_text(ID_RFC822_ADDR, l->kw_domain ? l->email_domain : l->email);
	else if (l->kw_fqdn)
		k->identity = ike_id_text(ID_FQDN, l->kw_domain ? l->fqdn_domain : l->fqdn);
	else
		k->identity = ike_id_text(ID_KEY_ID, l->key_id);
	k->identity_domain = l->kw_domain;
}

static struct span key_of(struct cfg_build *b, bool encrypted, bool hex, const char *text)
{
	return hex ? fx_key_hex(b->c, text) : fx_key_typed(b, encrypted, text);
}

void use_ikev2_keyring_peer_ppk_manual(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_ppk_manual *l)
{
	(void)n;
	b->key->ppk_id = l->id;
	b->key->ppk = key_of(b, l->kw_6, l->has_hex, l->has_hex ? l->hex : l->key);
	b->key->ppk_required = l->kw_required;
}

void use_ikev2_keyring_peer_pre_shared_key(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_pre_shared_key *l)
{
	(void)n;
	b->key->local = key_of(b, l->kw_6, l->kw_hex, l->kw_hex ? l->hex : l->key);
	b->key->remote = key_of(b, l->kw_6, l->kw_hex, l->kw_hex ? l->hex : l->key);
}

void use_ikev2_keyring_peer_pre_shared_key_local(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_pre_shared_key_local *l)
{
	(void)n;
	b->key->local = key_of(b, l->kw_6, l->kw_hex, l->kw_hex ? l->hex : l->key);
}

void use_ikev2_keyring_peer_pre_shared_key_remote(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_keyring_peer_pre_shared_key_remote *l)
{
	(void)n;
	b->key->remote = key_of(b, l->kw_6, l->kw_hex, l->kw_hex ? l->hex : l->key);
}
