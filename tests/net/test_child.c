/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Supervision of children with real processes; pauses pass because the test says what time it is.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/child.h"

enum { WAIT_MS = 10000 };

struct world {
	struct children *set;
	struct child *c;
	uint64_t now; /* what the children are told */
	struct strbuf log;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->set = children_new();
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	children_free(w->set);
	sb_fini(&w->log);
	free(w);
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0
	                                                         : -1; /* no zombie, no survivor */
}

static void on_line(void *ctx, const char *line)
{
	struct world *w = ctx;

	sb_printf(&w->log, "line %s\n", line);
}

static void on_change(void *ctx, enum child_state state, const char *why)
{
	static const char *const names[] = {"running", "waiting", "stopping"};
	struct world *w = ctx;

	sb_printf(&w->log, "%s %s\n", names[state], why);
}

static void run(struct world *w, const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct child_spec spec = {
	        .name = "it", .argv = argv, .line = on_line, .changed = on_change, .ctx = w};

	w->c = child_start(w->set, &spec, w->now);
}

static struct child_info info(const struct world *w)
{
	struct child_info i;

	child_info(w->c, &i);
	return i;
}

/* Polls until the log contains the text. */
static void until(struct world *w, const char *text)
{
	uint64_t end = mono_ms() + WAIT_MS;

	while (!strstr(sb_str(&w->log), text)) {
		struct pollfd p = {.fd = children_fd(w->set), .events = POLLIN};

		if (mono_ms() >= end)
			fail_msg("\"%s\" did not come; there is:\n%s", text, sb_str(&w->log));
		poll(&p, 1, 100);
		children_poll(w->set, w->now);
	}
}

static void until_ended(struct world *w)
{
	uint64_t end = mono_ms() + WAIT_MS;

	while (children_count(w->set)) {
		struct pollfd p = {.fd = children_fd(w->set), .events = POLLIN};

		assert_true(mono_ms() < end);
		poll(&p, 1, 100);
		children_poll(w->set, w->now);
	}
}

static void output_comes_line_by_line(void **state)
{
	struct world *w = *state;

	run(w, "echo one; echo two >&2; printf three; exec cat");
	until(w, "waiting"); /* its input is empty */
	assert_string_equal(sb_str(&w->log),
	        "running \nline one\nline two\nline three\nwaiting exit status 0: three\n");
}

static void one_that_ends_is_started_again_after_growing_pauses(void **state)
{
	struct world *w = *state;
	uint64_t at;

	run(w, "echo bad option >&2; exit 2");
	until(w, "waiting exit status 2: bad option");
	assert_int_equal(info(w).state, CHILD_WAITING);
	assert_int_equal(children_deadline(w->set), w->now); /* the first time at once */
	for (int i = 0; i < 12; i++) {
		at = children_deadline(w->set);
		assert_true(at != UINT64_MAX);
		assert_true(at - w->now <= 30000);
		w->now = at;
		sb_clear(&w->log);
		children_poll(w->set, w->now);
		until(w, "waiting");
		assert_int_equal(info(w).starts, i + 2);
		assert_true(children_deadline(w->set) - w->now >= (at - w->now));
	}
	assert_int_equal(children_deadline(w->set) - w->now, 30000);
}

static void one_that_ran_long_is_started_at_once(void **state)
{
	struct world *w = *state;

	run(w, "exec sleep 1000");
	w->now += 60000;
	kill(info(w).pid, SIGKILL);
	until(w, "waiting signal 9");
	assert_int_equal(children_deadline(w->set), w->now);
	children_poll(w->set, w->now);
	assert_int_equal(info(w).state, CHILD_RUNNING);
	assert_int_equal(info(w).starts, 2);
}

static void a_missing_program_says_so_and_is_tried_again(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"no-such-program", NULL};
	struct child_spec spec = {.name = "it", .argv = argv};

	w->c = child_start(w->set, &spec, w->now);
	assert_int_equal(info(w).state, CHILD_WAITING);
	assert_string_equal(info(w).why, "no-such-program: No such file or directory");
	assert_int_equal(info(w).pid, 0);
	assert_true(children_deadline(w->set) > w->now && children_deadline(w->set) != UINT64_MAX);
}

static void what_cannot_be_executed_says_so(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"/etc", NULL};
	struct child_spec spec = {.name = "it", .argv = argv};

	w->c = child_start(w->set, &spec, w->now);
	assert_string_equal(info(w).why, "/etc: Permission denied");
	assert_int_equal(children_count(w->set), 0);
}

static void stopping_ends_it_and_does_not_start_it_again(void **state)
{
	struct world *w = *state;

	run(w, "exec sleep 1000");
	child_stop(w->c, w->now);
	until_ended(w);
	assert_int_equal(children_deadline(w->set), UINT64_MAX);
}

static void a_deaf_one_is_killed(void **state)
{
	struct world *w = *state;

	run(w, "trap '' TERM; echo deaf; while :; do sleep 1000; done");
	until(w, "deaf");
	child_stop(w->c, w->now);
	assert_int_equal(children_deadline(w->set), w->now + CHILD_TERM_MS);
	w->now += CHILD_TERM_MS;
	until_ended(w);
}

static void a_restart_waits_for_the_old_one(void **state)
{
	struct world *w = *state;
	pid_t old;

	run(w, "echo up; exec sleep 1000");
	until(w, "up");
	old = info(w).pid;
	child_restart(w->c, w->now);
	assert_int_equal(info(w).state, CHILD_STOPPING);
	sb_clear(&w->log);
	until(w, "up");
	assert_int_equal(info(w).state, CHILD_RUNNING);
	assert_true(info(w).pid != old);
	assert_int_equal(kill(old, 0), -1);
}

static void signals_reach_it(void **state)
{
	struct world *w = *state;

	run(w, "trap 'echo hup' HUP; echo up; while :; do sleep 1000 & wait; kill $!; done");
	until(w, "up");
	assert_true(child_signal(w->c, SIGHUP));
	until(w, "hup");
	child_stop(w->c, w->now);
	assert_false(child_signal(w->c, SIGHUP));
}

/* The supervisor is killed with no chance to tidy up: its child goes with it. */
static void children_die_with_a_killed_parent(void **state)
{
	int p[2];
	char buf[32] = "";
	pid_t sup;

	(void)state;
	assert_int_equal(pipe(p), 0);
	sup = fork();
	if (!sup) {
		const char *const argv[] = {"sleep", "1000", NULL};
		struct child_spec spec = {.name = "it", .argv = argv};
		struct child_info i;
		struct children *s = children_new();

		child_info(child_start(s, &spec, 0), &i);
		if (write(p[1], &i.pid, sizeof(i.pid)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	pid_t child = 0;

	assert_int_equal(read(p[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(kill(child, 0), 0);
	kill(sup, SIGKILL);
	assert_int_equal(waitpid(sup, NULL, 0), sup);
	uint64_t end = mono_ms() + WAIT_MS;
	bool gone = false;

	while (!gone && mono_ms() < end) { /* a zombie until init or a subreaper takes it: that
		                              counts as dead */
		char path[64], st = 'Z';
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", child);
		f = fopen(path, "r");
		gone = !f || fscanf(f, "%*d (%31[^)]) %c", buf, &st) != 2 || st == 'Z';
		if (f)
			fclose(f);
		poll(NULL, 0, 10);
	}
	assert_true(gone);
	close(p[0]);
	close(p[1]);
}

/* No descriptor of ours leaks into a child. */
static void only_the_standard_descriptors_are_inherited(void **state)
{
	struct world *w = *state;
	int leak = dup(0);

	run(w, "ls /proc/self/fd | tr '\\n' ' '; echo");
	until(w, "waiting");
	close(leak);
	assert_non_null(strstr(sb_str(&w->log), "line 0 1 2 3 \n")); /* 3 is the listing's own */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(output_comes_line_by_line),
	        T(one_that_ends_is_started_again_after_growing_pauses),
	        T(one_that_ran_long_is_started_at_once),
	        T(a_missing_program_says_so_and_is_tried_again),
	        T(what_cannot_be_executed_says_so),
	        T(stopping_ends_it_and_does_not_start_it_again),
	        T(a_deaf_one_is_killed),
	        T(a_restart_waits_for_the_old_one),
	        T(signals_reach_it),
	        T(children_die_with_a_killed_parent),
	        T(only_the_standard_descriptors_are_inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
