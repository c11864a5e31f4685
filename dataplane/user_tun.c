/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TUN devices: made without persistence, so that they go when we do, however we go; with offloads,
 * so that one read brings a run of packets; and with the MTU that ESP leaves of the path's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "dataplane/path.h"
#include "dataplane/user.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* The floors below which no report of a router lets us go: RFC 791's 576 less what ESP takes, RFC
 * 8200 §5. */
enum { MTU_DEFAULT = 1400, MTU_FLOOR4 = 500, MTU_FLOOR6 = 1280 };

static const char tun_path[] = "/dev/net/tun";

/* Making a device and letting it go is the only proof that one can be made. */
bool user_probe(char *why, size_t n)
{
	struct ifreq ifr = {.ifr_name = "spoke%d", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open(tun_path, O_RDWR | O_CLOEXEC);
	bool ok = fd >= 0 && ioctl(fd, TUNSETIFF, &ifr) == 0;

	if (ok)
		snprintf(why, n, "ESP in user space over %s", tun_path);
	else
		snprintf(why, n, "%s: %s", tun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Most to least: kernels before 6.2 know no segmentation of UDP. */
static void set_offloads(int fd)
{
	static const unsigned tries[] = {
	        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6,
	        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
	        0,
	};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)tries[i]) == 0)
			return;
}

/* The kernel would give the device a link-local address of its own, and speak IPv6 where only IPv4
 * was agreed on. */
static void no_link_local(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t rc = write(fd, "1", 1);

	(void)rc; /* without IPv6 there is nothing to keep off */
	close(fd);
}

int user_tun_open(struct user *u, struct user_tun *t)
{
	struct ifreq ifr = {
	        .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | (int)IFF_TUN_EXCL)};
	int fd = open(tun_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, t->t.name, sizeof(ifr.ifr_name));
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		int err = errno;

		close(fd);
		return err == EBUSY || err == EINVAL ? -EEXIST : -err;
	}
	set_offloads(fd);
	no_link_local(t->t.name);
	t->src = (struct source){.ready = user_tun_ready, .fd = fd};
	user_tun_set_mtu(u, t, t->t.mtu ? t->t.mtu : MTU_DEFAULT);
	return 0;
}

void user_tun_close(struct user_tun *t)
{
	close(t->src.fd);
	t->src.fd = -1;
}

void user_tun_set_mtu(struct user *u, struct user_tun *t, uint16_t mtu)
{
	struct ifreq ifr = {.ifr_mtu = mtu};

	if (t->mtu == mtu || t->src.fd < 0)
		return;
	memcpy(ifr.ifr_name, t->t.name, sizeof(ifr.ifr_name));
	if (ioctl(u->door.sock[SOCK_IKE4].src.fd, SIOCSIFMTU, &ifr) == 0)
		t->mtu = mtu;
}

static bool speaks6(const struct pair *p)
{
	for (uint8_t i = 0; i < p->sa.n_ts_local; i++)
		if (p->sa.ts_local[i].lo.family == AF_INET6)
			return true;
	return p->payload == DP_PAYLOAD_GRE;
}

static uint16_t fitting(struct user *u, const struct user_tun *t)
{
	const struct pair *p = t->send->p;
	const struct user_door *door = user_door_find(u, t->t.vrf);
	uint16_t path = door ? dp_path_mtu(&p->sa.local.addr, &p->sa.remote.addr, door->device) : 0,
	         floor = speaks6(p) ? MTU_FLOOR6 : MTU_FLOOR4;
	uint16_t fit;

	if (!path) /* no way there now */
		return t->t.mtu ? t->t.mtu : t->mtu;
	fit = dp_inner_mtu(path, p->sa.local.addr.family, p->sa.udp_encap, p->sa.mode, p->payload,
	        alg_encr(p->sa.encr), alg_integ(p->sa.integ));
	if (t->t.payload == DP_PAYLOAD_GRE && t->t.has_key && fit)
		fit -= GRE_KEY_SIZE;
	if (fit < floor)
		fit = floor; /* the outer packets are fragmented then */
	return t->t.mtu && t->t.mtu < fit ? t->t.mtu : fit;
}

void user_tun_fit(struct user *u, struct user_tun *t, bool say)
{
	uint16_t mtu, was = t->mtu;

	if (!t->send)
		mtu = t->t.mtu ? t->t.mtu : was;
	else
		mtu = fitting(u, t);
	user_tun_set_mtu(u, t, mtu);
	if (say && t->mtu < was) {
		struct dp_event ev = {.type = DP_EV_MTU, .tunnel = t->t.id, .value = t->mtu};

		user_tell(u, &ev);
	}
}
