/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ike [HANDSHAKES]: complete handshakes (IKE_SA_INIT, IKE_AUTH with a shared key, first child,
 * Delete) between two engines in memory, for some groups, and what the public-key operations alone
 * would take: two key pairs and two derivations by libcrypto. The ratio says how much of the time
 * is ours; both ends share one core, so a router's own part is half of a handshake.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ikev2/ike.h"

static const struct suite {
	uint16_t group;
	const char *type, *name; /* for libcrypto */
} suites[] = {
        {KE_X25519, "X25519", NULL},
        {KE_ECP_256, "EC", "P-256"},
        {KE_ECP_384, "EC", "P-384"},
        {KE_MODP_2048, "DH", "modp_2048"},
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "ike: %s\n", what);
	exit(1);
}

/* ---- libcrypto alone ------------------------------------------------------------------------- */

static EVP_PKEY *new_key(const struct suite *s)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, s->type, NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 ||
	        (s->name && EVP_PKEY_CTX_set_group_name(ctx, s->name) != 1) ||
	        EVP_PKEY_keygen(ctx, &key) != 1)
		die("no such group");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void derive(EVP_PKEY *ours, EVP_PKEY *theirs)
{
	unsigned char out[512];
	size_t n = sizeof(out);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, theirs) != 1 ||
	        EVP_PKEY_derive(ctx, out, &n) != 1)
		die("no shared secret");
	EVP_PKEY_CTX_free(ctx);
}

static void bare(const struct suite *s)
{
	EVP_PKEY *a = new_key(s), *b = new_key(s);

	derive(a, b);
	derive(b, a);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

/* ---- two engines ----------------------------------------------------------------------------- */

static struct ike *engine[2];
static struct ike_peering peering[2];
static unsigned established;

static void fill_random(void *ctx, uint8_t *dst, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)rand();
}

static bool accept_it(void *ctx, const struct endpoint *local, const struct endpoint *remote,
        struct ike_peering *out)
{
	(void)ctx;
	(void)local;
	(void)remote;
	*out = peering[1];
	return true;
}

static void set_up(const struct suite *s)
{
	const struct ike_ops ops = {.random = fill_random, .accept = accept_it};
	const struct ike_config cfg = {.max_half_open_per_ip = 1000};

	for (int i = 0; i < 2; i++) {
		struct ike_peering *p = &peering[i];

		*p = (struct ike_peering){
		        .n_ike = 1, .n_esp = 1, .n_ts_local = 1, .n_ts_remote = 1};
		p->ike[0] = (struct ike_proposal){.encr = {{ENCR_AES_GCM_16, 256}},
		        .n_encr = 1,
		        .prf = {PRF_HMAC_SHA2_256},
		        .n_prf = 1,
		        .group = {s->group},
		        .n_group = 1};
		p->esp[0] = (struct ike_proposal){
		        .encr = {{ENCR_AES_GCM_16, 256}}, .n_encr = 1, .esn_no = true};
		p->local_id = ike_id_text(ID_FQDN, i ? "hub" : "spoke");
		p->local_auth = p->remote_auth = IKE_AUTH_PSK;
		secret_set(&p->local_psk, "cisco", 5);
		secret_set(&p->remote_psk, "cisco", 5);
		p->ts_local[0] = p->ts_remote[0] = ike_ts_any4();
		engine[i] = ike_new(&ops, &cfg, 1);
	}
}

static void tear_down(void)
{
	for (int i = 0; i < 2; i++) {
		ike_free(engine[i]);
		secret_wipe(&peering[i].local_psk);
		secret_wipe(&peering[i].remote_psk);
	}
}

static void exchange(ike_time now)
{
	struct ike_event ev;
	struct dgram d;
	bool any = true;

	while (any) {
		any = false;
		for (int i = 0; i < 2; i++) {
			while (ike_tx(engine[i], &d)) {
				struct endpoint e = d.local;

				d.local = d.remote;
				d.remote = e;
				ike_rx(engine[!i], &d, now);
				any = true;
			}
			while (ike_poll(engine[i], &ev))
				established += ev.type == IKE_EV_ESTABLISHED;
		}
	}
}

static void handshake(ike_time now)
{
	struct endpoint a = {.addr = ipaddr_v4(0x0a000001), .port = 500},
	                b = {.addr = ipaddr_v4(0x0a000002), .port = 500};
	uint32_t h = ike_connect(engine[0], &peering[0], &a, &b, 0, now);

	exchange(now);
	ike_close(engine[0], h, now);
	exchange(now);
	ike_tick(engine[0], now);
	ike_tick(engine[1], now);
}

static void measure(const struct suite *s, unsigned n)
{
	double t = seconds();

	for (unsigned i = 0; i < n; i++)
		bare(s);
	double alone = (seconds() - t) / n;

	set_up(s);
	established = 0;
	t = seconds();
	for (unsigned i = 0; i < n; i++)
		handshake(1000 + i * 1000); /* a second apart, so that what has ended is let go */
	double whole = (seconds() - t) / n;

	tear_down();
	if (established != 2 * n)
		die("a handshake failed");
	printf("%-28s %8.0f handshakes/s %8.0f public-key operations alone/s   ratio %.2f\n",
	        ike_group_name(s->group), 1 / whole, 1 / alone, whole / alone);
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;

	for (size_t i = 0; n && i < sizeof(suites) / sizeof(suites[0]); i++)
		measure(&suites[i], n);
	return 0;
}
