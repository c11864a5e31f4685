/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads everything in a parsed IKE message, as an engine might, and insists on what wire.h
 * promises: the readers do not fail on a message that was accepted. Used by the two IKE targets.
 */
#ifndef SPOKE_TESTS_FUZZ_IKE_WALK_H
#define SPOKE_TESTS_FUZZ_IKE_WALK_H

#include <stdlib.h>

#include "base/mem.h"
#include "ikev2/payload.h"
#include "ikev2/proposal.h"

#define INSIST(x)                                                                                  \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

/* clang-format off */
static const struct ike_proposal walk_ike[] = {
	{ .encr = {{ENCR_AES_GCM_16, 256}, {ENCR_CHACHA20_POLY1305, 0}}, .n_encr = 2, .prf = {PRF_HMAC_SHA2_256}, .n_prf = 1,
	  .group = {KE_X25519, KE_ECP_256}, .n_group = 2 },
	{ .encr = {{ENCR_AES_CBC, 256}, {ENCR_3DES, 0}}, .n_encr = 2, .integ = {AUTH_HMAC_SHA2_256_128, AUTH_HMAC_SHA1_96},
	  .n_integ = 2, .prf = {PRF_HMAC_SHA2_512, PRF_HMAC_SHA1}, .n_prf = 2, .group = {KE_MODP_2048}, .n_group = 1 },
};
static const struct ike_proposal walk_esp[] = {
	{ .encr = {{ENCR_AES_GCM_16, 256}}, .n_encr = 1, .esn_no = true, .esn_yes = true },
	{ .encr = {{ENCR_AES_CBC, 128}}, .n_encr = 1, .integ = {AUTH_HMAC_SHA2_256_128, AUTH_NONE}, .n_integ = 2,
	  .group = {KE_ECP_384}, .n_group = 1, .esn_no = true },
};
/* clang-format on */

static void walk_choice(const struct ike_pl *p, uint8_t proto, const struct ike_proposal *ours)
{
	static const uint8_t spi_sizes[] = {0, 4, 8};
	struct ike_hdr h = {.spi_i = 1};
	struct ike_choice c, again;

	for (size_t i = 0; i < ARRAY_LEN(spi_sizes); i++)
		for (enum ike_ke_use ke = IKE_KE_WITHOUT; ke <= IKE_KE_NEEDED; ke++) {
			(void)ike_sa_verify(p, proto, spi_sizes[i], ke, ours, 2, &c);
			if (!ike_sa_choose(p, proto, spi_sizes[i], ke, ours, 2, KE_ECP_256, &c))
				continue;
			(void)ike_choice_spi(&c);
			/* what we answer is a well-formed payload, and again the same choice */
			struct ike_build b;

			ike_build_init(&b, &h);
			ike_put_sa_choice(&b, proto, 7, spi_sizes[i], &c);
			struct ike_pl a = {.type = PL_SA,
			        .body = span_of(b.p + IKE_HDR_LEN + IKE_PL_HDR_LEN,
			                b.len - IKE_HDR_LEN - IKE_PL_HDR_LEN)};

			INSIST(ike_sa_valid(&a));
			INSIST(ike_sa_choose(
			        &a, proto, spi_sizes[i], ke, ours, 2, c.suite.group, &again));
			INSIST(again.suite.encr.id == c.suite.encr.id &&
			        again.suite.integ == c.suite.integ);
			INSIST(again.suite.group == c.suite.group &&
			        again.suite.esn == c.suite.esn);
			ike_build_fini(&b);
		}
}

static void walk_ts(const struct ike_pl *p)
{
	const struct ike_ts policy[] = {ike_ts_any4(), ike_ts_any6()};
	struct ike_ts out[IKE_MAX_TS];
	struct ike_pl_ts t;
	char text[128];

	INSIST(ike_get_ts(p, &t));
	uint8_t n = ike_ts_narrow(t.ts, t.n, policy, 2, out);

	INSIST(n <= t.n && (n > 0) == (t.n > 0));
	INSIST(!n || ike_ts_subset(out, n, t.ts, t.n));
	for (uint8_t i = 0; i < t.n; i++)
		(void)ike_ts_fmt(&t.ts[i], text);
}

static void walk_id(const struct ike_pl *p)
{
	uint8_t body[IKE_ID_BODY_MAX];
	struct ike_id id;
	char text[320];

	if (!ike_get_id(p, &id)) {
		INSIST(p->body.n > IKE_ID_BODY_MAX);
		return;
	}
	INSIST(strlen(ike_id_fmt(&id, text)) < sizeof(text));
	INSIST(ike_id_eq(&id, &id));
	INSIST(ike_id_body(&id, body) == p->body.n);
}

static void walk_cp(const struct ike_pl *p)
{
	struct ike_pl_cp cp;
	volatile uint8_t last = 0;

	INSIST(ike_get_cp(p, &cp));
	for (size_t i = 0; i < cp.n; i++)
		if (cp.attr[i].len)
			last = cp.attr[i].val[cp.attr[i].len - 1];
	(void)last;
}

static void walk_rest(const struct ike_pl *p)
{
	struct ike_pl_ke ke;
	struct ike_pl_auth auth;
	struct ike_pl_notify n;
	struct ike_pl_delete d;
	struct span s;

	switch (p->type) {
	case PL_KE:
		INSIST(ike_get_ke(p, &ke) && ke.data.n);
		break;
	case PL_AUTH:
		INSIST(ike_get_auth(p, &auth));
		break;
	case PL_NONCE:
		INSIST(ike_get_nonce(p, &s) && s.n >= IKE_NONCE_MIN);
		break;
	case PL_NOTIFY:
		INSIST(ike_get_notify(p, &n));
		(void)ike_notify_name(n.type);
		(void)ike_notify_spi(&n);
		break;
	case PL_DELETE:
		INSIST(ike_get_delete(p, &d));
		for (size_t i = 0; i < d.count; i++)
			(void)ike_delete_spi(&d, i);
		break;
	default:
		break;
	}
}

static inline void walk_message(const struct ike_msg *m)
{
	struct ike_pl_notify n;

	for (size_t i = 0; i < m->n; i++) {
		const struct ike_pl *p = &m->pl[i];

		(void)ike_payload_name(p->type);
		if (p->type == PL_SA) {
			walk_choice(p, IKE_PROTO_IKE, walk_ike);
			walk_choice(p, IKE_PROTO_ESP, walk_esp);
		} else if (p->type == PL_TSi || p->type == PL_TSr) {
			walk_ts(p);
		} else if (p->type == PL_IDi || p->type == PL_IDr) {
			walk_id(p);
		} else if (p->type == PL_CP) {
			walk_cp(p);
		} else {
			walk_rest(p);
		}
	}
	(void)ike_msg_error(m, &n);
	(void)ike_msg_has_notify(m, N_COOKIE);
	(void)ike_msg_has_vendor(m, "FLEXVPN-SUPPORTED");
}

#endif
