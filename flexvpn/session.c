/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child SAs into the data plane, fingerprints and offers of a session: see session.h. */
#include "flexvpn/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/doors.h"
#include "flexvpn/pki.h"
#include "flexvpn/services.h"

uint32_t fx_tunnel_id(const struct fx_interface *t)
{
	enum { ACCESS = 0x80000 }; /* Virtual-Access counts from here, Tunnel from 1: dp_tunnel.id has 20 bits */

	return t->is_access ? ACCESS + t->number : t->number + 1;
}

/* ---- child SAs ------------------------------------------------------------------------------------------------------ */

static uint8_t selectors(const struct ike_ts *in, uint8_t n, struct dp_ts *out)
{
	uint8_t i;

	for (i = 0; i < n && i < DP_MAX_TS; i++)
		out[i] = (struct dp_ts){.proto = in[i].proto,
			.port_lo = in[i].port_lo,
			.port_hi = in[i].port_hi,
			.lo = in[i].lo,
			.hi = in[i].hi};
	return i;
}

static uint16_t replay_window(const struct fx *x, const struct fx_sas *s)
{
	const struct fx_interface *t = fx_find_interface(x->cfg, s->tunnel);
	const struct fx_ipsec_profile *p = t && t->protection ? fx_find_ipsec(x->cfg, t->protection) : NULL;

	if (p && p->replay_off)
		return 0;
	if (p && p->has_replay)
		return p->replay_window;
	return x->cfg->g.replay_off ? 0 : x->cfg->g.replay_window;
}

bool fx_session_child_add(struct fx *x, struct fx_sas *s, const struct ike_event *ev)
{
	const struct ike_child *k = &ev->child;
	struct dp_sa sa = {.tunnel = s->tunnel_id,
		.spi_in = k->spi_in,
		.spi_out = k->spi_out,
		.mode = k->mode == IKE_MODE_TRANSPORT ? DP_TRANSPORT : DP_TUNNEL,
		.encr = k->suite.encr.id,
		.encr_bits = k->suite.encr.bits,
		.integ = k->suite.integ,
		.encr_in = k->encr_in,
		.integ_in = k->integ_in,
		.encr_out = k->encr_out,
		.integ_out = k->integ_out,
		.esn = k->suite.esn,
		.udp_encap = k->udp_encap,
		.local = k->local,
		.remote = k->remote,
		.replay_window = replay_window(x, s),
		.soft_bytes = k->lifetime_kb * 1024 / 10 * 9,
		.hard_bytes = k->lifetime_kb * 1024,
		.send_now = ev->replaces == 0};

	sa.n_ts_local = selectors(k->ts_local, k->n_ts_local, sa.ts_local);
	sa.n_ts_remote = selectors(k->ts_remote, k->n_ts_remote, sa.ts_remote);
	if (s->n_spi == FX_MAX_CHILDREN)
		return false;
	int rc = x->b.dp_ops->sa_add(x->b.dp, &sa);

	if (rc < 0) {
		log_msg(PLATFORM_OPERATION_FAILED, "installing an IPsec SA", strerror(-rc));
		return false;
	}
	s->spi[s->n_spi++] = k->spi_in;
	return true;
}

void fx_session_child_send(struct fx *x, uint32_t spi_in)
{
	x->b.dp_ops->sa_send(x->b.dp, spi_in);
}

static void add_carried(const struct fx *x, uint32_t spi_in, struct fx_traffic *t)
{
	struct dp_sa_state s;

	if (!x->b.dp_ops->sa_get(x->b.dp, spi_in, &s))
		return;
	t->pkts_in += s.c.pkts_in;
	t->bytes_in += s.c.bytes_in;
	t->pkts_out += s.c.pkts_out;
	t->bytes_out += s.c.bytes_out;
}

struct fx_traffic fx_session_carried(const struct fx *x, const struct fx_sas *s)
{
	struct fx_traffic t = s->gone;

	for (uint8_t i = 0; i < s->n_spi; i++)
		add_carried(x, s->spi[i], &t);
	return t;
}

void fx_session_child_del(struct fx *x, struct fx_sas *s, uint32_t spi_in)
{
	for (uint8_t i = 0; i < s->n_spi; i++)
		if (s->spi[i] == spi_in) {
			add_carried(x, spi_in, &s->gone);
			x->b.dp_ops->sa_del(x->b.dp, spi_in);
			s->spi[i] = s->spi[--s->n_spi];
			return;
		}
}

void fx_session_drop_children(struct fx *x, struct fx_sas *s)
{
	while (s->n_spi)
		fx_session_child_del(x, s, s->spi[s->n_spi - 1]);
}

void fx_session_moved(struct fx *x, const struct fx_sas *s, const struct ike_event *ev)
{
	for (uint8_t i = 0; i < s->n_spi; i++)
		x->b.dp_ops->sa_move(x->b.dp, s->spi[i], &ev->local, &ev->remote);
}

/* ---- identity -------------------------------------------------------------------------------------------------------- */

bool fx_session_identity(const struct fx *x, const struct fx_profile *pr, struct ike_peering *p, char *why, size_t n)
{
	bool signs = pr->auth_local == FX_AUTH_RSA || pr->auth_local == FX_AUTH_ECDSA;
	const struct fx_tp *t = signs ? fx_pki_signer(x->pki, pr, (struct span){0}) : NULL;

	if (signs && !t) {
		snprintf(why, n, "there is no certificate with a private key for profile %s", pr->name);
		return false;
	}
	if (t && (pr->identity_dn || !pr->identity_local.type) && !fx_pki_identity(t, &p->local_id)) {
		snprintf(why, n, "the subject of our certificate is too long for an identity");
		return false;
	}
	return true;
}

/* ---- routes ---------------------------------------------------------------------------------------------------------- */

struct outer_path {
	const struct ipaddr *peer;
	const struct prefix *dst; /* the route that is to be added */
	uint32_t priority, tunnel_if;
	bool safe;
};

/* A route by another way that the tunnel's own packets would still prefer: longer, or as long and nearer. */
static bool prefers_other(void *ctx, const struct net_route *r)
{
	struct outer_path *p = ctx;

	if (r->blackhole || r->ifindex == p->tunnel_if || !prefix_contains(&r->dst, p->peer))
		return true;
	p->safe = r->dst.len > p->dst->len || (r->dst.len == p->dst->len && net_route_priority(r) < p->priority);
	return !p->safe;
}

bool fx_session_recursive(struct fx *x, const struct ipaddr *peer, const char *tunnel, const struct prefix *dst,
	uint32_t distance)
{
	const struct fx_interface *t = fx_find_interface(x->cfg, tunnel);
	struct net_route wanted = {.dst = *dst, .metric = distance, .proto = NET_ROUTE_PROTO};
	struct outer_path p = {.peer = peer, .dst = dst, .priority = net_route_priority(&wanted)};
	struct net_link link;
	uint32_t table = 0;

	if (!prefix_contains(dst, peer) || (t && !fx_in_vrf(t, t->tunnel_vrf)))
		return false; /* in another VRF it does not meet the outer packets */
	if (t && !fx_vrf_table(x, fx_vrf_known(x, t->vrf), &table))
		return false;
	if (t && fx_link(x, t, &link))
		p.tunnel_if = link.index;
	x->b.net_ops->routes(x->b.net, table, prefers_other, &p);
	return !p.safe;
}

/* ---- what a session stands on ---------------------------------------------------------------------------------------- */

void fx_session_fingerprint(const struct fx_config *c, const struct fx_resolved *r, char *out, size_t n)
{
	char src[IPADDR_STRLEN], id[320];
	int at = snprintf(out, n, "%s %s/%s|%s%s|%d|%d|%s|%s|%s|%d%d", r->tunnel->name,
		r->tunnel->vrf ? r->tunnel->vrf : "", r->tunnel->tunnel_vrf ? r->tunnel->tunnel_vrf : "",
		r->tunnel->source_if ? r->tunnel->source_if : "", ipaddr_fmt(&r->tunnel->source_addr, src),
		(int)r->tunnel->mode, r->tunnel->negotiated, r->ipsec->name, r->profile->name,
		ike_id_fmt(&r->profile->identity_local, id), (int)r->profile->auth_local, r->tunnel->shutdown);

	for (uint8_t i = 0; i < r->ipsec->n_transform && at > 0 && (size_t)at < n; i++) {
		const struct fx_transform *t = fx_find_transform(c, r->ipsec->transform[i]);

		at += snprintf(out + at, n - (size_t)at, "|%s:%u/%u+%u%d", r->ipsec->transform[i], t ? t->encr.id : 0u,
			t ? t->encr.bits : 0u, t ? t->integ : 0u, t ? (int)t->mode : 0);
	}
}

void fx_session_offer(struct fx *x, struct fx_client *c, const struct fx_resolved *r)
{
	struct arena a;

	arena_init(&a);
	struct ike_attrs attrs = fx_cfg_set(&a, x->cfg, r,
		c->pushed.addr4.addr.family ? &c->pushed.addr4 : &r->tunnel->addr[0], &c->pushed.addr6);
	struct strbuf text = {0};

	for (size_t i = 0; i < attrs.n; i++) {
		char hex[2 * 32 + 1];

		hex_fmt(hex, attrs.v[i].val, attrs.v[i].len < 32 ? attrs.v[i].len : 32);
		sb_printf(&text, "%u:%s ", attrs.v[i].type, hex);
	}
	/* An empty list is worth sending when it takes back what was offered before. */
	if (strcmp(sb_str(&text), c->offered ? c->offered : "") != 0)
		ike_cfg_set(x->ike, c->handle, &attrs, x->now);
	free(c->offered);
	c->offered = sb_take(&text);
	arena_fini(&a);
}
