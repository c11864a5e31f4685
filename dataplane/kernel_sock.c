/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The IKE sockets: UDP 500 and 4500, IPv4 and IPv6 apart. On port 4500 the kernel takes ESP out
 * itself (UDP_ENCAP) and drops keepalives, so that only IKE arrives here. A policy on the socket
 * lets IKE pass whatever policies others have set (RFC 4301 §4.4.1). Source addresses come and go
 * with IP_PKTINFO.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/udp.h> /* wants netinet/in.h before it */

#include "base/mem.h"
#include "dataplane/kernel.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef IP_XFRM_POLICY
#define IP_XFRM_POLICY 17
#endif
#ifndef IPV6_XFRM_POLICY
#define IPV6_XFRM_POLICY 35
#endif

enum { SOCK_BUFFER = 1 << 20, OUTER_TTL = 255, NON_ESP_MARKER = 4 };

struct sock_opt {
	int level, name, value;
};

static const struct sock_opt opts4[] = {
        {IPPROTO_IP, IP_PKTINFO, 1},
        {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT},
        {IPPROTO_IP, IP_TTL, OUTER_TTL},
};

static const struct sock_opt opts6[] = {
        {IPPROTO_IPV6, IPV6_V6ONLY, 1},
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
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

/* IKE passes in the clear, both ways. */
static bool bypass(const struct kdp_sock *s)
{
	static const uint8_t dirs[] = {XFRM_POLICY_IN, XFRM_POLICY_OUT};

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		struct xfrm_userpolicy_info p = {.action = XFRM_POLICY_ALLOW,
		        .dir = dirs[i],
		        .sel.family = s->v6 ? AF_INET6 : AF_INET};

		if (setsockopt(s->fd, s->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		            s->v6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY, &p, sizeof(p)) < 0)
			return false;
	}
	return true;
}

static bool takes_esp(const struct kdp_sock *s)
{
	int type = UDP_ENCAP_ESPINUDP;

	return !s->natt || setsockopt(s->fd, SOL_UDP, UDP_ENCAP, &type, sizeof(type)) == 0;
}

static bool bind_any(const struct kdp_sock *s)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(s->port)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(s->port)};

	if (s->v6)
		return bind(s->fd, (struct sockaddr *)&a6, sizeof(a6)) == 0;
	return bind(s->fd, (struct sockaddr *)&a4, sizeof(a4)) == 0;
}

/* The global socket of a port takes every device: it lends the port for the moment in which one for
 * a device is bound, and nobody else gets it. */
static void lend(const struct kdp_sock *owner, const struct kdp_sock *s, int on)
{
	if (owner == s || owner->fd < 0 || s->fd < 0)
		return;
	setsockopt(owner->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

static bool bind_port(const struct kdp_sock *s, const struct kdp_sock *owner)
{
	lend(owner, s, 1);
	bool ok = bind_any(s);
	int err = errno;

	lend(owner, s, 0);
	errno = err;
	return ok;
}

static bool bind_device(const struct kdp_sock *s, const char *device)
{
	return !device[0] || setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, device,
	                             (socklen_t)strlen(device)) == 0;
}

static bool sock_open(struct kdp_sock *s, const struct kdp_sock *owner, const char *device)
{
	int size = SOCK_BUFFER;

	s->fd = socket(s->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return false;
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind_device(s, device) &&
	        (s->v6 ? set_opts(s->fd, opts6, ARRAY_LEN(opts6))
	               : set_opts(s->fd, opts4, ARRAY_LEN(opts4))) &&
	        bypass(s) && takes_esp(s) && bind_port(s, owner))
		return true;
	int err = errno;

	close(s->fd);
	s->fd = -1;
	errno = err;
	return false;
}

/* IPv6 may be switched off; it is only missed when asked for. */
static bool may_miss(const struct kdp_sock *s)
{
	return s->v6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
}

bool kdp_socks_open(struct kernel *k, struct kdp_door *door, char *why, size_t n)
{
	for (unsigned i = 0; i < KDP_SOCKS; i++) {
		bool natt = i == KDP_NATT4 || i == KDP_NATT6;

		door->sock[i] = (struct kdp_sock){.fd = -1,
		        .natt = natt,
		        .v6 = i >= KDP_IKE6,
		        .port = natt ? k->cfg.port_natt : k->cfg.port_ike};
	}
	for (unsigned i = 0; i < KDP_SOCKS; i++)
		if (!sock_open(&door->sock[i], &k->door.sock[i], door->device) &&
		        !may_miss(&door->sock[i])) {
			snprintf(why, n, "UDP port %u: %s", door->sock[i].port, strerror(errno));
			return false;
		}
	return true;
}

void kdp_socks_close(struct kdp_door *door)
{
	for (unsigned i = 0; i < KDP_SOCKS; i++) {
		if (door->sock[i].fd >= 0)
			close(door->sock[i].fd);
		door->sock[i].fd = -1;
	}
}

/* ---- in -------------------------------------------------------------------------------------- */

union control_buf {
	char b[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct cmsghdr align;
};

static struct ipaddr local_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		const uint8_t *data = CMSG_DATA(c);

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			return ipaddr_from(AF_INET, data + offsetof(struct in_pktinfo, ipi_addr));
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			return ipaddr_from(
			        AF_INET6, data + offsetof(struct in6_pktinfo, ipi6_addr));
	}
	return (struct ipaddr){0};
}

/* On port 4500 the kernel leaves the marker in front. */
static bool read_one(struct kernel *k, const struct kdp_sock *s, struct dp_event *out)
{
	struct sockaddr_storage from;
	union control_buf control;
	struct iovec v = {k->datagram, sizeof(k->datagram)};
	struct msghdr m = {.msg_name = &from,
	        .msg_namelen = sizeof(from),
	        .msg_iov = &v,
	        .msg_iovlen = 1,
	        .msg_control = &control,
	        .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(s->fd, &m, MSG_DONTWAIT);
	size_t skip = s->natt ? NON_ESP_MARKER : 0;

	if (n < 0)
		return false;
	k->stats.udp_reads++;
	*out = (struct dp_event){.type = DP_EV_IKE, .natt = s->natt};
	if ((size_t)n <= skip || (skip && get_u32(k->datagram)))
		return true;
	endpoint_from_sockaddr((struct sockaddr *)&from, &out->remote);
	out->local = (struct endpoint){local_of(&m), s->port};
	out->data = k->datagram + skip;
	out->len = (size_t)n - skip;
	return true;
}

bool kdp_sock_read(struct kernel *k, struct dp_event *out)
{
	for (const struct kdp_door *door = &k->door; door; door = door->next)
		for (unsigned i = 0; i < KDP_SOCKS; i++)
			while (door->sock[i].fd >= 0 && read_one(k, &door->sock[i], out))
				if (out->len) {
					out->vrf = door->vrf;
					k->stats.ike_in++;
					return true;
				}
	return false;
}

/* ---- out ------------------------------------------------------------------------------------- */

static void put_source(struct msghdr *m, const struct ipaddr *local)
{
	bool v6 = local->family == AF_INET6;
	size_t n = v6 ? sizeof(struct in6_pktinfo) : sizeof(struct in_pktinfo);
	struct cmsghdr *c = m->msg_control;

	if (ipaddr_is_any(local)) {
		m->msg_controllen = 0;
		return;
	}
	m->msg_controllen = CMSG_SPACE(n);
	memset(c, 0, CMSG_SPACE(n));
	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(n);
	if (v6)
		memcpy(CMSG_DATA(c) + offsetof(struct in6_pktinfo, ipi6_addr), local->b, 16);
	else
		memcpy(CMSG_DATA(c) + offsetof(struct in_pktinfo, ipi_spec_dst), local->b, 4);
}

int kdp_send_ike(struct dp *d, const struct endpoint *local, const struct endpoint *remote,
        uint32_t vrf, bool natt, bool keepalive, const uint8_t *data, size_t len)
{
	static const uint8_t marker[NON_ESP_MARKER], octet = 0xff; /* RFC 3948 §2.2, §2.3 */
	struct kernel *k = kernel_of(d);
	bool v6 = remote->addr.family == AF_INET6;
	const struct kdp_door *door = kdp_door_find(k, vrf);
	const struct kdp_sock *s;
	struct sockaddr_storage to;
	union control_buf control;
	struct iovec iov[2] = {{(void *)marker, natt ? sizeof(marker) : 0}, {(void *)data, len}};
	struct msghdr m = {
	        .msg_name = &to, .msg_iov = iov, .msg_iovlen = 2, .msg_control = &control};

	if (!door)
		return -ENODEV;
	s = &door->sock[natt ? (v6 ? KDP_NATT6 : KDP_NATT4) : (v6 ? KDP_IKE6 : KDP_IKE4)];
	if (s->fd < 0)
		return -EAFNOSUPPORT;
	if (keepalive) {
		iov[0].iov_len = 0;
		iov[1] = (struct iovec){(void *)&octet, 1};
	}
	m.msg_namelen = endpoint_to_sockaddr(remote, &to);
	put_source(&m, &local->addr);
	if (sendmsg(s->fd, &m, MSG_NOSIGNAL) < 0)
		return -errno;
	k->stats.ike_out++;
	k->stats.udp_writes++;
	return 0;
}
