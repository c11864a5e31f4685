/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Socket → IKE queue, or ESP → TUN. RFC 3948 §2: on port 4500 four zero octets lead IKE, a single
 * 0xFF is a keepalive and everything else ESP. Whether it came in UDP or as protocol 50, the SPI
 * says whose it is (RFC 7296 §2.23).
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h> /* wants time.h before it */

#include "dataplane/user.h"

enum {
	NON_ESP_MARKER = 4,
	KEEPALIVE = 0xff,
	TELL_EVERY_MS = 1000,
	ROUNDS = 4,
	RESERVED_SPI = 255,
	IPV4_MIN = 20
};

/* ---- to the device --------------------------------------------------------------------------- */

/* A device that is down takes nothing: that is what "down" is for. */
static bool to_device(
        void *ctx, void *to, const struct virtio_net_hdr *h, const struct iovec *v, int n)
{
	struct iovec all[1 + MERGE_PARTS] = {{(void *)h, sizeof(*h)}};
	struct user *u = ctx;
	struct user_tun *t = to;

	if (t->src.fd < 0)
		return true;
	memcpy(all + 1, v, (size_t)n * sizeof(*v));
	if (writev(t->src.fd, all, n + 1) > 0)
		u->stats.tun_writes++;
	else if (errno == EINVAL)
		return false;
	return true;
}

void user_rx_init(struct user *u)
{
	u->rx.merge.out = to_device;
	u->rx.merge.ctx = u;
}

/* ---- a peer that moved ----------------------------------------------------------------------- */

/*
 * RFC 7296 §2.23: authentic ESP that is newer than all before it, from elsewhere, moves the peer:
 * its NAT forgot the old mapping. All SAs that went to the old place follow.
 */
static void follow(struct user *u, struct user_sa *sa, const struct arrival *a)
{
	struct endpoint old = sa->p->sa.remote;
	struct dp_event ev = {.type = DP_EV_REMOTE_MOVED,
	        .tunnel = sa->tun->t.id,
	        .spi = sa->p->sa.spi_in,
	        .local = a->local,
	        .remote = a->remote};

	for (size_t i = 0; i < u->n_sas; i++)
		if (u->sas[i]->tun == sa->tun && endpoint_eq(&u->sas[i]->p->sa.remote, &old))
			u->sas[i]->p->sa.remote = a->remote;
	user_tell(u, &ev);
}

static bool elsewhere(const struct user_sock *s, const struct user_sa *sa, const struct arrival *a)
{
	return sa->p->sa.udp_encap && !s->raw && !endpoint_eq(&sa->p->sa.remote, &a->remote);
}

/* ---- ESP ------------------------------------------------------------------------------------- */

static void unknown(struct user *u, uint32_t spi, const struct arrival *a)
{
	struct dp_event ev = {
	        .type = DP_EV_UNKNOWN_SPI, .spi = spi, .local = a->local, .remote = a->remote};

	u->stats.esp_unknown_spi++;
	if (u->unknown_said && u->now - u->unknown_said < TELL_EVERY_MS)
		return;
	u->unknown_said = u->now;
	user_tell(u, &ev);
}

static struct user_sa *lookup(struct user *u, uint32_t spi)
{
	if (!u->last_in || u->last_in->p->sa.spi_in != spi)
		u->last_in = user_sa_find(u, spi);
	return u->last_in;
}

static void on_esp(
        struct user *u, const struct user_sock *s, const struct arrival *a, uint8_t *p, size_t n)
{
	struct pair_packet out;
	struct user_sa *sa;

	if (n < ESP_HEADER || get_u32(p) <= RESERVED_SPI) {
		u->stats.esp_short++;
		return;
	}
	sa = lookup(u, get_u32(p));
	if (!sa) {
		unknown(u, get_u32(p), a);
		return;
	}
	/* A raw socket without a device is given what comes in by a VRF as well: its own has it
	 * too. */
	if (sa->tun->t.vrf != s->door->vrf)
		return;
	if (!pair_decap(sa->p, p, n, a->tos, &out))
		return;
	if (sa->p->in.authentic)
		sa->last_in_ms = u->now;
	if (out.newest && elsewhere(s, sa, a))
		follow(u, sa, a);
	if (out.p)
		merge_add(&u->rx.merge, sa->tun, out.p, out.n);
	user_tell_limits(u, sa);
}

/* ---- which of the two ------------------------------------------------------------------------ */

static void on_ike(struct user *u, const struct user_sock *s, const struct arrival *a,
        const uint8_t *p, size_t n)
{
	struct dp_event ev = {.type = DP_EV_IKE,
	        .local = a->local,
	        .remote = a->remote,
	        .vrf = s->door->vrf,
	        .natt = s->natt,
	        .data = p,
	        .len = n};

	if (user_queue_put(&u->queue, &ev))
		u->stats.ike_in++;
	else
		u->stats.ike_queue_full++;
}

static void on_datagram(
        struct user *u, const struct user_sock *s, const struct arrival *a, uint8_t *p, size_t n)
{
	if (!n)
		return;
	if (!s->natt) {
		on_ike(u, s, a, p, n);
		return;
	}
	if (n == 1 && p[0] == KEEPALIVE)
		return;
	if (n > NON_ESP_MARKER && get_u32(p) == 0)
		on_ike(u, s, a, p + NON_ESP_MARKER, n - NON_ESP_MARKER);
	else
		on_esp(u, s, a, p, n);
}

/* A raw IPv4 socket shows the header, an IPv6 one does not. */
static void on_raw(
        struct user *u, const struct user_sock *s, const struct arrival *a, uint8_t *p, size_t n)
{
	size_t head = s->v6 ? 0 : n ? (p[0] & 15u) * 4 : IPV4_MIN;

	if (head <= n)
		on_esp(u, s, a, p + head, n - head);
	else
		u->stats.esp_short++;
}

static void on_message(struct user *u, const struct user_sock *s, struct mmsghdr *m)
{
	uint8_t *p = m->msg_hdr.msg_iov->iov_base;
	struct arrival a;
	size_t left = m->msg_len;

	user_arrival_read(s, &m->msg_hdr, &a);
	if (s->raw) {
		on_raw(u, s, &a, p, left);
		return;
	}
	do { /* UDP_GRO: the last part may be shorter, and of any kind */
		size_t n = a.segment && a.segment < left ? a.segment : left;

		on_datagram(u, s, &a, p, n);
		p += n;
		left -= n;
	} while (left);
}

/* ---- the socket ------------------------------------------------------------------------------ */

static int receive(struct user *u, int fd, unsigned slots)
{
	struct user_rx *rx = &u->rx;

	for (unsigned i = 0; i < slots; i++) {
		rx->iov[i] = (struct iovec){rx->slots + (size_t)i * RX_STRIDE, RX_SLOT};
		rx->m[i].msg_hdr = (struct msghdr){.msg_name = &rx->from[i],
		        .msg_namelen = sizeof(rx->from[i]),
		        .msg_iov = &rx->iov[i],
		        .msg_iovlen = 1,
		        .msg_control = &rx->control[i],
		        .msg_controllen = sizeof(rx->control[i])};
	}
	return recvmmsg(fd, rx->m, slots, MSG_DONTWAIT, NULL);
}

/* RFC 1191, 8201: the path to `to` takes less than we sent. */
static void path_narrowed(struct user *u, const struct endpoint *to)
{
	for (struct user_tun *t = u->tuns; t; t = t->next)
		if (t->send && ipaddr_eq(&t->send->p->sa.remote.addr, &to->addr))
			user_tun_fit(u, t, true);
}

static bool says_too_big(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct sock_extended_err e;

		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			memcpy(&e, CMSG_DATA(c), sizeof(e));
			return e.ee_errno == EMSGSIZE;
		}
	}
	return false;
}

/* Other ICMP errors are hints that anybody can forge: IKE finds out by itself whether the peer is
 * there. */
static void drain_errors(struct user *u, int fd)
{
	union {
		char b[512];
		struct cmsghdr align;
	} control;
	uint8_t octets[64];
	struct sockaddr_storage to;
	struct endpoint e;

	for (int i = 0; i < RX_RUNS; i++) {
		struct iovec v = {octets, sizeof(octets)};
		struct msghdr m = {.msg_name = &to,
		        .msg_namelen = sizeof(to),
		        .msg_iov = &v,
		        .msg_iovlen = 1,
		        .msg_control = &control,
		        .msg_controllen = sizeof(control)};

		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		if (says_too_big(&m) && endpoint_from_sockaddr((struct sockaddr *)&to, &e))
			path_narrowed(u, &e);
	}
}

void user_sock_ready(struct user *u, struct source *src, uint32_t events)
{
	const struct user_sock *s = (const struct user_sock *)src;
	int slots = s->raw ? RX_SLOTS : RX_RUNS;

	if (events & EPOLLERR)
		drain_errors(u, src->fd);
	for (int round = 0; round < ROUNDS; round++) {
		int n = receive(u, src->fd, (unsigned)slots);

		if (n <= 0)
			return;
		u->stats.udp_reads += (unsigned)n;
		for (int i = 0; i < n; i++)
			on_message(u, s, &u->rx.m[i]);
		merge_flush(&u->rx.merge);
		if (n < slots)
			return;
	}
}
