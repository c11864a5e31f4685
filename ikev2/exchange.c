/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exchanges (RFC 7296 §2.1 to §2.3): message ids and windows, our requests and their
 * retransmission, the peer's requests and the responses we repeat. What a message means is for
 * init, auth, create, rekey and info to say.
 *
 * We ask one thing at a time, in the order of the session's queue, whatever the peer's window is;
 * only the Delete of an IKE SA may overtake. Of the peer we take as many requests ahead as we
 * announced.
 */
#include <stdlib.h>

#include "ikev2/sa.h"

/* ---- sending -------------------------------------------------------------------- */

void msg_begin(struct ike_sa *sa, struct ike_build *b, uint8_t exchange, uint32_t id, bool response)
{
	struct ike_hdr h = {.spi_i = sa->spi_i,
	        .spi_r = sa->spi_r,
	        .exchange = exchange,
	        .flags = (uint8_t)((sa->initiator ? IKE_F_INITIATOR : 0) |
	                           (response ? IKE_F_RESPONSE : 0)),
	        .id = id};

	ike_build_init(b, &h);
}

void send_packets(struct ike_sa *sa, const struct ike_packets *pk, const struct dgram *to)
{
	struct session *s = sa->ses;
	struct dgram d = {.local = to ? to->local : s->local,
	        .remote = to ? to->remote : s->remote,
	        .vrf = s->vrf,
	        .natt = to ? to->natt : s->natt};

	for (size_t i = 0; i < pk->n; i++) {
		d.data = pk->v[i].p;
		d.len = pk->v[i].n;
		e_send(s->e, &d);
		ike_dbg_packet(s->e, s, &d, true);
	}
	s->tx_at = s->e->now;
}

static size_t max_len(const struct session *s, bool smallest)
{
	int family = s->remote.addr.family;
	size_t least = family == AF_INET6 ? 1280 : 576;
	size_t mtu = s->p.frag_mtu && !smallest ? s->p.frag_mtu : least;

	return s->frag ? ike_max_len(mtu, family, s->natt) : 0;
}

static bool seal(
        struct ike_sa *sa, const struct ike_build *b, bool smallest, struct ike_packets *out)
{
	struct session *s = sa->ses;

	ike_dbg_inner(s->e, s, b);
	return ike_sk_seal(sa->sk, b, max_len(s, smallest), s->e->ops.random, s->e->ops.ctx, out);
}

/* ---- our requests --------------------------------------------------------------- */

struct request *req_new(struct ike_sa *sa, enum req_type type, uint8_t exchange)
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->type = type;
	r->exchange = exchange;
	r->id = type == REQ_INIT ? 0 : sa->tx_id++;
	msg_begin(sa, &r->b, exchange, r->id, false);
	return r;
}

void req_free(struct request *r)
{
	if (!r)
		return;
	ike_build_fini(&r->b);
	ike_packets_fini(&r->pk);
	task_free(r->task);
	create_free(r->cr);
	free(r);
}

static void req_unlink(struct ike_sa *sa, struct request *r)
{
	struct request **at = &sa->out;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	r->next = NULL;
}

void req_drop(struct ike_sa *sa, struct request *r)
{
	req_unlink(sa, r);
	req_free(r);
}

struct request *req_find(const struct ike_sa *sa, enum req_type type)
{
	struct request *r = sa->out;

	while (r && r->type != type)
		r = r->next;
	return r;
}

static bool pack(struct ike_sa *sa, struct request *r, bool smallest)
{
	struct span clear;

	if (r->type != REQ_INIT)
		return seal(sa, &r->b, smallest, &r->pk);
	if (!ike_build_clear(&r->b, &clear))
		return false;
	ike_packets_set_one(&r->pk, clear);
	return true;
}

void req_send(struct ike_sa *sa, struct request *r)
{
	struct session *s = sa->ses;

	r->next = sa->out;
	sa->out = r;
	r->wait_ms = r->steady ? session_dpd_retry(s) : s->e->cfg.retransmit_first_ms;
	r->since = r->born = s->e->now;
	r->at = s->e->now + r->wait_ms;
	if (!pack(sa, r, false)) {
		ike_dbg(s->e, s, 1, "A request did not fit into a message");
		ike_session_close(s, IKE_R_INTERNAL, 0);
		return;
	}
	send_packets(sa, &r->pk, NULL);
}

/* No answer: the peer is gone, or, for an SA that is not needed any more, it is just dropped. */
static void req_failed(struct ike_sa *sa, const struct request *r)
{
	struct session *s = sa->ses;
	enum ike_reason why = r->type == REQ_DPD ? IKE_R_DPD : IKE_R_TIMEOUT;

	ike_dbg(s->e, s, 1, "Maximum number of retransmissions reached");
	if (s->down || sa != s->current) {
		sa_unlink(sa);
		return;
	}
	if (r->type == REQ_INIT) {
		init_failed(sa);
		return;
	}
	session_down(s, why, 0);
	session_destroy(s);
}

/* After two copies in vain the path may be too narrow for what we send: RFC 7383 §2.5.2. */
static void shrink(struct ike_sa *sa, struct request *r)
{
	size_t limit = max_len(sa->ses, true);
	bool large = false;

	for (size_t i = 0; i < r->pk.n; i++)
		large |= r->pk.v[i].n > limit;
	if (!limit || !large || r->type == REQ_INIT)
		return;
	ike_packets_fini(&r->pk);
	pack(sa, r, true);
}

/* DPD fast: RFC 7296 §2.4 takes anything fresh and protected as proof of life, so ESP counts as an
 * answer until the real one is long overdue. */
static void spare(const struct session *s, struct request *r)
{
	if (r->type != REQ_DPD || !s->p.dpd.fast || s->heard <= r->since ||
	        s->e->now >= r->born + FAST_SPARED_MS)
		return;
	r->since = s->e->now;
	r->tries = 0;
}

void req_tick(struct ike_sa *sa, struct request *r)
{
	struct ike *e = sa->ses->e;

	spare(sa->ses, r);
	if (r->type == REQ_INIT && !init_timer(sa, r))
		return;
	if (r->tries >= e->cfg.retransmit_tries) {
		req_failed(sa, r);
		return;
	}
	r->tries++;
	if (!r->steady)
		r->wait_ms *= 2;
	r->at = e->now + r->wait_ms;
	if (r->tries == 3)
		shrink(sa, r);
	e->n.retransmits++;
	opening_slow(sa->ses);
	ike_dbg(e, sa->ses, 0, "Retransmitting packet");
	send_packets(sa, &r->pk, NULL);
}

void req_afresh(struct ike_sa *sa, struct request *r)
{
	r->tries = 0;
	if (!r->steady)
		r->wait_ms = sa->ses->e->cfg.retransmit_first_ms;
	r->at = r->since = sa->ses->e->now;
}

void req_again(struct ike_sa *sa, enum req_type type)
{
	for (struct request *r = sa->out; r; r = r->next)
		if (r->type == type)
			send_packets(sa, &r->pk, NULL);
}

/* ---- the queue of tasks --------------------------------------------------------- */

void task_free(struct task *t)
{
	if (!t)
		return;
	attrs_fini(&t->set);
	free(t);
}

struct task *task_find(const struct session *s, enum task_type type, uint32_t spi)
{
	struct task *t = s->tasks;

	while (t && (t->type != type || t->spi != spi))
		t = t->next;
	return t;
}

static bool busy_with(const struct session *s, enum task_type type, uint32_t spi)
{
	for (const struct request *r = s->current ? s->current->out : NULL; r; r = r->next)
		if (r->task && r->task->type == type && r->task->spi == spi)
			return true;
	return false;
}

/* NULL: it is queued or under way already (but a CFG_SET under way may be followed by another). */
struct task *task_add(struct session *s, enum task_type type, uint32_t spi)
{
	struct task **at = &s->tasks;
	size_t n = 0;

	if (s->down || task_find(s, type, spi) || (type != TASK_CFG_SET && busy_with(s, type, spi)))
		return NULL;
	for (; *at; at = &(*at)->next)
		n++;
	if (n >= MAX_TASKS)
		return NULL;
	*at = xcalloc(1, sizeof(**at));
	(*at)->type = type;
	(*at)->spi = spi;
	return *at;
}

void task_back(struct session *s, struct task *t, ike_time not_before)
{
	if (s->down || task_find(s, t->type, t->spi)) {
		task_free(t);
		return;
	}
	t->not_before = not_before;
	t->next = s->tasks;
	s->tasks = t;
}

void task_remove(struct session *s, enum task_type type, uint32_t spi)
{
	for (struct task **at = &s->tasks; *at;) {
		struct task *t = *at;

		if (t->type != type || t->spi != spi) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		task_free(t);
	}
}

static bool may_start(const struct session *s)
{
	return !s->down && s->current && s->current->state == IKE_S_ESTABLISHED && !s->current->out;
}

ike_time tasks_due(const struct session *s)
{
	ike_time due = IKE_NEVER;

	for (const struct task *t = may_start(s) ? s->tasks : NULL; t; t = t->next)
		if (t->not_before < due)
			due = t->not_before;
	return due;
}

static bool delete_may_go(const struct ike_sa *sa)
{
	uint32_t n = 0;

	if (!sa->close_wanted || req_find(sa, REQ_AUTH) || req_find(sa, REQ_REKEY_IKE))
		return false;
	for (const struct request *r = sa->out; r; r = r->next)
		n++;
	return n == 0 || n < sa->ses->peer_window;
}

static void task_start(struct ike_sa *sa, struct task *t)
{
	switch (t->type) {
	case TASK_DPD:
		info_send_dpd(sa, t);
		return;
	case TASK_CFG_SET:
		cfg_send_set(sa, t);
		return;
	case TASK_REKEY_IKE:
		rekey_ike_send(sa, t);
		return;
	case TASK_REKEY_CHILD:
		if (!create_send_child(sa, t))
			task_free(t);
		return;
	case TASK_NEW_CHILD:
		create_send_new(sa, t);
		return;
	case TASK_DELETE_CHILD:
		info_send_delete_child(sa, t);
		return;
	case TASK_UPDATE:
		mobike_send_update(sa, t);
		return;
	case TASK_REDIRECT:
		redirect_send(sa, t);
		return;
	case TASK_QCD:
		qcd_send(sa, t);
		return;
	case TASK_ROUTABILITY:
		mobike_send_cookie(sa, t);
		return;
	}
}

void session_run(struct session *s)
{
	for (struct ike_sa *sa = s->sas; sa; sa = sa->next)
		if (delete_may_go(sa))
			info_send_delete_ike(sa);
	for (struct task **at = &s->tasks; may_start(s) && *at;) {
		struct task *t = *at;

		if (t->not_before > s->e->now) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		t->next = NULL;
		task_start(s->current, t);
		at = &s->tasks;
	}
}

/* ---- receiving: responses ------------------------------------------------------- */

/* Opens SK or SKF. `first` of `out` is set only when the whole message is there. */
static bool open_message(struct ike_sa *sa, const struct ike_msg *m, struct ike_plain *out)
{
	struct ike *e = sa->ses->e;
	struct ike_plain part = {0};
	uint16_t number = 0, total = 0;
	bool fragment = ike_skf_numbers(m, &number, &total);

	if (!fragment && m->pl[m->n - 1].type == PL_SKF) {
		e->n.frag_bad++;
		return false;
	}
	if (fragment && !ike_reasm_wants(&sa->reasm, &m->h, number, total)) {
		e->n.frag_bad++;
		return false;
	}
	if (!ike_sk_open(sa->sk, m, &part)) {
		e->n.rx_bad_icv++;
		ike_dbg(e, sa->ses, 1, "Packet integrity check failed");
		return false;
	}
	if (!fragment) {
		*out = part;
		return true;
	}
	enum ike_frag_result r = ike_reasm_add(&sa->reasm, &m->h, &part, out);

	ike_plain_fini(&part);
	if (r == IKE_FRAG_DROP)
		e->n.frag_bad++;
	return r == IKE_FRAG_DONE;
}

static void take_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m)
{
	switch (r->type) {
	case REQ_INIT: /* is not sealed */
		return;
	case REQ_AUTH:
		auth_response(sa, m);
		return;
	case REQ_INTERMEDIATE:
		intermediate_response(sa, m);
		return;
	case REQ_REKEY_IKE:
		rekey_ike_response(sa, r, m);
		return;
	case REQ_REKEY_CHILD:
		create_child_response(sa, r, m);
		return;
	case REQ_NEW_CHILD:
		create_new_response(sa, r, m);
		return;
	case REQ_DPD:
	case REQ_CFG_SET:
	case REQ_DELETE_CHILD:
	case REQ_DELETE_IKE:
	case REQ_UPDATE:
	case REQ_ROUTABILITY:
	case REQ_REDIRECT:
	case REQ_QCD:
		info_response(sa, r, m);
		return;
	}
}

/* A round trip, of what was sent once only. */
static void measure(struct session *s, const struct request *r)
{
	uint64_t ms = s->e->now - r->born + 1; /* the clock's grain */

	if (r->born != r->since || r->tries || ms > UINT16_MAX)
		return;
	s->rtt_ms = s->rtt_ms ? (3 * s->rtt_ms + (uint32_t)ms + 3) / 4 : (uint32_t)ms;
}

static void on_response(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike *e = s->e;
	struct ike_plain plain = {0};
	struct ike_msg inner;
	struct request *r = sa->out;

	while (r && r->id != m->h.id)
		r = r->next;
	if (!r || r->exchange != m->h.exchange || r->type == REQ_INIT) {
		e->n.rx_window++;
		return;
	}
	if (!open_message(sa, m, &plain))
		return;
	enum ike_parse p = ike_inner_parse(&m->h, plain.first, span_of(plain.p, plain.n), &inner);

	session_heard(s, e->now);
	if (r->type == REQ_AUTH && p == IKE_PARSE_OK && auth_must_wait(sa, &inner)) {
		ike_plain_fini(&plain);
		return;
	}
	measure(s, r);
	req_unlink(sa, r);
	if (p == IKE_PARSE_OK) {
		take_response(sa, r, &inner);
	} else {
		e->n.rx_malformed++;
		ike_dbg(e, s, 1, "Malformed response: %s", ike_parse_text(p));
		ike_session_close(s, IKE_R_SYNTAX, 0);
	}
	req_free(r);
	ike_plain_fini(&plain);
	if (!s->dead)
		session_run(s);
}

/* ---- receiving: requests -------------------------------------------------------- */

enum id_verdict { ID_NEW, ID_AGAIN, ID_OUTSIDE };

static enum id_verdict id_check(const struct ike_sa *sa, uint32_t id)
{
	uint32_t ahead = id - sa->rx_id, window = sa->ses->p.window;

	if (id < sa->rx_id)
		return sa->rx_id - id <= window ? ID_AGAIN : ID_OUTSIDE;
	if (ahead >= window)
		return ID_OUTSIDE;
	return sa->rx_bits & 1u << ahead ? ID_AGAIN : ID_NEW;
}

static void id_taken(struct ike_sa *sa, uint32_t id)
{
	sa->rx_bits |= 1u << (id - sa->rx_id);
	while (sa->rx_bits & 1) {
		sa->rx_bits >>= 1;
		sa->rx_id++;
	}
}

/* RFC 7296 §2.1: the same response, bit by bit. Only for who knows the keys, and of a fragmented
 * request only for its first piece (RFC 7383 §2.6.1). */
static void answer_again(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m)
{
	struct ike *e = sa->ses->e;
	size_t i = m->h.id % sa->ses->p.window;
	struct ike_plain plain = {0};
	uint16_t number, total;

	if (!sa->answer[i].used || sa->answer[i].id != m->h.id) {
		e->n.rx_window++;
		return;
	}
	if (ike_skf_numbers(m, &number, &total) && number != 1)
		return;
	if (!ike_sk_open(sa->sk, m, &plain) &&
	        !(sa->old_sk && ike_sk_open(sa->old_sk, m, &plain))) {
		e->n.rx_bad_icv++;
		return;
	}
	ike_plain_fini(&plain);
	e->n.rx_duplicate++;
	send_packets(sa, &sa->answer[i].pk, in);
}

static void answer(
        struct ike_sa *sa, const struct dgram *in, uint32_t id, const struct ike_build *b)
{
	size_t i = id % sa->ses->p.window;

	ike_packets_fini(&sa->answer[i].pk);
	sa->answer[i].used = seal(sa, b, false, &sa->answer[i].pk);
	sa->answer[i].id = id;
	send_packets(sa, &sa->answer[i].pk, in);
}

static void finish(struct ike_sa *sa, const struct after *after)
{
	struct session *s = sa->ses;

	if (s->dead || sa->ghost || after->what == AFTER_NOTHING || after->what == AFTER_LATER)
		return;
	sa_ghost(sa);
	if (after->what == AFTER_DOWN_LOUD) /* other SAs of the session are told */
		ike_session_close(s, after->reason, after->notify);
	else if (after->what == AFTER_DOWN)
		session_down(s, after->reason, after->notify);
}

static bool exchange_fits(const struct ike_sa *sa, uint8_t exchange)
{
	switch (sa->state) {
	case IKE_S_INIT_RCVD:
		if (intermediate_due(sa))
			return exchange == EXCH_INTERMEDIATE;
		return exchange == EXCH_AUTH && sa->hs && !sa->hs->late;
	case IKE_S_ESTABLISHED:
	case IKE_S_REKEYING:
	case IKE_S_DELETING:
		return !sa->ghost && !sa->hs &&
		       (exchange == EXCH_CREATE_CHILD || exchange == EXCH_INFORMATIONAL);
	default:
		return false;
	}
}

static void take_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	switch (m->h.exchange) {
	case EXCH_AUTH:
		auth_request(sa, m, b, after);
		return;
	case EXCH_INTERMEDIATE:
		intermediate_request(sa, m, b, after);
		return;
	case EXCH_CREATE_CHILD:
		create_request(sa, m, b, after);
		return;
	default:
		info_request(sa, m, b, after);
		return;
	}
}

/* RFC 7296 §2.5, §2.21: what is authentic and wrong is answered, and mostly ends the SA. */
static void refuse(struct ike_sa *sa, enum ike_parse p, const struct ike_msg *m,
        struct ike_build *b, struct after *after)
{
	struct ike *e = sa->ses->e;

	ike_dbg(e, sa->ses, 1, "Malformed request: %s", ike_parse_text(p));
	if (p == IKE_PARSE_CRITICAL) {
		e->n.rx_critical++;
		ike_put_notify(b, N_UNSUPPORTED_CRITICAL_PAYLOAD, span_of(&m->critical_type, 1));
		if (sa->state != IKE_S_INIT_RCVD)
			return;
	} else {
		e->n.rx_malformed++;
		ike_put_notify(b, N_INVALID_SYNTAX, (struct span){0});
	}
	*after = (struct after){AFTER_DOWN_LOUD, IKE_R_SYNTAX, 0};
}

static void on_request(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct ike *e = s->e;
	struct ike_plain plain = {0};
	struct ike_msg inner;
	struct ike_build b;
	struct after after = {AFTER_NOTHING, IKE_R_NONE, 0};
	enum id_verdict v = id_check(sa, m->h.id);

	if (v == ID_AGAIN) {
		answer_again(sa, in, m);
		return;
	}
	if (v == ID_OUTSIDE || !exchange_fits(sa, m->h.exchange)) {
		*(v == ID_OUTSIDE ? &e->n.rx_window : &e->n.rx_exchange) += 1;
		return;
	}
	if (!open_message(sa, m, &plain))
		return;
	enum ike_parse p = ike_inner_parse(&m->h, plain.first, span_of(plain.p, plain.n), &inner);

	session_heard(s, e->now);
	if (m->h.exchange == EXCH_AUTH && p == IKE_PARSE_OK && auth_must_wait(sa, &inner)) {
		ike_plain_fini(&plain);
		return;
	}
	id_taken(sa, m->h.id);
	natt_follow(s, in);
	msg_begin(sa, &b, m->h.exchange, m->h.id, true);
	if (p == IKE_PARSE_OK)
		take_request(sa, &inner, &b, &after);
	else
		refuse(sa, p, &inner, &b, &after);
	if (after.what != AFTER_LATER)
		answer(sa, in, m->h.id, &b);
	intermediate_answered(sa);
	ike_build_fini(&b);
	ike_plain_fini(&plain);
	finish(sa, &after);
	if (!s->dead)
		session_run(s);
}

void exchange_answer_late(
        struct ike_sa *sa, uint32_t id, const struct ike_build *b, const struct after *after)
{
	struct session *s = sa->ses;

	answer(sa, NULL, id, b);
	finish(sa, after);
	if (!s->dead)
		session_run(s);
	session_resched(s);
}

void exchange_rx(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m)
{
	struct session *s = sa->ses;

	if (!m->sealed || !sa->sk) {
		s->e->n.rx_exchange++;
		return;
	}
	if (!s->frag && m->pl[m->n - 1].type == PL_SKF) { /* RFC 7383 §2.3: not negotiated */
		s->e->n.frag_bad++;
		return;
	}
	s->e->in = in;
	if (ike_hdr_is_response(&m->h))
		on_response(sa, m);
	else
		on_request(sa, in, m);
	s->e->in = NULL;
	session_resched(s);
}
