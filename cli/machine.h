/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the system says about itself: load, memory, this process's threads. */
#ifndef SPOKE_CLI_MACHINE_H
#define SPOKE_CLI_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Percent of all processors. `now`: since the last time anybody asked (since the start, if that is
 * less than a second ago: since the time before); the minutes are the system's load averages. */
struct machine_load {
	unsigned now, kernel, one, five;
};
struct machine_load machine_load(void);

struct machine_thread {
	unsigned tid;
	char name[17];
	uint64_t runtime_ms, invoked, age_ms;
};
/* The threads of this process, by number; the caller frees. */
struct machine_thread *machine_threads(size_t *n);

struct machine_memory {
	uint64_t total, available, free;   /* octets, of the system */
	uint64_t allocated, holding, peak; /* of this process: heap, resident, most so far */
};
struct machine_memory machine_memory(void);

#endif
