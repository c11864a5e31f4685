/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of the global IPsec lines, transform sets and IPsec profiles. */
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

/* ---- for all tunnels
 * ----------------------------------------------------------------------------------------------------
 */

void use_global_crypto_logging_ikev2(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_crypto_logging_ikev2 *l)
{
	(void)n;
	(void)l;
	b->c->g.logging_ikev2 = true;
}

void use_global_crypto_engine_shield(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_crypto_engine_shield *l)
{
	(void)n;
	(void)l;
	b->c->g.weak_ok = true;
}

void use_global_ipsec_lifetime_seconds(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ipsec_lifetime_seconds *l)
{
	(void)n;
	b->c->g.ipsec_lifetime_s = l->seconds;
}

void use_global_ipsec_lifetime_kilobytes(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ipsec_lifetime_kilobytes *l)
{
	(void)n;
	b->c->g.ipsec_no_kb = l->kw_disable;
	if (l->has_kilobytes)
		b->c->g.ipsec_lifetime_kb = l->kilobytes;
}

static uint16_t window(bool w64, bool w128, bool w256, bool w512)
{
	return w64 ? 64 : w128 ? 128 : w256 ? 256 : w512 ? 512 : 1024;
}

void use_global_ipsec_replay(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ipsec_replay *l)
{
	(void)n;
	b->c->g.replay_off = l->kw_disable;
	if (!l->kw_disable)
		b->c->g.replay_window = window(l->kw_64, l->kw_128, l->kw_256, l->kw_512);
}

/* ---- transform sets
 * ----------------------------------------------------------------------------------------------------------
 */

static uint16_t key_bits(const struct gl_global_ipsec_transform *l)
{
	return l->kw_256 ? 256 : l->kw_192 ? 192 : 128;
}

static const char *unusable(const struct gl_global_ipsec_transform *l)
{
	const struct {
		bool given;
		const char *word;
	} t[] = {{l->kw_ah_md5_hmac, "ah-md5-hmac"}, {l->kw_ah_sha_hmac, "ah-sha-hmac"},
	        {l->kw_ah_sha256_hmac, "ah-sha256-hmac"}, {l->kw_ah_sha384_hmac, "ah-sha384-hmac"},
	        {l->kw_ah_sha512_hmac, "ah-sha512-hmac"}, {l->kw_esp_des, "esp-des"},
	        {l->kw_esp_seal, "esp-seal"}, {l->kw_esp_gmac, "esp-gmac"},
	        {l->kw_esp_md5_hmac, "esp-md5-hmac"}, {l->kw_comp_lzs, "comp-lzs"}};

	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (t[i].given)
			return t[i].word;
	return NULL;
}

static void encryption(const struct gl_global_ipsec_transform *l, struct fx_transform *t)
{
	if (l->kw_esp_aes)
		t->encr = (struct ike_encr){.id = ENCR_AES_CBC, .bits = key_bits(l)};
	else if (l->kw_esp_gcm)
		t->encr = (struct ike_encr){.id = ENCR_AES_GCM_16, .bits = key_bits(l)};
	else if (l->kw_esp_3des)
		t->encr = (struct ike_encr){.id = ENCR_3DES};
	else if (l->kw_esp_null)
		t->encr = (struct ike_encr){.id = ENCR_NULL};
}

static void integrity(const struct gl_global_ipsec_transform *l, struct fx_transform *t)
{
	if (l->kw_esp_gcm)
		t->integ = AUTH_NONE;
	else if (l->kw_esp_sha_hmac)
		t->integ = AUTH_HMAC_SHA1_96;
	else if (l->kw_esp_sha256_hmac)
		t->integ = AUTH_HMAC_SHA2_256_128;
	else if (l->kw_esp_sha384_hmac)
		t->integ = AUTH_HMAC_SHA2_384_192;
	else if (l->kw_esp_sha512_hmac)
		t->integ = AUTH_HMAC_SHA2_512_256;
}

/* Sets of the user's are in tunnel mode until a line says otherwise; the set `default` is in
 * transport mode. */
void use_global_ipsec_transform(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ipsec_transform *l)
{
	if (cfg_node_negated(n)) {
		b->c->g.no_default_transform = true;
		return;
	}
	b->transform = FX_APPEND(b->c, b->c->transforms);
	b->transform->name = l->name;
	b->transform->mode = strcmp(l->name, "default") == 0 ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL;
	encryption(l, b->transform);
	integrity(l, b->transform);
	b->transform->unusable = unusable(l);
}

void use_ipsec_transform_mode(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ipsec_transform_mode *l)
{
	(void)n;
	b->transform->mode = l->kw_transport ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL;
	b->transform->require = l->kw_require;
}

void use_ipsec_transform_esn(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ipsec_transform_esn *l)
{
	(void)n;
	(void)l;
	b->transform->esn = true;
}

/* ---- profiles
 * ------------------------------------------------------------------------------------------------------------------
 */

void use_global_ipsec_profile(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ipsec_profile *l)
{
	if (cfg_node_negated(n)) {
		b->c->g.no_default_ipsec = true;
		return;
	}
	b->ipsec = FX_APPEND(b->c, b->c->ipsec);
	b->ipsec->name = l->name;
}

void use_ipsec_profile_description(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ipsec_profile_description *l)
{
	(void)n;
	b->ipsec->description = l->text;
}

void use_ipsec_profile_lifetime_seconds(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ipsec_profile_lifetime_seconds *l)
{
	(void)n;
	b->ipsec->lifetime_s = l->seconds;
}

void use_ipsec_profile_lifetime_kilobytes(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ipsec_profile_lifetime_kilobytes *l)
{
	(void)n;
	b->ipsec->no_lifetime_kb = l->kw_disable;
	if (l->has_kilobytes)
		b->ipsec->lifetime_kb = l->kilobytes;
}

void use_ipsec_profile_replay(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ipsec_profile_replay *l)
{
	(void)n;
	b->ipsec->replay_off = l->kw_disable;
	b->ipsec->has_replay = !l->kw_disable;
	if (!l->kw_disable)
		b->ipsec->replay_window = window(l->kw_64, l->kw_128, l->kw_256, l->kw_512);
}

void use_ipsec_profile_transform_set(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ipsec_profile_transform_set *l)
{
	struct fx_ipsec_profile *p = b->ipsec;

	(void)n;
	for (size_t i = 0; i < l->n_name && p->n_transform < ARRAY_LEN(p->transform); i++)
		p->transform[p->n_transform++] = l->name[i];
}

/* `set pfs` without a group is group 14, as on current images. Groups 1 and 24 are not available.
 */
void use_ipsec_profile_pfs(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ipsec_profile_pfs *l)
{
	const struct {
		bool given;
		uint16_t group;
	} t[] = {{l->kw_group2, KE_MODP_1024}, {l->kw_group5, KE_MODP_1536},
	        {l->kw_group14, KE_MODP_2048}, {l->kw_group15, KE_MODP_3072},
	        {l->kw_group16, KE_MODP_4096}, {l->kw_group19, KE_ECP_256},
	        {l->kw_group20, KE_ECP_384}, {l->kw_group21, KE_ECP_521},
	        {l->kw_group31, KE_X25519}};

	(void)n;
	b->ipsec->pfs = KE_MODP_2048;
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (t[i].given)
			b->ipsec->pfs = t[i].group;
	b->ipsec->pfs_unusable = l->kw_group1 ? "group1" : l->kw_group24 ? "group24" : NULL;
}

void use_ipsec_profile_ikev2_profile(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ipsec_profile_ikev2_profile *l)
{
	(void)n;
	b->ipsec->ikev2_profile = l->profile;
}

void use_ipsec_profile_responder_only(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ipsec_profile_responder_only *l)
{
	(void)n;
	(void)l;
	b->ipsec->responder_only = true;
}
