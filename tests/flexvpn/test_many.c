/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many clients: what concerns one of them asks the box about one of them. Counted in questions, so
 * that it holds on any machine; what it costs is measured by bench/tracks.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib_world.h"

static struct net_ops counting;
static unsigned questions;

static bool count_by_name(struct net *n, const char *name, struct net_link *out)
{
	questions++;
	return net_fake_ops.link_by_name(n, name, out);
}

static bool count_by_index(struct net *n, uint32_t index, struct net_link *out)
{
	questions++;
	return net_fake_ops.link_by_index(n, index, out);
}

static int count_addrs(
        struct net *n, uint32_t ifindex, bool (*visit)(void *, const struct net_addr *), void *ctx)
{
	questions++;
	return net_fake_ops.addrs(n, ifindex, visit, ctx);
}

static int count_routes(
        struct net *n, uint32_t table, bool (*visit)(void *, const struct net_route *), void *ctx)
{
	questions++;
	return net_fake_ops.routes(n, table, visit, ctx);
}

static int setup(void **s)
{
	struct world *w = world_new();

	counting = net_fake_ops;
	counting.link_by_name = count_by_name;
	counting.link_by_index = count_by_index;
	counting.addrs = count_addrs;
	counting.routes = count_routes;
	w->x->b.net_ops = &counting;
	world_enter(w, world_guide_example);
	*s = w;
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

/* Client N: its own link, an object that watches it, a tunnel, and a peer that never answers. */
static uint32_t add_client(struct world *w, unsigned n)
{
	char text[900], name[16];
	uint32_t link;

	snprintf(name, sizeof(name), "eth%u", 10 + n);
	link = net_fake_link(w->b.net, name, true, false);
	snprintf(text, sizeof(text),
	        "interface %s\ntrack %u interface %s line-protocol\n"
	        "interface Tunnel%u\n ip address negotiated\n tunnel source Ethernet0/0\n"
	        " tunnel destination dynamic\n tunnel mode ipsec ipv4\n"
	        " tunnel protection ipsec profile ipsecprof\n"
	        "crypto ikev2 client flexvpn many%u\n peer 1 10.0.0.2\n connect track %u up\n"
	        " client connect Tunnel%u\n",
	        name, n, name, n, n, n, n);
	world_enter(w, text);
	return link;
}

static unsigned questions_of_a_change(struct world *w, uint32_t link, bool up)
{
	questions = 0;
	net_fake_carrier(w->b.net, link, up);
	world_run(w, 0);
	return questions;
}

static void one_object_costs_the_same_among_many(void **state)
{
	struct world *w = *state;
	unsigned few_up, few_down;
	uint32_t link = add_client(w, 1);

	w->hub[1].dead = true;
	for (unsigned n = 2; n <= 4; n++)
		add_client(w, n);
	few_up = questions_of_a_change(w, link, true);
	assert_int_equal(world_client(w, "many1")->state, FX_NEGOTIATING);
	assert_int_equal(world_client(w, "many2")->state, FX_WAIT_TRACK);
	few_down = questions_of_a_change(w, link, false);
	assert_int_equal(world_client(w, "many1")->state, FX_WAIT_TRACK);
	assert_true(few_up > 0 && few_down > 0);
	for (unsigned n = 5; n <= 60; n++)
		add_client(w, n);
	assert_int_equal(questions_of_a_change(w, link, true), few_up);
	assert_int_equal(world_client(w, "many1")->state, FX_NEGOTIATING);
	assert_int_equal(questions_of_a_change(w, link, false), few_down);
	assert_int_equal(world_client(w, "many1")->state, FX_WAIT_TRACK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                one_object_costs_the_same_among_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
