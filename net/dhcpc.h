/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `ip address dhcp`: a DHCP client on an interface, by a supervised udhcpc.
 *
 * The client changes nothing on the box: it negotiates, and its script tells us what it got, line
 * by line. Address and routes are the caller's to set, as it sets all others. A lease that is lost,
 * or a client that is stopped, is told the same way; on its way out the client releases its
 * address.
 */
#ifndef SPOKE_NET_DHCPC_H
#define SPOKE_NET_DHCPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/child.h"

enum { DHCPC_MAX = 4 };

struct dhcpc_lease {
	bool bound;
	struct prefix addr;
	struct ipaddr router, server;
	struct ipaddr dns[DHCPC_MAX], netbios[DHCPC_MAX];
	uint8_t n_dns, n_netbios;
	char domain[256];
	uint32_t lease_s;
};

struct dhcpc;

/* `changed` is called when the lease was got, changed or lost; not for a renewal of the same. `dir`
 * keeps the script: programs may be executed there. `hostname` may be NULL. */
struct dhcpc *dhcpc_start(struct children *set, const char *dir, const char *dev,
        const char *hostname, void (*changed)(void *ctx, const struct dhcpc_lease *l), void *ctx,
        uint64_t now_ms);
void dhcpc_stop(struct dhcpc *c, uint64_t now_ms); /* accepts NULL */
const struct dhcpc_lease *dhcpc_lease(const struct dhcpc *c);
bool dhcpc_renew(struct dhcpc *c);
bool dhcpc_release(struct dhcpc *c); /* `release dhcp`: until the next dhcpc_renew() */
void dhcpc_info(const struct dhcpc *c, struct child_info *out);

/* One line of the script; false: it is none. */
bool dhcpc_parse(const char *line, struct dhcpc_lease *out);

#endif
