/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session resumption (RFC 5723): IKE_SESSION_RESUME in place of IKE_SA_INIT, without public-key
 * operations, certificates or passwords. The keys come from the SK_d of a session that was, and
 * both sides prove that they know it.
 *
 * The responder keeps nothing: what it needs stands in the ticket that it has given out, sealed
 * under a key of its own that changes with the lifetime of tickets; the key before the present one
 * still opens. The initiator keeps the newest ticket for each of its owner's peers, uses it once,
 * and takes it for worthless when either side has ended the session on purpose. A ticket that is
 * not taken (TICKET_NACK) costs a round trip: IKE_SA_INIT follows.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

enum {
	TICKET_VERSION = 1,
	TICKET_MAX = 1200,
	TICKET_DEFAULT_S = 3600,
	HEAD = 4, /* number of the key */
	IV = 8,
	ICV = 16,
	MAX_TICKETS = 4096, /* that an initiator keeps */
};

/* One that we were given. */
struct ticket {
	struct ticket *next;
	uint64_t owner;
	struct ipaddr peer;
	struct ike_id local_id;
	struct secret opaque;
	ike_time expires;
	struct resumed what;
};

void resumed_fini(struct resumed *r)
{
	secret_wipe(&r->d);
	secret_wipe(&r->eap_name);
	*r = (struct resumed){0};
}

static void ticket_free(struct ticket *t)
{
	secret_wipe(&t->opaque);
	resumed_fini(&t->what);
	free(t);
}

void tickets_free(struct ike *e)
{
	while (e->tickets) {
		struct ticket *t = e->tickets;

		e->tickets = t->next;
		ticket_free(t);
	}
	wipe(e->ticket_key, sizeof(e->ticket_key));
}

/* ---- the responder's: sealed and opened --------------------------------------------------------
 */

static uint32_t lifetime_s(const struct session *s)
{
	return s->p.ticket_lifetime_s ? s->p.ticket_lifetime_s : TICKET_DEFAULT_S;
}

static struct ike_ticket_key *sealing_key(struct ike *e, uint32_t life_s)
{
	struct ike_ticket_key *k = e->ticket_key;

	if (!k[0].number || e->now >= e->ticket_at) {
		k[1] = k[0];
		k[0].number++;
		e_random(e, k[0].key, sizeof(k[0].key));
		e->ticket_at = e->now + life_s * 1000ull;
	}
	return k;
}

static struct cipher *cipher_of(const struct ike_ticket_key *k, bool sealing)
{
	return cipher_new(alg_encr(ENCR_AES_GCM_16), alg_integ(AUTH_NONE),
	        span_of(k->key, sizeof(k->key)), (struct span){0}, sealing);
}

static void put_short(struct wr *w, struct span s)
{
	wr_u8(w, (uint8_t)s.n);
	wr_bytes(w, s.p, s.n);
}

static void write_state(struct wr *w, const struct ike_sa *sa, ike_time expires)
{
	const struct session *s = sa->ses;

	wr_u8(w, TICKET_VERSION);
	wr_u64(w, expires);
	wr_u16(w, sa->suite.encr.id);
	wr_u16(w, sa->suite.encr.bits);
	wr_u16(w, sa->suite.integ);
	wr_u16(w, sa->suite.prf);
	wr_u16(w, sa->suite.group);
	wr_u8(w, (uint8_t)s->p.remote_auth);
	wr_u8(w, s->eap_method);
	wr_u8(w, s->remote_id.type);
	put_short(w, span_of(s->remote_id.data, s->remote_id.len));
	put_short(w, secret_span(&sa->keys.d));
	put_short(w, secret_span(&s->eap_name));
}

static void take_secret(struct rd *r, struct secret *out)
{
	struct span s = rd_span(r, rd_u8(r));

	if (s.n)
		secret_set(out, s.p, s.n);
}

static bool read_state(struct span text, ike_time now, struct resumed *out)
{
	struct rd r = rd_init(text.p, text.n);
	bool fresh = rd_u8(&r) == TICKET_VERSION && rd_u64(&r) > now;

	out->suite.encr.id = rd_u16(&r);
	out->suite.encr.bits = rd_u16(&r);
	out->suite.integ = rd_u16(&r);
	out->suite.prf = rd_u16(&r);
	out->suite.group = rd_u16(&r);
	out->auth = rd_u8(&r);
	out->eap_method = rd_u8(&r);
	out->id.type = rd_u8(&r);
	out->id.len = rd_u8(&r);
	rd_bytes(&r, out->id.data, out->id.len);
	take_secret(&r, &out->d);
	take_secret(&r, &out->eap_name);
	return rd_done(&r) && fresh && out->d.n;
}

/* number ‖ IV ‖ ciphertext ‖ ICV. 0: it could not be made. */
static size_t seal(struct ike_sa *sa, uint8_t out[TICKET_MAX])
{
	struct ike *e = sa->ses->e;
	uint32_t life = lifetime_s(sa->ses);
	const struct ike_ticket_key *k = sealing_key(e, life);
	struct wr w = wr_init(out + HEAD + IV, TICKET_MAX - HEAD - IV - ICV);
	struct cipher *c = cipher_of(k, true);

	put_u32(out, k->number);
	e_random(e, out + HEAD, IV);
	write_state(&w, sa, e->now + life * 1000ull);
	bool ok = c && wr_ok(&w) &&
	          cipher_seal(c, span_of(out, HEAD), out + HEAD, w.p, w.len, (struct span){0},
	                  w.p + w.len);

	cipher_free(c);
	return ok ? HEAD + IV + w.len + ICV : 0;
}

static bool open_ticket(struct ike *e, struct span t, struct resumed *out)
{
	uint8_t text[TICKET_MAX];
	bool ok = false;

	if (t.n <= HEAD + IV + ICV || t.n > sizeof(text))
		return false;
	size_t n = t.n - HEAD - IV - ICV;

	for (int i = 0; i < 2 && !ok; i++) {
		const struct ike_ticket_key *k = &e->ticket_key[i];

		if (!k->number || k->number != get_u32(t.p))
			continue;
		struct cipher *c = cipher_of(k, false);

		memcpy(text, t.p + HEAD + IV, n);
		ok = c &&
		     cipher_open(c, span_of(t.p, HEAD), t.p + HEAD, text, n, (struct span){0},
		             t.p + t.n - ICV) &&
		     read_state(span_of(text, n), e->now, out);
		cipher_free(c);
	}
	wipe(text, sizeof(text));
	if (!ok)
		resumed_fini(out);
	return ok;
}

/* RFC 5723 §4.2: to who asked for one, when it has authenticated itself. */
void resume_put_ticket(struct ike_sa *sa, struct ike_build *b)
{
	struct session *s = sa->ses;
	uint8_t data[4 + TICKET_MAX];

	if (s->initiator) {
		if (s->p.resume)
			ike_put_notify(b, N_TICKET_REQUEST, (struct span){0});
		return;
	}
	if (!s->ticket_asked)
		return;
	size_t n = s->p.resume ? seal(sa, data + 4) : 0;

	put_u32(data, lifetime_s(s));
	if (n)
		ike_put_notify(b, N_TICKET_LT_OPAQUE, span_of(data, 4 + n));
	else
		ike_put_notify(b, N_TICKET_NACK, (struct span){0});
	wipe(data, sizeof(data));
}

/* ---- the initiator's: kept and used
 * ---------------------------------------------------------------- */

static struct ticket **find(struct ike *e, uint64_t owner, const struct ipaddr *peer)
{
	struct ticket **at = &e->tickets;

	while (*at && ((*at)->owner != owner || !ipaddr_eq(&(*at)->peer, peer)))
		at = &(*at)->next;
	return at;
}

static void forget(struct ike *e, uint64_t owner, const struct ipaddr *peer)
{
	struct ticket **at = find(e, owner, peer), *t = *at;

	if (!t)
		return;
	*at = t->next;
	ticket_free(t);
	e->n_tickets--;
}

static void keep(struct ike_sa *sa, struct span lt_opaque)
{
	struct session *s = sa->ses;
	struct ike *e = s->e;
	struct ticket *t;

	forget(e, s->p.owner, &s->remote.addr);
	if (lt_opaque.n <= 4 || lt_opaque.n > 4 + TICKET_MAX || e->n_tickets >= MAX_TICKETS)
		return;
	t = xcalloc(1, sizeof(*t));
	t->owner = s->p.owner;
	t->peer = s->remote.addr;
	t->local_id = s->p.local_id;
	t->expires = e->now + get_u32(lt_opaque.p) * 1000ull;
	secret_set(&t->opaque, lt_opaque.p + 4, lt_opaque.n - 4);
	t->what.suite = sa->suite;
	t->what.id = s->remote_id;
	t->what.auth = s->p.remote_auth;
	t->what.eap_method = s->eap_method;
	secret_copy(&t->what.d, &sa->keys.d);
	secret_copy(&t->what.eap_name, &s->eap_name);
	t->next = e->tickets;
	e->tickets = t;
	e->n_tickets++;
}

void resume_read_ticket(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n;

	if (!s->initiator)
		s->ticket_asked = ike_msg_has_notify(m, N_TICKET_REQUEST);
	else if (s->p.resume && ike_msg_notify(m, N_TICKET_LT_OPAQUE, &n))
		keep(sa, n.data);
}

static bool suite_offered(const struct ike_peering *p, const struct ike_suite *want)
{
	for (uint8_t i = 0; i < p->n_ike; i++)
		if (ike_proposal_has(&p->ike[i], want))
			return true;
	return false;
}

/* Its one use. */
static bool take_ticket(struct session *s, struct handshake *h)
{
	struct ticket **at = find(s->e, s->p.owner, &s->remote.addr), *t = *at;

	if (!t || !s->p.resume)
		return false;
	bool good = t->expires > s->e->now && ike_id_eq(&t->local_id, &s->p.local_id) &&
	            suite_offered(&s->p, &t->what.suite);

	*at = t->next;
	s->e->n_tickets--;
	if (good) {
		h->resumed = t->what;
		h->ticket = t->opaque;
		h->ticket_expires = t->expires;
		t->what = (struct resumed){0};
		t->opaque = (struct secret){0};
	}
	ticket_free(t);
	return good;
}

/* The peer was not there: nobody has seen the ticket. */
void resume_unused(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;

	if (!sa->initiator || !h || !h->resuming || sa->state != IKE_S_INIT_SENT)
		return;
	struct ticket *t = xcalloc(1, sizeof(*t));

	t->owner = s->p.owner;
	t->peer = s->remote.addr;
	t->local_id = s->p.local_id;
	t->expires = h->ticket_expires;
	t->opaque = h->ticket;
	t->what = h->resumed;
	h->ticket = (struct secret){0};
	h->resumed = (struct resumed){0};
	h->resuming = false;
	t->next = s->e->tickets;
	s->e->tickets = t;
	s->e->n_tickets++;
}

/* RFC 5723 §4.3: who ends a session on purpose ends what could resume it. */
void resume_session_ended(const struct session *s, enum ike_reason why)
{
	static const unsigned outlived = 1u << IKE_R_TIMEOUT | 1u << IKE_R_DPD | 1u << IKE_R_LOST;

	if (s->initiator && s->established && !(outlived & 1u << why))
		forget(s->e, s->p.owner, &s->remote.addr);
}

/* ---- keys, proof
 * ------------------------------------------------------------------------------------ */

/* RFC 5723 §5.1: SKEYSEED = prf(SK_d old, "Resumption" ‖ Ni ‖ Nr). */
static bool derive(struct ike_sa *sa)
{
	struct handshake *h = sa->hs;
	struct secret word = {0};

	secret_set(&word, "Resumption", 10);
	sa->suite = h->resumed.suite;
	bool ok = ike_keys_rekey(sa->suite.prf, &h->resumed.d, &sa->suite, nonce_span(&h->ni),
	                  nonce_span(&h->nr), sa->spi_i, sa->spi_r, &word, &sa->keys) &&
	          sa_ready(sa);

	secret_wipe(&word);
	return ok;
}

enum ike_reason resume_identity_good(const struct ike_sa *sa)
{
	return ike_id_eq(&sa->hs->resumed.id, &sa->ses->remote_id) ? IKE_R_NONE : IKE_R_PEER_ID;
}

void resume_done(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	const struct resumed *r = &sa->hs->resumed;

	s->resumed = true;
	s->p.remote_auth = r->auth;
	s->eap_method = r->eap_method;
	if (r->eap_name.n)
		secret_copy(&s->eap_name, &r->eap_name);
}

/* ---- the exchange, initiator
 * ---------------------------------------------------------------------------- */

void resume_send(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct handshake *h = sa->hs;
	struct request *r = req_find(sa, REQ_INIT);

	if (r)
		req_drop(sa, r);
	r = req_new(sa, REQ_INIT, EXCH_SESSION_RESUME);
	if (h->cookie.n)
		ike_put_notify(&r->b, N_COOKIE, h->cookie);
	ike_put_nonce(&r->b, nonce_span(&h->ni));
	ike_put_notify(&r->b, N_TICKET_OPAQUE, secret_span(&h->ticket));
	init_put_manners(s, &r->b, sa->spi_i, 0);
	ike_dbg(s->e, s, 0, "Generating IKE_SESSION_RESUME message");
	req_send(sa, r);
	init_keep_request(sa, r);
}

bool resume_start(struct ike_sa *sa)
{
	struct handshake *h = sa->hs;

	if (!take_ticket(sa->ses, h))
		return false;
	h->resuming = true;
	resume_send(sa);
	return true;
}

void resume_give_up(struct ike_sa *sa)
{
	struct handshake *h = sa->hs;

	h->resuming = false;
	resumed_fini(&h->resumed);
	secret_wipe(&h->ticket);
}

bool resume_take_answer(struct ike_sa *sa, const struct ike_msg *m)
{
	sa->spi_r = m->h.spi_r;
	return sa->spi_r && nonce_read(m, &sa->hs->nr) && derive(sa);
}

/* ---- the exchange, responder
 * ------------------------------------------------------------------------------ */

bool resume_read_request(
        struct ike *e, const struct ike_msg *m, const struct ike_peering *p, struct resumed *out)
{
	struct ike_pl_notify n;

	*out = (struct resumed){0};
	if (!ike_msg_notify(m, N_TICKET_OPAQUE, &n) || !open_ticket(e, n.data, out))
		return false;
	if (suite_offered(p, &out->suite))
		return true;
	resumed_fini(out);
	return false;
}

bool resume_make_keys(struct ike_sa *sa, const struct ike_msg *m)
{
	return nonce_read(m, &sa->hs->ni) && derive(sa);
}
