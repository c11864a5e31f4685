/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates that a peer names by the hash of their octets and a URL (RFC 7296 §3.6), fetched and
 * kept. A peer that has proved nothing yet says where to fetch from; so only http: is followed,
 * nothing is redirected, what comes is small and comes soon or not at all, and few fetches are
 * under way at a time. What has come is a certificate only if it has the hash.
 */
#ifndef SPOKE_FLEXVPN_CERT_URL_H
#define SPOKE_FLEXVPN_CERT_URL_H

#include "ikev2/ike.h"
#include "net/fetch.h"

struct fx_cert_urls;

struct fx_cert_urls *fx_cert_urls_new(const struct fetch_io *io);
void fx_cert_urls_free(struct fx_cert_urls *u); /* accepts NULL */

/* Puts the octets of those that are here into `c`; what could not be had is left without. False:
 * one is being fetched, through device `dev` (NULL: as routed). The views stay valid until the next
 * call of fx_cert_urls_poll() or fx_cert_urls_get(). */
bool fx_cert_urls_get(struct fx_cert_urls *u, struct ike_certs *c, const char *dev, uint64_t now);
/* What has come. True: something that somebody waited for has settled. */
bool fx_cert_urls_poll(struct fx_cert_urls *u, uint64_t now);
/* Why this one is not here; "" when nothing is known of it. */
const char *fx_cert_urls_why(const struct fx_cert_urls *u, const uint8_t hash[IKE_KEY_ID_LEN]);

#endif
