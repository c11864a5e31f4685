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
	if (!s->p.cisco_vendor_ids)
		return;
	ike_put_notify(b, N_ESP_TFC_PADDING_NOT_SUPPORTED, (struct span){0});
	ike_put_notify(b, N_NON_FIRST_FRAGMENTS_ALSO, (struct span){0});
}

void auth_read_window(struct session *s, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	if (ike_msg_notify(m, N_SET_WINDOW_SIZE, &n) && n.data.n == 4 &&
	        get_u32(n.data.p) > s->peer_window)
		s->peer_window = get_u32(n.data.p);
}

/* Our AUTH payload, over our own IKE_SA_INIT message. */
bool auth_put(struct ike_sa *sa, struct ike_build *b)
{
	const struct handshake *h = sa->hs;
	struct session *s = sa->ses;
	struct span msg =
	        sa->initiator ? span_of(h->init_i, h->init_i_n) : span_of(h->init_r, h->init_r_n);
	struct span nonce = nonce_span(sa->initiator ? &h->nr : &h->ni);
	uint8_t body[IKE_ID_BODY_MAX], out[IKE_PRF_MAX];
	size_t n = ike_id_body(&s->p.local_id, body);

	n = ike_auth_psk(sa->suite.prf, &s->p.local_psk, msg, nonce,
	        sa->initiator ? &sa->keys.pi : &sa->keys.pr, span_of(body, n), out);
	if (!n)
		return false;
	ike_dbg(s->e, s, 0, "My authentication method is 'PSK'");
	ike_put_auth(b, IKE_METHOD_PSK, span_of(out, n));
	wipe(out, sizeof(out));
	return true;
}

static bool key_of_peer(struct session *s, struct secret *out)
{
	const struct ike_ops *o = &s->e->ops;
	struct secret local = {0};
	bool ok = true;

	if (o->psk)
		ok = o->psk(o->ctx, s->p.owner, &s->remote, &s->remote_id, out, &local);
	else
		secret_copy(out, &s->p.remote_psk);
	if (!s->p.local_psk.n && local.n)
		secret_copy(&s->p.local_psk, &local);
	secret_wipe(&local);
	return ok && out->n;
}

static bool auth_good(struct ike_sa *sa, const struct ike_pl *id, const struct ike_pl_auth *a)
{
	const struct handshake *h = sa->hs;
	struct span msg =
	        sa->initiator ? span_of(h->init_r, h->init_r_n) : span_of(h->init_i, h->init_i_n);
	struct span nonce = nonce_span(sa->initiator ? &h->ni : &h->nr);
	struct secret key = {0};
	bool ok = key_of_peer(sa->ses, &key) &&
	          ike_auth_psk_check(sa->suite.prf, &key, msg, nonce,
	                  sa->initiator ? &sa->keys.pr : &sa->keys.pi, id->body, a->data);

	secret_wipe(&key);
	return ok;
}

enum ike_reason auth_check(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	const struct ike_ops *o = &s->e->ops;
	const struct ike_pl *id = ike_msg_find(m, sa->initiator ? PL_IDr : PL_IDi),
	                    *au = ike_msg_find(m, PL_AUTH);
	struct ike_pl_auth a;
	char text[320];

	if (!id || !ike_get_id(id, &s->remote_id))
		return IKE_R_PEER_ID;
	ike_dbg(s->e, s, 0, "Searching policy based on peer's identity '%s'",
	        ike_id_fmt(&s->remote_id, text));
	if (o->peer_ok && !o->peer_ok(o->ctx, s->p.owner, &s->remote_id)) {
		ike_dbg(s->e, s, 1, "Failed to find a matching policy");
		return IKE_R_PEER_ID;
	}
	ike_dbg(s->e, s, 0, "Verify peer's authentication data");
	if (au && ike_get_auth(au, &a) && a.method == IKE_METHOD_PSK && auth_good(sa, id, &a))
		return IKE_R_NONE;
	ike_dbg(s->e, s, 1, "Verification of peer's authentication data FAILED");
	return IKE_R_PEER_AUTH_FAILED;
}

void auth_done(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	char peer[320], me[320];

	sa_not_half_open(sa);
	sa->drop_at = IKE_NEVER;
	sa_set_state(sa, IKE_S_ESTABLISHED);
	session_established(s);
	ike_dbg(s->e, s, 0, "Session with IKE ID PAIR (%s, %s) is UP",
	        ike_id_fmt(&s->remote_id, peer), ike_id_fmt(&s->p.local_id, me));
}

/* ---- initiator ------------------------------------------------------------------ */

/* RFC 7296 §2.4: that this is the only SA between the two is said when it is so. */
static bool only_one(const struct session *s)
{
	const struct ike *e = s->e;

	for (size_t i = 0; i < e->n_slot; i++) {
		const struct session *o = e->slot[i].ses;

		if (o && o != s && o->established && !o->down &&
		        ipaddr_eq(&o->remote.addr, &s->remote.addr) &&
		        ike_id_eq(&o->p.local_id, &s->p.local_id))
			return false;
	}
	return true;
}

void auth_start(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_AUTH, EXCH_AUTH);
	bool ok;

	sa->hs->child_spi = e_new_esp_spi(s->e);
	ike_put_id(&r->b, PL_IDi, &s->p.local_id);
	if (s->p.remote_id.type != ID_NONE)
		ike_put_id(&r->b, PL_IDr, &s->p.remote_id);
	ok = auth_put(sa, &r->b);
	cfg_put_request(s, &r->b);
	child_put_offer(s, &r->b, sa->hs->child_spi, NULL, IKE_KE_WITHOUT, KE_NONE,
	        (struct span){0}, (struct span){0});
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

static void give_up(struct ike_sa *sa, enum ike_reason why, uint16_t notify)
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
	enum ike_reason why = child_read_answer(s, m, NULL, IKE_KE_WITHOUT, &mk);

	if (why != IKE_R_NONE) {
		give_up(sa, why, 0);
		return;
	}
	auth_done(sa);
	if (!child_add(sa, &mk)) {
		give_up(sa, IKE_R_INTERNAL, 0);
		return;
	}
	handshake_free(h);
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
	if (!ike_msg_find(m, PL_AUTH)) {
		/* the peer has ended it, and there is nothing to delete there */
		session_down(s, error ? reason_of_notify(n.type) : IKE_R_SYNTAX, n.type);
		return;
	}
	why = auth_check(sa, m);
	if (why != IKE_R_NONE) {
		s->e->n.auth_failed++;
		give_up(sa, why, N_AUTHENTICATION_FAILED);
		return;
	}
	auth_read_window(s, m);
	if (error || !ike_msg_find(m, PL_SA)) {
		give_up(sa, error ? reason_of_notify(n.type) : IKE_R_CHILD_REFUSED, n.type);
		return;
	}
	cfg_take_reply(s, m);
	take_child(sa, m);
}
