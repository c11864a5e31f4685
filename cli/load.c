/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file read as a configuration for one terminal, while the router goes on: what is longer than a
 * piece is read a piece a turn of the loop. Ctrl-C ends it with nothing changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "cli/session_int.h"
#include "grammar/gen/lines.h"

enum { PIECE = 4096 }; /* lines: some milliseconds */

struct load {
	struct session *s;
	char *text;
	struct cfg_editor *ed;
	struct cfg_loading *loading;
	unsigned bad;
	bool keep;
	bool merging;           /* into the running configuration */
	const struct cfg *last; /* of the router, as we left it */
	loaded_fn done;
	uv_idle_t idle;
};

static void on_line(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	struct load *l = ctx;
	struct strbuf text = {0};

	if (d->status == GR_OK || d->status == GR_EMPTY)
		return;
	l->bad++;
	gr_diag_brief(d, line, &text);
	session_printf(l->s, "%% line %u: %s\n", line_no, sb_str(&text));
	sb_fini(&text);
}

static struct load *load_new(struct session *s, char *text, const struct cfg *base)
{
	struct load *l = xcalloc(1, sizeof(*l));
	struct cfg *from = base ? cfg_ref(base) : cfg_new();

	l->s = s;
	l->text = text;
	l->ed = cfg_editor_new(from);
	l->loading = cfg_loading_new(l->ed, l->text, on_line, l);
	cfg_unref(from);
	return l;
}

static void forget(struct load *l)
{
	cfg_loading_free(l->loading);
	cfg_editor_free(l->ed);
	wipe(l->text, strlen(l->text));
	free(l->text);
	free(l);
}

static void on_closed(uv_handle_t *h)
{
	forget(h->data);
}

static void stop(struct load *l)
{
	uv_close((uv_handle_t *)&l->idle, on_closed);
}

/* What was read goes to whoever asked for it. */
static void hand_over(struct load *l)
{
	char why[80];

	if (l->bad && !l->keep) {
		snprintf(why, sizeof(why), "%u line%s of the file would be refused", l->bad,
		        l->bad == 1 ? "" : "s");
		l->done(l->s, NULL, 0, why);
		return;
	}
	l->done(l->s, cfg_ref(cfg_editor_candidate(l->ed)), strlen(l->text), "");
}

/* Somebody else may have configured since the last piece. */
static bool next_piece(struct load *l)
{
	struct shell *sh = l->s->sh;

	if (!l->merging)
		return cfg_loading_go(l->loading, PIECE);
	if (l->last != shell_running(sh))
		cfg_editor_rebase(l->ed, shell_running(sh));
	bool more = cfg_loading_go(l->loading, PIECE);

	shell_commit(sh, cfg_editor_candidate(l->ed), true);
	l->last = shell_running(sh);
	/* Not in the middle of a section. */
	if (cfg_editor_mode(l->ed) == GR_MODE_global)
		router_settle_some(sh->router);
	return more;
}

static void on_idle(uv_idle_t *h)
{
	struct load *l = h->data;
	struct session *s = l->s;

	if (next_piece(l))
		return;
	uv_idle_stop(h);
	hand_over(l);
	if (s->task == l) /* not followed by another one */
		session_go_on(s);
	stop(l);
}

static void on_end(struct session *s, void *task, bool gone)
{
	struct load *l = task;

	uv_idle_stop(&l->idle);
	if (l->merging)
		shell_commit(s->sh, shell_running(s->sh), false);
	if (!gone) {
		session_printf(s, "%% Interrupted: %s\n",
		        l->merging ? "what was read is in force" : "nothing was changed");
		s->failed = true;
		session_go_on(s);
	}
	stop(l);
}

void session_load(struct session *s, const struct file_ref *f, const struct cfg *base, bool keep,
        loaded_fn done)
{
	char why[200];
	char *text = file_read(s->sh, f, why, sizeof(why));

	if (!text) {
		done(s, NULL, 0, why);
		return;
	}
	if (!base && cfg_text_is(shell_running(s->sh), text)) {
		done(s, cfg_ref(shell_running(s->sh)), strlen(text), "");
		wipe(text, strlen(text));
		free(text);
		return;
	}
	struct load *l = load_new(s, text, base);

	l->keep = keep;
	l->done = done;
	if (!cfg_loading_go(l->loading, s->sh->loop ? PIECE : UINT32_MAX)) {
		hand_over(l);
		forget(l);
		return;
	}
	l->merging = base == shell_running(s->sh);
	if (l->merging) {
		shell_commit(s->sh, cfg_editor_candidate(l->ed), true);
		l->last = shell_running(s->sh);
	}
	uv_idle_init(s->sh->loop, &l->idle);
	l->idle.data = l;
	uv_idle_start(&l->idle, on_idle);
	session_task(s, on_end, l);
}
