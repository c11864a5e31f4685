/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may stand behind the `|` of a show command: begin, count, exclude, include, section with a
 * regular expression, and json.
 *
 * IOS's expressions are unanchored and case-sensitive; `_` means a start, an end or a separator,
 * and braces are plain characters. The rest is POSIX extended. After the filter's name one blank is
 * skipped; all that follows is the expression, blanks included.
 */
#ifndef SPOKE_CLI_FILTER_H
#define SPOKE_CLI_FILTER_H

#include "grammar/grammar.h"

struct filter;

/* `line` as typed, `at` the offset behind its `|`. NULL: refused, and `d` says why (caret relative
 * to `line`). */
struct filter *filter_new(const char *line, size_t at, struct gr_diag *d);
void filter_free(struct filter *f); /* accepts NULL */
/* NULL: the output goes to the terminal. `tee`: there too. */
const char *filter_file(const struct filter *f, bool *append, bool *tee);
bool filter_json(const struct filter *f);
void filter_run(const struct filter *f, const char *text, struct strbuf *out);

/* `?` and Tab behind the `|`: text is what stands between it and the cursor. */
void filter_help(const char *text, struct strbuf *out);
bool filter_complete(
        const char *text, struct strbuf *out); /* the word in full and a blank; false: not unique */

#endif
