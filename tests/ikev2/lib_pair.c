/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines and what lies between: see lib_pair.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_pair.h"

const char pair_psk[] = "a key of some length";

/* ---- callbacks ------------------------------------------------------------------ */

static void prng(void *ctx, uint8_t *dst, size_t n)
{
	struct pair_side *s = ctx;

	for (size_t i = 0; i < n; i++) {
		s->seed = s->seed * 1664525u + 1013904223u;
		dst[i] = (uint8_t)(s->seed >> 24);
	}
}

static bool on_accept(void *ctx, const struct endpoint *local, const struct endpoint *remote,
        struct ike_peering *out)
{
	struct pair_side *s = ctx;

	(void)local;
	(void)remote;
	*out = s->peering;
	return !s->refuse;
}

static bool on_peer_ok(
        void *ctx, uint64_t owner, const struct endpoint *remote, const struct ike_id *id)
{
	(void)remote;
	struct pair_side *s = ctx;
	char text[320];

	(void)owner;
	return !s->want_peer || strcmp(ike_id_fmt(id, text), s->want_peer) == 0;
}

static bool on_psk(void *ctx, uint64_t owner, const struct endpoint *remote,
        const struct ike_id *id, struct secret *remote_psk, struct secret *local_psk)
{
	struct pair_side *s = ctx;

	(void)owner;
	(void)remote;
	(void)id;
	secret_copy(remote_psk, &s->key);
	secret_copy(local_psk, &s->key);
	return s->key.n > 0;
}

static bool on_lease(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id,
        int family, struct prefix *out)
{
	struct pair_side *s = ctx;

	(void)handle;
	(void)owner;
	(void)id;
	*out = (struct prefix){.addr = ipaddr_v4(0xac100004), .len = 32};
	return !s->lease_none && family == AF_INET;
}

static void on_debug(void *ctx, int level, uint32_t session, uint32_t sa, const char *text)
{
	struct pair_side *s = ctx;

	(void)session;
	(void)sa;
	assert_in_range(level, 0, 3);
	s->debug_lines++;
	if (strncmp(text, "Building packet", 15) == 0)
		sb_puts(&s->built, strstr(text, "contents:"));
	s->debug_seen_key |= strstr(text, pair_psk) != NULL;
}

/* ---- peerings ------------------------------------------------------------------- */

static struct ike_proposal ike_default(void)
{
	return (struct ike_proposal){.encr = {{ENCR_AES_CBC, 256}},
	        .n_encr = 1,
	        .integ = {AUTH_HMAC_SHA2_256_128},
	        .n_integ = 1,
	        .prf = {PRF_HMAC_SHA2_256},
	        .n_prf = 1,
	        .group = {KE_X25519, KE_ECP_256},
	        .n_group = 2};
}

static struct ike_proposal esp_default(void)
{
	return (struct ike_proposal){.encr = {{ENCR_AES_GCM_16, 128}},
	        .n_encr = 1,
	        .group = {KE_X25519},
	        .n_group = 1,
	        .esn_no = true};
}

static void peering_default(struct pair_side *s)
{
	struct ike_peering *p = &s->peering;

	p->owner = (uint64_t)(100 + s->n);
	p->ike[0] = ike_default();
	p->esp[0] = esp_default();
	p->n_ike = p->n_esp = 1;
	p->local_id = ike_id_addr(&s->at.addr);
	p->local_auth = p->remote_auth = IKE_AUTH_PSK;
	p->ts_local[0] = p->ts_remote[0] = ike_ts_any4();
	p->n_ts_local = p->n_ts_remote = 1;
	p->fragmentation = true;
	p->cisco_vendor_ids = true;
	secret_set(&p->local_psk, pair_psk, strlen(pair_psk));
	secret_set(&p->remote_psk, pair_psk, strlen(pair_psk));
	secret_set(&s->key, pair_psk, strlen(pair_psk));
}

void pair_key(struct pair *p, int side, const char *psk)
{
	secret_set(&p->s[side].peering.local_psk, psk, strlen(psk));
	secret_set(&p->s[side].peering.remote_psk, psk, strlen(psk));
	secret_set(&p->s[side].key, psk, strlen(psk));
}

/* ---- making it ------------------------------------------------------------------ */

static void side_init(struct pair *p, int n, const struct ike_config *cfg)
{
	struct pair_side *s = &p->s[n];
	struct ike_ops ops = {.ctx = s,
	        .random = prng,
	        .accept = on_accept,
	        .peer_ok = on_peer_ok,
	        .psk = on_psk,
	        .lease = on_lease,
	        .debug = on_debug};

	s->p = p;
	s->n = n;
	s->seed = (uint32_t)(n + 1) * 77u;
	s->at = (struct endpoint){.addr = ipaddr_v4(0x0a000001u + (uint32_t)n), .port = 500};
	peering_default(s);
	s->ike = ike_new(&ops, cfg, p->now);
}

struct pair *pair_new_config(const struct ike_config *a, const struct ike_config *b)
{
	struct pair *p = xcalloc(1, sizeof(*p));

	p->now = 1000000;
	p->nat_shift = 20000;
	side_init(p, A, a);
	side_init(p, B, b);
	return p;
}

struct pair *pair_new(void)
{
	struct ike_config cfg = {0};

	return pair_new_config(&cfg, &cfg);
}

void pair_free(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		ike_free(p->s[i].ike);
		secret_wipe(&p->s[i].peering.local_psk);
		secret_wipe(&p->s[i].peering.remote_psk);
		secret_wipe(&p->s[i].key);
		sb_fini(&p->s[i].built);
		assert_false(p->s[i].debug_seen_key);
	}
	free(p);
}

/* ---- events --------------------------------------------------------------------- */

static void span_keep(uint8_t dst[64], size_t *n, struct span s)
{
	assert_true(s.n <= 64);
	*n = s.n;
	if (s.n)
		memcpy(dst, s.p, s.n);
}

static size_t find_child(struct pair_side *s, uint32_t spi_in)
{
	size_t i = 0;

	while (i < s->n_child && s->child[i].spi_in != spi_in)
		i++;
	return i;
}

static void child_up(struct pair_side *s, const struct ike_event *ev)
{
	size_t i = s->n_child++;
	struct pair_child *c = &s->child[i];

	assert_true(i < PAIR_CHILDREN);
	assert_int_equal(find_child(s, ev->child.spi_in), s->n_child);
	*c = (struct pair_child){.handle = ev->handle,
	        .spi_in = ev->child.spi_in,
	        .spi_out = ev->child.spi_out,
	        .out = ev->replaces == 0,
	        .k = ev->child};
	span_keep(c->encr_in, &c->n_encr, ev->child.encr_in);
	span_keep(c->encr_out, &c->n_encr, ev->child.encr_out);
	span_keep(c->integ_in, &c->n_integ, ev->child.integ_in);
	span_keep(c->integ_out, &c->n_integ, ev->child.integ_out);
}

static void child_down(struct pair_side *s, uint32_t spi_in)
{
	size_t i = find_child(s, spi_in);

	assert_true(i < s->n_child);
	s->child[i] = s->child[--s->n_child];
}

static void all_down(struct pair_side *s, uint32_t handle)
{
	for (size_t i = 0; i < s->n_child;)
		if (s->child[i].handle == handle)
			s->child[i] = s->child[--s->n_child];
		else
			i++;
}

static void keep_attrs(struct pair_side *s, const struct ike_attrs *a)
{
	s->n_attr = 0;
	for (size_t i = 0; i < a->n && i < PAIR_ATTRS; i++) {
		s->attr[i] = a->v[i];
		if (a->v[i].len)
			memcpy(s->attr_data[i], a->v[i].val, a->v[i].len < 64 ? a->v[i].len : 64);
		s->attr[i].val = s->attr_data[i];
		s->n_attr++;
	}
}

static void on_event(struct pair_side *s, const struct ike_event *ev)
{
	assert_true(find_child(s, 0) == s->n_child);
	assert_int_equal(ev->owner, s->peering.owner);
	s->count[ev->type]++;
	s->last[ev->type] = *ev;
	if (ev->attrs.n || ev->type == IKE_EV_CFG_ACK)
		keep_attrs(s, &ev->attrs);
	if (ev->type == IKE_EV_EAP) {
		assert_true(ev->eap.n <= sizeof(s->eap));
		memcpy(s->eap, ev->eap.p, ev->eap.n);
		s->n_eap = ev->eap.n;
	}
	if (ev->type == IKE_EV_CHILD_UP)
		child_up(s, ev);
	else if (ev->type == IKE_EV_CHILD_OUT)
		s->child[find_child(s, ev->child.spi_in)].out = true;
	else if (ev->type == IKE_EV_CHILD_DOWN)
		child_down(s, ev->child.spi_in);
	else if (ev->type == IKE_EV_DOWN)
		all_down(s, ev->handle);
}

/* ---- the wire ------------------------------------------------------------------- */

static void translate(const struct pair *p, int from, struct dgram *d)
{
	struct ipaddr outside = ipaddr_v4(0xc0000201);

	if (!p->nat)
		return;
	if (from == A) {
		d->remote.addr = outside;
		d->remote.port = (uint16_t)(d->remote.port + p->nat_shift);
	} else {
		d->local.addr = p->s[A].at.addr;
		d->local.port = (uint16_t)(d->local.port - p->nat_shift);
	}
}

static bool cross(struct pair *p, int from)
{
	uint8_t copy[65536];
	struct dgram out, in;
	bool any = false;

	while (ike_tx(p->s[from].ike, &out)) {
		any = true;
		if (out.keepalive)
			continue;
		assert_true(out.len && out.len <= sizeof(copy));
		memcpy(copy, out.data, out.len);
		in = out;
		in.data = copy;
		in.local = out.remote;
		in.remote = out.local;
		translate(p, from, &in);
		if (out.len > p->largest)
			p->largest = out.len;
		if (p->filter && !p->filter(p, from, &in)) {
			p->dropped++;
			continue;
		}
		p->crossed++;
		ike_rx(p->s[!from].ike, &in, p->now);
	}
	return any;
}

static bool events(struct pair *p)
{
	struct ike_event ev;
	bool any = false;

	for (int i = 0; i < 2; i++)
		while (ike_poll(p->s[i].ike, &ev)) {
			any = true;
			on_event(&p->s[i], &ev);
		}
	return any;
}

void pair_settle(struct pair *p)
{
	bool any = true;

	for (int rounds = 0; any; rounds++) {
		assert_true(rounds < 1000); /* a storm that never ends */
		any = cross(p, A);
		any |= cross(p, B);
		any |= events(p);
	}
}

void pair_run(struct pair *p, uint64_t ms)
{
	ike_time end = p->now + ms;

	pair_settle(p);
	for (;;) {
		ike_time a = ike_deadline(p->s[A].ike), b = ike_deadline(p->s[B].ike),
		         at = a < b ? a : b;

		if (at > end)
			break;
		if (at > p->now)
			p->now = at;
		ike_tick(p->s[A].ike, p->now);
		ike_tick(p->s[B].ike, p->now);
		pair_settle(p);
	}
	p->now = end;
}

bool pair_drop_all(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	(void)from;
	(void)d;
	return false;
}

bool pair_drop_requests_of_a(struct pair *p, int from, struct dgram *d)
{
	(void)p;
	return from == B || (d->data[19] & IKE_F_RESPONSE);
}

/* ---- orders and questions ------------------------------------------------------- */

void pair_connect(struct pair *p)
{
	p->handle = ike_connect(p->s[A].ike, &p->s[A].peering, &p->s[A].at, &p->s[B].at, 0, p->now);
	assert_int_not_equal(p->handle, 0);
	pair_settle(p);
}

void pair_up(struct pair *p)
{
	pair_connect(p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(p->s[i].count[IKE_EV_ESTABLISHED], 1);
		assert_int_equal(p->s[i].count[IKE_EV_CHILD_UP], 1);
	}
	pair_agree(p);
	assert_int_equal(p->s[A].n_child, 1);
}

uint32_t pair_handle(struct pair *p, int side)
{
	struct ike_sa_info info;

	return ike_sa_next(p->s[side].ike, 0, &info) ? info.handle : 0;
}

size_t pair_sas(struct pair *p, int side)
{
	struct ike_sa_info info;
	size_t n = 0;

	for (uint32_t h = 0; ike_sa_next(p->s[side].ike, h, &info); h = info.handle)
		n++;
	return n;
}

struct ike_sa *pair_sa(struct pair *p, int side)
{
	struct ike *e = p->s[side].ike;

	for (size_t i = 0; i < e->n_slot; i++)
		if (e->slot[i].ses && e->slot[i].ses->current)
			return e->slot[i].ses->current;
	return NULL;
}

static void same_keys(const struct pair_child *a, const struct pair_child *b)
{
	assert_int_equal(a->spi_out, b->spi_in);
	assert_int_equal(a->n_encr, b->n_encr);
	assert_int_equal(a->n_integ, b->n_integ);
	assert_memory_equal(a->encr_in, b->encr_out, a->n_encr);
	assert_memory_equal(a->encr_out, b->encr_in, a->n_encr);
	assert_memory_equal(a->integ_in, b->integ_out, a->n_integ);
	assert_memory_equal(a->integ_out, b->integ_in, a->n_integ);
	assert_memory_not_equal(a->encr_in, a->encr_out, a->n_encr);
}

void pair_agree(struct pair *p)
{
	struct ike_sa_info a, b;

	assert_int_equal(p->s[A].n_child, p->s[B].n_child);
	for (size_t i = 0; i < p->s[A].n_child; i++) {
		size_t k = find_child(&p->s[B], p->s[A].child[i].spi_out);

		assert_true(k < p->s[B].n_child);
		same_keys(&p->s[A].child[i], &p->s[B].child[k]);
	}
	assert_int_equal(pair_sas(p, A), pair_sas(p, B));
	if (!pair_sas(p, A))
		return;
	assert_true(ike_sa_next(p->s[A].ike, 0, &a) && ike_sa_next(p->s[B].ike, 0, &b));
	assert_true(a.spi_i == b.spi_i && a.spi_r == b.spi_r);
	assert_int_equal(a.state, IKE_S_ESTABLISHED);
	assert_int_equal(b.state, IKE_S_ESTABLISHED);
	assert_int_not_equal(a.initiator, b.initiator);
	assert_int_equal(a.n_children, p->s[A].n_child);
}
