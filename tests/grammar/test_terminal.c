/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a terminal user sees of the real grammar: carets, messages, `?`, Tab; and interface names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/gen/lines.h"

static struct cfg_editor *editor(const char *lines)
{
	struct cfg *empty = cfg_new();
	struct cfg_editor *ed = cfg_editor_new(empty);

	assert_int_equal(cfg_load_text(ed, lines, NULL, NULL), 0);
	cfg_unref(empty);
	return ed;
}

/* ---- messages ------------------------------------------------------------------------------ */

static void config_answers(const char *enter, const char *line, size_t prompt, const char *want)
{
	struct cfg_editor *ed = editor(enter);
	struct gr_diag d = cfg_editor_line(ed, line, NULL);
	struct strbuf sb = {0};

	gr_diag_format(&d, line, prompt, &sb);
	assert_string_equal(sb_str(&sb), want);
	sb_fini(&sb);
	cfg_editor_free(ed);
}

static void exec_answers(const char *line, size_t prompt, const char *want)
{
	struct strbuf sb = {0}, canon = {0};
	int id;
	struct gr_diag d = gr_match_exec(line, 15, &id, &canon);

	gr_diag_format(&d, line, prompt, &sb);
	assert_string_equal(sb_str(&sb), want);
	sb_fini(&sb);
	sb_fini(&canon);
}

#define INVALID "% Invalid input detected at '^' marker.\n\n"

/* The caret stands under the first letter that no alternative has; under the first of an argument.
 */
static void carets(void **state)
{
	(void)state;
	exec_answers("show foooooooo", 7, "            ^\n" INVALID);
	config_answers("", "shoe ip interface brief", 11, "            ^\n" INVALID);
	config_answers("", "ip route 10.0.0.0 255.0.255.0 1.1.1.1", 11,
	        "                             ^\n" INVALID);
	config_answers("", "interface Foo0", 0, "          ^\n" INVALID);
	config_answers("interface Tunnel0\n", "ip mtu 67", 0, "       ^\n" INVALID);
	config_answers("interface Tunnel0\n", "shutdown now", 0, "         ^\n" INVALID);
	config_answers("", "  hostname a b", 0, "             ^\n" INVALID);
	config_answers("", "end now", 4, "        ^\n" INVALID);
}

static void incomplete_and_ambiguous(void **state)
{
	(void)state;
	exec_answers("show", 7, "% Incomplete command.\n\n");
	config_answers("", "ip route 10.0.0.0", 0, "% Incomplete command.\n\n");
	config_answers("", "interface Tunnel", 0, "% Incomplete command.\n\n");
	config_answers("", "no", 0, "% Incomplete command.\n\n");
	config_answers(
	        "crypto ikev2 profile p\n", "match i", 0, "% Ambiguous command:  \"match i\"\n");
	exec_answers("c", 0, "% Ambiguous command:  \"c\"\n");
}

static void brief_messages_name_the_word(void **state)
{
	struct cfg_editor *ed = editor("");
	struct strbuf sb = {0};
	const char *line = " ip route 10.0.0.0 255.0.255.0 x";
	struct gr_diag d = cfg_editor_line(ed, line, NULL);

	(void)state;
	gr_diag_brief(&d, line, &sb);
	assert_string_equal(sb_str(&sb), "Invalid input at \"255.0.255.0\"");
	sb_clear(&sb);
	d = cfg_editor_line(ed, "ip", NULL);
	gr_diag_brief(&d, "ip", &sb);
	assert_string_equal(sb_str(&sb), "Incomplete command");
	sb_fini(&sb);
	cfg_editor_free(ed);
}

static void a_line_too_long_is_refused(void **state)
{
	struct cfg_editor *ed = editor("interface Tunnel0\n");
	struct strbuf line = {0};

	(void)state;
	sb_puts(&line, "description ");
	for (int i = 0; i < 5000; i++)
		sb_putc(&line, 'x');
	assert_int_equal(cfg_editor_line(ed, sb_str(&line), NULL).status, GR_OK);
	for (int i = 0; i < 5000; i++)
		sb_putc(&line, 'x');
	assert_int_equal(cfg_editor_line(ed, sb_str(&line), NULL).status, GR_REFUSED);
	sb_fini(&line);
	cfg_editor_free(ed);
}

/* ---- help ---------------------------------------------------------------------------------- */

static void helps(int mode, const struct cfg *cfg, const char *text, size_t width, const char *want)
{
	struct strbuf sb = {0};

	gr_help(mode, 15, cfg, text, width, &sb);
	assert_string_equal(sb_str(&sb), want);
	sb_fini(&sb);
}

static void help_of_commands(void **state)
{
	(void)state;
	helps(GR_MODE_exec, NULL, "show clock ", 80,
	        "  detail  Display detailed information\n  |       Output modifiers\n  <cr>\n");
	helps(GR_MODE_global, NULL, "interface tunnel ", 80,
	        "  <0-2147483647>  Tunnel interface number\n");
	helps(GR_MODE_global, NULL, "do show clock detail ", 80,
	        "  |     Output modifiers\n  <cr>\n");
	helps(GR_MODE_if, NULL, "shutdown ", 80, "  <cr>\n");
	helps(GR_MODE_flexvpn, NULL, "no peer ", 80,
	        "  <1-255>     Sequence number, the lowest is preferred\n"
	        "  reactivate  Return to the most preferred peer when it is possible\n  <cr>\n");
	helps(GR_MODE_flexvpn, NULL, "peer 1 ", 80,
	        "  A.B.C.D     Address of the peer\n  X:X:X:X::X  Address of the peer\n  fqdn      "
	        "  Peer by name\n");
	helps(GR_MODE_flexvpn, NULL, "hostname ", 80, "  WORD  This system's network name\n");
}

static void help_of_words(void **state)
{
	(void)state;
	helps(GR_MODE_flexvpn, NULL, "p", 80, "peer  \n\n");
	helps(GR_MODE_flexvpn, NULL, "co", 80, "connect  \n\n");
	helps(GR_MODE_flexvpn, NULL, "client ", 80,
	        "  connect  Tunnel interface of the client\n  inside   Inside interface\n");
	helps(GR_MODE_flexvpn, NULL, "client zz", 80, "% Unrecognized command\n");
	helps(GR_MODE_flexvpn, NULL, "connect foo ", 80, "% Unrecognized command\n");
	helps(GR_MODE_ipsec_profile, NULL, "set pfs group1", 30,
	        "group1   group14  group15  \ngroup16  group19  \n\n");
	helps(GR_MODE_global, NULL, "interface tunnel 1", 80,
	        "  <0-2147483647>  Tunnel interface number\n");
	helps(GR_MODE_exec, NULL, "c ", 80, "% Ambiguous command:  \"c \"\n");
}

static void help_begins_with_the_title_of_the_mode(void **state)
{
	struct strbuf sb = {0};

	(void)state;
	gr_help(GR_MODE_flexvpn, 15, NULL, "", 80, &sb);
	assert_non_null(strstr(sb_str(&sb), "IKEv2 FlexVPN Client Profile commands:\n  backup "));
	assert_non_null(strstr(sb_str(&sb), "\n  default "));
	assert_non_null(strstr(sb_str(&sb), "\n  exit "));
	assert_non_null(strstr(sb_str(&sb), "\n  no "));
	assert_null(strstr(sb_str(&sb), "hostname")); /* of the section only */
	sb_fini(&sb);
}

static void help_shows_what_the_privilege_allows(void **state)
{
	struct strbuf user = {0}, privileged = {0};

	(void)state;
	gr_help(GR_MODE_exec, 1, NULL, "", 80, &user);
	gr_help(GR_MODE_exec, 15, NULL, "", 80, &privileged);
	assert_null(strstr(sb_str(&user), "\n  configure "));
	assert_non_null(strstr(sb_str(&privileged), "\n  configure "));
	sb_fini(&user);
	sb_fini(&privileged);
}

static void completes(int mode, const struct cfg *cfg, const char *text, const char *want)
{
	struct strbuf sb = {0};
	bool done = gr_complete(mode, 15, cfg, text, &sb);

	assert_int_equal(done, want != NULL);
	if (want)
		assert_string_equal(sb_str(&sb), want);
	sb_fini(&sb);
}

static void tab_completes_what_is_unique(void **state)
{
	struct cfg_editor *ed = editor("crypto ikev2 profile first\ncrypto ikev2 profile "
	                               "second\ntrack 7 interface Tunnel0 line-protocol\n");
	const struct cfg *c = cfg_editor_candidate(ed);

	(void)state;
	completes(GR_MODE_global, c, "crypto ikev2 cli", "crypto ikev2 client ");
	completes(GR_MODE_global, c, "  crypto   ikev2 cli", "  crypto   ikev2 client ");
	completes(GR_MODE_global, c, "crypto ikev2 p", NULL);
	completes(GR_MODE_global, c, "crypto ", NULL);
	completes(GR_MODE_global, c, "do sh", "do show ");
	completes(GR_MODE_global, c, "no hostn", "no hostname ");
	completes(GR_MODE_global, c, "interface tu", "interface Tunnel ");
	completes(GR_MODE_if, c, "host", "hostname ");
	completes(GR_MODE_ipsec_profile, c, "set ikev2-profile sec", "set ikev2-profile second ");
	completes(GR_MODE_ipsec_profile, c, "set ikev2-profile x", NULL);
	helps(GR_MODE_ipsec_profile, c, "set ikev2-profile f", 80, "first  \n\n");
	cfg_editor_free(ed);
}

/* ---- interface names ----------------------------------------------------------------------- */

static void interface_names(void **state)
{
	static const char *const rows[][2] = {
	        {"Tunnel0", "Tunnel0"},
	        {"tu 0", "Tunnel0"},
	        {"t7", "Tunnel7"},
	        {"TUNNEL 12", "Tunnel12"},
	        {"gi 0/1", "GigabitEthernet0/1"},
	        {"GigabitEthernet0/0/1.100", "GigabitEthernet0/0/1.100"},
	        {"g1", "GigabitEthernet1"},
	        {"fa0/1", "FastEthernet0/1"},
	        {"te1/1/1", "TenGigabitEthernet1/1/1"},
	        {"tw1/0/1", "TwoGigabitEthernet1/0/1"},
	        {"twe1/0/1", "TwentyFiveGigE1/0/1"},
	        {"fo1/1/1", "FortyGigabitEthernet1/1/1"},
	        {"hu1/0/1", "HundredGigE1/0/1"},
	        {"e0/0", "Ethernet0/0"},
	        {"Ethernet0", "Ethernet0"},
	        {"lo0", "Loopback0"},
	        {"virtual-a1", "Virtual-Access1"},
	        {"virtual-template 4", "Virtual-Template4"},
	        {"vl10", "Vlan10"},
	        {"po1", "Port-channel1"},
	        {"ce0/1/0", "Cellular0/1/0"},
	        {"nu0", "Null0"},
	        {"di1", "Dialer1"},
	        {"s0/0", "Serial0/0"},
	        {"BDI5", "BDI5"},
	        {"eth0", "eth0"},
	        {"enp3s0", "enp3s0"},
	        {"wlan0", "wlan0"},
	        {"br-lan", "br-lan"},
	        {"lo", "lo"},
	        {"ens18.100", "ens18.100"},
	        {"Foo0", NULL},
	        {"Tunnel", NULL},
	        {"Tunnel0/1", NULL},
	        {"Vlan0", NULL},
	        {"Loopback2147483648", NULL},
	        {"Gi0/1.0", NULL},
	        {"Gi0/", NULL},
	        {"averylongdevicename", NULL},
	        {"", NULL},
	        {"10.0.0.1", NULL},
	        {"Tunnel4294967296", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[40];
		bool ok = gr_ifname_canon(rows[i][0], out);

		if (ok != (rows[i][1] != NULL))
			fail_msg("%s: %s", rows[i][0], ok ? out : "refused");
		if (rows[i][1])
			assert_string_equal(out, rows[i][1]);
	}
}

static void interface_types_and_short_names(void **state)
{
	char out[40];

	(void)state;
	assert_true(gr_ifname_is("Tunnel0", "Tunnel"));
	assert_false(gr_ifname_is("Tunnel0", "Tun"));
	assert_false(gr_ifname_is("FastEthernet0/1", "Ethernet"));
	assert_string_equal(gr_ifname_short("GigabitEthernet0/1", out), "Gi0/1");
	assert_string_equal(gr_ifname_short("Tunnel0", out), "Tu0");
	assert_string_equal(gr_ifname_short("eth0", out), "eth0");
}

/* ---- whole texts --------------------------------------------------------------------------- */

static char *file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct strbuf sb = {0};
	char buf[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sb_add(&sb, buf, n);
	fclose(f);
	return sb_take(&sb);
}

static void the_example_of_the_guide_loads_and_prints(void **state)
{
	static const char *const lines[] = {
	        "crypto ikev2 client flexvpn flex\n  peer 1 10.0.0.1\n  connect manual\n  client "
	        "connect Tunnel0\n!\n",
	        "crypto ikev2 keyring key\n peer dvti\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key "
	        "cisco\n !\n!\n",
	        "\n keyring local key\n",
	        "\n config-exchange set send\n",
	        "\n tunnel mode ipsec ipv4\n tunnel destination dynamic\n tunnel protection ipsec "
	        "profile ipsecprof\n",
	        "\nip route 0.0.0.0 0.0.0.0 2.2.2.2\n",
	        "access-list 199 permit ip 10.20.20.20 0.0.0.255 any\naccess-list 199 permit ip "
	        "10.30.30.30 0.0.0.255 any\n",
	};
	char *text = file("examples/configs/guide-psk.cfg");
	struct cfg_editor *ed = editor(text);
	struct strbuf sb = {0};

	(void)state;
	cfg_print(cfg_editor_candidate(ed), false, &sb);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!strstr(sb_str(&sb), lines[i]))
			fail_msg("not printed: %s", lines[i]);
	sb_fini(&sb);
	cfg_editor_free(ed);
	free(text);
}

/* In an interface, `ip nat inside source …` is global's: it must not be read as the interface's `ip
 * nat inside` and more. */
static void no_with_a_longer_line_of_another_section(void **state)
{
	struct cfg_editor *ed = editor("ip nat inside source list 1 interface Tunnel0 "
	                               "overload\ninterface Tunnel0\nip nat inside\n");
	struct strbuf sb = {0};

	(void)state;
	assert_int_equal(cfg_editor_line(ed,
	                         "no ip nat inside source list 1 interface Tunnel0 overload", NULL)
	                         .status,
	        GR_OK);
	assert_int_equal(cfg_editor_mode(ed), GR_MODE_global);
	cfg_print(cfg_editor_candidate(ed), false, &sb);
	assert_string_equal(sb_str(&sb), "interface Tunnel0\n ip nat inside\n!\n");
	sb_fini(&sb);
	cfg_editor_free(ed);
}

static void the_command_reference_names_every_line(void **state)
{
	struct strbuf sb = {0};

	(void)state;
	gr_docs(&sb);
	assert_non_null(strstr(sb_str(&sb), "`crypto ikev2 client flexvpn WORD`"));
	assert_non_null(strstr(sb_str(&sb), "| `peer reactivate` |"));
	assert_non_null(strstr(sb_str(&sb), "`tunnel protection ipsec-profile WORD`"));
	sb_fini(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(carets),
	        cmocka_unit_test(incomplete_and_ambiguous),
	        cmocka_unit_test(brief_messages_name_the_word),
	        cmocka_unit_test(a_line_too_long_is_refused),
	        cmocka_unit_test(help_of_commands),
	        cmocka_unit_test(help_of_words),
	        cmocka_unit_test(help_begins_with_the_title_of_the_mode),
	        cmocka_unit_test(help_shows_what_the_privilege_allows),
	        cmocka_unit_test(tab_completes_what_is_unique),
	        cmocka_unit_test(interface_names),
	        cmocka_unit_test(interface_types_and_short_names),
	        cmocka_unit_test(the_example_of_the_guide_loads_and_prints),
	        cmocka_unit_test(no_with_a_longer_line_of_another_section),
	        cmocka_unit_test(the_command_reference_names_every_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
