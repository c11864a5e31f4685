/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Routing protocols: the configuration in FRR's words, and the rounds that bring FRR there. The FRR
 * here is a small model of one: it keeps lines by block, takes `no`, prints what it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flexvpn/exec.h"
#include "flexvpn/frr.h"
#include "flexvpn/show_routing.h"
#include "grammar/gen/exec.h"
#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* ---- a model of FRR -----------------------------------------------------------------------------
 */

struct model {
	struct frr_conf has;
	bool dead, silent;
	const char *deaf_to; /* lines of a daemon that does not run */
	const char *refuses; /* lines with this in them */
	bool busy;
	enum frr_what what;
	char *text;             /* the question */
	unsigned asked, told;   /* in all, and those that configure */
	struct strbuf said;     /* what it was told */
	const char *bgp, *ospf; /* answers to show commands */
};

static void forget(struct model *m, size_t i)
{
	free(m->has.v[i].ctx);
	free(m->has.v[i].text);
	memmove(&m->has.v[i], &m->has.v[i + 1], (m->has.n - i - 1) * sizeof(m->has.v[0]));
	m->has.n--;
}

static void forget_block(struct model *m, const char *top)
{
	size_t n = strlen(top);

	for (size_t i = m->has.n; i-- > 0;)
		if (strncmp(m->has.v[i].ctx, top, n) == 0 &&
		        (!m->has.v[i].ctx[n] || m->has.v[i].ctx[n] == '\n'))
			forget(m, i);
}

static bool opens_block(const char *line)
{
	return strncmp(line, "router ", 7) == 0 || strncmp(line, "interface ", 10) == 0 ||
	       strncmp(line, "route-map ", 10) == 0;
}

static bool take_away(struct model *m, const char *ctx, const char *line)
{
	struct frr_line *l = frr_conf_find(&m->has, ctx, line);

	if (l)
		forget(m, (size_t)(l - m->has.v));
	return l != NULL;
}

static void take(struct model *m, const char *ctx, const char *line)
{
	char no[300];

	snprintf(no, sizeof(no), "no %s", line);
	if (strncmp(line, "no ", 3) == 0 && !*ctx && opens_block(line + 3))
		forget_block(m, line + 3);
	else if (strncmp(line, "no ", 3) == 0 && take_away(m, ctx, line + 3))
		return;
	else if (!take_away(m, ctx, no))
		frr_conf_add(&m->has, ctx, line, 0, false);
}

static void configure(struct model *m, const char *text, struct strbuf *answer)
{
	struct strbuf ctx = {0};
	char line[300];
	unsigned n = 0;

	for (; *text; text += strcspn(text, "\n") + 1) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		const char *p = line + strspn(line, " ");

		n++;
		if (strcmp(p, "exit") == 0) {
			sb_clear(&ctx);
		} else if (strcmp(p, "exit-address-family") == 0) {
			ctx.s[strcspn(ctx.s, "\n")] = '\0';
			ctx.len = strlen(ctx.s);
		} else if (m->refuses && strstr(p, m->refuses)) {
			sb_printf(answer, "line %u: %% Unknown command[25]: %s\n", n, line);
		} else if (!ctx.len && opens_block(p)) {
			sb_puts(&ctx, p);
			if (!m->deaf_to || !strstr(p, m->deaf_to))
				frr_conf_add(&m->has, p, "", 0, false);
		} else if (ctx.len && strncmp(p, "address-family", 14) == 0) {
			sb_printf(&ctx, "\n%s", p);
			frr_conf_add(&m->has, sb_str(&ctx), "", 0, false);
		} else if (!m->deaf_to || !strstr(sb_str(&ctx), m->deaf_to)) {
			take(m, sb_str(&ctx), p);
		}
	}
	sb_fini(&ctx);
}

static void print_block(
        const struct model *m, const char *ctx, const char *indent, struct strbuf *out)
{
	for (size_t i = 0; i < m->has.n; i++)
		if (*m->has.v[i].text && strcmp(m->has.v[i].ctx, ctx) == 0)
			sb_printf(out, "%s%s\n", indent, m->has.v[i].text);
}

static void running(const struct model *m, struct strbuf *out)
{
	sb_puts(out, "Building configuration...\n\nCurrent configuration:\n!\nhostname r\n");
	for (size_t i = 0; i < m->has.n; i++) {
		const struct frr_line *l = &m->has.v[i];

		if (*l->text || strchr(l->ctx, '\n'))
			continue;
		sb_printf(out, "!\n%s\n", l->ctx);
		print_block(m, l->ctx, " ", out);
		for (size_t k = 0; k < m->has.n; k++) {
			const char *sub = strchr(m->has.v[k].ctx, '\n');

			if (*m->has.v[k].text || !sub ||
			        strncmp(m->has.v[k].ctx, l->ctx, strlen(l->ctx)) != 0)
				continue;
			sb_printf(out, " !\n %s\n", sub + 1);
			print_block(m, m->has.v[k].ctx, "  ", out);
			sb_puts(out, " exit-address-family\n");
		}
		sb_puts(out, "exit\n");
	}
	print_block(m, "", "", out);
	sb_puts(out, "end\n");
}

static void answer(struct model *m, enum frr_what what, const char *text, struct frr_answer *out)
{
	struct strbuf s = {0};

	out->ran = !m->dead;
	if (m->dead)
		sb_puts(&s, "no daemon of FRR answers");
	else if (what == FRR_CONFIGURE)
		configure(m, text, &s);
	else if (strcmp(text, "show running-config") == 0)
		running(m, &s);
	else if (strncmp(text, "clear ", 6) == 0) {
		sb_clear(&m->said);
		sb_puts(&m->said, text);
	} else if (strstr(text, "bgp"))
		sb_puts(&s, m->bgp ? m->bgp : "% no bgp\n");
	else
		sb_puts(&s, m->ospf ? m->ospf : "% no ospf\n");
	if (what == FRR_CONFIGURE) {
		m->told++;
		sb_clear(&m->said);
		sb_puts(&m->said, text);
	}
	out->text = xstrdup(sb_str(&s));
	sb_fini(&s);
}

static void model_ask(void *ctx, enum frr_what what, const char *text)
{
	struct model *m = ctx;

	assert_false(m->busy);
	m->busy = true;
	m->what = what;
	m->text = xstrdup(text);
	m->asked++;
}

static void model_cancel(void *ctx)
{
	struct model *m = ctx;

	free(m->text);
	m->text = NULL;
	m->busy = false;
}

static bool model_poll(void *ctx, struct frr_answer *out)
{
	struct model *m = ctx;

	if (!m->busy || m->silent)
		return false;
	answer(m, m->what, m->text, out);
	model_cancel(m);
	return true;
}

static void model_now(
        void *ctx, enum frr_what what, const char *text, unsigned ms, struct frr_answer *out)
{
	(void)ms;
	answer(ctx, what, text, out);
}

static bool has(const struct model *m, const char *ctx, const char *line)
{
	return frr_conf_find(&m->has, ctx, line) != NULL;
}

/* ---- a world with it ----------------------------------------------------------------------------
 */

struct bench {
	struct world *w;
	struct model m;
	char dir[64];
};

static void attach(struct bench *b)
{
	fx_frr_free(b->w->x);
	b->w->x->b.frr = (struct frr_io){.ctx = &b->m,
	        .ask = model_ask,
	        .poll = model_poll,
	        .cancel = model_cancel,
	        .now = model_now};
	b->w->x->b.state_dir = b->dir;
	b->w->x->frr = fx_frr_new(b->w->x);
}

static int setup(void **s)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	snprintf(b->dir, sizeof(b->dir), "/tmp/test-routing-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->w = world_new();
	attach(b);
	*s = b;
	return 0;
}

static int teardown(void **s)
{
	struct bench *b = *s;
	char path[100];

	world_free(b->w);
	frr_conf_fini(&b->m.has);
	sb_fini(&b->m.said);
	snprintf(path, sizeof(path), "%s/frr.applied", b->dir);
	unlink(path);
	rmdir(b->dir);
	free(b);
	return 0;
}

static const char bgp_lines[] = "router bgp 65001\n"
                                "neighbor 10.9.9.1 remote-as 65000\n"
                                "neighbor 10.9.9.1 timers 5 15\n"
                                "neighbor 10.9.9.1 password hunter2\n"
                                "network 10.20.20.0 mask 255.255.255.0\n";

static const char v4[] = "router bgp 65001\naddress-family ipv4 unicast";

/* ---- words --------------------------------------------------------------------------------------
 */

struct saying {
	const char *ios, *ctx, *frr;
};

static const struct saying sayings[] = {
        {"router bgp 65001\nbgp router-id 1.1.1.1", "router bgp 65001", "bgp router-id 1.1.1.1"},
        {"router bgp 65001", "router bgp 65001", "no bgp ebgp-requires-policy"},
        {"router bgp 65001\nneighbor 10.0.0.9 remote-as 5", v4, "neighbor 10.0.0.9 activate"},
        {"router bgp 65001\nneighbor 10.0.0.9 remote-as 5\nneighbor 10.0.0.9 password 0 abc",
                "router bgp 65001", "neighbor 10.0.0.9 password abc"},
        {"router bgp 65001\nneighbor 10.0.0.9 update-source Ethernet0/0", "router bgp 65001",
                "neighbor 10.0.0.9 update-source eth0"},
        {"router bgp 65001\nneighbor 10.0.0.9 update-source 1.2.3.4", "router bgp 65001",
                "neighbor 10.0.0.9 update-source 1.2.3.4"},
        {"router bgp 65001\nneighbor 10.0.0.9 transport connection-mode passive",
                "router bgp 65001", "neighbor 10.0.0.9 passive"},
        {"router bgp 65001\nneighbor 10.0.0.9 next-hop-self all", v4,
                "neighbor 10.0.0.9 next-hop-self force"},
        {"router bgp 65001\nneighbor 10.0.0.9 remove-private-as", v4,
                "neighbor 10.0.0.9 remove-private-AS"},
        {"router bgp 65001\nnetwork 10.20.20.0 mask 255.255.255.0", v4, "network 10.20.20.0/24"},
        {"router bgp 65001\nnetwork 172.16.0.0", v4, "network 172.16.0.0/16"},
        {"router bgp 65001\naggregate-address 10.0.0.0 255.0.0.0 summary-only", v4,
                "aggregate-address 10.0.0.0/8 summary-only"},
        {"router bgp 65001\nredistribute static metric 5", v4,
                "redistribute kernel metric 5 route-map spoke-static"},
        {"router bgp 65001\nredistribute static route-map M", v4,
                "redistribute kernel metric 0 route-map spoke-static-M"},
        {"router bgp 65001\nredistribute ospf 1 route-map M", v4, "redistribute ospf route-map M"},
        {"router bgp 65001\naddress-family ipv4\nredistribute connected", v4,
                "redistribute connected"},
        {"router bgp 65001\naddress-family ipv6\nnetwork 2001:db8::/32",
                "router bgp 65001\naddress-family ipv6 unicast", "network 2001:db8::/32"},
        {"router bgp 65001\naddress-family ipv4 vrf RED\nneighbor 10.0.0.9 remote-as 7",
                "router bgp 65001 vrf RED", "neighbor 10.0.0.9 remote-as 7"},
        {"router bgp 65001\naddress-family ipv4 vrf RED\nneighbor 10.0.0.9 remote-as 7",
                "router bgp 65001 vrf RED\naddress-family ipv4 unicast",
                "neighbor 10.0.0.9 activate"},
        {"router ospf 1\nrouter-id 1.1.1.1", "router ospf", "ospf router-id 1.1.1.1"},
        {"router ospf 1 vrf RED\nrouter-id 1.1.1.1", "router ospf vrf RED",
                "ospf router-id 1.1.1.1"},
        {"router ospf 1\nnetwork 10.20.20.0 0.0.0.255 area 0", "router ospf",
                "network 10.20.20.0/24 area 0"},
        {"router ospf 1\nnetwork 0.0.0.0 255.255.255.255 area 0", "router ospf",
                "network 0.0.0.0/0 area 0"},
        {"router ospf 1\nredistribute static metric 5 subnets", "router ospf",
                "redistribute kernel metric 5 route-map spoke-static"},
        {"router ospf 1\nredistribute static subnets route-map M\nroute-map M permit 10",
                "route-map M permit 10", ""},
        {"router ospf 1\narea 0.0.0.1 range 10.0.0.0 255.0.0.0", "router ospf",
                "area 0.0.0.1 range 10.0.0.0/8"},
        {"router ospf 1\npassive-interface default\nno passive-interface Ethernet0/0",
                "interface eth0", "no ip ospf passive"},
        {"router ospf 1\npassive-interface Ethernet0/0", "interface eth0", "ip ospf passive"},
        {"router ospf 1\ninterface Ethernet0/0\nip ospf 1 area 0", "interface eth0",
                "ip ospf area 0"},
        {"router ospf 1\ninterface Ethernet0/0\nip ospf message-digest-key 1 md5 0 abc",
                "interface eth0", "ip ospf message-digest-key 1 md5 abc"},
        {"router ospfv3 1\nrouter-id 1.1.1.1", "router ospf6", "ospf6 router-id 1.1.1.1"},
        {"ipv6 router ospf 1\narea 1 stub", "router ospf6", "area 0.0.0.1 stub"},
        {"router ospfv3 1\naddress-family ipv6 unicast\nredistribute static", "router ospf6",
                "redistribute kernel route-map spoke-static"},
        {"router ospfv3 1\ninterface Ethernet0/0\nospfv3 1 ipv6 area 0", "interface eth0",
                "ipv6 ospf6 area 0.0.0.0"},
        {"ipv6 router ospf 1\ninterface Ethernet0/0\nipv6 ospf 1 area 0", "interface eth0",
                "ipv6 ospf6 area 0.0.0.0"},
        {"ipv6 router ospf 1\ninterface Ethernet0/0\nipv6 ospf cost 5", "interface eth0",
                "ipv6 ospf6 cost 5"},
        {"router eigrp 100\nnetwork 10.0.0.0", "router eigrp 100", "network 10.0.0.0/8"},
        {"router eigrp 100\nnetwork 10.1.0.0 0.0.255.255", "router eigrp 100",
                "network 10.1.0.0/16"},
        {"router eigrp 100\npassive-interface Ethernet0/0", "router eigrp 100",
                "passive-interface eth0"},
        {"router rip\nnetwork 10.0.0.0", "router rip", "network 10.0.0.0/8"},
        {"router rip\ntimers basic 30 180 180 240", "router rip", "timers basic 30 180 240"},
        {"router rip\nip prefix-list P seq 5 permit 10.0.0.0/8 le 24", "",
                "ip prefix-list P seq 5 permit 10.0.0.0/8 le 24"},
        {"router bgp 65001\nredistribute static route-map M\nroute-map M permit 10\nmatch ip "
         "address 10\n"
         "access-list 10 permit 10.0.0.0 0.255.255.255",
                "", "access-list 10 seq 10 permit 10.0.0.0 0.255.255.255"},
        {"router bgp 65001\nredistribute static route-map M\nroute-map M permit 10\nset metric 5",
                "route-map M permit 10", "set metric 5"},
};

static size_t no_statics(void *ctx, struct frr_static **out)
{
	(void)ctx;
	*out = NULL;
	return 0;
}

static void wanted_of(const char *lines, struct frr_conf *out)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);
	struct strbuf text = {0};
	struct fx_config *c;

	sb_printf(&text, "platform interface Ethernet0/0 device eth0\ninterface Ethernet0/0\n%s\n",
	        lines);
	assert_int_equal(cfg_load_text(ed, sb_str(&text), NULL, NULL), 0);
	c = fx_config_build(cfg_editor_candidate(ed));
	frr_wanted(c, no_statics, NULL, out);
	fx_config_free(c);
	cfg_editor_free(ed);
	cfg_unref(empty);
	sb_fini(&text);
}

static void lines_are_said_in_frrs_words(void **s)
{
	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(sayings); i++) {
		struct frr_conf c = {0};
		const struct frr_line *l;

		wanted_of(sayings[i].ios, &c);
		l = frr_conf_find(&c, sayings[i].ctx, sayings[i].frr);
		if (!l)
			print_error("%s\n", sayings[i].ios);
		assert_non_null(l);
		assert_false(l->refused);
		frr_conf_fini(&c);
	}
}

static bool wants(const char *lines, const char *ctx, const char *line)
{
	struct frr_conf c = {0};

	wanted_of(lines, &c);
	bool yes = frr_conf_find(&c, ctx, line) != NULL;

	frr_conf_fini(&c);
	return yes;
}

static void what_is_not_said(void **s)
{
	static const char activate[] = "neighbor 10.0.0.9 activate";

	(void)s;
	assert_false(wants(
	        "router bgp 65001\nno bgp default ipv4-unicast\nneighbor 10.0.0.9 remote-as 5", v4,
	        activate));
	assert_false(wants("router bgp 65001\nneighbor 10.0.0.9 remote-as 5\naddress-family "
	                   "ipv4\nno neighbor 10.0.0.9 activate",
	        v4, activate));
	assert_false(wants("router bgp 65001\nneighbor 2001:db8::1 remote-as 5", v4,
	        "neighbor 2001:db8::1 activate"));
	/* A route map that only NAT uses, and lists that nothing uses, are not FRR's. */
	assert_false(wants("router rip\nroute-map N permit 10\nmatch ip address 10",
	        "route-map N permit 10", ""));
	assert_false(wants(
	        "interface Ethernet0/0\nip ospf 1 area 0", "interface eth0", "ip ospf area 0"));
	/* Of two processes FRR has the first. */
	assert_true(wants("router ospf 1\nrouter ospf 2\nrouter-id 2.2.2.2", "router ospf 2", ""));
	assert_false(wants("router ospf 1\nrouter ospf 2\nrouter-id 2.2.2.2", "router ospf",
	        "ospf router-id 2.2.2.2"));
}

static void neighbors_come_first(void **s)
{
	struct frr_conf c = {0};

	(void)s;
	wanted_of("router bgp 65001\nneighbor 10.0.0.9 peer-group G\nneighbor 10.0.0.9 description "
	          "x\nneighbor G peer-group\n"
	          "neighbor G remote-as 5",
	        &c);
	const struct frr_line *group =
	        frr_conf_find(&c, "router bgp 65001", "neighbor G peer-group");
	const struct frr_line *as = frr_conf_find(&c, "router bgp 65001", "neighbor G remote-as 5");
	const struct frr_line *member =
	        frr_conf_find(&c, "router bgp 65001", "neighbor 10.0.0.9 peer-group G");
	const struct frr_line *text =
	        frr_conf_find(&c, "router bgp 65001", "neighbor 10.0.0.9 description x");

	assert_true(group && as && member && text);
	assert_true(group < as && as < member && member < text);
	frr_conf_fini(&c);
}

/* Two routes of one tag, one without, a default route, one of IPv6. */
static size_t some_statics(void *ctx, struct frr_static **out)
{
	static const struct {
		const char *dst;
		uint32_t tag;
	} rows[] = {{"10.9.0.0/16", 7}, {"10.8.0.0/16", 0}, {"0.0.0.0/0", 0}, {"10.10.0.0/16", 7},
	        {"10.9.0.0/16", 7}, {"2001:db8:9::/48", 0}};

	(void)ctx;
	*out = xcalloc(ARRAY_LEN(rows), sizeof(**out));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(prefix_parse(rows[i].dst, &(*out)[i].dst));
		(*out)[i].tag = rows[i].tag;
	}
	return ARRAY_LEN(rows);
}

static size_t count_of(const struct frr_conf *c, const char *begin, const char *end)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const char *t = c->v[i].text;

		n += strncmp(t, begin, strlen(begin)) == 0 && strlen(t) >= strlen(end) &&
		     strcmp(t + strlen(t) - strlen(end), end) == 0;
	}
	return n;
}

static void only_our_static_routes_are_redistributed(void **s)
{
	struct frr_conf routers = {0}, c = {0};

	(void)s;
	frr_conf_add(&routers, "router ospf", "redistribute kernel", 0, false);
	assert_false(frr_redistributes_static(&routers));
	frr_static_lines(&routers, some_statics, NULL, &c);
	assert_int_equal(c.n, 0);
	frr_conf_add(
	        &routers, "router ospf", "redistribute kernel route-map spoke-static-M", 0, false);
	frr_static_lines(&routers, some_statics, NULL, &c);
	assert_int_equal(
	        count_of(&c, "ip prefix-list spoke-static-7 seq ", " permit 10.9.0.0/16"), 1);
	assert_int_equal(
	        count_of(&c, "ip prefix-list spoke-static-7 seq ", " permit 10.10.0.0/16"), 1);
	assert_int_equal(
	        count_of(&c, "ip prefix-list spoke-static seq ", " permit 10.8.0.0/16"), 1);
	assert_int_equal(
	        count_of(&c, "ipv6 prefix-list spoke-static seq ", " permit 2001:db8:9::/48"), 1);
	assert_int_equal(count_of(&c, "", "/0"), 0);
	assert_non_null(frr_conf_find(&c, "route-map spoke-static-M permit 10",
	        "match ip address prefix-list spoke-static"));
	assert_non_null(frr_conf_find(&c, "route-map spoke-static-M permit 20", "set tag 7"));
	assert_non_null(frr_conf_find(&c, "route-map spoke-static-M permit 20", "call M"));
	assert_non_null(frr_conf_find(&c, "route-map spoke-static-M permit 30",
	        "match ipv6 address prefix-list spoke-static"));
	assert_non_null(frr_conf_find(&c, "route-map spoke-static-M deny 65535", ""));
	frr_conf_fini(&c);
	frr_conf_fini(&routers);
}

/* ---- rounds -------------------------------------------------------------------------------------
 */

static void without_a_protocol_nothing_is_asked(void **s)
{
	struct bench *b = *s;

	world_enter(b->w, world_guide_example);
	world_run(b->w, 5 * MINUTE);
	assert_int_equal(b->m.asked, 0);
}

static void frr_gets_what_is_configured(void **s)
{
	struct bench *b = *s;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	assert_true(has(&b->m, "router bgp 65001", "neighbor 10.9.9.1 remote-as 65000"));
	assert_true(has(&b->m, v4, "network 10.20.20.0/24"));
	assert_true(has(&b->m, v4, "neighbor 10.9.9.1 activate"));
	assert_int_equal(b->m.told, 1);
	world_run(b->w, 10 * MINUTE);
	assert_int_equal(b->m.told, 1);
}

static void only_the_difference_is_told(void **s)
{
	struct bench *b = *s;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	world_enter(b->w, "router bgp 65001\nneighbor 10.9.9.1 timers 6 18\nno network 10.20.20.0 "
	                  "mask 255.255.255.0\n"
	                  "network 10.30.30.0 mask 255.255.255.0\nend");
	world_run(b->w, SECOND);
	assert_string_equal(sb_str(&b->m.said), "router bgp 65001\n"
	                                        " address-family ipv4 unicast\n"
	                                        "  no network 10.20.20.0/24\n"
	                                        " exit-address-family\n"
	                                        "exit\n"
	                                        "router bgp 65001\n"
	                                        " neighbor 10.9.9.1 timers 6 18\n"
	                                        "exit\n"
	                                        "router bgp 65001\n"
	                                        " address-family ipv4 unicast\n"
	                                        "  network 10.30.30.0/24\n"
	                                        " exit-address-family\n"
	                                        "exit\n");
	assert_int_equal(b->m.told, 2);
}

static void a_static_route_more_is_one_line_more(void **s)
{
	struct bench *b = *s;

	world_enter(b->w, "ip route 10.77.0.0 255.255.0.0 Null0 tag 7\nrouter ospf 1\nredistribute "
	                  "static subnets\nend");
	world_run(b->w, SECOND);
	assert_true(has(&b->m, "route-map spoke-static permit 10", "set tag 7"));
	world_enter(b->w, "ip route 10.78.0.0 255.255.0.0 Null0 tag 7");
	world_run(b->w, SECOND);
	assert_int_equal(strncmp(sb_str(&b->m.said), "ip prefix-list spoke-static-7 seq ", 34), 0);
	assert_non_null(strstr(sb_str(&b->m.said), " permit 10.78.0.0/16\n"));
	assert_int_equal(strchr(sb_str(&b->m.said), '\n')[1], '\0');
	world_enter(b->w, "no ip route 10.77.0.0 255.255.0.0 Null0");
	world_run(b->w, SECOND);
	assert_non_null(strstr(sb_str(&b->m.said), "no ip prefix-list spoke-static-7 seq "));
	assert_int_equal(count_of(&b->m.has, "ip prefix-list", ""), 1);
	world_enter(b->w, "no router ospf 1");
	world_run(b->w, SECOND);
	assert_int_equal(b->m.has.n, 0);
}

static void a_protocol_goes_with_its_router_line(void **s)
{
	struct bench *b = *s;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	world_enter(b->w, "no router bgp 65001");
	world_run(b->w, SECOND);
	assert_string_equal(sb_str(&b->m.said), "no router bgp 65001\n");
	assert_int_equal(b->m.has.n, 0);
	unsigned asked = b->m.asked;

	world_run(b->w, 10 * MINUTE);
	assert_int_equal(b->m.asked, asked);
}

static void what_frr_loses_it_is_told_again(void **s)
{
	struct bench *b = *s;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	frr_conf_fini(&b->m.has); /* it was restarted */
	world_run(b->w, MINUTE);
	assert_true(has(&b->m, v4, "network 10.20.20.0/24"));
	assert_true(has(&b->m, "router bgp 65001", "neighbor 10.9.9.1 password hunter2"));
}

/* Zebra keeps lists and route maps too, so that FRR's configuration still has them. */
static void a_daemon_that_starts_anew_gets_the_filters_again(void **s)
{
	struct bench *b = *s;

	world_enter(b->w,
	        "ip prefix-list P seq 5 permit 10.0.0.0/8\nroute-map M permit 10\nmatch ip "
	        "address prefix-list P\nrouter bgp 65001\nneighbor 10.9.9.1 remote-as "
	        "65000\nneighbor 10.9.9.1 route-map M out\nend");
	world_run(b->w, SECOND);
	forget_block(&b->m, "router bgp 65001");
	world_run(b->w, MINUTE);
	assert_int_equal(b->m.told, 2);
	assert_non_null(strstr(sb_str(&b->m.said), "ip prefix-list P seq 5 permit 10.0.0.0/8\n"));
	assert_non_null(strstr(sb_str(&b->m.said), "match ip address prefix-list P\n"));
	assert_non_null(strstr(sb_str(&b->m.said), "neighbor 10.9.9.1 route-map M out\n"));
}

static void what_others_configure_stays(void **s)
{
	struct bench *b = *s;

	frr_conf_add(&b->m.has, "router isis x", "", 0, false);
	frr_conf_add(&b->m.has, "router isis x", "net 49.0001", 0, false);
	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	world_enter(b->w, "no router bgp 65001");
	world_run(b->w, SECOND);
	assert_true(has(&b->m, "router isis x", "net 49.0001"));
	assert_int_equal(b->m.has.n, 2);
}

static void absence_is_said_once_and_mended(void **s)
{
	struct bench *b = *s;

	b->m.dead = true;
	world_enter(b->w, bgp_lines);
	world_run(b->w, MINUTE);
	assert_true(world_logged(b->w,
	        "%ROUTING-3-UNAVAILABLE: Routing protocols do not run: no daemon of FRR answers"));
	size_t logged = b->w->n_log;

	world_run(b->w, MINUTE);
	assert_int_equal(b->w->n_log, logged);
	assert_string_equal(fx_frr_why(b->w->x), "no daemon of FRR answers");
	b->m.dead = false;
	world_run(b->w, 10 * SECOND);
	assert_true(world_logged(b->w, "%ROUTING-5-AVAILABLE"));
	assert_true(has(&b->m, v4, "network 10.20.20.0/24"));
}

static void a_missing_daemon_is_named(void **s)
{
	struct bench *b = *s;

	b->m.deaf_to = "router bgp";
	world_enter(b->w, bgp_lines);
	world_run(b->w, MINUTE);
	assert_true(world_logged(b->w, "no daemon of it for `router bgp 65001`"));
	b->m.deaf_to = NULL;
	world_run(b->w, MINUTE);
	assert_true(has(&b->m, "router bgp 65001", "neighbor 10.9.9.1 remote-as 65000"));
	assert_string_equal(fx_frr_why(b->w->x), "");
}

static void silence_ends(void **s)
{
	struct bench *b = *s;

	b->m.silent = true;
	world_enter(b->w, bgp_lines);
	world_run(b->w, MINUTE);
	assert_true(world_logged(b->w, "FRR does not answer in time"));
	b->m.silent = false;
	world_run(b->w, MINUTE);
	assert_true(has(&b->m, v4, "network 10.20.20.0/24"));
}

static void collect(void *ctx, const char *text)
{
	sb_printf(ctx, "%s\n", text);
}

static void refusals_are_logged_without_passwords(void **s)
{
	struct bench *b = *s;
	struct strbuf refused = {0};

	b->m.refuses = "password";
	world_enter(b->w, bgp_lines);
	world_run(b->w, MINUTE);
	assert_true(world_logged(
	        b->w, "%ROUTING-4-REFUSED: FRR does not take \"neighbor 10.9.9.1 password\""));
	assert_false(world_logged(b->w, "hunter2"));
	assert_int_equal(b->m.told, 1);
	fx_frr_refused(b->w->x, collect, &refused);
	assert_string_equal(sb_str(&refused), "neighbor 10.9.9.1 password\n");
	sb_fini(&refused);
}

static void a_change_while_frr_answers_is_not_lost(void **s)
{
	struct bench *b = *s;

	b->m.silent = true;
	world_enter(b->w, bgp_lines);
	world_enter(b->w, "router bgp 65001\nneighbor 10.9.9.1 timers 7 21");
	b->m.silent = false;
	world_run(b->w, SECOND);
	assert_true(has(&b->m, "router bgp 65001", "neighbor 10.9.9.1 timers 7 21"));
	assert_false(has(&b->m, "router bgp 65001", "neighbor 10.9.9.1 timers 5 15"));
}

static void what_a_killed_process_left_is_taken_back(void **s)
{
	struct bench *b = *s, after = {.m = b->m};
	char path[100], line[200];
	FILE *f;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	snprintf(path, sizeof(path), "%s/frr.applied", b->dir);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		assert_null(strstr(line, "hunter2"));
	fclose(f);

	/* The next one finds its file and FRR as they are; the first is deaf from now on. */
	memset(&b->w->x->b.frr, 0, sizeof(b->w->x->b.frr));
	after.m = b->m;
	b->m.has = (struct frr_conf){0};
	b->m.said = (struct strbuf){0};
	snprintf(after.dir, sizeof(after.dir), "%s", b->dir);
	after.w = world_new();
	attach(&after);
	world_enter(after.w, "router ospf 1\nrouter-id 1.1.1.1");
	world_run(after.w, SECOND);
	assert_false(frr_conf_has_block(&after.m.has, "router bgp 65001"));
	assert_true(has(&after.m, "router ospf", "ospf router-id 1.1.1.1"));
	world_free(after.w);
	assert_int_equal(after.m.has.n, 0);
	frr_conf_fini(&after.m.has);
	sb_fini(&after.m.said);
}

/* ---- show ---------------------------------------------------------------------------------------
 */

static const char bgp_json[] =
        "{\"ipv4Unicast\":{\"routerId\":\"9.9.9.9\",\"as\":65001,\"tableVersion\":7,\"ribCount\":5,"
        "\"ribMemory\":960,\"peers\":{"
        "\"10.9.9.1\":{\"remoteAs\":65000,\"version\":4,\"msgRcvd\":16,\"msgSent\":17,"
        "\"tableVersion\":0,\"outq\":0,\"inq\":0,"
        "\"peerUptime\":\"00:00:11\",\"pfxRcd\":2,\"state\":\"Established\"},"
        "\"10.9.9.2\":{\"remoteAs\":65000,\"version\":4,\"msgRcvd\":0,\"msgSent\":3,"
        "\"tableVersion\":0,\"outq\":0,\"inq\":0,"
        "\"peerUptime\":\"never\",\"pfxRcd\":0,\"state\":\"Active\"}}}}";

static const char ospf_json[] =
        "{\"neighbors\":{\"2.2.2.2\":[{\"nbrPriority\":1,\"nbrState\":\"Full/"
        "Backup\",\"routerDeadIntervalTimerDueMsec\":33901,"
        "\"ifaceAddress\":\"10.1.1.2\",\"ifaceName\":\"eth0:10.1.1.1\"}],"
        "\"3.3.3.3\":[{\"nbrPriority\":0,\"nbrState\":\"Full/"
        "-\",\"routerDeadIntervalTimerDueMsec\":1000,"
        "\"ifaceAddress\":\"10.1.2.2\",\"ifaceName\":\"Tunnel0:10.1.2.1\"}]}}";

struct page {
	struct exec e;
	struct out o;
};

static void page_open(struct page *p, struct bench *b, enum out_mode mode)
{
	out_init(&p->o, mode);
	p->e = (struct exec){.fx = b->w->x, .o = &p->o};
}

static void bgp_summary(void **s)
{
	struct bench *b = *s;
	struct page p;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	b->m.bgp = bgp_json;
	page_open(&p, b, OUT_TEXT);
	exec_show_ip_bgp_summary(&p.e, &(struct gl_exec_show_ip_bgp_summary){0});
	assert_string_equal(out_str_so_far(&p.o),
	        "BGP router identifier 9.9.9.9, local AS number 65001\n"
	        "BGP table version is 7, main routing table version 7\n"
	        "5 network entries using 960 bytes of memory\n\n"
	        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  "
	        "State/PfxRcd\n"
	        "10.9.9.1        4        65000      16      17        0    0    0 00:00:11        "
	        "2\n"
	        "10.9.9.2        4        65000       0       3        0    0    0 never      "
	        "Active\n");
	out_fini(&p.o);
	page_open(&p, b, OUT_JSON);
	exec_show_ip_bgp_summary(&p.e, &(struct gl_exec_show_ip_bgp_summary){0});
	assert_non_null(strstr(out_str_so_far(&p.o), "\"state\": \"Active\""));
	out_fini(&p.o);
}

/* As FRR 8.4 says it. */
static const char table_json[] =
        "{\"tableVersion\":2,\"routerId\":\"9.9.9.9\",\"routes\":{"
        "\"10.1.1.0/24\":[{\"valid\":true,\"bestpath\":true,\"pathFrom\":\"external\","
        "\"network\":\"10.1.1.0/24\",\"metric\":0,\"weight\":32768,\"path\":\"\",\"origin\":"
        "\"IGP\",\"nexthops\":[{\"ip\":\"0.0.0.0\"}]}],"
        "\"10.7.0.0/16\":[{\"valid\":true,\"pathFrom\":\"internal\",\"network\":"
        "\"10.7.0.0/16\",\"metric\":77,\"locPrf\":100,\"weight\":0,\"path\":\"65000 7\","
        "\"origin\":\"incomplete\",\"nexthops\":[{\"ip\":\"10.9.9.1\"}]}]}}";

static void bgp_table(void **s)
{
	struct bench *b = *s;
	struct page p;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	b->m.bgp = table_json;
	page_open(&p, b, OUT_TEXT);
	exec_show_ip_bgp(&p.e, &(struct gl_exec_show_ip_bgp){0});
	assert_string_equal(out_str_so_far(&p.o),
	        "BGP table version is 2, local router ID is 9.9.9.9\n"
	        "Status codes: * valid, > best, i - internal\n"
	        "Origin codes: i - IGP, e - EGP, ? - incomplete\n\n"
	        "     Network          Next Hop            Metric LocPrf Weight Path\n"
	        " *>  10.1.1.0/24      0.0.0.0                  0         32768 i\n"
	        " * i 10.7.0.0/16      10.9.9.1                77    100      0 65000 7 ?\n");
	out_fini(&p.o);
	page_open(&p, b, OUT_JSON);
	exec_show_ip_bgp(&p.e, &(struct gl_exec_show_ip_bgp){0});
	assert_non_null(strstr(out_str_so_far(&p.o), "\"path\": \"65000 7\""));
	out_fini(&p.o);
}

static void sessions_are_cleared(void **s)
{
	struct bench *b = *s;
	struct page p;

	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	page_open(&p, b, OUT_TEXT);
	exec_clear_ip_bgp(
	        &p.e, &(struct gl_exec_clear_ip_bgp){.which = "*", .kw_soft = true, .kw_in = true});
	assert_string_equal(sb_str(&b->m.said), "clear bgp * soft in");
	assert_false(p.e.failed);
	exec_clear_ip_bgp(&p.e, &(struct gl_exec_clear_ip_bgp){.which = "x"});
	assert_true(p.e.failed);
	assert_string_equal(sb_str(&b->m.said), "clear bgp * soft in");
	out_fini(&p.o);
}

static void ospf_neighbors(void **s)
{
	struct bench *b = *s;
	struct page p;

	world_enter(b->w,
	        "platform interface Ethernet0/0 device eth0\ninterface Ethernet0/0\nrouter ospf 1");
	world_run(b->w, SECOND);
	b->m.ospf = ospf_json;
	page_open(&p, b, OUT_TEXT);
	exec_show_ip_ospf_neighbor(&p.e, &(struct gl_exec_show_ip_ospf_neighbor){0});
	assert_string_equal(out_str_so_far(&p.o),
	        "\nNeighbor ID     Pri   State           Dead Time   Address         Interface\n"
	        "2.2.2.2           1   FULL/BDR        00:00:33    10.1.1.2        Ethernet0/0\n"
	        "3.3.3.3           0   FULL/  -        00:00:01    10.1.2.2        Tunnel0\n");
	out_fini(&p.o);
}

static void without_frr_show_says_so(void **s)
{
	struct bench *b = *s;
	struct page p;

	b->m.dead = true;
	world_enter(b->w, bgp_lines);
	world_run(b->w, SECOND);
	page_open(&p, b, OUT_TEXT);
	exec_show_ip_bgp_summary(&p.e, &(struct gl_exec_show_ip_bgp_summary){0});
	assert_string_equal(
	        out_str_so_far(&p.o), "% Routing protocols do not run: no daemon of FRR answers\n");
	assert_true(p.e.failed);
	out_fini(&p.o);
}

static void learned_routes(void **s)
{
	static const char routes[] = "{\"192.168.7.0/24\":[{\"prefix\":\"192.168.7.0/"
	                             "24\",\"protocol\":\"ospf\",\"distance\":110,\"metric\":20,"
	                             "\"uptime\":\"00:01:17\",\"routeType\":\"N E2\"}],"
	                             "\"192.168.8.0/"
	                             "24\":[{\"protocol\":\"kernel\",\"distance\":0},{\"protocol\":"
	                             "\"bgp\",\"distance\":200,\"metric\":0}]}";
	struct bench *b = *s;
	struct frr_learned l;
	struct prefix p;

	world_enter(b->w, "router ospf 1");
	world_run(b->w, SECOND);
	/* One text for both questions: they look at keys of their own. */
	b->m.ospf = "{\"192.168.7.0/24\":{\"routeType\":\"N E2\"}}";
	struct frr_rib *r = frr_rib_read(b->w->x, AF_INET);

	assert_non_null(r);
	assert_true(prefix_parse("192.168.7.0/24", &p));
	frr_rib_find(r, &p, PROTO_OSPF, &l);
	assert_int_equal(l.distance, 110);
	assert_string_equal(l.kind, "E2");
	frr_rib_free(r);
	b->m.ospf = routes;
	r = frr_rib_read(b->w->x, AF_INET6);
	frr_rib_find(r, &p, PROTO_OSPF, &l);
	assert_int_equal(l.metric, 20);
	assert_string_equal(l.age, "00:01:17");
	assert_true(prefix_parse("192.168.8.0/24", &p));
	frr_rib_find(r, &p, PROTO_BGP, &l);
	assert_int_equal(l.distance, 200);
	frr_rib_find(NULL, &p, PROTO_EIGRP, &l);
	assert_int_equal(l.distance, 90);
	frr_rib_free(r);
}

#define WITH_FRR(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_are_said_in_frrs_words),
	        cmocka_unit_test(what_is_not_said),
	        cmocka_unit_test(neighbors_come_first),
	        cmocka_unit_test(only_our_static_routes_are_redistributed),
	        WITH_FRR(without_a_protocol_nothing_is_asked),
	        WITH_FRR(frr_gets_what_is_configured),
	        WITH_FRR(only_the_difference_is_told),
	        WITH_FRR(a_static_route_more_is_one_line_more),
	        WITH_FRR(a_protocol_goes_with_its_router_line),
	        WITH_FRR(what_frr_loses_it_is_told_again),
	        WITH_FRR(what_others_configure_stays),
	        WITH_FRR(a_daemon_that_starts_anew_gets_the_filters_again),
	        WITH_FRR(absence_is_said_once_and_mended),
	        WITH_FRR(a_missing_daemon_is_named),
	        WITH_FRR(silence_ends),
	        WITH_FRR(refusals_are_logged_without_passwords),
	        WITH_FRR(a_change_while_frr_answers_is_not_lost),
	        WITH_FRR(what_a_killed_process_left_is_taken_back),
	        WITH_FRR(bgp_summary),
	        WITH_FRR(ospf_neighbors),
	        WITH_FRR(bgp_table),
	        WITH_FRR(sessions_are_cleared),
	        WITH_FRR(without_frr_show_says_so),
	        WITH_FRR(learned_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
