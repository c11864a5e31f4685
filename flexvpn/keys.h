/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key pairs of the router, by label: made, kept, found, removed. On disk each is a PKCS#8 file of
 * mode 0600, encrypted under a secret that this box drew at random for itself; nothing prints one.
 * Without a directory they live as long as the process.
 */
#ifndef SPOKE_FLEXVPN_KEYS_H
#define SPOKE_FLEXVPN_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */
struct x509_st;

struct fx_keys;

struct fx_key_pair {
	const char *label;
	struct evp_pkey_st *key;
	uint64_t made;   /* wall clock, milliseconds; of the file, if it was read from one */
	bool exportable; /* its owner may have it back, under a passphrase */
};

enum fx_key_kind { FX_KEY_RSA, FX_KEY_EC };

/* NULL directory: nothing is kept. What cannot be read there is logged and left alone. */
struct fx_keys *fx_keys_new(const char *dir);
void fx_keys_free(struct fx_keys *k); /* accepts NULL */

/* bits: of an RSA key, or of a curve (256, 384, 521). A pair of the same label is replaced. */
bool fx_keys_generate(struct fx_keys *k, const char *label, enum fx_key_kind kind, unsigned bits,
        bool exportable, char *why, size_t n);
/* Takes a reference of its own. */
bool fx_keys_put(struct fx_keys *k, const char *label, struct evp_pkey_st *key, bool exportable,
        char *why, size_t n);
/* `from` takes the place of `to`, which goes. False: `why`, and both are as they were. */
bool fx_keys_rename(struct fx_keys *k, const char *from, const char *to, char *why, size_t n);
bool fx_keys_remove(struct fx_keys *k, const char *label); /* false: there was none */

/* n octets that are this box's own, the same after a restart: drawn at random the first time, kept
 * with mode 0600. False: there is nowhere to keep them. */
bool fx_keys_secret(const struct fx_keys *k, const char *name, uint8_t *out, size_t n);

/* The master key of type 6 keys (type6.h); empty: there is none. It is kept like the others.
 * Setting an empty one removes it. */
const struct secret *fx_keys_master(const struct fx_keys *k);
bool fx_keys_set_master(struct fx_keys *k, const struct secret *master, char *why, size_t n);

bool fx_key_is_rsa(const struct fx_key_pair *k);
const struct fx_key_pair *fx_keys_find(const struct fx_keys *k, const char *label);
const struct fx_key_pair *fx_keys_of(
        const struct fx_keys *k, const struct x509_st *cert);            /* its private key */
const struct fx_key_pair *fx_keys_at(const struct fx_keys *k, size_t i); /* NULL past the end */

#endif
