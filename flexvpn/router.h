/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router: everything behind the terminals. It owns the running and the startup configuration, and turns every committed
 * snapshot into sessions, interfaces, addresses and routes.
 *
 * The router proper (`struct fx`, core.h) is a machine without a loop; this header is its daemon form on libuv.
 */
#ifndef SPOKE_FLEXVPN_ROUTER_H
#define SPOKE_FLEXVPN_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "grammar/grammar.h"

struct router;

/* What carries packets. It is chosen before the process gives up the means of trying things out (base/confine.h). */
struct dp_ops;
struct router_plane {
	const struct dp_ops *ops;
	char why[200]; /* it was chosen */
};
/* `which`: as in router_opts. False: none that works here, and `why` says so. */
bool router_choose_plane(const char *which, struct router_plane *out, char *why, size_t n);

struct router_opts {
	const struct router_plane *plane; /* borrowed for the call; NULL: chosen by `dataplane` */
	const char *dataplane;    /* "auto", "kernel", "user", or "fake" (nothing leaves the process; no privilege needed) */
	uv_loop_t *loop;          /* borrowed; outlives the router */
	const char *startup_path; /* where the startup-config is kept; NULL: it is not */
	const char *state_dir;    /* NULL: none */
	const char *vtysh;        /* how FRR's shell is called; NULL: "vtysh" */
};

/* NULL: could not start, and `why` says so in one line. The router starts with an empty running configuration. */
struct router *router_new(const struct router_opts *o, char *why, size_t n);
void router_free(struct router *r); /* deletes sessions, removes every device, address and route it made */

const struct cfg *router_running(const struct router *r); /* borrowed until the next commit */

/* A new running configuration. It is acted on at once, unless `more_pending`: then once, when the input pauses
 * (router_settle(), or a commit without it). Warnings that the change deserves go to the log. */
void router_commit(struct router *r, const struct cfg *c, bool more_pending);
void router_settle(struct router *r);
/* For a long input, now and then: what is pending is acted on if the last time took less than a tenth of the time since,
 * so that there is never much to be done in one go. */
void router_settle_some(struct router *r);

/* The configuration as last saved or loaded; NULL: startup-config is not present. */
const struct cfg *router_startup(const struct router *r);
/* Reads startup-config. Bad lines are logged with their numbers, the rest becomes the running configuration, and the file stays as
 * it is. Then what a killed predecessor left behind and nothing wants is removed. False: there is no such file, or it cannot be
 * read (`why`). */
bool router_load(struct router *r, char *why, size_t n);
/* running → startup: temporary file, fsync, rename, fsync of the directory; mode 0600; the previous one is kept as
 * FILE.1 … FILE.5. */
bool router_save(struct router *r, char *why, size_t n);
/* The same of another configuration, which becomes the startup-config. */
bool router_store(struct router *r, const struct cfg *c, char *why, size_t n);
/* Removes startup-config; the kept versions stay. */
bool router_erase(struct router *r, char *why, size_t n);

/* After an order to the machine: act on it at once and arm the next timer. */
void router_pump(struct router *r);

void router_metrics(const struct router *r, struct strbuf *out); /* metrics.h: the page as it is now */

const char *router_hostname(const struct router *r); /* "Router" until configured */
const char *router_dataplane(const struct router *r, const char **why);

#endif
