/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions that may be each other's doubles, found by an identity: a responder's by the peer's, an
 * initiator's by our own. A number stands for the identity; who looks compares.
 */
#include <ctype.h>
#include <stdlib.h>

#include "ikev2/sa.h"

struct twins {
	UT_hash_handle hh;
	uint32_t key;
	struct session *first;
};

/* Identities that are equal have one number: case does not count. */
static uint32_t number_of(const struct ike_id *id, bool initiator)
{
	uint32_t h = 2166136261u ^ id->type ^ (initiator ? 0x100u : 0); /* FNV-1a */

	for (unsigned i = 0; i < id->len; i++)
		h = (h ^ (uint8_t)tolower(id->data[i])) * 16777619u;
	return h;
}

static struct twins *find(const struct ike *e, uint32_t key)
{
	struct twins *t;

	HASH_FIND(hh, e->twins, &key, sizeof(key), t);
	return t;
}

void twins_join(struct session *s)
{
	struct ike *e = s->e;
	uint32_t key = number_of(s->initiator ? &s->p.local_id : &s->remote_id, s->initiator);
	struct twins *t = find(e, key);

	if (s->twin_at)
		return;
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->key = key;
		HASH_ADD(hh, e->twins, key, sizeof(t->key), t);
	}
	s->twin_key = key;
	s->twin_next = t->first;
	s->twin_at = &t->first;
	if (s->twin_next)
		s->twin_next->twin_at = &s->twin_next;
	t->first = s;
}

void twins_leave(struct session *s)
{
	struct twins *t;

	if (!s->twin_at)
		return;
	*s->twin_at = s->twin_next;
	if (s->twin_next)
		s->twin_next->twin_at = s->twin_at;
	s->twin_at = NULL;
	t = find(s->e, s->twin_key);
	if (t->first)
		return;
	HASH_DEL(s->e->twins, t);
	free(t);
}

struct session *twins_first(const struct ike *e, const struct ike_id *id, bool initiator)
{
	struct twins *t = find(e, number_of(id, initiator));

	return t ? t->first : NULL;
}
