/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKE_SA_INIT, responder (RFC 7296 §2.6, §2.7, §2.21.1). Everything that can be refused is refused
 * without keeping anything: limits, cookie, policy, proposal and group come before the first
 * allocation and before the first public-key operation.
 */
#include <string.h>

#include "ikev2/sa.h"

/* How many times more half-open SAs a source may have that answered a cookie. */
enum { PROVEN = 16 };

enum { COOKIE_LIFE_MS = 60000 };

/* ---- answers that leave nothing behind ------------------------------------------ */

static void reply(struct ike *e, const struct dgram *in, const struct ike_hdr *req, uint16_t type,
        struct span data)
{
	struct ike_hdr h = {.spi_i = req->spi_i,
	        .exchange = req->exchange,
	        .flags = IKE_F_RESPONSE,
	        .id = req->id};
	struct ike_build b;
	struct span out;

	ike_build_init(&b, &h);
	ike_put_notify(&b, type, data);
	if (ike_build_clear(&b, &out)) {
		struct dgram d = *in;

		d.data = out.p;
		d.len = out.n;
		e_send(e, &d);
		ike_dbg_packet(e, NULL, &d, true);
	}
	ike_build_fini(&b);
}

static const struct ike_cookie_key *cookie_key(struct ike *e)
{
	if (!e->have_cookie[0] || e->now >= e->cookie_at) {
		e->cookie[1] = e->cookie[0];
		e->have_cookie[1] = e->have_cookie[0];
		e->cookie[0].version++;
		e_random(e, e->cookie[0].secret, sizeof(e->cookie[0].secret));
		e->have_cookie[0] = true;
		e->cookie_at = e->now + COOKIE_LIFE_MS;
	}
	return &e->cookie[0];
}

static bool cookie_good(
        struct ike *e, const struct dgram *in, const struct ike_msg *m, struct span ni)
{
	struct ike_pl_notify n;

	if (!ike_msg_notify(m, N_COOKIE, &n))
		return false;
	cookie_key(e);
	for (int i = 0; i < 2; i++)
		if (e->have_cookie[i] &&
		        ike_cookie_check(&e->cookie[i], ni, &in->remote, m->h.spi_i, n.data))
			return true;
	e->n.cookies_bad++;
	return false;
}

static uint32_t half_open_of(const struct ike *e, const struct endpoint *remote)
{
	struct ip_count *c;

	HASH_FIND(hh, e->half_open_ip, &remote->addr, sizeof(c->ip), c);
	return c ? c->n : 0;
}

/* Under load everybody, and at any time a source that has many half-open SAs, must show that it is
 * where it says. */
static bool cookie_wanted(const struct ike *e, const struct dgram *in)
{
	if (e->cfg.cookie_always)
		return true;
	return e->limit.cookie_threshold != UINT32_MAX &&
	       (e->half_open >= e->limit.cookie_threshold ||
	               half_open_of(e, &in->remote) >= e->cfg.max_half_open_per_ip);
}

static bool ask_cookie(struct ike *e, const struct dgram *in, const struct ike_msg *m)
{
	uint8_t cookie[IKE_COOKIE_LEN];
	struct span ni;

	if (!cookie_wanted(e, in) || !ike_get_nonce(ike_msg_find(m, PL_NONCE), &ni) ||
	        cookie_good(e, in, m, ni))
		return false;
	if (ike_cookie_make(cookie_key(e), ni, &in->remote, m->h.spi_i, cookie))
		reply(e, in, &m->h, N_COOKIE, span_of(cookie, sizeof(cookie)));
	e->n.cookies_sent++;
	return true;
}

static bool too_many(struct ike *e, const struct dgram *in)
{
	/* its cookie was good; but nobody gets more attempts while some have failed */
	bool proven = cookie_wanted(e, in) && !e->n_failed;
	uint32_t most = e->cfg.max_half_open_per_ip * (proven ? PROVEN : 1);

	if (half_open_of(e, &in->remote) >= most ||
	        (e->limit.max_sas && e->n_sessions >= e->limit.max_sas) ||
	        (e->limit.max_in && e->half_open >= e->limit.max_in)) {
		e->n.half_open_dropped++;
		return true;
	}
	return false;
}

/* ---- the new SA ----------------------------------------------------------------- */

static void count_half_open(struct ike_sa *sa)
{
	struct ike *e = sa->ses->e;
	struct ip_count *c;

	HASH_FIND(hh, e->half_open_ip, &sa->init_key.remote.addr, sizeof(c->ip), c);
	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->ip = sa->init_key.remote.addr;
		HASH_ADD(hh, e->half_open_ip, ip, sizeof(c->ip), c);
	}
	c->n++;
	e->half_open++;
	sa->half_open = true;
}

static void init_key(struct init_key *k, uint64_t spi_i, const struct endpoint *remote)
{
	memset(k, 0, sizeof(*k)); /* the padding is hashed too */
	k->spi_i = spi_i;
	k->remote.addr.family = remote->addr.family;
	memcpy(k->remote.addr.b, remote->addr.b, sizeof(k->remote.addr.b));
	k->remote.port = remote->port;
}

static bool make_keys(struct ike_sa *sa, const struct ike_msg *m, const struct ike_pl_ke *ke)
{
	struct handshake *h = sa->hs;

	if (h->resuming)
		return resume_make_keys(sa, m);
	h->dh = ike_dh_new(ke->group);
	return h->dh && nonce_read(m, &h->ni) && init_derive(sa, ke->data);
}

static void send_answer(struct ike_sa *sa, const struct dgram *in, const struct ike_choice *choice)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	struct ike_build b;
	struct span out;

	msg_begin(sa, &b, h->resuming ? EXCH_SESSION_RESUME : EXCH_SA_INIT, 0, true);
	if (h->resuming) {
		ike_put_nonce(&b, nonce_span(&h->nr));
		init_put_manners(s, &b, sa->spi_i, sa->spi_r);
	} else {
		ike_put_sa_choice(&b, IKE_PROTO_IKE, 0, 0, choice);
		init_put_common(s, &b, &h->nr, h->dh, sa->spi_i, sa->spi_r);
		auth_put_certreq(s, &b);
	}
	if (s->p.remote_eap_too)
		ike_put_notify(&b, N_MULTIPLE_AUTH_SUPPORTED, (struct span){0});
	if (s->p.childless)
		ike_put_notify(&b, N_CHILDLESS_IKEV2_SUPPORTED, (struct span){0});
	if (ike_build_clear(&b, &out)) {
		ike_packets_set_one(&h->answer, out);
		h->init_r = xmemdup(out.p, out.n);
		h->init_r_n = out.n;
		send_packets(sa, &h->answer, in);
	}
	ike_build_fini(&b);
}

static void create(struct ike *e, const struct dgram *in, const struct ike_msg *m,
        const struct ike_peering *p, const struct ike_choice *choice, const struct ike_pl_ke *ke,
        struct resumed *resumed)
{
	struct session *s = ike_session_new(e, p, &in->local, &in->remote, in->vrf, false);
	struct ike_sa *sa = sa_new(s, IKE_S_INIT_RCVD, false);
	struct handshake *h = sa->hs = xcalloc(1, sizeof(*h));

	s->current = sa;
	s->natt = in->natt;
	if (resumed) {
		h->resuming = true;
		h->resumed = *resumed; /* with its secrets */
	} else {
		sa->suite = choice->suite;
	}
	sa->spi_i = m->h.spi_i;
	sa->spi_r = e_new_ike_spi(e);
	sa->rx_id = 1;
	sa->drop_at = e->now + e->cfg.half_open_ms;
	sa_link(sa, sa->spi_r);
	init_key(&sa->init_key, m->h.spi_i, &in->remote);
	HASH_ADD(hh_init, e->by_init, init_key, sizeof(sa->init_key), sa);
	sa->in_init = true;
	count_half_open(sa);
	e_nonce(e, &h->nr);
	h->init_i = xmemdup(m->raw.p, m->raw.n);
	h->init_i_n = m->raw.n;
	if (!make_keys(sa, m, ke)) {
		reply(e, in, &m->h, N_INVALID_SYNTAX, (struct span){0});
		session_destroy(s);
		return;
	}
	init_read_common(s, m);
	redirect_read_supported(s, m);
	auth_read_hashes(sa, m);
	ppk_read_supported(sa, m);
	natd_read(s, m, sa->spi_i, 0, in);
	send_answer(sa, in, choice);
	session_resched(s);
}

/* RFC 7296 §2.1: the same request gets the same response; another one under the same SPI starts
 * afresh. */
static bool seen_before(
        struct ike *e, const struct dgram *in, const struct ike_msg *m, struct ike_sa **old)
{
	struct init_key k;
	struct ike_sa *sa;

	init_key(&k, m->h.spi_i, &in->remote);
	HASH_FIND(hh_init, e->by_init, &k, sizeof(k), sa);
	*old = sa;
	if (!sa)
		return false;
	if (sa->hs && !span_eq(span_of(sa->hs->init_i, sa->hs->init_i_n), m->raw))
		return false;
	e->n.rx_duplicate++;
	if (sa->hs && sa->state == IKE_S_INIT_RCVD)
		send_packets(sa, &sa->hs->answer, in);
	return true;
}

static bool choose(struct ike *e, const struct dgram *in, const struct ike_msg *m,
        const struct ike_peering *p, const struct ike_pl_ke *ke, struct ike_choice *choice)
{
	uint8_t group[2];

	if (!ike_sa_choose(ike_msg_find(m, PL_SA), IKE_PROTO_IKE, 0, first_ke(m), p->ike, p->n_ike,
	            ke->group, choice)) {
		ike_dbg(e, NULL, 1, "Failed to find a matching policy");
		reply(e, in, &m->h, N_NO_PROPOSAL_CHOSEN, (struct span){0});
		return false;
	}
	if (choice->suite.group == ke->group)
		return true;
	put_u16(group, choice->suite.group);
	reply(e, in, &m->h, N_INVALID_KE_PAYLOAD, span_of(group, 2));
	return false;
}

static bool send_elsewhere(
        struct ike *e, const struct dgram *in, const struct ike_msg *m, const struct ike_peering *p)
{
	uint8_t data[REDIRECT_MAX];
	struct span ni;

	if (!redirect_init_wanted(p, m) || !ike_get_nonce(ike_msg_find(m, PL_NONCE), &ni))
		return false;
	reply(e, in, &m->h, N_REDIRECT, span_of(data, redirect_init_data(p, ni, data)));
	return true;
}

void init_request(struct ike *e, const struct dgram *in, const struct ike_msg *m)
{
	struct ike_peering p = {0};
	struct ike_choice choice;
	struct ike_pl_ke ke;
	struct ike_sa *old;

	if (!e->listening || m->h.spi_r || m->h.id || !m->h.spi_i ||
	        !ike_hdr_from_initiator(&m->h)) {
		e->n.rx_exchange++;
		return;
	}
	if (seen_before(e, in, m, &old) || ask_cookie(e, in, m) || (!old && too_many(e, in)))
		return;
	if (!ike_get_ke(ike_msg_find(m, PL_KE), &ke))
		return;
	if (!e->ops.accept(e->ops.ctx, &in->local, &in->remote, &p)) {
		reply(e, in, &m->h, N_NO_PROPOSAL_CHOSEN, (struct span){0});
		return;
	}
	if (send_elsewhere(e, in, m, &p) || !choose(e, in, m, &p, &ke, &choice))
		return;
	if (old)
		session_destroy(old->ses);
	create(e, in, m, &p, &choice, &ke, NULL);
}

/* RFC 5723: the same guards as for IKE_SA_INIT; then the ticket, or the news that it is none. */
void resume_request(struct ike *e, const struct dgram *in, const struct ike_msg *m)
{
	struct ike_peering p = {0};
	struct resumed r;
	struct ike_sa *old;

	if (!e->listening || m->h.spi_r || m->h.id || !m->h.spi_i ||
	        !ike_hdr_from_initiator(&m->h)) {
		e->n.rx_exchange++;
		return;
	}
	if (seen_before(e, in, m, &old) || ask_cookie(e, in, m) || (!old && too_many(e, in)))
		return;
	if (!e->ops.accept(e->ops.ctx, &in->local, &in->remote, &p) ||
	        !resume_read_request(e, m, &p, &r)) {
		reply(e, in, &m->h, N_TICKET_NACK, (struct span){0});
		return;
	}
	if (old)
		session_destroy(old->ses);
	create(e, in, m, &p, NULL, NULL, &r);
}
