/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The box forwards packets: IPv4 once there are interfaces, IPv6 with `ipv6 unicast-routing`. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"

static void set(struct fx *x, int family, bool on, bool *before)
{
	int rc = x->b.net_ops->forwarding(x->b.net, family, on, before);

	if (rc < 0)
		log_msg(PLATFORM_OPERATION_FAILED,
		        family == AF_INET ? "IPv4 forwarding" : "IPv6 forwarding", strerror(-rc));
}

/* What `ipv6 unicast-routing` found is put back by its `no`, and at the end. */
static void ipv6(struct fx *x, bool on)
{
	struct fx_forward *f = &x->forward;

	if (on == f->v6)
		return;
	if (on)
		set(x, AF_INET6, true, &f->v6_before);
	else if (!f->v6_before)
		set(x, AF_INET6, false, NULL);
	f->v6 = on;
}

void fx_forward_apply(struct fx *x)
{
	if (!x->forward.v4 && x->cfg->interfaces.n) {
		x->forward.v4 = true;
		set(x, AF_INET, true, NULL);
	}
	ipv6(x, x->cfg->g.forward6);
}

void fx_forward_end(struct fx *x)
{
	ipv6(x, false);
}
