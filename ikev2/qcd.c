/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quick crash detection (RFC 6290): with IKE_AUTH each side gives the other a token that only it
 * can make, out of the SPIs and a secret that outlives the process. Who has lost the SA answers its
 * messages with that token, and the other side then knows for certain what a bare INVALID_IKE_SPI
 * only hints at.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "ikev2/sa.h"

static bool maker(const struct ike *e)
{
	static const uint8_t none[sizeof(e->cfg.qcd_secret)];

	return CRYPTO_memcmp(e->cfg.qcd_secret, none, sizeof(none)) != 0;
}

static bool token(const struct ike *e, uint64_t spi_i, uint64_t spi_r, uint8_t out[IKE_PRF_MAX])
{
	uint8_t spis[16] = {0};
	struct span part = span_of(spis, sizeof(spis));

	put_u32(spis, (uint32_t)(spi_i >> 32));
	put_u32(spis + 4, (uint32_t)spi_i);
	put_u32(spis + 8, (uint32_t)(spi_r >> 32));
	put_u32(spis + 12, (uint32_t)spi_r);
	return ike_prf(PRF_HMAC_SHA2_256, span_of(e->cfg.qcd_secret, sizeof(e->cfg.qcd_secret)),
	        &part, 1, out);
}

static void put(const struct ike *e, struct ike_build *b, uint64_t spi_i, uint64_t spi_r)
{
	uint8_t t[IKE_PRF_MAX];

	if (maker(e) && token(e, spi_i, spi_r, t))
		ike_put_notify(b, N_QUICK_CRASH_DETECTION, span_of(t, QCD_TOKEN));
}

void qcd_put(struct ike_sa *sa, struct ike_build *b)
{
	put(sa->ses->e, b, sa->spi_i, sa->spi_r);
}

void qcd_put_lost(const struct ike *e, struct ike_build *b, const struct ike_hdr *h)
{
	put(e, b, h->spi_i, h->spi_r);
}

/* After a rekeying: the new SA has a token of its own. */
void qcd_renew(struct session *s)
{
	if (maker(s->e))
		task_add(s, TASK_QCD, 0);
}

void qcd_send(struct ike_sa *sa, struct task *t)
{
	struct request *r = req_new(sa, REQ_QCD, EXCH_INFORMATIONAL);

	r->task = t;
	qcd_put(sa, &r->b);
	req_send(sa, r);
}

void qcd_read(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	if (!ike_msg_notify(m, N_QUICK_CRASH_DETECTION, &n) || n.data.n < 16 ||
	        n.data.n > sizeof(sa->qcd))
		return;
	memcpy(sa->qcd, n.data.p, n.data.n);
	sa->n_qcd = (uint8_t)n.data.n;
}

bool qcd_proves_loss(const struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_pl_notify n;

	return sa->n_qcd && ike_msg_notify(m, N_QUICK_CRASH_DETECTION, &n) &&
	       n.data.n == sa->n_qcd && CRYPTO_memcmp(n.data.p, sa->qcd, n.data.n) == 0;
}
