/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CERT and CERTREQ payloads (RFC 7296 §3.6, §3.7): X.509 certificates and the authorities by the
 * hash of their key. */
#ifndef SPOKE_IKEV2_CERT_H
#define SPOKE_IKEV2_CERT_H

#include "ikev2/ike.h"
#include "ikev2/payload.h"

enum ike_cert_encoding { IKE_CERT_X509 = 4, IKE_CERT_URL = 12 };

/* The X.509 certificates of a message, in its order: the end entity stands first; with `by_url`
 * also those that are there by hash and URL. Views. False: there are more than IKE_MAX_CERTS. */
bool ike_msg_certs(const struct ike_msg *m, bool by_url, struct ike_certs *out);
/* The authorities that its CERTREQ payloads name, 20 octets each, put together at `dst`; returns
 * how many octets. Requests for other encodings, and what does not fit, are left out. */
size_t ike_msg_certreq(const struct ike_msg *m, uint8_t *dst, size_t max);

void ike_put_cert(struct ike_build *b, struct span der);
/* By hash and URL. */
void ike_put_cert_url(struct ike_build *b, struct span der, struct span url);
void ike_put_certreq(struct ike_build *b, struct span authorities);

#endif
