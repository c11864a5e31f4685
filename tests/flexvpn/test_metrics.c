/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of numbers: its form, its values over a client's life, and docs/metrics.md, which has
 * its list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flexvpn/metrics.h"
#include "lib_world.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static struct strbuf text;

static int setup(void **s)
{
	struct world *w = *s = world_new();

	world_enter(w, world_guide_example);
	world_enter(w, "crypto ikev2 client flexvpn flex\nconnect auto\npeer 2 10.0.0.2\n"
	               "crypto ikev2 profile prof\ndpd 10 2 periodic\ntrack 7 stub-object");
	return 0;
}

static int teardown(void **s)
{
	sb_fini(&text);
	world_free(*s);
	return 0;
}

static const char *page(struct world *w)
{
	sb_clear(&text);
	fx_metrics(w->x, w->now, &text);
	return sb_str(&text);
}

/* The value of the sample that is spelled like this; -1: there is none. */
static long long value(struct world *w, const char *sample)
{
	size_t n = strlen(sample);

	for (const char *p = page(w); (p = strstr(p, sample)); p += n)
		if ((p == text.s || p[-1] == '\n') && p[n] == ' ')
			return strtoll(p + n, NULL, 10);
	return -1;
}

static bool has(struct world *w, const char *part)
{
	return strstr(page(w), part) != NULL;
}

static void a_client_is_followed_over_a_failover(void **s)
{
	struct world *w = *s;

	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(value(w, "spoke_client_up{client=\"flex\"}"), 1);
	assert_int_equal(value(w, "spoke_client_state{client=\"flex\",state=\"ACTIVE\"}"), 1);
	assert_int_equal(value(w, "spoke_client_state{client=\"flex\",state=\"NEGOTIATING\"}"), 0);
	assert_true(has(w, "spoke_client_peer{client=\"flex\",peer=\"10.0.0.1\","));
	world_run(w, MINUTE);
	assert_int_equal(value(w, "spoke_client_up_seconds{client=\"flex\"}"), 60);
	assert_int_equal(value(w, "spoke_client_failovers_total{client=\"flex\"}"), 0);

	w->hub[0].dead = true;
	world_run(w, 5 * MINUTE);
	assert_true(has(w, "spoke_client_peer{client=\"flex\",peer=\"10.0.0.2\","));
	assert_int_equal(value(w, "spoke_client_failovers_total{client=\"flex\"}"), 1);
	assert_int_equal(value(w, "spoke_client_dpd_losses_total{client=\"flex\"}"), 1);
	assert_int_equal(value(w, "spoke_client_connects_total{client=\"flex\"}"), 2);
}

/* The same gateway again is no failover. */
static void a_session_with_the_same_gateway_is_none(void **s)
{
	struct world *w = *s;

	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	fx_client_restart(w->x, world_client(w, "flex"), "test");
	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(value(w, "spoke_client_connects_total{client=\"flex\"}"), 2);
	assert_int_equal(value(w, "spoke_client_failovers_total{client=\"flex\"}"), 0);
}

static void rekeys_are_counted_and_traffic_outlives_its_sas(void **s)
{
	struct world *w = *s;
	struct dp_counters c = {.pkts_in = 3, .bytes_in = 300, .pkts_out = 2, .bytes_out = 200};
	struct dp_sa_state sa;

	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_true(w->b.dp_ops->sa_next(w->b.dp, 0, &sa));
	assert_true(dp_fake_count(w->b.dp, sa.sa.spi_in, &c, w->now, w->now));
	assert_int_equal(value(w, "spoke_client_receive_bytes_total{client=\"flex\"}"), 300);
	world_run(w, 2 * HOUR);
	assert_false(w->b.dp_ops->sa_get(w->b.dp, sa.sa.spi_in, &sa));
	assert_true(value(w, "spoke_client_ipsec_rekeys_total{client=\"flex\"}") >= 1);
	assert_int_equal(value(w, "spoke_client_receive_bytes_total{client=\"flex\"}"), 300);
	assert_int_equal(value(w, "spoke_client_transmit_packets_total{client=\"flex\"}"), 2);
	world_run(w, 24 * HOUR);
	assert_true(value(w, "spoke_client_ike_rekeys_total{client=\"flex\"}") >= 1);
	assert_int_equal(value(w, "spoke_client_connects_total{client=\"flex\"}"), 1);
}

static void what_is_not_authenticated_yet_is_half_open(void **s)
{
	struct world *w = *s;

	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	assert_int_equal(value(w, "spoke_ike_half_open{role=\"initiator\"}"), 0);
	assert_int_equal(value(w, "spoke_ike_sas{role=\"initiator\"}"), 1);
	w->hub[0].dead = w->hub[1].dead = true;
	fx_client_restart(w->x, world_client(w, "flex"), "test");
	world_run(w, SECOND);
	assert_int_equal(value(w, "spoke_ike_half_open{role=\"initiator\"}"), 1);
	assert_int_equal(value(w, "spoke_client_up{client=\"flex\"}"), 0);
	assert_int_equal(value(w, "spoke_client_up_seconds{client=\"flex\"}"), 0);
}

static void a_track_object_has_its_state(void **s)
{
	struct world *w = *s;

	world_enter(w, "track 7 stub-object\ndefault-state up");
	world_run(w, SECOND);
	assert_int_equal(value(w, "spoke_track_up{object=\"7\"}"), 1);
	world_enter(w, "track 7 stub-object\ndefault-state down");
	world_run(w, SECOND);
	assert_int_equal(value(w, "spoke_track_up{object=\"7\"}"), 0);
}

/* Names that the outside chose cannot break a line of the page. */
static void a_label_is_escaped(void **s)
{
	struct world *w = *s;

	assert_true(world_until(w, "flex", FX_ACTIVE, MINUTE));
	strcpy(world_client(w, "flex")->peer_name, "a\"b\\c\nd");
	assert_true(has(w, ",name=\"a\\\"b\\\\c\\nd\","));
}

/* Every line is HELP, TYPE or a sample of the family that stands open; no family stands twice. */
static void the_page_is_in_the_format(void **s)
{
	struct world *w = *s;
	char *copy, *save = NULL, open[80] = "", seen[8192] = "";

	world_until(w, "flex", FX_ACTIVE, MINUTE);
	copy = xstrdup(page(w));
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char name[80], key[84];
		int n = -1;

		if (sscanf(l, "# HELP %79s %n", name, &n) == 1 && n > 0) {
			snprintf(key, sizeof(key), " %s ", name);
			assert_null(strstr(seen, key));
			strcat(seen, key);
			assert_int_equal(l[strlen(l) - 1], '.');
			strcpy(open, name);
		} else if (sscanf(l, "# TYPE %79s %n", name, &n) == 1 && n > 0) {
			bool total =
			        strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;

			assert_string_equal(name, open);
			assert_string_equal(l + n, total ? "counter" : "gauge");
		} else {
			const char *v = strrchr(l, ' ');

			assert_int_equal(strncmp(l, open, strlen(open)), 0);
			assert_true(l[strlen(open)] == '{' || l[strlen(open)] == ' ');
			assert_non_null(v);
			assert_true(v[1] && strspn(v + 1, "0123456789") == strlen(v + 1));
		}
	}
	free(copy);
}

static void the_document_has_the_same_list(void **s)
{
	struct world *w = *s;
	FILE *f = fopen("docs/metrics.md", "r");
	static char doc[32768];
	size_t n;
	unsigned families = 0, rows = 0;

	assert_non_null(f);
	n = fread(doc, 1, sizeof(doc) - 1, f);
	fclose(f);
	doc[n] = '\0';
	for (const char *p = page(w); (p = strstr(p, "# HELP ")); families++) {
		const char *name = p + 7, *help = strchr(name, ' ') + 1, *end = strchr(help, '\n');
		char row[400], type[16] = "";

		sscanf(end, "\n# TYPE %*s %15s", type);
		snprintf(row, sizeof(row), "`%.*s` | %s | %.*s |\n", (int)(help - 1 - name), name,
		        type, (int)(end - help), help);
		if (!strstr(doc, row))
			fail_msg("docs/metrics.md lacks: | %s", row);
		p = end;
	}
	for (const char *p = doc; (p = strstr(p, "\n| `spoke_")); p++)
		rows++;
	assert_int_equal(rows, families);
}

/* What the examples ask for is on the page. */
static void examples_name_what_there_is(void **s)
{
	static const char *const files[] = {"examples/monitoring/grafana-dashboard.json",
	        "examples/monitoring/spoke-alerts.yml"};
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	static char file[65536];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		FILE *f = fopen(files[i], "r");
		unsigned named = 0;

		assert_non_null(f);
		file[fread(file, 1, sizeof(file) - 1, f)] = '\0';
		fclose(f);
		page(*s);
		for (const char *p = file; (p = strstr(p, "spoke_")); p++, named++) {
			char type[96];

			snprintf(type, sizeof(type), "# TYPE %.*s ", (int)strspn(p, letters), p);
			if (!strstr(sb_str(&text), type))
				fail_msg("%s: no '%s'", files[i], type);
		}
		assert_true(named > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	        T(a_client_is_followed_over_a_failover),
	        T(a_session_with_the_same_gateway_is_none),
	        T(rekeys_are_counted_and_traffic_outlives_its_sas),
	        T(what_is_not_authenticated_yet_is_half_open),
	        T(a_track_object_has_its_state),
	        T(a_label_is_escaped),
	        T(the_page_is_in_the_format),
	        T(the_document_has_the_same_list),
	        T(examples_name_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
