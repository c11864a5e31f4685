/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One fetcher for several users: see fetch_share.h. The upper bits of a number are the user's. */
#include "net/fetch_share.h"

#include <stdlib.h>

#include "base/mem.h"

enum { ID_BITS = 28, ID_MASK = (1 << ID_BITS) - 1 };

struct waiting {
	struct waiting *next;
	struct fetch_answer a;
};

struct user {
	struct fetch_share *share;
	uint32_t tag;
	struct waiting *first, **last;
};

struct fetch_share {
	struct fetch_io base;
	struct user user[FETCH_USERS];
};

struct fetch_share *fetch_share_new(const struct fetch_io *base)
{
	struct fetch_share *s = xcalloc(1, sizeof(*s));

	s->base = *base;
	for (uint32_t i = 0; i < FETCH_USERS; i++) {
		s->user[i] = (struct user){.share = s, .tag = i << ID_BITS};
		s->user[i].last = &s->user[i].first;
	}
	return s;
}

static bool pop(struct user *u, struct fetch_answer *out)
{
	struct waiting *w = u->first;

	if (!w)
		return false;
	*out = w->a;
	u->first = w->next;
	if (!u->first)
		u->last = &u->first;
	free(w);
	return true;
}

void fetch_share_free(struct fetch_share *s)
{
	struct fetch_answer a;

	if (!s)
		return;
	for (unsigned i = 0; i < FETCH_USERS; i++)
		while (pop(&s->user[i], &a))
			free(a.body);
	free(s);
}

static void ask(void *ctx, uint32_t id, const struct fetch_want *w)
{
	struct user *u = ctx;

	u->share->base.ask(u->share->base.ctx, u->tag | (id & ID_MASK), w);
}

/* An answer that waits already must not come either. */
static void cancel(void *ctx, uint32_t id)
{
	struct user *u = ctx;

	for (struct waiting **at = &u->first, *w; (w = *at);) {
		if (w->a.id != id) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		if (u->last == &w->next)
			u->last = at;
		free(w->a.body);
		free(w);
	}
	if (u->share->base.cancel)
		u->share->base.cancel(u->share->base.ctx, u->tag | (id & ID_MASK));
}

/* Everything that the fetcher has goes to whom it belongs. */
static void sort(struct fetch_share *s)
{
	struct fetch_answer a;

	while (s->base.poll && s->base.poll(s->base.ctx, &a)) {
		struct waiting *w = xcalloc(1, sizeof(*w));
		struct user *u = &s->user[(a.id >> ID_BITS) % FETCH_USERS];

		w->a = a;
		w->a.id &= ID_MASK;
		*u->last = w;
		u->last = &w->next;
	}
}

static bool poll(void *ctx, struct fetch_answer *out)
{
	struct user *u = ctx;

	sort(u->share);
	return pop(u, out);
}

struct fetch_io fetch_share_io(struct fetch_share *s, unsigned i)
{
	return (struct fetch_io){&s->user[i], s->base.ask ? ask : NULL, cancel, poll};
}
