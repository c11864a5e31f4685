/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines for `debug crypto ikev2`, in the shapes of IOS. None of them has seen a key. */
#include <stdarg.h>
#include <stdio.h>

#include "ikev2/sa.h"

static bool wanted(const struct ike *e, int level)
{
	return e->ops.debug && (!e->ops.debugs || e->ops.debugs(e->ops.ctx, level));
}

void ike_dbg(struct ike *e, const struct session *s, int level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!wanted(e, level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	e->ops.debug(e->ops.ctx, level, s ? s->id : 0, s ? s->handle : 0, line);
}

static void one_payload(struct strbuf *sb, uint8_t type, struct span body)
{
	struct ike_pl pl = {.type = type, .body = body};
	struct ike_pl_notify n;

	if (type == PL_NOTIFY && ike_get_notify(&pl, &n))
		sb_printf(sb, " NOTIFY(%s)", ike_notify_name(n.type));
	else if (type == PL_SK || type == PL_SKF)
		sb_puts(sb, " ENCR");
	else
		sb_printf(sb, " %s", ike_payload_name(type));
}

static void payloads(struct strbuf *sb, uint8_t type, struct span chain)
{
	struct rd r = rd_init(chain.p, chain.n);

	while (type && rd_ok(&r) && r.n >= IKE_PL_HDR_LEN) {
		uint8_t next = rd_u8(&r);
		uint16_t len;

		rd_skip(&r, 1);
		len = rd_u16(&r);
		if (len < IKE_PL_HDR_LEN)
			return;
		one_payload(sb, type, rd_span(&r, (size_t)len - IKE_PL_HDR_LEN));
		type = type == PL_SK || type == PL_SKF ? PL_NONE : next;
	}
}

void ike_dbg_packet(struct ike *e, const struct session *s, const struct dgram *d, bool sending)
{
	char local[IPADDR_STRLEN], remote[IPADDR_STRLEN];
	struct span raw = span_of(d->data, d->len);
	struct strbuf sb = {0};
	struct ike_hdr h;

	if (!wanted(e, 0) || !ike_hdr_parse(raw, &h))
		return;
	ipaddr_fmt(&d->local.addr, local);
	ipaddr_fmt(&d->remote.addr, remote);
	payloads(&sb, h.next, span_of(raw.p + IKE_HDR_LEN, raw.n - IKE_HDR_LEN));
	ike_dbg(e, s, 0,
	        "%s Packet [%s %s:%u/%s %s:%u/VRF i0:f%u] \n"
	        "Initiator SPI : %016llX - Responder SPI : %016llX Message id: %u\n"
	        "IKEv2 %s Exchange %s \nPayload contents: \n%s \n",
	        sending ? "Sending" : "Received", sending ? "To" : "From", remote, d->remote.port,
	        sending ? "From" : "To", local, d->local.port, d->vrf, (unsigned long long)h.spi_i,
	        (unsigned long long)h.spi_r, h.id, ike_exchange_name(h.exchange),
	        ike_hdr_is_response(&h) ? "RESPONSE" : "REQUEST", sb_str(&sb));
	sb_fini(&sb);
}

void ike_dbg_inner(struct ike *e, const struct session *s, const struct ike_build *b)
{
	struct strbuf sb = {0};
	uint8_t first;
	struct span inner;

	if (!wanted(e, 0))
		return;
	inner = ike_build_inner(b, &first);
	payloads(&sb, first, inner);
	ike_dbg(e, s, 0, "Building packet for encryption.  \nPayload contents: \n%s \n",
	        sb_str(&sb));
	sb_fini(&sb);
}

/* "   AES-CBC   SHA512   SHA512   DH_GROUP_256_ECP/Group 19", as IOS lists transforms. */
static void algorithms(struct strbuf *sb, const struct ike_proposal *p, bool ike, bool ke)
{
	for (uint8_t i = 0; i < p->n_encr; i++)
		sb_printf(sb, "   %s",
		        alg_encr(p->encr[i].id) ? alg_encr(p->encr[i].id)->name : "Unknown");
	for (uint8_t i = 0; i < p->n_prf && ike; i++)
		sb_printf(sb, "   %s", ike_prf_name(p->prf[i]));
	for (uint8_t i = 0; i < p->n_integ; i++)
		sb_printf(sb, "   %s",
		        alg_integ(p->integ[i]) ? alg_integ(p->integ[i])->name : "Unknown");
	for (uint8_t i = 0; i < p->n_group && ke; i++)
		if (p->group[i] != KE_NONE)
			sb_printf(sb, "   %s", ike_group_name(p->group[i]));
	if (!ike && p->esn_yes)
		sb_puts(sb, "   Use ESN");
	if (!ike && p->esn_no)
		sb_puts(sb, "   Don't use ESN");
}

void ike_dbg_offer(
        const struct session *s, const struct ike_proposal *p, size_t n, bool ike, bool ke)
{
	if (!wanted(s->e, 0))
		return;
	for (size_t i = 0; i < n; i++) {
		struct strbuf sb = {0};
		unsigned count = p[i].n_encr + p[i].n_integ + (ike ? p[i].n_prf : 0u) +
		                 (ke ? p[i].n_group : 0u) +
		                 (ike ? 0u : p[i].esn_yes + (unsigned)p[i].esn_no);

		algorithms(&sb, &p[i], ike, ke);
		ike_dbg(s->e, s, 0,
		        "%s Proposal: %zu, SPI size: %d (%s), \nNum. transforms: %u\n%s",
		        ike ? "IKE" : "ESP", i + 1, ike ? 0 : 4,
		        ike ? "initial negotiation" : "IPSec negotiation", count, sb_str(&sb));
		sb_fini(&sb);
	}
}
