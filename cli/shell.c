/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all terminals share: the router, the files, the settings that are the shell's own, and its
 * timers. */
#include <stdlib.h>
#include <string.h>

#include "cli/session_int.h"
#include "grammar/gen/lines.h"

struct shell *shell_new(const struct shell_opts *o)
{
	struct shell *sh = xcalloc(1, sizeof(*sh));

	*sh = (struct shell){.router = o->router,
	        .quit = o->quit,
	        .ctx = o->ctx,
	        .loop = o->loop,
	        .console = o->console,
	        .state_dir = o->state_dir ? xstrdup(o->state_dir) : NULL,
	        .started = mono_ms()};
	if (o->loop) {
		uv_timer_init(o->loop, &sh->timer);
		sh->timer.data = sh;
		sh->timer_open = true;
	}
	shell_configured(sh);
	return sh;
}

static void on_closed(uv_handle_t *h)
{
	struct shell *sh = h->data;

	sh->timer_open = false;
}

void shell_free(struct shell *sh)
{
	if (!sh)
		return;
	logging_stop(sh);
	if (sh->timer_open)
		uv_close((uv_handle_t *)&sh->timer, on_closed);
	while (sh->timer_open)
		uv_run(sh->loop, UV_RUN_NOWAIT);
	archive_log_clear(sh);
	cfg_unref(sh->rollback.to);
	free(sh->state_dir);
	free(sh);
}

struct router *shell_router(const struct shell *sh)
{
	return sh->router;
}

const struct cfg *shell_running(const struct shell *sh)
{
	return router_running(sh->router);
}

/* From the running configuration itself: the router may not have acted on it yet. */
const char *shell_hostname(const struct shell *sh)
{
	const struct cfg_node *n =
	        cfg_find(cfg_root(shell_running(sh)), GR_L_global_hostname, NULL);

	return n ? cfg_node_text(n) + strlen("hostname ") : "Router";
}

const struct session *shell_locked(const struct shell *sh, const struct session *s)
{
	return sh->lock && sh->lock != s ? sh->lock : NULL;
}

/* ---- configuration -------------------------------------------------------------------------- */

void shell_configured(struct shell *sh)
{
	struct cfg *hashed = secret_settled(shell_running(sh));
	struct cfg *settled = type6_settled(sh, hashed);

	if (settled != shell_running(sh))
		router_commit(sh->router, settled, false);
	cfg_unref(settled);
	cfg_unref(hashed);
	logging_configured(sh);
	login_configured(sh);
	shell_arm(sh);
}

void shell_commit(struct shell *sh, const struct cfg *c, bool more_pending)
{
	router_commit(sh->router, c, more_pending);
	if (!more_pending)
		shell_configured(sh);
}

/* ---- timers --------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *t)
{
	struct shell *sh = t->data;

	shell_tick(sh, mono_ms());
}

void shell_arm(struct shell *sh)
{
	uint64_t at = archive_deadline(sh), idle = login_deadline(sh), now = mono_ms();

	at = idle < at ? idle : at;
	at = reload_deadline(sh) < at ? reload_deadline(sh) : at;

	if (!sh->timer_open)
		return;
	if (at == UINT64_MAX) {
		uv_timer_stop(&sh->timer);
		return;
	}
	uv_update_time(sh->loop);
	uv_timer_start(&sh->timer, on_timer, at > now ? at - now : 0, 0);
}

void shell_tick(struct shell *sh, uint64_t now)
{
	archive_tick(sh, now);
	login_tick(sh, now);
	reload_tick(sh, now);
	shell_arm(sh);
}
