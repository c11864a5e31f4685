/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * user DEVICE LOCAL REMOTE a|b [OPTION …]: one end of the user back end, with keys that both ends
 * know. Of the two, one is a and the other b.
 *
 *   cbc         AES-CBC-128 with HMAC-SHA-256-128 instead of AES-GCM-128
 *   chacha      ChaCha20-Poly1305
 *   gre         GRE in a transport mode SA instead of `tunnel mode ipsec`
 *   openssl     OpenSSL's ciphers, even where a faster library is at hand
 *   raw         protocol 50 instead of UDP
 *   tunnels=N   so many tunnels; DEVICE is the first, and the others are up and idle
 *
 * Prints "ready"; with the end of its input, what it counted, as JSON.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "dataplane/dp.h"

enum { PORT_NATT = 4500, SPI = 0x10000, TUNNEL = 1 };

struct options {
	bool gre, raw, b;
	uint16_t encr, integ;
	unsigned tunnels;
};

static const uint8_t key[36] = {7, 1, 2, 3}, mac_key[32] = {5, 6, 7};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "user: %s: %s\n", what, why);
	exit(1);
}

static struct endpoint end(const char *text, const struct options *o)
{
	struct endpoint e = {.port = o->raw ? 0 : PORT_NATT};

	if (!ipaddr_parse(text, &e.addr))
		die("address", text);
	return e;
}

static void any(struct dp_ts *t)
{
	*t = (struct dp_ts){.port_hi = UINT16_MAX, .lo = ipaddr_v4(0), .hi = ipaddr_v4(UINT32_MAX)};
}

static void one(
        struct dp *d, const struct options *o, struct dp_sa *sa, const char *name, unsigned i)
{
	struct dp_tunnel t = {
	        .id = TUNNEL + i, .payload = o->gre ? DP_PAYLOAD_GRE : DP_PAYLOAD_IP, .mtu = 1400};
	uint32_t a = SPI + 2 * i, b = a + 1;

	if (i)
		snprintf(t.name, sizeof(t.name), "idle%u", i);
	else
		snprintf(t.name, sizeof(t.name), "%s", name);
	sa->tunnel = t.id;
	sa->spi_in = o->b ? b : a;
	sa->spi_out = o->b ? a : b;
	int rc = d->ops->tunnel_add(d, &t);

	if (rc < 0)
		die(t.name, strerror(-rc));
	rc = d->ops->sa_add(d, sa);
	if (rc < 0)
		die("SA", strerror(-rc));
}

static void set_up(struct dp *d, const struct options *o, char **argv)
{
	size_t n = o->encr == ENCR_AES_CBC ? 16 : o->encr == ENCR_AES_GCM_16 ? 20 : 36;
	struct dp_sa sa = {.mode = o->gre ? DP_TRANSPORT : DP_TUNNEL,
	        .encr = o->encr,
	        .encr_bits = o->encr == ENCR_CHACHA20_POLY1305 ? 0 : 128,
	        .integ = o->integ,
	        .encr_in = {key, n},
	        .encr_out = {key, n},
	        .udp_encap = !o->raw,
	        .local = end(argv[2], o),
	        .remote = end(argv[3], o),
	        .replay_window = 64,
	        .n_ts_local = 1,
	        .n_ts_remote = 1,
	        .send_now = true};

	if (o->integ)
		sa.integ_in = sa.integ_out = span_of(mac_key, sizeof(mac_key));
	any(&sa.ts_local[0]);
	any(&sa.ts_remote[0]);
	for (unsigned i = 0; i < o->tunnels; i++)
		one(d, o, &sa, argv[1], i);
}

static struct options read_options(int argc, char **argv)
{
	struct options o = {.b = strcmp(argv[4], "b") == 0, .encr = ENCR_AES_GCM_16, .tunnels = 1};

	for (int i = 5; i < argc; i++) {
		const char *a = argv[i];

		if (strcmp(a, "cbc") == 0) {
			o.encr = ENCR_AES_CBC;
			o.integ = AUTH_HMAC_SHA2_256_128;
		} else if (strcmp(a, "chacha") == 0)
			o.encr = ENCR_CHACHA20_POLY1305;
		else if (strcmp(a, "openssl") == 0)
			cipher_openssl_only(true);
		else if (strcmp(a, "gre") == 0)
			o.gre = true;
		else if (strcmp(a, "raw") == 0)
			o.raw = true;
		else if (sscanf(a, "tunnels=%u", &o.tunnels) != 1)
			die("option", a);
	}
	return o;
}

static void report(struct dp *d)
{
	struct dp_sa_state s;
	struct dp_stats st;

	if (!d->ops->sa_next(d, 0, &s))
		die("report", "no SA");
	d->ops->stats(d, &st);
	printf("{\"pkts_out\": %" PRIu64 ", \"pkts_in\": %" PRIu64 ", \"replay\": %" PRIu64
	       ", \"bad_icv\": %" PRIu64 ", \"no_buffer\": %" PRIu64 ", \"send_errors\": %" PRIu64
	       ", \"tun_reads\": %" PRIu64 ", \"tun_writes\": %" PRIu64 ", \"udp_reads\": %" PRIu64
	       ", \"udp_writes\": %" PRIu64 "}\n",
	        s.c.pkts_out, s.c.pkts_in, s.c.replay, s.c.bad_icv, s.c.no_buffer, s.c.send_errors,
	        st.tun_reads, st.tun_writes, st.udp_reads, st.udp_writes);
}

int main(int argc, char **argv)
{
	struct dp_config cfg = {0};
	char why[120];
	char c;

	if (argc < 5)
		die("usage", "DEVICE LOCAL REMOTE a|b [OPTION …]");
	struct options o = read_options(argc, argv);
	struct dp *d = dp_user_ops.open(&cfg, why, sizeof(why));

	if (!d)
		die("back end", why);
	set_up(d, &o, argv);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	report(d);
	d->ops->close(d);
	return 0;
}
