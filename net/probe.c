/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes over sockets: see probe.h. One socket a probe; it closes with the answer or the
 * cancellation. */
#include "net/probe.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { PROBE_MAX_DATA = 18024, PROBE_COOKIE = 8, ICMP_HEADER = 8 };

struct probe {
	struct probe *next;
	uint32_t id;
	int fd;
	enum sla_type type;
	struct ipaddr target;
	uint8_t cookie[PROBE_COOKIE]; /* random; echoed by an honest target */
};

struct probes {
	int epoll;
	struct probe *v;
	int why;
};

struct probes *probes_new(void)
{
	struct probes *p = xcalloc(1, sizeof(*p));

	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	return p;
}

static void drop(struct probe **at)
{
	struct probe *b = *at;

	*at = b->next;
	close(b->fd);
	free(b);
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	while (p->v)
		drop(&p->v);
	if (p->epoll >= 0)
		close(p->epoll);
	free(p);
}

int probes_fd(const struct probes *p)
{
	return p->epoll;
}

int probes_why(const struct probes *p)
{
	return p->why;
}

/* ---- sending
 * ----------------------------------------------------------------------------------------------------------
 */

static int open_socket(const struct sla_cfg *c)
{
	int family = c->target.family, flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	switch (c->type) {
	case SLA_ICMP_ECHO:
		return socket(family, SOCK_RAW | flags,
		        family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	case SLA_TCP_CONNECT:
		return socket(family, SOCK_STREAM | flags, 0);
	case SLA_UDP_ECHO:
		return socket(family, SOCK_DGRAM | flags, 0);
	}
	return -1;
}

/* What `ping` asks for beyond an operation of `ip sla`. */
static void set_ping_options(int fd, const struct sla_cfg *c)
{
	int one = 1, df = c->df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;

	if (c->target.family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df));
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
	}
}

static bool prepare(int fd, const struct sla_cfg *c)
{
	struct sockaddr_storage ss;
	struct endpoint src = {.addr = c->source, .port = c->source_port};
	int one = 1, tos = c->tos;

	if (c->device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->device,
	                            (socklen_t)strlen(c->device)) < 0)
		return false;
	if (c->target.family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	if (c->report)
		set_ping_options(fd, c);
	if (!src.addr.family && !src.port)
		return true;
	if (!src.addr.family)
		src.addr.family = c->target.family;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&src, &ss)) == 0;
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0u);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The kernel fills in ICMPv6's checksum, which covers addresses that only it knows; ICMP's is ours.
 */
static size_t icmp_message(
        const struct probe *b, const struct sla_cfg *c, size_t data, uint8_t *out)
{
	bool v4 = b->target.family == AF_INET;
	size_t n = ICMP_HEADER + data;

	memset(out, 0xab, n);
	for (size_t i = ICMP_HEADER; c->has_pattern && i < n; i++)
		out[i] = (uint8_t)(i % 2 ? c->pattern : c->pattern >> 8);
	memset(out, 0, ICMP_HEADER);
	out[0] = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	put_u16(out + 4, (uint16_t)(b->id >> 16));
	put_u16(out + 6, (uint16_t)b->id);
	memcpy(out + ICMP_HEADER, b->cookie, PROBE_COOKIE);
	if (v4)
		put_u16(out + 2, checksum(out, n));
	return n;
}

static bool transmit(struct probe *b, const struct sla_cfg *c)
{
	static uint8_t msg[ICMP_HEADER + PROBE_MAX_DATA];
	struct sockaddr_storage ss;
	struct endpoint to = {.addr = c->target, .port = c->type == SLA_ICMP_ECHO ? 0 : c->port};
	size_t data = c->data_size < PROBE_COOKIE ? PROBE_COOKIE : c->data_size, n;

	if (data > PROBE_MAX_DATA)
		data = PROBE_MAX_DATA;
	if (connect(b->fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&to, &ss)) < 0 &&
	        errno != EINPROGRESS)
		return false;
	if (c->type == SLA_TCP_CONNECT)
		return true;
	if (c->type == SLA_ICMP_ECHO) {
		n = icmp_message(b, c, data, msg);
	} else {
		n = data;
		memset(msg, 0xab, n);
		memcpy(msg, b->cookie, PROBE_COOKIE);
	}
	return send(b->fd, msg, n, 0) == (ssize_t)n;
}

static bool probe_send(void *ctx, const struct sla_cfg *c, uint32_t id)
{
	struct probes *p = ctx;
	struct probe *b = xcalloc(1, sizeof(*b));
	struct epoll_event ev = {.events = c->type == SLA_TCP_CONNECT ? EPOLLOUT : EPOLLIN};

	*b = (struct probe){
	        .next = p->v, .id = id, .fd = open_socket(c), .type = c->type, .target = c->target};
	if (b->fd < 0) {
		p->why = errno;
		free(b);
		return false;
	}
	p->v = b;
	ev.data.u32 = id;
	if (getrandom(b->cookie, sizeof(b->cookie), 0) != sizeof(b->cookie) || !prepare(b->fd, c) ||
	        !transmit(b, c) || epoll_ctl(p->epoll, EPOLL_CTL_ADD, b->fd, &ev) < 0) {
		p->why = errno;
		drop(&p->v);
		return false;
	}
	return true;
}

static struct probe **find(struct probes *p, uint32_t id)
{
	struct probe **at = &p->v;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void probe_cancel(void *ctx, uint32_t id)
{
	struct probe **at = find(ctx, id);

	if (*at)
		drop(at);
}

struct sla_io probes_io(struct probes *p)
{
	return (struct sla_io){.ctx = p, .send = probe_send, .cancel = probe_cancel};
}

/* ---- answers
 * ------------------------------------------------------------------------------------------------------------
 */

enum verdict { WAIT, ANSWERED, REFUSED };

static bool is_our_echo(const struct probe *b, struct rd r)
{
	bool v4 = b->target.family == AF_INET;

	if (v4) { /* a raw IPv4 socket hands over the IP header too */
		size_t header = r.n ? (size_t)(r.p[0] & 0xf) * 4 : 0;

		rd_skip(&r, header);
	}
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 2);
	uint32_t id = rd_u32(&r);
	struct span cookie = rd_span(&r, PROBE_COOKIE);

	return rd_ok(&r) && type == (v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) && code == 0 &&
	       id == b->id && ct_equal(cookie.p, b->cookie, PROBE_COOKIE);
}

static enum verdict read_answer(struct probe *b)
{
	uint8_t buf[2048];
	ssize_t n;

	while ((n = recv(b->fd, buf, sizeof(buf), 0)) >= 0) {
		struct rd r = rd_init(buf, (size_t)n);

		if (b->type == SLA_ICMP_ECHO
		                ? is_our_echo(b, r)
		                : (n >= PROBE_COOKIE && ct_equal(buf, b->cookie, PROBE_COOKIE)))
			return ANSWERED;
	}
	return errno == EAGAIN || errno == EINTR ? WAIT : REFUSED;
}

/* A refused connection is an answer of the target's, but not the one asked for. */
static enum verdict connected(struct probe *b)
{
	int err = 0;
	socklen_t n = sizeof(err);

	getsockopt(b->fd, SOL_SOCKET, SO_ERROR, &err, &n);
	errno = err;
	return err ? REFUSED : ANSWERED;
}

bool probes_poll(struct probes *p, uint32_t *id, bool *ok)
{
	struct epoll_event ev;

	while (epoll_wait(p->epoll, &ev, 1, 0) == 1) {
		struct probe **at = find(p, ev.data.u32);

		if (!*at)
			continue;
		enum verdict v = (*at)->type == SLA_TCP_CONNECT ? connected(*at) : read_answer(*at);

		if (v == WAIT)
			continue;
		*id = (*at)->id;
		*ok = v == ANSWERED;
		p->why = *ok ? 0 : errno;
		drop(at);
		return true;
	}
	return false;
}
