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
/* A pair of the same kind and size as another one, under this label. NULL: `why`. */
const struct fx_key_pair *fx_enroll_key_like(
        struct fx_pki *p, const struct fx_key_pair *k, const char *label, char *why, size_t n);

/* Who asks: this router, as the trustpoint wants it described. */
struct fx_applicant {
	const char *host;     /* its name */
	struct ipaddr ip;     /* family 0: none */
	const char *password; /* the challenge; NULL: none */
};
/* Without a password. */
struct fx_applicant fx_enroll_who(const struct fx_pki *p, const struct fx_trustpoint *t);
/* The request. NULL: `why`; freed by the caller. */
struct X509_req_st *fx_enroll_req(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who, char *why, size_t n);
/* The same as base64, in lines of 64. */
char *fx_enroll_request(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who, char *why, size_t n);
/* `enrollment selfsigned`. NULL: `why`. */
struct x509_st *fx_enroll_self(const struct fx_trustpoint *t, const struct fx_key_pair *k,
        const struct fx_applicant *who, char *why, size_t n);

/* May this be the authority of a trustpoint; may that be our certificate under it? */
bool fx_enroll_ca_ok(const struct fx_trustpoint *t, const struct x509_st *ca, char *why, size_t n);
/* The authority of the trustpoint has issued it. */
bool fx_enroll_issued(const struct fx_tp *t, const struct x509_st *x, char *why, size_t n);
bool fx_enroll_own_ok(const struct fx_pki *p, const char *trustpoint, const struct x509_st *x,
        char *why, size_t n);

/* The lines that put `x` in place of the certificate of that kind. */
void fx_enroll_lines(const struct fx_config *c, const char *trustpoint, enum fx_cert_kind kind,
        const struct x509_st *x, struct strbuf *out);

/* The lines that take the certificates of that kind (the authority's, or ours) away. */
void fx_enroll_drop(const struct fx_config *c, const char *trustpoint, enum fx_cert_kind kind,
        struct strbuf *out);
/* "ca ", "self-signed " or "": the word of a chain's lines. */
const char *fx_cert_kind_word(enum fx_cert_kind kind);

/* ---- keys and certificates as files: enroll_file.c ---- */

enum { FX_PASSPHRASE_MIN = 8 }; /* characters, of what is exported */

/* What a file or a paste brought. `exportable`: the key may leave again. */
struct fx_import {
	const struct fx_config *cfg; /* what stands there already goes */
	const char *trustpoint, *password;
	bool exportable;
};

/* A PKCS #12 file: its key goes to the key store, the rest into `lines`. `file` base64 or binary.
 */
bool fx_enroll_pkcs12(struct fx_pki *p, const struct fx_import *i, struct span file,
        struct strbuf *lines, char *why, size_t n);
/* The same of three PEM texts: the authority, the encrypted key, and our certificate. */
bool fx_enroll_pem(struct fx_pki *p, const struct fx_import *i, const char *ca, const char *key,
        const char *own, struct strbuf *lines, char *why, size_t n);

/* A trustpoint with its key, if that is exportable. PEM: certificates in clear, the key encrypted
 * under the passphrase; `old_form` is IOS's own (Triple DES), else PKCS #8 (AES-256). Wiped and
 * freed by the caller. */
struct fx_export {
	struct secret ca, key, own; /* texts without a zero */
};
bool fx_export_pem(const struct fx_tp *t, const char *passphrase, bool old_form,
        struct fx_export *out, char *why, size_t n);
void fx_export_wipe(struct fx_export *e);
/* PKCS #12 in DER. */
bool fx_export_pkcs12(
        const struct fx_tp *t, const char *passphrase, struct secret *out, char *why, size_t n);

#endif
