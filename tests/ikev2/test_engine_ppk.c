/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Post-quantum preshared keys (RFC 8784) between two engines: both have the key, one has not, they
 * differ, and one or both insist on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib_pair.h"

static void give(struct pair *p, int side, const char *id, const char *key, bool required)
{
	struct ike_peering *g = &p->s[side].peering;

	g->use_ppk = true;
	g->ppk_required = required;
	snprintf(g->ppk_id, sizeof(g->ppk_id), "%s", id);
	secret_set(&g->ppk, key, strlen(key));
}

static void pair_end(struct pair *p)
{
	secret_wipe(&p->s[A].peering.ppk);
	secret_wipe(&p->s[B].peering.ppk);
	pair_free(p);
}

static bool used(struct pair *p, int side)
{
	struct ike_sa_info info;

	assert_true(ike_sa_info(p->s[side].ike, pair_handle(p, side), &info));
	return info.ppk;
}

static void comes_up(struct pair *p, bool with)
{
	pair_up(p);
	pair_agree(p);
	assert_int_equal(used(p, A), with);
	assert_int_equal(used(p, B), with);
	pair_end(p);
}

static void fails(struct pair *p, enum ike_reason at_a)
{
	pair_connect(p);
	assert_int_equal(p->s[A].count[IKE_EV_CHILD_UP], 0);
	assert_int_equal(p->s[B].count[IKE_EV_CHILD_UP], 0);
	assert_int_equal(p->s[A].last[IKE_EV_DOWN].reason, at_a);
	pair_end(p);
}

static void both_have_it(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", false);
	give(p, B, "one", "a post-quantum key", false);
	comes_up(p, true);
}

static void both_insist(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", true);
	give(p, B, "one", "a post-quantum key", true);
	comes_up(p, true);
}

/* The keys of children come from the mixed SK_d: they last through rekeyings of either SA. */
static void rekeying_goes_on_with_it(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", true);
	give(p, B, "one", "a post-quantum key", true);
	pair_up(p);
	ike_rekey_ike(p->s[A].ike, p->handle, p->now);
	pair_settle(p);
	ike_rekey_child(p->s[B].ike, p->s[B].child[0].spi_in, p->now);
	pair_settle(p);
	pair_agree(p);
	pair_end(p);
}

static void one_without_is_let_in_where_nobody_insists(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", false);
	comes_up(p, false);
	p = pair_new();
	give(p, B, "one", "a post-quantum key", false);
	comes_up(p, false);
}

/* The responder has another key: it takes the initiator's other proof. */
static void another_name_goes_on_without(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", false);
	give(p, B, "two", "another", false);
	comes_up(p, false);
}

static void who_insists_ends_it(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", true); /* the responder does not know of such */
	fails(p, IKE_R_PPK);
	p = pair_new();
	give(p, B, "one", "a post-quantum key", true);
	fails(p, IKE_R_AUTH_FAILED);
	p = pair_new();
	give(p, A, "one", "a post-quantum key", false);
	give(p, B, "two", "another", true);
	fails(p, IKE_R_AUTH_FAILED);
	p = pair_new();
	give(p, A, "one", "a post-quantum key", true);
	give(p, B, "two", "another", false);
	fails(p, IKE_R_AUTH_FAILED);
}

/* One name, two keys: neither proof is what the other side computes, unless it may be done without.
 */
static void a_wrong_key_is_found_out(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	give(p, A, "one", "a post-quantum key", false);
	give(p, B, "one", "mistyped", false);
	fails(p, IKE_R_AUTH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_have_it),
	        cmocka_unit_test(both_insist),
	        cmocka_unit_test(rekeying_goes_on_with_it),
	        cmocka_unit_test(one_without_is_let_in_where_nobody_insists),
	        cmocka_unit_test(another_name_goes_on_without),
	        cmocka_unit_test(who_insists_ends_it),
	        cmocka_unit_test(a_wrong_key_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
