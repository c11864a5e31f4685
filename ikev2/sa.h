/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's inside: what an IKE SA is made of, and who does what to it.
 *
 * A `session` is what the caller calls an IKE SA: one peering, one handle, from connect to DOWN. It
 * owns the children, the queue of things to do, and one or several `ike_sa`: the pair of SPIs and
 * its keys. There are several only while one is replaced: `current` carries the session, the others
 * wait for a Delete, or for a collision to be decided. Children belong to the session, so that
 * rekeying the IKE SA moves nothing (RFC 7296 §2.8).
 *
 * An SA that is over stays for a while as a "ghost": it has no session work any more but repeats
 * its last response to a peer that did not get it.
 *
 * Nothing is freed in the middle of a call: what ends is unlinked at once and freed by ike_reap().
 */
#ifndef SPOKE_IKEV2_SA_H
#define SPOKE_IKEV2_SA_H

#include <assert.h>
#include <uthash.h>

#include "base/mem.h"
#include "ikev2/crypt.h"
#include "ikev2/eap.h"
#include "ikev2/eap_server.h"
#include "ikev2/frag.h"
#include "ikev2/ike.h"
#include "ikev2/payload.h"
#include "ikev2/proposal.h"
#include "ikev2/sk.h"
#include "ikev2/wire.h"

enum {
	WINDOW_MAX = 32, /* of requests that we accept ahead, whatever was announced */
	WINDOW_DEFAULT = 5,
	COOKIE_ROUNDS = 3,
	GHOST_MS = 40000,        /* how long an ended SA answers repeated requests */
	GHOST_FAILED_MS = 10000, /* the same of one whose peer failed to authenticate itself */
	MAX_FAILED = 256,        /* of those, at a time */
	REPLACED_MS = 150000,    /* how long we wait for the peer to delete what it replaced */
	PATH_CHECK_MS = 30000,   /* MOBIKE behind a NAT: silence until the path is checked */
	REDO_MS = 30000,         /* until a refused rekeying is tried again */
	EAP_TIMEOUT_S = 90,
	CREDENTIALS_MS = 120000, /* how long somebody may take to type name and password */
	MAX_CERTREQ = 64 * IKE_KEY_ID_LEN,
	REDIRECT_MAX = 2 + IKE_GATEWAY_NAME + IKE_NONCE_MAX,
	QCD_TOKEN = 32, /* of ours */
	FAST_RETRY_MS =
	        50, /* DPD fast: the least distance of two checks, unless configured shorter … */
	FAST_SPARED_MS = 30000, /* … and how long ESP may stand in for an answer */
	MAX_CHILDREN = 64,      /* of one session */
	MAX_TASKS = 128,
	NONCE_CAP = IKE_NONCE_MAX,
	INTAUTH_MAX = 2 * IKE_PRF_MAX + 4,
};

struct nonce {
	uint16_t n;
	uint8_t b[NONCE_CAP];
};

static inline struct span nonce_span(const struct nonce *n)
{
	return span_of(n->b, n->n);
}

/* Attributes with memory of their own. */
struct attr_store {
	struct ike_attrs a;
	void *mem;
};

/* ---- work ----------------------------------------------------------------------- */

enum task_type {
	TASK_DPD,
	TASK_CFG_SET,
	TASK_REKEY_IKE,
	TASK_REKEY_CHILD,
	TASK_NEW_CHILD,
	TASK_DELETE_CHILD,
	TASK_UPDATE,      /* MOBIKE, initiator: our address */
	TASK_REDIRECT,    /* gateway: the client is sent elsewhere */
	TASK_QCD,         /* the token of a new SA */
	TASK_ROUTABILITY, /* MOBIKE, responder: is the peer where it says? */
};

/* Something to be done by an exchange of ours when the window allows and the time has come. */
struct task {
	struct task *next;
	enum task_type type;
	ike_time not_before;
	uint32_t spi;    /* REKEY_CHILD, DELETE_CHILD: spi_in */
	uint16_t group;  /* REKEY_*, NEW_CHILD: what an INVALID_KE_PAYLOAD asked for, else 0 */
	uint8_t refused; /* how often INVALID_KE_PAYLOAD came; NEW_CHILD: or TEMPORARY_FAILURE */
	bool fresh;      /* REKEY_CHILD: the peer does not know the old one: without N(REKEY_SA) */
	struct attr_store set;
};

/* The making of a child or an IKE SA by CREATE_CHILD_SA, on the side that asked. */
struct create {
	uint64_t spi; /* ours for the new SA */
	struct nonce ni;
	struct ike_dh *dh;
	uint16_t group; /* child: on offer, KE_NONE without PFS */
	/* the peer asked for the same at the same time: the lowest nonce of its exchange */
	bool collided;
	uint32_t rival; /* child: spi_in of what that exchange made */
	struct nonce low;
	/* children that the peer deleted meanwhile and we do not have: one may be the one to come
	 */
	uint32_t gone[8];
	uint8_t n_gone;
};

enum req_type {
	REQ_INIT,
	REQ_AUTH,
	REQ_INTERMEDIATE,
	REQ_DPD,
	REQ_CFG_SET,
	REQ_REKEY_IKE,
	REQ_REKEY_CHILD,
	REQ_NEW_CHILD,
	REQ_DELETE_CHILD,
	REQ_DELETE_IKE,
	REQ_UPDATE,
	REQ_ROUTABILITY,
	REQ_REDIRECT,
	REQ_QCD,
};

/* A request of ours that waits for its response. */
struct request {
	struct request *next;
	enum req_type type;
	uint8_t exchange;
	uint32_t id;
	struct ike_build b; /* the plaintext, for sealing anew in smaller fragments */
	struct ike_packets pk;
	ike_time at;    /* of the next retransmission */
	ike_time since; /* sent first, or, DPD fast, something was heard in its stead */
	ike_time born;
	uint32_t wait_ms;
	bool steady; /* same distance each time: DPD */
	uint32_t tries;
	struct task *task;   /* owned; NULL for INIT, AUTH, DELETE_IKE */
	uint8_t cookie2[16]; /* ROUTABILITY */
	struct create *cr;   /* owned */
};

/* ---- SAs ------------------------------------------------------------------------ */

/* RFC 5723: what a new session takes over from one that was. */
struct resumed {
	struct ike_suite suite;
	struct ike_id id; /* the peer's, as it was proved by … */
	uint8_t auth;     /* enum ike_auth */
	uint8_t eap_method;
	struct secret d, eap_name;
};

/* A key that tickets are sealed under: with its salt. */
struct ike_ticket_key {
	uint32_t number; /* 0: none */
	uint8_t key[36];
};

/* IKE_SA_INIT and IKE_AUTH need more than what comes after. */
struct handshake {
	struct nonce ni, nr;
	struct ike_dh *dh;
	uint8_t *init_i, *init_r; /* the two messages that AUTH signs */
	size_t init_i_n, init_r_n;
	struct ike_packets answer; /* responder: the INIT response, for duplicates */
	struct span cookie;        /* owned */
	uint8_t cookies, groups;   /* how often the INIT was redone */
	uint16_t group_tried[IKE_MAX_ALGS];
	uint32_t child_spi;
	/* an unauthenticated error that came instead of an answer */
	uint16_t error;
	uint32_t error_tries;
	/* signatures: what the peer announced and asked for */
	unsigned hashes;
	uint8_t *certreq;
	size_t n_certreq;
	bool wants_urls; /* the peer fetches certificates by URL */
	/* RFC 8784: both announced it; SK_d, SK_pi, SK_pr without it */
	bool ppk_offered;
	struct ike_keys plain;
	/* EAP, initiator */
	enum { EAP_NOT, EAP_ASKED /* by a request without AUTH */, EAP_TALKING, EAP_PROVING } stage;
	struct eap_peer *eap;
	struct ike_creds_ask ask;         /* what is waited for */
	uint8_t id_body[IKE_ID_BODY_MAX]; /* the peer's, as it is signed */
	size_t n_id_body;
	/* EAP, responder */
	enum { ROUND_FIRST, ROUND_EAP, ROUND_PROOF /* AUTH is to come */, ROUND_NEXT /* IDi is to come */ } round;
	struct eap_server *server; /* NULL: a server elsewhere asks */
	struct secret msk;         /* what its method has left behind */
	struct { /* the first request: what it asks for is answered at the end */
		uint8_t *p;
		size_t n;
		struct ike_hdr h;
	} first;
	bool unproved; /* our own proof goes with the first answer */
	uint32_t late; /* the token of a request that waits for the server elsewhere; 0: none does … */
	uint32_t late_id; /* … and its message id */
	/* RFC 9242, RFC 9370 */
	unsigned ke_done;        /* additional key exchanges that are behind us */
	struct secret ke_shared; /* responder: of the one that is being answered */
	struct intauth {
		uint8_t b[IKE_PRF_MAX];
		size_t n;
	} intauth[2]; /* of the initiator's messages, of the responder's */
	uint32_t auth_id; /* of the first IKE_AUTH request */
	/* RFC 5723 */
	bool resuming;         /* AUTH is keyed by SK_p alone */
	struct resumed resumed;
	struct secret ticket;  /* initiator */
	ike_time ticket_expires;
	/* RFC 4739 */
	bool multi;   /* the peer announced it */
	bool another; /* initiator: we have announced a second authentication; it is under way */
};

struct ike_sa {
	UT_hash_handle hh;      /* ike.by_spi, key spi_local */
	UT_hash_handle hh_init; /* ike.by_init, key init_key: responder's */
	struct ike_sa *next;    /* in the session; then in the graveyard */
	struct session *ses;
	enum ike_sa_state state;
	bool initiator; /* original initiator: sets the I flag */
	bool ghost;     /* over; only repeats responses */
	bool replaced;  /* not current any more: the peer is to delete it */
	bool in_init;   /* linked in ike.by_init */
	bool half_open; /* counted as such */
	bool failed;    /* a ghost whose peer could not authenticate itself */
	uint64_t spi_i, spi_r, spi_local;
	struct init_key {
		uint64_t spi_i;
		struct endpoint remote;
	} init_key;

	struct ike_suite suite;
	struct ike_keys keys;
	struct ike_sk *sk;
	struct ike_sk *old_sk; /* before the last additional key exchange: what is repeated from then */
	struct ike_reasm reasm;
	struct handshake *hs; /* NULL once authenticated, and for a rekeyed SA */

	uint32_t tx_id; /* of our next request */
	struct request *out;
	uint32_t rx_id;    /* lowest request id of the peer that has not come */
	uint32_t rx_bits;  /* bit n: rx_id + n has come */
	uint32_t moved_id; /* an UPDATE_SA_ADDRESSES with a lower id comes too late */
	struct {
		bool used;
		uint32_t id;
		struct ike_packets pk;
	} answer[WINDOW_MAX];

	bool close_wanted; /* send Delete as soon as the window allows */
	uint16_t close_notify;
	ike_time rekey_at, expire_at, drop_at;
	uint8_t qcd[128], n_qcd; /* the peer's token */

	/* the peer's rekeying while ours is under way */
	struct ike_sa *rival; /* what it made; NULL when the peer has already deleted that */
};

enum child_state {
	CHILD_UP,
	CHILD_REKEYING, /* our request is out */
	CHILD_REPLACED, /* a newer one stands in; the peer is to delete this one */
	CHILD_CLOSING,  /* our Delete is queued */
	CHILD_DELETING, /* our Delete is out */
};

struct child_sa {
	UT_hash_handle hh; /* ike.by_child, key spi_in */
	struct child_sa *next;
	struct session *ses;
	uint32_t spi_in;
	enum child_state state;
	struct ike_child k; /* without keys */
	struct ike_ts wire_local[IKE_MAX_TS],
	        wire_remote[IKE_MAX_TS]; /* as negotiated, before NAT */
	uint8_t n_wire_local, n_wire_remote;
	bool told;      /* CHILD_UP was sent, CHILD_DOWN not yet */
	bool out;       /* CHILD_OUT was sent, or never needed */
	bool redundant; /* lost a collision: whoever made it deletes it */
	bool known; /* the peer has it for certain: our response to its request may be on the way */
	uint32_t heir; /* spi_in of what replaces it, 0 if nothing */
	ike_time since, rekey_at, expire_at;
	ike_time rekey_was, expire_was; /* before it was replaced */
};

enum opening_state { OPENING_NOT, OPENING_WAITS, OPENING_STARTED };

struct session {
	struct ike *e;
	struct session *twin_next, **twin_at; /* twins.c; twin_at NULL: not in there */
	uint32_t twin_key;
	enum opening_state opening; /* opening.c */
	struct session *opening_next;
	struct ipaddr opening_peer;
	uint32_t handle, id;
	struct ike_peering p; /* with memory of its own */
	struct attr_store request, reply;
	struct endpoint local, remote;
	uint32_t vrf;
	bool initiator, natt, nat_local, nat_remote, frag;
	bool encap;        /* ESP in UDP */
	bool certs_wait;   /* ike_ops.certs_ready said no */
	bool mobike;       /* both can */
	bool update_again; /* our address changed while an update was under way */
	bool natd_known;
	uint8_t natd_seen[IKE_NATD_LEN]; /* our address and port as the peer sees them, hashed */
	bool established;                /* IKE_EV_ESTABLISHED was sent */
	bool down;                       /* IKE_EV_DOWN was sent, or never will be */
	bool dead;                       /* in the graveyard */
	bool peer_redirect;              /* a client that can be sent elsewhere */
	bool peer_childless;             /* a responder that needs no child at once */
	bool peer_dynamic_route, peer_flexvpn, peer_ios;
	struct ike_id remote_id;
	uint8_t eap_method;
	struct secret eap_name;
	struct prefix assigned4, assigned6;
	bool ppk_used;
	bool resumed;      /* this session goes on where another was */
	bool ticket_asked; /* by the peer */
	bool leased;                   /* by ike_ops.lease */
	bool cfg_asked;                /* by the peer */
	struct attr_store pushed, set; /* CFG_REPLY; the last CFG_SET */
	uint32_t peer_window;
	struct ike_sa *sas, *current;
	struct child_sa *children;
	struct task *tasks;
	ike_time heard, sent, tx_at; /* from the peer; ESP to it; IKE to it */
	uint32_t rtt_ms;             /* smoothed; 0: not measured */
	ike_time dpd_at, keepalive_at, established_at;
	ike_time reauth_at;
	ike_time due; /* heap key */
	size_t heap;  /* index + 1; 0: not in it */
	struct session *next_dead;
};

/* ---- the engine ----------------------------------------------------------------- */

struct tx_node {
	struct tx_node *next;
	struct dgram d;
	uint8_t data[];
};

struct ev_node {
	struct ev_node *next;
	struct ike_event ev;
	struct ike_child_keys keys;
	struct attr_store attrs;
	void *eap; /* the packet of IKE_EV_EAP: it may hold a password */
};

struct ip_count {
	UT_hash_handle hh;
	struct ipaddr ip;
	uint32_t n;
};

struct slot {
	struct session *ses;
	bool reserved; /* its DOWN has not been fetched yet: the number is not given to another */
};

struct ike {
	struct ike_ops ops;
	struct ike_config cfg;
	ike_time now;
	const struct dgram *in; /* what is being worked on, while it is */
	struct ike_counters n;
	uint64_t messages[IKE_EXCHANGES][IKE_WAYS];
	struct ike_sa *by_spi, *by_init;
	struct child_sa *by_child;
	struct ip_count *half_open_ip;
	struct twins *twins;
	struct opening *opening;
	uint32_t half_open, n_failed;
	bool listening;
	struct ike_limits limit; /* with the defaults of cfg */
	struct slot *slot;
	size_t n_slot, n_sessions;
	size_t low_slot; /* none before this one is free */
	struct session **heap;
	size_t n_heap, cap_heap;
	struct tx_node *tx_head, **tx_tail, *tx_last;
	struct ev_node *ev_head, **ev_tail, *ev_last;
	struct ike_sa *dead_sa;
	struct child_sa *dead_child;
	struct session *dead_ses;
	uint32_t next_id, next_token;
	struct ticket *tickets; /* that we were given … */
	size_t n_tickets;
	struct ike_ticket_key ticket_key[2]; /* … and what ours are sealed under: now, before */
	ike_time ticket_at;
	struct ike_cookie_key cookie[2];
	bool have_cookie[2];
	ike_time cookie_at;
	ike_time hint_at;      /* of the next INVALID_IKE_SPI that we may send */
	struct ike_attr *view; /* of ike_sa_info(): CFG_REPLY and CFG_SET together */
};

/* ---- engine.c, queue.c: tables, queues, debug ----------------------------------- */

void e_count(struct ike *e, const struct dgram *d, bool sent); /* a message, by its exchange */
void e_send(struct ike *e, const struct dgram *d);
struct ev_node *e_event(
        struct session *s, enum ike_event_type type); /* filled with what every event has */
void e_random(struct ike *e, void *dst, size_t n);
uint32_t e_random_below(struct ike *e, uint32_t n); /* 0 … n-1; 0 for n = 0 */
void e_nonce(struct ike *e, struct nonce *n);
uint64_t e_new_ike_spi(struct ike *e);
uint32_t e_new_esp_spi(struct ike *e);
void e_heap_update(struct ike *e, struct session *s);
void e_heap_remove(struct ike *e, struct session *s);
uint32_t e_slot_take(struct ike *e, struct session *s);
void e_slot_leave(struct ike *e, struct session *s);
void e_queues_free(struct ike *e);
void ike_reap(struct ike *e);
void attrs_copy(struct attr_store *dst, const struct ike_attrs *src); /* frees what was there */
void attrs_fini(struct attr_store *s);

/* `debug crypto ikev2`: sa NULL: tied to none. Level as in ike_ops.debug. */
void ike_dbg(struct ike *e, const struct session *s, int level, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
void ike_dbg_packet(struct ike *e, const struct session *s, const struct dgram *d, bool sending);
void ike_dbg_offer(
        const struct session *s, const struct ike_proposal *p, size_t n, bool ike, bool ke);
void ike_dbg_inner(struct ike *e, const struct session *s, const struct ike_build *b);

/* ---- sa.c: life and death ------------------------------------------------------- */

struct session *ike_session_new(struct ike *e, const struct ike_peering *p,
        const struct endpoint *local, const struct endpoint *remote, uint32_t vrf, bool initiator);
void session_peering(
        struct session *s, const struct ike_peering *p); /* copies; defaults filled in */
void session_tick(struct session *s);                    /* does one thing that is due */
void session_resched(struct session *s);
/* The end, with IKE_EV_DOWN. Its SAs that must still say Delete or repeat an answer stay; see
 * sa_ghost(), sa_close(). */
void session_down(struct session *s, enum ike_reason reason, uint16_t notify);
void session_destroy(struct session *s); /* with everything in it, at once and in silence */
/* Down, and the peer is told by Delete on every SA it may know. `notify` is for the event. */
void ike_session_close(struct session *s, enum ike_reason reason, uint16_t notify);
void session_established(struct session *s);
void session_adopt(struct session *s, struct ike_sa *sa); /* the new current SA, after a rekeying */
void session_heard(struct session *s, ike_time when);
uint32_t session_dpd_retry(
        const struct session *s);         /* milliseconds between two copies of a check */
void ike_session_free(struct session *s); /* memory only: ike_reap() */

struct ike_sa *sa_new(struct session *s, enum ike_sa_state state, bool initiator);
void sa_set_state(struct ike_sa *sa, enum ike_sa_state state);
void sa_link(struct ike_sa *sa, uint64_t spi_local);
bool sa_ready(struct ike_sa *sa); /* makes the ciphers out of suite and keys */
void sa_tell_keys(const struct ike_sa *sa);
void sa_start_lifetime(struct ike_sa *sa);
void sa_unlink(struct ike_sa *sa);                 /* gone at once */
void sa_ghost(struct ike_sa *sa);                  /* over, but repeats its answers for a while */
void sa_close(struct ike_sa *sa, uint16_t notify); /* Delete, then gone */
void sa_not_half_open(struct ike_sa *sa);
void sa_free(struct ike_sa *sa); /* memory only: ike_reap() */
void handshake_free(struct handshake *h);

/* ---- exchange.c: message ids, requests, responses ------------------------------- */

struct after;
struct request *req_new(struct ike_sa *sa, enum req_type type, uint8_t exchange);
void req_send(struct ike_sa *sa,
        struct request *r); /* seals (not INIT) and sends; owned by the SA from here */
void req_free(struct request *r);
void req_drop(struct ike_sa *sa, struct request *r); /* unlinks and frees */
struct request *req_find(const struct ike_sa *sa, enum req_type type);
void req_tick(struct ike_sa *sa, struct request *r); /* its time has come */
void req_afresh(struct ike_sa *sa, struct request *r); /* sent anew with the next tick, and then as often as a new one */
void req_again(
        struct ike_sa *sa, enum req_type type); /* sent once more, at once and beyond the count */
void task_free(struct task *t);
struct task *task_add(struct session *s, enum task_type type, uint32_t spi);
struct task *task_find(const struct session *s, enum task_type type, uint32_t spi);
void task_back(
        struct session *s, struct task *t, ike_time not_before); /* to the front of the queue */
void task_remove(struct session *s, enum task_type type, uint32_t spi);
void session_run(struct session *s); /* starts what may be started */
ike_time tasks_due(const struct session *s);
void exchange_rx(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m);
/* The response to a request that was left AFTER_LATER; `after` as its handler would have said. */
void exchange_answer_late(
        struct ike_sa *sa, uint32_t id, const struct ike_build *b, const struct after *after);
/* To the session's peer, or, with `to`, back to where that datagram came from. */
void send_packets(struct ike_sa *sa, const struct ike_packets *pk, const struct dgram *to);
void msg_begin(
        struct ike_sa *sa, struct ike_build *b, uint8_t exchange, uint32_t id, bool response);

/* What a request handler wants done after its response is sealed and sent. */
struct after {
	enum {
		AFTER_NOTHING,
		AFTER_LATER, /* there is no response yet: exchange_answer_late() */
		AFTER_GHOST,
		AFTER_DOWN,
		AFTER_DOWN_LOUD
	} what; /* this SA over; the session down */
	enum ike_reason reason;
	uint16_t notify;
};

/* ---- the exchanges -------------------------------------------------------------- */

/* init.c */
void init_start(struct ike_sa *sa);
void init_response(struct ike_sa *sa, const struct dgram *in, const struct ike_msg *m);
void init_failed(struct ike_sa *sa);                   /* by time or by error */
bool init_timer(struct ike_sa *sa, struct request *r); /* false: has given up */
enum ike_reason reason_of_notify(uint16_t type);
void init_put_common(struct session *s, struct ike_build *b, const struct nonce *nonce,
        const struct ike_dh *dh, uint64_t spi_i, uint64_t spi_r);
void init_put_manners(struct session *s, struct ike_build *b, uint64_t spi_i, uint64_t spi_r);
void init_keep_request(struct ike_sa *sa, const struct request *r); /* octet for octet: AUTH signs it */
void init_read_common(struct session *s, const struct ike_msg *m);
bool init_derive(struct ike_sa *sa, struct span peer_public);
/* init_r.c */
void init_request(struct ike *e, const struct dgram *in, const struct ike_msg *m);
void resume_request(struct ike *e, const struct dgram *in, const struct ike_msg *m);
enum ike_ke_use first_ke(const struct ike_msg *m); /* does the peer know of IKE_INTERMEDIATE? */
/* intermediate.c: RFC 9242, RFC 9370 */
void intermediate_put_supported(const struct session *s, struct ike_build *b);
bool intermediate_due(const struct ike_sa *sa); /* before IKE_AUTH */
void intermediate_start(struct ike_sa *sa);
void intermediate_response(struct ike_sa *sa, const struct ike_msg *m);
void intermediate_request(struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after);
void intermediate_answered(struct ike_sa *sa); /* the response is sealed: now the new keys hold */
struct span intermediate_auth(const struct ike_sa *sa, uint8_t out[INTAUTH_MAX]); /* what AUTH signs besides */
/* resume.c: RFC 5723 */
bool resume_start(struct ike_sa *sa); /* initiator; false: there is no ticket to use */
void resume_send(struct ike_sa *sa);
void resume_give_up(struct ike_sa *sa);
bool resume_take_answer(struct ike_sa *sa, const struct ike_msg *m);
bool resume_read_request(struct ike *e, const struct ike_msg *m, const struct ike_peering *p, struct resumed *out);
bool resume_make_keys(struct ike_sa *sa, const struct ike_msg *m);
enum ike_reason resume_identity_good(const struct ike_sa *sa); /* it is who it was */
void resume_done(struct ike_sa *sa); /* authenticated: as it was then */
void resume_put_ticket(struct ike_sa *sa, struct ike_build *b);
void resume_read_ticket(struct ike_sa *sa, const struct ike_msg *m);
void resume_unused(struct ike_sa *sa);
void resume_session_ended(const struct session *s, enum ike_reason why);
void resumed_fini(struct resumed *r);
void tickets_free(struct ike *e);
/* auth.c */
void auth_start(struct ike_sa *sa);
void auth_response(struct ike_sa *sa, const struct ike_msg *m);
void auth_put_notifies(struct session *s, struct ike_build *b);
void auth_read_window(struct session *s, const struct ike_msg *m);
void auth_done(struct ike_sa *sa); /* established */
/* The peer is who it ought to be, and this is its answer about the rest: addresses and child. */
void auth_finish(struct ike_sa *sa, const struct ike_msg *m);
void auth_give_up(struct ike_sa *sa, enum ike_reason why, uint16_t notify);
/* auth_prove.c: AUTH and what goes with it */
bool auth_uses_certs(const struct ike_peering *p);
void auth_put_certs(struct ike_sa *sa, struct ike_build *b);   /* ours, when we sign */
void auth_put_certreq(struct session *s, struct ike_build *b); /* when the peer may sign */
bool auth_put(struct ike_sa *sa, struct ike_build *b);
void auth_put_hashes(struct session *s, struct ike_build *b);
void auth_read_hashes(struct ike_sa *sa, const struct ike_msg *m);
void auth_read_certreq(struct ike_sa *sa, const struct ike_msg *m);
/* Must this IKE_AUTH message wait until its certificates can be judged? Then it counts as lost. */
bool auth_must_wait(struct ike_sa *sa, const struct ike_msg *m);
enum ike_reason auth_check(
        struct ike_sa *sa, const struct ike_msg *m); /* IKE_R_NONE: it is the peer we want */
enum ike_reason auth_check_eap(struct ike_sa *sa, const struct ike_msg *m); /* the last AUTH */
enum ike_reason auth_identify(struct ike_sa *sa, const struct ike_msg *m);  /* who it says it is … */
enum ike_reason auth_check_proof(struct ike_sa *sa, const struct ike_msg *m); /* … and that it is */
bool auth_signs(const struct ike_peering *p); /* do we prove ourselves by a certificate? */
bool auth_may_use(const struct ike_peering *p, enum ike_auth a);
/* auth_eap.c: EAP, initiator */
void eap_start(struct ike_sa *sa);
void eap_start_second(struct ike_sa *sa); /* RFC 4739, after the first authentication */
void eap_response(struct ike_sa *sa, const struct ike_msg *m);
bool eap_resume(struct ike_sa *sa); /* false: nothing is waited for */
/* auth_r.c */
void auth_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after);
void auth_refuse(struct ike_sa *sa, struct ike_build *b, struct after *after, enum ike_reason why);
/* The peer has proved itself: what its first request asked for. */
void auth_conclude(struct ike_sa *sa, struct ike_build *b, struct after *after);
void auth_keep_first(struct ike_sa *sa, const struct ike_msg *m);
/* auth_eap_r.c: EAP, responder */
bool eap_r_asked(const struct ike_sa *sa, const struct ike_msg *m); /* a request without AUTH, of who may do so */
void eap_r_begin(struct ike_sa *sa, uint32_t id, struct ike_build *b, struct after *after);
void eap_r_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after);
bool eap_r_said(struct ike_sa *sa, const struct ike_eap_said *said); /* the server elsewhere */
/* create.c: CREATE_CHILD_SA */
void create_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after);
bool create_send_child(struct ike_sa *sa, struct task *t);
void create_child_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m);
void create_send_new(struct ike_sa *sa, struct task *t);
void create_new_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m);
void create_free(struct create *c);
struct request *create_pending(
        const struct session *s); /* our request for a child, if one is out */
void create_note_gone(struct session *s, uint32_t spi_out);
bool nonce_lower(const struct nonce *a, const struct nonce *b);
const struct nonce *nonce_min(const struct nonce *a, const struct nonce *b);
bool nonce_read(const struct ike_msg *m, struct nonce *out);
/* rekey.c: the IKE SA by CREATE_CHILD_SA */
void rekey_ike_send(struct ike_sa *sa, struct task *t);
void rekey_ike_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after);
void rekey_ike_peer_uses(struct ike_sa *sa); /* the rival becomes current, if it is one */
void rekey_ike_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m);
/* info.c */
void info_request(
        struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b, struct after *after);
void info_response(struct ike_sa *sa, struct request *r, const struct ike_msg *m);
void info_send_dpd(struct ike_sa *sa, struct task *t);
void info_send_delete_child(struct ike_sa *sa, struct task *t);
void info_send_delete_ike(struct ike_sa *sa);
/* cfgmode.c */
void cfg_send_set(struct ike_sa *sa, struct task *t);
void cfg_put_request(struct session *s, struct ike_build *b);
bool cfg_take_reply(struct session *s, const struct ike_msg *m);
/* False: an address was asked for and none is to be had. `asked`: there was a CFG_REQUEST. */
bool cfg_answer_request(
        struct session *s, const struct ike_msg *m, bool *asked, struct attr_store *out);
void cfg_on_set(struct session *s, const struct ike_msg *m, struct ike_build *b);
void cfg_on_ack(struct session *s, const struct ike_msg *m);

/* ---- natt.c --------------------------------------------------------------------- */

void natd_put(struct session *s, struct ike_build *b, uint64_t spi_i, uint64_t spi_r);
void natd_read(struct session *s, const struct ike_msg *m, uint64_t spi_i, uint64_t spi_r,
        const struct dgram *in);
void natd_put_for(struct ike_build *b, uint64_t spi_i, uint64_t spi_r, const struct endpoint *local,
        const struct endpoint *remote);
bool natd_is_ours(const struct ike_msg *m, uint64_t spi_i, uint64_t spi_r,
        const struct endpoint *local); /* the peer saw our address as it is */
void natt_follow(
        struct session *s, const struct dgram *in); /* an authentic request came from elsewhere */

/* ---- redirect.c ----------------------------------------------------------------- */

void redirect_put_supported(struct session *s, struct ike_build *b);
/* True: the message sends us elsewhere; the caller was told, and the attempt is over. */
bool redirect_in_init(struct ike_sa *sa, const struct ike_msg *m);
bool redirect_in_auth(struct ike_sa *sa, const struct ike_msg *m);
void redirect_in_info(struct session *s, const struct ike_msg *m);
void redirect_read_supported(struct session *s, const struct ike_msg *m);
bool redirect_init_wanted(const struct ike_peering *p, const struct ike_msg *m);
size_t redirect_init_data(const struct ike_peering *p, struct span ni, uint8_t out[REDIRECT_MAX]);
bool redirect_put_auth(struct session *s, struct ike_build *b); /* then there is no child */
bool redirect_ask(struct session *s, const struct ike_gateway *gw);
void redirect_send(struct ike_sa *sa, struct task *t);

/* ---- reauth.c, qcd.c ------------------------------------------------------------ */

void reauth_put(struct session *s, struct ike_build *b);
void reauth_read(struct session *s, const struct ike_msg *m);
void reauth_due(struct session *s);

void qcd_put(struct ike_sa *sa, struct ike_build *b);
void qcd_put_lost(const struct ike *e, struct ike_build *b, const struct ike_hdr *h);
void qcd_read(struct ike_sa *sa, const struct ike_msg *m);
void qcd_renew(struct session *s);
void qcd_send(struct ike_sa *sa, struct task *t);
bool qcd_proves_loss(const struct ike_sa *sa, const struct ike_msg *m);

/* ---- ppk.c ---------------------------------------------------------------------- */

void ppk_put_supported(struct session *s, struct ike_build *b);
void ppk_read_supported(struct ike_sa *sa, const struct ike_msg *m);
bool ppk_start(
        struct ike_sa *sa); /* initiator, before AUTH; false: it cannot be done as required */
void ppk_put_identity(struct ike_sa *sa, struct ike_build *b);
bool ppk_wants_both(const struct ike_sa *sa); /* a second AUTH, by the keys of ppk_swap() */
void ppk_swap(struct ike_sa *sa);             /* the keys with it and without it change places */
bool ppk_read_answer(struct ike_sa *sa, const struct ike_msg *m);
/* Responder: with it or without; then `auth` may become the peer's other proof. */
bool ppk_choose(struct ike_sa *sa, const struct ike_msg *m, struct span *auth);
void ppk_put_answer(struct ike_sa *sa, struct ike_build *b);

/* ---- twins.c -------------------------------------------------------------------- */

void twins_join(struct session *s); /* once it is established */
void twins_leave(struct session *s);
/* Initiator: those that may have `id` as ours; else those whose peer it may be. On by twin_next. */
struct session *twins_first(const struct ike *e, const struct ike_id *id, bool initiator);

/* ---- opening.c ------------------------------------------------------------------ */

/* Asks the session's peer for it, now or when others have been served; false: it waits. */
bool opening_begin(struct session *s);
void opening_over(struct session *s); /* it stands, or never will */
void opening_slow(struct session *s); /* the peer let it wait */
void openings_free(struct ike *e);

/* ---- mobike.c ------------------------------------------------------------------- */

void mobike_put_supported(struct session *s, struct ike_build *b);
void mobike_read_supported(struct session *s, const struct ike_msg *m);
bool mobike_move(struct session *s, const struct endpoint *local, const struct endpoint *remote);
bool mobike_checks_path(const struct session *s);
void mobike_send_update(struct ike_sa *sa, struct task *t);
void mobike_updated(struct ike_sa *sa, const struct ike_msg *m);
void mobike_put_check(struct ike_sa *sa, struct ike_build *b);      /* in a liveness check … */
void mobike_read_check(struct ike_sa *sa, const struct ike_msg *m); /* … and in its answer */
void mobike_request(struct ike_sa *sa, const struct ike_msg *m, struct ike_build *b);
void mobike_send_cookie(struct ike_sa *sa, struct task *t);
void mobike_cookie_answer(struct ike_sa *sa, const struct request *r, const struct ike_msg *m);

/* ---- child.c -------------------------------------------------------------------- */

/* What a child is to be made of, on either side. */
struct child_make {
	bool initiator; /* of this exchange */
	uint32_t spi_in, spi_out;
	struct ike_suite suite;
	enum ike_mode mode;
	struct ike_ts local[IKE_MAX_TS], remote[IKE_MAX_TS];           /* effective */
	struct ike_ts wire_local[IKE_MAX_TS], wire_remote[IKE_MAX_TS]; /* on the wire */
	uint8_t n_local, n_remote;
	struct span ni, nr;
	const struct secret *shared; /* NULL: no PFS */
	uint32_t replaces;
};

/* Makes the child and tells the caller. NULL: the keys could not be made. */
struct child_sa *child_add(struct ike_sa *sa, const struct child_make *mk);
struct child_sa *child_by_out(const struct session *s, uint32_t spi_out);
struct child_sa *child_by_in(const struct ike *e, uint32_t spi_in);
void child_gone(struct child_sa *c, enum ike_reason reason,
        bool retry_later); /* CHILD_DOWN if it was told */
void child_tell_down(struct child_sa *c, enum ike_reason reason, bool retry_later);
void child_unlink(struct child_sa *c);
void child_out(struct child_sa *c);          /* we send on it from now on */
void child_delete(struct child_sa *c);       /* Delete is queued */
void child_replaced(struct child_sa *c);     /* its heir stands; the peer is to delete it */
void child_reinstate(struct child_sa *heir); /* the peer takes back what was to replace another */
void child_start_rekey(struct child_sa *c, bool fresh);
void child_tick(struct child_sa *c);
ike_time child_due(const struct child_sa *c);

/* Initiator: SA, TSi, TSr and notifies of a request; and what the response made of it. IKE_R_NONE:
 * good. */
void child_put_offer(struct session *s, struct ike_build *b, uint32_t spi,
        const struct child_sa *old, enum ike_ke_use ke, uint16_t group, struct span nonce,
        struct span public_value);
enum ike_reason child_read_answer(struct session *s, const struct ike_msg *m,
        const struct child_sa *old, enum ike_ke_use ke, uint16_t group, struct child_make *mk);
uint16_t child_rekey_group(const struct child_sa *old); /* for our KE; KE_NONE: no PFS */
/* Responder: 0, or the notify that refuses. `group` is that of the peer's KE, 0 if none. */
uint16_t child_choose(struct session *s, const struct ike_msg *m, enum ike_ke_use ke,
        uint16_t group, struct ike_choice *choice, struct child_make *mk);
void child_put_answer(struct session *s, struct ike_build *b, const struct ike_choice *choice,
        const struct child_make *mk, struct span nonce, struct span public_value);

#endif
