/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control calls for SAs: two states each. Keys pass through one message buffer, which is wiped
 * at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "dataplane/check.h"
#include "dataplane/kernel.h"

enum { ANSWER = 4096 };

/* ---- the table ------------------------------------------------------------------------------- */

static size_t position(const struct kernel *k, uint32_t spi_in)
{
	size_t lo = 0, hi = k->n_sas;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->sas[mid]->sa.spi_in < spi_in)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct kdp_sa *kdp_sa_find(const struct kernel *k, uint32_t spi_in)
{
	size_t at = position(k, spi_in);

	return at < k->n_sas && k->sas[at]->sa.spi_in == spi_in ? k->sas[at] : NULL;
}

static void insert(struct kernel *k, struct kdp_sa *sa)
{
	size_t at = position(k, sa->sa.spi_in);

	if (k->n_sas == k->cap_sas) {
		k->cap_sas = k->cap_sas ? 2 * k->cap_sas : 16;
		k->sas = xrealloc(k->sas, k->cap_sas * sizeof(struct kdp_sa *));
	}
	memmove(&k->sas[at + 1], &k->sas[at], (k->n_sas - at) * sizeof(struct kdp_sa *));
	k->sas[at] = sa;
	k->n_sas++;
}

/* What was told to send last before, of those that are left. */
static struct kdp_sa *next_best(const struct kernel *k, const struct kdp_tun *t)
{
	struct kdp_sa *best = NULL;

	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->tun == t && k->sas[i]->told > (best ? best->told : 0))
			best = k->sas[i];
	return best;
}

/* Leaves the kernel's states alone. */
static void take_out(struct kernel *k, struct kdp_sa *sa)
{
	size_t at = position(k, sa->sa.spi_in);

	k->n_sas--;
	memmove(&k->sas[at], &k->sas[at + 1], (k->n_sas - at) * sizeof(struct kdp_sa *));
	if (sa->tun->send == sa)
		sa->tun->send = next_best(k, sa->tun);
}

/* ---- states ---------------------------------------------------------------------------------- */

static bool bound(const struct kdp_tun *t)
{
	return t->t.payload == DP_PAYLOAD_IP;
}

static int talk_keys(struct kernel *k, struct nlmsghdr *h)
{
	size_t n = h->nlmsg_len;
	int rc = kdp_talk(k->xfrm, h, NULL, NULL);

	wipe(k->msg, n);
	return rc;
}

/* An expired state is gone already. */
static int state_del(struct kernel *k, const struct dp_sa *sa, bool in)
{
	int rc = kdp_talk(k->xfrm, xf_ask_sa(k->msg, XFRM_MSG_DELSA, sa, in), NULL, NULL);

	return rc == -ESRCH ? 0 : rc;
}

static int states_add(struct kernel *k, const struct dp_sa *sa, bool to_device)
{
	int rc = talk_keys(k, xf_new_sa(k->msg, sa, true, to_device));

	if (rc < 0)
		return rc;
	rc = talk_keys(k, xf_new_sa(k->msg, sa, false, to_device));
	if (rc < 0)
		state_del(k, sa, true);
	return rc;
}

static void states_del(struct kernel *k, const struct dp_sa *sa)
{
	state_del(k, sa, false);
	state_del(k, sa, true);
}

/* ---- adding and removing --------------------------------------------------------------------- */

static void send_on(struct kernel *k, struct kdp_sa *sa)
{
	sa->told = ++k->sends;
	sa->tun->send = sa;
}

static int may_add(struct kernel *k, const struct dp_sa *sa, const struct kdp_tun *t)
{
	bool v6 = sa->local.addr.family == AF_INET6;
	const struct kdp_door *door;

	if (!t)
		return -ENODEV;
	door = kdp_door_find(k, t->t.vrf);
	if (!door)
		return -ENODEV;
	if (kdp_sa_find(k, sa->spi_in))
		return -EEXIST;
	if (sa->udp_encap && door->sock[v6 ? KDP_NATT6 : KDP_NATT4].fd < 0)
		return -EPROTONOSUPPORT;
	if (t->t.payload == DP_PAYLOAD_GRE)
		return kdp_tun_claim(k, t, &sa->local.addr, &sa->remote.addr);
	/* An xfrm interface has no addresses to travel between. */
	return sa->mode == DP_TUNNEL ? kdp_policy_check(sa) : -EOPNOTSUPP;
}

static struct kdp_sa *describe_sa(const struct dp_sa *sa, struct kdp_tun *t)
{
	struct kdp_sa *new = xcalloc(1, sizeof(*new));

	new->sa = *sa;
	new->sa.encr_in = new->sa.encr_out = new->sa.integ_in = new->sa.integ_out =
	        (struct span){0};
	new->tun = t;
	new->added_ms = mono_ms();
	return new;
}

int kdp_sa_add(struct dp *d, const struct dp_sa *sa)
{
	struct kernel *k = kernel_of(d);
	struct kdp_tun *t = kdp_tun_find(k, sa->tunnel);
	struct kdp_sa *new;
	int rc = dp_check_sa(sa);

	if (rc == 0)
		rc = may_add(k, sa, t);
	if (rc == 0)
		rc = states_add(k, sa, bound(t));
	if (rc < 0)
		return rc;
	new = describe_sa(sa, t);
	insert(k, new);
	if (sa->send_now)
		send_on(k, new);
	rc = kdp_tun_follow(k, t);
	if (rc < 0)
		kdp_sa_del(d, sa->spi_in);
	return rc;
}

int kdp_sa_send(struct dp *d, uint32_t spi_in)
{
	struct kernel *k = kernel_of(d);
	struct kdp_sa *sa = kdp_sa_find(k, spi_in);

	if (!sa)
		return -ENOENT;
	send_on(k, sa);
	return kdp_tun_follow(k, sa->tun);
}

static void retire(struct kernel *k, struct kdp_sa *sa);

/* Policies let go of the SPI before it goes. */
int kdp_sa_del(struct dp *d, uint32_t spi_in)
{
	struct kernel *k = kernel_of(d);
	struct kdp_sa *sa = kdp_sa_find(k, spi_in);
	int rc;

	if (!sa)
		return -ENOENT;
	take_out(k, sa);
	rc = kdp_tun_follow(k, sa->tun);
	retire(k, sa);
	return rc;
}

void kdp_sa_drop_all(struct kernel *k, const struct kdp_tun *t)
{
	for (size_t i = k->n_sas; i-- > 0;) {
		struct kdp_sa *sa = k->sas[i];

		if (sa->tun != t)
			continue;
		take_out(k, sa);
		retire(k, sa);
	}
}

/* ---- moving ---------------------------------------------------------------------------------- */

struct answer {
	_Alignas(8) uint8_t b[ANSWER];
	bool got;
};

static int take_answer(const struct nlmsghdr *h, void *ctx)
{
	struct answer *a = ctx;

	if (h->nlmsg_type == XFRM_MSG_NEWSA && h->nlmsg_len <= sizeof(a->b)) {
		memcpy(a->b, h, h->nlmsg_len);
		a->got = true;
	}
	return MNL_CB_STOP;
}

/* `from` names the state as it is, `to` says where it goes. */
static int state_move(struct kernel *k, const struct dp_sa *from, const struct dp_sa *to, bool in)
{
	struct answer a = {.got = false};
	int rc = kdp_talk(k->xfrm, xf_ask_sa(k->msg, XFRM_MSG_GETSA, from, in), take_answer, &a);

	if (rc == 0 && a.got)
		rc = state_del(k, from, in);
	if (rc == 0 && a.got)
		rc = talk_keys(k, xf_moved_sa(k->msg, (const struct nlmsghdr *)a.b, to, in));
	wipe(&a, sizeof(a));
	return rc == -ESRCH ? 0 : rc;
}

/*
 * The kernel has no way to give a state other addresses, so it is read, removed and made again
 * where it goes on counting. Nothing is sent meanwhile, or a sequence number, and with it an AEAD's
 * nonce, could be used twice.
 */
int kdp_sa_move(
        struct dp *d, uint32_t spi_in, const struct endpoint *local, const struct endpoint *remote)
{
	struct kernel *k = kernel_of(d);
	struct kdp_sa *sa = kdp_sa_find(k, spi_in), *was;
	struct dp_sa moved;
	int rc;

	if (!sa)
		return -ENOENT;
	if (!ipaddr_is_set(&local->addr) || local->addr.family != remote->addr.family)
		return -EINVAL;
	if (sa->tun->t.payload == DP_PAYLOAD_GRE &&
	        (rc = kdp_tun_claim(k, sa->tun, &local->addr, &remote->addr)) < 0)
		return rc;
	moved = sa->sa;
	moved.local = *local;
	moved.remote = *remote;
	was = sa->tun->send;
	if (was == sa)
		sa->tun->send = NULL;
	rc = kdp_tun_follow(k, sa->tun);
	if (rc == 0)
		rc = state_move(k, &sa->sa, &moved, false);
	if (rc == 0)
		rc = state_move(k, &sa->sa, &moved, true);
	if (rc == 0)
		sa->sa = moved;
	sa->tun->send = was;
	int then = kdp_tun_follow(k, sa->tun);

	return rc ? rc : then;
}

/* ---- looking --------------------------------------------------------------------------------- */

static int take_state(const struct nlmsghdr *h, void *ctx)
{
	struct xf_state *st = ctx;

	xf_read_state(h, st);
	return MNL_CB_STOP;
}

/* Seconds of the wall clock, as our milliseconds; not before `added`, and not in the future. */
static uint64_t when(uint64_t lastused, uint64_t added)
{
	uint64_t now = mono_ms(), wall = wall_ms(), ago;

	if (!lastused)
		return 0;
	ago = wall > lastused * 1000 ? wall - lastused * 1000 : 0;
	return now > added + ago ? now - ago : added;
}

/* A state that is gone leaves what was last read. */
static void count(struct kernel *k, const struct kdp_sa *sa, bool in, struct kdp_count *c)
{
	struct xf_state st;
	int rc;

	memset(&st, 0, sizeof(st));
	rc = kdp_talk(k->xfrm, xf_ask_sa(k->msg, XFRM_MSG_GETSA, &sa->sa, in), take_state, &st);
	if (rc < 0 || st.info.id.proto != IPPROTO_ESP)
		return;
	uint64_t last = when(st.lastused, sa->added_ms);

	if (!last)
		last = st.info.curlft.packets > c->pkts ? mono_ms() : c->last_ms;
	*c = (struct kdp_count){.pkts = st.info.curlft.packets,
	        .bytes = st.info.curlft.bytes,
	        .replay = (uint64_t)st.info.stats.replay + st.info.stats.replay_window,
	        .bad_icv = st.info.stats.integrity_failed,
	        .seq = in ? st.seq : st.oseq,
	        .last_ms = last};
}

static void refresh(struct kernel *k, struct kdp_sa *sa)
{
	count(k, sa, true, &sa->in);
	count(k, sa, false, &sa->out);
}

/* What it counted since it was made. */
static struct dp_counters counted(const struct kdp_sa *sa)
{
	return (struct dp_counters){.pkts_in = sa->in.pkts,
	        .bytes_in = sa->in.bytes,
	        .replay = sa->in.replay,
	        .bad_icv = sa->in.bad_icv,
	        .pkts_out = sa->out.pkts,
	        .bytes_out = sa->out.bytes};
}

void kdp_sa_totals(struct kernel *k, struct dp_counters *sum)
{
	for (size_t i = 0; i < k->n_sas; i++) {
		refresh(k, k->sas[i]);
		struct dp_counters c = counted(k->sas[i]);

		dp_counters_add(sum, &c);
	}
}

/* The states go, and what they counted stays. */
static void retire(struct kernel *k, struct kdp_sa *sa)
{
	refresh(k, sa);
	struct dp_counters c = counted(sa);

	dp_counters_add(&k->stats.sas, &c);
	states_del(k, &sa->sa);
	free(sa);
}

static void describe(struct kernel *k, struct kdp_sa *sa, struct dp_sa_state *out)
{
	const struct kdp_count *bi = &sa->base_in, *bo = &sa->base_out;

	bool authentic = alg_encr(sa->sa.encr)->aead || sa->sa.integ != AUTH_NONE;

	refresh(k, sa);
	*out = (struct dp_sa_state){.sa = sa->sa,
	        .c = {.pkts_in = sa->in.pkts - bi->pkts,
	                .bytes_in = sa->in.bytes - bi->bytes,
	                .replay = sa->in.replay - bi->replay,
	                .bad_icv = sa->in.bad_icv - bi->bad_icv,
	                .pkts_out = sa->out.pkts - bo->pkts,
	                .bytes_out = sa->out.bytes - bo->bytes},
	        .last_in_ms = authentic ? sa->in.last_ms : 0,
	        .last_out_ms = sa->out.last_ms,
	        .added_ms = sa->added_ms,
	        .sending = sa->tun->send == sa,
	        .seq_out = sa->out.seq,
	        .seq_in = sa->in.seq};
}

bool kdp_sa_get(struct dp *d, uint32_t spi_in, struct dp_sa_state *out)
{
	struct kernel *k = kernel_of(d);
	struct kdp_sa *sa = kdp_sa_find(k, spi_in);

	if (sa)
		describe(k, sa, out);
	return sa != NULL;
}

bool kdp_sa_next(struct dp *d, uint32_t prev, struct dp_sa_state *out)
{
	struct kernel *k = kernel_of(d);
	size_t at = prev == UINT32_MAX ? k->n_sas : position(k, prev + 1);

	if (at == k->n_sas)
		return false;
	describe(k, k->sas[at], out);
	return true;
}

void kdp_sa_clear_counters(struct dp *d)
{
	struct kernel *k = kernel_of(d);

	for (size_t i = 0; i < k->n_sas; i++) {
		refresh(k, k->sas[i]);
		k->sas[i]->base_in = k->sas[i]->in;
		k->sas[i]->base_out = k->sas[i]->out;
	}
}

/* ---- what a killed predecessor left ---------------------------------------------------------- */

struct found {
	struct xfrm_usersa_info *i;
	size_t n;
};

static int collect(const struct nlmsghdr *h, void *ctx)
{
	struct found *f = ctx;
	struct xf_state st;

	if (!xf_read_state(h, &st) || !xf_is_ours(st.info.reqid))
		return MNL_CB_OK;
	f->i = xrealloc(f->i, (f->n + 1) * sizeof(*f->i));
	f->i[f->n++] = st.info;
	return MNL_CB_OK;
}

int kdp_sa_purge(struct kernel *k)
{
	struct found f = {0};
	int rc = kdp_dump(k->xfrm, xf_begin(k->msg, XFRM_MSG_GETSA, 0, 0), collect, &f);

	for (size_t i = 0; i < f.n && rc == 0; i++) {
		rc = kdp_talk(k->xfrm, xf_ask_state(k->msg, &f.i[i]), NULL, NULL);
		rc = rc == -ESRCH ? 0 : rc;
	}
	free(f.i);
	return rc;
}
