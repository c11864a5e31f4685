/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What DNS proxy, DHCP server and VRFs should do, and the comparison with what they were told: see
 * services.h. */
#include "flexvpn/services.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/build.h"
#include "flexvpn/leases.h"

struct told {       /* what a part of the back end was told last, as text */
	char *text; /* NULL: nothing */
};

struct fx_services {
	struct told told[FX_TOLD_N];
	char **vrf_name; /* by id, from 1 */
	size_t n_vrf_name;
};

struct fx_services *fx_services_new(void)
{
	return xcalloc(1, sizeof(struct fx_services));
}

void fx_services_free(struct fx_services *s)
{
	for (size_t i = 0; i < FX_TOLD_N; i++)
		free(s->told[i].text);
	for (size_t i = 0; i < s->n_vrf_name; i++)
		free(s->vrf_name[i]);
	free(s->vrf_name);
	free(s);
}

/* True: it is something else than before. An empty text is what was there before the first one. */
bool fx_services_differ(struct fx *x, enum fx_told part, struct strbuf *fresh)
{
	struct told *t = &x->services->told[part];

	bool same = strcmp(t->text ? t->text : "", sb_str(fresh)) == 0;

	if (!same) {
		free(t->text);
		t->text = xstrdup(sb_str(fresh));
	}
	sb_fini(fresh);
	return !same;
}

static void complain(const char *what, int rc, const char *why)
{
	if (rc < 0)
		log_msg(PLATFORM_OPERATION_FAILED, what, why ? why : strerror(-rc));
}

static const struct services_ops *ops(const struct fx *x)
{
	return x->b.services ? x->b.services->ops : NULL;
}

/* ---- DHCP
 * ----------------------------------------------------------------------------------------------------------------
 */

static void take_addrs(struct dhcp_addrs *out, const struct ipaddr *v, uint8_t n)
{
	for (uint8_t i = 0; i < n && !out->n; i++)
		for (uint8_t k = i; k < n && out->n < DHCP_MAX_ADDRS; k++)
			if (v[k].family == AF_INET)
				out->v[out->n++] = v[k];
}

/* Of several sessions the first that pushed a value gives it, after them our own leases. */
static struct dhcp_imported imported(const struct fx *x)
{
	struct dhcp_imported im = {0};

	for (const struct fx_client *c = x->clients; c; c = c->next) {
		if (!c->child_up)
			continue;
		if (!im.domain && c->pushed.def_domain[0])
			im.domain = c->pushed.def_domain;
		if (!im.dns.n)
			take_addrs(&im.dns, c->pushed.dns, c->pushed.n_dns);
		if (!im.netbios.n)
			take_addrs(&im.netbios, c->pushed.nbns, c->pushed.n_nbns);
	}
	for (size_t i = 0; i < x->cfg->interfaces.n; i++) {
		const struct dhcpc_lease *l = fx_dhcp_lease(x, &x->cfg->interfaces.v[i]);

		if (!l)
			continue;
		if (!im.domain && l->domain[0])
			im.domain = l->domain;
		if (!im.dns.n)
			take_addrs(&im.dns, l->dns, l->n_dns);
		if (!im.netbios.n)
			take_addrs(&im.netbios, l->netbios, l->n_netbios);
	}
	return im;
}

struct iface_scan {
	struct arena *a;
	const char *dev;
	struct dhcp_iface *v;
	size_t n;
};

static bool take_iface(void *ctx, const struct net_addr *addr)
{
	struct iface_scan *s = ctx;

	if (addr->addr.addr.family != AF_INET)
		return true;
	struct dhcp_iface *i = fx_append(s->a, (void **)&s->v, &s->n, sizeof(*s->v));

	*i = (struct dhcp_iface){.dev = s->dev, .addr = addr->addr};
	return true;
}

static struct iface_scan served_interfaces(const struct fx *x, struct arena *a)
{
	struct iface_scan s = {.a = a};

	for (size_t n = 0; n < x->cfg->interfaces.n; n++) {
		const struct fx_interface *i = &x->cfg->interfaces.v[n];
		struct net_link link;

		if (i->is_tunnel || i->is_loopback || i->shutdown || !fx_link(x, i, &link))
			continue;
		s.dev = i->device;
		x->b.net_ops->addrs(x->b.net, link.index, take_iface, &s);
	}
	return s;
}

struct dhcp_wanted fx_dhcp_wanted(const struct fx *x, struct arena *a)
{
	const struct fx_config *c = x->cfg;
	struct dhcp_wanted w = {.excluded = c->dhcp_excluded.v, .n_excluded = c->dhcp_excluded.n};
	struct dhcp_pool *pool;

	if (!c->dhcp_pools.n)
		return w;
	struct iface_scan s = served_interfaces(x, a);

	pool = arena_alloc(a, c->dhcp_pools.n * sizeof(*pool));
	for (size_t i = 0; i < c->dhcp_pools.n; i++) {
		pool[i] = c->dhcp_pools.v[i].p;
		pool[i].option = c->dhcp_pools.v[i].option;
		pool[i].n_option = c->dhcp_pools.v[i].n_option;
	}
	w.pool = pool;
	w.n_pool = c->dhcp_pools.n;
	w.iface = s.v;
	w.n_iface = s.n;
	w.imported = imported(x);
	w.no_ping = c->dns.no_ping;
	return w;
}

static void apply_dhcp(struct fx *x, struct arena *a)
{
	struct dhcp_wanted w = fx_dhcp_wanted(x, a);
	struct strbuf text = {0};

	if (w.n_pool && dhcpd_conf_text(&w, "", "", &text))
		dhcpd_options_text(&w, &text);
	else
		sb_clear(&text);
	if (fx_services_differ(x, FX_TOLD_DHCP, &text))
		complain("DHCP server", ops(x)->dhcp(x->b.services, &w, x->now), NULL);
}

/* ---- VRFs
 * ------------------------------------------------------------------------------------------------------------------
 */

const struct fx_vrf *fx_find_vrf(const struct fx_config *c, const char *name)
{
	for (size_t i = 0; i < c->vrfs.n; i++)
		if (strcmp(c->vrfs.v[i].name, name) == 0)
			return &c->vrfs.v[i];
	return NULL;
}

/* Outer packets only: some tunnel's `tunnel vrf`, and no tunnel is in it. */
static bool front_door(const struct fx_config *c, const char *name)
{
	bool outer = false;

	for (size_t i = 0; i < c->interfaces.n; i++) {
		const struct fx_interface *f = &c->interfaces.v[i];

		if (f->is_tunnel && f->vrf && strcmp(f->vrf, name) == 0)
			return false;
		outer = outer || (f->tunnel_vrf && strcmp(f->tunnel_vrf, name) == 0);
	}
	return outer;
}

struct fx_vrf_wanted fx_vrf_wanted(const struct fx *x, struct arena *a)
{
	const struct fx_config *c = x->cfg;
	struct fx_vrf_wanted w = {.n = c->vrfs.n};

	w.v = arena_alloc(a, (w.n + 1) * sizeof(*w.v));
	for (size_t i = 0; i < w.n; i++) {
		const char **dev = arena_alloc(a, (c->interfaces.n + 1) * sizeof(*dev));

		w.v[i] = (struct vrf_wanted){.name = c->vrfs.v[i].name, .dev = dev};
		w.v[i].front_door = front_door(c, w.v[i].name);
		for (size_t k = 0; k < c->interfaces.n; k++) {
			const struct fx_interface *f = &c->interfaces.v[k];

			if (f->device && f->vrf && strcmp(f->vrf, w.v[i].name) == 0)
				dev[w.v[i].n_dev++] = f->device;
		}
	}
	return w;
}

/* A device that comes (again) or goes is a difference, the VRF's own too. */
static void vrf_text(const struct fx *x, const struct fx_vrf_wanted *w, struct strbuf *out)
{
	char dev[NET_IFNAMSIZ];
	struct net_link link;
	uint32_t own;

	for (size_t i = 0; i < w->n; i++) {
		vrf_device_name(w->v[i].name, dev);
		own = x->b.net_ops->link_by_name(x->b.net, dev, &link) ? link.index : 0;
		sb_printf(out, "%s=%u %d:", w->v[i].name, own, w->v[i].front_door);
		for (size_t k = 0; k < w->v[i].n_dev; k++) {
			bool there = x->b.net_ops->link_by_name(x->b.net, w->v[i].dev[k], &link);

			sb_printf(out, " %s=%u", w->v[i].dev[k], there ? link.index : 0);
		}
		sb_putc(out, '\n');
	}
}

void fx_vrfs_apply(struct fx *x)
{
	struct strbuf text = {0};
	const char *why = NULL;
	struct arena a;
	int rc;

	if (!ops(x) || (!x->cfg->vrfs.n && !x->services->told[FX_TOLD_VRF].text))
		return;
	arena_init(&a);
	struct fx_vrf_wanted w = fx_vrf_wanted(x, &a);

	for (size_t i = 0; i < w.n; i++)
		fx_vrf_id(x, w.v[i].name);
	vrf_text(x, &w, &text);
	if (fx_services_differ(x, FX_TOLD_VRF, &text)) {
		rc = ops(x)->vrf(x->b.services, w.v, w.n, &why);
		complain("VRFs", rc, why);
		vrf_text(x, &w, &text); /* with the devices as they are now */
		fx_services_differ(x, FX_TOLD_VRF, &text);
		fx_routes_revrf(x);
	}
	arena_fini(&a);
}

uint16_t fx_vrf_known(const struct fx *x, const char *name)
{
	const struct fx_services *s = x->services;

	for (size_t i = 0; name && i < s->n_vrf_name; i++)
		if (strcmp(s->vrf_name[i], name) == 0)
			return (uint16_t)(i + 1);
	return 0;
}

uint16_t fx_vrf_id(struct fx *x, const char *name)
{
	struct fx_services *s = x->services;
	uint16_t known = fx_vrf_known(x, name);

	if (known || !name || s->n_vrf_name == UINT16_MAX)
		return known;
	s->vrf_name = xrealloc(s->vrf_name, (s->n_vrf_name + 1) * sizeof(*s->vrf_name));
	s->vrf_name[s->n_vrf_name++] = xstrdup(name);
	return (uint16_t)s->n_vrf_name;
}

const char *fx_vrf_name(const struct fx *x, uint16_t id)
{
	return id && id <= x->services->n_vrf_name ? x->services->vrf_name[id - 1] : NULL;
}

uint16_t fx_vrf_of_table(const struct fx *x, uint32_t table)
{
	uint32_t t;

	for (uint16_t id = 1; table && fx_vrf_name(x, id); id++)
		if (fx_vrf_table(x, id, &t) && t == table)
			return id;
	return 0;
}

bool fx_vrf_table(const struct fx *x, uint16_t id, uint32_t *table)
{
	*table = 0;
	if (!id)
		return true;
	if (ops(x) && fx_find_vrf(x->cfg, fx_vrf_name(x, id)))
		*table = ops(x)->vrf_table(x->b.services, fx_vrf_name(x, id));
	return *table != 0;
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------------------------
 */

static void dns_text(const struct fx_dns_wanted *w, struct strbuf *out)
{
	for (size_t i = 0; i < w->n; i++) {
		sb_printf(out, "%s\n", w->v[i].name);
		dnsproxy_conf_text(&w->v[i], "", out);
		dnsproxy_servers_text(&w->v[i], out);
		dnsproxy_hosts_text(&w->v[i], out);
	}
}

static void apply_dns(struct fx *x, struct arena *a)
{
	struct fx_dns_wanted w = fx_dns_wanted(x, a);
	struct strbuf text = {0};

	dns_text(&w, &text);
	if (fx_services_differ(x, FX_TOLD_DNS, &text))
		complain("DNS proxy", ops(x)->dns(x->b.services, w.v, w.n, x->now), NULL);
}

bool fx_services_in_use(const struct fx *x)
{
	const char *dns = x->services->told[FX_TOLD_DNS].text,
	           *dhcp = x->services->told[FX_TOLD_DHCP].text;

	return ops(x) && ((dns && dns[0]) || (dhcp && dhcp[0]));
}

void fx_services_apply(struct fx *x)
{
	struct arena a;

	if (!ops(x))
		return;
	arena_init(&a);
	apply_dns(x, &a);
	apply_dhcp(x, &a);
	fx_leases_apply(x);
	arena_fini(&a);
}

void fx_services_remove(struct fx *x)
{
	const char *why;

	if (!ops(x))
		return;
	fx_leases_remove(x);
	if (x->services->told[FX_TOLD_DNS].text && x->services->told[FX_TOLD_DNS].text[0])
		ops(x)->dns(x->b.services, NULL, 0, x->now);
	if (x->services->told[FX_TOLD_DHCP].text && x->services->told[FX_TOLD_DHCP].text[0])
		ops(x)->dhcp(x->b.services, &(struct dhcp_wanted){0}, x->now);
	if (x->services->told[FX_TOLD_VRF].text && x->services->told[FX_TOLD_VRF].text[0])
		ops(x)->vrf(x->b.services, NULL, 0, &why);
}

void fx_services_purge(struct fx *x)
{
	const char *why;

	if (ops(x) && !x->cfg->vrfs.n)
		ops(x)->vrf(x->b.services, NULL, 0, &why);
}

void fx_services_poll(struct fx *x)
{
	if (ops(x))
		ops(x)->poll(x->b.services, x->now);
	fx_leases_poll(x);
}

uint64_t fx_services_deadline(const struct fx *x)
{
	return ops(x) ? ops(x)->deadline(x->b.services) : UINT64_MAX;
}
