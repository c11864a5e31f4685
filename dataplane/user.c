/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dp_user_ops: opening, closing, and the thread. See user.h for the whole. */
#include "base/confine.h"
#include "dataplane/user.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { EVENTS = 32, PORT_IKE = 500, PORT_NATT = 4500 };

/* ---- taking turns ---------------------------------------------------------------------------- */

void user_take(struct user *u)
{
	atomic_fetch_add(&u->waiting, 1);
	pthread_mutex_lock(&u->lock);
	atomic_fetch_sub(&u->waiting, 1);
}

void user_give(struct user *u)
{
	pthread_cond_signal(&u->turn);
	pthread_mutex_unlock(&u->lock);
}

static void packet_turn(struct user *u)
{
	pthread_mutex_lock(&u->lock);
	while (atomic_load(&u->waiting))
		pthread_cond_wait(&u->turn, &u->lock);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void free_dead(struct user *u)
{
	while (u->dead) {
		struct user_tun *t = u->dead;

		u->dead = t->next;
		free(t);
	}
	while (u->dead_doors) {
		struct user_door *door = u->dead_doors;

		u->dead_doors = door->next;
		free(door);
	}
}

static void serve(struct user *u, const struct epoll_event *ev, int n)
{
	u->now = mono_ms();
	for (int i = 0; i < n; i++) {
		struct source *s = ev[i].data.ptr;

		if (s->fd >= 0)
			s->ready(u, s, ev[i].events);
	}
	free_dead(u);
}

static void *packets(void *arg)
{
	struct user *u = arg;
	struct epoll_event ev[EVENTS];
	char why[120];

	/* Where the kernel has no filters the process has said so already. */
	(void)confine_calls(CONFINE_PACKETS, why, sizeof(why));
	while (atomic_load(&u->running)) {
		int n = epoll_wait(u->epoll, ev, EVENTS, -1);

		packet_turn(u);
		serve(u, ev, n);
		pthread_mutex_unlock(&u->lock);
	}
	return NULL;
}

static void quit_ready(struct user *u, struct source *s, uint32_t events)
{
	(void)s;
	(void)events;
	atomic_store(&u->running, false);
}

int user_watch(struct user *u, struct source *s)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};

	return epoll_ctl(u->epoll, EPOLL_CTL_ADD, s->fd, &ev) == 0 ? 0 : -errno;
}

/* Signals are for the control thread. */
static bool start(struct user *u)
{
	sigset_t all, old;

	u->epoll = epoll_create1(EPOLL_CLOEXEC);
	u->quit =
	        (struct source){.ready = quit_ready, .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	if (u->epoll < 0 || u->quit.fd < 0 || user_watch(u, &u->quit) < 0)
		return false;
	if (!user_door_watch(u, &u->door))
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	atomic_store(&u->running, true);
	u->threaded = pthread_create(&u->thread, NULL, packets, u) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return u->threaded;
}

static void stop(struct user *u)
{
	uint64_t one = 1;

	if (!u->threaded)
		return;
	if (write(u->quit.fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(u->thread, NULL);
	u->threaded = false;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void buffers(struct user *u)
{
	u->tx.read = xmalloc(TX_ROOM);
	u->tx.pool = xmalloc(TX_POOL);
	u->tx.iv_used = IV_POOL;
	u->rx.slots = xmalloc((size_t)RX_SLOTS * RX_STRIDE);
	user_rx_init(u);
}

static void user_close(struct dp *d)
{
	struct user *u = user_of(d);

	if (!u)
		return;
	stop(u);
	while (u->tuns)
		user_tunnel_del(d, u->tuns->t.id);
	while (u->door.next)
		user_door(d, u->door.next->vrf, NULL);
	free_dead(u);
	user_socks_close(&u->door);
	if (u->quit.fd >= 0)
		close(u->quit.fd);
	if (u->epoll >= 0)
		close(u->epoll);
	user_queue_close(&u->queue);
	free(u->sas);
	free(u->tx.read);
	free(u->tx.pool);
	free(u->rx.slots);
	pthread_mutex_destroy(&u->lock);
	pthread_cond_destroy(&u->turn);
	free(u);
}

static struct dp *user_open(const struct dp_config *cfg, char *why, size_t n)
{
	struct user *u = xcalloc(1, sizeof(*u));

	if (n)
		*why = '\0';
	u->dp.ops = &dp_user_ops;
	u->cfg = *cfg;
	if (!u->cfg.port_ike)
		u->cfg.port_ike = PORT_IKE;
	if (!u->cfg.port_natt)
		u->cfg.port_natt = PORT_NATT;
	u->epoll = u->quit.fd = -1;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->turn, NULL);
	buffers(u);
	bool queue = user_queue_open(&u->queue), ok = user_socks_open(u, &u->door, why, n);

	if (ok && !(ok = queue && start(u)))
		snprintf(why, n, "packet thread: %s", strerror(errno));
	if (ok)
		return &u->dp;
	user_close(&u->dp);
	return NULL;
}

static int user_fd(struct dp *d)
{
	return user_of(d)->queue.fd;
}

static bool user_poll(struct dp *d, struct dp_event *out)
{
	return user_queue_get(&user_of(d)->queue, out);
}

const struct dp_ops dp_user_ops = {
        .name = "user",
        .probe = user_probe,
        .open = user_open,
        .close = user_close,
        .tunnel_add = user_tunnel_add,
        .tunnel_set = user_tunnel_set,
        .tunnel_del = user_tunnel_del,
        .sa_add = user_sa_add,
        .sa_send = user_sa_send,
        .sa_del = user_sa_del,
        .sa_move = user_sa_move,
        .sa_get = user_sa_get,
        .sa_next = user_sa_next,
        .sa_clear_counters = user_sa_clear_counters,
        .stats = user_stats,
        .door = user_door,
        .send_ike = user_send_ike,
        .fd = user_fd,
        .poll = user_poll,
};
