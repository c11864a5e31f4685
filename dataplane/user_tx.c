/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TUN → ESP → socket. What one wake-up brings is read, cut, sealed and then sent together: runs of
 * ESP packets of one size go down as one message with UDP_SEGMENT. Nothing waits for a later
 * packet, and nothing is ever sent in the clear: without an SA that sends, packets are counted and
 * forgotten.
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "dataplane/segment.h"
#include "dataplane/user.h"

/* Reads per wake-up: what bounds the time for which control calls and the other direction wait. */
enum {
	READS = 32,
	IV_MAX = 16,
	GSO_SEGMENTS = 64,
	GSO_OCTETS = 65000,
	REFIT_EVERY_MS = 1000,
};

/* ---- telling --------------------------------------------------------------------------------- */

void user_tell(struct user *u, const struct dp_event *ev)
{
	user_queue_put(&u->queue, ev);
}

static bool tell_expiry(struct user *u, const struct user_sa *sa, enum dp_event_type type)
{
	struct dp_event ev = {.type = type, .tunnel = sa->tun->t.id, .spi = sa->p->sa.spi_in};

	return user_queue_put(&u->queue, &ev);
}

void user_tell_limits(struct user *u, struct user_sa *sa)
{
	if (sa->p->soft && !sa->soft_said)
		sa->soft_said = tell_expiry(u, sa, DP_EV_SOFT_EXPIRE);
	if (sa->p->hard && !sa->hard_said)
		sa->hard_said = tell_expiry(u, sa, DP_EV_HARD_EXPIRE);
}

/* ---- sending --------------------------------------------------------------------------------- */

struct batch {
	struct user_sa *sa;
	struct user_sock *sock;
	struct sockaddr_storage to;
	socklen_t to_len;
	size_t head; /* in front of an inner packet */
	bool gso;
};

static void batch_begin(struct user *u, struct batch *b, struct user_sa *sa)
{
	*b = (struct batch){.sa = sa, .sock = sa ? user_sock_for(u, sa) : NULL};
	if (!b->sock)
		return;
	b->to_len = endpoint_to_sockaddr(&sa->p->sa.remote, &b->to);
	/* Of a raw socket there is no port, and IPv6 insists. */
	if (b->sock->raw && b->sock->v6)
		((struct sockaddr_in6 *)&b->to)->sin6_port = 0;
	b->head = pair_head(sa->p);
	b->gso = !b->sock->raw && !b->sock->no_gso;
}

static bool joins(
        const struct batch *b, const struct tx_run *r, size_t octets, size_t n, uint8_t tos)
{
	return b->gso && !r->closed && r->tos == tos && n <= r->step && r->parts < GSO_SEGMENTS &&
	       octets + n <= GSO_OCTETS;
}

/* The ESP packet that was sealed at the end of the pool: it goes with the run before it, or starts
 * one. There is room for one. */
static void append(struct user_tx *tx, const struct batch *b, struct span wire, uint8_t tos)
{
	struct tx_run *r = tx->n ? &tx->run[tx->n - 1] : NULL;

	tx->used += wire.n;
	if (r && joins(b, r, tx->iov[tx->n - 1].iov_len, wire.n, tos)) {
		tx->iov[tx->n - 1].iov_len += wire.n;
		r->parts++;
		r->closed = wire.n < r->step;
		return;
	}
	tx->run[tx->n] = (struct tx_run){.step = (uint16_t)wire.n, .parts = 1, .tos = tos};
	tx->iov[tx->n++] = (struct iovec){(void *)wire.p, wire.n};
}

static void describe(struct user_tx *tx, struct batch *b, unsigned i)
{
	struct msghdr *h = &tx->m[i].msg_hdr;
	const struct tx_run *r = &tx->run[i];

	*h = (struct msghdr){.msg_name = &b->to,
	        .msg_namelen = b->to_len,
	        .msg_iov = &tx->iov[i],
	        .msg_iovlen = 1,
	        .msg_control = &tx->control[i]};
	user_departure_write(h, &b->sa->p->sa.local.addr, r->tos, r->parts > 1 ? r->step : 0);
}

static void count_failure(struct user_sa *sa, int err, unsigned packets)
{
	if (err == EAGAIN || err == ENOBUFS)
		sa->p->c.no_buffer += packets;
	else
		sa->p->c.send_errors += packets;
}

/* A run that the kernel would not cut goes down packet by packet: larger than the path, or a device
 * without checksums. */
static void send_singly(struct user *u, struct batch *b, unsigned i)
{
	const struct tx_run *r = &u->tx.run[i];
	struct iovec v = u->tx.iov[i];
	size_t left = v.iov_len;
	struct msghdr m = u->tx.m[i].msg_hdr;

	m.msg_iov = &v;
	user_departure_write(&m, &b->sa->p->sa.local.addr, r->tos, 0);
	for (; left; left -= v.iov_len, v.iov_base = (uint8_t *)v.iov_base + v.iov_len) {
		v.iov_len = left < r->step ? left : r->step;
		if (sendmsg(b->sock->src.fd, &m, MSG_NOSIGNAL) >= 0)
			u->stats.udp_writes++;
		else
			count_failure(b->sa, errno, 1);
	}
}

static bool is_reported(int err) /* an ICMP error of earlier traffic, told once */
{
	return err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH || err == EPROTO ||
	       err == EACCES;
}

/* The path takes less than the device gives, perhaps: looked at once a second at most. */
static void refit(struct user *u, struct user_tun *t)
{
	if (u->refitted && u->now - u->refitted < REFIT_EVERY_MS)
		return;
	u->refitted = u->now;
	user_tun_fit(u, t, true);
}

/* What to do about the message that stopped sendmmsg(); it is done with then. */
static void on_refusal(struct user *u, struct batch *b, unsigned i, int err)
{
	unsigned parts = u->tx.run[i].parts;

	if (is_reported(err) && sendmsg(b->sock->src.fd, &u->tx.m[i].msg_hdr, MSG_NOSIGNAL) >= 0) {
		u->stats.udp_writes++;
		return;
	}
	if (parts > 1 && (err == EMSGSIZE || err == EINVAL || err == EIO)) {
		b->sock->no_gso |= err == EIO;
		b->gso = !b->sock->no_gso;
		send_singly(u, b, i);
		if (err != EIO)
			refit(u, b->sa->tun);
		return;
	}
	count_failure(b->sa, err, parts);
}

static void flush(struct user *u, struct batch *b)
{
	struct user_tx *tx = &u->tx;

	if (!tx->n)
		return;
	for (unsigned i = 0; i < tx->n; i++)
		describe(tx, b, i);
	for (unsigned done = 0; done < tx->n;) {
		int rc = sendmmsg(b->sock->src.fd, tx->m + done, tx->n - done, MSG_NOSIGNAL);

		if (rc > 0) {
			done += (unsigned)rc;
			u->stats.udp_writes += (unsigned)rc;
			continue;
		}
		on_refusal(u, b, done, errno);
		done++;
	}
	b->sa->last_out_ms = u->now;
	tx->n = 0;
	tx->used = 0;
}

/* ---- sealing --------------------------------------------------------------------------------- */

/* RFC 3602 §3: the IV of CBC is not to be foreseen. Fresh octets from a pool, each used once. */
static const uint8_t *next_iv(struct user_tx *tx, const struct esp_out *o)
{
	if (o->counter_iv || !o->iv)
		return NULL;
	if (tx->iv_used + IV_MAX > IV_POOL) {
		if (RAND_bytes(tx->iv, IV_POOL) != 1)
			return NULL;
		tx->iv_used = 0;
	}
	const uint8_t *iv = tx->iv + tx->iv_used;

	tx->iv_used += IV_MAX;
	return iv;
}

static void seal(struct user *u, struct batch *b, uint8_t *inner, size_t n)
{
	const uint8_t *iv = next_iv(&u->tx, &b->sa->p->out);
	struct span wire;
	uint8_t tos;

	if (!iv && b->sa->p->out.iv && !b->sa->p->out.counter_iv) {
		b->sa->p->c.send_errors++;
		return;
	}
	if (!pair_encap(b->sa->p, inner, n, iv, &wire, &tos))
		return;
	append(&u->tx, b, wire, tos);
	if (u->tx.used >= TX_FLIGHT || u->tx.n == TX_RUNS)
		flush(u, b);
}

static void cut_and_seal(
        struct user *u, struct batch *b, const struct virtio_net_hdr *h, uint8_t *p, size_t n)
{
	struct segmenter s;
	uint8_t *inner;
	size_t len;

	if (!segment_begin(&s, h, p, n)) {
		b->sa->p->c.send_errors++;
		return;
	}
	for (;;) {
		inner = u->tx.pool + u->tx.used + b->head;
		len = segment_next(&s, inner, TX_ROOM);
		if (!len)
			return;
		seal(u, b, inner, len);
	}
}

/* ---- the device ------------------------------------------------------------------------------ */

/* The device was removed behind our back: it is let go and reported once. */
static void lost(struct user *u, struct user_tun *t, int err)
{
	struct dp_event ev = {.type = DP_EV_ERROR, .tunnel = t->t.id, .value = (uint32_t)err};

	user_tun_close(t);
	user_tell(u, &ev);
}

/* Octets of the next packet, its virtio header apart; 0: none now. */
static size_t read_packet(struct user *u, struct user_tun *t, struct virtio_net_hdr *h)
{
	struct iovec v[2] = {{h, sizeof(*h)}, {u->tx.read, TX_ROOM}};
	ssize_t n = readv(t->src.fd, v, 2);

	if (n > (ssize_t)sizeof(*h)) {
		u->stats.tun_reads++;
		return (size_t)n - sizeof(*h);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		lost(u, t, errno);
	return 0;
}

void user_tun_ready(struct user *u, struct source *s, uint32_t events)
{
	struct batch b;
	struct user_tun *t = (struct user_tun *)s;
	struct virtio_net_hdr h;
	size_t n;

	(void)events;
	batch_begin(u, &b, t->send);
	for (int i = 0; i < READS && (n = read_packet(u, t, &h)) > 0; i++) {
		if (b.sock)
			cut_and_seal(u, &b, &h, u->tx.read, n);
		else
			u->stats.tun_no_sa++;
	}
	if (!b.sock)
		return;
	flush(u, &b);
	user_tell_limits(u, b.sa);
}
