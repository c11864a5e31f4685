/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vtysh as a child: the one asked here is a script that says what it got. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/vtysh.h"

static const char script[] =
        "#!/bin/sh\n"
        "case \"$3\" in\n"
        "*complain*) echo \"% Can't open configuration file /etc/frr/vtysh.conf due to 'Permission "
        "denied'.\" ;;\n"
        "*nobody*) echo 'Exiting: failed to connect to any daemons.'; exit 1 ;;\n"
        "*sleep*) exec sleep 1000 ;;\n"
        "*much*) exec head -c 300000 /dev/zero ;;\n"
        "esac\n"
        "echo \"$1 $2 $3\"\n"
        "[ \"$2\" = -f ] && cat \"$3\"\n"
        "[ \"$3\" != refused ]\n";

struct bench {
	char path[64];
	struct vtysh *v;
	struct frr_io io;
};

static int setup(void **s)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	char command[100];
	int fd;

	snprintf(b->path, sizeof(b->path), "/tmp/test-vtysh-XXXXXX");
	fd = mkstemp(b->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
	fchmod(fd, 0700);
	close(fd);
	snprintf(command, sizeof(command), "%s --x", b->path);
	b->v = vtysh_new(command);
	b->io = vtysh_io(b->v);
	*s = b;
	return 0;
}

static int teardown(void **s)
{
	struct bench *b = *s;

	vtysh_free(b->v);
	unlink(b->path);
	free(b);
	return 0;
}

static struct frr_answer wait_for(struct bench *b)
{
	struct pollfd p = {.fd = vtysh_fd(b->v), .events = POLLIN};
	struct frr_answer a;

	while (!b->io.poll(b->io.ctx, &a))
		assert_int_equal(poll(&p, 1, 20000), 1);
	return a;
}

static void what_it_misses_itself_is_no_answer(void **s)
{
	struct bench *b = *s;

	struct frr_answer a;

	b->io.ask(b->io.ctx, FRR_SHOW, "complain first");
	a = wait_for(b);
	assert_string_equal(a.text, "--x -c complain first\n");
	free(a.text);
}

static void a_command_is_answered(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.ask(b->io.ctx, FRR_SHOW, "show version");
	a = wait_for(b);
	assert_true(a.ran);
	assert_string_equal(a.text, "--x -c show version\n");
	free(a.text);
	assert_false(b->io.poll(b->io.ctx, &a));
}

static void a_configuration_goes_in_by_standard_input(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.ask(b->io.ctx, FRR_CONFIGURE, "router rip\n version 2\n");
	a = wait_for(b);
	assert_true(a.ran);
	assert_string_equal(a.text, "--x -f /proc/self/fd/0\nrouter rip\n version 2\n");
	free(a.text);
}

static void a_refusal_is_an_answer(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.ask(b->io.ctx, FRR_SHOW, "refused");
	a = wait_for(b);
	assert_true(a.ran);
	free(a.text);
}

static void without_daemons_it_did_not_run(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.ask(b->io.ctx, FRR_SHOW, "nobody");
	a = wait_for(b);
	assert_false(a.ran);
	assert_string_equal(a.text, "no daemon of FRR answers");
	free(a.text);
}

static void a_missing_program_says_so(void **s)
{
	struct vtysh *v = vtysh_new("no-such-vtysh --x");
	struct frr_io io = vtysh_io(v);
	struct frr_answer a;

	(void)s;
	io.ask(io.ctx, FRR_SHOW, "show version");
	assert_true(io.poll(io.ctx, &a));
	assert_false(a.ran);
	assert_string_equal(a.text, "no-such-vtysh: No such file or directory");
	free(a.text);
	io.now(io.ctx, FRR_SHOW, "show version", 1000, &a);
	assert_false(a.ran);
	free(a.text);
	vtysh_free(v);
}

static void waiting_has_a_bound(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.now(b->io.ctx, FRR_SHOW, "sleep", 200, &a);
	assert_false(a.ran);
	assert_string_equal(a.text, "FRR does not answer in time");
	free(a.text);
}

static void waiting_reads_all_of_it(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.now(b->io.ctx, FRR_SHOW, "show version", 20000, &a);
	assert_true(a.ran);
	assert_string_equal(a.text, "--x -c show version\n");
	free(a.text);
	b->io.now(b->io.ctx, FRR_SHOW, "much", 20000, &a);
	assert_true(a.ran);
	free(a.text);
}

static void a_cancelled_question_has_no_answer(void **s)
{
	struct bench *b = *s;
	struct frr_answer a;

	b->io.ask(b->io.ctx, FRR_SHOW, "sleep");
	b->io.cancel(b->io.ctx);
	assert_false(b->io.poll(b->io.ctx, &a));
	b->io.ask(b->io.ctx, FRR_SHOW, "show clock");
	a = wait_for(b);
	assert_string_equal(a.text, "--x -c show clock\n");
	free(a.text);
}

#define WITH_SHELL(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_SHELL(a_command_is_answered),
	        WITH_SHELL(what_it_misses_itself_is_no_answer),
	        WITH_SHELL(a_configuration_goes_in_by_standard_input),
	        WITH_SHELL(a_refusal_is_an_answer),
	        WITH_SHELL(without_daemons_it_did_not_run),
	        cmocka_unit_test(a_missing_program_says_so),
	        WITH_SHELL(waiting_has_a_bound),
	        WITH_SHELL(waiting_reads_all_of_it),
	        WITH_SHELL(a_cancelled_question_has_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
