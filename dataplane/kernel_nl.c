/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One netlink transaction: a request, its answers, its end. Answers may hold keys, so the room they
 * came in is wiped. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/secret.h"
#include "dataplane/kernel.h"

enum { ROOM = 32768, DUMP_TRIES = 10 };

struct mnl_socket *kdp_open_nl(int bus, unsigned groups)
{
	struct mnl_socket *s = mnl_socket_open2(bus, SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0));

	if (!s)
		return NULL;
	if (mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) == 0)
		return s;
	int err = errno;

	mnl_socket_close(s);
	errno = err;
	return NULL;
}

static uint32_t next_seq(void)
{
	static atomic_uint seq;

	return atomic_fetch_add(&seq, 1) + 1;
}

struct taker {
	mnl_cb_t take;
	void *ctx;
	uint32_t seq;
	bool stop;        /* the visitor wanted no more; the rest is read and dropped */
	bool interrupted; /* the tables changed while the kernel walked them */
	bool ended;
	int rc;
};

static void take_one(const struct nlmsghdr *h, struct taker *t)
{
	if (h->nlmsg_seq != t->seq)
		return;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		t->interrupted = true;
	if (h->nlmsg_type == NLMSG_DONE) {
		t->ended = true;
	} else if (h->nlmsg_type == NLMSG_ERROR) {
		t->rc = ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
		t->ended = true;
	} else if (h->nlmsg_type >= NLMSG_MIN_TYPE && t->take && !t->stop) {
		t->stop = t->take(h, t->ctx) <= MNL_CB_STOP;
	}
}

static int read_answers(struct mnl_socket *s, struct taker *t)
{
	_Alignas(8) uint8_t room[ROOM];

	while (!t->ended) {
		ssize_t n = mnl_socket_recvfrom(s, room, sizeof(room));
		const struct nlmsghdr *h = (const void *)room;
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			take_one(h, t);
		wipe(room, (size_t)n);
	}
	return t->rc ? t->rc : t->interrupted ? -EINTR : 0;
}

static int talk(struct mnl_socket *s, struct nlmsghdr *h, mnl_cb_t take, void *ctx)
{
	struct taker t = {.take = take, .ctx = ctx, .seq = next_seq()};

	h->nlmsg_seq = t.seq;
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	return read_answers(s, &t);
}

int kdp_talk(struct mnl_socket *s, struct nlmsghdr *h, mnl_cb_t take, void *ctx)
{
	h->nlmsg_flags |= NLM_F_ACK;
	return talk(s, h, take, ctx);
}

int kdp_dump(struct mnl_socket *s, struct nlmsghdr *h, mnl_cb_t take, void *ctx)
{
	int rc = -EINTR;

	h->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < DUMP_TRIES && rc == -EINTR; i++)
		rc = talk(s, h, take, ctx);
	return rc;
}
