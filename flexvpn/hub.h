/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hub: sessions that peers open. A profile with `virtual-template N` answers them; each gets a
 * Virtual-Access interface, a copy of Virtual-TemplateN, which stands in fx_config's interfaces
 * behind those configured, so that whatever is done to interfaces is done to it too.
 *
 * The engine asks twice. fx_hub_accept() says what is offered to a stranger; when it has said who
 * it is, fx_hub_identify() chooses the profile by that name and builds the peering out of it: key,
 * selectors, and what the authorization policies grant. Nothing is kept of a peer before it has
 * proved itself: the owner number that fx_hub_identify() gives is made of the profile's name.
 */
#ifndef SPOKE_FLEXVPN_HUB_H
#define SPOKE_FLEXVPN_HUB_H

#include "flexvpn/core.h"

struct fx_spoke {                    /* one session */
	struct fx_spoke *next, **at; /* `at`: what points to it */
	uint32_t handle;             /* of its IKE SA */
	uint32_t id;                 /* the owner of its routes */
	uint32_t number;             /* of its Virtual-Access; 0: none yet */
	size_t place;                /* of that in fx_config.interfaces; 0: it stands there not */
	char name[40], device[16];
	char profile[64];
	char fingerprint[512];
	struct ike_id peer_id;
	char user[256]; /* the name that EAP proved; empty: none */
	struct ipaddr peer, local;
	struct prefix addr4, addr6; /* leased to it */
	struct prefix *subnet;      /* that it told us of */
	size_t n_subnet;
	struct fx_sas sas;
	bool up;        /* has a child */
	uint64_t since; /* it came up */
};

struct fx_hub *fx_hub_new(void);
void fx_hub_free(struct fx_hub *h);
void fx_hub_close(struct fx *x); /* all sessions, with a Delete */

/* After fx_config_build(): templates may be other ones, and profiles gone. */
void fx_hub_configured(struct fx *x);

bool fx_hub_owns(uint64_t owner);
bool fx_hub_accept(struct fx *x, const struct endpoint *local, const struct endpoint *remote,
        struct ike_peering *out);
bool fx_hub_identify(struct fx *x, const struct endpoint *local, const struct endpoint *remote,
        const struct ike_id *id, struct ike_peering *out);
/* The profile and template behind an owner number. */
bool fx_hub_resolve(const struct fx *x, uint64_t owner, struct fx_resolved *out);
bool fx_hub_lease(struct fx *x, uint32_t handle, uint64_t owner, const struct ike_id *id,
        int family, struct prefix *out);
/* The session belongs to a user of EAP: what the policies grant to that name. */
void fx_hub_user(struct fx *x, uint32_t handle, uint64_t owner, const struct ike_id *id,
        struct span name, struct ike_attrs *reply);
void fx_hub_unlease(struct fx *x, uint32_t handle);
void fx_hub_on_event(struct fx *x, const struct ike_event *ev);

const struct fx_spoke *fx_hub_first(const struct fx *x); /* NULL: there is no session */
const struct fx_spoke *fx_hub_by_handle(const struct fx *x, uint32_t handle);
const struct fx_spoke *fx_hub_by_interface(const struct fx *x, const char *name);
const struct fx_leases *fx_hub_leases(const struct fx *x);

/* What the policies grant, as attributes of CFG_REPLY; in `a`. */
struct ike_attrs fx_cfg_grant(struct arena *a, const struct fx_config *c,
        const struct fx_resolved *r, const struct fx_author *author);

#endif
