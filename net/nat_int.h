/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside net/: the machine of nat.h. */
#ifndef SPOKE_NET_NAT_INT_H
#define SPOKE_NET_NAT_INT_H

#include "net/nat.h"
#include "net/nat_text.h"

struct nat_count {
	char *name;
	uint64_t packets, bytes;
};

struct nat_counters { /* as last read, by name */
	struct nat_count *v;
	size_t n, cap;
};

void nat_counters_fini(struct nat_counters *c);
const struct nat_count *nat_counters_find(const struct nat_counters *c, const char *name);

struct nat_range {
	uint32_t first, last;
};

struct nat {
	struct nft *nft;
	bool known; /* `applied` is what the kernel has; false until the first transaction */
	struct nat_text applied;
	struct nat_counters counters;
	struct nat_range *global; /* addresses to which we translate */
	size_t n_global;
	char why[256];
};

#endif
