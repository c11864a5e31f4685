/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Unix socket that terminals come to. One process serves one path: a lock file beside the
 * socket says whether somebody does, so a socket that a killed process left is replaced and a live
 * one is not.
 *
 * A slow reader never holds up the router: while its queue is long nothing more is read from it,
 * and log lines for it are dropped and counted. A frame that breaks the protocol ends the
 * connection.
 */
#ifndef SPOKE_CLI_SERVER_H
#define SPOKE_CLI_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "cli/session.h"

struct server;

/* Takes the path: nobody else serves it from here on, so what an earlier process left may be
 * cleared away. NULL: not ours, and `why` says so in one line. Missing directories of the path are
 * made. */
struct server *server_new(uv_loop_t *loop, const char *path, char *why, size_t n);
bool server_serve(struct server *sv, struct shell *sh, char *why,
        size_t n);                   /* from now on terminals may come */
void server_free(struct server *sv); /* closes every terminal; the socket is gone */

#endif
