/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP as the server that asks (RFC 3748 §4, §5): Identity, then one of MSCHAPv2 (26), MD5-Challenge
 * (4) and Generic Token Card (6) against passwords that the caller knows. Packets in, packets out;
 * what carries them is not known here.
 *
 * MSCHAPv2 is asked for first, since it alone yields a key and proves the server too; a Nak chooses
 * one of the others. A user whose password is kept as a hash can only show it (GTC). A name that
 * nobody has is asked like any other, and refused at the end: the peer does not learn which names
 * there are.
 */
#ifndef SPOKE_IKEV2_EAP_SERVER_H
#define SPOKE_IKEV2_EAP_SERVER_H

#include "ikev2/eap.h"

enum { EAP_TRIES = 3 /* wrong passwords in one conversation */ };

struct eap_server_ops {
	void *ctx;
	void (*random)(void *ctx, uint8_t *dst, size_t n);
	/* The password of a user. False: there is no such user, or only a hash of the password is
	 * kept. */
	bool (*password)(void *ctx, struct span name, struct secret *out);
	/* Is this the user's password? */
	bool (*check)(void *ctx, struct span name, struct span password);
	/* Is only a hash of it kept? */
	bool (*hashed)(void *ctx, struct span name);
	void (*debug)(void *ctx, const char *text); /* never with a secret */
};

enum eap_verdict {
	EAP_ASK,     /* the request is in `out` */
	EAP_GRANTED, /* Success is in `out` */
	EAP_REFUSED, /* Failure is in `out` */
};

struct eap_server;

/* `identity`: the user's name when the peer is not asked for one. */
struct eap_server *eap_server_new(const struct eap_server_ops *ops, struct span identity);
void eap_server_free(struct eap_server *s); /* wipes; accepts NULL */

/* The first request: for the name when `query`, else that of the method. */
enum eap_verdict eap_server_start(struct eap_server *s, bool query, struct eap_packet *out);
enum eap_verdict eap_server_rx(struct eap_server *s, struct span packet, struct eap_packet *out);

/* The key of the method, empty when it has none. Valid after EAP_GRANTED, as long as the server is.
 */
struct span eap_server_msk(const struct eap_server *s);
struct span eap_server_name(const struct eap_server *s);
uint8_t eap_server_method(const struct eap_server *s);

/* The name that a Response/Identity gives. False: it is no such packet. */
bool eap_identity_of(struct span packet, struct span *name);
/* A Response/Identity, as if the peer had been asked. False: the name is too long. */
bool eap_identity_make(uint8_t id, struct span name, struct eap_packet *out);
/* A Request/Identity. */
void eap_identity_ask(uint8_t id, struct eap_packet *out);
void eap_end(uint8_t code, uint8_t id, struct eap_packet *out); /* Success, Failure */

#endif
