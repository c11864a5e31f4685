/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gen LINES [routes]: a large configuration on standard output. Every block of 64 lines is one
 * FlexVPN client with its tunnel, profile, keyring, IPsec profile, track object and access list;
 * the rest of a block are static routes. With `routes`: `ip route` lines only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long lines;

#define P(...) (printf(__VA_ARGS__), putchar('\n'), lines++)

static void crypto_part(long i)
{
	P("crypto ikev2 keyring KR%ld", i);
	P(" peer HUB");
	P("  address 10.%ld.%ld.1", i / 250 % 250, i % 250);
	P("  pre-shared-key key-%ld", i);
	P("crypto ikev2 authorization policy AP%ld", i);
	P(" route set interface");
	P(" route set access-list L%ld", i);
	P("crypto ikev2 profile PR%ld", i);
	P(" match identity remote address 10.%ld.%ld.1 255.255.255.255", i / 250 % 250, i % 250);
	P(" authentication remote pre-share");
	P(" authentication local pre-share");
	P(" keyring local KR%ld", i);
	P(" dpd 10 2 periodic");
	P(" aaa authorization group psk list default AP%ld", i);
	P("crypto ipsec transform-set TS%ld esp-gcm 256", i);
	P(" mode tunnel");
	P("crypto ipsec profile IP%ld", i);
	P(" set transform-set TS%ld", i);
	P(" set pfs group19");
	P(" set ikev2-profile PR%ld", i);
}

static void client_part(long i)
{
	P("crypto ikev2 client flexvpn C%ld", i);
	P("  peer 1 10.%ld.%ld.1", i / 250 % 250, i % 250);
	P("  peer 2 10.%ld.%ld.2", i / 250 % 250, i % 250);
	P("  connect manual");
	P("  client connect Tunnel%ld", i);
	P("track %ld interface Tunnel%ld line-protocol", i % 1000 + 1, i);
	P(" delay down 5 up 20");
	P("interface Tunnel%ld", i);
	P(" ip address negotiated");
	P(" tunnel source Ethernet0/0");
	P(" tunnel mode ipsec ipv4");
	P(" tunnel destination dynamic");
	P(" tunnel protection ipsec profile IP%ld", i);
	P("ip access-list standard L%ld", i);
	for (int k = 0; k < 4; k++)
		P(" permit 192.168.%d.0 0.0.0.255", k);
}

static void route(long n)
{
	P("ip route 1%ld.%ld.%ld.0 255.255.255.0 192.0.2.%ld", n / 62500 % 90 + 1, n / 250 % 250,
	        n % 250, n % 200 + 1);
}

int main(int argc, char **argv)
{
	long want = argc > 1 ? strtol(argv[1], NULL, 10) : 64, block = 0, routes = 0;
	int only_routes = argc > 2 && strcmp(argv[2], "routes") == 0;

	while (lines < want) {
		long end = lines + 64;

		if (!only_routes) {
			crypto_part(block);
			client_part(block++);
		}
		while (lines < end && lines < want)
			route(routes++);
	}
	return 0;
}
