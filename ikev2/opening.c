/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many sessions one peer is asked for at a time. A gateway that defends itself answers a few
 * half-open SAs of one source and drops the rest, which then wait for their retransmission; whoever
 * asks for no more than a few at a time is served faster. A peer that does not answer is asked for
 * twice as many at each retransmission, so that nobody waits behind sessions that wait themselves.
 */
#include <stdlib.h>

#include "ikev2/sa.h"

enum { AT_ONCE = 4, MOST = 64 };

struct opening {
	UT_hash_handle hh;
	struct ipaddr peer;
	uint32_t n, most; /* under way; that may be */
	struct session *first, **last;
	bool busy; /* somebody is being let in */
};

static struct opening *find(const struct ike *e, const struct ipaddr *peer)
{
	struct opening *o;

	HASH_FIND(hh, e->opening, peer, sizeof(o->peer), o);
	return o;
}

static struct opening *find_or_make(struct ike *e, const struct ipaddr *peer)
{
	struct opening *o = find(e, peer);

	if (o)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->peer = *peer;
	o->most = AT_ONCE;
	o->last = &o->first;
	HASH_ADD(hh, e->opening, peer, sizeof(o->peer), o);
	return o;
}

static void start(struct opening *o, struct session *s)
{
	o->n++;
	s->opening = OPENING_STARTED;
	s->current = sa_new(s, IKE_S_INIT_SENT, true);
	init_start(s->current);
}

bool opening_begin(struct session *s)
{
	struct opening *o = find_or_make(s->e, &s->remote.addr);

	s->opening_peer = s->remote.addr;
	if (o->n < o->most) {
		start(o, s);
		return true;
	}
	s->opening = OPENING_WAITS;
	s->opening_next = NULL;
	*o->last = s;
	o->last = &s->opening_next;
	return false;
}

/* Those whose turn it is. Each may end at once, and then the next one's is. */
static void let_in(struct ike *e, const struct ipaddr *peer)
{
	struct opening *o;

	o = find(e, peer);
	if (!o || o->busy)
		return;
	o->busy = true;
	while (o->first && o->n < o->most) {
		struct session *s = o->first;

		o->first = s->opening_next;
		if (!o->first)
			o->last = &o->first;
		start(o, s);
		if (s->down)
			continue;
		session_run(s);
		session_resched(s);
	}
	o->busy = false;
	if (!o->n && !o->first) {
		HASH_DEL(e->opening, o);
		free(o);
	}
}

static void leave_queue(struct opening *o, struct session *s)
{
	struct session **at = &o->first;

	while (*at && *at != s)
		at = &(*at)->opening_next;
	if (!*at)
		return;
	*at = s->opening_next;
	if (!*at)
		o->last = at;
}

void opening_over(struct session *s)
{
	struct opening *o = s->opening ? find(s->e, &s->opening_peer) : NULL;
	struct ipaddr peer = s->opening_peer;

	if (!o)
		return;
	if (s->opening == OPENING_WAITS)
		leave_queue(o, s);
	else
		o->n--;
	s->opening = OPENING_NOT;
	let_in(s->e, &peer);
}

void opening_slow(struct session *s)
{
	struct opening *o = s->opening == OPENING_STARTED ? find(s->e, &s->opening_peer) : NULL;

	if (!o)
		return;
	o->most = 2 * o->most < MOST ? 2 * o->most : MOST;
	let_in(s->e, &s->opening_peer);
}

void openings_free(struct ike *e)
{
	struct opening *o, *next;

	HASH_ITER (hh, e->opening, o, next) {
		HASH_DEL(e->opening, o);
		free(o);
	}
}
