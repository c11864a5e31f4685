/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show ip nat translations | statistics, clear ip nat translation, show route-map: exec-and-cli
 * reference B16, B19. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flexvpn/show.h"
#include "grammar/gen/exec.h"

static const char *proto_name(uint8_t proto, char buf[8])
{
	if (proto == IPPROTO_TCP)
		return "tcp";
	if (proto == IPPROTO_UDP)
		return "udp";
	if (proto == IPPROTO_ICMP)
		return "icmp";
	snprintf(buf, 8, "%u", proto);
	return buf;
}

/* "10.0.0.1:80", or without a port "10.0.0.1". */
static const char *with_port(const struct ipaddr *a, uint16_t port, char buf[IPADDR_STRLEN + 8])
{
	char text[IPADDR_STRLEN];

	if (port)
		snprintf(buf, IPADDR_STRLEN + 8, "%s:%u", ipaddr_fmt(a, text), port);
	else
		snprintf(buf, IPADDR_STRLEN + 8, "%s", ipaddr_fmt(a, text));
	return buf;
}

static void row(struct out *o, const char *pro, const char *const column[4])
{
	static const char *const key[] = {
	        "inside-global", "inside-local", "outside-local", "outside-global"};

	out_text(o, "%-5s%-22s%-22s%-22s%s\n", pro, column[0], column[1], column[2], column[3]);
	out_str(o, "protocol", pro);
	for (size_t i = 0; i < ARRAY_LEN(key); i++)
		out_str(o, key[i], column[i]);
}

/* ---- show ip nat translations
 * -------------------------------------------------------------------- */

struct listing {
	struct out *o;
	bool verbose;
	size_t n;
};

static void show_translation(void *ctx, const struct nat_translation *t)
{
	struct listing *l = ctx;
	char pro[8], a[IPADDR_STRLEN + 8], b[IPADDR_STRLEN + 8], c[IPADDR_STRLEN + 8],
	        d[IPADDR_STRLEN + 8], age[16];
	const char *column[] = {with_port(&t->inside_global.addr, t->inside_global.port, a),
	        with_port(&t->inside_local.addr, t->inside_local.port, b),
	        with_port(&t->outside_local.addr, t->outside_local.port, c),
	        with_port(&t->outside_global.addr, t->outside_global.port, d)};

	out_obj(l->o, NULL);
	row(l->o, proto_name(t->proto, pro), column);
	if (l->verbose)
		out_text(l->o, "      left %s\n", fx_age_fmt(t->left_s, age));
	out_int(l->o, "left", t->left_s);
	out_obj_end(l->o);
	l->n++;
}

/* The address of a static translation as it is now; of no family: its interface has none. */
static struct ipaddr global_of(const struct fx *x, const struct fx_nat_static *s)
{
	const struct fx_interface *i = s->ifname ? fx_find_interface(x->cfg, s->ifname) : NULL;
	struct prefix p;

	if (!s->ifname)
		return s->s.global;
	if (i && fx_interface_addresses(x, i, AF_INET, &p, 1))
		return p.addr;
	return (struct ipaddr){0};
}

static void show_static(struct listing *l, const struct fx *x, const struct fx_nat_static *s)
{
	static const char *const pro[] = {[NAT_STATIC_ADDR] = "---",
	        [NAT_STATIC_TCP] = "tcp",
	        [NAT_STATIC_UDP] = "udp",
	        [NAT_STATIC_NET] = "---"};
	struct ipaddr global = global_of(x, s);
	char a[IPADDR_STRLEN + 8], b[IPADDR_STRLEN + 8];

	if (!ipaddr_is_set(&global))
		return;
	const char *column[] = {with_port(&global, s->s.global_port, a),
	        with_port(&s->s.local, s->s.local_port, b), "---", "---"};

	out_obj(l->o, NULL);
	row(l->o, pro[s->s.kind], column);
	out_obj_end(l->o);
	l->n++;
}

void exec_show_ip_nat_translations(struct exec *e, const struct gl_exec_show_ip_nat_translations *a)
{
	static const char *const head[] = {
	        "Inside global", "Inside local", "Outside local", "Outside global"};
	struct listing l = {.o = e->o, .verbose = a->kw_verbose};
	const struct fx_config *c = e->fx->cfg;

	out_text(e->o, "%-5s%-22s%-22s%-22s%s\n", "Pro", head[0], head[1], head[2], head[3]);
	out_list(e->o, NULL);
	for (size_t i = 0; i < c->nat_static.n; i++)
		show_static(&l, e->fx, &c->nat_static.v[i]);
	if (e->fx->b.nat)
		nat_translations(e->fx->b.nat, show_translation, &l);
	out_list_end(e->o);
	out_text(e->o, "Total number of translations: %zu\n\n", l.n);
}

/* ---- show ip nat statistics
 * ---------------------------------------------------------------------- */

static void interfaces(struct exec *e, bool inside)
{
	const struct fx_config *c = e->fx->cfg;
	const char *sep = "  ";

	out_text(e->o, inside ? "Inside interfaces: \n" : "Outside interfaces:\n");
	out_list(e->o, inside ? "inside-interfaces" : "outside-interfaces");
	for (size_t i = 0; i < c->interfaces.n; i++) {
		const struct fx_interface *f = &c->interfaces.v[i];

		if (!(inside ? f->nat_inside : f->nat_outside))
			continue;
		out_text(e->o, "%s%s", sep, f->name);
		out_str(e->o, NULL, f->name);
		sep = ", ";
	}
	out_list_end(e->o);
	if (*sep == ',')
		out_text(e->o, "\n");
}

/* Translations to addresses from `first` to `last`. */
struct users {
	uint32_t first, last;
	int64_t n;
};

static void count_user(void *ctx, const struct nat_translation *t)
{
	struct users *u = ctx;
	uint32_t a = ipaddr_u32(&t->inside_global.addr);

	u->n += a >= u->first && a <= u->last;
}

static const struct nat_pool *pool_named(const struct fx_config *c, const char *name)
{
	for (size_t i = 0; name && i < c->nat_pools.n; i++)
		if (strcmp(c->nat_pools.v[i].name, name) == 0)
			return &c->nat_pools.v[i];
	return NULL;
}

static int64_t users_of(const struct fx *x, const struct fx_nat_dynamic *d)
{
	const struct nat_pool *p = pool_named(x->cfg, d->pool);
	struct ipaddr a = global_of(x, &(struct fx_nat_static){.ifname = d->ifname});
	struct users u = {0};

	if (p)
		u = (struct users){.first = ipaddr_u32(&p->first), .last = ipaddr_u32(&p->last)};
	else if (ipaddr_is_set(&a))
		u = (struct users){.first = ipaddr_u32(&a), .last = ipaddr_u32(&a)};
	else
		return 0;
	if (x->b.nat)
		nat_translations(x->b.nat, count_user, &u);
	return u.n;
}

static void show_pool(struct out *o, const struct nat_pool *p)
{
	char mask[IPADDR_STRLEN], first[IPADDR_STRLEN], last[IPADDR_STRLEN];
	struct ipaddr m = ipaddr_v4(len_to_mask(p->len));

	out_text(o, " pool %s: netmask %s\n\tstart %s end %s\n\ttype %s, total addresses %u\n",
	        p->name, ipaddr_fmt(&m, mask), ipaddr_fmt(&p->first, first),
	        ipaddr_fmt(&p->last, last),
	        p->rotary       ? "rotary"
	        : p->match_host ? "match-host"
	                        : "generic",
	        ipaddr_u32(&p->last) - ipaddr_u32(&p->first) + 1);
}

static void mapping(struct exec *e, size_t id, const struct fx_nat_dynamic *d)
{
	const struct nat_pool *p = pool_named(e->fx->cfg, d->pool);
	int64_t users = users_of(e->fx, d);

	out_obj(e->o, NULL);
	out_text(e->o, "[Id: %zu] %s %s %s %s refcount %lld\n", id,
	        d->map ? "route-map" : "access-list", d->map ? d->map : d->acl,
	        d->pool ? "pool" : "interface", d->pool ? d->pool : d->ifname, (long long)users);
	out_str(e->o, d->map ? "route-map" : "access-list", d->map ? d->map : d->acl);
	out_str(e->o, d->pool ? "pool" : "interface", d->pool ? d->pool : d->ifname);
	out_int(e->o, "refcount", users);
	if (e->fx->b.nat)
		out_int(e->o, "translations-made",
		        (int64_t)nat_rule_made(e->fx->b.nat, d->acl, d->map));
	out_obj_end(e->o);
	if (p)
		show_pool(e->o, p);
}

static void destinations(struct exec *e)
{
	const struct fx_config *c = e->fx->cfg;

	if (!c->nat_destinations.n)
		return;
	out_text(e->o, "-- Inside Destination\n");
	out_list(e->o, "destinations");
	for (size_t i = 0; i < c->nat_destinations.n; i++) {
		const struct fx_nat_destination *d = &c->nat_destinations.v[i];
		const struct nat_pool *p = pool_named(c, d->pool);

		out_obj(e->o, NULL);
		out_field_str(e->o, "access-list", "access-list %s", d->acl);
		out_field_str(e->o, "pool", " pool %s\n", d->pool);
		out_obj_end(e->o);
		if (p)
			show_pool(e->o, p);
	}
	out_list_end(e->o);
}

void exec_show_ip_nat_statistics(struct exec *e, const struct gl_exec_show_ip_nat_statistics *a)
{
	const struct fx_config *c = e->fx->cfg;
	struct nat_statistics s = {0};
	unsigned fixed = (unsigned)c->nat_static.n;

	(void)a;
	if (e->fx->b.nat)
		nat_statistics(e->fx->b.nat, &s);
	uint64_t expired = s.misses > s.active ? s.misses - s.active : 0;

	out_obj(e->o, NULL);
	out_text(e->o, "Total active translations: %llu (%u static, %llu dynamic; %llu extended)\n",
	        (unsigned long long)s.active + fixed, fixed, (unsigned long long)s.active,
	        (unsigned long long)s.active);
	out_int(e->o, "static", fixed);
	out_int(e->o, "dynamic", (int64_t)s.active);
	interfaces(e, false);
	interfaces(e, true);
	out_field_int(e->o, "hits", "Hits: %lld", (int64_t)s.hits);
	out_field_int(e->o, "misses", "  Misses: %lld\n", (int64_t)s.misses);
	out_text(e->o, "CEF Translated packets: 0, CEF Punted packets: 0\n");
	out_field_int(e->o, "expired", "Expired translations: %lld\n", (int64_t)expired);
	out_text(e->o, "Dynamic mappings:\n-- Inside Source\n");
	out_list(e->o, "mappings");
	for (size_t i = 0; i < c->nat_dynamic.n; i++)
		mapping(e, i + 1, &c->nat_dynamic.v[i]);
	out_list_end(e->o);
	destinations(e);
	out_text(e->o, "nat-limit statistics:\n max entry: max allowed %u, used %llu, missed 0\n",
	        c->nat_timeouts.max_entries,
	        (unsigned long long)(c->nat_timeouts.max_entries ? s.active : 0));
	out_obj_end(e->o);
}

/* ---- clear
 * --------------------------------------------------------------------------------------- */

void exec_clear_ip_nat_translation(struct exec *e, const struct gl_exec_clear_ip_nat_translation *a)
{
	struct nat_select s = {.proto = a->kw_tcp   ? IPPROTO_TCP
	                                : a->kw_udp ? IPPROTO_UDP
	                                            : 0,
	        .inside_global = a->global,
	        .inside_local = a->local,
	        .global_port = (uint16_t)a->global_port,
	        .local_port = (uint16_t)a->local_port};
	int n = 0;

	if (a->has_which && strcmp(a->which, "*") != 0) {
		out_text(e->o, "%% Invalid translation: only * stands for all\n");
		e->failed = true;
		return;
	}
	if (e->fx->b.nat)
		n = nat_clear(e->fx->b.nat, &s);
	if (n > 0 || (n == 0 && a->has_which))
		return;
	out_text(e->o, n < 0 ? "%% Translations cannot be read\n" : "%%Translation not found\n");
	e->failed = true;
}

void exec_clear_access_list_counters(
        struct exec *e, const struct gl_exec_clear_access_list_counters *a)
{
	(void)a;
	if (e->fx->b.nat)
		nat_clear_counters(e->fx->b.nat);
}

/* ---- show route-map
 * ------------------------------------------------------------------------------ */

static void clause(
        struct out *o, const char *key, const char *text, const struct fx_name *v, size_t n)
{
	if (!n)
		return;
	out_text(o, "    %s", text);
	out_list(o, key);
	for (size_t i = 0; i < n; i++)
		out_field_str(o, NULL, "%s ", v[i].s);
	out_list_end(o);
	out_text(o, "\n");
}

static void show_entry(struct out *o, const struct fx_map_entry *m)
{
	out_obj(o, NULL);
	out_field_str(o, "name", "route-map %s", m->name);
	out_field_str(o, "action", ", %s", m->permit ? "permit" : "deny");
	out_field_int(o, "sequence", ", sequence %lld\n", m->seq);
	if (m->description)
		out_field_str(o, "description", "  Description:\n    %s\n", m->description);
	out_text(o, "  Match clauses:\n");
	clause(o, "access-lists", "ip address (access-lists): ", m->acl.v, m->acl.n);
	clause(o, "interfaces", "interface ", m->interface.v, m->interface.n);
	if (m->track)
		out_field_int(o, "track", "    track-object %lld\n", m->track);
	out_text(o, "  Set clauses:\n  Policy routing matches: 0 packets, 0 bytes\n");
	out_obj_end(o);
}

void exec_show_route_map(struct exec *e, const struct gl_exec_show_route_map *a)
{
	const struct fx_config *c = e->fx->cfg;

	out_list(e->o, NULL);
	for (size_t i = 0; i < c->maps.n; i++)
		if (!a->has_name || strcmp(a->name, c->maps.v[i].name) == 0)
			show_entry(e->o, &c->maps.v[i]);
	out_list_end(e->o);
}
