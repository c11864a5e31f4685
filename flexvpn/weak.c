/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weak algorithms are negotiated as they are configured, with one warning in the log when they come
 * into the configuration: the guide's own example uses DH group 2 and encryption without integrity.
 * What this release has not (DES, MD5, group 1) is warned of too: it is weak wherever the file
 * goes. `crypto engine compliance shield disable` silences it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/config.h"

typedef void (*weak_fn)(void *ctx, const char *object, const char *what);

static const char *weak_group(uint16_t group)
{
	return group == KE_MODP_1024 ? "DH group 2" : group == KE_MODP_1536 ? "DH group 5" : NULL;
}

/* Named in a proposal, and not negotiated. */
static void weak_absent(const struct fx_ike_proposal *p, const char *object, weak_fn fn, void *ctx)
{
	const struct {
		bool named;
		const char *what;
	} t[] = {{p->des, "DES"}, {p->md5, "MD5"}, {p->group1, "DH group 1"}};

	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (t[i].named)
			fn(ctx, object, t[i].what);
}

static void weak_proposals(const struct fx_config *c, weak_fn fn, void *ctx)
{
	char object[100];

	for (size_t i = 0; i < c->proposals.n; i++) {
		const struct ike_proposal *p = &c->proposals.v[i].p;

		snprintf(object, sizeof(object), "IKEv2 proposal %s", c->proposals.v[i].name);
		for (uint8_t k = 0; k < p->n_encr; k++)
			if (p->encr[k].id == ENCR_3DES)
				fn(ctx, object, "3DES");
		for (uint8_t k = 0; k < p->n_group; k++)
			if (weak_group(p->group[k]))
				fn(ctx, object, weak_group(p->group[k]));
		weak_absent(&c->proposals.v[i], object, fn, ctx);
	}
}

/* A transform that this release has not; NULL: it is not weak. */
static const char *weak_word(const char *transform)
{
	static const struct {
		const char *word, *what;
	} t[] = {{"esp-des", "DES"}, {"esp-md5-hmac", "MD5"}, {"ah-md5-hmac", "MD5"}};

	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (strcmp(t[i].word, transform) == 0)
			return t[i].what;
	return NULL;
}

static const char *weak_transform(const struct fx_transform *t)
{
	const struct alg_encr *e = alg_encr(t->encr.id);

	if (t->unusable)
		return weak_word(t->unusable);
	if (!e)
		return NULL;
	if (e->id == ENCR_3DES)
		return "3DES";
	if (e->id == ENCR_NULL)
		return "no encryption";
	return !e->aead && t->integ == AUTH_NONE ? "encryption without integrity" : NULL;
}

static void weak_ipsec(const struct fx_config *c, weak_fn fn, void *ctx)
{
	char object[100];

	for (size_t i = 0; i < c->transforms.n; i++) {
		snprintf(object, sizeof(object), "transform set %s", c->transforms.v[i].name);
		if (weak_transform(&c->transforms.v[i]))
			fn(ctx, object, weak_transform(&c->transforms.v[i]));
	}
	for (size_t i = 0; i < c->ipsec.n; i++) {
		snprintf(object, sizeof(object), "IPsec profile %s", c->ipsec.v[i].name);
		if (weak_group(c->ipsec.v[i].pfs))
			fn(ctx, object, weak_group(c->ipsec.v[i].pfs));
		if (c->ipsec.v[i].pfs_unusable && strcmp(c->ipsec.v[i].pfs_unusable, "group1") == 0)
			fn(ctx, object, "DH group 1");
	}
}

static void each_weak(const struct fx_config *c, weak_fn fn, void *ctx)
{
	weak_proposals(c, fn, ctx);
	weak_ipsec(c, fn, ctx);
}

struct seen {
	const char *object, *what;
	bool found;
};

static void compare(void *ctx, const char *object, const char *what)
{
	struct seen *s = ctx;

	s->found |= strcmp(s->object, object) == 0 && strcmp(s->what, what) == 0;
}

static void warn(void *ctx, const char *object, const char *what)
{
	const struct fx_config *old = ctx;
	struct seen s = {.object = object, .what = what};

	if (old)
		each_weak(old, compare, &s);
	if (!s.found)
		log_msg(CRYPTO_WEAK_ALGORITHM, object, what);
}

void fx_warn_weak(const struct fx_config *old, const struct fx_config *fresh)
{
	/* A shield that is lifted now warned before. */
	if (!fresh->g.weak_ok)
		each_weak(fresh, warn, (void *)(old && !old->g.weak_ok ? old : NULL));
}
