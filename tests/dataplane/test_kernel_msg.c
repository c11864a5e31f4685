/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages of the kernel back end, built and read without a kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "dataplane/xfrm.h"
#include "lib_sa.h"

static _Alignas(8) uint8_t buf[XF_MSG_MAX], other[XF_MSG_MAX];

static const struct nlattr *find(const struct nlmsghdr *h, size_t head, uint16_t type)
{
	const struct nlattr *a;

	XF_EACH_ATTR(a, h, head)
	if (mnl_attr_get_type(a) == type)
		return a;
	return NULL;
}

static const struct nlattr *sa_attr(const struct nlmsghdr *h, uint16_t type)
{
	return find(h, sizeof(struct xfrm_usersa_info), type);
}

static struct dp_sa one(const char *suite)
{
	struct dp_sa sa = sa_end(sa_suite(suite), "192.0.2.1", "192.0.2.2", 0x1000, 0x2000);

	sa.local.port = 4500;
	sa.remote.port = 1234;
	return sa;
}

/* ---- states ---------------------------------------------------------------------------------- */

static void an_sa_names_its_ends_and_its_mark(void **state)
{
	struct dp_sa sa = one("gcm128");

	(void)state;
	for (int in = 0; in < 2; in++) {
		struct nlmsghdr *h = xf_new_sa(buf, &sa, in, true);
		const struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(h);
		xfrm_address_t local = xf_addr(&sa.local.addr), remote = xf_addr(&sa.remote.addr);
		const struct xfrm_encap_tmpl *e = mnl_attr_get_payload(sa_attr(h, XFRMA_ENCAP));

		assert_int_equal(ntohl(i->id.spi), in ? 0x1000 : 0x2000);
		assert_memory_equal(&i->id.daddr, in ? &local : &remote, 4);
		assert_memory_equal(&i->saddr, in ? &remote : &local, 4);
		assert_int_equal(ntohs(e->encap_sport), in ? 1234 : 4500);
		assert_int_equal(ntohs(e->encap_dport), in ? 4500 : 1234);
		assert_int_equal(i->reqid, xf_mark(1));
		assert_int_equal(mnl_attr_get_u32(sa_attr(h, XFRMA_IF_ID)), xf_mark(1));
	}
	assert_null(sa_attr(xf_new_sa(buf, &sa, true, false), XFRMA_IF_ID));
	sa.udp_encap = false;
	assert_null(sa_attr(xf_new_sa(buf, &sa, true, true), XFRMA_ENCAP));
}

/* RFC 4106 §8.1: the salt is the tail of the key. */
static void an_aead_is_one_attribute_with_the_salt(void **state)
{
	struct dp_sa sa = one("gcm256");
	const struct nlattr *a;

	(void)state;
	a = sa_attr(xf_new_sa(buf, &sa, false, true), XFRMA_ALG_AEAD);
	assert_non_null(a);
	const struct xfrm_algo_aead *alg = mnl_attr_get_payload(a);

	assert_string_equal(alg->alg_name, "rfc4106(gcm(aes))");
	assert_int_equal(alg->alg_key_len, 288);
	assert_int_equal(alg->alg_icv_len, 128);
	assert_int_equal(mnl_attr_get_payload_len(a), sizeof(*alg) + 36);
	assert_memory_equal(alg->alg_key, sa.encr_out.p, 36);
	assert_null(sa_attr(xf_new_sa(buf, &sa, false, true), XFRMA_ALG_CRYPT));
}

static void integrity_is_truncated_as_its_rfc_says(void **state)
{
	static const struct {
		const char *suite, *name;
		unsigned key, icv;
	} rows[] = {
	        {"cbc128-sha1", "hmac(sha1)", 160, 96},      /* RFC 2404 */
	        {"cbc256-sha256", "hmac(sha256)", 256, 128}, /* RFC 4868 */
	        {"cbc192-sha384", "hmac(sha384)", 384, 192},
	        {"cbc256-sha512", "hmac(sha512)", 512, 256},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dp_sa sa = one(rows[i].suite);
		const struct nlmsghdr *h = xf_new_sa(buf, &sa, true, true);
		const struct xfrm_algo_auth *a =
		        mnl_attr_get_payload(sa_attr(h, XFRMA_ALG_AUTH_TRUNC));

		assert_string_equal(a->alg_name, rows[i].name);
		assert_int_equal(a->alg_key_len, rows[i].key);
		assert_int_equal(a->alg_trunc_len, rows[i].icv);
		assert_memory_equal(a->alg_key, sa.integ_in.p, rows[i].key / 8);
		assert_non_null(sa_attr(h, XFRMA_ALG_CRYPT));
	}
}

/* RFC 4303 §3.4.3 */
static void without_integrity_there_is_no_window(void **state)
{
	struct dp_sa sa = one("cbc128");

	(void)state;
	sa.esn = true;
	for (int in = 0; in < 2; in++) {
		struct nlmsghdr *h = xf_new_sa(buf, &sa, in, true);
		const struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(h);

		assert_null(sa_attr(h, XFRMA_ALG_AUTH_TRUNC));
		assert_null(sa_attr(h, XFRMA_REPLAY_ESN_VAL));
		assert_int_equal(i->flags & XFRM_STATE_ESN, 0);
	}
}

static void windows_are_as_wide_as_asked(void **state)
{
	static const struct {
		uint16_t window;
		bool esn;
		uint32_t in; /* 0: no attribute */
		bool out;
	} rows[] = {
	        {0, false, 0, false},
	        {64, false, 64, false},
	        {1024, false, 1024, false},
	        {100, true, 100, true},
	        {0, true, XFRMA_REPLAY_ESN_MAX, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dp_sa sa = one("gcm128");

		sa.replay_window = rows[i].window;
		sa.esn = rows[i].esn;
		const struct nlattr *a =
		        sa_attr(xf_new_sa(buf, &sa, true, true), XFRMA_REPLAY_ESN_VAL);

		assert_int_equal(a != NULL, rows[i].in != 0);
		if (a) {
			const struct xfrm_replay_state_esn *r = mnl_attr_get_payload(a);

			assert_int_equal(r->replay_window, rows[i].in);
			assert_true(r->bmp_len * 32 >= rows[i].in);
			assert_int_equal(mnl_attr_get_payload_len(a), sizeof(*r) + 4 * r->bmp_len);
		}
		a = sa_attr(xf_new_sa(buf, &sa, false, true), XFRMA_REPLAY_ESN_VAL);
		assert_int_equal(a != NULL, rows[i].out);
	}
}

static void limits_are_of_what_is_sent(void **state)
{
	struct dp_sa sa = one("gcm128");
	const struct xfrm_usersa_info *i;

	(void)state;
	sa.soft_bytes = 1000;
	sa.hard_bytes = 2000;
	i = mnl_nlmsg_get_payload(xf_new_sa(buf, &sa, true, true));
	assert_true(i->lft.soft_byte_limit == XFRM_INF && i->lft.hard_packet_limit == XFRM_INF);
	i = mnl_nlmsg_get_payload(xf_new_sa(buf, &sa, false, true));
	assert_int_equal(i->lft.soft_byte_limit, 1000);
	assert_int_equal(i->lft.hard_byte_limit, 2000);
	assert_int_equal(i->lft.hard_packet_limit, UINT32_MAX);
	assert_true(i->lft.soft_packet_limit < UINT32_MAX);
	sa.esn = true;
	i = mnl_nlmsg_get_payload(xf_new_sa(buf, &sa, false, true));
	assert_true(i->lft.hard_packet_limit == XFRM_INF);
}

static void a_moved_sa_keeps_keys_counters_and_numbers(void **state)
{
	struct dp_sa sa = one("gcm128"), to;
	struct nlmsghdr *h, *m;
	struct xfrm_usersa_info *i;
	uint32_t stale[6] = {0};

	(void)state;
	sa.esn = true;
	h = xf_new_sa(other, &sa, false, true);
	i = mnl_nlmsg_get_payload(h);
	i->curlft.bytes = 777;
	i->replay_window = 32;
	mnl_attr_put(h, XFRMA_LASTUSED, 8, stale);
	to = sa;
	to.local = (struct endpoint){ip("192.0.2.9"), 4500};
	to.remote.port = 99;
	m = xf_moved_sa(buf, h, &to, false);
	i = mnl_nlmsg_get_payload(m);
	xfrm_address_t from = xf_addr(&to.local.addr);

	assert_memory_equal(&i->saddr, &from, 4);
	assert_int_equal(i->replay_window, 0);
	assert_int_equal(((const struct xfrm_lifetime_cur *)mnl_attr_get_payload(
	                          sa_attr(m, XFRMA_LTIME_VAL)))
	                         ->bytes,
	        777);
	assert_int_equal(ntohs(((const struct xfrm_encap_tmpl *)mnl_attr_get_payload(
	                                sa_attr(m, XFRMA_ENCAP)))
	                                 ->encap_dport),
	        99);
	assert_memory_equal(
	        ((const struct xfrm_algo_aead *)mnl_attr_get_payload(sa_attr(m, XFRMA_ALG_AEAD)))
	                ->alg_key,
	        sa.encr_out.p, 20);
	assert_non_null(sa_attr(m, XFRMA_REPLAY_ESN_VAL));
	assert_int_equal(mnl_attr_get_u32(sa_attr(m, XFRMA_IF_ID)), xf_mark(1));
	assert_null(sa_attr(m, XFRMA_LASTUSED));
}

static void a_state_is_read_even_from_short_attributes(void **state)
{
	struct dp_sa sa = one("gcm128");
	struct nlmsghdr *h;
	struct xf_state st;
	struct xfrm_replay_state r = {.oseq = 5, .seq = 6};
	uint64_t when = 1234567;

	(void)state;
	h = xf_new_sa(buf, &sa, true, true);
	mnl_attr_put(h, XFRMA_LASTUSED, sizeof(when), &when);
	mnl_attr_put(h, XFRMA_REPLAY_VAL, sizeof(r), &r);
	assert_true(xf_read_state(h, &st));
	assert_true(st.if_id == xf_mark(1) && st.lastused == when && st.oseq == 5 && st.seq == 6 &&
	            st.has_encap);
	h = xf_begin(buf, XFRM_MSG_NEWSA, 0, sizeof(struct xfrm_usersa_info));
	for (uint16_t type = 1; type <= XFRMA_MAX; type++)
		mnl_attr_put(h, type, 1, &when);
	assert_true(xf_read_state(h, &st));
	assert_true(!st.if_id && !st.lastused && !st.oseq && !st.seq && !st.has_encap);
	assert_false(xf_read_state(xf_begin(buf, XFRM_MSG_NEWSA, 0, 100), &st));
	assert_false(xf_read_state(xf_begin(buf, XFRM_MSG_EXPIRE, 0, 400), &st));
}

/* ---- policies -------------------------------------------------------------------------------- */

static void policies_of_ours_are_known_again(void **state)
{
	struct xf_policy p = {.dir = XFRM_POLICY_OUT,
	        .spi = 7,
	        .family = AF_INET,
	        .src = ip("192.0.2.1"),
	        .dst = ip("192.0.2.2")};
	uint32_t if_id;
	struct nlmsghdr *h = xf_new_policy(buf, &p, xf_mark(3), true);

	(void)state;
	h->nlmsg_type = XFRM_MSG_NEWPOLICY;
	assert_int_equal(xf_policy_mark(h, &if_id), xf_mark(3));
	assert_int_equal(if_id, xf_mark(3));
	h = xf_new_policy(buf, &p, xf_mark(3), false);
	h->nlmsg_type = XFRM_MSG_NEWPOLICY;
	assert_int_equal(xf_policy_mark(h, &if_id), xf_mark(3));
	assert_int_equal(if_id, 0);
	h = xf_new_policy(buf, &p, 42, true);
	h->nlmsg_type = XFRM_MSG_NEWPOLICY;
	assert_int_equal(xf_policy_mark(h, &if_id), 0);
	assert_false(xf_is_ours(0) || xf_is_ours(42) || xf_is_ours(0x53600000));
	assert_true(xf_is_ours(xf_mark(0xfffff)));
}

/* ---- ranges ---------------------------------------------------------------------------------- */

struct seen {
	uint32_t next, n;
	bool ok, many;
};

static bool contiguous(void *ctx, const uint8_t *base, unsigned bits)
{
	struct seen *s = ctx;
	uint32_t at = get_u16(base), size = 1u << (16 - bits);

	s->ok = s->ok && at == s->next && at % size == 0;
	s->next = at + size;
	s->n++;
	return true;
}

static void a_range_is_the_fewest_prefixes_that_cover_it(void **state)
{
	static const struct {
		uint16_t lo, hi;
		unsigned n;
	} rows[] = {{0, 65535, 1}, {500, 500, 1}, {1, 65534, 30}, {1024, 65535, 6}, {3, 8, 3},
	        {0, 0, 1}, {65535, 65535, 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows) + 300; i++) {
		uint16_t lo, hi;
		uint8_t l[2], h[2];
		bool row = i < ARRAY_LEN(rows);

		lo = (uint16_t)(i * 7919);
		hi = (uint16_t)(lo + i * 104729 % (65536u - lo));
		if (row) {
			lo = rows[i].lo;
			hi = rows[i].hi;
		}
		put_u16(l, lo);
		put_u16(h, hi);
		struct seen s = {.next = lo, .ok = true};

		assert_true(xf_split(l, h, 2, contiguous, &s));
		assert_true(s.ok && s.next == hi + 1u);
		if (row)
			assert_int_equal(s.n, rows[i].n);
	}
}

static bool only_all(void *ctx, const uint8_t *base, unsigned bits)
{
	(void)base;
	*(unsigned *)ctx += bits + 1;
	return true;
}

static bool refuse(void *ctx, const uint8_t *base, unsigned bits)
{
	(void)base;
	(void)bits;
	return ++*(unsigned *)ctx < 3;
}

static void all_of_ipv6_is_one_prefix_and_a_walk_can_stop(void **state)
{
	struct ipaddr lo = ip("::"), hi = ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	              one_up = ip("::1");
	unsigned n = 0;

	(void)state;
	assert_true(xf_split(lo.b, hi.b, 16, only_all, &n));
	assert_int_equal(n, 1);
	n = 0;
	assert_false(xf_split(one_up.b, hi.b, 16, refuse, &n));
	assert_int_equal(n, 3);
	n = 0;
	assert_true(xf_split(one_up.b, lo.b, 16, refuse, &n)); /* upside down: nothing */
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_sa_names_its_ends_and_its_mark),
	        cmocka_unit_test(an_aead_is_one_attribute_with_the_salt),
	        cmocka_unit_test(integrity_is_truncated_as_its_rfc_says),
	        cmocka_unit_test(without_integrity_there_is_no_window),
	        cmocka_unit_test(windows_are_as_wide_as_asked),
	        cmocka_unit_test(limits_are_of_what_is_sent),
	        cmocka_unit_test(a_moved_sa_keeps_keys_counters_and_numbers),
	        cmocka_unit_test(a_state_is_read_even_from_short_attributes),
	        cmocka_unit_test(policies_of_ours_are_known_again),
	        cmocka_unit_test(a_range_is_the_fewest_prefixes_that_cover_it),
	        cmocka_unit_test(all_of_ipv6_is_one_prefix_and_a_walk_can_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
