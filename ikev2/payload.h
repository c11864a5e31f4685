/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands inside the payloads (RFC 7296 §3.4 to §3.15): a reader into a struct of views, and a
 * writer, each.
 *
 * The readers return false for malformed content; on a payload of a message that ike_msg_parse() or
 * ike_inner_parse() accepted they return true. The SA payload is in proposal.h.
 */
#ifndef SPOKE_IKEV2_PAYLOAD_H
#define SPOKE_IKEV2_PAYLOAD_H

#include "ikev2/ike.h"
#include "ikev2/notify.h"
#include "ikev2/wire.h"

enum {
	IKE_NONCE_MIN = 16,
	IKE_NONCE_MAX = 256,
	IKE_NONCE_LEN = 32, /* of ours */
	IKE_MAX_ATTRS = 512,
	IKE_ID_BODY_MAX = 4 + 255,
};

enum ike_auth_method {
	IKE_METHOD_RSA = 1,
	IKE_METHOD_PSK = 2,
	IKE_METHOD_ECDSA_256 = 9,
	IKE_METHOD_ECDSA_384 = 10,
	IKE_METHOD_ECDSA_521 = 11,
	IKE_METHOD_SIGNATURE = 14
};
enum ike_cp_type { CP_REQUEST = 1, CP_REPLY = 2, CP_SET = 3, CP_ACK = 4 };

struct ike_pl_ke {
	uint16_t group;
	struct span data;
};

struct ike_pl_auth {
	uint8_t method;
	struct span data;
};

struct ike_pl_notify {
	uint8_t proto;
	uint16_t type;
	struct span spi, data;
};

struct ike_pl_delete {
	uint8_t proto;
	uint8_t spi_size;
	uint16_t count;
	struct span spis;
};

struct ike_pl_cp {
	uint8_t type; /* enum ike_cp_type */
	struct ike_attr attr[IKE_MAX_ATTRS];
	size_t n;
};

struct ike_pl_ts {
	struct ike_ts ts[IKE_MAX_TS];
	uint8_t n;
	bool more; /* there were others: of a type that we do not know, or too many to keep */
};

bool ike_get_ke(const struct ike_pl *p, struct ike_pl_ke *out);
bool ike_get_nonce(const struct ike_pl *p, struct span *out); /* 16 to 256 octets */
bool ike_get_id(
        const struct ike_pl *p, struct ike_id *out); /* false also for identities over 255 octets */
bool ike_get_auth(const struct ike_pl *p, struct ike_pl_auth *out);
bool ike_get_notify(const struct ike_pl *p, struct ike_pl_notify *out);
bool ike_get_delete(const struct ike_pl *p, struct ike_pl_delete *out);
uint32_t ike_delete_spi(const struct ike_pl_delete *d, size_t i); /* ESP and AH; host order */
bool ike_get_ts(const struct ike_pl *p, struct ike_pl_ts *out);
bool ike_get_cp(const struct ike_pl *p, struct ike_pl_cp *out); /* attribute values are views */
bool ike_payload_valid(const struct ike_pl *p); /* the reader of its type; true for opaque types */

/* The first notify of a type; its SPI as host order number, 0 unless it has 4 octets. */
bool ike_msg_notify(const struct ike_msg *m, uint16_t type, struct ike_pl_notify *out);
bool ike_msg_has_notify(const struct ike_msg *m, uint16_t type);
bool ike_msg_error(const struct ike_msg *m, struct ike_pl_notify *out); /* the first error notify */
uint32_t ike_notify_spi(const struct ike_pl_notify *n);
bool ike_msg_has_vendor(const struct ike_msg *m, const char *text); /* octet for octet */

/* IDi' / IDr' of RFC 7296 §2.15: the body of the ID payload that ike_put_id() writes. Returns its
 * length. */
size_t ike_id_body(const struct ike_id *id, uint8_t out[IKE_ID_BODY_MAX]);

void ike_put_ke(struct ike_build *b, uint16_t group, struct span public_value);
void ike_put_nonce(struct ike_build *b, struct span nonce);
void ike_put_id(struct ike_build *b, uint8_t type /* PL_IDi, PL_IDr */, const struct ike_id *id);
void ike_put_auth(struct ike_build *b, uint8_t method, struct span data);
void ike_put_notify(struct ike_build *b, uint16_t type, struct span data);
void ike_put_notify_esp(
        struct ike_build *b, uint16_t type, uint32_t spi, struct span data); /* protocol ESP, SPI */
void ike_put_delete_ike(struct ike_build *b);
void ike_put_delete_esp(struct ike_build *b, const uint32_t *spis, size_t n);
void ike_put_vendor(struct ike_build *b, const char *text);
void ike_put_ts(
        struct ike_build *b, uint8_t type /* PL_TSi, PL_TSr */, const struct ike_ts *ts, size_t n);
void ike_put_cp(struct ike_build *b, uint8_t cp_type, const struct ike_attrs *attrs);

/* Traffic selectors: the part of `a` that `b` allows; false when nothing is left. */
bool ike_ts_intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out);
bool ike_ts_within(const struct ike_ts *inner, const struct ike_ts *outer);
bool ike_ts_eq(const struct ike_ts *a, const struct ike_ts *b);
/* Responder's narrowing (RFC 7296 §2.9): every non-empty cut of offer × policy, in the offer's
 * order, without what an earlier cut covers. Returns how many (0: TS_UNACCEPTABLE), at most
 * IKE_MAX_TS. */
uint8_t ike_ts_narrow(const struct ike_ts *offer, size_t n_offer, const struct ike_ts *policy,
        size_t n_policy, struct ike_ts out[IKE_MAX_TS]);
/* Initiator's check: each of `got` lies within one of `offered`, and there is one at least. */
bool ike_ts_subset(
        const struct ike_ts *got, size_t n_got, const struct ike_ts *offered, size_t n_offered);

#endif
