/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Supervised child processes: programs that do a part of the router's work (a DNS proxy, a DHCP
 * server) and must live as long as it is wanted, no longer.
 *
 * A child that ends is started again, at once the first time, then after growing pauses (up to half
 * a minute); one that has run for a while starts over. A child that must go gets SIGTERM, and
 * SIGKILL when it does not listen. It gets SIGKILL from the kernel when we die first. Standard
 * output and error come to us line by line. Nothing here blocks, but for children_free().
 *
 * The caller watches children_fd() and calls children_poll() when it is readable and at
 * children_deadline(); times are in the clock of `now_ms`.
 *
 * The kernel's promise hangs on the thread that started the child: that must be one that lives as
 * long as the process, the main thread. It also ends when a child changes its user.
 */
#ifndef SPOKE_NET_CHILD_H
#define SPOKE_NET_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CHILD_TERM_MS = 3000 }; /* from SIGTERM to SIGKILL */

enum child_state {
	CHILD_RUNNING,
	CHILD_WAITING,  /* ended or could not start; will be started again */
	CHILD_STOPPING, /* told to end */
};

struct child_spec {
	const char *name; /* for messages */
	const char *const
	        *argv; /* argv[0] is looked for in PATH and the sbin directories; copied */
	/* May be NULL. A line of output, without its newline. */
	void (*line)(void *ctx, const char *line);
	/* May be NULL. It is about to be started: files that it reads may be changed, none of it
	 * runs. */
	void (*prepare)(void *ctx);
	/* May be NULL. It runs (again), or has ended and why. */
	void (*changed)(void *ctx, enum child_state state, const char *why);
	void *ctx;
};

struct children; /* a set, one descriptor to watch */
struct child;

struct children *children_new(void);
void children_free(
        struct children *s); /* ends all and waits for it, within the bound; accepts NULL */
int children_fd(const struct children *s);
void children_poll(struct children *s, uint64_t now_ms);
uint64_t children_deadline(const struct children *s); /* UINT64_MAX: none */
size_t children_count(
        const struct children *s); /* processes that exist, the stopping ones among them */

/* Never NULL: a program that is missing is tried again, and child_info() says why it does not run.
 */
struct child *child_start(struct children *s, const struct child_spec *spec, uint64_t now_ms);
void child_stop(struct child *c, uint64_t now_ms);    /* the handle is gone; accepts NULL */
void child_restart(struct child *c, uint64_t now_ms); /* ends it, and starts it when it has ended */
bool child_signal(struct child *c, int sig);          /* false: it does not run */

struct child_info {
	const char *name;
	enum child_state state;
	pid_t pid; /* 0: none */
	uint32_t starts;
	uint64_t since_ms; /* of its state */
	const char *why;   /* of the last end: "exit status 2: …", "signal 9"; "" */
};
void child_info(const struct child *c, struct child_info *out);

/* Where a program is; false: nowhere. */
bool child_find_program(const char *name, char *path, size_t n);

#endif
