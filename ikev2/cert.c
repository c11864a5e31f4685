/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CERT and CERTREQ payloads: see cert.h. */
#include "ikev2/cert.h"

#include <openssl/sha.h>
#include <string.h>

/* One payload; false: it is of no use to us. */
static bool take(struct span body, struct ike_certs *out)
{
	size_t i = out->n;

	if (body.p[0] == IKE_CERT_X509 && body.n > 1) {
		out->der[i] = span_of(body.p + 1, body.n - 1);
		out->url[i] = span_of(NULL, 0);
		out->hash[i] = NULL;
	} else if (body.p[0] == IKE_CERT_URL && body.n > 1 + IKE_KEY_ID_LEN) {
		out->der[i] = span_of(NULL, 0);
		out->hash[i] = body.p + 1;
		out->url[i] = span_of(body.p + 1 + IKE_KEY_ID_LEN, body.n - 1 - IKE_KEY_ID_LEN);
	} else {
		return false;
	}
	return true;
}

bool ike_msg_certs(const struct ike_msg *m, bool by_url, struct ike_certs *out)
{
	const struct ike_pl *p = NULL;

	*out = (struct ike_certs){.n = 0};
	while ((p = ike_msg_find_next(m, PL_CERT, p))) {
		bool useful =
		        p->body.p[0] == IKE_CERT_X509 || (by_url && p->body.p[0] == IKE_CERT_URL);

		if (useful && out->n == IKE_MAX_CERTS)
			return false;
		out->n += useful && take(p->body, out);
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

void ike_put_cert_url(struct ike_build *b, struct span der, struct span url)
{
	uint8_t hash[SHA_DIGEST_LENGTH];

	SHA1(der.p, der.n, hash);
	ike_put_begin(b, PL_CERT);
	ike_put_u8(b, IKE_CERT_URL);
	ike_put_bytes(b, span_of(hash, sizeof(hash)));
	ike_put_bytes(b, url);
	ike_put_end(b);
}

void ike_put_certreq(struct ike_build *b, struct span authorities)
{
	ike_put_begin(b, PL_CERTREQ);
	ike_put_u8(b, IKE_CERT_X509);
	ike_put_bytes(b, authorities);
	ike_put_end(b);
}
