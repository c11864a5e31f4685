/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Track objects and IP SLA operations of the configuration, fed with the router's facts; who
 * depends on them looks again when one changes. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/client.h"
#include "flexvpn/doors.h"
#include "flexvpn/names.h"
#include "flexvpn/services.h"

void fx_tracks_configure(struct fx *x)
{
	track_configure(x->tracks, x->cfg->tracks.v, x->cfg->tracks.n, x->now);
	sla_configure(x->slas, x->cfg->slas.v, x->cfg->slas.n, x->now);
	fx_routes_retrack(x, 0);
}

/* ---- facts
 * ---------------------------------------------------------------------------------------------------------
 */

static bool line_up(void *ctx, const char *ifname, const char **why)
{
	const struct fx *x = ctx;
	const struct fx_interface *i = fx_find_interface(x->cfg, ifname);

	if (!i) {
		*why = "no such interface";
		return false;
	}
	if (i->shutdown)
		*why = "hw admin-down";
	else if (fx_line_up(x, i, NULL))
		return true;
	else
		*why = "hw down";
	return false;
}

static bool routing(void *ctx, const char *ifname, int family, const char **why)
{
	const struct fx *x = ctx;
	const struct fx_interface *i = fx_find_interface(x->cfg, ifname);
	struct ipaddr a;

	if (!line_up(ctx, ifname, why))
		return false;
	if (fx_interface_address(x, i, family, &a))
		return true;
	*why = family == AF_INET6 ? "no ipv6 addr" : "no ip addr";
	return false;
}

struct find_route {
	const struct fx *x;
	const struct prefix *p;
	struct track_route_fact *out;
};

static bool is_the_route(void *ctx, const struct net_route *r)
{
	struct find_route *f = ctx;
	struct net_link link;

	if (prefix_cmp(&r->dst, f->p) != 0 || r->blackhole ||
	        (f->out->found && r->metric >= f->out->metric))
		return true;
	f->out->found = true;
	f->out->metric = r->metric;
	f->out->source = r->scope == 253 ? "connected" : "static"; /* RT_SCOPE_LINK */
	f->out->ifname[0] = '\0';
	if (r->ifindex && f->x->b.net_ops->link_by_index(f->x->b.net, r->ifindex, &link))
		snprintf(f->out->ifname, sizeof(f->out->ifname), "%s", link.name);
	return true;
}

static void route_fact(
        void *ctx, const struct prefix *p, const char *vrf, struct track_route_fact *out)
{
	struct fx *x = ctx;
	struct prefix wanted = prefix_mask(p);
	struct find_route f = {.x = x, .p = &wanted, .out = out};

	uint32_t table = 0;

	if (!vrf[0] || fx_vrf_table(x, fx_vrf_known(x, vrf), &table))
		x->b.net_ops->routes(x->b.net, table, is_the_route, &f);
}

static enum track_sla_result sla_fact(void *ctx, uint32_t number)
{
	static const enum track_sla_result of[] = {
	        [SLA_UNKNOWN] = TRACK_SLA_NONE,
	        [SLA_OK] = TRACK_SLA_OK,
	        [SLA_OVER_THRESHOLD] = TRACK_SLA_OVER,
	        [SLA_TIMEOUT] = TRACK_SLA_FAIL,
	        [SLA_NO_CONNECTION] = TRACK_SLA_FAIL,
	};
	struct sla_info i;

	return sla_get(((struct fx *)ctx)->slas, number, &i) ? of[i.result] : TRACK_SLA_NONE;
}

/* ---- running
 * ----------------------------------------------------------------------------------------------------------
 */

static void on_change(void *ctx, const struct track_cfg *c, bool up)
{
	struct fx *x = ctx;
	char name[40], text[96];

	log_msg(TRACK_STATE, c->number,
	        track_describe(c, gr_ifname_short(c->ifname, name), text, sizeof(text)),
	        up ? "Down" : "Up", up ? "Up" : "Down");
	fx_clients_follow(x, c->number);
	fx_routes_retrack(x, c->number);
	x->dirty |= fx_nat_follows(x, c->number);
}

/* ---- probes */

/* `source-interface`: a probe leaves through its device, from the address that it has now; not at
 * all where there is none. */
static bool from_interface(const struct fx *x, struct sla_cfg *c)
{
	const struct fx_interface *i = fx_find_interface(x->cfg, c->ifname);

	if (!i || !i->device || !fx_line_up(x, i, NULL))
		return false;
	snprintf(c->device, sizeof(c->device), "%s", i->device);
	return fx_interface_address(x, i, c->target.family, &c->source);
}

static bool send_probe(void *ctx, const struct sla_cfg *c, uint32_t id)
{
	struct fx *x = ctx;
	struct sla_cfg now = *c;

	if (c->ifname[0] && !from_interface(x, &now))
		return false;
	if (!now.device[0] && c->vrf[0] && !fx_vrf_device(x, c->vrf, NULL, now.device))
		return false;
	return x->b.sla.send(x->b.sla.ctx, &now, id);
}

static void cancel_probe(void *ctx, uint32_t id)
{
	struct fx *x = ctx;

	x->b.sla.cancel(x->b.sla.ctx, id);
}

static uint32_t ask_target(void *ctx, const struct sla_cfg *c)
{
	struct fx *x = ctx;
	struct fx_name_from from = {
	        .interface = c->ifname[0] ? fx_find_interface(x->cfg, c->ifname) : NULL,
	        .addr = c->source,
	        .vrf = c->vrf[0] ? c->vrf : NULL};

	return fx_name_ask(x, c->host, c->source.family == AF_INET6 ? AF_INET6 : AF_INET, &from);
}

static void forget_target(void *ctx, uint32_t question)
{
	fx_name_cancel(ctx, question);
}

struct sla_set *fx_slas_new(struct fx *x)
{
	struct sla_io io = {.ctx = x,
	        .send = send_probe,
	        .cancel = cancel_probe,
	        .ask = ask_target,
	        .forget = forget_target};

	return sla_new(&io);
}

void fx_slas_resolved(struct fx *x, const struct resolver_answer *a)
{
	sla_resolved(x->slas, a->id, a->n ? &a->addr[0] : NULL, x->now);
}

static void probes(struct fx *x)
{
	uint32_t id, number;
	bool ok;

	while (x->b.sla_poll && x->b.sla_poll(x->b.sla.ctx, &id, &ok))
		sla_answer(x->slas, id, ok, x->now);
	sla_tick(x->slas, x->now);
	while (sla_news(x->slas, &number))
		track_touch_sla(x->tracks, number);
}

void fx_tracks_run(struct fx *x)
{
	struct track_facts f = {.ctx = x,
	        .line = line_up,
	        .routing = routing,
	        .route = route_fact,
	        .sla = sla_fact};

	probes(x);
	if (track_touched(x->tracks) || track_deadline(x->tracks) <= x->now)
		track_evaluate(x->tracks, &f, x->now, on_change, x);
}

uint64_t fx_tracks_deadline(const struct fx *x)
{
	uint64_t a = track_deadline(x->tracks), b = sla_deadline(x->slas);

	return a < b ? a : b;
}
