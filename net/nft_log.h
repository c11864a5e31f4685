/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access list entries with `log`: the packets that matched them, as the kernel hands them over (at
 * most ten a second an entry).
 */
#ifndef SPOKE_NET_NFT_LOG_H
#define SPOKE_NET_NFT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/acl.h"

struct nft_log;

struct nft_logged {
	char list[128]; /* name of the access list */
	bool v6, permitted;
	uint32_t seq;
	uint32_t in_ifindex; /* 0: unknown */
	struct acl_packet packet;
};

struct nft_log *nft_log_open(
        char *why, size_t n);          /* NULL: could not; works in the current network namespace */
void nft_log_close(struct nft_log *l); /* accepts NULL */
int nft_log_fd(const struct nft_log *l);
bool nft_log_poll(struct nft_log *l, struct nft_logged *out); /* false: nothing more for now */

/* IOS's words, and the mnemonic that goes with them: "IPACCESSLOGP", "list 101 denied
 * tcp 10.1.1.1(4000) -> 10.2.2.2(80), 1 packet". */
const char *nft_logged_mnemonic(const struct nft_logged *e);
void nft_logged_text(const struct nft_logged *e, struct strbuf *out);

/* Parts, for tests. */
bool nft_log_parse_prefix(const char *prefix, struct nft_logged *out);
bool nft_log_parse_packet(const uint8_t *p, size_t n, struct acl_packet *out);

#endif
