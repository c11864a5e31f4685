/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's packet filter as NAT and access lists need it: one table of ours, and the
 * connections that the kernel tracks.
 *
 * `struct nft_ops` has two back ends: nft_kernel_ops (libnftables for the table, netlink for
 * counters and connections) and nft_fake_ops, which keeps the text it was given. Errors are 0 or
 * -errno. A back end works in the network namespace in which it was opened.
 */
#ifndef SPOKE_NET_NFT_H
#define SPOKE_NET_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define NFT_TABLE "spoke" /* family inet */
/* The bit in a connection's label that says: translated by us. */
enum { NFT_LABEL = 117 };
/* The netfilter log group to which entries with `log` write. */
enum { NFT_LOG_GROUP = 117 };

struct nft; /* an open back end */

struct nft_counter {
	const char *name;
	uint64_t packets, bytes;
};

/* A tracked connection: what its first packet was, and what the answer looks like. For ICMP the
 * ports are the query's identifier. */
struct nft_flow {
	uint8_t family, proto;
	struct endpoint src, dst; /* original direction */
	struct endpoint reply_src,
	        reply_dst; /* differ from the reverse where addresses are translated */
	bool snat, dnat, ours;
	uint32_t left_s; /* until it expires */
	uint32_t id;
	uint64_t packets;   /* 0 where the kernel does not count */
	uint8_t tuple[128]; /* the kernel's own form of the original direction, to name it again */
	uint16_t tuple_len;
};

struct nft_ops {
	const char *name;
	struct nft *(*open)(char *why, size_t n);
	void (*close)(struct nft *n); /* leaves the kernel as it is */
	/* One transaction: all of `text` or nothing. `why` gets the first complaint. */
	int (*run)(struct nft *n, const char *text, char *why, size_t len);
	/* The named counters of our table; none where the table does not exist. `reset` zeroes what
	 * is read. */
	int (*counters)(struct nft *n, bool reset,
	        void (*visit)(void *ctx, const struct nft_counter *c), void *ctx);
	int (*flows)(struct nft *n, void (*visit)(void *ctx, const struct nft_flow *f), void *ctx);
	int (*flow_del)(struct nft *n, const struct nft_flow *f); /* gone already: no error */
};

extern const struct nft_ops nft_kernel_ops;
extern const struct nft_ops nft_fake_ops;

struct nft {
	const struct nft_ops *ops; /* first member of every back end's own structure */
};

/* ---- the recording back end
 * -------------------------------------------------------------------------------------- */

const char *nft_fake_text(const struct nft *n); /* of the last transaction that succeeded */
size_t nft_fake_runs(const struct nft *n);
void nft_fake_counter(struct nft *n, const char *name, uint64_t packets, uint64_t bytes);
void nft_fake_flow(struct nft *n, const struct nft_flow *f);
size_t nft_fake_flows(const struct nft *n);
void nft_fake_fail_next(struct nft *n, int err);

#endif
