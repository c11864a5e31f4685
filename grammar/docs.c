/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command reference, from the tables. */
#include <string.h>

#include "grammar/tables.h"

static void put_note(struct strbuf *out, const char *sep, const char *text)
{
	sb_printf(out, "%s%s", sep, text);
}

static void put_notes(struct strbuf *out, const struct gr_line *l)
{
	const char *sep = "";

	if (l->default_text) {
		sb_printf(out, "default `%s`", l->default_text);
		sep = "; ";
	}
	if (l->flags & GR_L_ONOFF) {
		put_note(out, sep, "on by default");
		sep = "; ";
	}
	if (l->flags & GR_L_MULTI) {
		put_note(out, sep, "may repeat");
		sep = "; ";
	}
	if (l->info.resets_session) {
		put_note(out, sep, "a change ends the session");
		sep = "; ";
	}
	if (l->builtin) {
		sb_printf(out, "%s`%s` is there without a line", sep, l->builtin);
		sep = "; ";
	}
	if (l->info.recorded)
		put_note(out, sep, "recorded, has no effect");
	else if (l->info.pending)
		sb_printf(out, "%skept, not acted on yet: %s", sep, l->info.pending);
}

/* A cell of a table: the bars of a syntax would end it. */
static void put_usage(struct strbuf *out, const char *usage)
{
	sb_puts(out, "| `");
	for (const char *s = usage; *s; s++) {
		if (*s == '|')
			sb_putc(out, '\\');
		sb_putc(out, *s);
	}
	sb_puts(out, "` | ");
}

static void put_line(struct strbuf *out, const struct gr_line *l)
{
	put_usage(out, l->info.usage);
	put_notes(out, l);
	sb_puts(out, " |\n");
}

static void put_section(struct strbuf *out, int mode)
{
	const struct gr_section *m = &gr_tab.mode[mode];

	sb_printf(out, "\n## `%s`\n\n", m->info.prompt);
	if (m->enter) {
		sb_puts(out, "Entered by:\n\n| command | notes |\n|---|---|\n");
		put_line(out, &gr_tab.line[m->enter]);
		sb_putc(out, '\n');
	}
	sb_puts(out, "| command | notes |\n|---|---|\n");
	for (int i = 1; i <= gr_tab.n_line; i++) {
		const struct gr_line *l = &gr_tab.line[i];

		if (l->info.mode == mode && !l->info.enters && !(l->flags & GR_L_HIDDEN))
			put_line(out, l);
	}
}

static void put_exec(struct strbuf *out)
{
	sb_puts(out, "\n## EXEC\n\n| command | least privilege |\n|---|---|\n");
	for (int i = 1; i <= gr_tab.n_line; i++) {
		const struct gr_line *l = &gr_tab.line[i];

		if (l->info.mode != gr_tab.exec)
			continue;
		put_usage(out, l->info.usage);
		sb_printf(out, "%d |\n", l->info.priv);
	}
}

static void put_spellings(struct strbuf *out)
{
	sb_puts(out, "\n## Other spellings\n\n| accepted | stored as |\n|---|---|\n");
	for (int i = gr_tab.n_line + 1; i <= gr_tab.n_all; i++) {
		put_usage(out, gr_tab.line[i].info.usage);
		sb_puts(out, "`");
		for (const char *s = gr_tab.line[gr_tab.line[i].primary].info.usage; *s; s++)
			sb_printf(out, "%s%c", *s == '|' ? "\\" : "", *s);
		sb_puts(out, "` |\n");
	}
}

void gr_docs(struct strbuf *out)
{
	sb_puts(out, "# Commands\n\nWritten from the declarations in `grammar/`. `no` and "
	             "`default` stand in front of every configuration "
	             "command.\n");
	for (int m = 1; m <= gr_tab.n_mode; m++)
		if (m != gr_tab.exec)
			put_section(out, m);
	put_exec(out);
	put_spellings(out);
}
