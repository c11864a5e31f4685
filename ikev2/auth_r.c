/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_AUTH, responder (RFC 7296 §1.2, §2.15, §2.19, §2.21.2): check who it is, lease an address,
 * make the first child. A child that is refused leaves the IKE SA up. That is one exchange, or
 * several: with EAP (auth_eap_r.c), alone or as a second authentication (RFC 4739).
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

void auth_refuse(struct ike_sa *sa, struct ike_build *b, struct after *after, enum ike_reason why)
{
	sa->ses->e->n.auth_failed++;
	ike_put_notify(b, N_AUTHENTICATION_FAILED, (struct span){0});
	*after = (struct after){AFTER_DOWN, why, N_AUTHENTICATION_FAILED};
}

/* RFC 7296 §2.4: the peer has no other SA with us, so ours with it are dead. */
static void initial_contact(struct session *s)
{
	struct ike *e = s->e;

	ike_dbg(e, s, 0, "Checking for duplicate IKEv2 SA");
	for (struct session *o = twins_first(e, &s->remote_id, false), *next; o; o = next) {
		next = o->twin_next;
		if (o == s || !o->established || o->down ||
		        !ike_id_eq(&o->remote_id, &s->remote_id) ||
		        !ike_id_eq(&o->p.local_id, &s->p.local_id))
			continue;
		session_down(o, IKE_R_REPLACED, 0);
		session_destroy(o);
	}
}

/* A configuration answer and the child, or the notify that says why not. */
static uint16_t make_child(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct child_make *mk)
{
	struct session *s = sa->ses;
	struct attr_store reply = {0};
	struct ike_choice choice;
	bool asked;
	uint16_t no = 0;

	if (!cfg_answer_request(s, m, &asked, &reply))
		return N_INTERNAL_ADDRESS_FAILURE;
	bool later = s->p.childless && !ike_msg_find(m, PL_SA); /* RFC 6023 */

	if (!later &&
	        (!ike_msg_find(m, PL_SA) || !ike_msg_find(m, PL_TSi) || !ike_msg_find(m, PL_TSr)))
		no = N_NO_PROPOSAL_CHOSEN;
	else if (!later)
		no = child_choose(s, m, IKE_KE_WITHOUT, KE_NONE, &choice, mk);
	if (asked)
		ike_put_cp(b, CP_REPLY, &reply.a);
	if (mk->spi_in)
		child_put_answer(s, b, &choice, mk, (struct span){0}, (struct span){0});
	attrs_fini(&reply);
	return no;
}

/* With more than one request the first says what is wanted, and the last is answered. */
void auth_keep_first(struct ike_sa *sa, const struct ike_msg *m)
{
	struct handshake *h = sa->hs;

	h->first.p = xmemdup(m->raw.p, m->raw.n);
	h->first.n = m->raw.n;
	h->first.h = m->h;
}

static void conclude(struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b)
{
	struct session *s = sa->ses;
	struct child_make mk = {.ni = nonce_span(&sa->hs->ni), .nr = nonce_span(&sa->hs->nr)};
	uint16_t no;

	auth_read_window(s, m);
	if (s->p.unique || ike_msg_has_notify(m, N_INITIAL_CONTACT))
		initial_contact(s);
	auth_done(sa);
	no = redirect_put_auth(s, b) ? 0 : make_child(sa, m, b, &mk);
	if (!no && mk.spi_in && !child_add(sa, &mk))
		no = N_NO_PROPOSAL_CHOSEN;
	if (no)
		ike_put_notify(b, no, (struct span){0});
	auth_put_notifies(s, b);
	handshake_free(sa->hs);
	sa->hs = NULL;
}

/* What the user is given, now that it is known who it is. */
static void authorize(struct session *s)
{
	const struct ike_ops *o = &s->e->ops;
	struct ike_attrs reply = {0};

	if (!s->eap_name.n || !o->eap_user)
		return;
	o->eap_user(
	        o->ctx, s->handle, s->p.owner, &s->remote_id, secret_span(&s->eap_name), &reply);
	attrs_copy(&s->reply, &reply);
	s->p.cfg_reply = s->reply.a;
}

void auth_conclude(struct ike_sa *sa, struct ike_build *b, struct after *after)
{
	struct handshake *h = sa->hs;
	uint8_t *copy = h->first.p;
	struct ike_msg m;

	h->first.p = NULL;
	if (ike_inner_parse(&h->first.h, h->first.h.next, span_of(copy, h->first.n), &m) ==
	        IKE_PARSE_OK) {
		authorize(sa->ses);
		conclude(sa, &m, b);
	} else {
		auth_refuse(sa, b, after, IKE_R_INTERNAL);
	}
	free(copy);
}

/* RFC 4739: the peer proves itself a second time, by EAP, where the profile says so; and only
 * there. */
static bool another_fits(const struct ike_sa *sa, const struct ike_msg *m)
{
	bool follows = ike_msg_has_notify(m, N_ANOTHER_AUTH_FOLLOWS);

	if (sa->hs->resuming)
		return !follows;

	if (follows == sa->ses->p.remote_eap_too)
		return true;
	ike_dbg(sa->ses->e, sa->ses, 1,
	        follows ? "The peer wants to authenticate itself twice, which the profile does not "
	                  "know"
	                : "The profile wants the peer to authenticate itself twice");
	return false;
}

static bool put_ours(struct ike_sa *sa, struct ike_build *b)
{
	struct session *s = sa->ses;

	ike_put_id(b, PL_IDr, &s->p.local_id);
	if (!sa->hs->resuming)
		auth_put_certs(sa, b);
	ppk_put_answer(sa, b);
	if (auth_put(sa, b))
		return true;
	ike_dbg(s->e, s, 1, "No key to authenticate with");
	return false;
}

static void first_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	enum ike_reason why = auth_identify(sa, m);

	sa->hs->auth_id = m->h.id;
	auth_read_certreq(sa, m);
	if (why == IKE_R_NONE && !sa->hs->resuming && eap_r_asked(sa, m)) {
		auth_keep_first(sa, m);
		sa->hs->unproved = true;
		eap_r_begin(sa, m->h.id, b, after);
		return;
	}
	if (why == IKE_R_NONE)
		why = auth_check_proof(sa, m);
	if (why == IKE_R_NONE && !another_fits(sa, m))
		why = IKE_R_PEER_AUTH_FAILED;
	if (why == IKE_R_NONE && !put_ours(sa, b))
		why = IKE_R_INTERNAL;
	if (why != IKE_R_NONE) {
		auth_refuse(sa, b, after, why);
	} else if (sa->ses->p.remote_eap_too && !sa->hs->resuming) {
		auth_keep_first(sa, m);
		sa->hs->round = ROUND_NEXT;
	} else {
		authorize(sa->ses);
		conclude(sa, m, b);
	}
}

/* Its name again, or another one, that of the user: AUTH of this round is made over it. */
static void second_begins(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	const struct ike_pl *id = ike_msg_find(m, PL_IDi);
	struct handshake *h = sa->hs;
	struct ike_id user;

	if (!id || !ike_get_id(id, &user) || ike_msg_find(m, PL_AUTH)) {
		auth_refuse(sa, b, after, IKE_R_PEER_AUTH_FAILED);
		return;
	}
	h->n_id_body = id->body.n;
	memcpy(h->id_body, id->body.p, id->body.n);
	eap_r_begin(sa, m->h.id, b, after);
}

void auth_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	switch (sa->hs->round) {
	case ROUND_FIRST:
		first_request(sa, m, b, after);
		return;
	case ROUND_NEXT:
		second_begins(sa, m, b, after);
		return;
	case ROUND_EAP:
	case ROUND_PROOF:
		eap_r_request(sa, m, b, after);
		return;
	}
}
