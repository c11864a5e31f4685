/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine of core.h on libuv, with its back ends opened, and the two configurations kept: see router.h. */
#include "flexvpn/router.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/pki.h"
#include "flexvpn/metrics.h"
#include "flexvpn/startup.h"
#include "net/probe.h"

struct router {
	uv_loop_t *loop;
	struct fx *fx;
	struct fx_backends b;
	char dataplane[16], dataplane_why[200];
	uv_timer_t timer;
	struct probes *probes;
	struct resolver *resolver;
	struct fetcher *fetcher;
	struct radius *radius;
	struct vtysh *vtysh;
	uv_poll_t dp_poll, net_poll, probe_poll, name_poll, service_poll, frr_poll, fetch_poll, radius_poll;
	bool dp_polled, net_polled, probe_polled, name_polled, service_polled, frr_polled, fetch_polled, radius_polled;
	int handles; /* still open: the loop needs a turn to close each */
	struct cfg *running, *startup;
	bool pending; /* the running configuration is ahead of the machine */
	uint64_t settled_at, settle_ms; /* when it last caught up, and how long that took */
	char *startup_path;
};

/* ---- the loop ----------------------------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *t)
{
	router_pump(t->data);
}

static void arm(struct router *r)
{
	uint64_t at = fx_deadline(r->fx), now = mono_ms();

	if (at == IKE_NEVER) {
		uv_timer_stop(&r->timer);
		return;
	}
	uv_update_time(r->loop);
	uv_timer_start(&r->timer, on_timer, at > now ? at - now : 0, 0);
}

/* A certificate that came by itself is saved, unless that would save changes of an operator's too. */
static void save_certificate(struct router *r, bool clean)
{
	char why[200];

	if (clean && router_save(r, why, sizeof(why)))
		log_msg(PKI_AUTOSAVE);
	else
		log_msg(PKI_NOAUTOSAVE);
}

/* What authorities have sent becomes lines of the running-config. */
static void take_certificates(struct router *r)
{
	struct strbuf lines = {0};

	while (fx_pki_take(r->fx->pki, &lines, r->fx->now)) {
		struct cfg_editor *ed;
		bool clean = r->startup == r->running;

		if (!lines.len)
			continue;
		ed = cfg_editor_new(r->running);
		cfg_load_text(ed, sb_str(&lines), NULL, NULL);
		router_commit(r, cfg_editor_candidate(ed), false);
		cfg_editor_free(ed);
		save_certificate(r, clean);
		lines.len = 0;
	}
	sb_fini(&lines);
}

void router_pump(struct router *r)
{
	fx_pump(r->fx, mono_ms());
	take_certificates(r);
	arm(r);
}

static void on_readable(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	router_pump(p->data);
}

static bool watch(struct router *r, uv_poll_t *p, int fd)
{
	if (fd < 0 || uv_poll_init(r->loop, p, fd) < 0)
		return false;
	p->data = r;
	r->handles++;
	uv_poll_start(p, UV_READABLE, on_readable);
	return true;
}

/* ---- opening ----------------------------------------------------------------------------------------------------------- */

static void random_octets(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	if (RAND_bytes(dst, (int)n) == 1)
		return;
	fputs("spoked: no randomness\n", stderr);
	abort();
}

bool router_choose_plane(const char *which, struct router_plane *out, char *why, size_t n)
{
	static const struct dp_ops *const candidates[] = {&dp_kernel_ops, &dp_user_ops};
	char yes[96] = "";

	*out = (struct router_plane){0};
	why[0] = '\0';
	if (strcmp(which, "fake") == 0) {
		*out = (struct router_plane){&dp_fake_ops, "asked for"};
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
		bool asked = strcmp(which, candidates[i]->name) == 0;

		if (!asked && strcmp(which, "auto") != 0)
			continue;
		if (!candidates[i]->probe(yes, sizeof(yes))) {
			snprintf(why, n, "data plane %s: %s", candidates[i]->name, yes);
			continue;
		}
		out->ops = candidates[i];
		snprintf(out->why, sizeof(out->why), "%s%s%s", yes, why[0] ? "; " : "", why);
		return true;
	}
	if (!why[0])
		snprintf(why, n, "data plane %s: not in this build", which);
	return false;
}

static bool open_dataplane(struct router *r, const struct router_opts *o, char *why, size_t n)
{
	struct dp_config cfg = {0};
	struct router_plane chosen;

	if (o->plane)
		chosen = *o->plane;
	else if (!router_choose_plane(o->dataplane, &chosen, why, n))
		return false;
	r->b.dp_ops = chosen.ops;
	snprintf(r->dataplane_why, sizeof(r->dataplane_why), "%s", chosen.why);
	r->b.dp = r->b.dp_ops->open(&cfg, why, n);
	snprintf(r->dataplane, sizeof(r->dataplane), "%s", r->b.dp_ops->name);
	return r->b.dp != NULL;
}

static bool open_net(struct router *r, const char *which, char *why, size_t n)
{
	r->b.net_ops = strcmp(which, "fake") == 0 ? &net_fake_ops : &net_kernel_ops;
	r->b.net = r->b.net_ops->open(why, n);
	return r->b.net != NULL;
}

/* Without one the router runs all the same; what needs it says so. */
static void open_filter(struct router *r, const char *which)
{
	char why[200] = "";

	r->b.nat = nat_new(strcmp(which, "fake") == 0 ? &nft_fake_ops : &nft_kernel_ops, why, sizeof(why));
	if (!r->b.nat)
		log_msg(PLATFORM_OPERATION_FAILED, "packet filter", why);
}

static bool answered_probe(void *ctx, uint32_t *id, bool *ok)
{
	return probes_poll(ctx, id, ok);
}

static void open_probes(struct router *r)
{
	r->probes = probes_new();
	r->resolver = resolver_new();
	r->b.sla = probes_io(r->probes);
	r->b.sla_poll = answered_probe;
	r->b.names = resolver_io(r->resolver);
	r->fetcher = fetcher_new();
	if (r->fetcher)
		r->b.fetch = fetcher_io(r->fetcher);
	r->radius = radius_new();
	if (r->radius)
		r->b.radius = radius_io(r->radius);
}

struct router *router_new(const struct router_opts *o, char *why, size_t n)
{
	struct router *r = xcalloc(1, sizeof(*r));

	why[0] = '\0';
	r->loop = o->loop;
	r->b.random = random_octets;
	if (!open_net(r, o->dataplane, why, n) || !open_dataplane(r, o, why, n)) {
		if (r->b.net)
			r->b.net_ops->close(r->b.net);
		free(r);
		return NULL;
	}
	open_probes(r);
	if (r->b.net_ops == &net_kernel_ops) {
		r->vtysh = vtysh_new(o->vtysh);
		r->b.frr = vtysh_io(r->vtysh);
	}
	if (o->state_dir && r->b.net_ops == &net_kernel_ops)
		r->b.services = services_open(o->state_dir, r->b.net);
	open_filter(r, o->dataplane);
	r->b.state_dir = o->state_dir;
	r->startup_path = o->startup_path ? xstrdup(o->startup_path) : NULL;
	r->running = cfg_new();
	r->fx = fx_new(&r->b, mono_ms());
	uv_timer_init(r->loop, &r->timer);
	r->timer.data = r;
	r->handles++;
	r->dp_polled = watch(r, &r->dp_poll, r->b.dp_ops->fd(r->b.dp));
	r->net_polled = watch(r, &r->net_poll, r->b.net_ops->fd(r->b.net));
	r->probe_polled = watch(r, &r->probe_poll, probes_fd(r->probes));
	r->name_polled = watch(r, &r->name_poll, resolver_fd(r->resolver));
	r->fetch_polled = r->fetcher && watch(r, &r->fetch_poll, fetcher_fd(r->fetcher));
	r->radius_polled = r->radius && watch(r, &r->radius_poll, radius_fd(r->radius));
	r->frr_polled = r->vtysh && watch(r, &r->frr_poll, vtysh_fd(r->vtysh));
	if (r->b.services)
		r->service_polled = watch(r, &r->service_poll, r->b.services->ops->fd(r->b.services));
	log_msg(SYS_RESTART, SPOKE_VERSION);
	log_msg(PLATFORM_DATAPLANE, r->dataplane, r->dataplane_why);
	fx_commit(r->fx, r->running, mono_ms());
	arm(r);
	return r;
}

/* ---- closing ------------------------------------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *h)
{
	struct router *r = h->data;

	r->handles--;
}

static void unwatch(uv_poll_t *p, bool open)
{
	if (open)
		uv_close((uv_handle_t *)p, on_closed);
}

void router_free(struct router *r)
{
	if (!r)
		return;
	fx_free(r->fx);
	uv_close((uv_handle_t *)&r->timer, on_closed);
	unwatch(&r->dp_poll, r->dp_polled);
	unwatch(&r->net_poll, r->net_polled);
	unwatch(&r->probe_poll, r->probe_polled);
	unwatch(&r->name_poll, r->name_polled);
	unwatch(&r->fetch_poll, r->fetch_polled);
	unwatch(&r->radius_poll, r->radius_polled);
	unwatch(&r->frr_poll, r->frr_polled);
	unwatch(&r->service_poll, r->service_polled);
	while (r->handles)
		uv_run(r->loop, UV_RUN_NOWAIT);
	if (r->b.services)
		r->b.services->ops->close(r->b.services, mono_ms());
	r->b.dp_ops->close(r->b.dp);
	r->b.net_ops->close(r->b.net);
	nat_free(r->b.nat);
	probes_free(r->probes);
	resolver_free(r->resolver);
	fetcher_free(r->fetcher);
	radius_free(r->radius);
	vtysh_free(r->vtysh);
	cfg_unref(r->running);
	cfg_unref(r->startup);
	free(r->startup_path);
	free(r);
}

/* ---- configuration -------------------------------------------------------------------------------------------------------- */

const struct cfg *router_running(const struct router *r)
{
	return r->running;
}

void router_settle(struct router *r)
{
	if (!r->pending)
		return;
	uint64_t begin = mono_ms();

	r->pending = false;
	fx_commit(r->fx, r->running, begin);
	arm(r);
	r->settled_at = mono_ms();
	r->settle_ms = r->settled_at - begin;
}

void router_settle_some(struct router *r)
{
	enum { SHARE = 10 };

	if (mono_ms() - r->settled_at >= SHARE * r->settle_ms)
		router_settle(r);
}

void router_commit(struct router *r, const struct cfg *c, bool more_pending)
{
	struct cfg *old = r->running;

	r->running = cfg_ref(c);
	cfg_unref(old);
	r->pending = true;
	if (!more_pending)
		router_settle(r);
}

const struct cfg *router_startup(const struct router *r)
{
	return r->startup;
}

struct load_log {
	const char *path;
	unsigned bad;
};

static void log_bad(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct load_log *l = ctx;
	struct strbuf text = {0};

	gr_diag_brief(d, line, &text);
	log_msg(SYS_CONFIG_LINE, l->path, line_no, sb_str(&text), fx_mask_secrets(line));
	l->bad++;
	sb_fini(&text);
}

bool router_load(struct router *r, char *why, size_t n)
{
	char *text = r->startup_path ? fx_startup_read(r->startup_path, why, n) : NULL;

	if (!text) {
		fx_purge(r->fx);
		return false;
	}
	struct load_log l = {.path = r->startup_path};
	struct cfg_editor *ed = cfg_editor_new(r->running);

	cfg_load_text(ed, text, log_bad, &l);
	wipe(text, strlen(text));
	free(text);
	cfg_unref(r->startup);
	r->startup = cfg_ref(cfg_editor_candidate(ed));
	log_msg(SYS_CONFIG_LOADED, l.path, (unsigned)cfg_lines(r->startup), l.bad);
	router_commit(r, r->startup, false);
	cfg_editor_free(ed);
	fx_purge(r->fx);
	return true;
}

bool router_store(struct router *r, const struct cfg *c, char *why, size_t n)
{
	struct strbuf text = {0};

	if (!r->startup_path) {
		snprintf(why, n, "no startup-config file is set");
		return false;
	}
	cfg_print(c, false, &text);
	sb_puts(&text, "end\n");
	bool ok = fx_startup_write(r->startup_path, sb_str(&text), why, n);

	if (text.s)
		wipe(text.s, text.len);
	sb_fini(&text);
	if (!ok) {
		log_msg(SYS_CONFIG_SAVE, r->startup_path, why);
		return false;
	}
	cfg_unref(r->startup);
	r->startup = cfg_ref(c);
	return true;
}

bool router_save(struct router *r, char *why, size_t n)
{
	return router_store(r, r->running, why, n);
}

bool router_erase(struct router *r, char *why, size_t n)
{
	if (r->startup_path && unlink(r->startup_path) < 0 && errno != ENOENT) {
		snprintf(why, n, "%s: %s", r->startup_path, strerror(errno));
		return false;
	}
	cfg_unref(r->startup);
	r->startup = NULL;
	return true;
}

void router_metrics(const struct router *r, struct strbuf *out)
{
	fx_metrics(r->fx, mono_ms(), out);
}

const char *router_hostname(const struct router *r)
{
	const struct fx_config *c = r->fx->cfg;

	return c && c->g.hostname ? c->g.hostname : "Router";
}

const char *router_dataplane(const struct router *r, const char **why)
{
	if (why)
		*why = r->dataplane_why;
	return r->dataplane;
}

struct fx *router_fx(struct router *r)
{
	return r->fx;
}
