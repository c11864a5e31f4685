/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `logging …` lines put into force: how much the buffer, the console and monitoring terminals
 * get, and which hosts (syslog.h). */
#include <stdio.h>
#include <string.h>

#include "cli/session_int.h"
#include "cli/syslog.h"
#include "grammar/gen/lines.h"

enum { FACILITY_LOCAL7 = 23 };

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

/* `logging source-interface`: the one of this VRF. */
static void read_source(const struct cfg_tree *t, struct arena *a, struct syslog_target *h)
{
	const struct cfg_node *n =
	        h->vrf[0] ? cfg_find(t, GR_L_global_logging_source_interface_vrf, h->vrf)
	                  : cfg_find(t, GR_L_global_logging_source_interface, NULL);
	struct gl_global_logging_source_interface l;
	struct gl_global_logging_source_interface_vrf lv;

	if (n && !h->vrf[0] && cfg_node_decode(n, a, &l, sizeof(l)))
		snprintf(h->source, sizeof(h->source), "%s", l.ifname);
	if (n && h->vrf[0] && cfg_node_decode(n, a, &lv, sizeof(lv)))
		snprintf(h->source, sizeof(h->source), "%s", lv.ifname);
}

static size_t read_hosts(const struct cfg_tree *t, struct arena *a, struct syslog_target *out)
{
	enum { SYSLOG_UDP = 514, SYSLOG_TCP = 601 };
	struct gl_global_logging_host l;
	struct cfg_iter it;
	size_t n = 0;

	for (const struct cfg_node *c = cfg_first(t, GR_L_global_logging_host, &it);
	        c && n < SYSLOG_MAX; c = cfg_next(&it)) {
		if (!cfg_node_decode(c, a, &l, sizeof(l)))
			continue;
		struct syslog_target *h = &out[n++];

		*h = (struct syslog_target){.tcp = l.kw_tcp,
		        .port = l.has_port ? l.port
		                : l.kw_tcp ? SYSLOG_TCP
		                           : SYSLOG_UDP};
		snprintf(h->name, sizeof(h->name), "%s", l.server);
		snprintf(h->vrf, sizeof(h->vrf), "%s", l.has_vrf ? l.vrf : "");
		read_source(t, a, h);
	}
	return n;
}

void logging_stop(struct shell *sh)
{
	syslog_free(sh->syslog);
	sh->syslog = NULL;
}

/* ---- all of it ------------------------------------------------------------------------------ */

void logging_configured(struct shell *sh)
{
	const struct cfg_tree *t = cfg_root(shell_running(sh));
	struct syslog_target hosts[SYSLOG_MAX];
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
	syslog_set(sh, hosts, read_hosts(t, &a, hosts));
	arena_fini(&a);
}
