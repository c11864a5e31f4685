/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A terminal: modes and prompts, the shapes of errors, several terminals at once, when the router
 * acts. */
#include "lib_term.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "flexvpn/core.h"
#include "flexvpn/exec.h"

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

/* ---- modes
 * --------------------------------------------------------------------------------------------------------------
 */

static const struct {
	const char *line, *prompt;
} walk[] = {
        {"", "Router#"},
        {"disable", "Router>"},
        {"en", "Router#"},
        {"conf t", "Router(config)#"},
        {"! a remark", "Router(config)#"},
        {"crypto ikev2 client flexvpn flex", "Router(config-ikev2-flexvpn)#"},
        {"peer 1 10.0.0.1", "Router(config-ikev2-flexvpn)#"},
        {"crypto ikev2 keyring keys", "Router(config-ikev2-keyring)#"},
        {"peer hub", "Router(config-ikev2-keyring-)#"}, /* name and mode share 30 columns */
        {"exit", "Router(config-ikev2-keyring)#"},
        {"peer hub2", "Router(config-ikev2-keyring-)#"},
        {"peer hub3", "Router(config-ikev2-keyring-)#"}, /* one level out and in again */
        {"interface tu0", "Router(config-if)#"},         /* a global line from a section */
        {"hostname R1", "R1(config)#"},                  /* in force in the very next prompt */
        {"crypto ikev2 keyring keys", "R1(config-ikev2-keyring)#"},
        {"peer hub", "R1(config-ikev2-keyring-peer)#"}, /* 30 columns exactly */
        {"crypto ikev2 authorization policy pol", "R1(config-ikev2-author-polic)#"},
        {"hostname a-name-of-more-than-twenty", "a-name-of-more-than-(config)#"},
        {"interface Tunnel0", "a-name-of-more-than-(config-)#"},
        {"end", "a-name-of-more-than-twenty#"},
        {"configure terminal", "a-name-of-more-than-(config)#"},
        {"no hostname", "Router(config)#"},
        {"exit", "Router#"},
};

static void prompts_follow_the_modes(void **state)
{
	(void)state;
	assert_string_equal(T.prompt, "Router#");
	for (size_t i = 0; i < ARRAY_LEN(walk); i++) {
		const char *out = say(&T, walk[i].line);

		if (T.status != 0)
			fail_msg("%s: %s", walk[i].line, out);
		if (strcmp(T.prompt, walk[i].prompt) != 0)
			fail_msg("after \"%s\": %s instead of %s", walk[i].line, T.prompt,
			        walk[i].prompt);
	}
}

static void configure_says_its_line_and_exit_says_goodbye(void **state)
{
	(void)state;
	assert_string_equal(say(&T, "configure terminal"),
	        "Enter configuration commands, one per line.  End with CNTL/Z.\n");
	assert_int_equal(T.prompt_flags, PROTO_PROMPT_CONFIG);
	assert_string_equal(say(&T, "do configure terminal"),
	        "% Invalid command: this terminal is in configuration mode\n");
	assert_int_equal(T.status, 1);
	say(&T, "end");
	assert_int_equal(T.prompt_flags, 0);
	assert_string_equal(say(&T, "exit"), "");
	assert_true(T.closed);
	assert_true(session_closing(T.s));
}

static void ctrl_z_takes_the_line_and_leaves(void **state)
{
	(void)state;
	say(&T, "configure terminal");
	say_flags(&T, "hostname R7", PROTO_LINE_CTRL_Z);
	assert_string_equal(T.prompt, "R7#");
	say(&T, "configure terminal");
	say(&T, "interface Tunnel0");
	session_interrupt(T.s);
	assert_string_equal(T.prompt, "R7#");
}

/* ---- errors
 * ----------------------------------------------------------------------------------------------------------------
 */

#define INVALID "% Invalid input detected at '^' marker.\n\n"

/* `caret`: the character of the line that it stands under; -1: there is none. */
static const struct {
	bool config;
	const char *line;
	int caret;
	const char *want;
} errors[] = {
        {false, "show clokk", 8, INVALID},
        {false, "  show clokk", 10, INVALID},
        {false, "show", -1, "% Incomplete command.\n\n"},
        {false, "show c", -1, "% Ambiguous command:  \"show c\"\n"},
        {false, "foo", -1,
                "Translating \"foo\"\n\n% Unknown command or computer name, or unable to find "
                "computer address\n\n"},
        {false, "foo bar", 0, INVALID},
        {false, "show clock extra", 11, INVALID},
        {false, "show clock | foo", 13, INVALID},
        {false, "show clock | incx y", 16, INVALID},
        {false, "show clock |", -1, "% Incomplete command.\n\n"},
        {false, "show clock | include (", -1, "% Invalid regular expression\n"},
        {false, "clear logging | include x", 14, INVALID},
        {false, "terminal length 513", 16, INVALID},
        {true, "zoo", 2, INVALID},
        {true, "hostname", -1, "% Incomplete command.\n\n"},
        {true, "do", -1, "% Incomplete command.\n\n"},
        {true, "do show clokk", 11, INVALID},
        {true, "do show c", -1, "% Ambiguous command:  \"do show c\"\n"},
        {true, "do foo", 3, INVALID},
        {true, "do show clock | foo", 16, INVALID},
        {true, "show clock", 1, INVALID},
};

static void errors_have_the_four_shapes(void **state)
{
	struct strbuf want = {0};
	bool config = false;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		if (errors[i].config != config)
			say(&T, "configure terminal");
		config = errors[i].config;
		sb_clear(&want);
		if (errors[i].caret >= 0)
			sb_printf(&want, "%*s^\n", (int)strlen(T.prompt) + errors[i].caret, "");
		sb_puts(&want, errors[i].want);
		const char *got = say(&T, errors[i].line);

		if (strcmp(got, sb_str(&want)) != 0)
			fail_msg("%s%s\n%s\ninstead of\n%s", T.prompt, errors[i].line, got,
			        sb_str(&want));
		assert_int_equal(T.status, 1);
	}
	sb_fini(&want);
}

static void a_script_learns_which_line_was_wrong(void **state)
{
	struct term t;

	(void)state;
	term_open(&t, &B, PROTO_SCRIPT);
	assert_string_equal(say(&t, "configure terminal"), "");
	say(&t, "! a remark");
	assert_string_equal(say(&t, "interfase Tunnel0"),
	        "line 3: interfase Tunnel0\n               ^\n% "
	        "Invalid input detected at '^' marker.\n\n");
	assert_int_equal(t.status, 1);
	assert_string_equal(say(&t, "pre-shared-key VerySecret"),
	        "line 4: pre-shared-key <hidden>\n          ^\n% Invalid input detected at '^' "
	        "marker.\n\n");
	assert_string_equal(say(&t, "hostname R1"), "");
	assert_int_equal(t.status, 0);
	term_close(&t);
}

/* ---- when the router acts
 * ----------------------------------------------------------------------------------------------------
 */

static bool acted(void)
{
	return router_fx(B.router)->cfg->cfg == router_running(B.router);
}

static void pending_input_is_acted_on_once(void **state)
{
	(void)state;
	say(&T, "configure terminal");
	say_flags(&T, "interface Tunnel7", PROTO_LINE_MORE);
	say_flags(&T, " ip address 10.7.0.1 255.255.255.0", PROTO_LINE_MORE);
	assert_string_equal(T.prompt, "Router(config-if)#");
	assert_false(acted());
	say(&T, "!");
	assert_true(acted());
	say_flags(&T, "hostname R1", PROTO_LINE_MORE);
	assert_false(acted());
	assert_non_null(strstr(say_flags(&T, "do show version", PROTO_LINE_MORE), "R1 uptime is"));
	assert_true(acted()); /* a command sees what stands in front of it */
}

static void two_terminals_configure_at_once(void **state)
{
	struct term other;

	(void)state;
	term_open(&other, &B, PROTO_INTERACTIVE);
	say(&T, "configure terminal");
	say(&T, "interface Tunnel0");
	say(&other, "configure terminal");
	say(&other, "hostname Both");
	say(&T, "ip address 10.0.0.1 255.255.255.0");
	assert_string_equal(T.prompt, "Both(config-if)#"); /* still in the interface */
	say(&other, "no interface Tunnel0");
	say(&T, "hostname Alone");
	assert_string_equal(T.prompt, "Alone(config)#");
	const char *run = say(&other, "do show running-config");

	assert_non_null(strstr(run, "hostname Alone\n"));
	assert_null(strstr(run, "Tunnel0"));
	term_close(&other);
}

static void a_section_that_another_removed_is_left(void **state)
{
	struct term other;

	(void)state;
	term_open(&other, &B, PROTO_INTERACTIVE);
	say(&T, "configure terminal");
	say(&T, "crypto ikev2 keyring k");
	say(&other, "configure terminal");
	say(&other, "no crypto ikev2 keyring k");
	say(&T, "peer hub");
	assert_int_equal(T.status, 1);
	assert_null(strstr(say(&T, "do show running-config"), "keyring k"));
	term_close(&other);
}

/* ---- log lines
 * ------------------------------------------------------------------------------------------------------------------
 */

static void log_lines_come_after_terminal_monitor(void **state)
{
	(void)state;
	say(&T, "configure terminal");
	say(&T, "end");
	assert_string_equal(sb_str(&T.log), "");
	say(&T, "terminal monitor");
	say(&T, "configure terminal");
	say(&T, "end");
	assert_non_null(strstr(
	        sb_str(&T.log), ": %SYS-5-CONFIG_I: Configured from console by admin on vty0\n"));
	say(&T, "terminal no monitor");
	say(&T, "configure terminal");
	say(&T, "end");
	assert_string_equal(sb_str(&T.log), "");
	assert_non_null(strstr(say(&T, "show logging"),
	        "%SYS-5-CONFIG_I: Configured from console by admin on vty0\n"));
}

static void lines_without_effect_warn_once(void **state)
{
	(void)state;
	say(&T, "configure terminal");
	assert_string_equal(say(&T, "ntp server 192.0.2.1"),
	        "Note: this line is kept but not acted on yet (the clock is kept by the box)\n");
	assert_string_equal(say(&T, "ntp server 192.0.2.2"), "");
	assert_non_null(strstr(say(&T, "do show logging"),
	        "%PARSER-4-RECORDED: \"ntp server 192.0.2.1\" is "
	        "recorded without effect in this release\n"));
	assert_non_null(strstr(say(&T, "do show running-config"), "ntp server 192.0.2.2\n"));
}

/* ---- help
 * -------------------------------------------------------------------------------------------------------------------------
 */

static void help_and_completion_know_the_mode(void **state)
{
	(void)state;
	assert_string_equal(help(&T, "show clx"), "% Unrecognized command\n");
	assert_string_equal(help(&T, "show cl"), "clock  \n\n");
	assert_string_equal(help(&T, "show clock "), "  detail  Display detailed information\n"
	                                             "  |       Output modifiers\n  <cr>\n");
	assert_non_null(
	        strstr(help(&T, "show clock | "), "  include   Include lines that match\n"));
	assert_string_equal(complete(&T, "conf"), "configure ");
	assert_string_equal(complete(&T, "show clock | inc"), "show clock | include ");
	assert_null(complete(&T, "show clock | x"));
	assert_null(complete(&T, "show c"));
	say(&T, "configure terminal");
	assert_string_equal(help(&T, "do show cl"), "clock  \n\n");
	assert_string_equal(complete(&T, "do show clock | inc"), "do show clock | include ");
	assert_string_equal(complete(&T, "hostn"), "hostname ");
	assert_non_null(strstr(help(&T, ""), "Configure commands:\n"));
}

/* ---- life
 * -----------------------------------------------------------------------------------------------------------------------------
 */

static void there_is_an_end_to_terminals(void **state)
{
	static struct term many[SHELL_MAX_SESSIONS];

	(void)state;
	for (size_t i = 1; i < SHELL_MAX_SESSIONS; i++)
		term_open(&many[i], &B, PROTO_INTERACTIVE);
	assert_null(
	        session_new(B.shell, &(struct session_io){0}, NULL, PROTO_SCRIPT, "late", true));
	term_close(&many[5]);
	term_open(&many[5], &B, PROTO_INTERACTIVE); /* its number is free again */
	assert_non_null(strstr(say(&many[5], "show users"), "\n*  5 vty 5      admin "));
	for (size_t i = 1; i < SHELL_MAX_SESSIONS; i++)
		term_close(&many[i]);
}

#define T_(f) cmocka_unit_test_setup_teardown(f, up, down)

static void an_idle_terminal_is_hung_up(void **state)
{
	struct term script;

	(void)state;
	term_open(&script, &B, PROTO_SCRIPT);
	say(&T, "configure terminal");
	say(&T, "line vty 0 15");
	say(&T, "exec-timeout 1 30");
	shell_tick(B.shell, mono_ms() + 80 * 1000);
	assert_false(T.closed);
	shell_tick(B.shell, mono_ms() + 91 * 1000);
	assert_true(T.closed);
	assert_false(script.closed);
	term_close(&script);
}

static void only_answers_are_taken_before_the_login(void **state)
{
	struct term t;

	(void)state;
	say(&T, "configure terminal");
	say(&T, "username a privilege 7 secret right");
	say(&T, "line vty 0 15");
	say(&T, "login local");
	term_open(&t, &B, PROTO_INTERACTIVE); /* as admin, who is no user */
	assert_string_equal(t.prompt, "Username: ");
	assert_string_equal(help(&t, "show "), "");
	assert_null(complete(&t, "sho"));
	session_interrupt(t.s);
	assert_string_equal(t.prompt, "Username: ");
	say_flags(&t, "a", PROTO_LINE_CTRL_Z);
	assert_string_equal(t.prompt, "Password: ");
	assert_true(t.prompt_flags & PROTO_PROMPT_NOECHO);
	session_interrupt(t.s);
	say(&t, "a");
	say(&t, "right");
	assert_string_equal(say(&t, "show privilege"), "Current privilege level is 7\n");
	term_close(&t);
	say(&T, "username admin privilege 3 secret x");
	term_open(&t, &B, PROTO_INTERACTIVE); /* the system has vouched for admin */
	assert_string_equal(say(&t, "show privilege"), "Current privilege level is 3\n");
	term_close(&t);
}

static void lines_wait_while_a_command_goes_on(void **state)
{
	struct term t;

	(void)state;
	say(&T, "ping 127.0.0.1 repeat 1000000");
	assert_int_equal(T.status, -1);
	assert_null(strstr(say(&T, "show privilege"), "level is"));
	session_interrupt(T.s);
	assert_non_null(strstr(sb_str(&T.out), "Success rate is "));
	assert_non_null(strstr(sb_str(&T.out), "Current privilege level is 15\n"));
	assert_string_equal(T.prompt, "Router#");
	term_open(&t, &B, PROTO_INTERACTIVE);
	say(&t, "ping 127.0.0.1");
	say(&t, "show clock");
	term_close(&t); /* in the middle of it */
}

/* A name server that never answers (TEST-NET, through no route that a test has). */
static void a_name_that_is_looked_up_can_be_given_up(void **state)
{
	struct term t;

	(void)state;
	say(&T, "configure terminal");
	say(&T, "ip name-server 192.0.2.53");
	say(&T, "end");
	assert_string_equal(say(&T, "traceroute hub1"),
	        "Translating \"hub1\"...domain server (192.0.2.53)");
	assert_int_equal(T.status, -1);
	say(&T, "show privilege");
	session_interrupt(T.s);
	assert_non_null(strstr(sb_str(&T.out), "Current privilege level is 15\n"));
	term_open(&t, &B, PROTO_INTERACTIVE);
	say(&t, "ping hub1");
	term_close(&t);
	term_open(&t, &B, PROTO_INTERACTIVE);
	say(&t, "traceroute 127.0.0.1");
	term_close(&t);
	term_open(&t, &B, PROTO_INTERACTIVE);
	say(&t, "ping");
	say(&t, "");
	assert_string_equal(t.prompt, "Target IP address: ");
	term_close(&t); /* its questions with it */
}

/* No method of the list can be asked: nobody enters, but for root's own scripts. */
static void a_list_without_an_answer_lets_nobody_in(void **state)
{
	struct term t;

	(void)state;
	say(&T, "configure terminal");
	say(&T, "aaa new-model");
	say(&T, "aaa authentication login default group radius local enable line");
	say(&T, "end");
	term_open(&t, &B, PROTO_INTERACTIVE);
	assert_true(t.closed);
	term_close(&t);
	term_open(&t, &B, PROTO_SCRIPT);
	assert_false(t.closed);
	assert_non_null(strstr(say(&t, "show privilege"), "level is 15"));
	term_close(&t);
	say(&T, "configure terminal");
	say(&T, "enable secret x");
	say(&T, "end");
	term_open(&t, &B, PROTO_INTERACTIVE);
	assert_string_equal(t.prompt, "Password: ");
	say(&t, "x");
	assert_string_equal(t.prompt, "Router>");
	term_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T_(prompts_follow_the_modes),
	        T_(configure_says_its_line_and_exit_says_goodbye),
	        T_(ctrl_z_takes_the_line_and_leaves),
	        T_(errors_have_the_four_shapes),
	        T_(a_script_learns_which_line_was_wrong),
	        T_(pending_input_is_acted_on_once),
	        T_(two_terminals_configure_at_once),
	        T_(a_section_that_another_removed_is_left),
	        T_(log_lines_come_after_terminal_monitor),
	        T_(lines_without_effect_warn_once),
	        T_(help_and_completion_know_the_mode),
	        T_(there_is_an_end_to_terminals),
	        cmocka_unit_test_setup_teardown(an_idle_terminal_is_hung_up, up, down),
	        cmocka_unit_test_setup_teardown(only_answers_are_taken_before_the_login, up, down),
	        cmocka_unit_test_setup_teardown(lines_wait_while_a_command_goes_on, up, down),
	        cmocka_unit_test_setup_teardown(
	                a_list_without_an_answer_lets_nobody_in, up, down),
	        cmocka_unit_test_setup_teardown(
	                a_name_that_is_looked_up_can_be_given_up, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
