/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto ipsec sa, show crypto session, show crypto engine brief: exec-and-cli reference B6,
 * B8. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/hub.h"
#include "flexvpn/session.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"
#include "grammar/ifname.h"

const char *fx_transform_text(struct ike_encr encr, uint16_t integ, char buf[64])
{
	static const char *const mac[] = {[AUTH_HMAC_SHA1_96] = " esp-sha-hmac",
	        [AUTH_HMAC_SHA2_256_128] = " esp-sha256-hmac",
	        [AUTH_HMAC_SHA2_384_192] = " esp-sha384-hmac",
	        [AUTH_HMAC_SHA2_512_256] = " esp-sha512-hmac"};
	char cipher[24];

	if (encr.id == ENCR_AES_CBC && encr.bits > 128)
		snprintf(cipher, sizeof(cipher), "esp-%u-aes", encr.bits);
	else if (encr.id == ENCR_AES_GCM_16 && encr.bits > 128)
		snprintf(cipher, sizeof(cipher), "esp-gcm %u", encr.bits);
	else
		snprintf(cipher, sizeof(cipher), "%s",
		        encr.id == ENCR_AES_CBC      ? "esp-aes"
		        : encr.id == ENCR_AES_GCM_16 ? "esp-gcm"
		        : encr.id == ENCR_3DES       ? "esp-3des"
		        : encr.id == ENCR_NULL       ? "esp-null"
		                                     : "esp-chacha20-poly1305");
	snprintf(buf, 64, "%s%s", cipher, integ < ARRAY_LEN(mac) && mac[integ] ? mac[integ] : "");
	return buf;
}

const char *fx_age_fmt(uint64_t s, char buf[16])
{
	unsigned d = (unsigned)(s / 86400 % 100000), h = (unsigned)(s / 3600 % 24),
	         m = (unsigned)(s / 60 % 60);

	if (d >= 7)
		snprintf(buf, 16, "%uw%ud", d / 7, d % 7);
	else if (d)
		snprintf(buf, 16, "%ud%02uh", d, h);
	else
		snprintf(buf, 16, "%02u:%02u:%02u", h, m, (unsigned)(s % 60));
	return buf;
}

/* (addr/mask/prot/port) of a selector; any-to-any is all zero. */
static void ident(char *out, size_t n, const struct dp_ts *ts)
{
	char lo[IPADDR_STRLEN];
	bool host = ipaddr_eq(&ts->lo, &ts->hi);

	if (ts->lo.family == AF_INET6)
		snprintf(out, n, "(%s/%s/%u/0)", ipaddr_fmt(&ts->lo, lo), host ? "128" : "0",
		        ts->proto);
	else
		snprintf(out, n, "(%s/%s/%u/0)", ipaddr_fmt(&ts->lo, lo),
		        host ? "255.255.255.255" : "0.0.0.0", ts->proto);
}

/* The interface with that key in the data plane. */
static void tunnel_name(const struct fx *x, uint32_t id, char name[40])
{
	const struct fx_config *c = x->cfg;

	snprintf(name, 40, "Tunnel%u", id - 1);
	for (size_t i = c->interfaces.n; i-- > 0 && c->interfaces.v[i].is_access;)
		if (fx_tunnel_id(&c->interfaces.v[i]) == id)
			snprintf(name, 40, "%s", c->interfaces.v[i].name);
}

static struct ike_encr encr_of(const struct dp_sa *sa)
{
	return (struct ike_encr){.id = sa->encr, .bits = sa->encr_bits};
}

/* The child SA behind an inbound SPI. */
static bool child_of(const struct fx *x, uint32_t spi, struct ike_child_info *out)
{
	struct ike_sa_info sa;

	for (uint32_t h = 0; ike_sa_next(x->ike, h, &sa); h = sa.handle)
		for (size_t i = 0; ike_child_next(x->ike, sa.handle, i, out); i++)
			if (out->child.spi_in == spi)
				return true;
	return false;
}

struct life { /* what is left of an SA */
	unsigned long long kb, seconds;
	bool has_kb;
};

static struct life life_of(const struct exec *e, const struct dp_sa_state *s)
{
	struct ike_child_info k;
	bool known = child_of(e->fx, s->sa.spi_in, &k);
	uint64_t total = known ? k.child.lifetime_s : 0, age = known ? fx_show_age(e, k.since) : 0;
	uint64_t used = s->c.bytes_in > s->c.bytes_out ? s->c.bytes_in : s->c.bytes_out;

	return (struct life){.seconds = total > age ? total - age : 0,
	        .has_kb = s->sa.hard_bytes != 0,
	        .kb = s->sa.hard_bytes > used ? (s->sa.hard_bytes - used) / 1024 : 0};
}

static void direction(struct exec *e, const struct dp_sa_state *s, const char *name, bool in)
{
	const struct alg_encr *enc = alg_encr(s->sa.encr);
	uint32_t spi = in ? s->sa.spi_in : s->sa.spi_out;
	struct life left = life_of(e, s);
	char t[64], tunnel[40];

	tunnel_name(e->fx, s->sa.tunnel, tunnel);
	out_text(e->o, "     %s esp sas:\n", name);
	out_text(e->o, "      spi: 0x%X(%u)\n", spi, spi);
	out_text(e->o, "        transform: %s ,\n",
	        fx_transform_text(encr_of(&s->sa), s->sa.integ, t));
	out_text(e->o, "        in use settings ={%s%s, %s}\n",
	        s->sa.mode == DP_TRANSPORT ? "Transport" : "Tunnel",
	        s->sa.udp_encap ? " UDP-Encaps" : "", s->sa.esn ? "esn" : "");
	out_text(e->o,
	        "        conn id: %u, flow_id: SW:%u, sibling_flags 80000040, crypto map: "
	        "%s-head-0\n",
	        in ? 1u : 2u, in ? 1u : 2u, tunnel);
	if (left.has_kb)
		out_text(e->o, "        sa timing: remaining key lifetime (k/sec): (%llu/%llu)\n",
		        left.kb, left.seconds);
	else
		out_text(e->o, "        sa timing: remaining key lifetime (sec): %llu\n",
		        left.seconds);
	out_text(e->o, "        IV size: %u bytes\n", enc ? enc->iv : 0u);
	out_text(e->o, "        replay detection support: %s", s->sa.replay_window ? "Y" : "N");
	if (s->sa.replay_window)
		out_text(e->o, "  replay window size: %u", s->sa.replay_window);
	out_text(e->o, "\n        Status: ACTIVE(ACTIVE)\n\n");
	out_text(e->o, "     %s ah sas:\n\n     %s pcp sas:\n\n", name, name);
}

static void counters(struct exec *e, const struct dp_counters *c, bool detail)
{
	unsigned long long out_ = c->pkts_out, in = c->pkts_in;

	out_text(e->o, "    #pkts encaps: %llu, #pkts encrypt: %llu, #pkts digest: %llu\n", out_,
	        out_, out_);
	out_text(e->o, "    #pkts decaps: %llu, #pkts decrypt: %llu, #pkts verify: %llu\n", in, in,
	        in);
	out_text(e->o, "    #pkts compressed: 0, #pkts decompressed: 0\n");
	out_text(e->o, "    #pkts not compressed: 0, #pkts compr. failed: 0\n");
	out_text(e->o, "    #pkts not decompressed: 0, #pkts decompress failed: 0\n");
	unsigned long long send = c->send_errors + c->no_buffer + c->seq_exhausted;
	unsigned long long recv = c->replay + c->bad_icv + c->bad_selector + c->malformed;

	if (!detail) {
		out_text(e->o, "    #send errors %llu, #recv errors %llu\n", send, recv);
		return;
	}
	out_text(e->o, "    #pkts no sa (send) 0, #pkts invalid sa (rcv) 0\n");
	out_text(e->o, "    #pkts encaps failed (send) %llu, #pkts decaps failed (rcv) %llu\n",
	        send, (unsigned long long)c->malformed);
	out_text(e->o, "    #pkts invalid prot (recv) 0, #pkts verify failed: %llu\n",
	        (unsigned long long)c->bad_icv);
	out_text(e->o, "    #pkts invalid identity (recv) %llu, #pkts invalid len (rcv) %llu\n",
	        (unsigned long long)c->bad_selector, (unsigned long long)c->malformed);
	out_text(e->o, "    #pkts replay rollover (send): %llu, #pkts replay rollover (rcv) 0\n",
	        (unsigned long long)c->seq_exhausted);
	out_text(e->o, "    ##pkts replay failed (rcv): %llu\n", (unsigned long long)c->replay);
	out_text(e->o, "    #pkts tagged (send): 0, #pkts untagged (rcv): 0\n");
	out_text(e->o, "    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0\n");
	out_text(e->o, "    #pkts internal err (send): 0, #pkts internal err (recv) 0\n");
}

static void head(struct exec *e, const struct dp_sa_state *s, const struct fx_client *c)
{
	char l[IPADDR_STRLEN], r[IPADDR_STRLEN], id[96], tunnel[40];

	tunnel_name(e->fx, s->sa.tunnel, tunnel);
	out_text(e->o, "\ninterface: %s\n", tunnel);
	out_text(e->o, "    Crypto map tag: %s-head-0, local addr %s\n\n", tunnel,
	        ipaddr_fmt(&s->sa.local.addr, l));
	out_text(e->o, "   protected vrf: %s\n", fx_ivrf(e->fx, tunnel, "(none)"));
	ident(id, sizeof(id), &s->sa.ts_local[0]);
	out_text(e->o, "   local  ident (addr/mask/prot/port): %s\n", id);
	ident(id, sizeof(id), &s->sa.ts_remote[0]);
	out_text(e->o, "   remote ident (addr/mask/prot/port): %s\n", id);
	out_text(e->o, "   current_peer %s port %u\n", ipaddr_fmt(&s->sa.remote.addr, r),
	        s->sa.remote.port);
	out_text(e->o, "     PERMIT, flags={origin_is_acl,}\n");
	(void)c;
}

static void sa_fields(struct exec *e, const struct dp_sa_state *s)
{
	char t[64], l[ENDPOINT_STRLEN];

	out_int(e->o, "tunnel", s->sa.tunnel - 1);
	out_str(e->o, "local", endpoint_fmt(&s->sa.local, l));
	out_str(e->o, "remote", endpoint_fmt(&s->sa.remote, l));
	out_int(e->o, "spi-in", s->sa.spi_in);
	out_int(e->o, "spi-out", s->sa.spi_out);
	out_str(e->o, "transform", fx_transform_text(encr_of(&s->sa), s->sa.integ, t));
	out_int(e->o, "packets-out", (int64_t)s->c.pkts_out);
	out_int(e->o, "packets-in", (int64_t)s->c.pkts_in);
	out_int(e->o, "bytes-out", (int64_t)s->c.bytes_out);
	out_int(e->o, "bytes-in", (int64_t)s->c.bytes_in);
	out_int(e->o, "replay-drops", (int64_t)s->c.replay);
	out_int(e->o, "integrity-drops", (int64_t)s->c.bad_icv);
	out_bool(e->o, "sending", s->sending);
}

static uint16_t path_mtu(const struct dp_sa *sa)
{
	return dp_inner_mtu(1500, sa->local.addr.family, sa->udp_encap, sa->mode, DP_PAYLOAD_IP,
	        alg_encr(sa->encr), alg_integ(sa->integ));
}

/* Was the key of this SA made with an exchange of its own? (Not that of the first one, RFC 7296
 * §1.2.) */
static void pfs_line(struct exec *e, const struct dp_sa_state *s)
{
	struct ike_child_info k;

	if (child_of(e->fx, s->sa.spi_in, &k) && k.child.suite.group)
		out_text(e->o, "     PFS (Y/N): Y, DH group: group%u\n\n", k.child.suite.group);
	else
		out_text(e->o, "     PFS (Y/N): N, DH group: none\n\n");
}

static void one_ipsec(struct exec *e, const struct dp_sa_state *s, bool detail)
{
	const struct fx_client *c = NULL;
	char l[IPADDR_STRLEN], r[IPADDR_STRLEN];

	for (c = e->fx->clients; c && c->sas.tunnel_id != s->sa.tunnel; c = c->next)
		;
	head(e, s, c);
	counters(e, &s->c, detail);
	out_text(e->o, "\n     local crypto endpt.: %s, remote crypto endpt.: %s\n",
	        ipaddr_fmt(&s->sa.local.addr, l), ipaddr_fmt(&s->sa.remote.addr, r));
	out_text(e->o, "     plaintext mtu %u, path mtu 1500, ip mtu 1500, ip mtu idb %s\n",
	        path_mtu(&s->sa), c ? c->source : "(none)");
	out_text(e->o, "     current outbound spi: 0x%X(%u)\n", s->sa.spi_out, s->sa.spi_out);
	pfs_line(e, s);
	direction(e, s, "inbound", true);
	direction(e, s, "outbound", false);
}

void exec_show_crypto_ipsec_sa(struct exec *e, const struct gl_exec_show_crypto_ipsec_sa *a)
{
	struct dp_sa_state s;
	char name[40];
	bool any = false;

	out_list(e->o, NULL);
	for (uint32_t spi = 0; e->fx->b.dp_ops->sa_next(e->fx->b.dp, spi, &s);) {
		spi = s.sa.spi_in;
		tunnel_name(e->fx, s.sa.tunnel, name);
		if ((a->has_ifname && strcmp(a->ifname, name) != 0) ||
		        (a->has_peer && !ipaddr_eq(&a->peer, &s.sa.remote.addr)))
			continue;
		any = true;
		out_obj(e->o, NULL);
		one_ipsec(e, &s, a->kw_detail);
		sa_fields(e, &s);
		out_obj_end(e->o);
	}
	out_list_end(e->o);
	if (!any)
		out_text(e->o, "\nNo SAs found\n");
}

/* ---- session
 * ---------------------------------------------------------------------------------------------------------------
 */

static const char legend[] =
        "Code: C - IKE Configuration mode, D - Dead Peer Detection     \n"
        "K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     \n"
        "X - IKE Extended Authentication, F - IKE Fragmentation\n"
        "R - IKE Auto Reconnect, U - IKE Dynamic Route Update\nS - SIP VPN\n\n";

/* The selectors as an access list entry: any to any, or for GRE the two ends and protocol 47. */
static void flow_line(struct out *o, const struct dp_sa *sa)
{
	const struct dp_ts *l = &sa->ts_local[0], *r = &sa->ts_remote[0];
	char a[IPADDR_STRLEN], b[IPADDR_STRLEN];

	if (ipaddr_eq(&l->lo, &l->hi) && ipaddr_eq(&r->lo, &r->hi))
		out_text(o, "  IPSEC FLOW: permit %u host %s host %s \n", l->proto,
		        ipaddr_fmt(&l->lo, a), ipaddr_fmt(&r->lo, b));
	else if (l->lo.family == AF_INET6)
		out_text(o, "  IPSEC FLOW: permit ipv6 ::/0 ::/0 \n");
	else
		out_text(o, "  IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 \n");
}

static void flow(struct exec *e, const struct fx_sas *sas, bool detail)
{
	struct dp_sa_state s;
	bool up = sas->n_spi && e->fx->b.dp_ops->sa_get(e->fx->b.dp, sas->spi[sas->n_spi - 1], &s);

	if (up)
		flow_line(e->o, &s.sa);
	else
		out_text(e->o, "  IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 \n");
	out_text(e->o, "        Active SAs: %d, origin: crypto map\n", 2 * sas->n_spi);
	out_int(e->o, "active-sas", 2 * sas->n_spi);
	if (!detail || !up)
		return;
	struct life left = life_of(e, &s);

	out_text(e->o, "        Inbound:  #pkts dec'ed %llu drop %llu life (KB/Sec) %llu/%llu\n",
	        (unsigned long long)s.c.pkts_in,
	        (unsigned long long)(s.c.replay + s.c.bad_icv + s.c.bad_selector + s.c.malformed),
	        left.kb, left.seconds);
	out_text(e->o, "        Outbound: #pkts enc'ed %llu drop %llu life (KB/Sec) %llu/%llu\n",
	        (unsigned long long)s.c.pkts_out,
	        (unsigned long long)(s.c.send_errors + s.c.no_buffer), left.kb, left.seconds);
}

static void capabilities(const struct ike_sa_info *i, char out[16])
{
	snprintf(out, 16, "%s%s%s%s", i->dpd.interval_ms ? "D" : "",
	        i->nat_local || i->nat_remote ? "N" : "", i->fragmentation ? "F" : "",
	        i->dynamic_route ? "U" : "");
	if (!out[0])
		snprintf(out, 16, "(none)");
}

static const char *session_status(const struct fx_client *c, bool sa)
{
	if (c->child_up)
		return sa ? "UP-ACTIVE" : "UP-NO-IKE";
	return c->state == FX_NEGOTIATING || c->state == FX_EAP_CREDENTIALS ? "DOWN-NEGOTIATING"
	                                                                    : "DOWN";
}

static void session_ike(struct exec *e, const struct ike_sa_info *i, bool detail)
{
	uint64_t age = fx_show_age(e, i->established);
	char l[ENDPOINT_STRLEN], r[ENDPOINT_STRLEN], left[16], caps[16];

	out_text(e->o, "  Session ID: %u  \n  IKEv2 SA: local %s remote %s %s \n", i->session_id,
	        endpoint_fmt(&i->local, l), endpoint_fmt(&i->remote, r),
	        i->established ? "Active" : "Inactive");
	out_int(e->o, "session-id", i->session_id);
	if (!detail)
		return;
	capabilities(i, caps);
	out_text(e->o, "          Capabilities:%s connid:%u lifetime:%s\n", caps, i->handle,
	        fx_age_fmt(i->lifetime_s > age ? i->lifetime_s - age : 0, left));
}

static void one_crypto_session(
        struct exec *e, const struct fx_client *c, const struct fx_client_cfg *cfg, bool detail)
{
	char peer[IPADDR_STRLEN], id[320] = "(none)", age[16], why[160], vrfs[FX_VRFS_LEN] = "";
	struct ike_sa_info i;
	struct fx_resolved r;
	bool sa = c->handle && ike_sa_info(e->fx->ike, c->handle, &i);

	out_field_str(e->o, "interface", "Interface: %s\n", cfg->tunnel ? cfg->tunnel : "(none)");
	if (fx_client_resolve(e->fx->cfg, cfg, &r, why, sizeof(why)))
		out_field_str(e->o, "profile", "Profile: %s\n", r.profile->name);
	out_str(e->o, "client", c->name);
	if (detail && c->state == FX_ACTIVE)
		out_text(e->o, "Uptime: %s\n", fx_age_fmt(fx_show_age(e, c->since), age));
	out_field_str(e->o, "status", "Session status: %s     \n", session_status(c, sa));
	if (detail)
		snprintf(vrfs, sizeof(vrfs), " fvrf: %s ivrf: %s",
		        fx_fvrf(e->fx, cfg->tunnel, "(none)"),
		        fx_ivrf(e->fx, cfg->tunnel, "(none)"));
	out_text(e->o, "Peer: %s port %u%s\n", c->at.seq ? ipaddr_fmt(&c->peer, peer) : "0.0.0.0",
	        sa ? i.remote.port : 500, vrfs);
	out_str(e->o, "peer", c->at.seq ? ipaddr_fmt(&c->peer, peer) : "0.0.0.0");
	if (sa && i.remote_id.type)
		ike_id_fmt(&i.remote_id, id);
	if (detail)
		out_text(e->o, "      Phase1_id: %s\n      Desc: (none)\n", id);
	if (sa)
		session_ike(e, &i, detail);
	flow(e, &c->sas, detail);
	out_text(e->o, "\n");
}

static const char *spoke_status(const struct fx_spoke *s)
{
	return s->up ? "UP-ACTIVE" : "UP-IDLE";
}

static void one_spoke_session(struct exec *e, const struct fx_spoke *s, bool detail)
{
	char peer[IPADDR_STRLEN], id[320], age[16];
	struct ike_sa_info i;
	bool sa = ike_sa_info(e->fx->ike, s->handle, &i);

	out_field_str(e->o, "interface", "Interface: %s\n", s->number ? s->name : "(none)");
	out_field_str(e->o, "profile", "Profile: %s\n", s->profile);
	if (detail && s->up)
		out_text(e->o, "Uptime: %s\n", fx_age_fmt(fx_show_age(e, s->since), age));
	out_field_str(e->o, "status", "Session status: %s     \n", spoke_status(s));
	out_text(e->o, "Peer: %s port %u%s\n", ipaddr_fmt(&s->peer, peer), sa ? i.remote.port : 500,
	        detail ? " fvrf: (none) ivrf: (none)" : "");
	out_str(e->o, "peer", peer);
	if (detail)
		out_text(e->o, "      Phase1_id: %s\n      Desc: (none)\n",
		        ike_id_fmt(&s->peer_id, id));
	if (sa)
		session_ike(e, &i, detail);
	flow(e, &s->sas, detail);
	out_text(e->o, "\n");
}

/* ---- one line a session */

static const char brief_head[] =
        "Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating\n"
        "        K - No IKE\n"
        "ivrf = (none)\n"
        "           Peer     I/F            Username            Group/Phase1_id      Uptime "
        "Status\n";

/* The words of `Session status:` in letters. */
static const char *status_letters(const char *status)
{
	static const struct {
		const char *status, *letters;
	} of[] = {{"UP-ACTIVE", "UA"}, {"UP-IDLE", "UI"}, {"UP-NO-IKE", "UK"},
	        {"DOWN-NEGOTIATING", "DN"}};

	for (size_t i = 0; i < ARRAY_LEN(of); i++)
		if (strcmp(of[i].status, status) == 0)
			return of[i].letters;
	return "D";
}

struct brief {
	const char *interface, *profile, *client, *status, *user;
	const struct ipaddr *peer;    /* NULL: none yet */
	const struct ike_id *peer_id; /* type 0: not known */
	uint64_t since;               /* it came up; 0: it is not */
};

static void brief_row(struct exec *e, const struct brief *b)
{
	char peer[IPADDR_STRLEN] = "0.0.0.0", name[40], id[320] = "", age[16] = "";

	if (b->peer)
		ipaddr_fmt(b->peer, peer);
	if (b->peer_id->type)
		ike_id_fmt(b->peer_id, id);
	if (b->since)
		fx_age_fmt(fx_show_age(e, b->since), age);
	out_text(e->o, "%15s %7s %19s %26s %11s %6s\n", peer, gr_ifname_short(b->interface, name),
	        b->user, id, age, status_letters(b->status));
	out_str(e->o, "interface", b->interface);
	if (b->profile)
		out_str(e->o, "profile", b->profile);
	if (b->client)
		out_str(e->o, "client", b->client);
	out_str(e->o, "status", b->status);
	out_str(e->o, "peer", peer);
}

static void brief_client(struct exec *e, const struct fx_client *c, const struct fx_client_cfg *cfg)
{
	char why[160];
	struct ike_sa_info i = {0};
	struct fx_resolved r;
	bool sa = c->handle && ike_sa_info(e->fx->ike, c->handle, &i);
	bool whole = fx_client_resolve(e->fx->cfg, cfg, &r, why, sizeof(why));

	brief_row(e, &(struct brief){.interface = cfg->tunnel ? cfg->tunnel : "(none)",
	                     .profile = whole ? r.profile->name : NULL,
	                     .client = c->name,
	                     .status = session_status(c, sa),
	                     .user = "",
	                     .peer = c->at.seq ? &c->peer : NULL,
	                     .peer_id = &i.remote_id,
	                     .since = c->state == FX_ACTIVE ? c->since : 0});
}

static void brief_spoke(struct exec *e, const struct fx_spoke *s)
{
	brief_row(e, &(struct brief){.interface = s->number ? s->name : "(none)",
	                     .profile = s->profile,
	                     .status = spoke_status(s),
	                     .user = s->user,
	                     .peer = &s->peer,
	                     .peer_id = &s->peer_id,
	                     .since = s->up ? s->since : 0});
}

/* ---- all of them */

static bool asked_for(struct exec *e, const struct gl_exec_show_crypto_session *a, uint32_t handle,
        const struct ipaddr *peer)
{
	struct ike_sa_info i;

	if (a->has_remote)
		return ipaddr_eq(peer, &a->remote);
	return !a->has_local || (handle && ike_sa_info(e->fx->ike, handle, &i) &&
	                                ipaddr_eq(&i.local.addr, &a->local));
}

static void client_sessions(struct exec *e, const struct gl_exec_show_crypto_session *a)
{
	for (const struct fx_client *c = e->fx->clients; c; c = c->next) {
		const struct fx_client_cfg *cfg = fx_find_client(e->fx->cfg, c->name);

		if (!cfg || !asked_for(e, a, c->handle, c->at.seq ? &c->peer : &(struct ipaddr){0}))
			continue;
		out_obj(e->o, NULL);
		if (a->kw_brief)
			brief_client(e, c, cfg);
		else
			one_crypto_session(e, c, cfg, a->kw_detail);
		out_obj_end(e->o);
	}
}

static void spoke_sessions(struct exec *e, const struct gl_exec_show_crypto_session *a)
{
	for (const struct fx_spoke *s = fx_hub_first(e->fx); s; s = s->next) {
		if (!asked_for(e, a, s->handle, &s->peer))
			continue;
		out_obj(e->o, NULL);
		if (a->kw_brief)
			brief_spoke(e, s);
		else
			one_spoke_session(e, s, a->kw_detail);
		out_obj_end(e->o);
	}
}

void exec_show_crypto_session(struct exec *e, const struct gl_exec_show_crypto_session *a)
{
	out_text(e->o, "%s", a->kw_brief ? brief_head : "Crypto session current status\n\n");
	if (a->kw_detail)
		out_text(e->o, "%s", legend);
	out_list(e->o, NULL);
	client_sessions(e, a);
	spoke_sessions(e, a);
	out_list_end(e->o);
}

void exec_show_crypto_engine_brief(struct exec *e, const struct gl_exec_show_crypto_engine_brief *a)
{
	const char *why = "";
	const char *name = router_dataplane(e->r, &why);

	(void)a;
	out_obj(e->o, NULL);
	out_text(e->o, "        crypto engine name:  Software Crypto Engine\n");
	out_text(e->o, "        crypto engine type:  software\n");
	out_field_str(e->o, "data-plane", "                data plane:  %s\n", name);
	out_field_str(e->o, "why", "                    chosen:  %s\n", why);
	out_field_str(e->o, "ciphers", "                   ciphers:  %s\n",
	        strcmp(name, "kernel") == 0 ? "the kernel's" : cipher_library());
	out_obj_end(e->o);
}
