/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which policies a tunnel has follows from its SAs alone: what they may receive, and what the
 * sending one may send. The wanted list is made anew each time and compared with what the kernel
 * was told, so that a rekey with the same selectors costs one message: the outbound policy names
 * the SPI that sends from now on.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dataplane/kernel.h"

enum { POLICIES_MAX = 256 };

struct list {
	struct xf_policy *p;
	size_t n;
	bool full;
};

static struct xf_policy *find(struct xf_policy *p, size_t n, const struct xf_policy *like)
{
	for (size_t i = 0; i < n; i++)
		if (p[i].dir == like->dir && memcmp(&p[i].sel, &like->sel, sizeof(like->sel)) == 0)
			return &p[i];
	return NULL;
}

/* The first of a kind stays. */
static bool want(struct list *l, const struct xf_policy *p)
{
	if (find(l->p, l->n, p))
		return true;
	if (l->n == POLICIES_MAX) {
		l->full = true;
		return false;
	}
	l->p = xrealloc(l->p, (l->n + 1) * sizeof(*l->p));
	l->p[l->n++] = *p;
	return true;
}

static uint8_t mode_of(const struct dp_sa *sa)
{
	return sa->mode == DP_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
}

/* ---- selectors of an SA ---------------------------------------------------------------------- */

/* A walk over all pairs of address and port prefixes of two selectors. */
struct walk {
	struct list *l;
	struct xf_policy p;
	const struct dp_ts *src, *dst;
};

static uint16_t port_mask(unsigned bits)
{
	return htons((uint16_t)(0xffff0000u >> bits));
}

static bool with_dst_port(void *ctx, const uint8_t *base, unsigned bits)
{
	struct walk *w = ctx;

	memcpy(&w->p.sel.dport, base, 2);
	w->p.sel.dport_mask = port_mask(bits);
	return want(w->l, &w->p);
}

static bool split_ports(const struct dp_ts *t, xf_prefix_fn *emit, struct walk *w)
{
	uint8_t lo[2], hi[2];
	bool ported = t->proto == IPPROTO_TCP || t->proto == IPPROTO_UDP ||
	              t->proto == IPPROTO_SCTP || t->proto == IPPROTO_UDPLITE;

	put_u16(lo, ported ? t->port_lo : 0);
	put_u16(hi, ported ? t->port_hi : UINT16_MAX);
	return xf_split(lo, hi, 2, emit, w);
}

static bool with_src_port(void *ctx, const uint8_t *base, unsigned bits)
{
	struct walk *w = ctx;

	memcpy(&w->p.sel.sport, base, 2);
	w->p.sel.sport_mask = port_mask(bits);
	return split_ports(w->dst, with_dst_port, w);
}

static bool with_dst(void *ctx, const uint8_t *base, unsigned bits)
{
	struct walk *w = ctx;

	memcpy(&w->p.sel.daddr, base, ipaddr_octets(&w->dst->lo));
	w->p.sel.prefixlen_d = (uint8_t)bits;
	return split_ports(w->src, with_src_port, w);
}

static bool with_src(void *ctx, const uint8_t *base, unsigned bits)
{
	struct walk *w = ctx;

	memcpy(&w->p.sel.saddr, base, ipaddr_octets(&w->src->lo));
	w->p.sel.prefixlen_s = (uint8_t)bits;
	return xf_split(w->dst->lo.b, w->dst->hi.b, ipaddr_octets(&w->dst->lo), with_dst, w);
}

static bool agree(const struct dp_ts *a, const struct dp_ts *b)
{
	return a->lo.family == b->lo.family && (!a->proto || !b->proto || a->proto == b->proto);
}

static bool pair_of(struct list *l, const struct xf_policy *base, const struct dp_ts *src,
        const struct dp_ts *dst)
{
	struct walk w = {.l = l, .p = *base, .src = src, .dst = dst};

	if (!agree(src, dst))
		return true;
	w.p.sel.family = src->lo.family;
	w.p.sel.proto = src->proto ? src->proto : dst->proto;
	return xf_split(src->lo.b, src->hi.b, ipaddr_octets(&src->lo), with_src, &w);
}

static void all_pairs(struct list *l, const struct xf_policy *base, const struct dp_sa *sa)
{
	bool out = base->dir == XFRM_POLICY_OUT;

	for (uint8_t i = 0; i < sa->n_ts_local; i++)
		for (uint8_t j = 0; j < sa->n_ts_remote; j++)
			if (!pair_of(l, base, out ? &sa->ts_local[i] : &sa->ts_remote[j],
			            out ? &sa->ts_remote[j] : &sa->ts_local[i]))
				return;
}

/* ---- what a tunnel wants --------------------------------------------------------------------- */

/* Inbound any SA of the tunnel will do, wherever it comes from: the old one as well as the new. */
static void want_in(struct list *l, const struct dp_sa *sa)
{
	struct xf_policy p;

	memset(&p, 0, sizeof(p));
	p.mode = mode_of(sa);
	p.family = sa->local.addr.family;
	p.dir = XFRM_POLICY_IN;
	all_pairs(l, &p, sa);
	p.dir = XFRM_POLICY_FWD;
	all_pairs(l, &p, sa);
}

static void want_out(struct list *l, const struct dp_sa *sa)
{
	struct xf_policy p;

	memset(&p, 0, sizeof(p));
	p.mode = mode_of(sa);
	p.family = sa->local.addr.family;
	p.dir = XFRM_POLICY_OUT;
	p.src = sa->local.addr;
	p.dst = sa->remote.addr;
	p.spi = sa->spi_out;
	all_pairs(l, &p, sa);
}

static void want_ip(const struct kernel *k, const struct kdp_tun *t, struct list *l)
{
	if (t->send)
		want_out(l, &t->send->sa);
	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->tun == t)
			want_in(l, &k->sas[i]->sa);
}

/* `sa` NULL: nothing may pass; no SA has the SPI that the policy asks for. */
static void want_gre_between(struct list *l, const struct ipaddr *local,
        const struct ipaddr *remote, const struct dp_sa *sa)
{
	enum { NO_SUCH_SPI = 1 }; /* reserved by RFC 4303 §2.1 */
	uint8_t bits = ipaddr_bits(local);
	struct xf_policy p;

	if (!ipaddr_is_set(remote))
		return;
	memset(&p, 0, sizeof(p));
	p.mode = sa ? mode_of(sa) : XFRM_MODE_TRANSPORT;
	p.family = local->family;
	p.sel = (struct xfrm_selector){.saddr = xf_addr(local),
	        .daddr = xf_addr(remote),
	        .prefixlen_s = bits,
	        .prefixlen_d = bits,
	        .family = local->family,
	        .proto = IPPROTO_GRE};
	p.dir = XFRM_POLICY_OUT;
	p.src = *local;
	p.dst = *remote;
	p.spi = sa ? sa->spi_out : NO_SUCH_SPI;
	want(l, &p);
	p.src = p.dst = (struct ipaddr){0};
	p.spi = 0;
	p.dir = XFRM_POLICY_IN;
	p.sel.saddr = xf_addr(remote);
	p.sel.daddr = xf_addr(local);
	want(l, &p);
}

static void want_gre(const struct kernel *k, const struct kdp_tun *t, const struct kdp_ends *ends,
        struct list *l)
{
	if (t->send)
		want_gre_between(
		        l, &t->send->sa.local.addr, &t->send->sa.remote.addr, &t->send->sa);
	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->tun == t)
			want_gre_between(
			        l, &k->sas[i]->sa.local.addr, &k->sas[i]->sa.remote.addr, NULL);
	want_gre_between(l, &ends->local, &ends->remote, NULL);
	want_gre_between(l, &t->ends.local, &t->ends.remote, NULL);
}

/* ---- the kernel's part ----------------------------------------------------------------------- */

static bool bound(const struct kdp_tun *t)
{
	return t->t.payload == DP_PAYLOAD_IP;
}

static int put(struct kernel *k, const struct kdp_tun *t, const struct xf_policy *p)
{
	return kdp_talk(k->xfrm, xf_new_policy(k->msg, p, xf_mark(t->t.id), bound(t)), NULL, NULL);
}

static int drop(struct kernel *k, const struct kdp_tun *t, const struct xf_policy *p)
{
	uint32_t if_id = p->sel.proto == IPPROTO_GRE && !bound(t) ? 0 : xf_mark(t->t.id);
	int rc = kdp_talk(k->xfrm, xf_del_policy(k->msg, &p->sel, p->dir, if_id), NULL, NULL);

	return rc == -ENOENT ? 0 : rc;
}

static bool same(const struct xf_policy *a, const struct xf_policy *b)
{
	return a->mode == b->mode && a->spi == b->spi && ipaddr_eq(&a->src, &b->src) &&
	       ipaddr_eq(&a->dst, &b->dst);
}

/* New ones first, so that nothing that both lists let pass is without one in between. */
static int change(struct kernel *k, struct kdp_tun *t, const struct list *l)
{
	int rc = 0, one;

	for (size_t i = 0; i < l->n; i++) {
		const struct xf_policy *have = find(t->pol, t->n_pol, &l->p[i]);

		if (have && same(have, &l->p[i]))
			continue;
		one = put(k, t, &l->p[i]);
		rc = rc ? rc : one;
	}
	for (size_t i = 0; i < t->n_pol; i++)
		if (!find(l->p, l->n, &t->pol[i])) {
			one = drop(k, t, &t->pol[i]);
			rc = rc ? rc : one;
		}
	return rc;
}

int kdp_policy_sync(struct kernel *k, struct kdp_tun *t, const struct kdp_ends *ends)
{
	struct list l = {0};

	if (t->t.payload == DP_PAYLOAD_GRE)
		want_gre(k, t, ends, &l);
	else
		want_ip(k, t, &l);
	int rc = change(k, t, &l);

	free(t->pol);
	t->pol = l.p;
	t->n_pol = l.n;
	return l.full ? -EOPNOTSUPP : rc;
}

void kdp_policy_drop(struct kernel *k, struct kdp_tun *t)
{
	for (size_t i = 0; i < t->n_pol; i++)
		drop(k, t, &t->pol[i]);
	free(t->pol);
	t->pol = NULL;
	t->n_pol = 0;
}

int kdp_policy_check(const struct dp_sa *sa)
{
	struct list l = {0};

	want_out(&l, sa);
	want_in(&l, sa);
	free(l.p);
	return l.full ? -EOPNOTSUPP : 0;
}

/* ---- what a killed predecessor left ---------------------------------------------------------- */

struct found {
	struct xfrm_userpolicy_info i;
	uint32_t if_id;
};

struct founds {
	struct found *f;
	size_t n;
};

static int collect(const struct nlmsghdr *h, void *ctx)
{
	struct founds *l = ctx;
	uint32_t if_id;

	if (!xf_policy_mark(h, &if_id))
		return MNL_CB_OK;
	l->f = xrealloc(l->f, (l->n + 1) * sizeof(*l->f));
	memcpy(&l->f[l->n].i, mnl_nlmsg_get_payload(h), sizeof(l->f->i));
	l->f[l->n++].if_id = if_id;
	return MNL_CB_OK;
}

int kdp_policy_purge(struct kernel *k)
{
	struct founds l = {0};
	int rc = kdp_dump(k->xfrm, xf_begin(k->msg, XFRM_MSG_GETPOLICY, 0, 0), collect, &l);

	for (size_t i = 0; i < l.n && rc == 0; i++) {
		rc = kdp_talk(k->xfrm,
		        xf_del_policy(k->msg, &l.f[i].i.sel, l.f[i].i.dir, l.f[i].if_id), NULL,
		        NULL);
		rc = rc == -ENOENT ? 0 : rc;
	}
	free(l.f);
	return rc;
}
