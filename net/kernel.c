/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_kernel_ops: the back end of a running router, in the network namespace that the process was
 * in when it opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/rtnl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static void kernel_close(struct net *n)
{
	struct net_kernel *k = net_kernel(n);

	if (!k)
		return;
	if (k->req)
		nl_socket_free(k->req);
	if (k->ev)
		nl_socket_free(k->ev);
	net_evq_fini(&k->q);
	free(k->own);
	free(k);
}

/* Strict checking makes the kernel filter dumps by what the request names; old kernels answer in
 * full. */
static int open_requests(struct net_kernel *k)
{
	int on = 1;

	rtnl_one_read(k->req);
	if (nl_connect(k->req, NETLINK_ROUTE) < 0)
		return -errno;
	setsockopt(nl_socket_get_fd(k->req), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return 0;
}

static struct net *kernel_open(char *why, size_t n)
{
	struct net_kernel *k = xcalloc(1, sizeof(*k));
	int rc = -ENOMEM;

	k->net.ops = &net_kernel_ops;
	k->req = nl_socket_alloc();
	k->ev = nl_socket_alloc();
	if (k->req && k->ev)
		rc = open_requests(k);
	if (!rc)
		rc = kernel_events_open(k);
	if (rc) {
		snprintf(why, n, "rtnetlink: %s", strerror(-rc));
		kernel_close(&k->net);
		return NULL;
	}
	return &k->net;
}

static int sysctl_set(const char *path, bool on, bool *before)
{
	char now = 0, want = on ? '1' : '0';
	int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (read(fd, &now, 1) != 1)
		rc = errno ? -errno : -EIO;
	close(fd);
	if (before)
		*before = now != '0';
	if (rc || now == want)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, &want, 1) != 1)
		rc = errno ? -errno : -EIO;
	close(fd);
	return rc;
}

static int kernel_forwarding(struct net *n, int family, bool on, bool *before)
{
	(void)n;
	if (family == AF_INET)
		return sysctl_set("/proc/sys/net/ipv4/ip_forward", on, before);
	if (family == AF_INET6)
		return sysctl_set("/proc/sys/net/ipv6/conf/all/forwarding", on, before);
	return -EAFNOSUPPORT;
}

static int ra_one(const char *dev, const char *what, uint8_t want, uint8_t *before)
{
	char path[96], text[4] = "";
	int rc = 0, fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", dev, what);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) < 1)
		rc = -EIO;
	*before = (uint8_t)strtoul(text, NULL, 10);
	text[0] = (char)('0' + want);
	if (!rc && *before != want && pwrite(fd, text, 1, 0) != 1)
		rc = -errno;
	close(fd);
	return rc;
}

static int kernel_ra_set(
        struct net *n, const char *dev, const struct net_ra *ra, struct net_ra *before)
{
	struct net_ra unused;
	int rc, one;

	(void)n;
	before = before ? before : &unused;
	*before = (struct net_ra){0};
	if (strchr(dev, '/') || strlen(dev) >= NET_IFNAMSIZ)
		return -EINVAL;
	rc = ra_one(dev, "accept_ra", ra->accept, &before->accept);
	one = ra_one(dev, "autoconf", ra->autoconf, &before->autoconf);
	rc = rc ? rc : one;
	one = ra_one(dev, "accept_ra_defrtr", ra->defrtr, &before->defrtr);
	return rc ? rc : one;
}

const struct net_ops net_kernel_ops = {
        .name = "kernel",
        .open = kernel_open,
        .close = kernel_close,
        .link_by_name = kernel_link_by_name,
        .link_by_index = kernel_link_by_index,
        .links = kernel_links,
        .addrs = kernel_addrs,
        .neighbours = kernel_neighbours,
        .routes = kernel_routes,
        .route_to = kernel_route_to,
        .link_set = kernel_link_set,
        .link_alias = kernel_link_alias,
        .link_del = kernel_link_del,
        .dummy_add = kernel_dummy_add,
        .vlan_add = kernel_vlan_add,
        .ra_set = kernel_ra_set,
        .addr_add = kernel_addr_add,
        .addr_del = kernel_addr_del,
        .route_add = kernel_route_add,
        .route_replace = kernel_route_replace,
        .route_del = kernel_route_del,
        .forwarding = kernel_forwarding,
        .fd = kernel_events_fd,
        .poll = kernel_events_poll,
};
