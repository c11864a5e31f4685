/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_AUTH, responder (RFC 7296 §1.2, §2.15, §2.19, §2.21.2): check who it is, lease an address,
 * make the first child. A child that is refused leaves the IKE SA up.
 */
#include "ikev2/sa.h"

static void refuse(struct ike_sa *sa, struct ike_build *b, struct after *after, enum ike_reason why)
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
	for (size_t i = 0; i < e->n_slot; i++) {
		struct session *o = e->slot[i].ses;

		if (!o || o == s || !o->established || o->down ||
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

void auth_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;
	struct child_make mk = {.ni = nonce_span(&sa->hs->ni), .nr = nonce_span(&sa->hs->nr)};
	enum ike_reason why = auth_check(sa, m);
	uint16_t no;
	bool elsewhere;

	auth_read_certreq(sa, m);

	if (why != IKE_R_NONE) {
		refuse(sa, b, after, why);
		return;
	}
	ike_put_id(b, PL_IDr, &s->p.local_id);
	auth_put_certs(sa, b);
	ppk_put_answer(sa, b);
	if (!auth_put(sa, b)) {
		ike_dbg(s->e, s, 1, "No key to authenticate with");
		refuse(sa, b, after, IKE_R_INTERNAL);
		return;
	}
	auth_read_window(s, m);
	if (s->p.unique || ike_msg_has_notify(m, N_INITIAL_CONTACT))
		initial_contact(s);
	auth_done(sa);
	elsewhere = redirect_put_auth(s, b);
	no = elsewhere ? 0 : make_child(sa, m, b, &mk);
	if (!no && mk.spi_in && !child_add(sa, &mk))
		no = N_NO_PROPOSAL_CHOSEN;
	if (no)
		ike_put_notify(b, no, (struct span){0});
	auth_put_notifies(s, b);
	handshake_free(sa->hs);
	sa->hs = NULL;
}
