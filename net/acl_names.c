/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keywords of access lists and their numbers, and an entry as IOS prints it: names stand where the
 * keyword exists, numbers elsewhere. Facts: IOS `access-list` (IP extended), `ipv6 access-list`.
 */
#include <netinet/in.h>
#include <string.h>

#include "net/acl.h"

struct proto_name {
	const char *name;
	int16_t proto;
	bool v4, v6;
};

static const struct proto_name protos[] = {
        {"ahp", 51, true, true},
        {"eigrp", 88, true, false},
        {"esp", 50, true, true},
        {"gre", 47, true, false},
        {"icmp", 1, true, false},
        {"icmp", 58, false, true},
        {"igmp", 2, true, false},
        {"ip", ACL_PROTO_ANY, true, false},
        {"ipinip", 4, true, false},
        {"ipv6", ACL_PROTO_ANY, false, true},
        {"nos", 94, true, false},
        {"ospf", 89, true, false},
        {"pcp", 108, true, true},
        {"pim", 103, true, false},
        {"sctp", 132, true, true},
        {"tcp", 6, true, true},
        {"udp", 17, true, true},
};

const char *acl_proto_name(int proto, enum acl_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(protos); i++)
		if (protos[i].proto == proto && (kind == ACL_IPV6 ? protos[i].v6 : protos[i].v4))
			return protos[i].name;
	return NULL;
}

bool acl_proto_number(const char *name, enum acl_kind kind, int16_t *proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		if (strcmp(protos[i].name, name) != 0 ||
		        !(kind == ACL_IPV6 ? protos[i].v6 : protos[i].v4))
			continue;
		*proto = protos[i].proto;
		return true;
	}
	return false;
}

struct port_name {
	const char *name;
	uint16_t port;
	bool tcp, udp;
};

static const struct port_name ports[] = {
        {"bgp", 179, true, false},
        {"biff", 512, false, true},
        {"bootpc", 68, false, true},
        {"bootps", 67, false, true},
        {"chargen", 19, true, false},
        {"cmd", 514, true, false},
        {"daytime", 13, true, false},
        {"discard", 9, true, true},
        {"dnsix", 195, false, true},
        {"domain", 53, true, true},
        {"echo", 7, true, true},
        {"exec", 512, true, false},
        {"finger", 79, true, false},
        {"ftp", 21, true, false},
        {"ftp-data", 20, true, false},
        {"gopher", 70, true, false},
        {"hostname", 101, true, false},
        {"ident", 113, true, false},
        {"irc", 194, true, false},
        {"isakmp", 500, false, true},
        {"klogin", 543, true, false},
        {"kshell", 544, true, false},
        {"login", 513, true, false},
        {"lpd", 515, true, false},
        {"mobile-ip", 434, false, true},
        {"nameserver", 42, false, true},
        {"netbios-dgm", 138, false, true},
        {"netbios-ns", 137, false, true},
        {"netbios-ss", 139, false, true},
        {"nntp", 119, true, false},
        {"non500-isakmp", 4500, false, true},
        {"ntp", 123, false, true},
        {"pim-auto-rp", 496, true, true},
        {"pop2", 109, true, false},
        {"pop3", 110, true, false},
        {"rip", 520, false, true},
        {"smtp", 25, true, false},
        {"snmp", 161, false, true},
        {"snmptrap", 162, false, true},
        {"sunrpc", 111, true, true},
        {"syslog", 514, false, true},
        {"tacacs", 49, true, true},
        {"talk", 517, true, true},
        {"telnet", 23, true, false},
        {"tftp", 69, false, true},
        {"time", 37, true, true},
        {"uucp", 540, true, false},
        {"who", 513, false, true},
        {"whois", 43, true, false},
        {"www", 80, true, false},
        {"xdmcp", 177, false, true},
};

const char *acl_port_name(int proto, uint16_t port)
{
	for (size_t i = 0; i < ARRAY_LEN(ports); i++)
		if (ports[i].port == port && ((proto == IPPROTO_TCP && ports[i].tcp) ||
		                                     (proto == IPPROTO_UDP && ports[i].udp)))
			return ports[i].name;
	return NULL;
}

bool acl_port_number(const char *name, uint16_t *port)
{
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		if (strcmp(ports[i].name, name) != 0)
			continue;
		*port = ports[i].port;
		return true;
	}
	return false;
}

struct icmp_name {
	const char *name;
	bool v6;
	int16_t type, code;
};

static const struct icmp_name icmps[] = {
        {"administratively-prohibited", false, 3, 13},
        {"echo", false, 8, -1},
        {"echo-reply", false, 0, -1},
        {"host-unreachable", false, 3, 1},
        {"information-reply", false, 16, -1},
        {"information-request", false, 15, -1},
        {"mask-reply", false, 18, -1},
        {"mask-request", false, 17, -1},
        {"net-unreachable", false, 3, 0},
        {"packet-too-big", false, 3, 4},
        {"parameter-problem", false, 12, -1},
        {"port-unreachable", false, 3, 3},
        {"protocol-unreachable", false, 3, 2},
        {"redirect", false, 5, -1},
        {"router-advertisement", false, 9, -1},
        {"router-solicitation", false, 10, -1},
        {"source-quench", false, 4, -1},
        {"time-exceeded", false, 11, -1},
        {"timestamp-reply", false, 14, -1},
        {"timestamp-request", false, 13, -1},
        {"traceroute", false, 30, -1},
        {"ttl-exceeded", false, 11, 0},
        {"unreachable", false, 3, -1},
        {"echo-reply", true, 129, -1},
        {"echo-request", true, 128, -1},
        {"hop-limit", true, 3, 0},
        {"mld-query", true, 130, -1},
        {"mld-reduction", true, 132, -1},
        {"mld-report", true, 131, -1},
        {"nd-na", true, 136, -1},
        {"nd-ns", true, 135, -1},
        {"no-route", true, 1, 0},
        {"packet-too-big", true, 2, -1},
        {"parameter-problem", true, 4, -1},
        {"port-unreachable", true, 1, 4},
        {"redirect", true, 137, -1},
        {"router-advertisement", true, 134, -1},
        {"router-solicitation", true, 133, -1},
        {"time-exceeded", true, 3, -1},
        {"unreachable", true, 1, -1},
};

const char *acl_icmp_name(bool v6, int type, int code)
{
	for (size_t i = 0; i < ARRAY_LEN(icmps); i++)
		if (icmps[i].v6 == v6 && icmps[i].type == type && icmps[i].code == code)
			return icmps[i].name;
	return NULL;
}

bool acl_icmp_number(bool v6, const char *name, int16_t *type, int16_t *code)
{
	for (size_t i = 0; i < ARRAY_LEN(icmps); i++) {
		if (icmps[i].v6 != v6 || strcmp(icmps[i].name, name) != 0)
			continue;
		*type = icmps[i].type;
		*code = icmps[i].code;
		return true;
	}
	return false;
}

/* RFC 2474 (class selectors), 2597 (AF), 3246 (EF). */
static const struct dscp_name {
	const char *name;
	int8_t dscp;
} dscps[] = {
        {"default", 0},
        {"cs1", 8},
        {"af11", 10},
        {"af12", 12},
        {"af13", 14},
        {"cs2", 16},
        {"af21", 18},
        {"af22", 20},
        {"af23", 22},
        {"cs3", 24},
        {"af31", 26},
        {"af32", 28},
        {"af33", 30},
        {"cs4", 32},
        {"af41", 34},
        {"af42", 36},
        {"af43", 38},
        {"cs5", 40},
        {"ef", 46},
        {"cs6", 48},
        {"cs7", 56},
};

bool acl_dscp_number(const char *name, int8_t *dscp)
{
	for (size_t i = 0; i < ARRAY_LEN(dscps); i++) {
		if (strcmp(dscps[i].name, name) != 0)
			continue;
		*dscp = dscps[i].dscp;
		return true;
	}
	return false;
}

static const char *dscp_name(int8_t dscp)
{
	for (size_t i = 0; i < ARRAY_LEN(dscps); i++)
		if (dscps[i].dscp == dscp)
			return dscps[i].name;
	return NULL;
}

/* ---- an entry as text ---------------------------------------------------------------------------
 */

static void put_addr4(struct strbuf *out, const struct acl_addr *a)
{
	char addr[IPADDR_STRLEN], wild[IPADDR_STRLEN];

	if (!ipaddr_is_set(&a->addr))
		sb_puts(out, " any");
	else if (!ipaddr_is_set(&a->wild))
		sb_printf(out, " host %s", ipaddr_fmt(&a->addr, addr));
	else
		sb_printf(out, " %s %s", ipaddr_fmt(&a->addr, addr), ipaddr_fmt(&a->wild, wild));
}

static void put_addr6(struct strbuf *out, const struct acl_addr *a)
{
	char addr[IPADDR_STRLEN];
	unsigned len = 0;

	if (!ipaddr_is_set(&a->addr)) {
		sb_puts(out, " any");
		return;
	}
	if (!ipaddr_is_set(&a->wild)) {
		sb_printf(out, " host %s", ipaddr_fmt(&a->addr, addr));
		return;
	}
	while (len < 128 && !(a->wild.b[len / 8] & 0x80 >> len % 8))
		len++;
	sb_printf(out, " %s/%u", ipaddr_fmt(&a->addr, addr), len);
}

static void put_ports(struct strbuf *out, int proto, const struct acl_ports *p)
{
	static const char *const ops[] = {
	        [ACL_PORT_EQ] = " eq",
	        [ACL_PORT_NEQ] = " neq",
	        [ACL_PORT_LT] = " lt",
	        [ACL_PORT_GT] = " gt",
	        [ACL_PORT_RANGE] = " range",
	};

	if (p->op == ACL_PORT_ANY)
		return;
	sb_puts(out, ops[p->op]);
	for (uint8_t i = 0; i < p->n; i++) {
		const char *name = acl_port_name(proto, p->port[i]);

		if (name)
			sb_printf(out, " %s", name);
		else
			sb_printf(out, " %u", p->port[i]);
	}
}

static void put_icmp(struct strbuf *out, bool v6, const struct acl_entry *e)
{
	const char *name = acl_icmp_name(v6, e->icmp_type, e->icmp_code);

	if (e->icmp_type < 0)
		return;
	if (name)
		sb_printf(out, " %s", name);
	else if (e->icmp_code >= 0)
		sb_printf(out, " %d %d", e->icmp_type, e->icmp_code);
	else
		sb_printf(out, " %d", e->icmp_type);
}

static void put_options(struct strbuf *out, const struct acl_entry *e)
{
	const char *dscp = e->dscp >= 0 ? dscp_name(e->dscp) : NULL;

	if (e->established)
		sb_puts(out, " established");
	if (e->fragments)
		sb_puts(out, " fragments");
	if (dscp)
		sb_printf(out, " dscp %s", dscp);
	else if (e->dscp >= 0)
		sb_printf(out, " dscp %d", e->dscp);
	if (e->tos >= 0)
		sb_printf(out, " tos %d", e->tos);
	if (e->log_input)
		sb_puts(out, " log-input");
	else if (e->log)
		sb_puts(out, " log");
}

/* A standard entry: hosts lose `host`, masks are "wildcard bits". */
static void standard_text(const struct acl_entry *e, struct strbuf *out)
{
	char addr[IPADDR_STRLEN], wild[IPADDR_STRLEN];

	if (!ipaddr_is_set(&e->src.addr))
		sb_puts(out, " any");
	else
		sb_printf(out, " %s", ipaddr_fmt(&e->src.addr, addr));
	if (ipaddr_is_set(&e->src.wild))
		sb_printf(out, ", wildcard bits %s", ipaddr_fmt(&e->src.wild, wild));
	put_options(out, e);
}

void acl_entry_text(const struct acl *a, const struct acl_entry *e, struct strbuf *out)
{
	void (*put_addr)(struct strbuf *, const struct acl_addr *) =
	        a->kind == ACL_IPV6 ? put_addr6 : put_addr4;
	const char *proto = acl_proto_name(e->proto, a->kind);

	if (e->text) {
		sb_printf(out, "remark %s", e->text);
		return;
	}
	sb_puts(out, e->permit ? "permit" : "deny");
	if (a->kind == ACL_STANDARD) {
		standard_text(e, out);
		return;
	}
	if (proto)
		sb_printf(out, " %s", proto);
	else
		sb_printf(out, " %d", e->proto);
	put_addr(out, &e->src);
	put_ports(out, e->proto, &e->sport);
	put_addr(out, &e->dst);
	put_ports(out, e->proto, &e->dport);
	put_icmp(out, a->kind == ACL_IPV6, e);
	put_options(out, e);
}
