/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traffic selectors as sets (RFC 7296 §2.9, §3.13.1): cutting one by another, and what a responder
 * makes of an offer.
 *
 * Ports 65535 to 0 are OPAQUE: traffic whose ports nobody can see. Any port (0 to 65535) includes
 * it.
 */
#include "ikev2/payload.h"

static bool ports_opaque(const struct ike_ts *t)
{
	return t->port_lo > t->port_hi;
}

static bool ports_any(const struct ike_ts *t)
{
	return t->port_lo == 0 && t->port_hi == UINT16_MAX;
}

static bool cut_ports(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	if (ports_opaque(a) || ports_opaque(b)) {
		out->port_lo = UINT16_MAX;
		out->port_hi = 0;
		return (ports_opaque(a) || ports_any(a)) && (ports_opaque(b) || ports_any(b));
	}
	out->port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
	out->port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
	return out->port_lo <= out->port_hi;
}

bool ike_ts_intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	struct ike_ts t = {.proto = a->proto ? a->proto : b->proto};

	if (a->lo.family != b->lo.family || (a->proto && b->proto && a->proto != b->proto))
		return false;
	t.lo = ipaddr_cmp(&a->lo, &b->lo) > 0 ? a->lo : b->lo;
	t.hi = ipaddr_cmp(&a->hi, &b->hi) < 0 ? a->hi : b->hi;
	if (ipaddr_cmp(&t.lo, &t.hi) > 0 || !cut_ports(a, b, &t))
		return false;
	*out = t;
	return true;
}

bool ike_ts_eq(const struct ike_ts *a, const struct ike_ts *b)
{
	return a->proto == b->proto && a->port_lo == b->port_lo && a->port_hi == b->port_hi &&
	       ipaddr_eq(&a->lo, &b->lo) && ipaddr_eq(&a->hi, &b->hi);
}

bool ike_ts_within(const struct ike_ts *inner, const struct ike_ts *outer)
{
	struct ike_ts cut;

	return ike_ts_intersect(inner, outer, &cut) && ike_ts_eq(&cut, inner);
}

static bool covered(const struct ike_ts *t, const struct ike_ts *by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ike_ts_within(t, &by[i]))
			return true;
	return false;
}

uint8_t ike_ts_narrow(const struct ike_ts *offer, size_t n_offer, const struct ike_ts *policy,
        size_t n_policy, struct ike_ts out[IKE_MAX_TS])
{
	uint8_t n = 0;
	struct ike_ts cut;

	for (size_t i = 0; i < n_offer; i++)
		for (size_t j = 0; j < n_policy; j++)
			if (n < IKE_MAX_TS && ike_ts_intersect(&offer[i], &policy[j], &cut) &&
			        !covered(&cut, out, n))
				out[n++] = cut;
	return n;
}

bool ike_ts_subset(
        const struct ike_ts *got, size_t n_got, const struct ike_ts *offered, size_t n_offered)
{
	for (size_t i = 0; i < n_got; i++)
		if (!covered(&got[i], offered, n_offered))
			return false;
	return n_got > 0;
}
