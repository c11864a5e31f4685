/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two IKE engines under a virtual clock and a network that loses, repeats, reorders and corrupts
 * datagrams, while both sides rekey, delete, set attributes and ask for life at random. Then the
 * network heals and nobody orders anything any more, and after a while both sides must agree: the
 * same IKE SAs and children with the same keys, or none; no exchange left open, no SA half-dead.
 *
 *   sim_ike --seeds N          seeds 1 to N, loss 0, 10 and 30 % in turn
 *   sim_ike SEED [-v]          one seed, as it ran there; -v prints what both engines say
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ikev2/sa.h"

enum {
	SEC = 1000,
	CHAOS_MS = 900 * SEC,
	HEAL_MS = 900 * SEC,
	MAX_FLIGHT = 4096,
	MAX_CHILD = 256,
};

struct flight {
	ike_time at;
	int to;
	struct dgram d;
	uint8_t *data;
};

struct kid {
	uint32_t handle, spi_in, spi_out;
	bool out;
	uint8_t keys[2][128]; /* in, out: cipher and integrity one after the other */
	size_t n_keys[2];
};

struct side {
	struct world *w;
	int n;
	struct ike *ike;
	struct endpoint at;
	struct ike_peering p;
	struct kid kid[MAX_CHILD];
	size_t n_kid;
	uint32_t handle; /* A: of the session that it wants */
	ike_time reconnect_at;
	unsigned ups, downs;
};

struct world {
	uint64_t seed, rng;
	unsigned loss, dup, corrupt, jitter_ms; /* per cent */
	bool healed, verbose;
	ike_time now;
	struct flight f[MAX_FLIGHT];
	size_t n_flight;
	struct side s[2];
	ike_time action_at;
	unsigned long delivered;
};

static struct {
	unsigned long rekey_ike, rekey_child, established, dpd, lost_sessions, datagrams;
} total;

static void die(const struct world *w, const char *why)
{
	fprintf(stderr, "sim_ike: seed %llu (loss %u%%) at %.3f s: %s\n  again: sim_ike %llu -v\n",
	        (unsigned long long)w->seed, w->loss, (double)w->now / 1000, why,
	        (unsigned long long)w->seed);
	exit(1);
}

/* ---- chance --------------------------------------------------------------------- */

static uint64_t rnd(struct world *w)
{
	uint64_t z = w->rng += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static unsigned below(struct world *w, unsigned n)
{
	return (unsigned)(rnd(w) % n);
}

static bool chance(struct world *w, unsigned per_cent)
{
	return below(w, 100) < per_cent;
}

/* ---- callbacks ------------------------------------------------------------------ */

static void on_random(void *ctx, uint8_t *dst, size_t n)
{
	struct side *s = ctx;

	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)rnd(s->w);
}

static bool on_accept(void *ctx, const struct endpoint *local, const struct endpoint *remote,
        struct ike_peering *out)
{
	struct side *s = ctx;

	(void)local;
	(void)remote;
	*out = s->p;
	return true;
}

static bool on_lease(
        void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id, int family, struct prefix *out)
{
	(void)ctx;
	(void)handle;
	(void)owner;
	(void)id;
	*out = (struct prefix){.addr = ipaddr_v4(0xac100002), .len = 32};
	return family == AF_INET;
}

static void on_debug(void *ctx, int level, uint32_t session, uint32_t sa, const char *text)
{
	struct side *s = ctx;

	printf("%10.3f %c %d (%u,%u) %s\n", (double)s->w->now / 1000, 'A' + s->n, level, session,
	        sa, text);
}

/* ---- making the world ----------------------------------------------------------- */

static void peering(struct world *w, struct side *s)
{
	static const struct ike_attr asked[] = {
	        {.type = CFG_IP4_ADDRESS}, {.type = CFG_IP4_SUBNET}};
	static const uint8_t net[8] = {192, 168, 0, 0, 255, 255, 0, 0};
	static const struct ike_attr given[] = {{.type = CFG_IP4_SUBNET, .len = 8, .val = net}};
	struct ike_peering *p = &s->p;

	p->ike[0] = (struct ike_proposal){.encr = {{ENCR_AES_GCM_16, 128}},
	        .n_encr = 1,
	        .prf = {PRF_HMAC_SHA2_256},
	        .n_prf = 1,
	        .group = {KE_X25519},
	        .n_group = 1};
	p->esp[0] = (struct ike_proposal){
	        .encr = {{ENCR_AES_GCM_16, 128}}, .n_encr = 1, .esn_no = true};
	if (w->seed % 3 == 0) {
		p->esp[0].group[0] = KE_X25519;
		p->esp[0].n_group = 1;
	}
	p->n_ike = p->n_esp = 1;
	p->local_id = ike_id_addr(&s->at.addr);
	p->local_auth = p->remote_auth = IKE_AUTH_PSK;
	secret_set(&p->local_psk, "sim", 3);
	secret_set(&p->remote_psk, "sim", 3);
	p->ts_local[0] = p->ts_remote[0] = ike_ts_any4();
	p->n_ts_local = p->n_ts_remote = 1;
	p->dpd = (struct ike_dpd){.interval_ms = 20000, .retry_ms = 3000};
	p->fragmentation = true;
	p->mobike = w->seed % 2 == 0;
	p->frag_mtu = w->seed % 2 ? 576 : 200;
	p->force_natt = w->seed % 5 == 0;
	p->initial_contact = true;
	p->ike_lifetime_s = 200 + below(w, 400);
	p->child_lifetime_s = 60 + below(w, 200);
	p->cfg_request = (struct ike_attrs){.v = asked, .n = 2};
	p->cfg_reply = (struct ike_attrs){.v = given, .n = 1};
}

static void side_init(struct world *w, int n)
{
	struct side *s = &w->s[n];
	struct ike_ops ops = {.ctx = s,
	        .random = on_random,
	        .accept = n ? on_accept : NULL,
	        .lease = on_lease,
	        .debug = w->verbose ? on_debug : NULL};
	struct ike_config cfg = {.cookie_always = w->seed % 4 == 0};

	s->w = w;
	s->n = n;
	s->at = (struct endpoint){.addr = ipaddr_v4(0x0a000001u + (uint32_t)n), .port = 500};
	s->reconnect_at = IKE_NEVER;
	peering(w, s);
	s->ike = ike_new(&ops, &cfg, w->now);
}

static void world_init(struct world *w, uint64_t seed, bool verbose)
{
	static const unsigned loss[] = {0, 10, 30};

	*w = (struct world){.seed = seed, .rng = seed, .verbose = verbose, .now = 1000};
	w->loss = loss[seed % 3];
	w->dup = 5;
	w->corrupt = w->loss ? 2 : 1;
	w->jitter_ms = below(w, 3) ? 100 : 2500;
	side_init(w, 0);
	side_init(w, 1);
	w->s[0].reconnect_at = w->now;
	w->action_at = w->now + 5 * SEC;
}

static void world_fini(struct world *w)
{
	for (size_t i = 0; i < w->n_flight; i++)
		free(w->f[i].data);
	for (int i = 0; i < 2; i++) {
		ike_free(w->s[i].ike);
		secret_wipe(&w->s[i].p.local_psk);
		secret_wipe(&w->s[i].p.remote_psk);
	}
}

/* ---- the network ---------------------------------------------------------------- */

static void launch(struct world *w, int from, const struct dgram *d)
{
	if (w->n_flight == MAX_FLIGHT)
		die(w, "a storm of datagrams");
	struct flight *f = &w->f[w->n_flight++];

	*f = (struct flight){.at = w->now + 5 + below(w, w->healed ? 50 : w->jitter_ms),
	        .to = !from,
	        .d = *d,
	        .data = xmemdup(d->data, d->len)};
	f->d.local = d->remote;
	f->d.remote = d->local;
	f->d.data = f->data;
	if (!w->healed && chance(w, w->corrupt))
		f->data[below(w, (unsigned)d->len)] ^= (uint8_t)(1u << below(w, 8));
}

static void collect(struct world *w, int n)
{
	struct dgram d;

	while (ike_tx(w->s[n].ike, &d)) {
		if (d.keepalive || (!w->healed && chance(w, w->loss)))
			continue;
		launch(w, n, &d);
		if (!w->healed && chance(w, w->dup))
			launch(w, n, &d);
	}
}

static size_t earliest(const struct world *w)
{
	size_t best = 0;

	for (size_t i = 1; i < w->n_flight; i++)
		if (w->f[i].at < w->f[best].at)
			best = i;
	return best;
}

static void deliver(struct world *w)
{
	size_t i = earliest(w);
	struct flight f = w->f[i];

	w->f[i] = w->f[--w->n_flight];
	w->delivered++;
	ike_rx(w->s[f.to].ike, &f.d, w->now);
	free(f.data);
}

/* ---- what the engines tell ------------------------------------------------------ */

static struct kid *kid_find(struct side *s, uint32_t spi_in)
{
	for (size_t i = 0; i < s->n_kid; i++)
		if (s->kid[i].spi_in == spi_in)
			return &s->kid[i];
	return NULL;
}

static void kid_drop(struct side *s, struct kid *k)
{
	*k = s->kid[--s->n_kid];
}

static size_t join(uint8_t *dst, struct span a, struct span b)
{
	memcpy(dst, a.p, a.n);
	if (b.n)
		memcpy(dst + a.n, b.p, b.n);
	return a.n + b.n;
}

static void check_keys(struct world *w, const struct kid *a, const struct kid *b)
{
	if (a->spi_in != b->spi_out)
		die(w, "two children are each other's half in one direction only");
	for (int i = 0; i < 2; i++)
		if (a->n_keys[i] != b->n_keys[!i] ||
		        memcmp(a->keys[i], b->keys[!i], a->n_keys[i]) != 0)
			die(w, "keys differ");
}

static void kid_up(struct side *s, const struct ike_event *ev)
{
	struct kid *k, *other;

	if (s->n_kid == MAX_CHILD || kid_find(s, ev->child.spi_in))
		die(s->w, "CHILD_UP twice, or too many");
	k = &s->kid[s->n_kid++];
	*k = (struct kid){.handle = ev->handle,
	        .spi_in = ev->child.spi_in,
	        .spi_out = ev->child.spi_out,
	        .out = !ev->replaces};
	k->n_keys[0] = join(k->keys[0], ev->child.encr_in, ev->child.integ_in);
	k->n_keys[1] = join(k->keys[1], ev->child.encr_out, ev->child.integ_out);
	other = kid_find(&s->w->s[!s->n], k->spi_out);
	if (other)
		check_keys(s->w, k, other);
}

static void session_lost(struct side *s, uint32_t handle)
{
	for (size_t i = 0; i < s->n_kid;)
		if (s->kid[i].handle == handle)
			kid_drop(s, &s->kid[i]);
		else
			i++;
	s->downs++;
	if (s->n == 0 && handle == s->handle) {
		s->handle = 0;
		s->reconnect_at = s->w->now + 500 + below(s->w, 2 * SEC);
	}
}

static void on_event(struct side *s, const struct ike_event *ev)
{
	static const char *const name[IKE_EV_DOWN + 1] = {
	        [IKE_EV_ESTABLISHED] = "ESTABLISHED",
	        [IKE_EV_CHILD_UP] = "CHILD_UP",
	        [IKE_EV_CHILD_OUT] = "CHILD_OUT",
	        [IKE_EV_CHILD_DOWN] = "CHILD_DOWN",
	        [IKE_EV_CFG_SET] = "CFG_SET",
	        [IKE_EV_CFG_ACK] = "CFG_ACK",
	        [IKE_EV_REKEYED] = "REKEYED",
	        [IKE_EV_ENDPOINT] = "ENDPOINT",
	        [IKE_EV_DOWN] = "DOWN",
	};
	struct kid *k = kid_find(s, ev->child.spi_in);

	if (s->w->verbose)
		printf("%10.3f %c   event %s handle %u child %08X/%08X replaces %08X reason %d\n",
		        (double)s->w->now / 1000, 'A' + s->n, name[ev->type] ? name[ev->type] : "?",
		        ev->handle, ev->child.spi_in, ev->child.spi_out, ev->replaces, ev->reason);
	switch (ev->type) {
	case IKE_EV_ESTABLISHED:
		s->ups++;
		return;
	case IKE_EV_CHILD_UP:
		kid_up(s, ev);
		return;
	case IKE_EV_CHILD_OUT:
		if (!k)
			die(s->w, "CHILD_OUT of a child that is not up");
		k->out = true;
		return;
	case IKE_EV_CHILD_DOWN:
		if (!k)
			die(s->w, "CHILD_DOWN of a child that is not up");
		kid_drop(s, k);
		return;
	case IKE_EV_DOWN:
		session_lost(s, ev->handle);
		return;
	default:
		return;
	}
}

static void events(struct side *s)
{
	struct ike_event ev;

	while (ike_poll(s->ike, &ev))
		on_event(s, &ev);
}

/* ---- what the sides do ---------------------------------------------------------- */

static size_t kids_of(const struct side *s, uint32_t handle)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_kid; i++)
		n += s->kid[i].handle == handle;
	return n;
}

/* A client: a session that it wants, and that has a child. */
static void client(struct world *w)
{
	struct side *s = &w->s[0];
	struct ike_sa_info info;

	if (s->handle && ike_sa_info(s->ike, s->handle, &info) && info.established &&
	        !kids_of(s, s->handle)) {
		ike_close(s->ike, s->handle, w->now);
		events(s);
	}
	if (!s->handle && s->reconnect_at <= w->now) {
		s->reconnect_at = IKE_NEVER;
		s->handle = ike_connect(s->ike, &s->p, &s->at, &w->s[1].at, 0, w->now);
	}
}

static uint32_t a_handle(const struct side *s)
{
	struct ike_sa_info info;

	return ike_sa_next(s->ike, 0, &info) ? info.handle : 0;
}

/* The client finds itself at another address. */
static void move(struct world *w)
{
	struct side *s = &w->s[0];

	struct endpoint to = {.addr = ipaddr_v4(0x0a000100u + below(w, 200)), .port = 500};

	if (ike_update_address(s->ike, s->handle, &to, &w->s[1].at, w->now))
		s->at = to;
}

static void act(struct world *w, int n)
{
	static const uint8_t net[8] = {10, 1, 0, 0, 255, 255, 0, 0};
	static const struct ike_attr set[] = {{.type = CFG_IP4_SUBNET, .len = 8, .val = net}};
	struct ike_attrs attrs = {.v = set, .n = 1};
	struct side *s = &w->s[n];
	uint32_t h = a_handle(s), spi = s->n_kid ? s->kid[below(w, (unsigned)s->n_kid)].spi_in : 0;

	switch (below(w, 12)) {
	case 0:
	case 1:
	case 2:
		ike_rekey_ike(s->ike, h, w->now);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		ike_rekey_child(s->ike, spi, w->now);
		break;
	case 7:
	case 8:
		ike_cfg_set(s->ike, h, &attrs, w->now);
		break;
	case 9:
		ike_dpd_now(s->ike, h, w->now);
		break;
	case 10:
		if (chance(w, 30))
			ike_delete_child(s->ike, spi, w->now);
		else if (n == 0)
			move(w);
		break;
	default:
		if (chance(w, 20))
			ike_close(s->ike, h, w->now);
		else if (chance(w, 10))
			ike_abandon(s->ike, h, w->now);
		break;
	}
}

/* Often both sides do something at once: collisions are what this is about. */
static void actions(struct world *w)
{
	if (w->healed || w->now < w->action_at)
		return;
	w->action_at = w->now + 100 + below(w, chance(w, 30) ? 500 : 15 * SEC);
	int n = (int)below(w, 2);

	act(w, n);
	if (chance(w, 60))
		act(w, !n);
	if (chance(w, 20))
		act(w, n);
}

/* ---- time ----------------------------------------------------------------------- */

static ike_time next_time(const struct world *w)
{
	ike_time t = w->healed ? IKE_NEVER : w->action_at;

	for (int i = 0; i < 2; i++)
		if (ike_deadline(w->s[i].ike) < t)
			t = ike_deadline(w->s[i].ike);
	if (w->s[0].reconnect_at < t)
		t = w->s[0].reconnect_at;
	if (w->n_flight && w->f[earliest(w)].at < t)
		t = w->f[earliest(w)].at;
	return t;
}

static void drain(struct world *w)
{
	for (int i = 0; i < 2; i++) {
		events(&w->s[i]);
		collect(w, i);
	}
	client(w);
	for (int i = 0; i < 2; i++)
		collect(w, i);
}

static void step(struct world *w)
{
	ike_time t = next_time(w);
	static ike_time last;
	static unsigned same;

	same = t == last ? same + 1 : 0;
	last = t;
	if (same > 100000)
		die(w, "time stands still");
	if (t > w->now)
		w->now = t;
	while (w->n_flight && w->f[earliest(w)].at <= w->now) {
		deliver(w);
		drain(w);
	}
	for (int i = 0; i < 2; i++)
		if (ike_deadline(w->s[i].ike) <= w->now)
			ike_tick(w->s[i].ike, w->now);
	actions(w);
	drain(w);
}

/* ---- the verdict ---------------------------------------------------------------- */

static bool quiet_session(const struct session *s)
{
	return !s->down && s->established && s->current && s->sas == s->current &&
	       !s->current->next && !s->current->out && !s->tasks &&
	       s->current->state == IKE_S_ESTABLISHED && !s->current->rival &&
	       !s->current->close_wanted && s->children && !s->children->next &&
	       s->children->state == CHILD_UP;
}

static bool quiet(const struct world *w)
{
	if (w->n_flight)
		return false;
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < w->s[i].ike->n_heap; k++)
			if (!quiet_session(w->s[i].ike->heap[k]))
				return false;
	return w->s[0].ike->n_heap == 1 && w->s[1].ike->n_heap == 1;
}

static void describe(const struct world *w)
{
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < w->s[i].ike->n_heap; k++) {
			const struct session *s = w->s[i].ike->heap[k];

			fprintf(stderr, "  %c session %u handle %u%s%s\n", 'A' + i, s->id,
			        s->handle, s->down ? " down" : "",
			        s->established ? "" : " not established");
			for (const struct ike_sa *sa = s->sas; sa; sa = sa->next)
				fprintf(stderr, "    SA %016llX state %d%s%s%s%s out %d\n",
				        (unsigned long long)sa->spi_i, sa->state,
				        sa == s->current ? " current" : "",
				        sa->ghost ? " ghost" : "", sa->replaced ? " replaced" : "",
				        sa->rival ? " rival" : "",
				        sa->out ? (int)sa->out->type : -1);
			for (const struct child_sa *c = s->children; c; c = c->next)
				fprintf(stderr,
				        "    child %08X/%08X state %d told %d heir %08X%s\n",
				        c->spi_in, c->k.spi_out, c->state, c->told, c->heir,
				        c->redundant ? " redundant" : "");
		}
}

static void verdict(struct world *w)
{
	const struct session *a = w->s[0].ike->heap[0], *b = w->s[1].ike->heap[0];

	if (a->current->spi_i != b->current->spi_i || a->current->spi_r != b->current->spi_r)
		die(w, "both sides have an SA, but not the same");
	if (a->mobike && (!ipaddr_eq(&a->local.addr, &w->s[0].at.addr) ||
	                         !ipaddr_eq(&b->remote.addr, &a->local.addr)))
		die(w, "the client is not where its peer thinks");
	if (w->s[0].n_kid != 1 || w->s[1].n_kid != 1)
		die(w, "what was told of children is not what there is");
	if (w->s[0].kid[0].spi_out != w->s[1].kid[0].spi_in)
		die(w, "both sides have a child, but not the same");
	check_keys(w, &w->s[0].kid[0], &w->s[1].kid[0]);
	if (!w->s[0].kid[0].out || !w->s[1].kid[0].out)
		die(w, "a side does not send on its only child");
}

static void count(const struct world *w)
{
	for (int i = 0; i < 2; i++) {
		const struct ike_counters *c = ike_counters(w->s[i].ike);

		total.rekey_ike += c->ike_rekeyed;
		total.rekey_child += c->child_rekeyed;
		total.established += w->s[i].ups;
		total.dpd += c->dpd_sent;
		total.lost_sessions += w->s[i].downs;
	}
	total.datagrams += w->delivered;
}

static void run(uint64_t seed, bool verbose)
{
	static struct world w;
	ike_time end;

	world_init(&w, seed, verbose);
	end = w.now + CHAOS_MS;
	while (w.now < end)
		step(&w);
	w.healed = true;
	end = w.now + HEAL_MS;
	while (w.now < end)
		step(&w);
	for (int i = 0; i < 2000 && !quiet(&w); i++)
		step(&w);
	if (!quiet(&w)) {
		describe(&w);
		die(&w, "something is left half-done long after the network healed");
	}
	verdict(&w);
	count(&w);
	world_fini(&w);
}

int main(int argc, char **argv)
{
	uint64_t seeds =
	        argc == 3 && strcmp(argv[1], "--seeds") == 0 ? strtoull(argv[2], NULL, 10) : 0;

	if (!seeds && argc >= 2 && argv[1][0] != '-') {
		run(strtoull(argv[1], NULL, 10), argc == 3 && strcmp(argv[2], "-v") == 0);
		return 0;
	}
	if (!seeds) {
		fprintf(stderr, "usage: sim_ike --seeds N | SEED [-v]\n");
		return 2;
	}
	for (uint64_t i = 1; i <= seeds; i++)
		run(i, false);
	printf("%llu seeds: %lu datagrams, %lu IKE SAs established, %lu rekeyed, %lu children "
	       "rekeyed, "
	       "%lu liveness checks, %lu sessions lost\n",
	        (unsigned long long)seeds, total.datagrams, total.established, total.rekey_ike,
	        total.rekey_child, total.dpd, total.lost_sessions);
	return 0;
}
