/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to addresses, without waiting: the hubs' names of `peer N fqdn NAME`. Questions are
 * numbered by the caller; answers come out of resolver_poll() in any order. Over c-ares. A
 * question goes to the servers that it names, else to the resolver's own (/etc/resolv.conf and
 * /etc/hosts of the box), directly: never by way of the DNS proxy and its views, so that a hub's
 * name is not asked through the tunnel that it is to build. Names that are typed at the terminal go to the servers of `ip name-server`:
 * resolver_new_at().
 */
#ifndef SPOKE_NET_RESOLVER_H
#define SPOKE_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { RESOLVER_MAX_ADDRS = 8, RESOLVER_MAX_SERVERS = 6, RESOLVER_MAX_DOMAINS = 16, RESOLVER_NAME_MAX = 256 };

struct resolver_question {
	const char *name;
	int family;           /* AF_INET, AF_INET6, or AF_UNSPEC: any */
	struct ipaddr from4, from6; /* what it leaves from, by the server's family; family 0: any */
	char device[16];      /* it is bound to this device, as to a VRF's; "": to none */
	struct ipaddr server[RESOLVER_MAX_SERVERS]; /* asked instead of the resolver's own */
	uint8_t n_server;
	const char *domain[RESOLVER_MAX_DOMAINS]; /* complete a name without a dot, in this order; */
	uint8_t n_domain;                         /* 0: as the resolver does */
};

struct resolver_answer {
	uint32_t id;
	struct ipaddr addr[RESOLVER_MAX_ADDRS];
	uint8_t n;                    /* 0: no address */
	const char *why;              /* n = 0: the reason, e.g. "Domain name not found" */
	char name[RESOLVER_NAME_MAX]; /* of resolver_ask_name(): "" when the address has none */
};

/* What the client machine uses: the real resolver below, or a test's. */
struct resolver_io {
	void *ctx;
	void (*ask)(void *ctx, uint32_t id, const struct resolver_question *q);
	void (*cancel)(void *ctx, uint32_t id);
	bool (*poll)(void *ctx, struct resolver_answer *out); /* false: nothing more now */
};

struct resolver;

/* Where questions go, and what completes a name without a dot. */
struct resolver_servers {
	const struct ipaddr *server;
	size_t n_server; /* 0: the box's own, and its /etc/hosts */
	const char *const *domain;
	size_t n_domain;
};

struct resolver *resolver_new(void);
/* `s` is copied. */
struct resolver *resolver_new_at(const struct resolver_servers *s);
void resolver_free(struct resolver *r); /* accepts NULL */
struct resolver_io resolver_io(struct resolver *r);
/* The name of an address; the answer comes like any other. */
void resolver_ask_name(struct resolver *r, uint32_t id, const struct ipaddr *addr);
/* The servers that are asked; returns how many there are, at most `max`. */
size_t resolver_list(struct resolver *r, struct ipaddr *v, size_t max);
int resolver_fd(const struct resolver *r); /* readable when something is to be done: then poll */

#endif
