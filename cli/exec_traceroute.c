/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traceroute: with its options on the line, or with IOS's questions. A hop's answers stand behind
 * its address; an answer from another address begins a line of its own. The name of an address
 * comes from `ip host`, or from the name servers, unless `numeric`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dialog.h"
#include "cli/session_int.h"
#include "flexvpn/lookup.h"
#include "flexvpn/ping.h"
#include "flexvpn/traceroute.h"
#include "grammar/gen/exec.h"

enum { TIMEOUT_S = 3, PROBES = 3, FIRST = 1, LAST = 30, PORT = 33434 };

struct trace_wanted {
	char target[64], source[64], vrf[65]; /* "": none */
	int family;
	bool numeric;
	uint32_t seconds, probes, first, last, port;
};

/* One trace under way. */
struct tracing {
	struct session *s;
	struct fx_trace *trace;
	struct fx_lookup *lookup; /* of the name that the printing waits for */
	struct ipaddr from;       /* whose answers are being printed; family 0: nobody's */
	struct hop_answer answer; /* that waits for its name */
	uint32_t ms;
	bool numeric, done; /* done: the hop's line ends behind it */
};

/* ---- printing ------------------------------------------------------------------------------- */

static const char *const words[] = {
        [HOP_NO_HOST] = " !H ",
        [HOP_NO_NET] = " !N ",
        [HOP_NO_PROTOCOL] = " !P ",
        [HOP_PROHIBITED] = " !A ",
        [HOP_OTHER] = " ? ",
};

static void print_result(struct session *s, enum hop_verdict verdict, uint32_t ms)
{
	if (verdict == HOP_ON_THE_WAY || verdict == HOP_ARRIVED)
		session_printf(s, " %u msec", ms);
	else
		session_printf(s, "%s", words[verdict]);
}

static void print_from(struct tracing *t, const struct ipaddr *from, const char *name)
{
	char text[IPADDR_STRLEN];

	if (t->from.family)
		session_printf(t->s, "\n    ");
	t->from = *from;
	if (name && *name)
		session_printf(t->s, "%s (%s)", name, ipaddr_fmt(from, text));
	else
		session_printf(t->s, "%s", ipaddr_fmt(from, text));
}

static void on_name(void *ctx, const struct resolver_answer *r)
{
	struct tracing *t = ctx;

	t->lookup = NULL;
	print_from(t, &t->answer.from, r->name);
	print_result(t->s, t->answer.verdict, t->ms);
	if (t->done)
		session_printf(t->s, "\n");
	t->done = false;
	session_flush(t->s);
	fx_trace_go_on(t->trace);
}

static void on_answer(struct tracing *t, const struct hop_answer *a, uint32_t ms)
{
	struct router *r = t->s->sh->router;

	if (ipaddr_eq(&t->from, &a->from)) {
		print_result(t->s, a->verdict, ms);
		return;
	}
	const char *name = t->numeric ? NULL : fx_lookup_table_name(r, &a->from);

	if (t->numeric || name || !fx_lookup_enabled(r)) {
		print_from(t, &a->from, name);
		print_result(t->s, a->verdict, ms);
		return;
	}
	t->answer = *a;
	t->ms = ms;
	fx_trace_pause(t->trace);
	t->lookup = fx_lookup_name(r, t->s->sh->loop, &a->from, on_name, t);
}

static void on_event(void *ctx, const struct fx_trace_event *e)
{
	struct tracing *t = ctx;
	struct session *s = t->s;

	switch (e->what) {
	case FX_TRACE_HOP:
		t->from = (struct ipaddr){0};
		session_printf(s, "%3u ", e->hop);
		break;
	case FX_TRACE_ANSWER:
		on_answer(t, e->a, e->ms);
		break;
	case FX_TRACE_SILENCE:
		session_printf(s, " * ");
		break;
	case FX_TRACE_HOP_DONE:
		if (t->lookup)
			t->done = true;
		else
			session_printf(s, "\n");
		break;
	case FX_TRACE_OVER:
		free(t);
		session_go_on(s);
		return;
	}
	session_flush(s);
}

static void stopped(struct session *s, void *task, bool gone)
{
	struct tracing *t = task;

	fx_lookup_stop(t->lookup);
	fx_trace_stop(t->trace);
	free(t);
	if (gone)
		return;
	session_printf(s, "\n");
	s->failed = true;
	session_go_on(s);
}

/* ---- beginning ------------------------------------------------------------------------------ */

static bool choose_source(struct session *s, const struct trace_wanted *w, struct hops_opts *o)
{
	struct fx_ping_opts p = {.target = o->target};
	char why[100];

	if (w->vrf[0] &&
	        !fx_ping_vrf(s->sh->router, w->vrf, w->source, o->device, why, sizeof(why))) {
		session_printf(s, "%s\n", why);
		return false;
	}
	if (!w->source[0])
		return true;
	if (!fx_ping_source(s->sh->router, w->source, &p, why, sizeof(why))) {
		session_printf(s, "%s\n", why);
		return false;
	}
	o->source = p.source;
	return true;
}

static bool start(struct session *s, const struct trace_wanted *w, const struct typed_host *h)
{
	struct fx_trace_opts o = {.to = {.target = h->addr, .port = (uint16_t)w->port},
	        .timeout_ms = w->seconds * 1000,
	        .probes = w->probes,
	        .first = (uint8_t)w->first,
	        .last = (uint8_t)w->last};
	char text[IPADDR_STRLEN];
	struct tracing *t;

	if (!s->sh->loop || !choose_source(s, w, &o.to))
		return false;
	t = xcalloc(1, sizeof(*t));
	*t = (struct tracing){.s = s, .numeric = w->numeric};
	t->trace = fx_trace_start(s->sh->loop, &o, on_event, t);
	if (!t->trace) {
		session_printf(s, "%% Invalid source or VRF: %s\n", strerror(errno));
		free(t);
		return false;
	}
	session_printf(s, "Type escape sequence to abort.\nTracing the route to %s%s%s%s\n",
	        h->named ? h->text : "", h->named ? " (" : "", ipaddr_fmt(&h->addr, text),
	        h->named ? ")" : "");
	session_printf(s, "VRF info: (vrf in name/id, vrf out name/id)\n");
	session_task(s, stopped, t);
	return true;
}

static void begin(struct session *s, void *state, const struct typed_host *h)
{
	bool later = s->task_end;

	if (!start(s, state, h)) {
		s->failed = true;
		if (later)
			session_go_on(s);
	}
	free(state);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool take_protocol(void *state, const char *answer, const char **why)
{
	struct trace_wanted *w = state;

	*why = "% Unknown protocol - \"ip\" or \"ipv6\" may be traced";
	if (*answer && strcmp(answer, "ip") != 0 && strcmp(answer, "ipv6") != 0)
		return false;
	w->family = strcmp(answer, "ipv6") == 0 ? AF_INET6 : AF_INET;
	return true;
}

static bool take_target(void *state, const char *answer, const char **why)
{
	struct trace_wanted *w = state;

	(void)why;
	snprintf(w->target, sizeof(w->target), "%s", answer);
	return true;
}

static bool no_target(const void *state)
{
	return !((const struct trace_wanted *)state)->target[0];
}

static bool take_source(void *state, const char *answer, const char **why)
{
	struct trace_wanted *w = state;

	(void)why;
	snprintf(w->source, sizeof(w->source), "%s", answer);
	return true;
}

static bool take_numeric(void *state, const char *answer, const char **why)
{
	return dialog_yes(answer, &((struct trace_wanted *)state)->numeric, why);
}

static bool take_timeout(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 0, 3600, &((struct trace_wanted *)state)->seconds, why);
}

static bool take_probes(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 1, 1000, &((struct trace_wanted *)state)->probes, why);
}

static bool take_first(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 1, 255, &((struct trace_wanted *)state)->first, why);
}

static bool take_last(void *state, const char *answer, const char **why)
{
	struct trace_wanted *w = state;

	w->last = w->last < w->first ? w->first : w->last;
	return dialog_number(answer, w->first, 255, &w->last, why);
}

static bool take_port(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 1, UINT16_MAX, &((struct trace_wanted *)state)->port, why);
}

static const struct dialog_question questions[] = {
        {"Protocol [ip]: ", take_protocol, NULL},
        {"Target IP address: ", take_target, NULL},
        {"Source address or interface: ", take_source, no_target},
        {"Numeric display [n]: ", take_numeric, no_target},
        {"Timeout in seconds [3]: ", take_timeout, no_target},
        {"Probe count [3]: ", take_probes, no_target},
        {"Minimum Time to Live [1]: ", take_first, no_target},
        {"Maximum Time to Live [30]: ", take_last, no_target},
        {"Port Number [33434]: ", take_port, no_target},
};

static void answered(struct session *s, void *state)
{
	struct trace_wanted *w = state;

	if (w->target[0]) {
		session_host(s, w->target, w->family, begin, w);
		return;
	}
	session_printf(s, "%% Bad IP address or host name\n");
	s->failed = true;
	free(w);
}

/* ---- the command ---------------------------------------------------------------------------- */

void exec_traceroute(struct exec *x, const struct gl_exec_traceroute *a)
{
	struct trace_wanted *w = xcalloc(1, sizeof(*w));
	char text[IPADDR_STRLEN];

	*w = (struct trace_wanted){.family = a->kw_ip     ? AF_INET
	                                     : a->kw_ipv6 ? AF_INET6
	                                                  : 0,
	        .numeric = a->kw_numeric,
	        .seconds = a->has_seconds ? a->seconds : TIMEOUT_S,
	        .probes = a->has_probes ? a->probes : PROBES,
	        .first = a->has_first ? a->first : FIRST,
	        .last = a->has_last ? a->last : LAST,
	        .port = a->has_port ? a->port : PORT};
	if (a->has_vrf)
		snprintf(w->vrf, sizeof(w->vrf), "%s", a->vrf);
	if (a->has_source)
		snprintf(w->source, sizeof(w->source), "%s", ipaddr_fmt(&a->source, text));
	if (a->has_ifname)
		snprintf(w->source, sizeof(w->source), "%s", a->ifname);
	if (!a->has_target) {
		dialog_begin(x->session, questions, ARRAY_LEN(questions), w, answered);
	} else if (w->last < w->first) {
		session_printf(
		        x->session, "%% Invalid time to live: the maximum is below the minimum\n");
		x->failed = true;
		free(w);
	} else {
		session_host(x->session, a->target, w->family, begin, w);
	}
}
