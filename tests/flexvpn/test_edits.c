/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an edit costs. The guide: "any change to this command terminates the active session", of
 * connect, client …, source and backup group, and of no other line. A session also ends when what
 * it was negotiated with is another one; everything else takes effect without it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };
enum cost { KEEPS, DROPS };

#define CLIENT  "crypto ikev2 client flexvpn flex\n"
#define AUTHOR  "crypto ikev2 authorization policy flex\n"
#define PROFILE "crypto ikev2 profile prof\n"
#define TUNNEL  "interface Tunnel0\n"

static const struct {
	const char *lines;
	enum cost cost;
} edits[] = {
        /* the client profile */
        {CLIENT "connect track 1 up", DROPS},
        {CLIENT "connect auto", DROPS},
        {CLIENT "client inside Ethernet0/1", DROPS},
        {CLIENT "no client inside Ethernet0/1", DROPS},
        {CLIENT "source 1 Ethernet0/0", DROPS},
        {CLIENT "source 1 Ethernet0/0 track 1", DROPS},
        {CLIENT "no source 1", DROPS},
        {CLIENT "backup group 7", DROPS},
        {CLIENT "backup group default", DROPS},
        {CLIENT "no backup group", DROPS},
        {CLIENT "peer 2 10.0.0.2", KEEPS},
        {CLIENT "peer 2 10.0.0.3 track 1", KEEPS},
        {CLIENT "no peer 2", KEEPS},
        {CLIENT "peer 1 10.0.0.1 track 1 up", KEEPS}, /* the same gateway, and possible */
        {CLIENT "peer 1 10.0.0.1", KEEPS},
        {CLIENT "peer 1 10.0.0.2", DROPS}, /* the gateway in use is gone */
        {CLIENT "peer 1 10.0.0.1", DROPS},
        {CLIENT "peer reactivate", KEEPS},
        {CLIENT "no peer reactivate", KEEPS},
        /* the authorization policy: told to the hub, or applied to the next session */
        {AUTHOR "route set access-list 199", KEEPS},
        {AUTHOR "no route set interface", KEEPS},
        {AUTHOR "route set interface", KEEPS},
        {AUTHOR "route set remote ipv4 10.77.0.0 255.255.0.0", KEEPS},
        {AUTHOR "route accept any distance 7", KEEPS},
        {AUTHOR "route accept any", KEEPS},
        /* access lists and routes */
        {"access-list 199 permit ip 10.40.40.0 0.0.0.255 any", KEEPS},
        {"no access-list 199", KEEPS},
        {"ip route 10.99.0.0 255.255.0.0 172.16.0.254", KEEPS},
        {"no ip route 10.99.0.0 255.255.0.0 172.16.0.254", KEEPS},
        /* the keyring: the next authentication */
        {"crypto ikev2 keyring key\npeer dvti\npre-shared-key other", KEEPS},
        {"crypto ikev2 keyring key\npeer dvti\npre-shared-key cisco", KEEPS},
        {"crypto ikev2 keyring key\npeer more\naddress 10.9.9.9\npre-shared-key more", KEEPS},
        /* the profile */
        {PROFILE "match identity remote fqdn hub.example.net", KEEPS},
        {PROFILE "lifetime 4000", KEEPS},
        {PROFILE "dpd 10 2 periodic", KEEPS},
        {PROFILE "identity local fqdn spoke.example.net", DROPS},
        {PROFILE "no identity local", DROPS},
        /* what is offered */
        {"crypto ikev2 proposal p\nencryption aes-cbc-256\nintegrity sha512\ngroup 19", KEEPS},
        {"crypto ipsec transform-set other esp-aes", KEEPS},
        {"crypto ipsec profile ipsecprof\nset transform-set other", DROPS},
        {"crypto ipsec profile ipsecprof\nset transform-set trans", DROPS},
        {"crypto ipsec profile ipsecprof\nset security-association lifetime seconds 7200", KEEPS},
        /* the tunnel */
        {TUNNEL "description to the hub", KEEPS},
        {TUNNEL "ip mtu 1380", KEEPS},
        {TUNNEL "tunnel source 172.16.0.1", DROPS},
        {TUNNEL "tunnel source Ethernet0/0", DROPS},
        /* others */
        {"interface Ethernet0/1\nip address 172.20.0.1 255.255.0.0", KEEPS},
        {"ip host a.example.net 10.8.8.8", KEEPS},
        {"hostname spoke", KEEPS},
        {TUNNEL "shutdown", DROPS},
};

static int setup(void **s)
{
	struct world *w = world_new();

	world_enter(w, world_guide_example);
	world_enter(w, "track 1 stub-object\ndefault-state up\n"
	               "platform interface Ethernet0/1 device eth1\ninterface Ethernet0/1\n"
	               "crypto ikev2 client flexvpn flex\nconnect auto");
	*s = w;
	return 0;
}

static int teardown(void **s)
{
	world_free(*s);
	return 0;
}

static void each_edit_costs_what_the_guide_says(void **s)
{
	struct world *w = *s;
	unsigned wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		struct fx_client *c = world_client(w, "flex");

		assert_true(world_until(w, "flex", FX_ACTIVE, 10 * MINUTE));
		uint32_t handle = c->handle, connects = c->connects;

		world_run(w, 10 * SECOND);
		world_enter(w, edits[i].lines);
		world_run(w, 10 * SECOND);
		bool kept = c->state == FX_ACTIVE && c->handle == handle && c->connects == connects;

		if (kept == (edits[i].cost == KEEPS))
			continue;
		wrong++;
		print_error("%s: \"%s\"\n", kept ? "keeps the session" : "drops the session",
		        edits[i].lines);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                each_edit_costs_what_the_guide_says, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
