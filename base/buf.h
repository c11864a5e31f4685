/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cursors over octets: `rd` reads, `wr` writes, all big-endian (network order).
 *
 * Both have a sticky error. A read past the end gives zero and sets it; a write past the end writes nothing and
 * sets it. Code reads straight through a structure and asks once, at the end, rd_ok() or wr_ok().
 */
#ifndef SPOKE_BASE_BUF_H
#define SPOKE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of octets that somebody else owns. */
struct span {
	const uint8_t *p;
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){.p = p, .n = n};
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (!a.n || memcmp(a.p, b.p, a.n) == 0);
}

struct rd {
	const uint8_t *p;
	size_t n; /* octets left */
	bool bad;
};

struct rd rd_init(const void *p, size_t n);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
void rd_bytes(struct rd *r, void *dst, size_t n);
struct span rd_span(struct rd *r, size_t n); /* view of the next n octets; empty on error */
struct span rd_rest(struct rd *r);           /* view of all that is left */
struct rd rd_sub(struct rd *r, size_t n);    /* cursor over the next n octets, error inherited both ways at creation */
void rd_skip(struct rd *r, size_t n);
static inline bool rd_ok(const struct rd *r)
{
	return !r->bad;
}
static inline bool rd_done(const struct rd *r) /* everything read and nothing went wrong */
{
	return !r->bad && r->n == 0;
}

struct wr {
	uint8_t *p;
	size_t len, cap;
	bool bad;
};

struct wr wr_init(void *p, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_zero(struct wr *w, size_t n);
void wr_patch_u16(struct wr *w, size_t at, uint16_t v); /* overwrite what was written at offset `at` */
void wr_patch_u32(struct wr *w, size_t at, uint32_t v);
void wr_patch_u8(struct wr *w, size_t at, uint8_t v);
static inline bool wr_ok(const struct wr *w)
{
	return !w->bad;
}

static inline uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Equality in time that depends on n alone: for MACs, cookies and anything a peer may guess at. */
bool ct_equal(const void *a, const void *b, size_t n);

/* "0a1b…" → octets; false unless exactly n octets of hex digits. hex_fmt writes 2n digits and a NUL. */
bool hex_parse(const char *s, uint8_t *dst, size_t n);
void hex_fmt(char *dst, const void *p, size_t n);

#endif
