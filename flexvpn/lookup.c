/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names typed at a terminal: see lookup.h. Each question has a resolver of its own, since the
 * servers may be others the next time. */
#include "flexvpn/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/services.h"

struct fx_lookup {
	struct resolver *resolver;
	uv_poll_t poll;
	fx_lookup_fn fn; /* NULL: stopped */
	void *ctx;
};

enum { QUESTION = 1 };

/* ---- the table ------------------------------------------------------------------------------ */

bool fx_lookup_enabled(struct router *r)
{
	const struct fx_dns_view *v = fx_find_dns_view(router_fx(r)->cfg, "default");

	return !v || !v->no_lookup;
}

bool fx_lookup_table(struct router *r, const char *name, int family, struct ipaddr *out)
{
	const struct fx_config *c = router_fx(r)->cfg;
	bool found = false;

	for (size_t i = 0; i < c->dns_hosts.n; i++) {
		const struct fx_dns_host *h = &c->dns_hosts.v[i];

		if (strcasecmp(h->name, name) != 0 || (family && h->addr.family != family))
			continue;
		if (!found || (out->family == AF_INET6 && h->addr.family == AF_INET))
			*out = h->addr;
		found = true;
	}
	return found;
}

const char *fx_lookup_table_name(struct router *r, const struct ipaddr *addr)
{
	const struct fx_config *c = router_fx(r)->cfg;

	for (size_t i = 0; i < c->dns_hosts.n; i++)
		if (ipaddr_eq(&c->dns_hosts.v[i].addr, addr))
			return c->dns_hosts.v[i].name;
	return NULL;
}

/* ---- questions ------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *h)
{
	struct fx_lookup *l = h->data;

	resolver_free(l->resolver);
	free(l);
}

void fx_lookup_stop(struct fx_lookup *l)
{
	if (!l)
		return;
	l->fn = NULL;
	uv_poll_stop(&l->poll);
	uv_close((uv_handle_t *)&l->poll, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct fx_lookup *l = poll->data;
	struct resolver_io io = resolver_io(l->resolver);
	struct resolver_answer a;

	(void)status;
	(void)events;
	if (!io.poll(io.ctx, &a))
		return;
	fx_lookup_fn fn = l->fn;
	void *ctx = l->ctx;

	fx_lookup_stop(l);
	fn(ctx, &a);
}

static struct resolver *resolver_of(struct router *r)
{
	const struct fx_dns_view *v = fx_find_dns_view(router_fx(r)->cfg, "default");
	struct resolver_servers s = {0};

	if (!v)
		return resolver_new();
	s.server = v->server;
	s.n_server = v->n_server;
	if (v->n_list) {
		s.domain = v->list;
		s.n_domain = v->n_list;
	} else if (v->domain) {
		s.domain = &v->domain;
		s.n_domain = 1;
	}
	return s.n_server || s.n_domain ? resolver_new_at(&s) : resolver_new();
}

static struct fx_lookup *begin(struct router *r, uv_loop_t *loop, fx_lookup_fn fn, void *ctx)
{
	struct fx_lookup *l = xcalloc(1, sizeof(*l));

	*l = (struct fx_lookup){.fn = fn, .ctx = ctx, .resolver = resolver_of(r)};
	if (uv_poll_init(loop, &l->poll, resolver_fd(l->resolver)) < 0) {
		fputs("spoked: no more descriptors\n", stderr);
		abort();
	}
	l->poll.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
	return l;
}

struct fx_lookup *fx_lookup_addr(
        struct router *r, uv_loop_t *loop, const char *name, int family, fx_lookup_fn fn, void *ctx)
{
	struct fx_lookup *l = begin(r, loop, fn, ctx);
	struct resolver_io io = resolver_io(l->resolver);
	struct resolver_question q = {.name = name, .family = family ? family : AF_UNSPEC};

	io.ask(io.ctx, QUESTION, &q);
	return l;
}

struct fx_lookup *fx_lookup_name(
        struct router *r, uv_loop_t *loop, const struct ipaddr *addr, fx_lookup_fn fn, void *ctx)
{
	struct fx_lookup *l = begin(r, loop, fn, ctx);

	resolver_ask_name(l->resolver, QUESTION, addr);
	return l;
}

size_t fx_lookup_servers(struct fx_lookup *l, struct ipaddr *v, size_t max)
{
	return resolver_list(l->resolver, v, max);
}
