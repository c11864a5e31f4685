/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of authorization policies: what we tell a peer about our networks, and what we take from
 * it. */
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_ikev2_author(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_author *l)
{
	if (cfg_node_negated(n)) {
		b->c->g.no_default_author = true;
		return;
	}
	b->author = FX_APPEND(b->c, b->c->authors);
	*b->author = fx_default_author; /* of which a policy of another name has the routes that are accepted only */
	/* `route set interface` is on by default in the policy `default` only. */
	b->author->set_interface = strcmp(l->name, "default") == 0;
	b->author->name = l->name;
}

void use_ikev2_author_ipv6_subnet_acl(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_ipv6_subnet_acl *l)
{
	(void)n;
	b->author->subnet_acl6 = l->acl;
}

void use_ikev2_author_subnet_acl(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_ikev2_author_subnet_acl *l)
{
	(void)n;
	b->author->subnet_acl = l->acl;
}

void use_ikev2_author_route_set_interface(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_route_set_interface *l)
{
	struct fx_author *a = b->author;

	(void)n;
	if (!l->has_ifname)
		a->set_interface = true;
	else if (a->n_set_if < ARRAY_LEN(a->set_if))
		a->set_if[a->n_set_if++] = l->ifname;
}

void use_ikev2_author_route_set_access_list(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_route_set_access_list *l)
{
	(void)n;
	b->author->set_acl = l->acl;
}

void use_ikev2_author_route_set_access_list6(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_route_set_access_list6 *l)
{
	(void)n;
	b->author->set_acl6 = l->acl;
}

void use_ikev2_author_route_set_remote(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_route_set_remote *l)
{
	struct fx_author *a = b->author;

	(void)n;
	if (a->n_set_remote < ARRAY_LEN(a->set_remote))
		a->set_remote[a->n_set_remote++] =
		        l->has_prefix6 ? l->prefix6 : fx_prefix(&l->prefix, &l->mask);
}

void use_ikev2_author_route_accept_any(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_ikev2_author_route_accept_any *l)
{
	struct fx_author *a = b->author;

	a->no_accept = cfg_node_negated(n);
	if (l->has_tag)
		a->accept_tag = l->tag;
	if (l->has_distance)
		a->accept_distance = l->distance;
}
