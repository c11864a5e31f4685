/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traceroute: probes one behind the other, hop by hop, until the target answers, says that it
 * cannot be reached, or the last hop was tried. */
#ifndef SPOKE_FLEXVPN_TRACEROUTE_H
#define SPOKE_FLEXVPN_TRACEROUTE_H

#include <stdbool.h>
#include <uv.h>

#include "net/hops.h"

struct fx_trace_opts {
	struct hops_opts to;
	uint32_t timeout_ms, probes; /* probes: of each hop */
	uint8_t first, last;         /* hop limits */
};

enum fx_trace_what {
	FX_TRACE_HOP,      /* the next hop is tried */
	FX_TRACE_ANSWER,   /* `a` came after `ms` */
	FX_TRACE_SILENCE,  /* no answer in time */
	FX_TRACE_HOP_DONE, /* that was the hop's last probe */
	FX_TRACE_OVER,     /* and that was the last hop: the trace is no more */
};

struct fx_trace_event {
	enum fx_trace_what what;
	uint8_t hop;
	const struct hop_answer *a;
	uint32_t ms;
};

typedef void (*fx_trace_fn)(void *ctx, const struct fx_trace_event *e);

struct fx_trace;

/* NULL: errno says why. The first event comes from the loop. */
struct fx_trace *fx_trace_start(
        uv_loop_t *loop, const struct fx_trace_opts *o, fx_trace_fn fn, void *ctx);
void fx_trace_stop(struct fx_trace *t); /* accepts NULL; no call of fn from now on */
/* In answer to an event: nothing further is sent until fx_trace_go_on(). */
void fx_trace_pause(struct fx_trace *t);
void fx_trace_go_on(struct fx_trace *t);

#endif
