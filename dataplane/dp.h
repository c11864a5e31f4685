/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data plane: what carries packets once IKE has agreed on keys. One `struct dp_ops`, several back ends:
 *
 *   user   ESP in user space over a TUN device per tunnel, on threads of its own      (dp_user_ops)
 *   fake   records the calls and moves nothing: tests and the simulator               (dp_fake_ops)
 *   kernel XFRM and GRE of the kernel over xfrm interfaces                            (dp_kernel_ops)
 *
 * The back end owns the IKE sockets too (UDP 500 and 4500, IPv4 and IPv6), because ESP in UDP shares port 4500 with IKE
 * (RFC 3948). Datagrams for IKE come out of dp_poll(); the owner sends with dp_send_ike().
 *
 * Every call is made from the control thread and returns when its effect holds. Errors: 0 or -errno. The caller owns what it
 * passes in; keys are copied and wiped by the back end.
 */
#ifndef SPOKE_DATAPLANE_DP_H
#define SPOKE_DATAPLANE_DP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/alg.h"
#include "base/buf.h"

struct dp; /* an open back end */

enum { DP_IFNAMSIZ = 16, DP_MAX_TS = 8 };

enum dp_mode { DP_TUNNEL, DP_TRANSPORT };
enum dp_payload { DP_PAYLOAD_IP, DP_PAYLOAD_GRE }; /* `tunnel mode ipsec …` or `tunnel mode gre …` */

/* A tunnel interface. Its key is `id`, of which the kernel back end tells the low 20 bits apart; `name` is the network device's ("Tunnel0"). */
struct dp_tunnel {
	uint32_t id;
	char name[DP_IFNAMSIZ];
	enum dp_payload payload;
	uint16_t mtu; /* 0: 1400 until an SA tells better; never more than dp_inner_mtu() of the path */
	bool has_key; /* GRE only: packets carry the key, and others are not taken (RFC 2890) */
	uint32_t key;
	uint32_t vrf; /* `tunnel vrf`: by which front door its outer packets come and go; 0: the global one */
};

/* A selector of an SA: inner packets outside all of them are dropped and counted (RFC 4301 §5.2). */
struct dp_ts {
	uint8_t proto; /* 0 = any */
	uint16_t port_lo, port_hi;
	struct ipaddr lo, hi;
};

/* A pair of ESP SAs, in and out, of one tunnel. Key: spi_in. */
struct dp_sa {
	uint32_t tunnel;
	uint32_t spi_in, spi_out; /* host order */
	enum dp_mode mode;
	uint16_t encr, encr_bits, integ; /* IANA ids: base/alg.h */
	struct span encr_in, integ_in, encr_out, integ_out; /* integ empty with AEAD; encr ends with the salt */
	bool esn;
	bool udp_encap;
	struct endpoint local, remote;
	uint16_t replay_window; /* 0 = off; default of the house is 64 */
	struct dp_ts ts_local[DP_MAX_TS], ts_remote[DP_MAX_TS];
	uint8_t n_ts_local, n_ts_remote;
	uint64_t soft_bytes, hard_bytes; /* 0 = no limit */
	bool send_now; /* use it for sending at once; false: only receive until dp_sa_send() */
};

struct dp_counters { /* per SA pair */
	uint64_t pkts_out, bytes_out, pkts_in, bytes_in;
	uint64_t replay, bad_icv, bad_selector, malformed; /* inbound drops */
	uint64_t send_errors, no_buffer, seq_exhausted;    /* outbound drops */
};

/* Whole back end: what belongs to no SA. */
struct dp_stats {
	uint64_t esp_unknown_spi, esp_short, tun_no_sa; /* tun_no_sa: inner packets dropped because no SA is up */
	uint64_t ike_in, ike_out, ike_queue_full;
	uint64_t tun_reads, tun_writes, udp_reads, udp_writes; /* system calls and messages: what batches the packets */
	struct dp_counters sas; /* of all SAs since open, also of those that are gone; sa_clear_counters() leaves it */
};

void dp_counters_add(struct dp_counters *to, const struct dp_counters *c);
/* What was counted since `base` was. */
void dp_stats_since(struct dp_stats *now, const struct dp_stats *base);

struct dp_sa_state {
	struct dp_sa sa; /* without keys */
	struct dp_counters c;
	uint64_t last_in_ms, last_out_ms; /* CLOCK_MONOTONIC, milliseconds; 0 = never; in: what an ICV vouched for */
	uint64_t added_ms;
	bool sending;
	uint64_t seq_out, seq_in; /* highest so far */
};

enum dp_event_type {
	DP_EV_IKE,         /* an IKE datagram: local, remote, natt, data */
	DP_EV_SOFT_EXPIRE, /* spi: time to rekey (bytes or sequence numbers) */
	DP_EV_HARD_EXPIRE, /* spi: sending has stopped */
	DP_EV_UNKNOWN_SPI, /* spi, local, remote: rate-limited to one a second */
	DP_EV_REMOTE_MOVED, /* spi, remote: authentic ESP came from another address or port (NAT remap) */
	DP_EV_MTU,         /* tunnel: the path got narrower; the device's MTU was changed to `value` */
	DP_EV_ERROR,       /* a socket or device failed: `value` is an errno */
};

struct dp_event {
	enum dp_event_type type;
	uint32_t tunnel, spi, value;
	struct endpoint local, remote;
	uint32_t vrf;
	bool natt;
	const uint8_t *data; /* valid until the next dp_poll() */
	size_t len;
};

struct dp_config {
	uint16_t port_ike, port_natt; /* 0 = 500 and 4500 */
};

struct dp_ops {
	const char *name; /* "user" */
	bool plain_esp;   /* protocol 50 costs it no more than UDP: no NAT has to be feigned */
	/* Can this back end work here? `why` gets one line for the log and `show crypto engine brief`. */
	bool (*probe)(char *why, size_t n);
	struct dp *(*open)(const struct dp_config *cfg, char *why, size_t n); /* NULL: could not; `why` says so */
	void (*close)(struct dp *d); /* removes every device and SA it made */

	int (*tunnel_add)(struct dp *d, const struct dp_tunnel *t); /* creates the device, down, without address */
	int (*tunnel_set)(struct dp *d, const struct dp_tunnel *t); /* payload and MTU of an existing one */
	int (*tunnel_del)(struct dp *d, uint32_t id);

	int (*sa_add)(struct dp *d, const struct dp_sa *sa);
	int (*sa_send)(struct dp *d, uint32_t spi_in); /* from now on the tunnel sends on this pair */
	int (*sa_del)(struct dp *d, uint32_t spi_in);
	int (*sa_move)(struct dp *d, uint32_t spi_in, const struct endpoint *local, const struct endpoint *remote);
	bool (*sa_get)(struct dp *d, uint32_t spi_in, struct dp_sa_state *out);
	/* SAs in order of spi_in: start with prev = 0; false at the end. */
	bool (*sa_next)(struct dp *d, uint32_t prev, struct dp_sa_state *out);
	void (*sa_clear_counters)(struct dp *d);
	void (*stats)(struct dp *d, struct dp_stats *out);

	/* A front door: sockets for IKE and ESP that are bound to a device (a VRF's, or one whose packets rules send to a table of
	 * their own), and the tunnels with that number. Its number is the caller's, above 0. Told again with another device, or the
	 * same one made anew, it opens there; NULL closes it. 
	 * -EOPNOTSUPP: the kernel back end takes a VRF's device only. */
	int (*door)(struct dp *d, uint32_t vrf, const char *device);

	/* IKE: natt adds the non-ESP marker; keepalive sends the single octet 0xFF. Source address as in `local`. */
	int (*send_ike)(struct dp *d, const struct endpoint *local, const struct endpoint *remote, uint32_t vrf, bool natt,
		bool keepalive, const uint8_t *data, size_t len);
	int (*fd)(struct dp *d);                              /* readable when poll() has something; -1: never */
	bool (*poll)(struct dp *d, struct dp_event *out);     /* false: nothing more */
};

extern const struct dp_ops dp_user_ops;
extern const struct dp_ops dp_kernel_ops;
extern const struct dp_ops dp_fake_ops;

struct dp {
	const struct dp_ops *ops; /* first member of every back end's own structure */
};

/* Payload bytes that fit: the largest inner packet for an outer MTU (userspace-dataplane notes §7, RFC 4303 §2). */
uint16_t dp_inner_mtu(uint16_t outer_mtu, int outer_family, bool udp_encap, enum dp_mode mode, enum dp_payload payload,
	const struct alg_encr *encr, const struct alg_integ *integ);

/* ---- the recording back end -------------------------------------------------------------------------------------- */

/* Calls since open or since the last dp_fake_forget(), one line each, without keys: "sa_add tunnel=1 in=c0ffee01 …". */
const char *dp_fake_log(const struct dp *d);
size_t dp_fake_calls(const struct dp *d);
void dp_fake_forget(struct dp *d);
void dp_fake_fail_next(struct dp *d, int err);                           /* the next changing call returns -err */
void dp_fake_deliver(struct dp *d, const struct dp_event *ev);           /* will come out of poll(); data is copied */
bool dp_fake_sent(struct dp *d, struct dp_event *out);                   /* the next IKE datagram that was sent */
/* As if traffic had passed; false: no such SA. */
bool dp_fake_count(struct dp *d, uint32_t spi_in, const struct dp_counters *c, uint64_t last_in_ms, uint64_t last_out_ms);

#endif
