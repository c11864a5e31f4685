/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DHCP server: `ip dhcp pool`, by one supervised dnsmasq.
 *
 * A pool serves the interfaces in whose network it lies. Ranges, lease times and interfaces need a
 * restart of the process; options do not: the attributes that a FlexVPN server pushes (domain, DNS,
 * WINS) reach pools with `import all` while leases live on. What the user typed wins over what was
 * imported. Leases are kept in a file across restarts.
 */
#ifndef SPOKE_NET_DHCPD_H
#define SPOKE_NET_DHCPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mem.h"
#include "net/child.h"

enum { DHCP_MAX_ADDRS = 8, DHCP_LEASE_DEFAULT = 86400, DHCP_ID_LEN = 32 };
#define DHCP_LEASE_INFINITE UINT32_MAX

struct dhcp_addrs {
	struct ipaddr v[DHCP_MAX_ADDRS];
	uint8_t n;
};

enum dhcp_option_kind { DHCP_OPTION_ASCII, DHCP_OPTION_HEX, DHCP_OPTION_IP };

struct dhcp_option { /* option N … */
	uint8_t code;
	enum dhcp_option_kind kind;
	const char *text; /* ASCII, or hexadecimal digits (dots between them are passed over) */
	struct dhcp_addrs addrs; /* IP */
};

/* A pool with `network`, or with `host`: then it is one client's. */
struct dhcp_pool {
	const char *name;
	struct prefix network; /* family 0: none */
	struct prefix host;    /* family 0: none */
	uint8_t hwaddr[6];     /* of `hardware-address` */
	bool has_hwaddr;
	uint8_t client_id[DHCP_ID_LEN], client_id_len; /* of `client-identifier`: type and value */
	const char *client_name;
	struct dhcp_addrs router, dns, netbios;
	uint8_t netbios_type; /* 1, 2, 4, 8; 0: none */
	const char *domain, *bootfile;
	struct ipaddr next_server;
	uint32_t lease_s; /* 0: a day */
	bool import_all;
	const struct dhcp_option *option;
	size_t n_option;
};

struct dhcp_range {
	struct ipaddr first, last;
};

struct dhcp_iface {
	const char *dev;
	struct prefix addr; /* its own address is never leased */
};

/* What the hub pushed. */
struct dhcp_imported {
	const char *domain;
	struct dhcp_addrs dns, netbios;
};

struct dhcp_wanted {
	const struct dhcp_pool *pool;
	size_t n_pool;
	const struct dhcp_range *excluded;
	size_t n_excluded;
	const struct dhcp_iface
	        *iface; /* that may serve; those in no pool's network are left alone */
	size_t n_iface;
	struct dhcp_imported imported;
	bool no_ping; /* ip dhcp ping packets 0: do not ask first whether an address is in use */
};

struct dhcpd;

/* Configuration in `dir`, leases in `lease_dir`. */
struct dhcpd *dhcpd_new(struct children *set, const char *dir, const char *lease_dir);
void dhcpd_free(struct dhcpd *d, uint64_t now_ms); /* leases stay in their file; accepts NULL */
int dhcpd_apply(struct dhcpd *d, const struct dhcp_wanted *w, uint64_t now_ms);
bool dhcpd_info(
        const struct dhcpd *d, struct child_info *out); /* false: there is nothing to serve */

/* ---- leases
 * -------------------------------------------------------------------------------------------------------
 */

struct dhcp_binding {
	struct ipaddr addr;
	uint8_t hwaddr[6];
	uint8_t client_id[DHCP_ID_LEN];
	uint8_t client_id_len; /* 0: none was sent */
	char name[64];         /* of the host; "" unknown */
	uint64_t expires;      /* Unix time; 0: never */
	bool manual;           /* of a `host` pool */
};
int dhcpd_bindings(
        const struct dhcpd *d, void (*visit)(void *ctx, const struct dhcp_binding *b), void *ctx);
/* Forgets a lease, or all (NULL): the server stops for a moment. */
void dhcpd_clear(struct dhcpd *d, const struct ipaddr *addr, uint64_t now_ms);
/* Packets, counted from the server's own words: DHCPDISCOVER, OFFER, REQUEST, ACK, NAK, DECLINE,
 * RELEASE, INFORM. */
enum dhcp_message {
	DHCP_DISCOVER,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
	DHCP_MESSAGE_MAX
};
const uint64_t *dhcpd_counters(const struct dhcpd *d);
void dhcpd_clear_counters(struct dhcpd *d);

/* Addresses of a pool: all, and those that are never leased. */
struct dhcp_size {
	uint32_t total, excluded;
};
struct dhcp_size dhcp_pool_size(const struct dhcp_wanted *w, const struct dhcp_pool *p);
/* Values in effect: typed, else imported. */
const struct dhcp_addrs *dhcp_dns(const struct dhcp_wanted *w, const struct dhcp_pool *p);
const struct dhcp_addrs *dhcp_netbios(const struct dhcp_wanted *w, const struct dhcp_pool *p);
const char *dhcp_domain(const struct dhcp_wanted *w, const struct dhcp_pool *p);

/* The files: false when nothing is to be served. */
bool dhcpd_conf_text(
        const struct dhcp_wanted *w, const char *dir, const char *lease_dir, struct strbuf *out);
void dhcpd_options_text(const struct dhcp_wanted *w, struct strbuf *out);
/* One line of the leases' file. */
bool dhcp_lease_parse(const char *line, struct dhcp_binding *out);

#endif
