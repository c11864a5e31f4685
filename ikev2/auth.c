/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_AUTH, initiator (RFC 7296 §1.2, §2.15): who we are, that we know the key, and the first child
 * SA. The order of payloads is that of IOS.
 */
#include "ikev2/sa.h"

void auth_put_notifies(struct session *s, struct ike_build *b)
{
	uint8_t window[4];

	put_u32(window, s->p.window);
	ike_put_notify(b, N_SET_WINDOW_SIZE, span_of(window, sizeof(window)));
	mobike_put_supported(s, b);
	reauth_put(s, b);
	qcd_put(s->current, b);
	resume_put_ticket(s->current, b);
	if (!s->p.cisco_vendor_ids)
		return;
	ike_put_notify(b, N_ESP_TFC_PADDING_NOT_SUPPORTED, (struct span){0});
	ike_put_notify(b, N_NON_FIRST_FRAGMENTS_ALSO, (struct span){0});
}

void auth_read_window(struct session *s, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	mobike_read_supported(s, m);
	reauth_read(s, m);
	qcd_read(s->current, m);
	resume_read_ticket(s->current, m);
	if (ike_msg_notify(m, N_SET_WINDOW_SIZE, &n) && n.data.n == 4 &&
	        get_u32(n.data.p) > s->peer_window)
		s->peer_window = get_u32(n.data.p);
}

void auth_done(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	char peer[320], me[320];

	sa_not_half_open(sa);
	sa->drop_at = IKE_NEVER;
	sa_set_state(sa, IKE_S_ESTABLISHED);
	session_established(s);
	if (mobike_checks_path(s) && s->nat_local)
		task_add(s, TASK_DPD, 0); /* to know from the start how the peer sees us */
	ike_dbg(s->e, s, 0, "Session with IKE ID PAIR (%s, %s) is UP",
	        ike_id_fmt(&s->remote_id, peer), ike_id_fmt(&s->p.local_id, me));
}

/* ---- initiator ------------------------------------------------------------------ */

/* RFC 7296 §2.4: that this is the only SA between the two is said when it is so. */
static bool only_one(const struct session *s)
{
	const struct ike *e = s->e;

	for (const struct session *o = twins_first(e, &s->p.local_id, true); o; o = o->twin_next)
		if (o != s && o->established && !o->down &&
		        ipaddr_eq(&o->remote.addr, &s->remote.addr) &&
		        ike_id_eq(&o->p.local_id, &s->p.local_id))
			return false;
	return true;
}

/* RFC 4739 §2: to a peer that knows of it. One that does not gets the first authentication alone,
 * and judges it. */
static void put_another(struct ike_sa *sa, struct ike_build *b)
{
	if (!sa->ses->p.local_eap_too || !sa->hs->multi || sa->hs->resuming)
		return;
	sa->hs->another = true;
	ike_put_notify(b, N_MULTIPLE_AUTH_SUPPORTED, (struct span){0});
	ike_put_notify(b, N_ANOTHER_AUTH_FOLLOWS, (struct span){0});
}

void auth_start(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_AUTH, EXCH_AUTH);
	bool ok;

	sa->hs->auth_id = r->id;

	if (s->p.childless && !s->peer_childless) {
		req_free(r);
		session_down(s, IKE_R_CHILDLESS, 0);
		return;
	}
	if (!sa->hs->resuming && !ppk_start(sa)) {
		req_free(r);
		session_down(s, IKE_R_PPK, 0);
		return;
	}
	ike_put_id(&r->b, PL_IDi, &s->p.local_id);
	if (!sa->hs->resuming) {
		auth_put_certs(sa, &r->b);
		auth_put_certreq(s, &r->b);
	}
	if (s->p.remote_id.type != ID_NONE)
		ike_put_id(&r->b, PL_IDr, &s->p.remote_id);
	if (s->p.local_auth == IKE_AUTH_EAP && !sa->hs->resuming) {
		eap_start(sa);
		ok = true;
	} else {
		ok = auth_put(sa, &r->b);
		put_another(sa, &r->b);
	}
	cfg_put_request(s, &r->b);
	if (!s->p.childless) {
		sa->hs->child_spi = e_new_esp_spi(s->e);
		child_put_offer(s, &r->b, sa->hs->child_spi, NULL, IKE_KE_WITHOUT, KE_NONE,
		        (struct span){0}, (struct span){0});
	}
	if (s->p.initial_contact && only_one(s))
		ike_put_notify(&r->b, N_INITIAL_CONTACT, (struct span){0});
	auth_put_notifies(s, &r->b);
	if (!ok) {
		ike_dbg(s->e, s, 1, "No key to authenticate with");
		req_free(r);
		session_down(s, IKE_R_INTERNAL, 0);
		return;
	}
	ike_dbg(s->e, s, 0, "Generating IKE_AUTH message");
	req_send(sa, r);
}

/* The answer comes to somebody who has already given up: the peer may have an SA now, or not. */
static void too_late(struct ike_sa *sa, const struct ike_msg *m)
{
	if (!ike_msg_find(m, PL_AUTH)) {
		sa_unlink(sa);
		return;
	}
	handshake_free(sa->hs);
	sa->hs = NULL;
}

void auth_give_up(struct ike_sa *sa, enum ike_reason why, uint16_t notify)
{
	struct session *s = sa->ses;

	handshake_free(sa->hs);
	sa->hs = NULL;
	ike_session_close(s, why, notify);
}

static void take_child(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	struct child_make mk = {.initiator = true,
	        .spi_in = h->child_spi,
	        .ni = nonce_span(&h->ni),
	        .nr = nonce_span(&h->nr)};
	enum ike_reason why = child_read_answer(s, m, NULL, IKE_KE_WITHOUT, KE_NONE, &mk);

	if (why != IKE_R_NONE) {
		auth_give_up(sa, why, 0);
		return;
	}
	auth_done(sa);
	if (!child_add(sa, &mk)) {
		auth_give_up(sa, IKE_R_INTERNAL, 0);
		return;
	}
	handshake_free(h);
	sa->hs = NULL;
}

void auth_finish(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n = {0};
	bool error = ike_msg_error(m, &n);

	auth_read_window(s, m);
	if (!error && redirect_in_auth(sa, m))
		return;
	if (error || (!s->p.childless && !ike_msg_find(m, PL_SA))) {
		auth_give_up(sa, error ? reason_of_notify(n.type) : IKE_R_CHILD_REFUSED, n.type);
		return;
	}
	cfg_take_reply(s, m);
	if (!s->p.childless) {
		take_child(sa, m);
		return;
	}
	auth_done(sa);
	handshake_free(sa->hs);
	sa->hs = NULL;
}

void auth_response(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n = {0};
	bool error = ike_msg_error(m, &n);
	enum ike_reason why;

	ike_dbg(s->e, s, 0, "Process auth response notify");
	if (sa->state != IKE_S_AUTH_SENT) {
		too_late(sa, m);
		return;
	}
	if (sa->hs->stage != EAP_NOT) {
		eap_response(sa, m);
		return;
	}
	if (!ike_msg_find(m, PL_AUTH)) {
		/* the peer has ended it, and there is nothing to delete there */
		session_down(s, error ? reason_of_notify(n.type) : IKE_R_SYNTAX, n.type);
		return;
	}
	why = auth_check(sa, m);
	if (why != IKE_R_NONE) {
		s->e->n.auth_failed++;
		auth_give_up(sa, why, N_AUTHENTICATION_FAILED);
		return;
	}
	if (sa->hs->another && !error)
		eap_start_second(sa);
	else
		auth_finish(sa, m);
}
