/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Post-quantum preshared keys (RFC 8784): both announce USE_PPK in IKE_SA_INIT; in IKE_AUTH the
 * initiator names the key, and SK_d, SK_pi and SK_pr are mixed with it. Where it may also be done
 * without, the initiator authenticates itself both ways, and the responder's answer tells which way
 * it took.
 */
#include <stdlib.h>
#include <string.h>

#include "ikev2/sa.h"

enum { PPK_ID_FIXED = 2 };

static struct span id_of(const struct ike_peering *p)
{
	return span_of(p->ppk_id, strlen(p->ppk_id));
}

/* ---- announcing ------------------------------------------------------------------- */

/* A responder answers an announcement, and does not begin one. */
void ppk_put_supported(struct session *s, struct ike_build *b)
{
	const struct handshake *h = s->current ? s->current->hs : NULL;

	if (s->p.use_ppk && (s->initiator || (h && h->ppk_offered)))
		ike_put_notify(b, N_USE_PPK, (struct span){0});
}

void ppk_read_supported(struct ike_sa *sa, const struct ike_msg *m)
{
	sa->hs->ppk_offered = sa->ses->p.use_ppk && ike_msg_has_notify(m, N_USE_PPK);
}

/* ---- keys --------------------------------------------------------------------------- */

/* SK_x = prf+(PPK, SK_x') */
static bool mix(uint16_t prf, const struct secret *ppk, struct secret *key)
{
	struct span seed = secret_span(key);
	struct secret out = {0};
	size_t n = key->n;
	bool ok = ike_prf_plus(prf, secret_span(ppk), &seed, 1, secret_reserve(&out, n), n);

	if (ok)
		secret_set(key, out.p, n);
	secret_wipe(&out);
	return ok;
}

static bool apply(struct ike_sa *sa)
{
	struct ike_keys *k = &sa->keys, *plain = &sa->hs->plain;
	const struct secret *ppk = &sa->ses->p.ppk;

	secret_copy(&plain->d, &k->d);
	secret_copy(&plain->pi, &k->pi);
	secret_copy(&plain->pr, &k->pr);
	sa->ses->ppk_used = mix(sa->suite.prf, ppk, &k->d) && mix(sa->suite.prf, ppk, &k->pi) &&
	                    mix(sa->suite.prf, ppk, &k->pr);
	return sa->ses->ppk_used;
}

void ppk_swap(struct ike_sa *sa)
{
	struct ike_keys *k = &sa->keys, *plain = &sa->hs->plain;
	struct secret *pair[][2] = {{&k->d, &plain->d}, {&k->pi, &plain->pi}, {&k->pr, &plain->pr}};

	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		struct secret t = *pair[i][0];

		*pair[i][0] = *pair[i][1];
		*pair[i][1] = t;
	}
}

/* ---- initiator ------------------------------------------------------------------------ */

bool ppk_start(struct ike_sa *sa)
{
	const struct ike_peering *p = &sa->ses->p;

	if (sa->hs->ppk_offered && p->ppk.n)
		return apply(sa);
	return !p->ppk_required;
}

void ppk_put_identity(struct ike_sa *sa, struct ike_build *b)
{
	uint8_t data[1 + IKE_PPK_ID] = {PPK_ID_FIXED};
	struct span id = id_of(&sa->ses->p);

	if (!sa->ses->ppk_used)
		return;
	memcpy(data + 1, id.p, id.n);
	ike_put_notify(b, N_PPK_IDENTITY, span_of(data, id.n + 1));
}

/* The other way of proving who we are, for a responder that does not have the key. */
bool ppk_wants_both(const struct ike_sa *sa)
{
	return sa->ses->ppk_used && !sa->ses->p.ppk_required;
}

bool ppk_read_answer(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;

	if (!s->ppk_used || ike_msg_has_notify(m, N_PPK_IDENTITY))
		return true;
	if (s->p.ppk_required)
		return false;
	ike_dbg(s->e, s, 0, "The peer goes on without the post-quantum key");
	s->ppk_used = false;
	ppk_swap(sa);
	return true;
}

/* ---- responder ------------------------------------------------------------------------- */

static bool names_ours(const struct session *s, const struct ike_msg *m)
{
	struct ike_pl_notify n;
	struct span id = id_of(&s->p);

	return s->p.ppk.n && ike_msg_notify(m, N_PPK_IDENTITY, &n) && n.data.n == id.n + 1 &&
	       n.data.p[0] == PPK_ID_FIXED && memcmp(n.data.p + 1, id.p, id.n) == 0;
}

bool ppk_choose(struct ike_sa *sa, const struct ike_msg *m, struct span *auth)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n;

	if (sa->hs->ppk_offered && names_ours(s, m))
		return apply(sa);
	if (s->p.ppk_required)
		return false;
	if (!ike_msg_has_notify(m, N_PPK_IDENTITY))
		return true; /* the peer has none, and proves itself as ever */
	if (!ike_msg_notify(m, N_NO_PPK_AUTH, &n))
		return false;
	*auth = n.data;
	return true;
}

void ppk_put_answer(struct ike_sa *sa, struct ike_build *b)
{
	if (sa->ses->ppk_used)
		ike_put_notify(b, N_PPK_IDENTITY, (struct span){0});
}
