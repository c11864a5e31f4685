/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files as a terminal names them. `flash:NAME` (or `bootflash:`, `disk0:`, or only NAME) is a file
 * of the state directory's `flash`: one level, plain names, so that nothing outside can be named.
 * `nvram:startup-config` and `system:running-config` are the two configurations.
 */
#ifndef SPOKE_CLI_FILES_H
#define SPOKE_CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cli/session.h"

enum file_kind { FILE_BAD, FILE_RUNNING, FILE_STARTUP, FILE_FLASH };
enum { FILE_NAME_MAX = 128 };

struct file_ref {
	enum file_kind kind;
	char name[FILE_NAME_MAX]; /* FLASH: without `flash:`; may be empty, which names the
	                             directory */
};

struct file_ref file_named(const char *url);
const char *file_text(
        const struct file_ref *f, char buf[FILE_NAME_MAX + 8]); /* "flash:NAME", "running-config" */

/* The whole content; the caller wipes and frees. NULL: `why`. */
char *file_read(const struct shell *sh, const struct file_ref *f, char *why, size_t n);
/* Only FLASH. `append` adds to what is there; otherwise the file is the old or the new one, never a
 * part. */
bool file_write(const struct shell *sh, const struct file_ref *f, const char *text, bool append,
        char *why, size_t n);
/* Where it lies, for those who write it themselves; only FLASH. */
bool file_path(const struct shell *sh, const struct file_ref *f, char *path, size_t max, char *why,
        size_t n);
bool file_delete(const struct shell *sh, const struct file_ref *f, char *why, size_t n);
bool file_exists(const struct shell *sh, const struct file_ref *f);

struct file_entry {
	char name[FILE_NAME_MAX];
	uint64_t size;
	time_t changed;
};
/* The files of flash:, by name; the caller frees. */
struct file_entry *file_list(const struct shell *sh, size_t *n);

/* A file as a configuration: a snapshot, or NULL and `why`. Lines that are refused go to `bad`, and
 * then there is no snapshot either, unless `keep` asks for the rest. With `base` the file is merged
 * into it. */
struct cfg *file_config(const struct shell *sh, const struct file_ref *f, const struct cfg *base,
        bool keep,
        void (*bad)(void *ctx, unsigned line_no, const char *line, const struct gr_diag *d),
        void *ctx, char *why, size_t n);

#endif
