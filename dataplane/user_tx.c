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
	MESSAGES = TX_SLOTS
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
	struct iovec iov[TX_SLOTS];
	struct mmsghdr m[MESSAGES];
	union control_buf control[MESSAGES];
	unsigned n;
};

/* How many of the items from `at` on make one message: equal in size, but for a shorter last one.
 */
static unsigned run_length(const struct user_tx *tx, unsigned at, bool gso)
{
	const struct tx_item *first = &tx->item[at];
	size_t octets = first->wire.n;
	unsigned k = 1;

	while (gso && at + k < tx->n && k < GSO_SEGMENTS) {
		const struct tx_item *i = &tx->item[at + k];

		octets += i->wire.n;
		if (i->tos != first->tos || i->wire.n > first->wire.n || octets > GSO_OCTETS)
			break;
		k++;
		if (i->wire.n < first->wire.n)
			break;
	}
	return k;
}

static void add_message(struct batch *b, const struct user_tx *tx, unsigned at, unsigned k)
{
	struct msghdr *h = &b->m[b->n].msg_hdr;

	*h = (struct msghdr){.msg_name = &b->to,
	        .msg_namelen = endpoint_to_sockaddr(&b->sa->p->sa.remote, &b->to),
	        .msg_iov = &b->iov[at],
	        .msg_iovlen = k,
	        .msg_control = &b->control[b->n]};
	user_departure_write(h, &b->sa->p->sa.local.addr, tx->item[at].tos,
	        k > 1 ? (uint16_t)tx->item[at].wire.n : 0);
	b->n++;
}

static void fill(struct batch *b, struct user_tx *tx)
{
	for (unsigned i = 0; i < tx->n; i++)
		b->iov[i] = (struct iovec){
		        .iov_base = (void *)tx->item[i].wire.p, .iov_len = tx->item[i].wire.n};
	b->n = 0;
	for (unsigned at = 0, k; at < tx->n; at += k) {
		k = run_length(tx, at, !b->sock->raw && !b->sock->no_gso);
		add_message(b, tx, at, k);
	}
	/* Of a raw socket there is no port, and IPv6 insists. */
	if (b->sock->raw && b->sock->v6)
		((struct sockaddr_in6 *)&b->to)->sin6_port = 0;
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
static void send_singly(struct user *u, struct batch *b, const struct msghdr *run)
{
	const struct tx_item *first = &u->tx.item[run->msg_iov - b->iov];
	union control_buf control;

	for (size_t i = 0; i < run->msg_iovlen; i++) {
		struct msghdr m = *run;

		m.msg_iov = &run->msg_iov[i];
		m.msg_iovlen = 1;
		m.msg_control = &control;
		user_departure_write(&m, &b->sa->p->sa.local.addr, first->tos, 0);
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
static void on_refusal(struct user *u, struct batch *b, const struct msghdr *m, int err)
{
	if (is_reported(err) && sendmsg(b->sock->src.fd, m, MSG_NOSIGNAL) >= 0) {
		u->stats.udp_writes++;
		return;
	}
	if (m->msg_iovlen > 1 && (err == EMSGSIZE || err == EINVAL || err == EIO)) {
		b->sock->no_gso |= err == EIO;
		send_singly(u, b, m);
		if (err != EIO)
			refit(u, b->sa->tun);
		return;
	}
	count_failure(b->sa, err, (unsigned)m->msg_iovlen);
}

static void flush(struct user *u, struct batch *b)
{
	unsigned done = 0;

	if (!u->tx.n)
		return;
	fill(b, &u->tx);
	while (done < b->n) {
		int rc = sendmmsg(b->sock->src.fd, b->m + done, b->n - done, MSG_NOSIGNAL);

		if (rc > 0) {
			done += (unsigned)rc;
			u->stats.udp_writes += (unsigned)rc;
			continue;
		}
		on_refusal(u, b, &b->m[done].msg_hdr, errno);
		done++;
	}
	b->sa->last_out_ms = u->now;
	u->tx.n = 0;
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
	struct tx_item *i = &u->tx.item[u->tx.n];
	const uint8_t *iv = next_iv(&u->tx, &b->sa->p->out);

	if (!iv && b->sa->p->out.iv && !b->sa->p->out.counter_iv) {
		b->sa->p->c.send_errors++;
		return;
	}
	if (pair_encap(b->sa->p, inner, n, iv, &i->wire, &i->tos))
		u->tx.n++;
	if (u->tx.n == TX_SLOTS)
		flush(u, b);
}

static void cut_and_seal(
        struct user *u, struct batch *b, const struct virtio_net_hdr *h, uint8_t *p, size_t n)
{
	struct segmenter s;
	uint8_t *slot;
	size_t len;

	if (!segment_begin(&s, h, p, n)) {
		b->sa->p->c.send_errors++;
		return;
	}
	for (;;) {
		slot = u->tx.slots + (size_t)u->tx.n * TX_SLOT + PAIR_HEADROOM;
		len = segment_next(&s, slot, TX_ROOM);
		if (!len)
			return;
		seal(u, b, slot, len);
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
	static _Thread_local struct batch b;
	struct user_tun *t = (struct user_tun *)s;
	struct virtio_net_hdr h;
	size_t n;

	(void)events;
	b.sa = t->send;
	b.sock = b.sa ? user_sock_for(u, b.sa) : NULL;
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
