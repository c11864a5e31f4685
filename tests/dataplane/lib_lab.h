/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two network namespaces and a wire between them, made by the test and gone with it. Root is
 * needed.
 *
 *   end 0: vA 192.0.2.1/24 2001:db8::1/64  ───────  end 1: vB 192.0.2.2/24 2001:db8::2/64
 *
 * The calling thread goes into a namespace with lab_enter(); what it opens there stays there.
 */
#ifndef SPOKE_TESTS_DATAPLANE_LIB_LAB_H
#define SPOKE_TESTS_DATAPLANE_LIB_LAB_H

#include <stdbool.h>

#include "dataplane/dp.h"

enum { LAB_WAIT_MS = 10000 };

struct lab {
	int ns[2];
	struct dp *d[2]; /* the user back end of each end, or NULL */
};

struct lab *lab_new(void);
void lab_free(struct lab *l); /* closes the back ends */
void lab_enter(struct lab *l, int end);
void lab_sh(const char *cmd);                    /* here; must succeed */
bool lab_has(const char *cmd, const char *text); /* does its output contain this? */

struct dp *lab_open(struct lab *l, int end);
/* Tunnel1 of both back ends, 10.0.0.1 and 10.0.0.2 (fd00::1, fd00::2), up. */
void lab_tunnels(struct lab *l, enum dp_payload payload, uint16_t mtu);

void lab_prove_own(const char *addr); /* waits until an address of this namespace is there */

/* A UDP socket here. `from` NULL: not bound. */
int lab_udp(const char *from, uint16_t port);
bool lab_send(int fd, const char *to, uint16_t port, const void *p, size_t n);
/* The next datagram, waited for; -1: none came. */
ssize_t lab_recv(int fd, void *p, size_t cap);

/* An event of this type, waited for; others are thrown away. */
bool lab_event(struct dp *d, enum dp_event_type type, struct dp_event *out);
/* Waits until the condition over the back end holds. */
bool lab_until(struct dp *d, bool (*holds)(struct dp *d, uint64_t arg), uint64_t arg);

#endif
