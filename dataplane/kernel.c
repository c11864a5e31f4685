/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dp_kernel_ops: opening, closing, poll(). See kernel.h for the whole. */
#include "dataplane/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/secret.h"

enum { PORT_IKE = 500, PORT_NATT = 4500 };

#define GROUP(n) (1u << ((n)-1))

/* ---- whole-kernel counters ------------------------------------------------------------------- */

/* "XfrmInNoStates    3" of /proc/net/xfrm_stat; 0 where it is missing (CONFIG_XFRM_STATISTICS). */
static uint64_t xfrm_stat(const char *name)
{
	FILE *f = fopen("/proc/thread-self/net/xfrm_stat", "re");
	unsigned long long v = 0, found = 0;
	char line[80], key[48];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%47s %llu", key, &v) == 2 && strcmp(key, name) == 0)
			found = v;
	if (f)
		fclose(f);
	return found;
}

void kdp_stats(struct dp *d, struct dp_stats *out)
{
	struct kernel *k = kernel_of(d);
	struct kdp_link_stats st;

	*out = k->stats;
	kdp_sa_totals(k, &out->sas);
	out->esp_unknown_spi = xfrm_stat("XfrmInNoStates") - k->no_states;
	out->esp_short = xfrm_stat("XfrmInHdrError") - k->short_esp;
	for (const struct kdp_tun *t = k->tuns; t; t = t->next)
		if (kdp_link_stats(k->route, t->ifindex, &st)) {
			out->tun_no_sa += st.tx_drops;
			out->tun_reads += st.tx_packets;
			out->tun_writes += st.rx_packets;
		}
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void kernel_close(struct dp *d)
{
	struct kernel *k = kernel_of(d);

	if (!k)
		return;
	while (k->tuns)
		kdp_tunnel_del(d, k->tuns->t.id);
	while (k->door.next)
		kdp_door(d, k->door.next->vrf, NULL);
	kdp_socks_close(&k->door);
	if (k->epoll >= 0)
		close(k->epoll);
	if (k->xfrm)
		mnl_socket_close(k->xfrm);
	if (k->route)
		mnl_socket_close(k->route);
	if (k->events)
		mnl_socket_close(k->events);
	free(k->sas);
	wipe(k->msg, sizeof(k->msg));
	free(k);
}

static bool netlink(struct kernel *k)
{
	unsigned groups = GROUP(XFRMNLGRP_EXPIRE) | GROUP(XFRMNLGRP_MAPPING);

	return (k->route = kdp_open_nl(NETLINK_ROUTE, 0)) != NULL &&
	       (k->xfrm = kdp_open_nl(NETLINK_XFRM, 0)) != NULL &&
	       (k->events = kdp_open_nl(NETLINK_XFRM, groups)) != NULL;
}

/* Devices first: what is left of the policies keeps GRE from leaving in the clear until then. */
static int purge(struct kernel *k)
{
	int rc = kdp_link_purge(k->route);

	if (rc == 0)
		rc = kdp_policy_purge(k);
	return rc ? rc : kdp_sa_purge(k);
}

static bool watch(const struct kernel *k, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static bool watch_all(struct kernel *k)
{
	k->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (k->epoll < 0 || !watch(k, mnl_socket_get_fd(k->events)))
		return false;
	return kdp_door_watch(k, &k->door);
}

/* Whoever holds the ports is alone; only then may leftovers be removed. */
static bool set_up(struct kernel *k, char *why, size_t n)
{
	int rc;

	if (!netlink(k)) {
		snprintf(why, n, "netlink: %s", strerror(errno));
		return false;
	}
	if (!kdp_socks_open(k, &k->door, why, n))
		return false;
	rc = purge(k);
	if (rc < 0) {
		snprintf(why, n, "removing what was left: %s", strerror(-rc));
		return false;
	}
	if (!watch_all(k)) {
		snprintf(why, n, "epoll: %s", strerror(errno));
		return false;
	}
	k->no_states = xfrm_stat("XfrmInNoStates");
	k->short_esp = xfrm_stat("XfrmInHdrError");
	return true;
}

static struct dp *kernel_open(const struct dp_config *cfg, char *why, size_t n)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	if (n)
		*why = '\0';
	k->dp.ops = &dp_kernel_ops;
	k->cfg = *cfg;
	if (!k->cfg.port_ike)
		k->cfg.port_ike = PORT_IKE;
	if (!k->cfg.port_natt)
		k->cfg.port_natt = PORT_NATT;
	k->epoll = -1;
	for (unsigned i = 0; i < KDP_SOCKS; i++)
		k->door.sock[i].fd = -1;
	if (set_up(k, why, n))
		return &k->dp;
	kernel_close(&k->dp);
	return NULL;
}

/* ---- poll ------------------------------------------------------------------------------------ */

static int kernel_fd(struct dp *d)
{
	return kernel_of(d)->epoll;
}

static bool kernel_poll(struct dp *d, struct dp_event *out)
{
	struct kernel *k = kernel_of(d);

	if (!k->q_n)
		kdp_events_read(k);
	if (!k->q_n)
		return kdp_sock_read(k, out);
	*out = k->queue[k->q_head];
	k->q_head = (k->q_head + 1) % KDP_EVENTS;
	k->q_n--;
	return true;
}

const struct dp_ops dp_kernel_ops = {
        .name = "kernel",
        .plain_esp = true,
        .probe = kdp_probe,
        .open = kernel_open,
        .close = kernel_close,
        .tunnel_add = kdp_tunnel_add,
        .tunnel_set = kdp_tunnel_set,
        .tunnel_del = kdp_tunnel_del,
        .sa_add = kdp_sa_add,
        .sa_send = kdp_sa_send,
        .sa_del = kdp_sa_del,
        .sa_move = kdp_sa_move,
        .sa_get = kdp_sa_get,
        .sa_next = kdp_sa_next,
        .sa_clear_counters = kdp_sa_clear_counters,
        .stats = kdp_stats,
        .door = kdp_door,
        .send_ike = kdp_send_ike,
        .fd = kernel_fd,
        .poll = kernel_poll,
};
