/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions and their IKE SAs: how they begin, what states they go through, how they end. See sa.h
 * for who owns whom.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

/* ---- states --------------------------------------------------------------------- */

static const char *const state_name[IKE_S_MAX] = {
        [IKE_S_INIT_SENT] = "I_WAIT_INIT",
        [IKE_S_AUTH_SENT] = "I_WAIT_AUTH",
        [IKE_S_INIT_RCVD] = "R_WAIT_AUTH",
        [IKE_S_ESTABLISHED] = "READY",
        [IKE_S_REKEYING] = "REKEY",
        [IKE_S_DELETING] = "DELETE",
};

#define TO(s) (1u << IKE_S_##s)
static const unsigned allowed[IKE_S_MAX] = {
        [IKE_S_INIT_SENT] = TO(AUTH_SENT) | TO(DELETING),
        [IKE_S_AUTH_SENT] = TO(ESTABLISHED) | TO(DELETING),
        [IKE_S_INIT_RCVD] = TO(ESTABLISHED) | TO(DELETING),
        [IKE_S_ESTABLISHED] = TO(REKEYING) | TO(DELETING),
        [IKE_S_REKEYING] = TO(ESTABLISHED) | TO(DELETING),
        [IKE_S_DELETING] = 0,
};
#undef TO

void sa_set_state(struct ike_sa *sa, enum ike_sa_state state)
{
	if (sa->state == state)
		return;
	assert(allowed[sa->state] & 1u << state);
	ike_dbg(sa->ses->e, sa->ses, 2,
	        "SM Trace-> SA: I_SPI=%016llX R_SPI=%016llX (%c) CurState: %s NewState: %s",
	        (unsigned long long)sa->spi_i, (unsigned long long)sa->spi_r,
	        sa->initiator ? 'I' : 'R', state_name[sa->state], state_name[state]);
	sa->state = state;
}

/* ---- SAs ------------------------------------------------------------------------ */

struct ike_sa *sa_new(struct session *s, enum ike_sa_state state, bool initiator)
{
	struct ike_sa *sa = xcalloc(1, sizeof(*sa));

	sa->ses = s;
	sa->state = state;
	sa->initiator = initiator;
	sa->rekey_at = sa->expire_at = sa->drop_at = IKE_NEVER;
	ike_reasm_init(&sa->reasm);
	sa->next = s->sas;
	s->sas = sa;
	return sa;
}

void sa_link(struct ike_sa *sa, uint64_t spi_local)
{
	sa->spi_local = spi_local;
	HASH_ADD(hh, sa->ses->e->by_spi, spi_local, sizeof(sa->spi_local), sa);
}

bool sa_ready(struct ike_sa *sa)
{
	sa->sk = ike_sk_new(&sa->suite, &sa->keys, sa->initiator);
	sa_tell_keys(sa);
	return sa->sk != NULL;
}

void sa_tell_keys(const struct ike_sa *sa)
{
	const struct ike_ops *o = &sa->ses->e->ops;

	if (o->keys && sa->sk)
		o->keys(o->ctx, &(struct ike_sa_keys){.spi_i = sa->spi_i,
		                        .spi_r = sa->spi_r,
		                        .suite = sa->suite,
		                        .encr_i = secret_span(&sa->keys.ei),
		                        .encr_r = secret_span(&sa->keys.er),
		                        .integ_i = secret_span(&sa->keys.ai),
		                        .integ_r = secret_span(&sa->keys.ar)});
}

/* Soft at 80 to 90 % of the lifetime, so that two ends with one lifetime seldom start together. */
void sa_start_lifetime(struct ike_sa *sa)
{
	struct ike *e = sa->ses->e;
	uint64_t life = (uint64_t)sa->ses->p.ike_lifetime_s * 1000;

	sa->expire_at = e->now + life;
	sa->rekey_at = e->now + life / 10 * 9 -
	               life / 100 * e_random_below(e, e->cfg.rekey_jitter_pct * 10) / 10;
}

void sa_not_half_open(struct ike_sa *sa)
{
	struct ike *e = sa->ses->e;
	struct ip_count *c;

	if (!sa->half_open)
		return;
	sa->half_open = false;
	e->half_open--;
	HASH_FIND(hh, e->half_open_ip, &sa->init_key.remote.addr, sizeof(c->ip), c);
	if (c && --c->n == 0) {
		HASH_DEL(e->half_open_ip, c);
		free(c);
	}
}

void handshake_free(struct handshake *h)
{
	if (!h)
		return;
	ike_dh_free(h->dh);
	free(h->init_i);
	free(h->init_r);
	free((void *)h->cookie.p);
	free(h->certreq);
	eap_peer_free(h->eap);
	eap_server_free(h->server);
	secret_wipe(&h->msk);
	secret_wipe(&h->ticket);
	secret_wipe(&h->ke_shared);
	resumed_fini(&h->resumed);
	free(h->first.p);
	ike_keys_wipe(&h->plain);
	ike_packets_fini(&h->answer);
	wipe(h, sizeof(*h));
	free(h);
}

/* Requests about the session, not about one IKE SA. */
static bool outlives_sa(enum req_type t)
{
	static const enum req_type types[] = {REQ_CFG_SET, REQ_REKEY_CHILD, REQ_NEW_CHILD,
	        REQ_DELETE_CHILD, REQ_UPDATE, REQ_ROUTABILITY, REQ_REDIRECT};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i] == t)
			return true;
	return false;
}

/* What a request was to do and the session still needs goes back into the queue. */
static void salvage(struct session *s, struct request *r)
{
	struct child_sa *c = r->task ? child_by_in(s->e, r->task->spi) : NULL;

	if (s->down || !outlives_sa(r->type))
		return;
	if (c && c->state == CHILD_REKEYING && c->heir)
		child_replaced(c);
	else if (c && c->state == CHILD_REKEYING)
		c->state = CHILD_UP;
	if (c && c->state == CHILD_DELETING)
		c->state = CHILD_CLOSING;
	task_back(s, r->task, s->e->now);
	r->task = NULL;
}

static void drop_requests(struct ike_sa *sa)
{
	while (sa->out) {
		salvage(sa->ses, sa->out);
		req_drop(sa, sa->out);
	}
}

/* A session that is down and has nothing left to say is not shown any more, and its handle is free.
 */
static void leave_slot(struct session *s)
{
	for (const struct ike_sa *sa = s->sas; s->down && sa; sa = sa->next)
		if (!sa->ghost)
			return;
	if (s->down)
		e_slot_leave(s->e, s);
}

void sa_unlink(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	struct ike *e = s->e;
	struct ike_sa **at = &s->sas;

	while (*at && *at != sa)
		at = &(*at)->next;
	if (!*at)
		return; /* already */
	*at = sa->next;
	resume_unused(sa);
	drop_requests(sa);
	sa_not_half_open(sa);
	e->n_failed -= sa->failed;
	HASH_DELETE(hh, e->by_spi, sa);
	if (sa->in_init)
		HASH_DELETE(hh_init, e->by_init, sa);
	sa->in_init = false;
	for (struct ike_sa *o = s->sas; o; o = o->next)
		if (o->rival == sa)
			o->rival = NULL;
	if (s->current == sa)
		s->current = NULL;
	sa->next = e->dead_sa;
	e->dead_sa = sa;
	e->n.sa_deleted++;
	leave_slot(s);
	if (!s->sas)
		session_destroy(s);
}

void sa_free(struct ike_sa *sa)
{
	handshake_free(sa->hs);
	ike_sk_free(sa->sk);
	ike_sk_free(sa->old_sk);
	ike_keys_wipe(&sa->keys);
	ike_reasm_fini(&sa->reasm);
	for (size_t i = 0; i < WINDOW_MAX; i++)
		ike_packets_fini(&sa->answer[i].pk);
	free(sa);
}

/* One that never was authenticated goes on counting as half-open, for its source and in all, and
 * repeats its refusal for a shorter time; beyond a number of them, not at all. */
static void refused_ghost(struct ike_sa *sa)
{
	struct ike *e = sa->ses->e;

	sa->failed = true;
	sa->drop_at = e->n_failed < MAX_FAILED ? e->now + GHOST_FAILED_MS : e->now;
	e->n_failed++;
}

void sa_ghost(struct ike_sa *sa)
{
	struct session *s = sa->ses;

	sa_set_state(sa, IKE_S_DELETING);
	sa->ghost = true;
	sa->close_wanted = false;
	sa->rekey_at = sa->expire_at = IKE_NEVER;
	sa->drop_at = s->e->now + GHOST_MS;
	if (sa->half_open)
		refused_ghost(sa);
	drop_requests(sa);
	for (struct ike_sa *o = s->sas; o; o = o->next)
		if (o->rival == sa)
			o->rival = NULL;
	if (s->current == sa)
		s->current = NULL;
	leave_slot(s);
}

/* What the peer cannot know about needs no Delete. */
static bool peer_may_know(const struct ike_sa *sa)
{
	return sa->state != IKE_S_INIT_SENT && sa->state != IKE_S_INIT_RCVD;
}

void sa_close(struct ike_sa *sa, uint16_t notify)
{
	if (sa->ghost || sa->close_wanted || req_find(sa, REQ_DELETE_IKE))
		return;
	if (!peer_may_know(sa)) {
		sa_unlink(sa);
		return;
	}
	sa_set_state(sa, IKE_S_DELETING);
	sa->rekey_at = sa->expire_at = sa->drop_at = IKE_NEVER;
	sa->close_wanted = true;
	sa->close_notify = notify;
}

/* ---- sessions ------------------------------------------------------------------- */

void session_peering(struct session *s, const struct ike_peering *p)
{
	secret_wipe(&s->p.local_psk);
	secret_wipe(&s->p.remote_psk);
	secret_wipe(&s->p.ppk);
	s->p = *p;
	s->p.local_psk = s->p.remote_psk = s->p.ppk = (struct secret){0};
	secret_copy(&s->p.ppk, &p->ppk);
	secret_copy(&s->p.local_psk, &p->local_psk);
	secret_copy(&s->p.remote_psk, &p->remote_psk);
	attrs_copy(&s->request, &p->cfg_request);
	attrs_copy(&s->reply, &p->cfg_reply);
	s->p.cfg_request = s->request.a;
	s->p.cfg_reply = s->reply.a;
	if (!s->p.ike_lifetime_s)
		s->p.ike_lifetime_s = 86400;
	if (!s->p.child_lifetime_s)
		s->p.child_lifetime_s = 3600;
	if (!s->p.eap_timeout_s)
		s->p.eap_timeout_s = EAP_TIMEOUT_S;
	if (!s->p.window)
		s->p.window = WINDOW_DEFAULT;
	if (s->p.window > WINDOW_MAX)
		s->p.window = WINDOW_MAX;
}

struct session *ike_session_new(struct ike *e, const struct ike_peering *p,
        const struct endpoint *local, const struct endpoint *remote, uint32_t vrf, bool initiator)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->e = e;
	s->id = ++e->next_id;
	s->local = *local;
	s->remote = *remote;
	s->vrf = vrf;
	s->initiator = initiator;
	s->peer_window = 1;
	s->heard = s->tx_at = e->now;
	s->dpd_at = s->keepalive_at = s->reauth_at = s->due = IKE_NEVER;
	session_peering(s, p);
	s->handle = e_slot_take(e, s);
	e->n_sessions++;
	e_heap_update(e, s);
	return s;
}

static void drop_tasks(struct session *s)
{
	while (s->tasks) {
		struct task *t = s->tasks;

		s->tasks = t->next;
		task_free(t);
	}
}

void session_destroy(struct session *s)
{
	if (s->dead)
		return;
	if (!s->down)
		session_down(s, IKE_R_LOCAL, 0);
	if (s->dead)
		return; /* session_down() came here */
	s->dead = true;
	while (s->children)
		child_unlink(s->children);
	while (s->sas)
		sa_unlink(s->sas);
	e_heap_remove(s->e, s);
	e_slot_leave(s->e, s);
	twins_leave(s);
	opening_over(s);
	s->e->n_sessions--;
	s->next_dead = s->e->dead_ses;
	s->e->dead_ses = s;
}

void ike_session_free(struct session *s)
{
	drop_tasks(s);
	secret_wipe(&s->p.local_psk);
	secret_wipe(&s->p.remote_psk);
	secret_wipe(&s->p.ppk);
	secret_wipe(&s->eap_name);
	attrs_fini(&s->request);
	attrs_fini(&s->reply);
	attrs_fini(&s->pushed);
	attrs_fini(&s->set);
	free(s);
}

/* Nobody outside has heard of a responder's session that never came up. */
static void tell_down(struct session *s, enum ike_reason reason, uint16_t notify)
{
	if (!s->established && !s->initiator)
		return;
	struct ev_node *n = e_event(s, IKE_EV_DOWN);

	n->ev.reason = reason;
	n->ev.notify = notify;
	s->e->slot[s->handle - 1].reserved = true;
}

void session_down(struct session *s, enum ike_reason reason, uint16_t notify)
{
	if (s->down)
		return;
	s->down = true;
	if (s->leased && s->e->ops.unlease)
		s->e->ops.unlease(s->e->ops.ctx, s->handle);
	resume_session_ended(s, reason);
	tell_down(s, reason, notify);
	opening_over(s);
	ike_dbg(s->e, s, 0, "Deleting SA");
	drop_tasks(s);
	s->dpd_at = s->keepalive_at = s->reauth_at = IKE_NEVER;
	while (s->children)
		child_unlink(s->children);
	/* SAs that neither repeat an answer nor have something to say end here */
	for (struct ike_sa *sa = s->sas, *next; sa; sa = next) {
		next = sa->next;
		if (!sa->ghost && !sa->close_wanted && !req_find(sa, REQ_DELETE_IKE))
			sa_unlink(sa);
	}
	leave_slot(s);
}

void ike_session_close(struct session *s, enum ike_reason reason, uint16_t notify)
{
	bool refused =
	        reason == IKE_R_PEER_AUTH_FAILED || reason == IKE_R_PEER_ID || reason == IKE_R_CERT;

	for (struct ike_sa *sa = s->sas, *next; sa; sa = next) {
		next = sa->next;
		sa_close(sa, refused ? N_AUTHENTICATION_FAILED : 0);
	}
	session_down(s, reason, notify);
	if (!s->dead)
		session_run(s);
}

void session_established(struct session *s)
{
	struct ev_node *n = e_event(s, IKE_EV_ESTABLISHED);

	attrs_copy(&n->attrs, &s->pushed.a);
	s->established = true;
	s->established_at = s->e->now;
	twins_join(s);
	opening_over(s);
	s->e->n.sa_created++;
	session_heard(s, s->e->now);
	sa_start_lifetime(s->current);
	ike_dbg(s->e, s, 0,
	        "IKEV2 SA created; inserting SA into database. SA lifetime timer (%u sec) started",
	        s->p.ike_lifetime_s);
}

void session_adopt(struct session *s, struct ike_sa *sa)
{
	if (s->current == sa)
		return;
	s->current = sa;
	sa->drop_at = IKE_NEVER;
	sa_start_lifetime(sa);
	s->e->n.ike_rekeyed++;
	e_event(s, IKE_EV_REKEYED);
	qcd_renew(s);
	ike_dbg(s->e, s, 0, "IKEv2 SA rekeyed, new I_SPI=%016llX R_SPI=%016llX",
	        (unsigned long long)sa->spi_i, (unsigned long long)sa->spi_r);
}

/* Behind a NAT, with a peer that can be told: a mapping that was lost is to be noticed before long,
 * whatever was configured about dead peers. */
static bool watches_nat(const struct session *s)
{
	return mobike_checks_path(s) && s->nat_local;
}

static uint64_t dpd_interval(const struct session *s)
{
	uint64_t ms = s->p.dpd.interval_ms;

	return watches_nat(s) && (!ms || ms > PATH_CHECK_MS) ? PATH_CHECK_MS : ms;
}

/* How long after a sign of life to look again whether something is amiss. */
static uint64_t dpd_look(const struct session *s)
{
	uint64_t ms = dpd_interval(s);

	return s->p.dpd.fast && ms >= 4 ? ms / 4 : ms;
}

uint32_t session_dpd_retry(const struct session *s)
{
	const struct ike_dpd *d = &s->p.dpd;
	uint32_t rtt = s->rtt_ms, ms = 4 * rtt > FAST_RETRY_MS ? 4 * rtt : FAST_RETRY_MS;

	if (!d->fast || !rtt)
		return d->retry_ms;
	if (ms > d->retry_ms)
		ms = d->retry_ms;
	return ms > 2 * rtt ? ms : 2 * rtt;
}

void session_heard(struct session *s, ike_time when)
{
	uint64_t ms = dpd_look(s);

	if (when > s->heard)
		s->heard = when;
	if (s->established && !s->down && ms)
		s->dpd_at = s->heard + ms;
}

/* ---- timers --------------------------------------------------------------------- */

static void sooner(ike_time *at, ike_time t)
{
	if (t < *at)
		*at = t;
}

static ike_time keepalive_due(const struct session *s)
{
	if (!s->p.nat_keepalive_s || !s->nat_local || !s->natt || !s->established || s->down)
		return IKE_NEVER;
	return s->tx_at + (uint64_t)s->p.nat_keepalive_s * 1000;
}

void session_resched(struct session *s)
{
	ike_time due = s->dpd_at;

	if (s->dead)
		return;
	for (const struct ike_sa *sa = s->sas; sa; sa = sa->next) {
		sooner(&due, sa->drop_at);
		for (const struct request *r = sa->out; r; r = r->next)
			sooner(&due, r->at);
		if (sa == s->current) {
			sooner(&due, sa->rekey_at);
			sooner(&due, sa->expire_at);
		}
	}
	for (const struct child_sa *c = s->children; c; c = c->next)
		sooner(&due, child_due(c));
	sooner(&due, s->reauth_at);
	sooner(&due, keepalive_due(s));
	sooner(&due, tasks_due(s));
	s->due = due;
	e_heap_update(s->e, s);
}

/* A half-open SA, a ghost, or one that the peer should have deleted long ago. */
static void sa_dropped(struct ike_sa *sa)
{
	struct session *s = sa->ses;

	sa->drop_at = IKE_NEVER;
	if (sa->ghost) {
		sa_unlink(sa);
	} else if (sa->state == IKE_S_INIT_RCVD) {
		ike_dbg(s->e, s, 1, "Half-open SA timed out");
		session_destroy(s);
	} else if (sa->state == IKE_S_AUTH_SENT) {
		ike_session_close(s, IKE_R_CREDENTIALS, 0);
	} else {
		sa_close(sa, 0);
		session_run(s);
	}
}

static bool sa_tick(struct ike_sa *sa)
{
	struct session *s = sa->ses;
	ike_time now = s->e->now;

	for (struct request *r = sa->out; r; r = r->next)
		if (r->at <= now) {
			req_tick(sa, r);
			return true;
		}
	if (sa->drop_at <= now) {
		sa_dropped(sa);
		return true;
	}
	if (sa != s->current)
		return false;
	if (sa->expire_at <= now) {
		ike_session_close(s, IKE_R_LIFETIME, 0);
		return true;
	}
	if (sa->rekey_at > now)
		return false;
	sa->rekey_at = IKE_NEVER;
	task_add(s, TASK_REKEY_IKE, 0);
	return true;
}

/* RFC 7296 §2.4: only when nothing was heard; on demand, only when something was sent besides. An
 * SA without children sends nothing that could raise a doubt: it is asked at every interval. */
static void dpd_tick(struct session *s)
{
	bool sent = s->sent > s->heard;
	ike_time due = s->heard + dpd_interval(s);

	s->dpd_at = s->e->now + dpd_look(s);
	if (((s->p.dpd.on_demand && s->children) || !s->p.dpd.interval_ms) && !sent)
		return;
	if (!sent && s->e->now < due) { /* DPD fast: nothing is amiss yet */
		sooner(&s->dpd_at, due);
		return;
	}
	if (!s->current || !s->current->out)
		task_add(s, TASK_DPD, 0);
}

static void send_keepalive(struct session *s)
{
	static const uint8_t ff = 0xff;
	struct dgram d = {.local = s->local,
	        .remote = s->remote,
	        .vrf = s->vrf,
	        .natt = true,
	        .keepalive = true,
	        .data = &ff,
	        .len = 0};

	e_send(s->e, &d);
	s->e->n.keepalives++;
	s->tx_at = s->e->now;
}

void session_tick(struct session *s)
{
	ike_time now = s->e->now;

	for (struct ike_sa *sa = s->sas; sa; sa = sa->next)
		if (sa_tick(sa))
			goto done;
	for (struct child_sa *c = s->children; c; c = c->next)
		if (child_due(c) <= now) {
			child_tick(c);
			goto done;
		}
	if (s->reauth_at <= now)
		reauth_due(s);
	else if (s->dpd_at <= now)
		dpd_tick(s);
	else if (keepalive_due(s) <= now)
		send_keepalive(s);
done:
	if (!s->dead)
		session_run(s);
	session_resched(s);
}
