/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One dnsmasq under supervision: what the DNS proxy and the DHCP server have in common.
 *
 * A dnsmasq of ours reads three kinds of files in its directory: NAME.conf, whose change needs a
 * restart, and others (servers, hosts, options), whose change needs only a SIGHUP. Files are
 * written whole (temporary file and rename) and only when they differ; the same again touches
 * nothing. It reads neither the box's /etc/dnsmasq.conf nor its resolv.conf nor its hosts file.
 */
#ifndef SPOKE_NET_DNSMASQ_H
#define SPOKE_NET_DNSMASQ_H

#include <stdbool.h>

#include "base/mem.h"
#include "net/child.h"

struct dnsmasq_file {
	const char *suffix; /* "servers": the file is NAME.servers */
	const char *text;
};

struct dnsmasq;

struct dnsmasq_hooks {                             /* any may be NULL */
	void (*line)(void *ctx, const char *line); /* without "dnsmasq[123]: " */
	void (*prepare)(void *ctx);                /* before each start */
	void *ctx;
};

struct dnsmasq *dnsmasq_new(
        struct children *set, const char *dir, const char *name, const struct dnsmasq_hooks *hooks);
/* Ends the process and removes the files that were applied; accepts NULL. */
void dnsmasq_free(struct dnsmasq *d, uint64_t now_ms);

/* 0 or -errno of writing the files. */
int dnsmasq_apply(struct dnsmasq *d, const char *conf, const struct dnsmasq_file *file, size_t n,
        uint64_t now_ms);
void dnsmasq_restart(struct dnsmasq *d, uint64_t now_ms);
bool dnsmasq_signal(struct dnsmasq *d, int sig);
void dnsmasq_info(const struct dnsmasq *d, struct child_info *out);
void dnsmasq_path(const struct dnsmasq *d, const char *suffix, char *buf, size_t n);

/* The lines that every configuration of ours begins with. */
void dnsmasq_conf_head(struct strbuf *out, const char *what);

/* Makes the directory, with its parent. 0 or -errno. */
int dnsmasq_make_dir(const char *dir);
/* Writes a file unless it is the same already. 1: written, 0: the same, or -errno. */
int dnsmasq_write(const char *path, const char *text);

#endif
