/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * While a configuration is built: the objects whose sections are open, so that a line's reader (use_<section>_<line>(), called in
 * running-config order, enter lines before what stands under them) knows where its values go.
 */
#ifndef SPOKE_FLEXVPN_BUILD_H
#define SPOKE_FLEXVPN_BUILD_H

#include "flexvpn/config.h"

struct cfg_build {
	struct fx_config *c;
	const struct secret *master; /* of type 6 keys; NULL: none */
	struct fx_ike_proposal *proposal;
	struct fx_ike_policy *policy;
	struct fx_keyring *keyring;
	struct fx_key *key;
	struct fx_profile *profile;
	struct fx_author *author;
	struct fx_mangler *mangler;
	struct fx_transform *transform;
	struct fx_ipsec_profile *ipsec;
	struct fx_interface *interface;
	struct fx_client_cfg *client;
	struct track_cfg *track;
	struct sla_cfg *sla;
	struct fx_map_entry *map;
	struct fx_trustpoint *trustpoint;
	struct fx_cert_map *cert_map;
	const char *chain; /* the trustpoint of the open certificate chain */
	struct fx_cert *cert;
	struct fx_dns_view *dns_view;
	const char *dns_list; /* the open view list */
	struct fx_dns_member *dns_member;
	struct fx_dhcp_pool *dhcp_pool;
	struct fx_vrf *vrf;
};

/* Append a zeroed element to an FX_LIST whose array lives in the configuration's arena, and point at it. */
#define FX_APPEND(c, list) fx_append(&(c)->arena, (void **)&(list).v, &(list).n, sizeof(*(list).v))
void *fx_append(struct arena *a, void **v, size_t *n, size_t size);

/* An address with the length of a mask; without one a host. Host bits are kept. */
struct prefix fx_prefix(const struct ipaddr *addr, const struct ipaddr *mask);

/* The `dpd` line of a profile, or that of all profiles: they have the same form. */
#define FX_DPD_MS(l, number) \
	((l)->has_##number##_ms     ? (l)->number##_ms        \
	        : (l)->has_##number ? 1000 * (l)->number      \
	                            : 1000 * (l)->short_##number)
#define FX_DPD(l) \
	((struct ike_dpd){.interval_ms = FX_DPD_MS(l, interval), .retry_ms = FX_DPD_MS(l, retry), \
		.on_demand = (l)->kw_on_demand, .fast = (l)->kw_fast})

/* A pre-shared key as typed: text, or hexadecimal digits. */
struct span fx_key_text(struct fx_config *c, const char *text);
struct span fx_key_hex(struct fx_config *c, const char *hex);
/* One that is `encrypted` (type 6) or text. Empty: it cannot be read with the master key. */
struct span fx_key_typed(struct cfg_build *b, bool encrypted, const char *text);

#endif
