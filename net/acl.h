/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access lists, typed: entries in order of their sequence numbers, and the first that matches
 * decides.
 *
 * A list is filled once and then read: acl_eval() answers for one packet (access classes, tests),
 * acl_nft_match() gives the same condition as nftables understands it. What remains after the last
 * entry is denied; what a list that does not exist means is the caller's decision.
 *
 * Addresses are compared under a wildcard: bits that are 1 do not matter. A wildcard may have
 * holes.
 */
#ifndef SPOKE_NET_ACL_H
#define SPOKE_NET_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mem.h"

enum acl_kind { ACL_STANDARD, ACL_EXTENDED, ACL_IPV6 };

enum acl_port_op {
	ACL_PORT_ANY,
	ACL_PORT_EQ,
	ACL_PORT_NEQ,
	ACL_PORT_LT,
	ACL_PORT_GT,
	ACL_PORT_RANGE
};

enum { ACL_MAX_PORTS = 10, ACL_SEQ_STEP = 10, ACL_PROTO_ANY = -1 };

struct acl_ports {
	uint8_t op; /* enum acl_port_op */
	uint8_t n;  /* EQ, NEQ: one or several; LT, GT: one; RANGE: two */
	uint16_t port[ACL_MAX_PORTS];
};

struct acl_addr {
	struct ipaddr addr; /* family 0: any */
	struct ipaddr wild; /* family 0: this one host */
};

struct acl_entry {
	uint32_t seq;     /* 0: after the last one */
	const char *text; /* of a remark; NULL: a rule */
	bool permit;
	int16_t proto; /* IP protocol, ACL_PROTO_ANY: `ip`, `ipv6` */
	struct acl_addr src, dst;
	struct acl_ports sport, dport;
	int16_t icmp_type, icmp_code; /* -1: any */
	int8_t dscp, tos;             /* -1: any */
	bool established, fragments;
	bool log, log_input;
};

struct acl {
	char *name;
	enum acl_kind kind;
	struct acl_entry *e; /* by sequence number */
	size_t n, cap;
};

struct acl *acl_new(const char *name, enum acl_kind kind);
void acl_free(struct acl *a); /* accepts NULL */

/* A rule that matches every packet of the list's family. */
struct acl_entry acl_rule(bool permit);
struct acl_addr acl_host(const struct ipaddr *a);
struct acl_addr acl_net(const struct ipaddr *a, const struct ipaddr *wild);
struct acl_addr acl_prefix(const struct prefix *p);

/* Copies the entry to its place, with bits under the wildcards cleared; an entry of the same number
 * is replaced. The number that it got. */
uint32_t acl_add(struct acl *a, const struct acl_entry *e);
bool acl_remove(struct acl *a, uint32_t seq);
void acl_resequence(struct acl *a, uint32_t start, uint32_t step);

struct acl_packet {
	struct ipaddr src, dst;
	uint8_t proto;
	uint16_t sport, dport; /* of TCP, UDP and SCTP */
	uint8_t tcp_flags;     /* octet 13 of the TCP header */
	uint8_t icmp_type, icmp_code;
	uint8_t tos;   /* traffic class */
	bool fragment; /* not the first */
};

enum { ACL_TCP_RST = 0x04, ACL_TCP_ACK = 0x10 };

/* The entry that decides; NULL: none, which denies. */
const struct acl_entry *acl_eval(const struct acl *a, const struct acl_packet *p);
bool acl_permits(const struct acl *a, const struct acl_packet *p);
bool acl_permits_source(
        const struct acl *a, const struct ipaddr *src); /* `access-class`, restrictions by source */

/* ---- names
 * -----------------------------------------------------------------------------------------------------
 */

/* IOS's keyword of a protocol or port, or NULL: numbers have none of their own. */
const char *acl_proto_name(int proto, enum acl_kind kind);
bool acl_proto_number(const char *name, enum acl_kind kind, int16_t *proto);
const char *acl_port_name(int proto, uint16_t port);
bool acl_port_number(const char *name, uint16_t *port);
const char *acl_icmp_name(bool v6, int type, int code);
bool acl_icmp_number(bool v6, const char *name, int16_t *type, int16_t *code);
bool acl_dscp_number(const char *name, int8_t *dscp);

/* The entry as `show access-lists` prints it, without its number: "permit tcp any host 10.0.0.1 eq
 * www". */
void acl_entry_text(const struct acl *a, const struct acl_entry *e, struct strbuf *out);

/* ---- nftables
 * --------------------------------------------------------------------------------------------------
 */

/* The condition of a rule, each part with a blank behind it; starts with the network protocol, so
 * it stands in a table of family inet. Not for remarks. */
void acl_nft_match(const struct acl *a, const struct acl_entry *e, struct strbuf *out);
/* The name of the entry's counter in our table: "c-NAME.SEQ", and back. `list` is the encoded name.
 */
void acl_nft_name(
        const char *name, struct strbuf *out); /* letters, digits and `-` stand for themselves */
void acl_nft_counter(const struct acl *a, uint32_t seq, struct strbuf *out);

#endif
