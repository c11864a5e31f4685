/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See esp.h. */
#include "dataplane/esp.h"

#include <string.h>

enum { TRAILER = 2, PAD_UNIT = 4 };

/* ---- making and ending ----------------------------------------------------------------------- */

static uint8_t alignment(const struct alg_encr *e)
{
	return e->block > PAD_UNIT ? e->block : PAD_UNIT;
}

static uint64_t last_number(bool esn)
{
	return esn ? UINT64_MAX : UINT32_MAX;
}

bool esp_out_init(struct esp_out *o, const struct alg_encr *e, const struct alg_integ *i,
        struct span encr_key, struct span integ_key, uint32_t spi, bool esn)
{
	*o = (struct esp_out){.spi = spi,
	        .esn = esn,
	        .counter_iv = e->aead,
	        .align = alignment(e),
	        .last = last_number(esn)};
	o->cipher = cipher_new(e, i, encr_key, integ_key, true);
	if (!o->cipher)
		return false;
	o->iv = (uint8_t)cipher_iv_len(o->cipher);
	o->icv = (uint8_t)cipher_icv_len(o->cipher);
	return true;
}

void esp_out_fini(struct esp_out *o)
{
	cipher_free(o->cipher);
	o->cipher = NULL;
}

/* RFC 4303 §3.4.3: without an ICV there is no anti-replay, or anybody could move the window. */
bool esp_in_init(struct esp_in *in, const struct alg_encr *e, const struct alg_integ *i,
        struct span encr_key, struct span integ_key, uint32_t spi, bool esn, uint16_t window)
{
	*in = (struct esp_in){.spi = spi, .esn = esn, .aead = e->aead, .align = alignment(e)};
	in->cipher = cipher_new(e, i, encr_key, integ_key, false);
	if (!in->cipher)
		return false;
	in->iv = (uint8_t)cipher_iv_len(in->cipher);
	in->icv = (uint8_t)cipher_icv_len(in->cipher);
	in->authentic = in->icv > 0;
	replay_init(&in->replay, in->authentic ? window : 0, esn && in->authentic);
	return true;
}

void esp_in_fini(struct esp_in *in)
{
	cipher_free(in->cipher);
	in->cipher = NULL;
}

/* ---- what the ICV covers besides the packet -------------------------------------------------- */

/* RFC 4106 §5: the AAD holds all 64 bits of an extended number. With a MAC the high half follows
 * the ciphertext. */
struct cover {
	uint8_t aad[12], high[4];
	size_t n_aad, n_high;
};

static void cover(struct cover *c, uint32_t spi, uint64_t seq, bool esn, bool aead)
{
	put_u32(c->high, (uint32_t)(seq >> 32));
	put_u32(c->aad, spi);
	c->n_aad = 4;
	if (esn && aead) {
		memcpy(c->aad + 4, c->high, 4);
		c->n_aad = 8;
	}
	put_u32(c->aad + c->n_aad, (uint32_t)seq);
	c->n_aad += 4;
	c->n_high = esn && !aead ? 4 : 0;
}

/* ---- out ------------------------------------------------------------------------------------- */

/* RFC 4303 §2.4: the monotonic padding, its length, the next header. The size of it all. */
static size_t pad(uint8_t *payload, size_t n, uint8_t align, uint8_t next)
{
	size_t pad_len = (align - (n + TRAILER) % align) % align;
	uint8_t *p = payload + n;

	for (size_t i = 0; i < pad_len; i++)
		*p++ = (uint8_t)(i + 1);
	*p++ = (uint8_t)pad_len;
	*p = next;
	return n + pad_len + TRAILER;
}

static void put_iv(const struct esp_out *o, uint8_t *dst, const uint8_t *iv)
{
	if (o->counter_iv) {
		put_u32(dst, (uint32_t)(o->seq >> 32));
		put_u32(dst + 4, (uint32_t)o->seq);
	} else if (o->iv) {
		memcpy(dst, iv, o->iv);
	}
}

enum esp_verdict esp_seal(struct esp_out *o, uint8_t *payload, size_t n, uint8_t next,
        const uint8_t *iv, struct span *wire)
{
	uint8_t *head = payload - o->iv - ESP_HEADER;
	struct cover c;

	if (o->seq >= o->last)
		return ESP_EXHAUSTED;
	o->seq++;
	put_u32(head, o->spi);
	put_u32(head + 4, (uint32_t)o->seq);
	put_iv(o, head + ESP_HEADER, iv);
	n = pad(payload, n, o->align, next);
	cover(&c, o->spi, o->seq, o->esn, o->counter_iv);
	if (!cipher_seal(o->cipher, span_of(c.aad, c.n_aad), head + ESP_HEADER, payload, n,
	            span_of(c.high, c.n_high), payload + n))
		return ESP_FAILED;
	*wire = span_of(head, (size_t)ESP_HEADER + o->iv + n + o->icv);
	return ESP_OK;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* RFC 4303 §2.4: the padding is not more than there is, and counts up from 1. */
static bool unpad(struct esp_plain *t)
{
	size_t pad_len = t->p[t->n - 2];
	const uint8_t *p;

	t->next = t->p[t->n - 1];
	t->n -= TRAILER;
	if (pad_len > t->n)
		return false;
	t->n -= pad_len;
	p = t->p + t->n;
	for (size_t i = 0; i < pad_len; i++)
		if (p[i] != i + 1)
			return false;
	return true;
}

static bool decrypt(struct esp_in *in, uint8_t *p, uint64_t seq, const struct esp_plain *t)
{
	struct cover c;

	cover(&c, in->spi, seq, in->esn, in->aead);
	return cipher_open(in->cipher, span_of(c.aad, c.n_aad), p + ESP_HEADER, t->p, t->n,
	        span_of(c.high, c.n_high), t->p + t->n);
}

enum esp_verdict esp_open(struct esp_in *in, uint8_t *p, size_t n, struct esp_plain *out)
{
	size_t fixed = (size_t)ESP_HEADER + in->iv + in->icv;
	uint64_t seq;

	if (n < fixed + TRAILER || (n - fixed) % in->align)
		return ESP_MALFORMED;
	if (!replay_find(&in->replay, get_u32(p + 4), &seq))
		return ESP_REPLAY;
	*out = (struct esp_plain){.p = p + ESP_HEADER + in->iv, .n = n - fixed};
	if (!decrypt(in, p, seq, out))
		return ESP_BAD_ICV;
	out->newest = in->authentic && seq > in->replay.top;
	if (!replay_mark(&in->replay, seq))
		return ESP_REPLAY;
	return unpad(out) ? ESP_OK : ESP_MALFORMED;
}
