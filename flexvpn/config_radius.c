/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of RADIUS servers and their groups. */
#include <string.h>

#include "base/password.h"
#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

enum { RADIUS_PORT = 1645 /* IOS's default */ };

static struct fx_radius *server(struct cfg_build *b)
{
	return &b->c->radius.v[b->c->radius.n - 1];
}

void use_global_radius_server(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_radius_server *l)
{
	struct fx_radius *r = FX_APPEND(b->c, b->c->radius);

	(void)n;
	r->name = l->name;
	r->port = RADIUS_PORT;
}

void use_radius_server_address(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_radius_server_address *l)
{
	struct fx_radius *r = server(b);

	(void)n;
	r->addr = l->has_addr ? l->addr : l->addr6;
	if (l->has_auth_port)
		r->port = (uint16_t)l->auth_port;
}

void use_radius_server_timeout(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_radius_server_timeout *l)
{
	(void)n;
	server(b)->timeout_s = l->seconds;
}

void use_radius_server_retransmit(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_radius_server_retransmit *l)
{
	(void)n;
	server(b)->retransmit = l->times;
}

void use_radius_server_key(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_radius_server_key *l)
{
	char clear[PASSWORD_CLEAR_MAX];

	(void)n;
	if (l->kw_6)
		return;
	if (!l->kw_7)
		server(b)->key = fx_key_text(b->c, l->key);
	else if (password_decode7(l->key, clear))
		server(b)->key = fx_key_text(b->c, clear);
}

void use_global_aaa_group(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_aaa_group *l)
{
	struct fx_radius_group *g = FX_APPEND(b->c, b->c->radius_groups);

	(void)n;
	g->name = l->name;
	g->radius = strcmp(l->kind, "radius") == 0;
}

void use_aaa_group_aaa_group_server(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_aaa_group_aaa_group_server *l)
{
	struct fx_radius_group *g = &b->c->radius_groups.v[b->c->radius_groups.n - 1];

	(void)n;
	if (g->n_server < ARRAY_LEN(g->server))
		g->server[g->n_server++] = l->server;
}
