/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Track objects against made-up facts and a made-up clock. */
#include <setjmp.h>
#include <stdio.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/track.h"

struct box { /* the facts */
	bool eth0, eth1, addressed;
	bool routed;
	char vrf[65]; /* of the last question about a route */
	uint32_t metric;
	enum track_sla_result sla;
	struct track_set *s;
	uint64_t now;
	unsigned told;
	uint32_t last_number;
	bool last_up;
};

static bool line(void *ctx, const char *ifname, const char **why)
{
	struct box *b = ctx;
	bool up = strcmp(ifname, "Ethernet0/0") == 0 ? b->eth0 : b->eth1;

	*why = up ? "" : "hw down";
	return up;
}

static bool routing(void *ctx, const char *ifname, int family, const char **why)
{
	struct box *b = ctx;

	*why = b->addressed ? "" : "no ip addr";
	return line(ctx, ifname, why) && b->addressed && family == AF_INET;
}

static void route(void *ctx, const struct prefix *p, const char *vrf, struct track_route_fact *out)
{
	struct box *b = ctx;

	(void)p;
	snprintf(b->vrf, sizeof(b->vrf), "%s", vrf);
	out->found = b->routed;
	out->metric = b->metric;
	out->source = "static";
}

static enum track_sla_result sla(void *ctx, uint32_t number)
{
	(void)number;
	return ((struct box *)ctx)->sla;
}

static void changed(void *ctx, const struct track_cfg *c, bool up)
{
	struct box *b = ctx;

	b->told++;
	b->last_number = c->number;
	b->last_up = up;
}

static bool look(struct box *b)
{
	struct track_facts f = {
	        .ctx = b, .line = line, .routing = routing, .route = route, .sla = sla};

	return track_evaluate(b->s, &f, b->now, changed, b);
}

static bool look_at_all(struct box *b)
{
	track_touch_all(b->s);
	return look(b);
}

static int setup(void **state)
{
	static struct box b;

	memset(&b, 0, sizeof(b));
	b.s = track_new();
	b.now = 1000;
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	track_free(((struct box *)*state)->s);
	return 0;
}

static struct track_cfg interface_of(uint32_t number, const char *ifname, enum track_type type)
{
	struct track_cfg c = {.number = number, .type = type};

	strncpy(c.ifname, ifname, sizeof(c.ifname) - 1);
	return c;
}

static void undefined_object_is_down(void **state)
{
	struct box *b = *state;

	look_at_all(b);
	assert_false(track_defined(b->s, 10));
	assert_false(track_up(b->s, 10));
}

static void line_protocol_follows_the_interface(void **state)
{
	struct box *b = *state;
	struct track_cfg c = interface_of(2, "Ethernet0/0", TRACK_LINE_PROTOCOL);
	struct track_info i;

	track_configure(b->s, &c, 1, b->now);
	assert_false(look_at_all(b));
	assert_false(track_up(b->s, 2));
	assert_true(track_get(b->s, 2, &i));
	assert_string_equal(i.why, "hw down");
	b->eth0 = true;
	assert_true(look_at_all(b));
	assert_true(track_up(b->s, 2));
	assert_int_equal(b->told, 1);
	assert_false(look_at_all(b)); /* the same facts change nothing */
	assert_int_equal(b->told, 1);
}

static void ip_routing_needs_an_address(void **state)
{
	struct box *b = *state;
	struct track_cfg c = interface_of(1, "Ethernet0/0", TRACK_IP_ROUTING);

	track_configure(b->s, &c, 1, b->now);
	b->eth0 = true;
	look_at_all(b);
	assert_false(track_up(b->s, 1));
	b->addressed = true;
	look_at_all(b);
	assert_true(track_up(b->s, 1));
}

static void delay_holds_a_change_back_and_forgets_it_when_the_fact_returns(void **state)
{
	struct box *b = *state;
	struct track_cfg c = interface_of(1, "Ethernet0/0", TRACK_LINE_PROTOCOL);

	c.delay_down_s = 10;
	b->eth0 = true;
	track_configure(b->s, &c, 1, b->now);
	look_at_all(b);
	assert_true(track_up(b->s, 1)); /* the first answer is not delayed */
	b->eth0 = false;
	b->now = 5000;
	look_at_all(b);
	assert_true(track_up(b->s, 1));
	assert_int_equal(track_deadline(b->s), 15000);
	b->now = 14999;
	b->eth0 = true; /* a flap shorter than the delay */
	look_at_all(b);
	assert_true(track_deadline(b->s) == UINT64_MAX);
	b->eth0 = false;
	look_at_all(b);
	assert_int_equal(track_deadline(b->s), 24999);
	b->now = 24998;
	assert_false(look_at_all(b));
	b->now = 24999;
	assert_true(look_at_all(b));
	assert_false(track_up(b->s, 1));
	assert_true(track_deadline(b->s) == UINT64_MAX);
}

static void sla_state_and_reachability_differ_over_the_threshold(void **state)
{
	struct box *b = *state;
	struct track_cfg c[2] = {{.number = 1, .type = TRACK_SLA_STATE, .sla = 5},
	        {.number = 2, .type = TRACK_SLA_REACH, .sla = 5}};
	static const struct {
		enum track_sla_result r;
		bool state, reach;
	} rows[] = {{TRACK_SLA_NONE, false, false}, {TRACK_SLA_OK, true, true},
	        {TRACK_SLA_OVER, false, true}, {TRACK_SLA_FAIL, false, false}};

	track_configure(b->s, c, 2, b->now);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b->sla = rows[i].r;
		look_at_all(b);
		assert_int_equal(track_up(b->s, 1), rows[i].state);
		assert_int_equal(track_up(b->s, 2), rows[i].reach);
	}
}

static void metric_threshold_has_hysteresis(void **state)
{
	struct box *b = *state;
	struct track_cfg c = {.number = 1,
	        .type = TRACK_ROUTE_METRIC,
	        .vrf = "red",
	        .has_up = true,
	        .up = 10,
	        .has_down = true,
	        .down = 20};
	static const struct {
		uint32_t metric;
		bool up;
	} steps[] = {{15, false}, {10, true}, {15, true}, {20, false}, {15, false}, {9, true}};

	track_configure(b->s, &c, 1, b->now);
	look_at_all(b);
	assert_false(track_up(b->s, 1)); /* no route at all */
	assert_string_equal(b->vrf, "red");
	b->routed = true;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		b->metric = steps[i].metric;
		look_at_all(b);
		assert_int_equal(track_up(b->s, 1), steps[i].up);
	}
	b->routed = false;
	look_at_all(b);
	assert_false(track_up(b->s, 1));
}

static struct track_cfg list_of(uint32_t number, enum track_type type, uint32_t a, uint32_t b)
{
	return (struct track_cfg){.number = number,
	        .type = type,
	        .member = {{.number = a}, {.number = b}},
	        .n_member = 2};
}

static void boolean_lists(void **state)
{
	struct box *b = *state;
	struct track_cfg c[5] = {interface_of(1, "Ethernet0/0", TRACK_LINE_PROTOCOL),
	        interface_of(2, "Ethernet0/1", TRACK_LINE_PROTOCOL),
	        list_of(10, TRACK_LIST_AND, 1, 2), list_of(11, TRACK_LIST_OR, 1, 2),
	        list_of(12, TRACK_LIST_AND, 1, 2)};

	c[4].member[1].negate = true; /* 1 and not 2 */
	track_configure(b->s, c, 5, b->now);
	for (unsigned bits = 0; bits < 4; bits++) {
		b->eth0 = bits & 1;
		b->eth1 = bits & 2;
		look_at_all(b);
		assert_int_equal(track_up(b->s, 10), bits == 3);
		assert_int_equal(track_up(b->s, 11), bits != 0);
		assert_int_equal(track_up(b->s, 12), bits == 1);
	}
}

static void a_list_of_lists_is_right_in_one_evaluation(void **state)
{
	struct box *b = *state;
	/* Numbered against the order of their dependence. */
	struct track_cfg c[4] = {list_of(1, TRACK_LIST_AND, 2, 9), list_of(2, TRACK_LIST_OR, 3, 9),
	        list_of(3, TRACK_LIST_AND, 9, 9),
	        interface_of(9, "Ethernet0/0", TRACK_LINE_PROTOCOL)};

	track_configure(b->s, c, 4, b->now);
	look_at_all(b);
	b->eth0 = true;
	look_at_all(b);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(track_up(b->s, n));
	b->eth0 = false;
	look_at_all(b);
	for (uint32_t n = 1; n <= 3; n++)
		assert_false(track_up(b->s, n));
}

static void undefined_member_and_self_reference_are_down(void **state)
{
	struct box *b = *state;
	struct track_cfg c[3] = {list_of(1, TRACK_LIST_AND, 77, 77),
	        list_of(2, TRACK_LIST_OR, 2, 2), {.number = 3, .type = TRACK_LIST_AND}};

	c[0].member[0].negate = true;
	track_configure(b->s, c, 3, b->now);
	look_at_all(b);
	for (uint32_t n = 1; n <= 3; n++)
		assert_false(track_up(b->s, n));
}

static void weight_and_percentage_lists(void **state)
{
	struct box *b = *state;
	struct track_cfg c[4] = {interface_of(1, "Ethernet0/0", TRACK_LINE_PROTOCOL),
	        interface_of(2, "Ethernet0/1", TRACK_LINE_PROTOCOL),
	        list_of(10, TRACK_LIST_WEIGHT, 1, 2), list_of(11, TRACK_LIST_PERCENT, 1, 2)};

	c[2].member[0].weight = 30;
	c[2].member[1].weight = 10;
	c[2].has_up = c[2].has_down = true;
	c[2].up = 30;
	c[2].down = 10;
	c[3].has_up = c[3].has_down = true;
	c[3].up = 100;
	c[3].down = 40;
	track_configure(b->s, c, 4, b->now);
	b->eth0 = true;
	look_at_all(b);
	assert_true(track_up(b->s, 10));
	assert_false(track_up(b->s, 11)); /* 50 %: between the two, and it was down */
	b->eth1 = true;
	look_at_all(b);
	assert_true(track_up(b->s, 11));
	b->eth0 = false;
	look_at_all(b);
	assert_false(track_up(b->s, 10)); /* 10 is not above `down 10` */
	assert_true(track_up(b->s, 11));  /* 50 %: it was up */
}

static void a_changed_object_starts_anew_and_an_unchanged_one_keeps_its_history(void **state)
{
	struct box *b = *state;
	struct track_cfg c[2] = {interface_of(1, "Ethernet0/0", TRACK_LINE_PROTOCOL),
	        interface_of(2, "Ethernet0/0", TRACK_LINE_PROTOCOL)};
	struct track_info i;

	b->eth0 = true;
	track_configure(b->s, c, 2, b->now);
	look_at_all(b);
	c[1] = interface_of(2, "Ethernet0/1", TRACK_LINE_PROTOCOL);
	b->now = 9000;
	track_configure(b->s, c, 2, b->now);
	assert_true(look_at_all(b)); /* told, although the object is another one */
	assert_true(track_up(b->s, 1));
	assert_false(track_up(b->s, 2));
	assert_true(track_get(b->s, 1, &i));
	assert_int_equal(i.since_ms, 1000);
	assert_int_equal(i.changes, 1);
	track_configure(b->s, NULL, 0, b->now);
	assert_false(track_up(b->s, 1));
	assert_false(track_next(b->s, 0, &i));
}

static void only_what_was_touched_is_asked(void **state)
{
	struct box *b = *state;
	struct track_cfg c[4] = {interface_of(1, "Ethernet0/0", TRACK_LINE_PROTOCOL),
	        interface_of(2, "Ethernet0/1", TRACK_LINE_PROTOCOL),
	        {.number = 3,
	                .type = TRACK_LIST_OR,
	                .member = {{.number = 1}, {.number = 2}},
	                .n_member = 2},
	        {.number = 4, .type = TRACK_SLA_STATE, .sla = 9}};

	track_configure(b->s, c, 4, b->now);
	assert_true(track_touched(b->s));
	look(b);
	assert_false(track_touched(b->s));
	b->eth0 = b->eth1 = true;
	b->sla = TRACK_SLA_OK;
	assert_false(look(b)); /* nobody said so */
	track_touch_interface(b->s, "Ethernet0/2");
	track_touch_sla(b->s, 8);
	track_touch_routes(b->s);
	assert_false(look(b)); /* these concern nobody */
	track_touch_interface(b->s, "Ethernet0/1");
	b->told = 0;
	assert_true(look(b));
	assert_int_equal(b->told, 2); /* the object, and the list that follows it */
	assert_false(track_up(b->s, 1));
	assert_true(track_up(b->s, 2));
	assert_true(track_up(b->s, 3));
	track_touch_sla(b->s, 9);
	assert_true(look(b));
	assert_true(track_up(b->s, 4));
	assert_false(track_up(b->s, 1));
	c[0].delay_up_s = 3;
	track_configure(b->s, c, 4, b->now);
	assert_false(look(b));
	assert_int_equal(track_deadline(b->s), b->now + 3000);
	b->now += 2999;
	assert_false(look(b));
	b->now += 1; /* a delay that is over needs no fact */
	assert_true(look(b));
	assert_true(track_up(b->s, 1));
	assert_true(track_deadline(b->s) == UINT64_MAX);
}

static void names_are_those_of_the_log(void **state)
{
	struct track_cfg c = interface_of(1, "Ethernet0/1", TRACK_LINE_PROTOCOL);
	char buf[96];

	(void)state;
	assert_string_equal(
	        track_describe(&c, "Et0/1", buf, sizeof(buf)), "interface Et0/1 line-protocol");
	c = (struct track_cfg){.type = TRACK_SLA_REACH, .sla = 1};
	assert_string_equal(track_describe(&c, "", buf, sizeof(buf)), "ip sla 1 reachability");
	c = (struct track_cfg){.type = TRACK_LIST_AND};
	assert_string_equal(track_describe(&c, "", buf, sizeof(buf)), "list boolean and");
	c = (struct track_cfg){.type = TRACK_ROUTE_REACH};
	assert_true(prefix_parse("10.0.0.0/8", &c.route));
	assert_string_equal(
	        track_describe(&c, "", buf, sizeof(buf)), "ip route 10.0.0.0/8 reachability");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(undefined_object_is_down),
	        T(line_protocol_follows_the_interface),
	        T(ip_routing_needs_an_address),
	        T(delay_holds_a_change_back_and_forgets_it_when_the_fact_returns),
	        T(sla_state_and_reachability_differ_over_the_threshold),
	        T(metric_threshold_has_hysteresis),
	        T(boolean_lists),
	        T(a_list_of_lists_is_right_in_one_evaluation),
	        T(undefined_member_and_self_reference_are_down),
	        T(weight_and_percentage_lists),
	        T(a_changed_object_starts_anew_and_an_unchanged_one_keeps_its_history),
	        T(only_what_was_touched_is_asked),
	        T(names_are_those_of_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
