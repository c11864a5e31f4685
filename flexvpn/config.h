/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration as structures. fx_config_build() is a pure function of a snapshot; only config_*.c sees the tree. Everything
 * of one fx_config lives in its arena and dies with it.
 *
 * Objects refer to each other by name, as the lines do: a reference may dangle, and the object that holds it is then *incomplete*,
 * does nothing, and fx_client_missing() says why.
 */
#ifndef SPOKE_FLEXVPN_CONFIG_H
#define SPOKE_FLEXVPN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/secret.h"
#include "base/keyed.h"
#include "base/mem.h"
#include "flexvpn/config_services.h"
#include "grammar/grammar.h"
#include "ikev2/ike.h"
#include "net/acl.h"
#include "net/nat.h"
#include "net/sla.h"
#include "net/track.h"

#define FX_LIST(type)                                                                                                  \
	struct {                                                                                                           \
		struct type *v;                                                                                                \
		size_t n;                                                                                                      \
	}

struct fx_ike_proposal {
	const char *name;
	struct ike_proposal p;
	bool prf_given; /* a `prf` line; otherwise PRFs follow the integrity algorithms */
	bool des, md5, group1; /* named in a line; this release has them not, and warns of them */
	bool complete;
};

struct fx_ike_policy {
	const char *name;
	struct ipaddr match_local[8];
	uint8_t n_match_local;
	bool any_fvrf;
	const char *fvrf; /* neither: the global one */
	const char *proposal[IKE_MAX_PROPOSALS];
	uint8_t n_proposal;
};

struct fx_key { /* one peer of a keyring */
	const char *name, *description;
	bool has_prefix;
	struct prefix prefix;
	const char *hostname;
	struct ike_id identity; /* type ID_NONE: any */
	bool identity_domain;   /* any identity of that domain */
	struct span local, remote; /* octets of the keys; equal for a symmetric one; empty: none */
	const char *ppk_id;        /* post-quantum key (RFC 8784); NULL: none */
	struct span ppk;
	bool ppk_required;
};

struct fx_keyring {
	const char *name;
	FX_LIST(fx_key) keys;
};

enum fx_match_kind { FX_MATCH_ANY, FX_MATCH_ADDRESS, FX_MATCH_ID, FX_MATCH_DOMAIN };

struct fx_match { /* one `match identity remote` */
	enum fx_match_kind kind;
	struct prefix prefix; /* ADDRESS: compared under its mask */
	struct ike_id id;     /* ID: equal; DOMAIN: type FQDN or RFC822, data = the domain */
};

enum fx_cert_field {
	FX_CERT_SUBJECT,
	FX_CERT_ISSUER,
	FX_CERT_ALT,
	FX_CERT_UNSTRUCTURED,
	FX_CERT_ANY_NAME, /* of those above */
	FX_CERT_NUMBER,
	FX_CERT_START,
	FX_CERT_END
};
enum fx_cert_op { FX_CERT_CO, FX_CERT_NC, FX_CERT_EQ, FX_CERT_NE, FX_CERT_LT, FX_CERT_GE };

struct fx_cert_rule { /* one line of a certificate map */
	enum fx_cert_field field;
	enum fx_cert_op op;
	const char *value; /* START, END: the time as typed */
};

struct fx_cert_map { /* crypto pki certificate map NAME SEQ: it fits when all of its rules hold */
	const char *name;
	uint32_t seq;
	FX_LIST(fx_cert_rule) rules;
};

enum fx_auth { FX_AUTH_NONE, FX_AUTH_PSK, FX_AUTH_RSA, FX_AUTH_ECDSA, FX_AUTH_EAP };

struct fx_tp_ref { /* one `pki trustpoint` of a profile */
	const char *name;
	bool sign, verify; /* neither word: both */
};

struct fx_profile {
	const char *name, *description;
	FX_LIST(fx_match) match;
	FX_LIST(fx_name) cert_map; /* `match certificate` */
	struct ipaddr match_local[8];
	uint8_t n_match_local;
	const char *match_local_if[8];
	uint8_t n_match_local_if;
	bool any_fvrf;
	struct ike_id identity_local; /* ID_NONE: the local address, or with a certificate its subject */
	bool identity_dn;
	enum fx_auth auth_local, auth_remote[4];
	uint8_t n_auth_remote;
	struct span key_local, key_remote; /* inline keys */
	uint8_t eap_method;                /* enum ike_eap_method: the only one allowed */
	bool local_eap_too, remote_eap_too; /* authentication second: RFC 4739 */
	bool eap_query;                     /* authentication remote eap query-identity */
	uint32_t eap_timeout_s;             /* 0: default */
	bool resume;                        /* reconnect: RFC 5723 */
	uint32_t resume_s;                  /* 0: default */
	const char *eap_list;               /* aaa authentication eap: who knows the users */
	const char *eap_user;              /* NULL: asked for */
	struct span eap_password;
	struct fx_tp_ref trustpoint[8];
	uint8_t n_trustpoint;
	const char *keyring, *keyring_ppk;
	bool has_dpd, has_nat_keepalive;
	struct ike_dpd dpd;
	uint32_t nat_keepalive_s, lifetime_s; /* 0: default */
	const char *author_list, *author_policy; /* aaa authorization group … list LIST NAME */
	const char *author_mangler;              /* … or name-mangler M: the policy's name is made of the peer's */
	bool author_override;                    /* the group's attributes before the user's */
	const char *user_list, *user_policy, *user_mangler; /* aaa authorization user … */
	bool unique; /* initial-contact force */
	bool no_config_request, no_set_send, no_set_accept;
	bool force_natt, shutdown;
	uint32_t virtual_template; /* 0: none: the profile is for sessions that we open */
	const char *ivrf, *fvrf;
};

/* crypto ikev2 name-mangler: which part of a peer's identity is a name. */
enum fx_mangle_part { FX_MANGLE_NONE, FX_MANGLE_ALL, FX_MANGLE_HEAD, FX_MANGLE_TAIL, FX_MANGLE_DN };

struct fx_mangle {
	enum fx_mangle_part part; /* HEAD: host name, user name, prefix; TAIL: domain, suffix */
	char delimiter;           /* of eap prefix and suffix */
	const char *attribute;    /* of a distinguished name, as OpenSSL abbreviates it: "CN" */
};

struct fx_mangler {
	const char *name;
	struct fx_mangle fqdn, email, dn, eap;
};

enum { FX_AUTHOR_SERVERS = 4, FX_AUTHOR_NAMES = 16 };

/* What a policy gives to a client that asks (CFG_REPLY). */
struct fx_grant {
	const char *pool, *pool6;
	struct ipaddr dns[FX_AUTHOR_SERVERS], wins[FX_AUTHOR_SERVERS], dns6[FX_AUTHOR_SERVERS];
	uint8_t n_dns, n_wins, n_dns6;
	uint8_t netmask, prefix6; /* lengths; 0: none configured */
	const char *def_domain, *banner;
	const char *split_dns[FX_AUTHOR_NAMES], *backup[FX_AUTHOR_NAMES];
	uint8_t n_split_dns, n_backup;
	bool local_lan, pfs;
};

struct fx_pool { /* ip|ipv6 local pool: one range; pools of several have as many of these */
	const char *name;
	struct ipaddr first, last; /* IPv6: the first prefixes of … */
	uint8_t len;               /* … this length; IPv4: 32 */
};

struct fx_author { /* crypto ikev2 authorization policy */
	const char *name;
	bool set_interface;    /* the tunnel's own address */
	const char *set_if[8]; /* addresses of other interfaces */
	uint8_t n_set_if;
	const char *set_acl, *set_acl6, *subnet_acl, *subnet_acl6;
	struct prefix set_remote[32];
	uint8_t n_set_remote;
	bool no_accept;
	uint32_t accept_tag, accept_distance;
	struct fx_grant grant;
};

struct fx_transform {
	const char *name;
	struct ike_encr encr; /* id 0: none that this release has */
	uint16_t integ;       /* AUTH_NONE: none */
	enum ike_mode mode;
	bool require, esn;
	const char *unusable; /* the transform that this release does not have; NULL: all there */
};

struct fx_ipsec_profile {
	const char *name, *description;
	const char *transform[6];
	uint8_t n_transform;
	uint16_t pfs; /* enum ike_group_id; KE_NONE: off */
	const char *pfs_unusable; /* a group that this release does not have */
	const char *ikev2_profile;
	uint32_t lifetime_s; /* 0: global */
	uint64_t lifetime_kb;
	bool no_lifetime_kb;
	uint16_t replay_window;
	bool replay_off, has_replay, responder_only;
};

enum fx_tun_mode { FX_TUN_GRE4, FX_TUN_GRE6, FX_TUN_IPSEC4, FX_TUN_IPSEC6, FX_TUN_DUAL };

struct fx_interface {
	const char *name;   /* canonical: "Tunnel0" */
	const char *device; /* Linux device: bound, created, or native; NULL: an unbound physical interface */
	const char *description;
	bool shutdown;
	struct prefix addr[8];
	uint8_t n_addr; /* the first is the primary one */
	bool negotiated, dhcp;
	const char *dhcp_hostname; /* NULL: the router's */
	const char *unnumbered;
	struct prefix addr6[8];
	uint8_t n_addr6;
	bool ip6_enable, autoconf, autoconf_default;
	uint32_t mtu, ip_mtu;
	uint16_t mss4, mss6;  /* adjust-mss; 0: as it comes */
	uint16_t vlan;        /* a sub-interface; 0: none */
	const char *parent;   /* its device's; NULL: unbound */
	/* tunnels */
	bool is_tunnel, is_loopback;
	bool is_template; /* Virtual-Template: not an interface itself */
	bool is_access;   /* Virtual-Access: a template's copy for one session (hub.h); it stands behind those configured */
	uint32_t number;
	struct ipaddr source_addr;
	const char *source_if;
	bool source_dynamic;
	struct ipaddr dest_addr;
	bool dest_dynamic;
	enum fx_tun_mode mode;
	const char *protection; /* IPsec profile */
	bool has_key;
	uint32_t key;
	const char *vrf, *tunnel_vrf;
	const char *view_group; /* ip dns view-group */
	bool nat_inside, nat_outside;
	const char *acl_in, *acl_out, *acl6_in, *acl6_out; /* access groups */
};

struct fx_peer {
	uint32_t seq;
	struct ipaddr addr;
	const char *fqdn; /* NULL: by address */
	bool fqdn_dynamic, fqdn_ipv6;
	uint32_t track; /* 0: none */
	bool track_down;
};

struct fx_source { /* source SEQ IF [track N] */
	uint32_t seq;
	const char *ifname;
	uint32_t track; /* 0: always usable */
};

enum fx_connect { FX_CONNECT_AUTO, FX_CONNECT_MANUAL, FX_CONNECT_TRACK };

struct fx_client_cfg {
	const char *name;
	FX_LIST(fx_peer) peers;     /* by sequence */
	FX_LIST(fx_source) sources; /* by sequence; for `tunnel source dynamic` */
	enum fx_connect connect;
	uint32_t connect_track;
	bool connect_track_down;
	const char *tunnel; /* "Tunnel0" */
	const char *inside[16];
	uint8_t n_inside;
	bool reactivate, standby;
	int backup_group; /* -1: none configured; 0: `default` */
};

enum fx_stamp { FX_STAMP_DEFAULT, FX_STAMP_UPTIME, FX_STAMP_DATETIME, FX_STAMP_MSEC };

struct fx_globals {
	const char *hostname;
	bool aaa_new_model;
	bool has_dpd;
	struct ike_dpd dpd;
	uint32_t nat_keepalive_s;
	bool fragmentation;
	uint16_t frag_mtu;
	uint32_t window;
	struct ike_limits limits;
	bool logging_ikev2;
	uint32_t diagnose; /* failed negotiations to keep; 0: none */
	bool redirect_client;
	uint32_t max_redirects; /* 0: the default */
	bool forward6; /* ipv6 unicast-routing */
	bool weak_ok; /* crypto engine compliance shield disable */
	uint32_t ipsec_lifetime_s;
	uint64_t ipsec_lifetime_kb;
	bool ipsec_no_kb;
	uint16_t replay_window;
	bool replay_off;
	enum fx_stamp stamp_log, stamp_debug;
	bool stamp_log_off, stamp_debug_off;
	uint32_t event_trace_size;
	uint32_t event_trace_stack; /* callers kept with each event */
	const char *event_trace_dump; /* NULL: the default file */
	bool event_trace_off;
	bool no_http_url; /* no certificates by URL */
	bool no_default_proposal, no_default_policy, no_default_author, no_default_transform, no_default_ipsec;
};

struct fx_aaa_list { /* aaa authorization network NAME METHODS */
	const char *name;
	bool local; /* the local policies are one of its methods */
};

struct fx_radius { /* radius server NAME */
	const char *name;
	struct ipaddr addr; /* family 0: none, and nobody is asked */
	uint16_t port;
	struct span key;
	uint32_t timeout_s, retransmit; /* 0: default */
};

struct fx_radius_group { /* aaa group server radius NAME */
	const char *name;
	bool radius;         /* of that kind */
	const char *server[8];
	uint8_t n_server;
};

/* ---- certificates: config_pki.c ---- */

enum fx_enrollment { FX_ENROLL_NONE, FX_ENROLL_TERMINAL, FX_ENROLL_URL, FX_ENROLL_SELF, FX_ENROLL_PKCS12 };
enum fx_revocation { FX_REVOKE_CRL, FX_REVOKE_OCSP, FX_REVOKE_NONE };

struct fx_trustpoint {
	const char *name, *subject, *fqdn, *fingerprint;
	enum fx_enrollment enrollment;
	bool pem; /* requests are shown with their boundaries */
	bool no_fqdn, no_ip;
	struct ipaddr ip;
	const char *ip_if;
	const char *digest; /* "SHA256"; for requests */
	enum fx_revocation revocation[3]; /* in this order; the next when one cannot tell */
	uint8_t n_revocation;
	const char *ocsp_url;             /* NULL: the certificate's */
	bool ocsp_no_nonce;
	const char *vrf; /* that the authority is reached through; NULL: the global table */
	const char *url;           /* of the authority, by SCEP; NULL: none */
	uint32_t retry_count;      /* 0: 10 */
	uint32_t retry_period;     /* minutes; 0: 1 */
	bool auto_enroll, regenerate;
	uint32_t auto_percent;     /* of the lifetime; 0: its end */
	struct span password;      /* the challenge; empty: none */
	const char *source_if;     /* whose address fetches come from; NULL: as routed */
	const char *own_url;       /* where our certificate is served; NULL: nowhere */
	bool chain_continue;       /* an authority that is not the root is itself judged by */
	const char *chain_parent;  /* this trustpoint; NULL: whichever has issued it */
	bool with_serial;          /* of the box, in the subject */
	const char *rsa_label, *ec_label; /* NULL: none named */
	uint32_t rsa_bits;                /* 0: 2048 */
};

enum fx_cert_kind { FX_CERT_CA, FX_CERT_SELF, FX_CERT_OWN };

struct fx_cert { /* of a `crypto pki certificate chain` */
	const char *trustpoint, *serial;
	enum fx_cert_kind kind;
	uint8_t *der; /* what the lines say; it may be no certificate */
	size_t n, cap;
	bool odd; /* half an octet is open: a line was mistyped */
};

/* ---- NAT and route maps: config_nat.c ---- */

struct fx_name {
	const char *s;
};

struct fx_map_entry { /* route-map NAME permit|deny SEQ; entries of one name stand together, by number */
	const char *name, *description;
	uint32_t seq;
	bool permit;
	FX_LIST(fx_name) acl, interface; /* `match ip address`, `match interface` */
	bool match_if;
	uint32_t track; /* 0: none */
};

struct fx_nat_destination { /* ip nat inside destination list … */
	const char *acl, *pool;
};
struct fx_nat_dynamic { /* ip nat inside source list|route-map … */
	const char *acl, *map; /* one of them */
	const char *pool, *ifname; /* one of them */
	bool overload;
};

struct fx_nat_static { /* ip nat inside source static … */
	struct nat_static s; /* `global` as configured */
	const char *ifname; /* NULL: `s.global`; else its address */
};

struct fx_binding { /* platform interface NAME device DEV */
	const char *name, *device;
};

struct fx_config {
	struct arena arena;
	struct keyed names; /* of everything that is found by a name: fx_config_index() */
	uint32_t *access; /* where Virtual-AccessN stands in `interfaces`, at N; 0: nowhere */
	size_t n_access;
	const struct cfg *cfg; /* referenced: bulk lines (routes, access lists) are read from it on demand */
	struct fx_globals g;
	FX_LIST(fx_ike_proposal) proposals;
	FX_LIST(fx_ike_policy) policies;
	FX_LIST(fx_keyring) keyrings;
	FX_LIST(fx_profile) profiles;
	FX_LIST(fx_author) authors;
	FX_LIST(fx_mangler) manglers;
	FX_LIST(fx_pool) pools;
	FX_LIST(fx_transform) transforms;
	FX_LIST(fx_ipsec_profile) ipsec;
	FX_LIST(fx_interface) interfaces;
	FX_LIST(fx_client_cfg) clients;
	FX_LIST(fx_binding) bindings;
	FX_LIST(track_cfg) tracks;
	FX_LIST(sla_cfg) slas;
	FX_LIST(fx_aaa_list) aaa_lists;
	FX_LIST(fx_radius) radius;
	FX_LIST(fx_radius_group) radius_groups;
	struct fx_dns_globals dns;
	FX_LIST(fx_dns_view) dns_views; /* the first is `default` */
	FX_LIST(fx_dns_member) dns_members;
	FX_LIST(fx_dns_name) dns_names;
	FX_LIST(fx_dns_host) dns_hosts;
	FX_LIST(fx_dhcp_pool) dhcp_pools;
	FX_LIST(dhcp_range) dhcp_excluded;
	FX_LIST(fx_vrf) vrfs;
	FX_LIST(fx_vrf_server) vrf_servers;
	FX_LIST(fx_map_entry) maps;
	FX_LIST(nat_pool) nat_pools;
	FX_LIST(fx_nat_dynamic) nat_dynamic;
	FX_LIST(fx_nat_destination) nat_destinations;
	FX_LIST(fx_nat_static) nat_static;
	struct nat_timeouts nat_timeouts;
	FX_LIST(fx_trustpoint) trustpoints;
	FX_LIST(fx_cert_map) cert_maps;
	FX_LIST(fx_cert) certs;
};

struct fx_config *fx_config_build(const struct cfg *c);
/* With the master key of type 6 keys; NULL or empty: those are not to be had. */
struct fx_config *fx_config_build_with(const struct cfg *c, const struct secret *master);
void fx_config_free(struct fx_config *c); /* accepts NULL */
/* Virtual-Access`number` came to stand at that place of `interfaces`, behind those configured; 0: it went. */
void fx_config_access(struct fx_config *c, uint32_t number, size_t place);
void fx_config_index(struct fx_config *c); /* after its lists changed: the lookups below are by hash */

/* Says in the log which weak algorithms `fresh` uses that `old` (may be NULL) did not. */
void fx_warn_weak(const struct fx_config *old, const struct fx_config *fresh);

/* Lookups by name; NULL: not configured. The default objects of IOS (proposal, policy, authorization policy, transform set, IPsec
 * profile `default`) are found unless disabled. */
const struct fx_ike_proposal *fx_find_proposal(const struct fx_config *c, const char *name);
const struct fx_keyring *fx_find_keyring(const struct fx_config *c, const char *name);
const struct fx_profile *fx_find_profile(const struct fx_config *c, const char *name);
const struct fx_author *fx_find_author(const struct fx_config *c, const char *name);
const struct fx_transform *fx_find_transform(const struct fx_config *c, const char *name);
const struct fx_ipsec_profile *fx_find_ipsec(const struct fx_config *c, const char *name);
const struct fx_interface *fx_find_interface(const struct fx_config *c, const char *name);
/* The IPv4 address that an interface has by configuration: its own, or that of the one that it borrows from. False: none. */
bool fx_interface_own(const struct fx_config *c, const struct fx_interface *i, struct ipaddr *out);
const struct fx_interface *fx_find_device(const struct fx_config *c, const char *device); /* the interface bound to it */
const struct fx_client_cfg *fx_find_client(const struct fx_config *c, const char *name);
const struct fx_client_cfg *fx_find_client_of(const struct fx_config *c, const char *tunnel);
const struct fx_trustpoint *fx_find_trustpoint(const struct fx_config *c, const char *name);

/* What a client works with once every reference is resolved. */
struct fx_resolved {
	const struct fx_client_cfg *client;
	const struct fx_interface *tunnel;
	const struct fx_ipsec_profile *ipsec;
	const struct fx_profile *profile;
	const struct fx_author *author; /* never NULL: falls back to `default`, or to an empty policy */
};

/* True when the profile is complete (config-grammar reference §1.2); else `why` names the first thing that is missing. */
bool fx_client_resolve(const struct fx_config *c, const struct fx_client_cfg *cl, struct fx_resolved *out, char *why,
	size_t n);

/* The same for a session that a peer opens: the profile, its virtual template, and what protects that. The author is the policy
 * `default`. */
bool fx_responder_resolve(const struct fx_config *c, const struct fx_profile *p, struct fx_resolved *out, char *why,
	size_t n);
/* The policy of `aaa authorization group` that names one, else `default`; never NULL. */
const struct fx_author *fx_author_of(const struct fx_config *c, const struct fx_profile *p);
/* The policies that `aaa authorization group|user` give this peer, merged. `out` points into the configuration. */
void fx_author_for(const struct fx_config *c, const struct fx_profile *p, const struct ike_id *peer, const char *eap_name,
	struct fx_author *out);
/* The name that a mangler makes of an identity (of the EAP name when it is given). False: it says nothing about that kind. */
bool fx_mangled(const struct fx_mangler *m, const struct ike_id *id, const char *eap_name, char *out, size_t n);

/* The default objects, as they are without a line. */
extern const struct fx_ike_proposal fx_default_proposal;
extern const struct fx_author fx_default_author;
extern const struct fx_transform fx_default_transform;
extern const struct fx_ipsec_profile fx_default_ipsec;

/* The key for a peer: longest address match, then identity. NULL: none. */
const struct fx_key *fx_key_for(const struct fx_keyring *k, const struct ipaddr *addr, const struct ike_id *id);
bool fx_match_identity(const struct fx_profile *p, const struct ike_id *id);
/* How closely its `match identity remote` lines name this identity: a whole one more than a longer prefix or domain, that more than
 * a shorter one, `any` least. 0: not at all. */
unsigned fx_match_weight(const struct fx_profile *p, const struct ike_id *id);

/* Subnets that a list's `permit` entries name: the source part of each. Wildcards with holes and `deny` are skipped; `permit any` is
 * the default route. Numbered, named and IPv6 lists. Returns how many the list has; at most `max` are written. */
size_t fx_acl_subnets(const struct fx_config *c, const char *acl, struct prefix *out, size_t max);

/* An access list as it is configured: its entries by sequence number, remarks left out. Those without a number of their own count in
 * tens. */
struct fx_ace {
	const struct cfg_node *n;
	const char *text; /* without number: "permit any" */
	uint32_t seq;
};
struct fx_acl_entries {
	enum acl_kind kind;
	struct fx_ace *v;
	size_t n;
};
/* False: there is no such list. What `out` gets is freed by the next function. */
bool fx_acl_entries(const struct cfg *c, const char *acl, bool v6, struct fx_acl_entries *out);
void fx_acl_entries_fini(struct fx_acl_entries *e);
struct acl *fx_acl_build(const struct cfg *c, const char *acl, bool v6); /* NULL: there is no such list */
/* The lines that number the entries of a named IPv4 list anew. False: there is none. */
bool fx_acl_resequence(const struct cfg *c, const char *name, uint32_t start, uint32_t step, struct strbuf *out);
bool fx_acl_is_line(int line); /* does it belong to an access list? */

/* Does a `match fvrf` line, or none, take what travels in `vrf` (NULL: global)? */
bool fx_match_fvrf(bool any, const char *named, const char *vrf);

/* Fill what the engine needs. `local` is the tunnel's source. `id`: the peer's, when it is known. False: no policy or key fits; `why`
 * says so. */
bool fx_peering_build(const struct fx_config *c, const struct fx_resolved *r, const struct ipaddr *local,
	const struct ipaddr *peer, const struct ike_id *id, struct ike_peering *out, char *why, size_t n);
/* What holds before a peer has said who it is: proposals of the policy for `local`, and the manners of the box. */
bool fx_peering_unknown(const struct fx_config *c, const struct ipaddr *local, struct ike_peering *out);
void fx_peering_fini(struct ike_peering *p); /* wipes the keys */

#endif
