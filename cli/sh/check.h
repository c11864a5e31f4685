/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of `spokesh --check`: where a stored line stands in its file, and the rules that
 * `--strict` adds to what the grammar refuses.
 */
#ifndef SPOKE_CLI_SH_CHECK_H
#define SPOKE_CLI_SH_CHECK_H

#include "grammar/grammar.h"

/* A file and the configuration that was read from it; both must outlive it. `whole`: of every line
 * of that; otherwise of those that an editor for checking keeps. */
struct check_source;

struct check_source *check_source_new(const char *text, const struct cfg *c, bool whole);
void check_source_free(struct check_source *s);
/* The line of the file (from 1) that stored this line last; 0: none did. *raw: as it stands there,
 * up to its line end. */
unsigned check_line(const struct check_source *s, const struct cfg_node *n, const char **raw);

/* `why` is one sentence: what is wrong and what it leads to. */
typedef void (*check_fn)(void *ctx, const struct cfg_node *n, const char *severity,
        const char *rule, const char *why);

/* Every rule over the whole configuration. `s` tells which spelling was used. */
void check_rules(const struct cfg *c, const struct check_source *s, check_fn found, void *ctx);

#endif
