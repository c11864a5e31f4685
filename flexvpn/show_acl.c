/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show access-lists, show ip access-lists: exec-and-cli reference B19. Entries are printed from
 * their canonical text. */
#include <stdio.h>
#include <string.h>

#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

static const char *const titles[] = {
        "Standard IP access list", "Extended IP access list", "IPv6 access list"};

/* "permit host 10.9.3.4 log" → "permit 10.9.3.4 log"; "permit 10.0.0.0 0.0.0.255" →
 * "permit 10.0.0.0, wildcard bits 0.0.0.255". */
static void standard_text(const char *text, char *out, size_t n)
{
	char action[8], addr[48], wild[48];
	struct ipaddr a;
	int rest = 0;

	if (sscanf(text, "%7s host %47s%n", action, addr, &rest) == 2)
		snprintf(out, n, "%-6s %s%s", action, addr, text + rest);
	else if (sscanf(text, "%7s %47s %47s%n", action, addr, wild, &rest) == 3 &&
	         ipaddr_parse4(wild, &a))
		snprintf(out, n, "%-6s %s, wildcard bits %s%s", action, addr, wild, text + rest);
	else
		snprintf(out, n, "%s", text);
}

/* " (18 matches)"; nothing for an entry that nothing met, or of a list that is not in use. */
static void entry(
        struct exec *e, enum acl_kind kind, const struct acl *used, const struct fx_ace *a)
{
	uint64_t n = used && e->fx->b.nat ? nat_acl_matches(e->fx->b.nat, used, a->seq) : 0;
	char line[600], matches[40] = "";

	if (kind == ACL_STANDARD)
		standard_text(a->text, line, sizeof(line));
	else
		snprintf(line, sizeof(line), "%s", a->text);
	if (n)
		snprintf(matches, sizeof(matches), " (%llu match%s)", (unsigned long long)n,
		        n == 1 ? "" : "es");
	out_obj(e->o, NULL);
	if (kind == ACL_IPV6)
		out_text(e->o, "    %s%s sequence %u\n", line, matches, a->seq);
	else
		out_text(e->o, "    %u %s%s\n", a->seq, line, matches);
	out_int(e->o, "sequence", a->seq);
	out_str(e->o, "rule", line);
	out_int(e->o, "matches", (int64_t)n);
	out_obj_end(e->o);
}

static void show_list(struct exec *e, const char *name, bool v6)
{
	const struct acl *used = fx_nat_list(e->fx, name, v6);
	struct fx_acl_entries list;

	if (!fx_acl_entries(e->fx->cfg->cfg, name, v6, &list))
		return;
	out_obj(e->o, NULL);
	out_text(e->o, "%s %s\n", titles[list.kind], name);
	out_str(e->o, "type", titles[list.kind]);
	out_str(e->o, "name", name);
	out_list(e->o, "entries");
	for (size_t i = 0; i < list.n; i++)
		entry(e, list.kind, used, &list.v[i]);
	out_list_end(e->o);
	out_obj_end(e->o);
	fx_acl_entries_fini(&list);
}

/* The lines that begin a list, in the order in which lists are shown. */
static const struct {
	int line;
	bool numbered, v6;
} sources[] = {
        {GR_L_global_access_list_std, true, false},
        {GR_L_global_access_list_std_more, true, false},
        {GR_L_global_std_nacl, false, false},
        {GR_L_global_access_list_ext, true, false},
        {GR_L_global_access_list_ext_more, true, false},
        {GR_L_global_ext_nacl, false, false},
        {GR_L_global_ipv6_acl, false, true},
};

static void name_of(const struct cfg_node *n, bool numbered, char out[64])
{
	const char *text = cfg_node_text(n);

	*out = '\0';
	if (numbered)
		sscanf(text, "access-list %63s", out);
	else
		snprintf(out, 64, "%s", strrchr(text, ' ') + 1);
}

static void access_lists(struct exec *e, const char *only, bool ip4_only)
{
	const struct cfg_tree *root = cfg_root(e->fx->cfg->cfg);
	char name[64], last[64] = "";
	struct cfg_iter it;

	if (e->fx->b.nat)
		nat_refresh_counters(e->fx->b.nat);
	out_list(e->o, NULL);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		if (ip4_only && sources[i].v6)
			continue;
		for (const struct cfg_node *n = cfg_first(root, sources[i].line, &it); n;
		        n = cfg_next(&it)) {
			name_of(n, sources[i].numbered, name);
			if (strcmp(name, last) == 0 || (only && strcmp(only, name) != 0))
				continue;
			memcpy(last, name, sizeof(last));
			show_list(e, name, sources[i].v6);
		}
	}
	out_list_end(e->o);
}

void exec_show_access_lists(struct exec *e, const struct gl_exec_show_access_lists *a)
{
	access_lists(e, a->has_name ? a->name : NULL, false);
}

void exec_show_ip_access_lists(struct exec *e, const struct gl_exec_show_ip_access_lists *a)
{
	access_lists(e, a->has_name ? a->name : NULL, true);
}
