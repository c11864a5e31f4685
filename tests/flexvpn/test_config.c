/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From text to structures: the guide's example, the example configurations, IOS's defaults, and
 * what makes a client incomplete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/config.h"
#include "flexvpn/startup.h"

static void refused(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d)
{
	(void)ctx;
	(void)d;
	fail_msg("line %u is refused: %s", line_no, line);
}

static struct cfg *parse(const char *text)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	cfg_load_text(ed, text, refused, NULL);
	struct cfg *c = cfg_ref(cfg_editor_candidate(ed));

	cfg_editor_free(ed);
	cfg_unref(empty);
	return c;
}

static char *example(const char *name)
{
	char path[100], why[100];

	snprintf(path, sizeof(path), "examples/configs/%s", name);
	char *text = fx_startup_read(path, why, sizeof(why));

	assert_non_null(text);
	return text;
}

static struct fx_config *build(const char *text)
{
	struct cfg *c = parse(text);
	struct fx_config *fx = fx_config_build(c);

	cfg_unref(c);
	return fx;
}

static struct fx_config *build_example(const char *name)
{
	char *text = example(name);
	struct fx_config *fx = build(text);

	free(text);
	return fx;
}

static struct ipaddr ip(const char *s)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(s, &a));
	return a;
}

static void assert_ip(const struct ipaddr *a, const char *want)
{
	char buf[IPADDR_STRLEN];

	assert_string_equal(ipaddr_fmt(a, buf), want);
}

static void assert_prefix(const struct prefix *p, const char *want)
{
	char buf[PREFIX_STRLEN];

	assert_string_equal(prefix_fmt(p, buf), want);
}

static void assert_span(struct span s, const char *want)
{
	assert_int_equal((int)s.n, (int)strlen(want));
	assert_memory_equal(s.p, want, s.n);
}

/* ---- the guide's example
 * ----------------------------------------------------------------------------------------------------------
 */

static void guide_client_and_tunnel(void **s)
{
	struct fx_config *c = build_example("guide-psk.cfg");
	const struct fx_client_cfg *cl = fx_find_client(c, "flex");
	const struct fx_interface *t = fx_find_interface(c, "Tunnel0"),
	                          *e = fx_find_interface(c, "Ethernet0/0");

	(void)s;
	assert_non_null(cl);
	assert_int_equal(cl->peers.n, 1);
	assert_int_equal(cl->peers.v[0].seq, 1);
	assert_ip(&cl->peers.v[0].addr, "10.0.0.1");
	assert_int_equal(cl->connect, FX_CONNECT_MANUAL);
	assert_string_equal(cl->tunnel, "Tunnel0");
	assert_int_equal(cl->backup_group, -1);
	assert_non_null(t);
	assert_true(t->is_tunnel && t->negotiated && t->dest_dynamic && !t->source_dynamic);
	assert_string_equal(t->source_if, "Ethernet0/0");
	assert_int_equal(t->mode, FX_TUN_IPSEC4);
	assert_string_equal(t->protection, "ipsecprof");
	assert_string_equal(t->device, "Tunnel0");
	assert_non_null(e);
	assert_int_equal(e->n_addr, 1);
	assert_prefix(&e->addr[0], "172.16.0.1/12");
	assert_null(e->device); /* not bound */
	fx_config_free(c);
}

static void guide_ikev2(void **s)
{
	struct fx_config *c = build_example("guide-psk.cfg");
	const struct fx_profile *p = fx_find_profile(c, "prof");
	const struct fx_keyring *k = fx_find_keyring(c, "key");
	const struct fx_author *a = fx_find_author(c, "flex");

	(void)s;
	assert_non_null(p);
	assert_int_equal(p->match.n, 1);
	assert_int_equal(p->match.v[0].kind, FX_MATCH_ADDRESS);
	assert_prefix(&p->match.v[0].prefix, "10.0.0.1/8");
	assert_int_equal(p->auth_local, FX_AUTH_PSK);
	assert_int_equal(p->n_auth_remote, 1);
	assert_int_equal(p->auth_remote[0], FX_AUTH_PSK);
	assert_string_equal(p->keyring, "key");
	assert_string_equal(p->author_list, "local-group-author-list");
	assert_string_equal(p->author_policy, "flex");
	assert_false(p->no_set_send);
	assert_non_null(k);
	assert_int_equal(k->keys.n, 1);
	assert_string_equal(k->keys.v[0].name, "dvti");
	assert_prefix(&k->keys.v[0].prefix, "0.0.0.0/0");
	assert_span(k->keys.v[0].local, "cisco");
	assert_span(k->keys.v[0].remote, "cisco");
	assert_non_null(a);
	assert_true(a->set_interface);
	assert_string_equal(a->subnet_acl, "199");
	assert_false(a->no_accept);
	assert_int_equal(a->accept_tag, 1);
	assert_int_equal(a->accept_distance, 2);
	fx_config_free(c);
}

static void guide_ipsec_and_lists(void **s)
{
	struct fx_config *c = build_example("guide-psk.cfg");
	const struct fx_transform *t = fx_find_transform(c, "trans");
	const struct fx_ipsec_profile *p = fx_find_ipsec(c, "ipsecprof");
	struct prefix nets[4];

	(void)s;
	assert_non_null(t);
	assert_int_equal(t->encr.id, ENCR_AES_CBC);
	assert_int_equal(t->encr.bits, 128);
	assert_int_equal(t->integ, AUTH_NONE);
	assert_int_equal(t->mode, IKE_MODE_TUNNEL);
	assert_non_null(p);
	assert_int_equal(p->n_transform, 1);
	assert_string_equal(p->transform[0], "trans");
	assert_int_equal(p->pfs, KE_MODP_1024);
	assert_string_equal(p->ikev2_profile, "prof");
	assert_int_equal(fx_acl_subnets(c, "199", nets, 4), 2);
	assert_prefix(&nets[0], "10.20.20.0/24");
	assert_prefix(&nets[1], "10.30.30.0/24");
	assert_int_equal(fx_acl_subnets(c, "19", nets, 4), 0); /* not a prefix of a number */
	fx_config_free(c);
}

/* The guide's spellings in IOS's own form, IOS's order of the sections; host bits and all. */
static const char guide_running[] =
        "crypto ikev2 authorization policy flex\n subnet-acl 199\n route set interface\n route "
        "accept any\n"
        "crypto ikev2 keyring key\n peer dvti\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key cisco\n "
        "!\n"
        "crypto ikev2 profile prof\n match identity remote address 10.0.0.1 255.0.0.0\n"
        " authentication remote pre-share\n authentication local pre-share\n keyring local key\n"
        " aaa authorization group psk list local-group-author-list flex\n config-exchange set "
        "send\n"
        "crypto ikev2 client flexvpn flex\n  peer 1 10.0.0.1\n  connect manual\n  client connect "
        "Tunnel0\n"
        "crypto ipsec transform-set trans esp-aes\n"
        "crypto ipsec profile ipsecprof\n set transform-set trans\n set pfs group2\n set "
        "ikev2-profile prof\n"
        "interface Tunnel0\n ip address negotiated\n tunnel source Ethernet0/0\n tunnel mode ipsec "
        "ipv4\n"
        " tunnel destination dynamic\n tunnel protection ipsec profile ipsecprof\n"
        "interface Ethernet0/0\n ip address 172.16.0.1 255.240.0.0\n ip virtual-reassembly in\n"
        "ip route 0.0.0.0 0.0.0.0 2.2.2.2\n"
        "access-list 199 permit ip 10.20.20.20 0.0.0.255 any\naccess-list 199 permit ip "
        "10.30.30.30 0.0.0.255 any\n";

/* Without the lines that only separate blocks. */
static void drop_separators(char *text)
{
	char *out = text, *line, *next;

	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (*line == '!')
			continue;
		memmove(out, line, (size_t)(next - line));
		out += next - line;
	}
	*out = '\0';
}

static char *running(const struct cfg *c)
{
	struct strbuf sb = {0};

	cfg_print(c, false, &sb);
	return sb_take(&sb);
}

static void guide_prints_back(void **s)
{
	char *text = example("guide-psk.cfg");
	struct cfg *c = parse(text);
	char *printed = running(c);

	(void)s;
	drop_separators(printed);
	assert_string_equal(printed, guide_running);
	free(printed);
	free(text);
	cfg_unref(c);
}

/* ---- the other examples
 * -------------------------------------------------------------------------------------------------------------
 */

static const char *const examples[] = {"guide-psk.cfg", "guide-eap.cfg", "two-hubs.cfg", "hub.cfg",
        "tracked-isps.cfg", "dial-backup.cfg", "whole-isr.cfg"};

static void examples_print_to_a_fixpoint(void **s)
{
	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		char *text = example(examples[i]);
		struct cfg *c = parse(text);
		char *once = running(c);
		struct cfg *again = parse(once);
		char *twice = running(again);

		assert_string_equal(once, twice);
		cfg_unref(again);
		cfg_unref(c);
		free(twice);
		free(once);
		free(text);
	}
}

/* Every line of a text through `edit`, which says how to write it (or "" to leave it out). */
static char *rewritten(const char *text, void (*edit)(char *line, struct strbuf *out))
{
	char *copy = xstrdup(text), *save, *line;
	struct strbuf sb = {0};

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		edit(line, &sb);
	free(copy);
	return sb_take(&sb);
}

/* No indentation, no separators; nothing else tells a parser where a block ends. */
static void flat(char *line, struct strbuf *out)
{
	line += strspn(line, " ");
	if (*line != '!')
		sb_printf(out, "%s\n", line);
}

static void shouted(char *line, struct strbuf *out)
{
	static const char *const words[] = {
	        "interface ", "ip address ", "crypto ikev2 ", "tunnel source ", "client connect "};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strncmp(line + strspn(line, " "), words[i], strlen(words[i])) == 0)
			for (size_t k = 0; k < strlen(words[i]); k++)
				if (line[strspn(line, " ") + k] >= 'a' &&
				        line[strspn(line, " ") + k] <= 'z')
					line[strspn(line, " ") + k] ^= 0x20;
	sb_printf(out, "\t %s  \n", line);
}

static void assert_same_when(void (*edit)(char *line, struct strbuf *out))
{
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		char *text = example(examples[i]), *other = rewritten(text, edit);
		struct cfg *a = parse(text), *b = parse(other);
		char *printed_a = running(a), *printed_b = running(b);

		assert_string_equal(printed_a, printed_b);
		free(printed_b);
		free(printed_a);
		cfg_unref(b);
		cfg_unref(a);
		free(other);
		free(text);
	}
}

static void indentation_and_separators_mean_nothing(void **s)
{
	(void)s;
	assert_same_when(flat);
}

static void blanks_and_capitals_of_keywords_mean_nothing(void **s)
{
	(void)s;
	assert_same_when(shouted);
}

/* Objects before what they refer to, the interface first and the client last: the same
 * configuration, the same client. */
static void order_of_entry_means_nothing(void **s)
{
	static const char reversed[] =
	        "access-list 199 permit ip 10.20.20.20 0.0.0.255 any\naccess-list 199 permit ip "
	        "10.30.30.30 0.0.0.255 any\n"
	        "ip route 0.0.0.0 0.0.0.0 2.2.2.2\n"
	        "interface Ethernet 0/0\nip virtual-reassembly in\nip address 172.16.0.1 "
	        "255.240.0.0\nexit\n"
	        "interface tunnel 0\ntunnel protection ipsec-profile ipsecprof\ntunnel mode ipsec "
	        "ipv4\n"
	        "tunnel destination dynamic\ntunnel source ethernet 0/0\nip address "
	        "negotiated\nexit\n"
	        "crypto ipsec profile ipsecprof\nset ikev2-profile prof\nset pfs group2\nset "
	        "transform-set trans\nexit\n"
	        "crypto ipsec transform-set trans esp-aes\nexit\n"
	        "crypto ikev2 profile prof\nconfig-mode set\naaa authorization group psk list "
	        "local-group-author-list flex\n"
	        "keyring key\nauthentication remote pre-share\nauthentication local pre-share\n"
	        "match identity remote address 10.0.0.1 255.0.0.0\nexit\n"
	        "crypto ikev2 keyring key\npeer dvti\npre-shared-key cisco\naddress 0.0.0.0 "
	        "0.0.0.0\nexit\nexit\n"
	        "crypto ikev2 authorization policy flex\nroute accept any\nroute set "
	        "interface\nsubnet-acl 199\nexit\n"
	        "crypto ikev2 client flexvpn flex\nclient connect tunnel 0\nconnect manual\npeer 1 "
	        "10.0.0.1\nexit\n";
	struct cfg *c = parse(reversed);
	char *printed = running(c);
	struct fx_config *fx = fx_config_build(c);
	struct fx_resolved r;
	char why[200];

	(void)s;
	drop_separators(printed);
	assert_string_equal(printed, guide_running);
	assert_true(fx_client_resolve(fx, fx_find_client(fx, "flex"), &r, why, sizeof(why)));
	free(printed);
	fx_config_free(fx);
	cfg_unref(c);
}

static void two_hubs_ikev2(void **s)
{
	struct fx_config *c = build_example("two-hubs.cfg");
	const struct fx_ike_proposal *p = fx_find_proposal(c, "MODERN");
	const struct fx_profile *r = fx_find_profile(c, "HUBS");
	struct ike_id id = ike_id_text(ID_FQDN, "east.DC.example.net"),
	              other = ike_id_text(ID_FQDN, "evildc.example.net");

	(void)s;
	assert_true(p && p->complete);
	assert_int_equal(p->p.n_encr, 2);
	assert_int_equal(p->p.encr[0].bits, 256);
	assert_int_equal(p->p.n_integ, 0);
	assert_int_equal(p->p.n_prf, 2);
	assert_int_equal(p->p.group[0], KE_ECP_384);
	assert_non_null(r);
	assert_string_equal(r->description, "the two data centres");
	assert_int_equal(r->lifetime_s, 28800);
	assert_true(r->has_dpd && r->dpd.interval_ms == 30000 && r->dpd.retry_ms == 5000 &&
	            !r->dpd.on_demand);
	assert_int_equal(r->nat_keepalive_s, 20);
	assert_int_equal(r->identity_local.type, ID_FQDN);
	assert_true(fx_match_identity(r, &id));
	assert_false(fx_match_identity(r, &other));
	assert_true(c->g.fragmentation && c->g.frag_mtu == 1300 && c->g.logging_ikev2);
	assert_string_equal(c->g.hostname, "BRANCH");
	fx_config_free(c);
}

static void two_hubs_keys_are_one_for_each_direction(void **s)
{
	struct fx_config *c = build_example("two-hubs.cfg");
	const struct fx_keyring *k = fx_find_keyring(c, "HUBS");
	struct ipaddr east = ip("198.51.100.1"), west = ip("203.0.113.77"), none = ip("192.0.2.1");

	(void)s;
	assert_span(fx_key_for(k, &east, NULL)->local, "ours-east");
	assert_span(fx_key_for(k, &east, NULL)->remote, "theirs-east");
	assert_span(fx_key_for(k, &west, NULL)->local, "both-west");
	assert_span(fx_key_for(k, &west, NULL)->remote, "both-west");
	assert_null(fx_key_for(k, &none, NULL));
	fx_config_free(c);
}

static void two_hubs_rest(void **s)
{
	struct fx_config *c = build_example("two-hubs.cfg");
	const struct fx_client_cfg *cl = fx_find_client(c, "DC");
	const struct fx_ipsec_profile *p = fx_find_ipsec(c, "DC");
	const struct fx_author *a = fx_find_author(c, "FLEX");
	struct prefix nets[4];

	(void)s;
	assert_int_equal(cl->connect, FX_CONNECT_AUTO);
	assert_int_equal(cl->peers.n, 2);
	assert_int_equal(cl->n_inside, 1);
	assert_string_equal(cl->inside[0], "GigabitEthernet0/1");
	assert_int_equal(p->lifetime_s, 1800);
	assert_int_equal(p->replay_window, 512);
	assert_int_equal(p->pfs, KE_ECP_256);
	assert_int_equal(fx_find_transform(c, "GCM")->encr.id, ENCR_AES_GCM_16);
	assert_string_equal(a->set_acl, "LAN");
	assert_int_equal(a->accept_tag, 10);
	assert_int_equal(a->accept_distance, 5);
	assert_int_equal(fx_acl_subnets(c, "LAN", nets, 4), 2);
	assert_prefix(&nets[0], "10.7.0.0/24");
	assert_prefix(&nets[1], "10.7.2.9/32");
	assert_string_equal(fx_find_interface(c, "GigabitEthernet0/1")->device, "eth1");
	assert_int_equal(fx_find_interface(c, "Tunnel0")->ip_mtu, 1400);
	fx_config_free(c);
}

/* The lines of the chassis around it do not keep a pasted spoke from working. */
static void a_whole_running_config_has_a_complete_client(void **s)
{
	struct fx_config *c = build_example("whole-isr.cfg");
	struct fx_resolved r;
	char why[200] = "";

	(void)s;
	if (!fx_client_resolve(c, fx_find_client(c, "HUB"), &r, why, sizeof(why)))
		fail_msg("%s", why);
	assert_string_equal(r.author->name, "FLEX");
	assert_int_equal(r.tunnel->mode, FX_TUN_GRE4); /* the default */
	assert_int_equal(fx_find_transform(c, "TS")->mode, IKE_MODE_TRANSPORT);
	assert_true(r.profile->dpd.on_demand && r.profile->dpd.interval_ms == 10000);
	assert_true(fx_find_interface(c, "GigabitEthernet0/0/1")->shutdown);
	assert_prefix(&fx_find_interface(c, "Loopback0")->addr[0], "10.255.0.7/32");
	fx_config_free(c);
}

/* ---- IOS's defaults
 * ------------------------------------------------------------------------------------------------------------------
 */

static void defaults_are_there_without_a_line(void **s)
{
	struct fx_config *c = build("");
	const struct fx_ike_proposal *p = fx_find_proposal(c, "default");

	(void)s;
	assert_true(p && p->complete);
	assert_int_equal(p->p.n_group, 3);
	assert_non_null(fx_find_ipsec(c, "default"));
	assert_int_equal(fx_find_transform(c, "default")->mode, IKE_MODE_TRANSPORT);
	assert_true(fx_find_author(c, "default")->set_interface);
	assert_null(fx_find_proposal(c, "Default")); /* names are case-sensitive */
	assert_int_equal(c->g.ipsec_lifetime_s, 3600);
	assert_int_equal(c->g.replay_window, 64);
	fx_config_free(c);
}

static void defaults_can_be_changed_line_by_line(void **s)
{
	struct fx_config *c =
	        build("crypto ikev2 proposal default\n group 15\n"
	              "crypto ikev2 authorization policy default\n route accept any distance 9\n"
	              "crypto ikev2 authorization policy other\n subnet-acl 5\n");
	const struct fx_ike_proposal *p = fx_find_proposal(c, "default");

	(void)s;
	assert_true(p->complete);
	assert_int_equal(p->p.n_group, 1);
	assert_int_equal(p->p.group[0], KE_MODP_3072);
	assert_int_equal(p->p.n_integ, 2);
	assert_int_equal(p->p.n_prf, 2);
	assert_true(fx_find_author(c, "default")->set_interface);
	assert_int_equal(fx_find_author(c, "default")->accept_distance, 9);
	assert_int_equal(fx_find_author(c, "default")->accept_tag, 1);
	assert_false(fx_find_author(c, "other")->set_interface);
	assert_false(fx_find_author(c, "other")->no_accept);
	fx_config_free(c);
}

static void defaults_can_be_disabled_and_come_back(void **s)
{
	static const char off[] =
	        "no crypto ikev2 proposal default\nno crypto ikev2 policy default\n"
	        "no crypto ikev2 authorization policy default\n"
	        "no crypto ipsec transform-set default\nno crypto ipsec profile default\n";
	static const char back[] =
	        "default crypto ikev2 proposal default\ndefault crypto ikev2 policy default\n"
	        "default crypto ikev2 authorization policy default\n"
	        "default crypto ipsec transform-set default\ndefault crypto ipsec profile "
	        "default\n";
	char both[1000];
	struct fx_config *c = build(off);

	(void)s;
	assert_null(fx_find_proposal(c, "default"));
	assert_null(fx_find_author(c, "default"));
	assert_null(fx_find_transform(c, "default"));
	assert_null(fx_find_ipsec(c, "default"));
	assert_true(c->g.no_default_policy);
	fx_config_free(c);
	snprintf(both, sizeof(both), "%s%s", off, back);
	c = build(both);
	assert_non_null(fx_find_proposal(c, "default"));
	assert_non_null(fx_find_author(c, "default"));
	assert_non_null(fx_find_transform(c, "default"));
	assert_non_null(fx_find_ipsec(c, "default"));
	assert_false(c->g.no_default_policy);
	fx_config_free(c);
}

static void proposals_need_their_parts(void **s)
{
	static const struct {
		const char *lines;
		bool complete;
	} t[] = {
	        {"encryption aes-cbc-256\n integrity sha256\n group 14", true},
	        {"encryption aes-cbc-256\n group 14", false},
	        {"encryption aes-cbc-256\n integrity sha256", false},
	        {"integrity sha256\n group 14", false},
	        {"encryption aes-gcm-256\n prf sha256\n group 14", true},
	        {"encryption aes-gcm-256\n integrity sha256\n group 14", false},
	        {"encryption des\n integrity sha256\n group 14", false},
	        {"encryption des aes-cbc-128\n integrity md5 sha1\n group 1 24 5", true},
	};
	char text[200];

	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		snprintf(text, sizeof(text), "crypto ikev2 proposal P\n %s\n", t[i].lines);
		struct fx_config *c = build(text);

		if (fx_find_proposal(c, "P")->complete != t[i].complete)
			fail_msg("%s", t[i].lines);
		fx_config_free(c);
	}
}

static void transform_words(void **s)
{
	static const struct {
		const char *words;
		uint16_t encr, bits, integ;
		bool unusable;
	} t[] = {
	        {"esp-aes", ENCR_AES_CBC, 128, AUTH_NONE, false},
	        {"esp-aes 192 esp-sha-hmac", ENCR_AES_CBC, 192, AUTH_HMAC_SHA1_96, false},
	        {"esp-aes 256 esp-sha512-hmac", ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256, false},
	        {"esp-gcm", ENCR_AES_GCM_16, 128, AUTH_NONE, false},
	        {"esp-gcm 256", ENCR_AES_GCM_16, 256, AUTH_NONE, false},
	        {"esp-3des esp-sha384-hmac", ENCR_3DES, 0, AUTH_HMAC_SHA2_384_192, false},
	        {"esp-null esp-sha256-hmac", ENCR_NULL, 0, AUTH_HMAC_SHA2_256_128, false},
	        {"esp-des esp-sha-hmac", 0, 0, AUTH_HMAC_SHA1_96, true},
	        {"esp-aes esp-md5-hmac", ENCR_AES_CBC, 128, AUTH_NONE, true},
	        {"ah-sha-hmac", 0, 0, AUTH_NONE, true},
	};
	char text[200];

	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		snprintf(text, sizeof(text), "crypto ipsec transform-set T %s\n", t[i].words);
		struct fx_config *c = build(text);
		const struct fx_transform *x = fx_find_transform(c, "T");

		if (x->encr.id != t[i].encr || x->encr.bits != t[i].bits ||
		        x->integ != t[i].integ || (x->unusable != NULL) != t[i].unusable)
			fail_msg("%s: encr %u/%u integ %u", t[i].words, x->encr.id, x->encr.bits,
			        x->integ);
		fx_config_free(c);
	}
}

/* ---- access lists as networks
 * -----------------------------------------------------------------------------------------------------------
 */

static void access_lists_name_networks(void **s)
{
	static const struct {
		const char *list, *text, *want; /* blank-separated */
	} t[] = {
	        {"10",
	                "access-list 10 permit 10.0.0.0 0.255.255.255\naccess-list 10 deny "
	                "10.1.0.0 0.0.255.255",
	                "10.0.0.0/8"},
	        {"10", "access-list 10 permit any", "0.0.0.0/0"},
	        {"10", "access-list 10 permit host 10.1.2.3\naccess-list 10 permit 10.1.2.4",
	                "10.1.2.3/32 10.1.2.4/32"},
	        {"10", "access-list 10 permit 10.0.0.0 0.0.255.0", ""}, /* a wildcard with holes */
	        {"10", "access-list 10 remark permit 10.0.0.0\naccess-list 11 permit any", ""},
	        {"1310", "access-list 1310 permit 10.9.9.9 0.0.0.255", "10.9.9.0/24"},
	        {"2100", "access-list 2100 permit tcp 10.1.0.0 0.0.255.255 any eq www",
	                "10.1.0.0/16"},
	        {"X", "ip access-list extended X\n permit ip any any\n permit ip host 10.1.1.1 any",
	                "0.0.0.0/0 10.1.1.1/32"},
	        {"X",
	                "ip access-list standard X\n 20 permit 10.2.0.0 0.0.255.255\n 10 permit "
	                "10.1.0.0 0.0.255.255",
	                "10.1.0.0/16 10.2.0.0/16"},
	        {"X", "ipv6 access-list X\n permit ipv6 2001:DB8:1::/48 any\n deny ipv6 any any",
	                "2001:DB8:1::/48"},
	        {"Y", "ip access-list standard X\n permit any", ""},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct fx_config *c = build(t[i].text);
		struct prefix nets[4];
		char got[200] = "", one[PREFIX_STRLEN];
		size_t n = fx_acl_subnets(c, t[i].list, nets, 4);

		for (size_t k = 0; k < n; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", k ? " " : "",
			        prefix_fmt(&nets[k], one));
		if (strcmp(got, t[i].want) != 0)
			fail_msg("%s: \"%s\"", t[i].text, got);
		fx_config_free(c);
	}
}

/* ---- complete or not
 * ----------------------------------------------------------------------------------------------------------------------
 */

static void reason(const char *more, char why[200], struct fx_resolved *r)
{
	char *text = example("guide-psk.cfg");
	char *all = xmalloc(strlen(text) + strlen(more) + 2);

	sprintf(all, "%s\n%s", text, more);
	struct fx_config *c = build(all);

	strcpy(why, "");
	if (!fx_client_resolve(c, fx_find_client(c, "flex"), r, why, 200))
		assert_true(why[0]);
	fx_config_free(c);
	free(all);
	free(text);
}

static void a_client_says_what_it_lacks(void **s)
{
	static const struct {
		const char *more, *part;
	} t[] = {
	        {"", ""},
	        {"crypto ikev2 client flexvpn flex\n no peer 1", "no peer"},
	        {"crypto ikev2 client flexvpn flex\n no client connect Tunnel0",
	                "no `client connect`"},
	        {"crypto ikev2 client flexvpn flex\n client connect Tunnel9",
	                "Tunnel9 is not configured"},
	        {"interface Tunnel0\n shutdown", "shut down"},
	        {"interface Tunnel0\n no tunnel source", "no tunnel source"},
	        {"interface Tunnel0\n no tunnel destination", "tunnel destination dynamic"},
	        {"interface Tunnel0\n tunnel destination 10.9.9.9", "tunnel destination dynamic"},
	        {"interface Tunnel0\n no tunnel protection ipsec profile ipsecprof",
	                "no tunnel protection"},
	        {"interface Tunnel0\n tunnel protection ipsec profile other",
	                "IPsec profile other is not configured"},
	        {"interface Tunnel0\n tunnel protection ipsec profile default", "no IKEv2 profile"},
	        {"no crypto ipsec transform-set trans", "transform set trans"},
	        {"crypto ipsec transform-set trans esp-des", "esp-des"},
	        {"crypto ipsec profile ipsecprof\n responder-only", "responders only"},
	        {"crypto ipsec profile ipsecprof\n set pfs group24", "group24"},
	        {"no crypto ikev2 profile prof", "IKEv2 profile prof is not configured"},
	        {"crypto ikev2 profile prof\n shutdown", "shut down"},
	        {"crypto ikev2 profile prof\n no authentication local", "authentication method"},
	        {"crypto ikev2 profile prof\n authentication local eap",
	                "remote method must be rsa-sig or ecdsa-sig"},
	        {"crypto ikev2 profile prof\n no match identity remote address 10.0.0.1 255.0.0.0",
	                "no match"},
	        {"no crypto ikev2 keyring key", "keyring key"},
	};
	char why[200];
	struct fx_resolved r;

	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		reason(t[i].more, why, &r);
		if (*t[i].part ? !strstr(why, t[i].part) : why[0])
			fail_msg("%s: \"%s\"", t[i].more, why);
	}
}

/* ---- weak algorithms ---- */

static unsigned warnings;
static char last_warning[200];

static void count_warning(void *ctx, enum log_sev sev, const char *line)
{
	(void)ctx;
	(void)sev;
	if (!strstr(line, "WEAK_ALGORITHM"))
		return;
	warnings++;
	snprintf(last_warning, sizeof(last_warning), "%s", strchr(line, '%'));
}

static void weak_algorithms_are_warned_of_once(void **s)
{
	struct log_sink *sink = log_sink_add(count_warning, NULL, LOG_SEV_DEBUG);
	char *text = example("guide-psk.cfg"), *more = xmalloc(strlen(text) + 200);
	struct fx_config *guide = build(text), *strong = build_example("two-hubs.cfg");

	(void)s;
	warnings = 0;
	fx_warn_weak(NULL, strong);
	assert_int_equal(warnings, 0);
	fx_warn_weak(NULL, guide);
	assert_int_equal(warnings, 2); /* esp-aes alone, and group2 */
	assert_string_equal(last_warning, "%CRYPTO-4-WEAK_ALGORITHM: IPsec profile ipsecprof uses "
	                                  "DH group 2, which offers no adequate protection");
	fx_warn_weak(guide, guide);
	assert_int_equal(warnings, 2);
	sprintf(more, "%s\ncrypto ikev2 proposal P\n encryption 3des\n", text);
	struct fx_config *weaker = build(more);

	fx_warn_weak(guide, weaker);
	assert_int_equal(warnings, 3);
	assert_non_null(strstr(last_warning, "IKEv2 proposal P uses 3DES"));
	sprintf(more, "%s\ncrypto engine compliance shield disable\n", text);
	struct fx_config *silent = build(more);

	fx_warn_weak(NULL, silent);
	assert_int_equal(warnings, 3);
	fx_warn_weak(silent, guide); /* the shield is back */
	assert_int_equal(warnings, 5);
	fx_config_free(silent);
	fx_config_free(weaker);
	fx_config_free(strong);
	fx_config_free(guide);
	free(more);
	free(text);
	log_sink_remove(sink);
}

/* ---- authorization lists: "When you enter a typo in authorization list under ikev2 profile, it
 * automatically goes back to the default list."
 * ----------------------------------------------------------------------------------------------------------------
 */

static void a_mistyped_authorization_list_is_the_default_list(void **s)
{
	static const struct {
		const char *aaa;
		const char *policy;
	} t[] = {
	        {"", "flex"},
	        {"aaa new-model\naaa authorization network local-group-author-list local", "flex"},
	        {"aaa new-model\naaa authorization network local-group-author-list none",
	                "default"},
	        {"aaa new-model\naaa authorization network default local", "flex"},
	        {"aaa new-model\naaa authorization network default none", "default"},
	        {"aaa new-model\naaa authorization network default none\n"
	         "aaa authorization network local-group-author-list local",
	                "flex"},
	        {"no crypto ikev2 authorization policy flex", "default"},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		char *text = example("guide-psk.cfg"), why[200];
		char *all = xmalloc(strlen(text) + 400);

		sprintf(all, "%s\n%s", text, t[i].aaa);
		struct fx_config *c = build(all);
		struct fx_resolved r;

		assert_true(fx_client_resolve(c, fx_find_client(c, "flex"), &r, why, sizeof(why)));
		if (strcmp(r.author->name, t[i].policy) != 0)
			fail_msg("%s: policy %s", t[i].aaa, r.author->name);
		fx_config_free(c);
		free(all);
		free(text);
	}
}

/* ---- what the engine is told
 * ------------------------------------------------------------------------------------------------------------
 */

static void peering_of_the_guide(void **s)
{
	struct fx_config *c = build_example("guide-psk.cfg");
	struct ipaddr local = ip("172.16.0.1"), peer = ip("10.0.0.1");
	struct fx_resolved r;
	struct ike_peering p;
	char why[200];

	(void)s;
	assert_true(fx_client_resolve(c, fx_find_client(c, "flex"), &r, why, sizeof(why)));
	assert_true(fx_peering_build(c, &r, &local, &peer, NULL, &p, why, sizeof(why)));
	assert_int_equal(p.n_ike, 1);
	assert_int_equal(p.ike[0].encr[0].bits, 256);
	assert_true(p.n_esp >= 1);
	assert_int_equal(p.esp[p.n_esp - 1].integ[0], AUTH_NONE); /* as configured, last */
	assert_int_equal(p.esp[0].group[0], KE_MODP_1024);
	assert_int_equal(p.n_ts_local, 1);
	assert_int_equal(p.local_id.type, ID_IPV4_ADDR);
	assert_int_equal(p.local_psk.n, 5);
	fx_peering_fini(&p);
	fx_config_free(c);
}

static void peering_takes_the_policy_of_the_local_address(void **s)
{
	char *text = example("two-hubs.cfg");
	char *all = xmalloc(strlen(text) + 400), why[200];
	struct ipaddr local = ip("192.0.2.2"), elsewhere = ip("192.0.2.3"),
	              peer = ip("198.51.100.1");
	struct fx_resolved r;
	struct ike_peering p;

	(void)s;
	sprintf(all,
	        "%s\ncrypto ikev2 proposal OLD\n encryption 3des\n integrity sha1\n group 5\n"
	        "crypto ikev2 policy OLD\n match address local 192.0.2.2\n proposal OLD\n",
	        strtok(text, ""));
	/* `end` in the example stops a load: what follows it comes in its place */
	char *end = strstr(all, "\nend\n");

	memmove(end + 1, end + 5, strlen(end + 5) + 1);
	struct fx_config *c = build(all);

	assert_true(fx_client_resolve(c, fx_find_client(c, "DC"), &r, why, sizeof(why)));
	assert_true(fx_peering_build(c, &r, &local, &peer, NULL, &p, why, sizeof(why)));
	assert_int_equal(p.ike[0].encr[0].id, ENCR_3DES);
	assert_int_equal(p.n_ike, 1);
	fx_peering_fini(&p);
	assert_true(fx_peering_build(c, &r, &elsewhere, &peer, NULL, &p, why, sizeof(why)));
	assert_int_equal(p.ike[0].encr[0].id, ENCR_AES_GCM_16);
	assert_int_equal(p.ike_lifetime_s, 28800);
	assert_int_equal(p.child_lifetime_s, 1800);
	assert_int_equal(p.local_id.type, ID_FQDN);
	fx_peering_fini(&p);
	fx_config_free(c);
	free(all);
	free(text);
}

static bool dpd_is(const struct ike_dpd *d, uint32_t interval_ms, uint32_t retry_ms, bool fast)
{
	return d->interval_ms == interval_ms && d->retry_ms == retry_ms && d->fast == fast &&
	       !d->on_demand;
}

static void liveness_checks_are_in_seconds_or_milliseconds(void **state)
{
	struct fx_config *c = build("crypto ikev2 profile A\ndpd 1 1 periodic fast\n"
	                            "crypto ikev2 profile B\ndpd 20 3 periodic fast\n"
	                            "crypto ikev2 profile C\ndpd 10 2 periodic\n"
	                            "crypto ikev2 dpd msec 100 50 periodic fast\n");

	(void)state;
	assert_true(dpd_is(&fx_find_profile(c, "A")->dpd, 1000, 1000, true));
	assert_true(dpd_is(&fx_find_profile(c, "B")->dpd, 20000, 3000, true));
	assert_true(dpd_is(&fx_find_profile(c, "C")->dpd, 10000, 2000, false));
	assert_true(c->g.has_dpd && dpd_is(&c->g.dpd, 100, 50, true));
	fx_config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(guide_client_and_tunnel),
	        cmocka_unit_test(guide_ikev2),
	        cmocka_unit_test(guide_ipsec_and_lists),
	        cmocka_unit_test(guide_prints_back),
	        cmocka_unit_test(examples_print_to_a_fixpoint),
	        cmocka_unit_test(indentation_and_separators_mean_nothing),
	        cmocka_unit_test(blanks_and_capitals_of_keywords_mean_nothing),
	        cmocka_unit_test(order_of_entry_means_nothing),
	        cmocka_unit_test(two_hubs_ikev2),
	        cmocka_unit_test(two_hubs_keys_are_one_for_each_direction),
	        cmocka_unit_test(two_hubs_rest),
	        cmocka_unit_test(a_whole_running_config_has_a_complete_client),
	        cmocka_unit_test(defaults_are_there_without_a_line),
	        cmocka_unit_test(defaults_can_be_changed_line_by_line),
	        cmocka_unit_test(defaults_can_be_disabled_and_come_back),
	        cmocka_unit_test(proposals_need_their_parts),
	        cmocka_unit_test(transform_words),
	        cmocka_unit_test(access_lists_name_networks),
	        cmocka_unit_test(a_client_says_what_it_lacks),
	        cmocka_unit_test(weak_algorithms_are_warned_of_once),
	        cmocka_unit_test(a_mistyped_authorization_list_is_the_default_list),
	        cmocka_unit_test(peering_of_the_guide),
	        cmocka_unit_test(liveness_checks_are_in_seconds_or_milliseconds),
	        cmocka_unit_test(peering_takes_the_policy_of_the_local_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
