/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Split DNS: for each view list a DNS proxy on the interfaces that use it, which asks the servers
 * of the first view whose domains match a query's name, and otherwise those of the default view.
 *
 * The caller says what is wanted, whole; one supervised dnsmasq a list does it. New servers and
 * domains reach it without a restart: no query is lost, but one that was already waiting for a
 * server that is gone. Nothing of the box's own resolver is read or changed.
 */
#ifndef SPOKE_NET_DNSPROXY_H
#define SPOKE_NET_DNSPROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mem.h"
#include "net/child.h"

enum { DNS_MAX_SERVERS = 8 };

struct dns_server {
	struct ipaddr addr;
	uint16_t port; /* 0: 53 */
	const char
	        *dev; /* leave through this device (a VRF, a source interface); NULL: as routed */
};

struct dns_view {
	const char *name;
	const char *const
	        *domain; /* names in and under these; none: every name, the default view */
	size_t n_domain;
	struct dns_server server[DNS_MAX_SERVERS];
	size_t n_server; /* none: names of its domains do not exist */
};

struct dns_host { /* ip host */
	const char *name;
	struct ipaddr addr;
};

struct dns_list {
	const char *name; /* of the view list; letters, digits, `-`, `_`, `.` are kept in its files'
	                     names */
	const char *const *dev; /* interfaces on which it listens; none: it does not run */
	size_t n_dev;
	const struct dns_view *view; /* in order; an earlier one wins a domain */
	size_t n_view;
	const struct dns_host *host;
	size_t n_host;
};

struct dnsproxy;

struct dnsproxy *dnsproxy_new(struct children *set, const char *dir);
void dnsproxy_free(
        struct dnsproxy *p, uint64_t now_ms); /* ends them, removes their files; accepts NULL */

/* Lists that are no longer there end. 0, or -errno of the first list whose files could not be
 * written. */
int dnsproxy_apply(struct dnsproxy *p, const struct dns_list *v, size_t n, uint64_t now_ms);

struct dns_status {
	bool running;
	const char *why; /* it does not run */
	pid_t pid;
	uint32_t starts;
	uint64_t forwarded, local; /* queries, as of the last dnsproxy_ask() that was answered */
	uint64_t answers;          /* to dnsproxy_ask() */
};
bool dnsproxy_status(const struct dnsproxy *p, const char *list, struct dns_status *out);
void dnsproxy_ask(struct dnsproxy *p); /* for fresh figures; they arrive through children_poll() */

/* IOS matches query names by regular expressions. Those that mean "in or under a domain" give it:
 * ".*WH\.LOCAL" → "wh.local". False: the expression says something else. */
bool dns_domain_of_regex(const char *regex, char *domain, size_t n);

/* The files of a list. */
void dnsproxy_conf_text(const struct dns_list *l, const char *dir, struct strbuf *out);
void dnsproxy_servers_text(const struct dns_list *l, struct strbuf *out);
void dnsproxy_hosts_text(const struct dns_list *l, struct strbuf *out);

#endif
