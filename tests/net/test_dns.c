/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Split DNS with real dnsmasq processes: a host of the inside asks the router; an Internet
 * provider's and a company's name server, both played by the test, see which queries reach them.
 *
 *   inside ── lan0 [spoke] wan0 ── isp 198.51.100.53
 *                     [spoke] Tunnel0 ── hub 192.168.100.53, .54
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "lib_netns.h"
#include "net/dnsproxy.h"

static struct ipaddr ip(const char *s)
{
	struct ipaddr a = {0};

	assert_true(ipaddr_parse(s, &a));
	return a;
}

/* ---- texts --------------------------------------------------------------------------------------
 */

static void servers_follow_the_order_of_the_views(void **state)
{
	static const char *const corp[] = {"corp.example", "Corp.Example",
	        "bad\nserver=/x/6.6.6.6"},
	                         *const more[] = {"corp.example", "x.example"};
	struct dns_view views[] = {
	        {.name = "client",
	                .domain = corp,
	                .n_domain = 3,
	                .n_server = 2,
	                .server = {{.addr = ip("10.0.0.53"), .dev = "Tunnel0"},
	                        {.addr = ip("10.0.0.54"), .port = 5353}}},
	        {.name = "later", .domain = more, .n_domain = 2},
	        {.name = "default", .n_server = 1, .server = {{.addr = ip("2001:db8::53")}}},
	        {.name = "never", .n_server = 1, .server = {{.addr = ip("192.0.2.1")}}},
	};
	struct dns_list l = {.name = "L", .view = views, .n_view = 4};
	struct strbuf out = {0};

	(void)state;
	dnsproxy_servers_text(&l, &out);
	assert_string_equal(sb_str(&out), "server=/corp.example/10.0.0.53@Tunnel0\n"
	                                  "server=/corp.example/10.0.0.54#5353\n"
	                                  "server=/x.example/\n"
	                                  "server=2001:DB8::53\n");
	sb_fini(&out);
}

static void expressions_that_mean_a_domain_give_it(void **state)
{
	static const struct {
		const char *regex, *domain;
	} cases[] = {
	        {".*WH\\.LOCAL", "wh.local"},
	        {".*\\.example\\.com", "example.com"},
	        {"^.*example\\.com$", "example.com"},
	        {"example.com", "example.com"},
	        {".*.cisco.com", "cisco.com"},
	        {".*", NULL},
	        {"www[0-9]+\\.example", NULL},
	        {"(a|b)\\.example", NULL},
	        {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char domain[64];
		bool ok = dns_domain_of_regex(cases[i].regex, domain, sizeof(domain));

		assert_int_equal(ok, cases[i].domain != NULL);
		if (ok)
			assert_string_equal(domain, cases[i].domain);
	}
}

/* ---- the lab ------------------------------------------------------------------------------------
 */

struct lab {
	int inside, spoke, isp, hub;
	int isp_dns, hub_dns, hub_dns2, client;
	char dir[64];
	struct children *set;
	struct dnsproxy *p;
	struct dns_view views[2]; /* the client's, the default */
	struct dns_host host;
	struct dns_list list;
	uint16_t id;
};

static const char *const domains[] = {"corp.example"}, *const lan[] = {"lan0"};

static void wires(struct lab *l)
{
	l->inside = ns_new();
	l->spoke = ns_new();
	l->isp = ns_new();
	l->hub = ns_new();
	ns_wire(l->spoke, "lan0", "10.20.20.1/24", l->inside, "eth0", "10.20.20.20/24");
	ns_wire(l->spoke, "wan0", "203.0.113.2/24", l->isp, "eth0", "203.0.113.1/24");
	ns_wire(l->spoke, "Tunnel0", "10.250.0.7/24", l->hub, "eth0", "10.250.0.1/24");
	ns_sh(l->spoke, "ip route add default via 203.0.113.1 && ip route add 192.168.100.0/24 via "
	                "10.250.0.1");
	ns_sh(l->isp, "ip addr add 198.51.100.53/32 dev lo");
	ns_sh(l->hub,
	        "ip addr add 192.168.100.53/32 dev lo && ip addr add 192.168.100.54/32 dev lo");
	l->isp_dns = ns_udp(l->isp, "198.51.100.53", 53);
	l->hub_dns = ns_udp(l->hub, "192.168.100.53", 53);
	l->hub_dns2 = ns_udp(l->hub, "192.168.100.54", 53);
	l->client = ns_udp(l->inside, "10.20.20.20", 0);
}

static int setup(void **state)
{
	struct lab *l = xcalloc(1, sizeof(*l));

	wires(l);
	snprintf(l->dir, sizeof(l->dir), "/tmp/spoke-dns.XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	chmod(l->dir, 0755);
	ns_enter(l->spoke);
	l->set = children_new();
	l->p = dnsproxy_new(l->set, l->dir);
	l->views[0] = (struct dns_view){.name = "client",
	        .domain = domains,
	        .n_domain = 1,
	        .n_server = 1,
	        .server[0] = {.addr = ip("192.168.100.53")}};
	l->views[1] = (struct dns_view){
	        .name = "default", .n_server = 1, .server[0] = {.addr = ip("198.51.100.53")}};
	l->host = (struct dns_host){"hub1", ip("10.0.0.1")};
	l->list = (struct dns_list){.name = "client",
	        .dev = lan,
	        .n_dev = 1,
	        .view = l->views,
	        .n_view = 2,
	        .host = &l->host,
	        .n_host = 1};
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;
	int fds[] = {l->isp_dns, l->hub_dns, l->hub_dns2, l->client, l->inside, l->spoke, l->isp,
	        l->hub};

	dnsproxy_free(l->p, mono_ms());
	children_free(l->set);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	assert_int_equal(rmdir(l->dir), 0); /* no file is left */
	free(l);
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1;
}

static void apply(struct lab *l, size_t n)
{
	ns_enter(l->spoke);
	assert_int_equal(dnsproxy_apply(l->p, &l->list, n, mono_ms()), 0);
}

/* ---- a small DNS client and server --------------------------------------------------------------
 */

static void put_name(struct wr *w, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		wr_u8(w, (uint8_t)n);
		wr_bytes(w, name, n);
		name += n + (name[n] == '.');
	}
	wr_u8(w, 0);
}

static void ask(struct lab *l, const char *name)
{
	uint8_t q[300];
	struct wr w = wr_init(q, sizeof(q));
	struct endpoint to = {ip("10.20.20.1"), 53};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&to, &ss);

	wr_u16(&w, ++l->id);
	wr_u16(&w, 0x0100); /* recursion desired */
	wr_u16(&w, 1);
	wr_zero(&w, 6);
	put_name(&w, name);
	wr_u16(&w, 1); /* A */
	wr_u16(&w, 1); /* IN */
	assert_int_equal(sendto(l->client, q, w.len, 0, (struct sockaddr *)&ss, len), w.len);
}

static bool readable(struct lab *l, int fd)
{
	uint64_t end = mono_ms() + NS_WAIT_MS;

	while (mono_ms() < end) {
		struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
		        {.fd = children_fd(l->set), .events = POLLIN}};

		poll(p, 2, 100);
		ns_enter(l->spoke); /* a child that is started again lives there */
		children_poll(l->set, mono_ms());
		if (p[0].revents)
			return true;
	}
	return false;
}

/* The next query at a server, answered with 192.0.2.LAST; its first label. */
static void serve(struct lab *l, int server, const char *name, uint8_t last)
{
	uint8_t m[600];
	char label[64] = "";
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	ssize_t n;

	if (!readable(l, server))
		fail_msg("no query for %s came", name);
	n = recvfrom(server, m, 512, 0, (struct sockaddr *)&ss, &len);
	assert_true(n > 13 && m[12] < sizeof(label));
	memcpy(label, m + 13, m[12]);
	assert_int_equal(strncasecmp(label, name, strcspn(name, ".")), 0);
	size_t end = 12;

	while (m[end])
		end += m[end] + 1U;
	end += 5; /* the question alone; an OPT record behind it is left out */
	struct wr w = wr_init(m, sizeof(m));

	w.len = end;
	wr_patch_u16(&w, 2, 0x8180);
	wr_patch_u16(&w, 6, 1);
	wr_patch_u16(&w, 10, 0);
	wr_u16(&w, 0xc00c);
	wr_u16(&w, 1);
	wr_u16(&w, 1);
	wr_u32(&w, 60);
	wr_u16(&w, 4);
	wr_u32(&w, 0xc0000200U | last);
	assert_int_equal(sendto(server, m, w.len, 0, (struct sockaddr *)&ss, len), w.len);
}

/* The answer to the last question: the address, or "rcode N". */
static void answer(struct lab *l, const char *want)
{
	uint8_t m[600];
	char got[IPADDR_STRLEN];
	ssize_t n;

	do {
		if (!readable(l, l->client))
			fail_msg("no answer, expected %s", want);
		n = recv(l->client, m, sizeof(m), 0);
		assert_true(n >= 12);
	} while (get_u16(m) != l->id); /* a late one to an earlier question */
	if (get_u16(m + 6)) {
		struct ipaddr a = ipaddr_from(AF_INET, m + n - 4);

		ipaddr_fmt(&a, got);
	} else {
		snprintf(got, sizeof(got), "rcode %d", m[3] & 15);
	}
	assert_string_equal(got, want);
}

/* Is there an answer to the last question? Late ones to earlier questions are passed over. */
static bool answered(struct lab *l)
{
	struct pollfd p = {.fd = l->client, .events = POLLIN};
	uint8_t m[600];

	while (poll(&p, 1, 50) == 1)
		if (recv(l->client, m, sizeof(m), 0) >= 12 && get_u16(m) == l->id)
			return true;
	return false;
}

/* Asks until the proxy is there: hub1 is answered by itself. */
static void until_up(struct lab *l)
{
	uint64_t end = mono_ms() + NS_WAIT_MS;

	do {
		assert_true(mono_ms() < end);
		ns_enter(l->spoke);
		children_poll(l->set, mono_ms());
		ask(l, "hub1");
	} while (!answered(l));
	children_poll(l->set, mono_ms());
}

/* ---- tests --------------------------------------------------------------------------------------
 */

static void queries_go_to_the_server_of_their_view(void **state)
{
	struct lab *l = *state;

	apply(l, 1);
	until_up(l);
	ask(l, "www.corp.example");
	serve(l, l->hub_dns, "www", 1);
	answer(l, "192.0.2.1");
	ask(l, "www.example.net");
	serve(l, l->isp_dns, "www", 2);
	answer(l, "192.0.2.2");
	ask(l, "notcorp.example"); /* ends in the same letters, not in the domain */
	serve(l, l->isp_dns, "notcorp", 3);
	answer(l, "192.0.2.3");
	ask(l, "hub1");
	answer(l, "10.0.0.1");
}

static struct dns_status status(struct lab *l)
{
	struct dns_status s;

	assert_true(dnsproxy_status(l->p, "client", &s));
	return s;
}

/* A failover: other servers, the same process; a query that waits for an unchanged server is
 * answered. */
static void a_new_server_loses_no_query(void **state)
{
	struct lab *l = *state;

	apply(l, 1);
	until_up(l);
	ask(l, "slow.example.net"); /* waits at the provider's */
	l->views[0].server[0].addr = ip("192.168.100.54");
	apply(l, 1);
	serve(l, l->isp_dns, "slow", 9);
	answer(l, "192.0.2.9");
	for (uint8_t i = 0; i < 20; i++) {
		char name[40];

		snprintf(name, sizeof(name), "h%u.corp.example", i);
		ask(l, name);
		serve(l, l->hub_dns2, name, i);
		snprintf(name, sizeof(name), "192.0.2.%u", i);
		answer(l, name);
	}
	assert_int_equal(status(l).starts, 1);
}

static void when_the_session_goes_its_view_goes(void **state)
{
	struct lab *l = *state;

	apply(l, 1);
	until_up(l);
	l->list.view = &l->views[1];
	l->list.n_view = 1;
	apply(l, 1);
	/* SIGHUP is asynchronous: the first queries may still find the old view */
	uint64_t end = mono_ms() + NS_WAIT_MS;
	struct pollfd p = {.fd = l->isp_dns, .events = POLLIN};

	do {
		assert_true(mono_ms() < end);
		children_poll(l->set, mono_ms());
		ask(l, "www.corp.example");
	} while (poll(&p, 1, 100) != 1);
	serve(l, l->isp_dns, "www", 4);
	answer(l, "192.0.2.4");
	assert_int_equal(status(l).starts, 1);
}

static void a_view_without_servers_answers_for_its_domains(void **state)
{
	struct lab *l = *state;

	l->views[0].n_server = 0;
	apply(l, 1);
	until_up(l);
	ask(l, "www.corp.example");
	answer(l, "rcode 3");
}

static bool restarted(void *ctx)
{
	struct lab *l = ctx;

	ns_enter(l->spoke);
	children_poll(l->set, mono_ms());
	return status(l).running && status(l).starts == 2;
}

static void a_killed_proxy_is_healed(void **state)
{
	struct lab *l = *state;

	apply(l, 1);
	until_up(l);
	kill(status(l).pid, SIGKILL);
	assert_true(ns_until(restarted, l));
	until_up(l);
	ask(l, "www.corp.example");
	serve(l, l->hub_dns, "www", 5);
	answer(l, "192.0.2.5");
}

static bool gone(void *ctx)
{
	struct lab *l = ctx;

	children_poll(l->set, mono_ms());
	return !children_count(l->set);
}

static void a_list_without_interfaces_does_not_run(void **state)
{
	struct lab *l = *state;
	struct dns_status s;

	apply(l, 1);
	until_up(l);
	l->list.n_dev = 0;
	apply(l, 1);
	assert_false(dnsproxy_status(l->p, "client", &s));
	assert_true(ns_until(gone, l));
}

static bool asked(void *ctx)
{
	struct lab *l = ctx;

	dnsproxy_ask(l->p);
	children_poll(l->set, mono_ms());
	return status(l).answers;
}

static void figures_can_be_asked_for(void **state)
{
	struct lab *l = *state;

	apply(l, 1);
	until_up(l);
	ask(l, "www.corp.example");
	serve(l, l->hub_dns, "www", 1);
	answer(l, "192.0.2.1");
	assert_true(ns_until(asked, l));
	assert_int_equal(status(l).forwarded, 1);
	assert_true(status(l).local >= 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(servers_follow_the_order_of_the_views),
	        cmocka_unit_test(expressions_that_mean_a_domain_give_it),
	        T(queries_go_to_the_server_of_their_view),
	        T(a_new_server_loses_no_query),
	        T(when_the_session_goes_its_view_goes),
	        T(a_view_without_servers_answers_for_its_domains),
	        T(a_killed_proxy_is_healed),
	        T(a_list_without_interfaces_does_not_run),
	        T(figures_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
