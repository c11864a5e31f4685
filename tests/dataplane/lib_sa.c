/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lib_sa.h. */
#include "lib_sa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

const struct sa_suite sa_suites[] = {
        {"gcm128", ENCR_AES_GCM_16, 128, AUTH_NONE},
        {"gcm192", ENCR_AES_GCM_16, 192, AUTH_NONE},
        {"gcm256", ENCR_AES_GCM_16, 256, AUTH_NONE},
        {"chacha", ENCR_CHACHA20_POLY1305, 0, AUTH_NONE},
        {"cbc128", ENCR_AES_CBC, 128, AUTH_NONE},
        {"cbc128-sha1", ENCR_AES_CBC, 128, AUTH_HMAC_SHA1_96},
        {"cbc192-sha384", ENCR_AES_CBC, 192, AUTH_HMAC_SHA2_384_192},
        {"cbc256-sha256", ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_128},
        {"cbc256-sha512", ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256},
        {"3des-sha1", ENCR_3DES, 0, AUTH_HMAC_SHA1_96},
        {"null-sha256", ENCR_NULL, 0, AUTH_HMAC_SHA2_256_128},
};
const size_t sa_n_suites = ARRAY_LEN(sa_suites);

const struct sa_suite *sa_suite(const char *name)
{
	for (size_t i = 0; i < sa_n_suites; i++)
		if (strcmp(sa_suites[i].name, name) == 0)
			return &sa_suites[i];
	fail_msg("no suite %s", name);
	return NULL;
}

struct ipaddr ip(const char *s)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(s, &a));
	return a;
}

struct dp_ts ts_range(const char *lo, const char *hi)
{
	return (struct dp_ts){.port_hi = UINT16_MAX, .lo = ip(lo), .hi = ip(hi)};
}

/* 64 octets that follow from a number: the key of the SA with this SPI. A new one each call, some
 * of them at a time. */
static const uint8_t *octets(uint32_t spi, uint8_t what)
{
	static uint8_t store[16][64];
	static size_t used;
	uint8_t *k = store[used++ % ARRAY_LEN(store)];
	uint32_t x = spi * 2654435761u + what;

	for (size_t i = 0; i < sizeof(store[0]); i++) {
		x = x * 1664525u + 1013904223u;
		k[i] = (uint8_t)(x >> 24);
	}
	return k;
}

struct dp_sa sa_end(
        const struct sa_suite *s, const char *local, const char *remote, uint32_t in, uint32_t out)
{
	size_t ek = alg_encr_keymat(alg_encr(s->encr), s->bits), ik = alg_integ(s->integ)->key;

	return (struct dp_sa){.tunnel = 1,
	        .spi_in = in,
	        .spi_out = out,
	        .mode = DP_TUNNEL,
	        .encr = s->encr,
	        .encr_bits = s->bits,
	        .integ = s->integ,
	        .encr_in = span_of(octets(in, 'e'), ek),
	        .integ_in = span_of(octets(in, 'i'), ik),
	        .encr_out = span_of(octets(out, 'e'), ek),
	        .integ_out = span_of(octets(out, 'i'), ik),
	        .udp_encap = true,
	        .local = {ip(local), 4500},
	        .remote = {ip(remote), 4500},
	        .replay_window = 64,
	        .ts_local = {ts_range("0.0.0.0", "255.255.255.255"),
	                ts_range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
	        .ts_remote = {ts_range("0.0.0.0", "255.255.255.255"),
	                ts_range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
	        .n_ts_local = 2,
	        .n_ts_remote = 2,
	        .send_now = true};
}
