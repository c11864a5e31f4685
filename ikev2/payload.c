/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents of the payloads: see payload.h. Reading goes through a cursor and asks once at the end.
 */
#include "ikev2/payload.h"

#include <string.h>

#include "base/mem.h"
#include "ikev2/proposal.h"

enum { TS_IPV4 = 7, TS_IPV6 = 8, TS_HDR = 8 };

static struct rd body(const struct ike_pl *p)
{
	return rd_init(p->body.p, p->body.n);
}

bool ike_get_ke(const struct ike_pl *p, struct ike_pl_ke *out)
{
	struct rd r = body(p);

	out->group = rd_u16(&r);
	rd_skip(&r, 2);
	out->data = rd_rest(&r);
	return rd_ok(&r) && out->data.n;
}

bool ike_get_nonce(const struct ike_pl *p, struct span *out)
{
	*out = p->body;
	return out->n >= IKE_NONCE_MIN && out->n <= IKE_NONCE_MAX;
}

static bool id_length_ok(uint8_t type, size_t n)
{
	switch (type) {
	case ID_IPV4_ADDR:
		return n == 4;
	case ID_IPV6_ADDR:
		return n == 16;
	default:
		return true;
	}
}

static bool id_read(const struct ike_pl *p, uint8_t *type, struct span *data)
{
	struct rd r = body(p);

	*type = rd_u8(&r);
	rd_skip(&r, 3);
	*data = rd_rest(&r);
	return rd_ok(&r) && id_length_ok(*type, data->n);
}

bool ike_get_id(const struct ike_pl *p, struct ike_id *out)
{
	struct span data;

	*out = (struct ike_id){0};
	if (!id_read(p, &out->type, &data) || data.n > sizeof(out->data))
		return false;
	out->len = (uint8_t)data.n;
	if (data.n)
		memcpy(out->data, data.p, data.n);
	return true;
}

bool ike_get_auth(const struct ike_pl *p, struct ike_pl_auth *out)
{
	struct rd r = body(p);

	out->method = rd_u8(&r);
	rd_skip(&r, 3);
	out->data = rd_rest(&r);
	return rd_ok(&r);
}

/* Notifies whose data have a fixed shape. */
static const struct notify_shape {
	uint16_t type;
	uint8_t spi, min, max;
} shapes[] = {
        /* clang-format off */
	{ N_INVALID_KE_PAYLOAD,           0,  2,  2 },
	{ N_SET_WINDOW_SIZE,              0,  4,  4 },
	{ N_NAT_DETECTION_SOURCE_IP,      0, 20, 20 },
	{ N_NAT_DETECTION_DESTINATION_IP, 0, 20, 20 },
	{ N_COOKIE,                       0,  1, 64 },
	{ N_REKEY_SA,                     4,  0,  0 },
        /* clang-format on */
};

static bool notify_shape_ok(const struct ike_pl_notify *n)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		const struct notify_shape *s = &shapes[i];

		if (s->type == n->type)
			return (!s->spi || n->spi.n == s->spi) && n->data.n >= s->min &&
			       n->data.n <= s->max;
	}
	return true;
}

bool ike_get_notify(const struct ike_pl *p, struct ike_pl_notify *out)
{
	struct rd r = body(p);

	out->proto = rd_u8(&r);
	size_t spi = rd_u8(&r);

	out->type = rd_u16(&r);
	out->spi = rd_span(&r, spi);
	out->data = rd_rest(&r);
	return rd_ok(&r) && notify_shape_ok(out);
}

/* RFC 7296 §3.11: an IKE SA is deleted without naming it, ESP and AH by SPIs of four octets. */
static bool delete_shape_ok(const struct ike_pl_delete *d)
{
	if (d->proto == IKE_PROTO_IKE)
		return d->spi_size == 0;
	if (d->proto == IKE_PROTO_ESP || d->proto == IKE_PROTO_AH)
		return d->spi_size == 4;
	return true;
}

bool ike_get_delete(const struct ike_pl *p, struct ike_pl_delete *out)
{
	struct rd r = body(p);

	out->proto = rd_u8(&r);
	out->spi_size = rd_u8(&r);
	out->count = rd_u16(&r);
	out->spis = rd_rest(&r);
	return rd_ok(&r) && (size_t)out->spi_size * out->count == out->spis.n &&
	       delete_shape_ok(out);
}

uint32_t ike_delete_spi(const struct ike_pl_delete *d, size_t i)
{
	return d->spi_size == 4 && i < d->count ? get_u32(d->spis.p + 4 * i) : 0;
}

static void ts_addr(struct rd *r, int family, struct ipaddr *out)
{
	uint8_t octets[16];

	rd_bytes(r, octets, family == AF_INET ? 4 : 16);
	*out = ipaddr_from(family, octets);
}

/* One selector. `known` tells whether its type is an address range. */
static bool ts_read(struct rd *r, struct ike_ts *t, bool *known)
{
	uint8_t type = rd_u8(r);

	t->proto = rd_u8(r);
	size_t len = rd_u16(r);

	*known = type == TS_IPV4 || type == TS_IPV6;
	size_t addr = type == TS_IPV4 ? 4 : 16;

	if (len < 4 || (*known && len != TS_HDR + 2 * addr))
		return false;
	struct rd b = rd_sub(r, len - 4);

	if (!*known)
		return rd_ok(&b);
	int family = type == TS_IPV4 ? AF_INET : AF_INET6;

	t->port_lo = rd_u16(&b);
	t->port_hi = rd_u16(&b);
	ts_addr(&b, family, &t->lo);
	ts_addr(&b, family, &t->hi);
	return rd_done(&b) && ipaddr_cmp(&t->lo, &t->hi) <= 0;
}

bool ike_get_ts(const struct ike_pl *p, struct ike_pl_ts *out)
{
	struct rd r = body(p);
	uint8_t count = rd_u8(&r);

	*out = (struct ike_pl_ts){0};
	rd_skip(&r, 3);
	for (unsigned i = 0; i < count; i++) {
		struct ike_ts t = {0};
		bool known;

		if (!ts_read(&r, &t, &known))
			return false;
		if (known && out->n < IKE_MAX_TS)
			out->ts[out->n++] = t;
		else
			out->more = true;
	}
	return rd_done(&r) && count;
}

bool ike_get_cp(const struct ike_pl *p, struct ike_pl_cp *out)
{
	struct rd r = body(p);

	out->type = rd_u8(&r);
	out->n = 0;
	rd_skip(&r, 3);
	while (rd_ok(&r) && r.n) {
		struct ike_attr a = {.type = rd_u16(&r) & 0x7fff};

		a.len = rd_u16(&r);
		struct span v = rd_span(&r, a.len);

		if (!rd_ok(&r) || out->n == IKE_MAX_ATTRS)
			return false;
		a.val = a.len ? v.p : NULL;
		out->attr[out->n++] = a;
	}
	return rd_ok(&r);
}

/* ---- is it well-formed ----------------------------------------------------------------------- */

static bool valid_ke(const struct ike_pl *p)
{
	struct ike_pl_ke k;

	return ike_get_ke(p, &k);
}

static bool valid_id(const struct ike_pl *p)
{
	uint8_t type;
	struct span data;

	return id_read(p, &type, &data);
}

static bool valid_auth(const struct ike_pl *p)
{
	struct ike_pl_auth a;

	return ike_get_auth(p, &a);
}

static bool valid_nonce(const struct ike_pl *p)
{
	struct span n;

	return ike_get_nonce(p, &n);
}

static bool valid_notify(const struct ike_pl *p)
{
	struct ike_pl_notify n;

	return ike_get_notify(p, &n);
}

static bool valid_delete(const struct ike_pl *p)
{
	struct ike_pl_delete d;

	return ike_get_delete(p, &d);
}

static bool valid_ts(const struct ike_pl *p)
{
	struct ike_pl_ts t;

	return ike_get_ts(p, &t);
}

static bool valid_cp(const struct ike_pl *p)
{
	struct ike_pl_cp c;

	return ike_get_cp(p, &c);
}

static bool valid_cert(const struct ike_pl *p)
{
	return p->body.n >= 1; /* encoding */
}

static bool valid_eap(const struct ike_pl *p)
{
	return p->body.n >= 4 && get_u16(p->body.p + 2) == p->body.n;
}

static bool valid_skf(const struct ike_pl *p)
{
	return p->body.n >= 4; /* number, total */
}

typedef bool (*valid_fn)(const struct ike_pl *p);
/* clang-format off */
static const valid_fn valid[256] = {
	[PL_SA]     = ike_sa_valid,  [PL_KE]      = valid_ke,     [PL_IDi]  = valid_id,   [PL_IDr]    = valid_id,
	[PL_CERT]   = valid_cert,    [PL_CERTREQ] = valid_cert,   [PL_AUTH] = valid_auth, [PL_NONCE]  = valid_nonce,
	[PL_NOTIFY] = valid_notify,  [PL_DELETE]  = valid_delete, [PL_TSi]  = valid_ts,   [PL_TSr]    = valid_ts,
	[PL_CP]     = valid_cp,      [PL_EAP]     = valid_eap,    [PL_SKF]  = valid_skf,
};
/* clang-format on */

bool ike_payload_valid(const struct ike_pl *p)
{
	return !valid[p->type] || valid[p->type](p);
}

/* ---- looking for one ------------------------------------------------------------------------- */

bool ike_msg_notify(const struct ike_msg *m, uint16_t type, struct ike_pl_notify *out)
{
	const struct ike_pl *p = NULL;

	while ((p = ike_msg_find_next(m, PL_NOTIFY, p)))
		if (ike_get_notify(p, out) && out->type == type)
			return true;
	return false;
}

bool ike_msg_has_notify(const struct ike_msg *m, uint16_t type)
{
	struct ike_pl_notify n;

	return ike_msg_notify(m, type, &n);
}

bool ike_msg_error(const struct ike_msg *m, struct ike_pl_notify *out)
{
	const struct ike_pl *p = NULL;

	while ((p = ike_msg_find_next(m, PL_NOTIFY, p)))
		if (ike_get_notify(p, out) && ike_notify_is_error(out->type))
			return true;
	return false;
}

uint32_t ike_notify_spi(const struct ike_pl_notify *n)
{
	return n->spi.n == 4 ? get_u32(n->spi.p) : 0;
}

bool ike_msg_has_vendor(const struct ike_msg *m, const char *text)
{
	const struct ike_pl *p = NULL;

	while ((p = ike_msg_find_next(m, PL_VENDOR, p)))
		if (span_eq(p->body, span_of(text, strlen(text))))
			return true;
	return false;
}

/* ---- writing --------------------------------------------------------------------------------- */

size_t ike_id_body(const struct ike_id *id, uint8_t out[IKE_ID_BODY_MAX])
{
	out[0] = id->type;
	memset(out + 1, 0, 3);
	memcpy(out + 4, id->data, id->len);
	return 4u + id->len;
}

void ike_put_ke(struct ike_build *b, uint16_t group, struct span public_value)
{
	ike_put_begin(b, PL_KE);
	ike_put_u16(b, group);
	ike_put_u16(b, 0);
	ike_put_bytes(b, public_value);
	ike_put_end(b);
}

void ike_put_nonce(struct ike_build *b, struct span nonce)
{
	ike_put_payload(b, PL_NONCE, nonce);
}

void ike_put_id(struct ike_build *b, uint8_t type, const struct ike_id *id)
{
	uint8_t octets[IKE_ID_BODY_MAX];

	ike_put_payload(b, type, span_of(octets, ike_id_body(id, octets)));
}

void ike_put_auth(struct ike_build *b, uint8_t method, struct span data)
{
	ike_put_begin(b, PL_AUTH);
	ike_put_u32(b, (uint32_t)method << 24);
	ike_put_bytes(b, data);
	ike_put_end(b);
}

void ike_put_notify(struct ike_build *b, uint16_t type, struct span data)
{
	ike_put_begin(b, PL_NOTIFY);
	ike_put_u16(b, 0);
	ike_put_u16(b, type);
	ike_put_bytes(b, data);
	ike_put_end(b);
}

void ike_put_notify_esp(struct ike_build *b, uint16_t type, uint32_t spi, struct span data)
{
	ike_put_begin(b, PL_NOTIFY);
	ike_put_u8(b, IKE_PROTO_ESP);
	ike_put_u8(b, 4);
	ike_put_u16(b, type);
	ike_put_u32(b, spi);
	ike_put_bytes(b, data);
	ike_put_end(b);
}

void ike_put_delete_ike(struct ike_build *b)
{
	ike_put_begin(b, PL_DELETE);
	ike_put_u32(b, (uint32_t)IKE_PROTO_IKE << 24);
	ike_put_end(b);
}

void ike_put_delete_esp(struct ike_build *b, const uint32_t *spis, size_t n)
{
	ike_put_begin(b, PL_DELETE);
	ike_put_u8(b, IKE_PROTO_ESP);
	ike_put_u8(b, 4);
	ike_put_u16(b, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		ike_put_u32(b, spis[i]);
	ike_put_end(b);
}

void ike_put_vendor(struct ike_build *b, const char *text)
{
	ike_put_payload(b, PL_VENDOR, span_of(text, strlen(text)));
}

void ike_put_ts(struct ike_build *b, uint8_t type, const struct ike_ts *ts, size_t n)
{
	ike_put_begin(b, type);
	ike_put_u32(b, (uint32_t)n << 24);
	for (size_t i = 0; i < n; i++) {
		size_t addr = ipaddr_octets(&ts[i].lo);

		ike_put_u8(b, addr == 4 ? TS_IPV4 : TS_IPV6);
		ike_put_u8(b, ts[i].proto);
		ike_put_u16(b, (uint16_t)(TS_HDR + 2 * addr));
		ike_put_u16(b, ts[i].port_lo);
		ike_put_u16(b, ts[i].port_hi);
		ike_put_bytes(b, span_of(ts[i].lo.b, addr));
		ike_put_bytes(b, span_of(ts[i].hi.b, addr));
	}
	ike_put_end(b);
}

void ike_put_cp(struct ike_build *b, uint8_t cp_type, const struct ike_attrs *attrs)
{
	ike_put_begin(b, PL_CP);
	ike_put_u32(b, (uint32_t)cp_type << 24);
	for (size_t i = 0; i < attrs->n; i++) {
		ike_put_u16(b, attrs->v[i].type & 0x7fff);
		ike_put_u16(b, attrs->v[i].len);
		ike_put_bytes(b, span_of(attrs->v[i].val, attrs->v[i].len));
	}
	ike_put_end(b);
}
