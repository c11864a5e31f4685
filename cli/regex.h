/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IOS's regular expressions, of output filters and of --More--: unanchored and case-sensitive; `_`
 * is a start, an end or a separator, and braces are plain characters. The rest is POSIX extended.
 */
#ifndef SPOKE_CLI_REGEX_H
#define SPOKE_CLI_REGEX_H

#include <regex.h>
#include <stdbool.h>

/* False: it is no expression, and there is nothing to free. */
bool ios_regex(regex_t *re, const char *expr);

#endif
