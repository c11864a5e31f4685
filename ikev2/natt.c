/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAT traversal (RFC 7296 §2.23): who is behind a NAT, and following a peer whose NAT gave it
 * another address or port.
 */
#include "ikev2/sa.h"

static void put_hash(struct ike_build *b, uint16_t type, uint64_t spi_i, uint64_t spi_r,
        const struct endpoint *e)
{
	uint8_t hash[IKE_NATD_LEN];

	if (ike_natd_hash(spi_i, spi_r, e, hash))
		ike_put_notify(b, type, span_of(hash, sizeof(hash)));
}

/* To have ESP in UDP without a NAT, our source is given as an address that it is not. */
void natd_put(struct session *s, struct ike_build *b, uint64_t spi_i, uint64_t spi_r)
{
	struct endpoint source = s->local;

	if (s->p.force_natt)
		source = (struct endpoint){.addr = ipaddr_v4(0)};
	put_hash(b, N_NAT_DETECTION_SOURCE_IP, spi_i, spi_r, &source);
	put_hash(b, N_NAT_DETECTION_DESTINATION_IP, spi_i, spi_r, &s->remote);
}

void natd_put_for(struct ike_build *b, uint64_t spi_i, uint64_t spi_r, const struct endpoint *local,
        const struct endpoint *remote)
{
	put_hash(b, N_NAT_DETECTION_SOURCE_IP, spi_i, spi_r, local);
	put_hash(b, N_NAT_DETECTION_DESTINATION_IP, spi_i, spi_r, remote);
}

/* One of the hashes of that type is of this endpoint. `any`: there was one at all. */
static bool matches(const struct ike_msg *m, uint16_t type, uint64_t spi_i, uint64_t spi_r,
        const struct endpoint *e, bool *any)
{
	uint8_t hash[IKE_NATD_LEN];
	struct ike_pl_notify n;

	*any = false;
	if (!ike_natd_hash(spi_i, spi_r, e, hash))
		return false;
	for (const struct ike_pl *p = ike_msg_find(m, PL_NOTIFY); p;
	        p = ike_msg_find_next(m, PL_NOTIFY, p)) {
		if (!ike_get_notify(p, &n) || n.type != type)
			continue;
		*any = true;
		if (span_eq(n.data, span_of(hash, sizeof(hash))))
			return true;
	}
	return false;
}

void natd_read(struct session *s, const struct ike_msg *m, uint64_t spi_i, uint64_t spi_r,
        const struct dgram *in)
{
	bool source, dest;

	ike_dbg(s->e, s, 0, "Checking NAT discovery");
	s->nat_remote =
	        !matches(m, N_NAT_DETECTION_SOURCE_IP, spi_i, spi_r, &in->remote, &source) &&
	        source;
	s->nat_local =
	        !matches(m, N_NAT_DETECTION_DESTINATION_IP, spi_i, spi_r, &in->local, &dest) &&
	        dest;
	s->encap = source && dest && (s->nat_remote || s->nat_local || s->p.force_natt);
	ike_dbg(s->e, s, 0,
	        s->nat_local    ? "NAT detected inside"
	        : s->nat_remote ? "NAT detected outside"
	                        : "NAT not found");
}

bool natd_is_ours(
        const struct ike_msg *m, uint64_t spi_i, uint64_t spi_r, const struct endpoint *local)
{
	bool any;

	return matches(m, N_NAT_DETECTION_DESTINATION_IP, spi_i, spi_r, local, &any) || !any;
}

static void move(struct session *s, const struct dgram *in)
{
	s->local = in->local;
	s->remote = in->remote;
	s->natt = in->natt;
}

/* While half-open the ports change from 500 to 4500 by right. Later only a peer behind a NAT moves,
 * and only if we are not behind one ourselves. */
void natt_follow(struct session *s, const struct dgram *in)
{
	if (endpoint_eq(&s->remote, &in->remote) && endpoint_eq(&s->local, &in->local))
		return;
	if (!s->established) {
		if (in->natt && !s->natt)
			s->e->n.natd_float++;
		move(s, in);
		return;
	}
	if (!s->nat_remote || s->nat_local || s->down || !in->natt ||
	        s->mobike) /* RFC 4555 §3.8: only what it says */
		return;
	move(s, in);
	for (struct child_sa *c = s->children; c; c = c->next) {
		c->k.local = s->local;
		c->k.remote = s->remote;
	}
	ike_dbg(s->e, s, 0, "NAT mapping of the peer changed");
	e_event(s, IKE_EV_ENDPOINT);
}
