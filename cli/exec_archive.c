/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands that exchange, compare and keep whole configurations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session_int.h"
#include "flexvpn/impact.h"
#include "flexvpn/startup.h"
#include "grammar/gen/exec.h"

static void refuse(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void refuse(struct session *s, const char *fmt, ...)
{
	struct strbuf sb = {0};
	va_list ap;

	va_start(ap, fmt);
	sb_vprintf(&sb, fmt, ap);
	va_end(ap);
	session_printf(s, "%s\n", sb_str(&sb));
	sb_fini(&sb);
	s->failed = true;
}

static bool may_configure(struct session *s)
{
	const struct session *owner = shell_locked(s->sh, s);

	if (owner)
		refuse(s, "%% Configuration mode is locked by %s on vty%u", owner->user,
		        owner->number);
	return !owner;
}

/* ---- configure replace ---------------------------------------------------------------------- */

static void print_command(void *ctx, unsigned depth, const char *command)
{
	session_printf(ctx, "%*s%s\n", (int)depth, "", command);
}

static void count_command(void *ctx, unsigned depth, const char *command)
{
	(void)depth;
	(void)command;
	++*(size_t *)ctx;
}

static void print_victim(void *ctx, const char *client, const char *why)
{
	session_printf(ctx, "%s: %s\n", client, why);
}

static void dry_run(struct session *s)
{
	const struct cfg *running = shell_running(s->sh);
	size_t n = 0;

	session_printf(s, "!List of Commands:\n");
	cfg_diff(running, s->target, print_command, s);
	cfg_diff(running, s->target, count_command, &n);
	session_printf(s, "end\n!Sessions that would end:\n");
	router_settle(s->sh->router);
	fx_impact(router_fx(s->sh->router), s->target, print_victim, s);
	session_printf(s, "!%zu command%s; nothing was changed\n", n, n == 1 ? "" : "s");
}

static void forget_target(struct session *s)
{
	cfg_unref(s->target);
	s->target = NULL;
}

static void replace(struct session *s)
{
	struct shell *sh = s->sh;
	size_t n = 0;

	if (!may_configure(s)) {
		forget_target(s);
		return;
	}
	log_notice("Rollback:Acquired Configuration lock.");
	cfg_diff(shell_running(sh), s->target, count_command, &n);
	if (s->replace_list && n) {
		session_printf(s, "!Pass 1\n!List of Commands:\n");
		cfg_diff(shell_running(sh), s->target, print_command, s);
		session_printf(s, "end\n\n");
	}
	if (s->replace_minutes)
		rollback_start(s, s->replace_minutes, false);
	if (n)
		shell_commit(sh, s->target, false);
	forget_target(s);
	session_printf(s, "\nTotal number of passes: %d\nRollback Done\n\n", n > 0);
	log_msg(SYS_CONFIG_R);
}

static void on_sure(struct session *s, const char *answer)
{
	answer += strspn(answer, " ");
	if (*answer == 'y' || *answer == 'Y')
		replace(s);
	else
		forget_target(s);
}

static void ask_sure(struct session *s)
{
	session_printf(s, "This will apply all necessary additions and deletions\n"
	                  "to replace the current running configuration with the\n"
	                  "contents of the specified configuration file, which is\n"
	                  "assumed to be a complete configuration, not a partial\n");
	session_ask(s, ASK_LINE, on_sure,
	        "configuration. Enter Y if you are sure you want to proceed. ? [no]: ");
}

static void replacement_loaded(struct session *s, struct cfg *c, size_t octets, const char *why)
{
	(void)octets;
	s->target = c;
	if (!c) {
		char buf[FILE_NAME_MAX + 8];

		refuse(s, "%%Error opening %s (%s)\n%% The input is not a valid config file.",
		        file_text(&s->from, buf), why);
	} else if (s->replace_how == REPLACE_TRIED) {
		dry_run(s);
		forget_target(s);
	} else if (s->replace_how == REPLACE_FORCED) {
		replace(s);
	} else {
		ask_sure(s);
	}
}

void exec_configure_replace(struct exec *x, const struct gl_exec_configure_replace *a)
{
	struct session *s = x->session;

	if (!may_configure(s))
		return;
	forget_target(s);
	s->replace_list = a->kw_list;
	s->replace_minutes = a->has_minutes ? a->minutes : a->has_timer ? a->timer : 0;
	s->replace_how = a->kw_dry_run ? REPLACE_TRIED
	                 : a->kw_force ? REPLACE_FORCED
	                               : REPLACE_ASKED;
	s->from = file_named(a->file);
	session_load(s, &s->from, NULL, false, replacement_loaded);
}

/* ---- confirm and revert --------------------------------------------------------------------- */

void exec_configure_terminal_revert(
        struct exec *x, const struct gl_exec_configure_terminal_revert *a)
{
	struct session *s = x->session;

	if (s->ed) {
		refuse(s, "%% Invalid command: this terminal is in configuration mode");
	} else if (s->sh->rollback.to) {
		refuse(s, "%%Rollback Confirmed Change already pending");
	} else if (may_configure(s)) {
		rollback_start(s, a->minutes, a->kw_idle);
		session_printf(s,
		        "Rollback Confirmed Change: Backing up current running config to %s\n\n",
		        s->sh->rollback.name);
		if (s->kind == PROTO_INTERACTIVE)
			session_printf(s,
			        "Enter configuration commands, one per line.  End with CNTL/Z.\n");
		session_configure(s);
	}
}

static void none_pending(struct session *s)
{
	refuse(s, "%%No Rollback Confirmed Change pending");
}

void exec_configure_confirm(struct exec *x, const struct gl_exec_configure_confirm *a)
{
	(void)a;
	if (!rollback_confirm(x->session))
		none_pending(x->session);
}

void exec_configure_revert(struct exec *x, const struct gl_exec_configure_revert *a)
{
	struct session *s = x->session;

	if (!s->sh->rollback.to) {
		none_pending(s);
	} else if (a->kw_now) {
		rollback_now(s->sh);
		session_printf(s, "\nTotal number of passes: 1\nRollback Done\n\n");
	} else {
		rollback_start(s, a->minutes, a->kw_idle);
	}
}

void exec_show_archive_rollback_timer(
        struct exec *x, const struct gl_exec_show_archive_rollback_timer *a)
{
	const struct rollback *r = &x->session->sh->rollback;
	uint64_t now = mono_ms();

	(void)a;
	out_obj(x->o, NULL);
	out_bool(x->o, "pending", r->to != NULL);
	if (!r->to) {
		out_text(x->o, "%%No Rollback Confirmed Change pending\n");
	} else {
		out_field_str(
		        x->o, "type", "Timer type: %s timer\n", r->idle ? "idle" : "absolute");
		out_field_int(x->o, "minutes", "Timer value: %lld minutes\n", r->minutes);
		out_field_int(x->o, "seconds-left", "Time left: %lld seconds\n",
		        r->at > now ? (int64_t)((r->at - now + 999) / 1000) : 0);
		out_field_str(x->o, "configuration", "Configuration to go back to: %s\n", r->name);
	}
	out_obj_end(x->o);
}

/* ---- the lock ------------------------------------------------------------------------------- */

void exec_configure_terminal_lock(struct exec *x, const struct gl_exec_configure_terminal_lock *a)
{
	struct session *s = x->session;

	(void)a;
	if (!may_configure(s))
		return;
	for (const struct session *o = s->sh->sessions; o; o = o->next)
		if (o != s && o->ed) {
			refuse(s,
			        "%% %s on vty%u is configuring; the configuration cannot be locked",
			        o->user, o->number);
			return;
		}
	s->sh->lock = s;
	if (s->kind == PROTO_INTERACTIVE)
		session_printf(
		        s, "Enter configuration commands, one per line.  End with CNTL/Z.\n");
	session_configure(s);
}

void exec_show_configuration_lock(struct exec *x, const struct gl_exec_show_configuration_lock *a)
{
	const struct session *s = x->session->sh->lock;

	(void)a;
	out_obj(x->o, NULL);
	out_text(x->o, "Parser Configure Lock\n---------------------\n");
	out_field_int(x->o, "owner-pid", "Owner PID         : %lld\n", s ? (int64_t)s->number : -1);
	out_field_str(x->o, "user", "User              : %s\n", s ? s->user : "unknown");
	out_field_int(x->o, "tty", "TTY               : %lld\n", s ? (int64_t)s->number : -1);
	out_field_str(x->o, "type", "Type              : %s\n", s ? "EXCLUSIVE" : "NO LOCK");
	out_field_str(x->o, "state", "State             : %s\n", s ? "LOCKED" : "FREE");
	out_field_str(x->o, "class", "Class             : %s\n", s ? "EXPOSED" : "unknown");
	out_field_int(x->o, "count", "Count             : %lld\n", s != NULL);
	out_text(x->o, "Pending Requests  : 0\nUser debug info   : %s\n",
	        s ? "configure terminal lock" : "");
	out_obj_end(x->o);
}

static void on_clear_lock(struct session *s, const char *answer)
{
	if (!*answer || *answer == 'y' || *answer == 'Y')
		s->sh->lock = NULL;
}

void exec_clear_configuration_lock(struct exec *x, const struct gl_exec_clear_configuration_lock *a)
{
	struct session *s = x->session, *owner = s->sh->lock;

	(void)a;
	if (!owner)
		refuse(s, "%% The configuration is not locked");
	else
		session_ask(s, PROTO_PROMPT_KEY, on_clear_lock,
		        "Process <%u> is holding the EXCLUSIVE CONFIG lock ! Do you want to clear "
		        "the lock? [confirm]",
		        owner->number);
}

/* ---- the archive ---------------------------------------------------------------------------- */

void exec_archive_config(struct exec *x, const struct gl_exec_archive_config *a)
{
	char why[200];

	(void)a;
	if (!archive_save(x->session->sh, NULL, why, sizeof(why)))
		refuse(x->session, "%%Error archiving the configuration (%s)", why);
}

static void list_archive(struct exec *x, const struct archive_settings *set)
{
	char prefix[FILE_NAME_MAX], name[FILE_NAME_MAX + 8];
	unsigned next;
	size_t n;
	struct file_entry *list = archive_list(x->session->sh, set, &n, &next);

	archive_prefix(x->session->sh, set, false, prefix);
	out_field_int(x->o, "maximum", "The maximum archive configurations allowed is %lld.\n",
	        set->maximum);
	out_text(x->o, "There are currently %zu archive configurations saved.\n", n);
	out_text(x->o,
	        "The next archive file will be named flash:%s<timestamp>-%u\n Archive #  Name\n",
	        prefix, next);
	out_list(x->o, "files");
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "flash:%s", list[i].name);
		out_text(x->o, "   %-8zu ", i + 1);
		out_field_str(x->o, NULL, "%s", name);
		out_text(x->o, "%s\n", i + 1 == n ? " <- Most Recent" : "");
	}
	out_list_end(x->o);
	free(list);
}

void exec_show_archive(struct exec *x, const struct gl_exec_show_archive *a)
{
	struct arena mem;

	(void)a;
	arena_init(&mem);
	struct archive_settings set = archive_settings(x->session->sh, &mem);

	out_obj(x->o, NULL);
	out_bool(x->o, "enabled", set.on);
	if (set.on)
		list_archive(x, &set);
	else
		out_text(x->o, " Archive feature not enabled\n");
	out_obj_end(x->o);
	arena_fini(&mem);
}

void exec_show_archive_log(struct exec *x, const struct gl_exec_show_archive_log *a)
{
	const struct shell *sh = x->session->sh;

	out_text(x->o, " idx   sess           user@line      Logged command\n");
	out_list(x->o, NULL);
	for (size_t i = 0; i < sh->n_logged; i++) {
		const struct logged_command *l = &sh->logged[i];

		if (a->has_first && l->number < a->first)
			continue;
		out_obj(x->o, NULL);
		out_field_int(x->o, "index", "%5lld", (int64_t)l->number);
		out_field_int(x->o, "session", "%7lld", l->session);
		out_field_str(x->o, "user", "%20s     ", l->who);
		out_field_str(x->o, "command", " |%s\n", l->text);
		out_obj_end(x->o);
	}
	out_list_end(x->o);
}

/* ---- differences ---------------------------------------------------------------------------- */

struct contextual {
	struct out *o;
	const struct cfg_node *path[GR_MAX_DEPTH]; /* enter lines on the screen */
	unsigned depth;
};

static void print_line(struct out *o, unsigned depth, const char *sign, const char *text)
{
	struct strbuf line = {0};

	sb_printf(&line, "%*s%s%s", (int)depth, "", sign, text);
	out_field_str(o, NULL, "%s\n", sb_str(&line));
	sb_fini(&line);
}

static bool same_enter(const struct cfg_node *a, const struct cfg_node *b)
{
	return a && b && strcmp(cfg_node_text(a), cfg_node_text(b)) == 0;
}

static void on_difference(void *ctx, const struct cfg_change *ch)
{
	struct contextual *c = ctx;
	unsigned same = 0;

	while (same < ch->depth && same < c->depth && same_enter(c->path[same], ch->path[same]))
		same++;
	for (; same < ch->depth; same++) {
		print_line(c->o, same, "", cfg_node_text(ch->path[same]));
		c->path[same] = ch->path[same];
	}
	c->depth = ch->depth;
	if (ch->old && (!ch->new || !same_enter(ch->old, ch->new)))
		print_line(c->o, ch->depth, "-", cfg_node_text(ch->old));
	if (ch->new && (!ch->old || !same_enter(ch->old, ch->new)))
		print_line(c->o, ch->depth, "+", cfg_node_text(ch->new));
	/* What stands under a new line belongs to it. */
	if (ch->depth < GR_MAX_DEPTH) {
		const struct cfg_node *n = ch->new ? ch->new : ch->old;

		c->path[ch->depth] = n;
		c->depth += gr_line_info(cfg_node_line(n))->enters != GR_NONE;
	}
}

static struct cfg *load(struct exec *x, const char *url, const struct cfg *base)
{
	struct file_ref f = file_named(url);
	char why[200];
	struct cfg *c = file_config(x->session->sh, &f, base, true, NULL, NULL, why, sizeof(why));

	if (!c)
		refuse(x->session, "%%Error opening %s (%s)", url, why);
	return c;
}

void exec_show_archive_differences(struct exec *x, const struct gl_exec_show_archive_differences *a)
{
	struct cfg *from = load(x, a->has_from ? a->from : "nvram:startup-config", NULL);
	struct cfg *to = !from       ? NULL
	                 : a->has_to ? load(x, a->to, NULL)
	                             : cfg_ref(shell_running(x->session->sh));
	struct contextual c = {.o = x->o};

	if (from && to) {
		out_text(x->o, "!Contextual Config Diffs:\n");
		out_list(x->o, NULL);
		cfg_changes(from, to, on_difference, &c);
		out_list_end(x->o);
	}
	cfg_unref(from);
	cfg_unref(to);
}

static void list_command(void *ctx, unsigned depth, const char *command)
{
	print_line(ctx, depth, "", command);
}

void exec_show_archive_incremental(struct exec *x, const struct gl_exec_show_archive_incremental *a)
{
	const struct cfg *running = shell_running(x->session->sh);
	struct cfg *to = load(x, a->file, running);

	if (!to)
		return;
	out_text(x->o, "!List of Commands:\n");
	out_list(x->o, NULL);
	cfg_diff(running, to, list_command, x->o);
	out_list_end(x->o);
	out_text(x->o, "end\n");
	cfg_unref(to);
}
