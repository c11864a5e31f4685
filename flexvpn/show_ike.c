/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto ikev2 sa | session | stats: layouts of the exec-and-cli reference B1–B3. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/hub.h"
#include "grammar/gen/exec.h"
#include "flexvpn/show.h"

uint64_t fx_show_age(const struct exec *e, uint64_t since)
{
	uint64_t now = e->r ? mono_ms() : e->fx->now;

	return since && now > since ? (now - since) / 1000 : 0;
}

static const char *status_word(enum ike_sa_state s)
{
	switch (s) {
	case IKE_S_ESTABLISHED:
		return "READY";
	case IKE_S_REKEYING:
		return "REKEY";
	case IKE_S_DELETING:
		return "DELETE";
	default:
		return "IN-NEG";
	}
}

static const char *auth_word(enum ike_auth a)
{
	static const char *const word[] = {[IKE_AUTH_NONE] = "Unknown - 0",
	        [IKE_AUTH_PSK] = "PSK",
	        [IKE_AUTH_RSA] = "RSA",
	        [IKE_AUTH_ECDSA] = "ECDSA",
	        [IKE_AUTH_EAP] = "EAP"};

	return word[a];
}

static void suite_line(struct out *o, const struct ike_sa_info *s)
{
	const struct alg_encr *e = alg_encr(s->suite.encr.id);
	const struct alg_integ *i = alg_integ(s->suite.integ);

	if (!e) {
		out_text(o, "      Encr: Unknown - 0, PRF: Unknown - 0, Hash: None, DH Grp:0, Auth "
		            "sign: Unknown - 0, "
		            "Auth verify: Unknown - 0\n");
		return;
	}
	out_field_str(o, "encryption", "      Encr: %s", e->name);
	if (s->suite.encr.bits)
		out_field_int(o, "key-size", ", keysize: %lld", s->suite.encr.bits);
	out_field_str(o, "prf", ", PRF: %s", ike_prf_name(s->suite.prf));
	out_field_str(o, "integrity", ", Hash: %s", i ? i->name : "None");
	out_field_int(o, "dh-group", ", DH Grp:%lld", s->suite.group);
	for (int k = 0; k < IKE_MAX_ADDKE; k++)
		if (s->suite.addke[k])
			out_text(o, ", ADDKE%d: %s", k + 1, ike_group_name(s->suite.addke[k]));
	out_field_str(o, "auth-sign", ", Auth sign: %s", auth_word(s->local_auth));
	out_field_str(o, "auth-verify", ", Auth verify: %s\n", auth_word(s->remote_auth));
}

static void detail_ids(struct out *o, const struct ike_sa_info *s)
{
	char l[20], r[20], id[320];

	out_text(o, "      CE id: %u, Session-id: %u\n", 1000 + s->handle, s->session_id);
	out_int(o, "session-id", s->session_id);
	out_text(o, "      Status Description: %s\n",
	        s->state == IKE_S_ESTABLISHED ? "Negotiation done" : "Negotiation in progress");
	snprintf(l, sizeof(l), "%016llX", (unsigned long long)(s->initiator ? s->spi_i : s->spi_r));
	snprintf(r, sizeof(r), "%016llX", (unsigned long long)(s->initiator ? s->spi_r : s->spi_i));
	out_field_str(o, "local-spi", "      Local spi: %-23s", l);
	out_field_str(o, "remote-spi", "Remote spi: %s\n", r);
	out_field_str(o, "local-id", "      Local id: %s\n", ike_id_fmt(&s->local_id, id));
	out_field_str(o, "remote-id", "      Remote id: %s\n", ike_id_fmt(&s->remote_id, id));
}

static void detail_windows(struct out *o, const struct ike_sa_info *s)
{
	static const char *const what[] = {"req msg id: ", "next msg id:", "req queued: "};
	const uint32_t local[] = {s->req_next, s->req_next, s->req_next};
	const uint32_t remote[] = {s->resp_next, s->resp_next, s->resp_next};

	for (int i = 0; i < 3; i++)
		out_text(o, "      Local %-13s%-15uRemote %-13s%-10u\n", what[i], local[i], what[i],
		        remote[i]);
	out_text(o, "      Local window:      %-15uRemote window:      %-10u\n", s->window_local,
	        s->window_peer);
	out_int(o, "local-window", s->window_local);
	out_int(o, "remote-window", s->window_peer);
}

static void detail_dpd(struct out *o, const struct ike_dpd *d)
{
	if (d->interval_ms % 1000 || d->retry_ms % 1000)
		out_text(o, "      DPD configured for %u milliseconds, retry %u", d->interval_ms,
		        d->retry_ms);
	else
		out_text(o, "      DPD configured for %u seconds, retry %u", d->interval_ms / 1000,
		        d->retry_ms / 1000);
	out_text(o, d->fast ? ", fast\n" : "\n");
	out_int(o, "dpd-interval", d->interval_ms / 1000);
	out_int(o, "dpd-interval-ms", d->interval_ms);
	out_bool(o, "dpd-fast", d->fast);
}

static void detail_features(struct out *o, const struct ike_sa_info *s)
{
	if (s->ppk)
		out_text(o, "      Quantum-safe Encryption using Manual PPK\n");
	out_bool(o, "quantum-safe", s->ppk);
	if (s->resumed)
		out_text(o, "      Session was resumed\n");
	out_bool(o, "resumed", s->resumed);
	detail_dpd(o, &s->dpd);
	out_text(o, s->fragmentation ? "      IETF Std Fragmentation  enabled.\n"
	                             : "      Fragmentation not  configured.\n");
	out_bool(o, "fragmentation", s->fragmentation);
	out_text(o, "      Dynamic Route Update: %s\n", s->dynamic_route ? "enabled" : "disabled");
	out_bool(o, "dynamic-route-update", s->dynamic_route);
	out_text(o, "      Extended Authentication %sconfigured.\n", s->eap_method ? "" : "not ");
	out_text(o, "      NAT-T is %s\n",
	        s->nat_local    ? "detected inside  "
	        : s->nat_remote ? "detected  outside"
	                        : "not detected  ");
	out_bool(o, "nat-inside", s->nat_local);
	out_bool(o, "nat-outside", s->nat_remote);
	out_text(o, "      Cisco Trust Security SGT is disabled\n");
	out_text(o, "      Initiator of SA : %s\n", s->initiator ? "Yes" : "No");
	out_bool(o, "initiator", s->initiator);
}

static void servers(
        struct out *o, const char *key, const char *label, const struct ipaddr *v, uint8_t n)
{
	char a[IPADDR_STRLEN];

	out_list(o, key);
	for (uint8_t i = 0; i < n; i++) {
		out_text(o, "      %s: %s\n", label, ipaddr_fmt(&v[i], a));
		out_str(o, NULL, ipaddr_fmt(&v[i], a));
	}
	out_list_end(o);
}

/* The peer's routes, as IOS shows them: network and mask. */
static void subnets(struct out *o, const struct prefix *v, size_t n)
{
	char a[IPADDR_STRLEN], text[PREFIX_STRLEN];

	if (n)
		out_text(o, "      Remote subnets:\n");
	out_list(o, "remote-subnets");
	for (size_t i = 0; i < n; i++) {
		const struct prefix *s = &v[i];
		struct ipaddr mask = ipaddr_v4(len_to_mask(s->len));

		if (s->addr.family == AF_INET6)
			out_text(o, "      %s\n", prefix_fmt(s, text));
		else
			out_text(o, "      %s %s\n", ipaddr_fmt(&s->addr, text),
			        ipaddr_fmt(&mask, a));
		out_str(o, NULL, prefix_fmt(s, text));
	}
	out_list_end(o);
}

/* A session that the peer opened: what it was given, and what it told us. */
static void detail_spoke(struct out *o, const struct fx *x, const struct ike_sa_info *s)
{
	const struct fx_spoke *spoke = fx_hub_by_handle(x, s->handle);
	char a[IPADDR_STRLEN];

	if (s->assigned4.addr.family)
		out_field_str(o, "assigned-address", "      Assigned host addr: %s\n",
		        ipaddr_fmt(&s->assigned4.addr, a));
	if (!spoke)
		return;
	if (spoke->number)
		out_field_str(o, "interface", "      Interface: %s\n", spoke->name);
	subnets(o, spoke->subnet, spoke->n_subnet);
}

static void texts(struct out *o, const char *key, const char *label, const char *list, size_t width,
        uint8_t n)
{
	out_list(o, key);
	for (uint8_t i = 0; i < n; i++) {
		out_text(o, "      %s: %s\n", label, list + i * width);
		out_str(o, NULL, list + i * width);
	}
	out_list_end(o);
}

static void detail_texts(struct out *o, const struct fx_pushed *p)
{
	if (p->def_domain[0])
		out_field_str(o, "default-domain", "      Def domain: %s\n", p->def_domain);
	if (p->banner[0])
		out_field_str(o, "banner", "      Banner: %s\n", p->banner);
	if (p->app_version[0])
		out_field_str(o, "application-version", "      Application version: %s\n",
		        p->app_version);
	texts(o, "split-dns", "Split DNS", p->split_dns[0], sizeof(p->split_dns[0]),
	        p->n_split_dns);
	texts(o, "backup-gateways", "Backup gateway", p->backup[0], sizeof(p->backup[0]),
	        p->n_backup);
	out_bool(o, "save-password", p->save_password);
	if (p->save_password)
		out_text(o, "      Save password: allowed\n");
}

static void detail_pushed(struct out *o, const struct fx *x, const struct ike_sa_info *s)
{
	const struct fx_client *c = fx_client_by_owner(x, s->owner);
	char a[IPADDR_STRLEN];

	if (fx_hub_owns(s->owner))
		detail_spoke(o, x, s);
	if (!c)
		return;
	if (c->pushed.addr4.addr.family)
		out_field_str(o, "assigned-address", "      Assigned host addr: %s\n",
		        ipaddr_fmt(&c->pushed.addr4.addr, a));
	if (c->pushed.addr6.addr.family)
		out_field_str(o, "assigned-address6", "      Assigned host addr: %s\n",
		        ipaddr_fmt(&c->pushed.addr6.addr, a));
	servers(o, "dns", "DNS", c->pushed.dns, c->pushed.n_dns);
	servers(o, "wins", "WINS", c->pushed.nbns, c->pushed.n_nbns);
	detail_texts(o, &c->pushed);
	subnets(o, c->pushed.subnet, c->pushed.n_subnet);
}

static void sa_body(struct exec *e, const struct ike_sa_info *s, bool detailed)
{
	uint64_t age = fx_show_age(e, s->established);

	suite_line(e->o, s);
	out_text(e->o, "      Life/Active Time: %u/%llu sec\n", s->lifetime_s,
	        (unsigned long long)age);
	out_int(e->o, "lifetime", s->lifetime_s);
	out_int(e->o, "active-time", (int64_t)age);
	if (!detailed)
		return;
	detail_ids(e->o, s);
	detail_windows(e->o, s);
	detail_features(e->o, s);
	detail_pushed(e->o, e->fx, s);
	out_text(e->o, "      PEER TYPE: %s\n", s->peer_is_ios ? "IOS-XE" : "Other");
	out_str(e->o, "peer-type", s->peer_is_ios ? "IOS-XE" : "Other");
}

static void one_sa4(struct exec *e, const struct ike_sa_info *s, bool detailed)
{
	char l[ENDPOINT_STRLEN], r[ENDPOINT_STRLEN], v[FX_VRFS_LEN];

	out_text(e->o, "Tunnel-id Local                 Remote                fvrf/ivrf            "
	               "Status \n");
	out_text(e->o, "%-10u%-22s%-22s%-21s%-7s\n", s->handle, endpoint_fmt(&s->local, l),
	        endpoint_fmt(&s->remote, r), fx_vrfs_fmt(e->fx, s->handle, v),
	        status_word(s->state));
	sa_body(e, s, detailed);
}

static void one_sa6(struct exec *e, const struct ike_sa_info *s, bool detailed)
{
	char l[ENDPOINT_STRLEN], r[ENDPOINT_STRLEN], v[FX_VRFS_LEN];

	out_text(e->o, "Tunnel-id    fvrf/ivrf              Status\n");
	out_text(e->o, "%-13u%-23s%s\n", s->handle, fx_vrfs_fmt(e->fx, s->handle, v),
	        status_word(s->state));
	out_text(e->o, "Local  %s\nRemote  %s\n", endpoint_fmt(&s->local, l),
	        endpoint_fmt(&s->remote, r));
	sa_body(e, s, detailed);
}

static void one_sa(struct exec *e, const struct ike_sa_info *s, bool detailed)
{
	char l[ENDPOINT_STRLEN], r[ENDPOINT_STRLEN], v[FX_VRFS_LEN];

	out_int(e->o, "tunnel-id", s->handle);
	out_str(e->o, "local", endpoint_fmt(&s->local, l));
	out_str(e->o, "remote", endpoint_fmt(&s->remote, r));
	out_str(e->o, "vrfs", fx_vrfs_fmt(e->fx, s->handle, v));
	out_str(e->o, "status", status_word(s->state));
	if (s->local.addr.family == AF_INET6)
		one_sa6(e, s, detailed);
	else
		one_sa4(e, s, detailed);
}

bool fx_sa_selected(
        const struct ike_sa_info *s, const struct ipaddr *local, const struct ipaddr *remote)
{
	return (!local || ipaddr_eq(local, &s->local.addr)) &&
	       (!remote || ipaddr_eq(remote, &s->remote.addr));
}

static void family_sas(struct exec *e, int family, bool detailed, const struct ipaddr *local,
        const struct ipaddr *remote)
{
	struct ike_sa_info s;

	for (uint32_t h = 0; ike_sa_next(e->fx->ike, h, &s);) {
		h = s.handle;
		if (s.local.addr.family != family || !fx_sa_selected(&s, local, remote))
			continue;
		out_obj(e->o, NULL);
		one_sa(e, &s, detailed);
		out_obj_end(e->o);
		out_text(e->o, "\n");
	}
}

void exec_show_crypto_ikev2_sa(struct exec *e, const struct gl_exec_show_crypto_ikev2_sa *a)
{
	const struct ipaddr *local = a->has_local ? &a->local : NULL,
	                    *remote = a->has_remote ? &a->remote : NULL;

	out_list(e->o, NULL);
	out_text(e->o, " IPv4 Crypto IKEv2  SA \n\n");
	family_sas(e, AF_INET, a->kw_detailed, local, remote);
	out_text(e->o, " IPv6 Crypto IKEv2  SA \n\n");
	family_sas(e, AF_INET6, a->kw_detailed, local, remote);
	out_list_end(e->o);
}

/* ---- session
 * ---------------------------------------------------------------------------------------------------------
 */

static void child_lines(struct exec *e, const struct ike_child *k, bool detailed)
{
	char l[128], r[128];
	const struct alg_encr *enc = alg_encr(k->suite.encr.id);
	const struct alg_integ *integ = alg_integ(k->suite.integ);

	out_text(e->o, "Child sa: local selector  %s\n", ike_ts_fmt(&k->ts_local[0], l));
	out_text(e->o, "          remote selector %s\n", ike_ts_fmt(&k->ts_remote[0], r));
	out_text(e->o, "          ESP spi in/out: 0x%X/0x%X  \n", k->spi_in, k->spi_out);
	out_str(e->o, "local-selector", ike_ts_fmt(&k->ts_local[0], l));
	out_str(e->o, "remote-selector", ike_ts_fmt(&k->ts_remote[0], r));
	out_int(e->o, "spi-in", k->spi_in);
	out_int(e->o, "spi-out", k->spi_out);
	if (!detailed)
		return;
	out_text(e->o, "          AH spi in/out: 0x0/0x0  \n          CPI in/out: 0x0/0x0  \n");
	out_text(e->o, "          Encr: %s, keysize: %u, esp_hmac: %s\n", enc ? enc->name : "None",
	        k->suite.encr.bits, integ ? integ->name : "None");
	out_text(e->o, "          ah_hmac: None, comp: IPCOMP_NONE, mode %s\n",
	        k->mode == IKE_MODE_TRANSPORT ? "transport" : "tunnel");
}

static void one_session(struct exec *e, const struct ike_sa_info *s, bool detailed)
{
	const char *status = s->n_children    ? "UP-ACTIVE"
	                     : s->established ? "UP-IDLE"
	                                      : "DOWN-NEGOTIATING";
	struct ike_child_info k;

	out_obj(e->o, NULL);
	out_text(e->o, "Session-id:%u, Status:%s, IKE count:1, CHILD count:%u\n\n", s->session_id,
	        status, s->n_children);
	out_str(e->o, "session-status", status);
	one_sa(e, s, detailed);
	out_list(e->o, "children");
	for (size_t i = 0; ike_child_next(e->fx->ike, s->handle, i, &k); i++) {
		out_obj(e->o, NULL);
		child_lines(e, &k.child, detailed);
		out_obj_end(e->o);
	}
	out_list_end(e->o);
	out_obj_end(e->o);
	out_text(e->o, "\n");
}

static void family_sessions(struct exec *e, int family, bool detailed)
{
	struct ike_sa_info s;

	for (uint32_t h = 0; ike_sa_next(e->fx->ike, h, &s); h = s.handle)
		if (s.local.addr.family == family)
			one_session(e, &s, detailed);
}

void exec_show_crypto_ikev2_session(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_session *a)
{
	out_list(e->o, NULL);
	out_text(e->o, " IPv4 Crypto IKEv2 Session \n\n");
	family_sessions(e, AF_INET, a->kw_detailed);
	out_text(e->o, " IPv6 Crypto IKEv2 Session \n\n");
	family_sessions(e, AF_INET6, a->kw_detailed);
	out_list_end(e->o);
}

/* ---- stats
 * -------------------------------------------------------------------------------------------------------------
 */

struct sa_count {
	unsigned in, in_active, out, out_active;
};

static struct sa_count count_sas(const struct fx *x)
{
	struct sa_count n = {0};
	struct ike_sa_info s;

	for (uint32_t h = 0; ike_sa_next(x->ike, h, &s); h = s.handle) {
		*(s.initiator ? &n.out : &n.in) += 1;
		*(s.initiator ? &n.out_active : &n.in_active) += s.established != 0;
	}
	return n;
}

void exec_show_crypto_ikev2_stats(struct exec *e, const struct gl_exec_show_crypto_ikev2_stats *a)
{
	static const char rule[] = "---------------------------------------------------------------"
	                           "-----------------\n";
	const struct ike_counters *k = ike_counters(e->fx->ike);
	struct sa_count n = count_sas(e->fx);
	const struct fx_globals *g = &e->fx->cfg->g;

	(void)a;
	out_text(e->o, "%s                          Crypto IKEv2 SA Statistics\n%s", rule, rule);
	out_text(e->o,
	        "System Resource Limit:   0        Max IKEv2 SAs: %u        Max in "
	        "nego(in/out): %u/%u\n",
	        g->limits.max_sas, g->limits.max_in, g->limits.max_out);
	if (g->limits.cookie_threshold)
		out_text(e->o, "Cookie challenge from %u half-open IKEv2 SAs on\n",
		        g->limits.cookie_threshold);
	out_text(e->o,
	        "Total incoming IKEv2 SA Count:    %-8u active:        %-8u negotiating: %-5u \n",
	        n.in, n.in_active, n.in - n.in_active);
	out_text(e->o,
	        "Total outgoing IKEv2 SA Count:    %-8u active:        %-8u negotiating: %-5u \n\n",
	        n.out, n.out_active, n.out - n.out_active);
	out_obj(e->o, NULL);
#define X(name, text)                                                                              \
	out_text(e->o, "%-46s%llu\n", text, (unsigned long long)k->name);                          \
	out_int(e->o, #name, (int64_t)k->name);
	IKE_COUNTER_LIST(X)
#undef X
	out_obj_end(e->o);
}
