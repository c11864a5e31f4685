/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access lists as rules, read from the tree on demand. The entries of a list are the global lines
 * that begin with its number, and the lines of the block with its name; those without a number of
 * their own are numbered in tens, in the order in which they stand.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/config.h"
#include "grammar/gen/lines.h"

/* ---- an entry, typed ----------------------------------------------------------------------------
 */

static void one_port(
        struct acl_ports *p, enum acl_port_op op, bool given, uint32_t number, const char *name)
{
	uint16_t port = (uint16_t)number;

	if (given || (name && acl_port_number(name, &port)))
		*p = (struct acl_ports){.op = (uint8_t)op, .n = 1, .port = {port}};
}

static void port_range(struct acl_ports *p, bool given, uint32_t lo, uint32_t hi)
{
	if (given)
		*p = (struct acl_ports){
		        .op = ACL_PORT_RANGE, .n = 2, .port = {(uint16_t)lo, (uint16_t)hi}};
}

#define PORT(l, side, word, op, to)                                                                \
	one_port(to, op, (l)->has_##side##port_##word, (l)->side##port_##word,                     \
	        (l)->side##port_##word##_name)
#define PORTS(l, side, to)                                                                         \
	PORT(l, side, eq, ACL_PORT_EQ, to);                                                        \
	PORT(l, side, neq, ACL_PORT_NEQ, to);                                                      \
	PORT(l, side, gt, ACL_PORT_GT, to);                                                        \
	PORT(l, side, lt, ACL_PORT_LT, to);                                                        \
	port_range(to, (l)->has_##side##port_lo, (l)->side##port_lo, (l)->side##port_hi)

static void protocol(struct acl_entry *e, enum acl_kind kind, const char *name, uint32_t number)
{
	if (!name || !acl_proto_number(name, kind, &e->proto))
		e->proto = (int16_t)number;
}

/* Only of ICMP: elsewhere such a word says nothing. */
static void icmp_message(struct acl_entry *e, enum acl_kind kind, const char *name, bool has_type,
        uint32_t type, bool has_code, uint32_t code)
{
	bool v6 = kind == ACL_IPV6;

	if (e->proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return;
	if (name)
		acl_icmp_number(v6, name, &e->icmp_type, &e->icmp_code);
	if (has_type)
		e->icmp_type = (int16_t)type;
	if (has_code)
		e->icmp_code = (int16_t)code;
}

static struct acl_addr address(bool is_host, const struct ipaddr *host, bool is_net,
        const struct ipaddr *net, const struct ipaddr *wild)
{
	if (is_host)
		return acl_host(host);
	return is_net ? acl_net(net, wild) : (struct acl_addr){0};
}

static struct acl_addr address6(
        bool is_host, const struct ipaddr *host, bool is_net, const struct prefix *net)
{
	if (is_host)
		return acl_host(host);
	return is_net ? acl_prefix(net) : (struct acl_addr){0};
}

/* What extended entries of both families have. */
#define READ_COMMON(l, e, kind)                                                                    \
	*(e) = acl_rule((l)->kw_permit);                                                           \
	protocol(e, kind, (l)->proto, (l)->proto_number);                                          \
	icmp_message(e, kind, (l)->icmp_name, (l)->has_icmp_type, (l)->icmp_type,                  \
	        (l)->has_icmp_code, (l)->icmp_code);                                               \
	PORTS(l, s, &(e)->sport);                                                                  \
	PORTS(l, d, &(e)->dport);                                                                  \
	(e)->established = (l)->kw_established;                                                    \
	(e)->fragments = (l)->kw_fragments;                                                        \
	(e)->log = (l)->kw_log;                                                                    \
	(e)->log_input = (l)->kw_log_input

#define READ_STD(name)                                                                             \
	static bool read_##name(const struct cfg_node *n, struct arena *a, struct acl_entry *e)    \
	{                                                                                          \
		struct gl_##name l;                                                                \
                                                                                                   \
		if (!gl_##name##_get(n, a, &l) || l.kw_remark)                                     \
			return false;                                                              \
		*e = acl_rule(l.kw_permit);                                                        \
		e->log = l.kw_log;                                                                 \
		e->src = address(l.has_host || (l.has_addr && !l.has_wildcard),                    \
		        l.has_host ? &l.host : &l.addr, l.has_addr, &l.addr, &l.wildcard);         \
		return true;                                                                       \
	}
READ_STD(global_access_list_std)
READ_STD(global_access_list_std_more)
READ_STD(std_nacl_ace)
READ_STD(std_nacl_ace_seq)

#define READ_EXT(name)                                                                             \
	static bool read_##name(const struct cfg_node *n, struct arena *a, struct acl_entry *e)    \
	{                                                                                          \
		struct gl_##name l;                                                                \
                                                                                                   \
		if (!gl_##name##_get(n, a, &l) || l.kw_remark)                                     \
			return false;                                                              \
		READ_COMMON(&l, e, ACL_EXTENDED);                                                  \
		e->src = address(l.has_src_host, &l.src_host, l.has_src, &l.src, &l.src_wild);     \
		e->dst = address(l.has_dst_host, &l.dst_host, l.has_dst, &l.dst, &l.dst_wild);     \
		if (l.has_dscp)                                                                    \
			acl_dscp_number(l.dscp, &e->dscp);                                         \
		if (l.has_tos)                                                                     \
			e->tos = (int8_t)l.tos;                                                    \
		return true;                                                                       \
	}
READ_EXT(global_access_list_ext)
READ_EXT(global_access_list_ext_more)
READ_EXT(ext_nacl_ace)
READ_EXT(ext_nacl_ace_seq)

#define READ_IP6(name)                                                                             \
	static bool read_##name(const struct cfg_node *n, struct arena *a, struct acl_entry *e)    \
	{                                                                                          \
		struct gl_##name l;                                                                \
                                                                                                   \
		if (!gl_##name##_get(n, a, &l) || l.kw_remark)                                     \
			return false;                                                              \
		READ_COMMON(&l, e, ACL_IPV6);                                                      \
		e->src = address6(l.has_src_host, &l.src_host, l.has_src, &l.src);                 \
		e->dst = address6(l.has_dst_host, &l.dst_host, l.has_dst, &l.dst);                 \
		return true;                                                                       \
	}
READ_IP6(ipv6_acl_ace)
READ_IP6(ipv6_acl_ace_seq)

/* The lines that are entries, and those that open a list. */
static const struct {
	int line;
	enum acl_kind kind;
	bool numbered;
	bool (*read)(const struct cfg_node *n, struct arena *a, struct acl_entry *e);
} lines[] = {
        {GR_L_global_access_list_std, ACL_STANDARD, true, read_global_access_list_std},
        {GR_L_global_access_list_std_more, ACL_STANDARD, true, read_global_access_list_std_more},
        {GR_L_global_access_list_ext, ACL_EXTENDED, true, read_global_access_list_ext},
        {GR_L_global_access_list_ext_more, ACL_EXTENDED, true, read_global_access_list_ext_more},
        {GR_L_std_nacl_ace, ACL_STANDARD, false, read_std_nacl_ace},
        {GR_L_std_nacl_ace_seq, ACL_STANDARD, false, read_std_nacl_ace_seq},
        {GR_L_ext_nacl_ace, ACL_EXTENDED, false, read_ext_nacl_ace},
        {GR_L_ext_nacl_ace_seq, ACL_EXTENDED, false, read_ext_nacl_ace_seq},
        {GR_L_ipv6_acl_ace, ACL_IPV6, false, read_ipv6_acl_ace},
        {GR_L_ipv6_acl_ace_seq, ACL_IPV6, false, read_ipv6_acl_ace_seq},
};

static const struct {
	int line;
	enum acl_kind kind;
} blocks[] = {
        {GR_L_global_std_nacl, ACL_STANDARD},
        {GR_L_global_ext_nacl, ACL_EXTENDED},
        {GR_L_global_ipv6_acl, ACL_IPV6},
};

bool fx_acl_is_line(int line)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i].line == line)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		if (blocks[i].line == line)
			return true;
	return false;
}

static bool read_entry(const struct cfg_node *n, struct arena *a, struct acl_entry *e)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i].line == cfg_node_line(n))
			return lines[i].read(n, a, e);
	return false;
}

/* ---- the entries of a list ----------------------------------------------------------------------
 */

static void add(struct fx_acl_entries *e, const struct cfg_node *n, const char *text)
{
	char *end;
	const char *number = strncmp(text, "sequence ", 9) == 0 ? text + 9 : text;
	unsigned long seq = strtoul(number, &end, 10);

	if (seq)
		text = end + strspn(end, " ");
	if (strncmp(text, "remark ", 7) == 0)
		return;
	if ((e->n & (e->n - 1)) == 0)
		e->v = xrealloc(e->v, (e->n ? 2 * e->n : 1) * sizeof(*e->v));
	e->v[e->n++] = (struct fx_ace){.n = n, .text = text, .seq = (uint32_t)seq};
}

static bool add_numbered(const struct cfg *c, const char *acl, struct fx_acl_entries *e)
{
	char head[64];
	struct cfg_iter it;
	bool any = false;
	int len = snprintf(head, sizeof(head), "access-list %s ", acl);

	for (size_t i = 0; i < ARRAY_LEN(lines) && (size_t)len < sizeof(head); i++) {
		if (!lines[i].numbered)
			continue;
		for (const struct cfg_node *n = cfg_first(cfg_root(c), lines[i].line, &it); n;
		        n = cfg_next(&it)) {
			if (strncmp(cfg_node_text(n), head, (size_t)len) != 0)
				continue;
			any = true;
			e->kind = lines[i].kind;
			add(e, n, cfg_node_text(n) + len);
		}
	}
	return any;
}

static bool add_named(const struct cfg *c, const char *acl, bool v6, struct fx_acl_entries *e)
{
	struct cfg_iter it;
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		const struct cfg_node *list = cfg_find(cfg_root(c), blocks[i].line, acl);

		if (!list || (blocks[i].kind == ACL_IPV6) != v6)
			continue;
		any = true;
		e->kind = blocks[i].kind;
		for (const struct cfg_node *n = cfg_first(cfg_children(list), GR_NONE, &it); n;
		        n = cfg_next(&it))
			add(e, n, cfg_node_text(n));
	}
	return any;
}

static bool taken(const struct fx_acl_entries *e, uint32_t seq)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].seq == seq)
			return true;
	return false;
}

static int by_seq(const void *a, const void *b)
{
	const struct fx_ace *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* In tens; where such a number is taken, behind the last. */
static void number(struct fx_acl_entries *e)
{
	uint32_t next = ACL_SEQ_STEP, last = 0;
	bool given = false;

	for (size_t i = 0; i < e->n; i++) {
		given |= e->v[i].seq != 0;
		last = e->v[i].seq > last ? e->v[i].seq : last;
	}
	for (size_t i = 0; i < e->n; i++) {
		if (e->v[i].seq)
			continue;
		if (given && taken(e, next))
			next = last / ACL_SEQ_STEP * ACL_SEQ_STEP + ACL_SEQ_STEP;
		e->v[i].seq = next;
		last = next > last ? next : last;
		next += ACL_SEQ_STEP;
	}
	if (given)
		qsort(e->v, e->n, sizeof(*e->v), by_seq);
}

bool fx_acl_entries(const struct cfg *c, const char *acl, bool v6, struct fx_acl_entries *out)
{
	bool any = false;

	*out = (struct fx_acl_entries){.kind = v6 ? ACL_IPV6 : ACL_EXTENDED};
	if (!v6)
		any |= add_numbered(c, acl, out);
	any |= add_named(c, acl, v6, out);
	number(out);
	return any;
}

void fx_acl_entries_fini(struct fx_acl_entries *e)
{
	free(e->v);
	*e = (struct fx_acl_entries){0};
}

struct acl *fx_acl_build(const struct cfg *c, const char *name, bool v6)
{
	struct fx_acl_entries list;
	struct acl *acl = NULL;

	if (fx_acl_entries(c, name, v6, &list))
		acl = acl_new(name, list.kind);
	for (size_t i = 0; acl && i < list.n; i++) {
		struct acl_entry e;
		struct arena a;

		arena_init(&a);
		if (read_entry(list.v[i].n, &a, &e)) {
			e.seq = list.v[i].seq;
			acl_add(acl, &e);
		}
		arena_fini(&a);
	}
	fx_acl_entries_fini(&list);
	return acl;
}
