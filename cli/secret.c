/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `enable secret`: who wants privileged EXEC gives it. A router without one asks nobody. What is
 * typed in clear is hashed before it becomes part of the configuration.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/password.h"
#include "cli/session_int.h"
#include "grammar/gen/lines.h"

enum { TRIES = 3 };

static int type_of(const struct gl_global_enable_secret *l)
{
	return l->kw_4 ? 4 : l->kw_5 ? 5 : l->kw_8 ? 8 : l->kw_9 ? 9 : 0;
}

/* False: there is none. Strings of `l` live in `a`. */
static bool read_secret(const struct cfg *c, struct arena *a, struct gl_global_enable_secret *l)
{
	const struct cfg_node *n = cfg_find(cfg_root(c), GR_L_global_enable_secret, NULL);

	return n && !cfg_node_negated(n) &&
	       gr_decode(GR_L_global_enable_secret, cfg_node_text(n), a, l, sizeof(*l));
}

bool secret_wanted(const struct shell *sh)
{
	return cfg_find(cfg_root(router_running(sh->router)), GR_L_global_enable_secret, NULL) !=
	       NULL;
}

static uint8_t level_of(const struct gl_global_enable_secret *l)
{
	return l->has_level ? (uint8_t)l->level : PRIV_MAX;
}

/* ---- asking
 * -------------------------------------------------------------------------------------------------------------
 */

static void on_password(struct session *s, const char *answer)
{
	struct gl_global_enable_secret l;
	struct arena a;
	bool right;

	arena_init(&a);
	right = !read_secret(router_running(s->sh->router), &a, &l) ||
	        password_check(type_of(&l), l.password, answer);
	arena_fini(&a);
	if (right) {
		s->priv = s->ask_level;
	} else if (--s->ask_tries) {
		session_ask(s, PROTO_PROMPT_NOECHO, on_password, "Password: ");
	} else {
		session_printf(s, "%% Bad secrets\n\n");
		s->failed = true;
	}
}

void secret_enable(struct session *s, uint8_t level)
{
	struct gl_global_enable_secret l;
	struct arena a;
	bool wanted, set;

	arena_init(&a);
	wanted = level > s->priv && read_secret(router_running(s->sh->router), &a, &l);
	set = wanted && level_of(&l) == level;
	arena_fini(&a);
	if (!wanted) {
		s->priv = level;
	} else if (set) {
		s->ask_level = level;
		s->ask_tries = TRIES;
		session_ask(s, PROTO_PROMPT_NOECHO, on_password, "Password: ");
	} else {
		session_printf(s, "%% Error in authentication: no password set for this level\n");
		s->failed = true;
	}
}

/* ---- entering
 * -------------------------------------------------------------------------------------------------------------
 */

void secret_hash_entered(struct cfg_editor *ed)
{
	char hash[PASSWORD_HASH_LEN], line[PASSWORD_HASH_LEN + 64];
	struct gl_global_enable_secret l;
	struct arena a;

	if (cfg_editor_last_line(ed) != GR_L_global_enable_secret)
		return;
	arena_init(&a);
	if (read_secret(cfg_editor_candidate(ed), &a, &l) && type_of(&l) == 0 &&
	        password_hash(l.password, hash)) {
		if (l.has_level)
			snprintf(line, sizeof(line), "enable secret level %u 9 %s",
			        (unsigned)l.level, hash);
		else
			snprintf(line, sizeof(line), "enable secret 9 %s", hash);
		cfg_editor_line(ed, line, NULL);
	}
	arena_fini(&a);
}
