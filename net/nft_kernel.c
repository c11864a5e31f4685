/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nft_kernel_ops: text goes to libnftables, whose transaction is the kernel's; counters are read
 * with one netlink dump, which costs no parsing of rules. Connections are in nft_ct.c.
 */
#include "net/nft_kernel.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void kernel_close(struct nft *n)
{
	struct nft_kernel *k = nft_kernel(n);

	if (!k)
		return;
	if (k->ctx)
		nft_ctx_free(k->ctx);
	if (k->sock)
		mnl_socket_close(k->sock);
	free(k);
}

static bool open_socket(struct nft_kernel *k)
{
	k->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	return k->sock && mnl_socket_bind(k->sock, 0, MNL_SOCKET_AUTOPID) == 0;
}

static bool open_parts(struct nft_kernel *k)
{
	if (!open_socket(k))
		return false;
	k->ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!k->ctx)
		return false;
	return nft_ctx_buffer_error(k->ctx) == 0 && nft_ctx_buffer_output(k->ctx) == 0;
}

static struct nft *kernel_open(char *why, size_t n)
{
	struct nft_kernel *k = xcalloc(1, sizeof(*k));

	k->nft.ops = &nft_kernel_ops;
	if (open_parts(k))
		return &k->nft;
	snprintf(why, n, "nftables: %s", strerror(errno));
	kernel_close(&k->nft);
	return NULL;
}

/* libnftables says what is wrong in text; the line that names the error is what people need. */
static void first_complaint(const char *text, char *why, size_t n)
{
	const char *at = strstr(text, "Error: ");

	at = at ? at + strlen("Error: ") : text;
	snprintf(why, n, "%.*s", (int)strcspn(at, "\n"), at);
}

static int kernel_run(struct nft *n, const char *text, char *why, size_t len)
{
	struct nft_kernel *k = nft_kernel(n);

	errno = 0;
	if (nft_run_cmd_from_buffer(k->ctx, text) == 0)
		return 0;
	int err = errno ? errno : EINVAL;

	first_complaint(nft_ctx_get_error_buffer(k->ctx), why, len);
	return -err;
}

/* ---- one netlink conversation -------------------------------------------------------------------
 */

struct nlmsghdr *nft_msg(void *buf, int subsys, int type, int flags, uint8_t family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = (uint16_t)(subsys << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	return h;
}

static int talk(struct nft_kernel *k, struct nlmsghdr *h, mnl_cb_t visit, void *ctx)
{
	enum { BUF = 32768 };
	unsigned portid = mnl_socket_get_portid(k->sock);
	char *buf = xmalloc(BUF);
	int rc = MNL_CB_OK;

	h->nlmsg_seq = ++k->seq;
	if (mnl_socket_sendto(k->sock, h, h->nlmsg_len) < 0)
		rc = MNL_CB_ERROR;
	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(k->sock, buf, BUF);

		rc = n < 0 ? MNL_CB_ERROR : mnl_cb_run(buf, (size_t)n, k->seq, portid, visit, ctx);
	}
	free(buf);
	return rc < 0 ? -errno : 0;
}

/* After an error the rest of the answer may still be on its way: the next question gets a socket of
 * its own. */
int nft_talk(struct nft_kernel *k, struct nlmsghdr *h,
        int (*visit)(const struct nlmsghdr *h, void *ctx), void *ctx)
{
	int rc;

	if (!k->sock && !open_socket(k))
		return -errno;
	rc = talk(k, h, visit, ctx);
	if (rc && rc != -ENOENT) {
		mnl_socket_close(k->sock);
		k->sock = NULL;
	}
	return rc;
}

/* ---- counters -----------------------------------------------------------------------------------
 */

struct counter_walk {
	void (*visit)(void *ctx, const struct nft_counter *c);
	void *ctx;
};

/* mnl_attr_parse's visitor: the last attribute of each type below `max`. */
int nft_pick(const struct nlattr *a, void *ctx)
{
	const struct nft_picked *p = ctx;
	int type = mnl_attr_get_type(a);

	if (type <= p->max)
		p->tb[type] = a;
	return MNL_CB_OK;
}

static uint64_t get_be64(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) == 8 ? be64toh(mnl_attr_get_u64(a)) : 0;
}

static int take_counter(const struct nlmsghdr *h, void *ctx)
{
	const struct counter_walk *w = ctx;
	const struct nlattr *tb[NFTA_OBJ_MAX + 1] = {NULL}, *val[NFTA_COUNTER_MAX + 1] = {NULL};
	struct nft_picked top = {tb, NFTA_OBJ_MAX}, in = {val, NFTA_COUNTER_MAX};
	struct nft_counter c;

	mnl_attr_parse(h, sizeof(struct nfgenmsg), nft_pick, &top);
	if (!tb[NFTA_OBJ_NAME] || !tb[NFTA_OBJ_DATA])
		return MNL_CB_OK;
	mnl_attr_parse_nested(tb[NFTA_OBJ_DATA], nft_pick, &in);
	c.name = mnl_attr_get_str(tb[NFTA_OBJ_NAME]);
	c.packets = get_be64(val[NFTA_COUNTER_PACKETS]);
	c.bytes = get_be64(val[NFTA_COUNTER_BYTES]);
	w->visit(w->ctx, &c);
	return MNL_CB_OK;
}

/* Interrupted (somebody changed a table meanwhile): asked again; a counter may then be told twice.
 */
static int kernel_counters(
        struct nft *n, bool reset, void (*visit)(void *ctx, const struct nft_counter *c), void *ctx)
{
	enum { TRIES = 8 };
	struct counter_walk w = {visit, ctx};
	int rc = -EINTR;

	for (int i = 0; i < TRIES && rc == -EINTR; i++) {
		char buf[256];
		struct nlmsghdr *h = nft_msg(buf, NFNL_SUBSYS_NFTABLES,
		        reset ? NFT_MSG_GETOBJ_RESET : NFT_MSG_GETOBJ, NLM_F_DUMP, NFPROTO_INET);

		mnl_attr_put_strz(h, NFTA_OBJ_TABLE, NFT_TABLE);
		mnl_attr_put_u32(h, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
		rc = nft_talk(nft_kernel(n), h, take_counter, &w);
	}
	return rc == -ENOENT ? 0 : rc;
}

const struct nft_ops nft_kernel_ops = {
        .name = "kernel",
        .open = kernel_open,
        .close = kernel_close,
        .run = kernel_run,
        .counters = kernel_counters,
        .flows = nft_kernel_flows,
        .flow_del = nft_kernel_flow_del,
};
