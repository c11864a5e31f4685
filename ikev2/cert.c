/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CERT and CERTREQ payloads: see cert.h. */
#include "ikev2/cert.h"

#include <string.h>

bool ike_msg_certs(const struct ike_msg *m, struct ike_certs *out)
{
	const struct ike_pl *p = NULL;

	out->n = 0;
	while ((p = ike_msg_find_next(m, PL_CERT, p))) {
		if (p->body.p[0] != IKE_CERT_X509 || p->body.n < 2)
			continue;
		if (out->n == IKE_MAX_CERTS)
			return false;
		out->der[out->n++] = span_of(p->body.p + 1, p->body.n - 1);
	}
	return true;
}

size_t ike_msg_certreq(const struct ike_msg *m, uint8_t *dst, size_t max)
{
	const struct ike_pl *p = NULL;
	size_t n = 0;

	while ((p = ike_msg_find_next(m, PL_CERTREQ, p))) {
		struct rd r = rd_init(p->body.p, p->body.n);

		if (rd_u8(&r) != IKE_CERT_X509)
			continue;
		while (r.n >= IKE_KEY_ID_LEN && n + IKE_KEY_ID_LEN <= max) {
			rd_bytes(&r, dst + n, IKE_KEY_ID_LEN);
			n += IKE_KEY_ID_LEN;
		}
	}
	return n;
}

void ike_put_cert(struct ike_build *b, struct span der)
{
	ike_put_begin(b, PL_CERT);
	ike_put_u8(b, IKE_CERT_X509);
	ike_put_bytes(b, der);
	ike_put_end(b);
}

void ike_put_certreq(struct ike_build *b, struct span authorities)
{
	ike_put_begin(b, PL_CERTREQ);
	ike_put_u8(b, IKE_CERT_X509);
	ike_put_bytes(b, authorities);
	ike_put_end(b);
}
