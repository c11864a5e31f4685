/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP as the peer that is asked (RFC 3748): Identity, Notification, Nak, MD5-Challenge (4), Generic
 * Token Card (6) and MSCHAPv2 (26). Packets in, packets out; what carries them is not known here.
 *
 * Name and password come from whoever made the peer, at the moment they are needed. They may have
 * to be asked of a person: then eap_peer_rx() says EAP_WAIT and keeps the request, and
 * eap_peer_resume() goes on with it.
 *
 * Only MSCHAPv2 yields a key (RFC 3079). Its success is believed only when the server has proved
 * that it knows the password.
 */
#ifndef SPOKE_IKEV2_EAP_H
#define SPOKE_IKEV2_EAP_H

#include "base/secret.h"
#include "ikev2/ike.h"

enum eap_code { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, EAP_FAILURE = 4 };
enum { EAP_HDR = 4, EAP_PACKET_MAX = 1500, EAP_MSK_LEN = 64 };

/* One packet of ours. It may hold a password (GTC): eap_packet_wipe() when it has been sent. */
struct eap_packet {
	uint8_t b[EAP_PACKET_MAX];
	size_t n;
};
static inline void eap_packet_wipe(struct eap_packet *p)
{
	wipe(p, sizeof(*p));
}

struct eap_peer_ops {
	void *ctx;
	void (*random)(void *ctx, uint8_t *dst, size_t n);
	enum ike_creds (*credentials)(void *ctx, const struct ike_creds_ask *ask,
	        struct secret *name, struct secret *password);
	void (*debug)(void *ctx, const char *text); /* never with a secret */
};

enum eap_result {
	EAP_SEND,  /* the response is in `out` */
	EAP_WAIT,  /* for name or password */
	EAP_DONE,  /* the server said Success, and may */
	EAP_FAILED /* it said Failure, broke the protocol, or there is nothing to answer with */
};

struct eap_peer;

/* `identity`: the name that is used when the server does not ask for one; empty: there is none.
 * `method`: the only one
 * that is allowed (enum ike_eap_method); 0: all three. */
struct eap_peer *eap_peer_new(const struct eap_peer_ops *ops, struct span identity, uint8_t method);
void eap_peer_free(struct eap_peer *p); /* wipes; accepts NULL */

enum eap_result eap_peer_rx(struct eap_peer *p, struct span packet, struct eap_packet *out);
enum eap_result eap_peer_resume(struct eap_peer *p, struct eap_packet *out);
/* The key of the method, empty when it has none. Valid after EAP_DONE, as long as the peer is. */
struct span eap_peer_msk(const struct eap_peer *p);
/* The name that was given to the server; empty before. */
struct span eap_peer_name(const struct eap_peer *p);
uint8_t eap_peer_method(const struct eap_peer *p); /* in use; 0: none yet */

#endif
