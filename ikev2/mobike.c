/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MOBIKE (RFC 4555): the ends of an IKE SA and of its children change while it lives.
 *
 * The original initiator decides. When its address changes it says UPDATE_SA_ADDRESSES from the new
 * one; every liveness check of its carries the NAT detection hashes, so that the answer shows when
 * a NAT gave it another address or port, or when there is a NAT at all since: then it says so too.
 * The responder follows what is said that way and nothing else, and then asks by a cookie whether
 * the peer really is there.
 *
 * Whether ESP goes in UDP is fixed when a child is made: where it has to change, the children are
 * rekeyed.
 */
#include <string.h>

#include "ikev2/sa.h"

void mobike_put_supported(struct session *s, struct ike_build *b)
{
	if (s->p.mobike && (s->initiator || s->mobike))
		ike_put_notify(b, N_MOBIKE_SUPPORTED, (struct span){0});
}

void mobike_read_supported(struct session *s, const struct ike_msg *m)
{
	if (s->p.mobike && ike_msg_has_notify(m, N_MOBIKE_SUPPORTED))
		s->mobike = true;
}

/* ---- both ends ------------------------------------------------------------------ */

/* Everything that knows the addresses learns them. */
static void moved(struct session *s, bool encap_before)
{
	for (struct child_sa *c = s->children; c; c = c->next) {
		c->k.local = s->local;
		c->k.remote = s->remote;
	}
	e_event(s, IKE_EV_ENDPOINT);
	for (struct child_sa *c = s->children; c && s->initiator && s->encap != encap_before;
	        c = c->next)
		child_start_rekey(c, false);
}

/* What waits for an answer is asked again at once: copies lost on the old path do not count on the
 * new one. */
static void hurry(struct session *s)
{
	for (struct ike_sa *sa = s->sas; sa; sa = sa->next)
		for (struct request *r = sa->out; r; r = r->next)
			req_afresh(sa, r);
}

static bool has_natd(const struct ike_msg *m)
{
	return ike_msg_has_notify(m, N_NAT_DETECTION_DESTINATION_IP);
}

/* ---- initiator ------------------------------------------------------------------ */

static bool transport_child(const struct session *s)
{
	for (const struct child_sa *c = s->children; c; c = c->next)
		if (c->k.mode == IKE_MODE_TRANSPORT)
			return true;
	return false;
}

static void queue_update(struct session *s)
{
	if (!task_add(s, TASK_UPDATE, 0) && !task_find(s, TASK_UPDATE, 0))
		s->update_again = true; /* one is under way, with what was true then */
}

bool mobike_move(struct session *s, const struct endpoint *local, const struct endpoint *remote)
{
	if (!s->mobike || !s->initiator || !s->established || transport_child(s))
		return false;
	s->local = *local;
	s->remote = *remote;
	s->natt = true; /* there may be a NAT on the new path */
	s->local.port = s->remote.port = 4500;
	ike_dbg(s->e, s, 0, "MOBIKE: address changed, telling the peer");
	hurry(s);
	queue_update(s);
	return true;
}

void mobike_send_update(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_UPDATE, EXCH_INFORMATIONAL);

	r->task = t;
	ike_put_notify(&r->b, N_UPDATE_SA_ADDRESSES, (struct span){0});
	natd_put(s, &r->b, sa->spi_i, sa->spi_r);
	ike_dbg(s->e, s, 0, "Sending UPDATE_SA_ADDRESSES");
	req_send(sa, r);
}

/* The hash of our address as the peer sees it: kept, to be compared with the next one. */
static bool note_seen(struct session *s, const struct ike_msg *m)
{
	struct ike_pl_notify n;
	bool same;

	if (!ike_msg_notify(m, N_NAT_DETECTION_DESTINATION_IP, &n) || n.data.n != IKE_NATD_LEN)
		return true;
	same = !s->natd_known || memcmp(s->natd_seen, n.data.p, IKE_NATD_LEN) == 0;
	memcpy(s->natd_seen, n.data.p, IKE_NATD_LEN);
	s->natd_known = true;
	return same;
}

void mobike_updated(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	bool encap = s->encap;
	struct ike_pl_notify n;

	if (ike_msg_error(m, &n)) {
		ike_dbg(s->e, s, 1, "UPDATE_SA_ADDRESSES refused: %s", ike_notify_name(n.type));
		ike_session_close(s, IKE_R_ADDRESS, n.type);
		return;
	}
	if (s->update_again) {
		s->update_again = false;
		queue_update(s);
		return;
	}
	natd_read(s, m, sa->spi_i, sa->spi_r, s->e->in);
	note_seen(s, m);
	moved(s, encap);
}

bool mobike_checks_path(const struct session *s)
{
	return s->mobike && s->initiator && s->established;
}

void mobike_put_check(struct ike_sa *sa, struct ike_build *b)
{
	if (mobike_checks_path(sa->ses))
		natd_put(sa->ses, b, sa->spi_i, sa->spi_r);
}

/* RFC 4555 §3.8. */
void mobike_read_check(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	bool nat, same;

	if (!mobike_checks_path(s) || !has_natd(m))
		return;
	nat = !natd_is_ours(m, sa->spi_i, sa->spi_r, &s->e->in->local);
	same = note_seen(s, m);
	if (nat == s->nat_local && (!nat || same))
		return;
	ike_dbg(s->e, s, 0, "NAT mapping changed, telling the peer");
	if (!s->natt) {
		s->natt = true;
		s->local.port = s->remote.port = 4500;
	}
	queue_update(s);
}

/* ---- responder ------------------------------------------------------------------ */

/* RFC 4555 §3.9: the addresses that the sender had in mind. */
static bool nats_forbidden(const struct ike_msg *m, const struct dgram *in)
{
	size_t len = in->remote.addr.family == AF_INET6 ? 16 : 4;
	struct ike_pl_notify n;
	struct rd r;

	if (!ike_msg_notify(m, N_NO_NATS_ALLOWED, &n))
		return false;
	if (n.data.n != 2 * len + 4)
		return true;
	r = rd_init(n.data.p, n.data.n);
	return !span_eq(rd_span(&r, len), span_of(in->remote.addr.b, len)) ||
	       !span_eq(rd_span(&r, len), span_of(in->local.addr.b, len)) ||
	       rd_u16(&r) != in->remote.port || rd_u16(&r) != in->local.port;
}

static void follow(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	const struct dgram *in = s->e->in;
	bool encap = s->encap;

	natd_read(s, m, sa->spi_i, sa->spi_r, in);
	if (endpoint_eq(&s->remote, &in->remote) && endpoint_eq(&s->local, &in->local) &&
	        encap == s->encap)
		return;
	s->local = in->local;
	s->remote = in->remote;
	s->natt = in->natt;
	ike_dbg(s->e, s, 0, "MOBIKE: the peer changed its address");
	moved(s, encap);
	hurry(s);
	task_add(s, TASK_ROUTABILITY, 0);
}

void mobike_request(struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b)
{
	struct session *s = sa->ses;
	const struct dgram *in = s->e->in;
	struct ike_pl_notify n;

	if (!s->mobike)
		return;
	if (!s->initiator && ike_msg_has_notify(m, N_UPDATE_SA_ADDRESSES) &&
	        m->h.id >= sa->moved_id) {
		if (nats_forbidden(m, in)) {
			ike_put_notify(b, N_UNEXPECTED_NAT_DETECTED, (struct span){0});
		} else {
			sa->moved_id =
			        m->h.id + 1; /* an older one that comes late is not followed */
			follow(sa, m);
		}
	}
	if (has_natd(m))
		natd_put_for(b, sa->spi_i, sa->spi_r, &in->local, &in->remote);
	if (ike_msg_notify(m, N_COOKIE2, &n) && n.data.n >= 8 && n.data.n <= 64)
		ike_put_notify(b, N_COOKIE2, n.data);
}

void mobike_send_cookie(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct request *r = req_new(sa, REQ_ROUTABILITY, EXCH_INFORMATIONAL);

	r->task = t;
	e_random(s->e, r->cookie2, sizeof(r->cookie2));
	ike_put_notify(&r->b, N_COOKIE2, span_of(r->cookie2, sizeof(r->cookie2)));
	req_send(sa, r);
}

void mobike_cookie_answer(struct ike_sa *sa, const struct request *r, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	if (ike_msg_notify(m, N_COOKIE2, &n) &&
	        span_eq(n.data, span_of(r->cookie2, sizeof(r->cookie2))))
		return;
	ike_dbg(sa->ses->e, sa->ses, 1, "MOBIKE: the peer is not where it says");
	ike_session_close(sa->ses, IKE_R_ADDRESS, 0);
}
