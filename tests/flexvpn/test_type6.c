/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Type 6 keys: those of real routers, our own ones both ways, what is no such key, and the master
 * key at rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "flexvpn/keys.h"
#include "flexvpn/type6.h"
#include "tests/flexvpn/lib_place.h"

static struct secret master_of(const char *text)
{
	struct secret s = {0};

	secret_set(&s, text, strlen(text));
	return s;
}

/* The first from CiscoDevNet's Type-6-Password-Encode (made by a router), the second from
 * MarcJHuber's cisco6. */
static void keys_of_routers_are_read(void **state)
{
	static const struct {
		const char *master, *text, *clear;
	} of[] = {{"Cisco123", "fe_a`iJYE\\DZYJhDhTP[`MYaTgRH_MAAB", "Cisco123"},
	        {"mySecretMasterkey", "XOUDEUYHeLGdB`UAZKX\\GK[iEgCWMZXEXN^dTGZ[UAAAB",
	                "mySecretPassword"}};
	char out[TYPE6_CLEAR_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		struct secret m = master_of(of[i].master);

		assert_true(type6_decrypt(&m, of[i].text, out));
		assert_string_equal(out, of[i].clear);
		secret_wipe(&m);
	}
}

static void every_length_goes_both_ways(void **state)
{
	struct secret m = master_of("a master key"), other = master_of("another key");
	char clear[TYPE6_CLEAR_MAX + 2] = "", text[TYPE6_MAX], again[TYPE6_MAX],
	                             out[TYPE6_CLEAR_MAX + 1];

	(void)state;
	assert_false(type6_encrypt(&m, "", text));
	for (size_t n = 1; n <= TYPE6_CLEAR_MAX; n++) {
		clear[n - 1] = (char)('!' + n % 90);
		assert_true(type6_encrypt(&m, clear, text));
		assert_true(type6_encrypt(&m, clear, again));
		assert_string_not_equal(text, again);
		assert_true(type6_decrypt(&m, text, out));
		assert_string_equal(out, clear);
		assert_false(type6_decrypt(&other, text, out));
	}
	clear[TYPE6_CLEAR_MAX] = 'x';
	assert_false(type6_encrypt(&m, clear, text));
	secret_wipe(&m);
	secret_wipe(&other);
}

static void what_is_changed_is_no_key(void **state)
{
	static const char good[] = "fe_a`iJYE\\DZYJhDhTP[`MYaTgRH_MAAB";
	static const char *const bad[] = {
	        "", "A", "AAA", "AAB", "iii", "fe_a`iJYE\\DZ", "password1"};
	struct secret m = master_of("Cisco123"), none = {0};
	char text[sizeof(good)], out[TYPE6_CLEAR_MAX + 1], longer[2 * TYPE6_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(text, good, sizeof(good));
		text[i] = text[i] == 'A' ? 'B' : 'A';
		if (type6_decrypt(&m, text, out)) /* a last group may have several forms */
			assert_string_equal(out, "Cisco123");
		text[i] = '~';
		assert_false(type6_decrypt(&m, text, out));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(type6_decrypt(&m, bad[i], out));
	memset(longer, 'A', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	for (size_t n = sizeof(longer) - 1; n > sizeof(longer) - 8; n--) {
		longer[n] = '\0';
		assert_false(type6_decrypt(&m, longer, out));
	}
	assert_false(type6_decrypt(&none, good, out));
	secret_wipe(&m);
}

static void the_master_key_outlives_the_process_unread(void **state)
{
	char dir[] = "/tmp/spoke-keys-XXXXXX", path[200], seen[4096] = "", why[120];
	struct secret m = master_of("open sesame");
	struct fx_keys *k;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	k = fx_keys_new(dir);
	assert_int_equal(fx_keys_master(k)->n, 0);
	assert_true(fx_keys_set_master(k, &m, why, sizeof(why)));
	fx_keys_free(k);
	k = fx_keys_new(dir);
	assert_true(secret_eq(fx_keys_master(k), &m));
	snprintf(path, sizeof(path), "%s/keys/master", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(seen, 1, sizeof(seen), f);

	fclose(f);
	assert_true(n > 0 && !memmem(seen, n, "sesame", 6));
	secret_wipe(&m);
	assert_true(fx_keys_set_master(k, &m, why, sizeof(why)));
	assert_int_not_equal(access(path, F_OK), 0);
	fx_keys_free(k);
	snprintf(path, sizeof(path), "%s/keys/seal", dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void a_configuration_is_built_with_the_master_key(void **state)
{
	static const char lines[] = "crypto ikev2 keyring K\n peer P\n  address 10.0.0.1\n"
	                            "  pre-shared-key 6 fe_a`iJYE\\DZYJhDhTP[`MYaTgRH_MAAB\n";
	struct secret m = master_of("Cisco123"), other = master_of("Cisco124");
	const struct secret *with[] = {&m, &other, NULL};
	struct place p;

	(void)state;
	place_open(&p, NULL);
	place_feed(&p, lines);
	for (size_t i = 0; i < ARRAY_LEN(with); i++) {
		struct fx_config *c = fx_config_build_with(cfg_editor_candidate(p.ed), with[i]);
		const struct fx_key *k = &c->keyrings.v[0].keys.v[0];

		assert_int_equal(k->local.n, i == 0 ? 8 : 0);
		if (i == 0)
			assert_memory_equal(k->remote.p, "Cisco123", 8);
		fx_config_free(c);
	}
	secret_wipe(&m);
	secret_wipe(&other);
	place_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_of_routers_are_read),
	        cmocka_unit_test(every_length_goes_both_ways),
	        cmocka_unit_test(what_is_changed_is_no_key),
	        cmocka_unit_test(the_master_key_outlives_the_process_unread),
	        cmocka_unit_test(a_configuration_is_built_with_the_master_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
