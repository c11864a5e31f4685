/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DHCP server: texts and leases; and a real server with a small client on the other end of the
 * inside wire, which sees what the hub pushed come, change and go.
 */
#include <arpa/inet.h>
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
#include "net/dhcpc.h"
#include "net/dhcpd.h"

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

static struct dhcp_addrs one(const char *s)
{
	return (struct dhcp_addrs){.n = 1, .v[0] = ip(s)};
}

/* ---- texts --------------------------------------------------------------------------------------
 */

static void ranges_are_what_exclusions_leave(void **state)
{
	struct dhcp_pool pool = {.name = "LAN", .network = px("10.20.20.0/24"), .lease_s = 3600};
	struct dhcp_range excl[] = {{ip("10.20.20.1"), ip("10.20.20.9")}, {ip("10.20.20.100"), {0}},
	        {ip("10.20.20.200"), ip("10.20.30.1")}, {ip("192.0.2.1"), ip("192.0.2.9")}};
	struct dhcp_iface lan[] = {{"lan0", px("10.20.20.50/24")}, {"wan0", px("203.0.113.2/24")}};
	struct dhcp_wanted w = {.pool = &pool,
	        .n_pool = 1,
	        .excluded = excl,
	        .n_excluded = 4,
	        .iface = lan,
	        .n_iface = 2};
	struct dhcp_size size = dhcp_pool_size(&w, &pool);
	struct strbuf out = {0};

	(void)state;
	assert_true(dhcpd_conf_text(&w, "/run/x", "/var/lib/x", &out));
	assert_non_null(strstr(sb_str(&out), "port=0\n"));
	assert_non_null(strstr(sb_str(&out),
	        "dhcp-leasefile=/var/lib/x/dhcp.leases\ndhcp-optsfile=/run/x/dhcp.options\n"));
	assert_string_equal(strstr(sb_str(&out), "\ninterface="),
	        "\ninterface=lan0\n"
	        "dhcp-range=set:p0,10.20.20.10,10.20.20.49,255.255.255.0,3600\n"
	        "dhcp-range=set:p0,10.20.20.51,10.20.20.99,255.255.255.0,3600\n"
	        "dhcp-range=set:p0,10.20.20.101,10.20.20.199,255.255.255.0,3600\n");
	assert_int_equal(size.total, 254);
	assert_int_equal(size.excluded, 254 - 40 - 49 - 99);
	sb_fini(&out);
}

static void a_pool_of_no_interface_is_not_served(void **state)
{
	struct dhcp_pool pool = {.name = "LAN", .network = px("10.99.0.0/24")};
	struct dhcp_iface lan = {"lan0", px("10.20.20.1/24")};
	struct dhcp_wanted w = {.pool = &pool, .n_pool = 1, .iface = &lan, .n_iface = 1};
	struct strbuf out = {0};

	(void)state;
	assert_false(dhcpd_conf_text(&w, "/d", "/l", &out));
	sb_fini(&out);
}

static void a_host_pool_is_one_clients(void **state)
{
	struct dhcp_pool pools[] = {
	        {.name = "LAN", .network = px("10.20.20.0/30"), .lease_s = DHCP_LEASE_INFINITE},
	        {.name = "PC",
	                .host = px("10.20.20.77/24"),
	                .has_hwaddr = true,
	                .hwaddr = {0, 1, 2, 3, 4, 5},
	                .client_name = "pc"},
	        {.name = "ID",
	                .host = px("10.20.21.7/24"),
	                .client_id = {1, 0xaa, 0xbb},
	                .client_id_len = 3,
	                .client_name = "a,b"},
	        {.name = "NOBODY", .host = px("10.20.20.78/24")},
	};
	struct dhcp_iface lan = {"lan0", px("10.20.20.1/24")};
	struct dhcp_wanted w = {.pool = pools, .n_pool = 4, .iface = &lan, .n_iface = 1};
	struct strbuf out = {0};

	(void)state;
	assert_true(dhcpd_conf_text(&w, "/d", "/l", &out));
	assert_string_equal(strstr(sb_str(&out), "\ninterface="),
	        "\ninterface=lan0\n"
	        "dhcp-range=set:p0,10.20.20.2,10.20.20.2,255.255.255.252,infinite\n"
	        "dhcp-range=10.20.20.0,static,255.255.255.0\n"
	        "dhcp-host=set:p1,00:01:02:03:04:05,10.20.20.77,pc,86400\n"
	        "dhcp-range=10.20.21.0,static,255.255.255.0\n"
	        "dhcp-host=set:p2,id:01:aa:bb,10.20.21.7,86400\n");
	sb_fini(&out);
}

static void what_is_typed_wins_over_what_is_imported(void **state)
{
	struct dhcp_option opt[] = {{.code = 150, .kind = DHCP_OPTION_IP, .addrs = {.n = 1}},
	        {.code = 66, .kind = DHCP_OPTION_ASCII, .text = "tftp \"x\"\\"},
	        {.code = 43, .kind = DHCP_OPTION_HEX, .text = "f104.0a00"},
	        {.code = 19, .kind = DHCP_OPTION_HEX, .text = "1"}};
	struct dhcp_pool pools[] = {
	        {.name = "A", .import_all = true, .router = one("10.0.0.1"), .netbios_type = 8},
	        {.name = "B", .import_all = true, .dns = one("9.9.9.9"), .domain = "typed.example"},
	        {.name = "C", .option = opt, .n_option = 4},
	};
	struct dhcp_wanted w = {.pool = pools,
	        .n_pool = 3,
	        .imported = {.domain = "corp.example",
	                .dns = one("192.168.100.53"),
	                .netbios = one("192.168.100.60")}};
	struct strbuf out = {0};

	(void)state;
	opt[0].addrs.v[0] = ip("10.0.0.9");
	dhcpd_options_text(&w, &out);
	assert_string_equal(sb_str(&out), "tag:p0,3,10.0.0.1\n"
	                                  "tag:p0,6,192.168.100.53\n"
	                                  "tag:p0,15,\"corp.example\"\n"
	                                  "tag:p0,44,192.168.100.60\n"
	                                  "tag:p0,46,8\n"
	                                  "tag:p1,3\n"
	                                  "tag:p1,6,9.9.9.9\n"
	                                  "tag:p1,15,\"typed.example\"\n"
	                                  "tag:p1,44,192.168.100.60\n"
	                                  "tag:p2,3\n"
	                                  "tag:p2,6\n"
	                                  "tag:p2,150,10.0.0.9\n"
	                                  "tag:p2,66,\"tftp x\"\n"
	                                  "tag:p2,43,f1:04:0a:00\n"
	                                  "tag:p2,19,1b\n");
	sb_fini(&out);
}

static void a_pushed_name_cannot_add_a_line(void **state)
{
	struct dhcp_pool pool = {.name = "A",
	        .import_all = true,
	        .network = px("10.0.0.0/24"),
	        .bootfile = "a\nuser=x"};
	struct dhcp_iface lan = {"lan0", px("10.0.0.1/24")};
	struct dhcp_wanted w = {.pool = &pool,
	        .n_pool = 1,
	        .iface = &lan,
	        .n_iface = 1,
	        .imported.domain = "x\"\ntag:p0,3,6.6.6.6\\"};
	struct strbuf out = {0};

	(void)state;
	dhcpd_options_text(&w, &out);
	assert_string_equal(sb_str(&out), "tag:p0,3\ntag:p0,6\ntag:p0,15,\"xtag:p0,3,6.6.6.6\"\n");
	sb_clear(&out);
	assert_true(dhcpd_conf_text(&w, "/d", "/l", &out));
	assert_non_null(strstr(sb_str(&out), "\ndhcp-boot=tag:p0,\"auser=x\",,\n"));
	sb_fini(&out);
}

static void leases_are_read(void **state)
{
	struct dhcp_binding b;
	char text[IPADDR_STRLEN];

	(void)state;
	assert_true(dhcp_lease_parse(
	        "1700000000 52:54:00:aa:bb:01 10.20.20.20 pc 01:52:54:00:aa:bb:01\n", &b));
	assert_int_equal(b.expires, 1700000000);
	assert_string_equal(ipaddr_fmt(&b.addr, text), "10.20.20.20");
	assert_int_equal(b.hwaddr[5], 1);
	assert_string_equal(b.name, "pc");
	assert_int_equal(b.client_id_len, 7);
	assert_int_equal(b.client_id[1], 0x52);
	assert_true(dhcp_lease_parse("0 06-52:54:00:aa:bb:01 10.20.20.20 * *\n", &b));
	assert_int_equal(b.expires, 0);
	assert_string_equal(b.name, "");
	assert_int_equal(b.client_id_len, 0);
	assert_false(dhcp_lease_parse("duid 00:01:00:01:2e\n", &b));
	assert_false(dhcp_lease_parse("1700000000 zz:54 10.20.20.20 pc *\n", &b));
	assert_false(dhcp_lease_parse("", &b));
}

static void the_clients_script_is_read(void **state)
{
	struct dhcpc_lease l;
	char text[PREFIX_STRLEN];

	(void)state;
	assert_true(dhcpc_parse("dhcp-event|bound|10.1.1.5|255.255.255.0|3600|10.1.1.1|10.1.1.1 "
	                        "10.1.1.2|9.9.9.9 8.8.8.8||corp.example",
	        &l));
	assert_true(l.bound);
	assert_string_equal(prefix_fmt(&l.addr, text), "10.1.1.5/24");
	assert_int_equal(l.lease_s, 3600);
	assert_int_equal(l.n_dns, 2);
	assert_int_equal(l.n_netbios, 0);
	assert_string_equal(ipaddr_fmt(&l.router, text), "10.1.1.1");
	assert_string_equal(l.domain, "corp.example");
	assert_true(dhcpc_parse("dhcp-event|deconfig||||||||", &l));
	assert_false(l.bound);
	assert_false(dhcpc_parse("dhcp-event|bound|10.1.1.5|255.0.255.0||||||", &l));
	assert_false(dhcpc_parse("dhcp-event|bound|224.0.0.1|255.255.255.0||||||", &l));
	assert_false(dhcpc_parse("dhcp-event|bound|10.1.1.5", &l));
	assert_false(dhcpc_parse("udhcpc: sending discover", &l));
}

/* ---- the lab ------------------------------------------------------------------------------------
 */

struct lab {
	int inside, spoke, client;
	char dir[64], leases[80];
	struct children *set;
	struct dhcpd *d;
	struct dhcp_pool pool;
	struct dhcp_iface lan;
	struct dhcp_wanted w;
	uint8_t mac[6];
	uint32_t xid;
};

static int setup(void **state)
{
	struct lab *l = xcalloc(1, sizeof(*l));
	int on = 1;

	l->inside = ns_new();
	l->spoke = ns_new();
	ns_wire(l->spoke, "lan0", "10.20.20.1/24", l->inside, "eth0", NULL);
	l->client = ns_udp(l->inside, "0.0.0.0", 68);
	assert_int_equal(setsockopt(l->client, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(l->client, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5), 0);
	snprintf(l->dir, sizeof(l->dir), "/tmp/spoke-dhcp.XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	chmod(l->dir, 0755);
	snprintf(l->leases, sizeof(l->leases), "%s/leases", l->dir);
	memcpy(l->mac, "\x02\x00\x00\x00\x00\x05", 6);
	ns_enter(l->spoke);
	l->set = children_new();
	l->d = dhcpd_new(l->set, l->dir, l->leases);
	l->lan = (struct dhcp_iface){"lan0", px("10.20.20.1/24")};
	l->pool = (struct dhcp_pool){.name = "LAN",
	        .network = px("10.20.20.0/24"),
	        .router = one("10.20.20.1"),
	        .import_all = true};
	l->w = (struct dhcp_wanted){
	        .pool = &l->pool, .n_pool = 1, .iface = &l->lan, .n_iface = 1, .no_ping = true};
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;
	char path[120];

	dhcpd_free(l->d, mono_ms());
	children_free(l->set);
	close(l->client);
	close(l->inside);
	close(l->spoke);
	snprintf(path, sizeof(path), "%s/dhcp.leases", l->leases);
	unlink(path);
	assert_int_equal(rmdir(l->leases), 0);
	assert_int_equal(rmdir(l->dir), 0);
	free(l);
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1;
}

static void apply(struct lab *l)
{
	ns_enter(l->spoke);
	assert_int_equal(dhcpd_apply(l->d, &l->w, mono_ms()), 0);
}

static void tick(struct lab *l)
{
	ns_enter(l->spoke);
	children_poll(l->set, mono_ms());
}

/* ---- a small DHCP client ------------------------------------------------------------------------
 */

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE };

struct reply {
	uint8_t type;
	char addr[IPADDR_STRLEN], router[64], dns[64], netbios[64], domain[64];
	uint32_t lease_s;
};

static void send_message(struct lab *l, uint8_t type, const char *addr)
{
	uint8_t m[600];
	struct wr w = wr_init(m, sizeof(m));
	struct sockaddr_in to = {
	        .sin_family = AF_INET, .sin_port = htons(67), .sin_addr.s_addr = INADDR_BROADCAST};

	wr_u32(&w, 0x01010600); /* request, Ethernet, 6 octets */
	wr_u32(&w, ++l->xid);
	wr_u16(&w, 0);
	wr_u16(&w, 0x8000); /* answer by broadcast */
	wr_zero(&w, 16);
	wr_bytes(&w, l->mac, 6);
	wr_zero(&w, 10 + 64 + 128);
	wr_u32(&w, 0x63825363);
	wr_bytes(&w, "\x35\x01", 2);
	wr_u8(&w, type);
	if (addr) {
		struct ipaddr a = ip(addr);

		wr_bytes(&w, "\x32\x04", 2);
		wr_bytes(&w, a.b, 4);
	}
	wr_bytes(&w, "\x37\x05\x01\x03\x06\x0f\x2c",
	        7); /* wanted: mask, router, DNS, domain, NetBIOS */
	wr_u8(&w, 255);
	assert_true(wr_ok(&w));
	assert_int_equal(sendto(l->client, m, w.len, 0, (struct sockaddr *)&to, sizeof(to)), w.len);
}

static void list(struct rd *r, char *out, size_t n)
{
	char t[IPADDR_STRLEN];
	size_t len = 0;

	out[0] = '\0';
	while (r->n >= 4) {
		struct ipaddr a = ipaddr_from(AF_INET, r->p);

		rd_skip(r, 4);
		len += (size_t)snprintf(
		        out + len, n - len, "%s%s", len ? " " : "", ipaddr_fmt(&a, t));
	}
}

static void parse(struct rd r, struct reply *out)
{
	struct ipaddr a;

	rd_skip(&r, 16);
	a = ipaddr_from(AF_INET, rd_span(&r, 4).p);
	ipaddr_fmt(&a, out->addr);
	rd_skip(&r, 240 - 20);
	while (r.n > 1 && *r.p != 255) {
		uint8_t code = rd_u8(&r);
		struct rd v = code ? rd_sub(&r, rd_u8(&r)) : (struct rd){0};

		if (code == 53)
			out->type = rd_u8(&v);
		else if (code == 3)
			list(&v, out->router, sizeof(out->router));
		else if (code == 6)
			list(&v, out->dns, sizeof(out->dns));
		else if (code == 44)
			list(&v, out->netbios, sizeof(out->netbios));
		else if (code == 15)
			snprintf(out->domain, sizeof(out->domain), "%.*s", (int)v.n,
			        (const char *)v.p);
		else if (code == 51)
			out->lease_s = rd_u32(&v);
	}
}

/* Sends until an answer to it comes (a server that has just started may not listen yet). */
static struct reply exchange(struct lab *l, uint8_t type, const char *addr)
{
	uint64_t end = mono_ms() + NS_WAIT_MS;
	struct reply got = {0};
	uint8_t m[1500];

	for (;;) {
		struct pollfd p = {.fd = l->client, .events = POLLIN};

		if (mono_ms() >= end)
			fail_msg("no answer of a DHCP server");
		tick(l);
		send_message(l, type, addr);
		while (poll(&p, 1, 100) == 1) {
			ssize_t n = recv(l->client, m, sizeof(m), 0);

			if (n < 240 || get_u32(m + 4) != l->xid)
				continue;
			parse(rd_init(m, (size_t)n), &got);
			return got;
		}
	}
}

static struct reply lease(struct lab *l)
{
	struct reply offer = exchange(l, DISCOVER, NULL), ack;

	assert_int_equal(offer.type, OFFER);
	ack = exchange(l, REQUEST, offer.addr);
	assert_int_equal(ack.type, ACK);
	assert_string_equal(ack.addr, offer.addr);
	tick(l);
	return ack;
}

struct found {
	size_t n;
	struct dhcp_binding last;
};

static void find(void *ctx, const struct dhcp_binding *b)
{
	struct found *f = ctx;

	f->n++;
	f->last = *b;
}

/* ---- tests --------------------------------------------------------------------------------------
 */

static void a_client_gets_an_address_and_is_shown(void **state)
{
	struct lab *l = *state;
	struct dhcp_range excl = {ip("10.20.20.2"), ip("10.20.20.253")};
	char text[IPADDR_STRLEN];
	struct found f = {0};
	struct reply r;

	l->w.excluded = &excl;
	l->w.n_excluded = 1;
	apply(l);
	r = lease(l);
	assert_string_equal(r.addr, "10.20.20.254"); /* all that is left */
	assert_string_equal(r.router, "10.20.20.1");
	assert_string_equal(
	        r.dns, ""); /* nothing typed, nothing pushed: not our own address either */
	assert_string_equal(r.domain, "");
	assert_int_equal(r.lease_s, 86400);
	assert_int_equal(dhcpd_bindings(l->d, find, &f), 0);
	assert_int_equal(f.n, 1);
	assert_string_equal(ipaddr_fmt(&f.last.addr, text), "10.20.20.254");
	assert_memory_equal(f.last.hwaddr, l->mac, 6);
	assert_false(f.last.manual);
	assert_true(dhcpd_counters(l->d)[DHCP_DISCOVER] >= 1);
	assert_true(dhcpd_counters(l->d)[DHCP_ACK] >= 1);
	assert_int_equal(dhcpd_counters(l->d)[DHCP_NAK], 0);
}

/* The values are renewed until the wanted one arrives: SIGHUP is asynchronous. */
static void until_domain(struct lab *l, const char *addr, const char *domain)
{
	uint64_t end = mono_ms() + NS_WAIT_MS;
	struct reply r;

	do {
		assert_true(mono_ms() < end);
		r = exchange(l, REQUEST, addr);
	} while (strcmp(r.domain, domain) != 0);
	assert_int_equal(r.type, ACK);
	assert_string_equal(r.addr, addr);
}

static void what_the_hub_pushes_comes_changes_and_goes(void **state)
{
	struct lab *l = *state;
	struct child_info i;
	struct reply r;

	l->w.imported.domain = "corp.example";
	l->w.imported.dns = one("192.168.100.53");
	l->w.imported.netbios = one("192.168.100.60");
	apply(l);
	r = lease(l);
	assert_string_equal(r.domain, "corp.example");
	assert_string_equal(r.dns, "192.168.100.53");
	assert_string_equal(r.netbios, "192.168.100.60");
	l->w.imported.domain = "other.example";
	l->w.imported.netbios = one("192.168.100.61");
	apply(l);
	until_domain(l, r.addr, "other.example");
	assert_string_equal(exchange(l, REQUEST, r.addr).netbios, "192.168.100.61");
	l->w.imported = (struct dhcp_imported){0};
	apply(l);
	until_domain(l, r.addr, "");
	assert_string_equal(exchange(l, REQUEST, r.addr).netbios, "");
	assert_true(dhcpd_info(l->d, &i));
	assert_int_equal(i.starts, 1); /* the same process all the time */
}

static void a_lease_survives_a_restart_and_can_be_cleared(void **state)
{
	struct lab *l = *state;
	struct found f = {0};
	struct child_info i;
	struct reply r;

	apply(l);
	r = lease(l);
	l->pool.lease_s = 3600; /* needs a restart */
	apply(l);
	while (exchange(l, REQUEST, r.addr).lease_s != 3600)
		;
	dhcpd_bindings(l->d, find, &f);
	assert_int_equal(f.n, 1);
	dhcpd_clear(l->d, &f.last.addr, mono_ms());
	f.n = 1;
	uint64_t end = mono_ms() + NS_WAIT_MS;

	while (f.n) {
		assert_true(mono_ms() < end);
		tick(l);
		f.n = 0;
		dhcpd_bindings(l->d, find, &f);
		poll(NULL, 0, 10);
	}
	assert_true(dhcpd_info(l->d, &i));
	lease(l);
	dhcpd_bindings(l->d, find, &f);
	assert_int_equal(f.n, 1);
}

static void a_manual_binding_gets_its_address(void **state)
{
	struct lab *l = *state;
	struct dhcp_pool pools[2] = {l->pool, {.name = "PC",
	                                              .host = px("10.20.20.77/24"),
	                                              .has_hwaddr = true,
	                                              .domain = "pc.example"}};
	struct found f = {0};
	struct reply r;

	memcpy(pools[1].hwaddr, l->mac, 6);
	l->w.pool = pools;
	l->w.n_pool = 2;
	apply(l);
	r = lease(l);
	assert_string_equal(r.addr, "10.20.20.77");
	assert_string_equal(r.domain, "pc.example");
	dhcpd_bindings(l->d, find, &f);
	assert_int_equal(f.n, 1);
	assert_true(f.last.manual);
}

static bool gone(void *ctx)
{
	struct lab *l = ctx;

	tick(l);
	return !children_count(l->set);
}

static void without_pools_nothing_runs(void **state)
{
	struct lab *l = *state;
	struct child_info i;

	apply(l);
	lease(l);
	l->w.n_pool = 0;
	apply(l);
	assert_false(dhcpd_info(l->d, &i));
	assert_true(ns_until(gone, l));
}

/* Our client on the inside host, our server on the router. */
struct client {
	struct lab *l;
	struct children *set;
	struct dhcpc *c;
	unsigned changes;
	const char *want;
};

static void on_lease(void *ctx, const struct dhcpc_lease *l)
{
	struct client *c = ctx;

	(void)l;
	c->changes++;
}

static bool has_domain(void *ctx)
{
	struct client *c = ctx;

	tick(c->l);
	ns_enter(c->l->inside);
	children_poll(c->set, mono_ms());
	return dhcpc_lease(c->c)->bound && strcmp(dhcpc_lease(c->c)->domain, c->want) == 0;
}

static bool unbound(void *ctx)
{
	struct client *c = ctx;

	tick(c->l);
	ns_enter(c->l->inside);
	children_poll(c->set, mono_ms());
	return !dhcpc_lease(c->c)->bound;
}

static void our_client_gets_follows_and_releases(void **state)
{
	struct lab *l = *state;
	struct client c = {.l = l, .set = children_new(), .want = "corp.example"};
	char path[100];
	struct found f = {0};

	l->w.imported = (struct dhcp_imported){.domain = "corp.example",
	        .dns = one("192.168.100.53"),
	        .netbios = one("192.168.100.60")};
	apply(l);
	ns_enter(l->inside);
	c.c = dhcpc_start(c.set, l->leases, "eth0", "spoke1", on_lease, &c, mono_ms());
	assert_true(ns_until(has_domain, &c));
	assert_int_equal(dhcpc_lease(c.c)->n_netbios, 1);
	assert_int_equal(dhcpc_lease(c.c)->addr.len, 24);
	assert_int_equal(c.changes, 1);
	assert_false(ns_prints(l->inside, "ip addr", "10.20.20.")); /* it touches nothing */
	dhcpd_bindings(l->d, find, &f);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.last.name, "spoke1");
	assert_true(dhcpc_release(c.c));
	assert_true(ns_until(unbound, &c));
	assert_int_equal(c.changes, 2);
	dhcpc_stop(c.c, mono_ms());
	children_free(c.set);
	snprintf(path, sizeof(path), "%s/dhcp-event", l->leases);
	assert_int_equal(unlink(path), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ranges_are_what_exclusions_leave),
	        cmocka_unit_test(a_pool_of_no_interface_is_not_served),
	        cmocka_unit_test(a_host_pool_is_one_clients),
	        cmocka_unit_test(what_is_typed_wins_over_what_is_imported),
	        cmocka_unit_test(a_pushed_name_cannot_add_a_line),
	        cmocka_unit_test(leases_are_read),
	        cmocka_unit_test(the_clients_script_is_read),
	        T(a_client_gets_an_address_and_is_shown),
	        T(what_the_hub_pushes_comes_changes_and_goes),
	        T(a_lease_survives_a_restart_and_can_be_cleared),
	        T(a_manual_binding_gets_its_address),
	        T(without_pools_nothing_runs),
	        T(our_client_gets_follows_and_releases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
