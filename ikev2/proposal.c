/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SA payloads: see proposal.h.
 *
 * A received proposal is not decoded into lists: choosing asks the octets "is this transform in
 * there?" for each of our algorithms in our order, so that a peer may offer as many as fit into its
 * payload.
 */
#include "ikev2/proposal.h"

#include "base/mem.h"
#include "ikev2/payload.h"

enum { PROPOSAL_HDR = 8, TRANSFORM_HDR = 8, MORE_PROPOSALS = 2, MORE_TRANSFORMS = 3 };
enum { ATTR_TV = 0x8000, ATTR_KEY_LENGTH = 14 };

bool ike_encr_is_aead(uint16_t id)
{
	const struct alg_encr *a = alg_encr(id);

	return a && a->aead;
}

/* ---- transforms ------------------------------------------------------------------------------ */

struct transform {
	uint8_t type;
	uint16_t id;
	uint16_t bits; /* Key Length, 0 without */
	bool strange;  /* has an attribute that we do not know: not to be chosen */
};

/* Key Length is written type-and-value; the long form and all other attributes are nothing that we
 * know. */
static void attributes(struct rd *r, struct transform *t)
{
	while (rd_ok(r) && r->n) {
		uint16_t type = rd_u16(r), v = rd_u16(r);

		if (type == (ATTR_TV | ATTR_KEY_LENGTH) && !t->bits && v) {
			t->bits = v;
			continue;
		}
		t->strange = true;
		if (!(type & ATTR_TV))
			rd_skip(r, v);
	}
}

struct transform_cursor {
	struct rd r;
	uint8_t left;
	bool bad;
};

static struct transform_cursor transforms(const struct ike_wire_proposal *w)
{
	return (struct transform_cursor){
	        .r = rd_init(w->transforms.p, w->transforms.n), .left = w->n_transforms};
}

static bool next_transform(struct transform_cursor *c, struct transform *t)
{
	if (c->bad || !c->left)
		return false;
	*t = (struct transform){0};
	uint8_t more = rd_u8(&c->r);

	rd_skip(&c->r, 1);
	size_t len = rd_u16(&c->r);

	c->bad = len < TRANSFORM_HDR || more != (--c->left ? MORE_TRANSFORMS : 0);
	if (c->bad)
		return false;
	struct rd b = rd_sub(&c->r, len - 4);

	t->type = rd_u8(&b);
	rd_skip(&b, 1);
	t->id = rd_u16(&b);
	attributes(&b, t);
	c->bad = !rd_done(&b);
	return !c->bad;
}

static bool has(const struct ike_wire_proposal *w, uint8_t type, uint16_t id, uint16_t bits)
{
	struct transform_cursor c = transforms(w);
	struct transform t;

	while (next_transform(&c, &t))
		if (t.type == type && t.id == id && t.bits == bits && !t.strange)
			return true;
	return false;
}

static size_t count_type(const struct ike_wire_proposal *w, uint8_t type)
{
	struct transform_cursor c = transforms(w);
	struct transform t;
	size_t n = 0;

	while (next_transform(&c, &t))
		n += t.type == type;
	return n;
}

/* No such type at all, or NONE among its ids. */
static bool may_lack(const struct ike_wire_proposal *w, uint8_t type)
{
	return !count_type(w, type) || has(w, type, 0, 0);
}

/* A transform type that does not belong there, or that we do not know, spoils the proposal (RFC
 * 7296 §3.3.6). */
static bool only_types_of(const struct ike_wire_proposal *w, uint8_t proto, bool addke)
{
	struct transform_cursor c = transforms(w);
	struct transform t;

	while (next_transform(&c, &t)) {
		bool ike = t.type == TR_ENCR || t.type == TR_PRF || t.type == TR_INTEG ||
		           t.type == TR_KE ||
		           (t.type >= TR_ADDKE1 && t.type <= TR_ADDKE7 &&
		                   (addke || has(w, t.type, KE_NONE, 0)));
		bool esp = t.type == TR_ENCR || t.type == TR_INTEG || t.type == TR_KE ||
		           t.type == TR_ESN;

		if (!(proto == IKE_PROTO_IKE ? ike : esp))
			return false;
	}
	return !c.bad;
}

/* ---- proposals ------------------------------------------------------------------------------- */

bool ike_sa_next_proposal(
        const struct ike_pl *sa, struct ike_sa_cursor *at, struct ike_wire_proposal *out)
{
	if (!at->started)
		*at = (struct ike_sa_cursor){
		        .rest = rd_init(sa->body.p, sa->body.n), .started = true};
	if (at->last)
		return false;
	uint8_t more = rd_u8(&at->rest);

	rd_skip(&at->rest, 1);
	size_t len = rd_u16(&at->rest);

	if (len < PROPOSAL_HDR || (more && more != MORE_PROPOSALS)) {
		at->rest.bad = true;
		return false;
	}
	struct rd b = rd_sub(&at->rest, len - 4);

	*out = (struct ike_wire_proposal){.num = rd_u8(&b)};
	out->proto = rd_u8(&b);
	size_t spi = rd_u8(&b);

	out->n_transforms = rd_u8(&b);
	out->spi = rd_span(&b, spi);
	out->transforms = rd_rest(&b);
	at->last = !more;
	at->rest.bad = at->rest.bad || b.bad;
	return rd_ok(&at->rest);
}

static bool transforms_valid(const struct ike_wire_proposal *w)
{
	struct transform_cursor c = transforms(w);
	struct transform t;

	while (next_transform(&c, &t))
		;
	return !c.bad && rd_done(&c.r) && w->n_transforms;
}

bool ike_sa_valid(const struct ike_pl *sa)
{
	struct ike_sa_cursor at = {0};
	struct ike_wire_proposal w;
	unsigned prev = 0;

	while (ike_sa_next_proposal(sa, &at, &w)) {
		bool numbered = prev ? w.num == prev || w.num == prev + 1 : w.num > 0;

		if (!numbered || !transforms_valid(&w))
			return false;
		prev = w.num;
	}
	return prev && at.last && rd_done(&at.rest);
}

/* ---- choosing -------------------------------------------------------------------------------- */

struct chooser {
	const struct ike_wire_proposal *w;
	const struct ike_proposal *ours;
	uint8_t proto;
	enum ike_ke_use ke;
	uint16_t prefer_group;
	bool strict; /* an answer to our own offer: nothing that we did not write */
};

static bool choose_integ(const struct chooser *c, struct ike_suite *s)
{
	s->integ = AUTH_NONE;
	if (ike_encr_is_aead(s->encr.id))
		return may_lack(c->w, TR_INTEG);
	for (size_t i = 0; i < c->ours->n_integ; i++) {
		uint16_t id = c->ours->integ[i];

		if (!alg_integ(id) || (id == AUTH_NONE && c->proto == IKE_PROTO_IKE))
			continue;
		if (id == AUTH_NONE ? may_lack(c->w, TR_INTEG) : has(c->w, TR_INTEG, id, 0)) {
			s->integ = id;
			return true;
		}
	}
	return false;
}

/* The cipher, and the integrity algorithm that it takes. */
static bool choose_encr(const struct chooser *c, struct ike_suite *s)
{
	for (size_t i = 0; i < c->ours->n_encr; i++) {
		const struct alg_encr *a = alg_encr(c->ours->encr[i].id);

		s->encr = c->ours->encr[i];
		if (!a || (a->id != ENCR_NULL && !alg_encr_keymat(a, s->encr.bits)))
			continue;
		if (has(c->w, TR_ENCR, s->encr.id, s->encr.bits) && choose_integ(c, s))
			return true;
	}
	return false;
}

static bool choose_prf(const struct chooser *c, struct ike_suite *s)
{
	if (c->proto != IKE_PROTO_IKE)
		return true;
	for (size_t i = 0; i < c->ours->n_prf; i++)
		if (ike_prf_known(c->ours->prf[i]) && has(c->w, TR_PRF, c->ours->prf[i], 0)) {
			s->prf = c->ours->prf[i];
			return true;
		}
	return false;
}

/* A KEM goes into additional exchanges, where the responder sees the peer's value first. */
static bool usable(uint16_t group)
{
	return ike_group_known(group) && !ike_group_is_kem(group);
}

/* Whatever group the peer wants, if we know it: we were not told to insist on one. */
static bool any_group(const struct chooser *c, struct ike_suite *s)
{
	struct transform_cursor t = transforms(c->w);
	struct transform one;

	s->group = c->prefer_group;
	if (s->group && usable(s->group) && has(c->w, TR_KE, s->group, 0))
		return true;
	s->group = KE_NONE;
	if (may_lack(c->w, TR_KE))
		return true;
	while (next_transform(&t, &one))
		if (one.type == TR_KE && !one.strange && usable(one.id)) {
			s->group = one.id;
			return true;
		}
	return false;
}

static bool choose_group(const struct chooser *c, struct ike_suite *s)
{
	s->group = KE_NONE;
	if (c->ke == IKE_KE_WITHOUT)
		return true;
	if (c->ke == IKE_KE_OPTIONAL && !c->ours->n_group)
		return c->strict ? may_lack(c->w, TR_KE) : any_group(c, s);
	for (size_t i = 0; i < c->ours->n_group; i++) {
		uint16_t id = c->ours->group[i];

		if (!usable(id) || !has(c->w, TR_KE, id, 0))
			continue;
		if (!s->group || id == c->prefer_group)
			s->group = id;
	}
	return s->group != KE_NONE;
}

/* ESN ids: 0 without, 1 with. A peer that leaves the type out means "without". Both allowed: with.
 */
static bool choose_esn(const struct chooser *c, struct ike_suite *s)
{
	bool none = c->ours->esn_no || !c->ours->esn_yes;

	s->esn = c->proto == IKE_PROTO_ESP && c->ours->esn_yes && has(c->w, TR_ESN, 1, 0);
	return c->proto != IKE_PROTO_ESP || s->esn || (none && may_lack(c->w, TR_ESN));
}

static bool choose_one_addke(const struct chooser *c, size_t k, struct ike_suite *s)
{
	uint8_t type = (uint8_t)(TR_ADDKE1 + k);
	bool alone = c->ke != IKE_KE_FIRST || !c->ours->n_addke[k];

	if (c->ke == IKE_KE_NEEDED)
		return true;
	for (size_t i = 0; i < c->ours->n_addke[k]; i++) {
		uint16_t id = c->ours->addke[k][i];

		if (id == KE_NONE)
			alone = c->ke == IKE_KE_FIRST ? may_lack(c->w, type) : true;
		else if (c->ke == IKE_KE_FIRST && ike_group_known(id) && has(c->w, type, id, 0)) {
			s->addke[k] = id;
			return true;
		} else if (c->ke == IKE_KE_FIRST_ALONE)
			alone = false;
		if (id == KE_NONE && alone)
			return true;
	}
	return alone && may_lack(c->w, type);
}

static bool choose_addke(const struct chooser *c, struct ike_suite *s)
{
	if (c->proto != IKE_PROTO_IKE)
		return true;
	for (size_t k = 0; k < IKE_MAX_ADDKE; k++)
		if (!choose_one_addke(c, k, s))
			return false;
	for (uint8_t type = TR_ADDKE1 + IKE_MAX_ADDKE; type <= TR_ADDKE7; type++)
		if (!may_lack(c->w, type))
			return false;
	return true;
}

static bool choose(const struct chooser *c, struct ike_choice *out)
{
	struct ike_suite s = {0};

	if (!only_types_of(c->w, c->proto, c->ke == IKE_KE_FIRST) || !choose_addke(c, &s) ||
	        !choose_encr(c, &s) || !choose_prf(c, &s) || !choose_group(c, &s) ||
	        !choose_esn(c, &s))
		return false;
	*out = (struct ike_choice){.num = c->w->num, .suite = s, .spi = c->w->spi};
	return true;
}

bool ike_sa_choose(const struct ike_pl *sa, uint8_t proto, uint8_t spi_size, enum ike_ke_use ke,
        const struct ike_proposal *ours, size_t n_ours, uint16_t prefer_group,
        struct ike_choice *out)
{
	struct ike_wire_proposal w;
	struct chooser c = {.w = &w, .proto = proto, .ke = ke, .prefer_group = prefer_group};

	for (size_t i = 0; i < n_ours; i++) {
		struct ike_sa_cursor at = {0};

		c.ours = &ours[i];
		while (ike_sa_next_proposal(sa, &at, &w))
			if (w.proto == proto && w.spi.n == spi_size && choose(&c, out))
				return true;
	}
	return false;
}

static bool one_of_each(const struct ike_wire_proposal *w)
{
	for (uint8_t type = TR_ENCR; type <= TR_ADDKE7; type++)
		if (count_type(w, type) > 1)
			return false;
	return true;
}

bool ike_sa_verify(const struct ike_pl *sa, uint8_t proto, uint8_t spi_size, enum ike_ke_use ke,
        const struct ike_proposal *offered, size_t n_offered, struct ike_choice *out)
{
	struct ike_sa_cursor at = {0};
	struct ike_wire_proposal w;

	if (!ike_sa_next_proposal(sa, &at, &w) || !at.last)
		return false;
	if (!w.num || w.num > n_offered || w.proto != proto || w.spi.n != spi_size ||
	        !one_of_each(&w))
		return false;
	struct chooser c = {
	        .w = &w, .ours = &offered[w.num - 1], .proto = proto, .ke = ke, .strict = true};

	return choose(&c, out);
}

uint64_t ike_choice_spi(const struct ike_choice *c)
{
	struct rd r = rd_init(c->spi.p, c->spi.n);

	return c->spi.n == 4 ? rd_u32(&r) : c->spi.n == 8 ? rd_u64(&r) : 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Proposals and transforms are written behind each other, then the ends are patched: only the last
 * has "last". */
struct sa_writer {
	struct ike_build *b;
	size_t proposal, transform; /* where the open ones start */
	uint8_t n_transforms;
};

static void patch_length(struct sa_writer *w, size_t at)
{
	if (!w->b->bad)
		put_u16(w->b->p + at + 2, (uint16_t)(w->b->len - at));
}

static void open_proposal(
        struct sa_writer *w, uint8_t num, uint8_t proto, uint64_t spi, uint8_t spi_size, bool last)
{
	w->proposal = w->b->len;
	w->n_transforms = 0;
	ike_put_u32(w->b, last ? 0 : (uint32_t)MORE_PROPOSALS << 24);
	ike_put_u8(w->b, num);
	ike_put_u8(w->b, proto);
	ike_put_u8(w->b, spi_size);
	ike_put_u8(w->b, 0);
	if (spi_size == 4)
		ike_put_u32(w->b, (uint32_t)spi);
	else if (spi_size == 8)
		ike_put_u64(w->b, spi);
}

static void put_transform(struct sa_writer *w, uint8_t type, uint16_t id, uint16_t bits)
{
	w->transform = w->b->len;
	w->n_transforms++;
	ike_put_u32(w->b, (uint32_t)MORE_TRANSFORMS << 24);
	ike_put_u8(w->b, type);
	ike_put_u8(w->b, 0);
	ike_put_u16(w->b, id);
	if (bits) {
		ike_put_u16(w->b, ATTR_TV | ATTR_KEY_LENGTH);
		ike_put_u16(w->b, bits);
	}
	patch_length(w, w->transform);
}

static void close_proposal(struct sa_writer *w)
{
	patch_length(w, w->proposal);
	if (w->b->bad || !w->n_transforms)
		return;
	w->b->p[w->proposal + 7] = w->n_transforms;
	w->b->p[w->transform] = 0;
}

static void put_list(struct sa_writer *w, uint8_t type, const uint16_t *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_transform(w, type, id[i], 0);
}

static void put_proposal(
        struct sa_writer *w, uint8_t proto, enum ike_ke_use ke, const struct ike_proposal *p)
{
	for (size_t i = 0; i < p->n_encr; i++)
		put_transform(w, TR_ENCR, p->encr[i].id, p->encr[i].bits);
	if (proto == IKE_PROTO_IKE)
		put_list(w, TR_PRF, p->prf, p->n_prf);
	for (size_t i = 0; i < p->n_integ; i++)
		if (p->integ[i] != AUTH_NONE || p->n_integ > 1)
			put_transform(w, TR_INTEG, p->integ[i], 0);
	if (ke != IKE_KE_WITHOUT)
		put_list(w, TR_KE, p->group, p->n_group);
	for (size_t k = 0; ke == IKE_KE_FIRST && k < IKE_MAX_ADDKE; k++)
		for (size_t i = 0; i < p->n_addke[k]; i++)
			if (p->addke[k][i] == KE_NONE || ike_group_known(p->addke[k][i]))
				put_transform(w, (uint8_t)(TR_ADDKE1 + k), p->addke[k][i], 0);
	if (proto != IKE_PROTO_ESP)
		return;
	if (p->esn_yes)
		put_transform(w, TR_ESN, 1, 0);
	if (p->esn_no || !p->esn_yes)
		put_transform(w, TR_ESN, 0, 0);
}

void ike_put_sa(struct ike_build *b, uint8_t proto, uint64_t spi, uint8_t spi_size,
        enum ike_ke_use ke, const struct ike_proposal *offer, size_t n)
{
	struct sa_writer w = {.b = b};

	ike_put_begin(b, PL_SA);
	for (size_t i = 0; i < n; i++) {
		open_proposal(&w, (uint8_t)(i + 1), proto, spi, spi_size, i + 1 == n);
		put_proposal(&w, proto, ke, &offer[i]);
		close_proposal(&w);
	}
	ike_put_end(b);
}

void ike_put_sa_choice(struct ike_build *b, uint8_t proto, uint64_t spi, uint8_t spi_size,
        const struct ike_choice *c)
{
	const struct ike_suite *s = &c->suite;
	struct sa_writer w = {.b = b};

	ike_put_begin(b, PL_SA);
	open_proposal(&w, c->num, proto, spi, spi_size, true);
	put_transform(&w, TR_ENCR, s->encr.id, s->encr.bits);
	if (proto == IKE_PROTO_IKE)
		put_transform(&w, TR_PRF, s->prf, 0);
	if (s->integ != AUTH_NONE)
		put_transform(&w, TR_INTEG, s->integ, 0);
	if (s->group != KE_NONE)
		put_transform(&w, TR_KE, s->group, 0);
	for (size_t k = 0; k < IKE_MAX_ADDKE; k++)
		if (s->addke[k] != KE_NONE)
			put_transform(&w, (uint8_t)(TR_ADDKE1 + k), s->addke[k], 0);
	if (proto == IKE_PROTO_ESP)
		put_transform(&w, TR_ESN, s->esn, 0);
	close_proposal(&w);
	ike_put_end(b);
}

bool ike_proposals_have_group(const struct ike_proposal *p, size_t n, uint16_t group)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < p[i].n_group; j++)
			if (p[i].group[j] == group)
				return true;
	return false;
}

uint16_t ike_proposals_first_group(const struct ike_proposal *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < p[i].n_group; j++)
			if (ike_group_known(p[i].group[j]))
				return p[i].group[j];
	return KE_NONE;
}

static void add_group(struct ike_proposal *p, uint16_t group)
{
	if (p->n_group < IKE_MAX_ALGS && !ike_proposals_have_group(p, 1, group))
		p->group[p->n_group++] = group;
}

struct ike_proposal ike_proposal_keep(
        const struct ike_suite *s, const struct ike_proposal *p, size_t n)
{
	struct ike_proposal keep = {.encr = {s->encr}, .n_encr = 1, .prf = {s->prf}, .n_prf = 1};

	if (s->integ != AUTH_NONE)
		keep.integ[keep.n_integ++] = s->integ;
	add_group(&keep, s->group);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < p[i].n_group; j++)
			add_group(&keep, p[i].group[j]);
	return keep;
}

static bool among(const uint16_t *list, size_t n, uint16_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

bool ike_proposal_has(const struct ike_proposal *p, const struct ike_suite *s)
{
	bool encr = false;

	for (size_t i = 0; i < p->n_encr; i++)
		encr |= p->encr[i].id == s->encr.id && p->encr[i].bits == s->encr.bits;
	return encr && among(p->prf, p->n_prf, s->prf) && among(p->group, p->n_group, s->group) &&
	       (ike_encr_is_aead(s->encr.id) || among(p->integ, p->n_integ, s->integ));
}

bool ike_proposals_have_addke(const struct ike_proposal *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < IKE_MAX_ADDKE; k++)
			if (p[i].n_addke[k])
				return true;
	return false;
}
