/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same questions that a commit asks (client.c), without acting on the answers: see impact.h. */
#include "flexvpn/impact.h"
#include "flexvpn/pki.h"

#include <stdio.h>
#include <string.h>

#include "flexvpn/client.h"
#include "flexvpn/session.h"
#include "grammar/gen/lines.h"

struct edits {
	const char *client;
	char line[200]; /* the first line that ends its session */
};

static void on_change(void *ctx, const struct cfg_change *ch)
{
	struct edits *e = ctx;
	const struct cfg_node *n = ch->new ? ch->new : ch->old;

	if (e->line[0] || !ch->depth || cfg_node_line(ch->path[0]) != GR_L_global_flexvpn ||
	        !gr_line_info(cfg_node_line(n))->resets_session)
		return;
	if (strcmp(strrchr(cfg_node_text(ch->path[0]), ' ') + 1, e->client) == 0)
		snprintf(e->line, sizeof(e->line), "%s%s", ch->new ? "" : "no longer ",
		        cfg_node_text(n));
}

static bool in_session(const struct fx_client *c)
{
	return c->state == FX_NEGOTIATING || c->state == FX_EAP_CREDENTIALS ||
	       c->state == FX_ACTIVE;
}

/* NULL: its session stays. */
static const char *reason(
        struct fx *x, const struct fx_config *to, const struct fx_client *c, struct edits *e)
{
	const struct fx_client_cfg *cfg = fx_find_client(to, c->name);
	char print[sizeof(c->fingerprint)];
	static char why[200];
	struct fx_resolved r;

	if (!cfg)
		return "the client is removed";
	e->client = c->name;
	cfg_changes(x->cfg->cfg, to->cfg, on_change, e);
	if (e->line[0])
		return e->line;
	if (!fx_client_resolve(to, cfg, &r, why, sizeof(why)))
		return why;
	if (!in_session(c))
		return NULL;
	fx_session_fingerprint(to, &r, print, sizeof(print));
	if (strcmp(print, c->fingerprint) != 0)
		return "what the session is built on changes";
	return fx_client_peer_listed(cfg, c) ? NULL : "its gateway is removed";
}

void fx_impact(struct fx *x, const struct cfg *to,
        void (*fn)(void *ctx, const char *client, const char *why), void *ctx)
{
	struct fx_config *built = fx_config_build_with(to, fx_keys_master(fx_pki_keys(x->pki)));

	for (const struct fx_client *c = x->clients; c; c = c->next) {
		struct edits e = {0};
		const char *why = c->state == FX_INIT ? NULL : reason(x, built, c, &e);

		if (why)
			fn(ctx, c->name, why);
	}
	fx_config_free(built);
}
