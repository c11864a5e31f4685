/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sockets: UDP 500 and 4500 and protocol 50, IPv4 and IPv6 apart. A datagram's local address
 * comes with IP_PKTINFO and is given with it, so that one socket serves every address of the
 * router. Nobody else may have the ports: there is no SO_REUSEADDR, so that a second IKE daemon is
 * noticed at once.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "dataplane/user.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum { SOCK_BUFFER = 4 << 20, OUTER_TTL = 255 };

/* ---- opening --------------------------------------------------------------------------------- */

struct sock_opt {
	int level, name, value;
};

static const struct sock_opt opts4[] = {
        {IPPROTO_IP, IP_PKTINFO, 1},
        {IPPROTO_IP, IP_RECVTOS, 1},
        {IPPROTO_IP, IP_RECVERR, 1},
        {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT},
        {IPPROTO_IP, IP_TTL, OUTER_TTL},
};

static const struct sock_opt opts6[] = {
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
        {IPPROTO_IPV6, IPV6_RECVTCLASS, 1},
        {IPPROTO_IPV6, IPV6_RECVERR, 1},
        {IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, OUTER_TTL},
};

static bool set_opts(int fd, const struct sock_opt *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (setsockopt(fd, o[i].level, o[i].name, &o[i].value, sizeof(o[i].value)) < 0)
			return false;
	return true;
}

/* Larger than the system's limit where we may; as large as it lets us where not. */
static void set_buffer(int fd, int force, int plain)
{
	int size = SOCK_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

static bool bind_device(const struct user_sock *s)
{
	const char *dev = s->door->device;

	return !dev[0] ||
	       setsockopt(s->src.fd, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev)) == 0;
}

static bool set_up(struct user_sock *s)
{
	int one = 1, none = 0;

	set_buffer(s->src.fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(s->src.fd, SO_SNDBUFFORCE, SO_SNDBUF);
	/* ESP goes and comes in runs, where the kernel can; IKE alone has no runs. */
	if (s->natt) {
		setsockopt(s->src.fd, SOL_UDP, UDP_GRO, &one, sizeof(one));
		s->no_gso = setsockopt(s->src.fd, SOL_UDP, UDP_SEGMENT, &none, sizeof(none)) < 0;
	}
	if (!s->v6)
		return set_opts(s->src.fd, opts4, ARRAY_LEN(opts4));
	if (!set_opts(s->src.fd, opts6, ARRAY_LEN(opts6)))
		return false;
	return s->raw || setsockopt(s->src.fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == 0;
}

static bool bind_any(const struct user_sock *s)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(s->port)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(s->port)};

	if (s->raw)
		return true;
	if (s->v6)
		return bind(s->src.fd, (struct sockaddr *)&a6, sizeof(a6)) == 0;
	return bind(s->src.fd, (struct sockaddr *)&a4, sizeof(a4)) == 0;
}

/* The global socket of a port takes every device: it lends the port for the moment in which one for
 * a device is bound, and nobody else gets it. */
static void lend(const struct user_sock *owner, const struct user_sock *s, int on)
{
	if (owner == s || owner->src.fd < 0 || s->src.fd < 0)
		return;
	setsockopt(owner->src.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s->src.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

static bool bind_port(struct user_sock *s, const struct user_sock *owner)
{
	lend(owner, s, 1);
	bool ok = bind_any(s);
	int err = errno;

	lend(owner, s, 0);
	errno = err;
	return ok;
}

static bool sock_open(struct user_sock *s, const struct user_sock *owner)
{
	int family = s->v6 ? AF_INET6 : AF_INET;

	s->src.fd = socket(family, (s->raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC,
	        s->raw ? IPPROTO_ESP : 0);
	if (s->src.fd < 0)
		return false;
	if (bind_device(s) && set_up(s) && bind_port(s, owner))
		return true;
	int err = errno;

	close(s->src.fd);
	s->src.fd = -1;
	errno = err;
	return false;
}

/* IPv6 may be switched off, and protocol 50 out of our reach: both are only missed when asked for.
 */
static bool may_miss(const struct user_sock *s)
{
	return s->raw || (s->v6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL));
}

bool user_socks_open(struct user *u, struct user_door *door, char *why, size_t n)
{
	for (unsigned i = 0; i < SOCK_MAX; i++) {
		bool natt = i == SOCK_NATT4 || i == SOCK_NATT6, raw = i >= SOCK_RAW4;

		door->sock[i] = (struct user_sock){.src = {.ready = user_sock_ready, .fd = -1},
		        .door = door,
		        .id = i,
		        .natt = natt,
		        .raw = raw,
		        .v6 = i == SOCK_IKE6 || i == SOCK_NATT6 || i == SOCK_RAW6,
		        .port = raw    ? 0
		                : natt ? u->cfg.port_natt
		                       : u->cfg.port_ike};
	}
	for (unsigned i = 0; i < SOCK_MAX; i++)
		if (!sock_open(&door->sock[i], &u->door.sock[i]) && !may_miss(&door->sock[i])) {
			snprintf(why, n, "UDP port %u: %s", door->sock[i].port, strerror(errno));
			return false;
		}
	return true;
}

void user_socks_close(struct user_door *door)
{
	for (unsigned i = 0; i < SOCK_MAX; i++) {
		if (door->sock[i].src.fd >= 0)
			close(door->sock[i].src.fd);
		door->sock[i].src.fd = -1;
	}
}

static struct user_sock *opened(struct user_sock *s)
{
	return s->src.fd >= 0 ? s : NULL;
}

struct user_sock *user_sock_for(struct user *u, const struct user_sa *sa)
{
	bool v6 = sa->p->sa.remote.addr.family == AF_INET6;
	struct user_door *door = user_door_find(u, sa->tun->t.vrf);

	if (!door)
		return NULL;
	if (sa->p->sa.udp_encap)
		return opened(&door->sock[v6 ? SOCK_NATT6 : SOCK_NATT4]);
	return opened(&door->sock[v6 ? SOCK_RAW6 : SOCK_RAW4]);
}

/* ---- what comes with a datagram -------------------------------------------------------------- */

static void read_cmsg(const struct cmsghdr *c, struct arrival *a)
{
	const uint8_t *data = CMSG_DATA(c);
	int value = 0;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		a->local.addr = ipaddr_from(AF_INET, data + offsetof(struct in_pktinfo, ipi_addr));
		return;
	}
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		a->local.addr =
		        ipaddr_from(AF_INET6, data + offsetof(struct in6_pktinfo, ipi6_addr));
		return;
	}
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
		a->tos = *data;
		return;
	}
	memcpy(&value, data, sizeof(value));
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
		a->tos = (uint8_t)value;
	else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
		a->segment = (uint16_t)value;
}

void user_arrival_read(const struct user_sock *s, struct msghdr *m, struct arrival *a)
{
	memset(a, 0, sizeof(*a));
	endpoint_from_sockaddr(m->msg_name, &a->remote);
	if (s->raw)
		a->remote.port = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		read_cmsg(c, a);
	a->local.port = s->port;
}

static void *add_cmsg(struct msghdr *m, int level, int type, size_t n)
{
	struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)m->msg_control + m->msg_controllen);

	memset(c, 0, CMSG_SPACE(n));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	m->msg_controllen += CMSG_SPACE(n);
	return CMSG_DATA(c);
}

static void add_int(struct msghdr *m, int level, int type, int value)
{
	memcpy(add_cmsg(m, level, type, sizeof(value)), &value, sizeof(value));
}

void user_departure_write(
        struct msghdr *m, const struct ipaddr *local, uint8_t tos, uint16_t segment)
{
	bool v6 = local->family == AF_INET6;
	uint8_t *at;

	m->msg_controllen = 0;
	if (v6 && !ipaddr_is_any(local)) {
		at = add_cmsg(m, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo));
		memcpy(at + offsetof(struct in6_pktinfo, ipi6_addr), local->b, 16);
	} else if (!ipaddr_is_any(local)) {
		at = add_cmsg(m, IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo));
		memcpy(at + offsetof(struct in_pktinfo, ipi_spec_dst), local->b, 4);
	}
	if (tos)
		add_int(m, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, tos);
	if (segment)
		memcpy(add_cmsg(m, SOL_UDP, UDP_SEGMENT, sizeof(segment)), &segment,
		        sizeof(segment));
}

/* ---- IKE out --------------------------------------------------------------------------------- */

/* An ICMP error of earlier traffic is reported once by the next call (IP_RECVERR): that call is
 * worth a second try. */
static int send_once_more(int fd, const struct msghdr *m)
{
	if (sendmsg(fd, m, MSG_NOSIGNAL) >= 0 || sendmsg(fd, m, MSG_NOSIGNAL) >= 0)
		return 0;
	return -errno;
}

int user_send_ike(struct dp *d, const struct endpoint *local, const struct endpoint *remote,
        uint32_t vrf, bool natt, bool keepalive, const uint8_t *data, size_t len)
{
	static const uint8_t marker[4], octet = 0xff; /* RFC 3948 §2.2, §2.3 */
	struct user *u = user_of(d);
	bool v6 = remote->addr.family == AF_INET6;
	const struct user_door *door = user_door_find(u, vrf);
	const struct user_sock *s;
	struct sockaddr_storage to;
	union control_buf control;
	struct iovec iov[2] = {{.iov_base = (void *)marker, .iov_len = natt ? sizeof(marker) : 0},
	        {.iov_base = (void *)data, .iov_len = len}};
	struct msghdr m = {
	        .msg_name = &to, .msg_iov = iov, .msg_iovlen = 2, .msg_control = &control};

	if (!door)
		return -ENODEV;
	s = &door->sock[natt ? (v6 ? SOCK_NATT6 : SOCK_NATT4) : (v6 ? SOCK_IKE6 : SOCK_IKE4)];
	if (s->src.fd < 0)
		return -EAFNOSUPPORT;
	if (keepalive) {
		iov[0].iov_len = 0;
		iov[1] = (struct iovec){.iov_base = (void *)&octet, .iov_len = 1};
	}
	m.msg_namelen = endpoint_to_sockaddr(remote, &to);
	user_departure_write(&m, &local->addr, 0, 0);
	int rc = send_once_more(s->src.fd, &m);

	if (rc == 0)
		u->ike_out++;
	return rc;
}
