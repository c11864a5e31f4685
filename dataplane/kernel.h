/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of dp_kernel_ops: ESP, GRE and devices are the kernel's; this back end tells it what to do
 * and listens.
 *
 *   kernel.c         opening, closing, poll()
 *   kernel_probe.c   can it work here? tried in a scratch namespace
 *   kernel_nl.c      one netlink transaction
 *   kernel_link.c    devices: an xfrm interface for IP payload, a GRE one for `tunnel mode gre`
 *   kernel_tun.c     the control calls for tunnels, their MTU and GRE ends
 *   kernel_sa.c      the control calls for SAs, and what they have counted
 *   kernel_policy.c  the policies that follow from tunnels and SAs
 *   kernel_sock.c    sockets: IKE out and in, ESP in UDP
 *   kernel_door.c    front doors: sockets and tunnels by another device than the global table's
 *   kernel_event.c   lifetimes that end, peers that moved
 *   xfrm.c           the messages themselves
 *
 * Everything runs in the control thread. A tunnel with IP payload is an xfrm interface: SAs and
 * policies carry its `if_id`, and what finds no SA is dropped there. A tunnel with GRE payload is a
 * GRE device under policies for protocol 47 between its ends; they are there before the device
 * knows its ends, so that GRE never leaves in the clear.
 */
#ifndef SPOKE_DATAPLANE_KERNEL_H
#define SPOKE_DATAPLANE_KERNEL_H

#include "dataplane/dp.h"
#include "dataplane/xfrm.h"

struct kernel;
struct kdp_sa;

/* ---- netlink ---- */

/* Sends `h` and reads until its end. `take` gets each answer (MNL_CB_OK, MNL_CB_STOP); may be NULL.
 * 0 or -errno. */
int kdp_talk(struct mnl_socket *s, struct nlmsghdr *h, mnl_cb_t take, void *ctx);
/* The same for NLM_F_DUMP; the kernel may interrupt one, and then it is asked again. */
int kdp_dump(struct mnl_socket *s, struct nlmsghdr *h, mnl_cb_t take, void *ctx);
struct mnl_socket *kdp_open_nl(int bus, unsigned groups); /* NULL and errno */

/* ---- devices ---- */

struct kdp_ends { /* of GRE; family 0: not known yet */
	struct ipaddr local, remote;
	uint32_t link; /* routes to the other end are of this device's table; 0: the global one's */
};

struct kdp_link_stats {
	uint64_t rx_packets, tx_packets, tx_drops;
};

int kdp_link_add(struct mnl_socket *s, const struct dp_tunnel *t, const struct kdp_ends *ends,
        uint32_t *ifindex); /* *ifindex: 0 or the wanted one on entry */
int kdp_link_del(struct mnl_socket *s, uint32_t ifindex);
int kdp_link_ends(struct mnl_socket *s, uint32_t ifindex, const struct dp_tunnel *t,
        const struct kdp_ends *ends);
int kdp_link_mtu(struct mnl_socket *s, uint32_t ifindex, uint16_t mtu);
bool kdp_link_stats(struct mnl_socket *s, uint32_t ifindex, struct kdp_link_stats *out);
/* Another kind of device in the place of this one: same name, index, addresses, routes, state. */
int kdp_link_replace(struct mnl_socket *s, const struct dp_tunnel *t, const struct kdp_ends *ends,
        uint32_t ifindex);
bool kdp_link_is_vrf(struct mnl_socket *s, uint32_t ifindex);
int kdp_link_purge(struct mnl_socket *s); /* devices with our marks */

/* ---- tunnels and SAs ---- */

struct kdp_tun {
	struct dp_tunnel t;
	uint32_t ifindex;
	uint16_t mtu;
	struct kdp_ends ends; /* what the device has; addresses with GRE only */
	struct kdp_sa *send;  /* NULL: nothing leaves */
	struct xf_policy *pol;
	size_t n_pol;
	struct kdp_tun *next;
};

struct kdp_count { /* what the kernel counts for one direction */
	uint64_t pkts, bytes, replay, bad_icv, seq, last_ms;
};

struct kdp_sa {
	struct dp_sa sa; /* without keys */
	struct kdp_tun *tun;
	uint64_t added_ms;
	uint64_t told; /* the how-manieth sa_send(); 0: never */
	bool soft_said, hard_said;
	struct kdp_count in, out;           /* as last read: what an expired state leaves */
	struct kdp_count base_in, base_out; /* at the last clearing of counters */
};

int kdp_tunnel_add(struct dp *d, const struct dp_tunnel *t);
int kdp_tunnel_set(struct dp *d, const struct dp_tunnel *t);
int kdp_tunnel_del(struct dp *d, uint32_t id);
struct kdp_tun *kdp_tun_find(struct kernel *k, uint32_t id);
/* The tunnel's policies, GRE ends, front door and MTU follow what its SAs say. */
int kdp_tun_follow(struct kernel *k, struct kdp_tun *t);

/* May this GRE tunnel travel between these? -EEXIST: another one does. */
int kdp_tun_claim(struct kernel *k, const struct kdp_tun *t, const struct ipaddr *local,
        const struct ipaddr *remote);

int kdp_sa_add(struct dp *d, const struct dp_sa *sa);
int kdp_sa_send(struct dp *d, uint32_t spi_in);
int kdp_sa_del(struct dp *d, uint32_t spi_in);
int kdp_sa_move(
        struct dp *d, uint32_t spi_in, const struct endpoint *local, const struct endpoint *remote);
bool kdp_sa_get(struct dp *d, uint32_t spi_in, struct dp_sa_state *out);
bool kdp_sa_next(struct dp *d, uint32_t prev, struct dp_sa_state *out);
void kdp_sa_clear_counters(struct dp *d);
struct kdp_sa *kdp_sa_find(const struct kernel *k, uint32_t spi_in);
void kdp_sa_totals(struct kernel *k, struct dp_counters *sum); /* of those that are there; adds */
void kdp_sa_drop_all(struct kernel *k, const struct kdp_tun *t);
int kdp_sa_purge(struct kernel *k);

/* GRE: under policies for the ends that the device has, and for those that it will get. */
int kdp_policy_sync(struct kernel *k, struct kdp_tun *t, const struct kdp_ends *ends);
void kdp_policy_drop(struct kernel *k, struct kdp_tun *t);
int kdp_policy_purge(struct kernel *k);
/* Can these selectors be policies? -EOPNOTSUPP: too many. */
int kdp_policy_check(const struct dp_sa *sa);

/* ---- sockets ---- */

enum kdp_sock_id { KDP_IKE4, KDP_NATT4, KDP_IKE6, KDP_NATT6, KDP_SOCKS };

struct kdp_sock {
	int fd;
	uint16_t port;
	bool natt, v6;
};

/* A way out: the sockets of one front door. */
struct kdp_door {
	uint32_t vrf, ifindex; /* 0: the global one */
	char device[DP_IFNAMSIZ];
	struct kdp_sock sock[KDP_SOCKS];
	struct kdp_door *next;
};

struct kdp_door *kdp_door_find(struct kernel *k, uint32_t vrf); /* NULL: closed */
uint32_t kdp_door_link(struct kernel *k, uint32_t vrf);         /* its device; 0: none */
bool kdp_door_watch(struct kernel *k, struct kdp_door *door);
int kdp_door(struct dp *d, uint32_t vrf, const char *device);
bool kdp_socks_open(struct kernel *k, struct kdp_door *door, char *why, size_t n);
void kdp_socks_close(struct kdp_door *door);
bool kdp_sock_read(struct kernel *k, struct dp_event *out); /* the next IKE datagram */
int kdp_send_ike(struct dp *d, const struct endpoint *local, const struct endpoint *remote,
        uint32_t vrf, bool natt, bool keepalive, const uint8_t *data, size_t len);

/* ---- events ---- */

void kdp_tell(struct kernel *k, const struct dp_event *ev); /* without data */
void kdp_events_read(struct kernel *k);

/* ---- the whole ---- */

enum { KDP_EVENTS = 64, KDP_DATAGRAM = 65536 };

struct kernel {
	struct dp dp;
	struct dp_config cfg;
	int epoll;
	struct mnl_socket *xfrm, *route, *events;
	struct kdp_door door; /* the global one; others hang on it */
	struct kdp_tun *tuns;
	struct kdp_sa **sas; /* in order of spi_in */
	size_t n_sas, cap_sas;
	uint64_t sends;
	struct dp_stats stats;
	uint64_t no_states, short_esp; /* of the kernel, when we opened */
	struct dp_event queue[KDP_EVENTS];
	unsigned q_head, q_n;
	uint8_t datagram[KDP_DATAGRAM];
	/* aligned for the 64-bit fields of the messages */
	_Alignas(8) uint8_t msg[XF_MSG_MAX];
};

static inline struct kernel *kernel_of(struct dp *d)
{
	return (struct kernel *)d;
}

bool kdp_probe(char *why, size_t n);
void kdp_stats(struct dp *d, struct dp_stats *out);

#endif
