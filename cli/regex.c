/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IOS's regular expressions: see regex.h. */
#include "cli/regex.h"

#include "base/mem.h"

static void put_plain(struct strbuf *out, const char **p)
{
	switch (**p) {
	case '_':
		sb_puts(out, "(^|$|[ ,{}()])");
		break;
	case '{':
	case '}':
		sb_printf(out, "\\%c", **p);
		break;
	case '\\':
		sb_putc(out, '\\');
		if ((*p)[1])
			(*p)++;
		sb_putc(out, **p);
		break;
	default:
		sb_putc(out, **p);
	}
	(*p)++;
}

static void put_bracket(struct strbuf *out, const char **p)
{
	sb_putc(out, *(*p)++);
	if (**p == '^')
		sb_putc(out, *(*p)++);
	if (**p == ']')
		sb_putc(out, *(*p)++);
	while (**p && **p != ']')
		sb_putc(out, *(*p)++);
	if (**p)
		sb_putc(out, *(*p)++);
}

bool ios_regex(regex_t *re, const char *expr)
{
	struct strbuf ere = {0};
	bool ok;

	while (*expr)
		if (*expr == '[')
			put_bracket(&ere, &expr);
		else
			put_plain(&ere, &expr);
	ok = regcomp(re, sb_str(&ere), REG_EXTENDED | REG_NOSUB) == 0;
	sb_fini(&ere);
	return ok;
}
