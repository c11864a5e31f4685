/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IOS's lines about routing in FRR's words. The two languages are nearly the same: a line goes over
 * as it stands, unless the table below has it. What differs: masks are lengths, interfaces are
 * Linux devices, our static routes are the kernel's to FRR.
 */
#include "flexvpn/routing_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "grammar/gen/lines.h"

enum { MAX_WORDS = 64, WORD_LEN = FRR_WORD_LEN };

struct words {
	const struct fx_config *c;
	char w[MAX_WORDS][WORD_LEN];
	size_t n;
	bool fits; /* it can be said to FRR */
};

/* IOS prints IPv6 addresses in capitals, FRR does not. */
static void small_letters(char *word)
{
	struct ipaddr a;
	struct prefix p;

	if (!strchr(word, ':') || !(ipaddr_parse(word, &a) || prefix_parse(word, &p)))
		return;
	for (; *word; word++)
		if (*word >= 'A' && *word <= 'F')
			*word = (char)(*word - 'A' + 'a');
}

static void split(struct words *s, const char *text)
{
	s->n = 0;
	s->fits = true;
	while (*text && s->n < MAX_WORDS) {
		size_t len = strcspn(text, " ");

		snprintf(s->w[s->n], WORD_LEN, "%.*s", (int)len, text);
		small_letters(s->w[s->n++]);
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

static void append(struct words *s, const char *word)
{
	insert(s, s->n, word);
}

/* To FRR our static routes are the kernel's, like those that the box has from elsewhere: a route
 * map of frr_static.c tells them apart, and calls the one of the line. */
static void only_ours(struct words *s)
{
	size_t at = word_at(s, "route-map");
	char name[WORD_LEN];

	if (at + 1 < s->n) {
		s->fits &= snprintf(name, sizeof(name), FRR_STATIC "-%.*s", WORD_LEN - 16,
		                   s->w[at + 1]) < WORD_LEN;
		put(s, at + 1, name);
	} else {
		append(s, "route-map");
		append(s, FRR_STATIC);
	}
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

static void statics(struct words *s)
{
	source(s);
	only_ours(s);
}

/* IOS announces static routes by BGP with a metric of 0, FRR with the kernel's. */
static void statics_of_bgp(struct words *s)
{
	source(s);
	if (word_at(s, "metric") == s->n) {
		insert(s, 2, "metric");
		insert(s, 3, "0");
	}
	only_ours(s);
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
	        {GR_L_##section##_redistribute_static, statics_of_bgp, 2, false},                  \
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
	        {GR_L_##section##_redistribute_static, statics, 2, false},                         \
	        {GR_L_##section##_redistribute_bgp, source, 2, false},                             \
	        {GR_L_##section##_default_information, NULL, 2, false},                            \
	        {GR_L_##section##_distance, NULL, 1, false},                                       \
	{                                                                                          \
		GR_L_##section##_maximum_paths, NULL, 1, false                                     \
	}

/* clang-format off */
static const struct row rows[] = {
	NEIGHBOR(bgp), FAMILY4(bgp), FAMILY4(bgp_ipv4), NEIGHBOR(bgp_vrf), FAMILY4(bgp_vrf), FAMILY(bgp_ipv6),
	{GR_L_bgp_ipv6_redistribute_static, statics_of_bgp, 2, false},
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
	{GR_L_ospf_redistribute_static, statics, 2, false},
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
	{GR_L_rip_redistribute_static, statics, 2, false},
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

/* ---- a line -------------------------------------------------------------------------------------
 */

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
void frr_say(
        const struct fx_config *c, struct frr_conf *out, const char *ctx, const struct cfg_node *n)
{
	static const struct row verbatim;
	const struct row *r = row_of(cfg_node_line(n));
	const char *text = cfg_node_text(n);
	bool negated = cfg_node_negated(n), fresh;
	struct words *s = xcalloc(1, sizeof(*s));
	char line[1024];
	size_t key;

	s->c = c;
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
