/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual world of the client tests: see lib_world.h. */
#include "lib_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

const char world_guide_example[] = "platform interface Ethernet0/0 device eth0\n"
				   "crypto ikev2 client flexvpn flex\n  peer 1 10.0.0.1\n  connect manual\n"
				   "  client connect Tunnel0\n!\n"
				   "crypto ikev2 authorization policy flex\n subnet-acl 199\n route set interface\n"
				   " route accept any \n!\n"
				   "crypto ikev2 keyring key\n peer dvti\n  address 0.0.0.0 0.0.0.0\n"
				   "  pre-shared-key cisco\n !\n"
				   "crypto ikev2 profile prof\n match identity remote address 10.0.0.1 255.0.0.0\n"
				   " authentication local pre-share\n authentication remote pre-share\n keyring key\n"
				   " aaa authorization group psk list local-group-author-list flex\n config-mode set\n!\n"
				   "crypto ipsec transform-set trans esp-aes\n!\n"
				   "crypto ipsec profile ipsecprof\n set transform-set trans\n set pfs group2\n"
				   " set ikev2-profile prof\n!\n"
				   "interface Tunnel0\n ip address negotiated\n tunnel source Ethernet0/0\n"
				   " tunnel destination dynamic\n tunnel mode ipsec ipv4\n"
				   " tunnel protection ipsec-profile ipsecprof\n!\n"
				   "interface Ethernet0/0\n ip address 172.16.0.1 255.240.0.0\n ip virtual-reassembly in\n!\n"
				   " ip route 0.0.0.0 0.0.0.0 2.2.2.2\n"
				   "access-list 199 permit ip 10.20.20.20 0.0.0.255 any\n"
				   "access-list 199 permit ip 10.30.30.30 0.0.0.255 any\n";

static void prng(void *ctx, uint8_t *dst, size_t n)
{
	struct world *w = ctx;

	for (size_t i = 0; i < n; i++) {
		w->seed = w->seed * 1664525u + 1013904223u;
		dst[i] = (uint8_t)(w->seed >> 24);
	}
}

/* ---- names and probes ------------------------------------------------------------------------------------------------------ */

static void ask_name(void *ctx, uint32_t id, const struct resolver_question *q)
{
	struct world *w = ctx;
	struct resolver_answer a = {.id = id, .why = "Domain name not found"};

	w->question = *q;
	w->asked++;
	for (size_t i = 0; i < WORLD_NAMES; i++)
		for (uint8_t k = 0; w->name[i].name && strcmp(w->name[i].name, q->name) == 0 && k < w->name[i].n; k++)
			if (w->name[i].addr[k].family == q->family)
				a.addr[a.n++] = w->name[i].addr[k];
	if (w->names_fail)
		a = (struct resolver_answer){.id = id, .why = "Timeout while contacting DNS servers"};
	assert_true(w->n_answer < WORLD_PENDING);
	w->answer_at[w->n_answer] = w->now + (w->names_fail ? 5000 : w->latency);
	w->answer[w->n_answer++] = a;
}

static void drop_answer(struct world *w, size_t i)
{
	w->n_answer--;
	w->answer[i] = w->answer[w->n_answer];
	w->answer_at[i] = w->answer_at[w->n_answer];
}

static void cancel_name(void *ctx, uint32_t id)
{
	struct world *w = ctx;

	for (size_t i = w->n_answer; i-- > 0;)
		if (w->answer[i].id == id)
			drop_answer(w, i);
}

static bool poll_name(void *ctx, struct resolver_answer *out)
{
	struct world *w = ctx;

	for (size_t i = 0; i < w->n_answer; i++)
		if (w->answer_at[i] <= w->now) {
			*out = w->answer[i];
			drop_answer(w, i);
			return true;
		}
	return false;
}

/* A probe to a dead hub is never answered, nor one through a cut link; any other at once. */
static bool probe_send(void *ctx, const struct sla_cfg *c, uint32_t id)
{
	struct world *w = ctx;

	w->probe = *c;
	if (w->cut[strcmp(c->ifname, "Ethernet0/1") == 0])
		return true;
	for (int i = 0; i < WORLD_HUBS; i++)
		if (w->hub[i].dead && ipaddr_eq(&w->hub[i].addr, &c->target))
			return true;
	if (w->n_echo < WORLD_PENDING)
		w->echo[w->n_echo++].id = id;
	return true;
}

static void probe_cancel(void *ctx, uint32_t id)
{
	struct world *w = ctx;

	for (size_t i = 0; i < w->n_echo; i++)
		if (w->echo[i].id == id)
			w->echo[i--] = w->echo[--w->n_echo];
}

static bool probe_poll(void *ctx, uint32_t *id, bool *ok)
{
	struct world *w = ctx;

	if (!w->n_echo)
		return false;
	*id = w->echo[--w->n_echo].id;
	*ok = true;
	return true;
}

/* ---- hubs ------------------------------------------------------------------------------------------------------------------ */

static void hub_random(void *ctx, uint8_t *dst, size_t n)
{
	prng(((struct world_hub *)ctx)->w, dst, n);
}

static bool hub_accept(void *ctx, const struct endpoint *local, const struct endpoint *remote, struct ike_peering *out)
{
	struct world_hub *h = ctx;

	(void)remote;
	h->inits++;
	if (h->refuse)
		return false;
	out->ike[0] = (struct ike_proposal){.encr = {{ENCR_AES_CBC, 256}},
		.n_encr = 1,
		.integ = {AUTH_HMAC_SHA2_512_256},
		.n_integ = 1,
		.prf = {PRF_HMAC_SHA2_512},
		.n_prf = 1,
		.group = {KE_ECP_256},
		.n_group = 1};
	out->n_ike = 1;
	out->esp[0] = (struct ike_proposal){.encr = {{ENCR_AES_CBC, 128}},
		.n_encr = 1,
		.integ = {AUTH_NONE},
		.n_integ = 1,
		.group = {h->pfs, KE_NONE},
		.n_group = 2,
		.esn_no = true};
	out->n_esp = 1;
	out->local_id = ike_id_addr(&local->addr);
	out->local_auth = out->remote_auth = IKE_AUTH_PSK;
	secret_set(&h->key, h->psk, strlen(h->psk));
	out->local_psk = out->remote_psk = h->key;
	out->ts_local[0] = out->ts_remote[0] = ike_ts_any4();
	out->n_ts_local = out->n_ts_remote = 1;
	out->cfg_reply = (struct ike_attrs){.v = h->reply, .n = h->n_reply};
	out->force_natt = false;
	out->redirect_at = h->redirect_at;
	out->redirect_to = h->redirect_to;
	out->mobike = h->mobike;
	out->childless = !h->needs_child;
	out->auth_lifetime_s = h->auth_lifetime_s;
	return true;
}

static bool hub_lease(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id, int family, struct prefix *out)
{
	struct world_hub *h = ctx;

	(void)handle;
	(void)owner;
	(void)id;
	*out = h->lease;
	if (h->lease_each)
		out->addr = ipaddr_v4(ipaddr_u32(&h->lease.addr) + h->leases++ % 200);
	return family == AF_INET;
}

static void hub_subnet(struct world_hub *h, const char *net, const char *mask)
{
	static uint8_t data[WORLD_HUBS * 4][8];
	static size_t used;
	uint8_t *d = data[used++ % ARRAY_LEN(data)];
	struct ipaddr a, m;

	assert_true(ipaddr_parse4(net, &a) && ipaddr_parse4(mask, &m));
	memcpy(d, a.b, 4);
	memcpy(d + 4, m.b, 4);
	h->reply[h->n_reply++] = (struct ike_attr){.type = CFG_IP4_SUBNET, .len = 8, .val = d};
}

static void hub_start(struct world_hub *h)
{
	struct ike_ops ops = {.ctx = h, .random = hub_random, .accept = hub_accept, .lease = hub_lease};
	struct ike_config cfg = {.max_half_open_per_ip = 50};

	h->ike = ike_new(&ops, &cfg, h->w->now);
}

static void hub_init(struct world *w, int n)
{
	struct world_hub *h = &w->hub[n];
	char net[32];

	h->w = w;
	h->psk = "cisco";
	h->pfs = KE_MODP_1024;
	h->addr = ipaddr_v4(0x0a000001u + (uint32_t)n);
	snprintf(net, sizeof(net), "2001:db8::%d", n + 1);
	assert_true(ipaddr_parse(net, &h->addr6));
	h->lease = (struct prefix){.addr = ipaddr_v4(0xac1f0002u + ((uint32_t)n << 8)), .len = 32};
	hub_subnet(h, "192.168.50.0", "255.255.255.0");
	snprintf(net, sizeof(net), "192.168.6%d.0", n);
	hub_subnet(h, net, "255.255.255.0");
	hub_start(h);
}

void world_hub_restart(struct world_hub *h)
{
	ike_free(h->ike);
	hub_start(h);
}

static void hub_fini(struct world_hub *h)
{
	ike_free(h->ike);
	secret_wipe(&h->key);
}

static void hub_events(struct world_hub *h)
{
	struct ike_event ev;

	while (ike_poll(h->ike, &ev)) {
		if (ev.type == IKE_EV_CHILD_UP && h->fickle && !ev.replaces)
			ike_close(h->ike, ev.handle, h->w->now);
		if (ev.type != IKE_EV_CFG_SET)
			continue;
		h->sets++;
		h->n_set = 0;
		for (size_t i = 0; i < ev.attrs.n && i < ARRAY_LEN(h->set); i++) {
			h->set[i] = ev.attrs.v[i];
			memcpy(h->set_data[i], ev.attrs.v[i].val, ev.attrs.v[i].len < 20 ? ev.attrs.v[i].len : 20);
			h->n_set++;
		}
	}
}

/* ---- the wire ---------------------------------------------------------------------------------------------------------------- */

static bool has_address(const struct world_hub *h, const struct ipaddr *a)
{
	return ipaddr_eq(&h->addr, a) || ipaddr_eq(&h->addr6, a);
}

/* The link by which a source address leaves. */
static bool is_cut(const struct world *w, const struct ipaddr *spoke)
{
	return w->cut[spoke->family == AF_INET6 ? spoke->b[5] == 0x20 : spoke->b[1] == 20];
}

static bool is_lost(struct world *w)
{
	uint8_t r[2];

	if (!w->loss)
		return false;
	prng(w, r, sizeof(r));
	return (unsigned)(r[0] << 8 | r[1]) % 1000 < w->loss;
}

static void launch(struct world *w, int hub, const struct dp_event *ev)
{
	struct world_flight f = {.at = w->now + w->latency, .hub = hub, .ev = *ev};

	if (is_cut(w, hub < 0 ? &ev->local.addr : &ev->remote.addr) || is_lost(w))
		return;
	if (w->n_flight == w->cap_flight) {
		w->cap_flight = w->cap_flight ? 2 * w->cap_flight : 64;
		w->flight = xrealloc(w->flight, w->cap_flight * sizeof(*w->flight));
	}
	uint8_t *copy = xmalloc(ev->len);

	memcpy(copy, ev->data, ev->len);
	f.ev.data = copy;
	w->flight[w->n_flight++] = f;
}

static bool from_spoke(struct world *w)
{
	struct dp_event out;
	bool any = false;

	while (dp_fake_sent(w->b.dp, &out)) {
		struct dp_event in = out;

		any = true;
		w->sent_vrf = out.vrf;
		in.type = DP_EV_IKE;
		in.local = out.remote;
		in.remote = out.local;
		for (int i = 0; i < WORLD_HUBS; i++)
			if (!w->hub[i].dead && has_address(&w->hub[i], &out.remote.addr) && out.len > 1)
				launch(w, i, &in);
	}
	return any;
}

static bool from_hub(struct world *w, struct world_hub *h)
{
	struct dgram d;
	bool any = false;

	if (ike_deadline(h->ike) <= w->now)
		ike_tick(h->ike, w->now);
	hub_events(h);
	while (ike_tx(h->ike, &d)) {
		struct dp_event ev = {.type = DP_EV_IKE, .local = d.remote, .remote = d.local, .natt = d.natt, .data = d.data,
			.len = d.len};

		any = true;
		if (!h->dead && !d.keepalive)
			launch(w, -1, &ev);
	}
	return any;
}

static void land(struct world *w, const struct world_flight *f)
{
	const struct dp_event *ev = &f->ev;
	struct dgram d = {.local = ev->local, .remote = ev->remote, .natt = ev->natt, .data = ev->data, .len = ev->len};

	if (f->hub < 0)
		dp_fake_deliver(w->b.dp, ev);
	else if (!w->hub[f->hub].dead)
		ike_rx(w->hub[f->hub].ike, &d, w->now);
	free((void *)(uintptr_t)ev->data);
}

/* Those that are due, in the order in which they left. */
static bool arrive(struct world *w)
{
	size_t n = w->n_flight, kept = 0;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct world_flight f = w->flight[i];

		if (f.at > w->now) {
			w->flight[kept++] = f;
			continue;
		}
		any = true;
		land(w, &f);
	}
	w->n_flight = kept;
	return any;
}

static void settle(struct world *w)
{
	bool any = true, quiet = w->rested_at == w->now;

	for (int rounds = 0; any && rounds < 1000; rounds++) {
		quiet &= rounds == 0;
		any = from_spoke(w);
		for (int i = 0; i < WORLD_HUBS; i++)
			any |= from_hub(w, &w->hub[i]);
		any |= arrive(w);
		fx_pump(w->x, w->now);
		any |= w->n_echo > 0;
	}
	w->storm |= any;
	assert_false(w->storm);
	w->rested_at = w->now;
	if (w->settled && !quiet)
		w->settled(w, w->settled_ctx);
}

static uint64_t next_deadline(const struct world *w)
{
	uint64_t at = fx_deadline(w->x);

	for (int i = 0; i < WORLD_HUBS; i++)
		if (!w->hub[i].dead && ike_deadline(w->hub[i].ike) < at)
			at = ike_deadline(w->hub[i].ike);
	for (size_t i = 0; i < w->n_flight; i++)
		at = w->flight[i].at < at ? w->flight[i].at : at;
	for (size_t i = 0; i < w->n_answer; i++)
		at = w->answer_at[i] < at ? w->answer_at[i] : at;
	return at;
}

static bool step(struct world *w, uint64_t end)
{
	settle(w);
	uint64_t at = next_deadline(w);

	w->steps++;
	w->now = at > w->now ? at : w->now + 1;
	if (w->now > end)
		w->now = end;
	settle(w);
	return w->now < end;
}

void world_run(struct world *w, uint64_t ms)
{
	uint64_t end = w->now + ms;

	while (step(w, end))
		;
}

bool world_until(struct world *w, const char *client, enum fx_state s, uint64_t ms)
{
	uint64_t end = w->now + ms;

	settle(w);
	while (world_client(w, client)->state != s && step(w, end))
		;
	return world_client(w, client)->state == s;
}

/* ---- making it ------------------------------------------------------------------------------------------------------------------ */

static void keep_log(void *ctx, enum log_sev sev, const char *line)
{
	struct world *w = ctx;

	(void)sev;
	snprintf(w->log[w->n_log++ % ARRAY_LEN(w->log)], sizeof(w->log[0]), "%s", line);
}

bool world_logged(const struct world *w, const char *part)
{
	for (size_t i = 0; i < ARRAY_LEN(w->log); i++)
		if (strstr(w->log[i], part))
			return true;
	return false;
}

static struct world *make_world(bool has_vrf)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct dp_config dc = {0};
	char why[100];

	w->now = 1000000;
	w->seed = 7;
	w->b = (struct fx_backends){.dp_ops = &dp_fake_ops, .net_ops = &net_fake_ops, .random = prng, .random_ctx = w};
	w->b.sla = (struct sla_io){.ctx = w, .send = probe_send, .cancel = probe_cancel};
	w->b.sla_poll = probe_poll;
	w->b.names = (struct resolver_io){.ctx = w, .ask = ask_name, .cancel = cancel_name, .poll = poll_name};
	w->b.dp = dp_fake_ops.open(&dc, why, sizeof(why));
	w->b.net = net_fake_ops.open(why, sizeof(why));
	w->b.services = services_fake_new(has_vrf);
	w->b.nat = nat_new(&nft_fake_ops, why, sizeof(why));
	w->link[0] = net_fake_link(w->b.net, "eth0", true, true);
	w->link[1] = net_fake_link(w->b.net, "eth1", true, true);
	for (int i = 0; i < WORLD_TUNNELS; i++) { /* what the data plane would create */
		char name[16];

		snprintf(name, sizeof(name), "Tunnel%d", i);
		net_fake_link(w->b.net, name, false, true);
	}
	w->sink = log_sink_add(keep_log, w, LOG_SEV_DEBUG);
	w->x = fx_new(&w->b, w->now);
	for (int i = 0; i < WORLD_HUBS; i++)
		hub_init(w, i);
	w->empty = cfg_new();
	w->ed = cfg_editor_new(w->empty);
	return w;
}

struct world *world_new(void)
{
	return make_world(true);
}

struct world *world_without_vrfs(void)
{
	return make_world(false);
}

void world_free(struct world *w)
{
	fx_free(w->x);
	for (int i = 0; i < WORLD_HUBS; i++)
		hub_fini(&w->hub[i]);
	w->b.dp_ops->close(w->b.dp);
	w->b.net_ops->close(w->b.net);
	w->b.services->ops->close(w->b.services, w->now);
	nat_free(w->b.nat);
	cfg_editor_free(w->ed);
	cfg_unref(w->empty);
	log_sink_remove(w->sink);
	for (size_t i = 0; i < w->n_flight; i++)
		free((void *)(uintptr_t)w->flight[i].ev.data);
	free(w->flight);
	free(w);
}

void world_enter(struct world *w, const char *lines)
{
	char *copy = xstrdup(lines), *save, *line;

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct gr_diag d = cfg_editor_line(w->ed, line, NULL);

		if (d.status != GR_OK && d.status != GR_EMPTY)
			fail_msg("refused: %s", line);
	}
	free(copy);
	fx_commit(w->x, cfg_editor_candidate(w->ed), w->now);
	settle(w);
}

void world_carrier(struct world *w, int link, bool up)
{
	w->cut[link] = !up;
	net_fake_carrier(w->b.net, w->link[link], up);
}

struct fx_client *world_client(struct world *w, const char *name)
{
	struct fx_client *c = fx_client_by_name(w->x, name);

	assert_non_null(c);
	return c;
}
