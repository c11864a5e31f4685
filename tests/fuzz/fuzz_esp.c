/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inbound half of the data plane, as a stranger reaches it: the first octet chooses a suite and
 * the form of the payload, the rest is a datagram from the SPI on. The suites that a stranger
 * cannot forge end at their ICV; so the same octets also go in behind the decryption.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dataplane/gre.h"
#include "dataplane/merge.h"
#include "dataplane/pair.h"
#include "dataplane/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	uint16_t encr, bits, integ;
} suites[] = {
        {ENCR_AES_CBC, 128, AUTH_NONE},
        {ENCR_AES_GCM_16, 256, AUTH_NONE},
        {ENCR_NULL, 0, AUTH_HMAC_SHA2_256_128},
        {ENCR_NULL, 0,
                AUTH_NONE}, /* never agreed on; here it lets everything through to the padding */
        {ENCR_AES_CBC, 256, AUTH_HMAC_SHA1_96},
        {ENCR_3DES, 0, AUTH_HMAC_SHA1_96},
        {ENCR_CHACHA20_POLY1305, 0, AUTH_NONE},
};

enum { CHOICES = ARRAY_LEN(suites) * 8 };

static void any(struct dp_ts *t, int family)
{
	t->port_hi = UINT16_MAX;
	t->lo.family = t->hi.family = (uint8_t)family;
	memset(t->hi.b, 0xff, family == AF_INET ? 4 : 16);
}

/* `how`: transport mode, GRE, narrow selectors. */
static struct pair *make(unsigned suite, unsigned how)
{
	static const uint8_t key[80] = {1};
	const struct alg_encr *e = alg_encr(suites[suite].encr);
	size_t ek = alg_encr_keymat(e, suites[suite].bits),
	       ik = alg_integ(suites[suite].integ)->key;
	struct dp_sa sa = {.spi_in = 0x1000,
	        .spi_out = 0x1000,
	        .mode = how & 1 ? DP_TRANSPORT : DP_TUNNEL,
	        .encr = suites[suite].encr,
	        .encr_bits = suites[suite].bits,
	        .integ = suites[suite].integ,
	        .encr_in = {key, ek},
	        .encr_out = {key, ek},
	        .integ_in = {key, ik},
	        .integ_out = {key, ik},
	        .esn = how & 2,
	        .local.addr = ipaddr_v4(0xc0000201),
	        .remote.addr = ipaddr_v4(0xc0000202),
	        .replay_window = 64,
	        .n_ts_local = 2,
	        .n_ts_remote = 2};

	any(&sa.ts_local[0], AF_INET);
	any(&sa.ts_local[1], AF_INET6);
	any(&sa.ts_remote[0], AF_INET);
	any(&sa.ts_remote[1], AF_INET6);
	if (how & 4) { /* selectors that look at ports */
		sa.ts_local[0].port_hi = sa.ts_local[1].port_hi = 1023;
		sa.ts_remote[0].proto = 17;
	}
	struct pair *p = pair_new(&sa, how & 2 ? DP_PAYLOAD_GRE : DP_PAYLOAD_IP);

	if (!p)
		abort();
	return p;
}

/* What is handed on lies inside what came in, and is a whole IP packet. */
static void check(const struct pair_packet *out, const uint8_t *buf, size_t n)
{
	struct inner i;

	if (!out->p)
		return;
	if (out->p < buf || out->n > n || out->p + out->n > buf + n ||
	        !inner_parse(out->p, out->n, &i) || i.len != out->n)
		abort();
}

static void decap(struct pair *p, const uint8_t *data, size_t n)
{
	uint8_t *buf = xmemdup(data, n);
	struct pair_packet out;

	replay_init(&p->in.replay, p->in.replay.window, p->in.replay.esn);
	if (pair_decap(p, buf, n, data[n - 1], &out))
		check(&out, buf, n);
	free(buf);
}

static void deliver(struct pair *p, const uint8_t *data, size_t n)
{
	uint8_t *buf = xmemdup(data, n);
	struct esp_plain t = {.p = buf, .n = n - 1, .next = data[n - 1]};
	struct pair_packet out;

	if (pair_deliver(p, &t, 3, &out))
		check(&out, buf, n);
	free(buf);
}

/* Not a stranger's but the kernel's: a virtio header and a packet. */
static void cut(const uint8_t *data, size_t n)
{
	static uint8_t part[65536];
	struct virtio_net_hdr h;
	struct segmenter s;

	if (n < sizeof(h) + 1)
		return;
	memcpy(&h, data, sizeof(h));
	uint8_t *buf = xmemdup(data + sizeof(h), n - sizeof(h));

	if (segment_begin(&s, &h, buf, n - sizeof(h)))
		while (segment_next(&s, part, sizeof(part)))
			;
	free(buf);
}

static bool count(void *ctx, void *to, const struct virtio_net_hdr *h, const struct iovec *v, int n)
{
	size_t sum = 0, *left = ctx;

	(void)to;
	for (int i = 0; i < n; i++)
		sum += v[i].iov_len;
	if (sum > 65535 || (h->gso_type && (h->csum_start + 8u > v[0].iov_len || !h->gso_size)))
		abort();
	*left -= (size_t)n;
	return true;
}

/* A peer that holds the keys sends the same twice, and half of it: as many packets come out as went
 * in. */
static void merge(const uint8_t *data, size_t n)
{
	static struct merger m;
	uint8_t *buf[3];
	size_t left = 3;
	struct inner i;

	if (!inner_parse(data, n, &i))
		return;
	m.out = count;
	m.ctx = &left;
	for (int k = 0; k < 3; k++) {
		buf[k] = xmemdup(data, i.len);
		if (k == 1 && i.len > 30) /* the next in the sequence, with luck */
			put_u32(buf[k] + 24, get_u32(data + 24) + i.len - 40);
		merge_add(&m, &m, buf[k], i.len);
	}
	merge_flush(&m);
	if (left)
		abort();
	for (int k = 0; k < 3; k++)
		free(buf[k]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pair *pairs[CHOICES];

	if (size < 2)
		return 0;
	unsigned choice = data[0] % CHOICES;

	if (!pairs[choice])
		pairs[choice] = make(choice / 8, choice % 8);
	decap(pairs[choice], data + 1, size - 1);
	deliver(pairs[choice], data + 1, size - 1);
	cut(data + 1, size - 1);
	merge(data + 1, size - 1);
	gre_parse(data + 1, size - 1, &(struct gre_key){.on = data[0] & 0x80, .value = 7});
	return 0;
}
