/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the process may still do, given up once and for good (docs/security.md).
 *
 * Privileges: of the capabilities it was started with it keeps CAP_NET_ADMIN, CAP_NET_RAW and
 * CAP_NET_BIND_SERVICE, as root CAP_SETGID too, for itself and its children; no program it starts
 * can have more. No core is dumped, nobody of the same user may read its memory.
 *
 * System calls: an allow-list for each role. A call that is not on it ends the process with SIGSYS.
 * What a process started by a filtered one may do is at most the same. Namespaces are answered with
 * EPERM, since asking for one is a way of finding out.
 */
#ifndef SPOKE_BASE_CONFINE_H
#define SPOKE_BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

enum confine_role {
	CONFINE_ROUTER, /* the whole process with its children; call it while there is one thread */
	CONFINE_PACKETS, /* the calling thread, which moves packets between descriptors that it has
	                  */
};

/* Of the calling thread and those that it starts. False: refused, and `why` says so. */
bool confine_privileges(char *why, size_t n);

/* False: the kernel has no such filter, and `why` says so. Does nothing where it is in force, which
 * is so after exec. */
bool confine_calls(enum confine_role role, char *why, size_t n);

#endif
