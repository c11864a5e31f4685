/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a hub says before it is authenticated, or in order to be: EAP packets, one after the other,
 * each with two octets of length in front; and AUTH data that claims to be a signature of a key of
 * ours. No answer breaks the form of EAP, no success comes without a method having gone through,
 * and no signature is good.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "ike_walk.h"
#include "ikev2/eap.h"
#include "ikev2/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_random(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	memset(dst, 0x5a, n);
}

static enum ike_creds credentials(
        void *ctx, const struct ike_creds_ask *ask, struct secret *name, struct secret *password)
{
	unsigned *asked = ctx;

	if (ask->again)
		return IKE_CREDS_NONE;
	if (++*asked == 1)
		return IKE_CREDS_WAIT;
	secret_set(name, "cisco", 5);
	secret_set(password, "cisco", 5);
	return IKE_CREDS_GIVEN;
}

static void check_answer(const struct eap_packet *out, uint8_t id)
{
	INSIST(out->n >= 5 && out->n <= sizeof(out->b));
	INSIST(out->b[0] == EAP_RESPONSE && out->b[1] == id);
	INSIST(get_u16(out->b + 2) == out->n);
}

static void talk(struct rd r)
{
	unsigned asked = 0;
	struct eap_peer_ops ops = {.ctx = &asked, .random = no_random, .credentials = credentials};
	struct eap_peer *p = eap_peer_new(&ops, span_of("spoke7", 6), 0);
	struct eap_packet out;

	while (r.n) {
		struct span packet = rd_span(&r, rd_u16(&r));
		enum eap_result res = rd_ok(&r) ? eap_peer_rx(p, packet, &out) : EAP_FAILED;

		if (res == EAP_WAIT)
			res = eap_peer_resume(p, &out);
		INSIST(res != EAP_WAIT);
		if (res == EAP_SEND)
			check_answer(&out, packet.p[1]);
		if (res == EAP_DONE)
			INSIST(eap_peer_method(p));
		if (res != EAP_SEND)
			break;
	}
	eap_peer_free(p);
	eap_packet_wipe(&out);
}

/* A fixed key of P-256: the base point is its public value. */
static void public_key(struct ike_spki *out)
{
	static const char der[] = "3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e1"
	                          "2c4247f8bce6e563a440f2"
	                          "77037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e16"
	                          "2bce33576b315ececbb6"
	                          "406837bf51f5";

	out->n = (sizeof(der) - 1) / 2;
	INSIST(hex_parse(der, out->der, out->n));
}

static void verify(uint8_t method, struct span data)
{
	struct ike_spki key;
	enum ike_key_type type;

	public_key(&key);
	INSIST(!ike_sig_verify(&key, method, data, span_of("what is signed", 14), &type));
	INSIST(type == IKE_KEY_EC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 0)
		talk(rd_init(data + 1, size - 1));
	else
		verify(data[0], span_of(data + 1, size - 1));
	return 0;
}
