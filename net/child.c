/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Supervised children: see child.h. A child has two descriptors in the set's epoll: its pidfd,
 * readable when it has ended, and the pipe of its output. Processes are named by pidfd alone, so a
 * signal never reaches a stranger that got the number.
 */
#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/child_spawn.h"

enum { FIRST_PAUSE_MS = 200, LAST_PAUSE_MS = 30000, SETTLED_MS = 20000, LINE_MAX_LEN = 1024 };

struct child {
	struct child *next;
	struct children *set;
	char *name, **argv;
	void (*line)(void *ctx, const char *line);
	void (*prepare)(void *ctx);
	void (*changed)(void *ctx, enum child_state state, const char *why);
	void *ctx;
	enum child_state state;
	bool leaving; /* its handle is gone: freed when it has ended */
	pid_t pid;    /* 0: none */
	int pidfd, out;
	uint32_t starts, pause_ms;
	uint64_t since, due; /* due: of the next start, or of SIGKILL; UINT64_MAX: none */
	struct strbuf partial;
	char last[160]; /* line of output */
	char why[256];
};

struct children {
	int epoll;
	struct child *head;
};

struct children *children_new(void)
{
	struct children *s = xcalloc(1, sizeof(*s));

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		abort();
	return s;
}

int children_fd(const struct children *s)
{
	return s->epoll;
}

size_t children_count(const struct children *s)
{
	size_t n = 0;

	for (const struct child *c = s->head; c; c = c->next)
		n += c->pid != 0;
	return n;
}

uint64_t children_deadline(const struct children *s)
{
	uint64_t at = UINT64_MAX;

	for (const struct child *c = s->head; c; c = c->next)
		if (c->due < at)
			at = c->due;
	return at;
}

static void set_state(struct child *c, enum child_state state, uint64_t now)
{
	c->state = state;
	c->since = now;
	if (c->changed && !c->leaving)
		c->changed(c->ctx, state, c->why);
}

/* ---- starting -----------------------------------------------------------------------------------
 */

static void watch(struct child *c, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	epoll_ctl(c->set->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void pause_before_next(struct child *c, uint64_t now)
{
	c->due = now + c->pause_ms;
	c->pause_ms = c->pause_ms ? 2 * c->pause_ms : FIRST_PAUSE_MS;
	if (c->pause_ms > LAST_PAUSE_MS)
		c->pause_ms = LAST_PAUSE_MS;
	set_state(c, CHILD_WAITING, now);
}

static void start(struct child *c, uint64_t now)
{
	struct spawned p;
	int rc;

	if (c->prepare)
		c->prepare(c->ctx);
	rc = child_spawn(c->argv, &p);
	c->due = UINT64_MAX;
	c->last[0] = '\0';
	if (rc) {
		snprintf(c->why, sizeof(c->why), "%s: %s", c->argv[0], strerror(-rc));
		if (!c->pause_ms)
			c->pause_ms = FIRST_PAUSE_MS;
		pause_before_next(c, now);
		return;
	}
	c->pid = p.pid;
	c->pidfd = p.pidfd;
	c->out = p.out;
	c->starts++;
	watch(c, c->pidfd);
	watch(c, c->out);
	set_state(c, CHILD_RUNNING, now);
}

static char **copy_argv(const char *const *argv)
{
	size_t n = 0;
	char **v;

	while (argv[n])
		n++;
	v = xcalloc(n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = xstrdup(argv[i]);
	return v;
}

struct child *child_start(struct children *s, const struct child_spec *spec, uint64_t now_ms)
{
	struct child *c = xcalloc(1, sizeof(*c));

	c->set = s;
	c->name = xstrdup(spec->name);
	c->argv = copy_argv(spec->argv);
	c->line = spec->line;
	c->prepare = spec->prepare;
	c->changed = spec->changed;
	c->ctx = spec->ctx;
	c->pidfd = c->out = -1;
	c->next = s->head;
	s->head = c;
	start(c, now_ms);
	return c;
}

/* ---- output -------------------------------------------------------------------------------------
 */

static void one_line(struct child *c, const char *line)
{
	if (!*line)
		return;
	snprintf(c->last, sizeof(c->last), "%s", line);
	if (c->line && !c->leaving)
		c->line(c->ctx, line);
}

static void take_output(struct child *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n' && c->partial.len < LINE_MAX_LEN) {
			sb_putc(&c->partial, p[i]);
			continue;
		}
		one_line(c, sb_str(&c->partial));
		sb_clear(&c->partial);
	}
}

static void close_output(struct child *c)
{
	if (c->out < 0)
		return;
	epoll_ctl(c->set->epoll, EPOLL_CTL_DEL, c->out, NULL);
	close(c->out);
	c->out = -1;
	one_line(c, sb_str(&c->partial));
	sb_clear(&c->partial);
}

static void read_output(struct child *c)
{
	char buf[4096];

	while (c->out >= 0) {
		ssize_t n = read(c->out, buf, sizeof(buf));

		if (n > 0)
			take_output(c, buf, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			close_output(c);
	}
}

/* ---- ending -------------------------------------------------------------------------------------
 */

static void say_why(struct child *c, const siginfo_t *si)
{
	if (si->si_code == CLD_EXITED && c->last[0])
		snprintf(c->why, sizeof(c->why), "exit status %d: %s", si->si_status, c->last);
	else if (si->si_code == CLD_EXITED)
		snprintf(c->why, sizeof(c->why), "exit status %d", si->si_status);
	else
		snprintf(c->why, sizeof(c->why), "signal %d", si->si_status);
}

/* True: it has ended, and is no zombie any more. What it started itself ends with it: as long as it
 * is a zombie, the number of its process group is still its own. */
static bool reap(struct child *c)
{
	siginfo_t si = {0};
	int rc = waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG | WNOWAIT);

	if (rc == 0 ? !si.si_pid : errno != ECHILD)
		return false;
	if (rc == 0) {
		kill(-c->pid, SIGKILL);
		waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG);
	}
	read_output(c);
	close_output(c);
	say_why(c, &si);
	epoll_ctl(c->set->epoll, EPOLL_CTL_DEL, c->pidfd, NULL);
	close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
	return true;
}

static void free_child(struct child *c)
{
	struct child **at = &c->set->head;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	for (char **p = c->argv; *p; p++)
		free(*p);
	free(c->argv);
	free(c->name);
	sb_fini(&c->partial);
	free(c);
}

static void ended(struct child *c, uint64_t now)
{
	if (c->leaving)
		return;
	if (c->state == CHILD_STOPPING) {
		c->pause_ms = 0;
		start(c, now);
	} else {
		if (now - c->since >= SETTLED_MS)
			c->pause_ms = 0;
		pause_before_next(c, now);
	}
}

static void due(struct child *c, uint64_t now)
{
	c->due = UINT64_MAX;
	if (c->leaving && !c->pid)
		return;
	if (c->state == CHILD_WAITING)
		start(c, now);
	else if (c->state == CHILD_STOPPING && c->pidfd >= 0)
		child_pidfd_signal(c->pidfd, SIGKILL);
}

/* Handles that are gone and whose process has ended. */
static void sweep(struct children *s)
{
	struct child *next;

	for (struct child *c = s->head; c; c = next) {
		next = c->next;
		if (c->leaving && !c->pid)
			free_child(c);
	}
}

/* A callback may stop any child: nothing is freed before the walk is over. */
void children_poll(struct children *s, uint64_t now_ms)
{
	for (struct child *c = s->head; c; c = c->next) {
		read_output(c);
		if (c->pidfd >= 0 && reap(c)) {
			c->due = UINT64_MAX;
			ended(c, now_ms);
		} else if (c->due <= now_ms) {
			due(c, now_ms);
		}
	}
	sweep(s);
}

static void tell_to_end(struct child *c, uint64_t now)
{
	child_pidfd_signal(c->pidfd, SIGTERM);
	c->due = now + CHILD_TERM_MS;
	set_state(c, CHILD_STOPPING, now);
}

void child_stop(struct child *c, uint64_t now_ms)
{
	if (!c)
		return;
	c->leaving = true;
	if (!c->pid)
		c->due = now_ms; /* children_poll() frees it */
	else if (c->state != CHILD_STOPPING)
		tell_to_end(c, now_ms);
}

void child_restart(struct child *c, uint64_t now_ms)
{
	if (c->state == CHILD_RUNNING) {
		tell_to_end(c, now_ms);
	} else if (c->state == CHILD_WAITING) {
		c->pause_ms = 0;
		start(c, now_ms);
	}
}

bool child_signal(struct child *c, int sig)
{
	return c->state == CHILD_RUNNING && child_pidfd_signal(c->pidfd, sig) == 0;
}

void child_info(const struct child *c, struct child_info *out)
{
	*out = (struct child_info){.name = c->name,
	        .state = c->state,
	        .pid = c->pid,
	        .starts = c->starts,
	        .since_ms = c->since,
	        .why = c->why};
}

static void wait_for(struct children *s, uint64_t end)
{
	while (children_count(s) && mono_ms() < end) {
		struct pollfd p = {.fd = s->epoll, .events = POLLIN};

		poll(&p, 1, (int)(end - mono_ms()) + 1);
		children_poll(s, mono_ms());
	}
}

void children_free(struct children *s)
{
	if (!s)
		return;
	for (struct child *c = s->head; c; c = c->next)
		child_stop(c, mono_ms());
	wait_for(s, mono_ms() + CHILD_TERM_MS);
	for (struct child *c = s->head; c; c = c->next)
		if (c->pidfd >= 0)
			child_pidfd_signal(c->pidfd, SIGKILL);
	wait_for(s, mono_ms() + CHILD_TERM_MS);
	while (s->head) /* in uninterruptible sleep: the kernel has the signal */
		free_child(s->head);
	close(s->epoll);
	free(s);
}
