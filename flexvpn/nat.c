/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NAT and the access groups of interfaces: what configuration and sessions want, described to
 * net/nat.h, which applies the difference.
 *
 * A translation to an interface follows its address, which for a tunnel is the negotiated one: when
 * that changes, goes or comes, the next reconciliation says so. Access lists are built once and
 * kept until a line of any list changes. Addresses that the router must answer for although they
 * are no interface's own (pools, static translations) stand on the outside interface as /32, and
 * are ours like any other address.
 *
 * A process that never wanted anything does not touch the packet filter until fx_nat_purge(), so
 * that the table of a killed predecessor stays in force until the configuration is loaded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/build.h"
#include "flexvpn/core.h"

struct alias {
	uint32_t ifindex;
	struct prefix addr;
	bool seen;
};

struct fx_nat {
	struct acl **acl;
	size_t n_acl;
	struct alias *alias; /* applied */
	size_t n_alias;
	bool touched;      /* something was applied, so that it must be removed at the end */
	struct strbuf key; /* what the last success was made from; empty: none */
	char why[256];     /* of the failure that was last logged; "": none */
};

struct fx_nat *fx_nat_new(void)
{
	return xcalloc(1, sizeof(struct fx_nat));
}

static void forget_lists(struct fx_nat *s)
{
	for (size_t i = 0; i < s->n_acl; i++)
		acl_free(s->acl[i]);
	free(s->acl);
	s->acl = NULL;
	s->n_acl = 0;
}

void fx_nat_free(struct fx_nat *s)
{
	if (!s)
		return;
	forget_lists(s);
	sb_fini(&s->key);
	free(s->alias);
	free(s);
}

void fx_nat_lists_changed(struct fx *x)
{
	if (x->nat->n_acl || x->nat->touched)
		x->dirty = true;
	forget_lists(x->nat);
}

/* One that is in use; NULL: it is not. */
const struct acl *fx_nat_list(const struct fx *x, const char *name, bool v6)
{
	const struct fx_nat *s = x->nat;

	for (size_t i = 0; i < s->n_acl; i++)
		if ((s->acl[i]->kind == ACL_IPV6) == v6 && strcmp(s->acl[i]->name, name) == 0)
			return s->acl[i];
	return NULL;
}

/* ---- what is wanted -----------------------------------------------------------------------------
 */

/* While the description is made; all of it lives in the arena. */
struct plan {
	const struct fx *x;
	struct arena a;
	struct nat_wanted w;
	struct nat_iface *iface;
	const char **name; /* of each iface, as configured */
	struct nat_map *map;
	const struct acl **acl;
};

static bool concerned(const struct fx_interface *i)
{
	return i->device && (i->nat_inside || i->nat_outside || i->acl_in || i->acl_out ||
	                            i->acl6_in || i->acl6_out || i->mss4 || i->mss6);
}

static bool anything(const struct fx *x)
{
	for (size_t i = 0; i < x->cfg->interfaces.n; i++)
		if (concerned(&x->cfg->interfaces.v[i]))
			return true;
	return false;
}

bool fx_nat_follows(const struct fx *x, uint32_t track)
{
	for (size_t i = 0; i < x->cfg->maps.n; i++)
		if (x->cfg->maps.v[i].track == track)
			return true;
	return false;
}

static void need_list(struct plan *p, const char *name, bool v6)
{
	struct fx_nat *s = p->x->nat;
	const struct acl *a = name ? fx_nat_list(p->x, name, v6) : NULL;

	if (!name)
		return;
	for (size_t i = 0; i < p->w.n_acl; i++)
		if (p->acl[i] == a)
			return;
	if (!a) {
		struct acl *fresh = fx_acl_build(p->x->cfg->cfg, name, v6);

		if (!fresh)
			return;
		s->acl = xrealloc(s->acl, (s->n_acl + 1) * sizeof(struct acl *));
		s->acl[s->n_acl++] = fresh;
		a = fresh;
	}
	const struct acl **slot = fx_append(&p->a, (void **)&p->acl, &p->w.n_acl, sizeof(*p->acl));

	*slot = a;
}

static void want_iface(struct plan *p, const struct fx_interface *i)
{
	size_t n = p->w.n_iface;
	struct prefix addr[ARRAY_LEN(p->iface->addr)];
	struct nat_iface *f;
	const char **name;

	name = fx_append(&p->a, (void **)&p->name, &n, sizeof(*p->name));
	*name = i->name;
	f = fx_append(&p->a, (void **)&p->iface, &p->w.n_iface, sizeof(*p->iface));
	*f = (struct nat_iface){.dev = i->device,
	        .inside = i->nat_inside,
	        .outside = i->nat_outside,
	        .in4 = i->acl_in,
	        .out4 = i->acl_out,
	        .in6 = i->acl6_in,
	        .out6 = i->acl6_out,
	        .mss4 = i->mss4,
	        .mss6 = i->mss6};
	f->n_addr = (uint8_t)fx_interface_addresses(p->x, i, AF_INET, addr, ARRAY_LEN(addr));
	memcpy(f->addr, addr, f->n_addr * sizeof(*addr));
	need_list(p, i->acl_in, false);
	need_list(p, i->acl_out, false);
	need_list(p, i->acl6_in, true);
	need_list(p, i->acl6_out, true);
}

static const struct nat_iface *find_iface(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->w.n_iface; i++)
		if (strcmp(p->name[i], name) == 0)
			return &p->iface[i];
	return NULL;
}

/* The address that packets translated to this interface get; of no family while it has none. */
static struct ipaddr address_of(const struct plan *p, const char *ifname)
{
	const struct nat_iface *f = find_iface(p, ifname);

	return f && f->n_addr ? f->addr[0].addr : (struct ipaddr){0};
}

/* ---- rules ---- */

static void fill_entry(struct plan *p, const struct fx_map_entry *m, struct nat_map_entry *e)
{
	const char **acl = arena_alloc(&p->a, (m->acl.n + 1) * sizeof(*acl));
	const char **dev = arena_alloc(&p->a, (m->interface.n + 1) * sizeof(*dev));

	*e = (struct nat_map_entry){.seq = m->seq, .permit = m->permit, .match_dev = m->match_if};
	for (size_t i = 0; i < m->acl.n; i++) {
		acl[e->n_acl++] = m->acl.v[i].s;
		need_list(p, m->acl.v[i].s, false);
	}
	for (size_t i = 0; i < m->interface.n; i++) {
		const struct nat_iface *f = find_iface(p, m->interface.v[i].s);

		if (f)
			dev[e->n_dev++] = f->dev;
	}
	e->acl = acl;
	e->dev = dev;
	e->off = !fx_track_holds(p->x->tracks, m->track, false);
}

/* All entries of a name, which stand together in the configuration. */
static void need_map(struct plan *p, const char *name)
{
	const struct fx_config *c = p->x->cfg;
	struct nat_map_entry *entry;
	struct nat_map *map;
	size_t n = 0;

	for (size_t i = 0; i < p->w.n_map; i++)
		if (name && strcmp(p->map[i].name, name) == 0)
			return;
	if (!name)
		return;
	for (size_t i = 0; i < c->maps.n; i++)
		n += strcmp(c->maps.v[i].name, name) == 0;
	entry = arena_alloc(&p->a, (n + 1) * sizeof(*entry));
	n = 0;
	for (size_t i = 0; i < c->maps.n; i++)
		if (strcmp(c->maps.v[i].name, name) == 0)
			fill_entry(p, &c->maps.v[i], &entry[n++]);
	map = fx_append(&p->a, (void **)&p->map, &p->w.n_map, sizeof(*p->map));
	*map = (struct nat_map){.name = name, .entry = entry, .n = n};
}

static void want_dynamic(struct plan *p)
{
	const struct fx_config *c = p->x->cfg;
	struct nat_dynamic *v = arena_alloc(&p->a, (c->nat_dynamic.n + 1) * sizeof(*v));

	for (size_t i = 0; i < c->nat_dynamic.n; i++) {
		const struct fx_nat_dynamic *d = &c->nat_dynamic.v[i];
		struct nat_dynamic want = {.acl = d->acl, .map = d->map, .pool = d->pool};

		need_list(p, d->acl, false);
		need_map(p, d->map);
		if (d->ifname)
			want.addr = address_of(p, d->ifname);
		v[p->w.n_dynamic++] = want;
	}
	p->w.dynamic = v;
}

static void want_static(struct plan *p)
{
	const struct fx_config *c = p->x->cfg;
	struct nat_static *v = arena_alloc(&p->a, (c->nat_static.n + 1) * sizeof(*v));

	for (size_t i = 0; i < c->nat_static.n; i++) {
		const struct fx_nat_static *s = &c->nat_static.v[i];

		v[i] = s->s;
		need_map(p, s->s.map);
		if (s->ifname)
			v[i].global = address_of(p, s->ifname);
	}
	p->w.fixed = v;
	p->w.n_fixed = c->nat_static.n;
}

static void want_destinations(struct plan *p)
{
	const struct fx_config *c = p->x->cfg;
	struct nat_destination *v = arena_alloc(&p->a, (c->nat_destinations.n + 1) * sizeof(*v));

	for (size_t i = 0; i < c->nat_destinations.n; i++) {
		v[i] = (struct nat_destination){
		        c->nat_destinations.v[i].acl, c->nat_destinations.v[i].pool};
		need_list(p, v[i].acl, false);
	}
	p->w.destination = v;
	p->w.n_destination = c->nat_destinations.n;
}

static void plan_make(struct plan *p, const struct fx *x)
{
	const struct fx_config *c = x->cfg;

	*p = (struct plan){.x = x};
	arena_init(&p->a);
	if (!c || !anything(x))
		return;
	for (size_t i = 0; i < c->interfaces.n; i++)
		if (c->interfaces.v[i].device)
			want_iface(p, &c->interfaces.v[i]);
	want_dynamic(p);
	want_static(p);
	want_destinations(p);
	p->w.iface = p->iface;
	p->w.acl = p->acl;
	p->w.map = p->map;
	p->w.pool = c->nat_pools.v;
	p->w.n_pool = c->nat_pools.n;
	p->w.timeouts = c->nat_timeouts;
}

static void plan_fini(struct plan *p)
{
	arena_fini(&p->a);
}

/* All that the description follows from: the configuration, and what changes without it. With
 * thousands of rules this is the cheaper comparison. */
static void plan_key(const struct plan *p, struct strbuf *key)
{
	sb_printf(key, "%llu", (unsigned long long)cfg_version(p->x->cfg->cfg));
	for (size_t i = 0; i < p->w.n_iface; i++)
		for (uint8_t k = 0; k < p->iface[i].n_addr; k++) {
			char text[PREFIX_STRLEN];

			sb_printf(key, " %zu %s", i, prefix_fmt(&p->iface[i].addr[k], text));
		}
	for (size_t i = 0; i < p->w.n_map; i++)
		for (size_t k = 0; k < p->map[i].n; k++)
			sb_puts(key, p->map[i].entry[k].off ? " off" : " on");
}

/* ---- addresses to answer for --------------------------------------------------------------------
 */

struct aliases {
	struct fx *x;
	struct alias *v;
	size_t n;
};

static bool has(const struct alias *v, size_t n, const struct alias *a)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].ifindex == a->ifindex && prefix_cmp(&v[i].addr, &a->addr) == 0)
			return true;
	return false;
}

static void collect(void *ctx, const char *dev, const struct ipaddr *addr)
{
	struct aliases *s = ctx;
	struct alias a = {.addr = prefix_of(addr, 32)};
	struct net_link link;

	if (!s->x->b.net_ops->link_by_name(s->x->b.net, dev, &link))
		return;
	a.ifindex = link.index;
	if (has(s->v, s->n, &a))
		return;
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = a;
}

static void sync_aliases(struct fx *x, const struct nat_wanted *w)
{
	struct fx_nat *s = x->nat;
	struct aliases want = {.x = x};
	char text[PREFIX_STRLEN];

	nat_aliases(w, collect, &want);
	for (size_t i = 0; i < s->n_alias; i++)
		if (!has(want.v, want.n, &s->alias[i]))
			x->b.net_ops->addr_del(x->b.net, s->alias[i].ifindex, &s->alias[i].addr);
	for (size_t i = 0; i < want.n; i++) {
		int rc = 0;

		if (!has(s->alias, s->n_alias, &want.v[i]))
			rc = x->b.net_ops->addr_add(x->b.net, want.v[i].ifindex, &want.v[i].addr);
		if (rc < 0)
			log_msg(PLATFORM_OPERATION_FAILED, prefix_fmt(&want.v[i].addr, text),
			        strerror(-rc));
	}
	free(s->alias);
	s->alias = want.v;
	s->n_alias = want.n;
}

bool fx_nat_owns_address(const struct fx *x, uint32_t ifindex, const struct prefix *addr)
{
	struct alias a = {.ifindex = ifindex, .addr = *addr};

	return has(x->nat->alias, x->nat->n_alias, &a);
}

static bool mark_seen(void *ctx, const struct net_addr *a)
{
	struct fx_nat *s = ctx;

	for (size_t i = 0; i < s->n_alias; i++)
		if (s->alias[i].ifindex == a->ifindex &&
		        prefix_cmp(&s->alias[i].addr, &a->addr) == 0)
			s->alias[i].seen = true;
	return true;
}

/* Those that somebody took away are put back by the next application. */
void fx_nat_refresh(struct fx *x)
{
	struct fx_nat *s = x->nat;
	size_t n = 0;

	if (!s->n_alias)
		return;
	for (size_t i = 0; i < s->n_alias; i++)
		s->alias[i].seen = false;
	x->b.net_ops->addrs(x->b.net, 0, mark_seen, s);
	for (size_t i = 0; i < s->n_alias; i++)
		if (s->alias[i].seen)
			s->alias[n++] = s->alias[i];
	s->n_alias = n;
}

/* ---- applying -----------------------------------------------------------------------------------
 */

/* The same complaint is made once. */
static void complain(struct fx_nat *s, const char *why)
{
	if (strcmp(s->why, why) == 0)
		return;
	snprintf(s->why, sizeof(s->why), "%s", why);
	if (*why)
		log_msg(PLATFORM_OPERATION_FAILED, "packet filter", why);
}

static void transact(struct fx *x, const struct nat_wanted *w, struct strbuf *key, bool wanted)
{
	struct fx_nat *s = x->nat;
	int rc = nat_apply(x->b.nat, w);

	if (rc == 0 || wanted || s->touched)
		complain(s, rc < 0 ? nat_why(x->b.nat) : "");
	s->touched |= wanted;
	sb_fini(&s->key);
	if (rc == 0) {
		s->key = *key;
		*key = (struct strbuf){0};
	}
}

static void apply(struct fx *x, bool leftovers)
{
	struct plan p;
	struct strbuf key = {0};
	bool wanted = anything(x);

	if (!wanted && !x->nat->touched && !leftovers)
		return;
	if (!x->b.nat) {
		complain(x->nat, wanted ? "not available, neither NAT nor access groups act" : "");
		return;
	}
	plan_make(&p, x);
	plan_key(&p, &key);
	sync_aliases(x, &p.w);
	if (strcmp(sb_str(&key), sb_str(&x->nat->key)) != 0)
		transact(x, &p.w, &key, wanted);
	sb_fini(&key);
	plan_fini(&p);
}

bool fx_nat_looks_at(const struct fx *x, const struct fx_interface *i)
{
	return x->nat->touched || (i && concerned(i));
}

void fx_nat_apply(struct fx *x)
{
	apply(x, false);
}

void fx_nat_purge(struct fx *x)
{
	apply(x, true);
}

void fx_nat_remove(struct fx *x)
{
	const struct nat_wanted nothing = {0};

	if (!x->nat->touched || !x->b.nat)
		return;
	sync_aliases(x, &nothing);
	complain(x->nat, nat_remove(x->b.nat) < 0 ? nat_why(x->b.nat) : "");
	x->nat->touched = false;
	sb_fini(&x->nat->key);
}
