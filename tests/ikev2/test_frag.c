/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reassembly: any order gives the whole, nothing else does, and memory has a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ikev2/frag.h"
#include "lib_hex.h"

static struct ike_hdr request(uint32_t id)
{
	return (struct ike_hdr){.spi_i = 1, .spi_r = 2, .id = id, .exchange = EXCH_AUTH};
}

/* `text` as fragment number of total. */
static enum ike_frag_result add(struct ike_reasm *r, const struct ike_hdr *h, uint16_t number,
        uint16_t total, struct span text, struct ike_plain *out)
{
	struct ike_plain part = {.p = xmemdup(text.p, text.n),
	        .n = text.n,
	        .first = number == 1 ? PL_IDi : PL_NONE,
	        .number = number,
	        .total = total};
	enum ike_frag_result rc = ike_reasm_add(r, h, &part, out);

	assert_null(part.p); /* taken, whatever came of it */
	return rc;
}

static enum ike_frag_result add_text(
        struct ike_reasm *r, uint32_t id, uint16_t number, uint16_t total, const char *text)
{
	struct ike_hdr h = request(id);
	struct ike_plain out;
	enum ike_frag_result rc = add(r, &h, number, total, span_of(text, strlen(text)), &out);

	assert_int_equal(rc == IKE_FRAG_DONE, out.p != NULL);
	ike_plain_fini(&out);
	return rc;
}

static void any_order_gives_the_whole(void **state)
{
	static const uint8_t orders[][3] = {
	        {1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
	static const char *const text[] = {"first ", "second ", "third"};
	struct ike_hdr h = request(1);
	struct ike_reasm r;
	struct ike_plain out;

	(void)state;
	ike_reasm_init(&r);
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		for (size_t j = 0; j < 3; j++) {
			const char *t = text[orders[i][j] - 1];

			assert_true(ike_reasm_wants(&r, &h, orders[i][j], 3));
			enum ike_frag_result rc =
			        add(&r, &h, orders[i][j], 3, span_of(t, strlen(t)), &out);

			assert_int_equal(rc, j < 2 ? IKE_FRAG_MORE : IKE_FRAG_DONE);
			if (rc != IKE_FRAG_DONE)
				continue;
			assert_true(
			        span_eq(span_of(out.p, out.n), span_of("first second third", 18)));
			assert_int_equal(out.first, PL_IDi);
			ike_plain_fini(&out);
		}
	assert_int_equal(r.octets, 0);
	ike_reasm_fini(&r);
}

static void one_of_one_is_the_whole(void **state)
{
	struct ike_reasm r;

	(void)state;
	ike_reasm_init(&r);
	assert_int_equal(add_text(&r, 1, 1, 1, "all"), IKE_FRAG_DONE);
	assert_int_equal(add_text(&r, 2, 1, 1, ""), IKE_FRAG_DONE);
	ike_reasm_fini(&r);
}

static void impossible_numbers_are_dropped(void **state)
{
	static const uint16_t rows[][2] = {{0, 0}, {0, 1}, {1, 0}, {2, 1}, {1, IKE_FRAG_MAX + 1},
	        {IKE_FRAG_MAX + 1, IKE_FRAG_MAX + 1}, {65535, 65535}};
	struct ike_hdr h = request(1);
	struct ike_reasm r;

	(void)state;
	ike_reasm_init(&r);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(ike_reasm_wants(&r, &h, rows[i][0], rows[i][1]));
		assert_int_equal(add_text(&r, 1, rows[i][0], rows[i][1], "x"), IKE_FRAG_DROP);
	}
	for (uint16_t i = 1; i <= IKE_FRAG_MAX; i++)
		assert_int_equal(add_text(&r, 1, i, IKE_FRAG_MAX, "x"),
		        i < IKE_FRAG_MAX ? IKE_FRAG_MORE : IKE_FRAG_DONE);
	ike_reasm_fini(&r);
}

static void duplicates_are_dropped(void **state)
{
	struct ike_hdr h = request(1);
	struct ike_reasm r;

	(void)state;
	ike_reasm_init(&r);
	assert_int_equal(add_text(&r, 1, 1, 2, "a"), IKE_FRAG_MORE);
	assert_false(ike_reasm_wants(&r, &h, 1, 2));
	assert_int_equal(add_text(&r, 1, 1, 2, "b"), IKE_FRAG_DROP);
	assert_int_equal(add_text(&r, 1, 2, 2, "c"), IKE_FRAG_DONE);
	ike_reasm_fini(&r);
}

/* RFC 7383 §2.5.2, §2.6.1: a larger total is the message cut again, smaller; a smaller one is out
 * of date. */
static void a_larger_total_begins_again(void **state)
{
	struct ike_hdr h = request(1);
	struct ike_reasm r;
	struct ike_plain out;

	(void)state;
	ike_reasm_init(&r);
	assert_int_equal(add_text(&r, 1, 1, 2, "old"), IKE_FRAG_MORE);
	assert_int_equal(add_text(&r, 1, 2, 3, "b"), IKE_FRAG_MORE);
	assert_false(ike_reasm_wants(&r, &h, 2, 2));
	assert_int_equal(add_text(&r, 1, 2, 2, "old"), IKE_FRAG_DROP);
	assert_int_equal(add_text(&r, 1, 1, 3, "a"), IKE_FRAG_MORE);
	assert_int_equal(add(&r, &h, 3, 3, span_of("c", 1), &out), IKE_FRAG_DONE);
	assert_true(span_eq(span_of(out.p, out.n), span_of("abc", 3)));
	ike_plain_fini(&out);
	ike_reasm_fini(&r);
}

static void messages_do_not_mix(void **state)
{
	struct ike_hdr req = request(1), rsp = request(1);
	struct ike_reasm r;
	struct ike_plain out;

	(void)state;
	rsp.flags = IKE_F_RESPONSE;
	ike_reasm_init(&r);
	assert_int_equal(add(&r, &req, 1, 2, span_of("q1", 2), &out), IKE_FRAG_MORE);
	assert_int_equal(add(&r, &rsp, 1, 2, span_of("r1", 2), &out), IKE_FRAG_MORE);
	assert_int_equal(add_text(&r, 2, 1, 2, "other"), IKE_FRAG_MORE);
	assert_int_equal(add(&r, &rsp, 2, 2, span_of("r2", 2), &out), IKE_FRAG_DONE);
	assert_true(span_eq(span_of(out.p, out.n), span_of("r1r2", 4)));
	ike_plain_fini(&out);
	ike_reasm_forget(&r, false, 1);
	ike_reasm_forget(&r, false, 99);
	assert_int_equal(
	        add(&r, &req, 2, 2, span_of("q2", 2), &out), IKE_FRAG_MORE); /* alone again */
	ike_reasm_fini(&r);
}

static void the_oldest_message_gives_way(void **state)
{
	struct ike_reasm r;

	(void)state;
	ike_reasm_init(&r);
	for (uint32_t id = 0; id <= IKE_FRAG_SLOTS; id++)
		assert_int_equal(add_text(&r, id, 1, 2, "x"), IKE_FRAG_MORE);
	assert_int_equal(add_text(&r, 1, 2, 2, "y"), IKE_FRAG_DONE); /* kept */
	assert_int_equal(
	        add_text(&r, 0, 2, 2, "y"), IKE_FRAG_MORE); /* its first fragment is gone */
	ike_reasm_fini(&r);
}

/* All slots together hold IKE_MAX_MSG octets; a message that alone has more is given up. */
static void octets_have_a_bound(void **state)
{
	uint8_t *big = xcalloc(1, 30000);
	struct ike_hdr a = request(1), b = request(2);
	struct ike_reasm r;
	struct ike_plain out;

	(void)state;
	ike_reasm_init(&r);
	assert_int_equal(add(&r, &a, 1, 3, span_of(big, 30000), &out), IKE_FRAG_MORE);
	assert_int_equal(add(&r, &b, 1, 4, span_of(big, 30000), &out), IKE_FRAG_MORE);
	assert_int_equal(
	        add(&r, &b, 2, 4, span_of(big, 30000), &out), IKE_FRAG_MORE); /* a gives way */
	assert_int_equal(r.octets, 60000);
	assert_int_equal(add(&r, &b, 3, 4, span_of(big, 30000), &out), IKE_FRAG_DROP);
	assert_int_equal(r.octets, 0);
	ike_reasm_fini(&r);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_order_gives_the_whole),
	        cmocka_unit_test(one_of_one_is_the_whole),
	        cmocka_unit_test(impossible_numbers_are_dropped),
	        cmocka_unit_test(duplicates_are_dropped),
	        cmocka_unit_test(a_larger_total_begins_again),
	        cmocka_unit_test(messages_do_not_mix),
	        cmocka_unit_test(the_oldest_message_gives_way),
	        cmocka_unit_test(octets_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
