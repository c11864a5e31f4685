/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The routing configuration as FRR is to have it: which lines, in which blocks, in an order that
 * works. Their words are those of routing_words.c. FRR has a line for what IOS takes for granted:
 * that a BGP neighbor is active, that external peers need no policy. It is only given the route
 * maps and access lists that a protocol names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/build.h"
#include "flexvpn/routing_words.h"
#include "grammar/gen/lines.h"

/* ---- the walk
 * --------------------------------------------------------------------------------------
 */

struct walk {
	const struct fx_config *c;
	struct frr_conf routers, interfaces, filters;
};

static void block(struct frr_conf *out, const char *ctx)
{
	frr_conf_add(out, ctx, "", 0, false);
}

static bool acts(const struct cfg_node *n)
{
	const struct gr_line_info *i = gr_line_info(cfg_node_line(n));

	return !i->recorded && !i->pending && !cfg_node_pending(n);
}

/* ---- BGP ----------------------------------------------------------------------------------------
 */

struct bgp_lines { /* of one section */
	int remote_as, peer_group, activate, disable_check, default4;
};

static const struct bgp_lines bgp_global = {GR_L_bgp_neighbor_remote_as,
        GR_L_bgp_neighbor_peer_group, GR_L_bgp_neighbor_activate,
        GR_L_bgp_neighbor_disable_connected_check, GR_L_bgp_default_ipv4_unicast};
static const struct bgp_lines bgp_in_vrf = {GR_L_bgp_vrf_neighbor_remote_as,
        GR_L_bgp_vrf_neighbor_peer_group, GR_L_bgp_vrf_neighbor_activate,
        GR_L_bgp_vrf_neighbor_disable_connected_check, GR_NONE};

/* Lines of `router bgp` that FRR has in the address family. */
static bool of_family(int line)
{
	static const char *const names[] = {"neighbor_activate", "neighbor_next_hop_self",
	        "neighbor_route_reflector_client", "neighbor_soft_reconfiguration",
	        "neighbor_default_originate", "neighbor_send_community", "neighbor_allowas_in",
	        "neighbor_as_override", "neighbor_remove_private_as", "neighbor_weight",
	        "neighbor_maximum_prefix", "neighbor_route_map_in", "neighbor_route_map_out",
	        "neighbor_prefix_list_in", "neighbor_prefix_list_out",
	        "neighbor_distribute_list_in", "neighbor_distribute_list_out", "network",
	        "aggregate_address", "redistribute_connected", "redistribute_static",
	        "redistribute_ospf", "redistribute_eigrp", "redistribute_rip", "maximum_paths",
	        "maximum_paths_ibgp", "distance"};
	const char *name = gr_line_info(line)->name;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool ends_with(const struct cfg_node *n, const char *tail)
{
	size_t a = strlen(cfg_node_text(n)), b = strlen(tail);

	return a >= b && strcmp(cfg_node_text(n) + a - b, tail) == 0;
}

static void peer_name(const struct cfg_node *n, char out[FRR_WORD_LEN])
{
	const char *p = strstr(cfg_node_text(n), "neighbor ");

	p = p ? p + strlen("neighbor ") : "";
	snprintf(out, FRR_WORD_LEN, "%.*s", (int)strcspn(p, " "), p);
}

/* `no neighbor X activate` of the router or its IPv4 family. */
static bool deactivated(const struct cfg_tree *t, const struct bgp_lines *l, const char *peer)
{
	const struct cfg_node *n = cfg_find(t, l->activate, peer);
	const struct cfg_node *af = cfg_find(t, GR_L_bgp_bgp_ipv4, NULL);

	if (n && cfg_node_negated(n))
		return true;
	n = af ? cfg_find(cfg_children(af), GR_L_bgp_ipv4_neighbor_activate, peer) : NULL;
	return n && cfg_node_negated(n);
}

/* IOS activates every neighbor for IPv4 unless told otherwise. */
static void activate(struct walk *w, const struct cfg_tree *t, const struct bgp_lines *l,
        const char *family, const struct cfg_node *n)
{
	const struct cfg_node *off = l->default4 ? cfg_find(t, l->default4, NULL) : NULL;
	char peer[FRR_WORD_LEN], line[FRR_WORD_LEN + 40];
	struct ipaddr a;

	peer_name(n, peer);
	if ((off && cfg_node_negated(off)) || deactivated(t, l, peer) ||
	        (ipaddr_parse(peer, &a) && a.family != AF_INET))
		return;
	snprintf(line, sizeof(line), "neighbor %s activate", peer);
	frr_conf_add(&w->routers, family, line, 0, false);
}

/* Neighbors before what is said of them: groups, numbers of systems, members. */
static void neighbors(
        struct walk *w, const struct cfg_tree *t, const struct bgp_lines *l, const char *ctx)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, l->peer_group, &it); n; n = cfg_next(&it))
		if (ends_with(n, " peer-group"))
			frr_say(w->c, &w->routers, ctx, n);
	for (const struct cfg_node *n = cfg_first(t, l->remote_as, &it); n; n = cfg_next(&it))
		frr_say(w->c, &w->routers, ctx, n);
	for (const struct cfg_node *n = cfg_first(t, l->peer_group, &it); n; n = cfg_next(&it))
		if (!ends_with(n, " peer-group"))
			frr_say(w->c, &w->routers, ctx, n);
}

static void activations(
        struct walk *w, const struct cfg_tree *t, const struct bgp_lines *l, const char *family)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, l->peer_group, &it); n; n = cfg_next(&it))
		activate(w, t, l, family, n);
	for (const struct cfg_node *n = cfg_first(t, l->remote_as, &it); n; n = cfg_next(&it))
		activate(w, t, l, family, n);
}

static void family_lines(struct walk *w, const struct cfg_tree *t, const char *family)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it))
		if (acts(n) && of_family(cfg_node_line(n)))
			frr_say(w->c, &w->routers, family, n);
}

/* A `router bgp`, or an `address-family ipv4 vrf`, which is a router of its own to FRR. */
static void bgp_router(
        struct walk *w, const struct cfg_tree *t, const struct bgp_lines *l, const char *ctx)
{
	char family[FRR_WORD_LEN + 64];
	struct cfg_iter it;

	snprintf(family, sizeof(family), "%s\naddress-family ipv4 unicast", ctx);
	block(&w->routers, ctx);
	/* IOS exchanges routes with external peers without a policy. */
	frr_conf_add(&w->routers, ctx, "no bgp ebgp-requires-policy", 0, false);
	frr_conf_add(&w->routers, ctx, "no bgp default ipv4-unicast", 0, false);
	neighbors(w, t, l, ctx);
	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		int line = cfg_node_line(n);

		if (acts(n) && !of_family(line) && line != l->default4 &&
		        !gr_line_info(line)->enters)
			frr_say(w->c, &w->routers, ctx, n);
	}
	activations(w, t, l, family);
	family_lines(w, t, family);
}

static void bgp(struct walk *w, const struct cfg_node *router)
{
	const struct cfg_tree *t = cfg_children(router);
	char ctx[FRR_WORD_LEN], family[2 * FRR_WORD_LEN];
	struct cfg_iter it;
	const struct cfg_node *n;

	snprintf(ctx, sizeof(ctx), "%s", cfg_node_text(router));
	bgp_router(w, t, &bgp_global, ctx);
	n = cfg_find(t, GR_L_bgp_bgp_ipv4, NULL);
	snprintf(family, sizeof(family), "%s\naddress-family ipv4 unicast", ctx);
	if (n)
		family_lines(w, cfg_children(n), family);
	n = cfg_find(t, GR_L_bgp_bgp_ipv6, NULL);
	snprintf(family, sizeof(family), "%s\naddress-family ipv6 unicast", ctx);
	if (n)
		family_lines(w, cfg_children(n), family);
	for (n = cfg_first(t, GR_L_bgp_bgp_vrf, &it); n; n = cfg_next(&it)) {
		const char *vrf = strrchr(cfg_node_text(n), ' ');

		snprintf(family, sizeof(family), "%s vrf%s", ctx, vrf ? vrf : "");
		bgp_router(w, cfg_children(n), &bgp_in_vrf, family);
	}
}

/* ---- the others ---------------------------------------------------------------------------------
 */

/* `passive-interface IF` is a line of the interface. */
static void passive_interface(struct walk *w, const struct cfg_node *n, const char *line)
{
	const char *name = strrchr(cfg_node_text(n), ' ');
	const struct fx_interface *i = name ? fx_find_interface(w->c, name + 1) : NULL;
	char ctx[64], text[64];

	if (!i || !i->device)
		return;
	snprintf(ctx, sizeof(ctx), "interface %s", i->device);
	snprintf(text, sizeof(text), "%s%s", cfg_node_negated(n) ? "no " : "", line);
	frr_conf_add(&w->interfaces, ctx, text, 0, false);
}

static void ospf_lines(
        struct walk *w, const struct cfg_tree *t, const char *ctx, const char *passive_line)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		int line = cfg_node_line(n);

		if (!acts(n) || gr_line_info(line)->enters)
			continue;
		if (line == GR_L_ospf_passive_interface || line == GR_L_ospfv3_passive_interface ||
		        line == GR_L_ospfv3_ipv6_passive_interface)
			passive_interface(w, n, passive_line);
		else
			frr_say(w->c, &w->routers, ctx, n);
	}
}

/* FRR has one process in a VRF: the first. */
static void ospf(struct walk *w, const struct cfg_node *router)
{
	const char *vrf = strstr(cfg_node_text(router), " vrf ");
	char ctx[FRR_WORD_LEN];

	snprintf(ctx, sizeof(ctx), "router ospf%s", vrf ? vrf : "");
	if (frr_conf_has_block(&w->routers, ctx)) {
		if (frr_conf_add(&w->routers, cfg_node_text(router), "", 0, false))
			w->routers.v[w->routers.n - 1].refused = true;
		return;
	}
	block(&w->routers, ctx);
	ospf_lines(w, cfg_children(router), ctx, "ip ospf passive");
}

static void ospfv3(struct walk *w, const struct cfg_node *router)
{
	static const char ctx[] = "router ospf6";
	const struct cfg_tree *t = cfg_children(router);
	const struct cfg_node *af = cfg_find(t, GR_L_ospfv3_ospfv3_ipv6, NULL);

	if (frr_conf_has_block(&w->routers, ctx)) {
		if (frr_conf_add(&w->routers, cfg_node_text(router), "", 0, false))
			w->routers.v[w->routers.n - 1].refused = true;
		return;
	}
	block(&w->routers, ctx);
	ospf_lines(w, t, ctx, "ipv6 ospf6 passive");
	if (af)
		ospf_lines(w, cfg_children(af), ctx, "ipv6 ospf6 passive");
}

static void plain(struct walk *w, const struct cfg_node *router)
{
	struct cfg_iter it;

	block(&w->routers, cfg_node_text(router));
	for (const struct cfg_node *n = cfg_first(cfg_children(router), GR_NONE, &it); n;
	        n = cfg_next(&it))
		if (acts(n))
			frr_say(w->c, &w->routers, cfg_node_text(router), n);
}

static bool about_ospf(int line)
{
	const char *name = gr_line_info(line)->name;

	return strncmp(name, "ip_ospf_", 8) == 0 || strncmp(name, "ipv6_ospf_", 10) == 0 ||
	       strncmp(name, "ospfv3_", 7) == 0;
}

static void interface(struct walk *w, const struct cfg_node *n)
{
	const struct fx_interface *i =
	        fx_find_interface(w->c, cfg_node_text(n) + strlen("interface "));
	char ctx[64];
	struct cfg_iter it;

	if (!i || !i->device)
		return;
	snprintf(ctx, sizeof(ctx), "interface %s", i->device);
	for (n = cfg_first(cfg_children(n), GR_NONE, &it); n; n = cfg_next(&it))
		if (about_ospf(cfg_node_line(n)) && acts(n))
			frr_say(w->c, &w->interfaces, ctx, n);
}

/* ---- filters ------------------------------------------------------------------------------------
 */

static bool refers(const struct frr_conf *c, const char *word, const char *name)
{
	char part[2 * FRR_WORD_LEN];
	size_t n;

	snprintf(part, sizeof(part), " %s %s", word, name);
	n = strlen(part);
	for (size_t i = 0; i < c->n; i++) {
		const char *at = strstr(c->v[i].text, part);

		if (at && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

static void word_after(const char *text, size_t skip, char out[FRR_WORD_LEN])
{
	const char *p = text + (strlen(text) < skip ? strlen(text) : skip);

	snprintf(out, FRR_WORD_LEN, "%.*s", (int)strcspn(p, " "), p);
}

static void route_map(struct walk *w, const struct cfg_node *map)
{
	const char *text = cfg_node_text(map);
	char name[FRR_WORD_LEN], called[2 * FRR_WORD_LEN];
	struct cfg_iter it;

	word_after(text, strlen("route-map "), name);
	snprintf(called, sizeof(called), FRR_STATIC "-%s", name);
	if (!refers(&w->routers, "route-map", name) && !refers(&w->routers, "route-map", called))
		return;
	block(&w->filters, text);
	for (const struct cfg_node *n = cfg_first(cfg_children(map), GR_NONE, &it); n;
	        n = cfg_next(&it))
		if (acts(n))
			frr_say(w->c, &w->filters, text, n);
}

/* A list that the protocols or their route maps name, in FRR's one form of lists. */
static void access_list(struct walk *w, const char *name)
{
	struct fx_acl_entries e;
	char line[512];

	if (!fx_acl_entries(w->c->cfg, name, false, &e))
		return;
	for (size_t i = 0; i < e.n; i++) {
		snprintf(line, sizeof(line), "access-list %s seq %u %s", name, e.v[i].seq,
		        e.v[i].text);
		frr_conf_add(&w->filters, "", line, 0, false);
	}
	fx_acl_entries_fini(&e);
}

/* Every name behind `word` in the lines so far. */
static void lists_named(struct walk *w, const struct frr_conf *in, const char *word)
{
	for (size_t i = 0; i < in->n; i++) {
		const char *at = strstr(in->v[i].text, word);
		char name[FRR_WORD_LEN];

		if (!at)
			continue;
		word_after(at, strlen(word), name);
		if (strcmp(name, "prefix-list") != 0)
			access_list(w, name);
	}
}

static void filters(struct walk *w, const struct cfg_tree *root)
{
	static const int lists[] = {GR_L_global_ip_prefix_list,
	        GR_L_global_ip_prefix_list_description, GR_L_global_ipv6_prefix_list};
	struct cfg_iter it;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (const struct cfg_node *n = cfg_first(root, lists[i], &it); n;
		        n = cfg_next(&it))
			frr_say(w->c, &w->filters, "", n);
	for (const struct cfg_node *n = cfg_first(root, GR_L_global_route_map, &it); n;
	        n = cfg_next(&it))
		route_map(w, n);
	lists_named(w, &w->routers, "distribute-list ");
	lists_named(w, &w->filters, "match ip address ");
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static const struct {
	int line;
	void (*read)(struct walk *w, const struct cfg_node *n);
} protocols[] = {
        {GR_L_global_bgp, bgp},
        {GR_L_global_ospf, ospf},
        {GR_L_global_ospfv3, ospfv3},
        {GR_L_global_eigrp, plain},
        {GR_L_global_rip, plain},
};

static void append(struct frr_conf *out, struct frr_conf *part)
{
	for (size_t i = 0; i < part->n; i++) {
		const struct frr_line *l = &part->v[i];

		if (frr_conf_add(out, l->ctx, l->text, l->key, l->secret))
			out->v[out->n - 1].refused = l->refused;
	}
	frr_conf_fini(part);
}

void frr_wanted(const struct fx_config *c, frr_statics_fn *statics, void *ctx, struct frr_conf *out)
{
	struct walk w = {.c = c};
	const struct cfg_tree *root = cfg_root(c->cfg);
	struct cfg_iter it;

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		for (const struct cfg_node *n = cfg_first(root, protocols[i].line, &it); n;
		        n = cfg_next(&it))
			protocols[i].read(&w, n);
	if (w.routers.n) {
		for (const struct cfg_node *n = cfg_first(root, GR_L_global_if, &it); n;
		        n = cfg_next(&it))
			interface(&w, n);
		filters(&w, root);
		frr_static_lines(&w.routers, statics, ctx, &w.filters);
	}
	append(out, &w.filters);
	append(out, &w.routers);
	append(out, &w.interfaces);
}
