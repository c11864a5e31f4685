/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vtysh as a child: see vtysh.h. A question has ended when its process has; both the end and the
 * output wake the epoll descriptor. */
#include "net/vtysh.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "net/child_spawn.h"

enum { MAX_WORDS = 16, MAX_TEXT = 8 << 20 };

struct job {
	struct spawned p;
	bool ended;
	int status; /* as waitid gives it; of a process that could not start, -errno */
	struct strbuf text;
};

struct vtysh {
	char *command;
	int epoll;
	bool busy;
	struct job job;
};

struct vtysh *vtysh_new(const char *command)
{
	struct vtysh *v = xcalloc(1, sizeof(*v));

	v->command = xstrdup(command ? command : "vtysh");
	v->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (v->epoll < 0)
		abort();
	return v;
}

int vtysh_fd(const struct vtysh *v)
{
	return v->epoll;
}

/* ---- one process --------------------------------------------------------------------------------
 */

/* A file without a name that holds the text. */
static int file_of(const char *text)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC);
	size_t n = strlen(text), done = 0;

	while (fd >= 0 && done < n) {
		ssize_t k = write(fd, text + done, n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)k;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static void job_start(struct job *j, const char *command, enum frr_what what, const char *text)
{
	char *copy = xstrdup(command), *save = NULL, *argv[MAX_WORDS + 3];
	size_t n = 0;
	int in = -1;

	*j = (struct job){.p = {.pidfd = -1, .out = -1}};
	for (char *w = strtok_r(copy, " ", &save); w && n < MAX_WORDS;
	        w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n++] = what == FRR_SHOW ? (char *)"-c" : (char *)"-f";
	argv[n++] = what == FRR_SHOW ? (char *)text : (char *)"/proc/self/fd/0";
	argv[n] = NULL;
	if (what == FRR_CONFIGURE && (in = file_of(text)) < 0)
		j->status = -errno;
	else
		j->status = child_spawn_reading(argv, in, &j->p);
	j->ended = j->status < 0;
	if (in >= 0)
		close(in);
	free(copy);
}

static void job_read(struct job *j)
{
	char buf[8192];
	ssize_t n;

	while (j->p.out >= 0) {
		n = read(j->p.out, buf, sizeof(buf));
		if (n > 0 && j->text.len < MAX_TEXT) {
			sb_add(&j->text, buf, (size_t)n);
			continue;
		}
		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		close(j->p.out);
		j->p.out = -1;
	}
}

/* Before the answer it may complain that its own configuration, which nothing here needs, is not
 * for this user to read. */
static const char *without_complaint(const char *text)
{
	static const char complaint[] = "% Can't open configuration file ";
	const char *end = strchr(text, '\n');

	return end && strncmp(text, complaint, sizeof(complaint) - 1) == 0 ? end + 1 : text;
}

/* True: it has ended, and what it said is read. */
static bool job_ended(struct job *j)
{
	siginfo_t si = {0};

	if (j->ended)
		return true;
	job_read(j);
	if (waitid(P_PIDFD, (id_t)j->p.pidfd, &si, WEXITED | WNOHANG) < 0 || !si.si_pid)
		return false;
	job_read(j);
	j->status = si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
	j->ended = true;
	return true;
}

static void job_fini(struct job *j)
{
	if (!j->ended) {
		siginfo_t si;

		child_pidfd_signal(j->p.pidfd, SIGKILL);
		while (waitid(P_PIDFD, (id_t)j->p.pidfd, &si, WEXITED) < 0 && errno == EINTR)
			;
	}
	if (j->p.out >= 0)
		close(j->p.out);
	if (j->p.pidfd >= 0)
		close(j->p.pidfd);
	if (j->text.s)
		wipe(j->text.s, j->text.len);
	sb_fini(&j->text);
	*j = (struct job){.p = {.pidfd = -1, .out = -1}, .ended = true};
}

/* A vtysh that finds no daemon says so and fails; with one of them it runs, whatever its status. */
static void job_answer(struct job *j, const char *command, struct frr_answer *out)
{
	static const char nobody[] = "failed to connect to any daemons";

	out->ran = j->status >= 0 && j->status < 126 && !strstr(sb_str(&j->text), nobody);
	if (j->status < 0) {
		sb_clear(&j->text);
		sb_printf(&j->text, "%.*s: %s", (int)strcspn(command, " "), command,
		        strerror(-j->status));
	} else if (!out->ran && j->status < 126) {
		sb_clear(&j->text);
		sb_puts(&j->text, "no daemon of FRR answers");
	} else if (!out->ran && !j->text.len) {
		sb_printf(&j->text, "vtysh ended with status %d", j->status);
	}
	out->text = xstrdup(without_complaint(sb_str(&j->text)));
}

/* ---- questions ----------------------------------------------------------------------------------
 */

static void watch(struct vtysh *v, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	if (fd >= 0)
		epoll_ctl(v->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void ask(void *ctx, enum frr_what what, const char *text)
{
	struct vtysh *v = ctx;

	if (v->busy)
		job_fini(&v->job);
	job_start(&v->job, v->command, what, text);
	v->busy = true;
	watch(v, v->job.p.out);
	watch(v, v->job.p.pidfd);
}

static void cancel(void *ctx)
{
	struct vtysh *v = ctx;

	if (v->busy)
		job_fini(&v->job);
	v->busy = false;
}

static bool poll_answer(void *ctx, struct frr_answer *out)
{
	struct vtysh *v = ctx;

	if (!v->busy || !job_ended(&v->job))
		return false;
	job_answer(&v->job, v->command, out);
	cancel(v);
	return true;
}

static void now(
        void *ctx, enum frr_what what, const char *text, unsigned ms, struct frr_answer *out)
{
	struct vtysh *v = ctx;
	struct job j;
	uint64_t end = mono_ms() + ms;

	job_start(&j, v->command, what, text);
	while (!job_ended(&j) && mono_ms() < end) {
		struct pollfd p[2] = {
		        {.fd = j.p.pidfd, .events = POLLIN}, {.fd = j.p.out, .events = POLLIN}};

		poll(p, 2, (int)(end - mono_ms()) + 1);
	}
	if (job_ended(&j))
		job_answer(&j, v->command, out);
	else
		*out = (struct frr_answer){.text = xstrdup("FRR does not answer in time")};
	job_fini(&j);
}

struct frr_io vtysh_io(struct vtysh *v)
{
	return (struct frr_io){
	        .ctx = v, .ask = ask, .poll = poll_answer, .cancel = cancel, .now = now};
}

void vtysh_free(struct vtysh *v)
{
	if (!v)
		return;
	cancel(v);
	close(v->epoll);
	free(v->command);
	free(v);
}
