/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Echo requests one behind the other, for `ping`: the next one goes when the last was answered or
 * has timed out. */
#ifndef SPOKE_FLEXVPN_PING_H
#define SPOKE_FLEXVPN_PING_H

#include <stdbool.h>
#include <uv.h>

#include "base/addr.h"
#include "flexvpn/router.h"

struct fx_ping;

struct fx_ping_opts {
	struct ipaddr target, source; /* source family 0: the kernel's choice */
	char device[16];              /* leaves through it; "": as routed */
	uint32_t count, timeout_ms;
	uint16_t data; /* octets behind the ICMP header */
};

struct fx_ping_stats {
	uint32_t sent, answered, min_ms, max_ms;
	uint64_t sum_ms;
};

/* `mark` is what IOS prints for each: `!` answered, `.` no answer, `U` could not be sent or was
 * refused; '\0': that was the last one, and the ping is no more. */
typedef void (*fx_ping_fn)(void *ctx, char mark, const struct fx_ping_stats *st);

struct fx_ping *fx_ping_start(
        uv_loop_t *loop, const struct fx_ping_opts *o, fx_ping_fn fn, void *ctx);
void fx_ping_stop(struct fx_ping *p,
        struct fx_ping_stats *st); /* no call of fn from now on; `st` may be NULL */

/* The source that `source IFNAME` means: the interface's address and, by it, its device. False: it
 * has none, and `why` says so. */
bool fx_ping_source(
        struct router *r, const char *ifname, struct fx_ping_opts *o, char *why, size_t n);

#endif
