/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets: see secret.h. */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

void secret_wipe(struct secret *s)
{
	if (s->p)
		wipe(s->p, s->n);
	free(s->p);
	s->p = NULL;
	s->n = 0;
}

uint8_t *secret_reserve(struct secret *s, size_t n)
{
	secret_wipe(s);
	s->p = xcalloc(1, n);
	s->n = n;
	return s->p;
}

void secret_set(struct secret *s, const void *p, size_t n)
{
	uint8_t *fresh = xmemdup(p, n); /* p may point into s */

	secret_wipe(s);
	s->p = fresh;
	s->n = n;
}

void secret_copy(struct secret *dst, const struct secret *src)
{
	if (src->n)
		secret_set(dst, src->p, src->n);
	else
		secret_wipe(dst);
}

bool secret_eq(const struct secret *a, const struct secret *b)
{
	return a->n == b->n && ct_equal(a->p, b->p, a->n);
}
