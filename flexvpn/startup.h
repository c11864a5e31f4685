/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The startup-config file. A write either happens whole or not at all, whatever interrupts it: temporary file in the same directory,
 * fsync, rename, fsync of the directory. Mode 0600; the last five versions stay beside it as FILE.1 (newest) … FILE.5.
 */
#ifndef SPOKE_FLEXVPN_STARTUP_H
#define SPOKE_FLEXVPN_STARTUP_H

#include <stdbool.h>
#include <stddef.h>

enum { FX_STARTUP_KEEP = 5, FX_STARTUP_MAX = 256 * 1024 * 1024 };

char *fx_startup_read(const char *path, char *why, size_t n); /* whole text, the caller frees; NULL: `why` */
bool fx_startup_write(const char *path, const char *text, char *why, size_t n);

/* A configuration line as it may be logged: what follows a keyword that introduces a secret is cut. Static buffer. */
const char *fx_mask_secrets(const char *line);

#endif
