/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An IKE datagram from a stranger, up to and including the attempt to decrypt it. What was accepted
 * is read in full, written again from its views, and must then be accepted with the same payloads.
 */
#include "ike_walk.h"
#include "ikev2/frag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct ike_msg *m)
{
	struct ike_build b;
	struct ike_msg *again = xmalloc(sizeof(*again));
	struct span s;

	ike_build_init(&b, &m->h);
	for (size_t i = 0; i < m->n; i++)
		ike_put_payload(&b, m->pl[i].type, m->pl[i].body);
	INSIST(ike_build_clear(&b, &s));
	INSIST(ike_msg_parse(s, again) == IKE_PARSE_OK);
	INSIST(again->n == m->n && again->sealed == m->sealed);
	for (size_t i = 0; i < m->n; i++)
		INSIST(span_eq(again->pl[i].body, m->pl[i].body) &&
		        again->pl[i].type == m->pl[i].type);
	ike_build_fini(&b);
	free(again);
}

static void try_to_open(const struct ike_msg *m)
{
	static const struct ike_suite suites[] = {
	        {.encr = {ENCR_AES_GCM_16, 128}, .prf = PRF_HMAC_SHA2_256},
	        {.encr = {ENCR_AES_CBC, 128},
	                .integ = AUTH_HMAC_SHA2_256_128,
	                .prf = PRF_HMAC_SHA2_256}};
	const struct span nonce = span_of("0123456789abcdef", 16);
	struct secret shared = {0};
	uint16_t number, total;

	secret_set(&shared, "shared", 6);
	for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
		struct ike_keys k = {0};
		struct ike_plain plain;

		INSIST(ike_keys_derive(&suites[i], nonce, nonce, 1, 2, &shared, &k));
		struct ike_sk *sk = ike_sk_new(&suites[i], &k, false);

		INSIST(sk);
		if (!ike_sk_open(sk, m, &plain))
			INSIST(!plain.p);
		ike_plain_fini(&plain);
		ike_sk_free(sk);
		ike_keys_wipe(&k);
	}
	if (ike_skf_numbers(m, &number, &total))
		INSIST(number && number <= total);
	secret_wipe(&shared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_msg *m = xmalloc(sizeof(*m));
	enum ike_parse rc = ike_msg_parse(span_of(data, size), m);

	INSIST(rc < IKE_PARSE_MAX && ike_parse_text(rc));
	if (rc == IKE_PARSE_OK) {
		walk_message(m);
		write_again(m);
		if (m->sealed)
			try_to_open(m);
	}
	free(m);
	return 0;
}
