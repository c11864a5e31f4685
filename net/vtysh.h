/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FRR, the routing protocols, through its own shell: one question at a time, each a vtysh of its
 * own as a child. A configuration goes in by standard input, so that no password stands in an
 * argument.
 *
 * `struct frr_io` is what the router uses: the real one below, or a test's.
 */
#ifndef SPOKE_NET_VTYSH_H
#define SPOKE_NET_VTYSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frr_what {
	FRR_SHOW,      /* one command; the answer is what it prints */
	FRR_CONFIGURE, /* lines of configuration; the answer is what was wrong with them */
};

struct frr_answer {
	bool ran;   /* false: no vtysh, or it found no daemon: `text` says why */
	char *text; /* the caller frees */
};

struct frr_io {
	void *ctx;
	/* Asks; the answer comes out of poll. Only one question at a time. */
	void (*ask)(void *ctx, enum frr_what what, const char *text);
	bool (*poll)(void *ctx, struct frr_answer *out); /* false: nothing yet */
	void (*cancel)(void *ctx);                       /* no answer is wanted any more */
	/* Asks and waits, at most `ms`. */
	void (*now)(void *ctx, enum frr_what what, const char *text, unsigned ms,
	        struct frr_answer *out);
};

struct vtysh;

/* How vtysh is called: words between blanks, the first one looked for in PATH. NULL: "vtysh". */
struct vtysh *vtysh_new(const char *command);
void vtysh_free(struct vtysh *v); /* accepts NULL */
struct frr_io vtysh_io(struct vtysh *v);
int vtysh_fd(const struct vtysh *v); /* readable when something is to be done: then poll */

#endif
