/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an event record costs: ns each, in memory and in a mapped file, beside a copy of one cache
 * line. Figure of the design: at most 25 ns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/trace.h"

enum { RECORDS = 20000000, ENTRIES = 1000 };

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double records(const char *path)
{
	struct trace t;

	trace_open(&t, path, 1, ENTRIES);
	double begin = now();

	for (uint64_t i = 0; i < RECORDS; i++)
		trace_put(&t, (uint32_t)i & 7, "client1", i, 2, 0);
	double took = now() - begin;

	trace_fini(&t);
	return took / RECORDS;
}

static double copies(void)
{
	char from[64] = {1}, *to = calloc(ENTRIES, sizeof(from));
	double begin = now();

	for (uint64_t i = 0; to && i < RECORDS; i++) {
		from[0] = (char)i;
		memcpy(to + i % ENTRIES * sizeof(from), from, sizeof(from));
		__asm__ volatile("" : : "r"(to) : "memory");
	}
	double took = now() - begin;

	free(to);
	return took / RECORDS;
}

int main(void)
{
	char path[] = "/tmp/spoke-bench-XXXXXX";
	int fd = mkstemp(path);
	double copy = copies(), memory = records(NULL), file = records(fd < 0 ? NULL : path);

	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	printf("copy of 64 octets %.1f ns; event record %.1f ns in memory (%.1f times), %.1f ns in "
	       "a mapped file (%.1f times)\n",
	        copy, memory, memory / copy, file, file / copy);
	return 0;
}
