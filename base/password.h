/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `enable secret`: checking what somebody typed against what a configuration holds, and hashing
 * what is typed into one.
 *
 *   0, none  the password itself            5  MD5-crypt, "$1$salt$hash"
 *   4        SHA-256, no salt               8  PBKDF2-HMAC-SHA-256, 20,000 rounds, "$8$salt$hash"
 *                                           9  scrypt N=16384 r=1 p=1, "$9$salt$hash"
 *
 *   7        reversible, two decimal digits and hexadecimal
 *
 * Salt and hash of types 4, 8 and 9 are written in base 64 with the alphabet of crypt(3), most
 * significant bits first, without padding; the salt of types 8 and 9 is used as the 14 characters
 * that are written.
 */
#ifndef SPOKE_BASE_PASSWORD_H
#define SPOKE_BASE_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

enum { PASSWORD_HASH_LEN = 64, PASSWORD_SALT = 14, PASSWORD_CLEAR_MAX = 128 };

/* `type` as above, -1 for none. An unknown type or a malformed hash matches nothing. */
bool password_check(int type, const char *stored, const char *typed);

/* Type 7, which hides a password from a glance and from nobody else. */
bool password_decode7(const char *stored, char out[PASSWORD_CLEAR_MAX]);
void password_encode7(const char *typed,
        char out[2 * PASSWORD_CLEAR_MAX + 4]); /* cut to PASSWORD_CLEAR_MAX - 1 characters */

/* Type 9 with a fresh salt. False: no randomness. */
bool password_hash(const char *typed, char out[PASSWORD_HASH_LEN]);

#endif
