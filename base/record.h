/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a recording back end keeps: the changing calls that it was asked to make, one line each, how
 * many they were, and the error that a test wants of the next one. The fakes of the data plane and
 * of the network embed one.
 */
#ifndef SPOKE_BASE_RECORD_H
#define SPOKE_BASE_RECORD_H

#include <stddef.h>

#include "base/out.h"

struct record {
	struct strbuf log; /* one line a call */
	size_t calls;      /* since the beginning or the last record_forget() */
	int fail; /* what record_call() returns next: 0 or a negative errno; good for one call */
};

/* Logs the call; gives the error that the test asked for, else 0. */
int record_call(struct record *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void record_forget(struct record *r); /* the log and the count begin anew */
void record_fini(struct record *r);

#endif
