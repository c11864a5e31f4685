/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traceroute over the probes of net/hops.h: see traceroute.h. */
#include "flexvpn/traceroute.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

struct fx_trace {
	struct fx_trace_opts o;
	fx_trace_fn fn; /* NULL: stopped */
	void *ctx;
	struct hops *hops;
	uv_timer_t timer;
	uv_poll_t poll;
	unsigned handles;
	uint32_t number, probe; /* of the probe under way: in all, and within its hop */
	uint8_t hop;
	uint64_t sent_at;
	bool waiting, arrived, paused, begun;
};

static void on_closed(uv_handle_t *h)
{
	struct fx_trace *t = h->data;

	if (--t->handles)
		return;
	hops_free(t->hops);
	free(t);
}

void fx_trace_stop(struct fx_trace *t)
{
	if (!t)
		return;
	t->fn = NULL;
	uv_poll_stop(&t->poll);
	uv_close((uv_handle_t *)&t->timer, on_closed);
	uv_close((uv_handle_t *)&t->poll, on_closed);
}

static void tell(struct fx_trace *t, enum fx_trace_what what, const struct hop_answer *a)
{
	uint64_t ms = mono_ms() - t->sent_at;
	struct fx_trace_event e = {.what = what,
	        .hop = t->hop,
	        .a = a,
	        .ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms};

	if (t->fn)
		t->fn(t->ctx, &e);
}

static void on_timer(uv_timer_t *timer);

static void soon(struct fx_trace *t)
{
	if (t->fn && !t->paused)
		uv_timer_start(&t->timer, on_timer, 0, 0);
}

void fx_trace_pause(struct fx_trace *t)
{
	t->paused = true;
	uv_timer_stop(&t->timer);
}

void fx_trace_go_on(struct fx_trace *t)
{
	t->paused = false;
	soon(t);
}

/* A probe has its result. */
static void result(struct fx_trace *t, const struct hop_answer *a)
{
	t->waiting = false;
	t->arrived |= a && a->verdict != HOP_ON_THE_WAY;
	tell(t, a ? FX_TRACE_ANSWER : FX_TRACE_SILENCE, a);
	if (++t->probe == t->o.probes)
		tell(t, FX_TRACE_HOP_DONE, NULL);
	soon(t);
}

static void finish(struct fx_trace *t)
{
	fx_trace_fn fn = t->fn;
	void *ctx = t->ctx;
	struct fx_trace_event e = {.what = FX_TRACE_OVER, .hop = t->hop};

	fx_trace_stop(t);
	fn(ctx, &e);
}

static void send_next(struct fx_trace *t)
{
	if (!t->begun || t->probe == t->o.probes) {
		if (t->begun)
			t->hop++;
		t->begun = true;
		t->probe = 0;
		tell(t, FX_TRACE_HOP, NULL);
		if (!t->fn)
			return;
	}
	t->number++;
	t->sent_at = mono_ms();
	t->waiting = true;
	if (hops_send(t->hops, t->number, t->hop)) {
		uv_timer_start(&t->timer, on_timer, t->o.timeout_ms, 0);
	} else {
		t->arrived = true; /* there is no way to send: further hops change nothing */
		result(t, NULL);
	}
}

/* No answer in time, or time for the next one. */
static void on_timer(uv_timer_t *timer)
{
	struct fx_trace *t = timer->data;

	if (t->waiting)
		result(t, NULL);
	else if (t->begun && t->probe == t->o.probes && (t->arrived || t->hop >= t->o.last))
		finish(t);
	else
		send_next(t);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct fx_trace *t = poll->data;
	struct hop_answer a;

	(void)status;
	(void)events;
	while (t->fn && hops_poll(t->hops, &a))
		if (t->waiting && a.number == (uint16_t)t->number)
			result(t, &a);
}

struct fx_trace *fx_trace_start(
        uv_loop_t *loop, const struct fx_trace_opts *o, fx_trace_fn fn, void *ctx)
{
	struct hops *hops = hops_new(&o->to);
	struct fx_trace *t;

	if (!hops)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	*t = (struct fx_trace){
	        .o = *o, .fn = fn, .ctx = ctx, .hops = hops, .hop = o->first, .handles = 2};
	t->number = UINT32_MAX; /* the first probe is number 0 */
	uv_timer_init(loop, &t->timer);
	if (uv_poll_init(loop, &t->poll, hops_fd(hops)) < 0) {
		fputs("spoked: no more descriptors\n", stderr);
		abort();
	}
	t->timer.data = t->poll.data = t;
	uv_poll_start(&t->poll, UV_READABLE, on_readable);
	uv_update_time(loop);
	soon(t);
	return t;
}
