/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory: allocation that does not return without memory, an arena for things that die together,
 * and a growing string. Running out of memory aborts with a message; nothing in the house carries
 * recovery code.
 */
#ifndef SPOKE_BASE_MEM_H
#define SPOKE_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size); /* zeroed */
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);

/* An arena: allocations are zeroed, live until arena_fini() or arena_reset(), and are never freed
 * singly. */
struct arena {
	struct arena_block *head;
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);
void *arena_alloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A growing, always NUL-terminated string. */
struct strbuf {
	char *s; /* never NULL after the first append; sb_str() is always printable */
	size_t len, cap;
};

void sb_fini(struct strbuf *sb);
void sb_clear(struct strbuf *sb); /* keeps the memory */
void sb_add(struct strbuf *sb, const void *p, size_t n);
void sb_puts(struct strbuf *sb, const char *s);
void sb_putc(struct strbuf *sb, char c);
void sb_printf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sb_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
        __attribute__((format(printf, 2, 0)));
const char *sb_str(const struct strbuf *sb); /* "" when empty */
char *sb_take(struct strbuf *sb);            /* the caller frees; the buffer is empty again */

/* Text from a file: takes its NUL octets out, ends it at the new length, which it returns. `s` has
 * room for n + 1. */
size_t drop_nul(char *s, size_t n);

#endif
