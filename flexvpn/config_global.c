/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of the lines that hold for the whole router. */
#include <string.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

void use_global_hostname(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_hostname *l)
{
	(void)n;
	b->c->g.hostname = l->name;
}

void use_global_ipv6_unicast_routing(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ipv6_unicast_routing *l)
{
	(void)l;
	b->c->g.forward6 = !cfg_node_negated(n);
}

/* ---- time stamps
 * --------------------------------------------------------------------------------------------------------------
 */

static enum fx_stamp stamp(bool datetime, bool msec)
{
	return !datetime ? FX_STAMP_UPTIME : msec ? FX_STAMP_MSEC : FX_STAMP_DATETIME;
}

void use_global_service_timestamps_log(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_service_timestamps_log *l)
{
	b->c->g.stamp_log_off = cfg_node_negated(n);
	b->c->g.stamp_log = stamp(l->kw_datetime, l->kw_msec);
}

void use_global_service_timestamps_debug(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_service_timestamps_debug *l)
{
	b->c->g.stamp_debug_off = cfg_node_negated(n);
	b->c->g.stamp_debug = stamp(l->kw_datetime, l->kw_msec);
}

/* ---- authorization lists
 * --------------------------------------------------------------------------------------------------------
 */

void use_global_aaa_new_model(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_aaa_new_model *l)
{
	(void)n;
	(void)l;
	b->c->g.aaa_new_model = true;
}

void use_global_aaa_authorization_network(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_aaa_authorization_network *l)
{
	struct fx_aaa_list *list = FX_APPEND(b->c, b->c->aaa_lists);

	(void)n;
	list->name = l->list;
	list->local = l->kw_local;
}

/* ---- event trace
 * ------------------------------------------------------------------------------------------------------------------
 */

void use_global_event_trace_flexvpn(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_event_trace_flexvpn *l)
{
	(void)n;
	b->c->g.event_trace_off = l->kw_disable;
}

void use_global_event_trace_flexvpn_size(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_event_trace_flexvpn_size *l)
{
	(void)n;
	b->c->g.event_trace_size = l->entries;
}

void use_global_event_trace_flexvpn_dump_file(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_event_trace_flexvpn_dump_file *l)
{
	(void)n;
	b->c->g.event_trace_dump = l->file;
}

enum { STACK_DEPTH = 8 };

void use_global_event_trace_flexvpn_stacktrace(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_event_trace_flexvpn_stacktrace *l)
{
	(void)n;
	b->c->g.event_trace_stack = l->has_depth ? l->depth : STACK_DEPTH;
}

/* ---- IKEv2 for all peers
 * ------------------------------------------------------------------------------------------------------------
 */

void use_global_ikev2_diagnose_error(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ikev2_diagnose_error *l)
{
	enum { ENTRIES = 50 };

	(void)n;
	b->c->g.diagnose = l->has_entries ? l->entries : ENTRIES;
}

void use_global_ikev2_dpd(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_dpd *l)
{
	(void)n;
	b->c->g.has_dpd = true;
	b->c->g.dpd = FX_DPD(l);
}

void use_global_ikev2_fragmentation(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ikev2_fragmentation *l)
{
	(void)n;
	b->c->g.fragmentation = true;
	b->c->g.frag_mtu = l->has_mtu ? (uint16_t)l->mtu : 0;
}

void use_global_ikev2_nat_keepalive(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ikev2_nat_keepalive *l)
{
	(void)n;
	b->c->g.nat_keepalive_s = l->seconds;
}

void use_global_ikev2_redirect_client(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_global_ikev2_redirect_client *l)
{
	(void)n;
	b->c->g.redirect_client = true;
	b->c->g.max_redirects = l->has_redirects ? l->redirects : 0;
}

void use_global_ikev2_window(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ikev2_window *l)
{
	(void)n;
	b->c->g.window = l->size;
}
