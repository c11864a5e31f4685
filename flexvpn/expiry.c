/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings about certificates that expire: see expiry.h. */
#include "flexvpn/expiry.h"

#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { DAY_S = 86400, WARN_DAYS = 60, ALERT_DAYS = 7, DAY_MS = DAY_S * 1000 };

enum fx_expiry fx_expiry_due(int64_t left_s, bool first)
{
	int64_t days = left_s / DAY_S;

	if (left_s < ALERT_DAYS * DAY_S)
		return FX_EXPIRY_ALERT;
	if (days > WARN_DAYS || (!first && (WARN_DAYS - days) % 7 != 0))
		return FX_EXPIRY_FAR;
	return FX_EXPIRY_WARNING;
}

static bool seen(struct fx_expiry_watch *w, const X509 *x)
{
	uint8_t md[SHA_DIGEST_LENGTH] = {0};

	X509_digest(x, EVP_sha1(), md, NULL);
	for (size_t i = 0; i < w->n; i++)
		if (memcmp(w->seen[i], md, sizeof(md)) == 0)
			return true;
	w->seen = xrealloc(w->seen, (w->n + 1) * sizeof(*w->seen));
	memcpy(w->seen[w->n++], md, sizeof(md));
	return false;
}

static int64_t seconds_left(const X509 *x)
{
	int days, seconds;

	return ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)) == 1
	               ? (int64_t)days * DAY_S + seconds
	               : INT64_MAX;
}

void fx_expiry_look(struct fx_expiry_watch *w, const char *trustpoint, const char *kind,
        const X509 *x, bool daily)
{
	char text[80];

	if (seen(w, x))
		return;
	int64_t left = seconds_left(x);
	enum fx_expiry due = fx_expiry_due(left, !daily);

	if (due == FX_EXPIRY_FAR)
		return;
	if (left <= 0)
		snprintf(text, sizeof(text), "has expired");
	else
		snprintf(text, sizeof(text),
		        "will expire in %lld Days %lld hours %lld mins %lld secs",
		        (long long)(left / DAY_S), (long long)(left / 3600 % 24),
		        (long long)(left / 60 % 60), (long long)(left % 60));
	if (due == FX_EXPIRY_ALERT)
		log_msg(PKI_CERT_EXPIRY_ALERT, kind, trustpoint, text);
	else
		log_msg(PKI_CERT_EXPIRY_WARNING, kind, trustpoint, text);
}

bool fx_expiry_daily(struct fx_expiry_watch *w, uint64_t now)
{
	bool due = w->daily_at && now >= w->daily_at;

	if (due)
		w->n = 0;
	if (due || !w->daily_at)
		w->daily_at = now + DAY_MS;
	return due;
}

void fx_expiry_fini(struct fx_expiry_watch *w)
{
	free(w->seen);
	*w = (struct fx_expiry_watch){0};
}
