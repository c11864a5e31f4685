/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traceroute's probes over one UDP socket and its error queue: see hops.h. */
#include "net/hops.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"

enum { PAYLOAD = 12 }; /* 40 octets with UDP and IPv4 headers, as everybody's traceroute */

struct hops {
	struct hops_opts o;
	int fd, epoll;
};

/* ---- opening and sending -------------------------------------------------------------------- */

static bool prepare(int fd, const struct hops_opts *o)
{
	bool v4 = o->target.family == AF_INET;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6, one = 1, tos = o->tos;
	struct endpoint from = {.addr = o->source};
	struct sockaddr_storage ss;

	if (setsockopt(fd, level, v4 ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one)) < 0)
		return false;
	setsockopt(fd, level, v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof(tos));
	if (o->device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->device,
	                            (socklen_t)strlen(o->device)) < 0)
		return false;
	return !from.addr.family ||
	       bind(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&from, &ss)) == 0;
}

struct hops *hops_new(const struct hops_opts *o)
{
	struct hops *h = xcalloc(1, sizeof(*h));
	struct epoll_event ev = {.events = EPOLLIN | EPOLLERR};

	h->o = *o;
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->fd = socket(o->target.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd >= 0 && h->epoll >= 0 && prepare(h->fd, o) &&
	        epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->fd, &ev) == 0)
		return h;
	int why = errno;

	hops_free(h);
	errno = why;
	return NULL;
}

void hops_free(struct hops *h)
{
	if (!h)
		return;
	if (h->fd >= 0)
		close(h->fd);
	if (h->epoll >= 0)
		close(h->epoll);
	free(h);
}

int hops_fd(const struct hops *h)
{
	return h->epoll;
}

static uint16_t port_of(const struct hops *h, uint32_t number)
{
	return (uint16_t)(h->o.port + number);
}

bool hops_send(struct hops *h, uint32_t number, uint8_t limit)
{
	static const char payload[PAYLOAD];
	bool v4 = h->o.target.family == AF_INET;
	struct endpoint to = {.addr = h->o.target, .port = port_of(h, number)};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&to, &ss);
	int ttl = limit;

	if (setsockopt(h->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_UNICAST_HOPS, &ttl,
	            sizeof(ttl)) < 0)
		return false;
	/* An error of an earlier probe that still waits is reported first: once more, then. */
	return sendto(h->fd, payload, sizeof(payload), 0, (struct sockaddr *)&ss, len) >= 0 ||
	       sendto(h->fd, payload, sizeof(payload), 0, (struct sockaddr *)&ss, len) >= 0;
}

/* ---- answers -------------------------------------------------------------------------------- */

static const struct {
	uint8_t origin, type, code;
	enum hop_verdict verdict;
} verdicts[] = {
        {SO_EE_ORIGIN_ICMP, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, HOP_ON_THE_WAY},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, HOP_ARRIVED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, HOP_NO_HOST},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, HOP_NO_NET},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, HOP_NO_PROTOCOL},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, HOP_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_NET_ANO, HOP_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_HOST_ANO, HOP_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT, HOP_ON_THE_WAY},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, HOP_ARRIVED},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, HOP_NO_HOST},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, HOP_NO_NET},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, HOP_PROHIBITED},
};

static enum hop_verdict verdict_of(const struct sock_extended_err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		if (verdicts[i].origin == e->ee_origin && verdicts[i].type == e->ee_type &&
		        verdicts[i].code == e->ee_code)
			return verdicts[i].verdict;
	return HOP_OTHER;
}

static const struct sock_extended_err *error_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			return (const struct sock_extended_err *)CMSG_DATA(c);
	return NULL;
}

/* One message of the error queue (MSG_ERRQUEUE) or one datagram (0). */
static bool read_one(struct hops *h, int flags, struct hop_answer *out)
{
	union {
		struct cmsghdr align;
		char space[512];
	} control;
	struct sockaddr_storage peer;
	struct endpoint at;
	char data[64];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	struct msghdr m = {.msg_name = &peer,
	        .msg_namelen = sizeof(peer),
	        .msg_iov = &iov,
	        .msg_iovlen = 1,
	        .msg_control = &control,
	        .msg_controllen = sizeof(control)};

	if (recvmsg(h->fd, &m, flags | MSG_DONTWAIT) < 0 ||
	        !endpoint_from_sockaddr((struct sockaddr *)&peer, &at))
		return false;
	*out = (struct hop_answer){
	        .number = (uint16_t)(at.port - h->o.port), .from = at.addr, .verdict = HOP_ARRIVED};
	if (!flags)
		return true;
	const struct sock_extended_err *e = error_of(&m);

	if (!e || (e->ee_origin != SO_EE_ORIGIN_ICMP && e->ee_origin != SO_EE_ORIGIN_ICMP6))
		return false;
	out->verdict = verdict_of(e);
	if (endpoint_from_sockaddr(SO_EE_OFFENDER(e), &at))
		out->from = at.addr;
	return true;
}

bool hops_poll(struct hops *h, struct hop_answer *out)
{
	return read_one(h, MSG_ERRQUEUE, out) || read_one(h, 0, out);
}
