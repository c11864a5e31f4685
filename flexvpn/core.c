/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's outer shape: commit, pump, deadline. See core.h. */
#include "flexvpn/core.h"

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "flexvpn/client.h"
#include "flexvpn/core_ike.h"
#include "flexvpn/counters.h"
#include "flexvpn/credentials.h"
#include "flexvpn/failures.h"
#include "flexvpn/frr.h"
#include "flexvpn/capture.h"
#include "flexvpn/eap_relay.h"
#include "flexvpn/hub.h"
#include "flexvpn/names.h"
#include "flexvpn/pki.h"
#include "flexvpn/services.h"
#include "flexvpn/session.h"
#include "flexvpn/trace_text.h"
#include "grammar/gen/lines.h"

enum { TRACE_ENTRIES = 1000, PUMP_ROUNDS = 64 };

/* With a state directory the trace outlives the process: it then begins with what a predecessor recorded. */
static void open_trace(struct fx *x)
{
	char path[4096];

	if (x->b.state_dir)
		mkdir(x->b.state_dir, 0755); /* what matters is whether the file can be opened */
	snprintf(path, sizeof(path), "%s/event-trace", x->b.state_dir ? x->b.state_dir : "");
	trace_open(&x->trace, x->b.state_dir ? path : NULL, fx_trace_meaning(), TRACE_ENTRIES);
	trace_put(&x->trace, FX_T_START, "", 0, 0, 0);
}

/* For trustpoints that name an interface. */
static bool address_of(void *ctx, const char *ifname, struct ipaddr *out)
{
	const struct fx *x = ctx;
	const struct fx_interface *i = x->cfg ? fx_find_interface(x->cfg, ifname) : NULL;

	return i && (fx_interface_address(x, i, AF_INET, out) || fx_interface_address(x, i, AF_INET6, out));
}

struct fx *fx_new(const struct fx_backends *b, uint64_t now)
{
	struct fx *x = xcalloc(1, sizeof(*x));

	x->b = *b;
	x->now = x->started = now;
	x->boot_wall = wall_ms();
	x->routes = fx_routes_new();
	x->services = fx_services_new();
	x->doors = fx_doors_new();
	x->agenda = fx_agenda_new();
	x->tracks = track_new();
	x->slas = fx_slas_new(x);
	open_trace(x);
	x->applied = fx_applied_new();
	x->nat = fx_nat_new();
	x->failures = fx_failures_new();
	x->pki = fx_pki_new(b->state_dir, &b->fetch);
	fx_pki_set_address(x->pki, address_of, x);
	x->frr = fx_frr_new(x);
	x->hub = fx_hub_new();
	x->eap_relay = fx_eap_relay_new();
	x->ike = fx_ike_new(x);
	return x;
}

static void send_pending(struct fx *x)
{
	struct dgram d;

	while (ike_tx(x->ike, &d)) {
		fx_capture_packet(x, &d, true);
		x->b.dp_ops->send_ike(x->b.dp, &d.local, &d.remote, d.vrf, d.natt, d.keepalive, d.data, d.len);
	}
}

void fx_free(struct fx *x)
{
	if (!x)
		return;
	fx_clients_free(x);
	if (x->cfg)
		fx_hub_close(x);
	send_pending(x);
	fx_frr_free(x);
	fx_unreconcile(x);
	ike_free(x->ike);
	fx_creds_free(x);
	fx_pki_free(x->pki);
	fx_nat_free(x->nat);
	fx_routes_free(x->routes);
	fx_services_free(x->services);
	fx_doors_free(x->doors);
	track_free(x->tracks);
	sla_free(x->slas);
	fx_names_free(x);
	fx_applied_free(x->applied);
	fx_counters_free(x->counted);
	fx_failures_free(x->failures);
	trace_fini(&x->trace);
	fx_config_free(x->cfg);
	fx_hub_free(x->hub);
	fx_eap_relay_free(x->eap_relay);
	fx_capture_stop(x);
	fx_agenda_free(x->agenda);
	free(x);
}

/* ---- configuration -------------------------------------------------------------------------------------------------------- */

enum { FEW_ROUTES = 8 };

/* What the difference of two snapshots concerns. A few routes are kept, so that a typed line costs one walk. */
struct extent {
	struct cfg_change route[FEW_ROUTES];
	size_t n_route;
	bool structures; /* more than lines that are read on demand */
	bool lists;      /* access lists, which sessions offer networks from */
};

static void note(void *ctx, const struct cfg_change *ch)
{
	struct extent *e = ctx;
	int line = cfg_node_line(ch->new ? ch->new : ch->old);

	if (!gr_line_info(line)->bulk)
		e->structures = true;
	else if (line != GR_L_global_ip_route && line != GR_L_global_ipv6_route)
		e->lists = true;
	else if (e->n_route++ < FEW_ROUTES)
		e->route[e->n_route - 1] = *ch;
}

static void configure_routes(struct fx *x, const struct extent *e, const struct cfg *old, const struct cfg *c)
{
	if (e->n_route > FEW_ROUTES)
		fx_routes_configure(x, old, c);
	else
		for (size_t i = 0; i < e->n_route; i++)
			fx_routes_change(x, &e->route[i]);
}

/* The trace may be switched by an EXEC command as well: a configuration without a change of it leaves it. */
static void apply_globals(struct fx *x, const struct fx_config *old)
{
	static const enum log_stamp stamp[] = {LOG_STAMP_DATETIME_MSEC, LOG_STAMP_UPTIME, LOG_STAMP_DATETIME,
		LOG_STAMP_DATETIME_MSEC};
	const struct fx_globals *g = &x->cfg->g;

	ike_set_limits(x->ike, &g->limits);
	log_stamp_set(g->stamp_log_off ? LOG_STAMP_NONE : stamp[g->stamp_log],
		g->stamp_debug_off ? LOG_STAMP_NONE : stamp[g->stamp_debug]);
	if (!old || old->g.event_trace_off != g->event_trace_off)
		x->trace.enabled = !g->event_trace_off;
	fx_failures_configure(x);
	if (g->event_trace_size && g->event_trace_size != x->trace.cap)
		trace_resize(&x->trace, g->event_trace_size);
}

static void log_isakmp(struct fx *x)
{
	bool on = false;

	for (size_t i = 0; i < x->cfg->interfaces.n; i++)
		on |= x->cfg->interfaces.v[i].protection && !x->cfg->interfaces.v[i].shutdown;
	if (on != x->isakmp_on)
		log_msg(CRYPTO_ISAKMP_ON_OFF, on ? "ON" : "OFF");
	x->isakmp_on = on;
}

/* A line that only stands in bulk (a route, an access list entry) does not rebuild the structures. */
static void rebuild(struct fx *x, const struct extent *changed, const struct cfg *c)
{
	if (x->cfg && !changed->structures) {
		cfg_unref((struct cfg *)x->cfg->cfg);
		x->cfg->cfg = cfg_ref(c);
		return;
	}
	struct fx_config *before = x->cfg;

	x->cfg = fx_config_build_with(c, fx_keys_master(fx_pki_keys(x->pki)));
	fx_hub_configured(x);
	fx_pki_configure(x->pki, x->cfg);
	fx_creds_configured(x);
	fx_warn_weak(before, x->cfg);
	apply_globals(x, before);
	log_isakmp(x);
	fx_config_free(before);
}

void fx_commit(struct fx *x, const struct cfg *c, uint64_t now)
{
	struct cfg *old = x->cfg ? cfg_ref(x->cfg->cfg) : cfg_new();

	x->now = now;
	struct extent changed = {.structures = !x->cfg || x->rekeyed};

	x->rekeyed = false;

	cfg_changes(old, c, note, &changed);
	rebuild(x, &changed, c);
	if (changed.structures) {
		fx_tracks_configure(x);
		x->dirty = true;
	}
	if (changed.lists)
		fx_nat_lists_changed(x);
	if (changed.structures || changed.lists)
		fx_clients_configure(x, old, c);
	configure_routes(x, &changed, old, c);
	fx_frr_configure(x);
	cfg_unref(old);
	fx_pump(x, now);
}

/* ---- the pump --------------------------------------------------------------------------------------------------------------- */

static void on_dp_event(struct fx *x, const struct dp_event *ev)
{
	char local[IPADDR_STRLEN], remote[IPADDR_STRLEN];
	struct dgram d = {.local = ev->local, .remote = ev->remote, .vrf = ev->vrf, .natt = ev->natt, .data = ev->data,
		.len = ev->len};

	switch (ev->type) {
	case DP_EV_IKE:
		fx_capture_packet(x, &d, false);
		ike_rx(x->ike, &d, x->now);
		return;
	case DP_EV_SOFT_EXPIRE:
	case DP_EV_HARD_EXPIRE:
		ike_rekey_child(x->ike, ev->spi, x->now);
		return;
	case DP_EV_UNKNOWN_SPI:
		log_msg(CRYPTO_RECVD_PKT_INV_SPI, ipaddr_fmt(&ev->local.addr, local), ev->spi, ev->spi,
			ipaddr_fmt(&ev->remote.addr, remote));
		return;
	case DP_EV_ERROR:
		log_msg(PLATFORM_OPERATION_FAILED, "data plane", strerror((int)ev->value));
		return;
	case DP_EV_REMOTE_MOVED: /* ESP already goes to the new address; IKE follows with its own next message */
	case DP_EV_MTU:
		return;
	}
}

static void on_ike_event(struct fx *x, const struct ike_event *ev)
{
	struct fx_client *c;

	if (fx_hub_owns(ev->owner)) {
		fx_hub_on_event(x, ev);
		return;
	}
	c = fx_client_by_owner(x, ev->owner);
	if (c)
		fx_client_on_event(x, c, ev);
}

/* Authentic ESP proves that the peer lives (RFC 7296 §2.4): told to the engine when it is about to ask. */
static void tell_heard(struct fx *x)
{
	struct dp_sa_state s;
	uint32_t spi = 0;

	while (x->b.dp_ops->sa_next(x->b.dp, spi, &s)) {
		spi = s.sa.spi_in;
		if (s.last_in_ms)
			ike_child_heard(x->ike, spi, s.last_in_ms);
		if (s.last_out_ms)
			ike_child_sent(x->ike, spi, s.last_out_ms);
	}
}

static bool drain(struct fx *x)
{
	struct dp_event dev;
	struct net_event nev;
	struct ike_event iev;
	bool any = ike_deadline(x->ike) <= x->now;

	if (any) {
		tell_heard(x);
		ike_tick(x->ike, x->now);
	}
	while (x->b.dp_ops->poll(x->b.dp, &dev)) {
		any = true;
		on_dp_event(x, &dev);
		send_pending(x);
	}
	while (ike_poll(x->ike, &iev)) {
		any = true;
		on_ike_event(x, &iev);
	}
	while (x->b.net_ops->poll(x->b.net, &nev)) {
		any = true;
		x->refresh |= !fx_route_echo(x, &nev) && !fx_link_news(x, &nev);
	}
	return any;
}

/* Wanted and applied, until nothing asks for another look. */
static bool settle(struct fx *x)
{
	fx_reconcile(x);
	fx_tracks_run(x);
	fx_clients_run(x);
	bool again = fx_reconcile_pending(x) || fx_clients_looking(x);

	fx_reconcile(x);
	return again || track_touched(x->tracks);
}

void fx_pump(struct fx *x, uint64_t now)
{
	x->now = now;
	fx_services_poll(x);
	if (fx_pki_poll(x->pki, now))
		ike_certs_settled(x->ike, now);
	fx_frr_run(x);
	fx_eap_relay_poll(x);
	for (int i = 0; i < PUMP_ROUNDS; i++) {
		bool any = drain(x);

		if (x->cfg)
			any |= settle(x);
		send_pending(x);
		if (!any)
			return;
	}
}

uint64_t fx_deadline(const struct fx *x)
{
	uint64_t at = ike_deadline(x->ike), clients = fx_clients_deadline(x), tracks = fx_tracks_deadline(x);
	uint64_t services = fx_services_deadline(x), frr = fx_frr_deadline(x);

	if (fx_names_ready(x))
		return x->now;
	at = clients < at ? clients : at;
	at = services < at ? services : at;
	at = frr < at ? frr : at;
	if (fx_pki_deadline(x->pki) < at)
		at = fx_pki_deadline(x->pki);
	return tracks < at ? tracks : at;
}

/* ---- event trace --------------------------------------------------------------------------------------------------------------- */

/* `stacktrace N`: the callers of what recorded the event, as distances from the start of the program, three a record. */
static void trace_stack(struct fx *x, const char *subject)
{
	extern const char __executable_start;
	enum { OURS = 2, DEEPEST = 16 };
	uint64_t at[DEEPEST + 2] = {0};
	void *pc[OURS + DEEPEST];
	int depth = x->cfg ? (int)x->cfg->g.event_trace_stack : 0;

	if (!depth || !x->trace.enabled)
		return;
	int n = backtrace(pc, OURS + depth) - OURS;

	for (int i = 0; i < n; i++)
		at[i] = (uint64_t)((uintptr_t)pc[OURS + i] - (uintptr_t)&__executable_start);
	for (int i = 0; i < n; i += 3)
		trace_put(&x->trace, FX_T_STACK, subject, at[i], at[i + 1], at[i + 2]);
}

void fx_trace(struct fx *x, const struct fx_client *c, enum fx_trace_id id, uintptr_t a, uintptr_t b)
{
	trace_put(&x->trace, id, c->name, a, b, 0);
	trace_stack(x, c->name);
}

/* An edit: the name of the line is kept, because the numbers of lines are no two builds' the same. */
void fx_trace_line(struct fx *x, const struct fx_client *c, const char *line)
{
	uint64_t word[3] = {0};

	memcpy(word, line, strnlen(line, sizeof(word) - 1));
	trace_put(&x->trace, FX_T_CONFIG, c->name, word[0], word[1], word[2]);
}
