/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ip access-list resequence: the entries of a named list get other numbers, by lines of
 * configuration like any other change. */
#include <string.h>

#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

/* "ip access-list extended NAME" of the configuration; NULL: no such named list. */
static const char *block_of(const struct cfg *c, const char *name)
{
	static const int enters[] = {GR_L_global_std_nacl, GR_L_global_ext_nacl};

	for (size_t i = 0; i < ARRAY_LEN(enters); i++) {
		const struct cfg_node *n = cfg_find(cfg_root(c), enters[i], name);

		if (n)
			return cfg_node_text(n);
	}
	return NULL;
}

bool fx_acl_resequence(
        const struct cfg *c, const char *name, uint32_t start, uint32_t step, struct strbuf *out)
{
	const char *block = block_of(c, name);
	struct fx_acl_entries list;

	if (!block || !fx_acl_entries(c, name, false, &list))
		return false;
	sb_printf(out, "%s\n", block);
	for (size_t i = 0; i < list.n; i++)
		sb_printf(out, " no %s\n", cfg_node_text(list.v[i].n));
	for (size_t i = 0; i < list.n; i++)
		sb_printf(out, " %llu %s\n",
		        (unsigned long long)start + (unsigned long long)step * i, list.v[i].text);
	fx_acl_entries_fini(&list);
	return true;
}

static bool fits(const struct cfg *c, const char *name, uint32_t start, uint32_t step)
{
	struct fx_acl_entries list;
	bool ok = fx_acl_entries(c, name, false, &list) &&
	          (uint64_t)start + (uint64_t)step * (list.n ? list.n - 1 : 0) <= INT32_MAX;

	fx_acl_entries_fini(&list);
	return ok;
}

void exec_ip_access_list_resequence(
        struct exec *e, const struct gl_exec_ip_access_list_resequence *a)
{
	const struct cfg *c = e->fx->cfg->cfg;
	struct strbuf lines = {0};
	struct cfg_editor *ed;

	e->failed = true;
	if (!block_of(c, a->name)) {
		out_text(e->o, "%% Access list %s is no named list\n", a->name);
		return;
	}
	if (!fits(c, a->name, a->start, a->step)) {
		out_text(e->o, "%% Sequence numbers would exceed 2147483647\n");
		return;
	}
	fx_acl_resequence(c, a->name, a->start, a->step, &lines);
	ed = cfg_editor_new(c);
	if (cfg_load_text(ed, sb_str(&lines), NULL, NULL) == 0) {
		router_commit(e->r, cfg_editor_candidate(ed), false);
		e->failed = false;
	}
	cfg_editor_free(ed);
	sb_fini(&lines);
}
