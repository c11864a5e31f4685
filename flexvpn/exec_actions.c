/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands that do something: connect, clear, event tracing. Exec-and-cli reference B20, B22.
 * Silent on success, as on IOS. */
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
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

static void print_trace(struct exec *e, uint64_t since)
{
	const struct trace_rec *r;
	struct strbuf text = {0};
	char when[40];

	out_text(e->o, "flexvpn:\n\n");
	if (!e->fx->trace.enabled)
		out_text(e->o, "Tracing currently disabled, from exec command\n\n");
	out_list(e->o, NULL);
	for (size_t i = 0; (r = trace_at(&e->fx->trace, i)); i++) {
		if (r->when < since)
			continue;
		sb_clear(&text);
		fx_trace_fmt(r, &text);
		out_obj(e->o, NULL);
		out_field_str(e->o, "time", "%s: ", log_time_fmt(r->when, true, when));
		out_field_str(e->o, "client", r->subject[0] ? "FlexVPN(%s): EVENT " : "%s", r->subject);
		out_field_str(e->o, "event", "%s\n", sb_str(&text));
		out_obj_end(e->o);
	}
	out_list_end(e->o);
	sb_fini(&text);
}

void exec_show_monitor_event_trace_flexvpn(
        struct exec *e, const struct gl_exec_show_monitor_event_trace_flexvpn *a)
{
	uint64_t since = 0;

	if (a->kw_parameters) {
		out_text(e->o, "Trace has %zu entries\nStacktrace is disabled by default\n",
		        e->fx->trace.cap);
		return;
	}
	if (a->kw_latest)
		since = e->fx->trace_shown;
	if (a->has_minutes)
		since = wall_ms() - (uint64_t)a->minutes * 60000;
	print_trace(e, since);
	e->fx->trace_shown = wall_ms();
}

void exec_monitor_event_trace_flexvpn(
        struct exec *e, const struct gl_exec_monitor_event_trace_flexvpn *a)
{
	if (a->kw_clear)
		trace_clear(&e->fx->trace);
	else
		e->fx->trace.enabled = a->kw_enable;
}
