/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of alg.c: AEAD by Intel's IPsec Multi-Buffer library, where the build found it (SPOKE_IPSEC_MB) and the processor has what it is
 * written for.
 */
#ifndef SPOKE_BASE_ALG_MB_H
#define SPOKE_BASE_ALG_MB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alg.h"

struct mb; /* one key */

/* "Intel IPsec-MB 1.3.0 (AVX512)"; NULL: not in this build, or not on this processor. */
const char *mb_name(void);

/* NULL: not this cipher, or not here. `key` is without salt. */
struct mb *mb_new(const struct alg_encr *encr, struct span key);
void mb_free(struct mb *m); /* wipes; accepts NULL */

/* `nonce`: 12 octets. In place; open writes the ICV that belongs to the text, and the caller compares. */
void mb_seal(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16]);
void mb_open(struct mb *m, const uint8_t *nonce, struct span aad, uint8_t *text, size_t n, uint8_t icv[16]);

#endif
