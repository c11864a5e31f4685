/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ESP codec: published packets octet by octet, every suite there and back, and what must be
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "dataplane/esp.h"
#include "lib_sa.h"

enum { ROOM = 4096 };

/* ---- vectors --------------------------------------------------------------------------------- */

struct vector {
	const char *source;
	uint16_t encr, bits;
	bool esn;
	const char *key; /* salt at the end */
	uint64_t seq;
	uint32_t spi;
	const char *iv;
	const char *plain; /* the payload, without padding */
	uint8_t next;
	const char *wire; /* from the SPI on */
};

static const struct vector vectors[] = {
        {"RFC 3602 §4 case 5 (transport-mode ping)", ENCR_AES_CBC, 128, false,
                "90d382b410eeba7ad938c46cec1a82bf", 1, 0x4321, "e96e8c08ab465763fd098d45dd3ff893",
                "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                "202122232425262728292a2b2c2d2e2f3031323334353637",
                1,
                "0000432100000001e96e8c08ab465763fd098d45dd3ff893"
                "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856"
                "a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a"
                "a269add047ad2d5913ac19b7cfbad4a6"},
        {"draft-mcgrew-gcm-test-01 §2 test case 1 (ESN)", ENCR_AES_GCM_16, 128, true,
                "4c80cdefbb5d10da906ac73c3613a6342e443b68", 0x8765432100000000, 0x4321,
                "4956ed7e3b244cfe",
                "45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
                "00000000045f736970045f756470037369700963796265726369747902646b0000210001",
                1,
                "00004321000000004956ed7e3b244cfe"
                "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
                "cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce"
                "61bc17d768fd9732459018148f6cbe722fd04796562dfdb4"},
        {"draft-mcgrew-gcm-test-01 §2 test case 2", ENCR_AES_GCM_16, 128, false,
                "feffe9928665731c6d6a8f9467308308cafebabe", 10, 0xa5f8, "facedbaddecaf888",
                "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100"
                "00010000000000000373697009637962657263697479"
                "02646b0000010001",
                1,
                "0000a5f80000000afacedbaddecaf888"
                "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c"
                "3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd1"
                "83b70d3aa8bc6ee4c309e9d85a41ad4a"},
};

static size_t unhex(const char *s, uint8_t *out)
{
	size_t n = strlen(s) / 2;

	assert_true(hex_parse(s, out, n));
	return n;
}

static void published_packets_open(void **state)
{
	uint8_t key[64], wire[ROOM], plain[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct esp_in in;
		struct esp_plain out;
		size_t n = unhex(v->wire, wire), want = unhex(v->plain, plain);

		assert_true(esp_in_init(&in, alg_encr(v->encr), alg_integ(AUTH_NONE),
		        span_of(key, unhex(v->key, key)), span_of(NULL, 0), v->spi, v->esn, 64));
		if (v->esn)
			in.replay.top = v->seq - 1;
		assert_int_equal(esp_open(&in, wire, n, &out), ESP_OK);
		assert_int_equal(out.next, v->next);
		assert_int_equal(out.n, want);
		assert_memory_equal(out.p, plain, want);
		esp_in_fini(&in);
	}
}

/* The IV of AEAD is the sequence number here and another one there: only CBC can be sealed to the
 * same octets. */
static void the_published_cbc_packet_seals(void **state)
{
	const struct vector *v = &vectors[0];
	uint8_t key[64], wire[ROOM], buf[ROOM], iv[16];
	struct esp_out o;
	struct span got;

	(void)state;
	assert_true(esp_out_init(&o, alg_encr(v->encr), alg_integ(AUTH_NONE),
	        span_of(key, unhex(v->key, key)), span_of(NULL, 0), v->spi, false));
	unhex(v->iv, iv);
	assert_int_equal(esp_seal(&o, buf + ESP_HEADROOM, unhex(v->plain, buf + ESP_HEADROOM),
	                         v->next, iv, &got),
	        ESP_OK);
	assert_int_equal(got.n, unhex(v->wire, wire));
	assert_memory_equal(got.p, wire, got.n);
	esp_out_fini(&o);
}

/* ---- there and back -------------------------------------------------------------------------- */

struct two {
	struct esp_out o;
	struct esp_in in;
	uint8_t buf[ROOM];
	struct span wire;
};

static void two_init(struct two *t, const struct sa_suite *s, bool esn, uint16_t window)
{
	struct dp_sa a = sa_end(s, "192.0.2.1", "192.0.2.2", 0x1000, 0x1001);
	struct dp_sa b = sa_end(s, "192.0.2.2", "192.0.2.1", 0x1001, 0x1000);

	assert_true(esp_out_init(&t->o, alg_encr(s->encr), alg_integ(s->integ), a.encr_out,
	        a.integ_out, 0x1001, esn));
	assert_true(esp_in_init(&t->in, alg_encr(s->encr), alg_integ(s->integ), b.encr_in,
	        b.integ_in, 0x1001, esn, window));
}

static void two_fini(struct two *t)
{
	esp_out_fini(&t->o);
	esp_in_fini(&t->in);
}

static void seal(struct two *t, size_t n)
{
	static const uint8_t iv[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	uint8_t *p = t->buf + ESP_HEADROOM;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i ^ n);
	assert_int_equal(esp_seal(&t->o, p, n, ESP_NEXT_IPV4, iv, &t->wire), ESP_OK);
}

static enum esp_verdict open_wire(struct two *t, struct esp_plain *out)
{
	return esp_open(&t->in, (uint8_t *)t->buf + (t->wire.p - t->buf), t->wire.n, out);
}

static void every_suite_opens_what_it_sealed(void **state)
{
	(void)state;
	for (size_t s = 0; s < sa_n_suites * 2; s++) {
		struct two t;

		two_init(&t, &sa_suites[s / 2], s & 1, 64);
		for (size_t n = 0; n < 70; n++) {
			struct esp_plain out;

			seal(&t, n);
			assert_int_equal(get_u32(t.wire.p), 0x1001);
			assert_int_equal(get_u32(t.wire.p + 4), n + 1);
			assert_int_equal((t.wire.n - ESP_HEADER - t.o.iv - t.o.icv) % t.o.align, 0);
			assert_int_equal(open_wire(&t, &out), ESP_OK);
			assert_int_equal(out.n, n);
			assert_int_equal(out.next, ESP_NEXT_IPV4);
			assert_int_equal(out.newest, t.in.authentic);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(out.p[i], (uint8_t)(i ^ n));
		}
		two_fini(&t);
	}
}

static void an_extended_number_survives_the_wrap_of_its_low_half(void **state)
{
	(void)state;
	for (size_t s = 0; s < sa_n_suites; s++) {
		struct two t;

		two_init(&t, &sa_suites[s], true, 64);
		t.o.seq = t.in.replay.top = UINT32_MAX - 3;
		for (int i = 0; i < 8; i++) {
			struct esp_plain out;

			seal(&t, 100);
			assert_int_equal(open_wire(&t, &out), ESP_OK);
		}
		assert_int_equal(t.o.seq, UINT32_MAX + 5ULL);
		if (t.in.authentic)
			assert_int_equal(t.in.replay.top, UINT32_MAX + 5ULL);
		two_fini(&t);
	}
}

static void without_extended_numbers_sending_ends_before_the_wrap(void **state)
{
	struct two t;
	struct span wire;
	uint64_t last = UINT32_MAX;

	(void)state;
	two_init(&t, sa_suite("gcm256"), false, 64);
	t.o.seq = last - 1;
	seal(&t, 10);
	assert_int_equal(get_u32(t.wire.p + 4), UINT32_MAX);
	assert_int_equal(esp_seal(&t.o, t.buf + ESP_HEADROOM, 10, 4, NULL, &wire), ESP_EXHAUSTED);
	assert_int_equal(t.o.seq, last);
	two_fini(&t);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void any_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t s = 0; s < sa_n_suites; s++) {
		struct two t;
		uint8_t clean[ROOM];
		struct esp_plain out;

		two_init(&t, &sa_suites[s], false, 0);
		if (!t.in.authentic) {
			two_fini(&t);
			continue;
		}
		seal(&t, 40);
		uint8_t *p = t.buf + (t.wire.p - t.buf);

		memcpy(clean, p, t.wire.n);
		for (size_t bit = 32; bit < t.wire.n * 8;
		        bit++) { /* the SPI is the caller's to look at */
			memcpy(p, clean, t.wire.n);
			p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(open_wire(&t, &out), ESP_BAD_ICV);
		}
		memcpy(p, clean, t.wire.n);
		assert_int_equal(open_wire(&t, &out), ESP_OK);
		two_fini(&t);
	}
}

static void no_shortened_packet_opens(void **state)
{
	(void)state;
	for (size_t s = 0; s < sa_n_suites; s++) {
		struct two t;
		uint8_t clean[ROOM], *exact;
		struct esp_plain out;

		two_init(&t, &sa_suites[s], false, 0);
		seal(&t, 60);
		memcpy(clean, t.wire.p, t.wire.n);
		for (size_t n = 0; n < t.wire.n; n++) {
			exact = xmemdup(clean, n ? n : 1); /* so that a read past the end is seen */
			if (t.in.authentic)
				assert_int_not_equal(esp_open(&t.in, exact, n, &out), ESP_OK);
			else
				esp_open(&t.in, exact, n, &out);
			free(exact);
		}
		two_fini(&t);
	}
}

static void a_packet_comes_once(void **state)
{
	struct two t;
	uint8_t again[ROOM];
	struct esp_plain out;

	(void)state;
	two_init(&t, sa_suite("gcm128"), false, 64);
	seal(&t, 20);
	size_t n = t.wire.n;

	memcpy(again, t.wire.p, n);
	assert_int_equal(open_wire(&t, &out), ESP_OK);
	assert_int_equal(esp_open(&t.in, again, n, &out), ESP_REPLAY);
	two_fini(&t);
}

/* RFC 4303 §3.4.3: no anti-replay without integrity, or one forged number would lock the peer out.
 */
static void without_an_icv_no_number_is_refused(void **state)
{
	struct two t;
	uint8_t again[ROOM];
	struct esp_plain out;

	(void)state;
	two_init(&t, sa_suite("cbc128"), false, 64);
	seal(&t, 20);
	size_t n = t.wire.n;

	memcpy(again, t.wire.p, n);
	assert_int_equal(open_wire(&t, &out), ESP_OK);
	assert_int_equal(esp_open(&t.in, again, n, &out), ESP_OK);
	assert_false(out.newest);
	two_fini(&t);
}

/* Seals chosen octets as they are, trailer included, by means of the suite without encryption. */
static enum esp_verdict open_text(const uint8_t *text, size_t n, struct esp_plain *out)
{
	static const uint8_t key[64];
	static uint8_t wire[ROOM];
	struct esp_in in;
	uint8_t icv[32];
	const struct alg_encr *e = alg_encr(ENCR_NULL);
	const struct alg_integ *i = alg_integ(AUTH_HMAC_SHA2_256_128);
	struct cipher *c = cipher_new(e, i, span_of(NULL, 0), span_of(key, i->key), true);

	assert_non_null(c);
	put_u32(wire, 0x1001);
	put_u32(wire + 4, 1);
	memcpy(wire + 8, text, n);
	assert_true(cipher_seal(c, span_of(wire, 8), wire + 8, wire + 8, n, span_of(NULL, 0), icv));
	memcpy(wire + 8 + n, icv, i->icv);
	cipher_free(c);
	assert_true(
	        esp_in_init(&in, e, i, span_of(NULL, 0), span_of(key, i->key), 0x1001, false, 64));
	enum esp_verdict v = esp_open(&in, wire, 8 + n + i->icv, out);

	esp_in_fini(&in);
	return v;
}

static void padding_counts_up_and_fits(void **state)
{
	struct esp_plain out;

	(void)state;
	assert_int_equal(open_text((const uint8_t[]){9, 9, 9, 1, 2, 3, 3, 4}, 8, &out), ESP_OK);
	assert_int_equal(out.n, 3);
	assert_int_equal(open_text((const uint8_t[]){1, 2, 2, 59}, 4, &out),
	        ESP_OK); /* nothing but padding */
	assert_int_equal(out.n, 0);
	assert_int_equal(
	        open_text((const uint8_t[]){9, 9, 9, 1, 2, 2, 3, 4}, 8, &out), ESP_MALFORMED);
	assert_int_equal(
	        open_text((const uint8_t[]){9, 9, 9, 0, 1, 2, 3, 4}, 8, &out), ESP_MALFORMED);
	assert_int_equal(
	        open_text((const uint8_t[]){1, 2, 3, 4}, 4, &out), ESP_MALFORMED); /* 3 of 2 */
	assert_int_equal(open_text((const uint8_t[]){1, 2, 255, 4}, 4, &out), ESP_MALFORMED);
	assert_int_equal(open_text((const uint8_t[]){1, 2, 0, 4, 0}, 5, &out),
	        ESP_MALFORMED); /* not aligned */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(published_packets_open),
	        cmocka_unit_test(the_published_cbc_packet_seals),
	        cmocka_unit_test(every_suite_opens_what_it_sealed),
	        cmocka_unit_test(an_extended_number_survives_the_wrap_of_its_low_half),
	        cmocka_unit_test(without_extended_numbers_sending_ends_before_the_wrap),
	        cmocka_unit_test(any_flipped_bit_is_noticed),
	        cmocka_unit_test(no_shortened_packet_opens),
	        cmocka_unit_test(a_packet_comes_once),
	        cmocka_unit_test(without_an_icv_no_number_is_refused),
	        cmocka_unit_test(padding_counts_up_and_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
