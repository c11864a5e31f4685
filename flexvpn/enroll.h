/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Getting certificates: requests (PKCS #10), self-signed ones, what comes back, and PKCS #12 files.
 * These functions speak to nobody; the dialogues are the terminal's (cli/exec_pki.c). What becomes
 * configuration is returned as its lines.
 */
#ifndef SPOKE_FLEXVPN_ENROLL_H
#define SPOKE_FLEXVPN_ENROLL_H

#include "flexvpn/pki.h"

/* The key pair of a trustpoint, made if it is not there. NULL: `why`. */
const struct fx_key_pair *fx_enroll_key(
        struct fx_pki *p, const struct fx_trustpoint *t, char *why, size_t n);
/* The request as base64, in lines of 64. `host` is the name of this router. NULL: `why`; freed by
 * the caller. */
char *fx_enroll_request(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const char *host, char *why, size_t n);
/* `enrollment selfsigned`. NULL: `why`. */
struct x509_st *fx_enroll_self(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const char *host, char *why, size_t n);

/* May this be the authority of a trustpoint; may that be our certificate under it? */
bool fx_enroll_ca_ok(const struct fx_trustpoint *t, const struct x509_st *ca, char *why, size_t n);
bool fx_enroll_own_ok(const struct fx_pki *p, const char *trustpoint, const struct x509_st *x,
        char *why, size_t n);

/* A PKCS #12 file: its key goes to the key store, the rest into `lines`. `file` base64 or binary.
 */
bool fx_enroll_pkcs12(struct fx_pki *p, const char *trustpoint, struct span file,
        const char *password, struct strbuf *lines, char *why, size_t n);

/* The lines that put `x` in place of the certificate of that kind. */
void fx_enroll_lines(const struct fx_config *c, const char *trustpoint, enum fx_cert_kind kind,
        const struct x509_st *x, struct strbuf *out);

#endif
