/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is at the terminal: `username`, and what the `line vty` section that has this terminal's
 * number says about logins, privilege and idle terminals.
 *
 * The system has authenticated whoever comes to the socket. A terminal whose system user is a
 * `username` of the configuration is therefore that user already, and nobody is asked: that is how
 * sshd's users arrive. Others are asked where the line wants it. Scripts of root and of the
 * router's own user always run; those of others only if nobody had to be asked.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/password.h"
#include "cli/session_int.h"
#include "grammar/gen/lines.h"

enum { TRIES = 3 };

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

/* ---- the line ------------------------------------------------------------------------------- */

struct line_settings {
	bool local, ask; /* `login local`; `login` with a password */
	int privilege;   /* -1: not set */
	unsigned timeout;
	int type;
	const char *password; /* in the arena */
};

static const struct cfg_node *line_section(const struct shell *sh, unsigned number, struct arena *a)
{
	struct gl_global_line l;
	struct cfg_iter it;

	for (const struct cfg_node *n =
	                cfg_first(cfg_root(shell_running(sh)), GR_L_global_line, &it);
	        n; n = cfg_next(&it))
		if (cfg_node_decode(n, a, &l, sizeof(l)) && strcmp(l.kind, "vty") == 0 &&
		        number >= l.first && number <= (l.has_last ? l.last : l.first))
			return n;
	return NULL;
}

static void read_password(const struct cfg_tree *t, struct arena *a, struct line_settings *set)
{
	const struct cfg_node *n = cfg_find(t, GR_L_line_password, NULL);
	struct gl_line_password l;

	if (!n || !cfg_node_decode(n, a, &l, sizeof(l)))
		return;
	set->type = l.kw_7 ? 7 : l.kw_6 ? 6 : 0;
	set->password = l.password;
}

static struct line_settings line_settings(const struct shell *sh, unsigned number, struct arena *a)
{
	struct line_settings set = {.privilege = -1};
	const struct cfg_node *n = line_section(sh, number, a);
	const struct cfg_tree *t = n ? cfg_children(n) : NULL;
	const struct cfg_node *login = cfg_find(t, GR_L_line_login, NULL),
	                      *priv = cfg_find(t, GR_L_line_privilege, NULL),
	                      *timeout = cfg_find(t, GR_L_line_exec_timeout, NULL);
	struct gl_line_login ll;
	struct gl_line_privilege lp;
	struct gl_line_exec_timeout lt;

	read_password(t, a, &set);
	if (login && !cfg_node_negated(login) && cfg_node_decode(login, a, &ll, sizeof(ll))) {
		set.local = ll.kw_local;
		set.ask = !ll.kw_local && !ll.has_list && set.password;
	}
	if (priv && cfg_node_decode(priv, a, &lp, sizeof(lp)))
		set.privilege = (int)lp.level;
	if (timeout && cfg_node_decode(timeout, a, &lt, sizeof(lt)))
		set.timeout = lt.minutes * 60 + (lt.has_seconds ? lt.seconds : 0);
	return set;
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

static void on_user_password(struct session *s, const char *answer)
{
	uint8_t priv = PRIV_USER;

	if (right_password(s->sh, s->user, answer, &priv))
		enter(s, priv);
	else
		turn_away(s, "% Login invalid");
}

static void on_name(struct session *s, const char *answer)
{
	answer += strspn(answer, " ");
	snprintf(s->user, sizeof(s->user), "%s", answer);
	session_ask(s, PROTO_PROMPT_NOECHO, on_user_password, "Password: ");
}

static uint8_t plain_privilege(const struct session *s, const struct line_settings *set)
{
	if (set->privilege >= 0)
		return (uint8_t)set->privilege;
	return secret_wanted(s->sh) ? PRIV_USER : PRIV_MAX;
}

static void on_line_password(struct session *s, const char *answer)
{
	struct arena a;
	bool right;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	right = !set.password || password_check(set.type, set.password, answer);
	if (right)
		enter(s, plain_privilege(s, &set));
	else
		turn_away(s, "% Bad passwords");
	arena_fini(&a);
}

void login_again(struct session *s)
{
	struct arena a;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	if (set.ask)
		session_ask(s, PROTO_PROMPT_NOECHO, on_line_password, "Password: ");
	else
		session_ask(s, 0, on_name, "Username: ");
	arena_fini(&a);
}

static void begin_dialogue(struct session *s, bool trusted)
{
	if (s->kind != PROTO_INTERACTIVE && trusted) {
		s->priv = PRIV_MAX;
	} else if (s->kind != PROTO_INTERACTIVE) {
		session_close(s, "% Authentication failed");
	} else {
		s->logging_in = true;
		s->ask_tries = TRIES;
		session_banner(s, GR_L_global_banner_login);
		session_printf(s, "\nUser Access Verification\n\n");
		login_again(s);
	}
}

void login_begin(struct session *s, bool trusted)
{
	struct gl_global_username u;
	struct arena a;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	s->timeout = set.timeout;
	if (find_user(s->sh, s->user, &a, &u)) {
		enter(s, privilege_of(&u));
	} else if (set.local || set.ask) {
		begin_dialogue(s, trusted);
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
	for (struct session *s = sh->sessions; s; s = s->next) {
		struct arena a;

		arena_init(&a);
		s->timeout = line_settings(sh, s->number, &a).timeout;
		arena_fini(&a);
	}
}
