/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop batched|single DEVICE LOCAL REMOTE: carries the packets of a TUN device in UDP, as they are.
 * What ESP in user space is measured against:
 *
 *   batched   the ceiling: everything that the kernel offers to batch (offloads of the device,
 * UDP_SEGMENT, UDP_GRO, sendmmsg, recvmmsg), no header of its own, no cipher, no table, no lock
 *   single    one packet, one call: what a loop costs that is written without thought
 *
 * Prints "ready" and ends with its input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "dataplane/merge.h"
#include "dataplane/segment.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO     104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum {
	PORT = 4500,
	PACKET = 65536,
	READS = 64,
	POOL = 1 << 19, /* octets of a flight; one more packet fits behind */
	RUN_PARTS = 64,
	RUN_OCTETS = 65000,
	RUNS = 1024,
	SLOTS = 16,
	BUFFER = 4 << 20,
	OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | 0x60, /* USO4 and USO6 */
};

static int tun, sock;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void open_tun(const char *name, bool batched)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	if (batched)
		ifr.ifr_flags |= IFF_VNET_HDR;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr) < 0)
		die("/dev/net/tun");
	if (batched && ioctl(tun, TUNSETOFFLOAD, (unsigned long)OFFLOADS) < 0 &&
	        ioctl(tun, TUNSETOFFLOAD, (unsigned long)(OFFLOADS & ~0x60)) < 0)
		die("offloads");
}

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die(text);
	return a;
}

static void open_sock(const char *local, const char *remote, bool batched)
{
	struct sockaddr_in a = address(local), b = address(remote);
	int size = BUFFER, one = 1;

	sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (batched && setsockopt(sock, SOL_UDP, UDP_GRO, &one, sizeof(one)) < 0)
		die("UDP_GRO");
	if (bind(sock, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	        connect(sock, (struct sockaddr *)&b, sizeof(b)) < 0)
		die("socket");
}

/* ---- out: runs of packets of one size ---------------------------------------------------------
 */

struct flight {
	uint8_t *pool;
	size_t used;
	struct mmsghdr m[RUNS];
	struct iovec iov[RUNS];
	struct run {
		size_t step;
		unsigned parts;
		bool closed;
		union {
			char b[CMSG_SPACE(sizeof(uint16_t))];
			struct cmsghdr align;
		} control;
	} run[RUNS];
	unsigned n;
};

static void describe(struct flight *f, unsigned i)
{
	struct msghdr *h = &f->m[i].msg_hdr;
	struct run *r = &f->run[i];
	struct cmsghdr *c = &r->control.align;
	uint16_t step = (uint16_t)r->step;

	*h = (struct msghdr){.msg_iov = &f->iov[i], .msg_iovlen = 1};
	if (r->parts == 1)
		return;
	h->msg_control = &r->control;
	h->msg_controllen = sizeof(r->control);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(step));
	memcpy(CMSG_DATA(c), &step, sizeof(step));
}

static void send_flight(struct flight *f)
{
	for (unsigned i = 0; i < f->n; i++)
		describe(f, i);
	for (unsigned done = 0; done < f->n;) {
		int rc = sendmmsg(sock, f->m + done, f->n - done, 0);

		done += rc > 0 ? (unsigned)rc : 1; /* what is refused is lost */
	}
	f->n = 0;
	f->used = 0;
}

static void append(struct flight *f, size_t len)
{
	uint8_t *p = f->pool + f->used;
	struct run *r = f->n ? &f->run[f->n - 1] : NULL;

	f->used += len;
	if (r && !r->closed && r->parts < RUN_PARTS && len <= r->step &&
	        f->iov[f->n - 1].iov_len + len <= RUN_OCTETS) {
		f->iov[f->n - 1].iov_len += len;
		r->parts++;
		r->closed = len < r->step;
		return;
	}
	if (f->n == RUNS) {
		memmove(f->pool, p, len);
		send_flight(f);
		p = f->pool;
		f->used = len;
	}
	f->run[f->n].step = len;
	f->run[f->n].parts = 1;
	f->run[f->n].closed = false;
	f->iov[f->n++] = (struct iovec){p, len};
}

static void from_tun(struct flight *f)
{
	static uint8_t packet[PACKET];
	struct virtio_net_hdr h;
	struct iovec v[2] = {{&h, sizeof(h)}, {packet, sizeof(packet)}};
	struct segmenter s;
	size_t len;

	for (int i = 0; i < READS && f->used < POOL; i++) {
		ssize_t n = readv(tun, v, 2);

		if (n <= (ssize_t)sizeof(h))
			break;
		if (!segment_begin(&s, &h, packet, (size_t)n - sizeof(h)))
			continue;
		while ((len = segment_next(&s, f->pool + f->used, PACKET)) > 0)
			append(f, len);
	}
	send_flight(f);
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool to_tun(
        void *ctx, void *to, const struct virtio_net_hdr *h, const struct iovec *v, int n)
{
	struct iovec all[1 + MERGE_PARTS] = {{(void *)h, sizeof(*h)}};

	(void)ctx;
	(void)to;
	memcpy(all + 1, v, (size_t)n * sizeof(*v));
	return writev(tun, all, n + 1) > 0 || errno != EINVAL;
}

static uint16_t segment_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int value = 0;

	if (c && c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
		memcpy(&value, CMSG_DATA(c), sizeof(value));
	return (uint16_t)value;
}

static void from_sock(struct merger *merge, uint8_t *slots)
{
	static struct mmsghdr m[SLOTS];
	static struct iovec iov[SLOTS];
	static union {
		char b[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control[SLOTS];

	for (unsigned i = 0; i < SLOTS; i++) {
		iov[i] = (struct iovec){slots + (size_t)i * PACKET, PACKET};
		m[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i],
		        .msg_iovlen = 1,
		        .msg_control = &control[i],
		        .msg_controllen = sizeof(control[i])};
	}
	int n = recvmmsg(sock, m, SLOTS, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		uint8_t *p = iov[i].iov_base;
		size_t left = m[i].msg_len, step = segment_of(&m[i].msg_hdr);

		while (left) {
			size_t part = step && step < left ? step : left;

			merge_add(merge, merge, p, part);
			p += part;
			left -= part;
		}
	}
	merge_flush(merge);
}

/* ---- the loops ------------------------------------------------------------------------------- */

static short wait_for(struct pollfd p[3])
{
	while (poll(p, 3, -1) < 0)
		;
	return p[2].revents;
}

static void batched(struct pollfd p[3])
{
	static struct merger merge = {.out = to_tun};
	struct flight *f = xcalloc(1, sizeof(*f));
	uint8_t *slots = xmalloc((size_t)SLOTS * PACKET);

	f->pool = xmalloc(POOL + 2 * PACKET);
	while (!wait_for(p)) {
		if (p[0].revents)
			from_tun(f);
		if (p[1].revents)
			from_sock(&merge, slots);
	}
	free(slots);
	free(f->pool);
	free(f);
}

static void pass_on(int from, int to)
{
	static uint8_t packet[PACKET];
	ssize_t n = read(from, packet, sizeof(packet));

	if (n > 0)
		n = write(to, packet, (size_t)n);
}

static void single(struct pollfd p[3])
{
	while (!wait_for(p)) {
		if (p[0].revents)
			pass_on(tun, sock);
		if (p[1].revents)
			pass_on(sock, tun);
	}
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: %s batched|single DEVICE LOCAL REMOTE\n", argv[0]);
		return 2;
	}
	bool batch = strcmp(argv[1], "batched") == 0;

	open_tun(argv[2], batch);
	open_sock(argv[3], argv[4], batch);
	puts("ready");
	fflush(stdout);
	struct pollfd p[3] = {{tun, POLLIN, 0}, {sock, POLLIN, 0}, {0, POLLIN, 0}};

	(batch ? batched : single)(p);
	return 0;
}
