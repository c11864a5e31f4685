/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Output on a terminal, a page at a time. Text goes in with pager_add() and comes out on standard
 * output until a page is full; then " --More-- " waits for a key:
 *
 *   blank   a page
 *   Enter   a line
 *   /RE     go on with the line that matches
 *   +RE     from here on, only the lines that match
 *   -RE     from here on, only those that do not
 *   others  the end of this command's output
 */
#ifndef SPOKE_CLI_SH_PAGER_H
#define SPOKE_CLI_SH_PAGER_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum { PAGER_EXPR_MAX = 128 };

struct pager {
	struct strbuf text; /* not yet printed */
	size_t at;
	unsigned columns, rows; /* 0: no limit */
	unsigned room;          /* lines until the next --More-- */
	size_t column;          /* where the cursor is */
	bool waiting;           /* --More-- is on the screen, or an expression is being typed */
	bool discard;           /* the rest of this output is not wanted */
	char typing;            /* '/', '+' or '-': an expression; '\0': --More-- */
	char expr[PAGER_EXPR_MAX];
	size_t expr_n;
	char filter; /* the one in force; '\0': none */
	regex_t re;  /* of `filter` */
};

void pager_size(struct pager *p, unsigned columns, unsigned rows);
void pager_begin(struct pager *p); /* a new command: a whole page of room */
void pager_add(struct pager *p, const void *text, size_t n);
void pager_print(struct pager *p);  /* what fits */
void pager_finish(struct pager *p); /* no more comes: a line without its end is one too */
void pager_key(struct pager *p, int key);
void pager_fini(struct pager *p);

#endif
