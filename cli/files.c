/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files as a terminal names them: see files.h. */
#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/session_int.h"
#include "flexvpn/startup.h"

/* ---- names ---------------------------------------------------------------------------------- */

static const struct {
	const char *prefix;
	enum file_kind kind;
} systems[] = {
        {"flash:", FILE_FLASH},
        {"bootflash:", FILE_FLASH},
        {"disk0:", FILE_FLASH},
        {"nvram:", FILE_STARTUP},
        {"system:", FILE_RUNNING},
};

/* One level, no hidden files: no name can leave the directory. */
static bool good_name(const char *s)
{
	if (strlen(s) >= FILE_NAME_MAX || *s == '.')
		return false;
	for (; *s; s++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-",
		            *s))
			return false;
	return true;
}

static struct file_ref bare(const char *name)
{
	struct file_ref f = {.kind = FILE_BAD};

	if (strcasecmp(name, "running-config") == 0)
		f.kind = FILE_RUNNING;
	else if (strcasecmp(name, "startup-config") == 0)
		f.kind = FILE_STARTUP;
	else if (good_name(name) && *name)
		f.kind = FILE_FLASH;
	if (f.kind == FILE_FLASH)
		snprintf(f.name, sizeof(f.name), "%s", name);
	return f;
}

struct file_ref file_named(const char *url)
{
	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		size_t n = strlen(systems[i].prefix);

		if (strncasecmp(url, systems[i].prefix, n) != 0)
			continue;
		const char *name = url + n + strspn(url + n, "/");
		struct file_ref f = bare(name);

		if (systems[i].kind == FILE_FLASH && good_name(name)) {
			f.kind = FILE_FLASH;
			snprintf(f.name, sizeof(f.name), "%s", name);
		} else if (f.kind != systems[i].kind) {
			f.kind = FILE_BAD;
		}
		return f;
	}
	return bare(url);
}

const char *file_text(const struct file_ref *f, char buf[FILE_NAME_MAX + 8])
{
	if (f->kind == FILE_RUNNING)
		return "running-config";
	if (f->kind == FILE_STARTUP)
		return "startup-config";
	snprintf(buf, FILE_NAME_MAX + 8, "flash:%s", f->name);
	return buf;
}

/* ---- content -------------------------------------------------------------------------------- */

static bool path_of(
        const struct shell *sh, const struct file_ref *f, char path[PATH_MAX], char *why, size_t n)
{
	if (f->kind != FILE_FLASH || !f->name[0]) {
		snprintf(why, n, "Invalid file name");
		return false;
	}
	if (!sh->state_dir) {
		snprintf(why, n, "this router has no state directory");
		return false;
	}
	int len = snprintf(path, PATH_MAX, "%s/flash/%s", sh->state_dir, f->name);

	if (len > 0 && len < PATH_MAX)
		return true;
	snprintf(why, n, "name too long");
	return false;
}

static char *config_text(const struct cfg *c)
{
	struct strbuf text = {0};

	sb_puts(&text, "!\n");
	cfg_print(c, false, &text);
	sb_puts(&text, "end\n");
	return sb_take(&text);
}

char *file_read(const struct shell *sh, const struct file_ref *f, char *why, size_t n)
{
	char path[PATH_MAX];

	if (f->kind == FILE_RUNNING)
		return config_text(router_running(sh->router));
	if (f->kind == FILE_STARTUP) {
		if (router_startup(sh->router))
			return config_text(router_startup(sh->router));
		snprintf(why, n, "startup-config is not present");
		return NULL;
	}
	if (!path_of(sh, f, path, why, n))
		return NULL;
	char *text = fx_startup_read(path, why, n);

	/* The reason without the path: it is nobody's business at a terminal where flash: lies. */
	const char *reason = text ? NULL : strstr(why, ": ");

	if (reason)
		memmove(why, reason + 2, strlen(reason + 2) + 1);
	return text;
}

static bool put_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t put = write(fd, text, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text += put;
		left -= (size_t)put;
	}
	return true;
}

static void make_flash(const struct shell *sh)
{
	char dir[PATH_MAX];

	if ((size_t)snprintf(dir, sizeof(dir), "%s/flash", sh->state_dir) < sizeof(dir)) {
		mkdir(sh->state_dir, 0755);
		mkdir(dir, 0700); /* what matters is whether the file can be written */
	}
}

static bool append_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && put_all(fd, text);
	int kept = errno;

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	errno = kept;
	return ok;
}

static bool replace_with(const char *path, const char *text)
{
	char tmp[PATH_MAX + 16];

	/* A hidden name: `dir` does not show what an interrupted write leaves. */
	snprintf(tmp, sizeof(tmp), "%.*s/.XXXXXX", (int)(strrchr(path, '/') - path), path);
	int fd = mkostemp(tmp, O_CLOEXEC);
	bool ok = fd >= 0 && put_all(fd, text) && fsync(fd) == 0 && rename(tmp, path) == 0;
	int kept = errno;

	if (fd >= 0) {
		close(fd);
		if (!ok)
			unlink(tmp);
	}
	errno = kept;
	return ok;
}

bool file_write(const struct shell *sh, const struct file_ref *f, const char *text, bool append,
        char *why, size_t n)
{
	char path[PATH_MAX];

	if (!path_of(sh, f, path, why, n))
		return false;
	make_flash(sh);
	if (append ? append_to(path, text) : replace_with(path, text))
		return true;
	snprintf(why, n, "%s", strerror(errno));
	return false;
}

bool file_path(const struct shell *sh, const struct file_ref *f, char *path, size_t max, char *why,
        size_t n)
{
	char full[PATH_MAX];

	if (!path_of(sh, f, full, why, n))
		return false;
	make_flash(sh);
	snprintf(path, max, "%s", full);
	return true;
}

bool file_delete(const struct shell *sh, const struct file_ref *f, char *why, size_t n)
{
	char path[PATH_MAX];

	if (!path_of(sh, f, path, why, n))
		return false;
	if (unlink(path) == 0)
		return true;
	snprintf(why, n, "%s", strerror(errno));
	return false;
}

bool file_exists(const struct shell *sh, const struct file_ref *f)
{
	char path[PATH_MAX], why[64];

	return path_of(sh, f, path, why, sizeof(why)) && access(path, F_OK) == 0;
}

/* ---- the directory -------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
}

struct file_entry *file_list(const struct shell *sh, size_t *n)
{
	struct file_entry *list = NULL;
	char dir[PATH_MAX];
	struct dirent *e;
	struct stat st;

	*n = 0;
	snprintf(dir, sizeof(dir), "%s/flash", sh->state_dir ? sh->state_dir : "");
	DIR *d = sh->state_dir ? opendir(dir) : NULL;

	while (d && (e = readdir(d))) {
		if (!good_name(e->d_name) ||
		        fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		        !S_ISREG(st.st_mode))
			continue;
		list = xrealloc(list, (*n + 1) * sizeof(*list));
		list[*n] =
		        (struct file_entry){.size = (uint64_t)st.st_size, .changed = st.st_mtime};
		snprintf(list[(*n)++].name, FILE_NAME_MAX, "%s", e->d_name);
	}
	if (d)
		closedir(d);
	if (*n)
		qsort(list, *n, sizeof(*list), by_name);
	return list;
}

/* ---- configurations ------------------------------------------------------------------------- */

struct cfg *file_config(const struct shell *sh, const struct file_ref *f, const struct cfg *base,
        bool keep,
        void (*bad)(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d),
        void *ctx, char *why, size_t n)
{
	char *text = file_read(sh, f, why, n);

	if (!text)
		return NULL;
	struct cfg *empty = base ? cfg_ref(base) : cfg_new(), *c = NULL;
	struct cfg_editor *ed = cfg_editor_new(empty);
	unsigned wrong = cfg_load_text(ed, text, bad, ctx);

	if (!wrong || keep)
		c = cfg_ref(cfg_editor_candidate(ed));
	else
		snprintf(why, n, "%u line%s of the file would be refused", wrong,
		        wrong == 1 ? "" : "s");
	cfg_editor_free(ed);
	cfg_unref(empty);
	wipe(text, strlen(text));
	free(text);
	return c;
}
