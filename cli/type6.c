/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Type 6 keys on the terminal: the master key is given (key config-key password-encrypt), and with
 * `password encryption aes` the keys of the configuration are written under it. Scripts are asked
 * for nothing but what they leave out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pki_dialog.h"
#include "flexvpn/type6.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

/* ---- the lines that hold a key -----------------------------------------------------------------
 */

/* From one master key to another one; an empty `from`: only what is in clear is written anew. */
struct rewriting {
	const struct secret *from, *to;
	bool clear; /* what is in clear too */
	const struct cfg_node *path[GR_MAX_DEPTH];
	unsigned depth;
	struct strbuf *out;
};

/* Where a line's key begins: behind `head`, with or without its type. NULL: it has no such key. */
static const char *key_in(const char *text, bool *encrypted, size_t *head)
{
	static const char *const heads[] = {"pre-shared-key local ", "pre-shared-key remote ",
	        "pre-shared-key ", "authentication local pre-share key ",
	        "authentication remote pre-share key "};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		size_t n = strlen(heads[i]);

		if (strncmp(text, heads[i], n) != 0)
			continue;
		*head = n;
		text += n;
		if (strncmp(text, "hex ", 4) == 0)
			return NULL;
		*encrypted = strncmp(text, "6 ", 2) == 0;
		return text + (*encrypted || strncmp(text, "0 ", 2) == 0 ? 2 : 0);
	}
	return NULL;
}

static void say(struct rewriting *r, const char *old, size_t head, const char *sealed)
{
	for (unsigned i = 0; i < r->depth; i++)
		sb_printf(r->out, "%s\n", cfg_node_text(r->path[i]));
	sb_printf(r->out, "no %s\n%.*s6 %s\n", old, (int)head, old, sealed);
	for (unsigned i = 0; i < r->depth; i++)
		sb_puts(r->out, "exit\n");
}

static void rewrite(struct rewriting *r, const struct cfg_node *n)
{
	char clear[TYPE6_CLEAR_MAX + 1] = "", sealed[TYPE6_MAX];
	const char *text = cfg_node_text(n), *key;
	bool encrypted = false, ok;
	size_t head = 0;

	key = key_in(text, &encrypted, &head);
	if (!key || (encrypted ? !r->from->n : !r->clear))
		return;
	ok = !encrypted || type6_decrypt(r->from, key, clear);
	if (ok && type6_encrypt(r->to, encrypted ? clear : key, sealed))
		say(r, text, head, sealed);
	wipe(clear, sizeof(clear));
}

static void walk(struct rewriting *r, const struct cfg_node *n)
{
	struct cfg_iter it;

	if (cfg_node_negated(n))
		return;
	rewrite(r, n);
	if (r->depth == GR_MAX_DEPTH)
		return;
	r->path[r->depth++] = n;
	for (const struct cfg_node *k = cfg_first(cfg_children(n), GR_NONE, &it); k;
	        k = cfg_next(&it))
		walk(r, k);
	r->depth--;
}

static void walk_all(const struct cfg *c, struct rewriting *r)
{
	static const int lines[] = {GR_L_global_ikev2_keyring, GR_L_global_ikev2_profile};
	struct cfg_iter it;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		for (const struct cfg_node *n = cfg_first(cfg_root(c), lines[i], &it); n;
		        n = cfg_next(&it))
			walk(r, n);
}

static struct cfg *applied(const struct cfg *c, struct strbuf *commands)
{
	struct cfg *settled;

	if (commands->len) {
		struct cfg_editor *ed = cfg_editor_new(c);

		cfg_load_text(ed, sb_str(commands), NULL, NULL);
		settled = cfg_ref(cfg_editor_candidate(ed));
		cfg_editor_free(ed);
		wipe(commands->s, commands->cap);
	} else {
		settled = cfg_ref(c);
	}
	sb_fini(commands);
	return settled;
}

static bool wanted(const struct cfg *c)
{
	return cfg_find(cfg_root(c), GR_L_global_password_encryption, NULL) != NULL;
}

struct cfg *type6_settled(const struct shell *sh, const struct cfg *c)
{
	const struct secret *master = fx_keys_master(fx_pki_keys(router_fx(sh->router)->pki));
	static const struct secret none;
	struct strbuf commands = {0};
	struct rewriting r = {.from = &none, .to = master, .clear = true, .out = &commands};

	if (master->n && wanted(c))
		walk_all(c, &r);
	return applied(c, &commands);
}

void type6_settle_entered(const struct shell *sh, struct cfg_editor *ed)
{
	static const int lines[] = {GR_L_global_password_encryption,
	        GR_L_ikev2_keyring_peer_pre_shared_key,
	        GR_L_ikev2_keyring_peer_pre_shared_key_local,
	        GR_L_ikev2_keyring_peer_pre_shared_key_remote,
	        GR_L_ikev2_profile_authentication_local, GR_L_ikev2_profile_authentication_remote};
	struct cfg *settled;
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		any |= cfg_editor_last_line(ed) == lines[i];
	if (!any)
		return;
	settled = type6_settled(sh, cfg_editor_candidate(ed));
	if (settled != cfg_editor_candidate(ed))
		cfg_editor_rebase(ed, settled);
	cfg_unref(settled);
}

/* ---- the master key ----------------------------------------------------------------------------
 */

static struct fx_keys *keys_of(const struct session *s)
{
	return fx_pki_keys(pki_machine(s)->pki);
}

/* In force, and what was written under the old one is written under it. */
static void install(struct session *s, const struct secret *master)
{
	struct strbuf commands = {0};
	struct rewriting r = {.from = fx_keys_master(keys_of(s)), .to = master, .out = &commands};
	struct cfg *next;
	char why[200];

	r.clear = master->n && wanted(shell_running(s->sh));
	if (master->n)
		walk_all(shell_running(s->sh), &r);
	next = applied(shell_running(s->sh), &commands);
	if (fx_keys_set_master(keys_of(s), master, why, sizeof(why))) {
		pki_machine(s)->rekeyed = true;
		router_commit(s->sh->router, next, false);
	} else {
		session_printf(s, "%% The key is not kept: %s\n", why);
		s->failed = true;
	}
	cfg_unref(next);
}

static bool long_enough(struct session *s, const char *key)
{
	if (strlen(key) >= TYPE6_MASTER_MIN)
		return true;
	session_printf(s, "%% The key must have at least %d characters\n", TYPE6_MASTER_MIN);
	s->failed = true;
	return false;
}

static void take(struct session *s, const char *key)
{
	struct secret master = {0};

	secret_set(&master, key, strlen(key));
	install(s, &master);
	secret_wipe(&master);
}

static void on_confirm(struct session *s, const char *answer)
{
	const struct secret *first = &s->pki->password;

	if (first->n == strlen(answer) && memcmp(first->p, answer, first->n) == 0) {
		take(s, answer);
		pki_done(s);
		return;
	}
	session_printf(s, "%% The keys do not match\n");
	s->failed = true;
	pki_done(s);
}

static void on_new(struct session *s, const char *answer)
{
	if (!long_enough(s, answer)) {
		pki_done(s);
		return;
	}
	secret_set(&s->pki->password, answer, strlen(answer));
	session_ask(s, PROTO_PROMPT_NOECHO, on_confirm, "Confirm key: ");
}

static void on_old(struct session *s, const char *answer)
{
	const struct secret *old = fx_keys_master(keys_of(s));

	if (old->n == strlen(answer) && memcmp(old->p, answer, old->n) == 0) {
		session_ask(s, PROTO_PROMPT_NOECHO, on_new, "New key: ");
		return;
	}
	session_printf(s, "%% The old key is another one\n");
	s->failed = true;
	pki_done(s);
}

void exec_crypto_key_config(struct exec *x, const struct gl_exec_crypto_key_config *a)
{
	struct session *s = x->session;

	if (a->has_key) {
		if (long_enough(s, a->key))
			take(s, a->key);
		return;
	}
	pki_begin(s, "");
	if (fx_keys_master(keys_of(s))->n)
		session_ask(s, PROTO_PROMPT_NOECHO, on_old, "Old key: ");
	else
		session_ask(s, PROTO_PROMPT_NOECHO, on_new, "New key: ");
}

static void on_delete(struct session *s, const char *answer)
{
	static const struct secret none;

	answer += strspn(answer, " ");
	if (s->kind == PROTO_INTERACTIVE && *answer != 'y' && *answer != 'Y')
		return;
	install(s, &none);
}

void exec_crypto_key_config_none(struct exec *x, const struct gl_exec_crypto_key_config_none *a)
{
	(void)a;
	session_printf(x->session, "WARNING: All type 6 encrypted keys will become unusable\n");
	session_ask(x->session, 0, on_delete, "Continue with master key deletion ? [yes/no]: ");
}
