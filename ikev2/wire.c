/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages: the header, the chain of payloads, the rules of each exchange, and the builder. See
 * wire.h.
 *
 * The chain is walked once. Payloads of unknown types are skipped (or refused, when critical: RFC
 * 7296 §2.5); payloads that we know but that mean nothing in the exchange are left out of the view,
 * so that no code can act on them.
 */
#include "ikev2/wire.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"
#include "ikev2/payload.h"

/* ---- the rules ------------------------------------------------------------------------------- */

struct rule {
	uint8_t exchange, type;
	uint8_t req_min, req_max, rsp_min, rsp_max;
};

enum { MANY = IKE_MAX_PAYLOADS };

/* The minima hold for a request, and for a response that is not a refusal (see is_short). RFC 7296
 * §1.2, §1.3, §1.4, appendix C. What an IKE_AUTH must have is for rules_of_auth(): with EAP it takes
 * several (§2.16). */
/* clang-format off */
static const struct rule rules[] = {
	/* exchange           payload     request   response */
	{ EXCH_SA_INIT,       PL_SA,      1, 1,     1, 1 },
	{ EXCH_SA_INIT,       PL_KE,      1, 1,     1, 1 },
	{ EXCH_SA_INIT,       PL_NONCE,   1, 1,     1, 1 },
	{ EXCH_SA_INIT,       PL_NOTIFY,  0, MANY,  0, MANY },
	{ EXCH_SA_INIT,       PL_VENDOR,  0, MANY,  0, MANY },
	{ EXCH_SA_INIT,       PL_CERTREQ, 0, MANY,  0, MANY },

	{ EXCH_SESSION_RESUME, PL_NONCE,  1, 1,     1, 1 },
	{ EXCH_SESSION_RESUME, PL_NOTIFY, 0, MANY,  0, MANY },
	{ EXCH_SESSION_RESUME, PL_VENDOR, 0, MANY,  0, MANY },

	{ EXCH_INTERMEDIATE,  PL_KE,      0, 1,     0, 1 },
	{ EXCH_INTERMEDIATE,  PL_NOTIFY,  0, MANY,  0, MANY },
	{ EXCH_INTERMEDIATE,  PL_VENDOR,  0, MANY,  0, MANY },

	{ EXCH_AUTH,          PL_IDi,     0, 1,     0, 0 },
	{ EXCH_AUTH,          PL_IDr,     0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_AUTH,    0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_CERT,    0, MANY,  0, MANY },
	{ EXCH_AUTH,          PL_CERTREQ, 0, MANY,  0, MANY },
	{ EXCH_AUTH,          PL_EAP,     0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_CP,      0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_SA,      0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_TSi,     0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_TSr,     0, 1,     0, 1 },
	{ EXCH_AUTH,          PL_NOTIFY,  0, MANY,  0, MANY },
	{ EXCH_AUTH,          PL_VENDOR,  0, MANY,  0, MANY },

	{ EXCH_CREATE_CHILD,  PL_SA,      1, 1,     1, 1 },
	{ EXCH_CREATE_CHILD,  PL_NONCE,   1, 1,     1, 1 },
	{ EXCH_CREATE_CHILD,  PL_KE,      0, 1,     0, 1 },
	{ EXCH_CREATE_CHILD,  PL_TSi,     0, 1,     0, 1 },
	{ EXCH_CREATE_CHILD,  PL_TSr,     0, 1,     0, 1 },
	{ EXCH_CREATE_CHILD,  PL_CP,      0, 1,     0, 1 },
	{ EXCH_CREATE_CHILD,  PL_NOTIFY,  0, MANY,  0, MANY },
	{ EXCH_CREATE_CHILD,  PL_VENDOR,  0, MANY,  0, MANY },

	{ EXCH_INFORMATIONAL, PL_NOTIFY,  0, MANY,  0, MANY },
	{ EXCH_INFORMATIONAL, PL_DELETE,  0, MANY,  0, MANY },
	{ EXCH_INFORMATIONAL, PL_CP,      0, 1,     0, 1 },
	{ EXCH_INFORMATIONAL, PL_VENDOR,  0, MANY,  0, MANY },
};

static const char *const parse_texts[IKE_PARSE_MAX] = {
	[IKE_PARSE_OK]        = "ok",
	[IKE_PARSE_SHORT]     = "too short, or its length field is wrong",
	[IKE_PARSE_VERSION]   = "major version not supported",
	[IKE_PARSE_EXCHANGE]  = "exchange type not supported",
	[IKE_PARSE_MALFORMED] = "malformed payload",
	[IKE_PARSE_CRITICAL]  = "unknown critical payload",
	[IKE_PARSE_RULES]     = "payload missing or repeated",
};
/* clang-format on */

const char *ike_parse_text(enum ike_parse r)
{
	return r < IKE_PARSE_MAX ? parse_texts[r] : "?";
}

static const struct rule *rule_of(uint8_t exchange, uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].exchange == exchange && rules[i].type == type)
			return &rules[i];
	return NULL;
}

static size_t count(const struct ike_msg *m, uint8_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->pl[i].type == type;
	return n;
}

/* A response that refuses, or asks for another try, has a notify in place of what was wanted. */
static bool is_short(const struct ike_msg *m)
{
	struct ike_pl_notify n;

	if (!ike_hdr_is_response(&m->h))
		return false;
	if (ike_msg_error(m, &n))
		return true;
	if (m->h.exchange == EXCH_SESSION_RESUME)
		return ike_msg_has_notify(m, N_COOKIE) || ike_msg_has_notify(m, N_TICKET_NACK);
	return m->h.exchange == EXCH_SA_INIT &&
	       (ike_msg_has_notify(m, N_COOKIE) || ike_msg_has_notify(m, N_REDIRECT));
}

/* RFC 7296 §2.16: the first request says who asks, without AUTH it asks for EAP; later ones carry
 * EAP, and the last one AUTH alone. A response that makes a child carries AUTH. */
static bool rules_of_auth(struct ike_msg *m, bool shortened)
{
	bool auth = count(m, PL_AUTH), eap = count(m, PL_EAP), child = count(m, PL_SA);

	if (m->h.exchange != EXCH_AUTH || shortened)
		return true;
	if (ike_hdr_is_response(&m->h)) {
		m->offender = PL_AUTH;
		return auth || (eap && !child);
	}
	m->offender = PL_IDi;
	return count(m, PL_IDi) || ((auth || eap) && !child);
}

/* What a table of counts cannot say: selectors come in pairs, and a CREATE_CHILD_SA without them
 * rekeys the IKE SA, which takes a KE payload. */
static bool rules_of_pairs(struct ike_msg *m, bool shortened)
{
	bool tsi = count(m, PL_TSi), tsr = count(m, PL_TSr);

	if (tsi != tsr) {
		m->offender = tsi ? PL_TSr : PL_TSi;
		return false;
	}
	if (m->h.exchange == EXCH_CREATE_CHILD && !tsi && !shortened && !count(m, PL_KE)) {
		m->offender = PL_KE;
		return false;
	}
	if (m->h.exchange == EXCH_AUTH && tsi != (count(m, PL_SA) > 0) && !shortened) {
		m->offender = tsi ? PL_SA : PL_TSi;
		return false;
	}
	return true;
}

static bool rules_ok(struct ike_msg *m)
{
	bool response = ike_hdr_is_response(&m->h), shortened = is_short(m);

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];

		if (r->exchange != m->h.exchange)
			continue;
		size_t n = count(m, r->type), min = response ? r->rsp_min : r->req_min;

		if ((n >= min || shortened) && n <= (response ? r->rsp_max : r->req_max))
			continue;
		m->offender = r->type;
		return false;
	}
	return rules_of_pairs(m, shortened) && rules_of_auth(m, shortened);
}

/* ---- the chain ------------------------------------------------------------------------------- */

static bool known_type(uint8_t type)
{
	return (type >= PL_SA && type <= PL_EAP) || type == PL_SKF;
}

static bool is_sealed(uint8_t type)
{
	return type == PL_SK || type == PL_SKF;
}

struct walk {
	struct rd r;
	uint8_t next;
	size_t seen;
};

/* One generic header and its body. False: broken chain. */
static bool walk_next(struct walk *w, struct ike_pl *out)
{
	*out = (struct ike_pl){.type = w->next};
	out->next = rd_u8(&w->r);
	out->critical = rd_u8(&w->r) & 0x80;
	size_t len = rd_u16(&w->r);

	if (len < IKE_PL_HDR_LEN || ++w->seen > IKE_MAX_PAYLOADS)
		return false;
	out->body = rd_span(&w->r, len - IKE_PL_HDR_LEN);
	w->next = is_sealed(out->type) ? PL_NONE : out->next;
	return rd_ok(&w->r);
}

static enum ike_parse malformed(struct ike_msg *m, uint8_t type)
{
	m->offender = type;
	return IKE_PARSE_MALFORMED;
}

/* `outer` says whether this is a datagram's chain, in which SK and SKF may stand, or one from
 * inside of them. */
static enum ike_parse walk_chain(struct ike_msg *m, uint8_t first, struct rd r, bool outer)
{
	struct walk w = {.r = r, .next = first};
	struct ike_pl p;

	while (w.next != PL_NONE) {
		if (!walk_next(&w, &p) || (is_sealed(p.type) && !outer))
			return malformed(m, p.type);
		if (!known_type(p.type)) {
			if (p.critical && !m->critical_type)
				m->critical_type = p.type;
			continue;
		}
		if (!ike_payload_valid(&p))
			return malformed(m, p.type);
		m->sealed = m->sealed || is_sealed(p.type);
		if (is_sealed(p.type) || rule_of(m->h.exchange, p.type))
			m->pl[m->n++] = p;
	}
	if (!rd_done(&w.r))
		return malformed(m, PL_NONE);
	return m->critical_type ? IKE_PARSE_CRITICAL : IKE_PARSE_OK;
}

/* Outside of IKE_SA_INIT a message is its SK payload. What stands in front of it is not looked at;
 * a message with none is a hint at best (INVALID_IKE_SPI, INVALID_MAJOR_VERSION), and made of
 * notifies only. */
static enum ike_parse outer_rules(struct ike_msg *m)
{
	if (m->h.exchange == EXCH_SA_INIT || m->h.exchange == EXCH_SESSION_RESUME) {
		if (m->sealed)
			m->offender = PL_SK;
		return !m->sealed && rules_ok(m) ? IKE_PARSE_OK : IKE_PARSE_RULES;
	}
	if (m->sealed) {
		m->pl[0] = m->pl[m->n - 1];
		m->n = 1;
		return IKE_PARSE_OK;
	}
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->pl[i].type == PL_NOTIFY)
			m->pl[kept++] = m->pl[i];
	m->n = kept;
	m->offender = kept ? PL_NONE : PL_SK;
	return kept ? IKE_PARSE_OK : IKE_PARSE_RULES;
}

bool ike_hdr_parse(struct span d, struct ike_hdr *h)
{
	struct rd r = rd_init(d.p, d.n);

	*h = (struct ike_hdr){.spi_i = rd_u64(&r)};
	h->spi_r = rd_u64(&r);
	h->next = rd_u8(&r);
	h->version = rd_u8(&r);
	h->exchange = rd_u8(&r);
	h->flags = rd_u8(&r);
	h->id = rd_u32(&r);
	h->length = rd_u32(&r);
	return rd_ok(&r);
}

static bool exchange_known(uint8_t type)
{
	return (type >= EXCH_SA_INIT && type <= EXCH_SESSION_RESUME) || type == EXCH_INTERMEDIATE;
}

static void msg_start(struct ike_msg *m, struct span raw)
{
	m->raw = raw;
	m->n = 0;
	m->sealed = false;
	m->critical_type = m->offender = 0;
}

enum ike_parse ike_msg_parse(struct span d, struct ike_msg *m)
{
	msg_start(m, d);
	if (!ike_hdr_parse(d, &m->h) || m->h.length != d.n || d.n > IKE_MAX_MSG)
		return IKE_PARSE_SHORT;
	if (m->h.version >> 4 > IKE_VERSION >> 4)
		return IKE_PARSE_VERSION;
	if (m->h.version >> 4 < IKE_VERSION >> 4 || !exchange_known(m->h.exchange))
		return IKE_PARSE_EXCHANGE;
	if (!m->h.spi_i)
		return IKE_PARSE_MALFORMED;
	enum ike_parse rc =
	        walk_chain(m, m->h.next, rd_init(d.p + IKE_HDR_LEN, d.n - IKE_HDR_LEN), true);

	return rc == IKE_PARSE_OK ? outer_rules(m) : rc;
}

enum ike_parse ike_inner_parse(
        const struct ike_hdr *outer, uint8_t first, struct span plain, struct ike_msg *m)
{
	msg_start(m, plain);
	m->h = *outer;
	m->h.next = first;
	enum ike_parse rc = walk_chain(m, first, rd_init(plain.p, plain.n), false);

	if (rc != IKE_PARSE_OK)
		return rc;
	return rules_ok(m) ? IKE_PARSE_OK : IKE_PARSE_RULES;
}

const struct ike_pl *ike_msg_find_next(
        const struct ike_msg *m, uint8_t type, const struct ike_pl *prev)
{
	for (size_t i = prev ? (size_t)(prev - m->pl) + 1 : 0; i < m->n; i++)
		if (m->pl[i].type == type)
			return &m->pl[i];
	return NULL;
}

const struct ike_pl *ike_msg_find(const struct ike_msg *m, uint8_t type)
{
	return ike_msg_find_next(m, type, NULL);
}

/* ---- writing --------------------------------------------------------------------------------- */

enum { AT_NEXT = 16, AT_LENGTH = 24 };

/* Not realloc: what is left behind is wiped. */
static uint8_t *room(struct ike_build *b, size_t n)
{
	if (b->bad || n > IKE_MAX_MSG - b->len) {
		b->bad = true;
		return NULL;
	}
	if (b->cap - b->len < n) {
		size_t cap = b->cap * 2 > b->len + n ? b->cap * 2 : b->len + n;
		uint8_t *p = xmalloc(cap);

		memcpy(p, b->p, b->len);
		wipe(b->p, b->len);
		free(b->p);
		b->p = p;
		b->cap = cap;
	}
	b->len += n;
	return b->p + b->len - n;
}

void ike_build_init(struct ike_build *b, const struct ike_hdr *h)
{
	*b = (struct ike_build){.p = xmalloc(1024), .cap = 1024, .next_at = AT_NEXT};
	ike_put_u64(b, h->spi_i);
	ike_put_u64(b, h->spi_r);
	ike_put_u8(b, PL_NONE);
	ike_put_u8(b, IKE_VERSION);
	ike_put_u8(b, h->exchange);
	ike_put_u8(b, h->flags);
	ike_put_u32(b, h->id);
	ike_put_u32(b, 0);
}

void ike_build_fini(struct ike_build *b)
{
	if (b->p)
		wipe(b->p, b->len);
	free(b->p);
	*b = (struct ike_build){0};
}

void ike_put_u8(struct ike_build *b, uint8_t v)
{
	uint8_t *p = room(b, 1);

	if (p)
		p[0] = v;
}

void ike_put_u16(struct ike_build *b, uint16_t v)
{
	uint8_t *p = room(b, 2);

	if (p)
		put_u16(p, v);
}

void ike_put_u32(struct ike_build *b, uint32_t v)
{
	uint8_t *p = room(b, 4);

	if (p)
		put_u32(p, v);
}

void ike_put_u64(struct ike_build *b, uint64_t v)
{
	ike_put_u32(b, (uint32_t)(v >> 32));
	ike_put_u32(b, (uint32_t)v);
}

void ike_put_bytes(struct ike_build *b, struct span s)
{
	uint8_t *p = s.n ? room(b, s.n) : NULL;

	if (p)
		memcpy(p, s.p, s.n);
}

void ike_put_begin(struct ike_build *b, uint8_t type)
{
	if (b->bad)
		return;
	b->p[b->next_at] = type;
	b->last = type;
	b->start = b->len;
	b->next_at = b->len;
	ike_put_u8(b, PL_NONE);
	ike_put_u8(b, 0);
	ike_put_u16(b, 0);
}

void ike_put_end(struct ike_build *b)
{
	if (!b->bad)
		put_u16(b->p + b->start + 2, (uint16_t)(b->len - b->start));
	b->start = 0;
}

bool ike_build_clear(struct ike_build *b, struct span *out)
{
	if (b->bad)
		return false;
	put_u32(b->p + AT_LENGTH, (uint32_t)b->len);
	*out = span_of(b->p, b->len);
	return true;
}

struct span ike_build_inner(const struct ike_build *b, uint8_t *first)
{
	*first = b->p[AT_NEXT];
	return span_of(b->p + IKE_HDR_LEN, b->len - IKE_HDR_LEN);
}
