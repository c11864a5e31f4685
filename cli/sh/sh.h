/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spokesh's ways of working: at a terminal, with lines from somewhere else, and offline. Each
 * returns the exit status: 0 all lines were accepted, 1 some were not, 2 it could not be tried.
 */
#ifndef SPOKE_CLI_SH_SH_H
#define SPOKE_CLI_SH_SH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/out.h"
#include "cli/sh/link.h"

/* A person (or a program that plays one) at a terminal: standard input and output. */
int sh_terminal(struct link *l);

/* Lines from standard input; a refused line is shown with its number. With `echo` each line is
 * shown behind its prompt, as on a terminal; otherwise neither is. */
int sh_script(struct link *l, bool echo);
/* The commands of `-c`, in order. */
int sh_commands(struct link *l, char *const *commands, size_t n);

/* Reads a configuration file without a router: "FILE:LINE:COLUMN: message" for each line that would
 * be refused, a warning for each name that leads nowhere; `strict`: all that check_rules() knows,
 * and every finding makes the status 1. `json`: findings go there, as objects of a list. */
int sh_check(const char *file, bool strict, struct out *json);

/* One command; what it prints is added to `out`. */
int sh_capture(struct link *l, const char *command, struct strbuf *out);

/* Writes the event trace as a page: the router's, or (`from` not NULL) that of a file. */
int sh_trace(const char *page, const char *from, const char *socket);

#endif
