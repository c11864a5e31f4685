/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands about how a terminal behaves: its size, log lines, history, keys, help. */
#include <stdio.h>

#include "cli/line.h"
#include "cli/session_int.h"
#include "grammar/gen/exec.h"

/* ---- size ----------------------------------------------------------------------------------- */

void exec_terminal_length(struct exec *x, const struct gl_exec_terminal_length *a)
{
	x->session->rows = (uint16_t)a->lines;
	x->session->rows_set = true;
	session_terminal(x->session);
}

void exec_terminal_no_length(struct exec *x, const struct gl_exec_terminal_no_length *a)
{
	(void)a;
	x->session->rows = x->session->window_rows;
	x->session->rows_set = false;
	session_terminal(x->session);
}

void exec_terminal_width(struct exec *x, const struct gl_exec_terminal_width *a)
{
	x->session->columns = (uint16_t)a->columns;
	x->session->columns_set = true;
	session_terminal(x->session);
}

void exec_terminal_no_width(struct exec *x, const struct gl_exec_terminal_no_width *a)
{
	(void)a;
	x->session->columns = x->session->window_columns;
	x->session->columns_set = false;
	session_terminal(x->session);
}

/* ---- log lines ------------------------------------------------------------------------------ */

void exec_terminal_monitor(struct exec *x, const struct gl_exec_terminal_monitor *a)
{
	(void)a;
	session_monitor(x->session, true);
}

void exec_terminal_no_monitor(struct exec *x, const struct gl_exec_terminal_no_monitor *a)
{
	(void)a;
	session_monitor(x->session, false);
}

/* ---- history and keys ----------------------------------------------------------------------- */

void exec_terminal_history(struct exec *x, const struct gl_exec_terminal_history *a)
{
	session_history(x->session, a->has_lines ? a->lines : HISTORY_DEFAULT);
	session_terminal(x->session);
}

void exec_terminal_no_history(struct exec *x, const struct gl_exec_terminal_no_history *a)
{
	session_history(x->session, a->kw_size ? HISTORY_DEFAULT : 0);
	session_terminal(x->session);
}

void exec_show_history(struct exec *x, const struct gl_exec_show_history *a)
{
	const struct session *s = x->session;
	const struct history *h = s->ed ? &s->config_history : &s->exec_history;

	(void)a;
	out_list(x->o, NULL);
	for (size_t i = 0; i < h->n; i++)
		out_field_str(x->o, NULL, "  %s\n", h->line[i]);
	out_list_end(x->o);
}

void exec_terminal_editing(struct exec *x, const struct gl_exec_terminal_editing *a)
{
	x->session->no_editing = a->kw_no;
	session_terminal(x->session);
}

/* ---- help ----------------------------------------------------------------------------------- */

void exec_terminal_full_help(struct exec *x, const struct gl_exec_terminal_full_help *a)
{
	x->session->full_help = !a->kw_no;
}

void exec_help(struct exec *x, const struct gl_exec_help *a)
{
	(void)a;
	out_text(x->o,
	        "A question mark '?' asks for help wherever it is typed; no Enter is needed.\n"
	        "If nothing is listed, nothing fits there: go back until something is.\n"
	        "There are two kinds of help:\n"
	        "1. Full help, behind a blank or on an empty line (e.g. 'show ?'), lists\n"
	        "   what may follow, with a description of each.\n"
	        "2. Partial help, behind the beginning of a word (e.g. 'show pr?'), lists\n"
	        "   the words that begin so.\n\n");
}

/* ---- show terminal -------------------------------------------------------------------------- */

static void show_timeouts(const struct session *s, struct out *o)
{
	char idle[16] = " never  ";

	if (s->timeout)
		snprintf(idle, sizeof(idle), "%02u:%02u:%02u", s->timeout / 3600 % 100,
		        s->timeout / 60 % 60, s->timeout % 60);
	out_text(o,
	        "Special Chars: Escape  Hold  Stop  Start  Disconnect  Activation\n"
	        "                ^^x    none   -     -       none\n"
	        "Timeouts:      Idle EXEC    Idle Session   Modem Answer  Session   Dispatch\n");
	out_text(o, "               %s        never                        none     not set\n",
	        idle);
	out_int(o, "exec-timeout", s->timeout);
}

void exec_show_terminal(struct exec *x, const struct gl_exec_show_terminal *a)
{
	const struct session *s = x->session;
	uint64_t age = (mono_ms() - s->since) / 1000;
	struct out *o = x->o;

	(void)a;
	out_obj(o, NULL);
	out_field_int(o, "line", "Line %lld, Location: \"\", Type: \"\"\n", s->number);
	out_field_int(o, "length", "Length: %lld lines, ", s->rows);
	out_field_int(o, "width", "Width: %lld columns\n", s->columns);
	out_text(o, "Status: PSI Enabled, Ready, Active, Automore %s\nCapabilities: none\n",
	        s->rows ? "On" : "Off");
	show_timeouts(s, o);
	out_text(o, "Time since activation: %02u:%02u:%02u\n", (unsigned)(age / 3600),
	        (unsigned)(age / 60 % 60), (unsigned)(age % 60));
	out_bool(o, "editing", !s->no_editing);
	out_text(o, "Editing is %s.\n", s->no_editing ? "disabled" : "enabled");
	out_int(o, "history-size", (int64_t)s->exec_history.size);
	if (s->exec_history.size)
		out_text(o, "History is enabled, history size is %zu.\n", s->exec_history.size);
	else
		out_text(o, "History is disabled.\n");
	out_bool(o, "full-help", s->full_help);
	out_text(o, "Full user help is %s\n", s->full_help ? "enabled" : "disabled");
	out_bool(o, "monitor", s->monitor != NULL);
	out_obj_end(o);
}

/* ---- calls to other hosts: this router makes none ------------------------------------------- */

static void no_connections(struct exec *x)
{
	out_text(x->o, "%% No connections open\n");
}

void exec_resume(struct exec *x, const struct gl_exec_resume *a)
{
	(void)a;
	no_connections(x);
}

void exec_where(struct exec *x, const struct gl_exec_where *a)
{
	(void)a;
	no_connections(x);
}
