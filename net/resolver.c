/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The resolver over c-ares: see resolver.h. Its sockets and one timer hang on an epoll descriptor,
 * so that the owner watches one thing and polls when it is readable.
 */
#include "net/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/mem.h"

struct question {
	struct question *next;
	struct resolver *r;
	uint32_t id;          /* 0: nobody waits any more */
	ares_channel channel; /* one a question: each may leave from another source */
	bool answered;
	struct resolver_answer answer;
};

struct resolver {
	int epoll, timer;
	struct question *v;
	struct ipaddr *server;
	size_t n_server; /* 0: the box's own */
	char **domain;
	int n_domain;
};

static void on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct question *q = data;
	struct epoll_event ev = {.events = (readable ? (uint32_t)EPOLLIN : 0u) |
	                                   (writable ? (uint32_t)EPOLLOUT : 0u),
	        .data.fd = fd};

	if (!readable && !writable)
		epoll_ctl(q->r->epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(q->r->epoll, EPOLL_CTL_MOD, fd, &ev) < 0)
		epoll_ctl(q->r->epoll, EPOLL_CTL_ADD, fd, &ev);
}

struct resolver *resolver_new(void)
{
	struct resolver *r = xcalloc(1, sizeof(*r));
	struct epoll_event ev = {.events = EPOLLIN};

	ares_library_init(ARES_LIB_INIT_ALL);
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	ev.data.fd = r->timer;
	epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->timer, &ev);
	return r;
}

struct resolver *resolver_new_at(const struct resolver_servers *s)
{
	struct resolver *r = resolver_new();

	r->n_server = s->n_server;
	if (s->n_server)
		r->server = xmemdup(s->server, s->n_server * sizeof(*s->server));
	r->domain = xcalloc(s->n_domain + 1, sizeof(*r->domain));
	for (size_t i = 0; i < s->n_domain; i++)
		r->domain[r->n_domain++] = xstrdup(s->domain[i]);
	return r;
}

static void question_free(struct question **at)
{
	struct question *q = *at;

	*at = q->next;
	q->id = 0;
	q->answered = true; /* the callback that destroying the channel brings is of no interest */
	if (q->channel)
		ares_destroy(q->channel);
	free(q);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	while (r->v)
		question_free(&r->v);
	close(r->timer);
	close(r->epoll);
	for (int i = 0; i < r->n_domain; i++)
		free(r->domain[i]);
	free(r->domain);
	free(r->server);
	free(r);
	ares_library_cleanup();
}

int resolver_fd(const struct resolver *r)
{
	return r->epoll;
}

/* ---- asking
 * ----------------------------------------------------------------------------------------------------------
 */

static void take(struct question *q, const struct ares_addrinfo *res)
{
	struct endpoint e;

	for (const struct ares_addrinfo_node *n = res->nodes; n && q->answer.n < RESOLVER_MAX_ADDRS;
	        n = n->ai_next)
		if (endpoint_from_sockaddr(n->ai_addr, &e))
			q->answer.addr[q->answer.n++] = e.addr;
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *res)
{
	struct question *q = arg;

	(void)timeouts;
	if (status == ARES_SUCCESS && res && !q->answered)
		take(q, res);
	if (!q->answered && !q->answer.n)
		q->answer.why = status == ARES_SUCCESS ? "no address" : ares_strerror(status);
	q->answered = true;
	if (res)
		ares_freeaddrinfo(res);
}

static void set_source(ares_channel ch, const struct resolver_question *q)
{
	if (q->from4.family)
		ares_set_local_ip4(ch, ipaddr_u32(&q->from4));
	if (q->from6.family)
		ares_set_local_ip6(ch, q->from6.b);
	if (q->device[0])
		ares_set_local_dev(ch, q->device);
}

/* The earliest of the questions' time-outs; at once when one has its answer already. */
static void arm_timer(struct resolver *r)
{
	struct itimerspec at = {0};
	struct timeval best = {.tv_sec = 3600}, tv;
	bool ready = false;

	for (struct question *q = r->v; q; q = q->next) {
		ready |= q->answered;
		if (q->channel && ares_timeout(q->channel, &best, &tv))
			best = tv;
	}
	if (!r->v)
		best = (struct timeval){0};
	at.it_value.tv_sec = ready ? 0 : best.tv_sec;
	at.it_value.tv_nsec = ready ? 1 : best.tv_usec * 1000;
	if (r->v && !at.it_value.tv_sec && !at.it_value.tv_nsec)
		at.it_value.tv_nsec = 1;
	timerfd_settime(r->timer, 0, &at, NULL);
}

static void set_servers(ares_channel ch, const struct ipaddr *server, size_t n)
{
	struct ares_addr_node *v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		v[i].family = server[i].family;
		memcpy(&v[i].addr, server[i].b, sizeof(v[i].addr));
		v[i].next = i + 1 < n ? &v[i + 1] : NULL;
	}
	ares_set_servers(ch, v);
	free(v);
}

/* A channel with the resolver's servers and domains; NULL, and `rc` says why. */
static ares_channel open_channel(struct resolver *r, const struct resolver_question *w,
        struct question *q, int *rc)
{
	char dns_only[] = "b";
	struct ares_options opt = {.sock_state_cb = on_socket,
	        .sock_state_cb_data = q,
	        .timeout = 2000,
	        .tries = 2,
	        .lookups = dns_only,
	        .domains = w && w->n_domain ? (char **)w->domain : r->domain,
	        .ndomains = w && w->n_domain ? w->n_domain : r->n_domain};
	int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
	ares_channel ch;

	if (r->n_server)
		mask |= ARES_OPT_LOOKUPS;
	if (opt.domains)
		mask |= ARES_OPT_DOMAINS;
	*rc = ares_init_options(&ch, &opt, mask);
	if (*rc != ARES_SUCCESS)
		return NULL;
	if (r->n_server)
		set_servers(ch, r->server, r->n_server);
	return ch;
}

static struct question *question_new(
        struct resolver *r, uint32_t id, const struct resolver_question *w)
{
	struct question *q = xcalloc(1, sizeof(*q));
	int rc;

	*q = (struct question){.next = r->v, .r = r, .id = id, .answer.id = id};
	r->v = q;
	q->channel = open_channel(r, w, q, &rc);
	if (!q->channel) {
		q->answered = true;
		q->answer.why = ares_strerror(rc);
	}
	return q;
}

static void ask(void *ctx, uint32_t id, const struct resolver_question *w)
{
	struct resolver *r = ctx;
	struct question *q = question_new(r, id, w);
	struct ares_addrinfo_hints hints = {.ai_family = w->family,
	        .ai_socktype = SOCK_DGRAM,
	        .ai_flags = ARES_AI_NOSORT}; /* the order of the answer is the administrator's */

	if (q->channel) {
		set_source(q->channel, w);
		if (w->n_server)
			set_servers(q->channel, w->server, w->n_server);
		ares_getaddrinfo(q->channel, w->name, NULL, &hints, on_answer, q);
	}
	arm_timer(r);
}

static void on_name(void *arg, int status, int timeouts, struct hostent *h)
{
	struct question *q = arg;

	(void)timeouts;
	if (!q->answered && status == ARES_SUCCESS && h && h->h_name)
		snprintf(q->answer.name, sizeof(q->answer.name), "%s", h->h_name);
	q->answered = true;
}

void resolver_ask_name(struct resolver *r, uint32_t id, const struct ipaddr *addr)
{
	struct question *q = question_new(r, id, NULL);

	if (q->channel)
		ares_gethostbyaddr(
		        q->channel, addr->b, (int)ipaddr_octets(addr), addr->family, on_name, q);
	arm_timer(r);
}

size_t resolver_list(struct resolver *r, struct ipaddr *v, size_t max)
{
	struct ares_addr_node *servers = NULL;
	size_t n = 0;
	int rc;

	if (r->n_server) {
		for (; n < r->n_server && n < max; n++)
			v[n] = r->server[n];
		return n;
	}
	ares_channel ch = open_channel(r, NULL, NULL, &rc);

	if (ch && ares_get_servers(ch, &servers) == ARES_SUCCESS)
		for (const struct ares_addr_node *s = servers; s && n < max; s = s->next)
			v[n++] = ipaddr_from(s->family, &s->addr);
	if (servers)
		ares_free_data(servers);
	if (ch)
		ares_destroy(ch);
	return n;
}

static void cancel(void *ctx, uint32_t id)
{
	struct resolver *r = ctx;

	for (struct question **at = &r->v; *at; at = &(*at)->next)
		if ((*at)->id == id) {
			question_free(at);
			break;
		}
	arm_timer(r);
}

/* ---- answers
 * -----------------------------------------------------------------------------------------------------------
 */

static void process(struct resolver *r)
{
	struct epoll_event ev[16];
	uint64_t ticks;
	int n = epoll_wait(r->epoll, ev, 16, 0);

	for (int i = 0; i < n; i++) {
		if (ev[i].data.fd == r->timer) {
			if (read(r->timer, &ticks, sizeof(ticks)) < 0)
				continue;
			for (struct question *q = r->v; q; q = q->next)
				if (q->channel)
					ares_process_fd(
					        q->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
			continue;
		}
		for (struct question *q = r->v; q; q = q->next)
			if (q->channel)
				ares_process_fd(q->channel,
				        ev[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)
				                ? ev[i].data.fd
				                : ARES_SOCKET_BAD,
				        ev[i].events & EPOLLOUT ? ev[i].data.fd : ARES_SOCKET_BAD);
	}
}

static bool poll_answer(void *ctx, struct resolver_answer *out)
{
	struct resolver *r = ctx;

	if (r->v)
		process(r);
	for (struct question **at = &r->v; *at; at = &(*at)->next)
		if ((*at)->answered) {
			*out = (*at)->answer;
			question_free(at);
			arm_timer(r);
			return true;
		}
	arm_timer(r);
	return false;
}

struct resolver_io resolver_io(struct resolver *r)
{
	return (struct resolver_io){.ctx = r, .ask = ask, .cancel = cancel, .poll = poll_answer};
}
