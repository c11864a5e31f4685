/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions that peers open: see hub.h. */
#include "flexvpn/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/eap_relay.h"
#include "flexvpn/nearest.h"
#include "flexvpn/pool.h"
#include "flexvpn/services.h"
#include "flexvpn/session.h"

static const uint64_t hub_owner = 1ull
                                  << 62; /* owners in the engine are client numbers, and these */
static const uint32_t route_owner = 1u << 30; /* the same of routes */

struct fx_hub {
	struct fx_spoke *spokes;
	struct fx_leases *leases;
	uint32_t next_id;
	struct fx_spoke **by_handle,
	        **by_number; /* at handle, number of the Virtual-Access; or NULL */
	size_t n_handle, n_number;
	uint32_t low;             /* no number below this one is free */
	struct fx_interface *all; /* what fx_config has: those of the configuration stand first */
	size_t cap;
	struct arena answer;      /* what the last fx_hub_identify() points to … */
	struct ike_peering given; /* … and its keys */
	uint32_t user_of;         /* the session that is being authorized as a user of EAP … */
	char user[256];           /* … and its name */
};

struct fx_hub *fx_hub_new(void)
{
	struct fx_hub *h = xcalloc(1, sizeof(*h));

	h->low = 1;
	h->leases = fx_leases_new();
	arena_init(&h->answer);
	return h;
}

static void spoke_free(struct fx_spoke *s)
{
	free(s->subnet);
	free(s);
}

void fx_hub_free(struct fx_hub *h)
{
	if (!h)
		return;
	while (h->spokes) {
		struct fx_spoke *s = h->spokes;

		h->spokes = s->next;
		spoke_free(s);
	}
	fx_leases_free(h->leases);
	arena_fini(&h->answer);
	fx_peering_fini(&h->given);
	free(h->by_handle);
	free(h->by_number);
	free(h->all);
	free(h);
}

const struct fx_leases *fx_hub_leases(const struct fx *x)
{
	return x->hub->leases;
}

const struct fx_spoke *fx_hub_first(const struct fx *x)
{
	return x->hub->spokes;
}

/* Handles and numbers are small: arrays that grow to the greatest. */
static void note(struct fx_spoke ***v, size_t *n, uint32_t at, struct fx_spoke *s)
{
	size_t fresh = *n ? *n : 16;

	while (fresh <= at)
		fresh *= 2;
	if (fresh != *n) {
		*v = xrealloc(*v, fresh * sizeof(struct fx_spoke *));
		memset(*v + *n, 0, (fresh - *n) * sizeof(struct fx_spoke *));
		*n = fresh;
	}
	(*v)[at] = s;
}

static struct fx_spoke *by_handle(const struct fx *x, uint32_t handle)
{
	return handle < x->hub->n_handle ? x->hub->by_handle[handle] : NULL;
}

const struct fx_spoke *fx_hub_by_handle(const struct fx *x, uint32_t handle)
{
	return by_handle(x, handle);
}

const struct fx_spoke *fx_hub_by_interface(const struct fx *x, const char *name)
{
	static const char stem[] = "Virtual-Access";
	const struct fx_hub *h = x->hub;
	unsigned long number = strncmp(name, stem, sizeof(stem) - 1) == 0
	                               ? strtoul(name + sizeof(stem) - 1, NULL, 10)
	                               : 0;

	return h && number && number < h->n_number ? h->by_number[number] : NULL;
}

/* ---- owner numbers ------------------------------------------------------------------ */

static uint64_t owner_of(const struct fx_profile *p)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (const char *c = p->name; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	return hub_owner | h;
}

bool fx_hub_owns(uint64_t owner)
{
	return owner & hub_owner;
}

bool fx_hub_resolve(const struct fx *x, uint64_t owner, struct fx_resolved *out)
{
	char why[160];

	for (size_t i = 0; x->cfg && i < x->cfg->profiles.n; i++) {
		const struct fx_profile *p = &x->cfg->profiles.v[i];

		if (p->virtual_template && owner_of(p) == owner)
			return fx_responder_resolve(x->cfg, p, out, why, sizeof(why));
	}
	return false;
}

static const char *eap_name(const struct fx_spoke *s)
{
	return *s->user ? s->user : NULL;
}

/* ---- the engine's questions ---------------------------------------------------------- */

static bool local_fits(struct fx *x, const struct fx_profile *p, const struct ipaddr *local)
{
	struct ipaddr a;

	for (uint8_t i = 0; i < p->n_match_local; i++)
		if (ipaddr_eq(&p->match_local[i], local))
			return true;
	for (uint8_t i = 0; i < p->n_match_local_if; i++) {
		const struct fx_interface *f = fx_find_interface(x->cfg, p->match_local_if[i]);

		if (f && fx_interface_address(x, f, local->family, &a) && ipaddr_eq(&a, local))
			return true;
	}
	return !p->n_match_local && !p->n_match_local_if;
}

bool fx_hub_accept(struct fx *x, const struct endpoint *local, const struct endpoint *remote,
        struct ike_peering *out)
{
	(void)remote;
	if (!x->cfg || !fx_peering_unknown(x->cfg, &local->addr, out))
		return false;
	if (x->b.dp_ops->plain_esp)
		out->force_natt = false;
	return true;
}

/* Does every way for the peer to prove itself bring a certificate? Then a map may decide. */
static bool by_certificate(const struct fx_profile *p)
{
	bool all = p->n_auth_remote > 0;

	for (uint8_t i = 0; i < p->n_auth_remote; i++)
		all &= p->auth_remote[i] == FX_AUTH_RSA || p->auth_remote[i] == FX_AUTH_ECDSA;
	return all;
}

/* How closely a profile names the peer. One with a certificate map is a candidate for anybody, the
 * last of all: whether the map fits shows when the certificate is judged. */
static unsigned weight_of(const struct fx_profile *p, const struct ike_id *id)
{
	unsigned weight = fx_match_weight(p, id);

	return weight ? weight : p->cert_map.n && by_certificate(p);
}

/* The complete profile that names the peer most closely. */
static const struct fx_profile *profile_for(struct fx *x, const struct ipaddr *local,
        const struct ipaddr *remote, const struct ike_id *id, struct fx_resolved *r)
{
	char why[160] = "";
	const struct fx_profile *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < x->cfg->profiles.n; i++) {
		const struct fx_profile *p = &x->cfg->profiles.v[i];
		unsigned weight = p->virtual_template ? weight_of(p, id) : 0;
		struct fx_resolved one;

		if (weight > most && local_fits(x, p, local) &&
		        fx_responder_resolve(x->cfg, p, &one, why, sizeof(why))) {
			most = weight;
			best = p;
			*r = one;
		}
	}
	if (!best)
		fx_no_profile(x->cfg, NULL, remote, id, *why ? why : NULL);
	return best;
}

static bool complete(struct fx *x, const struct fx_resolved *r, const struct endpoint *local,
        const struct endpoint *remote, const struct ike_id *id, struct ike_peering *out)
{
	char why[160];

	if (!fx_peering_build(x->cfg, r, &local->addr, &remote->addr, id, out, why, sizeof(why)) ||
	        !fx_session_identity(x, r->profile, out, why, sizeof(why))) {
		log_msg(IKEV2_NEG_ABORT, why);
		fx_peering_fini(out);
		return false;
	}
	out->childless = true;
	if (x->b.dp_ops->plain_esp)
		out->force_natt = r->profile->force_natt;
	return true;
}

bool fx_hub_identify(struct fx *x, const struct endpoint *local, const struct endpoint *remote,
        const struct ike_id *id, struct ike_peering *out)
{
	struct fx_resolved r;
	struct fx_author author;
	const struct fx_profile *p =
	        x->cfg ? profile_for(x, &local->addr, &remote->addr, id, &r) : NULL;

	if (!p || !complete(x, &r, local, remote, id, out))
		return false;
	fx_peering_fini(&x->hub->given);
	x->hub->given = *out;
	out->owner = owner_of(p);
	fx_author_for(x->cfg, p, id, NULL, &author);
	x->hub->user_of = 0;
	arena_fini(&x->hub->answer);
	arena_init(&x->hub->answer);
	out->cfg_reply = fx_cfg_grant(&x->hub->answer, x->cfg, &r, &author);
	return true;
}

/* A lease is asked for in the same breath, so the name is kept for that. */
void fx_hub_user(struct fx *x, uint32_t handle, uint64_t owner, const struct ike_id *id,
        struct span name, struct ike_attrs *reply)
{
	struct fx_hub *h = x->hub;
	struct fx_author author;
	struct fx_resolved r;

	if (!fx_hub_resolve(x, owner, &r) || name.n >= sizeof(h->user))
		return;
	h->user_of = handle;
	snprintf(h->user, sizeof(h->user), "%.*s", (int)name.n, (const char *)name.p);
	fx_author_for(x->cfg, r.profile, id, h->user, &author);
	arena_fini(&h->answer);
	arena_init(&h->answer);
	*reply = fx_cfg_grant(&h->answer, x->cfg, &r, &author);
}

bool fx_hub_lease(struct fx *x, uint32_t handle, uint64_t owner, const struct ike_id *id,
        int family, struct prefix *out)
{
	struct fx_resolved r;
	struct fx_author a;
	struct ipaddr wish = out->addr, given;

	if (!fx_hub_resolve(x, owner, &r))
		return false;
	fx_author_for(x->cfg, r.profile, id, handle == x->hub->user_of ? x->hub->user : NULL, &a);
	const char *pool = family == AF_INET ? a.grant.pool : a.grant.pool6;

	if (!pool || !fx_lease(x->hub->leases, x->cfg, pool, family, handle, id, &wish, &given))
		return false;
	uint8_t len = family == AF_INET ? a.grant.netmask : a.grant.prefix6;

	*out = (struct prefix){.addr = given, .len = len ? len : (uint8_t)ipaddr_bits(&given)};
	return true;
}

void fx_hub_unlease(struct fx *x, uint32_t handle)
{
	fx_unlease(x->hub->leases, handle);
}

/* ---- interfaces ---------------------------------------------------------------------- */

static bool clone(const struct fx *x, const struct fx_spoke *s, struct fx_interface *out)
{
	const struct fx_profile *p = fx_find_profile(x->cfg, s->profile);
	struct fx_resolved r;
	char why[160];

	if (!s->number || !p || !fx_responder_resolve(x->cfg, p, &r, why, sizeof(why)))
		return false;
	*out = *r.tunnel;
	out->name = s->name;
	out->device = s->device;
	out->number = s->number;
	out->is_template = false;
	out->is_tunnel = out->is_access = true;
	return true;
}

/* ---- the list of interfaces: those configured, then one for each session ------------- */

static void append(struct fx *x, struct fx_spoke *s)
{
	struct fx_hub *h = x->hub;
	size_t n = x->cfg->interfaces.n;

	if (n + 1 > h->cap) {
		h->cap = 2 * (n + 1);
		h->all = xrealloc(h->all, h->cap * sizeof(*h->all));
	}
	x->cfg->interfaces.v = h->all;
	if (!clone(x, s, &h->all[n]))
		return;
	s->place = n;
	x->cfg->interfaces.n = n + 1;
	fx_config_access(x->cfg, s->number, n);
}

/* The last one takes its place. */
static void take_out(struct fx *x, struct fx_spoke *s)
{
	struct fx_hub *h = x->hub;
	size_t last = x->cfg->interfaces.n - 1;

	if (!s->place)
		return;
	if (s->place != last) {
		h->all[s->place] = h->all[last];
		h->by_number[h->all[last].number]->place = s->place;
		fx_config_access(x->cfg, h->all[last].number, s->place);
	}
	fx_config_access(x->cfg, s->number, 0);
	x->cfg->interfaces.n = last;
	s->place = 0;
}

/* The same anew, for another configuration. */
static void publish(struct fx *x)
{
	struct fx_hub *h = x->hub;
	size_t n = x->cfg->interfaces.n;

	h->cap = 2 * (n + 1);
	h->all = xrealloc(h->all, h->cap * sizeof(*h->all));
	if (n)
		memcpy(h->all, x->cfg->interfaces.v, n * sizeof(*h->all));
	x->cfg->interfaces.v = h->all;
	for (struct fx_spoke *s = h->spokes; s; s = s->next) {
		s->place = 0;
		append(x, s);
	}
	x->dirty = true;
}

static uint32_t free_number(struct fx_hub *h)
{
	while (h->low < h->n_number && h->by_number[h->low])
		h->low++;
	return h->low;
}

/* "Virtual-Access1"; its device has IOS's short name, because a longer number would not fit. */
static void make_access(struct fx *x, struct fx_spoke *s)
{
	const struct fx_interface *i;

	s->number = free_number(x->hub);
	note(&x->hub->by_number, &x->hub->n_number, s->number, s);
	snprintf(s->name, sizeof(s->name), "Virtual-Access%u", s->number);
	snprintf(s->device, sizeof(s->device), "Vi%u", s->number);
	append(x, s);
	fx_session_touch(x, s->name);
	i = fx_find_interface(x->cfg, s->name);
	snprintf(s->sas.tunnel, sizeof(s->sas.tunnel), "%s", s->name);
	s->sas.tunnel_id = i ? fx_tunnel_id(i) : 0;
	fx_reconcile(x);
}

/* ---- sessions ------------------------------------------------------------------------- */

static void log_session(const struct fx *x, const struct fx_spoke *s, bool up)
{
	char peer[IPADDR_STRLEN], id[320];

	if (x->cfg->g.logging_ikev2)
		log_msg(CRYPTO_IKEV2_SESSION_STATUS, up ? "UP" : "DOWN", ipaddr_fmt(&s->peer, peer),
		        500u, ike_id_fmt(&s->peer_id, id));
}

static void drop(struct fx *x, struct fx_spoke *s)
{
	struct fx_hub *h = x->hub;

	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	h->by_handle[s->handle] = NULL;
	fx_session_drop_children(x, &s->sas);
	fx_routes_unwant_owner(x, s->id);
	if (s->number) {
		take_out(x, s);
		h->by_number[s->number] = NULL;
		h->low = s->number < h->low ? s->number : h->low;
		fx_session_touch(x, s->name);
	}
	x->reconsider = true;
	if (s->up)
		log_session(x, s, false);
	spoke_free(s);
}

static void close_spoke(struct fx *x, struct fx_spoke *s)
{
	uint32_t handle = s->handle;

	drop(x, s);
	ike_close(x->ike, handle, x->now);
}

void fx_hub_close(struct fx *x)
{
	while (x->hub->spokes)
		close_spoke(x, x->hub->spokes);
}

static bool fingerprint(const struct fx *x, const char *profile, char *out, size_t n)
{
	const struct fx_profile *p = fx_find_profile(x->cfg, profile);
	struct fx_resolved r;
	char why[160];

	if (!p || !fx_responder_resolve(x->cfg, p, &r, why, sizeof(why)))
		return false;
	fx_session_fingerprint(x->cfg, &r, out, n);
	return true;
}

static bool answers(const struct fx *x)
{
	struct fx_resolved r;
	char why[160];

	for (size_t i = 0; i < x->cfg->profiles.n; i++)
		if (x->cfg->profiles.v[i].virtual_template &&
		        fx_responder_resolve(x->cfg, &x->cfg->profiles.v[i], &r, why, sizeof(why)))
			return true;
	return false;
}

void fx_hub_configured(struct fx *x)
{
	char print[sizeof(x->hub->spokes->fingerprint)];

	publish(x);
	for (struct fx_spoke *s = x->hub->spokes, *next; s; s = next) {
		next = s->next;
		if (!fingerprint(x, s->profile, print, sizeof(print)) ||
		        strcmp(print, s->fingerprint) != 0)
			close_spoke(x, s);
	}
	ike_listen(x->ike, answers(x));
}

static void on_established(struct fx *x, const struct ike_event *ev)
{
	struct ike_sa_info info;
	struct fx_resolved r;
	struct fx_spoke *s;

	if (!ike_sa_info(x->ike, ev->handle, &info))
		return;
	if (!fx_hub_resolve(x, ev->owner, &r)) { /* reconfigured meanwhile */
		ike_close(x->ike, ev->handle, x->now);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->handle = ev->handle;
	s->id = route_owner | (++x->hub->next_id & (route_owner - 1));
	snprintf(s->profile, sizeof(s->profile), "%s", r.profile->name);
	fx_session_fingerprint(x->cfg, &r, s->fingerprint, sizeof(s->fingerprint));
	s->peer_id = info.remote_id;
	snprintf(s->user, sizeof(s->user), "%.*s", (int)info.eap_name.n,
	        (const char *)info.eap_name.p);
	s->peer = info.remote.addr;
	s->local = info.local.addr;
	note(&x->hub->by_handle, &x->hub->n_handle, s->handle, s);
	s->next = x->hub->spokes;
	s->at = &x->hub->spokes;
	if (s->next)
		s->next->at = &s->next;
	x->hub->spokes = s;
}

/* ---- routes ---------------------------------------------------------------------------- */

static void want_route(struct fx *x, const struct fx_spoke *s, const struct prefix *dst,
        uint32_t distance, uint32_t tag)
{
	const struct fx_interface *i = fx_find_interface(x->cfg, s->name);
	struct fx_route_want w = {.dst = *dst, .distance = distance, .tag = tag, .owner = s->id};

	snprintf(w.ifname, sizeof(w.ifname), "%s", s->name);
	w.vrf = fx_vrf_id(x, i ? i->vrf : NULL);
	fx_route_want(x, &w);
}

static void want_host(struct fx *x, const struct fx_spoke *s, const struct prefix *addr)
{
	struct prefix host = {.addr = addr->addr, .len = (uint8_t)ipaddr_bits(&addr->addr)};

	if (addr->addr.family)
		want_route(x, s, &host, 1, 0);
}

static bool is_leased(const struct fx_spoke *s, const struct prefix *p)
{
	return p->len == ipaddr_bits(&p->addr) &&
	       (ipaddr_eq(&p->addr, &s->addr4.addr) || ipaddr_eq(&p->addr, &s->addr6.addr));
}

/* To the address that it was given, and to the networks that it told us of. */
static void want_routes(struct fx *x, const struct fx_spoke *s)
{
	const struct fx_profile *p = fx_find_profile(x->cfg, s->profile);
	struct fx_author a;
	char text[PREFIX_STRLEN], id[320];

	fx_routes_unwant_owner(x, s->id);
	want_host(x, s, &s->addr4);
	want_host(x, s, &s->addr6);
	if (!p)
		return;
	fx_author_for(x->cfg, p, &s->peer_id, eap_name(s), &a);
	for (size_t i = 0; !a.no_accept && i < s->n_subnet; i++) {
		const struct prefix *dst = &s->subnet[i];

		if (fx_session_recursive(x, &s->peer, s->name, dst, a.accept_distance))
			log_msg(FLEXVPN_ROUTE_REFUSED, ike_id_fmt(&s->peer_id, id),
			        prefix_fmt(dst, text),
			        "it would carry the tunnel's own packets into the tunnel");
		else if (!is_leased(s, dst))
			want_route(x, s, dst, a.accept_distance, a.accept_tag);
	}
}

static void on_cfg_set(struct fx *x, struct fx_spoke *s, const struct ike_event *ev)
{
	struct fx_pushed *p = xcalloc(1, sizeof(*p));

	fx_pushed_set(&ev->attrs, p);
	free(s->subnet);
	s->n_subnet = p->n_subnet;
	s->subnet = p->n_subnet ? xmemdup(p->subnet, p->n_subnet * sizeof(*p->subnet)) : NULL;
	free(p);
	if (s->up)
		want_routes(x, s);
}

/* ---- children -------------------------------------------------------------------------- */

/* A peer that asked for nothing is told our networks all the same. */
static void offer(struct fx *x, const struct fx_spoke *s)
{
	const struct fx_profile *p = fx_find_profile(x->cfg, s->profile);
	struct ike_sa_info info;
	struct fx_resolved r;
	struct fx_author a;
	struct arena mem;
	char why[160];

	if (!p || !ike_sa_info(x->ike, s->handle, &info) || info.cfg_asked ||
	        !fx_responder_resolve(x->cfg, p, &r, why, sizeof(why)))
		return;
	fx_author_for(x->cfg, p, &s->peer_id, eap_name(s), &a);
	r.author = &a;
	arena_init(&mem);
	const struct fx_interface *i = fx_find_interface(x->cfg, s->name);
	struct ipaddr own = {0};

	if (i)
		fx_interface_own(x->cfg, i, &own);
	struct prefix addr = {.addr = own, .len = 32}, none = {0};
	struct ike_attrs attrs = fx_cfg_set(&mem, x->cfg, &r, &addr, &none);

	if (attrs.n)
		ike_cfg_set(x->ike, s->handle, &attrs, x->now);
	arena_fini(&mem);
}

static void come_up(struct fx *x, struct fx_spoke *s)
{
	struct ike_sa_info info;

	if (ike_sa_info(x->ike, s->handle, &info)) {
		s->addr4 = info.assigned4;
		s->addr6 = info.assigned6;
	}
	s->up = true;
	s->since = x->now;
	want_routes(x, s);
	fx_session_touch(x, s->name);
	log_session(x, s, true);
	fx_reconcile(x);
	offer(x, s);
}

static void on_child_up(struct fx *x, struct fx_spoke *s, const struct ike_event *ev)
{
	if (!s->number)
		make_access(x, s);
	if (!fx_session_child_add(x, &s->sas, ev)) {
		close_spoke(x, s);
		return;
	}
	if (!s->up)
		come_up(x, s);
}

static void on_child_down(struct fx *x, struct fx_spoke *s, const struct ike_event *ev)
{
	fx_session_child_del(x, &s->sas, ev->child.spi_in);
	if (!s->sas.n_spi && s->up)
		close_spoke(x, s);
}

void fx_hub_on_event(struct fx *x, const struct ike_event *ev)
{
	struct fx_spoke *s = by_handle(x, ev->handle);

	if (ev->type == IKE_EV_ESTABLISHED)
		on_established(x, ev);
	if (ev->type == IKE_EV_EAP)
		fx_eap_relay(x, ev);
	if (!s)
		return;
	switch (ev->type) {
	case IKE_EV_CHILD_UP:
		on_child_up(x, s, ev);
		return;
	case IKE_EV_CHILD_OUT:
		fx_session_child_send(x, ev->child.spi_in);
		return;
	case IKE_EV_CHILD_DOWN:
		on_child_down(x, s, ev);
		return;
	case IKE_EV_CFG_SET:
		on_cfg_set(x, s, ev);
		return;
	case IKE_EV_ENDPOINT:
		s->peer = ev->remote.addr;
		s->local = ev->local.addr;
		fx_session_moved(x, &s->sas, ev);
		return;
	case IKE_EV_DOWN:
		drop(x, s);
		return;
	default:
		return;
	}
}
