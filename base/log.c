/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, debug lines, their stamps and sinks: see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

struct msg_info {
	const char *facility;
	enum log_sev sev;
	const char *mnemonic;
};

#define MSG(fac, sev, mnem, fmt) [MSG_##fac##_##mnem] = {#fac, sev, #mnem},
static const struct msg_info infos[MSG_MAX] = {
#include "base/msg.def"
};
#undef MSG

struct log_sink {
	struct log_sink *next;
	log_sink_fn fn;
	void *ctx;
	enum log_sev max;
};

enum { BUFFER_LINES = 512 };

/* Logging is the process's voice: the one place in the house with process-wide state. */
static struct {
	struct log_sink *sinks;
	unsigned debug;
	enum log_stamp stamp_log, stamp_debug;
	char *line[BUFFER_LINES];
	uint64_t count;
	size_t head; /* where the next line goes */
} L = {.stamp_log = LOG_STAMP_DATETIME_MSEC, .stamp_debug = LOG_STAMP_DATETIME_MSEC};

uint64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

const char *log_time_fmt(uint64_t unix_ms, bool msec, char buf[40])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;
	char date[24];

	gmtime_r(&t, &tm);
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
	if (msec)
		snprintf(buf, 40, "*%s.%03u", date, (unsigned)(unix_ms % 1000));
	else
		snprintf(buf, 40, "*%s", date);
	return buf;
}

static void stamp(struct strbuf *sb, enum log_stamp how)
{
	char buf[40];

	switch (how) {
	case LOG_STAMP_NONE:
		return;
	case LOG_STAMP_UPTIME: {
		uint64_t s = mono_ms() / 1000;

		sb_printf(sb, "%02u:%02u:%02u: ", (unsigned)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
		return;
	}
	default:
		sb_printf(sb, "%s: ", log_time_fmt(wall_ms(), how == LOG_STAMP_DATETIME_MSEC, buf));
	}
}

static void deliver(enum log_sev sev, char *line)
{
	free(L.line[L.head]);
	L.line[L.head] = line;
	L.head = (L.head + 1) % BUFFER_LINES;
	L.count++;
	for (struct log_sink *s = L.sinks, *next; s; s = next) {
		next = s->next; /* a sink may remove itself */
		if (sev <= s->max)
			s->fn(s->ctx, sev, line);
	}
}

void log_emit(enum msg_id id, const char *fmt, ...)
{
	const struct msg_info *m = &infos[id];
	struct strbuf sb = {0};
	va_list ap;

	stamp(&sb, L.stamp_log);
	sb_printf(&sb, "%%%s-%d-%s: ", m->facility, m->sev, m->mnemonic);
	va_start(ap, fmt);
	sb_vprintf(&sb, fmt, ap);
	va_end(ap);
	deliver(m->sev, sb_take(&sb));
}

void log_notice(const char *fmt, ...)
{
	struct strbuf sb = {0};
	va_list ap;

	va_start(ap, fmt);
	sb_vprintf(&sb, fmt, ap);
	va_end(ap);
	deliver(LOG_SEV_NOTICE, sb_take(&sb));
}

bool dbg_on(enum dbg_cat c)
{
	return L.debug & c;
}

void dbg_set(enum dbg_cat c, bool on)
{
	L.debug = on ? L.debug | c : L.debug & ~(unsigned)c;
}

void dbg_clear_all(void)
{
	L.debug = 0;
}

void dbg(enum dbg_cat c, const char *fmt, ...)
{
	struct strbuf sb = {0};
	va_list ap;

	if (!dbg_on(c))
		return;
	stamp(&sb, L.stamp_debug);
	va_start(ap, fmt);
	sb_vprintf(&sb, fmt, ap);
	va_end(ap);
	deliver(LOG_SEV_DEBUG, sb_take(&sb));
}

struct log_sink *log_sink_add(log_sink_fn fn, void *ctx, enum log_sev max)
{
	struct log_sink *s = xcalloc(1, sizeof(*s));

	*s = (struct log_sink){.next = L.sinks, .fn = fn, .ctx = ctx, .max = max};
	L.sinks = s;
	return s;
}

void log_sink_level(struct log_sink *s, enum log_sev max)
{
	s->max = max;
}

void log_sink_remove(struct log_sink *s)
{
	for (struct log_sink **p = &L.sinks; s && *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			free(s);
			return;
		}
}

void log_buffer_each(void (*fn)(void *ctx, const char *line), void *ctx)
{
	for (size_t i = 0; i < BUFFER_LINES; i++) {
		const char *line = L.line[(L.head + i) % BUFFER_LINES];

		if (line)
			fn(ctx, line);
	}
}

void log_buffer_clear(void)
{
	for (size_t i = 0; i < BUFFER_LINES; i++) {
		free(L.line[i]);
		L.line[i] = NULL;
	}
}

uint64_t log_count(void)
{
	return L.count;
}

void log_stamp_set(enum log_stamp log, enum log_stamp debug)
{
	L.stamp_log = log;
	L.stamp_debug = debug;
}
