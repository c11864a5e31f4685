/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The `logging …` lines put into force: how much the buffer, the console and monitoring terminals
 * get, and which hosts.
 *
 * Hosts get RFC 3164 datagrams as IOS sends them: "<PRI>NUMBER: LINE". A datagram that cannot be
 * sent is gone: a router does not wait for its log server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/session_int.h"
#include "grammar/gen/lines.h"

enum { SYSLOG_PORT = 514, FACILITY_LOCAL7 = 23, HOSTS_MAX = 16 };

static const char *const levels[] = {"emergencies", "alerts", "critical", "errors", "warnings",
        "notifications", "informational", "debugging"};

static const char *const facilities[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr",
        "news", "uucp", "cron", "sys10", "sys11", "sys12", "sys13", "sys14", "sys9", "local0",
        "local1", "local2", "local3", "local4", "local5", "local6", "local7"};

const char *logging_level(int severity)
{
	return severity < 0 ? "disabled" : levels[severity];
}

/* ---- settings ------------------------------------------------------------------------------- */

static int severity_of(bool has_level, uint32_t level, const char *severity, int otherwise)
{
	if (has_level)
		return (int)level;
	for (int i = 0; severity && i < (int)ARRAY_LEN(levels); i++)
		if (strcmp(levels[i], severity) == 0)
			return i;
	return otherwise;
}

/* A line whose struct has `level` and `severity`: buffered, console, monitor, trap. */
#define READ_LEVEL(t, a, name, otherwise, into)                                                    \
	do {                                                                                       \
		const struct cfg_node *node = cfg_find(t, GR_L_global_logging_##name, NULL);       \
		struct gl_global_logging_##name l;                                                 \
                                                                                                   \
		into = otherwise;                                                                  \
		if (node && cfg_node_negated(node))                                                \
			into = -1;                                                                 \
		else if (node && cfg_node_decode(node, a, &l, sizeof(l)))                          \
			into = severity_of(l.has_level, l.level, l.severity, otherwise);           \
	} while (0)

static unsigned read_facility(const struct cfg_tree *t, struct arena *a)
{
	const struct cfg_node *n = cfg_find(t, GR_L_global_logging_facility, NULL);
	struct gl_global_logging_facility l;

	if (n && cfg_node_decode(n, a, &l, sizeof(l)))
		for (unsigned i = 0; i < ARRAY_LEN(facilities); i++)
			if (strcmp(facilities[i], l.facility) == 0)
				return i;
	return FACILITY_LOCAL7;
}

static size_t read_size(const struct cfg_tree *t, struct arena *a)
{
	const struct cfg_node *n = cfg_find(t, GR_L_global_logging_buffered, NULL);
	struct gl_global_logging_buffered l;

	return n && !cfg_node_negated(n) && cfg_node_decode(n, a, &l, sizeof(l)) && l.has_size
	               ? l.size
	               : LOG_BUFFER_BYTES;
}

static struct log_settings read_settings(const struct cfg_tree *t, struct arena *a)
{
	struct log_settings set = {.facility = read_facility(t, a), .bytes = read_size(t, a)};

	READ_LEVEL(t, a, buffered, LOG_SEV_DEBUG, set.buffered);
	READ_LEVEL(t, a, console, LOG_SEV_DEBUG, set.console);
	READ_LEVEL(t, a, monitor, LOG_SEV_DEBUG, set.monitor);
	READ_LEVEL(t, a, trap, LOG_SEV_INFO, set.trap);
	return set;
}

static unsigned parts(bool year, bool zone)
{
	return (year ? LOG_STAMP_YEAR : 0) | (zone ? LOG_STAMP_ZONE : 0);
}

static void read_stamps(const struct cfg_tree *t, struct arena *a)
{
	const struct cfg_node *log = cfg_find(t, GR_L_global_service_timestamps_log, NULL);
	const struct cfg_node *debug = cfg_find(t, GR_L_global_service_timestamps_debug, NULL);
	struct gl_global_service_timestamps_log ll = {0};
	struct gl_global_service_timestamps_debug ld = {0};

	if (log)
		cfg_node_decode(log, a, &ll, sizeof(ll));
	if (debug)
		cfg_node_decode(debug, a, &ld, sizeof(ld));
	log_stamp_parts(parts(ll.kw_year, ll.kw_show_timezone),
	        parts(ld.kw_year, ld.kw_show_timezone),
	        cfg_find(t, GR_L_global_service_sequence_numbers, NULL) != NULL);
}

/* ---- hosts ---------------------------------------------------------------------------------- */

struct host {
	char name[256];
	unsigned port;
	struct ipaddr addr; /* family 0: a name, and nobody to ask */
	uint64_t sent;
};

struct syslog {
	struct shell *sh;
	struct log_sink *sink;
	struct host host[HOSTS_MAX];
	size_t n;
	int fd4, fd6;
	uint64_t number;
};

static void send_to(struct syslog *y, struct host *h, const char *text, size_t n)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)h->port)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)h->port)};
	char addr[IPADDR_STRLEN];
	ssize_t sent = -1;

	if (h->addr.family == AF_INET &&
	        inet_pton(AF_INET, ipaddr_fmt(&h->addr, addr), &to4.sin_addr) == 1)
		sent = sendto(y->fd4, text, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to4,
		        sizeof(to4));
	if (h->addr.family == AF_INET6 &&
	        inet_pton(AF_INET6, ipaddr_fmt(&h->addr, addr), &to6.sin6_addr) == 1)
		sent = sendto(y->fd6, text, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to6,
		        sizeof(to6));
	h->sent += sent >= 0;
}

static void on_log(void *ctx, enum log_sev sev, const char *line)
{
	struct syslog *y = ctx;
	struct strbuf sb = {0};

	sb_printf(&sb, "<%u>%llu: %s", y->sh->log.facility * 8 + (unsigned)sev,
	        (unsigned long long)++y->number, line);
	for (size_t i = 0; i < y->n; i++)
		send_to(y, &y->host[i], sb_str(&sb), sb.len);
	sb_fini(&sb);
}

static void open_syslog(struct shell *sh)
{
	if (sh->syslog)
		return;
	sh->syslog = xcalloc(1, sizeof(*sh->syslog));
	sh->syslog->sh = sh;
	sh->syslog->fd4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sh->syslog->fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sh->syslog->sink = log_sink_add(on_log, sh->syslog, LOG_SEV_INFO);
}

void logging_stop(struct shell *sh)
{
	struct syslog *y = sh->syslog;

	if (!y)
		return;
	log_sink_remove(y->sink);
	if (y->fd4 >= 0)
		close(y->fd4);
	if (y->fd6 >= 0)
		close(y->fd6);
	free(y);
	sh->syslog = NULL;
}

static size_t read_hosts(const struct cfg_tree *t, struct arena *a, struct host *out)
{
	struct gl_global_logging_host l;
	struct cfg_iter it;
	size_t n = 0;

	for (const struct cfg_node *c = cfg_first(t, GR_L_global_logging_host, &it);
	        c && n < HOSTS_MAX; c = cfg_next(&it)) {
		if (cfg_node_pending(c) || !cfg_node_decode(c, a, &l, sizeof(l)))
			continue;
		struct host *h = &out[n++];

		*h = (struct host){.port = l.has_port ? l.port : SYSLOG_PORT};
		snprintf(h->name, sizeof(h->name), "%s", l.server);
		if (!ipaddr_parse(l.server, &h->addr))
			h->addr = (struct ipaddr){0};
	}
	return n;
}

static const struct host *same_host(const struct host *list, size_t n, const struct host *h)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].port == h->port && strcmp(list[i].name, h->name) == 0)
			return &list[i];
	return NULL;
}

static void tell_changes(const struct host *from, size_t n_from, const struct host *to, size_t n_to,
        const char *what)
{
	for (size_t i = 0; i < n_from; i++)
		if (!same_host(to, n_to, &from[i]))
			log_msg(SYS_LOGGINGHOST_STARTSTOP, from[i].name, from[i].port, what);
}

static void set_hosts(struct shell *sh, struct host *list, size_t n)
{
	struct host before[HOSTS_MAX];
	struct syslog *y;
	size_t n_before;

	if (!n && !sh->syslog)
		return;
	open_syslog(sh);
	y = sh->syslog;
	n_before = y->n;
	memcpy(before, y->host, n_before * sizeof(*before));
	tell_changes(y->host, y->n, list, n, "stopped");
	for (size_t i = 0; i < n; i++) {
		const struct host *old = same_host(y->host, y->n, &list[i]);

		list[i].sent = old ? old->sent : 0;
	}
	memcpy(y->host, list, n * sizeof(*list));
	y->n = n;
	log_sink_level(y->sink, sh->log.trap);
	tell_changes(list, n, before, n_before, "started");
	if (!n)
		logging_stop(sh);
}

void logging_each_host(const struct shell *sh,
        void (*fn)(void *ctx, const char *name, unsigned port, uint64_t sent, bool usable),
        void *ctx)
{
	const struct syslog *y = sh->syslog;

	for (size_t i = 0; y && i < y->n; i++)
		fn(ctx, y->host[i].name, y->host[i].port, y->host[i].sent,
		        y->host[i].addr.family != 0);
}

/* ---- all of it ------------------------------------------------------------------------------ */

void logging_configured(struct shell *sh)
{
	const struct cfg_tree *t = cfg_root(shell_running(sh));
	struct host hosts[HOSTS_MAX];
	struct arena a;

	arena_init(&a);
	sh->log = read_settings(t, &a);
	read_stamps(t, &a);
	log_buffer_set(sh->log.buffered, sh->log.bytes);
	if (sh->console)
		log_sink_level(sh->console, sh->log.console);
	for (struct session *s = sh->sessions; s; s = s->next)
		if (s->monitor)
			log_sink_level(s->monitor, sh->log.monitor);
	set_hosts(sh, hosts, read_hosts(t, &a, hosts));
	arena_fini(&a);
}
