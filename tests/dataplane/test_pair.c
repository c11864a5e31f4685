/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An SA pair between two ends without a wire: payload forms, selectors, what an inner packet must
 * look like, ECN, limits, counters. And the sizes of RFC 4303 and the MTU that follows from them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "dataplane/check.h"
#include "dataplane/gre.h"
#include "dataplane/pair.h"
#include "lib_sa.h"

enum { ROOM = 4096 };

struct ends {
	struct dp_sa sa[2];
	struct pair *p[2];
	uint8_t buf[ROOM];
	struct span wire;
	uint8_t tos;
};

static void ends_open(struct ends *e, const char *suite, enum dp_payload payload, enum dp_mode mode)
{
	e->sa[0] = sa_end(sa_suite(suite), "192.0.2.1", "192.0.2.2", 0x1000, 0x1001);
	e->sa[1] = sa_end(sa_suite(suite), "192.0.2.2", "192.0.2.1", 0x1001, 0x1000);
	for (int i = 0; i < 2; i++) {
		e->sa[i].mode = mode;
		assert_int_equal(dp_check_sa(&e->sa[i]), 0);
		e->p[i] = pair_new(&e->sa[i], payload);
		assert_non_null(e->p[i]);
	}
}

static void ends_close(struct ends *e)
{
	pair_free(e->p[0]);
	pair_free(e->p[1]);
}

/* An IPv4 UDP packet of n octets at the place where a packet is to be sealed. */
static size_t udp4(
        struct ends *e, const char *src, const char *dst, uint16_t sport, uint16_t dport, size_t n)
{
	uint8_t *p = e->buf + PAIR_HEADROOM;
	struct ipaddr s = ip(src), d = ip(dst);

	memset(p, 0, n);
	p[0] = 0x45;
	put_u16(p + 2, (uint16_t)n);
	p[8] = 64;
	p[9] = IPPROTO_UDP;
	memcpy(p + 12, s.b, 4);
	memcpy(p + 16, d.b, 4);
	put_u16(p + 10, (uint16_t)~inet_sum(p, 20));
	put_u16(p + 20, sport);
	put_u16(p + 22, dport);
	put_u16(p + 24, (uint16_t)(n - 20));
	return n;
}

static size_t icmp6(struct ends *e, const char *src, const char *dst, uint8_t type, size_t n)
{
	uint8_t *p = e->buf + PAIR_HEADROOM;
	struct ipaddr s = ip(src), d = ip(dst);

	memset(p, 0, n);
	p[0] = 0x60;
	put_u16(p + 4, (uint16_t)(n - 40));
	p[6] = IPPROTO_ICMPV6;
	p[7] = 64;
	memcpy(p + 8, s.b, 16);
	memcpy(p + 24, d.b, 16);
	p[40] = type;
	return n;
}

static bool encap(struct ends *e, int from, size_t n)
{
	static const uint8_t iv[16] = {7};

	return pair_encap(e->p[from], e->buf + PAIR_HEADROOM, n, iv, &e->wire, &e->tos);
}

static bool decap(struct ends *e, int at, uint8_t tos, struct pair_packet *out)
{
	return pair_decap(e->p[at], e->buf + (e->wire.p - e->buf), e->wire.n, tos, out);
}

/* ---- forms ----------------------------------------------------------------------------------- */

static const struct {
	enum dp_payload payload;
	enum dp_mode mode;
} forms[] = {
        {DP_PAYLOAD_IP, DP_TUNNEL},
        {DP_PAYLOAD_IP, DP_TRANSPORT},
        {DP_PAYLOAD_GRE, DP_TRANSPORT},
        {DP_PAYLOAD_GRE, DP_TUNNEL},
};

static void what_goes_in_comes_out_in_every_form(void **state)
{
	uint8_t want[ROOM];

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(forms) * 2; f++) {
		struct ends e;
		struct pair_packet got;

		ends_open(&e, "cbc256-sha256", forms[f / 2].payload, forms[f / 2].mode);
		for (size_t size = 60; size < 1500; size += 331) {
			size_t n = f & 1 ? icmp6(&e, "fd00::1", "fd00::2", 128, size)
			                 : udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, size);

			memcpy(want, e.buf + PAIR_HEADROOM, n);
			assert_true(encap(&e, 0, n));
			assert_true(decap(&e, 1, 0, &got));
			assert_int_equal(got.n, n);
			assert_memory_equal(got.p, want, n);
			assert_true(got.newest);
		}
		assert_int_equal(e.p[0]->c.pkts_out, 5);
		assert_int_equal(e.p[1]->c.bytes_in, 60 + 391 + 722 + 1053 + 1384);
		ends_close(&e);
	}
}

static void gre_has_its_plain_header(void **state)
{
	static const uint8_t v4[] = {0, 0, 8, 0}, v6[] = {0, 0, 0x86, 0xdd};
	static const uint8_t keyed[] = {0x20, 0, 8, 0, 0, 0, 0x1f, 0x90};
	static const struct gre_key none, key = {true, 8080};
	uint8_t p[8];

	(void)state;
	gre_put(p, 4, &none);
	assert_memory_equal(p, v4, 4);
	gre_put(p, 6, &none);
	assert_memory_equal(p, v6, 4);
	assert_int_equal(gre_size(&none), 4);
	gre_put(p, 4, &key);
	assert_memory_equal(p, keyed, 8);
	assert_int_equal(gre_size(&key), 8);
}

/* RFC 2890: with a key that was agreed on, packets without it, or with another, are not ours. */
static void gre_takes_its_own_key_only(void **state)
{
	static const struct {
		uint8_t p[20];
		size_t head;
	} cases[] = {
	        {{0x20, 0, 8, 0, 0, 0, 0, 7, 0x45}, 8}, {{0x20, 0, 8, 0, 0, 0, 0, 8, 0x45}, 0},
	        {{0, 0, 8, 0, 0x45}, 0},
	        {{0x30, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0x45}, 12}, /* with a sequence number */
	        {{0xa0, 0, 8, 0, 0x12, 0xf8, 0, 0, 0, 0, 0, 7, 0x45}, 12}, /* with a checksum */
	};
	static const struct gre_key key = {true, 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(gre_parse(cases[i].p, sizeof(cases[i].p), &key), cases[i].head);
	assert_int_equal(gre_parse(cases[0].p, 7, &key), 0);
}

static void gre_that_is_not_ours_is_refused(void **state)
{
	/* flags and version, protocol, what follows → size of the header */
	static const struct {
		uint8_t p[16];
		size_t head;
	} cases[] = {
	        {{0, 0, 8, 0, 0x45}, 4}, {{0, 0, 0x86, 0xdd, 0x60}, 4},
	        {{0, 0, 8, 0, 0x60}, 0},                      /* says IPv4, is not */
	        {{0, 1, 8, 0, 0x45}, 0},                      /* version 1: PPTP */
	        {{0x20, 0, 8, 0, 0, 0, 0, 1, 0x45}, 0},       /* a key that nobody set */
	        {{0x40, 0, 8, 0, 0x45}, 0},                   /* routing: RFC 2784 §2.3 */
	        {{0x10, 0, 8, 0, 0, 0, 0, 1, 0x45}, 8},       /* a sequence number */
	        {{0x80, 0, 8, 0, 0x32, 0xff, 0, 0, 0x45}, 8}, /* a right checksum */
	        {{0x80, 0, 8, 0, 0x32, 0xfe, 0, 0, 0x45}, 0}, /* a wrong one */
	        {{0, 0, 0, 0, 0x45}, 0},                      /* a keepalive */
	};

	static const struct gre_key none;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(gre_parse(cases[i].p, sizeof(cases[i].p), &none), cases[i].head);
	assert_int_equal(gre_parse(cases[0].p, 4, &none), 0); /* nothing follows */
	assert_int_equal(gre_parse(cases[0].p, 3, &none), 0);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* The largest inner packet for a path of 1500, and that it does fit, and one more octet does not.
 */
static void the_mtu_is_what_fits(void **state)
{
	(void)state;
	for (size_t s = 0; s < sa_n_suites; s++)
		for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
			const struct alg_encr *en = alg_encr(sa_suites[s].encr);
			const struct alg_integ *in = alg_integ(sa_suites[s].integ);
			uint16_t mtu = dp_inner_mtu(
			        1500, AF_INET, true, forms[f].mode, forms[f].payload, en, in);
			struct ends e;

			ends_open(&e, sa_suites[s].name, forms[f].payload, forms[f].mode);
			assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, mtu)));
			assert_true(e.wire.n + 28 <= 1500);
			assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, mtu + 1u)));
			assert_true(e.wire.n + 28 > 1500);
			ends_close(&e);
		}
}

static void the_mtu_of_common_tunnels(void **state)
{
	static const struct {
		const char *suite;
		int family;
		bool udp;
		enum dp_payload payload;
		enum dp_mode mode;
		uint16_t mtu;
	} rows[] = {
	        {"gcm256", AF_INET, false, DP_PAYLOAD_IP, DP_TUNNEL, 1446},
	        {"gcm256", AF_INET, true, DP_PAYLOAD_IP, DP_TUNNEL, 1438},
	        {"cbc256-sha256", AF_INET, false, DP_PAYLOAD_IP, DP_TUNNEL, 1438},
	        {"cbc256-sha256", AF_INET, true, DP_PAYLOAD_IP, DP_TUNNEL, 1422},
	        {"gcm128", AF_INET, false, DP_PAYLOAD_GRE, DP_TRANSPORT, 1442},
	        {"cbc256-sha256", AF_INET, true, DP_PAYLOAD_GRE, DP_TUNNEL, 1398},
	        {"gcm128", AF_INET6, true, DP_PAYLOAD_IP, DP_TUNNEL, 1418},
	        {"cbc256-sha256", AF_INET6, false, DP_PAYLOAD_GRE, DP_TRANSPORT, 1402},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sa_suite *s = sa_suite(rows[i].suite);

		assert_int_equal(dp_inner_mtu(1500, rows[i].family, rows[i].udp, rows[i].mode,
		                         rows[i].payload, alg_encr(s->encr), alg_integ(s->integ)),
		        rows[i].mtu);
		assert_int_equal(dp_inner_mtu(40, rows[i].family, rows[i].udp, rows[i].mode,
		                         rows[i].payload, alg_encr(s->encr), alg_integ(s->integ)),
		        0);
	}
}

/* ---- selectors ------------------------------------------------------------------------------- */

static void narrow(struct ends *e, struct dp_ts local, struct dp_ts remote)
{
	ends_open(e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	for (int i = 0; i < 2; i++) {
		struct dp_sa *sa = &e->sa[i];

		sa->n_ts_local = sa->n_ts_remote = 1;
		sa->ts_local[0] = i ? remote : local;
		sa->ts_remote[0] = i ? local : remote;
		selectors_init(&e->p[i]->sel, sa);
	}
}

static void outside_the_selectors_nothing_is_sent(void **state)
{
	struct ends e;

	(void)state;
	narrow(&e, ts_range("10.0.0.0", "10.0.0.255"), ts_range("10.1.0.5", "10.1.0.9"));
	assert_true(encap(&e, 0, udp4(&e, "10.0.0.0", "10.1.0.5", 1, 2, 100)));
	assert_true(encap(&e, 0, udp4(&e, "10.0.0.255", "10.1.0.9", 1, 2, 100)));
	assert_int_equal(e.p[0]->c.send_errors, 0);
	assert_false(encap(&e, 0, udp4(&e, "10.0.1.0", "10.1.0.5", 1, 2, 100)));
	assert_false(encap(&e, 0, udp4(&e, "10.0.0.1", "10.1.0.4", 1, 2, 100)));
	assert_false(encap(&e, 0, udp4(&e, "10.0.0.1", "10.1.0.10", 1, 2, 100)));
	assert_false(encap(
	        &e, 0, udp4(&e, "10.1.0.5", "10.0.0.1", 1, 2, 100))); /* the wrong way round */
	assert_false(encap(
	        &e, 0, icmp6(&e, "fd00::1", "fd00::2", 128, 100))); /* of no family agreed on */
	assert_int_equal(e.p[0]->c.send_errors, 5);
	assert_int_equal(e.p[0]->c.pkts_out, 2);
	ends_close(&e);
}

/* The sender thinks that anything goes; the receiver knows better. */
static void outside_the_selectors_nothing_is_delivered(void **state)
{
	struct ends e;
	struct pair_packet got;

	(void)state;
	narrow(&e, ts_range("10.0.0.0", "10.0.0.255"), ts_range("10.1.0.0", "10.1.0.255"));
	e.p[0]->sel.any4 = true;
	assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.1.0.1", 1, 2, 100)));
	assert_true(decap(&e, 1, 0, &got));
	assert_true(encap(&e, 0, udp4(&e, "10.9.0.1", "10.1.0.1", 1, 2, 100)));
	assert_false(decap(&e, 1, 0, &got));
	assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.9.0.1", 1, 2, 100)));
	assert_false(decap(&e, 1, 0, &got));
	assert_int_equal(e.p[1]->c.bad_selector, 2);
	assert_int_equal(e.p[1]->c.pkts_in, 1);
	ends_close(&e);
}

static void ports_and_protocols_select(void **state)
{
	struct dp_ts any = ts_range("0.0.0.0", "255.255.255.255"), dns = any;
	struct ends e;

	(void)state;
	dns.proto = IPPROTO_UDP;
	dns.port_lo = dns.port_hi = 53;
	narrow(&e, any, dns);
	uint8_t *p = e.buf + PAIR_HEADROOM;

	assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.1.0.1", 4000, 53, 100)));
	assert_false(encap(&e, 0, udp4(&e, "10.0.0.1", "10.1.0.1", 53, 54, 100)));
	size_t n = udp4(&e, "10.0.0.1", "10.1.0.1", 4000, 53, 100);

	p[9] = IPPROTO_TCP;
	assert_false(encap(&e, 0, n));
	n = udp4(&e, "10.0.0.1", "10.1.0.1", 4000, 53, 100);
	put_u16(p + 6, 0x2000 | 10); /* a later fragment has no ports */
	assert_false(encap(&e, 0, n));
	assert_int_equal(e.p[0]->c.send_errors, 3);
	ends_close(&e);
}

static void icmp_selects_by_type_behind_extension_headers(void **state)
{
	struct dp_ts any = ts_range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), echo = any;
	struct ends e;

	(void)state;
	echo.proto = IPPROTO_ICMPV6;
	echo.port_lo = 128 << 8;
	echo.port_hi = 129 << 8 | 255;
	narrow(&e, echo, echo);
	uint8_t *p = e.buf + PAIR_HEADROOM;

	assert_true(encap(&e, 0, icmp6(&e, "fd00::1", "fd00::2", 129, 100)));
	assert_false(encap(&e, 0, icmp6(&e, "fd00::1", "fd00::2", 135, 100)));
	size_t n = icmp6(&e, "fd00::1", "fd00::2", 0, 100);

	p[6] = IPPROTO_DSTOPTS;
	p[40] = IPPROTO_ICMPV6; /* eight octets of options, then ICMP */
	p[48] = 128;
	assert_true(encap(&e, 0, n));
	n = icmp6(&e, "fd00::1", "fd00::2", 0, 100);
	p[6] = IPPROTO_DSTOPTS;
	p[40] = IPPROTO_ICMPV6;
	p[41] = 200; /* options longer than the packet */
	assert_false(encap(&e, 0, n));
	ends_close(&e);
}

/* A route to the peer through its own tunnel would wrap each packet again and again. */
static void what_we_sent_does_not_go_in_again(void **state)
{
	struct ends e;

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	uint8_t *p = e.buf + PAIR_HEADROOM;

	assert_false(encap(&e, 0, udp4(&e, "192.0.2.1", "192.0.2.2", 4500, 4500, 200)));
	size_t n = udp4(&e, "192.0.2.1", "192.0.2.2", 1, 2, 200);

	p[9] = IPPROTO_ESP;
	assert_false(encap(&e, 0, n));
	assert_int_equal(e.p[0]->c.send_errors, 2);
	assert_true(encap(&e, 0, udp4(&e, "192.0.2.1", "192.0.2.2", 4501, 4500, 200)));
	assert_true(encap(&e, 0, udp4(&e, "192.0.2.1", "192.0.2.3", 4500, 4500, 200)));
	assert_true(encap(&e, 0, udp4(&e, "192.0.2.3", "192.0.2.2", 4500, 4500, 200)));
	ends_close(&e);
}

/* ---- what an inner packet must look like ----------------------------------------------------- */

static bool deliver(struct ends *e, const uint8_t *p, size_t n, uint8_t next, uint8_t tos,
        struct pair_packet *out)
{
	uint8_t *exact = xmemdup(p, n);
	struct esp_plain t = {.p = exact, .n = n, .next = next, .newest = true};
	bool ok = pair_deliver(e->p[1], &t, tos, out);

	if (ok && out->p) { /* outlives the block */
		memcpy(e->buf, out->p, out->n);
		out->p = e->buf;
	}
	free(exact);
	return ok;
}

static void a_broken_inner_packet_is_dropped(void **state)
{
	struct ends e;
	struct pair_packet got;
	uint8_t good[100], p[100];

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, sizeof(good));
	memcpy(good, e.buf + PAIR_HEADROOM, sizeof(good));
	assert_true(deliver(&e, good, 100, ESP_NEXT_IPV4, 0, &got));
	assert_false(
	        deliver(&e, good, 100, ESP_NEXT_IPV6, 0, &got)); /* announced as something else */
	assert_false(deliver(&e, good, 100, ESP_NEXT_GRE, 0, &got));
	assert_false(deliver(&e, good, 100, IPPROTO_UDP, 0, &got));
	for (size_t n = 1; n < 100; n += 7)
		assert_false(deliver(&e, good, n, ESP_NEXT_IPV4, 0, &got)); /* cut short */
	memcpy(p, good, sizeof(p));
	p[0] = 0x44; /* a header of 16 octets */
	assert_false(deliver(&e, p, 100, ESP_NEXT_IPV4, 0, &got));
	p[0] = 0x4f;
	put_u16(p + 2, 50); /* a header longer than the packet */
	assert_false(deliver(&e, p, 100, ESP_NEXT_IPV4, 0, &got));
	p[0] = 0x55;
	assert_false(deliver(&e, p, 100, ESP_NEXT_IPV4, 0, &got));
	assert_int_equal(e.p[1]->c.malformed, 3 + 15 + 3);
	ends_close(&e);
}

static void traffic_flow_padding_is_cut_off_and_dummies_vanish(void **state)
{
	struct ends e;
	struct pair_packet got;
	uint8_t p[200] = {0};

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100);
	memcpy(p, e.buf + PAIR_HEADROOM, 100);
	assert_true(deliver(&e, p, 200, ESP_NEXT_IPV4, 0, &got));
	assert_int_equal(got.n, 100);
	assert_true(deliver(&e, p, 200, ESP_NEXT_NONE, 0, &got));
	assert_null(got.p);
	assert_true(got.newest);
	assert_int_equal(e.p[1]->c.pkts_in, 1);
	ends_close(&e);
}

/* RFC 6040 §4.2, figure 4. */
static void congestion_outside_shows_inside(void **state)
{
	static const uint8_t inside[4][4] = {
	        /* outer:  not-ECT ECT(1) ECT(0) CE; 9: dropped */
	        {0, 0, 0, 9},
	        {1, 1, 1, 3},
	        {2, 2, 2, 3},
	        {3, 3, 3, 3},
	};
	struct ends e;
	struct pair_packet got;
	uint8_t p[100];

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	for (uint8_t in = 0; in < 4; in++)
		for (uint8_t out = 0; out < 4; out++) {
			udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100);
			memcpy(p, e.buf + PAIR_HEADROOM, 100);
			p[1] = 0xb8 | in;
			put_u16(p + 10, 0);
			put_u16(p + 10, (uint16_t)~inet_sum(p, 20));
			bool ok = deliver(&e, p, 100, ESP_NEXT_IPV4, 0x20 | out, &got);

			assert_int_equal(ok, inside[in][out] != 9);
			if (!ok)
				continue;
			assert_int_equal(got.p[1], 0xb8 | inside[in][out]);
			assert_int_equal(inet_sum(got.p, 20), 0xffff);
		}
	icmp6(&e, "fd00::1", "fd00::2", 128, 100);
	memcpy(p, e.buf + PAIR_HEADROOM, 100);
	p[1] = 2 << 4;
	assert_true(deliver(&e, p, 100, ESP_NEXT_IPV6, 3, &got));
	assert_int_equal(got.p[1], 3 << 4);
	ends_close(&e);
}

static void the_outer_header_gets_the_inner_class(void **state)
{
	struct ends e;

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	size_t n = udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100);

	e.buf[PAIR_HEADROOM + 1] = 0xb9;
	assert_true(encap(&e, 0, n));
	assert_int_equal(e.tos, 0xb9);
	n = icmp6(&e, "fd00::1", "fd00::2", 128, 100);
	e.buf[PAIR_HEADROOM] = 0x6b;
	e.buf[PAIR_HEADROOM + 1] = 0x80;
	assert_true(encap(&e, 0, n));
	assert_int_equal(e.tos, 0xb8);
	ends_close(&e);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void octets_wear_an_sa_out(void **state)
{
	struct ends e;
	struct pair_packet got;

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	e.p[0]->sa.soft_bytes = 300;
	e.p[0]->sa.hard_bytes = 500;
	e.p[1]->sa.soft_bytes = 200;
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(e.p[0]->soft, i > 3);
		assert_false(e.p[0]->hard);
		assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100)));
		assert_true(decap(&e, 1, 0, &got));
		assert_int_equal(e.p[1]->soft, i >= 2);
		e.p[0]->c = (struct dp_counters){0}; /* cleared counters change nothing */
	}
	assert_true(e.p[0]->hard);
	assert_false(e.p[1]->hard);
	assert_false(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100)));
	assert_int_equal(e.p[0]->c.seq_exhausted, 1);
	ends_close(&e);
}

static void numbers_wear_an_sa_out(void **state)
{
	struct ends e;

	(void)state;
	ends_open(&e, "gcm128", DP_PAYLOAD_IP, DP_TUNNEL);
	size_t n = udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100);

	assert_true(encap(&e, 0, n));
	assert_false(e.p[0]->soft);
	e.p[0]->out.seq = UINT32_MAX - UINT32_MAX / 8 - 1;
	assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100)));
	assert_true(e.p[0]->soft && !e.p[0]->hard);
	e.p[0]->out.seq = UINT32_MAX - 1;
	assert_true(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100)));
	assert_true(e.p[0]->hard);
	assert_false(encap(&e, 0, udp4(&e, "10.0.0.1", "10.0.0.2", 1, 2, 100)));
	ends_close(&e);
}

/* ---- descriptions that make no SA ------------------------------------------------------------ */

static void senseless_descriptions_are_refused(void **state)
{
	struct dp_sa good = sa_end(
	                     sa_suite("cbc256-sha256"), "192.0.2.1", "192.0.2.2", 0x1000, 0x1001),
	             sa;

	(void)state;
	assert_int_equal(dp_check_sa(&good), 0);
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		sa = good;                                                                         \
		change;                                                                            \
		assert_true(dp_check_sa(&sa) < 0);                                                 \
	} while (0)
	REFUSED(sa.encr = 9999);
	REFUSED(sa.integ = 9999);
	REFUSED(sa.encr_bits = 100);
	REFUSED(sa.encr_in.n--);
	REFUSED(sa.integ_out.n = 0);
	REFUSED(sa.spi_in = 255);
	REFUSED(sa.spi_out = 0);
	REFUSED(sa.remote.addr = ip("2001:db8::1"));
	REFUSED(sa.remote.port = 0);
	REFUSED(sa.replay_window = 1025);
	REFUSED(sa.n_ts_local = DP_MAX_TS + 1);
	REFUSED(sa.encr = ENCR_AES_GCM_16); /* with a MAC as well */
#undef REFUSED
	sa = sa_end(sa_suite("null-sha256"), "192.0.2.1", "192.0.2.2", 0x1000, 0x1001);
	assert_int_equal(dp_check_sa(&sa), 0);
	sa.integ = AUTH_NONE;
	sa.integ_in.n = sa.integ_out.n = 0;
	assert_true(dp_check_sa(&sa) < 0); /* neither hidden nor protected */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_goes_in_comes_out_in_every_form),
	        cmocka_unit_test(gre_has_its_plain_header),
	        cmocka_unit_test(gre_takes_its_own_key_only),
	        cmocka_unit_test(gre_that_is_not_ours_is_refused),
	        cmocka_unit_test(the_mtu_is_what_fits),
	        cmocka_unit_test(the_mtu_of_common_tunnels),
	        cmocka_unit_test(outside_the_selectors_nothing_is_sent),
	        cmocka_unit_test(outside_the_selectors_nothing_is_delivered),
	        cmocka_unit_test(ports_and_protocols_select),
	        cmocka_unit_test(icmp_selects_by_type_behind_extension_headers),
	        cmocka_unit_test(what_we_sent_does_not_go_in_again),
	        cmocka_unit_test(a_broken_inner_packet_is_dropped),
	        cmocka_unit_test(traffic_flow_padding_is_cut_off_and_dummies_vanish),
	        cmocka_unit_test(congestion_outside_shows_inside),
	        cmocka_unit_test(the_outer_header_gets_the_inner_class),
	        cmocka_unit_test(octets_wear_an_sa_out),
	        cmocka_unit_test(numbers_wear_an_sa_out),
	        cmocka_unit_test(senseless_descriptions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
