/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Documents over HTTP, without waiting: revocation lists, answers about one certificate, and what
 * an authority says to a request. Fetches are numbered by the caller; answers come out of
 * fetch_io.poll() in any order. Over libcurl, on a thread of its own, so that a name that does not
 * resolve or a server that is slow holds up nothing. Only http: and https: are spoken, redirections
 * are not followed, and a body that is too large or too slow is given up.
 */
#ifndef SPOKE_NET_FETCH_H
#define SPOKE_NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct fetch_want {
	const char *url;
	const char *type; /* of what is posted, as "application/ocsp-request"; NULL: a GET */
	struct span post;
	const char *dev;    /* the interface or VRF device that it leaves through; NULL: any */
	const char *local;  /* the address that it comes from; NULL: as routed */
	size_t max;         /* octets that the body may have */
	uint32_t timeout_s; /* for the whole of it */
};

struct fetch_answer {
	uint32_t id;
	bool ok;       /* the server said 200 and the body is whole */
	char why[120]; /* when not */
	uint8_t *body; /* the taker's: free() it */
	size_t n;
};

/* What the users of it see: the real one below, or a test's. */
struct fetch_io {
	void *ctx;
	void (*ask)(
	        void *ctx, uint32_t id, const struct fetch_want *w); /* copies what `w` points to */
	void (*cancel)(void *ctx, uint32_t id); /* no answer will come; unknown ones: nothing */
	bool (*poll)(void *ctx, struct fetch_answer *out); /* false: nothing more now */
};

struct fetcher;

struct fetcher *fetcher_new(void);    /* NULL: no thread or descriptor to be had */
void fetcher_free(struct fetcher *f); /* accepts NULL; waits for the thread, not for servers */
struct fetch_io fetcher_io(struct fetcher *f);
int fetcher_fd(const struct fetcher *f); /* readable when there are answers */

#endif
