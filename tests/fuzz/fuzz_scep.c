/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a SCEP server, or who stands in its place, answers; the first octet says to which question.
 *
 *   A  GetCACert    K  GetCACaps    R  PKIOperation
 *
 * A certificate that comes out is for our key; an authority that comes out may be one.
 */
#include <openssl/x509v3.h>
#include <string.h>

#include "flexvpn/scep_msg.h"
#include "ike_walk.h"
#include "pki_fixture.h"
#include "pki_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scep_ca authority;
static struct scep_ask question; /* its nonce is zero */

static void ask(void)
{
	const uint8_t *at = fixture_root;
	X509_NAME *name = X509_NAME_new();

	authority.ca = authority.encrypt = d2i_X509(NULL, &at, sizeof(fixture_root));
	authority.ra = sk_X509_new_null();
	question = (struct scep_ask){
	        .type = SCEP_PKCS_REQ, .to = &authority, .key = pki_key(2), .digest = "SHA256"};
	INSIST(scep_transaction(question.key, question.transaction));
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"spoke", -1, -1, 0);
	question.cert = scep_self(question.key, name);
	INSIST(authority.ca && question.cert);
	X509_NAME_free(name);
}

static void ca_cert(struct span body)
{
	struct scep_ca ca;
	char why[160] = "";

	for (int known = 0; known < 2; known++) {
		if (scep_ca_read(body, known ? authority.ca : NULL, &ca, why, sizeof(why)))
			INSIST(ca.ca && ca.encrypt && (known || X509_check_ca(ca.ca)));
		else
			INSIST(!ca.ca && why[0]);
		scep_ca_fini(&ca);
	}
}

static void cert_rep(struct span body)
{
	char why[160] = "";
	X509 *own;
	enum scep_status s = scep_read(&question, body, question.key, &own, why, sizeof(why));

	INSIST((s == SCEP_GRANTED) == (own != NULL));
	INSIST(s == SCEP_GRANTED || s == SCEP_PENDING || why[0]);
	if (own)
		INSIST(EVP_PKEY_eq(X509_get0_pubkey(own), question.key) == 1);
	X509_free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!question.key)
		ask();
	if (!size)
		return 0;
	struct span body = span_of(data + 1, size - 1);

	if (*data == 'A')
		ca_cert(body);
	else if (*data == 'K')
		INSIST(scep_caps(body) < 32);
	else if (*data == 'R')
		cert_rep(body);
	return 0;
}
