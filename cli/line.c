/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the configuration says about one terminal: the `line vty` section that has its number, and,
 * with `aaa new-model`, the lists that the section names or `default`.
 *
 * Of a list of methods the first holds that can be asked at all: `local` needs users, `enable` an
 * enable secret, `line` the line's password, a server group a server, which this router has none
 * of. A list whose methods all fail so lets nobody in. Without a list `aaa new-model` asks for
 * users where there are some.
 */
#include "cli/line.h"

#include <stdlib.h>
#include <string.h>

#include "cli/session_int.h"
#include "grammar/gen/lines.h"

static const struct cfg_node *section_of(const struct shell *sh, unsigned number, struct arena *a)
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

static bool has_users(const struct shell *sh)
{
	struct cfg_iter it;

	return cfg_first(cfg_root(shell_running(sh)), GR_L_global_username, &it) != NULL;
}

/* ---- lists ---------------------------------------------------------------------------------- */

static const struct {
	const char *method;
	enum login_way way;
} methods[] = {
        {"local", LOGIN_USER},
        {"local-case", LOGIN_USER},
        {"line", LOGIN_LINE},
        {"enable", LOGIN_ENABLE},
        {"none", LOGIN_OPEN},
};

static bool askable(const struct shell *sh, const struct line_settings *set, enum login_way way)
{
	return way == LOGIN_USER     ? has_users(sh)
	       : way == LOGIN_LINE   ? set->password != NULL
	       : way == LOGIN_ENABLE ? secret_wanted(sh)
	                             : true;
}

static enum login_way first_of(
        const struct shell *sh, const struct line_settings *set, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; m < ARRAY_LEN(methods); m++)
			if (strcmp(v[i], methods[m].method) == 0 &&
			        askable(sh, set, methods[m].way))
				return methods[m].way;
	return LOGIN_CLOSED;
}

static enum login_way login_list(
        const struct shell *sh, const struct line_settings *set, const char *name, struct arena *a)
{
	static const char *const unsaid[] = {"local", "none"};
	const struct cfg_node *n =
	        cfg_find(cfg_root(shell_running(sh)), GR_L_global_aaa_authentication_login, name);
	struct gl_global_aaa_authentication_login l;

	if (n && cfg_node_decode(n, a, &l, sizeof(l)))
		return first_of(sh, set, l.method, l.n_method);
	if (strcmp(name, "default") != 0)
		return LOGIN_CLOSED;
	return first_of(sh, set, unsaid, ARRAY_LEN(unsaid));
}

/* Does the user's own privilege hold? */
static bool exec_list(const struct shell *sh, const char *name, struct arena *a)
{
	const struct cfg_node *n =
	        cfg_find(cfg_root(shell_running(sh)), GR_L_global_aaa_authorization_exec, name);
	struct gl_global_aaa_authorization_exec l;

	if (!n || !cfg_node_decode(n, a, &l, sizeof(l)))
		return false;
	for (size_t i = 0; i < l.n_method; i++)
		if (strcmp(l.method[i], "local") == 0)
			return true;
	return false;
}

enum login_way line_enable_way(const struct shell *sh, const struct line_settings *set)
{
	const struct cfg_node *n =
	        cfg_find(cfg_root(shell_running(sh)), GR_L_global_aaa_authentication_enable, NULL);
	struct gl_global_aaa_authentication_enable l;
	enum login_way way = LOGIN_ENABLE;
	struct arena a;

	arena_init(&a);
	if (set->aaa && n && cfg_node_decode(n, &a, &l, sizeof(l)))
		way = first_of(sh, set, l.method, l.n_method);
	arena_fini(&a);
	return way;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void read_login(const struct cfg_tree *t, const struct shell *sh, struct arena *a,
        struct line_settings *set)
{
	const struct cfg_node *login = cfg_find(t, GR_L_line_login, NULL),
	                      *exec = cfg_find(t, GR_L_line_authorization, NULL);
	struct gl_line_authorization le;
	struct gl_line_login ll = {0};
	bool said = login && !cfg_node_negated(login) && cfg_node_decode(login, a, &ll, sizeof(ll));

	if (set->aaa) {
		set->way = login_list(sh, set, said && ll.has_list ? ll.list : "default", a);
		set->user_privilege = exec_list(sh,
		        exec && cfg_node_decode(exec, a, &le, sizeof(le)) ? le.list : "default", a);
	} else {
		set->way = said && ll.kw_local                     ? LOGIN_USER
		           : said && !ll.has_list && set->password ? LOGIN_LINE
		                                                   : LOGIN_OPEN;
		set->user_privilege = true;
	}
}

static void read_texts(const struct shell *sh, struct arena *a, struct line_settings *set)
{
	const struct cfg_tree *t = cfg_root(shell_running(sh));
	const struct cfg_node *tries = cfg_find(t, GR_L_global_aaa_authentication_attempts, NULL),
	                      *name = cfg_find(
	                              t, GR_L_global_aaa_authentication_username_prompt, NULL),
	                      *word = cfg_find(
	                              t, GR_L_global_aaa_authentication_password_prompt, NULL);
	struct gl_global_aaa_authentication_attempts lt;
	struct gl_global_aaa_authentication_username_prompt ln;
	struct gl_global_aaa_authentication_password_prompt lw;

	if (tries && cfg_node_decode(tries, a, &lt, sizeof(lt)))
		set->tries = lt.attempts;
	if (name && cfg_node_decode(name, a, &ln, sizeof(ln)))
		set->ask_name = ln.text;
	if (word && cfg_node_decode(word, a, &lw, sizeof(lw)))
		set->ask_password = lw.text;
}

/* How the terminal behaves from its start. */
static void read_habits(const struct cfg_tree *t, struct arena *a, struct line_settings *set)
{
	const struct cfg_node *length = cfg_find(t, GR_L_line_length, NULL),
	                      *width = cfg_find(t, GR_L_line_width, NULL),
	                      *history = cfg_find(t, GR_L_line_history, NULL),
	                      *editing = cfg_find(t, GR_L_line_editing, NULL),
	                      *exec = cfg_find(t, GR_L_line_exec, NULL);
	struct gl_line_length ll;
	struct gl_line_width lw;
	struct gl_line_history lh;

	if (length && cfg_node_decode(length, a, &ll, sizeof(ll)))
		set->length = (int)ll.lines;
	if (width && cfg_node_decode(width, a, &lw, sizeof(lw)))
		set->width = (int)lw.columns;
	if (history && cfg_node_negated(history))
		set->history = 0;
	else if (history && cfg_node_decode(history, a, &lh, sizeof(lh)))
		set->history = lh.has_lines ? lh.lines : HISTORY_DEFAULT;
	set->full_help = cfg_find(t, GR_L_line_full_help, NULL) != NULL;
	set->no_editing = editing && cfg_node_negated(editing);
	set->no_exec = exec && cfg_node_negated(exec);
}

struct line_settings line_settings(const struct shell *sh, unsigned number, struct arena *a)
{
	struct line_settings set = {.privilege = -1,
	        .length = -1,
	        .width = -1,
	        .history = HISTORY_DEFAULT,
	        .tries = 3,
	        .ask_name = "Username: ",
	        .ask_password = "Password: "};
	const struct cfg_tree *root = cfg_root(shell_running(sh));
	const struct cfg_node *n = section_of(sh, number, a);
	const struct cfg_tree *t = n ? cfg_children(n) : NULL;
	const struct cfg_node *priv = cfg_find(t, GR_L_line_privilege, NULL),
	                      *timeout = cfg_find(t, GR_L_line_exec_timeout, NULL);
	struct gl_line_privilege lp;
	struct gl_line_exec_timeout lt;

	set.aaa = cfg_find(root, GR_L_global_aaa_new_model, NULL) != NULL;
	read_password(t, a, &set);
	read_login(t, sh, a, &set);
	read_habits(t, a, &set);
	if (set.aaa)
		read_texts(sh, a, &set);
	if (priv && cfg_node_decode(priv, a, &lp, sizeof(lp)))
		set.privilege = (int)lp.level;
	if (timeout && cfg_node_decode(timeout, a, &lt, sizeof(lt)))
		set.timeout = lt.minutes * 60 + (lt.has_seconds ? lt.seconds : 0);
	return set;
}

/* ---- privilege exec ------------------------------------------------------------------------- */

void line_levels_configured(const struct shell *sh)
{
	const struct cfg_tree *root = cfg_root(shell_running(sh));
	struct gl_global_privilege_exec l;
	struct gr_exec_level *v = NULL;
	struct cfg_iter it;
	struct arena a;
	size_t n = 0;

	arena_init(&a);
	for (const struct cfg_node *e = cfg_first(root, GR_L_global_privilege_exec, &it); e;
	        e = cfg_next(&it)) {
		if (cfg_node_negated(e) || !cfg_node_decode(e, &a, &l, sizeof(l)))
			continue;
		v = xrealloc(v, (n + 1) * sizeof(*v));
		v[n++] = (struct gr_exec_level){.command = l.command,
		        .level = (uint8_t)l.level,
		        .all = l.kw_all,
		        .reset = l.kw_reset};
	}
	gr_exec_levels(v, n);
	free(v);
	arena_fini(&a);
}
