/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several routers in one process, each over recording back ends, under one virtual clock: the first
 * is the hub (10.0.0.1), the others spokes (172.16.0.N). Datagrams cross at once; a box that is cut
 * off neither hears nor speaks.
 */
#ifndef SPOKE_TESTS_BOXES_H
#define SPOKE_TESTS_BOXES_H

#include "flexvpn/core.h"

enum { BOXES = 24, HUB = 0 };

struct box {
	struct boxes *all;
	struct fx *x;
	struct fx_backends b;
	struct cfg_editor *ed;
	struct ipaddr at;
	bool cut;
	uint32_t seed;
};

struct boxes {
	struct box box[BOXES];
	int n;
	uint64_t now;
	struct cfg *empty;
	char log[256][200];
	size_t n_log;
	struct log_sink *sink;
};

struct boxes *boxes_new(int n);
void boxes_free(struct boxes *b);
void box_enter(struct box *b, const char *lines); /* separated by '\n'; all must be accepted */
/* A spoke's configuration: the peer's address, how it authenticates, a network behind it. */
void box_be_spoke(struct box *b, const char *identity, const char *more);
void boxes_run(struct boxes *b, uint64_t ms);
bool box_active(struct box *b);
bool boxes_logged(const struct boxes *b, const char *part);

/* Has this box in its (fake) kernel … */
bool box_route(struct box *b, const char *dst, const char *device);
bool box_addr(struct box *b, const char *addr, const char *device);

#endif
