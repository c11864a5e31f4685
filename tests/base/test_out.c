/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk, two outputs; growing strings; arenas; the trace ring; secrets. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/out.h"
#include "base/secret.h"
#include "base/trace.h"

static void walk(struct out *o)
{
	out_list(o, NULL);
	for (int i = 1; i <= 2; i++) {
		out_obj(o, NULL);
		out_field_str(o, "name", "Peer %s", i == 1 ? "a\"b" : "c");
		out_field_int(o, "port", ":%lld\n", 500);
		out_obj_end(o);
	}
	out_list(o, NULL);
	out_list_end(o);
	out_list_end(o);
}

static void text_and_json_come_from_one_walk(void **s)
{
	struct out o;

	(void)s;
	out_init(&o, OUT_TEXT);
	walk(&o);
	assert_string_equal(out_str_so_far(&o), "Peer a\"b:500\nPeer c:500\n");
	out_fini(&o);
	out_init(&o, OUT_JSON);
	walk(&o);
	assert_string_equal(out_str_so_far(&o),
		"[\n  {\n    \"name\": \"a\\\"b\",\n    \"port\": 500\n  },\n"
		"  {\n    \"name\": \"c\",\n    \"port\": 500\n  },\n  []\n]\n");
	out_fini(&o);
}

static void a_ring_keeps_the_newest(void **s)
{
	struct trace t;

	(void)s;
	trace_init(&t, 3);
	for (uint32_t i = 1; i <= 5; i++)
		trace_put(&t, i, "flex", i, 0, 0);
	assert_int_equal(trace_at(&t, 0)->id, 3);
	assert_int_equal(trace_at(&t, 2)->id, 5);
	assert_null(trace_at(&t, 3));
	t.enabled = false;
	trace_put(&t, 6, "flex", 0, 0, 0);
	assert_int_equal(trace_at(&t, 2)->id, 5);
	trace_resize(&t, 2);
	assert_int_equal(trace_at(&t, 0)->id, 4);
	assert_int_equal(trace_at(&t, 1)->word[0], 5);
	assert_null(trace_at(&t, 2));
	trace_clear(&t);
	assert_null(trace_at(&t, 0));
	trace_fini(&t);
}

static void a_long_subject_is_cut(void **s)
{
	struct trace t;

	(void)s;
	trace_init(&t, 1);
	trace_put(&t, 1, "a-name-that-is-longer-than-its-place", 0, 0, 0);
	assert_string_equal(trace_at(&t, 0)->subject, "a-name-that-is-longer-t");
	trace_put(&t, 1, "b", 0, 0, 0);
	assert_string_equal(trace_at(&t, 0)->subject, "b");
	trace_fini(&t);
}

/* The child never closes the ring: it is killed as it stands. */
static void what_a_crashed_process_recorded_is_read_by_the_next(void **s)
{
	char dir[] = "/tmp/spoke-trace-XXXXXX", path[64];
	struct trace t;
	int status;

	(void)s;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ring", dir);
	pid_t pid = fork();

	if (pid == 0) {
		trace_open(&t, path, 7, 10);
		for (uint64_t i = 1; i <= 12; i++)
			trace_put(&t, 5, "flex", i, 2 * i, 0);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	trace_open(&t, path, 7, 500); /* what is there keeps its size */
	assert_int_equal(t.cap, 10);
	assert_int_equal(trace_at(&t, 0)->word[0], 3);
	assert_int_equal(trace_at(&t, 9)->word[1], 24);
	trace_put(&t, 6, "flex", 0, 0, 0);
	trace_resize(&t, 20);
	trace_fini(&t);
	trace_open(&t, path, 7, 5);
	assert_int_equal(t.cap, 20);
	assert_int_equal(trace_at(&t, 9)->id, 6);
	trace_fini(&t);
	trace_open(&t, path, 8, 5); /* another version: its records mean something else */
	assert_int_equal(t.cap, 5);
	assert_null(trace_at(&t, 0));
	trace_fini(&t);
	assert_int_equal(truncate(path, 100), 0); /* half a file is none */
	trace_open(&t, path, 8, 4);
	assert_int_equal(t.cap, 4);
	trace_fini(&t);
	unlink(path);
	rmdir(dir);
}

static void without_its_file_a_ring_lies_in_memory(void **s)
{
	struct trace t;

	(void)s;
	trace_open(&t, "/nonexistent/ring", 1, 4);
	trace_put(&t, 9, "", 0, 0, 0);
	assert_int_equal(trace_at(&t, 0)->id, 9);
	trace_fini(&t);
}

static void an_arena_gives_zeroed_memory_again_after_reset(void **s)
{
	struct arena a;

	(void)s;
	arena_init(&a);
	memset(arena_alloc(&a, 100), 0xff, 100);
	memset(arena_alloc(&a, 100000), 0xff, 100000); /* larger than a block */
	arena_reset(&a);
	const uint8_t *p = arena_alloc(&a, 100);

	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	arena_fini(&a);
}

static void a_secret_copies_compares_and_masks(void **s)
{
	struct secret a = {0}, b = {0};

	(void)s;
	secret_set(&a, "cisco", 5);
	secret_copy(&b, &a);
	assert_true(secret_eq(&a, &b));
	secret_set(&a, a.p + 1, 3); /* out of itself */
	assert_memory_equal(a.p, "isc", 3);
	assert_false(secret_eq(&a, &b));
	assert_string_equal(secret_mask(&a), "<hidden>");
	secret_wipe(&a);
	assert_string_equal(secret_mask(&a), "<none>");
	secret_wipe(&b);
}

static char last[200];

static void keep(void *ctx, enum log_sev sev, const char *line)
{
	(void)ctx;
	(void)sev;
	strncpy(last, line, sizeof(last) - 1);
}

static void a_message_has_facility_severity_and_mnemonic(void **s)
{
	struct log_sink *sink = log_sink_add(keep, NULL, LOG_SEV_NOTICE);

	(void)s;
	log_stamp_set(LOG_STAMP_NONE, LOG_STAMP_NONE);
	log_msg(LINEPROTO_UPDOWN, "Tunnel0", "up");
	assert_string_equal(last, "%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel0, changed state to up");
	log_msg(CRYPTO_ISAKMP_ON_OFF, "ON"); /* severity 6: above this sink's level */
	assert_non_null(strstr(last, "LINEPROTO"));
	dbg(DBG_FLEXVPN, "not switched on");
	dbg_set(DBG_FLEXVPN, true);
	log_sink_level(sink, LOG_SEV_DEBUG);
	dbg(DBG_FLEXVPN, "FlexVPN(%s): Event", "flex");
	assert_string_equal(last, "FlexVPN(flex): Event");
	dbg_clear_all();
	log_sink_remove(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_json_come_from_one_walk),
		cmocka_unit_test(a_ring_keeps_the_newest),
		cmocka_unit_test(a_long_subject_is_cut),
		cmocka_unit_test(what_a_crashed_process_recorded_is_read_by_the_next),
		cmocka_unit_test(without_its_file_a_ring_lies_in_memory),
		cmocka_unit_test(an_arena_gives_zeroed_memory_again_after_reset),
		cmocka_unit_test(a_secret_copies_compares_and_masks),
		cmocka_unit_test(a_message_has_facility_severity_and_mnemonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
