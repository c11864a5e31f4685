/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child SAs: what is offered and chosen (proposals, selectors, mode), their keys, their life from
 * CHILD_UP to CHILD_DOWN, and their lifetimes. The exchanges that make and end them are in auth,
 * create and info.
 */
#include <string.h>

#include "ikev2/sa.h"

struct child_sa *child_by_in(const struct ike *e, uint32_t spi_in)
{
	struct child_sa *c;

	HASH_FIND(hh, e->by_child, &spi_in, sizeof(spi_in), c);
	return c;
}

struct child_sa *child_by_out(const struct session *s, uint32_t spi_out)
{
	struct child_sa *c = s->children;

	while (c && c->k.spi_out != spi_out)
		c = c->next;
	return c;
}

/* ---- making --------------------------------------------------------------------- */

static void start_lifetime(struct child_sa *c)
{
	struct ike *e = c->ses->e;
	uint64_t life = (uint64_t)c->ses->p.child_lifetime_s * 1000;

	c->since = e->now;
	c->expire_at = e->now + life;
	c->rekey_at = e->now + life / 10 * 9 -
	              life / 100 * e_random_below(e, e->cfg.rekey_jitter_pct * 10) / 10;
}

static void fill(struct child_sa *c, const struct child_make *mk)
{
	struct session *s = c->ses;

	c->k = (struct ike_child){.spi_in = mk->spi_in,
	        .spi_out = mk->spi_out,
	        .suite = mk->suite,
	        .mode = mk->mode,
	        .udp_encap = s->encap,
	        .local = s->local,
	        .remote = s->remote,
	        .n_ts_local = mk->n_local,
	        .n_ts_remote = mk->n_remote,
	        .lifetime_s = s->p.child_lifetime_s,
	        .lifetime_kb = s->p.child_lifetime_kb};
	memcpy(c->k.ts_local, mk->local, sizeof(c->k.ts_local));
	memcpy(c->k.ts_remote, mk->remote, sizeof(c->k.ts_remote));
	memcpy(c->wire_local, mk->wire_local, sizeof(c->wire_local));
	memcpy(c->wire_remote, mk->wire_remote, sizeof(c->wire_remote));
	c->n_wire_local = mk->n_local;
	c->n_wire_remote = mk->n_remote;
}

/* The keys travel with the event and are nowhere else. */
static void tell_up(struct child_sa *c, struct ike_child_keys *k, const struct child_make *mk)
{
	struct ev_node *n = e_event(c->ses, IKE_EV_CHILD_UP);
	struct ike_child *out = &n->ev.child;

	n->keys = *k;
	*k = (struct ike_child_keys){0};
	*out = c->k;
	out->encr_out = secret_span(mk->initiator ? &n->keys.encr_i : &n->keys.encr_r);
	out->integ_out = secret_span(mk->initiator ? &n->keys.integ_i : &n->keys.integ_r);
	out->encr_in = secret_span(mk->initiator ? &n->keys.encr_r : &n->keys.encr_i);
	out->integ_in = secret_span(mk->initiator ? &n->keys.integ_r : &n->keys.integ_i);
	n->ev.replaces = mk->replaces;
	c->told = true;
}

struct child_sa *child_add(struct ike_sa *sa, const struct child_make *mk)
{
	struct session *s = sa->ses;
	struct ike_child_keys keys = {0};
	struct child_sa *c;

	if (!ike_child_keys_derive(
	            sa->suite.prf, &sa->keys.d, &mk->suite, mk->shared, mk->ni, mk->nr, &keys))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->ses = s;
	c->spi_in = mk->spi_in;
	c->out = mk->replaces == 0;
	c->known = mk->initiator;
	fill(c, mk);
	start_lifetime(c);
	HASH_ADD(hh, s->e->by_child, spi_in, sizeof(c->spi_in), c);
	c->next = s->children;
	s->children = c;
	tell_up(c, &keys, mk);
	ike_child_keys_wipe(&keys);
	s->e->n.child_created++;
	if (mk->replaces)
		s->e->n.child_rekeyed++;
	ike_dbg(s->e, s, 0, "Created IPsec SA [SPI: 0x%08X]", c->spi_in);
	return c;
}

/* ---- ending --------------------------------------------------------------------- */

void child_unlink(struct child_sa *c)
{
	struct session *s = c->ses;
	struct child_sa **at = &s->children;

	while (*at && *at != c)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = c->next;
	HASH_DELETE(hh, s->e->by_child, c);
	task_remove(s, TASK_REKEY_CHILD, c->spi_in);
	task_remove(s, TASK_DELETE_CHILD, c->spi_in);
	c->next = s->e->dead_child;
	s->e->dead_child = c;
}

void child_out(struct child_sa *c)
{
	if (c->out || !c->told)
		return;
	c->out = true;
	e_event(c->ses, IKE_EV_CHILD_OUT)->ev.child = c->k;
}

void child_tell_down(struct child_sa *c, enum ike_reason reason, bool retry_later)
{
	struct child_sa *heir = c->heir ? child_by_in(c->ses->e, c->heir) : NULL;

	if (heir) {
		heir->known = true;
		child_out(heir);
	}
	if (!c->told)
		return;
	struct ev_node *n = e_event(c->ses, IKE_EV_CHILD_DOWN);

	n->ev.child = c->k;
	n->ev.reason = reason;
	n->ev.retry_later = retry_later;
	c->told = false;
}

void child_gone(struct child_sa *c, enum ike_reason reason, bool retry_later)
{
	child_tell_down(c, reason, retry_later);
	child_unlink(c);
}

/* When the queue is full it is asked again later. */
void child_delete(struct child_sa *c)
{
	struct session *s = c->ses;

	if (c->state == CHILD_DELETING)
		return;
	c->state = CHILD_CLOSING;
	c->rekey_at = c->expire_at = IKE_NEVER;
	task_remove(s, TASK_REKEY_CHILD, c->spi_in);
	if (!task_find(s, TASK_DELETE_CHILD, c->spi_in) &&
	        !task_add(s, TASK_DELETE_CHILD, c->spi_in))
		c->expire_at = s->e->now + REDO_MS;
}

void child_replaced(struct child_sa *c)
{
	ike_time soon = c->ses->e->now + REPLACED_MS;

	c->state = CHILD_REPLACED;
	c->rekey_was = c->rekey_at;
	c->rekey_at = IKE_NEVER;
	c->expire_was = c->expire_at;
	if (c->expire_at > soon)
		c->expire_at = soon;
}

/* Whoever asked for a child may find that it cannot use the answer, and deletes it: then the one
 * before goes on. */
void child_reinstate(struct child_sa *heir)
{
	struct session *s = heir->ses;
	struct child_sa *c = s->children;

	while (c && (c->heir != heir->spi_in || c->state != CHILD_REPLACED))
		c = c->next;
	if (!c || heir->redundant || (heir->heir && child_by_in(s->e, heir->heir)))
		return;
	ike_dbg(s->e, s, 1, "The peer does not use IPsec SA [SPI: 0x%08X]", heir->spi_in);
	c->state = CHILD_UP;
	c->heir = 0;
	c->expire_at = c->expire_was;
	c->rekey_at = c->rekey_was > s->e->now + REDO_MS ? c->rekey_was : s->e->now + REDO_MS;
	if (!heir->out)
		return;
	c->out = false;
	child_out(c);
}

void child_start_rekey(struct child_sa *c, bool fresh)
{
	struct task *t;

	if (c->state != CHILD_UP || c->redundant)
		return;
	t = task_add(c->ses, TASK_REKEY_CHILD, c->spi_in);
	if (t)
		t->fresh = fresh;
}

ike_time child_due(const struct child_sa *c)
{
	return c->rekey_at < c->expire_at ? c->rekey_at : c->expire_at;
}

/* At the end of its life it goes, rekeyed or not. */
void child_tick(struct child_sa *c)
{
	bool over = c->expire_at <= c->ses->e->now;

	c->rekey_at = IKE_NEVER;
	if (over) {
		c->expire_at = IKE_NEVER; /* whatever its state: never due twice */
		if (!c->heir && !c->redundant)
			child_tell_down(c, IKE_R_LIFETIME, true);
		child_delete(c);
		return;
	}
	child_start_rekey(c, false);
}

/* ---- selectors and NAT in transport mode (RFC 7296 §2.23.1) --------------------- */

static void set_host(struct ike_ts *ts, const struct ipaddr *a)
{
	if (ipaddr_eq(&ts->lo, &ts->hi) && ts->lo.family == a->family)
		ts->lo = ts->hi = *a;
}

static void substitute(struct ike_ts *ts, uint8_t n, const struct ipaddr *a)
{
	for (uint8_t i = 0; i < n; i++)
		set_host(&ts[i], a);
}

/* What the other end calls itself behind its NAT, and us behind ours, is not what we see. */
static void behind_nat(const struct session *s, enum ike_mode mode, struct ike_pl_ts *local,
        struct ike_pl_ts *remote)
{
	if (mode != IKE_MODE_TRANSPORT)
		return;
	if (s->nat_local)
		substitute(local->ts, local->n, &s->local.addr);
	if (s->nat_remote)
		substitute(remote->ts, remote->n, &s->remote.addr);
}

/* The way back: a result that lies within a substituted offer is answered with the address of the
 * offer. */
static void put_back(struct ike_ts *wire, uint8_t n, const struct ike_pl_ts *seen,
        const struct ike_pl_ts *offered)
{
	for (uint8_t i = 0; i < n; i++)
		for (uint8_t k = 0; k < seen->n; k++)
			if (ike_ts_within(&wire[i], &seen->ts[k])) {
				if (!ike_ts_eq(&seen->ts[k], &offered->ts[k]))
					wire[i].lo = wire[i].hi = offered->ts[k].lo;
				break;
			}
}

/* ---- initiator ------------------------------------------------------------------ */

/* What a child was made with stays on offer when it is rekeyed, above all a group that only the
 * peer asked for: it may take nothing else. */
static struct ike_proposal like(const struct ike_suite *s, uint16_t group)
{
	struct ike_proposal p = {.encr = {s->encr},
	        .n_encr = 1,
	        .group = {group},
	        .n_group = 1,
	        .esn_yes = s->esn,
	        .esn_no = !s->esn};

	if (s->integ != AUTH_NONE || !alg_encr(s->encr.id)->aead) /* encryption alone is a choice too */
		p.integ[p.n_integ++] = s->integ;
	return p;
}

struct child_offer {
	struct ike_proposal p[1 + IKE_MAX_PROPOSALS];
	size_t n;
};

static void make_offer(
        const struct session *s, const struct child_sa *old, uint16_t group, struct child_offer *o)
{
	o->n = 0;
	if (old && group != KE_NONE && !ike_proposals_have_group(s->p.esp, s->p.n_esp, group))
		o->p[o->n++] = like(&old->k.suite, group);
	for (size_t i = 0; i < s->p.n_esp; i++)
		o->p[o->n++] = s->p.esp[i];
}

uint16_t child_rekey_group(const struct child_sa *old)
{
	const struct session *s = old->ses;

	if (old->k.suite.group != KE_NONE)
		return old->k.suite.group;
	return ike_proposals_first_group(s->p.esp, s->p.n_esp);
}

static bool wants_transport(const struct session *s, const struct child_sa *old)
{
	return old ? old->k.mode == IKE_MODE_TRANSPORT : s->p.mode == IKE_MODE_TRANSPORT;
}

void child_put_offer(struct session *s, struct ike_build *b, uint32_t spi,
        const struct child_sa *old, enum ike_ke_use ke, uint16_t group, struct span nonce,
        struct span public_value)
{
	const struct ike_ts *local = old ? old->wire_local : s->p.ts_local;
	const struct ike_ts *remote = old ? old->wire_remote : s->p.ts_remote;
	struct child_offer o;

	make_offer(s, old, group, &o);
	ike_dbg_offer(s, o.p, o.n, false, ke != IKE_KE_WITHOUT);
	ike_put_sa(b, IKE_PROTO_ESP, spi, 4, ke, o.p, o.n);
	if (nonce.n)
		ike_put_nonce(b, nonce);
	if (public_value.n)
		ike_put_ke(b, group, public_value);
	ike_put_ts(b, PL_TSi, local, old ? old->n_wire_local : s->p.n_ts_local);
	ike_put_ts(b, PL_TSr, remote, old ? old->n_wire_remote : s->p.n_ts_remote);
	if (wants_transport(s, old))
		ike_put_notify(b, N_USE_TRANSPORT_MODE, (struct span){0});
}

static bool read_selectors(const struct ike_msg *m, struct ike_pl_ts *tsi, struct ike_pl_ts *tsr)
{
	const struct ike_pl *i = ike_msg_find(m, PL_TSi), *r = ike_msg_find(m, PL_TSr);

	return i && r && ike_get_ts(i, tsi) && ike_get_ts(r, tsr);
}

static void take_selectors(
        struct child_make *mk, const struct ike_pl_ts *local, const struct ike_pl_ts *remote)
{
	memcpy(mk->local, local->ts, sizeof(mk->local));
	memcpy(mk->remote, remote->ts, sizeof(mk->remote));
	memcpy(mk->wire_local, local->ts, sizeof(mk->wire_local));
	memcpy(mk->wire_remote, remote->ts, sizeof(mk->wire_remote));
	mk->n_local = local->n;
	mk->n_remote = remote->n;
}

enum ike_reason child_read_answer(struct session *s, const struct ike_msg *m,
        const struct child_sa *old, enum ike_ke_use ke, uint16_t group, struct child_make *mk)
{
	const struct ike_pl *sa = ike_msg_find(m, PL_SA);
	const struct ike_ts *local = old ? old->wire_local : s->p.ts_local;
	const struct ike_ts *remote = old ? old->wire_remote : s->p.ts_remote;
	struct ike_choice choice;
	struct ike_pl_ts tsi, tsr;
	struct child_offer o;

	make_offer(s, old, group, &o);
	if (!sa || !ike_sa_verify(sa, IKE_PROTO_ESP, 4, ke, o.p, o.n, &choice))
		return IKE_R_NO_PROPOSAL;
	mk->suite = choice.suite;
	mk->spi_out = (uint32_t)ike_choice_spi(&choice);
	if (!mk->spi_out || child_by_out(s, mk->spi_out))
		return IKE_R_SYNTAX;
	if (!read_selectors(m, &tsi, &tsr) || tsi.more || tsr.more ||
	        !ike_ts_subset(tsi.ts, tsi.n, local, old ? old->n_wire_local : s->p.n_ts_local) ||
	        !ike_ts_subset(tsr.ts, tsr.n, remote, old ? old->n_wire_remote : s->p.n_ts_remote))
		return IKE_R_TS;
	take_selectors(mk, &tsi, &tsr);
	mk->mode = IKE_MODE_TUNNEL;
	if (wants_transport(s, old) && ike_msg_has_notify(m, N_USE_TRANSPORT_MODE))
		mk->mode = IKE_MODE_TRANSPORT;
	if (s->p.mode == IKE_MODE_TRANSPORT && s->p.transport_required &&
	        mk->mode != IKE_MODE_TRANSPORT)
		return IKE_R_CHILD_REFUSED;
	return IKE_R_NONE;
}

/* ---- responder ------------------------------------------------------------------ */

static bool narrow(struct session *s, const struct ike_msg *m, struct child_make *mk)
{
	struct ike_pl_ts remote, local, seen_remote, seen_local;

	if (!read_selectors(m, &remote, &local))
		return false;
	seen_remote = remote;
	seen_local = local;
	behind_nat(s, mk->mode, &seen_local, &seen_remote);
	mk->n_local = ike_ts_narrow(
	        seen_local.ts, seen_local.n, s->p.ts_local, s->p.n_ts_local, mk->local);
	mk->n_remote = ike_ts_narrow(
	        seen_remote.ts, seen_remote.n, s->p.ts_remote, s->p.n_ts_remote, mk->remote);
	memcpy(mk->wire_local, mk->local, sizeof(mk->wire_local));
	memcpy(mk->wire_remote, mk->remote, sizeof(mk->wire_remote));
	put_back(mk->wire_local, mk->n_local, &seen_local, &local);
	put_back(mk->wire_remote, mk->n_remote, &seen_remote, &remote);
	return mk->n_local && mk->n_remote;
}

uint16_t child_choose(struct session *s, const struct ike_msg *m, enum ike_ke_use ke,
        uint16_t group, struct ike_choice *choice, struct child_make *mk)
{
	bool asked = ike_msg_has_notify(m, N_USE_TRANSPORT_MODE);

	if (!ike_sa_choose(ike_msg_find(m, PL_SA), IKE_PROTO_ESP, 4, ke, s->p.esp, s->p.n_esp,
	            group, choice))
		return N_NO_PROPOSAL_CHOSEN;
	mk->spi_out = (uint32_t)ike_choice_spi(choice);
	mk->suite = choice->suite;
	if (!mk->spi_out || child_by_out(s, mk->spi_out))
		return N_NO_PROPOSAL_CHOSEN;
	mk->mode = asked && s->p.mode == IKE_MODE_TRANSPORT ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL;
	if (s->p.mode == IKE_MODE_TRANSPORT && s->p.transport_required && !asked)
		return N_NO_PROPOSAL_CHOSEN;
	if (!narrow(s, m, mk))
		return N_TS_UNACCEPTABLE;
	mk->spi_in = e_new_esp_spi(s->e);
	return 0;
}

void child_put_answer(struct session *s, struct ike_build *b, const struct ike_choice *choice,
        const struct child_make *mk, struct span nonce, struct span public_value)
{
	(void)s;
	ike_put_sa_choice(b, IKE_PROTO_ESP, mk->spi_in, 4, choice);
	if (nonce.n)
		ike_put_nonce(b, nonce);
	if (public_value.n)
		ike_put_ke(b, choice->suite.group, public_value);
	ike_put_ts(b, PL_TSi, mk->wire_remote, mk->n_remote);
	ike_put_ts(b, PL_TSr, mk->wire_local, mk->n_local);
	if (mk->mode == IKE_MODE_TRANSPORT)
		ike_put_notify(b, N_USE_TRANSPORT_MODE, (struct span){0});
}
