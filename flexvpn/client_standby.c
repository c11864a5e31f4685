/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `standby`, an addition of ours: while a session stands, an IKE SA without a child (RFC 6023) is
 * kept with the gateway that would come next. When the session ends and that gateway is indeed the
 * next choice, only a child has to be made there: one round trip, no key exchange, no signature.
 *
 * There is a standby only while the client is ACTIVE. It claims nothing: a mate of the backup group
 * may take its gateway, and then it goes. A gateway known by name is looked up when standing by
 * begins, and its addresses are tried in order.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/client.h"
#include "flexvpn/names.h"

enum { FIRST_MS = 30000, MAX_MS = 600000 }; /* after a failure, doubled each time */

void fx_standby_drop(struct fx *x, struct fx_client *c)
{
	uint32_t handle = c->standby.handle;

	fx_name_cancel(x, c->standby.asking);
	fx_pushed_drop(&c->standby.pushed);
	c->standby = (struct fx_standby){0};
	if (handle)
		ike_close(x->ike, handle, x->now);
}

static void failed(struct fx *x, struct fx_client *c, const char *why)
{
	struct fx_standby *s = &c->standby;

	dbg(DBG_FLEXVPN, "FlexVPN(%s): Standby: %s", c->name, why);
	fx_trace(x, c, FX_T_STANDBY, s->at.seq, 0);
	fx_pushed_drop(&s->pushed);
	s->handle = 0;
	s->ready = false;
	s->backoff_ms = s->backoff_ms ? 2 * s->backoff_ms : FIRST_MS;
	if (s->backoff_ms > MAX_MS)
		s->backoff_ms = MAX_MS;
	s->not_before = x->now + s->backoff_ms;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

/* The gateway that would be tried if the session in use were lost now; NULL: there is no other. */
static const struct fx_candidate *next_possible(struct fx *x, const struct fx_client *c)
{
	const struct fx_candidate *k = fx_client_upcoming(x, c, c->at);

	if (!k || fx_place_cmp(k->at, c->at) == 0 || (!k->name && ipaddr_eq(&k->addr, &c->peer)))
		return NULL;
	return k;
}

static bool stands_with(const struct fx_standby *s, const struct fx_candidate *k)
{
	if (fx_place_cmp(s->at, k->at) != 0)
		return false;
	return k->name ? strcmp(s->peer_name, k->name) == 0
	               : !s->peer_name[0] && ipaddr_eq(&s->peer, &k->addr);
}

/* Somebody has a session with it, or is about to. */
static bool in_use(const struct fx *x, const struct fx_client *c, const struct ipaddr *peer)
{
	return ipaddr_eq(peer, &c->peer) || (c->trial.handle && ipaddr_eq(peer, &c->trial.peer)) ||
	       fx_client_taken(x, c, peer);
}

/* What is tried for it says nothing about the session: c->why stays. */
static bool open_sa(
        struct fx *x, struct fx_client *c, const struct fx_resolved *r, char *why, size_t n)
{
	struct fx_standby *s = &c->standby;
	char kept[sizeof(c->why)], source[sizeof(c->source)];

	memcpy(kept, c->why, sizeof(kept));
	memcpy(source, c->source, sizeof(source));
	s->handle = fx_client_open_sa(x, c, r, &s->peer, &s->local, true);
	if (!s->handle)
		snprintf(why, n, "%s", c->why);
	memcpy(c->why, kept, sizeof(kept));
	memcpy(c->source, source, sizeof(source));
	return s->handle != 0;
}

/* The next address that its name has. */
static void try_next(
        struct fx *x, struct fx_client *c, const struct fx_resolved *r, char *why, size_t n)
{
	struct fx_standby *s = &c->standby;

	while (s->used_resolved < s->n_resolved) {
		s->peer = s->resolved[s->used_resolved++];
		if (in_use(x, c, &s->peer))
			snprintf(why, n, "its address is in use");
		else if (open_sa(x, c, r, why, n))
			return;
	}
	failed(x, c, why);
}

static void address_failed(struct fx *x, struct fx_client *c, const char *why)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_resolved r;
	char last[sizeof(c->why)], unused[sizeof(c->why)];

	snprintf(last, sizeof(last), "%s", why);
	fx_pushed_drop(&c->standby.pushed);
	c->standby.handle = 0;
	c->standby.ready = false;
	if (!cfg || !fx_client_resolve(x->cfg, cfg, &r, unused, sizeof(unused))) {
		failed(x, c, last);
		return;
	}
	fx_client_choices(x, c);
	try_next(x, c, &r, last, sizeof(last));
}

static void begin(struct fx *x, struct fx_client *c, const struct fx_resolved *r,
        const struct fx_candidate *k)
{
	struct fx_standby *s = &c->standby;
	char why[sizeof(c->why)];

	s->at = k->at;
	s->peer = k->addr;
	s->not_before = 0;
	s->n_resolved = s->used_resolved = 0;
	snprintf(s->peer_name, sizeof(s->peer_name), "%s", k->name ? k->name : "");
	if (k->name)
		s->asking = fx_client_question(x, r, k->name, k->v6);
	else if (!open_sa(x, c, r, why, sizeof(why)))
		failed(x, c, why);
}

void fx_standby_on_answer(struct fx *x, struct fx_client *c, const struct resolver_answer *a)
{
	struct fx_standby *s = &c->standby;
	char why[sizeof(c->why)] = "";

	s->asking = 0;
	s->n_resolved = a->n < FX_MAX_RESOLVED ? a->n : FX_MAX_RESOLVED;
	memcpy(s->resolved, a->addr, s->n_resolved * sizeof(a->addr[0]));
	if (!a->n)
		snprintf(why, sizeof(why), "name resolution: %s", a->why);
	address_failed(x, c, why); /* none was tried yet: the first is the next one */
}

void fx_standby_look(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct fx_standby *s = &c->standby;
	const struct fx_candidate *k = NULL;

	if (r->client->standby && c->state == FX_ACTIVE)
		k = next_possible(x, c);
	if (k && !k->name && c->trial.handle && ipaddr_eq(&k->addr, &c->trial.peer))
		k = NULL; /* a whole session is being made with it */
	if (!k) {
		fx_standby_drop(x, c);
		return;
	}
	if (s->at.seq && (!stands_with(s, k) ||
	                         (s->handle && (in_use(x, c, &s->peer) ||
	                                               !fx_client_is_source(x, r, &s->local)))))
		fx_standby_drop(x, c);
	if (!s->handle && !s->asking && x->now >= s->not_before)
		begin(x, c, r, k);
}

bool fx_standby_take(struct fx *x, struct fx_client *c, const struct fx_candidate *k)
{
	struct fx_standby s = c->standby;

	if (!s.handle || !s.ready || !stands_with(&s, k)) {
		fx_standby_drop(x, c);
		return false;
	}
	c->standby = (struct fx_standby){0};
	c->n_resolved = s.n_resolved;
	c->used_resolved = s.used_resolved;
	memcpy(c->resolved, s.resolved, sizeof(c->resolved));
	c->handle = s.handle;
	c->peer = s.peer;
	c->local = s.local;
	if (s.pushed)
		c->pushed = *s.pushed;
	fx_pushed_drop(&s.pushed);
	fx_client_because(c, "the peer stood by");
	fx_client_set_state(x, c, FX_NEGOTIATING);
	ike_child_new(x->ike, c->handle, x->now);
	return true;
}

void fx_standby_on_event(struct fx *x, struct fx_client *c, const struct ike_event *ev)
{
	struct fx_standby *s = &c->standby;

	switch (ev->type) {
	case IKE_EV_ESTABLISHED:
		s->ready = true;
		s->backoff_ms = 0;
		s->why[0] = '\0';
		fx_pushed_read(&ev->attrs, fx_pushed_held(&s->pushed));
		fx_trace(x, c, FX_T_STANDBY, s->at.seq, 1);
		return;
	case IKE_EV_CFG_SET:
		fx_pushed_set(&ev->attrs, fx_pushed_held(&s->pushed));
		return;
	case IKE_EV_REAUTH:
	case IKE_EV_REDIRECT: /* it is to be another one */
		ike_close(x->ike, s->handle, x->now);
		failed(x, c, "the peer wants another IKE SA");
		return;
	case IKE_EV_DOWN:
		address_failed(x, c, ike_reason_text(ev->reason));
		return;
	default:
		return;
	}
}
