/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates that come to their end: IOS warns from sixty days on, every week, and in the last
 * week every day. A certificate that is seen for the first time is warned about at once if its end
 * is that near.
 */
#ifndef SPOKE_FLEXVPN_EXPIRY_H
#define SPOKE_FLEXVPN_EXPIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x509_st;

enum fx_expiry { FX_EXPIRY_FAR, FX_EXPIRY_WARNING, FX_EXPIRY_ALERT };

/* What is due with so many seconds left; `first`: it has not been looked at before, else this is
 * the look of the day. */
enum fx_expiry fx_expiry_due(int64_t left_s, bool first);

struct fx_expiry_watch {
	uint8_t (*seen)[20]; /* SHA-1 of those that were looked at since the last daily look */
	size_t n;
	uint64_t daily_at; /* the next daily look; 0: none was taken yet */
};

/* A certificate of a trustpoint: `kind` is "ID" or "CA". Looks at it unless it was seen, and logs.
 * `daily`: in a daily look. */
void fx_expiry_look(struct fx_expiry_watch *w, const char *trustpoint, const char *kind,
        const struct x509_st *x, bool daily);
/* Is the daily look due? Then what was seen is forgotten, and the caller looks at all. `now`:
 * monotonic milliseconds. */
bool fx_expiry_daily(struct fx_expiry_watch *w, uint64_t now);
void fx_expiry_fini(struct fx_expiry_watch *w);

#endif
