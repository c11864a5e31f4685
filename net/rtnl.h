/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside net/: the kernel back end's sockets, one netlink transaction, and the parsers that dumps
 * and events share.
 *
 * Errors are the kernel's own: libnl folds several errno values into one code, so answers are read
 * with callbacks of ours that keep the number. A dump is collected whole before anybody sees it;
 * the kernel may interrupt one (the tables changed while it walked them), and then it is asked
 * again, and visitors may ask further questions themselves.
 */
#ifndef SPOKE_NET_RTNL_H
#define SPOKE_NET_RTNL_H

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "base/mem.h"
#include "net/net.h"

struct net_evq { /* events that wait for net_ops.poll() */
	struct net_event *ev;
	size_t head, n, cap;
};

void net_evq_put(struct net_evq *q, const struct net_event *ev);
bool net_evq_get(struct net_evq *q, struct net_event *out);
void net_evq_fini(struct net_evq *q);

/* An address that this process added: ownership on kernels that know no IFA_PROTO (before 5.18). */
struct net_own_addr {
	uint32_t ifindex;
	struct prefix addr;
};

struct net_kernel {
	struct net net;
	struct nl_sock *req; /* synchronous questions */
	struct nl_sock *ev;  /* multicast groups, non-blocking */
	struct net_evq q;
	struct net_own_addr *own;
	size_t n_own;
	bool keeps_proto; /* the kernel gave back an address with a protocol */
};

static inline struct net_kernel *net_kernel(struct net *n)
{
	return (struct net_kernel *)n;
}

/* One request; the message is freed. 0 or -errno. */
void rtnl_one_read(struct nl_sock *sk); /* before it is connected */
int rtnl_change(struct net_kernel *k, struct nl_msg *m);
/* One request with one answer, handed to `take`. */
int rtnl_ask(struct net_kernel *k, struct nl_msg *m, void (*take)(void *ctx, struct nlmsghdr *h),
        void *ctx);
/* A dump; visitors return false to stop. The message is freed. */
int rtnl_dump(struct net_kernel *k, struct nl_msg *m, bool (*visit)(void *ctx, struct nlmsghdr *h),
        void *ctx);
/* A message of type `type` with its fixed header of `n` octets. */
struct nl_msg *rtnl_msg(int type, int flags, const void *head, size_t n);

void rtnl_put_ip(struct nl_msg *m, int attr, const struct ipaddr *a);
struct ipaddr rtnl_get_ip(int family, const struct nlattr *a); /* none when the length is wrong */
uint32_t rtnl_get_u32(const struct nlattr *a);                 /* 0 when absent */

/* false: not one of those that we look at, or malformed. */
bool rtnl_parse_link(struct nlmsghdr *h, struct net_link *out);
bool rtnl_parse_addr(struct nlmsghdr *h, struct net_addr *out, bool *has_proto);
bool rtnl_parse_route(struct nlmsghdr *h, struct net_route *out);

bool kernel_link_by_name(struct net *n, const char *name, struct net_link *out);
bool kernel_link_by_index(struct net *n, uint32_t index, struct net_link *out);
int kernel_links(struct net *n, bool (*visit)(void *ctx, const struct net_link *l), void *ctx);
int kernel_link_set(struct net *n, uint32_t ifindex, bool up, uint32_t mtu);
int kernel_link_alias(struct net *n, uint32_t ifindex, const char *alias);
int kernel_link_del(struct net *n, uint32_t ifindex);
int kernel_vlan_add(struct net *n, const char *name, uint32_t parent, uint16_t vlan, uint32_t *ifindex);
int kernel_dummy_add(struct net *n, const char *name, uint32_t *ifindex);

int kernel_addrs(struct net *n, uint32_t ifindex,
        bool (*visit)(void *ctx, const struct net_addr *a), void *ctx);
int kernel_addr_add(struct net *n, uint32_t ifindex, const struct prefix *a);
int kernel_addr_del(struct net *n, uint32_t ifindex, const struct prefix *a);
bool kernel_own_addr(const struct net_kernel *k, uint32_t ifindex, const struct prefix *a);

int kernel_neighbours(struct net *n, int family,
        bool (*visit)(void *ctx, const struct net_neighbour *b), void *ctx);

int kernel_routes(struct net *n, uint32_t table,
        bool (*visit)(void *ctx, const struct net_route *r), void *ctx);
int kernel_route_to(struct net *n, const struct ipaddr *dst, uint32_t table, struct net_route *out);
int kernel_route_add(struct net *n, const struct net_route *r);
int kernel_route_replace(struct net *n, const struct net_route *r);
int kernel_route_del(struct net *n, const struct net_route *r);

int kernel_events_open(struct net_kernel *k);
int kernel_events_fd(struct net *n);
bool kernel_events_poll(struct net *n, struct net_event *out);

#endif
