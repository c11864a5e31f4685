/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The IKEv2 engine (RFC 7296), both roles: datagrams and time in, datagrams and events out.
 *
 * The engine has no socket, clock, thread, file or global. The caller feeds it with ike_rx() and ike_tick(), and after every
 * call drains ike_tx() (datagrams to send) and ike_poll() (things to know), then sleeps until ike_deadline(). Randomness is
 * injected. The same calls run in the daemon, in a unit test, in a simulator with a virtual clock and under a fuzzer.
 *
 * Time is `ike_time`: milliseconds of any monotonic clock. Ports are in host order, octets in network order.
 *
 * Ownership: structures passed in are copied; structures handed out (ike_event, dgram) are the engine's and stay valid until
 * the next call of the function that gave them.
 */
#ifndef SPOKE_IKEV2_IKE_H
#define SPOKE_IKEV2_IKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/alg.h"
#include "base/buf.h"
#include "base/secret.h"

typedef uint64_t ike_time;
#define IKE_NEVER UINT64_MAX

struct ike;    /* an engine */
struct ike_sa; /* opaque; named from outside by its handle */

/* One UDP datagram, without the non-ESP marker: `natt` says that it travels on the 4500 socket, where the caller adds or
 * strips the four zero octets (RFC 3948 §2.2). A zero-length datagram to send with natt set is a NAT keepalive (one 0xFF). */
struct dgram {
	struct endpoint local, remote;
	uint32_t vrf; /* front-door VRF, 0 = global; opaque to the engine */
	bool natt;
	bool keepalive;
	const uint8_t *data;
	size_t len;
};

/* ---- algorithms ---------------------------------------------------------------------------------------------- */

enum ike_prf_id { PRF_HMAC_SHA1 = 2, PRF_HMAC_SHA2_256 = 5, PRF_HMAC_SHA2_384 = 6, PRF_HMAC_SHA2_512 = 7 };
enum ike_group_id {
	KE_NONE = 0, KE_MODP_1024 = 2, KE_MODP_1536 = 5, KE_MODP_2048 = 14, KE_MODP_3072 = 15, KE_MODP_4096 = 16,
	KE_ECP_256 = 19, KE_ECP_384 = 20, KE_ECP_521 = 21, KE_X25519 = 31,
	KE_ML_KEM_512 = 35, KE_ML_KEM_768 = 36, KE_ML_KEM_1024 = 37 /* additional exchanges only; OpenSSL 3.5 */
};

struct ike_encr {
	uint16_t id;   /* enum alg_encr_id */
	uint16_t bits; /* 0 where the transform takes no Key Length */
};

enum { IKE_MAX_ADDKE = 3 };
enum { IKE_MAX_ALGS = 12, IKE_MAX_PROPOSALS = 8, IKE_MAX_TS = 8 };

/* One proposal, each list in order of preference. AEAD and non-AEAD ciphers do not stand in one proposal (RFC 7296 §3.3).
 * IKE: encr, prf, group, and integ unless AEAD. ESP: encr, integ unless AEAD (AUTH_NONE alone: encryption only), group
 * used for PFS in CREATE_CHILD_SA only (empty: no PFS), esn 0/1/both. */
struct ike_proposal {
	struct ike_encr encr[IKE_MAX_ALGS];
	uint8_t n_encr;
	uint16_t integ[IKE_MAX_ALGS];
	uint8_t n_integ;
	uint16_t prf[IKE_MAX_ALGS];
	uint8_t n_prf;
	uint16_t group[IKE_MAX_ALGS];
	uint8_t n_group;
	/* IKE: additional key exchanges (RFC 9370), in their order; KE_NONE among them: may be left out. */
	uint16_t addke[IKE_MAX_ADDKE][4];
	uint8_t n_addke[IKE_MAX_ADDKE];
	bool esn_no, esn_yes; /* ESP: which extended-sequence-number values are acceptable */
};

/* What was chosen. */
struct ike_suite {
	struct ike_encr encr;
	uint16_t integ, prf, group;
	uint16_t addke[IKE_MAX_ADDKE]; /* of the first exchanges; KE_NONE: none */
	bool esn;
};

const char *ike_prf_name(uint16_t id);           /* "SHA256"; "prf 99" for a stranger (static buffer per thread) */
const char *ike_group_name(uint16_t id);         /* "DH_GROUP_256_ECP/Group 19" */
bool ike_prf_known(uint16_t id);
bool ike_group_known(uint16_t id);               /* known and offered by libcrypto here */
bool ike_group_is_kem(uint16_t id);              /* for additional exchanges only */
const char *ike_notify_name(uint16_t type);      /* "NO_PROPOSAL_CHOSEN"; "notify 40999" */
const char *ike_exchange_name(uint8_t type);     /* "IKE_SA_INIT" */

/* ---- identities, selectors, attributes ------------------------------------------------------------------------ */

enum ike_id_type {
	ID_NONE = 0, ID_IPV4_ADDR = 1, ID_FQDN = 2, ID_RFC822_ADDR = 3, ID_IPV6_ADDR = 5, ID_DER_ASN1_DN = 9, ID_KEY_ID = 11
};

struct ike_id {
	uint8_t type;
	uint8_t len; /* identities longer than 255 octets are refused */
	uint8_t data[255];
};

const char *ike_id_fmt(const struct ike_id *id, char buf[320]); /* "10.0.0.1", "spoke1.example", "key-id …" */
struct ike_id ike_id_addr(const struct ipaddr *a);
struct ike_id ike_id_text(uint8_t type, const char *s);
bool ike_id_eq(const struct ike_id *a, const struct ike_id *b); /* FQDN and e-mail domain: case-insensitive */

struct ike_ts {
	uint8_t proto; /* 0 = any */
	uint16_t port_lo, port_hi;
	struct ipaddr lo, hi;
};

struct ike_ts ike_ts_any4(void);
struct ike_ts ike_ts_any6(void);
const char *ike_ts_fmt(const struct ike_ts *ts, char buf[128]); /* "0.0.0.0/0 - 255.255.255.255/65535" */

/* Configuration attributes (RFC 7296 §3.15.1), as they stand on the wire. */
enum ike_cfg_attr_type {
	CFG_IP4_ADDRESS = 1, CFG_IP4_NETMASK = 2, CFG_IP4_DNS = 3, CFG_IP4_NBNS = 4, CFG_IP4_DHCP = 6, CFG_APP_VERSION = 7,
	CFG_IP6_ADDRESS = 8, CFG_IP6_DNS = 10, CFG_IP6_DHCP = 12, CFG_IP4_SUBNET = 13, CFG_SUPPORTED_ATTRIBUTES = 14,
	CFG_IP6_SUBNET = 15, CFG_DNS_DOMAIN = 25,
	CFG_UNITY_BANNER = 28672, CFG_UNITY_SAVE_PASSWD = 28673, CFG_UNITY_DEF_DOMAIN = 28674, CFG_UNITY_SPLIT_DNS = 28675,
	CFG_UNITY_SPLIT_INCLUDE = 28676, CFG_UNITY_LOCAL_LAN = 28678, CFG_UNITY_PFS = 28679, CFG_UNITY_BACKUP = 28681,
	CFG_FLEX_CONFIG_URL = 28692
};

struct ike_attr {
	uint16_t type;
	uint16_t len;
	const uint8_t *val; /* NULL when len is 0 */
};

struct ike_attrs { /* a list; copied deep by the engine where it keeps one */
	const struct ike_attr *v;
	size_t n;
};

/* ---- what a session is to be ------------------------------------------------------------------------------------ */

enum ike_auth { IKE_AUTH_NONE, IKE_AUTH_PSK, IKE_AUTH_RSA, IKE_AUTH_ECDSA /* EdDSA too */, IKE_AUTH_EAP };
enum ike_eap_method { IKE_EAP_ANY = 0, IKE_EAP_MD5 = 4, IKE_EAP_GTC = 6, IKE_EAP_MSCHAPV2 = 26 };
enum ike_mode { IKE_MODE_TUNNEL, IKE_MODE_TRANSPORT };

/* A gateway that a client is sent to, or comes from (RFC 5685). */
enum ike_gateway_type { IKE_GW_NONE, IKE_GW_IP4 = 1, IKE_GW_IP6 = 2, IKE_GW_NAME = 3 };
enum { IKE_GATEWAY_NAME = 256 };
struct ike_gateway {
	enum ike_gateway_type type;
	struct ipaddr addr;
	char name[IKE_GATEWAY_NAME];
};
enum ike_redirect_at { IKE_REDIRECT_OFF, IKE_REDIRECT_INIT, IKE_REDIRECT_AUTH };

/* Liveness checks (RFC 7296 §2.4): after `interval_ms` in which nothing authentic came, ESP or IKE, the peer is asked, and asked
 * again each `retry_ms`; with the last of ike_config.retransmit_tries unanswered it is dead.
 *
 * `fast`, an extension: a path whose round trips are known needs no such patience. The peer is asked after a quarter of the
 * interval when ESP went out meanwhile and none came back; the check is repeated after four round trips (at least 50 ms,
 * at most `retry_ms`, but never sooner than two round trips); and ESP that arrives while it is under way answers it. */
struct ike_dpd {
	uint32_t interval_ms; /* 0 = off */
	uint32_t retry_ms;
	bool on_demand; /* only when we send and hear nothing; else periodic */
	bool fast;
};

enum { IKE_PPK_ID = 64 };

/* Everything that is fixed about one peering: the initiator's at ike_connect(), the responder's from ike_ops.accept. */
struct ike_peering {
	uint64_t owner; /* the caller's number, repeated in every event */

	struct ike_proposal ike[IKE_MAX_PROPOSALS];
	uint8_t n_ike;
	struct ike_proposal esp[IKE_MAX_PROPOSALS];
	uint8_t n_esp;

	struct ike_id local_id;
	struct ike_id remote_id; /* initiator: sent as IDr when set; the check of IDr itself is ike_ops.peer_ok */
	enum ike_auth local_auth, remote_auth;
	unsigned remote_auths;  /* the methods that the peer may use, as bits 1 << enum ike_auth; 0: remote_auth alone */
	uint8_t eap_method;     /* local_auth EAP: the only one to use (enum ike_eap_method) */
	/* RFC 4739: after local_auth, or the peer's, EAP too. The peer must; we do where it knows of it. */
	bool local_eap_too, remote_eap_too;
	/* Responder of EAP: */
	bool eap_query_identity; /* the peer is asked for its user name; else its identity is the name */
	bool eap_elsewhere;      /* who asks is another server: IKE_EV_EAP */
	uint32_t eap_timeout_s;  /* 0 = 90: how long the conversation may take */
	struct secret local_psk, remote_psk; /* may be empty when ike_ops.psk supplies the remote one after IDr is known */

	bool resume;                /* RFC 5723: ask for a ticket and use it; responder: give them, and take them */
	uint32_t ticket_lifetime_s; /* responder; 0 = 3600 */

	bool use_ppk;             /* RFC 8784: announce it. A responder does so before it knows the key */
	struct secret ppk;        /* the post-quantum preshared key, empty: none … */
	char ppk_id[IKE_PPK_ID];  /* … and its name */
	bool ppk_required;        /* no session without it */

	struct ike_ts ts_local[IKE_MAX_TS], ts_remote[IKE_MAX_TS];
	uint8_t n_ts_local, n_ts_remote;
	enum ike_mode mode;       /* transport: N(USE_TRANSPORT_MODE) is sent, and tunnel mode accepted as an answer
	                             unless transport_required */
	bool transport_required;

	struct ike_attrs cfg_request; /* initiator's CFG_REQUEST; empty: none is sent */
	struct ike_attrs cfg_reply;   /* responder: attributes of CFG_REPLY besides the address, which ike_ops.lease gives */

	struct ike_dpd dpd;
	uint32_t nat_keepalive_s; /* 0: off; sent only when we are behind a NAT */
	bool force_natt;          /* make NAT detection find a NAT, so that ESP goes in UDP (RFC 7296 §2.23) */
	bool fragmentation;       /* offer RFC 7383 */
	uint16_t frag_mtu;        /* largest IP datagram we send as IKE; 0 = 576 for IPv4, 1280 for IPv6 */
	uint32_t ike_lifetime_s;  /* 0 = 86400 */
	uint32_t child_lifetime_s; /* 0 = 3600 */
	uint64_t child_lifetime_kb; /* 0 = no limit; the data plane tells through ike_child_expiring() */
	uint32_t window;          /* what we announce by SET_WINDOW_SIZE; 0 = 5 */
	bool initial_contact;     /* initiator: send N(INITIAL_CONTACT) */
	bool mobike;              /* offer RFC 4555, or answer it; see ike_update_address() */
	uint32_t auth_lifetime_s; /* responder: an authentication counts for so long (RFC 4478); 0: for good */
	bool childless;           /* RFC 6023. Responder: an initiator may do without a child in IKE_AUTH. Initiator: it does,
	                             and gives up with IKE_R_CHILDLESS where that is not offered; see ike_child_new() */
	bool unique;              /* responder: other sessions of the same identity end, whether the peer says so or not */
	bool redirect;            /* initiator: may be sent to another gateway, IKE_EV_REDIRECT */
	struct ike_gateway redirected_from; /* initiator: by whom it was sent here */
	enum ike_redirect_at redirect_at;   /* responder: send every client that can … */
	struct ike_gateway redirect_to;     /* … to this one */
	bool cisco_vendor_ids;    /* DELETE-REASON, CISCOVPN-REV-02, DYNAMIC-ROUTE, FLEXVPN-SUPPORTED, in this order */
};

/* ---- the engine's questions ------------------------------------------------------------------------------------- */

/* Name and password for EAP are needed. */
struct ike_creds_ask {
	bool name;  /* the server asked who we are; otherwise our identity is the name and only the password is wanted */
	bool again; /* what was given before was refused */
};
enum ike_creds {
	IKE_CREDS_NONE,  /* there are none: authentication fails */
	IKE_CREDS_WAIT,  /* somebody is being asked; ike_eap_resume() tells when they are there */
	IKE_CREDS_GIVEN,
};

enum ike_eap_user { IKE_EAP_UNKNOWN, IKE_EAP_KNOWN, IKE_EAP_HASHED /* only a hash of the password is kept */ };

enum { IKE_MAX_CERTS = 8, IKE_KEY_ID_LEN = 20, IKE_SPKI_MAX = 2200 };

enum ike_key_type { IKE_KEY_NONE, IKE_KEY_RSA, IKE_KEY_RSA_PSS, IKE_KEY_EC, IKE_KEY_ED25519, IKE_KEY_ED448 };

/* X.509 certificates in DER: the end entity first, then what leads to its authority. Views. One of the peer's may be there by
 * `hash` (SHA-1) and `url` only (RFC 7296 §3.6), its `der` empty; one of ours with a `url` goes out so, to peers that want it. */
struct ike_certs {
	struct span der[IKE_MAX_CERTS];
	struct span url[IKE_MAX_CERTS];      /* empty: none */
	const uint8_t *hash[IKE_MAX_CERTS];  /* IKE_KEY_ID_LEN octets; NULL: `der` is there */
	size_t n;
};

/* A public key: SubjectPublicKeyInfo in DER. */
struct ike_spki {
	uint8_t der[IKE_SPKI_MAX];
	size_t n;
};

struct ike_sig_scheme; /* sig.h */

/* What protects the messages of an IKE SA; `i` what its original initiator sends. */
struct ike_sa_keys {
	uint64_t spi_i, spi_r;
	struct ike_suite suite;
	struct span encr_i, encr_r, integ_i, integ_r;
};

/* All callbacks are called from inside ike_rx/ike_tick/ike_connect; none may call back into the engine. */
struct ike_ops {
	void *ctx;
	/* n random octets; must not fail. */
	void (*random)(void *ctx, uint8_t *dst, size_t n);
	/* Responder: the peering for an IKE_SA_INIT from `remote` at `local`. False: no policy, answer NO_PROPOSAL_CHOSEN.
	 * `out` comes zeroed; what it points to must live until the callback's next call. NULL: we are never responder. */
	bool (*accept)(void *ctx, const struct endpoint *local, const struct endpoint *remote, struct ike_peering *out);
	/* Responder, in IKE_AUTH: who the peer says it is, which nothing has proved yet, and whom it expects (ID_NONE: it does
	 * not say). What holds from here on, instead of accept's; the window stays. `out` as for accept. False: nothing fits, the
	 * peer is refused. NULL: accept's peering holds. */
	bool (*identify)(void *ctx, uint32_t handle, const struct endpoint *local, const struct endpoint *remote,
		const struct ike_id *remote_id, const struct ike_id *expected, struct ike_peering *out);
	/* Is this authenticated-to-be identity one we want from that peer? NULL: any. */
	bool (*peer_ok)(void *ctx, uint64_t owner, const struct endpoint *remote, const struct ike_id *remote_id);
	/* The key that must verify the peer, by its identity. False: none. NULL: use ike_peering.remote_psk. Responder: also
	 * fills `local` when the peering had none. */
	bool (*psk)(void *ctx, uint64_t owner, const struct endpoint *remote, const struct ike_id *remote_id,
		struct secret *remote_psk, struct secret *local_psk);
	/* Certificates; all three NULL: none are used, and signatures of the peer are refused.
	 * Ours. `wanted` are the authorities that the peer named (SHA-1 of each public key, 20 octets each; empty: any).
	 * False: none. Views stay valid until the next call. */
	bool (*own_certs)(void *ctx, uint64_t owner, struct span wanted, struct ike_certs *out, enum ike_key_type *key,
		unsigned *bits);
	/* A signature by the key of own_certs(). False: failed. */
	bool (*sign)(void *ctx, uint64_t owner, const struct ike_sig_scheme *scheme, struct span octets, struct secret *out);
	/* The authorities that we trust, for CERTREQ: 20 octets each; returns how many octets. */
	size_t (*authorities)(void *ctx, uint64_t owner, uint8_t *dst, size_t max);
	/* May the peer send URLs of its certificates? Then certs_ready() and trust() get them so. NULL: no. */
	bool (*by_url)(void *ctx);
	/* May trust() judge these certificates now? False: something is being fetched for it. The message that brought them
	 * then counts as lost; ike_certs_settled() asks for it again. NULL: at any time. */
	bool (*certs_ready)(void *ctx, uint64_t owner, const struct ike_certs *certs);
	/* Do these certificates lead to an authority that we trust, are they in force, and is the first one that of
	 * `id`? Then the key in it; else one line in `why`. */
	bool (*trust)(void *ctx, uint64_t owner, const struct ike_id *id, const struct ike_certs *certs, struct ike_spki *key,
		char *why, size_t n);
	/* EAP, initiator: name (only when asked for) and password. NULL: none. */
	enum ike_creds (*credentials)(void *ctx, uint64_t owner, const struct ike_creds_ask *ask, struct secret *name,
		struct secret *password);
	/* EAP, responder: the password of a user (only when IKE_EAP_KNOWN); whether this is it, however it is kept. NULL: there
	 * are no users. */
	enum ike_eap_user (*eap_password)(void *ctx, uint64_t owner, struct span name, struct secret *out);
	bool (*eap_check)(void *ctx, uint64_t owner, struct span name, struct span password);
	/* The user has proved to be who it says: what it is given by CFG_REPLY, besides the address, in place of
	 * ike_peering.cfg_reply. Asked before `lease`. NULL: the same. */
	void (*eap_user)(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *remote_id, struct span name,
		struct ike_attrs *cfg_reply);
	/* Responder: an address for this peer (family AF_INET or AF_INET6); its length is that of the netmask. `out` comes with
	 * the address that the peer would like, family 0 when it does not say. False: INTERNAL_ADDRESS_FAILURE. NULL: no pool. */
	bool (*lease)(void *ctx, uint32_t handle, uint64_t owner, const struct ike_id *remote_id, int family,
		struct prefix *out);
	/* What was leased to this session is free again. May be NULL. */
	void (*unlease)(void *ctx, uint32_t handle);
	/* An IKE SA has keys, new or as ike_tell_keys() asks: for who writes down what a decrypting analyser needs. The views end
	 * with the call. NULL: nobody wants them, and they are shown to nobody. */
	void (*keys)(void *ctx, const struct ike_sa_keys *k);
	/* A line for `debug crypto ikev2 …`, without the "IKEv2:" head. level: 0 default, 1 error, 2 internal, 3 packet.
	 * sa_id 0: not tied to an SA. NULL: silent. `text` never contains key material. */
	void (*debug)(void *ctx, int level, uint32_t session_id, uint32_t sa_id, const char *text);
	/* Does anybody read lines of that level now? Those that nobody reads are not made. NULL: always. */
	bool (*debugs)(void *ctx, int level);
	/* Is this attribute of the peer's CFG_SET taken? What is not is left out of the acknowledgement and of
	 * IKE_EV_CFG_SET. NULL: all are. */
	bool (*cfg_wanted)(void *ctx, uint64_t owner, const struct ike_attr *attr);
};

/* Limits and manners of the whole engine. Zero gives the default named. */
struct ike_config {
	uint32_t retransmit_first_ms; /* 2000, doubled each time */
	uint32_t retransmit_tries;    /* 5 retransmissions, then the exchange has failed */
	uint32_t half_open_ms;        /* 30000: a responder's half-open SA is dropped */
	uint32_t cookie_threshold;    /* half-open responder SAs from which IKE_SA_INIT must carry a cookie; 0 = 30;
	                                 UINT32_MAX = never; 1 with `cookie_always` set = every one */
	bool cookie_always;
	uint32_t max_half_open_per_ip; /* 5; a source that answers a cookie may have 16 times as many, unless authentications
	                                  have failed lately */
	uint32_t max_sas;              /* 0 = unlimited */
	uint32_t rekey_jitter_pct;     /* 10 */
	uint8_t qcd_secret[32];        /* RFC 6290; the same after a restart. All zero: we give no tokens */
};

struct ike *ike_new(const struct ike_ops *ops, const struct ike_config *cfg, ike_time now);
void ike_free(struct ike *e); /* sends nothing; see ike_close() */
/* Limits that may change while sessions stand; what stands stays. Zero: as ike_config says, or no limit. */
struct ike_limits {
	uint32_t cookie_threshold; /* as in ike_config */
	uint32_t max_sas;          /* sessions of both roles, established or not */
	uint32_t max_in, max_out;  /* in negotiation: that peers began, that we began */
};
void ike_set_limits(struct ike *e, const struct ike_limits *l);
uint32_t ike_negotiating(const struct ike *e, bool initiator); /* how many are in negotiation now */
/* Whether strangers are answered at all; from the start they are when there is ike_ops.accept. */
void ike_listen(struct ike *e, bool on);

/* ---- the five calls --------------------------------------------------------------------------------------------- */

void ike_rx(struct ike *e, const struct dgram *in, ike_time now);
void ike_tick(struct ike *e, ike_time now);
bool ike_tx(struct ike *e, struct dgram *out);          /* false: nothing to send */
struct ike_event;
bool ike_poll(struct ike *e, struct ike_event *out);    /* false: nothing to tell */
ike_time ike_deadline(const struct ike *e);             /* IKE_NEVER: nothing is due */

/* ---- orders ------------------------------------------------------------------------------------------------------ */

/* Handles are small positive numbers, the lowest free one first (IOS's Tunnel-id); 0 is no SA. A rekeyed IKE SA keeps the
 * handle of the one it replaces. */
uint32_t ike_connect(struct ike *e, const struct ike_peering *p, const struct endpoint *local,
	const struct endpoint *remote, uint32_t vrf, ike_time now);
void ike_close(struct ike *e, uint32_t handle, ike_time now);        /* Delete is sent; IKE_EV_DOWN follows at once */
void ike_abandon(struct ike *e, uint32_t handle, ike_time now);      /* dropped silently */
void ike_eap_resume(struct ike *e, uint32_t handle, ike_time now);   /* after IKE_EV_CREDENTIALS: they are there */
/* What the server elsewhere answers to an IKE_EV_EAP: its packet, and with IKE_EAP_GRANTED the key (empty when the method has
 * none) and the name by which it knows the user (empty: the one that the peer gave). */
enum ike_eap_verdict { IKE_EAP_GOES_ON, IKE_EAP_GRANTED, IKE_EAP_REFUSED };
struct ike_eap_said {
	uint32_t token; /* of the event */
	enum ike_eap_verdict verdict;
	struct span packet, msk, name;
};
void ike_eap_said(struct ike *e, uint32_t handle, const struct ike_eap_said *said, ike_time now);
void ike_certs_settled(struct ike *e, ike_time now); /* what ike_ops.certs_ready waited for is there, or never will be */
void ike_rekey_ike(struct ike *e, uint32_t handle, ike_time now);
void ike_rekey_child(struct ike *e, uint32_t spi_in, ike_time now);  /* also: what a soft lifetime asks for */
void ike_delete_child(struct ike *e, uint32_t spi_in, ike_time now);
/* A child of an SA that stands without one (RFC 7296 §1.3.1): IKE_EV_CHILD_UP, or the peer refuses and the SA is closed. */
void ike_child_new(struct ike *e, uint32_t handle, ike_time now);
/* CFG_SET in an INFORMATIONAL request: our networks (RFC 7296 §2.19, §3.15). IKE_EV_CFG_ACK tells what came back. */
void ike_cfg_set(struct ike *e, uint32_t handle, const struct ike_attrs *attrs, ike_time now);
/* Inbound ESP with a good ICV was seen from that SA's peer: proof of life for DPD (RFC 7296 §2.4). */
void ike_child_heard(struct ike *e, uint32_t spi_in, ike_time when);
void ike_child_sent(struct ike *e, uint32_t spi_in, ike_time when);  /* for on-demand DPD */
/* MOBIKE: our address, or the peer's that we use, is another one; 4500 is the port. The children move with
 * IKE_EV_ENDPOINT when the peer has agreed. False: it cannot be done with this peer or for transport mode: connect anew. */
bool ike_update_address(struct ike *e, uint32_t handle, const struct endpoint *local,
	const struct endpoint *remote, ike_time now);
/* Gateway: asks the client of an established SA to go elsewhere. False: it cannot be asked. */
bool ike_redirect(struct ike *e, uint32_t handle, const struct ike_gateway *to, ike_time now);
void ike_tell_keys(struct ike *e); /* ike_ops.keys, for every SA that stands */
void ike_dpd_now(struct ike *e, uint32_t handle, ike_time now);      /* ask once, at once: an unknown SPI was hinted at */

/* ---- events ------------------------------------------------------------------------------------------------------ */

enum ike_event_type {
	IKE_EV_ESTABLISHED, /* the IKE SA is authenticated; attrs = CFG_REPLY (initiator) */
	IKE_EV_CHILD_UP,    /* install `child`; replaces = SPI of the child it rekeys, or 0 */
	IKE_EV_CHILD_OUT,   /* a rekeyed child: from now on send on `child` (spi_in identifies it) */
	IKE_EV_CHILD_DOWN,  /* remove the child with this spi_in */
	IKE_EV_CFG_SET,     /* the peer set attributes (already acknowledged): those that cfg_wanted let through */
	IKE_EV_CFG_ACK,     /* answer to ike_cfg_set(); attrs may be empty: the peer took nothing */
	IKE_EV_REKEYED,     /* the IKE SA was rekeyed in place; SPIs changed */
	IKE_EV_CREDENTIALS, /* EAP waits for ike_ops.credentials: `ask` says for what */
	IKE_EV_EAP,         /* responder: an EAP packet for the server elsewhere: ike_eap_said() tells what it answers */
	IKE_EV_ENDPOINT,    /* an address or port changed (NAT, MOBIKE): local, remote */
	IKE_EV_REAUTH,      /* the peer lets our authentication count for a little longer only: connect again, then close this */
	IKE_EV_REDIRECT,    /* go to `gateway`; DOWN follows, except of an established SA, which is the caller's to close */
	IKE_EV_DOWN,        /* the IKE SA is gone, and with it its children (no CHILD_DOWN follows) */
};

enum ike_reason { /* why an SA went down */
	IKE_R_NONE, IKE_R_LOCAL, /* ike_close() */
	IKE_R_PEER_DELETE, IKE_R_TIMEOUT, /* no answer to a request */
	IKE_R_DPD, IKE_R_NO_PROPOSAL, IKE_R_AUTH_FAILED /* the peer refused us */,
	IKE_R_PEER_AUTH_FAILED /* we refused the peer */, IKE_R_PEER_ID, IKE_R_TS, IKE_R_CHILD_REFUSED, IKE_R_ADDRESS,
	IKE_R_INVALID_KE, IKE_R_SYNTAX, IKE_R_REPLACED /* INITIAL_CONTACT or a newer SA of the same identity */,
	IKE_R_LIFETIME, IKE_R_COOKIE, IKE_R_VERSION, IKE_R_INTERNAL, IKE_R_EAP /* it ended without success */,
	IKE_R_CREDENTIALS /* nobody gave any */, IKE_R_CERT /* the peer's does not convince */,
	IKE_R_LOST /* the peer proved that it has lost the SA */, IKE_R_REDIRECT /* to another gateway */,
	IKE_R_CHILDLESS /* the peer wants a child at once */, IKE_R_PPK /* one side insists on a post-quantum key */, IKE_R_MAX
};
const char *ike_reason_text(enum ike_reason r); /* for `%IKEV2-3-NEG_ABORT: Negotiation aborted due to ERROR: …` */

/* A child SA, with its keys. Integrity keys are empty with AEAD; encryption keys end with the salt. */
struct ike_child {
	uint32_t spi_in, spi_out; /* host order */
	struct ike_suite suite;
	enum ike_mode mode;
	bool udp_encap;
	struct endpoint local, remote;
	struct ike_ts ts_local[IKE_MAX_TS], ts_remote[IKE_MAX_TS];
	uint8_t n_ts_local, n_ts_remote;
	struct span encr_in, integ_in, encr_out, integ_out; /* views; valid as the event is */
	uint32_t lifetime_s;
	uint64_t lifetime_kb;
};

struct ike_event {
	enum ike_event_type type;
	uint32_t handle;
	uint64_t owner;
	enum ike_reason reason; /* DOWN, CHILD_DOWN */
	uint16_t notify;        /* the notify behind the reason, 0 if none */
	bool retry_later;       /* CHILD_DOWN: the engine gave up, the caller may ask again */
	struct ike_child child;
	uint32_t replaces; /* CHILD_UP: spi_in of the child being rekeyed */
	struct ike_creds_ask ask; /* CREDENTIALS */
	struct span eap;          /* EAP; a view */
	uint32_t eap_token;
	struct ike_attrs attrs;
	struct endpoint local, remote;
	struct ike_gateway gateway; /* REDIRECT */
};

/* ---- facts for show commands -------------------------------------------------------------------------------------- */

enum ike_sa_state {
	IKE_S_INIT_SENT, IKE_S_AUTH_SENT, IKE_S_INIT_RCVD, IKE_S_ESTABLISHED, IKE_S_REKEYING, IKE_S_DELETING, IKE_S_MAX
};

struct ike_sa_info {
	uint32_t handle, session_id;
	uint64_t owner;
	enum ike_sa_state state;
	bool initiator;
	uint64_t spi_i, spi_r;
	struct endpoint local, remote;
	uint32_t vrf;
	struct ike_suite suite;
	enum ike_auth local_auth, remote_auth;
	struct ike_id local_id, remote_id;
	uint8_t eap_method;     /* in use or used; 0: none */
	struct span eap_name;   /* the name that was given to the server; a view */
	uint32_t lifetime_s;
	ike_time established; /* 0: not yet */
	uint32_t req_next, resp_next;       /* our next request id, the peer's next expected */
	uint32_t window_local, window_peer;
	bool nat_local, nat_remote;         /* who is behind a NAT */
	bool fragmentation, dynamic_route, peer_is_ios;
	struct ike_dpd dpd;
	struct prefix assigned4, assigned6; /* family 0: none; initiator: received, responder: given */
	bool cfg_asked;         /* responder: there was a CFG_REQUEST */
	bool ppk;               /* a post-quantum preshared key is mixed in */
	bool resumed;           /* by a ticket of an earlier session */
	uint32_t n_children;
	struct ike_attrs attrs; /* CFG_REPLY as received, then CFG_SETs; views */
	bool mobike;
};

struct ike_child_info {
	uint32_t handle; /* of its IKE SA */
	uint64_t owner;
	struct ike_child child; /* without keys */
	ike_time since;
};

bool ike_sa_info(const struct ike *e, uint32_t handle, struct ike_sa_info *out);
/* SAs in order of their handles: start with prev = 0; false at the end. */
bool ike_sa_next(const struct ike *e, uint32_t prev, struct ike_sa_info *out);
bool ike_child_next(const struct ike *e, uint32_t handle, size_t index, struct ike_child_info *out);

/* Counters, for `show crypto ikev2 stats`: every drop and refusal has one. */
#define IKE_COUNTER_LIST(X)                                                                                            \
	X(rx, "datagrams received") X(tx, "datagrams sent") X(retransmits, "requests retransmitted")                   \
	X(rx_short, "shorter than a header or wrong length") X(rx_version, "major version above 2")                    \
	X(rx_malformed, "malformed payloads") X(rx_unknown_spi, "no such IKE SA") X(rx_bad_icv, "integrity failed")    \
	X(rx_window, "message id outside the window") X(rx_duplicate, "duplicates answered again")                     \
	X(rx_exchange, "unexpected exchange") X(rx_critical, "unknown critical payload")                               \
	X(cookies_sent, "cookies demanded") X(cookies_bad, "cookies wrong") X(half_open_dropped, "too many half-open") \
	X(frag_bad, "bad fragments") X(auth_failed, "authentications failed") X(sa_created, "IKE SAs created")         \
	X(sa_deleted, "IKE SAs deleted") X(child_created, "child SAs created") X(child_rekeyed, "child SAs rekeyed")   \
	X(ike_rekeyed, "IKE SAs rekeyed") X(dpd_sent, "liveness checks sent") X(keepalives, "NAT keepalives sent")     \
	X(natd_float, "moved to port 4500") X(init_error_ignored, "unauthenticated errors in IKE_SA_INIT ignored")
struct ike_counters {
#define X(name, text) uint64_t name;
	IKE_COUNTER_LIST(X)
#undef X
};
const struct ike_counters *ike_counters(const struct ike *e);

/* Messages by exchange (IKE_SA_INIT …  INFORMATIONAL) and way, for `show crypto ikev2 stats exchange`. A message in fragments is one;
 * one that is sent again is another. */
enum ike_way { IKE_TX_REQUEST, IKE_TX_RESPONSE, IKE_RX_REQUEST, IKE_RX_RESPONSE, IKE_WAYS };
enum { IKE_EXCHANGE_FIRST = 34, IKE_EXCHANGES = 4 };
uint64_t ike_messages(const struct ike *e, uint8_t exchange, enum ike_way way);
void ike_counters_clear(struct ike *e); /* both to zero */

#endif
