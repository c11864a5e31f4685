/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One dnsmasq under supervision: see dnsmasq.h. */
#include "net/dnsmasq.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { MAX_FILES = 4, PATH_LEN = 300 };

struct dnsmasq {
	char *dir, *name;
	struct children *set;
	struct child *child; /* NULL until the first apply */
	struct dnsmasq_hooks hooks;
	bool heard;  /* it has said something: it listens to signals */
	bool reload; /* SIGHUP as soon as it does */
	const char *suffix[MAX_FILES];
	size_t n_suffix;
	char said[256]; /* why it does not run, as last logged */
};

void dnsmasq_path(const struct dnsmasq *d, const char *suffix, char *buf, size_t n)
{
	snprintf(buf, n, "%s/%s.%s", d->dir, d->name, suffix);
}

/* ---- files --------------------------------------------------------------------------------------
 */

int dnsmasq_make_dir(const char *dir)
{
	char parent[PATH_LEN];
	const char *slash = strrchr(dir, '/');

	if (slash && slash != dir) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
		mkdir(parent, 0755);
	}
	return mkdir(dir, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static bool same(const char *path, const char *text)
{
	size_t want = strlen(text), got;
	FILE *f = fopen(path, "re");
	char *buf;
	bool eq;

	if (!f)
		return false;
	buf = xmalloc(want + 1);
	got = fread(buf, 1, want + 1, f);
	eq = got == want && memcmp(buf, text, want) == 0;
	free(buf);
	fclose(f);
	return eq;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

int dnsmasq_write(const char *path, const char *text)
{
	char tmp[PATH_LEN + 8];
	int fd, rc;

	if (same(path, text))
		return 0;
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, text, strlen(text));
	close(fd);
	if (!rc && rename(tmp, path) < 0)
		rc = -errno;
	if (rc)
		unlink(tmp);
	return rc ? rc : 1;
}

/* Without a change of user the kernel's promise to kill it with us holds. */
static void own_user(struct strbuf *out)
{
	const struct passwd *pw = geteuid() == 0 ? getpwuid(0) : NULL;

	if (pw)
		sb_printf(out, "user=%s\ngroup=%s\n", pw->pw_name, pw->pw_name);
}

void dnsmasq_conf_head(struct strbuf *out, const char *what)
{
	sb_printf(out,
	        "# %s. Written by spoked; changes are lost.\n"
	        "no-resolv\nno-hosts\nno-poll\nbind-dynamic\nexcept-interface=lo\npid-file=\nlog-"
	        "facility=-\n",
	        what);
	own_user(out);
}

/* ---- the process --------------------------------------------------------------------------------
 */

static void on_line(void *ctx, const char *line)
{
	struct dnsmasq *d = ctx;
	const char *text = strstr(line, ": ");

	d->heard = true;
	if (text && strncmp(text + 2, "started", 7) == 0)
		d->said[0] = '\0';
	if (d->reload && child_signal(d->child, SIGHUP))
		d->reload = false;
	if (d->hooks.line)
		d->hooks.line(d->hooks.ctx, text ? text + 2 : line);
}

static void on_prepare(void *ctx)
{
	struct dnsmasq *d = ctx;

	d->heard = d->reload = false; /* it reads everything anew */
	if (d->hooks.prepare)
		d->hooks.prepare(d->hooks.ctx);
}

/* Said once for each reason, until it has run: not at each of the attempts that follow. */
static void on_changed(void *ctx, enum child_state state, const char *why)
{
	struct dnsmasq *d = ctx;
	char text[80];

	if (state != CHILD_WAITING || strcmp(why, d->said) == 0)
		return;
	snprintf(d->said, sizeof(d->said), "%s", why);
	snprintf(text, sizeof(text), "dnsmasq (%s)", d->name);
	log_msg(PLATFORM_OPERATION_FAILED, text, why);
}

struct dnsmasq *dnsmasq_new(
        struct children *set, const char *dir, const char *name, const struct dnsmasq_hooks *hooks)
{
	struct dnsmasq *d = xcalloc(1, sizeof(*d));

	d->dir = xstrdup(dir);
	d->name = xstrdup(name);
	d->set = set;
	if (hooks)
		d->hooks = *hooks;
	return d;
}

static void start(struct dnsmasq *d, uint64_t now)
{
	char conf[PATH_LEN + 16], path[PATH_LEN];
	const char *const argv[] = {"dnsmasq", "--keep-in-foreground", conf, NULL};
	const struct child_spec spec = {.name = d->name,
	        .argv = argv,
	        .line = on_line,
	        .prepare = on_prepare,
	        .changed = on_changed,
	        .ctx = d};

	dnsmasq_path(d, "conf", path, sizeof(path));
	snprintf(conf, sizeof(conf), "--conf-file=%s", path);
	d->child = child_start(d->set, &spec, now);
}

static void reload(struct dnsmasq *d)
{
	if (!d->heard || !child_signal(d->child, SIGHUP))
		d->reload = true;
}

static void note_suffix(struct dnsmasq *d, const char *suffix)
{
	for (size_t i = 0; i < d->n_suffix; i++)
		if (strcmp(d->suffix[i], suffix) == 0)
			return;
	if (d->n_suffix < MAX_FILES)
		d->suffix[d->n_suffix++] = suffix;
}

int dnsmasq_apply(struct dnsmasq *d, const char *conf, const struct dnsmasq_file *file, size_t n,
        uint64_t now_ms)
{
	char path[PATH_LEN];
	bool changed = false;
	int rc = dnsmasq_make_dir(d->dir);

	for (size_t i = 0; i < n && rc >= 0; i++) {
		note_suffix(d, file[i].suffix);
		dnsmasq_path(d, file[i].suffix, path, sizeof(path));
		rc = dnsmasq_write(path, file[i].text);
		changed = changed || rc > 0;
	}
	dnsmasq_path(d, "conf", path, sizeof(path));
	if (rc >= 0)
		rc = dnsmasq_write(path, conf);
	if (rc < 0)
		return rc;
	if (!d->child)
		start(d, now_ms);
	else if (rc > 0)
		child_restart(d->child, now_ms);
	else if (changed)
		reload(d);
	return 0;
}

void dnsmasq_restart(struct dnsmasq *d, uint64_t now_ms)
{
	if (d->child)
		child_restart(d->child, now_ms);
}

bool dnsmasq_signal(struct dnsmasq *d, int sig)
{
	return d->child && d->heard && child_signal(d->child, sig);
}

void dnsmasq_info(const struct dnsmasq *d, struct child_info *out)
{
	*out = (struct child_info){.name = d->name, .state = CHILD_WAITING, .why = ""};
	if (d->child)
		child_info(d->child, out);
}

void dnsmasq_free(struct dnsmasq *d, uint64_t now_ms)
{
	char path[PATH_LEN];

	if (!d)
		return;
	child_stop(d->child, now_ms);
	dnsmasq_path(d, "conf", path, sizeof(path));
	unlink(path);
	for (size_t i = 0; i < d->n_suffix; i++) {
		dnsmasq_path(d, d->suffix[i], path, sizeof(path));
		unlink(path);
	}
	free(d->dir);
	free(d->name);
	free(d);
}
