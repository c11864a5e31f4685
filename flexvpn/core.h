/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router as a machine: configuration, sessions, interfaces and routes, driven by time and by what its three back ends report
 * (the IKE engine, a data plane, the kernel's network). No loop, no thread, no file: router.c runs it in the daemon, a simulator
 * runs it under a virtual clock with the fake back ends.
 *
 *   fx_commit()   a new running configuration
 *   fx_pump()     everything that is due: datagrams, events, timers, reconciliation
 *   fx_deadline() when to pump again at the latest
 *
 * One flow: back ends report → client.c walks its machine → wanted (configuration + sessions) → reconcile.c applies the
 * difference to what is. Nothing else touches the data plane's tunnels, addresses or routes.
 */
#ifndef SPOKE_FLEXVPN_CORE_H
#define SPOKE_FLEXVPN_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timers.h"
#include "base/trace.h"
#include "dataplane/dp.h"
#include "flexvpn/config.h"
#include "flexvpn/decide.h"
#include "ikev2/ike.h"
#include "net/net.h"
#include "net/fetch.h"
#include "net/radius.h"
#include "net/resolver.h"
#include "net/vtysh.h"
#include "net/services.h"

/* ---- a session's pushed attributes --------------------------------------------------------------------------------- */

enum { FX_MAX_SUBNETS = 256, FX_MAX_SERVERS = 8, FX_MAX_NAMES = 64 };

struct fx_pushed {
	struct prefix addr4, addr6; /* family 0: none */
	struct prefix subnet[FX_MAX_SUBNETS];
	size_t n_subnet;
	struct ipaddr dns[FX_MAX_SERVERS], nbns[FX_MAX_SERVERS];
	uint8_t n_dns, n_nbns;
	char def_domain[256], banner[512], app_version[256];
	bool save_password; /* the hub lets the password of EAP be kept */
	char split_dns[FX_MAX_NAMES][128];
	uint8_t n_split_dns;
	char backup[FX_MAX_NAMES][64];
	uint8_t n_backup;
};

/* Those of a session to be: only kept while there is one. NULL: nothing was pushed yet. */
struct fx_pushed *fx_pushed_held(struct fx_pushed **held); /* makes it */
void fx_pushed_drop(struct fx_pushed **held);
/* Replaces what was there. Malformed attributes are skipped; the number of them is returned. */
unsigned fx_pushed_read(const struct ike_attrs *a, struct fx_pushed *out);
/* CFG_SET from the peer: replaces the subnets only. */
unsigned fx_pushed_set(const struct ike_attrs *a, struct fx_pushed *p);

/* The spoke's CFG_REQUEST and the CFG_SET that tells the hub our networks (wire reference §14.2). Built in `a`. */
struct ike_attrs fx_cfg_request(struct arena *a, const struct fx_resolved *r);
struct ike_attrs fx_cfg_set(struct arena *a, const struct fx_config *c, const struct fx_resolved *r,
	const struct prefix *tunnel_addr, const struct prefix *tunnel_addr6);

/* ---- clients ------------------------------------------------------------------------------------------------------------ */

/* The states `show crypto ikev2 client flexvpn` prints. */
#define FX_STATE_LIST(X)                                                                                               \
	X(INIT)             /* the profile is incomplete */                                                                \
	X(WAIT_TRACK)       /* `connect track`, the object is in the other state */                                        \
	X(CONNECT_REQUIRED) /* `connect manual`, waiting for the command */                                                \
	X(NEGOTIATING)                                                                                                     \
	X(EAP_CREDENTIALS)  /* waiting for `crypto eap credentials` */                                                     \
	X(ACTIVE)                                                                                                          \
	X(RETRY_WAIT) /* every peer failed; the next pass begins when the timer ends */
enum fx_state {
#define X(s) FX_##s,
	FX_STATE_LIST(X)
#undef X
	FX_NSTATE
};
const char *fx_state_name(enum fx_state s);
/* The i-th newest transition of a client; NULL: it has made no more, or no more are kept. */
struct fx_client;
const struct fx_transition *fx_client_transition(const struct fx_client *c, uint32_t i);

enum { FX_MAX_CHILDREN = 16, FX_MAX_RESOLVED = 8 };

/* `peer reactivate`: a better gateway is connected beside the session in use, which is let go once the better one stands. */
struct fx_trial {
	uint32_t handle; /* IKE SA; 0: no trial, or (`asking`) its name is being looked up */
	uint32_t asking;
	struct ipaddr resolved[FX_MAX_RESOLVED]; /* the addresses of its name, and how many were tried */
	uint8_t n_resolved, used_resolved;
	struct fx_place at;
	char peer_name[FX_NAME_LEN];
	struct ipaddr peer, local;
	struct fx_pushed *pushed; /* fx_pushed_held() */
	bool reauth; /* with the gateway in use, because authentication is to be repeated */
	struct fx_tried tried; /* failed lately: others are tried before them … */
	uint64_t not_before;   /* … until then; 0: none has failed */
	uint32_t backoff_ms;
};

/* `standby`: an IKE SA without a child, with the gateway that comes next (client_standby.c). */
struct fx_standby {
	uint32_t handle; /* 0: there is none now */
	uint32_t asking; /* its name is being looked up */
	bool ready;
	struct fx_place at; /* seq 0: nobody to stand by */
	char peer_name[FX_NAME_LEN];
	struct ipaddr resolved[FX_MAX_RESOLVED]; /* the addresses of its name, and how many were tried */
	uint8_t n_resolved, used_resolved;
	struct ipaddr peer, local;
	struct fx_pushed *pushed; /* fx_pushed_held() */
	uint64_t not_before; /* after a failure */
	uint32_t backoff_ms;
	char why[96]; /* the last failure */
};

/* What the client did lately, for `show crypto ikev2 client flexvpn NAME detail`. */
enum { FX_TRANSITIONS = 10 };
struct fx_transition {
	uint64_t when; /* wall clock, milliseconds */
	enum fx_state from, to;
	char peer[FX_NAME_LEN]; /* in use or in trial then; "" none */
	char cause[96];
};

/* Where a gateway sent the client (client_redirect.c). */
struct fx_redirect {
	struct ike_gateway to, from; /* to: type IKE_GW_NONE, nowhere */
	uint64_t since;              /* the first of `n` redirections */
	uint32_t n;
};

/* What a session's SAs have carried: octets of ESP payload, as `show crypto ipsec sa` counts them. */
struct fx_traffic {
	uint64_t pkts_in, bytes_in, pkts_out, bytes_out;
};

/* The child SAs of a session that are in the data plane. */
struct fx_sas {
	struct fx_traffic gone; /* carried by those that were, since the client is there */
	char tunnel[40]; /* the interface */
	uint32_t tunnel_id;
	uint32_t spi[FX_MAX_CHILDREN]; /* inbound */
	uint8_t n_spi;
};

/* What happened to a client since it is there: metrics.h. */
struct fx_tally {
	struct ipaddr last; /* gateway of the last session */
	uint64_t failovers; /* sessions with another gateway than the one before */
	uint64_t ike_rekeys, child_rekeys;
	uint64_t silent; /* sessions lost because the gateway no longer answered */
};

struct fx_client {
	struct timer timer; /* client_agenda.c: first, so that it leads here … */
	struct fx_client *next;
	struct fx_client *next_look; /* … whose turn comes next */
	bool looks;
	uint32_t place; /* among all clients */
	uint32_t id; /* the owner number in the engine; never reused */
	char *name;
	enum fx_state state;
	char why[160]; /* INIT: what is missing; otherwise the last failure */
	bool user_wants; /* `connect manual`: the command was given */
	struct fx_place at;           /* the gateway in use or being tried; seq 0: none */
	char peer_name[FX_NAME_LEN];  /* its name, when it is known by one */
	struct ipaddr peer, local;
	uint32_t asking;              /* question to the resolver under way; 0: none */
	struct ipaddr resolved[FX_MAX_RESOLVED]; /* what it answered, and how many of them were tried */
	uint8_t n_resolved, used_resolved;
	char source[40];
	uint32_t handle; /* IKE SA; 0: none */
	uint32_t door, door_ifindex; /* by which its packets come and go: doors.h */
	bool creds_name; /* EAP_CREDENTIALS: the server wants a name too */
	bool child_up;
	struct fx_sas sas; /* sas.tunnel: the tunnel of the session, once there was one */
	char fingerprint[512]; /* what the session is built on: see fx_session_fingerprint() */
	uint64_t since;  /* entered this state */
	uint64_t retry_at;
	unsigned possible_then; /* RETRY_WAIT: how many gateways could be tried when the pass ended */
	uint32_t attempts, connects;
	struct fx_tally tally;
	struct fx_tried tried;
	struct fx_tried brief; /* gave sessions that did not last: counted as tried until the pass ends */
	struct fx_transition past[FX_TRANSITIONS];
	uint32_t n_past; /* so far; the newest is past[(n_past - 1) % FX_TRANSITIONS] */
	char cause[96];  /* of the transition to come; "": what follows from the states */
	struct fx_downloaded downloaded;
	struct fx_trial trial;
	struct fx_standby standby;
	struct fx_redirect redirect;
	struct fx_pushed pushed;
	char *offered; /* the networks last told to the hub, as text; NULL: none */
	bool accept_routes, up_logged;
	uint8_t defaults; /* the default routes that are its: 1 IPv4's, 2 IPv6's */
	bool guarded; /* blackholes lie under its pushed routes: guards.h */
	uint32_t route_distance, route_tag;
};

/* ---- routes ----------------------------------------------------------------------------------------------------------------- */

struct fx_routes;
struct fx_services; /* services.h */

/* ---- the machine -------------------------------------------------------------------------------------------------------------- */

struct fx_backends {
	const struct dp_ops *dp_ops;
	struct dp *dp;
	const struct net_ops *net_ops;
	struct net *net;
	void (*random)(void *ctx, uint8_t *dst, size_t n);
	void *random_ctx;
	struct sla_io sla; /* carries IP SLA probes … */
	bool (*sla_poll)(void *ctx, uint32_t *id, bool *ok); /* … and brings their answers; ctx is sla.ctx */
	struct resolver_io names; /* carries questions about names */
	struct fetch_io fetch;    /* brings documents over HTTP; without `ask`: nobody does */
	struct radius_io radius;  /* asks RADIUS servers; without `ask`: nobody does */
	struct frr_io frr;        /* runs the routing protocols; without `ask`: nobody does */
	struct services *services; /* DNS proxy, DHCP server, VRFs; NULL: none of them */
	struct nat *nat; /* packet filter: NAT and access groups; NULL: there is none */
	const char *state_dir; /* where private keys are kept; NULL: they are not */
};

struct fx_doors; /* doors.h */
struct fx_doors *fx_doors_new(void);
void fx_doors_free(struct fx_doors *d);

struct fx_pki;
struct fx_creds;
struct fx_key_pair;
struct fx_frr;

struct fx_nat;
struct fx_hub;
struct fx_agenda; /* client.h */

struct fx_forward { /* what was switched on, and IPv6's switch before that */
	bool v4, v6, v6_before;
};

struct fx {
	struct fx_backends b;
	struct ike *ike;
	uint64_t now; /* of the pump in progress: CLOCK_MONOTONIC milliseconds, or virtual */
	struct fx_config *cfg;
	struct fx_client *clients;
	struct fx_agenda *agenda; /* which of them look at their choices again, and when */
	struct fx_hub *hub; /* sessions that peers opened */
	uint32_t next_client_id;
	struct fx_routes *routes;
	struct fx_services *services;
	struct fx_doors *doors;
	struct fx_applied *applied; /* what reconcile.c has put into the back ends */
	struct fx_nat *nat;
	struct fx_forward forward;
	bool dirty;                 /* anything wanted may have changed; of one interface: fx_interface_touch() */
	bool sessions_changed;      /* what is made of all sessions together may have changed: DNS, DHCP, NAT */
	bool refresh;               /* the kernel reported a change: look again before comparing */
	bool reconsider;            /* all clients look at their choices again; one of them: fx_client_look() */
	bool default_free;          /* a client let go of a default route: another may have been refused it */
	struct track_set *tracks;
	struct sla_set *slas;
	struct fx_pki *pki;
	bool rekeyed; /* the master key is another one: the next commit builds everything anew */
	const struct fx_key_pair *signer; /* of the certificate that the engine was given last */
	struct fx_frr *frr;
	struct fx_creds *creds;    /* given by command */
	struct fx_capture *capture; /* NULL: IKE is not written down */
	struct fx_eap_relay *eap_relay; /* EAP that RADIUS servers speak with peers */
	struct fx_decision choice; /* the last call of fx_client_choices(): too large for a stack */
	uint32_t next_question;
	struct fx_known_name *known_names; /* names.c: answers that the configuration gave */
	bool isakmp_on;
	struct trace trace;
	struct fx_counted *counted; /* interfaces whose counters were cleared: counters.c */
	struct dp_stats dp_cleared; /* what the data plane had counted when all were */
	struct fx_failures *failures; /* of negotiations: failures.c */
	uint64_t trace_shown; /* wall clock of the last `show … latest` */
	uint64_t started;
	uint64_t boot_wall; /* the same by the wall clock */
};

struct fx *fx_new(const struct fx_backends *b, uint64_t now);
void fx_free(struct fx *x); /* closes sessions (Deletes are sent), removes what it made; the back ends stay the caller's */

void fx_commit(struct fx *x, const struct cfg *c, uint64_t now);
void fx_pump(struct fx *x, uint64_t now);
uint64_t fx_deadline(const struct fx *x);

struct fx_client *fx_client_by_name(const struct fx *x, const char *name);
struct fx_client *fx_client_by_owner(const struct fx *x, uint64_t owner);
struct fx_client *fx_client_by_tunnel(const struct fx *x, const char *tunnel);

/* ---- client.c ---- */
void fx_clients_configure(struct fx *x, const struct cfg *old, const struct cfg *new);
void fx_clients_run(struct fx *x); /* timers and whatever became possible */
uint64_t fx_clients_deadline(const struct fx *x);
void fx_client_connect(struct fx *x, struct fx_client *c);    /* the EXEC command */
void fx_client_disconnect(struct fx *x, struct fx_client *c); /* `clear … connect NAME` */
void fx_client_restart(struct fx *x, struct fx_client *c, const char *why);
void fx_client_reselect(struct fx *x, struct fx_client *c); /* `clear crypto ikev2 sa`: the next gateway */
void fx_client_on_event(struct fx *x, struct fx_client *c, const struct ike_event *ev);
void fx_clients_free(struct fx *x);

/* The gateway list of a client as it stands now, and why each is possible or not. Valid until the next call. */
const struct fx_decision *fx_client_choices(struct fx *x, const struct fx_client *c);
bool fx_client_wanted(const struct fx *x, const struct fx_client *c); /* does `connect …` ask for a session now? */

/* ---- tracks.c ---- */
struct sla_set *fx_slas_new(struct fx *x);
void fx_slas_resolved(struct fx *x, const struct resolver_answer *a); /* an answer that may be about a probe's target */
void fx_tracks_configure(struct fx *x);
void fx_tracks_run(struct fx *x); /* probes that are due, answers that came, objects evaluated anew */
uint64_t fx_tracks_deadline(const struct fx *x);

/* ---- reconcile.c ---- */
void fx_reconcile(struct fx *x); /* nothing to do: no call */
void fx_unreconcile(struct fx *x); /* remove all that is ours */
/* Once the startup-config is in force: what a killed predecessor left and the configuration does not want is removed; what it does
 * want was taken over as it stood. */
void fx_purge(struct fx *x);
/* What is wanted of this one interface, or what the kernel has of it, may have changed. */
void fx_interface_touch(struct fx *x, const char *name);
/* The carrier of a link that we know came or went: that interface is touched; or the echo of what we did to a tunnel's device. False:
 * this is another kind of news. */
bool fx_link_news(struct fx *x, const struct net_event *ev);
/* A session changed its own interface, and what is made of all sessions together where there is something to be made. */
void fx_session_touch(struct fx *x, const char *ifname);
bool fx_reconcile_pending(const struct fx *x);
struct fx_applied *fx_applied_new(void); /* nothing applied */
void fx_applied_free(struct fx_applied *a);
/* Is the line protocol of this interface up, as configured and as the back ends say? `why` may be NULL. */
bool fx_line_up(const struct fx *x, const struct fx_interface *i, const char **why);
/* Its device; 0: it has none now. Of a tunnel it is known, of others the kernel is asked. */
uint32_t fx_ifindex(const struct fx *x, const struct fx_interface *i);
bool fx_link(const struct fx *x, const struct fx_interface *i, struct net_link *out);
/* The address that packets from this interface carry. */
bool fx_interface_address(const struct fx *x, const struct fx_interface *i, int family, struct ipaddr *out);
/* Those that this interface has as configured, with its session, or (if none is configured) in the kernel; the primary one first. */
size_t fx_interface_addresses(const struct fx *x, const struct fx_interface *i, int family, struct prefix *out, size_t max);

/* ---- forward.c ---- */
void fx_forward_apply(struct fx *x);
void fx_forward_end(struct fx *x);

/* ---- nat.c ---- */
struct fx_nat *fx_nat_new(void);
void fx_nat_free(struct fx_nat *s);
void fx_nat_apply(struct fx *x);
void fx_nat_refresh(struct fx *x); /* compare with the kernel's addresses */
void fx_nat_purge(struct fx *x);   /* applies, and removes what a killed predecessor left */
void fx_nat_remove(struct fx *x);
void fx_nat_lists_changed(struct fx *x); /* some access list has another line */
bool fx_nat_looks_at(const struct fx *x, const struct fx_interface *i); /* do filters stand, or would this interface want one? */
bool fx_nat_follows(const struct fx *x, uint32_t track); /* does a route map depend on that object? */
bool fx_nat_owns_address(const struct fx *x, uint32_t ifindex, const struct prefix *addr);
const struct acl *fx_nat_list(const struct fx *x, const char *name, bool v6); /* one that is in use, or NULL */

/* ---- routes.c ---- */
struct fx_route_want {
	struct prefix dst;
	struct ipaddr gateway;
	char ifname[40]; /* IOS name; "" = by gateway alone */
	uint32_t distance, tag;
	uint32_t owner; /* 0: configuration; else the client's id */
	bool null0;
	bool dhcp; /* by the router of the lease on ifname, or of any */
	uint32_t track; /* in the table only while this object is up; 0: always */
	uint16_t vrf;   /* of services.h; 0: the global table */
	bool permanent; /* it stays when its way is closed, and what goes there is then lost */
};
struct fx_routes *fx_routes_new(void);
void fx_routes_free(struct fx_routes *r);
void fx_route_want(struct fx *x, const struct fx_route_want *w);
void fx_route_unwant(struct fx *x, const struct fx_route_want *w);
void fx_routes_unwant_owner(struct fx *x, uint32_t owner);
void fx_routes_change(struct fx *x, const struct cfg_change *ch); /* one line of them */
void fx_routes_configure(struct fx *x, const struct cfg *old, const struct cfg *new); /* static routes, by difference */
void fx_routes_redhcp(struct fx *x); /* so are those by the router of a lease */
void fx_routes_revrf(struct fx *x); /* VRFs came or went: their tables are looked at again */
void fx_routes_retrack(struct fx *x, uint32_t track); /* the state of that object changed; 0: of any */
bool fx_routes_tracked(const struct fx *x, uint32_t track); /* does a route depend on that object? */
void fx_routes_relink(struct fx *x, const char *ifname); /* so are those that may lead through that interface */
void fx_routes_apply(struct fx *x);
void fx_routes_refresh(struct fx *x); /* compare with the kernel's table */
void fx_routes_remove_all(struct fx *x);
/* The route behind a kernel route, for its tag and owner. NULL: not ours. */
const struct fx_route_want *fx_route_of(const struct fx *x, const struct net_route *r);
/* Is this report the kernel's echo of what we did ourselves? Then there is nothing to look at. */
bool fx_route_echo(const struct fx *x, const struct net_event *ev);
size_t fx_routes_count(const struct fx *x);
uint64_t fx_routes_generation(const struct fx *x); /* another one when the set of wanted routes is another one */
void fx_routes_each(const struct fx *x, void (*visit)(void *ctx, const struct fx_route_want *w), void *ctx);

/* ---- event trace ---- */
#define FX_TRACE_DUMP "flash:flexvpn-trace" /* where dumps go unless `dump-file` says otherwise */
enum fx_trace_id {
	FX_T_STATE, FX_T_PEER, FX_T_PEER_FAILED, FX_T_CONNECT, FX_T_DISCONNECT, FX_T_IKE_UP, FX_T_CHILD_UP, FX_T_CHILD_DOWN,
	FX_T_IKE_DOWN, FX_T_CONFIG, FX_T_START, FX_T_STANDBY, FX_T_STACK, FX_T_MAX
};
void fx_trace(struct fx *x, const struct fx_client *c, enum fx_trace_id id, uintptr_t a, uintptr_t b);
void fx_trace_line(struct fx *x, const struct fx_client *c, const char *line);

#endif
