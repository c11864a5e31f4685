/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses, masks, prefixes. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/addr.h"

static void masks_and_lengths_agree(void **s)
{
	(void)s;
	for (uint8_t len = 0; len <= 32; len++)
		assert_int_equal(mask_to_len(len_to_mask(len)), len);
	assert_int_equal(mask_to_len(0xff00ff00), -1);
	assert_int_equal(mask_to_len(0x00ffffff), -1);
	assert_int_equal(len_to_mask(33), 0xffffffff);
}

static void text_forms_are_strict(void **s)
{
	struct ipaddr a;
	struct prefix p;

	(void)s;
	assert_true(ipaddr_parse("10.0.0.1", &a));
	assert_false(ipaddr_parse("10.0.0.256", &a));
	assert_false(ipaddr_parse("10.0.0", &a));
	assert_false(ipaddr_parse("10.0.0.1 ", &a));
	assert_true(ipaddr_parse("2001:db8::1", &a));
	assert_false(ipaddr_parse("2001:db8:::1", &a));
	assert_true(prefix_parse("10.0.0.0/8", &p));
	assert_false(prefix_parse("10.0.0.0/33", &p));
	assert_false(prefix_parse("10.0.0.0/", &p));
	assert_false(prefix_parse("10.0.0.0/+8", &p));
	assert_false(prefix_parse("2001:db8::/129", &p));
}

static void ipv6_prints_in_upper_case(void **s)
{
	char buf[IPADDR_STRLEN];
	struct ipaddr a;

	(void)s;
	assert_true(ipaddr_parse("2001:db8::abcd", &a));
	assert_string_equal(ipaddr_fmt(&a, buf), "2001:DB8::ABCD");
}

static void containment_ignores_host_bits_and_respects_family(void **s)
{
	struct prefix p;
	struct ipaddr in, out, six;

	(void)s;
	assert_true(prefix_parse("10.1.2.3/9", &p));
	assert_true(ipaddr_parse("10.127.255.255", &in));
	assert_true(ipaddr_parse("10.128.0.0", &out));
	assert_true(ipaddr_parse("::", &six));
	assert_true(prefix_contains(&p, &in));
	assert_false(prefix_contains(&p, &out));
	assert_false(prefix_contains(&p, &six));
	assert_true(prefix_has_host_bits(&p));
	p.len = 0;
	assert_true(prefix_contains(&p, &out));
	assert_false(prefix_contains(&p, &six));
}

static void order_is_numeric(void **s)
{
	struct ipaddr a = ipaddr_v4(0x0a000001), b = ipaddr_v4(0x0a000100), six;

	(void)s;
	assert_true(ipaddr_parse("::", &six));
	assert_true(ipaddr_cmp(&a, &b) < 0);
	assert_true(ipaddr_cmp(&b, &six) < 0);
	assert_true(ipaddr_eq(&a, &a));
}

static void sockaddr_round_trip(void **s)
{
	const char *const text[] = {"192.0.2.7", "2001:db8::7"};
	struct sockaddr_storage ss;

	(void)s;
	for (int i = 0; i < 2; i++) {
		struct endpoint e = {.port = 4500}, back;

		assert_true(ipaddr_parse(text[i], &e.addr));
		assert_true(endpoint_to_sockaddr(&e, &ss) > 0);
		assert_true(endpoint_from_sockaddr((struct sockaddr *)&ss, &back));
		assert_true(endpoint_eq(&e, &back));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_and_lengths_agree),
		cmocka_unit_test(text_forms_are_strict),
		cmocka_unit_test(ipv6_prints_in_upper_case),
		cmocka_unit_test(containment_ignores_host_bits_and_respects_family),
		cmocka_unit_test(order_is_numeric),
		cmocka_unit_test(sockaddr_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
