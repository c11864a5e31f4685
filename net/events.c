/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching: a second socket in rtnetlink's multicast groups, read when its descriptor is readable.
 *
 * When the kernel had to drop announcements (ENOBUFS), what was missed is unknown: that is said,
 * and a reader that then asks for the present state of everything is right again.
 */
#include <errno.h>

#include "net/rtnl.h"

enum { EVENT_BUFFER = 1 << 20 };

static enum net_event_type gone(bool is_gone, enum net_event_type type)
{
	return is_gone ? type + 1 : type;
}

static bool to_event(struct net_kernel *k, struct nlmsghdr *h, struct net_event *ev)
{
	bool has_proto;

	*ev = (struct net_event){0};
	if (rtnl_parse_link(h, &ev->link)) {
		ev->type = gone(h->nlmsg_type == RTM_DELLINK, NET_EV_LINK);
		return true;
	}
	if (rtnl_parse_addr(h, &ev->addr, &has_proto)) {
		if (!has_proto && !k->keeps_proto)
			ev->addr.ours = kernel_own_addr(k, ev->addr.ifindex, &ev->addr.addr);
		ev->type = gone(h->nlmsg_type == RTM_DELADDR, NET_EV_ADDR);
		return true;
	}
	if (rtnl_parse_route(h, &ev->route)) {
		ev->type = gone(h->nlmsg_type == RTM_DELROUTE, NET_EV_ROUTE);
		return true;
	}
	return false;
}

static int on_news(struct nl_msg *m, void *arg)
{
	struct net_kernel *k = arg;
	struct net_event ev;

	if (to_event(k, nlmsg_hdr(m), &ev))
		net_evq_put(&k->q, &ev);
	return NL_OK;
}

int kernel_events_open(struct net_kernel *k)
{
	nl_socket_disable_seq_check(k->ev);
	nl_socket_modify_cb(k->ev, NL_CB_VALID, NL_CB_CUSTOM, on_news, k);
	rtnl_one_read(k->ev);
	if (nl_connect(k->ev, NETLINK_ROUTE) < 0)
		return -errno;
	nl_socket_set_buffer_size(k->ev, EVENT_BUFFER, 0);
	if (nl_socket_set_nonblocking(k->ev) < 0)
		return -errno;
	if (nl_socket_add_memberships(k->ev, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	            RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0) < 0)
		return -errno;
	return 0;
}

int kernel_events_fd(struct net *n)
{
	return nl_socket_get_fd(net_kernel(n)->ev);
}

bool kernel_events_poll(struct net *n, struct net_event *out)
{
	enum { READS = 64 }; /* a flood may not hold the caller for ever */
	struct net_kernel *k = net_kernel(n);

	for (int i = 0; i < READS; i++) {
		if (net_evq_get(&k->q, out))
			return true;
		int rc = nl_recvmsgs_default(k->ev);

		if (rc == -NLE_AGAIN)
			return false;
		if (rc == -NLE_NOMEM)
			net_evq_put(&k->q, &(struct net_event){.type = NET_EV_MISSED});
		else if (rc < 0)
			return false;
	}
	return net_evq_get(&k->q, out);
}
