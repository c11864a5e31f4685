/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_SA_INIT, initiator (RFC 7296 §1.2, §2.6, §2.7): the request, redone for a cookie or another
 * group, and what may be believed of an answer that nothing protects.
 *
 * An error that comes instead of an answer may be forged. It is noted; the request is sent once
 * more, soon, and only when that brings nothing better the attempt has failed with it.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_AGAIN_MS = 500 };

static void put_vendors(struct session *s, struct ike_build *b)
{
	static const char *const vendor[] = {"CISCO-DELETE-REASON", "CISCOVPN-REV-02",
	        "CISCO-DYNAMIC-ROUTE", "FLEXVPN-SUPPORTED"};

	for (size_t i = 0; s->p.cisco_vendor_ids && i < ARRAY_LEN(vendor); i++)
		ike_put_vendor(b, vendor[i]);
}

void init_put_common(struct session *s, struct ike_build *b, const struct nonce *nonce,
        const struct ike_dh *dh, uint64_t spi_i, uint64_t spi_r)
{
	ike_put_ke(b, ike_dh_group(dh), ike_dh_public(dh));
	ike_put_nonce(b, nonce_span(nonce));
	init_put_manners(s, b, spi_i, spi_r);
}

void init_put_manners(struct session *s, struct ike_build *b, uint64_t spi_i, uint64_t spi_r)
{
	put_vendors(s, b);
	natd_put(s, b, spi_i, spi_r);
	if (s->p.fragmentation)
		ike_put_notify(b, N_FRAGMENTATION_SUPPORTED, (struct span){0});
	auth_put_hashes(s, b);
	ppk_put_supported(s, b);
	redirect_put_supported(s, b);
	intermediate_put_supported(s, b);
}

void init_read_common(struct session *s, const struct ike_msg *m)
{
	s->frag = s->p.fragmentation && ike_msg_has_notify(m, N_FRAGMENTATION_SUPPORTED);
	s->peer_dynamic_route = ike_msg_has_vendor(m, "CISCO-DYNAMIC-ROUTE");
	s->peer_flexvpn = ike_msg_has_vendor(m, "FLEXVPN-SUPPORTED");
	s->peer_childless = ike_msg_has_notify(m, N_CHILDLESS_IKEV2_SUPPORTED);
	s->peer_ios = ike_msg_has_vendor(m, "CISCOVPN-REV-02");
}

/* ---- the request ---------------------------------------------------------------- */

static void send_init(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	struct request *r = req_find(sa, REQ_INIT);

	if (r)
		req_drop(sa, r);
	r = req_new(sa, REQ_INIT, EXCH_SA_INIT);
	if (h->cookie.n)
		ike_put_notify(&r->b, N_COOKIE, h->cookie);
	ike_put_sa(&r->b, IKE_PROTO_IKE, 0, 0, IKE_KE_FIRST, s->p.ike, s->p.n_ike);
	init_put_common(s, &r->b, &h->ni, h->dh, sa->spi_i, 0);
	ike_dbg(s->e, s, 0, "Generating IKE_SA_INIT message");
	ike_dbg_offer(s, s->p.ike, s->p.n_ike, true, true);
	req_send(sa, r);
	init_keep_request(sa, r);
}

void init_keep_request(struct ike_sa *sa, const struct request *r)
{
	struct handshake *h = sa->hs;

	free(h->init_i);
	h->init_i_n = r->pk.n ? r->pk.v[0].n : 0;
	h->init_i = r->pk.n ? xmemdup(r->pk.v[0].p, h->init_i_n) : NULL;
}

static bool use_group(struct ike_sa *sa, uint16_t group)
{
	struct handshake *h = sa->hs;
	struct ike_dh *dh = ike_dh_new(group);

	ike_dbg(sa->ses->e, sa->ses, 0,
	        "[IKEv2 -> Crypto Engine] Computing DH public key, DH Group %u", group);
	if (!dh)
		return false;
	ike_dh_free(h->dh);
	h->dh = dh;
	if (h->groups < IKE_MAX_ALGS)
		h->group_tried[h->groups++] = group;
	return true;
}

static void start_afresh(struct ike_sa *sa);

void init_start(struct ike_sa *sa)
{
	struct session *s = sa->ses;

	sa->hs = xcalloc(1, sizeof(*sa->hs));
	sa->spi_i = e_new_ike_spi(s->e);
	sa_link(sa, sa->spi_i);
	e_nonce(s->e, &sa->hs->ni);
	if (!resume_start(sa))
		start_afresh(sa);
}

static void start_afresh(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	uint16_t group = ike_proposals_first_group(s->p.ike, s->p.n_ike);

	if (!group || !use_group(sa, group)) {
		session_down(s, IKE_R_INTERNAL, 0);
		return;
	}
	send_init(sa);
}

/* ---- failing -------------------------------------------------------------------- */

enum ike_reason reason_of_notify(uint16_t type)
{
	static const struct {
		uint16_t type;
		enum ike_reason reason;
	} map[] = {
	        {N_UNSUPPORTED_CRITICAL_PAYLOAD, IKE_R_SYNTAX},
	        {N_INVALID_MAJOR_VERSION, IKE_R_VERSION},
	        {N_INVALID_SYNTAX, IKE_R_SYNTAX},
	        {N_NO_PROPOSAL_CHOSEN, IKE_R_NO_PROPOSAL},
	        {N_INVALID_KE_PAYLOAD, IKE_R_INVALID_KE},
	        {N_AUTHENTICATION_FAILED, IKE_R_AUTH_FAILED},
	        {N_INTERNAL_ADDRESS_FAILURE, IKE_R_ADDRESS},
	        {N_FAILED_CP_REQUIRED, IKE_R_ADDRESS},
	        {N_TS_UNACCEPTABLE, IKE_R_TS},
	        {N_COOKIE, IKE_R_COOKIE},
	};

	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (map[i].type == type)
			return map[i].reason;
	return IKE_R_CHILD_REFUSED;
}

void init_failed(struct ike_sa *sa)
{
	uint16_t error = sa->hs->error;

	session_down(sa->ses, error ? reason_of_notify(error) : IKE_R_TIMEOUT, error);
	session_destroy(sa->ses);
}

bool init_timer(struct ike_sa *sa, struct request *r)
{
	if (!sa->hs->error || r->tries == sa->hs->error_tries)
		return true;
	init_failed(sa);
	return false;
}

static void note_error(struct ike_sa *sa, uint16_t type)
{
	struct request *r = req_find(sa, REQ_INIT);
	struct session *s = sa->ses;

	ike_dbg(s->e, s, 1, "Received %s in an unprotected response", ike_notify_name(type));
	s->e->n.init_error_ignored++;
	if (sa->hs->error && r && r->tries > sa->hs->error_tries) {
		sa->hs->error = type;
		init_failed(sa); /* and again, after a retransmission */
		return;
	}
	if (!sa->hs->error)
		sa->hs->error_tries = r ? r->tries : 0;
	sa->hs->error = type;
	if (r && r->tries == sa->hs->error_tries && r->at > s->e->now + ASK_AGAIN_MS)
		r->at = s->e->now + ASK_AGAIN_MS;
}

/* ---- the answers ---------------------------------------------------------------- */

static void on_cookie(struct ike_sa *sa, const struct ike_pl_notify *n)
{
	struct handshake *h = sa->hs;

	if (!n->data.n || n->data.n > 64)
		return;
	if (span_eq(h->cookie, n->data))
		return; /* an answer to what we sent before that cookie */
	if (++h->cookies > COOKIE_ROUNDS) {
		note_error(sa, N_COOKIE);
		return;
	}
	free((void *)h->cookie.p);
	h->cookie = span_of(xmemdup(n->data.p, n->data.n), n->data.n);
	if (h->resuming)
		resume_send(sa);
	else
		send_init(sa);
}

/* RFC 7296 §1.2: only to a group that we offered, and once to each. */
static void on_invalid_ke(struct ike_sa *sa, const struct ike_pl_notify *n)
{
	struct session *s = sa->ses;
	uint16_t group = n->data.n == 2 ? get_u16(n->data.p) : 0;

	if (!group || !ike_proposals_have_group(s->p.ike, s->p.n_ike, group)) {
		note_error(sa, N_INVALID_KE_PAYLOAD);
		return;
	}
	for (uint8_t i = 0; i < sa->hs->groups; i++)
		if (sa->hs->group_tried[i] == group) {
			/* late answers to the first request ask for what we have now */
			if (group != ike_dh_group(sa->hs->dh))
				note_error(sa, N_INVALID_KE_PAYLOAD);
			return;
		}
	if (use_group(sa, group))
		send_init(sa);
	else
		note_error(sa, N_INVALID_KE_PAYLOAD);
}

bool init_derive(struct ike_sa *sa, struct span peer_public)
{
	struct handshake *h = sa->hs;
	struct secret shared = {0};
	bool ok = ike_dh_shared(h->dh, peer_public, &shared) &&
	          ike_keys_derive(&sa->suite, nonce_span(&h->ni), nonce_span(&h->nr), sa->spi_i,
	                  sa->spi_r, &shared, &sa->keys) &&
	          sa_ready(sa);

	secret_wipe(&shared);
	ike_dbg(sa->ses->e, sa->ses, 0, "[Crypto Engine -> IKEv2] DH key Computation %s",
	        ok ? "PASSED" : "FAILED");
	return ok;
}

/* Ports for what follows: 4500 when somebody is behind a NAT (RFC 7296 §2.23), or is to seem so. */
static void float_ports(struct session *s)
{
	if (!s->encap)
		return;
	if (!s->natt)
		s->e->n.natd_float++;
	s->natt = true;
	s->local.port = s->remote.port = 4500;
}

enum ike_ke_use first_ke(const struct ike_msg *m)
{
	return ike_msg_has_notify(m, N_INTERMEDIATE_EXCHANGE_SUPPORTED) ? IKE_KE_FIRST
	                                                                : IKE_KE_FIRST_ALONE;
}

static bool take_answer(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike_choice choice;
	struct ike_pl_ke ke;

	if (!ike_sa_verify(ike_msg_find(m, PL_SA), IKE_PROTO_IKE, 0, first_ke(m), s->p.ike,
	            s->p.n_ike, &choice))
		return false;
	if (!ike_get_ke(ike_msg_find(m, PL_KE), &ke) || ke.group != ike_dh_group(sa->hs->dh) ||
	        choice.suite.group != ke.group || !m->h.spi_r || !nonce_read(m, &sa->hs->nr))
		return false;
	sa->suite = choice.suite;
	sa->spi_r = m->h.spi_r;
	return init_derive(sa, ke.data);
}

static void on_answer(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m)
{
	struct session *s = sa->ses;

	ike_dbg(s->e, s, 0, "Verify SA init message");
	if (!(sa->hs->resuming ? resume_take_answer(sa, m) : take_answer(sa, m))) {
		/* as little to be believed as an error; a forged one must not end the attempt */
		ike_keys_wipe(&sa->keys);
		sa->spi_r = 0;
		note_error(sa, N_NO_PROPOSAL_CHOSEN);
		return;
	}
	sa->hs->init_r = xmemdup(m->raw.p, m->raw.n);
	sa->hs->init_r_n = m->raw.n;
	init_read_common(s, m);
	auth_read_hashes(sa, m);
	ppk_read_supported(sa, m);
	sa->hs->multi = ike_msg_has_notify(m, N_MULTIPLE_AUTH_SUPPORTED);
	auth_read_certreq(sa, m);
	natd_read(s, m, sa->spi_i, sa->spi_r, in);
	float_ports(s);
	req_drop(sa, req_find(sa, REQ_INIT));
	sa->tx_id = 1;
	ike_dbg(s->e, s, 0, "Completed SA init exchange");
	sa_set_state(sa, IKE_S_AUTH_SENT);
	if (intermediate_due(sa))
		intermediate_start(sa);
	else
		auth_start(sa);
}

/* Not protected, but what it costs is a round trip. */
static void on_ticket_refused(struct ike_sa *sa)
{
	ike_dbg(sa->ses->e, sa->ses, 0, "The ticket is not accepted, starting afresh");
	resume_give_up(sa);
	start_afresh(sa);
}

void init_response(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n;

	if (sa->state != IKE_S_INIT_SENT || m->h.id != 0 || !req_find(sa, REQ_INIT)) {
		s->e->n.rx_exchange++;
		return;
	}
	ike_dbg(s->e, s, 0, "Processing %s message", ike_exchange_name(m->h.exchange));
	if (sa->hs->resuming != (m->h.exchange == EXCH_SESSION_RESUME))
		s->e->n.rx_exchange++;
	else if (ike_msg_find(m, PL_SA) || (sa->hs->resuming && ike_msg_find(m, PL_NONCE)))
		on_answer(sa, in, m);
	else if (ike_msg_notify(m, N_COOKIE, &n))
		on_cookie(sa, &n);
	else if (sa->hs->resuming && ike_msg_has_notify(m, N_TICKET_NACK))
		on_ticket_refused(sa);
	else if (ike_msg_notify(m, N_INVALID_KE_PAYLOAD, &n))
		on_invalid_ke(sa, &n);
	else if (ike_msg_error(m, &n))
		note_error(sa, n.type);
	else
		redirect_in_init(sa, m);
	session_resched(s);
}
