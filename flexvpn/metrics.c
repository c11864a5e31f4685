/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients, tracks and the IKE engine as Prometheus reads them: see metrics.h. */
#include "flexvpn/metrics.h"

#include <stdio.h>

#include "flexvpn/core.h"
#include "flexvpn/session.h"

struct page {
	const struct fx *x;
	uint64_t now;
	struct strbuf *out;
};

/* ---- the format ------------------------------------------------------------------------------ */

static void family(struct page *p, const char *name, const char *type, const char *help)
{
	sb_printf(p->out, "# HELP spoke_%s %s\n# TYPE spoke_%s %s\n", name, help, name, type);
}

/* In a label's value \, " and the end of a line are escaped. */
static void label(struct page *p, char before, const char *name, const char *value)
{
	sb_printf(p->out, "%c%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			sb_putc(p->out, '\\');
		if (*value == '\n')
			sb_puts(p->out, "\\n");
		else
			sb_putc(p->out, *value);
	}
	sb_putc(p->out, '"');
}

/* `spoke_NAME{client="…"` and, unless more labels follow, `} VALUE`. */
static void open_sample(struct page *p, const char *name, const char *key, const char *value)
{
	sb_printf(p->out, "spoke_%s", name);
	label(p, '{', key, value);
}

static void close_sample(struct page *p, uint64_t value)
{
	sb_printf(p->out, "} %llu\n", (unsigned long long)value);
}

/* ---- clients --------------------------------------------------------------------------------- */

static void client_states(struct page *p)
{
	family(p, "client_state", "gauge",
	        "1 in the state that the client is in, 0 in the others.");
	for (const struct fx_client *c = p->x->clients; c; c = c->next)
		for (int s = 0; s < FX_NSTATE; s++) {
			open_sample(p, "client_state", "client", c->name);
			label(p, ',', "state", fx_state_name((enum fx_state)s));
			close_sample(p, c->state == (enum fx_state)s);
		}
}

static void client_peers(struct page *p)
{
	char a[IPADDR_STRLEN];

	family(p, "client_peer", "gauge",
	        "The gateway in use or being tried, and the interface that leads to it; none: no "
	        "sample.");
	for (const struct fx_client *c = p->x->clients; c; c = c->next) {
		if (!c->at.seq)
			continue;
		open_sample(p, "client_peer", "client", c->name);
		label(p, ',', "peer", ipaddr_fmt(&c->peer, a));
		label(p, ',', "name", c->peer_name);
		label(p, ',', "source", c->source);
		label(p, ',', "tunnel", c->sas.tunnel);
		close_sample(p, 1);
	}
}

static uint64_t up_for(const struct page *p, const struct fx_client *c)
{
	return c->child_up && p->now > c->since ? (p->now - c->since) / 1000 : 0;
}

static uint64_t is_up(const struct page *p, const struct fx_client *c)
{
	(void)p;
	return c->child_up;
}

static uint64_t pkts_in(const struct page *p, const struct fx_client *c)
{
	return fx_session_carried(p->x, &c->sas).pkts_in;
}

static uint64_t pkts_out(const struct page *p, const struct fx_client *c)
{
	return fx_session_carried(p->x, &c->sas).pkts_out;
}

static uint64_t bytes_in(const struct page *p, const struct fx_client *c)
{
	return fx_session_carried(p->x, &c->sas).bytes_in;
}

static uint64_t bytes_out(const struct page *p, const struct fx_client *c)
{
	return fx_session_carried(p->x, &c->sas).bytes_out;
}

#define FIELD(fn, expr)                                                                            \
	static uint64_t fn(const struct page *p, const struct fx_client *c)                        \
	{                                                                                          \
		(void)p;                                                                           \
		return expr;                                                                       \
	}
FIELD(attempts, c->attempts)
FIELD(connects, c->connects)
FIELD(failovers, c->tally.failovers)
FIELD(ike_rekeys, c->tally.ike_rekeys)
FIELD(child_rekeys, c->tally.child_rekeys)
FIELD(silent, c->tally.silent)
FIELD(networks, c->pushed.n_subnet)

static const struct per_client {
	const char *name, *type, *help;
	uint64_t (*value)(const struct page *p, const struct fx_client *c);
} per_client[] = {
        {"client_up", "gauge", "1 while the session carries packets.", is_up},
        {"client_up_seconds", "gauge", "How long the session has been up; 0 while it is not.",
                up_for},
        {"client_networks", "gauge", "Networks that the gateway has pushed.", networks},
        {"client_attempts_total", "counter", "Negotiations begun.", attempts},
        {"client_connects_total", "counter", "Sessions that came up.", connects},
        {"client_failovers_total", "counter",
                "Sessions that came up with another gateway than the one before.", failovers},
        {"client_dpd_losses_total", "counter",
                "Sessions lost because the gateway no longer answered.", silent},
        {"client_ike_rekeys_total", "counter", "Rekeys of the IKE SA.", ike_rekeys},
        {"client_ipsec_rekeys_total", "counter", "Rekeys of IPsec SAs.", child_rekeys},
        {"client_receive_bytes_total", "counter", "Octets that came through the tunnel.", bytes_in},
        {"client_transmit_bytes_total", "counter", "Octets that went through the tunnel.",
                bytes_out},
        {"client_receive_packets_total", "counter", "Packets that came through the tunnel.",
                pkts_in},
        {"client_transmit_packets_total", "counter", "Packets that went through the tunnel.",
                pkts_out},
};

static void clients(struct page *p)
{
	client_states(p);
	client_peers(p);
	for (size_t i = 0; i < ARRAY_LEN(per_client); i++) {
		const struct per_client *m = &per_client[i];

		family(p, m->name, m->type, m->help);
		for (const struct fx_client *c = p->x->clients; c; c = c->next) {
			open_sample(p, m->name, "client", c->name);
			close_sample(p, m->value(p, c));
		}
	}
}

/* ---- tracks, routes -------------------------------------------------------------------------- */

static void tracks(struct page *p)
{
	struct track_info t;
	char number[16];

	family(p, "track_up", "gauge", "1 while the track object is up.");
	for (uint32_t prev = 0; track_next(p->x->tracks, prev, &t); prev = t.cfg->number) {
		snprintf(number, sizeof(number), "%u", t.cfg->number);
		open_sample(p, "track_up", "object", number);
		close_sample(p, track_up(p->x->tracks, t.cfg->number));
	}
}

/* ---- the engine ------------------------------------------------------------------------------ */

/* By who began it (1: we did) and whether it is authenticated. */
static void count_sas(const struct fx *x, uint64_t n[2][2])
{
	struct ike_sa_info sa;

	for (uint32_t h = 0; ike_sa_next(x->ike, h, &sa); h = sa.handle)
		n[sa.initiator][sa.established != 0]++;
}

static void engine(struct page *p)
{
	static const char *const role[2] = {"responder", "initiator"};
	const struct ike_counters *k = ike_counters(p->x->ike);
	uint64_t n[2][2] = {{0}};

	count_sas(p->x, n);
	for (int open = 1; open >= 0; open--) {
		const char *name = open ? "ike_half_open" : "ike_sas";

		family(p, name, "gauge",
		        open ? "IKE SAs that are not authenticated yet."
		             : "IKE SAs that are authenticated.");
		for (int r = 0; r < 2; r++) {
			open_sample(p, name, "role", role[r]);
			close_sample(p, n[r][!open]);
		}
	}
#define X(field, text)                                                                             \
	family(p, "ike_" #field "_total", "counter", "IKEv2: " text ".");                          \
	sb_printf(p->out, "spoke_ike_" #field "_total %llu\n", (unsigned long long)k->field);
	IKE_COUNTER_LIST(X)
#undef X
}

static void process(struct page *p)
{
	family(p, "build_info", "gauge", "1; which program this is.");
	open_sample(p, "build_info", "version", SPOKE_VERSION);
	label(p, ',', "dataplane", p->x->b.dp_ops->name);
	close_sample(p, 1);
	family(p, "uptime_seconds", "gauge", "Since the router started.");
	sb_printf(p->out, "spoke_uptime_seconds %llu\n",
	        (unsigned long long)((p->now - p->x->started) / 1000));
	family(p, "routes", "gauge", "Static and pushed routes that are wanted.");
	sb_printf(p->out, "spoke_routes %zu\n", fx_routes_count(p->x));
}

void fx_metrics(const struct fx *x, uint64_t now, struct strbuf *out)
{
	struct page p = {.x = x, .now = now, .out = out};

	process(&p);
	clients(&p);
	tracks(&p);
	engine(&p);
}
