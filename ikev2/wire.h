/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IKEv2 messages as octets (RFC 7296 §3.1, §3.2, §3.14; RFC 7383 §2.5).
 *
 * Reading is in two steps and never half applied. ike_msg_parse() walks a datagram into `struct
 * ike_msg`: the header and views of its payloads. It has then seen that every length is right, that
 * the content of every payload we know is well-formed, and that the rule table of the exchange
 * allows and has what is there; the readers of payload.h cannot fail on such a message. A protected
 * message has one payload, SK or SKF: sk.h opens it, frag.h puts fragments together, and
 * ike_inner_parse() does for the plaintext what ike_msg_parse() does for the datagram.
 *
 * Writing: an `ike_build` grows from a header; the ike_put_*() of payload.h and proposal.h append
 * payloads and chain their types. ike_build_clear() finishes an unprotected message; ike_sk_seal()
 * (sk.h) a protected one.
 */
#ifndef SPOKE_IKEV2_WIRE_H
#define SPOKE_IKEV2_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	IKE_HDR_LEN = 28,
	IKE_PL_HDR_LEN = 4,
	IKE_MAX_PAYLOADS = 128, /* of one message; more is malformed */
	IKE_MAX_MSG = 65535,    /* octets of one message, reassembled */
	IKE_VERSION = 0x20,
};

enum ike_exchange_type {
	EXCH_SA_INIT = 34,
	EXCH_AUTH = 35,
	EXCH_CREATE_CHILD = 36,
	EXCH_INFORMATIONAL = 37,
	EXCH_SESSION_RESUME = 38, /* RFC 5723 */
	EXCH_INTERMEDIATE = 43,   /* RFC 9242 */
};

enum ike_flags { IKE_F_INITIATOR = 0x08, IKE_F_VERSION = 0x10, IKE_F_RESPONSE = 0x20 };

enum ike_payload_type {
	PL_NONE = 0,
	PL_SA = 33,
	PL_KE = 34,
	PL_IDi = 35,
	PL_IDr = 36,
	PL_CERT = 37,
	PL_CERTREQ = 38,
	PL_AUTH = 39,
	PL_NONCE = 40,
	PL_NOTIFY = 41,
	PL_DELETE = 42,
	PL_VENDOR = 43,
	PL_TSi = 44,
	PL_TSr = 45,
	PL_SK = 46,
	PL_CP = 47,
	PL_EAP = 48,
	PL_SKF = 53,
};
const char *ike_payload_name(
        uint8_t type); /* "IDi", as `debug` has it; "payload 99" (buffer per thread) */

enum ike_proto { IKE_PROTO_NONE = 0, IKE_PROTO_IKE = 1, IKE_PROTO_AH = 2, IKE_PROTO_ESP = 3 };

struct ike_hdr {
	uint64_t spi_i, spi_r;
	uint8_t next; /* type of the first payload */
	uint8_t version, exchange, flags;
	uint32_t id; /* message id */
	uint32_t length;
};

static inline bool ike_hdr_is_response(const struct ike_hdr *h)
{
	return h->flags & IKE_F_RESPONSE;
}

static inline bool ike_hdr_from_initiator(
        const struct ike_hdr *h) /* the original initiator of the IKE SA sent it */
{
	return h->flags & IKE_F_INITIATOR;
}

struct ike_pl {
	uint8_t type;
	uint8_t next; /* SK, SKF: type of the first payload inside */
	bool critical;
	struct span body; /* without the generic header */
};

struct ike_msg {
	struct ike_hdr h;
	struct span raw; /* the datagram, or the plaintext of an inner message */
	struct ike_pl pl[IKE_MAX_PAYLOADS];
	size_t n;              /* payloads of known types; unknown ones are skipped */
	bool sealed;           /* pl[n-1] is SK or SKF */
	uint8_t critical_type; /* IKE_PARSE_CRITICAL: the payload type that we do not know */
	uint8_t offender; /* IKE_PARSE_MALFORMED, IKE_PARSE_RULES: the payload type it is about, 0
	                     if none */
};

enum ike_parse {
	IKE_PARSE_OK,
	IKE_PARSE_SHORT, /* shorter than a header, or the length field is not the datagram's; h may
	                    be unset */
	IKE_PARSE_VERSION,   /* major version above 2; h is set (answer INVALID_MAJOR_VERSION to a
	                        request) */
	IKE_PARSE_EXCHANGE,  /* an exchange type that we do not speak; h is set */
	IKE_PARSE_MALFORMED, /* payload chain or payload content; h is set (INVALID_SYNTAX where it
	                        is authenticated) */
	IKE_PARSE_CRITICAL,  /* unknown payload marked critical (UNSUPPORTED_CRITICAL_PAYLOAD, one
	                        octet critical_type) */
	IKE_PARSE_RULES,     /* a payload missing, repeated, or out of place (INVALID_SYNTAX where
	                        authenticated) */
	IKE_PARSE_MAX
};
const char *ike_parse_text(enum ike_parse r);

/* The header alone: false when shorter than 28 octets. Checks nothing else. */
bool ike_hdr_parse(struct span dgram, struct ike_hdr *out);

/* A datagram without non-ESP marker. `out` holds views into it. */
enum ike_parse ike_msg_parse(struct span dgram, struct ike_msg *out);

/* The payloads inside SK (or of all SKF together). `outer` gives the header, `first` is the type of
 * the first payload. */
enum ike_parse ike_inner_parse(
        const struct ike_hdr *outer, uint8_t first, struct span plain, struct ike_msg *out);

/* First payload of a type, then the one after `prev`; NULL when there is none. */
const struct ike_pl *ike_msg_find(const struct ike_msg *m, uint8_t type);
const struct ike_pl *ike_msg_find_next(
        const struct ike_msg *m, uint8_t type, const struct ike_pl *prev);

/* ---- writing --------------------------------------------------------------------------------- */

struct ike_build {
	uint8_t *p; /* header and payloads so far; owned */
	size_t len, cap;
	size_t next_at; /* where the type of the next payload is to be written */
	size_t start;   /* of the open payload; 0: none is open */
	uint8_t last;   /* type of the payload written last, PL_NONE before the first */
	bool bad;       /* something did not fit; finishing fails */
};

/* Uses spi_i, spi_r, exchange, flags and id of `h`; version and the rest it knows itself. */
void ike_build_init(struct ike_build *b, const struct ike_hdr *h);
void ike_build_fini(struct ike_build *b); /* wipes */

/* One payload, octet by octet: begin, put…, end. */
void ike_put_begin(struct ike_build *b, uint8_t type);
void ike_put_end(struct ike_build *b);
void ike_put_u8(struct ike_build *b, uint8_t v);
void ike_put_u16(struct ike_build *b, uint16_t v);
void ike_put_u32(struct ike_build *b, uint32_t v);
void ike_put_u64(struct ike_build *b, uint64_t v);
void ike_put_bytes(struct ike_build *b, struct span s);
static inline void ike_put_payload(struct ike_build *b, uint8_t type, struct span body)
{
	ike_put_begin(b, type);
	ike_put_bytes(b, body);
	ike_put_end(b);
}

/* The finished unprotected message: a view into `b`. False when something did not fit. */
bool ike_build_clear(struct ike_build *b, struct span *out);

/* The payload chain without header, and its first type: what sealing encrypts. */
struct span ike_build_inner(const struct ike_build *b, uint8_t *first);

#endif
