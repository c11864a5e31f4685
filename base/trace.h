/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Event trace: a ring of small records (time, event, three words) that costs a few stores to write and is only decoded
 * when shown. The guide: "a fast mechanism that logs a few bytes of trace information in a buffer area and a display
 * mechanism that extracts and decodes the debug data".
 */
#ifndef SPOKE_BASE_TRACE_H
#define SPOKE_BASE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_rec {
	uint64_t when; /* wall clock, milliseconds */
	uint32_t id;
	uint32_t subject; /* whom it is about: the owner's number for a client, a tunnel … */
	uintptr_t word[3];
};

struct trace {
	struct trace_rec *rec;
	size_t cap, head, used;
	bool enabled;
};

void trace_init(struct trace *t, size_t entries);
void trace_fini(struct trace *t);
void trace_resize(struct trace *t, size_t entries); /* empties it */
void trace_clear(struct trace *t);
void trace_put(struct trace *t, uint64_t when, uint32_t id, uint32_t subject, uintptr_t a, uintptr_t b, uintptr_t c);
const struct trace_rec *trace_at(const struct trace *t, size_t i); /* i-th oldest; NULL past the end */

#endif
