/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Short names of commands: `alias exec srb show running-config | begin`, and those that are there
 * without a line. A first word that is an alias as a whole stands for its command; what follows it
 * stays. An alias goes before the commands that the word abbreviates.
 */
#ifndef SPOKE_CLI_ALIAS_H
#define SPOKE_CLI_ALIAS_H

#include "base/mem.h"

struct session;

/* A line in which an alias was replaced. */
struct expanded {
	char *text;            /* NULL: the line has none */
	size_t at;             /* where the alias stood, and its command stands */
	size_t typed, command; /* their lengths */
};

/* `line` from offset `at` on is a command of EXEC or, with `config`, of the mode this terminal
 * configures. free() the text. */
struct expanded alias_expand(const struct session *s, const char *line, size_t at, bool config);
/* An offset into the expanded line, in the line as typed: all of the command is its alias. */
size_t alias_offset(const struct expanded *e, size_t offset);
/* The aliases that begin with `word`, as `?` shows them behind it: *NAME="COMMAND" */
void alias_help(const struct session *s, const char *word, bool config, struct strbuf *out);

#endif
