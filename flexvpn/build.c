/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building an fx_config: the frame around the readers of config_*.c. */
#include "flexvpn/build.h"
#include "flexvpn/type6.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* Lists grow by doubling inside the arena; the old copy stays there until the configuration goes.
 */
void *fx_append(struct arena *a, void **v, size_t *n, size_t size)
{
	if ((*n & (*n - 1)) == 0) {
		size_t cap = *n ? 2 * *n : 1;
		void *fresh = arena_alloc(a, cap * size);

		if (*n)
			memcpy(fresh, *v, *n * size);
		*v = fresh;
	}
	return (char *)*v + (*n)++ * size;
}

struct span fx_key_text(struct fx_config *c, const char *text)
{
	return span_of(arena_strdup(&c->arena, text), strlen(text));
}

struct prefix fx_prefix(const struct ipaddr *addr, const struct ipaddr *mask)
{
	int len = mask ? mask_to_len(ipaddr_u32(mask)) : ipaddr_bits(addr);

	return (struct prefix){.addr = *addr, .len = (uint8_t)(len < 0 ? 0 : len)};
}

struct span fx_key_hex(struct fx_config *c, const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = arena_alloc(&c->arena, n + 1);

	return hex_parse(hex, p, n) ? span_of(p, n) : (struct span){0};
}

/* ---- devices of interfaces
 * ---------------------------------------------------------------------------------------------- */

static bool native(const char *name)
{
	return !gr_ifname_is(name, "Ethernet") &&
	       strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != name;
}

static const char *device_of(const struct fx_config *c, const struct fx_interface *i)
{
	for (size_t b = 0; b < c->bindings.n; b++)
		if (strcmp(c->bindings.v[b].name, i->name) == 0)
			return c->bindings.v[b].device;
	if (i->is_tunnel || i->is_loopback || native(i->name))
		return i->name;
	return NULL;
}

/* A sub-interface is a VLAN device on that of the interface before the dot: "eth1.10". */
static void finish_vlan(struct fx_config *c, struct fx_interface *i)
{
	const char *dot = strrchr(i->name, '.');
	char *parent = dot ? arena_strndup(&c->arena, i->name, (size_t)(dot - i->name)) : NULL;
	struct fx_interface whole = {.name = parent};
	char *device;

	if (!i->vlan || !parent)
		return;
	i->parent = device_of(c, &whole);
	if (i->device || !i->parent)
		return;
	device = arena_alloc(&c->arena, strlen(i->parent) + strlen(dot) + 1);
	strcat(strcpy(device, i->parent), dot);
	i->device = device;
}

static void finish_interfaces(struct fx_config *c)
{
	for (size_t n = 0; n < c->interfaces.n; n++) {
		struct fx_interface *i = &c->interfaces.v[n];

		i->device = device_of(c, i);
		finish_vlan(c, i);
		if (i->device && strlen(i->device) >= 16)
			i->device = NULL; /* longer than a device name can be: it stays unbound */
	}
}

/* ---- what lines leave open
 * ----------------------------------------------------------------------------------------------------
 */

static bool aead(const struct ike_proposal *p)
{
	return p->n_encr && alg_encr(p->encr[0].id)->aead;
}

/* PRF unset means the same list as integrity; complete is (cipher, integrity, group) or (GCM, PRF,
 * group). */
static void derive_prf(struct ike_proposal *p)
{
	static const uint16_t prf_of[][2] = {{AUTH_HMAC_SHA1_96, PRF_HMAC_SHA1},
	        {AUTH_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256},
	        {AUTH_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384},
	        {AUTH_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512}};

	p->n_prf = 0;
	for (uint8_t i = 0; !aead(p) && i < p->n_integ; i++)
		for (size_t k = 0; k < ARRAY_LEN(prf_of); k++)
			if (prf_of[k][0] == p->integ[i])
				p->prf[p->n_prf++] = prf_of[k][1];
}

/* A proposal does not mix AEAD and other ciphers (RFC 7296 §3.3): those of the first one's kind
 * stay. */
static void one_kind(struct ike_proposal *p)
{
	uint8_t n = 0;
	bool kind = aead(p);

	for (uint8_t i = 0; i < p->n_encr; i++)
		if (alg_encr(p->encr[i].id)->aead == kind)
			p->encr[n++] = p->encr[i];
	p->n_encr = n;
}

static void finish_proposals(struct fx_config *c)
{
	for (size_t n = 0; n < c->proposals.n; n++) {
		struct ike_proposal *p = &c->proposals.v[n].p;

		one_kind(p);
		if (!c->proposals.v[n].prf_given)
			derive_prf(p);
		if (aead(p))
			p->n_integ = 0;
		c->proposals.v[n].complete =
		        p->n_encr && p->n_group && (aead(p) ? p->n_prf : p->n_integ) > 0;
	}
}

/* The policy `default` has the proposal `default` until it is given one. */
static void finish_policies(struct fx_config *c)
{
	for (size_t n = 0; n < c->policies.n; n++)
		if (strcmp(c->policies.v[n].name, "default") == 0 && !c->policies.v[n].n_proposal)
			c->policies.v[n].proposal[c->policies.v[n].n_proposal++] = "default";
}

static void finish_ipsec(struct fx_config *c)
{
	for (size_t n = 0; n < c->ipsec.n; n++)
		if (!c->ipsec.v[n].n_transform) {
			c->ipsec.v[n].transform[0] = "default";
			c->ipsec.v[n].n_transform = 1;
		}
}

static int by_seq(const void *a, const void *b)
{
	const struct fx_peer *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int source_by_seq(const void *a, const void *b)
{
	const struct fx_source *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void finish_clients(struct fx_config *c)
{
	for (size_t n = 0; n < c->clients.n; n++)
		if (c->clients.v[n].sources.n)
			qsort(c->clients.v[n].sources.v, c->clients.v[n].sources.n,
			        sizeof(struct fx_source), source_by_seq);
	for (size_t n = 0; n < c->clients.n; n++)
		if (c->clients.v[n].peers.n)
			qsort(c->clients.v[n].peers.v, c->clients.v[n].peers.n,
			        sizeof(struct fx_peer), by_seq);
}

struct span fx_key_typed(struct cfg_build *b, bool encrypted, const char *text)
{
	char clear[TYPE6_CLEAR_MAX + 1] = "";
	struct span s;

	if (!encrypted)
		return fx_key_text(b->c, text);
	if (!b->master || !type6_decrypt(b->master, text, clear))
		return (struct span){0};
	s = fx_key_text(b->c, clear);
	wipe(clear, sizeof(clear));
	return s;
}

struct fx_config *fx_config_build(const struct cfg *snapshot)
{
	return fx_config_build_with(snapshot, NULL);
}

struct fx_config *fx_config_build_with(const struct cfg *snapshot, const struct secret *master)
{
	struct fx_config *c = xcalloc(1, sizeof(*c));
	struct cfg_build b = {.c = c, .master = master};

	arena_init(&c->arena);
	c->cfg = cfg_ref(snapshot);
	c->g.replay_window = 64;
	c->nat_timeouts = nat_timeouts_ios();
	c->g.ipsec_lifetime_s = 3600;
	c->g.ipsec_lifetime_kb = 4608000;
	cfg_build_walk(snapshot, &c->arena, &b);
	finish_interfaces(c);
	finish_proposals(c);
	finish_policies(c);
	finish_ipsec(c);
	finish_clients(c);
	fx_config_index(c);
	return c;
}

void fx_config_free(struct fx_config *c)
{
	if (!c)
		return;
	keyed_fini(&c->names);
	free(c->access);
	/* Keys stand in the arena as typed; they go with it, wiped first. */
	for (size_t i = 0; i < c->keyrings.n; i++)
		for (size_t k = 0; k < c->keyrings.v[i].keys.n; k++) {
			struct fx_key *e = &c->keyrings.v[i].keys.v[k];

			wipe((void *)e->local.p, e->local.n);
			wipe((void *)e->ppk.p, e->ppk.n);
			wipe((void *)e->remote.p, e->remote.n);
		}
	for (size_t i = 0; i < c->profiles.n; i++) {
		wipe((void *)c->profiles.v[i].key_local.p, c->profiles.v[i].key_local.n);
		wipe((void *)c->profiles.v[i].key_remote.p, c->profiles.v[i].key_remote.n);
		wipe((void *)c->profiles.v[i].eap_password.p, c->profiles.v[i].eap_password.n);
	}
	cfg_unref((struct cfg *)c->cfg);
	arena_fini(&c->arena);
	free(c);
}
