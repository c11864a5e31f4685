/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts for tests in one process: a network namespace each, wires between them, sockets that live
 * in one of them. Waiting is for a datagram or a condition, with a bound. Root is needed.
 */
#ifndef SPOKE_TESTS_NET_LIB_NETNS_H
#define SPOKE_TESTS_NET_LIB_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { NS_WAIT_MS = 10000 };

int ns_new(void); /* a descriptor; lo is up */
void ns_close(int ns);
void ns_enter(int ns);
void ns_sh(int ns, const char *fmt, ...)
        __attribute__((format(printf, 2, 3))); /* runs there, and stays there */
bool ns_prints(
        int ns, const char *cmd, const char *text); /* does the command's output contain it? */

/* A veth pair; addresses with length, NULL: none. Both ends are up. */
void ns_wire(
        int a, const char *dev_a, const char *addr_a, int b, const char *dev_b, const char *addr_b);

int ns_udp(int ns, const char *addr, uint16_t port);    /* bound; port 0: any */
int ns_listen(int ns, const char *addr, uint16_t port); /* TCP */
int ns_connect(int ns, const char *addr,
        uint16_t port); /* TCP, within the bound; -1: refused or no answer */
void ns_send(int fd, const char *addr, uint16_t port, const char *text);
/* The next datagram; false: none within the bound. */
bool ns_recv(int fd, char *buf, size_t n, struct endpoint *from);
void ns_expect(int fd, const char *text,
        const char *from); /* the next datagram is this one, from this address */

bool ns_until(bool (*ok)(void *ctx), void *ctx); /* asks again until it holds; false at the bound */

#endif
