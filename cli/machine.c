/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's and this process's figures, from /proc: see machine.h. */
#include "cli/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* ---- load ----------------------------------------------------------------------------------- */

struct ticks {
	uint64_t all, busy, kernel, at;
};

static struct ticks read_ticks(void)
{
	unsigned long long v[8] = {0};
	struct ticks t = {.at = mono_ms()};
	FILE *f = fopen("/proc/stat", "re");

	if (!f)
		return t;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
	            &v[4], &v[5], &v[6], &v[7]) >= 4)
		for (size_t i = 0; i < ARRAY_LEN(v); i++)
			t.all += v[i];
	fclose(f);
	t.busy = t.all - v[3] - v[4];
	t.kernel = v[5] + v[6];
	return t;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)(part * 100 / whole) : 0;
}

/* A load average counts processes that want a processor. */
static unsigned of_processors(double load)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	double p = load * 100 / (double)(n > 0 ? n : 1);

	return p > 100 ? 100 : (unsigned)p;
}

struct machine_load machine_load(void)
{
	enum { SPAN_MS = 1000 };
	static struct ticks before, last; /* the terminals are of one thread */
	struct machine_load l = {0};
	struct ticks now = read_ticks();
	double avg[3] = {0};

	if (now.at - last.at >= SPAN_MS) {
		before = last;
		last = now;
	}
	l.now = percent(now.busy - before.busy, now.all - before.all);
	l.kernel = percent(now.kernel - before.kernel, now.all - before.all);
	if (getloadavg(avg, 3) >= 2) {
		l.one = of_processors(avg[0]);
		l.five = of_processors(avg[1]);
	}
	return l;
}

/* ---- threads -------------------------------------------------------------------------------- */

static void read_times(struct machine_thread *t, const char *path)
{
	unsigned long long user = 0, system = 0, start = 0;
	long hz = sysconf(_SC_CLK_TCK);
	char line[1024], *rest;
	double up = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	rest = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (rest)
		sscanf(rest + 1,
		        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
		        "%*d "
		        "%*d %llu",
		        &user, &system, &start);
	fclose(f);
	f = fopen("/proc/uptime", "re");
	if (f && fscanf(f, "%lf", &up) != 1)
		up = 0;
	if (f)
		fclose(f);
	if (hz <= 0)
		return;
	t->runtime_ms = (user + system) * 1000 / (unsigned long long)hz;
	uint64_t started = start * 1000 / (unsigned long long)hz, now = (uint64_t)(up * 1000);

	t->age_ms = now > started ? now - started : 0;
}

static void read_status(struct machine_thread *t, const char *path)
{
	unsigned long long n;
	char line[256];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Name: %16[^\n]", t->name) == 1)
			continue;
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &n) == 1 ||
		        sscanf(line, "nonvoluntary_ctxt_switches: %llu", &n) == 1)
			t->invoked += n;
	}
	if (f)
		fclose(f);
}

static int by_tid(const void *a, const void *b)
{
	const struct machine_thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

struct machine_thread *machine_threads(size_t *n)
{
	struct machine_thread *v = NULL;
	DIR *d = opendir("/proc/self/task");
	char path[64];

	*n = 0;
	for (struct dirent *e; d && (e = readdir(d));) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		v = xrealloc(v, (*n + 1) * sizeof(*v));
		struct machine_thread *t = &v[(*n)++];

		*t = (struct machine_thread){.tid = (unsigned)strtoul(e->d_name, NULL, 10)};
		snprintf(path, sizeof(path), "/proc/self/task/%u/stat", t->tid);
		read_times(t, path);
		snprintf(path, sizeof(path), "/proc/self/task/%u/status", t->tid);
		read_status(t, path);
	}
	if (d)
		closedir(d);
	if (*n)
		qsort(v, *n, sizeof(*v), by_tid);
	return v;
}

/* ---- memory --------------------------------------------------------------------------------- */

static void take_kb(const char *line, const char *label, uint64_t *out)
{
	size_t n = strlen(label);

	if (strncmp(line, label, n) == 0)
		*out = strtoull(line + n, NULL, 10) * 1024;
}

struct machine_memory machine_memory(void)
{
	struct machine_memory m = {0};
	struct mallinfo2 heap = mallinfo2();
	char line[256];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f)) {
		take_kb(line, "MemTotal:", &m.total);
		take_kb(line, "MemAvailable:", &m.available);
		take_kb(line, "MemFree:", &m.free);
	}
	if (f)
		fclose(f);
	f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof(line), f)) {
		take_kb(line, "VmRSS:", &m.holding);
		take_kb(line, "VmHWM:", &m.peak);
	}
	if (f)
		fclose(f);
	m.allocated = heap.uordblks + heap.hblkhd;
	return m;
}
