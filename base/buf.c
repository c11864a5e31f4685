/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cursors with a sticky error: see buf.h. */
#include "base/buf.h"

struct rd rd_init(const void *p, size_t n)
{
	return (struct rd){.p = p, .n = n};
}

static const uint8_t *take(struct rd *r, size_t n)
{
	if (r->bad || r->n < n) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = r->p;

	if (n) {
		r->p += n;
		r->n -= n;
	}
	return p;
}

uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = take(r, 1);

	return p ? p[0] : 0;
}

uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = take(r, 2);

	return p ? get_u16(p) : 0;
}

uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = take(r, 4);

	return p ? get_u32(p) : 0;
}

uint64_t rd_u64(struct rd *r)
{
	uint64_t hi = rd_u32(r);

	return hi << 32 | rd_u32(r);
}

void rd_bytes(struct rd *r, void *dst, size_t n)
{
	const uint8_t *p = take(r, n);

	if (!n)
		return;
	if (p)
		memcpy(dst, p, n);
	else
		memset(dst, 0, n);
}

struct span rd_span(struct rd *r, size_t n)
{
	const uint8_t *p = take(r, n);

	return r->bad ? (struct span){0} : span_of(p, n);
}

struct span rd_rest(struct rd *r)
{
	return rd_span(r, r->n);
}

struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = take(r, n);

	if (r->bad)
		return (struct rd){.bad = true};
	return rd_init(p, n);
}

void rd_skip(struct rd *r, size_t n)
{
	take(r, n);
}

struct wr wr_init(void *p, size_t cap)
{
	return (struct wr){.p = p, .cap = cap};
}

static uint8_t *grow(struct wr *w, size_t n)
{
	if (w->bad || w->cap - w->len < n) {
		w->bad = true;
		return NULL;
	}
	uint8_t *p = w->p + w->len;

	w->len += n;
	return p;
}

void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = grow(w, 1);

	if (p)
		p[0] = v;
}

void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = grow(w, 2);

	if (p)
		put_u16(p, v);
}

void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = grow(w, 4);

	if (p)
		put_u32(p, v);
}

void wr_u64(struct wr *w, uint64_t v)
{
	wr_u32(w, (uint32_t)(v >> 32));
	wr_u32(w, (uint32_t)v);
}

void wr_bytes(struct wr *w, const void *src, size_t n)
{
	uint8_t *p = grow(w, n);

	if (p && n)
		memcpy(p, src, n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = grow(w, n);

	if (p && n)
		memset(p, 0, n);
}

void wr_patch_u8(struct wr *w, size_t at, uint8_t v)
{
	if (at < w->len)
		w->p[at] = v;
	else
		w->bad = true;
}

void wr_patch_u16(struct wr *w, size_t at, uint16_t v)
{
	if (w->len >= 2 && at <= w->len - 2)
		put_u16(w->p + at, v);
	else
		w->bad = true;
}

void wr_patch_u32(struct wr *w, size_t at, uint32_t v)
{
	if (w->len >= 4 && at <= w->len - 4)
		put_u32(w->p + at, v);
	else
		w->bad = true;
}

bool ct_equal(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff = (uint8_t)(diff | (x[i] ^ y[i]));
	return diff == 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_parse(const char *s, uint8_t *dst, size_t n)
{
	if (strlen(s) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(s[2 * i]), lo = nibble(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		dst[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

void hex_fmt(char *dst, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digit[b[i] >> 4];
		dst[2 * i + 1] = digit[b[i] & 15];
	}
	dst[2 * n] = '\0';
}
