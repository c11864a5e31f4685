/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates as people paste them and as the configuration keeps them: see pki.h. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/pki.h"

enum { GROUP = 8, GROUPS_A_LINE = 8 };

/* Base64 between `-----` lines, or bare. */
static struct x509_st *from_base64(const char *text, size_t n)
{
	uint8_t *der = xmalloc(n + 4);
	EVP_ENCODE_CTX *c = EVP_ENCODE_CTX_new();
	int len = 0, tail = 0;
	X509 *x = NULL;

	EVP_DecodeInit(c);
	if (EVP_DecodeUpdate(c, der, &len, (const uint8_t *)text, (int)n) >= 0 &&
	        EVP_DecodeFinal(c, der + len, &tail) >= 0 && len > 0) {
		const uint8_t *at = der;

		x = d2i_X509(NULL, &at, len + tail);
	}
	EVP_ENCODE_CTX_free(c);
	free(der);
	return x;
}

struct x509_st *fx_cert_parse(const char *text)
{
	const char *begin = strstr(text, "-----BEGIN"), *body = text, *end;

	if (begin) {
		body = strchr(begin, '\n');
		if (!body)
			return NULL;
		body++;
	}
	end = strstr(body, "-----");
	return from_base64(body, end ? (size_t)(end - body) : strlen(body));
}

char *fx_cert_serial(const struct x509_st *x)
{
	const ASN1_INTEGER *s = X509_get0_serialNumber(x);
	struct strbuf sb = {0};

	if (!ASN1_STRING_length(s))
		sb_puts(&sb, "00");
	for (int i = 0; i < ASN1_STRING_length(s); i++)
		sb_printf(&sb, "%02X", ASN1_STRING_get0_data(s)[i]);
	return sb_take(&sb);
}

void fx_cert_lines(
        const char *trustpoint, const char *kind, const struct x509_st *x, struct strbuf *out)
{
	uint8_t *der = NULL;
	int n = i2d_X509((X509 *)x, &der);
	char *serial = fx_cert_serial(x);

	sb_printf(out, "crypto pki certificate chain %s\n certificate %s%s\n", trustpoint, kind,
	        serial);
	for (int i = 0; i < n; i++) {
		int in_line = i % (GROUP / 2 * GROUPS_A_LINE);

		sb_printf(out, "%s%02X",
		        in_line == 0                 ? "  "
		        : in_line % (GROUP / 2) == 0 ? " "
		                                     : "",
		        der[i]);
		if (in_line == GROUP / 2 * GROUPS_A_LINE - 1 || i == n - 1)
			sb_putc(out, '\n');
	}
	sb_puts(out, " quit\n");
	free(serial);
	OPENSSL_free(der);
}

void fx_cert_fingerprint(const struct x509_st *x, const char *digest, struct strbuf *out)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (X509_digest(x, EVP_get_digestbyname(digest), hash, &n) != 1)
		return;
	for (unsigned i = 0; i < n; i++)
		sb_printf(out, "%s%02X", i && i % (GROUP / 2) == 0 ? " " : "", hash[i]);
}
