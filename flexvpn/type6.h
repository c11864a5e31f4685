/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Type 6: keys in the configuration, encrypted under a master key that is not in it (`key
 * config-key password-encrypt`, `password encryption aes`). The form is IOS's, so that keys move
 * between routers of one master key:
 *
 *   base41(salt[8] | text XOR AES-CTR | HMAC-SHA1[4])
 *
 * with keys drawn from MD5 of the master key and the salt by AES-128. Base 41 writes two octets as
 * three of the characters A to i; the last group tells whether the number of octets is odd.
 */
#ifndef SPOKE_FLEXVPN_TYPE6_H
#define SPOKE_FLEXVPN_TYPE6_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

enum {
	TYPE6_CLEAR_MAX = 256,
	TYPE6_MAX = (TYPE6_CLEAR_MAX + 16) / 2 * 3 + 1,
	TYPE6_MASTER_MIN = 8
};

/* Under a salt drawn at random. False: the text is empty or too long, or there is no randomness. */
bool type6_encrypt(const struct secret *master, const char *clear, char out[TYPE6_MAX]);
/* A text; wiped by the caller. False: it is no type 6 text, or another master key's. */
bool type6_decrypt(const struct secret *master, const char *text, char out[TYPE6_CLEAR_MAX + 1]);

#endif
