/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A candidate configuration: `configure terminal candidate` edits without effect until `commit`,
 * and `show configuration impact` says before what would change and which FlexVPN sessions would
 * end.
 *
 * Other terminals may change the running configuration meanwhile, and a commit would take that
 * back: it is refused until this terminal has been shown what it would do now.
 */
#include <string.h>
#include <strings.h>

#include "cli/session_int.h"
#include "flexvpn/impact.h"
#include "grammar/gen/exec.h"

static void see_running(struct session *s)
{
	cfg_unref(s->compared);
	s->compared = cfg_ref(shell_running(s->sh));
}

static void count_command(void *ctx, unsigned depth, const char *command)
{
	(void)depth;
	(void)command;
	++*(size_t *)ctx;
}

static size_t pending(const struct session *s)
{
	size_t n = 0;

	cfg_diff(shell_running(s->sh), cfg_editor_candidate(s->ed), count_command, &n);
	return n;
}

void candidate_begin(struct session *s)
{
	session_configure(s);
	see_running(s);
}

void candidate_drop(struct session *s)
{
	cfg_unref(s->compared);
	s->compared = NULL;
}

static bool refuse(struct exec *x, const char *why)
{
	out_text(x->o, "%s\n", why);
	x->failed = true;
	return false;
}

static bool has_candidate(struct exec *x)
{
	return x->session->compared || refuse(x, "% There is no candidate configuration: configure "
	                                         "terminal candidate begins one");
}

/* ---- entering and looking ------------------------------------------------------------------- */

void exec_configure_terminal_candidate(
        struct exec *x, const struct gl_exec_configure_terminal_candidate *a)
{
	struct session *s = x->session;
	const struct session *owner = shell_locked(s->sh, s);

	(void)a;
	if (s->ed) {
		refuse(x, "% Invalid command: this terminal is in configuration mode");
	} else if (owner) {
		out_text(x->o, "%% Configuration mode is locked by %s on vty%u\n", owner->user,
		        owner->number);
		x->failed = true;
	} else {
		if (s->kind == PROTO_INTERACTIVE)
			out_text(x->o,
			        "Enter configuration commands, one per line.  End with CNTL/Z.\n"
			        "Nothing changes until commit; abort drops what was entered.\n");
		candidate_begin(s);
	}
}

static void list_command(void *ctx, unsigned depth, const char *command)
{
	struct out *o = ctx;

	out_text(o, "%*s", (int)depth, "");
	out_field_str(o, NULL, "%s\n", command);
}

static void list_victim(void *ctx, const char *client, const char *why)
{
	struct out *o = ctx;

	out_obj(o, NULL);
	out_field_str(o, "client", "%s: ", client);
	out_field_str(o, "reason", "%s\n", why);
	out_obj_end(o);
}

void exec_show_configuration_impact(
        struct exec *x, const struct gl_exec_show_configuration_impact *a)
{
	struct session *s = x->session;

	(void)a;
	out_obj(x->o, NULL);
	out_bool(x->o, "candidate", s->compared != NULL);
	if (has_candidate(x)) {
		const struct cfg *to = cfg_editor_candidate(s->ed);
		size_t n = pending(s);

		out_text(x->o, "!List of Commands:\n");
		out_list(x->o, "commands");
		cfg_diff(shell_running(s->sh), to, list_command, x->o);
		out_list_end(x->o);
		out_text(x->o, "end\n!Sessions that would end:\n");
		out_list(x->o, "sessions");
		fx_impact(x->fx, to, list_victim, x->o);
		out_list_end(x->o);
		out_text(x->o, "!%zu command%s; nothing was changed\n", n, n == 1 ? "" : "s");
		see_running(s);
	}
	out_obj_end(x->o);
}

/* ---- commit and abort ----------------------------------------------------------------------- */

static void log_command(void *ctx, unsigned depth, const char *command)
{
	(void)depth;
	archive_log_command(ctx, command);
}

/* NULL: it is in force; else why it is not. */
static const char *commit(struct session *s)
{
	struct shell *sh = s->sh;

	if (shell_locked(sh, s))
		return "% Configuration mode is locked by another terminal";
	if (shell_running(sh) != s->compared)
		return "% The running configuration has changed meanwhile: show configuration "
		       "impact says what commit would do now";
	if (pending(s)) {
		cfg_diff(shell_running(sh), cfg_editor_candidate(s->ed), log_command, s);
		shell_commit(sh, cfg_editor_candidate(s->ed), false);
		cfg_editor_rebase(s->ed, shell_running(sh));
	}
	see_running(s);
	return NULL;
}

void exec_commit(struct exec *x, const struct gl_exec_commit *a)
{
	const char *why;

	(void)a;
	if (has_candidate(x) && (why = commit(x->session)))
		refuse(x, why);
}

void exec_abort(struct exec *x, const struct gl_exec_abort *a)
{
	(void)a;
	if (has_candidate(x))
		session_leave_config(x->session);
}

/* ---- leaving -------------------------------------------------------------------------------- */

static void on_leave(struct session *s, const char *answer)
{
	size_t n = strlen(answer += strspn(answer, " "));
	const char *why;

	if (!n || strncasecmp(answer, "cancel", n) == 0)
		return;
	if (strncasecmp(answer, "no", n) == 0) {
		session_leave_config(s);
	} else if (strncasecmp(answer, "yes", n) == 0) {
		why = commit(s);
		if (!why) {
			session_leave_config(s);
			return;
		}
		session_printf(s, "%s\n", why);
		s->failed = true;
	} else {
		session_printf(s, "%% Please answer 'yes', 'no' or 'cancel'.\n");
		candidate_asks(s);
	}
}

bool candidate_asks(struct session *s)
{
	if (!s->compared || !pending(s))
		return false;
	session_ask(s, ASK_LINE, on_leave,
	        "Uncommitted changes: commit them before leaving? [yes/no/cancel]: ");
	return true;
}
