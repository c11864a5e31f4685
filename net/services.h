/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The services for the networks behind the router as one back end: DNS proxy, DHCP server, VRFs. services_open() gives the real
 * one, with its child processes; services_fake_new() one that starts nothing and records the calls.
 *
 * The caller says what is wanted, whole, and only when it differs from what it said before.
 */
#ifndef SPOKE_NET_SERVICES_H
#define SPOKE_NET_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/dhcpc.h"
#include "net/dhcpd.h"
#include "net/dnsproxy.h"
#include "net/net.h"
#include "net/vrf.h"

struct services;

struct dhcpc_wanted { /* ip address dhcp */
	const char *dev;      /* exists */
	const char *hostname; /* NULL: none is told */
};

struct services_ops {
	void (*close)(struct services *s, uint64_t now_ms); /* ends the processes; VRFs stay, until vrf() is told otherwise */

	/* 0 or -errno. */
	int (*dns)(struct services *s, const struct dns_list *v, size_t n, uint64_t now_ms);
	int (*dhcp)(struct services *s, const struct dhcp_wanted *w, uint64_t now_ms);
	int (*vrf)(struct services *s, const struct vrf_wanted *w, size_t n, const char **why);

	/* DHCP clients. */
	int (*dhcpc)(struct services *s, const struct dhcpc_wanted *v, size_t n, uint64_t now_ms);
	const struct dhcpc_lease *(*lease)(struct services *s, const char *dev); /* NULL: no client, or no lease */
	bool (*lease_news)(struct services *s); /* a lease came, changed or went since the last question */
	bool (*lease_renew)(struct services *s, const char *dev, bool release); /* false: no client there */

	uint32_t (*vrf_table)(struct services *s, const char *name); /* 0: unknown */
	uint32_t (*vrf_ifindex)(struct services *s, const char *name); /* of its device; 0: it has none */
	bool (*vrf_available)(struct services *s, const char **why);

	bool (*dns_status)(struct services *s, const char *list, struct dns_status *out);
	void (*dns_ask)(struct services *s); /* fresh figures come through poll() */
	bool (*dhcp_info)(struct services *s, struct child_info *out);
	int (*bindings)(struct services *s, void (*visit)(void *ctx, const struct dhcp_binding *b), void *ctx);
	void (*clear_binding)(struct services *s, const struct ipaddr *addr /* NULL: all */, uint64_t now_ms);
	const uint64_t *(*dhcp_counters)(struct services *s);
	void (*clear_dhcp_counters)(struct services *s);

	/* The caller watches fd() and calls poll() when it is readable and at deadline(). */
	int (*fd)(struct services *s);
	void (*poll)(struct services *s, uint64_t now_ms);
	uint64_t (*deadline)(struct services *s); /* UINT64_MAX: none */
};

struct services {
	const struct services_ops *ops; /* first member of every back end's own structure */
};

/* Files in `dir`/services, leases in `dir`. `net` is one of net_kernel_ops; borrowed. */
struct services *services_open(const char *dir, struct net *net);

struct services *services_fake_new(bool has_vrf);
const char *services_fake_log(const struct services *s); /* calls with what they were told, in lines */
size_t services_fake_calls(const struct services *s);
void services_fake_forget(struct services *s);
void services_fake_fail_next(struct services *s, int err);
void services_fake_lease(struct services *s, const char *dev, const struct dhcpc_lease *l);
void services_fake_binding(struct services *s, const struct dhcp_binding *b);

#endif
