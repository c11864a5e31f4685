/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside net/: what the parts of nft_kernel_ops share. */
#ifndef SPOKE_NET_NFT_KERNEL_H
#define SPOKE_NET_NFT_KERNEL_H

#include <linux/netlink.h>

#include "base/mem.h"
#include "net/nft.h"

struct nlattr;

struct nft_kernel {
	struct nft nft;
	struct nft_ctx *ctx;     /* libnftables */
	struct mnl_socket *sock; /* counters and connections */
	uint32_t seq;
};

static inline struct nft_kernel *nft_kernel(struct nft *n)
{
	return (struct nft_kernel *)n;
}

/* A request to a subsystem of netfilter, in `buf`. */
struct nlmsghdr *nft_msg(void *buf, int subsys, int type, int flags, uint8_t family);
/* Sends it, and hands every answer to `visit` (may be NULL) until the last. 0 or -errno. */
int nft_talk(struct nft_kernel *k, struct nlmsghdr *h,
        int (*visit)(const struct nlmsghdr *h, void *ctx), void *ctx);

struct nft_picked {
	const struct nlattr **tb;
	int max;
};
int nft_pick(const struct nlattr *a, void *ctx); /* ctx: struct nft_picked */

int nft_kernel_flows(struct nft *n, void (*visit)(void *ctx, const struct nft_flow *f), void *ctx);
int nft_kernel_flow_del(struct nft *n, const struct nft_flow *f);

#endif
