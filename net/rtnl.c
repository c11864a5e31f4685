/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One netlink transaction: send, read until the kernel has said all, give back its errno.
 *
 * The kernel answers a change with an error message whose code is 0 or -errno, a question with one
 * message and then the same, a dump with many messages and NLMSG_DONE. `struct talk` collects what
 * came between.
 */
#include "net/rtnl.h"

#include <errno.h>
#include <string.h>

struct talk {
	int err;
	bool over, interrupted;
	struct strbuf got; /* messages, each padded to NLMSG_ALIGNTO */
};

static int on_valid(struct nl_msg *m, void *arg)
{
	struct talk *t = arg;
	const struct nlmsghdr *h = nlmsg_hdr(m);
	static const char pad[NLMSG_ALIGNTO];

	sb_add(&t->got, h, h->nlmsg_len);
	sb_add(&t->got, pad, NLMSG_ALIGN(h->nlmsg_len) - h->nlmsg_len);
	return NL_OK;
}

static int on_end(struct nl_msg *m, void *arg)
{
	struct talk *t = arg;
	const struct nlmsghdr *h = nlmsg_hdr(m);

	if (h->nlmsg_type == NLMSG_DONE && nlmsg_datalen(h) >= (int)sizeof(int))
		memcpy(&t->err, nlmsg_data(h), sizeof(int)); /* how the dump ended: 0 or -errno */
	t->over = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *m, void *arg)
{
	struct talk *t = arg;

	(void)m;
	t->interrupted = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	struct talk *t = arg;

	(void)who;
	t->err = e->error;
	t->over = true;
	return NL_STOP;
}

static int nle_to_errno(int nle)
{
	switch (-nle) {
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_PERM:
		return -EPERM;
	case NLE_INTR:
		return -EINTR;
	default:
		return -EIO;
	}
}

/* The kernel's messages are no longer than this, so none has to be looked at before it is read. */
void rtnl_one_read(struct nl_sock *sk)
{
	enum { LONGEST = 65536 };

	nl_socket_set_msg_buf_size(sk, LONGEST);
	nl_socket_disable_msg_peek(sk);
}

static int talk_run(struct net_kernel *k, struct nl_msg *m, struct talk *t)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);
	int rc;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, t);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, t);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, t);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, t);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, t);
	rc = nl_send_auto(k->req, m);
	while (rc >= 0 && !t->over)
		rc = nl_recvmsgs(k->req, cb);
	nl_cb_put(cb);
	if (t->over)
		return t->err;
	return rc < 0 ? nle_to_errno(rc) : -EIO;
}

int rtnl_change(struct net_kernel *k, struct nl_msg *m)
{
	struct talk t = {0};
	int rc = talk_run(k, m, &t);

	nlmsg_free(m);
	sb_fini(&t.got);
	return rc;
}

int rtnl_ask(struct net_kernel *k, struct nl_msg *m, void (*take)(void *ctx, struct nlmsghdr *h),
        void *ctx)
{
	struct talk t = {0};
	int rc = talk_run(k, m, &t);

	if (!rc && !t.got.len)
		rc = -ENOENT;
	if (!rc)
		take(ctx, (struct nlmsghdr *)(void *)t.got.s);
	nlmsg_free(m);
	sb_fini(&t.got);
	return rc;
}

static void each(struct strbuf *got, bool (*visit)(void *ctx, struct nlmsghdr *h), void *ctx)
{
	size_t at = 0;

	while (at + NLMSG_HDRLEN <= got->len) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)(got->s + at);

		if (!visit(ctx, h))
			return;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
}

int rtnl_dump(struct net_kernel *k, struct nl_msg *m, bool (*visit)(void *ctx, struct nlmsghdr *h),
        void *ctx)
{
	enum { TRIES = 8 };
	struct talk t = {0};
	int rc = 0;

	for (int i = 0; i < TRIES; i++) {
		sb_clear(&t.got);
		t.over = t.interrupted = false;
		t.err = 0;
		nlmsg_hdr(m)->nlmsg_seq = NL_AUTO_SEQ;
		rc = talk_run(k, m, &t);
		if (rc || !t.interrupted)
			break;
	}
	if (!rc)
		each(&t.got, visit, ctx);
	nlmsg_free(m);
	sb_fini(&t.got);
	return rc;
}

struct nl_msg *rtnl_msg(int type, int flags, const void *head, size_t n)
{
	struct nl_msg *m = nlmsg_alloc_simple(type, flags);

	if (!m || nlmsg_append(m, (void *)(uintptr_t)head, n, NLMSG_ALIGNTO) < 0)
		abort();
	return m;
}

void rtnl_put_ip(struct nl_msg *m, int attr, const struct ipaddr *a)
{
	nla_put(m, attr, (int)ipaddr_octets(a), a->b);
}

struct ipaddr rtnl_get_ip(int family, const struct nlattr *a)
{
	struct ipaddr none = {0};

	if (!a || nla_len(a) != (family == AF_INET ? 4 : 16))
		return none;
	return ipaddr_from(family, nla_data(a));
}

uint32_t rtnl_get_u32(const struct nlattr *a)
{
	return a && nla_len(a) == 4 ? nla_get_u32(a) : 0;
}
