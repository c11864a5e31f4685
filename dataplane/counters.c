/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic over the counters of dp.h: each of them is a row of 64-bit numbers. */
#include <string.h>

#include "base/mem.h"
#include "dataplane/dp.h"

enum {
	COUNTERS = sizeof(struct dp_counters) / sizeof(uint64_t),
	STATS = sizeof(struct dp_stats) / sizeof(uint64_t),
};

void dp_counters_add(struct dp_counters *to, const struct dp_counters *c)
{
	uint64_t a[COUNTERS], b[COUNTERS];

	memcpy(a, to, sizeof(a));
	memcpy(b, c, sizeof(b));
	for (size_t i = 0; i < COUNTERS; i++)
		a[i] += b[i];
	memcpy(to, a, sizeof(a));
}

void dp_stats_since(struct dp_stats *now, const struct dp_stats *base)
{
	uint64_t a[STATS], b[STATS];

	memcpy(a, now, sizeof(a));
	memcpy(b, base, sizeof(b));
	for (size_t i = 0; i < STATS; i++)
		a[i] -= b[i] <= a[i] ? b[i] : 0; /* a device that was made anew counts from zero */
	memcpy(now, a, sizeof(a));
}
