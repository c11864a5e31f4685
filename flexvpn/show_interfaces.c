/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip interface brief, show ipv6 interface brief, show interfaces [description]: exec-and-cli
 * reference B11, B12. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/counters.h"
#include "flexvpn/exec.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

struct first_addr {
	struct prefix p;
	bool found;
};

static bool take_first4(void *ctx, const struct net_addr *a)
{
	struct first_addr *f = ctx;

	if (a->addr.addr.family != AF_INET)
		return true;
	f->p = a->addr;
	f->found = true;
	return false;
}

static bool address4(const struct fx *x, const struct fx_interface *i, struct prefix *out)
{
	struct first_addr f = {0};
	struct net_link l;

	if (fx_interface_addresses(x, i, AF_INET, out, 1))
		return true;
	if (fx_link(x, i, &l))
		x->b.net_ops->addrs(x->b.net, l.index, take_first4, &f);
	*out = f.p;
	if (!f.found && i->n_addr) {
		*out = i->addr[0];
		return true;
	}
	return f.found;
}

static const char *method(const struct fx_interface *i, bool has)
{
	return i->dhcp         ? "DHCP"
	       : !has          ? "unset"
	       : i->negotiated ? "manual"
	       : i->n_addr     ? "manual"
	                       : "other";
}

void exec_show_ip_interface_brief(struct exec *e, const struct gl_exec_show_ip_interface_brief *a)
{
	(void)a;
	out_text(e->o, "Interface              IP-Address      OK? Method Status                "
	               "Protocol\n");
	out_list(e->o, NULL);
	for (size_t n = 0; n < e->fx->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &e->fx->cfg->interfaces.v[n];
		char addr[IPADDR_STRLEN] = "unassigned";
		struct prefix p;
		bool has = address4(e->fx, i, &p), line = fx_line_up(e->fx, i, NULL);
		bool up = !i->shutdown && (i->is_tunnel || line);

		if (has)
			ipaddr_fmt(&p.addr, addr);
		out_obj(e->o, NULL);
		out_field_str(e->o, "interface", "%-23s", i->name);
		out_field_str(e->o, "address", "%-16s", addr);
		out_field_str(e->o, "method", "YES %-7s", method(i, has));
		out_field_str(e->o, "status", "%-22s",
		        i->shutdown ? "administratively down"
		        : up        ? "up"
		                    : "down");
		out_field_str(e->o, "protocol", "%-8s\n", line ? "up" : "down");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

/* The address that an idle tunnel would be sourced from. */
static bool source_address(struct exec *e, const struct fx_interface *tunnel, char *text)
{
	const struct fx_interface *i = fx_find_interface(e->fx->cfg, tunnel->source_if);
	struct prefix p;

	if (!i || !address4(e->fx, i, &p))
		return false;
	ipaddr_fmt(&p.addr, text);
	return true;
}

static void tunnel_lines(
        struct exec *e, const struct fx_interface *i, const char *why, uint32_t mtu)
{
	static const char *const transport[] = {
	        "GRE/IP", "GRE/IPv6", "IPSEC/IP", "IPSEC/IPv6", "IPSEC/IP"};
	const struct fx_client *c = fx_client_by_tunnel(e->fx, i->name);
	char a[IPADDR_STRLEN], d[IPADDR_STRLEN];
	bool up = c && c->child_up;

	out_text(e->o, "  Keepalive not set\n  Tunnel linestate evaluation %s%s%s\n",
	        up ? "up" : "down", up ? "" : " - ", up ? "" : why);
	if (up)
		out_text(e->o, "  Tunnel source %s (%s), destination %s\n",
		        ipaddr_fmt(&c->local, a), c->source, ipaddr_fmt(&c->peer, d));
	else if (i->source_if && source_address(e, i, a))
		out_text(e->o, "  Tunnel source %s (%s)\n", a, i->source_if);
	else
		out_text(e->o, "  Tunnel source %s\n",
		        i->source_if ? i->source_if : ipaddr_fmt(&i->source_addr, a));
	out_text(e->o, "  Tunnel protocol/transport %s\n", transport[i->mode]);
	if (i->mode <= FX_TUN_GRE6) {
		if (i->has_key)
			out_text(e->o, "    Key 0x%X, sequencing disabled\n", i->key);
		else
			out_text(e->o, "    Key disabled, sequencing disabled\n");
		out_text(e->o, "    Checksumming of packets disabled\n");
	}
	out_text(e->o, "  Tunnel TTL 255, Fast tunneling enabled\n");
	if (mtu)
		out_text(e->o, "  Tunnel transport MTU %u bytes\n", mtu);
	if (i->protection)
		out_text(e->o, "  Tunnel protection via IPSec (profile \"%s\")\n", i->protection);
}

static void traffic(struct exec *e, const struct fx_interface *i, struct net_link *l)
{
	uint64_t since = fx_counters_since(e->fx, i->name, l);
	char age[16] = "never";

	if (since)
		fx_age_fmt((mono_ms() - since) / 1000, age);
	out_field_str(e->o, "counters-cleared",
	        "  Last clearing of \"show interface\" counters %s\n", age);
	out_text(e->o, "     %llu packets input, %llu bytes, 0 no buffer\n",
	        (unsigned long long)l->rx_packets, (unsigned long long)l->rx_bytes);
	out_text(e->o, "     %llu input errors, 0 CRC, 0 frame, 0 overrun, %llu ignored, 0 abort\n",
	        (unsigned long long)l->rx_errors, (unsigned long long)l->rx_dropped);
	out_text(e->o, "     %llu packets output, %llu bytes, 0 underruns\n",
	        (unsigned long long)l->tx_packets, (unsigned long long)l->tx_bytes);
	out_text(e->o, "     %llu output errors, 0 collisions, 0 interface resets\n",
	        (unsigned long long)l->tx_errors);
	out_int(e->o, "packets-in", (int64_t)l->rx_packets);
	out_int(e->o, "packets-out", (int64_t)l->tx_packets);
}

static void one_interface(struct exec *e, const struct fx_interface *i)
{
	struct net_link l = {0};
	struct prefix p;
	const char *why;
	char a[PREFIX_STRLEN];
	bool line = fx_line_up(e->fx, i, &why), there = fx_link(e->fx, i, &l);
	const char *state = i->shutdown            ? "administratively down"
	                    : i->is_tunnel || line ? "up"
	                                           : "down";

	out_obj(e->o, NULL);
	out_str(e->o, "interface", i->name);
	out_str(e->o, "status", state);
	out_str(e->o, "protocol", line ? "up" : "down");
	out_text(e->o, "%s is %s, line protocol is %s \n", i->name, state, line ? "up" : "down");
	out_text(e->o, "  Hardware is %s\n",
	        i->is_tunnel     ? "Tunnel"
	        : i->is_loopback ? "Loopback"
	                         : "Ethernet");
	if (i->device && strcmp(i->device, i->name) != 0)
		out_field_str(e->o, "device", "  Bound to device %s\n", i->device);
	if (!line && !i->shutdown && !i->is_tunnel)
		out_field_str(e->o, "reason", "  Down: %s\n", why);
	if (i->description)
		out_field_str(e->o, "description", "  Description: %s\n", i->description);
	if (address4(e->fx, i, &p))
		out_field_str(e->o, "address", "  Internet address is %s\n", prefix_fmt(&p, a));
	out_text(e->o,
	        "  MTU %u bytes, BW %u Kbit/sec, DLY %u usec, \n     reliability 255/255, txload "
	        "1/255, rxload 1/255\n",
	        there ? l.mtu : 1500, i->is_tunnel ? 100u : 1000000u, i->is_tunnel ? 50000u : 10u);
	out_text(e->o, "  Encapsulation %s, loopback not set\n",
	        i->is_tunnel     ? "TUNNEL"
	        : i->is_loopback ? "LOOPBACK"
	                         : "ARPA");
	if (i->is_tunnel)
		tunnel_lines(e, i, why, there ? l.mtu : 0);
	traffic(e, i, &l);
	out_obj_end(e->o);
}

void exec_show_interfaces(struct exec *e, const struct gl_exec_show_interfaces *a)
{
	out_list(e->o, NULL);
	for (size_t n = 0; n < e->fx->cfg->interfaces.n; n++)
		if (!a->has_ifname || strcmp(a->ifname, e->fx->cfg->interfaces.v[n].name) == 0)
			one_interface(e, &e->fx->cfg->interfaces.v[n]);
	out_list_end(e->o);
}

/* ---- short forms
 * ----------------------------------------------------------------------------------------------------------
 */

static const char *short_status(const struct exec *e, const struct fx_interface *i)
{
	return i->shutdown                                  ? "admin down"
	       : i->is_tunnel || fx_line_up(e->fx, i, NULL) ? "up"
	                                                    : "down";
}

void exec_show_interfaces_description(
        struct exec *e, const struct gl_exec_show_interfaces_description *a)
{
	(void)a;
	out_text(e->o, "Interface                      Status         Protocol Description\n");
	out_list(e->o, NULL);
	for (size_t n = 0; n < e->fx->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &e->fx->cfg->interfaces.v[n];
		char name[40];

		out_obj(e->o, NULL);
		out_text(e->o, "%-31s", gr_ifname_short(i->name, name));
		out_str(e->o, "interface", i->name);
		out_field_str(e->o, "status", "%-15s", short_status(e, i));
		out_field_str(e->o, "protocol", "%-9s", fx_line_up(e->fx, i, NULL) ? "up" : "down");
		out_field_str(e->o, "description", "%s\n", i->description ? i->description : "");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}

struct addrs6 {
	struct out *o;
	bool link_local, any;
};

static bool print_addr6(void *ctx, const struct net_addr *a)
{
	struct addrs6 *w = ctx;
	char text[IPADDR_STRLEN];
	bool link_local = a->addr.addr.b[0] == 0xfe && (a->addr.addr.b[1] & 0xc0) == 0x80;

	if (a->addr.addr.family != AF_INET6 || link_local != w->link_local)
		return true;
	w->any = true;
	out_field_str(w->o, NULL, "    %s\n", ipaddr_fmt(&a->addr.addr, text));
	return true;
}

void exec_show_ipv6_interface_brief(
        struct exec *e, const struct gl_exec_show_ipv6_interface_brief *a)
{
	(void)a;
	out_list(e->o, NULL);
	for (size_t n = 0; n < e->fx->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &e->fx->cfg->interfaces.v[n];
		struct addrs6 w = {.o = e->o, .link_local = true};
		struct net_link l;

		out_obj(e->o, NULL);
		out_field_str(e->o, "interface", "%-23s", i->name);
		out_text(e->o, "[%s/%s]\n",
		        i->shutdown ? "administratively down" : short_status(e, i),
		        fx_line_up(e->fx, i, NULL) ? "up" : "down");
		out_list(e->o, "addresses");
		if (fx_link(e->fx, i, &l)) {
			e->fx->b.net_ops->addrs(e->fx->b.net, l.index, print_addr6, &w);
			w.link_local = false;
			e->fx->b.net_ops->addrs(e->fx->b.net, l.index, print_addr6, &w);
		}
		out_list_end(e->o);
		if (!w.any)
			out_text(e->o, "    unassigned\n");
		out_obj_end(e->o);
	}
	out_list_end(e->o);
}
