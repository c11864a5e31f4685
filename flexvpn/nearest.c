/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nearest `match` line: see nearest.h. */
#include "flexvpn/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* ---- words ----------------------------------------------------------------------------- */

const char *fx_id_word(const struct ike_id *id)
{
	return id->type == ID_FQDN          ? "fqdn "
	       : id->type == ID_RFC822_ADDR ? "email "
	       : id->type == ID_KEY_ID      ? ""
	       : id->type == ID_DER_ASN1_DN ? "dn "
	                                    : "address ";
}

const char *fx_match_text(const struct fx_match *m, char buf[FX_MATCH_TEXT])
{
	char text[320], mask_text[IPADDR_STRLEN];
	struct ipaddr mask = ipaddr_v4(len_to_mask(m->prefix.len));

	if (m->kind == FX_MATCH_ANY)
		snprintf(buf, FX_MATCH_TEXT, "any");
	else if (m->kind != FX_MATCH_ADDRESS)
		snprintf(buf, FX_MATCH_TEXT, "%s%s%s", fx_id_word(&m->id),
		        m->kind == FX_MATCH_DOMAIN ? "domain " : "", ike_id_fmt(&m->id, text));
	else if (m->prefix.addr.family == AF_INET)
		snprintf(buf, FX_MATCH_TEXT, "address %s %s", ipaddr_fmt(&m->prefix.addr, text),
		        ipaddr_fmt(&mask, mask_text));
	else
		snprintf(buf, FX_MATCH_TEXT, "address %s", prefix_fmt(&m->prefix, text));
	return buf;
}

/* ---- how near --------------------------------------------------------------------------- */

static unsigned common_bits(const struct ipaddr *a, const struct ike_id *id)
{
	size_t n = a->family == AF_INET ? 4 : 16;
	unsigned bits = 0;

	if (id->type != (a->family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR) || id->len != n)
		return 0;
	while (bits < 8 * n && !((a->b[bits / 8] ^ id->data[bits / 8]) & 0x80u >> bits % 8))
		bits++;
	return 1 + bits;
}

/* What they have in common in front and behind: a slip may be anywhere. */
static unsigned common_octets(const struct ike_id *a, const struct ike_id *b)
{
	unsigned n = a->len < b->len ? a->len : b->len, front = 0, back = 0;

	if (a->type != b->type)
		return 0;
	while (front < n && tolower(a->data[front]) == tolower(b->data[front]))
		front++;
	while (front + back < n &&
	        tolower(a->data[a->len - 1u - back]) == tolower(b->data[b->len - 1u - back]))
		back++;
	return 1 + front + back;
}

static unsigned nearness(const struct fx_match *m, const struct ike_id *id)
{
	return m->kind == FX_MATCH_ADDRESS ? common_bits(&m->prefix.addr, id)
	       : m->kind == FX_MATCH_ANY   ? 0
	                                   : common_octets(&m->id, id);
}

struct nearest {
	const struct fx_profile *profile;
	const struct fx_match *match;
	unsigned score;
};

/* The first line of all when none is of the identity's kind. */
static void look(const struct fx_profile *p, const struct ike_id *id, struct nearest *best)
{
	for (size_t i = 0; i < p->match.n; i++) {
		unsigned score = nearness(&p->match.v[i], id);

		if (!best->profile || score > best->score)
			*best = (struct nearest){p, &p->match.v[i], score};
	}
}

void fx_no_profile(const struct fx_config *c, const struct fx_profile *only,
        const struct ipaddr *peer, const struct ike_id *id, const char *why)
{
	char addr[IPADDR_STRLEN], name[320], match[FX_MATCH_TEXT], line[1024];
	struct nearest best = {0};

	for (size_t i = 0; i < c->profiles.n; i++)
		if (only ? &c->profiles.v[i] == only : c->profiles.v[i].virtual_template > 0)
			look(&c->profiles.v[i], id, &best);
	if (why)
		snprintf(line, sizeof(line), "is not served: %s", why);
	else if (best.profile)
		snprintf(line, sizeof(line),
		        "matches no profile; nearest: profile %s, match identity remote %s",
		        best.profile->name, fx_match_text(best.match, match));
	else
		snprintf(line, sizeof(line), "matches no profile");
	log_msg(IKEV2_NO_PROFILE, ipaddr_fmt(peer, addr), fx_id_word(id), ike_id_fmt(id, name),
	        line);
}
