/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands about the terminal itself: modes, privilege, who is here. Its settings are in
 * exec_settings.c.
 */
#include <stdio.h>
#include <string.h>

#include "cli/session_int.h"
#include "grammar/gen/exec.h"

/* ---- modes and privilege
 * ------------------------------------------------------------------------------------------- */

void exec_configure_terminal(struct exec *x, const struct gl_exec_configure_terminal *a)
{
	(void)a;
	if (x->session->ed) {
		out_text(x->o, "%% Invalid command: this terminal is in configuration mode\n");
		x->failed = true;
		return;
	}
	const struct session *owner = shell_locked(x->session->sh, x->session);

	if (owner) {
		out_text(x->o, "%% Configuration mode is locked by %s on vty%u\n", owner->user,
		        owner->number);
		x->failed = true;
		return;
	}
	if (x->session->kind == PROTO_INTERACTIVE)
		out_text(x->o, "Enter configuration commands, one per line.  End with CNTL/Z.\n");
	session_configure(x->session);
}

void exec_enable(struct exec *x, const struct gl_exec_enable *a)
{
	secret_enable(x->session, a->has_level ? (uint8_t)a->level : PRIV_MAX);
}

void exec_disable(struct exec *x, const struct gl_exec_disable *a)
{
	uint8_t level = a->has_level ? (uint8_t)a->level : PRIV_USER;

	if (level > x->session->priv) {
		out_text(x->o, "%% Invalid level: this terminal is at %u\n", x->session->priv);
		x->failed = true;
		return;
	}
	x->session->priv = level;
}

void exec_exit(struct exec *x, const struct gl_exec_exit *a)
{
	(void)a;
	if (candidate_asks(x->session))
		return;
	session_leave_config(x->session); /* `do exit` */
	session_close(x->session, "");
}

void exec_show_privilege(struct exec *x, const struct gl_exec_show_privilege *a)
{
	(void)a;
	out_obj(x->o, NULL);
	out_field_int(x->o, "privilege", "Current privilege level is %lld\n", x->session->priv);
	out_obj_end(x->o);
}

/* ---- who is here
 * ------------------------------------------------------------------------------------------------------
 */

static const char *idle_fmt(uint64_t ms, char buf[16])
{
	unsigned s = (unsigned)(ms / 1000);

	snprintf(buf, 16, "%02u:%02u:%02u", s / 3600 % 100, s / 60 % 60, s % 60);
	return buf;
}

static void one_user(struct exec *x, const struct session *s)
{
	char text[16];

	out_obj(x->o, NULL);
	out_bool(x->o, "self", s == x->session);
	out_text(x->o, "%c%3u ", s == x->session ? '*' : ' ', s->number);
	out_field_int(x->o, "vty", "vty %-6lld ", s->number);
	out_field_str(x->o, "user", "%-10s idle                 ", s->user);
	out_field_str(x->o, "idle", "%s\n", idle_fmt(mono_ms() - s->active, text));
	out_obj_end(x->o);
}

void exec_show_users(struct exec *x, const struct gl_exec_show_users *a)
{
	(void)a;
	out_text(x->o, "    Line       User       Host(s)              Idle       Location\n");
	out_list(x->o, NULL);
	for (unsigned n = 0; n < SHELL_MAX_SESSIONS; n++)
		for (const struct session *s = x->session->sh->sessions; s; s = s->next)
			if (s->number == n)
				one_user(x, s);
	out_list_end(x->o);
}
