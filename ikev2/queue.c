/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands between the engine and its caller: datagrams to send, events to tell, handles, the
 * heap of sessions by deadline, randomness, and the graveyard.
 */
#include <stdlib.h>
#include <string.h>

#include "ikev2/sa.h"

/* ---- datagrams and events ------------------------------------------------------- */

/* Octets of a header (RFC 7296 §3.1) and, in a fragment, of its number (RFC 7383 §2.5). */
enum { AT_NEXT = 16, AT_EXCHANGE = 18, AT_FLAGS = 19, AT_FRAGMENT = IKE_HDR_LEN + IKE_PL_HDR_LEN };

static bool later_fragment(const struct dgram *d)
{
	return d->data[AT_NEXT] == PL_SKF && d->len >= AT_FRAGMENT + 2 &&
	       (d->data[AT_FRAGMENT] || d->data[AT_FRAGMENT + 1] != 1);
}

void e_count(struct ike *e, const struct dgram *d, bool sent)
{
	unsigned exchange;
	enum ike_way way;

	if (d->len < IKE_HDR_LEN || later_fragment(d))
		return;
	exchange = (unsigned)d->data[AT_EXCHANGE] - IKE_EXCHANGE_FIRST;
	way = d->data[AT_FLAGS] & IKE_F_RESPONSE ? IKE_TX_RESPONSE : IKE_TX_REQUEST;
	if (!sent)
		way = way == IKE_TX_RESPONSE ? IKE_RX_RESPONSE : IKE_RX_REQUEST;
	if (exchange < IKE_EXCHANGES)
		e->messages[exchange][way]++;
}

uint64_t ike_messages(const struct ike *e, uint8_t exchange, enum ike_way way)
{
	return e->messages[exchange - IKE_EXCHANGE_FIRST][way];
}

void ike_counters_clear(struct ike *e)
{
	e->n = (struct ike_counters){0};
	memset(e->messages, 0, sizeof(e->messages));
}

void e_send(struct ike *e, const struct dgram *d)
{
	struct tx_node *n = xmalloc(sizeof(*n) + d->len);

	n->next = NULL;
	n->d = *d;
	if (d->len)
		memcpy(n->data, d->data, d->len);
	n->d.data = n->data;
	*e->tx_tail = n;
	e->tx_tail = &n->next;
	e->n.tx++;
	e_count(e, d, true);
}

bool ike_tx(struct ike *e, struct dgram *out)
{
	struct tx_node *n = e->tx_head;

	free(e->tx_last);
	e->tx_last = n;
	if (!n)
		return false;
	e->tx_head = n->next;
	if (!e->tx_head)
		e->tx_tail = &e->tx_head;
	*out = n->d;
	return true;
}

static void ev_free(struct ev_node *n)
{
	if (!n)
		return;
	ike_child_keys_wipe(&n->keys);
	attrs_fini(&n->attrs);
	if (n->eap)
		wipe(n->eap, n->ev.eap.n);
	free(n->eap);
	free(n);
}

struct ev_node *e_event(struct session *s, enum ike_event_type type)
{
	struct ev_node *n = xcalloc(1, sizeof(*n));

	n->ev.type = type;
	n->ev.handle = s->handle;
	n->ev.owner = s->p.owner;
	n->ev.local = s->local;
	n->ev.remote = s->remote;
	*s->e->ev_tail = n;
	s->e->ev_tail = &n->next;
	return n;
}

static void slot_free(struct ike *e, size_t i)
{
	e->slot[i].reserved = false;
	if (!e->slot[i].ses && i < e->low_slot)
		e->low_slot = i;
}

static void slot_unreserve(struct ike *e, uint32_t handle)
{
	if (handle && handle <= e->n_slot)
		slot_free(e, handle - 1);
}

bool ike_poll(struct ike *e, struct ike_event *out)
{
	struct ev_node *n = e->ev_head;

	ev_free(e->ev_last);
	e->ev_last = n;
	if (!n)
		return false;
	e->ev_head = n->next;
	if (!e->ev_head)
		e->ev_tail = &e->ev_head;
	if (n->ev.type == IKE_EV_DOWN)
		slot_unreserve(e, n->ev.handle);
	n->ev.attrs = n->attrs.a;
	*out = n->ev;
	return true;
}

void e_queues_free(struct ike *e)
{
	struct dgram d;
	struct ike_event ev;

	while (ike_tx(e, &d))
		;
	while (ike_poll(e, &ev))
		;
}

/* ---- attributes ----------------------------------------------------------------- */

void attrs_fini(struct attr_store *s)
{
	free(s->mem);
	*s = (struct attr_store){0};
}

void attrs_copy(struct attr_store *dst, const struct ike_attrs *src)
{
	size_t octets = 0;

	for (size_t i = 0; i < src->n; i++)
		octets += src->v[i].len;
	struct ike_attr *v = xcalloc(1, src->n * sizeof(*v) + octets + 1);
	uint8_t *p = (uint8_t *)(v + src->n);

	for (size_t i = 0; i < src->n; i++) {
		v[i] = src->v[i];
		if (!v[i].len) {
			v[i].val = NULL;
			continue;
		}
		memcpy(p, src->v[i].val, v[i].len);
		v[i].val = p;
		p += v[i].len;
	}
	attrs_fini(dst);
	dst->a = (struct ike_attrs){.v = v, .n = src->n};
	dst->mem = v;
}

/* ---- randomness ----------------------------------------------------------------- */

void e_random(struct ike *e, void *dst, size_t n)
{
	e->ops.random(e->ops.ctx, dst, n);
}

uint32_t e_random_below(struct ike *e, uint32_t n)
{
	uint8_t b[4];

	e_random(e, b, sizeof(b));
	return n ? get_u32(b) % n : 0;
}

void e_nonce(struct ike *e, struct nonce *n)
{
	n->n = IKE_NONCE_LEN;
	e_random(e, n->b, n->n);
}

uint64_t e_new_ike_spi(struct ike *e)
{
	struct ike_sa *taken;
	uint64_t spi;

	do {
		e_random(e, &spi, sizeof(spi));
		HASH_FIND(hh, e->by_spi, &spi, sizeof(spi), taken);
	} while (!spi || taken);
	return spi;
}

uint32_t e_new_esp_spi(struct ike *e)
{
	uint32_t spi;

	do
		e_random(e, &spi, sizeof(spi));
	while (spi < 256 || child_by_in(e, spi)); /* RFC 4303 §2.1: 1 to 255 are reserved */
	return spi;
}

/* ---- handles -------------------------------------------------------------------- */

uint32_t e_slot_take(struct ike *e, struct session *s)
{
	size_t i = e->low_slot;

	while (i < e->n_slot && (e->slot[i].ses || e->slot[i].reserved))
		i++;
	if (i == e->n_slot) {
		e->n_slot = e->n_slot ? e->n_slot * 2 : 16;
		e->slot = xrealloc(e->slot, e->n_slot * sizeof(*e->slot));
		memset(e->slot + i, 0, (e->n_slot - i) * sizeof(*e->slot));
	}
	e->slot[i].ses = s;
	e->low_slot = i + 1;
	return (uint32_t)i + 1;
}

void e_slot_leave(struct ike *e, struct session *s)
{
	if (s->handle && e->slot[s->handle - 1].ses == s)
		e->slot[s->handle - 1].ses = NULL;
	if (s->handle && !e->slot[s->handle - 1].reserved)
		slot_free(e, s->handle - 1);
}

/* ---- the heap of deadlines ------------------------------------------------------ */

static void heap_set(struct ike *e, size_t i, struct session *s)
{
	e->heap[i] = s;
	s->heap = i + 1;
}

static void heap_up(struct ike *e, size_t i)
{
	struct session *s = e->heap[i];

	while (i && e->heap[(i - 1) / 2]->due > s->due) {
		heap_set(e, i, e->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_set(e, i, s);
}

static void heap_down(struct ike *e, size_t i)
{
	struct session *s = e->heap[i];

	for (;;) {
		size_t c = 2 * i + 1;

		if (c + 1 < e->n_heap && e->heap[c + 1]->due < e->heap[c]->due)
			c++;
		if (c >= e->n_heap || e->heap[c]->due >= s->due)
			break;
		heap_set(e, i, e->heap[c]);
		i = c;
	}
	heap_set(e, i, s);
}

void e_heap_update(struct ike *e, struct session *s)
{
	if (!s->heap) {
		if (e->n_heap == e->cap_heap) {
			e->cap_heap = e->cap_heap ? e->cap_heap * 2 : 16;
			e->heap = xrealloc(e->heap, e->cap_heap * sizeof(struct session *));
		}
		heap_set(e, e->n_heap++, s);
	}
	heap_up(e, s->heap - 1);
	heap_down(e, s->heap - 1);
}

void e_heap_remove(struct ike *e, struct session *s)
{
	if (!s->heap)
		return;
	size_t i = s->heap - 1;
	struct session *last = e->heap[--e->n_heap];

	s->heap = 0;
	if (last == s)
		return;
	heap_set(e, i, last);
	heap_up(e, i);
	heap_down(e, last->heap - 1);
}

/* ---- the graveyard -------------------------------------------------------------- */

void ike_reap(struct ike *e)
{
	while (e->dead_sa) {
		struct ike_sa *sa = e->dead_sa;

		e->dead_sa = sa->next;
		sa_free(sa);
	}
	while (e->dead_child) {
		struct child_sa *c = e->dead_child;

		e->dead_child = c->next;
		free(c);
	}
	while (e->dead_ses) {
		struct session *s = e->dead_ses;

		e->dead_ses = s->next_dead;
		ike_session_free(s);
	}
}
