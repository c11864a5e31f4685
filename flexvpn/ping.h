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
	uint16_t data;           /* octets behind the ICMP header, of the first one */
	uint16_t step, data_max; /* step > 0: each is longer by it, up to data_max; then again */
	bool df, has_pattern;
	uint16_t pattern; /* what the data repeats */
	uint8_t tos;
};

struct fx_ping_stats {
	uint32_t sent, answered, min_ms, max_ms;
	uint64_t sum_ms;
};

/* `mark` is what IOS prints for each: `!` answered, `.` no answer, `U` could not be sent or was
 * refused, `M` was too long and must not be fragmented; '\0': that was the last one, and the ping
 * is no more. */
typedef void (*fx_ping_fn)(void *ctx, char mark, const struct fx_ping_stats *st);

struct fx_ping *fx_ping_start(
        uv_loop_t *loop, const struct fx_ping_opts *o, fx_ping_fn fn, void *ctx);
void fx_ping_stop(struct fx_ping *p,
        struct fx_ping_stats *st); /* no call of fn from now on; `st` may be NULL */

/* `vrf NAME`: the device that its packets are bound to; `source` as typed, or "". False: there is
 * none, and `why` says so. */
bool fx_ping_vrf(struct router *r, const char *vrf, const char *source, char device[16], char *why,
        size_t n);

/* The source of `o` as it was typed: an address, or an interface whose address it is. False: there
 * is none of the target's family, and `why` says so. */
bool fx_ping_source(
        struct router *r, const char *typed, struct fx_ping_opts *o, char *why, size_t n);

#endif
