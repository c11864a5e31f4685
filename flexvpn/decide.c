/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice of a peer: see decide.h. */
#include "flexvpn/decide.h"

const char *fx_excluded_text(enum fx_excluded x)
{
	static const char *const text[] = {
		[FX_POSSIBLE] = "possible",
		[FX_X_FAILED] = "failed in this pass",
		[FX_X_UNRESOLVED] = "name has no address",
	};

	return text[x];
}

static enum fx_excluded judge(const struct fx_peer *p, const struct fx_tried *tried)
{
	if (fx_tried_has(tried, p->seq))
		return FX_X_FAILED;
	if (!ipaddr_is_set(&p->addr))
		return FX_X_UNRESOLVED;
	return FX_POSSIBLE;
}

void fx_decide(const struct fx_client_cfg *c, const struct fx_tried *tried, struct fx_decision *out)
{
	*out = (struct fx_decision){.chosen = -1};
	for (size_t i = 0; i < c->peers.n && out->n < FX_MAX_PEERS; i++) {
		const struct fx_peer *p = &c->peers.v[i];
		struct fx_candidate *cand = &out->cand[out->n];

		*cand = (struct fx_candidate){.seq = p->seq, .addr = p->addr, .excluded = judge(p, tried)};
		if (cand->excluded == FX_POSSIBLE && out->chosen < 0)
			out->chosen = (int)out->n;
		out->n++;
	}
}
