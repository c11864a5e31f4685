/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates: trustpoints with their authority and our own certificate, what of the peer's is to
 * be believed, and signatures by our keys. Chains are built and checked by OpenSSL.
 *
 * Certificates stand in the configuration (`crypto pki certificate chain`), private keys in a
 * `struct fx_keys`. fx_pki_configure() parses the former anew; nothing else is remembered.
 */
#ifndef SPOKE_FLEXVPN_PKI_H
#define SPOKE_FLEXVPN_PKI_H

#include "base/out.h"
#include "flexvpn/config.h"
#include "flexvpn/keys.h"
#include "flexvpn/revoke.h"
#include "ikev2/ike.h"

struct x509_st; /* OpenSSL's X509 */

/* A trustpoint as it stands. */
struct fx_tp {
	const char *name; /* the configuration's */
	const struct fx_trustpoint *cfg;
	struct x509_st *ca, *own;      /* NULL: not there */
	const struct fx_key_pair *key; /* of `own`; NULL: not on this box */
	uint8_t *own_der, *ca_der;
	size_t n_own, n_ca;
	bool self_signed;
};

struct fx_pki;

/* state_dir NULL: keys are not kept. `fetch` without `ask`: revocation lists are out of reach. */
struct fx_pki *fx_pki_new(const char *state_dir, const struct fetch_io *fetch);
void fx_pki_free(struct fx_pki *p);
void fx_pki_configure(struct fx_pki *p, const struct fx_config *c); /* keeps pointers into it */
struct fx_keys *fx_pki_keys(const struct fx_pki *p);
struct fx_revoke *fx_pki_revoke(const struct fx_pki *p);
/* Where an interface's address is to be had; without it trustpoints that name one have none. */
typedef bool (*fx_pki_address_fn)(void *ctx, const char *ifname, struct ipaddr *out);
void fx_pki_set_address(struct fx_pki *p, fx_pki_address_fn fn, void *ctx);
bool fx_pki_address(const struct fx_pki *p, const char *ifname, struct ipaddr *out);
const struct fx_config *fx_pki_config(const struct fx_pki *p);
const char *fx_pki_host(const struct fx_pki *p); /* the name of this router */

struct fx_pki_counters {
	uint64_t started, ended; /* judgements: ended ones have a result */
	uint64_t passed, failed; /* of them */
	uint64_t bypassed;       /* passed by `revocation-check … none` */
	uint64_t crl_asked, crl_failed, ocsp_asked, ocsp_failed; /* fetches */
};
struct fx_pki_counters fx_pki_counters(const struct fx_pki *p);
void fx_pki_clear_counters(struct fx_pki *p);

struct fx_scep;
struct fx_scep *fx_pki_scep(const struct fx_pki *p);
/* What has arrived from authorities is handed out (scep.h), from outside of the machine: lines for
 * the running-config; and validations are told. False: nothing. */
bool fx_pki_take(struct fx_pki *p, struct strbuf *lines, uint64_t now);

void fx_pki_rekeyed(struct fx_pki *p); /* a key pair was made or removed */

/* Is our own certificate of this trustpoint good: its chain, its time, not revoked? `fn` is told,
 * at once or by fx_pki_take(), with the number of certificates in the chain; `why` NULL: it is. */
typedef void (*fx_pki_validated_fn)(void *ctx, unsigned n_chain, const char *why);
void fx_pki_validate(
        struct fx_pki *p, const char *trustpoint, fx_pki_validated_fn fn, void *ctx, uint64_t now);
void fx_pki_validate_stop(struct fx_pki *p, const void *ctx); /* nobody waits for it any more */

const struct fx_tp *fx_pki_tp(const struct fx_pki *p, const char *name);
const struct fx_tp *fx_pki_at(const struct fx_pki *p, size_t i); /* NULL past the end */

/* ---- what the engine asks, for a profile ---- */

/* May these certificates be judged now? False: a revocation list is being fetched; ask again when
 * fx_pki_poll() is true. */
bool fx_pki_ready(const struct fx_pki *p, const struct fx_profile *pr,
        const struct ike_certs *certs, uint64_t now);
bool fx_pki_trust(const struct fx_pki *p, const struct fx_profile *pr, const struct ike_id *id,
        const struct ike_certs *certs, uint64_t now, struct ike_spki *key, char *why, size_t n);
/* Certificates that the peer only named by URL, where they are here (behind fx_pki_ready()). */
void fx_pki_fetched(
        const struct fx_pki *p, const struct fx_profile *pr, struct ike_certs *c, uint64_t now);
uint64_t fx_pki_daily(const struct fx_pki *p);    /* when expiry is looked at next; 0: not yet */
uint64_t fx_pki_deadline(const struct fx_pki *p); /* when it wants to be polled even so */
bool fx_pki_poll(struct fx_pki *p, uint64_t now); /* what somebody waited for has settled */
size_t fx_pki_authorities(
        const struct fx_pki *p, const struct fx_profile *pr, uint8_t *dst, size_t max);
/* Our certificate for this profile; `wanted`: as ike_ops.own_certs. NULL: none. */
const struct fx_tp *fx_pki_signer(
        const struct fx_pki *p, const struct fx_profile *pr, struct span wanted);
void fx_pki_chain(const struct fx_pki *p, const struct fx_tp *t, struct ike_certs *out);
bool fx_pki_identity(const struct fx_tp *t,
        struct ike_id *out); /* its subject; false: too long for an identity */

/* ---- certificates as text ---- */

/* Base64 with or without PEM lines, or the whole of a PEM file: the first certificate. NULL: none.
 */
struct x509_st *fx_cert_parse(const char *text);
/* "0123456789ABCDEF", as IOS writes a serial number: whole octets. */
char *fx_cert_serial(const struct x509_st *x); /* the caller frees */
/* The configuration lines of one: `kind` is "ca ", "self-signed " or "". */
void fx_cert_lines(
        const char *trustpoint, const char *kind, const struct x509_st *x, struct strbuf *out);
/* "0123ABCD 0123ABCD …": MD5 or SHA1 of the whole certificate. */
void fx_cert_fingerprint(const struct x509_st *x, const char *digest, struct strbuf *out);

#endif
