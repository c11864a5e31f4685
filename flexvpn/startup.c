/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing the startup-config: see startup.h. */
#include "flexvpn/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static char *slurp(int fd, size_t size)
{
	char *text = xmalloc(size + 1);
	size_t at = 0;

	while (at < size) {
		ssize_t got = read(fd, text + at, size - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	drop_nul(text, at);
	return text;
}

char *fx_startup_read(const char *path, char *why, size_t n)
{
	struct stat st;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		snprintf(why, n, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, n, "%s: not a regular file", path);
	else if (st.st_size > FX_STARTUP_MAX)
		snprintf(why, n, "%s: too large", path);
	else
		text = slurp(fd, (size_t)st.st_size);
	if (fd >= 0)
		close(fd);
	return text;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t put = write(fd, text, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text += put;
		len -= (size_t)put;
	}
	return true;
}

static bool sync_dir_of(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* FILE.4 → FILE.5 … FILE → FILE.1, the last by a hard link so that FILE never lacks a content. */
static void keep_versions(const char *path)
{
	char from[PATH_MAX], to[PATH_MAX];

	for (int i = FX_STARTUP_KEEP; i > 1; i--) {
		snprintf(from, sizeof(from), "%s.%d", path, i - 1);
		snprintf(to, sizeof(to), "%s.%d", path, i);
		rename(from, to);
	}
	snprintf(to, sizeof(to), "%s.1", path);
	if (link(path, to) < 0)
		return; /* no earlier version, or a file system without links: the new one is what
		           matters */
}

bool fx_startup_write(const char *path, const char *text, char *why, size_t n)
{
	char tmp[PATH_MAX];

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= sizeof(tmp)) {
		snprintf(why, n, "%s: name too long", path);
		return false;
	}
	int fd = mkostemp(tmp, O_CLOEXEC); /* mode 0600 */
	bool ok = fd >= 0 && write_all(fd, text, strlen(text)) && fsync(fd) == 0;

	if (ok) {
		keep_versions(path);
		ok = rename(tmp, path) == 0 && sync_dir_of(path);
	}
	if (!ok) {
		snprintf(why, n, "%s", strerror(errno));
		if (fd >= 0)
			unlink(tmp);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* A word of its own in front; and `key` is not that of `crypto key generate`, `key chain`. */
static bool at_word(const char *line, const char *at)
{
	static const char *const harmless[] = {"key generate", "key zeroize", "key chain",
	        "key mypubkey", "key export", "key import"};

	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		if (strncasecmp(at, harmless[i], strlen(harmless[i])) == 0)
			return false;
	return at == line || at[-1] == ' ' || at[-1] == '-';
}

/* Behind the first of these stands a secret, at the latest at the end of the line. */
static char *secret_in(char *line)
{
	static const char *const words[] = {"pre-shared-key ", "pre-share key ", "password ",
	        "secret ", "key ", "key-string ", "passphrase ", "snmp-server community ",
	        "snmp-server user ", "snmp-server host ", "message-digest-key ",
	        "authentication-key ", "shared-key ", "authentication text "};
	char *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (char *at = strcasestr(line, words[i]); at; at = strcasestr(at + 1, words[i])) {
			if (!at_word(line, at))
				continue;
			if (!first || at + strlen(words[i]) < first)
				first = at + strlen(words[i]);
			break;
		}
	return first;
}

const char *fx_mask_secrets(const char *line)
{
	enum { LINE_MAX_SHOWN = 8192 };
	static char out[LINE_MAX_SHOWN + sizeof("<hidden>")];
	char *at;

	snprintf(out, LINE_MAX_SHOWN, "%s", line);
	at = secret_in(out);
	if (at && *at)
		strcpy(at, "<hidden>");
	return out;
}
