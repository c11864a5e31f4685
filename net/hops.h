/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The probes of `traceroute`: UDP datagrams with a small hop limit, each to a port of its own, and
 * what the routers on the way say about them. The kernel matches the ICMP errors to the datagrams
 * (IP_RECVERR), so no raw socket is needed, and nobody who did not see a datagram can answer for
 * it.
 */
#ifndef SPOKE_NET_HOPS_H
#define SPOKE_NET_HOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct hops_opts {
	struct ipaddr target, source; /* source family 0: the kernel's choice */
	char device[16];              /* leaves through it; "": as routed */
	uint16_t port;                /* of probe 0; each further one is one higher */
	uint8_t tos;
};

enum hop_verdict {
	HOP_ON_THE_WAY, /* hop limit exceeded: a router on the way */
	HOP_ARRIVED,    /* port unreachable, or an answer: the target */
	HOP_NO_HOST,
	HOP_NO_NET,
	HOP_NO_PROTOCOL,
	HOP_PROHIBITED,
	HOP_OTHER,
};

struct hop_answer {
	uint32_t number; /* of the probe */
	struct ipaddr from;
	enum hop_verdict verdict;
};

struct hops;

struct hops *hops_new(const struct hops_opts *o); /* NULL: errno says why */
void hops_free(struct hops *h);                   /* accepts NULL */
int hops_fd(const struct hops *h);                /* readable when hops_poll() has something */
/* False: it could not be sent (errno). */
bool hops_send(struct hops *h, uint32_t number, uint8_t limit);
bool hops_poll(struct hops *h, struct hop_answer *out); /* false: nothing more now */

#endif
