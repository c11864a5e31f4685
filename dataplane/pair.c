/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See pair.h. RFC 4301 §5.1 and §5.2, RFC 6040, RFC 4303 §3.3.3. */
#include "dataplane/pair.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "dataplane/gre.h"

enum { DELIVERY_TTL = 255, IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* ---- life ------------------------------------------------------------------------------------ */

struct pair *pair_new(const struct dp_sa *sa, enum dp_payload payload)
{
	const struct alg_encr *e = alg_encr(sa->encr);
	const struct alg_integ *i = alg_integ(sa->integ);
	struct pair *p = xcalloc(1, sizeof(*p));

	p->sa = *sa;
	p->sa.encr_in = p->sa.integ_in = p->sa.encr_out = p->sa.integ_out = (struct span){0};
	p->payload = payload;
	selectors_init(&p->sel, sa);
	if (!esp_out_init(&p->out, e, i, sa->encr_out, sa->integ_out, sa->spi_out, sa->esn) ||
	        !esp_in_init(&p->in, e, i, sa->encr_in, sa->integ_in, sa->spi_in, sa->esn,
	                sa->replay_window)) {
		pair_free(p);
		return NULL;
	}
	p->soft_seq = p->out.last - p->out.last / 8;
	return p;
}

void pair_free(struct pair *p)
{
	if (!p)
		return;
	esp_out_fini(&p->out);
	esp_in_fini(&p->in);
	wipe(p, sizeof(*p));
	free(p);
}

static void check_bytes(struct pair *p, uint64_t bytes)
{
	if (p->sa.soft_bytes && bytes >= p->sa.soft_bytes)
		p->soft = true;
	if (p->sa.hard_bytes && bytes >= p->sa.hard_bytes)
		p->soft = p->hard = true;
}

static void check_limits(struct pair *p)
{
	check_bytes(p, p->total_out);
	if (p->out.seq >= p->soft_seq)
		p->soft = true;
	if (p->out.seq >= p->out.last)
		p->hard = true;
}

/* ---- out ------------------------------------------------------------------------------------- */

static uint8_t *put_delivery4(struct pair *p, uint8_t *payload, size_t n, uint8_t tos)
{
	uint8_t *h = payload - IPV4_HEADER;

	memset(h, 0, IPV4_HEADER);
	h[0] = 0x45;
	h[1] = tos;
	put_u16(h + 2, (uint16_t)(IPV4_HEADER + n));
	put_u16(h + 4, p->ip_id++);
	h[8] = DELIVERY_TTL;
	h[9] = IPPROTO_GRE;
	memcpy(h + 12, p->sa.local.addr.b, 4);
	memcpy(h + 16, p->sa.remote.addr.b, 4);
	put_u16(h + 10, (uint16_t)~inet_sum(h, IPV4_HEADER));
	return h;
}

static uint8_t *put_delivery6(struct pair *p, uint8_t *payload, size_t n, uint8_t tos)
{
	uint8_t *h = payload - IPV6_HEADER;

	put_u32(h, 6u << 28 | (uint32_t)tos << 20);
	put_u16(h + 4, (uint16_t)n);
	h[6] = IPPROTO_GRE;
	h[7] = DELIVERY_TTL;
	memcpy(h + 8, p->sa.local.addr.b, 16);
	memcpy(h + 24, p->sa.remote.addr.b, 16);
	return h;
}

/* GRE in front of the packet, and in tunnel mode the delivery header in front of GRE. */
static uint8_t *put_gre(
        struct pair *p, uint8_t *inner, const struct inner *i, size_t *n, uint8_t *next)
{
	uint8_t *at = inner - gre_size(&p->key);

	gre_put(at, i->version, &p->key);
	*n = i->len + gre_size(&p->key);
	*next = ESP_NEXT_GRE;
	if (p->sa.mode == DP_TRANSPORT)
		return at;
	if (p->sa.local.addr.family == AF_INET6) {
		*next = ESP_NEXT_IPV6;
		at = put_delivery6(p, at, *n, i->tos);
		*n += IPV6_HEADER;
	} else {
		*next = ESP_NEXT_IPV4;
		at = put_delivery4(p, at, *n, i->tos);
		*n += IPV4_HEADER;
	}
	return at;
}

/*
 * What we sent ourselves, routed back into the tunnel: each turn would make it longer. A route to
 * the peer that leads into the tunnel is a mistake of configuration, not a reason to burn a
 * processor.
 */
static bool is_our_own(const struct pair *p, const uint8_t *inner, const struct inner *i)
{
	size_t n = i->version == 4 ? 4 : 16;

	if (p->sa.remote.addr.family != (i->version == 4 ? AF_INET : AF_INET6) ||
	        memcmp(i->dst, p->sa.remote.addr.b, n) != 0 ||
	        memcmp(i->src, p->sa.local.addr.b, n) != 0)
		return false;
	if (i->proto == IPPROTO_ESP)
		return true;
	return i->proto == IPPROTO_UDP && i->l4 + 4 <= i->len &&
	       get_u16(inner + i->l4) == p->sa.local.port &&
	       get_u16(inner + i->l4 + 2) == p->sa.remote.port;
}

size_t pair_head(const struct pair *p)
{
	size_t n = (size_t)ESP_HEADER + p->out.iv;

	if (p->payload != DP_PAYLOAD_GRE)
		return n;
	n += gre_size(&p->key);
	if (p->sa.mode == DP_TUNNEL)
		n += p->sa.local.addr.family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER;
	return n;
}

static bool may_go(struct pair *p, uint8_t *inner, size_t n, struct inner *i)
{
	if (p->hard) {
		p->c.seq_exhausted++;
		return false;
	}
	/* What GRE carries is GRE's business: the selectors of such an SA name the tunnel's ends.
	 */
	if (inner_parse(inner, n, i) && !is_our_own(p, inner, i) &&
	        (p->payload == DP_PAYLOAD_GRE || selectors_take(&p->sel, inner, i, false)))
		return true;
	p->c.send_errors++;
	return false;
}

bool pair_encap(struct pair *p, uint8_t *inner, size_t n, const uint8_t *iv, struct span *wire,
        uint8_t *tos)
{
	struct inner i;

	if (!may_go(p, inner, n, &i))
		return false;
	uint8_t next = i.version == 6 ? ESP_NEXT_IPV6 : ESP_NEXT_IPV4;
	uint8_t *at = inner;

	n = i.len;
	*tos = i.tos;
	if (p->payload == DP_PAYLOAD_GRE)
		at = put_gre(p, inner, &i, &n, &next);
	enum esp_verdict v = esp_seal(&p->out, at, n, next, iv, wire);

	if (v != ESP_OK) {
		*(v == ESP_EXHAUSTED ? &p->c.seq_exhausted : &p->c.send_errors) += 1;
		p->hard |= v == ESP_EXHAUSTED;
		return false;
	}
	p->c.pkts_out++;
	p->c.bytes_out += i.len;
	p->total_out += i.len;
	check_limits(p);
	return true;
}

/* ---- in -------------------------------------------------------------------------------------- */

enum fate { GOOD, MALFORMED, BAD_SELECTOR };

/* What next header 4 or 41 announces: a whole packet of that version; what follows it is padding
 * (RFC 4303 §2.7). */
static bool ip_as_announced(const struct esp_plain *t, struct inner *i)
{
	return inner_parse(t->p, t->n, i) &&
	       t->next == (i->version == 6 ? ESP_NEXT_IPV6 : ESP_NEXT_IPV4);
}

/* The delivery header of GRE in tunnel mode comes off; `t` becomes what transport mode would have
 * had. */
static enum fate take_delivery(struct pair *p, struct esp_plain *t)
{
	struct inner i;

	if (!ip_as_announced(t, &i) || i.proto != IPPROTO_GRE ||
	        (i.version == 4 && get_u16(t->p + 6) & 0x3fff)) /* a fragment */
		return MALFORMED;
	if (!selectors_take(&p->sel, t->p, &i, true))
		return BAD_SELECTOR;
	t->p += i.l4;
	t->n = i.len - i.l4;
	t->next = ESP_NEXT_GRE;
	return GOOD;
}

static enum fate take_gre(struct pair *p, struct esp_plain *t, struct inner *i)
{
	enum fate f = p->sa.mode == DP_TUNNEL ? take_delivery(p, t) : GOOD;
	size_t head;

	if (f != GOOD)
		return f;
	head = t->next == ESP_NEXT_GRE ? gre_parse(t->p, t->n, &p->key) : 0;
	t->p += head;
	t->n -= head;
	return head && inner_parse(t->p, t->n, i) ? GOOD : MALFORMED;
}

static enum fate take_ip(struct pair *p, const struct esp_plain *t, struct inner *i)
{
	if (!ip_as_announced(t, i))
		return MALFORMED;
	return selectors_take(&p->sel, t->p, i, true) ? GOOD : BAD_SELECTOR;
}

bool pair_deliver(
        struct pair *p, const struct esp_plain *plain, uint8_t tos, struct pair_packet *out)
{
	struct esp_plain t = *plain;
	struct inner i;

	*out = (struct pair_packet){.newest = t.newest};
	if (t.next == ESP_NEXT_NONE)
		return true;
	enum fate f = p->payload == DP_PAYLOAD_GRE ? take_gre(p, &t, &i) : take_ip(p, &t, &i);

	if (f == GOOD && !inner_ecn_out_of_tunnel(t.p, &i, tos))
		f = MALFORMED;
	if (f != GOOD) {
		*(f == MALFORMED ? &p->c.malformed : &p->c.bad_selector) += 1;
		return false;
	}
	out->p = t.p;
	out->n = i.len;
	p->c.pkts_in++;
	p->c.bytes_in += i.len;
	p->total_in += i.len;
	check_bytes(p, p->total_in);
	return true;
}

bool pair_decap(struct pair *p, uint8_t *pkt, size_t n, uint8_t tos, struct pair_packet *out)
{
	uint64_t *const counter[] = {[ESP_MALFORMED] = &p->c.malformed,
	        [ESP_REPLAY] = &p->c.replay,
	        [ESP_BAD_ICV] = &p->c.bad_icv};
	struct esp_plain t;
	enum esp_verdict v = esp_open(&p->in, pkt, n, &t);

	if (v == ESP_OK)
		return pair_deliver(p, &t, tos, out);
	++*counter[v];
	return false;
}
