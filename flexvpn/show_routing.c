/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip bgp summary, show ip ospf neighbor, show ip protocols, and the routes of FRR: all from
 * FRR's JSON. */
#include "flexvpn/show_routing.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/frr.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

/* ---- asking -------------------------------------------------------------------------------------
 */

/* NULL: no answer, and it was said why. */
static json_t *ask(struct exec *e, const char *command)
{
	struct strbuf why = {0};
	char *text = NULL;
	json_t *j = NULL;

	if (*fx_frr_why(e->fx))
		sb_printf(&why, "Routing protocols do not run: %s", fx_frr_why(e->fx));
	else if (!fx_frr_show(e->fx, command, &text))
		sb_printf(&why, "FRR: %.*s", (int)strcspn(text, "\n"), text);
	else if (!(j = json_loads(text, 0, NULL)))
		sb_printf(&why, "FRR gave no answer to \"%s\"", command);
	if (!j) {
		out_obj(e->o, NULL);
		out_field_str(e->o, "error", "%% %s\n", sb_str(&why));
		out_obj_end(e->o);
	}
	sb_fini(&why);
	free(text);
	e->failed |= !j;
	return j;
}

static const char *str(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static long long num(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

/* The IOS name of a device; FRR has an address behind that of OSPF's. */
static const char *ios_name(const struct fx *x, const char *device, char buf[40])
{
	int n = (int)strcspn(device, ":");

	snprintf(buf, 40, "%.*s", n, device);
	for (size_t i = 0; i < x->cfg->interfaces.n; i++)
		if (x->cfg->interfaces.v[i].device &&
		        strcmp(x->cfg->interfaces.v[i].device, buf) == 0)
			return x->cfg->interfaces.v[i].name;
	return buf;
}

/* ---- show ip bgp summary ------------------------------------------------------------------------
 */

static void bgp_peer(struct out *o, const char *name, const json_t *p)
{
	bool up = strcmp(str(p, "state"), "Established") == 0;
	char last[32];

	if (up)
		snprintf(last, sizeof(last), "%lld", num(p, "pfxRcd"));
	else
		snprintf(last, sizeof(last), "%s", str(p, "state"));
	out_text(o, "%-15s %lld %12lld %7lld %7lld %8lld %4lld %4lld %-8s %8s\n", name,
	        num(p, "version"), num(p, "remoteAs"), num(p, "msgRcvd"), num(p, "msgSent"),
	        num(p, "tableVersion"), num(p, "inq"), num(p, "outq"), str(p, "peerUptime"), last);
	out_obj(o, NULL);
	out_str(o, "neighbor", name);
	out_int(o, "as", num(p, "remoteAs"));
	out_str(o, "state", str(p, "state"));
	out_str(o, "uptime", str(p, "peerUptime"));
	out_int(o, "received", num(p, "msgRcvd"));
	out_int(o, "sent", num(p, "msgSent"));
	out_int(o, "prefixes", num(p, "pfxRcd"));
	out_obj_end(o);
}

void exec_show_ip_bgp_summary(struct exec *e, const struct gl_exec_show_ip_bgp_summary *a)
{
	json_t *all = ask(e, "show ip bgp summary json");
	const json_t *j = json_object_get(all, "ipv4Unicast");
	const char *name;
	json_t *p;

	(void)a;
	if (!all)
		return;
	if (!j) {
		out_obj(e->o, NULL);
		out_text(e->o, "%% BGP not active\n");
		out_obj_end(e->o);
		json_decref(all);
		return;
	}
	out_obj(e->o, NULL);
	out_field_str(e->o, "router-id", "BGP router identifier %s, ", str(j, "routerId"));
	out_field_int(e->o, "as", "local AS number %lld\n", num(j, "as"));
	out_field_int(e->o, "version", "BGP table version is %lld, ", num(j, "tableVersion"));
	out_text(e->o, "main routing table version %lld\n", num(j, "tableVersion"));
	out_field_int(e->o, "entries", "%lld network entries", num(j, "ribCount"));
	out_text(e->o, " using %lld bytes of memory\n\n", num(j, "ribMemory"));
	out_text(e->o, "%-15s V %12s MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n",
	        "Neighbor", "AS");
	out_list(e->o, "neighbors");
	json_object_foreach(json_object_get(j, "peers"), name, p) bgp_peer(e->o, name, p);
	out_list_end(e->o);
	out_obj_end(e->o);
	json_decref(all);
}

/* ---- show ip bgp --------------------------------------------------------------------------------
 */

static const char *origin_code(const json_t *p)
{
	const char *o = str(p, "origin");

	return strcmp(o, "IGP") == 0 ? "i" : strcmp(o, "EGP") == 0 ? "e" : "?";
}

static void optional(const json_t *p, const char *key, char out[16])
{
	out[0] = '\0';
	if (json_object_get(p, key))
		snprintf(out, 16, "%lld", num(p, key));
}

static void bgp_path(struct out *o, const char *network, const json_t *p)
{
	const json_t *hop = json_array_get(json_object_get(p, "nexthops"), 0);
	bool valid = json_is_true(json_object_get(p, "valid")),
	     best = json_is_true(json_object_get(p, "bestpath")),
	     internal = strcmp(str(p, "pathFrom"), "internal") == 0;
	char metric[16], preference[16];

	optional(p, "metric", metric);
	optional(p, "locPrf", preference);
	out_text(o, " %c%c%c %-16s %-18s %7s %6s %6lld %s%s%s\n", valid ? '*' : ' ',
	        best ? '>' : ' ', internal ? 'i' : ' ', network, str(hop, "ip"), metric, preference,
	        num(p, "weight"), str(p, "path"), *str(p, "path") ? " " : "", origin_code(p));
	out_obj(o, NULL);
	out_str(o, "network", str(p, "network"));
	out_str(o, "next-hop", str(hop, "ip"));
	out_bool(o, "valid", valid);
	out_bool(o, "best", best);
	out_bool(o, "internal", internal);
	out_int(o, "metric", num(p, "metric"));
	out_int(o, "weight", num(p, "weight"));
	out_str(o, "path", str(p, "path"));
	out_str(o, "origin", origin_code(p));
	out_obj_end(o);
}

void exec_show_ip_bgp(struct exec *e, const struct gl_exec_show_ip_bgp *a)
{
	json_t *all = ask(e, "show ip bgp json"), *paths;
	const char *network;

	(void)a;
	if (!all)
		return;
	out_obj(e->o, NULL);
	out_field_int(e->o, "version", "BGP table version is %lld, ", num(all, "tableVersion"));
	out_field_str(e->o, "router-id", "local router ID is %s\n", str(all, "routerId"));
	out_text(e->o,
	        "Status codes: * valid, > best, i - internal\n"
	        "Origin codes: i - IGP, e - EGP, ? - incomplete\n\n"
	        "     %-16s %-18s %7s %6s %6s %s\n",
	        "Network", "Next Hop", "Metric", "LocPrf", "Weight", "Path");
	out_list(e->o, "paths");
	json_object_foreach(json_object_get(all, "routes"), network, paths)
	{
		size_t i;
		json_t *p;

		json_array_foreach(paths, i, p) bgp_path(e->o, i ? "" : network, p);
	}
	out_list_end(e->o);
	out_obj_end(e->o);
	json_decref(all);
}

/* ---- clear --------------------------------------------------------------------------------------
 */

/* FRR says nothing where it does as it is told. */
static void order(struct exec *e, const char *command)
{
	char *text = NULL;

	if (!fx_frr_wanted(e->fx))
		out_text(e->o, "%% No routing protocol is configured\n");
	else if (*fx_frr_why(e->fx))
		out_text(e->o, "%% Routing protocols do not run: %s\n", fx_frr_why(e->fx));
	else if (fx_frr_show(e->fx, command, &text) && !*text)
		goto out;
	else
		out_text(e->o, "%% FRR: %s%s", text, strchr(text, '\n') ? "" : "\n");
	e->failed = true;
out:
	free(text);
}

void exec_clear_ip_bgp(struct exec *e, const struct gl_exec_clear_ip_bgp *a)
{
	char command[120];
	struct ipaddr addr;

	if (strcmp(a->which, "*") != 0 && !ipaddr_parse(a->which, &addr)) {
		out_text(e->o, "%% Neither * nor the address of a neighbor\n");
		e->failed = true;
		return;
	}
	snprintf(command, sizeof(command), "clear bgp %s%s%s", a->which, a->kw_soft ? " soft" : "",
	        a->kw_in    ? " in"
	        : a->kw_out ? " out"
	                    : "");
	order(e, command);
}

void exec_clear_ip_ospf_process(struct exec *e, const struct gl_exec_clear_ip_ospf_process *a)
{
	(void)a;
	order(e, "clear ip ospf process");
}

/* ---- show ip ospf neighbor ----------------------------------------------------------------------
 */

/* "Full/DR" is FULL/DR; on a link without a designated router "Full/-" is FULL/  -. */
static void ospf_state(const char *frr, char *out, size_t n)
{
	size_t i = 0;

	for (; frr[i] && frr[i] != '/' && i + 1 < n; i++)
		out[i] = (char)(frr[i] >= 'a' && frr[i] <= 'z' ? frr[i] - 'a' + 'A' : frr[i]);
	out[i] = '\0';
	if (strcmp(frr + i, "/-") == 0)
		snprintf(out + i, n - i, "/  -");
	else if (strcasecmp(frr + i, "/Backup") == 0)
		snprintf(out + i, n - i, "/BDR");
	else
		snprintf(out + i, n - i, "%s",
		        frr[i] == '/' && strcasecmp(frr + i, "/DROther") == 0 ? "/DROTHER"
		                                                              : frr + i);
}

static void ospf_neighbor(const struct exec *e, const char *id, const json_t *n)
{
	long long dead = num(n, "routerDeadIntervalTimerDueMsec") / 1000;
	char state[32], due[32], buf[40];

	ospf_state(str(n, "nbrState"), state, sizeof(state));
	snprintf(due, sizeof(due), "%02lld:%02lld:%02lld", dead / 3600, dead / 60 % 60, dead % 60);
	out_text(e->o, "%-15s %3lld   %-15s %-11s %-15s %s\n", id, num(n, "nbrPriority"), state,
	        due, str(n, "ifaceAddress"), ios_name(e->fx, str(n, "ifaceName"), buf));
	out_obj(e->o, NULL);
	out_str(e->o, "id", id);
	out_int(e->o, "priority", num(n, "nbrPriority"));
	out_str(e->o, "state", state);
	out_int(e->o, "dead-time", dead);
	out_str(e->o, "address", str(n, "ifaceAddress"));
	out_str(e->o, "interface", ios_name(e->fx, str(n, "ifaceName"), buf));
	out_obj_end(e->o);
}

void exec_show_ip_ospf_neighbor(struct exec *e, const struct gl_exec_show_ip_ospf_neighbor *a)
{
	json_t *all = ask(e, "show ip ospf neighbor json"), *list, *n;
	const char *id;
	size_t i;

	(void)a;
	if (!all)
		return;
	out_list(e->o, NULL);
	out_text(e->o, "\n%-15s %3s   %-15s %-11s %-15s %s\n", "Neighbor ID", "Pri", "State",
	        "Dead Time", "Address", "Interface");
	json_object_foreach(json_object_get(all, "neighbors"), id, list)
	        json_array_foreach(list, i, n) ospf_neighbor(e, id, n);
	out_list_end(e->o);
	json_decref(all);
}

/* ---- show ip protocols --------------------------------------------------------------------------
 */

static void filters(struct out *o)
{
	out_text(o, "  Outgoing update filter list for all interfaces is not set\n"
	            "  Incoming update filter list for all interfaces is not set\n");
}

static void bgp_process(struct exec *e, const struct cfg_node *router)
{
	json_t *all = ask(e, "show ip bgp summary json"), *p;
	const json_t *j = json_object_get(all, "ipv4Unicast");
	const char *name;

	out_obj(e->o, NULL);
	out_field_str(e->o, "protocol", "Routing Protocol is \"%s\"\n",
	        cfg_node_text(router) + strlen("router "));
	filters(e->o);
	out_text(e->o,
	        "  IGP synchronization is disabled\n  Automatic route summarization is disabled\n");
	out_text(e->o, "  Neighbor(s):\n    Address          State\n");
	out_list(e->o, "neighbors");
	json_object_foreach(json_object_get(j, "peers"), name, p)
	{
		out_text(e->o, "    %-16s %s\n", name, str(p, "state"));
		out_str(e->o, NULL, name);
	}
	out_list_end(e->o);
	out_text(e->o, "  Distance: external 20 internal 200 local 200\n\n");
	out_obj_end(e->o);
	json_decref(all);
}

static void areas(struct out *o, const json_t *j)
{
	json_t *area;
	const char *name;
	int stub = 0, nssa = 0, n = 0;

	json_object_foreach(json_object_get(j, "areas"), name, area)
	{
		n++;
		stub += json_is_true(json_object_get(area, "stub"));
		nssa += json_is_true(json_object_get(area, "nssa"));
	}
	out_text(o, "  Number of areas in this router is %d. %d normal %d stub %d nssa\n", n,
	        n - stub - nssa, stub, nssa);
}

static void networks(struct out *o, const struct cfg_node *router, int line)
{
	struct cfg_iter it;

	out_text(o, "  Routing for Networks:\n");
	out_list(o, "networks");
	for (const struct cfg_node *n = cfg_first(cfg_children(router), line, &it); n;
	        n = cfg_next(&it)) {
		out_text(o, "    %s\n", cfg_node_text(n) + strlen("network "));
		out_str(o, NULL, cfg_node_text(n) + strlen("network "));
	}
	out_list_end(o);
}

static void ospf_process(struct exec *e, const struct cfg_node *router)
{
	json_t *j = ask(e, "show ip ospf json");

	out_obj(e->o, NULL);
	out_field_str(e->o, "protocol", "Routing Protocol is \"%s\"\n",
	        cfg_node_text(router) + strlen("router "));
	filters(e->o);
	if (j) {
		out_field_str(e->o, "router-id", "  Router ID %s\n", str(j, "routerId"));
		areas(e->o, j);
		out_field_int(
		        e->o, "maximum-paths", "  Maximum path: %lld\n", num(j, "maximumPaths"));
	}
	networks(e->o, router, GR_L_ospf_network);
	if (j)
		out_field_int(
		        e->o, "distance", "  Distance: (default is %lld)\n", num(j, "preference"));
	out_text(e->o, "\n");
	out_obj_end(e->o);
	json_decref(j);
}

static void other_process(struct exec *e, const struct cfg_node *router)
{
	int line =
	        cfg_node_line(router) == GR_L_global_eigrp ? GR_L_eigrp_network : GR_L_rip_network;

	out_obj(e->o, NULL);
	out_field_str(e->o, "protocol", "Routing Protocol is \"%s\"\n",
	        cfg_node_text(router) + strlen("router "));
	filters(e->o);
	networks(e->o, router, line);
	out_text(e->o, "\n");
	out_obj_end(e->o);
}

static void ospfv3_process(struct exec *e, const struct cfg_node *router)
{
	out_obj(e->o, NULL);
	out_field_str(e->o, "protocol", "Routing Protocol is \"%s\"\n\n",
	        cfg_node_text(router) + strlen("router "));
	out_obj_end(e->o);
}

static const struct {
	int line;
	void (*show)(struct exec *e, const struct cfg_node *router);
} processes[] = {
        {GR_L_global_ospf, ospf_process},
        {GR_L_global_ospfv3, ospfv3_process},
        {GR_L_global_eigrp, other_process},
        {GR_L_global_rip, other_process},
        {GR_L_global_bgp, bgp_process},
};

struct refused {
	struct out *o;
	bool any;
};

static void refused_line(void *ctx, const char *text)
{
	struct refused *r = ctx;

	if (!r->any)
		out_text(r->o, "Lines that FRR does not take:\n");
	r->any = true;
	out_text(r->o, "  %s\n", text);
}

void exec_show_ip_protocols(struct exec *e, const struct gl_exec_show_ip_protocols *a)
{
	struct refused r = {.o = e->o};
	struct cfg_iter it;

	(void)a;
	out_text(e->o, "*** IP Routing is NSF aware ***\n\n");
	out_list(e->o, NULL);
	for (size_t i = 0; i < ARRAY_LEN(processes); i++)
		for (const struct cfg_node *n =
		                cfg_first(cfg_root(e->fx->cfg->cfg), processes[i].line, &it);
		        n; n = cfg_next(&it))
			processes[i].show(e, n);
	out_list_end(e->o);
	fx_frr_refused(e->fx, refused_line, &r);
}

/* ---- routes -------------------------------------------------------------------------------------
 */

static const struct {
	uint8_t proto;
	char code;
	const char *name;
	uint32_t distance;
} protocols[] = {
        {PROTO_BGP, 'B', "bgp", 20},
        {PROTO_OSPF, 'O', "ospf", 110},
        {PROTO_RIP, 'R', "rip", 120},
        {PROTO_EIGRP, 'D', "eigrp", 90},
};

char frr_code(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].proto == proto)
			return protocols[i].code;
	return '\0';
}

const char *frr_name(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].proto == proto)
			return protocols[i].name;
	return "";
}

struct frr_rib {
	json_t *routes, *ospf;
};

static json_t *quietly(const struct fx *x, const char *command)
{
	char *text = NULL;
	json_t *j = fx_frr_show(x, command, &text) ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return j;
}

struct frr_rib *frr_rib_read(const struct fx *x, int family)
{
	struct frr_rib *r;

	if (!fx_frr_wanted(x) || *fx_frr_why(x))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->routes = quietly(x, family == AF_INET ? "show ip route json" : "show ipv6 route json");
	r->ospf = family == AF_INET ? quietly(x, "show ip ospf route json") : NULL;
	return r;
}

void frr_rib_free(struct frr_rib *r)
{
	if (!r)
		return;
	json_decref(r->routes);
	json_decref(r->ospf);
	free(r);
}

void frr_rib_find(
        const struct frr_rib *r, const struct prefix *dst, uint8_t proto, struct frr_learned *out)
{
	char text[PREFIX_STRLEN];
	const json_t *j;
	const char *type;

	*out = (struct frr_learned){0};
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].proto == proto)
			out->distance = protocols[i].distance;
	if (!r)
		return;
	prefix_fmt(dst, text);
	json_t *list = json_object_get(r->routes, text);

	for (size_t i = 0; i < json_array_size(list); i++) {
		j = json_array_get(list, i);
		if (strcmp(str(j, "protocol"), frr_name(proto)) != 0)
			continue;
		out->distance = (uint32_t)num(j, "distance");
		out->metric = (uint32_t)num(j, "metric");
		snprintf(out->age, sizeof(out->age), "%s", str(j, "uptime"));
	}
	type = proto == PROTO_OSPF ? str(json_object_get(r->ospf, text), "routeType") : "";
	if (strlen(type) > 2) /* "N E2" */
		snprintf(out->kind, sizeof(out->kind), "%.2s", type + 2);
}
