/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Echo requests for `ping`, over the probes that tracks use (net/probe.h): see ping.h. */
#include "flexvpn/ping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/doors.h"
#include "flexvpn/exec.h"
#include "grammar/ifname.h"
#include "net/probe.h"

struct fx_ping {
	struct fx_ping_opts o;
	struct fx_ping_stats st;
	fx_ping_fn fn; /* NULL: stopped */
	void *ctx;
	struct probes *probes;
	uv_timer_t timer;
	uv_poll_t poll;
	unsigned handles;
	uint64_t sent_at;
	bool waiting; /* for the answer to number st.sent */
};

static void on_closed(uv_handle_t *h)
{
	struct fx_ping *p = h->data;

	if (--p->handles)
		return;
	probes_free(p->probes);
	free(p);
}

void fx_ping_stop(struct fx_ping *p, struct fx_ping_stats *st)
{
	if (!p)
		return;
	if (st)
		*st = p->st;
	p->fn = NULL;
	uv_poll_stop(&p->poll);
	uv_close((uv_handle_t *)&p->timer, on_closed);
	uv_close((uv_handle_t *)&p->poll, on_closed);
}

static void on_timer(uv_timer_t *t);

static void result(struct fx_ping *p, char mark)
{
	uint64_t took = mono_ms() - p->sent_at;
	uint32_t ms = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;

	p->waiting = false;
	if (mark == '!') {
		p->st.min_ms = p->st.answered && p->st.min_ms < ms ? p->st.min_ms : ms;
		p->st.max_ms = p->st.max_ms > ms ? p->st.max_ms : ms;
		p->st.sum_ms += ms;
		p->st.answered++;
	}
	p->fn(p->ctx, mark, &p->st);
	if (p->fn)
		uv_timer_start(
		        &p->timer, on_timer, 0, 0); /* the next one, in the loop's next turn */
}

static uint16_t next_length(const struct fx_ping *p)
{
	uint32_t steps = p->o.step ? (uint32_t)(p->o.data_max - p->o.data) / p->o.step + 1 : 1;

	return (uint16_t)(p->o.data + (p->st.sent % steps) * p->o.step);
}

static char refused(const struct fx_ping *p)
{
	return probes_why(p->probes) == EMSGSIZE ? 'M' : 'U';
}

static void send_next(struct fx_ping *p)
{
	struct sla_io io = probes_io(p->probes);
	struct sla_cfg c = {.type = SLA_ICMP_ECHO,
	        .target = p->o.target,
	        .source = p->o.source,
	        .data_size = next_length(p),
	        .tos = p->o.tos,
	        .df = p->o.df,
	        .report = true,
	        .has_pattern = p->o.has_pattern,
	        .pattern = p->o.pattern};

	memcpy(c.device, p->o.device, sizeof(c.device));
	p->st.sent++;
	p->sent_at = mono_ms();
	p->waiting = true;
	if (io.send(io.ctx, &c, p->st.sent))
		uv_timer_start(&p->timer, on_timer, p->o.timeout_ms, 0);
	else
		result(p, refused(p));
}

static void finish(struct fx_ping *p)
{
	fx_ping_fn fn = p->fn;
	void *ctx = p->ctx;
	struct fx_ping_stats st;

	fx_ping_stop(p, &st);
	fn(ctx, '\0', &st);
}

/* No answer in time, or time for the next one. */
static void on_timer(uv_timer_t *t)
{
	struct fx_ping *p = t->data;

	if (p->waiting) {
		struct sla_io io = probes_io(p->probes);

		io.cancel(io.ctx, p->st.sent);
		result(p, '.');
	} else if (p->st.sent == p->o.count) {
		finish(p);
	} else {
		send_next(p);
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct fx_ping *p = poll->data;
	uint32_t id;
	bool ok;

	(void)status;
	(void)events;
	while (p->fn && probes_poll(p->probes, &id, &ok))
		if (p->waiting && id == p->st.sent)
			result(p, ok ? '!' : refused(p));
}

struct fx_ping *fx_ping_start(
        uv_loop_t *loop, const struct fx_ping_opts *o, fx_ping_fn fn, void *ctx)
{
	struct fx_ping *p = xcalloc(1, sizeof(*p));

	*p = (struct fx_ping){.o = *o, .fn = fn, .ctx = ctx, .probes = probes_new(), .handles = 2};
	uv_timer_init(loop, &p->timer);
	if (uv_poll_init(loop, &p->poll, probes_fd(p->probes)) < 0) {
		fputs("spoked: no more descriptors\n", stderr);
		abort();
	}
	p->timer.data = p->poll.data = p;
	uv_poll_start(&p->poll, UV_READABLE, on_readable);
	uv_update_time(loop);
	uv_timer_start(&p->timer, on_timer, 0, 0);
	return p;
}

bool fx_ping_vrf(
        struct router *r, const char *vrf, const char *source, char device[16], char *why, size_t n)
{
	char name[GR_IFNAME_MAX];
	bool named = gr_ifname_canon(source, name);

	if (fx_vrf_device(router_fx(r), vrf, named ? name : NULL, device))
		return true;
	snprintf(why, n, "%% VRF %s does not exist, or has no interface", vrf);
	return false;
}

bool fx_ping_source(
        struct router *r, const char *typed, struct fx_ping_opts *o, char *why, size_t n)
{
	const struct fx *x = router_fx(r);
	char name[GR_IFNAME_MAX];

	if (ipaddr_parse(typed, &o->source)) {
		snprintf(why, n, "%% Invalid source: the address is of another family");
		return o->source.family == o->target.family;
	}
	const struct fx_interface *i =
	        gr_ifname_canon(typed, name) ? fx_find_interface(x->cfg, name) : NULL;

	if (i && fx_interface_address(x, i, o->target.family, &o->source))
		return true;
	snprintf(why, n, "%% Invalid source interface - %s",
	        i ? "interface has no address" : "no such interface");
	return false;
}
