/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Has a certificate been revoked? By the authority's list (RFC 5280 §5) or by asking it about this
 * one certificate (RFC 6960), in the order that the trustpoint's `revocation-check` gives; the next
 * method when one cannot tell, as IOS has it. What has to be fetched is fetched without waiting and
 * kept for as long as it says it is good; what could not be had is not asked for again for a while.
 */
#ifndef SPOKE_FLEXVPN_REVOKE_H
#define SPOKE_FLEXVPN_REVOKE_H

#include "flexvpn/config.h"
#include "net/fetch.h"

struct x509_st;

enum fx_revoked {
	FX_REVOKED_NO, /* good, or the trustpoint does not want to know */
	FX_REVOKED_YES,
	FX_REVOKED_UNKNOWN, /* no method could tell */
	FX_REVOKED_WAIT     /* something is being fetched: ask again after fx_revoke_poll() */
};

struct fx_revoke;

struct fx_revoke_counters {
	uint64_t bypassed; /* good because the trustpoint asks for no more */
	uint64_t crl_asked, crl_failed, ocsp_asked, ocsp_failed;
};
struct fx_revoke_counters *fx_revoke_counters(struct fx_revoke *r); /* the caller may clear them */

/* `io` without `ask`: nothing can be fetched, and every list is out of reach. */
struct fx_revoke *fx_revoke_new(const struct fetch_io *io);
void fx_revoke_free(struct fx_revoke *r);

/* About `cert`, which `issuer` signed; `now` in milliseconds of the monotonic clock. `why` is
 * written for YES and UNKNOWN. */
enum fx_revoked fx_revoke_check(struct fx_revoke *r, const struct fx_trustpoint *t,
        struct x509_st *cert, struct x509_st *issuer, uint64_t now, char *why, size_t n);
/* Takes what has come. True: something that somebody waited for has settled, for good or ill. */
bool fx_revoke_poll(struct fx_revoke *r, uint64_t now);

/* `crypto pki crl request`: every list that is kept or failed is forgotten; the next check fetches
 * anew. */
void fx_revoke_forget(struct fx_revoke *r);

/* For `show crypto pki crls`: the lists that are kept, one by one; NULL past the end. */
struct X509_crl_st;
const struct X509_crl_st *fx_revoke_crl(const struct fx_revoke *r, size_t i, const char **url);

#endif
