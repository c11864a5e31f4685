/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IOS's routing configuration in FRR's words. The two languages are nearly the same: a line goes
 * over as it stands, unless the table below has it. What differs: masks are lengths, interfaces are
 * Linux devices, our static routes are the kernel's to FRR, a BGP neighbor is activated by a line
 * of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "flexvpn/build.h"
#include "flexvpn/frr.h"
#include "grammar/gen/lines.h"

enum { MAX_WORDS = 48, WORD_LEN = 160 };

struct words {
	const struct fx_config *c;
	char w[MAX_WORDS][WORD_LEN];
	size_t n;
	bool fits; /* it can be said to FRR */
};

static void split(struct words *s, const char *text)
{
	s->n = 0;
	s->fits = true;
	while (*text && s->n < MAX_WORDS) {
		size_t len = strcspn(text, " ");

		snprintf(s->w[s->n++], WORD_LEN, "%.*s", (int)len, text);
		s->fits &= len < WORD_LEN;
		text += len + (text[len] == ' ');
	}
	s->fits &= !*text;
}

static void drop(struct words *s, size_t at, size_t n)
{
	memmove(s->w[at], s->w[at + n], (s->n - at - n) * WORD_LEN);
	s->n -= n;
}

static size_t word_at(const struct words *s, const char *word)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->w[i], word) != 0)
		i++;
	return i;
}

static void put(struct words *s, size_t at, const char *word)
{
	snprintf(s->w[at], WORD_LEN, "%s", word);
}

static void insert(struct words *s, size_t at, const char *word)
{
	if (s->n == MAX_WORDS) {
		s->fits = false;
		return;
	}
	memmove(s->w[at + 1], s->w[at], (s->n - at) * WORD_LEN);
	s->n++;
	put(s, at, word);
}

/* ---- rewriting ----------------------------------------------------------------------------------
 */

static uint8_t classful(const struct ipaddr *a)
{
	return a->b[0] < 128 ? 8 : a->b[0] < 192 ? 16 : 24;
}

static void put_prefix(struct words *s, size_t at, const struct ipaddr *a, int len)
{
	char buf[PREFIX_STRLEN];
	struct prefix p = prefix_of(a, (uint8_t)(len < 0 ? 0 : len));

	s->fits &= len >= 0;
	p = prefix_mask(&p);
	put(s, at, prefix_fmt(&p, buf));
}

/* "A [mask] M" is A/length; without a mask the classful one. */
static void mask(struct words *s)
{
	struct ipaddr a, m;
	size_t i = word_at(s, "range") + 1; /* an area may look like an address */

	if (i > s->n)
		i = 0;
	while (i < s->n && !ipaddr_parse4(s->w[i], &a))
		i++;
	if (i >= s->n)
		return;
	if (i + 1 < s->n && strcmp(s->w[i + 1], "mask") == 0)
		drop(s, i + 1, 1);
	if (i + 1 < s->n && ipaddr_parse4(s->w[i + 1], &m)) {
		put_prefix(s, i, &a, mask_to_len(ipaddr_u32(&m)));
		drop(s, i + 1, 1);
	} else {
		put_prefix(s, i, &a, classful(&a));
	}
}

/* "A WILDCARD" is A/length. */
static void wildcard(struct words *s)
{
	struct ipaddr a, m;

	if (s->n > 2 && ipaddr_parse4(s->w[1], &a) && ipaddr_parse4(s->w[2], &m)) {
		put_prefix(s, 1, &a, mask_to_len(~ipaddr_u32(&m)));
		drop(s, 2, 1);
	} else {
		mask(s);
	}
}

static void device_at(struct words *s, size_t at)
{
	const struct fx_interface *i = at < s->n ? fx_find_interface(s->c, s->w[at]) : NULL;

	if (i && i->device)
		put(s, at, i->device);
	else if (at < s->n && (i || (s->w[at][0] >= 'A' && s->w[at][0] <= 'Z')))
		s->fits = false; /* bound to no device */
}

static void last_device(struct words *s)
{
	struct ipaddr a;

	if (!ipaddr_parse(s->w[s->n - 1], &a))
		device_at(s, s->n - 1);
}

/* Where routes come from: "redistribute static", "distribute-list 10 out static". */
static void source(struct words *s)
{
	static const char *const numbered[] = {"ospf", "bgp", "eigrp"};
	size_t at = word_at(s, "static");

	if (at < s->n)
		put(s, at, "kernel");
	for (size_t i = 0; i < ARRAY_LEN(numbered); i++)
		if (s->n > 2 && strcmp(s->w[1], numbered[i]) == 0)
			drop(s, 2, 1);
	at = word_at(s, "subnets");
	if (at < s->n)
		drop(s, at, 1);
}

static void source6(struct words *s)
{
	source(s);
	if (s->n > 1 && strcmp(s->w[1], "ospf") == 0)
		put(s, 1, "ospf6");
}

/* "password 0 TEXT" */
static void password(struct words *s)
{
	static const char *const before[] = {"password", "authentication-key", "md5"};

	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		size_t at = word_at(s, before[i]);

		if (at + 2 < s->n && strcmp(s->w[at + 1], "0") == 0)
			drop(s, at + 1, 1);
	}
}

static void passive(struct words *s)
{
	s->n = 2;
	put(s, 2, "passive");
	s->n = 3;
}

static void next_hop_self(struct words *s)
{
	if (s->n > 3)
		put(s, 3, "force");
}

static void remove_private(struct words *s)
{
	put(s, 2, "remove-private-AS");
}

static void ospf_first(struct words *s)
{
	insert(s, 0, "ospf");
}

static void ospf6_first(struct words *s)
{
	insert(s, 0, "ospf6");
}

/* ip ospf PROCESS area A */
static void process(struct words *s)
{
	drop(s, 2, 1);
}

/* FRR says OSPFv3 areas as addresses. */
static void area6(struct words *s)
{
	size_t at = word_at(s, "area") + 1;
	char buf[IPADDR_STRLEN], *end;
	unsigned long n;

	if (at >= s->n)
		return;
	n = strtoul(s->w[at], &end, 10);
	if (!*end && n <= UINT32_MAX) {
		struct ipaddr a = ipaddr_v4((uint32_t)n);

		put(s, at, ipaddr_fmt(&a, buf));
	}
}

/* ipv6 ospf …, ospfv3 …: both are ipv6 ospf6 … */
static void ospf6(struct words *s)
{
	if (strcmp(s->w[0], "ospfv3") == 0) {
		put(s, 0, "ipv6");
		insert(s, 1, "ospf6");
	} else {
		put(s, 1, "ospf6");
	}
}

/* ipv6 ospf PROCESS area A, ospfv3 PROCESS ipv6 area A */
static void ospf6_area(struct words *s)
{
	size_t at = word_at(s, "area");

	if (at >= 2 && at < s->n)
		drop(s, 1, at - 1);
	put(s, 0, "ipv6");
	insert(s, 1, "ospf6");
	area6(s);
}

static void rip_timers(struct words *s)
{
	drop(s, 4, 1);
}

/* ---- the table ----------------------------------------------------------------------------------
 */

struct row {
	int line;
	void (*rewrite)(struct words *s); /* NULL: it stands as it is */
	uint8_t key;                      /* words that a newer line replaces it by; 0: all of it */
	bool secret;
};

#define NEIGHBOR(section)                                                                          \
	{GR_L_##section##_neighbor_remote_as, NULL, 3, false},                                     \
	        {GR_L_##section##_neighbor_description, NULL, 3, false},                           \
	        {GR_L_##section##_neighbor_local_as, NULL, 3, false},                              \
	        {GR_L_##section##_neighbor_password, password, 3, true},                           \
	        {GR_L_##section##_neighbor_transport, passive, 0, false},                          \
	        {GR_L_##section##_neighbor_ebgp_multihop, NULL, 3, false},                         \
	        {GR_L_##section##_neighbor_update_source, last_device, 3, false},                  \
	        {GR_L_##section##_neighbor_advertisement_interval, NULL, 3, false},                \
	{                                                                                          \
		GR_L_##section##_neighbor_timers, NULL, 3, false                                   \
	}
#define FAMILY(section)                                                                            \
	{GR_L_##section##_neighbor_next_hop_self, next_hop_self, 3, false},                        \
	        {GR_L_##section##_neighbor_default_originate, NULL, 3, false},                     \
	        {GR_L_##section##_neighbor_allowas_in, NULL, 3, false},                            \
	        {GR_L_##section##_neighbor_remove_private_as, remove_private, 0, false},           \
	        {GR_L_##section##_neighbor_weight, NULL, 3, false},                                \
	        {GR_L_##section##_neighbor_maximum_prefix, NULL, 3, false},                        \
	        {GR_L_##section##_redistribute_connected, source, 2, false},                       \
	        {GR_L_##section##_maximum_paths, NULL, 1, false},                                  \
	        {GR_L_##section##_maximum_paths_ibgp, NULL, 2, false},                             \
	{                                                                                          \
		GR_L_##section##_distance, NULL, 2, false                                          \
	}
#define FAMILY4(section)                                                                           \
	FAMILY(section), {GR_L_##section##_network, mask, 0, false},                               \
	        {GR_L_##section##_aggregate_address, mask, 0, false},                              \
	        {GR_L_##section##_redistribute_static, source, 2, false},                          \
	        {GR_L_##section##_redistribute_ospf, source, 2, false},                            \
	        {GR_L_##section##_redistribute_eigrp, source, 2, false},                           \
	{                                                                                          \
		GR_L_##section##_redistribute_rip, source, 2, false                                \
	}
#define OSPF6(section)                                                                             \
	{GR_L_##section##_area_stub, area6, 3, false},                                             \
	        {GR_L_##section##_area_nssa, area6, 3, false},                                     \
	        {GR_L_##section##_area_range, area6, 0, false},                                    \
	        {GR_L_##section##_redistribute_connected, source, 2, false},                       \
	        {GR_L_##section##_redistribute_static, source, 2, false},                          \
	        {GR_L_##section##_redistribute_bgp, source, 2, false},                             \
	        {GR_L_##section##_default_information, NULL, 2, false},                            \
	        {GR_L_##section##_distance, NULL, 1, false},                                       \
	{                                                                                          \
		GR_L_##section##_maximum_paths, NULL, 1, false                                     \
	}

/* clang-format off */
static const struct row rows[] = {
	NEIGHBOR(bgp), FAMILY4(bgp), FAMILY4(bgp_ipv4), NEIGHBOR(bgp_vrf), FAMILY4(bgp_vrf), FAMILY(bgp_ipv6),
	{GR_L_bgp_ipv6_redistribute_static, source6, 2, false},
	{GR_L_bgp_ipv6_redistribute_ospf, source6, 2, false},
	{GR_L_bgp_router_id, NULL, 2, false},
	{GR_L_bgp_cluster_id, NULL, 2, false},
	{GR_L_bgp_listen_limit, NULL, 3, false},
	{GR_L_bgp_confederation_identifier, NULL, 3, false},
	{GR_L_bgp_timers_bgp, NULL, 2, false},

	{GR_L_ospf_router_id, ospf_first, 2, false},
	{GR_L_ospf_log_adjacency_changes, NULL, 1, false},
	{GR_L_ospf_auto_cost, NULL, 2, false},
	{GR_L_ospf_area_authentication, NULL, 3, false},
	{GR_L_ospf_area_stub, NULL, 3, false},
	{GR_L_ospf_area_nssa, NULL, 3, false},
	{GR_L_ospf_area_default_cost, NULL, 3, false},
	{GR_L_ospf_area_range, mask, 0, false},
	{GR_L_ospf_max_metric, NULL, 2, false},
	{GR_L_ospf_timers_throttle_spf, NULL, 3, false},
	{GR_L_ospf_summary_address, mask, 0, false},
	{GR_L_ospf_redistribute_connected, source, 2, false},
	{GR_L_ospf_redistribute_static, source, 2, false},
	{GR_L_ospf_redistribute_bgp, source, 2, false},
	{GR_L_ospf_redistribute_eigrp, source, 2, false},
	{GR_L_ospf_redistribute_rip, source, 2, false},
	{GR_L_ospf_network, wildcard, 0, false},
	{GR_L_ospf_neighbor, NULL, 2, false},
	{GR_L_ospf_default_information, NULL, 2, false},
	{GR_L_ospf_default_metric, NULL, 1, false},
	{GR_L_ospf_distribute_list_out, source, 0, false},
	{GR_L_ospf_distance, NULL, 1, false},
	{GR_L_ospf_maximum_paths, NULL, 1, false},

	OSPF6(ospfv3), OSPF6(ospfv3_ipv6),
	{GR_L_ospfv3_router_id, ospf6_first, 2, false},
	{GR_L_ospfv3_log_adjacency_changes, NULL, 1, false},
	{GR_L_ospfv3_auto_cost, NULL, 2, false},

	{GR_L_eigrp_router_id, NULL, 2, false},
	{GR_L_eigrp_passive_interface, last_device, 0, false},
	{GR_L_eigrp_network, wildcard, 0, false},
	{GR_L_eigrp_redistribute_connected, source, 2, false},
	{GR_L_eigrp_redistribute_static, source, 2, false},
	{GR_L_eigrp_redistribute_bgp, source, 2, false},
	{GR_L_eigrp_redistribute_ospf, source, 2, false},
	{GR_L_eigrp_redistribute_rip, source, 2, false},
	{GR_L_eigrp_variance, NULL, 1, false},
	{GR_L_eigrp_metric_weights, NULL, 2, false},
	{GR_L_eigrp_maximum_paths, NULL, 1, false},

	{GR_L_rip_version, NULL, 1, false},
	{GR_L_rip_timers_basic, rip_timers, 2, false},
	{GR_L_rip_redistribute_connected, source, 2, false},
	{GR_L_rip_redistribute_static, source, 2, false},
	{GR_L_rip_redistribute_bgp, source, 2, false},
	{GR_L_rip_redistribute_ospf, source, 2, false},
	{GR_L_rip_passive_interface, last_device, 0, false},
	{GR_L_rip_network, mask, 0, false},
	{GR_L_rip_distance, NULL, 1, false},

	{GR_L_if_ip_ospf_area, process, 3, false},
	{GR_L_if_ip_ospf_network, NULL, 3, false},
	{GR_L_if_ip_ospf_cost, NULL, 3, false},
	{GR_L_if_ip_ospf_hello_interval, NULL, 3, false},
	{GR_L_if_ip_ospf_dead_interval, NULL, 3, false},
	{GR_L_if_ip_ospf_retransmit_interval, NULL, 3, false},
	{GR_L_if_ip_ospf_priority, NULL, 3, false},
	{GR_L_if_ip_ospf_mtu_ignore, NULL, 0, false},
	{GR_L_if_ip_ospf_authentication, NULL, 3, false},
	{GR_L_if_ip_ospf_authentication_key, password, 3, true},
	{GR_L_if_ip_ospf_message_digest_key, password, 4, true},
	{GR_L_if_ipv6_ospf_area, ospf6_area, 3, false},
	{GR_L_if_ipv6_ospf_network, ospf6, 3, false},
	{GR_L_if_ipv6_ospf_cost, ospf6, 3, false},
	{GR_L_if_ipv6_ospf_hello_interval, ospf6, 3, false},
	{GR_L_if_ipv6_ospf_dead_interval, ospf6, 3, false},
	{GR_L_if_ipv6_ospf_priority, ospf6, 3, false},
	{GR_L_if_ipv6_ospf_mtu_ignore, ospf6, 0, false},
	{GR_L_if_ospfv3_area, ospf6_area, 3, false},
	{GR_L_if_ospfv3_network, ospf6, 3, false},
	{GR_L_if_ospfv3_cost, ospf6, 3, false},
	{GR_L_if_ospfv3_hello_interval, ospf6, 3, false},
	{GR_L_if_ospfv3_dead_interval, ospf6, 3, false},
	{GR_L_if_ospfv3_mtu_ignore, ospf6, 0, false},

	{GR_L_global_ip_prefix_list, NULL, 5, false},
	{GR_L_global_ip_prefix_list_description, NULL, 4, false},
	{GR_L_global_ipv6_prefix_list, NULL, 5, false},
	{GR_L_route_map_description, NULL, 1, false},
	{GR_L_route_map_match_interface, last_device, 2, false},
	{GR_L_route_map_match_tag, NULL, 2, false},
	{GR_L_route_map_match_metric, NULL, 2, false},
	{GR_L_route_map_set_metric, NULL, 2, false},
	{GR_L_route_map_set_metric_type, NULL, 2, false},
	{GR_L_route_map_set_tag, NULL, 2, false},
	{GR_L_route_map_set_local_preference, NULL, 2, false},
	{GR_L_route_map_set_weight, NULL, 2, false},
	{GR_L_route_map_set_origin, NULL, 2, false},
};
/* clang-format on */

static const struct row *row_of(int line)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].line == line)
			return &rows[i];
	return NULL;
}

/* ---- lines --------------------------------------------------------------------------------------
 */

struct walk {
	const struct fx_config *c;
	struct frr_conf routers, interfaces, filters;
};

static size_t join(const struct words *s, bool negated, size_t key_words, char *out, size_t n)
{
	size_t at = (size_t)snprintf(out, n, "%s", negated ? "no " : ""), key = 0;

	for (size_t i = 0; i < s->n && at < n; i++) {
		at += (size_t)snprintf(out + at, n - at, "%s%s", i ? " " : "", s->w[i]);
		if (i + 1 == key_words)
			key = at;
	}
	return at < n ? key : 0;
}

/* The line in FRR's words under `ctx`. What cannot be said is kept as refused. */
static void say(struct walk *w, struct frr_conf *out, const char *ctx, const struct cfg_node *n)
{
	static const struct row verbatim;
	const struct row *r = row_of(cfg_node_line(n));
	const char *text = cfg_node_text(n);
	bool negated = cfg_node_negated(n), fresh;
	struct words *s = xcalloc(1, sizeof(*s));
	char line[1024];
	size_t key;

	s->c = w->c;
	if (!r)
		r = &verbatim;
	split(s, negated && strncmp(text, "no ", 3) == 0 ? text + 3 : text);
	if (s->fits && r->rewrite)
		r->rewrite(s);
	key = join(s, negated, r->key, line, sizeof(line));
	fresh = frr_conf_add(out, ctx, line, key, r->secret);
	if (fresh && !s->fits)
		out->v[out->n - 1].refused = true;
	wipe(s, sizeof(*s));
	wipe(line, sizeof(line));
	free(s);
}

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
	        "neighbor_prefix_list_in", "neighbor_prefix_list_out", "neighbor_distribute_list_in",
	        "neighbor_distribute_list_out", "network", "aggregate_address",
	        "redistribute_connected", "redistribute_static", "redistribute_ospf",
	        "redistribute_eigrp", "redistribute_rip", "maximum_paths", "maximum_paths_ibgp",
	        "distance"};
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

static void peer_name(const struct cfg_node *n, char out[WORD_LEN])
{
	const char *p = strstr(cfg_node_text(n), "neighbor ");

	p = p ? p + strlen("neighbor ") : "";
	snprintf(out, WORD_LEN, "%.*s", (int)strcspn(p, " "), p);
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
	char peer[WORD_LEN], line[WORD_LEN + 40];
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
			say(w, &w->routers, ctx, n);
	for (const struct cfg_node *n = cfg_first(t, l->remote_as, &it); n; n = cfg_next(&it))
		say(w, &w->routers, ctx, n);
	for (const struct cfg_node *n = cfg_first(t, l->peer_group, &it); n; n = cfg_next(&it))
		if (!ends_with(n, " peer-group"))
			say(w, &w->routers, ctx, n);
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
			say(w, &w->routers, family, n);
}

/* A `router bgp`, or an `address-family ipv4 vrf`, which is a router of its own to FRR. */
static void bgp_router(
        struct walk *w, const struct cfg_tree *t, const struct bgp_lines *l, const char *ctx)
{
	char family[WORD_LEN + 64];
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
			say(w, &w->routers, ctx, n);
	}
	activations(w, t, l, family);
	family_lines(w, t, family);
}

static void bgp(struct walk *w, const struct cfg_node *router)
{
	const struct cfg_tree *t = cfg_children(router);
	char ctx[WORD_LEN], family[2 * WORD_LEN];
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
			say(w, &w->routers, ctx, n);
	}
}

/* FRR has one process in a VRF: the first. */
static void ospf(struct walk *w, const struct cfg_node *router)
{
	const char *vrf = strstr(cfg_node_text(router), " vrf ");
	char ctx[WORD_LEN];

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
			say(w, &w->routers, cfg_node_text(router), n);
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
			say(w, &w->interfaces, ctx, n);
}

/* ---- filters ------------------------------------------------------------------------------------
 */

static bool refers(const struct frr_conf *c, const char *word, const char *name)
{
	char part[2 * WORD_LEN];
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

static void word_after(const char *text, size_t skip, char out[WORD_LEN])
{
	const char *p = text + (strlen(text) < skip ? strlen(text) : skip);

	snprintf(out, WORD_LEN, "%.*s", (int)strcspn(p, " "), p);
}

static void route_map(struct walk *w, const struct cfg_node *map)
{
	const char *text = cfg_node_text(map);
	char name[WORD_LEN];
	struct cfg_iter it;

	word_after(text, strlen("route-map "), name);
	if (!refers(&w->routers, "route-map", name))
		return;
	block(&w->filters, text);
	for (const struct cfg_node *n = cfg_first(cfg_children(map), GR_NONE, &it); n;
	        n = cfg_next(&it))
		if (acts(n))
			say(w, &w->filters, text, n);
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
		char name[WORD_LEN];

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
			say(w, &w->filters, "", n);
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

void frr_wanted(const struct fx_config *c, struct frr_conf *out)
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
	}
	append(out, &w.filters);
	append(out, &w.routers);
	append(out, &w.interfaces);
}
