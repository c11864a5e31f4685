/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several routers in one process: see lib_boxes.h. */
#include "lib_boxes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static void prng(void *ctx, uint8_t *dst, size_t n)
{
	struct box *b = ctx;

	for (size_t i = 0; i < n; i++) {
		b->seed = b->seed * 1664525u + 1013904223u;
		dst[i] = (uint8_t)(b->seed >> 24);
	}
}

static void keep_log(void *ctx, enum log_sev sev, const char *line)
{
	struct boxes *b = ctx;

	(void)sev;
	snprintf(b->log[b->n_log++ % ARRAY_LEN(b->log)], sizeof(b->log[0]), "%s", line);
}

bool boxes_logged(const struct boxes *b, const char *part)
{
	for (size_t i = 0; i < ARRAY_LEN(b->log); i++)
		if (strstr(b->log[i], part))
			return true;
	return false;
}

static void nobody(void *ctx, uint32_t id)
{
	(void)ctx;
	(void)id;
}

static bool no_probe(void *ctx, const struct sla_cfg *c, uint32_t id)
{
	(void)ctx;
	(void)c;
	(void)id;
	return false;
}

static bool no_echo(void *ctx, uint32_t *id, bool *ok)
{
	(void)ctx;
	(void)id;
	(void)ok;
	return false;
}

static void no_question(void *ctx, uint32_t id, const struct resolver_question *q)
{
	(void)ctx;
	(void)id;
	(void)q;
}

static bool no_answer(void *ctx, struct resolver_answer *out)
{
	(void)ctx;
	(void)out;
	return false;
}

static void box_init(struct boxes *all, int n)
{
	struct box *b = &all->box[n];
	struct dp_config dc = {0};
	char why[100], name[16];

	b->all = all;
	b->seed = 77u + (uint32_t)n;
	b->at = ipaddr_v4(n == HUB ? 0x0a000001u : 0xac100000u + (uint32_t)n);
	b->b = (struct fx_backends){.dp_ops = &dp_fake_ops,
	        .net_ops = &net_fake_ops,
	        .random = prng,
	        .random_ctx = b,
	        .sla = {.ctx = b, .send = no_probe, .cancel = nobody},
	        .sla_poll = no_echo,
	        .names = {.ctx = b, .ask = no_question, .cancel = nobody, .poll = no_answer}};
	b->b.dp = dp_fake_ops.open(&dc, why, sizeof(why));
	b->b.net = net_fake_ops.open(why, sizeof(why));
	net_fake_link(b->b.net, "eth0", true, true);
	net_fake_link(b->b.net, "eth1", true, true);
	net_fake_link(b->b.net, "Tunnel0", false, true);
	for (int i = 1; n == HUB && i < BOXES; i++) { /* what the data plane would create */
		snprintf(name, sizeof(name), "Vi%d", i);
		net_fake_link(b->b.net, name, false, true);
	}
	b->ed = cfg_editor_new(all->empty);
	b->x = fx_new(&b->b, all->now);
}

struct boxes *boxes_new(int n)
{
	struct boxes *b = xcalloc(1, sizeof(*b));
	char text[200], addr[IPADDR_STRLEN];

	b->now = 1000000;
	b->n = n;
	b->empty = cfg_new();
	b->sink = log_sink_add(keep_log, b, LOG_SEV_DEBUG);
	for (int i = 0; i < n; i++) {
		box_init(b, i);
		snprintf(text, sizeof(text),
		        "platform interface Ethernet0/0 device eth0\ninterface Ethernet0/0\nip "
		        "address %s 255.0.0.0",
		        ipaddr_fmt(&b->box[i].at, addr));
		box_enter(&b->box[i], text);
	}
	return b;
}

void boxes_free(struct boxes *b)
{
	for (int i = 0; i < b->n; i++) {
		fx_free(b->box[i].x);
		b->box[i].b.dp_ops->close(b->box[i].b.dp);
		b->box[i].b.net_ops->close(b->box[i].b.net);
		cfg_editor_free(b->box[i].ed);
	}
	cfg_unref(b->empty);
	log_sink_remove(b->sink);
	free(b);
}

void box_enter(struct box *b, const char *lines)
{
	char *copy = xstrdup(lines), *save, *line;

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct gr_diag d = cfg_editor_line(b->ed, line, NULL);

		if (d.status != GR_OK && d.status != GR_EMPTY)
			fail_msg("refused: %s", line);
	}
	free(copy);
	fx_commit(b->x, cfg_editor_candidate(b->ed), b->all->now);
}

void box_be_spoke(struct box *b, const char *identity, const char *more)
{
	static const char text[] =
	        "crypto ikev2 keyring KR\npeer hub\naddress 10.0.0.1\npre-shared-key cisco\n"
	        "crypto ikev2 profile PROF\nmatch identity remote any\nidentity local %s\n"
	        "authentication local pre-share\nauthentication remote pre-share\nkeyring local "
	        "KR\n"
	        "crypto ipsec profile IPS\nset ikev2-profile PROF\n"
	        "interface Tunnel0\nip address negotiated\ntunnel source Ethernet0/0\n"
	        "tunnel destination dynamic\ntunnel mode ipsec ipv4\ntunnel protection ipsec "
	        "profile "
	        "IPS\n"
	        "crypto ikev2 client flexvpn flex\npeer 1 10.0.0.1\nconnect auto\nclient connect "
	        "Tunnel0\n%s";
	struct strbuf sb = {0};

	sb_printf(&sb, text, identity, more);
	box_enter(b, sb_str(&sb));
	sb_fini(&sb);
}

/* ---- the wire ----------------------------------------------------------------------- */

static struct box *at(struct boxes *b, const struct ipaddr *a)
{
	for (int i = 0; i < b->n; i++)
		if (ipaddr_eq(&b->box[i].at, a))
			return &b->box[i];
	return NULL;
}

static bool carry(struct box *from)
{
	struct dp_event out;
	bool any = false;

	while (dp_fake_sent(from->b.dp, &out)) {
		struct dp_event in = out;
		struct box *to = at(from->all, &out.remote.addr);

		in.type = DP_EV_IKE;
		in.local = out.remote;
		in.remote = out.local;
		any = true;
		if (to && !to->cut && !from->cut && out.len > 1)
			dp_fake_deliver(to->b.dp, &in);
	}
	return any;
}

static void settle(struct boxes *b)
{
	bool any = true;

	for (int round = 0; any && round < 1000; round++) {
		any = false;
		for (int i = 0; i < b->n; i++)
			fx_pump(b->box[i].x, b->now);
		for (int i = 0; i < b->n; i++)
			any |= carry(&b->box[i]);
	}
	assert_false(any);
}

void boxes_run(struct boxes *b, uint64_t ms)
{
	uint64_t end = b->now + ms;

	settle(b);
	while (b->now < end) {
		uint64_t next = end;

		for (int i = 0; i < b->n; i++)
			if (fx_deadline(b->box[i].x) < next)
				next = fx_deadline(b->box[i].x);
		b->now = next > b->now ? next : b->now + 1;
		settle(b);
	}
}

bool box_active(struct box *b)
{
	const struct fx_client *c = fx_client_by_name(b->x, "flex");

	return c && c->state == FX_ACTIVE;
}

/* ---- what stands in the kernel --------------------------------------------------------- */

struct wanted {
	struct prefix p;
	uint32_t ifindex;
	bool found;
};

static bool is_route(void *ctx, const struct net_route *r)
{
	struct wanted *w = ctx;

	w->found |= prefix_cmp(&r->dst, &w->p) == 0 && r->ifindex == w->ifindex;
	return !w->found;
}

static bool is_addr(void *ctx, const struct net_addr *a)
{
	struct wanted *w = ctx;

	w->found |= prefix_cmp(&a->addr, &w->p) == 0;
	return !w->found;
}

static struct wanted wanted(struct box *b, const char *prefix, const char *device)
{
	struct wanted w = {0};
	struct net_link link;

	assert_true(prefix_parse(prefix, &w.p));
	if (b->b.net_ops->link_by_name(b->b.net, device, &link))
		w.ifindex = link.index;
	return w;
}

bool box_route(struct box *b, const char *dst, const char *device)
{
	struct wanted w = wanted(b, dst, device);

	b->b.net_ops->routes(b->b.net, 0, is_route, &w);
	return w.found;
}

bool box_addr(struct box *b, const char *addr, const char *device)
{
	struct wanted w = wanted(b, addr, device);

	b->b.net_ops->addrs(b->b.net, w.ifindex, is_addr, &w);
	return w.found;
}
