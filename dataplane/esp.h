/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ESP, one packet at a time, in place: RFC 4303 §2, with the transforms of base/alg.h (RFC 4106,
 * 7634, 3602, 2410 and the HMACs). No sockets, no clock, no allocation but at the start and the end
 * of an SA. One thread owns each side.
 *
 *   | SPI 4 | sequence 4 | IV | payload | 1 2 3 … | pad length 1 | next header 1 | ICV |
 */
#ifndef SPOKE_DATAPLANE_ESP_H
#define SPOKE_DATAPLANE_ESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alg.h"
#include "dataplane/replay.h"

/* Octets that esp_seal() needs in front of the payload and behind it, whatever the suite. */
enum { ESP_HEADER = 8, ESP_HEADROOM = ESP_HEADER + 16, ESP_TAILROOM = 16 + 2 + 32 };

enum { ESP_NEXT_IPV4 = 4, ESP_NEXT_IPV6 = 41, ESP_NEXT_GRE = 47, ESP_NEXT_NONE = 59 };

struct esp_out {
	struct cipher *cipher;
	uint32_t spi;
	bool esn, counter_iv; /* counter_iv: AEAD; the IV is the sequence number, and the caller's
	                         is not looked at */
	uint8_t iv, icv, align;
	uint64_t seq, last; /* the number sent last; the last one that may be sent */
};

struct esp_in {
	struct cipher *cipher;
	uint32_t spi;
	bool esn, aead, authentic; /* authentic: the suite has an ICV */
	uint8_t iv, icv, align;
	struct replay replay;
};

bool esp_out_init(struct esp_out *o, const struct alg_encr *e, const struct alg_integ *i,
        struct span encr_key, struct span integ_key, uint32_t spi, bool esn);
void esp_out_fini(struct esp_out *o);
bool esp_in_init(struct esp_in *in, const struct alg_encr *e, const struct alg_integ *i,
        struct span encr_key, struct span integ_key, uint32_t spi, bool esn, uint16_t window);
void esp_in_fini(struct esp_in *in);

enum esp_verdict { ESP_OK, ESP_MALFORMED, ESP_REPLAY, ESP_BAD_ICV, ESP_EXHAUSTED, ESP_FAILED };

/* Seals the n octets at `payload` where they are. `wire` is the packet from the SPI on. `iv` is for
 * CBC alone. */
enum esp_verdict esp_seal(struct esp_out *o, uint8_t *payload, size_t n, uint8_t next,
        const uint8_t *iv, struct span *wire);

struct esp_plain {
	uint8_t *p;
	size_t n;
	uint8_t next;
	bool newest; /* authentic and ahead of all before it */
};

/* Opens the packet at `p` (from the SPI on) where it is. Unless ESP_OK its octets are worth nothing
 * afterwards. */
enum esp_verdict esp_open(struct esp_in *in, uint8_t *p, size_t n, struct esp_plain *out);

#endif
