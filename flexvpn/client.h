/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the files of the FlexVPN client: client.c walks the states, client_peer.c goes through
 * the gateway list, client_session.c follows what the engine reports. The outside calls only what
 * core.h declares.
 */
#ifndef SPOKE_FLEXVPN_CLIENT_H
#define SPOKE_FLEXVPN_CLIENT_H

#include "flexvpn/core.h"

const struct fx_client_cfg *fx_client_config(const struct fx *x, const struct fx_client *c);
void fx_client_set_state(struct fx *x, struct fx_client *c, enum fx_state s);
void fx_client_because(
        struct fx_client *c, const char *why); /* of the next transition; the first word counts */
void fx_client_note(struct fx_client *c, enum fx_state from, enum fx_state to);
bool fx_client_peer_listed(const struct fx_client_cfg *cfg,
        const struct fx_client *c); /* is the gateway of the session still configured? */

/* ---- client_agenda.c ---- */
struct fx_agenda *fx_agenda_new(void);
void fx_agenda_free(struct fx_agenda *a);
void fx_agenda_arrange(struct fx *x); /* clients came or went, or follow something else now */
void fx_agenda_forget(struct fx *x, struct fx_client *c); /* it is about to be freed */
/* A round: those whose turn it is, those whose timer is due, and all where x->reconsider says so. */
void fx_agenda_begin(struct fx *x);
struct fx_client *fx_agenda_take(struct fx *x); /* NULL: the round is over */
void fx_client_look(struct fx *x, struct fx_client *c); /* it is this client's turn in the next round */
void fx_client_mates_look(struct fx *x,
        struct fx_client *c); /* … and that of the members of its backup group */
/* The members of a backup group, one after the other: begins with *at = KEYED_END. NULL: no more. */
struct fx_client *fx_client_mate(const struct fx *x, uint32_t group, uint32_t *at);
void fx_client_arm(struct fx *x, struct fx_client *c); /* its timer, after anything happened to it */
bool fx_clients_looking(const struct fx *x); /* is there a round to be had? */
void fx_clients_follow(struct fx *x, uint32_t track); /* that object changed: who follows it looks */

/* ---- client_peer.c ---- */
void fx_client_start(struct fx *x,
        struct fx_client *c); /* from no session to the next gateway's trial, or to waiting */
void fx_client_next_after_loss(struct fx *x, struct fx_client *c, struct fx_place lost);
void fx_client_lost(struct fx *x, struct fx_client *c,
        struct fx_place lost); /* the same when nobody here asked for it */
void fx_client_failed(struct fx *x, struct fx_client *c,
        const char *why); /* the gateway at c->at: logged, not again in this pass */
void fx_client_attempt_failed(
        struct fx *x, struct fx_client *c); /* the name's next address, else the next gateway */
void fx_client_answers(struct fx *x);       /* names that were resolved */
void fx_client_reconsider(struct fx *x, struct fx_client *c,
        const struct fx_client_cfg *cfg);              /* is the choice still right? */
void fx_trial_drop(struct fx *x, struct fx_client *c); /* ends a trial, if there is one */
void fx_trial_address_failed(struct fx *x, struct fx_client *c,
        const char *why); /* the name's next address, else the trial has failed */
bool fx_trial_on(const struct fx_client *c); /* is there one? */
void fx_client_reauthenticate(
        struct fx *x, struct fx_client *c); /* a new session beside the old one */

void fx_client_ask(struct fx *x, struct fx_client *c, const char *name,
        bool v6); /* its addresses are the next to be tried */

/* An IKE SA towards `peer`, with or without a child; 0: `c->why` says why not. */
uint32_t fx_client_open_sa(struct fx *x, struct fx_client *c, const struct fx_resolved *r,
        const struct ipaddr *peer, struct ipaddr *local, bool childless);
/* Is this the address that a session would begin from now? After a choice. */
bool fx_client_is_source(struct fx *x, const struct fx_resolved *r, const struct ipaddr *local);
/* What would be tried first after the loss of that gateway, had it lasted; NULL: nothing is possible. */
const struct fx_candidate *fx_client_upcoming(
        struct fx *x, const struct fx_client *c, struct fx_place lost);
int fx_place_cmp(struct fx_place a, struct fx_place b);

/* Has a mate of its backup group a session or an attempt with that peer? */
bool fx_client_taken(const struct fx *x, const struct fx_client *c, const struct ipaddr *peer);
/* Looks a gateway's name up from the source that the tunnel will have. After a choice. */
uint32_t fx_client_question(struct fx *x, const struct fx_resolved *r, const char *name, bool v6);

/* ---- client_standby.c ---- */
void fx_standby_look(struct fx *x, struct fx_client *c,
        const struct fx_resolved *r); /* begins, changes or ends it as things are now */
void fx_standby_drop(struct fx *x, struct fx_client *c);
bool fx_standby_take(struct fx *x, struct fx_client *c,
        const struct fx_candidate *k); /* false: there is none with that gateway (any more) */
void fx_standby_on_answer(struct fx *x, struct fx_client *c, const struct resolver_answer *a);
void fx_standby_on_event(struct fx *x, struct fx_client *c, const struct ike_event *ev);

/* ---- client_redirect.c ---- */
void fx_redirect_peering(const struct fx *x, struct fx_client *c, struct ike_peering *p);
void fx_redirect_forget(struct fx_client *c);
void fx_redirect_note(struct fx *x, struct fx_client *c, const struct ike_gateway *to);
bool fx_redirect_follow(struct fx *x, struct fx_client *c); /* false: there is nothing to follow */
void fx_redirect_session(struct fx *x, struct fx_client *c);

/* ---- client_session.c ---- */
void fx_client_close(
        struct fx *x, struct fx_client *c); /* ends session, question and trial; Delete is sent */
void fx_client_tear_down(struct fx *x,
        struct fx_client *c); /* the session is over, whoever ended it; nothing is sent */
void fx_client_want_routes(struct fx *x, struct fx_client *c);
void fx_clients_default(struct fx *x); /* a default route that was let go is the next client's */

#endif
