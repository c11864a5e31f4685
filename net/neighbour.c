/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Neighbours of the kernel: who was found on a link, and when it was last known to be there. */
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <unistd.h>

#include "net/rtnl.h"

struct neighbour_walk {
	bool (*visit)(void *ctx, const struct net_neighbour *b);
	void *ctx;
};

static uint32_t seconds_of(const struct nlattr *a)
{
	struct nda_cacheinfo c = {0};
	long hz = sysconf(_SC_CLK_TCK);

	if (!a || nla_len(a) < (int)sizeof(c) || hz <= 0)
		return 0;
	memcpy(&c, nla_data(a), sizeof(c));
	return (uint32_t)(c.ndm_confirmed / (unsigned long)hz);
}

/* False: none that has answered. */
static bool parse(struct nlmsghdr *h, struct net_neighbour *out)
{
	const struct ndmsg *m = nlmsg_data(h);
	struct nlattr *tb[NDA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(h, sizeof(*m), tb, NDA_MAX, NULL) < 0 ||
	        !tb[NDA_DST] || !tb[NDA_LLADDR] || m->ndm_type != RTN_UNICAST ||
	        m->ndm_state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP))
		return false;
	*out = (struct net_neighbour){.ifindex = (uint32_t)m->ndm_ifindex,
	        .addr = rtnl_get_ip(m->ndm_family, tb[NDA_DST]),
	        .age_s = seconds_of(tb[NDA_CACHEINFO])};
	if (nla_len(tb[NDA_LLADDR]) != sizeof(out->mac))
		return false;
	memcpy(out->mac, nla_data(tb[NDA_LLADDR]), sizeof(out->mac));
	return out->addr.family != 0;
}

static bool walk(void *ctx, struct nlmsghdr *h)
{
	struct neighbour_walk *w = ctx;
	struct net_neighbour b;

	return !parse(h, &b) || w->visit(w->ctx, &b);
}

int kernel_neighbours(struct net *n, int family,
        bool (*visit)(void *ctx, const struct net_neighbour *b), void *ctx)
{
	struct ndmsg m = {.ndm_family = (uint8_t)family};
	struct neighbour_walk w = {visit, ctx};

	return rtnl_dump(
	        net_kernel(n), rtnl_msg(RTM_GETNEIGH, NLM_F_DUMP, &m, sizeof(m)), walk, &w);
}
