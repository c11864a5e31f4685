/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates by URL: see cert_url.h. */
#include "flexvpn/cert_url.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"

enum {
	URL_MAX = 255,
	MAX_CERT = 8 << 10, /* octets */
	FETCH_S = 5,
	MAX_KEPT = 64,
	MAX_ASKED = 8, /* under way at a time */
	KEEP_MS = 60 * 60 * 1000,
	FAILED_MS = 60 * 1000
};

enum state { ASKED, HERE, FAILED };

struct entry {
	struct entry *next; /* the newest stands first */
	uint8_t hash[IKE_KEY_ID_LEN];
	enum state state;
	uint32_t id;
	uint64_t until; /* HERE, FAILED */
	uint8_t *der;
	size_t n;
	char why[120];
};

struct fx_cert_urls {
	struct fetch_io io;
	struct entry *all;
	uint32_t last_id;
};

struct fx_cert_urls *fx_cert_urls_new(const struct fetch_io *io)
{
	struct fx_cert_urls *u = xcalloc(1, sizeof(*u));

	u->io = *io;
	return u;
}

static void drop(struct fx_cert_urls *u, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	if (e->state == ASKED && u->io.cancel)
		u->io.cancel(u->io.ctx, e->id);
	free(e->der);
	free(e);
}

void fx_cert_urls_free(struct fx_cert_urls *u)
{
	if (!u)
		return;
	while (u->all)
		drop(u, &u->all);
	free(u);
}

static struct entry *find(const struct fx_cert_urls *u, const uint8_t *hash)
{
	struct entry *e = u->all;

	while (e && memcmp(e->hash, hash, sizeof(e->hash)) != 0)
		e = e->next;
	return e;
}

/* What is no longer good goes, and of too many the oldest that nobody waits for. */
static void tidy(struct fx_cert_urls *u, uint64_t now)
{
	struct entry **oldest = NULL;
	size_t n = 0;

	for (struct entry **at = &u->all; *at;) {
		if ((*at)->state != ASKED && now >= (*at)->until) {
			drop(u, at);
			continue;
		}
		if ((*at)->state != ASKED)
			oldest = at;
		n++;
		at = &(*at)->next;
	}
	if (n >= MAX_KEPT && oldest)
		drop(u, oldest);
}

static size_t asked(const struct fx_cert_urls *u)
{
	size_t n = 0;

	for (const struct entry *e = u->all; e; e = e->next)
		n += e->state == ASKED;
	return n;
}

static void fail(struct entry *e, uint64_t now, const char *why)
{
	e->state = FAILED;
	e->until = now + FAILED_MS;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

/* A URL as a peer may give one: printable, http:. */
static bool good_url(struct span s, char url[URL_MAX + 1])
{
	if (s.n > URL_MAX || s.n < 8 || strncasecmp((const char *)s.p, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	memcpy(url, s.p, s.n);
	url[s.n] = '\0';
	return true;
}

static struct entry *ask(struct fx_cert_urls *u, const uint8_t *hash, struct span where,
        const char *dev, uint64_t now)
{
	char url[URL_MAX + 1];
	struct entry *e;

	tidy(u, now);
	e = xcalloc(1, sizeof(*e));
	memcpy(e->hash, hash, sizeof(e->hash));
	e->next = u->all;
	u->all = e;
	if (!good_url(where, url)) {
		fail(e, now, "the URL is not one that is followed");
	} else if (!u->io.ask) {
		fail(e, now, "there is nobody to fetch it");
	} else if (asked(u) > MAX_ASKED) {
		fail(e, now, "too many certificates are being fetched");
		e->until = now; /* the next one may have more luck */
	} else {
		e->state = ASKED;
		e->id = ++u->last_id;
		u->io.ask(u->io.ctx, e->id,
		        &(struct fetch_want){
		                .url = url, .dev = dev, .max = MAX_CERT, .timeout_s = FETCH_S});
	}
	return e;
}

bool fx_cert_urls_get(struct fx_cert_urls *u, struct ike_certs *c, const char *dev, uint64_t now)
{
	bool ready = true;

	for (size_t i = 0; i < c->n; i++) {
		struct entry *e;

		if (c->der[i].n || !c->hash[i])
			continue;
		e = find(u, c->hash[i]);
		if (!e || (e->state != ASKED && now >= e->until))
			e = ask(u, c->hash[i], c->url[i], dev, now);
		ready &= e->state != ASKED;
		if (e->state == HERE)
			c->der[i] = span_of(e->der, e->n);
	}
	return ready;
}

static void take(struct entry *e, const struct fetch_answer *a, uint64_t now)
{
	uint8_t hash[SHA_DIGEST_LENGTH];

	SHA1(a->body, a->n, hash);
	if (!a->n || memcmp(hash, e->hash, sizeof(hash)) != 0) {
		fail(e, now, "what the URL gives has another hash");
		return;
	}
	e->der = xmemdup(a->body, a->n);
	e->n = a->n;
	e->state = HERE;
	e->until = now + KEEP_MS;
}

bool fx_cert_urls_poll(struct fx_cert_urls *u, uint64_t now)
{
	struct fetch_answer a;
	bool any = false;

	while (u->io.poll && u->io.poll(u->io.ctx, &a)) {
		struct entry *e = u->all;

		while (e && (e->state != ASKED || e->id != a.id))
			e = e->next;
		if (e && a.ok)
			take(e, &a, now);
		else if (e)
			fail(e, now, a.why);
		if (e && e->state == FAILED)
			log_msg(PKI_FETCH_FAIL, "Certificate", e->why);
		any |= e != NULL;
		free(a.body);
	}
	return any;
}

const char *fx_cert_urls_why(const struct fx_cert_urls *u, const uint8_t hash[IKE_KEY_ID_LEN])
{
	const struct entry *e = find(u, hash);

	return e && e->state == FAILED ? e->why : "";
}
