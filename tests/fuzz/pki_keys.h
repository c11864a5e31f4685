/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys of P-256 that everybody knows: the private number is given. */
#ifndef SPOKE_TESTS_FUZZ_PKI_KEYS_H
#define SPOKE_TESTS_FUZZ_PKI_KEYS_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

static inline EVP_PKEY *pki_key(unsigned number)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *p = EC_POINT_new(g);
	BIGNUM *d = BN_new();
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	uint8_t pub[65];

	BN_set_word(d, number);
	EC_POINT_mul(g, p, d, NULL, NULL, NULL);
	EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, pub, sizeof(pub), NULL);
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub));
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);

	EVP_PKEY_fromdata_init(c);
	EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(c);
	BN_free(d);
	EC_POINT_free(p);
	EC_GROUP_free(g);
	return key;
}

#endif
