/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show access-lists, show ip access-lists: exec-and-cli reference B19. Entries are printed from
 * their canonical text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

enum kind { STANDARD, EXTENDED, IPV6 };

static const char *const titles[] = {
        "Standard IP access list", "Extended IP access list", "IPv6 access list"};

struct walk {
	struct out *o;
	const char *only; /* NULL: every list */
	bool ip4_only;
	char open[64]; /* the list whose entries are being printed; "": none */
	uint32_t seq;
};

static void close_list(struct walk *w)
{
	if (!w->open[0])
		return;
	out_list_end(w->o);
	out_obj_end(w->o);
	w->open[0] = '\0';
}

/* False: this list is not asked for. */
static bool open_list(struct walk *w, enum kind kind, const char *name)
{
	if ((w->only && strcmp(w->only, name) != 0) || (w->ip4_only && kind == IPV6))
		return false;
	if (strcmp(w->open, name) == 0)
		return true;
	close_list(w);
	snprintf(w->open, sizeof(w->open), "%s", name);
	w->seq = 0;
	out_obj(w->o, NULL);
	out_text(w->o, "%s %s\n", titles[kind], name);
	out_str(w->o, "type", titles[kind]);
	out_str(w->o, "name", name);
	out_list(w->o, "entries");
	return true;
}

/* "permit host 10.9.3.4 log" → "permit 10.9.3.4 log"; "permit 10.0.0.0 0.0.0.255" →
 * "permit 10.0.0.0, wildcard bits 0.0.0.255". */
static void standard_text(const char *text, char *out, size_t n)
{
	char action[8], addr[48], wild[48];
	struct ipaddr a;
	int rest = 0;

	if (sscanf(text, "%7s host %47s%n", action, addr, &rest) == 2)
		snprintf(out, n, "%s %s%s", action, addr, text + rest);
	else if (sscanf(text, "%7s %47s %47s%n", action, addr, wild, &rest) == 3 &&
	         ipaddr_parse4(wild, &a))
		snprintf(out, n, "%s %s, wildcard bits %s%s", action, addr, wild, text + rest);
	else
		snprintf(out, n, "%s", text);
}

static void entry(struct walk *w, enum kind kind, const char *text)
{
	char line[600];
	char *end;
	unsigned long given = strncmp(text, "sequence ", 9) == 0 ? strtoul(text + 9, &end, 10)
	                                                         : strtoul(text, &end, 10);

	if (given)
		text = end + strspn(end, " ");
	if (strncmp(text, "remark ", 7) == 0)
		return;
	w->seq = given ? (uint32_t)given : w->seq + 10;
	if (kind == STANDARD)
		standard_text(text, line, sizeof(line));
	else
		snprintf(line, sizeof(line), "%s", text);
	out_obj(w->o, NULL);
	if (kind == IPV6)
		out_text(w->o, "    %s sequence %u\n", line, w->seq);
	else
		out_text(w->o, "    %u %s\n", w->seq, line);
	out_int(w->o, "sequence", w->seq);
	out_str(w->o, "rule", line);
	out_obj_end(w->o);
}

static void numbered(struct walk *w, const struct cfg_tree *root, int line, enum kind kind)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(root, line, &it); n; n = cfg_next(&it)) {
		char name[16] = "";
		int at = 0;

		if (sscanf(cfg_node_text(n), "access-list %15s %n", name, &at) == 1 &&
		        open_list(w, kind, name))
			entry(w, kind, cfg_node_text(n) + at);
	}
	close_list(w);
}

static void named(struct walk *w, const struct cfg_tree *root, int line, enum kind kind)
{
	struct cfg_iter it, in;

	for (const struct cfg_node *n = cfg_first(root, line, &it); n; n = cfg_next(&it)) {
		if (!open_list(w, kind, strrchr(cfg_node_text(n), ' ') + 1))
			continue;
		for (const struct cfg_node *e = cfg_first(cfg_children(n), GR_NONE, &in); e;
		        e = cfg_next(&in))
			entry(w, kind, cfg_node_text(e));
		close_list(w);
	}
}

static void access_lists(struct exec *e, const char *only, bool ip4_only)
{
	const struct cfg_tree *root = cfg_root(e->fx->cfg->cfg);
	struct walk w = {.o = e->o, .only = only, .ip4_only = ip4_only};

	out_list(e->o, NULL);
	numbered(&w, root, GR_L_global_access_list_std, STANDARD);
	numbered(&w, root, GR_L_global_access_list_std_more, STANDARD);
	named(&w, root, GR_L_global_std_nacl, STANDARD);
	numbered(&w, root, GR_L_global_access_list_ext, EXTENDED);
	numbered(&w, root, GR_L_global_access_list_ext_more, EXTENDED);
	named(&w, root, GR_L_global_ext_nacl, EXTENDED);
	named(&w, root, GR_L_global_ipv6_acl, IPV6);
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
