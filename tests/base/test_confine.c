/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a confined process may and may not: each case gives up its rights in a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"

static char why[120];

/* The wait status of a process that runs `act` and ends with what it returns. */
static int in_child(int (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(act());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void ends_with(int (*act)(void), int signal)
{
	int status = in_child(act);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), signal);
}

static void succeeds(int (*act)(void))
{
	int status = in_child(act);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool router(void)
{
	return confine_privileges(why, sizeof(why)) &&
	       confine_calls(CONFINE_ROUTER, why, sizeof(why));
}

static int load_program(void)
{
	return router() ? (int)syscall(SYS_bpf, 0, NULL, 0) : 1;
}

static int load_module(void)
{
	return router() ? (int)syscall(SYS_init_module, NULL, 0, "") : 1;
}

static int write_and_execute(void)
{
	if (!router())
		return 1;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	               0) == MAP_FAILED;
}

static int execute_as_packets(void)
{
	char *const argv[] = {"/bin/true", NULL};

	if (!confine_calls(CONFINE_PACKETS, why, sizeof(why)))
		return 1;
	execv(argv[0], argv);
	return 1;
}

static void a_forbidden_call_ends_the_process(void **s)
{
	(void)s;
	ends_with(load_program, SIGSYS);
	ends_with(load_module, SIGSYS);
	ends_with(write_and_execute, SIGSYS);
	ends_with(execute_as_packets, SIGSYS);
}

/* The filter of one thread is not the others'. */
static void *packets(void *arg)
{
	*(bool *)arg = confine_calls(CONFINE_PACKETS, why, sizeof(why));
	return NULL;
}

static int threads_differ(void)
{
	bool filtered = false;
	pthread_t t;

	if (!router() || pthread_create(&t, NULL, packets, &filtered) != 0 ||
	        pthread_join(t, NULL) != 0 || !filtered)
		return 1;
	return in_child(execute_as_packets) == SIGSYS ? 0 : 1;
}

static int refused(void)
{
	if (!router() || !confine_calls(CONFINE_ROUTER, why, sizeof(why)))
		return 1;
	if (unshare(CLONE_NEWNET) == 0 || errno != EPERM)
		return 2;
	if (socket(AF_VSOCK, SOCK_STREAM, 0) >= 0 || errno != EAFNOSUPPORT)
		return 3;
	return 0;
}

/* What a child of the router may be: a program. */
static int program_runs(void)
{
	char *const argv[] = {"/bin/sh", "-c", "echo x | cat > /dev/null", NULL};

	if (!router())
		return 1;
	execv(argv[0], argv);
	return 1;
}

static void what_is_refused_is_no_end(void **s)
{
	(void)s;
	succeeds(refused);
	succeeds(threads_differ);
	succeeds(program_runs);
}

static int privileges(void)
{
	struct rlimit core = {1, 1};

	if (!confine_privileges(why, sizeof(why)))
		return 1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0)
		return 2;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur || core.rlim_max)
		return 3;
	if (geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_NET_ADMIN) != 1)
		return 4;
	if (geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) != 0)
		return 5;
	return geteuid() == 0 && setuid(65534) == 0 ? 6 : 0;
}

static void few_privileges_stay(void **s)
{
	(void)s;
	succeeds(privileges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_forbidden_call_ends_the_process),
	        cmocka_unit_test(what_is_refused_is_no_end),
	        cmocka_unit_test(few_privileges_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
