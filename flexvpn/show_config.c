/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show crypto ikev2 proposal | policy | profile | authorization policy, show crypto ipsec profile |
 * transform-set, show configuration: what is configured, with IOS's defaults. Exec-and-cli
 * reference B5, B7, B19. */
#include <stdio.h>
#include <string.h>

#include "flexvpn/core.h"
#include "flexvpn/exec.h"
#include "flexvpn/nearest.h"
#include "flexvpn/show.h"
#include "grammar/gen/exec.h"
#include "grammar/gen/lines.h"

static bool wanted(bool has_name, const char *name, const char *this)
{
	return !has_name || strcmp(name, this) == 0;
}

/* ---- proposals and policies
 * -------------------------------------------------------------------------------------------- */

static void list_encr(struct out *o, const struct ike_proposal *p)
{
	out_text(o, "     Encryption :");
	out_list(o, "encryption");
	for (uint8_t i = 0; i < p->n_encr; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%s-%u", alg_encr(p->encr[i].id)->name,
		        p->encr[i].bits);
		out_field_str(o, NULL, " %s", text);
	}
	out_list_end(o);
}

/* What this libcrypto cannot do stands there with that remark: it is not offered. */
static void additional(struct out *o, const struct ike_proposal *p)
{
	for (size_t k = 0; k < IKE_MAX_ADDKE; k++) {
		if (!p->n_addke[k])
			continue;
		out_text(o, "     ADDKE%zu     :", k + 1);
		out_list(o, k == 0 ? "addke1" : k == 1 ? "addke2" : "addke3");
		for (uint8_t i = 0; i < p->n_addke[k]; i++) {
			uint16_t id = p->addke[k][i];

			out_field_str(o, NULL, " %s", id ? ike_group_name(id) : "(optional)");
			if (id && !ike_group_known(id))
				out_text(o, " (not in this OpenSSL)");
		}
		out_list_end(o);
		out_text(o, "\n");
	}
}

static void one_proposal(struct out *o, const struct fx_ike_proposal *p)
{
	out_obj(o, NULL);
	out_field_str(o, "name", " IKEv2 proposal: %s \n", p->name);
	list_encr(o, &p->p);
	out_text(o, "\n     Integrity  :");
	out_list(o, "integrity");
	for (uint8_t i = 0; i < p->p.n_integ; i++)
		out_field_str(o, NULL, " %s", alg_integ(p->p.integ[i])->name);
	if (!p->p.n_integ)
		out_text(o, " none");
	out_list_end(o);
	out_text(o, "\n     PRF        :");
	out_list(o, "prf");
	for (uint8_t i = 0; i < p->p.n_prf; i++)
		out_field_str(o, NULL, " %s", ike_prf_name(p->p.prf[i]));
	out_list_end(o);
	out_text(o, "\n     DH Group   :");
	out_list(o, "group");
	for (uint8_t i = 0; i < p->p.n_group; i++)
		out_field_str(o, NULL, " %s", ike_group_name(p->p.group[i]));
	out_list_end(o);
	out_text(o, "\n");
	additional(o, &p->p);
	out_obj_end(o);
}

void exec_show_crypto_ikev2_proposal(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_proposal *a)
{
	const struct fx_config *c = e->fx->cfg;
	const struct fx_ike_proposal *def = fx_find_proposal(c, "default");

	out_list(e->o, NULL);
	for (size_t i = 0; i < c->proposals.n; i++)
		if (wanted(a->has_name, a->name, c->proposals.v[i].name))
			one_proposal(e->o, &c->proposals.v[i]);
	if (def && (def < c->proposals.v || def >= c->proposals.v + c->proposals.n) &&
	        wanted(a->has_name, a->name, "default"))
		one_proposal(e->o, def);
	out_list_end(e->o);
}

static void one_policy(struct out *o, const struct fx_ike_policy *p)
{
	char a[IPADDR_STRLEN];

	out_obj(o, NULL);
	out_field_str(o, "name", " IKEv2 policy : %s\n", p->name);
	out_text(o, p->any_fvrf || strcmp(p->name, "default") == 0
	                    ? "      Match fvrf : any\n"
	                    : "      Match fvrf  : global\n");
	for (uint8_t i = 0; i < p->n_match_local; i++)
		out_text(o, "      Match address local : %s\n", ipaddr_fmt(&p->match_local[i], a));
	if (!p->n_match_local)
		out_text(o, "      Match address local : any \n");
	out_list(o, "proposals");
	for (uint8_t i = 0; i < p->n_proposal; i++)
		out_field_str(o, NULL, "      Proposal    : %s \n", p->proposal[i]);
	out_list_end(o);
	out_obj_end(o);
}

void exec_show_crypto_ikev2_policy(struct exec *e, const struct gl_exec_show_crypto_ikev2_policy *a)
{
	static const struct fx_ike_policy def = {
	        .name = "default", .proposal = {"default"}, .n_proposal = 1};
	const struct fx_config *c = e->fx->cfg;
	bool own = false;

	for (size_t i = 0; i < c->policies.n; i++)
		own |= strcmp(c->policies.v[i].name, "default") == 0;
	out_list(e->o, NULL);
	if (!own && !c->g.no_default_policy && wanted(a->has_name, a->name, "default"))
		one_policy(e->o, &def);
	for (size_t i = 0; i < c->policies.n; i++)
		if (wanted(a->has_name, a->name, c->policies.v[i].name))
			one_policy(e->o, &c->policies.v[i]);
	out_list_end(e->o);
}

/* ---- profiles
 * ------------------------------------------------------------------------------------------------------------
 */

static const char *auth_text(enum fx_auth a)
{
	static const char *const text[] = {"none", "pre-share", "rsa-sig", "ecdsa-sig", "eap"};

	return text[a];
}

static void match_line(struct out *o, const struct fx_match *m)
{
	char buf[FX_MATCH_TEXT];

	out_field_str(o, NULL, "   %s\n", fx_match_text(m, buf));
}

static void profile_match(struct out *o, const struct fx_profile *p)
{
	char a[IPADDR_STRLEN];

	out_text(o, " Match criteria: \n  Fvrf: %s\n",
	        p->fvrf       ? p->fvrf
	        : p->any_fvrf ? "any"
	                      : "global");
	if (!p->n_match_local && !p->n_match_local_if)
		out_text(o, "  Local address/interface: none\n");
	for (uint8_t i = 0; i < p->n_match_local; i++)
		out_text(o, "  Local address/interface:\n   %s\n",
		        ipaddr_fmt(&p->match_local[i], a));
	for (uint8_t i = 0; i < p->n_match_local_if; i++)
		out_text(o, "  Local address/interface:\n   %s\n", p->match_local_if[i]);
	out_text(o, p->match.n ? "  Identities: \n" : "  Identities: none\n");
	out_list(o, "match");
	for (size_t i = 0; i < p->match.n; i++)
		match_line(o, &p->match.v[i]);
	out_list_end(o);
	out_text(o, p->cert_map.n ? "  Certificate maps:\n" : "  Certificate maps: none\n");
	out_list(o, "certificate-maps");
	for (size_t i = 0; i < p->cert_map.n; i++)
		out_field_str(o, NULL, "    %s\n", p->cert_map.v[i].s);
	out_list_end(o);
}

static void profile_manners(struct out *o, const struct fx_profile *p)
{
	out_field_int(
	        o, "lifetime", " Lifetime: %lld seconds\n", p->lifetime_s ? p->lifetime_s : 86400);
	if (p->has_dpd && p->dpd.interval_ms) {
		bool ms = p->dpd.interval_ms % 1000 || p->dpd.retry_ms % 1000;
		uint32_t unit = ms ? 1 : 1000;

		out_field_int(o, ms ? "dpd-interval-ms" : "dpd-interval",
		        ms ? " DPD: interval %lld ms" : " DPD: interval %lld",
		        p->dpd.interval_ms / unit);
		out_field_int(o, ms ? "dpd-retry-ms" : "dpd-retry",
		        ms ? ", retry-interval %lld ms" : ", retry-interval %lld",
		        p->dpd.retry_ms / unit);
		out_field_str(o, "dpd-mode", ", %s\n",
		        p->dpd.on_demand ? "on-demand"
		        : p->dpd.fast    ? "periodic fast"
		                         : "periodic");
	} else
		out_text(o, " DPD: disabled\n");
	if (p->has_nat_keepalive)
		out_field_int(
		        o, "nat-keepalive", " NAT-keepalive: %lld seconds\n", p->nat_keepalive_s);
	else
		out_text(o, " NAT-keepalive: disabled\n");
	out_text(o, " Ivrf: %s\n", p->ivrf ? p->ivrf : "none");
	if (p->virtual_template)
		out_field_int(
		        o, "virtual-template", " Virtual-template: %lld\n", p->virtual_template);
	else
		out_text(o, " Virtual-template: none\n");
	out_text(o, " mode auto: none\n");
	out_text(o, " AAA AnyConnect EAP authentication mlist: none\n AAA EAP authentication "
	            "mlist: none\n"
	            " AAA authentication mlist: none\n AAA Accounting: none\n");
	if (p->eap_list)
		out_field_str(o, "eap-authentication-list", " AAA EAP authentication mlist: %s\n",
		        p->eap_list);
	if (p->author_list) {
		out_text(o, " AAA group authorization:\n");
		out_field_str(o, "authorization-list", "  List: %s, ", p->author_list);
		out_field_str(o, "authorization-policy", "name: %s\n",
		        p->author_policy ? p->author_policy : "(peer identity)");
	} else
		out_text(o, " AAA group authorization: none\n");
	if (p->user_list)
		out_text(o, " AAA user authorization:\n  List: %s, name: %s\n", p->user_list,
		        p->user_policy    ? p->user_policy
		        : p->user_mangler ? "(name mangler)"
		                          : "(peer identity)");
	else
		out_text(o, " AAA user authorization: none\n");
}

/* IPsec profiles that name it. */
static unsigned references(const struct fx_config *c, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->ipsec.n; i++)
		n += c->ipsec.v[i].ikev2_profile && strcmp(c->ipsec.v[i].ikev2_profile, name) == 0;
	return n;
}

static const char *eap_text(const struct fx_profile *p)
{
	if (p->eap_query)
		return "query-identity";
	if (p->auth_local != FX_AUTH_EAP && !p->local_eap_too)
		return "none";
	return p->eap_method == IKE_EAP_MD5        ? "md5"
	       : p->eap_method == IKE_EAP_GTC      ? "gtc"
	       : p->eap_method == IKE_EAP_MSCHAPV2 ? "ms-chapv2"
	                                           : "ms-chapv2, md5, gtc";
}

static void profile_trustpoints(struct out *o, const struct fx_profile *p)
{
	out_text(o, " Trustpoint(s):%s", p->n_trustpoint ? "" : " none");
	out_list(o, "trustpoints");
	for (uint8_t i = 0; i < p->n_trustpoint; i++) {
		const struct fx_tp_ref *t = &p->trustpoint[i];

		out_text(o, "%s %s%s", i ? "," : "", t->name,
		        !t->verify ? " (sign)"
		        : t->sign  ? ""
		                   : " (verify)");
		out_str(o, NULL, t->name);
	}
	out_list_end(o);
	out_text(o, "\n");
}

static void one_profile(struct out *o, const struct fx_config *c, const struct fx_profile *p)
{
	char id[320];

	out_obj(o, NULL);
	out_field_str(o, "name", "\nIKEv2 profile: %s\n", p->name);
	out_text(o, " Ref Count: %u\n", 1 + references(c, p->name));
	profile_match(o, p);
	if (p->identity_local.type)
		out_text(o, " Local identity: %s%s\n", fx_id_word(&p->identity_local),
		        ike_id_fmt(&p->identity_local, id));
	else
		out_text(o, " Local identity: none\n");
	out_text(o, " Remote identity: none\n");
	out_field_str(o, "local-authentication", " Local authentication method: %s\n",
	        auth_text(p->auth_local));
	out_text(o, " Remote authentication method(s):");
	out_list(o, "remote-authentication");
	for (uint8_t i = 0; i < p->n_auth_remote; i++)
		out_field_str(o, NULL, " %s", auth_text(p->auth_remote[i]));
	out_list_end(o);
	out_text(o, "%s\n", p->n_auth_remote ? "" : " none");
	out_field_str(o, "eap", " EAP options: %s\n", eap_text(p));
	out_field_str(o, "keyring", " Keyring: %s\n", p->keyring ? p->keyring : "none");
	profile_trustpoints(o, p);
	profile_manners(o, p);
	out_obj_end(o);
}

void exec_show_crypto_ikev2_profile(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_profile *a)
{
	const struct fx_config *c = e->fx->cfg;

	out_list(e->o, NULL);
	for (size_t i = 0; i < c->profiles.n; i++)
		if (wanted(a->has_name, a->name, c->profiles.v[i].name))
			one_profile(e->o, c, &c->profiles.v[i]);
	out_list_end(e->o);
}

static void author_lists(struct out *o, const struct fx_author *p)
{
	if (p->subnet_acl)
		out_field_str(o, "subnet-acl", "  subnet-acl %s\n", p->subnet_acl);
	if (p->subnet_acl6)
		out_field_str(o, "ipv6-subnet-acl", "  ipv6 subnet-acl %s\n", p->subnet_acl6);
	if (p->set_acl)
		out_field_str(
		        o, "route-set-access-list", "  route set access-list %s\n", p->set_acl);
	if (p->set_acl6)
		out_field_str(o, "route-set-ipv6-access-list", "  route set access-list ipv6 %s\n",
		        p->set_acl6);
}

static void one_author(struct out *o, const struct fx_author *p)
{
	char t[PREFIX_STRLEN];

	out_obj(o, NULL);
	out_field_str(o, "name", " IKEv2 Authorization Policy : %s\n", p->name);
	if (p->set_interface)
		out_text(o, "  route set interface\n");
	out_bool(o, "route-set-interface", p->set_interface);
	for (uint8_t i = 0; i < p->n_set_if; i++)
		out_text(o, "  route set interface %s\n", p->set_if[i]);
	author_lists(o, p);
	for (uint8_t i = 0; i < p->n_set_remote; i++)
		out_text(o, "  route set remote %s\n", prefix_fmt(&p->set_remote[i], t));
	if (!p->no_accept) {
		out_field_int(
		        o, "route-accept-tag", "  route accept any tag : %lld", p->accept_tag);
		out_field_int(o, "route-accept-distance", " distance : %lld\n", p->accept_distance);
	}
	out_obj_end(o);
}

void exec_show_crypto_ikev2_authorization_policy(
        struct exec *e, const struct gl_exec_show_crypto_ikev2_authorization_policy *a)
{
	const struct fx_config *c = e->fx->cfg;
	const struct fx_author *def = fx_find_author(c, "default");

	out_list(e->o, NULL);
	for (size_t i = 0; i < c->authors.n; i++)
		if (wanted(a->has_name, a->name, c->authors.v[i].name))
			one_author(e->o, &c->authors.v[i]);
	if (def && (def < c->authors.v || def >= c->authors.v + c->authors.n) &&
	        wanted(a->has_name, a->name, "default"))
		one_author(e->o, def);
	out_list_end(e->o);
}

/* ---- IPsec
 * ------------------------------------------------------------------------------------------------------------------
 */

static const char *transform_text(const struct fx_config *c, const char *name, char buf[64])
{
	const struct fx_transform *t = fx_find_transform(c, name);

	if (!t)
		return "not configured";
	return fx_transform_text(t->encr, t->integ, buf);
}

static void one_ipsec(struct exec *e, const struct fx_ipsec_profile *p)
{
	const struct fx_globals *g = &e->fx->cfg->g;
	char t[64];
	uint32_t seconds = p->lifetime_s ? p->lifetime_s : g->ipsec_lifetime_s;
	unsigned long long kb = p->lifetime_kb ? p->lifetime_kb : g->ipsec_lifetime_kb;

	out_obj(e->o, NULL);
	out_field_str(e->o, "name", "IPSEC profile %s\n", p->name);
	if (p->ikev2_profile)
		out_field_str(e->o, "ikev2-profile", "\tIKEv2 Profile: %s\n", p->ikev2_profile);
	if (p->no_lifetime_kb || (!p->lifetime_kb && g->ipsec_no_kb))
		out_text(e->o, "\tSecurity association lifetime: %u seconds\n", seconds);
	else
		out_text(e->o, "\tSecurity association lifetime: %llu kilobytes/%u seconds\n", kb,
		        seconds);
	out_int(e->o, "lifetime", seconds);
	out_text(e->o, "\tResponder-Only (Y/N): %s\n", p->responder_only ? "Y" : "N");
	out_text(e->o, "\tPFS (Y/N): %s\n", p->pfs ? "Y" : "N");
	if (p->pfs)
		out_field_int(e->o, "pfs-group", "\t\tDH group: group%lld\n", p->pfs);
	out_text(e->o, "\tMixed-mode : Disabled\n\tTransform sets={ \n");
	out_list(e->o, "transform-sets");
	for (uint8_t i = 0; i < p->n_transform; i++) {
		out_text(e->o, "\t\t%s:  { %s  } , \n", p->transform[i],
		        transform_text(e->fx->cfg, p->transform[i], t));
		out_str(e->o, NULL, p->transform[i]);
	}
	out_list_end(e->o);
	out_text(e->o, "\t}\n\n");
	out_obj_end(e->o);
}

void exec_show_crypto_ipsec_profile(
        struct exec *e, const struct gl_exec_show_crypto_ipsec_profile *a)
{
	const struct fx_config *c = e->fx->cfg;
	const struct fx_ipsec_profile *def = fx_find_ipsec(c, "default");

	out_list(e->o, NULL);
	if (def && (def < c->ipsec.v || def >= c->ipsec.v + c->ipsec.n) &&
	        wanted(a->has_name, a->name, "default"))
		one_ipsec(e, def);
	for (size_t i = 0; i < c->ipsec.n; i++)
		if (wanted(a->has_name, a->name, c->ipsec.v[i].name))
			one_ipsec(e, &c->ipsec.v[i]);
	out_list_end(e->o);
}

static void one_transform(struct out *o, const struct fx_transform *t)
{
	char text[64];

	out_obj(o, NULL);
	out_field_str(o, "name", "Transform set %s: ", t->name);
	out_field_str(o, "transforms", "{ %s  } \n", fx_transform_text(t->encr, t->integ, text));
	out_field_str(o, "mode", "   will negotiate = { %s,  }, \n   \n",
	        t->mode == IKE_MODE_TRANSPORT ? "Transport" : "Tunnel");
	out_obj_end(o);
}

void exec_show_crypto_ipsec_transform_set(
        struct exec *e, const struct gl_exec_show_crypto_ipsec_transform_set *a)
{
	const struct fx_config *c = e->fx->cfg;
	const struct fx_transform *def = fx_find_transform(c, "default");

	out_list(e->o, NULL);
	if (def && (def < c->transforms.v || def >= c->transforms.v + c->transforms.n) &&
	        wanted(a->has_name, a->name, "default"))
		one_transform(e->o, def);
	for (size_t i = 0; i < c->transforms.n; i++)
		if (wanted(a->has_name, a->name, c->transforms.v[i].name))
			one_transform(e->o, &c->transforms.v[i]);
	out_list_end(e->o);
}

/* ---- what is kept without effect
 * --------------------------------------------------------------------------------------------- */

struct listing {
	struct out *o;
	bool pending; /* else: recorded */
};

static void listed(struct out *o, const char *under, const char *line, const char *waits_for)
{
	out_obj(o, NULL);
	if (*under)
		out_field_str(o, "section", "%s: ", under);
	out_field_str(o, "line", "%s", line);
	if (waits_for)
		out_field_str(o, "waits-for", "   (waits for: %s)", waits_for);
	out_text(o, "\n");
	out_obj_end(o);
}

static void list_lines(struct listing *l, const struct cfg_tree *t, const char *under)
{
	struct cfg_iter it;

	for (const struct cfg_node *n = cfg_first(t, GR_NONE, &it); n; n = cfg_next(&it)) {
		const char *waits_for = cfg_node_pending(n);

		if (l->pending ? waits_for != NULL : gr_line_info(cfg_node_line(n))->recorded)
			listed(l->o, under, cfg_node_text(n), l->pending ? waits_for : NULL);
		if (cfg_children(n))
			list_lines(l, cfg_children(n), cfg_node_text(n));
	}
}

static void listing(struct exec *e, bool pending)
{
	struct listing l = {.o = e->o, .pending = pending};

	out_list(e->o, NULL);
	list_lines(&l, cfg_root(e->fx->cfg->cfg), "");
	out_list_end(e->o);
}

void exec_show_configuration_recorded(
        struct exec *e, const struct gl_exec_show_configuration_recorded *a)
{
	(void)a;
	listing(e, false);
}

void exec_show_configuration_unsupported(
        struct exec *e, const struct gl_exec_show_configuration_unsupported *a)
{
	(void)a;
	listing(e, true);
}
