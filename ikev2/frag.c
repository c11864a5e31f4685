/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reassembly: see frag.h.
 *
 * A slot holds one unfinished message. A fragment comes here only after its own ICV was right, so
 * what is bounded here is what an authenticated peer may make us keep.
 */
#include "ikev2/frag.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"

void ike_reasm_init(struct ike_reasm *r)
{
	*r = (struct ike_reasm){0};
}

static void empty_slot(struct ike_reasm *r, struct ike_frag_slot *s)
{
	for (size_t i = 0; i < IKE_FRAG_MAX; i++)
		ike_plain_fini(&s->part[i]);
	r->octets -= s->octets;
	*s = (struct ike_frag_slot){0};
}

void ike_reasm_fini(struct ike_reasm *r)
{
	for (size_t i = 0; i < IKE_FRAG_SLOTS; i++) {
		if (!r->slot[i])
			continue;
		empty_slot(r, r->slot[i]);
		free(r->slot[i]);
	}
	ike_reasm_init(r);
}

static struct ike_frag_slot *find(const struct ike_reasm *r, bool response, uint32_t id)
{
	for (size_t i = 0; i < IKE_FRAG_SLOTS; i++) {
		struct ike_frag_slot *s = r->slot[i];

		if (s && s->used && s->response == response && s->id == id)
			return s;
	}
	return NULL;
}

/* The one that was begun first, `spare` excepted. */
static struct ike_frag_slot *oldest(const struct ike_reasm *r, const struct ike_frag_slot *spare)
{
	struct ike_frag_slot *old = NULL;

	for (size_t i = 0; i < IKE_FRAG_SLOTS; i++) {
		struct ike_frag_slot *s = r->slot[i];

		if (s && s->used && s != spare && (!old || s->age < old->age))
			old = s;
	}
	return old;
}

static struct ike_frag_slot *begin(struct ike_reasm *r, const struct ike_hdr *h, uint16_t total)
{
	struct ike_frag_slot *s = NULL;

	for (size_t i = 0; i < IKE_FRAG_SLOTS && !s; i++) {
		if (!r->slot[i])
			r->slot[i] = xcalloc(1, sizeof(*r->slot[i]));
		if (!r->slot[i]->used)
			s = r->slot[i];
	}
	if (!s) {
		s = oldest(r, NULL);
		empty_slot(r, s);
	}
	s->used = true;
	s->response = ike_hdr_is_response(h);
	s->id = h->id;
	s->total = total;
	s->age = ++r->clock;
	return s;
}

static bool numbers_ok(uint16_t number, uint16_t total)
{
	return number && number <= total && total <= IKE_FRAG_MAX;
}

bool ike_reasm_wants(
        const struct ike_reasm *r, const struct ike_hdr *h, uint16_t number, uint16_t total)
{
	const struct ike_frag_slot *s = find(r, ike_hdr_is_response(h), h->id);

	if (!numbers_ok(number, total))
		return false;
	return !s || total > s->total || (total == s->total && !s->part[number - 1].p);
}

/* Makes room for n octets more in `s`; false when s alone has too many. */
static bool room_for(struct ike_reasm *r, struct ike_frag_slot *s, size_t n)
{
	struct ike_frag_slot *old;

	while (r->octets + n > IKE_MAX_MSG && (old = oldest(r, s)))
		empty_slot(r, old);
	return r->octets + n <= IKE_MAX_MSG;
}

static void join(struct ike_frag_slot *s, struct ike_plain *out)
{
	size_t at = 0;

	*out = (struct ike_plain){.p = xmalloc(s->octets), .n = s->octets, .first = s->first};
	for (size_t i = 0; i < s->total; i++) {
		memcpy(out->p + at, s->part[i].p, s->part[i].n);
		at += s->part[i].n;
	}
}

enum ike_frag_result ike_reasm_add(
        struct ike_reasm *r, const struct ike_hdr *h, struct ike_plain *part, struct ike_plain *out)
{
	struct ike_frag_slot *s = find(r, ike_hdr_is_response(h), h->id);

	*out = (struct ike_plain){0};
	if (!ike_reasm_wants(r, h, part->number, part->total)) {
		ike_plain_fini(part);
		return IKE_FRAG_DROP;
	}
	if (s && part->total > s->total) { /* the sender cut again, smaller */
		empty_slot(r, s);
		s = NULL;
	}
	if (!s)
		s = begin(r, h, part->total);
	if (!room_for(r, s, part->n)) {
		empty_slot(r, s);
		ike_plain_fini(part);
		return IKE_FRAG_DROP;
	}
	if (part->number == 1)
		s->first = part->first;
	s->part[part->number - 1] = *part;
	s->octets += part->n;
	r->octets += part->n;
	*part = (struct ike_plain){0};
	if (++s->have < s->total)
		return IKE_FRAG_MORE;
	join(s, out);
	empty_slot(r, s);
	return IKE_FRAG_DONE;
}

void ike_reasm_forget(struct ike_reasm *r, bool response, uint32_t id)
{
	struct ike_frag_slot *s = find(r, response, id);

	if (s)
		empty_slot(r, s);
}
