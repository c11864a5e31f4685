/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `enable secret` and, without one, `enable password`: who wants privileged EXEC gives it. A router
 * without either asks nobody. What is typed in clear becomes part of the configuration hashed
 * (secrets), or, with `service password-encryption`, hidden (passwords).
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/line.h"
#include "base/password.h"
#include "cli/session_int.h"
#include "grammar/gen/lines.h"

enum { TRIES = 3 };

/* What stands in the configuration: the level it is for, and the password in its form. */
struct gate {
	uint8_t level;
	int type;
	const char *stored;
};

static int secret_type(const struct gl_global_enable_secret *l)
{
	return l->kw_4 ? 4 : l->kw_5 ? 5 : l->kw_8 ? 8 : l->kw_9 ? 9 : 0;
}

static bool read_enable_secret(
        const struct cfg *c, struct arena *a, struct gl_global_enable_secret *l)
{
	const struct cfg_node *n = cfg_find(cfg_root(c), GR_L_global_enable_secret, NULL);

	return n && !cfg_node_negated(n) && cfg_node_decode(n, a, l, sizeof(*l));
}

static bool read_enable_password(
        const struct cfg *c, struct arena *a, struct gl_global_enable_password *l)
{
	const struct cfg_node *n = cfg_find(cfg_root(c), GR_L_global_enable_password, NULL);

	return n && !cfg_node_negated(n) && cfg_node_decode(n, a, l, sizeof(*l));
}

/* False: nothing is asked. Strings live in `a`. */
static bool read_gate(const struct cfg *c, struct arena *a, struct gate *g)
{
	struct gl_global_enable_secret s;
	struct gl_global_enable_password p;

	if (read_enable_secret(c, a, &s))
		*g = (struct gate){
		        s.has_level ? (uint8_t)s.level : PRIV_MAX, secret_type(&s), s.password};
	else if (read_enable_password(c, a, &p))
		*g = (struct gate){
		        p.has_level ? (uint8_t)p.level : PRIV_MAX, p.kw_7 ? 7 : 0, p.password};
	else
		return false;
	return true;
}

bool secret_wanted(const struct shell *sh)
{
	struct arena a;
	struct gate g;

	arena_init(&a);
	bool there = read_gate(shell_running(sh), &a, &g);

	arena_fini(&a);
	return there;
}

/* ---- asking --------------------------------------------------------------------------------- */

bool secret_is(const struct shell *sh, const char *typed)
{
	struct arena a;
	struct gate g;
	bool right;

	arena_init(&a);
	right = !read_gate(shell_running(sh), &a, &g) || password_check(g.type, g.stored, typed);
	arena_fini(&a);
	return right;
}

/* The line's password, where `aaa authentication enable` says so, or the enable secret. */
static bool right_answer(const struct session *s, const char *answer, bool *aaa)
{
	struct arena a;
	bool right;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	right = line_enable_way(s->sh, &set) == LOGIN_LINE
	                ? set.password && password_check(set.type, set.password, answer)
	                : secret_is(s->sh, answer);
	*aaa = set.aaa;
	arena_fini(&a);
	return right;
}

static void on_password(struct session *s, const char *answer)
{
	bool aaa;

	if (right_answer(s, answer, &aaa)) {
		s->priv = s->ask_level;
	} else if (--s->ask_tries) {
		session_ask(s, PROTO_PROMPT_NOECHO, on_password, "Password: ");
	} else {
		session_printf(s, aaa ? "%% Error in authentication.\n\n" : "%% Bad secrets\n\n");
		s->failed = true;
	}
}

static void ask_password(struct session *s, uint8_t level)
{
	s->ask_level = level;
	s->ask_tries = TRIES;
	session_ask(s, PROTO_PROMPT_NOECHO, on_password, "Password: ");
}

static enum login_way enable_way(const struct session *s)
{
	enum login_way way;
	struct arena a;

	arena_init(&a);
	struct line_settings set = line_settings(s->sh, s->number, &a);

	way = line_enable_way(s->sh, &set);
	arena_fini(&a);
	return way;
}

/* The secret is for one level. */
static bool secret_for(const struct session *s, uint8_t level)
{
	struct arena a;
	struct gate g;
	bool is;

	arena_init(&a);
	is = read_gate(shell_running(s->sh), &a, &g) && g.level == level;
	arena_fini(&a);
	return is;
}

void secret_enable(struct session *s, uint8_t level)
{
	enum login_way way = level > s->priv ? enable_way(s) : LOGIN_OPEN;

	if (way == LOGIN_OPEN || (way == LOGIN_ENABLE && !secret_wanted(s->sh))) {
		s->priv = level;
	} else if (way == LOGIN_LINE || (way == LOGIN_ENABLE && secret_for(s, level))) {
		ask_password(s, level);
	} else {
		session_printf(s, "%% Error in authentication: no password set for this level\n");
		s->failed = true;
	}
}

/* ---- what is in clear ----------------------------------------------------------------------- */

/* Each of these adds the command that says the same without the clear password. */

static void hide(const char *head, const char *clear, struct strbuf *out)
{
	char hidden[2 * PASSWORD_CLEAR_MAX + 4];

	password_encode7(clear, hidden);
	sb_printf(out, "%s 7 %s\n", head, hidden);
}

static void hash(const char *head, const char *clear, struct strbuf *out)
{
	char hashed[PASSWORD_HASH_LEN];

	if (password_hash(clear, hashed))
		sb_printf(out, "%s 9 %s\n", head, hashed);
}

static void settle_enable(const struct cfg *c, struct arena *a, bool encryption, struct strbuf *out)
{
	struct gl_global_enable_secret s;
	struct gl_global_enable_password p;

	if (read_enable_secret(c, a, &s) && secret_type(&s) == 0)
		hash(s.has_level ? arena_printf(a, "enable secret level %u", (unsigned)s.level)
		                 : "enable secret",
		        s.password, out);
	if (encryption && read_enable_password(c, a, &p) && !p.kw_7 && !p.kw_6)
		hide(p.has_level ? arena_printf(a, "enable password level %u", (unsigned)p.level)
		                 : "enable password",
		        p.password, out);
}

static void settle_users(const struct cfg *c, struct arena *a, bool encryption, struct strbuf *out)
{
	struct gl_global_username u;
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(cfg_root(c), GR_L_global_username, &it); n;
	        n = cfg_next(&it)) {
		if (cfg_node_negated(n) || !cfg_node_decode(n, a, &u, sizeof(u)) || u.kw_nopassword)
			continue;
		const char *head = u.has_privilege ? arena_printf(a, "username %s privilege %u",
		                                             u.name, (unsigned)u.privilege)
		                                   : arena_printf(a, "username %s", u.name);

		if (u.kw_secret && !u.kw_5 && !u.kw_8 && !u.kw_9 && !u.kw_6 && !u.kw_7)
			hash(arena_printf(a, "%s secret", head), u.password, out);
		else if (u.kw_password && encryption && !u.kw_5 && !u.kw_8 && !u.kw_9 && !u.kw_6 &&
		         !u.kw_7)
			hide(arena_printf(a, "%s password", head), u.password, out);
	}
}

static void settle_lines(const struct cfg *c, struct arena *a, struct strbuf *out)
{
	struct gl_line_password p;
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(cfg_root(c), GR_L_global_line, &it); n;
	        n = cfg_next(&it)) {
		const struct cfg_node *set = cfg_find(cfg_children(n), GR_L_line_password, NULL);

		if (!set || !cfg_node_decode(set, a, &p, sizeof(p)) || p.kw_7 || p.kw_6)
			continue;
		sb_printf(out, "%s\n", cfg_node_text(n));
		hide("password", p.password, out);
		sb_puts(out, "exit\n");
	}
}

struct cfg *secret_settled(const struct cfg *c)
{
	bool encryption =
	        cfg_find(cfg_root(c), GR_L_global_service_password_encryption, NULL) != NULL;
	struct strbuf commands = {0};
	struct cfg *settled;
	struct arena a;

	arena_init(&a);
	settle_enable(c, &a, encryption, &commands);
	settle_users(c, &a, encryption, &commands);
	if (encryption)
		settle_lines(c, &a, &commands);
	if (commands.len) {
		struct cfg_editor *ed = cfg_editor_new(c);

		cfg_load_text(ed, sb_str(&commands), NULL, NULL);
		settled = cfg_ref(cfg_editor_candidate(ed));
		cfg_editor_free(ed);
	} else {
		settled = cfg_ref(c);
	}
	sb_fini(&commands);
	arena_fini(&a);
	return settled;
}

void secret_settle_entered(struct cfg_editor *ed)
{
	static const int lines[] = {GR_L_global_enable_secret, GR_L_global_enable_password,
	        GR_L_global_username, GR_L_global_service_password_encryption, GR_L_line_password};
	struct cfg *settled;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (cfg_editor_last_line(ed) != lines[i])
			continue;
		settled = secret_settled(cfg_editor_candidate(ed));
		if (settled != cfg_editor_candidate(ed))
			cfg_editor_rebase(ed, settled);
		cfg_unref(settled);
		return;
	}
}
