/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * esp [MILLISECONDS]: what the path from an inner packet to an ESP packet and back costs, as a
 * ratio to bare AES-GCM of OpenSSL over the same octets, measured in turns in one run. 1.00 would
 * be: everything but the cipher is free. A ratio travels between machines; the rates beside it do
 * not. "esp 200 openssl": by OpenSSL even where a faster library is at hand.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "dataplane/pair.h"

enum { ROUNDS = 5, BATCH = 256, ROOM = PAIR_HEADROOM + 2048 + PAIR_TAILROOM };

struct job {
	size_t size;
	EVP_CIPHER_CTX *evp;
	struct pair *a, *b;
	uint8_t *buf; /* BATCH packets */
	struct span wire[BATCH];
};

static const uint8_t key[36] = {1, 2, 3};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* what else the machine does is not counted */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "esp: %s failed\n", what);
	exit(1);
}

static void any(struct dp_ts *t)
{
	t->port_hi = UINT16_MAX;
	t->lo = ipaddr_v4(0);
	t->hi = ipaddr_v4(UINT32_MAX);
}

static struct pair *make(uint16_t bits, uint32_t in, uint32_t out)
{
	size_t n = bits / 8u + 4;
	struct dp_sa sa = {.spi_in = in,
	        .spi_out = out,
	        .encr = ENCR_AES_GCM_16,
	        .encr_bits = bits,
	        .encr_in = {key, n},
	        .encr_out = {key, n},
	        .local.addr = ipaddr_v4(0xc0000201),
	        .remote.addr = ipaddr_v4(0xc0000202),
	        .replay_window = 64,
	        .n_ts_local = 1,
	        .n_ts_remote = 1};

	any(&sa.ts_local[0]);
	any(&sa.ts_remote[0]);
	struct pair *p = pair_new(&sa, DP_PAYLOAD_IP);

	if (!p)
		die("an SA");
	return p;
}

static uint8_t *packet(struct job *j, unsigned i)
{
	return j->buf + (size_t)i * ROOM + PAIR_HEADROOM;
}

static void job_init(struct job *j, size_t size, uint16_t bits)
{
	*j = (struct job){.size = size, .evp = EVP_CIPHER_CTX_new(), .buf = xcalloc(BATCH, ROOM)};
	j->a = make(bits, 0x1000, 0x1001);
	j->b = make(bits, 0x1001, 0x1000);
	const EVP_CIPHER *c = bits == 128 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();

	if (!j->evp || EVP_EncryptInit_ex(j->evp, c, NULL, key, key) != 1)
		die("AES-GCM");
}

static void job_fini(struct job *j)
{
	EVP_CIPHER_CTX_free(j->evp);
	pair_free(j->a);
	pair_free(j->b);
	free(j->buf);
}

static void bare(struct job *j)
{
	uint8_t iv[12] = {0}, tag[16];
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t *p = packet(j, i);

		memcpy(iv, &i, sizeof(i));
		if (EVP_EncryptInit_ex(j->evp, NULL, NULL, NULL, iv) != 1 ||
		        EVP_EncryptUpdate(j->evp, NULL, &n, p, 8) != 1 ||
		        EVP_EncryptUpdate(j->evp, p, &n, p, (int)j->size) != 1 ||
		        EVP_EncryptFinal_ex(j->evp, p, &n) != 1 ||
		        EVP_CIPHER_CTX_ctrl(j->evp, EVP_CTRL_GCM_GET_TAG, 16, tag) != 1)
			die("sealing");
	}
}

static void fill(struct job *j)
{
	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t *p = packet(j, i);

		p[0] = 0x45;
		p[1] = 0;
		put_u16(p + 2, (uint16_t)j->size);
	}
}

static void encode(struct job *j)
{
	uint8_t tos;

	for (unsigned i = 0; i < BATCH; i++)
		if (!pair_encap(j->a, packet(j, i), j->size, NULL, &j->wire[i], &tos))
			die("encap");
}

static void decode(struct job *j)
{
	struct pair_packet out;

	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t *p = packet(j, i) - (packet(j, i) - j->wire[i].p);

		if (!pair_decap(j->b, p, j->wire[i].n, 0, &out) || out.n != j->size)
			die("decap");
	}
}

struct cost { /* seconds a packet */
	double bare, encode, decode;
};

static struct cost run(struct job *j, double seconds)
{
	struct cost c = {0};
	double end = now() + seconds, t;
	unsigned n = 0;

	for (; now() < end; n++) {
		t = now();
		bare(j);
		c.bare += now() - t;
		fill(j);
		t = now();
		encode(j);
		c.encode += now() - t;
		t = now();
		decode(j);
		c.decode += now() - t;
	}
	c.bare /= n * (double)BATCH;
	c.encode /= n * (double)BATCH;
	c.decode /= n * (double)BATCH;
	return c;
}

/* The quietest round of some, by the bare cipher: what disturbed it disturbed all three. */
static struct cost best(struct job *j, double seconds)
{
	struct cost least = run(j, seconds);

	for (int i = 1; i < ROUNDS; i++) {
		struct cost c = run(j, seconds);

		if (c.bare + c.encode + c.decode < least.bare + least.encode + least.decode)
			least = c;
	}
	return least;
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {64, 360, 1400};
	static const uint16_t bits[] = {128, 256};
	double seconds = (argc > 1 ? atoi(argv[1]) : 200) / 1000.0;

	cipher_openssl_only(argc > 2);
	printf("%s beside bare OpenSSL\n", cipher_library());
	printf("%-14s %6s %10s %10s %10s %9s %9s\n", "suite", "octets", "bare ns", "encode ns",
	        "decode ns", "encode x", "decode x");
	for (size_t b = 0; b < ARRAY_LEN(bits); b++)
		for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
			struct job j;

			job_init(&j, sizes[s], bits[b]);
			struct cost c = best(&j, seconds);

			printf("AES-GCM-%-6u %6zu %10.0f %10.0f %10.0f %9.2f %9.2f\n", bits[b],
			        sizes[s], c.bare * 1e9, c.encode * 1e9, c.decode * 1e9,
			        c.encode / c.bare, c.decode / c.bare);
			job_fini(&j);
		}
	return 0;
}
