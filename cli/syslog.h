/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `logging host`: the router's messages, sent elsewhere.
 *
 * Each goes as IOS sends it, RFC 3164's "<PRI>NUMBER: LINE": over UDP a datagram, over TCP a line
 * (RFC 6587, section 3.4.2). While a host's name is looked up, or its connection comes up, the
 * newest messages wait; what is more than that is dropped and counted. A host that cannot be
 * reached is tried again every few seconds, and nothing else waits for it.
 */
#ifndef SPOKE_CLI_SYSLOG_H
#define SPOKE_CLI_SYSLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYSLOG_MAX = 16 };

struct shell;

/* One `logging host` line, with the source of its VRF. */
struct syslog_target {
	char name[256];  /* as configured: an address or a name */
	char vrf[65];    /* "": none */
	char source[64]; /* `logging source-interface`; "": as routed */
	bool tcp;
	unsigned port;
};

/* These, and no others. What is the same goes on as it is. */
void syslog_set(struct shell *sh, const struct syslog_target *v, size_t n);

struct syslog;
void syslog_free(struct syslog *y); /* accepts NULL */

struct syslog_state {
	const struct syslog_target *target;
	uint64_t sent, dropped;
	const char *why; /* not reached; NULL: it is */
};
void syslog_each(
        const struct shell *sh, void (*fn)(void *ctx, const struct syslog_state *st), void *ctx);

#endif
