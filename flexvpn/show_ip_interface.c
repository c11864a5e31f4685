/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip interface, show arp: exec-and-cli reference B12 and D. */
#include <stdio.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

enum { ADDRESSES = 16 };

static const char *set_or(const char *name)
{
	return name ? name : "not set";
}

/* ---- show ip interface ---------------------------------------------------------------------- */

static void addresses(struct exec *e, const struct fx_interface *i)
{
	struct prefix p[ADDRESSES];
	size_t n = fx_interface_addresses(e->fx, i, AF_INET, p, ADDRESSES);
	char text[PREFIX_STRLEN];

	if (i->unnumbered)
		out_field_str(e->o, "unnumbered",
		        "  Interface is unnumbered. Using address of %s\n", i->unnumbered);
	if (n)
		out_field_str(
		        e->o, "address", "  Internet address is %s\n", prefix_fmt(&p[0], text));
	out_text(e->o, "  Broadcast address is 255.255.255.255\n");
	out_field_str(e->o, "determined-by", "  Address determined by %s\n",
	        i->negotiated ? "IKEv2"
	        : i->dhcp     ? "DHCP"
	        : i->n_addr   ? "configuration file"
	                      : "the system");
	out_list(e->o, "secondary");
	for (size_t k = 1; k < n; k++)
		out_field_str(e->o, NULL, "  Secondary address %s\n", prefix_fmt(&p[k], text));
	out_list_end(e->o);
}

static void filters(struct exec *e, const struct fx_interface *i)
{
	out_text(e->o, "  Outgoing Common access list is not set \n");
	out_field_str(e->o, "acl-out", "  Outgoing access list is %s\n", set_or(i->acl_out));
	out_text(e->o, "  Inbound Common access list is not set \n");
	out_field_str(e->o, "acl-in", "  Inbound  access list is %s\n", set_or(i->acl_in));
	out_field_str(e->o, "nat", "  Network address translation is %s\n",
	        i->nat_inside    ? "enabled, interface in domain inside"
	        : i->nat_outside ? "enabled, interface in domain outside"
	                         : "disabled");
}

static void one(struct exec *e, const struct fx_interface *i)
{
	bool line = fx_line_up(e->fx, i, NULL);
	const char *state = i->shutdown            ? "administratively down"
	                    : i->is_tunnel || line ? "up"
	                                           : "down";
	struct prefix p;
	struct net_link l;
	bool there = fx_link(e->fx, i, &l);

	out_obj(e->o, NULL);
	out_field_str(e->o, "interface", "%s is ", i->name);
	out_field_str(e->o, "status", "%s, line protocol is ", state);
	out_field_str(e->o, "protocol", "%s\n", line ? "up" : "down");
	if (!i->unnumbered && !fx_interface_addresses(e->fx, i, AF_INET, &p, 1)) {
		out_text(e->o, "  Internet protocol processing disabled\n");
	} else {
		addresses(e, i);
		out_field_int(e->o, "mtu", "  MTU is %lld bytes\n",
		        i->ip_mtu ? i->ip_mtu
		        : there   ? l.mtu
		                  : 1500);
		out_text(e->o, "  Helper address is not set\n"
		               "  Directed broadcast forwarding is disabled\n");
		filters(e, i);
		if (i->vrf)
			out_field_str(e->o, "vrf", "  VPN Routing/Forwarding \"%s\"\n", i->vrf);
	}
	out_obj_end(e->o);
}

void exec_show_ip_interface(struct exec *e, const struct gl_exec_show_ip_interface *a)
{
	bool any = !a->has_ifname;

	out_list(e->o, NULL);
	for (size_t n = 0; n < e->fx->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &e->fx->cfg->interfaces.v[n];

		if (a->has_ifname && strcmp(a->ifname, i->name) != 0)
			continue;
		any = true;
		one(e, i);
	}
	out_list_end(e->o);
	if (!any) {
		out_text(e->o, "%% Invalid interface: %s is not configured\n", a->ifname);
		e->failed = true;
	}
}

/* ---- show arp ------------------------------------------------------------------------------- */

struct arp_view {
	struct exec *e;
	const char *ifname;        /* wanted; NULL: all */
	const struct ipaddr *addr; /* wanted; NULL: all */
	const struct fx_interface *of;
	uint32_t ifindex;
};

static void arp_row(struct arp_view *v, const struct ipaddr *addr, const uint8_t mac[6], int age)
{
	struct out *o = v->e->o;
	char text[IPADDR_STRLEN], hw[16], minutes[16] = "-";

	if (v->addr && !ipaddr_eq(v->addr, addr))
		return;
	snprintf(hw, sizeof(hw), "%02x%02x.%02x%02x.%02x%02x", mac[0], mac[1], mac[2], mac[3],
	        mac[4], mac[5]);
	if (age >= 0)
		snprintf(minutes, sizeof(minutes), "%d", age);
	out_obj(o, NULL);
	out_field_str(o, "address", "Internet  %-15s", ipaddr_fmt(addr, text));
	out_field_str(o, "age", "%8s", minutes);
	out_field_str(o, "mac", "   %s  ARPA   ", hw);
	out_field_str(o, "interface", "%s\n", v->of->name);
	out_obj_end(o);
}

static bool neighbour(void *ctx, const struct net_neighbour *b)
{
	struct arp_view *v = ctx;

	if (b->ifindex == v->ifindex)
		arp_row(v, &b->addr, b->mac, (int)(b->age_s / 60));
	return true;
}

static void show_arp(struct arp_view *v)
{
	static const uint8_t none[6];
	const struct fx *x = v->e->fx;
	struct prefix p[ADDRESSES];
	struct net_link l;

	out_text(v->e->o,
	        "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n");
	out_list(v->e->o, NULL);
	for (size_t n = 0; n < x->cfg->interfaces.n; n++) {
		v->of = &x->cfg->interfaces.v[n];
		if ((v->ifname && strcmp(v->ifname, v->of->name) != 0) || v->of->is_tunnel ||
		        v->of->is_loopback || !fx_link(x, v->of, &l) ||
		        memcmp(l.mac, none, sizeof(none)) == 0)
			continue;
		v->ifindex = l.index;
		for (size_t k = 0, own = fx_interface_addresses(x, v->of, AF_INET, p, ADDRESSES);
		        k < own; k++)
			arp_row(v, &p[k].addr, l.mac, -1);
		x->b.net_ops->neighbours(x->b.net, AF_INET, neighbour, v);
	}
	out_list_end(v->e->o);
}

void exec_show_arp(struct exec *e, const struct gl_exec_show_arp *a)
{
	struct arp_view v = {.e = e,
	        .ifname = a->has_ifname ? a->ifname : NULL,
	        .addr = a->has_addr ? &a->addr : NULL};

	show_arp(&v);
}

void exec_show_ip_arp(struct exec *e, const struct gl_exec_show_ip_arp *a)
{
	struct arp_view v = {.e = e,
	        .ifname = a->has_ifname ? a->ifname : NULL,
	        .addr = a->has_addr ? &a->addr : NULL};

	show_arp(&v);
}
