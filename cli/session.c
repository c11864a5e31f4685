/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A terminal: modes, prompt, configuration lines, questions. See session.h; EXEC commands are in
 * session_exec.c. */
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/alias.h"
#include "cli/dialog.h"
#include "cli/filter.h"
#include "cli/session_int.h"
#include "flexvpn/startup.h"
#include "grammar/gen/lines.h"

/* Host name and mode share a field of 30 columns; the mode's text is cut, and of the name at most
 * 20 characters appear. */
enum { PROMPT_FIELD = 30, PROMPT_HOST = 20, WIDE = 512 };

/* ---- saying
 * -----------------------------------------------------------------------------------------------------------
 */

void session_print(struct session *s, const char *text, size_t n)
{
	proto_put_output(&s->frames, text, n);
}

void session_printf(struct session *s, const char *fmt, ...)
{
	struct strbuf sb = {0};
	va_list ap;

	va_start(ap, fmt);
	sb_vprintf(&sb, fmt, ap);
	va_end(ap);
	session_print(s, sb_str(&sb), sb.len);
	sb_fini(&sb);
}

void session_flush(struct session *s)
{
	if (!s->frames.len)
		return;
	s->io->send(s->ctx, s->frames.s, s->frames.len);
	sb_clear(&s->frames);
}

const char *session_prompt(const struct session *s, struct strbuf *out)
{
	const char *host = shell_hostname(s->sh);

	sb_clear(out);
	if (!s->ed) {
		sb_printf(out, "%s%c", host, s->priv > PRIV_USER ? '#' : '>');
		return sb_str(out);
	}
	const char *mode = gr_mode_info(cfg_editor_mode(s->ed))->prompt;
	size_t host_len = strnlen(host, PROMPT_HOST), mode_len = strlen(mode);

	sb_add(out, host, host_len);
	if (host_len + mode_len <= PROMPT_FIELD) {
		sb_puts(out, mode);
	} else {
		sb_add(out, mode, PROMPT_FIELD - host_len - strlen(")#"));
		sb_puts(out, ")#");
	}
	return sb_str(out);
}

static void say_prompt(struct session *s)
{
	struct strbuf text = {0};
	unsigned flags = s->ed ? PROTO_PROMPT_CONFIG : 0;
	const char *prompt = s->ask;

	if (s->closing)
		return;
	if (s->ask_fn)
		flags = PROTO_PROMPT_ASK | s->ask_flags;
	else if (s->raw.open)
		flags |= PROTO_PROMPT_ASK | PROTO_PROMPT_TEXT, prompt = "";
	else
		prompt = session_prompt(s, &text);
	s->prompt_len = strlen(prompt);
	proto_put_flagged(&s->frames, PROTO_PROMPT, (uint8_t)flags, prompt);
	sb_fini(&text);
}

void session_terminal(struct session *s)
{
	proto_put_terminal(&s->frames, s->columns, s->rows, (uint16_t)s->exec_history.size,
	        s->no_editing ? 0 : PROTO_TERMINAL_EDITING);
}

void session_history(struct session *s, size_t lines)
{
	history_resize(&s->exec_history, lines);
	history_resize(&s->config_history, lines);
}

void session_close(struct session *s, const char *why)
{
	if (s->closing)
		return;
	s->closing = true;
	proto_put(&s->frames, PROTO_CLOSE, why, strlen(why));
}

void session_hang_up(struct session *s)
{
	session_close(s, "");
	session_flush(s);
}

/* In a script nobody has seen the line: it is shown with its number, and the caret stands under it.
 */
void session_refuse(struct session *s, const struct gr_diag *d, const char *line, size_t shift)
{
	struct gr_diag at = *d;
	struct strbuf out = {0};
	size_t indent = 0;

	if (s->kind == PROTO_INTERACTIVE)
		indent = s->prompt_len;
	else if (s->kind == PROTO_SCRIPT)
		sb_printf(&out, "line %u: ", s->line_no);
	if (s->kind != PROTO_INTERACTIVE) {
		indent = out.len;
		sb_printf(&out, "%s\n", fx_mask_secrets(line));
	}
	at.caret += shift;
	gr_diag_format(&at, line, indent, &out);
	session_print(s, sb_str(&out), out.len);
	s->failed = true;
	sb_fini(&out);
}

/* ---- questions
 * ---------------------------------------------------------------------------------------------------------
 */

void session_ask(struct session *s, unsigned flags, answer_fn fn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->ask, sizeof(s->ask), fmt, ap);
	va_end(ap);
	s->ask_flags = flags;
	s->ask_fn = fn;
}

static void answer(struct session *s, const char *text)
{
	answer_fn fn = s->ask_fn;

	s->ask_fn = NULL;
	fn(s, text);
}

/* A script answers with Enter, unless it is asked for a password: that is its next line. */
static void answer_for_scripts(struct session *s)
{
	while (s->ask_fn && s->kind != PROTO_INTERACTIVE &&
	        !(s->ask_flags & (PROTO_PROMPT_NOECHO | ASK_LINE)))
		answer(s, "");
}

/* ---- configuration
 * ------------------------------------------------------------------------------------------------------
 */

void session_configure(struct session *s)
{
	if (!s->ed)
		s->ed = cfg_editor_new(router_running(s->sh->router));
}

void session_leave_config(struct session *s)
{
	if (!s->ed)
		return;
	cfg_editor_free(s->ed);
	s->ed = NULL;
	candidate_drop(s);
	s->left_config = true;
	s->raw.open = false;
	if (s->sh->lock == s)
		s->sh->lock = NULL;
}

/* Once a terminal and kind of line: that it is kept without effect. The log has it for everybody.
 */
static void warn_without_effect(struct session *s, const char *text, const char *notice)
{
	static const char note[] = "Note: this line is kept but not acted on yet";
	int line = cfg_editor_last_line(s->ed);
	const struct gr_line_info *info = line ? gr_line_info(line) : NULL;

	bool keyword = strncmp(notice, note, strlen(note)) == 0; /* one of its keywords waits */

	if (!info || !(info->recorded || info->pending || keyword) || (s->warned[line] && !keyword))
		return;
	s->warned[line] = true;
	text += strspn(text, " \t");
	log_msg(PARSER_RECORDED, fx_mask_secrets(text));
}

/* Of a candidate: about all of it. What acts on the running configuration at once is not for it. */
static bool about_candidate(const char *name)
{
	return strcmp(name, "commit") == 0 || strcmp(name, "abort") == 0 ||
	       strcmp(name, "show_configuration_impact") == 0;
}

/* Commands of configuration mode that are done, not kept: about keys and certificates, and the
 * numbering of access lists. */
static bool done_at_once(const struct session *s, const char *line)
{
	struct strbuf canon = {0};
	int id = GR_NONE;
	bool ok = gr_match_exec(line, s->priv, &id, &canon).status == GR_OK;
	const char *name = ok ? gr_line_info(id)->name : "";

	sb_fini(&canon);
	if (s->compared)
		return strcmp(name, "help") == 0 || about_candidate(name);
	return strcmp(name, "help") == 0 || strncmp(name, "crypto_pki_", 11) == 0 ||
	       strncmp(name, "crypto_key_", 11) == 0 ||
	       strcmp(name, "ip_access_list_resequence") == 0;
}

/* Lines that change nothing whatever stands in the configuration. */
static bool only_moves(const char *line)
{
	size_t n = strcspn(line += strspn(line, " \t"), " \t");

	return !n || *line == '!' || (n == 3 && strncasecmp(line, "end", n) == 0) ||
	       (n == 4 && strncasecmp(line, "exit", n) == 0);
}

static void refuse_typed(
        struct session *s, struct gr_diag d, const char *typed, const struct expanded *e)
{
	d.caret = alias_offset(e, d.caret);
	session_refuse(s, &d, typed, 0);
}

/* `line` is what `typed` stands for, if there is an alias in it. */
static void config_line(
        struct session *s, const char *line, const char *typed, const struct expanded *e)
{
	struct router *r = s->sh->router;
	bool left = false;

	if (shell_locked(s->sh, s)) {
		session_printf(s, "%% Configuration mode is locked by %s on vty%u\n",
		        s->sh->lock->user, s->sh->lock->number);
		s->failed = true;
		return;
	}
	/* Where `privilege exec` lets others into configuration mode: they may look. */
	if (s->priv < PRIV_MAX && !only_moves(line)) {
		struct gr_diag d = {.status = GR_INVALID, .caret = strspn(line, " \t")};

		refuse_typed(s, d, typed, e);
		return;
	}
	if (!s->compared && cfg_editor_candidate(s->ed) != router_running(r))
		cfg_editor_rebase(s->ed, router_running(r));
	struct gr_diag d = cfg_editor_line(s->ed, line, &left);

	if (d.status != GR_OK && d.status != GR_EMPTY) {
		if (d.status != GR_AMBIGUOUS && done_at_once(s, line))
			session_exec(s, line, 0);
		else
			refuse_typed(s, d, typed, e);
		return;
	}
	if (left) {
		if (!candidate_asks(s))
			session_leave_config(s);
		return;
	}
	if (d.text[0])
		session_printf(s, "%s\n", d.text);
	if (d.status == GR_OK && cfg_editor_changed(s->ed)) {
		secret_settle_entered(s->ed);
		if (!s->more) /* else when the input pauses */
			type6_settle_entered(s->sh, s->ed);
		warn_without_effect(s, line, d.text);
		if (s->compared)
			return;
		archive_log_command(s, line);
		shell_commit(s->sh, cfg_editor_candidate(s->ed), s->more);
	}
}

/* ---- a line
 * ----------------------------------------------------------------------------------------------------------------
 */

/* `do CMD`: where CMD begins; 0: the line is no `do`. */
static size_t do_command(const char *line)
{
	size_t at = strspn(line, " \t");

	if (strncasecmp(line + at, "do", 2) != 0 || (line[at + 2] && !strchr(" \t", line[at + 2])))
		return 0;
	return at + 2 + strspn(line + at + 2, " \t");
}

/* Configuration, in which a first word may be an alias of the mode. */
static void config_typed(struct session *s, const char *line)
{
	struct expanded e = alias_expand(s, line, 0, true);

	config_line(s, e.text ? e.text : line, line, &e);
	free(e.text);
}

/* True: the line is part of a banner; when it is whole it is a command. */
static bool raw_line(struct session *s, const char *line)
{
	const struct expanded none = {0};
	bool began = !s->raw.open;
	enum gr_raw_state taken = gr_raw_take(&s->raw, line, s->ed);

	if (taken == GR_RAW_NONE)
		return false;
	if (began)
		history_add(&s->config_history, line);
	if (taken == GR_RAW_DONE) {
		config_line(s, gr_raw_command(&s->raw), gr_raw_command(&s->raw), &none);
	} else if (taken == GR_RAW_LONG) {
		session_printf(s, "%% Banner too long\n");
		s->failed = true;
	} else if (began && s->kind == PROTO_INTERACTIVE && !s->more) {
		char end[3] = {s->raw.delimiter, '\0'};

		session_printf(s, "Enter TEXT message.  End with the character '%s'.\n",
		        *end == 3 ? "^C" : end);
	}
	return true;
}

static void run_line(struct session *s, const char *line)
{
	if (s->ed && raw_line(s, line))
		return;
	size_t at = s->ed ? do_command(line) : 0;

	history_add(s->ed ? &s->config_history : &s->exec_history, line);
	if (!s->ed || at)
		session_exec(s, line, at);
	else
		config_typed(s, line);
}

/* The prompt, and behind it, as on IOS, the log line about a configuration mode that was left. */
static void next_prompt(struct session *s)
{
	char who[64];

	say_prompt(s);
	session_flush(s);
	if (!s->left_config)
		return;
	s->left_config = false;
	snprintf(who, sizeof(who), "%s on vty%u", s->user, s->number);
	log_msg(SYS_CONFIG_I, who);
}

/* A line that came while a command went on. */
struct waiting_line {
	struct waiting_line *next;
	unsigned flags;
	char text[];
};

static void keep_for_later(struct session *s, const char *line, unsigned flags)
{
	struct waiting_line **at = &s->waiting, *w = xcalloc(1, sizeof(*w) + strlen(line) + 1);

	while (*at)
		at = &(*at)->next;
	w->flags = flags;
	strcpy(w->text, line);
	*at = w;
}

static struct waiting_line *take_waiting(struct session *s)
{
	struct waiting_line *w = s->waiting;

	s->waiting = w->next;
	return w;
}

static void drop_waiting(struct waiting_line *w)
{
	explicit_bzero(w->text, strlen(w->text));
	free(w);
}

/* Behind the command: act on the configuration, ask, or prompt. */
static void end_of_line(struct session *s)
{
	if (!s->more)
		router_settle(s->sh->router);
	answer_for_scripts(s);
	if (!s->ask_fn)
		proto_put_u8(&s->frames, PROTO_DONE, s->failed);
	next_prompt(s);
}

void session_task(struct session *s, task_fn end, void *task)
{
	if (!s->task_end)
		proto_put(&s->frames, PROTO_BUSY, NULL, 0);
	s->task_end = end;
	s->task = task;
}

void session_go_on(struct session *s)
{
	s->task_end = NULL;
	end_of_line(s);
	while (s->waiting && !s->task_end) {
		struct waiting_line *w = take_waiting(s);

		session_line(s, w->text, w->flags);
		drop_waiting(w);
	}
}

void session_line(struct session *s, const char *line, unsigned flags)
{
	if (s->closing)
		return;
	if (s->task_end) {
		keep_for_later(s, line, flags);
		return;
	}
	s->line_no++;
	s->active = mono_ms();
	rollback_touch(s->sh);
	if (s->timeout)
		shell_arm(s->sh);
	s->more = flags & PROTO_LINE_MORE;
	if (s->ask_fn) {
		answer(s, line);
	} else {
		s->failed = false;
		run_line(s, line);
	}
	if ((flags & PROTO_LINE_CTRL_Z) && !candidate_asks(s))
		session_leave_config(s);
	if (s->task_end)
		session_flush(s);
	else
		end_of_line(s);
}

/* Ctrl-C: a question is dropped, and so is configuration mode; but nobody loses a candidate without
 * being asked. */
void session_interrupt(struct session *s)
{
	bool asked = s->ask_fn != NULL;

	if (s->closing)
		return;
	if (s->task_end) {
		s->task_end(s, s->task, false);
		return;
	}
	s->ask_fn = NULL;
	if (s->logging_in) {
		login_again(s);
		next_prompt(s);
		return;
	}
	s->raw.open = false;
	if (!(s->compared && asked) && !candidate_asks(s))
		session_leave_config(s);
	router_settle(s->sh->router);
	shell_configured(s->sh);
	next_prompt(s);
}

/* ---- help
 * ----------------------------------------------------------------------------------------------------------------------
 */

static int mode_of(const struct session *s)
{
	return s->ed ? cfg_editor_mode(s->ed) : GR_MODE_exec;
}

/* Behind the `|` of an EXEC command; NULL: the cursor is not there. */
static const char *behind_bar(const struct session *s, const char *text)
{
	size_t at = s->ed ? do_command(text) : 0;
	const char *bar = !s->ed || at ? strchr(text + at, '|') : NULL;

	return bar ? bar + 1 : NULL;
}

/* A single word without a blank around it: the aliases that it begins. */
static void help_aliases(const struct session *s, const char *text, struct strbuf *out)
{
	size_t at = s->ed ? do_command(text) : 0;

	if (!strpbrk(text + at, " \t"))
		alias_help(s, text + at, s->ed && !at, out);
}

static void help_command(const struct session *s, const char *text, struct strbuf *out)
{
	uint8_t priv = s->full_help ? PRIV_MAX : s->priv;
	struct strbuf list = {0};

	help_aliases(s, text, out);
	gr_help(mode_of(s), priv, router_running(s->sh->router), text,
	        s->columns ? s->columns : WIDE, &list);
	if (out->len && *sb_str(&list) == '%')
		sb_puts(out, "\n\n");
	else
		sb_puts(out, sb_str(&list));
	sb_fini(&list);
}

/* Behind a blank an alias is what it stands for. */
static struct expanded expanded_for_help(const struct session *s, const char *text)
{
	size_t at = s->ed ? do_command(text) : 0;
	const char *word = text + at + strspn(text + at, " \t");

	return strpbrk(word, " \t") ? alias_expand(s, text, at, s->ed && !at)
	                            : (struct expanded){0};
}

void session_help(struct session *s, const char *text)
{
	struct expanded e = expanded_for_help(s, text);
	struct strbuf out = {0};

	if (e.text)
		text = e.text;
	const char *filter = behind_bar(s, text);

	if (filter)
		filter_help(filter, &out);
	else if (!s->logging_in)
		help_command(s, text, &out);
	proto_put(&s->frames, PROTO_HELP_TEXT, sb_str(&out), out.len);
	free(e.text);
	sb_fini(&out);
	session_flush(s);
}

static bool completed(struct session *s, const char *text, struct strbuf *out)
{
	const char *filter = behind_bar(s, text);

	if (s->logging_in)
		return false;
	if (!filter)
		return gr_complete(mode_of(s), s->priv, router_running(s->sh->router), text, out);
	sb_add(out, text, (size_t)(filter - text));
	return filter_complete(filter, out);
}

void session_complete(struct session *s, const char *text)
{
	struct expanded e = expanded_for_help(s, text);
	struct strbuf out = {0}, line = {0};
	bool found = completed(s, e.text ? e.text : text, &out);

	/* What was typed stays as it is, up to the word that is completed. */
	if (found && e.text) {
		sb_add(&line, text, e.at + e.typed);
		sb_puts(&line, sb_str(&out) + e.at + e.command);
	}
	proto_put_flagged(&s->frames, PROTO_COMPLETION, found,
	        !found   ? text
	        : e.text ? sb_str(&line)
	                 : sb_str(&out));
	free(e.text);
	sb_fini(&line);
	sb_fini(&out);
	session_flush(s);
}

/* ---- life
 * ------------------------------------------------------------------------------------------------------------------------
 */

static unsigned free_number(const struct shell *sh)
{
	for (unsigned n = 0;; n++) {
		const struct session *s = sh->sessions;

		while (s && s->number != n)
			s = s->next;
		if (!s)
			return n;
	}
}

void session_banner(struct session *s, int line)
{
	const struct cfg_node *n = cfg_find(cfg_root(shell_running(s->sh)), line, NULL);
	size_t len;
	const char *text = n ? gr_raw_text(cfg_node_text(n), &len) : NULL;

	if (!text || s->kind != PROTO_INTERACTIVE || !len)
		return;
	session_print(s, text, len);
	if (text[len - 1] != '\n')
		session_printf(s, "\n");
}

struct session *session_new(struct shell *sh, const struct session_io *io, void *ctx,
        enum proto_kind kind, const char *user, bool trusted)
{
	unsigned number = free_number(sh);
	struct session *s;

	if (number >= SHELL_MAX_SESSIONS)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	*s = (struct session){.next = sh->sessions,
	        .sh = sh,
	        .io = io,
	        .ctx = ctx,
	        .kind = kind,
	        .number = number,
	        .priv = PRIV_USER,
	        .columns = 80,
	        .rows = 24,
	        .window_columns = 80,
	        .window_rows = 24,
	        .since = mono_ms(),
	        .active = mono_ms()};
	snprintf(s->user, sizeof(s->user), "%s", user);
	s->warned = xcalloc((size_t)gr_line_count() + 1, sizeof(*s->warned));
	history_init(&s->exec_history);
	history_init(&s->config_history);
	sh->sessions = s;
	session_banner(s, GR_L_global_banner_motd);
	login_begin(s, trusted);
	session_terminal(s);
	say_prompt(s);
	session_flush(s);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	for (struct session **p = &s->sh->sessions; *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			break;
		}
	if (s->sh->lock == s)
		s->sh->lock = NULL;
	if (s->more)
		shell_configured(s->sh); /* the rest of the paste does not come any more */
	if (s->task_end)
		s->task_end(s, s->task, true);
	dialog_free(s->dialog);
	while (s->waiting)
		drop_waiting(take_waiting(s));
	session_monitor(s, false);
	cfg_editor_free(s->ed);
	candidate_drop(s);
	cfg_unref(s->target);
	history_fini(&s->exec_history);
	history_fini(&s->config_history);
	free(s->warned);
	free(s->eap_profile);
	pki_dialog_free(s->pki);
	free(s->key);
	free(s->eap_name);
	gr_raw_fini(&s->raw);
	sb_fini(&s->frames);
	free(s);
}

bool session_closing(const struct session *s)
{
	return s->closing;
}

void session_winsize(struct session *s, uint16_t columns, uint16_t rows)
{
	if (columns)
		s->window_columns = columns;
	if (rows)
		s->window_rows = rows;
	if (!s->columns_set)
		s->columns = s->window_columns;
	if (!s->rows_set)
		s->rows = s->window_rows;
	session_terminal(s);
	session_flush(s);
}

static void on_log(void *ctx, enum log_sev sev, const char *line)
{
	struct session *s = ctx;

	(void)sev;
	if (!s->closing)
		s->io->log(s->ctx, line);
}

void session_monitor(struct session *s, bool on)
{
	if (on && !s->monitor)
		s->monitor = log_sink_add(on_log, s, LOG_SEV_DEBUG);
	if (s->monitor)
		log_sink_level(s->monitor, s->sh->log.monitor);
	if (on)
		return;
	log_sink_remove(s->monitor);
	s->monitor = NULL;
}
