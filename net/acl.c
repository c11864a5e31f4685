/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access lists: keeping, normalising and evaluating entries. See acl.h. */
#include "net/acl.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct acl *acl_new(const char *name, enum acl_kind kind)
{
	struct acl *a = xcalloc(1, sizeof(*a));

	a->name = xstrdup(name);
	a->kind = kind;
	return a;
}

void acl_free(struct acl *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		free((char *)(uintptr_t)a->e[i].text);
	free(a->e);
	free(a->name);
	free(a);
}

struct acl_entry acl_rule(bool permit)
{
	return (struct acl_entry){.permit = permit,
	        .proto = ACL_PROTO_ANY,
	        .icmp_type = -1,
	        .icmp_code = -1,
	        .dscp = -1,
	        .tos = -1};
}

struct acl_addr acl_host(const struct ipaddr *a)
{
	return (struct acl_addr){.addr = *a};
}

struct acl_addr acl_net(const struct ipaddr *a, const struct ipaddr *wild)
{
	return (struct acl_addr){.addr = *a, .wild = *wild};
}

struct acl_addr acl_prefix(const struct prefix *p)
{
	struct acl_addr a = {.addr = p->addr, .wild = {.family = p->addr.family}};

	for (unsigned bit = p->len; bit < ipaddr_bits(&p->addr); bit++)
		a.wild.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return a;
}

/* ---- filling ------------------------------------------------------------------------------------
 */

static bool all_bits(const struct ipaddr *a)
{
	for (size_t i = 0; i < ipaddr_octets(a); i++)
		if (a->b[i] != 0xff)
			return false;
	return true;
}

/* "10.1.2.3 0.0.255.255" is 10.1.0.0; a wildcard of no bits is a host, one of all bits is any. */
static void normalise(struct acl_addr *a)
{
	if (!ipaddr_is_set(&a->addr) || !ipaddr_is_set(&a->wild))
		return;
	if (all_bits(&a->wild)) {
		*a = (struct acl_addr){0};
		return;
	}
	for (size_t i = 0; i < ipaddr_octets(&a->addr); i++)
		a->addr.b[i] &= (uint8_t)~a->wild.b[i];
	if (ipaddr_is_any(&a->wild))
		a->wild = (struct ipaddr){0};
}

/* A range may be given either way round. */
static void order_range(struct acl_ports *p)
{
	uint16_t lo = p->port[0];

	if (p->op != ACL_PORT_RANGE || lo <= p->port[1])
		return;
	p->port[0] = p->port[1];
	p->port[1] = lo;
}

/* The first position whose number is not below `seq`. */
static size_t place(const struct acl *a, uint32_t seq)
{
	size_t lo = 0, hi = a->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (a->e[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void make_room(struct acl *a, size_t at)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 8;
		a->e = xrealloc(a->e, a->cap * sizeof(*a->e));
	}
	memmove(&a->e[at + 1], &a->e[at], (a->n - at) * sizeof(*a->e));
	a->n++;
}

uint32_t acl_add(struct acl *a, const struct acl_entry *e)
{
	uint32_t last = a->n ? a->e[a->n - 1].seq : 0;
	struct acl_entry copy = *e;

	if (!copy.seq) /* the next multiple of the step */
		copy.seq = last / ACL_SEQ_STEP * ACL_SEQ_STEP + ACL_SEQ_STEP;
	copy.text = e->text ? xstrdup(e->text) : NULL;
	normalise(&copy.src);
	normalise(&copy.dst);
	order_range(&copy.sport);
	order_range(&copy.dport);
	size_t at = place(a, copy.seq);

	if (at < a->n && a->e[at].seq == copy.seq)
		free((char *)(uintptr_t)a->e[at].text);
	else
		make_room(a, at);
	a->e[at] = copy;
	return copy.seq;
}

bool acl_remove(struct acl *a, uint32_t seq)
{
	size_t at = place(a, seq);

	if (at == a->n || a->e[at].seq != seq)
		return false;
	free((char *)(uintptr_t)a->e[at].text);
	memmove(&a->e[at], &a->e[at + 1], (a->n - at - 1) * sizeof(*a->e));
	a->n--;
	return true;
}

void acl_resequence(struct acl *a, uint32_t start, uint32_t step)
{
	for (size_t i = 0; i < a->n; i++)
		a->e[i].seq = start + (uint32_t)i * step;
}

/* ---- evaluating ---------------------------------------------------------------------------------
 */

static bool addr_matches(const struct acl_addr *a, const struct ipaddr *ip)
{
	if (!ipaddr_is_set(&a->addr))
		return true;
	if (a->addr.family != ip->family)
		return false;
	for (size_t i = 0; i < ipaddr_octets(ip); i++)
		if ((a->addr.b[i] ^ ip->b[i]) & (uint8_t)~a->wild.b[i])
			return false;
	return true;
}

static bool listed(const struct acl_ports *p, uint16_t port)
{
	for (uint8_t i = 0; i < p->n; i++)
		if (p->port[i] == port)
			return true;
	return false;
}

static bool port_matches(const struct acl_ports *p, uint16_t port)
{
	switch ((enum acl_port_op)p->op) {
	case ACL_PORT_ANY:
		return true;
	case ACL_PORT_EQ:
		return listed(p, port);
	case ACL_PORT_NEQ:
		return !listed(p, port);
	case ACL_PORT_LT:
		return port < p->port[0];
	case ACL_PORT_GT:
		return port > p->port[0];
	case ACL_PORT_RANGE:
		return port >= p->port[0] && port <= p->port[1];
	}
	return false;
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* Whether the entry asks for anything of the transport header, which later fragments lack. */
static bool asks_transport(const struct acl_entry *e)
{
	return e->sport.op || e->dport.op || e->icmp_type >= 0 || e->established;
}

static bool transport_matches(const struct acl_entry *e, const struct acl_packet *p)
{
	if (!asks_transport(e))
		return true;
	if (p->fragment)
		return false;
	if ((e->sport.op || e->dport.op) &&
	        (!has_ports(p->proto) || !port_matches(&e->sport, p->sport) ||
	                !port_matches(&e->dport, p->dport)))
		return false;
	if (e->icmp_type >= 0 && (!is_icmp(p->proto) || p->icmp_type != e->icmp_type ||
	                                 (e->icmp_code >= 0 && p->icmp_code != e->icmp_code)))
		return false;
	return !e->established ||
	       (p->proto == IPPROTO_TCP && p->tcp_flags & (ACL_TCP_ACK | ACL_TCP_RST));
}

static bool entry_matches(const struct acl_entry *e, const struct acl_packet *p)
{
	return !e->text && (e->proto == ACL_PROTO_ANY || e->proto == p->proto) &&
	       addr_matches(&e->src, &p->src) && addr_matches(&e->dst, &p->dst) &&
	       (!e->fragments || p->fragment) && (e->dscp < 0 || e->dscp == p->tos >> 2) &&
	       (e->tos < 0 || e->tos == (p->tos >> 1 & 0xf)) && transport_matches(e, p);
}

const struct acl_entry *acl_eval(const struct acl *a, const struct acl_packet *p)
{
	if (p->src.family != (a->kind == ACL_IPV6 ? AF_INET6 : AF_INET))
		return NULL;
	for (size_t i = 0; i < a->n; i++)
		if (entry_matches(&a->e[i], p))
			return &a->e[i];
	return NULL;
}

bool acl_permits(const struct acl *a, const struct acl_packet *p)
{
	const struct acl_entry *e = acl_eval(a, p);

	return e && e->permit;
}

bool acl_permits_source(const struct acl *a, const struct ipaddr *src)
{
	struct acl_packet p = {.src = *src, .dst = {.family = src->family}, .proto = IPPROTO_TCP};

	return acl_permits(a, &p);
}
