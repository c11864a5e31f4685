/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which clients look at their choice next, and how they are found: see client.h. A fact that
 * concerns one client costs one client, however many there are. */
#include <stdlib.h>
#include <string.h>

#include "base/keyed.h"
#include "flexvpn/client.h"

struct fx_agenda {
	struct fx_client **v; /* all of them, in their order; NULL: one that is gone */
	uint32_t n;
	struct keyed found;             /* places in v */
	struct fx_client *look, **last; /* whose turn it is, in that order */
	struct fx_client *until;        /* the last one of this round; NULL: none is left in it */
	struct timers timers;
};

/* A client is found by its name's hash, and by these. */
enum key_kind { BY_ID = 1, BY_TRACK, BY_GROUP };

struct fx_agenda *fx_agenda_new(void)
{
	struct fx_agenda *a = xcalloc(1, sizeof(*a));

	a->last = &a->look;
	return a;
}

void fx_agenda_free(struct fx_agenda *a)
{
	if (!a)
		return;
	keyed_fini(&a->found);
	timers_fini(&a->timers);
	free(a->v);
	free(a);
}

/* ---- finding
 * ----------------------------------------------------------------------------------------------------
 */

static struct fx_client *at_place(const struct fx_agenda *a, uint32_t at)
{
	return a->v[keyed_value(&a->found, at)];
}

struct fx_client *fx_client_by_name(const struct fx *x, const char *name)
{
	const struct fx_agenda *a = x->agenda;
	const struct keyed *k = &a->found;

	for (uint32_t at = keyed_first(k, keyed_hash(name)); at != KEYED_END;
	        at = keyed_next(k, at))
		if (at_place(a, at) && strcmp(at_place(a, at)->name, name) == 0)
			return at_place(a, at);
	return NULL;
}

struct fx_client *fx_client_by_owner(const struct fx *x, uint64_t owner)
{
	const struct fx_agenda *a = x->agenda;
	uint32_t at = owner <= UINT32_MAX ? keyed_first(&a->found, keyed_of(BY_ID, (uint32_t)owner))
	                                  : KEYED_END;

	return at == KEYED_END ? NULL : at_place(a, at);
}

struct fx_client *fx_client_by_tunnel(const struct fx *x, const char *tunnel)
{
	const struct fx_client_cfg *cl = x->cfg ? fx_find_client_of(x->cfg, tunnel) : NULL;

	return cl ? fx_client_by_name(x, cl->name) : NULL;
}

static void follow(struct fx_agenda *a, uint32_t track, uint32_t place)
{
	if (track)
		keyed_put(&a->found, keyed_of(BY_TRACK, track), place);
}

static void arrange_one(struct fx_agenda *a, uint32_t place, const struct fx_client_cfg *cfg)
{
	keyed_put(&a->found, keyed_hash(a->v[place]->name), place);
	keyed_put(&a->found, keyed_of(BY_ID, a->v[place]->id), place);
	if (!cfg)
		return;
	if (cfg->connect == FX_CONNECT_TRACK)
		follow(a, cfg->connect_track, place);
	for (size_t i = 0; i < cfg->peers.n; i++)
		follow(a, cfg->peers.v[i].track, place);
	for (size_t i = 0; i < cfg->sources.n; i++)
		follow(a, cfg->sources.v[i].track, place);
	if (cfg->backup_group >= 0)
		keyed_put(&a->found, keyed_of(BY_GROUP, (uint32_t)cfg->backup_group), place);
}

void fx_agenda_arrange(struct fx *x)
{
	struct fx_agenda *a = x->agenda;

	keyed_clear(&a->found);
	a->n = 0;
	for (struct fx_client *c = x->clients; c; c = c->next) {
		if ((a->n & (a->n - 1)) == 0)
			a->v = xrealloc(a->v, (a->n ? 2u * a->n : 1u) * sizeof(struct fx_client *));
		c->place = a->n;
		a->v[a->n++] = c;
		arrange_one(a, c->place, fx_client_config(x, c));
	}
}

struct fx_client *fx_client_mate(const struct fx *x, uint32_t group, uint32_t *at)
{
	const struct fx_agenda *a = x->agenda;

	do {
		*at = *at == KEYED_END ? keyed_first(&a->found, keyed_of(BY_GROUP, group))
		                       : keyed_next(&a->found, *at);
	} while (*at != KEYED_END && !at_place(a, *at));
	return *at == KEYED_END ? NULL : at_place(a, *at);
}

/* ---- looking
 * ----------------------------------------------------------------------------------------------------
 */

void fx_client_look(struct fx *x, struct fx_client *c)
{
	struct fx_agenda *a = x->agenda;

	if (c->looks)
		return;
	c->looks = true;
	c->next_look = NULL;
	*a->last = c;
	a->last = &c->next_look;
}

void fx_client_mates_look(struct fx *x, struct fx_client *c)
{
	const struct fx_client_cfg *cfg = fx_client_config(x, c);
	struct fx_client *mate;
	uint32_t at = KEYED_END;

	fx_client_look(x, c);
	while (cfg && cfg->backup_group >= 0 &&
	        (mate = fx_client_mate(x, (uint32_t)cfg->backup_group, &at)))
		fx_client_look(x, mate);
}

void fx_clients_follow(struct fx *x, uint32_t track)
{
	const struct fx_agenda *a = x->agenda;
	const struct keyed *k = &a->found;

	for (uint32_t at = keyed_first(k, keyed_of(BY_TRACK, track)); at != KEYED_END;
	        at = keyed_next(k, at))
		if (at_place(a, at))
			fx_client_look(x, at_place(a, at));
}

bool fx_clients_looking(const struct fx *x)
{
	return x->reconsider || x->agenda->look;
}

void fx_agenda_begin(struct fx *x)
{
	struct fx_agenda *a = x->agenda;

	if (x->reconsider)
		for (struct fx_client *c = x->clients; c; c = c->next)
			fx_client_look(x, c);
	x->reconsider = false;
	while (timers_due(&a->timers) <= x->now) {
		struct fx_client *c = (struct fx_client *)timers_first(&a->timers);

		timers_drop(&a->timers, &c->timer);
		fx_client_look(x, c);
	}
	for (struct fx_client *c = a->look; c; c = c->next_look)
		a->until = c;
}

struct fx_client *fx_agenda_take(struct fx *x)
{
	struct fx_agenda *a = x->agenda;
	struct fx_client *c = a->until ? a->look : NULL;

	if (!c)
		return NULL;
	a->look = c->next_look;
	if (!a->look)
		a->last = &a->look;
	if (c == a->until)
		a->until = NULL;
	c->looks = false;
	return c;
}

/* ---- timers
 * -----------------------------------------------------------------------------------------------------
 */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return b && b < a ? b : a;
}

void fx_client_arm(struct fx *x, struct fx_client *c)
{
	uint64_t at = TIMER_NEVER;

	if (c->state == FX_RETRY_WAIT)
		at = c->retry_at;
	if (c->state == FX_ACTIVE)
		at = earlier(earlier(at, fx_trial_on(c) ? 0 : c->trial.not_before),
		        c->standby.not_before);
	timers_set(&x->agenda->timers, &c->timer, at);
}

uint64_t fx_clients_deadline(const struct fx *x)
{
	return timers_due(&x->agenda->timers);
}

void fx_agenda_forget(struct fx *x, struct fx_client *c)
{
	struct fx_agenda *a = x->agenda;

	timers_drop(&a->timers, &c->timer);
	if (c->place < a->n && a->v[c->place] == c)
		a->v[c->place] = NULL;
	if (!c->looks)
		return;
	for (struct fx_client **at = &a->look; *at; at = &(*at)->next_look)
		if (*at == c) {
			*at = c->next_look;
			if (a->last == &c->next_look)
				a->last = at;
			return;
		}
}
