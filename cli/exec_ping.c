/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ping: the one command that takes time. It prints as the answers come; Ctrl-C ends it. */
#include <stdio.h>
#include <string.h>

#include "cli/session_int.h"
#include "flexvpn/ping.h"
#include "grammar/gen/exec.h"

enum { COUNT = 5, SIZE = 100, TIMEOUT_S = 2, IP4_HEAD = 28, IP6_HEAD = 48, PER_LINE = 70 };

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

static void over(struct session *s, const struct fx_ping_stats *st)
{
	s->ping = NULL;
	print_summary(s, st);
	session_go_on(s);
}

static void on_mark(void *ctx, char mark, const struct fx_ping_stats *st)
{
	struct session *s = ctx;

	if (mark == '\0') {
		over(s, st);
		return;
	}
	if (st->sent > 1 && (st->sent - 1) % PER_LINE == 0)
		session_printf(s, "\n");
	session_print(s, &mark, 1);
	session_flush(s);
}

void ping_interrupt(struct session *s)
{
	struct fx_ping_stats st;

	fx_ping_stop(s->ping, &st);
	over(s, &st);
}

static bool choose_source(struct exec *x, const struct gl_exec_ping *a, struct fx_ping_opts *o)
{
	char why[100];

	if (a->has_vrf)
		snprintf(o->device, sizeof(o->device), "%.15s", a->vrf);
	if (a->has_source)
		o->source = a->source;
	if (a->has_ifname && !fx_ping_source(x->r, a->ifname, o, why, sizeof(why))) {
		session_printf(x->session, "%s\n", why);
		return false;
	}
	if (o->source.family && o->source.family != o->target.family) {
		session_printf(x->session, "%% Invalid source: the address is of another family\n");
		return false;
	}
	return true;
}

void exec_ping(struct exec *x, const struct gl_exec_ping *a)
{
	struct session *s = x->session;
	unsigned size = a->has_size ? a->size : SIZE,
	         seconds = a->has_seconds ? a->seconds : TIMEOUT_S;
	unsigned head = a->target.family == AF_INET6 ? IP6_HEAD : IP4_HEAD;
	struct fx_ping_opts o = {.target = a->target,
	        .count = a->has_count ? a->count : COUNT,
	        .timeout_ms = seconds * 1000,
	        .data = (uint16_t)(size > head ? size - head : 8)};
	char text[IPADDR_STRLEN];

	if (!s->sh->loop || !choose_source(x, a, &o)) {
		x->failed = true;
		return;
	}
	session_printf(s,
	        "Type escape sequence to abort.\nSending %u, %u-byte ICMP Echos to %s, timeout is "
	        "%u seconds:\n",
	        o.count, size, ipaddr_fmt(&o.target, text), seconds);
	if (o.source.family)
		session_printf(s, "Packet sent with a source address of %s\n",
		        ipaddr_fmt(&o.source, text));
	proto_put(&s->frames, PROTO_BUSY, NULL, 0);
	s->ping = fx_ping_start(s->sh->loop, &o, on_mark, s);
}
