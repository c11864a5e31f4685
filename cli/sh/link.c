/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to spoked: see link.h. */
#include "cli/sh/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void explain(const char *path)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr, "spokesh: no router serves %s (is spoked running?)\n", path);
	else
		fprintf(stderr, "spokesh: %s: %s\n", path, strerror(errno));
}

bool link_open(struct link *l, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	*l = (struct link){.fd = -1};
	if (strlen(path) >= sizeof(sa.sun_path)) {
		fprintf(stderr, "spokesh: %s: name too long for a socket\n", path);
		return false;
	}
	memcpy(sa.sun_path, path, strlen(path));
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 && connect(l->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return true;
	explain(path);
	link_close(l);
	return false;
}

void link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	proto_in_fini(&l->in);
	if (l->out.s)
		explicit_bzero(l->out.s, l->out.cap);
	sb_fini(&l->out);
}

size_t link_queued(const struct link *l)
{
	return l->out.len - l->sent;
}

bool link_wants_write(const struct link *l)
{
	return !l->lost && link_queued(l) > 0;
}

void link_write(struct link *l)
{
	while (link_wants_write(l)) {
		ssize_t n = send(
		        l->fd, l->out.s + l->sent, link_queued(l), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			l->lost = errno != EAGAIN && errno != EWOULDBLOCK;
			return;
		}
		l->sent += (size_t)n;
	}
	if (l->out.s)
		explicit_bzero(l->out.s, l->out.len);
	sb_clear(&l->out);
	l->sent = 0;
}

void link_read(struct link *l)
{
	char chunk[16 * 1024];
	ssize_t n = recv(l->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n > 0)
		proto_in_add(&l->in, chunk, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		l->lost = true;
}

bool link_next(struct link *l, struct proto_frame *f)
{
	if (proto_in_next(&l->in, f))
		return true;
	l->lost |= l->in.bad;
	return false;
}
