/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to RADIUS servers, without waiting: one EAP packet there, one back (RFC 2865, RFC
 * 3579). Questions are numbered by the caller; answers come out of radius_io.poll() in any order.
 * Over libradcli, which waits for its answers, on threads of its own.
 */
#ifndef SPOKE_NET_RADIUS_H
#define SPOKE_NET_RADIUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/secret.h"

enum { RADIUS_SERVERS = 8, RADIUS_STATE = 253, RADIUS_PACKET = 1500 };

struct radius_server {
	struct ipaddr addr;
	uint16_t port;
	struct span key;
	uint32_t timeout_s, retransmit; /* of the first server hold for all */
};

struct radius_question {
	const struct radius_server *server; /* asked in this order, until one answers */
	size_t n_server;
	struct span user, packet,
	        state;       /* state: of the answer before; empty with the first question */
	const char *station; /* the peer's address */
	const char *nas;     /* our name */
};

enum radius_code { RADIUS_SILENT, RADIUS_ACCEPT, RADIUS_REJECT, RADIUS_CHALLENGE };

struct radius_answer {
	uint32_t id;
	enum radius_code code;
	uint8_t packet[RADIUS_PACKET], state[RADIUS_STATE];
	size_t n_packet, n_state;
	uint8_t msk[64]; /* MS-MPPE keys: what we receive with, then what we send with */
	size_t n_msk;
	char user[254]; /* the name that the server knows the user by; empty: it does not say */
};

/* What the users of it see: the real one below, or a test's. */
struct radius_io {
	void *ctx;
	void (*ask)(void *ctx, uint32_t id,
	        const struct radius_question *q); /* copies what `q` points to */
	bool (*poll)(void *ctx,
	        struct radius_answer *out); /* false: nothing more now; `out` is to be wiped */
};

struct radius;

struct radius *radius_new(void);    /* NULL: no thread or descriptor to be had */
void radius_free(struct radius *r); /* accepts NULL; waits for questions under way */
struct radius_io radius_io(struct radius *r);
int radius_fd(const struct radius *r); /* readable when there are answers */

#endif
