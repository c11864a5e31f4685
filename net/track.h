/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Track objects: numbered yes/no questions about the box ("is the line protocol of Ethernet0/0
 * up?", "is there a route to this prefix?", "does the probe answer?") and lists of such questions,
 * whose answers FlexVPN clients, peers, sources and static routes follow.
 *
 * A pure machine: facts and time in, states and changes out. track_evaluate() asks for facts
 * through callbacks and is called whenever something may have changed (a netlink report, a probe's
 * result, a timer); nothing here polls. A change that `delay up|down` holds back happens at
 * track_deadline(), unless the fact returns first. A number that is not configured is DOWN.
 *
 * Guide: "Tracking-Based Tunnel Activation", "Backup Gateways"; forms and semantics: IOS `track`
 * (object tracking).
 */
#ifndef SPOKE_NET_TRACK_H
#define SPOKE_NET_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum track_type {
	TRACK_LINE_PROTOCOL, /* interface IF line-protocol */
	TRACK_IP_ROUTING,    /* interface IF ip routing: line up and an address */
	TRACK_IPV6_ROUTING,
	TRACK_ROUTE_REACH,  /* ip|ipv6 route P reachability */
	TRACK_ROUTE_METRIC, /* … metric threshold */
	TRACK_SLA_STATE,    /* ip sla N state: OK only */
	TRACK_SLA_REACH,    /* ip sla N reachability: OK or over its threshold */
	TRACK_LIST_AND,
	TRACK_LIST_OR,
	TRACK_LIST_PERCENT, /* list threshold percentage */
	TRACK_LIST_WEIGHT,
	TRACK_STUB,
};

enum { TRACK_MAX_MEMBERS = 64 };

struct track_member {
	uint32_t number;
	bool negate;
	uint32_t weight; /* 0 = 1 */
};

struct track_cfg {
	uint32_t number;
	enum track_type type;
	char ifname[40];
	struct prefix route;
	char vrf[65]; /* of the route; "": the global table */
	uint32_t sla;
	struct track_member member[TRACK_MAX_MEMBERS];
	uint8_t n_member;
	uint32_t delay_up_s, delay_down_s;
	bool has_up, has_down; /* whether the thresholds below are given */
	uint32_t up, down; /* metric: up at ≤ up, down at ≥ down (254, 255); lists: up at ≥ up, down
	                      at ≤ down */
	bool default_up; /* stub: its state; SLA: while there is no result yet */
};

enum track_sla_result { TRACK_SLA_NONE, TRACK_SLA_OK, TRACK_SLA_OVER, TRACK_SLA_FAIL };

struct track_route_fact {
	bool found;
	uint32_t metric;
	char ifname[40];    /* first hop; "" unknown */
	const char *source; /* "connected", "static" */
};

/* The questions to the box. `why` is set to a short reason when the answer is no. */
struct track_facts {
	void *ctx;
	bool (*line)(void *ctx, const char *ifname, const char **why);
	bool (*routing)(void *ctx, const char *ifname, int family, const char **why);
	void (*route)(void *ctx, const struct prefix *p, const char *vrf, struct track_route_fact *out);
	enum track_sla_result (*sla)(void *ctx, uint32_t number);
};

struct track_set;

struct track_set *track_new(void);
void track_free(struct track_set *s); /* accepts NULL */

/* The objects as now configured. What is unchanged keeps its state, counters and pending delay. An object that asks another question now is
 * evaluated anew, undelayed, and reports a change if the answer is another one. A new one starts down. */
void track_configure(struct track_set *s, const struct track_cfg *v, size_t n, uint64_t now_ms);

/* Which fact may be another one than when its objects were last evaluated. */
void track_touch_all(struct track_set *s);
void track_touch_interface(struct track_set *s, const char *ifname); /* line protocol, addresses */
void track_touch_routes(struct track_set *s);
void track_touch_sla(struct track_set *s, uint32_t number);
bool track_touched(const struct track_set *s); /* is there anything to evaluate? */

/* Evaluates what was touched, what was delayed until now, and the lists that follow; after track_configure() all of it. True when a
 * state changed. `changed` (may be NULL) is told of each change; it may not touch anything. */
typedef void (*track_changed_fn)(void *ctx, const struct track_cfg *c, bool up);
bool track_evaluate(struct track_set *s, const struct track_facts *f, uint64_t now_ms,
        track_changed_fn changed, void *ctx);
uint64_t track_deadline(const struct track_set
                *s); /* of the earliest delayed change, in the clock of now_ms; UINT64_MAX: none */

bool track_defined(const struct track_set *s, uint32_t number);
bool track_up(const struct track_set *s, uint32_t number);

struct track_info {
	const struct track_cfg *cfg;
	bool up;
	uint32_t changes;
	uint64_t since_ms;   /* of the last change, or of its making */
	uint64_t delayed_to; /* a held-back change happens then; 0: none */
	const char *why;     /* when down */
	struct track_route_fact route;
	enum track_sla_result sla;
};
/* Objects in order of their numbers: start with prev = 0; false at the end. */
bool track_next(const struct track_set *s, uint32_t prev, struct track_info *out);
bool track_get(const struct track_set *s, uint32_t number, struct track_info *out);

/* "interface Et0/1 line-protocol", "ip sla 1 reachability", "list boolean and": as `%TRACK-6-STATE`
 * and `show track` name an object. */
const char *track_describe(const struct track_cfg *c, const char *ifname, char *buf, size_t n);

#endif
