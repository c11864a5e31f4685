/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Terminals. A `struct session` is one: its modes, its privilege, its settings and history, and the
 * candidate configuration it edits. It speaks frames (proto.h) through a `struct session_io` and
 * knows no socket; server.c gives it one, a test gives it a buffer. The `struct shell` is what all
 * terminals share.
 *
 * A line goes to the EXEC commands or to the configuration editor. An accepted configuration line
 * is committed at once; the router acts on it at once too, or, while more input is pending, when
 * the input pauses. Several terminals may configure at the same time: each continues from what the
 * others have committed.
 */
#ifndef SPOKE_CLI_SESSION_H
#define SPOKE_CLI_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/proto.h"
#include "flexvpn/router.h"

struct log_sink;
struct shell;
struct session;

enum shell_quit { SHELL_RELOAD };

struct shell_opts {
	struct router *router;    /* borrowed */
	uv_loop_t *loop;          /* for its timers; NULL: shell_tick() is called instead */
	struct log_sink *console; /* what `logging console` is about; may be NULL */
	const char *state_dir;    /* where files go; NULL: there are none */
	void (*quit)(void *ctx, enum shell_quit how); /* `reload`; may be NULL */
	void *ctx;
};

enum { SHELL_MAX_SESSIONS = 64 };

struct shell *shell_new(const struct shell_opts *o);
void shell_free(struct shell *sh); /* its sessions must be gone */
struct router *shell_router(const struct shell *sh);
void shell_configured(struct shell *sh); /* the running configuration was loaded behind its back */
void shell_tick(struct shell *sh, uint64_t now); /* what is due at this time of mono_ms() */

struct session_io {
	void (*send)(
	        void *ctx, const void *frames, size_t n); /* answers: always delivered, in order */
	void (*log)(void *ctx,
	        const char *line); /* a line of the log: may be dropped when the reader is slow */
};

/* NULL: there are SHELL_MAX_SESSIONS already. Sends the first prompt. Whoever is `trusted` (the
 * router's own user, root) need not give the enable secret in a script. */
struct session *session_new(struct shell *sh, const struct session_io *io, void *ctx,
        enum proto_kind kind, const char *user, bool trusted);
void session_free(struct session *s);
bool session_closing(const struct session *s); /* it has said CLOSE: nothing more will be read */

/* What a client may say. */
void session_winsize(struct session *s, uint16_t columns, uint16_t rows);
void session_line(struct session *s, const char *line, unsigned flags); /* PROTO_LINE_* */
void session_help(struct session *s, const char *text);
void session_complete(struct session *s, const char *text);
void session_interrupt(struct session *s);

#endif
