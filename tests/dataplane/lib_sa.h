/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SA descriptions for tests: every suite there is, both ends of one. */
#ifndef SPOKE_TESTS_DATAPLANE_LIB_SA_H
#define SPOKE_TESTS_DATAPLANE_LIB_SA_H

#include "dataplane/dp.h"

struct sa_suite {
	const char *name;
	uint16_t encr, bits, integ;
};

extern const struct sa_suite sa_suites[];
extern const size_t sa_n_suites;
const struct sa_suite *sa_suite(const char *name);

struct ipaddr ip(const char *s);
struct dp_ts ts_range(const char *lo, const char *hi);

/*
 * One end of a tunnel-mode SA pair from `local` to `remote`, port 4500, any-to-any IPv4 and IPv6.
 * The keys depend on the SPIs: the other end is the same call with addresses and SPIs swapped. They
 * live in the static store of this file.
 */
struct dp_sa sa_end(
        const struct sa_suite *s, const char *local, const char *remote, uint32_t in, uint32_t out);

#endif
