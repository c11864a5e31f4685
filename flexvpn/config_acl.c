/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access lists as lists of networks, read from the tree on demand: numbered, named and IPv6. The
 * source part of every `permit` is a network. (`route set access-list` names standard lists,
 * `subnet-acl` extended ones; either may be used for both.)
 */
#include <stdio.h>
#include <string.h>

#include "flexvpn/config.h"
#include "grammar/gen/lines.h"

struct nets {
	struct prefix *out;
	size_t max, n;
};

static void net(struct nets *s, const struct prefix *p)
{
	if (s->n < s->max)
		s->out[s->n] = *p;
	s->n++;
}

/* A wildcard with holes names no prefix. */
static void net4(struct nets *s, const struct ipaddr *addr, uint32_t wild)
{
	int len = mask_to_len(~wild);
	struct prefix p = {.addr = *addr, .len = (uint8_t)len};

	if (len < 0)
		return;
	p = prefix_mask(&p);
	net(s, &p);
}

/* The source of a standard entry: `any`, `host A`, `A`, or `A WILD`. */
#define READ_STD(name)                                                                             \
	static void read_##name(const struct cfg_node *n, struct arena *a, struct nets *s)         \
	{                                                                                          \
		struct gl_##name l;                                                                \
                                                                                                   \
		if (!gl_##name##_get(n, a, &l) || !l.kw_permit)                                    \
			return;                                                                    \
		if (l.has_host)                                                                    \
			net4(s, &l.host, 0);                                                       \
		else if (l.has_addr)                                                               \
			net4(s, &l.addr, l.has_wildcard ? ipaddr_u32(&l.wildcard) : 0);            \
		else                                                                               \
			net4(s, &(struct ipaddr){.family = AF_INET}, UINT32_MAX);                  \
	}
READ_STD(global_access_list_std)
READ_STD(global_access_list_std_more)
READ_STD(std_nacl_ace)
READ_STD(std_nacl_ace_seq)

#define READ_EXT(name)                                                                             \
	static void read_##name(const struct cfg_node *n, struct arena *a, struct nets *s)         \
	{                                                                                          \
		struct gl_##name l;                                                                \
                                                                                                   \
		if (!gl_##name##_get(n, a, &l) || !l.kw_permit)                                    \
			return;                                                                    \
		if (l.has_src_host)                                                                \
			net4(s, &l.src_host, 0);                                                   \
		else if (l.has_src)                                                                \
			net4(s, &l.src, ipaddr_u32(&l.src_wild));                                  \
		else                                                                               \
			net4(s, &(struct ipaddr){.family = AF_INET}, UINT32_MAX);                  \
	}
READ_EXT(global_access_list_ext)
READ_EXT(global_access_list_ext_more)
READ_EXT(ext_nacl_ace)
READ_EXT(ext_nacl_ace_seq)

#define READ_IP6(name)                                                                             \
	static void read_##name(const struct cfg_node *n, struct arena *a, struct nets *s)         \
	{                                                                                          \
		struct gl_##name l;                                                                \
		struct prefix p = {.addr = {.family = AF_INET6}};                                  \
                                                                                                   \
		if (!gl_##name##_get(n, a, &l) || !l.kw_permit)                                    \
			return;                                                                    \
		if (l.has_src_host)                                                                \
			p = prefix_of(&l.src_host, 128);                                           \
		else if (l.has_src)                                                                \
			p = prefix_mask(&l.src);                                                   \
		net(s, &p);                                                                        \
	}
READ_IP6(ipv6_acl_ace)
READ_IP6(ipv6_acl_ace_seq)

static const struct reader {
	int line;
	void (*read)(const struct cfg_node *n, struct arena *a, struct nets *s);
} readers[] = {
        {GR_L_global_access_list_std, read_global_access_list_std},
        {GR_L_global_access_list_std_more, read_global_access_list_std_more},
        {GR_L_global_access_list_ext, read_global_access_list_ext},
        {GR_L_global_access_list_ext_more, read_global_access_list_ext_more},
        {GR_L_std_nacl_ace, read_std_nacl_ace},
        {GR_L_std_nacl_ace_seq, read_std_nacl_ace_seq},
        {GR_L_ext_nacl_ace, read_ext_nacl_ace},
        {GR_L_ext_nacl_ace_seq, read_ext_nacl_ace_seq},
        {GR_L_ipv6_acl_ace, read_ipv6_acl_ace},
        {GR_L_ipv6_acl_ace_seq, read_ipv6_acl_ace_seq},
};

static void read_node(const struct cfg_node *n, struct nets *s)
{
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i].line == cfg_node_line(n))
			readers[i].read(n, &a, s);
	arena_fini(&a);
}

/* A named list: its block. */
static void read_named(const struct fx_config *c, const char *acl, struct nets *s)
{
	static const int enters[] = {
	        GR_L_global_std_nacl, GR_L_global_ext_nacl, GR_L_global_ipv6_acl};
	struct cfg_iter it;

	for (size_t i = 0; i < ARRAY_LEN(enters); i++) {
		const struct cfg_node *list = cfg_find(cfg_root(c->cfg), enters[i], acl);

		if (!list)
			continue;
		for (const struct cfg_node *n = cfg_first(cfg_children(list), GR_NONE, &it); n;
		        n = cfg_next(&it))
			read_node(n, s);
	}
}

/* A numbered list: global lines that begin with its number. */
static void read_numbered(const struct fx_config *c, const char *acl, struct nets *s)
{
	static const int lines[] = {GR_L_global_access_list_std, GR_L_global_access_list_std_more,
	        GR_L_global_access_list_ext, GR_L_global_access_list_ext_more};
	char head[64];
	struct cfg_iter it;
	int len = snprintf(head, sizeof(head), "access-list %s ", acl);

	for (size_t i = 0; i < ARRAY_LEN(lines) && len > 0 && (size_t)len < sizeof(head); i++)
		for (const struct cfg_node *n = cfg_first(cfg_root(c->cfg), lines[i], &it); n;
		        n = cfg_next(&it))
			if (strncmp(cfg_node_text(n), head, (size_t)len) == 0)
				read_node(n, s);
}

size_t fx_acl_subnets(const struct fx_config *c, const char *acl, struct prefix *out, size_t max)
{
	struct nets s = {.out = out, .max = max};

	read_numbered(c, acl, &s);
	read_named(c, acl, &s);
	return s.n;
}
