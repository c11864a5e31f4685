/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole engine against a peer that knows the keys and says anything. Two engines set an SA up (or
 * half of it); then the input speaks: what the peer asks and answers, sealed with the right keys
 * and ids, and what our own side is ordered to do meanwhile. At the end the peer falls silent, and
 * within ten minutes of virtual time the engine must have let go of everything and told its caller
 * so.
 *
 * The first octet chooses the role and how far the handshake goes. Then follow records:
 *
 *   op  exchange  first payload  length(2)  plaintext      requests (op 0), responses to our open
 * request (op 1) op                                                     everything else
 *
 * In plaintexts 11223344 stands for the first child's SPI of the peer, 55667788 for ours.
 */
#include <stdlib.h>

#include "ike_walk.h"
#include "ikev2/sa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { US, PEER };

struct world {
	struct ike *e[2];
	ike_time now;
	uint32_t seed, handle;
	unsigned up, down; /* events of our side */
	int children;      /* told up and not down */
	unsigned steps;
};

static void fake_random(void *ctx, uint8_t *dst, size_t n)
{
	struct world *w = ctx;

	for (size_t i = 0; i < n; i++) {
		w->seed = w->seed * 1664525 + 1013904223;
		dst[i] = (uint8_t)(w->seed >> 24);
	}
}

static struct endpoint at(int side)
{
	return (struct endpoint){.addr = ipaddr_v4(0x0a000001u + (uint32_t)side), .port = 500};
}

static void peering(struct ike_peering *p, int side)
{
	static const struct ike_attr request[] = {{.type = CFG_IP4_ADDRESS}};

	p->owner = 7;
	p->ike[0] = walk_ike[0];
	p->n_ike = 1;
	p->esp[0] = walk_esp[0];
	p->esp[1] = walk_esp[1];
	p->n_esp = 2;
	p->local_id = ike_id_text(ID_FQDN, side == US ? "us" : "peer");
	p->local_auth = p->remote_auth = IKE_AUTH_PSK;
	secret_set(&p->local_psk, "cisco", 5);
	secret_set(&p->remote_psk, "cisco", 5);
	p->ts_local[0] = p->ts_remote[0] = ike_ts_any4();
	p->n_ts_local = p->n_ts_remote = 1;
	p->cfg_request = (struct ike_attrs){.v = request, .n = 1};
	p->dpd = (struct ike_dpd){.interval_ms = 10000, .retry_ms = 2000};
	p->fragmentation = true;
	p->mobike = true;
	p->cisco_vendor_ids = true;
	p->initial_contact = true;
}

static void peering_wipe(struct ike_peering *p)
{
	secret_wipe(&p->local_psk);
	secret_wipe(&p->remote_psk);
}

static struct ike_peering accepted; /* "must live until the callback's next call" */

static bool accept_any(void *ctx, const struct endpoint *local, const struct endpoint *remote,
        struct ike_peering *out)
{
	struct endpoint us = at(US);

	(void)ctx;
	(void)remote;
	peering_wipe(&accepted);
	accepted = (struct ike_peering){0};
	peering(&accepted, endpoint_eq(local, &us) ? US : PEER);
	*out = accepted;
	return true;
}

static bool lease(
        void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *id, int family, struct prefix *out)
{
	(void)ctx;
	(void)handle;
	(void)owner;
	(void)id;
	*out = (struct prefix){.addr = ipaddr_v4(0x0a640001), .len = 32};
	return family == AF_INET;
}

static void debug(void *ctx, int level, uint32_t session_id, uint32_t sa_id, const char *text)
{
	(void)ctx;
	(void)level;
	(void)session_id;
	(void)sa_id;
	INSIST(strlen(text) < 65536);
}

static void hear_events(struct world *w)
{
	struct ike_event ev;

	while (ike_poll(w->e[US], &ev)) {
		w->up += ev.type == IKE_EV_ESTABLISHED;
		if (ev.type == IKE_EV_CHILD_UP) {
			INSIST(ev.child.spi_in && ev.child.spi_out && ev.child.encr_in.n &&
			        ev.child.encr_out.n);
			w->children++;
		} else if (ev.type == IKE_EV_CHILD_DOWN) {
			w->children--;
		} else if (ev.type == IKE_EV_DOWN) {
			w->down++;
			w->children = 0;
			INSIST(ike_reason_text(ev.reason));
		}
		INSIST(w->children >= 0);
	}
	while (ike_poll(w->e[PEER], &ev))
		;
}

/* What `from` wants to send: to the other engine, or nowhere. */
static bool carry(struct world *w, int from, bool deliver)
{
	struct dgram d;
	bool any = false;

	while (ike_tx(w->e[from], &d)) {
		struct endpoint e = d.local;

		d.local = d.remote;
		d.remote = e;
		any = true;
		INSIST(++w->steps < 100000);
		if (deliver && !d.keepalive)
			ike_rx(w->e[!from], &d, w->now);
	}
	hear_events(w);
	return any;
}

static void pump(struct world *w, unsigned rounds)
{
	for (bool any = true; any && rounds; rounds--) {
		any = carry(w, US, true);
		any |= carry(w, PEER, true);
	}
}

static struct ike_sa *our_sa(struct world *w)
{
	struct ike *e = w->e[US];

	for (size_t i = 0; i < e->n_slot; i++)
		if (e->slot[i].ses && e->slot[i].ses->sas)
			return e->slot[i].ses->current ? e->slot[i].ses->current
			                               : e->slot[i].ses->sas;
	return NULL;
}

/* ---- the peer speaks ------------------------------------------------------------------------- */

static void real_spis(const struct ike_sa *sa, uint8_t *p, size_t n)
{
	const struct child_sa *c = sa->ses->children;

	for (size_t i = 0; c && i + 4 <= n; i++) {
		uint32_t v = get_u32(p + i);

		if (v == 0x11223344)
			put_u32(p + i, c->k.spi_out);
		else if (v == 0x55667788)
			put_u32(p + i, c->spi_in);
	}
}

static void say(struct world *w, struct ike_sa *sa, const struct ike_hdr *h, uint8_t first,
        struct span text)
{
	struct ike_sk *sk = ike_sk_new(&sa->suite, &sa->keys, !sa->initiator);
	struct ike_packets pk = {0};
	struct ike_build b;

	ike_build_init(&b, h);
	ike_put_bytes(&b, text);
	b.p[16] = first;
	real_spis(sa, b.p + IKE_HDR_LEN, b.len - IKE_HDR_LEN);
	INSIST(sk && ike_sk_seal(sk, &b, text.n > 300 ? 200 : 0, fake_random, w, &pk));
	for (size_t i = 0; i < pk.n; i++) {
		struct dgram d = {
		        .local = at(US), .remote = at(PEER), .data = pk.v[i].p, .len = pk.v[i].n};

		ike_rx(w->e[US], &d, w->now);
	}
	ike_packets_fini(&pk);
	ike_build_fini(&b);
	ike_sk_free(sk);
	carry(w, US, false);
}

static void speak(struct world *w, struct rd *r, bool response)
{
	static const uint8_t exchanges[] = {EXCH_AUTH, EXCH_CREATE_CHILD, EXCH_INFORMATIONAL};
	struct ike_sa *sa = our_sa(w);
	uint8_t exchange = exchanges[rd_u8(r) % 3], first = rd_u8(r);
	size_t n = rd_u16(r);
	struct span text = rd_span(r, n < r->n ? n : r->n);

	if (!sa || !sa->sk || !rd_ok(r) || (response && !sa->out))
		return;
	struct ike_hdr h = {.spi_i = sa->spi_i,
	        .spi_r = sa->spi_r,
	        .exchange = response ? sa->out->exchange : exchange,
	        .flags = (uint8_t)((sa->initiator ? 0 : IKE_F_INITIATOR) |
	                           (response ? IKE_F_RESPONSE : 0)),
	        .id = response ? sa->out->id : sa->rx_id};

	say(w, sa, &h, first, text);
}

/* ---- our own side is told to do something ---------------------------------------------------- */

static void order(struct world *w, uint8_t op)
{
	static const struct ike_attr subnet = {
	        .type = CFG_IP4_SUBNET, .len = 8, .val = (const uint8_t *)"\x0a\0\0\0\xff\0\0\0"};
	const struct ike_attrs attrs = {.v = &subnet, .n = 1};
	struct ike *e = w->e[US];
	struct ike_child_info c;
	struct ike_sa_info info;
	uint32_t h = ike_sa_next(e, 0, &info) ? info.handle : 0;
	uint32_t spi = h && ike_child_next(e, h, 0, &c) ? c.child.spi_in : 0;

	switch (op) {
	case 2:
		ike_rekey_ike(e, h, w->now);
		break;
	case 3:
		ike_rekey_child(e, spi, w->now);
		break;
	case 4:
		ike_delete_child(e, spi, w->now);
		break;
	case 5:
		ike_close(e, h, w->now);
		break;
	case 6:
		ike_cfg_set(e, h, &attrs, w->now);
		break;
	case 7:
		ike_dpd_now(e, h, w->now);
		break;
	case 8:
		ike_child_heard(e, spi, w->now);
		break;
	case 9: /* the next thing that is due */
		if (ike_deadline(e) != IKE_NEVER && ike_deadline(e) > w->now)
			w->now = ike_deadline(e);
		ike_tick(e, w->now);
		break;
	case 10: /* the real peer takes part for once */
		pump(w, 4);
		break;
	default:
		break;
	}
	carry(w, US, false);
}

static void silence(struct world *w)
{
	struct ike_sa_info info;
	ike_time end = w->now + 600000;

	while (ike_deadline(w->e[US]) <= end) {
		if (ike_deadline(w->e[US]) > w->now)
			w->now = ike_deadline(w->e[US]);
		INSIST(++w->steps < 100000);
		ike_tick(w->e[US], w->now);
		carry(w, US, false);
	}
	INSIST(ike_deadline(w->e[US]) == IKE_NEVER);
	INSIST(!ike_sa_next(w->e[US], 0, &info));
	INSIST(w->down >= w->up && w->children == 0);
}

static void begin(struct world *w, uint8_t mode)
{
	const struct ike_ops ops = {.ctx = w,
	        .random = fake_random,
	        .accept = accept_any,
	        .lease = lease,
	        .debug = debug};
	const struct ike_config cfg = {0};
	struct ike_peering p = {0};
	int who = mode & 1 ? US : PEER;
	struct endpoint from = at(who), to = at(!who);

	w->now = 1000;
	w->seed = 1;
	w->e[US] = ike_new(&ops, &cfg, w->now);
	w->e[PEER] = ike_new(&ops, &cfg, w->now);
	peering(&p, who);
	ike_connect(w->e[who], &p, &from, &to, 0, w->now);
	peering_wipe(&p);
	if (mode & 2) { /* as far as the keys */
		carry(w, who, true);
		carry(w, !who, true);
	} else {
		pump(w, 10);
		INSIST(w->up == 1 && w->children == 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct world *w = xcalloc(1, sizeof(*w));

	begin(w, rd_u8(&r));
	for (unsigned n = 0; rd_ok(&r) && r.n && n < 64; n++) {
		uint8_t op = rd_u8(&r) % 11;

		if (op < 2)
			speak(w, &r, op);
		else
			order(w, op);
	}
	silence(w);
	ike_free(w->e[US]);
	ike_free(w->e[PEER]);
	free(w);
	peering_wipe(&accepted);
	accepted = (struct ike_peering){0};
	return 0;
}
