/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of fx_config that are about services for the networks behind the router: DNS views, DHCP
 * pools, VRFs. */
#ifndef SPOKE_FLEXVPN_CONFIG_SERVICES_H
#define SPOKE_FLEXVPN_CONFIG_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/dhcpd.h"
#include "net/dnsproxy.h"

/* ---- names: config_dns.c ---- */

enum { FX_DNS_NAMES = 16 };

struct fx_dns_view { /* ip dns view; `default` has the global lines, too */
	const char *name;
	struct ipaddr forwarder[DNS_MAX_SERVERS], server[DNS_MAX_SERVERS];
	uint8_t n_forwarder, n_server;
	bool no_forwarding, no_lookup;
	const char *domain, *list[FX_DNS_NAMES];
	uint8_t n_list;
};

struct fx_dns_member { /* view NAME ORDER, in a view list; by list and order */
	const char *list, *view;
	uint32_t order, name_group; /* name_group 0: for every name */
};

struct fx_dns_name { /* one line of a name list, in the order of entry */
	uint32_t number;
	bool permit;
	const char *regex;
};

struct fx_dns_host { /* one address of ip host */
	const char *name;
	struct ipaddr addr;
};

struct fx_dns_globals {
	bool server;            /* ip dns server */
	const char *view_group; /* of the server; NULL: the default view */
	bool no_ping;           /* ip dhcp ping packets 0 */
};

/* ---- DHCP: config_dhcp.c ---- */

enum { FX_DHCP_OPTIONS = 16 };

struct fx_dhcp_pool {
	struct dhcp_pool p; /* its options stand below */
	struct dhcp_option option[FX_DHCP_OPTIONS];
	uint8_t n_option;
};

/* ---- VRFs: config_vrf.c ---- */

struct fx_vrf {
	const char *name, *description, *rd;
	bool old_form; /* ip vrf: IPv4 only */
	bool ipv4, ipv6;
};

struct fx_vrf_server { /* one address of ip name-server vrf */
	const char *vrf;
	struct ipaddr addr;
};

#endif
