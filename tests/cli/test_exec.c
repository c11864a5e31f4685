/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXEC commands about the terminal and the configurations. */
#include "lib_term.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static struct box B;
static struct term T;

static int up(void **state)
{
	(void)state;
	box_init(&B);
	term_open(&T, &B, PROTO_INTERACTIVE);
	return 0;
}

static int down(void **state)
{
	(void)state;
	term_close(&T);
	box_fini(&B);
	return 0;
}

static void configure(const char *const *lines, size_t n)
{
	say(&T, "configure terminal");
	for (size_t i = 0; i < n; i++) {
		const char *out = say(&T, lines[i]);

		if (T.status)
			fail_msg("%s: %s", lines[i], out);
	}
	say(&T, "end");
}

static void assert_matches(const char *text, const char *re)
{
	regex_t r;
	int rc;

	assert_int_equal(regcomp(&r, re, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
	rc = regexec(&r, text, 0, NULL, 0);
	regfree(&r);
	if (rc)
		fail_msg("no %s in:\n%s", re, text);
}

/* ---- running-config
 * ---------------------------------------------------------------------------------------------------
 */

static const char *const small[] = {"hostname R1", "interface Tunnel0", "description to the hub",
        "ip address negotiated", "interface Loopback0", "ip address 10.1.1.1 255.255.255.255"};

static void running_config_has_its_frame(void **state)
{
	const char *run;
	char *copy, *body;
	size_t bytes = 0;

	(void)state;
	configure(small, ARRAY_LEN(small));
	run = say(&T, "show running-config");
	assert_matches(run, "^Building configuration\\.\\.\\.$");
	assert_int_equal(
	        sscanf(run, "Building configuration...\n\nCurrent configuration : %zu bytes\n",
	                &bytes),
	        1);
	body = strstr(run, "!\n");
	assert_non_null(body);
	assert_int_equal(strlen(body), bytes + 1); /* one blank line behind the end */
	assert_string_equal(body + bytes - 4, "end\n\n");
	assert_non_null(strstr(
	        run, "interface Tunnel0\n description to the hub\n ip address negotiated\n"));
	copy = strdup(run);
	assert_string_equal(say(&T, "write terminal"), copy);
	free(copy);
}

static void parts_of_the_running_config(void **state)
{
	(void)state;
	configure(small, ARRAY_LEN(small));
	assert_string_equal(say(&T, "show running-config section Tunnel"),
	        "interface Tunnel0\n description to the hub\n ip address negotiated\n");
	assert_string_equal(say(&T, "show run | section Tunnel"),
	        "interface Tunnel0\n description to the hub\n ip address negotiated\n");
	assert_string_equal(say(&T, "show run int lo0"),
	        "Building configuration...\n\nCurrent configuration : 63 bytes\n!\n"
	        "interface Loopback0\n ip address 10.1.1.1 255.255.255.255\nend\n\n");
	assert_string_equal(say(&T, "show run | include ^hostname"), "hostname R1\n");
	assert_string_equal(
	        say(&T, "show run | count ^interface"), "Number of lines which match regexp = 2\n");
	assert_string_equal(say(&T, "show run int Tunnel9"),
	        "% Invalid interface: Tunnel9 is not configured\n");
	assert_int_equal(T.status, 1);
	say(&T, "show run section (");
	assert_int_equal(T.status, 1);
}

/* ---- saving
 * --------------------------------------------------------------------------------------------------------------
 */

static char *file_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 65536);

	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

static void write_memory_saves(void **state)
{
	struct stat st;
	char *text;

	(void)state;
	configure(small, ARRAY_LEN(small));
	assert_string_equal(say(&T, "show startup-config"), "startup-config is not present\n");
	assert_string_equal(say(&T, "write memory"), "Building configuration...\n[OK]\n");
	text = file_text(B.startup);
	assert_non_null(strstr(text, "hostname R1\n"));
	assert_string_equal(text + strlen(text) - 5, "\nend\n");
	free(text);
	assert_int_equal(stat(B.startup, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_matches(say(&T, "show startup-config"), "^Using [0-9]+ out of [0-9]+ bytes$");
	assert_non_null(strstr(say(&T, "show startup-config"), "hostname R1\n"));
}

static void a_save_that_fails_says_why(void **state)
{
	(void)state;
	assert_int_equal(mkdir(B.startup, 0700), 0);
	assert_matches(say(&T, "write"), "^% Error writing startup-config: .+$");
	assert_int_equal(T.status, 1);
	assert_int_equal(rmdir(B.startup), 0);
}

static void copy_asks_for_the_name(void **state)
{
	(void)state;
	assert_string_equal(say(&T, "copy running-config startup-config"), "");
	assert_string_equal(T.prompt, "Destination filename [startup-config]? ");
	assert_int_equal(T.prompt_flags, PROTO_PROMPT_ASK);
	assert_int_equal(T.status, -1); /* not done until answered */
	assert_string_equal(say(&T, ""), "Building configuration...\n[OK]\n");
	assert_string_equal(T.prompt, "Router#");
	assert_int_equal(access(B.startup, F_OK), 0);
	say(&T, "copy run start");
	say(&T, "flash:other");
	assert_int_equal(T.status, 1);
	say(&T, "copy run start");
	session_interrupt(T.s);
	assert_string_equal(T.prompt, "Router#");
}

static void a_script_is_not_asked(void **state)
{
	struct term t;

	(void)state;
	term_open(&t, &B, PROTO_SCRIPT);
	assert_string_equal(
	        say(&t, "copy running-config startup-config"), "Building configuration...\n[OK]\n");
	assert_int_equal(t.status, 0);
	assert_int_equal(access(B.startup, F_OK), 0);
	term_close(&t);
}

static void startup_merges_into_running(void **state)
{
	static const char *const change[] = {
	        "hostname R2", "no interface Tunnel0", "interface Tunnel1"};

	(void)state;
	configure(small, ARRAY_LEN(small));
	say(&T, "write memory");
	configure(change, ARRAY_LEN(change));
	say(&T, "copy startup-config running-config");
	assert_matches(say(&T, ""), "^[0-9]+ bytes copied in [0-9.]+ secs \\([0-9]+ bytes/sec\\)$");
	assert_string_equal(T.prompt, "R1#");
	assert_string_equal(say(&T, "show run | include ^interface"),
	        "interface Loopback0\ninterface Tunnel0\ninterface Tunnel1\n");
}

static void erase_asks_and_erases(void **state)
{
	(void)state;
	say(&T, "write memory");
	say(&T, "write erase");
	assert_int_equal(T.prompt_flags, PROTO_PROMPT_ASK | PROTO_PROMPT_KEY);
	assert_string_equal(say(&T, "n"), "");
	assert_int_equal(access(B.startup, F_OK), 0);
	say(&T, "erase startup-config");
	assert_string_equal(say(&T, ""), "[OK]\nErase of nvram: complete\n");
	assert_int_equal(access(B.startup, F_OK), -1);
	assert_string_equal(say(&T, "show startup-config"), "startup-config is not present\n");
}

static void reload_asks_what_is_unsaved(void **state)
{
	(void)state;
	configure(small, ARRAY_LEN(small));
	say(&T, "reload");
	assert_string_equal(T.prompt, "System configuration has been modified. Save? [yes/no]: ");
	assert_string_equal(say(&T, "perhaps"), "% Please answer 'yes' or 'no'.\n");
	say(&T, "yes");
	assert_int_equal(access(B.startup, F_OK), 0);
	assert_string_equal(T.prompt, "Proceed with reload? [confirm]");
	say(&T, "n");
	assert_int_equal(B.quits, 0);
	say(&T, "reload"); /* saved by now */
	assert_string_equal(T.prompt, "Proceed with reload? [confirm]");
	say(&T, "");
	assert_int_equal(B.quits, 1);
	assert_true(T.closed);
}

/* ---- the terminal
 * ------------------------------------------------------------------------------------------------------------
 */

static void settings_reach_the_client(void **state)
{
	(void)state;
	assert_int_equal(T.columns, 80);
	assert_int_equal(T.rows, 24);
	session_winsize(T.s, 132, 50);
	assert_int_equal(T.columns, 132);
	assert_int_equal(T.rows, 50);
	say(&T, "terminal length 0");
	say(&T, "term wid 511");
	assert_int_equal(T.columns, 511);
	assert_int_equal(T.rows, 0);
	session_winsize(T.s, 80, 24); /* what was typed stands */
	assert_int_equal(T.columns, 511);
	assert_int_equal(T.rows, 0);
}

static void levels_hide_commands(void **state)
{
	(void)state;
	assert_string_equal(say(&T, "show privilege"), "Current privilege level is 15\n");
	say(&T, "disable");
	assert_string_equal(say(&T, "show privilege"), "Current privilege level is 1\n");
	say(&T, "show running-config");
	assert_int_equal(T.status, 1);
	say(&T, "configure terminal");
	assert_int_equal(T.status, 1);
	assert_string_equal(T.prompt, "Router>");
	assert_matches(say(&T, "show version"), "^Router uptime is 0 minutes$");
	say(&T, "enable");
	assert_string_equal(T.prompt, "Router#");
	say(&T, "configure terminal");
	assert_int_equal(T.status, 0);
}

static void history_is_kept_by_mode_without_keys(void **state)
{
	static const char *const lines[] = {"hostname R1", "crypto ikev2 keyring k", "peer hub",
	        "pre-shared-key Hidden1", "hostname R1", "hostname R1", ""};

	(void)state;
	configure(lines, ARRAY_LEN(lines));
	assert_string_equal(say(&T, "show history"), "  configure terminal\n  show history\n");
	say(&T, "configure terminal");
	assert_string_equal(say(&T, "do show history"),
	        "  hostname R1\n  crypto ikev2 keyring k\n  peer hub\n"
	        "  pre-shared-key <hidden>\n  hostname R1\n  end\n  do show history\n");
	say(&T, "do terminal history size 2");
	assert_string_equal(
	        say(&T, "do show history"), "  do terminal history size 2\n  do show history\n");
}

static void version_has_what_inventories_read(void **state)
{
	const char *out;

	(void)state;
	configure(small, 1);
	out = say(&T, "show version");
	assert_matches(out, "Version [^ ]+");
	assert_matches(out, "^R1 uptime is ");
	assert_matches(out, "image file is \"/.+\"");
	assert_matches(out, "^cisco [^ ]+ .*bytes of .*memory");
	assert_matches(out, "^Processor board ID [^ ]+$");
	assert_matches(out, "^Configuration register is 0x2102$");
	assert_matches(out, "^Data plane is fake ");
	assert_matches(say(&T, "show clock"), "^\\*[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} UTC "
	                                      "[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]+$");
	assert_matches(say(&T, "show clock detail"), "^No time source$");
}

static void debugging_is_switched_and_shown(void **state)
{
	(void)state;
	assert_string_equal(say(&T, "debug crypto ikev2"), "IKEv2 default debugging is on\n");
	assert_string_equal(say(&T, "debug crypto ikev2 error"), "IKEv2 error debugging is on\n");
	assert_string_equal(
	        say(&T, "debug platform reconcile"), "Platform reconcile debugging is on\n");
	assert_true(dbg_on(DBG_IKEV2_ERROR));
	assert_string_equal(say(&T, "show debugging"),
	        "IKEV2:\n  IKEv2 default debugging is on\n  IKEv2 error debugging is on\n"
	        "Platform:\n  Platform reconcile debugging is on\n");
	assert_string_equal(
	        say(&T, "no debug crypto ikev2 error"), "IKEv2 error debugging is off\n");
	assert_false(dbg_on(DBG_IKEV2_ERROR));
	assert_string_equal(say(&T, "undebug all"), "All possible debugging has been turned off\n");
	assert_string_equal(say(&T, "show debugging"), "");
}

static void clear_logging_asks(void **state)
{
	(void)state;
	assert_non_null(strstr(say(&T, "show logging"), "%SYS-5-RESTART"));
	say(&T, "clear logging");
	assert_string_equal(T.prompt, "Clear logging buffer [confirm]");
	say(&T, "");
	assert_null(strstr(say(&T, "show logging"), "%SYS-5-RESTART"));
}

/* ---- the enable secret
 * ----------------------------------------------------------------------------------------------------------------------
 */

static void a_secret_is_asked_for_and_stored_hashed(void **state)
{
	static const char *const lines[] = {"enable secret let me in"};
	struct term t;

	(void)state;
	configure(lines, 1);
	assert_matches(say(&T, "show running-config | include enable"),
	        "^enable secret 9 \\$9\\$.{14}\\$.{43}$");
	term_open(&t, &B, PROTO_INTERACTIVE);
	assert_string_equal(t.prompt, "Router>");
	assert_string_equal(say(&t, "enable"), "");
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(sb_str(&t.out), "");
		assert_string_equal(t.prompt, "Password: ");
		assert_int_equal(t.prompt_flags, PROTO_PROMPT_ASK | PROTO_PROMPT_NOECHO);
		say(&t, "let me out");
	}
	assert_string_equal(sb_str(&t.out), "% Bad secrets\n\n");
	assert_int_equal(t.status, 1);
	assert_string_equal(t.prompt, "Router>");
	say(&t, "enable");
	assert_string_equal(say(&t, "let me in"), "");
	assert_string_equal(t.prompt, "Router#");
	assert_string_equal(say(&t, "enable"), ""); /* there already */
	assert_string_equal(say(&t, "show history"), "  enable\n  show history\n");
	say(&t, "disable");
	say(&t, "enable 7");
	assert_int_equal(t.status, 1);
	assert_string_equal(t.prompt, "Router>");
	term_close(&t);
}

static void a_script_gives_the_secret_in_its_next_line(void **state)
{
	static const char *const lines[] = {
	        "enable secret 9 $9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6"};
	static const char *const none[] = {"no enable secret"};
	struct term t;

	(void)state;
	configure(lines, 1);
	assert_non_null(strstr(say(&T, "show running-config"), lines[0]));
	term_open(&t, &B, PROTO_SCRIPT); /* the router's own user: privileged at once */
	assert_string_equal(say(&t, "show privilege"), "Current privilege level is 15\n");
	say(&t, "disable");
	say(&t, "enable");
	assert_int_equal(t.status, -1);
	say(&t, "hashcat");
	assert_int_equal(t.status, 0);
	assert_string_equal(say(&t, "show privilege"), "Current privilege level is 15\n");
	term_close(&t);
	configure(none, 1);
	assert_string_equal(say(&T, "show running-config | include enable"), "");
	term_open(&t, &B, PROTO_INTERACTIVE);
	assert_string_equal(t.prompt, "Router#");
	term_close(&t);
}

/* ---- JSON
 * -----------------------------------------------------------------------------------------------------------------------
 */

static const char *const json_commands[] = {"show privilege", "show version", "show clock",
        "show users", "show history", "show running-config", "show startup-config",
        "show debugging", "show ip interface brief", "show ip route", "show crypto ikev2 proposal",
        "show crypto ikev2 sa", "show crypto ipsec sa", "show crypto ikev2 client flexvpn"};

/* Brackets in pairs, one value and nothing behind it: what a JSON reader trips over first. */
static void assert_json(const char *cmd, const char *text)
{
	int depth = 0, values = 0;
	bool quoted = false;

	for (const char *p = text; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (quoted && *p == '\\')
			p++;
		if (quoted)
			continue;
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		values += !depth && (*p == '}' || *p == ']');
	}
	if (depth || quoted || values != 1 || (text[0] != '{' && text[0] != '['))
		fail_msg("%s | json:\n%s", cmd, text);
}

static void show_commands_have_a_json_form(void **state)
{
	(void)state;
	configure(small, ARRAY_LEN(small));
	for (size_t i = 0; i < ARRAY_LEN(json_commands); i++) {
		char line[128];
		const char *out;

		snprintf(line, sizeof(line), "%s | json", json_commands[i]);
		out = say(&T, line);
		if (T.status)
			fail_msg("%s: %s", line, out);
		assert_json(json_commands[i], out);
	}
	assert_non_null(strstr(say(&T, "show run | j"), "\"hostname R1\""));
}

#define T_(f) cmocka_unit_test_setup_teardown(f, up, down)

/* ---- the machine
 * ------------------------------------------------------------------------------------------------------
 */

static void a_reload_can_be_planned(void **state)
{
	(void)state;
	assert_matches(say(&T, "reload in 1:30 for the tests"),
	        "^Reload scheduled for ..:..:.. UTC ... ... .. .... \\(in 1 hours and 30 "
	        "minutes\\) by "
	        ".* on vty0$");
	assert_string_equal(T.prompt, "Proceed with reload? [confirm]");
	say(&T, "n");
	assert_string_equal(say(&T, "show reload"), "No reload is scheduled.\n");
	say(&T, "reload cancel");
	assert_int_equal(T.status, 1);
	say(&T, "reload in 0");
	assert_int_equal(T.status, 1);
	say(&T, "reload in 1:60");
	assert_int_equal(T.status, 1);
	say(&T, "reload at 25:00");
	assert_int_equal(T.status, 1);
	say(&T, "reload at 00:00 Dec 31");
	say(&T, "");
	assert_matches(say(&T, "show reload"), "00:00:00 UTC ... Dec 31 ");
	say(&T, "reload cancel");
	say(&T, "reload in 2");
	say(&T, "y");
	assert_matches(say(&T, "show reload"), "^Reload reason: Reload Command$");
	shell_tick(B.shell, mono_ms() + 119000);
	assert_int_equal(B.quits, 0);
	shell_tick(B.shell, mono_ms() + 121000);
	assert_int_equal(B.quits, 1);
	assert_string_equal(say(&T, "show reload"), "No reload is scheduled.\n");
}

static void the_machine_is_shown(void **state)
{
	(void)state;
	assert_matches(say(&T, "show processes"),
	        "^CPU utilization for five seconds: [0-9]+%/[0-9]+%; one minute: [0-9]+%; five "
	        "minutes: [0-9]+%$");
	assert_matches(say(&T, "show processes cpu"), "^ *[0-9]+ +[0-9]+ +[0-9]+ .* 0 [a-z_]+ *$");
	assert_matches(say(&T, "show processes memory"),
	        "^Processor Pool Total: +[1-9][0-9]* Used: +[1-9][0-9]* Free: +[1-9][0-9]*$");
	assert_matches(say(&T, "show memory statistics"), "^Processor +0x0 +[1-9][0-9]* +[1-9]");
	assert_matches(say(&T, "show inventory"), "^NAME: \"Chassis\", DESCR: \".*\"$");
	assert_matches(say(&T, "show inventory"), "^PID: SPOKE *, VID: *, SN: .+$");
	say(&T, "terminal exec prompt timestamp");
	assert_matches(say(&T, "show privilege"), "^Load for five secs: [0-9]+%/[0-9]+%; one "
	                                          "minute: [0-9]+%; five minutes: [0-9]+%$");
	assert_matches(say(&T, "show privilege"), "^No time source, \\*..:..:..\\.... UTC ");
	assert_null(strstr(say(&T, "show privilege | json"), "Load"));
	say(&T, "terminal no exec prompt timestamp");
	assert_string_equal(say(&T, "show privilege"), "Current privilege level is 15\n");
}

static void tech_support_has_everything_but_secrets(void **state)
{
	static const char *const lines[] = {"enable secret VerySecret",
	        "snmp-server community VerySecret-C RO", "username a password 0 VerySecret",
	        "interface Tunnel0",
	        "description a very long one: "
	        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
	        "end"};
	const char *text;

	(void)state;
	configure(lines, ARRAY_LEN(lines));
	text = say(&T, "show tech-support");
	assert_matches(text, "^------------------ show running-config ------------------$");
	assert_matches(text, "^------------------ show logging ------------------$");
	assert_matches(text, "^ description a very long one: a+ end$");
	assert_matches(text, "^username a password <hidden>$");
	assert_null(strstr(text, "VerySecret"));
}

static void counters_ask_before_they_are_cleared(void **state)
{
	(void)state;
	configure(small, ARRAY_LEN(small));
	say(&T, "clear counters Tunnel9");
	assert_int_equal(T.status, 1);
	say(&T, "clear counters tunnel 0");
	assert_string_equal(
	        T.prompt, "Clear \"show interface\" counters on this interface [confirm]");
	say(&T, "n");
	assert_matches(say(&T, "show interfaces Tunnel0"), "counters never$");
	say(&T, "clear counters");
	assert_string_equal(
	        T.prompt, "Clear \"show interface\" counters on all interfaces [confirm]");
	say(&T, "");
	assert_matches(say(&T, "show interfaces Tunnel0"), "counters 00:00:0.$");
	assert_matches(
	        say(&T, "show logging"), "%CLEAR-5-COUNTERS: Clear counter on all interfaces");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T_(running_config_has_its_frame),
	        T_(parts_of_the_running_config),
	        T_(write_memory_saves),
	        T_(a_save_that_fails_says_why),
	        T_(copy_asks_for_the_name),
	        T_(a_script_is_not_asked),
	        T_(startup_merges_into_running),
	        T_(erase_asks_and_erases),
	        T_(reload_asks_what_is_unsaved),
	        T_(settings_reach_the_client),
	        T_(levels_hide_commands),
	        T_(history_is_kept_by_mode_without_keys),
	        T_(version_has_what_inventories_read),
	        T_(debugging_is_switched_and_shown),
	        T_(clear_logging_asks),
	        T_(a_secret_is_asked_for_and_stored_hashed),
	        T_(a_script_gives_the_secret_in_its_next_line),
	        T_(show_commands_have_a_json_form),
	        cmocka_unit_test_setup_teardown(a_reload_can_be_planned, up, down),
	        cmocka_unit_test_setup_teardown(the_machine_is_shown, up, down),
	        cmocka_unit_test_setup_teardown(tech_support_has_everything_but_secrets, up, down),
	        cmocka_unit_test_setup_teardown(counters_ask_before_they_are_cleared, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
