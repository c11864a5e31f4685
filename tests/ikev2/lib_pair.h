/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two engines in one process, A (10.0.0.1) and B (10.0.0.2), under a virtual clock. Datagrams cross
 * at once unless a filter says otherwise. What each side was told is kept: children with their
 * keys, the last event of each kind, how often each came.
 */
#ifndef SPOKE_TESTS_PAIR_H
#define SPOKE_TESTS_PAIR_H

#include "base/mem.h"
#include "ikev2/ike.h"
#include "ikev2/sa.h"

enum { A, B };
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
enum { PAIR_CHILDREN = 128, PAIR_EVENTS = IKE_EV_DOWN + 1, PAIR_ATTRS = 32 };

struct pair_child {
	uint32_t handle, spi_in, spi_out;
	uint8_t encr_in[64], encr_out[64], integ_in[64], integ_out[64];
	size_t n_encr, n_integ;
	bool out; /* we send on it */
	struct ike_child k;
};

struct pair_side {
	struct pair *p;
	int n;
	struct ike *ike;
	struct endpoint at;
	uint32_t seed;
	struct ike_peering peering; /* for ike_connect() and for accept */
	struct secret key;
	struct pair_child child[PAIR_CHILDREN];
	size_t n_child;
	unsigned count[PAIR_EVENTS];
	struct ike_event last[PAIR_EVENTS]; /* without attributes and keys */
	struct ike_attr attr[PAIR_ATTRS];   /* of the last event that had some */
	uint8_t attr_data[PAIR_ATTRS][64];
	size_t n_attr;
	uint8_t eap[512]; /* of the last IKE_EV_EAP */
	size_t n_eap;
	bool refuse;           /* accept says no */
	bool lease_none;       /* the pool is empty */
	const char *want_peer; /* identity that peer_ok wants; NULL: any */
	bool debug_seen_key;   /* a debug line contained the pre-shared key */
	unsigned debug_lines;
	struct strbuf
	        built; /* payloads of the protected messages that it made; cleared by the test */
};

struct pair {
	ike_time now;
	struct pair_side s[2];
	/* What happens to a datagram: true, it is delivered. May change it in place. */
	bool (*filter)(struct pair *p, int from, struct dgram *d);
	unsigned dropped, crossed;
	size_t largest;
	bool nat; /* A is behind one: B sees 192.0.2.1 and ports + nat_shift */
	uint16_t nat_shift;
	uint32_t handle;     /* A's, of pair_connect() */
	uint8_t saved[4096]; /* for filters */
	size_t n_saved;
	unsigned calls;
};

extern const char pair_psk[];

struct pair *pair_new(void);
struct pair *pair_new_config(const struct ike_config *a, const struct ike_config *b);
void pair_free(struct pair *p);
void pair_key(struct pair *p, int side, const char *psk);
void pair_connect(struct pair *p); /* A to B; runs until quiet */
void pair_up(struct pair *p);      /* and it must have come up, with one child */
void pair_settle(struct pair *p);  /* until no datagram is under way */
void pair_run(struct pair *p, uint64_t ms);
uint32_t pair_handle(struct pair *p, int side); /* of the first SA; 0 */
size_t pair_sas(struct pair *p, int side);
/* Both sides have the same children with the same keys, crosswise, and one SA with the same SPIs;
 * or nothing at all. */
void pair_agree(struct pair *p);
struct ike_sa *pair_sa(struct pair *p, int side); /* the current one, from inside */

/* Filters. */
bool pair_drop_requests_of_a(struct pair *p, int from, struct dgram *d);
bool pair_drop_all(struct pair *p, int from, struct dgram *d);

#endif
