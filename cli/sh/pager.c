/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --More--: see pager.h. */
#include "cli/sh/pager.h"

#include <stdio.h>
#include <string.h>

#define MORE " --More-- "

/* Rubbed out with what every terminal understands. */
static const char rub_out[] = "\b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b";

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

void pager_begin(struct pager *p)
{
	p->room = page(p);
	p->discard = false;
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

void pager_print(struct pager *p)
{
	while (!p->waiting && p->at < p->text.len) {
		const char *line = p->text.s + p->at;
		const char *nl = memchr(line, '\n', p->text.len - p->at);
		size_t n = nl ? (size_t)(nl - line) + 1 : p->text.len - p->at;

		if (p->rows && !p->room && !p->column) {
			fputs(MORE, stdout);
			p->waiting = true;
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

void pager_key(struct pager *p, int key)
{
	p->waiting = false;
	fputs(rub_out, stdout);
	if (key == ' ') {
		p->room = page(p);
	} else if (key == '\r' || key == '\n') {
		p->room = 1;
	} else {
		p->discard = true;
		sb_clear(&p->text);
		p->at = 0;
	}
	pager_print(p);
}

void pager_fini(struct pager *p)
{
	sb_fini(&p->text);
}
