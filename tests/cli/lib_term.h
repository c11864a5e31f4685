/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Terminals without sockets: a router on the fake back ends, its shell, and sessions whose frames
 * are taken apart as they come. What a person would see is collected as text.
 */
#ifndef SPOKE_TESTS_CLI_LIB_TERM_H
#define SPOKE_TESTS_CLI_LIB_TERM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/session.h"

struct box {
	uv_loop_t loop;
	struct router *router;
	struct shell *shell;
	char dir[64], startup[96];
	unsigned quits;
};

struct term {
	struct session *s;
	struct proto_in in;
	struct strbuf out, log; /* since the last say() */
	char prompt[256];
	unsigned prompt_flags;
	uint16_t columns, rows;
	int status; /* of the last DONE; -1: none came */
	bool closed;
	unsigned prompts;
};

void box_init(struct box *b);
void box_fini(struct box *b); /* the directory and what the router saved are gone */

void term_open(struct term *t, struct box *b, enum proto_kind kind);
void term_close(struct term *t);

/* Each returns what the terminal printed. */
const char *say(struct term *t, const char *line);
const char *say_flags(struct term *t, const char *line, unsigned flags);
const char *help(struct term *t, const char *text);
const char *complete(struct term *t, const char *text); /* NULL: nothing to complete */
/* Several lines, as one paste: all but the last say that more follows. */
const char *paste(struct term *t, const char *const *lines, size_t n);

#endif
