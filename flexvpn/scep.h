/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enrollment by SCEP (`enrollment url`, RFC 8894): the authority's certificate is fetched, our own
 * one asked for, waited for, and renewed in time. Nothing waits for the network: what is under way
 * goes on in fx_scep_poll(); what came of it is handed out by fx_scep_take(), outside of the
 * machine, because it changes the configuration.
 *
 * An authority is believed only after an operator (or the trustpoint's `fingerprint`) has accepted
 * its certificate; from then on every answer must bear its signature, or that of one whom it has
 * appointed.
 */
#ifndef SPOKE_FLEXVPN_SCEP_H
#define SPOKE_FLEXVPN_SCEP_H

#include "flexvpn/pki.h"
#include "net/fetch.h"

struct fx_scep;

struct fx_scep *fx_scep_new(const struct fetch_io *io, struct fx_pki *p);
void fx_scep_free(struct fx_scep *s); /* accepts NULL */
/* Trustpoints or their certificates have changed: what is under way for one that is gone ends;
 * `auto-enroll` is looked at by the next poll. */
void fx_scep_configured(struct fx_scep *s);

/* Fetches the certificate of a trustpoint's authority. `fn` is called by fx_scep_take(), once, with
 * the certificate, or with NULL and the reason; not at all behind fx_scep_forget(). */
typedef void (*fx_scep_ca_fn)(void *ctx, const struct x509_st *ca, const char *why);
bool fx_scep_authenticate(struct fx_scep *s, const char *trustpoint, fx_scep_ca_fn fn, void *ctx,
        uint64_t now, char *why, size_t n);
void fx_scep_forget(struct fx_scep *s, const void *ctx); /* nobody waits for it any more */

/* Asks for our certificate: the first one, or one in place of that in force. `password`: the
 * challenge, NULL: the trustpoint's. The key pair is made if it is not there. False: `why`. */
bool fx_scep_enroll(struct fx_scep *s, const char *trustpoint, const char *password, uint64_t now,
        char *why, size_t n);

void fx_scep_poll(struct fx_scep *s, uint64_t now);
uint64_t fx_scep_deadline(const struct fx_scep *s);
/* One thing that has arrived: a callback is called, or lines for the running-config come out.
 * False: nothing has. */
bool fx_scep_take(struct fx_scep *s, struct strbuf *lines);

/* ---- for show ---- */

enum fx_scep_wait {
	FX_SCEP_IDLE,
	FX_SCEP_BUSY,    /* a fetch is under way */
	FX_SCEP_PENDING, /* the authority has not decided */
	FX_SCEP_RETRY,   /* it could not be reached, or its answer was no good */
	FX_SCEP_RENEW,   /* until the certificate is renewed */
};
struct fx_scep_state {
	enum fx_scep_wait wait;
	uint64_t at;      /* PENDING, RETRY, RENEW: until then */
	uint32_t tries;   /* of `enrollment retry count` */
	const char *last; /* why the last attempt failed; "": none did */
};
/* Until a certificate of ours is renewed; `otherwise` where it has none. */
uint64_t fx_scep_renewal_ms(const struct fx_tp *t, uint64_t otherwise);
struct fx_scep_state fx_scep_state(const struct fx_scep *s, const char *trustpoint);

#endif
