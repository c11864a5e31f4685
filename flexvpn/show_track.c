/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show track [N | brief], show ip sla summary | statistics | configuration: exec-and-cli reference
 * B14, B15. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

/* ---- show track
 * -----------------------------------------------------------------------------------------------------
 */

/* What line 2 and line 3 of an object say: "Interface Ethernet0/0 line-protocol", "Line protocol is
 * Up". */
static const struct {
	const char *kind, *parameter, *subject;
} words[] = {
        [TRACK_LINE_PROTOCOL] = {"interface", "line-protocol", "Line protocol"},
        [TRACK_IP_ROUTING] = {"interface", "ip routing", "IP routing"},
        [TRACK_IPV6_ROUTING] = {"interface", "ipv6 routing", "IPv6 routing"},
        [TRACK_ROUTE_REACH] = {"ip route", "reachability", "Reachability"},
        [TRACK_ROUTE_METRIC] = {"ip route", "metric threshold", "Metric threshold"},
        [TRACK_SLA_STATE] = {"ip sla", "state", "State"},
        [TRACK_SLA_REACH] = {"ip sla", "reachability", "Reachability"},
        [TRACK_LIST_AND] = {"list", "boolean and", "Boolean AND"},
        [TRACK_LIST_OR] = {"list", "boolean or", "Boolean OR"},
        [TRACK_LIST_PERCENT] = {"list", "threshold percentage", "Threshold percentage"},
        [TRACK_LIST_WEIGHT] = {"list", "threshold weight", "Threshold weight"},
        [TRACK_STUB] = {"stub-object", "", "State"},
};

static bool is_route(const struct track_cfg *c)
{
	return c->type == TRACK_ROUTE_REACH || c->type == TRACK_ROUTE_METRIC;
}

static bool is_sla(const struct track_cfg *c)
{
	return c->type == TRACK_SLA_STATE || c->type == TRACK_SLA_REACH;
}

/* "Ethernet0/0", "10.21.12.0 255.255.255.0", "34", "". */
static const char *instance(const struct track_cfg *c, char buf[64])
{
	char a[PREFIX_STRLEN], m[IPADDR_STRLEN];

	buf[0] = '\0';
	if (c->ifname[0]) {
		snprintf(buf, 64, "%s", c->ifname);
	} else if (is_route(c) && c->route.addr.family == AF_INET) {
		struct ipaddr mask = ipaddr_v4(len_to_mask(c->route.len));

		snprintf(buf, 64, "%s %s", ipaddr_fmt(&c->route.addr, a), ipaddr_fmt(&mask, m));
	} else if (is_route(c)) {
		snprintf(buf, 64, "%s", prefix_fmt(&c->route, a));
	} else if (is_sla(c)) {
		snprintf(buf, 64, "%u", c->sla);
	}
	return buf;
}

static void object_line(struct out *o, const struct track_cfg *c)
{
	char where[64];

	if (c->type == TRACK_STUB)
		out_text(o, "  Stub-object\n");
	else if (c->ifname[0])
		out_text(o, "  Interface %s %s\n", c->ifname, words[c->type].parameter);
	else if (is_sla(c))
		out_text(o, "  IP SLA %u %s\n", c->sla, words[c->type].parameter);
	else if (is_route(c))
		out_text(o, "  %s route %s %s\n", c->route.addr.family == AF_INET6 ? "IPv6" : "IP",
		        instance(c, where), words[c->type].parameter);
	else
		out_text(o, "  List %s\n", words[c->type].parameter);
	out_str(o, "type", words[c->type].kind);
	out_str(o, "instance", instance(c, where));
	out_str(o, "parameter", words[c->type].parameter);
}

static void state_line(struct exec *e, const struct track_info *i)
{
	const char *detail =
	        i->up ? (i->route.found && i->cfg->type == TRACK_ROUTE_REACH ? i->route.source : "")
	              : i->why;

	out_text(e->o, "  %s is ", words[i->cfg->type].subject);
	out_field_str(e->o, "state", "%s", i->up ? "Up" : "Down");
	if (detail[0])
		out_field_str(e->o, "reason", " (%s)", detail);
	if (i->delayed_to) {
		uint64_t left =
		        i->delayed_to > e->fx->now ? (i->delayed_to - e->fx->now + 999) / 1000 : 0;

		out_text(e->o, ", delayed %s", i->up ? "Down" : "Up");
		out_field_int(e->o, "delayed-for-seconds", " (%lld secs remaining)", (int64_t)left);
	}
	out_text(e->o, "\n");
}

static void members(struct exec *e, const struct track_cfg *c)
{
	if (!c->n_member)
		return;
	out_list(e->o, "objects");
	for (uint8_t k = 0; k < c->n_member; k++) {
		const struct track_member *m = &c->member[k];

		out_obj(e->o, NULL);
		out_field_int(e->o, "number", "    object %lld", m->number);
		if (m->negate)
			out_text(e->o, " not");
		out_bool(e->o, "not", m->negate);
		if (m->weight)
			out_field_int(e->o, "weight", " weight %lld", m->weight);
		out_field_str(
		        e->o, "state", " %s\n", track_up(e->fx->tracks, m->number) ? "Up" : "Down");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

static void delays(struct out *o, const struct track_cfg *c)
{
	if (!c->delay_up_s && !c->delay_down_s)
		return;
	out_text(o, "  Delay");
	if (c->delay_up_s)
		out_field_int(o, "delay-up", " up %lld secs", c->delay_up_s);
	if (c->delay_up_s && c->delay_down_s)
		out_text(o, ",");
	if (c->delay_down_s)
		out_field_int(o, "delay-down", " down %lld secs", c->delay_down_s);
	out_text(o, "\n");
}

static void extras(struct exec *e, const struct track_info *i)
{
	struct sla_info s;

	if (i->cfg->type == TRACK_ROUTE_REACH)
		out_field_str(e->o, "first-hop", "  First-hop interface is %s\n",
		        i->route.ifname[0] ? i->route.ifname : "unknown");
	if (i->cfg->type == TRACK_ROUTE_METRIC)
		out_text(e->o, "  Metric threshold down %u up %u\n",
		        i->cfg->has_down ? i->cfg->down : 255, i->cfg->has_up ? i->cfg->up : 254);
	if (is_sla(i->cfg) && sla_get(e->fx->slas, i->cfg->sla, &s)) {
		out_field_str(e->o, "return-code", "  Latest operation return code: %s\n",
		        sla_result_text(s.result));
		if (s.result == SLA_OK || s.result == SLA_OVER_THRESHOLD)
			out_field_int(e->o, "rtt", "  Latest RTT (millisecs) %lld\n", s.rtt_ms);
	}
}

static bool uses(const struct fx_client_cfg *c, uint32_t number)
{
	bool yes = c->connect == FX_CONNECT_TRACK && c->connect_track == number;

	for (size_t i = 0; i < c->peers.n; i++)
		yes |= c->peers.v[i].track == number;
	for (size_t i = 0; i < c->sources.n; i++)
		yes |= c->sources.v[i].track == number;
	return yes;
}

static void followers(struct exec *e, uint32_t number)
{
	const struct fx_config *c = e->fx->cfg;
	bool any = false;

	out_list(e->o, "tracked-by");
	for (size_t i = 0; i < c->clients.n; i++) {
		if (!uses(&c->clients.v[i], number))
			continue;
		out_text(e->o, "%s    FlexVPN %s\n", any ? "" : "  Tracked by:\n",
		        c->clients.v[i].name);
		out_str(e->o, NULL, c->clients.v[i].name);
		any = true;
	}
	if (fx_routes_tracked(e->fx, number)) {
		out_text(e->o, "%s    Static IP Routing 0\n", any ? "" : "  Tracked by:\n");
		out_str(e->o, NULL, "Static IP Routing");
	}
	out_list_end(e->o);
}

static void one(struct exec *e, const struct track_info *i)
{
	char age[16];

	out_obj(e->o, NULL);
	out_field_int(e->o, "number", "Track %lld\n", i->cfg->number);
	object_line(e->o, i->cfg);
	state_line(e, i);
	members(e, i->cfg);
	out_field_int(e->o, "changes", i->changes == 1 ? "    %lld change" : "    %lld changes",
	        i->changes);
	out_field_str(e->o, "last-change", ", last change %s\n",
	        fx_age_fmt(fx_show_age(e, i->since_ms), age));
	delays(e->o, i->cfg);
	extras(e, i);
	followers(e, i->cfg->number);
	out_obj_end(e->o);
}

static void brief(struct exec *e, const struct track_info *i)
{
	char where[64], age[16];

	out_obj(e->o, NULL);
	out_field_int(e->o, "number", "%-6lld", i->cfg->number);
	out_field_str(e->o, "type", "%-12s", words[i->cfg->type].kind);
	out_field_str(e->o, "instance", "%-27s", instance(i->cfg, where));
	out_field_str(e->o, "parameter", "%-17s", words[i->cfg->type].parameter);
	out_field_str(e->o, "state", "%-6s", i->up ? "Up" : "Down");
	out_field_str(e->o, "last-change", "%s\n", fx_age_fmt(fx_show_age(e, i->since_ms), age));
	out_obj_end(e->o);
}

/* `show track interface` and the like: objects of one kind. */
static bool of_kind(const struct track_cfg *c, const struct gl_exec_show_track *a)
{
	if (a->kw_interface)
		return c->ifname[0] != '\0';
	if (a->kw_sla)
		return is_sla(c);
	if (a->kw_route)
		return is_route(c) && (c->route.addr.family == AF_INET6) == a->kw_ipv6;
	if (a->kw_list)
		return c->type >= TRACK_LIST_AND && c->type <= TRACK_LIST_WEIGHT;
	return !a->kw_stub_object || c->type == TRACK_STUB;
}

/* There is no polling and no scaling of metrics to tell about. */
static bool about_tracking(struct exec *e, const struct gl_exec_show_track *a)
{
	static const char *const kinds[] = {
	        "interface", "ip route", "ip sla", "ipv6 route", "list", "stub-object"};

	if (!a->kw_timers && !a->kw_resolution)
		return false;
	if (a->kw_resolution) {
		out_obj(e->o, NULL);
		out_field_str(e->o, "metric", "Metrics of routes are compared %s\n",
		        "as they stand in the routing table");
		out_obj_end(e->o);
		return true;
	}
	out_text(e->o, "Object type     Poll Interval\n");
	out_list(e->o, NULL);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		out_obj(e->o, NULL);
		out_field_str(e->o, "type", "%-15s ", kinds[i]);
		out_field_str(e->o, "poll-interval", "%s\n", "event-driven");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
	return true;
}

void exec_show_track(struct exec *e, const struct gl_exec_show_track *a)
{
	struct track_info i;

	if (a->has_number && !track_defined(e->fx->tracks, a->number)) {
		out_text(e->o, "Track object %u does not exist\n", a->number);
		e->failed = true;
		return;
	}
	if (about_tracking(e, a))
		return;
	if (a->kw_brief)
		out_text(e->o, "Track Type        Instance                   Parameter        "
		               "State Last Change\n");
	out_list(e->o, NULL);
	for (uint32_t prev = 0; track_next(e->fx->tracks, prev, &i);) {
		prev = i.cfg->number;
		if ((a->has_number && prev != a->number) || !of_kind(i.cfg, a))
			continue;
		if (a->kw_brief)
			brief(e, &i);
		else
			one(e, &i);
	}
	out_list_end(e->o);
}

/* ---- show ip sla
 * --------------------------------------------------------------------------------------------------------
 */

static const char *target(const struct sla_cfg *c, char buf[IPADDR_STRLEN])
{
	return c->host[0] ? c->host : ipaddr_fmt(&c->target, buf);
}

static bool selected(const struct sla_info *i, bool has, uint32_t number)
{
	return !has || i->cfg->number == number;
}

static void last_run(struct exec *e, const struct sla_info *i, char buf[40])
{
	uint64_t s = i->last_ms ? fx_show_age(e, i->last_ms) : 0;

	if (!i->last_ms)
		snprintf(buf, 40, "-");
	else if (s < 60)
		snprintf(buf, 40, "%llu second%s ago", (unsigned long long)s, s == 1 ? "" : "s");
	else
		snprintf(buf, 40, "%llu minute%s ago", (unsigned long long)(s / 60),
		        s / 60 == 1 ? "" : "s");
}

static bool has_rtt(const struct sla_info *i)
{
	return i->result == SLA_OK || i->result == SLA_OVER_THRESHOLD;
}

void exec_show_ip_sla_summary(struct exec *e, const struct gl_exec_show_ip_sla_summary *a)
{
	struct sla_info i;

	(void)a;
	out_text(e->o,
	        "IPSLAs Latest Operation Summary\nCodes: * active, ^ inactive, ~ pending\n"
	        "All Stats are in milliseconds. Stats with u are in microseconds\n\n"
	        "ID           Type        Destination       Stats       ReturnCode  LastRun\n"
	        "-----------------------------------------------------------------------\n");
	out_list(e->o, NULL);
	for (uint32_t prev = 0; sla_next(e->fx->slas, prev, &i);) {
		char id[16], stats[24], run[40], addr[IPADDR_STRLEN];

		prev = i.cfg->number;
		snprintf(id, sizeof(id), "%c%u",
		        i.active           ? '*'
		        : i.cfg->scheduled ? '^'
		                           : '~',
		        prev);
		snprintf(stats, sizeof(stats), has_rtt(&i) ? "RTT=%u" : "-", i.rtt_ms);
		last_run(e, &i, run);
		out_obj(e->o, NULL);
		out_int(e->o, "number", prev);
		out_bool(e->o, "active", i.active);
		out_text(e->o, "%-13s", id);
		out_field_str(e->o, "type", "%-12s", sla_type_text(i.cfg->type));
		out_field_str(e->o, "destination", "%-18s", target(i.cfg, addr));
		out_field_str(e->o, "stats", "%-12s", stats);
		out_field_str(e->o, "return-code", "%-11s ", sla_result_text(i.result));
		out_field_str(e->o, "last-run", "%s\n", run);
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

static void rtt_line(struct out *o, const struct sla_info *i)
{
	if (!has_rtt(i))
		out_text(o, "        Latest RTT: NoConnection/Busy/Timeout\n");
	else
		out_field_int(o, "rtt",
		        i->rtt_ms == 1 ? "        Latest RTT: %lld millisecond\n"
		                       : "        Latest RTT: %lld milliseconds\n",
		        i->rtt_ms);
}

static void time_to_live(struct exec *e, const struct sla_info *i)
{
	char left[32] = "Forever";

	if (!i->active)
		snprintf(left, sizeof(left), "0");
	else if (i->ends_ms)
		snprintf(left, sizeof(left), "%llu sec",
		        (unsigned long long)((i->ends_ms - e->fx->now) / 1000));
	out_field_str(e->o, "time-to-live", "Operation time to live: %s\n", left);
}

void exec_show_ip_sla_statistics(struct exec *e, const struct gl_exec_show_ip_sla_statistics *a)
{
	struct sla_info i;
	char start[40];

	out_text(e->o, "IPSLAs Latest Operation Statistics\n\n");
	out_list(e->o, NULL);
	for (uint32_t prev = 0; sla_next(e->fx->slas, prev, &i);) {
		prev = i.cfg->number;
		if (!selected(&i, a->has_number, a->number))
			continue;
		out_obj(e->o, NULL);
		out_field_int(e->o, "number", "IPSLA operation id: %lld\n", prev);
		rtt_line(e->o, &i);
		if (i.last_ms)
			out_field_str(e->o, "start-time", "Latest operation start time: %s\n",
			        log_date_fmt(wall_ms() - 1000 * fx_show_age(e, i.last_ms), false,
			                start));
		out_field_str(e->o, "return-code", "Latest operation return code: %s\n",
		        sla_result_text(i.result));
		if (a->kw_details)
			out_text(e->o, "Over thresholds occurred: %s\n",
			        i.result == SLA_OVER_THRESHOLD ? "TRUE" : "FALSE");
		out_field_int(
		        e->o, "successes", "Number of successes: %lld\n", (int64_t)i.successes);
		out_field_int(e->o, "failures", "Number of failures: %lld\n", (int64_t)i.failures);
		time_to_live(e, &i);
		if (a->kw_details)
			out_text(e->o, "Operational state of entry: %s\n",
			        i.active ? "Active" : "Inactive");
		out_text(e->o, "\n");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

static void source_of(const struct sla_cfg *c, char buf[64])
{
	char a[IPADDR_STRLEN];

	if (c->ifname[0])
		snprintf(buf, 64, "%s", c->ifname);
	else
		snprintf(buf, 64, "%s", c->source.family ? ipaddr_fmt(&c->source, a) : "0.0.0.0");
}

void exec_show_ip_sla_configuration(
        struct exec *e, const struct gl_exec_show_ip_sla_configuration *a)
{
	struct sla_info i;

	out_text(e->o, "IP SLAs Infrastructure Engine-III\n");
	out_list(e->o, NULL);
	for (uint32_t prev = 0; sla_next(e->fx->slas, prev, &i);) {
		char addr[IPADDR_STRLEN], src[64];

		prev = i.cfg->number;
		if (!selected(&i, a->has_number, a->number))
			continue;
		source_of(i.cfg, src);
		out_obj(e->o, NULL);
		out_field_int(e->o, "number", "Entry number: %lld\n", prev);
		out_text(e->o, "Owner: \nTag: \n");
		out_field_int(e->o, "timeout", "Operation timeout (milliseconds): %lld\n",
		        i.cfg->timeout_ms);
		out_field_str(e->o, "type", "Type of operation to perform: %s\n",
		        sla_type_text(i.cfg->type));
		out_field_str(
		        e->o, "target", "Target address/Source address: %s", target(i.cfg, addr));
		out_field_str(e->o, "source", "/%s\n", src);
		out_text(e->o, "Type Of Service parameter: 0x%X\n", i.cfg->tos);
		out_int(e->o, "tos", i.cfg->tos);
		out_field_int(e->o, "request-size", "Request size (ARR data portion): %lld\n",
		        i.cfg->data_size);
		out_text(e->o, "Schedule:\n");
		out_field_int(e->o, "frequency", "   Operation frequency (seconds): %lld\n",
		        i.cfg->frequency_s);
		out_bool(e->o, "scheduled", i.cfg->scheduled);
		out_text(e->o, "   Next Scheduled Start Time: %s\n",
		        i.cfg->scheduled ? "Start Time already passed" : "Pending trigger");
		out_text(e->o, "   Life (seconds): ");
		if (i.cfg->life_s)
			out_field_int(e->o, "life", "%lld\n", i.cfg->life_s);
		else
			out_field_str(e->o, "life", "%s\n", "Forever");
		out_field_int(
		        e->o, "threshold", "Threshold (milliseconds): %lld\n", i.cfg->threshold_ms);
		out_text(e->o, "\n");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}
