/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CREATE_CHILD_SA for the IKE SA itself (RFC 7296 §1.3.2, §2.18, §2.25.2).
 *
 * The session goes over to the new SA when the exchange is done on our side: on the response for
 * who asked, with the response for who was asked. The old SA then waits for its Delete, which comes
 * from who asked. When both ask at once both exchanges are carried out; what the peer's made is the
 * `rival` of the old SA until our response has come, and then the lowest of the four nonces marks
 * the one that goes: whoever made it deletes it, the other one deletes the old SA.
 */
#include "ikev2/sa.h"

/* ---- our request ---------------------------------------------------------------- */

/* First the algorithms that the SA has, then everything configured: ike_proposal_keep() says why.
 */
struct rekey_offer {
	struct ike_proposal p[1 + IKE_MAX_PROPOSALS];
	size_t n;
};

static void rekey_offer(const struct ike_sa *sa, struct rekey_offer *o)
{
	const struct ike_peering *p = &sa->ses->p;

	o->p[0] = ike_proposal_keep(&sa->suite, p->ike, p->n_ike);
	o->n = 1;
	for (size_t i = 0; i < p->n_ike; i++)
		o->p[o->n++] = p->ike[i];
}

void rekey_ike_send(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	uint16_t group = t->group ? t->group : sa->suite.group;
	struct ike_dh *dh = ike_dh_new(group);
	struct rekey_offer offer;

	if (!dh) {
		task_free(t);
		return;
	}
	struct request *r = req_new(sa, REQ_REKEY_IKE, EXCH_CREATE_CHILD);
	struct create *cr = r->cr = xcalloc(1, sizeof(*cr));

	r->task = t;
	cr->dh = dh;
	cr->spi = e_new_ike_spi(s->e);
	e_nonce(s->e, &cr->ni);
	rekey_offer(sa, &offer);
	ike_put_sa(&r->b, IKE_PROTO_IKE, cr->spi, 8, IKE_KE_NEEDED, offer.p, offer.n);
	ike_put_nonce(&r->b, nonce_span(&cr->ni));
	ike_put_ke(&r->b, group, ike_dh_public(dh));
	ike_dbg(s->e, s, 0, "Rekeying IKEv2 SA");
	sa_set_state(sa, IKE_S_REKEYING);
	req_send(sa, r);
}

/* ---- both ----------------------------------------------------------------------- */

struct new_sa {
	bool initiator;
	uint64_t spi_i, spi_r;
	struct ike_suite suite;
	const struct nonce *ni, *nr;
	const struct secret *shared;
};

static struct ike_sa *make_sa(struct ike_sa *old, const struct new_sa *n)
{
	struct session *s = old->ses;
	struct ike_sa *sa;
	struct ike_keys keys = {0};
	uint64_t spi = n->initiator ? n->spi_i : n->spi_r;

	if (!ike_keys_rekey(old->suite.prf, &old->keys.d, &n->suite, nonce_span(n->ni),
	            nonce_span(n->nr), n->spi_i, n->spi_r, n->shared, &keys))
		return NULL;
	sa = sa_new(s, IKE_S_ESTABLISHED, n->initiator);
	sa->spi_i = n->spi_i;
	sa->spi_r = n->spi_r;
	sa->suite = n->suite;
	sa->keys = keys;
	sa_link(sa, spi);
	if (sa_ready(sa))
		return sa;
	sa_unlink(sa);
	return NULL;
}

/* The old SA is not current any more, and the peer is the one to delete it. */
static void leave_to_peer(struct ike_sa *old)
{
	old->replaced = true;
	old->drop_at = old->ses->e->now + REPLACED_MS;
	sa_set_state(old, IKE_S_REKEYING);
}

/* A request on an SA that the peer's rekeying made, while ours is undecided: the peer has decided.
 */
void rekey_ike_peer_uses(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct ike_sa *old = s->current;

	if (s->down || !old || old->rival != sa || sa->state != IKE_S_ESTABLISHED)
		return;
	session_adopt(s, sa);
	old->rival = NULL;
	leave_to_peer(old);
}

/* ---- the peer's request --------------------------------------------------------- */

static bool busy_with_children(const struct ike_sa *sa)
{
	return req_find(sa, REQ_REKEY_CHILD) || req_find(sa, REQ_DELETE_CHILD);
}

static bool may_rekey(const struct ike_sa *sa)
{
	if (busy_with_children(sa) || sa->rival)
		return false;
	return sa->state == IKE_S_ESTABLISHED ||
	       (sa->state == IKE_S_REKEYING && req_find(sa, REQ_REKEY_IKE));
}

/* What follows from the new SA for the old one. */
static void peer_rekeyed(
        struct ike_sa *old, struct ike_sa *fresh, const struct nonce *ni, const struct nonce *nr)
{
	struct session *s = old->ses;
	struct request *r = req_find(old, REQ_REKEY_IKE);

	if (r) {
		r->cr->collided = true;
		r->cr->low = *nonce_min(ni, nr);
		old->rival = fresh;
		fresh->drop_at = s->e->now + REPLACED_MS;
		return;
	}
	session_adopt(s, fresh);
	task_remove(s, TASK_REKEY_IKE, 0);
	leave_to_peer(old);
}

static uint16_t answer(struct ike_sa *old, const struct ike_msg *m, struct ike_build *b,
        const struct ike_choice *choice, const struct ike_pl_ke *ke)
{
	struct session *s = old->ses;
	struct nonce ni, nr;
	struct secret shared = {0};
	struct ike_dh *dh = ike_dh_new(choice->suite.group);
	struct new_sa n = {.spi_i = ike_choice_spi(choice),
	        .suite = choice->suite,
	        .ni = &ni,
	        .nr = &nr,
	        .shared = &shared};
	struct ike_sa *fresh = NULL;

	e_nonce(s->e, &nr);
	n.spi_r = e_new_ike_spi(s->e);
	if (dh && n.spi_i && nonce_read(m, &ni) && ike_dh_shared(dh, ke->data, &shared))
		fresh = make_sa(old, &n);
	if (fresh) {
		ike_put_sa_choice(b, IKE_PROTO_IKE, n.spi_r, 8, choice);
		ike_put_nonce(b, nonce_span(&nr));
		ike_put_ke(b, choice->suite.group, ike_dh_public(dh));
		peer_rekeyed(old, fresh, &ni, &nr);
	}
	ike_dh_free(dh);
	secret_wipe(&shared);
	return fresh ? 0 : N_INVALID_SYNTAX;
}

void rekey_ike_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	const struct ike_pl *psa = ike_msg_find(m, PL_SA), *pke = ike_msg_find(m, PL_KE);
	struct ike_choice choice;
	struct ike_pl_ke ke;
	struct rekey_offer ours;
	uint8_t group[2];
	uint16_t no = 0;

	rekey_offer(sa, &ours);
	if (!may_rekey(sa))
		no = N_TEMPORARY_FAILURE;
	else if (!psa || !pke || !ike_get_ke(pke, &ke))
		no = N_INVALID_SYNTAX;
	else if (!ike_sa_choose(
	                 psa, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, ours.p, ours.n, ke.group, &choice))
		no = N_NO_PROPOSAL_CHOSEN;
	else if (choice.suite.group != ke.group)
		no = N_INVALID_KE_PAYLOAD;
	else
		no = answer(sa, m, b, &choice, &ke);
	put_u16(group, no == N_INVALID_KE_PAYLOAD ? choice.suite.group : 0);
	if (no)
		ike_put_notify(b, no, span_of(group, no == N_INVALID_KE_PAYLOAD ? 2 : 0));
	if (no == N_INVALID_SYNTAX)
		*after = (struct after){AFTER_DOWN_LOUD, IKE_R_SYNTAX, 0};
}

/* ---- the response to ours ------------------------------------------------------- */

static void refused(struct ike_sa *sa, struct request *r, const struct ike_pl_notify *n)
{
	struct session *s = sa->ses;
	uint16_t group = n->data.n == 2 ? get_u16(n->data.p) : 0;
	ike_time at = s->e->now;

	ike_dbg(s->e, s, 1, "Rekeying IKEv2 SA refused: %s", ike_notify_name(n->type));
	if (s->down || sa != s->current)
		return;
	if (n->type == N_INVALID_SYNTAX) {
		ike_session_close(s, IKE_R_SYNTAX, n->type);
		return;
	}
	if (sa->rival) { /* the peer's own rekeying stands */
		rekey_ike_peer_uses(sa->rival);
		return;
	}
	if (sa->state == IKE_S_REKEYING)
		sa_set_state(sa, IKE_S_ESTABLISHED);
	if (n->type == N_TEMPORARY_FAILURE) {
		at += 500 + e_random_below(s->e, 3500);
	} else if (n->type == N_INVALID_KE_PAYLOAD && ++r->task->refused < 3 &&
	           ike_proposals_have_group(s->p.ike, s->p.n_ike, group)) {
		r->task->group = group;
	} else {
		sa->rekey_at = at + REDO_MS;
		return;
	}
	task_back(s, r->task, at);
	r->task = NULL;
}

static struct ike_sa *read_answer(
        struct ike_sa *sa, struct request *r, const struct ike_msg *m, struct nonce *nr)
{
	const struct ike_pl *psa = ike_msg_find(m, PL_SA), *pke = ike_msg_find(m, PL_KE);
	struct ike_choice choice;
	struct ike_pl_ke ke;
	struct rekey_offer offer;
	struct secret shared = {0};
	struct ike_sa *fresh = NULL;

	rekey_offer(sa, &offer);
	if (!psa || !pke || !nonce_read(m, nr) || !ike_get_ke(pke, &ke) ||
	        !ike_sa_verify(psa, IKE_PROTO_IKE, 8, IKE_KE_NEEDED, offer.p, offer.n, &choice) ||
	        ke.group != ike_dh_group(r->cr->dh) || choice.suite.group != ke.group)
		return NULL;
	if (ike_dh_shared(r->cr->dh, ke.data, &shared)) {
		struct new_sa n = {.initiator = true,
		        .spi_i = r->cr->spi,
		        .spi_r = ike_choice_spi(&choice),
		        .suite = choice.suite,
		        .ni = &r->cr->ni,
		        .nr = nr,
		        .shared = &shared};

		fresh = n.spi_r ? make_sa(sa, &n) : NULL;
	}
	secret_wipe(&shared);
	return fresh;
}

static void decide(
        struct ike_sa *old, struct ike_sa *fresh, const struct create *cr, const struct nonce *nr)
{
	struct session *s = old->ses;
	struct ike_sa *rival = old->rival;

	if (rival && nonce_lower(nonce_min(&cr->ni, nr), &cr->low)) {
		sa_close(fresh, 0);
		rekey_ike_peer_uses(rival);
		return;
	}
	old->rival = NULL;
	session_adopt(s, fresh);
	sa_close(old, 0);
}

void rekey_ike_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n;
	struct nonce nr;
	struct ike_sa *fresh;

	if (ike_msg_error(m, &n)) {
		refused(sa, r, &n);
		return;
	}
	fresh = read_answer(sa, r, m, &nr);
	if (!fresh) { /* the peer now has an SA that we cannot make: no way on from here */
		ike_session_close(s, IKE_R_SYNTAX, 0);
		return;
	}
	if (s->down || sa != s->current)
		sa_close(fresh, 0);
	else
		decide(sa, fresh, r->cr, &nr);
}
