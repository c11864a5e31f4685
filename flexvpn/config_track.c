/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers of track objects and IP SLA operations. */
#include <stdio.h>
#include <stdlib.h>

#include "flexvpn/build.h"
#include "grammar/gen/lines.h"
#include "grammar/gen/use.h"

/* ---- track
 * ------------------------------------------------------------------------------------------------------
 */

static enum track_type type_of(const struct gl_global_track *l)
{
	if (l->kw_interface)
		return l->kw_line_protocol ? TRACK_LINE_PROTOCOL
		       : l->kw_ipv6        ? TRACK_IPV6_ROUTING
		                           : TRACK_IP_ROUTING;
	if (l->kw_sla)
		return l->kw_reachability ? TRACK_SLA_REACH : TRACK_SLA_STATE;
	if (l->kw_route)
		return l->kw_reachability ? TRACK_ROUTE_REACH : TRACK_ROUTE_METRIC;
	if (l->kw_boolean)
		return l->kw_and ? TRACK_LIST_AND : TRACK_LIST_OR;
	if (l->kw_threshold)
		return l->kw_percentage ? TRACK_LIST_PERCENT : TRACK_LIST_WEIGHT;
	return TRACK_STUB;
}

void use_global_track(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_track *l)
{
	struct track_cfg *t = FX_APPEND(b->c, b->c->tracks);

	(void)n;
	b->track = t;
	t->number = l->number;
	t->type = type_of(l);
	if (l->has_ifname)
		snprintf(t->ifname, sizeof(t->ifname), "%s", l->ifname);
	if (l->has_prefix4)
		t->route = prefix_mask(&l->prefix4);
	if (l->has_prefix)
		t->route = fx_prefix(&l->prefix, &l->mask);
	if (l->has_prefix6)
		t->route = l->prefix6;
	t->route = prefix_mask(&t->route);
	t->sla = l->has_sla ? l->sla : 0;
}

void use_track_delay(struct cfg_build *b, const struct cfg_node *n, const struct gl_track_delay *l)
{
	(void)n;
	b->track->delay_up_s = l->has_up ? l->up : 0;
	b->track->delay_down_s = l->has_down ? l->down : 0;
}

void use_track_object(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_track_object *l)
{
	struct track_cfg *t = b->track;

	(void)n;
	if (t->n_member < TRACK_MAX_MEMBERS)
		t->member[t->n_member++] = (struct track_member){.number = l->number,
		        .negate = l->kw_not,
		        .weight = l->has_weight ? l->weight : 0};
}

static void thresholds(struct track_cfg *t, bool has_up, uint32_t up, bool has_down, uint32_t down)
{
	t->has_up = has_up;
	t->up = up;
	t->has_down = has_down;
	t->down = down;
}

void use_track_threshold_metric(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_track_threshold_metric *l)
{
	(void)n;
	thresholds(b->track, l->has_up, l->up, l->has_down, l->down);
}

void use_track_threshold_percentage(struct cfg_build *b, const struct cfg_node *n,
        const struct gl_track_threshold_percentage *l)
{
	(void)n;
	thresholds(b->track, l->has_up, l->up, l->has_down, l->down);
}

void use_track_threshold_weight(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_track_threshold_weight *l)
{
	(void)n;
	thresholds(b->track, l->has_up, l->up, l->has_down, l->down);
}

void use_track_default_state(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_track_default_state *l)
{
	(void)n;
	b->track->default_up = l->kw_up;
}

void use_track_ip_vrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_track_ip_vrf *l)
{
	(void)n;
	snprintf(b->track->vrf, sizeof(b->track->vrf), "%s", l->vrf);
}

/* ---- IP SLA
 * -------------------------------------------------------------------------------------------------------
 */

void use_global_sla(struct cfg_build *b, const struct cfg_node *n, const struct gl_global_sla *l)
{
	(void)n;
	b->sla = FX_APPEND(b->c, b->c->slas);
	b->sla->number = l->number;
}

static void target(struct sla_cfg *s, const struct ipaddr *addr, const char *host)
{
	if (host)
		snprintf(s->host, sizeof(s->host), "%s", host);
	else
		s->target = *addr;
}

void use_sla_sla_echo(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_sla_sla_echo *l)
{
	struct sla_cfg *s = b->sla;

	(void)n;
	s->type = SLA_ICMP_ECHO;
	target(s, &l->addr, l->has_host ? l->host : NULL);
	if (l->has_source_ip)
		s->source = l->source_ip;
	if (l->has_source_if)
		snprintf(s->ifname, sizeof(s->ifname), "%s", l->source_if);
}

void use_sla_sla_tcp(struct cfg_build *b, const struct cfg_node *n, const struct gl_sla_sla_tcp *l)
{
	struct sla_cfg *s = b->sla;

	(void)n;
	s->type = SLA_TCP_CONNECT;
	target(s, &l->addr, l->has_host ? l->host : NULL);
	s->port = (uint16_t)l->port;
	if (l->has_source_ip)
		s->source = l->source_ip;
	s->source_port = l->has_source_port ? (uint16_t)l->source_port : 0;
}

void use_sla_sla_udp(struct cfg_build *b, const struct cfg_node *n, const struct gl_sla_sla_udp *l)
{
	struct sla_cfg *s = b->sla;

	(void)n;
	s->type = SLA_UDP_ECHO;
	target(s, &l->addr, l->has_host ? l->host : NULL);
	s->port = (uint16_t)l->port;
	if (l->has_source_ip)
		s->source = l->source_ip;
	s->source_port = l->has_source_port ? (uint16_t)l->source_port : 0;
}

#define SLA_LINE(section, line, set)                                                               \
	void use_##section##_##line(struct cfg_build *b, const struct cfg_node *n,                 \
	        const struct gl_##section##_##line *l)                                             \
	{                                                                                          \
		(void)n;                                                                           \
		b->sla->set;                                                                       \
	}
void use_sla_echo_vrf(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_sla_echo_vrf *l)
{
	(void)n;
	snprintf(b->sla->vrf, sizeof(b->sla->vrf), "%s", l->vrf);
}

SLA_LINE(sla_echo, frequency, frequency_s = l->seconds)
SLA_LINE(sla_echo, timeout, timeout_ms = l->ms)
SLA_LINE(sla_echo, threshold, threshold_ms = l->ms)
SLA_LINE(sla_echo, request_data_size, data_size = (uint16_t)l->bytes)
SLA_LINE(sla_echo, tos, tos = (uint8_t)l->tos)
SLA_LINE(sla_tcp, frequency, frequency_s = l->seconds)
SLA_LINE(sla_tcp, timeout, timeout_ms = l->ms)
SLA_LINE(sla_tcp, threshold, threshold_ms = l->ms)
SLA_LINE(sla_udp, frequency, frequency_s = l->seconds)
SLA_LINE(sla_udp, timeout, timeout_ms = l->ms)
SLA_LINE(sla_udp, threshold, threshold_ms = l->ms)
#undef SLA_LINE

/* "hh:mm:ss" as seconds. */
static uint32_t seconds_of(const char *hms)
{
	unsigned h = 0, m = 0, s = 0;

	return sscanf(hms, "%u:%u:%u", &h, &m, &s) >= 2 ? h * 3600 + m * 60 + s : 0;
}

enum { DEFAULT_LIFE_S = 3600 };

void use_global_ip_sla_schedule(
        struct cfg_build *b, const struct cfg_node *n, const struct gl_global_ip_sla_schedule *l)
{
	(void)n;
	for (size_t i = 0; i < b->c->slas.n; i++) {
		struct sla_cfg *s = &b->c->slas.v[i];

		if (s->number != l->number)
			continue;
		s->scheduled = l->kw_now || l->kw_after;
		s->after_s = l->has_after ? seconds_of(l->after) : 0;
		s->life_s = l->kw_forever ? 0 : l->has_seconds ? l->seconds : DEFAULT_LIFE_S;
	}
}
