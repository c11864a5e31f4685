/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control calls: tunnels and SAs. Each prepares without the lock, and takes it to change what
 * the thread sees. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "base/mem.h"
#include "dataplane/check.h"
#include "dataplane/user.h"

/* ---- the table of SAs ------------------------------------------------------------------------ */

/* Where spi_in is, or belongs. */
static size_t position(const struct user *u, uint32_t spi_in)
{
	size_t lo = 0, hi = u->n_sas;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->sas[mid]->p->sa.spi_in < spi_in)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct user_sa *user_sa_find(const struct user *u, uint32_t spi_in)
{
	size_t at = position(u, spi_in);

	return at < u->n_sas && u->sas[at]->p->sa.spi_in == spi_in ? u->sas[at] : NULL;
}

static void insert(struct user *u, struct user_sa *sa)
{
	size_t at = position(u, sa->p->sa.spi_in);

	if (u->n_sas == u->cap_sas) {
		u->cap_sas = u->cap_sas ? 2 * u->cap_sas : 16;
		u->sas = xrealloc(u->sas, u->cap_sas * sizeof(struct user_sa *));
	}
	memmove(&u->sas[at + 1], &u->sas[at], (u->n_sas - at) * sizeof(struct user_sa *));
	u->sas[at] = sa;
	u->n_sas++;
}

/* What was told to send last before, of those that are left. */
static struct user_sa *next_best(const struct user *u, const struct user_tun *t)
{
	struct user_sa *best = NULL;

	for (size_t i = 0; i < u->n_sas; i++)
		if (u->sas[i]->tun == t && u->sas[i]->told > (best ? best->told : 0))
			best = u->sas[i];
	return best;
}

static void remove_at(struct user *u, size_t at)
{
	struct user_sa *sa = u->sas[at];

	u->n_sas--;
	memmove(&u->sas[at], &u->sas[at + 1], (u->n_sas - at) * sizeof(struct user_sa *));
	if (u->last_in == sa)
		u->last_in = NULL;
	if (sa->tun->send == sa)
		sa->tun->send = next_best(u, sa->tun);
	dp_counters_add(&u->stats.sas, &sa->p->c);
	pair_free(sa->p);
	free(sa);
}

static void send_on(struct user *u, struct user_sa *sa)
{
	sa->told = ++u->sends;
	sa->tun->send = sa;
	user_tun_fit(u, sa->tun, false);
}

/* ---- tunnels --------------------------------------------------------------------------------- */

static struct user_tun **find_tun(struct user *u, uint32_t id)
{
	struct user_tun **at = &u->tuns;

	while (*at && (*at)->t.id != id)
		at = &(*at)->next;
	return at;
}

int user_tunnel_add(struct dp *d, const struct dp_tunnel *t)
{
	struct user *u = user_of(d);
	struct user_tun *new;
	int rc = dp_check_tunnel(t);

	if (rc < 0)
		return rc;
	if (*find_tun(u, t->id))
		return -EEXIST;
	new = xcalloc(1, sizeof(*new));
	new->t = *t;
	rc = user_tun_open(u, new);
	if (rc < 0) {
		free(new);
		return rc;
	}
	user_take(u);
	new->next = u->tuns;
	u->tuns = new;
	rc = user_watch(u, &new->src);
	user_give(u);
	if (rc < 0)
		user_tunnel_del(d, t->id);
	return rc;
}

static void drop_sas(struct user *u, const struct user_tun *t)
{
	for (size_t i = u->n_sas; i-- > 0;)
		if (u->sas[i]->tun == t)
			remove_at(u, i);
}

static void set_payload(struct pair *p, const struct dp_tunnel *t)
{
	p->payload = t->payload;
	p->key = (struct gre_key){.on = t->has_key, .value = t->key};
}

int user_tunnel_set(struct dp *d, const struct dp_tunnel *t)
{
	struct user *u = user_of(d);
	struct user_tun *have = *find_tun(u, t->id);
	int rc = dp_check_tunnel(t);

	if (rc < 0 || !have)
		return rc < 0 ? rc : -ENODEV;
	user_take(u);
	have->t.payload = t->payload;
	have->t.has_key = t->has_key;
	have->t.key = t->key;
	have->t.mtu = t->mtu;
	if (have->t.vrf != t->vrf) /* SAs of another front door lead nowhere any more */
		drop_sas(u, have);
	have->t.vrf = t->vrf;
	for (size_t i = 0; i < u->n_sas; i++)
		if (u->sas[i]->tun == have)
			set_payload(u->sas[i]->p, t);
	user_tun_fit(u, have, false);
	user_give(u);
	return 0;
}

/* A report of epoll that names it may be with the thread already: the thread frees it after its
 * next round. */
int user_tunnel_del(struct dp *d, uint32_t id)
{
	struct user *u = user_of(d);
	struct user_tun **at = find_tun(u, id), *t = *at;

	if (!t)
		return -ENODEV;
	user_take(u);
	drop_sas(u, t);
	*at = t->next;
	if (t->src.fd >= 0)
		user_tun_close(t);
	t->next = u->dead;
	u->dead = t;
	user_give(u);
	return 0;
}

/* ---- SAs ------------------------------------------------------------------------------------- */

int user_sa_add(struct dp *d, const struct dp_sa *sa)
{
	struct user *u = user_of(d);
	struct user_tun *tun = *find_tun(u, sa->tunnel);
	struct user_sa *new;
	int rc = dp_check_sa(sa);

	if (rc < 0)
		return rc;
	if (!tun)
		return -ENODEV;
	if (user_sa_find(u, sa->spi_in))
		return -EEXIST;
	new = xcalloc(1, sizeof(*new));
	new->p = pair_new(sa, tun->t.payload);
	if (new->p)
		set_payload(new->p, &tun->t);
	new->tun = tun;
	if (!new->p || !user_sock_for(u, new)) {
		pair_free(new->p);
		free(new);
		return -EPROTONOSUPPORT;
	}
	new->added_ms = mono_ms();
	user_take(u);
	insert(u, new);
	if (sa->send_now)
		send_on(u, new);
	user_give(u);
	return 0;
}

int user_sa_send(struct dp *d, uint32_t spi_in)
{
	struct user *u = user_of(d);
	struct user_sa *sa = user_sa_find(u, spi_in);

	if (!sa)
		return -ENOENT;
	user_take(u);
	send_on(u, sa);
	user_give(u);
	return 0;
}

int user_sa_del(struct dp *d, uint32_t spi_in)
{
	struct user *u = user_of(d);

	if (!user_sa_find(u, spi_in))
		return -ENOENT;
	user_take(u);
	remove_at(u, position(u, spi_in));
	user_give(u);
	return 0;
}

int user_sa_move(
        struct dp *d, uint32_t spi_in, const struct endpoint *local, const struct endpoint *remote)
{
	struct user *u = user_of(d);
	struct user_sa *sa = user_sa_find(u, spi_in);

	if (!sa)
		return -ENOENT;
	if (!ipaddr_is_set(&local->addr) || local->addr.family != remote->addr.family)
		return -EINVAL;
	user_take(u);
	sa->p->sa.local = *local;
	sa->p->sa.remote = *remote;
	if (sa->tun->send == sa)
		user_tun_fit(u, sa->tun, false);
	user_give(u);
	return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void describe(const struct user_sa *sa, struct dp_sa_state *out)
{
	*out = (struct dp_sa_state){.sa = sa->p->sa,
	        .c = sa->p->c,
	        .last_in_ms = sa->last_in_ms,
	        .last_out_ms = sa->last_out_ms,
	        .added_ms = sa->added_ms,
	        .sending = sa->tun->send == sa,
	        .seq_out = sa->p->out.seq,
	        .seq_in = sa->p->in.replay.top};
}

bool user_sa_get(struct dp *d, uint32_t spi_in, struct dp_sa_state *out)
{
	struct user *u = user_of(d);
	struct user_sa *sa = user_sa_find(u, spi_in);

	if (!sa)
		return false;
	user_take(u);
	describe(sa, out);
	user_give(u);
	return true;
}

bool user_sa_next(struct dp *d, uint32_t prev, struct dp_sa_state *out)
{
	struct user *u = user_of(d);
	size_t at = prev == UINT32_MAX ? u->n_sas : position(u, prev + 1);

	if (at == u->n_sas)
		return false;
	user_take(u);
	describe(u->sas[at], out);
	user_give(u);
	return true;
}

void user_sa_clear_counters(struct dp *d)
{
	struct user *u = user_of(d);

	user_take(u);
	for (size_t i = 0; i < u->n_sas; i++) {
		dp_counters_add(&u->stats.sas, &u->sas[i]->p->c);
		u->sas[i]->p->c = (struct dp_counters){0};
	}
	user_give(u);
}

void user_stats(struct dp *d, struct dp_stats *out)
{
	struct user *u = user_of(d);

	user_take(u);
	*out = u->stats;
	for (size_t i = 0; i < u->n_sas; i++)
		dp_counters_add(&out->sas, &u->sas[i]->p->c);
	out->ike_out = u->ike_out;
	user_give(u);
}
