/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside net/: one new process. */
#ifndef SPOKE_NET_CHILD_SPAWN_H
#define SPOKE_NET_CHILD_SPAWN_H

#include <sys/types.h>

struct spawned {
	pid_t pid;
	int pidfd;
	int out; /* its standard output and error; non-blocking */
};

/* 0, or -errno: also of a program that cannot be executed. */
int child_spawn(char *const *argv, struct spawned *out);
/* With a file of ours as its standard input; -1: empty. */
int child_spawn_reading(char *const *argv, int in, struct spawned *out);
int child_pidfd_signal(int pidfd, int sig); /* 0 or -errno */

#endif
