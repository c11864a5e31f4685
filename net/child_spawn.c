/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One new process: its own session, empty standard input, output to a pipe, no other descriptor of
 * ours, and the kernel's promise to kill it when we die. What happens between fork and exec calls
 * nothing but the kernel, since other threads may hold locks.
 */
#include "net/child_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/child.h"

static bool in_dir(const char *dir, size_t len, const char *name, char *path, size_t n)
{
	int k = snprintf(path, n, "%.*s/%s", (int)len, dir, name);

	return k > 0 && (size_t)k < n && access(path, X_OK) == 0;
}

bool child_find_program(const char *name, char *path, size_t n)
{
	const char *env = getenv("PATH");
	const char *const dirs[] = {
	        env ? env : "", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"};

	if (strchr(name, '/'))
		return snprintf(path, n, "%s", name) < (int)n && access(path, X_OK) == 0;
	for (size_t i = 0; i < 2; i++)
		for (const char *p = dirs[i]; *p;) {
			size_t len = strcspn(p, ":");

			if (len && in_dir(p, len, name, path, n))
				return true;
			p += len + (p[len] == ':');
		}
	return false;
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
}

/* In the child. `fail` reports an errno; it closes by itself when exec succeeds. */
static _Noreturn void become(
        const char *path, char *const *argv, int null, int out, int fail, pid_t parent)
{
	int err;

	setsid();
	reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* died before the promise was asked for */
		_exit(1);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (fail != 3) {
		dup3(fail, 3, O_CLOEXEC);
		fail = 3;
	}
	syscall(SYS_close_range, 4, ~0U, 0);
	execv(path, argv);
	err = errno;
	if (write(fail, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static void close_pair(int p[2])
{
	if (p[0] >= 0)
		close(p[0]);
	if (p[1] >= 0)
		close(p[1]);
	p[0] = p[1] = -1;
}

/* Nothing to read: exec closed the pipe. */
static int exec_result(int fd)
{
	int err = 0;
	ssize_t n;

	do
		n = read(fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(err) ? -err : 0;
}

static int fork_child(
        const char *path, char *const *argv, int in, int out[2], int fail[2], struct spawned *p)
{
	int null = in < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : dup(in), rc;
	pid_t parent = getpid();

	if (null < 0)
		return -errno;
	p->pid = fork();
	if (p->pid == 0)
		become(path, argv, null, out[1], fail[1], parent);
	rc = p->pid < 0 ? -errno : 0;
	close(null);
	close(fail[1]);
	fail[1] = -1;
	if (!rc)
		rc = exec_result(fail[0]);
	if (!rc) {
		p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
		rc = p->pidfd < 0 ? -errno : 0;
	}
	if (rc && p->pid > 0) {
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return rc;
}

int child_spawn(char *const *argv, struct spawned *p)
{
	return child_spawn_reading(argv, -1, p);
}

int child_spawn_reading(char *const *argv, int in, struct spawned *p)
{
	char path[256];
	int out[2] = {-1, -1}, fail[2] = {-1, -1}, rc = -ENOENT;

	if (!child_find_program(argv[0], path, sizeof(path)))
		return rc;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(fail, O_CLOEXEC) < 0)
		rc = -errno;
	else
		rc = fork_child(path, argv, in, out, fail, p);
	if (!rc) {
		fcntl(out[0], F_SETFL, O_NONBLOCK);
		p->out = out[0];
		out[0] = -1;
	}
	close_pair(out);
	close_pair(fail);
	return rc;
}

int child_pidfd_signal(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}
