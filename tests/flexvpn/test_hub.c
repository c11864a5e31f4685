/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hub: our spokes against our hub. Each spoke gets an address, what its authorization policy
 * grants, and a Virtual-Access interface with the routes that it asked for; nothing of it is left
 * when it goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "flexvpn/hub.h"
#include "flexvpn/pool.h"
#include "flexvpn/session.h"
#include "grammar/gen/exec.h"
#include "lib_boxes.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const char hub_lines[] =
        "ip local pool FLEX 10.200.0.10 10.200.0.12\n"
        "ip access-list standard CORP\npermit 192.168.100.0 0.0.0.255\n"
        "crypto ikev2 authorization policy SPOKES\npool FLEX\nnetmask 255.255.255.0\n"
        "dns 192.168.100.53 192.168.100.54\nwins 192.168.100.60\ndef-domain corp.example\n"
        "banner #Welcome, all#\nsplit-dns corp.example\nsplit-dns lab.example\nbackup-gateway "
        "10.0.0.2\n"
        "route set interface\nroute set access-list CORP\n"
        "crypto ikev2 keyring KR\npeer any\naddress 0.0.0.0 0.0.0.0\npre-shared-key cisco\n"
        "crypto ikev2 profile HUB\nmatch identity remote fqdn domain example\n"
        "identity local fqdn hub.example\n"
        "authentication local pre-share\nauthentication remote pre-share\nkeyring local KR\n"
        "aaa authorization group psk list default SPOKES\nvirtual-template 1\n"
        "crypto ikev2 dpd 10 2 periodic\n"
        "interface Loopback0\nip address 10.200.0.1 255.255.255.255\n"
        "interface Virtual-Template1 type tunnel\nip unnumbered Loopback0\n"
        "tunnel source Ethernet0/0\ntunnel mode ipsec ipv4\n"
        "tunnel protection ipsec profile default";

static struct boxes *world(int n)
{
	struct boxes *b = boxes_new(n);
	char id[40], more[200];

	box_enter(&b->box[HUB], hub_lines);
	for (int i = 1; i < n; i++) {
		snprintf(id, sizeof(id), "fqdn spoke%d.example", i);
		snprintf(more, sizeof(more),
		        "ip access-list standard MINE\npermit 10.20.%d.0 0.0.0.255\n"
		        "crypto ikev2 authorization policy default\nroute set access-list MINE\n"
		        "crypto ikev2 dpd 10 2 periodic",
		        i);
		box_be_spoke(&b->box[i], id, more);
	}
	return b;
}

static const struct fx_pushed *pushed(struct box *b)
{
	return &fx_client_by_name(b->x, "flex")->pushed;
}

static size_t sessions(struct box *hub)
{
	size_t n = 0;

	for (const struct fx_spoke *s = fx_hub_first(hub->x); s; s = s->next)
		n++;
	return n;
}

static const struct fx_spoke *session_of(struct box *hub, const char *identity)
{
	char text[320];

	for (const struct fx_spoke *s = fx_hub_first(hub->x); s; s = s->next)
		if (strcmp(ike_id_fmt(&s->peer_id, text), identity) == 0)
			return s;
	return NULL;
}

/* ---- one spoke ----------------------------------------------------------------------- */

static void a_spoke_gets_what_its_policy_grants(void **state)
{
	struct boxes *b = world(2);
	struct box *spoke = &b->box[1];
	char text[PREFIX_STRLEN];

	(void)state;
	boxes_run(b, 2 * SECOND);
	assert_true(box_active(spoke));
	const struct fx_pushed *p = pushed(spoke);

	assert_string_equal(prefix_fmt(&p->addr4, text), "10.200.0.10/32");
	assert_int_equal(p->n_dns, 2);
	assert_int_equal(ipaddr_u32(&p->dns[1]), 0xc0a86436);
	assert_int_equal(p->n_nbns, 1);
	assert_string_equal(p->def_domain, "corp.example");
	assert_string_equal(p->banner, "Welcome, all");
	assert_int_equal(p->n_split_dns, 2);
	assert_string_equal(p->split_dns[1], "lab.example");
	assert_int_equal(p->n_backup, 1);
	assert_string_equal(p->backup[0], "10.0.0.2");
	assert_true(box_addr(spoke, "10.200.0.10/32", "Tunnel0"));
	assert_true(box_route(spoke, "192.168.100.0/24", "Tunnel0"));
	assert_true(box_route(spoke, "10.200.0.1/32", "Tunnel0"));
	boxes_free(b);
}

static void the_hub_has_an_interface_and_routes_for_it(void **state)
{
	struct boxes *b = world(2);
	struct box *hub = &b->box[HUB];
	const struct fx_interface *i;

	(void)state;
	boxes_run(b, 2 * SECOND);
	i = fx_find_interface(hub->x->cfg, "Virtual-Access1");
	assert_non_null(i);
	assert_true(fx_line_up(hub->x, i, NULL));
	assert_false(fx_line_up(hub->x, fx_find_interface(hub->x->cfg, "Virtual-Template1"), NULL));
	assert_true(box_addr(hub, "10.200.0.1/32", "Vi1"));
	assert_true(box_route(hub, "10.200.0.10/32", "Vi1"));
	assert_true(box_route(hub, "10.20.1.0/24", "Vi1"));
	assert_true(
	        boxes_logged(b, "Line protocol on Interface Virtual-Access1, changed state to up"));
	boxes_free(b);
}

/* The kernel's policies are told apart by 20 bits of the tunnel's number. */
static void its_tunnel_is_none_of_the_configured_ones(void **state)
{
	struct boxes *b = world(2);
	const struct fx_config *c;
	enum { KEY = 0xfffff };

	(void)state;
	box_enter(&b->box[HUB], "interface Tunnel0\ninterface Tunnel1");
	boxes_run(b, 2 * SECOND);
	c = b->box[HUB].x->cfg;
	uint32_t access = fx_tunnel_id(fx_find_interface(c, "Virtual-Access1")) & KEY;

	assert_int_not_equal(access, fx_tunnel_id(fx_find_interface(c, "Tunnel0")) & KEY);
	assert_int_not_equal(access, fx_tunnel_id(fx_find_interface(c, "Tunnel1")) & KEY);
	boxes_free(b);
}

static void what_a_spoke_no_longer_offers_loses_its_route(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	boxes_run(b, 2 * SECOND);
	box_enter(&b->box[1], "ip access-list standard MINE\nno permit 10.20.1.0 0.0.0.255\npermit "
	                      "10.21.0.0 0.0.255.255");
	boxes_run(b, SECOND);
	assert_false(box_route(&b->box[HUB], "10.20.1.0/24", "Vi1"));
	assert_true(box_route(&b->box[HUB], "10.21.0.0/16", "Vi1"));
	boxes_free(b);
}

/* What would carry the tunnel's own packets into the tunnel is refused. */
static void a_spoke_cannot_take_its_own_address_into_the_tunnel(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	box_enter(&b->box[1], "ip access-list standard MINE\npermit 172.16.0.0 0.15.255.255");
	boxes_run(b, 2 * SECOND);
	assert_true(box_active(&b->box[1]));
	assert_false(box_route(&b->box[HUB], "172.16.0.0/12", "Vi1"));
	assert_true(box_route(&b->box[HUB], "10.20.1.0/24", "Vi1"));
	assert_true(boxes_logged(b, "it would carry the tunnel's own packets into the tunnel"));
	boxes_free(b);
}

/* ---- many ------------------------------------------------------------------------------ */

static void a_loss_leaves_nothing_behind_and_the_others_alone(void **state)
{
	struct boxes *b = world(4);
	struct box *hub = &b->box[HUB];
	char name[40];

	(void)state;
	boxes_run(b, 2 * SECOND);
	assert_int_equal(sessions(hub), 3);
	snprintf(name, sizeof(name), "%s", session_of(hub, "spoke2.example")->device);
	assert_true(box_route(hub, "10.20.2.0/24", name));
	b->box[2].cut = true;
	boxes_run(b, 2 * MINUTE);
	assert_int_equal(sessions(hub), 2);
	assert_null(session_of(hub, "spoke2.example"));
	assert_false(box_route(hub, "10.20.2.0/24", name));
	assert_true(box_active(&b->box[1]));
	assert_true(box_active(&b->box[3]));
	b->box[2].cut = false;
	boxes_run(b, 2 * MINUTE);
	assert_int_equal(sessions(hub), 3);
	assert_true(box_active(&b->box[2]));
	boxes_free(b);
}

static void a_session_that_was_cut_is_resumed(void **state)
{
	struct boxes *b = world(2);
	struct ike_sa_info info;

	(void)state;
	box_enter(&b->box[HUB], "crypto ikev2 profile HUB\nreconnect timeout 1200");
	box_enter(&b->box[1], "crypto ikev2 profile PROF\nreconnect");
	for (int i = 0; i < 2; i++) { /* the first session is older than the line */
		b->box[1].cut = true;
		boxes_run(b, 2 * MINUTE);
		assert_int_equal(sessions(&b->box[HUB]), 0);
		b->box[1].cut = false;
		boxes_run(b, 2 * MINUTE);
		assert_true(box_active(&b->box[1]));
	}
	assert_true(ike_sa_info(
	        b->box[HUB].x->ike, session_of(&b->box[HUB], "spoke1.example")->handle, &info));
	assert_true(info.resumed);
	assert_true(box_route(
	        &b->box[HUB], "10.20.1.0/24", session_of(&b->box[HUB], "spoke1.example")->device));
	boxes_free(b);
}

static void more_key_exchanges_as_configured(void **state)
{
	static const char lines[] =
	        "crypto ikev2 proposal MORE\nencryption aes-gcm-256\nprf sha384\ngroup 19\n"
	        "pqc mlkem768 optional\nadditional-key-exchange 2 20 21\n"
	        "crypto ikev2 policy default\nproposal MORE";
	struct boxes *b = boxes_new(2);
	struct ike_sa_info info;

	(void)state;
	box_enter(&b->box[HUB], hub_lines);
	box_enter(&b->box[HUB], lines);
	box_enter(&b->box[1], lines);
	box_be_spoke(&b->box[1], "fqdn spoke1.example", "crypto ikev2 dpd 10 2 periodic");
	boxes_run(b, 2 * SECOND);
	assert_true(box_active(&b->box[1]));
	assert_true(ike_sa_info(
	        b->box[HUB].x->ike, session_of(&b->box[HUB], "spoke1.example")->handle, &info));
	assert_int_equal(
	        info.suite.addke[0], ike_group_known(KE_ML_KEM_768) ? KE_ML_KEM_768 : KE_NONE);
	assert_int_equal(info.suite.addke[1], KE_ECP_384);
	boxes_free(b);
}

static void who_comes_back_gets_the_address_that_it_had(void **state)
{
	struct boxes *b = world(4);
	struct fx *x = b->box[2].x;
	struct prefix before;

	(void)state;
	boxes_run(b, 2 * SECOND);
	before = pushed(&b->box[2])->addr4;
	for (int i = 3; i > 0; i--)
		fx_client_disconnect(b->box[i].x, fx_client_by_name(b->box[i].x, "flex"));
	boxes_run(b, MINUTE);
	assert_true(box_active(&b->box[2]));
	assert_int_equal(prefix_cmp(&pushed(&b->box[2])->addr4, &before), 0);
	/* and after a crash, when the hub hears of the loss from the new session only */
	fx_client_by_name(x, "flex")->user_wants = false;
	ike_abandon(x->ike, fx_client_by_name(x, "flex")->handle, b->now);
	fx_client_disconnect(x, fx_client_by_name(x, "flex"));
	boxes_run(b, MINUTE);
	assert_true(box_active(&b->box[2]));
	assert_int_equal(prefix_cmp(&pushed(&b->box[2])->addr4, &before), 0);
	assert_int_equal(sessions(&b->box[HUB]), 3);
	boxes_free(b);
}

static void an_empty_pool_refuses_and_a_free_address_lets_in(void **state)
{
	struct boxes *b = world(5);
	int up = 0;

	(void)state;
	boxes_run(b, 2 * SECOND);
	for (int i = 1; i < 5; i++)
		up += box_active(&b->box[i]);
	assert_int_equal(up, 3);
	assert_true(boxes_logged(b, "INTERNAL_ADDRESS_FAILURE"));
	box_enter(&b->box[HUB], "ip local pool FLEX 10.200.1.1");
	boxes_run(b, MINUTE);
	for (int i = 1; i < 5; i++)
		assert_true(box_active(&b->box[i]));
	boxes_free(b);
}

static void many_at_once(void **state)
{
	struct boxes *b = world(BOXES);

	(void)state;
	box_enter(&b->box[HUB], "ip local pool FLEX 10.200.1.1 10.200.1.200");
	boxes_run(b, 2 * MINUTE);
	assert_int_equal(sessions(&b->box[HUB]), BOXES - 1);
	for (int i = 1; i < BOXES; i++)
		assert_true(box_active(&b->box[i]));
	boxes_free(b);
}

/* ---- the configuration ------------------------------------------------------------------ */

static void nobody_is_answered_without_a_virtual_template(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	box_enter(&b->box[HUB], "crypto ikev2 profile HUB\nno virtual-template 1");
	boxes_run(b, 10 * SECOND);
	assert_false(box_active(&b->box[1]));
	assert_int_equal(ike_counters(b->box[HUB].x->ike)->tx, 0);
	box_enter(&b->box[HUB], "crypto ikev2 profile HUB\nvirtual-template 1");
	boxes_run(b, 2 * MINUTE);
	assert_true(box_active(&b->box[1]));
	boxes_free(b);
}

static void a_stranger_is_refused_and_named(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	box_enter(&b->box[1], "crypto ikev2 profile PROF\nidentity local fqdn spoke1.elsewhere");
	boxes_run(b, 2 * SECOND);
	assert_false(box_active(&b->box[1]));
	assert_int_equal(sessions(&b->box[HUB]), 0);
	assert_true(boxes_logged(b,
	        "%IKEV2-3-NO_PROFILE: Peer 172.16.0.1: identity fqdn spoke1.elsewhere matches no "
	        "profile; nearest: profile HUB, match identity remote fqdn domain example"));
	boxes_free(b);
}

/* Of several lines the one that is most alike; of a hub, the client's own profile. */
static void the_nearest_line_is_named(void **state)
{
	static const struct {
		const char *identity, *line;
	} is[] = {
	        {"fqdn spoke1.lab.exemple",
	                "identity fqdn spoke1.lab.exemple matches no profile; nearest: profile "
	                "LAB, match identity remote fqdn spoke1.lab.ex"},
	        {"key-id spoky", "nearest: profile KEY, match identity remote key-id spoke"},
	        {"address 172.17.0.1",
	                "identity address 172.17.0.1 matches no profile; nearest: profile NET, "
	                "match identity remote address 172.16.0.0 255.255.0.0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(is); i++) {
		struct boxes *b = world(2);
		char line[100];

		box_enter(&b->box[HUB],
		        "crypto ikev2 profile LAB\nmatch identity remote fqdn spoke1.lab.ex\nmatch "
		        "identity remote email a@b.c\n"
		        "authentication local pre-share\nauthentication remote pre-share\nkeyring "
		        "local KR\nvirtual-template 1\n"
		        "crypto ikev2 profile KEY\nmatch identity remote key-id spoke\n"
		        "authentication local pre-share\nauthentication remote pre-share\nkeyring "
		        "local KR\nvirtual-template 1\n"
		        "crypto ikev2 profile NET\nmatch identity remote address 172.16.0.0 "
		        "255.255.0.0\nmatch identity remote address 10.0.0.0 255.0.0.0\n"
		        "authentication local pre-share\nauthentication remote pre-share\nkeyring "
		        "local KR\nvirtual-template 1");
		snprintf(line, sizeof(line), "crypto ikev2 profile PROF\nidentity local %s",
		        is[i].identity);
		box_enter(&b->box[1], line);
		boxes_run(b, 2 * SECOND);
		assert_false(box_active(&b->box[1]));
		assert_true(boxes_logged(b, is[i].line));
		boxes_free(b);
	}
}

static void a_hub_that_is_not_the_one_is_named_too(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	box_enter(&b->box[1], "crypto ikev2 profile PROF\nno match identity remote any\nmatch "
	                      "identity remote fqdn other.example");
	boxes_run(b, 2 * SECOND);
	assert_false(box_active(&b->box[1]));
	assert_true(
	        boxes_logged(b, "Peer 10.0.0.1: identity fqdn hub.example matches no profile; "
	                        "nearest: profile PROF, match identity remote fqdn other.example"));
	boxes_free(b);
}

static void the_identity_chooses_profile_and_policy(void **state)
{
	struct boxes *b = world(3);
	char text[PREFIX_STRLEN];

	(void)state;
	box_enter(&b->box[HUB],
	        "ip local pool GOLD 10.201.0.1 10.201.0.9\n"
	        "crypto ikev2 authorization policy GOLD\npool GOLD\ndns 192.168.100.99\n"
	        "crypto ikev2 authorization policy spoke1\ndns 192.168.100.77\n"
	        "crypto ikev2 name-mangler HOST\nfqdn hostname\n"
	        "crypto ikev2 profile HUB\nno match identity remote fqdn domain example\n"
	        "match identity remote fqdn spoke2.example\n"
	        "crypto ikev2 profile GOLD\nmatch identity remote fqdn domain example\n"
	        "authentication local pre-share\nauthentication remote pre-share\nkeyring local "
	        "KR\n"
	        "aaa authorization group psk list default GOLD\n"
	        "aaa authorization user psk list default name-mangler HOST\nvirtual-template 1");
	boxes_run(b, 2 * SECOND);
	assert_string_equal(session_of(&b->box[HUB], "spoke1.example")->profile, "GOLD");
	assert_string_equal(session_of(&b->box[HUB], "spoke2.example")->profile, "HUB");
	assert_string_equal(prefix_fmt(&pushed(&b->box[1])->addr4, text), "10.201.0.1/32");
	/* the user's attribute stands before the group's, which gives the rest */
	assert_int_equal(pushed(&b->box[1])->n_dns, 1);
	assert_int_equal(ipaddr_u32(&pushed(&b->box[1])->dns[0]), 0xc0a8644d);
	box_enter(&b->box[HUB], "crypto ikev2 profile GOLD\n"
	                        "aaa authorization group override psk list default GOLD");
	fx_client_disconnect(b->box[1].x, fx_client_by_name(b->box[1].x, "flex"));
	boxes_run(b, 2 * SECOND);
	assert_int_equal(ipaddr_u32(&pushed(&b->box[1])->dns[0]), 0xc0a86463);
	boxes_free(b);
}

static void a_changed_template_ends_its_sessions(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	boxes_run(b, 2 * SECOND);
	assert_int_equal(sessions(&b->box[HUB]), 1);
	box_enter(&b->box[HUB], "interface Virtual-Template1\nno tunnel protection ipsec profile");
	boxes_run(b, 100);
	assert_int_equal(sessions(&b->box[HUB]), 0);
	assert_null(fx_find_interface(b->box[HUB].x->cfg, "Virtual-Access1"));
	assert_false(box_route(&b->box[HUB], "10.20.1.0/24", "Vi1"));
	assert_false(box_active(&b->box[1]));
	boxes_free(b);
}

/* An interface that is configured while sessions are up finds its place in front of theirs. */
static void other_lines_leave_sessions_alone(void **state)
{
	struct boxes *b = world(2);

	(void)state;
	boxes_run(b, 2 * SECOND);
	const struct fx_spoke *s = fx_hub_first(b->box[HUB].x);
	uint32_t handle = s->handle;

	box_enter(&b->box[HUB], "interface Loopback7\nip address 10.7.7.7 255.255.255.255\n"
	                        "ip route 10.99.0.0 255.255.0.0 Null0");
	boxes_run(b, SECOND);
	assert_int_equal(fx_hub_first(b->box[HUB].x)->handle, handle);
	assert_true(box_route(&b->box[HUB], "10.20.1.0/24", "Vi1"));
	assert_non_null(fx_find_interface(b->box[HUB].x->cfg, "Virtual-Access1"));
	boxes_free(b);
}

static void limits_are_those_configured(void **state)
{
	struct boxes *b = world(4);
	const struct ike_counters *n = ike_counters(b->box[HUB].x->ike);
	int up = 0;

	(void)state;
	box_enter(&b->box[HUB], "crypto ikev2 limit max-sa 2");
	boxes_run(b, 2 * SECOND);
	for (int i = 1; i < 4; i++)
		up += box_active(&b->box[i]);
	assert_int_equal(up, 2);
	assert_true(n->half_open_dropped > 0);
	assert_int_equal(n->cookies_sent, 0);
	box_enter(&b->box[HUB], "no crypto ikev2 limit max-sa 2\ncrypto ikev2 cookie-challenge 1");
	boxes_run(b, 2 * MINUTE);
	for (int i = 1; i < 4; i++)
		assert_true(box_active(&b->box[i]));
	boxes_free(b);
}

/* With a threshold of one the second of two that come at the same time must show a cookie. */
static void cookies_are_asked_for_from_the_threshold_on(void **state)
{
	struct boxes *b = boxes_new(3);
	const struct ike_counters *n = ike_counters(b->box[HUB].x->ike);

	(void)state;
	box_enter(&b->box[HUB], hub_lines);
	box_enter(&b->box[HUB], "crypto ikev2 cookie-challenge 1");
	box_be_spoke(&b->box[1], "fqdn spoke1.example", "");
	box_be_spoke(&b->box[2], "fqdn spoke2.example", "");
	boxes_run(b, MINUTE);
	assert_true(n->cookies_sent > 0);
	assert_true(box_active(&b->box[1]));
	assert_true(box_active(&b->box[2]));
	boxes_free(b);
}

static void who_connects_out_is_limited_too(void **state)
{
	struct boxes *b = boxes_new(2);

	(void)state;
	b->box[HUB].cut = true;
	box_be_spoke(&b->box[1], "fqdn spoke1.example",
	        "crypto ikev2 limit max-in-negotation-sa 1 outgoing\n"
	        "crypto ikev2 keyring KR\npeer other\naddress 10.0.0.9\npre-shared-key cisco\n"
	        "interface Tunnel1\nip address negotiated\ntunnel source Ethernet0/0\n"
	        "tunnel destination dynamic\ntunnel mode ipsec ipv4\n"
	        "tunnel protection ipsec profile IPS\n"
	        "crypto ikev2 client flexvpn more\npeer 1 10.0.0.9\nconnect auto\n"
	        "client connect Tunnel1");
	boxes_run(b, SECOND);
	assert_int_equal(ike_negotiating(b->box[1].x->ike, true), 1);
	assert_int_equal(ike_negotiating(b->box[1].x->ike, false), 0);
	assert_string_equal(
	        fx_client_by_name(b->box[1].x, "more")->why, "the limit of IKE SAs is reached");
	boxes_free(b);
}

/* ---- manglers, pools, show ----------------------------------------------------------------- */

static void a_mangler_takes_the_part_that_it_names(void **state)
{
	struct fx_mangler m = {.fqdn = {.part = FX_MANGLE_TAIL},
	        .email = {.part = FX_MANGLE_HEAD},
	        .eap = {.part = FX_MANGLE_HEAD, .delimiter = '\\'}};
	struct ike_id fqdn = ike_id_text(ID_FQDN, "spoke1.corp.example");
	struct ike_id bare = ike_id_text(ID_FQDN, "spoke1");
	struct ike_id mail = ike_id_text(ID_RFC822_ADDR, "me@corp.example");
	struct ike_id key = ike_id_text(ID_KEY_ID, "x");
	char out[64];

	(void)state;
	assert_true(fx_mangled(&m, &fqdn, NULL, out, sizeof(out)));
	assert_string_equal(out, "corp.example");
	assert_false(fx_mangled(&m, &bare, NULL, out, sizeof(out)));
	assert_true(fx_mangled(&m, &mail, NULL, out, sizeof(out)));
	assert_string_equal(out, "me");
	assert_false(fx_mangled(&m, &key, NULL, out, sizeof(out)));
	assert_true(fx_mangled(&m, &key, "CORP\\me", out, sizeof(out)));
	assert_string_equal(out, "CORP");
	assert_false(fx_mangled(&m, &mail, NULL, out, 2));
}

static void ipv6_pools_count_in_prefixes(void **state)
{
	struct boxes *b = boxes_new(1);
	struct fx_leases *l = fx_leases_new();
	struct ike_id a = ike_id_text(ID_FQDN, "a"), c = ike_id_text(ID_FQDN, "c");
	struct ipaddr none = {0}, got;
	struct fx_pool_use use;
	char text[IPADDR_STRLEN];

	(void)state;
	box_enter(&b->box[0], "ipv6 local pool SIX 2001:DB8:0:FE::/63 64");
	const struct fx_config *cfg = b->box[0].x->cfg;

	assert_true(fx_lease(l, cfg, "SIX", AF_INET6, 1, &a, &none, &got));
	assert_string_equal(ipaddr_fmt(&got, text), "2001:DB8:0:FE::");
	assert_false(fx_lease(l, cfg, "SIX", AF_INET, 1, &a, &none, &got));
	assert_true(fx_lease(l, cfg, "SIX", AF_INET6, 2, &c, &none, &got));
	assert_string_equal(ipaddr_fmt(&got, text), "2001:DB8:0:FF::");
	assert_false(fx_lease(l, cfg, "SIX", AF_INET6, 3, &c, &none, &got));
	fx_pool_use(l, &cfg->pools.v[0], &use);
	assert_int_equal(use.size, 2);
	assert_int_equal(use.in_use, 2);
	fx_unlease(l, 1);
	assert_true(fx_lease(l, cfg, "SIX", AF_INET6, 4, &c, &none,
	        &got)); /* another's, for want of a fresh one */
	fx_leases_free(l);
	boxes_free(b);
}

static void show_ip_local_pool_counts(void **state)
{
	struct boxes *b = world(3);
	struct gl_exec_show_ip_local_pool args = {0};
	struct out o;
	struct exec e = {.fx = b->box[HUB].x, .o = &o};

	(void)state;
	boxes_run(b, 2 * SECOND);
	out_init(&o, OUT_TEXT);
	exec_show_ip_local_pool(&e, &args);
	assert_string_equal(out_str_so_far(&o), " Pool                     Begin           End     "
	                                        "           Free  In use   Blocked\n"
	                                        " FLEX                     10.200.0.10     "
	                                        "10.200.0.12           1       2         0\n");
	out_fini(&o);
	boxes_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_spoke_gets_what_its_policy_grants),
	        cmocka_unit_test(the_hub_has_an_interface_and_routes_for_it),
	        cmocka_unit_test(its_tunnel_is_none_of_the_configured_ones),
	        cmocka_unit_test(what_a_spoke_no_longer_offers_loses_its_route),
	        cmocka_unit_test(a_spoke_cannot_take_its_own_address_into_the_tunnel),
	        cmocka_unit_test(a_loss_leaves_nothing_behind_and_the_others_alone),
	        cmocka_unit_test(a_session_that_was_cut_is_resumed),
	        cmocka_unit_test(more_key_exchanges_as_configured),
	        cmocka_unit_test(who_comes_back_gets_the_address_that_it_had),
	        cmocka_unit_test(an_empty_pool_refuses_and_a_free_address_lets_in),
	        cmocka_unit_test(many_at_once),
	        cmocka_unit_test(nobody_is_answered_without_a_virtual_template),
	        cmocka_unit_test(a_stranger_is_refused_and_named),
	        cmocka_unit_test(the_nearest_line_is_named),
	        cmocka_unit_test(a_hub_that_is_not_the_one_is_named_too),
	        cmocka_unit_test(the_identity_chooses_profile_and_policy),
	        cmocka_unit_test(a_changed_template_ends_its_sessions),
	        cmocka_unit_test(other_lines_leave_sessions_alone),
	        cmocka_unit_test(limits_are_those_configured),
	        cmocka_unit_test(cookies_are_asked_for_from_the_threshold_on),
	        cmocka_unit_test(who_connects_out_is_limited_too),
	        cmocka_unit_test(a_mangler_takes_the_part_that_it_names),
	        cmocka_unit_test(ipv6_pools_count_in_prefixes),
	        cmocka_unit_test(show_ip_local_pool_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
