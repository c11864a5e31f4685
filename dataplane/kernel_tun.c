/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control calls for tunnels. Policies are first when something comes and last when it goes. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dataplane/check.h"
#include "dataplane/gre.h"
#include "dataplane/kernel.h"
#include "dataplane/path.h"

/* The floors below which no report of a router lets us go: RFC 791's 576 less what ESP takes, RFC
 * 8200 §5. */
enum { MTU_DEFAULT = 1400, MTU_FLOOR4 = 500, MTU_FLOOR6 = 1280 };

static struct kdp_tun **position(struct kernel *k, uint32_t id)
{
	struct kdp_tun **at = &k->tuns;

	while (*at && (*at)->t.id != id)
		at = &(*at)->next;
	return at;
}

struct kdp_tun *kdp_tun_find(struct kernel *k, uint32_t id)
{
	return *position(k, id);
}

/* ---- MTU ------------------------------------------------------------------------------------- */

static bool speaks6(const struct kdp_tun *t)
{
	const struct dp_sa *sa = &t->send->sa;

	for (uint8_t i = 0; i < sa->n_ts_local; i++)
		if (sa->ts_local[i].lo.family == AF_INET6)
			return true;
	return t->t.payload == DP_PAYLOAD_GRE;
}

static uint16_t fitting(struct kernel *k, const struct kdp_tun *t)
{
	const struct dp_sa *sa = &t->send->sa;
	const struct kdp_door *door = kdp_door_find(k, t->t.vrf);
	uint16_t path = door ? dp_path_mtu(&sa->local.addr, &sa->remote.addr, door->device) : 0,
	         floor = speaks6(t) ? MTU_FLOOR6 : MTU_FLOOR4, fit;

	if (!path)
		return t->t.mtu ? t->t.mtu : MTU_DEFAULT;
	fit = dp_inner_mtu(path, sa->local.addr.family, sa->udp_encap, sa->mode, t->t.payload,
	        alg_encr(sa->encr), alg_integ(sa->integ));
	if (t->t.payload == DP_PAYLOAD_GRE && t->t.has_key && fit)
		fit -= GRE_KEY_SIZE;
	if (fit < floor)
		fit = floor; /* the outer packets are fragmented then */
	return t->t.mtu && t->t.mtu < fit ? t->t.mtu : fit;
}

static int fit_mtu(struct kernel *k, struct kdp_tun *t)
{
	uint16_t mtu = t->send    ? fitting(k, t)
	               : t->t.mtu ? t->t.mtu
	               : t->mtu   ? t->mtu
	                          : MTU_DEFAULT;
	int rc;

	if (mtu == t->mtu)
		return 0;
	rc = kdp_link_mtu(k->route, t->ifindex, mtu);
	if (rc == 0)
		t->mtu = mtu;
	return rc;
}

/* ---- following ------------------------------------------------------------------------------- */

static bool ends_eq(const struct kdp_ends *a, const struct kdp_ends *b)
{
	return ipaddr_eq(&a->local, &b->local) && ipaddr_eq(&a->remote, &b->remote);
}

/* An xfrm interface keeps the link that it was made with; GRE over IPv4 and over IPv6 are two
 * kinds. */
static bool needs_another(const struct kdp_tun *t, const struct kdp_ends *ends)
{
	if (t->t.payload == DP_PAYLOAD_IP)
		return t->ends.link != ends->link;
	return (t->ends.remote.family == AF_INET6) != (ends->remote.family == AF_INET6);
}

static int give_ends(struct kernel *k, struct kdp_tun *t, const struct kdp_ends *ends)
{
	int rc;

	if (needs_another(t, ends))
		rc = kdp_link_replace(k->route, &t->t, ends, t->ifindex);
	else
		rc = kdp_link_ends(k->route, t->ifindex, &t->t, ends);
	if (rc == 0) {
		t->ends = *ends;
		t->mtu = 0; /* GRE takes the path's when its ends change */
	}
	return rc;
}

int kdp_tun_follow(struct kernel *k, struct kdp_tun *t)
{
	struct kdp_ends ends = t->ends;
	int rc;

	if (t->send && t->t.payload == DP_PAYLOAD_GRE) {
		ends.local = t->send->sa.local.addr;
		ends.remote = t->send->sa.remote.addr;
	}
	ends.link = kdp_door_link(k, t->t.vrf);
	rc = kdp_policy_sync(k, t, &ends);
	if (rc == 0 && (!ends_eq(&ends, &t->ends) || ends.link != t->ends.link)) {
		rc = give_ends(k, t, &ends);
		if (rc == 0)
			rc = kdp_policy_sync(k, t, &ends);
	}
	return rc ? rc : fit_mtu(k, t);
}

/*
 * GRE between the same two ends is one tunnel's: its policies name no device. Whoever holds them
 * without an SA lets go of them.
 */
int kdp_tun_claim(struct kernel *k, const struct kdp_tun *t, const struct ipaddr *local,
        const struct ipaddr *remote)
{
	const struct kdp_ends ends = {.local = *local, .remote = *remote};
	int rc = 0;

	for (size_t i = 0; i < k->n_sas; i++) {
		const struct kdp_sa *sa = k->sas[i];
		struct kdp_ends used = {.local = sa->sa.local.addr, .remote = sa->sa.remote.addr};

		if (sa->tun != t && sa->tun->t.payload == DP_PAYLOAD_GRE && ends_eq(&used, &ends))
			return -EEXIST;
	}
	for (struct kdp_tun *o = k->tuns; o && rc == 0; o = o->next)
		if (o != t && ends_eq(&o->ends, &ends)) {
			const struct kdp_ends none = {.link = o->ends.link};

			rc = give_ends(k, o, &none);
			if (rc == 0)
				rc = kdp_policy_sync(k, o, &none);
			if (rc == 0)
				rc = fit_mtu(k, o);
		}
	return rc;
}

/* ---- the calls ------------------------------------------------------------------------------- */

int kdp_tunnel_add(struct dp *d, const struct dp_tunnel *t)
{
	struct kernel *k = kernel_of(d);
	struct kdp_tun *new;
	int rc = dp_check_tunnel(t);

	if (rc < 0)
		return rc;
	if (kdp_tun_find(k, t->id))
		return -EEXIST;
	new = xcalloc(1, sizeof(*new));
	new->t = *t;
	new->ends.link = kdp_door_link(k, t->vrf);
	rc = kdp_link_add(k->route, t, &new->ends, &new->ifindex);
	if (rc < 0) {
		free(new);
		return rc;
	}
	new->next = k->tuns;
	k->tuns = new;
	rc = fit_mtu(k, new);
	if (rc < 0)
		kdp_tunnel_del(d, t->id);
	return rc;
}

/* Another payload is another kind of device. SAs made for the old one carry nothing any more, so
 * they go. */
static int change_payload(struct kernel *k, struct kdp_tun *t, enum dp_payload payload)
{
	struct dp_tunnel changed = t->t;
	struct kdp_ends none = {.link = t->ends.link};
	int rc;

	changed.payload = payload;
	kdp_sa_drop_all(k, t);
	rc = kdp_link_replace(k->route, &changed, &none, t->ifindex);
	kdp_policy_drop(k, t);
	t->t.payload = payload;
	t->ends = none;
	t->mtu = 0;
	return rc;
}

int kdp_tunnel_set(struct dp *d, const struct dp_tunnel *t)
{
	struct kernel *k = kernel_of(d);
	struct kdp_tun *have = kdp_tun_find(k, t->id);
	int rc = dp_check_tunnel(t);

	if (rc < 0 || !have)
		return rc < 0 ? rc : -ENODEV;
	have->t.mtu = t->mtu;
	if (have->t.vrf != t->vrf) { /* SAs of another front door lead nowhere any more */
		kdp_sa_drop_all(k, have);
		have->t.vrf = t->vrf;
		rc = kdp_tun_follow(k, have);
	}
	if (have->t.has_key != t->has_key || have->t.key != t->key) {
		have->t.has_key = t->has_key;
		have->t.key = t->key;
		if (have->t.payload == DP_PAYLOAD_GRE && have->t.payload == t->payload)
			rc = give_ends(k, have, &have->ends);
	}
	if (have->t.payload != t->payload)
		rc = change_payload(k, have, t->payload);
	return rc ? rc : fit_mtu(k, have);
}

int kdp_tunnel_del(struct dp *d, uint32_t id)
{
	struct kernel *k = kernel_of(d);
	struct kdp_tun **at = position(k, id), *t = *at;
	struct kdp_link_stats st;
	int rc;

	if (!t)
		return -ENODEV;
	if (kdp_link_stats(k->route, t->ifindex, &st)) {
		k->stats.tun_no_sa += st.tx_drops;
		k->stats.tun_reads += st.tx_packets;
		k->stats.tun_writes += st.rx_packets;
	}
	rc = kdp_link_del(k->route, t->ifindex);
	kdp_sa_drop_all(k, t);
	kdp_policy_drop(k, t);
	*at = t->next;
	free(t);
	return rc;
}
