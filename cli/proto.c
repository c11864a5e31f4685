/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames between the two programs: see proto.h. */
#include "cli/proto.h"

#include <stdlib.h>
#include <string.h>

void proto_in_fini(struct proto_in *in)
{
	if (in->p)
		explicit_bzero(in->p, in->cap); /* lines may have carried keys */
	free(in->p);
	*in = (struct proto_in){0};
}

static void compact(struct proto_in *in)
{
	if (!in->at)
		return;
	memmove(in->p, in->p + in->at, in->len - in->at);
	in->len -= in->at;
	in->at = 0;
}

void proto_in_add(struct proto_in *in, const void *p, size_t n)
{
	if (in->bad || !n)
		return;
	if (in->cap - in->len < n)
		compact(in);
	if (in->cap - in->len < n) {
		size_t cap = in->cap ? in->cap : 4096;
		uint8_t *q;

		while (cap - in->len < n)
			cap *= 2;
		q = xmalloc(cap);
		if (in->p) {
			memcpy(q, in->p, in->len);
			explicit_bzero(in->p, in->cap);
		}
		free(in->p);
		in->p = q;
		in->cap = cap;
	}
	memcpy(in->p + in->len, p, n);
	in->len += n;
}

bool proto_in_next(struct proto_in *in, struct proto_frame *f)
{
	size_t have = in->len - in->at;

	if (in->bad || have < PROTO_HEAD)
		return false;
	const uint8_t *p = in->p + in->at;
	uint32_t n = get_u32(p);

	if (n < 1 || n > PROTO_MAX) {
		in->bad = true;
		return false;
	}
	if (have < 4 + (size_t)n)
		return false;
	f->type = p[4];
	f->body = rd_init(p + PROTO_HEAD, n - 1);
	in->at += 4 + (size_t)n;
	if (in->at == in->len)
		in->len = in->at = 0; /* the view stays valid: nothing is moved before the next
		                         proto_in_add() */
	return true;
}

bool proto_text(struct rd *body, char *dst, size_t size)
{
	struct span s = rd_rest(body);

	if (s.n >= size || (s.n && memchr(s.p, '\0', s.n)))
		return false;
	if (s.n)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return true;
}

static void head(struct strbuf *out, uint8_t type, size_t n)
{
	uint8_t h[PROTO_HEAD];

	put_u32(h, (uint32_t)(n + 1));
	h[4] = type;
	sb_add(out, h, sizeof(h));
}

void proto_put(struct strbuf *out, uint8_t type, const void *p, size_t n)
{
	if (n > PROTO_MAX - 1)
		n = PROTO_MAX - 1;
	head(out, type, n);
	if (n)
		sb_add(out, p, n);
}

void proto_put_u8(struct strbuf *out, uint8_t type, uint8_t v)
{
	proto_put(out, type, &v, 1);
}

void proto_put_flagged(struct strbuf *out, uint8_t type, uint8_t v, const char *text)
{
	size_t n = strlen(text);

	if (n > PROTO_MAX - 2)
		n = PROTO_MAX - 2;
	head(out, type, n + 1);
	sb_add(out, &v, 1);
	sb_add(out, text, n);
}

void proto_put_winsize(struct strbuf *out, uint16_t columns, uint16_t rows)
{
	uint8_t b[4];

	put_u16(b, columns);
	put_u16(b + 2, rows);
	proto_put(out, PROTO_WINSIZE, b, sizeof(b));
}

void proto_put_terminal(
        struct strbuf *out, uint16_t columns, uint16_t rows, uint16_t history, uint8_t flags)
{
	uint8_t b[7];

	put_u16(b, columns);
	put_u16(b + 2, rows);
	put_u16(b + 4, history);
	b[6] = flags;
	proto_put(out, PROTO_TERMINAL, b, sizeof(b));
}

void proto_put_hello(struct strbuf *out, enum proto_kind kind, uint16_t columns, uint16_t rows)
{
	uint8_t b[6] = {PROTO_VERSION, (uint8_t)kind};

	put_u16(b + 2, columns);
	put_u16(b + 4, rows);
	proto_put(out, PROTO_HELLO, b, sizeof(b));
}

void proto_put_output(struct strbuf *out, const char *text, size_t n)
{
	while (n) {
		size_t part = n < PROTO_MAX - 1 ? n : PROTO_MAX - 1;

		proto_put(out, PROTO_OUTPUT, text, part);
		text += part;
		n -= part;
	}
}
