/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Front doors: beside the global sockets a set for each device that outer packets are to leave and
 * come by. A socket bound to a VRF's device is given what comes in on its interfaces, and sends by
 * its table; one bound to an interface is preferred over the global one for what comes in there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "dataplane/user.h"

struct user_door *user_door_find(struct user *u, uint32_t vrf)
{
	struct user_door *door = &u->door;

	while (door && door->vrf != vrf)
		door = door->next;
	return door;
}

bool user_door_watch(struct user *u, struct user_door *door)
{
	for (size_t i = 0; i < SOCK_MAX; i++)
		if (door->sock[i].src.fd >= 0 && user_watch(u, &door->sock[i].src) < 0)
			return false;
	return true;
}

/* A report of epoll that names one of its sockets may be with the thread already: the thread frees
 * it after its next round. */
static void close_door(struct user *u, uint32_t vrf)
{
	struct user_door **at = &u->door.next, *door;

	while (*at && (*at)->vrf != vrf)
		at = &(*at)->next;
	door = *at;
	if (!door)
		return;
	user_take(u);
	user_socks_close(door);
	*at = door->next;
	door->next = u->dead_doors;
	u->dead_doors = door;
	user_give(u);
}

static int open_door(struct user *u, uint32_t vrf, const char *device)
{
	struct user_door *door = xcalloc(1, sizeof(*door));
	char why[100];

	door->vrf = vrf;
	snprintf(door->device, sizeof(door->device), "%s", device);
	if (!user_socks_open(u, door, why, sizeof(why))) {
		int err = errno;

		user_socks_close(door);
		free(door);
		return -err;
	}
	user_take(u);
	door->next = u->door.next;
	u->door.next = door;
	bool watched = user_door_watch(u, door);
	int err = errno;

	for (struct user_tun *t = u->tuns; t; t = t->next)
		if (t->t.vrf == vrf)
			user_tun_fit(u, t, false);
	user_give(u);
	if (!watched)
		close_door(u, vrf);
	return watched ? 0 : -err;
}

int user_door(struct dp *d, uint32_t vrf, const char *device)
{
	struct user *u = user_of(d);

	if (!vrf || (device && strlen(device) >= DP_IFNAMSIZ))
		return -EINVAL;
	close_door(u, vrf);
	return device ? open_door(u, vrf, device) : 0;
}
