/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP SLA operations as a machine: see sla.h. */
#include "net/sla.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed.h"
#include "base/mem.h"
#include "base/timers.h"

enum { DEFAULT_FREQUENCY_S = 60, DEFAULT_TIMEOUT_MS = 5000, DEFAULT_THRESHOLD_MS = 5000 };

struct operation {
	struct timer timer; /* the next thing to be done; first, so that it leads here */
	struct sla_cfg cfg;
	uint32_t id;         /* of the probe under way; 0: none */
	uint32_t asking;     /* question about the target's name under way; 0: none */
	uint64_t made, next; /* next: the next probe is due */
	uint64_t sent;
	enum sla_result result;
	uint32_t rtt;
	uint64_t successes, failures;
	bool dead; /* its life is over */
	bool news; /* in sla_set.news */
};

struct sla_set {
	struct sla_io io;
	struct operation *v; /* by number */
	size_t n;
	uint32_t last_id; /* a multiple of n: a probe's number leads back to its place in v */
	struct keyed by_number;
	struct timers timers;
	uint32_t *news; /* those with another result, as places in v */
	size_t n_news;
};

const char *sla_result_text(enum sla_result r)
{
	static const char *const text[] = {
	        "Unknown", "OK", "Over threshold", "Timeout", "NoConnection"};

	return text[r];
}

const char *sla_type_text(enum sla_type t)
{
	static const char *const text[] = {"icmp-echo", "tcp-connect", "udp-echo"};

	return text[t];
}

struct sla_set *sla_new(const struct sla_io *io)
{
	struct sla_set *s = xcalloc(1, sizeof(*s));

	s->io = *io;
	return s;
}

static void forget_probe(struct sla_set *s, struct operation *o)
{
	if (o->id)
		s->io.cancel(s->io.ctx, o->id);
	if (o->asking)
		s->io.forget(s->io.ctx, o->asking);
	o->id = o->asking = 0;
}

void sla_free(struct sla_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		forget_probe(s, &s->v[i]);
	keyed_fini(&s->by_number);
	timers_fini(&s->timers);
	free(s->news);
	free(s->v);
	free(s);
}

/* ---- configuration
 * --------------------------------------------------------------------------------------------------
 */

static bool same(const struct sla_cfg *a, const struct sla_cfg *b)
{
	bool target = a->host[0] || b->host[0] ? strcmp(a->host, b->host) == 0
	                                       : ipaddr_eq(&a->target, &b->target);

	return a->number == b->number && a->type == b->type && target && a->port == b->port &&
	       ipaddr_eq(&a->source, &b->source) && a->source_port == b->source_port &&
	       strcmp(a->ifname, b->ifname) == 0 && strcmp(a->device, b->device) == 0 &&
	       strcmp(a->vrf, b->vrf) == 0 && a->frequency_s == b->frequency_s &&
	       a->timeout_ms == b->timeout_ms && a->threshold_ms == b->threshold_ms &&
	       a->data_size == b->data_size && a->tos == b->tos && a->scheduled == b->scheduled &&
	       a->after_s == b->after_s && a->life_s == b->life_s;
}

static struct operation *find(const struct sla_set *s, uint32_t number)
{
	uint32_t at = keyed_first(&s->by_number, number);

	return at == KEYED_END ? NULL : &s->v[keyed_value(&s->by_number, at)];
}

/* ---- when
 * ---------------------------------------------------------------------------------------------------------------
 */

static uint64_t end_of(const struct operation *o)
{
	return o->cfg.life_s ? o->made + 1000u * ((uint64_t)o->cfg.after_s + o->cfg.life_s)
	                     : UINT64_MAX;
}

static void arm(struct sla_set *s, struct operation *o)
{
	uint64_t due = o->id || o->asking ? o->sent + o->cfg.timeout_ms : o->next;

	if (end_of(o) < due)
		due = end_of(o);
	timers_set(&s->timers, &o->timer, o->cfg.scheduled && !o->dead ? due : TIMER_NEVER);
}

/* The operations stand elsewhere now. */
static void arrange(struct sla_set *s)
{
	keyed_clear(&s->by_number);
	timers_fini(&s->timers);
	s->n_news = 0;
	s->news = xrealloc(s->news, (s->n + 1) * sizeof(*s->news));
	for (uint32_t i = 0; i < s->n; i++) {
		struct operation *o = &s->v[i];

		keyed_put(&s->by_number, o->cfg.number, i);
		o->timer = (struct timer){0};
		arm(s, o);
		if (o->news)
			s->news[s->n_news++] = i;
	}
}

static int by_number(const void *a, const void *b)
{
	const struct operation *x = a, *y = b;

	return x->cfg.number < y->cfg.number ? -1 : x->cfg.number > y->cfg.number;
}

static void with_defaults(struct sla_cfg *c)
{
	c->frequency_s = c->frequency_s ? c->frequency_s : DEFAULT_FREQUENCY_S;
	c->timeout_ms = c->timeout_ms ? c->timeout_ms : DEFAULT_TIMEOUT_MS;
	c->threshold_ms = c->threshold_ms ? c->threshold_ms : DEFAULT_THRESHOLD_MS;
	if (!c->data_size)
		c->data_size = c->type == SLA_ICMP_ECHO ? 28 : 16;
}

void sla_configure(struct sla_set *s, const struct sla_cfg *v, size_t n, uint64_t now_ms)
{
	struct operation *fresh = xcalloc(n ? n : 1, sizeof(*fresh));

	for (size_t i = 0; i < n; i++) {
		struct sla_cfg c = v[i];
		struct operation *old = find(s, c.number);

		with_defaults(&c);
		if (old && same(&old->cfg, &c)) {
			fresh[i] = *old;
			old->id = old->asking = 0; /* what is under way moved with it */
			continue;
		}
		fresh[i] = (struct operation){
		        .cfg = c, .made = now_ms, .next = now_ms + 1000u * (uint64_t)c.after_s};
	}
	for (size_t i = 0; i < s->n; i++)
		forget_probe(s, &s->v[i]);
	qsort(fresh, n, sizeof(*fresh), by_number);
	free(s->v);
	s->v = fresh;
	s->n = n;
	arrange(s);
}

/* ---- probes
 * ------------------------------------------------------------------------------------------------------------
 */

static bool set_result(struct sla_set *s, struct operation *o, enum sla_result r)
{
	bool changed = o->result != r;

	if (changed && !o->news) {
		o->news = true;
		s->news[s->n_news++] = (uint32_t)(o - s->v);
	}
	o->result = r;
	if (r == SLA_OK)
		o->successes++;
	else if (r != SLA_UNKNOWN)
		o->failures++;
	return changed;
}

static bool send_probe(struct sla_set *s, struct operation *o, uint64_t now_ms)
{
	if (s->last_id > UINT32_MAX - 2 * (uint32_t)s->n)
		s->last_id = 0;
	s->last_id += (uint32_t)s->n - s->last_id % (uint32_t)s->n;
	o->id = s->last_id + (uint32_t)(o - s->v);
	o->sent = now_ms;
	if (s->io.send(s->io.ctx, &o->cfg, o->id))
		return false;
	o->id = 0;
	return set_result(s, o, SLA_NO_CONNECTION);
}

/* Probes keep their beat: the next one is due a period after this one was due, however late this
 * was; missed beats are not caught up. */
static bool probe(struct sla_set *s, struct operation *o, uint64_t now_ms)
{
	uint64_t period = 1000u * (uint64_t)o->cfg.frequency_s;

	o->next += period;
	if (o->next <= now_ms)
		o->next = now_ms + period;
	if (!o->cfg.host[0])
		return send_probe(s, o, now_ms);
	o->sent = now_ms;
	o->asking = s->io.ask(s->io.ctx, &o->cfg);
	return false;
}

bool sla_resolved(struct sla_set *s, uint32_t question, const struct ipaddr *addr, uint64_t now_ms)
{
	for (size_t i = 0; question && i < s->n; i++) {
		struct operation *o = &s->v[i];

		if (o->asking != question)
			continue;
		o->asking = 0;
		if (addr)
			o->cfg.target = *addr;
		bool changed =
		        addr ? send_probe(s, o, now_ms) : set_result(s, o, SLA_NO_CONNECTION);

		arm(s, o);
		return changed;
	}
	return false;
}

static bool tick_one(struct sla_set *s, struct operation *o, uint64_t now_ms)
{
	bool changed = false;

	if (!o->cfg.scheduled || o->dead)
		return false;
	if (now_ms >= end_of(o)) {
		o->dead = true;
		forget_probe(s, o);
		return set_result(s, o, SLA_UNKNOWN);
	}
	if ((o->id || o->asking) && now_ms >= o->sent + o->cfg.timeout_ms) {
		changed = set_result(s, o, o->asking ? SLA_NO_CONNECTION : SLA_TIMEOUT);
		forget_probe(s, o);
	}
	if (!o->id && !o->asking && now_ms >= o->next)
		changed |= probe(s, o, now_ms);
	return changed;
}

bool sla_tick(struct sla_set *s, uint64_t now_ms)
{
	bool changed = false;

	while (sla_deadline(s) <= now_ms) {
		struct operation *o = (struct operation *)timers_first(&s->timers);

		changed |= tick_one(s, o, now_ms);
		arm(s, o);
	}
	return changed;
}

/* A probe that was sent before the operations were arranged anew stands elsewhere. */
static struct operation *by_probe(const struct sla_set *s, uint32_t id)
{
	if (!id || !s->n)
		return NULL;
	if (s->v[id % s->n].id == id)
		return &s->v[id % s->n];
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].id == id)
			return &s->v[i];
	return NULL;
}

bool sla_answer(struct sla_set *s, uint32_t id, bool ok, uint64_t now_ms)
{
	struct operation *o = by_probe(s, id);
	enum sla_result r = SLA_NO_CONNECTION;

	if (!o)
		return false;
	o->id = 0;
	if (ok) {
		o->rtt = (uint32_t)(now_ms - o->sent);
		r = o->rtt > o->cfg.threshold_ms ? SLA_OVER_THRESHOLD : SLA_OK;
	}
	arm(s, o);
	return set_result(s, o, r);
}

bool sla_news(struct sla_set *s, uint32_t *number)
{
	if (!s->n_news)
		return false;
	struct operation *o = &s->v[s->news[--s->n_news]];

	o->news = false;
	*number = o->cfg.number;
	return true;
}

uint64_t sla_deadline(const struct sla_set *s)
{
	return timers_due(&s->timers);
}

/* ---- reading
 * -------------------------------------------------------------------------------------------------------------
 */

static void tell(const struct operation *o, struct sla_info *out)
{
	uint64_t end = end_of(o);

	*out = (struct sla_info){.cfg = &o->cfg,
	        .active = o->cfg.scheduled && !o->dead,
	        .result = o->result,
	        .rtt_ms = o->rtt,
	        .last_ms = o->sent,
	        .successes = o->successes,
	        .failures = o->failures,
	        .ends_ms = end == UINT64_MAX ? 0 : end};
}

bool sla_next(const struct sla_set *s, uint32_t prev, struct sla_info *out)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].cfg.number > prev) {
			tell(&s->v[i], out);
			return true;
		}
	return false;
}

bool sla_get(const struct sla_set *s, uint32_t number, struct sla_info *out)
{
	const struct operation *o = find(s, number);

	if (o)
		tell(o, out);
	return o != NULL;
}
