/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes that wait for their confirmation, the archive's clock, the lock, and what a file may be
 * called. */
#include "lib_term.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/files.h"

enum { MINUTE = 60 * 1000 };

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

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in:\n%s", part, text);
}

static void assert_hostname(const char *name)
{
	char want[64];

	snprintf(want, sizeof(want), "hostname %s\n", name);
	assert_string_equal(say(&T, "show running-config | include hostname"), want);
}

static void change_with_timer(const char *command)
{
	say(&T, "configure terminal");
	say(&T, "hostname Old");
	say(&T, "end");
	say(&T, command);
	say(&T, "hostname New");
	say(&T, "end");
	assert_hostname("New");
}

static void an_unconfirmed_change_is_undone_in_time(void **state)
{
	uint64_t start = mono_ms();

	(void)state;
	change_with_timer("configure terminal revert timer 2");
	shell_tick(B.shell, start + MINUTE / 2);
	assert_hostname("New");
	shell_tick(B.shell, mono_ms() + MINUTE);
	assert_has(say(&T, "show logging"),
	        "%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_WARNING_ABSTIMER: System will rollback");
	assert_hostname("New");
	shell_tick(B.shell, mono_ms() + 2 * MINUTE);
	assert_hostname("Old");
	assert_string_equal(
	        say(&T, "configure confirm"), "%No Rollback Confirmed Change pending\n");
}

static void a_confirmed_change_stays(void **state)
{
	(void)state;
	change_with_timer("configure terminal revert timer 1");
	assert_string_equal(say(&T, "configure confirm"), "");
	shell_tick(B.shell, mono_ms() + 5 * MINUTE);
	assert_hostname("New");
}

static void a_second_change_waits_for_the_first(void **state)
{
	(void)state;
	change_with_timer("configure terminal revert timer idle 1");
	assert_string_equal(say(&T, "configure terminal revert timer 1"),
	        "%Rollback Confirmed Change already pending\n");
	assert_int_equal(T.status, 1);
	say(&T, "configure revert now");
	assert_hostname("Old");
}

static void the_archive_has_a_clock(void **state)
{
	(void)state;
	say(&T, "configure terminal");
	say(&T, "archive");
	say(&T, "path flash:every");
	say(&T, "time-period 10");
	say(&T, "end");
	shell_tick(B.shell, mono_ms() + 9 * MINUTE);
	assert_has(say(&T, "show archive"), "There are currently 0 archive");
	shell_tick(B.shell, mono_ms() + 11 * MINUTE);
	assert_has(say(&T, "show archive"), "There are currently 1 archive");
	shell_tick(B.shell, mono_ms() + 12 * MINUTE);
	assert_has(say(&T, "show archive"), "There are currently 1 archive");
	shell_tick(B.shell, mono_ms() + 22 * MINUTE);
	assert_has(say(&T, "show archive"), "There are currently 2 archive");
}

static void a_lock_ends_with_its_terminal(void **state)
{
	struct term other;

	(void)state;
	term_open(&other, &B, PROTO_INTERACTIVE);
	say(&other, "configure terminal lock");
	assert_string_equal(
	        say(&T, "configure terminal"), "% Configuration mode is locked by admin on vty1\n");
	assert_string_equal(say(&T, "configure replace running-config force"),
	        "% Configuration mode is locked by admin on vty1\n");
	term_close(&other);
	say(&T, "configure terminal");
	assert_string_equal(T.prompt, "Router(config)#");
}

static void a_lock_can_be_taken_away(void **state)
{
	struct term other;

	(void)state;
	term_open(&other, &B, PROTO_INTERACTIVE);
	say(&other, "configure terminal lock");
	say(&T, "clear configuration lock");
	say(&T, "n");
	say(&T, "configure terminal");
	assert_int_equal(T.status, 1);
	say(&T, "clear configuration lock");
	say(&T, "y");
	say(&T, "configure terminal");
	say(&T, "hostname Yours");
	assert_int_equal(T.status, 0);
	assert_string_equal(T.prompt, "Yours(config)#");
	term_close(&other);
}

static const struct {
	const char *url;
	enum file_kind kind;
	const char *name;
} names[] = {
        {"flash:one", FILE_FLASH, "one"},
        {"FLASH:/one", FILE_FLASH, "one"},
        {"bootflash:one.cfg", FILE_FLASH, "one.cfg"},
        {"one", FILE_FLASH, "one"},
        {"flash:", FILE_FLASH, ""},
        {"running-config", FILE_RUNNING, ""},
        {"system:running-config", FILE_RUNNING, ""},
        {"nvram:startup-config", FILE_STARTUP, ""},
        {"flash:../one", FILE_BAD, NULL},
        {"flash:.hidden", FILE_BAD, NULL},
        {"flash:a/b", FILE_BAD, NULL},
        {"../one", FILE_BAD, NULL},
        {"nvram:private", FILE_BAD, NULL},
        {"tftp:one", FILE_BAD, NULL},
        {"flash:a b", FILE_BAD, NULL},
        {"", FILE_BAD, NULL},
};

static void no_name_leads_out_of_flash(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct file_ref f = file_named(names[i].url);

		if (f.kind != names[i].kind ||
		        (names[i].name && strcmp(f.name, names[i].name) != 0))
			fail_msg("%s: kind %d, name %s", names[i].url, f.kind, f.name);
	}
}

static void a_bad_file_replaces_nothing(void **state)
{
	char path[160];
	FILE *f;

	(void)state;
	say(&T, "configure terminal");
	say(&T, "hostname Kept");
	say(&T, "end");
	say(&T, "copy running-config flash:bad");
	say(&T, "");
	snprintf(path, sizeof(path), "%s/flash/bad", B.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("hostname Other\nthis is no command\nend\n", f);
	fclose(f);
	assert_string_equal(say(&T, "configure replace flash:bad force"),
	        "% line 2: Invalid input at \"this\"\n"
	        "%Error opening flash:bad (1 line of the file would be refused)\n"
	        "% The input is not a valid config file.\n");
	assert_int_equal(T.status, 1);
	assert_hostname("Kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(an_unconfirmed_change_is_undone_in_time, up, down),
	        cmocka_unit_test_setup_teardown(a_confirmed_change_stays, up, down),
	        cmocka_unit_test_setup_teardown(a_second_change_waits_for_the_first, up, down),
	        cmocka_unit_test_setup_teardown(the_archive_has_a_clock, up, down),
	        cmocka_unit_test_setup_teardown(a_lock_ends_with_its_terminal, up, down),
	        cmocka_unit_test_setup_teardown(a_lock_can_be_taken_away, up, down),
	        cmocka_unit_test(no_name_leads_out_of_flash),
	        cmocka_unit_test_setup_teardown(a_bad_file_replaces_nothing, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
