/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnostics as IOS words them. */
#include <string.h>

#include "grammar/grammar.h"

void gr_diag_format(
        const struct gr_diag *d, const char *line, size_t prompt_len, struct strbuf *out)
{
	switch (d->status) {
	case GR_EMPTY:
		break;
	case GR_INVALID:
		sb_printf(out, "%*s\n%% Invalid input detected at '^' marker.\n\n",
		        (int)(prompt_len + d->caret + 1), "^");
		break;
	case GR_INCOMPLETE:
		sb_puts(out, "% Incomplete command.\n\n");
		break;
	case GR_AMBIGUOUS:
		sb_printf(out, "%% Ambiguous command:  \"%s\"\n", line);
		break;
	case GR_OK:
	case GR_REFUSED:
		if (d->text[0])
			sb_printf(out, "%s\n", d->text);
		break;
	}
}

void gr_diag_brief(const struct gr_diag *d, const char *line, struct strbuf *out)
{
	size_t n = strlen(line);
	const char *at = line + (d->caret < n ? d->caret : n);

	switch (d->status) {
	case GR_EMPTY:
	case GR_OK:
		break;
	case GR_INVALID:
		while (at > line && at[-1] != ' ' && at[-1] != '\t')
			at--;
		sb_printf(out, "Invalid input at \"%.*s\"", (int)strcspn(at, " \t\r\n"), at);
		break;
	case GR_INCOMPLETE:
		sb_puts(out, "Incomplete command");
		break;
	case GR_AMBIGUOUS:
		sb_printf(out, "Ambiguous command at \"%.*s\"", (int)strcspn(at, " \t\r\n"), at);
		break;
	case GR_REFUSED:
		sb_puts(out, d->text);
		break;
	}
}
