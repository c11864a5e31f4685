/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IP SLA operations: a probe sent every so often, and what came of the last one. Track objects read
 * the result.
 *
 * A pure machine over `struct sla_io`, which carries single probes: net/probe.h over sockets, a
 * test over an array. The machine decides when a probe is due, when it has timed out, and whether
 * the answer came too late to be good.
 *
 * Result of an operation: OK; over its threshold (answered, later than `threshold`); timeout (no
 * answer in `timeout`); no connection (it could not be sent, was refused, or the target's name has
 * no address). An operation that is not scheduled, or whose life is over, has none: "Unknown".
 *
 * A target given by name is looked up before every probe.
 */
#ifndef SPOKE_NET_SLA_H
#define SPOKE_NET_SLA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum sla_type { SLA_ICMP_ECHO, SLA_TCP_CONNECT, SLA_UDP_ECHO };
enum sla_result { SLA_UNKNOWN, SLA_OK, SLA_OVER_THRESHOLD, SLA_TIMEOUT, SLA_NO_CONNECTION };
const char *sla_result_text(
        enum sla_result r); /* "OK", "Over threshold", "Timeout", "NoConnection", "Unknown" */
const char *sla_type_text(enum sla_type t); /* "icmp-echo" */

struct sla_cfg {
	uint32_t number;
	enum sla_type type;
	struct ipaddr target; /* family 0: known by name only, and not looked up yet */
	char host[256];       /* its name; "": given by address */
	uint16_t port;        /* tcp-connect, udp-echo */
	struct ipaddr source; /* family 0: the kernel's choice */
	uint16_t source_port;
	char ifname[40]; /* the source interface as configured; its address and device of the moment
	                    are the sender's to fill in */
	char vrf[65];    /* "": the global table */
	char device[16]; /* the probe leaves through this device; "": as routed */
	uint32_t frequency_s, timeout_ms, threshold_ms; /* 0: 60 s, 5000 ms, 5000 ms */
	uint16_t data_size;                             /* 0: 28 (icmp), 16 (udp) */
	uint8_t tos;
	/* Of `ping` only. */
	bool df;          /* IPv4: do not fragment; too long is refused with EMSGSIZE */
	bool report;      /* what routers on the way report refuses the probe */
	bool has_pattern; /* fill with `pattern`, high octet first */
	uint16_t pattern;
	bool scheduled;   /* `ip sla schedule` lets it run … */
	uint32_t after_s; /* … this long after it was configured */
	uint32_t life_s;  /* 0: forever */
};

struct sla_io {
	void *ctx;
	/* Sends one probe. False: it could not be sent. The answer comes back by sla_answer() with
	 * the same id. */
	bool (*send)(void *ctx, const struct sla_cfg *c, uint32_t id);
	void (*cancel)(void *ctx, uint32_t id); /* nobody waits for it any more */
	/* Looks up the name of a target; the number of the question comes back in sla_resolved().
	 * NULL: no target has a name. */
	uint32_t (*ask)(void *ctx, const struct sla_cfg *c);
	void (*forget)(void *ctx, uint32_t question);
};

struct sla_set;

struct sla_set *sla_new(const struct sla_io *io);
void sla_free(struct sla_set *s); /* accepts NULL; cancels what is under way */

/* The operations as now configured: unchanged ones go on, changed ones start over. */
void sla_configure(struct sla_set *s, const struct sla_cfg *v, size_t n, uint64_t now_ms);
/* What is due. True when the result of an operation changed. */
bool sla_tick(struct sla_set *s, uint64_t now_ms);
/* A probe was answered (ok), or refused. True when a result changed. An id that nobody waits for is
 * ignored. */
bool sla_answer(struct sla_set *s, uint32_t id, bool ok, uint64_t now_ms);
/* The name of a target was looked up; NULL: it has no address. True when a result changed. A
 * question of nobody's is ignored. */
bool sla_resolved(struct sla_set *s, uint32_t question, const struct ipaddr *addr, uint64_t now_ms);
/* An operation whose result is another one than when it was last named here. False: there is none (any more). */
bool sla_news(struct sla_set *s, uint32_t *number);
uint64_t sla_deadline(const struct sla_set *s); /* UINT64_MAX: nothing is due */

struct sla_info {
	const struct sla_cfg *cfg;
	bool active;
	enum sla_result result;
	uint32_t rtt_ms;  /* of the last answered probe */
	uint64_t last_ms; /* when the last probe was sent; 0: never */
	uint64_t successes, failures;
	uint64_t ends_ms; /* end of its life; 0: never */
};
bool sla_next(const struct sla_set *s, uint32_t prev,
        struct sla_info *out); /* in order of numbers; start with 0 */
bool sla_get(const struct sla_set *s, uint32_t number, struct sla_info *out);

#endif
