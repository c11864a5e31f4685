/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --More--: see pager.h. */
#include "cli/sh/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/regex.h"

#define MORE " --More-- "

enum { CTRL_C = 3, CTRL_H = 8, CTRL_U = 21, ESC = 27, DEL = 127 };

/* Rubbed out with what every terminal understands. */
static void rub_out(size_t n)
{
	for (size_t i = 0; i < n; i++)
		putchar('\b');
	for (size_t i = 0; i < n; i++)
		putchar(' ');
	for (size_t i = 0; i < n; i++)
		putchar('\b');
}

static void ask(struct pager *p)
{
	fputs(MORE, stdout);
	p->waiting = true;
	p->typing = '\0';
}

static unsigned page(const struct pager *p)
{
	return p->rows > 1 ? p->rows - 1 : 1;
}

void pager_size(struct pager *p, unsigned columns, unsigned rows)
{
	p->columns = columns;
	p->rows = rows;
	p->room = page(p);
}

static void no_filter(struct pager *p)
{
	if (p->filter)
		regfree(&p->re);
	p->filter = '\0';
}

void pager_begin(struct pager *p)
{
	p->room = page(p);
	p->discard = false;
	no_filter(p);
}

void pager_add(struct pager *p, const void *text, size_t n)
{
	if (!p->discard)
		sb_add(&p->text, text, n);
}

/* Rows of the screen that a line takes. */
static unsigned rows_of(const struct pager *p, size_t len)
{
	return 1 + (p->columns && len ? (unsigned)((len - 1) / p->columns) : 0);
}

static void print_line(struct pager *p, const char *line, size_t n, bool whole)
{
	unsigned used;

	fwrite(line, 1, n, stdout);
	p->column += n - whole;
	if (!whole)
		return;
	used = rows_of(p, p->column);
	p->room = p->room > used ? p->room - used : 0;
	p->column = 0;
}

/* Does the filter that was typed at --More-- let this line through? */
static bool wanted(struct pager *p, const char *line, size_t n, bool whole)
{
	char *copy;
	bool match;

	if (!p->filter)
		return true;
	copy = xstrndup(line, n - whole);
	match = regexec(&p->re, copy, 0, NULL, 0) == 0;
	free(copy);
	if (p->filter == '/' && match)
		no_filter(p);
	return match == (p->filter != '-');
}

void pager_print(struct pager *p)
{
	while (!p->waiting && p->at < p->text.len) {
		const char *line = p->text.s + p->at;
		const char *nl = memchr(line, '\n', p->text.len - p->at);
		size_t n = nl ? (size_t)(nl - line) + 1 : p->text.len - p->at;

		if (p->filter && !nl)
			break; /* the rest of the line comes, or pager_finish() */
		if (!wanted(p, line, n, nl != NULL)) {
			p->at += n;
			continue;
		}
		if (p->rows && !p->room && !p->column) {
			ask(p);
			break;
		}
		print_line(p, line, n, nl != NULL);
		p->at += n;
	}
	if (p->at == p->text.len) {
		sb_clear(&p->text);
		p->at = 0;
	}
	fflush(stdout);
}

void pager_finish(struct pager *p)
{
	if (p->filter && p->at < p->text.len) {
		sb_putc(&p->text, '\n');
		p->room += !p->room;
	}
	pager_print(p);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void stop(struct pager *p)
{
	p->discard = true;
	sb_clear(&p->text);
	p->at = 0;
}

static void begin_expr(struct pager *p, int key)
{
	p->typing = (char)key;
	p->expr_n = 0;
	putchar(key);
}

/* The expression is whole: what it leaves over follows, a page of it. */
static void use_expr(struct pager *p)
{
	regex_t re;

	p->expr[p->expr_n] = '\0';
	putchar('\n');
	if (!p->expr_n || !ios_regex(&re, p->expr)) {
		fputs("% Invalid regular expression\n", stdout);
		ask(p);
		return;
	}
	no_filter(p);
	p->re = re;
	p->filter = p->typing;
	p->waiting = false;
	p->typing = '\0';
	p->room = page(p);
	fputs("filtering...\n", stdout);
}

static void expr_key(struct pager *p, int key)
{
	if (key == '\r' || key == '\n') {
		use_expr(p);
	} else if (key == CTRL_C || key == ESC) {
		rub_out(1 + p->expr_n);
		ask(p);
	} else if (key == CTRL_U) {
		rub_out(p->expr_n);
		p->expr_n = 0;
	} else if (key == DEL || key == CTRL_H) {
		if (p->expr_n) {
			rub_out(1);
			p->expr_n--;
		} else {
			rub_out(1);
			ask(p);
		}
	} else if ((unsigned char)key >= ' ' && p->expr_n < PAGER_EXPR_MAX - 1) {
		p->expr[p->expr_n++] = (char)key;
		putchar(key);
	}
}

static void more_key(struct pager *p, int key)
{
	rub_out(strlen(MORE));
	if (key == '/' || key == '+' || key == '-') {
		begin_expr(p, key);
		return;
	}
	p->waiting = false;
	if (key == ' ')
		p->room = page(p);
	else if (key == '\r' || key == '\n')
		p->room = 1;
	else
		stop(p);
}

void pager_key(struct pager *p, int key)
{
	if (p->typing)
		expr_key(p, key);
	else
		more_key(p, key);
	pager_print(p);
}

void pager_fini(struct pager *p)
{
	no_filter(p);
	sb_fini(&p->text);
}
