/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents of payloads: readers, writers, identities, selectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ikev2/payload.h"
#include "lib_hex.h"

/* ---- what is well-formed --------------------------------------------------------------------- */

static void bodies_that_are_and_are_not_well_formed(void **state)
{
	static const struct {
		const char *what;
		uint8_t type;
		bool ok;
		const char *body;
	} rows[] = {
	        {"KE", PL_KE, true, "001f0000aa"},
	        {"KE without data", PL_KE, false, "001f0000"},
	        {"KE cut", PL_KE, false, "001f00"},
	        {"FQDN", PL_IDi, true, "0200000061"},
	        {"empty key id", PL_IDi, true, "0b000000"},
	        {"cut id", PL_IDr, false, "0b0000"},
	        {"no id at all", PL_IDr, false, ""},
	        {"IPv4 id", PL_IDi, true, "010000000a000001"},
	        {"IPv4 id of 5 octets", PL_IDi, false, "010000000a00000100"},
	        {"IPv4 id of 3 octets", PL_IDi, false, "010000000a0000"},
	        {"IPv6 id of 4 octets", PL_IDr, false, "050000000a000001"},
	        {"AUTH", PL_AUTH, true, "02000000aabb"},
	        {"AUTH cut", PL_AUTH, false, "020000"},
	        {"nonce of 16", PL_NONCE, true, "000102030405060708090a0b0c0d0e0f"},
	        {"nonce of 15", PL_NONCE, false, "000102030405060708090a0b0c0d0e"},
	        {"no nonce", PL_NONCE, false, ""},
	        {"notify", PL_NOTIFY, true, "00004000"},
	        {"notify with SPI and data", PL_NOTIFY, true, "0304002c11223344ff"},
	        {"notify cut", PL_NOTIFY, false, "000040"},
	        {"notify with SPI past the end", PL_NOTIFY, false, "0304002c112233"},
	        {"notify with SPI size 255", PL_NOTIFY, false, "03ff002c11223344"},
	        {"NAT-D hash", PL_NOTIFY, true, "00004004000102030405060708090a0b0c0d0e0f10111213"},
	        {"NAT-D hash of 19", PL_NOTIFY, false,
	                "00004004000102030405060708090a0b0c0d0e0f101112"},
	        {"window", PL_NOTIFY, true, "0000400100000005"},
	        {"window of two octets", PL_NOTIFY, false, "000040010005"},
	        {"REKEY_SA", PL_NOTIFY, true, "0304400911223344"},
	        {"REKEY_SA without SPI", PL_NOTIFY, false, "03004009"},
	        {"REKEY_SA with SPI of 8", PL_NOTIFY, false, "030840091122334455667788"},
	        {"delete of the IKE SA", PL_DELETE, true, "01000000"},
	        {"delete of the IKE SA by SPI", PL_DELETE, false, "010800011122334455667788"},
	        {"delete of two ESP SAs", PL_DELETE, true, "030400021122334455667788"},
	        {"delete of no ESP SA", PL_DELETE, true, "03040000"},
	        {"delete of three, two there", PL_DELETE, false, "030400031122334455667788"},
	        {"delete of one, two there", PL_DELETE, false, "030400011122334455667788"},
	        {"delete of ESP by SPI of 8", PL_DELETE, false, "030800011122334455667788"},
	        {"delete count times size overflows 16 bits", PL_DELETE, false, "0304ffff11223344"},
	        {"delete cut", PL_DELETE, false, "030400"},
	        {"TS", PL_TSi, true, "01000000070000100000ffff0a0000000a0000ff"},
	        {"TS of host", PL_TSr, true, "01000000072f00100000ffff0a0000010a000001"},
	        {"TS count 0", PL_TSi, false, "00000000"},
	        {"TS count 2, one there", PL_TSi, false,
	                "02000000070000100000ffff0a0000000a0000ff"},
	        {"TS count 1, octets left", PL_TSi, false,
	                "01000000070000100000ffff0a0000000a0000ff00"},
	        {"TS v4 of 15", PL_TSi, false, "010000000700000f0000ffff0a0000000a0000"},
	        {"TS v4 of 40", PL_TSi, false,
	                "01000000070000280000ffff00000000000000000000000000000000000000000000000000"
	                "00000000000000"},
	        {"TS v6 of 16", PL_TSi, false, "01000000080000100000ffff0a0000000a0000ff"},
	        {"TS of length 0", PL_TSi, false, "01000000070000000000ffff0a0000000a0000ff"},
	        {"TS of length 3", PL_TSi, false, "01000000090000030000ffff0a0000000a0000ff"},
	        {"TS backwards", PL_TSi, false, "01000000070000100000ffff0a0000ff0a000000"},
	        {"TS of a strange type", PL_TSi, true, "0100000009000008aabbccdd"},
	        {"TS of a strange type past the end", PL_TSi, false, "0100000009000009aabbccdd"},
	        {"CP", PL_CP, true, "01000000000100000007000461626364"},
	        {"CP empty", PL_CP, true, "04000000"},
	        {"CP cut", PL_CP, false, "010000"},
	        {"CP attribute header cut", PL_CP, false, "01000000000100"},
	        {"CP value past the end", PL_CP, false, "010000000007000561626364"},
	        {"CERT without encoding", PL_CERT, false, ""},
	        {"CERT", PL_CERT, true, "04"},
	        {"EAP success", PL_EAP, true, "03010004"},
	        {"EAP with a wrong length", PL_EAP, false, "03010005"},
	        {"EAP cut", PL_EAP, false, "030100"},
	        {"SKF without numbers", PL_SKF, false, "000100"},
	        {"vendor, empty", PL_VENDOR, true, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct octets o = hex(rows[i].body);
		uint8_t *exact = xmemdup(o.p, o.n); /* so that a read past the end is seen */
		struct ike_pl p = {.type = rows[i].type, .body = span_of(exact, o.n)};

		if (ike_payload_valid(&p) != rows[i].ok)
			fail_msg("%s", rows[i].what);
		free(exact);
	}
}

static void nonces_have_at_most_256_octets(void **state)
{
	uint8_t n[257] = {0};
	struct ike_pl p = {.type = PL_NONCE, .body = span_of(n, 256)};

	(void)state;
	assert_true(ike_payload_valid(&p));
	p.body.n = 257;
	assert_false(ike_payload_valid(&p));
}

/* Well-formed, but nothing that we keep. */
static void an_identity_over_255_octets_is_not_kept(void **state)
{
	uint8_t body[4 + 256] = {ID_KEY_ID};
	struct ike_pl p = {.type = PL_IDi, .body = span_of(body, sizeof(body))};
	struct ike_id id;

	(void)state;
	assert_true(ike_payload_valid(&p));
	assert_false(ike_get_id(&p, &id));
	p.body.n--;
	assert_true(ike_get_id(&p, &id));
	assert_int_equal(id.len, 255);
}

static void attributes_have_a_bound(void **state)
{
	size_t n = 4 + 4 * (IKE_MAX_ATTRS + 1);
	uint8_t *body = xcalloc(1, n);
	struct ike_pl p = {.type = PL_CP, .body = span_of(body, n - 4)};
	struct ike_pl_cp *cp = xmalloc(sizeof(*cp));

	(void)state;
	body[0] = CP_SET;
	assert_true(ike_get_cp(&p, cp));
	assert_int_equal(cp->n, IKE_MAX_ATTRS);
	p.body.n = n;
	assert_false(ike_get_cp(&p, cp));
	free(cp);
	free(body);
}

/* ---- what is written is read again ----------------------------------------------------------- */

static struct ike_msg *inner_of(struct ike_build *b, struct ike_msg *m)
{
	struct ike_hdr h = {.exchange = EXCH_INFORMATIONAL};
	uint8_t first;
	struct span s = ike_build_inner(b, &first);

	assert_false(b->bad);
	assert_int_equal(ike_inner_parse(&h, first, s, m), IKE_PARSE_OK);
	return m;
}

static void build(struct ike_build *b)
{
	struct ike_hdr h = {.spi_i = 1, .spi_r = 2, .exchange = EXCH_INFORMATIONAL};

	ike_build_init(b, &h);
}

static void deletes_come_back(void **state)
{
	const uint32_t spis[] = {0xc0ffee01, 2};
	struct ike_build b;
	struct ike_msg m;
	struct ike_pl_delete d;

	(void)state;
	build(&b);
	ike_put_delete_esp(&b, spis, 2);
	ike_put_delete_ike(&b);
	inner_of(&b, &m);
	assert_true(ike_get_delete(&m.pl[0], &d));
	assert_int_equal(d.proto, IKE_PROTO_ESP);
	assert_int_equal(d.count, 2);
	assert_int_equal(ike_delete_spi(&d, 0), 0xc0ffee01);
	assert_int_equal(ike_delete_spi(&d, 1), 2);
	assert_int_equal(ike_delete_spi(&d, 2), 0);
	assert_true(ike_get_delete(&m.pl[1], &d));
	assert_int_equal(d.proto, IKE_PROTO_IKE);
	assert_int_equal(ike_delete_spi(&d, 0), 0);
	ike_build_fini(&b);
}

static void notifies_come_back(void **state)
{
	struct ike_build b;
	struct ike_msg m;
	struct ike_pl_notify n;

	(void)state;
	build(&b);
	ike_put_notify(&b, N_INITIAL_CONTACT, (struct span){0});
	ike_put_notify_esp(&b, N_CHILD_SA_NOT_FOUND, 0xc0ffee01, (struct span){0});
	ike_put_notify(&b, N_PPK_IDENTITY, span_of("id", 2));
	ike_put_vendor(&b, "FLEXVPN-SUPPORTED");
	inner_of(&b, &m);
	assert_true(ike_msg_has_notify(&m, N_INITIAL_CONTACT));
	assert_false(ike_msg_has_notify(&m, N_COOKIE));
	assert_true(ike_msg_error(&m, &n));
	assert_int_equal(n.type, N_CHILD_SA_NOT_FOUND);
	assert_int_equal(n.proto, IKE_PROTO_ESP);
	assert_int_equal(ike_notify_spi(&n), 0xc0ffee01);
	assert_true(ike_msg_notify(&m, N_PPK_IDENTITY, &n));
	assert_true(span_eq(n.data, span_of("id", 2)));
	assert_int_equal(ike_notify_spi(&n), 0);
	assert_true(ike_msg_has_vendor(&m, "FLEXVPN-SUPPORTED"));
	assert_false(ike_msg_has_vendor(&m, "FLEXVPN-SUPPORTE"));
	assert_false(ike_msg_has_vendor(&m, "FLEXVPN-SUPPORTED2"));
	ike_build_fini(&b);
}

static void attributes_come_back(void **state)
{
	const struct ike_attr v[] = {{.type = CFG_IP4_ADDRESS},
	        {.type = CFG_IP4_SUBNET, .len = 8, .val = (const uint8_t *)"\x0a\0\0\0\xff\0\0\0"},
	        {.type = 0x8000 | CFG_FLEX_CONFIG_URL, .len = 1, .val = (const uint8_t *)"u"}};
	const struct ike_attrs attrs = {.v = v, .n = ARRAY_LEN(v)};
	struct ike_build b;
	struct ike_msg m;
	struct ike_pl_cp cp;

	(void)state;
	build(&b);
	ike_put_cp(&b, CP_SET, &attrs);
	inner_of(&b, &m);
	assert_true(ike_get_cp(&m.pl[0], &cp));
	assert_int_equal(cp.type, CP_SET);
	assert_int_equal(cp.n, 3);
	assert_null(cp.attr[0].val);
	assert_int_equal(cp.attr[1].len, 8);
	assert_memory_equal(cp.attr[1].val, v[1].val, 8);
	assert_int_equal(cp.attr[2].type,
	        CFG_FLEX_CONFIG_URL); /* the reserved bit is not part of the type */
	ike_build_fini(&b);
}

static struct ike_ts range(
        uint8_t proto, const char *lo, const char *hi, uint16_t port_lo, uint16_t port_hi)
{
	struct ike_ts t = {.proto = proto, .port_lo = port_lo, .port_hi = port_hi};

	assert_true(ipaddr_parse(lo, &t.lo) && ipaddr_parse(hi, &t.hi));
	return t;
}

static void selectors_come_back(void **state)
{
	const struct ike_ts v[] = {
	        ike_ts_any4(), ike_ts_any6(), range(47, "10.0.0.1", "10.0.0.1", 0, 65535)};
	struct ike_hdr h = {.exchange = EXCH_AUTH, .flags = IKE_F_RESPONSE};
	struct ike_build b;
	struct ike_pl_ts got;

	(void)state;
	ike_build_init(&b, &h);
	ike_put_ts(&b, PL_TSi, v, ARRAY_LEN(v));
	struct ike_pl p = {.type = PL_TSi,
	        .body = span_of(
	                b.p + IKE_HDR_LEN + IKE_PL_HDR_LEN, b.len - IKE_HDR_LEN - IKE_PL_HDR_LEN)};

	assert_true(ike_get_ts(&p, &got));
	assert_int_equal(got.n, 3);
	assert_false(got.more);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		assert_true(ike_ts_eq(&got.ts[i], &v[i]));
	ike_build_fini(&b);
}

static void selectors_beyond_the_bound_are_told_of(void **state)
{
	struct ike_ts v[IKE_MAX_TS + 1];
	struct ike_hdr h = {.exchange = EXCH_AUTH};
	struct ike_build b;
	struct ike_pl_ts got;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = ike_ts_any4();
	ike_build_init(&b, &h);
	ike_put_ts(&b, PL_TSi, v, ARRAY_LEN(v));
	struct ike_pl p = {.type = PL_TSi,
	        .body = span_of(
	                b.p + IKE_HDR_LEN + IKE_PL_HDR_LEN, b.len - IKE_HDR_LEN - IKE_PL_HDR_LEN)};

	assert_true(ike_get_ts(&p, &got));
	assert_int_equal(got.n, IKE_MAX_TS);
	assert_true(got.more);
	ike_build_fini(&b);
}

/* ---- selectors as sets ----------------------------------------------------------------------- */

static void cuts_of_selectors(void **state)
{
	const struct ike_ts any = ike_ts_any4(), any6 = ike_ts_any6();
	const struct ike_ts net = range(0, "10.0.0.0", "10.0.0.255", 0, 65535);
	const struct ike_ts gre = range(47, "10.0.0.1", "10.0.0.1", 0, 65535);
	const struct ike_ts tcp = range(6, "10.0.0.0", "10.0.0.127", 80, 443);
	const struct ike_ts high = range(0, "10.0.0.128", "10.0.0.255", 0, 65535);
	const struct ike_ts web = range(6, "0.0.0.0", "255.255.255.255", 443, 8443);
	const struct ike_ts opaque = range(0, "0.0.0.0", "255.255.255.255", 65535, 0);
	struct ike_ts cut;

	(void)state;
	assert_true(ike_ts_intersect(&any, &net, &cut) && ike_ts_eq(&cut, &net));
	assert_true(ike_ts_intersect(&net, &gre, &cut) && ike_ts_eq(&cut, &gre));
	assert_false(ike_ts_intersect(&gre, &tcp, &cut));
	assert_false(ike_ts_intersect(&high, &tcp, &cut));
	assert_false(ike_ts_intersect(&any, &any6, &cut));
	assert_true(ike_ts_intersect(&tcp, &web, &cut));
	assert_int_equal(cut.port_lo, 443);
	assert_int_equal(cut.port_hi, 443);
	assert_true(ike_ts_intersect(&any, &opaque, &cut) && ike_ts_eq(&cut, &opaque));
	assert_true(ike_ts_intersect(&opaque, &opaque, &cut));
	assert_false(ike_ts_intersect(&opaque, &web, &cut));
	assert_true(ike_ts_within(&gre, &net));
	assert_true(ike_ts_within(&net, &net));
	assert_false(ike_ts_within(&net, &gre));
	assert_false(ike_ts_within(&any, &net));
}

static void narrowing_keeps_what_both_allow(void **state)
{
	const struct ike_ts any = ike_ts_any4(), any6 = ike_ts_any6();
	const struct ike_ts packet = range(6, "10.0.0.5", "10.0.0.5", 80, 80);
	const struct ike_ts net = range(0, "10.0.0.0", "10.0.0.255", 0, 65535);
	const struct ike_ts offer[] = {packet, any}, policy[] = {net, net, any6};
	struct ike_ts out[IKE_MAX_TS];

	(void)state;
	assert_int_equal(ike_ts_narrow(offer, 2, policy, 3, out), 2);
	assert_true(ike_ts_eq(&out[0], &packet)); /* the packet that asked for it stays first */
	assert_true(ike_ts_eq(&out[1], &net));
	assert_int_equal(ike_ts_narrow(&any6, 1, &net, 1, out), 0);
	assert_int_equal(ike_ts_narrow(offer, 0, policy, 3, out), 0);
	assert_true(ike_ts_subset(&net, 1, &any, 1));
	assert_false(ike_ts_subset(&any, 1, &net, 1));
	assert_false(ike_ts_subset(&any, 0, &any, 1));
}

static void selectors_print_as_ranges(void **state)
{
	struct ike_ts t = range(47, "10.0.0.1", "10.0.0.1", 0, 65535), any = ike_ts_any4();
	char buf[128];

	(void)state;
	assert_string_equal(ike_ts_fmt(&any, buf), "0.0.0.0/0 - 255.255.255.255/65535");
	assert_string_equal(ike_ts_fmt(&t, buf), "10.0.0.1/0 - 10.0.0.1/65535");
}

/* ---- identities ------------------------------------------------------------------------------ */

static void identities_print(void **state)
{
	struct ike_id id = ike_id_text(ID_IPV4_ADDR, "10.0.0.1");
	char buf[320];

	(void)state;
	assert_string_equal(ike_id_fmt(&id, buf), "10.0.0.1");
	id = ike_id_text(ID_FQDN, "spoke1.example");
	assert_string_equal(ike_id_fmt(&id, buf), "spoke1.example");
	id = ike_id_text(ID_KEY_ID, "branch");
	assert_string_equal(ike_id_fmt(&id, buf), "key-id branch");
	id = ike_id_text(ID_FQDN, "a\n%SYS-5-X: fake"); /* a peer does not write our log */
	assert_string_equal(ike_id_fmt(&id, buf), "610a255359532d352d583a2066616b65");
	id = (struct ike_id){.type = 77, .len = 1, .data = {0}};
	assert_string_equal(ike_id_fmt(&id, buf), "id-type 77 00");
	id = (struct ike_id){0};
	assert_string_equal(ike_id_fmt(&id, buf), "");
	for (unsigned type = 0; type < 256; type++) { /* the longest fit, text or hex */
		id = (struct ike_id){.type = (uint8_t)type, .len = 255};
		ike_id_fmt(&id, buf);
		memset(id.data, 'x', 255);
		ike_id_fmt(&id, buf);
		assert_true(strlen(buf) < sizeof(buf));
	}
}

static void identities_compare_as_their_type_says(void **state)
{
	static const struct {
		uint8_t type;
		const char *a, *b;
		bool same;
	} rows[] = {
	        {ID_FQDN, "Spoke1.Example", "spoke1.example", true},
	        {ID_FQDN, "spoke1.example", "spoke2.example", false},
	        {ID_FQDN, "spoke1.example", "spoke1.example.", false},
	        {ID_RFC822_ADDR, "joe@Example.COM", "joe@example.com", true},
	        {ID_RFC822_ADDR, "Joe@example.com", "joe@example.com", false},
	        {ID_RFC822_ADDR, "a@b@c.d", "a@b@C.d", true},
	        {ID_RFC822_ADDR, "a@b@c.d", "a@B@c.d", false},
	        {ID_RFC822_ADDR, "a@bbb.d", "a@b@b.d", false},
	        {ID_KEY_ID, "Key", "key", false},
	        {ID_KEY_ID, "key", "key", true},
	        {ID_IPV4_ADDR, "10.0.0.1", "10.0.0.1", true},
	        {ID_IPV6_ADDR, "2001:db8::1", "2001:DB8:0::1", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ike_id a = ike_id_text(rows[i].type, rows[i].a),
		              b = ike_id_text(rows[i].type, rows[i].b);

		assert_int_not_equal(a.type, ID_NONE);
		if (ike_id_eq(&a, &b) != rows[i].same)
			fail_msg("%s %s", rows[i].a, rows[i].b);
	}
	struct ike_id f = ike_id_text(ID_FQDN, "x"), k = ike_id_text(ID_KEY_ID, "x");

	assert_false(ike_id_eq(&f, &k));
}

static void identities_that_cannot_be(void **state)
{
	char long_name[257];
	struct ipaddr none = {0};

	(void)state;
	memset(long_name, 'a', 256);
	long_name[256] = '\0';
	assert_int_equal(ike_id_text(ID_FQDN, long_name).type, ID_NONE);
	assert_int_equal(ike_id_text(ID_IPV4_ADDR, "10.0.0").type, ID_NONE);
	assert_int_equal(ike_id_text(ID_IPV6_ADDR, "10.0.0.1").type, ID_NONE);
	assert_int_equal(ike_id_addr(&none).type, ID_NONE);
	long_name[255] = '\0';
	assert_int_equal(ike_id_text(ID_FQDN, long_name).len, 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bodies_that_are_and_are_not_well_formed),
	        cmocka_unit_test(nonces_have_at_most_256_octets),
	        cmocka_unit_test(an_identity_over_255_octets_is_not_kept),
	        cmocka_unit_test(attributes_have_a_bound),
	        cmocka_unit_test(deletes_come_back),
	        cmocka_unit_test(notifies_come_back),
	        cmocka_unit_test(attributes_come_back),
	        cmocka_unit_test(selectors_come_back),
	        cmocka_unit_test(selectors_beyond_the_bound_are_told_of),
	        cmocka_unit_test(cuts_of_selectors),
	        cmocka_unit_test(narrowing_keeps_what_both_allow),
	        cmocka_unit_test(selectors_print_as_ranges),
	        cmocka_unit_test(identities_print),
	        cmocka_unit_test(identities_compare_as_their_type_says),
	        cmocka_unit_test(identities_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
