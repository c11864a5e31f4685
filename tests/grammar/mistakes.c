/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gramc refuses a mistake in a .gram file and says where it is. Each row is a file, the line, and
 * what must be said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

static char dir[] = "/tmp/gramc-test-XXXXXX";

static void put_file(const char *name, const char *text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Exit status and everything said. */
static int compile(const char *text, struct strbuf *said)
{
	char command[400], buf[512];
	size_t n;

	put_file("t.gram", text);
	put_file("order.txt", "t.gram\n");
	snprintf(command, sizeof(command), "'%s' %s/order.txt %s 2>&1", GRAMC, dir, dir);
	FILE *p = popen(command, "r");

	assert_non_null(p);
	sb_clear(said);
	while ((n = fread(buf, 1, sizeof(buf), p)) > 0)
		sb_add(said, buf, n);
	return WEXITSTATUS(pclose(p));
}

#define ENTER                                                                                      \
	"section a \"(a)#\" indent 1 title \"A:\"\nenter a in global defines a\n  a'A' "           \
	"<n:name#>'Name'\n"

static const struct {
	const char *text;
	int line;
	const char *say;
} mistakes[] = {
        {"line x\n  x\n", 2, "help text is missing"},
        {"line x\n  x''\n", 2, "help text is empty"},
        {"line x\n  x'X' <a:1-5>\n", 2, "help text is missing"},
        {"line x\n  x'X' y'..'\n", 2, "help of \"y\" is '..' but given nowhere"},
        {"line x\n  x'X\n", 2, "quote is not closed"},
        {"line x\n  x'X' ( y'Y'\n", 2, "bracket is not closed"},
        {"line x\n  x'X' ( y'Y' | )\n", 2, "empty alternative"},
        {"line x\n  x'X' <a:nothing>'A'\n", 2, "unknown argument type"},
        {"line x\n  x'X' <a:5-1>'A'\n", 2, "empty range"},
        {"line x\n  x'X' <a:ref(nobody)>'A'\n", 2, "nothing defines \"nobody\""},
        {"line x sometimes\n  x'X'\n", 1, "unknown flag \"sometimes\""},
        {"line x onoff multi\n  x'X'\n", 1, "onoff goes with neither"},
        {"line x keep\n  x'X'\n", 1, "keep is for onoff"},
        {"line x adds \"y\"\n  x'X'\n", 1, "only another spelling leaves something out"},
        {"line x numbered \"y\"\n  x'X'\n", 1, "only another spelling leaves something out"},
        {"line x wipe\n  x'X'\n", 1, "wipe is for lines with keys"},
        {"line x\n", 1, "expression is missing"},
        {"line x\n  [ x'X' ]\n", 1, "the line can be empty"},
        {"line x\n  x'X'\nline x\n  y'Y'\n", 3, "is declared at"},
        {"line x\n  x'X'\nline y\n  x'X'\n", 3, "same line as"},
        {"line x\n  x'X' <a:name>'A'\nline y\n  x'X' <b:name>'B'\n", 3,
                "may also be read as \"x\""},
        {"line x\n  x'X' a'A'\nline y\n  x'X' ( a'A' | b'B' )\n", 3, "may also be read as \"x\""},
        {"line y\n  x'X' ( a'A' | b'B' ) <c:name>'C'\nline x\n  x'X' a'A' <c:name>'C'\n", 3,
                "may also be read as \"y\""},
        {"line x\n  an-extraordinarily-long-keyword-that-nobody-wants-to-type'X'\n", 2,
                "keyword is too long"},
        {"line x\n  x'X' y'Y' z'Z'\nline q\n  x'X' y'Other' w'W'\n", 4, "has another help text"},
        {"line x\n  x'X' ( <a:name>'A' | <a:1-5>'A' )\n", 2, "has another type"},
        {"line x\n  x'X' { [ a'A' ] }\n", 2, "cannot be empty"},
        {"line x\n  x'X' { a'A' | { b'B' } }\n", 2, "neither in a set"},
        {"line x\n  x'X' ( [ a'A' ] )+\n", 2, "cannot be empty"},
        {"line x\n  x'X' ( <a:name#>'A' )+\n", 2, "a key cannot repeat"},
        {"also x\n  x'X'\n", 1, "no such line"},
        {"line x\n  x'X' <a:name>'A'\nalso x\n  y'Y' <b:name>'B'\n", 4,
                "has no such argument \"b\""},
        {"section a\n", 1, "is not declared"},
        {"section a \"(a)#\" indent 1\nenter a in global\n  a'A'\n", 1, "has no title"},
        {"section a \"(a)#\" indent 1 title \"A:\"\n", 1, "has no enter line"},
        {"section a \"(a)#\" indent 1 title \"A:\" in b\nenter a in global\n  a'A'\n", 1,
                "no section \"b\""},
        {ENTER "enter a in global\n  b'B'\n", 4, "is declared at"},
        {"enter q in global\n  q'Q'\n", 1, "no such section"},
        {"nonsense\n", 1, "expected section, enter, line, also or exec"},
        {"  x'X'\n", 1, "indented text without a declaration"},
};

static void a_mistake_is_reported_where_it_is(void **state)
{
	struct strbuf said = {0};
	char where[120];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		int status = compile(mistakes[i].text, &said);

		snprintf(where, sizeof(where), "%s/t.gram:%d: error:", dir, mistakes[i].line);
		if (status != 1 || !strstr(sb_str(&said), where) ||
		        !strstr(sb_str(&said), mistakes[i].say))
			fail_msg("%s\nsaid (%d): %s", mistakes[i].text, status, sb_str(&said));
	}
	sb_fini(&said);
}

static void all_mistakes_are_reported_at_once(void **state)
{
	struct strbuf said = {0};

	(void)state;
	assert_int_equal(compile("line x\n  x\nline y\n  y'Y' <a:what>'A'\n", &said), 1);
	assert_non_null(strstr(sb_str(&said), "t.gram:2:"));
	assert_non_null(strstr(sb_str(&said), "t.gram:4:"));
	assert_non_null(strstr(sb_str(&said), "2 mistakes"));
	sb_fini(&said);
}

static void a_correct_file_is_silent(void **state)
{
	struct strbuf said = {0};

	(void)state;
	assert_int_equal(compile(ENTER "line l # remark\n  l'L' <r:ref(a)>'To an a'  # remark\n\n# "
	                               "remark\n\nexec e priv 15\n  e'E'\n",
	                         &said),
	        0);
	assert_string_equal(sb_str(&said), "");
	sb_fini(&said);
}

static void a_listed_file_must_exist(void **state)
{
	char command[400];

	(void)state;
	put_file("order.txt", "absent.gram\n");
	snprintf(command, sizeof(command), "'%s' %s/order.txt %s 2>/dev/null", GRAMC, dir, dir);
	assert_int_equal(WEXITSTATUS(system(command)), 1);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"t.gram", "order.txt", "lines.h", "use.h", "exec.h",
	        "tables.c", "use_table.c", "exec_table.c"};
	char path[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_mistake_is_reported_where_it_is),
	        cmocka_unit_test(all_mistakes_are_reported_at_once),
	        cmocka_unit_test(a_correct_file_is_silent),
	        cmocka_unit_test(a_listed_file_must_exist),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
