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
	int max; /* -1: nothing */
	uint64_t count;
};

enum { BUFFER_LINES = 8192 };

/* Logging is the process's voice: the one place in the house with process-wide state. */
static struct {
	struct log_sink *sinks;
	unsigned debug;
	enum log_stamp stamp_log, stamp_debug;
	unsigned parts_log, parts_debug; /* LOG_STAMP_YEAR … */
	bool sequence;
	char *line[BUFFER_LINES];
	uint64_t count;
	size_t head, lines, bytes; /* where the next line goes; what is kept */
	int buffer_max;
	size_t buffer_bytes;
} L = {.stamp_log = LOG_STAMP_DATETIME_MSEC,
        .stamp_debug = LOG_STAMP_DATETIME_MSEC,
        .buffer_max = LOG_SEV_DEBUG,
        .buffer_bytes = LOG_BUFFER_BYTES};

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

const char *log_date_fmt(uint64_t unix_ms, bool msec, char buf[40])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;
	char time[12], date[20], fraction[8] = "";

	gmtime_r(&t, &tm);
	strftime(time, sizeof(time), "%H:%M:%S", &tm);
	strftime(date, sizeof(date), "%a %b %-d %Y", &tm);
	if (msec)
		snprintf(fraction, sizeof(fraction), ".%03u", (unsigned)(unix_ms % 1000));
	snprintf(buf, 40, "*%s%s UTC %s", time, fraction, date);
	return buf;
}

static void stamp_uptime(struct strbuf *sb)
{
	unsigned s = (unsigned)(mono_ms() / 1000), day = 24 * 3600;

	if (s < day)
		sb_printf(sb, "%02u:%02u:%02u: ", s / 3600, s / 60 % 60, s % 60);
	else if (s < 7 * day)
		sb_printf(sb, "%ud%02uh: ", s / day, s % day / 3600);
	else
		sb_printf(sb, "%uw%ud: ", s / (7 * day), s / day % 7);
}

static void stamp_datetime(struct strbuf *sb, bool msec, unsigned parts)
{
	uint64_t now = wall_ms();
	time_t t = (time_t)(now / 1000);
	struct tm tm;
	char date[32];

	gmtime_r(&t, &tm);
	strftime(date, sizeof(date),
	        parts & LOG_STAMP_YEAR ? "%b %e %Y %H:%M:%S" : "%b %e %H:%M:%S", &tm);
	sb_printf(sb, "*%s", date);
	if (msec)
		sb_printf(sb, ".%03u", (unsigned)(now % 1000));
	sb_puts(sb, parts & LOG_STAMP_ZONE ? " UTC: " : ": ");
}

static void stamp(struct strbuf *sb, enum log_stamp how, unsigned parts)
{
	if (L.sequence)
		sb_printf(sb, "%06llu: ", (unsigned long long)L.count + 1);
	if (how == LOG_STAMP_UPTIME)
		stamp_uptime(sb);
	else if (how != LOG_STAMP_NONE)
		stamp_datetime(sb, how == LOG_STAMP_DATETIME_MSEC, parts);
}

static void drop_oldest(void)
{
	size_t at = (L.head + BUFFER_LINES - L.lines) % BUFFER_LINES;

	L.bytes -= strlen(L.line[at]) + 1;
	free(L.line[at]);
	L.line[at] = NULL;
	L.lines--;
}

static void keep(char *line)
{
	if (L.lines == BUFFER_LINES)
		drop_oldest();
	L.line[L.head] = line;
	L.head = (L.head + 1) % BUFFER_LINES;
	L.lines++;
	L.bytes += strlen(line) + 1;
	while (L.lines > 1 && L.bytes > L.buffer_bytes)
		drop_oldest();
}

/* A sink may say something itself, and may remove itself. */
static void deliver(enum log_sev sev, char *line)
{
	L.count++;
	for (struct log_sink *s = L.sinks, *next; s; s = next) {
		next = s->next;
		if ((int)sev > s->max)
			continue;
		s->count++;
		s->fn(s->ctx, sev, line);
	}
	if ((int)sev <= L.buffer_max)
		keep(line);
	else
		free(line);
}

void log_emit(enum msg_id id, const char *fmt, ...)
{
	const struct msg_info *m = &infos[id];
	struct strbuf sb = {0};
	va_list ap;

	stamp(&sb, L.stamp_log, L.parts_log);
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
	stamp(&sb, L.stamp_debug, L.parts_debug);
	va_start(ap, fmt);
	sb_vprintf(&sb, fmt, ap);
	va_end(ap);
	deliver(LOG_SEV_DEBUG, sb_take(&sb));
}

struct log_sink *log_sink_add(log_sink_fn fn, void *ctx, enum log_sev max)
{
	struct log_sink *s = xcalloc(1, sizeof(*s));

	*s = (struct log_sink){.next = L.sinks, .fn = fn, .ctx = ctx, .max = (int)max};
	L.sinks = s;
	return s;
}

void log_sink_level(struct log_sink *s, int max)
{
	s->max = max;
}

uint64_t log_sink_count(const struct log_sink *s)
{
	return s ? s->count : 0;
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
	for (size_t i = 0, at = L.head + BUFFER_LINES - L.lines; i < L.lines; i++)
		fn(ctx, L.line[(at + i) % BUFFER_LINES]);
}

void log_buffer_clear(void)
{
	while (L.lines)
		drop_oldest();
}

void log_buffer_set(int max, size_t bytes)
{
	L.buffer_max = max;
	L.buffer_bytes = bytes;
	while (L.lines > 1 && L.bytes > bytes)
		drop_oldest();
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

void log_stamp_parts(unsigned log, unsigned debug, bool sequence)
{
	L.parts_log = log;
	L.parts_debug = debug;
	L.sequence = sequence;
}
