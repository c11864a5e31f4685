/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An SA pair at work: from an inner IP packet to the ESP packet that carries it, and back. What
 * dp_sa describes, without sockets and threads, so that a test, a fuzzer and a measurement use what
 * the data plane uses. Counts what it drops.
 */
#ifndef SPOKE_DATAPLANE_PAIR_H
#define SPOKE_DATAPLANE_PAIR_H

#include "dataplane/dp.h"
#include "dataplane/esp.h"
#include "dataplane/gre.h"
#include "dataplane/inner.h"

/* Room that pair_encap() needs around an inner packet: ESP, a delivery header of GRE and GRE
 * itself; the trailer. */
enum {
	PAIR_HEADROOM = ESP_HEADROOM + 40 + GRE_HEADER + GRE_KEY_SIZE,
	PAIR_TAILROOM = ESP_TAILROOM
};

struct pair {
	struct dp_sa sa; /* without keys */
	enum dp_payload payload;
	struct gre_key key;
	struct esp_in in;
	struct esp_out out;
	struct selectors sel;
	struct dp_counters c;
	uint64_t total_in, total_out; /* octets against the limits: clearing counters leaves them */
	uint64_t soft_seq;
	bool soft, hard; /* limits reached; hard: it sends no more */
	uint16_t ip_id;  /* of GRE's delivery header */
};

/* NULL: the cipher was not to be had. The description was found good before: see check.h. */
struct pair *pair_new(const struct dp_sa *sa, enum dp_payload payload);
void pair_free(struct pair *p); /* wipes the keys; accepts NULL */

/* What pair_encap() puts in front of an inner packet: never more than PAIR_HEADROOM. */
size_t pair_head(const struct pair *p);

/*
 * Seals the inner packet of n octets where it is; there is room around it. On true, `wire` is the
 * ESP packet and `tos` what the outer header should carry. On false it was counted.
 */
bool pair_encap(struct pair *p, uint8_t *inner, size_t n, const uint8_t *iv, struct span *wire,
        uint8_t *tos);

struct pair_packet {
	uint8_t *p; /* the inner packet; NULL: it was a dummy (RFC 4303 §2.6) */
	size_t n;
	bool newest; /* authentic, and ahead of all others: where it came from is where the peer is
	              */
};

/* Opens an ESP packet, from the SPI on, where it is. `tos` is the outer header's. On false it was
 * counted. */
bool pair_decap(struct pair *p, uint8_t *pkt, size_t n, uint8_t tos, struct pair_packet *out);
/* The half of it after decryption. */
bool pair_deliver(struct pair *p, const struct esp_plain *t, uint8_t tos, struct pair_packet *out);

#endif
