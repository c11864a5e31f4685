/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random configurations of FlexVPN clients, and random edits of them: see flexvpn.h. */
#include "flexvpn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static const unsigned objects[] = {1, 2, 3, 21, 22, 31, 32, 41, 42, 43, 77 /* not configured */};

void sim_enter(struct sim *s, const char *fmt, ...)
{
	struct strbuf text = {0};
	va_list ap;

	va_start(ap, fmt);
	sb_vprintf(&text, fmt, ap);
	va_end(ap);
	sim_say(s, "config %s", sb_str(&text));
	world_enter(s->w, sb_str(&text));
	sb_fini(&text);
}

static unsigned some_object(struct sim *s)
{
	return objects[sim_below(s, ARRAY_LEN(objects))];
}

static const char *up_or_down(struct sim *s)
{
	return sim_chance(s, 70) ? "up" : "down";
}

void sim_turn(struct sim *s, unsigned stub, bool up)
{
	sim_enter(s, "track %u stub-object\ndefault-state %s", stub, up ? "up" : "down");
}

/* ---- lines of a client ------------------------------------------------------------- */

static void peer_line(struct sim *s, struct strbuf *b)
{
	unsigned kind = sim_below(s, 100);

	sb_printf(b, "peer %u ", 1 + sim_below(s, 9));
	if (kind < 18)
		sb_printf(b, "fqdn hub%u.example.net%s", sim_below(s, SIM_NAMES + 1),
		        sim_chance(s, 50) ? " dynamic" : "");
	else if (kind < 22)
		sb_puts(b, "10.0.0.9"); /* nobody there */
	else if (kind < 40)
		sb_printf(b, "2001:db8::%u", 1 + sim_below(s, WORLD_HUBS));
	else
		sb_printf(b, "10.0.0.%u", 1 + sim_below(s, WORLD_HUBS));
	if (sim_chance(s, 40))
		sb_printf(b, " track %u %s", some_object(s), up_or_down(s));
	sb_putc(b, '\n');
}

static void connect_line(struct sim *s, struct strbuf *b)
{
	unsigned kind = sim_below(s, 100);

	if (kind < 60)
		sb_puts(b, "connect auto\n");
	else if (kind < 75)
		sb_puts(b, "connect manual\n");
	else
		sb_printf(b, "connect track %u %s\n", some_object(s), up_or_down(s));
}

static void group_line(struct sim *s, struct strbuf *b)
{
	if (sim_chance(s, 50))
		sb_puts(b, "no backup group\n");
	else if (sim_chance(s, 50))
		sb_puts(b, "backup group default\n");
	else
		sb_printf(b, "backup group %u\n", 1 + sim_below(s, 2));
}

static void standby_line(struct sim *s, struct strbuf *b)
{
	sb_puts(b, sim_chance(s, 50) ? "standby\n" : "no standby\n");
}

static void source_lines(struct sim *s, struct strbuf *b)
{
	unsigned first = sim_below(s, 2);

	sb_printf(b, "source 1 Ethernet0/%u track %u\n", first, 21 + first);
	if (sim_chance(s, 70))
		sb_printf(b, "source 2 Ethernet0/%u track %u\n", 1 - first, 22 - first);
}

static void tunnel_lines(struct sim *s, unsigned n, struct strbuf *b)
{
	static const char *const source[] = {"Ethernet0/0", "Ethernet0/1", "dynamic"};

	sb_printf(b,
	        "interface Tunnel%u\nip address negotiated\ntunnel source %s\ntunnel destination "
	        "dynamic\ntunnel mode ipsec ipv4\n"
	        "tunnel protection ipsec profile ipsecprof\n",
	        n, source[sim_below(s, ARRAY_LEN(source))]);
}

static void client_lines(struct sim *s, unsigned n, struct strbuf *b)
{
	unsigned peers = 1 + sim_below(s, 5);

	tunnel_lines(s, n, b);
	sb_printf(b, "crypto ikev2 client flexvpn c%u\nclient connect Tunnel%u\n", n, n);
	for (unsigned i = 0; i < peers; i++)
		peer_line(s, b);
	connect_line(s, b);
	group_line(s, b);
	source_lines(s, b);
	sb_puts(b, sim_chance(s, 50) ? "peer reactivate\n" : "no peer reactivate\n");
	standby_line(s, b);
}

static void dpd_line(struct sim *s, struct strbuf *b)
{
	static const unsigned interval[] = {60, 120, 300, 600};

	sb_printf(b, "crypto ikev2 profile prof\ndpd %u %u %s\n",
	        interval[sim_below(s, ARRAY_LEN(interval))], 2 + sim_below(s, 10),
	        sim_chance(s, 75) ? "periodic" : "on-demand");
}

/* ---- the first configuration --------------------------------------------------------- */

static const char base[] =
        "platform interface Ethernet0/0 device eth0\nplatform interface Ethernet0/1 device eth1\n"
        "crypto ikev2 authorization policy pol\nroute set interface\nroute accept any\n"
        "crypto ikev2 keyring key\npeer all\naddress 0.0.0.0 0.0.0.0\npre-shared-key cisco\n"
        "peer all6\naddress ::/0\npre-shared-key cisco\n"
        "crypto ikev2 profile prof\nmatch identity remote address 10.0.0.0 255.0.0.0\n"
        "match identity remote address 2001:db8::/32\n"
        "authentication local pre-share\nauthentication remote pre-share\nkeyring key\n"
        "aaa authorization group psk list default pol\nconfig-mode set\n"
        "crypto ipsec transform-set trans esp-aes\ncrypto ipsec profile ipsecprof\n"
        "set transform-set trans\nset ikev2-profile prof\n"
        "interface Ethernet0/0\nip address 172.16.0.1 255.255.0.0\n"
        "ipv6 address 2001:db8:16::1/64\n"
        "interface Ethernet0/1\nip address 172.20.0.1 255.255.0.0\n"
        "ipv6 address 2001:db8:20::1/64\n"
        "ip route 0.0.0.0 0.0.0.0 172.16.0.254\nip route 0.0.0.0 0.0.0.0 172.20.0.254 10\n"
        "track 21 interface Ethernet0/0 line-protocol\n"
        "track 22 interface Ethernet0/1 line-protocol\n"
        "track 31 ip sla 5 reachability\ntrack 32 ip sla 6 reachability\n"
        "track 41 list boolean and\nobject 1\nobject 21\n"
        "track 42 list boolean or\nobject 2 not\nobject 31\n"
        "track 43 ip route 10.99.0.0 255.255.0.0 reachability\n";

void sim_configure(struct sim *s)
{
	struct strbuf b = {0};

	sb_puts(&b, base);
	for (unsigned i = 5; i <= 6; i++)
		sb_printf(&b,
		        "ip sla %u\nicmp-echo 10.0.0.%u source-interface Ethernet0/%u\nfrequency "
		        "%u\ntimeout 2000\nthreshold 2000\nexit\nexit\nip sla schedule %u life "
		        "forever start-time now\n",
		        i, 1 + sim_below(s, WORLD_HUBS), i - 5, 60 * (1 + sim_below(s, 10)), i);
	if (sim_chance(s, 50))
		sb_printf(&b,
		        "track 31 ip sla 5 reachability\ndelay up %u down %u\ntrack 21 interface "
		        "Ethernet0/0 line-protocol\ndelay down %u\n",
		        sim_below(s, 60), sim_below(s, 60), 1 + sim_below(s, 20));
	for (unsigned i = 1; i <= SIM_STUBS; i++)
		sb_printf(&b, "track %u stub-object\ndefault-state %s\n", i, up_or_down(s));
	dpd_line(s, &b);
	if (sim_chance(s, 70))
		sb_puts(&b, "crypto ikev2 redirect client\n");
	for (unsigned i = 0; i < s->n_clients; i++) {
		client_lines(s, i, &b);
		s->c[i].wanted = true;
	}
	sim_enter(s, "%s", sb_str(&b));
	sb_fini(&b);
}

/* ---- edits ------------------------------------------------------------------------------- */

static void edit_peers(struct sim *s, unsigned n, struct strbuf *b)
{
	sb_printf(b, "crypto ikev2 client flexvpn c%u\n", n);
	if (sim_chance(s, 50))
		sb_printf(b, "no peer %u\n", 1 + sim_below(s, 9));
	else
		peer_line(s, b);
	if (sim_chance(s, 10))
		sb_puts(b, "no peer\n");
}

static void edit_client(struct sim *s, unsigned n, struct strbuf *b)
{
	void (*const line[])(struct sim *, struct strbuf *) = {
	        connect_line, group_line, source_lines, peer_line, standby_line};

	sb_printf(b, "crypto ikev2 client flexvpn c%u\n", n);
	line[sim_below(s, ARRAY_LEN(line))](s, b);
	if (sim_chance(s, 30))
		sb_puts(b, sim_chance(s, 50) ? "peer reactivate\n" : "no peer reactivate\n");
}

static void add_or_remove(struct sim *s, unsigned n, struct strbuf *b)
{
	if (s->c[n].wanted && sim_chance(s, 40)) {
		sb_printf(b, "no crypto ikev2 client flexvpn c%u\n", n);
		s->c[n].wanted = false;
		return;
	}
	client_lines(s, n, b);
	s->c[n].wanted = true;
}

static void edit_around(struct sim *s, unsigned n, struct strbuf *b)
{
	switch (sim_below(s, 8)) {
	case 0:
		sb_printf(b, "interface Tunnel%u\n%sshutdown\n", n, sim_chance(s, 30) ? "" : "no ");
		return;
	case 1:
		tunnel_lines(s, n, b);
		return;
	case 2:
		s->key_until = s->w->now + sim_below(s, 20 * MINUTE); /* it is noticed then */
		sb_puts(b, "crypto ikev2 keyring key\npeer all\npre-shared-key mistyped\n");
		return;
	case 3:
		sb_printf(b, "crypto ikev2 authorization policy pol\n%sroute accept any\n",
		        sim_chance(s, 30) ? "no " : "");
		return;
	case 4:
		sb_printf(b, "%sip route 10.99.0.0 255.255.0.0 172.16.0.253\n",
		        sim_chance(s, 50) ? "no " : "");
		return;
	case 5:
		sb_printf(b,
		        "ip sla 5\nicmp-echo 10.0.0.%u source-interface Ethernet0/0\nexit\nexit\n",
		        1 + sim_below(s, WORLD_HUBS));
		return;
	case 6:
		sb_printf(b, "%sip route 10.0.0.%u 255.255.255.255 172.16.0.254\n",
		        sim_chance(s, 50) ? "no " : "", 1 + sim_below(s, WORLD_HUBS));
		return;
	default:
		dpd_line(s, b);
	}
}

void sim_edit(struct sim *s)
{
	unsigned n = sim_below(s, s->n_clients), kind = sim_below(s, 100);
	struct strbuf b = {0};

	if (kind < 10 || !s->c[n].wanted)
		add_or_remove(s, n, &b);
	else if (kind < 45)
		edit_peers(s, n, &b);
	else if (kind < 75)
		edit_client(s, n, &b);
	else
		edit_around(s, n, &b);
	sim_enter(s, "%s", sb_str(&b));
	sb_fini(&b);
}

void sim_repair(struct sim *s)
{
	struct strbuf b = {0};

	sb_puts(&b, "crypto ikev2 keyring key\npeer all\npre-shared-key cisco\n");
	for (unsigned i = 1; i <= SIM_STUBS; i++)
		sb_printf(&b, "track %u stub-object\ndefault-state up\n", i);
	sim_enter(s, "%s", sb_str(&b));
	sb_fini(&b);
}
