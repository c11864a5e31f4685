/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAT as a machine, over the recording back end: texts, when one is applied, and which connections
 * a change ends. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/nat.h"

struct world {
	struct nat *nat;
	struct acl *acl;
	const struct acl *acls[2];
	struct nat_iface iface[2];
	struct nat_dynamic dynamic;
	struct nat_wanted w;
};

static struct ipaddr ip(const char *s)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(s, &a));
	return a;
}

static struct prefix px(const char *s)
{
	struct prefix p = {0};

	assert_true(prefix_parse(s, &p));
	return p;
}

static int setup(void **state)
{
	static struct world x;
	struct acl_entry e = acl_rule(true);
	struct prefix net = px("10.0.0.0/8");
	char why[100];

	memset(&x, 0, sizeof(x));
	x.nat = nat_new(&nft_fake_ops, why, sizeof(why));
	x.acl = acl_new("1", ACL_STANDARD);
	e.src = acl_prefix(&net);
	acl_add(x.acl, &e);
	x.acls[0] = x.acl;
	x.iface[0] = (struct nat_iface){
	        .dev = "lan0", .inside = true, .n_addr = 1, .addr[0] = px("10.1.1.1/24")};
	x.iface[1] = (struct nat_iface){
	        .dev = "wan0", .outside = true, .n_addr = 1, .addr[0] = px("192.0.2.2/24")};
	x.dynamic = (struct nat_dynamic){.acl = "1", .addr = ip("192.0.2.2")};
	x.w = (struct nat_wanted){.iface = x.iface,
	        .n_iface = 2,
	        .acl = x.acls,
	        .n_acl = 1,
	        .dynamic = &x.dynamic,
	        .n_dynamic = 1};
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct world *x = *state;

	nat_free(x->nat);
	acl_free(x->acl);
	return 0;
}

static size_t runs(const struct world *x)
{
	return nft_fake_runs(nat_nft(x->nat));
}

static const char *text(const struct world *x)
{
	return nft_fake_text(nat_nft(x->nat));
}

#define HEAD "table inet spoke\ndelete table inet spoke\n"

static void a_list_and_an_interface(void **state)
{
	struct world *x = *state;

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_string_equal(text(x),
	        HEAD "table inet spoke {\n"
	             "\tcounter c-1.10 { packets 0 bytes 0 }\n"
	             "\tcounter n-l-1 { packets 0 bytes 0 }\n"
	             "\tcounter nat-hits { packets 0 bytes 0 }\n"
	             "\tchain translated {\n"
	             "\t\ttype filter hook postrouting priority 140; policy accept;\n"
	             "\t\tct label 117 counter name \"nat-hits\"\n"
	             "\t}\n"
	             "\tchain n-l-1.0 {\n"
	             "\t\tip saddr 10.0.0.0/8 counter name \"c-1.10\" counter name \"n-l-1\" ct "
	             "label set 117 "
	             "snat ip to 192.0.2.2\n"
	             "\t}\n"
	             "\tchain srcnat {\n"
	             "\t\ttype nat hook postrouting priority 100; policy accept;\n"
	             "\t\tmeta nfproto != ipv4 accept\n"
	             "\t\tiifname != { \"lan0\" } accept\n"
	             "\t\toifname != { \"wan0\" } accept\n"
	             "\t\tjump n-l-1.0\n"
	             "\t}\n"
	             "}\n");
}

static void the_same_again_is_no_call(void **state)
{
	struct world *x = *state;

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(runs(x), 1);
	x->dynamic.addr = ip("192.0.2.3");
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(runs(x), 2);
	assert_non_null(strstr(text(x), "snat ip to 192.0.2.3\n"));
}

static void the_first_call_removes_what_an_earlier_process_left(void **state)
{
	struct world *x = *state;
	struct nat_wanted none = {0};

	assert_int_equal(nat_apply(x->nat, &none), 0);
	assert_string_equal(text(x), HEAD);
	assert_int_equal(nat_apply(x->nat, &none), 0);
	assert_int_equal(runs(x), 1);
}

static void a_failure_is_told_and_tried_again(void **state)
{
	struct world *x = *state;

	nft_fake_fail_next(nat_nft(x->nat), ENOBUFS);
	assert_int_equal(nat_apply(x->nat, &x->w), -ENOBUFS);
	assert_string_equal(nat_why(x->nat), strerror(ENOBUFS));
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_string_equal(nat_why(x->nat), "");
	assert_int_equal(runs(x), 2);
}

static void only_inside_and_outside_together_translate(void **state)
{
	struct world *x = *state;

	x->iface[1].outside = false;
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_string_equal(text(x), HEAD);
}

static void no_name_ends_its_quotes(void **state)
{
	struct world *x = *state;

	x->iface[0].dev = "a\" } x";
	x->iface[1].dev = "wan*";
	x->iface[1].in4 = "1";
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_non_null(strstr(text(x), "iifname \".\" meta nfproto ipv4 jump acl-1\n"));
	assert_non_null(strstr(text(x), "iifname != { \".\" } accept\n"));
}

/* A route map: `deny` ends the rule, an entry whose list denies goes on with the next entry. */
static void a_route_map_is_stages(void **state)
{
	static const char *const lists[] = {"1", "1"};
	static const char *const devs[] = {"wan0"};
	struct world *x = *state;
	struct nat_map_entry e[] = {
	        {.seq = 10, .acl = lists, .n_acl = 1}, {.seq = 20, .permit = true, .off = true},
	        {.seq = 30,
	                .permit = true,
	                .acl = lists,
	                .n_acl = 2,
	                .dev = devs,
	                .n_dev = 1,
	                .match_dev = true},
	        {.seq = 40,
	                .permit = true,
	                .match_dev = true}, /* of an interface that is not there */
	};
	struct nat_map map = {"RM", e, 4};

	x->dynamic.acl = NULL;
	x->dynamic.map = "RM";
	x->w.map = &map;
	x->w.n_map = 1;
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_non_null(strstr(text(x),
	        "\tchain n-m-RM.0 {\n"
	        "\t\tip saddr 10.0.0.0/8 counter name \"c-1.10\" goto n-m-RM.after\n"
	        "\t}\n"
	        "\tchain n-m-RM.1 {\n"
	        "\t\tip saddr 10.0.0.0/8 counter name \"c-1.10\" counter name \"n-m-RM\" ct label "
	        "set "
	        "117 snat ip to 192.0.2.2\n"
	        "\t}\n"
	        "\tchain n-m-RM.2 {\n"
	        "\t\tip saddr 10.0.0.0/8 counter name \"c-1.10\" counter name \"n-m-RM\" ct label "
	        "set "
	        "117 snat ip to 192.0.2.2\n"
	        "\t}\n"
	        "\tchain n-m-RM {\n"
	        "\t\tjump n-m-RM.0\n"
	        "\t\toifname { \"wan0\" } jump n-m-RM.1\n"
	        "\t\toifname { \"wan0\" } jump n-m-RM.2\n"
	        "\t}\n"
	        "\tchain n-m-RM.after {\n"
	        "\t\taccept\n"
	        "\t}\n"));
}

static void a_missing_pool_or_list_translates_nothing(void **state)
{
	struct world *x = *state;

	x->dynamic.pool = "NONE";
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_null(strstr(text(x), "snat ip"));
	x->dynamic.pool = NULL;
	x->dynamic.acl = "NONE";
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_null(strstr(text(x), "snat ip"));
}

static void counters_are_carried_over(void **state)
{
	struct world *x = *state;
	struct acl_entry more = acl_rule(false);

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	nft_fake_counter(nat_nft(x->nat), "c-1.10", 7, 700);
	acl_add(x->acl, &more);
	x->w.timeouts = nat_timeouts_ios(); /* which cannot be done in place */
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_non_null(strstr(text(x), "\tcounter c-1.10 { packets 7 bytes 700 }\n"));
	assert_non_null(strstr(text(x), "\tcounter c-1.20 { packets 0 bytes 0 }\n"));
}

/* A change touches the chains that differ; the counters of the others stand. */
static void what_differs_is_done_in_place(void **state)
{
	struct world *x = *state;
	struct acl_entry more = acl_rule(false);

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	acl_add(x->acl, &more);
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_string_equal(text(x),
	        "flush chain inet spoke n-l-1.0\n"
	        "table inet spoke {\n"
	        "\tcounter c-1.20 { packets 0 bytes 0 }\n"
	        "\tchain n-l-1.0 {\n"
	        "\t\tip saddr 10.0.0.0/8 counter name \"c-1.10\" counter name \"n-l-1\" ct label "
	        "set 117 snat ip to 192.0.2.2\n"
	        "\t\tmeta nfproto ipv4 counter name \"c-1.20\" return\n"
	        "\t}\n"
	        "}\n");
	x->w.n_dynamic = 0;
	x->iface[0].in4 = "1";
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(strncmp(text(x), HEAD, strlen(HEAD)), 0); /* another hook: as a whole */
}

static void what_does_not_go_in_place_goes_as_a_whole(void **state)
{
	struct world *x = *state;

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	x->dynamic.addr = ip("192.0.2.3");
	nft_fake_fail_next(nat_nft(x->nat), ENOENT); /* somebody took the chain away */
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(strncmp(text(x), HEAD, strlen(HEAD)), 0);
	assert_string_equal(nat_why(x->nat), "");
}

static void an_entry_of_a_long_list_costs_its_part(void **state)
{
	struct world *x = *state;
	struct acl_entry e = acl_rule(false);
	struct acl *a = acl_new("L", ACL_EXTENDED);

	for (int i = 0; i < 1000; i++) {
		e.dport =
		        (struct acl_ports){.op = ACL_PORT_EQ, .n = 1, .port = {(uint16_t)(i + 1)}};
		e.proto = IPPROTO_TCP;
		acl_add(a, &e);
	}
	x->acls[1] = a;
	x->w.n_acl = 2;
	x->iface[0].in4 = "L";
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	a->e[500].permit = true;
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(strncmp(text(x), "flush chain inet spoke acl-L.7\n", 31), 0);
	assert_true(strlen(text(x)) < 8000);
	acl_free(a);
}

/* ---- connections --------------------------------------------------------------------------------
 */

static struct nft_flow flow(const char *src, const char *global, bool ours)
{
	struct nft_flow f = {.family = AF_INET,
	        .proto = IPPROTO_UDP,
	        .src = {ip(src), 1000},
	        .dst = {ip("198.51.100.1"), 53},
	        .reply_src = {ip("198.51.100.1"), 53},
	        .reply_dst = {ip(global ? global : src), 1000},
	        .snat = global,
	        .ours = ours};

	return f;
}

struct left {
	char text[400];
};

static void add_left(void *ctx, const struct nft_flow *f)
{
	struct left *l = ctx;
	char a[IPADDR_STRLEN], b[IPADDR_STRLEN];
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%s>%s ", ipaddr_fmt(&f->src.addr, a),
	        ipaddr_fmt(&f->reply_dst.addr, b));
}

static void expect_flows(struct world *x, const char *want)
{
	struct left l = {""};

	nft_fake_ops.flows(nat_nft(x->nat), add_left, &l);
	assert_string_equal(l.text, want);
}

static void put(struct world *x, struct nft_flow f)
{
	nft_fake_flow(nat_nft(x->nat), &f);
}

static void a_change_ends_what_is_stale_and_nothing_else(void **state)
{
	struct world *x = *state;

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	put(x, flow("10.1.1.5", "192.0.2.2", true));  /* to the address that goes */
	put(x, flow("10.1.1.6", "192.0.2.3", true));  /* to the address that comes */
	put(x, flow("10.1.1.7", "192.0.2.2", false)); /* somebody else's translation */
	put(x, flow("10.1.1.8", NULL, false));        /* untranslated, but a rule covers it */
	put(x, flow("172.16.0.1", NULL, false));      /* no rule covers it */
	put(x, flow("10.1.1.1", NULL, false));        /* the router's own */
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	assert_int_equal(nft_fake_flows(nat_nft(x->nat)), 6); /* no change, nothing ends */
	x->dynamic.addr = ip("192.0.2.3");
	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	expect_flows(x,
	        "10.1.1.1>10.1.1.1 10.1.1.6>192.0.2.3 10.1.1.7>192.0.2.2 172.16.0.1>172.16.0.1 ");
}

static void removal_ends_our_translations(void **state)
{
	struct world *x = *state;

	assert_int_equal(nat_apply(x->nat, &x->w), 0);
	put(x, flow("10.1.1.5", "192.0.2.2", true));
	put(x, flow("10.1.1.7", "192.0.2.2", false));
	assert_int_equal(nat_remove(x->nat), 0);
	assert_string_equal(text(x), HEAD);
	expect_flows(x, "10.1.1.7>192.0.2.2 ");
}

struct list {
	char text[200];
};

static void list_alias(void *ctx, const char *dev, const struct ipaddr *a)
{
	struct list *l = ctx;
	char t[IPADDR_STRLEN];
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%s %s\n", dev, ipaddr_fmt(a, t));
}

static void outside_answers_for_its_global_addresses(void **state)
{
	struct world *x = *state;
	struct nat_pool pool = {
	        .name = "P", .first = ip("192.0.2.10"), .last = ip("192.0.2.11"), .len = 24};
	struct nat_static fixed[] = {
	        {.local = ip("10.1.1.5"), .global = ip("192.0.2.2")}, /* its own: nothing to do */
	        {.local = ip("10.1.1.6"), .global = ip("192.0.2.20")},
	        {.local = ip("10.1.1.7"), .global = ip("192.0.2.21"), .no_alias = true},
	        {.local = ip("10.1.1.8"),
	                .global = ip("203.0.113.1")}, /* routed here, not on the wire */
	};
	struct list l = {""};

	x->w.pool = &pool;
	x->w.n_pool = 1;
	x->dynamic.pool = "P";
	x->w.fixed = fixed;
	x->w.n_fixed = 4;
	nat_aliases(&x->w, list_alias, &l);
	assert_string_equal(l.text, "wan0 192.0.2.20\nwan0 192.0.2.10\nwan0 192.0.2.11\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(a_list_and_an_interface),
	        T(the_same_again_is_no_call),
	        T(the_first_call_removes_what_an_earlier_process_left),
	        T(a_failure_is_told_and_tried_again),
	        T(only_inside_and_outside_together_translate),
	        T(no_name_ends_its_quotes),
	        T(a_route_map_is_stages),
	        T(a_missing_pool_or_list_translates_nothing),
	        T(counters_are_carried_over),
	        T(what_differs_is_done_in_place),
	        T(what_does_not_go_in_place_goes_as_a_whole),
	        T(an_entry_of_a_long_list_costs_its_part),
	        T(a_change_ends_what_is_stale_and_nothing_else),
	        T(removal_ends_our_translations),
	        T(outside_answers_for_its_global_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
