/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip local pool. */
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/hub.h"
#include "flexvpn/pool.h"
#include "grammar/gen/exec.h"

static void one_range(struct exec *e, const struct fx_pool *p)
{
	struct fx_pool_use use;
	char first[IPADDR_STRLEN], last[IPADDR_STRLEN];

	fx_pool_use(fx_hub_leases(e->fx), p, &use);
	out_obj(e->o, NULL);
	out_field_str(e->o, "pool", " %-25s", p->name);
	out_field_str(e->o, "begin", "%-16s", ipaddr_fmt(&p->first, first));
	out_field_str(e->o, "end", "%-16s", ipaddr_fmt(&p->last, last));
	out_field_int(e->o, "free", "%7lld", (int64_t)(use.size - use.in_use));
	out_field_int(e->o, "in-use", "%8lld", (int64_t)use.in_use);
	out_field_int(e->o, "blocked", "%10lld\n", 0);
	out_obj_end(e->o);
}

void exec_show_ip_local_pool(struct exec *e, const struct gl_exec_show_ip_local_pool *a)
{
	const struct fx_config *c = e->fx->cfg;

	out_text(e->o, " %-25s%-16s%-16s%7s%8s%10s\n", "Pool", "Begin", "End", "Free", "In use",
	        "Blocked");
	out_list(e->o, NULL);
	for (size_t i = 0; i < c->pools.n; i++)
		if (c->pools.v[i].first.family == AF_INET &&
		        (!a->has_pool || strcmp(a->pool, c->pools.v[i].name) == 0))
			one_range(e, &c->pools.v[i]);
	out_list_end(e->o);
}
