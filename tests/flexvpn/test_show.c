/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the show commands print of a session that is up, exactly as IOS lays it out (a `~` stands
 * for a number that the keys or the SPIs decide), and that every one of them gives well-formed JSON
 * from the same walk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "flexvpn/exec.h"
#include "grammar/gen/exec.h"
#include "lib_world.h"

#include "flexvpn/counters.h"
#include "flexvpn/failures.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static struct out shown;

/* Runs a handler as a terminal would; what it printed is in `shown`. */
#define SHOW(w, how, fn, ...)                                                                      \
	do {                                                                                       \
		struct gl_exec_##fn args_ = {__VA_ARGS__};                                         \
		struct exec e_ = {.fx = (w)->x, .o = &shown};                                      \
                                                                                                   \
		out_fini(&shown);                                                                  \
		out_init(&shown, how);                                                             \
		exec_##fn(&e_, &args_);                                                            \
	} while (0)

static int setup(void **s)
{
	struct world *w = world_new();

	world_enter(w, world_guide_example);
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	world_run(w, 2 * SECOND);
	*s = w;
	out_init(&shown, OUT_TEXT);
	return 0;
}

static int teardown(void **s)
{
	out_fini(&shown);
	world_free(*s);
	return 0;
}

/* ---- text
 * ------------------------------------------------------------------------------------------------------------------------
 */

/* Equal, where a `~` in the pattern takes letters and digits, at least one; blanks may stand before
 * them (the day of a month). */
static bool like(const char *got, const char *want)
{
	while (*want) {
		if (*want == '~') {
			while (*got == ' ')
				got++;
			if (!isalnum((unsigned char)*got))
				return false;
			while (isalnum((unsigned char)*got))
				got++;
			want++;
		} else if (*got++ != *want++) {
			return false;
		}
	}
	return !*got;
}

static void assert_shown(const char *want)
{
	if (!like(out_str_so_far(&shown), want))
		assert_string_equal(out_str_so_far(&shown), want);
}

static const char want_show_crypto_ikev2_client_flexvpn[] =
        "  Profile : flex\n"
        "  Current state:ACTIVE\n"
        "  Peer : 10.0.0.1\n"
        "  Source : Ethernet0/0\n"
        "  ivrf : IP DEFAULT\n"
        "  fvrf : IP DEFAULT\n"
        "  Backup group: None\n"
        "  Tunnel interface : Tunnel0\n"
        "  Assigned IP address: 172.31.0.2\n"
        "  Connect : manual\n"
        "  In this state for : 00:01:02\n"
        "  Attempts : 1, connects : 1\n"
        "  Gateway list:\n"
        "      1  10.0.0.1                                static     in use\n"
        "  Last transitions:\n"
        "    *~ ~ ~:~:~.~  NEGOTIATING -> ACTIVE, peer 10.0.0.1: the session is established\n"
        "    *~ ~ ~:~:~.~  CONNECT_REQUIRED -> NEGOTIATING, peer 10.0.0.1: connect command\n"
        "    *~ ~ ~:~:~.~  INIT -> CONNECT_REQUIRED: the profile is complete\n"
        "  Network : 192.168.50.0/24\n"
        "  Network : 192.168.60.0/24\n"
        "\n";

/* The IKE SA of the tunnel as both `show crypto ikev2 sa` and `show crypto ikev2 session` print it.
 */
#define THE_SA                                                                                     \
	"Tunnel-id Local                 Remote                fvrf/ivrf            Status \n"     \
	"1         172.16.0.1/4500       10.0.0.1/4500         none/none            READY  \n"     \
	"      Encr: AES-CBC, keysize: 256, PRF: SHA512, Hash: SHA512, DH Grp:19, Auth sign: "     \
	"PSK, "                                                                                    \
	"Auth verify: PSK\n"                                                                       \
	"      Life/Active Time: 86400/62 sec\n"                                                   \
	"      CE id: 1001, Session-id: 1\n"                                                       \
	"      Status Description: Negotiation done\n"                                             \
	"      Local spi: ~       Remote spi: ~\n"                                                 \
	"      Local id: 172.16.0.1\n"                                                             \
	"      Remote id: 10.0.0.1\n"                                                              \
	"      Local req msg id:  3              Remote req msg id:  0         \n"                 \
	"      Local next msg id: 3              Remote next msg id: 0         \n"                 \
	"      Local req queued:  3              Remote req queued:  0         \n"                 \
	"      Local window:      5              Remote window:      5         \n"                 \
	"      DPD configured for 0 seconds, retry 0\n"                                            \
	"      Fragmentation not  configured.\n"                                                   \
	"      Dynamic Route Update: disabled\n"                                                   \
	"      Extended Authentication not configured.\n"                                          \
	"      NAT-T is not detected  \n"                                                          \
	"      Cisco Trust Security SGT is disabled\n"                                             \
	"      Initiator of SA : Yes\n"                                                            \
	"      Assigned host addr: 172.31.0.2\n"                                                   \
	"      Remote subnets:\n"                                                                  \
	"      192.168.50.0 255.255.255.0\n"                                                       \
	"      192.168.60.0 255.255.255.0\n"                                                       \
	"      PEER TYPE: Other\n"

static const char want_show_crypto_ikev2_sa[] = " IPv4 Crypto IKEv2  SA \n"
                                                "\n" THE_SA "\n"
                                                " IPv6 Crypto IKEv2  SA \n"
                                                "\n";

static const char want_show_crypto_ikev2_session[] =
        " IPv4 Crypto IKEv2 Session \n"
        "\n"
        "Session-id:1, Status:UP-ACTIVE, IKE count:1, CHILD count:1\n"
        "\n" THE_SA "Child sa: local selector  0.0.0.0/0 - 255.255.255.255/65535\n"
        "          remote selector 0.0.0.0/0 - 255.255.255.255/65535\n"
        "          ESP spi in/out: 0x~/0x~  \n"
        "          AH spi in/out: 0x0/0x0  \n"
        "          CPI in/out: 0x0/0x0  \n"
        "          Encr: AES-CBC, keysize: 128, esp_hmac: None\n"
        "          ah_hmac: None, comp: IPCOMP_NONE, mode tunnel\n"
        "\n"
        " IPv6 Crypto IKEv2 Session \n"
        "\n";

static const char want_show_crypto_ipsec_sa[] =
        "\n"
        "interface: Tunnel0\n"
        "    Crypto map tag: Tunnel0-head-0, local addr 172.16.0.1\n"
        "\n"
        "   protected vrf: (none)\n"
        "   local  ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)\n"
        "   remote ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)\n"
        "   current_peer 10.0.0.1 port 4500\n"
        "     PERMIT, flags={origin_is_acl,}\n"
        "    #pkts encaps: 0, #pkts encrypt: 0, #pkts digest: 0\n"
        "    #pkts decaps: 0, #pkts decrypt: 0, #pkts verify: 0\n"
        "    #pkts compressed: 0, #pkts decompressed: 0\n"
        "    #pkts not compressed: 0, #pkts compr. failed: 0\n"
        "    #pkts not decompressed: 0, #pkts decompress failed: 0\n"
        "    #pkts no sa (send) 0, #pkts invalid sa (rcv) 0\n"
        "    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 0\n"
        "    #pkts invalid prot (recv) 0, #pkts verify failed: 0\n"
        "    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0\n"
        "    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0\n"
        "    ##pkts replay failed (rcv): 0\n"
        "    #pkts tagged (send): 0, #pkts untagged (rcv): 0\n"
        "    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0\n"
        "    #pkts internal err (send): 0, #pkts internal err (recv) 0\n"
        "\n"
        "     local crypto endpt.: 172.16.0.1, remote crypto endpt.: 10.0.0.1\n"
        "     plaintext mtu 1438, path mtu 1500, ip mtu 1500, ip mtu idb Ethernet0/0\n"
        "     current outbound spi: 0x~(~)\n"
        "     PFS (Y/N): N, DH group: none\n"
        "\n"
        "     inbound esp sas:\n"
        "      spi: 0x~(~)\n"
        "        transform: esp-aes ,\n"
        "        in use settings ={Tunnel UDP-Encaps, }\n"
        "        conn id: 1, flow_id: SW:1, sibling_flags 80000040, crypto map: Tunnel0-head-0\n"
        "        sa timing: remaining key lifetime (k/sec): (4608000/3538)\n"
        "        IV size: 16 bytes\n"
        "        replay detection support: Y  replay window size: 64\n"
        "        Status: ACTIVE(ACTIVE)\n"
        "\n"
        "     inbound ah sas:\n"
        "\n"
        "     inbound pcp sas:\n"
        "\n"
        "     outbound esp sas:\n"
        "      spi: 0x~(~)\n"
        "        transform: esp-aes ,\n"
        "        in use settings ={Tunnel UDP-Encaps, }\n"
        "        conn id: 2, flow_id: SW:2, sibling_flags 80000040, crypto map: Tunnel0-head-0\n"
        "        sa timing: remaining key lifetime (k/sec): (4608000/3538)\n"
        "        IV size: 16 bytes\n"
        "        replay detection support: Y  replay window size: 64\n"
        "        Status: ACTIVE(ACTIVE)\n"
        "\n"
        "     outbound ah sas:\n"
        "\n"
        "     outbound pcp sas:\n"
        "\n";

static const char want_show_crypto_session[] =
        "Crypto session current status\n"
        "\n"
        "Code: C - IKE Configuration mode, D - Dead Peer Detection     \n"
        "K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     \n"
        "X - IKE Extended Authentication, F - IKE Fragmentation\n"
        "R - IKE Auto Reconnect, U - IKE Dynamic Route Update\n"
        "S - SIP VPN\n"
        "\n"
        "Interface: Tunnel0\n"
        "Profile: prof\n"
        "Uptime: 00:01:02\n"
        "Session status: UP-ACTIVE     \n"
        "Peer: 10.0.0.1 port 4500 fvrf: (none) ivrf: (none)\n"
        "      Phase1_id: 10.0.0.1\n"
        "      Desc: (none)\n"
        "  Session ID: 1  \n"
        "  IKEv2 SA: local 172.16.0.1/4500 remote 10.0.0.1/4500 Active \n"
        "          Capabilities:(none) connid:1 lifetime:23:58:58\n"
        "  IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 \n"
        "        Active SAs: 2, origin: crypto map\n"
        "        Inbound:  #pkts dec'ed 0 drop 0 life (KB/Sec) 4608000/3538\n"
        "        Outbound: #pkts enc'ed 0 drop 0 life (KB/Sec) 4608000/3538\n"
        "\n";

static const char want_show_ip_interface_brief[] =
        "Interface              IP-Address      OK? Method Status                Protocol\n"
        "Tunnel0                172.31.0.2      YES manual up                    up      \n"
        "Ethernet0/0            172.16.0.1      YES manual up                    up      \n";

static const char want_show_interfaces[] =
        "Tunnel0 is up, line protocol is up \n"
        "  Hardware is Tunnel\n"
        "  Internet address is 172.31.0.2/32\n"
        "  MTU 1500 bytes, BW 100 Kbit/sec, DLY 50000 usec, \n"
        "     reliability 255/255, txload 1/255, rxload 1/255\n"
        "  Encapsulation TUNNEL, loopback not set\n"
        "  Keepalive not set\n"
        "  Tunnel linestate evaluation up\n"
        "  Tunnel source 172.16.0.1 (Ethernet0/0), destination 10.0.0.1\n"
        "  Tunnel protocol/transport IPSEC/IP\n"
        "  Tunnel TTL 255, Fast tunneling enabled\n"
        "  Tunnel transport MTU 1500 bytes\n"
        "  Tunnel protection via IPSec (profile \"ipsecprof\")\n"
        "  Last clearing of \"show interface\" counters never\n"
        "     0 packets input, 0 bytes, 0 no buffer\n"
        "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored, 0 abort\n"
        "     0 packets output, 0 bytes, 0 underruns\n"
        "     0 output errors, 0 collisions, 0 interface resets\n"
        "Ethernet0/0 is up, line protocol is up \n"
        "  Hardware is Ethernet\n"
        "  Bound to device eth0\n"
        "  Internet address is 172.16.0.1/12\n"
        "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, \n"
        "     reliability 255/255, txload 1/255, rxload 1/255\n"
        "  Encapsulation ARPA, loopback not set\n"
        "  Last clearing of \"show interface\" counters never\n"
        "     0 packets input, 0 bytes, 0 no buffer\n"
        "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored, 0 abort\n"
        "     0 packets output, 0 bytes, 0 underruns\n"
        "     0 output errors, 0 collisions, 0 interface resets\n";

static void crypto_ikev2_client_flexvpn_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_crypto_ikev2_client_flexvpn, .kw_detail = true);
	assert_shown(want_show_crypto_ikev2_client_flexvpn);
}

static void crypto_ikev2_sa_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_crypto_ikev2_sa, .kw_detailed = true);
	assert_shown(want_show_crypto_ikev2_sa);
}

static void crypto_ikev2_session_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_crypto_ikev2_session, .kw_detailed = true);
	assert_shown(want_show_crypto_ikev2_session);
}

static void crypto_ipsec_sa_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_crypto_ipsec_sa, .kw_detail = true);
	assert_shown(want_show_crypto_ipsec_sa);
}

static void crypto_session_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_crypto_session, .kw_detail = true);
	assert_shown(want_show_crypto_session);
}

static void crypto_sessions_are_chosen_and_short(void **s)
{
	static const char head[] =
	        "Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating\n"
	        "        K - No IKE\n"
	        "ivrf = (none)\n"
	        "           Peer     I/F            Username            Group/Phase1_id      "
	        "Uptime "
	        "Status\n";
	static const char line[] = "       10.0.0.1     Tu0                                       "
	                           "10.0.0.1    00:01:02 "
	                           "    UA\n";
	struct world *w = *s;
	char both[600];

	snprintf(both, sizeof(both), "%s%s", head, line);
	SHOW(w, OUT_TEXT, show_crypto_session, .kw_brief = true);
	assert_shown(both);
	SHOW(w, OUT_TEXT, show_crypto_session, .kw_brief = true, .has_remote = true,
	        .remote = ipaddr_v4(0x0a000001));
	assert_shown(both);
	SHOW(w, OUT_TEXT, show_crypto_session, .kw_brief = true, .has_local = true,
	        .local = ipaddr_v4(0xac100001));
	assert_shown(both);
	SHOW(w, OUT_TEXT, show_crypto_session, .kw_brief = true, .has_remote = true,
	        .remote = ipaddr_v4(0x0a000002));
	assert_shown(head);
	SHOW(w, OUT_TEXT, show_crypto_session, .has_local = true, .local = ipaddr_v4(0x0a000001));
	assert_shown("Crypto session current status\n\n");
	SHOW(w, OUT_TEXT, show_crypto_session, .kw_detail = true, .has_local = true,
	        .local = ipaddr_v4(0xac100001));
	assert_shown(want_show_crypto_session);
}

static void ip_interface_brief_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_ip_interface_brief, 0);
	assert_shown(want_show_ip_interface_brief);
}

static void interfaces_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_interfaces, 0);
	assert_shown(want_show_interfaces);
}

static void ip_route_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_ip_route, 0);
	const char *table = strstr(out_str_so_far(&shown), "Gateway of last resort");

	assert_non_null(table);
	assert_string_equal(table, "Gateway of last resort is not set\n\n"
	                           "      172.16.0.0/32 is subnetted, 1 subnets\n"
	                           "L        172.16.0.1/32 is directly connected, Ethernet0/0\n"
	                           "      172.31.0.0/32 is subnetted, 1 subnets\n"
	                           "C        172.31.0.2/32 is directly connected, Tunnel0\n"
	                           "S     192.168.50.0/24 is directly connected, Tunnel0\n"
	                           "S     192.168.60.0/24 is directly connected, Tunnel0\n");
}

static void ip_route_summary_as_ios(void **s)
{
	static const char *const lines[] = {
	        "IP routing table name is default\nIP routing table maximum-paths is ",
	        "Route Source    Networks    Subnets     Replicates  Overhead    Memory (bytes)\n",
	        "\nconnected       0           2           0           0           ",
	        "\nstatic          2           0           0           0           ",
	        "\ninternal        2                                               0\n",
	        "\nTotal           4           2           0           0           "};
	struct world *w = *s;

	SHOW(w, OUT_TEXT, show_ip_route, .kw_summary = true);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!strstr(out_str_so_far(&shown), lines[i]))
			fail_msg("no \"%s\" in\n%s", lines[i], out_str_so_far(&shown));
	SHOW(w, OUT_TEXT, show_ip_route, .kw_summary = true, .has_vrf = true, .vrf = "NONE");
	assert_shown("% IP routing table vrf NONE does not exist\n");
}

static void one_route_shows_distance_and_tag(void **s)
{
	struct world *w = *s;

	SHOW(w, OUT_TEXT, show_ip_route, .has_addr = true,
	        .addr = ipaddr_v4(0xc0a83207)); /* 192.168.50.7 */
	assert_shown("Routing entry for 192.168.50.0/24\n  Known via \"static\", distance 2, "
	             "metric 0 (connected)\n  Tag 1\n"
	             "  Routing Descriptor Blocks:\n  * directly connected, via Tunnel0\n"
	             "      Route metric is 0, traffic share count is 1\n      Route tag 1\n");
	SHOW(w, OUT_TEXT, show_ip_route, .has_addr = true, .addr = ipaddr_v4(0x08080808));
	assert_shown("% Network not in table\n");
	SHOW(w, OUT_TEXT, show_ip_route, .has_addr = true,
	        .addr = ipaddr_v4(0xac1f0009)); /* 172.31.0.9 */
	assert_shown("% Subnet not in table\n");
}

static void access_lists_as_ios(void **s)
{
	struct world *w = *s;

	world_enter(w, "access-list 10 permit host 10.9.3.4\naccess-list 10 deny 10.9.0.0 "
	               "0.0.255.255\naccess-list 10 permit any\n"
	               "ip access-list extended WEB\n remark to the outside\n permit tcp any any "
	               "eq www\n 30 deny ip any any log\n"
	               "ipv6 access-list SIX\n permit ipv6 2001:DB8::/32 any");
	SHOW(w, OUT_TEXT, show_access_lists, 0);
	assert_shown("Standard IP access list 10\n    10 permit 10.9.3.4\n    20 deny   10.9.0.0, "
	             "wildcard bits 0.0.255.255\n"
	             "    30 permit any\n"
	             "Extended IP access list 199\n    10 permit ip 10.20.20.20 0.0.0.255 any\n"
	             "    20 permit ip 10.30.30.30 0.0.0.255 any\n"
	             "Extended IP access list WEB\n    10 permit tcp any any eq www\n    30 deny   "
	             "ip any any log\n"
	             "IPv6 access list SIX\n    permit ipv6 2001:DB8::/32 any sequence 10\n");
	SHOW(w, OUT_TEXT, show_ip_access_lists, .has_name = true, .name = "SIX");
	assert_shown("");
	SHOW(w, OUT_TEXT, show_access_lists, .has_name = true, .name = "10");
	assert_null(strstr(out_str_so_far(&shown), "199"));
}

static void kept_lines_are_listed_with_what_they_wait_for(void **s)
{
	struct world *w = *s;

	world_enter(w, "interface Tunnel0\n zone-member security m\n bandwidth 1000");
	SHOW(w, OUT_TEXT, show_configuration_unsupported, 0);
	assert_non_null(strstr(out_str_so_far(&shown),
	        "interface Tunnel0: zone-member security m   (waits for: zones)\n"));
	SHOW(w, OUT_TEXT, show_configuration_recorded, 0);
	assert_non_null(strstr(out_str_so_far(&shown), "interface Tunnel0: bandwidth 1000\n"));
	assert_null(strstr(out_str_so_far(&shown), "zone-member"));
}

static void nothing_is_there_without_a_session(void **s)
{
	struct world *w = *s;

	fx_client_disconnect(w->x, world_client(w, "flex"));
	world_run(w, 2 * SECOND);
	SHOW(w, OUT_TEXT, show_crypto_ikev2_sa, 0);
	assert_shown(" IPv4 Crypto IKEv2  SA \n\n IPv6 Crypto IKEv2  SA \n\n");
	SHOW(w, OUT_TEXT, show_crypto_ipsec_sa, 0);
	assert_shown("\nNo SAs found\n");
	SHOW(w, OUT_TEXT, show_crypto_session, 0);
	assert_shown(
	        "Crypto session current status\n\nInterface: Tunnel0\nProfile: prof\nSession "
	        "status: DOWN     \n"
	        "Peer: 0.0.0.0 port 500\n  IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 \n"
	        "        Active SAs: 0, origin: crypto map\n\n");
	SHOW(w, OUT_TEXT, show_ip_interface_brief, 0);
	assert_non_null(strstr(out_str_so_far(&shown), "Tunnel0                unassigned      YES "
	                                               "unset  up                    down    \n"));
}

/* No show command ever prints a key. */
static void keys_are_not_shown(void **s)
{
	struct world *w = *s;

	world_enter(w, "crypto ikev2 profile prof\n authentication local pre-share key sesame\n");
	SHOW(w, OUT_TEXT, show_crypto_ikev2_profile, 0);
	assert_null(strstr(out_str_so_far(&shown), "sesame"));
	assert_null(strstr(out_str_so_far(&shown), "cisco"));
}

/* ---- JSON
 * --------------------------------------------------------------------------------------------------------------------------
 */

/* A strict reader of the subset that the writer may use; NULL: not JSON. */
static const char *json_value(const char *p);

static const char *blanks(const char *p)
{
	return p ? p + strspn(p, " \n") : NULL;
}

static const char *json_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p == '\\' && !*++p)
			return NULL;
	}
	return *p ? p + 1 : NULL;
}

/* Members up to the closing bracket. */
static const char *json_members(const char *p, bool object, char close)
{
	p = blanks(p);
	if (p && *p == close)
		return p + 1;
	for (; p; p++) {
		p = blanks(p);
		if (object) {
			p = blanks(json_string(p));
			if (!p || *p++ != ':')
				return NULL;
		}
		p = blanks(json_value(blanks(p)));
		if (!p || *p == close)
			return p ? p + 1 : NULL;
		if (*p != ',')
			return NULL;
	}
	return NULL;
}

static const char *json_value(const char *p)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t n = strspn(p, "-0123456789");

	if (*p == '{')
		return json_members(p + 1, true, '}');
	if (*p == '[')
		return json_members(p + 1, false, ']');
	if (*p == '"')
		return json_string(p);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	return n ? p + n : NULL;
}

static void assert_json(const char *what)
{
	const char *text = out_str_so_far(&shown), *end = blanks(json_value(blanks(text)));

	if (!end || *end)
		fail_msg("%s: not JSON: %s", what, text);
}

#define JSON(w, fn, ...)                                                                           \
	do {                                                                                       \
		SHOW(w, OUT_JSON, fn, __VA_ARGS__);                                                \
		assert_json(#fn);                                                                  \
	} while (0)

/* ---- counters
 * -----------------------------------------------------------------------------------------------------------------
 */

static void engine_connections_as_ios(void **s)
{
	SHOW((struct world *)*s, OUT_TEXT, show_crypto_engine_connections_active, 0);
	assert_shown("Crypto Engine Connections\n\n"
	             "   ID  Type    Algorithm           Encrypt  Decrypt LastSeqN IP-Address\n"
	             "    1  IPsec   AES128                    0        0        0 172.16.0.1\n"
	             "    2  IPsec   AES128                    0        0        0 172.16.0.1\n"
	             " 1001  IKEv2   AES256+SHA512             0        0        0 172.16.0.1\n");
}

static void messages_are_counted_by_exchange(void **s)
{
	static const char head[] =
	        "EXCHANGE/NOTIFY                   TX(REQ)    TX(RES)    RX(REQ)    RX(RES)\n"
	        "--------------------------------------------------------------------------------\n"
	        "EXCHANGES\n";
	struct world *w = *s;
	const char *all;

	SHOW(w, OUT_TEXT, show_crypto_ikev2_stats_exchange, 0);
	all = out_str_so_far(&shown);
	assert_non_null(strstr(all,
	        "IKE_SA_INIT                             1          0          0          1\n"));
	assert_non_null(strstr(all,
	        "IKE_AUTH                                1          0          0          1\n"));
	SHOW(w, OUT_TEXT, clear_crypto_ikev2_stats, 0);
	SHOW(w, OUT_TEXT, show_crypto_ikev2_stats_exchange, 0);
	assert_shown(head);
}

static void failures_are_kept_while_asked_for(void **s)
{
	struct world *w = *s;
	const struct fx_client *c = world_client(w, "flex");

	fx_failure(w->x, c, 1, "nobody wants to know");
	world_enter(w, "crypto ikev2 diagnose error 2");
	for (unsigned i = 1; i <= 3; i++)
		fx_failure(w->x, c, i, i == 3 ? "the third" : "an early one");
	SHOW(w, OUT_TEXT, show_crypto_ikev2_diagnose_error, .has_entries = true, .entries = 1);
	assert_shown("Exit Path Table - status: enable, current entry 2, deleted 1, max allow 2\n\n"
	             "Error(3): the third\n  *~ ~ ~:~:~.~: FlexVPN(flex) peer 10.0.0.1\n");
	world_enter(w, "no crypto ikev2 diagnose error");
	SHOW(w, OUT_TEXT, show_crypto_ikev2_diagnose_error, 0);
	assert_shown(
	        "Exit Path Table - status: disable, current entry 0, deleted 0, max allow 0\n");
}

static void counters_are_shown_since_they_were_cleared(void **s)
{
	struct world *w = *s;
	struct net_link l;
	const struct fx_interface *i = fx_find_interface(w->x->cfg, "Ethernet0/0");

	assert_true(fx_link(w->x, i, &l));
	net_fake_count(w->x->b.net, l.index, 100);
	assert_int_equal(fx_counters_since(w->x, "Ethernet0/0", &l), 0);
	assert_false(fx_counters_clear(w->x, "Ethernet9/9"));
	assert_true(fx_counters_clear(w->x, NULL));
	net_fake_count(w->x->b.net, l.index, 107);
	assert_true(fx_link(w->x, i, &l));
	assert_true(fx_counters_since(w->x, "Ethernet0/0", &l) > 0);
	assert_int_equal(l.rx_packets, 7);
	assert_int_equal(l.tx_packets, 7);
	net_fake_count(w->x->b.net, l.index, 3); /* the device counts anew */
	assert_true(fx_link(w->x, i, &l));
	fx_counters_since(w->x, "Ethernet0/0", &l);
	assert_int_equal(l.rx_packets, 3);
}

/* What an SA counted stays when it is gone, and is told since all interfaces were cleared. */
static void the_data_plane_counts_packets_and_drops(void **s)
{
	struct world *w = *s;
	struct dp_counters c = {.pkts_out = 1000,
	        .bytes_out = 80000,
	        .pkts_in = 7,
	        .bytes_in = 700,
	        .replay = 3,
	        .no_buffer = 2};
	struct dp_sa_state sa;

	assert_true(w->b.dp_ops->sa_next(w->b.dp, 0, &sa));
	assert_true(dp_fake_count(w->b.dp, sa.sa.spi_in, &c, 1, 1));
	w->b.dp_ops->sa_clear_counters(w->b.dp);
	SHOW(w, OUT_TEXT, show_platform_dataplane, 0);
	assert_non_null(strstr(out_str_so_far(&shown), "SA pairs: 1, 1 sending\n"));
	assert_non_null(
	        strstr(out_str_so_far(&shown), "  encrypted           1000             80000       "
	                                       "      0             0            -\n"
	                                       "  decrypted              7               700       "
	                                       "      0             0            -\n"));
	assert_non_null(strstr(out_str_so_far(&shown),
	        "  Drops: 5\n                 2  no room in the socket\n"
	        "                 3  replayed, or behind the window\n"));
	assert_true(fx_counters_clear(w->x, NULL));
	assert_true(
	        dp_fake_count(w->b.dp, sa.sa.spi_in, &(struct dp_counters){.bad_icv = 1}, 1, 1));
	assert_int_equal(w->b.dp_ops->sa_del(w->b.dp, sa.sa.spi_in), 0);
	SHOW(w, OUT_TEXT, show_platform_dataplane, 0);
	assert_non_null(strstr(out_str_so_far(&shown),
	        "  Drops: 1\n                 1  integrity check failed\n"));
}

static void ip_interface_as_ios(void **s)
{
	struct world *w = *s;

	world_enter(w, "access-list 10 permit any\ninterface Ethernet0/0\n ip access-group 10 in\n "
	               "ip nat outside\ninterface Ethernet0/3");
	SHOW(w, OUT_TEXT, show_ip_interface, .has_ifname = true, .ifname = "Ethernet0/0");
	assert_shown("Ethernet0/0 is up, line protocol is up\n"
	             "  Internet address is 172.16.0.1/12\n"
	             "  Broadcast address is 255.255.255.255\n"
	             "  Address determined by configuration file\n"
	             "  MTU is 1500 bytes\n"
	             "  Helper address is not set\n"
	             "  Directed broadcast forwarding is disabled\n"
	             "  Outgoing Common access list is not set \n"
	             "  Outgoing access list is not set\n"
	             "  Inbound Common access list is not set \n"
	             "  Inbound  access list is 10\n"
	             "  Network address translation is enabled, interface in domain outside\n");
	SHOW(w, OUT_TEXT, show_ip_interface, .has_ifname = true, .ifname = "Ethernet0/3");
	assert_shown("Ethernet0/3 is down, line protocol is down\n"
	             "  Internet protocol processing disabled\n");
}

static void every_command_gives_json(void **s)
{
	struct world *w = *s;

	world_enter(w, "ip access-list standard A\n permit any\ninterface Tunnel0\n description a "
	               "\"quoted\" one\n bandwidth 9\n"
	               "vrf forwarding X");
	JSON(w, show_crypto_ikev2_sa, .kw_detailed = true);
	JSON(w, show_crypto_ikev2_session, .kw_detailed = true);
	JSON(w, show_crypto_ikev2_stats, 0);
	JSON(w, show_crypto_ikev2_stats_exchange, 0);
	JSON(w, show_crypto_ikev2_diagnose_error, 0);
	JSON(w, show_crypto_engine_connections_active, 0);
	JSON(w, show_platform_dataplane, 0);
	JSON(w, show_ip_interface, 0);
	JSON(w, show_arp, 0);
	JSON(w, show_ip_arp, 0);
	JSON(w, show_crypto_ikev2_proposal, 0);
	JSON(w, show_crypto_ikev2_policy, 0);
	JSON(w, show_crypto_ikev2_profile, 0);
	JSON(w, show_crypto_ikev2_authorization_policy, 0);
	JSON(w, show_crypto_ikev2_client_flexvpn, .kw_detail = true);
	JSON(w, show_crypto_ipsec_sa, .kw_detail = true);
	JSON(w, show_crypto_ipsec_profile, 0);
	JSON(w, show_crypto_ipsec_transform_set, 0);
	JSON(w, show_crypto_session, .kw_detail = true);
	JSON(w, show_crypto_session, .kw_brief = true);
	JSON(w, show_ip_route, 0);
	JSON(w, show_ip_route, .kw_summary = true);
	JSON(w, show_ip_route, .has_addr = true, .addr = ipaddr_v4(0xc0a83207));
	JSON(w, show_ipv6_route, 0);
	JSON(w, show_ip_interface_brief, 0);
	JSON(w, show_ipv6_interface_brief, 0);
	JSON(w, show_interfaces, 0);
	JSON(w, show_interfaces_description, 0);
	JSON(w, show_access_lists, 0);
	JSON(w, show_configuration_recorded, 0);
	JSON(w, show_configuration_unsupported, 0);
	JSON(w, show_monitor_event_trace_flexvpn, .kw_all = true);
}

static void every_attribute_that_was_pushed_is_shown(void **s)
{
	static const uint8_t four[4] = {10, 1, 1, 53}, yes[2] = {0, 1};
	static const struct ike_attr more[] = {
	        {CFG_IP4_DNS, 4, four},
	        {CFG_IP4_NBNS, 4, four},
	        {CFG_UNITY_DEF_DOMAIN, 12, (const uint8_t *)"corp.example"},
	        {CFG_UNITY_BANNER, 7, (const uint8_t *)"Welcome"},
	        {CFG_UNITY_SPLIT_DNS, 12, (const uint8_t *)"corp.example"},
	        {CFG_UNITY_BACKUP, 8, (const uint8_t *)"10.0.0.3"},
	        {CFG_UNITY_SAVE_PASSWD, 2, yes},
	        {CFG_APP_VERSION, 7, (const uint8_t *)"hub 1.0"},
	};
	static const char *const text[] = {"DNS: 10.1.1.53", "WINS: 10.1.1.53",
	        "Def domain: corp.example", "Banner: Welcome", "Split DNS: corp.example",
	        "Backup gateway: 10.0.0.3", "Save password: allowed",
	        "Application version: hub 1.0"};
	static const char *const json[] = {"\"dns\"", "\"wins\"", "\"default-domain\"",
	        "\"banner\"", "\"split-dns\"", "\"backup-gateways\"", "\"save-password\"",
	        "\"application-version\""};
	struct world *w = *s;
	struct world_hub *h = &w->hub[0];

	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		h->reply[h->n_reply++] = more[i];
	fx_client_restart(w->x, world_client(w, "flex"), "test");
	fx_client_connect(w->x, world_client(w, "flex"));
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	SHOW(w, OUT_TEXT, show_crypto_ikev2_session, .kw_detailed = true);
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		if (!strstr(sb_str(&shown.sb), text[i]))
			fail_msg("%s is not in\n%s", text[i], sb_str(&shown.sb));
	SHOW(w, OUT_JSON, show_crypto_ikev2_session, .kw_detailed = true);
	for (size_t i = 0; i < ARRAY_LEN(json); i++)
		assert_non_null(strstr(sb_str(&shown.sb), json[i]));
}

static void objects_of_one_kind(void **s)
{
	struct world *w = *s;

	world_enter(w,
	        "track 1 interface Ethernet0/0 line-protocol\ntrack 2 list boolean or\nobject 1\n"
	        "track 3 ip route 10.0.0.0/8 reachability\ntrack 4 ipv6 route 2001:db8::/32 "
	        "reachability\n"
	        "track 5 stub-object\nip sla 9\nicmp-echo probe.example.net\nexit\nexit\n"
	        "track 6 ip sla 9");
	SHOW(w, OUT_TEXT, show_track, .kw_interface = true, .kw_brief = true);
	assert_non_null(strstr(sb_str(&shown.sb), "\n1     interface   Ethernet0/0"));
	assert_null(strstr(sb_str(&shown.sb), "\n2 "));
	SHOW(w, OUT_TEXT, show_track, .kw_ip = true, .kw_route = true, .kw_brief = true);
	assert_non_null(strstr(sb_str(&shown.sb), "\n3 "));
	assert_null(strstr(sb_str(&shown.sb), "\n4 "));
	SHOW(w, OUT_TEXT, show_track, .kw_ipv6 = true, .kw_route = true);
	assert_null(strstr(sb_str(&shown.sb), "Track 3"));
	assert_non_null(
	        strstr(sb_str(&shown.sb), "Track 4\n  IPv6 route 2001:DB8::/32 reachability"));
	SHOW(w, OUT_TEXT, show_track, .kw_ip = true, .kw_sla = true);
	assert_non_null(strstr(sb_str(&shown.sb), "Track 6\n  IP SLA 9 state"));
	SHOW(w, OUT_TEXT, show_track, .kw_list = true);
	assert_non_null(strstr(sb_str(&shown.sb), "Track 2\n  List boolean or"));
	SHOW(w, OUT_TEXT, show_track, .kw_timers = true);
	assert_non_null(strstr(sb_str(&shown.sb), "ip sla          event-driven"));
	/* a target that is known by its name only */
	SHOW(w, OUT_TEXT, show_ip_sla_configuration, .has_number = false);
	assert_non_null(strstr(sb_str(&shown.sb), "probe.example.net/0.0.0.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                crypto_ikev2_client_flexvpn_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(crypto_ikev2_sa_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(crypto_ikev2_session_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(crypto_ipsec_sa_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(crypto_session_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                crypto_sessions_are_chosen_and_short, setup, teardown),
	        cmocka_unit_test_setup_teardown(ip_interface_brief_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(interfaces_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(ip_route_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(ip_route_summary_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(one_route_shows_distance_and_tag, setup, teardown),
	        cmocka_unit_test_setup_teardown(access_lists_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                kept_lines_are_listed_with_what_they_wait_for, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                nothing_is_there_without_a_session, setup, teardown),
	        cmocka_unit_test_setup_teardown(keys_are_not_shown, setup, teardown),
	        cmocka_unit_test_setup_teardown(engine_connections_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(messages_are_counted_by_exchange, setup, teardown),
	        cmocka_unit_test_setup_teardown(failures_are_kept_while_asked_for, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                counters_are_shown_since_they_were_cleared, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                the_data_plane_counts_packets_and_drops, setup, teardown),
	        cmocka_unit_test_setup_teardown(ip_interface_as_ios, setup, teardown),
	        cmocka_unit_test_setup_teardown(every_command_gives_json, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                every_attribute_that_was_pushed_is_shown, setup, teardown),
	        cmocka_unit_test_setup_teardown(objects_of_one_kind, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
