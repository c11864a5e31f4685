/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashed passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/password.h"

/* The published example hashes of hashcat (modes 500, 5700, 9200, 9300): each is of its password.
 */
static const struct {
	int type;
	const char *stored, *password;
} examples[] = {
        {5, "$1$28772684$iEwNOgGugqO9.bIz5sk8k/", "hashcat"},
        {4, "2btjjy78REtmYkkW0csHUbJZOstRXoWdX1mGrmmfeHI", "hashcat"},
        {8, "$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk", "hashcat"},
        {9, "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6", "hashcat"},
        {0, "plain text", "plain text"},
        {-1, "plain text", "plain text"},
};

static void each_type_knows_its_password_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		char other[128];

		if (!password_check(examples[i].type, examples[i].stored, examples[i].password))
			fail_msg("type %d", examples[i].type);
		assert_false(password_check(examples[i].type, examples[i].stored, "Hashcat"));
		assert_false(password_check(examples[i].type, examples[i].stored, ""));
		strcpy(other, examples[i].stored);
		other[strlen(other) - 2] ^= 1;
		assert_false(password_check(examples[i].type, other, examples[i].password));
	}
}

static void what_is_no_hash_matches_nothing(void **state)
{
	static const char *const bad[] = {"", "$", "$9$", "$9$short$x", "$9$2MJBozw/9R3UsU",
	        "$8$TnGX/fE4KGHOVU$", "$1$", "*",
	        "$9$2MJBozw/9R3UsUtoolong$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6"};
	static const int types[] = {4, 5, 6, 7, 8, 9, 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		for (size_t j = 0; j < ARRAY_LEN(types); j++)
			assert_false(password_check(types[j], bad[i], "hashcat"));
}

static void a_new_hash_has_its_own_salt(void **state)
{
	char a[PASSWORD_HASH_LEN], b[PASSWORD_HASH_LEN];

	(void)state;
	assert_true(password_hash("secret", a));
	assert_true(password_hash("secret", b));
	assert_string_not_equal(a, b);
	assert_true(password_check(9, a, "secret"));
	assert_true(password_check(9, b, "secret"));
	assert_false(password_check(9, a, "Secret"));
	assert_int_equal(strlen(a), 3 + PASSWORD_SALT + 1 + 43);
}

static const struct {
	const char *stored, *clear;
} sevens[] = {
        {"0822455D0A16", "cisco"},
        {"02050D480809", "cisco"},
        {"094F471A1A0A", "cisco"},
        {"094f471a1a0a", "cisco"},
};

static void type_7_is_read_and_written(void **state)
{
	char clear[PASSWORD_CLEAR_MAX], hidden[2 * PASSWORD_CLEAR_MAX + 4],
	        again[PASSWORD_CLEAR_MAX];
	static const char *const bad[] = {"", "0", "08224", "xx22455D0A16", "08ZZ"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sevens); i++) {
		assert_true(password_decode7(sevens[i].stored, clear));
		assert_string_equal(clear, sevens[i].clear);
		assert_true(password_check(7, sevens[i].stored, sevens[i].clear));
		assert_false(password_check(7, sevens[i].stored, "Cisco"));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(password_decode7(bad[i], clear));
	for (size_t n = 1; n < PASSWORD_CLEAR_MAX; n += 9) {
		memset(clear, 'a' + (int)(n % 26), n);
		clear[n] = '\0';
		password_encode7(clear, hidden);
		assert_true(password_decode7(hidden, again));
		assert_string_equal(again, clear);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_type_knows_its_password_and_no_other),
	        cmocka_unit_test(what_is_no_hash_matches_nothing),
	        cmocka_unit_test(a_new_hash_has_its_own_salt),
	        cmocka_unit_test(type_7_is_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
