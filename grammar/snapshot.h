/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots from the inside: what editor, printer and comparison share. */
#ifndef SPOKE_GRAMMAR_SNAPSHOT_H
#define SPOKE_GRAMMAR_SNAPSHOT_H

#include "grammar/match.h"
#include "grammar/tree.h"

/* A snapshot of our own: a shared one is copied, and it gets a new version. */
void gr_cfg_own(struct cfg **at);
/* How a stored, not negated line reads in its grammar. */
bool gr_node_path(const struct cfg_node *n, struct gr_run *r, struct gr_path *p);
const struct gr_kind *gr_kind_of(const char *name);
/* Would this command be taken by a section of that mode (and not only by one around it)? */
bool gr_mode_takes(int mode, const char *command);

#endif
