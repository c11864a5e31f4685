/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ping: with its options on the line, or with IOS's questions. It prints as the answers come;
 * Ctrl-C ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dialog.h"
#include "cli/session_int.h"
#include "flexvpn/ping.h"
#include "grammar/gen/exec.h"

enum {
	COUNT = 5,
	SIZE = 100,
	DATAGRAM_MIN = 36,
	DATAGRAM_MAX = 18024,
	TIMEOUT_S = 2,
	TIMEOUT_MAX = 3600,
	IP4_HEAD = 28,
	IP6_HEAD = 48,
	DATA_MIN = 8,
	PER_LINE = 70,
	PATTERN = 0xabcd
};

/* What was asked for, before the target has an address. */
struct ping_wanted {
	char target[64], source[64], vrf[65]; /* "": none */
	int family;                           /* 0: any */
	uint32_t count, size, seconds, pattern, tos, sweep_min, sweep_max, sweep_step;
	bool df, extended, sweep;
};

static struct ping_wanted *ping_wanted_new(void)
{
	struct ping_wanted *w = xcalloc(1, sizeof(*w));

	*w = (struct ping_wanted){.count = COUNT,
	        .size = SIZE,
	        .seconds = TIMEOUT_S,
	        .pattern = PATTERN,
	        .sweep_min = DATAGRAM_MIN,
	        .sweep_max = DATAGRAM_MAX,
	        .sweep_step = 1};
	return w;
}

/* ---- under way ------------------------------------------------------------------------------ */

static void print_summary(struct session *s, const struct fx_ping_stats *st)
{
	unsigned percent = st->sent ? (unsigned)((uint64_t)st->answered * 100 / st->sent) : 0;

	session_printf(s, "\nSuccess rate is %u percent (%u/%u)", percent, st->answered, st->sent);
	if (st->answered)
		session_printf(s, ", round-trip min/avg/max = %u/%llu/%u ms", st->min_ms,
		        (unsigned long long)(st->sum_ms / st->answered), st->max_ms);
	session_printf(s, "\n");
	s->failed |= !st->answered;
}

static void on_mark(void *ctx, char mark, const struct fx_ping_stats *st)
{
	struct session *s = ctx;

	if (mark == '\0') {
		print_summary(s, st);
		session_go_on(s);
		return;
	}
	if (st->sent > 1 && (st->sent - 1) % PER_LINE == 0)
		session_printf(s, "\n");
	session_print(s, &mark, 1);
	session_flush(s);
}

static void stopped(struct session *s, void *task, bool gone)
{
	struct fx_ping_stats st;

	fx_ping_stop(task, &st);
	if (gone)
		return;
	print_summary(s, &st);
	session_go_on(s);
}

/* ---- beginning ------------------------------------------------------------------------------ */

static uint16_t data_of(uint32_t size, int family)
{
	uint32_t head = family == AF_INET6 ? IP6_HEAD : IP4_HEAD;

	return (uint16_t)(size > head + DATA_MIN ? size - head : DATA_MIN);
}

static bool choose_source(struct session *s, const struct ping_wanted *w, struct fx_ping_opts *o)
{
	char why[100];

	if (w->vrf[0] &&
	        !fx_ping_vrf(s->sh->router, w->vrf, w->source, o->device, why, sizeof(why))) {
		session_printf(s, "%s\n", why);
		return false;
	}
	if (!w->source[0] || fx_ping_source(s->sh->router, w->source, o, why, sizeof(why)))
		return true;
	session_printf(s, "%s\n", why);
	return false;
}

static void print_head(struct session *s, const struct ping_wanted *w, const struct fx_ping_opts *o)
{
	char text[IPADDR_STRLEN];

	session_printf(s, "Type escape sequence to abort.\n");
	if (w->sweep)
		session_printf(s,
		        "Sending %u, [%u..%u]-byte ICMP Echos to %s, timeout is %u seconds:\n",
		        o->count, w->sweep_min, w->sweep_max, ipaddr_fmt(&o->target, text),
		        w->seconds);
	else
		session_printf(s, "Sending %u, %u-byte ICMP Echos to %s, timeout is %u seconds:\n",
		        o->count, w->size, ipaddr_fmt(&o->target, text), w->seconds);
	if (o->source.family)
		session_printf(s, "Packet sent with a source address of %s \n",
		        ipaddr_fmt(&o->source, text));
	if (o->df)
		session_printf(s, "Packet sent with the DF bit set\n");
	if (w->pattern != PATTERN)
		session_printf(s, "Packet has data pattern 0x%04X\n", w->pattern);
}

static void begin(struct session *s, void *state, const struct typed_host *h)
{
	struct ping_wanted *w = state;
	bool later = s->task_end; /* the name was looked up: the command's handler has returned */
	struct fx_ping_opts o = {.target = h->addr,
	        .count = w->count,
	        .timeout_ms = w->seconds * 1000,
	        .data = data_of(w->sweep ? w->sweep_min : w->size, h->addr.family),
	        .df = w->df,
	        .has_pattern = true,
	        .pattern = (uint16_t)w->pattern,
	        .tos = (uint8_t)w->tos};

	if (w->sweep) {
		uint32_t sizes = (w->sweep_max - w->sweep_min) / w->sweep_step + 1;

		o.step = (uint16_t)w->sweep_step;
		o.data_max = data_of(w->sweep_max, h->addr.family);
		o.count = w->count > UINT32_MAX / sizes ? UINT32_MAX : w->count * sizes;
	}
	if (s->sh->loop && choose_source(s, w, &o)) {
		print_head(s, w, &o);
		session_task(s, stopped, fx_ping_start(s->sh->loop, &o, on_mark, s));
	} else {
		s->failed = true;
		if (later)
			session_go_on(s);
	}
	free(w);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool take_protocol(void *state, const char *answer, const char **why)
{
	struct ping_wanted *w = state;

	*why = "% Unknown protocol - \"ip\" or \"ipv6\" may be pinged";
	if (*answer && strcmp(answer, "ip") != 0 && strcmp(answer, "ipv6") != 0)
		return false;
	w->family = strcmp(answer, "ipv6") == 0 ? AF_INET6 : AF_INET;
	return true;
}

static bool take_target(void *state, const char *answer, const char **why)
{
	struct ping_wanted *w = state;

	(void)why;
	snprintf(w->target, sizeof(w->target), "%s", answer);
	return true;
}

static bool no_target(const void *state)
{
	return !((const struct ping_wanted *)state)->target[0];
}

static bool take_count(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 1, INT32_MAX, &((struct ping_wanted *)state)->count, why);
}

static bool take_size(void *state, const char *answer, const char **why)
{
	return dialog_number(
	        answer, DATAGRAM_MIN, DATAGRAM_MAX, &((struct ping_wanted *)state)->size, why);
}

static bool take_timeout(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 0, TIMEOUT_MAX, &((struct ping_wanted *)state)->seconds, why);
}

static bool take_extended(void *state, const char *answer, const char **why)
{
	return dialog_yes(answer, &((struct ping_wanted *)state)->extended, why);
}

static bool not_extended(const void *state)
{
	return no_target(state) || !((const struct ping_wanted *)state)->extended;
}

static bool take_source(void *state, const char *answer, const char **why)
{
	struct ping_wanted *w = state;

	(void)why;
	snprintf(w->source, sizeof(w->source), "%s", answer);
	return true;
}

static bool take_tos(void *state, const char *answer, const char **why)
{
	return dialog_number(answer, 0, 255, &((struct ping_wanted *)state)->tos, why);
}

static bool take_df(void *state, const char *answer, const char **why)
{
	return dialog_yes(answer, &((struct ping_wanted *)state)->df, why);
}

static bool take_pattern(void *state, const char *answer, const char **why)
{
	char *end = NULL;
	unsigned long v = *answer ? strtoul(answer, &end, 16) : PATTERN;

	*why = "% Invalid pattern: four hex digits are wanted";
	if (((end && *end) || *answer == '-') || v > UINT16_MAX)
		return false;
	((struct ping_wanted *)state)->pattern = (uint32_t)v;
	return true;
}

static bool take_sweep(void *state, const char *answer, const char **why)
{
	return dialog_yes(answer, &((struct ping_wanted *)state)->sweep, why);
}

static bool no_sweep(const void *state)
{
	return not_extended(state) || !((const struct ping_wanted *)state)->sweep;
}

static bool take_sweep_min(void *state, const char *answer, const char **why)
{
	return dialog_number(
	        answer, DATAGRAM_MIN, DATAGRAM_MAX, &((struct ping_wanted *)state)->sweep_min, why);
}

static bool take_sweep_max(void *state, const char *answer, const char **why)
{
	struct ping_wanted *w = state;

	return dialog_number(answer, w->sweep_min, DATAGRAM_MAX, &w->sweep_max, why);
}

static bool take_sweep_step(void *state, const char *answer, const char **why)
{
	return dialog_number(
	        answer, 1, DATAGRAM_MAX, &((struct ping_wanted *)state)->sweep_step, why);
}

static const struct dialog_question questions[] = {
        {"Protocol [ip]: ", take_protocol, NULL},
        {"Target IP address: ", take_target, NULL},
        {"Repeat count [5]: ", take_count, no_target},
        {"Datagram size [100]: ", take_size, no_target},
        {"Timeout in seconds [2]: ", take_timeout, no_target},
        {"Extended commands [n]: ", take_extended, no_target},
        {"Source address or interface: ", take_source, not_extended},
        {"Type of service [0]: ", take_tos, not_extended},
        {"Set DF bit in IP header? [no]: ", take_df, not_extended},
        {"Data pattern [0x0000ABCD]: ", take_pattern, not_extended},
        {"Sweep range of sizes [n]: ", take_sweep, not_extended},
        {"Sweep min size [36]: ", take_sweep_min, no_sweep},
        {"Sweep max size [18024]: ", take_sweep_max, no_sweep},
        {"Sweep interval [1]: ", take_sweep_step, no_sweep},
};

static void answered(struct session *s, void *state)
{
	struct ping_wanted *w = state;

	if (w->target[0]) {
		session_host(s, w->target, w->family, begin, w);
		return;
	}
	session_printf(s, "%% Bad IP address or host name\n");
	s->failed = true;
	free(w);
}

/* ---- the command ---------------------------------------------------------------------------- */

void exec_ping(struct exec *x, const struct gl_exec_ping *a)
{
	struct ping_wanted *w = ping_wanted_new();
	char text[IPADDR_STRLEN];

	if (a->has_vrf)
		snprintf(w->vrf, sizeof(w->vrf), "%s", a->vrf);
	w->family = a->kw_ip ? AF_INET : a->kw_ipv6 ? AF_INET6 : 0;
	if (!a->has_target) {
		dialog_begin(x->session, questions, ARRAY_LEN(questions), w, answered);
		return;
	}
	w->count = a->has_count ? a->count : w->count;
	w->size = a->has_size ? a->size : w->size;
	w->seconds = a->has_seconds ? a->seconds : w->seconds;
	w->pattern = a->has_data ? (uint32_t)strtoul(a->data, NULL, 16) & UINT16_MAX : w->pattern;
	w->tos = a->has_tos ? a->tos : 0;
	w->df = a->kw_df_bit;
	if (a->has_source)
		snprintf(w->source, sizeof(w->source), "%s", ipaddr_fmt(&a->source, text));
	if (a->has_ifname)
		snprintf(w->source, sizeof(w->source), "%s", a->ifname);
	session_host(x->session, a->target, w->family, begin, w);
}
