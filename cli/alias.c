/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short names of commands: see alias.h. */
#include "cli/alias.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/session_int.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

struct alias {
	const char *name, *command;
};

/* There without a line; a line of that name goes before. */
static const struct alias builtin[] = {
        {"h", "help"},
        {"lo", "logout"},
        {"p", "ping"},
        {"r", "resume"},
        {"s", "show"},
        {"u", "undebug"},
        {"un", "undebug"},
        {"w", "where"},
};

static const struct {
	const char *mode, *title;
	int line;
	const char *prompt; /* of the modes of configuration it is for; NULL: EXEC */
} modes[] = {
        {"exec", "Exec mode", GR_L_global_alias_exec, NULL},
        {"configure", "Global configuration mode", GR_L_global_alias_configure, "(config)#"},
        {"interface", "Interface configuration mode", GR_L_global_alias_interface, "(config-if)#"},
        {"line", "Line configuration mode", GR_L_global_alias_line, "(config-line)#"},
        {"router", "Router configuration mode", GR_L_global_alias_router, "(config-router)#"},
};

/* ---- the aliases of a mode ------------------------------------------------------------------ */

/* An index of modes[]; -1: the mode has no aliases. */
static int mode_of(const struct session *s, bool config)
{
	if (!config)
		return 0;
	for (int i = 1; i < (int)ARRAY_LEN(modes); i++)
		if (strcmp(modes[i].prompt, gr_mode_info(cfg_editor_mode(s->ed))->prompt) == 0)
			return i;
	return -1;
}

/* "alias exec NAME COMMAND" */
static bool read_alias(const struct cfg_node *n, struct arena *a, struct alias *out)
{
	const char *name = cfg_node_text(n);

	for (int words = 0; words < 2; words++)
		name += strcspn(name, " ") + 1;
	size_t len = strcspn(name, " ");

	*out = (struct alias){arena_strndup(a, name, len), name + len + 1};
	return name[len] != '\0';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct alias *)a)->name, ((const struct alias *)b)->name);
}

static bool said(const struct alias *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(v[i].name, name) == 0)
			return true;
	return false;
}

/* By name; the caller frees the list, its strings are the arena's. */
static struct alias *aliases(const struct session *s, int mode, struct arena *a, size_t *n)
{
	const struct cfg_tree *root = cfg_root(shell_running(s->sh));
	struct alias *v = NULL;
	struct cfg_iter it;

	*n = 0;
	for (const struct cfg_node *l = cfg_first(root, modes[mode].line, &it); l;
	        l = cfg_next(&it)) {
		v = xrealloc(v, (*n + 1) * sizeof(*v));
		*n += read_alias(l, a, &v[*n]);
	}
	size_t own = *n;

	for (size_t i = 0; mode == 0 && i < ARRAY_LEN(builtin); i++) {
		if (said(v, own, builtin[i].name))
			continue;
		v = xrealloc(v, (*n + 1) * sizeof(*v));
		v[(*n)++] = builtin[i];
	}
	if (*n)
		qsort(v, *n, sizeof(*v), by_name);
	return v;
}

/* ---- their use ------------------------------------------------------------------------------ */

static struct expanded replace(const char *line, size_t at, size_t len, const char *command)
{
	struct expanded e = {.at = at, .typed = len, .command = strlen(command)};
	struct strbuf sb = {0};

	sb_add(&sb, line, at);
	sb_puts(&sb, command);
	sb_puts(&sb, line + at + len);
	e.text = sb_take(&sb);
	return e;
}

struct expanded alias_expand(const struct session *s, const char *line, size_t at, bool config)
{
	struct expanded e = {0};
	int mode = mode_of(s, config);
	struct arena a;
	size_t n = 0;

	at += strspn(line + at, " \t");
	size_t len = strcspn(line + at, " \t|");

	if (mode < 0 || !len)
		return e;
	arena_init(&a);
	struct alias *v = aliases(s, mode, &a, &n);

	for (size_t i = 0; i < n && !e.text; i++)
		if (strlen(v[i].name) == len && strncasecmp(v[i].name, line + at, len) == 0)
			e = replace(line, at, len, v[i].command);
	free(v);
	arena_fini(&a);
	return e;
}

size_t alias_offset(const struct expanded *e, size_t offset)
{
	if (!e->text || offset < e->at)
		return offset;
	return offset < e->at + e->command ? e->at : offset - e->command + e->typed;
}

void alias_help(const struct session *s, const char *word, bool config, struct strbuf *out)
{
	int mode = mode_of(s, config);
	struct arena a;
	size_t n = 0, len = strlen(word);

	if (mode < 0 || !len)
		return;
	arena_init(&a);
	struct alias *v = aliases(s, mode, &a, &n);

	for (size_t i = 0; i < n; i++)
		if (strncasecmp(v[i].name, word, len) == 0)
			sb_printf(out, "*%s=\"%s\"  ", v[i].name, v[i].command);
	free(v);
	arena_fini(&a);
}

/* ---- show aliases --------------------------------------------------------------------------- */

static void show_mode(struct exec *x, int mode)
{
	struct arena a;
	size_t n;

	arena_init(&a);
	struct alias *v = aliases(x->session, mode, &a, &n);

	if (n)
		out_text(x->o, "%s aliases:\n", modes[mode].title);
	for (size_t i = 0; i < n; i++) {
		out_obj(x->o, NULL);
		out_str(x->o, "mode", modes[mode].mode);
		out_field_str(x->o, "name", "  %-21s ", v[i].name);
		out_field_str(x->o, "command", "%s\n", v[i].command);
		out_obj_end(x->o);
	}
	if (n)
		out_text(x->o, "\n");
	free(v);
	arena_fini(&a);
}

void exec_show_aliases(struct exec *x, const struct gl_exec_show_aliases *a)
{
	out_list(x->o, NULL);
	for (int i = 0; i < (int)ARRAY_LEN(modes); i++)
		if (!a->has_mode || strncasecmp(a->mode, modes[i].mode, strlen(a->mode)) == 0)
			show_mode(x, i);
	out_list_end(x->o);
}
