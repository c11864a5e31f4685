/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What show and clear commands ask of NAT: counters by name, translations from the tracked
 * connections. */
#include <stdlib.h>
#include <string.h>

#include "net/nat_int.h"

/* ---- counters -----------------------------------------------------------------------------------
 */

void nat_counters_fini(struct nat_counters *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].name);
	free(c->v);
	*c = (struct nat_counters){0};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct nat_count *)a)->name, ((const struct nat_count *)b)->name);
}

const struct nat_count *nat_counters_find(const struct nat_counters *c, const char *name)
{
	const struct nat_count key = {.name = (char *)(uintptr_t)name};

	return c->n ? bsearch(&key, c->v, c->n, sizeof(*c->v), by_name) : NULL;
}

static void take(void *ctx, const struct nft_counter *c)
{
	struct nat_counters *s = ctx;

	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 32;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct nat_count){xstrdup(c->name), c->packets, c->bytes};
}

int nat_refresh_counters(struct nat *n)
{
	struct nat_counters fresh = {0};
	int rc = n->nft->ops->counters(n->nft, false, take, &fresh);

	if (rc) {
		nat_counters_fini(&fresh);
		return rc;
	}
	nat_counters_fini(&n->counters);
	if (fresh.n)
		qsort(fresh.v, fresh.n, sizeof(*fresh.v), by_name);
	n->counters = fresh;
	return 0;
}

static void ignore(void *ctx, const struct nft_counter *c)
{
	(void)ctx;
	(void)c;
}

int nat_clear_counters(struct nat *n)
{
	int rc = n->nft->ops->counters(n->nft, true, ignore, NULL);

	if (!rc)
		nat_counters_fini(&n->counters);
	return rc;
}

static uint64_t packets_of(const struct nat *n, const char *name)
{
	const struct nat_count *c = nat_counters_find(&n->counters, name);

	return c ? c->packets : 0;
}

uint64_t nat_acl_matches(struct nat *n, const struct acl *a, uint32_t seq)
{
	struct strbuf name = {0};
	uint64_t v;

	acl_nft_counter(a, seq, &name);
	v = packets_of(n, sb_str(&name));
	sb_fini(&name);
	return v;
}

uint64_t nat_rule_made(struct nat *n, const char *acl, const char *map)
{
	struct strbuf name = {0};
	uint64_t v;

	nat_rule_counter(acl, map, &name);
	v = packets_of(n, sb_str(&name));
	sb_fini(&name);
	return v;
}

/* ---- translations -------------------------------------------------------------------------------
 */

/* A connection from inside has its source translated, one from outside its destination. */
static void as_translation(const struct nft_flow *f, struct nat_translation *t)
{
	*t = (struct nat_translation){
	        .proto = f->proto, .left_s = f->left_s, .from_outside = !f->snat};
	if (f->snat) {
		t->inside_local = f->src;
		t->inside_global = f->reply_dst;
		t->outside_local = f->dst;
		t->outside_global = f->reply_src;
	} else {
		t->inside_local = f->reply_src;
		t->inside_global = f->dst;
		t->outside_local = t->outside_global = f->src;
	}
}

struct walk {
	void (*visit)(void *ctx, const struct nat_translation *t);
	void *ctx;
};

static void visit_ours(void *ctx, const struct nft_flow *f)
{
	const struct walk *w = ctx;
	struct nat_translation t;

	if (!f->ours || f->family != AF_INET || (!f->snat && !f->dnat))
		return;
	as_translation(f, &t);
	w->visit(w->ctx, &t);
}

int nat_translations(
        struct nat *n, void (*visit)(void *ctx, const struct nat_translation *t), void *ctx)
{
	struct walk w = {visit, ctx};

	return n->nft->ops->flows(n->nft, visit_ours, &w);
}

struct chosen {
	const struct nat_select *s;
	struct nft_flow *f;
	size_t n, cap;
};

static bool is(const struct ipaddr *want, const struct ipaddr *a)
{
	return !ipaddr_is_set(want) || ipaddr_eq(want, a);
}

static void choose(void *ctx, const struct nft_flow *f)
{
	struct chosen *c = ctx;
	struct nat_translation t;

	if (!f->ours || f->family != AF_INET)
		return;
	as_translation(f, &t);
	if (!is(&c->s->inside_local, &t.inside_local.addr) ||
	        !is(&c->s->inside_global, &t.inside_global.addr) ||
	        (c->s->proto && c->s->proto != t.proto) ||
	        (c->s->local_port && c->s->local_port != t.inside_local.port) ||
	        (c->s->global_port && c->s->global_port != t.inside_global.port))
		return;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 32;
		c->f = xrealloc(c->f, c->cap * sizeof(*c->f));
	}
	c->f[c->n++] = *f;
}

int nat_clear(struct nat *n, const struct nat_select *s)
{
	struct chosen c = {.s = s};
	int rc = n->nft->ops->flows(n->nft, choose, &c);

	for (size_t i = 0; !rc && i < c.n; i++)
		rc = n->nft->ops->flow_del(n->nft, &c.f[i]);
	free(c.f);
	return rc ? rc : (int)c.n;
}

/* ---- statistics ---------------------------------------------------------------------------------
 */

static void count(void *ctx, const struct nat_translation *t)
{
	(void)t;
	++*(uint64_t *)ctx;
}

static bool is_rule(const char *name)
{
	return strncmp(name, "n-l-", 4) == 0 || strncmp(name, "n-m-", 4) == 0;
}

int nat_statistics(struct nat *n, struct nat_statistics *out)
{
	int rc = nat_refresh_counters(n);

	*out = (struct nat_statistics){0};
	if (!rc)
		rc = nat_translations(n, count, &out->active);
	if (rc)
		return rc;
	out->hits = packets_of(n, NAT_HITS);
	for (size_t i = 0; i < n->counters.n; i++)
		if (is_rule(n->counters.v[i].name))
			out->misses += n->counters.v[i].packets;
	return 0;
}
