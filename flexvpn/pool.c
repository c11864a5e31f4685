/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address pools: see pool.h. */
#include "flexvpn/pool.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { MAX_REMEMBERED = 65536 }; /* addresses that nobody uses and that somebody had */

struct lease {
	UT_hash_handle hh;
	struct key {
		uint8_t family;
		uint8_t b[16];
	} key;
	uint32_t session; /* 0: free; `id` had it last */
	struct ike_id id;
};

struct fx_leases {
	struct lease *by_addr;
	size_t n_free; /* remembered ones */
};

struct fx_leases *fx_leases_new(void)
{
	return xcalloc(1, sizeof(struct fx_leases));
}

static void forget(struct fx_leases *l, struct lease *e)
{
	HASH_DEL(l->by_addr, e);
	free(e);
}

void fx_leases_free(struct fx_leases *l)
{
	struct lease *e, *next;

	if (!l)
		return;
	HASH_ITER (hh, l->by_addr, e, next)
		forget(l, e);
	free(l);
}

static struct key key_of(const struct ipaddr *a)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	k.family = (uint8_t)a->family;
	memcpy(k.b, a->b, ipaddr_octets(a));
	return k;
}

static struct lease *find(const struct fx_leases *l, const struct ipaddr *a)
{
	struct key k = key_of(a);
	struct lease *e;

	HASH_FIND(hh, l->by_addr, &k, sizeof(k), e);
	return e;
}

/* ---- ranges ------------------------------------------------------------------------- */

static bool within(const struct fx_pool *p, const struct ipaddr *a)
{
	size_t n = ipaddr_octets(a);

	return a->family == p->first.family && memcmp(a->b, p->first.b, n) >= 0 &&
	       memcmp(a->b, p->last.b, n) <= 0;
}

static bool of_pool(const struct fx_config *c, const char *pool, int family, const struct ipaddr *a)
{
	for (size_t i = 0; i < c->pools.n; i++) {
		const struct fx_pool *p = &c->pools.v[i];

		if (p->first.family == family && strcmp(p->name, pool) == 0 && within(p, a))
			return true;
	}
	return false;
}

/* The next address, or the next prefix of the pool's length. False: that was the last one. */
static bool step(const struct fx_pool *p, struct ipaddr *a)
{
	unsigned bit = p->len - 1u;

	if (memcmp(a->b, p->last.b, ipaddr_octets(a)) >= 0)
		return false;
	for (unsigned octet = bit / 8 + 1, add = 0x80u >> bit % 8; octet-- > 0; add = 1) {
		unsigned sum = a->b[octet] + add;

		a->b[octet] = (uint8_t)sum;
		if (sum <= 0xff)
			return true;
	}
	return false;
}

/* One that nobody has, and if possible nobody had. */
static bool first_free(
        const struct fx_leases *l, const struct fx_pool *p, bool fresh, struct ipaddr *out)
{
	struct ipaddr a = p->first;

	do {
		const struct lease *e = find(l, &a);

		if (!e || (!fresh && !e->session)) {
			*out = a;
			return true;
		}
	} while (step(p, &a));
	return false;
}

/* ---- leases ------------------------------------------------------------------------- */

static bool had(const struct fx_leases *l, const struct fx_config *c, const char *pool, int family,
        const struct ike_id *id, struct ipaddr *out)
{
	struct lease *e, *next;

	HASH_ITER (hh, l->by_addr, e, next) {
		struct ipaddr a = ipaddr_from(e->key.family, e->key.b);

		if (!e->session && e->key.family == family && ike_id_eq(&e->id, id) &&
		        of_pool(c, pool, family, &a)) {
			*out = a;
			return true;
		}
	}
	return false;
}

static bool choose(struct fx_leases *l, const struct fx_config *c, const char *pool, int family,
        const struct ike_id *id, const struct ipaddr *wish, struct ipaddr *out)
{
	const struct lease *e = ipaddr_is_set(wish) ? find(l, wish) : NULL;

	if (had(l, c, pool, family, id, out))
		return true;
	if (ipaddr_is_set(wish) && !e && of_pool(c, pool, family, wish)) {
		*out = *wish;
		return true;
	}
	for (int fresh = 1; fresh >= 0; fresh--)
		for (size_t i = 0; i < c->pools.n; i++) {
			const struct fx_pool *p = &c->pools.v[i];

			if (p->first.family == family && strcmp(p->name, pool) == 0 &&
			        first_free(l, p, fresh, out))
				return true;
		}
	return false;
}

bool fx_lease(struct fx_leases *l, const struct fx_config *c, const char *pool, int family,
        uint32_t session, const struct ike_id *id, const struct ipaddr *wish, struct ipaddr *out)
{
	struct lease *e;

	if (!choose(l, c, pool, family, id, wish, out))
		return false;
	e = find(l, out);
	if (e) {
		l->n_free--;
	} else {
		e = xcalloc(1, sizeof(*e));
		e->key = key_of(out);
		HASH_ADD(hh, l->by_addr, key, sizeof(e->key), e);
	}
	e->session = session;
	e->id = *id;
	return true;
}

void fx_unlease(struct fx_leases *l, uint32_t session)
{
	struct lease *e, *next;

	HASH_ITER (hh, l->by_addr, e, next) {
		if (e->session != session)
			continue;
		e->session = 0;
		if (++l->n_free > MAX_REMEMBERED) {
			l->n_free--;
			forget(l, e);
		}
	}
}

void fx_pool_use(const struct fx_leases *l, const struct fx_pool *p, struct fx_pool_use *out)
{
	struct lease *e, *next;
	uint64_t first = 0, last = 0;
	size_t octets = (p->len + 7u) / 8;

	*out = (struct fx_pool_use){0};
	for (size_t i = octets > 8 ? octets - 8 : 0; i < octets; i++) {
		first = first << 8 | p->first.b[i];
		last = last << 8 | p->last.b[i];
	}
	if (octets > 8 && memcmp(p->first.b, p->last.b, octets - 8) != 0)
		out->size = UINT64_MAX;
	else if (last >= first)
		out->size = ((last - first) >> (8 * octets - p->len)) + 1;
	HASH_ITER (hh, l->by_addr, e, next) {
		struct ipaddr a = ipaddr_from(e->key.family, e->key.b);

		out->in_use += e->session && within(p, &a);
	}
}
