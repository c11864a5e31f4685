/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INFORMATIONAL (RFC 7296 §1.4, §1.4.1, §2.4, §2.25): Delete of children and of IKE SAs, the empty
 * request that asks for life, and what a notify may tell. Configuration SET is in cfgmode.
 */
#include "ikev2/sa.h"

/* ---- our requests --------------------------------------------------------------- */

void info_send_dpd(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_DPD, EXCH_INFORMATIONAL);

	r->task = t;
	r->steady = s->p.dpd.retry_ms != 0;
	s->e->n.dpd_sent++;
	ike_dbg(s->e, s, 0, "Sending DPD/liveness query");
	mobike_put_check(sa, &r->b);
	req_send(sa, r);
}

void info_send_delete_child(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_DELETE_CHILD, EXCH_INFORMATIONAL);
	struct child_sa *c = child_by_in(s->e, t->spi);

	r->task = t;
	if (c)
		c->state = CHILD_DELETING;
	ike_dbg(s->e, s, 0, "Sending DELETE INFO message for IPsec SA [SPI: 0x%08X]", t->spi);
	ike_put_delete_esp(&r->b, &t->spi, 1);
	req_send(sa, r);
}

void info_send_delete_ike(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_DELETE_IKE, EXCH_INFORMATIONAL);

	sa->close_wanted = false;
	ike_dbg(s->e, s, 0,
	        "Sending DELETE INFO message for IKEv2 SA [ISPI: 0x%016llX RSPI: 0x%016llX]",
	        (unsigned long long)sa->spi_i, (unsigned long long)sa->spi_r);
	if (sa->close_notify)
		ike_put_notify(&r->b, sa->close_notify, (struct span){0});
	ike_put_delete_ike(&r->b);
	req_send(sa, r);
}

/* ---- the responses -------------------------------------------------------------- */

static void child_deleted(struct session *s, uint32_t spi_in)
{
	struct child_sa *c = child_by_in(s->e, spi_in);

	if (c && c->ses == s)
		child_gone(c, c->heir || c->redundant ? IKE_R_NONE : IKE_R_LOCAL, false);
}

void info_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m)
{
	struct session *s = sa->ses;

	if (r->type == REQ_DELETE_IKE) {
		sa_unlink(sa);
		return;
	}
	if (s->down)
		return;
	if (ike_msg_has_notify(m, N_INVALID_SYNTAX)) {
		ike_session_close(s, IKE_R_SYNTAX, N_INVALID_SYNTAX);
		return;
	}
	if (r->type == REQ_CFG_SET)
		cfg_on_ack(s, m);
	if (r->type == REQ_DELETE_CHILD)
		child_deleted(s, r->task->spi);
	if (r->type == REQ_DPD)
		mobike_read_check(sa, m);
	if (r->type == REQ_UPDATE)
		mobike_updated(sa, m);
	if (r->type == REQ_ROUTABILITY)
		mobike_cookie_answer(sa, r, m);
}

/* ---- the peer's requests -------------------------------------------------------- */

/* RFC 7296 §1.4.1: the answer names the other halves, except of what we are deleting ourselves. */
static void delete_children(
        struct session *s, const struct ike_pl_delete *d, uint32_t *spi, size_t *n)
{
	for (uint16_t i = 0; i < d->count; i++) {
		struct child_sa *c = child_by_out(s, ike_delete_spi(d, i));

		if (!c)
			create_note_gone(s, ike_delete_spi(d, i));
		if (!c || c->state == CHILD_DELETING)
			continue;
		if (*n < MAX_CHILDREN)
			spi[(*n)++] = c->spi_in;
		ike_dbg(s->e, s, 0, "Peer deleted IPsec SA [SPI: 0x%08X]", c->spi_in);
		child_reinstate(c);
		child_gone(c, c->heir || c->redundant ? IKE_R_NONE : IKE_R_PEER_DELETE, false);
	}
}

static void delete_ike(struct ike_sa *sa, struct after *after)
{
	struct session *s = sa->ses;

	ike_dbg(s->e, s, 0, "Peer deleted IKEv2 SA");
	if (sa == s->current && sa->rival)
		rekey_ike_peer_uses(sa->rival); /* it has rekeyed; our own rekeying is forgotten */
	*after = (struct after){AFTER_GHOST, IKE_R_NONE, 0};
	if (sa == s->current || !s->current)
		*after = (struct after){AFTER_DOWN_LOUD, IKE_R_PEER_DELETE, 0};
}

/* Everything about one request, each Delete payload in turn. True: the IKE SA itself is deleted. */
static bool take_deletes(struct session *s, const struct ike_msg *m, struct ike_build *b)
{
	uint32_t spi[MAX_CHILDREN];
	size_t n = 0;
	bool ike = false;
	struct ike_pl_delete d;

	for (const struct ike_pl *p = ike_msg_find(m, PL_DELETE); p;
	        p = ike_msg_find_next(m, PL_DELETE, p)) {
		if (!ike_get_delete(p, &d))
			continue;
		ike |= d.proto == IKE_PROTO_IKE;
		if (d.proto == IKE_PROTO_ESP && !s->down)
			delete_children(s, &d, spi, &n);
	}
	if (n && !ike)
		ike_put_delete_esp(b, spi, n);
	return ike;
}

void info_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n;

	if (ike_msg_notify(m, N_AUTHENTICATION_FAILED, &n)) { /* the peer could not verify us */
		*after =
		        (struct after){AFTER_DOWN_LOUD, IKE_R_AUTH_FAILED, N_AUTHENTICATION_FAILED};
		return;
	}
	if (!ike_msg_find(m, PL_DELETE))
		rekey_ike_peer_uses(sa);
	if (take_deletes(s, m, b)) {
		delete_ike(sa, after);
		return;
	}
	if (s->down)
		return;
	if (ike_msg_notify(m, N_SET_WINDOW_SIZE, &n) && n.data.n == 4 &&
	        get_u32(n.data.p) > s->peer_window)
		s->peer_window = get_u32(n.data.p);
	mobike_request(sa, m, b);
	redirect_in_info(s, m);
	reauth_read(s, m);
	qcd_read(sa, m);
	if (ike_msg_find(m, PL_CP))
		cfg_on_set(s, m, b);
}
