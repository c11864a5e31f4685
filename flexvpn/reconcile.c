/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interfaces and addresses: wanted = f(configuration, sessions), applied = what we put into the back ends as they last reported it.
 * fx_reconcile() applies the difference; with nothing different it makes no call. Links first, then addresses, then routes; removal
 * goes the other way round.
 *
 * Ours are: tunnel and loopback devices that we created, addresses that we added, routes with our protocol number. Everything
 * else on the box is left alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/applied.h"
#include "flexvpn/core.h"
#include "flexvpn/doors.h"
#include "flexvpn/guards.h"
#include "flexvpn/hub.h"
#include "flexvpn/leases.h"
#include "flexvpn/services.h"
#include "flexvpn/session.h"

struct want_if {
	const struct fx_interface *i;
	bool up;
	uint32_t mtu; /* 0: leave */
	struct prefix addr[MAX_ADDRS];
	uint8_t n_addr;
};

static void complain(const char *what, const char *name, int rc)
{
	char text[96];

	snprintf(text, sizeof(text), "%s %s", what, name);
	log_msg(PLATFORM_OPERATION_FAILED, text, strerror(-rc));
}

/* ---- facts ----------------------------------------------------------------------------------------------------------- */

bool fx_link(const struct fx *x, const struct fx_interface *i, struct net_link *out)
{
	return i->device && x->b.net_ops->link_by_name(x->b.net, i->device, out);
}

static bool tunnel_line(const struct fx *x, const struct fx_interface *i, const char **why)
{
	const struct fx_client *c = fx_client_by_tunnel(x, i->name);
	const struct fx_spoke *s = i->is_access ? fx_hub_by_interface(x, i->name) : NULL;

	if ((c && c->child_up) || (s && s->up))
		return true;
	*why = !i->protection ? "no tunnel protection" : !c ? "no FlexVPN client" : "IPsec session is down";
	return false;
}

bool fx_line_up(const struct fx *x, const struct fx_interface *i, const char **why)
{
	const char *unused;
	struct net_link link;

	why = why ? why : &unused;
	*why = "";
	if (i->shutdown) {
		*why = "administratively down";
		return false;
	}
	if (i->is_template) {
		*why = "a template";
		return false;
	}
	if (i->is_tunnel)
		return tunnel_line(x, i, why);
	if (!i->device)
		*why = "not bound to a device: platform interface";
	else if (!fx_link(x, i, &link))
		*why = "no such device";
	else if (!link.running && !link.loopback)
		*why = "no carrier";
	else
		return true;
	return false;
}

struct find_addr {
	int family;
	struct ipaddr *out;
	bool found;
};

static bool first_of_family(void *ctx, const struct net_addr *a)
{
	struct find_addr *f = ctx;
	bool link_local = a->addr.addr.family == AF_INET6 && a->addr.addr.b[0] == 0xfe && (a->addr.addr.b[1] & 0xc0) == 0x80;

	if (a->addr.addr.family != f->family || link_local)
		return true;
	*f->out = a->addr.addr;
	f->found = true;
	return false;
}

bool fx_interface_address(const struct fx *x, const struct fx_interface *i, int family, struct ipaddr *out)
{
	struct find_addr f = {.family = family, .out = out};
	struct net_link link;

	const struct dhcpc_lease *lease = family == AF_INET ? fx_dhcp_lease(x, i) : NULL;

	if (lease) {
		*out = lease->addr.addr;
		return true;
	}
	if (family == AF_INET && i->n_addr) {
		*out = i->addr[0].addr;
		return true;
	}
	if (family == AF_INET6 && i->n_addr6) {
		*out = i->addr6[0].addr;
		return true;
	}
	if (fx_link(x, i, &link))
		x->b.net_ops->addrs(x->b.net, link.index, first_of_family, &f);
	return f.found;
}

/* ---- wanted ---------------------------------------------------------------------------------------------------------- */

static void want_addr(struct want_if *w, const struct prefix *p)
{
	if (p->addr.family && w->n_addr < MAX_ADDRS)
		w->addr[w->n_addr++] = *p;
}

static void want_tunnel(const struct fx *x, const struct fx_interface *i, struct want_if *w)
{
	const struct fx_client *c = fx_client_by_tunnel(x, i->name);
	const struct fx_interface *lender = i->unnumbered ? fx_find_interface(x->cfg, i->unnumbered) : NULL;

	w->up = fx_line_up(x, i, NULL);
	w->mtu = 0; /* the data plane knows what fits; `ip mtu` goes there with the tunnel */
	if (!w->up)
		return;
	if (i->negotiated && c)
		want_addr(w, &c->pushed.addr4);
	if (i->ip6_enable && c)
		want_addr(w, &c->pushed.addr6);
	if (lender && lender->n_addr) {
		struct prefix p = {.addr = lender->addr[0].addr, .len = 32};

		want_addr(w, &p);
	}
}

/* The interface that this one is a part of, where it is configured. */
static const struct fx_interface *parent_of(const struct fx *x, const struct fx_interface *i)
{
	for (size_t n = 0; n < x->cfg->interfaces.n; n++)
		if (x->cfg->interfaces.v[n].device && i->parent && strcmp(x->cfg->interfaces.v[n].device, i->parent) == 0)
			return &x->cfg->interfaces.v[n];
	return NULL;
}

static struct want_if wanted(const struct fx *x, const struct fx_interface *i)
{
	struct want_if w = {.i = i, .up = !i->shutdown, .mtu = i->mtu};

	const struct fx_interface *whole = i->vlan ? parent_of(x, i) : NULL;
	const struct dhcpc_lease *lease = fx_dhcp_lease(x, i);

	if (i->is_tunnel)
		want_tunnel(x, i, &w);
	if (whole && whole->shutdown)
		w.up = false; /* the kernel would refuse */
	if (w.up && lease)
		want_addr(&w, &lease->addr);
	for (uint8_t n = 0; w.up && n < i->n_addr; n++)
		want_addr(&w, &i->addr[n]);
	for (uint8_t n = 0; w.up && n < i->n_addr6; n++)
		want_addr(&w, &i->addr6[n]);
	return w;
}

struct kernel_addrs {
	int family;
	struct prefix *out;
	size_t n, max;
};

static bool of_family(void *ctx, const struct net_addr *a)
{
	struct kernel_addrs *k = ctx;
	bool link_local = a->addr.addr.family == AF_INET && a->addr.addr.b[0] == 169 && a->addr.addr.b[1] == 254;

	if (a->addr.addr.family == k->family && !link_local && k->n < k->max)
		k->out[k->n++] = a->addr;
	return true;
}

size_t fx_interface_addresses(const struct fx *x, const struct fx_interface *i, int family, struct prefix *out, size_t max)
{
	struct want_if w = wanted(x, i);
	struct kernel_addrs k = {.family = family, .out = out, .max = max};
	struct net_link link;

	for (uint8_t n = 0; n < w.n_addr && k.n < max; n++)
		if (w.addr[n].addr.family == family)
			out[k.n++] = w.addr[n];
	if (!k.n && w.up && !i->is_tunnel && fx_link(x, i, &link))
		x->b.net_ops->addrs(x->b.net, link.index, of_family, &k);
	return k.n;
}

/* ---- devices ---------------------------------------------------------------------------------------------------------- */

static enum dp_payload payload_of(const struct fx_interface *i)
{
	return i->mode == FX_TUN_GRE4 || i->mode == FX_TUN_GRE6 ? DP_PAYLOAD_GRE : DP_PAYLOAD_IP;
}

/* While there is a session, that of its packets. */
static uint32_t door_of(const struct fx *x, const struct fx_interface *i)
{
	const struct fx_client *c = fx_client_by_tunnel(x, i->name);
	struct fx_door d;

	if (c && c->handle)
		return c->door;
	return fx_door_of(x, i, i->source_if, &d) ? d.number : 0;
}

static struct dp_tunnel describe(const struct fx *x, const struct fx_interface *i)
{
	struct dp_tunnel t = {.id = fx_tunnel_id(i),
		.payload = payload_of(i),
		.mtu = (uint16_t)(i->ip_mtu ? i->ip_mtu : i->mtu),
		.vrf = door_of(x, i),
		.has_key = i->has_key,
		.key = i->key};

	snprintf(t.name, sizeof(t.name), "%s", i->device);
	return t;
}

static int make_tunnel(struct fx *x, struct applied_if *a, const struct fx_interface *i)
{
	struct dp_tunnel t = describe(x, i);
	int rc = x->b.dp_ops->tunnel_add(x->b.dp, &t);

	a->tunnel_id = t.id;
	a->payload = t.payload;
	a->mtu = t.mtu;
	a->vrf = t.vrf;
	a->has_key = t.has_key;
	a->key = t.key;
	a->is_tunnel = true;
	return rc;
}

/* On a parent that is not there it waits. */
static int make_vlan(struct fx *x, struct applied_if *a, const struct fx_interface *i, uint32_t *ifindex)
{
	struct net_link parent;

	if (!i->parent || !x->b.net_ops->link_by_name(x->b.net, i->parent, &parent))
		return -ENODEV;
	a->vlan = i->vlan;
	return x->b.net_ops->vlan_add(x->b.net, i->device, parent.index, i->vlan, ifindex);
}

static void make_device(struct fx *x, struct applied_if *a, const struct fx_interface *i)
{
	struct net_link link;
	uint32_t ifindex = a->ifindex;
	int rc = 0;

	if (a->created)
		return;
	if (i->is_tunnel)
		rc = make_tunnel(x, a, i);
	else if (i->is_loopback && !fx_link(x, i, &link))
		rc = x->b.net_ops->dummy_add(x->b.net, i->device, &ifindex);
	else if (i->vlan && !fx_link(x, i, &link))
		rc = make_vlan(x, a, i, &ifindex);
	else if (!(i->is_loopback || i->vlan) || !fx_our_alias(&link))
		return;
	if (rc == -ENODEV)
		return;
	fx_applied_index(x, a, ifindex);
	a->vlan = i->vlan;
	a->created = rc == 0;
	a->failed = rc < 0;
	if (rc < 0)
		complain("creating", i->name, rc);
}

static void update_tunnel(struct fx *x, struct applied_if *a, const struct fx_interface *i)
{
	struct dp_tunnel t = describe(x, i);

	if (!a->created || (a->payload == t.payload && a->mtu == t.mtu && a->vrf == t.vrf && a->has_key == t.has_key && a->key == t.key))
		return;
	x->b.dp_ops->tunnel_set(x->b.dp, &t);
	a->payload = t.payload;
	a->mtu = t.mtu;
	a->vrf = t.vrf;
	a->has_key = t.has_key;
	a->key = t.key;
}

static void remove_addr(struct fx *x, struct applied_if *a, uint8_t at)
{
	if (a->ifindex)
		x->b.net_ops->addr_del(x->b.net, a->ifindex, &a->addr[at]);
	a->addr[at] = a->addr[--a->n_addr];
}

static void remove_if(struct fx *x, struct applied_if *a)
{
	if (a->ra && a->ifindex)
		x->b.net_ops->ra_set(x->b.net, a->device, &a->ra_before, NULL);
	while (a->n_addr)
		remove_addr(x, a, (uint8_t)(a->n_addr - 1));
	if (a->created && a->is_tunnel) {
		fx_expect_gone(x, a->ifindex);
		x->b.dp_ops->tunnel_del(x->b.dp, a->tunnel_id);
	} else if (a->created && a->ifindex) {
		x->b.net_ops->link_del(x->b.net, a->ifindex);
	}
	fx_applied_index(x, a, 0);
	HASH_DELETE(hd, x->applied->by_device, a);
	HASH_DEL(x->applied->ifs, a);
	free(a);
}

/* ---- the difference ------------------------------------------------------------------------------------------------------ */

struct there {
	const struct prefix *p;
	bool found, ours;
};

static bool is_there(void *ctx, const struct net_addr *a)
{
	struct there *t = ctx;

	if (prefix_cmp(&a->addr, t->p) != 0)
		return true;
	t->found = true;
	t->ours = a->ours;
	return false;
}

static void add_addr(struct fx *x, struct applied_if *a, const struct prefix *p)
{
	struct there t = {.p = p};
	char text[PREFIX_STRLEN];

	/* An address that the administrator's own tools gave the device is as good, and stays theirs. One with our mark was left by a
	 * killed predecessor: it is taken over as it stands, because to remove it even for a moment would take other people's routes
	 * through the device with it. */
	if (!a->created || !a->is_tunnel) /* a tunnel is ours whole, and to add what is there is no error */
		x->b.net_ops->addrs(x->b.net, a->ifindex, is_there, &t);
	if (t.found && t.ours) {
		a->addr[a->n_addr++] = *p;
		return;
	}
	if (t.found && !a->created) {
		if (a->n_theirs < MAX_ADDRS)
			a->theirs[a->n_theirs++] = *p;
		return;
	}
	int rc = x->b.net_ops->addr_add(x->b.net, a->ifindex, p);

	if (rc < 0) {
		complain("address", prefix_fmt(p, text), rc);
		a->failed = true;
		return;
	}
	a->addr[a->n_addr++] = *p;
}

static void sync_addrs(struct fx *x, struct applied_if *a, const struct want_if *w)
{
	for (uint8_t i = a->n_addr; i > 0; i--)
		if (!fx_has_prefix(w->addr, w->n_addr, &a->addr[i - 1]))
			remove_addr(x, a, (uint8_t)(i - 1));
	for (uint8_t i = 0; i < w->n_addr; i++)
		if (!fx_has_prefix(a->addr, a->n_addr, &w->addr[i]) && !fx_has_prefix(a->theirs, a->n_theirs, &w->addr[i]))
			add_addr(x, a, &w->addr[i]);
}

static void sync_link(struct fx *x, struct applied_if *a, const struct want_if *w)
{
	uint32_t want = w->mtu ? w->mtu : a->mtu_ours ? a->was_mtu : 0;
	uint32_t mtu = want && !w->i->is_tunnel && want != a->mtu ? want : 0;

	a->mtu_ours = w->mtu != 0;

	if (a->up == w->up && !mtu)
		return;
	int rc = x->b.net_ops->link_set(x->b.net, a->ifindex, w->up, mtu);

	if (rc < 0) {
		complain(w->up ? "bringing up" : "shutting down", a->name, rc);
		a->failed = true;
		return;
	}
	a->up = w->up;
	if (mtu)
		a->mtu = mtu;
}

static bool ra_eq(const struct net_ra *a, const struct net_ra *b)
{
	return a->accept == b->accept && a->autoconf == b->autoconf && a->defrtr == b->defrtr;
}

/* `ipv6 address autoconfig`: a router hears advertisements only where it is told to (accept_ra 2). */
static void sync_ra(struct fx *x, struct applied_if *a, const struct fx_interface *i)
{
	struct net_ra want = {.accept = 2, .autoconf = 1, .defrtr = i->autoconf_default};
	int rc = 0;

	if (!i->autoconf && !a->ra)
		return;
	if (!i->autoconf)
		rc = x->b.net_ops->ra_set(x->b.net, a->device, &a->ra_before, NULL);
	else if (!a->ra)
		rc = x->b.net_ops->ra_set(x->b.net, a->device, &want, &a->ra_before);
	else if (!ra_eq(&want, &a->ra_set))
		rc = x->b.net_ops->ra_set(x->b.net, a->device, &want, NULL);
	a->ra = i->autoconf;
	a->ra_set = want;
	if (rc < 0)
		complain("autoconfiguration", a->name, rc);
}

static void log_line(struct fx *x, struct applied_if *a, const struct fx_interface *i)
{
	bool line = fx_line_up(x, i, NULL);

	if (line == a->line)
		return;
	a->line = line;
	fx_routes_relink(x, a->name);
	log_msg(LINEPROTO_UPDOWN, a->name, line ? "up" : "down");
}

static struct applied_if *attach(struct fx *x, const struct fx_interface *i)
{
	struct applied_if *a = fx_applied_find(x, i->name);

	if (!a) {
		a = xcalloc(1, sizeof(*a));
		snprintf(a->name, sizeof(a->name), "%s", i->name);
		snprintf(a->device, sizeof(a->device), "%s", i->device);
		HASH_ADD_STR(x->applied->ifs, name, a);
		HASH_ADD(hd, x->applied->by_device, device, (unsigned)strlen(a->device), a);
	}
	return a;
}

static void sync_if(struct fx *x, const struct fx_interface *i)
{
	struct applied_if *a = attach(x, i);
	struct want_if w = wanted(x, i);

	if (a->failed)
		return;
	make_device(x, a, i);
	if (a->is_tunnel)
		update_tunnel(x, a, i);
	if (!a->ifindex)
		fx_look_at(x, a);
	if (a->ifindex) {
		sync_ra(x, a, i);
		sync_link(x, a, &w);
		sync_addrs(x, a, &w);
	}
	log_line(x, a, i);
}

/* A device that is not ours stands again as it was found. */
static void give_back(struct fx *x, const struct applied_if *a)
{
	uint32_t mtu = a->mtu_ours && a->mtu != a->was_mtu ? a->was_mtu : 0;

	if (a->created || !a->known || (a->up == a->was_up && !mtu))
		return;
	x->b.net_ops->link_set(x->b.net, a->ifindex, a->was_up, mtu);
}

static bool still_wanted(const struct fx_interface *i, const struct applied_if *a)
{
	return i && i->device && strcmp(i->device, a->device) == 0 && (!a->created || a->vlan == i->vlan);
}

static void sync_gone(struct fx *x)
{
	struct applied_if *a, *next;

	HASH_ITER (hh, x->applied->ifs, a, next) {
		const struct fx_interface *i = fx_find_interface(x->cfg, a->name);

		if (still_wanted(i, a))
			continue;
		give_back(x, a);
		remove_if(x, a);
	}
}

/* ---- one interface -------------------------------------------------------------------------------------------------------- */

void fx_touch(struct fx *x, struct applied_if *a)
{
	if (a->touched)
		return;
	a->touched = true;
	a->next_touched = x->applied->touched;
	x->applied->touched = a;
}

void fx_interface_touch(struct fx *x, const char *name)
{
	const struct fx_interface *i = x->cfg ? fx_find_interface(x->cfg, name) : NULL;
	struct applied_if *a = i && i->device ? attach(x, i) : fx_applied_find(x, name);

	if (a)
		fx_touch(x, a);
}

void fx_session_touch(struct fx *x, const char *ifname)
{
	const struct fx_interface *i = fx_find_interface(x->cfg, ifname);

	fx_interface_touch(x, ifname);
	x->dirty |= i && i->vrf && i->is_access; /* a device that comes into a VRF */
	x->sessions_changed |= fx_services_in_use(x) || fx_nat_looks_at(x, i);
}

static struct applied_if *take_touched(struct fx *x)
{
	struct applied_if *a = x->applied->touched;

	if (a) {
		x->applied->touched = a->next_touched;
		a->touched = false;
	}
	return a;
}

static void touched_none(struct fx *x)
{
	struct applied_if *a;

	while ((a = take_touched(x)))
		a->news = false;
}

static void sync_touched(struct fx *x)
{
	struct applied_if *a;

	while ((a = take_touched(x))) {
		const struct fx_interface *i = fx_find_interface(x->cfg, a->name);

		track_touch_interface(x->tracks, a->name);
		if (!still_wanted(i, a)) {
			give_back(x, a);
			remove_if(x, a);
			continue;
		}
		if (a->news)
			fx_refresh_if(x, a);
		a->news = false;
		sync_if(x, i);
	}
	if (!x->sessions_changed)
		return;
	x->sessions_changed = false;
	fx_services_apply(x);
	fx_nat_apply(x); /* before the routes: nothing leaves untranslated */
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------- */

static void sync_all(struct fx *x)
{
	touched_none(x);
	if (x->refresh) {
		fx_refresh_all(x);
		fx_nat_refresh(x);
		fx_routes_refresh(x);
	}
	x->dirty = x->refresh = x->sessions_changed = false;
	fx_forward_apply(x);
	fx_vrfs_apply(x);
	fx_doors_apply(x);
	sync_gone(x);
	for (size_t i = 0; i < x->cfg->interfaces.n; i++)
		if (x->cfg->interfaces.v[i].device)
			sync_if(x, &x->cfg->interfaces.v[i]);
	fx_vrfs_apply(x); /* those in which devices stand that were just made */
	fx_services_apply(x);
	fx_nat_apply(x); /* before the routes: nothing leaves untranslated */
	track_touch_all(x->tracks);
}

/* Routes keep a list of their own of what is to be done. */
void fx_reconcile(struct fx *x)
{
	if (!x->cfg)
		return;
	if (x->dirty || x->refresh)
		sync_all(x);
	else
		sync_touched(x);
	fx_routes_apply(x);
}

bool fx_reconcile_pending(const struct fx *x)
{
	return x->dirty || x->refresh || x->sessions_changed || x->applied->touched;
}

void fx_unreconcile(struct fx *x)
{
	fx_routes_remove_all(x);
	struct applied_if *a, *next;

	touched_none(x);
	HASH_ITER (hh, x->applied->ifs, a, next)
		remove_if(x, a);
	fx_forward_end(x);
	fx_doors_close(x);
	fx_services_remove(x);
	fx_nat_remove(x);
}
