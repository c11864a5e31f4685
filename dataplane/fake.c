/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dp_fake_ops: tunnels and SAs in memory, a log of the changing calls, and IKE datagrams that go to
 * the test instead of a wire.
 *
 * It keeps the manners of a real back end where callers depend on them: an SA needs its tunnel,
 * goes with it, and is refused when its keys do not fit its algorithms; what is not there cannot be
 * changed. A call is logged when it is made, whether or not it fails. send_ike() changes nothing
 * and is not logged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/record.h"
#include "dataplane/check.h"
#include "dataplane/dp.h"

struct fake_sa {
	struct dp_sa_state s;
	struct fake_sa *next; /* in order of spi_in */
};

struct fake_tunnel {
	struct dp_tunnel t;
	struct fake_tunnel *next;
};

/* A queued event or datagram with its data. */
struct fake_ev {
	struct dp_event ev;
	struct fake_ev *next;
	uint8_t data[];
};

struct fake_queue {
	struct fake_ev *head, **tail,
	        *lent; /* lent: handed out last; freed when the next one is asked for */
};

struct fake {
	struct dp dp;
	struct fake_sa *sas;
	struct fake_tunnel *tunnels;
	struct fake_queue events, sent;
	struct dp_stats stats;
	struct record record;
};

static struct fake *fake(struct dp *d)
{
	return (struct fake *)d;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static void queue_init(struct fake_queue *q)
{
	*q = (struct fake_queue){.tail = &q->head};
}

static void queue_put(struct fake_queue *q, const struct dp_event *ev)
{
	struct fake_ev *e = xcalloc(1, sizeof(*e) + ev->len);

	e->ev = *ev;
	if (ev->len)
		memcpy(e->data, ev->data, ev->len);
	e->ev.data = ev->len ? e->data : NULL;
	*q->tail = e;
	q->tail = &e->next;
}

static bool queue_get(struct fake_queue *q, struct dp_event *out)
{
	free(q->lent);
	q->lent = q->head;
	if (!q->head)
		return false;
	q->head = q->head->next;
	if (!q->head)
		q->tail = &q->head;
	*out = q->lent->ev;
	return true;
}

static void queue_fini(struct fake_queue *q)
{
	struct dp_event ev;

	while (queue_get(q, &ev))
		;
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool fake_probe(char *why, size_t n)
{
	snprintf(why, n, "records calls, moves no packets");
	return true;
}

static struct dp *fake_open(const struct dp_config *cfg, char *why, size_t n)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	(void)cfg;
	if (n)
		*why = '\0';
	f->dp.ops = &dp_fake_ops;
	queue_init(&f->events);
	queue_init(&f->sent);
	return &f->dp;
}

static void free_tunnel(struct fake *f, struct fake_tunnel **at)
{
	struct fake_tunnel *t = *at;

	for (struct fake_sa **s = &f->sas, *gone; *s;) {
		if ((*s)->s.sa.tunnel != t->t.id) {
			s = &(*s)->next;
			continue;
		}
		gone = *s;
		*s = gone->next;
		free(gone);
	}
	*at = t->next;
	free(t);
}

static void fake_close(struct dp *d)
{
	struct fake *f = fake(d);

	if (!f)
		return;
	while (f->tunnels)
		free_tunnel(f, &f->tunnels);
	queue_fini(&f->events);
	queue_fini(&f->sent);
	record_fini(&f->record);
	free(f);
}

/* ---- tunnels --------------------------------------------------------------------------------- */

static struct fake_tunnel **find_tunnel(struct fake *f, uint32_t id)
{
	struct fake_tunnel **at = &f->tunnels;

	while (*at && (*at)->t.id != id)
		at = &(*at)->next;
	return at;
}

static bool name_taken(const struct fake *f, const char *name)
{
	for (const struct fake_tunnel *t = f->tunnels; t; t = t->next)
		if (strcmp(t->t.name, name) == 0)
			return true;
	return false;
}

static int log_tunnel(struct fake *f, const char *what, const struct dp_tunnel *t)
{
	char door[16] = "", key[20] = "";

	if (t->has_key)
		snprintf(key, sizeof(key), " key=%u", t->key);
	if (t->vrf)
		snprintf(door, sizeof(door), " vrf=%u", t->vrf);
	return record_call(&f->record, "%s id=%u name=%.*s payload=%s mtu=%u%s%s", what, t->id,
	        DP_IFNAMSIZ - 1, t->name, t->payload == DP_PAYLOAD_GRE ? "gre" : "ip", t->mtu, key,
	        door);
}

static int fake_tunnel_add(struct dp *d, const struct dp_tunnel *t)
{
	struct fake *f = fake(d);
	int rc = log_tunnel(f, "tunnel_add", t);

	if (!rc)
		rc = dp_check_tunnel(t);
	if (rc)
		return rc;
	if (*find_tunnel(f, t->id) || name_taken(f, t->name))
		return -EEXIST;
	struct fake_tunnel *new = xcalloc(1, sizeof(*new));

	new->t = *t;
	new->next = f->tunnels;
	f->tunnels = new;
	return 0;
}

static int fake_tunnel_set(struct dp *d, const struct dp_tunnel *t)
{
	struct fake *f = fake(d);
	int rc = log_tunnel(f, "tunnel_set", t);
	struct fake_tunnel *have = *find_tunnel(f, t->id);

	if (!rc)
		rc = dp_check_tunnel(t);
	if (rc || !have)
		return rc ? rc : -ENODEV;
	have->t.payload = t->payload;
	have->t.mtu = t->mtu;
	have->t.vrf = t->vrf;
	return 0;
}

static int fake_tunnel_del(struct dp *d, uint32_t id)
{
	struct fake *f = fake(d);
	int rc = record_call(&f->record, "tunnel_del id=%u", id);
	struct fake_tunnel **at = find_tunnel(f, id);

	if (rc || !*at)
		return rc ? rc : -ENODEV;
	free_tunnel(f, at);
	return 0;
}

/* ---- SAs ------------------------------------------------------------------------------------- */

/* Where spi_in is, or belongs. */
static struct fake_sa **find_sa(struct fake *f, uint32_t spi_in)
{
	struct fake_sa **at = &f->sas;

	while (*at && (*at)->s.sa.spi_in < spi_in)
		at = &(*at)->next;
	return at;
}

static struct fake_sa *get_sa(struct fake *f, uint32_t spi_in)
{
	struct fake_sa *s = *find_sa(f, spi_in);

	return s && s->s.sa.spi_in == spi_in ? s : NULL;
}

static int log_sa(struct fake *f, const struct dp_sa *sa)
{
	char l[ENDPOINT_STRLEN], r[ENDPOINT_STRLEN];

	return record_call(&f->record,
	        "sa_add tunnel=%u in=%08x out=%08x mode=%s encr=%u/%u integ=%u%s%s local=%s "
	        "remote=%s "
	        "replay=%u ts=%u/%u soft=%llu hard=%llu%s",
	        sa->tunnel, sa->spi_in, sa->spi_out,
	        sa->mode == DP_TRANSPORT ? "transport" : "tunnel", sa->encr, sa->encr_bits,
	        sa->integ, sa->esn ? " esn" : "", sa->udp_encap ? " udp" : "",
	        endpoint_fmt(&sa->local, l), endpoint_fmt(&sa->remote, r), sa->replay_window,
	        sa->n_ts_local, sa->n_ts_remote, (unsigned long long)sa->soft_bytes,
	        (unsigned long long)sa->hard_bytes, sa->send_now ? " send" : "");
}

static void send_on(struct fake *f, struct fake_sa *on)
{
	for (struct fake_sa *s = f->sas; s; s = s->next)
		if (s->s.sa.tunnel == on->s.sa.tunnel)
			s->s.sending = s == on;
}

static int fake_sa_add(struct dp *d, const struct dp_sa *sa)
{
	struct fake *f = fake(d);
	int rc = log_sa(f, sa);

	if (!rc)
		rc = dp_check_sa(sa);
	if (rc)
		return rc;
	if (!*find_tunnel(f, sa->tunnel))
		return -ENODEV;
	if (get_sa(f, sa->spi_in))
		return -EEXIST;
	struct fake_sa *new = xcalloc(1, sizeof(*new)), **at = find_sa(f, sa->spi_in);

	new->s.sa = *sa;
	new->s.sa.encr_in = new->s.sa.integ_in = new->s.sa.encr_out = new->s.sa.integ_out =
	        (struct span){0};
	new->next = *at;
	*at = new;
	if (sa->send_now)
		send_on(f, new);
	return 0;
}

static int fake_sa_send(struct dp *d, uint32_t spi_in)
{
	struct fake *f = fake(d);
	int rc = record_call(&f->record, "sa_send in=%08x", spi_in);
	struct fake_sa *s = get_sa(f, spi_in);

	if (rc || !s)
		return rc ? rc : -ENOENT;
	send_on(f, s);
	return 0;
}

static int fake_sa_del(struct dp *d, uint32_t spi_in)
{
	struct fake *f = fake(d);
	int rc = record_call(&f->record, "sa_del in=%08x", spi_in);
	struct fake_sa **at = find_sa(f, spi_in), *gone = get_sa(f, spi_in);

	if (rc || !gone)
		return rc ? rc : -ENOENT;
	*at = gone->next;
	dp_counters_add(&f->stats.sas, &gone->s.c);
	free(gone);
	return 0;
}

static int fake_sa_move(
        struct dp *d, uint32_t spi_in, const struct endpoint *local, const struct endpoint *remote)
{
	struct fake *f = fake(d);
	char l[ENDPOINT_STRLEN], r[ENDPOINT_STRLEN];
	int rc = record_call(&f->record, "sa_move in=%08x local=%s remote=%s", spi_in,
	        endpoint_fmt(local, l), endpoint_fmt(remote, r));
	struct fake_sa *s = get_sa(f, spi_in);

	if (rc || !s)
		return rc ? rc : -ENOENT;
	s->s.sa.local = *local;
	s->s.sa.remote = *remote;
	return 0;
}

static bool fake_sa_get(struct dp *d, uint32_t spi_in, struct dp_sa_state *out)
{
	const struct fake_sa *s = get_sa(fake(d), spi_in);

	if (s)
		*out = s->s;
	return s;
}

static bool fake_sa_next(struct dp *d, uint32_t prev, struct dp_sa_state *out)
{
	const struct fake_sa *s = prev == UINT32_MAX ? NULL : *find_sa(fake(d), prev + 1);

	if (s)
		*out = s->s;
	return s;
}

static void fake_sa_clear_counters(struct dp *d)
{
	struct fake *f = fake(d);

	record_call(&f->record, "sa_clear_counters");
	for (struct fake_sa *s = f->sas; s; s = s->next) {
		dp_counters_add(&f->stats.sas, &s->s.c);
		s->s.c = (struct dp_counters){0};
	}
}

static void fake_stats(struct dp *d, struct dp_stats *out)
{
	const struct fake *f = fake(d);

	*out = f->stats;
	for (const struct fake_sa *s = f->sas; s; s = s->next)
		dp_counters_add(&out->sas, &s->s.c);
}

/* ---- IKE ------------------------------------------------------------------------------------- */

static int fake_send_ike(struct dp *d, const struct endpoint *local, const struct endpoint *remote,
        uint32_t vrf, bool natt, bool keepalive, const uint8_t *data, size_t len)
{
	static const uint8_t octet = 0xff;
	struct fake *f = fake(d);
	struct dp_event ev = {.type = DP_EV_IKE,
	        .local = *local,
	        .remote = *remote,
	        .vrf = vrf,
	        .natt = natt,
	        .data = keepalive ? &octet : data,
	        .len = keepalive ? 1 : len};

	f->stats.ike_out++;
	queue_put(&f->sent, &ev);
	return 0;
}

static int fake_door(struct dp *d, uint32_t vrf, const char *device)
{
	return record_call(&fake(d)->record, "door vrf=%u device=%s", vrf, device ? device : "-");
}

static int fake_fd(struct dp *d)
{
	(void)d;
	return -1;
}

static bool fake_poll(struct dp *d, struct dp_event *out)
{
	return queue_get(&fake(d)->events, out);
}

const struct dp_ops dp_fake_ops = {
        .name = "fake",
        .probe = fake_probe,
        .open = fake_open,
        .close = fake_close,
        .tunnel_add = fake_tunnel_add,
        .tunnel_set = fake_tunnel_set,
        .tunnel_del = fake_tunnel_del,
        .sa_add = fake_sa_add,
        .sa_send = fake_sa_send,
        .sa_del = fake_sa_del,
        .sa_move = fake_sa_move,
        .sa_get = fake_sa_get,
        .sa_next = fake_sa_next,
        .sa_clear_counters = fake_sa_clear_counters,
        .stats = fake_stats,
        .door = fake_door,
        .send_ike = fake_send_ike,
        .fd = fake_fd,
        .poll = fake_poll,
};

/* ---- for tests ------------------------------------------------------------------------------- */

const char *dp_fake_log(const struct dp *d)
{
	return sb_str(&((const struct fake *)d)->record.log);
}

size_t dp_fake_calls(const struct dp *d)
{
	return ((const struct fake *)d)->record.calls;
}

void dp_fake_forget(struct dp *d)
{
	record_forget(&fake(d)->record);
}

void dp_fake_fail_next(struct dp *d, int err)
{
	fake(d)->record.fail = -err;
}

void dp_fake_deliver(struct dp *d, const struct dp_event *ev)
{
	if (ev->type == DP_EV_IKE)
		fake(d)->stats.ike_in++;
	queue_put(&fake(d)->events, ev);
}

bool dp_fake_sent(struct dp *d, struct dp_event *out)
{
	return queue_get(&fake(d)->sent, out);
}

bool dp_fake_count(struct dp *d, uint32_t spi_in, const struct dp_counters *c, uint64_t last_in_ms,
        uint64_t last_out_ms)
{
	struct fake_sa *s = get_sa(fake(d), spi_in);

	if (!s)
		return false;
	s->s.c = *c;
	s->s.last_in_ms = last_in_ms;
	s->s.last_out_ms = last_out_ms;
	return true;
}
