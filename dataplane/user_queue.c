/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events and IKE datagrams on their way to the control thread. Bounded: IKE may not fill it all, so
 * that a flood of datagrams keeps no event out.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "dataplane/user.h"

enum { QUEUE_IKE = 256, QUEUE_MAX = 512 };

struct queued {
	struct dp_event ev;
	struct queued *next;
	uint8_t data[];
};

bool user_queue_open(struct user_queue *q)
{
	*q = (struct user_queue){.tail = &q->head, .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	pthread_mutex_init(&q->lock, NULL);
	return q->fd >= 0;
}

void user_queue_close(struct user_queue *q)
{
	struct queued *next;

	for (struct queued *e = q->head; e; e = next) {
		next = e->next;
		free(e);
	}
	free(q->lent);
	if (q->fd >= 0)
		close(q->fd);
	pthread_mutex_destroy(&q->lock);
}

static struct queued *queued_new(const struct dp_event *ev)
{
	struct queued *e = xmalloc(sizeof(*e) + ev->len);

	e->ev = *ev;
	e->next = NULL;
	if (ev->len)
		memcpy(e->data, ev->data, ev->len);
	e->ev.data = ev->len ? e->data : NULL;
	return e;
}

static void signal_reader(const struct user_queue *q)
{
	uint64_t one = 1;
	ssize_t rc = write(q->fd, &one, sizeof(one));

	(void)rc; /* EAGAIN: it is readable already */
}

bool user_queue_put(struct user_queue *q, const struct dp_event *ev)
{
	bool ike = ev->type == DP_EV_IKE, room;

	pthread_mutex_lock(&q->lock);
	room = ike ? q->n_ike < QUEUE_IKE : q->n < QUEUE_MAX;
	if (room) {
		struct queued *e = queued_new(ev);

		*q->tail = e;
		q->tail = &e->next;
		q->n_ike += ike;
		if (q->n++ == 0)
			signal_reader(q);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}

static struct queued *pop(struct user_queue *q)
{
	struct queued *e = q->head;
	uint64_t count;

	if (!e)
		return NULL;
	q->head = e->next;
	q->n_ike -= e->ev.type == DP_EV_IKE;
	q->n--;
	if (!q->head) {
		ssize_t rc = read(q->fd, &count, sizeof(count));

		(void)rc;
		q->tail = &q->head;
	}
	return e;
}

bool user_queue_get(struct user_queue *q, struct dp_event *out)
{
	free(q->lent);
	pthread_mutex_lock(&q->lock);
	q->lent = pop(q);
	pthread_mutex_unlock(&q->lock);
	if (q->lent)
		*out = q->lent->ev;
	return q->lent != NULL;
}
