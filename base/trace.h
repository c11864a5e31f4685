/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Event trace: a ring of small records (time, event, whom it is about, three words) that costs a
 * few stores to write and is only decoded when shown. The guide: "a fast mechanism that logs a few
 * bytes of trace information in a buffer area and a display mechanism that extracts and decodes the
 * debug data".
 *
 * Given a path, the ring lies in that file, mapped: what was recorded is still there when the
 * process crashes, and the next one goes on behind it. One writer, no lock: a record is complete
 * before it counts.
 */
#ifndef SPOKE_BASE_TRACE_H
#define SPOKE_BASE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_SUBJECT = 24, TRACE_MAX_ENTRIES = 1000000 };

struct trace_rec {     /* one cache line */
	uint64_t when; /* wall clock, milliseconds; as coarse as the kernel's tick */
	uint32_t id;
	uint32_t spare;
	uint64_t word[3];
	char subject[TRACE_SUBJECT]; /* whom it is about; cut, ends with a zero */
};

struct trace_ring; /* what lies in the file */

struct trace {
	struct trace_ring *ring; /* NULL: records nothing */
	size_t cap;
	bool enabled;
	bool one_shot; /* stops when the ring is full */
	char *path;    /* NULL: in memory only */
	uint32_t meaning;
};

/* `meaning`: changes whenever records of another program version would be decoded wrongly; they are
 * then dropped. An existing file keeps its size and its records. Where the file cannot be had, the
 * ring lies in memory. */
void trace_open(struct trace *t, const char *path, uint32_t meaning, size_t entries);
static inline void trace_init(struct trace *t, size_t entries)
{
	trace_open(t, NULL, 0, entries);
}
/* What another process records, or recorded, in its file: to be read only. False: it is no such
 * file. */
bool trace_read(struct trace *t, const char *path, uint32_t meaning);
/* The records as they stand, in a file of their own. False: errno says why. */
bool trace_copy(const struct trace *t, const char *path);
void trace_fini(struct trace *t);                   /* the file stays */
void trace_resize(struct trace *t, size_t entries); /* the newest records stay */
void trace_clear(struct trace *t);
void trace_put(
        struct trace *t, uint32_t id, const char *subject, uint64_t a, uint64_t b, uint64_t c);
const struct trace_rec *trace_at(
        const struct trace *t, size_t i); /* i-th oldest; NULL past the end */

#endif
