/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAT as a machine: wanted text against applied text, and what a change means for connections that
 * exist. See nat.h; the text itself is made in nat_text.c, and what show commands ask is in
 * nat_show.c.
 */
#include "net/nat_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define REPLACE "table inet " NFT_TABLE "\ndelete table inet " NFT_TABLE "\n"

struct nat *nat_new(const struct nft_ops *ops, char *why, size_t n)
{
	struct nft *nft = ops->open(why, n);
	struct nat *nat;

	if (!nft)
		return NULL;
	nat = xcalloc(1, sizeof(*nat));
	nat->nft = nft;
	return nat;
}

static void forget(struct nat *n)
{
	nat_text_fini(&n->applied);
	nat_counters_fini(&n->counters);
	free(n->global);
	n->global = NULL;
	n->n_global = 0;
}

void nat_free(struct nat *n)
{
	if (!n)
		return;
	forget(n);
	n->nft->ops->close(n->nft);
	free(n);
}

struct nft *nat_nft(struct nat *n)
{
	return n->nft;
}

const char *nat_applied(const struct nat *n)
{
	return sb_str(&n->applied.body);
}

const char *nat_why(const struct nat *n)
{
	return n->why;
}

/* ---- the global addresses of what is wanted -----------------------------------------------------
 */

static void add_global(struct nat *n, const struct ipaddr *first, const struct ipaddr *last)
{
	if (!ipaddr_is_set(first))
		return;
	n->global = xrealloc(n->global, (n->n_global + 1) * sizeof(*n->global));
	n->global[n->n_global++] = (struct nat_range){ipaddr_u32(first), ipaddr_u32(last)};
}

static void add_global_net(struct nat *n, const struct ipaddr *a, uint8_t len)
{
	uint32_t mask = len_to_mask(len);
	struct ipaddr first = ipaddr_v4(ipaddr_u32(a) & mask),
	              last = ipaddr_v4(ipaddr_u32(a) | ~mask);

	if (ipaddr_is_set(a))
		add_global(n, &first, &last);
}

/* What a list permits to be reached: the whole of an entry with holes in its wildcard. */
static void note_destinations(struct nat *n, const struct acl *a)
{
	for (size_t i = 0; a && i < a->n; i++) {
		const struct acl_addr *d = a->kind == ACL_STANDARD ? &a->e[i].src : &a->e[i].dst;
		uint32_t wild = ipaddr_is_set(&d->wild) ? ipaddr_u32(&d->wild) : 0;
		struct ipaddr first = ipaddr_v4(
		                      ipaddr_is_set(&d->addr) ? ipaddr_u32(&d->addr) & ~wild : 0),
		              last = ipaddr_v4(ipaddr_is_set(&d->addr) ? ipaddr_u32(&d->addr) | wild
		                                                       : UINT32_MAX);

		if (!a->e[i].text && a->e[i].permit)
			add_global(n, &first, &last);
	}
}

static void note_globals(struct nat *n, const struct nat_wanted *w)
{
	free(n->global);
	n->global = NULL;
	n->n_global = 0;
	for (size_t i = 0; i < w->n_dynamic; i++) {
		const struct nat_dynamic *d = &w->dynamic[i];
		const struct nat_pool *p = d->pool ? nat_find_pool(w, d->pool) : NULL;

		if (!d->pool)
			add_global(n, &d->addr, &d->addr);
		else if (p && p->match_host)
			add_global_net(n, &p->first, p->len);
		else if (p)
			add_global(n, &p->first, &p->last);
	}
	for (size_t i = 0; i < w->n_destination; i++)
		note_destinations(n, nat_find_acl(w, w->destination[i].acl, false));
	for (size_t i = 0; i < w->n_fixed; i++)
		add_global_net(n, &w->fixed[i].global,
		        w->fixed[i].kind == NAT_STATIC_NET ? w->fixed[i].len : 32);
}

static bool is_global(const struct nat *n, const struct ipaddr *a)
{
	uint32_t v = ipaddr_u32(a);

	for (size_t i = 0; i < n->n_global; i++)
		if (v >= n->global[i].first && v <= n->global[i].last)
			return true;
	return false;
}

/* ---- connections that a change concerns ---------------------------------------------------------
 */

struct sweep {
	struct nat *n;
	const struct nat_wanted *w;
	struct nft_flow *gone;
	size_t n_gone, cap;
};

static void end_later(struct sweep *s, const struct nft_flow *f)
{
	if (s->n_gone == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 32;
		s->gone = xrealloc(s->gone, s->cap * sizeof(*s->gone));
	}
	s->gone[s->n_gone++] = *f;
}

static bool own_address(const struct nat_wanted *w, const struct ipaddr *a)
{
	for (size_t i = 0; i < w->n_iface; i++)
		for (uint8_t k = 0; k < w->iface[i].n_addr; k++)
			if (ipaddr_eq(&w->iface[i].addr[k].addr, a))
				return true;
	return false;
}

static bool list_takes(const struct nat_wanted *w, const char *name, const struct acl_packet *p)
{
	const struct acl *a = nat_find_acl(w, name, false);

	return a && acl_permits(a, p);
}

static bool map_takes(
        const struct nat_wanted *w, const struct nat_map *m, const struct acl_packet *p)
{
	for (size_t i = 0; m && i < m->n; i++) {
		const struct nat_map_entry *e = &m->entry[i];

		if (!e->permit || e->off)
			continue;
		if (!e->n_acl)
			return true;
		for (size_t k = 0; k < e->n_acl; k++)
			if (list_takes(w, e->acl[k], p))
				return true;
	}
	return false;
}

static bool static_takes(const struct nat_static *s, const struct acl_packet *p)
{
	struct prefix net = prefix_of(&s->local, s->kind == NAT_STATIC_NET ? s->len : 32);

	if (!ipaddr_is_set(&s->local) || !prefix_contains(&net, &p->src))
		return false;
	if (s->kind == NAT_STATIC_TCP || s->kind == NAT_STATIC_UDP)
		return p->sport == s->local_port &&
		       p->proto == (s->kind == NAT_STATIC_TCP ? IPPROTO_TCP : IPPROTO_UDP);
	return true;
}

/* Would a rule translate this connection, were it new? The outgoing interface is left out:
 * forgetting one too many costs nothing, its next packet starts it again. */
static bool some_rule_takes(const struct nat_wanted *w, const struct nft_flow *f)
{
	struct acl_packet p = {.src = f->src.addr,
	        .dst = f->dst.addr,
	        .proto = f->proto,
	        .sport = f->src.port,
	        .dport = f->dst.port};

	for (size_t i = 0; i < w->n_dynamic; i++) {
		const struct nat_dynamic *d = &w->dynamic[i];

		if (d->map ? map_takes(w, nat_find_map(w, d->map), &p) : list_takes(w, d->acl, &p))
			return true;
	}
	for (size_t i = 0; i < w->n_fixed; i++)
		if (static_takes(&w->fixed[i], &p))
			return true;
	return false;
}

static void judge(void *ctx, const struct nft_flow *f)
{
	struct sweep *s = ctx;

	if (f->family != AF_INET)
		return;
	if (f->ours) {
		if (!is_global(s->n, f->snat ? &f->reply_dst.addr : &f->dst.addr))
			end_later(s, f);
	} else if (s->w && !f->snat && !f->dnat && !own_address(s->w, &f->src.addr) &&
	           some_rule_takes(s->w, f)) {
		end_later(s, f);
	}
}

static void sweep(struct nat *n, const struct nat_wanted *w)
{
	struct sweep s = {.n = n, .w = w};

	n->nft->ops->flows(n->nft, judge, &s);
	for (size_t i = 0; i < s.n_gone; i++)
		n->nft->ops->flow_del(n->nft, &s.gone[i]);
	free(s.gone);
}

/* ---- applying -----------------------------------------------------------------------------------
 */

static bool same_text(const struct nat_text *a, const struct nat_text *b)
{
	if (a->n_counter != b->n_counter || strcmp(sb_str(&a->body), sb_str(&b->body)) != 0)
		return false;
	for (size_t i = 0; i < a->n_counter; i++)
		if (strcmp(a->counter[i], b->counter[i]) != 0)
			return false;
	return true;
}

static void transaction(struct nat *n, const struct nat_text *t, struct strbuf *out)
{
	sb_puts(out, REPLACE);
	if (!t->body.len)
		return;
	sb_puts(out, "table inet " NFT_TABLE " {\n");
	for (size_t i = 0; i < t->n_counter; i++) {
		const struct nat_count *c = nat_counters_find(&n->counters, t->counter[i]);

		sb_printf(out, "\tcounter %s { packets %llu bytes %llu }\n", t->counter[i],
		        c ? (unsigned long long)c->packets : 0ULL,
		        c ? (unsigned long long)c->bytes : 0ULL);
	}
	sb_puts(out, sb_str(&t->body));
	sb_puts(out, "}\n");
}

static int replace(struct nat *n, const struct nat_text *t)
{
	struct strbuf text = {0};
	int rc;

	if (t->n_counter)
		nat_refresh_counters(n);
	transaction(n, t, &text);
	rc = n->nft->ops->run(n->nft, sb_str(&text), n->why, sizeof(n->why));
	sb_fini(&text);
	return rc;
}

/* Somebody may have meddled with our table: what does not go in place goes as a whole. */
static int change(struct nat *n, const struct nat_text *t)
{
	struct strbuf text = {0};
	int rc = -EAGAIN;

	if (n->known && nat_text_change(&n->applied, t, &text))
		rc = n->nft->ops->run(n->nft, sb_str(&text), n->why, sizeof(n->why));
	sb_fini(&text);
	return rc;
}

/* Takes `t` over when it is applied. */
static int become(struct nat *n, struct nat_text *t)
{
	int rc = change(n, t);

	if (rc)
		rc = replace(n, t);
	if (rc)
		return rc;
	n->why[0] = '\0';
	nat_text_fini(&n->applied);
	n->applied = *t;
	*t = (struct nat_text){0};
	n->known = true;
	return 0;
}

int nat_apply(struct nat *n, const struct nat_wanted *w)
{
	struct nat_text t;
	int rc = 0;

	n->why[0] = '\0';
	nat_text_build(&t, w);
	if (!n->known || !same_text(&t, &n->applied)) {
		bool translated = n->n_global || !n->known;

		rc = become(n, &t);
		if (!rc) {
			note_globals(n, w);
			if (translated || n->n_global)
				sweep(n, w);
		}
	}
	nat_text_fini(&t);
	return rc;
}

int nat_remove(struct nat *n)
{
	static const struct nat_wanted nothing;
	int rc = nat_apply(n, &nothing);

	if (!rc)
		nat_counters_fini(&n->counters);
	return rc;
}

/* ---- addresses that the outside must answer for -------------------------------------------------
 */

struct aliases {
	const struct nat_wanted *w;
	void (*visit)(void *ctx, const char *dev, const struct ipaddr *a);
	void *ctx;
};

static void alias(const struct aliases *s, uint32_t addr)
{
	struct ipaddr a = ipaddr_v4(addr);

	if (own_address(s->w, &a))
		return;
	for (size_t i = 0; i < s->w->n_iface; i++) {
		const struct nat_iface *f = &s->w->iface[i];

		for (uint8_t k = 0; f->outside && k < f->n_addr; k++) {
			if (!prefix_contains(&f->addr[k], &a))
				continue;
			s->visit(s->ctx, f->dev, &a);
			return;
		}
	}
}

void nat_aliases(const struct nat_wanted *w,
        void (*visit)(void *ctx, const char *dev, const struct ipaddr *a), void *ctx)
{
	enum { MOST = 1024 }; /* of one pool */
	struct aliases s = {w, visit, ctx};

	for (size_t i = 0; i < w->n_fixed; i++)
		if (ipaddr_is_set(&w->fixed[i].global) && !w->fixed[i].no_alias &&
		        w->fixed[i].kind != NAT_STATIC_NET)
			alias(&s, ipaddr_u32(&w->fixed[i].global));
	for (size_t i = 0; i < w->n_dynamic; i++) {
		const struct nat_pool *p =
		        w->dynamic[i].pool ? nat_find_pool(w, w->dynamic[i].pool) : NULL;

		for (uint32_t k = 0;
		        p && k < MOST && k <= ipaddr_u32(&p->last) - ipaddr_u32(&p->first); k++)
			alias(&s, ipaddr_u32(&p->first) + k);
	}
}
