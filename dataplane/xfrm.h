/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of the kernel's IPsec (XFRM over netlink), built and read; nothing here talks to the
 * kernel.
 *
 * Everything of ours carries a mark: as `reqid` and, where an xfrm interface binds it, as `if_id`
 * as well. The mark is our range plus the tunnel's number, so that a later process finds what a
 * killed one left.
 */
#ifndef SPOKE_DATAPLANE_XFRM_H
#define SPOKE_DATAPLANE_XFRM_H

#include <netinet/in.h>

#include <libmnl/libmnl.h>
#include <linux/xfrm.h> /* wants netinet/in.h before it */

#include "dataplane/dp.h"

enum {
	XF_RANGE = 0x53500000,
	XF_RANGE_MASK = (int)0xfff00000,
	XF_PRIORITY = 0x5350,
	XF_MSG_MAX = 8192
};

/* libmnl's loops over attributes, without their narrowing of types. */
#define XF_EACH(a, from, end)                                                                      \
	for ((a) = (from); mnl_attr_ok((a), (int)((const char *)(end) - (const char *)(a)));       \
	        (a) = mnl_attr_next(a))
#define XF_EACH_ATTR(a, h, head)                                                                   \
	XF_EACH(a, mnl_nlmsg_get_payload_offset(h, head), mnl_nlmsg_get_payload_tail(h))
#define XF_EACH_NESTED(a, nest)                                                                    \
	XF_EACH(a, mnl_attr_get_payload(nest),                                                     \
	        (const char *)mnl_attr_get_payload(nest) + mnl_attr_get_payload_len(nest))

static inline uint32_t xf_mark(uint32_t tunnel)
{
	return (uint32_t)XF_RANGE | (tunnel & ~(uint32_t)XF_RANGE_MASK);
}

static inline bool xf_is_ours(uint32_t mark)
{
	return (mark & (uint32_t)XF_RANGE_MASK) == (uint32_t)XF_RANGE;
}

/* One direction of a pair. */
struct xf_dir {
	uint32_t spi;
	const struct endpoint *src, *dst;
	bool in;
};

struct xf_dir xf_dir(const struct dp_sa *sa, bool in);

/* A policy: what may pass, and by which SA. `spi` 0: by any of the tunnel; addresses of family 0:
 * from and to anywhere. */
struct xf_policy {
	uint8_t dir; /* XFRM_POLICY_IN, _FWD, _OUT */
	struct xfrm_selector sel;
	uint8_t mode;    /* XFRM_MODE_… */
	uint16_t family; /* of the outer packet */
	struct ipaddr src, dst;
	uint32_t spi;
};

xfrm_address_t xf_addr(const struct ipaddr *a);
struct ipaddr xf_ipaddr(int family, const xfrm_address_t *a);

struct nlmsghdr *xf_begin(void *buf, uint16_t type, uint16_t flags, size_t body);

/* `bound`: to the xfrm interface with this mark. Keys are in the message afterwards: the caller
 * wipes it. */
struct nlmsghdr *xf_new_sa(void *buf, const struct dp_sa *sa, bool in, bool bound);
struct nlmsghdr *xf_ask_sa(
        void *buf, uint16_t type, const struct dp_sa *sa, bool in); /* XFRM_MSG_GETSA, _DELSA */
struct nlmsghdr *xf_ask_state(
        void *buf, const struct xfrm_usersa_info *i); /* _DELSA of what a dump showed */
struct nlmsghdr *xf_new_policy(void *buf, const struct xf_policy *p, uint32_t mark, bool bound);
struct nlmsghdr *xf_del_policy(
        void *buf, const struct xfrm_selector *sel, uint8_t dir, uint32_t if_id);

/* What a state says: GETSA's answer, or one of a dump. */
struct xf_state {
	struct xfrm_usersa_info info;
	uint32_t if_id;
	uint64_t lastused; /* seconds of Unix time; 0: never */
	uint64_t oseq, seq;
	bool has_encap;
	struct xfrm_encap_tmpl encap;
};

bool xf_read_state(const struct nlmsghdr *h, struct xf_state *out);

/* The same state elsewhere: `answer` of GETSA with other ends, its counters and sequence numbers
 * kept. Keys are in `buf`. */
struct nlmsghdr *xf_moved_sa(
        void *buf, const struct nlmsghdr *answer, const struct dp_sa *sa, bool in);

/* Whose is a policy of a dump? Its mark, 0 when it has none of ours. `if_id` is set to what a
 * deletion must name. */
uint32_t xf_policy_mark(const struct nlmsghdr *h, uint32_t *if_id);

/*
 * A range of addresses or ports, `n` octets, as prefixes: `emit` gets each with its length in bits.
 * RFC 7296 §3.13.1 allows any range, the kernel's selectors only prefixes.
 */
typedef bool xf_prefix_fn(void *ctx, const uint8_t *base, unsigned bits);
bool xf_split(const uint8_t *lo, const uint8_t *hi, size_t n, xf_prefix_fn *emit, void *ctx);

#endif
