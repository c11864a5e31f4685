/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the process may still do: see confine.h. The filters are built by libseccomp from the tables
 * below; every architecture has the names it has. */
#include "base/confine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- privileges ------------------------------------------------------------------------------ */

static const unsigned kept[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE,
#if SANITIZED
        CAP_SYS_PTRACE, /* the search for leaks at the end stops the other threads */
#endif
        CAP_SETGID}; /* last, and only root's: its dnsmasq insists on leaving root's groups */

static void keep(unsigned cap)
{
	capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE |
	                    CAPNG_BOUNDING_SET | CAPNG_AMBIENT;

	capng_update(CAPNG_ADD, sets, cap);
}

static bool is_kept(unsigned cap)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (kept[i] == cap)
			return cap != CAP_SETGID;
	return false;
}

static bool has_others(void)
{
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!is_kept(cap) && capng_have_capability(CAPNG_PERMITTED, cap))
			return true;
	return false;
}

/* Do the children get what we have? */
static bool hands_on(const bool have[])
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (have[i] && !capng_have_capability(CAPNG_AMBIENT, kept[i]))
			return false;
	return true;
}

bool confine_privileges(char *why, size_t n)
{
	struct rlimit none = {0, 0};
	bool have[ARRAY_LEN(kept)], bounds;
	int rc;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || capng_get_caps_process() < 0) {
		snprintf(why, n, "privileges cannot be given up: %s", strerror(errno));
		return false;
	}
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		have[i] = (kept[i] != CAP_SETGID || geteuid() == 0) &&
		          capng_have_capability(CAPNG_PERMITTED, kept[i]);
	/* A service manager that gave no more need not let anything be changed. One that gave them by the
	 * program's file, as a container does, leaves them to be handed on to the children. */
	if (!bounds && !has_others() && hands_on(have))
		return true;
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (have[i])
			keep(kept[i]);
	rc = capng_apply(
	        CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT | (bounds ? CAPNG_SELECT_BOUNDS : 0));
	if (rc < 0)
		snprintf(why, n, "capabilities cannot be given up: error %d", rc);
	return rc == 0;
}

/* ---- system calls ---------------------------------------------------------------------------- */

/* What moves packets: descriptors that exist, memory, waiting. */
static const char *const packet_calls[] = {"read", "readv", "write", "writev", "recvfrom",
        "recvmsg", "recvmmsg", "sendto", "sendmsg", "sendmmsg", "poll", "ppoll", "epoll_wait",
        "epoll_pwait", "epoll_pwait2", "epoll_ctl", "io_uring_enter", "futex", "futex_waitv",
        "clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "restart_syscall",
        "timerfd_settime", "getrandom", "munmap", "mremap", "madvise", "brk", "close", "exit",
        "exit_group", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack",
        "sched_yield", "getpid", "gettid", "getcpu", "tgkill", "set_robust_list", "rseq", "bind",
        "connect", "ioctl", "fcntl", "setsockopt", "getsockopt", "getsockname", "prctl",
        "membarrier", "sched_getaffinity"};

/* What the router and its children do besides: files, sockets, processes. */
static const char *const router_calls[] = {
        /* files */
        "open", "openat", "openat2", "creat", "close_range", "lseek", "_llseek", "pread64",
        "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "truncate", "ftruncate", "fsync",
        "fdatasync", "sync", "syncfs", "fallocate", "fadvise64", "sendfile", "splice", "tee",
        "copy_file_range", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
        "unlinkat", "symlink", "symlinkat", "readlink", "readlinkat", "mkdir", "mkdirat", "rmdir",
        "stat", "stat64", "fstat", "fstat64", "lstat", "lstat64", "newfstatat", "fstatat64",
        "statx", "statfs", "statfs64", "fstatfs", "fstatfs64", "access", "faccessat", "faccessat2",
        "getdents", "getdents64", "getcwd", "chdir", "fchdir", "chmod", "fchmod", "fchmodat",
        "chown", "fchown", "lchown", "fchownat", "umask", "utime", "utimes", "utimensat",
        "futimesat", "flock", "fcntl64", "dup", "dup2", "dup3", "pipe", "pipe2", "memfd_create",
        "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "getxattr",
        "fgetxattr", "lgetxattr", "listxattr", "readahead", "msync", "mlock", "mlock2", "munlock",
        "mincore",
        /* waiting */
        "select", "_newselect", "pselect6", "epoll_create", "epoll_create1", "eventfd", "eventfd2",
        "timerfd_create", "timerfd_gettime", "signalfd", "signalfd4", "pause", "alarm", "setitimer",
        "getitimer", "timer_create", "timer_settime", "timer_gettime", "timer_delete",
        "clock_getres", "times",
        /* sockets */
        "socketpair", "listen", "accept", "accept4", "shutdown", "getpeername", "socketcall",
        /* processes and threads */
        "fork", "vfork", "execve", "execveat", "wait4", "waitid", "waitpid", "kill", "tkill",
        "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal", "getppid",
        "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "set_tid_address", "get_robust_list",
        "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "sched_getparam", "sched_getscheduler",
        "sched_get_priority_max", "sched_get_priority_min", "sched_setaffinity", "getpriority",
        "setpriority", "getrlimit", "setrlimit", "prlimit64", "ugetrlimit", "getrusage",
        "arch_prctl", "set_thread_area", "get_thread_area",
        /* who and where */
        "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32",
        "getresuid", "getresgid", "getgroups", "getgroups32", "setuid", "setgid", "setreuid",
        "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capget",
        "capset", "uname", "sysinfo", "seccomp"};

/* A router that cannot ask for these goes on: EPERM. */
static const char *const refused_calls[] = {"setns", "personality", "io_uring_setup", "mbind",
        "get_mempolicy", "set_mempolicy", "sched_setscheduler", "sched_setattr", "ioprio_set",
        "chroot", "mount", "umount2", "clock_settime", "settimeofday", "adjtimex", "clock_adjtime",
        "sethostname", "setdomainname", "syslog", "mknod", "mknodat"};

static const char *const sanitizer_calls[] = {"ptrace", "process_vm_readv", "readlink", "open",
        "openat", "newfstatat", "fstat", "stat", "lseek", "getrlimit", "prlimit64", "arch_prctl",
        "wait4"};

enum {
	NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	                 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET,
	WRITE_EXEC = PROT_WRITE | PROT_EXEC,
	IN_FORCE = ENOTUNIQ, /* what unshare(0), which does nothing, answers under the filter */
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

/* A rule that is there already, or a call that this architecture has not, is none to add. */
static int tolerant(int rc)
{
	return rc == -EEXIST || rc == -EDOM ? 0 : rc;
}

static int add_named(scmp_filter_ctx f, uint32_t action, const char *const *names, size_t n)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		if (nr != __NR_SCMP_ERROR)
			rc = tolerant(seccomp_rule_add(f, action, nr, 0));
	}
	return rc;
}

/* Memory is written to or executed, never both at a time. */
static int add_memory(scmp_filter_ctx f)
{
	static const uint64_t fine[] = {0, PROT_WRITE, PROT_EXEC};
	static const char *const calls[] = {"mmap", "mmap2", "mprotect"};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (size_t j = 0; rc == 0 && j < ARRAY_LEN(fine); j++)
			rc = tolerant(seccomp_rule_add(f, SCMP_ACT_ALLOW,
			        seccomp_syscall_resolve_name(calls[i]), 1,
			        SCMP_A2(SCMP_CMP_MASKED_EQ, WRITE_EXEC, fine[j])));
	return rc;
}

/* Threads that move packets ask the kernel for the MTU of a path, on a socket of their own. */
static bool family_is_used(int af, enum confine_role role)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (families[i] == af)
			return role == CONFINE_ROUTER || af == AF_INET || af == AF_INET6;
	return false;
}

/* A program that tries another family learns that there is none. */
static int add_sockets(scmp_filter_ctx f, enum confine_role role)
{
	uint32_t none = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int rc = seccomp_rule_add(f, none, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, AF_MAX));

	for (int af = 0; rc == 0 && af < AF_MAX; af++)
		rc = seccomp_rule_add(f, family_is_used(af, role) ? SCMP_ACT_ALLOW : none,
		        SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)af));
	return rc;
}

/* clone3 has its flags behind a pointer, where no filter looks; the C library then takes clone. */
static int add_processes(scmp_filter_ctx f)
{
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	        SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0));

	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add(
		        f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1, SCMP_A0(SCMP_CMP_NE, 0));
	if (rc == 0)
		rc = seccomp_rule_add(
		        f, SCMP_ACT_ERRNO(IN_FORCE), SCMP_SYS(unshare), 1, SCMP_A0(SCMP_CMP_EQ, 0));
	return rc;
}

static int add_role(scmp_filter_ctx f, enum confine_role role)
{
	int rc = add_named(f, SCMP_ACT_ALLOW, packet_calls, ARRAY_LEN(packet_calls));

	if (rc == 0)
		rc = add_memory(f);
	if (rc == 0)
		rc = add_sockets(f, role);
	if (rc == 0 && SANITIZED)
		rc = add_named(f, SCMP_ACT_ALLOW, sanitizer_calls, ARRAY_LEN(sanitizer_calls));
	if (rc || role == CONFINE_PACKETS)
		return rc;
	rc = add_named(f, SCMP_ACT_ALLOW, router_calls, ARRAY_LEN(router_calls));
	if (rc == 0)
		rc = add_named(f, SCMP_ACT_ERRNO(EPERM), refused_calls, ARRAY_LEN(refused_calls));
	return rc ? rc : add_processes(f);
}

/* Filters pile up over exec: the second one of a kind would only cost. */
static bool in_force(void)
{
	return unshare(0) < 0 && errno == IN_FORCE;
}

bool confine_calls(enum confine_role role, char *why, size_t n)
{
	scmp_filter_ctx f;
	int rc;

	if (role == CONFINE_ROUTER && prctl(PR_GET_SECCOMP) == 2 && in_force())
		return true;
	f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	rc = f ? add_role(f, role) : -ENOMEM;
	if (rc == 0)
		rc = seccomp_load(f);
	if (f)
		seccomp_release(f);
	if (rc)
		snprintf(why, n, "no filter of system calls: %s", strerror(-rc));
	return rc == 0;
}
