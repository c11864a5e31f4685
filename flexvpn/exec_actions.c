/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands that do something: connect, clear, event tracing. Exec-and-cli reference B20, B22.
 * Silent on success, as on IOS. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/trace_text.h"
#include "flexvpn/exec.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

static struct fx_client *named(struct exec *e, const char *name)
{
	struct fx_client *c = fx_client_by_name(e->fx, name);

	if (!c) {
		out_text(e->o, "%% Invalid FlexVPN client: %s is not configured\n", name);
		e->failed = true;
	}
	return c;
}

static void settle(struct exec *e)
{
	router_pump(e->r);
}

void exec_flexvpn_connect(struct exec *e, const struct gl_exec_flexvpn_connect *a)
{
	struct fx_client *c = named(e, a->name);

	if (!c)
		return;
	if (c->state == FX_INIT) {
		out_text(e->o, "%% Invalid FlexVPN client: %s is not complete: %s\n", a->name,
		        c->why);
		e->failed = true;
		return;
	}
	fx_client_connect(e->fx, c);
	settle(e);
}

void exec_clear_flexvpn_connect(struct exec *e, const struct gl_exec_clear_flexvpn_connect *a)
{
	struct fx_client *c = named(e, a->name);

	if (!c)
		return;
	fx_client_disconnect(e->fx, c);
	settle(e);
}

void exec_clear_flexvpn(struct exec *e, const struct gl_exec_clear_flexvpn *a)
{
	if (a->has_name && !named(e, a->name))
		return;
	for (struct fx_client *c = e->fx->clients; c; c = c->next)
		if (!a->has_name || strcmp(c->name, a->name) == 0)
			fx_client_disconnect(e->fx, c);
	settle(e);
}

/* The guide: clearing the IKEv2 SA "will trigger a new peer selection on the client". */
static void clear_sas(struct exec *e, const struct ipaddr *local, const struct ipaddr *remote)
{
	struct ike_sa_info s;

	for (struct fx_client *c = e->fx->clients; c; c = c->next)
		if (c->handle && ike_sa_info(e->fx->ike, c->handle, &s) &&
		        fx_sa_selected(&s, local, remote))
			fx_client_reselect(e->fx, c);
	settle(e);
}

void exec_clear_crypto_ikev2_sa(struct exec *e, const struct gl_exec_clear_crypto_ikev2_sa *a)
{
	clear_sas(e, a->has_local ? &a->local : NULL, a->has_remote ? &a->remote : NULL);
}

void exec_clear_crypto_session(struct exec *e, const struct gl_exec_clear_crypto_session *a)
{
	(void)a;
	clear_sas(e, NULL, NULL);
}

/* IPsec SAs are renegotiated: a rekey replaces each without an interruption. */
void exec_clear_crypto_sa(struct exec *e, const struct gl_exec_clear_crypto_sa *a)
{
	struct dp_sa_state s;

	if (a->kw_counters) {
		e->fx->b.dp_ops->sa_clear_counters(e->fx->b.dp);
		return;
	}
	for (uint32_t spi = 0; e->fx->b.dp_ops->sa_next(e->fx->b.dp, spi, &s);) {
		spi = s.sa.spi_in;
		if (!a->has_peer || ipaddr_eq(&a->peer, &s.sa.remote.addr))
			ike_rekey_child(e->fx->ike, spi, e->fx->now);
	}
	settle(e);
}

/* ---- event trace
 * -------------------------------------------------------------------------------------------------------
 */

/* "hh:mm:ss" or "hh:mm" as seconds. */
static uint64_t seconds_of(const char *hms)
{
	unsigned h = 0, m = 0, s = 0;

	sscanf(hms, "%u:%u:%u", &h, &m, &s);
	return (uint64_t)h * 3600 + m * 60 + s;
}

/* The latest moment at which the clock showed that: today or, with a month and a day, then. */
static uint64_t moment(const struct gl_exec_show_monitor_event_trace_flexvpn *a)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	uint64_t now = wall_ms(), s = seconds_of(a->clock);
	time_t t = (time_t)(now / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	for (int i = 0; a->has_month && i < 12; i++)
		if (strncasecmp(months + 3 * i, a->month, 3) == 0) {
			tm.tm_mon = i;
			tm.tm_mday = (int)a->day;
		}
	tm.tm_hour = (int)(s / 3600);
	tm.tm_min = (int)(s / 60 % 60);
	tm.tm_sec = (int)(s % 60);
	uint64_t at = (uint64_t)timegm(&tm) * 1000;

	if (at > now && a->has_month) {
		tm.tm_year--;
		return (uint64_t)timegm(&tm) * 1000;
	}
	return at > now ? at - 86400000u : at;
}

static uint64_t shown_since(
        const struct exec *e, const struct gl_exec_show_monitor_event_trace_flexvpn *a)
{
	uint64_t now = wall_ms();

	if (a->kw_latest)
		return e->fx->trace_shown;
	if (a->has_minutes)
		return now - (uint64_t)a->minutes * 60000;
	if (a->has_span)
		return now - seconds_of(a->span) * 1000;
	if (a->has_clock)
		return moment(a);
	if (a->kw_from_boot)
		return e->fx->boot_wall + (a->has_seconds ? (uint64_t)a->seconds * 1000 : 0);
	return 0;
}

static void parameters(struct exec *e)
{
	const struct fx_globals *g = &e->fx->cfg->g;

	out_obj(e->o, NULL);
	out_field_int(e->o, "entries", "Trace has %lld entries\n", (int64_t)e->fx->trace.cap);
	if (g->event_trace_stack)
		out_field_int(e->o, "stacktrace", "Stacktrace is enabled, depth %lld\n",
		        g->event_trace_stack);
	else
		out_text(e->o, "Stacktrace is disabled by default\n");
	out_field_str(e->o, "dump-file", "Trace dump file is %s\n",
	        g->event_trace_dump ? g->event_trace_dump : FX_TRACE_DUMP);
	out_bool(e->o, "enabled", e->fx->trace.enabled);
	out_obj_end(e->o);
}

void exec_show_monitor_event_trace_flexvpn(
        struct exec *e, const struct gl_exec_show_monitor_event_trace_flexvpn *a)
{
	if (a->kw_parameters) {
		parameters(e);
		return;
	}
	out_text(e->o, "flexvpn:\n\n");
	if (!e->fx->trace.enabled)
		out_text(e->o, "Tracing currently disabled, from exec command\n\n");
	fx_trace_show(&e->fx->trace, shown_since(e, a), e->o);
	e->fx->trace_shown = wall_ms();
}
