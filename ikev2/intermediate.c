/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_INTERMEDIATE (RFC 9242) with additional key exchanges (RFC 9370): between IKE_SA_INIT and
 * IKE_AUTH, one exchange for each ADDKE transform that was chosen, with a KE payload each way;
 * after each all keys are made anew. That is where ML-KEM goes, whose values are too long for a
 * first message, and which comes beside the classical exchange, not in its place.
 *
 * Both sides keep the chain of prf values over these messages (IntAuth), and AUTH signs its end:
 * nobody can have taken one out. A message is authenticated by the SK_p that held before its own
 * exchange.
 */
#include "ikev2/sa.h"

#include <string.h>

/* The one that is due, or IKE_MAX_ADDKE. */
static unsigned next_ke(const struct ike_sa *sa)
{
	unsigned k = sa->hs->ke_done;

	while (k < IKE_MAX_ADDKE && !sa->suite.addke[k])
		k++;
	return k;
}

bool intermediate_due(const struct ike_sa *sa)
{
	return sa->hs && next_ke(sa) < IKE_MAX_ADDKE;
}

void intermediate_put_supported(const struct session *s, struct ike_build *b)
{
	if (ike_proposals_have_addke(s->p.ike, s->p.n_ike))
		ike_put_notify(b, N_INTERMEDIATE_EXCHANGE_SUPPORTED, (struct span){0});
}

/* RFC 9242 §3.3.2: header and generic header of SK with lengths as if there were neither IV,
 * padding nor ICV, nor fragments; then the payloads in clear. */
static bool chain(struct ike_sa *sa, bool of_initiator, const struct ike_hdr *h, uint8_t first,
        struct span inner)
{
	struct intauth *a = &sa->hs->intauth[of_initiator ? 0 : 1];
	const struct secret *sk_p = of_initiator ? &sa->keys.pi : &sa->keys.pr;
	uint8_t head[IKE_HDR_LEN + IKE_PL_HDR_LEN], mac[IKE_PRF_MAX];
	struct wr w = wr_init(head, sizeof(head));
	size_t n = ike_prf_len(sa->suite.prf);

	wr_u64(&w, h->spi_i);
	wr_u64(&w, h->spi_r);
	wr_u8(&w, PL_SK);
	wr_u8(&w, IKE_VERSION);
	wr_u8(&w, h->exchange);
	wr_u8(&w, h->flags);
	wr_u32(&w, h->id);
	wr_u32(&w, (uint32_t)(sizeof(head) + inner.n));
	wr_u8(&w, first);
	wr_u8(&w, 0);
	wr_u16(&w, (uint16_t)(IKE_PL_HDR_LEN + inner.n));
	const struct span part[] = {span_of(a->b, a->n), span_of(head, sizeof(head)), inner};

	if (!wr_ok(&w) || !ike_prf(sa->suite.prf, secret_span(sk_p), part, ARRAY_LEN(part), mac))
		return false;
	memcpy(a->b, mac, n);
	a->n = n;
	return true;
}

static bool chain_ours(struct ike_sa *sa, const struct ike_build *b, uint32_t id, bool response)
{
	struct ike_hdr h = {.spi_i = sa->spi_i,
	        .spi_r = sa->spi_r,
	        .exchange = EXCH_INTERMEDIATE,
	        .flags = (uint8_t)((sa->initiator ? IKE_F_INITIATOR : 0) |
	                           (response ? IKE_F_RESPONSE : 0)),
	        .id = id};
	uint8_t first;
	struct span inner = ike_build_inner(b, &first);

	return chain(sa, sa->initiator, &h, first, inner);
}

static bool chain_theirs(struct ike_sa *sa, const struct ike_msg *m)
{
	return chain(sa, !sa->initiator, &m->h, m->h.next, m->raw);
}

struct span intermediate_auth(const struct ike_sa *sa, uint8_t out[INTAUTH_MAX])
{
	const struct handshake *h = sa->hs;
	struct wr w = wr_init(out, INTAUTH_MAX);

	if (!h->intauth[0].n)
		return (struct span){0};
	wr_bytes(&w, h->intauth[0].b, h->intauth[0].n);
	wr_bytes(&w, h->intauth[1].b, h->intauth[1].n);
	wr_u32(&w, h->auth_id);
	return span_of(w.p, w.len);
}

/* RFC 9370 §2.2.2: SKEYSEED(n) = prf(SK_d(n-1), SK(n) ‖ Ni ‖ Nr). What the old cipher opens is
 * repeated messages. */
static bool renew_keys(struct ike_sa *sa, const struct secret *shared)
{
	struct handshake *h = sa->hs;
	struct ike_keys fresh = {0};

	if (!ike_keys_rekey(sa->suite.prf, &sa->keys.d, &sa->suite, nonce_span(&h->ni),
	            nonce_span(&h->nr), sa->spi_i, sa->spi_r, shared, &fresh))
		return false;
	ike_keys_wipe(&sa->keys);
	sa->keys = fresh;
	ike_sk_free(sa->old_sk);
	sa->old_sk = sa->sk;
	h->ke_done = next_ke(sa) + 1;
	ike_dbg(sa->ses->e, sa->ses, 0, "Additional key exchange done");
	return sa_ready(sa);
}

/* ---- initiator
 * ------------------------------------------------------------------------------------ */

void intermediate_start(struct ike_sa *sa)
{
	struct handshake *h = sa->hs;
	struct session *s = sa->ses;
	struct request *r;

	ike_dh_free(h->dh);
	h->dh = ike_dh_new(sa->suite.addke[next_ke(sa)]);
	if (!h->dh) {
		session_down(s, IKE_R_INTERNAL, 0);
		return;
	}
	r = req_new(sa, REQ_INTERMEDIATE, EXCH_INTERMEDIATE);
	ike_put_ke(&r->b, ike_dh_group(h->dh), ike_dh_public(h->dh));
	ike_dbg(s->e, s, 0, "Generating IKE_INTERMEDIATE message");
	if (!chain_ours(sa, &r->b, r->id, false)) {
		req_free(r);
		session_down(s, IKE_R_INTERNAL, 0);
		return;
	}
	req_send(sa, r);
}

void intermediate_response(struct ike_sa *sa, const struct ike_msg *m)
{
	struct handshake *h = sa->hs;
	struct session *s = sa->ses;
	struct secret shared = {0};
	struct ike_pl_notify n;
	struct ike_pl_ke ke;

	if (!h || sa->state != IKE_S_AUTH_SENT)
		return;
	if (ike_msg_error(m, &n)) {
		session_down(s, reason_of_notify(n.type), n.type);
		return;
	}
	bool ok = ike_msg_find(m, PL_KE) && ike_get_ke(ike_msg_find(m, PL_KE), &ke) &&
	          ke.group == ike_dh_group(h->dh) && chain_theirs(sa, m) &&
	          ike_dh_shared(h->dh, ke.data, &shared) && renew_keys(sa, &shared);

	secret_wipe(&shared);
	if (!ok)
		session_down(s, IKE_R_INVALID_KE, 0);
	else if (intermediate_due(sa))
		intermediate_start(sa);
	else
		auth_start(sa);
}

/* ---- responder
 * -------------------------------------------------------------------------------------- */

void intermediate_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	struct handshake *h = sa->hs;
	const struct ike_pl *pl = ike_msg_find(m, PL_KE);
	struct ike_dh *dh = NULL;
	struct ike_pl_ke ke;

	sa->drop_at = sa->ses->e->now +
	              sa->ses->e->cfg.half_open_ms; /* it goes on, as often as was agreed */
	secret_wipe(&h->ke_shared);
	if (pl && ike_get_ke(pl, &ke) && ke.group == sa->suite.addke[next_ke(sa)])
		dh = ike_dh_answer(ke.group, ke.data, &h->ke_shared);
	if (dh)
		ike_put_ke(b, ke.group, ike_dh_public(dh));
	if (!dh || !chain_theirs(sa, m) || !chain_ours(sa, b, m->h.id, true)) {
		secret_wipe(&h->ke_shared);
		ike_put_notify(b, N_INVALID_SYNTAX, (struct span){0});
		*after = (struct after){AFTER_DOWN, IKE_R_INVALID_KE, N_INVALID_SYNTAX};
	}
	ike_dh_free(dh);
}

void intermediate_answered(struct ike_sa *sa)
{
	struct handshake *h = sa->hs;

	if (!h || !h->ke_shared.n)
		return;
	if (!renew_keys(sa, &h->ke_shared))
		session_down(sa->ses, IKE_R_INTERNAL, 0);
	else
		secret_wipe(&h->ke_shared);
}
