/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is at the terminal: `username`, and what the terminal's line wants (line.h).
 *
 * The system has authenticated whoever comes to the socket. A terminal whose system user is a
 * `username` of the configuration is therefore that user already, and nobody is asked: that is how
 * sshd's users arrive. Others are asked where the line wants it. Scripts of root and of the
 * router's own user always run; those of others only if nobody had to be asked.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/line.h"
#include "base/password.h"
#include "cli/session_int.h"
#include "grammar/gen/lines.h"

/* ---- users ---------------------------------------------------------------------------------- */

static bool find_user(
        const struct shell *sh, const char *name, struct arena *a, struct gl_global_username *u)
{
	const struct cfg_node *n =
	        *name ? cfg_find(cfg_root(shell_running(sh)), GR_L_global_username, name) : NULL;

	return n && !cfg_node_negated(n) && cfg_node_decode(n, a, u, sizeof(*u));
}

static int type_of(const struct gl_global_username *u)
{
	return u->kw_5 ? 5 : u->kw_7 ? 7 : u->kw_8 ? 8 : u->kw_9 ? 9 : u->kw_6 ? 6 : 0;
}

static uint8_t privilege_of(const struct gl_global_username *u)
{
	return u->has_privilege ? (uint8_t)u->privilege : PRIV_USER;
}

/* A name that is not there takes as long as a wrong password. */
static bool right_password(
        const struct shell *sh, const char *name, const char *typed, uint8_t *priv)
{
	static const char nobody[] =
	        "$9$..............$...........................................";
	struct gl_global_username u;
	struct arena a;
	bool right;

	arena_init(&a);
	if (find_user(sh, name, &a, &u)) {
		right = u.kw_nopassword || password_check(type_of(&u), u.password, typed);
		*priv = privilege_of(&u);
	} else {
		password_check(9, nobody, typed);
		right = false;
	}
	arena_fini(&a);
	return right;
}

/* ---- the dialogue --------------------------------------------------------------------------- */

static bool logs(const struct session *s, int line)
{
	return cfg_find(cfg_root(shell_running(s->sh)), line, NULL) != NULL;
}

static void enter(struct session *s, uint8_t priv)
{
	s->logging_in = false;
	s->priv = priv;
	if (logs(s, GR_L_global_login_on_success))
		log_msg(SEC_LOGIN_LOGIN_SUCCESS, s->user, s->number);
	session_banner(s, GR_L_global_banner_exec);
}

static void turn_away(struct session *s, const char *what)
{
	if (logs(s, GR_L_global_login_on_failure))
		log_msg(SEC_LOGIN_LOGIN_FAILED, s->user, s->number);
	session_printf(s, "%s\n\n", what);
	s->failed = true;
	if (--s->ask_tries)
		login_again(s);
	else
		session_close(s, "");
}

static uint8_t plain_privilege(const struct session *s, const struct line_settings *set)
{
	if (set->privilege >= 0)
		return (uint8_t)set->privilege;
	return set->way != LOGIN_OPEN && set->aaa ? PRIV_USER
	       : secret_wanted(s->sh)             ? PRIV_USER
	                                          : PRIV_MAX;
}

static uint8_t user_privilege(const struct line_settings *set, uint8_t own)
{
	if (set->user_privilege)
		return own;
	return set->privilege >= 0 ? (uint8_t)set->privilege : PRIV_USER;
}

static void on_user_password(struct session *s, const char *answer)
{
	uint8_t priv = PRIV_USER;
	struct arena a;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	if (right_password(s->sh, s->user, answer, &priv))
		enter(s, user_privilege(&set, priv));
	else
		turn_away(s, set.aaa ? "% Authentication failed" : "% Login invalid");
	arena_fini(&a);
}

static void on_name(struct session *s, const char *answer)
{
	struct arena a;

	arena_init(&a);
	answer += strspn(answer, " ");
	snprintf(s->user, sizeof(s->user), "%s", answer);
	session_ask(s, PROTO_PROMPT_NOECHO, on_user_password, "%s",
	        line_settings(s->sh, s->number, &a).ask_password);
	arena_fini(&a);
}

/* The line's password, or the enable secret. */
static void on_password(struct session *s, const char *answer)
{
	struct arena a;
	bool right;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	right = set.way == LOGIN_ENABLE ? secret_is(s->sh, answer)
	        : set.way == LOGIN_LINE ? password_check(set.type, set.password, answer)
	                                : set.way == LOGIN_OPEN;
	if (right)
		enter(s, plain_privilege(s, &set));
	else
		turn_away(s, set.aaa ? "% Authentication failed" : "% Bad passwords");
	arena_fini(&a);
}

void login_again(struct session *s)
{
	struct arena a;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	if (set.way == LOGIN_CLOSED)
		session_close(s, "% Authentication failed");
	else if (set.way == LOGIN_LINE || set.way == LOGIN_ENABLE)
		session_ask(s, PROTO_PROMPT_NOECHO, on_password, "%s", set.ask_password);
	else
		session_ask(s, 0, on_name, "%s", set.ask_name);
	arena_fini(&a);
}

static void begin_dialogue(struct session *s, const struct line_settings *set, bool trusted)
{
	if (s->kind != PROTO_INTERACTIVE && trusted) {
		s->priv = PRIV_MAX;
	} else if (s->kind != PROTO_INTERACTIVE || set->way == LOGIN_CLOSED) {
		session_close(s, "% Authentication failed");
	} else {
		s->logging_in = true;
		s->ask_tries = set->tries;
		session_banner(s, GR_L_global_banner_login);
		session_printf(s, "\nUser Access Verification\n\n");
		login_again(s);
	}
}

static void habits(struct session *s, const struct line_settings *set)
{
	s->timeout = set->timeout;
	s->rows_set = set->length >= 0;
	s->columns_set = set->width >= 0;
	if (s->rows_set)
		s->rows = (uint16_t)set->length;
	if (s->columns_set)
		s->columns = (uint16_t)set->width;
	session_history(s, set->history);
	s->full_help = set->full_help;
	s->no_editing = set->no_editing;
}

void login_begin(struct session *s, bool trusted)
{
	struct gl_global_username u;
	struct arena a;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	habits(s, &set);
	if (set.no_exec && !(s->kind != PROTO_INTERACTIVE && trusted))
		session_close(s, "");
	else if (find_user(s->sh, s->user, &a, &u)) {
		enter(s, user_privilege(&set, privilege_of(&u)));
	} else if (set.way != LOGIN_OPEN) {
		begin_dialogue(s, &set, trusted);
	} else {
		bool script = s->kind != PROTO_INTERACTIVE && trusted;

		enter(s, script ? PRIV_MAX : plain_privilege(s, &set));
	}
	arena_fini(&a);
}

/* ---- idle terminals ------------------------------------------------------------------------- */

static uint64_t idle_at(const struct session *s)
{
	if (s->kind != PROTO_INTERACTIVE || !s->timeout || s->closing)
		return UINT64_MAX;
	return s->active + (uint64_t)s->timeout * 1000;
}

uint64_t login_deadline(const struct shell *sh)
{
	uint64_t at = UINT64_MAX;

	for (const struct session *s = sh->sessions; s; s = s->next)
		at = idle_at(s) < at ? idle_at(s) : at;
	return at;
}

void login_tick(struct shell *sh, uint64_t now)
{
	for (struct session *s = sh->sessions; s; s = s->next)
		if (now >= idle_at(s)) {
			session_leave_config(s);
			session_hang_up(s);
		}
}

/* A new exec-timeout holds for the terminals that are there. */
void login_configured(struct shell *sh)
{
	line_levels_configured(sh);
	for (struct session *s = sh->sessions; s; s = s->next) {
		struct arena a;

		arena_init(&a);
		s->timeout = line_settings(sh, s->number, &a).timeout;
		arena_fini(&a);
	}
}
