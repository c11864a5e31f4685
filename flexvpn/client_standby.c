/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `standby`, an addition of ours: while a session stands, an IKE SA without a child (RFC 6023) is
 * kept with the gateway that would come next. When the session ends and that gateway is indeed the
 * next choice, only a child has to be made there: one round trip, no key exchange, no signature.
 *
 * There is a standby only while the client is ACTIVE. It claims nothing: a mate of the backup group
 * may take its gateway, and then it goes. Gateways that are known by name only are not stood by.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/client.h"

enum { FIRST_MS = 30000, MAX_MS = 600000 }; /* after a failure, doubled each time */

void fx_standby_drop(struct fx *x, struct fx_client *c)
{
	uint32_t handle = c->standby.handle;

	c->standby = (struct fx_standby){0};
	if (handle)
		ike_close(x->ike, handle, x->now);
}

static void failed(struct fx *x, struct fx_client *c, const char *why)
{
	struct fx_standby *s = &c->standby;

	dbg(DBG_FLEXVPN, "FlexVPN(%s): Standby: %s", c->name, why);
	fx_trace(x, c, FX_T_STANDBY, s->at.seq, 0);
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

	if (!k || k->name || fx_place_cmp(k->at, c->at) == 0 || ipaddr_eq(&k->addr, &c->peer))
		return NULL;
	return k;
}

static bool stands_with(const struct fx_standby *s, const struct fx_candidate *k)
{
	return fx_place_cmp(s->at, k->at) == 0 && ipaddr_eq(&s->peer, &k->addr);
}

static void begin(struct fx *x, struct fx_client *c, const struct fx_resolved *r,
        const struct fx_candidate *k)
{
	struct fx_standby *s = &c->standby;
	char why[sizeof(c->why)];

	snprintf(why, sizeof(why), "%s", c->why); /* it tells of the session, not of this */
	s->at = k->at;
	s->peer = k->addr;
	s->not_before = 0;
	s->handle = fx_client_open_sa(x, c, r, &s->peer, &s->local, true);
	if (!s->handle)
		failed(x, c, c->why);
	memcpy(c->why, why, sizeof(why));
}

void fx_standby_look(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct fx_standby *s = &c->standby;
	const struct fx_candidate *k = NULL;

	if (r->client->standby && c->state == FX_ACTIVE)
		k = next_possible(x, c);
	if (k && c->trial.handle && ipaddr_eq(&k->addr, &c->trial.peer))
		k = NULL; /* a whole session is being made with it */
	if (!k) {
		fx_standby_drop(x, c);
		return;
	}
	if (s->at.seq &&
	        (!stands_with(s, k) || (s->handle && !fx_client_is_source(x, r, &s->local))))
		fx_standby_drop(x, c);
	if (!s->handle && x->now >= s->not_before)
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
	c->handle = s.handle;
	c->peer = s.peer;
	c->local = s.local;
	c->pushed = s.pushed;
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
		fx_pushed_read(&ev->attrs, &s->pushed);
		fx_trace(x, c, FX_T_STANDBY, s->at.seq, 1);
		return;
	case IKE_EV_CFG_SET:
		fx_pushed_set(&ev->attrs, &s->pushed);
		return;
	case IKE_EV_REAUTH:
	case IKE_EV_REDIRECT: /* it is to be another one */
		ike_close(x->ike, s->handle, x->now);
		failed(x, c, "the peer wants another IKE SA");
		return;
	case IKE_EV_DOWN:
		failed(x, c, ike_reason_text(ev->reason));
		return;
	default:
		return;
	}
}
