/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue between what the kernel (or a test) announces and net_ops.poll(). */
#include <string.h>

#include "net/rtnl.h"

void net_evq_put(struct net_evq *q, const struct net_event *ev)
{
	if (q->head && q->head == q->n)
		q->head = q->n = 0;
	if (q->n == q->cap) {
		q->cap = q->cap ? q->cap * 2 : 16;
		q->ev = xrealloc(q->ev, q->cap * sizeof(*q->ev));
	}
	q->ev[q->n++] = *ev;
}

bool net_evq_get(struct net_evq *q, struct net_event *out)
{
	if (q->head == q->n)
		return false;
	*out = q->ev[q->head++];
	return true;
}

void net_evq_fini(struct net_evq *q)
{
	free(q->ev);
	memset(q, 0, sizeof(*q));
}
