/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine from outside: the five calls, the orders, the facts for show commands. Each call does
 * its work, then frees what has ended (ike_reap()).
 */
#include <stdlib.h>
#include <string.h>

#include "ikev2/sa.h"

enum { HINT_MS = 1000 };

/* ---- making it ------------------------------------------------------------------ */

static void set_default(uint32_t *v, uint32_t value)
{
	if (!*v)
		*v = value;
}

struct ike *ike_new(const struct ike_ops *ops, const struct ike_config *cfg, ike_time now)
{
	struct ike *e = xcalloc(1, sizeof(*e));

	e->ops = *ops;
	e->cfg = *cfg;
	e->now = now;
	e->listening = ops->accept != NULL;
	e->tx_tail = &e->tx_head;
	e->ev_tail = &e->ev_head;
	set_default(&e->cfg.retransmit_first_ms, 2000);
	set_default(&e->cfg.retransmit_tries, 5);
	set_default(&e->cfg.half_open_ms, 30000);
	set_default(&e->cfg.cookie_threshold, 30);
	set_default(&e->cfg.max_half_open_per_ip, 5);
	set_default(&e->cfg.rekey_jitter_pct, 10);
	if (e->cfg.rekey_jitter_pct > 50)
		e->cfg.rekey_jitter_pct = 50;
	ike_set_limits(e, &(struct ike_limits){0});
	return e;
}

void ike_free(struct ike *e)
{
	if (!e)
		return;
	openings_free(e);                /* nobody is let in any more */
	while (e->n_heap) {              /* every session is in it */
		e->heap[0]->down = true; /* nobody is to be told */
		session_destroy(e->heap[0]);
	}
	ike_reap(e);
	e_queues_free(e);
	free(e->heap);
	free(e->slot);
	free(e->view);
	tickets_free(e);
	wipe(e->cookie, sizeof(e->cookie));
	wipe(e->cfg.qcd_secret, sizeof(e->cfg.qcd_secret));
	free(e);
}

void ike_set_limits(struct ike *e, const struct ike_limits *l)
{
	e->limit = *l;
	set_default(&e->limit.cookie_threshold, e->cfg.cookie_threshold);
	set_default(&e->limit.max_sas, e->cfg.max_sas);
}

uint32_t ike_negotiating(const struct ike *e, bool initiator)
{
	uint32_t n = 0;

	for (size_t i = 0; i < e->n_slot; i++) {
		const struct session *s = e->slot[i].ses;

		n += s && !s->down && !s->established && s->initiator == initiator;
	}
	return n;
}

void ike_listen(struct ike *e, bool on)
{
	e->listening = on && e->ops.accept;
}

/* ---- datagrams ------------------------------------------------------------------ */

static struct ike_sa *find_sa(const struct ike *e, uint64_t spi_local)
{
	struct ike_sa *sa;

	HASH_FIND(hh, e->by_spi, &spi_local, sizeof(spi_local), sa);
	return sa;
}

/* An answer outside of any SA, to a request that cannot be placed. */
static void reply_outside(struct ike *e, const struct dgram *in, const struct ike_hdr *req,
        uint16_t type, struct span data)
{
	struct ike_hdr h = *req;
	struct ike_build b;
	struct span out;

	h.flags = (uint8_t)(IKE_F_RESPONSE | (~req->flags & IKE_F_INITIATOR));
	ike_build_init(&b, &h);
	ike_put_notify(&b, type, data);
	/* never about an SA that lives, whatever the flags of the message say */
	if (type == N_INVALID_IKE_SPI && !find_sa(e, req->spi_i) && !find_sa(e, req->spi_r))
		qcd_put_lost(e, &b, req);
	if (ike_build_clear(&b, &out)) {
		struct dgram d = *in;

		d.data = out.p;
		d.len = out.n;
		e_send(e, &d);
	}
	ike_build_fini(&b);
}

/* RFC 7296 §2.21.4: a hint for who lost track of an SA that we do not have; seldom, and never to a
 * response. */
static void unknown_spi(struct ike *e, const struct dgram *in, const struct ike_hdr *h)
{
	e->n.rx_unknown_spi++;
	if (ike_hdr_is_response(h) || e->now < e->hint_at)
		return;
	e->hint_at = e->now + HINT_MS;
	reply_outside(e, in, h, N_INVALID_IKE_SPI, (struct span){0});
}

/* Such a hint is not to be believed, only to be looked into. */
static void on_hint(struct ike_sa *sa, const struct ike_msg *m)
{
	struct session *s = sa->ses;

	if (!ike_hdr_is_response(&m->h) || !ike_msg_has_notify(m, N_INVALID_IKE_SPI)) {
		s->e->n.rx_exchange++;
		return;
	}
	if (s->established && !s->down && sa == s->current && qcd_proves_loss(sa, m)) {
		ike_dbg(s->e, s, 0, "The peer has lost the SA");
		session_down(s, IKE_R_LOST, N_QUICK_CRASH_DETECTION);
		session_destroy(s);
		return;
	}
	if (s->established && !s->down && sa == s->current && !sa->out)
		task_add(s, TASK_DPD, 0);
	session_run(s);
	session_resched(s);
}

/* RFC 7296 §2.5. Of a first message only: what comes later is protected, and answered as such. */
static void refuse_critical(struct ike *e, const struct dgram *in, const struct ike_msg *m)
{
	e->n.rx_critical++;
	if (e->listening && m->h.exchange == EXCH_SA_INIT && !ike_hdr_is_response(&m->h) &&
	        ike_hdr_from_initiator(&m->h) && !m->h.spi_r && !m->h.id)
		reply_outside(e, in, &m->h, N_UNSUPPORTED_CRITICAL_PAYLOAD,
		        span_of(&m->critical_type, 1));
}

/* Bits I and SPIs must be of one SA, seen from the right side. */
static bool fits(const struct ike_sa *sa, const struct ike_hdr *h)
{
	if (ike_hdr_from_initiator(h) == sa->initiator)
		return false;
	if (sa->state == IKE_S_INIT_SENT)
		return h->spi_i == sa->spi_i;
	return h->spi_i == sa->spi_i && h->spi_r == sa->spi_r;
}

static void on_known(
        struct ike *e, struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m)
{
	if (!fits(sa, &m->h)) {
		e->n.rx_unknown_spi++;
		return;
	}
	ike_dbg_packet(e, sa->ses, in, false);
	if (m->h.exchange == EXCH_SA_INIT || m->h.exchange == EXCH_SESSION_RESUME) {
		if (ike_hdr_is_response(&m->h))
			init_response(sa, in, m);
		else
			e->n.rx_exchange++;
		return;
	}
	if (m->sealed)
		exchange_rx(sa, in, m);
	else
		on_hint(sa, m);
}

static bool parse(struct ike *e, const struct dgram *in, struct ike_msg *m)
{
	enum ike_parse p = ike_msg_parse(span_of(in->data, in->len), m);

	switch (p) {
	case IKE_PARSE_OK:
		return true;
	case IKE_PARSE_SHORT:
		e->n.rx_short++;
		break;
	case IKE_PARSE_VERSION:
		e->n.rx_version++;
		if (!ike_hdr_is_response(&m->h))
			reply_outside(e, in, &m->h, N_INVALID_MAJOR_VERSION, (struct span){0});
		break;
	case IKE_PARSE_EXCHANGE:
		e->n.rx_exchange++;
		break;
	case IKE_PARSE_CRITICAL:
		refuse_critical(e, in, m);
		break;
	default:
		e->n.rx_malformed++;
		break;
	}
	ike_dbg(e, NULL, 1, "Packet dropped: %s", ike_parse_text(p));
	return false;
}

void ike_rx(struct ike *e, const struct dgram *in, ike_time now)
{
	struct ike_msg m;
	struct ike_sa *sa;

	e->now = now;
	e->n.rx++;
	if (!parse(e, in, &m))
		return;
	e_count(e, in, false);
	sa = find_sa(e, ike_hdr_from_initiator(&m.h) ? m.h.spi_r : m.h.spi_i);
	if (sa) {
		on_known(e, sa, in, &m);
	} else if (m.h.exchange == EXCH_SA_INIT && !ike_hdr_is_response(&m.h)) {
		ike_dbg_packet(e, NULL, in, false);
		init_request(e, in, &m);
	} else if (m.h.exchange == EXCH_SESSION_RESUME && !ike_hdr_is_response(&m.h)) {
		ike_dbg_packet(e, NULL, in, false);
		resume_request(e, in, &m);
	} else {
		unknown_spi(e, in, &m.h);
	}
	ike_reap(e);
}

/* ---- time ----------------------------------------------------------------------- */

ike_time ike_deadline(const struct ike *e)
{
	return e->n_heap ? e->heap[0]->due : IKE_NEVER;
}

void ike_tick(struct ike *e, ike_time now)
{
	e->now = now;
	while (ike_deadline(e) <= now) {
		session_tick(e->heap[0]);
		ike_reap(e);
	}
}

/* ---- orders --------------------------------------------------------------------- */

static struct session *by_handle(const struct ike *e, uint32_t handle)
{
	return handle && handle <= e->n_slot ? e->slot[handle - 1].ses : NULL;
}

static struct session *live(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = by_handle(e, handle);

	e->now = now;
	return s && !s->down ? s : NULL;
}

/* After an order: what it queued is started, and what ended is freed. */
static void done(struct ike *e, struct session *s)
{
	if (s && !s->dead) {
		session_run(s);
		session_resched(s);
	}
	ike_reap(e);
}

uint32_t ike_connect(struct ike *e, const struct ike_peering *p, const struct endpoint *local,
        const struct endpoint *remote, uint32_t vrf, ike_time now)
{
	e->now = now;
	if (e->limit.max_sas && e->n_sessions >= e->limit.max_sas)
		return 0;
	if (e->limit.max_out && ike_negotiating(e, true) >= e->limit.max_out)
		return 0;
	struct session *s = ike_session_new(e, p, local, remote, vrf, true);
	uint32_t handle = s->handle;

	opening_begin(s);
	done(e, s);
	return handle;
}

void ike_close(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (!s)
		return;
	ike_dbg(e, s, 0, "Queuing IKE SA delete request reason: unknown");
	ike_session_close(s, IKE_R_LOCAL, 0);
	done(e, s);
}

void ike_abandon(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (s)
		session_destroy(s);
	ike_reap(e);
}

void ike_eap_resume(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (s && s->current)
		eap_resume(s->current);
	done(e, s);
}

void ike_eap_said(struct ike *e, uint32_t handle, const struct ike_eap_said *said, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (s && s->current)
		eap_r_said(s->current, said);
	done(e, s);
}

void ike_tell_keys(struct ike *e)
{
	for (const struct ike_sa *sa = e->by_spi; sa; sa = sa->hh.next)
		sa_tell_keys(sa);
}

void ike_certs_settled(struct ike *e, ike_time now)
{
	e->now = now;
	for (size_t i = 0; i < e->n_slot; i++) {
		struct session *s = e->slot[i].ses;

		if (!s || !s->certs_wait || !s->current)
			continue;
		s->certs_wait = false;
		req_again(s->current, REQ_AUTH);
	}
}

void ike_rekey_ike(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (s && s->established)
		task_add(s, TASK_REKEY_IKE, 0);
	done(e, s);
}

void ike_rekey_child(struct ike *e, uint32_t spi_in, ike_time now)
{
	struct child_sa *c = child_by_in(e, spi_in);

	e->now = now;
	if (!c)
		return;
	child_start_rekey(c, false);
	done(e, c->ses);
}

void ike_delete_child(struct ike *e, uint32_t spi_in, ike_time now)
{
	struct child_sa *c = child_by_in(e, spi_in);

	e->now = now;
	if (!c)
		return;
	child_delete(c);
	done(e, c->ses);
}

void ike_child_new(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (s && s->established)
		task_add(s, TASK_NEW_CHILD, 0);
	done(e, s);
}

void ike_cfg_set(struct ike *e, uint32_t handle, const struct ike_attrs *attrs, ike_time now)
{
	struct session *s = live(e, handle, now);
	struct task *t;

	if (!s || !s->established)
		return;
	task_remove(s, TASK_CFG_SET, 0);
	t = task_add(s, TASK_CFG_SET, 0);
	if (t)
		attrs_copy(&t->set, attrs);
	done(e, s);
}

void ike_child_heard(struct ike *e, uint32_t spi_in, ike_time when)
{
	struct child_sa *c = child_by_in(e, spi_in);

	if (!c || c->ses->down)
		return;
	c->known = true;
	child_out(c); /* the peer sends on it: RFC 7296 §2.8 */
	session_heard(c->ses, when);
	session_resched(c->ses);
}

void ike_child_sent(struct ike *e, uint32_t spi_in, ike_time when)
{
	struct child_sa *c = child_by_in(e, spi_in);

	if (c && when > c->ses->sent)
		c->ses->sent = when;
}

void ike_dpd_now(struct ike *e, uint32_t handle, ike_time now)
{
	struct session *s = live(e, handle, now);

	if (s && s->established)
		task_add(s, TASK_DPD, 0);
	done(e, s);
}

bool ike_update_address(struct ike *e, uint32_t handle, const struct endpoint *local,
        const struct endpoint *remote, ike_time now)
{
	struct session *s = live(e, handle, now);
	bool ok = s && mobike_move(s, local, remote);

	done(e, s);
	return ok;
}

bool ike_redirect(struct ike *e, uint32_t handle, const struct ike_gateway *to, ike_time now)
{
	struct session *s = live(e, handle, now);
	bool ok = s && redirect_ask(s, to);

	done(e, s);
	return ok;
}

/* ---- facts ---------------------------------------------------------------------- */

static uint32_t count_told(const struct session *s)
{
	uint32_t n = 0;

	for (const struct child_sa *c = s->children; c; c = c->next)
		n += c->told;
	return n;
}

/* The view is the engine's, and changes with the next call; `struct ike` is const for callers only.
 */
static struct ike_attrs all_attrs(const struct session *s)
{
	struct ike *e = s->e;
	const struct ike_attrs *a = &s->pushed.a, *b = &s->set.a;

	e->view = xrealloc(e->view, (a->n + b->n + 1) * sizeof(*e->view));
	if (a->n)
		memcpy(e->view, a->v, a->n * sizeof(*e->view));
	if (b->n)
		memcpy(e->view + a->n, b->v, b->n * sizeof(*e->view));
	return (struct ike_attrs){.v = e->view, .n = a->n + b->n};
}

static void fill_sa(const struct session *s, const struct ike_sa *sa, struct ike_sa_info *out)
{
	out->state = sa->state;
	out->spi_i = sa->spi_i;
	out->spi_r = sa->spi_r;
	out->initiator = sa->initiator;
	out->suite = sa->suite;
	out->req_next = sa->tx_id;
	out->resp_next = sa->rx_id;
	if (s->current != sa)
		out->state = IKE_S_DELETING;
}

bool ike_sa_info(const struct ike *e, uint32_t handle, struct ike_sa_info *out)
{
	const struct session *s = by_handle(e, handle);

	if (!s || !s->sas)
		return false;
	*out = (struct ike_sa_info){.handle = handle,
	        .session_id = s->id,
	        .owner = s->p.owner,
	        .initiator = s->initiator,
	        .local = s->local,
	        .remote = s->remote,
	        .vrf = s->vrf,
	        .local_auth = s->p.local_auth,
	        .remote_auth = s->p.remote_auth,
	        .local_id = s->p.local_id,
	        .remote_id = s->remote_id,
	        .eap_method = s->eap_method,
	        .eap_name = secret_span(&s->eap_name),
	        .lifetime_s = s->p.ike_lifetime_s,
	        .established = s->established_at,
	        .window_local = s->p.window,
	        .window_peer = s->peer_window,
	        .nat_local = s->nat_local,
	        .nat_remote = s->nat_remote,
	        .fragmentation = s->frag,
	        .dynamic_route = s->peer_dynamic_route,
	        .peer_is_ios = s->peer_ios,
	        .dpd = s->p.dpd,
	        .mobike = s->mobike,
	        .cfg_asked = s->cfg_asked,
	        .ppk = s->ppk_used,
	        .resumed = s->resumed,
	        .assigned4 = s->assigned4,
	        .assigned6 = s->assigned6,
	        .n_children = count_told(s),
	        .attrs = all_attrs(s)};
	fill_sa(s, s->current ? s->current : s->sas, out);
	return true;
}

bool ike_sa_next(const struct ike *e, uint32_t prev, struct ike_sa_info *out)
{
	for (uint32_t h = prev + 1; h <= e->n_slot; h++)
		if (ike_sa_info(e, h, out))
			return true;
	return false;
}

bool ike_child_next(const struct ike *e, uint32_t handle, size_t index, struct ike_child_info *out)
{
	const struct session *s = by_handle(e, handle);

	for (const struct child_sa *c = s ? s->children : NULL; c; c = c->next)
		if (c->told && index-- == 0) {
			*out = (struct ike_child_info){.handle = handle,
			        .owner = s->p.owner,
			        .child = c->k,
			        .since = c->since};
			return true;
		}
	return false;
}

const struct ike_counters *ike_counters(const struct ike *e)
{
	return &e->n;
}
