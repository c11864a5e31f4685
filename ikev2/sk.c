/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing and opening SK and SKF payloads: see sk.h. */
#include "ikev2/sk.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ikev2/frag.h"

enum { SKF_NUMBERS = 4, AT_NEXT = 16, AT_LENGTH = 24 };

struct ike_sk {
	struct cipher *seal, *open;
	bool aead;
	uint64_t iv; /* of the last AEAD message sealed */
};

struct ike_sk *ike_sk_new(const struct ike_suite *s, const struct ike_keys *k, bool initiator)
{
	const struct alg_encr *e = alg_encr(s->encr.id);
	const struct alg_integ *a = alg_integ(s->integ);
	const struct secret *our_e = initiator ? &k->ei : &k->er,
	                    *our_a = initiator ? &k->ai : &k->ar;
	const struct secret *his_e = initiator ? &k->er : &k->ei,
	                    *his_a = initiator ? &k->ar : &k->ai;

	/* an IKE SA has both, encryption and integrity: RFC 7296 §3.3.2 */
	if (!e || !a || e->aead != (a->id == AUTH_NONE) || e->id == ENCR_NULL)
		return NULL;
	struct ike_sk *sk = xcalloc(1, sizeof(*sk));

	sk->aead = e->aead;
	sk->seal = cipher_new(e, a, secret_span(our_e), secret_span(our_a), true);
	sk->open = cipher_new(e, a, secret_span(his_e), secret_span(his_a), false);
	if (sk->seal && sk->open)
		return sk;
	ike_sk_free(sk);
	return NULL;
}

void ike_sk_free(struct ike_sk *sk)
{
	if (!sk)
		return;
	cipher_free(sk->seal);
	cipher_free(sk->open);
	wipe(sk, sizeof(*sk));
	free(sk);
}

/* ---- packets --------------------------------------------------------------------------------- */

void ike_packets_fini(struct ike_packets *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].p);
	free(p->v);
	*p = (struct ike_packets){0};
}

static void packets_room(struct ike_packets *p, size_t n)
{
	p->v = xcalloc(n, sizeof(*p->v));
	p->n = n;
}

void ike_packets_set_one(struct ike_packets *p, struct span d)
{
	ike_packets_fini(p);
	packets_room(p, 1);
	p->v[0] = (struct ike_packet){.p = xmemdup(d.p, d.n), .n = d.n};
}

size_t ike_max_len(size_t ip_mtu, int family, bool natt)
{
	size_t heads = (family == AF_INET6 ? 40u : 20u) + 8u + (natt ? 4u : 0u);

	return ip_mtu > heads ? ip_mtu - heads : 0;
}

/* ---- sealing --------------------------------------------------------------------------------- */

/* Octets of plaintext with its padding and Pad Length. */
static size_t padded(const struct cipher *c, size_t n)
{
	size_t block = cipher_block(c);

	return (n + 1 + block - 1) / block * block;
}

static size_t sealed_len(const struct cipher *c, bool fragment, size_t n)
{
	return (fragment ? SKF_NUMBERS : 0u) + IKE_HDR_LEN + IKE_PL_HDR_LEN + cipher_iv_len(c) +
	       padded(c, n) + cipher_icv_len(c);
}

/* Largest plaintext of a fragment that makes a message of at most max_len; 0: there is no room. */
static size_t fragment_room(const struct cipher *c, size_t max_len)
{
	size_t rest = sealed_len(c, true, 0) - padded(c, 0);

	if (max_len <= rest)
		return 0;
	size_t text = (max_len - rest) / cipher_block(c) * cipher_block(c);

	return text ? text - 1 : 0;
}

struct sealing {
	struct ike_sk *sk;
	const uint8_t *head; /* the IKE header to copy */
	uint8_t first;       /* type of the first payload */
	ike_random_fn random;
	void *ctx;
};

static void put_iv(const struct sealing *s, uint8_t *iv)
{
	if (s->sk->aead) {
		put_u32(iv, (uint32_t)(++s->sk->iv >> 32));
		put_u32(iv + 4, (uint32_t)s->sk->iv);
	} else {
		s->random(s->ctx, iv, cipher_iv_len(s->sk->seal));
	}
}

/* One datagram with SK (total 0) or with SKF number of total. */
static bool seal_one(const struct sealing *s, struct span text, uint16_t number, uint16_t total,
        struct ike_packet *out)
{
	struct cipher *c = s->sk->seal;
	size_t len = sealed_len(c, total, text.n), inner = padded(c, text.n);
	uint8_t *p = xcalloc(1, len);
	struct wr w = wr_init(p, len);

	wr_bytes(&w, s->head, IKE_HDR_LEN);
	wr_patch_u8(&w, AT_NEXT, total ? PL_SKF : PL_SK);
	wr_patch_u32(&w, AT_LENGTH, (uint32_t)len);
	wr_u8(&w, number > 1 ? PL_NONE : s->first);
	wr_u8(&w, 0);
	wr_u16(&w, (uint16_t)(len - IKE_HDR_LEN));
	if (total) {
		wr_u16(&w, number);
		wr_u16(&w, total);
	}
	struct span aad = span_of(p, w.len);
	uint8_t *iv = p + w.len, *body = iv + cipher_iv_len(c);

	put_iv(s, iv);
	if (text.n)
		memcpy(body, text.p, text.n);
	body[inner - 1] = (uint8_t)(inner - text.n - 1);
	*out = (struct ike_packet){.p = p, .n = len};
	return cipher_seal(c, aad, iv, body, inner, (struct span){0}, body + inner);
}

static bool seal_fragments(
        const struct sealing *s, struct span text, size_t max_len, struct ike_packets *out)
{
	size_t room = fragment_room(s->sk->seal, max_len);
	size_t total = room ? (text.n + room - 1) / room : 0;

	if (!total || total > IKE_FRAG_MAX)
		return false;
	packets_room(out, total);
	for (size_t i = 0; i < total; i++) {
		size_t n = i + 1 < total ? room : text.n - i * room;

		if (!seal_one(s, span_of(text.p + i * room, n), (uint16_t)(i + 1), (uint16_t)total,
		            &out->v[i]))
			return false;
	}
	return true;
}

bool ike_sk_seal(struct ike_sk *sk, const struct ike_build *b, size_t max_len, ike_random_fn random,
        void *ctx, struct ike_packets *out)
{
	struct sealing s = {.sk = sk, .head = b->p, .random = random, .ctx = ctx};
	bool ok;

	ike_packets_fini(out);
	if (b->bad)
		return false;
	struct span text = ike_build_inner(b, &s.first);
	size_t whole = sealed_len(sk->seal, false, text.n);

	if (max_len && whole > max_len) {
		ok = seal_fragments(&s, text, max_len, out);
	} else if (whole > IKE_MAX_MSG) {
		ok = false;
	} else {
		packets_room(out, 1);
		ok = seal_one(&s, text, 0, 0, &out->v[0]);
	}
	if (!ok)
		ike_packets_fini(out);
	return ok;
}

/* ---- opening --------------------------------------------------------------------------------- */

void ike_plain_fini(struct ike_plain *p)
{
	if (p->p)
		wipe(p->p, p->n);
	free(p->p);
	*p = (struct ike_plain){0};
}

static const struct ike_pl *sealed_payload(const struct ike_msg *m)
{
	return m->sealed && m->n ? &m->pl[m->n - 1] : NULL;
}

bool ike_skf_numbers(const struct ike_msg *m, uint16_t *number, uint16_t *total)
{
	const struct ike_pl *p = sealed_payload(m);

	if (!p || p->type != PL_SKF)
		return false;
	struct rd r = rd_init(p->body.p, p->body.n);

	*number = rd_u16(&r);
	*total = rd_u16(&r);
	return rd_ok(&r) && *number && *number <= *total;
}

/* Pad Length is the last octet, padding of any content in front of it. */
static bool strip_padding(struct ike_plain *p, size_t n)
{
	size_t pad = p->p[n - 1];

	if (pad >= n)
		return false;
	p->n = n - 1 - pad;
	return true;
}

bool ike_sk_open(struct ike_sk *sk, const struct ike_msg *m, struct ike_plain *out)
{
	const struct ike_pl *p = sealed_payload(m);
	struct cipher *c = sk->open;

	*out = (struct ike_plain){0};
	if (!p || (p->type == PL_SKF && !ike_skf_numbers(m, &out->number, &out->total)))
		return false;
	struct rd r = rd_init(p->body.p, p->body.n);

	if (p->type == PL_SKF)
		rd_skip(&r, SKF_NUMBERS);
	size_t icv_len = cipher_icv_len(c), iv_len = cipher_iv_len(c);
	struct span iv = rd_span(&r, iv_len);
	struct span text = r.n > icv_len ? rd_span(&r, r.n - icv_len) : (struct span){0};
	struct span icv = rd_rest(&r);

	if (!rd_ok(&r) || !text.n || text.n % cipher_block(c))
		return false;
	struct span aad = span_of(m->raw.p, (size_t)(iv.p - m->raw.p));

	out->p = xmemdup(text.p, text.n);
	out->n = text.n;
	out->first = p->next;
	if (cipher_open(c, aad, iv.p, out->p, text.n, (struct span){0}, icv.p) &&
	        strip_padding(out, text.n))
		return true;
	out->n = text.n; /* wipe all of it */
	ike_plain_fini(out);
	return false;
}
