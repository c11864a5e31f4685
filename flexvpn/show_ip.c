/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip route and its summary, show ipv6 route: exec-and-cli reference B13. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/services.h"
#include "flexvpn/show.h"
#include "flexvpn/show_routing.h"
#include "grammar/gen/exec.h"

/* ---- interface names
 * ------------------------------------------------------------------------------------------------
 */

/* The IOS name of a device; its own where it has none. */
static const char *ios_name(const struct fx *x, uint32_t ifindex, char buf[40])
{
	struct net_link l;

	if (!ifindex || !x->b.net_ops->link_by_index(x->b.net, ifindex, &l)) {
		snprintf(buf, 40, "Null0");
		return buf;
	}
	snprintf(buf, 40, "%s", l.name);
	for (size_t i = 0; i < x->cfg->interfaces.n; i++)
		if (x->cfg->interfaces.v[i].device &&
		        strcmp(x->cfg->interfaces.v[i].device, l.name) == 0)
			snprintf(buf, 40, "%s", x->cfg->interfaces.v[i].name);
	return buf;
}

/* ---- routes
 * -----------------------------------------------------------------------------------------------------------
 */

struct rib_entry {
	struct prefix dst;
	struct ipaddr gateway;
	char code; /* C L S B O … */
	uint8_t proto;
	uint32_t distance, metric, tag;
	char kind[3], age[16]; /* of what a routing protocol has learned */
	char ifname[40];
	bool null0;
};

struct rib {
	const struct fx *x;
	const char *vrf; /* NULL: the global table */
	struct rib_entry *v;
	size_t n, cap;
	int family;
};

static void rib_add(struct rib *rib, const struct rib_entry *e)
{
	if (rib->n == rib->cap) {
		rib->cap = rib->cap ? 2 * rib->cap : 64;
		rib->v = xrealloc(rib->v, rib->cap * sizeof(*rib->v));
	}
	rib->v[rib->n++] = *e;
}

static char code_of(const struct net_route *r)
{
	if (r->proto == 2) /* RTPROT_KERNEL */
		return 'C';
	return frr_code(r->proto) ? frr_code(r->proto) : 'S';
}

static bool rib_route(void *ctx, const struct net_route *r)
{
	struct rib *rib = ctx;
	const struct fx_route_want *w = r->proto == NET_ROUTE_PROTO ? fx_route_of(rib->x, r) : NULL;
	struct rib_entry e = {.dst = r->dst,
	        .gateway = r->gateway,
	        .code = code_of(r),
	        .proto = r->proto,
	        .null0 = r->blackhole};

	if (r->dst.addr.family != rib->family || ipaddr_is_multicast(&r->dst.addr))
		return true;
	if (e.code != 'C') {
		e.distance = w ? w->distance : 1;
		e.tag = w ? w->tag : 0;
	}
	ios_name(rib->x, r->ifindex, e.ifname);
	if (w && w->permanent && r->blackhole) { /* as configured, though nothing gets through */
		e.gateway = w->gateway;
		snprintf(e.ifname, sizeof(e.ifname), "%s", w->ifname);
	}
	rib_add(rib, &e);
	for (uint8_t i = 0; i < r->n_more; i++) {
		e.gateway = r->more[i].gateway;
		ios_name(rib->x, r->more[i].ifindex, e.ifname);
		rib_add(rib, &e);
	}
	return true;
}

static bool is_in(const struct rib *rib, const char *ifname)
{
	const struct fx_interface *i = fx_find_interface(rib->x->cfg, ifname);
	const char *vrf = i ? i->vrf : NULL;

	return rib->vrf ? vrf && strcmp(vrf, rib->vrf) == 0 : !vrf;
}

/* L routes: every address of ours, and the connected network of host addresses that the kernel
 * keeps no route for. */
static bool rib_addr(void *ctx, const struct net_addr *a)
{
	struct rib *rib = ctx;
	struct net_link l;
	struct rib_entry e = {.dst = a->addr, .code = 'L'};

	if (a->addr.addr.family != rib->family ||
	        !rib->x->b.net_ops->link_by_index(rib->x->b.net, a->ifindex, &l) || l.loopback ||
	        !l.up)
		return true;
	e.code = a->addr.len == ipaddr_bits(&a->addr.addr) ? 'C' : 'L';
	e.dst.len = ipaddr_bits(&a->addr.addr);
	ios_name(rib->x, a->ifindex, e.ifname);
	if (is_in(rib, e.ifname))
		rib_add(rib, &e);
	return true;
}

static int rib_order(const void *a, const void *b)
{
	const struct rib_entry *x = a, *y = b;
	int c = prefix_cmp(&x->dst, &y->dst);

	if (c || x->distance != y->distance)
		return c ? c : x->distance < y->distance ? -1 : 1;
	c = ipaddr_cmp(&x->gateway, &y->gateway);
	return c ? c : strcmp(x->ifname, y->ifname);
}

static bool same_dst(const struct rib_entry *a, const struct rib_entry *b)
{
	return prefix_cmp(&a->dst, &b->dst) == 0;
}

/* Another way of the same route? */
static bool same_route(const struct rib_entry *a, const struct rib_entry *b)
{
	return same_dst(a, b) && a->code == b->code;
}

/* Of several routes to one prefix only those of the best distance are in use. */
static void rib_best(struct rib *rib)
{
	size_t kept = 0;

	for (size_t i = 0; i < rib->n; i++)
		if (!kept || !same_dst(&rib->v[kept - 1], &rib->v[i]) ||
		        rib->v[kept - 1].distance == rib->v[i].distance)
			rib->v[kept++] = rib->v[i];
	rib->n = kept;
}

/* FRR is asked only when a route of its own is there. */
static void rib_learned(struct rib *rib)
{
	struct frr_rib *r = NULL;
	struct frr_learned l;

	for (size_t i = 0; i < rib->n; i++) {
		struct rib_entry *e = &rib->v[i];

		if (!frr_code(e->proto))
			continue;
		if (!r)
			r = frr_rib_read(rib->x, rib->family);
		frr_rib_find(r, &e->dst, e->proto, &l);
		e->distance = l.distance;
		e->metric = l.metric;
		snprintf(e->kind, sizeof(e->kind), "%s", l.kind);
		snprintf(e->age, sizeof(e->age), "%s", l.age);
	}
	frr_rib_free(r);
}

static struct rib rib_read(const struct fx *x, int family, const char *vrf)
{
	struct rib rib = {.x = x, .family = family, .vrf = vrf};
	uint32_t table = 0;

	if (vrf && (!fx_vrf_known(x, vrf) || !fx_vrf_table(x, fx_vrf_known(x, vrf), &table)))
		return rib; /* a VRF that nothing uses has no table yet */
	x->b.net_ops->routes(x->b.net, table, rib_route, &rib);
	x->b.net_ops->addrs(x->b.net, 0, rib_addr, &rib);
	rib_learned(&rib);
	if (rib.n)
		qsort(rib.v, rib.n, sizeof(*rib.v), rib_order);
	rib_best(&rib);
	return rib;
}

static void json_route(struct out *o, const struct rib_entry *e)
{
	char a[PREFIX_STRLEN], code[2] = {e->code, '\0'};

	out_obj(o, NULL);
	out_str(o, "prefix", prefix_fmt(&e->dst, a));
	out_str(o, "code", code);
	if (ipaddr_is_set(&e->gateway))
		out_str(o, "via", ipaddr_fmt(&e->gateway, a));
	out_str(o, "interface", e->ifname);
	out_int(o, "distance", e->distance);
	out_int(o, "metric", e->metric);
	out_int(o, "tag", e->tag);
	out_obj_end(o);
}

/* The classful network that IOS groups an IPv4 route under. */
static uint8_t classful_len(const struct ipaddr *a)
{
	return a->b[0] < 128 ? 8 : a->b[0] < 192 ? 16 : 24;
}

static struct prefix classful(const struct rib_entry *e)
{
	struct prefix p = prefix_of(&e->dst.addr, classful_len(&e->dst.addr));

	return prefix_mask(&p);
}

static bool has_parent(const struct rib_entry *e)
{
	return e->dst.len > classful_len(&e->dst.addr);
}

static void parent_line(struct out *o, const struct rib *rib, size_t at)
{
	struct prefix parent = classful(&rib->v[at]);
	bool len_seen[33] = {false};
	size_t subnets = 0, masks = 0;
	char a[PREFIX_STRLEN];

	for (size_t i = at; i < rib->n && has_parent(&rib->v[i]); i++) {
		struct prefix p = classful(&rib->v[i]);

		if (prefix_cmp(&p, &parent) != 0)
			break;
		subnets += i == at || !same_dst(&rib->v[i - 1], &rib->v[i]);
		masks += !len_seen[rib->v[i].dst.len];
		len_seen[rib->v[i].dst.len] = true;
	}
	if (masks > 1)
		out_text(o, "      %s is variably subnetted, %zu subnets, %zu masks\n",
		        prefix_fmt(&parent, a), subnets, masks);
	else
		out_text(o, "      %s/%u is subnetted, %zu subnets\n", ipaddr_fmt(&parent.addr, a),
		        rib->v[at].dst.len, subnets);
}

/* A further way to the network of the line before stands under that line's. */
static void route_line(struct out *o, const struct rib_entry *e, bool further)
{
	char a[PREFIX_STRLEN], g[IPADDR_STRLEN], head[12], left[64];
	bool candidate = e->dst.len == 0;

	snprintf(head, sizeof(head), "%c%s%s%s", e->code, candidate ? "*" : "",
	        e->kind[0] ? " " : "", e->kind);
	snprintf(left, sizeof(left), has_parent(e) ? "%-9s%s" : "%-6s%s", head,
	        prefix_fmt(&e->dst, a));
	out_text(o, "%*s", (int)strlen(left), further ? "" : left);
	if (ipaddr_is_set(&e->gateway))
		out_text(o, " [%u/%u] via %s%s%s\n", e->distance, e->metric,
		        ipaddr_fmt(&e->gateway, g), e->age[0] ? ", " : "", e->age);
	else
		out_text(o, " is directly connected, %s\n", e->ifname);
}

static const char codes4[] =
        "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n"
        "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n"
        "       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2\n"
        "       E1 - OSPF external type 1, E2 - OSPF external type 2\n"
        "       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2\n"
        "       ia - IS-IS inter area, * - candidate default, U - per-user static route\n"
        "       o - ODR, P - periodic downloaded static route, H - NHRP, l - LISP\n"
        "       a - application route\n"
        "       + - replicated route, % - next hop override, p - overrides from PfR\n\n";

static void last_resort(struct out *o, const struct rib *rib)
{
	char a[IPADDR_STRLEN];

	if (!rib->n || rib->v[0].dst.len != 0)
		out_text(o, "Gateway of last resort is not set\n\n");
	else if (ipaddr_is_set(&rib->v[0].gateway))
		out_text(o, "Gateway of last resort is %s to network 0.0.0.0\n\n",
		        ipaddr_fmt(&rib->v[0].gateway, a));
	else
		out_text(o, "Gateway of last resort is 0.0.0.0 to network 0.0.0.0\n\n");
}

/* The longest match; NULL: the address is in no route. */
static const struct rib_entry *rib_find(const struct rib *rib, const struct ipaddr *a)
{
	const struct rib_entry *best = NULL;

	for (size_t i = 0; i < rib->n; i++)
		if (prefix_contains(&rib->v[i].dst, a) &&
		        (!best || rib->v[i].dst.len >= best->dst.len))
			best = &rib->v[i];
	return best;
}

/* IOS says "subnet" when it knows the classful network that the address is in. */
static const char *not_in_table(const struct rib *rib, const struct ipaddr *a)
{
	struct prefix p = prefix_of(a, classful_len(a));

	for (size_t i = 0; i < rib->n; i++)
		if (rib->v[i].dst.len > p.len && prefix_contains(&p, &rib->v[i].dst.addr))
			return "% Subnet not in table\n";
	return "% Network not in table\n";
}

static void known_via(struct out *o, const struct rib_entry *r)
{
	const char *connected = ipaddr_is_set(&r->gateway)         ? ""
	                        : r->code == 'C' || r->code == 'L' ? " (connected, via interface)"
	                                                           : " (connected)";

	out_text(o, "  Known via \"%s\", distance %u, metric %u%s%s\n",
	        frr_code(r->proto) ? frr_name(r->proto)
	        : r->code == 'S'   ? "static"
	                           : "connected",
	        r->distance, r->metric, connected,
	        r->dst.len == 0 ? ", candidate default path" : "");
	if (r->tag)
		out_text(o, "  Tag %u\n", r->tag);
}

/* The first of several ways is the one that IOS marks. */
static void route_block(struct out *o, const struct rib_entry *r, bool first)
{
	char g[IPADDR_STRLEN];

	if (ipaddr_is_set(&r->gateway))
		out_text(o, "  %c %s\n", first ? '*' : ' ', ipaddr_fmt(&r->gateway, g));
	else
		out_text(o, "  %c directly connected, via %s\n", first ? '*' : ' ', r->ifname);
	out_text(o, "      Route metric is %u, traffic share count is 1\n", r->metric);
	if (r->tag)
		out_text(o, "      Route tag %u\n", r->tag);
	json_route(o, r);
}

/* `r` is the last of its network; those with other ways stand before it. */
static void route_detail(struct out *o, const struct rib *rib, const struct rib_entry *r)
{
	const struct rib_entry *first = r;
	char p[PREFIX_STRLEN];

	while (first > rib->v && same_route(first - 1, r))
		first--;

	out_text(o, "Routing entry for %s%s\n", prefix_fmt(&r->dst, p),
	        r->dst.len == 0 ? ", supernet" : "");
	known_via(o, r);
	out_text(o, "  Routing Descriptor Blocks:\n");
	for (const struct rib_entry *e = first; e <= r; e++)
		route_block(o, e, e == first);
}

static void one_route(struct exec *e, const struct ipaddr *a, const char *vrf)
{
	struct rib rib = rib_read(e->fx, AF_INET, vrf);
	const struct rib_entry *r = rib_find(&rib, a);

	out_list(e->o, NULL);
	if (r && (r->dst.len || ipaddr_is_any(a)))
		route_detail(e->o, &rib, r);
	else
		out_text(e->o, "%s", not_in_table(&rib, a));
	out_list_end(e->o);
	free(rib.v);
}

/* ---- how many
 * ----------------------------------------------------------------------------------------------------------
 */

enum { SOURCES = 12 }; /* more than there are protocols */

struct source {
	const char *name;
	size_t networks, subnets; /* as classes have it */
};

static const char *source_of(const struct rib_entry *r)
{
	return frr_code(r->proto) ? frr_name(r->proto) : r->code == 'S' ? "static" : "connected";
}

static void source_add(struct source *v, size_t *n, const struct rib_entry *r)
{
	const char *name = source_of(r);
	size_t i = 0;

	while (i < *n && strcmp(v[i].name, name) != 0)
		i++;
	if (i == SOURCES)
		return;
	if (i == *n)
		v[(*n)++] = (struct source){.name = name};
	*(has_parent(r) ? &v[i].subnets : &v[i].networks) += 1;
}

static void source_row(struct out *o, const struct source *s)
{
	out_obj(o, NULL);
	out_field_str(o, "source", "%-16s", s->name);
	out_field_int(o, "networks", "%-12lld", (int64_t)s->networks);
	out_field_int(o, "subnets", "%-12lld", (int64_t)s->subnets);
	out_text(o, "%-12d%-12d", 0, 0); /* replicated between VRFs; kept beside the entries */
	out_field_int(o, "memory", "%lld\n",
	        (int64_t)((s->networks + s->subnets) * sizeof(struct rib_entry)));
	out_obj_end(o);
}

/* The classful networks that stand above subnets are entries of IOS's own. */
static size_t parents(const struct rib *rib)
{
	struct prefix last = {0};
	size_t n = 0;

	for (size_t i = 0; i < rib->n; i++) {
		struct prefix p = classful(&rib->v[i]);

		if (!has_parent(&rib->v[i]) || prefix_cmp(&p, &last) == 0)
			continue;
		last = p;
		n++;
	}
	return n;
}

static void route_summary(struct exec *e, const char *vrf)
{
	struct rib rib = rib_read(e->fx, AF_INET, vrf);
	struct source v[SOURCES] = {{.name = "connected"}, {.name = "static"}},
	              all = {"Total", 0, 0};
	size_t n = 2, above = parents(&rib);

	for (size_t i = 0; i < rib.n; i++)
		if (!i || !same_route(&rib.v[i - 1], &rib.v[i]))
			source_add(v, &n, &rib.v[i]);
	out_text(e->o, "IP routing table name is %s\nIP routing table maximum-paths is %d\n",
	        vrf ? vrf : "default", NET_MAX_HOPS);
	out_text(e->o, "%-16s%-12s%-12s%-12s%-12s%s\n", "Route Source", "Networks", "Subnets",
	        "Replicates", "Overhead", "Memory (bytes)");
	out_list(e->o, NULL);
	for (size_t i = 0; i < n; i++) {
		source_row(e->o, &v[i]);
		all.networks += v[i].networks;
		all.subnets += v[i].subnets;
	}
	out_obj(e->o, NULL);
	out_field_str(e->o, "source", "%-16s", "internal");
	out_field_int(e->o, "networks", "%-48lld0\n", (int64_t)above);
	out_obj_end(e->o);
	all.networks += above;
	source_row(e->o, &all);
	out_list_end(e->o);
	free(rib.v);
}

void exec_show_ip_route(struct exec *e, const struct gl_exec_show_ip_route *a)
{
	struct rib rib;
	struct prefix parent = {0};
	const char *vrf = a->has_vrf ? a->vrf : NULL;

	if (vrf && !fx_find_vrf(e->fx->cfg, vrf)) {
		out_text(e->o, "%% IP routing table vrf %s does not exist\n", vrf);
		e->failed = true;
		return;
	}
	if (a->kw_summary) {
		route_summary(e, vrf);
		return;
	}
	if (vrf && !a->has_addr)
		out_text(e->o, "\nRouting Table: %s\n", vrf);
	if (a->has_addr) {
		one_route(e, &a->addr, vrf);
		return;
	}
	rib = rib_read(e->fx, AF_INET, vrf);
	out_text(e->o, "%s", codes4);
	last_resort(e->o, &rib);
	out_list(e->o, NULL);
	for (size_t i = 0; i < rib.n; i++) {
		struct prefix p = classful(&rib.v[i]);

		if (has_parent(&rib.v[i]) && prefix_cmp(&p, &parent) != 0) {
			parent = p;
			parent_line(e->o, &rib, i);
		}
		route_line(e->o, &rib.v[i], i && same_route(&rib.v[i - 1], &rib.v[i]));
		json_route(e->o, &rib.v[i]);
	}
	out_list_end(e->o);
	free(rib.v);
}

static const char codes6[] =
        "Codes: C - Connected, L - Local, S - Static, U - Per-user Static route\n"
        "       B - BGP, R - RIP, H - NHRP, I1 - ISIS L1\n"
        "       I2 - ISIS L2, IA - ISIS interarea, IS - ISIS summary, D - EIGRP\n"
        "       EX - EIGRP external, ND - ND Default, NDp - ND Prefix, DCE - Destination\n"
        "       NDr - Redirect, O - OSPF Intra, OI - OSPF Inter, OE1 - OSPF ext 1\n"
        "       OE2 - OSPF ext 2, ON1 - OSPF NSSA ext 1, ON2 - OSPF NSSA ext 2\n";

void exec_show_ipv6_route(struct exec *e, const struct gl_exec_show_ipv6_route *a)
{
	struct rib rib = rib_read(e->fx, AF_INET6, NULL);
	char p[PREFIX_STRLEN], g[IPADDR_STRLEN];

	(void)a;
	out_text(e->o, "IPv6 Routing Table - default - %zu entries\n%s", rib.n + 1, codes6);
	out_list(e->o, NULL);
	for (size_t i = 0; i < rib.n; i++) {
		const struct rib_entry *r = &rib.v[i];
		bool further = i && same_route(r - 1, r);

		if (!further)
			out_text(e->o, "%-4c%s [%u/%u]", r->code, prefix_fmt(&r->dst, p),
			        r->distance, r->metric);
		if (!further && r->tag)
			out_text(e->o, ", tag %u", r->tag);
		if (!further)
			out_text(e->o, "\n");
		if (ipaddr_is_set(&r->gateway))
			out_text(e->o, "     via %s, %s\n", ipaddr_fmt(&r->gateway, g), r->ifname);
		else
			out_text(e->o, "     via %s, %s\n", r->ifname,
			        r->code == 'L' ? "receive" : "directly connected");
		json_route(e->o, r);
	}
	out_text(e->o, "L   FF00::/8 [0/0]\n     via Null0, receive\n");
	out_list_end(e->o);
	free(rib.v);
}
