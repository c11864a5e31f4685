/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CREATE_CHILD_SA for children (RFC 7296 §1.3.1, §1.3.3, §2.8, §2.25): new ones as responder,
 * rekeying in both roles, and both at once.
 *
 * When both sides rekey the same child, both exchanges are carried out. Of the four nonces the
 * lowest marks the redundant new child; who asked for it deletes it, the other deletes the old one.
 * On the old child stands what is known: its state is REKEYING while our request is out, `heir` is
 * what the peer's request made, and the request remembers the lowest nonce of that exchange.
 */
#include "ikev2/sa.h"

#include <stdlib.h>
#include <string.h>

void create_free(struct create *c)
{
	if (!c)
		return;
	ike_dh_free(c->dh);
	wipe(c, sizeof(*c));
	free(c);
}

/* ---- nonces --------------------------------------------------------------------- */

bool nonce_read(const struct ike_msg *m, struct nonce *out)
{
	const struct ike_pl *p = ike_msg_find(m, PL_NONCE);
	struct span n;

	if (!p || !ike_get_nonce(p, &n) || n.n > sizeof(out->b))
		return false;
	memcpy(out->b, n.p, n.n);
	out->n = (uint16_t)n.n;
	return true;
}

bool nonce_lower(const struct nonce *a, const struct nonce *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int d = memcmp(a->b, b->b, n);

	return d < 0 || (d == 0 && a->n < b->n);
}

const struct nonce *nonce_min(const struct nonce *a, const struct nonce *b)
{
	return nonce_lower(b, a) ? b : a;
}

struct request *create_pending(const struct session *s)
{
	struct request *r = NULL;

	for (const struct ike_sa *sa = s->sas; sa && !r; sa = sa->next)
		if (!(r = req_find(sa, REQ_REKEY_CHILD)))
			r = req_find(sa, REQ_NEW_CHILD);
	return r;
}

void create_note_gone(struct session *s, uint32_t spi_out)
{
	struct request *r = create_pending(s);

	if (r && r->cr->n_gone < ARRAY_LEN(r->cr->gone))
		r->cr->gone[r->cr->n_gone++] = spi_out;
}

static bool is_gone(const struct create *cr, uint32_t spi_out)
{
	for (uint8_t i = 0; i < cr->n_gone; i++)
		if (cr->gone[i] == spi_out)
			return true;
	return false;
}

/* ---- our request ---------------------------------------------------------------- */

/* SPI, nonce and, with PFS, a key of ours. */
static struct create *begin(
        struct session *s, struct request *r, uint16_t group, struct span *public_value)
{
	struct create *cr = r->cr = xcalloc(1, sizeof(*cr));

	cr->spi = e_new_esp_spi(s->e);
	cr->group = group;
	e_nonce(s->e, &cr->ni);
	if (group != KE_NONE && (cr->dh = ike_dh_new(group)))
		*public_value = ike_dh_public(cr->dh);
	return cr;
}

bool create_send_child(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct child_sa *c = child_by_in(s->e, t->spi);
	struct span public_value = {0};
	uint16_t group;

	if (!c || c->ses != s || c->state != CHILD_UP)
		return false;
	group = t->group ? t->group : child_rekey_group(c);
	struct request *r = req_new(sa, REQ_REKEY_CHILD, EXCH_CREATE_CHILD);
	struct create *cr = begin(s, r, group, &public_value);

	r->task = t;
	if (!t->fresh)
		ike_put_notify_esp(&r->b, N_REKEY_SA, c->spi_in, (struct span){0});
	child_put_offer(s, &r->b, (uint32_t)cr->spi, c, IKE_KE_OPTIONAL, group, nonce_span(&cr->ni),
	        public_value);
	ike_dbg(s->e, s, 0, "Rekeying IPsec SA [SPI: 0x%08X]", c->spi_in);
	c->state = CHILD_REKEYING;
	req_send(sa, r);
	return true;
}

/* ---- the peer's request --------------------------------------------------------- */

/* Is an exchange of ours about children under way? RFC 7296 §2.25.1. */
static struct request *our_rekey_of(const struct session *s, const struct child_sa *c)
{
	for (struct request *r = s->current ? s->current->out : NULL; r; r = r->next)
		if (r->type == REQ_REKEY_CHILD && r->task && r->task->spi == c->spi_in)
			return r;
	return NULL;
}

/* The group of the peer's KE payload against the one chosen. */
static bool ke_fits(const struct ike_msg *m, const struct ike_choice *choice, struct ike_pl_ke *ke)
{
	const struct ike_pl *p = ike_msg_find(m, PL_KE);

	*ke = (struct ike_pl_ke){0};
	if (choice->suite.group == KE_NONE)
		return true;
	return p && ike_get_ke(p, ke) && ke->group == choice->suite.group;
}

/* The old child after the peer has rekeyed it. */
static void replaced_by(struct child_sa *old, const struct child_sa *fresh, const struct nonce *ni,
        const struct nonce *nr)
{
	struct session *s = old->ses;
	struct request *r = our_rekey_of(s, old);

	old->heir = fresh->spi_in;
	if (old->state == CHILD_REKEYING && r) {
		r->cr->collided = true;
		r->cr->rival = fresh->spi_in;
		r->cr->low = *nonce_min(ni, nr);
		return;
	}
	child_replaced(old);
	task_remove(s, TASK_REKEY_CHILD, old->spi_in);
}

/* 0, or the notify that refuses; `group` is the one that INVALID_KE_PAYLOAD asks for. */
static uint16_t make(struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b,
        struct child_sa *old, uint16_t *group)
{
	struct session *s = sa->ses;
	const struct ike_pl *p = ike_msg_find(m, PL_KE);
	struct ike_choice choice;
	struct ike_pl_ke ke = {0};
	struct nonce ni, nr;
	struct secret shared = {0};
	struct ike_dh *dh = NULL;
	struct child_make mk = {.replaces = old ? old->spi_in : 0};
	struct child_sa *fresh = NULL;
	uint16_t no;

	if (!nonce_read(m, &ni) || (p && !ike_get_ke(p, &ke)))
		return N_INVALID_SYNTAX;
	no = child_choose(s, m, IKE_KE_OPTIONAL, ke.group, &choice, &mk);
	if (no)
		return no;
	*group = choice.suite.group;
	if (!ke_fits(m, &choice, &ke))
		return N_INVALID_KE_PAYLOAD;
	e_nonce(s->e, &nr);
	mk.ni = nonce_span(&ni);
	mk.nr = nonce_span(&nr);
	no = N_NO_PROPOSAL_CHOSEN;
	if (choice.suite.group != KE_NONE) {
		dh = ike_dh_new(choice.suite.group);
		if (!dh || !ike_dh_shared(dh, ke.data, &shared)) {
			no = N_INVALID_SYNTAX;
			goto out;
		}
		mk.shared = &shared;
	}
	fresh = child_add(sa, &mk);
	if (!fresh)
		goto out;
	if (old)
		replaced_by(old, fresh, &ni, &nr);
	child_put_answer(s, b, &choice, &mk, mk.nr, dh ? ike_dh_public(dh) : (struct span){0});
	no = 0;
out:
	ike_dh_free(dh);
	secret_wipe(&shared);
	return no;
}

static size_t count_children(const struct session *s)
{
	size_t n = 0;

	for (const struct child_sa *c = s->children; c; c = c->next)
		n++;
	return n;
}

static bool may_be_rekeyed(const struct child_sa *c)
{
	return c->state == CHILD_UP || (c->state == CHILD_REKEYING && !c->heir);
}

static void child_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;
	struct ike_pl_notify n;
	struct child_sa *old = NULL;
	uint8_t data[2];
	uint16_t no, group = 0;

	if (ike_msg_notify(m, N_REKEY_SA, &n)) {
		old = n.proto == IKE_PROTO_ESP ? child_by_out(s, ike_notify_spi(&n)) : NULL;
		if (!old &&
		        create_pending(s)) { /* it may be the one that we are about to hear of */
			ike_put_notify(b, N_TEMPORARY_FAILURE, (struct span){0});
			return;
		}
		if (!old) {
			ike_put_notify_esp(
			        b, N_CHILD_SA_NOT_FOUND, ike_notify_spi(&n), (struct span){0});
			return;
		}
		if (!may_be_rekeyed(old)) {
			ike_put_notify(b, N_TEMPORARY_FAILURE, (struct span){0});
			return;
		}
	}
	no = count_children(s) >= MAX_CHILDREN ? (uint16_t)N_NO_ADDITIONAL_SAS
	                                       : make(sa, m, b, old, &group);
	put_u16(data, group);
	if (no)
		ike_put_notify(b, no, span_of(data, no == N_INVALID_KE_PAYLOAD ? 2 : 0));
	if (no == N_INVALID_SYNTAX)
		*after = (struct after){AFTER_DOWN_LOUD, IKE_R_SYNTAX, 0};
}

static bool is_ike_rekey(const struct ike_msg *m)
{
	return !ike_msg_find(m, PL_TSi) && !ike_msg_find(m, PL_TSr) &&
	       !ike_msg_has_notify(m, N_REKEY_SA);
}

void create_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after)
{
	struct session *s = sa->ses;

	rekey_ike_peer_uses(sa);
	if (s->down || sa != s->current || sa->close_wanted || sa->state == IKE_S_DELETING)
		ike_put_notify(b, N_TEMPORARY_FAILURE, (struct span){0});
	else if (is_ike_rekey(m))
		rekey_ike_request(sa, m, b, after);
	else if (sa->state != IKE_S_ESTABLISHED)
		ike_put_notify(b, N_TEMPORARY_FAILURE, (struct span){0});
	else
		child_request(sa, m, b, after);
}

/* ---- the response to ours ------------------------------------------------------- */

/* A child that the peer asked for and has not heard of: our response is still on the way. */
static bool may_come(const struct child_sa *c)
{
	return !c->known && c->ses->e->now < c->since + REPLACED_MS;
}

/* Without PFS of our own any group that we know will do, when the peer insists on one. */
static bool group_welcome(const struct session *s, uint16_t group)
{
	if (ike_proposals_first_group(s->p.esp, s->p.n_esp) == KE_NONE)
		return ike_group_known(group);
	return ike_proposals_have_group(s->p.esp, s->p.n_esp, group);
}

/* The peer said no. What the peer's own rekeying has made meanwhile stands. */
static void refused(
        struct session *s, struct request *r, struct child_sa *old, const struct ike_pl_notify *n)
{
	struct task *t = r->task;
	struct child_sa *rival = r->cr->collided ? child_by_in(s->e, r->cr->rival) : NULL;
	uint16_t group = n->data.n == 2 ? get_u16(n->data.p) : 0;
	ike_time now = s->e->now;

	ike_dbg(s->e, s, 1, "Rekeying IPsec SA refused: %s", ike_notify_name(n->type));
	if (n->type == N_INVALID_SYNTAX) {
		ike_session_close(s, IKE_R_SYNTAX, n->type);
		return;
	}
	if (!old || old->state != CHILD_REKEYING)
		return;
	old->state = CHILD_UP;
	if (rival) {
		child_replaced(old);
		if (n->type == N_CHILD_SA_NOT_FOUND)
			child_gone(old, IKE_R_NONE, false);
		return;
	}
	old->heir = 0;
	if (n->type == N_TEMPORARY_FAILURE || (n->type == N_CHILD_SA_NOT_FOUND && may_come(old))) {
		now += 500 + e_random_below(s->e, 3500);
	} else if (n->type == N_CHILD_SA_NOT_FOUND && !t->fresh) {
		t->fresh = true;
	} else if (n->type == N_INVALID_KE_PAYLOAD && ++t->refused < 3 && group_welcome(s, group)) {
		t->group = group;
	} else {
		if (t->fresh)
			child_gone(old, IKE_R_CHILD_REFUSED, true);
		else
			old->rekey_at = now + REDO_MS;
		return;
	}
	task_back(s, t, now);
	r->task = NULL;
}

static bool read_answer(struct session *s, struct request *r, const struct ike_msg *m,
        const struct child_sa *like, struct child_make *mk, struct nonce *nr, struct secret *shared)
{
	const struct ike_pl *p = ike_msg_find(m, PL_KE);
	struct ike_pl_ke ke;

	if (child_read_answer(s, m, like, IKE_KE_OPTIONAL, r->cr->group, mk) != IKE_R_NONE ||
	        !nonce_read(m, nr))
		return false;
	mk->nr = nonce_span(nr);
	if (mk->suite.group == KE_NONE)
		return true;
	if (!p || !r->cr->dh || !ike_get_ke(p, &ke) || ke.group != ike_dh_group(r->cr->dh) ||
	        ke.group != mk->suite.group || !ike_dh_shared(r->cr->dh, ke.data, shared))
		return false;
	mk->shared = shared;
	return true;
}

/* The collision's verdict (RFC 7296 §2.8.1): did we make the redundant one? The peer may have acted
 * on it already: it has deleted the old child when it won, and its own new one when it lost. */
static bool ours_is_redundant(const struct session *s, const struct create *cr,
        const struct nonce *nr, const struct child_sa *old)
{
	return cr->collided && nonce_lower(nonce_min(&cr->ni, nr), &cr->low) &&
	       (!old || child_by_in(s->e, cr->rival));
}

static void took_over(
        struct session *s, struct request *r, struct child_sa *old, struct child_sa *fresh)
{
	struct child_sa *rival = r->cr->collided ? child_by_in(s->e, r->cr->rival) : NULL;

	child_out(fresh);
	if (rival) {
		rival->redundant = true;
		rival->rekey_at = IKE_NEVER;
		rival->expire_at = s->e->now + REPLACED_MS;
	}
	if (!old)
		return;
	old->heir = fresh->spi_in;
	if (r->task->fresh)
		child_gone(old, IKE_R_NONE, false);
	else
		child_delete(old);
}

/* The peer made the new child and has deleted it again before we heard of it. */
static void born_dead(struct child_sa *old)
{
	if (!old || (old->heir && child_by_in(old->ses->e, old->heir)))
		return;
	child_tell_down(old, IKE_R_PEER_DELETE, false);
	child_delete(old);
}

static void give_back(struct session *s, struct request *r, struct child_sa *old)
{
	if (old && old->state == CHILD_REKEYING && old->heir) {
		child_replaced(old);
	} else if (old && old->state == CHILD_REKEYING) {
		old->state = CHILD_UP;
		old->rekey_at = s->e->now + REDO_MS;
	}
	task_add(s, TASK_DELETE_CHILD, (uint32_t)r->cr->spi);
}

void create_child_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct child_sa *old = child_by_in(s->e, r->task->spi), *fresh = NULL;
	struct child_make mk = {
	        .initiator = true, .spi_in = (uint32_t)r->cr->spi, .ni = nonce_span(&r->cr->ni)};
	struct ike_pl_notify n;
	struct nonce nr;
	struct secret shared = {0};

	if (s->down)
		return;
	if (ike_msg_error(m, &n)) {
		refused(s, r, old, &n);
		return;
	}
	if (old)
		mk.replaces = old->spi_in;
	bool good = read_answer(s, r, m, old, &mk, &nr, &shared);
	bool dead = good && is_gone(r->cr, mk.spi_out);

	if (good && !dead && !ours_is_redundant(s, r->cr, &nr, old))
		fresh = child_add(sa, &mk);
	secret_wipe(&shared);
	if (fresh)
		took_over(s, r, old, fresh);
	else if (dead)
		born_dead(old);
	else
		give_back(s, r, old);
}

/* ---- a child of an SA that has none ---------------------------------------------- */

/* Somebody waits for it: where liveness is checked, a silent peer is given up as soon as then. */
void create_send_new(struct ike_sa *sa, struct task *t)
{
	struct session *s = sa->ses;
	struct span public_value = {0};
	uint16_t group = t->group ? t->group : ike_proposals_first_group(s->p.esp, s->p.n_esp);
	struct request *r = req_new(sa, REQ_NEW_CHILD, EXCH_CREATE_CHILD);
	struct create *cr = begin(s, r, group, &public_value);

	r->task = t;
	r->steady = s->p.dpd.retry_ms != 0;
	child_put_offer(s, &r->b, (uint32_t)cr->spi, NULL, IKE_KE_OPTIONAL, group,
	        nonce_span(&cr->ni), public_value);
	ike_dbg(s->e, s, 0, "Asking for an IPsec SA");
	req_send(sa, r);
}

static void new_refused(struct session *s, struct request *r, const struct ike_pl_notify *n)
{
	struct task *t = r->task;
	uint16_t group = n->data.n == 2 ? get_u16(n->data.p) : 0;
	bool other = n->type == N_INVALID_KE_PAYLOAD && group_welcome(s, group);
	ike_time at = s->e->now;

	if ((!other && n->type != N_TEMPORARY_FAILURE) || ++t->refused >= 3) {
		ike_session_close(s, reason_of_notify(n->type), n->type);
		return;
	}
	if (other)
		t->group = group;
	else
		at += 500 + e_random_below(s->e, 3500);
	task_back(s, t, at);
	r->task = NULL;
}

void create_new_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m)
{
	struct session *s = sa->ses;
	struct child_make mk = {
	        .initiator = true, .spi_in = (uint32_t)r->cr->spi, .ni = nonce_span(&r->cr->ni)};
	struct ike_pl_notify n;
	struct nonce nr;
	struct secret shared = {0};

	if (s->down)
		return;
	if (ike_msg_error(m, &n)) {
		new_refused(s, r, &n);
		return;
	}
	bool good = read_answer(s, r, m, NULL, &mk, &nr, &shared) && !is_gone(r->cr, mk.spi_out) &&
	            child_add(sa, &mk);

	secret_wipe(&shared);
	if (!good)
		ike_session_close(s, IKE_R_CHILD_REFUSED, 0);
}
