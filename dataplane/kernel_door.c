/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Front doors: beside the global sockets a set for each device that outer packets are to leave and
 * come by. ESP and GRE follow by the tunnel's device, whose link the door's device is: the kernel
 * then routes what it has sealed by that device's table.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/mem.h"
#include "dataplane/kernel.h"

struct kdp_door *kdp_door_find(struct kernel *k, uint32_t vrf)
{
	struct kdp_door *door = &k->door;

	while (door && door->vrf != vrf)
		door = door->next;
	return door;
}

uint32_t kdp_door_link(struct kernel *k, uint32_t vrf)
{
	const struct kdp_door *door = kdp_door_find(k, vrf);

	return door ? door->ifindex : 0;
}

bool kdp_door_watch(struct kernel *k, struct kdp_door *door)
{
	struct epoll_event ev = {.events = EPOLLIN};

	for (unsigned i = 0; i < KDP_SOCKS; i++)
		if (door->sock[i].fd >= 0 &&
		        epoll_ctl(k->epoll, EPOLL_CTL_ADD, door->sock[i].fd, &ev) < 0)
			return false;
	return true;
}

static int follow(struct kernel *k, uint32_t vrf)
{
	int rc = 0, one;

	for (struct kdp_tun *t = k->tuns; t; t = t->next)
		if (t->t.vrf == vrf) {
			one = kdp_tun_follow(k, t);
			rc = rc ? rc : one;
		}
	return rc;
}

static void close_door(struct kernel *k, uint32_t vrf)
{
	struct kdp_door **at = &k->door.next, *door;

	while (*at && (*at)->vrf != vrf)
		at = &(*at)->next;
	door = *at;
	if (!door)
		return;
	*at = door->next;
	kdp_socks_close(door);
	free(door);
}

static int open_door(struct kernel *k, uint32_t vrf, const char *device)
{
	struct kdp_door *door = xcalloc(1, sizeof(*door));
	char why[100];
	int err = ENODEV;

	door->vrf = vrf;
	door->ifindex = if_nametoindex(device);
	snprintf(door->device, sizeof(door->device), "%s", device);
	for (unsigned i = 0; i < KDP_SOCKS; i++)
		door->sock[i].fd = -1;
	if (door->ifindex && kdp_socks_open(k, door, why, sizeof(why)) && kdp_door_watch(k, door)) {
		door->next = k->door.next;
		k->door.next = door;
		return 0;
	}
	if (door->ifindex)
		err = errno;
	kdp_socks_close(door);
	free(door);
	return -err;
}

int kdp_door(struct dp *d, uint32_t vrf, const char *device)
{
	struct kernel *k = kernel_of(d);
	int rc = 0, then;

	if (!vrf || (device && strlen(device) >= DP_IFNAMSIZ))
		return -EINVAL;
	close_door(k, vrf);
	/* Another device's table has no say in where the kernel sends what it has sealed. */
	if (device && !kdp_link_is_vrf(k->route, if_nametoindex(device)))
		rc = -EOPNOTSUPP;
	else if (device)
		rc = open_door(k, vrf, device);
	then = follow(k, vrf);
	return rc ? rc : then;
}
