/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of dp_user_ops: ESP in user space between TUN devices and UDP sockets.
 *
 *   user.c        opening, closing, the thread and its turn-taking with the control calls
 *   user_ctl.c    the control calls: tunnels and SAs
 *   user_sock.c   sockets, addresses of datagrams, IKE out
 *   user_door.c   front doors: sets of sockets, each bound to a device
 *   user_tun.c    devices and their MTU
 *   user_tx.c     TUN → ESP → socket
 *   user_rx.c     socket → IKE queue, or ESP → TUN
 *   user_queue.c  what comes out of poll()
 *
 * One thread moves packets. It holds `lock` while it works off what epoll reported, never while it
 * waits; a control call takes the lock in between, and the thread lets it go first. So packets need
 * no lock of their own, and a control call has had its effect when it returns.
 */
#ifndef SPOKE_DATAPLANE_USER_H
#define SPOKE_DATAPLANE_USER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "dataplane/dp.h"
#include "dataplane/merge.h"
#include "dataplane/pair.h"

struct user;
struct source;

/* Something epoll watches; fd -1: gone. */
typedef void source_fn(struct user *u, struct source *s, uint32_t events);
struct source {
	source_fn *ready;
	int fd;
};

/* ---- the queue to the control thread ---- */

struct queued;
struct user_queue {
	pthread_mutex_t lock;
	struct queued *head, **tail;
	struct queued *lent; /* its data is with the caller until the next poll() */
	unsigned n, n_ike;
	int fd; /* eventfd, readable while there is something */
};

bool user_queue_open(struct user_queue *q);
void user_queue_close(struct user_queue *q);
bool user_queue_put(struct user_queue *q, const struct dp_event *ev); /* copies; false: full */
bool user_queue_get(struct user_queue *q, struct dp_event *out);

/* ---- sockets ---- */

enum user_sock_id { SOCK_IKE4, SOCK_NATT4, SOCK_IKE6, SOCK_NATT6, SOCK_RAW4, SOCK_RAW6, SOCK_MAX };

struct user_door;
struct user_sa;

struct user_sock {
	struct source src;
	const struct user_door *door;
	enum user_sock_id id;
	uint16_t port;
	bool natt, raw, v6, no_gso;
};

union control_buf { /* of one datagram: addresses, traffic class, segment size */
	char b[CMSG_SPACE(40) + 3 * CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* How a datagram came. */
struct arrival {
	struct endpoint local, remote;
	uint8_t tos;
	uint16_t segment; /* UDP_GRO: it is several, of this size; 0: it is one */
};

/* A way out: the sockets of one front door. */
struct user_door {
	uint32_t vrf;             /* 0: the global one */
	char device[DP_IFNAMSIZ]; /* they are bound to it; "": to none */
	struct user_sock sock[SOCK_MAX];
	struct user_door *next;
};

bool user_socks_open(struct user *u, struct user_door *door, char *why, size_t n);
void user_socks_close(struct user_door *door);
struct user_door *user_door_find(struct user *u, uint32_t vrf); /* NULL: closed */
bool user_door_watch(struct user *u, struct user_door *door);
int user_door(struct dp *d, uint32_t vrf, const char *device);
struct user_sock *user_sock_for(struct user *u, const struct user_sa *sa); /* NULL: not open */
void user_arrival_read(const struct user_sock *s, struct msghdr *m, struct arrival *a);
/* Source address, traffic class (0: none), segment size (0: one datagram) of what is sent. */
void user_departure_write(
        struct msghdr *m, const struct ipaddr *local, uint8_t tos, uint16_t segment);
int user_send_ike(struct dp *d, const struct endpoint *local, const struct endpoint *remote,
        uint32_t vrf, bool natt, bool keepalive, const uint8_t *data, size_t len);

/* ---- tunnels and SAs ---- */

struct user_tun {
	struct source src;
	struct dp_tunnel t;
	uint16_t mtu;         /* what the device has */
	struct user_sa *send; /* NULL: nothing leaves */
	struct user_tun *next;
};

struct user_sa {
	struct pair *p;
	struct user_tun *tun;
	uint64_t added_ms, last_in_ms, last_out_ms;
	uint64_t told; /* the how-manieth sa_send() of this back end; 0: never */
	bool soft_said, hard_said;
};

int user_tun_open(struct user *u, struct user_tun *t);
void user_tun_close(struct user_tun *t);
/* The device's MTU from its SA and the path; `say`: with an event when it shrank. */
void user_tun_fit(struct user *u, struct user_tun *t, bool say);
void user_tun_set_mtu(struct user *u, struct user_tun *t, uint16_t mtu);
source_fn user_tun_ready, user_sock_ready;

struct user_sa *user_sa_find(const struct user *u, uint32_t spi_in);
void user_tell_limits(struct user *u, struct user_sa *sa);
void user_tell(struct user *u, const struct dp_event *ev);

/* ---- the whole ---- */

enum {
	TX_ROOM = 65536,     /* octets that the device gives at once, and that a packet may have */
	TX_FLIGHT = 1 << 18, /* sealed octets that go down together; one packet more has room behind
	                        them */
	TX_POOL = TX_FLIGHT + PAIR_HEADROOM + TX_ROOM + PAIR_TAILROOM,
	TX_RUNS = 128,
	RX_SLOTS = 64,
	RX_RUNS = 16, /* slots for UDP, whose datagrams come in runs of up to RX_SLOT octets */
	RX_SLOT = 65536,
	RX_STRIDE = RX_SLOT + 1600, /* starts that are a power of two apart would fight for the same
	                               lines of the caches */
	IV_POOL = 4096,
};

/* ESP packets that lie one behind the other and go down as one message: all of `step` octets, but
 * for a shorter last one. */
struct tx_run {
	uint16_t step;
	uint16_t parts;
	uint8_t tos;
	bool closed;
};

struct user_tx {
	uint8_t *read, *pool; /* what the device gave; where packets are sealed */
	size_t used;          /* of the pool */
	struct tx_run run[TX_RUNS];
	struct mmsghdr m[TX_RUNS];
	struct iovec iov[TX_RUNS];
	union control_buf control[TX_RUNS];
	unsigned n;
	uint8_t iv[IV_POOL];
	size_t iv_used;
};

struct user_rx {
	uint8_t *slots;
	struct mmsghdr m[RX_SLOTS];
	struct iovec iov[RX_SLOTS];
	struct sockaddr_storage from[RX_SLOTS];
	union control_buf control[RX_SLOTS];
	struct merger merge;
};

void user_rx_init(struct user *u);

struct user {
	struct dp dp;
	struct dp_config cfg;
	int epoll;
	struct source quit; /* eventfd: the thread ends */
	pthread_t thread;
	bool threaded;
	atomic_bool running;

	pthread_mutex_t lock;
	pthread_cond_t turn;
	atomic_uint waiting; /* control calls that want the lock */

	struct user_door door;        /* the global one; others hang on it */
	struct user_door *dead_doors; /* as below */
	struct user_tun *tuns;
	struct user_tun *dead; /* freed when no report of epoll can name them any more */
	struct user_sa **sas;  /* in order of spi_in */
	size_t n_sas, cap_sas;
	struct user_sa *last_in; /* the SA of the last ESP packet */
	uint64_t sends;          /* sa_send() calls so far */
	uint64_t ike_out;        /* counted by the control thread */

	uint64_t now;                    /* CLOCK_MONOTONIC in milliseconds, read once per round */
	uint64_t unknown_said, refitted; /* when that was done last */
	struct dp_stats stats; /* .sas: of those that are gone, or were cleared */
	struct user_queue queue;
	struct user_tx tx;
	struct user_rx rx;
};

static inline struct user *user_of(struct dp *d)
{
	return (struct user *)d;
}

/* A control call: the packet thread stands still until user_give(). */
void user_take(struct user *u);
void user_give(struct user *u);
int user_watch(struct user *u, struct source *s);

bool user_probe(char *why, size_t n);
int user_tunnel_add(struct dp *d, const struct dp_tunnel *t);
int user_tunnel_set(struct dp *d, const struct dp_tunnel *t);
int user_tunnel_del(struct dp *d, uint32_t id);
int user_sa_add(struct dp *d, const struct dp_sa *sa);
int user_sa_send(struct dp *d, uint32_t spi_in);
int user_sa_del(struct dp *d, uint32_t spi_in);
int user_sa_move(
        struct dp *d, uint32_t spi_in, const struct endpoint *local, const struct endpoint *remote);
bool user_sa_get(struct dp *d, uint32_t spi_in, struct dp_sa_state *out);
bool user_sa_next(struct dp *d, uint32_t prev, struct dp_sa_state *out);
void user_sa_clear_counters(struct dp *d);
void user_stats(struct dp *d, struct dp_stats *out);

#endif
