/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an EXEC handler gets. Handlers are named exec_<name>() after their declaration in a .gram file (grammar/gen/exec.h has the
 * prototypes); those that show or change the router live in flexvpn/, those about the terminal itself in cli/.
 */
#ifndef SPOKE_FLEXVPN_EXEC_H
#define SPOKE_FLEXVPN_EXEC_H

#include "base/out.h"
#include "flexvpn/router.h"

struct session; /* the terminal; cli/session.h */
struct fx;

struct exec {
	struct router *r;
	struct fx *fx;           /* the machine inside r */
	struct out *o;           /* what the command prints */
	struct session *session; /* NULL: no terminal (tests) */
	bool failed;             /* set when the command refused: its exit status is then non-zero */
};

/* The fx of a router, for those who fill a struct exec. */
struct fx *router_fx(struct router *r);

#endif
