/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What interfaces had counted when they were cleared: see counters.h. */
#include "flexvpn/counters.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct fx_counted {
	struct fx_counted *next;
	struct net_link then;
	uint64_t at;
	char ifname[];
};

static struct fx_counted *find(const struct fx *x, const char *ifname)
{
	struct fx_counted *c = x->counted;

	while (c && strcmp(c->ifname, ifname) != 0)
		c = c->next;
	return c;
}

static void clear_one(struct fx *x, const struct fx_interface *i)
{
	struct fx_counted *c = find(x, i->name);
	struct net_link now = {0};

	if (!c) {
		c = xcalloc(1, sizeof(*c) + strlen(i->name) + 1);
		strcpy(c->ifname, i->name);
		c->next = x->counted;
		x->counted = c;
	}
	fx_link(x, i, &now);
	c->then = now;
	c->at = mono_ms();
}

bool fx_counters_clear(struct fx *x, const char *ifname)
{
	bool any = !ifname;

	if (!ifname)
		x->b.dp_ops->stats(x->b.dp, &x->dp_cleared);
	for (size_t n = 0; n < x->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &x->cfg->interfaces.v[n];

		if (ifname && strcmp(ifname, i->name) != 0)
			continue;
		clear_one(x, i);
		any = true;
	}
	return any;
}

/* A device that was made anew counts from zero: nothing is to be subtracted. */
static void less(uint64_t *now, uint64_t then)
{
	*now -= then <= *now ? then : 0;
}

uint64_t fx_counters_since(const struct fx *x, const char *ifname, struct net_link *l)
{
	const struct fx_counted *c = find(x, ifname);

	if (!c)
		return 0;
	if (l->index != c->then.index)
		return c->at;
	less(&l->rx_packets, c->then.rx_packets);
	less(&l->rx_bytes, c->then.rx_bytes);
	less(&l->tx_packets, c->then.tx_packets);
	less(&l->tx_bytes, c->then.tx_bytes);
	less(&l->rx_errors, c->then.rx_errors);
	less(&l->tx_errors, c->then.tx_errors);
	less(&l->rx_dropped, c->then.rx_dropped);
	less(&l->tx_dropped, c->then.tx_dropped);
	return c->at;
}

void fx_counters_free(struct fx_counted *c)
{
	while (c) {
		struct fx_counted *next = c->next;

		free(c);
		c = next;
	}
}

void fx_counters_dataplane(const struct fx *x, struct dp_stats *out)
{
	x->b.dp_ops->stats(x->b.dp, out);
	dp_stats_since(out, &x->dp_cleared);
}
